// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

class QAction;
class QWidget;

namespace strata::ui {

void showShortcuts(const QList<QAction*>& actions, QWidget* parent);
void showAbout(QWidget* parent);

} // namespace strata::ui
