// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata::demosite;

// The demo site as kubectl sees it: nothing of ours is between.
class TestKubectl : public QObject {
    Q_OBJECT

private:
    struct Run {
        int code = -1;
        QString out;
        QString err;
    };

    QProcessEnvironment environment() const
    {
        QProcessEnvironment env = QProcessEnvironment::systemEnvironment();
        env.insert(QStringLiteral("HOME"), m_home.path());
        env.insert(QStringLiteral("KUBECONFIG"), QString::fromStdString(m_site->kubeconfigPath()));
        return env;
    }

    Run kubectl(const QString& arguments, const QByteArray& input = {}) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(m_kubectl, arguments.split(QLatin1Char(' ')));
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(30000))
            process.kill();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

    QString m_kubectl;
    QTemporaryDir m_home;
    std::unique_ptr<DemoSite> m_site;

private Q_SLOTS:
    void initTestCase()
    {
        m_kubectl = QStandardPaths::findExecutable(QStringLiteral("kubectl"));
        if (m_kubectl.isEmpty())
            QSKIP("kubectl is not installed");
        Options options;
        options.life = false;
        auto site = DemoSite::start(options);
        QVERIFY(site.has_value());
        m_site = std::move(*site);
    }

    void reads_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("header");
        QTest::addColumn<int>("rows");
        const auto row = [](const char* arguments, const char* header, int rows) {
            QTest::newRow(arguments) << QString::fromLatin1(arguments) << QString::fromLatin1(header) << rows;
        };
        row("get nodes", "NAME STATUS ROLES AGE VERSION", 3);
        row("get vmi -A", "NAMESPACE NAME AGE PHASE IP NODENAME READY", 13);
        row("get vm -n blue", "NAME AGE STATUS READY", 3);
        row("get machines -A", "", 13);
        row("get clusters -A", "", 5);
        row("get clusters.v1beta1.cluster.x-k8s.io -A", "NAMESPACE NAME CLUSTERCLASS PHASE AGE VERSION", 5);
        row("get md -n red", "", 1);
        row("get pods -n blue", "NAME READY STATUS RESTARTS AGE", 3);
    }
    void reads()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, header);
        QFETCH(int, rows);
        const Run run = kubectl(arguments);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        const QStringList lines = run.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        if (!header.isEmpty())
            QCOMPARE(lines.value(0).simplified(), header);
        QVERIFY2(lines.size() == rows + 1, qPrintable(run.out));
    }

    void appliesScalesAndDeletes()
    {
        const QByteArray manifest =
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: try\n---\n"
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: try\n"
            "spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web\n  template:\n"
            "    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n"
            "      - name: web\n        image: nginx\n";
        Run run = kubectl(QStringLiteral("apply -f -"), manifest);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = kubectl(QStringLiteral("apply -f -"), manifest);
        QVERIFY2(run.out.contains(QStringLiteral("unchanged")), qPrintable(run.out + run.err));
        run = kubectl(QStringLiteral("apply --server-side --force-conflicts -f -"), manifest);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = kubectl(QStringLiteral("wait -n try --for=condition=Ready pod -l app=web --timeout=20s"));
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral("get pods -n try --no-headers")).out.count(QStringLiteral("Running")) == 2,
            20000);
        run = kubectl(QStringLiteral("scale deployment web -n try --replicas=4"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral("get pods -n try --no-headers")).out.count(QStringLiteral("Running")) == 4,
            20000);
        run = kubectl(QStringLiteral("delete namespace try --timeout=20s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QVERIFY(kubectl(QStringLiteral("get namespace try")).code != 0);
    }

    void watches()
    {
        QProcess watch;
        watch.setProcessEnvironment(environment());
        watch.start(m_kubectl, {QStringLiteral("get"), QStringLiteral("cm"), QStringLiteral("-n"),
                                QStringLiteral("default"), QStringLiteral("-w"),
                                QStringLiteral("--no-headers"), QStringLiteral("--output-watch-events")});
        QVERIFY(watch.waitForStarted());
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                // Until the watch stands each try makes one more; the first seen proves it.
                kubectl(QStringLiteral("apply -f -"),
                        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: default\n  name: made-" +
                            QByteArray::number(m_count++) + "\n");
                watch.waitForReadyRead(100);
                seen += watch.readAllStandardOutput();
                return seen.contains("ADDED") && seen.contains("made-");
            }(),
            20000);
        watch.kill();
        watch.waitForFinished();
    }

    void otherCommands_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("contains");
        const auto row = [](const char* arguments, const char* text) {
            QTest::newRow(arguments) << QString::fromLatin1(arguments) << QString::fromLatin1(text);
        };
        row("api-resources", "virtualmachineinstances");
        row("api-versions", "cluster.x-k8s.io/v1beta1");
        row("version", "v1.34.1");
        row("explain vmi", "VirtualMachineInstance");
        row("top nodes", "outer-2");
        row("describe node outer-2", "KubeletHasInsufficientMemory");
        row("logs -n kube-system kube-apiserver-outer-1 --tail=3", "\n");
        row("get events -n blue", "not enough space on volume");
        row("get vmi -n blue -o yaml", "PausedIOError");
    }
    void otherCommands()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, contains);
        const Run run = kubectl(arguments);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QVERIFY2(run.out.contains(contains), qPrintable(run.out));
    }

    void tenantsAreReachableByTheirSecret()
    {
        const Run secret =
            kubectl(QStringLiteral("get secret -n blue blue-kubeconfig -o jsonpath={.data.value}"));
        QCOMPARE(secret.code, 0);
        QFile file(m_home.filePath(QStringLiteral("blue")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromBase64(secret.out.toUtf8()));
        file.close();
        const Run nodes =
            kubectl(QStringLiteral("--kubeconfig %1 get nodes --no-headers").arg(file.fileName()));
        QVERIFY2(nodes.code == 0, qPrintable(nodes.err));
        QCOMPARE(nodes.out.count(QLatin1Char('\n')), 3);
        QCOMPARE(nodes.out.count(QStringLiteral("NotReady")), 1);
    }

    void strangersAreUnauthorized()
    {
        const Run run =
            kubectl(QStringLiteral("--kubeconfig /dev/null --server %1 --insecure-skip-tls-verify "
                                   "--token wrong get nodes")
                        .arg(QString::fromStdString(m_site->outerServer())));
        QVERIFY(run.code != 0);
        QVERIFY2(run.err.contains(QStringLiteral("Unauthorized")) ||
                     run.err.contains(QStringLiteral("logged in")),
                 qPrintable(run.err));
    }

private:
    int m_count = 0;
};

QTEST_GUILESS_MAIN(TestKubectl)
#include "test_kubectl.moc"
