// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>

class QWidget;

namespace strata::ui {

// A window's first size: as wanted, but not beyond the screen it is going to be on, so that its buttons can
// be reached on a small one.
void resizeWithin(QWidget* window, const QSize& wanted);

} // namespace strata::ui
