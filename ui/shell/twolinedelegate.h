// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

class QAbstractItemView;
class QListView;

namespace strata::ui {

// Rows of Problems and Activity: a health's shape, a bold line, a muted line of up to two lines height, and a
// badge and a short text at the right. Progress (0 to 1) adds a bar below that text. A row that is `Small` is
// one line: shape, pictogram, name, muted note.
class TwoLineDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    enum Role { Evidence = Qt::UserRole + 100, Health, Aside, Progress, Badge, Small, Note, Kind };

    explicit TwoLineDelegate(QAbstractItemView* view);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    int evidenceHeight(const QStyleOptionViewItem& option, const QModelIndex& index, int width) const;
    void paintSmall(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    int left() const;
    int indent(const QModelIndex& index) const; // of a tree's row: what the branch takes

    QAbstractItemView* m_view;
};

// What both have in common: look, rows that follow the width.
void setUpTwoLineRows(QAbstractItemView* view);
// The same for a flat list, with copying.
void setUpTwoLineList(QListView* view);

} // namespace strata::ui
