// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which addresses, MTU and tunnel port a nested cluster can use beside everything around it. Pure.
namespace strata::provision {

// An IPv4 or IPv6 prefix. Host bits below the prefix are kept as written: `exact()` tells.
struct Cidr {
    std::array<std::uint8_t, 16> bytes{}; // IPv4 in the first four
    int bits = 0;                         // prefix length
    bool v6 = false;

    bool exact() const; // no host bits are set
    Cidr masked() const;
    std::string text() const; // "10.243.0.0/16"
    friend bool operator==(const Cidr&, const Cidr&) = default;
};

std::optional<Cidr>
parseCidr(std::string_view text);           // "10.0.0.0/8", "fd00::/48"; a prefix length is required
bool overlap(const Cidr& a, const Cidr& b); // false across address families

// A network that is in use somewhere in the stack: "10.244.0.0/16", "pods of the outer cluster".
struct UsedNetwork {
    std::string cidr;
    std::string what;
    bool sibling = false; // of another tenant cluster: never routed to from this one, so it may be shared
};

// The first used network that `cidr` collides with; entries that do not parse are skipped.
const UsedNetwork* collision(const Cidr& cidr, const std::vector<UsedNetwork>& used);

struct CidrProposal {
    std::string pods;
    std::string services;
};
// Private IPv4 ranges that collide with nothing given and not with each other: CAPK's own choice
// (10.243.0.0/16 and 10.95.0.0/16) when it is free, else the next free ranges, /16 first and smaller ones
// when space is short. nullopt when all private space is taken.
std::optional<CidrProposal> proposeCidrs(const std::vector<UsedNetwork>& used);

// The overlay under the VMs, as far as known.
struct OuterOverlay {
    int podMtu = 0;            // of an outer pod's interface, which is the VM's; 0 unknown
    std::vector<int> ports;    // UDP ports that encapsulation uses outside: 4789, 8472 …; empty: unknown
    bool ipv6Underlay = false; // the inner tunnel runs over IPv6: 20 bytes more
};
struct OverlayProposal {
    int mtu = 0;
    int vxlanPort = 0;
    std::string why; // one sentence
};
OverlayProposal proposeOverlay(const OuterOverlay& outer);

} // namespace strata::provision
