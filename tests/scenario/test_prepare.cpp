// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "tests/core/prepare/testbundle.h"
#include "ui/details/statepill.h"
#include "ui/shell/mainwindow.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"
#include "ui/wizard/clusterwizard.h"
#include "ui/wizard/preparemodel.h"
#include "ui/wizard/preparepages.h"
#include "ui/wizard/preparewizard.h"
#include "ui/wizard/wizardmodel.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTreeWidget>
#include <QtTest>

#include <algorithm>
#include <memory>

using namespace strata;
using namespace strata::stack;
using Phase = ui::ClusterRun::Phase;
using Making = ui::PrepareModel::Making;

namespace {

constexpr int kLongMs = 60000;

} // namespace

// The wizard that prepares an outer cluster, in the real window on a bare demo site. With STRATA_PICTURES=DIR
// it writes a picture of each page.
class TestPrepareWizard : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<app::Composition> m_composition;
    std::unique_ptr<ui::MainWindow> m_window;
    ui::PrepareWizard* m_wizard = nullptr;

    void open(bool bare = true)
    {
        m_workspace = std::make_unique<ui::Workspace>(m_folder->filePath(QStringLiteral("workspace.json")));
        m_workspace->load();
        demosite::Options options;
        options.bare = bare;
        options.speed = 100;
        provision::RunOptions pace;
        pace.pollInterval = std::chrono::milliseconds(20);
        pace.retryDelay = std::chrono::milliseconds(10);
        m_composition = std::make_unique<app::Composition>(*m_workspace, options, pace);
        m_window = std::make_unique<ui::MainWindow>(m_composition->services());
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(m_composition->store().stack().count(ItemKind::OuterNode), size_t(3),
                                  kLongMs);
    }

    void openWizard()
    {
        m_wizard = m_window->prepareCluster();
        QVERIFY(m_wizard != nullptr);
        QVERIFY(QTest::qWaitForWindowExposed(m_wizard));
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->state(), ui::PrepareModel::State::Known, kLongMs);
    }

    template<typename Widget>
    Widget* child(const char* name) const
    {
        auto* found = m_wizard->findChild<Widget*>(QString::fromLatin1(name));
        if (found == nullptr)
            qFatal("there is no %s", name);
        return found;
    }

    // In both themes, where pictures are wanted.
    void picture(const char* name) const
    {
        const QString folder = qEnvironmentVariable("STRATA_PICTURES");
        if (folder.isEmpty())
            return;
        QDir().mkpath(folder);
        for (const auto mode : {ui::ThemeMode::Light, ui::ThemeMode::Dark}) {
            ui::Theme::instance().setMode(mode);
            QTest::qWait(50); // for the eye only
            const QString theme =
                mode == ui::ThemeMode::Light ? QStringLiteral("light") : QStringLiteral("dark");
            m_wizard->grab().save(
                QStringLiteral("%1/prepare-%2-%3.png").arg(folder, QLatin1String(name), theme));
        }
        ui::Theme::instance().setMode(ui::ThemeMode::Light);
    }

    QTreeWidgetItem* row(const char* table, const QString& begin) const
    {
        auto* view = child<QTreeWidget>(table);
        for (int i = 0; i < view->topLevelItemCount(); ++i) {
            if (view->topLevelItem(i)->text(0).startsWith(begin))
                return view->topLevelItem(i);
        }
        return nullptr;
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
        m_window.reset();
        m_composition.reset();
        m_workspace.reset();
    }

    // From the refusal of the cluster wizard, through all pages, to an outer cluster that can carry one.
    void fromTheRefusalToAPreparedCluster()
    {
        open();
        ui::ClusterWizard* creating = m_window->newCluster();
        QVERIFY(creating != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(creating->model()->surveyState(), ui::WizardModel::Survey::Known, kLongMs);
        auto* way = creating->findChild<QPushButton*>(QStringLiteral("prepare"));
        QVERIFY(way != nullptr);
        QTRY_VERIFY(way->isVisible());
        if (const QString folder = qEnvironmentVariable("STRATA_PICTURES"); !folder.isEmpty())
            creating->grab().save(folder + QStringLiteral("/prepare-refusal-light.png"));
        QTest::mouseClick(way, Qt::LeftButton);
        m_wizard = m_window->findChild<ui::PrepareWizard*>();
        QVERIFY(m_wizard != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->state(), ui::PrepareModel::State::Known, kLongMs);
        creating->close();

        QTreeWidgetItem* kubevirt = row("components", QStringLiteral("KubeVirt"));
        QVERIFY(kubevirt != nullptr);
        QVERIFY2(kubevirt->text(2).startsWith(QLatin1String("Missing")), qPrintable(kubevirt->text(2)));
        QVERIFY(row("components", QStringLiteral("Pod network"))->text(1).contains(QLatin1String("Cilium")));
        picture("there");
        auto* next = child<QPushButton>("next");
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QCOMPARE(m_wizard->page(), ui::PrepareWizard::Choice);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundle().has_value(), kLongMs);
        QVERIFY(child<QCheckBox>("want:kubevirt")->isChecked());
        QVERIFY(child<QCheckBox>("gate:CLUSTER_TOPOLOGY")->isChecked());
        QVERIFY(!child<QCheckBox>("gate:Snapshot")->isChecked());
        child<QCheckBox>("gate:Snapshot")->click();
        // On a screen of 1024×700 all of it is there to scroll to: nothing is cut, nothing lies beside it.
        m_wizard->resize(1008, 656);
        auto* area = child<QScrollArea>("choice");
        QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
        QTRY_COMPARE(area->horizontalScrollBar()->maximum(), 0);
        for (QCheckBox* box : area->findChildren<QCheckBox*>())
            QTRY_VERIFY2(box->height() >= box->sizeHint().height(), qPrintable(box->text()));
        for (QLabel* label : area->findChildren<QLabel*>())
            QTRY_VERIFY2(!label->isVisible() || label->height() >= label->heightForWidth(label->width()),
                         qPrintable(label->text()));
        picture("choice");
        // What is needed may not be left out, and it is said at once.
        child<QCheckBox>("want:cert-manager")->click();
        QVERIFY(child<QLabel>("wrong")->isVisible());
        QVERIFY(child<QLabel>("wrong")->text().contains(QLatin1String("cert-manager")));
        QVERIFY(!next->isEnabled());
        child<QCheckBox>("want:cert-manager")->click();
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QCOMPARE(m_wizard->page(), ui::PrepareWizard::Review);
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->making(), Making::Accepted, kLongMs);
        QVERIFY(child<QTreeWidget>("steps")->topLevelItemCount() > 10);
        picture("review");
        m_wizard->review()->setTab(1);
        picture("differences");
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QCOMPARE(m_wizard->page(), ui::PrepareWizard::Progress);
        ui::ClusterRun* run = m_wizard->run();
        QVERIFY(run != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(run->stepsDone() > 4 || !run->active(), kLongMs);
        picture("progress");
        QTRY_VERIFY_WITH_TIMEOUT(!run->active(), kLongMs);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_COMPARE(run->stepsDone(), int(run->plan()->steps.size()));
        picture("done");
        // The way on is there, and now nothing stands in it.
        const auto create = [this] {
            const auto buttons = m_wizard->findChildren<QPushButton*>();
            const auto found = std::find_if(buttons.begin(), buttons.end(), [](const QPushButton* each) {
                return each->isVisible() && each->text().contains(QLatin1String("tenant cluster"));
            });
            return found != buttons.end() ? *found : nullptr;
        };
        QTRY_VERIFY(create() != nullptr); // the page follows the run a moment later
        QTest::mouseClick(create(), Qt::LeftButton);
        creating = m_window->newCluster();
        QTRY_VERIFY_WITH_TIMEOUT(creating->model()->surveyState() == ui::WizardModel::Survey::Known &&
                                     creating->model()->siteProblem().isEmpty(),
                                 kLongMs);
        QTRY_VERIFY(!creating->findChild<QPushButton*>(QStringLiteral("prepare"))->isVisible());
        creating->close();

        // Seen again it is fine, with the gate that was asked for.
        openWizard();
        QVERIFY(m_wizard->model()->nothingToDo());
        QVERIFY(m_wizard->model()->picture().find("kubevirt")->gates ==
                (std::vector<std::string>{"HotplugVolumes", "Snapshot"}));
        picture("ready");
    }

    void aBrokenBundleIsToldOnItsPage()
    {
        open();
        openWizard();
        auto* next = child<QPushButton>("next");
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundle().has_value(), kLongMs);
        auto* folder = child<QLineEdit>("folder");
        folder->selectAll();
        QTest::keyClicks(folder, m_folder->filePath(QStringLiteral("nowhere")));
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundleError().has_value(), kLongMs);
        QVERIFY(!next->isEnabled());
        picture("broken");
        // A file that is another is found when it is read, and nothing has been written.
        const QString bundle = QString::fromStdString(m_composition->connections().demoBundle());
        QFile file(bundle + QStringLiteral("/cdi/v1.66.0/cdi-operator.yaml"));
        QVERIFY(file.open(QIODevice::Append));
        file.write("#\n");
        file.close();
        folder->selectAll();
        QTest::keyClicks(folder, bundle);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundle().has_value(), kLongMs);
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_COMPARE_WITH_TIMEOUT(m_wizard->model()->making(), Making::Refused, kLongMs);
        QVERIFY(
            QString::fromStdString(m_wizard->model()->planError()->text).contains(QLatin1String("SHA-256")));
        QVERIFY(!next->isEnabled());
        picture("refused");
    }

    // What lies in the folder beside the components is there to be seen, and to be chosen.
    void whatElseIsInTheFolderIsTold()
    {
        open();
        openWizard();
        auto* next = child<QPushButton>("next");
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundle().has_value(), kLongMs);
        QVERIFY(!child<QWidget>("addons")->isVisible()); // there is nothing else
        const QString own = m_folder->filePath(QStringLiteral("addons"));
        test::writeTestBundleWithAddons(own.toStdString());
        auto* folder = child<QLineEdit>("folder");
        folder->selectAll();
        QTest::keyClicks(folder, own);
        QTRY_VERIFY_WITH_TIMEOUT(child<QWidget>("addons")->isVisible(), kLongMs);
        auto* longhorn = child<QCheckBox>("addon:longhorn");
        QCOMPARE(longhorn->text(), QStringLiteral("Longhorn v1.9.1"));
        QVERIFY(longhorn->isEnabled() && !longhorn->isChecked());
        QVERIFY(!child<QCheckBox>("addon:broken.yaml")->isEnabled());
        QVERIFY(!child<QCheckBox>("addon:images/*")->isEnabled());
        QVERIFY(child<QCheckBox>("addon:kubevirt/v1.8.4")
                    ->accessibleDescription()
                    .contains(QLatin1String("installed from what the index names")));
        auto* area = child<QScrollArea>("choice");
        m_wizard->resize(1008, 656);
        QTRY_COMPARE(area->horizontalScrollBar()->maximum(), 0);
        area->ensureWidgetVisible(child<QCheckBox>("addon:images/*"));
        picture("addons");
        // A second pod network beside the one that runs is refused on the page.
        child<QCheckBox>("addon:cni")->click();
        QVERIFY(child<QLabel>("wrong")->text().contains(QLatin1String("second pod network")));
        QVERIFY(!next->isEnabled());
        child<QCheckBox>("addon:cni")->click();
        longhorn->click();
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->making() == Making::Accepted ||
                                     m_wizard->model()->making() == Making::Refused,
                                 kLongMs);
        QVERIFY2(m_wizard->model()->making() == Making::Accepted,
                 m_wizard->model()->planError() ? m_wizard->model()->planError()->text.c_str() : "");
        const provision::Plan& plan = *m_wizard->model()->plan();
        QVERIFY(plan.step("addon:longhorn-settings") != nullptr);
        QVERIFY(m_wizard->model()->images().contains(
            QLatin1String("docker.io/longhornio/longhorn-manager:v1.9.1")));
        // Of another source nothing of it is left.
        m_wizard->model()->setFromFolder(false);
        QVERIFY(m_wizard->model()->addons().empty());
    }

    void anUpgradeShowsItsDifferences()
    {
        open(false);
        openWizard();
        QVERIFY(m_wizard->model()->nothingToDo());
        picture("whole");
        auto* next = child<QPushButton>("next");
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->bundle().has_value(), kLongMs);
        QVERIFY(!next->isEnabled()); // nothing is chosen
        child<QCheckBox>("want:cluster-api")->click();
        // Its providers come along: they must have its version.
        QVERIFY(child<QCheckBox>("want:bootstrap-kubeadm")->isChecked());
        QVERIFY(child<QCheckBox>("want:control-plane-kubeadm")->isChecked());
        QTRY_VERIFY(next->isEnabled());
        QTest::keyClick(next, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(m_wizard->model()->making() == Making::Accepted ||
                                     m_wizard->model()->making() == Making::Refused,
                                 kLongMs);
        QVERIFY2(m_wizard->model()->making() == Making::Accepted,
                 m_wizard->model()->planError() ? m_wizard->model()->planError()->text.c_str() : "");
        bool shown = false;
        for (const provision::Verdict& verdict : m_wizard->model()->rehearsal()->verdicts())
            shown = shown || (verdict.before.find("cluster-api-controller:v1.12.11") != std::string::npos &&
                              verdict.after.find("cluster-api-controller:v1.14.0") != std::string::npos);
        QVERIFY(shown);
        m_wizard->review()->setTab(1);
        picture("upgrade");
    }

    void itIsInTheMenuAndThePalette()
    {
        open();
        QAction* found = nullptr;
        for (QAction* action : m_window->actions()) {
            if (action->text()
                    .remove(QLatin1Char('&'))
                    .startsWith(QLatin1String("Prepare the outer cluster")))
                found = action;
        }
        QVERIFY(found != nullptr);
        QVERIFY(found->isVisible());
        found->trigger();
        QVERIFY(m_window->findChild<ui::PrepareWizard*>() != nullptr);
    }
};

QTEST_MAIN(TestPrepareWizard)
#include "test_prepare.moc"
