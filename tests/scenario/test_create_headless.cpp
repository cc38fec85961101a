// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/scenario/strataprocess.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <memory>

using strata::test::Outcome;
using strata::test::outcomeOf;
using strata::test::run;
using strata::test::Server;

namespace {

constexpr int kCreated = 0;
constexpr int kNotBegun = 3;
constexpr int kInterrupted = 130;

const char* const kCalico =
    "apiVersion: apps/v1\nkind: DaemonSet\n"
    "metadata: {name: calico-node, namespace: kube-system}\n"
    "spec:\n  selector: {matchLabels: {k8s-app: calico-node}}\n"
    "  template:\n    metadata: {labels: {k8s-app: calico-node}}\n"
    "    spec: {tolerations: [{operator: Exists}], containers: [{name: calico-node, image: calico}]}\n";

QJsonObject json(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out.toUtf8()).object();
}

} // namespace

// `strata create-cluster` against a demo site of another process: what a script or a pipeline sees.
class TestCreateHeadless : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    QString write(const QString& name, const QByteArray& content)
    {
        QFile file(m_folder->filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(name));
        return file.fileName();
    }

    QString profile(const QByteArray& name, const QByteArray& more = {})
    {
        const QString calico = write(QStringLiteral("calico.yaml"), kCalico);
        return write(QString::fromUtf8(name) + QStringLiteral(".yaml"),
                     "apiVersion: strata/v1\nkind: ClusterProfile\nname: " + name +
                         "\nnetwork: {podCidr: 10.77.0.0/16, serviceCidr: 10.78.0.0/16}\n"
                         "image: {location: localhost:1/node}\n" // nothing outside of the machine is asked
                         "cni: {manifest: " +
                         calico.toUtf8() + "}\n" + more);
    }

    static QStringList create(const Server& server, const QStringList& more)
    {
        return QStringList{QStringLiteral("create-cluster"), QStringLiteral("--kubeconfig"),
                           server.kubeconfig} +
               more;
    }

    // Whether the site has a tenant cluster of that name: asked like anybody asks.
    static bool exists(const Server& server, const QString& name)
    {
        const Outcome tree = run({QStringLiteral("tree"), QStringLiteral("--kubeconfig"), server.kubeconfig,
                                  QStringLiteral("--json")});
        for (const QJsonValue& value : json(tree)[QLatin1String("tenants")].toArray()) {
            if (value.toObject()[QLatin1String("name")].toString() == name)
                return true;
        }
        return false;
    }

    QString lastLine(const QString& text) const
    {
        return text.trimmed().split(QLatin1Char('\n')).constLast().trimmed();
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        // Journals are kept where no operator has his.
        qputenv("XDG_STATE_HOME", m_folder->path().toUtf8());
    }

    void aDryRunWritesNothingAndTheRestIsTakenBack()
    {
        Server server({QStringLiteral("--no-life"), QStringLiteral("--speed"), QStringLiteral("0.01")});
        const QString file = profile("violet");
        const Outcome dry = run(create(server, {file, QStringLiteral("--dry-run")}));
        QVERIFY2(dry.code == kCreated, qPrintable(dry.err));
        QVERIFY(dry.out.contains(QLatin1String("Cluster violet/violet")));
        QVERIFY(!exists(server, QStringLiteral("violet")));

        const Outcome made = run(create(server, {file, QStringLiteral("--no-wait")}));
        QVERIFY2(made.code == kCreated, qPrintable(made.err));
        const QString plan = lastLine(made.out);
        QVERIFY(plan.size() == 20);
        QVERIFY(exists(server, QStringLiteral("violet")));

        // The second operator is told before anything is written.
        const Outcome taken = run(create(server, {file, QStringLiteral("--json")}));
        QCOMPARE(taken.code, kNotBegun);
        QVERIFY2(json(taken)[QLatin1String("error")].toObject()[QLatin1String("text")].toString().contains(
                     QLatin1String("violet/violet")),
                 qPrintable(taken.out));

        // Another cluster's plan is not carried out here.
        Server other({QStringLiteral("--no-life")});
        const Outcome wrong =
            run(create(other, {QStringLiteral("--resume"), plan, QStringLiteral("--undo")}));
        QCOMPARE(wrong.code, 1);
        QVERIFY2(wrong.err.contains(QLatin1String("belongs to the cluster")), qPrintable(wrong.err));

        const Outcome back =
            run(create(server, {QStringLiteral("--resume"), plan, QStringLiteral("--undo")}));
        QVERIFY2(back.code == kCreated, qPrintable(back.err));
        QVERIFY(!exists(server, QStringLiteral("violet")));
        QCOMPARE(run(create(server, {file, QStringLiteral("--dry-run")})).code, kCreated);
    }

    void interruptedAndTakenBack()
    {
        Server server({QStringLiteral("--no-life"), QStringLiteral("--speed"), QStringLiteral("0.01")});
        QProcess process;
        process.setReadChannel(QProcess::StandardError);
        process.start(QStringLiteral(STRATA_PROGRAM), create(server, {profile("amber")}));
        QString err;
        while (!err.contains(QLatin1String("waiting")) && process.waitForReadyRead(60000)) {
            err += QString::fromUtf8(process.readAllStandardError());
        }
        QVERIFY2(err.contains(QLatin1String("waiting")), qPrintable(err));
        QCOMPARE(::kill(pid_t(process.processId()), SIGINT), 0);
        QVERIFY(process.waitForFinished(30000));
        const Outcome outcome = outcomeOf(process);
        QVERIFY2(outcome.code == kInterrupted, qPrintable(err + outcome.err));
        QVERIFY2(outcome.err.contains(QLatin1String("--resume")), qPrintable(outcome.err));
        const QString plan = lastLine(outcome.out);
        QVERIFY(exists(server, QStringLiteral("amber")));
        const Outcome back =
            run(create(server, {QStringLiteral("--resume"), plan, QStringLiteral("--undo")}));
        QVERIFY2(back.code == kCreated, qPrintable(back.err));
        QVERIFY(!exists(server, QStringLiteral("amber")));
    }

    // Through a ClusterClass: one Cluster with a topology, whose parts Cluster API makes, to Ready nodes.
    void byClassUntilReady()
    {
        Server server({QStringLiteral("--speed"), QStringLiteral("300")});
        const QString file =
            profile("teal", "clusterClass:\n  name: kubevirt\n  namespace: default\n"
                            "  variables: {endpoint: LoadBalancer, workerMachine: {cores: 4, memory: 8Gi}}\n"
                            "workers: [{name: small, count: 1}, {name: more, count: 2}]\n");
        const QString config = m_folder->filePath(QStringLiteral("teal.kubeconfig"));
        const Outcome made = run(create(server, {file, QStringLiteral("--save-kubeconfig"), config}), 200000);
        QVERIFY2(made.code == kCreated, qPrintable(made.err));
        QVERIFY2(QFile::exists(config), qPrintable(made.err));
        const Outcome tree = run({QStringLiteral("tree"), QStringLiteral("--kubeconfig"), server.kubeconfig});
        QVERIFY2(tree.out.contains(QLatin1String("teal")), qPrintable(tree.out));
        const Outcome back =
            run(create(server, {QStringLiteral("--resume"), lastLine(made.out), QStringLiteral("--undo")}));
        QVERIFY2(back.code == kCreated, qPrintable(back.err));
        QVERIFY(!exists(server, QStringLiteral("teal")));
    }

    // Bad input: one sentence that names the field, and nothing is asked of any server.
    void refusedProfiles_data()
    {
        QTest::addColumn<QByteArray>("more");
        QTest::addColumn<QString>("field");
        QTest::newRow("version") << QByteArray("kubernetesVersion: 1.34") << "kubernetesVersion";
        QTest::newRow("replicas") << QByteArray("controlPlane: {replicas: 2}") << "controlPlane.replicas";
        QTest::newRow("memory") << QByteArray("workers: [{name: a, size: {memory: lots}}]")
                                << "workers[0].size.memory";
        QTest::newRow("unknown field") << QByteArray("kubernetes: v1.34.1") << "kubernetes";
        QTest::newRow("key") << QByteArray("sshKeys: [hello]") << "sshKeys[0]";
        QTest::newRow("class") << QByteArray("clusterClass: {name: nothing, namespace: default}")
                               << "clusterClass.name";
        QTest::newRow("variable") << QByteArray("clusterClass: {name: kubevirt, namespace: default, "
                                                "variables: {workerMachine: {cores: 999}}}")
                                  << "clusterClass.variables.workerMachine.cores";
    }

    void refusedProfiles()
    {
        QFETCH(QByteArray, more);
        QFETCH(QString, field);
        Server server({QStringLiteral("--no-life")});
        const Outcome outcome = run(create(server, {profile("bad", more), QStringLiteral("--json")}));
        QVERIFY2(outcome.code == kNotBegun, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains(field), qPrintable(outcome.err));
        bool found = false;
        for (const QJsonValue& value : json(outcome)[QLatin1String("problems")].toArray())
            found = found || value.toObject()[QLatin1String("field")].toString() == field;
        QVERIFY2(found, qPrintable(outcome.out));
        QVERIFY(!exists(server, QStringLiteral("bad")));
    }

    void whatCannotBeRead()
    {
        Server server({QStringLiteral("--no-life")});
        QCOMPARE(run(create(server, {QStringLiteral("/no/such/profile.yaml")})).code, kNotBegun);
        QCOMPARE(run(create(server, {write(QStringLiteral("x.yaml"), "{[")})).code, kNotBegun);
        const Outcome gone = run(create(server, {QStringLiteral("--resume"), QStringLiteral("nonsense")}));
        QCOMPARE(gone.code, 1);
        QVERIFY2(!gone.err.isEmpty(), qPrintable(gone.err));
    }
};

QTEST_GUILESS_MAIN(TestCreateHeadless)
#include "test_create_headless.moc"
