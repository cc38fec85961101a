// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/twolinedelegate.h"

#include "core/stack/item.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QListView>
#include <QPainter>
#include <QTreeView>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kLeft = 16;
constexpr int kDot = 11;
constexpr int kTreeLeft = 2; // behind a branch
constexpr int kToText = kDot + 14;
constexpr int kRight = 16;
constexpr int kAside = 110;
constexpr int kBar = 90;
constexpr int kTop = 8;
constexpr int kMostLines = 2;

QFont bold(const QFont& font)
{
    QFont out = font;
    out.setWeight(QFont::DemiBold);
    return out;
}

// What stands at the end of the second line; the words of the first line's end do not reach it.
int besideEvidence(const QModelIndex& index)
{
    return index.data(TwoLineDelegate::Progress).isValid() ? kAside : 0;
}

} // namespace

TwoLineDelegate::TwoLineDelegate(QAbstractItemView* view) : QStyledItemDelegate(view), m_view(view) {}

int TwoLineDelegate::left() const
{
    return qobject_cast<QTreeView*>(m_view) != nullptr ? kTreeLeft : kLeft;
}

int TwoLineDelegate::indent(const QModelIndex& index) const
{
    const auto* tree = qobject_cast<QTreeView*>(m_view);
    return tree == nullptr ? 0 : tree->indentation() * (index.parent().isValid() ? 2 : 1);
}

int TwoLineDelegate::evidenceHeight(const QStyleOptionViewItem&, const QModelIndex& index, int width) const
{
    const QFontMetrics metrics(Theme::smallFont());
    const QString text = index.data(Evidence).toString();
    if (text.isEmpty())
        return 0;
    const int lines =
        width <= 0 ? 1 : std::clamp((metrics.horizontalAdvance(text) + width - 1) / width, 1, kMostLines);
    return lines * metrics.lineSpacing();
}

QSize TwoLineDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    if (index.data(Small).toBool())
        return {200, QFontMetrics(m_view->font()).height() + 8};
    const int width =
        m_view->viewport()->width() - indent(index) - left() - kToText - kRight - besideEvidence(index);
    const int title = QFontMetrics(bold(m_view->font())).lineSpacing();
    return {200, 2 * kTop + title + 1 + evidenceHeight(option, index, width)};
}

void TwoLineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const
{
    if (index.data(Small).toBool()) {
        paintSmall(painter, option, index);
        return;
    }
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const QRect all = option.rect;
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(all, c.selection);
    else if (option.state.testFlag(QStyle::State_MouseOver))
        painter->fillRect(all, c.hover);
    painter->fillRect(QRect(all.left(), all.bottom(), all.width(), 1), c.border);
    const auto placed = [&](const QRect& place) { return QStyle::visualRect(option.direction, all, place); };
    const QFont titleFont = bold(m_view->font());
    const QFontMetrics titleMetrics(titleFont);
    const int top = all.top() + kTop;
    const QVariant health = index.data(Health);
    if (health.isValid())
        Theme::paintHealth(
            painter, placed(QRect(all.left() + left(), top + (titleMetrics.height() - kDot) / 2, kDot, kDot)),
            static_cast<stack::Health>(health.toInt()), stack::Health::Ok);
    const int width = all.width() - left() - kToText - kRight;
    const QString aside = index.data(Aside).toString();
    const int asideWidth = aside.isEmpty() ? 0 : kAside;
    const QString badge = index.data(Badge).toString();
    int badgeWidth = 0;
    if (!badge.isEmpty()) {
        const QFontMetrics metrics(Theme::smallFont());
        badgeWidth = metrics.horizontalAdvance(badge) + 16;
        const int badgeHeight = metrics.height() + 3;
        const QRect place =
            placed(QRect(all.right() - kRight - asideWidth - badgeWidth,
                         top + (titleMetrics.height() - badgeHeight) / 2, badgeWidth, badgeHeight));
        painter->setPen(Qt::NoPen);
        painter->setBrush(c.barTrack);
        painter->drawRoundedRect(QRectF(place), badgeHeight / 2.0, badgeHeight / 2.0);
        painter->setFont(Theme::smallFont());
        painter->setPen(c.text);
        painter->drawText(place, Qt::AlignCenter, badge);
        badgeWidth += 8;
    }
    painter->setFont(titleFont);
    painter->setPen(c.text);
    const int titleWidth = width - asideWidth - badgeWidth;
    drawLine(painter, placed(QRect(all.left() + left() + kToText, top, titleWidth, titleMetrics.height())),
             titleMetrics.elidedText(index.data().toString(), Qt::ElideRight, titleWidth), option.direction);
    painter->setFont(Theme::smallFont());
    painter->setPen(c.muted);
    if (!aside.isEmpty())
        painter->drawText(placed(QRect(all.right() - kRight - kAside, top, kAside, titleMetrics.height())),
                          Qt::AlignTrailing | Qt::AlignVCenter, aside);
    if (const QVariant progress = index.data(Progress); progress.isValid()) {
        const QRectF bar =
            placed(QRect(all.right() - kRight - kBar, top + titleMetrics.lineSpacing() + 3, kBar, 5));
        painter->setPen(Qt::NoPen);
        painter->setBrush(c.barTrack);
        painter->drawRoundedRect(bar, 2.5, 2.5);
        QRectF done = bar;
        done.setWidth(bar.width() * std::clamp(progress.toDouble(), 0.0, 1.0));
        if (option.direction == Qt::RightToLeft)
            done.moveRight(bar.right());
        painter->setBrush(c.bar);
        painter->drawRoundedRect(done, 2.5, 2.5);
    }
    painter->setPen(c.muted);
    const int textWidth = width - besideEvidence(index);
    const int height = evidenceHeight(option, index, textWidth);
    QTextOption wrapping(Qt::AlignLeading); // both flip what is not absolute by the layout's direction
    wrapping.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    painter->setClipRect(all);
    painter->drawText(QRectF(placed(QRect(all.left() + left() + kToText, top + titleMetrics.lineSpacing() + 1,
                                          textWidth, height))),
                      index.data(Evidence).toString(), wrapping);
    painter->restore();
    if (option.state.testFlag(QStyle::State_HasFocus) && m_view->hasFocus()) {
        painter->save();
        painter->setPen(QPen(c.accent, 1.5));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(QRectF(all).adjusted(1, 1, -1, -2));
        painter->restore();
    }
}

void TwoLineDelegate::paintSmall(QPainter* painter, const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const QRect all = option.rect;
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(all, c.selection);
    else if (option.state.testFlag(QStyle::State_MouseOver))
        painter->fillRect(all, c.hover);
    const auto placed = [&](const QRect& place) { return QStyle::visualRect(option.direction, all, place); };
    const auto square = [&](int x, int side) {
        return placed(QRect(all.left() + x, all.top() + (all.height() - side) / 2, side, side));
    };
    int x = left();
    if (const QVariant health = index.data(Health); health.isValid())
        Theme::paintHealth(painter, square(x, 9), static_cast<stack::Health>(health.toInt()),
                           stack::Health::Ok);
    x += 9 + 8;
    if (const QVariant kind = index.data(Kind); kind.isValid()) {
        constexpr int side = 14;
        painter->drawPixmap(square(x, side), Theme::layerIcon(static_cast<stack::ItemKind>(kind.toInt()))
                                                 .pixmap(QSize(side, side), m_view->devicePixelRatioF()));
        x += side + 6;
    }
    const QFontMetrics metrics(m_view->font());
    const int room = all.width() - x - kRight;
    const QString name = metrics.elidedText(index.data().toString(), Qt::ElideRight, room);
    const int nameWidth = metrics.horizontalAdvance(name);
    painter->setFont(m_view->font());
    painter->setPen(c.text);
    drawLine(painter, placed(QRect(all.left() + x, all.top(), nameWidth + 2, all.height())), name,
             option.direction);
    const int rest = room - nameWidth - 10;
    if (rest > metrics.averageCharWidth() * 5) {
        painter->setPen(c.muted);
        drawLine(painter, placed(QRect(all.left() + x + nameWidth + 10, all.top(), rest, all.height())),
                 metrics.elidedText(index.data(Note).toString(), Qt::ElideRight, rest), option.direction);
    }
    painter->restore();
    if (option.state.testFlag(QStyle::State_HasFocus) && m_view->hasFocus()) {
        painter->save();
        painter->setPen(QPen(c.accent, 1.5));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(QRectF(all).adjusted(1, 1, -1, -2));
        painter->restore();
    }
}

void setUpTwoLineRows(QAbstractItemView* view)
{
    view->setItemDelegate(new TwoLineDelegate(view));
    view->setFrameShape(QFrame::NoFrame);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view->viewport()->setMouseTracking(true);
    view->viewport()->setAttribute(Qt::WA_Hover);
    QObject::connect(&Theme::instance(), &Theme::changed, view, [view] { view->doItemsLayout(); });
}

void setUpTwoLineList(QListView* view)
{
    setUpTwoLineRows(view);
    view->setResizeMode(QListView::Adjust); // row heights follow the width
    view->setUniformItemSizes(false);
    auto* copy = new QAction(QCoreApplication::translate("Table", "Copy rows"), view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, view, [view] {
        QModelIndexList rows = view->selectionModel()->selectedIndexes();
        std::sort(rows.begin(), rows.end());
        QStringList lines;
        for (const QModelIndex& row : rows)
            lines << QStringLiteral("%1\t%2\t%3")
                         .arg(row.data().toString(), row.data(TwoLineDelegate::Evidence).toString(),
                              row.data(TwoLineDelegate::Aside).toString());
        if (!lines.isEmpty())
            QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
    });
    view->addAction(copy);
    view->setContextMenuPolicy(Qt::ActionsContextMenu);
}

} // namespace strata::ui
