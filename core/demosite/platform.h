// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace strata::demosite {

// Stand-ins for the release manifests of what turns a bare outer cluster into one that carries tenants: their
// names, kinds, images and variables, nothing behind them. Ids and file names are those of core/prepare.
struct PlatformComponent {
    std::string id;
    std::string version;
    std::map<std::string, std::string> files; // text by name
};

// The newest versions that go together here; `versions` says otherwise by id.
std::vector<PlatformComponent> platformManifests(const std::map<std::string, std::string>& versions = {});

} // namespace strata::demosite
