// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace strata::demosite {

// A CronJob's schedule, as robfig/cron's standard parser reads it: five fields or "@hourly" and the like, in
// UTC; timezone.h has other clocks.
class Schedule {
public:
    // Nothing and why, in that parser's words.
    static std::optional<Schedule> parse(std::string_view text, std::string& why);
    std::optional<UnixMs> next(UnixMs after) const; // nothing within five years

private:
    std::bitset<60> m_minutes;
    std::bitset<24> m_hours;
    std::bitset<32> m_days;
    std::bitset<13> m_months;
    std::bitset<7> m_weekdays;
    bool m_anyDay = false; // of a month
    bool m_anyWeekday = false;
    UnixMs m_every = 0; // instead of all that
};

} // namespace strata::demosite
