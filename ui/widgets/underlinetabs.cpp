// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/underlinetabs.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyleOption>

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
    if (!hasFocus() || currentIndex() < 0)
        return;
    QStyleOptionFocusRect ring;
    ring.initFrom(this);
    ring.rect = tabRect(currentIndex()).adjusted(2, 2, -2, -4);
    QPainter painter(this);
    style()->drawPrimitive(QStyle::PE_FrameFocusRect, &ring, &painter);
}

void UnderlineTabs::tabInserted(int index)
{
    QTabBar::tabInserted(index);
    updateGeometry();
}

void UnderlineTabs::tabRemoved(int index)
{
    QTabBar::tabRemoved(index);
    updateGeometry();
}

} // namespace strata::ui
