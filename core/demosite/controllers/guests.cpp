// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"
#include "core/demosite/site/write.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr double kAgent = 12; // seconds from a running domain to the guest agent
constexpr double kInit = 40;  // to the end of kubeadm init
constexpr double kJoin = 30;  // of kubeadm join

// What runs inside VMs: the guest agent, cloud-init with kubeadm, and with them a tenant's API server, its
// static pods and its Nodes. Nothing here is seen by other controllers but through what a guest shows.
class Guests : public Controller {
public:
    explicit Guests(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kindOf("virtualmachineinstances"), key.ns, key.name);
        if (!object) {
            m_states.erase(key);
            return kOnChange;
        }
        const Json vmi = parseOwn(object->body);
        if (text(vmi, "status.phase") != "Running" || deleting(vmi) || isTrue(vmi, "Paused"))
            return kOnChange;
        State& state = m_states[key];
        if (state.uid != object->uid)
            state = {object->uid, m_site.now(), false};
        const double ran = m_site.now() - state.since;
        double again = kOnChange;
        if (!isTrue(vmi, "AgentConnected") && m_site.agentless.count(key) == 0) {
            if (ran < kAgent)
                return kAgent - ran;
            agent(key);
        }
        const std::string machine(lookUp(object->labels, kMachineNameLabel));
        if (machine.empty() || state.done)
            return again;
        const Json infra = read(m_store, kindOf("kubevirtmachines"), key.ns, machine);
        if (infra.is_null() || isTrue(infra, "BootstrapExecSucceeded")) {
            state.done = true;
            return again;
        }
        if (m_site.hit("bootstrap-hangs"))
            return kOnChange;
        const Json secret = read(m_store, coreKind("secrets"), key.ns, machine + "-userdata");
        std::string data;
        base64Decode(text(secret, "data.userdata"), data);
        const bool init = data.find("kubeadm init") != std::string::npos;
        const Key tenant{key.ns, std::string(lookUp(object->labels, kClusterName))};
        const double need = init ? kInit : kJoin;
        if (ran < need)
            return need - ran;
        const Json owner = read(m_store, machines(), key.ns, machine);
        if (owner.is_null())
            return kOnChange;
        const std::string version = text(owner, "spec.version");
        if (init && m_site.tenants.find(tenant) == nullptr) {
            m_site.tenants.serve(tenant, version);
            furnish(tenant, version, data, owner);
        }
        Cluster* const inner = m_site.tenants.find(tenant);
        if (inner == nullptr)
            return 10; // kubeadm join tries again
        const bool plane = lookUp(object->labels, "cluster.x-k8s.io/role") == "control-plane";
        node(*inner, key, vmi, version, plane, owner);
        state.done = true;
        m_site.bootstrapped.insert(key);
        m_site.poke("kubevirtmachines", {key.ns, machine});
        for (Controller* const controller : m_site.byNode)
            m_site.manager.enqueue(*controller, {key.ns, machine});
        return kOnChange;
    }

    // A site's own VM that was in its boot when the site was made.
    void resume(const Key& key, double left)
    {
        const ObjectPtr object = m_store.get(kindOf("virtualmachineinstances"), key.ns, key.name);
        if (object)
            m_states[key] = {object->uid, m_site.now() + left - kJoin, false};
    }

private:
    struct State {
        std::string uid;
        double since = 0;
        bool done = false;
    };

    void agent(const Key& key)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, kindOf("virtualmachineinstances"), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            setCondition(status, {"AgentConnected", "True", "", ""}, at);
            status["guestOSInfo"] = {
                {"id", "ubuntu"},     {"name", "Ubuntu"},     {"prettyName", "Ubuntu 22.04.5 LTS"},
                {"version", "22.04"}, {"versionId", "22.04"}, {"kernelRelease", "5.15.0-139-generic"},
                {"machine", "x86_64"}};
            if (status.contains("interfaces") && status["interfaces"].is_array()) {
                for (Json& each : status["interfaces"])
                    each["infoSource"] = "domain, guest-agent";
            }
        });
    }

    // What kubeadm init leaves in a new cluster.
    void furnish(const Key& tenant, const std::string& version, const std::string& data, const Json& machine)
    {
        Cluster* const inner = m_site.tenants.find(tenant);
        if (inner == nullptr)
            return;
        Store& store = inner->store();
        for (const char* name : {"default", "kube-system", "kube-public", "kube-node-lease"})
            create(store, coreKind("namespaces"), {{"metadata", {{"name", name}}}});
        create(store, coreKind("services"),
               {{"metadata",
                 {{"name", "kubernetes"},
                  {"namespace", "default"},
                  {"labels", {{"component", "apiserver"}, {"provider", "kubernetes"}}}}},
                {"spec",
                 {{"type", "ClusterIP"},
                  {"clusterIP", "10.95.0.1"},
                  {"clusterIPs", Json::array({"10.95.0.1"})},
                  {"ports",
                   Json::array(
                       {{{"name", "https"}, {"port", 443}, {"protocol", "TCP"}, {"targetPort", 6443}}})}}}});
        create(store, coreKind("services"),
               {{"metadata",
                 {{"name", "kube-dns"}, {"namespace", "kube-system"}, {"labels", {{"k8s-app", "kube-dns"}}}}},
                {"spec",
                 {{"type", "ClusterIP"},
                  {"clusterIP", "10.95.0.10"},
                  {"clusterIPs", Json::array({"10.95.0.10"})},
                  {"selector", {{"k8s-app", "kube-dns"}}},
                  {"ports", Json::array({{{"name", "dns"}, {"port", 53}, {"protocol", "UDP"}}})}}}});
        create(store, coreKind("configmaps"),
               {{"metadata", {{"name", "kubeadm-config"}, {"namespace", "kube-system"}}},
                {"data",
                 {{"ClusterConfiguration", "apiVersion: kubeadm.k8s.io/v1beta4\nclusterName: " + tenant.name +
                                               "\nkind: ClusterConfiguration\nkubernetesVersion: " + version +
                                               "\n"}}}});
        const Json toleration =
            Json::array({{{"key", "node-role.kubernetes.io/control-plane"}, {"effect", "NoSchedule"}},
                         {{"key", "CriticalAddonsOnly"}, {"operator", "Exists"}}});
        const auto app = [](const char* name, const char* image, const char* cpu, const char* memory) {
            return Json{{"name", name},
                        {"image", image},
                        {"resources", {{"requests", {{"cpu", cpu}, {"memory", memory}}}}}};
        };
        create(
            store, kindOf("deployments"),
            {{"metadata",
              {{"name", "coredns"}, {"namespace", "kube-system"}, {"labels", {{"k8s-app", "kube-dns"}}}}},
             {"spec",
              {{"replicas", 2},
               {"strategy",
                {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", 1}, {"maxSurge", "25%"}}}}},
               {"selector", {{"matchLabels", {{"k8s-app", "kube-dns"}}}}},
               {"template",
                {{"metadata", {{"labels", {{"k8s-app", "kube-dns"}}}}},
                 {"spec",
                  {{"tolerations", toleration},
                   {"containers", Json::array({app("coredns", "registry.k8s.io/coredns/coredns:v1.12.0",
                                                   "100m", "70Mi")})}}}}}}}});
        (void)data;
        const Json config =
            read(m_store, kindOf("kubeadmconfigs"), tenant.ns, text(machine, "metadata.name"));
        const Json* skipped = find(config, "spec.initConfiguration.skipPhases");
        if (skipped != nullptr && skipped->is_array() &&
            std::find(skipped->begin(), skipped->end(), Json("addon/kube-proxy")) != skipped->end())
            return;
        create(store, kindOf("daemonsets"),
               {{"metadata",
                 {{"name", "kube-proxy"},
                  {"namespace", "kube-system"},
                  {"labels", {{"k8s-app", "kube-proxy"}}}}},
                {"spec",
                 {{"selector", {{"matchLabels", {{"k8s-app", "kube-proxy"}}}}},
                  {"template",
                   {{"metadata", {{"labels", {{"k8s-app", "kube-proxy"}}}}},
                    {"spec",
                     {{"hostNetwork", true},
                      {"tolerations", Json::array({{{"operator", "Exists"}}})},
                      {"containers",
                       Json::array({app("kube-proxy", ("registry.k8s.io/kube-proxy:" + version).c_str(),
                                        "10m", "32Mi")})}}}}}}}});
    }

    void node(Cluster& inner, const Key& key, const Json& vmi, const std::string& version, bool plane,
              const Json& machine)
    {
        Store& store = inner.store();
        if (store.get(coreKind("nodes"), "", key.name))
            return;
        NodePlan plan;
        plan.name = key.name;
        plan.hostname = key.name;
        plan.uid = store.newUid();
        plan.cpus =
            static_cast<int>(std::clamp(number(vmi, "status.currentCPUTopology.cores")
                                            .value_or(number(vmi, "spec.domain.cpu.cores").value_or(1)),
                                        1LL, 256LL));
        const auto bytes = parseQuantity(text(vmi, "spec.domain.memory.guest")).value_or(1LL << 30U);
        plan.memoryGiB = static_cast<int>(std::clamp<std::int64_t>(bytes >> 30U, 1, 4096));
        plan.version = version;
        plan.systemUuid = text(vmi, "spec.domain.firmware.uuid");
        plan.osImage = "Ubuntu 22.04.5 LTS";
        plan.kernel = "5.15.0-139-generic";
        plan.created = timestamp(store);
        plan.heartbeat = plan.created;
        plan.controlPlane = plane;
        if (m_site.hit("wrong-provider-id"))
            plan.providerId = "k3s://" + key.name;
        if (const Json* interfaces = find(vmi, "status.interfaces");
            interfaces != nullptr && !interfaces->empty())
            plan.address = text(interfaces->front(), "ipAddress");
        Json body = parseOwn(nodeBody(plan));
        body.erase("podCIDR");
        setCondition(body["status"],
                     {"Ready", "False", "KubeletNotReady",
                      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
                      "message:Network plugin returns error: cni plugin not initialized"},
                     plan.created);
        Json taints =
            Json::array({{{"key", "node.kubernetes.io/not-ready"}, {"effect", "NoSchedule"}},
                         {{"key", "node.cluster.x-k8s.io/uninitialized"}, {"effect", "NoSchedule"}}});
        if (plane)
            taints.push_back({{"key", "node-role.kubernetes.io/control-plane"}, {"effect", "NoSchedule"}});
        const Json config = read(m_store, kindOf("kubeadmconfigs"), key.ns, text(machine, "metadata.name"));
        for (const char* how : {"initConfiguration", "joinConfiguration"}) {
            const Json* more = find(config, std::string("spec.") + how + ".nodeRegistration.taints");
            if (more != nullptr && more->is_array()) {
                for (const Json& taint : *more)
                    taints.push_back(taint);
            }
            nodeLabels(body, find(config, std::string("spec.") + how + ".nodeRegistration.kubeletExtraArgs"));
        }
        body["spec"]["taints"] = std::move(taints);
        const ObjectPtr made = create(store, coreKind("nodes"), std::move(body));
        if (!made)
            return;
        tell(store, *made, "Normal", "Starting", "Starting kubelet.", "kubelet");
        if (plane)
            staticPods(store, *made, version, plan.address);
    }

    static void nodeLabels(Json& node, const Json* arguments)
    {
        if (arguments == nullptr || !arguments->is_array())
            return;
        for (const Json& argument : *arguments) {
            if (text(argument, "name") != "node-labels")
                continue;
            const std::string all = text(argument, "value") + ",";
            for (std::size_t at = 0, end = 0; (end = all.find(',', at)) != std::string::npos; at = end + 1) {
                const std::string pair = all.substr(at, end - at);
                const std::size_t equal = pair.find('=');
                if (equal != std::string::npos)
                    node["metadata"]["labels"][pair.substr(0, equal)] = pair.substr(equal + 1);
            }
        }
    }

    static void staticPods(Store& store, const Object& node, const std::string& version,
                           const std::string& address)
    {
        struct Part {
            const char* name;
            std::string image;
            const char* cpu;
            const char* memory;
        };
        const Part parts[] = {
            {"etcd", "registry.k8s.io/etcd:3.5.21-0", "100m", "100Mi"},
            {"kube-apiserver", "registry.k8s.io/kube-apiserver:" + version, "250m", "512Mi"},
            {"kube-controller-manager", "registry.k8s.io/kube-controller-manager:" + version, "200m",
             "128Mi"},
            {"kube-scheduler", "registry.k8s.io/kube-scheduler:" + version, "100m", "64Mi"}};
        for (const Part& part : parts) {
            Json annotations = {{"kubernetes.io/config.mirror", hashWord(node.uid + part.name, 12)},
                                {"kubernetes.io/config.source", "file"}};
            if (std::string_view(part.name) == "etcd")
                annotations[kEtcdAnnounced] = "https://" + address + ":2379";
            create(store, coreKind("pods"),
                   {{"metadata",
                     {{"name", std::string(part.name) + "-" + node.name},
                      {"namespace", "kube-system"},
                      {"labels", {{"component", part.name}, {"tier", "control-plane"}}},
                      {"annotations", std::move(annotations)},
                      {"ownerReferences", Json::array({{{"apiVersion", "v1"},
                                                        {"kind", "Node"},
                                                        {"name", node.name},
                                                        {"uid", node.uid},
                                                        {"controller", true}}})}}},
                    {"spec",
                     {{"nodeName", node.name},
                      {"hostNetwork", true},
                      {"priorityClassName", "system-node-critical"},
                      {"containers",
                       Json::array({{{"name", part.name},
                                     {"image", part.image},
                                     {"resources",
                                      {{"requests", {{"cpu", part.cpu}, {"memory", part.memory}}}}}}})}}}});
        }
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, State> m_states;
};

} // namespace

void addGuests(Site& site)
{
    Controller& controller = site.manager.add(site.outer, std::make_unique<Guests>(site));
    site.named["guests"] = &controller;
    site.manager.watch(site.outer, kindOf("virtualmachineinstances"), controller);
}

void resumeGuest(Site& site, const Key& key, double left)
{
    static_cast<Guests*>(site.named.at("guests"))->resume(key, left);
    site.manager.enqueue(*site.named.at("guests"), key, left);
}

} // namespace strata::demosite
