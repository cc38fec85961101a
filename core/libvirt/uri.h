// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::virt {

// A libvirt URI taken apart: driver[+transport]://[user@][host][:port]/path[?parameters]. All parts decoded.
struct HostUri {
    std::string driver;    // "qemu"
    std::string transport; // "ssh"; empty: local, or TLS when there is a host
    std::string user;
    std::string host;
    std::string port;
    std::string path; // "/system"
    std::vector<std::pair<std::string, std::string>> parameters;

    bool isTest() const { return driver == "test"; }
};

// Takes apart what checkUri() lets through; the same refusals.
Result<HostUri> parseUri(std::string_view uri);

// What is handed to libvirt for a checked URI: ssh is told never to ask on the terminal that Strata was
// started from.
std::string connectUri(const std::string& uri, const HostUri& parts);

// The host name that a URI stands for: its host, the stem of a test driver's file, "localhost" otherwise.
std::string nameOf(const HostUri& parts);

} // namespace strata::virt
