// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/windowsize.h"

#include <QScreen>
#include <QWidget>

namespace strata::ui {

void resizeWithin(QWidget* window, const QSize& wanted)
{
    const QScreen* screen = window->screen();
    window->resize(screen == nullptr ? wanted : wanted.boundedTo(screen->availableSize()));
}

} // namespace strata::ui
