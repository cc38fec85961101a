// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/health.h"
#include "core/stack/print.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

using namespace strata;
using namespace strata::stack;
using namespace strata::test;

namespace {

std::string pathText(const Stack& stack, ItemId id)
{
    std::string out;
    for (const ItemId step : stack.path(id))
        out += (out.empty() ? "" : " > ") + stack.find(step)->name;
    return out;
}

// Everything that is shown, in all trees.
std::string dump(const Stack& stack)
{
    return printJson(stack);
}

FactChange changeOf(const Batch& batch, SourceId source, FactKind kind, const std::string& name)
{
    FactChange found;
    for (const FactChange& change : batch.facts)
        if (change.key == FactKey{source, kind, name})
            found = change;
    return found;
}

} // namespace

class TestStack : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void joinsAllLayers()
    {
        Stack stack;
        stack.apply(pictureSite());
        const ItemId checkout = test::itemNamed(stack, ItemKind::Workload, "checkout");
        QVERIFY(checkout);
        QCOMPARE(pathText(stack, checkout),
                 std::string("metal-02 > outer-2 > blue-md-0-x8k2p > blue-md-0-x8k2p > checkout"));
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p");
        const Item* machine = stack.find(stack.find(vm)->parentIn(Tree::Tenants));
        QCOMPARE(machine->name, std::string("blue-md-0-x8k2p"));
        QCOMPARE(stack.find(machine->parentIn(Tree::Tenants))->kind, ItemKind::WorkerPool);
        QVERIFY(!stack.find(vm)->evidence.empty());
        QCOMPARE(stack.count(ItemKind::Host), size_t(4));
        QCOMPARE(stack.count(ItemKind::Vm), size_t(7));
        QCOMPARE(stack.count(ItemKind::InnerNode), size_t(6));
        QCOMPARE(stack.count(ItemKind::TenantCluster), size_t(3));
        QCOMPARE(stack.count(ItemKind::Placeholder), size_t(0));
        QVERIFY(!stack.related(vm).empty());
    }

    void judgesAndRollsUp()
    {
        Stack stack;
        stack.apply(pictureSite());
        const Item* vm = stack.find(test::itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k2p"));
        QCOMPARE(vm->health, Health::Failed);
        QCOMPARE(vm->state, std::string("Paused"));
        QVERIFY(vm->rawReason.find("PausedIOError") != std::string::npos);
        const Item* outer = stack.find(test::itemNamed(stack, ItemKind::OuterNode, "outer-2"));
        QCOMPARE(outer->health, Health::Warning);
        QCOMPARE(outer->below, Health::Failed);
        const Item* host = stack.find(test::itemNamed(stack, ItemKind::Host, "metal-02"));
        QCOMPARE(host->health, Health::Warning);
        QCOMPARE(host->state, std::string("MemoryPressure"));
        const Item* booting = stack.find(test::itemNamed(stack, ItemKind::Vm, "green-md-0-w5t3c"));
        QCOMPARE(booting->health, Health::Progressing);
        QCOMPARE(booting->state, std::string("Booting"));
        QCOMPARE(stack.find(test::itemNamed(stack, ItemKind::TenantCluster, "blue"))->tenantBelow,
                 Health::Failed);
        QCOMPARE(stack.find(test::itemNamed(stack, ItemKind::TenantCluster, "red"))->tenantBelow, Health::Ok);
        QCOMPARE(stack.find(test::itemNamed(stack, ItemKind::Host, "metal-04"))->note,
                 std::string("enrolled, not joined"));
    }

    void requestsAndCapacityAddUp()
    {
        Stack stack;
        stack.apply(pictureSite());
        for (const ItemId host : stack.roots(Tree::Stack)) {
            std::int64_t allocated = 0;
            int pods = 0;
            for (const ItemId child : stack.find(host)->childrenIn(Tree::Stack)) {
                allocated += stack.find(child)->allocated.memoryBytes;
                pods += stack.find(child)->pods;
            }
            if (!stack.find(host)->childrenIn(Tree::Stack).empty())
                QCOMPARE(qint64(stack.find(host)->allocated.memoryBytes), qint64(allocated));
            QCOMPARE(stack.find(host)->pods, pods);
        }
        const Item* outer = stack.find(test::itemNamed(stack, ItemKind::OuterNode, "outer-1"));
        // Three launchers: 96 + 160 + 120 GiB and 300 MiB of overhead each.
        QCOMPARE(qint64(outer->allocated.memoryBytes), (qint64(376) << 30) + (qint64(900) << 20));
    }

    void whatHasNoParentIsShownHonestly()
    {
        Stack stack;
        Batch site = pictureSite();
        stack.apply(site);
        SiteBuilder b;
        b.drop(kHosts[1], FactKind::Host, "");
        FactChange vmi = changeOf(site, kOuter, FactKind::Vmi, "tenant-red/red-md-0-q2m7z");
        VmiFact pending = *vmi.fact->as<VmiFact>();
        pending.nodeName.clear();
        pending.phase = "Scheduling";
        b.put(kOuter, FactKind::Vmi, vmi.key.name, pending);
        b.drop(kOuter, FactKind::Vm, "tenant-red/red-cp-t6v2s");
        b.drop(kOuter, FactKind::Vmi, "tenant-red/red-cp-t6v2s");
        stack.apply(b.batch);
        QCOMPARE(pathText(stack, test::itemNamed(stack, ItemKind::OuterNode, "outer-2")),
                 std::string("Host not enrolled > outer-2"));
        QCOMPARE(pathText(stack, test::itemNamed(stack, ItemKind::Vm, "red-md-0-q2m7z")),
                 std::string("Not scheduled > red-md-0-q2m7z"));
        QCOMPARE(pathText(stack, test::itemNamed(stack, ItemKind::InnerNode, "red-cp-t6v2s")),
                 std::string("No VM > red-cp-t6v2s"));
        stack.apply(site); // all is well again: the placeholders go
        QCOMPARE(stack.count(ItemKind::Placeholder), size_t(0));
    }

    void uuidsMatchAlsoWhenSwapped()
    {
        SiteBuilder b;
        b.source(kOuter, SourceKind::OuterCluster, "rack-a", "https://x", "v1.34.1");
        b.host(kHosts[0], "metal-01", "33221100-5544-7766-8899-aabbccddeeff", 8, 64);
        b.put(kOuter, FactKind::KubeNode, "n1", b.node("n1", "00112233-4455-6677-8899-aabbccddeeff", 8, 60));
        Stack stack;
        stack.apply(b.batch);
        QCOMPARE(pathText(stack, test::itemNamed(stack, ItemKind::OuterNode, "n1")),
                 std::string("metal-01 > n1"));
        QCOMPARE(stack.find(test::itemNamed(stack, ItemKind::OuterNode, "n1"))->evidence.front().confidence,
                 Confidence::Medium);
    }

    void differingUuidsAreNotJoinedByName()
    {
        SiteBuilder b;
        b.source(kOuter, SourceKind::OuterCluster, "rack-a", "https://x", "v1.34.1");
        b.host(kHosts[0], "n1", uuidOf(1, 1), 8, 64);
        b.put(kOuter, FactKind::KubeNode, "n1", b.node("n1", uuidOf(1, 2), 8, 60));
        Stack stack;
        stack.apply(b.batch);
        QCOMPARE(pathText(stack, test::itemNamed(stack, ItemKind::OuterNode, "n1")),
                 std::string("Host not enrolled > n1"));
    }

    void aMigratingVmMovesOnce()
    {
        Stack stack;
        const Batch site = pictureSite();
        stack.apply(site);
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "red-cp-t6v2s");
        FactChange vmi = changeOf(site, kOuter, FactKind::Vmi, "tenant-red/red-cp-t6v2s");
        VmiFact moved = *vmi.fact->as<VmiFact>();
        moved.nodeName = "outer-1";
        SiteBuilder b;
        b.put(kOuter, FactKind::Vmi, vmi.key.name, moved);
        const StackDelta delta = stack.apply(b.batch);
        QVERIFY(std::find(delta.moved.begin(), delta.moved.end(), vm) != delta.moved.end());
        QVERIFY(delta.added.empty());
        QVERIFY(delta.removed.empty());
        QCOMPARE(pathText(stack, vm), std::string("metal-01 > outer-1 > red-cp-t6v2s"));
    }

    void anEventTouchesOnlyWhatItConcerns()
    {
        Stack stack;
        const Batch site = pictureSite();
        stack.apply(site);
        QVERIFY(stack.apply(site).changed.empty()); // the same facts again
        SiteBuilder b;
        b.put(kBlue, FactKind::PodUsage, "shop/web-7d9f5b6c4-abcde",
              UsageFact{{1500, 1 << 20}, kNow + 15000});
        const StackDelta delta = stack.apply(b.batch);
        QVERIFY(delta.added.empty() && delta.removed.empty() && delta.moved.empty());
        QCOMPARE(delta.changed.size(), size_t(1));
        QCOMPARE(stack.find(delta.changed.front())->name, std::string("web"));
        QCOMPARE(stack.history(delta.changed.front()).size(), size_t(2));
    }

    void aRemovedSourceTakesItsItems()
    {
        Stack stack;
        stack.apply(pictureSite());
        Batch gone;
        SourceState state;
        state.id = kBlue;
        gone.sources.push_back({state, true});
        const StackDelta delta = stack.apply(gone);
        QVERIFY(!delta.removed.empty());
        QCOMPARE(stack.count(ItemKind::InnerNode), size_t(3));
        for (const ItemId id : delta.removed)
            QVERIFY(stack.find(id) == nullptr);
    }

    // Whatever the order and the cut into batches, the result is that of the final facts applied at once; and
    // the deltas tell a listener exactly which items there are.
    void randomOrderEndsInTheSamePicture_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 40; ++seed)
            QTest::addRow("seed %u", seed) << seed;
    }
    void randomOrderEndsInTheSamePicture()
    {
        QFETCH(unsigned, seed);
        std::mt19937 random(seed);
        const Batch site = pictureSite();

        std::vector<FactChange> changes = site.facts;
        std::shuffle(changes.begin(), changes.end(), random);
        for (std::size_t i = 0; i < 150; ++i) { // some go, some come back
            FactChange change = site.facts[random() % site.facts.size()];
            if (random() % 2 == 0)
                change.fact = nullptr;
            changes.insert(changes.begin() + static_cast<std::ptrdiff_t>(random() % changes.size()), change);
        }

        Stack stack;
        std::set<ItemId> known;
        Batch first;
        first.sources = site.sources;
        stack.apply(first);
        std::vector<FactChange> order;
        std::map<std::string, FactPtr> final;
        for (std::size_t at = 0; at < changes.size();) {
            Batch batch;
            const std::size_t count = 1 + random() % 20;
            for (std::size_t i = 0; i < count && at < changes.size(); ++i, ++at)
                batch.facts.push_back(changes[at]);
            const StackDelta delta = stack.apply(batch);
            for (const ItemId id : delta.added)
                QVERIFY(known.insert(id).second);
            for (const ItemId id : delta.removed)
                QCOMPARE(known.erase(id), size_t(1));
            for (const ItemId id : delta.changed)
                QVERIFY(known.contains(id) && stack.find(id) != nullptr);
            for (const ItemId id : delta.moved)
                QVERIFY(known.contains(id) && stack.find(id) != nullptr);
            QCOMPARE(known.size(), stack.size());
        }
        Batch all;
        all.sources = site.sources;
        std::map<std::tuple<SourceId, int, std::string>, FactChange> last;
        for (const FactChange& change : changes)
            last[{change.key.source, int(change.key.kind), change.key.name}] = change;
        for (const auto& [key, change] : last)
            if (change.fact)
                all.facts.push_back(change);
        Stack fresh;
        fresh.apply(all);
        QCOMPARE(QString::fromStdString(dump(stack)), QString::fromStdString(dump(fresh)));
    }

    // Most of what a watch tells changes nothing of what is read: then nothing is built again.
    void whatSaysTheSameChangesNothing()
    {
        Stack stack;
        const Batch site = pictureSite();
        stack.apply(site);
        std::map<std::tuple<SourceId, FactKind, std::string>, FactPtr> last;
        for (const FactChange& change : site.facts)
            last[{change.key.source, change.key.kind, change.key.name}] = change.fact;
        Batch again;
        for (const auto& [key, fact] : last)
            again.facts.push_back(
                {{std::get<0>(key), std::get<1>(key), std::get<2>(key)}, makeFact(fact->value())});
        QVERIFY(stack.apply(again).empty());
        VmFact vm;
        vm.printableStatus = "Paused";
        FactChange other = again.facts.front();
        for (const FactChange& change : again.facts)
            if (change.key.kind == FactKind::Vm)
                other = change;
        other.fact = makeFact(vm);
        again.facts = {other};
        QVERIFY(!stack.apply(again).empty());
    }

    void vmStatesInWords_data()
    {
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<QByteArray>("cluster");
        QTest::addColumn<int>("health");
        const auto row = [](const char* status, const char* cluster, Health health) {
            QTest::addRow("%s%s", status, *cluster != '\0' ? " in a cluster" : "")
                << QByteArray(status) << QByteArray(cluster) << int(health);
        };
        row("Stopped", "", Health::Ok);
        row("Stopped", "blue", Health::Warning);
        row("Provisioning", "blue", Health::Progressing);
        row("WaitingForVolumeBinding", "blue", Health::Progressing);
        row("Migrating", "blue", Health::Progressing);
        row("CrashLoopBackOff", "blue", Health::Failed);
        row("ErrorUnschedulable", "blue", Health::Failed);
        row("DataVolumeError", "blue", Health::Failed);
        row("ImagePullBackOff", "blue", Health::Failed);
        row("SomethingNew", "blue", Health::Unknown);
    }
    void vmStatesInWords()
    {
        QFETCH(QByteArray, status);
        QFETCH(QByteArray, cluster);
        QFETCH(int, health);
        VmFact vm;
        vm.printableStatus = status.toStdString();
        vm.clusterName = cluster.toStdString();
        const Verdict verdict = vmVerdict(&vm, nullptr, nullptr, nullptr);
        QCOMPARE(int(verdict.health), health);
        if (verdict.health != Health::Ok)
            QVERIFY(!verdict.reason.empty());
    }

    void jsonIsJson()
    {
        Stack stack;
        Batch site = pictureSite();
        SiteBuilder b;
        b.pod(kBlue, "blue-md-0-x8k1p", "shop", "evil\"\\\x01", "Job", "evil\"\\\x01", 1, 1);
        site.facts.insert(site.facts.end(), b.batch.facts.begin(), b.batch.facts.end());
        stack.apply(site);
        QJsonParseError error;
        const QJsonDocument document =
            QJsonDocument::fromJson(QByteArray::fromStdString(printJson(stack)), &error);
        QCOMPARE(error.error, QJsonParseError::NoError);
        QCOMPARE(document.object().value(QStringLiteral("stack")).toArray().size(), 4);
    }

    void namesSortAsPeopleCount()
    {
        QVERIFY(naturalLess("outer-9", "outer-10"));
        QVERIFY(!naturalLess("outer-10", "outer-9"));
        QVERIFY(naturalLess("a", "b"));
        QVERIFY(naturalLess("n1", "n01") != naturalLess("n01", "n1"));
    }
};

QTEST_GUILESS_MAIN(TestStack)
#include "test_stack.moc"
