// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/pill.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QPainter>

namespace strata::ui {

Pill::Pill(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Pill::setState(stack::Health health, const QString& text)
{
    if (m_health == health && m_text == text)
        return;
    m_health = health;
    m_text = text;
    setAccessibleName(tr("%1: %2").arg(Theme::healthName(health), text));
    setToolTip(plainToolTip(text));
    updateGeometry();
    update();
}

QSize Pill::sizeHint() const
{
    const QFontMetrics metrics(Theme::smallFont());
    return {metrics.horizontalAdvance(m_text.left(300)) + metrics.height() * 2 + metrics.height() / 4,
            metrics.height() + metrics.height() / 3};
}

QSize Pill::minimumSizeHint() const
{
    const QFontMetrics metrics(Theme::smallFont());
    return {metrics.height() * 4, sizeHint().height()};
}

void Pill::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    if (m_text.isEmpty())
        return;
    const Colors& c = colors();
    const auto health = static_cast<std::size_t>(m_health);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.healthSoft[health]);
    painter.drawRoundedRect(QRectF(rect()), height() / 2.0, height() / 2.0);
    painter.setFont(Theme::smallFont());
    const QFontMetrics metrics = painter.fontMetrics();
    const int pad = metrics.height() / 2;
    const qreal side = metrics.height() * 0.62;
    const bool rightToLeft = layoutDirection() == Qt::RightToLeft;
    const QRectF shape(rightToLeft ? width() - pad - side : pad, (height() - side) / 2, side, side);
    Theme::paintHealth(&painter, shape, m_health, m_health);
    const int used = pad + int(side) + pad / 2;
    const QRect box = rightToLeft ? rect().adjusted(pad, 0, -used, 0) : rect().adjusted(used, 0, -pad, 0);
    painter.setPen(c.health[health]);
    painter.drawText(box, int(Qt::AlignVCenter | Qt::AlignLeading) | Qt::TextSingleLine,
                     elided(metrics, m_text, box.width()));
}

} // namespace strata::ui
