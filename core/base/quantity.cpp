// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace strata {
namespace {

// The number as a long double times its suffix: 64 bits of mantissa hold every whole quantity a cluster can
// report.
std::optional<long double> parse(std::string_view text)
{
    if (text.empty() || text.size() > 64)
        return std::nullopt;
    bool negative = false;
    if (text.front() == '+' || text.front() == '-') {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    long double value = 0;
    long double scale = 1;
    bool digits = false;
    bool fraction = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9') {
            digits = true;
            value = value * 10 + (c - '0');
            if (fraction)
                scale *= 10;
        } else if (c == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    if (!digits)
        return std::nullopt;
    value /= scale;
    const std::string_view suffix = text.substr(i);
    struct Suffix {
        std::string_view name;
        long double factor;
    };
    static const std::array<Suffix, 16> suffixes = {{
        {"", 1.0L},
        {"n", 1e-9L},
        {"u", 1e-6L},
        {"m", 1e-3L},
        {"k", 1e3L},
        {"M", 1e6L},
        {"G", 1e9L},
        {"T", 1e12L},
        {"P", 1e15L},
        {"E", 1e18L},
        {"Ki", 1024.0L},
        {"Mi", 1048576.0L},
        {"Gi", 1073741824.0L},
        {"Ti", 1099511627776.0L},
        {"Pi", 1125899906842624.0L},
        {"Ei", 1152921504606846976.0L},
    }};
    for (const Suffix& known : suffixes) {
        if (known.name == suffix)
            return negative ? -value * known.factor : value * known.factor;
    }
    if (suffix.size() >= 2 && (suffix[0] == 'e' || suffix[0] == 'E')) {
        std::string_view digitsOf = suffix.substr(1);
        if (digitsOf.front() == '+')
            digitsOf.remove_prefix(1);
        int exponent = 0;
        const auto [end, error] =
            std::from_chars(digitsOf.data(), digitsOf.data() + digitsOf.size(), exponent);
        if (error != std::errc{} || end != digitsOf.data() + digitsOf.size() || exponent < -30 ||
            exponent > 30)
            return std::nullopt;
        value *= std::pow(10.0L, exponent);
        return negative ? -value : value;
    }
    return std::nullopt;
}

std::optional<std::int64_t> roundUp(std::optional<long double> value, long double factor)
{
    if (!value)
        return std::nullopt;
    // A hair below the next whole number is that number: 0.1 is not exact in binary.
    const long double scaled = *value * factor;
    const long double up = std::ceil(scaled - 1e-9L);
    if (up > static_cast<long double>(std::numeric_limits<std::int64_t>::max()) ||
        up < static_cast<long double>(std::numeric_limits<std::int64_t>::min()))
        return std::nullopt;
    return static_cast<std::int64_t>(up);
}

std::string withDigits(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
    std::string out(text);
    if (out.find('.') != std::string::npos) {
        while (out.back() == '0')
            out.pop_back();
        if (out.back() == '.')
            out.pop_back();
    }
    return out;
}

} // namespace

std::optional<std::int64_t> parseQuantityMilli(std::string_view text)
{
    return roundUp(parse(text), 1000.0L);
}

std::optional<std::int64_t> parseQuantity(std::string_view text)
{
    return roundUp(parse(text), 1.0L);
}

std::string formatBytes(std::int64_t bytes)
{
    static constexpr std::array<const char*, 7> units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (std::fabs(value) >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return withDigits(value) + " " + units[unit];
}

std::string formatCpu(std::int64_t milliCores)
{
    return withDigits(static_cast<double>(milliCores) / 1000.0);
}

} // namespace strata
