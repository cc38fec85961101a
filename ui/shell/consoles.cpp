// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/consoles.h"

#include "ui/console/consoletargets.h"
#include "ui/console/logpage.h"
#include "ui/console/terminalpage.h"
#include "ui/shell/actions.h"
#include "ui/shell/bottompanel.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"

#include <QAction>

namespace strata::ui {

using namespace stack;

Consoles::Consoles(const ConsoleServices& services, StackStore* store, const Actions* actions,
                   BottomPanel* bottom, QObject* parent)
    : QObject(parent), m_services(services), m_store(store), m_actions(actions), m_bottom(bottom)
{
    for (QAction* action : actions->intoItem())
        action->setVisible(true);
    connect(actions->openLogs, &QAction::triggered, this, [this] { openLogs(m_item); });
    connect(actions->openShell, &QAction::triggered, this, [this] { openShell(m_item); });
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
        action->setToolTip(plainToolTip(QStringLiteral("%1 (%2)").arg(tip, keys)));
    };
    tell(m_actions->openLogs, targets.noLogs);
    tell(m_actions->openShell, targets.noShell);
    tell(m_actions->openSerial, targets.noConsole);
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
        return {m_actions->openSerial, m_actions->openLogs, m_actions->openShell};
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

} // namespace strata::ui
