// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/stack/filter.h"

#include <QtTest>

#include <algorithm>

using namespace strata;
using namespace strata::ui;
using namespace strata::stack;

class TestFilter : public QObject {
    Q_OBJECT

    Stack m_stack;

    // "kind name" of everything that matches, sorted.
    QStringList found(const QString& text)
    {
        const Filter filter = Filter::parse(text);
        QStringList out;
        std::vector<ItemId> todo;
        for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts})
            todo.insert(todo.end(), m_stack.roots(tree).begin(), m_stack.roots(tree).end());
        while (!todo.empty()) {
            const Item* item = m_stack.find(todo.back());
            todo.pop_back();
            if (filter.matches(m_stack, *item))
                out.append(QLatin1String(toString(item->kind)) + u' ' + QString::fromStdString(item->name));
            for (const Tree tree : {Tree::Stack, Tree::Tenants, Tree::Hosts})
                for (const ItemId child : item->childrenIn(tree))
                    todo.push_back(child);
        }
        out.sort();
        out.removeDuplicates();
        return out;
    }

private Q_SLOTS:
    void initTestCase() { m_stack.apply(test::pictureSite()); }

    void emptyMatchesAll()
    {
        QVERIFY(Filter::parse({}).empty());
        QVERIFY(Filter::parse(QStringLiteral("   ")).empty());
        QVERIFY(Filter::parse(QStringLiteral("layer:")).empty()); // being typed
        QVERIFY(Filter::parse(QStringLiteral("layer:")).hint().isEmpty());
    }

    void words()
    {
        QCOMPARE(found(QStringLiteral("CHECKOUT")), QStringList{QStringLiteral("workload checkout")});
        QVERIFY(found(QStringLiteral("\"check out\"")).isEmpty());
        QCOMPARE(found(QStringLiteral("metal-03")), QStringList{QStringLiteral("host metal-03")});
        // A word may be a kind.
        const QStringList vms = found(QStringLiteral("vm layer:vm"));
        QCOMPARE(vms.filter(QStringLiteral("vm ")).size(), 7);
    }

    void fields()
    {
        QCOMPARE(found(QStringLiteral("layer:vm state:failed tenant:blue kind:vm")),
                 QStringList{QStringLiteral("vm blue-md-0-x8k2p")});
        QCOMPARE(found(QStringLiteral("layer:vm state:paused kind:vm")),
                 QStringList{QStringLiteral("vm blue-md-0-x8k2p")});
        QCOMPARE(found(QStringLiteral("kind:host health:warning")),
                 QStringList{QStringLiteral("host metal-02")});
        QCOMPARE(found(QStringLiteral("kind:outer-node node:metal-02")),
                 QStringList{QStringLiteral("outer-node outer-2")});
        QCOMPARE(found(QStringLiteral("kind:vm node:outer-3")),
                 QStringList{QStringLiteral("vm red-cp-t6v2s")});
        QCOMPARE(found(QStringLiteral("ns:lab")), QStringList{QStringLiteral("workload db")});
        QCOMPARE(found(QStringLiteral("kind:statefulset")), QStringList{QStringLiteral("workload db")});
        QCOMPARE(found(QStringLiteral("name:outer-1,outer-3 kind:outer-node")),
                 (QStringList{QStringLiteral("outer-node outer-1"), QStringLiteral("outer-node outer-3")}));
    }

    void quotes()
    {
        QCOMPARE(found(QStringLiteral("\"enrolled, not\"")), QStringList{QStringLiteral("host metal-04")});
        QVERIFY(found(QStringLiteral("\"kind:vm\"")).isEmpty()); // a word with a colon in it
        QVERIFY(Filter::parse(QStringLiteral("\"kind:vm\"")).hint().isEmpty());
        QCOMPARE(found(QStringLiteral("name:\"check")), QStringList{QStringLiteral("workload checkout")});
    }

    void unknownFieldsGiveAHint()
    {
        const Filter filter = Filter::parse(QStringLiteral("colour:red outer-1"));
        QVERIFY(filter.hint().contains(QStringLiteral("colour")));
        QVERIFY(filter.hint().contains(QStringLiteral("layer")));
        QVERIFY(!filter.empty()); // the rest holds
        QVERIFY(Filter::parse(QStringLiteral("layer:cheese")).hint().contains(QStringLiteral("bare-metal")));
        QVERIFY(Filter::parse(QStringLiteral("health:great")).hint().contains(QStringLiteral("failed")));
        QVERIFY(Filter::parse(QString(5000, u':')).hint().size() < 400);
    }
};

QTEST_GUILESS_MAIN(TestFilter)
#include "test_filter.moc"
