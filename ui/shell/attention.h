// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QObject>
#include <QSet>
#include <QString>
#include <QTimer>

#include <functional>
#include <set>
#include <vector>

namespace strata::ui {

class Selection;
class StackPanel;
class StackStore;
class Workspace;

// The connections to the tenants that these items belong to, and to those pinned (keys of items). Pure.
std::set<stack::SourceId> tenantsOf(const stack::Stack& stack, const std::vector<stack::ItemId>& items,
                                    const QSet<QString>& pinned);

// Which tenants somebody looks at: their rows are on screen, the current item is theirs, or they are pinned.
// Says so whenever it changes, and again when the window comes to the front. Pins are kept in the workspace.
class Attention : public QObject {
    Q_OBJECT

public:
    using Look = std::function<void(std::vector<stack::SourceId>)>;

    Attention(StackStore* store, StackPanel* tree, Selection* selection, Workspace* workspace, Look look,
              QObject* parent);

    bool isPinned(stack::ItemId tenant) const;
    void setPinned(stack::ItemId tenant, bool pinned);
    void refresh(); // says it again

private:
    void plan();
    void tell(bool again);

    StackStore* m_store;
    StackPanel* m_tree;
    Selection* m_selection;
    Workspace* m_workspace;
    const Look m_look;
    QSet<QString> m_pinned;
    std::set<stack::SourceId> m_told;
    QTimer m_soon; // rows that fly past while one scrolls are not looked at
};

} // namespace strata::ui
