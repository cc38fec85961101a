// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// The key a host shows to ssh, before it is trusted: libvirt's ssh runs in batch mode and asks nobody.
namespace strata::virt {

struct HostKey {
    std::string type;        // "ssh-ed25519"
    std::string fingerprint; // "SHA256:…", as ssh-keygen -l prints it
    std::string line;        // of known_hosts
    friend bool operator==(const HostKey&, const HostKey&) = default;
};

struct HostKeys {
    std::vector<HostKey> keys; // the strongest kinds first
    // Another key was trusted for this host before: somebody has changed it, or stands in between.
    bool changed = false;
};

bool goesOverSsh(const std::string& uri);
// Asks the host (ssh-keyscan) and looks into known_hosts; on a thread of its own, `done` once there. Config:
// the URI does not go over ssh, or the program is missing.
void fetchHostKeys(const std::string& uri, std::function<void(Result<HostKeys>)> done);
// Appends to ~/.ssh/known_hosts, which is made with mode 0600 when it is not there. Likewise.
void trustHostKeys(const std::vector<HostKey>& keys, std::function<void(Result<void>)> done);

// --- pure: the output of ssh-keyscan, untrusted
std::vector<HostKey> hostKeysOf(std::string_view scanned, const std::string& place);
std::string fingerprintOf(std::string_view base64Key); // empty when it is none

} // namespace strata::virt
