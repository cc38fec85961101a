// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <QString>

#include <algorithm>
#include <vector>

namespace strata::ui {

// A stretch of time against a stretch of pixels. Pure.
struct TimeScale {
    static constexpr UnixMs kShortest = 30 * 1000;
    static constexpr UnixMs kLongest = 24LL * 3600 * 1000;

    UnixMs from = 0;
    UnixMs to = 0;
    double left = 0;
    double width = 1;

    double x(UnixMs at) const
    {
        return left + double(at - from) * width / double(std::max<UnixMs>(to - from, 1));
    }
    UnixMs at(double x) const { return from + UnixMs((x - left) * double(to - from) / std::max(width, 1.0)); }
    UnixMs span() const { return to - from; }

    // Shorter (factor < 1) or longer around a moment, within the limits; does not go beyond `now`.
    void zoom(double factor, UnixMs around, UnixMs now);
    void pan(double pixels, UnixMs now);
};

struct TimeTick {
    UnixMs at = 0;
    QString text; // "12:05", "12:05:30", on another day with its date
};
// Even moments of local time, as many as have room at `least` pixels each.
std::vector<TimeTick> ticks(const TimeScale& scale, double least);

} // namespace strata::ui
