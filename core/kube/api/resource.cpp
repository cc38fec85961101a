// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/api/resource.h"

namespace strata::kube {

std::string percentEncode(std::string_view text)
{
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        }
    }
    return out;
}

namespace {

// Dots alone are unreserved, yet as a whole segment they would climb; a server may normalise even "%2E%2E".
// Such a name cannot exist in Kubernetes: a segment that no object has is the harmless answer.
std::string segment(std::string_view text)
{
    if (text == "." || text == "..")
        return "%00";
    return percentEncode(text);
}

} // namespace

std::string path(const ResourceId& resource, std::string_view ns, std::string_view name)
{
    std::string out =
        resource.group.empty() ? std::string("/api/") : "/apis/" + segment(resource.group) + "/";
    out += segment(resource.version);
    if (resource.namespaced && !ns.empty())
        out += "/namespaces/" + segment(ns);
    out += "/" + segment(resource.resource);
    if (!name.empty())
        out += "/" + segment(name);
    return out;
}

} // namespace strata::kube
