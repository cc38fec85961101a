// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"

#include <cstdio>

namespace strata::test {

using namespace stack;

namespace {

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kGiB = 1024 * kMiB;

Condition condition(const char* type, const char* status, const char* reason = "", const char* message = "")
{
    return {type, status, reason, message, {}, kNow - 4 * 60000};
}

} // namespace

std::string uuidOf(unsigned group, unsigned number)
{
    char text[40];
    std::snprintf(text, sizeof text, "%08x-1111-4222-8333-%012x", group, number);
    return text;
}

Meta metaOf(const std::string& apiVersion, const std::string& ns, const std::string& name)
{
    Meta meta;
    meta.apiVersion = apiVersion;
    meta.ns = ns;
    meta.name = name;
    meta.uid = "uid-" + apiVersion + "-" + ns + "-" + name;
    meta.created = kNow - 3600000;
    return meta;
}

void SiteBuilder::put(SourceId source, FactKind kind, const std::string& key, Fact fact)
{
    batch.facts.push_back({{source, kind, key}, makeFact(std::move(fact))});
}

void SiteBuilder::drop(SourceId source, FactKind kind, const std::string& key)
{
    batch.facts.push_back({{source, kind, key}, nullptr});
}

void SiteBuilder::source(SourceId id, SourceKind kind, const std::string& name, const std::string& address,
                         const std::string& version, SourceId outer, const std::string& clusterKey)
{
    SourceState state;
    state.id = id;
    state.kind = kind;
    state.name = name;
    state.address = address;
    state.version = version;
    state.phase = LinkPhase::Live;
    state.synced = true;
    state.lastHeard = kNow;
    state.outer = outer;
    state.clusterKey = clusterKey;
    batch.sources.push_back({state, false});
}

void SiteBuilder::host(SourceId id, const std::string& name, const std::string& uuid, unsigned cpus,
                       int memoryGiB)
{
    source(id, SourceKind::Host, name, "qemu+ssh://" + name + "/system", "QEMU 7.2.0");
    HostFact fact;
    fact.uri = "qemu+ssh://" + name + "/system";
    fact.hostname = name;
    fact.uuid = uuid;
    fact.cpuModel = "EPYC-Milan";
    fact.cpuVendor = "AMD";
    fact.arch = "x86_64";
    fact.sockets = 2;
    fact.coresPerSocket = cpus / 4;
    fact.threadsPerCore = 2;
    fact.numaNodes = 2;
    fact.cpus = cpus;
    fact.mhz = 2450;
    fact.memoryBytes = memoryGiB * kGiB;
    fact.memoryFreeBytes = memoryGiB * kGiB / 3;
    fact.cpuUsed = 0.4;
    fact.kvmUsable = true;
    fact.hardwareVirtualization = true;
    fact.hypervisor = "QEMU";
    fact.hypervisorVersion = "7.2.0";
    fact.libvirtVersion = "9.0.0";
    put(id, FactKind::Host, "", fact);
}

KubeNodeFact SiteBuilder::node(const std::string& name, const std::string& uuid, unsigned cpus,
                               int memoryGiB) const
{
    KubeNodeFact fact;
    fact.meta = metaOf("v1", "", name);
    fact.systemUuid = uuid;
    fact.hostname = name;
    fact.internalIp = "10.0.0.1";
    fact.kubeletVersion = "v1.34.1";
    fact.osImage = "Ubuntu 22.04.5 LTS";
    fact.kernel = "5.15.0-130-generic";
    fact.containerRuntime = "containerd://1.7.24";
    fact.capacity = {std::int64_t{cpus} * 1000, memoryGiB * kGiB};
    fact.allocatable = {std::int64_t{cpus} * 1000 - 200, memoryGiB * kGiB - kGiB};
    fact.podCapacity = 250;
    fact.conditions = {condition("Ready", "True", "KubeletReady"), condition("MemoryPressure", "False"),
                       condition("DiskPressure", "False"), condition("PIDPressure", "False")};
    return fact;
}

void SiteBuilder::cluster(const std::string& name, int controlPlanes, int workers, int workersReady)
{
    const std::string ns = "tenant-" + name;
    ClusterFact fact;
    fact.meta = metaOf("cluster.x-k8s.io/v1beta2", ns, name);
    fact.phase = "Provisioned";
    fact.endpoint = "10.0.50.1:6443";
    fact.controlPlaneKind = "KubeadmControlPlane";
    fact.controlPlaneName = name + "-cp";
    fact.infrastructureKind = "KubevirtCluster";
    fact.infrastructureName = name;
    fact.podCidr = "10.243.0.0/16";
    fact.serviceCidr = "10.95.0.0/16";
    fact.conditions = {condition("Available", "True")};
    put(kOuter, FactKind::Cluster, ns + "/" + name, fact);

    ControlPlaneFact plane;
    plane.meta = metaOf("controlplane.cluster.x-k8s.io/v1beta2", ns, name + "-cp");
    plane.clusterName = name;
    plane.version = "v1.33.4";
    plane.replicas = controlPlanes;
    plane.readyReplicas = controlPlanes;
    plane.initialized = true;
    put(kOuter, FactKind::ControlPlane, ns + "/" + name + "-cp", plane);

    MachineDeploymentFact pool;
    pool.meta = metaOf("cluster.x-k8s.io/v1beta2", ns, name + "-md-0");
    pool.clusterName = name;
    pool.version = "v1.33.4";
    pool.phase = "Running";
    pool.replicas = workers;
    pool.readyReplicas = workersReady;
    put(kOuter, FactKind::MachineDeployment, ns + "/" + name + "-md-0", pool);
}

void SiteBuilder::machine(SourceId host, const std::string& cluster, const std::string& name,
                          const std::string& outerNode, bool controlPlane, unsigned cpus, int memoryGiB,
                          bool joined)
{
    const std::string ns = "tenant-" + cluster;
    const std::string key = ns + "/" + name;
    unsigned hash = 0;
    for (const char c : key)
        hash = hash * 31 + static_cast<unsigned char>(c);
    const std::string uuid = uuidOf(0xb0b, hash);
    const Amount size{std::int64_t{cpus} * 1000, memoryGiB * kGiB};

    MachineFact machine;
    machine.meta = metaOf("cluster.x-k8s.io/v1beta2", ns, name);
    machine.clusterName = cluster;
    machine.phase = joined ? "Running" : "Provisioned";
    machine.version = "v1.33.4";
    machine.providerId = "kubevirt://" + name;
    machine.nodeName = joined ? name : "";
    machine.infrastructureKind = "KubevirtMachine";
    machine.infrastructureName = name;
    machine.controlPlane = controlPlane;
    if (controlPlane)
        machine.controlPlaneName = cluster + "-cp";
    else
        machine.deploymentName = cluster + "-md-0";
    machine.conditions = {condition("NodeHealthy", joined ? "True" : "Unknown")};
    put(kOuter, FactKind::Machine, key, machine);

    KubevirtMachineFact infra;
    infra.meta = metaOf("infrastructure.cluster.x-k8s.io/v1alpha1", ns, name);
    infra.clusterName = cluster;
    infra.providerId = machine.providerId;
    infra.vmNamespace = ns;
    infra.ready = joined;
    infra.conditions = {condition("VMProvisioned", "True"),
                        condition("BootstrapExecSucceeded", joined ? "True" : "False",
                                  joined ? "" : "BootstrapFailed", joined ? "" : "VM not bootstrapped yet")};
    put(kOuter, FactKind::KubevirtMachine, key, infra);

    VmFact vm;
    vm.meta = metaOf("kubevirt.io/v1", ns, name);
    vm.runStrategy = "Always";
    vm.printableStatus = "Running";
    vm.ready = true;
    vm.clusterName = cluster;
    vm.role = controlPlane ? "control-plane" : "worker";
    vm.machineName = name;
    vm.machineNamespace = ns;
    vm.size = size;
    put(kOuter, FactKind::Vm, key, vm);

    VmiFact vmi;
    vmi.meta = metaOf("kubevirt.io/v1", ns, name);
    vmi.meta.uid = "vmi-" + key;
    vmi.phase = "Running";
    vmi.nodeName = outerNode;
    vmi.firmwareUuid = uuid;
    vmi.guestOs = "Ubuntu 22.04.5 LTS";
    vmi.machineType = "pc-q35-rhel9.4.0";
    vmi.evictionStrategy = "External";
    vmi.clusterName = cluster;
    vmi.ips = {"10.244.2.31"};
    vmi.activePods = {{SharedText("pod-" + key), SharedText(outerNode)}};
    vmi.volumes = {{"root", "dataVolume", SharedText(name + "-root"), "Ready", 40 * kGiB}};
    vmi.size = size;
    vmi.conditions = {condition("Ready", "True"), condition("AgentConnected", "True"),
                      condition("LiveMigratable", "True")};
    put(kOuter, FactKind::Vmi, key, vmi);

    PodFact launcher;
    launcher.meta = metaOf("v1", ns, "virt-launcher-" + name + "-x7k2p");
    launcher.meta.uid = "pod-" + key;
    launcher.meta.ownerKind = "VirtualMachineInstance";
    launcher.meta.ownerName = name;
    launcher.nodeName = outerNode;
    launcher.phase = "Running";
    launcher.launcherOf = vmi.meta.uid;
    launcher.ready = true;
    launcher.containers = 1;
    launcher.readyContainers = 1;
    launcher.requests = {std::int64_t{cpus} * 100, memoryGiB * kGiB + 300 * kMiB};
    put(kOuter, FactKind::Pod, ns + "/" + launcher.meta.name, launcher);
    put(kOuter, FactKind::PodUsage, ns + "/" + launcher.meta.name,
        UsageFact{{std::int64_t{cpus} * 400, memoryGiB * kGiB * 6 / 10}, kNow});

    if (host != 0)
        put(host, FactKind::Domain, uuid,
            DomainFact{uuid, ns + "_" + name, "running", "booted", cpus, memoryGiB * kGiB});

    if (joined) {
        const SourceId inner = cluster == "blue" ? kBlue : cluster == "green" ? kGreen : kRed;
        KubeNodeFact fact = node(name, uuid, cpus, memoryGiB);
        fact.kubeletVersion = "v1.33.4";
        fact.providerId = machine.providerId;
        fact.clusterName = cluster;
        fact.clusterNamespace = ns;
        fact.roles = controlPlane ? "control-plane" : "";
        put(inner, FactKind::KubeNode, name, fact);
        put(inner, FactKind::NodeUsage, name,
            UsageFact{{std::int64_t{cpus} * 300, memoryGiB * kGiB / 2}, kNow});
        pod(inner, name, "kube-system", "cilium-" + name.substr(name.size() - 5), "DaemonSet", "cilium", 100,
            512);
        if (controlPlane) {
            for (const char* part : {"kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager"})
                pod(inner, name, "kube-system", std::string(part) + "-" + name, "Node", name, 250, 512);
        }
    }
}

void SiteBuilder::pod(SourceId source, const std::string& nodeName, const std::string& ns,
                      const std::string& name, const std::string& ownerKind, const std::string& ownerName,
                      int cpuMilli, int memoryMiB, bool ready)
{
    PodFact fact;
    fact.meta = metaOf("v1", ns, name);
    fact.meta.ownerKind = ownerKind;
    fact.meta.ownerName = ownerName;
    if (ownerKind == "ReplicaSet")
        fact.templateHash = ownerName.substr(ownerName.rfind('-') + 1);
    fact.isStatic = ownerKind == "Node";
    fact.nodeName = nodeName;
    fact.phase = "Running";
    fact.ready = ready;
    fact.containers = 1;
    fact.readyContainers = ready ? 1 : 0;
    fact.requests = {cpuMilli, memoryMiB * kMiB};
    put(source, FactKind::Pod, ns + "/" + name, fact);
    put(source, FactKind::PodUsage, ns + "/" + name, UsageFact{{cpuMilli / 2, memoryMiB * kMiB / 2}, kNow});
}

Batch pictureSite()
{
    SiteBuilder b;
    b.source(kOuter, SourceKind::OuterCluster, "rack-a", "https://10.0.0.10:6443", "v1.34.1");
    b.source(kBlue, SourceKind::InnerCluster, "blue", "https://10.0.50.1:6443", "v1.33.4", kOuter,
             "tenant-blue/blue");
    b.source(kGreen, SourceKind::InnerCluster, "green", "https://10.0.50.2:6443", "v1.33.4", kOuter,
             "tenant-green/green");
    b.source(kRed, SourceKind::InnerCluster, "red", "https://10.0.50.3:6443", "v1.33.4", kOuter,
             "tenant-red/red");
    for (unsigned i = 0; i < 4; ++i)
        b.host(kHosts[i], "metal-0" + std::to_string(i + 1), uuidOf(0xa0, i + 1), i < 2 ? 64 : 96,
               i < 2 ? 512 : 768);
    for (unsigned i = 0; i < 3; ++i) {
        const std::string name = "outer-" + std::to_string(i + 1);
        KubeNodeFact node = b.node(name, uuidOf(0xa0, i + 1), i < 2 ? 64 : 96, i < 2 ? 500 : 750);
        node.kvmDevices = 1000;
        node.kubevirtSchedulable = "true";
        if (name == "outer-2")
            node.conditions[1] = condition("MemoryPressure", "True", "KubeletHasInsufficientMemory",
                                           "kubelet has insufficient memory available");
        b.put(kOuter, FactKind::KubeNode, name, node);
        b.put(kOuter, FactKind::NodeUsage, name,
              UsageFact{{std::int64_t{20000} + i * 4000, (200 + static_cast<int>(i) * 120) * kGiB}, kNow});
    }
    b.cluster("blue", 1, 2, 1);
    b.cluster("green", 1, 1, 0);
    b.cluster("red", 1, 1, 1);
    b.machine(kHosts[0], "blue", "blue-cp-4kx9d", "outer-1", true, 8, 96);
    b.machine(kHosts[0], "blue", "blue-md-0-x8k1p", "outer-1", false, 16, 160);
    b.machine(kHosts[0], "red", "red-md-0-q2m7z", "outer-1", false, 8, 120);
    b.machine(kHosts[1], "blue", "blue-md-0-x8k2p", "outer-2", false, 16, 190);
    b.machine(kHosts[1], "green", "green-cp-7pl2m", "outer-2", true, 8, 110);
    b.machine(kHosts[1], "green", "green-md-0-w5t3c", "outer-2", false, 16, 140, false);
    b.machine(kHosts[2], "red", "red-cp-t6v2s", "outer-3", true, 8, 64);

    for (const char* name : {"web", "search", "queue"})
        b.pod(kBlue, "blue-md-0-x8k1p", "shop", std::string(name) + "-7d9f5b6c4-abcde", "ReplicaSet",
              std::string(name) + "-7d9f5b6c4", 2000, 24 * 1024);
    b.pod(kBlue, "blue-md-0-x8k2p", "shop", "checkout-6d9f8c7b5-kq2zx", "ReplicaSet", "checkout-6d9f8c7b5",
          2000, 64 * 1024, false);
    b.pod(kBlue, "blue-md-0-x8k2p", "shop", "cart-77c4bd9f6-9mwtd", "ReplicaSet", "cart-77c4bd9f6", 2000,
          48 * 1024, false);
    b.pod(kRed, "red-md-0-q2m7z", "lab", "db-0", "StatefulSet", "db", 4000, 64 * 1024);

    // The VM that paused when its disk filled up, and what that does to the node on it.
    VmFact vm;
    VmiFact vmi;
    KubeNodeFact node;
    MachineFact machine;
    for (const FactChange& change : b.batch.facts) {
        if (change.key.name == "tenant-blue/blue-md-0-x8k2p") {
            if (const auto* known = change.fact->as<VmFact>())
                vm = *known;
            if (const auto* known = change.fact->as<VmiFact>())
                vmi = *known;
            if (const auto* known = change.fact->as<MachineFact>())
                machine = *known;
        }
        if (change.key.source == kBlue && change.key.name == "blue-md-0-x8k2p" &&
            change.key.kind == FactKind::KubeNode)
            node = *change.fact->as<KubeNodeFact>();
    }
    vm.printableStatus = "Paused";
    vm.ready = false;
    vmi.conditions = {
        condition("Ready", "False", "GuestNotRunning"),
        condition("Paused", "True", "PausedIOError", "VMI was paused, low-level IO error detected"),
        condition("AgentConnected", "False")};
    node.conditions = {
        condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")};
    machine.conditions = {condition("NodeHealthy", "False", "NodeNotHealthy", "Node.Ready: Unknown")};
    b.put(kOuter, FactKind::Vm, "tenant-blue/blue-md-0-x8k2p", vm);
    b.put(kOuter, FactKind::Vmi, "tenant-blue/blue-md-0-x8k2p", vmi);
    b.put(kOuter, FactKind::Machine, "tenant-blue/blue-md-0-x8k2p", machine);
    b.put(kBlue, FactKind::KubeNode, "blue-md-0-x8k2p", node);
    return b.batch;
}

} // namespace strata::test
