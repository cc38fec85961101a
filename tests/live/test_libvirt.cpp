// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/screen.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/hostconsole.h"
#include "core/demosite/demosite.h"
#include "core/hosts/noderun.h"
#include "core/kube/net/client.h"
#include "core/libvirt/console.h"
#include "core/libvirt/domains.h"
#include "core/libvirt/host.h"
#include "core/libvirt/stats.h"
#include "core/libvirt/volumes.h"
#include "tests/core/libvirt/hostwatcher.h"
#include "tests/live/debianguest.h"
#include "tests/support/faultproxy.h"
#include "ui/console/screenpage.h"
#include "ui/console/screenview.h"
#include "ui/console/terminalpage.h"
#include "ui/console/terminalview.h"
#include "ui/theme/theme.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QUrl>
#include <QtTest>

#include <fcntl.h>
#include <grp.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>
#include <mutex>
#include <optional>

using namespace strata;
using namespace strata::virt;
using strata::test::HostWatcher;

namespace {

using Seen = HostWatcher::Seen;

QString g_missing; // why there is nothing to test against; empty: all is there

bool write(const QString& path, const QByteArray& text, QIODevice::OpenMode mode = QIODevice::WriteOnly)
{
    QFile file(path);
    return file.open(mode) && file.write(text) == text.size();
}

// libvirtd keeps its state in fixed places and expects an account that only its service package makes. In a
// mount namespace of our own both are ours, and all of it is gone with the process. It holds for the calling
// thread and for what that starts afterwards, libvirt's threads included.
QString enterPrivateNamespace(const QString& directory)
{
    if (::geteuid() != 0)
        return QStringLiteral("libvirtd runs guests of qemu:///system for root only.");
    for (const char* program : {"libvirtd", "qemu-system-x86_64"})
        if (QStandardPaths::findExecutable(QString::fromLatin1(program)).isEmpty() &&
            QStandardPaths::findExecutable(QString::fromLatin1(program), {QStringLiteral("/usr/sbin")})
                .isEmpty())
            return QStringLiteral("%1 is not installed.").arg(QString::fromLatin1(program));
    if (!QDir(QStringLiteral("/etc/libvirt")).exists())
        return QStringLiteral("/etc/libvirt is missing.");
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return QStringLiteral("No mount namespace may be made here.");
    for (const char* place : {"/run", "/var/lib", "/var/log", "/var/cache", "/etc/libvirt"})
        if (::mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
            return QStringLiteral("%1 cannot be covered.").arg(QString::fromLatin1(place));
    if (!QDir().mkpath(QStringLiteral("/run/lock"))) // of serial lines
        return QStringLiteral("/run/lock cannot be made.");
    const auto cover = [&](const char* path, const QByteArray& line) {
        const QString copy =
            directory + QStringLiteral("/") + QString::fromLatin1(path).section(QLatin1Char('/'), -1);
        return QFile::copy(QString::fromLatin1(path), copy) &&
               write(copy, line, QIODevice::WriteOnly | QIODevice::Append) &&
               ::mount(copy.toLocal8Bit().constData(), path, nullptr, MS_BIND, nullptr) == 0;
    };
    if (::getgrnam("libvirt-qemu") == nullptr && !cover("/etc/group", "libvirt-qemu:x:64055:\n"))
        return QStringLiteral("/etc/group cannot be covered.");
    if (::getpwnam("libvirt-qemu") == nullptr &&
        !cover("/etc/passwd", "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin\n"))
        return QStringLiteral("/etc/passwd cannot be covered.");
    if (!write(QStringLiteral("/etc/libvirt/qemu.conf"),
               "user = \"root\"\ngroup = \"root\"\n"
               "security_driver = \"none\"\ncgroup_controllers = []\n"
               "remember_owner = 0\nnamespaces = []\nstdio_handler = \"file\"\n") ||
        !write(directory + QStringLiteral("/libvirtd.conf"),
               "auth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\nkeepalive_interval = -1\n"))
        return QStringLiteral("libvirtd's settings cannot be written.");
    return {};
}

constexpr const char* kSystem = "qemu:///system";
constexpr const char* kSocket = "/run/libvirt/libvirt-sock";
constexpr const char* kUuid = "8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f0aa";
// Firmware and nothing to boot: it runs for ever and does nothing.
constexpr const char* kDomain = R"(<domain type='qemu'>
  <name>tenant-blue_wkr-1</name><uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f0aa</uuid>
  <memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
</domain>)";

// A boot sector that sends back what the serial line says, each byte one higher: 16-bit code,
//   mov dx,3FDh / in al,dx / test al,1 / jz / mov dx,3F8h / in al,dx / inc al / out dx,al / jmp
QByteArray echoingSector()
{
    QByteArray sector = QByteArray::fromHex("bafd03eca80174fbbaf803ecfec0eeebef");
    sector.append(QByteArray(510 - sector.size(), '\0'));
    return sector + QByteArray::fromHex("55aa");
}

constexpr const char* kEchoDomain = R"(<domain type='qemu'>
  <name>tenant-blue_echo</name><uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f0aa</uuid>
  <memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%1'/>
      <target dev='hda' bus='ide'/></disk>
    <serial type='pty'><target port='0'/></serial><console type='pty'><target type='serial' port='0'/></console>
  </devices>
</domain>)";

// A disk that boots into what reads its seed: see seedreader.s.
QByteArray seedReader()
{
    QByteArray sector = QByteArray::fromHex(
        "31c08ed88ec08ed0bc007cfcbafd03eca80174f8befe7ce8d00066b840000000bb0080e89f000f82920066813e018043"
        "4430300f858500be2880b92000e8b50066a19e8066c1e002bb0090e87700726cbf00900fb60585c0745a50f645190275"
        "4ee873000fb64d208d7521e88700e86600668b450266c1e002668b6d0a6685ed742dbb00a06650e83b006658722e6683"
        "c00466b9000800006639cd73036689e96629cdbe00a06650e84a006658ebce5801c7eb9fbe107de83000eb06be1e7de8"
        "2800f4ebfd66a3307d891e2c7dbe287db442b281cd13c3b00a5250bafd03eca82074fb58baf803ee5ac3ac84c07405e8"
        "e7ffebf6c3e3fdace8deff49ebf70a67756573742075702c20736565643a20000a656e64206f6620736565640a006e6f"
        "20736565640a009010000400000000000000000000000000");
    sector.append(QByteArray(510 - sector.size(), '\0'));
    return sector + QByteArray::fromHex("55aa") + QByteArray(1 << 20, '\0');
}

// A domain without a disk, which libvirt keeps.
constexpr const char* kDefined = R"(<domain type='qemu'>
  <name>lab-1</name><uuid>8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f0bb</uuid><title>first</title>
  <memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%1'/>
      <target dev='vda' bus='virtio'/></disk>
    <graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='geheim'/>
  </devices>
</domain>)";

template<typename Value, typename Ask>
Result<Value> answerOf(Ask&& ask)
{
    const auto promise = std::make_shared<std::promise<Result<Value>>>();
    std::future<Result<Value>> answer = promise->get_future();
    ask([promise](Result<Value> value) { promise->set_value(std::move(value)); });
    if (answer.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
        return fail(ErrorKind::Timeout, "no answer of libvirt");
    return answer.get();
}

template<typename Value>
QByteArray wordsOf(const Result<Value>& result)
{
    return result ? QByteArray()
                  : QByteArray::fromStdString(result.error().text + " " + result.error().detail);
}

// What a console said, from any thread.
class ConsoleWatcher : public ConsoleSink {
public:
    void onOpen() override
    {
        const std::lock_guard lock(m_mutex);
        m_open = true;
    }
    void onOutput(std::string_view bytes) override
    {
        const std::lock_guard lock(m_mutex);
        m_said += bytes;
    }
    void onEnd(Result<void> end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
    }
    bool open() const
    {
        const std::lock_guard lock(m_mutex);
        return m_open;
    }
    std::string said() const
    {
        const std::lock_guard lock(m_mutex);
        return m_said;
    }
    std::optional<Result<void>> end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end;
    }

private:
    mutable std::mutex m_mutex;
    bool m_open = false;
    std::string m_said;
    std::optional<Result<void>> m_end;
};

// What a screen showed, from any thread.
class ScreenWatcher : public console::ScreenHandler {
public:
    void onPicture(std::shared_ptr<const console::Picture> picture) override
    {
        const std::lock_guard lock(m_mutex);
        m_picture = std::move(picture);
    }
    void onUpdate(int, int, int, int) override
    {
        const std::lock_guard lock(m_mutex);
        ++m_updates;
    }
    void onBell() override {}
    void onText(const std::string&) override {}
    void onEnd(console::SessionEnd end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
    }
    bool picture() const
    {
        const std::lock_guard lock(m_mutex);
        return m_picture != nullptr;
    }
    int updates() const
    {
        const std::lock_guard lock(m_mutex);
        return m_updates;
    }
    int width() const
    {
        const std::lock_guard lock(m_mutex);
        return m_picture ? m_picture->width() : 0;
    }
    int lit() const
    {
        const std::lock_guard lock(m_mutex);
        int count = 0;
        const std::size_t size =
            m_picture ? std::size_t(m_picture->width()) * std::size_t(m_picture->height()) * 4 : 0;
        for (std::size_t at = 1; at < size; at += 4) // green
            count += m_picture->pixels()[at] > 100 ? 1 : 0;
        return count;
    }
    std::optional<console::SessionEnd> end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end;
    }

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<const console::Picture> m_picture;
    int m_updates = 0;
    std::optional<console::SessionEnd> m_end;
};

// What a run has said, from any thread.
struct Told {
    std::mutex mutex;
    provision::RunState state = provision::RunState::Idle;
    std::string error;
    std::vector<std::string> words;

    provision::RunState now()
    {
        const std::lock_guard lock(mutex);
        return state;
    }
};

hosts::NodeRunCallbacks toldTo(const std::shared_ptr<Told>& told)
{
    hosts::NodeRunCallbacks callbacks;
    callbacks.step = [told](const provision::StepReport& report) {
        const std::lock_guard lock(told->mutex);
        told->words.push_back(report.id + ": " + report.evidence);
    };
    callbacks.state = [told](const provision::RunReport& report) {
        const std::lock_guard lock(told->mutex);
        told->state = report.state;
        if (report.error)
            told->error = report.error->text + " " + report.error->detail;
    };
    return callbacks;
}

using Pool = std::unique_ptr<virStoragePool, int (*)(virStoragePoolPtr)>;

// libvirt's pool "default" in that folder; null with libvirt's error.
Pool poolIn(const QString& folder)
{
    const std::unique_ptr<virConnect, int (*)(virConnectPtr)> connection(virConnectOpen(kSystem),
                                                                         virConnectClose);
    if (!connection || !QDir().mkpath(folder))
        return Pool(nullptr, virStoragePoolFree);
    const QByteArray xml =
        "<pool type='dir'><name>default</name><target><path>" + folder.toUtf8() + "</path></target></pool>";
    return Pool(virStoragePoolCreateXML(connection.get(), xml.constData(), 0), virStoragePoolFree);
}

// The program's own plan of a lab node that joins, for a machine without KVM and network.
Result<hosts::NodePlan> emulatedNode(const QString& image, std::int64_t memory, std::int64_t disk)
{
    hosts::NodeSpec spec;
    spec.name = "metal-09";
    spec.kubernetes = "v1.34.1";
    spec.vendor = hosts::CpuVendor::Amd;
    hosts::Join join;
    join.endpoint = "10.0.0.10:6443";
    join.token = hosts::newToken();
    join.caHash = "sha256:" + std::string(64, 'a');
    spec.join = join;
    hosts::LabMachine machine;
    machine.kvm = false;
    machine.vcpus = 1;
    machine.memoryBytes = memory;
    machine.diskBytes = disk;
    machine.network.clear();
    auto plan = hosts::labPlan(kSystem, spec, machine, image.toStdString());
    if (plan)
        plan->steps.erase(plan->steps.begin()); // the token: there is no outer cluster here
    return plan;
}

Pace hurried()
{
    Pace pace;
    pace.usage = std::chrono::milliseconds(200);
    pace.domains = std::chrono::hours(1); // what is seen is seen by events
    pace.firstRetry = std::chrono::milliseconds(100);
    pace.lastRetry = std::chrono::milliseconds(500);
    pace.stuck = std::chrono::milliseconds(1000);
    return pace;
}

} // namespace

class LiveLibvirt : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_directory;
    QProcess m_libvirtd;
    int m_outside = -1; // the mount namespace the test was started in

    bool startLibvirtd()
    {
        m_libvirtd.setProcessChannelMode(QProcess::MergedChannels);
        m_libvirtd.start(QStringLiteral("libvirtd"),
                         {QStringLiteral("-f"), m_directory.filePath(QStringLiteral("libvirtd.conf")),
                          QStringLiteral("-p"), m_directory.filePath(QStringLiteral("pid"))});
        if (!m_libvirtd.waitForStarted())
            return false;
        // Its socket is there before its drivers are; opening waits for those.
        return QTest::qWaitFor(
                   [this] {
                       if (m_libvirtd.state() != QProcess::Running)
                           return true;
                       virConnectPtr connection =
                           QFile::exists(QString::fromLatin1(kSocket)) ? virConnectOpen(kSystem) : nullptr;
                       if (connection != nullptr)
                           virConnectClose(connection);
                       return connection != nullptr;
                   },
                   30000) &&
               m_libvirtd.state() == QProcess::Running;
    }

    void stopLibvirtd()
    {
        if (m_libvirtd.state() == QProcess::NotRunning)
            return;
        m_libvirtd.terminate();
        if (!m_libvirtd.waitForFinished(20000)) {
            m_libvirtd.kill();
            m_libvirtd.waitForFinished();
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_outside = ::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        g_missing = enterPrivateNamespace(m_directory.path());
        if (!g_missing.isEmpty())
            QSKIP(qPrintable(g_missing));
        // From here on there is a thread of libvirt's.
        const auto watcher = std::make_shared<HostWatcher>();
        auto prepared = Host::open("test:///default", watcher);
        QVERIFY(prepared);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        if (!startLibvirtd()) {
            g_missing = QStringLiteral("libvirtd does not start here: ") +
                        QString::fromLocal8Bit(m_libvirtd.readAll()).right(400);
            stopLibvirtd();
            QSKIP(qPrintable(g_missing));
        }
    }

    void init()
    {
        if (!g_missing.isEmpty())
            QSKIP(qPrintable(g_missing));
    }

    void cleanupTestCase()
    {
        if (m_libvirtd.state() == QProcess::NotRunning)
            return;
        if (virConnectPtr connection = virConnectOpen(kSystem); connection != nullptr) {
            if (virDomainPtr domain = virDomainLookupByUUIDString(connection, kUuid); domain != nullptr) {
                virDomainDestroy(domain);
                virDomainFree(domain);
            }
            virConnectClose(connection);
        }
        stopLibvirtd();
    }

    void host()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open(kSystem, watcher, hurried());
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        const HostFacts facts = *watcher->seen().host;
        std::array<char, 256> name{};
        QCOMPARE(::gethostname(name.data(), name.size() - 1), 0);
        QVERIFY(facts.hostname.starts_with(name.data()));
        QCOMPARE(facts.uuid.size(), std::size_t(36));
        QCOMPARE(facts.hypervisor, std::string("QEMU"));
        QVERIFY(!facts.hypervisorVersion.empty());
        QVERIFY(!facts.cpuModel.empty() || facts.arch != "x86_64");
        QVERIFY(facts.cpus > 0);
        QVERIFY(facts.memoryBytes > (std::int64_t(1) << 28));
        QVERIFY(facts.memoryFreeBytes > 0 && facts.memoryFreeBytes <= facts.memoryBytes);
        QVERIFY(facts.cpuFeatures.size() > 10);
        QCOMPARE(facts.kvmUsable, QFile::exists(QStringLiteral("/dev/kvm")));
        QVERIFY(watcher->waitFor([](const Seen& seen) { return seen.host && seen.host->cpuUsed >= 0; }));
        QVERIFY(watcher->seen().host->cpuUsed <= 1);
        std::promise<Result<std::string>> document;
        (*host)->capabilitiesXml([&](Result<std::string> r) { document.set_value(std::move(r)); });
        const Result<std::string> xml = document.get_future().get();
        QVERIFY(xml);
        QVERIFY(xml->find("<host>") != std::string::npos);
    }

    void guest()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open(kSystem, watcher, hurried());
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        QVERIFY(watcher->seen().domains.empty());

        const std::unique_ptr<virConnect, int (*)(virConnectPtr)> other(virConnectOpen(kSystem),
                                                                        virConnectClose);
        QVERIFY(other);
        const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
            virDomainCreateXML(other.get(), kDomain, 0), virDomainFree);
        QVERIFY2(domain, virGetLastErrorMessage());
        const auto inState = [](DomainState state, const std::string& reason) {
            return [state, reason](const Seen& seen) {
                const auto found = seen.domains.find("tenant-blue_wkr-1");
                return found != seen.domains.end() && found->second.state == state &&
                       found->second.stateReason == reason;
            };
        };
        QVERIFY(watcher->waitFor(inState(DomainState::Running, "booted")));
        const DomainFacts facts = watcher->seen().domains.at("tenant-blue_wkr-1");
        QCOMPARE(facts.uuid, std::string(kUuid));
        QCOMPARE(facts.memoryBytes, std::int64_t(32) << 20);
        QCOMPARE(facts.vcpus, 1U);
        QVERIFY(!facts.persistent);
        std::promise<Result<std::string>> document;
        (*host)->domainXml(kUuid, [&](Result<std::string> r) { document.set_value(std::move(r)); });
        const Result<std::string> xml = document.get_future().get();
        QVERIFY(xml);
        QVERIFY(xml->find("tenant-blue_wkr-1") != std::string::npos);

        QCOMPARE(virDomainSuspend(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::Paused, "user")));
        QCOMPARE(virDomainResume(domain.get()), 0);
        QVERIFY(watcher->waitFor(inState(DomainState::Running, "unpaused")));
        QCOMPARE(virDomainDestroy(domain.get()), 0);
        QVERIFY(watcher->waitFor([](const Seen& seen) { return seen.domains.empty(); }));
    }

    void console()
    {
        const QString disk = m_directory.filePath(QStringLiteral("echo.img"));
        QVERIFY(write(disk, echoingSector() + QByteArray(1 << 20, '\0')));
        const std::unique_ptr<virConnect, int (*)(virConnectPtr)> other(virConnectOpen(kSystem),
                                                                        virConnectClose);
        QVERIFY(other);
        const QByteArray xml = QString::fromLatin1(kEchoDomain).arg(disk).toUtf8();
        const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
            virDomainCreateXML(other.get(), xml.constData(), 0), virDomainFree);
        QVERIFY2(domain, virGetLastErrorMessage());

        const auto watcher = std::make_shared<ConsoleWatcher>();
        auto console = Console::open(kSystem, kUuid, false, watcher);
        QVERIFY(console);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->open() || watcher->end(), 20000);
        const auto ended = watcher->end();
        const std::string why = ended && !*ended ? ended->error().text + " " + ended->error().detail : "";
        QVERIFY2(watcher->open(), why.c_str());
        // It hears nothing until its firmware has come to the boot sector.
        QTRY_VERIFY_WITH_TIMEOUT((*console)->write("H") && watcher->said().find('I') != std::string::npos,
                                 30000);
        QVERIFY((*console)->write("@K"));
        QTRY_VERIFY_WITH_TIMEOUT(watcher->said().find("AL") != std::string::npos, 20000);

        // A second one is refused, with a reason to ask the operator about; by force it displaces the first.
        const auto second = std::make_shared<ConsoleWatcher>();
        auto refused = Console::open(kSystem, kUuid, false, second);
        QVERIFY(refused);
        QTRY_VERIFY_WITH_TIMEOUT(second->end().has_value(), 20000);
        QVERIFY(!*second->end());
        QCOMPARE(second->end()->error().kind, ErrorKind::Conflict);
        const auto third = std::make_shared<ConsoleWatcher>();
        auto forced = Console::open(kSystem, kUuid, true, third);
        QVERIFY(forced);
        QTRY_VERIFY_WITH_TIMEOUT(third->open(), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->end().has_value(), 20000);
        QTRY_VERIFY_WITH_TIMEOUT((*forced)->write("B") && third->said().find('C') != std::string::npos,
                                 20000);

        // The end of the domain is the end of its line.
        QCOMPARE(virDomainDestroy(domain.get()), 0);
        QTRY_VERIFY_WITH_TIMEOUT(third->end().has_value(), 20000);
        QVERIFY(!(*forced)->write("late"));
    }

    // A frame of a real guest, by the way that needs no cluster: libvirt's socket, the decoder's process.
    void screen()
    {
        const QString disk = m_directory.filePath(QStringLiteral("screen.img"));
        QVERIFY(write(disk, echoingSector() + QByteArray(1 << 20, '\0')));
        const std::unique_ptr<virConnect, int (*)(virConnectPtr)> other(virConnectOpen(kSystem),
                                                                        virConnectClose);
        QVERIFY(other);
        QString xml = QString::fromLatin1(kEchoDomain).arg(disk);
        xml.replace(QStringLiteral("</devices>"),
                    QStringLiteral("<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>"
                                   "<video><model type='vga'/></video></devices>"));
        const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
            virDomainCreateXML(other.get(), xml.toUtf8().constData(), VIR_DOMAIN_START_PAUSED),
            virDomainFree);
        QVERIFY2(domain, virGetLastErrorMessage());

        const auto watcher = std::make_shared<ScreenWatcher>();
        auto screen = console::Screen::start(
            STRATA_PROGRAM,
            [](std::shared_ptr<console::SessionHandler> handler) {
                return console::openHostScreen(kSystem, kUuid, std::move(handler));
            },
            watcher);
        QVERIFY(screen);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->picture() || watcher->end(), 30000);
        const auto sound = [&] {
            const auto ended = watcher->end();
            return ended ? ended->error.text + " " + ended->error.detail : std::string();
        };
        QCOMPARE(sound(), std::string());
        // Before it runs, QEMU shows a sentence of its own; its firmware then changes the mode of the
        // display.
        const int before = watcher->width();
        QCOMPARE(virDomainResume(domain.get()), 0);
        QTRY_VERIFY_WITH_TIMEOUT((watcher->width() != before && watcher->lit() > 200) || watcher->end(),
                                 60000);
        QCOMPARE(sound(), std::string());
        (*screen)->key(0xff0d, true);
        (*screen)->key(0xff0d, false);
        (*screen)->pointer(3, 3, 1);
        (*screen)->refresh();
        const int updates = watcher->updates();
        QTRY_VERIFY_WITH_TIMEOUT(watcher->updates() > updates, 30000);
        // Asked for another size QEMU says that it has passed the wish on, or cannot; either is survived.
        (*screen)->resize(800, 600);
        (*screen)->refresh();
        const int after = watcher->updates();
        QTRY_VERIFY_WITH_TIMEOUT(watcher->updates() > after || watcher->end(), 30000);
        QCOMPARE(sound(), std::string());

        // What it costs, by the same libvirt.
        std::mutex mutex;
        std::vector<Stats> stats;
        auto reader =
            StatsReader::start(kSystem, kUuid, std::chrono::milliseconds(200), [&](Result<Stats> one) {
                const std::lock_guard lock(mutex);
                if (one)
                    stats.push_back(*one);
            });
        QVERIFY(reader);
        const auto count = [&] {
            const std::lock_guard lock(mutex);
            return stats.size();
        };
        QTRY_VERIFY_WITH_TIMEOUT(count() >= 5, 30000);
        reader->reset();
        QVERIFY(stats.front().cpuSeconds && stats.back().cpuSeconds);
        QVERIFY(*stats.back().cpuSeconds >= *stats.front().cpuSeconds);
        QVERIFY(*stats.back().cpuSeconds > 0);
        QVERIFY(stats.back().memoryBytes.value_or(0) > 1 << 20);
        QVERIFY(stats.back().diskRead.has_value());

        QCOMPARE(virDomainDestroy(domain.get()), 0);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->end().has_value(), 20000);
    }

    // What an operator does by hand to a domain, from its definition to its end.
    void domains()
    {
        const QString disk = m_directory.filePath(QStringLiteral("lab.qcow2"));
        QProcess make;
        make.start(QStringLiteral("qemu-img"),
                   {QStringLiteral("create"), QStringLiteral("-q"), QStringLiteral("-f"),
                    QStringLiteral("qcow2"), disk, QStringLiteral("8M")});
        if (!make.waitForFinished(30000) || make.exitCode() != 0)
            QSKIP("qemu-img is not installed.");
        const auto act = [](const DomainRequest& request) {
            return answerOf<DomainDone>([&](auto done) { actOnDomain(kSystem, request, std::move(done)); });
        };
        const auto plain = [&](DomainVerb verb) {
            DomainRequest request;
            request.verb = verb;
            request.domain = "lab-1";
            return act(request);
        };
        const auto detail = [] {
            return answerOf<DomainDetail>(
                [](auto done) { readDomainDetail(kSystem, "lab-1", std::move(done)); });
        };
        const auto judge = [](const std::string& xml) {
            return answerOf<void>([&](auto done) { checkDomainXml(kSystem, "lab-1", xml, std::move(done)); });
        };
        DomainRequest define;
        define.verb = DomainVerb::Define;
        define.xml = QString::fromLatin1(kDefined).arg(disk).toStdString();
        const auto defined = act(define);
        QVERIFY2(defined, wordsOf(defined));

        // Read with its password, since it is written back; judged without being kept.
        auto read = detail();
        QVERIFY2(read, wordsOf(read));
        QVERIFY(read->xml.find("geheim") != std::string::npos);
        QCOMPARE(read->disks.size(), std::size_t(1));
        QVERIFY2(judge(read->xml), wordsOf(judge(read->xml)));
        QString wrong = QString::fromStdString(read->xml);
        wrong.replace(QStringLiteral("<title>"), QStringLiteral("<titel>x</titel><title>"));
        const auto schema = judge(wrong.toStdString());
        QVERIFY(!schema);
        QCOMPARE(schema.error().kind, ErrorKind::Invalid);
        QVERIFY2(schema.error().detail.find("titel") != std::string::npos, schema.error().detail.c_str());
        wrong = QString::fromStdString(read->xml); // sound for the schema, not for what it means
        wrong.replace(QStringLiteral("</devices>"),
                      QStringLiteral("<disk type='file' device='disk'><source file='/other.img'/>"
                                     "<target dev='vda' bus='virtio'/></disk></devices>"));
        const auto driver = judge(wrong.toStdString());
        QVERIFY(!driver);
        QCOMPARE(detail()->xml, read->xml);

        QString better = QString::fromStdString(read->xml);
        better.replace(QStringLiteral("<title>first"), QStringLiteral("<title>second"));
        DomainRequest edit;
        edit.verb = DomainVerb::Define;
        edit.domain = read->row.facts.uuid;
        edit.base = read->xml;
        edit.xml = better.toStdString();
        const auto edited = act(edit);
        QVERIFY2(edited, wordsOf(edited));
        QCOMPARE(detail()->row.title, std::string("second"));
        QVERIFY(detail()->xml.find("geheim") != std::string::npos);
        QCOMPARE(act(edit).error().kind, ErrorKind::Conflict);

        QVERIFY2(plain(DomainVerb::AutostartOn), "autostart");
        QVERIFY(detail()->row.facts.autostart);
        QVERIFY2(plain(DomainVerb::AutostartOff), "autostart");
        DomainRequest snapshot;
        snapshot.verb = DomainVerb::CreateSnapshot;
        snapshot.domain = "lab-1";
        snapshot.snapshot = "off";
        const auto off = act(snapshot);
        QVERIFY2(off, wordsOf(off));
        const auto started = plain(DomainVerb::Start);
        QVERIFY2(started, wordsOf(started));
        QVERIFY(!plain(DomainVerb::Start));
        QVERIFY(plain(DomainVerb::Suspend));
        QCOMPARE(detail()->row.facts.state, DomainState::Paused);
        QVERIFY(plain(DomainVerb::Resume));
        QVERIFY(plain(DomainVerb::Reset));
        const auto asked = plain(DomainVerb::Shutdown);
        QVERIFY2(asked, wordsOf(asked)); // nobody in it listens, which is told
        QVERIFY(!asked->notes.empty());
        QVERIFY(!plain(DomainVerb::Undefine));
        QVERIFY(plain(DomainVerb::Destroy));
        QCOMPARE(detail()->row.facts.state, DomainState::ShutOff);
        snapshot.verb = DomainVerb::RevertSnapshot;
        const auto back = act(snapshot);
        QVERIFY2(back, wordsOf(back));
        QCOMPARE(detail()->snapshots.size(), std::size_t(1));
        QVERIFY(detail()->snapshots.front().current);

        const auto rows =
            answerOf<std::vector<DomainRow>>([](auto done) { listDomains(kSystem, std::move(done)); });
        QVERIFY(rows && rows->size() == 1 && rows->front().snapshots == 1);
        const auto gone = plain(DomainVerb::Undefine); // with what libvirt keeps of its snapshots
        QVERIFY2(gone, wordsOf(gone));
        QVERIFY(QFile::exists(disk));
    }

    // A lab node made for real, under emulation: image and seed go up through libvirt, the guest boots and
    // says on its serial line what it has read from its seed.
    void labNode()
    {
        const QString folder = m_directory.filePath(QStringLiteral("pool"));
        const Pool pool = poolIn(folder);
        if (!pool)
            QSKIP(virGetLastErrorMessage());
        const QString image = m_directory.filePath(QStringLiteral("guest.img"));
        QVERIFY(write(image, seedReader()));
        auto plan = emulatedNode(image, 32 << 20, 8 << 20);
        QVERIFY2(plan, wordsOf(plan));
        const hosts::Join& join = *plan->spec.join;
        QCOMPARE(plan->steps.front().id, std::string("disk"));

        const auto told = std::make_shared<Told>();
        hosts::NodeRunOptions options;
        options.wait = false;
        const hosts::NodeRunCallbacks callbacks = toldTo(told);
        const auto state = [told] { return told->now(); };
        const auto run = hosts::NodeRun::start(*plan, {}, options, callbacks);
        QTRY_VERIFY_WITH_TIMEOUT(
            state() == provision::RunState::Done || state() == provision::RunState::Failed, 60000);
        QVERIFY2(state() == provision::RunState::Done, told->error.c_str());
        {
            const std::lock_guard lock(told->mutex);
            QVERIFY(std::any_of(told->words.begin(), told->words.end(), [](const std::string& words) {
                return words.find("MiB of") != std::string::npos && words.find("sent") != std::string::npos;
            }));
        }
        QCOMPARE(QFileInfo(folder + QStringLiteral("/metal-09-disk")).size(), qint64(8) << 20);

        const auto watcher = std::make_shared<ConsoleWatcher>();
        auto console = Console::open(kSystem, plan->uuid, false, watcher);
        QVERIFY(console);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->open() || watcher->end(), 20000);
        const auto said = [&](const std::string& text) {
            return watcher->said().find(text) != std::string::npos;
        };
        QTRY_VERIFY_WITH_TIMEOUT((*console)->write("H") && said("guest up"), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(said("end of seed") || said("no seed"), 60000);
        QVERIFY2(said("CIDATA"), watcher->said().c_str());
        QVERIFY2(said("instance-id: " + plan->uuid), watcher->said().c_str());
        QVERIFY(said("local-hostname: 'metal-09'"));
        QVERIFY(said("#cloud-config"));
        QVERIFY(said("kubeadm join 10.0.0.10:6443"));
        QVERIFY(said("options kvm_amd nested=1"));
        QVERIFY(said(join.token.reveal()));

        // Once more under the same names: what is there is not touched.
        const auto second = std::make_shared<Told>();
        hosts::NodeRunCallbacks watched;
        watched.state = [second](const provision::RunReport& report) {
            const std::lock_guard lock(second->mutex);
            second->state = report.state;
            second->error = report.error ? std::string(toString(report.error->kind)) : std::string();
        };
        const auto twice = hosts::NodeRun::start(*plan, {}, options, watched);
        const auto secondState = [second] {
            const std::lock_guard lock(second->mutex);
            return second->state;
        };
        QTRY_VERIFY_WITH_TIMEOUT(secondState() == provision::RunState::Failed, 60000);
        twice->undo();
        QTRY_VERIFY_WITH_TIMEOUT(secondState() == provision::RunState::Undone, 60000);
        QVERIFY(QFile::exists(folder + QStringLiteral("/metal-09-disk")));

        // Taken back, all of it is gone.
        run->undo();
        QTRY_VERIFY_WITH_TIMEOUT(
            state() == provision::RunState::Undone || state() == provision::RunState::UndoFailed, 60000);
        QVERIFY2(state() == provision::RunState::Undone, told->error.c_str());
        QVERIFY(QDir(folder).isEmpty());
        const auto rows =
            answerOf<std::vector<DomainRow>>([](auto done) { listDomains(kSystem, std::move(done)); });
        QVERIFY(rows && rows->empty());

        // Cut off in the middle, by a program that is then gone: the next one knows what is left.
        const QString journals = m_directory.filePath(QStringLiteral("journals"));
        QVERIFY(QDir().mkpath(journals));
        options.journal = journals.toStdString();
        std::mutex mutex;
        std::unique_ptr<hosts::NodeRun> cut;
        hosts::NodeRunCallbacks cutting = callbacks;
        cutting.step = [&](const provision::StepReport& report) {
            const std::lock_guard lock(mutex);
            if (report.id == "domain" && report.state == provision::StepState::Done)
                cut->cancel();
        };
        {
            const std::lock_guard lock(mutex);
            cut = hosts::NodeRun::start(*plan, {}, options, cutting);
        }
        QTRY_VERIFY_WITH_TIMEOUT(state() == provision::RunState::Cancelled, 60000);
        cut.reset();
        std::vector<hosts::NodeTrace> left;
        QTRY_VERIFY(!(left = hosts::leftNodes(options.journal)).empty());
        QCOMPARE(hosts::partsLeft(left[0]),
                 (std::vector<std::string>{"domain metal-09", "volume metal-09-disk of pool default",
                                           "volume metal-09-seed.iso of pool default"}));
        auto later = hosts::NodeRun::leftBy(left[0], {}, callbacks);
        QVERIFY(later);
        (*later)->undo();
        QTRY_VERIFY_WITH_TIMEOUT(
            state() == provision::RunState::Undone || state() == provision::RunState::UndoFailed, 60000);
        QVERIFY2(state() == provision::RunState::Undone, told->error.c_str());
        QVERIFY(QDir(folder).isEmpty());
        QVERIFY(hosts::leftNodes(options.journal).empty());
        virStoragePoolDestroy(pool.get());
    }

    // The same with a real Linux of Debian's packages: it finds the volume labelled cidata, does with it what
    // cloud-init would, and runs the node's own script up to kubeadm's call.
    void labNodeOfDebian()
    {
        QTemporaryDir folder;
        QVERIFY(folder.isValid());
        const test::DebianGuest guest = test::makeDebianGuest(folder.path(), [this] {
            if (m_outside >= 0) // apt and dpkg keep their state where this test has libvirtd's
                ::setns(m_outside, CLONE_NEWNS);
        });
        if (!guest.missing.isEmpty())
            QSKIP(qPrintable(guest.missing));
        QVERIFY2(guest.broken.isEmpty(), qPrintable(guest.broken));

        const QString volumes = folder.filePath(QStringLiteral("pool"));
        const Pool pool = poolIn(volumes);
        QVERIFY2(pool, virGetLastErrorMessage());
        auto plan = emulatedNode(guest.image, 256 << 20, 512);
        QVERIFY2(plan, wordsOf(plan));
        const auto told = std::make_shared<Told>();
        hosts::NodeRunOptions options;
        options.wait = false;
        const auto run = hosts::NodeRun::start(*plan, {}, options, toldTo(told));
        const auto state = [told] { return told->now(); };
        QTRY_VERIFY_WITH_TIMEOUT(
            state() == provision::RunState::Done || state() == provision::RunState::Failed, 60000);
        QVERIFY2(state() == provision::RunState::Done, told->error.c_str());

        const auto watcher = std::make_shared<ConsoleWatcher>();
        auto console = Console::open(kSystem, plan->uuid, false, watcher);
        QVERIFY(console);
        QTRY_VERIFY_WITH_TIMEOUT(watcher->open() || watcher->end(), 20000);
        const auto said = [&](const std::string& text) {
            return watcher->said().find(text) != std::string::npos;
        };
        // It waits for a line before it speaks, so that nothing is lost to a console that opens late.
        QElapsedTimer asked;
        const auto ask = [&] {
            if (asked.isValid() && asked.elapsed() < 1000)
                return true;
            asked.start();
            return (*console)->write("\n");
        };
        QTRY_VERIFY_WITH_TIMEOUT(ask() && said("guest up: Linux "), 180000);
        QTRY_VERIFY_WITH_TIMEOUT(said(" login: "), 180000);
        const std::string words = watcher->said();
        for (const std::string& wanted : std::vector<std::string>{
                 "guest up: Linux " + guest.kernel.toStdString(),
                 "seed on /dev/vdb: meta-data ",
                 "meta-data: instance-id: " + plan->uuid,
                 "hostname is metal-09\r\n",
                 "user-data: #cloud-config, ",
                 "written: /opt/strata/make-node.sh 700",
                 "syntax is good",
                 "strata: kernel modules",
                 "called: modprobe vhost_net",
                 "called: sysctl -q --system",
                 "called: swapoff -a",
                 "called: apt-get -qq -y install kubelet=1.34.1-* kubeadm=1.34.1-* kubectl=1.34.1-*",
                 "called: systemctl restart containerd",
                 "called: kubeadm join 10.0.0.10:6443 --node-name metal-09 --token " +
                     plan->spec.join->token.reveal() + " --discovery-token-ca-cert-hash " +
                     plan->spec.join->caHash,
                 "strata: done",
                 "runcmd: done\r\n",
                 "settings: net.ipv4.ip_forward = 1",
                 "containerd:     SystemdCgroup = true",
                 "fstab: #/dev/vda2 none swap sw 0 0",
                 "metal-09 login: ",
             })
            QVERIFY2(words.find(wanted) != std::string::npos, (wanted + " is missing in:\n" + words).c_str());
        QVERIFY2(words.find("was refused") == std::string::npos, words.c_str());

        // A join that fails is a failed command of cloud-init's.
        QVERIFY((*console)->write("fail\n"));
        QTRY_VERIFY_WITH_TIMEOUT(said("strata: failed at line ") && said("runcmd: failed\r\n"), 60000);
        QVERIFY(!said("done again"));

        // What is typed on the line reaches it: it ends, and its console with it.
        QVERIFY((*console)->write("poweroff\n"));
        QTRY_VERIFY_WITH_TIMEOUT(watcher->end(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                const auto rows = answerOf<std::vector<DomainRow>>(
                    [](auto done) { listDomains(kSystem, std::move(done)); });
                return rows && rows->size() == 1 && rows->front().facts.state == DomainState::ShutOff;
            }(),
            60000);
        run->undo();
        QTRY_VERIFY_WITH_TIMEOUT(
            state() == provision::RunState::Undone || state() == provision::RunState::UndoFailed, 60000);
        QVERIFY2(state() == provision::RunState::Undone, told->error.c_str());
        QVERIFY(QDir(volumes).isEmpty());
        virStoragePoolDestroy(pool.get());
    }

    void stoppedAndStarted()
    {
        const auto watcher = std::make_shared<HostWatcher>();
        const auto host = Host::open(kSystem, watcher, hurried());
        QVERIFY(host);
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
        stopLibvirtd();
        QVERIFY(watcher->waitForPhase(LinkPhase::Waiting));
        QVERIFY(!watcher->seen().states.back().error.text.empty());
        QVERIFY(startLibvirtd());
        (*host)->retryNow();
        QVERIFY(watcher->waitForPhase(LinkPhase::Live));
    }

    // A VM's screen and serial line in their tabs: through its cluster while that answers, and on through its
    // host's libvirt when the Kubernetes API does not any more.
    void tabsGoOnThroughTheHost_data()
    {
        QTest::addColumn<bool>("silent");
        QTest::newRow("the API's connections break") << false;
        QTest::newRow("the API falls silent") << true;
    }
    void tabsGoOnThroughTheHost()
    {
        QFETCH(bool, silent);
        ui::Theme::instance().install();
        demosite::Options options;
        options.life = false;
        auto site = demosite::DemoSite::start(options);
        QVERIFY(site);
        test::FaultProxy::Options behind;
        behind.targetPort = QUrl(QString::fromStdString((*site)->outerServer())).port();
        test::FaultProxy proxy(behind);
        const auto file = kube::Kubeconfig::load((*site)->kubeconfigPath());
        QVERIFY(file);
        auto config = file->resolve();
        QVERIFY(config);
        config->server = "https://127.0.0.1:" + std::to_string(proxy.port());
        kube::Network network;
        const auto client = kube::Client::create(network, *config);
        std::promise<Result<kube::Response>> answer;
        kube::Request list;
        list.path = "/apis/kubevirt.io/v1/virtualmachineinstances";
        const auto asking =
            client->send(list, [&](Result<kube::Response> result) { answer.set_value(std::move(result)); });
        const Result<kube::Response> listed = answer.get_future().get();
        QVERIFY2(listed, listed ? "" : listed.error().text.c_str());
        console::GuestTarget guest;
        for (const QJsonValue& item : QJsonDocument::fromJson(QByteArray::fromStdString(listed->body))
                                          .object()
                                          .value(QStringLiteral("items"))
                                          .toArray()) {
            const QJsonObject meta = item.toObject().value(QStringLiteral("metadata")).toObject();
            const QByteArray status =
                QJsonDocument(item.toObject().value(QStringLiteral("status")).toObject()).toJson();
            if (status.contains("\"Running\"") && !status.contains("\"Paused\""))
                guest = {meta.value(QStringLiteral("namespace")).toString().toStdString(),
                         meta.value(QStringLiteral("name")).toString().toStdString()};
        }
        QVERIFY(!guest.name.empty());

        // On its host it is a domain of libvirt's: firmware on the screen, a line that sends back each byte
        // one higher.
        const QString disk = m_directory.filePath(QStringLiteral("both.img"));
        QVERIFY(write(disk, echoingSector() + QByteArray(1 << 20, '\0')));
        const std::unique_ptr<virConnect, int (*)(virConnectPtr)> other(virConnectOpen(kSystem),
                                                                        virConnectClose);
        QVERIFY(other);
        QString xml = QString::fromLatin1(kEchoDomain).arg(disk);
        xml.replace(QStringLiteral("</devices>"),
                    QStringLiteral("<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>"
                                   "<video><model type='vga'/></video></devices>"));
        const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
            virDomainCreateXML(other.get(), xml.toUtf8().constData(), 0), virDomainFree);
        QVERIFY2(domain, virGetLastErrorMessage());

        ui::ConsoleServices services;
        services.serial = [&](stack::SourceId, const console::GuestTarget& target,
                              ui::ConsoleServices::Handler handler) -> ui::ConsoleServices::Opened {
            return console::openSerial(client, target, std::move(handler));
        };
        services.hostSerial = [](stack::SourceId, const std::string& uuid, bool takeOver,
                                 ui::ConsoleServices::Handler handler) {
            return console::openHostSerial(kSystem, uuid, takeOver, std::move(handler));
        };
        services.screen = [&](stack::SourceId, const console::GuestTarget& target, bool takeOver,
                              std::shared_ptr<console::ScreenHandler> handler) {
            return console::Screen::start(
                STRATA_PROGRAM,
                [&](ui::ConsoleServices::Handler bytes) -> ui::ConsoleServices::Opened {
                    return console::openScreen(client, target, takeOver, std::move(bytes));
                },
                std::move(handler));
        };
        services.hostScreen = [](stack::SourceId, const std::string& uuid,
                                 std::shared_ptr<console::ScreenHandler> handler) {
            return console::Screen::start(
                STRATA_PROGRAM,
                [&](ui::ConsoleServices::Handler bytes) {
                    return console::openHostScreen(kSystem, uuid, std::move(bytes));
                },
                std::move(handler));
        };
        ui::ConsoleTargets targets;
        targets.title = QStringLiteral("echo");
        targets.guest = ui::GuestConsole{1, guest};
        targets.host = ui::HostConsole{11, kUuid, "tenant-blue_echo"};
        ui::ScreenPage screen(services, targets.title, targets.guest, targets.host);
        screen.resize(900, 600);
        screen.show();
        const std::unique_ptr<ui::TerminalPage> serial(ui::TerminalPage::serial(services, targets));
        serial->resize(700, 300);
        serial->show();
        QTRY_COMPARE_WITH_TIMEOUT(screen.state(), ui::SessionPage::State::Open, 30000);
        QTRY_COMPARE_WITH_TIMEOUT(serial->state(), ui::SessionPage::State::Open, 30000);
        QCOMPARE(screen.view()->shot().size(), QSize(640, 400)); // the demo's
        QVERIFY(!screen.byHost());

        if (silent) {
            proxy.silence();
        } else {
            proxy.setFault({test::FaultProxy::Fault::Kind::Refuse, 0, 1, {}});
            proxy.cutAll();
        }
        // A connection that is silent is given half a minute.
        QTRY_VERIFY_WITH_TIMEOUT(screen.byHost() && serial->byHost(), 60000);
        QTRY_COMPARE_WITH_TIMEOUT(screen.state(), ui::SessionPage::State::Open, 30000);
        QTRY_COMPARE_WITH_TIMEOUT(serial->state(), ui::SessionPage::State::Open, 30000);
        QTRY_VERIFY_WITH_TIMEOUT(screen.view()->shot().size() != QSize(640, 400), 30000); // the firmware's
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                QTest::keyClicks(serial->view(), QStringLiteral("hijk"));
                return serial->view()->allText().contains(QLatin1String("ijkl"));
            }(),
            60000);
        QCOMPARE(virDomainDestroy(domain.get()), 0);
        QTRY_COMPARE_WITH_TIMEOUT(serial->state(), ui::SessionPage::State::Ended, 20000);
    }

    // A daemon that is stopped in the middle answers nothing; opening a connection to it hangs.
    void frozen()
    {
        const pid_t pid = static_cast<pid_t>(m_libvirtd.processId());
        QCOMPARE(::kill(pid, SIGSTOP), 0);
        const auto watcher = std::make_shared<HostWatcher>();
        auto host = Host::open(kSystem, watcher, hurried());
        const bool told = host && watcher->waitFor([](const Seen& seen) {
            return seen.phase() == LinkPhase::Waiting && seen.states.back().error.kind == ErrorKind::Timeout;
        });
        const auto second = std::make_shared<HostWatcher>();
        auto leaving = Host::open(kSystem, second, hurried());
        const auto started = std::chrono::steady_clock::now();
        leaving->reset();
        const auto took = std::chrono::steady_clock::now() - started;
        QCOMPARE(::kill(pid, SIGCONT), 0);
        QVERIFY(told);
        QVERIFY(took < std::chrono::seconds(2));
        QVERIFY(watcher->waitForPhase(LinkPhase::Live)); // it goes on where it hung
    }
};

QTEST_MAIN(LiveLibvirt)
#include "test_libvirt.moc"
