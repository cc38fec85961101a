// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "ui/console/clusterbootstrap.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/clusterwizard.h"
#include "ui/wizard/formfield.h"
#include "ui/wizard/reviewpage.h"
#include "ui/wizard/wizardmodel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QThreadPool>
#include <QtTest>

#include <future>
#include <memory>

using namespace strata;
using namespace strata::stack;
using Phase = ui::ClusterRun::Phase;

namespace {

constexpr int kLongMs = 60000;

// Without life Cluster API never acts, so that a run stays where it waits for it.
demosite::Options quickSite(bool life)
{
    demosite::Options options;
    options.life = life;
    options.speed = 200;
    return options;
}

provision::RunOptions quickPace()
{
    provision::RunOptions pace;
    pace.pollInterval = std::chrono::milliseconds(20);
    pace.retryDelay = std::chrono::milliseconds(10);
    return pace;
}

// Types into whatever kind of input a field has, as an operator would.
void type(QWidget* input, const QString& text)
{
    if (input->focusProxy() != nullptr)
        input = input->focusProxy();
    input->setFocus();
    if (auto* line = qobject_cast<QLineEdit*>(input)) {
        line->selectAll();
        QTest::keyClick(line, Qt::Key_Delete);
        QTest::keyClicks(line, text);
    } else if (auto* box = qobject_cast<QComboBox*>(input)) {
        QVERIFY(box->isEditable());
        box->lineEdit()->selectAll();
        QTest::keyClick(box->lineEdit(), Qt::Key_Delete);
        QTest::keyClicks(box->lineEdit(), text);
    } else if (auto* spin = qobject_cast<QSpinBox*>(input)) {
        spin->selectAll();
        QTest::keyClicks(spin, text);
        QTest::keyClick(spin, Qt::Key_Tab);
    } else if (auto* editor = qobject_cast<QPlainTextEdit*>(input)) {
        editor->selectAll();
        QTest::keyClick(editor, Qt::Key_Delete);
        QTest::keyClicks(editor, text);
    } else {
        QFAIL(input->metaObject()->className());
    }
}

} // namespace

// The wizard in the real window on the real demo site, driven as an operator drives it.
class TestWizard : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<app::Composition> m_composition;
    std::unique_ptr<ui::MainWindow> m_window;
    ui::ClusterWizard* m_wizard = nullptr;

    void open(bool life = false)
    {
        shut();
        m_workspace = std::make_unique<ui::Workspace>(m_folder->filePath(QStringLiteral("workspace.json")));
        m_workspace->load();
        m_composition = std::make_unique<app::Composition>(*m_workspace, quickSite(life), quickPace());
        m_window = std::make_unique<ui::MainWindow>(m_composition->services());
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(m_composition->store().stack().count(ItemKind::TenantCluster), size_t(5),
                                  kLongMs);
        m_wizard = m_window->newCluster();
        QVERIFY(m_wizard != nullptr);
        QVERIFY(QTest::qWaitForWindowExposed(m_wizard));
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->surveyState(), ui::WizardModel::Survey::Known, kLongMs);
    }

    void shut()
    {
        m_window.reset();
        m_composition.reset();
        m_workspace.reset();
        m_wizard = nullptr;
    }

    ui::FormField* field(const char* path) const
    {
        return m_wizard->findChild<ui::FormField*>(QString::fromLatin1(path));
    }
    QPushButton* button(const char* name) const
    {
        return m_wizard->findChild<QPushButton*>(QString::fromLatin1(name));
    }
    QPushButton* buttonWith(const QString& text) const
    {
        for (QPushButton* each : m_wizard->findChildren<QPushButton*>()) {
            if (each->isVisible() && each->text().remove(QLatin1Char('&')) == text)
                return each;
        }
        return nullptr;
    }
    bool tenantExists(const char* name) const
    {
        const Stack& stack = m_composition->store().stack();
        for (const ItemId root : stack.roots(Tree::Tenants)) {
            if (stack.find(root)->name == name)
                return true;
        }
        return false;
    }

    // From the first page to the run, with nothing but a name and the keyboard.
    ui::ClusterRun* create(const QString& name)
    {
        m_wizard->goTo(ui::ClusterWizard::Basics);
        type(field("name")->editor(), name);
        for (int page = ui::ClusterWizard::Basics; page < ui::ClusterWizard::Review; ++page) {
            if (m_wizard->page() != page) {
                qWarning("Return did not lead to page %d but to %d", page, int(m_wizard->page()));
                return nullptr;
            }
            QTest::keyClick(m_wizard->focusWidget(), Qt::Key_Return);
        }
        if (m_wizard->page() != ui::ClusterWizard::Review)
            return nullptr;
        if (!QTest::qWaitFor([this] { return button("next")->isEnabled(); }, kLongMs)) {
            qWarning("The server has not accepted it");
            return nullptr;
        }
        button("next")->setFocus();
        QTest::keyClick(button("next"), Qt::Key_Space);
        return m_wizard->page() == ui::ClusterWizard::Progress ? m_wizard->run() : nullptr;
    }

private Q_SLOTS:
    void initTestCase()
    {
        ui::Theme::instance().install();
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
    }

    void cleanup()
    {
        if (qstrcmp(QTest::currentTestFunction(), "badInput") != 0)
            shut();
    }
    void cleanupTestCase() { shut(); }

    void aNameIsEnough()
    {
        open();
        const auto& profile = m_wizard->model()->profile();
        // Proposed networks collide with nothing that is there.
        for (const provision::UsedNetwork& used : m_wizard->model()->survey().site.networks) {
            for (const std::string& text : {profile.network.podCidr, profile.network.serviceCidr}) {
                const auto mine = provision::parseCidr(text);
                const auto theirs = provision::parseCidr(used.cidr);
                QVERIFY(mine.has_value());
                QVERIFY2(!theirs || !provision::overlap(*mine, *theirs), (text + " " + used.cidr).c_str());
            }
        }
        ui::ClusterRun* run = create(QStringLiteral("violet"));
        QVERIFY(run != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(!run->active() || run->step("start").state == provision::StepState::Done,
                                 kLongMs);
        QVERIFY2(run->phase() != Phase::Failed, qPrintable(run->sentence()));
        QTRY_VERIFY_WITH_TIMEOUT(tenantExists("violet"), kLongMs);

        // How its machines come up is shown while they do.
        auto* machines = m_wizard->findChild<ui::ClusterBootstrap*>();
        QVERIFY(machines != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(machines->isVisible(), kLongMs);

        // The stack shows it while it grows; closing stops nothing.
        m_wizard->close();
        QVERIFY(run->active());
        auto* view = m_window->findChild<QListView*>(QStringLiteral("activityView"));
        QVERIFY(view != nullptr);
        QTRY_VERIFY(view->model()->index(0, 0).data().toString().contains(QLatin1String("violet/violet")));
        QVERIFY(!m_wizard->isVisible());
        Q_EMIT view->clicked(view->model()->index(0, 0));
        QVERIFY(m_wizard->isVisible());
        QCOMPARE(m_wizard->run(), run);

        // Cancelled and taken back: nothing of it is left.
        run->cancel();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Cancelled, kLongMs);
        QPushButton* undo = nullptr;
        QTRY_VERIFY((undo = buttonWith(QStringLiteral("Undo"))) != nullptr);
        undo->click();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, kLongMs);
        QVERIFY(run->left().empty());
        QTRY_VERIFY_WITH_TIMEOUT(!tenantExists("violet"), kLongMs);
    }

    void badInput_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("input");
        QTest::addColumn<QString>("words"); // of what is said beside the field
        const auto row = [](const char* path, const char* input, const char* words) {
            QTest::newRow(QByteArray(path) + " " + input)
                << QString::fromLatin1(path) << QString::fromUtf8(input) << QString::fromUtf8(words);
        };
        row("name", "Blue Sky", "lower-case");
        row("name", "1blue", "Begin with a letter");
        row("name", "blue", "already");
        row("tenant", "a b", "label");
        row("namespace", "kube-system", "belongs to the cluster itself");
        row("kubernetesVersion", "1.34", "v1.34.1");
        row("kubernetesVersion", "v1.12.0", "support");
        row("image.location", "", "");
        row("controlPlane.size.memory", "lots", "");
        row("controlPlane.size.disk", "4 floppies", "");
        row("workers[0].name", "cp", "control plane");
        row("workers[0].size.memory", "1Ki", "");
        row("workers[0].labels", "kubernetes.io/arch=x", "prefix of your own");
        row("workers[0].taints", "gpu", "key=value:Effect");
        row("network.podCidr", "10.0.0.0", "10.243.0.0/16");
        row("network.podCidr", "10.243.0.7/16", "10.243.0.0/16");
        row("network.serviceCidr", "10.1.0.0/30", "prefix");
        row("network.serviceDomain", "-bad-", "cluster.local");
        row("network.mtu", "100", "576");
        row("network.vxlanPort", "80", "1024");
        row("cni.manifest", "http://x/y.yaml", "https://");
        row("sshKeys", "hello", "ssh-ed25519");
        row("addOns.metricsServer.manifest", "http://x", "https://");
    }

    // One window for all rows: each is put right again.
    void badInput()
    {
        QFETCH(QString, path);
        QFETCH(QString, input);
        QFETCH(QString, words);
        if (m_wizard == nullptr)
            open();
        m_wizard->model()->startOver();
        type(field("name")->editor(), QStringLiteral("fine"));
        auto* metrics = qobject_cast<QCheckBox*>(field("addOns.metricsServer.enabled")->editor());
        QVERIFY(metrics != nullptr);
        metrics->setChecked(path.contains(QLatin1String("metricsServer")));
        ui::FormField* place = m_wizard->findChild<ui::FormField*>(path);
        QVERIFY(place != nullptr);
        m_wizard->goToField(path.toStdString());
        if (path.contains(QLatin1String("labels")) || path.contains(QLatin1String("taints")))
            QVERIFY(place->editor()->isVisible()); // what was folded away has been opened
        type(place->editor(), input);
        QVERIFY2(place->problem().has_value(), qPrintable(place->message()));
        QCOMPARE(place->problem()->severity, provision::Severity::Error);
        QVERIFY2(place->message().contains(words), qPrintable(place->message()));
        QVERIFY(!place->problem()->remedy.empty());
        // Next does not pass it, whatever page is open.
        const auto before = m_wizard->page();
        button("next")->click();
        QCOMPARE(m_wizard->page(), before);
    }

    void theServersWordsStandBesideTheirField()
    {
        open();
        // Somebody else's object is in the way.
        const SourceId source = m_wizard->model()->source();
        const auto client = m_composition->runs().client(source);
        QVERIFY(client != nullptr);
        const auto post = [&client](const char* path, const char* body) {
            std::promise<bool> done;
            auto future = done.get_future();
            kube::Request request;
            request.method = "POST";
            request.path = path;
            request.contentType = "application/json";
            request.body = body;
            const auto handle = client->send(request, [&done](const Result<kube::Response>& answer) {
                done.set_value(answer.has_value());
            });
            return future.get();
        };
        QVERIFY(post("/api/v1/namespaces",
                     R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"crowded"}})"));
        QVERIFY(post("/api/v1/namespaces/crowded/configmaps",
                     R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"crowded-cni"}})"));
        type(field("name")->editor(), QStringLiteral("crowded"));
        m_wizard->goTo(ui::ClusterWizard::Review);
        QTRY_VERIFY_WITH_TIMEOUT(field("cni.manifest")->problem().has_value(), kLongMs);
        QVERIFY(field("cni.manifest")->message().contains(QLatin1String("crowded-cni")));
        QVERIFY(!button("next")->isEnabled());
        // An edit takes the words away: they were about what was asked then.
        m_wizard->model()->edit([](provision::ClusterProfile& p) { p.name = "roomy"; });
        QVERIFY(!field("cni.manifest")->problem().has_value());
    }

    void profilesComeAndGo()
    {
        open();
        const QString path = m_folder->filePath(QStringLiteral("mine.yaml"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("apiVersion: strata/v1\nkind: ClusterProfile\nname: amber\ncontrolPlane: {replicas: 3}\n"
                   "workers:\n- {name: a, count: 4}\n- {name: b, count: 1}\nendpoint: ClusterIP\n");
        file.close();
        m_wizard->loadProfile(path);
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->profile().name, std::string("amber"), kLongMs);
        QCOMPARE(qobject_cast<QLineEdit*>(field("name")->editor())->text(), QStringLiteral("amber"));
        QCOMPARE(qobject_cast<QSpinBox*>(field("workers[0].count")->editor())->value(), 4);
        QVERIFY(field("workers[1].name") != nullptr);
        const QString copy = m_folder->filePath(QStringLiteral("copy.yaml"));
        m_wizard->saveProfile(copy);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(copy), kLongMs);
        const auto again = provision::loadProfileFile(copy.toStdString());
        QVERIFY(again.has_value());
        QVERIFY(again->problems.empty());
        QVERIFY(again->profile == m_wizard->model()->profile());
        // A file that is none is said, and nothing changes.
        m_wizard->loadProfile(m_folder->filePath(QStringLiteral("none.yaml")));
        auto* said = m_wizard->findChild<QLabel*>(QStringLiteral("said"));
        QVERIFY(said != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(said->text().contains(QLatin1String("none.yaml")), kLongMs);
        QCOMPARE(m_wizard->model()->profile().name, std::string("amber"));
    }

    // The program ends in the middle; the next one finds what was begun and takes it back.
    void whatAnEarlierRunLeft()
    {
        open();
        const SourceId source = m_wizard->model()->source();
        const auto config = m_composition->connections().config(source);
        QVERIFY(config.has_value());
        ui::RunServices services;
        services.config = [config](SourceId) { return config; };
        services.run = quickPace();
        provision::ClusterProfile profile;
        profile.name = "begun";
        profile.cni.manifest = m_composition->runs().cniManifest(source);
        QString id;
        {
            ui::ClusterRuns runs(services);
            ui::ClusterRun* run = runs.create(source, profile, {});
            QVERIFY(run != nullptr);
            id = run->id();
            QTRY_VERIFY_WITH_TIMEOUT(
                run->step("infrastructure").state == provision::StepState::Done || !run->active(), kLongMs);
            QVERIFY2(run->phase() != Phase::Failed, qPrintable(run->sentence()));
        }
        ui::ClusterRuns runs(services);
        QSignalSpy found(&runs, &ui::ClusterRuns::found);
        runs.findUnfinished();
        QTRY_COMPARE_WITH_TIMEOUT(found.count(), 1, kLongMs);
        ui::ClusterRun* run = runs.find(id);
        QVERIFY(run != nullptr);
        QCOMPARE(run->phase(), Phase::Interrupted);
        QVERIFY(run->canRetry() && run->canUndo());
        QVERIFY(!runs.resume(run, true)); // not connected yet
        runs.setSources({source});
        QVERIFY(runs.resume(run, true));
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!tenantExists("begun"), kLongMs);
        ui::ClusterRuns later(services);
        QSignalSpy nothing(&later, &ui::ClusterRuns::found);
        later.findUnfinished();
        QTRY_VERIFY_WITH_TIMEOUT(QThreadPool::globalInstance()->waitForDone(0), kLongMs);
        QCoreApplication::sendPostedEvents();
        QCOMPARE(nothing.count(), 0);
    }
};

QTEST_MAIN(TestWizard)
#include "test_wizard.moc"
