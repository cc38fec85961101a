// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/fakedocuments.h"
#include "ui/compare/comparedialog.h"
#include "ui/connect/welcomepage.h"
#include "ui/console/sessionpage.h"
#include "ui/details/detailspanel.h"
#include "ui/settings/workspace.h"
#include "ui/shell/activity.h"
#include "ui/shell/bottompanel.h"
#include "ui/shell/centre.h"
#include "ui/shell/chips.h"
#include "ui/shell/command.h"
#include "ui/shell/commandpalette.h"
#include "ui/shell/mainwindow.h"
#include "ui/shell/messagebar.h"
#include "ui/shell/problemspanel.h"
#include "ui/shell/statuschips.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QLineEdit>
#include <QListView>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>

using namespace strata;
using namespace strata::stack;

namespace {

struct Fixture {
    QTemporaryDir directory;
    ui::StackStore store;
    test::FakeDocuments documents;
    std::unique_ptr<ui::Workspace> workspace;
    std::vector<SourceId> removed;
    std::vector<SourceId> retried;
    std::vector<QString> clusters;
    std::vector<QString> hosts;
    std::function<void(Result<void>)> demo;
    std::unique_ptr<ui::MainWindow> window;

    Fixture()
    {
        workspace = std::make_unique<ui::Workspace>(directory.filePath(QStringLiteral("workspace.json")));
        open();
    }

    void open()
    {
        ui::ShellServices services;
        services.store = &store;
        services.documents = &documents;
        services.workspace = workspace.get();
        services.clock = [] { return test::kNow + 2000; };
        store.setClock(services.clock); // ages decide what is a problem
        services.connectCluster = [this](const kube::ClusterConfig&, const QString& name) {
            clusters.push_back(name);
            return SourceId(100 + clusters.size());
        };
        services.connectHost = [this](const QString& uri, const QString&) -> Result<SourceId> {
            if (uri.contains(QLatin1String("bad")))
                return fail(ErrorKind::Refused, "This URI is refused.");
            hosts.push_back(uri);
            return SourceId(200 + hosts.size());
        };
        services.removeSource = [this](SourceId id) { removed.push_back(id); };
        services.retry = [this](SourceId id) { retried.push_back(id); };
        services.openDemo = [this](QObject*, std::function<void(Result<void>)> done) {
            demo = std::move(done);
        };
        services.connect.readKubeconfig = [](const std::string& path) -> Result<std::vector<ui::ContextRow>> {
            if (path == "/gone")
                return fail(ErrorKind::Io, "/gone is not there.");
            kube::ClusterConfig config;
            config.context = "admin";
            return std::vector<ui::ContextRow>{{"admin", "c", "u", "https://x", true, config}};
        };
        window = std::make_unique<ui::MainWindow>(services);
        window->resize(1200, 800);
        window->show();
        window->activateWindow();
        if (!QTest::qWaitForWindowActive(window.get()))
            qFatal("the window does not become active");
    }

    QLineEdit* field() const
    {
        for (QLineEdit* each : window->findChildren<QLineEdit*>()) {
            if (each->accessibleName().startsWith(QLatin1String("Search, or run")))
                return each;
        }
        return nullptr;
    }
    QAction* action(const char* text) const
    {
        for (QAction* each : window->actions()) {
            if (each->text().remove(QLatin1Char('&')) == QLatin1String(text))
                return each;
        }
        return nullptr;
    }
};

class OpenPage : public ui::SessionPage {
public:
    using ui::SessionPage::SessionPage;
    QString iconName() const override { return QStringLiteral("console"); }
    QString kindName() const override { return QStringLiteral("Serial console"); }
    void enter() override {}
};

} // namespace

class TestShell : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    // The sentence that asks for the other item goes when it has been chosen.
    void whatWaitsToBeComparedIsSaidUntilItIs()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        const QList<QAction*> all = f.window->actions();
        const auto found = std::find_if(all.begin(), all.end(), [](const QAction* action) {
            return action->text().startsWith(QLatin1String("Compare with another"));
        });
        QVERIFY(found != all.end());
        QAction* compare = *found;
        auto* message = f.window->findChild<ui::MessageBar*>();
        QVERIFY(message != nullptr);
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-1"));
        QTRY_VERIFY(compare->isEnabled());
        compare->trigger();
        QVERIFY2(message->text().contains(QLatin1String("outer-1 waits to be compared")),
                 qPrintable(message->text()));
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-2"));
        QTRY_VERIFY2(compare->text().contains(QLatin1String("outer-1")), qPrintable(compare->text()));
        compare->trigger();
        QTRY_VERIFY(f.window->findChild<ui::CompareDialog*>() != nullptr);
        QCOMPARE(message->text(), QString());
        delete f.window->findChild<ui::CompareDialog*>();
        // What somebody else has said meanwhile stays.
        compare->trigger();
        f.window->say(QStringLiteral("Something else."));
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-1"));
        compare->trigger();
        QCOMPARE(message->text(), QStringLiteral("Something else."));
    }

    // What the field is for is said in words that have room, not in half of them.
    void theSearchSaysWhatItIsForAtEveryWidth()
    {
        Fixture f;
        QStringList seen;
        for (const int width : {1600, 1200, 1024}) {
            f.window->resize(width, 700);
            QTRY_COMPARE(f.window->width(), width);
            QLineEdit* field = f.field();
            QTRY_VERIFY(field->fontMetrics().horizontalAdvance(field->placeholderText()) <=
                        field->width() - 16);
            seen << field->placeholderText();
        }
        QVERIFY2(seen.first().contains(QLatin1String("Ctrl+K")), qPrintable(seen.first()));
        QVERIFY(seen.last().startsWith(QLatin1String("Search")));
    }

    void chipTexts()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        std::vector<ui::Chip> chips = ui::chipsOf(stack, test::kNow + 2000);
        QCOMPARE(chips.size(), std::size_t(3));
        QCOMPARE(chips[0].text, QStringLiteral("rack-a v1.34.1 · 2 s"));
        QCOMPARE(chips[0].health, Health::Ok);
        QCOMPARE(chips[1].text, QStringLiteral("libvirt: 4 hosts"));
        QCOMPARE(chips[2].text, QStringLiteral("inner clusters: 3"));
        QCOMPARE(chips[2].sources.size(), std::size_t(3));

        Batch lost = test::pictureSite();
        lost.facts.clear();
        for (SourceChange& change : lost.sources) {
            if (change.state.id == test::kOuter || change.state.id == test::kBlue) {
                change.state.phase = LinkPhase::Waiting;
                change.state.retryAt = test::kNow + 10000;
            }
            if (change.state.id == test::kRed)
                change.state.kinds = {{"pods", {ErrorKind::Forbidden, "no", "", 403, 0}}};
        }
        stack.apply(lost);
        chips = ui::chipsOf(stack, test::kNow + 2000);
        QCOMPARE(chips[0].text, QStringLiteral("rack-a v1.34.1 · lost 2 s ago"));
        QCOMPARE(chips[0].health, Health::Failed);
        QCOMPARE(chips[2].text, QStringLiteral("inner clusters: 3 · 2 not live"));
        QCOMPARE(ui::sourceSentence(*stack.source(test::kOuter), test::kNow + 2000),
                 QStringLiteral("last seen 2 s ago, retrying in 8 s"));
        SourceState fresh;
        fresh.name = "x";
        QCOMPARE(ui::sourceSentence(fresh, test::kNow), QStringLiteral("connecting…"));
        QVERIFY(ui::chipsOf(Stack(), test::kNow).empty());
    }

    void commands()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        QCOMPARE(ui::commandFor(stack, test::itemNamed(stack, ItemKind::OuterNode, "outer-1"),
                                QStringLiteral("--context a")),
                 QStringLiteral("kubectl --context a get nodes outer-1 -o yaml"));
        QCOMPARE(
            ui::commandFor(stack, test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p"), {}),
            QStringLiteral("kubectl -n tenant-blue get virtualmachines.kubevirt.io blue-md-0-x8k2p -o yaml"));
        QCOMPARE(
            ui::commandFor(stack, test::itemNamed(stack, ItemKind::Workload, "checkout"), {}),
            QStringLiteral("kubectl --kubeconfig <(kubectl -n tenant-blue get secret blue-kubeconfig -o "
                           "jsonpath='{.data.value}' | base64 -d) -n shop get pods checkout-6d9f8c7b5-kq2zx "
                           "-o yaml"));
        QCOMPARE(ui::commandFor(stack, test::itemNamed(stack, ItemKind::Host, "metal-01"), {}),
                 QStringLiteral("virsh -c qemu+ssh://metal-01/system nodeinfo"));
        QCOMPARE(ui::shellQuoted(QStringLiteral("a b'; rm -rf $HOME")),
                 QStringLiteral("'a b'\\''; rm -rf $HOME'"));
        QCOMPARE(ui::shellQuoted(QString()), QStringLiteral("''"));
        QVERIFY(ui::commandFor(stack, {}, {}).isEmpty());
    }

    void activity()
    {
        Stack stack;
        ui::ActivityLog log;
        QAbstractItemModelTester tester(&log, QAbstractItemModelTester::FailureReportingMode::QtTest);
        SourceState state;
        state.id = 1;
        state.name = "rack-a";
        const auto step = [&](LinkPhase phase, bool synced, UnixMs retryAt = 0) {
            state.phase = phase;
            state.synced = synced;
            state.retryAt = retryAt;
            state.error =
                phase == LinkPhase::Waiting ? Error{ErrorKind::Network, "Refused.", "", 0, 0} : Error{};
            Batch batch;
            batch.sources.push_back({state, false});
            stack.apply(batch);
            log.follow(stack, {1}, test::kNow);
        };
        const auto newest = [&log] { return log.index(0).data().toString(); };
        step(LinkPhase::Connecting, false);
        QCOMPARE(newest(), QStringLiteral("Connecting to rack-a"));
        step(LinkPhase::Live, false);
        QCOMPARE(log.rowCount(), 1); // not before its first picture is complete
        step(LinkPhase::Live, true);
        QCOMPARE(newest(), QStringLiteral("Connected to rack-a"));
        step(LinkPhase::Live, true);
        QCOMPARE(log.rowCount(), 2);
        step(LinkPhase::Waiting, true, test::kNow + 5000);
        QCOMPARE(newest(), QStringLiteral("Lost rack-a"));
        step(LinkPhase::Waiting, true, test::kNow + 9000);
        QCOMPARE(newest(), QStringLiteral("Trying rack-a again in 9 s"));
        step(LinkPhase::Live, true);
        QCOMPARE(newest(), QStringLiteral("Connected to rack-a again"));
        Batch gone;
        gone.sources.push_back({state, true});
        stack.apply(gone);
        log.follow(stack, {1}, test::kNow);
        QCOMPARE(newest(), QStringLiteral("Disconnected from rack-a"));
        for (int i = 0; i < 1100; ++i)
            log.add(Health::Ok, QString::number(i), {}, test::kNow);
        QCOMPARE(log.rowCount(), 1000);
        QCOMPARE(newest(), QStringLiteral("1099"));
    }

    void neverBlank()
    {
        Fixture f;
        QVERIFY(f.window->findChild<ui::WelcomePage*>()->isVisible());
        Batch site = test::pictureSite();
        Batch connecting;
        connecting.sources = site.sources;
        for (SourceChange& change : connecting.sources) {
            change.state.phase = LinkPhase::Connecting;
            change.state.synced = false;
        }
        f.store.apply(connecting);
        QTRY_VERIFY(f.window->findChild<ui::ConnectingPage*>()->isVisible());
        QVERIFY(!f.window->findChild<ui::WelcomePage*>()->isVisible());
        f.store.apply(site);
        QTRY_VERIFY(f.window->findChild<ui::StrataChart*>()->isVisible());
        QVERIFY(f.window->findChild<ui::DetailsPanel*>()->isVisible());
        Batch gone;
        for (const SourceChange& change : site.sources)
            gone.sources.push_back({change.state, true});
        f.store.apply(gone);
        QTRY_VERIFY(f.window->findChild<ui::WelcomePage*>()->isVisible());
    }

    void palette()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        auto* palette = f.window->findChild<ui::CommandPalette*>();
        f.action("Search, or run a command")->trigger();
        QVERIFY(palette->isVisible());
        QVERIFY(palette->rows() > 5); // all actions that can be run
        QTest::keyClicks(f.field(), QStringLiteral("x8k2p"));
        QVERIFY(palette->rows() > 0);
        QTest::keyClick(f.field(), Qt::Key_Return);
        QVERIFY(!palette->isVisible());
        QVERIFY(f.store.stack().find(f.window->current())->name.find("x8k2p") != std::string::npos);
        f.action("Search, or run a command")->trigger();
        QTest::keyClicks(f.field(), QStringLiteral("copy kubectl"));
        QTest::keyClick(f.field(), Qt::Key_Return);
        QVERIFY2(QApplication::clipboard()->text().startsWith(QLatin1String("kubectl")),
                 qPrintable(QApplication::clipboard()->text()));
        f.action("Search, or run a command")->trigger();
        QTest::keyClick(f.field(), Qt::Key_Escape);
        QVERIFY(!palette->isVisible());
    }

    // The filter gives way before a tab loses its name, also when a view more comes after the window has its
    // size.
    void tabsKeepTheirNames()
    {
        Fixture f;
        f.window->resize(1024, 700);
        f.store.apply(test::pictureSite());
        auto* panel = f.window->findChild<ui::BottomPanel*>();
        auto* tabs = panel->findChild<QTabBar*>();
        auto* problems = panel->problems();
        QTRY_COMPARE(problems->count(), 2);
        QTRY_VERIFY(tabs->width() >= tabs->sizeHint().width());
        Batch healed;
        for (const FactChange& change : test::pictureSite().facts) {
            if (change.key.kind != FactKind::KubeNode || change.key.name != "outer-2")
                continue;
            KubeNodeFact node = *change.fact->as<KubeNodeFact>();
            std::erase_if(node.conditions, [](const Condition& c) { return c.type == "MemoryPressure"; });
            healed.facts.push_back({change.key, makeFact(node)});
        }
        f.store.apply(healed);
        QTRY_COMPARE(problems->count(), 1); // and one is among the cleared: another button
        QTRY_VERIFY(tabs->width() >= tabs->sizeHint().width());
    }

    void manySessionsDoNotCostTheTabsTheirNames()
    {
        Fixture f;
        f.window->resize(1024, 700);
        f.store.apply(test::pictureSite());
        auto* panel = f.window->findChild<ui::BottomPanel*>();
        auto* tabs = panel->findChild<QTabBar*>();
        QTRY_COMPARE(panel->problems()->count(), 2);
        std::vector<int> widths;
        for (int i = 0; i < tabs->count(); ++i)
            widths.push_back(tabs->tabRect(i).width());
        const QString name = QStringLiteral("blue-md-0-8pqqh-x8k2p");
        for (int i = 0; i < 9; ++i) {
            panel->openSession(new OpenPage(QString::number(i), i == 8 ? QStringLiteral("cp") : name));
            for (int fixed = 0; fixed < int(widths.size()); ++fixed)
                QCOMPARE(tabs->tabRect(fixed).width(), widths[std::size_t(fixed)]);
            const auto current = [&] { return tabs->tabRect(tabs->currentIndex()); };
            QTRY_VERIFY(tabs->rect().contains(current().center()));
            QVERIFY(current().width() >= 60);
        }
        QVERIFY(tabs->tabToolTip(tabs->count() - 2).contains(name)); // which is not there in full
        QVERIFY(tabs->tabToolTip(tabs->count() - 2).contains(QLatin1String("Serial console")));
    }

    void problemsLead()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        auto* problems = f.window->findChild<ui::ProblemsPanel*>();
        QTRY_COMPARE(problems->count(), 2);
        f.action("Next problem")->trigger();
        QCOMPARE(f.window->current(), test::itemNamed(f.store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        f.action("Next problem")->trigger();
        QCOMPARE(f.window->current(), test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-2"));
        f.action("Back")->trigger();
        QCOMPARE(f.window->current(), test::itemNamed(f.store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        QVERIFY(f.action("Forward")->isEnabled());
        f.action("Copy name")->trigger();
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("blue-md-0-x8k2p"));
        f.action("Open YAML")->trigger();
        QCOMPARE(f.window->findChild<ui::DetailsPanel*>()->currentTab(), QStringLiteral("yaml"));
    }

    void placesInARound()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-1"));
        QTRY_VERIFY(f.window->isActiveWindow());
        f.window->findChild<ui::StackPanel*>()->focusTree();
        const auto in = [&f](const QWidget* place) {
            const QWidget* focus = QApplication::focusWidget();
            return focus != nullptr && (place == focus || place->isAncestorOf(focus));
        };
        QTRY_VERIFY(in(f.window->findChild<ui::StackPanel*>()));
        const QWidget* round[] = {
            f.window->findChild<ui::StrataChart*>(), f.window->findChild<ui::DetailsPanel*>(),
            f.window->findChild<ui::BottomPanel*>(), f.field(), f.window->findChild<ui::StackPanel*>()};
        for (const QWidget* place : round) {
            f.action("Next place")->trigger();
            QVERIFY(in(place));
        }
        f.action("Previous place")->trigger();
        QVERIFY(in(f.field()));
    }

    void remembersConnections()
    {
        Fixture f;
        ui::Connection host;
        host.kind = ui::Connection::Kind::Host;
        host.name = QStringLiteral("metal-01");
        host.uri = QStringLiteral("qemu:///system");
        f.window->open(host);
        QCOMPARE(f.hosts.size(), std::size_t(1));
        ui::Connection cluster;
        cluster.name = QStringLiteral("rack-a");
        cluster.kubeconfig = QStringLiteral("/home/op/.kube/config");
        cluster.context = QStringLiteral("admin");
        f.window->open(cluster);
        QTRY_COMPARE(f.clusters.size(), std::size_t(1));
        QCOMPARE(f.workspace->connections().size(), 2);
        f.window->open(host); // twice is once
        QCOMPARE(f.hosts.size(), std::size_t(1));
        auto* bar = f.window->findChild<ui::MessageBar*>();
        QVERIFY(bar->text().contains(QLatin1String("already")));
        // Disconnecting keeps it among the recent ones, but does not open it again by itself.
        Q_EMIT f.window->findChild<ui::StatusChips*>()->removeWanted(201);
        QCOMPARE(f.removed, std::vector<SourceId>{201});
        f.window.reset();
        f.clusters.clear();
        f.hosts.clear();
        f.open();
        f.window->openRemembered();
        QTRY_COMPARE(f.clusters.size(), std::size_t(1));
        QVERIFY(f.hosts.empty());
    }

    void faultsAreSaid()
    {
        Fixture f;
        auto* bar = f.window->findChild<ui::MessageBar*>();
        ui::Connection gone;
        gone.name = QStringLiteral("old");
        gone.kubeconfig = QStringLiteral("/gone");
        f.window->open(gone);
        QTRY_VERIFY(bar->text().contains(QLatin1String("/gone is not there.")));
        ui::Connection other = gone;
        other.kubeconfig = QStringLiteral("/there");
        other.context = QStringLiteral("missing");
        f.window->open(other);
        QTRY_VERIFY(bar->text().contains(QLatin1String("no context missing")));
        ui::Connection bad;
        bad.kind = ui::Connection::Kind::Host;
        bad.name = QStringLiteral("bad");
        bad.uri = QStringLiteral("bad://");
        f.window->open(bad);
        QVERIFY(bar->text().contains(QLatin1String("This URI is refused.")));
        QCOMPARE(f.window->findChild<ui::BottomPanel*>()->activity()->rowCount(), 3);
        QVERIFY(f.workspace->connections().isEmpty());
    }

    void demoSite()
    {
        Fixture f;
        f.window->openDemo();
        QVERIFY(f.demo);
        QVERIFY(!f.action("Open the demo site")->isEnabled());
        f.demo(fail(ErrorKind::Io, "No port is free."));
        QVERIFY(f.action("Open the demo site")->isEnabled());
        QVERIFY(f.workspace->connections().isEmpty());
        f.window->openDemo();
        f.demo({});
        QCOMPARE(f.workspace->connections().first().kind, ui::Connection::Kind::Demo);
    }

    void keepsItsLook()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-1"));
        f.window->setCurrentTab(QStringLiteral("conditions"));
        f.window->findChild<ui::BottomPanel*>()->setCurrentTab(QStringLiteral("activity"));
        f.action("Theme: dark")->trigger();
        f.window->resize(1100, 700);
        f.window->close();
        f.window.reset();
        QVERIFY(f.workspace->saveNow());
        f.workspace = std::make_unique<ui::Workspace>(f.workspace->path());
        f.workspace->load();
        f.open();
        QTRY_VERIFY(ui::colors().dark);
        QCOMPARE(f.window->findChild<ui::BottomPanel*>()->currentTab(), QStringLiteral("activity"));
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-1"));
        QCOMPARE(f.window->findChild<ui::DetailsPanel*>()->currentTab(), QStringLiteral("conditions"));
        f.action("Theme: light")->trigger();
        QTRY_VERIFY(!ui::colors().dark);
    }

    // Pages that are not shown, and long lists in them, do not hold the window open.
    void fitsSmallScreens()
    {
        Fixture f;
        for (int i = 0; i < 8; ++i) {
            ui::Connection host;
            host.kind = ui::Connection::Kind::Host;
            host.name = QStringLiteral("metal-%1").arg(i);
            host.uri = QStringLiteral("qemu+ssh://metal-%1/system").arg(i);
            f.workspace->remember(host);
        }
        f.store.apply(test::pictureSite());
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        f.window->resize(800, 560);
        QTRY_COMPARE(f.window->size(), QSize(800, 560));
    }

    void everythingHasAName()
    {
        Fixture f;
        f.store.apply(test::pictureSite());
        f.window->select(test::itemNamed(f.store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        for (const QAbstractButton* button : f.window->findChildren<QAbstractButton*>()) {
            if (button->isVisible() && button->focusPolicy() != Qt::NoFocus)
                QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(),
                         qPrintable(button->objectName() + QLatin1Char(' ') + button->toolTip()));
        }
        QSet<QKeySequence> keys;
        for (const QAction* action : f.window->actions()) {
            for (const QKeySequence& sequence : action->shortcuts()) {
                QVERIFY2(!keys.contains(sequence), qPrintable(sequence.toString()));
                keys.insert(sequence);
            }
        }
    }
};

QTEST_MAIN(TestShell)
#include "test_shell.moc"
