// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <cstdint>
#include <string>
#include <vector>

// What is wrong, with its proof. Findings are values made by pure functions on the stack.
namespace strata::diagnosis {

enum class Severity : std::uint8_t {
    Info,     // worth knowing, nothing is broken
    Warning,  // works, but not for long or not as it should
    Critical, // broken; may be why what stands on it is broken, too
};

// One piece of evidence: the field of an object and what it says.
struct Proof {
    stack::ObjectRef object;
    std::string field; // "status.conditions[Paused]"
    std::string value; // "True · PausedIOError: VMI was paused, low-level IO error detected"
    UnixMs since = 0;
};

struct Finding {
    std::string rule; // "D4": stable, of the catalogue
    Severity severity = Severity::Warning;
    stack::ItemId subject;
    std::string title; // one sentence that names the subject
    std::string remedy;
    std::vector<Proof> evidence; // never empty
};

} // namespace strata::diagnosis
