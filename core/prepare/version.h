// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace strata::prepare {

// A semantic version as releases and image tags have it: "v1.21.1", "1.34.1+k3s1", "v1.14.0-rc.0".
struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
    std::string pre; // "rc.0"; empty for a release

    static std::optional<Version> parse(std::string_view text); // the "v" may be missing, the patch, too
    std::string text() const;                                   // "v1.14.0-rc.0"
    std::string series() const;                                 // "1.14"
    bool sameSeries(const Version& other) const { return major == other.major && minor == other.minor; }

    // As semver.org, section 11: a version with `pre` is older than the one without.
    friend std::strong_ordering operator<=>(const Version& a, const Version& b);
    friend bool operator==(const Version& a, const Version& b) = default;
};

// A range of series, both ends included: {"1.34", "1.36"}; an empty end is open.
struct SeriesRange {
    std::string from;
    std::string to;
    bool holds(const Version& version) const;
    bool empty() const { return from.empty() && to.empty(); }
    std::string text() const; // "1.34 to 1.36", "up to 1.15", "from 1.11 on"
};

} // namespace strata::prepare
