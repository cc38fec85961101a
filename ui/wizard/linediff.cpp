// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/linediff.h"

#include <algorithm>

namespace strata::ui {

namespace {

constexpr std::size_t kMostCells = 4'000'000;

QStringList linesOf(const QString& text)
{
    QStringList lines = text.split(QLatin1Char('\n'));
    if (!lines.isEmpty() && lines.constLast().isEmpty())
        lines.removeLast();
    return lines;
}

} // namespace

std::vector<DiffLine> lineDiff(const QString& before, const QString& after)
{
    using Kind = DiffLine::Kind;
    const QStringList a = linesOf(before);
    const QStringList b = linesOf(after);
    qsizetype head = 0;
    while (head < a.size() && head < b.size() && a[head] == b[head])
        ++head;
    qsizetype tail = 0;
    while (tail < a.size() - head && tail < b.size() - head &&
           a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
        ++tail;
    const std::size_t n = std::size_t(a.size() - head - tail);
    const std::size_t m = std::size_t(b.size() - head - tail);
    std::vector<DiffLine> out;
    for (qsizetype i = 0; i < head; ++i)
        out.push_back({Kind::Same, a[i]});
    const auto lineA = [&](std::size_t i) { return a[head + qsizetype(i)]; };
    const auto lineB = [&](std::size_t i) { return b[head + qsizetype(i)]; };
    if ((n + 1) * (m + 1) > kMostCells) {
        for (std::size_t i = 0; i < n; ++i)
            out.push_back({Kind::Removed, lineA(i)});
        for (std::size_t i = 0; i < m; ++i)
            out.push_back({Kind::Added, lineB(i)});
    } else {
        // Lengths of the longest common subsequences of the rests.
        std::vector<unsigned short> common((n + 1) * (m + 1), 0);
        const auto cell = [&](std::size_t i, std::size_t j) -> unsigned short& {
            return common[i * (m + 1) + j];
        };
        for (std::size_t i = n; i-- > 0;) {
            for (std::size_t j = m; j-- > 0;)
                cell(i, j) = lineA(i) == lineB(j) ? static_cast<unsigned short>(cell(i + 1, j + 1) + 1)
                                                  : std::max(cell(i + 1, j), cell(i, j + 1));
        }
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < n || j < m) {
            if (i < n && j < m && lineA(i) == lineB(j)) {
                out.push_back({Kind::Same, lineA(i)});
                ++i;
                ++j;
            } else if (i < n && (j == m || cell(i + 1, j) >= cell(i, j + 1))) {
                out.push_back({Kind::Removed, lineA(i++)});
            } else {
                out.push_back({Kind::Added, lineB(j++)});
            }
        }
    }
    for (qsizetype i = a.size() - tail; i < a.size(); ++i)
        out.push_back({Kind::Same, a[i]});
    return out;
}

QString diffText(const std::vector<DiffLine>& lines, int context)
{
    using Kind = DiffLine::Kind;
    std::vector<bool> kept(lines.size(), false);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].kind == Kind::Same)
            continue;
        const std::size_t from = i >= std::size_t(context) ? i - std::size_t(context) : 0;
        for (std::size_t j = from; j < lines.size() && j <= i + std::size_t(context); ++j)
            kept[j] = true;
    }
    QString text;
    bool cut = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!kept[i]) {
            if (!cut)
                text += QStringLiteral("  …\n");
            cut = true;
            continue;
        }
        cut = false;
        text += lines[i].kind == Kind::Added     ? QStringLiteral("+ ")
                : lines[i].kind == Kind::Removed ? QStringLiteral("- ")
                                                 : QStringLiteral("  ");
        text += lines[i].text + QLatin1Char('\n');
    }
    return text;
}

} // namespace strata::ui
