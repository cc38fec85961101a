// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <unordered_set>

namespace strata::ui {

// The tree of the stack panel: rows in one colour from edge to edge, a repaint of just the rows that changed,
// typing that goes to the filter.
class TreeView : public QTreeView {
    Q_OBJECT

public:
    explicit TreeView(QWidget* parent = nullptr);

    void setEmptyText(const QString& text); // shown when there is no row

    // Keeps what stands at the top of the viewport there while rows come and go above it.
    void holdScroll();
    void releaseScroll();

    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                     const QList<int>& roles = {}) override;
    void keyboardSearch(const QString& search) override;

Q_SIGNALS:
    void typed(const QString& text);
    void copyWanted();
    void menuAsked(const QModelIndex& index, const QPoint& globalPosition);
    void touched(); // the operator did something in here

protected:
    void paintEvent(QPaintEvent* event) override;
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void setHover(const QModelIndex& index);
    void updateRow(const QModelIndex& index);
    void flushDirty();
    void fitToFont();

    QString m_emptyText;
    QPersistentModelIndex m_hover;
    QPersistentModelIndex m_anchor;
    int m_anchorTop = 0;
    // Rows whose data changed, by their model pointers (compared, never followed).
    std::unordered_set<const void*> m_dirty;
};

} // namespace strata::ui
