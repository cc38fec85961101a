// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "ui/console/clusterbootstrap.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/clusterwizard.h"
#include "ui/wizard/deploydialog.h"
#include "ui/wizard/formfield.h"
#include "ui/wizard/manifestfolder.h"
#include "ui/wizard/reviewpage.h"
#include "ui/wizard/wizardmodel.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
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
#include <set>

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

struct BadInput {
    const char* path;
    const char* input;
    const char* words; // of what is said beside the field
};

constexpr BadInput kBadInputs[] = {
    {"name", "Blue Sky", "lower-case"},
    {"name", "1blue", "Begin with a letter"},
    {"name", "blue", "already"},
    {"name", "", "needed"},
    {"name", "a-name-that-is-so-long-that-nothing-fits-behind-it-any-more", "54"},
    {"tenant", "a b", "label"},
    {"namespace", "kube-system", "belongs to the cluster itself"},
    {"namespace", "a_b", "lower-case"},
    {"kubernetesVersion", "1.34", "v1.34.1"},
    {"kubernetesVersion", "v1.12.0", "support"},
    {"image.location", "", "REGISTRY/PATH"},
    {"image.location", "docker://quay.io/a/b", "without docker://"},
    {"image.location", "quay.io/capk/ubuntu-2204-container-disk:v1.30.1", "Leave the tag out"},
    {"controlPlane.size.vcpus", "1", "2 or more"},
    {"controlPlane.size.memory", "lots", "4Gi"},
    {"controlPlane.size.memory", "1Gi", "at least"},
    {"controlPlane.size.disk", "4 floppies", "20Gi"},
    {"workers[0].name", "cp", "control plane"},
    {"workers[0].name", "a.b", "lower-case"},
    {"workers[0].size.memory", "1Ki", "at least"},
    {"workers[0].size.disk", "1Gi", "at least"},
    {"workers[0].labels", "kubernetes.io/arch=x", "prefix of your own"},
    {"workers[0].labels", "a b=c", "not a label"},
    {"workers[0].taints", "gpu", "key=value:Effect"},
    {"workers[0].autoscaler", "9", "outside"},
    {"network.podCidr", "10.0.0.0", "10.243.0.0/16"},
    {"network.podCidr", "10.243.0.7/16", "10.243.0.0/16"},
    {"network.podCidr", "10.0.0.0/28", "prefix"},
    {"network.serviceCidr", "10.1.0.0/30", "prefix"},
    {"network.serviceCidr", "services", "not a network"},
    {"network.serviceDomain", "-bad-", "cluster.local"},
    {"network.mtu", "100", "576"},
    {"network.vxlanPort", "80", "1024"},
    {"cni.manifest", "http://x/y.yaml", "https://"},
    {"sshKeys", "hello", "ssh-ed25519"},
    {"sshKeys", "-----BEGIN OPENSSH PRIVATE KEY-----", "private key"},
    {"addOns.cloudProviderImage", "a b", "REGISTRY/PATH:TAG"},
    {"addOns.kubevirtCsi.manifest", "http://x", "https://"},
    {"addOns.kubevirtCsi.manifest", "", "no release"},
    {"addOns.kubevirtCsi.controller", "http://x", "https://"},
    {"addOns.metricsServer.manifest", "http://x", "https://"},
    {"addOns.metricsServer.manifest", "", "components.yaml"},
};

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

    // The whole of it, as an operator does it: a name, Next until Create, Ready nodes, a first workload; the
    // stack and the chart follow; the run is found again; taken back, nothing is left.
    void fromTheFirstPageToReady()
    {
        open(true);
        auto* chart = m_window->findChild<ui::StrataChart*>();
        QVERIFY(chart != nullptr);
        m_wizard->goTo(ui::ClusterWizard::Basics);
        type(field("name")->editor(), QStringLiteral("olive"));
        // Where its VMs would go, before anything is asked for; more of them when there are to be more.
        QCOMPARE(chart->ghosts().size(), size_t(3));
        QVERIFY(m_wizard->model()->fit().fits());
        m_wizard->goTo(ui::ClusterWizard::Machines);
        type(field("workers[0].count")->editor(), QStringLiteral("4"));
        QCOMPARE(chart->ghosts().size(), size_t(5));
        type(field("workers[0].count")->editor(), QStringLiteral("2"));
        QCOMPARE(chart->ghosts().size(), size_t(3));
        type(field("workers[0].size.memory")->editor(), QStringLiteral("900Gi"));
        QVERIFY(!m_wizard->model()->fit().fits());
        type(field("workers[0].size.memory")->editor(), QStringLiteral("4Gi"));

        ui::ClusterRun* run = create(QStringLiteral("olive"));
        QVERIFY(run != nullptr);
        QCOMPARE(chart->ghosts().size(), size_t(0)); // real ones follow
        QTRY_VERIFY_WITH_TIMEOUT(!run->active(), 3 * kLongMs);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        for (const provision::Step& step : run->plan()->steps) {
            const auto report = run->step(step.id);
            QVERIFY2(report.state == provision::StepState::Done, step.id.c_str());
            QVERIFY2(step.waits.empty() || !report.evidence.empty(), step.id.c_str());
        }
        // Machines, VMs and nodes stand in the stack, under the tenant and upon the outer nodes.
        const auto count = [this](ItemKind kind) {
            const Stack& stack = m_composition->store().stack();
            int all = 0;
            std::vector<ItemId> open = stack.roots(Tree::Stack);
            while (!open.empty()) {
                const Item* item = stack.find(open.back());
                open.pop_back();
                if (item == nullptr)
                    continue;
                all += item->kind == kind && item->tenant == "olive" ? 1 : 0;
                const auto& children = item->childrenIn(Tree::Stack);
                open.insert(open.end(), children.begin(), children.end());
            }
            return all;
        };
        QTRY_COMPARE_WITH_TIMEOUT(count(ItemKind::Vm), 3, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(count(ItemKind::InnerNode), 3, kLongMs);
        QVERIFY(tenantExists("olive"));

        // A first workload, tried out first, with what would change.
        QPushButton* deployButton = nullptr;
        QTRY_VERIFY((deployButton = buttonWith(QStringLiteral("Deploy a workload…"))) != nullptr);
        deployButton->click();
        ui::DeployDialog* deploy = nullptr;
        QTRY_VERIFY((deploy = m_window->findChild<ui::DeployDialog*>()) != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(deploy->connected(), kLongMs);
        deploy->setManifest(QStringLiteral(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: hello}\nspec:\n  replicas: 2\n"
            "  selector: {matchLabels: {app: hello}}\n  template:\n    metadata: {labels: {app: hello}}\n"
            "    spec: {containers: [{name: hello, image: nginx}]}\n"));
        auto* check = deploy->findChild<QPushButton*>(QStringLiteral("check"));
        auto* go = deploy->findChild<QPushButton*>(QStringLiteral("deploy"));
        check->click();
        QTRY_VERIFY_WITH_TIMEOUT(go->isEnabled(), kLongMs);
        QVERIFY2(deploy->diff().contains(QLatin1String("+ ")), qPrintable(deploy->diff()));
        go->click();
        auto* words = deploy->findChild<QLabel*>(QStringLiteral("words"));
        QTRY_VERIFY_WITH_TIMEOUT(check->isEnabled(), kLongMs);
        QVERIFY2(!words->text().contains(QLatin1String("fail"), Qt::CaseInsensitive),
                 qPrintable(words->text()));
        deploy->close();

        // The kubeconfig is there to be saved.
        QVERIFY(buttonWith(QStringLiteral("Save kubeconfig…")) != nullptr);

        // No button takes a cluster that works away; the run itself can.
        QVERIFY(buttonWith(QStringLiteral("Undo")) == nullptr);
        run->undo();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, 3 * kLongMs);
        QVERIFY(run->left().empty());
        QTRY_VERIFY_WITH_TIMEOUT(!tenantExists("olive"), kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(count(ItemKind::Vm), 0, kLongMs);
    }

    // Where an administrator has laid out a ClusterClass: chosen, its variables set, one Cluster written.
    void byClass()
    {
        open();
        type(field("name")->editor(), QStringLiteral("teal"));
        auto* chooser = qobject_cast<QComboBox*>(field("clusterClass.name")->editor());
        QVERIFY(chooser != nullptr && field("clusterClass.name")->isVisible());
        QCOMPARE(chooser->count(), 2);
        chooser->setFocus();
        QTest::keyClick(chooser, Qt::Key_Down);
        QVERIFY(m_wizard->model()->profile().classRef.has_value());
        QCOMPARE(m_wizard->model()->profile().workers[0].workerClass, std::string("default-worker"));
        // What the class decides is not asked any more; what it leaves open is.
        m_wizard->goTo(ui::ClusterWizard::Machines);
        QVERIFY(!field("image.source")->isVisible() && !field("controlPlane.size.vcpus")->isVisible());
        QVERIFY(field("clusterClass.variables.endpoint")->isVisible());
        ui::FormField* cores = field("clusterClass.variables.workerMachine.cores");
        QVERIFY(cores != nullptr && cores->isVisible());
        type(cores->editor(), QStringLiteral("many"));
        QVERIFY2(cores->message().contains(QLatin1String("whole number")), qPrintable(cores->message()));
        type(cores->editor(), QStringLiteral("500"));
        QVERIFY2(cores->message().contains(QLatin1String("64")), qPrintable(cores->message()));
        type(cores->editor(), QStringLiteral("8"));
        QVERIFY(!cores->problem().has_value());
        QCOMPARE(m_wizard->model()->fit().placements.back().vm.vcpus, 8);
        m_wizard->goTo(ui::ClusterWizard::Network);
        QVERIFY(!field("endpoint")->isVisible());
        m_wizard->goTo(ui::ClusterWizard::AddOns);
        QVERIFY(!field("sshKeys")->isVisible() && field("addOns.healthCheck")->isVisible());
        m_wizard->goTo(ui::ClusterWizard::Review);
        QTRY_VERIFY_WITH_TIMEOUT(button("next")->isEnabled(), kLongMs);
        button("next")->click();
        ui::ClusterRun* run = m_wizard->run();
        QVERIFY(run != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(!run->active() || run->step("start").state == provision::StepState::Done,
                                 kLongMs);
        QVERIFY2(run->phase() != Phase::Failed, qPrintable(run->sentence()));
        for (const provision::Step& step : run->plan()->steps) {
            for (const provision::Write& write : step.writes)
                QVERIFY2(write.object.kind() != "KubeadmControlPlane", "the class makes it");
        }
        run->cancel();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Cancelled, kLongMs);
        run->undo();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, kLongMs);
        QVERIFY(run->left().empty());
        // Back to describing each part: everything is asked again.
        m_wizard->editAgain();
        chooser->setFocus();
        QTest::keyClick(chooser, Qt::Key_Up);
        QVERIFY(!m_wizard->model()->profile().classRef.has_value());
        m_wizard->goTo(ui::ClusterWizard::Machines);
        QVERIFY(field("image.source")->isVisible() && !field("workers[0].class")->isVisible());
    }

    // Before Create: what the server would make of each object, and ways to take the objects elsewhere.
    void whatTheReviewShows()
    {
        open();
        type(field("name")->editor(), QStringLiteral("sepia"));
        m_wizard->goTo(ui::ClusterWizard::Review);
        QTRY_VERIFY_WITH_TIMEOUT(button("next")->isEnabled(), kLongMs);
        const auto text = [this](const char* name) {
            for (QPlainTextEdit* view : m_wizard->review()->findChildren<QPlainTextEdit*>()) {
                if (view->accessibleName() == QLatin1String(name))
                    return view->toPlainText();
            }
            return QString();
        };
        const QString yaml = text("The objects as YAML");
        QVERIFY(yaml.contains(QLatin1String("kind: KubeadmControlPlane")));
        const QString differences = text("What the server would make of each object");
        QVERIFY2(differences.contains(QLatin1String("# Cluster sepia/sepia: is new")),
                 qPrintable(differences.left(2000)));
        QVERIFY2(!differences.contains(QLatin1String("namespace: default")),
                 qPrintable(differences.left(2000)));
        QPushButton* copy = buttonWith(QStringLiteral("Copy as kubectl"));
        QVERIFY(copy != nullptr);
        copy->click();
        const QString line = QGuiApplication::clipboard()->text();
        QVERIFY2(line.contains(QLatin1String("kubectl")) &&
                     line.contains(QLatin1String("KubeadmControlPlane")) &&
                     line.contains(QLatin1String("kubeconfig")),
                 qPrintable(line.left(400)));
        // A folder for GitOps: one file an object, in order, and a kustomization that lists them.
        const QString folder = m_folder->filePath(QStringLiteral("gitops"));
        QVERIFY(QDir().mkpath(folder));
        const auto objects = provision::manifestsOf(*m_wizard->review()->rehearsal()->plan());
        const auto saved = ui::saveManifestFolder(folder, objects);
        QVERIFY(saved.has_value());
        QCOMPARE(*saved, int(objects.size()));
        QCOMPARE(QDir(folder).entryList({QStringLiteral("*.yaml")}, QDir::Files).size(),
                 int(objects.size()) + 1);
        QFile list(QDir(folder).filePath(QStringLiteral("kustomization.yaml")));
        QVERIFY(list.open(QIODevice::ReadOnly));
        QVERIFY(list.readAll().contains("resources:"));
        for (const auto& object : objects)
            QVERIFY2(provision::planOf(object).empty(), object.title().c_str());
    }

    // Every input of every page is in the table of bad input, or cannot be given any.
    void noFieldIsLeftOut()
    {
        open();
        m_wizard->model()->edit([](provision::ClusterProfile& p) { p.addOns.kubevirtCsi.enabled = true; });
        std::set<QString> tried;
        for (const BadInput& row : kBadInputs)
            tried.insert(QLatin1String(row.path));
        // Choices and switches: what can be chosen is right by itself; what it means beside others is told at
        // the fields that are typed. "workers" and the class's parts are made of fields.
        const std::set<QString> safe = {
            QStringLiteral("clusterClass.name"), QStringLiteral("clusterClass.variables"),
            QStringLiteral("context"), QStringLiteral("image.source"),
            QStringLiteral("controlPlane.replicas"), QStringLiteral("controlPlane.size.storageClass"),
            QStringLiteral("workers"), QStringLiteral("workers[0].class"),
            QStringLiteral("workers[0].size.storageClass"), QStringLiteral("endpoint"),
            QStringLiteral("cni.kind"), QStringLiteral("cni.delivery"),
            QStringLiteral("cni.replacesKubeProxy"), QStringLiteral("bootstrapCheck"),
            QStringLiteral("addOns.healthCheck"), QStringLiteral("addOns.cloudProvider"),
            QStringLiteral("addOns.kubevirtCsi.enabled"), QStringLiteral("addOns.metricsServer.enabled"),
            QStringLiteral("eviction"), QStringLiteral("antiAffinity"),
            // Their boxes take numbers within bounds only.
            QStringLiteral("workers[0].count"), QStringLiteral("workers[0].size.vcpus")};
        QString missing;
        for (const ui::FormField* each : m_wizard->findChildren<ui::FormField*>()) {
            if (tried.count(each->objectName()) == 0 && safe.count(each->objectName()) == 0)
                missing += each->objectName() + QLatin1Char(' ');
        }
        QVERIFY2(missing.isEmpty(), qPrintable(missing));
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
        for (const BadInput& each : kBadInputs)
            row(each.path, each.input, each.words);
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
        // What belongs to a switch is asked with it on.
        for (const auto& [name, mark] : {std::pair("addOns.metricsServer.enabled", "metricsServer"),
                                         std::pair("addOns.kubevirtCsi.enabled", "kubevirtCsi"),
                                         std::pair("addOns.cloudProvider", "cloudProviderImage")}) {
            auto* box = qobject_cast<QCheckBox*>(field(name)->editor());
            QVERIFY(box != nullptr);
            box->setChecked(path.contains(QLatin1String(mark)));
        }
        ui::FormField* place = m_wizard->findChild<ui::FormField*>(path);
        QVERIFY(place != nullptr);
        m_wizard->goToField(path.toStdString());
        if (path.contains(QLatin1String("labels")) || path.contains(QLatin1String("taints")))
            QVERIFY(place->editor()->isVisible());        // what was folded away has been opened
        if (path.endsWith(QLatin1String("autoscaler"))) { // a switch and two numbers
            place->editor()->findChild<QCheckBox*>()->setChecked(true);
            const auto bounds = place->editor()->findChildren<QSpinBox*>();
            QCOMPARE(bounds.size(), 2);
            type(bounds[1], input);
            type(bounds[0], input); // more at least than there are to begin with
        } else {
            type(place->editor(), input);
        }
        if (path.endsWith(QLatin1String("autoscaler")))
            place = m_wizard->findChild<ui::FormField*>(QStringLiteral("workers[0].count"));
        QVERIFY2(place->problem().has_value(), qPrintable(path + place->message()));
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
