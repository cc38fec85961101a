// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/net/pipe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <mutex>
#include <thread>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxWaiting = 1U << 20U; // bytes the client has not taken yet

class Pipe : public HttpSocket {
public:
    Pipe(int socket, int bell) : m_socket(socket), m_bell(bell)
    {
        m_thread = std::thread([this] { run(); });
    }
    ~Pipe() override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stop = true;
            m_wake = {};
        }
        ring();
        m_thread.join();
        ::close(m_socket);
        ::close(m_bell);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void start(std::function<void()> wake) override
    {
        const std::lock_guard lock(m_mutex);
        m_wake = std::move(wake);
    }
    void receive(std::string_view message, bool binary) override
    {
        if (!binary)
            return;
        {
            const std::lock_guard lock(m_mutex);
            m_out += message;
        }
        ring();
    }
    bool next(std::string& message, bool& done) override
    {
        bool relieved = false;
        {
            const std::lock_guard lock(m_mutex);
            if (m_in.empty()) {
                done = m_ended;
                return false;
            }
            message = std::move(m_in.front());
            m_in.pop_front();
            relieved = m_waiting >= kMaxWaiting;
            m_waiting -= message.size();
            done = m_ended && m_in.empty();
        }
        if (relieved)
            ring();
        return true;
    }
    std::chrono::milliseconds patience() const override { return std::chrono::seconds(30); }

private:
    void ring() const
    {
        const std::uint64_t one = 1;
        (void)!::write(m_bell, &one, sizeof one);
    }
    void run()
    {
        std::array<char, 16384> bytes{};
        while (true) {
            pollfd files[2] = {{m_socket, 0, 0}, {m_bell, POLLIN, 0}};
            {
                const std::lock_guard lock(m_mutex);
                if (m_stop || m_ended)
                    return;
                if (m_waiting < kMaxWaiting)
                    files[0].events = POLLIN;
                if (!m_out.empty())
                    files[0].events = static_cast<short>(files[0].events | POLLOUT);
            }
            if (::poll(files, 2, -1) < 0 && errno != EINTR)
                return;
            if (files[1].revents != 0) {
                std::uint64_t count = 0;
                (void)!::read(m_bell, &count, sizeof count);
            }
            bool ended = false;
            if ((files[0].revents & POLLOUT) != 0)
                ended = !flush();
            if ((files[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !ended) {
                const ssize_t size = ::recv(m_socket, bytes.data(), bytes.size(), 0);
                if (size > 0) {
                    const std::lock_guard lock(m_mutex);
                    m_in.emplace_back(bytes.data(), static_cast<std::size_t>(size));
                    m_waiting += static_cast<std::size_t>(size);
                    if (m_wake)
                        m_wake();
                    continue;
                }
                ended = size == 0 || (errno != EAGAIN && errno != EINTR);
            }
            if (ended) {
                const std::lock_guard lock(m_mutex);
                m_ended = true;
                if (m_wake)
                    m_wake();
            }
        }
    }
    bool flush()
    {
        const std::lock_guard lock(m_mutex);
        const ssize_t size = ::send(m_socket, m_out.data(), m_out.size(), MSG_NOSIGNAL);
        if (size < 0)
            return errno == EAGAIN || errno == EINTR;
        m_out.erase(0, static_cast<std::size_t>(size));
        return true;
    }

    int m_socket;
    int m_bell;
    std::mutex m_mutex;
    std::function<void()> m_wake;
    std::string m_out;
    std::deque<std::string> m_in;
    std::size_t m_waiting = 0;
    bool m_ended = false;
    bool m_stop = false;
    std::thread m_thread;
};

} // namespace

std::unique_ptr<HttpSocket> connectLoopback(unsigned short port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return nullptr;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // On the loopback this is decided at once.
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket);
        return nullptr;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return pipeOver(socket);
}

std::unique_ptr<HttpSocket> pipeOver(int socket)
{
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
    const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell < 0) {
        ::close(socket);
        return nullptr;
    }
    return std::make_unique<Pipe>(socket, bell);
}

} // namespace strata::demosite
