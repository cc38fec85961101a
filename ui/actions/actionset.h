// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/action.h"

#include <QList>
#include <QObject>
#include <QTimer>

#include <map>
#include <vector>

class QAction;
class QMenu;
class QWidget;

namespace strata::ui {

class ClusterRuns;
class StackStore;

// The actions of day two on the items that are selected. Each is one QAction: visible when it makes sense for
// all of them, enabled when it is possible and allowed; otherwise its tooltip says why not.
class ActionSet : public QObject {
    Q_OBJECT

public:
    ActionSet(StackStore* store, ClusterRuns* runs, QWidget* owner);

    void setItems(std::vector<stack::ItemId> items);
    const std::vector<stack::ItemId>& items() const { return m_items; }

    QAction* entry() const { return m_entry; } // a button with all of them in its menu
    QList<QAction*> all() const;
    QList<QAction*> offered() const; // those that make sense now
    QAction* action(actions::Action which) const;
    void recolour();

Q_SIGNALS:
    void wanted(strata::actions::Action action, const std::vector<strata::stack::ItemId>& items);

private:
    void update();
    QString whyNotAllowed(const actions::Offer& offer);

    StackStore* m_store;
    ClusterRuns* m_runs;
    std::vector<stack::ItemId> m_items;
    std::map<actions::Action, QAction*> m_actions;
    QAction* m_entry = nullptr;
    QMenu* m_menu = nullptr;
    QTimer m_later;
};

} // namespace strata::ui
