// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/fakedocuments.h"
#include "ui/details/breadcrumb.h"
#include "ui/details/cards.h"
#include "ui/details/conditionspage.h"
#include "ui/details/detailspanel.h"
#include "ui/details/documentpage.h"
#include "ui/details/eventspage.h"
#include "ui/details/overviewpage.h"
#include "ui/details/page.h"
#include "ui/details/podtable.h"
#include "ui/details/statepill.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/underlinetabs.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace strata;
using namespace strata::stack;

namespace {

const ui::Card* card(const ui::Page& page, const char* id)
{
    for (const ui::Card& each : page.cards) {
        if (each.id == QLatin1String(id))
            return &each;
    }
    return nullptr;
}

QString fact(const ui::Page& page, const char* cardId, const char* label)
{
    if (const ui::Card* found = card(page, cardId)) {
        for (const ui::FactRow& row : found->facts) {
            if (row.label == QLatin1String(label))
                return row.value;
        }
    }
    return QStringLiteral("(none)");
}

struct Fixture {
    ui::StackStore store;
    ui::Selection selection{&store};
    test::FakeDocuments documents;
    UnixMs now = test::kNow;
    std::unique_ptr<ui::DetailsPanel> panel;

    explicit Fixture(const Batch& site = test::pictureSite())
    {
        store.apply(site);
        panel = std::make_unique<ui::DetailsPanel>(&store, &selection, &documents);
        panel->setClock([this] { return now; });
        panel->resize(1000, 560);
        panel->show();
    }
    void select(const std::string& name, ItemKind kind)
    {
        const ItemId id = test::itemNamed(store.stack(), kind, name);
        QVERIFY2(id, name.c_str());
        selection.select(id);
    }
    template<typename T>
    T* part() const
    {
        return panel->findChild<T*>();
    }
};

} // namespace

class TestDetails : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    // The signs between the places of a path point the way in which it is read.
    void thePathPointsTheWayItIsRead_data()
    {
        QTest::addColumn<Qt::LayoutDirection>("direction");
        QTest::newRow("left to right") << Qt::LeftToRight;
        QTest::newRow("right to left") << Qt::RightToLeft;
    }
    void thePathPointsTheWayItIsRead()
    {
        QFETCH(Qt::LayoutDirection, direction);
        QGuiApplication::setLayoutDirection(direction); // what is grabbed is painted in the program's
        const auto back = qScopeGuard([] { QGuiApplication::setLayoutDirection(Qt::LeftToRight); });
        ui::Breadcrumb path;
        path.setParts({{{}, QStringLiteral("OO"), {}, false}, {{}, QStringLiteral("OO"), {}, false}});
        path.resize(200, path.sizeHint().height());
        const QImage image = path.grab().toImage();
        const QColor paper = image.pixelColor(image.width() / 2, 0);
        const auto ink = [&](int x, int y) { return image.pixelColor(x, y) != paper; };
        // Columns with ink, in groups that a gap of at least three parts: a name, the sign, a name.
        std::vector<std::pair<int, int>> groups;
        for (int x = 0; x < image.width(); ++x) {
            bool any = false;
            for (int y = 0; y < image.height(); ++y)
                any = any || ink(x, y);
            if (any && (groups.empty() || x - groups.back().second > 3))
                groups.emplace_back(x, x);
            if (any)
                groups.back().second = x;
        }
        QCOMPARE(groups.size(), std::size_t(3));
        const auto [from, to] = groups[1];
        int first = -1;
        int last = -1;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = from; x <= to; ++x) {
                if (!ink(x, y))
                    continue;
                first = first < 0 ? y : first;
                last = y;
            }
        }
        const auto middleOf = [&](int y) {
            int sum = 0;
            int count = 0;
            for (int x = from; x <= to; ++x) {
                sum += ink(x, y) ? x : 0;
                count += ink(x, y) ? 1 : 0;
            }
            return double(sum) / std::max(1, count);
        };
        const double tip = middleOf((first + last) / 2);
        const double end = middleOf(first);
        QVERIFY2(direction == Qt::LeftToRight ? tip > end : tip < end,
                 qPrintable(QStringLiteral("tip %1, end %2").arg(tip).arg(end)));
    }

    // With nothing selected the panel is about everything: what runs, the room, the platform, the way in.
    void theWholeSite()
    {
        Fixture f;
        test::SiteBuilder more;
        ObjectFact virt;
        virt.meta = test::metaOf("kubevirt.io/v1", "kubevirt", "kubevirt");
        virt.phase = "Deployed";
        virt.fields = {{"observedKubeVirtVersion", "v1.6.2"}};
        more.put(test::kOuter, FactKind::KubeVirt, "kubevirt/kubevirt", virt);
        ObjectFact manager;
        manager.meta = test::metaOf("apps/v1", "capi-system", "capi-controller-manager");
        manager.fields = {{"image", "registry.example:5000/cluster-api/controller:v1.10.4@sha256:00"},
                          {"replicas", "1"}};
        more.put(test::kOuter, FactKind::Deployment, "capi-system/capi-controller-manager", manager);
        f.store.apply(more.batch);
        const Stack& stack = f.store.stack();
        ui::Page p = ui::buildSitePage(stack, test::kNow);
        QCOMPARE(fact(p, "runs", "Hosts with an outer node"), QStringLiteral("3 of 4"));
        QCOMPARE(
            fact(p, "runs", "VMs well"),
            QStringLiteral("%1 of %2").arg(stack.count(ItemKind::Vm) - 1).arg(stack.count(ItemKind::Vm)));
        QCOMPARE(fact(p, "runs", "Outer nodes well"), QStringLiteral("2 of 3"));
        QCOMPARE(fact(p, "room", "Memory of the hosts"), QStringLiteral("2.5 TiB"));
        const QString platform = QStringLiteral("platform-%1").arg(test::kOuter);
        QCOMPARE(fact(p, platform.toUtf8(), "KubeVirt"), QStringLiteral("v1.6.2"));
        QCOMPARE(fact(p, platform.toUtf8(), "Cluster API"), QStringLiteral("v1.10.4 · not available"));
        QCOMPARE(fact(p, "connections", "Hosts"), QStringLiteral("4 live"));
        // The one that is not well comes first.
        QCOMPARE(card(p, "clusters")->links.front().name, QStringLiteral("blue"));
        QCOMPARE(card(p, "clusters")->aside, QString::number(card(p, "clusters")->links.size()));

        QVERIFY(!f.selection.current());
        QTRY_COMPARE(f.part<ui::OverviewPage>()->page(), p);
        QVERIFY(f.part<ui::OverviewPage>()->isVisible());
        ui::LinkButton* first = nullptr;
        for (ui::LinkButton* each : f.panel->findChildren<ui::LinkButton*>()) {
            if (each->isVisible() && each->link().name == QLatin1String("blue"))
                first = each;
        }
        QVERIFY(first != nullptr);
        first->click();
        QCOMPARE(f.selection.current(), test::itemNamed(stack, ItemKind::TenantCluster, "blue"));
        QTRY_VERIFY(f.part<ui::StatePill>()->isVisible());
        f.selection.select({});
        QCOMPARE(f.part<ui::OverviewPage>()->page(), ui::buildSitePage(stack, test::kNow));
        QVERIFY(!f.part<ui::StatePill>()->isVisible());
    }

    void pages()
    {
        ui::StackStore store;
        store.setClock([] { return test::kNow; });
        store.apply(test::pictureSite());
        const Stack& stack = store.stack();
        const auto page = [&](const char* name, ItemKind kind) {
            const ItemId id = test::itemNamed(stack, kind, name);
            ui::Page built = id ? ui::buildPage(stack, id, test::kNow) : ui::Page();
            ui::pointToCause(stack, ui::buildWhy(stack, store.diagnosis(), id, test::kNow), built);
            return built;
        };
        ui::Page p = page("metal-01", ItemKind::Host);
        QCOMPARE(fact(p, "host", "Host name"), QStringLiteral("metal-01"));
        QCOMPARE(fact(p, "host", "Processor"), QStringLiteral("AMD EPYC-Milan"));
        QCOMPARE(fact(p, "host", "Memory"), QStringLiteral("512 GiB"));
        QCOMPARE(fact(p, "virtualization", "KVM usable"), QStringLiteral("yes"));
        QCOMPARE(card(p, "carries")->links.size(), std::size_t(1));
        QCOMPARE(card(p, "domains")->links.size(), std::size_t(3));
        QVERIFY(card(p, "reason") == nullptr);

        p = page("outer-2", ItemKind::OuterNode);
        QCOMPARE(fact(p, "node", "Kubelet"), QStringLiteral("v1.34.1"));
        QCOMPARE(fact(p, "load", "MemoryPressure"), QStringLiteral("True · 4m"));
        QCOMPARE(fact(p, "kubevirt", "VMs"), QStringLiteral("3"));
        QVERIFY(card(p, "reason") != nullptr);
        QVERIFY(card(p, "evidence") != nullptr);
        QVERIFY(card(p, "chart-memory") != nullptr);

        p = page("blue-md-0-x8k2p", ItemKind::Vm);
        QCOMPARE(fact(p, "vm", "Phase"), QStringLiteral("Running (paused)"));
        QCOMPARE(fact(p, "vm", "vCPU / memory"), QStringLiteral("16 / 190 GiB"));
        QCOMPARE(fact(p, "vm", "Guest"), QStringLiteral("Ubuntu 22.04.5 LTS"));
        QCOMPARE(fact(p, "vm", "IP"), QStringLiteral("10.244.2.31"));
        QCOMPARE(fact(p, "vm", "Root disk"), QStringLiteral("blue-md-0-x8k2p-root · 40 GiB"));
        QCOMPARE(fact(p, "machine", "Cluster"), QStringLiteral("blue"));
        QCOMPARE(fact(p, "machine", "Node healthy"), QStringLiteral("False · 4m"));
        QVERIFY(fact(p, "launcher", "Launcher pod").startsWith(QLatin1String("virt-launcher-")));
        QVERIFY(card(p, "reason")->notes.front().sub.contains(QLatin1String("PausedIOError")));
        QVERIFY(card(p, "related") != nullptr); // its domain, machine and cluster

        p = page("blue-md-0-x8k2p", ItemKind::InnerNode);
        QCOMPARE(fact(p, "node", "Ready"), QStringLiteral("Unknown · 4m"));
        QCOMPARE(fact(p, "vm", "Outer node"), QStringLiteral("outer-2"));
        QCOMPARE(card(p, "reason")->links.size(), std::size_t(1)); // look at the VM first
        QCOMPARE(card(p, "reason")->links.front().kind, ItemKind::Vm);

        p = page("checkout", ItemKind::Workload);
        QCOMPARE(fact(p, "workload", "Kind"), QStringLiteral("Deployment"));
        QCOMPARE(fact(p, "workload", "Pods ready"), QStringLiteral("0/1"));
        QCOMPARE(card(p, "pods")->pods.size(), std::size_t(1));
        QCOMPARE(card(p, "pods")->pods.front().ready, QStringLiteral("0/1"));

        p = page("blue", ItemKind::TenantCluster);
        QCOMPARE(fact(p, "cluster", "Phase"), QStringLiteral("Provisioned"));
        QCOMPARE(fact(p, "cluster", "Pod network"), QStringLiteral("10.243.0.0/16"));
        QCOMPARE(fact(p, "controlplane", "Machines ready"), QStringLiteral("1/1"));
        QCOMPARE(fact(p, "api", "Version"), QStringLiteral("v1.33.4"));
        QCOMPARE(card(p, "members")->links.size(), std::size_t(2));

        p = page("Control plane", ItemKind::ControlPlane);
        QVERIFY(fact(p, "controlplane", "Name").endsWith(QLatin1String("-cp")));
        QCOMPARE(fact(p, "controlplane", "Machines ready"), QStringLiteral("1/1"));

        p = page("blue-md-0", ItemKind::WorkerPool);
        QCOMPARE(fact(p, "pool", "Machines ready"), QStringLiteral("1/2"));
        QCOMPARE(card(p, "members")->links.size(), std::size_t(2));

        p = page("blue-md-0-x8k2p", ItemKind::Machine);
        QCOMPARE(fact(p, "machine", "Machine"), QStringLiteral("blue-md-0-x8k2p"));
        QCOMPARE(fact(p, "infrastructure", "KubevirtMachine"), QStringLiteral("blue-md-0-x8k2p"));

        p = page("tenant-blue_blue-md-0-x8k2p", ItemKind::Domain);
        QCOMPARE(fact(p, "domain", "State"), QStringLiteral("running"));
        QCOMPARE(fact(p, "domain", "Host"), QStringLiteral("metal-02"));
    }

    void placeholderPage()
    {
        Stack stack;
        test::SiteBuilder b;
        b.source(test::kOuter, SourceKind::OuterCluster, "rack-a", "https://x", "v1");
        b.machine(0, "blue", "lonely", "nowhere", false, 2, 4, false);
        stack.apply(b.batch);
        const ItemId id = test::itemNamed(stack, ItemKind::Placeholder, "Not scheduled");
        QVERIFY(id);
        const ui::Page page = ui::buildPage(stack, id, test::kNow);
        QVERIFY(card(page, "what") != nullptr);
        QCOMPARE(card(page, "carries")->links.size(), std::size_t(1));
    }

    void tabsMakeSense()
    {
        Fixture f;
        f.select("metal-01", ItemKind::Host);
        QCOMPARE(f.panel->tabs(),
                 QStringList({QStringLiteral("overview"), QStringLiteral("why"), QStringLiteral("yaml")}));
        f.select("outer-1", ItemKind::OuterNode);
        QCOMPARE(f.panel->tabs(),
                 QStringList({QStringLiteral("overview"), QStringLiteral("why"), QStringLiteral("conditions"),
                              QStringLiteral("events"), QStringLiteral("yaml")}));
        f.select("checkout", ItemKind::Workload);
        QCOMPARE(f.panel->tabs(), QStringList({QStringLiteral("overview"), QStringLiteral("why"),
                                               QStringLiteral("events"), QStringLiteral("yaml")}));
        // A tab that is not there for one item is there again for the next.
        f.select("outer-1", ItemKind::OuterNode);
        f.panel->setCurrentTab(QStringLiteral("conditions"));
        QCOMPARE(f.panel->currentTab(), QStringLiteral("conditions"));
        f.select("metal-01", ItemKind::Host);
        QCOMPARE(f.panel->currentTab(), QStringLiteral("overview"));
        f.select("outer-2", ItemKind::OuterNode);
        QCOMPARE(f.panel->currentTab(), QStringLiteral("conditions"));
        f.panel->setCurrentTab(QStringLiteral("nonsense"));
        QCOMPARE(f.panel->currentTab(), QStringLiteral("conditions"));
        f.selection.select({});
        QVERIFY(!f.part<ui::UnderlineTabs>()->isVisible());
        f.select("outer-2", ItemKind::OuterNode);
        QCOMPARE(f.panel->currentTab(), QStringLiteral("conditions"));
        QVERIFY(f.part<ui::ConditionsPage>()->isVisible());
    }

    void head()
    {
        Fixture f;
        f.select("blue-md-0-x8k2p", ItemKind::Vm);
        QCOMPARE(f.part<ui::StatePill>()->text(), QStringLiteral("Paused"));
        auto* path = f.part<ui::Breadcrumb>();
        QStringList names;
        for (const auto& part : path->parts())
            names << part.name;
        QCOMPARE(names,
                 QStringList({QStringLiteral("metal-02"), QStringLiteral("outer-2"),
                              QStringLiteral("blue-md-0-x8k2p"), QStringLiteral("blue-md-0-x8k2p (node)")}));
        path->setFocus();
        QTest::keyClick(path, Qt::Key_Left);
        QTest::keyClick(path, Qt::Key_Return);
        QCOMPARE(f.selection.current(), test::itemNamed(f.store.stack(), ItemKind::OuterNode, "outer-2"));
        // Narrow: nothing is wider than the widget.
        path->resize(120, path->height());
        QVERIFY(path->minimumSizeHint().width() < 120);
    }

    void namesFromOutsideAreLiteral()
    {
        Batch site = test::pictureSite();
        const std::string evil = "<b>bold</b><img src=x>";
        test::SiteBuilder b;
        b.batch = site;
        b.host(test::kHosts[0], evil, test::uuidOf(0xa0, 1), 64, 512);
        Fixture f(b.batch);
        f.select("outer-1", ItemKind::OuterNode); // on that host
        f.selection.select(f.store.stack().find(f.selection.current())->parentIn(Tree::Stack));
        bool found = false;
        for (const QLabel* label : f.panel->findChildren<QLabel*>()) {
            QCOMPARE(label->textFormat(), Qt::PlainText);
            found = found || label->text().contains(QLatin1String("<b>bold"));
        }
        QVERIFY(found);
    }

    void updatesInPlace()
    {
        Fixture f;
        f.select("outer-1", ItemKind::OuterNode);
        auto* overview = f.part<ui::OverviewPage>();
        auto* node = overview->findChild<ui::CardFrame*>(QStringLiteral("card-node"));
        QVERIFY(node != nullptr);
        const auto valueOf = [node](const QString& text) -> ui::ValueLabel* {
            for (ui::ValueLabel* label : node->findChildren<ui::ValueLabel*>()) {
                if (label->fullText() == text)
                    return label;
            }
            return nullptr;
        };
        ui::ValueLabel* kernel = valueOf(QStringLiteral("5.15.0-130-generic"));
        ui::ValueLabel* kubelet = valueOf(QStringLiteral("v1.34.1"));
        QVERIFY(kernel != nullptr && kubelet != nullptr);
        kernel->setSelection(0, 4);
        const QPointer<ui::CardFrame> sameCard = node;
        test::SiteBuilder b;
        KubeNodeFact fact = b.node("outer-1", test::uuidOf(0xa0, 1), 64, 500);
        fact.kubeletVersion = "v1.34.2";
        b.put(test::kOuter, FactKind::KubeNode, "outer-1", fact);
        f.store.apply(b.batch);
        QTRY_COMPARE(kubelet->fullText(), QStringLiteral("v1.34.2"));
        QVERIFY(sameCard != nullptr);
        QCOMPARE(kernel->selectedText(), QStringLiteral("5.15"));
        // Ages tick without a delta.
        ui::ValueLabel* age = valueOf(QStringLiteral("60m"));
        QVERIFY(age != nullptr);
        f.now += 10 * 60000;
        QTRY_COMPARE_WITH_TIMEOUT(age->fullText(), QStringLiteral("70m"), 5000);
        QCOMPARE(kernel->selectedText(), QStringLiteral("5.15"));
    }

    void linksLead()
    {
        Fixture f;
        f.select("outer-1", ItemKind::OuterNode);
        auto* carries = f.panel->findChild<ui::CardFrame*>(QStringLiteral("card-carries"));
        QVERIFY(carries != nullptr);
        auto* link = carries->findChild<ui::LinkButton*>();
        const ItemId wanted = link->link().item;
        link->setFocus();
        QTest::keyClick(link, Qt::Key_Return);
        QCOMPARE(f.selection.current(), wanted);
        QCOMPARE(f.store.stack().find(wanted)->kind, ItemKind::Vm);
    }

    void columnsFollowTheWidth()
    {
        Fixture f;
        f.select("outer-1", ItemKind::OuterNode);
        auto* overview = f.part<ui::OverviewPage>();
        const auto columns = [overview] {
            QSet<int> lefts;
            for (const ui::CardFrame* frame : overview->findChildren<ui::CardFrame*>())
                lefts.insert(frame->x());
            return int(lefts.size());
        };
        // A card is as wide as so many letters of the program's font, which machines differ in.
        const int card = QFontMetrics(QApplication::font()).averageCharWidth() * 36;
        f.panel->resize(card * 4, 560);
        QTRY_COMPARE(columns(), 3);
        // How narrow it can be is the machine's affair, too: the rest of the panel wants its room.
        f.panel->resize(card * 3 / 2, 560);
        const QLayout* layout = overview->findChild<ui::CardFrame*>()->parentWidget()->layout();
        QVERIFY(layout != nullptr);
        const auto fitting = [layout, card] {
            return std::max(1, (layout->contentsRect().width() + 12) / (card + 12));
        };
        QTRY_VERIFY(fitting() < 3);
        QTRY_COMPARE(columns(), fitting());
        for (const ui::CardFrame* frame : overview->findChildren<ui::CardFrame*>())
            QVERIFY(frame->geometry().right() <= overview->viewport()->width());
    }

    // Half an amount is none: where there is little room it is said in fewer words, never cut.
    void amountsAreNeverCut()
    {
        Fixture f;
        f.select("outer-1", ItemKind::OuterNode);
        auto* overview = f.part<ui::OverviewPage>();
        const auto amounts = [overview] {
            QList<ui::ValueLabel*> found;
            for (const char* name : {"card-load", "card-chart-memory"}) {
                const auto* frame = overview->findChild<ui::CardFrame*>(QLatin1String(name));
                for (ui::ValueLabel* label :
                     frame == nullptr ? QList<ui::ValueLabel*>() : frame->findChildren<ui::ValueLabel*>()) {
                    if (label->fullText().contains(QLatin1String(" %)")))
                        found << label;
                }
            }
            return found;
        };
        QTRY_VERIFY(amounts().size() >= 3);
        QCOMPARE(amounts().first()->fullText().count(QLatin1String(" of ")), 1);
        QSet<QString> forms;
        for (int width = 1500; width > 300; width -= 19) { // through all numbers of columns
            f.panel->resize(width, 560);
            QCoreApplication::processEvents();
            for (const ui::ValueLabel* label : amounts()) {
                QVERIFY2(!label->text().contains(QChar(0x2026)), qPrintable(label->text()));
                QVERIFY2(label->text().endsWith(QLatin1Char('%')) || label->text().endsWith(QLatin1Char(')')),
                         qPrintable(label->text()));
                const bool whole = label->text() == label->fullText();
                QCOMPARE(label->isElided(), !whole);
                QVERIFY(whole || label->toolTip().contains(label->fullText()));
                forms.insert(label->text());
            }
        }
        // Shorter forms were needed on the way, else nothing was tried.
        QVERIFY(std::any_of(forms.begin(), forms.end(),
                            [](const QString& form) { return !form.contains(QLatin1String(" of ")); }));
    }

    void podsStayInPlace()
    {
        ui::PodModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto pod = [](const char* name, unsigned restarts) {
            ui::PodRow row;
            row.name = QString::fromLatin1(name);
            row.restarts = restarts;
            return row;
        };
        model.show({pod("a", 0), pod("b", 0), pod("c", 0)});
        const QPersistentModelIndex b = model.index(1, 0);
        model.show({pod("c", 1), pod("b", 2), pod("d", 0)});
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(b.data().toString(), QStringLiteral("b"));
        QCOMPARE(b.row(), 1);
        QCOMPARE(model.index(1, ui::PodModel::Restarts).data().toInt(), 2);
        QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("c"));
        QCOMPARE(model.index(2, 0).data().toString(), QStringLiteral("d"));
        model.show({});
        QCOMPARE(model.rowCount(), 0);
    }

    void eventsOfAllObjects()
    {
        Fixture f;
        f.documents.onEvents = [](const ObjectRef& object) {
            return Result<std::vector<EventRow>>(std::vector<EventRow>{
                {"Warning", "Bad", "<i>" + object.kind + "</i>\nline", "kubelet", object.kind, object.name, 2,
                 test::kNow - 60000, test::kNow - (object.kind == "VirtualMachine" ? 1000 : 30000)}});
        };
        f.select("blue-md-0-x8k2p", ItemKind::Vm);
        f.panel->setCurrentTab(QStringLiteral("events"));
        auto* events = f.part<ui::EventsPage>();
        QTRY_COMPARE_WITH_TIMEOUT(events->count(), int(f.store.stack().objects(f.selection.current()).size()),
                                  5000);
        auto* table = events->findChild<QTableView*>();
        QVERIFY(table->isVisible());
        const QAbstractItemModel* model = table->model();
        QCOMPARE(model->index(0, ui::EventModel::Last).data().toString(),
                 QStringLiteral("1s")); // newest first
        QCOMPARE(model->index(0, ui::EventModel::Message).data().toString(),
                 QStringLiteral("<i>VirtualMachine</i> line"));
        QTRY_COMPARE(f.panel->findChildren<QTabBar*>().first()->tabText(3),
                     QStringLiteral("Events %1").arg(events->count()));
    }

    void eventStates()
    {
        Fixture f;
        f.documents.hold = true;
        f.select("outer-1", ItemKind::OuterNode);
        f.panel->setCurrentTab(QStringLiteral("events"));
        auto* events = f.part<ui::EventsPage>();
        QTRY_VERIFY_WITH_TIMEOUT(!f.documents.eventsAsked.empty(), 5000);
        QCOMPARE(events->stateText(), QStringLiteral("Reading events…"));
        f.documents.onEvents = [](const ObjectRef&) -> Result<std::vector<EventRow>> {
            return fail(ErrorKind::Forbidden, "You may not list events.", "events is forbidden", 403);
        };
        f.documents.release();
        QVERIFY2(events->stateText().contains(QLatin1String("not allowed")), qPrintable(events->stateText()));
        auto* retry = events->findChild<QPushButton*>();
        QVERIFY(retry->isVisible());
        f.documents.onEvents = [](const ObjectRef&) { return Result<std::vector<EventRow>>(); };
        retry->click();
        QTRY_VERIFY(events->stateText().contains(QLatin1String("No events")));
        QVERIFY(!retry->isVisible());
    }

    void lateAnswersAreDropped()
    {
        Fixture f;
        f.documents.hold = true;
        f.select("outer-1", ItemKind::OuterNode);
        f.panel->setCurrentTab(QStringLiteral("yaml"));
        QTRY_VERIFY(!f.documents.documentsAsked.empty());
        f.select("outer-2", ItemKind::OuterNode);
        QTRY_COMPARE(f.documents.documentsAsked.size(), std::size_t(2));
        f.documents.release();
        auto* page = f.part<ui::DocumentPage>();
        QTRY_VERIFY(page->text().contains(QLatin1String("outer-2")));
        QVERIFY(!page->text().contains(QLatin1String("outer-1")));
    }

    void documents()
    {
        Fixture f;
        f.select("blue-md-0-x8k2p", ItemKind::Vm);
        f.panel->setCurrentTab(QStringLiteral("yaml"));
        auto* page = f.part<ui::DocumentPage>();
        QTRY_VERIFY(page->text().contains(QLatin1String("VirtualMachine")));
        f.documents.onDocument = [](const ObjectRef&) -> Result<std::string> {
            return fail(ErrorKind::NotFound, "The object is not there any more.");
        };
        for (QPushButton* button : page->findChildren<QPushButton*>()) {
            if (button->text() == QLatin1String("Reload"))
                button->click();
        }
        QTRY_VERIFY(page->stateText().contains(QLatin1String("It is gone")));
        // Libvirt's documents are XML, and the tab says so.
        f.documents.onDocument = [](const ObjectRef&) { return Result<std::string>("<capabilities/>"); };
        f.select("metal-01", ItemKind::Host);
        QTRY_COMPARE(page->text(), QStringLiteral("<capabilities/>"));
        QCOMPARE(f.panel->findChildren<QTabBar*>().first()->tabText(2), QStringLiteral("XML"));
    }

    void documentsAreCleaned()
    {
        bool cut = true;
        QCOMPARE(ui::shownDocument("a: \"\xE2\x80\xAE"
                                   "evil\"\r\nb: \x1b[31m\n",
                                   1000, cut),
                 QStringLiteral("a: \"evil\"\nb:  [31m\n"));
        QVERIFY(!cut);
        QCOMPARE(ui::shownDocument("abc\ndef", 5, cut), QStringLiteral("abc\nd"));
        QVERIFY(cut);
        QCOMPARE(ui::shownDocument("", 5, cut), QString());
    }

    void findsInDocuments()
    {
        Fixture f;
        f.documents.onDocument = [](const ObjectRef&) {
            return Result<std::string>("one: alpha\ntwo: beta\nthree: alphabet\n");
        };
        f.select("outer-1", ItemKind::OuterNode);
        f.panel->setCurrentTab(QStringLiteral("yaml"));
        auto* page = f.part<ui::DocumentPage>();
        QTRY_VERIFY(page->text().contains(QLatin1String("beta")));
        auto* view = page->findChild<QPlainTextEdit*>();
        view->setFocus();
        QTest::keyClick(view, Qt::Key_F, Qt::ControlModifier);
        auto* field = page->findChild<QLineEdit*>();
        QVERIFY(field->isVisible());
        QTest::keyClicks(field, QStringLiteral("alpha"));
        QCOMPARE(view->extraSelections().size(), 2);
        QCOMPARE(view->textCursor().selectedText(), QStringLiteral("alpha"));
        const int first = view->textCursor().position();
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(view->textCursor().position() > first);
        QTest::keyClick(field, Qt::Key_Return); // around
        QCOMPARE(view->textCursor().position(), first);
        QTest::keyClick(field, Qt::Key_Escape);
        QVERIFY(!field->isVisible());
        QCOMPARE(view->extraSelections().size(), 0);
    }

    void longDocumentsStayPlain()
    {
        Fixture f;
        f.documents.onDocument = [](const ObjectRef&) {
            std::string text;
            for (int i = 0; i < 40000; ++i)
                text += "key-" + std::to_string(i) + ": value\n";
            return Result<std::string>(text);
        };
        f.select("outer-1", ItemKind::OuterNode);
        f.panel->setCurrentTab(QStringLiteral("yaml"));
        auto* page = f.part<ui::DocumentPage>();
        QTRY_VERIFY_WITH_TIMEOUT(page->text().contains(QLatin1String("key-39999")), 10000);
        bool said = false;
        for (const QLabel* label : page->findChildren<QLabel*>())
            said = said || label->text().contains(QLatin1String("Too long to be coloured"));
        QVERIFY(said);
    }

    void leavesWhatIsGone()
    {
        Fixture f;
        f.select("checkout", ItemKind::Workload);
        test::SiteBuilder b;
        b.drop(test::kBlue, FactKind::Pod, "shop/checkout-6d9f8c7b5-kq2zx");
        f.store.apply(b.batch);
        QCOMPARE(f.selection.current(),
                 test::itemNamed(f.store.stack(), ItemKind::InnerNode, "blue-md-0-x8k2p"));
        QTRY_VERIFY(f.part<ui::OverviewPage>()->findChild<ui::CardFrame*>(QStringLiteral("card-node")) !=
                    nullptr);
    }
};

QTEST_MAIN(TestDetails)
#include "test_details.moc"
