// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/faultproxy.h"

#include "core/base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace strata::test {
namespace {

using Ms = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kLookMs = 20; // how often a connection looks whether it is to end

sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool sendAll(int fd, const char* bytes, std::size_t size, const std::atomic<bool>& stop)
{
    while (size > 0) {
        const ssize_t sent = ::send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            size -= static_cast<std::size_t>(sent);
            continue;
        }
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        pollfd p{fd, POLLOUT, 0};
        ::poll(&p, 1, kLookMs);
        if (stop)
            return false;
    }
    return true;
}

void resetOnClose(int fd)
{
    const linger now{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

} // namespace

class FaultProxy::Private {
public:
    struct Link { // what is wished of one connection
        std::atomic<bool> cut{false};
        std::atomic<bool> silent{false};
    };

    explicit Private(Options o)
        : options(std::move(o)), listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener, 256) != 0 ||
            ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port = ntohs(address.sin_port);
        thread = std::thread([this] { acceptAll(); });
    }
    ~Private()
    {
        ending = true;
        ::shutdown(listener, SHUT_RDWR);
        thread.join();
        for (std::thread& t : threads)
            t.join();
        ::close(listener);
    }
    Private(const Private&) = delete;
    Private& operator=(const Private&) = delete;

    void acceptAll()
    {
        while (!ending) {
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) {
                if (ending)
                    return;
                continue;
            }
            ++count;
            const std::lock_guard lock(mutex);
            const auto link = std::make_shared<Link>();
            links.push_back(link);
            threads.emplace_back([this, client, f = fault, link] { serve(client, f, *link); });
        }
    }

    // Reads until `end` is at the end of what came; "" when the client goes.
    std::string readUntil(int fd, const std::string& end) const
    {
        std::string text;
        char c = 0;
        while (text.size() < 8192 && !ending) {
            pollfd p{fd, POLLIN, 0};
            if (::poll(&p, 1, kLookMs) == 0)
                continue;
            if (::recv(fd, &c, 1, 0) != 1)
                return {};
            text += c;
            if (text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0)
                return text;
        }
        return {};
    }
    std::string readExactly(int fd, std::size_t size) const
    {
        std::string text;
        char c = 0;
        while (text.size() < size && !ending) {
            pollfd p{fd, POLLIN, 0};
            if (::poll(&p, 1, kLookMs) == 0)
                continue;
            if (::recv(fd, &c, 1, 0) != 1)
                return {};
            text += c;
        }
        return text;
    }
    void note(const std::string& what)
    {
        const std::lock_guard lock(mutex);
        names.push_back(what);
    }

    bool greetHttp(int fd)
    {
        const std::string head = readUntil(fd, "\r\n\r\n");
        const std::size_t blank = head.find(' ');
        if (head.rfind("CONNECT ", 0) != 0)
            return false;
        note(head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1));
        std::string answer = "HTTP/1.1 200 Connection established\r\nX-From: the proxy\r\n\r\n";
        bool good = true;
        if (head.find("Bearer") != std::string::npos || head.find("Impersonate") != std::string::npos) {
            note("A CREDENTIAL OF THE SERVER");
            good = false;
        }
        if (!options.credential.empty() && head.find("Proxy-Authorization: Basic " +
                                                     base64Encode(options.credential)) == std::string::npos) {
            answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            good = false;
        } else if (options.refuseWith != 0) {
            answer = "HTTP/1.1 " + std::to_string(options.refuseWith) + " No\r\nContent-Length: 0\r\n\r\n";
            good = false;
        }
        return sendAll(fd, answer.data(), answer.size(), ending) && good;
    }

    bool greetSocks(int fd)
    {
        const std::string hello = readExactly(fd, 2);
        if (hello.size() != 2 || hello[0] != 5)
            return false;
        readExactly(fd, static_cast<std::size_t>(static_cast<unsigned char>(hello[1])));
        if (!sendAll(fd, "\x05\x00", 2, ending))
            return false;
        const std::string head = readExactly(fd, 4);
        if (head.size() != 4)
            return false;
        std::string name;
        if (head[3] == 3) {
            const std::string size = readExactly(fd, 1);
            name = readExactly(fd, static_cast<unsigned char>(size[0]));
        } else if (head[3] == 1) {
            const std::string a = readExactly(fd, 4);
            for (const char c : a)
                name += (name.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
        }
        const std::string p = readExactly(fd, 2);
        note(name + ":" +
             std::to_string(static_cast<unsigned char>(p[0]) * 256 + static_cast<unsigned char>(p[1])));
        return sendAll(fd, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00", 10, ending);
    }

    void serve(int client, const Fault f, const Link& link)
    {
        using Kind = Fault::Kind;
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(options.targetPort);
        bool good = f.kind != Kind::Refuse;
        if (good && options.speaks == Speaks::HttpConnect)
            good = greetHttp(client);
        else if (good && options.speaks == Speaks::Socks5)
            good = greetSocks(client);
        good = good && ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        const int one = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        bool halfOpen = false;
        bool reset = false;
        std::size_t passed = 0;
        std::array<char, 16384> buffer{};
        while (good && !ending) {
            if (link.cut) {
                reset = true;
                break;
            }
            halfOpen = halfOpen || link.silent;
            std::array<pollfd, 2> fds{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
            if (halfOpen) {
                ::poll(nullptr, 0, kLookMs);
                continue;
            }
            if (::poll(fds.data(), fds.size(), kLookMs) <= 0)
                continue;
            if (fds[0].revents != 0) {
                const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
                if (got <= 0 || !sendAll(server, buffer.data(), static_cast<std::size_t>(got), ending))
                    break;
            }
            if (fds[1].revents == 0)
                continue;
            std::size_t want = f.kind == Kind::Drip ? std::max<std::size_t>(f.piece, 1) : buffer.size();
            const bool counts = f.kind == Kind::Reset || f.kind == Kind::Cut || f.kind == Kind::HalfOpen;
            if (counts)
                want = std::min(want, f.at - std::min(f.at, passed));
            if (counts && want == 0) {
                reset = f.kind == Kind::Reset;
                halfOpen = f.kind == Kind::HalfOpen;
                if (halfOpen)
                    continue;
                break;
            }
            const ssize_t got = ::recv(server, buffer.data(), want, 0);
            if (got <= 0)
                break;
            const auto size = static_cast<std::size_t>(got);
            if (f.kind == Kind::Corrupt && f.at >= passed && f.at < passed + size)
                buffer[f.at - passed] = static_cast<char>(buffer[f.at - passed] ^ 0x55);
            passed += size;
            if (f.delay.count() > 0 && (f.kind == Kind::Latency || f.kind == Kind::Drip)) {
                const auto until = Clock::now() + f.delay;
                while (!ending && Clock::now() < until)
                    ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(f.delay.count(), kLookMs)));
            }
            if (!sendAll(client, buffer.data(), size, ending))
                break;
        }
        if (reset) {
            resetOnClose(client);
            resetOnClose(server);
        }
        ::close(client);
        ::close(server);
    }

    const Options options;
    int listener = -1;
    int port = 0;
    std::atomic<bool> ending{false};
    std::atomic<int> count{0};
    std::vector<std::shared_ptr<Link>> links;
    mutable std::mutex mutex;
    Fault fault;
    std::vector<std::string> names;
    std::vector<std::thread> threads;
    std::thread thread;
};

FaultProxy::FaultProxy(Options options) : m_d(std::make_unique<Private>(std::move(options))) {}

FaultProxy::~FaultProxy() = default;

int FaultProxy::port() const
{
    return m_d->port;
}

void FaultProxy::setFault(const Fault& fault)
{
    const std::lock_guard lock(m_d->mutex);
    m_d->fault = fault;
}

void FaultProxy::silence()
{
    const std::lock_guard lock(m_d->mutex);
    for (const auto& link : m_d->links)
        link->silent = true;
}

void FaultProxy::cutAll()
{
    const std::lock_guard lock(m_d->mutex);
    for (const auto& link : m_d->links)
        link->cut = true;
}

int FaultProxy::connections() const
{
    return m_d->count;
}

std::vector<std::string> FaultProxy::asked() const
{
    const std::lock_guard lock(m_d->mutex);
    return m_d->names;
}

} // namespace strata::test
