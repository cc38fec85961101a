// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/check.h"
#include "core/checks/report.h"
#include "tests/core/checks/machines.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <functional>
#include <map>

using namespace strata;
using namespace strata::checks;
using test::inventoryOf;
using test::Machine;

namespace {

const Check& find(const std::vector<Check>& checks, const std::string& id)
{
    for (const Check& check : checks)
        if (check.id == id)
            return check;
    qFatal("no check %s", id.c_str());
}

Subject subjectOf(const Machine& machine, std::string name = "metal-01")
{
    Subject subject;
    subject.name = std::move(name);
    subject.libvirt = inventoryOf(machine);
    return subject;
}

// "nvme=fail,memory=warn": what differs from a good production host.
using Verdicts = std::map<std::string, Verdict>;

Verdict verdict(const std::string& name)
{
    for (const Verdict each : {Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Unknown})
        if (name == toString(each))
            return each;
    qFatal("no verdict %s", name.c_str());
}

Machine with(const std::function<void(Machine&)>& change)
{
    Machine machine;
    machine.nesting = "require";
    change(machine);
    return machine;
}

} // namespace

Q_DECLARE_METATYPE(Machine)

class TestChecks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void machines_data();
    void machines();
    void remediesFitTheVendor();
    void kubernetesAlone();
    void bareMetalHostAlone();
    void nobodyTold();
    void fleet();
    void inventoryIsReadAsItStands();
    void hostileDocuments();
    void reports();
};

void TestChecks::machines_data()
{
    QTest::addColumn<Machine>("machine");
    QTest::addColumn<QString>("profile");
    QTest::addColumn<QString>("expected"); // beside what libvirt never tells
    const auto row = [](const char* name, const char* profile, const char* expected,
                        const std::function<void(Machine&)>& change) {
        QTest::newRow(name) << with(change) << QString::fromLatin1(profile) << QString::fromLatin1(expected);
    };
    row("intel, all there", "production", "", [](Machine&) {});
    row("intel, nested off", "production", "nested-kvm=fail", [](Machine& m) { m.nesting.clear(); });
    row("amd, nested on", "production", "", [](Machine& m) {
        m.vendor = "AMD";
        m.model = "EPYC-Milan";
        m.features = {"svm"};
        m.nesting.clear(); // part of the model
    });
    row("amd, nested off", "production", "nested-kvm=fail", [](Machine& m) {
        m.vendor = "AMD";
        m.model = "EPYC-Rome";
        m.features = {"svm"};
        m.nesting = "disable";
    });
    row("virtualization off in the firmware", "production",
        "cpu-virtualization=fail,kvm=fail,nested-kvm=unknown", [](Machine& m) {
            m.features.clear();
            m.kvm = false;
        });
    row("kvm module missing", "production", "kvm=fail,nested-kvm=unknown", [](Machine& m) { m.kvm = false; });
    row("arm", "production", "nested-kvm=unknown", [](Machine& m) {
        m.arch = "aarch64";
        m.vendor = "ARM";
        m.model = "Neoverse-N1";
        m.features.clear();
        m.nesting.clear();
    });
    row("384 GiB", "production", "memory=fail", [](Machine& m) { m.memoryGib = 384; });
    row("503 of 512 GiB are left to the kernel", "production", "", [](Machine& m) { m.memoryGib = 503; });
    row("no NVMe", "production", "nvme=fail", [](Machine& m) { m.disks = {{"sda", 4000}, {"sdb", 4000}}; });
    row("one NVMe", "production", "nvme=fail", [](Machine& m) { m.disks = {{"nvme0n1", 3800}}; });
    row("two small NVMe", "production", "nvme=fail", [](Machine& m) {
        m.disks = {{"nvme0n1", 400}, {"nvme1n1", 400}};
    });
    row("NVMe known by its controller only", "production", "", [](Machine& m) {
        m.disks = {{"mdraid0", 1900, true}, {"mdraid1", 1900, true}};
    });
    row("100 GbE with functions", "production", "", [](Machine& m) {
        m.nics = {{"ens1f0", 100000, true, 16}, {"ens1f0v0", 100000, true, 0, false, true}};
    });
    row("10 GbE", "production", "nic-speed=warn", [](Machine& m) { m.nics = {{"eno1", 10000}}; });
    row("1 GbE", "production", "nic-speed=fail", [](Machine& m) { m.nics = {{"eno1", 1000}}; });
    row("25 GbE without a link", "production", "nic-speed=fail", [](Machine& m) {
        m.nics = {{"eno1", 25000, false}};
    });
    row("a fast bridge is no card", "production", "nic-speed=fail", [](Machine& m) {
        m.nics = {{"eno1", 1000}, {"br0", 100000, true, 0, true}};
    });
    row("virtual card that tells no speed", "production", "nic-speed=unknown", [](Machine& m) {
        m.nics = {{"enp1s0", 0}};
    });
    row("IOMMU off", "production", "iommu=warn", [](Machine& m) {
        m.iommuGroups = 0;
        m.iommu = "no";
    });
    row("IOMMU untold", "production", "iommu=unknown", [](Machine& m) {
        m.iommuGroups = 0;
        m.iommu.clear();
    });
    row("no huge pages", "production", "hugepages=warn", [](Machine& m) { m.hugePages1G = 0; });
    row("pool nearly full", "production", "free-space=warn", [](Machine& m) { m.poolGib = 40; });
    row("no pool", "production", "free-space=warn", [](Machine& m) { m.poolGib = -1; });
    row("old software", "production", "libvirt=warn,qemu=warn", [](Machine& m) {
        m.libvirt = "6.0.0";
        m.qemu = "4.2.1";
    });
    row("two digits are more than one", "production", "", [](Machine& m) {
        m.libvirt = "10.0.0";
        m.qemu = "10.1.2";
    });
    row("a small machine, lab", "lab", "nvme=warn", [](Machine& m) {
        m.memoryGib = 16;
        m.nics = {{"eno1", 1000}};
        m.disks = {{"sda", 500}};
        m.hugePages1G = 0;
        m.poolGib = 120;
    });
    row("a smaller one", "lab", "memory=fail,nvme=warn,nic-speed=warn", [](Machine& m) {
        m.memoryGib = 8;
        m.nics = {{"eno1", 100}};
        m.disks.clear();
    });
    row("not QEMU", "lab", "cpu-virtualization=unknown,kvm=unknown,nested-kvm=unknown,qemu=unknown",
        [](Machine& m) {
            m.hypervisor = "TEST";
            m.kvm = false;
            m.features.clear();
        });
}

void TestChecks::machines()
{
    QFETCH(Machine, machine);
    QFETCH(QString, profile);
    QFETCH(QString, expected);
    Verdicts wanted = {{"tun-vhost-net", Verdict::Unknown},
                       {"clock", Verdict::Unknown},
                       {"kernel", Verdict::Unknown},
                       {"disk-latency", Verdict::Unknown}};
    for (const QString& part : expected.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const QStringList sides = part.split(QLatin1Char('='));
        wanted[sides[0].toStdString()] = verdict(sides[1].toStdString());
    }
    const std::vector<Check> checks = checkHost(subjectOf(machine), *Profile::named(profile.toStdString()));
    QCOMPARE(checks.size(), std::size_t(15));
    for (const Check& check : checks) {
        const auto found = wanted.find(check.id);
        const Verdict want = found == wanted.end() ? Verdict::Pass : found->second;
        QVERIFY2(check.verdict == want,
                 qPrintable(
                     QStringLiteral("%1: %2, not %3; “%4”")
                         .arg(QString::fromStdString(check.id), QString::fromLatin1(toString(check.verdict)),
                              QString::fromLatin1(toString(want)), QString::fromStdString(check.value))));
        QVERIFY(!check.title.empty() && !check.wanted.empty());
        if (check.verdict == Verdict::Pass) {
            QVERIFY(!check.value.empty() && check.reason.empty() && check.commands.empty());
            QVERIFY(!check.source.empty());
        } else {
            QVERIFY2(!check.reason.empty() && !check.commands.empty(), check.id.c_str());
        }
        if (check.verdict == Verdict::Unknown)
            QVERIFY(check.value.empty());
    }
}

void TestChecks::remediesFitTheVendor()
{
    const auto commands = [](const Machine& machine, const std::string& id) {
        const std::vector<Check> checks = checkHost(subjectOf(machine), Profile::production());
        std::string all;
        for (const std::string& command : find(checks, id).commands)
            all += command + "\n";
        return QString::fromStdString(all);
    };
    const Machine intel = with([](Machine& m) {
        m.nesting.clear();
        m.iommu = "no";
        m.iommuGroups = 0;
    });
    const Machine amd = with([](Machine& m) {
        m.vendor = "AMD";
        m.nesting = "disable";
        m.iommu = "no";
        m.iommuGroups = 0;
    });
    QVERIFY(commands(intel, "nested-kvm").contains(QStringLiteral("options kvm_intel nested=1")));
    QVERIFY(!commands(intel, "nested-kvm").contains(QStringLiteral("kvm_amd")));
    QVERIFY(commands(amd, "nested-kvm").contains(QStringLiteral("options kvm_amd nested=1")));
    QVERIFY(commands(intel, "iommu").contains(QStringLiteral("intel_iommu=on")));
    QVERIFY(!commands(amd, "iommu").contains(QStringLiteral("intel_iommu")));
}

void TestChecks::kubernetesAlone()
{
    Subject subject;
    subject.name = "outer-1";
    NodeView node;
    node.name = "outer-1";
    node.kernelVersion = "6.8.0-45-generic";
    node.memoryBytes = 503LL << 30;
    node.allocatable = {{"devices.kubevirt.io/kvm", 1000},
                        {"devices.kubevirt.io/tun", 1000},
                        {"devices.kubevirt.io/vhost-net", 0},
                        {"hugepages-1Gi", 8LL << 30}};
    node.labels = {{"feature.node.kubernetes.io/iommu-enabled", "true"}};
    node.clockOffsetMs = -6200;
    subject.node = node;
    const std::vector<Check> checks = checkHost(subject, Profile::production());
    const Verdicts wanted = {{"cpu-virtualization", Verdict::Pass},
                             {"kvm", Verdict::Pass},
                             {"nested-kvm", Verdict::Unknown},
                             {"memory", Verdict::Pass},
                             {"nvme", Verdict::Unknown},
                             {"nic-speed", Verdict::Unknown},
                             {"iommu", Verdict::Pass},
                             {"hugepages", Verdict::Pass},
                             {"tun-vhost-net", Verdict::Fail},
                             {"free-space", Verdict::Unknown},
                             {"clock", Verdict::Fail},
                             {"kernel", Verdict::Pass},
                             {"libvirt", Verdict::Unknown},
                             {"qemu", Verdict::Unknown},
                             {"disk-latency", Verdict::Unknown}};
    for (const Check& check : checks)
        QVERIFY2(check.verdict == wanted.at(check.id), check.id.c_str());
    QCOMPARE(find(checks, "kvm").source, std::string("Node"));
    QVERIFY(find(checks, "tun-vhost-net").value.find("vhost-net") != std::string::npos);
    QVERIFY(find(checks, "tun-vhost-net").value.find("tun,") == std::string::npos);

    // The device plugin has lost the device: the node's word goes, but libvirt's goes before it.
    subject.node->allocatable["devices.kubevirt.io/kvm"] = 0;
    QCOMPARE(find(checkHost(subject, Profile::production()), "kvm").verdict, Verdict::Fail);
}

void TestChecks::bareMetalHostAlone()
{
    Subject subject;
    subject.name = "rack-7";
    BareMetalView metal;
    metal.arch = "x86_64";
    metal.cpuModel = "Intel(R) Xeon(R) Gold 6338";
    metal.cpuFlags = {"fpu", "vmx"};
    metal.memoryBytes = 1024LL << 30;
    metal.nics = {{"eth0", 100000, true, 0}};
    metal.disks = {{"/dev/nvme0n1", "x", 3LL << 40, true}, {"/dev/nvme1n1", "x", 3LL << 40, true}};
    subject.metal = metal;
    const std::vector<Check> checks = checkHost(subject, Profile::production());
    for (const char* id : {"cpu-virtualization", "memory", "nvme", "nic-speed"}) {
        QCOMPARE(find(checks, id).verdict, Verdict::Pass);
        QCOMPARE(find(checks, id).source, std::string("BareMetalHost"));
    }
    QCOMPARE(find(checks, "nested-kvm").verdict, Verdict::Unknown);
    subject.metal->cpuFlags = {"fpu"};
    QCOMPARE(find(checkHost(subject, Profile::production()), "cpu-virtualization").verdict, Verdict::Fail);
}

void TestChecks::nobodyTold()
{
    Subject subject;
    subject.name = "?";
    for (const Check& check : checkHost(subject, Profile::lab())) {
        QCOMPARE(check.verdict, Verdict::Unknown);
        QVERIFY(!check.reason.empty());
    }
    QCOMPARE(worst(checkHost(subject, Profile::lab())), Verdict::Warn);
}

void TestChecks::fleet()
{
    const Machine intel = with([](Machine&) {});
    const Machine newer = with([](Machine& m) { m.model = "Icelake-Server"; });
    Subject untold;
    untold.name = "d";
    const std::vector<Check> checks =
        checkFleet({subjectOf(intel, "a"), subjectOf(newer, "b"), subjectOf(intel, "c"), untold});
    QCOMPARE(checks.size(), std::size_t(4));
    QCOMPARE(checks[0].verdict, Verdict::Pass);
    QCOMPARE(checks[1].verdict, Verdict::Warn);
    QVERIFY(checks[1].wanted.find("Skylake") != std::string::npos);
    QCOMPARE(checks[2].verdict, Verdict::Pass);
    QCOMPARE(checks[3].verdict, Verdict::Unknown);
    QCOMPARE(checkFleet({subjectOf(intel)})[0].verdict, Verdict::Pass);
}

void TestChecks::inventoryIsReadAsItStands()
{
    const virt::Inventory inventory = inventoryOf(with([](Machine& m) {
        m.nics = {{"eno1", 25000, true, 64},
                  {"eno2", 0, false},
                  {"virbr0", 10000, true, 0, true},
                  {"eno1v3", 25000, true, 0, false, true}};
        m.disks = {{"sda", 100}, {"nvme0n1", 1900}};
    }));
    QCOMPARE(inventory.vendor, std::string("Dell Inc."));
    QCOMPARE(inventory.product, std::string("R750"));
    QCOMPARE(inventory.bios, std::string("2.14"));
    QCOMPARE(inventory.guestCpuModel, std::string("Skylake-Server-IBRS"));
    QCOMPARE(inventory.hostPassthrough, virt::Answer::Yes);
    QCOMPARE(inventory.iommuGroups, 40U);
    QCOMPARE(inventory.nics.size(), std::size_t(2)); // no bridge, no function, no optical drive below
    QCOMPARE(inventory.nics[0], (virt::Nic{"eno1", 25000, true, 64}));
    QCOMPARE(inventory.nics[1], (virt::Nic{"eno2", -1, false, 0}));
    QCOMPARE(inventory.disks.size(), std::size_t(2));
    QCOMPARE(inventory.disks[0].device, std::string("/dev/nvme0n1"));
    QCOMPARE(inventory.disks[0].bytes, std::int64_t(1900) << 30);
    QVERIFY(inventory.disks[0].nvme && !inventory.disks[1].nvme);
    const std::vector<virt::HugePages> pages = {{2LL << 20, 0}, {1LL << 30, 64}};
    QCOMPARE(inventory.hugePages, pages);
    QCOMPARE(inventory.pools.size(), std::size_t(1));
    QCOMPARE(inventory.pools[0].availableBytes, std::int64_t(800) << 30);
}

void TestChecks::hostileDocuments()
{
    const virt::Inventory before = inventoryOf(with([](Machine&) {}));
    for (const std::string& evil : {std::string(), std::string("garbage"),
                                    std::string("<!DOCTYPE a [<!ENTITY x 'y'>]><sysinfo>&x;</sysinfo>"),
                                    std::string("<device>"), std::string(9U << 20U, '<')}) {
        virt::Inventory inventory = before;
        virt::addSystemInfo(inventory, evil);
        virt::addDomainCapabilities(inventory, evil);
        virt::addPool(inventory, evil, true);
        QCOMPARE(inventory.pools.size(), before.pools.size());
        QCOMPARE(inventory.nested, before.nested);
    }
    // Devices that are each other's parents, sizes beyond all bounds.
    virt::Inventory inventory;
    virt::addNodeDevices(
        inventory,
        {"<device><name>a</name><parent>b</parent><capability type='net'><interface>x</interface>"
         "<link speed='4294967295' state='up'/></capability></device>",
         "<device><name>b</name><parent>a</parent><capability type='storage'><block>/dev/nvme9</block>"
         "<size>99999999999999999999999</size></capability></device>"});
    QVERIFY(inventory.nics.empty());
    QCOMPARE(inventory.disks.size(), std::size_t(1));
    virt::addPool(inventory,
                  "<pool type='dir'><name>p</name><capacity unit='TiB'>9223372036854775807</capacity></pool>",
                  true);
    QVERIFY(inventory.pools[0].capacityBytes <= 0);
    virt::addCapabilities(
        inventory, "<capabilities><host><topology><cells><cell><pages unit='TiB' size='9223372036854775807'>"
                   "9223372036854775807</pages></cell></cells></topology></host></capabilities>");
    QVERIFY(inventory.hugePages.empty());
}

void TestChecks::reports()
{
    std::vector<HostReport> reports;
    for (const char* name : {"metal-01", "<img src=x>"}) {
        Subject subject = subjectOf(with([](Machine& m) { m.nesting.clear(); }), name);
        reports.push_back({subject, checkHost(subject, Profile::production())});
    }
    const QString text = QString::fromStdString(printText(reports, Profile::production()));
    QVERIFY(text.contains(QStringLiteral("fails")) &&
            text.contains(QStringLiteral("$ echo 'options kvm_intel nested=1'")));
    QVERIFY(text.contains(QStringLiteral("10 of 15 checks pass, 1 fails, 4 cannot be told")));

    const QJsonObject json =
        QJsonDocument::fromJson(QByteArray::fromStdString(printJson(reports, Profile::production())))
            .object();
    QCOMPARE(json[QLatin1String("verdict")].toString(), QStringLiteral("fail"));
    QCOMPARE(json[QLatin1String("hosts")].toArray().size(), 2);
    const QJsonObject host = json[QLatin1String("hosts")].toArray()[0].toObject();
    QCOMPARE(host[QLatin1String("checks")].toArray().size(), 15);
    QCOMPARE(host[QLatin1String("inventory")].toObject()[QLatin1String("nested")].toString(),
             QStringLiteral("no"));

    const QString html = QString::fromStdString(printHtml(reports, Profile::production(), "2026-11-26"));
    QVERIFY(!html.contains(QStringLiteral("<img")) && html.contains(QStringLiteral("&lt;img src=x&gt;")));
    QVERIFY(!html.contains(QStringLiteral("<script")) && !html.contains(QStringLiteral("http")));
}

QTEST_GUILESS_MAIN(TestChecks)
#include "test_checks.moc"
