// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/mainwindow.h"

#include "core/stack/print.h"
#include "ui/actions/actiondialog.h"
#include "ui/actions/actionset.h"
#include "ui/actions/auditdialog.h"
#include "ui/actions/imagesdialog.h"
#include "ui/actions/imageuploads.h"
#include "ui/actions/rundialog.h"
#include "ui/actions/tenantlook.h"
#include "ui/capacity/capacitywindow.h"
#include "ui/checks/checkswindow.h"
#include "ui/checks/keptchecks.h"
#include "ui/connect/clusterdialog.h"
#include "ui/connect/execdialog.h"
#include "ui/connect/hostdialog.h"
#include "ui/connect/welcomepage.h"
#include "ui/console/terminallook.h"
#include "ui/details/detailspanel.h"
#include "ui/details/page.h"
#include "ui/editor/editdialog.h"
#include "ui/hosts/domainspage.h"
#include "ui/hosts/hostdesk.h"
#include "ui/settings/settingsdialog.h"
#include "ui/shell/actions.h"
#include "ui/shell/activity.h"
#include "ui/shell/attention.h"
#include "ui/shell/bottompanel.h"
#include "ui/shell/centre.h"
#include "ui/shell/command.h"
#include "ui/shell/commandpalette.h"
#include "ui/shell/comparisons.h"
#include "ui/shell/consoles.h"
#include "ui/shell/helpdialogs.h"
#include "ui/shell/messagebar.h"
#include "ui/shell/opener.h"
#include "ui/shell/problemspanel.h"
#include "ui/shell/runsactivity.h"
#include "ui/shell/statuschips.h"
#include "ui/shell/trafficpage.h"
#include "ui/shell/whatifdialog.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"
#include "ui/timeline/timelineview.h"
#include "ui/widgets/basepane.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/clusterwizard.h"
#include "ui/wizard/deploydialog.h"
#include "ui/wizard/preparewizard.h"
#include "ui/wizard/wizardmodel.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QHash>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QPushButton>
#include <QStatusBar>
#include <QStyle>
#include <QStyleOption>
#include <QSystemTrayIcon>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <unordered_map>

namespace strata::ui {

using namespace stack;

namespace {

// Says in the longest way that has room what it is for.
class SearchLine : public QLineEdit {
public:
    SearchLine(QStringList words, QWidget* parent) : QLineEdit(parent), m_words(std::move(words)) { fit(); }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QLineEdit::resizeEvent(event);
        fit();
    }
    void changeEvent(QEvent* event) override
    {
        QLineEdit::changeEvent(event);
        if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
            fit();
    }

private:
    void fit()
    {
        // The style keeps two pixels beside the frame and its padding.
        QStyleOptionFrame option;
        initStyleOption(&option);
        const int room = style()->subElementRect(QStyle::SE_LineEditContents, &option, this).width() - 4;
        QString best = m_words.last();
        for (auto at = m_words.rbegin(); at != m_words.rend(); ++at) {
            if (fontMetrics().horizontalAdvance(*at) <= room)
                best = *at;
        }
        if (placeholderText() != best)
            setPlaceholderText(best);
    }

    QStringList m_words; // the longest first
};

} // namespace

class MainWindow::Private {
public:
    Private(MainWindow* window, const ShellServices& given) : q(window), services(given) {}

    MainWindow* q;
    ShellServices services;
    std::unique_ptr<Actions> actions;
    ActionSet* dayTwo = nullptr;
    HostDesk* hosts = nullptr; // null without the services for it
    ImageUploads* uploads = nullptr;
    Selection* selection = nullptr;
    Opener* opener = nullptr;
    TenantAccess* access = nullptr;
    Attention* attention = nullptr; // null without the service for it
    StackPanel* tree = nullptr;
    StrataChart* chart = nullptr;
    DetailsPanel* details = nullptr;
    QSystemTrayIcon* tray = nullptr; // from the first notice on
    ItemId noticed;
    WelcomePage* welcome = nullptr;
    Centre* centre = nullptr;
    MessageBar* message = nullptr;
    BottomPanel* bottom = nullptr;
    Consoles* consoles = nullptr;
    StatusChips* chips = nullptr;
    CommandPalette* palette = nullptr;
    DemoMenu* demo = nullptr;
    QLineEdit* field = nullptr;
    QToolButton* site = nullptr;
    QPointer<PrepareWizard> preparing;
    ChipButton* live = nullptr;
    QDockWidget* treeDock = nullptr;
    QDockWidget* bottomDock = nullptr;
    QPointer<ClusterWizard> wizard;
    Comparisons* comparisons = nullptr;
    QTimer second;
    std::uint64_t eventsBefore = 0;
    bool placed = false;

    void makeParts();
    void makeDocks();
    void makeToolBar();
    void makeMenus();
    void makeStatusBar();
    void connectAll();
    void applySettings();
    void setTheme(ThemeMode mode);
    void resizeText(double step);
    void updateItemActions();
    void updateSite();
    void updateLive();
    void fillSiteMenu(QMenu* menu);
    void showItemMenu(ItemId id, const QPoint& at);
    void showBottom();
    void reveal();
    void cyclePlaces(int step);
    void stepProblems(int step);
    void notify(const QString& title, const QString& text, ItemId id);
    void askCluster();
    void askHost();
    void checkHosts();
    void connectRuns();
    ClusterWizard* openWizard();
    std::vector<ItemId> chosenItems() const;
    void act(strata::actions::Action action, const std::vector<ItemId>& items);
    void showRun(ClusterRun* run);
    void newCluster(SourceId source);
    void prepareCluster(SourceId source);
    SourceId outerOf(SourceId source) const;
    void makeHosts();
    void showGhosts();
    void showCluster(SourceId source, const QString& key);
    void restore();
    void store();
};

// One window for all hosts, opened at the current one's column.
void MainWindow::Private::checkHosts()
{
    auto* window = new ChecksWindow(hostsToCheck(services.store->stack()), services.connect.inventory, q);
    window->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(window, &ChecksWindow::checked, q, [this](const QByteArray& report) {
        KeptChecks(services.workspace).keep(report, true); // those that were enrolled without a check
    });
    QObject::connect(window, &ChecksWindow::keepWanted, q, [this](const QByteArray& report) {
        KeptChecks(services.workspace).keep(report, false);
    });
    window->setKept(KeptChecks(services.workspace).all());
    if (services.hosts.clusterHosts) {
        window->setClusters([this](QObject* context,
                                   const std::function<void(ChecksWindow::ClusterWords)>& done) {
            for (const SourceId id : services.store->stack().sources())
                if (services.store->stack().source(id)->kind == SourceKind::OuterCluster)
                    services.hosts.clusterHosts(id, context, [done](HostServices::ClusterAnswers answers) {
                        done({std::move(answers.nodes), std::move(answers.metal)});
                    });
        });
    }
    for (const stack::ItemId id : services.store->stack().path(selection->current())) {
        const Item* item = services.store->stack().find(id);
        if (item != nullptr &&
            (item->kind == stack::ItemKind::Host || item->kind == stack::ItemKind::OuterNode))
            window->showHost(item->name);
    }
    window->show();
}

void MainWindow::Private::makeParts()
{
    selection = new Selection(services.store, q);
    opener = new Opener(services, q);
    actions = std::make_unique<Actions>(q);
    comparisons = new Comparisons(services.store, services.documents, services.clock, actions->compare,
                                  actions->compareHealthy, q);
    access = new TenantAccess(services.store, services.access, q);
    tree = new StackPanel(services.store, selection, q);
    if (services.look)
        attention = new Attention(services.store, tree, selection, services.workspace, services.look, q);
    chart = new StrataChart(services.store, selection, q);
    details = new DetailsPanel(services.store, selection, services.documents, q);
    details->setClock(services.clock);
    dayTwo = new ActionSet(services.store, services.runs, q);
    if (services.hosts)
        makeHosts();
    details->setActions(QList<QAction*>{dayTwo->entry()} + actions->forItem());
    if (services.clientOf) {
        details->setClients(services.clientOf);
        details->setEditor([this](const stack::ObjectRef& object) {
            auto* dialog = new EditDialog(services.clientOf(object.source), object, q);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            QObject::connect(dialog, &EditDialog::wrote, q,
                             [this, source = object.source](const QString& what, bool undo) {
                                 bottom->timeline()->act(what, Health::Ok);
                                 const stack::SourceState* of = services.store->stack().source(source);
                                 if (services.runs != nullptr) // an inner cluster's edits under its outer one
                                     services.runs->auditEdit(
                                         of != nullptr && of->outer != 0 ? of->outer : source, what, undo);
                             });
            dialog->show();
        });
    }
    details->setCommandAccess([this](SourceId source) { return opener->kubectlAccess(source); });
    welcome = new WelcomePage(services.workspace, q);
    auto* middle = new BasePane(q); // a view; the bars around it are not
    middle->setObjectName(QStringLiteral("middle"));
    auto* layout = new QVBoxLayout(middle);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    message = new MessageBar(middle);
    centre = new Centre(services.store, services.clock, welcome, chart, details, middle);
    layout->addWidget(message);
    layout->addWidget(centre, 1);
    q->setCentralWidget(middle);
}

void MainWindow::Private::makeHosts()
{
    hosts = new HostDesk(services.hosts, services.store, selection, services.runs, q);
    details->addPage(QStringLiteral("domains"), MainWindow::tr("Domains"), hosts->page(),
                     [](const Item& item) { return item.kind == ItemKind::Host; });
    hosts->setParts(services.connect, services.consoles);
    QObject::connect(hosts, &HostDesk::clusterMade, q, [this](const QString& path, const QString& name) {
        Connection connection;
        connection.name = name;
        connection.kubeconfig = path;
        connection.context = QStringLiteral("kubernetes-admin@%1").arg(name); // see firstKubeconfig()
        opener->open(connection);
    });
    QObject::connect(hosts, &HostDesk::did, q, [this](const QString& what) {
        bottom->activity()->add(Health::Ok, what, {}, services.clock());
        bottom->timeline()->act(what, Health::Ok);
    });
    QObject::connect(hosts, &HostDesk::failed, q, [this](const QString& what, const QString& why) {
        bottom->activity()->add(Health::Failed, what, why, services.clock());
        bottom->timeline()->act(what, Health::Failed);
        message->say(Health::Warning, QStringLiteral("%1: %2").arg(what, why));
    });
}

void MainWindow::Private::makeDocks()
{
    q->setDockOptions(QMainWindow::AnimatedDocks);
    q->setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    q->setCorner(Qt::TopLeftCorner, Qt::LeftDockWidgetArea);
    const auto make = [this](const QString& name, const QString& title, QWidget* widget,
                             Qt::DockWidgetArea area) {
        auto* dock = new QDockWidget(title, q);
        dock->setObjectName(name);
        dock->setFeatures(QDockWidget::DockWidgetClosable);
        dock->setTitleBarWidget(new QWidget(dock)); // tabs inside say what it is
        dock->setWidget(widget);
        q->addDockWidget(area, dock);
        return dock;
    };
    bottom = new BottomPanel(services.store, selection, services.clock, services.workspace, q);
    if (services.traffic)
        bottom->addPage(makeTrafficView(services.store, services.traffic, bottom), MainWindow::tr("Traffic"),
                        QStringLiteral("traffic"));
    if (services.consoles) {
        consoles = new Consoles(services.consoles, services.store, actions.get(), bottom, services.clock, q);
        details->setThumbnails(consoles);
    }
    treeDock = make(QStringLiteral("stack"), MainWindow::tr("&Stack"), tree, Qt::LeftDockWidgetArea);
    bottomDock = make(QStringLiteral("problems"), MainWindow::tr("&Problems and activity"), bottom,
                      Qt::BottomDockWidgetArea);
    tree->setMinimumWidth(240);
}

void MainWindow::Private::makeToolBar()
{
    auto* bar = new QToolBar(MainWindow::tr("Toolbar"), q);
    bar->setObjectName(QStringLiteral("toolbar"));
    bar->setMovable(false);
    bar->setFloatable(false);
    bar->setIconSize(QSize(16, 16));
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    q->addToolBar(bar);
    q->setContextMenuPolicy(Qt::PreventContextMenu);

    site = new QToolButton(bar);
    site->setPopupMode(QToolButton::InstantPopup);
    site->setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(site);
    site->setMenu(menu);
    QObject::connect(menu, &QMenu::aboutToShow, q, [this, menu] { fillSiteMenu(menu); });
    bar->addWidget(site);
    const auto button = [bar](QAction* action, const QString& text) {
        auto* made = new QToolButton(bar);
        made->setDefaultAction(action);
        made->setToolButtonStyle(text.isEmpty() ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextOnly);
        if (!text.isEmpty())
            made->setText(text);
        made->setFocusPolicy(Qt::StrongFocus);
        made->setAccessibleName(text.isEmpty() ? action->text().remove(QLatin1Char('&')) : text);
        bar->addWidget(made);
        return made;
    };
    if (services.runs != nullptr)
        button(actions->createCluster, MainWindow::tr("Create cluster…"))->setProperty("primary", true);
    button(actions->connectCluster, MainWindow::tr("Connect cluster…"));
    button(actions->connectHost, MainWindow::tr("Enrol host…"));
    button(actions->back, {});
    button(actions->forward, {});
    auto* space = new QWidget(bar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    field = new SearchLine({MainWindow::tr("Search, or run a command   Ctrl+K"),
                            MainWindow::tr("Search, or run a command"), MainWindow::tr("Search or command"),
                            MainWindow::tr("Search")},
                           bar);
    field->setAccessibleName(MainWindow::tr("Search, or run a command"));
    field->setMinimumWidth(180);
    field->setMaximumWidth(360);
    field->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    bar->addWidget(field);
    live = new ChipButton(bar);
    bar->addWidget(live);
    button(actions->toggleTheme, {});
    palette = new CommandPalette(services.store, field, q);
    palette->setActions(actions->all() + dayTwo->all() +
                        (hosts != nullptr ? hosts->all() : QList<QAction*>()));
}

void MainWindow::Private::makeMenus()
{
    QMenuBar* bar = q->menuBar();
    QMenu* file = bar->addMenu(MainWindow::tr("&File"));
    file->addActions({actions->openDemo, actions->connectCluster, actions->connectHost, actions->checkHosts});
    if (hosts != nullptr)
        file->addAction(hosts->addNode());
    if (services.runs != nullptr) {
        file->addSeparator();
        file->addAction(actions->createCluster);
        file->addAction(actions->prepareCluster);
        file->addAction(actions->images);
        file->addAction(actions->audit);
    }
    file->addSeparator();
    file->addAction(actions->settings);
    file->addSeparator();
    file->addAction(actions->quit);

    QMenu* item = bar->addMenu(MainWindow::tr("&Item"));
    item->setToolTipsVisible(true); // why something is grey
    item->addActions(actions->intoItem());
    item->addSeparator();
    item->addActions(actions->forItem());
    item->addSeparator();
    item->addActions(dayTwo->all());

    QMenu* view = bar->addMenu(MainWindow::tr("&View"));
    view->addActions(actions->tabs);
    view->addSeparator();
    view->addAction(actions->capacity);
    view->addSeparator();
    view->addAction(treeDock->toggleViewAction());
    view->addAction(bottomDock->toggleViewAction());
    view->addSeparator();
    view->addActions({actions->themeSystem, actions->themeLight, actions->themeDark});
    view->addSeparator();
    view->addActions({actions->larger, actions->smaller, actions->normalSize});
    view->addSeparator();
    view->addAction(actions->fullScreen);

    QMenu* go = bar->addMenu(MainWindow::tr("&Go"));
    go->addActions({actions->back, actions->forward, actions->overview});
    go->addSeparator();
    go->addActions({actions->palette, actions->filter});
    go->addSeparator();
    go->addActions({actions->nextProblem, actions->previousProblem});
    go->addSeparator();
    go->addActions({actions->nextPlace, actions->previousPlace});

    demo = new DemoMenu(services.demo, bar);
    bar->addMenu(demo);

    QMenu* help = bar->addMenu(MainWindow::tr("&Help"));
    help->addActions({actions->shortcuts, actions->about});
}

void MainWindow::Private::makeStatusBar()
{
    QStatusBar* bar = q->statusBar();
    bar->setSizeGripEnabled(false);
    chips = new StatusChips(services.store, services.clock, bar);
    bar->addPermanentWidget(chips, 1);
}

void MainWindow::Private::connectAll()
{
    const auto on = [this](QAction* action, auto what) {
        QObject::connect(action, &QAction::triggered, q, what);
    };
    on(actions->openDemo, [this] { opener->openDemo(); });
    on(actions->connectCluster, [this] { askCluster(); });
    on(actions->connectHost, [this] { askHost(); });
    on(actions->checkHosts, [this] { checkHosts(); });
    on(actions->capacity, [this] {
        auto* window = new CapacityWindow(services.store, selection, chart, q);
        window->setAttribute(Qt::WA_DeleteOnClose);
        window->show();
    });
    on(actions->settings, [this] {
        auto* dialog = new SettingsDialog(services.workspace, q);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    on(actions->quit, [this] { q->close(); });
    on(actions->copyName, [this] {
        if (const Item* item = services.store->stack().find(selection->current()))
            QApplication::clipboard()->setText(QString::fromStdString(item->name));
    });
    on(actions->copyCommand, [this] {
        const std::vector<ObjectRef> objects = services.store->stack().objects(selection->current());
        if (objects.empty())
            return;
        QApplication::clipboard()->setText(commandFor(services.store->stack(), selection->current(),
                                                      opener->kubectlAccess(objects.front().source)));
    });
    on(actions->openYaml, [this] { details->setCurrentTab(QStringLiteral("yaml")); });
    QObject::connect(comparisons, &Comparisons::said, q,
                     [this, last = QString()](const QString& text) mutable {
                         if (text.isEmpty() && message->text() != last)
                             return; // somebody else has said something since
                         last = text;
                         message->say(Health::Ok, text);
                     });
    on(actions->reveal, [this] { reveal(); });
    on(actions->whatIf, [this] {
        auto* dialog =
            new WhatIfDialog(services.store, selection, chart, selection->current(), services.clientOf, q);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show(); // beside it the chart shows what is meant
    });
    on(actions->accessTerminal, [this] { access->openTerminal(selection->current()); });
    on(actions->accessSave, [this] { access->save(selection->current()); });
    on(actions->accessServe, [this] { access->serve(selection->current()); });
    on(actions->pin, [this](bool pinned) {
        if (attention != nullptr)
            attention->setPinned(selection->current(), pinned);
    });
    QObject::connect(qApp, &QGuiApplication::applicationStateChanged, q, [this](Qt::ApplicationState state) {
        if (attention != nullptr && state == Qt::ApplicationActive)
            attention->refresh();
    });
    QObject::connect(access, &TenantAccess::said, q, [this](const QString& text) {
        bottom->activity()->add(Health::Ok, text, {}, services.clock());
        message->say(Health::Ok, text);
    });
    QObject::connect(access, &TenantAccess::failed, q, [this](const QString& title, const QString& detail) {
        bottom->activity()->add(Health::Failed, title, detail, services.clock());
        message->say(Health::Warning, detail.isEmpty() ? title : QStringLiteral("%1: %2").arg(title, detail));
    });
    on(actions->back, [this] { selection->goBack(); });
    on(actions->forward, [this] { selection->goForward(); });
    on(actions->overview, [this] { selection->select({}); });
    on(actions->palette, [this] {
        field->setFocus(Qt::ShortcutFocusReason);
        field->selectAll();
        palette->open();
    });
    on(actions->filter, [this] {
        treeDock->show();
        tree->focusFilter();
    });
    on(actions->nextPlace, [this] { cyclePlaces(1); });
    on(actions->previousPlace, [this] { cyclePlaces(-1); });
    on(actions->nextProblem, [this] { stepProblems(1); });
    on(actions->previousProblem, [this] { stepProblems(-1); });
    on(actions->themeSystem, [this] { setTheme(ThemeMode::System); });
    on(actions->themeLight, [this] { setTheme(ThemeMode::Light); });
    on(actions->themeDark, [this] { setTheme(ThemeMode::Dark); });
    on(actions->toggleTheme, [this] { setTheme(colors().dark ? ThemeMode::Light : ThemeMode::Dark); });
    on(actions->larger, [this] { resizeText(1); });
    on(actions->smaller, [this] { resizeText(-1); });
    on(actions->normalSize, [this] { resizeText(0); });
    on(actions->fullScreen, [this](bool full) {
        q->setWindowState(full ? q->windowState() | Qt::WindowFullScreen
                               : q->windowState() & ~Qt::WindowFullScreen);
    });
    for (QAction* tab : actions->tabs)
        on(tab, [this, tab] { details->setCurrentTab(tab->data().toString()); });
    on(actions->shortcuts, [this] { showShortcuts(actions->all(), q); });
    on(actions->about, [this] { showAbout(q); });

    if (consoles != nullptr)
        QObject::connect(consoles, &Consoles::opened, q, [this] { showBottom(); });
    QObject::connect(selection, &Selection::changed, q, [this] { updateItemActions(); });
    QObject::connect(tree, &StackPanel::selectedItemsChanged, q, [this] { dayTwo->setItems(chosenItems()); });
    QObject::connect(
        dayTwo, &ActionSet::wanted, q,
        [this](strata::actions::Action action, const std::vector<ItemId>& items) { act(action, items); });
    QObject::connect(services.store, &StackStore::changed, q, [this](const StackDelta& delta) {
        if (!delta.sources.empty()) {
            updateSite();
            updateLive();
        }
        const ItemId now = selection->current();
        const auto has = [now](const std::vector<ItemId>& ids) {
            return std::find(ids.begin(), ids.end(), now) != ids.end();
        };
        if (!delta.sources.empty() || !delta.removed.empty() || !delta.moved.empty() ||
            !delta.added.empty() || has(delta.changed) || has(delta.touched))
            updateItemActions();
    });
    QObject::connect(tree, &StackPanel::menuWanted, q,
                     [this](ItemId id, const QPoint& at) { showItemMenu(id, at); });
    QObject::connect(chart, &StrataChart::menuWanted, q,
                     [this](ItemId id, const QPoint& at) { showItemMenu(id, at); });
    QObject::connect(tree, &StackPanel::activated, q, [this](ItemId id) {
        selection->select(id);
        details->focusTabs();
    });
    if (services.connect.setExecAsker) {
        services.connect.setExecAsker(q, [this](const kube::ExecQuestion& question,
                                                std::function<void(kube::ExecPlugins::Answer)> answer) {
            auto* dialog = new ExecDialog(question, q);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            QObject::connect(dialog, &ExecDialog::answered, q, std::move(answer));
            dialog->open();
        });
    }
    QObject::connect(tree, &StackPanel::retryWanted, opener, &Opener::retry);
    QObject::connect(centre, &Centre::retryWanted, opener, &Opener::retry);
    QObject::connect(chips, &StatusChips::retryWanted, opener, &Opener::retry);
    QObject::connect(chips, &StatusChips::removeWanted, opener, &Opener::remove);
    QObject::connect(palette, &CommandPalette::itemChosen, q, [this](ItemId id) {
        selection->select(id);
        details->focusTabs();
    });
    QObject::connect(palette, &CommandPalette::closed, q, [this] {
        if (field->hasFocus())
            tree->focusTree();
    });
    QObject::connect(bottom->problems(), &ProblemsPanel::itemWanted, selection, &Selection::select);
    QObject::connect(bottom->problems(), &ProblemsPanel::whyWanted, q, [this](ItemId id) {
        selection->select(id);
        details->setCurrentTab(QStringLiteral("why"));
    });
    QObject::connect(bottom->problems(), &ProblemsPanel::sourceWanted, chips, &StatusChips::openSource);
    QObject::connect(
        bottom->problems(), &ProblemsPanel::newProblem, q,
        [this](const QString& title, const QString& text, ItemId id) { notify(title, text, id); });
    QObject::connect(live, &QAbstractButton::clicked, q, [this] {
        bottomDock->show();
        bottom->setCurrentTab(QStringLiteral("activity"));
        bottom->focusList();
    });
    QObject::connect(welcome, &WelcomePage::openDemoWanted, opener, &Opener::openDemo);
    QObject::connect(welcome, &WelcomePage::connectClusterWanted, q, [this] { askCluster(); });
    QObject::connect(welcome, &WelcomePage::connectHostWanted, q, [this] { askHost(); });
    QObject::connect(welcome, &WelcomePage::openWanted, opener, &Opener::open);
    connectRuns();
    QObject::connect(opener, &Opener::demoStarting, q, [this](bool starting) {
        welcome->setDemoStarting(starting);
        actions->openDemo->setEnabled(!starting);
    });
    QObject::connect(opener, &Opener::demoFailed, q, [this](const QString& text) {
        welcome->setDemoError(text);
        bottom->activity()->add(Health::Failed, MainWindow::tr("The demo site did not start"), text,
                                services.clock());
        if (!centre->isWelcome())
            message->say(Health::Failed, MainWindow::tr("The demo site did not start: %1").arg(text));
    });
    QObject::connect(opener, &Opener::failed, q, [this](const QString& title, const QString& detail) {
        bottom->activity()->add(Health::Failed, title, detail, services.clock());
        message->say(Health::Warning, detail.isEmpty() ? title : QStringLiteral("%1: %2").arg(title, detail));
    });
    QObject::connect(services.workspace, &Workspace::settingsChanged, q, [this] { applySettings(); });
    QObject::connect(services.workspace, &Workspace::saveFailed, q,
                     [this](const QString& text) { message->say(Health::Warning, text); });
    QObject::connect(&Theme::instance(), &Theme::changed, q, [this] {
        actions->recolour();
        dayTwo->recolour();
    });
    second.setInterval(1000);
    QObject::connect(&second, &QTimer::timeout, q, [this] {
        updateLive();
        demo->refresh();
    });
    second.start();
}

// Only to an operator who looks elsewhere. Where the desktop has no place for notices, the window asks for
// attention.
void MainWindow::Private::notify(const QString& title, const QString& text, ItemId id)
{
    if (!services.workspace->settings().notify || q->isActiveWindow())
        return;
    if (!QSystemTrayIcon::isSystemTrayAvailable() || !QSystemTrayIcon::supportsMessages()) {
        QApplication::alert(q);
        return;
    }
    if (tray == nullptr) {
        tray = new QSystemTrayIcon(q->windowIcon(), q);
        const auto show = [this] {
            q->raise();
            q->activateWindow();
            if (noticed)
                selection->select(noticed);
        };
        QObject::connect(tray, &QSystemTrayIcon::messageClicked, q, show);
        QObject::connect(tray, &QSystemTrayIcon::activated, q, show);
    }
    noticed = id;
    tray->show();
    tray->showMessage(title, text, QSystemTrayIcon::Warning);
}

void MainWindow::Private::applySettings()
{
    const Settings& settings = services.workspace->settings();
    Theme::instance().setMode(settings.theme);
    Theme::instance().setFontSize(settings.fontPoints);
    (settings.theme == ThemeMode::Light  ? actions->themeLight
     : settings.theme == ThemeMode::Dark ? actions->themeDark
                                         : actions->themeSystem)
        ->setChecked(true);
    details->setEventsEvery(settings.eventsEverySeconds);
}

void MainWindow::Private::setTheme(ThemeMode mode)
{
    Settings settings = services.workspace->settings();
    settings.theme = mode;
    services.workspace->setSettings(settings);
}

void MainWindow::Private::resizeText(double step)
{
    Settings settings = services.workspace->settings();
    const double now = settings.fontPoints > 0 ? settings.fontPoints : QApplication::font().pointSizeF();
    settings.fontPoints = step == 0 ? 0 : std::clamp(now + step, 7.0, 24.0);
    services.workspace->setSettings(settings);
}

// Room to work in, not a strip of a few lines.
void MainWindow::Private::showBottom()
{
    bottomDock->show();
    const int wanted = std::max(260, q->height() * 2 / 5);
    if (bottomDock->height() < wanted)
        q->resizeDocks({bottomDock}, {wanted}, Qt::Vertical);
}

void MainWindow::Private::updateItemActions()
{
    const Stack& stack = services.store->stack();
    const ItemId id = selection->current();
    const Item* item = stack.find(id);
    const std::vector<ObjectRef> objects = stack.objects(id);
    const bool libvirt = !objects.empty() && objects.front().group == "libvirt";
    if (consoles != nullptr) {
        consoles->follow(id);
        QList<QAction*> row{dayTwo->entry()};
        if (hosts != nullptr)
            row << hosts->entry();
        details->setActions(row + consoles->rowFor(id) + actions->forItem());
    }
    actions->copyName->setEnabled(item != nullptr);
    actions->reveal->setEnabled(item != nullptr);
    actions->whatIf->setVisible(WhatIfDialog::makesSense(stack, id));
    const bool reachable = services.access && innerSourceOf(stack, id);
    for (QAction* action :
         {actions->access, actions->accessTerminal, actions->accessSave, actions->accessServe}) {
        action->setVisible(reachable);
        action->setEnabled(reachable);
    }
    for (const auto& [action, what] : {std::pair(actions->services, TenantLook::What::Services),
                                       std::pair(actions->deletion, TenantLook::What::Deletion)}) {
        const bool sense = services.runs != nullptr && TenantLook::makesSense(services.store, what, id);
        action->setVisible(sense);
        action->setEnabled(sense);
    }
    const bool followable = attention != nullptr && innerSourceOf(stack, id);
    actions->pin->setVisible(followable);
    actions->pin->setEnabled(followable);
    actions->pin->setChecked(followable && attention->isPinned(id));
    actions->copyCommand->setEnabled(!objects.empty());
    actions->copyCommand->setText(libvirt ? MainWindow::tr("Copy virsh command")
                                          : MainWindow::tr("Copy kubectl command"));
    actions->openYaml->setEnabled(!objects.empty());
    actions->openYaml->setText(libvirt ? MainWindow::tr("Open XML") : MainWindow::tr("Open YAML"));
    actions->back->setEnabled(selection->canGoBack());
    actions->forward->setEnabled(selection->canGoForward());
    actions->overview->setEnabled(bool(id));
    actions->relatedMenu->clear();
    for (const ItemId other : stack.related(id)) {
        const Item* found = stack.find(other);
        if (found == nullptr)
            continue;
        // '&' would be taken for a mnemonic, and the text comes from outside.
        QString text =
            QStringLiteral("%1 %2").arg(kindName(found->kind), QString::fromStdString(found->name));
        text.replace(QLatin1Char('&'), QLatin1String("&&"));
        QAction* jump = actions->relatedMenu->addAction(Theme::layerIcon(found->kind), text);
        QObject::connect(jump, &QAction::triggered, q, [this, other] { selection->select(other); });
    }
    dayTwo->setItems(chosenItems());
    comparisons->follow(chosenItems());
    if (hosts != nullptr)
        hosts->setItem(id);
    actions->related->setVisible(!actions->relatedMenu->isEmpty());
    actions->related->setEnabled(!actions->relatedMenu->isEmpty());
}

void MainWindow::Private::updateSite()
{
    QStringList names;
    const Stack& stack = services.store->stack();
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source != nullptr && source->kind == SourceKind::OuterCluster)
            names << QString::fromStdString(source->name);
    }
    QString text = MainWindow::tr("Site: none");
    if (names.size() == 1)
        text = MainWindow::tr("Site: %1").arg(names.front());
    else if (names.size() > 1)
        text = MainWindow::tr("Site: %n clusters", nullptr, int(names.size()));
    else if (!stack.sources().empty())
        text = stack.sources().size() == 1
                   ? MainWindow::tr("Site: 1 host")
                   : MainWindow::tr("Site: %n hosts", nullptr, int(stack.sources().size()));
    text = site->fontMetrics().elidedText(text, Qt::ElideMiddle, 220);
    text.replace(QLatin1Char('&'), QLatin1String("&&"));
    site->setText(text + QStringLiteral(" ▾"));
    site->setAccessibleName(text);
    q->setWindowTitle(names.isEmpty() ? MainWindow::tr("Strata")
                                      : MainWindow::tr("%1 — Strata").arg(names.join(QStringLiteral(", "))));
}

void MainWindow::Private::updateLive()
{
    const Stack& stack = services.store->stack();
    const std::uint64_t events = services.events ? services.events() : 0;
    const std::uint64_t rate = events >= eventsBefore ? events - eventsBefore : 0;
    eventsBefore = events;
    Chip chip;
    chip.key = QStringLiteral("live");
    std::size_t live_ = 0;
    const std::vector<SourceId> sources = stack.sources();
    for (const SourceId id : sources) {
        const SourceState* source = stack.source(id);
        live_ += source != nullptr && source->phase == LinkPhase::Live ? 1U : 0U;
    }
    if (sources.empty()) {
        chip.text = MainWindow::tr("not connected");
        chip.health = Health::Unknown;
    } else if (live_ == 0) {
        chip.text = MainWindow::tr("no connection is live");
        chip.health = Health::Failed;
        for (const SourceId id : sources) {
            if (stack.source(id)->phase == LinkPhase::Connecting) {
                chip.text = MainWindow::tr("connecting…");
                chip.health = Health::Progressing;
            }
        }
    } else {
        chip.text = MainWindow::tr("live · %1 events/s").arg(rate);
        chip.health = live_ == sources.size() ? Health::Ok : Health::Warning;
        if (live_ < sources.size())
            chip.text =
                MainWindow::tr("%1 of %2 live · %3 events/s").arg(live_).arg(sources.size()).arg(rate);
    }
    live->show(chip);
    live->setToolTip(MainWindow::tr("What happened to the connections"));
}

void MainWindow::Private::fillSiteMenu(QMenu* menu)
{
    menu->clear();
    const Stack& stack = services.store->stack();
    int shown = 0;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source == nullptr || source->kind == SourceKind::InnerCluster || shown == 30)
            continue;
        ++shown;
        QString name = QString::fromStdString(source->name);
        name.replace(QLatin1Char('&'), QLatin1String("&&"));
        QMenu* each = menu->addMenu(name);
        QAction* state = each->addAction(sourceSentence(*source, services.clock()));
        state->setEnabled(false);
        each->addSeparator();
        QObject::connect(each->addAction(MainWindow::tr("Connect again now")), &QAction::triggered, q,
                         [this, id] { opener->retry(id); });
        QObject::connect(each->addAction(MainWindow::tr("Disconnect")), &QAction::triggered, q,
                         [this, id] { opener->remove(id); });
    }
    if (shown > 0)
        menu->addSeparator();
    menu->addActions({actions->connectCluster, actions->connectHost, actions->openDemo});
    QList<Connection> recent;
    for (const Connection& connection : services.workspace->connections()) {
        if (!connection.open && connection.kind != Connection::Kind::Demo && recent.size() < 8)
            recent << connection;
    }
    if (recent.isEmpty())
        return;
    menu->addSeparator();
    for (const Connection& connection : std::as_const(recent)) {
        QString text = MainWindow::tr("Open %1").arg(connection.name);
        text.replace(QLatin1Char('&'), QLatin1String("&&"));
        QObject::connect(menu->addAction(text), &QAction::triggered, q,
                         [this, connection] { opener->open(connection); });
    }
}

void MainWindow::Private::showItemMenu(ItemId id, const QPoint& at)
{
    // A menu on one of several that are selected is about all of them.
    const std::vector<ItemId> several = tree->selectedItems();
    const bool among = several.size() > 1 && std::find(several.begin(), several.end(), id) != several.end();
    if (!among)
        selection->select(id);
    if (services.store->stack().find(id) == nullptr)
        return;
    dayTwo->setItems(among ? several : std::vector<ItemId>{id});
    auto* menu = new QMenu(q);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    if (consoles != nullptr) {
        menu->addActions(actions->intoItem());
        menu->addSeparator();
    }
    const QList<QAction*> offered = dayTwo->offered();
    QAction* behindOffered = nullptr;
    if (!offered.isEmpty()) {
        menu->addActions(offered);
        behindOffered = menu->addSeparator();
    }
    comparisons->follow(among ? several : std::vector<ItemId>{id});
    if (hosts != nullptr && !hosts->offered().isEmpty()) {
        menu->addActions(hosts->offered());
        menu->addSeparator();
    }
    menu->addActions({actions->copyName, actions->copyCommand, actions->openYaml});
    if (actions->compareHealthy->isVisible())
        menu->addAction(actions->compareHealthy);
    menu->addAction(actions->compare);
    menu->addSeparator();
    menu->addAction(actions->reveal);
    if (actions->whatIf->isVisible())
        menu->addAction(actions->whatIf);
    if (actions->related->isVisible())
        menu->addAction(actions->related);
    if (actions->access->isVisible()) {
        menu->addSeparator();
        menu->addActions(actions->accessMenu->actions());
    }
    for (QAction* action : {actions->services, actions->deletion}) {
        if (action->isVisible())
            menu->addAction(action);
    }
    if (actions->pin->isVisible())
        menu->addAction(actions->pin);
    const ItemKind kind = services.store->stack().find(id)->kind;
    if (hosts != nullptr && hosts->addNode()->isVisible() && kind == ItemKind::Host) {
        menu->addSeparator();
        menu->addAction(hosts->addNode());
    }
    if (services.runs != nullptr && (kind == ItemKind::OuterNode || kind == ItemKind::TenantCluster)) {
        menu->addSeparator();
        menu->addAction(actions->createCluster);
        if (kind == ItemKind::OuterNode)
            menu->addAction(actions->prepareCluster);
    }
    // On a low screen it would have a second column.
    const auto columns = [menu] {
        const QList<QAction*> all = menu->actions();
        return menu->actionGeometry(all.first()).x() != menu->actionGeometry(all.last()).x();
    };
    if (behindOffered != nullptr && columns()) {
        auto* below = new QMenu(MainWindow::tr("Actions"), menu);
        below->setToolTipsVisible(true);
        below->addActions(offered);
        for (QAction* action : offered)
            menu->removeAction(action);
        menu->insertMenu(behindOffered, below);
    }
    menu->popup(at);
}

// What the tree has selected, when the current item is among it; else the current item alone.
std::vector<ItemId> MainWindow::Private::chosenItems() const
{
    const ItemId current = selection->current();
    std::vector<ItemId> items = tree->selectedItems();
    if (std::find(items.begin(), items.end(), current) == items.end())
        items.assign(1, current);
    return current ? items : std::vector<ItemId>();
}

void MainWindow::Private::act(strata::actions::Action action, const std::vector<ItemId>& items)
{
    if (services.runs == nullptr || items.empty())
        return;
    auto* dialog =
        new ActionDialog(services.runs, services.store, chart, services.clientOf, action, items, q);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &ActionDialog::begun, q, [this](const ClusterRun*) {
        bottomDock->show();
        bottom->setCurrentTab(QStringLiteral("activity"));
    });
    dialog->open();
}

void MainWindow::Private::showRun(ClusterRun* run)
{
    if (!run->isChange()) {
        openWizard()->showRun(run);
        return;
    }
    for (RunDialog* open : q->findChildren<RunDialog*>()) {
        if (open->run() == run) {
            open->raise();
            open->activateWindow();
            return;
        }
    }
    auto* dialog = new RunDialog(services.runs, run, q);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

void MainWindow::Private::reveal()
{
    const Item* item = services.store->stack().find(selection->current());
    if (item == nullptr)
        return;
    Tree wanted = tree->perspective();
    const auto has = [item, this](Tree each) {
        if (item->parentIn(each))
            return true;
        const auto& roots = services.store->stack().roots(each);
        return std::find(roots.begin(), roots.end(), item->id) != roots.end();
    };
    if (!has(wanted)) {
        for (const Tree each : {Tree::Stack, Tree::Tenants, Tree::Hosts}) {
            if (has(each)) {
                wanted = each;
                break;
            }
        }
    }
    treeDock->show();
    if (!tree->filter().isEmpty())
        tree->setFilter({});
    if (tree->perspective() != wanted)
        tree->setPerspective(wanted);
    const ItemId id = item->id;
    selection->select({});
    selection->select(id); // the tree scrolls to what is selected anew
    tree->focusTree();
}

void MainWindow::Private::cyclePlaces(int step)
{
    // The places that can be seen now, in the order of the window.
    struct Place {
        QWidget* widget;
        std::function<void()> enter;
    };
    std::vector<Place> places;
    if (treeDock->isVisible())
        places.push_back({treeDock, [this] { tree->focusTree(); }});
    if (centre->showsStack()) {
        places.push_back({chart, [this] {
                              chart->setFocus(Qt::ShortcutFocusReason);
                              if (!chart->isAncestorOf(QApplication::focusWidget()) && !chart->hasFocus()) {
                                  if (QWidget* next = chart->findChild<QWidget*>())
                                      next->setFocus(Qt::ShortcutFocusReason);
                              }
                          }});
        places.push_back({details, [this] { details->focusTabs(); }});
    } else {
        places.push_back({centre, [this] { welcome->setFocus(Qt::ShortcutFocusReason); }});
    }
    if (bottomDock->isVisible())
        places.push_back({bottomDock, [this] { bottom->focusList(); }});
    places.push_back({field, [this] { field->setFocus(Qt::ShortcutFocusReason); }});
    QWidget* focus = QApplication::focusWidget();
    int at = -1;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (focus != nullptr && (places[i].widget == focus || places[i].widget->isAncestorOf(focus)))
            at = int(i);
    }
    const int count = int(places.size());
    const int next = at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count;
    places[std::size_t(next)].enter();
}

void MainWindow::Private::stepProblems(int step)
{
    bottomDock->show();
    bottom->setCurrentTab(QStringLiteral("problems"));
    QTreeView* view = bottom->problems()->view();
    const int count = view->model()->rowCount();
    if (count == 0)
        return;
    const int at = view->currentIndex().isValid() ? view->currentIndex().row() + step
                   : step > 0                     ? 0
                                                  : count - 1;
    const QModelIndex index = view->model()->index((at + count) % count, 0);
    view->setCurrentIndex(index);
    Q_EMIT view->clicked(index);
}

void MainWindow::Private::askCluster()
{
    auto* dialog = new ClusterDialog(services.connect, q);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &ClusterDialog::connectCluster, opener, &Opener::connectCluster);
    dialog->open();
}

void MainWindow::Private::askHost()
{
    auto* dialog = new HostDialog(services.connect, q);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &HostDialog::connectHost, opener, &Opener::connectHost);
    QObject::connect(dialog, &HostDialog::connectHost, q, [this, dialog] {
        if (const QByteArray report = dialog->report(); !report.isEmpty())
            KeptChecks(services.workspace).keep(report, false); // what later checks are compared with
    });
    dialog->open();
}

void MainWindow::Private::connectRuns()
{
    ClusterRuns* runs = services.runs;
    actions->createCluster->setVisible(runs != nullptr);
    actions->prepareCluster->setVisible(runs != nullptr);
    actions->audit->setVisible(runs != nullptr);
    actions->images->setVisible(runs != nullptr);
    welcome->setCreateOffered(runs != nullptr);
    if (runs == nullptr)
        return;
    QObject::connect(actions->createCluster, &QAction::triggered, q, [this] {
        const Item* item = services.store->stack().find(selection->current());
        newCluster(item != nullptr ? item->source : 0);
    });
    QObject::connect(actions->prepareCluster, &QAction::triggered, q, [this] {
        const Item* item = services.store->stack().find(selection->current());
        prepareCluster(item != nullptr ? item->source : 0);
    });
    QObject::connect(welcome, &WelcomePage::createClusterWanted, q, [this] {
        opener->openDemo(); // a place to try it
        newCluster(0);
    });
    const auto tell = [this, runs] {
        std::vector<SourceId> outer;
        for (const SourceId id : services.store->stack().sources()) {
            if (services.store->stack().source(id)->kind == SourceKind::OuterCluster)
                outer.push_back(id);
        }
        runs->setSources(std::move(outer));
    };
    tell();
    QObject::connect(services.store, &StackStore::changed, q, [tell](const StackDelta& delta) {
        if (!delta.sources.empty())
            tell();
    });
    auto* activity = new RunsActivity(runs, bottom->activity(), bottom->activityView(), services.clock, q);
    QObject::connect(activity, &RunsActivity::runWanted, q, [this](ClusterRun* run) { showRun(run); });
    QObject::connect(runs, &ClusterRuns::auditFailed, q,
                     [this](const QString& text) { message->say(Health::Warning, text); });
    QObject::connect(actions->audit, &QAction::triggered, q, [this] {
        auto* dialog = new AuditDialog(services.runs, services.store, services.clock, q);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        QObject::connect(dialog, &AuditDialog::itemWanted, selection, &Selection::select);
        dialog->show();
    });
    uploads = new ImageUploads(runs, q);
    QObject::connect(uploads, &ImageUploads::ended, q, [this](const QString& sentence, bool good) {
        message->say(good ? Health::Ok : Health::Warning, sentence);
        bottom->timeline()->act(sentence, good ? Health::Ok : Health::Failed);
    });
    QObject::connect(actions->images, &QAction::triggered, q, [this] {
        auto* dialog = new ImagesDialog(services.runs, services.store, uploads, q);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    });
    const auto look = [this](TenantLook::What what) {
        auto* dialog =
            new TenantLook(services.runs, services.store, services.clock, what, selection->current(), q);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    };
    QObject::connect(actions->services, &QAction::triggered, q, [look] { look(TenantLook::What::Services); });
    QObject::connect(actions->deletion, &QAction::triggered, q, [look] { look(TenantLook::What::Deletion); });
    QObject::connect(runs, &ClusterRuns::added, q, [this](const ClusterRun* run) {
        if (run->active()) {
            bottomDock->show();
            bottom->setCurrentTab(QStringLiteral("activity"));
        }
    });
    // The timeline tells when a run began and how it ended.
    const auto onTimeline = [this, known = std::make_shared<QHash<QString, bool>>()](const ClusterRun* run) {
        const auto before = known->constFind(run->id());
        if (before != known->constEnd() && *before == run->active())
            return;
        const bool fresh = before == known->constEnd();
        known->insert(run->id(), run->active());
        if (run->active())
            bottom->timeline()->act(run->title(), Health::Progressing);
        else if (!fresh)
            bottom->timeline()->act(QStringLiteral("%1: %2").arg(run->title(), run->sentence()),
                                    run->health());
    };
    QObject::connect(runs, &ClusterRuns::added, q, onTimeline);
    QObject::connect(runs, &ClusterRuns::changed, q, onTimeline);
    QObject::connect(runs, &ClusterRuns::found, q, [this](int count) {
        message->say(Health::Warning,
                     MainWindow::tr("%n plans of an earlier run are not finished; Activity lists them.",
                                    nullptr, count));
    });
}

ClusterWizard* MainWindow::Private::openWizard()
{
    if (wizard == nullptr) {
        wizard = new ClusterWizard(services.runs, services.store, q);
        wizard->setConsoles(services.consoles);
        wizard->setKubectlAccess([this](SourceId source) { return opener->kubectlAccess(source); });
        QObject::connect(wizard->model(), &WizardModel::changed, q, [this] { showGhosts(); });
        QObject::connect(wizard, &ClusterWizard::pageChanged, q, [this] { showGhosts(); });
        QObject::connect(wizard, &QDialog::finished, q, [this] { chart->setGhosts({}); });
        QObject::connect(wizard, &ClusterWizard::prepareWanted, q,
                         [this](SourceId on) { prepareCluster(on); });
        QObject::connect(wizard, &ClusterWizard::deployWanted, q, [this](const ClusterRun* run) {
            auto* dialog = new DeployDialog(services.runs, run->client(), run->ns(), run->cluster(), wizard);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->show();
        });
        QObject::connect(wizard, &ClusterWizard::showInStackWanted, q,
                         [this](SourceId source, const QString& key) { showCluster(source, key); });
    }
    wizard->show();
    wizard->raise();
    wizard->activateWindow();
    return wizard;
}

// Of an inner cluster its outer one; 0 where there is none to name.
SourceId MainWindow::Private::outerOf(SourceId source) const
{
    const SourceState* state = services.store->stack().source(source);
    if (state != nullptr && state->kind == SourceKind::InnerCluster)
        state = services.store->stack().source(state->outer);
    return state != nullptr && state->kind == SourceKind::OuterCluster ? state->id : 0;
}

void MainWindow::Private::prepareCluster(SourceId source)
{
    if (preparing == nullptr) {
        preparing = new PrepareWizard(services.runs, services.store, q);
        preparing->setAttribute(Qt::WA_DeleteOnClose); // runs go on without it
        QObject::connect(preparing, &PrepareWizard::createClusterWanted, q,
                         [this](SourceId on) { newCluster(on); });
        preparing->setSource(outerOf(source));
    }
    preparing->show();
    preparing->raise();
    preparing->activateWindow();
}

void MainWindow::Private::newCluster(SourceId source)
{
    ClusterWizard* opened = openWizard();
    opened->editAgain();
    if (const SourceId outer = outerOf(source); outer != 0)
        opened->setSource(outer);
}

// While a cluster is being described the chart shows where its VMs would go.
void MainWindow::Private::showGhosts()
{
    std::vector<StrataGhost> ghosts;
    const WizardModel* model = wizard->model();
    if (wizard->isVisible() && wizard->page() != ClusterWizard::Progress && model->fitKnown()) {
        const Stack& stack = services.store->stack();
        std::unordered_map<std::string, ItemId> nodes;
        for (const ItemId root : stack.roots(Tree::Stack)) {
            for (const ItemId child : stack.find(root)->childrenIn(Tree::Stack)) {
                const Item* node = stack.find(child);
                if (node != nullptr && node->kind == ItemKind::OuterNode && node->source == model->source())
                    nodes[node->name] = child;
            }
        }
        for (const provision::Placement& placement : model->fit().placements) {
            const auto node = nodes.find(placement.node);
            if (node == nodes.end())
                continue;
            for (const provision::NodeRoom& room : model->survey().nodes) {
                if (room.name != placement.node || room.capacity.memoryBytes <= 0 ||
                    room.capacity.cpuMilli <= 0)
                    continue;
                ghosts.push_back({node->second,
                                  double(placement.request.memoryBytes) / double(room.capacity.memoryBytes),
                                  double(placement.request.cpuMilli) / double(room.capacity.cpuMilli),
                                  QString::fromStdString(placement.vm.name)});
            }
        }
    }
    chart->setGhosts(std::move(ghosts));
}

void MainWindow::Private::showCluster(SourceId source, const QString& key)
{
    const Stack& stack = services.store->stack();
    for (const ItemId root : stack.roots(Tree::Tenants)) {
        const Item* item = stack.find(root);
        if (item == nullptr || item->source != source ||
            QString::fromStdString(item->ns + "/" + item->name) != key)
            continue;
        q->raise();
        q->activateWindow();
        tree->setPerspective(Tree::Tenants);
        selection->select(root);
        reveal();
        return;
    }
    message->say(Health::Warning, MainWindow::tr("%1 is not in the stack yet.").arg(key));
}

void MainWindow::Private::restore()
{
    Workspace* workspace = services.workspace;
    const QByteArray geometry = workspace->windowGeometry();
    if (geometry.isEmpty() || !q->restoreGeometry(geometry))
        q->resize(1440, 900);
    if (q->restoreState(workspace->windowState()))
        placed = true;
    TerminalLook::instance().restore(workspace->panelState(QStringLiteral("terminal")));
    QObject::connect(&TerminalLook::instance(), &TerminalLook::changed, q, [workspace] {
        const QJsonObject state = TerminalLook::instance().state();
        if (state != workspace->panelState(QStringLiteral("terminal")))
            workspace->setPanelState(QStringLiteral("terminal"), state);
    });
    tree->restoreState(workspace->panelState(QStringLiteral("tree")));
    chart->restoreState(workspace->panelState(QStringLiteral("chart")));
    centre->restoreState(workspace->panelState(QStringLiteral("centre")));
    const QJsonObject parts = workspace->panelState(QStringLiteral("tabs"));
    bottom->setCurrentTab(parts.value(QLatin1String("bottom")).toString());
    details->setCurrentTab(parts.value(QLatin1String("details")).toString());
    if (!workspace->message().isEmpty())
        message->say(Health::Warning, workspace->message());
}

void MainWindow::Private::store()
{
    Workspace* workspace = services.workspace;
    workspace->setWindowGeometry(q->saveGeometry());
    workspace->setWindowState(q->saveState());
    workspace->setPanelState(QStringLiteral("tree"), tree->saveState());
    workspace->setPanelState(QStringLiteral("chart"), chart->saveState());
    workspace->setPanelState(QStringLiteral("centre"), centre->saveState());
    QJsonObject parts;
    parts.insert(QLatin1String("bottom"), bottom->currentTab());
    parts.insert(QLatin1String("details"), details->currentTab());
    workspace->setPanelState(QStringLiteral("tabs"), parts);
}

MainWindow::MainWindow(const ShellServices& services, QWidget* parent)
    : QMainWindow(parent), m_d(std::make_unique<Private>(this, services))
{
    Private& d = *m_d;
    setMinimumSize(760, 520);
    d.makeParts();
    d.makeDocks();
    d.makeToolBar();
    d.makeMenus();
    d.makeStatusBar();
    d.connectAll();
    d.applySettings();
    d.restore();
    d.updateItemActions();
    d.updateSite();
    d.updateLive();
    setWindowIcon(Theme::icon(QStringLiteral("strata"), colors().accent));
}

MainWindow::~MainWindow()
{
    // The parts look at actions and services while they go.
    delete m_d->wizard;
    delete takeCentralWidget();
    delete m_d->treeDock;
    delete m_d->bottomDock;
}

void MainWindow::openRemembered()
{
    m_d->opener->openRemembered();
}

void MainWindow::open(const Connection& connection)
{
    m_d->opener->open(connection);
}

void MainWindow::openDemo()
{
    m_d->opener->openDemo();
}

void MainWindow::select(ItemId id)
{
    m_d->selection->select(id);
}

Consoles* MainWindow::consoles() const
{
    return m_d->consoles;
}

ItemId MainWindow::current() const
{
    return m_d->selection->current();
}

bool MainWindow::setCurrentTab(const QString& name)
{
    if (!m_d->bottom->hasTab(name))
        return m_d->details->setCurrentTab(name);
    m_d->bottomDock->show();
    m_d->bottom->setCurrentTab(name);
    return true;
}

ClusterWizard* MainWindow::newCluster()
{
    if (m_d->services.runs == nullptr)
        return nullptr;
    m_d->newCluster(0);
    return m_d->wizard;
}

PrepareWizard* MainWindow::prepareCluster()
{
    if (m_d->services.runs == nullptr)
        return nullptr;
    m_d->prepareCluster(0);
    return m_d->preparing;
}

void MainWindow::say(const QString& text)
{
    m_d->message->say(Health::Warning, text);
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_d->store();
    QMainWindow::closeEvent(event);
}

void MainWindow::keyPressEvent(QKeyEvent* event)
{
    // What a part did not want for itself (a zoom to leave, a search to close) goes back.
    if (event->key() == Qt::Key_Escape) {
        if (m_d->selection->canGoBack())
            m_d->selection->goBack();
        return;
    }
    QMainWindow::keyPressEvent(event);
}

void MainWindow::showEvent(QShowEvent* event)
{
    QMainWindow::showEvent(event);
    if (m_d->placed)
        return;
    m_d->placed = true;
    resizeDocks({m_d->treeDock}, {std::clamp(width() * 31 / 100, 360, 460)}, Qt::Horizontal);
    resizeDocks({m_d->bottomDock}, {std::clamp(height() * 21 / 100, 130, 260)}, Qt::Vertical);
    m_d->tree->focusTree();
}

} // namespace strata::ui
