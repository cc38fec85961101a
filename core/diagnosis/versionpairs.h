// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Versions that do not go together though each is supported: what a rule finds and what an upgrade refuses.
namespace strata::diagnosis {

struct BadPair {
    std::string why;    // a sentence
    std::string remedy; // a sentence
};

// A tenant's Kubernetes ("v1.34.8") and the Cluster API that looks after it ("v1.12.7"); nullopt when nothing
// is known against them, also of what is no version.
std::optional<BadPair> badPair(std::string_view kubernetes, std::string_view clusterApi);

} // namespace strata::diagnosis
