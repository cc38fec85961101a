// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "tests/scenario/livesite.h"
#include "ui/actions/actiondialog.h"
#include "ui/actions/auditdialog.h"
#include "ui/actions/imageform.h"
#include "ui/actions/imagesdialog.h"
#include "ui/actions/rundialog.h"
#include "ui/actions/tenantlook.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackpanel.h"
#include "ui/theme/theme.h"
#include "ui/wizard/clusterruns.h"

#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTreeView>
#include <QTreeWidget>
#include <QtTest>

#include <functional>
#include <memory>

using namespace strata;
using namespace strata::stack;
using Phase = ui::ClusterRun::Phase;

namespace {

constexpr int kLongMs = 90000;

provision::RunOptions quickPace()
{
    provision::RunOptions pace;
    pace.pollInterval = std::chrono::milliseconds(30);
    pace.retryDelay = std::chrono::milliseconds(10);
    return pace;
}

} // namespace

// Day two in the real window on the real demo site.
class TestDayTwo : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<app::Composition> m_composition;
    std::unique_ptr<ui::MainWindow> m_window;

    const Stack& stack() const { return m_composition->store().stack(); }

    ItemId find(Tree tree, const std::function<bool(const Item&)>& which) const
    {
        std::vector<ItemId> open = stack().roots(tree);
        for (std::size_t i = 0; i < open.size(); ++i) {
            const Item* item = stack().find(open[i]);
            if (item == nullptr)
                continue;
            if (which(*item))
                return item->id;
            for (const ItemId child : item->childrenIn(tree))
                open.push_back(child);
        }
        return {};
    }
    ItemId named(ItemKind kind, const std::string& name) const
    {
        const Tree tree = kind == ItemKind::OuterNode || kind == ItemKind::Vm ? Tree::Stack : Tree::Tenants;
        return find(tree, [&](const Item& item) { return item.kind == kind && item.name == name; });
    }
    std::size_t children(ItemId id, Tree tree) const
    {
        const Item* item = stack().find(id);
        return item == nullptr ? 0 : item->childrenIn(tree).size();
    }
    QAction* action(const char* name) const
    {
        return m_window->findChild<QAction*>(QString::fromLatin1(name), Qt::FindDirectChildrenOnly);
    }
    ui::ActionDialog* dialog() const { return m_window->findChild<ui::ActionDialog*>(); }
    template<typename Widget>
    static Widget* in(QWidget* parent, const char* name)
    {
        return parent->findChild<Widget*>(QString::fromLatin1(name));
    }

    // The question to an action on what is selected; null when it is greyed.
    ui::ActionDialog* ask(const char* name)
    {
        QAction* wanted = action(name);
        if (wanted == nullptr || !wanted->isVisible() || !wanted->isEnabled()) {
            qWarning("%s is not offered: %s", name,
                     wanted == nullptr ? "no such action" : qPrintable(wanted->toolTip()));
            return nullptr;
        }
        wanted->trigger();
        return dialog();
    }
    // Presses the button once the server has accepted the plan, and waits for the end of the run.
    ui::ClusterRun* carryOut(ui::ActionDialog* asked)
    {
        auto* button = in<QPushButton>(asked, "do");
        if (!QTest::qWaitFor([&] { return asked->isReady() && button->isEnabled(); }, kLongMs)) {
            qWarning("not accepted: %s", qPrintable(in<QLabel>(asked, "words")->text()));
            return nullptr;
        }
        ui::ClusterRun* run = nullptr;
        connect(asked, &ui::ActionDialog::begun, this, [&run](ui::ClusterRun* begun) { run = begun; });
        QTest::mouseClick(button, Qt::LeftButton);
        if (run == nullptr)
            return nullptr;
        (void)QTest::qWaitFor([run] { return !run->active(); }, kLongMs);
        (void)QTest::qWaitFor([this] { return dialog() == nullptr; }, kLongMs); // it goes when it is idle
        return run;
    }

private Q_SLOTS:
    void initTestCase()
    {
        ui::Theme::instance().install();
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
        m_workspace = std::make_unique<ui::Workspace>(m_folder->filePath(QStringLiteral("workspace.json")));
        m_workspace->load();
        demosite::Options options;
        options.speed = 200;
        m_composition = std::make_unique<app::Composition>(*m_workspace, options, quickPace());
        m_window = std::make_unique<ui::MainWindow>(m_composition->services());
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(stack().count(ItemKind::TenantCluster), size_t(5), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_composition->site().settled(), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(stack().find(named(ItemKind::WorkerPool, "slate-md-0")) != nullptr, kLongMs);
    }
    void cleanupTestCase()
    {
        m_window.reset();
        m_composition.reset();
        m_workspace.reset();
    }
    void cleanup()
    {
        if (ui::ActionDialog* left = dialog())
            left->close();
        for (ui::RunDialog* left : m_window->findChildren<ui::RunDialog*>())
            left->close();
    }

    void aPoolIsScaled()
    {
        const ItemId pool = named(ItemKind::WorkerPool, "slate-md-0");
        const std::size_t before = children(pool, Tree::Tenants);
        m_window->select(pool);
        ui::ActionDialog* asked = ask("scale-pool");
        QVERIFY(asked != nullptr);
        auto* spin = in<QSpinBox>(asked, "replicas");
        QCOMPARE(spin->value(), int(before));
        // As it is: nothing to do, and it says so.
        QVERIFY(!in<QPushButton>(asked, "do")->isEnabled());
        QTRY_VERIFY(in<QLabel>(asked, "words")->text().contains(QLatin1String("already")));
        spin->setFocus();
        QTest::keyClick(spin, Qt::Key_Up);
        QTRY_VERIFY_WITH_TIMEOUT(asked->plan().has_value(), kLongMs);
        QVERIFY(in<QLabel>(asked, "interruption")->text().contains(QLatin1String("added")));
        const ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_COMPARE_WITH_TIMEOUT(children(pool, Tree::Tenants), before + 1, kLongMs);
        // Activity shows it.
        auto* activity = m_window->findChild<QListView*>(QStringLiteral("activity"));
        if (activity != nullptr)
            QVERIFY(activity->model()->rowCount() > 0);
    }

    // Disruption budgets of a tenant are not in the stack: the question asks for them.
    void budgetsOfTheTenantAreTold()
    {
        const ItemId vm = find(Tree::Stack, [this](const Item& item) {
            return item.kind == ItemKind::Vm && item.tenant == "slate" && item.state == "Running" &&
                   children(item.id, Tree::Stack) > 0 && stack().facts(item.id).machine != nullptr &&
                   !stack().facts(item.id).machine->controlPlane;
        });
        QVERIFY(vm);
        const Item* node = stack().find(stack().find(vm)->childrenIn(Tree::Stack).front());
        QVERIFY(node != nullptr && node->kind == ItemKind::InnerNode);
        const auto tenant = m_composition->site().newClient(node->source);
        QVERIFY(tenant != nullptr);
        const auto told = [](const ui::ActionDialog* asked) {
            return in<QLabel>(const_cast<ui::ActionDialog*>(asked), "budgets")->text();
        };
        m_window->select(vm);
        ui::ActionDialog* asked = ask("stop-vm");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY2_WITH_TIMEOUT(told(asked).startsWith(QLatin1String("No disruption budget")),
                                  qPrintable(told(asked)), kLongMs);
        asked->close();
        QTRY_VERIFY(dialog() == nullptr);

        // More than there are: none may go.
        const std::string path = "/apis/policy/v1/namespaces/kube-system/poddisruptionbudgets";
        kube::Request make;
        make.method = "POST";
        make.path = path;
        make.contentType = "application/json";
        make.body = R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"all"},
                        "spec":{"minAvailable":1000,"selector":{}}})";
        const auto made = test::LiveSite::send(tenant, make);
        QVERIFY2(made, made ? "" : made.error().text.c_str());
        asked = ask("stop-vm");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY2_WITH_TIMEOUT(told(asked).startsWith(QLatin1String(
                                      "Disruption budget kube-system/all of tenant slate is broken")),
                                  qPrintable(told(asked)), kLongMs);
        asked->close();
        QTRY_VERIFY(dialog() == nullptr);
        // Where machines are drained one after the other it is not broken: they wait for it.
        m_window->select(named(ItemKind::WorkerPool, "slate-md-0"));
        asked = ask("roll-out");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY2_WITH_TIMEOUT(
            told(asked).contains(QLatin1String("kube-system/all of tenant slate lets no pod go now")),
            qPrintable(told(asked)), kLongMs);
        kube::Request remove;
        remove.method = "DELETE";
        remove.path = path + "/all";
        QVERIFY(test::LiveSite::send(tenant, remove));
    }

    void aVmIsStoppedAndStarted()
    {
        const ItemId vm = find(Tree::Stack, [this](const Item& item) {
            return item.kind == ItemKind::Vm && item.tenant == "slate" && item.state == "Running" &&
                   stack().facts(item.id).machine != nullptr && !stack().facts(item.id).machine->controlPlane;
        });
        QVERIFY(vm);
        const std::string key = stack().find(vm)->key;
        m_window->select(vm);
        QVERIFY(action("start-vm")->isVisible());
        QVERIFY(!action("start-vm")->isEnabled());
        QVERIFY2(action("start-vm")->toolTip().contains(QLatin1String("It runs already")),
                 qPrintable(action("start-vm")->toolTip()));
        ui::ActionDialog* asked = ask("stop-vm");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(asked->plan().has_value(), kLongMs);
        QVERIFY2(in<QLabel>(asked, "interruption")->text().contains(QLatin1String("Tenant slate")),
                 qPrintable(in<QLabel>(asked, "interruption")->text()));
        const ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        const auto now = [&] { return stack().find(stack().findKey(key)); };
        QTRY_VERIFY_WITH_TIMEOUT(now() == nullptr || stack().facts(now()->id).vmi == nullptr, kLongMs);
        if (now() == nullptr)
            QSKIP("a health check has replaced the machine meanwhile");
        m_window->select(now()->id);
        QTRY_VERIFY_WITH_TIMEOUT(action("start-vm")->isEnabled(), kLongMs);
        asked = ask("start-vm");
        QVERIFY(asked != nullptr);
        run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done || now() == nullptr, qPrintable(run->sentence()));
    }

    void severalAreOnePlan()
    {
        auto* panel = m_window->findChild<ui::StackPanel*>();
        QVERIFY(panel != nullptr);
        auto* view = panel->findChild<QTreeView*>();
        auto* model = qobject_cast<ui::StackModel*>(view->model());
        QVERIFY(model != nullptr);
        panel->setPerspective(Tree::Stack);
        const ItemId first = named(ItemKind::OuterNode, "outer-1");
        const ItemId second = named(ItemKind::OuterNode, "outer-3");
        m_window->select(first);
        QTRY_VERIFY_WITH_TIMEOUT(model->indexOf(second).isValid(), kLongMs);
        view->selectionModel()->select(model->indexOf(second),
                                       QItemSelectionModel::Select | QItemSelectionModel::Rows);
        QTRY_VERIFY(action("cordon")->text().contains(QLatin1String("2 selected")));
        ui::ActionDialog* asked = ask("cordon");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(asked->plan().has_value(), kLongMs);
        QCOMPARE(asked->plan()->steps.size(), std::size_t(2));
        ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        const auto cordoned = [this](const char* name) {
            const KubeNodeFact* node = stack().facts(named(ItemKind::OuterNode, name)).outerNode;
            return node != nullptr && node->unschedulable;
        };
        QTRY_VERIFY_WITH_TIMEOUT(cordoned("outer-1") && cordoned("outer-3"), kLongMs);
        // What was changed can be set back.
        QVERIFY(run->canUndo());
        run->undo();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!cordoned("outer-1") && !cordoned("outer-3"), kLongMs);
    }

    void aNodeIsDrained()
    {
        const ItemId node = named(ItemKind::OuterNode, "outer-1");
        QVERIFY(children(node, Tree::Stack) > 0);
        m_window->select({}); // no longer two of them
        m_window->select(node);
        ui::ActionDialog* asked = ask("drain");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(asked->plan().has_value(), kLongMs);
        // Each VM has a line that says what happens to it.
        QCOMPARE(in<QTreeWidget>(asked, "fates")->topLevelItemCount(), int(children(node, Tree::Stack)));
        const ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_COMPARE_WITH_TIMEOUT(children(node, Tree::Stack), std::size_t(0), kLongMs);
        m_window->select(node);
        QTRY_VERIFY_WITH_TIMEOUT(action("uncordon")->isVisible(), kLongMs);
        asked = ask("uncordon");
        QVERIFY(asked != nullptr);
        run = carryOut(asked);
        QVERIFY(run != nullptr && run->phase() == Phase::Done);
    }

    // Of what is there, with one thing otherwise; what is filled in wrongly says so.
    void aPoolIsAdded()
    {
        m_window->select(named(ItemKind::TenantCluster, "slate"));
        ui::ActionDialog* asked = ask("add-pool");
        QVERIFY(asked != nullptr);
        auto* name = in<QLineEdit>(asked, "name");
        auto* memory = in<QLineEdit>(asked, "memory");
        auto* like = in<QComboBox>(asked, "like");
        QVERIFY(name != nullptr && memory != nullptr && like != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(like->count() >= 2, kLongMs); // told by the server
        QTRY_VERIFY_WITH_TIMEOUT(memory->placeholderText().contains(QLatin1String("Gi")), kLongMs);
        name->clear();
        QTest::keyClicks(name, QStringLiteral("Extra"));
        QTRY_VERIFY_WITH_TIMEOUT(
            in<QLabel>(asked, "words")->text().contains(QLatin1String("cannot be the name")), kLongMs);
        QVERIFY(!in<QPushButton>(asked, "do")->isEnabled());
        name->clear();
        QTest::keyClicks(name, QStringLiteral("extra"));
        QTest::keyClicks(memory, QStringLiteral("2Gi"));
        in<QSpinBox>(asked, "replicas")->setValue(0);
        QTRY_VERIFY_WITH_TIMEOUT(asked->isReady(), kLongMs);
        // What the copied template has otherwise stands below the write that makes it.
        auto* steps = in<QTreeWidget>(asked, "steps");
        QVERIFY(!steps->findItems(QStringLiteral("memory.guest"), Qt::MatchContains | Qt::MatchRecursive, 0)
                     .isEmpty());
        ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_VERIFY_WITH_TIMEOUT(bool(named(ItemKind::WorkerPool, "slate-extra")), kLongMs);
        run->undo();
        QTRY_COMPARE_WITH_TIMEOUT(run->phase(), Phase::Undone, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!named(ItemKind::WorkerPool, "slate-extra"), kLongMs);
    }

    void aDiskIsAddedToARunningVm()
    {
        const ItemId vm = find(Tree::Stack, [this](const Item& item) {
            return item.kind == ItemKind::Vm && item.tenant == "slate" && item.state == "Running" &&
                   stack().facts(item.id).vmi != nullptr;
        });
        QVERIFY(vm);
        m_window->select(vm);
        QVERIFY(!action("restore-vm")->isEnabled());
        QVERIFY2(action("restore-vm")->toolTip().contains(QLatin1String("stop it first")),
                 qPrintable(action("restore-vm")->toolTip()));
        const std::size_t before = stack().facts(vm).vmi->volumes.size();
        ui::ActionDialog* asked = ask("add-volume");
        QVERIFY(asked != nullptr);
        const ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        const auto volumes = [&] {
            const VmiFact* vmi = stack().facts(vm).vmi;
            return vmi == nullptr ? std::size_t(0) : vmi->volumes.size();
        };
        QTRY_COMPARE_WITH_TIMEOUT(volumes(), before + 1, kLongMs);
        m_window->select(vm);
        asked = ask("remove-volume");
        QVERIFY(asked != nullptr);
        QTRY_COMPARE_WITH_TIMEOUT(in<QComboBox>(asked, "volume")->count(), 1, kLongMs);
        run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_COMPARE_WITH_TIMEOUT(volumes(), before, kLongMs);
    }

    QAction* menuAction(const char* text) const
    {
        for (QAction* each : m_window->actions()) {
            if (each->text().remove(QLatin1Char('&')).startsWith(QLatin1String(text)))
                return each;
        }
        return nullptr;
    }

    void anImageIsUploaded()
    {
        QAction* open = menuAction("Images");
        QVERIFY(open != nullptr && open->isVisible());
        open->trigger();
        auto* images = m_window->findChild<ui::ImagesDialog*>();
        QVERIFY(images != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(images->isAnswered(), kLongMs);
        QVERIFY(!in<QPushButton>(images, "clone")->isEnabled()); // nothing is chosen
        QFile file(m_folder->filePath(QStringLiteral("Disk 1.img")));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(6 << 20));
        file.close();
        ui::ImageForm* form = images->openForm(ui::ImageForm::What::Upload);
        QVERIFY(form != nullptr);
        QVERIFY(!in<QPushButton>(form, "do")->isEnabled());
        in<QLineEdit>(form, "file")->setText(m_folder->filePath(QStringLiteral("none")));
        in<QComboBox>(form, "namespace")->setEditText(QStringLiteral("slate"));
        in<QLineEdit>(form, "name")->setText(QStringLiteral("disk-1"));
        QTRY_VERIFY_WITH_TIMEOUT(
            in<QLabel>(form, "words")->text().contains(QLatin1String("cannot be opened")), kLongMs);
        in<QLineEdit>(form, "file")->setText(file.fileName());
        QTRY_VERIFY_WITH_TIMEOUT(in<QPushButton>(form, "do")->isEnabled(), kLongMs);
        QTest::mouseClick(in<QPushButton>(form, "do"), Qt::LeftButton);
        auto* list = in<QTreeWidget>(images, "images");
        const auto state = [list] {
            const auto rows = list->findItems(QStringLiteral("slate/disk-1"), Qt::MatchExactly, 0);
            return rows.isEmpty() ? QString() : rows.front()->text(1);
        };
        QTRY_COMPARE_WITH_TIMEOUT(state(), QStringLiteral("Succeeded"), kLongMs);
        // It can be copied and taken away once it is chosen.
        list->setCurrentItem(list->findItems(QStringLiteral("slate/disk-1"), Qt::MatchExactly, 0).front());
        QVERIFY(in<QPushButton>(images, "clone")->isEnabled());
        form = images->openForm(ui::ImageForm::What::Delete);
        QVERIFY(form != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(form->isReady(), kLongMs);
        QVERIFY(!in<QPushButton>(form, "do")->isEnabled());
        in<QLineEdit>(form, "typed")->setText(QStringLiteral("disk-1"));
        QTRY_VERIFY_WITH_TIMEOUT(in<QPushButton>(form, "do")->isEnabled(), kLongMs);
        QTest::mouseClick(in<QPushButton>(form, "do"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(state().isEmpty(), kLongMs);
        images->close();
    }

    void servicesAreShown()
    {
        m_window->select(named(ItemKind::TenantCluster, "slate"));
        QAction* open = menuAction("Services");
        QVERIFY(open != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(open->isVisible(), kLongMs);
        QVERIFY(!menuAction("What is left of it")->isVisible()); // it is not being deleted
        open->trigger();
        auto* look = m_window->findChild<ui::TenantLook*>();
        QVERIFY(look != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(look->isAnswered(), kLongMs);
        look->close();
    }

    void aClusterIsDeletedByItsName()
    {
        const ItemId cluster = named(ItemKind::TenantCluster, "slate");
        m_window->select(cluster);
        ui::ActionDialog* asked = ask("delete-cluster");
        QVERIFY(asked != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(asked->isReady(), kLongMs);
        auto* button = in<QPushButton>(asked, "do");
        auto* typed = in<QLineEdit>(asked, "typed");
        QVERIFY(typed->isVisible());
        QVERIFY(!button->isEnabled());
        QTest::keyClicks(typed, QStringLiteral("slat"));
        QVERIFY(!button->isEnabled());
        QTest::keyClick(typed, Qt::Key_Return); // must not destroy
        QVERIFY(dialog() != nullptr);
        QTest::keyClicks(typed, QStringLiteral("e"));
        QVERIFY(button->isEnabled());
        const ui::ClusterRun* run = carryOut(asked);
        QVERIFY(run != nullptr);
        QVERIFY2(run->phase() == Phase::Done, qPrintable(run->sentence()));
        QTRY_VERIFY_WITH_TIMEOUT(stack().find(cluster) == nullptr, kLongMs);
        QVERIFY(!run->canUndo()); // nothing brings it back
    }

    void whatWasDoneIsWrittenDown()
    {
        QAction* open = nullptr;
        for (QAction* each : m_window->actions()) {
            if (each->text().remove(QLatin1Char('&')).startsWith(QLatin1String("What was done")))
                open = each;
        }
        QVERIFY(open != nullptr);
        open->trigger();
        auto* log = m_window->findChild<ui::AuditDialog*>();
        QVERIFY(log != nullptr);
        auto* rows = in<QTreeWidget>(log, "log");
        QTRY_VERIFY(rows->topLevelItemCount() >= 6);
        QTRY_COMPARE(rows->topLevelItem(0)->text(2), QStringLiteral("done"));
        QVERIFY(rows->topLevelItem(0)->text(3).contains(QLatin1String("slate")));
        // Kubeconfigs and their authorities join the machines' certificates, the first to expire first.
        auto* certificates = in<QTreeWidget>(log, "certificates");
        QTRY_VERIFY_WITH_TIMEOUT(
            !certificates->findItems(QStringLiteral("kubeconfig"), Qt::MatchExactly, 3).isEmpty(), kLongMs);
        log->close();
    }
};

QTEST_MAIN(TestDayTwo)
#include "test_daytwo.moc"
