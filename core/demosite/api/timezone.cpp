// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/timezone.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace strata::demosite {
namespace {

const char* const kZones = "/usr/share/zoneinfo";
constexpr std::size_t kLargest = 1 << 20;
constexpr std::size_t kHead = 44;
constexpr int kMostSkips = 8; // of times that the clocks leave out, one after another

class Reader {
public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}

    bool skip(std::size_t size)
    {
        if (m_bytes.size() - m_at < size)
            return false;
        m_at += size;
        return true;
    }
    // Big-endian, with a sign; false at the end.
    bool number(int size, long long& out)
    {
        if (m_bytes.size() - m_at < static_cast<std::size_t>(size))
            return false;
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i)
            value = value << 8U | static_cast<unsigned char>(m_bytes[m_at++]);
        out = size == 8   ? static_cast<long long>(value)
              : size == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                          : static_cast<long long>(value);
        return true;
    }
    std::string_view rest() const { return m_bytes.substr(m_at); }

private:
    std::string_view m_bytes;
    std::size_t m_at = 0;
};

struct Head {
    long long isUt = 0;
    long long isStandard = 0;
    long long leaps = 0;
    long long times = 0;
    long long types = 0;
    long long letters = 0;

    bool sound() const
    {
        for (const long long count : {isUt, isStandard, leaps, times, types, letters}) {
            if (count < 0 || count > static_cast<long long>(kLargest))
                return false;
        }
        return types > 0;
    }
    std::size_t size(std::size_t time) const // of what follows
    {
        return static_cast<std::size_t>(times) * (time + 1) + static_cast<std::size_t>(types) * 6 +
               static_cast<std::size_t>(letters) + static_cast<std::size_t>(leaps) * (time + 4) +
               static_cast<std::size_t>(isStandard) + static_cast<std::size_t>(isUt);
    }
};

std::optional<Head> headOf(Reader& reader, char& version)
{
    const std::string_view rest = reader.rest();
    if (rest.size() < kHead || rest.substr(0, 4) != "TZif")
        return std::nullopt;
    version = rest[4];
    Head head;
    reader.skip(20);
    for (long long* count :
         {&head.isUt, &head.isStandard, &head.leaps, &head.times, &head.types, &head.letters})
        reader.number(4, *count);
    return head.sound() ? std::optional(head) : std::nullopt;
}

} // namespace

std::optional<TimeZone> TimeZone::named(std::string_view name)
{
    if (name.empty() || name == "UTC" || name == "Etc/UTC")
        return TimeZone();
    std::error_code error;
    if (!std::filesystem::is_directory(kZones, error))
        return TimeZone();
    const bool plain = name.size() < 64 && name.front() != '/' && name.find("..") == std::string_view::npos &&
                       name.find('\0') == std::string_view::npos;
    const std::filesystem::path path = std::filesystem::path(kZones) / name;
    if (!plain || !std::filesystem::is_regular_file(path, error) ||
        std::filesystem::file_size(path, error) > kLargest)
        return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return read(content);
}

std::optional<TimeZone> TimeZone::read(std::string_view content)
{
    Reader reader(content);
    char version = 0;
    auto head = headOf(reader, version);
    if (!head)
        return std::nullopt;
    int time = 4;
    if (version >= '2') { // all of it once more, in wider numbers
        time = 8;
        if (!reader.skip(head->size(4)) || !(head = headOf(reader, version)))
            return std::nullopt;
    }
    TimeZone zone;
    zone.m_changes.resize(static_cast<std::size_t>(head->times));
    for (Change& change : zone.m_changes) {
        if (!reader.number(time, change.since))
            return std::nullopt;
    }
    std::vector<std::size_t> types;
    for (long long i = 0; i < head->times; ++i) {
        long long type = 0;
        if (!reader.number(1, type) || type >= head->types)
            return std::nullopt;
        types.push_back(static_cast<std::size_t>(type));
    }
    std::vector<long long> offsets;
    for (long long i = 0; i < head->types; ++i) {
        long long offset = 0;
        if (!reader.number(4, offset) || !reader.skip(2))
            return std::nullopt;
        offsets.push_back(offset);
    }
    for (std::size_t i = 0; i < types.size(); ++i)
        zone.m_changes[i].offset = offsets[types[i]];
    zone.m_first = offsets.front();
    return zone;
}

UnixMs TimeZone::offsetAt(UnixMs utc) const
{
    const long long at = utc / 1000;
    const auto next =
        std::upper_bound(m_changes.begin(), m_changes.end(), at,
                         [](long long time, const Change& change) { return time < change.since; });
    return (next == m_changes.begin() ? m_first : std::prev(next)->offset) * 1000;
}

std::optional<UnixMs> nextIn(const TimeZone& zone, const Schedule& schedule, UnixMs after)
{
    UnixMs shown = after + zone.offsetAt(after);
    for (int tries = 0; tries < kMostSkips; ++tries) {
        const auto next = schedule.next(shown);
        if (!next)
            return std::nullopt;
        // The earlier of the times at which the clocks show it.
        for (const UnixMs around : {*next - zone.offsetAt(*next - 24LL * 3600 * 1000),
                                    *next - zone.offsetAt(*next + 24LL * 3600 * 1000)}) {
            if (around + zone.offsetAt(around) == *next && around > after)
                return around;
        }
        shown = *next;
    }
    return std::nullopt;
}

} // namespace strata::demosite
