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

const char* toString(Severity severity);   // "info", "warning", "critical": for JSON
stack::Health healthOf(Severity severity); // Ok for Info: worth knowing is not unhealthy

// One piece of evidence: the field of an object and what it says.
struct Proof {
    stack::ObjectRef object;
    std::string field; // "status.conditions[Paused]"
    std::string value; // "True · PausedIOError: VMI was paused, low-level IO error detected"
    UnixMs since = 0;
    friend bool operator==(const Proof&, const Proof&) = default;
};

struct Finding {
    std::string rule; // "D4": stable, of the catalogue
    Severity severity = Severity::Warning;
    stack::ItemId subject;      // none: it is about the connection
    stack::SourceId source = 0; // through which it was found
    std::string key;            // rule and subject; the same in the next run: what a snooze remembers
    std::string title;          // one sentence that names the subject
    std::string remedy;
    std::vector<Proof> evidence; // never empty
    bool summary = false;        // says only that parts below are not well: whatever they have explains it
    UnixMs firstSeen = 0;        // since when Strata knows; the proof may tell an earlier time
    // Of a summary: how long it has been known, as far as that decides whether it is a problem.
    enum class Lasts : std::uint8_t { NotTold, Moment, While, Long };
    Lasts lasts = Lasts::NotTold;

    // Since when it is so, as far as anybody knows.
    UnixMs since() const
    {
        return evidence.empty() || evidence[0].since == 0 ? firstSeen : evidence[0].since;
    }
    friend bool operator==(const Finding&, const Finding&) = default;
};

} // namespace strata::diagnosis
