// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/scenario/strataprocess.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <memory>

using strata::test::Outcome;
using strata::test::run;
using strata::test::Server;

namespace {

constexpr int kDone = 0;
constexpr int kWrongUse = 2;
constexpr int kNotBegun = 3;

QJsonObject json(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out.toUtf8()).object();
}

// The first item of a tree's JSON that satisfies `which`; empty when there is none.
QJsonObject findIn(const QJsonArray& items, const std::function<bool(const QJsonObject&)>& which)
{
    for (const QJsonValue& value : items) {
        const QJsonObject item = value.toObject();
        if (which(item))
            return item;
        const QJsonObject below = findIn(item[QLatin1String("children")].toArray(), which);
        if (!below.isEmpty())
            return below;
    }
    return {};
}

QString text(const QJsonObject& item, const char* key)
{
    return item[QLatin1String(key)].toString();
}

} // namespace

// `strata scale`, `strata vm` and the others against a demo site of another process: what a script sees.
class TestDayTwoHeadless : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Server> m_server;

    Outcome strata(const QStringList& arguments, int timeoutMs = 120000) const
    {
        return run(arguments + QStringList{QStringLiteral("--kubeconfig"), m_server->kubeconfig}, timeoutMs);
    }
    QJsonObject tree() const { return json(strata({QStringLiteral("tree"), QStringLiteral("--json")})); }
    QJsonObject tenant(const QString& name) const
    {
        return findIn(tree()[QLatin1String("tenants")].toArray(),
                      [&](const QJsonObject& item) { return text(item, "name") == name; });
    }
    static int machinesOf(const QJsonObject& pool)
    {
        return int(pool[QLatin1String("children")].toArray().size());
    }
    QJsonObject pool(const QString& name) const
    {
        return findIn(tree()[QLatin1String("tenants")].toArray(), [&](const QJsonObject& item) {
            return text(item, "kind") == QLatin1String("worker-pool") && text(item, "name") == name;
        });
    }
    QJsonObject inStack(const char* kind, const QString& name) const
    {
        return findIn(tree()[QLatin1String("stack")].toArray(), [&](const QJsonObject& item) {
            return text(item, "kind") == QLatin1String(kind) && text(item, "name") == name;
        });
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        // Journals and the audit log are kept where no operator has his.
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
        m_server = std::make_unique<Server>(QStringList{QStringLiteral("--speed"), QStringLiteral("200")});
        QVERIFY(!m_server->kubeconfig.isEmpty());
    }
    void cleanupTestCase() { m_server.reset(); }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no name") << QStringList{QStringLiteral("scale"), QStringLiteral("--replicas"),
                                                QStringLiteral("3")};
        QTest::newRow("no number") << QStringList{QStringLiteral("scale"),
                                                  QStringLiteral("slate/slate-md-0")};
        QTest::newRow("no such verb")
            << QStringList{QStringLiteral("vm"), QStringLiteral("fly"), QStringLiteral("a/b")};
        QTest::newRow("no version") << QStringList{QStringLiteral("upgrade"), QStringLiteral("slate/slate")};
        QTest::newRow("force what") << QStringList{QStringLiteral("cordon"), QStringLiteral("outer-1"),
                                                   QStringLiteral("--force")};
    }
    void wrongUse()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = strata(arguments);
        QCOMPARE(outcome.code, kWrongUse);
        QVERIFY(!outcome.err.isEmpty());
    }

    // What is not done says why, and nothing is written.
    void refused_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("words");
        QTest::newRow("even etcd") << "scale slate/slate-cp --replicas 2"
                                   << "odd number";
        QTest::newRow("as it is") << "vm start slate/%1"
                                  << "runs already";
        QTest::newRow("two minors") << "upgrade slate/slate --to v1.36.0"
                                    << "one at a time";
        QTest::newRow("back") << "upgrade slate/slate --to v1.32.0"
                              << "cannot be downgraded";
        QTest::newRow("no version") << "upgrade slate/slate --to newest"
                                    << "not a Kubernetes version";
        QTest::newRow("not there") << "drain outer-99"
                                   << "nothing called outer-99";
        QTest::newRow("not cordoned") << "uncordon outer-1"
                                      << "not cordoned";
        QTest::newRow("last member") << "replace-machine slate/%2"
                                     << "only etcd member";
        QTest::newRow("unnamed") << "delete-cluster slate/slate"
                                 << "--yes slate";
        QTest::newRow("misnamed") << "delete-cluster slate/slate --yes blue"
                                  << "--yes slate";
        QTest::newRow("DaemonSet") << "workload scale slate/slate kube-system/cilium --replicas 3"
                                   << "one pod on each node";
        QTest::newRow("static pod") << "workload delete slate/slate kube-system/etcd --yes etcd"
                                    << "static pod";
    }
    void refused()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, words);
        const QJsonObject worker =
            findIn(tenant(QStringLiteral("slate"))[QLatin1String("children")].toArray(),
                   [](const QJsonObject& item) {
                       return text(item, "kind") == QLatin1String("vm") &&
                              text(item, "name").contains(QLatin1String("-md-"));
                   });
        const QJsonObject plane = findIn(tenant(QStringLiteral("slate"))[QLatin1String("children")].toArray(),
                                         [](const QJsonObject& item) {
                                             return text(item, "kind") == QLatin1String("machine") &&
                                                    text(item, "name").contains(QLatin1String("-cp-"));
                                         });
        arguments.replace(QLatin1String("%1"), text(worker, "name"));
        arguments.replace(QLatin1String("%2"), text(plane, "name"));
        const Outcome outcome = strata(arguments.split(QLatin1Char(' ')));
        QVERIFY2(outcome.code == kNotBegun, qPrintable(outcome.err + QString::number(outcome.code)));
        QVERIFY2(outcome.err.contains(words), qPrintable(outcome.err));
    }

    // Who may only look is told so before anything is written.
    void aViewerMayNot_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::newRow("change") << "scale slate/slate-md-0 --replicas 9";
        QTest::newRow("call") << "vm pause %1";
        QTest::newRow("remove") << "delete-cluster slate/slate --yes slate";
        QTest::newRow("evict") << "drain outer-3";
    }
    void aViewerMayNot()
    {
        QFETCH(QString, arguments);
        const QJsonObject worker =
            findIn(tenant(QStringLiteral("slate"))[QLatin1String("children")].toArray(),
                   [](const QJsonObject& item) {
                       return text(item, "kind") == QLatin1String("vm") &&
                              text(item, "name").contains(QLatin1String("-md-"));
                   });
        arguments.replace(QLatin1String("%1"), QStringLiteral("slate/") + text(worker, "name"));
        // The viewer logs in through a credential program, which commands do not run: its token, then.
        const QDir site = QFileInfo(m_server->kubeconfig).dir();
        QProcess login;
        login.start(QStringLiteral("/bin/sh"), {site.filePath(QStringLiteral("login"))});
        QVERIFY(login.waitForFinished());
        const QString token = QJsonDocument::fromJson(login.readAllStandardOutput())
                                  .object()[QLatin1String("status")]
                                  .toObject()[QLatin1String("token")]
                                  .toString();
        QFile from(site.filePath(QStringLiteral("kubeconfig-viewer")));
        QVERIFY(from.open(QIODevice::ReadOnly) && !token.isEmpty());
        QString config = QString::fromUtf8(from.readAll());
        const qsizetype at = config.indexOf(QLatin1String("    exec:"));
        const qsizetype end = config.indexOf(QLatin1String("preferences:"), at);
        QVERIFY(at > 0 && end > at);
        config.replace(at, end - at, QStringLiteral("    token: %1\n").arg(token));
        QFile viewer(m_folder->filePath(QStringLiteral("viewer")));
        QVERIFY(viewer.open(QIODevice::WriteOnly));
        viewer.write(config.toUtf8());
        viewer.close();
        const Outcome outcome = run(arguments.split(QLatin1Char(' ')) +
                                        QStringList{QStringLiteral("--kubeconfig"), viewer.fileName()},
                                    120000);
        QVERIFY2(outcome.code == kNotBegun, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains(QLatin1String("not allowed")) ||
                     outcome.err.contains(QLatin1String("is forbidden")),
                 qPrintable(outcome.err));
    }

    void aDryRunTellsAndWritesNothing()
    {
        const int before = machinesOf(pool(QStringLiteral("slate-md-0")));
        QVERIFY(before > 0);
        const Outcome outcome =
            strata({QStringLiteral("scale"), QStringLiteral("slate/slate-md-0"), QStringLiteral("--replicas"),
                    QString::number(before + 1), QStringLiteral("--dry-run")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QVERIFY2(outcome.out.contains(QStringLiteral("spec.replicas: %1").arg(before + 1)),
                 qPrintable(outcome.out));
        QVERIFY2(outcome.out.contains(QLatin1String("are added to slate/slate-md-0")),
                 qPrintable(outcome.out));
        QVERIFY2(outcome.err.contains(QLatin1String("accepts all of it")), qPrintable(outcome.err));
        QCOMPARE(machinesOf(pool(QStringLiteral("slate-md-0"))), before);
    }

    void poolsAreScaledAndSetBack()
    {
        const int before = machinesOf(pool(QStringLiteral("slate-md-0")));
        const Outcome outcome = strata({QStringLiteral("scale"), QStringLiteral("slate/slate-md-0"),
                                        QStringLiteral("--replicas"), QString::number(before + 1)});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QCOMPARE(machinesOf(pool(QStringLiteral("slate-md-0"))), before + 1);
        // Whoever thinks better of it takes it back: what was changed is as it was.
        const QString plan = outcome.out.trimmed();
        const Outcome back = strata({QStringLiteral("resume"), plan, QStringLiteral("--undo")});
        QVERIFY2(back.code == kDone, qPrintable(back.err));
        QTRY_COMPARE_WITH_TIMEOUT(machinesOf(pool(QStringLiteral("slate-md-0"))), before, 60000);
    }

    void vmsStopAndStart()
    {
        const QJsonObject vm = findIn(tenant(QStringLiteral("slate"))[QLatin1String("children")].toArray(),
                                      [](const QJsonObject& item) {
                                          return text(item, "kind") == QLatin1String("vm") &&
                                                 text(item, "name").contains(QLatin1String("-md-"));
                                      });
        const QString name = QStringLiteral("slate/") + text(vm, "name");
        Outcome outcome = strata({QStringLiteral("vm"), QStringLiteral("pause"), name});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = strata({QStringLiteral("vm"), QStringLiteral("pause"), name});
        QCOMPARE(outcome.code, kNotBegun); // it is paused already
        outcome = strata({QStringLiteral("vm"), QStringLiteral("unpause"), name});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = strata({QStringLiteral("vm"), QStringLiteral("restart"), name, QStringLiteral("--json")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QCOMPARE(text(json(outcome), "action"), QStringLiteral("restart-vm"));
        QVERIFY2(outcome.err.contains(QLatin1String("Tenant slate loses 1 of its nodes")),
                 qPrintable(outcome.err));
    }

    void workloadsChange()
    {
        const QStringList front = {QStringLiteral("slate/slate")};
        const QJsonObject notebook =
            findIn(tree()[QLatin1String("stack")].toArray(), [](const QJsonObject& item) {
                return text(item, "kind") == QLatin1String("workload") &&
                       text(item, "name") == QLatin1String("notebook") &&
                       text(item, "key").contains(QLatin1String("slate"));
            });
        QVERIFY(!notebook.isEmpty());
        const QString name = text(notebook, "namespace") + QStringLiteral("/notebook");
        const auto workload = [&](const QString& verb, const QStringList& more = {}) {
            return strata(QStringList{QStringLiteral("workload"), verb, front.front(), name} + more);
        };
        Outcome outcome =
            workload(QStringLiteral("scale"), {QStringLiteral("--replicas"), QStringLiteral("2")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = workload(QStringLiteral("roll-back"));
        QVERIFY2(outcome.code == kNotBegun, qPrintable(outcome.err)); // there is nothing before it yet
        outcome = workload(QStringLiteral("restart"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = workload(QStringLiteral("roll-back"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = workload(QStringLiteral("delete"), {QStringLiteral("--yes"), QStringLiteral("notebook")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = workload(QStringLiteral("restart"));
        QCOMPARE(outcome.code, kNotBegun);
    }

    void imagesAreImportedAndListed()
    {
        Outcome outcome =
            strata({QStringLiteral("image"), QStringLiteral("import"), QStringLiteral("slate/ubuntu"),
                    QStringLiteral("--url"), QStringLiteral("docker://quay.io/capk/ubuntu:v1.34.1"),
                    QStringLiteral("--disk"), QStringLiteral("10Gi")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = strata({QStringLiteral("image"), QStringLiteral("list"), QStringLiteral("--json")});
        QCOMPARE(outcome.code, kDone);
        QJsonObject found;
        for (const QJsonValue& value : QJsonDocument::fromJson(outcome.out.toUtf8()).array()) {
            if (text(value.toObject(), "name") == QLatin1String("ubuntu"))
                found = value.toObject();
        }
        QCOMPARE(text(found, "phase"), QStringLiteral("Succeeded"));
        outcome = strata({QStringLiteral("image"), QStringLiteral("import"), QStringLiteral("slate/other"),
                          QStringLiteral("--url"), QStringLiteral("file:///etc/passwd"),
                          QStringLiteral("--disk"), QStringLiteral("10Gi")});
        QCOMPARE(outcome.code, kNotBegun);
    }

    void clustersAreUpgraded()
    {
        const QString from = text(tenant(QStringLiteral("slate")), "version");
        QVERIFY2(from.startsWith(QLatin1String("v1.33.")), qPrintable(from));
        const Outcome outcome = strata({QStringLiteral("upgrade"), QStringLiteral("slate/slate"),
                                        QStringLiteral("--to"), QStringLiteral("v1.34.1")},
                                       240000);
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        const QJsonObject after = tenant(QStringLiteral("slate"));
        QCOMPARE(text(after, "version"), QStringLiteral("v1.34.1"));
        const QJsonObject old =
            findIn(after[QLatin1String("children")].toArray(),
                   [&](const QJsonObject& item) { return text(item, "version") == from; });
        QVERIFY2(old.isEmpty(), qPrintable(text(old, "name")));
    }

    // Behind the upgrade, which needs room for one more machine.
    void nodesAreCordonedAndDrained()
    {
        Outcome outcome = strata({QStringLiteral("cordon"), QStringLiteral("outer-1")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = strata({QStringLiteral("uncordon"), QStringLiteral("outer-1")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        outcome = strata({QStringLiteral("drain"), QStringLiteral("outer-1"), QStringLiteral("--dry-run")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QVERIFY2(outcome.out.contains(QLatin1String("drain Node outer-1")), qPrintable(outcome.out));
        const int before = machinesOf(inStack("outer-node", QStringLiteral("outer-1")));
        QVERIFY(before > 0);
        outcome = strata({QStringLiteral("drain"), QStringLiteral("outer-1")}, 180000);
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QCOMPARE(machinesOf(inStack("outer-node", QStringLiteral("outer-1"))), 0);
        outcome = strata({QStringLiteral("uncordon"), QStringLiteral("outer-1")});
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
    }

    void clustersAreDeleted()
    {
        const Outcome outcome = strata({QStringLiteral("delete-cluster"), QStringLiteral("slate/slate"),
                                        QStringLiteral("--yes"), QStringLiteral("slate")},
                                       180000);
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QVERIFY(tenant(QStringLiteral("slate")).isEmpty());
    }

    void allOfItIsInTheAuditLog()
    {
        const Outcome outcome = run({QStringLiteral("audit"), QStringLiteral("--json")});
        QCOMPARE(outcome.code, 0);
        const QJsonArray all = QJsonDocument::fromJson(outcome.out.toUtf8()).array();
        QVERIFY(all.size() > 4);
        const QJsonObject last = all.first().toObject();
        QCOMPARE(text(last, "action"), QStringLiteral("delete-cluster"));
        QCOMPARE(text(last, "result"), QStringLiteral("done"));
        QCOMPARE(text(all.at(1).toObject(), "result"), QStringLiteral("begun"));
        QVERIFY(!text(last, "who").isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestDayTwoHeadless)
#include "test_daytwo_headless.moc"
