// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/steplist.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyle>

namespace strata::ui {

namespace {

constexpr int kWidth = 208;
constexpr int kTop = 18;
constexpr int kBall = 22;
constexpr int kLeft = 18;

} // namespace

StepList::StepList(QWidget* parent) : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Pages of the wizard"));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void StepList::setEntries(std::vector<Entry> entries)
{
    if (entries == m_entries)
        return;
    m_entries = std::move(entries);
    update();
}

void StepList::setCurrent(int index)
{
    m_current = index;
    m_focused = index;
    if (index >= 0 && index < int(m_entries.size()))
        setAccessibleDescription(m_entries[std::size_t(index)].title);
    update();
}

QSize StepList::sizeHint() const
{
    return {kWidth, kTop + int(m_entries.size()) * (fontMetrics().height() * 2 + 24)};
}

QRect StepList::rectOf(int index) const
{
    const int height = fontMetrics().height() * 2 + 18;
    return {8, kTop + index * (height + 4), width() - 16, height};
}

int StepList::indexAt(const QPoint& at) const
{
    for (int i = 0; i < int(m_entries.size()); ++i) {
        if (rectOf(i).contains(at))
            return i;
    }
    return -1;
}

void StepList::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    painter.fillRect(rect(), c.panel);
    painter.fillRect(QStyle::visualRect(layoutDirection(), rect(), QRect(width() - 1, 0, 1, height())),
                     c.border);
    const auto placed = [this](const QRect& place) {
        return QStyle::visualRect(layoutDirection(), rect(), place);
    };
    for (int i = 0; i < int(m_entries.size()); ++i) {
        const Entry& entry = m_entries[std::size_t(i)];
        const QRect area = rectOf(i);
        const bool now = i == m_current;
        if (now || (i == m_hover && entry.reachable)) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(now ? c.selection : c.hover);
            painter.drawRoundedRect(placed(area), 6, 6);
        }
        if (hasFocus() && i == m_focused) {
            painter.setPen(QPen(c.accent, 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(placed(area)).adjusted(1, 1, -1, -1), 6, 6);
        }
        const QRect ball = placed(QRect(kLeft, area.top() + (area.height() - kBall) / 2, kBall, kBall));
        const bool wrong = entry.mark == Mark::Wrong;
        if (entry.mark == Mark::Done && !now) {
            const QColor fill = c.healthFill[static_cast<std::size_t>(stack::Health::Ok)];
            painter.drawPixmap(ball.adjusted(1, 1, -1, -1),
                               Theme::icon(QStringLiteral("success"), fill)
                                   .pixmap(ball.size() - QSize(2, 2), devicePixelRatioF()));
        } else {
            const QColor tone = wrong ? c.healthFill[static_cast<std::size_t>(stack::Health::Failed)]
                                : now ? c.accent
                                      : c.muted;
            painter.setPen(QPen(tone, 1.4));
            painter.setBrush(now && !wrong ? QBrush(c.accent) : QBrush(Qt::NoBrush));
            painter.drawEllipse(QRectF(ball).adjusted(1, 1, -1, -1));
            painter.setPen(wrong ? c.health[static_cast<std::size_t>(stack::Health::Failed)]
                           : now ? c.accentText
                                 : c.muted);
            QFont font = Theme::smallFont();
            font.setWeight(QFont::DemiBold);
            painter.setFont(font);
            painter.drawText(ball, Qt::AlignCenter, wrong ? QStringLiteral("!") : QString::number(i + 1));
        }
        const int left = kLeft + kBall + 12;
        const int room = width() - left - 14;
        QFont bold = font();
        bold.setWeight(now ? QFont::DemiBold : QFont::Normal);
        const QFontMetrics metrics(bold);
        const QFontMetrics small(Theme::smallFont());
        const int lines = metrics.height() + (entry.note.isEmpty() ? 0 : small.height());
        int top = area.top() + (area.height() - lines) / 2;
        painter.setFont(bold);
        painter.setPen(entry.reachable || now ? c.text : c.muted);
        painter.drawText(placed(QRect(left, top, room, metrics.height())),
                         Qt::AlignLeading | Qt::AlignVCenter, elided(metrics, entry.title, room));
        if (!entry.note.isEmpty()) {
            top += metrics.height();
            painter.setFont(Theme::smallFont());
            painter.setPen(wrong ? c.health[static_cast<std::size_t>(stack::Health::Failed)] : c.muted);
            painter.drawText(placed(QRect(left, top, room, small.height())),
                             Qt::AlignLeading | Qt::AlignVCenter, elided(small, entry.note, room));
        }
    }
}

void StepList::mousePressEvent(QMouseEvent* event)
{
    const int index = indexAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && index >= 0 && m_entries[std::size_t(index)].reachable)
        Q_EMIT wanted(index);
}

void StepList::mouseMoveEvent(QMouseEvent* event)
{
    const int index = indexAt(event->position().toPoint());
    if (index != m_hover) {
        m_hover = index;
        update();
    }
}

void StepList::leaveEvent(QEvent*)
{
    m_hover = -1;
    update();
}

void StepList::focusInEvent(QFocusEvent* event)
{
    m_focused = m_current;
    QWidget::focusInEvent(event);
}

void StepList::keyPressEvent(QKeyEvent* event)
{
    const int last = int(m_entries.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Up:
        m_focused = qMax(0, m_focused - 1);
        break;
    case Qt::Key_Down:
        m_focused = qMin(last, m_focused + 1);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_focused >= 0 && m_focused <= last && m_entries[std::size_t(m_focused)].reachable)
            Q_EMIT wanted(m_focused);
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    update();
}

} // namespace strata::ui
