// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/linechanges.h"

#include "core/base/text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace strata::hosts {
namespace {

constexpr std::size_t kMostCells = 4'000'000;

struct Line {
    char mark = ' ';
    std::string text;
};

std::vector<std::string> linesOf(std::string_view text)
{
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    return split(text, '\n');
}

} // namespace

std::string lineChanges(std::string_view before, std::string_view after, int context)
{
    const std::vector<std::string> a = linesOf(before);
    const std::vector<std::string> b = linesOf(after);
    std::vector<Line> lines;
    if ((a.size() + 1) * (b.size() + 1) > kMostCells) {
        for (const std::string& line : a)
            lines.push_back({'-', line});
        for (const std::string& line : b)
            lines.push_back({'+', line});
        if (a == b)
            lines.clear();
    } else {
        // Lengths of the longest common subsequences of the rests.
        const std::size_t width = b.size() + 1;
        std::vector<std::uint32_t> common((a.size() + 1) * width, 0);
        for (std::size_t i = a.size(); i-- > 0;)
            for (std::size_t j = b.size(); j-- > 0;)
                common[i * width + j] =
                    a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < a.size() || j < b.size()) {
            if (i < a.size() && j < b.size() && a[i] == b[j]) {
                lines.push_back({' ', a[i]});
                ++i;
                ++j;
            } else if (i < a.size() &&
                       (j == b.size() || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
                lines.push_back({'-', a[i++]});
            } else {
                lines.push_back({'+', b[j++]});
            }
        }
    }
    std::vector<bool> kept(lines.size(), false);
    const auto around = static_cast<std::size_t>(std::max(0, context));
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].mark != ' ')
            for (std::size_t j = i >= around ? i - around : 0; j < lines.size() && j <= i + around; ++j)
                kept[j] = true;
    std::string out;
    bool gap = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!kept[i]) {
            gap = !out.empty();
            continue;
        }
        if (gap)
            out += "  …\n";
        gap = false;
        out += std::string(1, lines[i].mark) + " " + cleanText(lines[i].text, 4096) + "\n";
    }
    return out;
}

} // namespace strata::hosts
