// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/timestamp.h"

#include <chrono>
#include <cstdio>

namespace strata {
namespace {

// Days since 1970-01-01 of a proleptic Gregorian date.
std::int64_t daysOf(int year, int month, int day)
{
    using namespace std::chrono;
    return sys_days{std::chrono::year{year} / month / day}.time_since_epoch().count();
}

bool number(std::string_view text, std::size_t at, std::size_t digits, int& value)
{
    if (at + digits > text.size())
        return false;
    value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    return true;
}

} // namespace

UnixMs systemNow()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::optional<UnixMs> parseRfc3339(std::string_view text)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (text.size() < 20 || !number(text, 0, 4, year) || text[4] != '-' || !number(text, 5, 2, month) ||
        text[7] != '-' || !number(text, 8, 2, day) || (text[10] != 'T' && text[10] != 't') ||
        !number(text, 11, 2, hour) || text[13] != ':' || !number(text, 14, 2, minute) || text[16] != ':' ||
        !number(text, 17, 2, second))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    std::size_t at = 19;
    std::int64_t fraction = 0;
    if (text[at] == '.') {
        int digits = 0;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
            if (digits < 3)
                fraction = fraction * 10 + (text[at] - '0');
        if (digits == 0)
            return std::nullopt;
        for (; digits < 3; ++digits)
            fraction *= 10;
    }
    std::int64_t offsetMinutes = 0;
    if (at >= text.size())
        return std::nullopt;
    if (text[at] == 'Z' || text[at] == 'z') {
        ++at;
    } else if (text[at] == '+' || text[at] == '-') {
        int offsetHour = 0;
        int offsetMinute = 0;
        if (!number(text, at + 1, 2, offsetHour) || at + 3 >= text.size() || text[at + 3] != ':' ||
            !number(text, at + 4, 2, offsetMinute))
            return std::nullopt;
        offsetMinutes = (offsetHour * 60 + offsetMinute) * (text[at] == '-' ? -1 : 1);
        at += 6;
    }
    if (at != text.size())
        return std::nullopt;
    const std::int64_t seconds =
        daysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offsetMinutes * 60;
    return seconds * 1000 + fraction;
}

std::string formatRfc3339(UnixMs time)
{
    using namespace std::chrono;
    const sys_time<milliseconds> point{milliseconds{time}};
    const auto dayPoint = floor<days>(point);
    const year_month_day date{dayPoint};
    const hh_mm_ss clock{floor<seconds>(point - dayPoint)};
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::string formatAge(std::int64_t milliseconds)
{
    const std::int64_t seconds = milliseconds < 0 ? 0 : milliseconds / 1000;
    const std::int64_t minutes = seconds / 60;
    const std::int64_t hours = minutes / 60;
    const std::int64_t dayCount = hours / 24;
    const auto pair = [](std::int64_t a, const char* unitA, std::int64_t b, const char* unitB) {
        std::string out = std::to_string(a) + unitA;
        if (b > 0)
            out += std::to_string(b) + unitB;
        return out;
    };
    if (seconds < 120)
        return std::to_string(seconds) + "s";
    if (minutes < 10)
        return pair(minutes, "m", seconds % 60, "s");
    if (minutes < 180)
        return std::to_string(minutes) + "m";
    if (hours < 8)
        return pair(hours, "h", minutes % 60, "m");
    if (hours < 48)
        return std::to_string(hours) + "h";
    if (dayCount < 8)
        return pair(dayCount, "d", hours % 24, "h");
    if (dayCount < 730)
        return std::to_string(dayCount) + "d";
    return pair(dayCount / 365, "y", dayCount % 365, "d");
}

} // namespace strata
