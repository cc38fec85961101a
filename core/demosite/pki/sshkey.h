// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace strata::demosite {

struct SshKey {
    std::string publicLine; // "ssh-ed25519 AAAA… capk"
    std::string privateKey; // PEM, as OpenSSH writes it
};

SshKey newSshKey(const std::string& comment); // empty when it could not be made
// The one that Cluster API's infrastructure provider has made for the tenants of this program's demo sites.
const SshKey& tenantSshKey();

} // namespace strata::demosite
