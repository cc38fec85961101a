// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace strata::kube {

class Network;

// What happened to this computer's way to the world.
enum class NetChange {
    None,
    Gained, // an address more: what was out of reach may be in reach
    Lost,   // an address less, or another default route: connections may be dead without knowing it
};

// Reads rtnetlink messages (linux/rtnetlink.h); remembers the addresses it has seen, since the kernel tells
// of each anew whenever its lease is renewed. Pure.
class NetChangeReader {
public:
    NetChange read(std::string_view messages); // the worst of them

private:
    std::set<std::string> m_addresses;
};

// Calls back on the network's thread once changes have come to rest, at the latest after a few seconds: a VPN
// that comes up changes a dozen things. Says nothing where the kernel does not tell. Any thread.
class NetChanges {
public:
    using Changed = std::function<void(NetChange)>;

    // `socket`: a datagram socket to read messages from instead of the kernel; becomes ours.
    NetChanges(Network& network, Changed changed, int socket = -1);
    ~NetChanges(); // destroy it on the network's thread, or when nothing can be called any more
    NetChanges(const NetChanges&) = delete;
    NetChanges& operator=(const NetChanges&) = delete;

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

} // namespace strata::kube
