// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace strata::ui {

struct SideLine {
    enum class Kind { Same, Changed, OnlyLeft, OnlyRight };
    Kind kind = Kind::Same;
    QString left; // empty where the other side alone has a line
    QString right;
};

// Two texts with the same lines opposite each other; where one has nothing, an empty line keeps its place.
std::vector<SideLine> sideBySide(const QString& left, const QString& right);

// The first line of each run of lines that differ.
std::vector<int> differences(const std::vector<SideLine>& lines);

// What is compared of a document: an object's YAML without what only the server sets (managedFields,
// resourceVersion, uid, generation …), keys in one order, with or without its status. A text that is no
// object is given back as it came.
QString comparable(const QString& document, bool withStatus);

} // namespace strata::ui
