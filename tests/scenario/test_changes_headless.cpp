// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/scenario/strataprocess.h"

#include <QFile>
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

QJsonArray list(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out.toUtf8()).array();
}

} // namespace

// What is made, changed and taken away of clusters, VMs, nodes and images that are there, by the commands of
// a script against a demo site of another process.
class TestChangesHeadless : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Server> m_server;
    QString m_worker; // "slate/…": a VM of the pool

    Outcome strata(const QString& line, int timeoutMs = 150000) const
    {
        return run(line.split(QLatin1Char(' '), Qt::SkipEmptyParts) +
                       QStringList{QStringLiteral("--kubeconfig"), m_server->kubeconfig},
                   timeoutMs);
    }
    // Runs it and says what went wrong, if anything did.
    QString done(const QString& line, int code = kDone) const
    {
        const Outcome outcome = strata(line);
        return outcome.code == code
                   ? QString()
                   : QStringLiteral("%1: %2 %3").arg(line).arg(outcome.code).arg(outcome.err);
    }
    QJsonObject tree() const
    {
        return QJsonDocument::fromJson(strata(QStringLiteral("tree --json")).out.toUtf8()).object();
    }
    QJsonObject inTenants(const char* kind, const std::function<bool(const QString&)>& named) const
    {
        return findIn(tree()[QLatin1String("tenants")].toArray(), [&](const QJsonObject& item) {
            return text(item, "kind") == QLatin1String(kind) && named(text(item, "name"));
        });
    }
    QJsonObject pool(const QString& name) const
    {
        return inTenants("worker-pool", [&](const QString& own) { return own == name; });
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
        m_server = std::make_unique<Server>(QStringList{QStringLiteral("--speed"), QStringLiteral("200")});
        QVERIFY(!m_server->kubeconfig.isEmpty());
        m_worker =
            QStringLiteral("slate/") +
            text(inTenants("vm",
                           [](const QString& name) { return name.startsWith(QLatin1String("slate-md-0")); }),
                 "name");
        QVERIFY(m_worker.size() > 6);
    }
    void cleanupTestCase() { m_server.reset(); }

    void wrongUse_data()
    {
        QTest::addColumn<QString>("line");
        QTest::newRow("pool without a name") << "add-pool slate/slate --replicas 1";
        QTest::newRow("pool without machines") << "add-pool slate/slate --name x";
        QTest::newRow("health check what") << "health-check maybe slate/slate-md-0";
        QTest::newRow("maintenance when") << "maintenance now outer-1";
        QTest::newRow("status of what") << "scale slate/slate-md-0 --replicas 1 --status";
        QTest::newRow("upload where") << "image upload /tmp/x";
        QTest::newRow("clone of what") << "image clone a/b";
        QTest::newRow("schedule when") << "image schedule a/b --url docker://x --disk 1Gi";
        QTest::newRow("image what") << "image paint a/b";
    }
    void wrongUse()
    {
        QFETCH(QString, line);
        const Outcome outcome = strata(line);
        QVERIFY2(outcome.code == kWrongUse, qPrintable(outcome.err + QString::number(outcome.code)));
        QVERIFY(!outcome.err.isEmpty());
    }

    void refused_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("words");
        QTest::newRow("pool's name") << "add-pool slate/slate --name Big --replicas 1"
                                     << "cannot be the name";
        QTest::newRow("pool is there") << "add-pool slate/slate --name md-0 --replicas 1"
                                       << "already";
        QTest::newRow("like nobody") << "add-pool slate/slate --name x --replicas 1 --like nobody"
                                     << "no pool called nobody";
        QTest::newRow("nothing to change") << "resize slate/slate-md-0"
                                           << "What shall be otherwise";
        QTest::newRow("bad size") << "resize slate/slate-md-0 --memory much"
                                  << "not a size";
        QTest::newRow("too few days") << "rotate-certificates slate/slate-cp --days 2"
                                      << "from 7 to 365";
        QTest::newRow("unnamed pool") << "remove-pool slate/slate-md-0"
                                      << "--yes slate-md-0";
        QTest::newRow("snapshot's name") << "vm snapshot %1 --name Now"
                                         << "cannot be the name";
        QTest::newRow("restore of what runs") << "vm restore %1 --yes x"
                                              << "stop it first";
        QTest::newRow("clone of itself") << "vm clone %1 --name %2"
                                         << "already";
        QTest::newRow("volume without a size") << "vm add-volume %1 --name data"
                                               << "not the size";
        QTest::newRow("claim of nobody") << "vm add-volume %1 --name data --claim nobody"
                                         << "is not there";
        QTest::newRow("fixed volume") << "vm remove-volume %1 --volume root"
                                      << "part of the VM";
        QTest::newRow("disk of nobody") << "vm expand-disk %1 --volume nobody --disk 40Gi"
                                        << "no disk nobody";
        QTest::newRow("smaller disk") << "vm expand-disk %1 --disk 1Gi"
                                      << "can only grow";
        QTest::newRow("same size") << "vm resize %1"
                                   << "What shall be otherwise";
        QTest::newRow("no maintenance") << "maintenance end outer-1"
                                        << "not in maintenance";
        QTest::newRow("no evacuation") << "cancel-evacuation outer-1"
                                       << "No VM was told to leave";
        QTest::newRow("no file") << "image upload /nowhere a/b"
                                 << "cannot be opened";
        QTest::newRow("not again and again")
            << "image schedule a/b --url https://x --disk 1Gi --schedule @daily"
            << "from a registry";
        QTest::newRow("no image") << "image delete a/b --yes b"
                                  << "no image a/b";
    }
    void refused()
    {
        QFETCH(QString, line);
        QFETCH(QString, words);
        line.replace(QLatin1String("%1"), m_worker);
        line.replace(QLatin1String("%2"), m_worker.mid(6));
        const Outcome outcome = strata(line);
        QVERIFY2(outcome.code == kNotBegun, qPrintable(outcome.err + QString::number(outcome.code)));
        QVERIFY2(outcome.err.contains(words), qPrintable(outcome.err));
    }

    // Who may only look is told what is not allowed before anything is written.
    void aViewerIsRefused_data()
    {
        QTest::addColumn<QString>("line");
        for (const char* line :
             {"scale slate/slate-md-0 --replicas 5", "upgrade slate/slate --to v1.34.1",
              "add-pool slate/slate --name more --replicas 1",
              "remove-pool slate/slate-md-0 --yes slate-md-0", "resize slate/slate-md-0 --memory 2Gi",
              "health-check on slate/slate-md-0", "rotate-certificates slate/slate-cp --days 90",
              "delete-cluster slate/slate --yes slate", "vm restart %1", "vm snapshot %1 --name mine",
              "vm clone %1 --name mine", "vm add-volume %1 --name data --disk 2Gi",
              "vm resize %1 --memory 60Gi", "vm migrate %1",
              "image import slate/mine --url https://example.org/disk.img --disk 2Gi",
              "maintenance start outer-1", "drain outer-1"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }
    void aViewerIsRefused()
    {
        QFETCH(QString, line);
        line.replace(QLatin1String("%1"), m_worker);
        const Outcome outcome =
            run(line.split(QLatin1Char(' ')) + QStringList{QStringLiteral("--kubeconfig"),
                                                           m_server->kubeconfig + QStringLiteral("-viewer"),
                                                           QStringLiteral("--allow-exec")},
                120000);
        QVERIFY2(outcome.code == kNotBegun, qPrintable(QString::number(outcome.code) + outcome.err));
        QVERIFY2(outcome.err.contains(QLatin1String("not allowed")) ||
                     outcome.err.contains(QLatin1String("forbid")),
                 qPrintable(outcome.err));
    }

    void poolsComeChangeAndGo()
    {
        const Outcome tried = strata(QStringLiteral("add-pool slate/slate --name extra --replicas 1 --cpus 1 "
                                                    "--memory 1Gi --dry-run"));
        QVERIFY2(tried.code == kDone, qPrintable(tried.err));
        QVERIFY2(tried.out.contains(QLatin1String("cpu.cores")), qPrintable(tried.out)); // what is otherwise
        QVERIFY(pool(QStringLiteral("slate-extra")).isEmpty());
        QString wrong =
            done(QStringLiteral("add-pool slate/slate --name extra --replicas 1 --cpus 1 --memory 1Gi"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        QCOMPARE(pool(QStringLiteral("slate-extra"))[QLatin1String("children")].toArray().size(), 1);

        wrong = done(QStringLiteral("health-check on slate/slate-extra"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("health-check on slate/slate-extra"), kNotBegun);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("health-check off slate/slate-extra"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));

        const QString before =
            text(pool(QStringLiteral("slate-extra"))[QLatin1String("children")].toArray().first().toObject(),
                 "name");
        wrong = done(QStringLiteral("resize slate/slate-extra --memory 2Gi"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        const QJsonArray after = pool(QStringLiteral("slate-extra"))[QLatin1String("children")].toArray();
        QCOMPARE(after.size(), 1);
        QVERIFY(text(after.first().toObject(), "name") != before); // a new machine of the new size

        // Another image: the template's copy names it, the machine is another one again.
        wrong = done(QStringLiteral("resize slate/slate-extra --image docker://quay.io/capk/ubuntu:newer"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        const QJsonArray last = pool(QStringLiteral("slate-extra"))[QLatin1String("children")].toArray();
        QCOMPARE(last.size(), 1);
        QVERIFY(text(last.first().toObject(), "name") != text(after.first().toObject(), "name"));

        wrong = done(QStringLiteral("remove-pool slate/slate-extra --yes slate-extra"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        QVERIFY(pool(QStringLiteral("slate-extra")).isEmpty());
    }

    void certificatesAreRotated()
    {
        const auto plane = [this] {
            return text(
                inTenants("machine",
                          [](const QString& name) { return name.startsWith(QLatin1String("slate-cp")); }),
                "name");
        };
        const QString before = plane();
        const Outcome outcome = strata(QStringLiteral("rotate-certificates slate/slate-cp --days 90"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains(QLatin1String("90 days before")), qPrintable(outcome.err));
        QVERIFY(plane() != before);
    }

    void disksOfARunningVm()
    {
        QString wrong = done(QStringLiteral("vm add-volume %1 --name data --disk 2Gi").arg(m_worker));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm add-volume %1 --name data --disk 2Gi").arg(m_worker), kNotBegun);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm expand-disk %1 --volume data --disk 3Gi").arg(m_worker));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm remove-volume %1 --volume data").arg(m_worker));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm remove-volume %1 --volume data").arg(m_worker), kNotBegun);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

    void copiesOfAVm()
    {
        QString wrong = done(QStringLiteral("vm snapshot %1 --name before").arg(m_worker));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm clone %1 --name copy").arg(m_worker));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        // It runs by itself, as the original does; then it is of another size without a restart.
        const auto state = [this] {
            return text(findIn(tree()[QLatin1String("stack")].toArray(),
                               [](const QJsonObject& item) {
                                   return text(item, "kind") == QLatin1String("vm") &&
                                          text(item, "name") == QLatin1String("copy");
                               }),
                        "state");
        };
        QTRY_VERIFY_WITH_TIMEOUT(state() == QLatin1String("Running"), 60000);
        const Outcome live = strata(QStringLiteral("vm resize slate/copy --memory 60Gi"));
        QVERIFY2(live.code == kDone, qPrintable(live.err));
        QVERIFY2(live.err.contains(QLatin1String("migrated live")), qPrintable(live.err));
        const Outcome sockets = strata(QStringLiteral("vm resize slate/copy --cpus 16"));
        QVERIFY2(sockets.code == kDone, qPrintable(sockets.err));
        QVERIFY2(sockets.err.contains(QLatin1String("currentCPUTopology.sockets: 2")),
                 qPrintable(sockets.err));
        // What is no multiple of its sockets waits for a restart, and it is said so.
        const Outcome odd = strata(QStringLiteral("vm resize slate/copy --cpus 9 --dry-run"));
        QVERIFY2(odd.err.contains(QLatin1String("when it is restarted")), qPrintable(odd.err));
        wrong = done(QStringLiteral("vm snapshot slate/copy --name of-copy"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm stop slate/copy"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm restore slate/copy --snapshot of-copy"), kNotBegun); // not confirmed
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("vm restore slate/copy --snapshot of-copy --yes copy"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

    void imagesComeFromEverywhere()
    {
        QFile file(m_folder->filePath(QStringLiteral("disk.img")));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(24 << 20));
        file.close();
        const Outcome sent = strata(QStringLiteral("image upload %1 slate/mine --json").arg(file.fileName()));
        QVERIFY2(sent.code == kDone, qPrintable(sent.err));
        const QJsonObject told = QJsonDocument::fromJson(sent.out.toUtf8()).object();
        QCOMPARE(told[QLatin1String("sent")].toInt(), 24 << 20);
        QVERIFY2(text(told, "way").contains(QLatin1String("port-forward")), qPrintable(text(told, "way")));
        QString wrong = done(QStringLiteral("image clone slate/second --from slate/mine --disk 64Mi"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(
            QStringLiteral("image schedule slate/weekly --url docker://quay.io/capk/ubuntu:v1 --disk 1Gi "
                           "--schedule @weekly"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        const Outcome listed = strata(QStringLiteral("image list --json"));
        QCOMPARE(listed.code, kDone);
        int found = 0;
        for (const QJsonValue& value : list(listed)) {
            const QJsonObject image = value.toObject();
            if (text(image, "name") == QLatin1String("mine") ||
                text(image, "name") == QLatin1String("second") ||
                text(image, "name").startsWith(QLatin1String("weekly-"))) {
                ++found;
                QCOMPARE(text(image, "phase"), QStringLiteral("Succeeded"));
            }
        }
        QCOMPARE(found, 3);
        wrong = done(QStringLiteral("image delete slate/second"), kNotBegun); // not confirmed
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("image delete slate/second --yes second"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

    void nodesGoIntoMaintenance()
    {
        QString wrong = done(QStringLiteral("maintenance start outer-1"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        const Outcome marked = strata(QStringLiteral("uncordon outer-1"));
        QCOMPARE(marked.code, kNotBegun);
        QVERIFY2(marked.err.contains(QLatin1String("in maintenance")), qPrintable(marked.err));
        wrong = done(QStringLiteral("maintenance end outer-1"));
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        wrong = done(QStringLiteral("maintenance end outer-1"), kNotBegun);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }

    void whatExpiresIsInOneList()
    {
        const Outcome outcome = strata(QStringLiteral("calendar --json"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        const QJsonArray all = list(outcome);
        QString before;
        QStringList what;
        for (const QJsonValue& value : all) {
            const QJsonObject entry = value.toObject();
            QVERIFY2(before <= text(entry, "expires"), qPrintable(outcome.out));
            before = text(entry, "expires");
            what << text(entry, "what");
        }
        QVERIFY2(what.contains(QLatin1String("kubeconfig")), qPrintable(outcome.out));
        QVERIFY2(what.contains(QLatin1String("own certificate")), qPrintable(outcome.out));
    }

    void whatIsNotDeletedIsSaidSo()
    {
        const Outcome outcome = strata(QStringLiteral("delete-cluster slate/slate --status"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        QVERIFY2(outcome.out.contains(QLatin1String("is not being deleted")), qPrintable(outcome.out));
        QVERIFY2(outcome.out.contains(QLatin1String("KubevirtMachine ")), qPrintable(outcome.out));
    }

    void servicesAreListed()
    {
        const Outcome outcome = strata(QStringLiteral("services slate/slate --json"));
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
        const QJsonArray all = QJsonDocument::fromJson(outcome.out.toUtf8()).array();
        const QJsonObject front = findIn(
            all, [](const QJsonObject& each) { return text(each, "name") == QLatin1String("notebook"); });
        // Its counterpart in the outer cluster gave it its address.
        QVERIFY2(text(front, "address").startsWith(QLatin1String("10.20.200.")), qPrintable(outcome.out));
        QVERIFY2(text(front, "outer").startsWith(QLatin1String("Service slate/a")), qPrintable(outcome.out));
    }

    // Several kubeconfig files are one, as for kubectl: the context of the second is found.
    void kubeconfigsAreMerged()
    {
        QFile other(m_folder->filePath(QStringLiteral("other")));
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write(
            "apiVersion: v1\nkind: Config\nclusters: [{name: x, cluster: {server: 'https://127.0.0.1:1'}}]\n"
            "contexts: [{name: x, context: {cluster: x, user: x}}]\nusers: [{name: x, user: {token: t}}]\n");
        other.close();
        qputenv("KUBECONFIG", (other.fileName() + QLatin1Char(':') + m_server->kubeconfig).toUtf8());
        const Outcome outcome =
            run({QStringLiteral("scale"), QStringLiteral("slate/slate-md-0"), QStringLiteral("--replicas"),
                 QStringLiteral("0"), QStringLiteral("--dry-run"), QStringLiteral("--context"),
                 QStringLiteral("rack-a")},
                120000);
        qunsetenv("KUBECONFIG");
        QVERIFY2(outcome.code == kDone, qPrintable(outcome.err));
    }

    void allOfItIsInTheAuditLog()
    {
        const Outcome outcome = run({QStringLiteral("audit"), QStringLiteral("--json")});
        QStringList actions;
        for (const QJsonValue& value : list(outcome)) {
            if (text(value.toObject(), "result") == QLatin1String("done"))
                actions << text(value.toObject(), "action");
        }
        for (const char* action :
             {"add-pool", "remove-pool", "resize", "add-health-check", "remove-health-check",
              "rotate-certificates", "snapshot-vm", "restore-vm", "clone-vm", "add-volume", "remove-volume",
              "expand-disk", "resize-vm", "start-maintenance", "end-maintenance", "upload-image",
              "clone-image", "schedule-image", "delete-image"})
            QVERIFY2(actions.contains(QLatin1String(action)), action);
    }
};

QTEST_GUILESS_MAIN(TestChangesHeadless)
#include "test_changes_headless.moc"
