// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/console.h"

#include "core/base/translate.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace strata::virt {
namespace {

constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 4;
constexpr int kPiecesATurn = 16; // of one event, so that one console does not hold up all others

struct CloseConnection {
    void operator()(virConnect* connection) const { virConnectClose(connection); }
};
struct FreeStream {
    void operator()(virStream* stream) const { virStreamFree(stream); }
};

// The worker's thread opens and ends; bytes move on libvirt's event thread; both share this.
class Line : public std::enable_shared_from_this<Line> {
public:
    Line(std::string uri, HostUri parts, std::string uuid, bool force, std::shared_ptr<ConsoleSink> sink)
        : m_uri(std::move(uri)), m_parts(std::move(parts)), m_uuid(std::move(uuid)), m_force(force),
          m_sink(std::move(sink))
    {}

    void start()
    {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    void stop()
    {
        close();
        const std::lock_guard lock(m_sinkMutex);
        m_sink.reset();
    }

    void close()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_closing = true;
        }
        m_wake.notify_all();
    }

    bool write(std::string_view bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_end || m_closing || m_queue.size() + bytes.size() > Console::kMostQueued)
                return false;
            m_queue.append(bytes);
        }
        m_wake.notify_all();
        return true;
    }

    void setReading(bool on)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_reading = on;
        }
        m_wake.notify_all();
    }

private:
    template<typename Call>
    void tell(Call&& call)
    {
        const std::lock_guard lock(m_sinkMutex);
        if (m_sink)
            call(*m_sink);
    }

    void run()
    {
        prepareThread();
        Result<void> end = session();
        {
            const std::lock_guard lock(m_mutex);
            if (!m_end)
                m_end = end;
            end = *m_end;
        }
        tell([&](ConsoleSink& sink) { sink.onEnd(std::move(end)); });
    }

    Result<void> session()
    {
        const std::unique_ptr<virConnect, CloseConnection> connection(
            virConnectOpenAuth(connectUri(m_uri, m_parts).c_str(), nullptr, 0));
        if (!connection)
            return tl::unexpected<Error>(lastLibvirtError(m_parts, false));
        virConnectSetKeepAlive(connection.get(), kKeepAliveSeconds, kKeepAliveCount);
        const DomainPtr domain(virDomainLookupByUUIDString(connection.get(), m_uuid.c_str()));
        if (!domain)
            return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
        const std::unique_ptr<virStream, FreeStream> stream(
            virStreamNew(connection.get(), VIR_STREAM_NONBLOCK));
        if (!stream)
            return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
        const unsigned flags = m_force ? VIR_DOMAIN_CONSOLE_FORCE : VIR_DOMAIN_CONSOLE_SAFE;
        if (virDomainOpenConsole(domain.get(), nullptr, stream.get(), flags) < 0)
            return tl::unexpected<Error>(openError());
        tell([](ConsoleSink& sink) { sink.onOpen(); });

        auto* self = new std::shared_ptr<Line>(shared_from_this());
        int events = VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP;
        if (virStreamEventAddCallback(stream.get(), events, &Line::onEvent, self, &Line::release) < 0) {
            release(self);
            return tl::unexpected<Error>(lastLibvirtError(m_parts, true));
        }
        Result<void> result;
        std::unique_lock lock(m_mutex);
        for (;;) {
            m_wake.wait(lock, [&] { return m_closing || m_end || events != wanted(); });
            if (m_closing || m_end)
                break;
            events = wanted();
            lock.unlock();
            virStreamEventUpdateCallback(stream.get(), events);
            lock.lock();
        }
        if (m_end)
            result = *m_end;
        lock.unlock();
        virStreamEventRemoveCallback(stream.get());
        virStreamAbort(stream.get());
        return result;
    }

    Error openError()
    {
        Error error = lastLibvirtError(m_parts, true);
        // virChrdevOpen's words; there is no code of their own for it.
        if (error.detail.find("Active console session exists") != std::string::npos ||
            error.text.find("Active console session exists") != std::string::npos) {
            error.kind = ErrorKind::Conflict;
            error.text = translate("Host", "Somebody else has this console open.");
        }
        return error;
    }

    int wanted() const // under m_mutex
    {
        return VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP |
               (m_reading ? VIR_STREAM_EVENT_READABLE : 0) |
               (m_queue.empty() ? 0 : VIR_STREAM_EVENT_WRITABLE);
    }

    static void onEvent(virStreamPtr stream, int events, void* opaque)
    {
        const std::shared_ptr<Line> self = *static_cast<std::shared_ptr<Line>*>(opaque);
        self->event(stream, events);
    }
    static void release(void* opaque) { delete static_cast<std::shared_ptr<Line>*>(opaque); }

    void event(virStreamPtr stream, int events)
    {
        if ((events & VIR_STREAM_EVENT_READABLE) != 0) {
            std::array<char, 8192> buffer{};
            for (int piece = 0; piece < kPiecesATurn; ++piece) {
                const int got = virStreamRecv(stream, buffer.data(), buffer.size());
                if (got == -2)
                    break;
                if (got <= 0) {
                    finish(got == 0 ? Result<void>()
                                    : tl::unexpected<Error>(lastLibvirtError(m_parts, true)));
                    return;
                }
                tell([&](ConsoleSink& sink) {
                    sink.onOutput({buffer.data(), static_cast<std::size_t>(got)});
                });
            }
        }
        if ((events & VIR_STREAM_EVENT_WRITABLE) != 0)
            sendSome(stream);
        if ((events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP)) != 0)
            finish({});
    }

    void sendSome(virStreamPtr stream)
    {
        std::unique_lock lock(m_mutex);
        const std::string piece = m_queue.substr(0, 4096);
        lock.unlock();
        if (piece.empty())
            return;
        const int sent = virStreamSend(stream, piece.data(), piece.size());
        if (sent == -1) {
            finish(tl::unexpected<Error>(lastLibvirtError(m_parts, true)));
            return;
        }
        lock.lock();
        if (sent > 0)
            m_queue.erase(0, static_cast<std::size_t>(sent));
        lock.unlock();
        m_wake.notify_all();
    }

    void finish(Result<void> end)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_end)
                m_end = std::move(end);
        }
        m_wake.notify_all();
    }

    const std::string m_uri;
    const HostUri m_parts;
    const std::string m_uuid;
    const bool m_force;

    std::mutex m_mutex; // guards these, never held while calling out
    std::condition_variable m_wake;
    std::string m_queue;
    bool m_reading = true;
    bool m_closing = false;
    std::optional<Result<void>> m_end;

    std::recursive_mutex m_sinkMutex; // held while calling out
    std::shared_ptr<ConsoleSink> m_sink;
};

class LineConsole : public Console {
public:
    explicit LineConsole(std::shared_ptr<Line> line) : m_line(std::move(line)) {}
    ~LineConsole() override { m_line->stop(); }
    LineConsole(const LineConsole&) = delete;
    LineConsole& operator=(const LineConsole&) = delete;

    bool write(std::string_view bytes) override { return m_line->write(bytes); }
    void close() override { m_line->close(); }
    void setReading(bool on) override { m_line->setReading(on); }

private:
    std::shared_ptr<Line> m_line;
};

} // namespace

Result<std::unique_ptr<Console>> Console::open(const std::string& uri, const std::string& uuid, bool force,
                                               std::shared_ptr<ConsoleSink> sink)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts)
        return tl::unexpected<Error>(parts.error());
    if (Result<void> ready = prepareLibrary(); !ready)
        return tl::unexpected<Error>(ready.error());
    auto line = std::make_shared<Line>(uri, std::move(*parts), uuid, force, std::move(sink));
    line->start();
    return std::make_unique<LineConsole>(std::move(line));
}

} // namespace strata::virt
