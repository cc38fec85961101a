// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::kube {

// The address of an API server, taken apart. Strict on purpose: what is not plainly scheme, host, port and
// path is no server (no user information, query, fragment, blanks or control characters).
struct ServerUrl {
    bool tls = true;
    std::string host; // without brackets
    std::uint16_t port = 443;
    std::string path; // prefix such as "/k8s/clusters/c-1", no trailing slash; usually empty

    bool isLoopback() const;
    std::string bracketedHost() const; // "[::1]" for IPv6, else the host
    std::string text() const;          // "https://host:6443/prefix", the port only when it is not the default
};

std::optional<ServerUrl> parseServerUrl(std::string_view text);

} // namespace strata::kube
