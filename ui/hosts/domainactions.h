// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/hosts/domaintarget.h"

#include <QList>
#include <QObject>

#include <map>

class QAction;
class QMenu;
class QWidget;

namespace strata::ui {

// What can be done to one domain, one QAction each: grey with the reason by its state.
class DomainActions : public QObject {
    Q_OBJECT

public:
    explicit DomainActions(QWidget* owner);

    void setTarget(const DomainTarget& target);
    const DomainTarget& target() const { return m_target; }

    QAction* entry() const { return m_entry; } // a button with all of them in its menu
    QList<QAction*> offered() const;           // none without a target
    QList<QAction*> all() const;
    QAction* action(virt::DomainVerb verb) const; // null for those that the snapshots' window has
    QAction* snapshots() const { return m_snapshots; }

Q_SIGNALS:
    void wanted(virt::DomainVerb verb, const strata::ui::DomainTarget& target);
    void editWanted(const strata::ui::DomainTarget& target);
    void snapshotsWanted(const strata::ui::DomainTarget& target);

private:
    void update();
    void recolour();

    DomainTarget m_target;
    std::map<virt::DomainVerb, QAction*> m_actions;
    QAction* m_snapshots = nullptr;
    QAction* m_entry = nullptr;
    QMenu* m_menu = nullptr;
};

} // namespace strata::ui
