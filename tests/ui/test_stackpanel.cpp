// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/searchfield.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTreeView>
#include <QtTest>

using namespace strata;
using namespace strata::ui;
using namespace strata::stack;

namespace {

struct Bench {
    StackStore store;
    Selection selection{&store};
    StackPanel panel{&store, &selection};
    QTreeView* view = panel.findChild<QTreeView*>();
    StackModel* model = panel.findChild<StackModel*>();
    QAbstractItemModelTester tester{model, QAbstractItemModelTester::FailureReportingMode::QtTest};

    explicit Bench(bool filled = true)
    {
        if (filled)
            store.apply(test::pictureSite());
        panel.resize(420, 600);
        panel.show();
    }

    QModelIndex find(const QString& name, const QModelIndex& parent = {}) const
    {
        for (int row = 0; row < model->rowCount(parent); ++row) {
            const QModelIndex index = model->index(row, 0, parent);
            if (index.data().toString() == name)
                return index;
            if (const QModelIndex below = find(name, index); below.isValid())
                return below;
        }
        return {};
    }
};

} // namespace

class TestStackPanel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }

    void opensAsFarAsMakesSense()
    {
        Bench b;
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("metal-01"))));
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("outer-1"))));
        QVERIFY(!b.view->isExpanded(b.find(QStringLiteral("blue-cp-4kx9d"))));
        // The way to what failed.
        const QModelIndex vm = b.find(QStringLiteral("blue-md-0-x8k2p"));
        QVERIFY(b.view->isExpanded(vm));
        QVERIFY(b.view->isExpanded(b.model->index(0, 0, vm)));
    }

    void selectsBothWays()
    {
        Bench b;
        const QModelIndex db = b.find(QStringLiteral("db"));
        QVERIFY(!b.view->isExpanded(db.parent()));
        b.selection.select(b.model->itemOf(db));
        QCOMPARE(b.view->currentIndex(), db);
        QVERIFY(b.view->isExpanded(db.parent()));
        QVERIFY(b.view->visualRect(db).isValid());
        const QModelIndex host = b.find(QStringLiteral("metal-01"));
        b.view->scrollTo(host);
        QTest::mouseClick(b.view->viewport(), Qt::LeftButton, {}, b.view->visualRect(host).center());
        QCOMPARE(b.selection.current(), b.model->itemOf(host));
        QTest::keyClick(b.view, Qt::Key_Down);
        QCOMPARE(b.selection.current(), b.model->itemOf(b.find(QStringLiteral("outer-1"))));
        // In a perspective without it, its nearest relation is shown and the selection stays.
        const ItemId inner = b.model->itemOf(b.model->index(0, 0, b.find(QStringLiteral("blue-cp-4kx9d"))));
        b.selection.select(inner);
        b.panel.setPerspective(Tree::Tenants);
        QCOMPARE(b.selection.current(), inner);
        QCOMPARE(b.view->currentIndex().data().toString(), QStringLiteral("blue-cp-4kx9d"));
    }

    void focusAloneSelectsNothing()
    {
        Bench b;
        b.panel.activateWindow();
        b.panel.focusTree();
        QVERIFY(!b.selection.current());
        QTest::keyClick(b.view, Qt::Key_Down);
        QVERIFY(b.selection.current());
    }

    void updatesChangeNeitherSelectionNorExpansionNorScroll()
    {
        Bench b;
        b.panel.resize(420, 260);
        const QModelIndex cp = b.find(QStringLiteral("blue-cp-4kx9d"));
        b.view->expand(cp);
        b.view->collapse(b.find(QStringLiteral("outer-3")));
        const QPersistentModelIndex checkout = b.find(QStringLiteral("checkout"));
        const ItemId selected = b.model->itemOf(checkout);
        b.selection.select(selected);
        QScrollBar* bar = b.view->verticalScrollBar();
        QVERIFY(bar->maximum() > 60);
        b.view->scrollTo(b.find(QStringLiteral("outer-2")), QAbstractItemView::PositionAtTop);
        const QPersistentModelIndex top = b.view->indexAt(QPoint(0, 0));
        const int y = b.view->visualRect(top).top();
        const int before = bar->value();
        QVERIFY(before > 0);

        // Rows come above: the VM moves there with all it carries, and new pods run in an open node.
        test::SiteBuilder site;
        for (int i = 0; i < 5; ++i)
            site.machine(test::kHosts[0], "red", "aa-" + std::to_string(i), "outer-1", false, 2, 4, false);
        b.store.apply(site.batch);
        QCOMPARE(b.view->indexAt(QPoint(0, 0)), QModelIndex(top));
        QCOMPARE(b.view->visualRect(top).top(), y);
        QVERIFY(bar->value() > before);
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("blue-cp-4kx9d"))));
        QVERIFY(!b.view->isExpanded(b.find(QStringLiteral("outer-3"))));
        QCOMPARE(b.selection.current(), selected);
        QVERIFY(b.view->selectionModel()->isSelected(checkout));

        // It leaves: its carrier is selected, not its neighbour.
        test::SiteBuilder gone;
        gone.drop(test::kBlue, FactKind::Pod, "shop/checkout-6d9f8c7b5-kq2zx");
        const ItemId carrier = b.model->itemOf(QModelIndex(checkout).parent());
        b.store.apply(gone.batch);
        QCOMPARE(b.selection.current(), carrier);
        QCOMPARE(b.model->itemOf(b.view->currentIndex()), carrier);
    }

    void movedSubtreeStaysOpen()
    {
        Bench b;
        const QPersistentModelIndex vm = b.find(QStringLiteral("blue-md-0-x8k2p"));
        QVERIFY(b.view->isExpanded(vm));
        const Batch site = test::pictureSite();
        VmiFact vmi;
        for (const FactChange& change : site.facts)
            if (change.key.kind == FactKind::Vmi && change.key.name == "tenant-blue/blue-md-0-x8k2p")
                vmi = *change.fact->as<VmiFact>();
        vmi.nodeName = "outer-3";
        vmi.activePods.clear();
        test::SiteBuilder moved;
        moved.put(test::kOuter, FactKind::Vmi, "tenant-blue/blue-md-0-x8k2p", vmi);
        moved.drop(test::kOuter, FactKind::Pod, "tenant-blue/virt-launcher-blue-md-0-x8k2p-x7k2p");
        b.store.apply(moved.batch);
        QVERIFY(vm.isValid());
        QCOMPARE(vm.parent().data().toString(), QStringLiteral("outer-3"));
        QVERIFY(b.view->isExpanded(vm));
    }

    void typingFilters()
    {
        Bench b;
        b.panel.activateWindow();
        b.panel.focusTree();
        QTest::keyClick(b.view, Qt::Key_C);
        auto* edit = b.panel.findChild<QLineEdit*>();
        QCOMPARE(edit->text(), QStringLiteral("c"));
        edit->setText(QStringLiteral("checkout"));
        QTRY_COMPARE(b.model->rowCount(), 1);
        const QModelIndex checkout = b.find(QStringLiteral("checkout"));
        QVERIFY(checkout.isValid());
        QVERIFY(b.view->isExpanded(checkout.parent())); // the way is open
        b.panel.setFilter(QStringLiteral("db"));
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("db")).parent()));
        b.panel.setFilter(QStringLiteral("colour:red"));
        QVERIFY(b.panel.findChild<SearchField*>()->hint().contains(QStringLiteral("colour")));
        b.panel.setFilter({});
        QVERIFY(b.panel.findChild<SearchField*>()->hint().isEmpty());
        QCOMPARE(b.model->rowCount(), 4);
        // What only the filter opened is closed again.
        QVERIFY(!b.view->isExpanded(b.find(QStringLiteral("db")).parent()));
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("outer-1"))));
    }

    void emitsIntents()
    {
        Bench b;
        QSignalSpy menus(&b.panel, &StackPanel::menuWanted);
        QSignalSpy activations(&b.panel, &StackPanel::activated);
        QSignalSpy retries(&b.panel, &StackPanel::retryWanted);
        const QModelIndex host = b.find(QStringLiteral("metal-01"));
        const ItemId id = b.model->itemOf(host);
        b.view->setCurrentIndex(host);
        QContextMenuEvent byKey(QContextMenuEvent::Keyboard, QPoint(0, 0), QPoint(0, 0));
        QCoreApplication::sendEvent(b.view->viewport(), &byKey);
        QCOMPARE(menus.count(), 1);
        QCOMPARE(menus[0][0].value<ItemId>(), id);
        QTest::keyClick(b.view, Qt::Key_Return);
        QCOMPARE(activations.count(), 1);
        QCOMPARE(activations[0][0].value<ItemId>(), id);
        QVERIFY(b.view->isExpanded(host)); // a double click does not fold

        SourceState denied = *b.store.stack().source(test::kOuter);
        denied.kinds = {{"pods", {ErrorKind::Forbidden, "no", {}, 403, 0}}};
        b.store.apply({{{denied, false}}, {}});
        b.view->setCurrentIndex(b.model->sourceIndex(test::kOuter));
        QCOMPARE(b.selection.current(), id); // a connection is no item
        QTest::keyClick(b.view, Qt::Key_Return);
        QCOMPARE(retries.count(), 1);
        QCOMPARE(retries[0][0].value<SourceId>(), test::kOuter);
    }

    void copies()
    {
        Bench b;
        b.view->setCurrentIndex(b.find(QStringLiteral("metal-01")));
        b.view->selectionModel()->select(b.find(QStringLiteral("metal-03")),
                                         QItemSelectionModel::Select | QItemSelectionModel::Rows);
        QTest::keySequence(b.view, QKeySequence::Copy);
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[1].startsWith(QStringLiteral("metal-01\t")));
        QVERIFY(lines[2].startsWith(QStringLiteral("metal-03\t")));
    }

    void remembersItsState()
    {
        QJsonObject state;
        {
            Bench b;
            b.view->collapse(b.find(QStringLiteral("metal-01")));
            b.view->expand(b.find(QStringLiteral("red-cp-t6v2s")));
            b.panel.setPerspective(Tree::Hosts);
            b.view->expand(b.find(QStringLiteral("metal-03")));
            b.panel.setFilter(QStringLiteral("metal"));
            state = b.panel.saveState();
        }
        Bench b(false);
        b.panel.restoreState(state);
        QCOMPARE(b.panel.perspective(), Tree::Hosts);
        QCOMPARE(b.panel.filter(), QStringLiteral("metal"));
        b.store.apply(test::pictureSite()); // what is remembered comes later
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("metal-03"))));
        b.panel.setFilter({});
        b.panel.setPerspective(Tree::Stack);
        QVERIFY(!b.view->isExpanded(b.find(QStringLiteral("metal-01"))));
        QVERIFY(b.view->isExpanded(b.find(QStringLiteral("red-cp-t6v2s"))));
        b.panel.restoreState({}); // nothing to restore breaks nothing
    }

    void followsTheTheme()
    {
        Bench b;
        const auto ground = [&b] {
            return b.view->viewport()->grab().toImage().pixelColor(2, b.view->viewport()->height() - 3);
        };
        Theme::instance().setMode(ThemeMode::Light);
        QCOMPARE(ground(), Theme::colorsOf(false).base);
        Theme::instance().setMode(ThemeMode::Dark);
        QCOMPARE(ground(), Theme::colorsOf(true).base);
        const int small = b.view->sizeHintForIndex(b.model->index(0, 0)).height();
        Theme::instance().setFontSize(20);
        QTRY_VERIFY(b.view->sizeHintForIndex(b.model->index(0, 0)).height() > small * 3 / 2);
        Theme::instance().setFontSize(0);
        Theme::instance().setMode(ThemeMode::Light);
    }
};

QTEST_MAIN(TestStackPanel)
#include "test_stackpanel.moc"
