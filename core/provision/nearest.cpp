// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/nearest.h"

#include "core/base/text.h"

#include <algorithm>

namespace strata::provision {
namespace {

constexpr std::size_t kTooFar = 3;
constexpr std::size_t kMostLetters = 40;

std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t up = row[j];
            row[j] = std::min({up + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            corner = up;
        }
    }
    return row.back();
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known)
{
    const std::string typed = toLower(word.substr(0, kMostLetters));
    std::string found;
    std::size_t best = kTooFar;
    for (const std::string& each : known) {
        const std::size_t away = distance(typed, toLower(each));
        if (away < best) {
            best = away;
            found = each;
        }
    }
    return found;
}

} // namespace strata::provision
