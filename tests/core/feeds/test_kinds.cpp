// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/discovery.h"
#include "core/feeds/kinds/kinds.h"
#include "core/stack/health.h"
#include "tests/core/feeds/parsed.h"

#include <QDir>
#include <QtTest>

#include <yaml-cpp/yaml.h>

#include <sstream>

using namespace strata;
using namespace strata::feeds;
using namespace strata::stack;
using strata::test::Parsed;

// Declared before the first raw string: moc loses its way in those.
class TestKinds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void node();
    void nodeThatTellsNothing();
    void podRunning();
    void podStates_data();
    void podStates();
    void podRequests_data();
    void podRequests();
    void launcherAndStaticPods();
    void virtualMachine();
    void virtualMachineSizes_data();
    void virtualMachineSizes();
    void virtualMachineInstance();
    void migrationsThatAreOver();
    void clusterOfBothContracts_data();
    void clusterOfBothContracts();
    void oddClusters();
    void controlPlanes();
    void pools();
    void machines();
    void kubevirtMachines();
    void metrics();
    void events();
    void warnings();
    void whatDeepensADiagnosis();
    void hostileShapes_data();
    void hostileShapes();
    void discoveryAggregated();
    void discoveryClassic();
    void upstreamSamples();
};

namespace {

const UnixMs kTen = *parseRfc3339("2026-11-24T10:00:00Z");

PodFact pod(const std::string& json)
{
    return readPod(Parsed(json).json(), "v1");
}

// YAML of upstream samples as JSON; every scalar that is not quoted and looks like a number or truth value is
// one.
void writeJson(const YAML::Node& node, std::ostream& out)
{
    if (node.IsMap()) {
        out << '{';
        bool first = true;
        for (const auto& entry : node) {
            out << (first ? "" : ",");
            writeJson(YAML::Node(entry.first.as<std::string>()), out);
            out << ':';
            writeJson(entry.second, out);
            first = false;
        }
        out << '}';
    } else if (node.IsSequence()) {
        out << '[';
        bool first = true;
        for (const auto& entry : node) {
            out << (first ? "" : ",");
            writeJson(entry, out);
            first = false;
        }
        out << ']';
    } else if (!node.IsDefined() || node.IsNull()) {
        out << "null";
    } else {
        const auto text = node.as<std::string>();
        const bool plain = node.Tag() == "?";
        if (plain && (text == "true" || text == "false")) {
            out << text;
        } else if (plain && !text.empty() && text.size() < 18 &&
                   text.find_first_not_of("0123456789") == std::string::npos &&
                   (text == "0" || text.front() != '0')) {
            out << text;
        } else {
            out << '"';
            for (const char c : text) {
                if (c == '"' || c == '\\')
                    out << '\\' << c;
                else if (static_cast<unsigned char>(c) < 0x20)
                    out << ' ';
                else
                    out << c;
            }
            out << '"';
        }
    }
}

} // namespace

void TestKinds::node()
{
    const KubeNodeFact node = readKubeNode(Parsed(R"({
          "metadata": {"name": "outer-cp-1", "uid": "u1", "creationTimestamp": "2026-11-24T10:00:00Z",
            "labels": {"node-role.kubernetes.io/control-plane": "", "node-role.kubernetes.io/etcd": "",
                       "kubernetes.io/hostname": "label-name", "kubevirt.io/schedulable": "true"},
            "annotations": {"cluster.x-k8s.io/cluster-name": "blue", "cluster.x-k8s.io/cluster-namespace": "t"}},
          "spec": {"unschedulable": true, "providerID": "kubevirt://outer-cp-1",
            "taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
                       {"key": "a", "value": "b", "effect": "NoExecute"}]},
          "status": {
            "addresses": [{"type": "InternalIP", "address": "10.0.0.11"}, {"type": "InternalIP", "address": "::1"},
                          {"type": "Hostname", "address": "outer-cp-1.local"}],
            "capacity": {"cpu": "64", "memory": "527Gi", "pods": "110"},
            "allocatable": {"cpu": "63500m", "memory": "526Gi", "pods": "110", "devices.kubevirt.io/kvm": "1k"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "fine",
                            "lastTransitionTime": "2026-11-24T10:00:00Z"}],
            "nodeInfo": {"systemUUID": "4C4C4544-0042-3510-8052-B4C04F564433", "machineID": "m",
              "kubeletVersion": "v1.34.1", "osImage": "Debian", "kernelVersion": "6.1",
              "containerRuntimeVersion": "containerd://1.7"}}})")
                                               .json(),
                                           "v1");
    QCOMPARE(node.meta.apiVersion, std::string("v1"));
    QCOMPARE(node.meta.name, std::string("outer-cp-1"));
    QCOMPARE(node.meta.created, kTen);
    QCOMPARE(node.roles, std::string("control-plane,etcd"));
    QCOMPARE(node.systemUuid, std::string("4c4c4544-0042-3510-8052-b4c04f564433"));
    QCOMPARE(node.hostname, std::string("outer-cp-1.local"));
    QCOMPARE(node.internalIp, std::string("10.0.0.11"));
    QVERIFY((node.taints ==
             std::vector<std::string>{"node-role.kubernetes.io/control-plane:NoSchedule", "a=b:NoExecute"}));
    QCOMPARE(node.capacity.cpuMilli, std::int64_t(64000));
    QCOMPARE(node.allocatable.cpuMilli, std::int64_t(63500));
    QCOMPARE(node.allocatable.memoryBytes, std::int64_t(526) << 30);
    QCOMPARE(node.podCapacity, std::int64_t(110));
    QCOMPARE(node.kvmDevices, std::int64_t(1000));
    QCOMPARE(node.kubevirtSchedulable, std::string("true"));
    QCOMPARE(node.clusterName, std::string("blue"));
    QCOMPARE(node.clusterNamespace, std::string("t"));
    QVERIFY(node.unschedulable);
    QCOMPARE(node.conditions.size(), std::size_t(1));
    QCOMPARE(node.conditions[0].since, kTen);
    QCOMPARE(nodeVerdict(node, true).state, std::string("Cordoned"));
}

void TestKinds::nodeThatTellsNothing()
{
    const KubeNodeFact node = readKubeNode(Parsed(R"({"metadata": {"name": "n"}})").json(), "v1");
    QCOMPARE(node.roles, std::string("worker"));
    QCOMPARE(node.capacity.cpuMilli, std::int64_t(-1));
    QCOMPARE(node.kvmDevices, std::int64_t(-1));
    QCOMPARE(node.podCapacity, std::int64_t(-1));
    QCOMPARE(node.meta.created, UnixMs(0));
}

void TestKinds::podRunning()
{
    const PodFact fact = pod(R"({
          "metadata": {"name": "web-6f7-x", "namespace": "shop", "uid": "p1",
            "labels": {"pod-template-hash": "6f7"},
            "ownerReferences": [{"kind": "Other", "name": "o", "uid": "x"},
                                {"kind": "ReplicaSet", "name": "web-6f7", "uid": "r1", "controller": true}]},
          "spec": {"nodeName": "wkr-1", "restartPolicy": "Always",
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}},
                           {"name": "b", "resources": {"requests": {"cpu": 1}}}]},
          "status": {"phase": "Running", "podIP": "10.1.1.1",
            "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}],
            "containerStatuses": [
              {"name": "a", "ready": true, "restartCount": 2, "state": {"running": {}},
               "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}},
              {"name": "b", "ready": true, "restartCount": 1, "state": {"running": {}}}]}})");
    QCOMPARE(fact.meta.ownerKind, std::string("ReplicaSet"));
    QCOMPARE(fact.meta.ownerUid, std::string("r1"));
    QCOMPARE(fact.reason, std::string()); // what went before is over
    QVERIFY(fact.ready);
    QVERIFY(!fact.isStatic);
    QCOMPARE(fact.containers, 2U);
    QCOMPARE(fact.readyContainers, 2U);
    QCOMPARE(fact.restarts, 3U);
    QCOMPARE(fact.requests.cpuMilli, std::int64_t(1250));
    QCOMPARE(fact.requests.memoryBytes, std::int64_t(64) << 20);
    QCOMPARE(workloadVerdict({&fact}).health, Health::Ok);
}

void TestKinds::podStates_data()
{
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QByteArray>("reason");
    QTest::addColumn<int>("health");
    const auto row = [](const char* name, const char* status, const char* reason, Health health) {
        QTest::newRow(name) << QByteArray(status) << QByteArray(reason) << int(health);
    };
    row("crash loop", R"({"phase": "Running", "containerStatuses": [
              {"name": "a", "ready": false, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "m"}}}]})",
        "CrashLoopBackOff", Health::Failed);
    row("worst of two", R"({"phase": "Pending", "containerStatuses": [
              {"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}},
              {"name": "b", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]})",
        "ErrImagePull", Health::Failed);
    row("creating", R"({"phase": "Pending", "containerStatuses": [
              {"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}}]})",
        "ContainerCreating", Health::Progressing);
    row("ended badly", R"({"phase": "Failed", "containerStatuses": [
              {"name": "a", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]})",
        "Error", Health::Failed);
    row("killed without a reason", R"({"phase": "Failed", "containerStatuses": [
              {"name": "a", "state": {"terminated": {"exitCode": 0, "signal": 9}}}]})",
        "Signal:9", Health::Failed);
    row("evicted", R"({"phase": "Failed", "reason": "Evicted", "message": "disk pressure"})", "Evicted",
        Health::Failed);
    row("unschedulable", R"({"phase": "Pending", "conditions": [
              {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]})",
        "Unschedulable", Health::Failed);
    row("init container fails", R"({"phase": "Pending", "initContainerStatuses": [
              {"name": "i", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}], "containerStatuses": [
              {"name": "a", "state": {"waiting": {"reason": "PodInitializing"}}}]})",
        "CrashLoopBackOff", Health::Failed);
    row("init container is done", R"({"phase": "Running", "initContainerStatuses": [
              {"name": "i", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}],
              "conditions": [{"type": "Ready", "status": "True"}],
              "containerStatuses": [{"name": "a", "ready": true, "state": {"running": {}}}]})",
        "", Health::Ok);
    row("succeeded", R"({"phase": "Succeeded", "containerStatuses": [
              {"name": "a", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]})",
        "", Health::Ok);
    row("no status", R"({})", "", Health::Progressing);
}

void TestKinds::podStates()
{
    QFETCH(QByteArray, status);
    QFETCH(QByteArray, reason);
    QFETCH(int, health);
    const PodFact fact =
        pod(R"({"metadata": {"name": "p", "namespace": "n"}, "spec": {"restartPolicy": "Always",
            "containers": [{"name": "a"}]}, "status": )" +
            status.toStdString() + "}");
    QCOMPARE(fact.reason, reason.toStdString());
    QCOMPARE(int(workloadVerdict({&fact}).health), health);
}

void TestKinds::podRequests_data()
{
    QTest::addColumn<QByteArray>("spec");
    QTest::addColumn<qint64>("milli");
    QTest::addColumn<qint64>("mebibytes"); // -1: not told
    const auto row = [](const char* name, const char* spec, qint64 milli, qint64 mebibytes) {
        QTest::newRow(name) << QByteArray(spec) << milli << mebibytes;
    };
    row("none", R"({"containers": [{}]})", -1, -1);
    row("sum", R"({"containers": [{"resources": {"requests": {"cpu": "100m", "memory": "10Mi"}}},
                                      {"resources": {"requests": {"cpu": "200m"}}}]})",
        300, 10);
    row("init is less", R"({"containers": [{"resources": {"requests": {"cpu": "300m"}}}],
             "initContainers": [{"resources": {"requests": {"cpu": "200m"}}}]})",
        300, -1);
    row("init is more",
        R"({"containers": [{"resources": {"requests": {"cpu": "300m", "memory": "10Mi"}}}],
             "initContainers": [{"resources": {"requests": {"cpu": "1", "memory": "5Mi"}}}, {}]})",
        1000, 10);
    row("sidecar adds", R"({"containers": [{"resources": {"requests": {"cpu": "300m"}}}],
             "initContainers": [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}}]})",
        500, -1);
    row("init beside an earlier sidecar",
        R"({"containers": [{"resources": {"requests": {"cpu": "100m"}}}],
             "initContainers": [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}},
                                {"resources": {"requests": {"cpu": "1"}}}]})",
        1200, -1);
    row("init before a sidecar", R"({"containers": [{"resources": {"requests": {"cpu": "100m"}}}],
             "initContainers": [{"resources": {"requests": {"cpu": "1"}}},
                                {"restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}}]})",
        1000, -1);
    row("overhead", R"({"containers": [{"resources": {"requests": {"cpu": "100m"}}}],
             "overhead": {"cpu": "50m", "memory": "120Mi"}})",
        150, 120);
    row("whole pod", R"({"containers": [{"resources": {"requests": {"cpu": "100m", "memory": "1Mi"}}}],
             "resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "50m"}})",
        2050, 1);
    row("nonsense", R"({"containers": [{"resources": {"requests": {"cpu": "lots", "memory": []}}}, 7, "x"]})",
        -1, -1);
}

void TestKinds::podRequests()
{
    QFETCH(QByteArray, spec);
    QFETCH(qint64, milli);
    QFETCH(qint64, mebibytes);
    const PodFact fact = pod(R"({"metadata": {"name": "p"}, "spec": )" + spec.toStdString() + "}");
    QCOMPARE(qint64(fact.requests.cpuMilli), milli);
    QCOMPARE(qint64(fact.requests.memoryBytes), mebibytes < 0 ? -1 : mebibytes << 20);
}

void TestKinds::launcherAndStaticPods()
{
    const PodFact launcher = pod(R"({"metadata": {"name": "virt-launcher-a", "namespace": "t",
            "labels": {"kubevirt.io/created-by": "vmi-uid"}}, "spec": {"containers": [{}],
            "initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "i"}]},
            "status": {"initContainerStatuses": [{"name": "s", "ready": true, "restartCount": 1},
                                                 {"name": "i", "restartCount": 9}],
                       "containerStatuses": [{"name": "c", "ready": true}]}})");
    QCOMPARE(launcher.launcherOf, std::string("vmi-uid"));
    QCOMPARE(launcher.containers, 2U); // the sidecar counts, the init container does not
    QCOMPARE(launcher.readyContainers, 2U);
    QCOMPARE(launcher.restarts, 1U);
    QVERIFY(pod(R"({"metadata": {"name": "etcd-a", "annotations": {"kubernetes.io/config.mirror": "x"}}})")
                .isStatic);
}

void TestKinds::virtualMachine()
{
    const VmFact vm = readVirtualMachine(Parsed(R"({
          "apiVersion": "kubevirt.io/v1",
          "metadata": {"name": "inner-wkr-2", "namespace": "tenant-blue", "uid": "u",
            "deletionTimestamp": "2026-11-24T10:00:00Z"},
          "spec": {"runStrategy": "Always", "template": {
            "metadata": {"labels": {"cluster.x-k8s.io/cluster-name": "blue", "cluster.x-k8s.io/role": "worker",
              "capk.cluster.x-k8s.io/kubevirt-machine-name": "inner-wkr-2",
              "capk.cluster.x-k8s.io/kubevirt-machine-namespace": "tenant-blue"}},
            "spec": {"domain": {"cpu": {"cores": 2, "sockets": 2, "threads": 2}, "memory": {"guest": "8Gi"}}}}},
          "status": {"printableStatus": "Running", "ready": true, "conditions": [
            {"type": "Ready", "status": "True", "lastProbeTime": null}]}})")
                                             .json(),
                                         "ignored/v0");
    QCOMPARE(vm.meta.apiVersion, std::string("kubevirt.io/v1"));
    QCOMPARE(vm.meta.deleting, kTen);
    QCOMPARE(vm.runStrategy, std::string("Always"));
    QCOMPARE(vm.clusterName, std::string("blue"));
    QCOMPARE(vm.role, std::string("worker"));
    QCOMPARE(vm.machineName, std::string("inner-wkr-2"));
    QCOMPARE(vm.machineNamespace, std::string("tenant-blue"));
    QCOMPARE(vm.size.cpuMilli, std::int64_t(8000));
    QCOMPARE(vm.size.memoryBytes, std::int64_t(8) << 30);
    QVERIFY(vm.ready);
}

void TestKinds::virtualMachineSizes_data()
{
    QTest::addColumn<QByteArray>("domain");
    QTest::addColumn<qint64>("milli");
    QTest::addColumn<qint64>("mebibytes");
    const auto row = [](const char* name, const char* domain, qint64 milli, qint64 mebibytes) {
        QTest::newRow(name) << QByteArray(domain) << milli << mebibytes;
    };
    row("cores only", R"({"cpu": {"cores": 4}})", 4000, -1);
    row("requests", R"({"resources": {"requests": {"cpu": "1500m", "memory": "512Mi"}}})", 2000, 512);
    row("limits before requests", R"({"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "3"}}})",
        3000, -1);
    row("guest before requests",
        R"({"memory": {"guest": "1Gi"}, "resources": {"requests": {"memory": "2Gi"}}})", -1, 1024);
    row("an instance type decides", R"({"devices": {}})", -1, -1);
    row("hostile",
        R"({"cpu": {"cores": 9223372036854775807, "sockets": 9223372036854775807, "threads": -3}})",
        (qint64(1) << 32) * 1000, -1);
}

void TestKinds::virtualMachineSizes()
{
    QFETCH(QByteArray, domain);
    QFETCH(qint64, milli);
    QFETCH(qint64, mebibytes);
    const VmFact vm = readVirtualMachine(
        Parsed(R"({"metadata": {"name": "v"}, "spec": {"running": false, "template": {"spec": {"domain": )" +
               domain.toStdString() + "}}}}")
            .json(),
        "kubevirt.io/v1");
    QCOMPARE(vm.runStrategy, std::string("Halted"));
    QCOMPARE(qint64(vm.size.cpuMilli), milli);
    QCOMPARE(qint64(vm.size.memoryBytes), mebibytes < 0 ? -1 : mebibytes << 20);
}

void TestKinds::virtualMachineInstance()
{
    const VmiFact vmi = readVirtualMachineInstance(Parsed(R"({
          "metadata": {"name": "inner-wkr-2", "namespace": "t", "uid": "vmi-uid",
            "labels": {"cluster.x-k8s.io/cluster-name": "blue"}},
          "spec": {"evictionStrategy": "External",
            "domain": {"firmware": {"uuid": "8F4D5B8E-0F3C-4E7E-9A68-6F0A54C1F001"}, "cpu": {"cores": 2},
              "memory": {"guest": "4Gi"}, "machine": {"type": "q35"}},
            "volumes": [{"name": "root", "dataVolume": {"name": "inner-wkr-2-root"}},
              {"name": "cloudinitvolume", "cloudInitConfigDrive": {"secretRef": {"name": "s"}}},
              {"name": "data", "persistentVolumeClaim": {"claimName": "claim-1"}},
              {"containerDisk": {"image": "x"}, "name": "boot"}]},
          "status": {"phase": "Running", "nodeName": "outer-wkr-1",
            "guestOSInfo": {"prettyName": "Ubuntu 24.04 LTS", "name": "Ubuntu"},
            "machine": {"type": "pc-q35-rhel9.4.0"},
            "interfaces": [{"ipAddress": "10.2.0.5", "ipAddresses": ["10.2.0.5", "fd00::5"]}, {}],
            "activePods": {"pod-uid": "outer-wkr-1"},
            "migrationState": {"targetNode": "outer-wkr-2", "startTimestamp": "2026-11-24T10:00:00Z"},
            "currentCPUTopology": {"cores": 4, "sockets": 1, "threads": 1},
            "memory": {"guestAtBoot": "4Gi", "guestCurrent": "6Gi"},
            "volumeStatus": [
              {"name": "root", "phase": "Ready", "target": "vda",
               "persistentVolumeClaimInfo": {"claimName": "inner-wkr-2-root", "capacity": {"storage": "20Gi"}}},
              {"name": "boot", "size": 1048576}, {"name": "hot", "phase": "Bound"}],
            "conditions": [{"type": "Paused", "status": "True", "reason": "PausedIOError", "message": "low on space"}]}})")
                                                       .json(),
                                                   "kubevirt.io/v1");
    QCOMPARE(vmi.firmwareUuid, std::string("8f4d5b8e-0f3c-4e7e-9a68-6f0a54c1f001"));
    QCOMPARE(vmi.guestOs, std::string("Ubuntu 24.04 LTS"));
    QCOMPARE(vmi.machineType, std::string("pc-q35-rhel9.4.0"));
    QCOMPARE(vmi.migrationTarget, std::string("outer-wkr-2"));
    QVERIFY((vmi.ips == std::vector<SharedText>{"10.2.0.5", "fd00::5"}));
    QVERIFY((vmi.activePods == std::vector<ActivePod>{{"pod-uid", "outer-wkr-1"}}));
    QCOMPARE(vmi.size.cpuMilli, std::int64_t(4000));
    QCOMPARE(vmi.size.memoryBytes, std::int64_t(6) << 30);
    QCOMPARE(vmi.volumes.size(), std::size_t(5));
    QCOMPARE(vmi.volumes[0].kind, std::string("dataVolume"));
    QCOMPARE(vmi.volumes[0].claim, std::string("inner-wkr-2-root"));
    QCOMPARE(vmi.volumes[0].sizeBytes, std::int64_t(20) << 30);
    QCOMPARE(vmi.volumes[1].kind, std::string("cloudInitConfigDrive"));
    QCOMPARE(vmi.volumes[2].claim, std::string("claim-1"));
    QCOMPARE(vmi.volumes[3].kind, std::string("containerDisk"));
    QCOMPARE(vmi.volumes[3].sizeBytes, std::int64_t(1) << 20);
    QCOMPARE(vmi.volumes[4].name, std::string("hot"));
    QCOMPARE(vmVerdict(nullptr, &vmi, nullptr, nullptr).health, Health::Failed);
}

void TestKinds::migrationsThatAreOver()
{
    for (const char* over :
         {R"("completed": true)", R"("failed": true)", R"("endTimestamp": "2026-11-24T10:00:00Z")"}) {
        const VmiFact vmi = readVirtualMachineInstance(
            Parsed(R"({"metadata": {"name": "v"}, "status": {"migrationState": {"targetNode": "n", )" +
                   std::string(over) + "}}}")
                .json(),
            "kubevirt.io/v1");
        QCOMPARE(vmi.migrationTarget, std::string());
    }
}

// The same cluster as both contracts tell it.
void TestKinds::clusterOfBothContracts_data()
{
    QTest::addColumn<QByteArray>("status");
    QTest::newRow("v1beta2") << QByteArray(R"({"phase": "Provisioned",
            "initialization": {"infrastructureProvisioned": true, "controlPlaneInitialized": true},
            "conditions": [{"type": "Available", "status": "False", "reason": "NotAvailable", "message": "why"}],
            "deprecated": {"v1beta1": {"conditions": [{"type": "Ready", "status": "False", "severity": "Error"}]}}})");
    QTest::newRow("v1beta1 with v1beta2 conditions") << QByteArray(R"({"phase": "Provisioned",
            "controlPlaneReady": true, "infrastructureReady": true,
            "v1beta2": {"conditions": [{"type": "Available", "status": "False", "reason": "NotAvailable",
                                        "message": "why"}]},
            "conditions": [{"type": "Ready", "status": "False", "severity": "Error", "reason": "Old"}]})");
    QTest::newRow("v1beta1") << QByteArray(R"({"phase": "Provisioned", "controlPlaneReady": true,
            "conditions": [{"type": "Ready", "status": "False", "severity": "Error", "reason": "NotAvailable",
                            "message": "why"}]})");
}

void TestKinds::clusterOfBothContracts()
{
    QFETCH(QByteArray, status);
    const Parsed parsed(R"({"metadata": {"name": "blue", "namespace": "tenant-blue", "uid": "c"},
          "spec": {"paused": false,
            "clusterNetwork": {"pods": {"cidrBlocks": ["10.243.0.0/16", "fd00::/48"]},
                               "services": {"cidrBlocks": ["10.95.0.0/16"]}},
            "controlPlaneEndpoint": {"host": "10.0.0.5", "port": 6443},
            "controlPlaneRef": {"kind": "KubeadmControlPlane", "name": "blue-cp"},
            "infrastructureRef": {"kind": "KubevirtCluster", "name": "blue"},
            "topology": {"version": "v1.34.1"}}, "status": )" +
                        status.toStdString() + "}");
    const ClusterFact cluster = readCluster(parsed.json(), "cluster.x-k8s.io/v1beta2");
    QCOMPARE(cluster.meta.apiVersion, std::string("cluster.x-k8s.io/v1beta2"));
    QCOMPARE(cluster.endpoint, std::string("10.0.0.5:6443"));
    QCOMPARE(cluster.podCidr, std::string("10.243.0.0/16,fd00::/48"));
    QCOMPARE(cluster.serviceCidr, std::string("10.95.0.0/16"));
    QCOMPARE(cluster.controlPlaneName, std::string("blue-cp"));
    QCOMPARE(cluster.infrastructureKind, std::string("KubevirtCluster"));
    QCOMPARE(cluster.version, std::string("v1.34.1"));
    QCOMPARE(cluster.conditions.size(), std::size_t(1));
    QCOMPARE(cluster.conditions[0].reason, std::string("NotAvailable"));
    QCOMPARE(clusterVerdict(cluster).health, Health::Warning);
    QVERIFY(isControlPlaneInitialized(parsed.json()));
}

void TestKinds::oddClusters()
{
    const ClusterFact paused =
        readCluster(Parsed(R"({"metadata": {"name": "c", "annotations": {"cluster.x-k8s.io/paused": ""}},
                       "spec": {"controlPlaneEndpoint": {"host": "fd00::1", "port": 6443}},
                       "status": {"failureReason": "InvalidConfiguration", "failureMessage": "no"}})")
                        .json(),
                    "cluster.x-k8s.io/v1beta1");
    QVERIFY(paused.paused);
    QCOMPARE(paused.endpoint, std::string("[fd00::1]:6443"));
    QCOMPARE(paused.conditions.back().type, std::string("Failure"));
    QCOMPARE(paused.conditions.back().reason, std::string("InvalidConfiguration"));
    const ClusterFact fresh = readCluster(
        Parsed(R"({"metadata": {"name": "c"}, "spec": {"controlPlaneEndpoint": {"host": "", "port": 0}}})")
            .json(),
        "cluster.x-k8s.io/v1beta1");
    QCOMPARE(fresh.endpoint, std::string());
    QVERIFY(!isControlPlaneInitialized(Parsed(R"({"metadata": {"name": "c"}})").json()));
    QVERIFY(isControlPlaneInitialized(
        Parsed(R"({"status": {"conditions": [{"type": "ControlPlaneInitialized", "status": "True"}]}})")
            .json()));
    QVERIFY(!isControlPlaneInitialized(
        Parsed(R"({"status": {"conditions": [{"type": "ControlPlaneInitialized", "status": "False"}]}})")
            .json()));
}

void TestKinds::controlPlanes()
{
    const ControlPlaneFact newer = readKubeadmControlPlane(Parsed(R"({
          "metadata": {"name": "blue-cp", "namespace": "t", "labels": {"cluster.x-k8s.io/cluster-name": "blue"}},
          "spec": {"replicas": 3, "version": "v1.34.1"},
          "status": {"replicas": 2, "readyReplicas": 1, "upToDateReplicas": 2,
            "initialization": {"controlPlaneInitialized": true}}})")
                                                               .json(),
                                                           "x");
    QCOMPARE(newer.clusterName, std::string("blue"));
    QCOMPARE(newer.version, std::string("v1.34.1"));
    QCOMPARE(newer.replicas, 3);
    QCOMPARE(newer.readyReplicas, 1);
    QVERIFY(newer.initialized);
    const ControlPlaneFact older = readKubeadmControlPlane(Parsed(R"({
          "metadata": {"name": "cp", "ownerReferences": [{"kind": "Cluster", "name": "green", "uid": "u",
            "controller": true}]},
          "spec": {"replicas": 1}, "status": {"initialized": true, "ready": false, "unavailableReplicas": 1}})")
                                                               .json(),
                                                           "x");
    QCOMPARE(older.clusterName, std::string("green"));
    QCOMPARE(older.readyReplicas, 0); // v1beta1 leaves zero out
    QVERIFY(older.initialized);
    const ControlPlaneFact fresh =
        readKubeadmControlPlane(Parsed(R"({"metadata": {"name": "cp"}, "spec": {}})").json(), "x");
    QCOMPARE(fresh.replicas, -1);
    QCOMPARE(fresh.readyReplicas, -1);
    QVERIFY(!fresh.initialized);
}

void TestKinds::pools()
{
    const MachineDeploymentFact pool = readMachineDeployment(Parsed(R"({
          "metadata": {"name": "blue-md-0", "namespace": "t"},
          "spec": {"clusterName": "blue", "replicas": 4, "template": {"spec": {"version": "v1.33.5"}}},
          "status": {"phase": "ScalingUp", "replicas": 3, "readyReplicas": 3}})")
                                                                 .json(),
                                                             "x");
    QCOMPARE(pool.clusterName, std::string("blue"));
    QCOMPARE(pool.version, std::string("v1.33.5"));
    QCOMPARE(pool.replicas, 4);
    QCOMPARE(pool.readyReplicas, 3);
    QCOMPARE(machineDeploymentVerdict(pool).health, Health::Progressing);
}

void TestKinds::machines()
{
    const MachineFact machine = readMachine(Parsed(R"({
          "metadata": {"name": "blue-cp-1", "namespace": "t", "labels": {"cluster.x-k8s.io/control-plane": "",
            "cluster.x-k8s.io/control-plane-name": "blue-cp"}},
          "spec": {"clusterName": "blue", "version": "v1.34.1", "providerID": "kubevirt://blue-cp-1",
            "infrastructureRef": {"kind": "KubevirtMachine", "name": "blue-cp-1"}},
          "status": {"phase": "Running", "nodeRef": {"kind": "Node", "name": "blue-cp-1"},
            "deprecated": {"v1beta1": {"failureMessage": "gone"}}}})")
                                                .json(),
                                            "x");
    QVERIFY(machine.controlPlane);
    QCOMPARE(machine.controlPlaneName, std::string("blue-cp"));
    QCOMPARE(machine.nodeName, std::string("blue-cp-1"));
    QCOMPARE(machine.infrastructureName, std::string("blue-cp-1"));
    QCOMPARE(machine.providerId, std::string("kubevirt://blue-cp-1"));
    QCOMPARE(machine.conditions.size(), std::size_t(1));
    QCOMPARE(machine.conditions[0].message, std::string("gone"));
    const MachineFact worker = readMachine(Parsed(R"({
          "metadata": {"name": "w", "labels": {"cluster.x-k8s.io/cluster-name": "blue",
            "cluster.x-k8s.io/deployment-name": "blue-md-0"}}})")
                                               .json(),
                                           "x");
    QVERIFY(!worker.controlPlane);
    QCOMPARE(worker.clusterName, std::string("blue"));
    QCOMPARE(worker.deploymentName, std::string("blue-md-0"));
}

void TestKinds::kubevirtMachines()
{
    const KubevirtMachineFact older = readKubevirtMachine(Parsed(R"({
          "metadata": {"name": "m", "namespace": "t", "labels": {"cluster.x-k8s.io/cluster-name": "blue"}},
          "spec": {"providerID": "kubevirt://m", "virtualMachineTemplate": {"metadata": {"namespace": "vms"}}},
          "status": {"ready": true, "nodeupdated": true, "failureReason": "CreateError",
            "conditions": [{"type": "BootstrapExecSucceeded", "status": "False", "severity": "Warning",
                            "reason": "BootstrapFailed", "message": "VM not bootstrapped yet"}]}})")
                                                              .json(),
                                                          "x");
    QCOMPARE(older.clusterName, std::string("blue"));
    QCOMPARE(older.vmNamespace, std::string("vms"));
    QVERIFY(older.ready);
    QCOMPARE(older.conditions[0].severity, std::string("Warning"));
    QCOMPARE(older.conditions[1].type, std::string("Failure"));
    const KubevirtMachineFact newer = readKubevirtMachine(Parsed(R"({
          "metadata": {"name": "m", "namespace": "t"}, "spec": {},
          "status": {"initialization": {"provisioned": true},
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}})")
                                                              .json(),
                                                          "x");
    QCOMPARE(newer.vmNamespace, std::string("t"));
    QVERIFY(newer.ready);
}

void TestKinds::metrics()
{
    const UsageFact node =
        readMetrics(Parsed(R"({"metadata": {"name": "n"}, "timestamp": "2026-11-24T10:00:00Z",
            "window": "20s", "usage": {"cpu": "1234567890n", "memory": "2048Ki"}})")
                        .json());
    QCOMPARE(node.at, kTen);
    QCOMPARE(node.used.cpuMilli, std::int64_t(1235));
    QCOMPARE(node.used.memoryBytes, std::int64_t(2) << 20);
    const UsageFact pods = readMetrics(Parsed(R"({"containers": [{"usage": {"cpu": "10m", "memory": "1Mi"}},
            {"usage": {"cpu": "0", "memory": "3Mi"}}]})")
                                           .json());
    QCOMPARE(pods.used.cpuMilli, std::int64_t(10));
    QCOMPARE(pods.used.memoryBytes, std::int64_t(4) << 20);
    QCOMPARE(readMetrics(Parsed("{}").json()).used.cpuMilli, std::int64_t(-1));
}

void TestKinds::events()
{
    const EventRow old = readEvent(Parsed(R"({"type": "Warning", "reason": "BackOff", "message": "again",
            "count": 17, "firstTimestamp": "2026-11-24T09:00:00Z", "lastTimestamp": "2026-11-24T10:00:00Z",
            "source": {"component": "kubelet"}, "involvedObject": {"kind": "Pod", "name": "p"}})")
                                       .json());
    QCOMPARE(old.count, 17);
    QCOMPARE(old.last, kTen);
    QCOMPARE(old.first, kTen - 3600000);
    QCOMPARE(old.source, std::string("kubelet"));
    const EventRow fresh =
        readEvent(Parsed(R"({"eventTime": "2026-11-24T09:00:00.123456Z", "firstTimestamp": null,
            "lastTimestamp": null, "series": {"count": 3, "lastObservedTime": "2026-11-24T10:00:00.000000Z"},
            "reportingComponent": "scheduler"})")
                      .json());
    QCOMPARE(fresh.count, 3);
    QCOMPARE(fresh.last, kTen);
    QCOMPARE(fresh.first, kTen - 3600000 + 123);
    QCOMPARE(fresh.source, std::string("scheduler"));
    const EventRow bare = readEvent(
        Parsed(R"({"metadata": {"creationTimestamp": "2026-11-24T10:00:00Z"}, "count": -4})").json());
    QCOMPARE(bare.first, kTen);
    QCOMPARE(bare.last, kTen);
    QCOMPARE(bare.count, 1);
}

// Whatever a server says in whatever place, a reader neither fails nor lets through what cannot be shown.
void TestKinds::warnings()
{
    const ObjectFact fact = readWarning(Parsed(R"({
        "metadata": {"name": "vm.1", "namespace": "t", "creationTimestamp": "2026-11-24T10:00:00Z"},
        "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": "t", "name": "root", "uid": "u-1",
                           "apiVersion": "v1"},
        "type": "Warning", "reason": "ErrExceededQuota", "message": "exceeded quota\u0007: vms",
        "firstTimestamp": "2026-11-24T10:00:00Z", "lastTimestamp": "2026-11-24T10:05:00Z", "count": 4})")
                                            .json(),
                                        "v1");
    QCOMPARE(fact.meta.created, kTen);
    QCOMPARE(parseRfc3339(fact.fields.at("last")).value(), kTen + 5 * 60 * 1000);
    QCOMPARE(fact.fields.at("kind"), std::string("PersistentVolumeClaim"));
    QCOMPARE(fact.fields.at("ns") + "/" + fact.fields.at("name"), std::string("t/root"));
    QCOMPARE(fact.fields.at("reason"), std::string("ErrExceededQuota"));
    QVERIFY(fact.fields.at("message").find('\a') == std::string::npos);
    QVERIFY(readWarning(Parsed("{}").json(), "v1").fields.empty());
}

void TestKinds::whatDeepensADiagnosis()
{
    const ObjectFact storage = readStorageClass(Parsed(R"({"metadata": {"name": "rbd", "annotations": {
            "storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "rbd.csi.ceph.com"})")
                                                    .json(),
                                                "storage.k8s.io/v1");
    QCOMPARE(storage.fields.at("default"), std::string("true"));
    QVERIFY(!storage.fields.contains("virtDefault"));
    const ObjectFact none = readStorageProfile(
        Parsed(R"({"metadata": {"name": "rbd"}, "status": {"storageClass": "rbd", "provisioner": "x"}})")
            .json(),
        "cdi.kubevirt.io/v1beta1");
    QCOMPARE(none.fields.at("claimPropertySets"), std::string("0"));
    const ObjectFact one = readStorageProfile(
        Parsed(R"({"status": {"claimPropertySets": [{"volumeMode": "Block"}]}})").json(), "");
    QCOMPARE(one.fields.at("claimPropertySets"), std::string("1"));
    const ObjectFact check = readMachineHealthCheck(
        Parsed(R"({"metadata": {"name": "blue", "namespace": "t"}, "spec": {"clusterName": "blue"},
            "status": {"expectedMachines": 3, "currentHealthy": 1, "conditions": [
                {"type": "RemediationAllowed", "status": "False", "reason": "TooManyUnhealthy"}]}})")
            .json(),
        "cluster.x-k8s.io/v1beta2");
    QCOMPARE(check.fields.at("clusterName"), std::string("blue"));
    QCOMPARE(check.fields.at("currentHealthy"), std::string("1"));
    QCOMPARE(check.conditions.at(0).reason, std::string("TooManyUnhealthy"));
    const ObjectFact deployment = readDeployment(
        Parsed(R"({"spec": {"template": {"spec": {"containers": [{"image": "a:v1"}, {"image": "b:v2"}]}}}})")
            .json(),
        "apps/v1");
    QCOMPARE(deployment.fields.at("image"), std::string("a:v1"));
}

void TestKinds::hostileShapes_data()
{
    QTest::addColumn<QByteArray>("value");
    for (const char* value : {"null", "7", "-1.5", "true", R"("x")", "[]", "{}", "[[]]", R"([{"name": 5}])",
                              R"({"name": {"name": []}})", R"("a\u202eb\u0007")", "9223372036854775807"})
        QTest::newRow(value) << QByteArray(value);
}

void TestKinds::hostileShapes()
{
    QFETCH(QByteArray, value);
    const std::string v = value.toStdString();
    const std::vector<std::string> shapes = {
        v, R"({"metadata": )" + v + R"(, "spec": )" + v + R"(, "status": )" + v + "}",
        R"({"metadata": {"name": )" + v + R"(, "labels": )" + v + R"(, "ownerReferences": [)" + v +
            R"(]}, "spec": {"containers": )" + v + R"(, "initContainers": [)" + v + R"(], "replicas": )" + v +
            R"(, "volumes": [)" + v + R"(], "taints": [)" + v + R"(], "template": )" + v +
            R"(, "domain": {"cpu": {"cores": )" + v + R"(}}}, "status": {"conditions": [)" + v +
            R"(], "phase": )" + v + R"(, "allocatable": {"cpu": )" + v + R"(, "memory": )" + v +
            R"(}, "containerStatuses": [)" + v + R"(, {"state": )" + v + R"(, "restartCount": )" + v +
            R"(}], "interfaces": )" + v + R"(, "volumeStatus": [)" + v + "]}}"};
    for (const std::string& shape : shapes) {
        const Parsed parsed(shape);
        for (const auto* kinds : {&outerKinds(), &innerKinds()}) {
            for (const Kind& kind : *kinds) {
                const Fact fact = kind.read(parsed.json(), "v")->value();
                std::visit(
                    [](const auto& f) {
                        if constexpr (requires { f.meta; }) {
                            QVERIFY(isCleanText(f.meta.name));
                            QVERIFY(isCleanText(f.meta.ns));
                        }
                        if constexpr (requires { f.conditions; })
                            for (const Condition& c : f.conditions)
                                QVERIFY(isCleanText(c.type) && isCleanText(c.message));
                    },
                    fact);
            }
        }
        readEvent(parsed.json());
        readMetrics(parsed.json());
        isControlPlaneInitialized(parsed.json());
    }
}

void TestKinds::discoveryAggregated()
{
    const Result<Served> served = parseDiscovery(R"({"kind": "APIGroupDiscoveryList", "apiVersion":
          "apidiscovery.k8s.io/v2", "items": [
            {"metadata": {"name": "cluster.x-k8s.io"}, "versions": [
              {"version": "v1beta1", "resources": [{"resource": "clusters"}, {"resource": "machines"}]},
              {"version": "v1beta2", "resources": [{"resource": "clusters"}], "freshness": "Current"}]},
            {"metadata": {}}, 7,
            {"metadata": {"name": "kubevirt.io"}, "versions": [{"version": "v1alpha3", "resources": [
              {"resource": "virtualmachines"}]}]}]})");
    QVERIFY(served);
    const auto version = [&](const char* resource) {
        for (const Kind& kind : outerKinds())
            if (std::string(kind.resource) == resource)
                return chooseVersion(*served, kind).value_or("none");
        return std::string("no such kind");
    };
    QCOMPARE(version("clusters"), std::string("v1beta2"));
    QCOMPARE(version("machines"), std::string("v1beta1")); // the resource must be there, too
    QCOMPARE(version("machinedeployments"), std::string("none"));
    QCOMPARE(version("virtualmachines"), std::string("none")); // a version that we do not read
    QCOMPARE(version("kubevirtmachines"), std::string("none"));
    QCOMPARE(version("nodes"), std::string("v1"));
}

void TestKinds::discoveryClassic()
{
    const Result<Served> served = parseDiscovery(R"({"kind": "APIGroupList", "groups": [
          {"name": "cluster.x-k8s.io", "versions": [{"groupVersion": "cluster.x-k8s.io/v1beta1", "version": "v1beta1"},
             {"version": "v1alpha4"}], "preferredVersion": {"version": "v1alpha4"}},
          {"name": "kubevirt.io", "versions": [{"version": "v1"}]}]})");
    QVERIFY(served);
    QCOMPARE(served->groups.at("cluster.x-k8s.io").versions.front(), std::string("v1alpha4"));
    QCOMPARE(chooseVersion(*served, outerKinds()[1]).value_or("none"), std::string("v1beta1"));
    for (const char* broken : {"", "[]", "{", R"({"kind": "Status"})", "<html>"})
        QVERIFY(!parseDiscovery(broken));
}

void TestKinds::upstreamSamples()
{
    const QString folder = qEnvironmentVariable("STRATA_TEST_SAMPLES");
    if (folder.isEmpty() || !QDir(folder).exists())
        QSKIP("Set STRATA_TEST_SAMPLES to a folder with YAML files of Cluster API, KubeVirt and provider "
              "KubeVirt.");
    int objects = 0;
    for (const QString& name : QDir(folder).entryList({QStringLiteral("*.yaml")})) {
        std::vector<YAML::Node> documents;
        try {
            documents = YAML::LoadAllFromFile(QDir(folder).filePath(name).toStdString());
        } catch (const YAML::Exception&) {
            continue; // templates with placeholders are no YAML yet
        }
        for (const YAML::Node& document : documents) {
            if (!document.IsMap() || !document["kind"])
                continue;
            std::ostringstream json;
            writeJson(document, json);
            const Parsed parsed(json.str());
            const std::string kind = parsed.json()["kind"].text();
            const std::string objectName = parsed.json()["metadata"]["name"].text();
            for (const Kind& known : outerKinds()) {
                std::string plural = toLower(kind) + "s";
                if (plural != known.resource)
                    continue;
                const Fact fact = known.read(parsed.json(), "v")->value();
                std::visit(
                    [&](const auto& f) {
                        if constexpr (requires { f.meta; }) {
                            QCOMPARE(f.meta.name, objectName);
                            ++objects;
                        }
                    },
                    fact);
                if (const auto* vmi = std::get_if<VmiFact>(&fact)) { // every field is set in these
                    QVERIFY(!vmi->nodeName.empty());
                    QVERIFY(!vmi->phase.empty());
                    QVERIFY(!vmi->conditions.empty());
                    QVERIFY(!vmi->ips.empty());
                    QVERIFY(!vmi->volumes.empty());
                    QVERIFY(!vmi->firmwareUuid.empty());
                }
                if (const auto* vm = std::get_if<VmFact>(&fact)) {
                    QVERIFY(!vm->printableStatus.empty());
                    QVERIFY(!vm->runStrategy.empty());
                    QVERIFY(vm->size.cpuMilli > 0);
                }
                if (const auto* cluster = std::get_if<ClusterFact>(&fact))
                    QVERIFY(!cluster->podCidr.empty());
                if (const auto* machines = std::get_if<MachineDeploymentFact>(&fact))
                    QVERIFY(!machines->clusterName.empty());
            }
        }
    }
    QVERIFY(objects > 3);
}

QTEST_APPLESS_MAIN(TestKinds)
#include "test_kinds.moc"
