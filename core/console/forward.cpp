// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/forward.h"

#include "core/base/translate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace strata::console {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kHighWater = 512U << 10U; // bytes for the local end; above it the far one waits
constexpr std::size_t kLowWater = 128U << 10U;
constexpr int kTryAgainMs = 15; // a far end that takes nothing now
// A local end that has said all and gets no answer for so long has gone: a closed socket and one that only
// stopped sending look the same.
constexpr auto kLinger = std::chrono::seconds(15);
constexpr auto kTellEvery = std::chrono::milliseconds(250);

class Event {
public:
    Event() : m_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Event() { ::close(m_fd); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    int fd() const { return m_fd; }
    void set() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(m_fd, &one, sizeof one);
    }
    void clear() const
    {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(m_fd, &count, sizeof count);
    }

private:
    int m_fd;
};

// What the far end of one connection said, from its thread to ours.
class Ears : public SessionHandler {
public:
    explicit Ears(std::shared_ptr<Event> event) : m_event(std::move(event)) {}
    void onOpen(const std::string&) override
    {
        const std::lock_guard lock(mutex);
        open = true;
        m_event->set();
    }
    void onOutput(std::string_view more) override
    {
        const std::lock_guard lock(mutex);
        bytes += more;
        m_event->set();
    }
    void onEnd(SessionEnd value) override
    {
        const std::lock_guard lock(mutex);
        end = std::move(value);
        m_event->set();
    }

    std::mutex mutex; // guards these
    bool open = false;
    std::string bytes;
    std::optional<SessionEnd> end;

private:
    std::shared_ptr<Event> m_event;
};

struct Connection {
    int fd = -1;
    std::shared_ptr<Ears> ears;
    std::unique_ptr<Session> session;
    std::string toLocal;
    std::string toFar;
    bool held = false;        // the far end
    bool localDone = false;   // it has said all it has to say, or has gone
    Steady::time_point heard; // of either end
    bool farDone = false;
    bool broken = false;
    std::string problem;

    Connection() = default;
    ~Connection()
    {
        session.reset();
        if (fd >= 0)
            ::close(fd);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
};

class Listener : public Forward {
public:
    Listener(int fd, std::uint16_t port, Connect connect, std::function<void()> changed)
        : m_fd(fd), m_port(port), m_connect(std::move(connect)), m_changed(std::move(changed)),
          m_event(std::make_shared<Event>())
    {
        m_thread = std::thread([this] { run(); });
    }
    ~Listener() override
    {
        m_ending = true;
        m_event->set();
        m_thread.join();
        ::close(m_fd);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const override { return m_port; }
    State state() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_state;
    }

private:
    void run()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        while (!m_ending) {
            turn();
            std::erase_if(m_connections, [this](const std::unique_ptr<Connection>& each) {
                if (!each->broken)
                    return false;
                change([&](State& state) {
                    --state.open;
                    state.problem = each->problem;
                });
                return true;
            });
            tell();
        }
        m_connections.clear();
    }

    void turn()
    {
        std::vector<pollfd> fds;
        fds.push_back({m_fd, POLLIN, 0});
        fds.push_back({m_event->fd(), POLLIN, 0});
        bool again = false;
        bool lingering = false;
        for (const auto& each : m_connections) {
            short wanted = 0;
            if (!each->localDone && each->toFar.empty())
                wanted |= POLLIN;
            if (!each->toLocal.empty())
                wanted |= POLLOUT;
            fds.push_back({each->fd, wanted, 0});
            again = again || !each->toFar.empty();
            lingering = lingering || each->localDone;
        }
        const int wait = again ? kTryAgainMs : m_untold ? int(kTellEvery.count()) : lingering ? 1000 : -1;
        if (::poll(fds.data(), fds.size(), wait) < 0)
            return;
        m_event->clear();
        for (std::size_t i = 2; i < fds.size(); ++i)
            serve(*m_connections[i - 2], fds[i].revents);
        if ((fds[0].revents & POLLIN) != 0)
            accept();
    }

    void accept()
    {
        const int fd = ::accept4(m_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (m_connections.size() == kMostConnections) {
            ::close(fd);
            return;
        }
        auto connection = std::make_unique<Connection>();
        connection->fd = fd;
        connection->heard = Steady::now();
        connection->ears = std::make_shared<Ears>(m_event);
        Result<std::unique_ptr<Session>> session = m_connect(connection->ears);
        change([&](State& state) {
            ++state.connections;
            if (session)
                ++state.open;
            else
                state.problem = session.error().text;
        });
        if (!session)
            return;
        connection->session = std::move(*session);
        m_connections.push_back(std::move(connection));
    }

    void serve(Connection& each, short events)
    {
        hear(each);
        if ((events & POLLIN) != 0 && !each.localDone) {
            std::array<char, kPiece> buffer{};
            const ssize_t got = ::recv(each.fd, buffer.data(), buffer.size(), 0);
            each.heard = Steady::now();
            if (got > 0)
                each.toFar.assign(buffer.data(), static_cast<std::size_t>(got));
            else if (got == 0 || (errno != EAGAIN && errno != EINTR))
                each.localDone = true;
        }
        if ((events & (POLLHUP | POLLERR)) != 0 && (events & POLLIN) == 0)
            each.localDone = true;
        if (!each.toFar.empty() && each.session->write(each.toFar)) {
            const std::size_t size = each.toFar.size();
            change([size](State& state) { state.sent += size; });
            each.toFar.clear();
        }
        if (!each.toLocal.empty()) {
            const ssize_t sent =
                ::send(each.fd, each.toLocal.data(), each.toLocal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent > 0)
                each.toLocal.erase(0, static_cast<std::size_t>(sent));
            else if (sent < 0 && errno != EAGAIN && errno != EINTR)
                each.broken = true;
        }
        if (each.held && each.toLocal.size() < kLowWater) {
            each.held = false;
            each.session->setReading(true);
        }
        // There is no half-closing on these streams: who has said all may still wait for the answer, and only
        // the far end's goodbye, all of it delivered, or a local end that is gone ends the connection.
        if (each.farDone && each.toLocal.empty())
            each.broken = true;
        if (each.localDone && each.toFar.empty() &&
            ((events & (POLLHUP | POLLERR)) != 0 || Steady::now() - each.heard > kLinger))
            each.broken = true;
    }

    void hear(Connection& each)
    {
        std::string bytes;
        {
            const std::lock_guard lock(each.ears->mutex);
            bytes.swap(each.ears->bytes);
            if (each.ears->end && !each.farDone) {
                each.farDone = true;
                const SessionEnd& end = *each.ears->end;
                if (end.kind == SessionEnd::Kind::Failed)
                    each.problem =
                        end.error.detail.empty() ? end.error.text : end.error.text + " " + end.error.detail;
            }
        }
        if (bytes.empty())
            return;
        change([&bytes](State& state) { state.received += bytes.size(); });
        each.toLocal += bytes;
        each.heard = Steady::now();
        if (each.toLocal.size() > kHighWater && !each.held) {
            each.held = true;
            each.session->setReading(false);
        }
    }

    template<typename What>
    void change(What&& what)
    {
        const std::lock_guard lock(m_mutex);
        what(m_state);
        m_untold = true;
    }

    void tell()
    {
        const auto now = Steady::now();
        if (!m_untold || now - m_told < kTellEvery)
            return;
        m_untold = false;
        m_told = now;
        if (m_changed)
            m_changed();
    }

    const int m_fd;
    const std::uint16_t m_port;
    const Connect m_connect;
    const std::function<void()> m_changed;
    const std::shared_ptr<Event> m_event;
    std::atomic<bool> m_ending{false};

    mutable std::mutex m_mutex; // guards the state
    State m_state;

    // The thread's own.
    std::vector<std::unique_ptr<Connection>> m_connections;
    bool m_untold = false;
    Steady::time_point m_told;
    std::thread m_thread;
};

} // namespace

Result<std::unique_ptr<Forward>> Forward::listen(std::uint16_t localPort, Connect connect,
                                                 std::function<void()> changed)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto refuse = [&] {
        const std::string why = std::strerror(errno);
        if (fd >= 0)
            ::close(fd);
        return fail(ErrorKind::Io,
                    arguments(translate("Forward", "Port %1 of this machine cannot be opened."),
                              {std::to_string(localPort)}),
                    why);
    };
    if (fd < 0)
        return refuse();
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(localPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // Connections come in bursts (a browser's); what the queue cannot hold would wait for TCP's own retries.
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd, SOMAXCONN) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return refuse();
    return std::unique_ptr<Forward>(
        std::make_unique<Listener>(fd, ntohs(address.sin_port), std::move(connect), std::move(changed)));
}

} // namespace strata::console
