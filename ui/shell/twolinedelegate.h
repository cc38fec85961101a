// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

class QListView;

namespace strata::ui {

// Rows of Problems and Activity: a health's shape, a bold line, a muted line of up to two lines height, and a
// short text at the right. Progress (0 to 1) adds a bar below that text.
class TwoLineDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    enum Role { Evidence = Qt::UserRole + 100, Health, Aside, Progress };

    explicit TwoLineDelegate(QListView* view);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    int evidenceHeight(const QStyleOptionViewItem& option, const QModelIndex& index, int width) const;

    QListView* m_view;
};

// What both lists have in common: look, copying, rows that follow the width.
void setUpTwoLineList(QListView* view);

} // namespace strata::ui
