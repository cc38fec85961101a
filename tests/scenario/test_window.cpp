// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/composition.h"
#include "app/opening.h"
#include "ui/console/terminalpage.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata;
using namespace strata::stack;

namespace {

ItemId named(const Stack& stack, ItemKind kind, const QString& part)
{
    std::vector<ItemId> todo;
    for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts})
        todo.insert(todo.end(), stack.roots(tree).begin(), stack.roots(tree).end());
    while (!todo.empty()) {
        const Item* item = stack.find(todo.back());
        todo.pop_back();
        if (item->kind == kind && QString::fromStdString(item->name).contains(part))
            return item->id;
        for (const std::vector<ItemId>& children : item->children)
            todo.insert(todo.end(), children.begin(), children.end());
    }
    return {};
}

demosite::Options still()
{
    demosite::Options options;
    options.life = false;
    return options;
}

} // namespace

// The real window on the real demo site: TLS, watches, libvirt's test driver; only the display is not real.
class TestWindow : public QObject {
    Q_OBJECT

    static constexpr int kLongMs = 30000;

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    void theDemoSiteComesToLife()
    {
        QTemporaryDir folder;
        ui::Workspace workspace(folder.filePath(QStringLiteral("workspace.json")));
        workspace.load();
        app::Composition composition(workspace, still());
        const Stack& stack = composition.store().stack();
        ui::MainWindow window(composition.services());
        window.resize(1440, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.openDemo();

        QTRY_COMPARE_WITH_TIMEOUT(stack.count(ItemKind::Host), size_t(4), kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(stack.count(ItemKind::OuterNode), size_t(3), kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(stack.count(ItemKind::TenantCluster), size_t(5), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(stack.count(ItemKind::Workload) >= 40, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(composition.site().settled(), kLongMs);
        // The inner clusters come one after the other, each when its kubeconfig has been read.
        ItemId workload;
        QTRY_VERIFY_WITH_TIMEOUT((workload = named(stack, ItemKind::Workload, QStringLiteral("checkout"))) &&
                                     stack.path(workload).size() == 5,
                                 kLongMs);

        // Something is selected everywhere at once, and its document can be read.
        const ItemId vm = stack.path(workload)[2];
        window.select(vm);
        QCOMPARE(window.current(), vm);
        window.setCurrentTab(QStringLiteral("yaml"));
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                for (const QPlainTextEdit* editor : window.findChildren<QPlainTextEdit*>()) {
                    if (editor->isVisible() &&
                        editor->toPlainText().contains(QStringLiteral("kind: VirtualMachine")))
                        return true;
                }
                return false;
            }(),
            kLongMs);
        QVERIFY(!window.grab().isNull());
        window.close();
    }

    // --select and --tab: waited for, opened, and said when there is no such thing.
    void aWindowOpensAtWhatWasNamed()
    {
        QTemporaryDir folder;
        ui::Workspace workspace(folder.filePath(QStringLiteral("workspace.json")));
        workspace.load();
        app::Composition composition(workspace, still());
        const Stack& stack = composition.store().stack();
        ui::MainWindow window(composition.services());
        window.resize(1440, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        const auto opening = [&](const std::string& select, const std::string& tab) {
            return std::make_unique<app::Opening>(select, tab, composition.site(), composition.store(),
                                                  window);
        };
        auto first = opening("outer-2", "conditions"); // before anything is there
        window.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(first->done(), kLongMs);
        QVERIFY(window.current());
        QCOMPARE(stack.find(window.current())->kind, ItemKind::OuterNode);
        QCOMPARE(std::string(stack.find(window.current())->name), std::string("outer-2"));

        ItemId vm;
        QTRY_VERIFY_WITH_TIMEOUT((vm = named(stack, ItemKind::Vm, QStringLiteral("blue-md"))), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(composition.site().settled(), kLongMs);
        window.select({});
        auto second = opening(stack.find(vm)->name, "serial");
        QTRY_VERIFY_WITH_TIMEOUT(second->done(), kLongMs);
        QCOMPARE(window.current(), vm); // and not the node in it, which has the same name
        QTRY_COMPARE_WITH_TIMEOUT(window.findChildren<ui::TerminalPage*>().size(), 1, kLongMs);

        const auto says = [&window](const QString& words) {
            for (const QLabel* label : window.findChildren<QLabel*>()) {
                if (label->isVisible() && label->text().contains(words))
                    return true;
            }
            return false;
        };
        window.select({});
        auto third = opening("no-such-thing", "");
        QTRY_VERIFY_WITH_TIMEOUT(third->done(), kLongMs);
        QVERIFY(!window.current());
        QVERIFY(says(QStringLiteral("There is no “no-such-thing” here.")));
        auto fourth = opening("outer-1", "nonsense");
        QTRY_VERIFY_WITH_TIMEOUT(fourth->done(), kLongMs);
        QVERIFY(says(QStringLiteral("There is no tab “nonsense”.")));

        // Whoever has chosen something meanwhile keeps it.
        auto fifth = opening("outer-3", "");
        QTRY_VERIFY_WITH_TIMEOUT(fifth->done(), kLongMs);
        QCOMPARE(std::string(stack.find(window.current())->name), std::string("outer-1"));
    }

    void aWindowWithNothingShowsTheWelcomePage()
    {
        QTemporaryDir folder;
        ui::Workspace workspace(folder.filePath(QStringLiteral("workspace.json")));
        workspace.load();
        app::Composition composition(workspace, still());
        ui::MainWindow window(composition.services());
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        bool demo = false;
        for (const QAbstractButton* button : window.findChildren<QAbstractButton*>())
            demo =
                demo || (button->isVisible() && (button->text() + button->accessibleName())
                                                    .contains(QStringLiteral("demo"), Qt::CaseInsensitive));
        QVERIFY(demo);
    }
};

QTEST_MAIN(TestWindow)
#include "test_window.moc"
