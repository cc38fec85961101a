// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMargins>

class QLayout;
class QWidget;

namespace strata::ui {

// Margins that are mirrored with what is between them: `leading` is that of the side at which a line begins,
// at the right where text runs from right to left. Qt mirrors what a layout holds but not its margins.
void setLeadingMargins(QLayout* layout, int leading, int top, int trailing,
                       int bottom); // of a widget's layout
void setLeadingMargins(QWidget* widget, int leading, int top, int trailing, int bottom);

} // namespace strata::ui
