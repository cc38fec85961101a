// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/connect/services.h"
#include "ui/console/services.h"
#include "ui/hosts/domaintarget.h"
#include "ui/hosts/services.h"

#include <QList>
#include <QObject>

class QAction;
class QWidget;

namespace strata::ui {

class ClusterRuns;
class DomainActions;
class DomainsPage;
class Selection;
class StackStore;

// What the window offers on hosts: the actions of the current domain, the tab with all of a host's, and the
// windows that these open.
class HostDesk : public QObject {
    Q_OBJECT

public:
    // `runs` may be null: nothing is logged then.
    HostDesk(const HostServices& services, StackStore* store, Selection* selection, ClusterRuns* runs,
             QWidget* window);

    void setItem(stack::ItemId id);
    QAction* entry() const; // for the details' row
    QList<QAction*> offered() const;
    QList<QAction*> all() const;
    DomainsPage* page() const { return m_page; }

    // What new nodes need beyond the services; without it addNode() stays away.
    void setParts(const ConnectServices& connect, const ConsoleServices& consoles);
    QAction* addNode() const { return m_addNode; } // "Add outer node…", at the current host

Q_SIGNALS:
    void did(const QString& what);
    void failed(const QString& what, const QString& why);
    void clusterMade(const QString& kubeconfig, const QString& name);

private:
    void connectActions(DomainActions* actions);
    void act(virt::DomainVerb verb, const DomainTarget& target);
    void edit(const DomainTarget& target);
    void snapshots(const DomainTarget& target);
    template<typename Dialog>
    void show(Dialog* dialog);

    HostServices m_services;
    StackStore* m_store;
    ClusterRuns* m_runs;
    QWidget* m_window;
    DomainActions* m_actions = nullptr;
    DomainsPage* m_page = nullptr;
    QAction* m_addNode = nullptr;
    ConnectServices m_connect;
    ConsoleServices m_consoles;
    std::string m_uri; // of the current host
};

} // namespace strata::ui
