// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTemporaryFile>
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
        return run(arguments.split(QLatin1Char(' ')), input);
    }
    Run run(const QStringList& arguments, const QByteArray& input = {}, const char* variable = nullptr) const
    {
        QProcess process;
        QProcessEnvironment env = environment();
        if (variable != nullptr)
            env.insert(QString::fromLatin1(variable), QStringLiteral("false"));
        process.setProcessEnvironment(env);
        process.start(m_kubectl, arguments);
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
        row("explain deployment.spec.replicas", "<integer>");
        row("explain pod.spec.containers --recursive", "imagePullPolicy");
        row("top pods -n kube-system", "kube-apiserver-outer-1");
        row("auth can-i --list", "*.*");
        row("get --raw /api/v1/nodes/outer-2/proxy/stats/summary", "workingSetBytes");
        row("get --raw /apis/subresources.kubevirt.io/v1", "virtualmachines/start");
        row("get pods -A --chunk-size=5 --no-headers", "kube-apiserver-outer-1");
        row("cordon outer-2 --dry-run=server", "cordoned");
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

    void typedCommandsCreate_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("check");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* arguments, const char* check, const char* expected) {
            QTest::newRow(arguments) << QString::fromLatin1(arguments) << QString::fromLatin1(check)
                                     << QString::fromLatin1(expected);
        };
        row("create configmap made --from-literal=a=b", "get cm made -o jsonpath={.data.a}", "b");
        row("create secret generic made --from-literal=user=admin",
            "get secret made -o jsonpath={.data.user}/{.type}", "YWRtaW4=/Opaque");
        row("create namespace made", "get ns made -o jsonpath={.status.phase}", "Active");
        row("create serviceaccount made", "get sa made -o jsonpath={.metadata.name}", "made");
        row("create deployment made --image=nginx --replicas=0",
            "get deploy made -o jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].image}",
            "0/nginx");
        row("create role made --verb=get,list --resource=pods", "get role made -o jsonpath={.rules[0].verbs}",
            "[\"get\",\"list\"]");
        row("create clusterrole made --verb=get --non-resource-url=/metrics",
            "get clusterrole made -o jsonpath={.rules[0].nonResourceURLs[0]}", "/metrics");
        row("create rolebinding made --clusterrole=view --user=olga",
            "get rolebinding made -o jsonpath={.roleRef.name}/{.subjects[0].name}", "view/olga");
        row("create quota made --hard=configmaps=50", "get quota made -o jsonpath={.spec.hard.configmaps}",
            "50");
        row("create pdb made --selector=app=web --min-available=50%",
            "get pdb made -o jsonpath={.spec.minAvailable}", "50%");
        row("create ingress made --rule=foo.com/bar=svc:8080",
            "get ing made -o jsonpath={.spec.rules[0].http.paths[0].backend.service.port.number}", "8080");
        row("create job made --image=busybox -- date",
            "get job made -o jsonpath={.spec.template.spec.containers[0].command[0]}", "date");
        row("create cronjob made --image=busybox --schedule=@daily",
            "get cj made -o jsonpath={.spec.schedule}", "@daily");
        row("create service clusterip made --tcp=80:8080",
            "get svc made -o jsonpath={.spec.ports[0].targetPort}", "8080");
        row("create priorityclass made --value=1000", "get pc made -o jsonpath={.value}", "1000");
    }
    void typedCommandsCreate()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, check);
        QFETCH(QString, expected);
        const Run made = kubectl(arguments);
        QVERIFY2(made.code == 0, qPrintable(made.err));
        const Run seen = kubectl(check);
        QVERIFY2(seen.code == 0, qPrintable(seen.err));
        QCOMPARE(seen.out, expected);
    }

    void tokensOfServiceAccountsWork()
    {
        QCOMPARE(kubectl(QStringLiteral("create sa robot")).code, 0);
        QCOMPARE(kubectl(QStringLiteral("create rolebinding robots --clusterrole=view "
                                        "--serviceaccount=default:robot"))
                     .code,
                 0);
        const Run token = kubectl(QStringLiteral("create token robot --duration=20m"));
        QVERIFY2(token.code == 0, qPrintable(token.err));
        const QString with =
            QStringLiteral("--kubeconfig /dev/null --server %1 --insecure-skip-tls-verify --token %2 ")
                .arg(QString::fromStdString(m_site->outerServer()), token.out.trimmed());
        Run seen = kubectl(with + QStringLiteral("auth whoami -o jsonpath={.status.userInfo.username}"));
        QCOMPARE(seen.out, QStringLiteral("system:serviceaccount:default:robot"));
        QCOMPARE(kubectl(with + QStringLiteral("get pods -n default")).code, 0);
        seen = kubectl(with + QStringLiteral("get nodes"));
        QVERIFY2(seen.err.contains(
                     QStringLiteral("nodes is forbidden: User \"system:serviceaccount:default:robot\" "
                                    "cannot list resource \"nodes\" in API group \"\" at the cluster "
                                    "scope")),
                 qPrintable(seen.err));
    }

    void everybodyMayDoHisOwn()
    {
        const auto as = [this](const char* who, const QString& arguments) {
            for (const DemoSite::Login& login : m_site->logins()) {
                if (login.name == who)
                    return kubectl(QStringLiteral("--kubeconfig %1 %2")
                                       .arg(QString::fromStdString(login.kubeconfigPath), arguments));
            }
            return Run();
        };
        const QString own =
            as("tenant", QStringLiteral("config view --minify -o jsonpath={..namespace}")).out;
        QVERIFY(!own.isEmpty());
        QCOMPARE(kubectl(QStringLiteral("auth can-i delete nodes")).out.trimmed(), QStringLiteral("yes"));
        // The viewer logs in through a program.
        QCOMPARE(as("viewer", QStringLiteral("auth whoami -o jsonpath={.status.userInfo.username}")).out,
                 QStringLiteral("viewer"));
        QCOMPARE(as("viewer", QStringLiteral("get nodes")).code, 0);
        QCOMPARE(as("viewer", QStringLiteral("get vmi -A")).code, 0);
        QCOMPARE(as("viewer", QStringLiteral("auth can-i delete pods -A")).out.trimmed(),
                 QStringLiteral("no"));
        Run run = as("viewer", QStringLiteral("delete vm -n %1 --all").arg(own));
        QVERIFY2(run.err.contains(
                     QStringLiteral("is forbidden: User \"viewer\" cannot delete resource "
                                    "\"virtualmachines\" in API group \"kubevirt.io\" in the namespace")),
                 qPrintable(run.err));
        run = as("viewer", QStringLiteral("get secrets -n %1").arg(own));
        QVERIFY2(run.err.contains(QStringLiteral("Forbidden")), qPrintable(run.err));
        // The tenant owns one namespace and sees no other.
        QCOMPARE(as("tenant", QStringLiteral("get pods")).code, 0);
        QCOMPARE(as("tenant", QStringLiteral("create configmap mine --from-literal=a=b")).code, 0);
        QVERIFY(as("tenant", QStringLiteral("get pods -n kube-system")).code != 0);
        QVERIFY(as("tenant", QStringLiteral("get nodes")).code != 0);
        QVERIFY2(as("tenant", QStringLiteral("auth can-i --list")).out.contains(QStringLiteral("pods/exec")),
                 "rules");
        run = kubectl(QStringLiteral("auth can-i delete pods -n default --as olga"));
        QCOMPARE(run.out.trimmed(), QStringLiteral("no"));
    }

    void executes_data()
    {
        QTest::addColumn<QByteArray>("variable"); // what turns WebSockets off, so that kubectl speaks SPDY
        QTest::newRow("WebSocket") << QByteArray();
        QTest::newRow("SPDY") << QByteArray("KUBECTL_REMOTE_COMMAND_WEBSOCKETS");
    }
    void executes()
    {
        QFETCH(QByteArray, variable);
        const char* off = variable.isEmpty() ? nullptr : variable.constData();
        const QStringList pod = {QStringLiteral("exec"), QStringLiteral("-n"), QStringLiteral("kube-system"),
                                 QStringLiteral("kube-apiserver-outer-1")};
        Run done = run(pod + QStringList{QStringLiteral("--"), QStringLiteral("sh"), QStringLiteral("-c"),
                                         QStringLiteral("hostname; cat /none; exit 3")},
                       {}, off);
        QCOMPARE(done.out, QStringLiteral("kube-apiserver-outer-1\n"));
        QVERIFY2(done.err.contains(QStringLiteral("No such file or directory")), qPrintable(done.err));
        QVERIFY2(done.err.contains(QStringLiteral("exit code 3")), qPrintable(done.err));
        QCOMPARE(done.code, 3);
        done = run(pod + QStringList{QStringLiteral("-i"), QStringLiteral("--"), QStringLiteral("cat")},
                   "through\n", off);
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(done.out, QStringLiteral("through\n"));
        done = run(pod + QStringList{QStringLiteral("-i"), QStringLiteral("--"), QStringLiteral("sh")},
                   "echo $HOSTNAME\nexit 5\n", off);
        QCOMPARE(done.out, QStringLiteral("kube-apiserver-outer-1\n"));
        QCOMPARE(done.code, 5);
        done = run(pod + QStringList{QStringLiteral("--"), QStringLiteral("frobnicate")}, {}, off);
        QVERIFY2(done.err.contains(QStringLiteral("executable file not found")), qPrintable(done.err));
    }

    // Whoever attaches is at the same first process, which hears what is typed where the container keeps its
    // input open.
    void attaches_data() { executes_data(); }
    void attaches()
    {
        QFETCH(QByteArray, variable);
        const QString name = variable.isEmpty() ? QStringLiteral("box-w") : QStringLiteral("box-s");
        const QByteArray manifest =
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name.toUtf8() +
            "\n  namespace: default\nspec:\n  containers:\n  - name: box\n    image: busybox\n"
            "    command: [sh]\n    stdin: true\n";
        const Run made = kubectl(QStringLiteral("apply -f -"), manifest);
        QVERIFY2(made.code == 0, qPrintable(made.err));
        QTRY_VERIFY_WITH_TIMEOUT(kubectl(QStringLiteral("get pod %1 --no-headers").arg(name))
                                     .out.contains(QStringLiteral("Running")),
                                 20000);
        const QStringList attach = {QStringLiteral("attach"), QStringLiteral("-i"), name};
        const char* off = variable.isEmpty() ? nullptr : variable.constData();
        // A shell that has ended is followed by a new one.
        Run done = run(attach, "cd /etc\npwd\nexit 4\n", off);
        QVERIFY2(done.out.contains(QStringLiteral("/etc\n")), qPrintable(done.out + done.err));
        done = run(attach, "pwd\nexit\n", off);
        QVERIFY2(done.out.contains(QStringLiteral("/\n")), qPrintable(done.out + done.err));
        QCOMPARE(kubectl(QStringLiteral("delete pod %1").arg(name)).code, 0);
    }

    void forwardsPorts_data()
    {
        QTest::addColumn<QByteArray>("variable");
        QTest::newRow("WebSocket tunnel") << QByteArray();
        QTest::newRow("SPDY") << QByteArray("KUBECTL_PORT_FORWARD_WEBSOCKETS");
    }
    void forwardsPorts()
    {
        QFETCH(QByteArray, variable);
        QProcess forward;
        QProcessEnvironment env = environment();
        if (!variable.isEmpty())
            env.insert(QString::fromLatin1(variable), QStringLiteral("false"));
        forward.setProcessEnvironment(env);
        forward.start(m_kubectl,
                      {QStringLiteral("port-forward"), QStringLiteral("-n"), QStringLiteral("kube-system"),
                       QStringLiteral("pod/kube-apiserver-outer-1"), QStringLiteral(":8080")});
        QByteArray said;
        static const QRegularExpression pattern(QStringLiteral("Forwarding from 127\\.0\\.0\\.1:(\\d+)"));
        QRegularExpressionMatch match;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                forward.waitForReadyRead(50);
                said += forward.readAllStandardOutput();
                match = pattern.match(QString::fromLatin1(said));
                return match.hasMatch();
            }(),
            15000);
        for (int round = 0; round < 2; ++round) { // two connections, one after the other
            QTcpSocket socket;
            socket.connectToHost(QStringLiteral("127.0.0.1"), match.captured(1).toUShort());
            QVERIFY(socket.waitForConnected(5000));
            socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            QByteArray page;
            QTRY_VERIFY_WITH_TIMEOUT(
                [&] {
                    socket.waitForReadyRead(50);
                    page += socket.readAll();
                    return page.contains("kube-apiserver-outer-1</h1>");
                }(),
                15000);
            QVERIFY(page.startsWith("HTTP/1.1 200 OK"));
        }
        forward.kill();
        forward.waitForFinished();
    }

    void logsFollow()
    {
        QProcess follow;
        follow.setProcessEnvironment(environment());
        follow.start(m_kubectl, {QStringLiteral("logs"), QStringLiteral("-f"), QStringLiteral("--tail=1"),
                                 QStringLiteral("-n"), QStringLiteral("kube-system"),
                                 QStringLiteral("kube-apiserver-outer-1")});
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                follow.waitForReadyRead(100);
                seen += follow.readAllStandardOutput();
                return seen.count('\n') >= 2; // the old line and one that came while we looked
            }(),
            40000);
        follow.kill();
        follow.waitForFinished();
        const Run stamped = kubectl(QStringLiteral(
            "logs -n kube-system kube-apiserver-outer-1 --since=5m --timestamps --limit-bytes=40"));
        QCOMPARE(stamped.out.size(), 40);
        QVERIFY2(kubectl(QStringLiteral("logs -p -n kube-system kube-apiserver-outer-1"))
                     .err.contains(QStringLiteral("previous terminated container")),
                 "previous");
    }

    void definitionsAreServedAtOnce()
    {
        const QByteArray definition =
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n"
            "  name: crontabs.stable.example.com\nspec:\n  group: stable.example.com\n  scope: Namespaced\n"
            "  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}\n  versions:\n"
            "  - name: v1\n    served: true\n    storage: true\n    subresources:\n      status: {}\n"
            "      scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}\n"
            "    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]\n"
            "    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          "
            "spec:\n"
            "            type: object\n            required: [cron]\n            properties:\n"
            "              cron: {type: string, pattern: '^[0-9 */]+$', description: When to run.}\n"
            "              size: {type: integer, minimum: 0, default: 1}\n"
            "          status: {type: object, properties: {size: {type: integer}}}\n";
        Run done = kubectl(QStringLiteral("apply -f -"), definition);
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(kubectl(QStringLiteral("wait crd/crontabs.stable.example.com --for=condition=Established "
                                        "--timeout=10s"))
                     .code,
                 0);
        const QByteArray head = "apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata:\n  name: one\n"
                                "  namespace: default\nspec:\n";
        done = kubectl(QStringLiteral("apply -f -"), head + "  cron: '*/5 * * * *'\n");
        QVERIFY2(done.code == 0, qPrintable(done.err));
        done = kubectl(QStringLiteral("get ct -n default --no-headers"));
        QCOMPARE(done.out.simplified(), QStringLiteral("one 1")); // the default
        QCOMPARE(kubectl(QStringLiteral("scale crontab one -n default --replicas=4")).code, 0);
        QCOMPARE(kubectl(QStringLiteral("get ct one -n default -o jsonpath={.spec.size}")).out,
                 QStringLiteral("4"));
        done = kubectl(QStringLiteral("apply -f -"), head + "  cron: nonsense\n");
        QVERIFY2(
            done.err.contains(QStringLiteral("The CronTab \"one\" is invalid: spec.cron: Invalid value: "
                                             "\"nonsense\": spec.cron in body should match '^[0-9 */]+$'")),
            qPrintable(done.err));
        done = kubectl(QStringLiteral("apply -f -"), head + "  cron: '1'\n  colour: red\n");
        QVERIFY2(done.err.contains(QStringLiteral("unknown field \"spec.colour\"")), qPrintable(done.err));
        QVERIFY(kubectl(QStringLiteral("api-resources")).out.contains(QStringLiteral("crontabs")));
        QVERIFY(kubectl(QStringLiteral("explain crontab.spec.cron"))
                    .out.contains(QStringLiteral("When to run.")));
        QCOMPARE(kubectl(QStringLiteral("delete crd crontabs.stable.example.com --timeout=10s")).code, 0);
        done = kubectl(QStringLiteral("get crontabs.stable.example.com -A"));
        QVERIFY2(done.code != 0, qPrintable(done.out));
        // The kinds that were there from the start have definitions, too.
        QVERIFY(kubectl(QStringLiteral("get crd virtualmachines.kubevirt.io")).code == 0);
    }

    void serverSideApplyConflicts()
    {
        const QByteArray one =
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fought\n  namespace: default\n"
            "data:\n  a: '1'\n";
        QByteArray two = one;
        two.replace("'1'", "'2'");
        QCOMPARE(kubectl(QStringLiteral("apply --server-side --field-manager=one -f -"), one).code, 0);
        Run done = kubectl(QStringLiteral("apply --server-side --field-manager=two -f -"), two);
        QVERIFY2(done.err.contains(QStringLiteral("conflict with \"one\": .data.a")), qPrintable(done.err));
        done = kubectl(QStringLiteral("diff -f -"), two);
        QCOMPARE(done.code, 1); // it differs
        QVERIFY2(done.out.contains(QStringLiteral("+  a: \"2\"")), qPrintable(done.out));
        done = kubectl(QStringLiteral("apply --server-side --force-conflicts --field-manager=two -f -"), two);
        QCOMPARE(done.code, 0);
        done = kubectl(QStringLiteral("apply -f - --dry-run=server -o jsonpath={.data.a}"), one);
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(done.out, QStringLiteral("1"));
        QCOMPARE(kubectl(QStringLiteral("get cm fought -n default -o jsonpath={.data.a}")).out,
                 QStringLiteral("2"));
        for (const auto& [type, patch] :
             {std::pair{"merge", "{\"data\":{\"b\":\"m\"}}"},
              std::pair{"strategic", "{\"data\":{\"b\":\"s\"}}"},
              std::pair{"json", "[{\"op\":\"add\",\"path\":\"/data/b\",\"value\":\"j\"}]"}}) {
            done = run({QStringLiteral("patch"), QStringLiteral("cm"), QStringLiteral("fought"),
                        QStringLiteral("-n"), QStringLiteral("default"), QStringLiteral("--type"),
                        QString::fromLatin1(type), QStringLiteral("-p"), QString::fromLatin1(patch),
                        QStringLiteral("-o"), QStringLiteral("jsonpath={.data.b}")});
            QVERIFY2(done.code == 0, qPrintable(done.err));
            QCOMPARE(done.out, QString(QLatin1Char(type[0])));
        }
        QCOMPARE(kubectl(QStringLiteral("label cm fought -n default tier=x")).code, 0);
        QCOMPARE(kubectl(QStringLiteral("annotate cm fought -n default note=y")).code, 0);
        QCOMPARE(
            kubectl(QStringLiteral("get cm -n default -l tier=x --no-headers")).out.count(QLatin1Char('\n')),
            1);
        QByteArray wrong = one;
        wrong.replace("\ndata:", "\ndtaa:");
        done = kubectl(QStringLiteral("apply -f -"), wrong);
        QVERIFY2(done.err.contains(QStringLiteral("strict decoding error: unknown field \"dtaa\"")),
                 qPrintable(done.err));
    }

    void quotasRefuse()
    {
        QCOMPARE(kubectl(QStringLiteral("create namespace tight")).code, 0);
        // Every namespace has one from the start.
        QTRY_COMPARE_WITH_TIMEOUT(kubectl(QStringLiteral("get cm -n tight -o name")).out.trimmed(),
                                  QStringLiteral("configmap/kube-root-ca.crt"), 20000);
        QCOMPARE(kubectl(QStringLiteral("create quota two -n tight --hard=configmaps=3")).code, 0);
        QCOMPARE(kubectl(QStringLiteral("create configmap a -n tight")).code, 0);
        QCOMPARE(kubectl(QStringLiteral("create configmap b -n tight")).code, 0);
        const Run run = kubectl(QStringLiteral("create configmap c -n tight"));
        QVERIFY2(
            run.err.contains(QStringLiteral("configmaps \"c\" is forbidden: exceeded quota: two, requested: "
                                            "configmaps=1, used: configmaps=3, limited: configmaps=3")),
            qPrintable(run.err));
        QCOMPARE(kubectl(QStringLiteral("get quota two -n tight -o jsonpath={.status.used.configmaps}")).out,
                 QStringLiteral("3"));
    }

    void deletesInTheRightOrder()
    {
        const auto deploy = [this](const char* name) {
            QCOMPARE(
                kubectl(
                    QStringLiteral("create deployment %1 -n default --image=nginx").arg(QLatin1String(name)))
                    .code,
                0);
            QTRY_VERIFY_WITH_TIMEOUT(
                kubectl(QStringLiteral("get pods -n default --no-headers -l app=%1").arg(QLatin1String(name)))
                    .out.contains(QStringLiteral("Running")),
                20000);
        };
        deploy("front");
        Run run =
            kubectl(QStringLiteral("delete deployment front -n default --cascade=foreground --timeout=20s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral("get rs,pods -n default --no-headers -l app=front")).out.isEmpty(), 20000);
        deploy("left");
        run = kubectl(QStringLiteral("delete deployment left -n default --cascade=orphan --timeout=20s"));
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QVERIFY(kubectl(QStringLiteral("get rs -n default --no-headers -l app=left"))
                    .out.contains(QStringLiteral("left-")));
        QCOMPARE(kubectl(QStringLiteral("get rs -n default -l app=left -o jsonpath={..ownerReferences}"))
                     .out.trimmed(),
                 QString());
        QCOMPARE(kubectl(QStringLiteral("delete rs -n default -l app=left")).code, 0);
    }

    void guestsObeyTheirSubresources()
    {
        const auto raw = [this](const QString& action, const QByteArray& body = "{}") {
            QTemporaryFile file;
            if (!file.open())
                return Run();
            file.write(body);
            file.flush();
            return kubectl(
                QStringLiteral("replace --raw /apis/subresources.kubevirt.io/v1/namespaces/red/%1 -f %2")
                    .arg(action, file.fileName()));
        };
        const QString vm =
            kubectl(QStringLiteral("get vmi -n red -o jsonpath={.items[0].metadata.name}")).out;
        QVERIFY(!vm.isEmpty());
        Run done = raw(QStringLiteral("virtualmachines/%1/start").arg(vm));
        QVERIFY2(done.err.contains(QStringLiteral("VM is already running")), qPrintable(done.err));
        done = raw(QStringLiteral("virtualmachineinstances/%1/pause").arg(vm));
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(
            kubectl(QStringLiteral("wait vmi -n red %1 --for=condition=Paused --timeout=10s").arg(vm)).code,
            0);
        done = raw(QStringLiteral("virtualmachineinstances/%1/pause").arg(vm));
        QVERIFY2(done.err.contains(QStringLiteral("VMI is already paused")), qPrintable(done.err));
        QCOMPARE(raw(QStringLiteral("virtualmachineinstances/%1/unpause").arg(vm)).code, 0);
        QCOMPARE(raw(QStringLiteral("virtualmachines/%1/migrate").arg(vm)).code, 0);
        QVERIFY(kubectl(QStringLiteral("get vmim -n red --no-headers"))
                    .out.contains(QStringLiteral("kubevirt-migrate-vm-")));
        done = kubectl(QStringLiteral("get --raw /apis/subresources.kubevirt.io/v1/namespaces/red/"
                                      "virtualmachineinstances/%1/guestosinfo")
                           .arg(vm));
        QVERIFY2(done.out.contains(QStringLiteral("Ubuntu 22.04")), qPrintable(done.err));
        QCOMPARE(raw(QStringLiteral("virtualmachines/%1/stop").arg(vm)).code, 0);
        QCOMPARE(kubectl(QStringLiteral("get vm -n red %1 -o jsonpath={.spec.runStrategy}").arg(vm)).out,
                 QStringLiteral("Halted"));
    }

    // KubeVirt's own client, where it is installed.
    void virtctlReachesAGuest()
    {
        const QString virtctl = QStandardPaths::findExecutable(QStringLiteral("virtctl"));
        if (virtctl.isEmpty())
            QSKIP("virtctl is not installed");
        const Run names =
            kubectl(QStringLiteral("get vmi -n blue -o name --field-selector=status.phase=Running"));
        const QString name = names.out.section(QLatin1Char('\n'), 0, 0).section(QLatin1Char('/'), -1);
        QVERIFY2(!name.isEmpty(), qPrintable(names.err));
        const auto said = [&](const QStringList& arguments, const QByteArray& typed,
                              const QByteArray& wanted) {
            QProcess process;
            process.setProcessEnvironment(environment());
            process.start(virtctl, arguments);
            process.write(typed);
            QByteArray seen;
            (void)QTest::qWaitFor(
                [&] {
                    process.waitForReadyRead(100);
                    seen += process.readAllStandardOutput();
                    return seen.contains(wanted);
                },
                30000);
            process.kill();
            process.waitForFinished();
            return seen.contains(wanted);
        };
        QVERIFY(said({QStringLiteral("port-forward"), QStringLiteral("--stdio"),
                      QStringLiteral("vmi/%1.blue").arg(name), QStringLiteral("22")},
                     "SSH-2.0-test\r\n", "SSH-2.0-"));
        QVERIFY(said({QStringLiteral("console"), QStringLiteral("-n"), QStringLiteral("blue"), name}, "\r",
                     "login:"));
    }

    void attachesToWhatRuns()
    {
        QProcess attach;
        attach.setProcessEnvironment(environment());
        attach.start(m_kubectl, {QStringLiteral("attach"), QStringLiteral("-n"),
                                 QStringLiteral("kube-system"), QStringLiteral("kube-apiserver-outer-1")});
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                attach.waitForReadyRead(100);
                seen += attach.readAllStandardOutput();
                return seen.contains('\n'); // what it prints from now on
            }(),
            40000);
        attach.kill();
        attach.waitForFinished();
    }

    void drainAsksGuestsToMove()
    {
        const QString node = QStringLiteral("outer-3");
        const Run run = kubectl(QStringLiteral("drain %1 --ignore-daemonsets --force --delete-emptydir-data "
                                               "--disable-eviction=false --timeout=8s")
                                    .arg(node));
        QVERIFY2(run.out.contains(QStringLiteral("cordoned")), qPrintable(run.out + run.err));
        // Launchers are not evicted: whoever looks after the guest has to move it.
        QVERIFY2(run.err.contains(QStringLiteral("virt-launcher-eviction-interceptor.kubevirt.io")) ||
                     run.err.contains(QStringLiteral("Eviction triggered evacuation of VMI")),
                 qPrintable(run.err));
        const Run marked = kubectl(
            QStringLiteral(
                "get vmi -A -o jsonpath={.items[?(@.status.evacuationNodeName==\"%1\")].metadata.name}")
                .arg(node));
        QVERIFY2(!marked.out.isEmpty(), qPrintable(marked.err));
        QCOMPARE(kubectl(QStringLiteral("uncordon %1").arg(node)).code, 0);
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
