// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLocale>

class QCoreApplication;

namespace strata::ui {

// Installs the texts compiled into the program: the English plural forms always, the locale's language on top
// where there is a file of it; what that lacks stays English. Call once, before the first window.
void installLanguage(QCoreApplication& application, const QLocale& locale = QLocale());

} // namespace strata::ui
