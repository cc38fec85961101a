// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/treeview.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

namespace strata::ui {

TreeView::TreeView(QWidget* parent) : QTreeView(parent)
{
    setUniformRowHeights(true);
    setSelectionMode(ExtendedSelection);
    setSelectionBehavior(SelectRows);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setExpandsOnDoubleClick(false);
    setFrameShape(NoFrame);
    setMouseTracking(true);
    header()->setSectionsMovable(false);
    header()->setHighlightSections(false);
    header()->setStretchLastSection(false);
    fitToFont();
}

void TreeView::fitToFont()
{
    const int height = fontMetrics().height();
    setIndentation(qRound(height * 1.05));
    setIconSize({qRound(height * 0.95), qRound(height * 0.95)});
}

void TreeView::changeEvent(QEvent* event)
{
    QTreeView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fitToFont();
}

void TreeView::setEmptyText(const QString& text)
{
    if (m_emptyText == text)
        return;
    m_emptyText = text;
    viewport()->update();
}

void TreeView::holdScroll()
{
    m_anchor = QPersistentModelIndex();
    if (verticalScrollBar()->value() <= 0)
        return; // at the very top new rows are meant to be seen
    m_anchor = indexAt(QPoint(0, 0));
    if (m_anchor.isValid())
        m_anchorTop = visualRect(m_anchor).top();
}

void TreeView::releaseScroll()
{
    if (!m_anchor.isValid())
        return;
    const QRect rect = visualRect(m_anchor); // lays out what is pending
    if (rect.isValid() && rect.top() != m_anchorTop)
        verticalScrollBar()->setValue(verticalScrollBar()->value() + rect.top() - m_anchorTop);
    m_anchor = QPersistentModelIndex();
}

void TreeView::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                           const QList<int>& roles)
{
    Q_UNUSED(roles);
    // The base repaints the whole viewport for a row of several cells, and looks for its place in all rows.
    if (!topLeft.isValid() || !bottomRight.isValid())
        return;
    if (m_dirty.empty())
        QMetaObject::invokeMethod(this, &TreeView::flushDirty, Qt::QueuedConnection);
    const QModelIndex parent = topLeft.parent();
    for (int row = topLeft.row(); row <= bottomRight.row(); ++row)
        m_dirty.insert(model()->index(row, 0, parent).internalPointer());
}

void TreeView::flushDirty()
{
    const int bottom = viewport()->height();
    for (QModelIndex index = indexAt(QPoint(0, 0)); index.isValid(); index = indexBelow(index)) {
        const QRect rect = visualRect(index);
        if (rect.top() > bottom)
            break;
        if (m_dirty.contains(index.internalPointer()))
            viewport()->update(0, rect.top(), viewport()->width(), rect.height());
    }
    m_dirty.clear();
}

void TreeView::keyboardSearch(const QString& search)
{
    Q_UNUSED(search); // the filter field takes what is typed
}

void TreeView::updateRow(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    const QRect rect = visualRect(index);
    viewport()->update(0, rect.top(), viewport()->width(), rect.height());
}

void TreeView::setHover(const QModelIndex& index)
{
    const QModelIndex row = index.siblingAtColumn(0);
    if (row == m_hover)
        return;
    const QModelIndex before = m_hover;
    m_hover = row;
    updateRow(before);
    updateRow(row);
}

bool TreeView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::MouseMove || event->type() == QEvent::HoverMove)
        setHover(indexAt(static_cast<QMouseEvent*>(event)->position().toPoint()));
    else if (event->type() == QEvent::Leave || event->type() == QEvent::HoverLeave)
        setHover({});
    return QTreeView::viewportEvent(event);
}

void TreeView::drawRow(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Colors& c = colors();
    const bool selected = selectionModel() != nullptr && selectionModel()->isSelected(index);
    const QRect row(0, option.rect.top(), viewport()->width(), option.rect.height());
    if (selected)
        painter->fillRect(row, c.selection);
    else if (m_hover.isValid() && index.siblingAtColumn(0) == m_hover)
        painter->fillRect(row, c.hover);
    QStyleOptionViewItem plain = option;
    plain.state &= ~(QStyle::State_HasFocus | QStyle::State_Selected);
    plain.showDecorationSelected = false;
    QTreeView::drawRow(painter, plain, index);
    if (hasFocus() && index.siblingAtColumn(0) == currentIndex().siblingAtColumn(0)) {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(c.accent, 1));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(QRectF(row).adjusted(1.5, 0.5, -1.5, -0.5), 3, 3);
        painter->restore();
    }
}

void TreeView::paintEvent(QPaintEvent* event)
{
    QTreeView::paintEvent(event);
    if (m_emptyText.isEmpty() || model() == nullptr || model()->rowCount() > 0)
        return;
    QPainter painter(viewport());
    painter.setPen(colors().muted);
    const int pad = fontMetrics().height();
    painter.drawText(viewport()->rect().adjusted(pad, 2 * pad, -pad, -pad),
                     int(Qt::AlignHCenter | Qt::AlignTop) | Qt::TextWordWrap, m_emptyText);
}

void TreeView::keyPressEvent(QKeyEvent* event)
{
    Q_EMIT touched();
    if (event->matches(QKeySequence::Copy)) {
        Q_EMIT copyWanted();
        return;
    }
    const QString text = event->text();
    const bool plain = (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) == 0;
    if (plain && !text.isEmpty() && text[0].isPrint() && !text[0].isSpace() && text != QLatin1String("*") &&
        text != QLatin1String("+") && text != QLatin1String("-")) {
        Q_EMIT typed(text);
        return;
    }
    if (event->key() == Qt::Key_Asterisk)
        return; // expanding everything below takes minutes in a large site
    QTreeView::keyPressEvent(event);
}

void TreeView::mousePressEvent(QMouseEvent* event)
{
    Q_EMIT touched();
    QTreeView::mousePressEvent(event);
}

void TreeView::wheelEvent(QWheelEvent* event)
{
    Q_EMIT touched();
    QTreeView::wheelEvent(event);
}

void TreeView::focusInEvent(QFocusEvent* event)
{
    // The item view would make the first row the current one: the focus alone selects nothing.
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void TreeView::contextMenuEvent(QContextMenuEvent* event)
{
    QModelIndex index = indexAt(event->pos());
    QPoint position = event->globalPos();
    if (event->reason() == QContextMenuEvent::Keyboard) {
        index = currentIndex();
        const QRect rect = visualRect(index.siblingAtColumn(0));
        position = viewport()->mapToGlobal(QPoint(rect.left() + iconSize().width(), rect.bottom()));
    }
    if (index.isValid())
        Q_EMIT menuAsked(index, position);
}

} // namespace strata::ui
