// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QJsonObject>
#include <QWidget>

#include <memory>
#include <vector>

namespace strata::ui {

class Selection;
class StackStore;

// The left dock: perspectives Stack, Tenants and Hosts as tabs, the filter field, and the live tree with its
// columns. Selection, expansion and scroll position survive every update.
class StackPanel : public QWidget {
    Q_OBJECT

public:
    StackPanel(StackStore* store, Selection* selection, QWidget* parent = nullptr);
    ~StackPanel() override;

    stack::Tree perspective() const;
    void setPerspective(stack::Tree tree);
    QString filter() const;
    void setFilter(const QString& text);
    void focusFilter();
    void focusTree();

    // All selected items, the current one first; of several kinds when the operator chose so.
    std::vector<stack::ItemId> selectedItems() const;

    std::vector<stack::ItemId> shownItems() const; // whose rows are in the viewport now

    // Perspective, filter, column widths and what is expanded (by item keys): for the workspace.
    QJsonObject saveState() const;
    void restoreState(const QJsonObject& state);

Q_SIGNALS:
    void selectedItemsChanged();
    void shownChanged(); // other rows may be in the viewport; often, so do little
    void menuWanted(strata::stack::ItemId id, const QPoint& globalPosition);
    void activated(strata::stack::ItemId id); // Return or double click
    // A source's row of the tree ("connecting …", "not allowed to list pods"): the operator wants it retried.
    void retryWanted(strata::stack::SourceId source);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
