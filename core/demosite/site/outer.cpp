// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/api/discovery.h"
#include "core/demosite/pki/sshkey.h"
#include "core/demosite/site/endpoints.h"
#include "core/demosite/site/front.h"
#include "core/demosite/site/management.h"
#include "core/demosite/site/write.h"

#include <algorithm>

// What the outer (management) cluster holds: its nodes, the platform, and all layers of every tenant cluster.
namespace strata::demosite {
namespace {

constexpr long kAge = 21L * 86400;
constexpr const char* kCluster = "outer";

const Kind& kindOf(const char* resource)
{
    return Kinds::instance().get(resource);
}

std::string statusOf(bool good)
{
    return good ? "True" : "False";
}

void writeNodes(Store& store, const SitePlan& plan)
{
    for (std::size_t i = 0; i < plan.hosts.size(); ++i) {
        const HostPlan& host = plan.hosts[i];
        if (host.node.empty())
            continue;
        NodePlan node;
        node.name = host.node;
        node.hostname = host.name;
        node.uid = plan.uid("outernode/" + host.node);
        node.labels =
            R"(,"kubevirt.io/schedulable":"true","cpumanager":"false","kubevirt.io/ksm-enabled":"false",)"
            R"("host-model-cpu.node.kubevirt.io/EPYC-Milan":"true","cpu-vendor.node.kubevirt.io/AMD":"true",)"
            R"("cpu-feature.node.kubevirt.io/svm":"true","topology.kubernetes.io/zone":"rack-a")";
        if (plan.bare)
            node.labels = R"(,"topology.kubernetes.io/zone":"rack-a")";
        else
            node.annotations = R"(,"kubevirt.io/heartbeat":")" + plan.ago(20) + "\"";
        node.address = host.address;
        node.cpus = host.cpus;
        node.memoryGiB = host.memoryGiB;
        node.version = plan.version;
        node.systemUuid = host.uuid;
        node.osImage = "Debian GNU/Linux 12 (bookworm)";
        node.kernel = "6.1.0-38-amd64";
        if (!plan.bare)
            node.extra =
                R"(,"devices.kubevirt.io/kvm":"1k","devices.kubevirt.io/tun":"1k","devices.kubevirt.io/vhost-net":"1k")";
        node.created = plan.ago(kAge);
        node.pressed = host.pressed;
        node.lostSince = plan.ago(660);
        node.heartbeat = plan.ago(12);
        node.controlPlane = i < 3;
        store.load(kindOf("nodes"), nodeBody(node));
        store.load(
            kindOf("leases"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"kube-node-lease","uid":"@U@","creationTimestamp":"@C@"},
                        "spec":{"holderIdentity":"@N@","leaseDurationSeconds":40,"renewTime":"@T@.000000Z"}})",
                {{"N", host.node},
                 {"U", plan.uid("lease/outer/" + host.node)},
                 {"C", plan.ago(kAge)},
                 {"T", plan.ago(3).substr(0, 19)}}));
        if (host.pressed) {
            writeEvent(store, plan, "default", "Node", "v1", host.node, node.uid, "Warning",
                       "NodeHasInsufficientMemory",
                       "Node " + host.node + " status is now: NodeHasInsufficientMemory", "kubelet", 660, 1);
            writeEvent(store, plan, "default", "Node", "v1", host.node, node.uid, "Warning",
                       "EvictionThresholdMet", "Attempting to reclaim memory", "kubelet", 95, 31);
        }
    }
}

// What a bare cluster has: what makes nodes Ready, storage, addresses, numbers.
bool isBase(std::string_view ns)
{
    static constexpr std::string_view base[] = {"default",         "kube-system",    "kube-public",
                                                "kube-node-lease", "metallb-system", "rook-ceph",
                                                "monitoring"};
    return std::find(std::begin(base), std::end(base), ns) != std::end(base);
}

void writePlatform(Store& store, const SitePlan& plan)
{
    for (const char* name :
         {"default", "kube-system", "kube-public", "kube-node-lease", "kubevirt", "cdi", "cert-manager",
          "capi-system", "capi-kubeadm-bootstrap-system", "capi-kubeadm-control-plane-system", "capk-system",
          "metallb-system", "rook-ceph", "monitoring"}) {
        if (!plan.bare || isBase(name))
            writeNamespace(store, plan, kCluster, name, kAge);
    }
    std::vector<std::string> nodes;
    std::vector<std::string> planes;
    for (const HostPlan& host : plan.hosts) {
        if (host.node.empty())
            continue;
        nodes.push_back(host.node);
        if (planes.size() < 3)
            planes.push_back(host.node);
    }
    for (const std::string& node : planes) {
        const std::vector<ContainerPlan> parts = {
            {"etcd", "registry.k8s.io/etcd:3.6.4-0", 200, 2048},
            {"kube-apiserver", "registry.k8s.io/kube-apiserver:" + plan.version, 500, 4096},
            {"kube-controller-manager", "registry.k8s.io/kube-controller-manager:" + plan.version, 200, 512},
            {"kube-scheduler", "registry.k8s.io/kube-scheduler:" + plan.version, 100, 256}};
        for (const ContainerPlan& part : parts) {
            PodPlan pod;
            pod.ns = "kube-system";
            pod.name = part.name + "-" + node;
            pod.uid = plan.uid("static/outer/" + pod.name);
            pod.labels = R"("component":")" + part.name + R"(","tier":"control-plane")";
            pod.annotations = R"("kubernetes.io/config.mirror":")" + plan.suffix(pod.uid, 12) + "\"";
            pod.owner = R"({"apiVersion":"v1","kind":"Node","name":")" + node + R"(","uid":")" +
                        plan.uid("outernode/" + node) + R"(","controller":true})";
            pod.node = node;
            pod.address = "10.20.0.1";
            pod.created = plan.ago(kAge);
            pod.containers = {part};
            pod.hostNetwork = true;
            store.load(kindOf("pods"), podBody(pod));
        }
    }
    const std::vector<WorkloadPlan> platform = {
        {"DaemonSet",
         "kube-system",
         "cilium",
         {{"cilium-agent", "quay.io/cilium/cilium:v1.18.1", 200, 512}},
         1,
         true,
         false},
        {"Deployment",
         "kube-system",
         "cilium-operator",
         {{"cilium-operator", "quay.io/cilium/operator-generic:v1.18.1", 100, 128}},
         2,
         true,
         false},
        {"Deployment",
         "kube-system",
         "coredns",
         {{"coredns", "registry.k8s.io/coredns/coredns:v1.12.1", 100, 70}},
         2,
         false,
         false},
        {"Deployment",
         "kube-system",
         "metrics-server",
         {{"metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0", 100, 200}},
         1,
         false,
         false},
        {"Deployment",
         "kubevirt",
         "virt-operator",
         {{"virt-operator", "quay.io/kubevirt/virt-operator:v1.8.4", 10, 450}},
         2,
         false,
         false},
        {"Deployment",
         "kubevirt",
         "virt-api",
         {{"virt-api", "quay.io/kubevirt/virt-api:v1.8.4", 5, 500}},
         2,
         false,
         false},
        {"Deployment",
         "kubevirt",
         "virt-controller",
         {{"virt-controller", "quay.io/kubevirt/virt-controller:v1.8.4", 10, 275}},
         2,
         false,
         false},
        {"DaemonSet",
         "kubevirt",
         "virt-handler",
         {{"virt-handler", "quay.io/kubevirt/virt-handler:v1.8.4", 10, 325}},
         1,
         false,
         false},
        {"Deployment",
         "cdi",
         "cdi-operator",
         {{"cdi-operator", "quay.io/kubevirt/cdi-operator:v1.64.0", 100, 150}},
         1,
         false,
         false},
        {"Deployment",
         "cdi",
         "cdi-apiserver",
         {{"cdi-apiserver", "quay.io/kubevirt/cdi-apiserver:v1.64.0", 100, 150}},
         1,
         false,
         false},
        {"Deployment",
         "cdi",
         "cdi-deployment",
         {{"cdi-controller", "quay.io/kubevirt/cdi-controller:v1.64.0", 100, 150}},
         1,
         false,
         false},
        {"Deployment",
         "cdi",
         "cdi-uploadproxy",
         {{"cdi-uploadproxy", "quay.io/kubevirt/cdi-uploadproxy:v1.64.0", 100, 150}},
         1,
         false,
         false},
        {"Deployment",
         "cert-manager",
         "cert-manager",
         {{"cert-manager-controller", "quay.io/jetstack/cert-manager-controller:v1.21.1", 10, 64}},
         1,
         false,
         false},
        {"Deployment",
         "cert-manager",
         "cert-manager-cainjector",
         {{"cert-manager-cainjector", "quay.io/jetstack/cert-manager-cainjector:v1.21.1", 10, 64}},
         1,
         false,
         false},
        {"Deployment",
         "cert-manager",
         "cert-manager-webhook",
         {{"cert-manager-webhook", "quay.io/jetstack/cert-manager-webhook:v1.21.1", 10, 32}},
         1,
         false,
         false},
        {"Deployment",
         "capi-system",
         "capi-controller-manager",
         {{"manager", "registry.k8s.io/cluster-api/cluster-api-controller:v1.12.11", 100, 256}},
         1,
         false,
         false},
        {"Deployment",
         "capi-kubeadm-bootstrap-system",
         "capi-kubeadm-bootstrap-controller-manager",
         {{"manager", "registry.k8s.io/cluster-api/kubeadm-bootstrap-controller:v1.12.11", 100, 128}},
         1,
         false,
         false},
        {"Deployment",
         "capi-kubeadm-control-plane-system",
         "capi-kubeadm-control-plane-controller-manager",
         {{"manager", "registry.k8s.io/cluster-api/kubeadm-control-plane-controller:v1.12.11", 100, 128}},
         1,
         false,
         false},
        {"Deployment",
         "capk-system",
         "capk-controller-manager",
         {{"manager", "quay.io/capk/capk-manager:v0.11.2", 100, 128}},
         1,
         false,
         false},
        {"Deployment",
         "metallb-system",
         "controller",
         {{"controller", "quay.io/metallb/controller:v0.15.2", 50, 64}},
         1,
         false,
         false},
        {"DaemonSet",
         "metallb-system",
         "speaker",
         {{"speaker", "quay.io/metallb/speaker:v0.15.2", 50, 64}},
         1,
         true,
         false},
        {"DaemonSet",
         "rook-ceph",
         "csi-rbdplugin",
         {{"csi-rbdplugin", "quay.io/cephcsi/cephcsi:v3.14.2", 250, 512}},
         1,
         true,
         false},
        {"DaemonSet",
         "rook-ceph",
         "rook-ceph-osd",
         {{"osd", "quay.io/ceph/ceph:v19.2.3", 1000, 4096}},
         1,
         false,
         false},
        {"Deployment",
         "rook-ceph",
         "rook-ceph-operator",
         {{"rook-ceph-operator", "docker.io/rook/ceph:v1.17.6", 200, 128}},
         1,
         false,
         false},
        {"StatefulSet",
         "monitoring",
         "prometheus",
         {{"prometheus", "quay.io/prometheus/prometheus:v3.5.0", 1000, 4096}},
         1,
         false,
         false}};
    for (const WorkloadPlan& workload : platform) {
        if (!plan.bare || isBase(workload.ns))
            writeWorkload(store, plan, kCluster, workload, workload.kind[1] == 'a' ? nodes : planes, {},
                          kAge);
    }
    store.load(kindOf("storageclasses"),
               fill(R"({"metadata":{"name":"rbd","uid":"@U@","creationTimestamp":"@T@","annotations":{
                    "storageclass.kubernetes.io/is-default-class":"true","storageclass.kubevirt.io/is-default-virt-class":"true"}},
                    "provisioner":"rook-ceph.rbd.csi.ceph.com","reclaimPolicy":"Delete","volumeBindingMode":"Immediate",
                    "allowVolumeExpansion":true,"parameters":{"pool":"vms","clusterID":"rook-ceph"}})",
                    {{"U", plan.uid("sc")}, {"T", plan.ago(kAge)}}));
    if (plan.bare) {
        // The kinds of the table come with the manifests that define them.
        for (const Kind& kind : Kinds::instance().all()) {
            if (kind.has(Custom))
                (void)store.customKinds().undefined(std::string(kind.group), std::string(kind.resource));
        }
        return;
    }

    const std::string since = plan.ago(kAge - 600);
    store.load(
        kindOf("kubevirts"),
        fill(
            R"({"metadata":{"name":"kubevirt","namespace":"kubevirt","uid":"@U@","generation":1,"creationTimestamp":"@T@",
                    "finalizers":["foregroundDeleteKubeVirt"]},
                    "spec":{"certificateRotateStrategy":{},"configuration":{"developerConfiguration":{},"vmRolloutStrategy":"LiveUpdate"},"imagePullPolicy":"IfNotPresent"},
                    "status":{"phase":"Deployed","conditions":[@A@,@P@,@D@],"operatorVersion":"v1.8.4",
                    "observedKubeVirtVersion":"v1.8.4","targetKubeVirtVersion":"v1.8.4","observedKubeVirtRegistry":"quay.io/kubevirt",
                    "defaultArchitecture":"amd64","observedGeneration":1,"outdatedVirtualMachineInstanceWorkloads":0}})",
            {{"U", plan.uid("kubevirt")},
             {"T", plan.ago(kAge)},
             {"A", condition("Available", "True", "AllComponentsReady", "All components are ready.", since)},
             {"P",
              condition("Progressing", "False", "AllComponentsReady", "All components are ready.", since)},
             {"D",
              condition("Degraded", "False", "AllComponentsReady", "All components are ready.", since)}}));
    store.load(kindOf("cdis"),
               fill(R"({"metadata":{"name":"cdi","uid":"@U@","generation":1,"creationTimestamp":"@T@"},
                    "spec":{"config":{"featureGates":["HonorWaitForFirstConsumer"]},"imagePullPolicy":"IfNotPresent"},
                    "status":{"phase":"Deployed","operatorVersion":"v1.64.0","observedVersion":"v1.64.0","targetVersion":"v1.64.0",
                    "conditions":[@A@,@P@,@D@]}})",
                    {{"U", plan.uid("cdi")},
                     {"T", plan.ago(kAge)},
                     {"A", condition("Available", "True", "DeployCompleted", "Deployment Completed", since)},
                     {"P", condition("Progressing", "False", "", "", since)},
                     {"D", condition("Degraded", "False", "", "", since)}}));
    store.load(kindOf("cdiconfigs"),
               fill(R"({"metadata":{"name":"config","uid":"@U@","creationTimestamp":"@T@"},"spec":{},
                    "status":{"filesystemOverhead":{"global":"0.06"},"scratchSpaceStorageClass":"rbd"}})",
                    {{"U", plan.uid("cdiconfig")}, {"T", plan.ago(kAge)}}));
    store.load(kindOf("storageprofiles"),
               fill(R"({"metadata":{"name":"rbd","uid":"@U@","creationTimestamp":"@T@"},"spec":{},
                    "status":{"storageClass":"rbd","provisioner":"rook-ceph.rbd.csi.ceph.com","cloneStrategy":"csi-clone",
                    "claimPropertySets":[{"accessModes":["ReadWriteMany"],"volumeMode":"Block"}]}})",
                    {{"U", plan.uid("profile")}, {"T", plan.ago(kAge)}}));
    const char* const providers[][4] = {
        {"cluster-api", "CoreProvider", "capi-system", "v1.12.11"},
        {"kubeadm", "BootstrapProvider", "capi-kubeadm-bootstrap-system", "v1.12.11"},
        {"kubeadm", "ControlPlaneProvider", "capi-kubeadm-control-plane-system", "v1.12.11"},
        {"kubevirt", "InfrastructureProvider", "capk-system", "v0.11.2"}};
    const char* const labels[] = {"cluster-api", "bootstrap-kubeadm", "control-plane-kubeadm",
                                  "infrastructure-kubevirt"};
    for (std::size_t i = 0; i < 4; ++i)
        store.load(
            kindOf("providers"),
            fill(
                R"({"metadata":{"name":"@L@","namespace":"@NS@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
                        "labels":{"clusterctl.cluster.x-k8s.io":"","clusterctl.cluster.x-k8s.io/core":"inventory",
                        "cluster.x-k8s.io/provider":"@L@"}},"providerName":"@P@","type":"@TY@","version":"@V@","watchedNamespace":""})",
                {{"L", labels[i]},
                 {"NS", providers[i][2]},
                 {"U", plan.uid(std::string("provider/") + labels[i])},
                 {"T", plan.ago(kAge)},
                 {"P", providers[i][0]},
                 {"TY", providers[i][1]},
                 {"V", providers[i][3]}}));
    for (const Kind& kind : Kinds::instance().all()) {
        if (kind.has(Custom))
            store.load(kindOf("customresourcedefinitions"),
                       crdBody(kind, plan.uid("crd/" + std::string(kind.kind)), plan.ago(kAge)));
    }
}

void writeSecret(Store& store, const SitePlan& plan, const std::string& ns, const std::string& name,
                 const std::string& type, const std::string& data, const std::string& owner, long age)
{
    store.load(kindOf("secrets"),
               fill(R"({"metadata":{"name":"@N@","namespace":"@NS@","uid":"@U@","creationTimestamp":"@T@",
                    "labels":{"cluster.x-k8s.io/cluster-name":"@NS@"}@O@},"type":"@TY@","data":{@D@}})",
                    {{"N", name},
                     {"NS", ns},
                     {"U", plan.uid("secret/" + ns + "/" + name)},
                     {"T", plan.ago(age)},
                     {"O", owner.empty() ? "" : R"(,"ownerReferences":[)" + owner + "]"},
                     {"TY", type},
                     {"D", data}}));
}

struct TenantState {
    int planes = 0, planesReady = 0, workers = 0, workersReady = 0;
    bool booting = false;
};

void writeTenant(Store& store, const SitePlan& plan, const TenantPlan& tenant, long age)
{
    const std::string& c = tenant.name;
    const std::string created = plan.ago(age);
    const std::string since = plan.ago(age - 300);
    TenantState state;
    for (const std::size_t number : tenant.vms) {
        const VmPlan& vm = plan.vms[number];
        const bool good = vm.state == VmState::Running;
        (vm.controlPlane ? state.planes : state.workers) += 1;
        (vm.controlPlane ? state.planesReady : state.workersReady) += good ? 1 : 0;
        state.booting = state.booting || vm.state == VmState::Booting;
    }
    writeNamespace(store, plan, kCluster, c, age + 60);
    const std::string clusterUid = plan.uid("cluster/" + c);
    const std::string clusterRef = ownerRef("cluster.x-k8s.io/v1beta2", "Cluster", c, clusterUid);
    const std::string kcpUid = plan.uid("kcp/" + c);
    const std::string kcpRef =
        ownerRef("controlplane.cluster.x-k8s.io/v1beta2", "KubeadmControlPlane", c + "-cp", kcpUid);
    const std::string port = std::to_string(tenant.port);
    const bool workersFine = state.workers == state.workersReady;
    const std::string workersWhy =
        state.booting ? "Scaling up from 1 to 2 replicas"
                      : "* MachineDeployment " + c +
                            "-md-0: 1 available replicas, at least 2 required "
                            "(spec.strategy.rollout.maxUnavailable is 0, spec.replicas is 2)";
    const auto num = [](int value) { return std::to_string(value); };
    store.load(
        kindOf("clusters"),
        fill(
            R"({"metadata":{"name":"@C@","namespace":"@C@","uid":"@U@","generation":2,"creationTimestamp":"@T@",
        "labels":{"cluster.x-k8s.io/cluster-name":"@C@","cni":"cilium"},"finalizers":["cluster.cluster.x-k8s.io"]},
        "spec":{"clusterNetwork":{"pods":{"cidrBlocks":["10.243.0.0/16"]},"services":{"cidrBlocks":["10.95.0.0/16"]},
        "serviceDomain":"@C@.@C@.local"},"controlPlaneEndpoint":{"host":"127.0.0.1","port":@PORT@},
        "controlPlaneRef":{"apiGroup":"controlplane.cluster.x-k8s.io","kind":"KubeadmControlPlane","name":"@C@-cp"},
        "infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":"KubevirtCluster","name":"@C@"}},
        "status":{"phase":"Provisioned","observedGeneration":2,
        "initialization":{"infrastructureProvisioned":true,"controlPlaneInitialized":true},
        "controlPlane":{"desiredReplicas":@P@,"replicas":@P@,"readyReplicas":@PR@,"availableReplicas":@PR@,"upToDateReplicas":@P@},
        "workers":{"desiredReplicas":@W@,"replicas":@W@,"readyReplicas":@WR@,"availableReplicas":@WR@,"upToDateReplicas":@W@},
        "conditions":[@CONDITIONS@]}})",
            {{"C", c},
             {"U", clusterUid},
             {"T", created},
             {"PORT", port},
             {"P", num(state.planes)},
             {"PR", num(state.planesReady)},
             {"W", num(state.workers)},
             {"WR", num(state.workersReady)},
             {"CONDITIONS",
              capiCondition("Available", statusOf(workersFine), workersFine ? "Available" : "NotAvailable",
                            workersFine ? "" : "* WorkersAvailable: " + workersWhy,
                            workersFine ? since : plan.ago(230)) +
                  "," + capiCondition("InfrastructureReady", "True", "Ready", "", since) + "," +
                  capiCondition("ControlPlaneInitialized", "True", "Initialized", "", since) + "," +
                  capiCondition("ControlPlaneAvailable", "True", "Available", "", since) + "," +
                  capiCondition("WorkersAvailable", statusOf(workersFine),
                                workersFine ? "Available" : "NotAvailable", workersFine ? "" : workersWhy,
                                workersFine ? since : plan.ago(230)) +
                  "," + capiCondition("RemoteConnectionProbe", "True", "ProbeSucceeded", "", since) + "," +
                  capiCondition("ScalingUp", statusOf(state.booting),
                                state.booting ? "ScalingUp" : "NotScalingUp", "", since) +
                  "," + capiCondition("RollingOut", "False", "NotRollingOut", "", since) + "," +
                  capiCondition("Deleting", "False", "NotDeleting", "", since) + "," +
                  capiCondition("Paused", "False", "NotPaused", "", since)}}));
    store.load(
        kindOf("kubevirtclusters"),
        fill(
            R"({"metadata":{"name":"@C@","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
        "labels":{"cluster.x-k8s.io/cluster-name":"@C@"},"ownerReferences":[@O@],
        "finalizers":["kubevirtcluster.infrastructure.cluster.x-k8s.io"]},
        "spec":{"controlPlaneEndpoint":{"host":"127.0.0.1","port":@PORT@},
        "controlPlaneServiceTemplate":{"metadata":{},"spec":{"type":"LoadBalancer"}},
        "sshKeys":{"dataSecretName":"@C@-ssh-keys"}},"status":{"ready":true,"conditions":[@R@,@L@]}})",
            {{"C", c},
             {"U", plan.uid("kubevirtcluster/" + c)},
             {"T", created},
             {"O", clusterRef},
             {"PORT", port},
             {"R", condition("Ready", "True", "", "", since)},
             {"L", condition("LoadBalancerAvailable", "True", "", "", since)}}));
    store.load(kindOf("services"),
               fill(R"({"metadata":{"name":"@C@-lb","namespace":"@C@","uid":"@U@","creationTimestamp":"@T@",
        "labels":{"cluster.x-k8s.io/cluster-name":"@C@"}},
        "spec":{"type":"LoadBalancer","clusterIP":"10.96.@A@.@B@","clusterIPs":["10.96.@A@.@B@"],
        "ports":[{"port":@PORT@,"protocol":"TCP","targetPort":6443,"nodePort":@NP@}],
        "selector":{"cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/role":"control-plane"}},
        "status":{"loadBalancer":{"ingress":[{"ip":"127.0.0.1"}]}}})",
                    {{"C", c},
                     {"U", plan.uid("lb/" + c)},
                     {"T", created},
                     {"PORT", port},
                     {"A", num(tenant.port / 250 % 250)},
                     {"B", num(tenant.port % 250 + 2)},
                     {"NP", num(30000 + tenant.port % 2700)}}));
    for (const char* role : {"cp", "md"})
        store.load(
            kindOf("kubevirtmachinetemplates"),
            fill(
                R"({"metadata":{"name":"@C@-@R@-v1","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
            "labels":{"cluster.x-k8s.io/cluster-name":"@C@"},"ownerReferences":[@O@]},
            "spec":{"template":{"spec":{"virtualMachineBootstrapCheck":{"checkStrategy":"ssh"},
            "virtualMachineTemplate":{"metadata":{"namespace":"@C@"},"spec":{"runStrategy":"Always",
            "dataVolumeTemplates":[{"metadata":{"name":"root"},"spec":{"storage":{"resources":{"requests":{"storage":"40Gi"}},
            "storageClassName":"rbd"},"source":{"registry":{"url":"docker://quay.io/capk/ubuntu-2204-container-disk:@V@"}}}}],
            "template":{"spec":{"evictionStrategy":"External","domain":{"cpu":{"cores":@CPU@},"memory":{"guest":"@MEM@Gi"},
            "devices":{"networkInterfaceMultiqueue":true,"disks":[{"name":"root","disk":{"bus":"virtio"}}],
            "interfaces":[{"name":"default","masquerade":{}}]}},"networks":[{"name":"default","pod":{}}],
            "volumes":[{"name":"root","dataVolume":{"name":"root"}}]}}}}}}}})",
                {{"C", c},
                 {"R", role},
                 {"U", plan.uid("kmt/" + c + role)},
                 {"T", created},
                 {"O", clusterRef},
                 {"V", plan.innerVersion},
                 {"CPU", num(plan.vms[tenant.vms[0]].cpus)},
                 {"MEM", num(plan.vms[tenant.vms[0]].memoryGiB)}}));
    store.load(
        kindOf("kubeadmconfigtemplates"),
        fill(
            R"({"metadata":{"name":"@C@-md-0","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@","ownerReferences":[@O@]},
        "spec":{"template":{"spec":{"joinConfiguration":{"nodeRegistration":{"criSocket":"unix:///var/run/containerd/containerd.sock"}}}}}})",
            {{"C", c}, {"U", plan.uid("kct/" + c)}, {"T", created}, {"O", clusterRef}}));
    store.load(
        kindOf("kubeadmcontrolplanes"),
        fill(
            R"({"metadata":{"name":"@C@-cp","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
        "labels":{"cluster.x-k8s.io/cluster-name":"@C@"},"ownerReferences":[@O@],
        "finalizers":["kubeadm.controlplane.cluster.x-k8s.io"]},
        "spec":{"replicas":@P@,"version":"@V@","machineTemplate":{"spec":{"infrastructureRef":{
        "apiGroup":"infrastructure.cluster.x-k8s.io","kind":"KubevirtMachineTemplate","name":"@C@-cp-v1"}}},
        "kubeadmConfigSpec":{"initConfiguration":{"nodeRegistration":{"criSocket":"unix:///var/run/containerd/containerd.sock"},
        "skipPhases":["addon/kube-proxy"]},"joinConfiguration":{"nodeRegistration":{"criSocket":"unix:///var/run/containerd/containerd.sock"}}},
        "rollout":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}},
        "status":{"initialization":{"controlPlaneInitialized":true},"replicas":@P@,"readyReplicas":@PR@,"availableReplicas":@PR@,
        "upToDateReplicas":@P@,"version":"@V@","observedGeneration":1,"selector":"cluster.x-k8s.io/cluster-name=@C@,cluster.x-k8s.io/control-plane",
        "conditions":[@CONDITIONS@]}})",
            {{"C", c},
             {"U", kcpUid},
             {"T", created},
             {"O", clusterRef},
             {"V", plan.innerVersion},
             {"P", num(state.planes)},
             {"PR", num(state.planesReady)},
             {"CONDITIONS", capiCondition("Available", "True", "Available", "", since) + "," +
                                capiCondition("Initialized", "True", "Initialized", "", since) + "," +
                                capiCondition("CertificatesAvailable", "True", "Available", "", since) + "," +
                                capiCondition("EtcdClusterHealthy", "True", "Healthy", "", since) + "," +
                                capiCondition("ControlPlaneComponentsHealthy", "True", "Healthy", "", since) +
                                "," + capiCondition("MachinesReady", "True", "Ready", "", since) + "," +
                                capiCondition("RollingOut", "False", "NotRollingOut", "", since)}}));
    const std::string mdUid = plan.uid("md/" + c);
    const std::string mdRef = ownerRef("cluster.x-k8s.io/v1beta2", "MachineDeployment", c + "-md-0", mdUid);
    const std::string msUid = plan.uid("ms/" + c);
    const std::string msRef = ownerRef("cluster.x-k8s.io/v1beta2", "MachineSet", tenant.machineSet, msUid);
    const std::string hash = tenant.machineSet.substr(tenant.machineSet.size() - 5);
    const auto pool = [&](const char* resource, const std::string& name, const std::string& id,
                          const std::string& owner) {
        store.load(
            kindOf(resource),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
            "labels":{"cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/deployment-name":"@C@-md-0"},"ownerReferences":[@O@]},
            "spec":{"clusterName":"@C@","replicas":@W@,"selector":{"matchLabels":{"cluster.x-k8s.io/cluster-name":"@C@",
            "cluster.x-k8s.io/deployment-name":"@C@-md-0"}},"template":{"metadata":{"labels":{"cluster.x-k8s.io/cluster-name":"@C@",
            "cluster.x-k8s.io/deployment-name":"@C@-md-0"}},"spec":{"clusterName":"@C@","version":"@V@",
            "bootstrap":{"configRef":{"apiGroup":"bootstrap.cluster.x-k8s.io","kind":"KubeadmConfigTemplate","name":"@C@-md-0"}},
            "infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":"KubevirtMachineTemplate","name":"@C@-md-v1"}}}},
            "status":{"observedGeneration":1,@PHASE@"replicas":@W@,"readyReplicas":@WR@,"availableReplicas":@WR@,
            "upToDateReplicas":@W@,"conditions":[@CONDITIONS@]}})",
                {{"N", name},
                 {"C", c},
                 {"U", id},
                 {"T", created},
                 {"O", owner},
                 {"V", plan.innerVersion},
                 {"PHASE", std::string_view(resource) == "machinesets" ? "" // has none
                           : state.booting                             ? R"("phase":"ScalingUp",)"
                                                                       : R"("phase":"Running",)"},
                 {"W", num(state.workers)},
                 {"WR", num(state.workersReady)},
                 {"CONDITIONS",
                  capiCondition("Available", statusOf(workersFine),
                                workersFine ? "Available" : "NotAvailable", workersFine ? "" : workersWhy,
                                workersFine ? since : plan.ago(230)) +
                      "," +
                      capiCondition("MachinesReady", statusOf(workersFine),
                                    workersFine ? "Ready" : "NotReady", "", since) +
                      "," +
                      capiCondition("ScalingUp", statusOf(state.booting),
                                    state.booting ? "ScalingUp" : "NotScalingUp", "", since) +
                      "," + capiCondition("RollingOut", "False", "NotRollingOut", "", since)}}));
    };
    pool("machinedeployments", c + "-md-0", mdUid, clusterRef);
    pool("machinesets", tenant.machineSet, msUid, mdRef);

    writeSecret(store, plan, c, c + "-kubeconfig", "cluster.x-k8s.io/secret",
                R"("value":")" + base64Encode(tenant.kubeconfig) + "\"", kcpRef, age);
    for (const char* what : {"ca", "etcd", "proxy", "sa"})
        writeSecret(store, plan, c, c + "-" + what, "cluster.x-k8s.io/secret",
                    R"("tls.crt":")" + base64Encode(tenant.caCertificate) + R"(","tls.key":"")", kcpRef, age);
    writeSecret(store, plan, c, c + "-ssh-keys", "cluster.x-k8s.io/secret",
                R"("pub":")" + base64Encode(tenantSshKey().publicLine) + R"(","key":")" +
                    base64Encode(tenantSshKey().privateKey) + "\"",
                clusterRef, age);

    for (const std::size_t number : tenant.vms) {
        const VmPlan& vm = plan.vms[number];
        const HostPlan& host = plan.hosts[vm.host];
        const std::string key = c + "/" + vm.name;
        const long vmAge = vm.state == VmState::Booting ? 72 : age - 120;
        const std::string made = plan.ago(vmAge);
        const std::string up = plan.ago(std::max(vmAge - 55, 5L));
        const std::string pausedAt = plan.ago(245);
        const bool paused = vm.state == VmState::Paused;
        const bool booting = vm.state == VmState::Booting;
        const std::string machineUid = plan.uid("machine/" + key);
        const std::string infraUid = plan.uid("kubevirtmachine/" + key);
        const std::string vmUid = plan.uid("vm/" + key);
        const std::string vmiUid = plan.uid("vmi/" + key);
        const std::string podUid = plan.uid("launcher/" + key);
        const std::string firmware = plan.uid("firmware/" + key);
        const std::string disk = vm.name + "-root";
        const std::string roleLabels =
            vm.controlPlane
                ? fill(
                      R"("cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/control-plane":"","cluster.x-k8s.io/control-plane-name":"@C@-cp")",
                      {{"C", c}})
                : fill(
                      R"("cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/deployment-name":"@C@-md-0","cluster.x-k8s.io/set-name":"@S@","machine-template-hash":"@H@")",
                      {{"C", c}, {"S", tenant.machineSet}, {"H", hash}});
        const std::string machineRef = ownerRef("cluster.x-k8s.io/v1beta2", "Machine", vm.name, machineUid);
        const std::string configRef = ownerRef("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig", vm.name,
                                               plan.uid("kubeadmconfig/" + key));
        store.load(
            kindOf("machines"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":2,"creationTimestamp":"@T@",
            "labels":{@L@},"ownerReferences":[@O@],"finalizers":["machine.cluster.x-k8s.io"]},
            "spec":{"clusterName":"@C@","version":"@V@","providerID":"kubevirt://@N@",
            "bootstrap":{"configRef":{"apiGroup":"bootstrap.cluster.x-k8s.io","kind":"KubeadmConfig","name":"@N@"},"dataSecretName":"@N@"},
            "infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":"KubevirtMachine","name":"@N@"}},
            "status":@STATUS@})",
                {{"N", vm.name},
                 {"C", c},
                 {"U", machineUid},
                 {"T", made},
                 {"L", roleLabels},
                 {"O", vm.controlPlane ? kcpRef : msRef},
                 {"V", plan.innerVersion},
                 {"STATUS", machineStatus(plan, vm, vm.state, up)}}));
        store.load(
            kindOf("kubeadmconfigs"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@","labels":{@L@},"ownerReferences":[@O@]},
            "spec":{"@J@Configuration":{"nodeRegistration":{"criSocket":"unix:///var/run/containerd/containerd.sock"}},"format":"cloud-config"},
            "status":{"initialization":{"dataSecretCreated":true},"dataSecretName":"@N@","observedGeneration":1,"conditions":[@R@]}})",
                {{"N", vm.name},
                 {"C", c},
                 {"U", plan.uid("kubeadmconfig/" + key)},
                 {"T", made},
                 {"L", roleLabels},
                 {"O", machineRef},
                 {"J", vm.controlPlane ? "init" : "join"},
                 {"R", capiCondition("Ready", "True", "Ready", "", made)}}));
        const std::string bootstrap = base64Encode(
            vm.controlPlane ? "## template: jinja\n#cloud-config\nruncmd:\n"
                              "  - 'kubeadm init --config /run/kubeadm/kubeadm.yaml && echo success > "
                              "/run/cluster-api/bootstrap-success.complete'\n"
                            : "## template: jinja\n#cloud-config\nruncmd:\n"
                              "  - 'kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml && echo "
                              "success > /run/cluster-api/bootstrap-success.complete'\n");
        writeSecret(store, plan, c, vm.name, "cluster.x-k8s.io/secret",
                    R"("format":"Y2xvdWQtY29uZmln","value":")" + bootstrap + "\"", configRef, vmAge);
        writeSecret(store, plan, c, vm.name + "-userdata", "cluster.x-k8s.io/secret",
                    R"("userdata":")" + bootstrap + "\"", "", vmAge);
        const std::string domain =
            fill(R"("domain":{"cpu":{"cores":@CPU@,"sockets":1,"threads":1},"memory":{"guest":"@MEM@Gi"},
            "machine":{"type":"q35"},"firmware":{"uuid":"@FW@","serial":"@FW@"},"resources":{"requests":{"memory":"@MEM@Gi"}},
            "devices":{"networkInterfaceMultiqueue":true,"disks":[{"name":"root","disk":{"bus":"virtio"}},{"name":"cloudinitvolume","disk":{"bus":"virtio"}}],
            "interfaces":[{"name":"default","masquerade":{}}]}},"evictionStrategy":"External","networks":[{"name":"default","pod":{}}],
            "volumes":[{"name":"root","dataVolume":{"name":"@D@"}},{"name":"cloudinitvolume","cloudInitConfigDrive":{"secretRef":{"name":"@N@-userdata"}}}])",
                 {{"CPU", num(vm.cpus)},
                  {"MEM", num(vm.memoryGiB)},
                  {"FW", firmware},
                  {"D", disk},
                  {"N", vm.name}});
        const std::string vmLabels = fill(
            R"("kubevirt.io/vm":"@N@","name":"@N@","cluster.x-k8s.io/role":"@R@","cluster.x-k8s.io/cluster-name":"@C@",
            "capk.cluster.x-k8s.io/kubevirt-machine-name":"@N@","capk.cluster.x-k8s.io/kubevirt-machine-namespace":"@C@")",
            {{"N", vm.name}, {"C", c}, {"R", vm.controlPlane ? "control-plane" : "worker"}});
        store.load(
            kindOf("kubevirtmachines"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":2,"creationTimestamp":"@T@","labels":{@L@},
            "annotations":{"cluster.x-k8s.io/cloned-from-name":"@C@-@R@-v1","cluster.x-k8s.io/cloned-from-groupkind":"KubevirtMachineTemplate.infrastructure.cluster.x-k8s.io"},
            "ownerReferences":[@O@],"finalizers":["kubevirtmachine.infrastructure.cluster.x-k8s.io"]},
            "spec":{"providerID":"kubevirt://@N@","virtualMachineBootstrapCheck":{"checkStrategy":"ssh"},
            "virtualMachineTemplate":{"metadata":{"namespace":"@C@"},"spec":{"runStrategy":"Always",
            "template":{"spec":{"domain":{"cpu":{"cores":@CPU@},"memory":{"guest":"@MEM@Gi"},"devices":{}}}}}}},"status":@STATUS@})",
                {{"N", vm.name},
                 {"C", c},
                 {"U", infraUid},
                 {"T", made},
                 {"L", roleLabels},
                 {"R", vm.controlPlane ? "cp" : "md"},
                 {"O", machineRef},
                 {"CPU", num(vm.cpus)},
                 {"MEM", num(vm.memoryGiB)},
                 {"STATUS", kubevirtMachineStatus(plan, vm, vm.state, up)}}));
        const std::string pausedCondition =
            paused ? "," + condition("Paused", "True", "PausedIOError",
                                     "VMI was paused, low-level IO error detected", pausedAt)
                   : "";
        const std::string readyCondition = paused ? condition("Ready", "False", "GuestNotRunning",
                                                              "Guest VM is not reported as running", pausedAt)
                                                  : condition("Ready", "True", "", "", up);
        store.load(
            kindOf("virtualmachines"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@","labels":{@L@},
            "finalizers":["kubevirt.io/virtualMachineControllerFinalize"]},
            "spec":{"runStrategy":"Always","dataVolumeTemplates":[{"metadata":{"name":"@D@"},"spec":{"storage":{"resources":{"requests":{"storage":"40Gi"}},
            "storageClassName":"rbd"},"source":{"registry":{"url":"docker://quay.io/capk/ubuntu-2204-container-disk:@V@"}}}}],
            "template":{"metadata":{"labels":{@L@}},"spec":{@DOMAIN@}}},
            "status":{"created":true,"ready":@READY@,"printableStatus":"@PS@","runStrategy":"Always","observedGeneration":1,"desiredGeneration":1,
            "conditions":[@RC@,@LM@@PAUSED@],"volumeSnapshotStatuses":[{"name":"root","enabled":true}]}})",
                {{"N", vm.name},
                 {"C", c},
                 {"U", vmUid},
                 {"T", made},
                 {"L", vmLabels},
                 {"D", disk},
                 {"V", plan.innerVersion},
                 {"DOMAIN", domain},
                 {"READY", paused ? "false" : "true"},
                 {"PS", paused ? "Paused" : "Running"},
                 {"RC", readyCondition},
                 {"LM", condition("LiveMigratable", "True", "", "", up)},
                 {"PAUSED", pausedCondition}}));
        const std::string launcher = "virt-launcher-" + vm.name + "-" + plan.suffix("launcher/" + key);
        const std::string mac = "02:00:" + firmware.substr(0, 2) + ":" + firmware.substr(2, 2) + ":" +
                                firmware.substr(4, 2) + ":" + firmware.substr(6, 2);
        store.load(
            kindOf("virtualmachineinstances"),
            fill(
                R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","generation":8,"creationTimestamp":"@T@",
            "labels":{@L@,"kubevirt.io/nodeName":"@NODE@"},"annotations":{"kubevirt.io/latest-observed-api-version":"v1"},
            "ownerReferences":[@O@],"finalizers":["kubevirt.io/virtualMachineControllerFinalize","foregroundDeleteVirtualMachine"]},
            "spec":{@DOMAIN@},"status":{"phase":"Running","nodeName":"@NODE@","qosClass":"Burstable","runtimeUser":107,
            "launcherContainerImageVersion":"quay.io/kubevirt/virt-launcher:v1.8.4","machine":{"type":"pc-q35-rhel9.6.0"},
            "activePods":{"@PU@":"@NODE@"},"migrationMethod":"LiveMigration","migrationTransport":"Unix",
            "currentCPUTopology":{"cores":@CPU@,"sockets":1,"threads":1},"memory":{"guestAtBoot":"@MEM@Gi","guestCurrent":"@MEM@Gi","guestRequested":"@MEM@Gi"},
            "interfaces":[{"name":"default","ipAddress":"@IP@","ipAddresses":["@IP@"],"mac":"@MAC@","interfaceName":"enp1s0","podInterfaceName":"eth0",
            "infoSource":"domain@AGENTSRC@","queueCount":@CPU@,"linkState":"up"}],@GUEST@
            "volumeStatus":[{"name":"cloudinitvolume","target":"vdb","size":1048576},{"name":"root","target":"vda","persistentVolumeClaimInfo":{
            "claimName":"@D@","accessModes":["ReadWriteMany"],"volumeMode":"Block","capacity":{"storage":"40Gi"},"requests":{"storage":"40Gi"},"filesystemOverhead":"0"}}],
            "phaseTransitionTimestamps":[{"phase":"Pending","phaseTransitionTimestamp":"@T@"},{"phase":"Running","phaseTransitionTimestamp":"@UP@"}],
            "conditions":[@RC@,@LM@,@AGENT@,@DV@@PAUSED@]}})",
                {{"N", vm.name},
                 {"C", c},
                 {"U", vmiUid},
                 {"T", made},
                 {"UP", up},
                 {"L", vmLabels},
                 {"NODE", host.node},
                 {"O", ownerRef("kubevirt.io/v1", "VirtualMachine", vm.name, vmUid)},
                 {"DOMAIN", domain},
                 {"PU", podUid},
                 {"CPU", num(vm.cpus)},
                 {"MEM", num(vm.memoryGiB)},
                 {"IP", vm.address},
                 {"MAC", mac},
                 {"D", disk},
                 {"AGENTSRC", booting ? "" : ", guest-agent"},
                 {"GUEST",
                  booting
                      ? ""
                      : R"("guestOSInfo":{"id":"ubuntu","name":"Ubuntu","prettyName":"Ubuntu 22.04.5 LTS","version":"22.04","versionId":"22.04","kernelRelease":"5.15.0-139-generic","machine":"x86_64"},)"},
                 {"RC", readyCondition},
                 {"LM", condition("LiveMigratable", "True", "", "", up)},
                 {"AGENT",
                  condition("AgentConnected", statusOf(!booting && !paused), "", "", paused ? pausedAt : up)},
                 {"DV", condition("DataVolumesReady", "True", "AllDVsReady",
                                  "All of the VMI's DVs are bound and not running", up)},
                 {"PAUSED", pausedCondition}}));
        PodPlan pod;
        pod.ns = c;
        pod.name = launcher;
        pod.uid = podUid;
        pod.labels = vmLabels + R"(,"kubevirt.io":"virt-launcher","kubevirt.io/created-by":")" + vmiUid +
                     R"(","vm.kubevirt.io/name":")" + vm.name + R"(","vmi.kubevirt.io/id":")" + vm.name +
                     "\"";
        pod.annotations = R"("kubevirt.io/domain":")" + vm.name +
                          R"(","kubectl.kubernetes.io/default-container":"compute")";
        pod.owner = ownerRef("kubevirt.io/v1", "VirtualMachineInstance", vm.name, vmiUid);
        pod.node = host.node;
        pod.address = vm.address;
        pod.created = made;
        pod.ready = !paused;
        // A tenth of the guest's CPUs (cpuAllocationRatio 10), its memory and what QEMU needs beside.
        pod.containers = {
            {"compute", "quay.io/kubevirt/virt-launcher:v1.8.4", vm.cpus * 100, vm.memoryGiB * 1024 + 320},
            {"guest-console-log", "quay.io/kubevirt/virt-launcher:v1.8.4", 5, 35}};
        store.load(kindOf("pods"), podBody(pod));
        const std::string dvUid = plan.uid("dv/" + key);
        const std::string pvcUid = plan.uid("pvc/" + key);
        store.load(
            kindOf("datavolumes"),
            fill(
                R"({"metadata":{"name":"@D@","namespace":"@C@","uid":"@U@","generation":1,"creationTimestamp":"@T@",
            "labels":{"kubevirt.io/created-by":"@VM@"},"ownerReferences":[@O@]},
            "spec":{"source":{"registry":{"url":"docker://quay.io/capk/ubuntu-2204-container-disk:@V@"}},
            "storage":{"resources":{"requests":{"storage":"40Gi"}},"storageClassName":"rbd"}},
            "status":{"claimName":"@D@","phase":"Succeeded","progress":"100.0%","conditions":[@B@,@R@,@RUN@]}})",
                {{"D", disk},
                 {"C", c},
                 {"U", dvUid},
                 {"T", made},
                 {"VM", vmUid},
                 {"V", plan.innerVersion},
                 {"O", ownerRef("kubevirt.io/v1", "VirtualMachine", vm.name, vmUid)},
                 {"B", condition("Bound", "True", "Bound", "PVC " + disk + " Bound", made)},
                 {"R", condition("Ready", "True", "", "", made)},
                 {"RUN", condition("Running", "False", "Completed", "Import Complete", made)}}));
        store.load(
            kindOf("persistentvolumeclaims"),
            fill(
                R"({"metadata":{"name":"@D@","namespace":"@C@","uid":"@U@","creationTimestamp":"@T@","labels":{"app":"containerized-data-importer"},
            "ownerReferences":[@O@]},"spec":{"accessModes":["ReadWriteMany"],"volumeMode":"Block","storageClassName":"rbd","volumeName":"pvc-@U@",
            "resources":{"requests":{"storage":"40Gi"}}},"status":{"phase":"Bound","accessModes":["ReadWriteMany"],"capacity":{"storage":"40Gi"}}})",
                {{"D", disk},
                 {"C", c},
                 {"U", pvcUid},
                 {"T", made},
                 {"O", ownerRef("cdi.kubevirt.io/v1beta1", "DataVolume", disk, dvUid)}}));
        store.load(kindOf("persistentvolumes"),
                   fill(R"({"metadata":{"name":"pvc-@PU@","uid":"@U@","creationTimestamp":"@T@"},
            "spec":{"capacity":{"storage":"40Gi"},"accessModes":["ReadWriteMany"],"volumeMode":"Block","storageClassName":"rbd",
            "persistentVolumeReclaimPolicy":"Delete","claimRef":{"kind":"PersistentVolumeClaim","apiVersion":"v1","namespace":"@C@","name":"@D@","uid":"@PU@"},
            "csi":{"driver":"rook-ceph.rbd.csi.ceph.com","volumeHandle":"0001-0009-rook-ceph-0000000000000002-@PU@",
            "volumeAttributes":{"pool":"vms","imageName":"csi-vol-@PU@"}}},"status":{"phase":"Bound"}})",
                        {{"PU", pvcUid}, {"U", plan.uid("pv/" + key)}, {"T", made}, {"C", c}, {"D", disk}}));
        if (paused) {
            writeEvent(store, plan, c, "VirtualMachineInstance", "kubevirt.io/v1", vm.name, vmiUid, "Warning",
                       "IOerror", "VM Paused due to not enough space on volume: root", "virt-handler", 245,
                       7);
            writeEvent(store, plan, c, "Machine", "cluster.x-k8s.io/v1beta2", vm.name, machineUid, "Warning",
                       "NodeNotHealthy", "Node.Ready: Kubelet stopped posting node status.",
                       "machine-controller", 238);
        }
        if (booting) {
            writeEvent(store, plan, c, "VirtualMachineInstance", "kubevirt.io/v1", vm.name, vmiUid, "Normal",
                       "SuccessfulCreate", "Created virtual machine pod " + launcher,
                       "virtualmachine-controller", 68);
            writeEvent(store, plan, c, "Pod", "v1", launcher, podUid, "Normal", "Scheduled",
                       "Successfully assigned " + c + "/" + launcher + " to " + host.node,
                       "default-scheduler", 66);
            writeEvent(store, plan, c, "VirtualMachineInstance", "kubevirt.io/v1", vm.name, vmiUid, "Normal",
                       "Started", "VirtualMachineInstance started.", "virt-handler", 17);
        }
    }
}

} // namespace

std::string machineStatus(const SitePlan& plan, const VmPlan& vm, VmState state, const std::string& since)
{
    const bool joined = state != VmState::Booting;
    const bool healthy = state == VmState::Running;
    const std::string when = state == VmState::Paused ? plan.ago(240) : since;
    const std::string why =
        joined ? "* Node.Ready: Kubelet stopped posting node status."
               : "Waiting for a Node with spec.providerID kubevirt://" + vm.name + " to exist";
    std::string conditions =
        capiCondition("Available", statusOf(healthy), healthy ? "Available" : "NotReady", "", when) + "," +
        capiCondition("Ready", statusOf(healthy), healthy ? "Ready" : "NotReady",
                      healthy ? "" : "* NodeHealthy: " + why, when) +
        "," + capiCondition("UpToDate", "True", "UpToDate", "", since) + "," +
        capiCondition("BootstrapConfigReady", "True", "Ready", "", since) + "," +
        capiCondition("InfrastructureReady", statusOf(joined), joined ? "Ready" : "NotReady",
                      joined ? "" : "KubevirtMachine status.ready is false", since) +
        "," +
        capiCondition("NodeHealthy", state == VmState::Booting ? "Unknown" : statusOf(healthy),
                      healthy  ? "NodeHealthy"
                      : joined ? "NodeNotHealthy"
                               : "InspectionFailed",
                      healthy ? "" : why, when) +
        "," +
        capiCondition("NodeReady",
                      healthy  ? "True"
                      : joined ? "False"
                               : "Unknown",
                      healthy  ? "NodeReady"
                      : joined ? "NodeNotReady"
                               : "InspectionFailed",
                      healthy ? "" : why, when) +
        "," + capiCondition("Deleting", "False", "NotDeleting", "", since) + "," +
        capiCondition("Paused", "False", "NotPaused", "", since);
    if (vm.controlPlane) {
        for (const char* part :
             {"APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy", "EtcdPodHealthy"})
            conditions += "," + capiCondition(part, "True", "Running", "", since);
        conditions += "," + capiCondition("EtcdMemberHealthy", "True", "Healthy", "", since);
    }
    return fill(
        R"({"phase":"@PHASE@","observedGeneration":2,"initialization":{"infrastructureProvisioned":@J@,"bootstrapDataSecretCreated":true},
        @NODE@"addresses":[{"type":"InternalIP","address":"@IP@"},{"type":"Hostname","address":"@N@"}],"lastUpdated":"@T@","conditions":[@C@]})",
        {{"PHASE", joined ? "Running" : "Provisioned"},
         {"J", joined ? "true" : "false"},
         {"NODE", joined ? R"("nodeRef":{"name":")" + vm.name + R"("},"nodeInfo":)" +
                               nodeInfo(innerNodePlan(plan, vm, since)) + ","
                         : ""},
         {"IP", vm.address},
         {"N", vm.name},
         {"T", when},
         {"C", conditions}});
}

std::string kubevirtMachineStatus(const SitePlan&, const VmPlan& vm, VmState state, const std::string& since)
{
    const bool joined = state != VmState::Booting;
    // Provider KubeVirt 0.11 writes conditions in the v1beta1 manner: a severity, and no reason when they are
    // True.
    const std::string bootstrap =
        joined
            ? condition("BootstrapExecSucceeded", "True", "", "", since)
            : R"({"type":"BootstrapExecSucceeded","status":"False","severity":"Info","lastTransitionTime":")" +
                  since + R"(","reason":"BootstrapFailed","message":"VM not bootstrapped yet"})";
    const std::string ready =
        joined ? condition("Ready", "True", "", "", since)
               : R"({"type":"Ready","status":"False","severity":"Info","lastTransitionTime":")" + since +
                     R"(","reason":"BootstrapFailed","message":"VM not bootstrapped yet"})";
    return fill(R"({"ready":@J@,"nodeupdated":@J@,"loadBalancerConfigured":true,
        "addresses":[{"type":"Hostname","address":"@N@"},{"type":"InternalIP","address":"@IP@"}],
        "conditions":[@R@,@B@,@V@,@L@]})",
                {{"J", joined ? "true" : "false"},
                 {"N", vm.name},
                 {"IP", vm.address},
                 {"R", ready},
                 {"B", bootstrap},
                 {"V", condition("VMProvisioned", "True", "", "", since)},
                 {"L", condition("VMLiveMigratable", "True", "", "", since)}});
}

void writeOuter(Store& store, const SitePlan& plan)
{
    writeNodes(store, plan);
    writePlatform(store, plan);
    writeManagement(store, plan);
    writeApiService(store, plan, kCluster, "10.96.0.1", kAge);
    for (std::size_t i = 0; i < plan.tenants.size(); ++i) {
        writeTenant(store, plan, plan.tenants[i], tenantAge(i));
        if (const auto front = frontOf(plan, i))
            store.load(
                kindOf("services"),
                fill(R"({"metadata":{"name":"@N@","namespace":"@C@","uid":"@U@","creationTimestamp":"@T@",
        "labels":{"cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/tenant-service-name":"@S@",
        "cluster.x-k8s.io/tenant-service-namespace":"@NS@"}},
        "spec":{"type":"LoadBalancer","clusterIP":"10.96.249.@B@","clusterIPs":["10.96.249.@B@"],
        "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":30080,"nodePort":@P@}],
        "selector":{"cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/role":"worker"}},
        "status":{"loadBalancer":{"ingress":[{"ip":"@IP@","ipMode":"VIP"}]}}})",
                     {{"N", loadBalancerName(front->uid)},
                      {"C", plan.tenants[i].name},
                      {"U", plan.uid("front/" + plan.tenants[i].name)},
                      {"T", plan.ago(tenantAge(i) - 4200)},
                      {"S", front->name},
                      {"NS", front->ns},
                      {"B", std::to_string(10 + i)},
                      {"P", std::to_string(32700 + i)},
                      {"IP", front->address}}));
    }
    writeEndpoints(store, plan, kCluster);
    writeRootCas(store, plan, kCluster, plan.caCertificate);
}

} // namespace strata::demosite
