// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/consoles.h"

#include "ui/console/consoletargets.h"
#include "ui/console/forwarddialog.h"
#include "ui/console/forwardspage.h"
#include "ui/console/logpage.h"
#include "ui/console/metricspage.h"
#include "ui/console/screenpage.h"
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
      m_clock(std::move(clock))
{
    for (QAction* action : actions->intoItem())
        action->setVisible(true);
    connect(actions->openLogs, &QAction::triggered, this, [this] { openLogs(m_item); });
    connect(actions->openShell, &QAction::triggered, this, [this] { openShell(m_item); });
    connect(actions->openScreen, &QAction::triggered, this, [this] { openScreen(m_item); });
    connect(actions->forwardPort, &QAction::triggered, this, [this] { forwardPort(m_item); });
    connect(actions->addToChart, &QAction::triggered, this, [this] { addToChart(m_item); });
    connect(actions->openSerial, &QAction::triggered, this, [this] { openSerial(m_item); });
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
    tell(m_actions->forwardPort, targets.noForward);
    const Item* current = m_store->stack().find(item);
    const bool measured =
        current != nullptr && (current->used.cpuMilli >= 0 || current->used.memoryBytes >= 0);
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
        return {m_actions->openLogs, m_actions->openShell};
    case ItemKind::Vm:
    case ItemKind::InnerNode:
    case ItemKind::Machine:
        return {m_actions->openScreen, m_actions->openSerial, m_actions->openLogs, m_actions->openShell};
    case ItemKind::Domain:
        return {m_actions->openSerial};
    default:
        return {};
    }
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
    if (!targets.guest)
        return false;
    show(new ScreenPage(m_services, targets.title, *targets.guest, m_bottom));
    return true;
}

bool Consoles::forwardPort(ItemId item)
{
    const ConsoleTargets targets = consoleTargets(m_store->stack(), item);
    if (!targets.noForward.isEmpty())
        return false;
    auto* dialog = new ForwardDialog(targets, m_bottom->window());
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
        page = new MetricsPage(m_store, m_clock, m_bottom);
        m_bottom->openSession(page);
    } else {
        m_bottom->showSession(page);
    }
    Q_EMIT opened();
    return page->add(item);
}

} // namespace strata::ui
