// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/check.h"
#include "core/checks/drift.h"
#include "core/checks/hardware.h"
#include "core/checks/kubeview.h"
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
    void kubernetesAnswers();
    void clocksOfNodes_data();
    void clocksOfNodes();
    void metalAnswers();
    void oneMachineThroughAllEyes();
    void drifts();
    void hardware();
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

void TestChecks::kubernetesAnswers()
{
    const auto nodes = nodeViewsOf(R"({"items":[
      {"metadata":{"name":"outer-1","labels":{"feature.node.kubernetes.io/cpu-cpuid.VMX":"true",
         "feature.node.kubernetes.io/cpu-model.vendor_id":"Intel","host-model-cpu.node.kubevirt.io/Icelake-Server":"true"}},
       "status":{"nodeInfo":{"systemUUID":"4C4C4544-0042-3510-8051-B4C04F4A3532","kernelVersion":"6.8.0"},
         "capacity":{"memory":"527957016Ki"},
         "allocatable":{"devices.kubevirt.io/kvm":"1k","devices.kubevirt.io/tun":"1k",
           "devices.kubevirt.io/vhost-net":"0","hugepages-1Gi":"64Gi","cpu":"63500m"}}},
      {"metadata":{"name":"outer-2"}}, {"metadata":{}}, 7, "x"]})");
    QCOMPARE(nodes.size(), std::size_t(2));
    QCOMPARE(nodes[0].systemUuid, std::string("4c4c4544-0042-3510-8051-b4c04f4a3532"));
    QCOMPARE(nodes[0].allocatable.at("devices.kubevirt.io/kvm"), std::int64_t(1000));
    QCOMPARE(nodes[0].allocatable.at("hugepages-1Gi"), std::int64_t(64) << 30);
    QVERIFY(!nodes[0].clockOffsetMs);
    Subject subject;
    subject.name = "outer-1";
    subject.node = nodes[0];
    const std::vector<Check> checks = checkHost(subject, Profile::production());
    QCOMPARE(find(checks, "kvm").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "memory").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "hugepages").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "tun-vhost-net").verdict, Verdict::Fail);
    QCOMPARE(checkFleet({subject})[0].value, std::string("Icelake-Server"));
    // What could not be seen is said.
    QCOMPARE(find(checks, "nvme").verdict, Verdict::Unknown);
    QVERIFY(find(checks, "nvme").reason.find("not asked through libvirt") != std::string::npos);
    subject.node = nodes[1];
    for (const Check& check : checkHost(subject, Profile::lab()))
        QVERIFY2(check.verdict == Verdict::Unknown, check.id.c_str());
    QVERIFY(nodeViewsOf("nonsense").empty() && nodeViewsOf("{\"items\":{}}").empty());
}

void TestChecks::clocksOfNodes_data()
{
    QTest::addColumn<QString>("renewed");
    QTest::addColumn<qint64>("offset");
    QTest::newRow("the same") << "2026-11-26T10:00:05.400000Z" << qint64(0);
    QTest::newRow("the end of the second") << "2026-11-26T10:00:05.999000Z" << qint64(0);
    QTest::newRow("seven ahead") << "2026-11-26T10:00:13.000000Z" << qint64(7000);
    QTest::newRow("six behind") << "2026-11-26T09:59:59.000000Z" << qint64(-6000);
}

void TestChecks::clocksOfNodes()
{
    QFETCH(QString, renewed);
    QFETCH(qint64, offset);
    const std::string lease = R"({"items":[{"metadata":{"name":"outer-1","managedFields":[
        {"manager":"other","time":"2020-01-01T00:00:00Z"},{"manager":"kubelet","time":"2026-11-26T10:00:05Z"}]},
        "spec":{"renewTime":")" +
                              renewed.toStdString() + R"("}}]})";
    const auto nodes = nodeViewsOf(R"({"items":[{"metadata":{"name":"outer-1"}}]})", lease);
    QVERIFY(nodes.size() == 1 && nodes[0].clockOffsetMs);
    QCOMPARE(qint64(*nodes[0].clockOffsetMs), offset);
}

void TestChecks::metalAnswers()
{
    const auto metal = metalViewsOf(R"({"items":[
      {"metadata":{"name":"rack-7"},"status":{"hardware":{"hostname":"metal-07.example.org",
        "systemVendor":{"manufacturer":"Dell Inc.","productName":"PowerEdge R750"},
        "cpu":{"arch":"x86_64","model":"AMD EPYC 7543","flags":["fpu","svm"]},"ramMebibytes":1048576,
        "nics":[{"name":"eth0","speedGbps":25},{"name":"eth1","speedGbps":0}],
        "storage":[{"name":"/dev/nvme0n1","type":"NVME","sizeBytes":1900000000000,"model":"Fast"},
                   {"name":"/dev/sda","type":"HDD","sizeBytes":4000000000000}]}}},
      {"metadata":{"name":"rack-8"},"status":{}}]})");
    QCOMPARE(metal.size(), std::size_t(1));
    Subject subject;
    subject.name = "rack-7";
    subject.metal = metal[0];
    const std::vector<Check> checks = checkHost(subject, Profile::production());
    QCOMPARE(find(checks, "cpu-virtualization").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "memory").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "nic-speed").verdict, Verdict::Pass);
    QCOMPARE(find(checks, "nvme").verdict, Verdict::Fail); // one of two
    QVERIFY(metalViewsOf("[]").empty());
}

void TestChecks::oneMachineThroughAllEyes()
{
    std::vector<Subject> subjects = {subjectOf(with([](Machine&) {}), "metal-01"), {}};
    subjects[1].name = "metal-02";
    NodeView byUuid;
    byUuid.name = "worker-a";
    byUuid.systemUuid = "4c4c4544-0042-3510-8051-b4c04f4a3532";
    subjects[0].libvirt->host.uuid = byUuid.systemUuid;
    NodeView byName;
    byName.name = "metal-02.example.org";
    NodeView other;
    other.name = "outer-9";
    BareMetalView metal;
    metal.name = "rack-1";
    metal.hostname = "worker-a";
    addKubernetes(subjects, {byUuid, byName, other}, {metal});
    QCOMPARE(subjects.size(), std::size_t(3));
    QVERIFY(subjects[0].node && subjects[0].node->name == "worker-a" && subjects[0].metal);
    QVERIFY(subjects[1].node && !subjects[1].metal);
    QCOMPARE(subjects[2].name, std::string("outer-9"));
    QVERIFY(!subjects[2].libvirt);
}

void TestChecks::drifts()
{
    const Subject before = subjectOf(with([](Machine&) {}));
    const std::string report =
        printJson({{before, checkHost(before, Profile::production())}}, Profile::production());
    const auto kept = readKept(report);
    QVERIFY(kept && kept->size() == 1);
    const KeptHost& host = kept->at("metal-01");
    QCOMPARE(host.profile, std::string("production"));
    QVERIFY(driftOf(host, checkHost(before, Profile::production())).empty());
    const Subject now = subjectOf(with([](Machine& machine) {
        machine.nesting.clear();
        machine.poolGib = 40;
        machine.hypervisor = "QEMU";
    }));
    const std::vector<Drift> drifts = driftOf(host, checkHost(now, Profile::production()));
    QCOMPARE(drifts.size(), std::size_t(2));
    QCOMPARE(drifts[0].id, std::string("nested-kvm")); // the graver first
    QVERIFY(drifts[0].worse() && drifts[1].worse());
    QCOMPARE(driftText(drifts[0]), std::string("Nested virtualization: passed (on), fails now (off)"));
    // The way back is told, too, and is not worse.
    const auto bad =
        readKept(printJson({{now, checkHost(now, Profile::production())}}, Profile::production()));
    const std::vector<Drift> mended = driftOf(bad->at("metal-01"), checkHost(before, Profile::production()));
    QVERIFY(mended.size() == 2 && !mended[0].worse() && !mended[1].worse());
    // Who cannot see cannot tell of a change.
    Subject blind;
    blind.name = "metal-01";
    QVERIFY(driftOf(host, checkHost(blind, Profile::production())).empty());
    QVERIFY(!readKept("nonsense") && !readKept("{}") && !readKept(R"({"hosts":[{"name":5}]})"));
}

void TestChecks::hardware()
{
    const auto value = [](const virt::Inventory& inventory, const char* label) {
        for (const auto& [name, text] : hardwareRows(inventory))
            if (name == label)
                return QString::fromStdString(text);
        return QString();
    };
    const virt::Inventory inventory = inventoryOf(with([](Machine& m) {
        m.nics = {{"eno1", 25000, true, 64}, {"eno2", 0, false}};
    }));
    QVERIFY(value(inventory, "Memory").contains(QStringLiteral("64 GiB of huge pages")));
    QVERIFY(value(inventory, "KVM").contains(QStringLiteral("nested: on")));
    QCOMPARE(value(inventory, "Network cards"),
             QStringLiteral("eno1 25 Gbit/s (64 functions), eno2 no link"));
    QVERIFY(value(inventory, "Disks").contains(QStringLiteral("/dev/nvme0n1 NVMe")));
    QVERIFY(value(inventory, "Storage pools").contains(QStringLiteral("free")));
    for (const auto& [name, text] : hardwareRows({})) // nothing is known: it is said
        QVERIFY2(!text.empty(), name.c_str());
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
