// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/websocketchannel.h"

#include "core/base/text.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"
#include "core/kube/net/loop.h"
#include "core/kube/net/websocketframe.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>

namespace strata::kube {
namespace {

using Ms = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = 16U << 10U; // a TLS record
constexpr std::size_t kWriteSize = 16U << 10U;
constexpr int kReadsAtOnce = 64; // then the loop's other users have their turn
constexpr Ms kGoodbye{5'000};

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("KubeNetwork", text), values);
}

ws::Mask newMask()
{
    ws::Mask mask{};
    RAND_bytes(mask.data(), static_cast<int>(mask.size()));
    return mask;
}

// One socket. The queue and the flags under `m_queueMutex` belong to every thread, the rest to the loop's.
class Channel : public RawSink, public std::enable_shared_from_this<Channel> {
public:
    Channel(std::shared_ptr<Loop> loop, std::string server, WebSocketRequest request,
            std::shared_ptr<WebSocketHandler> handler)
        : m_loop(std::move(loop)), m_server(std::move(server)), m_request(std::move(request)),
          m_reader(m_request.maxMessage), m_handler(std::move(handler))
    {}

    // ---- any thread ----

    bool send(ws::Opcode opcode, std::string_view message)
    {
        std::string frame = ws::encodeFrame(opcode, message, newMask());
        bool wake = false;
        {
            const std::lock_guard lock(m_queueMutex);
            if (m_closing || frame.size() > m_request.maxQueued ||
                m_queuedBytes > m_request.maxQueued - frame.size())
                return false;
            wake = !m_flushPosted;
            m_flushPosted = true;
            m_queuedBytes += frame.size();
            m_queue.push_back(std::move(frame));
        }
        if (wake)
            m_loop->post([self = shared_from_this()] { self->flushPosted(); });
        return true;
    }

    void close(std::uint16_t code, std::string_view reason)
    {
        {
            const std::lock_guard lock(m_queueMutex);
            if (m_closing)
                return;
            m_closing = true;
            enqueue(ws::Opcode::Close, ws::closePayload(code, reason));
        }
        m_loop->post([self = shared_from_this(), code] { self->startGoodbye(code); });
    }

    void setReading(bool on)
    {
        m_loop->post([self = shared_from_this(), on] {
            self->m_paused = !on;
            self->m_lastByte = SteadyClock::now();
            if (on)
                self->readAll(); // TLS may hold bytes that the socket does not tell of
            self->updateInterest();
        });
    }

    std::size_t queued() const
    {
        const std::lock_guard lock(m_queueMutex);
        return m_queuedBytes;
    }

    // After it nothing is called. Off the loop's thread it waits for a call that runs.
    void silence()
    {
        std::shared_ptr<WebSocketHandler> handler; // goes outside the lock: it may own what owns us
        if (m_loop->onThread()) {
            m_dead = true;
        } else {
            const std::lock_guard lock(m_calling);
            m_dead = true;
            handler.swap(m_handler);
        }
        {
            const std::lock_guard lock(m_queueMutex);
            m_closing = true;
        }
        m_loop->post([self = shared_from_this()] {
            self->tearDown();
            self->m_handler.reset();
        });
    }

    // ---- the loop's thread ----

    void begin(const std::function<void(const std::shared_ptr<RawSink>&, Ms)>& open)
    {
        if (m_dead)
            return;
        m_lastByte = SteadyClock::now();
        if (m_request.openTimeout.count() > 0) {
            arm(m_deadline, m_request.openTimeout, [](Channel& c) {
                c.finish(fail(ErrorKind::Timeout,
                              tr("The API server %1 did not open the WebSocket in time.", {c.m_server})));
            });
        }
        open(shared_from_this(), m_request.openTimeout);
    }

    void onLinkOpen(std::shared_ptr<RawLink> link) override
    {
        if (m_dead || m_ended)
            return;
        m_link = std::move(link);
        std::array<std::uint8_t, 16> random{};
        RAND_bytes(random.data(), static_cast<int>(random.size()));
        m_key = ws::keyOf(random);
        const auto safe = [](const std::string& text) {
            return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
        };
        if (m_request.path.empty() || m_request.path.front() != '/' || !safe(m_request.path) ||
            !safe(m_request.query) ||
            !std::all_of(m_request.protocols.begin(), m_request.protocols.end(), safe)) {
            finish(fail(ErrorKind::Internal, tr("The request to %1 is malformed.", {m_server})));
            return;
        }
        std::string head = "GET " + m_link->pathPrefix() + m_request.path;
        if (!m_request.query.empty())
            head += "?" + m_request.query;
        head += " HTTP/1.1\r\n";
        for (const std::string& line : m_link->headers())
            head += line + "\r\n";
        head +=
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
            m_key + "\r\n";
        std::string offered;
        for (const std::string& protocol : m_request.protocols)
            offered += (offered.empty() ? "" : ", ") + protocol;
        if (!offered.empty())
            head += "Sec-WebSocket-Protocol: " + offered + "\r\n";
        head += "\r\n";
        m_head = std::move(head);
        writeAll();
        updateInterest();
    }

    void onLinkReady(bool readable, bool writable) override
    {
        const auto self = shared_from_this();
        // TLS may need the one to do the other.
        if (writable || m_writeBlocked)
            writeAll();
        if (readable)
            readAll();
        updateInterest();
    }

    void onLinkEnd(Error error) override { finish(tl::unexpected(std::move(error))); }

private:
    template<typename F>
    void call(F&& f)
    {
        const std::lock_guard lock(m_calling);
        if (!m_dead && m_handler)
            f(*m_handler);
    }

    template<typename F>
    void arm(std::uint64_t& timer, Ms delay, F&& act)
    {
        if (timer != 0)
            m_loop->cancel(timer);
        timer = m_loop->postAfter(delay, [weak = weak_from_this(), &timer, act = std::forward<F>(act)] {
            const auto self = weak.lock();
            if (!self)
                return;
            timer = 0;
            if (!self->m_dead && !self->m_ended)
                act(*self);
        });
    }

    void enqueue(ws::Opcode opcode, std::string_view payload) // with the queue's mutex held
    {
        std::string frame = ws::encodeFrame(opcode, payload, newMask());
        m_queuedBytes += frame.size();
        m_queue.push_back(std::move(frame));
    }

    void flushPosted()
    {
        {
            const std::lock_guard lock(m_queueMutex);
            m_flushPosted = false;
        }
        writeAll();
        updateInterest();
    }

    void startGoodbye(std::uint16_t code)
    {
        if (m_ended || m_dead)
            return;
        if (!m_open) { // there is nobody yet to say goodbye to
            finish(WebSocketClose{code, {}});
            return;
        }
        m_closeCode = code;
        m_closeSent = true;
        arm(m_deadline, kGoodbye, [](Channel& c) {
            c.finish(fail(ErrorKind::Timeout,
                          tr("The API server %1 did not answer the end of the WebSocket.", {c.m_server})));
        });
        writeAll();
        updateInterest();
    }

    void writeAll()
    {
        if (!m_link || m_ended)
            return;
        m_writeBlocked = false;
        while (!m_head.empty()) {
            std::size_t taken = 0;
            switch (m_link->write(m_head.data() + m_offset, m_head.size() - m_offset, taken)) {
            case RawLink::Io::Again:
                m_writeBlocked = true;
                return;
            case RawLink::Io::Done:
                break;
            default:
                finish(tl::unexpected(m_link->failure()));
                return;
            }
            m_offset += taken;
            if (m_offset < m_head.size())
                continue;
            for (volatile char* c = m_head.data(); *c != 0; ++c) // the token was in it
                *c = 0;
            m_head.clear();
            m_offset = 0;
        }
        if (!m_open)
            return; // frames wait for the server's answer
        bool wrote = false;
        for (;;) {
            const std::string* frame = nullptr; // elements of a deque stay where they are
            {
                const std::lock_guard lock(m_queueMutex);
                if (m_queue.empty()) {
                    m_pongs = 0;
                    break;
                }
                frame = &m_queue.front();
            }
            std::size_t taken = 0;
            const std::size_t size = std::min(frame->size() - m_offset, kWriteSize);
            const RawLink::Io result = m_link->write(frame->data() + m_offset, size, taken);
            if (result == RawLink::Io::Again) {
                m_writeBlocked = true;
                return;
            }
            if (result != RawLink::Io::Done) {
                finish(tl::unexpected(m_link->failure()));
                return;
            }
            m_offset += taken;
            if (m_offset < frame->size())
                continue;
            wrote = true;
            m_offset = 0;
            const std::lock_guard lock(m_queueMutex);
            m_queuedBytes -= m_queue.front().size();
            m_queue.pop_front();
        }
        if (wrote && !m_closeSent)
            call([](WebSocketHandler& handler) { handler.onDrained(); });
    }

    void readAll()
    {
        std::array<char, kReadSize> buffer;
        for (int i = 0; m_link && !m_ended && !m_dead && !m_paused; ++i) {
            if (i == kReadsAtOnce) {
                m_loop->post([self = shared_from_this()] {
                    self->readAll();
                    self->updateInterest();
                });
                return;
            }
            std::size_t got = 0;
            switch (m_link->read(buffer.data(), buffer.size(), got)) {
            case RawLink::Io::Again:
                return;
            case RawLink::Io::Done:
                m_lastByte = SteadyClock::now();
                take(std::string_view(buffer.data(), got));
                break;
            case RawLink::Io::End:
                atEnd();
                return;
            case RawLink::Io::Failed:
                if (m_closeSent)
                    atEnd();
                else
                    finish(tl::unexpected(m_link->failure()));
                return;
            }
        }
    }

    void take(std::string_view bytes)
    {
        if (!m_open) {
            bytes.remove_prefix(m_handshake.feed(bytes));
            answered();
            if (!m_open)
                return;
        }
        const ws::Reader::Fault fault = m_reader.feed(bytes, [this](const ws::Reader::Message& m) {
            onMessage(m);
            return !m_ended && !m_dead;
        });
        if (fault != ws::Reader::Fault::None && !m_ended) {
            {
                const std::lock_guard lock(m_queueMutex);
                m_closing = true;
                if (!m_closeSent)
                    enqueue(ws::Opcode::Close, ws::closePayload(ws::closeCodeOf(fault), {}));
            }
            m_closeSent = true;
            writeAll();
            finish(fail(ErrorKind::Protocol,
                        tr("The API server %1 broke the WebSocket protocol: %2.",
                           {m_server, translate("KubeNetwork", marked(ws::wordsOf(fault)))})));
        }
    }

    void answered()
    {
        switch (m_handshake.state()) {
        case ws::Handshake::State::Reading:
            return;
        case ws::Handshake::State::Broken:
            finish(fail(ErrorKind::Protocol, tr("What answers at %1 is no API server.", {m_server})));
            return;
        case ws::Handshake::State::Refused: {
            const auto header = [this](const char* name) {
                const auto found = m_handshake.headers().find(name);
                return found == m_handshake.headers().end() ? std::string{} : found->second;
            };
            finish(tl::unexpected(m_link->refusal(m_request.path, m_handshake.status(),
                                                  header("content-type"), header("location"),
                                                  header("retry-after"), m_handshake.body())));
            return;
        }
        case ws::Handshake::State::Open:
            break;
        }
        if (const std::string wrong = m_handshake.check(m_key, m_request.protocols); !wrong.empty()) {
            finish(fail(ErrorKind::Protocol,
                        tr("The API server %1 did not open the WebSocket as asked: %2.",
                           {m_server, translate("KubeNetwork", marked(wrong.c_str()))}),
                        cleanText(m_handshake.protocol(), 256), 101));
            return;
        }
        m_open = true;
        if (m_deadline != 0)
            m_loop->cancel(m_deadline);
        m_deadline = 0;
        armPing();
        call([this](WebSocketHandler& handler) { handler.onOpen(m_handshake.protocol()); });
        writeAll();
    }

    void onMessage(const ws::Reader::Message& message)
    {
        switch (message.opcode) {
        case ws::Opcode::Text:
        case ws::Opcode::Binary:
            call([&](WebSocketHandler& handler) {
                handler.onMessage(message.opcode == ws::Opcode::Binary, message.payload);
            });
            return;
        case ws::Opcode::Ping: {
            const std::lock_guard lock(m_queueMutex);
            // Only the newest needs an answer (RFC 6455, 5.5.3): a flood of pings is none of pongs.
            if (m_pongs < 16 && !m_closing) {
                enqueue(ws::Opcode::Pong, message.payload);
                ++m_pongs;
            }
            break;
        }
        case ws::Opcode::Close: {
            const auto close = ws::parseClose(message.payload);
            if (!close) {
                finish(
                    fail(ErrorKind::Protocol,
                         tr("The API server %1 ended the WebSocket with a malformed goodbye.", {m_server})));
                return;
            }
            if (!m_closeSent) {
                {
                    const std::lock_guard lock(m_queueMutex);
                    m_closing = true;
                    enqueue(ws::Opcode::Close,
                            close->code == 1005 ? std::string() : ws::closePayload(close->code, {}));
                }
                m_closeSent = true;
                writeAll();
            }
            finish(WebSocketClose{close->code, cleanText(close->reason, 1024)});
            return;
        }
        default:
            return;
        }
        writeAll();
    }

    void atEnd()
    {
        if (!m_open) {
            m_handshake.end();
            answered();
            return;
        }
        if (m_closeSent)
            finish(WebSocketClose{m_closeCode, {}});
        else
            finish(fail(ErrorKind::Network, tr("The API server %1 dropped the WebSocket.", {m_server})));
    }

    void armPing()
    {
        if (m_request.pingEvery.count() <= 0)
            return;
        arm(m_pingTimer, m_request.pingEvery, [](Channel& c) {
            const auto silent = std::chrono::duration_cast<Ms>(SteadyClock::now() - c.m_lastByte);
            if (!c.m_paused && c.m_request.silenceLimit.count() > 0 && silent >= c.m_request.silenceLimit) {
                c.finish(fail(ErrorKind::Timeout,
                              tr("The API server %1 has been silent for too long.", {c.m_server})));
                return;
            }
            {
                const std::lock_guard lock(c.m_queueMutex);
                // Behind bytes that do not leave, more pings are of no use.
                if (!c.m_closing && c.m_queue.empty())
                    c.enqueue(ws::Opcode::Ping, {});
            }
            c.writeAll();
            c.updateInterest();
            if (!c.m_ended)
                c.armPing();
        });
    }

    void updateInterest()
    {
        if (m_link && !m_ended)
            m_link->want(!m_paused, m_writeBlocked);
    }

    void finish(Result<WebSocketClose> end)
    {
        if (m_ended)
            return;
        const auto self = shared_from_this();
        tearDown();
        std::shared_ptr<WebSocketHandler> handler; // goes outside the lock
        const std::lock_guard lock(m_calling);
        handler.swap(m_handler);
        if (!m_dead && handler)
            handler->onEnd(std::move(end));
    }

    void tearDown()
    {
        m_ended = true;
        {
            const std::lock_guard lock(m_queueMutex);
            m_closing = true;
        }
        if (m_deadline != 0)
            m_loop->cancel(m_deadline);
        if (m_pingTimer != 0)
            m_loop->cancel(m_pingTimer);
        m_deadline = m_pingTimer = 0;
        // Perhaps in the middle of one of its calls.
        if (m_link) {
            m_link->want(false, false);
            m_loop->post([link = std::move(m_link)] {});
        }
        m_link.reset();
    }

    const std::shared_ptr<Loop> m_loop;
    const std::string m_server;
    const WebSocketRequest m_request;

    mutable std::mutex m_queueMutex;
    std::deque<std::string> m_queue;
    std::size_t m_queuedBytes = 0;
    bool m_flushPosted = false;
    bool m_closing = false; // nothing may be sent any more
    int m_pongs = 0;

    std::mutex m_calling; // held while the handler runs
    std::atomic<bool> m_dead{false};

    std::shared_ptr<RawLink> m_link;
    std::string m_key;
    std::string m_head; // the request, until it is sent
    std::size_t m_offset = 0;
    ws::Handshake m_handshake;
    ws::Reader m_reader;
    bool m_open = false;
    bool m_ended = false;
    bool m_paused = false;
    bool m_writeBlocked = false;
    bool m_closeSent = false;
    std::uint16_t m_closeCode = 1000;
    std::uint64_t m_deadline = 0;
    std::uint64_t m_pingTimer = 0;
    SteadyClock::time_point m_lastByte;
    std::shared_ptr<WebSocketHandler> m_handler;
};

class WebSocketImpl : public WebSocket {
public:
    WebSocketImpl(std::shared_ptr<Channel> channel) : m_channel(std::move(channel)) {}
    ~WebSocketImpl() override { m_channel->silence(); }
    bool sendBinary(std::string_view message) override
    {
        return m_channel->send(ws::Opcode::Binary, message);
    }
    bool sendText(std::string_view message) override { return m_channel->send(ws::Opcode::Text, message); }
    void close(std::uint16_t code, std::string_view reason) override { m_channel->close(code, reason); }
    void setReading(bool on) override { m_channel->setReading(on); }
    std::size_t queued() const override { return m_channel->queued(); }

private:
    std::shared_ptr<Channel> m_channel;
};

} // namespace

std::unique_ptr<WebSocket>
startWebSocket(std::shared_ptr<Loop> loop, std::string server, WebSocketRequest request,
               std::shared_ptr<WebSocketHandler> handler,
               std::function<void(const std::shared_ptr<RawSink>&, std::chrono::milliseconds)> open)
{
    auto channel = std::make_shared<Channel>(loop, std::move(server), std::move(request), std::move(handler));
    auto socket = std::make_unique<WebSocketImpl>(channel);
    loop->post([channel = std::move(channel), open = std::move(open)] { channel->begin(open); });
    return socket;
}

} // namespace strata::kube
