// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/consoles.h"

#include "ui/console/bootstrappage.h"
#include "ui/console/consoletargets.h"
#include "ui/console/forwarddialog.h"
#include "ui/console/forwardspage.h"
#include "ui/console/logpage.h"
#include "ui/console/metricspage.h"
#include "ui/console/nodeshelldialog.h"
#include "ui/console/screenpage.h"
#include "ui/console/screenshots.h"
#include "ui/console/sshdialog.h"
#include "ui/console/terminalpage.h"
#include "ui/shell/actions.h"
#include "ui/shell/bottompanel.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"

#include <QAction>

namespace strata::ui {

using namespace stack;

Consoles::Consoles(const ConsoleServices& services, StackStore* store, const Actions* actions,
                   BottomPanel* bottom, Clock clock, QObject* parent)
    : QObject(parent), m_services(services), m_store(store), m_actions(actions), m_bottom(bottom),
      m_clock(std::move(clock)), m_screenshots(new Screenshots(services, this))
{
    for (QAction* action : actions->intoItem())
        action->setVisible(true);
    connect(actions->openLogs, &QAction::triggered, this, [this] { openLogs(m_item); });
    connect(actions->openShell, &QAction::triggered, this, [this] { openShell(m_item); });
    connect(actions->openScreen, &QAction::triggered, this, [this] { openScreen(m_item); });
    connect(actions->forwardPort, &QAction::triggered, this, [this] { forwardPort(m_item); });
    connect(actions->addToChart, &QAction::triggered, this, [this] { addToChart(m_item); });
    connect(actions->openSerial, &QAction::triggered, this, [this] { openSerial(m_item); });
    connect(actions->openSsh, &QAction::triggered, this, [this] { openSsh(m_item); });
    connect(actions->openNodeShell, &QAction::triggered, this, [this] { openNodeShell(m_item); });
    connect(actions->attach, &QAction::triggered, this, [this] { attach(m_item); });
    connect(actions->openBootstrap, &QAction::triggered, this, [this] { openBootstrap(m_item); });
}

void Consoles::follow(ItemId item)
{
    m_item = item;
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    const auto tell = [](QAction* action, const QString& why) {
        action->setEnabled(why.isEmpty());
        const QString tip = why.isEmpty() ? action->statusTip() : why;
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        action->setToolTip(plainToolTip(keys.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keys)));
    };
    tell(m_actions->openLogs, targets.noLogs);
    tell(m_actions->openShell, targets.noShell);
    tell(m_actions->openSerial, targets.noConsole);
    tell(m_actions->openScreen, targets.noScreen);
    tell(m_actions->openSsh, targets.noSsh);
    tell(m_actions->openNodeShell, targets.noNode);
    tell(m_actions->attach, targets.noShell);
    tell(m_actions->openBootstrap, targets.noBootstrap);
    tell(m_actions->forwardPort, targets.noForward);
    const Item* current = m_store->stack().find(item);
    const bool measured =
        current != nullptr && (current->used.cpuMilli >= 0 || current->used.memoryBytes >= 0 ||
                               measureTarget(m_store->stack(), item).has_value());
    tell(m_actions->addToChart, measured ? QString() : tr("No usage is measured of it."));
    // A VM's pod is the one that runs it, and a shell there is not one in the VM.
    m_actions->openShell->setText(targets.launcher ? tr("Shell in launcher") : tr("Shell"));
    m_actions->openLogs->setText(targets.launcher ? tr("Launcher logs") : tr("Logs"));
}

QList<QAction*> Consoles::rowFor(ItemId id) const
{
    const Item* item = m_store->stack().find(id);
    if (item == nullptr)
        return {};
    switch (item->kind) {
    case ItemKind::Workload:
        return {m_actions->openLogs, m_actions->openShell, m_actions->attach};
    case ItemKind::OuterNode:
        return {m_actions->openNodeShell};
    case ItemKind::InnerNode:
        return {m_actions->openScreen, m_actions->openSerial, m_actions->openNodeShell, m_actions->openSsh,
                m_actions->openBootstrap};
    case ItemKind::Vm:
    case ItemKind::Machine:
        return {m_actions->openScreen, m_actions->openSerial, m_actions->openSsh, m_actions->openBootstrap,
                m_actions->openLogs};
    case ItemKind::Domain:
        return {m_actions->openScreen, m_actions->openSerial};
    default:
        return {};
    }
}

void Consoles::take(ItemId vm, QObject* context,
                    std::function<void(const QImage& image, const QString& why)> done)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), vm);
    if (targets.guest)
        m_screenshots->take(*targets.guest, context, std::move(done));
    else
        done({}, targets.noConsole);
}

void Consoles::show(SessionPage* page)
{
    if (SessionPage* open = m_bottom->session(page->key())) {
        delete page;
        m_bottom->showSession(open);
    } else {
        m_bottom->openSession(page);
    }
    Q_EMIT opened();
}

bool Consoles::openLogs(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (targets.pods.empty())
        return false;
    show(new LogPage(m_services, targets.title, targets.pods, m_bottom));
    return true;
}

bool Consoles::openShell(ItemId item)
{
    ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    std::erase_if(targets.pods, [](const PodTarget& pod) { return !pod.running; });
    if (targets.pods.empty())
        return false;
    const QString title = targets.launcher ? shown(targets.pods.front().name) : targets.title;
    show(TerminalPage::shell(m_services, title, targets.pods, m_bottom));
    return true;
}

bool Consoles::openSerial(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.guest && !targets.host)
        return false;
    show(TerminalPage::serial(m_services, targets, m_bottom));
    return true;
}

bool Consoles::openScreen(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.guest && !targets.host)
        return false;
    show(new ScreenPage(m_services, targets.title, targets.guest, targets.host, m_bottom));
    return true;
}

bool Consoles::openSsh(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.guest || !m_services.ssh)
        return false;
    auto* dialog = new SshDialog(*targets.guest, m_bottom->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SshDialog::sshWanted, this, [this](SourceId cluster, const console::SshTarget& target) {
        show(TerminalPage::ssh(m_services, cluster, target, m_bottom));
    });
    dialog->open();
    return true;
}

bool Consoles::openNodeShell(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.node || !m_services.nodeShell)
        return false;
    auto* dialog = new NodeShellDialog(*targets.node, m_bottom->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &NodeShellDialog::shellWanted, this,
            [this](SourceId cluster, const console::NodeShellTarget& target) {
                show(TerminalPage::nodeShell(m_services, cluster, target, m_bottom));
            });
    dialog->open();
    return true;
}

bool Consoles::attach(ItemId item)
{
    ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    std::erase_if(targets.pods, [](const PodTarget& pod) { return !pod.running; });
    if (targets.pods.empty())
        return false;
    show(TerminalPage::attach(m_services, targets.title, targets.pods, m_bottom));
    return true;
}

bool Consoles::openBootstrap(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.bootstrap || !m_services.bootstrap)
        return false;
    show(new BootstrapPage(m_services, targets.title, *targets.bootstrap, m_bottom));
    return true;
}

bool Consoles::forwardPort(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.noForward.isEmpty())
        return false;
    auto* dialog = new ForwardDialog(targets, &m_services, m_bottom->window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ForwardDialog::forwardWanted, this,
            [this](SourceId cluster, const console::ForwardTarget& target, quint16 localPort) {
                auto* page = qobject_cast<ForwardsPage*>(m_bottom->session(ForwardsPage::pageKey()));
                if (page == nullptr) {
                    page = new ForwardsPage(m_bottom);
                    m_bottom->openSession(page);
                } else {
                    m_bottom->showSession(page);
                }
                page->open(m_services, cluster, target, localPort);
                Q_EMIT opened();
            });
    dialog->open();
    return true;
}

bool Consoles::addToChart(ItemId item)
{
    auto* page = qobject_cast<MetricsPage*>(m_bottom->session(MetricsPage::pageKey()));
    if (page == nullptr) {
        page = new MetricsPage(m_store, m_services, m_clock, m_bottom);
        m_bottom->openSession(page);
    } else {
        m_bottom->showSession(page);
    }
    Q_EMIT opened();
    return page->add(item);
}

} // namespace strata::ui
