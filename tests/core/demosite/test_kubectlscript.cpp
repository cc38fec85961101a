// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

using namespace strata::demosite;

namespace {

struct Request {
    QByteArray key;
    QByteArray request; // both PEM
};

// What somebody brings who wants a certificate.
Request certificateRequest(const char* user, const char* group)
{
    Request made;
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509_REQ* const request = X509_REQ_new();
    X509_NAME* const subject = X509_REQ_get_subject_name(request);
    for (const auto& [field, value] : {std::pair("O", group), std::pair("CN", user)})
        X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
    X509_REQ_set_pubkey(request, key);
    X509_REQ_sign(request, key, EVP_sha256());
    BIO* const out = BIO_new(BIO_s_mem());
    const auto taken = [out] {
        char* data = nullptr;
        const long size = BIO_get_mem_data(out, &data);
        const QByteArray text(data, static_cast<int>(size));
        (void)BIO_reset(out);
        return text;
    };
    PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    made.key = taken();
    PEM_write_bio_X509_REQ(out, request);
    made.request = taken();
    BIO_free(out);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return made;
}

} // namespace

// One script of the verbs people use, driven by every stock kubectl there is: those on the path, whatever
// their names end in, and those that STRATA_KUBECTL lists (with colons between them).
class TestKubectlScript : public QObject {
    Q_OBJECT

    struct Run {
        int code = -1;
        QString out;
        QString err;
        QString both() const { return out + err; }
    };

    QProcessEnvironment environment() const
    {
        QProcessEnvironment env = QProcessEnvironment::systemEnvironment();
        env.insert(QStringLiteral("HOME"), m_home.path());
        env.insert(QStringLiteral("KUBECONFIG"), QString::fromStdString(m_site->kubeconfigPath()));
        // An editor that changes one word.
        env.insert(QStringLiteral("KUBE_EDITOR"), QStringLiteral("sed -i s/before/after/"));
        return env;
    }
    Run run(const QStringList& arguments, const QByteArray& input = {}) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(m_kubectl, arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(60000))
            process.kill();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    Run kubectl(const QString& arguments, const QByteArray& input = {}) const
    {
        return run(arguments.split(QLatin1Char(' ')), input);
    }

    // "v1.20.2" of a program; empty when it is no kubectl.
    static QString versionOf(const QString& program)
    {
        QProcess process;
        process.start(program, {QStringLiteral("version"), QStringLiteral("--client"), QStringLiteral("-o"),
                                QStringLiteral("json")});
        if (!process.waitForFinished(60000))
            return {};
        const QRegularExpression version(QStringLiteral("\"gitVersion\": *\"(v[^\"]+)\""));
        return version.match(QString::fromUtf8(process.readAllStandardOutput())).captured(1);
    }

    QString m_kubectl;
    QTemporaryDir m_home;
    std::unique_ptr<DemoSite> m_site;

private Q_SLOTS:
    void script_data()
    {
        QTest::addColumn<QString>("program");
        QStringList programs =
            qEnvironmentVariable("STRATA_KUBECTL").split(QLatin1Char(':'), Qt::SkipEmptyParts);
        const QStringList folders = qEnvironmentVariable("PATH").split(QLatin1Char(':'), Qt::SkipEmptyParts);
        for (const QString& folder : folders) {
            const QFileInfoList found = QDir(folder).entryInfoList(
                {QStringLiteral("kubectl"), QStringLiteral("kubectl.*"), QStringLiteral("kubectl-1.*")},
                QDir::Files | QDir::Executable);
            for (const QFileInfo& each : found)
                programs << each.absoluteFilePath();
        }
        QSet<QString> versions;
        for (const QString& program : std::as_const(programs)) {
            const QString version = versionOf(program);
            if (version.isEmpty() || versions.contains(version))
                continue;
            versions.insert(version);
            QTest::newRow(qPrintable(version)) << program;
        }
        if (versions.isEmpty())
            QTest::newRow("none") << QString();
    }

    void script()
    {
        QFETCH(QString, program);
        if (program.isEmpty())
            QSKIP("kubectl is not installed");
        m_kubectl = program;
        Options options;
        options.life = false;
        auto site = DemoSite::start(options);
        QVERIFY(site.has_value());
        m_site = std::move(*site);

        // create, get, get -w
        Run done = kubectl(QStringLiteral("create namespace script"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("namespace/script created"));
        done = kubectl(QStringLiteral("create namespace script"));
        QVERIFY2(done.err.contains(QStringLiteral("namespaces \"script\" already exists")),
                 qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("get namespace script --no-headers"))
                     .out.simplified()
                     .section(QLatin1Char(' '), 0, 1),
                 QStringLiteral("script Active"));
        QProcess watch;
        watch.setProcessEnvironment(environment());
        watch.start(m_kubectl, QStringLiteral("get cm -n script -w --no-headers").split(QLatin1Char(' ')));
        QVERIFY(watch.waitForStarted());
        int count = 0;
        QByteArray seen;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                kubectl(QStringLiteral("create configmap seen-%1 -n script").arg(count++));
                watch.waitForReadyRead(200);
                seen += watch.readAllStandardOutput();
                return seen.contains("seen-");
            }(),
            60000);
        watch.kill();
        watch.waitForFinished();

        // apply, what is unchanged, diff, --server-side with a conflict and without
        const QByteArray manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  "
                                    "namespace: script\n  annotations:\n"
                                    "    note: before\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n "
                                    "     app: web\n  template:\n"
                                    "    metadata:\n      labels:\n        app: web\n    spec:\n      "
                                    "containers:\n      - name: web\n"
                                    "        image: registry.example.com/web:1\n";
        done = kubectl(QStringLiteral("apply -f -"), manifest);
        QCOMPARE(done.out.trimmed(), QStringLiteral("deployment.apps/web created"));
        done = kubectl(QStringLiteral("apply -f -"), manifest);
        QCOMPARE(done.out.trimmed(), QStringLiteral("deployment.apps/web unchanged"));
        QByteArray two = manifest;
        two.replace("web:1", "web:2");
        done = kubectl(QStringLiteral("diff -f -"), two);
        QCOMPARE(done.code, 1);
        QVERIFY2(done.out.contains(
                     QRegularExpression(QStringLiteral("\\+\\s+- image: registry.example.com/web:2"))) ||
                     done.out.contains(
                         QRegularExpression(QStringLiteral("\\+\\s+image: registry.example.com/web:2"))),
                 qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("diff -f -"), manifest).code, 0);
        done = kubectl(QStringLiteral("apply --server-side --field-manager=other -f -"), two);
        QVERIFY2(done.err.contains(QStringLiteral("conflict")) &&
                     done.err.contains(QStringLiteral(".spec.template.spec.containers[name=\"web\"].image")),
                 qPrintable(done.both()));
        done =
            kubectl(QStringLiteral("apply --server-side --force-conflicts --field-manager=other -f -"), two);
        QVERIFY2(done.out.contains(QStringLiteral("serverside-applied")), qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("get deploy web -n script -o "
                                        "jsonpath={.spec.template.spec.containers[0].image}"))
                     .out,
                 QStringLiteral("registry.example.com/web:2"));

        // wait, rollout, scale, label, patch, edit
        done = kubectl(QStringLiteral("rollout status deployment/web -n script --timeout=50s"));
        QVERIFY2(done.out.contains(QStringLiteral("successfully rolled out")), qPrintable(done.both()));
        done =
            kubectl(QStringLiteral("wait -n script --for=condition=Available deployment/web --timeout=50s"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("deployment.apps/web condition met"));
        done = kubectl(QStringLiteral("scale deployment web -n script --replicas=3 --current-replicas=2"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("deployment.apps/web scaled"));
        done = kubectl(QStringLiteral("scale deployment web -n script --replicas=4 --current-replicas=2"));
        QVERIFY2(done.code != 0 && done.err.contains(QStringLiteral("replicas")), qPrintable(done.both()));
        // Asked once a time: the site lives, and a pod may go between two looks.
        QVERIFY(QTest::qWaitFor(
            [&] {
                return kubectl(QStringLiteral("get pods -n script -l app=web "
                                              "--field-selector=status.phase=Running -o name"))
                           .out.count(QLatin1Char('\n')) == 3;
            },
            60000));
        QCOMPARE(kubectl(QStringLiteral("label deployment web -n script tier=front")).out.trimmed(),
                 QStringLiteral("deployment.apps/web labeled"));
        done = kubectl(QStringLiteral("label deployment web -n script tier=back"));
        QVERIFY2(done.err.contains(QStringLiteral("--overwrite")), qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("get deploy -n script -l tier=front -o name")).out.trimmed(),
                 QStringLiteral("deployment.apps/web"));
        for (const char* patch :
             {"merge|{\"spec\":{\"paused\":true}}", "strategic|{\"spec\":{\"paused\":null}}",
              "json|[{\"op\":\"add\",\"path\":\"/metadata/labels/a\",\"value\":\"b\"}]"}) {
            const QStringList parts = QString::fromLatin1(patch).split(QLatin1Char('|'));
            done = run({QStringLiteral("patch"), QStringLiteral("deployment"), QStringLiteral("web"),
                        QStringLiteral("-n"), QStringLiteral("script"), QStringLiteral("--type"), parts[0],
                        QStringLiteral("-p"), parts[1]});
            QVERIFY2(done.out.contains(QStringLiteral("deployment.apps/web patched")),
                     qPrintable(done.both()));
        }
        done = kubectl(QStringLiteral("edit deployment web -n script"));
        QVERIFY2(done.out.contains(QStringLiteral("deployment.apps/web edited")), qPrintable(done.both()));
        QCOMPARE(
            kubectl(QStringLiteral("get deploy web -n script -o jsonpath={.metadata.annotations.note}")).out,
            QStringLiteral("after"));

        // describe, logs, top, events
        done = kubectl(QStringLiteral("describe deployment web -n script"));
        QVERIFY2(done.out.contains(QRegularExpression(QStringLiteral("Replicas: +3 desired"))) &&
                     done.out.contains(QStringLiteral("ScalingReplicaSet")),
                 qPrintable(done.both()));
        const QString pod =
            kubectl(QStringLiteral("get pods -n script -l app=web -o jsonpath={.items[0].metadata.name}"))
                .out;
        QVERIFY(!pod.isEmpty());
        done = kubectl(QStringLiteral("describe pod %1 -n script").arg(pod));
        QVERIFY2(done.out.contains(QStringLiteral("Controlled By:  ReplicaSet/web-")) &&
                     done.out.contains(QStringLiteral("Successfully assigned script/%1 to outer-").arg(pod)),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("describe node outer-1"));
        QVERIFY2(done.out.contains(QStringLiteral("Allocated resources")) &&
                     done.out.contains(QStringLiteral("KubeletReady")),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("describe vmi -n blue"));
        QVERIFY2(done.out.contains(QStringLiteral("PausedIOError")), qPrintable(done.both()));
        done = kubectl(QStringLiteral("logs -n kube-system kube-apiserver-outer-1 --tail=2"));
        QCOMPARE(done.out.count(QLatin1Char('\n')), 2);
        done = kubectl(QStringLiteral("top nodes --no-headers"));
        QCOMPARE(done.out.count(QLatin1Char('\n')), 3);
        done = kubectl(QStringLiteral("top pods -n kube-system --no-headers"));
        QVERIFY2(done.out.contains(QStringLiteral("kube-apiserver-outer-1")), qPrintable(done.both()));

        // auth can-i, api-resources, api-versions, explain, version
        QCOMPARE(kubectl(QStringLiteral("auth can-i create deployments -n script")).out.trimmed(),
                 QStringLiteral("yes"));
        done = kubectl(QStringLiteral("auth can-i create deployments -n script --as olga"));
        QVERIFY2(done.out.startsWith(QStringLiteral("no")) && done.code == 1, qPrintable(done.both()));
        done = kubectl(QStringLiteral("api-resources --api-group=kubevirt.io --namespaced=true -o name"));
        QVERIFY2(done.out.contains(QStringLiteral("virtualmachineinstancemigrations.kubevirt.io")),
                 qPrintable(done.both()));
        QVERIFY(
            kubectl(QStringLiteral("api-versions")).out.contains(QStringLiteral("cluster.x-k8s.io/v1beta2")));
        QVERIFY(kubectl(QStringLiteral("explain deployment.spec.replicas"))
                    .out.contains(QStringLiteral("<integer>")));
        QVERIFY(kubectl(QStringLiteral("explain machinehealthcheck"))
                    .out.contains(QStringLiteral("MachineHealthCheck")));
        QVERIFY(kubectl(QStringLiteral("version")).out.contains(QStringLiteral("v1.34.1")));

        // What the server refuses, in its words.
        done = kubectl(
            QStringLiteral("apply -f -"),
            "apiVersion: v1\nkind: Pod\nmetadata: {name: none, namespace: script}\nspec: {containers: []}\n");
        QVERIFY2(
            done.err.contains(QStringLiteral("The Pod \"none\" is invalid: spec.containers: Required value")),
            qPrintable(done.both()));
        done = run({QStringLiteral("patch"), QStringLiteral("deployment"), QStringLiteral("web"),
                    QStringLiteral("-n"), QStringLiteral("script"), QStringLiteral("--type"),
                    QStringLiteral("merge"), QStringLiteral("-p"),
                    QStringLiteral("{\"spec\":{\"selector\":{\"matchLabels\":{\"tier\":\"x\"}}}}")});
        QVERIFY2(done.err.contains(QStringLiteral("field is immutable")), qPrintable(done.both()));

        // delete: gracefully and by force, foreground, orphans, a namespace
        done = kubectl(QStringLiteral("delete pod %1 -n script --wait=false").arg(pod));
        QVERIFY2(done.out.contains(QStringLiteral("pod \"%1\" deleted").arg(pod)), qPrintable(done.both()));
        const QString state =
            kubectl(QStringLiteral("get pod %1 -n script --no-headers --ignore-not-found").arg(pod)).out;
        QVERIFY2(state.isEmpty() || state.contains(QStringLiteral("Terminating")), qPrintable(state));
        done = kubectl(QStringLiteral("wait --for=delete pod/%1 -n script --timeout=50s").arg(pod));
        QVERIFY2(done.code == 0 || done.err.contains(QStringLiteral("not found")), qPrintable(done.both()));
        QTRY_COMPARE_WITH_TIMEOUT(kubectl(QStringLiteral("get deploy web -n script -o "
                                                         "jsonpath={.status.readyReplicas}"))
                                      .out,
                                  QStringLiteral("3"), 60000);
        const QString next =
            kubectl(QStringLiteral("get pods -n script -l app=web -o jsonpath={.items[0].metadata.name}"))
                .out;
        done = kubectl(QStringLiteral("delete pod %1 -n script --force --grace-period=0").arg(next));
        QVERIFY2(done.out.contains(QStringLiteral("force deleted")), qPrintable(done.both()));
        done = kubectl(QStringLiteral("delete deployment web -n script --cascade=orphan"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        QVERIFY(kubectl(QStringLiteral("get rs -n script -l app=web -o name"))
                    .out.contains(QStringLiteral("replicaset")));
        done = kubectl(QStringLiteral("apply -f -"), manifest);
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = kubectl(QStringLiteral("delete deployment web -n script --cascade=foreground --timeout=50s"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = kubectl(QStringLiteral("delete namespace script --timeout=60s"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        QVERIFY(kubectl(QStringLiteral("get namespace script")).err.contains(QStringLiteral("not found")));
    }

    void more_data() { script_data(); }

    // Jobs, rollouts, what hangs from Services, files, debugging, certificates.
    void more()
    {
        QFETCH(QString, program);
        if (program.isEmpty())
            QSKIP("kubectl is not installed");
        m_kubectl = program;
        Options options;
        options.life = false;
        auto site = DemoSite::start(options);
        QVERIFY(site.has_value());
        m_site = std::move(*site);
        const auto words = [](const char* text) { return QString::fromLatin1(text).split(QLatin1Char(' ')); };
        QCOMPARE(kubectl(QStringLiteral("create namespace more")).code, 0);

        // create job, its logs and events; create cronjob, and a job of it
        Run done =
            run(words("create job once -n more --image=busybox -- sh -c") << QStringLiteral("echo did it"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("job.batch/once created"));
        done = kubectl(QStringLiteral("wait --for=condition=complete job/once -n more --timeout=50s"));
        QVERIFY2(done.out.contains(QStringLiteral("job.batch/once condition met")), qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("logs job/once -n more")).out, QStringLiteral("did it\n"));
        done = kubectl(QStringLiteral("get job once -n more --no-headers"));
        QVERIFY2(done.out.contains(QRegularExpression(QStringLiteral("^once +Complete +1/1 "))),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("describe job once -n more"));
        QVERIFY2(done.out.contains(QStringLiteral("0 Active (0 Ready) / 1 Succeeded / 0 Failed")) &&
                     done.out.contains(QStringLiteral("batch.kubernetes.io/job-name=once")),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("events -n more --for job/once"));
        QVERIFY2(done.out.contains(QStringLiteral("SuccessfulCreate")) &&
                     done.out.contains(QStringLiteral("Job completed")),
                 qPrintable(done.both()));
        done =
            run(words("create cronjob tick -n more --image=busybox")
                << QStringLiteral("--schedule=0 0 1 1 *") << QStringLiteral("--") << QStringLiteral("date"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("cronjob.batch/tick created"));
        QCOMPARE(kubectl(QStringLiteral("create job now -n more --from=cronjob/tick")).out.trimmed(),
                 QStringLiteral("job.batch/now created"));
        done = kubectl(QStringLiteral("wait --for=condition=complete job/now -n more --timeout=50s"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = run(words("run once-more -n more --image=busybox --restart=Never -- sh -c")
                   << QStringLiteral("exit 4"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = kubectl(
            QStringLiteral("wait -n more --for=jsonpath={.status.phase}=Failed pod/once-more --timeout=50s"));
        QVERIFY2(done.code == 0, qPrintable(done.both()));

        // What a Service leads to.
        QCOMPARE(kubectl(QStringLiteral("create deployment web -n more --image=registry.example.com/web:1 "
                                        "--replicas=2 --port=8080"))
                     .code,
                 0);
        done = kubectl(QStringLiteral("expose deployment web -n more --port=80 --target-port=8080"));
        QCOMPARE(done.out.trimmed(), QStringLiteral("service/web exposed"));
        done = kubectl(QStringLiteral("rollout status deployment/web -n more --timeout=50s"));
        QVERIFY2(done.out.contains(QStringLiteral("successfully rolled out")), qPrintable(done.both()));
        done = kubectl(
            QStringLiteral("get endpointslices -n more -l kubernetes.io/service-name=web --no-headers"));
        QVERIFY2(done.out.contains(QRegularExpression(
                     QStringLiteral("^web-\\w{5} +IPv4 +8080 +10\\.[0-9.]+,10\\.[0-9.]+ "))),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("describe service web -n more"));
        QVERIFY2(done.out.contains(
                     QRegularExpression(QStringLiteral("Endpoints: +10\\.[0-9.]+:8080,10\\.[0-9.]+:8080"))),
                 qPrintable(done.both()));
        QVERIFY(kubectl(QStringLiteral("get configmap kube-root-ca.crt -n more -o yaml"))
                    .out.contains(QStringLiteral("BEGIN CERTIFICATE")));

        // rollout: to another image, its history, back, and the same once more
        QCOMPARE(
            kubectl(QStringLiteral("set image deployment/web -n more web=registry.example.com/web:2")).code,
            0);
        const auto rolledOut = [&](const char* image, const char* revision) {
            const Run waited = kubectl(QStringLiteral("rollout status deployment/web -n more --timeout=50s"));
            const Run now = kubectl(QStringLiteral(
                "get deployment web -n more -o jsonpath={.spec.template.spec.containers[0].image},"
                "{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"));
            const QString wanted = QStringLiteral("registry.example.com/%1,%2")
                                       .arg(QLatin1String(image), QLatin1String(revision));
            if (waited.code != 0 || now.out != wanted)
                qWarning("%s%s", qPrintable(waited.both()), qPrintable(now.both()));
            return waited.code == 0 && now.out == wanted;
        };
        QVERIFY(rolledOut("web:2", "2"));
        done = kubectl(QStringLiteral("rollout history deployment/web -n more"));
        QVERIFY2(done.out.contains(QRegularExpression(QStringLiteral("\n1 +<none>\n2 +<none>"))),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("rollout undo deployment/web -n more"));
        QVERIFY2(done.out.contains(QStringLiteral("rolled back")), qPrintable(done.both()));
        QVERIFY(rolledOut("web:1", "3"));
        done = kubectl(QStringLiteral("rollout history deployment/web -n more"));
        QVERIFY2(done.out.contains(QRegularExpression(QStringLiteral("\n2 +<none>\n3 +<none>"))),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("rollout restart deployment/web -n more"));
        QVERIFY2(done.out.contains(QStringLiteral("restarted")), qPrintable(done.both()));
        QVERIFY(rolledOut("web:1", "4"));

        // cp, into and out of a container; what one command writes another one reads. Pods of the set before
        // are still there while they end.
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral(
                        "get pods -n more -l app=web -o jsonpath={.items[*].metadata.deletionTimestamp}"))
                .out.isEmpty(),
            60'000);
        const QString pod =
            kubectl(QStringLiteral("get pods -n more -l app=web --field-selector=status.phase=Running "
                                   "-o jsonpath={.items[0].metadata.name}"))
                .out;
        QVERIFY(!pod.isEmpty());
        QByteArray bytes;
        for (int i = 0; i < 100'000; ++i)
            bytes += static_cast<char>(i * 31 / 7);
        const auto file = [&](const char* name, const QByteArray& content) {
            QFile out(m_home.filePath(QLatin1String(name)));
            return out.open(QIODevice::WriteOnly) && out.write(content) == content.size();
        };
        QVERIFY(file("there", bytes));
        done = run({QStringLiteral("cp"), m_home.filePath(QStringLiteral("there")),
                    QStringLiteral("more/%1:/tmp/kept").arg(pod)});
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = kubectl(QStringLiteral("exec -n more %1 -- wc /tmp/kept").arg(pod));
        QVERIFY2(done.out.contains(QStringLiteral("100000")), qPrintable(done.both()));
        done = run({QStringLiteral("cp"), QStringLiteral("more/%1:/tmp/kept").arg(pod),
                    m_home.filePath(QStringLiteral("back"))});
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        QFile back(m_home.filePath(QStringLiteral("back")));
        QVERIFY(back.open(QIODevice::ReadOnly));
        QVERIFY(back.readAll() == bytes);

        // debug: a container beside the others
        done = kubectl(
            QStringLiteral("debug -n more pod/%1 --image=busybox --container=look --target=web -- sleep 600")
                .arg(pod));
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral("get pod %1 -n more -o "
                                   "jsonpath={.status.ephemeralContainerStatuses[0].state.running.startedAt}")
                        .arg(pod))
                .out.startsWith(QStringLiteral("20")),
            30000);
        QCOMPARE(kubectl(QStringLiteral("exec -n more %1 -c look -- hostname").arg(pod)).out.trimmed(), pod);
        done = kubectl(QStringLiteral("describe pod %1 -n more").arg(pod));
        QVERIFY2(done.out.contains(QStringLiteral("Ephemeral Containers:")), qPrintable(done.both()));

        // certificate: who asks gets one once somebody approves, and is let in with it
        const Request jane = certificateRequest("jane", "readers");
        const QByteArray request =
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: "
            "jane}\nspec:\n"
            "  request: " +
            jane.request.toBase64() +
            "\n  signerName: kubernetes.io/kube-apiserver-client\n  expirationSeconds: 86400\n"
            "  usages: [client auth]\n";
        done = kubectl(QStringLiteral("apply -f -"), request);
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = kubectl(QStringLiteral("get csr jane --no-headers"));
        QVERIFY2(done.out.contains(QRegularExpression(
                     QStringLiteral("kubernetes.io/kube-apiserver-client +kubernetes-admin +24h +Pending"))),
                 qPrintable(done.both()));
        done = kubectl(QStringLiteral("certificate approve jane"));
        QVERIFY2(done.out.contains(QStringLiteral("jane approved")), qPrintable(done.both()));
        QTRY_VERIFY_WITH_TIMEOUT(kubectl(QStringLiteral("get csr jane --no-headers"))
                                     .out.contains(QStringLiteral("Approved,Issued")),
                                 30000);
        const QByteArray certificate = QByteArray::fromBase64(
            kubectl(QStringLiteral("get csr jane -o jsonpath={.status.certificate}")).out.toLatin1());
        QVERIFY(certificate.startsWith("-----BEGIN CERTIFICATE-----"));
        QVERIFY(file("jane.crt", certificate) && file("jane.key", jane.key));
        QVERIFY(QFile::copy(
            QString::fromStdString(m_site->kubeconfigPath()),
            m_home.filePath(QStringLiteral("config-") + QString::fromLatin1(QTest::currentDataTag()))));
        const QString config =
            QStringLiteral("--kubeconfig=") +
            m_home.filePath(QStringLiteral("config-") + QString::fromLatin1(QTest::currentDataTag()));
        const QString cluster = run({QStringLiteral("config"), QStringLiteral("view"), config,
                                     QStringLiteral("-o"), QStringLiteral("jsonpath={.clusters[0].name}")})
                                    .out;
        done =
            run({QStringLiteral("config"), QStringLiteral("set-credentials"), QStringLiteral("jane"), config,
                 QStringLiteral("--client-certificate=") + m_home.filePath(QStringLiteral("jane.crt")),
                 QStringLiteral("--client-key=") + m_home.filePath(QStringLiteral("jane.key"))});
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = run({QStringLiteral("config"), QStringLiteral("set-context"), QStringLiteral("jane"), config,
                    QStringLiteral("--cluster=") + cluster, QStringLiteral("--user=jane")});
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        done = run({QStringLiteral("get"), QStringLiteral("pods"), QStringLiteral("-n"),
                    QStringLiteral("more"), config, QStringLiteral("--context=jane")});
        QVERIFY2(done.err.contains(QStringLiteral("User \"jane\" cannot list resource \"pods\"")),
                 qPrintable(done.both()));
        QCOMPARE(
            kubectl(QStringLiteral("create rolebinding readers -n more --clusterrole=view --group=readers"))
                .code,
            0);
        done =
            run({QStringLiteral("get"), QStringLiteral("pods"), QStringLiteral("-n"), QStringLiteral("more"),
                 config, QStringLiteral("--context=jane"), QStringLiteral("-o"), QStringLiteral("name")});
        QVERIFY2(done.out.contains(pod), qPrintable(done.both()));
        QByteArray other = request;
        other.replace("name: jane", "name: mallory");
        QCOMPARE(kubectl(QStringLiteral("apply -f -"), other).code, 0);
        QCOMPARE(kubectl(QStringLiteral("certificate deny mallory")).code, 0);
        QVERIFY(
            kubectl(QStringLiteral("get csr mallory --no-headers")).out.contains(QStringLiteral("Denied")));

        // From client-side apply to server-side apply, without a conflict with oneself.
        const QByteArray map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: moved, namespace: more}\n"
                               "data: {a: '1', b: '1'}\n";
        QCOMPARE(kubectl(QStringLiteral("apply -f -"), map).code, 0);
        QByteArray changed = map;
        changed.replace("a: '1', ", "a: '2', ");
        done = kubectl(QStringLiteral("apply --server-side -f -"), changed);
        QVERIFY2(done.out.contains(QStringLiteral("serverside-applied")), qPrintable(done.both()));
        changed.replace(", b: '1'", "");
        done = kubectl(QStringLiteral("apply --server-side -f -"), changed);
        QVERIFY2(done.code == 0, qPrintable(done.both()));
        QCOMPARE(kubectl(QStringLiteral("get cm moved -n more -o jsonpath={.data}")).out,
                 QStringLiteral("{\"a\":\"2\"}"));
    }

    // A tenant whose serving certificate is over: nobody gets in, until it is renewed.
    void expiredCertificatesAreShown()
    {
        m_kubectl = QStandardPaths::findExecutable(QStringLiteral("kubectl"));
        if (m_kubectl.isEmpty())
            QSKIP("kubectl is not installed");
        Options options;
        options.faults = {"certificate-expired"};
        auto site = DemoSite::start(options);
        QVERIFY(site.has_value());
        m_site = std::move(*site);
        QString expired;
        const QStringList tenants =
            kubectl(QStringLiteral("get clusters -A -o jsonpath={.items[*].metadata.name}"))
                .out.split(QLatin1Char(' '));
        QVERIFY(tenants.size() >= 5);
        for (const QString& tenant : tenants) {
            const Run secret = kubectl(
                QStringLiteral("get secret -n %1 %1-kubeconfig -o jsonpath={.data.value}").arg(tenant));
            QFile file(m_home.filePath(tenant));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::fromBase64(secret.out.toUtf8()));
            file.close();
            const Run nodes = kubectl(QStringLiteral("--kubeconfig %1 get nodes").arg(file.fileName()));
            if (nodes.code != 0) {
                QVERIFY2(
                    nodes.err.contains(QStringLiteral("x509: certificate has expired or is not yet valid")),
                    qPrintable(nodes.err));
                QVERIFY(expired.isEmpty());
                expired = tenant;
            }
        }
        QVERIFY(!expired.isEmpty());
        QVERIFY(kubectl(QStringLiteral("get machines -n %1 -o yaml").arg(expired))
                    .out.contains(QStringLiteral("certificates-expiry")));
        QCOMPARE(kubectl(QStringLiteral(
                             "get cluster.v1beta2.cluster.x-k8s.io -n %1 %1 -o "
                             "jsonpath={.status.conditions[?(@.type==\"RemoteConnectionProbe\")].status}")
                             .arg(expired))
                     .out,
                 QStringLiteral("False"));
        QVERIFY(m_site->setFault("certificate-expired", false).has_value());
        QTRY_VERIFY_WITH_TIMEOUT(
            kubectl(QStringLiteral("--kubeconfig %1 get nodes").arg(m_home.filePath(expired))).code == 0,
            30000);
    }
};

QTEST_GUILESS_MAIN(TestKubectlScript)
#include "test_kubectlscript.moc"
