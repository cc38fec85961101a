// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/shell/fuzzy.h"
#include "ui/shell/paletteindex.h"
#include "ui/stack/stackstore.h"

#include <QElapsedTimer>
#include <QTest>

using namespace strata;

namespace {

int score(const char* query, const char* text)
{
    return ui::fuzzyScore(ui::fuzzyText(QString::fromUtf8(query)), ui::fuzzyText(QString::fromUtf8(text)));
}

} // namespace

class TestPalette : public QObject {
    Q_OBJECT

    static std::string nameOf(const ui::StackStore& store, const ui::PaletteIndex::Hit& hit)
    {
        const stack::Item* item = store.stack().find(hit.item);
        return item != nullptr ? item->name : std::string();
    }

private Q_SLOTS:
    void finds()
    {
        QVERIFY(score("bmx", "blue-md-0-x8k2p") > 0);
        QVERIFY(score("BLUE", "blue-md-0") > 0);
        QCOMPARE(score("xb", "blue-x"), 0); // the order counts
        QCOMPARE(score("bluee", "blue"), 0);
        QCOMPARE(score("", "blue"), 0);
        QCOMPARE(score("z", "blue"), 0);
        QVERIFY(score("ü", "Übung") > 0);
    }

    void ranks()
    {
        QVERIFY(score("web", "web") > score("web", "web-1"));
        QVERIFY(score("web", "web-1") > score("web", "my-web-1"));
        QVERIFY(score("web", "my-web") > score("web", "myweb"));
        QVERIFY(score("web", "myweb") > score("web", "w-e-b"));
        QVERIFY(score("md2", "md-2") > score("md2", "mad-x02y"));
        QVERIFY(score("cc", "Connect a cluster") > score("cc", "stuccoed"));
        QVERIFY(score("metal", "metal-01") > score("metal", "metal-01-with-a-long-name"));
    }

    void searchesAllItems()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        ui::PaletteIndex index(&store);
        const auto hits = index.search(QStringLiteral("x8k2p"), 10);
        QVERIFY(!hits.empty());
        // VM, inner node, machine and domain bear the name; the one that is worst off comes first.
        QVERIFY(nameOf(store, hits.front()).find("x8k2p") != std::string::npos);
        QCOMPARE(store.stack().find(hits.front().item)->health, stack::Health::Failed);
        QCOMPARE(index.search(QStringLiteral("md"), 3).size(), std::size_t(3));
        QVERIFY(index.search(QStringLiteral("qqqq"), 3).empty());
        QVERIFY(index.search(QString(), 3).empty());
        for (std::size_t i = 1; i < hits.size(); ++i)
            QVERIFY(hits[i - 1].score >= hits[i].score);
    }

    // Typing on searches only what matched before; that must not change the answer.
    void narrowingChangesNothing()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        ui::PaletteIndex typed(&store);
        const QString query = QStringLiteral("bluemdx");
        for (int length = 1; length <= query.size(); ++length) {
            ui::PaletteIndex fresh(&store);
            const auto a = typed.search(query.left(length), 50);
            const auto b = fresh.search(query.left(length), 50);
            QCOMPARE(a.size(), b.size());
            QVERIFY(!a.empty());
            for (std::size_t i = 0; i < a.size(); ++i)
                QCOMPARE(a[i].score, b[i].score);
        }
        QVERIFY(typed.search(QStringLiteral("metal"), 5).size() >= 4); // and back out of it
    }

    void followsDeltas()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        ui::PaletteIndex index(&store);
        const std::size_t before = index.size();
        test::SiteBuilder more;
        more.pod(test::kBlue, "blue-md-0-x8k1p", "shop", "zebra-0", "StatefulSet", "zebra", 100, 64);
        store.apply(more.batch);
        QCOMPARE(index.size(), before + 1);
        QCOMPARE(nameOf(store, index.search(QStringLiteral("zebra"), 5).front()), std::string("zebra"));
        test::SiteBuilder less;
        less.drop(test::kBlue, stack::FactKind::Pod, "shop/zebra-0");
        store.apply(less.batch);
        QCOMPARE(index.size(), before);
        QVERIFY(index.search(QStringLiteral("zebra"), 5).empty());
        QVERIFY(!index.search(QStringLiteral("metal-01"), 5).empty());
    }

    void staysFastWithManyItems()
    {
        ui::StackStore store;
        test::SiteBuilder site;
        site.source(test::kOuter, stack::SourceKind::OuterCluster, "rack-a", "https://x", "v1");
        for (int i = 0; i < 50000; ++i) {
            stack::VmFact vm;
            vm.meta = test::metaOf("kubevirt.io/v1", "ns",
                                   "tenant-" + std::to_string(i % 500) + "-worker-" + std::to_string(i));
            site.put(test::kOuter, stack::FactKind::Vm, "ns/" + vm.meta.name, vm);
        }
        store.apply(site.batch);
        ui::PaletteIndex index(&store);
        QVERIFY(index.size() >= 50000);
        QElapsedTimer timer;
        timer.start();
        for (const char* query : {"t", "tw", "worker-4", "t42w", "zzz", "tenant-1-worker-1"})
            (void)index.search(QString::fromLatin1(query), 40);
        qInfo("six searches of %zu names: %lld ms", index.size(), static_cast<long long>(timer.elapsed()));
        // Six keys; wide enough for sanitizers, far from what a scan with allocations would take.
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestPalette)
#include "test_palette.moc"
