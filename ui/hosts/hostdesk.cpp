// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/hostdesk.h"

#include "core/hosts/domainwords.h"
#include "ui/connect/errorwords.h"
#include "ui/hosts/addnodedialog.h"
#include "ui/hosts/domainactions.h"
#include "ui/hosts/domaindialog.h"
#include "ui/hosts/domaineditdialog.h"
#include "ui/hosts/domainspage.h"
#include "ui/hosts/snapshotsdialog.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>

namespace strata::ui {

using virt::DomainVerb;

HostDesk::HostDesk(const HostServices& services, StackStore* store, Selection* selection, ClusterRuns* runs,
                   QWidget* window)
    : QObject(window), m_services(services), m_store(store), m_runs(runs), m_window(window)
{
    m_actions = new DomainActions(window);
    connectActions(m_actions);
    m_page = new DomainsPage(services, store, selection, window);
    connectActions(m_page->actions());
    connect(m_page, &DomainsPage::itemWanted, selection, &Selection::select);
    connect(m_page, &DomainsPage::defineWanted, this, &HostDesk::edit);
    m_addNode = new QAction(tr("Add &outer node…"), window);
    m_addNode->setObjectName(QStringLiteral("addNode"));
    m_addNode->setStatusTip(
        tr("A VM on a host or a bare server joins an outer cluster, or begins a new one"));
    m_addNode->setToolTip(m_addNode->statusTip());
    m_addNode->setVisible(false);
    window->addAction(m_addNode);
    const auto recolour = [this] { m_addNode->setIcon(Theme::icon(QStringLiteral("outer-node"))); };
    recolour();
    connect(&Theme::instance(), &Theme::changed, this, recolour);
    connect(m_addNode, &QAction::triggered, this, [this] {
        auto* dialog = new AddNodeDialog(m_services, m_connect, m_consoles, m_runs, m_store, m_window);
        dialog->setHost(m_uri);
        connect(dialog, &AddNodeDialog::clusterMade, this, &HostDesk::clusterMade);
        show(dialog);
    });
    connect(this, &HostDesk::did, m_page, &DomainsPage::reload); // what no event tells: snapshots, autostart
}

void HostDesk::setParts(const ConnectServices& connect, const ConsoleServices& consoles)
{
    m_connect = connect;
    m_consoles = consoles;
    m_addNode->setVisible(m_services.startNode && m_connect.inventory);
}

void HostDesk::setItem(stack::ItemId id)
{
    if (const stack::HostFact* host = m_store->stack().facts(id).host)
        m_uri = host->uri;
    const DomainTarget target = targetOf(m_store->stack(), id);
    if (!(target == m_actions->target()))
        m_actions->setTarget(target);
}

QAction* HostDesk::entry() const
{
    return m_actions->entry();
}

QList<QAction*> HostDesk::offered() const
{
    return m_actions->offered();
}

QList<QAction*> HostDesk::all() const
{
    return QList<QAction*>{m_addNode} + m_actions->all();
}

void HostDesk::connectActions(DomainActions* actions)
{
    connect(actions, &DomainActions::wanted, this, &HostDesk::act);
    connect(actions, &DomainActions::editWanted, this, &HostDesk::edit);
    connect(actions, &DomainActions::snapshotsWanted, this, &HostDesk::snapshots);
}

template<typename Dialog>
void HostDesk::show(Dialog* dialog)
{
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &Dialog::finishedWell, this, &HostDesk::did);
    connect(dialog, &Dialog::failedWith, this, &HostDesk::failed);
    dialog->show();
}

void HostDesk::act(DomainVerb verb, const DomainTarget& target)
{
    if (target.uuid.empty())
        return;
    virt::DomainRequest request;
    request.verb = verb;
    request.domain = target.uuid;
    const bool harmless = verb == DomainVerb::Start || verb == DomainVerb::Resume ||
                          verb == DomainVerb::AutostartOn || verb == DomainVerb::AutostartOff;
    if (!harmless) {
        show(new DomainDialog(m_services, m_runs, m_store, target, request, m_window));
        return;
    }
    const QString what = shown(hosts::auditPlan(target.uri, target.name, request).title);
    actAudited(m_services, m_runs, target, request, this, [this, what](Result<virt::DomainDone> done) {
        if (done)
            Q_EMIT did(what);
        else
            Q_EMIT failed(what, errorText(done.error()));
    });
}

void HostDesk::edit(const DomainTarget& target)
{
    show(new DomainEditDialog(m_services, m_runs, target, m_window));
}

void HostDesk::snapshots(const DomainTarget& target)
{
    if (!target.uuid.empty())
        show(new SnapshotsDialog(m_services, m_runs, m_store, target, m_window));
}

} // namespace strata::ui
