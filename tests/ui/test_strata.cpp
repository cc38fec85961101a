// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/sitefuzz.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/stack/stratalayout.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

#include <cmath>
#include <map>

using namespace strata;
using namespace strata::ui;
using namespace strata::stack;

namespace {

const StrataCell* cellOf(const std::vector<StrataCell>& cells, ItemId id)
{
    for (const StrataCell& cell : cells)
        if (cell.id == id)
            return &cell;
    return nullptr;
}

constexpr StrataWidth kWidths[] = {StrataWidth::MemoryAllocated, StrataWidth::MemoryUsed,
                                   StrataWidth::CpuAllocated, StrataWidth::CpuUsed, StrataWidth::Pods};

// What must hold of any picture: nothing overlaps in a layer, nothing hangs over its carrier, and every item
// is drawn or counted once.
QString flaw(const Stack& stack, const std::vector<StrataCell>& cells, const StrataWindow& window)
{
    std::map<Layer, std::vector<const StrataCell*>> rows;
    std::map<Layer, int> seen;
    for (const StrataCell& cell : cells) {
        if (!std::isfinite(cell.x) || !std::isfinite(cell.width) || cell.width <= 0)
            return QStringLiteral("a cell of no width");
        rows[cell.layer].push_back(&cell);
        seen[cell.layer] += cell.id ? 1 : cell.more;
        if (cell.id) {
            const Item* item = stack.find(cell.id);
            if (item == nullptr)
                return QStringLiteral("a dead item");
            const ItemId below = item->parentIn(Tree::Stack);
            if (const StrataCell* carrier = below ? cellOf(cells, below) : nullptr) {
                if (cell.x < carrier->x - 0.01 || cell.x + cell.width > carrier->x + carrier->width + 0.01)
                    return QString::fromStdString(item->name) + QStringLiteral(" hangs over");
            }
        }
    }
    for (auto& [layer, row] : rows) {
        std::sort(row.begin(), row.end(), [](const auto* a, const auto* b) { return a->x < b->x; });
        for (std::size_t i = 1; i < row.size(); ++i) {
            // Merged cells are at least a pixel wide and may touch the next.
            const double slack = row[i - 1]->more > 0 || row[i]->more > 0 ? 1.01 : 0.01;
            if (row[i - 1]->x + row[i - 1]->width > row[i]->x + slack)
                return QStringLiteral("an overlap in layer %1").arg(int(layer));
        }
    }
    if (window.from <= 0 && window.to >= 1) {
        std::map<Layer, int> all;
        std::vector<ItemId> todo = stack.roots(Tree::Stack);
        while (!todo.empty()) {
            const Item* item = stack.find(todo.back());
            todo.pop_back();
            ++all[item->layer];
            todo.insert(todo.end(), item->childrenIn(Tree::Stack).begin(),
                        item->childrenIn(Tree::Stack).end());
        }
        if (all != seen)
            return QStringLiteral("something is drawn twice or not at all");
    }
    return {};
}

} // namespace

class TestStrata : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }

    // In a narrow cell no letter is cut through.
    void namesEndBetweenLetters()
    {
        const QFontMetrics metrics(QApplication::font());
        const QString name = QStringLiteral("blue-md-0-8pqqh-x8k2p");
        for (int room = 0; room < metrics.horizontalAdvance(name) + 40; ++room) {
            const QString text = ui::cellText(metrics, name, room);
            QVERIFY(metrics.horizontalAdvance(text) <= room);
            if (room >= metrics.averageCharWidth() * 9)
                continue;
            QVERIFY(name.startsWith(text));
            // And none that has room is left away.
            QVERIFY2(metrics.horizontalAdvance(name.left(text.size() + 1)) > room, qPrintable(text));
        }
        QCOMPARE(ui::cellText(metrics, name, 1000), name);
    }

    void widthIsTheShare()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        StrataLayout layout(stack);
        StrataWindow window;
        window.pixels = 1000;
        const auto cells = layout.cells(window, StrataWidth::MemoryAllocated);
        QCOMPARE(flaw(stack, cells, window), QString());
        const StrataCell* one = cellOf(cells, test::itemNamed(stack, ItemKind::Host, "metal-01"));
        const StrataCell* three = cellOf(cells, test::itemNamed(stack, ItemKind::Host, "metal-03"));
        QVERIFY(one != nullptr && three != nullptr);
        QVERIFY(std::abs((one->width + 2) / (three->width + 2) - 512.0 / 768.0) < 0.01);
        QVERIFY(one->x < three->x);
        const StrataCell* outer = cellOf(cells, test::itemNamed(stack, ItemKind::OuterNode, "outer-1"));
        QVERIFY(std::abs((outer->width + 2) / one->width - 500.0 / 512.0) < 0.01);
        // What nobody takes stays free.
        double taken = 0;
        for (const char* name : {"blue-cp-4kx9d", "blue-md-0-x8k1p", "red-md-0-q2m7z"})
            taken += cellOf(cells, test::itemNamed(stack, ItemKind::Vm, name))->width + 2;
        QVERIFY(taken < outer->width * 0.8);
        QVERIFY(std::abs(taken / outer->width - 376.0 / 500.0) < 0.02);
        // A host without a node is small, and there.
        const StrataCell* idle = cellOf(cells, test::itemNamed(stack, ItemKind::Host, "metal-04"));
        QVERIFY(idle->width < three->width / 2);
        const double end = idle->x + idle->width;
        QVERIFY(end > 990 && end <= 1000);
    }

    void everyMeasureHolds()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        StrataLayout layout(stack);
        for (const StrataWidth by : kWidths) {
            for (const double pixels : {1.0, 7.0, 40.0, 300.0, 5000.0}) {
                StrataWindow window;
                window.pixels = pixels;
                QCOMPARE(flaw(stack, layout.cells(window, by), window), QString());
            }
        }
        StrataWindow none;
        QVERIFY(layout.cells(none, StrataWidth::Pods).empty());
        Stack empty;
        StrataLayout nothing(empty);
        none.pixels = 100;
        QVERIFY(nothing.cells(none, StrataWidth::Pods).empty());
    }

    void narrowOnesMergeIntoTheWorst()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        StrataLayout layout(stack);
        StrataWindow window;
        window.pixels = 6;
        window.smallest = 3;
        const auto cells = layout.cells(window, StrataWidth::MemoryAllocated);
        int workloads = 0;
        Health worst = Health::Ok;
        for (const StrataCell& cell : cells) {
            if (cell.layer != Layer::Workload)
                continue;
            QVERIFY(!cell.id);
            QVERIFY(cell.more > 0);
            workloads += cell.more;
            worst = std::max(worst, cell.health);
        }
        QCOMPARE(workloads, int(stack.count(ItemKind::Workload)));
        QCOMPARE(worst, Health::Failed);
    }

    void zoomFillsTheWindow()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        StrataLayout layout(stack);
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "red-md-0-q2m7z");
        const StrataExtent extent = layout.extentOf(vm, StrataWidth::CpuAllocated);
        StrataWindow window;
        window.pixels = 800;
        window.from = extent.from;
        window.to = extent.to;
        const auto cells = layout.cells(window, StrataWidth::CpuAllocated);
        QCOMPARE(flaw(stack, cells, window), QString());
        const StrataCell* cell = cellOf(cells, vm);
        QVERIFY(cell != nullptr);
        // Gaps of its carriers grow with the zoom no further than a few pixels.
        QVERIFY2(std::abs(cell->x) < 8 && std::abs(cell->width - 800) < 10,
                 qPrintable(QStringLiteral("%1 %2").arg(cell->x).arg(cell->width)));
        QVERIFY(cellOf(cells, test::itemNamed(stack, ItemKind::Workload, "db")) != nullptr);
        QVERIFY(cellOf(cells, test::itemNamed(stack, ItemKind::Vm, "red-cp-t6v2s")) == nullptr);
    }

    void holdsUnderAnyChange()
    {
        test::SiteFuzz fuzz(7);
        Stack stack;
        StrataLayout layout(stack);
        layout.update(stack.apply(fuzz.start()));
        for (int step = 0; step < 300; ++step) {
            layout.update(stack.apply(fuzz.step()));
            StrataLayout fresh(stack);
            StrataWindow window;
            window.pixels = step % 3 == 0 ? 60 : 1200;
            const StrataWidth by = kWidths[std::size_t(step) % 5];
            const auto cells = layout.cells(window, by);
            QCOMPARE(flaw(stack, cells, window), QString());
            QVERIFY2(cells == fresh.cells(window, by), qPrintable(QString::number(step)));
        }
    }

    void clickSelectsAndOutlines()
    {
        StackStore store;
        store.apply(test::pictureSite());
        Selection selection(&store);
        StrataChart chart(&store, &selection);
        chart.resize(1000, 240);
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        const QImage before = chart.grab().toImage();
        const ItemId host = test::itemNamed(store.stack(), ItemKind::Host, "metal-01");
        QPoint at;
        for (int x = 0; x < 1000 && at.isNull(); x += 4)
            if (chart.itemAt({x, 220}) == host)
                at = {x + 10, 220};
        QVERIFY(!at.isNull());
        QWidget* canvas = chart.childAt(at);
        QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->mapFrom(&chart, at));
        QCOMPARE(selection.current(), host);
        QVERIFY(canvas->accessibleDescription().contains(QStringLiteral("metal-01")));
        QVERIFY(chart.grab().toImage() != before);

        // Arrows move between layers and siblings.
        QTest::keyClick(canvas, Qt::Key_Up);
        QCOMPARE(store.stack().find(selection.current())->name, std::string("outer-1"));
        QTest::keyClick(canvas, Qt::Key_Right);
        QCOMPARE(store.stack().find(selection.current())->name, std::string("outer-2"));
        QTest::keyClick(canvas, Qt::Key_Down);
        QCOMPARE(store.stack().find(selection.current())->name, std::string("metal-02"));
        QTest::keyClick(canvas, Qt::Key_Left);
        QCOMPARE(selection.current(), host);
        QTest::keyClick(canvas, Qt::Key_Left);
        QCOMPARE(selection.current(), host); // the edge
    }

    void zoomsAndComesBack()
    {
        StackStore store;
        store.apply(test::pictureSite());
        Selection selection(&store);
        StrataChart chart(&store, &selection);
        chart.resize(1000, 240);
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        const QPoint right(900, 220);
        QWidget* canvas = chart.childAt(right);
        const ItemId three = test::itemNamed(store.stack(), ItemKind::Host, "metal-03");
        QPoint at;
        for (int x = 0; x < 1000 && at.isNull(); x += 4)
            if (chart.itemAt({x, 220}) == three)
                at = {x + 10, 220};
        QTest::mouseDClick(canvas, Qt::LeftButton, {}, canvas->mapFrom(&chart, at));
        QCOMPARE(chart.zoomed(), three);
        QCOMPARE(chart.itemAt({200, 220}), three);
        QCOMPARE(chart.itemAt({900, 220}), three);
        // It follows what grows beside it.
        test::SiteBuilder b;
        b.host(77, "metal-00", test::uuidOf(0xa0, 77), 64, 2048);
        store.apply(b.batch);
        QCOMPARE(chart.itemAt({200, 220}), three);
        QCOMPARE(chart.itemAt({900, 220}), three);
        QTest::keyClick(canvas, Qt::Key_Escape);
        QVERIFY(!chart.zoomed());
        QVERIFY(chart.itemAt({200, 220}) != three);

        // The wheel keeps what is under the pointer there.
        const ItemId under = chart.itemAt(at);
        const QPointF local = canvas->mapFrom(&chart, at);
        for (int i = 0; i < 6; ++i) {
            QWheelEvent wheel(local, canvas->mapToGlobal(local), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(canvas, &wheel);
            QCOMPARE(chart.itemAt(at), under);
        }
        QTest::keyClick(canvas, Qt::Key_Escape);

        // The zoomed one goes: the whole site is shown.
        chart.zoomTo(three);
        test::SiteBuilder gone;
        gone.batch.sources.push_back({*store.stack().source(test::kHosts[2]), true});
        store.apply(gone.batch);
        QVERIFY(!chart.zoomed());
        QVERIFY(chart.itemAt({200, 220}));
    }

    void remembersItsChoosers()
    {
        StackStore store;
        store.apply(test::pictureSite());
        Selection selection(&store);
        StrataChart chart(&store, &selection);
        chart.resize(1000, 240);
        const QImage byHealth = chart.grab().toImage();
        chart.setColourBy(StrataChart::Colour::Tenant);
        chart.setWidthBy(StrataChart::Width::Pods);
        const QJsonObject state = chart.saveState();
        const QImage byTenant = chart.grab().toImage();
        QVERIFY(byHealth != byTenant);
        StrataChart other(&store, &selection);
        other.resize(1000, 240);
        other.restoreState(state);
        QCOMPARE(other.saveState(), state);
        QCOMPARE(other.grab().toImage(), byTenant);
        other.restoreState({});
        QCOMPARE(other.saveState(), state);
    }
};

QTEST_MAIN(TestStrata)
#include "test_strata.moc"
