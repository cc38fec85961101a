// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace strata::kube {

// What a URL names: group, version and the plural that discovery gives (never derived from the kind).
struct ResourceId {
    std::string group; // empty for the core group
    std::string version;
    std::string resource; // "virtualmachineinstances"
    bool namespaced = true;

    friend bool operator==(const ResourceId&, const ResourceId&) = default;
    friend auto operator<=>(const ResourceId&, const ResourceId&) = default;
};

// "/api/v1/namespaces/N/pods/NAME", "/apis/G/V/..."; an empty `ns` means all namespaces, an empty `name` the
// collection. Every part is percent-encoded.
std::string path(const ResourceId& resource, std::string_view ns = {}, std::string_view name = {});

std::string percentEncode(std::string_view text); // RFC 3986 unreserved characters stay

} // namespace strata::kube
