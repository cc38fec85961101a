// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/version.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <charconv>
#include <tuple>
#include <vector>

namespace strata::prepare {

namespace {

std::optional<int> wholeNumber(std::string_view text)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || value < 0 ||
        text.front() == '-' || text.size() > 6)
        return std::nullopt;
    return value;
}

std::strong_ordering comparePre(const std::string& a, const std::string& b)
{
    if (a.empty() || b.empty()) // none is the release itself, which is newer
        return int(a.empty()) <=> int(b.empty());
    const std::vector<std::string> left = split(a, '.');
    const std::vector<std::string> right = split(b, '.');
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        const auto x = wholeNumber(left[i]);
        const auto y = wholeNumber(right[i]);
        std::strong_ordering order = std::strong_ordering::equal;
        if (x && y)
            order = *x <=> *y;
        else if (x || y)
            order = int(!x) <=> int(!y); // numbers are older than words
        else
            order = left[i].compare(right[i]) <=> 0;
        if (order != std::strong_ordering::equal)
            return order;
    }
    return left.size() <=> right.size();
}

} // namespace

std::optional<Version> Version::parse(std::string_view text)
{
    if (!text.empty() && (text.front() == 'v' || text.front() == 'V'))
        text.remove_prefix(1);
    text = text.substr(0, text.find('+'));
    Version version;
    const std::size_t dash = text.find('-');
    if (dash != std::string_view::npos) {
        version.pre = text.substr(dash + 1);
        if (version.pre.empty())
            return std::nullopt;
        for (const char c : version.pre) {
            const bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              c == '.' || c == '-';
            if (!good)
                return std::nullopt;
        }
        text = text.substr(0, dash);
    }
    const std::vector<std::string> parts = split(text, '.');
    if (parts.size() < 2 || parts.size() > 3)
        return std::nullopt;
    const auto major = wholeNumber(parts[0]);
    const auto minor = wholeNumber(parts[1]);
    const auto patch = parts.size() == 3 ? wholeNumber(parts[2]) : std::optional<int>(0);
    if (!major || !minor || !patch)
        return std::nullopt;
    version.major = *major;
    version.minor = *minor;
    version.patch = *patch;
    return version;
}

std::string Version::text() const
{
    return "v" + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch) +
           (pre.empty() ? "" : "-" + pre);
}

std::string Version::series() const
{
    return std::to_string(major) + "." + std::to_string(minor);
}

std::strong_ordering operator<=>(const Version& a, const Version& b)
{
    const auto order = std::tie(a.major, a.minor, a.patch) <=> std::tie(b.major, b.minor, b.patch);
    return order != std::strong_ordering::equal ? order : comparePre(a.pre, b.pre);
}

bool SeriesRange::holds(const Version& version) const
{
    const std::pair<int, int> at{version.major, version.minor};
    if (const auto least = Version::parse(from); least && at < std::pair{least->major, least->minor})
        return false;
    const auto most = Version::parse(to);
    return !most || at <= std::pair{most->major, most->minor};
}

std::string SeriesRange::text() const
{
    const auto say = [](const char* words, std::initializer_list<std::string> values) {
        return arguments(translate("prepare", words), values);
    };
    if (from == to)
        return from;
    if (from.empty())
        return say("up to %1", {to});
    if (to.empty())
        return say("%1 and newer", {from});
    return say("%1 to %2", {from, to});
}

} // namespace strata::prepare
