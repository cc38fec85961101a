// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/client.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <future>

using namespace strata;
using namespace strata::demosite;
using Json = nlohmann::json;

// The demo site as stock virtctl sees it: nothing of ours is between.
namespace {

constexpr int kLong = 60000; // ms; a limit for a broken run, not a pause

// Small, of no operating system: it starts and stops at once, and no cluster misses it.
constexpr const char* kMachine =
    R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"tool","namespace":"default"},)"
    R"("spec":{"runStrategy":"Halted","template":{"spec":{"domain":{"cpu":{"cores":1},"memory":{"guest":"1Gi"},)"
    R"("devices":{"disks":[{"name":"root","disk":{"bus":"virtio"}}],)"
    R"("interfaces":[{"name":"default","masquerade":{}}]},"features":{"acpi":{"enabled":true}}},)"
    R"("networks":[{"name":"default","pod":{}}],)"
    R"("volumes":[{"name":"root","containerDisk":{"image":"quay.io/containerdisks/ubuntu:22.04"}}]}}}})";

} // namespace

class TestVirtctl : public QObject {
    Q_OBJECT

    struct Run {
        int code = -1;
        QString out;
        QString err;
        QByteArray both() const { return (out + QLatin1Char('|') + err).toUtf8(); }
    };

    QString m_virtctl;
    QTemporaryDir m_home;
    std::unique_ptr<DemoSite> m_site;
    kube::Network m_network;
    std::shared_ptr<kube::Client> m_client;
    QString m_guest; // a tenant's node with a guest agent, and its namespace
    QString m_tenant;

    QProcessEnvironment environment() const
    {
        QProcessEnvironment env = QProcessEnvironment::systemEnvironment();
        env.insert(QStringLiteral("HOME"), m_home.path());
        env.insert(QStringLiteral("KUBECONFIG"), QString::fromStdString(m_site->kubeconfigPath()));
        return env;
    }
    void start(QProcess& process, const QString& arguments) const
    {
        process.setProcessEnvironment(environment());
        process.start(m_virtctl, arguments.split(QLatin1Char(' ')));
        QVERIFY(process.waitForStarted());
    }
    Run virtctl(const QString& arguments) const
    {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(m_virtctl, arguments.split(QLatin1Char(' ')));
        process.closeWriteChannel();
        if (!process.waitForFinished(kLong))
            process.kill();
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    Run of(const char* verb, const QString& rest = {}) const // of the guest
    {
        return virtctl(QStringLiteral("%1 %2 -n %3%4").arg(QLatin1String(verb), m_guest, m_tenant, rest));
    }

    Json call(const std::string& method, const std::string& path, const std::string& body = {})
    {
        auto promise = std::make_shared<std::promise<Result<kube::Response>>>();
        auto future = promise->get_future();
        kube::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        if (!body.empty())
            request.contentType = method == "PATCH" ? "application/merge-patch+json" : "application/json";
        const auto handle = m_client->send(
            request, [promise](Result<kube::Response> got) { promise->set_value(std::move(got)); });
        if (future.wait_for(std::chrono::milliseconds(kLong)) != std::future_status::ready)
            return {};
        const auto answer = future.get();
        return answer ? Json::parse(answer->body, nullptr, false) : Json();
    }
    Json machine() { return call("GET", "/apis/kubevirt.io/v1/namespaces/default/virtualmachines/tool"); }
    Json instance()
    {
        return call("GET", "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/tool");
    }
    Json guest()
    {
        return call("GET", "/apis/kubevirt.io/v1/namespaces/" + m_tenant.toStdString() +
                               "/virtualmachineinstances/" + m_guest.toStdString());
    }
    static QString phase(const Json& object)
    {
        return object.is_object()
                   ? QString::fromStdString(object.value("/status/phase"_json_pointer, std::string()))
                   : QStringLiteral("gone");
    }
    static bool holds(const Json& object, const char* type)
    {
        if (!object.is_object())
            return false;
        for (const Json& condition : object.value("/status/conditions"_json_pointer, Json::array()))
            if (condition["type"] == type && condition["status"] == "True")
                return true;
        return false;
    }
    static int freePort()
    {
        QTcpServer server;
        return server.listen(QHostAddress::LocalHost) ? server.serverPort() : 0;
    }
    // What a port of this computer says; `ask` is said first.
    static QByteArray heard(int port, const QByteArray& ask, const QByteArray& until)
    {
        QByteArray all;
        (void)QTest::qWaitFor(
            [&] {
                QTcpSocket socket;
                socket.connectToHost(QHostAddress::LocalHost, static_cast<quint16>(port));
                if (!socket.waitForConnected(1000))
                    return false;
                socket.write(ask);
                all.clear();
                while (!all.contains(until) && socket.waitForReadyRead(20000))
                    all += socket.readAll();
                return all.contains(until);
            },
            kLong);
        return all;
    }
    static void leave(QProcess& process)
    {
        process.terminate();
        if (!process.waitForFinished(10000)) {
            process.kill();
            process.waitForFinished();
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_virtctl = qEnvironmentVariable("STRATA_VIRTCTL");
        if (m_virtctl.isEmpty())
            m_virtctl = QStandardPaths::findExecutable(QStringLiteral("virtctl"));
        if (m_virtctl.isEmpty())
            QSKIP("virtctl is neither on the path nor named by STRATA_VIRTCTL");
        Options options;
        options.speed = 20;
        auto site = DemoSite::start(options);
        QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
        m_site = std::move(*site);
        const auto file = kube::Kubeconfig::load(m_site->kubeconfigPath());
        QVERIFY(file);
        m_client = kube::Client::create(m_network, *file->resolve());
        QVERIFY(
            call("POST", "/apis/kubevirt.io/v1/namespaces/default/virtualmachines", kMachine).is_object());
        const Json guests = call("GET", "/apis/kubevirt.io/v1/virtualmachineinstances");
        for (const Json& vmi : guests["items"]) {
            if (!m_guest.isEmpty() || !holds(vmi, "AgentConnected") || holds(vmi, "Paused") ||
                !holds(vmi, "LiveMigratable"))
                continue;
            m_guest = QString::fromStdString(vmi["metadata"]["name"]);
            m_tenant = QString::fromStdString(vmi["metadata"]["namespace"]);
        }
        QVERIFY(!m_guest.isEmpty());
    }

    void version()
    {
        const Run run = virtctl(QStringLiteral("version"));
        QVERIFY2(run.code == 0 &&
                     run.out.contains(QStringLiteral("Server Version: version.Info{GitVersion:\"v1.")),
                 run.both());
    }

    void startPauseStop()
    {
        Run run = virtctl(QStringLiteral("start tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to start")), run.both());
        QTRY_COMPARE_WITH_TIMEOUT(phase(instance()), QStringLiteral("Running"), kLong);
        run = virtctl(QStringLiteral("start tool"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("VM is already running")), run.both());

        run = virtctl(QStringLiteral("pause vm tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to pause")), run.both());
        QTRY_VERIFY_WITH_TIMEOUT(holds(instance(), "Paused"), kLong);
        run = virtctl(QStringLiteral("pause vmi tool"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("VMI is already paused")), run.both());
        run = virtctl(QStringLiteral("unpause vmi tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to unpause")), run.both());
        QTRY_VERIFY_WITH_TIMEOUT(!holds(instance(), "Paused"), kLong);
        run = virtctl(QStringLiteral("unpause vmi tool"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("VMI is not paused")), run.both());

        run = virtctl(QStringLiteral("soft-reboot tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to soft-reboot")),
                 run.both());
        run = virtctl(QStringLiteral("reset tool"));
        QVERIFY2(run.code == 0, run.both());

        const Json before = instance();
        run = virtctl(QStringLiteral("restart tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to restart")), run.both());
        QTRY_VERIFY_WITH_TIMEOUT(phase(instance()) == QLatin1String("Running") &&
                                     instance()["metadata"]["uid"] != before["metadata"]["uid"],
                                 kLong);

        run = virtctl(QStringLiteral("stop tool --dry-run"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("Dry Run execution")), run.both());
        QCOMPARE(phase(instance()), QStringLiteral("Running"));
        run = virtctl(QStringLiteral("stop tool"));
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to stop")), run.both());
        QTRY_COMPARE_WITH_TIMEOUT(phase(instance()), QStringLiteral("gone"), kLong);
        run = virtctl(QStringLiteral("stop tool"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("VM is not running")), run.both());
        run = virtctl(QStringLiteral("start nothing"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("\"nothing\" not found")), run.both());
    }

    void migration()
    {
        const std::string node = guest()["status"]["nodeName"];
        m_site->setSpeed(0.01); // so that it can be called off
        Run run = of("migrate");
        QVERIFY2(run.code == 0 && run.out.contains(QStringLiteral("was scheduled to migrate")), run.both());
        run = of("migrate-cancel");
        QVERIFY2(run.code == 0 && run.both().contains("was scheduled to migrate-cancel"), run.both());
        m_site->setSpeed(20);
        const std::string list =
            "/apis/kubevirt.io/v1/namespaces/" + m_tenant.toStdString() + "/virtualmachineinstancemigrations";
        const auto moving = [&] {
            const QString name = m_guest;
            const Json migrations = call("GET", list);
            for (const Json& each : migrations["items"]) {
                const QString state = phase(each);
                if (each["spec"]["vmiName"] == name.toStdString() && state != QLatin1String("Succeeded") &&
                    state != QLatin1String("Failed"))
                    return true;
            }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(!moving(), kLong);
        QCOMPARE(guest()["status"]["nodeName"].get<std::string>(), node);
        run = of("migrate-cancel");
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("Found no migration to cancel")),
                 run.both());
        run = of("migrate");
        QVERIFY2(run.code == 0, run.both());
        QTRY_VERIFY_WITH_TIMEOUT(guest()["status"]["nodeName"].get<std::string>() != node, kLong);
        QTRY_VERIFY_WITH_TIMEOUT(!moving(), kLong);
    }

    void guestAgent()
    {
        for (const char* verb : {"guestosinfo", "userlist", "fslist"}) {
            const Run run = of(verb);
            QVERIFY2(run.code == 0, run.both());
            const Json told = Json::parse(run.out.toStdString(), nullptr, false);
            QVERIFY2(told.is_object(), run.both());
            if (qstrcmp(verb, "guestosinfo") == 0)
                QCOMPARE(told["hostname"].get<std::string>(), m_guest.toStdString());
            else
                QVERIFY2(!told["items"].empty(), run.both());
        }
        const Run none = virtctl(QStringLiteral("guestosinfo nothing"));
        QVERIFY2(none.code != 0, none.both());
    }

    // An image from this computer into a volume, and the volume into a running machine.
    void uploadAndHotplug()
    {
        QFile image(m_home.filePath(QStringLiteral("disk.img")));
        QVERIFY(image.open(QIODevice::WriteOnly) && image.write(QByteArray(1 << 20, 'x')) == 1 << 20);
        image.close();
        const Json service = call("GET", "/api/v1/namespaces/cdi/services/cdi-uploadproxy");
        const QString port = QString::fromStdString(
            service["metadata"]["annotations"]["strata.dev/listens-at"].get<std::string>());
        Run run = virtctl(QStringLiteral("image-upload dv extra -n %1 --size=1Gi --image-path=%2 --insecure "
                                         "--uploadproxy-url=https://127.0.0.1:%3")
                              .arg(m_tenant, image.fileName(), port));
        QVERIFY2(run.code == 0 && run.both().contains("completed successfully"), run.both());
        const Json volume = call("GET", "/apis/cdi.kubevirt.io/v1beta1/namespaces/" + m_tenant.toStdString() +
                                            "/datavolumes/extra");
        QCOMPARE(phase(volume), QStringLiteral("Succeeded"));
        // Once is enough.
        run = virtctl(QStringLiteral("image-upload dv extra -n %1 --size=1Gi --image-path=%2 --insecure "
                                     "--uploadproxy-url=https://127.0.0.1:%3")
                          .arg(m_tenant, image.fileName(), port));
        QVERIFY2(run.code != 0, run.both());

        const auto plugged = [&] {
            const Json now = guest();
            for (const Json& each : now["spec"]["volumes"])
                if (each["name"] == "extra")
                    return true;
            return false;
        };
        run = of("addvolume", QStringLiteral(" --volume-name=extra --serial=1234"));
        QVERIFY2(run.code == 0 &&
                     run.out.contains(QStringLiteral("Successfully submitted add volume request")),
                 run.both());
        QTRY_VERIFY_WITH_TIMEOUT(plugged(), kLong);
        run = of("addvolume", QStringLiteral(" --volume-name=extra"));
        QVERIFY2(run.code != 0 && run.err.contains(QStringLiteral("already exists")), run.both());
        run = of("removevolume", QStringLiteral(" --volume-name=extra"));
        QVERIFY2(run.code == 0 &&
                     run.out.contains(QStringLiteral("Successfully submitted remove volume request")),
                 run.both());
        QTRY_VERIFY_WITH_TIMEOUT(!plugged(), kLong);
        run = of("addvolume", QStringLiteral(" --volume-name=nothing"));
        QVERIFY2(run.code != 0 &&
                     run.err.contains(QStringLiteral("is not a DataVolume or PersistentVolumeClaim")),
                 run.both());
    }

    void expose()
    {
        const Run run = virtctl(QStringLiteral("expose vmi %1 -n %2 --port=22 --name=shell --type=NodePort")
                                    .arg(m_guest, m_tenant));
        QVERIFY2(run.code == 0 && run.both().contains("Service shell successfully created"), run.both());
        const Json service = call("GET", "/api/v1/namespaces/" + m_tenant.toStdString() + "/services/shell");
        QVERIFY(service["spec"]["ports"][0]["nodePort"].get<int>() >= 30000);
        QCOMPARE(service["metadata"]["ownerReferences"][0]["name"].get<std::string>(), m_guest.toStdString());
    }

    void portForward()
    {
        const int port = freePort();
        QProcess process;
        start(process, QStringLiteral("port-forward vmi/%1/%2 %3:22").arg(m_guest, m_tenant).arg(port));
        const QByteArray words = heard(port, {}, "SSH-2.0-");
        leave(process);
        QVERIFY2(words.startsWith("SSH-2.0-"), process.readAllStandardError());

        QProcess piped;
        start(piped, QStringLiteral("port-forward --stdio vmi/%1/%2 22").arg(m_guest, m_tenant));
        QByteArray said;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                piped.waitForReadyRead(200);
                said += piped.readAllStandardOutput();
                return said.contains("SSH-2.0-");
            }(),
            kLong);
        leave(piped);
    }

    void ssh()
    {
        if (QStandardPaths::findExecutable(QStringLiteral("ssh")).isEmpty())
            QSKIP("ssh is not installed");
        const Json labels = guest()["metadata"]["labels"];
        const std::string cluster = labels.value("cluster.x-k8s.io/cluster-name", std::string());
        const Json secret =
            call("GET", "/api/v1/namespaces/" + m_tenant.toStdString() + "/secrets/" + cluster + "-ssh-keys");
        QVERIFY2(secret.is_object(), cluster.c_str());
        QFile key(m_home.filePath(QStringLiteral("key")));
        QVERIFY(key.open(QIODevice::WriteOnly));
        key.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
        key.write(
            QByteArray::fromBase64(QByteArray::fromStdString(secret["data"]["key"].get<std::string>())));
        key.close();
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(m_virtctl,
                      {QStringLiteral("ssh"), QStringLiteral("-i"), key.fileName(), QStringLiteral("-l"),
                       QStringLiteral("capk"), QStringLiteral("-t"),
                       QStringLiteral("-o StrictHostKeyChecking=no"), QStringLiteral("-t"),
                       QStringLiteral("-o UserKnownHostsFile=/dev/null"), QStringLiteral("--command"),
                       QStringLiteral("hostname"), QStringLiteral("vmi/%1/%2").arg(m_guest, m_tenant)});
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(kLong));
        const QByteArray out = process.readAllStandardOutput();
        QVERIFY2(process.exitCode() == 0 && out.contains(m_guest.toUtf8()),
                 out + "|" + process.readAllStandardError());
    }

    void console()
    {
        QProcess process;
        start(process, QStringLiteral("console %1 -n %2").arg(m_guest, m_tenant));
        QByteArray said;
        QByteArray told;
        const auto hears = [&](const char* word) {
            return QTest::qWaitFor(
                [&] {
                    process.waitForReadyRead(200);
                    said += process.readAllStandardOutput();
                    told += process.readAllStandardError();
                    return said.contains(word);
                },
                kLong);
        };
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                process.waitForReadyRead(200);
                told += process.readAllStandardError();
                return told.contains("Successfully connected to");
            }(),
            kLong);
        process.write("\r");
        QVERIFY2(hears("login:"), said + told);
        process.write("\x1d");
        QVERIFY(process.waitForFinished(kLong));
        QCOMPARE(process.exitCode(), 0);
    }

    void screen()
    {
        const int port = freePort();
        QProcess process;
        start(process,
              QStringLiteral("vnc %1 -n %2 --proxy-only --port=%3").arg(m_guest, m_tenant).arg(port));
        const QByteArray words = heard(port, {}, "RFB ");
        leave(process);
        QVERIFY2(words.startsWith("RFB 003.00"), process.readAllStandardError());
        const QString picture = m_home.filePath(QStringLiteral("screen.png"));
        const Run run =
            virtctl(QStringLiteral("vnc screenshot %1 -n %2 --file=%3").arg(m_guest, m_tenant, picture));
        QVERIFY2(run.code == 0, run.both());
        QFile file(picture);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.read(8).startsWith("\x89PNG"));
    }
};

QTEST_GUILESS_MAIN(TestVirtctl)
#include "test_virtctl.moc"
