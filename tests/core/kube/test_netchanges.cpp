// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/client.h"
#include "core/kube/net/netchanges.h"

#include <QtTest>

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

using namespace strata::kube;

namespace {

constexpr int kLong = 20000; // ms; a limit for a broken run, not a pause

template<typename T>
void append(std::string& out, const T& value)
{
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
    out.resize((out.size() + 3) & ~std::size_t(3));
}

std::string message(unsigned short type, const std::string& payload)
{
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_len = static_cast<unsigned>(sizeof head + payload.size());
    std::string out;
    append(out, head);
    return out + payload;
}

std::string address(unsigned short type, const char* ip, unsigned char scope = RT_SCOPE_UNIVERSE)
{
    ifaddrmsg head{};
    head.ifa_family = AF_INET;
    head.ifa_index = 2;
    head.ifa_scope = scope;
    std::string payload;
    append(payload, head);
    rtattr attribute{};
    attribute.rta_type = IFA_LOCAL;
    attribute.rta_len = sizeof attribute + 4;
    append(payload, attribute);
    append(payload, inet_addr(ip));
    return message(type, payload);
}

std::string route(unsigned short type, unsigned char bits, unsigned char kind = RTN_UNICAST)
{
    rtmsg head{};
    head.rtm_family = AF_INET;
    head.rtm_dst_len = bits;
    head.rtm_type = kind;
    std::string payload;
    append(payload, head);
    return message(type, payload);
}

} // namespace

class TestNetChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void reads()
    {
        NetChangeReader reader;
        QCOMPARE(reader.read(address(RTM_NEWADDR, "10.0.0.2")), NetChange::Gained);
        QCOMPARE(reader.read(address(RTM_NEWADDR, "10.0.0.2")), NetChange::None); // its lease was renewed
        QCOMPARE(reader.read(address(RTM_NEWADDR, "169.254.1.1", RT_SCOPE_LINK)), NetChange::None);
        QCOMPARE(reader.read(address(RTM_DELADDR, "127.0.0.1", RT_SCOPE_HOST)), NetChange::None);
        QCOMPARE(reader.read(address(RTM_DELADDR, "10.0.0.2")), NetChange::Lost);
        QCOMPARE(reader.read(address(RTM_NEWADDR, "10.0.0.2")), NetChange::Gained);
        QCOMPARE(reader.read(route(RTM_NEWROUTE, 0)), NetChange::Lost);
        QCOMPARE(reader.read(route(RTM_DELROUTE, 1)), NetChange::Lost); // a VPN's half of all addresses
        QCOMPARE(reader.read(route(RTM_NEWROUTE, 24)), NetChange::None);
        QCOMPARE(reader.read(route(RTM_NEWROUTE, 0, RTN_BROADCAST)), NetChange::None);
        QCOMPARE(reader.read(address(RTM_NEWADDR, "10.0.0.9") + route(RTM_NEWROUTE, 0)), NetChange::Lost);
        QCOMPARE(reader.read(message(RTM_NEWLINK, {})), NetChange::None);
    }

    // Cut or changed anywhere, nothing is read beyond the end.
    void garbage()
    {
        const std::string whole = address(RTM_NEWADDR, "10.0.0.2") + route(RTM_NEWROUTE, 0);
        for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
            NetChangeReader reader;
            (void)reader.read(std::string(whole, 0, cut));
            for (int value = 0; value < 256; value += 15) {
                std::string changed = whole;
                if (cut < whole.size())
                    changed[cut] = static_cast<char>(value);
                (void)reader.read(changed);
            }
        }
    }

    void oneCallForManyChanges()
    {
        int ends[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
        Network network;
        std::atomic<int> calls{0};
        std::atomic<int> last{-1};
        {
            const NetChanges changes(
                network,
                [&](NetChange what) {
                    last = static_cast<int>(what);
                    ++calls;
                },
                ends[1]);
            const auto say = [&](const std::string& text) {
                QCOMPARE(::send(ends[0], text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
            };
            say(route(RTM_NEWROUTE, 24));
            for (int i = 1; i < 20; ++i)
                say(address(RTM_NEWADDR, ("10.0.0." + std::to_string(i)).c_str()));
            QTRY_COMPARE_WITH_TIMEOUT(calls.load(), 1, kLong);
            QCOMPARE(last.load(), static_cast<int>(NetChange::Gained));
            say(address(RTM_NEWADDR, "10.0.0.99"));
            say(route(RTM_DELROUTE, 0));
            say(route(RTM_NEWROUTE, 0));
            QTRY_COMPARE_WITH_TIMEOUT(calls.load(), 2, kLong);
            QCOMPARE(last.load(), static_cast<int>(NetChange::Lost));
            say(route(RTM_NEWROUTE, 0));
        }
        ::close(ends[0]);
        QCOMPARE(calls.load(), 2);
    }

    // The real kernel: nothing is said while nothing happens, and it goes without a trace.
    void kernel()
    {
        Network network;
        for (int i = 0; i < 50; ++i)
            const NetChanges changes(network, [](NetChange) {});
    }
};

QTEST_GUILESS_MAIN(TestNetChanges)
#include "test_netchanges.moc"
