// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/breadcrumb.h"

#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace strata::ui {
namespace {

const QString& separator()
{
    static const QString text = QStringLiteral(" › ");
    return text;
}

} // namespace

Breadcrumb::Breadcrumb(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Breadcrumb::setParts(const std::vector<Part>& parts)
{
    if (m_parts == parts)
        return;
    m_parts = parts;
    m_focused = -1;
    QStringList names;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        names << parts[i].name;
        if (parts[i].current)
            m_focused = int(i);
    }
    setAccessibleName(tr("Path: %1").arg(names.join(separator())));
    m_hovered = -1;
    layOut();
    update();
}

QFont Breadcrumb::fontOf(const Part& part) const
{
    QFont made = font();
    if (part.current)
        made.setWeight(QFont::DemiBold);
    return made;
}

QSize Breadcrumb::sizeHint() const
{
    return {200, fontMetrics().height() + 4};
}

QSize Breadcrumb::minimumSizeHint() const
{
    return {60, sizeHint().height()};
}

void Breadcrumb::layOut()
{
    m_places.clear();
    m_shown.clear();
    const int gap = fontMetrics().horizontalAdvance(separator());
    std::vector<int> widths;
    for (const Part& part : m_parts)
        widths.push_back(QFontMetrics(fontOf(part)).horizontalAdvance(part.name) + 2);
    // The longest names give way first until all fit.
    int room = width() - gap * qMax(0, int(m_parts.size()) - 1);
    int total = std::accumulate(widths.begin(), widths.end(), 0);
    const int least = fontMetrics().averageCharWidth() * 4;
    while (total > room) {
        const auto longest = std::max_element(widths.begin(), widths.end());
        if (longest == widths.end() || *longest <= least)
            break;
        const int step = qMin(qMax(1, (total - room)), qMax(1, *longest / 8));
        *longest -= step;
        total -= step;
    }
    int x = 0;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const QRect place(x, 0, widths[i], height());
        m_places.push_back(QStyle::visualRect(layoutDirection(), rect(), place));
        m_shown.push_back(
            QFontMetrics(fontOf(m_parts[i])).elidedText(m_parts[i].name, Qt::ElideMiddle, widths[i]));
        x += widths[i] + gap;
    }
}

void Breadcrumb::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const int gap = fontMetrics().horizontalAdvance(separator());
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        const Part& part = m_parts[i];
        QFont used = fontOf(part);
        used.setUnderline(m_hovered == int(i) && !part.current);
        painter.setFont(used);
        painter.setPen(part.current ? c.text : m_hovered == int(i) ? c.accent : c.muted);
        painter.drawText(m_places[i], Qt::AlignVCenter | Qt::AlignLeading, m_shown[i]);
        if (hasFocus() && m_focused == int(i)) {
            painter.setPen(QPen(c.accent, 1.2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(m_places[i]).adjusted(-1, 0.5, 1, -0.5), 3, 3);
        }
        if (i + 1 < m_places.size()) {
            painter.setFont(font());
            painter.setPen(c.muted);
            // Where text runs from right to left the sign itself is mirrored by who draws it.
            const bool mirrored = layoutDirection() == Qt::RightToLeft;
            const QRect between(mirrored ? m_places[i].left() - gap : m_places[i].right() + 1, 0, gap,
                                height());
            painter.drawText(between, Qt::AlignCenter, QStringLiteral("›"));
        }
    }
}

void Breadcrumb::resizeEvent(QResizeEvent*)
{
    layOut();
}

void Breadcrumb::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LayoutDirectionChange) {
        layOut();
        updateGeometry();
    }
    QWidget::changeEvent(event);
}

int Breadcrumb::partAt(const QPoint& position) const
{
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        if (m_places[i].contains(position))
            return int(i);
    }
    return -1;
}

void Breadcrumb::mouseMoveEvent(QMouseEvent* event)
{
    const int part = partAt(event->position().toPoint());
    if (part == m_hovered)
        return;
    m_hovered = part;
    setCursor(part >= 0 && !m_parts[std::size_t(part)].current ? Qt::PointingHandCursor : Qt::ArrowCursor);
    update();
}

void Breadcrumb::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

void Breadcrumb::mouseReleaseEvent(QMouseEvent* event)
{
    const int part = partAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && part >= 0)
        Q_EMIT activated(m_parts[std::size_t(part)].item);
}

void Breadcrumb::keyPressEvent(QKeyEvent* event)
{
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const int last = int(m_parts.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int step = (event->key() == Qt::Key_Right) != mirrored ? 1 : -1;
        m_focused = qBound(0, m_focused + step, last);
        break;
    }
    case Qt::Key_Home:
        m_focused = qMin(0, last);
        break;
    case Qt::Key_End:
        m_focused = last;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_focused >= 0 && m_focused <= last) {
            const stack::ItemId chosen = m_parts[std::size_t(m_focused)].item;
            Q_EMIT activated(chosen);
        }
        return;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    if (m_focused >= 0)
        setAccessibleDescription(m_parts[std::size_t(m_focused)].name);
    update();
}

void Breadcrumb::focusInEvent(QFocusEvent* event)
{
    if (m_focused < 0 && !m_parts.empty())
        m_focused = 0;
    update();
    QWidget::focusInEvent(event);
}

bool Breadcrumb::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int part = partAt(help->pos());
        if (part >= 0) {
            const Part& shown = m_parts[std::size_t(part)];
            QToolTip::showText(
                help->globalPos(),
                QStringLiteral("<p>%1<br>%2</p>").arg(shown.name.toHtmlEscaped(), shown.hint.toHtmlEscaped()),
                this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

} // namespace strata::ui
