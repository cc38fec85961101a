// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/actions.h"

#include "ui/theme/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QKeySequence>
#include <QMenu>
#include <QWidget>

namespace strata::ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(Actions)
};

} // namespace

Actions::Actions(QWidget* owner)
{
    const auto make = [&](const QString& text, const char* icon, const QKeySequence& keys,
                          const QString& tip) {
        auto* action = new QAction(text, owner);
        action->setProperty("pictogram", QString::fromLatin1(icon));
        if (!keys.isEmpty())
            action->setShortcut(keys);
        action->setStatusTip(tip);
        // A tooltip tells the shortcut, too.
        QString hover = tip.isEmpty() ? text : tip;
        hover.remove(QLatin1Char('&'));
        if (!keys.isEmpty())
            hover += QStringLiteral(" (%1)").arg(keys.toString(QKeySequence::NativeText));
        action->setToolTip(hover);
        owner->addAction(action);
        m_all << action;
        return action;
    };
    openDemo =
        make(Words::tr("Open the &demo site"), "play", {}, Words::tr("A small site inside this program"));
    connectCluster = make(Words::tr("&Connect a cluster…"), "connect", QKeySequence(Qt::CTRL | Qt::Key_N),
                          Words::tr("Connect an outer cluster by its kubeconfig"));
    connectHost = make(Words::tr("&Enrol a host…"), "enrol", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N),
                       Words::tr("Connect a bare-metal host through libvirt"));
    checkHosts = make(Words::tr("Chec&k hosts…"), "check", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H),
                      Words::tr("Whether the hosts are fit to carry the stack, side by side"));
    capacity = make(Words::tr("Ca&pacity…"), "metrics", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P),
                    Words::tr("How full the layers are, and how many more VMs fit"));
    createCluster = make(Words::tr("New &tenant cluster…"), "create", QKeySequence(Qt::CTRL | Qt::Key_T),
                         Words::tr("Create a tenant cluster on an outer cluster"));
    prepareCluster =
        make(Words::tr("Prepare the o&uter cluster…"), "upgrade", {},
             Words::tr("Install or upgrade KubeVirt, Cluster API and what else tenant clusters need"));
    audit = make(Words::tr("What was &done…"), "logs", {},
                 Words::tr("The audit log of this machine, and certificates that expire"));
    images = make(Words::tr("&Images…"), "disk", {},
                  Words::tr("Disk images: import, upload, clone; who uses which"));
    settings = make(Words::tr("&Settings…"), "settings", QKeySequence(Qt::CTRL | Qt::Key_Comma),
                    Words::tr("Theme, font size, remembered connections"));
    quit = make(Words::tr("&Quit"), "quit", QKeySequence(Qt::CTRL | Qt::Key_Q), {});

    openShell = make(Words::tr("Shell"), "terminal", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T),
                     Words::tr("A shell in a container of the selected item"));
    openScreen = make(Words::tr("Screen"), "vm", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V),
                      Words::tr("The screen of the selected VM"));
    openSerial = make(Words::tr("Serial console"), "console", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
                      Words::tr("The serial line of the selected machine"));
    openLogs = make(Words::tr("Logs"), "logs", QKeySequence(Qt::CTRL | Qt::Key_L),
                    Words::tr("What the selected item's pods print"));
    openSsh =
        make(Words::tr("SSH…"), "key", {}, Words::tr("SSH into the selected VM, through a forwarded port"));
    openNodeShell = make(Words::tr("Node shell…"), "terminal", {},
                         Words::tr("A shell on the selected node, by a pod that goes with it"));
    attach = make(Words::tr("Attach"), "connect", {},
                  Words::tr("The first process of a container of the selected item"));
    openBootstrap =
        make(Words::tr("Bootstrap"), "activity", {},
             Words::tr("How far the selected machine has come on its way into the cluster, and why not "
                       "further"));
    forwardPort = make(Words::tr("Forward a port…"), "network", {},
                       Words::tr("A port of this machine that leads into a pod or a VM"));
    addToChart = make(Words::tr("Add to chart"), "metrics", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M),
                      Words::tr("The selected item's CPU and memory in the chart of metrics"));
    for (QAction* action : intoItem())
        action->setVisible(false); // until there is somebody to open them

    copyName = make(Words::tr("Copy name"), "copy", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
                    Words::tr("Copy the name of the selected item"));
    copyCommand = make(Words::tr("Copy command"), "copy", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K),
                       Words::tr("Copy the kubectl or virsh command that shows the selected item"));
    openYaml = make(Words::tr("Open YAML"), "yaml", QKeySequence(Qt::CTRL | Qt::Key_Y),
                    Words::tr("Show the objects behind the selected item"));
    reveal = make(Words::tr("Reveal in tree"), "stack", QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R),
                  Words::tr("Show the selected item in the tree"));
    whatIf = make(Words::tr("What if it dies?"), "problem", {},
                  Words::tr("What would happen to VMs, etcd quorums and tenants"));
    compare = make(Words::tr("Compare with another…"), "yaml", {},
                   Words::tr("Two objects side by side, with their differences"));
    compareHealthy = make(Words::tr("Compare with when it was healthy"), "yaml", {},
                          Words::tr("The object now and as it was before the trouble began"));
    relatedMenu = new QMenu(owner);
    related = make(Words::tr("Go to"), "forward", {}, Words::tr("The same thing elsewhere"));
    related->setMenu(relatedMenu);
    accessMenu = new QMenu(owner);
    access = make(Words::tr("Kubeconfig"), "key", {}, Words::tr("The tenant cluster for kubectl and others"));
    access->setMenu(accessMenu);
    accessTerminal = make(Words::tr("Open a terminal for kubectl"), "console", {},
                          Words::tr("A terminal in which kubectl reaches the tenant cluster"));
    accessSave = make(Words::tr("Save the kubeconfig…"), "export", {},
                      Words::tr("Save the tenant cluster's kubeconfig as a file that only you can read"));
    accessServe = make(Words::tr("Serve on a local port"), "network", {},
                       Words::tr("kubectl reaches the tenant cluster through the outer cluster's API"));
    accessMenu->addActions({accessTerminal, accessSave, accessServe});
    pin = make(Words::tr("Always follow its pods"), "play", {},
               Words::tr("Of many tenants, the pods of those that nobody looks at are only counted"));
    pin->setCheckable(true);
    services = make(Words::tr("Services…"), "network", {},
                    Words::tr("The tenant's services and ingresses with what stands for them outside"));
    deletion = make(Words::tr("What is left of it…"), "delete", {},
                    Words::tr("Who holds the deletion, since when, and the safe next step"));

    back = make(Words::tr("&Back"), "back", QKeySequence(Qt::ALT | Qt::Key_Left),
                Words::tr("The item selected before"));
    forward = make(Words::tr("&Forward"), "forward", QKeySequence(Qt::ALT | Qt::Key_Right),
                   Words::tr("The item selected next"));
    overview = make(Words::tr("&Overview of the site"), "overview", QKeySequence(Qt::ALT | Qt::Key_Home),
                    Words::tr("What runs, what room there is and what it runs on; nothing is selected then"));
    palette = make(Words::tr("&Search, or run a command"), "search", QKeySequence(Qt::CTRL | Qt::Key_K), {});
    filter = make(Words::tr("F&ilter the tree"), "filter", QKeySequence(Qt::CTRL | Qt::Key_F), {});
    nextPlace = make(Words::tr("&Next place"), "chevron-right", QKeySequence(Qt::Key_F6),
                     Words::tr("Tree, chart, details, problems, in a round"));
    previousPlace = make(Words::tr("&Previous place"), "chevron-left", QKeySequence(Qt::Key_F5),
                         Words::tr("The other way round"));
    nextProblem = make(Words::tr("Next p&roblem"), "problem", QKeySequence(Qt::Key_F8), {});
    previousProblem =
        make(Words::tr("Previous pr&oblem"), "problem", QKeySequence(Qt::SHIFT | Qt::Key_F8), {});

    themes = new QActionGroup(owner);
    themeSystem = make(Words::tr("Theme: as the &system"), "palette", {}, {});
    themeLight = make(Words::tr("Theme: &light"), "sun", {}, {});
    themeDark = make(Words::tr("Theme: &dark"), "moon", {}, {});
    for (QAction* action : {themeSystem, themeLight, themeDark}) {
        action->setCheckable(true);
        themes->addAction(action);
    }
    toggleTheme = make(Words::tr("Switch between light and dark"), "moon", {}, {});
    larger = make(Words::tr("&Larger text"), "plus", QKeySequence(Qt::CTRL | Qt::Key_Plus), {});
    larger->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
    smaller = make(Words::tr("S&maller text"), "minus", QKeySequence(Qt::CTRL | Qt::Key_Minus), {});
    normalSize = make(Words::tr("No&rmal text"), "fit", QKeySequence(Qt::CTRL | Qt::Key_0), {});
    fullScreen = make(Words::tr("&Full screen"), "expand", QKeySequence(Qt::Key_F11), {});
    fullScreen->setCheckable(true);
    const std::pair<QString, const char*> pages[] = {{Words::tr("&Overview"), "overview"},
                                                     {Words::tr("&Why"), "why"},
                                                     {Words::tr("&Conditions"), "conditions"},
                                                     {Words::tr("&Events"), "events"},
                                                     {Words::tr("&YAML"), "yaml"}};
    int number = 1;
    for (const auto& [text, name] : pages) {
        QAction* action = make(text, name, QKeySequence(QStringLiteral("Ctrl+%1").arg(number++)),
                               Words::tr("Part of the details"));
        action->setData(QString::fromLatin1(name));
        tabs << action;
    }

    shortcuts = make(Words::tr("&Keyboard shortcuts"), "key", QKeySequence(Qt::Key_F1), {});
    about = make(Words::tr("&About Strata"), "info", {}, {});
    recolour();
}

QList<QAction*> Actions::all() const
{
    return m_all;
}

QList<QAction*> Actions::forItem() const
{
    return {deletion, copyName, copyCommand, openYaml, compareHealthy, compare,
            reveal,   whatIf,   access,      services, related};
}

void Actions::recolour()
{
    for (QAction* action : m_all)
        action->setIcon(Theme::icon(action->property("pictogram").toString()));
    toggleTheme->setIcon(Theme::icon(colors().dark ? QStringLiteral("sun") : QStringLiteral("moon")));
}

} // namespace strata::ui
