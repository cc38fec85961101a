// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/statepill.h"

#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyle>

namespace strata::ui {
namespace {

constexpr int kDot = 9;
constexpr int kSide = 9;

} // namespace

StatePill::StatePill(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setToolTip(tr("Why?"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StatePill::show(stack::Health health, const QString& text)
{
    if (m_health == health && m_text == text)
        return;
    m_health = health;
    m_text = text;
    setAccessibleName(QStringLiteral("%1: %2").arg(Theme::healthName(health), text));
    setVisible(!text.isEmpty());
    updateGeometry();
    update();
}

QSize StatePill::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(m_text) + kDot + 5 + 2 * kSide + 2, fontMetrics().height() + 5};
}

QSize StatePill::minimumSizeHint() const
{
    return {qMin(sizeHint().width(), kDot + 2 * kSide + fontMetrics().averageCharWidth() * 24),
            sizeHint().height()};
}

void StatePill::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto at = static_cast<std::size_t>(m_health);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().healthSoft[at]);
    painter.drawRoundedRect(QRectF(rect()), height() / 2.0, height() / 2.0);
    const QRect dot =
        QStyle::visualRect(layoutDirection(), rect(), QRect(kSide, (height() - kDot) / 2, kDot, kDot));
    Theme::paintHealth(&painter, dot, m_health, stack::Health::Ok);
    const QRect words = QStyle::visualRect(
        layoutDirection(), rect(), QRect(kSide + kDot + 5, 0, width() - 2 * kSide - kDot - 5, height()));
    // Chosen for contrast: the text colour stands on the soft colours of both sets.
    painter.setPen(m_health == stack::Health::Ok ? colors().text : colorOf(roleOf(m_health)));
    painter.drawText(words, Qt::AlignVCenter | Qt::AlignLeading,
                     fontMetrics().elidedText(m_text, Qt::ElideRight, words.width()));
}

void StatePill::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && rect().contains(event->pos()))
        Q_EMIT clicked();
}

void StatePill::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

} // namespace strata::ui
