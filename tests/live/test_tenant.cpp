// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "tests/live/tenantmanifests.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata::demosite;

// A tenant cluster's whole life, with nothing but kubectl.
class TestTenant : public QObject {
    Q_OBJECT

    struct Run {
        int code = -1;
        QString out;
        QString err;
    };

    Run kubectl(const QString& kubeconfig, const QStringList& arguments, const QByteArray& input = {}) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("HOME"), m_home.path());
        environment.insert(QStringLiteral("KUBECONFIG"), kubeconfig);
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(m_kubectl, arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(90000))
            process.kill();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    Run outer(const QString& line, const QByteArray& input = {}) const
    {
        return kubectl(QString::fromStdString(m_site->kubeconfigPath()), line.split(QLatin1Char(' ')), input);
    }
    Run inner(const QString& line, const QByteArray& input = {}) const
    {
        return kubectl(m_home.filePath(QStringLiteral("t1")), line.split(QLatin1Char(' ')), input);
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
        options.speed = 100;
        auto site = DemoSite::start(options);
        QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
        m_site = std::move(*site);
    }

    void applied()
    {
        Run run = outer(QStringLiteral("apply -f -"), kCluster);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = outer(QStringLiteral("wait -n t1 cluster.v1beta2.cluster.x-k8s.io/t1 "
                                   "--for=condition=ControlPlaneInitialized --timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
    }

    void kubeconfigWorks()
    {
        const Run secret = outer(QStringLiteral("get secret -n t1 t1-kubeconfig -o jsonpath={.data.value}"));
        QVERIFY2(secret.code == 0, qPrintable(secret.err));
        QFile file(m_home.filePath(QStringLiteral("t1")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromBase64(secret.out.toUtf8()));
        file.close();
        QTRY_COMPARE_WITH_TIMEOUT(
            inner(QStringLiteral("get nodes --no-headers")).out.count(QLatin1Char('\n')), 2, 60000);
        // Without a network plugin nodes are there, and not ready.
        const Run nodes = inner(QStringLiteral("get nodes --no-headers"));
        QVERIFY2(nodes.out.count(QStringLiteral("NotReady")) == 2, qPrintable(nodes.out));
        QVERIFY2(nodes.out.contains(QStringLiteral("v1.32.1")), qPrintable(nodes.out));
        Run run = inner(QStringLiteral("apply -f -"), kNetwork);
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = inner(QStringLiteral("wait node --all --for=condition=Ready --timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = inner(
            QStringLiteral("wait -n kube-system deployment/coredns --for=condition=Available --timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        run = outer(QStringLiteral("wait -n t1 cluster.v1beta2.cluster.x-k8s.io/t1 --for=condition=Available "
                                   "--timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
    }

    void scales()
    {
        Run run = outer(QStringLiteral("scale -n t1 machinedeployment.cluster.x-k8s.io/t1-md --replicas=3"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_COMPARE_WITH_TIMEOUT(
            inner(QStringLiteral("get nodes --no-headers")).out.count(QStringLiteral(" Ready ")), 4, 60000);
        run = outer(QStringLiteral("scale -n t1 machinedeployment.cluster.x-k8s.io/t1-md --replicas=1"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_COMPARE_WITH_TIMEOUT(
            inner(QStringLiteral("get nodes --no-headers")).out.count(QLatin1Char('\n')), 2, 60000);
        QTRY_COMPARE_WITH_TIMEOUT(
            outer(QStringLiteral("get vmi -n t1 --no-headers")).out.count(QLatin1Char('\n')), 2, 60000);
    }

    void upgrades()
    {
        Run run = outer(
            QStringLiteral("patch -n t1 kcp t1-cp --type merge -p {\"spec\":{\"version\":\"v1.33.0\"}}"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_COMPARE_WITH_TIMEOUT(
            outer(QStringLiteral("get -n t1 kcp t1-cp -o jsonpath={.status.version}")).out,
            QStringLiteral("v1.33.0"), 60000);
        run = outer(QStringLiteral("patch -n t1 machinedeployment.cluster.x-k8s.io/t1-md --type merge -p "
                                   "{\"spec\":{\"template\":{\"spec\":{\"version\":\"v1.33.0\"}}}}"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_COMPARE_WITH_TIMEOUT(
            inner(QStringLiteral("get nodes --no-headers")).out.count(QStringLiteral("v1.33.0")), 2, 60000);
        QTRY_COMPARE_WITH_TIMEOUT(
            inner(QStringLiteral("get nodes --no-headers")).out.count(QLatin1Char('\n')), 2, 60000);
        run = outer(QStringLiteral("wait -n t1 cluster.v1beta2.cluster.x-k8s.io/t1 --for=condition=Available "
                                   "--timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
    }

    void deleted()
    {
        const Run run = outer(QStringLiteral("delete cluster -n t1 t1 --timeout=60s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        for (const char* kind : {"machines", "kubevirtmachines", "vm", "vmi", "dv", "pods"}) {
            const Run left = outer(QStringLiteral("get -n t1 --no-headers %1").arg(QLatin1String(kind)));
            QVERIFY2(left.out.isEmpty(), qPrintable(left.out));
        }
        QVERIFY(inner(QStringLiteral("get nodes")).code != 0);
        QCOMPARE(outer(QStringLiteral("delete namespace t1 --timeout=60s")).code, 0);
    }
};

QTEST_GUILESS_MAIN(TestTenant)
#include "test_tenant.moc"
