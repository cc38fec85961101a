// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/settings/workspace.h"
#include "ui/shell/attention.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata;
using namespace strata::stack;
using namespace strata::ui;

using Sources = std::set<SourceId>;

class TestAttention : public QObject {
    Q_OBJECT

    static ItemId tenant(const Stack& stack, const std::string& name)
    {
        for (const ItemId root : stack.roots(Tree::Tenants)) {
            const Item* item = stack.find(root);
            if (item->kind == ItemKind::TenantCluster && item->name == name)
                return root;
        }
        return {};
    }

private Q_SLOTS:
    void ofItems()
    {
        Stack stack;
        stack.apply(test::pictureSite());
        const ItemId blue = tenant(stack, "blue");
        const ItemId green = tenant(stack, "green");
        QVERIFY(blue && green);
        QCOMPARE(tenantsOf(stack, {}, {}), Sources());
        QCOMPARE(tenantsOf(stack, {blue}, {}), Sources{test::kBlue});
        // Whatever is a tenant's: a machine, the VM of it, a node in it.
        for (const ItemId child : stack.find(blue)->childrenIn(Tree::Tenants))
            QCOMPARE(tenantsOf(stack, {child}, {}), Sources{test::kBlue});
        const QString key = QString::fromStdString(stack.find(green)->key);
        QCOMPARE(tenantsOf(stack, {blue}, {key, QStringLiteral("gone")}),
                 (Sources{test::kBlue, test::kGreen}));
        // What is nobody's.
        for (const ItemId host : stack.roots(Tree::Hosts))
            QCOMPARE(tenantsOf(stack, {host}, {}), Sources());
    }

    void followsWhatIsOnTheScreen()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("workspace.json"));
        Workspace workspace(path);
        workspace.load();
        StackStore store;
        Selection selection(&store);
        StackPanel panel(&store, &selection);
        panel.resize(480, 900);
        panel.setPerspective(Tree::Tenants);
        std::vector<Sources> told;
        Attention attention(
            &store, &panel, &selection, &workspace,
            [&](const std::vector<SourceId>& at) { told.emplace_back(at.begin(), at.end()); }, nullptr);
        store.apply(test::pictureSite());
        QTest::qWait(0);
        QVERIFY(told.empty() || told.back().empty()); // nobody sees it yet
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        const auto has = [&](SourceId source) { return !told.empty() && told.back().count(source) != 0; };
        QTRY_VERIFY(has(test::kBlue) && has(test::kGreen));
        // Filtered away is not on the screen.
        panel.setFilter(QStringLiteral("tenant:blue"));
        QTRY_VERIFY(has(test::kBlue) && !has(test::kGreen));
        // Pinned is.
        const ItemId green = tenant(store.stack(), "green");
        QVERIFY(!attention.isPinned(green));
        attention.setPinned(green, true);
        QVERIFY(has(test::kGreen));
        QVERIFY(attention.isPinned(green));
        QVERIFY(workspace.saveNow());
        Workspace again(path);
        again.load();
        QCOMPARE(again.panelState(QStringLiteral("pins")).value(QLatin1String("tenants")).toArray().size(),
                 1);
        attention.setPinned(green, false);
        QVERIFY(!has(test::kGreen));
        // The current item counts, shown in the tree or not.
        selection.select(green);
        QTRY_VERIFY(has(test::kGreen));
        const std::size_t before = told.size();
        attention.refresh();
        QCOMPARE(told.size(), before + 1);
    }
};

QTEST_MAIN(TestAttention)
#include "test_attention.moc"
