// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/tunnel.h"

#include "core/kube/net/client.h"
#include "core/kube/net/loop.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

namespace strata::kube {
namespace {

constexpr std::size_t kPiece = 32U << 10U;
constexpr std::size_t kMostQueued = 1U << 20U; // of what the WebSocket has not taken yet

class WebSocketDialer;

// One connection: our end of a pair of sockets and a WebSocket, pumped into each other with back-pressure
// both ways. All on the network's thread; lives in the dialer until either end closes.
class Pump : public WebSocketHandler, public LoopUser, public std::enable_shared_from_this<Pump> {
public:
    Pump(std::weak_ptr<WebSocketDialer> dialer, std::shared_ptr<Loop> loop, int fd)
        : m_dialer(std::move(dialer)), m_loop(std::move(loop)), m_fd(fd)
    {}
    ~Pump() override { close(); }

    void begin(Client& outer, const WebSocketRequest& request)
    {
        m_socket = outer.openWebSocket(request, shared_from_this());
        want();
    }
    void close()
    {
        if (m_fd < 0)
            return;
        m_loop->removeSocket(m_fd);
        ::close(m_fd);
        m_fd = -1;
    }

    void onOpen(const std::string&) override {}
    void onDrained() override
    {
        m_full = false;
        want();
    }
    void onMessage(bool, std::string_view message) override
    {
        if (m_fd < 0)
            return;
        m_out.append(message);
        flush();
    }
    void onEnd(Result<WebSocketClose> end) override;

    void onSocket(int, bool readable, bool writable, bool failed) override
    {
        const auto self = shared_from_this();
        if (writable)
            flush();
        if (readable || failed)
            readAll();
        want();
    }
    void onLoopEnd() override {}

private:
    void readAll();
    void flush();
    void leave();
    void want()
    {
        if (m_fd >= 0)
            m_loop->setSocket(m_fd, !m_full, !m_out.empty(), this);
    }

    std::weak_ptr<WebSocketDialer> m_dialer;
    std::shared_ptr<Loop> m_loop;
    int m_fd;
    std::unique_ptr<WebSocket> m_socket;
    std::string m_out; // for the client's end
    bool m_full = false;
    bool m_reading = true;
};

class WebSocketDialer : public Dialer, public std::enable_shared_from_this<WebSocketDialer> {
public:
    WebSocketDialer(std::shared_ptr<Client> outer, WebSocketRequest request)
        : m_outer(std::move(outer)), m_request(std::move(request))
    {}

    int dial() override
    {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
            return -1;
        auto pump = std::make_shared<Pump>(weak_from_this(), loopOf(m_outer->network()), ends[0]);
        m_pumps.emplace(pump.get(), pump);
        pump->begin(*m_outer, m_request);
        return ends[1];
    }
    std::optional<Error> lastError() const override { return m_lastError; }

    void gone(Pump* pump, std::optional<Error> why)
    {
        if (why)
            m_lastError = std::move(why);
        const auto found = m_pumps.find(pump);
        if (found == m_pumps.end())
            return;
        // Perhaps in the middle of one of its calls.
        m_outer->network().post([ended = std::move(found->second)] {});
        m_pumps.erase(found);
    }
    void opened() { m_lastError.reset(); }

private:
    const std::shared_ptr<Client> m_outer;
    const WebSocketRequest m_request;
    std::map<Pump*, std::shared_ptr<Pump>> m_pumps;
    std::optional<Error> m_lastError;
};

void Pump::onEnd(Result<WebSocketClose> end)
{
    std::optional<Error> why;
    if (!end)
        why = end.error();
    flush();
    close();
    if (const auto dialer = m_dialer.lock())
        dialer->gone(this, std::move(why));
}

void Pump::readAll()
{
    std::array<char, kPiece> buffer;
    while (m_fd >= 0 && !m_full) {
        const ssize_t got = ::recv(m_fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 || !m_socket->sendBinary({buffer.data(), static_cast<std::size_t>(got)})) {
            leave();
            return;
        }
        m_full = m_socket->queued() > kMostQueued;
    }
}

void Pump::flush()
{
    std::size_t done = 0;
    while (m_fd >= 0 && done < m_out.size()) {
        const ssize_t sent = ::send(m_fd, m_out.data() + done, m_out.size() - done, MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            break;
        leave();
        return;
    }
    m_out.erase(0, done);
    if (const bool reading = m_out.size() < kMostQueued; m_socket && reading != m_reading) {
        m_reading = reading;
        m_socket->setReading(reading);
    }
    want();
}

// The client has closed its end.
void Pump::leave()
{
    close();
    m_socket.reset(); // the connection is dropped: TLS has said its goodbye inside
    if (const auto dialer = m_dialer.lock())
        dialer->gone(this, {});
}

} // namespace

std::shared_ptr<Dialer> tunnelThrough(std::shared_ptr<Client> outer, WebSocketRequest request)
{
    return std::make_shared<WebSocketDialer>(std::move(outer), std::move(request));
}

} // namespace strata::kube
