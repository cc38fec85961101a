// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

#include <algorithm>

using namespace strata;
using namespace strata::demosite;

namespace {

const char* const kCni =
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: calico-node\n  namespace: kube-system\n"
    "spec:\n  selector:\n    matchLabels:\n      k8s-app: calico-node\n  template:\n    metadata:\n"
    "      labels:\n        k8s-app: calico-node\n    spec:\n      hostNetwork: true\n"
    "      tolerations:\n      - operator: Exists\n      containers:\n      - name: calico-node\n"
    "        image: docker.io/calico/node:v3.31.4\n";

std::string indented(const std::string& text, const std::string& by)
{
    std::string out = by;
    for (const char c : text) {
        out += c;
        if (c == '\n')
            out += by;
    }
    return out;
}

std::string machineTemplate(const std::string& name)
{
    return "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1\nkind: KubevirtMachineTemplate\n"
           "metadata:\n  name: " +
           name +
           "\n  namespace: t1\nspec:\n  template:\n    spec:\n      virtualMachineBootstrapCheck:\n"
           "        checkStrategy: ssh\n      virtualMachineTemplate:\n        metadata:\n          "
           "namespace: t1\n"
           "        spec:\n          runStrategy: Always\n          dataVolumeTemplates:\n          - "
           "metadata:\n"
           "              name: root\n            spec:\n              storage:\n                resources:\n"
           "                  requests:\n                    storage: 20Gi\n              source:\n"
           "                registry:\n                  url: "
           "docker://quay.io/capk/ubuntu-2204-container-disk:v1.33.1\n"
           "          template:\n            spec:\n              evictionStrategy: External\n              "
           "domain:\n"
           "                cpu:\n                  cores: 2\n                memory:\n                  "
           "guest: 4Gi\n"
           "                devices:\n                  disks:\n                  - name: root\n"
           "                    disk:\n                      bus: virtio\n                  interfaces:\n"
           "                  - name: default\n                    masquerade: {}\n              networks:\n"
           "              - name: default\n                pod: {}\n              volumes:\n"
           "              - name: root\n                dataVolume:\n                  name: root\n";
}

std::string ref(bool old, const char* apiVersion, const char* kind, const std::string& name,
                const char* indent)
{
    const std::string version = apiVersion;
    const std::string group = version.substr(0, version.find('/'));
    const std::string line = std::string("\n") + indent;
    return line + (old ? "apiVersion: " + version : "apiGroup: " + group) + line + "kind: " + kind + line +
           "name: " + name + (old ? line + "namespace: t1" : "");
}

// path → manifest, in an order that leaves things waiting for each other.
std::vector<std::pair<std::string, std::string>> manifests(bool old, int planes, int workers, bool network)
{
    const std::string v = old ? "v1beta1" : "v1beta2";
    const char* const infra = "infrastructure.cluster.x-k8s.io/v1alpha1";
    const std::string plane = "controlplane.cluster.x-k8s.io/" + v;
    const std::string bootstrap = "bootstrap.cluster.x-k8s.io/" + v;
    std::vector<std::pair<std::string, std::string>> out;
    out.emplace_back("/api/v1/namespaces", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: t1\n");
    out.emplace_back(
        "/apis/cluster.x-k8s.io/" + v + "/namespaces/t1/clusters",
        "apiVersion: cluster.x-k8s.io/" + v +
            "\nkind: Cluster\nmetadata:\n  name: t1\n  namespace: t1\n  labels:\n    cni: t1\nspec:\n"
            "  clusterNetwork:\n    pods:\n      cidrBlocks: [10.243.0.0/16]\n  infrastructureRef:" +
            ref(old, infra, "KubevirtCluster", "t1", "    ") +
            "\n  controlPlaneRef:" + ref(old, plane.c_str(), "KubeadmControlPlane", "t1-cp", "    ") + "\n");
    out.emplace_back(
        "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtclusters",
        "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1\nkind: KubevirtCluster\nmetadata:\n"
        "  name: t1\n  namespace: t1\nspec:\n  controlPlaneServiceTemplate:\n    spec:\n"
        "      type: LoadBalancer\n");
    for (const char* name : {"t1-cp-v1", "t1-md-v1"})
        out.emplace_back(
            "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtmachinetemplates",
            machineTemplate(name));
    const std::string machine = ref(old, infra, "KubevirtMachineTemplate", "t1-cp-v1", "        ");
    out.emplace_back(
        "/apis/controlplane.cluster.x-k8s.io/" + v + "/namespaces/t1/kubeadmcontrolplanes",
        "apiVersion: " + plane +
            "\nkind: KubeadmControlPlane\nmetadata:\n  name: t1-cp\n  namespace: t1\n"
            "spec:\n  replicas: " +
            std::to_string(planes) + "\n  version: v1.33.1\n  machineTemplate:\n" +
            (old ? "    infrastructureRef:" + ref(old, infra, "KubevirtMachineTemplate", "t1-cp-v1", "      ")
                 : "    spec:\n      infrastructureRef:" + machine) +
            "\n  kubeadmConfigSpec:\n    initConfiguration: {}\n    joinConfiguration: {}\n");
    out.emplace_back("/apis/bootstrap.cluster.x-k8s.io/" + v + "/namespaces/t1/kubeadmconfigtemplates",
                     "apiVersion: " + bootstrap +
                         "\nkind: KubeadmConfigTemplate\nmetadata:\n  name: t1-md\n  namespace: t1\nspec:\n"
                         "  template:\n    spec:\n      joinConfiguration: {}\n");
    out.emplace_back("/apis/cluster.x-k8s.io/" + v + "/namespaces/t1/machinedeployments",
                     "apiVersion: cluster.x-k8s.io/" + v +
                         "\nkind: MachineDeployment\nmetadata:\n  name: t1-md\n  namespace: t1\nspec:\n"
                         "  clusterName: t1\n  replicas: " +
                         std::to_string(workers) +
                         "\n  selector:\n    matchLabels:\n  template:\n    spec:\n      clusterName: t1\n"
                         "      version: v1.33.1\n      bootstrap:\n        configRef:" +
                         ref(old, bootstrap.c_str(), "KubeadmConfigTemplate", "t1-md", "          ") +
                         "\n      infrastructureRef:" +
                         ref(old, infra, "KubevirtMachineTemplate", "t1-md-v1", "        ") + "\n");
    if (network) {
        out.emplace_back(
            "/api/v1/namespaces/t1/configmaps",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: t1-cni\n  namespace: t1\ndata:\n"
            "  cni.yaml: |\n" +
                indented(kCni, "    ") + "\n");
        out.emplace_back("/apis/addons.cluster.x-k8s.io/" + v + "/namespaces/t1/clusterresourcesets",
                         "apiVersion: addons.cluster.x-k8s.io/" + v +
                             "\nkind: ClusterResourceSet\nmetadata:\n  name: t1-cni\n  namespace: t1\nspec:\n"
                             "  clusterSelector:\n    matchLabels:\n      cni: t1\n  resources:\n"
                             "  - kind: ConfigMap\n    name: t1-cni\n");
    }
    return out;
}

QByteArray joined(const std::vector<std::string>& lines)
{
    std::string out;
    for (const std::string& line : lines)
        out += line + "\n";
    return QByteArray::fromStdString(out);
}

// The wanted lines come in this order, others may be between.
bool inOrder(const std::vector<std::string>& lines, const std::vector<std::string>& wanted,
             std::string& missing)
{
    auto at = lines.begin();
    for (const std::string& line : wanted) {
        at = std::find(at, lines.end(), line);
        if (at == lines.end()) {
            missing = line;
            return false;
        }
        ++at;
    }
    return true;
}

const Kind& clusterKind()
{
    return Kinds::instance().get("clusters", "cluster.x-k8s.io");
}

} // namespace

class TestControllers : public QObject {
    Q_OBJECT

    static void apply(World& world, bool old, int planes, int workers, bool network = true)
    {
        for (const auto& [path, manifest] : manifests(old, planes, workers, network)) {
            const HttpAnswer answer = world.send("POST", path, manifest);
            QVERIFY2(answer.status == 201, (path + ": " + answer.body).c_str());
            world.post([] {}); // one after the other, as a person would
        }
    }
    static int readyNodes(World& world)
    {
        int ready = 0;
        for (const ObjectPtr& node : world.inner("t1").list(coreKind("nodes")))
            ready += isTrue(parseOwn(node->body), "Ready") ? 1 : 0;
        return ready;
    }

private Q_SLOTS:
    void clusterBecomesReady_data()
    {
        QTest::addColumn<bool>("old");
        QTest::addColumn<int>("planes");
        QTest::newRow("v1beta2, one control plane machine") << false << 1;
        QTest::newRow("v1beta1, three") << true << 3;
    }
    void clusterBecomesReady()
    {
        QFETCH(bool, old);
        QFETCH(int, planes);
        World world;
        const std::uint64_t before = world.outer().revision();
        apply(world, old, planes, 2);
        QVERIFY(world.step(900));
        const Json cluster = world.get("clusters", "t1", "t1");
        QVERIFY2(isTrue(cluster, "Available"), compact(cluster).c_str());
        QCOMPARE(text(cluster, "status.phase"), std::string("Provisioned"));
        QCOMPARE(number(cluster, "status.controlPlane.readyReplicas").value_or(0),
                 static_cast<long long>(planes));
        QCOMPARE(number(cluster, "status.workers.availableReplicas").value_or(0), 2LL);
        QCOMPARE(readyNodes(world), planes + 2);
        const Json secret = read(world.outer(), coreKind("secrets"), "t1", "t1-kubeconfig");
        QVERIFY(!text(secret, "data.value").empty());

        std::string missing;
        const auto tells = [&](const Kind& kind, const std::string& name,
                               const std::vector<std::string>& wanted) {
            const auto lines = world.history(kind, name, before);
            const bool good = inOrder(lines, wanted, missing);
            if (!good)
                qWarning("%s %s misses %s in\n%s", kind.kind.data(), name.c_str(), missing.c_str(),
                         joined(lines).constData());
            return good;
        };
        QVERIFY(tells(
            kindOf("kubevirtclusters"), "t1",
            {"LoadBalancerAvailable=False(LoadBalancerProvisioningFailed)", "LoadBalancerAvailable=True"}));
        QVERIFY(tells(clusterKind(), "t1",
                      {"InfrastructureReady=False(ObjectDoesNotExist)",
                       "InfrastructureReady=False(LoadBalancerProvisioningFailed)",
                       "InfrastructureReady=True(Ready)", "ControlPlaneInitialized=True(Initialized)",
                       "RemoteConnectionProbe=True(ProbeSucceeded)", "WorkersAvailable=True(Available)"}));
        QVERIFY(tells(kindOf("kubeadmcontrolplanes"), "t1-cp",
                      {"Available=False(NotAvailable)", "CertificatesAvailable=True(Available)",
                       "Initialized=True(Initialized)", "Available=True(Available)"}));
        QVERIFY(tells(capi::machines(), "t1-cp-",
                      {"BootstrapConfigReady=False(NotReady)", "BootstrapConfigReady=True(Ready)",
                       "InfrastructureReady=True(Ready)", "NodeHealthy=True(NodeHealthy)"}));
        QVERIFY(
            tells(kindOf("kubevirtmachines"), "t1-cp-",
                  {"VMProvisioned=False(WaitingForBootstrapData)", "VMProvisioned=False(DVPending)",
                   "VMProvisioned=False(DVNotReady)", "VMProvisioned=False(VMNotReady)", "VMProvisioned=True",
                   "BootstrapExecSucceeded=False(BootstrapFailed)", "BootstrapExecSucceeded=True"}));
        // It stays as it is, and nothing is written but heartbeats.
        QVERIFY(world.step(60));
        const std::uint64_t settled = world.outer().revision();
        QVERIFY(world.step(9));
        QVERIFY(world.outer().revision() - settled <= 3); // leases of the outer nodes
    }

    void nodesWaitForANetwork()
    {
        World world;
        apply(world, false, 1, 1, false);
        QVERIFY(world.step(400));
        QCOMPARE(world.inner("t1").count(coreKind("nodes")), std::size_t(2));
        QCOMPARE(readyNodes(world), 0);
        for (const ObjectPtr& node : world.inner("t1").list(coreKind("nodes"))) {
            const Json body = parseOwn(node->body);
            const Json* ready = conditionOf(body, "Ready");
            QVERIFY(ready != nullptr);
            QCOMPARE(text(*ready, "reason"), std::string("KubeletNotReady"));
            QVERIFY(text(*ready, "message").find("cni plugin not initialized") != std::string::npos);
        }
        const Json cluster = world.get("clusters", "t1", "t1");
        QVERIFY(isTrue(cluster, "ControlPlaneInitialized"));
        QVERIFY(!isTrue(cluster, "Available"));
        auto manifest = parseBody(kCni);
        QVERIFY(manifest.has_value());
        QVERIFY(world.inner("t1").create(kindOf("daemonsets"), *manifest).has_value());
        QVERIFY(world.step(60));
        QCOMPARE(readyNodes(world), 2);
        QVERIFY(isTrue(world.get("clusters", "t1", "t1"), "Available"));
    }

    void deletesInOrder()
    {
        World world;
        apply(world, false, 1, 2);
        QVERIFY(world.step(600));
        QVERIFY(isTrue(world.get("clusters", "t1", "t1"), "Available"));
        const std::uint64_t before = world.outer().revision();
        QCOMPARE(world.send("DELETE", "/apis/cluster.x-k8s.io/v1beta2/namespaces/t1/clusters/t1").status,
                 200);
        QVERIFY(world.step(300));
        QVERIFY(world.get("clusters", "t1", "t1").is_null());
        std::string missing;
        const auto lines = world.history(clusterKind(), "t1", before);
        QVERIFY2(inOrder(lines,
                         {"Deleting=True(WaitingForWorkersDeletion)",
                          "Deleting=True(WaitingForControlPlaneDeletion)",
                          "Deleting=True(WaitingForInfrastructureDeletion)"},
                         missing),
                 joined(lines).constData());
        for (const char* resource : {"machines", "machinesets", "machinedeployments", "kubeadmcontrolplanes",
                                     "kubevirtclusters", "kubevirtmachines", "kubeadmconfigs",
                                     "virtualmachines", "virtualmachineinstances", "datavolumes"})
            QVERIFY2(world.outer().list(Kinds::instance().get(resource), "t1").empty(), resource);
        for (const char* resource : {"pods", "persistentvolumeclaims", "services"})
            QVERIFY2(world.outer().list(coreKind(resource), "t1").empty(), resource);
        QVERIFY(!world.hasInner("t1"));
    }
};

QTEST_GUILESS_MAIN(TestControllers)
#include "test_controllers.moc"
