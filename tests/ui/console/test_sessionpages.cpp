// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/console/fakesession.h"
#include "tests/ui/console/savedialog.h"
#include "ui/console/consoletargets.h"
#include "ui/console/endbar.h"
#include "ui/console/logpage.h"
#include "ui/console/logview.h"
#include "ui/console/pageheader.h"
#include "ui/console/recorder.h"
#include "ui/console/savetext.h"
#include "ui/console/seats.h"
#include "ui/console/terminalpage.h"
#include "ui/console/terminalview.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include <map>

using namespace strata;
using namespace strata::stack;
using test::FakeSession;
using test::FakeWire;

namespace {

// Services whose other ends are the test.
struct FakeConsoles {
    std::vector<std::shared_ptr<FakeWire>> wires;
    std::vector<console::ExecTarget> execs;
    std::vector<console::LogTarget> logs;
    std::vector<console::GuestTarget> serials;
    std::vector<std::pair<std::string, bool>> hostSerials;
    std::map<std::string, std::vector<console::ContainerInfo>> containers;
    bool holds = false; // what is asked for containers is answered by the test
    std::vector<std::function<void()>> held;

    std::unique_ptr<console::Session> open(std::shared_ptr<console::SessionHandler> handler)
    {
        wires.push_back(std::make_shared<FakeWire>());
        wires.back()->handler = std::move(handler);
        return std::make_unique<FakeSession>(wires.back());
    }

    ui::ConsoleServices services()
    {
        ui::ConsoleServices out;
        out.exec = [this](SourceId, const console::ExecTarget& target, console::TerminalSize,
                          ui::ConsoleServices::Handler handler) {
            execs.push_back(target);
            return open(std::move(handler));
        };
        out.log = [this](SourceId, const console::LogTarget& target, ui::ConsoleServices::Handler handler) {
            logs.push_back(target);
            return open(std::move(handler));
        };
        out.serial = [this](SourceId, const console::GuestTarget& target,
                            ui::ConsoleServices::Handler handler) {
            serials.push_back(target);
            return open(std::move(handler));
        };
        out.screen = [](SourceId, const console::GuestTarget&, bool,
                        std::shared_ptr<console::ScreenHandler>) -> Result<std::unique_ptr<console::Screen>> {
            return fail(ErrorKind::Network, "no screen");
        };
        out.forward = [](SourceId, const console::ForwardTarget&, std::uint16_t,
                         std::function<void()>) -> Result<std::unique_ptr<console::Forward>> {
            return fail(ErrorKind::Network, "no port");
        };
        out.hostSerial = [this](SourceId, const std::string& uuid, bool takeOver,
                                ui::ConsoleServices::Handler handler) {
            hostSerials.emplace_back(uuid, takeOver);
            return open(std::move(handler));
        };
        out.containers = [this](SourceId, const std::string&, const std::string& pod, QObject* context,
                                std::function<void(Result<std::vector<console::ContainerInfo>>)> done) {
            auto answer = [this, pod, done] {
                const auto found = containers.find(pod);
                if (found == containers.end())
                    done(fail(ErrorKind::NotFound, "The pod is gone."));
                else
                    done(found->second);
            };
            if (holds)
                held.emplace_back(std::move(answer));
            else
                QMetaObject::invokeMethod(context, std::move(answer), Qt::QueuedConnection);
        };
        return out;
    }
};

std::vector<console::ContainerInfo> one(const std::string& name)
{
    return {{name, console::ContainerInfo::Kind::Normal, true, 0}};
}

QString screen(const ui::TerminalPage& page)
{
    return page.view()->allText();
}

} // namespace

class TestSessionPages : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    void whatCanBeLookedInto()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        bool workload = false;
        bool vm = false;
        bool domain = false;
        std::vector<ItemId> todo;
        for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts})
            todo.insert(todo.end(), stack.roots(tree).begin(), stack.roots(tree).end());
        while (!todo.empty()) {
            const Item* item = stack.find(todo.back());
            todo.pop_back();
            const ui::ConsoleTargets targets = ui::consoleTargets(stack, item->id);
            // Whatever cannot be done has a reason, whatever can has none.
            QCOMPARE(targets.pods.empty(), !targets.noLogs.isEmpty());
            QCOMPARE(!targets.guest && !targets.host, !targets.noConsole.isEmpty());
            QCOMPARE(targets.guest || targets.host, targets.noScreen.isEmpty());
            QCOMPARE(targets.guest.has_value(), targets.noSsh.isEmpty());
            QCOMPARE(targets.node.has_value(), targets.noNode.isEmpty());
            if (item->kind == ItemKind::Workload && !targets.pods.empty()) {
                workload = true;
                QCOMPARE(targets.pods.front().source, item->source);
                QVERIFY(!targets.launcher);
            }
            if (item->kind == ItemKind::Vm && targets.guest) {
                vm = true;
                QVERIFY(targets.launcher);
                QCOMPARE(targets.guest->source, test::kOuter);
                QCOMPARE(targets.guest->guest.name, item->name);
            }
            if (item->kind == ItemKind::InnerNode) {
                QVERIFY(targets.guest.has_value() ||
                        stack.find(item->parentIn(Tree::Stack))->kind != ItemKind::Vm);
            }
            if (item->kind == ItemKind::Domain && targets.host) {
                domain = true;
                QCOMPARE(targets.host->source, item->source);
                QVERIFY(!targets.host->uuid.empty());
            }
            if (item->kind == ItemKind::TenantCluster)
                QVERIFY(!targets.noShell.isEmpty());
            for (const std::vector<ItemId>& children : item->children)
                todo.insert(todo.end(), children.begin(), children.end());
        }
        QVERIFY(workload);
        QVERIFY(vm);
        QVERIFY(domain);
        QVERIFY(!ui::consoleTargets(stack, {}).noLogs.isEmpty());
    }

    void aNarrowTabHasItsChoicesInASecondLine()
    {
        ui::PageHeader header;
        header.setStatus(QStringLiteral("following 7 of 7, and a little more than there is room for"));
        QComboBox* pods = header.addBox(QStringLiteral("Pod"));
        pods->addItems({QStringLiteral("All 7 pods"), QStringLiteral("runner-w6lhbhgwt5-26zm5")});
        QComboBox* since = header.addBox(QStringLiteral("Since"));
        since->addItem(QStringLiteral("last 1000 lines"));
        for (const char* icon : {"search", "save", "refresh"})
            header.addButton(icon, QString::fromLatin1(icon));
        header.show();
        const int all = pods->sizeHint().width() + since->sizeHint().width();
        for (const int width : {all + 600, all + 40, all + 600, all + 40}) {
            header.resize(width, 80);
            QTRY_COMPARE(header.hasTwoLines(), width < all + 200);
            // No choice is cut, and none lies over another.
            QTRY_VERIFY(pods->width() >= pods->sizeHint().width() &&
                        since->width() >= since->sizeHint().width());
            const auto place = [&](const QWidget* widget) {
                return QRect(widget->mapTo(&header, QPoint()), widget->size());
            };
            QTRY_VERIFY(!place(pods).intersects(place(since)) && header.rect().contains(place(since)));
        }
        pods->hide();
        since->hide();
        QTRY_VERIFY(!header.hasTwoLines());
    }

    void aShellFromItsStartToItsEnd()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = {{"app", console::ContainerInfo::Kind::Normal, true, 0},
                                    {"sidecar", console::ContainerInfo::Kind::Normal, true, 0}};
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::shell(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}}));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.execs.size(), std::size_t(1));
        QCOMPARE(fake.execs[0].pod, std::string("web-1"));
        QCOMPARE(fake.execs[0].commands.size(), std::size_t(2));
        fake.wires[0]->handler->onOpen("bash");
        fake.wires[0]->handler->onOutput("$ ");
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Open);
        QTRY_VERIFY(screen(*page).contains(QLatin1String("$")));
        QTest::keyClicks(page->view(), QStringLiteral("exit"));
        QTest::keyClick(page->view(), Qt::Key_Return);
        QCOMPARE(fake.wires[0]->text(), std::string("exit\r"));
        // Both containers can be chosen.
        QComboBox* choice = nullptr;
        for (QComboBox* box : page->findChildren<QComboBox*>()) {
            if (box->findText(QStringLiteral("sidecar")) >= 0)
                choice = box;
        }
        QVERIFY(choice != nullptr);
        fake.wires[0]->handler->onEnd({console::SessionEnd::Kind::Exited, 7, {}});
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Ended);
        QVERIFY(page->endBar()->isVisible());
        QVERIFY(page->endBar()->text().contains(QLatin1Char('7')));
        QVERIFY(screen(*page).contains(QLatin1String("7")));
        // Enter connects anew; what was said stays.
        choice->setCurrentIndex(choice->findText(QStringLiteral("sidecar")));
        QTest::keyClick(page->view(), Qt::Key_Return);
        QTRY_COMPARE(fake.execs.size(), std::size_t(2));
        QCOMPARE(fake.execs[1].container, std::string("sidecar"));
        QVERIFY(!page->endBar()->isVisible());
        QVERIFY(screen(*page).contains(QLatin1Char('$')));
    }

    // A server refuses a shell in a pod of several containers when none is named.
    void aShellWaitsForTheContainersOfItsPod()
    {
        FakeConsoles fake;
        fake.holds = true;
        for (const char* pod : {"web-1", "web-2"})
            fake.containers[pod] = {{"app", console::ContainerInfo::Kind::Normal, true, 0},
                                    {"sidecar", console::ContainerInfo::Kind::Normal, true, 0}};
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::shell(fake.services(), QStringLiteral("web"),
                                    {{1, "shop", "web-1", true}, {1, "shop", "web-2", true}}));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.held.size(), std::size_t(1));
        QVERIFY(QTest::qWaitForWindowExposed(page.get()));
        QTest::qWait(0); // what is queued has run
        QVERIFY(fake.execs.empty());
        fake.held[0]();
        QTRY_COMPARE(fake.execs.size(), std::size_t(1));
        QCOMPARE(fake.execs[0].container, std::string("app"));
        // Another pod is asked for its own.
        QComboBox* pods = nullptr;
        for (QComboBox* box : page->findChildren<QComboBox*>()) {
            if (box->findText(QStringLiteral("web-2")) >= 0)
                pods = box;
        }
        QVERIFY(pods != nullptr);
        pods->setCurrentIndex(1);
        Q_EMIT pods->activated(1);
        QCOMPARE(fake.held.size(), std::size_t(2));
        QTest::qWait(0);
        QCOMPARE(fake.execs.size(), std::size_t(1));
        fake.held[1]();
        QTRY_COMPARE(fake.execs.size(), std::size_t(2));
        QCOMPARE(fake.execs[1].pod, std::string("web-2"));
        QCOMPARE(fake.execs[1].container, std::string("app"));
    }

    void aSerialLineThatSomebodyElseTook()
    {
        FakeConsoles fake;
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("blue-md-0");
        targets.guest = ui::GuestConsole{1, {"tenant-blue", "blue-md-0"}};
        const std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::serial(fake.services(), targets));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.serials.size(), std::size_t(1));
        fake.wires[0]->handler->onOpen({});
        fake.wires[0]->handler->onOutput("\x1b[?1049h\x1b[?1000hfull screen");
        QTRY_VERIFY(screen(*page).contains(QLatin1String("full screen")));
        fake.wires[0]->handler->onEnd({});
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Ended);
        QVERIFY(page->endBar()->text().contains(QLatin1String("another client")));
        QVERIFY(page->endBar()->takeOverButton()->isVisible());
        QVERIFY(!page->endBar()->againButton()->isVisible());
        // The modes that it left on are gone.
        QVERIFY(!page->view()->terminal().alternateScreen());
        QVERIFY(page->view()->terminal().mouseMode() == console::MouseMode::None);
        page->endBar()->takeOverButton()->click();
        QTRY_COMPARE(fake.serials.size(), std::size_t(2));
    }

    void aHostsLineIsNotTakenUnasked()
    {
        FakeConsoles fake;
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("node-1");
        targets.host = ui::HostConsole{11, "uuid-1", "node-1"};
        const std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::serial(fake.services(), targets));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.hostSerials.size(), std::size_t(1));
        QVERIFY(!fake.hostSerials[0].second);
        fake.wires[0]->handler->onEnd(
            {console::SessionEnd::Kind::InUse, 0, Error{ErrorKind::Conflict, "in use", {}, 0, 0}});
        QTRY_VERIFY(page->endBar()->takeOverButton()->isVisible());
        page->endBar()->takeOverButton()->click();
        QTRY_COMPARE(fake.hostSerials.size(), std::size_t(2));
        QVERIFY(fake.hostSerials[1].second);
    }

    void theHostIsTheSecondWay()
    {
        FakeConsoles fake;
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("blue-md-0");
        targets.guest = ui::GuestConsole{1, {"tenant-blue", "blue-md-0"}};
        targets.host = ui::HostConsole{11, "uuid-1", "tenant-blue_blue-md-0"};
        const std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::serial(fake.services(), targets));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.serials.size(), std::size_t(1));
        fake.wires[0]->handler->onEnd({console::SessionEnd::Kind::Failed, 0,
                                       Error{ErrorKind::Network, "The server does not answer.", {}, 0, 0}});
        // It goes on through the host by itself, and says so.
        QTRY_COMPARE(fake.hostSerials.size(), std::size_t(1));
        QVERIFY(page->byHost());
        QVERIFY(screen(*page).contains(QLatin1String("through the host")));
        fake.wires[1]->handler->onOpen({});
        fake.wires[1]->handler->onOutput("login: ");
        QTRY_VERIFY(screen(*page).contains(QLatin1String("login:")));
        auto* way = page->findChild<QComboBox*>();
        QVERIFY(way != nullptr);
        way->setCurrentIndex(0);
        Q_EMIT way->activated(0);
        QTRY_COMPARE(fake.serials.size(), std::size_t(2));
    }

    void aLineThatBrokeIsOpenedAgain()
    {
        FakeConsoles fake;
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("blue-md-0");
        targets.guest = ui::GuestConsole{1, {"tenant-blue", "blue-md-0"}};
        const std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::serial(fake.services(), targets));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.serials.size(), std::size_t(1));
        fake.wires[0]->handler->onOpen({});
        fake.wires[0]->handler->onOutput("before the break\r\n");
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Open);
        fake.wires[0]->handler->onEnd({console::SessionEnd::Kind::Failed, 0,
                                       Error{ErrorKind::Network, "The connection broke.", {}, 0, 0}});
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Ended);
        QVERIFY(page->retryInMs() > 0);
        QTRY_COMPARE_WITH_TIMEOUT(fake.serials.size(), std::size_t(2), 5000);
        fake.wires[1]->handler->onOpen({});
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Open);
        QVERIFY(screen(*page).contains(QLatin1String("before the break"))); // the session is kept
        // What cannot be mended by waiting is not tried again.
        fake.wires[1]->handler->onEnd(
            {console::SessionEnd::Kind::Failed, 0, Error{ErrorKind::Forbidden, "You may not.", {}, 403, 0}});
        QTRY_COMPARE(page->state(), ui::SessionPage::State::Ended);
        QCOMPARE(page->retryInMs(), -1);
    }

    void ourOwnTabsDoNotThrowEachOtherOut()
    {
        FakeConsoles fake;
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("blue-md-0");
        targets.guest = ui::GuestConsole{1, {"tenant-blue", "blue-md-0"}};
        const std::unique_ptr<ui::Seat> seat =
            ui::Seat::take(ui::TerminalPage::serialPlace(*targets.guest), QStringLiteral("Bootstrap of it"));
        const std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::serial(fake.services(), targets));
        page->resize(700, 400);
        page->show();
        QTRY_VERIFY(page->endBar()->isVisible());
        QVERIFY(page->endBar()->text().contains(QLatin1String("Bootstrap of it")));
        QCOMPARE(fake.serials.size(), std::size_t(0));
        page->endBar()->takeOverButton()->click();
        QTRY_COMPARE(fake.serials.size(), std::size_t(1));
    }

    void whatATerminalShowsIsRecorded()
    {
        FakeConsoles fake;
        QTemporaryDir folder;
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::shell(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}}));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.wires.size(), std::size_t(1));
        fake.wires[0]->handler->onOpen("bash");
        const QString path = folder.filePath(QStringLiteral("a.cast"));
        QVERIFY(page->recorder()->start(path));
        fake.wires[0]->handler->onOutput("gr\xc3\xbc\xc3");
        fake.wires[0]->handler->onOutput("\x9f dich\r\n");
        QTRY_VERIFY(screen(*page).contains(QString::fromUtf8("grüß dich")));
        QTest::keyClicks(page->view(), QStringLiteral("secret"));
        page->recorder()->stop();
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
                 QFileDevice::Permissions());
        const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
        const QJsonObject head = QJsonDocument::fromJson(lines.value(0)).object();
        QCOMPARE(head.value(QStringLiteral("version")).toInt(), 2);
        QVERIFY(head.value(QStringLiteral("width")).toInt() > 20);
        QString shown;
        for (const QByteArray& line : lines.mid(1)) {
            const QJsonArray event = QJsonDocument::fromJson(line).array();
            QCOMPARE(event.size(), 3);
            QVERIFY(event.at(0).isDouble());
            if (event.at(1).toString() == QLatin1String("o"))
                shown += event.at(2).toString();
        }
        QCOMPARE(shown, QString::fromUtf8("grüß dich\r\n"));

        // By the page's own button, which asks where to and ends it when it is pressed again.
        QToolButton* button = nullptr;
        for (QToolButton* each : page->findChildren<QToolButton*>()) {
            if (each->isCheckable() && each->accessibleName().contains(QLatin1String("ecord")))
                button = each;
        }
        const QString other = folder.filePath(QStringLiteral("b.cast"));
        QVERIFY(test::saveBy(button, page.get(), other));
        QTRY_VERIFY(page->recorder()->isOn());
        fake.wires[0]->handler->onOutput("bye\r\n");
        QTRY_VERIFY(screen(*page).contains(QLatin1String("bye")));
        button->click();
        QVERIFY(!page->recorder()->isOn());
        QFile second(other);
        QVERIFY(second.open(QIODevice::ReadOnly));
        QVERIFY(second.readAll().contains("bye"));
    }

    void anAttachedProcessIsJoinedAsItIs()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = one("app");
        fake.containers["web-1"][0].tty = true;
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::attach(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}}));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.execs.size(), std::size_t(1));
        QVERIFY(fake.execs[0].attach);
        QVERIFY(fake.execs[0].tty);
        QVERIFY(!fake.execs[0].input);
        QVERIFY(fake.execs[0].commands.empty());
    }

    // A process that writes to a pipe knows no carriage returns, and hears whole lines.
    void anAttachedProcessWithoutATerminalIsGivenLines()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = one("app");
        fake.containers["web-1"][0].input = true;
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::attach(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}}));
        page->resize(700, 400);
        page->show();
        QTRY_COMPARE(fake.execs.size(), std::size_t(1));
        QVERIFY(!fake.execs[0].tty && fake.execs[0].input);
        fake.wires[0]->handler->onOpen({});
        fake.wires[0]->handler->onOutput("one\ntwo\n");
        fake.wires[0]->handler->onOutput("three\r\nfour\r");
        fake.wires[0]->handler->onOutput("\nfive\n");
        QTRY_VERIFY2(screen(*page).contains(QLatin1String("one\ntwo\nthree\nfour\nfive")),
                     qPrintable(screen(*page)));
        QTest::keyClicks(page->view(), QStringLiteral("hix"));
        QTest::keyClick(page->view(), Qt::Key_Backspace);
        Q_EMIT page->view()->typed("\xc3\xbc\x7f\xc3\x9f"); // ü, taken back as a whole, and ß
        QVERIFY(fake.wires[0]->text().empty());             // until the line is whole
        QTest::keyClick(page->view(), Qt::Key_Return);
        QCOMPARE(fake.wires[0]->text(), std::string("hi\xc3\x9f\n"));
        QTRY_VERIFY(screen(*page).contains(QString::fromUtf8("\nhiß"))); // it is seen
        // One that does not listen is told nothing.
        FakeConsoles deaf;
        deaf.containers["web-1"] = one("app");
        const std::unique_ptr<ui::TerminalPage> other(
            ui::TerminalPage::attach(deaf.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}}));
        other->resize(700, 400);
        other->show();
        QTRY_COMPARE(deaf.execs.size(), std::size_t(1));
        deaf.wires[0]->handler->onOpen({});
        QTest::keyClicks(other->view(), QStringLiteral("hello"));
        QTest::keyClick(other->view(), Qt::Key_Return);
        QVERIFY(deaf.wires[0]->text().empty());
    }

    void logsOfSeveralPodsAreMerged()
    {
        FakeConsoles fake;
        fake.containers["web-aaa"] = one("app");
        fake.containers["web-bbb"] = one("app");
        ui::LogPage page(fake.services(), QStringLiteral("web"),
                         {{1, "shop", "web-aaa", true}, {1, "shop", "web-bbb", true}});
        page.resize(900, 400);
        page.show();
        QTRY_COMPARE(fake.logs.size(), std::size_t(2));
        QVERIFY(fake.logs[0].follow);
        QCOMPARE(fake.logs[0].tailLines, 1000L);
        fake.wires[0]->handler->onOpen({});
        fake.wires[1]->handler->onOpen({});
        fake.wires[0]->handler->onOutput("2026-11-26T07:00:01Z from a\n2026-11-26T07:00:03Z again a\n");
        QTRY_VERIFY(page.view()->toPlainText().contains(QLatin1String("again a")));
        // A line that is late goes where it belongs, in the view, too.
        fake.wires[1]->handler->onOutput("2026-11-26T07:00:02Z from b\n");
        QTRY_COMPARE(page.view()->toPlainText(), QStringLiteral("aaa  from a\nbbb  from b\naaa  again a"));
        page.timesAction()->setChecked(true);
        QTRY_VERIFY(page.view()->toPlainText().startsWith(QLatin1String("2026-11-26T07:00:01Z")));
        page.timesAction()->setChecked(false);
        page.view()->setFilter(QStringLiteral("FROM"));
        QTRY_COMPARE(page.view()->toPlainText(), QStringLiteral("aaa  from a\nbbb  from b"));
        page.view()->setFilter({});
        QTRY_COMPARE(page.view()->document()->blockCount(), 3);
        QVERIFY(page.view()->findText(QStringLiteral("again"), true));
        QCOMPARE(page.wholeText().count(QLatin1Char('\n')), 3);
        QVERIFY(page.wholeText().contains(QLatin1String("web-bbb/app from b")));
    }

    // Beside the tree of a window of 1024 pixels: what it is, of which container and which lines, in one
    // line; the rest is in a menu, in words.
    void theHeaderOfALogFitsASmallWindow()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = {{"compute", console::ContainerInfo::Kind::Normal, true, 0},
                                    {"guest-console-log", console::ContainerInfo::Kind::Normal, true, 0}};
        ui::LogPage page(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}});
        page.resize(662, 300);
        page.show();
        QTRY_COMPARE(fake.wires.size(), std::size_t(2));
        for (const auto& wire : fake.wires)
            wire->handler->onOpen({});
        QTRY_COMPARE(page.header()->status(), QStringLiteral("following 2 of 2"));
        QVERIFY(page.containerBox()->isVisible());
        QVERIFY(!page.header()->hasTwoLines());
        QVERIFY(page.containerBox()->width() >= page.containerBox()->sizeHint().width());
        auto* menu = page.header()->findChild<QMenu*>();
        QVERIFY(menu != nullptr);
        QStringList words;
        for (const QAction* action : menu->actions())
            words << (action->isSeparator() ? QString() : action->text());
        QVERIFY(words.contains(QLatin1String("Last hour")));
        QVERIFY(words.contains(QLatin1String("Show times")));
        // What is not as it is at first is told, for the menu does not tell it.
        page.sinceAction(2)->trigger();
        QVERIFY(page.header()->status().endsWith(QLatin1String("Last hour")));
    }

    void aLogGoesOnAfterABreak()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = one("app");
        ui::LogPage page(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}});
        page.resize(900, 400);
        page.show();
        QTRY_COMPARE(fake.logs.size(), std::size_t(1));
        fake.wires[0]->handler->onOutput("2026-11-26T07:00:01.5Z one\n2026-11-26T07:00:02Z tw");
        fake.wires[0]->handler->onEnd(
            {console::SessionEnd::Kind::Failed, 0, Error{ErrorKind::Network, "cut off", {}, 0, 0}});
        QTRY_VERIFY(page.endBar()->isVisible());
        QVERIFY(page.endBar()->text().contains(QLatin1String("cut off")));
        QTRY_COMPARE_WITH_TIMEOUT(fake.logs.size(), std::size_t(2), 10000);
        fake.wires[1]->handler->onOpen({});
        QTRY_VERIFY(!page.endBar()->isVisible());
        QVERIFY(!fake.logs[1].sinceTime.empty());
        fake.wires[1]->handler->onOutput("2026-11-26T07:00:01.5Z one\n2026-11-26T07:00:03Z three\n");
        QTRY_VERIFY(page.view()->toPlainText().contains(QLatin1String("three")));
        QCOMPARE(page.view()->toPlainText().count(QLatin1String("one")), 1);
        // Gone is gone.
        fake.wires[1]->handler->onEnd({console::SessionEnd::Kind::Failed, 0,
                                       Error{ErrorKind::NotFound, "The pod is gone.", {}, 404, 0}});
        QTRY_COMPARE(page.state(), ui::SessionPage::State::Ended);
        QVERIFY(page.endBar()->isVisible());
        QCOMPARE(fake.logs.size(), std::size_t(2));
    }

    void thePreviousInstanceAndASpanOfTime()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = one("app");
        ui::LogPage page(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}});
        page.resize(900, 400);
        page.show();
        QTRY_COMPARE(fake.logs.size(), std::size_t(1));
        page.sinceAction(1)->trigger();
        QTRY_COMPARE(fake.logs.size(), std::size_t(2));
        QCOMPARE(fake.logs[1].sinceSeconds, 300L);
        QCOMPARE(fake.logs[1].tailLines, -1L);
        // It has never restarted: nothing is asked for, and why is said.
        page.previousAction()->setChecked(true);
        QCOMPARE(fake.logs.size(), std::size_t(2));
        QVERIFY(page.endBar()->isVisible());
    }

    void aFloodOfLinesStaysBounded()
    {
        FakeConsoles fake;
        fake.containers["web-1"] = one("app");
        ui::LogPage page(fake.services(), QStringLiteral("web"), {{1, "shop", "web-1", true}});
        page.resize(900, 400);
        page.show();
        QTRY_COMPARE(fake.logs.size(), std::size_t(1));
        std::string burst;
        for (int i = 0; i < 120'000; ++i)
            burst += "2026-11-26T07:00:01Z line " + std::to_string(i) + "\n";
        fake.wires[0]->handler->onOutput(burst);
        QTRY_VERIFY_WITH_TIMEOUT(page.view()->isUpToDate() && page.book().total() == 120'000, 30000);
        QCOMPARE(page.book().lines().size(), std::size_t(50'000));
        QVERIFY(page.view()->document()->blockCount() <= ui::LogView::kMostShown);
        QVERIFY(page.view()->toPlainText().endsWith(QLatin1String("line 119999")));
    }

    void textIsWrittenToAFile()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("out.txt"));
        QString said = QStringLiteral("nothing");
        ui::saveText(
            path, [] { return QStringLiteral("a\nb\n"); }, this, [&](const QString& error) { said = error; });
        QTRY_VERIFY(said.isEmpty());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("a\nb\n"));
        ui::saveText(
            folder.filePath(QStringLiteral("no/such/folder")), [] { return QString(); }, this,
            [&](const QString& error) { said = error; });
        QTRY_VERIFY(!said.isEmpty());
    }
};

QTEST_MAIN(TestSessionPages)
#include "test_sessionpages.moc"
