// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "ui/details/why.h"
#include "ui/details/whypage.h"
#include "ui/settings/workspace.h"
#include "ui/shell/problemspanel.h"
#include "ui/stack/stackstore.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

using namespace strata;
using namespace strata::stack;
using ui::ProblemRow;
using ui::ProblemView;

namespace {

std::vector<ProblemRow> rowsOf(const ui::StackStore& store, const QString& filter = {},
                               ProblemView view = ProblemView::Open, const ui::Snoozes& snoozes = {})
{
    return ui::problemRows(store.stack(), store.diagnosis(), store.diagnosis().problems(store.stack()),
                           snoozes, view, filter, test::kNow);
}

void loadPicture(ui::StackStore& store)
{
    store.setClock([] { return test::kNow; });
    store.apply(test::pictureSite());
}

} // namespace

class TestProblems : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // News is what was not there before; not what a new connection shows, what is only worth knowing, or what
    // was put aside.
    void notices()
    {
        ui::ProblemNotices notices;
        ui::Snoozes snoozes;
        diagnosis::Problem paused;
        paused.root.key = "D4|vm";
        paused.root.title = "VM x is paused";
        paused.root.remedy = "Free its disk.";
        paused.root.severity = diagnosis::Severity::Critical;
        paused.root.subject = {4, 1};
        diagnosis::Problem full = paused;
        full.root.key = "A5|node";
        full.root.title = "Node y is full";
        full.root.severity = diagnosis::Severity::Warning;
        diagnosis::Problem note = paused;
        note.root.key = "E1|vm";
        note.root.severity = diagnosis::Severity::Info;
        const UnixMs t = test::kNow;
        QVERIFY(!notices.look({paused}, snoozes, 1, t));          // just connected
        QVERIFY(!notices.look({paused}, snoozes, 1, t + 90'000)); // known
        QVERIFY(!notices.look({paused, note}, snoozes, 1, t + 90'000));
        const auto one = notices.look({paused, full, note}, snoozes, 1, t + 91'000);
        QVERIFY(one);
        QCOMPARE(one->title, QStringLiteral("Node y is full"));
        QCOMPARE(one->text, QStringLiteral("Free its disk."));
        QCOMPARE(one->item, full.root.subject);
        QVERIFY(!notices.look({full}, snoozes, 1, t + 92'000)); // one has cleared
        const auto again = notices.look({paused, full}, snoozes, 1, t + 93'000);
        QVERIFY(again); // it is back
        QVERIFY(!notices.look({}, snoozes, 1, t + 94'000));
        const auto both = notices.look({paused, full}, snoozes, 1, t + 95'000);
        QVERIFY(both);
        QVERIFY(both->title.contains(u'2'));
        QVERIFY(both->text.contains(QLatin1String("VM x is paused")) && !both->item);
        snoozes.put(QStringLiteral("D4|vm"), {0, t, {}});
        QVERIFY(!notices.look({}, snoozes, 1, t + 96'000));
        QVERIFY(!notices.look({paused}, snoozes, 1, t + 97'000)); // put aside
        QVERIFY(!notices.look({full}, snoozes, 2, t + 98'000));   // another connection has been opened
    }

    void rows()
    {
        ui::StackStore store;
        loadPicture(store);
        const std::vector<ProblemRow> rows = rowsOf(store);
        QCOMPARE(rows.size(), std::size_t(2));
        const ProblemRow& paused = rows.front();
        QCOMPARE(paused.item, test::itemNamed(store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        QCOMPARE(paused.health, Health::Failed);
        QCOMPARE(paused.title, QStringLiteral("VM blue-md-0-x8k2p is paused: its disk is full or failing"));
        QVERIFY2(paused.evidence.contains(QLatin1String("PausedIOError")), qPrintable(paused.evidence));
        QVERIFY2(paused.evidence.contains(QLatin1String("explains")), qPrintable(paused.evidence));
        QVERIFY2(paused.evidence.contains(QLatin1String("1 node, 2 workloads")), qPrintable(paused.evidence));
        QVERIFY(!paused.badge.isEmpty());
        QVERIFY(!paused.children.empty());
        bool checkout = false;
        for (const ui::ProblemChild& child : paused.children) {
            checkout =
                checkout || (child.name == QLatin1String("checkout") && child.kind == ItemKind::Workload);
            QVERIFY(child.name != QLatin1String("metal-02"));
        }
        QVERIFY(checkout);
        QCOMPARE(rows.back().item, test::itemNamed(store.stack(), ItemKind::OuterNode, "outer-2"));
        QCOMPARE(rows.back().health, Health::Warning);
        QVERIFY2(rows.back().evidence.contains(QLatin1String("carries 3 VMs")),
                 qPrintable(rows.back().evidence));
    }

    void filters()
    {
        ui::StackStore store;
        loadPicture(store);
        QCOMPARE(rowsOf(store, QStringLiteral("layer:outer")).size(), std::size_t(1));
        QCOMPARE(rowsOf(store, QStringLiteral("pausedioerror")).size(), std::size_t(1));
        QCOMPARE(rowsOf(store, QStringLiteral("blue paused")).size(), std::size_t(1));
        QCOMPARE(rowsOf(store, QStringLiteral("nowhere")).size(), std::size_t(0));
    }

    void snoozed()
    {
        ui::StackStore store;
        loadPicture(store);
        const std::vector<diagnosis::Problem> problems = store.diagnosis().problems(store.stack());
        ui::Snoozes snoozes;
        const QString key = QString::fromStdString(problems.front().root.key);
        snoozes.put(key, {test::kNow + 1000, test::kNow, QStringLiteral("ordered a disk")});
        snoozes = ui::Snoozes::fromJson(snoozes.toJson()); // as the next run reads it
        QCOMPARE(rowsOf(store, {}, ProblemView::Open, snoozes).size(), std::size_t(1));
        const std::vector<ProblemRow> away = rowsOf(store, {}, ProblemView::Snoozed, snoozes);
        QCOMPARE(away.size(), std::size_t(1));
        QVERIFY2(away.front().evidence.contains(QLatin1String("ordered a disk")),
                 qPrintable(away.front().evidence));
        const ui::ProblemCounts counts = ui::countProblems(store.diagnosis(), problems, snoozes, test::kNow);
        QCOMPARE(counts.open, 1);
        QCOMPARE(counts.snoozed, 1);
        QCOMPARE(counts.worst, Health::Warning);
        QCOMPARE(ui::countProblems(store.diagnosis(), problems, snoozes, test::kNow + 1000).open, 2);
        QVERIFY(snoozes.expire(test::kNow + 1000, [](const QString&) { return false; }));
        QCOMPARE(snoozes.size(), qsizetype(0));
        snoozes.put(key, {0, test::kNow, {}});
        QVERIFY(!snoozes.expire(test::kNow + 1000, [](const QString&) { return false; }));
        QVERIFY(snoozes.expire(test::kNow + 1000, [&](const QString& each) { return each == key; }));
        QCOMPARE(ui::Snoozes::fromJson(QJsonObject{{QStringLiteral("snoozed"), 7}}).size(), qsizetype(0));
    }

    void panelSnoozesAndTheWorkspaceKeepsIt()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("workspace.json"));
        ui::StackStore store;
        loadPicture(store);
        QString key;
        {
            ui::Workspace workspace(path);
            workspace.load();
            ui::ProblemsPanel panel(
                &store, [] { return test::kNow; }, &workspace);
            QCOMPARE(panel.count(), 2);
            QCOMPARE(panel.worst(), Health::Failed);
            QSignalSpy counted(&panel, &ui::ProblemsPanel::countChanged);
            key = rowsOf(store).front().key;
            panel.snooze(key, 0, QStringLiteral("known"));
            QCOMPARE(panel.count(), 1);
            QCOMPARE(panel.worst(), Health::Warning);
            QCOMPARE(counted.count(), 1);
            panel.setProblemView(ProblemView::Snoozed);
            QCOMPARE(panel.view()->model()->rowCount(), 1);
            QVERIFY(workspace.saveNow());
        }
        ui::Workspace workspace(path);
        workspace.load();
        ui::ProblemsPanel panel(
            &store, [] { return test::kNow; }, &workspace);
        QCOMPARE(panel.count(), 1);
        panel.wake(key);
        QCOMPARE(panel.count(), 2);
    }

    void panelFollowsTheStack()
    {
        ui::StackStore store;
        ui::ProblemsPanel panel(&store, [] { return test::kNow; });
        QCOMPARE(panel.count(), 0);
        loadPicture(store);
        QTRY_COMPARE(panel.count(), 2);
        QSignalSpy wanted(&panel, &ui::ProblemsPanel::itemWanted);
        QSignalSpy why(&panel, &ui::ProblemsPanel::whyWanted);
        const QAbstractItemModel* model = panel.view()->model();
        const QModelIndex first = model->index(0, 0);
        Q_EMIT panel.view()->clicked(first);
        QCOMPARE(wanted.at(0).at(0).value<ItemId>(),
                 test::itemNamed(store.stack(), ItemKind::Vm, "blue-md-0-x8k2p"));
        const QModelIndex last = model->index(model->rowCount(first) - 1, 0, first);
        Q_EMIT panel.view()->activated(last);
        const stack::Item* asked = store.stack().find(why.at(0).at(0).value<ItemId>());
        QVERIFY(asked != nullptr);
        QVERIFY2(last.data().toString().contains(QString::fromStdString(asked->name)),
                 qPrintable(last.data().toString()));
        // What is mended is remembered among the cleared.
        test::SiteBuilder b;
        KubeNodeFact node = b.node("outer-2", test::uuidOf(0xa0, 2), 64, 512);
        b.put(test::kOuter, FactKind::KubeNode, "outer-2", node);
        store.apply(b.batch);
        QTRY_COMPARE(panel.count(), 1);
        panel.setProblemView(ProblemView::Cleared);
        QCOMPARE(model->rowCount(), 1);
    }

    void modelKeepsRows()
    {
        ui::StackStore store;
        loadPicture(store);
        ui::ProblemModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<ProblemRow> rows = rowsOf(store);
        model.show(rows);
        QCOMPARE(model.rowCount(), 2);
        const QPersistentModelIndex second = model.index(1, 0);
        const QString title = second.data().toString();
        const QPersistentModelIndex child = model.index(1, 0, model.index(0, 0));
        QVERIFY(child.isValid());
        const QString name = child.data().toString();
        std::swap(rows[0], rows[1]);
        model.show(rows);
        QCOMPARE(second.row(), 0);
        QCOMPARE(second.data().toString(), title);
        QCOMPARE(child.parent().row(), 1);
        QCOMPARE(child.data().toString(), name);
        rows[1].children.resize(1);
        model.show(rows);
        QVERIFY(!child.isValid());
        rows.pop_back();
        model.show(rows);
        QCOMPARE(model.rowCount(), 1);
        model.show({});
        QVERIFY(!second.isValid());
    }

    void whyOfEveryState()
    {
        ui::StackStore store;
        loadPicture(store);
        const Stack& stack = store.stack();
        const auto page = [&](ItemKind kind, const char* name) {
            return ui::buildWhy(stack, store.diagnosis(), test::itemNamed(stack, kind, name), test::kNow,
                                [](SourceId) { return QStringLiteral("--context rack-a"); });
        };
        const ui::WhyPage checkout = page(ItemKind::Workload, "checkout");
        QCOMPARE(checkout.headline,
                 QStringLiteral("Because: VM blue-md-0-x8k2p is paused: its disk is full or failing"));
        QCOMPARE(checkout.steps.size(), std::size_t(3));
        QCOMPARE(checkout.cause, test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p"));
        QVERIFY(checkout.steps.back().cause && !checkout.steps.front().cause);
        QVERIFY(!checkout.steps.back().remedy.isEmpty());
        QVERIFY2(checkout.steps.back().commands.contains(
                     QStringLiteral("virtctl --context rack-a -n tenant-blue unpause vm blue-md-0-x8k2p")),
                 qPrintable(checkout.steps.back().commands.join(u'\n')));
        QCOMPARE(checkout.steps.back().proofs.front().field, QStringLiteral("status.conditions[Paused]"));
        const ui::WhyPage cause = page(ItemKind::Vm, "blue-md-0-x8k2p");
        QVERIFY(!cause.cause);
        QCOMPARE(cause.steps.size(), std::size_t(1));
        const ui::WhyPage healthy = page(ItemKind::Workload, "web");
        QCOMPARE(healthy.health, Health::Ok);
        QVERIFY(healthy.steps.empty());
        const ui::WhyPage building = page(ItemKind::WorkerPool, "green-md-0");
        QCOMPARE(building.health, Health::Progressing);
        // A healthy carrier names what on it is not well.
        const ui::WhyPage node = page(ItemKind::TenantCluster, "blue");
        QVERIFY(!node.above.empty() || !node.steps.empty());
    }

    void whyPageLeadsToTheCause()
    {
        ui::StackStore store;
        loadPicture(store);
        const ui::WhyPage page =
            ui::buildWhy(store.stack(), store.diagnosis(),
                         test::itemNamed(store.stack(), ItemKind::Workload, "checkout"), test::kNow);
        ui::WhyPageView view;
        view.resize(800, 300);
        view.show(page);
        view.QWidget::show();
        QSignalSpy wanted(&view, &ui::WhyPageView::itemWanted);
        QPushButton* go = view.findChild<QPushButton*>();
        QVERIFY(go != nullptr && go->isVisibleTo(&view));
        go->click();
        QCOMPARE(wanted.at(0).at(0).value<ItemId>(), page.cause);
        const QList<QToolButton*> copies = view.widget()->findChildren<QToolButton*>();
        QCOMPARE(copies.size(), page.steps.back().commands.size());
        copies.front()->click();
        QCOMPARE(QApplication::clipboard()->text(), page.steps.back().commands.front());
        ui::WhyPage healthy = page;
        healthy.steps.clear();
        healthy.cause = {};
        view.show(healthy);
        QVERIFY(!go->isVisibleTo(&view));
        QVERIFY(view.widget()->findChildren<QToolButton*>().isEmpty());
    }
};

QTEST_MAIN(TestProblems)
#include "test_problems.moc"
