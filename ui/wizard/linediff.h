// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace strata::ui {

struct DiffLine {
    enum class Kind { Same, Added, Removed };
    Kind kind = Kind::Same;
    QString text;
};

// The shortest way from one text to another, by lines. Texts that differ in more than some thousand lines are
// told as removed and added whole: nobody reads such a difference line by line, and it would take long.
std::vector<DiffLine> lineDiff(const QString& before, const QString& after);

// With "+ ", "- " and "  " in front; long runs of lines that stay are cut to a few around each change.
QString diffText(const std::vector<DiffLine>& lines, int context = 3);

} // namespace strata::ui
