// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/netchanges.h"

#include "core/kube/net/client.h"
#include "core/kube/net/loop.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace strata::kube {
namespace {

using Ms = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr Ms kRest{800};             // no further change for so long
constexpr Ms kMost{4'000};           // but not later than this
constexpr unsigned kWidestRoute = 1; // VPNs cover the default route by two of half its size
constexpr std::size_t kReceiveBuffer = 32U << 10U;

constexpr std::size_t aligned(std::size_t size)
{
    return (size + 3U) & ~std::size_t(3U);
}

template<typename T>
bool take(std::string_view bytes, T& out)
{
    if (bytes.size() < sizeof(T))
        return false;
    std::memcpy(&out, bytes.data(), sizeof(T));
    return true;
}

// An address of its own, seen from anywhere: neither loopback nor link-local.
std::string addressKey(std::string_view payload)
{
    ifaddrmsg head{};
    if (!take(payload, head) || head.ifa_scope != RT_SCOPE_UNIVERSE)
        return {};
    std::string_view rest = payload.substr(std::min(aligned(sizeof head), payload.size()));
    std::string address;
    rtattr attribute{};
    while (take(rest, attribute) && attribute.rta_len >= sizeof attribute &&
           attribute.rta_len <= rest.size()) {
        const std::string_view value = rest.substr(sizeof attribute, attribute.rta_len - sizeof attribute);
        // On links between two, IFA_ADDRESS is the other end's.
        if (attribute.rta_type == IFA_LOCAL || (attribute.rta_type == IFA_ADDRESS && address.empty()))
            address = value;
        rest.remove_prefix(std::min(aligned(attribute.rta_len), rest.size()));
    }
    if (address.empty())
        return {};
    return std::to_string(head.ifa_index) + '/' + std::to_string(head.ifa_family) + '/' + address;
}

bool isDefaultRoute(std::string_view payload)
{
    rtmsg head{};
    return take(payload, head) && head.rtm_dst_len <= kWidestRoute && head.rtm_type == RTN_UNICAST &&
           (head.rtm_flags & RTM_F_CLONED) == 0;
}

} // namespace

NetChange NetChangeReader::read(std::string_view messages)
{
    NetChange worst = NetChange::None;
    nlmsghdr head{};
    while (take(messages, head) && head.nlmsg_len >= sizeof head && head.nlmsg_len <= messages.size()) {
        const std::size_t start = aligned(sizeof head);
        const std::string_view payload =
            head.nlmsg_len > start ? messages.substr(start, head.nlmsg_len - start) : std::string_view();
        NetChange what = NetChange::None;
        switch (head.nlmsg_type) {
        case RTM_NEWADDR:
            if (std::string key = addressKey(payload);
                !key.empty() && m_addresses.insert(std::move(key)).second)
                what = NetChange::Gained;
            break;
        case RTM_DELADDR:
            if (const std::string key = addressKey(payload); !key.empty()) {
                m_addresses.erase(key);
                what = NetChange::Lost;
            }
            break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            if (isDefaultRoute(payload))
                what = NetChange::Lost;
            break;
        default:
            break;
        }
        worst = std::max(worst, what);
        messages.remove_prefix(std::min(aligned(head.nlmsg_len), messages.size()));
    }
    return worst;
}

// On the network's thread but for its birth.
class NetChanges::Private : public LoopUser, public std::enable_shared_from_this<Private> {
public:
    Private(std::shared_ptr<Loop> onLoop, Changed changed, int socket)
        : loop(std::move(onLoop)), m_changed(std::move(changed)), m_fd(socket >= 0 ? socket : listen())
    {}
    ~Private() override
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }

    void begin()
    {
        if (m_fd >= 0)
            loop->setSocket(m_fd, true, false, this);
    }
    void end()
    {
        m_ended = true;
        if (m_fd >= 0)
            loop->removeSocket(m_fd);
        if (m_timer != 0)
            loop->cancel(m_timer);
    }

    void onSocket(int, bool, bool, bool) override
    {
        std::array<char, kReceiveBuffer> buffer;
        for (;;) {
            const ssize_t got = ::recv(m_fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got > 0) {
                note(m_reader.read({buffer.data(), static_cast<std::size_t>(got)}));
                continue;
            }
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == ENOBUFS) { // more happened than was kept for us
                note(NetChange::Lost);
                continue;
            }
            if (got == 0 || errno != EAGAIN)
                loop->removeSocket(m_fd);
            return;
        }
    }
    void onLoopEnd() override {}

    const std::shared_ptr<Loop> loop;

private:
    static int listen()
    {
        const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        sockaddr_nl here{};
        here.nl_family = AF_NETLINK;
        here.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
        if (fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
            ::close(fd);
            return -1;
        }
        return fd;
    }

    void note(NetChange what)
    {
        if (what == NetChange::None)
            return;
        const auto now = SteadyClock::now();
        if (m_worst == NetChange::None)
            m_first = now;
        m_worst = std::max(m_worst, what);
        if (m_timer != 0)
            loop->cancel(m_timer);
        const Ms left = kMost - std::chrono::duration_cast<Ms>(now - m_first);
        m_timer = loop->postAfter(std::clamp(left, Ms(0), kRest), [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (!self || self->m_ended)
                return;
            self->m_timer = 0;
            self->m_changed(std::exchange(self->m_worst, NetChange::None));
        });
    }

    Changed m_changed;
    const int m_fd;
    NetChangeReader m_reader;
    NetChange m_worst = NetChange::None;
    SteadyClock::time_point m_first;
    std::uint64_t m_timer = 0;
    bool m_ended = false;
};

NetChanges::NetChanges(Network& network, Changed changed, int socket)
    : m_d(std::make_shared<Private>(loopOf(network), std::move(changed), socket))
{
    m_d->loop->post([d = m_d] { d->begin(); });
}

NetChanges::~NetChanges()
{
    if (m_d->loop->onThread())
        m_d->end();
    else
        m_d->loop->post([d = m_d] { d->end(); });
}

} // namespace strata::kube
