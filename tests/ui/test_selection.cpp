// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"

#include <QSignalSpy>
#include <QtTest>

using namespace strata;
using namespace strata::ui;
using namespace strata::stack;

namespace {} // namespace

class TestSelection : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goesBackAndForward()
    {
        StackStore store;
        store.apply(test::pictureSite());
        Selection selection(&store);
        QSignalSpy spy(&selection, &Selection::changed);
        const ItemId a = test::itemNamed(store.stack(), ItemKind::Host, "metal-01");
        const ItemId b = test::itemNamed(store.stack(), ItemKind::Vm, "red-cp-t6v2s");
        const ItemId c = test::itemNamed(store.stack(), ItemKind::Workload, "db");
        QVERIFY(a && b && c);
        selection.select(a);
        selection.select(a);
        QCOMPARE(spy.count(), 1);
        QVERIFY(!selection.canGoBack());
        selection.select(b);
        selection.select(c);
        selection.goBack();
        QCOMPARE(selection.current(), b);
        selection.goBack();
        QCOMPARE(selection.current(), a);
        QVERIFY(!selection.canGoBack());
        selection.goBack();
        QCOMPARE(selection.current(), a);
        selection.goForward();
        QCOMPARE(selection.current(), b);
        selection.select(a); // forgets what lay ahead
        QVERIFY(!selection.canGoForward());
        selection.goBack();
        QCOMPARE(selection.current(), b);
        selection.select({});
        QVERIFY(!selection.current());
        QVERIFY(selection.canGoBack());
        selection.goBack(); // to what was selected last
        QCOMPARE(selection.current(), b);
        selection.select({});
        selection.select(ItemId{12345, 7}); // unknown: nothing
        QVERIFY(!selection.current());
    }

    void leftForWhatCarriedIt()
    {
        StackStore store;
        store.apply(test::pictureSite());
        Selection selection(&store);
        const ItemId checkout = test::itemNamed(store.stack(), ItemKind::Workload, "checkout");
        const ItemId other = test::itemNamed(store.stack(), ItemKind::Host, "metal-03");
        selection.select(other);
        selection.select(checkout);
        const std::vector<ItemId> path = store.stack().path(checkout);
        QSignalSpy spy(&selection, &Selection::changed);
        test::SiteBuilder b;
        b.drop(test::kBlue, FactKind::Pod, "shop/checkout-6d9f8c7b5-kq2zx");
        store.apply(b.batch);
        QVERIFY(store.stack().find(checkout) == nullptr);
        QCOMPARE(selection.current(), path[path.size() - 2]); // the inner node
        QCOMPARE(spy.count(), 1);
        selection.goBack(); // never to what is gone
        QCOMPARE(selection.current(), other);

        // All of its path at once.
        selection.select(path[path.size() - 2]);
        Batch batch;
        for (const SourceId id : store.stack().sources())
            batch.sources.push_back({*store.stack().source(id), true});
        store.apply(batch);
        QVERIFY(!selection.current());
        QVERIFY(!selection.canGoBack());
        QVERIFY(!selection.canGoForward());
    }
};

QTEST_GUILESS_MAIN(TestSelection)
#include "test_selection.moc"
