// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/sidelines.h"

#include "core/provision/editing.h"
#include "ui/wizard/linediff.h"

#include <algorithm>

namespace strata::ui {

std::vector<SideLine> sideBySide(const QString& left, const QString& right)
{
    using Kind = SideLine::Kind;
    std::vector<SideLine> out;
    QStringList removed;
    QStringList added;
    // A run of removed and added lines is one change, as far as both have lines.
    const auto flush = [&] {
        const qsizetype count = std::max(removed.size(), added.size());
        for (qsizetype i = 0; i < count; ++i) {
            if (i < removed.size() && i < added.size())
                out.push_back({Kind::Changed, removed[i], added[i]});
            else if (i < removed.size())
                out.push_back({Kind::OnlyLeft, removed[i], {}});
            else
                out.push_back({Kind::OnlyRight, {}, added[i]});
        }
        removed.clear();
        added.clear();
    };
    for (const DiffLine& line : lineDiff(left, right)) {
        switch (line.kind) {
        case DiffLine::Kind::Removed:
            removed << line.text;
            break;
        case DiffLine::Kind::Added:
            added << line.text;
            break;
        case DiffLine::Kind::Same:
            flush();
            out.push_back({Kind::Same, line.text, line.text});
        }
    }
    flush();
    return out;
}

std::vector<int> differences(const std::vector<SideLine>& lines)
{
    std::vector<int> out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].kind != SideLine::Kind::Same && (i == 0 || lines[i - 1].kind == SideLine::Kind::Same))
            out.push_back(static_cast<int>(i));
    }
    return out;
}

QString comparable(const QString& document, bool withStatus)
{
    const auto objects = provision::objectsFromYaml(document.toStdString(), {});
    if (!objects || objects->size() != 1)
        return document;
    return QString::fromStdString(provision::comparable(objects->front(), withStatus).toYaml());
}

} // namespace strata::ui
