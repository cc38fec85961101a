// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "ui/shell/problems.h"
#include "ui/shell/problemspanel.h"

#include <QAbstractItemModelTester>
#include <QTest>

#include <algorithm>

using namespace strata;
using namespace strata::stack;
using ui::Problem;

class TestProblems : public QObject {
    Q_OBJECT

    static const Problem* of(const Stack& stack, const std::vector<Problem>& problems,
                             const std::string& name, ItemKind kind)
    {
        for (const Problem& problem : problems) {
            const Item* item = stack.find(problem.item);
            if (item != nullptr && item->name == name && item->kind == kind)
                return &problem;
        }
        return nullptr;
    }

private Q_SLOTS:
    void pictureHasTwoCauses()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        const std::vector<Problem> problems = ui::findProblems(stack);
        const Problem* paused = of(stack, problems, "blue-md-0-x8k2p", ItemKind::Vm);
        QVERIFY(paused != nullptr);
        QCOMPARE(&problems.front(), paused); // the worst first
        QCOMPARE(paused->health, Health::Failed);
        QCOMPARE(paused->nodes, 1);
        QCOMPARE(paused->workloads, 2); // checkout and cart; the node's daemon set pod is well
        QVERIFY(paused->machines >= 1);
        const Problem* pressure = of(stack, problems, "outer-2", ItemKind::OuterNode);
        QVERIFY(pressure != nullptr);
        QCOMPARE(pressure->health, Health::Warning);
        QCOMPARE(pressure->carriedVms, 3);
        // Nothing that follows from these is a problem of its own.
        QVERIFY(of(stack, problems, "metal-02", ItemKind::Host) == nullptr);
        QVERIFY(of(stack, problems, "blue-md-0-x8k2p", ItemKind::InnerNode) == nullptr);
        QVERIFY(of(stack, problems, "blue-md-0-x8k2p", ItemKind::Machine) == nullptr);
        QVERIFY(of(stack, problems, "blue-md-0", ItemKind::WorkerPool) == nullptr);
        QVERIFY(of(stack, problems, "checkout", ItemKind::Workload) == nullptr);
        // The pool that waits for a machine leads to the VM that boots.
        const Problem* booting = of(stack, problems, "green-md-0-w5t3c", ItemKind::Vm);
        QVERIFY(booting != nullptr);
        QCOMPARE(booting->health, Health::Progressing);
        QCOMPARE(&problems.back(), booting);
        QVERIFY(of(stack, problems, "green-md-0", ItemKind::WorkerPool) == nullptr);
        QCOMPARE(problems.size(), std::size_t(3));
    }

    void words()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        const std::vector<Problem> problems = ui::findProblems(stack);
        QVERIFY(!problems.empty());
        QCOMPARE(ui::problemTitle(stack, problems[0]),
                 QStringLiteral("blue-md-0-x8k2p: The VM is paused because its disk is full or failing"));
        const QString evidence = ui::problemEvidence(stack, problems[0], test::kNow);
        QVERIFY2(evidence.contains(QLatin1String("PausedIOError")), qPrintable(evidence));
        QVERIFY2(evidence.contains(QLatin1String("explains 1 node")), qPrintable(evidence));
    }

    void causes()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p");
        QCOMPARE(ui::causeOf(stack, vm), vm);
        QCOMPARE(ui::causeOf(stack, test::itemNamed(stack, ItemKind::Workload, "checkout")), vm);
        QCOMPARE(ui::causeOf(stack, test::itemNamed(stack, ItemKind::Machine, "blue-md-0-x8k2p")), vm);
        QCOMPARE(ui::causeOf(stack, test::itemNamed(stack, ItemKind::Host, "metal-02")),
                 test::itemNamed(stack, ItemKind::OuterNode, "outer-2"));
        QVERIFY(!ui::causeOf(stack, test::itemNamed(stack, ItemKind::Host, "metal-01"))); // healthy
        QVERIFY(!ui::causeOf(stack, ItemId{}));
    }

    // A failed node below explains the VMs and everything on them.
    void lowestFailureWins()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        test::SiteBuilder b;
        KubeNodeFact node = b.node("outer-2", test::uuidOf(0xa0, 2), 64, 500);
        node.conditions = {
            {"Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", {}, 1}};
        b.put(test::kOuter, FactKind::KubeNode, "outer-2", node);
        stack.apply(b.batch);
        const std::vector<Problem> problems = ui::findProblems(stack);
        const ItemId outer = test::itemNamed(stack, ItemKind::OuterNode, "outer-2");
        QCOMPARE(ui::causeOf(stack, test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p")), outer);
        QCOMPARE(ui::causeOf(stack, test::itemNamed(stack, ItemKind::Workload, "checkout")), outer);
        QVERIFY(of(stack, problems, "blue-md-0-x8k2p", ItemKind::Vm) == nullptr);
        const Problem* cause = of(stack, problems, "outer-2", ItemKind::OuterNode);
        QVERIFY(cause != nullptr);
        QVERIFY(cause->vms >= 1);
    }

    void workloadAloneIsItsOwnCause()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        test::SiteBuilder b;
        b.pod(test::kRed, "red-md-0-q2m7z", "lab", "bad-0", "StatefulSet", "bad", 100, 64, false);
        stack.apply(b.batch);
        const ItemId bad = test::itemNamed(stack, ItemKind::Workload, "bad");
        QCOMPARE(ui::causeOf(stack, bad), bad);
        QCOMPARE(ui::findProblems(stack).size(), std::size_t(4));
    }

    void connectionsAreProblems()
    {
        Stack stack;
        Batch site = test::pictureSite();
        for (SourceChange& change : site.sources) {
            if (change.state.id == test::kOuter) {
                change.state.phase = LinkPhase::Waiting;
                change.state.retryAt = test::kNow + 8000;
                change.state.error = {ErrorKind::Network, "rack-a refused the connection.", "", 0, 0};
            }
            if (change.state.id == test::kBlue)
                change.state.kinds = {{"pods", {ErrorKind::Forbidden, "You may not list pods.", "", 403, 0}},
                                      {"widgets", {ErrorKind::NotFound, "Not installed.", "", 404, 0}}};
        }
        stack.apply(site);
        const std::vector<Problem> problems = ui::findProblems(stack);
        int connections = 0;
        for (const Problem& problem : problems) {
            if (problem.item)
                continue;
            ++connections;
            if (problem.source == test::kOuter) {
                QCOMPARE(ui::problemTitle(stack, problem), QStringLiteral("rack-a does not answer any more"));
                const QString evidence = ui::problemEvidence(stack, problem, test::kNow);
                QVERIFY2(evidence.contains(QLatin1String("retrying in 8 s")), qPrintable(evidence));
            } else {
                QCOMPARE(ui::problemTitle(stack, problem), QStringLiteral("blue: not allowed to list pods"));
            }
        }
        QCOMPARE(connections, 2); // what is not installed is none
    }

    void modelKeepsRows()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        ui::ProblemModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<Problem> problems = ui::findProblems(stack);
        model.show(stack, problems, test::kNow);
        problems.resize(2);
        model.show(stack, problems, test::kNow);
        QCOMPARE(model.rowCount(), 2);
        const QPersistentModelIndex second = model.index(1, 0);
        const QString title = second.data().toString();
        std::reverse(problems.begin(), problems.end());
        model.show(stack, problems, test::kNow + 1000);
        QCOMPARE(second.row(), 0);
        QCOMPARE(second.data().toString(), title);
        problems.pop_back();
        model.show(stack, problems, test::kNow);
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(second.row(), 0);
        model.show(stack, {}, test::kNow);
        QVERIFY(!second.isValid());
    }
};

QTEST_MAIN(TestProblems)
#include "test_problems.moc"
