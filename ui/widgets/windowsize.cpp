// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/windowsize.h"

#include <QScreen>
#include <QWidget>

namespace strata::ui {
namespace {

// The window manager's frame comes on top, and nobody knows how large before the window is shown.
constexpr QSize kFrame(16, 44);

} // namespace

void resizeWithin(QWidget* window, const QSize& wanted)
{
    const QScreen* screen = window->screen();
    window->resize(screen == nullptr ? wanted : wanted.boundedTo(screen->availableSize() - kFrame));
}

} // namespace strata::ui
