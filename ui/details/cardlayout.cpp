// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/cardlayout.h"

#include <QApplication>
#include <QFontMetrics>
#include <QStyle>
#include <QWidget>

#include <algorithm>
#include <array>

namespace strata::ui {
namespace {

constexpr int kGap = 12;
constexpr int kMostColumns = 3;

int narrowest()
{
    // In the program's font, so that larger text gets fewer columns.
    return QFontMetrics(QApplication::font()).averageCharWidth() * 36;
}

int heightOf(QLayoutItem* item, int width)
{
    return item->hasHeightForWidth() ? item->heightForWidth(width) : item->sizeHint().height();
}

} // namespace

CardLayout::CardLayout(QWidget* parent) : QLayout(parent) {}

CardLayout::~CardLayout()
{
    for (const Cell& cell : m_cells)
        delete cell.item;
}

void CardLayout::setCards(const QList<QWidget*>& cards, const QList<bool>& wide)
{
    bool same = std::size_t(cards.size()) == m_cells.size();
    for (int i = 0; same && i < cards.size(); ++i)
        same = m_cells[std::size_t(i)].item->widget() == cards.at(i) &&
               m_cells[std::size_t(i)].wide == wide.at(i);
    if (same)
        return;
    std::vector<Cell> old;
    old.swap(m_cells);
    for (int i = 0; i < cards.size(); ++i) {
        const auto known = std::find_if(old.begin(), old.end(), [&](const Cell& cell) {
            return cell.item != nullptr && cell.item->widget() == cards.at(i);
        });
        Cell cell;
        if (known != old.end()) {
            cell.item = known->item;
            known->item = nullptr;
        } else {
            addChildWidget(cards.at(i));
            cell.item = new QWidgetItem(cards.at(i));
        }
        cell.wide = wide.at(i);
        m_cells.push_back(cell);
    }
    for (const Cell& cell : old)
        delete cell.item;
    m_columns = 0;
    invalidate();
}

void CardLayout::addItem(QLayoutItem* item)
{
    m_cells.push_back({item, false, -1});
    m_columns = 0;
}

QLayoutItem* CardLayout::itemAt(int index) const
{
    return index >= 0 && index < count() ? m_cells[std::size_t(index)].item : nullptr;
}

QLayoutItem* CardLayout::takeAt(int index)
{
    if (index < 0 || index >= count())
        return nullptr;
    QLayoutItem* item = m_cells[std::size_t(index)].item;
    m_cells.erase(m_cells.begin() + index);
    m_columns = 0;
    return item;
}

int CardLayout::columnsFor(int width) const
{
    return std::clamp((width + kGap) / (narrowest() + kGap), 1, kMostColumns);
}

int CardLayout::heightForWidth(int width) const
{
    return place(QRect(0, 0, width, 0), false);
}

QSize CardLayout::sizeHint() const
{
    const int width = narrowest() * 2 + kGap;
    return {width, heightForWidth(width)};
}

QSize CardLayout::minimumSize() const
{
    const QMargins margins = contentsMargins();
    return {margins.left() + margins.right() + 160, margins.top() + margins.bottom() + 40};
}

void CardLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    place(rect, true);
}

int CardLayout::place(const QRect& rect, bool apply) const
{
    const QMargins margins = contentsMargins();
    const QRect area = rect.marginsRemoved(margins);
    const int columns = columnsFor(area.width());
    const bool anew = columns != m_columns;
    m_columns = columns;
    const int width = (area.width() - (columns - 1) * kGap) / columns;
    std::array<int, kMostColumns> bottoms{};
    bottoms.fill(area.top());
    const auto end = bottoms.begin() + columns;
    for (Cell& cell : m_cells) {
        if (cell.wide) {
            const int top = *std::max_element(bottoms.begin(), end);
            const int height = heightOf(cell.item, area.width());
            if (apply)
                cell.item->setGeometry(QRect(area.left(), top, area.width(), height));
            std::fill(bottoms.begin(), end, top + height + kGap);
            continue;
        }
        if (anew || cell.column < 0 || cell.column >= columns)
            cell.column = int(std::min_element(bottoms.begin(), end) - bottoms.begin());
        int& bottom = bottoms[std::size_t(cell.column)];
        const int height = heightOf(cell.item, width);
        if (apply) {
            const int left = area.left() + cell.column * (width + kGap);
            const QRect place(left, bottom, width, height);
            cell.item->setGeometry(QStyle::visualRect(
                parentWidget() != nullptr ? parentWidget()->layoutDirection() : Qt::LeftToRight, area,
                place));
        }
        bottom += height + kGap;
    }
    const int bottom = *std::max_element(bottoms.begin(), end);
    return (m_cells.empty() ? area.top() : bottom - kGap) - rect.top() + margins.bottom();
}

} // namespace strata::ui
