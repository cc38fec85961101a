// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checks/check.h"

#include <string>
#include <vector>

namespace strata::checks {

struct HostReport {
    Subject subject;
    std::vector<Check> checks;
};

// For a terminal: the machine in a line or two, then a line a check; remedies under what is not passed.
std::string printText(const std::vector<HostReport>& reports, const Profile& profile);
// {"profile": …, "verdict": …, "hosts": [{"name": …, "verdict": …, "inventory": {…}, "checks": [{…}]}]}
std::string printJson(const std::vector<HostReport>& reports, const Profile& profile);
// One page without scripts or anything fetched: the hosts side by side, then each with its remedies.
std::string printHtml(const std::vector<HostReport>& reports, const Profile& profile,
                      const std::string& date);

} // namespace strata::checks
