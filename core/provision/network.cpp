// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/network.h"

#include "core/base/translate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

int commonBits(const Cidr& a, const Cidr& b, int limit)
{
    for (int bit = 0; bit < limit; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((a.bytes[byte] & mask) != (b.bytes[byte] & mask))
            return bit;
    }
    return limit;
}

Cidr v4(unsigned a, unsigned b, unsigned c, int bits)
{
    Cidr cidr;
    cidr.bytes[0] = static_cast<std::uint8_t>(a);
    cidr.bytes[1] = static_cast<std::uint8_t>(b);
    cidr.bytes[2] = static_cast<std::uint8_t>(c);
    cidr.bits = bits;
    return cidr;
}

bool isFree(const Cidr& cidr, const std::vector<Cidr>& taken)
{
    return std::none_of(taken.begin(), taken.end(), [&](const Cidr& other) { return overlap(cidr, other); });
}

std::optional<Cidr> firstFree(const std::vector<Cidr>& preferred, const std::vector<Cidr>& taken)
{
    for (const Cidr& cidr : preferred) {
        if (isFree(cidr, taken))
            return cidr;
    }
    for (int bits = 16; bits <= 22; bits += 2) {
        const auto tryBlock = [&](unsigned first, unsigned second) -> std::optional<Cidr> {
            const unsigned step = bits == 16 ? 256U : 1U << static_cast<unsigned>(24 - bits);
            for (unsigned third = 0; third < 256; third += step) {
                const Cidr cidr = v4(first, second, third, bits);
                if (isFree(cidr, taken))
                    return cidr;
            }
            return std::nullopt;
        };
        // From the top of 10/8 downwards: sites number from the bottom.
        for (unsigned second = 254; second > 0; --second) {
            if (auto found = tryBlock(10, second))
                return found;
        }
        for (unsigned second = 31; second >= 16; --second) {
            if (auto found = tryBlock(172, second))
                return found;
        }
        if (auto found = tryBlock(192, 168))
            return found;
    }
    return std::nullopt;
}

} // namespace

Cidr Cidr::masked() const
{
    Cidr result = *this;
    for (int bit = bits; bit < 128; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        result.bytes[byte] = static_cast<std::uint8_t>(result.bytes[byte] & ~(0x80 >> (bit % 8)));
    }
    return result;
}

bool Cidr::exact() const
{
    return masked() == *this;
}

std::string Cidr::text() const
{
    char buffer[INET6_ADDRSTRLEN] = {};
    inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer, sizeof buffer);
    return std::string(buffer) + "/" + std::to_string(bits);
}

std::optional<Cidr> parseCidr(std::string_view text)
{
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || slash > 45)
        return std::nullopt;
    const std::string address(text.substr(0, slash));
    Cidr cidr;
    cidr.v6 = address.find(':') != std::string::npos;
    if (inet_pton(cidr.v6 ? AF_INET6 : AF_INET, address.c_str(), cidr.bytes.data()) != 1)
        return std::nullopt;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, cidr.bits);
    if (error != std::errc() || stop != end || cidr.bits < 0 || cidr.bits > (cidr.v6 ? 128 : 32))
        return std::nullopt;
    return cidr;
}

bool overlap(const Cidr& a, const Cidr& b)
{
    if (a.v6 != b.v6)
        return false;
    const int bits = std::min(a.bits, b.bits);
    return commonBits(a, b, bits) == bits;
}

const UsedNetwork* collision(const Cidr& cidr, const std::vector<UsedNetwork>& used)
{
    for (const UsedNetwork& network : used) {
        const auto other = parseCidr(network.cidr);
        if (other && overlap(cidr, *other))
            return &network;
    }
    return nullptr;
}

std::optional<CidrProposal> proposeCidrs(const std::vector<UsedNetwork>& used)
{
    std::vector<Cidr> taken;
    for (const UsedNetwork& network : used) {
        if (const auto cidr = parseCidr(network.cidr))
            taken.push_back(*cidr);
    }
    taken.push_back(v4(172, 17, 0, 16)); // a container runtime's default bridge inside the node image
    const auto pods = firstFree({v4(10, 243, 0, 16)}, taken);
    if (!pods)
        return std::nullopt;
    taken.push_back(*pods);
    const auto services = firstFree({v4(10, 95, 0, 16)}, taken);
    if (!services)
        return std::nullopt;
    return CidrProposal{pods->text(), services->text()};
}

OverlayProposal proposeOverlay(const OuterOverlay& outer)
{
    OverlayProposal proposal;
    const int overhead = outer.ipv6Underlay ? 70 : 50; // Ethernet 14, IP 20 or 40, UDP 8, VXLAN 8
    const int outerMtu = outer.podMtu > 0 ? outer.podMtu : 1450;
    proposal.mtu = std::max(outerMtu - overhead, outer.ipv6Underlay ? 1280 : 576);
    std::vector<int> avoided = outer.ports;
    if (avoided.empty())
        avoided = {4789, 8472};
    for (const int port : {4789, 8472, 14789, 18472, 24789}) {
        if (std::find(avoided.begin(), avoided.end(), port) == avoided.end()) {
            proposal.vxlanPort = port;
            break;
        }
    }
    if (proposal.vxlanPort == 0) {
        for (proposal.vxlanPort = 30789;
             std::find(avoided.begin(), avoided.end(), proposal.vxlanPort) != avoided.end();)
            ++proposal.vxlanPort;
    }
    proposal.why = arguments(
        translate(kContext,
                  "A VM's interface carries %1 bytes (%2); the nested tunnel takes %3 of them. UDP port %4 "
                  "is not used by a tunnel outside."),
        {std::to_string(outerMtu),
         outer.podMtu > 0 ? translate(kContext, "as seen on the outer nodes")
                          : translate(kContext, "assumed: a VXLAN on 1500"),
         std::to_string(overhead), std::to_string(proposal.vxlanPort)});
    return proposal;
}

} // namespace strata::provision
