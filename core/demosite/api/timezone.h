// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/api/cron.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::demosite {

// How far the clocks of a place are ahead of UTC, and since when: read from the machine's zone files (TZif,
// RFC 8536).
class TimeZone {
public:
    // "Europe/Berlin"; nothing is UTC, and so is every name where the machine has no zone files. Nothing for
    // a name that is none, and for a file that cannot be read.
    static std::optional<TimeZone> named(std::string_view name);
    // The same of a zone file's content.
    static std::optional<TimeZone> read(std::string_view content);

    UnixMs offsetAt(UnixMs utc) const;

private:
    struct Change {
        long long since = 0; // seconds
        long long offset = 0;
    };
    long long m_first = 0; // before all changes
    std::vector<Change> m_changes;
};

// The next time of a schedule that is meant as the clocks of a zone show it. A time that the clocks leave out
// is none; of one they show twice it is the first.
std::optional<UnixMs> nextIn(const TimeZone& zone, const Schedule& schedule, UnixMs after);

} // namespace strata::demosite
