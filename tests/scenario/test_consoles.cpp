// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "ui/console/endbar.h"
#include "ui/console/forwardspage.h"
#include "ui/console/logpage.h"
#include "ui/console/logview.h"
#include "ui/console/savetext.h"
#include "ui/console/screenpage.h"
#include "ui/console/screenview.h"
#include "ui/console/terminalpage.h"
#include "ui/console/terminalview.h"
#include "ui/shell/consoles.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QPushButton>
#include <QTableWidget>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata;
using namespace strata::stack;

// The window's consoles against the demo site: WebSockets over TLS, the API server's subresources, shells and
// serial lines that answer.
class TestConsoles : public QObject {
    Q_OBJECT

    static constexpr int kLongMs = 30000;
    QTemporaryDir m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<app::Composition> m_composition;
    std::unique_ptr<ui::MainWindow> m_window;

    const Stack& stack() const { return m_composition->store().stack(); }

    template<typename Wanted>
    ItemId first(Wanted&& wanted) const
    {
        std::vector<ItemId> todo;
        for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts})
            todo.insert(todo.end(), stack().roots(tree).begin(), stack().roots(tree).end());
        while (!todo.empty()) {
            const Item* item = stack().find(todo.back());
            todo.pop_back();
            if (wanted(*item))
                return item->id;
            for (const std::vector<ItemId>& children : item->children)
                todo.insert(todo.end(), children.begin(), children.end());
        }
        return {};
    }

    ItemId runningVm() const
    {
        return first([](const Item& item) { return item.kind == ItemKind::Vm && item.health == Health::Ok; });
    }

    // No VM or node below it is in trouble: on a paused VM a pod may look well for a while, and answers
    // nothing.
    bool standsWell(const Item& item) const
    {
        for (const Item* below = stack().find(item.parentIn(Tree::Stack)); below != nullptr;
             below = stack().find(below->parentIn(Tree::Stack))) {
            if ((below->kind == ItemKind::Vm || below->kind == ItemKind::InnerNode) &&
                below->health != Health::Ok)
                return false;
        }
        return bool(item.parentIn(Tree::Stack));
    }

    // A workload of a tenant's cluster: what is told of it comes through the inner API server.
    ItemId innerWorkload() const
    {
        return first([this](const Item& item) {
            const SourceState* source = stack().source(item.source);
            return item.kind == ItemKind::Workload && item.health == Health::Ok && standsWell(item) &&
                   source != nullptr && source->kind == SourceKind::InnerCluster &&
                   !stack().facts(item.id).pods.empty() &&
                   stack().facts(item.id).pods.front()->phase == "Running";
        });
    }

    template<typename Page>
    Page* page() const // the one that was opened last
    {
        const QList<Page*> all = m_window->findChildren<Page*>();
        return all.isEmpty() ? nullptr : all.back();
    }

private Q_SLOTS:
    void initTestCase()
    {
        ui::Theme::instance().install();
        m_workspace = std::make_unique<ui::Workspace>(m_folder.filePath(QStringLiteral("workspace.json")));
        m_workspace->load();
        demosite::Options options;
        options.life = false;
        m_composition = std::make_unique<app::Composition>(*m_workspace, options);
        m_composition->consoles().setProgram(STRATA_PROGRAM);
        m_window = std::make_unique<ui::MainWindow>(m_composition->services());
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(stack().count(ItemKind::Vm) > 0 && m_composition->site().settled(), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(runningVm() && innerWorkload(), kLongMs);
    }

    void cleanupTestCase()
    {
        m_window.reset();
        m_composition.reset();
    }

    void whatIsTypedIntoASerialLineIsAnswered()
    {
        QVERIFY(m_window->consoles()->openSerial(runningVm()));
        auto* serial = page<ui::TerminalPage>();
        QVERIFY(serial != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(serial->state(), ui::SessionPage::State::Open, kLongMs);
        QTest::keyClick(serial->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(serial->view()->allText().contains(QLatin1String("login:")), kLongMs);
        QTest::keyClicks(serial->view(), QStringLiteral("root"));
        QTest::keyClick(serial->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(serial->view()->allText().contains(QLatin1String("assword")), kLongMs);
        QTest::keyClick(serial->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(serial->view()->allText().contains(QLatin1Char('#')), kLongMs);
        QTest::keyClicks(serial->view(), QStringLiteral("uname"));
        QTest::keyClick(serial->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(serial->view()->allText().contains(QLatin1String("Linux")), kLongMs);
    }

    void theSameSerialLineIsShownAgain()
    {
        const auto count = m_window->findChildren<ui::TerminalPage*>().size();
        QVERIFY(m_window->consoles()->openSerial(runningVm()));
        QCOMPARE(m_window->findChildren<ui::TerminalPage*>().size(), count);
    }

    void aSerialLineThatIsTakenSaysSo()
    {
        auto* mine = page<ui::TerminalPage>();
        QCOMPARE(mine->state(), ui::SessionPage::State::Open);
        // Somebody else, without asking.
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), runningVm());
        const std::unique_ptr<ui::TerminalPage> other(
            ui::TerminalPage::serial(m_composition->services().consoles, targets));
        other->resize(600, 300);
        other->show();
        // A tab of ours has it: it asks first.
        QTRY_VERIFY_WITH_TIMEOUT(other->endBar()->takeOverButton()->isVisible(), kLongMs);
        QCOMPARE(mine->state(), ui::SessionPage::State::Open);
        other->endBar()->takeOverButton()->click();
        QTRY_COMPARE_WITH_TIMEOUT(other->state(), ui::SessionPage::State::Open, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(mine->state(), ui::SessionPage::State::Ended, kLongMs);
        QVERIFY(mine->endBar()->text().contains(QLatin1String("another client")));
        mine->reconnect(true);
        QTRY_COMPARE_WITH_TIMEOUT(mine->state(), ui::SessionPage::State::Open, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(other->state(), ui::SessionPage::State::Ended, kLongMs);
    }

    void aScreenIsSeenAndHearsKeys()
    {
        QVERIFY(m_window->consoles()->openScreen(runningVm()));
        auto* screen = page<ui::ScreenPage>();
        QVERIFY(screen != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(screen->state(), ui::SessionPage::State::Open, kLongMs);
        const auto lit = [screen] {
            const QImage image = screen->view()->shot();
            int count = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    count += qGray(image.pixel(x, y)) > 100 ? 1 : 0;
            return count;
        };
        QTRY_VERIFY_WITH_TIMEOUT(lit() > 500, kLongMs); // a console full of text
        // Half a second apart the cursor blinks; a line of typed letters is more than that.
        const int before = lit();
        QTest::keyClicks(screen->view(), QStringLiteral("mmmmmmmmmmmmmmmm"));
        QTRY_VERIFY_WITH_TIMEOUT(lit() > before + 300, kLongMs);
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("shot.png"));
        QString said = QStringLiteral("nothing");
        ui::saveImage(path, screen->view()->shot(), this, [&](const QString& error) { said = error; });
        QTRY_VERIFY_WITH_TIMEOUT(said.isEmpty(), kLongMs);
        QCOMPARE(QImage(path).size(), screen->view()->shot().size());
    }

    void aScreenThatIsLookedAtIsNotTakenUnasked()
    {
        auto* mine = page<ui::ScreenPage>();
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), runningVm());
        ui::ScreenPage other(m_composition->services().consoles, QStringLiteral("x"), targets.guest, {});
        other.resize(600, 300);
        other.show();
        QTRY_COMPARE_WITH_TIMEOUT(other.state(), ui::SessionPage::State::Ended, kLongMs);
        QTRY_VERIFY(other.endBar()->takeOverButton()->isVisible());
        QCOMPARE(mine->state(), ui::SessionPage::State::Open);
        other.endBar()->takeOverButton()->click();
        QTRY_COMPARE_WITH_TIMEOUT(other.state(), ui::SessionPage::State::Open, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(mine->state(), ui::SessionPage::State::Ended, kLongMs);
    }

    void aShellInAPodOfATenant()
    {
        QVERIFY(m_window->consoles()->openShell(innerWorkload()));
        auto* shell = page<ui::TerminalPage>();
        QTRY_COMPARE_WITH_TIMEOUT(shell->state(), ui::SessionPage::State::Open, kLongMs);
        QTest::keyClicks(shell->view(), QStringLiteral("echo by-hand; echo again"));
        QTest::keyClick(shell->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(shell->view()->allText().contains(QLatin1String("\nagain")), kLongMs);
        QTest::keyClicks(shell->view(), QStringLiteral("exit 3"));
        QTest::keyClick(shell->view(), Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(shell->state(), ui::SessionPage::State::Ended, kLongMs);
        QVERIFY2(shell->endBar()->text().contains(QLatin1Char('3')), qPrintable(shell->endBar()->text()));
    }

    void aCommandThatIsMissingMakesRoomForTheNext()
    {
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), innerWorkload());
        ui::ConsoleServices services = m_composition->services().consoles;
        const auto exec = services.exec;
        std::vector<std::vector<std::string>> commands = {{"no-such-shell"}, {"sh"}};
        services.exec = [&](SourceId cluster, console::ExecTarget target, console::TerminalSize size,
                            ui::ConsoleServices::Handler handler) {
            target.commands = commands;
            return exec(cluster, target, size, std::move(handler));
        };
        const std::unique_ptr<ui::TerminalPage> shell(
            ui::TerminalPage::shell(services, QStringLiteral("x"), targets.pods));
        shell->resize(600, 300);
        shell->show();
        QTRY_COMPARE_WITH_TIMEOUT(shell->state(), ui::SessionPage::State::Open, kLongMs);
        QCOMPARE(shell->link()->what(), QStringLiteral("sh"));
        commands = {{"no-such-shell"}, {"nor-this"}};
        shell->reconnect();
        QTRY_COMPARE_WITH_TIMEOUT(shell->state(), ui::SessionPage::State::Ended, kLongMs);
        QVERIFY2(shell->endBar()->text().contains(QLatin1String("no shell")),
                 qPrintable(shell->endBar()->text()));
    }

    void portsLeadIntoGuestsAndPods()
    {
        const ui::ConsoleServices services = m_composition->services().consoles;
        const ui::ConsoleTargets vm = ui::consoleTargets(stack(), runningVm());
        auto guest =
            services.forward(vm.guest->source, {vm.guest->guest.ns, vm.guest->guest.name, true, 22}, 0, {});
        QVERIFY(guest);
        QTcpSocket ssh;
        ssh.connectToHost(QStringLiteral("127.0.0.1"), (*guest)->port());
        QTRY_VERIFY_WITH_TIMEOUT(ssh.bytesAvailable() >= 4, kLongMs);
        QVERIFY(ssh.readAll().startsWith("SSH-"));
        const ui::ConsoleTargets workload = ui::consoleTargets(stack(), innerWorkload());
        const ui::PodTarget& pod = workload.pods.front();
        ui::ForwardsPage page;
        QByteArray answer;
        // One of the ports that its containers name, or the usual ones where they name none.
        for (const std::uint16_t port : {8080, 80, 9090, 8443, 53, 6443, 2379, 10250}) {
            page.open(services, pod.source, {pod.ns, pod.name, false, port}, 0);
            QTcpSocket http;
            http.connectToHost(QStringLiteral("127.0.0.1"), page.port(page.table()->rowCount() - 1));
            QVERIFY(http.waitForConnected(5000));
            http.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            QTRY_VERIFY_WITH_TIMEOUT(
                http.bytesAvailable() > 12 || http.state() == QAbstractSocket::UnconnectedState, kLongMs);
            answer = http.readAll();
            if (!answer.isEmpty())
                break;
        }
        QVERIFY(answer.startsWith("HTTP/1.1"));
        QTRY_VERIFY_WITH_TIMEOUT(
            !page.table()->item(page.table()->rowCount() - 1, ui::ForwardsPage::Received)->text().isEmpty(),
            kLongMs);
        // A port where nobody listens says so.
        page.open(services, pod.source, {pod.ns, pod.name, false, 4}, 0);
        QTcpSocket nobody;
        nobody.connectToHost(QStringLiteral("127.0.0.1"), page.port(page.table()->rowCount() - 1));
        QTRY_VERIFY_WITH_TIMEOUT(
            !page.table()->item(page.table()->rowCount() - 1, ui::ForwardsPage::Problem)->text().isEmpty(),
            kLongMs);
    }

    void aLogGrowsWhileItIsFollowed()
    {
        QVERIFY(m_window->consoles()->openLogs(innerWorkload()));
        auto* logs = page<ui::LogPage>();
        QVERIFY(logs != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(logs->book().total() > 0 && logs->view()->isUpToDate(), kLongMs);
        QCOMPARE(logs->state(), ui::SessionPage::State::Open);
        const std::uint64_t then = logs->book().total();
        QTRY_VERIFY_WITH_TIMEOUT(logs->book().total() > then, kLongMs);
        QVERIFY(!logs->book().lines().back().time.empty());
        QVERIFY(logs->view()->document()->blockCount() > 1);
    }

    void aVmsLauncherHasALogToo()
    {
        QVERIFY(m_window->consoles()->openLogs(runningVm()));
        auto* logs = page<ui::LogPage>();
        QTRY_VERIFY_WITH_TIMEOUT(logs->book().total() > 0, kLongMs);
    }

    void theActionsSayWhatTheyCannot()
    {
        const auto action = [this](const QString& text) {
            for (QAction* each : m_window->findChildren<QAction*>()) {
                if (each->text() == text)
                    return each;
            }
            return static_cast<QAction*>(nullptr);
        };
        m_window->select(runningVm());
        QVERIFY(action(QStringLiteral("Serial console"))->isEnabled());
        m_window->select(innerWorkload());
        QVERIFY(!action(QStringLiteral("Serial console"))->isEnabled());
        QVERIFY(action(QStringLiteral("Serial console"))->toolTip().contains(QLatin1String("shell")));
        QVERIFY(action(QStringLiteral("Shell"))->isEnabled());
        QVERIFY(action(QStringLiteral("Logs"))->isEnabled());
    }
};

QTEST_MAIN(TestConsoles)
#include "test_consoles.moc"
