// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/celldelegate.h"

#include "ui/theme/theme.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyle>
#include <QTableView>
#include <QTreeView>

namespace strata::ui {
namespace {

constexpr int kSide = 10; // the headings' padding in the style sheet, so that both stand in line
constexpr int kAbove = 4;

} // namespace

CellDelegate::CellDelegate(QObject* parent, int wrappedColumn)
    : QStyledItemDelegate(parent), m_wrapped(wrappedColumn)
{
    QHeaderView* headings = nullptr;
    if (auto* table = qobject_cast<QTableView*>(parent))
        headings = table->horizontalHeader();
    else if (auto* tree = qobject_cast<QTreeView*>(parent))
        headings = tree->header();
    if (headings == nullptr)
        return;
    headings->setProperty("overCells", true);
    headings->style()->unpolish(headings); // it has been asked for its sizes already
    headings->style()->polish(headings);
}

void CellDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    option->features.setFlag(QStyleOptionViewItem::WrapText, index.column() == m_wrapped);
    option->decorationSize = QSize(16, 16);
}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(option.rect, colors().selection);
    else if (option.state.testFlag(QStyle::State_MouseOver))
        painter->fillRect(option.rect, colors().hover);
    QStyleOptionViewItem inner = option;
    inner.rect.adjust(kSide - 3, kAbove, -(kSide - 3), -kAbove); // the style keeps 3 pixels itself
    inner.state &= ~(QStyle::State_Selected | QStyle::State_MouseOver | QStyle::State_HasFocus);
    QStyledItemDelegate::paint(painter, inner, index);
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->setPen(colors().accent);
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
    }
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem inner = option;
    if (inner.rect.width() > 0)
        inner.rect.adjust(kSide - 3, 0, -(kSide - 3), 0);
    const QSize size = QStyledItemDelegate::sizeHint(inner, index);
    return {size.width() + 2 * (kSide - 3) + 6, size.height() + 2 * kAbove};
}

} // namespace strata::ui
