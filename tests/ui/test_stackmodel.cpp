// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/print.h"
#include "tests/support/picturesite.h"
#include "tests/ui/sitefuzz.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/roles.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <functional>

using namespace strata;
using namespace strata::ui;
using namespace strata::stack;

namespace {

QString print(const QAbstractItemModel& model, const QModelIndex& parent = {}, int depth = 0)
{
    QString out;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        out += QString(depth * 2, u' ') + index.data().toString() + QStringLiteral(" | ") +
               index.data(NoteRole).toString();
        for (int column = 1; column < model.columnCount(); ++column)
            out += QStringLiteral(" | ") + index.siblingAtColumn(column).data().toString();
        out += u'\n' + print(model, index, depth + 1);
    }
    return out;
}

// The same by the stack's own words, without rows of connections.
QString expected(const Stack& stack, Tree tree, ItemId parent = {}, int depth = 0)
{
    QString out;
    for (const ItemId id : orderedChildren(stack, tree, parent)) {
        out += QString(depth * 2, u' ') + QString::fromStdString(stack.find(id)->name) + u'\n';
        out += expected(stack, tree, id, depth + 1);
    }
    return out;
}

QString names(const QAbstractItemModel& model, const QModelIndex& parent = {}, int depth = 0)
{
    QString out;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        out += QString(depth * 2, u' ') + index.data().toString() + u'\n' + names(model, index, depth + 1);
    }
    return out;
}

QModelIndex find(const QAbstractItemModel& model, const QString& name, const QModelIndex& parent = {})
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        if (index.data().toString() == name)
            return index;
        if (const QModelIndex below = find(model, name, index); below.isValid())
            return below;
    }
    return {};
}

UnixMs fixedNow()
{
    return test::kNow;
}

} // namespace

class TestStackModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }

    void showsTheTreesInOrder()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts}) {
            model.setTree(tree);
            const QString wanted = expected(store.stack(), tree);
            QVERIFY(wanted.count(u'\n') >= 4);
            QCOMPARE(names(model), wanted);
        }
        QCOMPARE(resets.count(), 2); // a change of perspective, nothing else
    }

    void saysStatesInWords()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        const QModelIndex vm = find(model, QStringLiteral("blue-md-0-x8k2p"));
        QVERIFY(vm.isValid());
        const QModelIndex state = vm.siblingAtColumn(StackModel::StateColumn);
        QCOMPARE(state.data().toString(), QStringLiteral("Paused"));
        QCOMPARE(state.data(HealthRole).toInt(), int(Health::Failed));
        QVERIFY(state.data(Qt::ToolTipRole).toString().contains(QStringLiteral("PausedIOError")) ||
                state.data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("disk")));
        const QModelIndex host = find(model, QStringLiteral("metal-02"));
        QCOMPARE(host.siblingAtColumn(StackModel::StateColumn).data(BelowRole).toInt(), int(Health::Failed));
        const QString memory =
            host.siblingAtColumn(StackModel::MemoryColumn).data(Qt::ToolTipRole).toString();
        QVERIFY2(memory.contains(QStringLiteral("512 GiB")), qPrintable(memory));
        const QModelIndex bar = host.siblingAtColumn(StackModel::MemoryColumn);
        QVERIFY(bar.data(UsedRole).toDouble() > 0.5 && bar.data(UsedRole).toDouble() < 0.8);
        QVERIFY(!host.data(UsedRole).isValid());
    }

    void sortsByEveryColumn()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QPersistentModelIndex kept = find(model, QStringLiteral("metal-02"));
        model.sort(StackModel::StateColumn, Qt::DescendingOrder);
        QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("metal-02")); // the worst
        QVERIFY(kept.isValid());
        QCOMPARE(kept.row(), 0);
        QCOMPARE(kept.data().toString(), QStringLiteral("metal-02"));
        model.sort(StackModel::NameColumn, Qt::DescendingOrder);
        QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("metal-04"));
        model.sort(-1, Qt::AscendingOrder);
        QCOMPARE(names(model), expected(store.stack(), Tree::Stack));
        for (const int column : {int(StackModel::CpuColumn), int(StackModel::MemoryColumn)}) {
            model.sort(column, Qt::DescendingOrder);
            for (int row = 1; row < model.rowCount(); ++row) {
                const auto share = [&](int at) { return model.index(at, column).data(UsedRole).toDouble(); };
                QVERIFY(share(row - 1) >= share(row));
            }
        }
    }

    void filterKeepsAncestorsAndWhatAMatchCarries()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        const QString all = print(model);
        const QPersistentModelIndex cart = find(model, QStringLiteral("cart"));
        model.setFilter(Filter::parse(QStringLiteral("checkout")));
        QCOMPARE(names(model),
                 QStringLiteral("metal-02\n  outer-2\n    blue-md-0-x8k2p\n      blue-md-0-x8k2p\n"
                                "        checkout\n"));
        QCOMPARE(model.matchCount(), std::size_t{1});
        QVERIFY(!cart.isValid());
        QVERIFY(model.isMatch(find(model, QStringLiteral("checkout"))));
        QVERIFY(!model.isMatch(find(model, QStringLiteral("outer-2"))));
        model.setFilter(Filter::parse(QStringLiteral("name:outer-3")));
        QVERIFY(find(model, QStringLiteral("red-cp-t6v2s")).isValid()); // carried by the match
        QVERIFY(!find(model, QStringLiteral("outer-1")).isValid());
        model.setFilter(Filter::parse(QStringLiteral("no-such-thing")));
        QCOMPARE(model.rowCount(), 0);
        model.setFilter({});
        QCOMPARE(print(model), all);
        QCOMPARE(resets.count(), 0);
    }

    void connectionsSpeakUp()
    {
        StackStore store;
        StackModel model(&store, fixedNow);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        const auto source = [](SourceId id, SourceKind kind, const char* name) {
            SourceState state;
            state.id = id;
            state.kind = kind;
            state.name = name;
            return state;
        };
        SourceState outer = source(test::kOuter, SourceKind::OuterCluster, "rack-a");
        store.apply({{{outer, false}}, {}});
        QCOMPARE(model.rowCount(), 1); // never blank
        QCOMPARE(model.index(0, 0).data(NoteRole).toString(), QStringLiteral("connecting …"));
        QCOMPARE(model.sourceOf(model.index(0, 0)), test::kOuter);
        QVERIFY(!model.itemOf(model.index(0, 0)));

        outer.phase = LinkPhase::Live;
        store.apply({{{outer, false}}, {}});
        QCOMPARE(model.index(0, 0).data(NoteRole).toString(), QStringLiteral("reading …"));

        store.apply(test::pictureSite());
        QVERIFY(!model.sourceIndex(test::kOuter).isValid());
        QCOMPARE(names(model), expected(store.stack(), Tree::Stack));

        // Lost: it stays, grey, and says since when.
        SourceState host = *store.stack().source(test::kHosts[1]);
        host.phase = LinkPhase::Waiting;
        host.lastHeard = test::kNow - 40000;
        host.retryAt = test::kNow + 8000;
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        store.apply({{{host, false}}, {}});
        const QModelIndex metal = find(model, QStringLiteral("metal-02"));
        QVERIFY(metal.data(StaleRole).toBool());
        QVERIFY2(
            metal.data(NoteRole).toString().startsWith(QStringLiteral("last seen 40s ago, retrying in 8s")),
            qPrintable(metal.data(NoteRole).toString()));
        QVERIFY(changed.count() > 0);
        QVERIFY(
            !find(model, QStringLiteral("outer-2")).data(StaleRole).toBool()); // told by another connection

        // Not allowed is not none.
        SourceState denied = *store.stack().source(test::kOuter);
        denied.kinds = {{"pods", {ErrorKind::Forbidden, "<b>forbidden</b>", {}, 403, 0}}};
        store.apply({{{denied, false}}, {}});
        const QModelIndex row = model.sourceIndex(test::kOuter);
        QCOMPARE(row.data(NoteRole).toString(), QStringLiteral("not allowed to list pods"));
        QVERIFY(row.data(Qt::ToolTipRole).toString().contains(QStringLiteral("&lt;b&gt;")));

        // An inner cluster's trouble stands under its tenant.
        SourceState blue = *store.stack().source(test::kBlue);
        blue.phase = LinkPhase::Waiting;
        blue.error = {ErrorKind::Auth, "no", {}, 401, 0};
        store.apply({{{blue, false}}, {}});
        model.setTree(Tree::Tenants);
        const QModelIndex inner = model.sourceIndex(test::kBlue);
        QVERIFY(inner.isValid());
        QCOMPARE(inner.parent().data().toString(), QStringLiteral("blue"));
        QVERIFY(inner.data(NoteRole).toString().contains(QStringLiteral("login refused")));
        // Its tenant goes, then the connection.
        test::SiteBuilder b;
        b.drop(test::kOuter, FactKind::Cluster, "tenant-blue/blue");
        store.apply(b.batch);
        QVERIFY(model.sourceIndex(test::kBlue).isValid());
        store.apply({{{blue, true}}, {}});
        QVERIFY(!model.sourceIndex(test::kBlue).isValid());
    }

    void survivesAnythingWithTheSameIndexes_data()
    {
        QTest::addColumn<int>("tree");
        QTest::addColumn<QString>("filter");
        QTest::addColumn<int>("column");
        const QStringList filters = {QString(), QStringLiteral("blue"), QStringLiteral("state:failed"),
                                     QStringLiteral("layer:vm,inner tenant:blue,green")};
        for (int tree = 0; tree < 3; ++tree)
            for (const QString& filter : filters)
                for (const int column : {int(StackModel::NameColumn), int(StackModel::StateColumn),
                                         int(StackModel::MemoryColumn)})
                    QTest::addRow("%d %s %d", tree, qPrintable(filter), column) << tree << filter << column;
    }

    // After any deltas the model says what a fresh one says, has never reset, and what a persistent index
    // pointed to is what it points to.
    void survivesAnythingWithTheSameIndexes()
    {
        QFETCH(int, tree);
        QFETCH(QString, filter);
        QFETCH(int, column);
        test::SiteFuzz fuzz(unsigned(tree * 100 + column * 10 + filter.size()));
        StackStore store;
        StackModel model(&store, fixedNow);
        model.setTree(static_cast<Tree>(tree));
        model.sort(column, column == 0 ? Qt::AscendingOrder : Qt::DescendingOrder);
        model.setFilter(Filter::parse(filter));
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        std::vector<std::pair<QPersistentModelIndex, ItemId>> kept;
        const std::function<void(const QModelIndex&)> keep = [&](const QModelIndex& parent) {
            for (int row = 0; row < model.rowCount(parent); ++row) {
                const QModelIndex index = model.index(row, 0, parent);
                kept.emplace_back(index, model.itemOf(index));
                keep(index);
            }
        };
        store.apply(fuzz.start());
        for (int step = 0; step < 60; ++step) {
            kept.clear();
            keep({});
            store.apply(fuzz.step());
            StackModel fresh(&store, fixedNow);
            fresh.setTree(static_cast<Tree>(tree));
            fresh.sort(column, column == 0 ? Qt::AscendingOrder : Qt::DescendingOrder);
            fresh.setFilter(Filter::parse(filter));
            QCOMPARE(print(model), print(fresh));
            for (const auto& [index, id] : kept) {
                if (index.isValid())
                    QCOMPARE(model.itemOf(index), id);
                else if (id && store.stack().find(id) != nullptr && filter.isEmpty() &&
                         fresh.indexOf(id).isValid())
                    QFAIL(qPrintable(QStringLiteral("lost %1 in step %2")
                                         .arg(QString::fromStdString(store.stack().find(id)->name))
                                         .arg(step)));
            }
            if (step % 20 == 19) {
                model.setFilter({});
                model.setFilter(Filter::parse(filter));
                QCOMPARE(print(model), print(fresh));
            }
        }
        QCOMPARE(resets.count(), 0);
    }

    void fewSignalsForMany()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        test::SiteBuilder b;
        for (int i = 0; i < 200; ++i)
            b.pod(test::kRed, "red-md-0-q2m7z", "many", "w" + std::to_string(i), "StatefulSet",
                  "w" + std::to_string(i), 10, 10);
        store.apply(b.batch);
        const QModelIndex node = find(model, QStringLiteral("w150")).parent();
        QCOMPARE(model.rowCount(node), 202);
        QCOMPARE(inserted.count(), 1); // all stand behind "cilium" and "db"
        test::SiteBuilder gone;
        for (int i = 0; i < 200; ++i)
            gone.drop(test::kRed, FactKind::Pod, "many/w" + std::to_string(i));
        store.apply(gone.batch);
        QCOMPARE(removed.count(), 1);
        QCOMPARE(model.rowCount(node), 2);
    }

    void copiesRowsAsTable()
    {
        StackStore store;
        store.apply(test::pictureSite());
        StackModel model(&store, fixedNow);
        const QModelIndex second = find(model, QStringLiteral("metal-03"));
        const QModelIndex first = find(model, QStringLiteral("outer-2"));
        const QStringList lines =
            model.tsv({second, second.siblingAtColumn(1), first}).split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].startsWith(QStringLiteral("Name\t")));
        QVERIFY(lines[1].startsWith(QStringLiteral("outer-2\t")));
        QVERIFY(lines[2].startsWith(QStringLiteral("metal-03\t")));
        for (const QString& line : lines)
            QCOMPARE(line.count(u'\t'), 4);
    }
};

QTEST_MAIN(TestStackModel)
#include "test_stackmodel.moc"
