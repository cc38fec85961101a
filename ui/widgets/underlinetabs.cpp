// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/underlinetabs.h"

#include "ui/theme/theme.h"

#include <QPainter>

namespace strata::ui {

UnderlineTabs::UnderlineTabs(QWidget* parent) : QTabBar(parent)
{
    setDrawBase(false);
    setExpanding(false);
    setElideMode(Qt::ElideRight);
    setUsesScrollButtons(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void UnderlineTabs::paintEvent(QPaintEvent* event)
{
    {
        QPainter painter(this);
        painter.fillRect(0, height() - 1, width(), 1, colors().border);
    }
    QTabBar::paintEvent(event);
}

} // namespace strata::ui
