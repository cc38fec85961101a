// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/fakedocuments.h"
#include "ui/compare/comparedialog.h"
#include "ui/compare/paststates.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QtTest>

using namespace strata;
using namespace strata::ui;

class TestCompare : public QObject {
    Q_OBJECT

    static CompareDialog::Side side(const QString& title, const QStringList& texts)
    {
        CompareDialog::Side out;
        out.title = title;
        for (qsizetype i = 0; i < texts.size(); ++i)
            out.objects.push_back(
                {1, "apps", "v1", "deployments", "Deployment", "shop", "web" + std::to_string(i), {}});
        out.fetch = [texts](const stack::ObjectRef& object, QObject* context, auto done) {
            const QString text = texts[QString::fromStdString(object.name).right(1).toInt()];
            QMetaObject::invokeMethod(
                context,
                [text, done] {
                    if (text.isEmpty())
                        done(fail(ErrorKind::Gone, "The server has forgotten it."));
                    else
                        done(text.toStdString());
                },
                Qt::QueuedConnection);
        };
        return out;
    }
    static QString deployment(int replicas, const QString& more = {})
    {
        return QStringLiteral("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"
                              "  resourceVersion: \"%1\"\n  uid: u%1\nspec:\n  replicas: %1\n%2"
                              "status:\n  readyReplicas: %1\n")
            .arg(replicas)
            .arg(more);
    }

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }

    void linesStandOppositeEachOther()
    {
        using Kind = SideLine::Kind;
        const auto lines = sideBySide(QStringLiteral("a\nb\nc\nd"), QStringLiteral("a\nB\nBB\nc"));
        QCOMPARE(lines.size(), std::size_t(5));
        QCOMPARE(lines[0].kind, Kind::Same);
        QCOMPARE(lines[1].kind, Kind::Changed);
        QCOMPARE(lines[1].left, QStringLiteral("b"));
        QCOMPARE(lines[1].right, QStringLiteral("B"));
        QCOMPARE(lines[2].kind, Kind::OnlyRight);
        QCOMPARE(lines[3].kind, Kind::Same);
        QCOMPARE(lines[4].kind, Kind::OnlyLeft);
        QCOMPARE(differences(lines), (std::vector<int>{1, 4}));
        QVERIFY(differences(sideBySide(QStringLiteral("x"), QStringLiteral("x"))).empty());
    }

    void whatDiffersAnyhowIsLeftOut()
    {
        const QString one = deployment(2);
        QVERIFY(!comparable(one, true).contains(QLatin1String("resourceVersion")));
        QVERIFY(!comparable(one, true).contains(QLatin1String("uid")));
        QVERIFY(comparable(one, true).contains(QLatin1String("readyReplicas")));
        QVERIFY(!comparable(one, false).contains(QLatin1String("status")));
        QCOMPARE(comparable(QStringLiteral("<domain/>"), false), QStringLiteral("<domain/>"));
    }

    void twoObjects()
    {
        CompareDialog dialog(
            side(QStringLiteral("left"), {deployment(2)}),
            side(QStringLiteral("right"), {deployment(3, QStringLiteral("  paused: true\n"))}), false);
        dialog.show();
        QTRY_VERIFY(dialog.isReady());
        // The status is not of interest between two objects, unless one asks.
        QCOMPARE(differences(dialog.lines()).size(), std::size_t(1));
        QCOMPARE(dialog.words(), QStringLiteral("Difference 1 of 1"));
        QCOMPARE(dialog.leftText().count(QLatin1Char('\n')), dialog.rightText().count(QLatin1Char('\n')));
        QVERIFY(dialog.rightText().contains(QLatin1String("paused: true")));
        dialog.setWithStatus(true);
        QCOMPARE(differences(dialog.lines()).size(), std::size_t(2));
        QCOMPARE(dialog.current(), 0);
        dialog.next();
        QCOMPARE(dialog.current(), 1);
        dialog.next();
        QCOMPARE(dialog.current(), 0);
        dialog.previous();
        QCOMPARE(dialog.current(), 1);
    }

    void theSameIsSaid()
    {
        CompareDialog dialog(side(QStringLiteral("left"), {deployment(2)}),
                             side(QStringLiteral("right"), {deployment(2)}), false);
        dialog.show();
        QTRY_VERIFY(dialog.isReady());
        QCOMPARE(dialog.words(), QStringLiteral("No difference."));
        dialog.next(); // nowhere to go
        QCOMPARE(dialog.current(), -1);
    }

    void aSideThatCannotBeReadSaysWhy()
    {
        CompareDialog dialog(side(QStringLiteral("then"), {QString()}),
                             side(QStringLiteral("now"), {deployment(2)}), true);
        dialog.show();
        QTRY_VERIFY(dialog.isReady());
        bool said = false;
        for (const QLabel* label : dialog.findChildren<QLabel*>())
            said = said || (label->isVisible() && label->text().contains(QLatin1String("has forgotten")));
        QVERIFY(said);
        QVERIFY(dialog.rightText().contains(QLatin1String("replicas: 2"))); // what there is, is shown
        QVERIFY(dialog.words().isEmpty());
    }

    // At two times it is one choice; the views scroll as one.
    void oneObjectAtTwoTimes()
    {
        QString longer;
        for (int i = 0; i < 200; ++i)
            longer += QStringLiteral("  field%1: %1\n").arg(i);
        CompareDialog dialog(side(QStringLiteral("then"), {deployment(2, longer), deployment(4)}),
                             side(QStringLiteral("now"), {deployment(3, longer), deployment(5)}), true);
        dialog.show();
        QTRY_VERIFY(dialog.isReady());
        QCOMPARE(differences(dialog.lines()).size(), std::size_t(2)); // with the status
        const auto views = dialog.findChildren<QPlainTextEdit*>();
        QCOMPARE(views.size(), 2);
        views[0]->verticalScrollBar()->setValue(50);
        QCOMPARE(views[1]->verticalScrollBar()->value(), 50);
        const auto choosers = dialog.findChildren<QComboBox*>();
        QCOMPARE(choosers.size(), 2);
        QVERIFY(choosers[0]->isVisible() != choosers[1]->isVisible());
        choosers[choosers[0]->isVisible() ? 0 : 1]->setCurrentIndex(1);
        QTRY_VERIFY(dialog.leftText().contains(QLatin1String("replicas: 4")) &&
                    dialog.rightText().contains(QLatin1String("replicas: 5")));
    }

    // The moment an item fails, how it was is fetched and kept; the server would have forgotten it later.
    void pastStatesAreKept()
    {
        StackStore store;
        test::FakeDocuments documents;
        UnixMs now = 1'000'000;
        PastStates past(&store, &documents, [&now] { return now; });
        documents.onPast = [](const stack::ObjectRef& object, UnixMs) {
            return Result<std::string>("kind: " + object.kind + "\n");
        };
        store.apply(test::pictureSite());
        const stack::ItemId healthy = test::itemNamed(store.stack(), stack::ItemKind::OuterNode, "outer-1");
        QVERIFY(healthy);
        QVERIFY(!past.knows(healthy));
        QCOMPARE(past.kept(), std::size_t(0));
        Result<PastStates::Past> got = fail(ErrorKind::Internal, "none");
        const stack::ObjectRef object = store.stack().objects(healthy).front();
        past.fetch(healthy, object, this, [&](const Result<PastStates::Past>& one) { got = one; });
        QTRY_VERIFY(!got && got.error().kind == ErrorKind::NotFound);

        now += 60'000;
        test::SiteBuilder change;
        stack::KubeNodeFact node = change.node("outer-1", test::uuidOf(0xa0, 1), 64, 500);
        node.kubevirtSchedulable = "true";
        for (stack::Condition& condition : node.conditions) {
            if (condition.type == "Ready")
                condition.status = "False";
        }
        change.put(test::kOuter, stack::FactKind::KubeNode, "outer-1", node);
        store.apply(change.batch);
        QVERIFY(past.knows(healthy));
        QCOMPARE(past.healthyUntil(healthy), now);
        QTRY_COMPARE(past.kept(), std::size_t(1));
        QVERIFY(documents.momentsAsked.at(0) < now && documents.momentsAsked.at(0) > now - 5000);
        // It is there, although the server has forgotten.
        documents.onPast = [](const stack::ObjectRef&, UnixMs) {
            return Result<std::string>(fail(ErrorKind::Gone, "forgotten"));
        };
        past.fetch(healthy, object, this, [&](const Result<PastStates::Past>& one) { got = one; });
        QTRY_VERIFY(got.has_value());
        QCOMPARE(got->until, now);
        QCOMPARE(documents.momentsAsked.size(), std::size_t(1));
    }

    void pictures()
    {
        const QString folder = qEnvironmentVariable("STRATA_PICTURES");
        if (folder.isEmpty())
            QSKIP("STRATA_PICTURES names no folder");
        QString spec =
            QStringLiteral("  selector:\n    matchLabels:\n      app: web\n  template:\n    spec:\n"
                           "      containers:\n      - name: web\n        image: nginx:1.25\n");
        QString other = spec;
        other.replace(QLatin1String("1.25"), QLatin1String("1.27"))
            .append(QStringLiteral("      nodeName: x\n"));
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            Theme::instance().setMode(mode);
            CompareDialog dialog(
                side(QStringLiteral("Workload web, when it was healthy"), {deployment(3, spec)}),
                side(QStringLiteral("Now"), {deployment(2, other)}), true);
            dialog.show();
            QTRY_VERIFY(dialog.isReady());
            QVERIFY(dialog.grab().save(QStringLiteral("%1/compare-%2.png")
                                           .arg(folder, mode == ThemeMode::Dark ? QStringLiteral("dark")
                                                                                : QStringLiteral("light"))));
        }
    }
};

QTEST_MAIN(TestCompare)
#include "test_compare.moc"
