// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "core/console/transports/nodeshell.h"
#include "ui/console/bootstrappage.h"
#include "ui/console/bootstrapview.h"
#include "ui/console/clusterbootstrap.h"
#include "ui/console/endbar.h"
#include "ui/console/forwardspage.h"
#include "ui/console/logpage.h"
#include "ui/console/logview.h"
#include "ui/console/metricspage.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/console/screenpage.h"
#include "ui/console/screenview.h"
#include "ui/console/sshdialog.h"
#include "ui/console/terminalpage.h"
#include "ui/console/terminalview.h"
#include "ui/details/screencard.h"
#include "ui/shell/consoles.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QComboBox>
#include <QDateTime>
#include <QDir>
#include <QInputDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPushButton>
#include <QStandardPaths>
#include <QTableWidget>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTreeWidget>
#include <QtTest>

#include <atomic>
#include <mutex>
#include <set>

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

    static Result<kube::Response> answer(kube::Client& client, kube::Request request)
    {
        std::mutex mutex;
        std::optional<Result<kube::Response>> out;
        const auto handle = client.send(std::move(request), [&](Result<kube::Response> result) {
            const std::lock_guard lock(mutex);
            out = std::move(result);
        });
        (void)QTest::qWaitFor(
            [&] {
                const std::lock_guard lock(mutex);
                return out.has_value();
            },
            kLongMs);
        const std::lock_guard lock(mutex);
        return out ? *out : Result<kube::Response>(fail(ErrorKind::Timeout, "no answer"));
    }

    static QStringList nodeShellPods(kube::Client& client, QString* machine = nullptr)
    {
        kube::Request request;
        request.path = "/api/v1/namespaces/kube-system/pods";
        request.query = "labelSelector=strata.dev%2Fdebug%3Dnode-shell";
        const Result<kube::Response> list = answer(client, request);
        QStringList out;
        if (!list)
            return {QString::fromStdString(list.error().text)};
        const QJsonArray items = QJsonDocument::fromJson(QByteArray::fromStdString(list->body))
                                     .object()
                                     .value(QStringLiteral("items"))
                                     .toArray();
        for (const QJsonValue& item : items) {
            const QJsonObject meta = item.toObject().value(QStringLiteral("metadata")).toObject();
            out << meta.value(QStringLiteral("name")).toString();
            if (machine != nullptr)
                *machine = meta.value(QStringLiteral("labels"))
                               .toObject()
                               .value(QStringLiteral("strata.dev/machine"))
                               .toString();
        }
        return out;
    }

    // What this computer calls itself in labels: read from a pod that a shell of ours makes.
    std::string labelsOfAPod(kube::Client& client, const ui::ConsoleTargets& targets)
    {
        console::NodeShellTarget target;
        target.node = targets.node->name;
        std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::nodeShell(m_composition->services().consoles, targets.node->source, target));
        page->show();
        QString machine;
        (void)QTest::qWaitFor(
            [&] { return nodeShellPods(client, &machine).size() == 1 && !machine.isEmpty(); }, kLongMs);
        page.reset();
        (void)QTest::qWaitFor([&] { return nodeShellPods(client).isEmpty(); }, kLongMs);
        return machine.toStdString();
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

    void sshLeadsIntoAGuestWithTheTenantsKey()
    {
        if (QStandardPaths::findExecutable(QStringLiteral("ssh")).isEmpty())
            QSKIP("ssh is not installed");
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), runningVm());
        QVERIFY(targets.guest && !targets.guest->tenant.empty());
        ui::SshDialog dialog(*targets.guest);
        QVERIFY(dialog.openButton()->isEnabled());
        console::SshTarget target = dialog.target();
        QCOMPARE(target.user, std::string("capk"));
        QVERIFY(!target.keySecret.empty());
        const std::unique_ptr<ui::TerminalPage> page(
            ui::TerminalPage::ssh(m_composition->services().consoles, targets.guest->source, target));
        page->resize(900, 400);
        page->show();
        // The machine is a new one: ssh asks, in the terminal.
        QTRY_VERIFY_WITH_TIMEOUT(page->view()->allText().contains(QLatin1String("yes/no")), kLongMs);
        QTest::keyClicks(page->view(), QStringLiteral("yes"));
        QTest::keyClick(page->view(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(page->view()->allText().contains(QLatin1String("capk@")), kLongMs);
        QTest::keyClicks(page->view(), QStringLiteral("whoami; exit 5"));
        QTest::keyClick(page->view(), Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(page->state(), ui::SessionPage::State::Ended, kLongMs);
        QVERIFY2(page->endBar()->text().contains(QLatin1Char('5')), qPrintable(page->endBar()->text()));
        // The key has gone with it, and the machine is known by its uid.
        const QDir runtime(qEnvironmentVariable("XDG_RUNTIME_DIR", QStringLiteral("/tmp")));
        QCOMPARE(runtime
                     .entryList({QStringLiteral("strata-ssh-%1-*").arg(QCoreApplication::applicationPid())},
                                QDir::Dirs)
                     .size(),
                 0);
        QFile known(m_folder.filePath(QStringLiteral("known_hosts")));
        QVERIFY(known.open(QIODevice::ReadOnly));
        QVERIFY(known.readAll().contains(targets.guest->uid.c_str()));
        page->reconnect(); // asks nothing any more
        QTRY_VERIFY_WITH_TIMEOUT(page->state() == ui::SessionPage::State::Open &&
                                     page->view()->allText().count(QLatin1String("capk@")) > 1,
                                 kLongMs);
    }

    void aNodesShellGoesWithItsPod()
    {
        for (const ItemKind kind : {ItemKind::OuterNode, ItemKind::InnerNode}) {
            const ItemId node = first([&](const Item& item) {
                return item.kind == kind && item.health == Health::Ok &&
                       (kind == ItemKind::OuterNode || standsWell(item));
            });
            QVERIFY(node);
            const ui::ConsoleTargets targets = ui::consoleTargets(stack(), node);
            QVERIFY(targets.node.has_value());
            auto client = m_composition->site().newClient(targets.node->source);
            QVERIFY(client != nullptr);
            console::NodeShellTarget target;
            target.node = targets.node->name;
            std::unique_ptr<ui::TerminalPage> page(ui::TerminalPage::nodeShell(
                m_composition->services().consoles, targets.node->source, target));
            page->resize(900, 400);
            page->show();
            QTRY_COMPARE_WITH_TIMEOUT(page->state(), ui::SessionPage::State::Open, kLongMs);
            QTest::keyClicks(page->view(), QStringLiteral("hostname"));
            QTest::keyClick(page->view(), Qt::Key_Return);
            QTRY_VERIFY_WITH_TIMEOUT(
                page->view()->allText().contains(QLatin1Char('\n') + QString::fromStdString(target.node)),
                kLongMs);
            QCOMPARE(nodeShellPods(*client).size(), 1);
            page.reset();
            QTRY_COMPARE_WITH_TIMEOUT(nodeShellPods(*client).size(), 0, kLongMs);
        }
    }

    void whatACrashHasLeftOfNodeShellsIsRemoved()
    {
        const ItemId node = first(
            [](const Item& item) { return item.kind == ItemKind::OuterNode && item.health == Health::Ok; });
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), node);
        auto client = m_composition->site().newClient(targets.node->source);
        // One of this process, and one of a process that is no more.
        const std::string machine = labelsOfAPod(*client, targets);
        const std::string over = "99999999-1";
        QVERIFY(console::isOver(over));
        QVERIFY(!console::isOver(console::thisProcess()));
        for (const auto& [name, process] :
             {std::pair<std::string, std::string>{"left-1", over}, {"mine-1", console::thisProcess()}}) {
            kube::Request request;
            request.method = "POST";
            request.path = "/api/v1/namespaces/kube-system/pods";
            request.contentType = "application/json";
            request.body = console::nodeShellPod({targets.node->name}, name, machine, process);
            QVERIFY(answer(*client, request).has_value());
        }
        QTRY_COMPARE_WITH_TIMEOUT(nodeShellPods(*client).size(), 2, kLongMs);
        std::atomic<int> removed{-1};
        console::removeLeftNodeShells(client,
                                      [&](const Result<int>& count) { removed = count.value_or(-2); });
        QTRY_COMPARE_WITH_TIMEOUT(removed.load(), 1, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(nodeShellPods(*client), QStringList{QStringLiteral("mine-1")}, kLongMs);
        kube::Request request;
        request.method = "DELETE";
        request.path = "/api/v1/namespaces/kube-system/pods/mine-1";
        QVERIFY(answer(*client, request).has_value());
    }

    void aServicesPortLeadsToOneOfItsPods()
    {
        const ui::ConsoleServices services = m_composition->services().consoles;
        std::vector<std::pair<SourceId, std::pair<std::string, console::ServicePort>>> found;
        for (const Tree tree : {Tree::Stack}) {
            std::set<std::pair<SourceId, std::string>> asked;
            std::vector<ItemId> todo(stack().roots(tree).begin(), stack().roots(tree).end());
            while (!todo.empty()) {
                const Item* item = stack().find(todo.back());
                todo.pop_back();
                for (const std::vector<ItemId>& children : item->children)
                    todo.insert(todo.end(), children.begin(), children.end());
                if (item->kind != ItemKind::Workload || !standsWell(*item) ||
                    !asked.insert({item->source, item->ns}).second || asked.size() > 12)
                    continue;
                bool done = false;
                services.servicePorts(item->source, item->ns, this,
                                      [&, source = item->source,
                                       ns = item->ns](const Result<std::vector<console::ServicePort>>& all) {
                                          for (const console::ServicePort& port :
                                               all.value_or(std::vector<console::ServicePort>()))
                                              found.push_back({source, {ns, port}});
                                          done = true;
                                      });
                QTRY_VERIFY_WITH_TIMEOUT(done, kLongMs);
            }
        }
        QVERIFY(!found.empty());
        ui::ForwardsPage page;
        QByteArray reply;
        for (const auto& [source, port] : found) {
            page.open(services, source, {port.first, port.second.service, false, port.second.port, true}, 0);
            QTcpSocket http;
            http.connectToHost(QStringLiteral("127.0.0.1"), page.port(page.table()->rowCount() - 1));
            QVERIFY(http.waitForConnected(5000));
            http.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            QTRY_VERIFY_WITH_TIMEOUT(
                http.bytesAvailable() > 12 || http.state() == QAbstractSocket::UnconnectedState, kLongMs);
            reply = http.readAll();
            if (reply.startsWith("HTTP/1.1"))
                break;
        }
        QVERIFY(reply.startsWith("HTTP/1.1"));
    }

    void howAMachineBecameANodeIsTold()
    {
        QVERIFY(m_window->consoles()->openBootstrap(runningVm()));
        auto* bootstrap = page<ui::BootstrapPage>();
        QVERIFY(bootstrap != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(bootstrap->view()->state().outcome, console::StageState::Done, kLongMs * 2);
        const console::BootstrapState& state = bootstrap->view()->state();
        QCOMPARE(state.at(console::Stage::Sentinel).state, console::StageState::Done);
        QCOMPARE(state.at(console::Stage::CloudInit).state, console::StageState::Done);
        QCOMPARE(state.at(console::Stage::Kubelet).state, console::StageState::Done);
        QVERIFY(!state.kubelet.empty());
        QVERIFY(!state.cloudInit.empty());
        QVERIFY(bootstrap->view()->verdict().contains(QLatin1String("bootstrapped")));
        QVERIFY(bootstrap->view()->timeLine()->topLevelItemCount() > 4);
    }

    void theMachinesOfAClusterComeUpOneByOne()
    {
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), runningVm());
        ui::ClusterBootstrap machines;
        machines.resize(900, 400);
        machines.show();
        machines.follow(m_composition->services().consoles, targets.guest->source, targets.guest->guest.ns,
                        targets.guest->tenant);
        QTRY_VERIFY_WITH_TIMEOUT(machines.machineBox()->count() > 1, kLongMs);
        const QString firstOne = machines.machineBox()->currentText();
        QVERIFY(!firstOne.isEmpty());
        // The first has come through long ago: it goes on to the next.
        QTRY_VERIFY_WITH_TIMEOUT(machines.machineBox()->currentText() != firstOne, kLongMs * 2);
        machines.stop();
    }

    void everyLayerIsMeasured()
    {
        ui::MetricsPage page(&m_composition->store(), m_composition->services().consoles,
                             [] { return systemNow(); });
        page.resize(1200, 400);
        page.show();
        std::vector<ItemKind> kinds{ItemKind::Host, ItemKind::Domain,    ItemKind::OuterNode,
                                    ItemKind::Vm,   ItemKind::InnerNode, ItemKind::Workload};
        for (const ItemKind kind : kinds) {
            const ItemId item = kind == ItemKind::Workload ? innerWorkload()
                                : kind == ItemKind::Vm
                                    ? runningVm()
                                    : first([&](const Item& each) {
                                          return each.kind == kind &&
                                                 (each.health == Health::Ok || kind == ItemKind::Domain) &&
                                                 (kind != ItemKind::InnerNode || standsWell(each)) &&
                                                 ui::measureTarget(stack(), each.id);
                                      });
            QVERIFY2(item, toString(kind));
            QVERIFY2(page.add(item), toString(kind));
        }
        using ui::Quantity;
        const auto& series = page.series();
        QCOMPARE(series.size(), kinds.size());
        // libvirt: what a domain takes.
        QTRY_VERIFY_WITH_TIMEOUT(series[1].has(Quantity::Memory), kLongMs);
        // The kubelets and their counters' growth.
        for (const std::size_t index : {2, 4, 5})
            QTRY_VERIFY_WITH_TIMEOUT(
                series[index].has(Quantity::NetworkIn) && series[index].has(Quantity::Filesystem), kLongMs);
        // Prometheus, with its past: KubeVirt's metrics and the node exporter's.
        const UnixMs hoursAgo = systemNow() - 3LL * 3600 * 1000;
        for (const std::size_t index : {2, 3})
            QTRY_VERIFY_WITH_TIMEOUT(series[index].has(Quantity::DiskWrite) &&
                                         series[index].points(Quantity::DiskWrite).front().at < hoursAgo &&
                                         series[index].points(Quantity::Cpu).front().at < hoursAgo,
                                     kLongMs);
        QVERIFY2(page.header()->status().contains(QLatin1String("monitoring/prometheus")),
                 qPrintable(page.header()->status()));
        QVERIFY(page.header()->status().contains(QLatin1String("kubelet")));
        for (int i = 0; i < page.quantityBox()->count(); ++i) {
            page.quantityBox()->setCurrentIndex(i);
            QVERIFY2(page.chart()->lineCount() > 0, qPrintable(page.quantityBox()->currentText()));
        }
        QVERIFY(!page.grab().isNull());
        QVERIFY(ui::metricsCsv(series).count(QLatin1Char('\n')) > 500);
    }

    // The operator's own address of a Prometheus comes before the one that was found; it is kept.
    void aPrometheusThatWasTypedInIsAsked()
    {
        QTcpServer prometheus; // says 0.5 of everything, at every time
        QVERIFY(prometheus.listen(QHostAddress::LocalHost));
        QByteArray asked;
        connect(&prometheus, &QTcpServer::newConnection, this, [&] {
            QTcpSocket* socket = prometheus.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [&asked, socket] {
                const QByteArray request = socket->readAll();
                asked += request;
                const QByteArray now = QByteArray::number(QDateTime::currentSecsSinceEpoch());
                const QByteArray body =
                    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
                    "\"values\":[[" +
                    now + ",\"0.5\"]]}]}}";
                for (qsizetype i = 0; i < request.count("GET "); ++i)
                    socket->write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                                  QByteArray::number(body.size()) + "\r\n\r\n" + body);
            });
        });
        const QString url = QStringLiteral("http://127.0.0.1:%1").arg(prometheus.serverPort());
        ui::MetricsPage page(&m_composition->store(), m_composition->services().consoles,
                             [] { return systemNow(); });
        page.resize(1200, 400);
        page.show();
        QVERIFY(page.add(runningVm()));
        QTRY_VERIFY_WITH_TIMEOUT(page.header()->status().contains(QLatin1String("monitoring/prometheus")),
                                 kLongMs);
        const auto type = [&page](const QString& text) {
            for (QToolButton* button : page.findChildren<QToolButton*>()) {
                if (button->toolTip().contains(QLatin1String("Prometheus")))
                    button->click();
            }
            auto* dialog = page.findChild<QInputDialog*>();
            dialog->setTextValue(text);
            dialog->accept();
            delete dialog;
        };
        type(url);
        QTRY_VERIFY_WITH_TIMEOUT(page.header()->status().contains(url), kLongMs);
        QVERIFY2(!page.header()->status().contains(QLatin1String("monitoring/prometheus")),
                 qPrintable(page.header()->status()));
        QVERIFY(asked.contains("query_range"));
        QVERIFY2(!asked.toLower().contains("authorization"), "the cluster's credential is not its business");
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] { // it is written on another thread
                QFile file(m_folder.filePath(QStringLiteral("prometheus.json")));
                return file.open(QIODevice::ReadOnly) && file.readAll().contains(url.toUtf8());
            }(),
            kLongMs);
        type({}); // and back
        QTRY_VERIFY_WITH_TIMEOUT(page.header()->status().contains(QLatin1String("monitoring/prometheus")),
                                 kLongMs);
    }

    void aVmsOverviewShowsItsScreen()
    {
        m_window->select(runningVm());
        ui::ScreenCard* card = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT(
            (card = m_window->findChild<ui::ScreenCard*>()) != nullptr && card->isVisible(), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!card->image().isNull(), kLongMs);
    }

    void anAttachedContainerIsHeard()
    {
        QVERIFY(m_window->consoles()->attach(innerWorkload()));
        auto* attached = page<ui::TerminalPage>();
        QTRY_COMPARE_WITH_TIMEOUT(attached->state(), ui::SessionPage::State::Open, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(attached->view()->allText().trimmed().size() > 20, kLongMs);
    }

    // Where a container keeps its input open, what is typed reaches its first process: two who attach are at
    // the same one.
    void anAttachedContainerThatListensHearsWhatIsTyped()
    {
        const ItemId node = first(
            [](const Item& item) { return item.kind == ItemKind::OuterNode && item.health == Health::Ok; });
        const SourceId outer = ui::consoleTargets(stack(), node).node->source;
        auto client = m_composition->site().newClient(outer);
        QVERIFY(client != nullptr);
        kube::Request request;
        request.method = "POST";
        request.path = "/api/v1/namespaces/default/pods";
        request.contentType = "application/json";
        request.body = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"toolbox"},"spec":{"containers":[
            {"name":"box","image":"busybox:1.36","command":["sh"],"stdin":true,"tty":true}]}})";
        const auto made = answer(*client, request);
        QVERIFY2(made.has_value(), made ? "" : made.error().text.c_str());
        request = {};
        request.path = "/api/v1/namespaces/default/pods/toolbox";
        QTRY_VERIFY_WITH_TIMEOUT(answer(*client, request)->body.find("\"Running\"") != std::string::npos,
                                 kLongMs);
        const auto attach = [&] {
            std::unique_ptr<ui::TerminalPage> page(
                ui::TerminalPage::attach(m_composition->services().consoles, QStringLiteral("toolbox"),
                                         {{outer, "default", "toolbox", true}}));
            page->resize(700, 300);
            page->show();
            return page;
        };
        const auto mine = attach();
        QTRY_COMPARE_WITH_TIMEOUT(mine->state(), ui::SessionPage::State::Open, kLongMs);
        const auto other = attach();
        QTRY_COMPARE_WITH_TIMEOUT(other->state(), ui::SessionPage::State::Open, kLongMs);
        QTest::keyClicks(mine->view(), QStringLiteral("cd /etc; pwd"));
        QTest::keyClick(mine->view(), Qt::Key_Return);
        for (const auto* page : {mine.get(), other.get()})
            QTRY_VERIFY_WITH_TIMEOUT(page->view()->allText().contains(QLatin1String("\n/etc\n")), kLongMs);
        QTest::keyClicks(other->view(), QStringLiteral("exit 6"));
        QTest::keyClick(other->view(), Qt::Key_Return);
        for (const auto* page : {mine.get(), other.get()}) {
            QTRY_COMPARE_WITH_TIMEOUT(page->state(), ui::SessionPage::State::Ended, kLongMs);
            QVERIFY2(page->endBar()->text().contains(QLatin1Char('6')), qPrintable(page->endBar()->text()));
        }
        request.method = "DELETE";
        QVERIFY(answer(*client, request).has_value());
    }

    void aScreenIsSeenWithoutSittingDown()
    {
        const ui::ConsoleTargets targets = ui::consoleTargets(stack(), runningVm());
        std::string png;
        m_composition->services().consoles.screenshot(
            targets.guest->source, targets.guest->guest, this,
            [&](const Result<std::string>& result) { png = result.value_or(std::string("none")); });
        QTRY_VERIFY_WITH_TIMEOUT(!png.empty(), kLongMs);
        const QImage image = QImage::fromData(QByteArray::fromStdString(png), "PNG");
        QCOMPARE(image.size(), QSize(640, 400));
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
        // A port where nobody listens says so, in a column that is there for that.
        page.open(services, pod.source, {pod.ns, pod.name, false, 4}, 0);
        QTcpSocket nobody;
        nobody.connectToHost(QStringLiteral("127.0.0.1"), page.port(page.table()->rowCount() - 1));
        QTRY_VERIFY_WITH_TIMEOUT(
            !page.table()->item(page.table()->rowCount() - 1, ui::ForwardsPage::Problem)->text().isEmpty(),
            kLongMs);
        QVERIFY(!page.table()->isColumnHidden(ui::ForwardsPage::Problem));
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
