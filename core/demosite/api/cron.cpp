// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/cron.h"

#include "core/base/text.h"

#include <charconv>
#include <ctime>
#include <utility>
#include <vector>

namespace strata::demosite {
namespace {

constexpr UnixMs kMinute = 60'000;
constexpr UnixMs kDay = 24 * 60 * kMinute;

struct Range {
    unsigned least;
    unsigned most;
    std::vector<std::string_view> names; // of the values from `least` on
};

std::optional<unsigned> value(std::string_view text, const Range& range)
{
    for (std::size_t i = 0; i < range.names.size(); ++i) {
        if (toLower(text) == range.names[i])
            return range.least + static_cast<unsigned>(i);
    }
    unsigned number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size())
        return std::nullopt;
    return number;
}

template<std::size_t N>
bool field(std::string_view text, const Range& range, std::bitset<N>& bits, bool& any, std::string& why)
{
    for (const std::string& part : split(text, ',')) {
        const std::vector<std::string> stepped = split(part, '/');
        const std::vector<std::string> ends = split(stepped[0], '-');
        if (stepped.size() > 2 || ends.size() > 2) {
            why = std::string("too many ") + (stepped.size() > 2 ? "slashes: " : "hyphens: ") + part;
            return false;
        }
        unsigned from = range.least;
        unsigned to = range.most;
        const bool all = ends[0] == "*" || ends[0] == "?";
        if (!all) {
            const auto first = value(ends[0], range);
            const auto last = ends.size() > 1 ? value(ends[1], range) : first;
            if (!first || !last) {
                why = "failed to parse int from " + (!first ? ends[0] : ends[1]) +
                      ": strconv.Atoi: parsing \"" + (!first ? ends[0] : ends[1]) + "\": invalid syntax";
                return false;
            }
            from = *first;
            to = ends.size() == 1 && stepped.size() == 2 ? range.most : *last;
        }
        const auto step = stepped.size() == 2 ? value(stepped[1], {0, 0, {}}) : 1U;
        if (!step || *step == 0) {
            why = "step of range should be a positive number: " + part;
            return false;
        }
        if (from < range.least || to > range.most) {
            why = (from < range.least ? "beginning of range (" + std::to_string(from) + ") below minimum (" +
                                            std::to_string(range.least)
                                      : "end of range (" + std::to_string(to) + ") above maximum (" +
                                            std::to_string(range.most)) +
                  "): " + part;
            return false;
        }
        if (from > to) {
            why = "beginning of range (" + std::to_string(from) + ") beyond end of range (" +
                  std::to_string(to) + "): " + part;
            return false;
        }
        any = any || (all && *step == 1);
        for (unsigned at = from; at <= to; at += *step)
            bits.set(at);
    }
    return true;
}

// "1h30m" in milliseconds; nothing where it is no such text.
std::optional<UnixMs> duration(std::string_view text)
{
    UnixMs sum = 0;
    while (!text.empty()) {
        long amount = 0;
        const auto result = std::from_chars(text.data(), text.data() + text.size(), amount);
        text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
        if (result.ec != std::errc() || text.empty() || amount < 0)
            return std::nullopt;
        const char unit = text.front();
        text.remove_prefix(1);
        if (unit != 'h' && unit != 'm' && unit != 's')
            return std::nullopt;
        sum += amount * (unit == 'h' ? 60 * kMinute : unit == 'm' ? kMinute : 1000);
    }
    return sum;
}

} // namespace

std::optional<Schedule> Schedule::parse(std::string_view text, std::string& why)
{
    Schedule out;
    if (text.empty()) {
        why = "empty spec string";
        return std::nullopt;
    }
    if (text.front() == '@') {
        static constexpr std::pair<std::string_view, std::string_view> known[] = {
            {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
            {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
            {"@hourly", "0 * * * *"}};
        for (const auto& [name, meaning] : known) {
            if (text == name)
                return parse(meaning, why);
        }
        constexpr std::string_view every = "@every ";
        if (text.substr(0, every.size()) == every) {
            if (const auto length = duration(text.substr(every.size()))) {
                out.m_every = std::max<UnixMs>(*length, 1000);
                return out;
            }
            why = "failed to parse duration " + std::string(text);
            return std::nullopt;
        }
        why = "unrecognized descriptor: " + std::string(text);
        return std::nullopt;
    }
    std::vector<std::string> parts;
    for (const std::string& part : split(text, ' ')) {
        if (!part.empty())
            parts.push_back(part);
    }
    if (parts.size() != 5) {
        std::string all;
        for (const std::string& part : parts)
            all += (all.empty() ? "" : " ") + part;
        why = "expected exactly 5 fields, found " + std::to_string(parts.size()) + ": [" + all + "]";
        return std::nullopt;
    }
    bool ignored = false;
    const bool good =
        field(parts[0], {0, 59, {}}, out.m_minutes, ignored, why) &&
        field(parts[1], {0, 23, {}}, out.m_hours, ignored, why) &&
        field(parts[2], {1, 31, {}}, out.m_days, out.m_anyDay, why) &&
        field(parts[3],
              {1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
              out.m_months, ignored, why) &&
        field(parts[4], {0, 6, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}, out.m_weekdays,
              out.m_anyWeekday, why);
    return good ? std::optional(out) : std::nullopt;
}

std::optional<UnixMs> Schedule::next(UnixMs after) const
{
    if (m_every > 0)
        return (after / 1000) * 1000 + m_every;
    UnixMs at = (after / kMinute + 1) * kMinute;
    for (const UnixMs end = at + 5 * 366 * kDay; at < end;) {
        const std::time_t seconds = at / 1000;
        std::tm utc{};
        gmtime_r(&seconds, &utc);
        const bool day = m_days.test(static_cast<std::size_t>(utc.tm_mday));
        const bool weekday = m_weekdays.test(static_cast<std::size_t>(utc.tm_wday));
        // Where both are told, either will do.
        const bool dayFits = m_anyDay || m_anyWeekday ? day && weekday : day || weekday;
        if (!m_months.test(static_cast<std::size_t>(utc.tm_mon) + 1) || !dayFits)
            at = (at / kDay + 1) * kDay;
        else if (!m_hours.test(static_cast<std::size_t>(utc.tm_hour)))
            at = (at / (60 * kMinute) + 1) * (60 * kMinute);
        else if (!m_minutes.test(static_cast<std::size_t>(utc.tm_min)))
            at += kMinute;
        else
            return at;
    }
    return std::nullopt;
}

} // namespace strata::demosite
