// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/scenario/strataprocess.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <memory>

using strata::test::Outcome;
using strata::test::run;
using strata::test::Server;

namespace {

QString write(const QString& path, const QByteArray& content)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

QByteArray read(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void walk(const QJsonArray& items, int depth, const std::function<void(const QJsonObject&, int)>& visit)
{
    for (const QJsonValue& value : items) {
        const QJsonObject item = value.toObject();
        visit(item, depth);
        walk(item[QLatin1String("children")].toArray(), depth + 1, visit);
    }
}

} // namespace

class TestHeadless : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void version()
    {
        const Outcome outcome = run({QStringLiteral("--version")});
        QCOMPARE(outcome.code, 0);
        QVERIFY(outcome.out.startsWith(QLatin1String("strata ")));
    }

    void demoObeysStandardInput()
    {
        QProcess demo;
        demo.start(QStringLiteral(STRATA_PROGRAM),
                   {QStringLiteral("demo"), QStringLiteral("--paused"), QStringLiteral("--commands")});
        demo.write("step 10\nfault vm-paused\nspeed 20\nstep 5\nstatus\nnonsense\nquit\n");
        QVERIFY(demo.waitForFinished(60000));
        QCOMPARE(demo.exitCode(), 0);
        QStringList lines = QString::fromUtf8(demo.readAllStandardOutput()).split(QLatin1Char('\n'));
        QVERIFY(lines.removeAll(QStringLiteral("ok")) == 5);
        lines = lines.filter(QRegularExpression(QStringLiteral("^(ok|error)")));
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].startsWith(QStringLiteral("ok paused, speed 20, objects ")) &&
                     lines[0].endsWith(QStringLiteral("faults vm-paused")),
                 qPrintable(lines[0]));
        QVERIFY(lines[1].startsWith(QStringLiteral("error: commands are ")));
    }

    // --paused: time stands still from the first moment on; --step lets so much of it pass first, at once.
    void demoBeginsLater_data()
    {
        QTest::addColumn<QString>("step");
        QTest::addColumn<QString>("faults");
        QTest::newRow("at once") << QString() << QStringLiteral("faults none");
        QTest::newRow("after a minute") << QStringLiteral("60") << QStringLiteral("faults host-dies");
        QTest::newRow("after a quarter of an hour") << QStringLiteral("900") << QStringLiteral("faults none");
    }
    void demoBeginsLater()
    {
        QFETCH(QString, step);
        QFETCH(QString, faults);
        QStringList arguments{QStringLiteral("demo"), QStringLiteral("--paused"),
                              QStringLiteral("--commands"), QStringLiteral("--scenario"),
                              QStringLiteral("power-outage")};
        if (!step.isEmpty())
            arguments << QStringLiteral("--step") << step;
        QProcess demo;
        demo.start(QStringLiteral(STRATA_PROGRAM), arguments);
        demo.write("status\nstep 60\nstatus\nquit\n");
        QVERIFY(demo.waitForFinished(60000));
        QCOMPARE(demo.exitCode(), 0);
        const QStringList lines = QString::fromUtf8(demo.readAllStandardOutput())
                                      .split(QLatin1Char('\n'))
                                      .filter(QRegularExpression(QStringLiteral("^ok paused")));
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].endsWith(faults), qPrintable(lines[0]));
        // A minute later the outage has begun, goes on, or is long over.
        QVERIFY2(lines[1].endsWith(step == QLatin1String("900") ? QLatin1String("none")
                                                                : QLatin1String("host-dies")),
                 qPrintable(lines[1]));
    }

    // The same seed is the same site after the same time, name by name; another seed is another one.
    void aSeededSiteIsTheSameAgain()
    {
        const auto objects = [](const char* seed) {
            Server server({QStringLiteral("--paused"), QStringLiteral("--step"), QStringLiteral("900"),
                           QStringLiteral("--scenario"), QStringLiteral("power-outage"),
                           QStringLiteral("--seed"), QString::fromLatin1(seed)});
            const Outcome tree = run({QStringLiteral("tree"), QStringLiteral("--json"),
                                      QStringLiteral("--kubeconfig"), server.kubeconfig});
            QStringList out;
            if (tree.code != 0)
                out << tree.err;
            const QJsonObject site = QJsonDocument::fromJson(tree.out.toUtf8()).object();
            for (const char* part : {"stack", "tenants"}) {
                walk(site[QLatin1String(part)].toArray(), 1, [&](const QJsonObject& item, int depth) {
                    out << QStringLiteral("%1 %2 %3 %4 %5")
                               .arg(depth)
                               .arg(item[QLatin1String("kind")].toString(),
                                    item[QLatin1String("name")].toString(),
                                    item[QLatin1String("health")].toString(),
                                    item[QLatin1String("rawReason")].toString());
                });
            }
            return out;
        };
        const QStringList one = objects("7");
        QVERIFY2(one.size() > 100, qPrintable(one.join(QLatin1Char('\n'))));
        const QStringList two = objects("7");
        for (qsizetype i = 0; i < std::min(one.size(), two.size()); ++i)
            QCOMPARE(two[i], one[i]);
        QCOMPARE(two.size(), one.size());
        QVERIFY(objects("8") != one);
    }

    void wrongArgumentsAreNamed()
    {
        const Outcome outcome = run({QStringLiteral("tree"), QStringLiteral("--fly")});
        QCOMPARE(outcome.code, 2);
        QVERIFY(outcome.err.contains(QLatin1String("--fly")));
        QVERIFY(outcome.out.isEmpty());
    }

    void treeListsAllLayers()
    {
        const Outcome outcome =
            run({QStringLiteral("tree"), QStringLiteral("--demo"), QStringLiteral("--no-life")});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        for (const char* name : {"metal-01", "metal-04", "outer-1", "outer-3", "checkout"})
            QVERIFY2(outcome.out.contains(QLatin1String(name)), qPrintable(outcome.out));
    }

    void jsonHoldsTheChainFromMetalToWorkload()
    {
        const Outcome outcome = run({QStringLiteral("tree"), QStringLiteral("--demo"),
                                     QStringLiteral("--no-life"), QStringLiteral("--json")});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QJsonParseError fault{};
        const QJsonObject site = QJsonDocument::fromJson(outcome.out.toUtf8(), &fault).object();
        QVERIFY2(fault.error == QJsonParseError::NoError, qPrintable(fault.errorString()));
        QMap<QString, int> kinds;
        int deepest = 0;
        bool paused = false;
        walk(site[QLatin1String("stack")].toArray(), 1, [&](const QJsonObject& item, int depth) {
            ++kinds[item[QLatin1String("kind")].toString()];
            deepest = std::max(deepest, depth);
            paused = paused ||
                     item[QLatin1String("rawReason")].toString().contains(QLatin1String("PausedIOError"));
        });
        QCOMPARE(deepest, 5); // host › outer node › VM › inner node › workload
        QCOMPARE(kinds[QStringLiteral("host")], 4);
        QCOMPARE(kinds[QStringLiteral("outer-node")], 3);
        QVERIFY(kinds[QStringLiteral("vm")] >= 10);
        QVERIFY(kinds[QStringLiteral("inner-node")] >= 9);
        QVERIFY(kinds[QStringLiteral("workload")] >= 40);
        QVERIFY(paused);
        int clusters = 0;
        walk(site[QLatin1String("tenants")].toArray(), 1, [&](const QJsonObject& item, int) {
            clusters += item[QLatin1String("kind")].toString() == QLatin1String("tenant-cluster") ? 1 : 0;
        });
        QCOMPARE(clusters, 5);
    }

    // The demo site's two troubles are two problems, whatever follows from them.
    void diagnoseNamesTheRoots()
    {
        const Outcome outcome = run({QStringLiteral("diagnose"), QStringLiteral("--demo"),
                                     QStringLiteral("--no-life"), QStringLiteral("--json")});
        QVERIFY2(outcome.code == 1, qPrintable(outcome.err));
        const QJsonObject report = QJsonDocument::fromJson(outcome.out.toUtf8()).object();
        const QJsonArray problems = report[QLatin1String("problems")].toArray();
        QStringList rules;
        for (const QJsonValue& problem : problems)
            rules << problem[QLatin1String("rule")].toString();
        QVERIFY2(rules == QStringList({QStringLiteral("D4"), QStringLiteral("A5")}), qPrintable(outcome.out));
        const QJsonObject paused = problems[0].toObject();
        QVERIFY(paused[QLatin1String("evidence")][0][QLatin1String("value")].toString().contains(
            QLatin1String("PausedIOError")));
        QVERIFY(paused[QLatin1String("explains")].toArray().size() >= 3);
        QVERIFY(!paused[QLatin1String("commands")].toArray().isEmpty());
        const Outcome text =
            run({QStringLiteral("diagnose"), QStringLiteral("--demo"), QStringLiteral("--no-life")});
        QCOMPARE(text.code, 1);
        QVERIFY2(text.out.startsWith(QLatin1String("CRITICAL")), qPrintable(text.out));
    }

    void diagnoseSaysWhenItCouldNotLookOrFindsNothing()
    {
        const Outcome none =
            run({QStringLiteral("diagnose"), QStringLiteral("--host"), QStringLiteral("test:///default"),
                 QStringLiteral("--timeout"), QStringLiteral("20")});
        QVERIFY2(none.code == 0, qPrintable(none.out + none.err));
        QVERIFY(none.out.contains(QLatin1String("No problems")));
        const Outcome wrong = run({QStringLiteral("diagnose"), QStringLiteral("--kubeconfig"),
                                   QStringLiteral("/nowhere/kubeconfig")});
        QCOMPARE(wrong.code, 2);
        const Outcome rules = run({QStringLiteral("diagnose"), QStringLiteral("--rules")});
        QCOMPARE(rules.code, 0);
        QVERIFY(rules.out.count(QLatin1Char('\n')) >= 99);
    }

    void capacitySaysWhatFits()
    {
        const Outcome outcome =
            run({QStringLiteral("capacity"), QStringLiteral("--demo"), QStringLiteral("--no-life"),
                 QStringLiteral("--json"), QStringLiteral("--vm"), QStringLiteral("2x4")});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const QJsonObject report = QJsonDocument::fromJson(outcome.out.toUtf8()).object();
        QCOMPARE(report[QLatin1String("nodes")].toArray().size(), qsizetype(3));
        QCOMPARE(report[QLatin1String("tenants")].toArray().size() >= 5, true);
        QVERIFY(report[QLatin1String("fits")][0][QLatin1String("count")].toInt() > 0);
    }

    void servedSiteIsReadLikeARealOneAndLeavesNothing()
    {
        Server server({QStringLiteral("--no-life")});
        QVERIFY(QFile::exists(server.kubeconfig));
        QCOMPARE(QFileInfo(server.kubeconfig).permissions() &
                     (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
                 QFile::Permissions());
        QStringList arguments{QStringLiteral("tree"), QStringLiteral("--kubeconfig"), server.kubeconfig};
        QCOMPARE(server.hosts.size(), 4);
        for (const QString& host : std::as_const(server.hosts))
            arguments << QStringLiteral("--host") << host;
        const Outcome outcome = run(arguments);
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY(outcome.out.contains(QLatin1String("outer-2")));
        QCOMPARE(server.stop(), 0);
        QVERIFY(!QFile::exists(server.kubeconfig));
    }

    void aHostAloneIsAStack()
    {
        const Outcome outcome =
            run({QStringLiteral("tree"), QStringLiteral("--host"), QStringLiteral("test:///default")});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY(!outcome.out.isEmpty());
    }

    // Bad input: every fault ends in one sentence that names what and where, and the rest is still shown.
    void faults_data()
    {
        QTest::addColumn<QByteArray>("kubeconfig");
        QTest::addColumn<QString>("named");
        const QByteArray frame = "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                 "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                                 "users: [{name: u, user: {token: t}}]\n";
        QTest::newRow("not YAML") << QByteArray("{[") << "kubeconfig";
        QTest::newRow("no such context") << frame + "clusters: []\n"
                                         << "k";
        QTest::newRow("bad base64") << frame +
                                           "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1', "
                                           "certificate-authority-data: '***'}}]\n"
                                    << "certificate-authority-data";
    }

    void faults()
    {
        QFETCH(QByteArray, kubeconfig);
        QFETCH(QString, named);
        QTemporaryDir folder;
        const QString path = write(folder.filePath(QStringLiteral("kubeconfig")), kubeconfig);
        const Outcome outcome = run({QStringLiteral("tree"), QStringLiteral("--kubeconfig"), path});
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.err.contains(named), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains(path), qPrintable(outcome.err));
    }

    void aServerThatIsAwayLeavesTheHostsAlive()
    {
        QTcpServer listener; // a port that is surely closed once it goes
        QVERIFY(listener.listen(QHostAddress::LocalHost));
        const quint16 port = listener.serverPort();
        listener.close();
        QTemporaryDir folder;
        const QString path = write(folder.filePath(QStringLiteral("kubeconfig")),
                                   "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                                   "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                                   "users: [{name: u, user: {token: t}}]\n"
                                   "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:" +
                                       QByteArray::number(port) + "'}}]\n");
        const Outcome outcome = run({QStringLiteral("tree"), QStringLiteral("--kubeconfig"), path,
                                     QStringLiteral("--host"), QStringLiteral("test:///default")});
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.err.contains(QStringLiteral("127.0.0.1:%1").arg(port)), qPrintable(outcome.err));
        QVERIFY(!outcome.out.isEmpty()); // the host
    }

    void aWrongCertificateAuthorityIsSaid()
    {
        Server server({QStringLiteral("--no-life")});
        Server other({QStringLiteral("--no-life")});
        // The one's address with the other's CA.
        QByteArray config = read(server.kubeconfig);
        const QRegularExpression ca(QStringLiteral("certificate-authority-data: *(\\S+)"));
        const QString mine = ca.match(QString::fromUtf8(config)).captured(1);
        const QString theirs = ca.match(QString::fromUtf8(read(other.kubeconfig))).captured(1);
        QVERIFY(!mine.isEmpty() && !theirs.isEmpty() && mine != theirs);
        config.replace(mine.toUtf8(), theirs.toUtf8());
        QTemporaryDir folder;
        const QString path = write(folder.filePath(QStringLiteral("kubeconfig")), config);
        const Outcome outcome = run({QStringLiteral("tree"), QStringLiteral("--kubeconfig"), path});
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.err.contains(QLatin1String("certificate"), Qt::CaseInsensitive),
                 qPrintable(outcome.err));
    }

    void unknownLibvirtUrisAreRefused()
    {
        for (const char* uri : {"nonsense", "qemu+ssh://h/system?command=/bin/sh", "file:///etc/passwd"}) {
            const Outcome outcome =
                run({QStringLiteral("tree"), QStringLiteral("--host"), QLatin1String(uri)});
            QCOMPARE(outcome.code, 1);
            QVERIFY2(!outcome.err.isEmpty(), uri);
        }
    }
};

QTEST_GUILESS_MAIN(TestHeadless)
#include "test_headless.moc"
