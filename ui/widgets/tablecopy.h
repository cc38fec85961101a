// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QAbstractItemView;

namespace strata::ui {

// Gives a table Ctrl+C and a context menu that copy the selected rows (or all of them when none is) as
// tab-separated text, headings first when more than one row is copied.
void installTableCopy(QAbstractItemView* view);

} // namespace strata::ui
