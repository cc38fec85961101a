// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"
#include "core/checks/report.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

// What has changed on a host since it was enrolled. What is kept is the JSON report itself.
namespace strata::checks {

struct KeptVerdict {
    Verdict verdict = Verdict::Unknown;
    std::string value;
};
struct KeptHost {
    std::string profile;
    std::map<std::string, KeptVerdict> checks; // by id
};
// By host; a report that is none is an error.
Result<std::map<std::string, KeptHost>> readKept(std::string_view json);

struct Drift {
    std::string id;
    std::string title;
    Verdict before = Verdict::Unknown;
    Verdict now = Verdict::Unknown;
    std::string valueBefore;
    std::string valueNow;
    bool worse() const; // passed before and passes no more, or fails now
    friend bool operator==(const Drift&, const Drift&) = default;
};
// Verdicts that are others than they were, the worse ones first. What cannot be told now is no change:
// another eye looked. Values that changed within the same verdict are not told.
std::vector<Drift> driftOf(const KeptHost& kept, const std::vector<Check>& now);
// "Nested virtualization: passed (on), fails now (off)"
std::string driftText(const Drift& drift);

} // namespace strata::checks
