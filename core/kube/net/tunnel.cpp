// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/tunnel.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/net/client.h"
#include "core/kube/net/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <random>

namespace strata::kube {
namespace {

constexpr std::size_t kPiece = 32U << 10U;
constexpr std::size_t kMostQueued = 1U << 20U; // of what the WebSocket has not taken yet
constexpr std::size_t kMostRefusal = 1024;
constexpr int kBacklog = 64;
constexpr std::chrono::milliseconds kAcceptAgain{1000};

class WebSocketDialer;

// One connection: a socket and a WebSocket, pumped into each other with back-pressure
// both ways. All on the network's thread; lives in the dialer until either end closes.
class Pump : public WebSocketHandler, public LoopUser, public std::enable_shared_from_this<Pump> {
public:
    Pump(std::weak_ptr<WebSocketDialer> dialer, std::shared_ptr<Loop> loop, int fd, bool channels)
        : m_dialer(std::move(dialer)), m_loop(std::move(loop)), m_fd(fd), m_channels(channels)
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

    void onOpen(const std::string&) override;
    void onDrained() override
    {
        m_full = false;
        want();
    }
    void onMessage(bool, std::string_view message) override
    {
        if (m_fd < 0)
            return;
        if (m_channels && !takeChannel(message))
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
    bool takeChannel(std::string_view& message);
    bool send(std::string_view bytes)
    {
        return m_channels ? m_socket->sendBinary(std::string(1, '\0').append(bytes))
                          : m_socket->sendBinary(bytes);
    }
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
    const bool m_channels;                   // every message begins with the number of its channel
    std::array<std::size_t, 2> m_head{2, 2}; // bytes of the port's number still to come, by channel
    std::string m_refusal;
    std::unique_ptr<WebSocket> m_socket;
    std::string m_out; // for the client's end
    bool m_full = false;
    bool m_reading = true;
};

// Accepts on a listening socket, which becomes its own.
class Acceptor : public LoopUser {
public:
    Acceptor(std::shared_ptr<Loop> loop, int fd, std::function<void(int socket)> take)
        : m_loop(std::move(loop)), m_fd(fd), m_take(std::move(take))
    {
        m_loop->setSocket(m_fd, true, false, this);
    }
    ~Acceptor() override
    {
        if (m_timer != 0)
            m_loop->cancel(m_timer);
        if (m_loop->onThread())
            m_loop->removeSocket(m_fd);
        ::close(m_fd);
    }
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    void onSocket(int, bool, bool, bool) override
    {
        for (;;) {
            const int fd = ::accept4(m_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                m_take(fd);
                continue;
            }
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            if (errno != EAGAIN) { // no descriptors left, say: not again at once
                m_loop->removeSocket(m_fd);
                m_timer = m_loop->postAfter(kAcceptAgain, [this] {
                    m_timer = 0;
                    m_loop->setSocket(m_fd, true, false, this);
                });
            }
            return;
        }
    }
    void onLoopEnd() override {}

private:
    const std::shared_ptr<Loop> m_loop;
    const int m_fd;
    const std::function<void(int socket)> m_take;
    std::uint64_t m_timer = 0;
};

bool isOurs(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == ::getpid();
}

class WebSocketDialer : public Dialer, public std::enable_shared_from_this<WebSocketDialer> {
public:
    WebSocketDialer(std::shared_ptr<Client> outer, WebSocketRequest request, bool channels)
        : m_outer(std::move(outer)), m_request(std::move(request)), m_channels(channels)
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        std::random_device random;
        m_address = "strata-" + std::to_string(::getpid());
        for (int i = 0; i < 4; ++i)
            m_address += '-' + std::to_string(random());
        sockaddr_un here{};
        here.sun_family = AF_UNIX;
        m_address.copy(here.sun_path + 1, sizeof here.sun_path - 1); // the first byte 0: no file
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + m_address.size());
        if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
            ::listen(fd, kBacklog) != 0) {
            if (fd >= 0)
                ::close(fd);
            m_address.clear();
            return;
        }
        m_acceptor = std::make_unique<Acceptor>(loopOf(m_outer->network()), fd, [this](int socket) {
            if (isOurs(socket))
                carry(socket);
            else
                ::close(socket);
        });
    }

    const std::string& address() const override { return m_address; }
    void carry(int socket) override
    {
        auto pump = std::make_shared<Pump>(weak_from_this(), loopOf(m_outer->network()), socket, m_channels);
        m_pumps.emplace(pump.get(), pump);
        pump->begin(*m_outer, m_request);
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
    const bool m_channels;
    std::map<Pump*, std::shared_ptr<Pump>> m_pumps;
    std::optional<Error> m_lastError;
    std::string m_address;
    std::unique_ptr<Acceptor> m_acceptor;
};

void Pump::onOpen(const std::string&)
{
    if (const auto dialer = m_dialer.lock())
        dialer->opened();
}

// kubelet's pkg/cri/streaming/portforward/websocket.go: the first message of each channel is the port's
// number in two bytes. False when there are no bytes for the client in it.
bool Pump::takeChannel(std::string_view& message)
{
    if (message.empty())
        return false;
    const auto channel = static_cast<unsigned char>(message.front());
    message.remove_prefix(1);
    if (channel >= m_head.size())
        return false;
    const std::size_t head = std::min(m_head[channel], message.size());
    m_head[channel] -= head;
    message.remove_prefix(head);
    if (channel == 0)
        return !message.empty();
    if (m_refusal.size() < kMostRefusal)
        m_refusal.append(message.substr(0, kMostRefusal));
    if (!message.empty()) {
        const auto self = shared_from_this();
        const std::string why = cleanText(m_refusal);
        close();
        m_socket.reset();
        if (const auto dialer = m_dialer.lock())
            dialer->gone(this, Error{ErrorKind::Network,
                                     translate("KubeNetwork", "The port of the pod cannot be reached."), why,
                                     0, 0});
    }
    return false;
}

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
        if (got <= 0 || !send({buffer.data(), static_cast<std::size_t>(got)})) {
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

class LocalForwardImpl : public LocalForward {
public:
    LocalForwardImpl(std::shared_ptr<Loop> loop, std::shared_ptr<Dialer> dialer, int fd, int port)
        : m_dialer(std::move(dialer)), m_port(port),
          m_acceptor(std::move(loop), fd, [this](int socket) { m_dialer->carry(socket); })
    {}

    int port() const override { return m_port; }
    void setDialer(std::shared_ptr<Dialer> dialer) override { m_dialer = std::move(dialer); }

private:
    std::shared_ptr<Dialer> m_dialer;
    const int m_port;
    Acceptor m_acceptor;
};

} // namespace

Result<std::unique_ptr<LocalForward>> LocalForward::open(Network& network, std::shared_ptr<Dialer> dialer)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
        ::listen(fd, kBacklog) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
        const int why = errno;
        if (fd >= 0)
            ::close(fd);
        return fail(ErrorKind::Io, translate("KubeNetwork", "No port of this computer could be opened."),
                    std::strerror(why));
    }
    return std::make_unique<LocalForwardImpl>(loopOf(network), std::move(dialer), fd, ntohs(here.sin_port));
}

std::shared_ptr<Dialer> tunnelThrough(std::shared_ptr<Client> outer, WebSocketRequest request)
{
    return std::make_shared<WebSocketDialer>(std::move(outer), std::move(request), false);
}

std::shared_ptr<Dialer> tunnelThroughPod(std::shared_ptr<Client> outer, WebSocketRequest request)
{
    return std::make_shared<WebSocketDialer>(std::move(outer), std::move(request), true);
}

} // namespace strata::kube
