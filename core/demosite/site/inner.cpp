// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/endpoints.h"
#include "core/demosite/site/front.h"
#include "core/demosite/site/write.h"

#include <algorithm>

// What is inside one tenant cluster.
namespace strata::demosite {
namespace {

struct App {
    const char* ns;
    const char* kind;
    const char* name;
    const char* image;
    int replicas;
    int cpuMilli;
    int memoryMi;
};

const std::vector<App>& applications(const std::string& tenant)
{
    static const std::vector<App> shop = {
        {"shop", "Deployment", "frontend", "registry.rack-a.lan/shop/frontend:2.14.0", 3, 500, 1024},
        {"shop", "Deployment", "checkout", "registry.rack-a.lan/shop/checkout:2.14.0", 2, 2000, 24576},
        {"shop", "Deployment", "cart", "registry.rack-a.lan/shop/cart:2.13.1", 2, 1000, 16384},
        {"shop", "Deployment", "catalog", "registry.rack-a.lan/shop/catalog:2.14.0", 3, 500, 2048},
        {"shop", "Deployment", "payment", "registry.rack-a.lan/shop/payment:1.9.4", 2, 500, 1024},
        {"shop", "Deployment", "shipping", "registry.rack-a.lan/shop/shipping:1.6.0", 2, 250, 512},
        {"shop", "Deployment", "search", "registry.rack-a.lan/shop/search:3.2.0", 2, 2000, 16384},
        {"shop", "Deployment", "recommendation", "registry.rack-a.lan/shop/recommendation:0.8.2", 2, 1000,
         4096},
        {"shop", "StatefulSet", "postgres", "docker.io/library/postgres:16.4", 2, 2000, 16384},
        {"shop", "StatefulSet", "rabbitmq", "docker.io/library/rabbitmq:3.13", 3, 500, 2048},
        {"shop", "StatefulSet", "redis", "docker.io/library/redis:7.4", 3, 250, 4096},
        {"monitoring", "Deployment", "grafana", "docker.io/grafana/grafana:11.2.0", 1, 250, 512},
        {"monitoring", "StatefulSet", "prometheus", "quay.io/prometheus/prometheus:v3.1.0", 1, 1000, 8192}};
    static const std::vector<App> lab = {
        {"lab", "Deployment", "notebook", "quay.io/jupyter/base-notebook:2025-06-01", 6, 400, 3072},
        {"lab", "Deployment", "runner", "registry.rack-a.lan/lab/runner:5.1.0", 8, 300, 2048},
        {"lab", "StatefulSet", "db", "docker.io/library/postgres:16.4", 1, 1000, 8192},
        {"lab", "StatefulSet", "minio", "quay.io/minio/minio:RELEASE.2025-04-22T22-12-26Z", 2, 500, 2048},
        {"monitoring", "StatefulSet", "prometheus", "quay.io/prometheus/prometheus:v3.1.0", 1, 500, 4096}};
    static const std::vector<App> web = {
        {"web", "Deployment", "nginx", "docker.io/library/nginx:1.27", 6, 250, 512},
        {"web", "Deployment", "api", "registry.rack-a.lan/web/api:7.0.3", 4, 500, 4096},
        {"web", "Deployment", "worker", "registry.rack-a.lan/web/worker:7.0.3", 5, 400, 4096},
        {"web", "Deployment", "mailer", "registry.rack-a.lan/web/mailer:1.2.0", 1, 100, 256},
        {"web", "StatefulSet", "mariadb", "docker.io/library/mariadb:11.4", 2, 750, 8192},
        {"ingress-nginx", "Deployment", "ingress-nginx-controller",
         "registry.k8s.io/ingress-nginx/controller:v1.12.1", 2, 250, 512}};
    if (tenant == "blue")
        return shop;
    return tenant == "red" || tenant == "slate" || (tenant.back() - '0') % 2 == 0 ? lab : web;
}

const std::vector<WorkloadPlan>& everyNode()
{
    static const std::vector<WorkloadPlan> all = {
        {"DaemonSet",
         "kube-system",
         "cilium",
         {{"cilium-agent", "quay.io/cilium/cilium:v1.17.4", 100, 512}},
         1,
         true,
         false},
        {"DaemonSet",
         "kube-system",
         "cilium-envoy",
         {{"cilium-envoy", "quay.io/cilium/cilium-envoy:v1.32.6", 50, 128}},
         1,
         true,
         false},
        {"DaemonSet",
         "kubevirt-csi-driver",
         "kubevirt-csi-node",
         {{"csi-driver", "quay.io/kubevirt/kubevirt-csi-driver:latest", 50, 128},
          {"csi-node-driver-registrar", "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.13.0", 10,
           32}},
         1,
         true,
         false},
        {"DaemonSet",
         "monitoring",
         "node-exporter",
         {{"node-exporter", "quay.io/prometheus/node-exporter:v1.9.1", 50, 64}},
         1,
         true,
         false}};
    return all;
}

void writeLease(Store& store, const SitePlan& plan, const std::string& cluster, const std::string& node,
                const std::string& at)
{
    store.load(
        Kinds::instance().get("leases"),
        fill(
            R"({"metadata":{"name":"@N@","namespace":"kube-node-lease","uid":"@U@","creationTimestamp":"@C@"},
                    "spec":{"holderIdentity":"@N@","leaseDurationSeconds":40,"renewTime":"@T@"}})",
            {{"N", node},
             {"U", plan.uid("lease/" + cluster + "/" + node)},
             {"C", plan.ago(86400)},
             {"T", at.substr(0, 19) + ".000000Z"}}));
}

} // namespace

NodePlan innerNodePlan(const SitePlan& plan, const VmPlan& vm, const std::string& created)
{
    const TenantPlan& tenant = plan.tenants[vm.tenant];
    const std::string key = tenant.name + "/" + vm.name;
    NodePlan node;
    node.name = vm.name;
    node.hostname = vm.name;
    node.uid = plan.uid("node/" + key);
    node.annotations =
        fill(R"(,"cluster.x-k8s.io/cluster-name":"@C@","cluster.x-k8s.io/cluster-namespace":"@C@",
        "cluster.x-k8s.io/machine":"@M@","cluster.x-k8s.io/owner-kind":"@K@","cluster.x-k8s.io/owner-name":"@O@")",
             {{"C", tenant.name},
              {"M", vm.name},
              {"K", vm.controlPlane ? "KubeadmControlPlane" : "MachineSet"},
              {"O", vm.controlPlane ? tenant.name + "-cp" : tenant.machineSet}});
    node.address = vm.address;
    node.cpus = vm.cpus;
    node.memoryGiB = vm.memoryGiB;
    node.version = plan.innerVersion;
    node.systemUuid = plan.uid("firmware/" + key);
    node.osImage = "Ubuntu 22.04.5 LTS";
    node.kernel = "5.15.0-139-generic";
    node.providerId = "kubevirt://" + vm.name;
    node.created = created;
    node.controlPlane = vm.controlPlane;
    node.lost = vm.state == VmState::Paused;
    node.lostSince = plan.ago(240);
    node.heartbeat = plan.ago(10);
    return node;
}

void writeInnerNode(Store& store, const SitePlan& plan, const VmPlan& vm, const std::string& created)
{
    const std::string& cluster = plan.tenants[vm.tenant].name;
    store.load(Kinds::instance().get("nodes", ""), nodeBody(innerNodePlan(plan, vm, created)));
    writeLease(store, plan, cluster, vm.name, vm.state == VmState::Paused ? plan.ago(250) : plan.ago(4));
    if (!vm.controlPlane)
        return;
    const std::string nodeUid = plan.uid("node/" + cluster + "/" + vm.name);
    const std::vector<ContainerPlan> parts = {
        {"etcd", "registry.k8s.io/etcd:3.5.21-0", 200, 512},
        {"kube-apiserver", "registry.k8s.io/kube-apiserver:" + plan.innerVersion, 500, 1024},
        {"kube-controller-manager", "registry.k8s.io/kube-controller-manager:" + plan.innerVersion, 200, 256},
        {"kube-scheduler", "registry.k8s.io/kube-scheduler:" + plan.innerVersion, 100, 128}};
    for (const ContainerPlan& part : parts) {
        PodPlan pod;
        pod.ns = "kube-system";
        pod.name = part.name + "-" + vm.name;
        pod.uid = plan.uid("static/" + cluster + "/" + pod.name);
        pod.labels = R"("component":")" + part.name + R"(","tier":"control-plane")";
        pod.annotations = R"("kubernetes.io/config.mirror":")" + plan.suffix(pod.uid, 12) +
                          R"(","kubernetes.io/config.source":"file")";
        if (part.name == "etcd")
            pod.annotations = '"' + std::string(kEtcdAnnounced) + R"(":"https://)" + vm.address +
                              R"(:2379",)" + pod.annotations;
        pod.owner = R"({"apiVersion":"v1","kind":"Node","name":")" + vm.name + R"(","uid":")" + nodeUid +
                    R"(","controller":true})";
        pod.node = vm.name;
        pod.address = vm.address;
        pod.created = created;
        pod.containers = {part};
        pod.hostNetwork = true;
        store.load(Kinds::instance().get("pods", ""), podBody(pod));
    }
}

std::optional<Front> frontOf(const SitePlan& plan, std::size_t tenant)
{
    constexpr std::size_t kFronts = 5;
    if (tenant >= kFronts)
        return std::nullopt;
    const std::string& cluster = plan.tenants[tenant].name;
    const App& app = applications(cluster).front();
    return Front{app.ns, app.name, plan.uid("service/" + cluster + "/" + app.name),
                 "10.20.200." + std::to_string(10 + tenant)};
}

std::string loadBalancerName(const std::string& uid)
{
    constexpr std::size_t kLongest = 32;
    std::string name = "a" + uid;
    name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
    name.resize(std::min(name.size(), kLongest));
    return name;
}

void writeInner(Store& store, const SitePlan& plan, std::size_t index)
{
    const TenantPlan& tenant = plan.tenants[index];
    const std::string& cluster = tenant.name;
    const long age = tenantAge(index) - 600;
    std::vector<std::string> names = {"default",         "kube-system", "kube-public",
                                      "kube-node-lease", "monitoring",  "kubevirt-csi-driver"};
    const auto& apps = applications(cluster);
    for (const App& app : apps) {
        if (std::find(names.begin(), names.end(), app.ns) == names.end())
            names.emplace_back(app.ns);
    }
    for (const std::string& name : names)
        writeNamespace(store, plan, cluster, name, age);
    std::vector<std::string> nodes;
    std::vector<std::string> workers;
    std::vector<std::string> planes;
    std::vector<std::string> lost;
    for (const std::size_t number : tenant.vms) {
        const VmPlan& vm = plan.vms[number];
        if (vm.state == VmState::Booting)
            continue;
        writeInnerNode(store, plan, vm, plan.ago(age));
        nodes.push_back(vm.name);
        (vm.controlPlane ? planes : workers).push_back(vm.name);
        if (vm.state == VmState::Paused) {
            lost.push_back(vm.name);
            writeEvent(store, plan, "default", "Node", "v1", vm.name,
                       plan.uid("node/" + cluster + "/" + vm.name), "Normal", "NodeNotReady",
                       "Node " + vm.name + " status is now: NodeNotReady", "node-controller", 240);
        }
    }
    if (workers.empty())
        workers = nodes;
    for (const WorkloadPlan& workload : everyNode())
        writeWorkload(store, plan, cluster, workload, nodes, lost, age);
    const std::vector<WorkloadPlan> platform = {
        {"Deployment",
         "kube-system",
         "coredns",
         {{"coredns", "registry.k8s.io/coredns/coredns:v1.12.0", 100, 70}},
         2,
         false,
         false},
        {"Deployment",
         "kube-system",
         "cilium-operator",
         {{"cilium-operator", "quay.io/cilium/operator-generic:v1.17.4", 50, 128}},
         1,
         true,
         false},
        {"Deployment",
         "kube-system",
         "hubble-relay",
         {{"hubble-relay", "quay.io/cilium/hubble-relay:v1.17.4", 50, 64}},
         1,
         false,
         false},
        {"Deployment",
         "kube-system",
         "metrics-server",
         {{"metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.7.2", 100, 200}},
         1,
         false,
         false}};
    for (const WorkloadPlan& workload : platform)
        writeWorkload(store, plan, cluster, workload, planes, lost, age);
    for (const App& app : apps)
        writeWorkload(store, plan, cluster,
                      {app.kind,
                       app.ns,
                       app.name,
                       {{app.name, app.image, app.cpuMilli, app.memoryMi}},
                       app.replicas,
                       false,
                       false},
                      workers, lost, age - 3600L * (1 + plan.uid(app.name)[0] % 30));
    writeApiService(store, plan, cluster, "10.95.0.1", age);
    if (const auto front = frontOf(plan, index))
        store.load(Kinds::instance().get("services", ""),
                   fill(R"({"metadata":{"name":"@N@","namespace":"@NS@","uid":"@U@","creationTimestamp":"@T@",
                    "finalizers":["service.kubernetes.io/load-balancer-cleanup"]},
                    "spec":{"type":"LoadBalancer","clusterIP":"10.95.0.80","clusterIPs":["10.95.0.80"],
                    "selector":{"app":"@N@"},
                    "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080,"nodePort":30080}]},
                    "status":{"loadBalancer":{"ingress":[{"ip":"@IP@","ipMode":"VIP"}]}}})",
                        {{"N", front->name},
                         {"NS", front->ns},
                         {"U", front->uid},
                         {"IP", front->address},
                         {"T", plan.ago(age - 3600)}}));
    writeEndpoints(store, plan, cluster);
    writeRootCas(store, plan, cluster, tenant.caCertificate);
}

} // namespace strata::demosite
