// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/feeds/kinds/kinds.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strata::feeds {

// What GET /apis is asked to answer with: groups, versions and resources at once where the server can
// (Kubernetes 1.26 and newer), else the groups and their versions.
extern const char* const kDiscoveryAccept;

struct Served {
    struct Group {
        std::vector<std::string> versions;                      // the server's preferred first
        std::map<std::string, std::set<std::string>> resources; // by version; empty when not told
    };
    bool resourcesTold = false;
    std::map<std::string, Group> groups;
};

// Both answers: APIGroupDiscoveryList (apidiscovery.k8s.io v2 and v2beta1) and APIGroupList. One broken entry
// is skipped.
Result<Served> parseDiscovery(std::string_view json);

// The best version of a kind that both sides know; none when the server does not have it.
std::optional<std::string> chooseVersion(const Served& served, const Kind& kind);

} // namespace strata::feeds
