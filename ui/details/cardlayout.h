// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>

#include <vector>

namespace strata::ui {

// Cards of one width in one to three columns, as many as fit; each new card goes to the shortest column and
// stays there while the set of cards and the number of columns stay, so that a card that grows does not make
// others jump. Wide cards take the whole width and start below all that came before.
class CardLayout : public QLayout {
    Q_OBJECT

public:
    explicit CardLayout(QWidget* parent = nullptr);
    ~CardLayout() override;

    void setCards(const QList<QWidget*>& cards, const QList<bool>& wide); // in their order; others leave

    void addItem(QLayoutItem* item) override;
    int count() const override { return int(m_cells.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    struct Cell {
        QLayoutItem* item = nullptr;
        bool wide = false;
        int column = -1;
    };
    int columnsFor(int width) const;
    int place(const QRect& rect, bool apply) const;

    mutable std::vector<Cell> m_cells;
    mutable int m_columns = 0;
};

} // namespace strata::ui
