// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/basepane.h"

#include "ui/theme/theme.h"

#include <QPaintEvent>
#include <QPainter>

namespace strata::ui {

BasePane::BasePane(QWidget* parent) : QWidget(parent)
{
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void BasePane::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    painter.fillRect(event->rect(), colors().base);
}

} // namespace strata::ui
