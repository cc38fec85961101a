// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/logbook.h"

#include "core/base/text.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strata::console {
namespace {

constexpr std::size_t kMostTime = 40;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// `count` digits at `at`, -1 when there are others.
int number(std::string_view text, std::size_t at, std::size_t count)
{
    if (at + count > text.size())
        return -1;
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!isDigit(text[i]))
            return -1;
        out = out * 10 + (text[i] - '0');
    }
    return out;
}

// Past an escape sequence that begins at `at`, as ECMA-48 shapes them.
std::size_t pastEscape(std::string_view text, std::size_t at)
{
    if (at + 1 >= text.size())
        return text.size();
    const char kind = text[at + 1];
    at += 2;
    if (kind == '[') {
        while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7E))
            ++at;
        return std::min(at + 1, text.size());
    }
    if (kind == ']' || kind == 'P' || kind == '_' || kind == '^' || kind == 'X') {
        while (at < text.size() && text[at] != 0x07 && text[at] != 0x1B)
            ++at;
        if (at < text.size() && text[at] == 0x1B)
            ++at; // the backslash goes, too
        return std::min(at + 1, text.size());
    }
    return at;
}

} // namespace

std::int64_t readLogTime(std::string_view text)
{
    if (text.size() < 20 || text.size() > kMostTime || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':')
        return 0;
    const int year = number(text, 0, 4);
    const int month = number(text, 5, 2);
    const int day = number(text, 8, 2);
    const int hour = number(text, 11, 2);
    const int minute = number(text, 14, 2);
    const int second = number(text, 17, 2);
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    std::size_t at = 19;
    std::int64_t nanos = 0;
    if (text[at] == '.') {
        std::int64_t unit = 100'000'000;
        for (++at; at < text.size() && isDigit(text[at]); ++at) {
            nanos += (text[at] - '0') * unit;
            unit /= 10;
        }
    }
    std::int64_t offset = 0; // seconds
    if (at >= text.size())
        return 0;
    if (text[at] == '+' || text[at] == '-') {
        const int hours = number(text, at + 1, 2);
        const int minutes = number(text, at + 4, 2);
        if (hours < 0 || minutes < 0 || at + 6 != text.size() || text[at + 3] != ':')
            return 0;
        offset = (hours * 3600 + minutes * 60) * (text[at] == '-' ? -1 : 1);
    } else if (text[at] != 'Z' || at + 1 != text.size()) {
        return 0;
    }
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                              std::chrono::day(unsigned(day))};
    if (!date.ok())
        return 0;
    const std::int64_t seconds = sys_days(date).time_since_epoch() / std::chrono::seconds(1) + hour * 3600 +
                                 minute * 60 + second - offset;
    return seconds * 1'000'000'000 + nanos;
}

std::string cleanLogText(std::string_view text, std::size_t limit)
{
    if (text.find('\x1b') == std::string_view::npos && text.find('\r') == std::string_view::npos)
        return cleanText(text, limit);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == 0x1B) {
            i = pastEscape(text, i);
        } else {
            if (text[i] != '\r')
                plain += text[i];
            ++i;
        }
    }
    return cleanText(plain, limit);
}

std::size_t LogBook::addSource(std::string name)
{
    m_sources.push_back({std::move(name), {}, {}, false, {}});
    return m_sources.size() - 1;
}

void LogBook::add(std::size_t source, std::string_view bytes)
{
    Source& from = m_sources[source];
    for (;;) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) {
            const std::size_t room =
                m_limits.line + kMostTime - std::min(m_limits.line + kMostTime, from.rest.size());
            from.rest.append(bytes.substr(0, room));
            return;
        }
        if (from.rest.empty()) {
            take(source, bytes.substr(0, end));
        } else {
            const std::size_t most = m_limits.line + kMostTime;
            from.rest.append(bytes.substr(0, std::min(end, most - std::min(most, from.rest.size()))));
            const std::string line = std::exchange(from.rest, {});
            take(source, line);
        }
        bytes.remove_prefix(end + 1);
    }
}

void LogBook::finish(std::size_t source)
{
    const std::string line = std::exchange(m_sources[source].rest, {});
    if (!line.empty())
        take(source, line);
}

void LogBook::resume(std::size_t source)
{
    Source& from = m_sources[source];
    from.rest.clear();
    from.until = from.newest;
    from.resuming = !from.newest.empty();
}

void LogBook::take(std::size_t source, std::string_view line)
{
    Source& from = m_sources[source];
    LogLine out;
    out.source = source;
    const std::size_t blank = line.substr(0, kMostTime + 1).find(' ');
    if (blank != std::string_view::npos) {
        out.at = readLogTime(line.substr(0, blank));
        if (out.at != 0) {
            out.time = std::string(line.substr(0, blank));
            line.remove_prefix(blank + 1);
        }
    }
    if (out.at != 0) {
        if (from.resuming) {
            if (out.at <= readLogTime(from.until))
                return;
            from.resuming = false;
        }
        from.newest = out.time;
    }
    out.text = cleanLogText(line, m_limits.line);
    insert(std::move(out));
}

void LogBook::note(std::size_t source, std::string text, std::int64_t at)
{
    LogLine line;
    line.at = at;
    line.source = source;
    line.text = std::move(text);
    insert(std::move(line));
}

void LogBook::insert(LogLine line)
{
    if (line.at == 0 && !m_lines.empty())
        line.at = m_lines.back().at; // behind what stands there
    m_bytes += line.text.size() + line.time.size() + sizeof(LogLine);
    ++m_total;
    if (m_lines.empty() || m_lines.back().at <= line.at) {
        m_lines.push_back(std::move(line));
    } else {
        const auto place =
            std::upper_bound(m_lines.begin(), m_lines.end(), line.at,
                             [](std::int64_t at, const LogLine& other) { return at < other.at; });
        const auto index = static_cast<std::uint64_t>(place - m_lines.begin());
        m_lines.insert(place, std::move(line));
        m_touched = std::min(m_touched, m_total - m_lines.size() + index);
    }
    while (!m_lines.empty() && (m_lines.size() > m_limits.lines || m_bytes > m_limits.bytes)) {
        const LogLine& oldest = m_lines.front();
        m_bytes -= oldest.text.size() + oldest.time.size() + sizeof(LogLine);
        m_lines.pop_front();
    }
}

void LogBook::clear()
{
    m_lines.clear();
    m_bytes = 0;
}

std::uint64_t LogBook::takeTouched()
{
    return std::min(std::exchange(m_touched, ~std::uint64_t{0}), m_total);
}

} // namespace strata::console
