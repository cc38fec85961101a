// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timeline/timelineview.h"

#include "core/stack/stack.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/layername.h"
#include "ui/widgets/text.h"

#include <QDateTime>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QStyleHints>
#include <QStyleOptionFocusRect>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace strata::ui {

using namespace stack;
using diagnosis::History;

namespace {

constexpr int kLookEveryMs = 250;
constexpr UnixMs kFirstSpan = 30 * 60 * 1000;
constexpr double kMark = 11;     // pixels a shape
constexpr double kTogether = 12; // nearer than this they are one group
constexpr double kMargin = 14;
constexpr int kMostLines = 10; // of a tooltip

QString laneName(int lane)
{
    return lane == 0 ? TimelineView::tr("You")
                     : layerName(static_cast<Layer>(TimelineView::kLanes - 1 - lane));
}

QString clockText(UnixMs at)
{
    return QDateTime::fromMSecsSinceEpoch(at).time().toString(QStringLiteral("HH:mm:ss"));
}

} // namespace

TimelineView::TimelineView(StackStore* store, Selection* selection, Clock clock, QWidget* parent)
    : QWidget(parent), m_store(store), m_selection(selection), m_clock(std::move(clock))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Timeline"));
    m_scale.to = m_clock();
    m_scale.from = m_scale.to - kFirstSpan;
    m_frame.setSingleShot(true);
    m_frame.setInterval(100);
    connect(&m_frame, &QTimer::timeout, this, [this] {
        layOut();
        update();
    });
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, &TimelineView::follow);
    connect(m_store, &StackStore::changed, this, [this](const StackDelta& delta) {
        m_history.follow(m_store->stack(), delta, m_clock());
        lookAgain();
    });
    // All problems are worked out anew: at once, but not with every event of a busy site.
    m_problems.setSingleShot(true);
    m_problems.setInterval(kLookEveryMs);
    const auto problems = [this] {
        m_findingsNew = false;
        m_history.follow(m_store->stack(), m_store->diagnosis().problems(m_store->stack()), m_clock());
        lookAgain();
    };
    connect(m_store, &StackStore::findingsChanged, this, [this, problems] {
        m_findingsNew = m_problems.isActive();
        if (m_findingsNew)
            return;
        problems();
        m_problems.start();
    });
    connect(&m_problems, &QTimer::timeout, this, [this, problems] {
        if (!m_findingsNew)
            return;
        problems();
        m_problems.start();
    });
    connect(m_selection, &Selection::changed, this, [this] { update(); });
    connect(&Theme::instance(), &Theme::changed, this, &TimelineView::lookAgain);

    // What is there already is no news, but known.
    StackDelta all;
    for (const ItemId root : m_store->stack().roots(Tree::Stack)) {
        std::vector<ItemId> open = {root};
        while (!open.empty()) {
            const ItemId id = open.back();
            open.pop_back();
            all.added.push_back(id);
            if (const Item* item = m_store->stack().find(id)) {
                for (const ItemId child : item->childrenIn(Tree::Stack))
                    open.push_back(child);
            }
        }
    }
    m_history.follow(m_store->stack(), all, m_clock());
    problems();
}

TimelineView::~TimelineView() = default;

void TimelineView::act(const QString& text, Health health)
{
    m_history.act(text.toStdString(), health, m_clock());
    lookAgain();
}

void TimelineView::lookAgain()
{
    if (isVisible() && !m_frame.isActive())
        m_frame.start();
}

void TimelineView::follow()
{
    if (!m_follow || m_dragging)
        return;
    const UnixMs now = m_clock();
    m_scale.from += now - m_scale.to;
    m_scale.to = now;
    layOut();
    update();
}

void TimelineView::setFollow(bool follow)
{
    m_follow = follow;
    if (follow)
        this->follow();
}

int TimelineView::laneOf(const History::Mark& mark)
{
    return mark.what == History::What::Action ? 0 : laneOf(mark.layer);
}

double TimelineView::nameWidth() const
{
    double widest = 0;
    for (int lane = 0; lane < kLanes; ++lane)
        widest = std::max(widest, fontMetrics().horizontalAdvance(laneName(lane)) * 1.0);
    return widest + kMargin + 12;
}

QRectF TimelineView::laneRect(int lane) const
{
    const double axis = QFontMetricsF(Theme::smallFont()).height() + 6;
    const double each = std::max(14.0, (height() - axis) / kLanes);
    return {0, lane * each, double(width()), each};
}

void TimelineView::layOut()
{
    m_scale.left = nameWidth();
    m_scale.width = std::max(1.0, width() - m_scale.left - kMargin);
    for (auto& lane : m_groups)
        lane.clear();
    for (auto& lane : m_spans)
        lane.clear();
    std::array<std::vector<std::size_t>, kLanes> seen;
    const auto& marks = m_history.marks();
    for (std::size_t i = 0; i < marks.size(); ++i) {
        if (marks[i].at >= m_scale.from && marks[i].at <= m_scale.to)
            seen[std::size_t(laneOf(marks[i]))].push_back(i);
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        std::stable_sort(seen[lane].begin(), seen[lane].end(),
                         [&](std::size_t a, std::size_t b) { return marks[a].at < marks[b].at; });
        for (const std::size_t i : seen[lane]) {
            const double x = m_scale.x(marks[i].at);
            std::vector<Group>& groups = m_groups[lane];
            if (groups.empty() || x - groups.back().x >= kTogether)
                groups.push_back({x, marks[i].health, {}});
            groups.back().marks.push_back(i);
            groups.back().health = std::max(groups.back().health, marks[i].health);
        }
    }
    const auto& spans = m_history.spans();
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const UnixMs end = spans[i].to == 0 ? m_scale.to : spans[i].to;
        if (spans[i].from <= m_scale.to && end >= m_scale.from)
            m_spans[std::size_t(laneOf(spans[i].layer))].push_back(i);
    }
}

QString TimelineView::lineOf(const History::Mark& mark) const
{
    QString text = clockText(mark.at) + QStringLiteral("  ");
    if (!mark.name.empty())
        text += shown(mark.name) + QStringLiteral("  ");
    return text + shown(mark.text);
}

QString TimelineView::describe(const QPoint& at) const
{
    QStringList lines;
    int more = 0;
    const auto add = [&](const QString& line) {
        if (lines.size() < kMostLines)
            lines << line;
        else
            ++more;
    };
    for (int lane = 0; lane < kLanes; ++lane) {
        const QRectF rect = laneRect(lane);
        if (!rect.contains(at) || at.x() < m_scale.left - kMark)
            continue;
        for (const Group& group : m_groups[std::size_t(lane)]) {
            if (std::abs(group.x - at.x()) > kMark * 0.8)
                continue;
            for (const std::size_t mark : group.marks)
                add(lineOf(m_history.marks()[mark]));
        }
        for (const std::size_t i : m_spans[std::size_t(lane)]) {
            const History::Span& span = m_history.spans()[i];
            const double from = m_scale.x(span.from);
            const double to = m_scale.x(span.to == 0 ? m_scale.to : span.to);
            if (at.x() < from - 2 || at.x() > to + 2)
                continue;
            add(span.to == 0
                    ? tr("since %1  %2").arg(clockText(span.from), shown(span.title))
                    : tr("%1 to %2  %3").arg(clockText(span.from), clockText(span.to), shown(span.title)));
        }
    }
    if (more > 0)
        lines << tr("and %n more", nullptr, more);
    return lines.join(QLatin1Char('\n'));
}

void TimelineView::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    const Colors& c = colors();
    QPainter painter(this);
    painter.fillRect(rect(), c.base);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont small = Theme::smallFont();
    const double axisTop = laneRect(kLanes - 1).bottom();

    painter.setFont(small);
    for (const TimeTick& tick :
         ticks(m_scale, QFontMetricsF(small).horizontalAdvance(QStringLiteral("00:00:00")) + 34)) {
        const double x = std::round(m_scale.x(tick.at)) + 0.5;
        painter.setPen(QPen(c.border, 1));
        painter.drawLine(QPointF(x, 0), QPointF(x, axisTop));
        painter.setPen(c.muted);
        const double room = QFontMetricsF(small).horizontalAdvance(tick.text) + 4;
        if (x - room / 2 > m_scale.left - 10 && x + room / 2 < width())
            painter.drawText(QRectF(x - room / 2, axisTop, room, height() - axisTop), Qt::AlignCenter,
                             tick.text);
    }
    for (int lane = 0; lane < kLanes; ++lane) {
        const QRectF line = laneRect(lane);
        painter.setPen(QPen(c.border, 1));
        painter.drawLine(QPointF(0, line.bottom()), QPointF(width(), line.bottom()));
        painter.setFont(font());
        painter.setPen(c.muted);
        painter.drawText(QRectF(kMargin, line.top(), m_scale.left - kMargin - 4, line.height()),
                         Qt::AlignVCenter | Qt::AlignLeft, laneName(lane));
        painter.save();
        painter.setClipRect(
            QRectF(m_scale.left - kMark, line.top(), width() - m_scale.left + kMark, line.height()));
        // Problems lie behind the marks; those at one time share the height.
        const auto& spans = m_spans[std::size_t(lane)];
        const double each =
            std::min(16.0, (line.height() - 4) / double(std::max<std::size_t>(spans.size(), 1)));
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const History::Span& span = m_history.spans()[spans[i]];
            const double from = m_scale.x(span.from);
            const double to = m_scale.x(span.to == 0 ? m_scale.to : span.to);
            const double top = line.center().y() - each * double(spans.size()) / 2 + each * double(i);
            QRectF bar(from, top, std::max(3.0, to - from), std::max(1.5, each - 1));
            const std::size_t health = std::size_t(span.health);
            painter.setPen(Qt::NoPen);
            painter.setBrush(c.healthCell[health]);
            painter.drawRoundedRect(bar, 2, 2);
            const QRectF inside =
                bar.intersected(QRectF(m_scale.left, 0, m_scale.width, height())).adjusted(6, 0, -6, 0);
            if (const QFontMetrics metrics(small); each >= metrics.ascent() && inside.width() > 60) {
                painter.setFont(small);
                painter.setPen(c.health[health]);
                painter.drawText(inside, Qt::AlignVCenter | Qt::AlignLeft,
                                 elided(metrics, shown(span.title), int(inside.width())));
            }
            if (m_selection->current() == span.item && span.item) {
                painter.setPen(QPen(c.accent, 1.5));
                painter.setBrush(Qt::NoBrush);
                painter.drawRoundedRect(bar, 2, 2);
            }
        }
        for (const Group& group : m_groups[std::size_t(lane)]) {
            const QRectF shape(group.x - kMark / 2, line.center().y() - kMark / 2, kMark, kMark);
            const bool current = std::any_of(group.marks.begin(), group.marks.end(), [&](std::size_t i) {
                const History::Mark& mark = m_history.marks()[i];
                return mark.item && mark.item == m_selection->current();
            });
            painter.setPen(current ? QPen(c.accent, 1.5) : QPen(c.base, 2));
            painter.setBrush(c.base);
            painter.drawEllipse(shape.adjusted(-2.5, -2.5, 2.5, 2.5));
            Theme::paintHealth(&painter, shape, group.health, Health::Ok);
            if (group.marks.size() > 1) {
                painter.setFont(small);
                painter.setPen(c.muted);
                painter.drawText(QRectF(shape.right() + 2, line.top(), 40, line.height()),
                                 Qt::AlignVCenter | Qt::AlignLeft, QString::number(group.marks.size()));
            }
        }
        painter.restore();
    }
    if (m_history.marks().empty() && m_history.spans().empty()) {
        painter.setFont(font());
        painter.setPen(c.muted);
        painter.drawText(QRectF(m_scale.left, 0, m_scale.width, axisTop), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Nothing has changed since Strata looks on."));
    }
    if (!m_follow) {
        painter.setFont(small);
        painter.setPen(c.accent);
        painter.drawText(QRectF(kMargin, axisTop, m_scale.left, height() - axisTop), Qt::AlignVCenter,
                         tr("End: now"));
    }
    if (hasFocus()) {
        QStyleOptionFocusRect ring;
        ring.initFrom(this);
        ring.rect = laneRect(m_lane).toAlignedRect().adjusted(2, 1, -2, -1);
        if (m_cursor != 0) {
            const int x = qRound(m_scale.x(m_cursor));
            ring.rect.setLeft(x - 12);
            ring.rect.setRight(x + 12);
        }
        style()->drawPrimitive(QStyle::PE_FrameFocusRect, &ring, &painter, this);
    }
}

void TimelineView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layOut();
}

void TimelineView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_second.start();
    follow();
    layOut();
}

void TimelineView::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_second.stop();
}

void TimelineView::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void TimelineView::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

void TimelineView::wheelEvent(QWheelEvent* event)
{
    const QPoint turned = event->angleDelta();
    const UnixMs now = m_clock();
    if (std::abs(turned.x()) > std::abs(turned.y())) {
        m_scale.pan(-turned.x() * 0.5, now);
    } else if (turned.y() != 0) {
        const double x = std::clamp(event->position().x(), m_scale.left, m_scale.left + m_scale.width);
        m_scale.zoom(std::pow(0.8, turned.y() / 120.0), m_follow ? m_scale.to : m_scale.at(x), now);
    }
    m_follow = now - m_scale.to < m_scale.span() / 100;
    layOut();
    update();
    event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_pressed = event->pos();
    m_last = event->pos();
    m_dragging = false;
}

void TimelineView::mouseMoveEvent(QMouseEvent* event)
{
    if ((event->buttons() & Qt::LeftButton) == 0)
        return;
    if (!m_dragging &&
        (event->pos() - m_pressed).manhattanLength() < QGuiApplication::styleHints()->startDragDistance())
        return;
    m_dragging = true;
    setCursor(Qt::ClosedHandCursor);
    const UnixMs now = m_clock();
    m_scale.pan(m_last.x() - event->pos().x(), now);
    m_follow = now - m_scale.to < m_scale.span() / 100;
    m_last = event->pos();
    layOut();
    update();
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    unsetCursor();
    if (std::exchange(m_dragging, false))
        return;
    for (int lane = 0; lane < kLanes; ++lane) {
        if (!laneRect(lane).contains(event->pos()))
            continue;
        m_lane = lane;
        m_cursor = 0;
        for (const Group& group : m_groups[std::size_t(lane)]) {
            if (std::abs(group.x - event->pos().x()) <= kMark * 0.8) {
                const History::Mark& last = m_history.marks()[group.marks.back()];
                m_cursor = last.at;
                choose(last.item);
                update();
                return;
            }
        }
        for (const std::size_t i : m_spans[std::size_t(lane)]) {
            const History::Span& span = m_history.spans()[i];
            const double to = m_scale.x(span.to == 0 ? m_scale.to : span.to);
            if (event->pos().x() >= m_scale.x(span.from) - 2 && event->pos().x() <= to + 2) {
                choose(span.item);
                break;
            }
        }
    }
    update();
}

void TimelineView::choose(ItemId item)
{
    if (m_store->stack().find(item) != nullptr)
        m_selection->select(item);
}

void TimelineView::step(int by)
{
    const auto& groups = m_groups[std::size_t(m_lane)];
    if (groups.empty())
        return;
    const double at = m_cursor == 0 ? (by > 0 ? -1 : 1e12) : m_scale.x(m_cursor);
    const Group* best = nullptr;
    for (const Group& group : groups) {
        const double mark = m_scale.x(m_history.marks()[group.marks.back()].at);
        if (by > 0 && mark > at + 0.5) {
            best = &group;
            break;
        }
        if (by < 0 && mark < at - 0.5)
            best = &group;
    }
    if (best == nullptr)
        return;
    m_cursor = m_history.marks()[best->marks.back()].at;
    const QPoint point(qRound(best->x), qRound(laneRect(m_lane).center().y()));
    setAccessibleDescription(describe(point));
    QToolTip::showText(mapToGlobal(point), plainToolTip(describe(point)), this);
    update();
}

void TimelineView::keyPressEvent(QKeyEvent* event)
{
    const UnixMs now = m_clock();
    switch (event->key()) {
    case Qt::Key_Left:
        step(-1);
        break;
    case Qt::Key_Right:
        step(1);
        break;
    case Qt::Key_Up:
    case Qt::Key_Down:
        m_lane = std::clamp(m_lane + (event->key() == Qt::Key_Up ? -1 : 1), 0, kLanes - 1);
        m_cursor = 0;
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        m_scale.zoom(0.6, m_cursor != 0 ? m_cursor : m_scale.to, now);
        break;
    case Qt::Key_Minus:
        m_scale.zoom(1 / 0.6, m_cursor != 0 ? m_cursor : m_scale.to, now);
        break;
    case Qt::Key_End:
        m_cursor = 0;
        setFollow(true);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        for (const Group& group : m_groups[std::size_t(m_lane)]) {
            const History::Mark& last = m_history.marks()[group.marks.back()];
            if (m_cursor != 0 && last.at == m_cursor)
                choose(last.item);
        }
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    m_follow = now - m_scale.to < m_scale.span() / 100;
    layOut();
    update();
}

bool TimelineView::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = describe(help->pos());
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), plainToolTip(text), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace strata::ui
