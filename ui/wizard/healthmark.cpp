// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/healthmark.h"

#include "ui/theme/theme.h"

#include <QPainter>

namespace strata::ui {

HealthMark::HealthMark(QWidget* parent) : QWidget(parent)
{
    setFixedSize(18, 18);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void HealthMark::show(std::optional<stack::Health> health, bool ticked)
{
    if (m_health == health && m_ticked == ticked)
        return;
    m_health = health;
    m_ticked = ticked;
    setAccessibleName(health ? Theme::healthName(*health) : tr("Not begun"));
    update();
}

void HealthMark::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = QRectF(rect()).adjusted(3, 3, -3, -3);
    if (!m_health) {
        painter.setPen(QPen(colors().muted, 1.4));
        painter.drawEllipse(area.adjusted(0.7, 0.7, -0.7, -0.7));
        return;
    }
    if (m_ticked) {
        const QColor colour = colors().healthFill[static_cast<std::size_t>(*m_health)];
        painter.drawPixmap(
            rect(), Theme::icon(QStringLiteral("success"), colour).pixmap(size(), devicePixelRatioF()));
        return;
    }
    Theme::paintHealth(&painter, area, *m_health, stack::Health::Ok);
}

} // namespace strata::ui
