// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

// The lines of several containers as one log, in the order of their times.
namespace strata::console {

struct LogLine {
    std::int64_t at = 0;    // nanoseconds since 1970; 0: without a time
    std::size_t source = 0; // who said it
    std::string time;       // as it came, "2026-11-26T07:10:33.123456789Z"
    std::string text;       // fit to be shown: colours and controls are gone
};

// "2026-11-26T07:10:33.123456789Z" in nanoseconds since 1970; 0 when it is no such time.
std::int64_t readLogTime(std::string_view text);
// Without escape sequences, controls (tabs become blanks) and what is not UTF-8; cut at `limit` bytes.
std::string cleanLogText(std::string_view text, std::size_t limit);

// Bounded in lines and bytes: the oldest go first. One thread.
class LogBook {
public:
    struct Limits {
        std::size_t lines = 50'000;
        std::size_t bytes = 32U << 20U;
        std::size_t line = 8U << 10U; // of one; the rest of it is cut
    };

    LogBook() : LogBook(Limits()) {}
    explicit LogBook(Limits limits) : m_limits(limits) {}

    std::size_t addSource(std::string name);
    const std::string& name(std::size_t source) const { return m_sources[source].name; }
    std::size_t sources() const { return m_sources.size(); }

    // From one container, each line behind its time and a blank, any cut.
    void add(std::size_t source, std::string_view bytes);
    void finish(std::size_t source); // a last line without a break is one, too
    // The stream of a source begins anew: lines up to the newest known are the same again and passed over.
    void resume(std::size_t source);
    std::string newest(std::size_t source) const { return m_sources[source].newest; }
    // What the program itself has to say: "reconnected".
    void note(std::size_t source, std::string text, std::int64_t at);
    void clear();

    const std::deque<LogLine>& lines() const { return m_lines; }
    // Lines since the start, kept or not: the last of lines() is number total() - 1.
    std::uint64_t total() const { return m_total; }
    std::uint64_t dropped() const { return m_total - m_lines.size(); }
    // The lowest number of a line that is another one than at the last call, total() when there is none: a
    // late line goes where its time belongs and moves those behind it.
    std::uint64_t takeTouched();

private:
    struct Source {
        std::string name;
        std::string rest;   // of a line that is not whole
        std::string newest; // time of the last line
        bool resuming = false;
        std::string until; // while resuming: what is not newer is known
    };
    void take(std::size_t source, std::string_view line);
    void insert(LogLine line);

    Limits m_limits;
    std::vector<Source> m_sources;
    std::deque<LogLine> m_lines;
    std::size_t m_bytes = 0;
    std::uint64_t m_total = 0;
    std::uint64_t m_touched = ~std::uint64_t{0};
};

} // namespace strata::console
