// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {

bool Site::kubeletAlive(const Store& store, const std::string& node) const
{
    const Key* const tenant = tenants.of(store);
    if (tenant == nullptr)
        return deadHosts.count(node) == 0;
    if (deadKubelets.count({tenant->ns, node}) != 0)
        return false;
    const Json vmi = read(outer, kindOf("virtualmachineinstances"), tenant->ns, node);
    return text(vmi, "status.phase") == "Running" && !isTrue(vmi, "Paused") &&
           kubeletAlive(outer, text(vmi, "status.nodeName"));
}

bool isNetworkPlugin(const Object& pod)
{
    // Helpers of Cilium that are no plugin themselves.
    if (pod.name.rfind("cilium-envoy", 0) == 0 || pod.name.rfind("cilium-operator", 0) == 0)
        return false;
    static constexpr std::string_view plugins[] = {"calico-node", "cilium",       "kube-flannel",
                                                   "canal",       "antrea-agent", "weave-net",
                                                   "kindnet",     "ovnkube-node", "kube-router"};
    return std::any_of(std::begin(plugins), std::end(plugins),
                       [&](std::string_view plugin) { return pod.name.rfind(plugin, 0) == 0; });
}

bool onlyHeartbeat(const StoreEvent& event)
{
    if (!event.previous || event.type != EventType::Modified)
        return false;
    constexpr std::string_view mark = R"("lastHeartbeatTime":")";
    const std::string_view a = event.previous->body;
    const std::string_view b = event.object->body;
    std::size_t at = 0;
    std::size_t bt = 0;
    for (;;) {
        const std::size_t aEnd = a.find(mark, at);
        const std::size_t bEnd = b.find(mark, bt);
        if (a.substr(at, aEnd == a.npos ? aEnd : aEnd - at) !=
            b.substr(bt, bEnd == b.npos ? bEnd : bEnd - bt))
            return false;
        if (aEnd == a.npos || bEnd == b.npos)
            return aEnd == bEnd || (aEnd == a.npos && bEnd == b.npos);
        at = a.find('"', aEnd + mark.size());
        bt = b.find('"', bEnd + mark.size());
        if (at == a.npos || bt == b.npos)
            return false;
    }
}

namespace {

constexpr double kLease = 10;     // kubelet's renewInterval
constexpr double kStatus = 300;   // nodeStatusReportFrequency
constexpr double kGrace = 40;     // node-monitor-grace-period, less 10 s
constexpr double kEviction = 300; // tolerationSeconds of not-ready and unreachable that pods get

// What kubelets tell of their nodes, and the node lifecycle controller that notices when they stop.
class NodeController : public Controller {
public:
    NodeController(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        if (key.name.empty())
            return heartbeat();
        const ObjectPtr object = m_store.get(coreKind("nodes"), "", key.name);
        served();
        if (!object) {
            m_deadSince.erase(key.name);
            orphans(key.name);
            return kOnChange;
        }
        const Json node = parseOwn(object->body);
        const Json* ready = conditionOf(node, "Ready");
        const bool lost = ready != nullptr && text(*ready, "reason") == "NodeStatusUnknown";
        if (m_site.kubeletAlive(m_store, key.name)) {
            m_deadSince.erase(key.name);
            if (lost)
                back(*object);
            network(*object, node);
            return kOnChange;
        }
        const double since = m_deadSince.emplace(key.name, m_site.now()).first->second;
        if (lost) {
            if (m_lostByUs.count(key.name) == 0)
                return kOnChange; // it was so from the start
            const double left = since + kGrace + kEviction - m_site.now();
            if (left > 0)
                return left;
            evict(key.name);
            if (m_site.tenants.of(m_store) == nullptr)
                giveUpGuests(*object);
            return kOnChange;
        }
        const double left = since + kGrace - m_site.now();
        if (left > 0)
            return left;
        lose(*object);
        return kEviction;
    }

private:
    // A tenant's API server is as new as the oldest of its control plane's nodes: while they are replaced one
    // by one, what answers there may be old.
    void served()
    {
        const Key* const tenant = m_site.tenants.of(m_store);
        Cluster* const cluster = tenant == nullptr ? nullptr : m_site.tenants.find(*tenant);
        if (cluster == nullptr)
            return;
        std::string oldest;
        for (const ObjectPtr& node : m_store.list(coreKind("nodes"))) {
            bool plane = false;
            lookUp(node->labels, "node-role.kubernetes.io/control-plane", &plane);
            if (!plane)
                continue;
            const std::string version = text(parseOwn(node->body), "status.nodeInfo.kubeletVersion");
            if (!version.empty() && (oldest.empty() || capi::olderVersion(version, oldest)))
                oldest = version;
        }
        if (!oldest.empty() && cluster->version() != oldest)
            cluster->setVersion(oldest);
    }

    double heartbeat()
    {
        const bool full = m_site.now() - m_reported >= kStatus;
        if (full)
            m_reported = m_site.now();
        const std::string now = timestamp(m_store);
        for (const ObjectPtr& node : m_store.list(coreKind("nodes"))) {
            if (!m_site.kubeletAlive(m_store, node->name)) {
                m_site.manager.enqueue(*this, {"", node->name});
                continue;
            }
            const bool renewed =
                edit(m_store, kindOf("leases"), "kube-node-lease", node->name,
                     [&](Json& lease) { lease["spec"]["renewTime"] = now.substr(0, 19) + ".000000Z"; });
            if (!renewed)
                create(m_store, kindOf("leases"),
                       {{"metadata", {{"name", node->name}, {"namespace", "kube-node-lease"}}},
                        {"spec",
                         {{"holderIdentity", node->name},
                          {"leaseDurationSeconds", 40},
                          {"renewTime", now.substr(0, 19) + ".000000Z"}}}});
            if (full)
                edit(m_store, coreKind("nodes"), "", node->name, [&](Json& edited) {
                    for (Json& condition : edited["status"]["conditions"])
                        condition["lastHeartbeatTime"] = now;
                });
        }
        return kLease;
    }

    static void taint(Json& node, const char* key, const char* effect, bool on, const std::string& at)
    {
        Json kept = Json::array();
        bool found = false;
        if (const Json* all = find(node, "spec.taints"); all != nullptr && all->is_array()) {
            for (const Json& each : *all) {
                const bool same = text(each, "key") == key && text(each, "effect") == effect;
                found = found || same;
                if (!same || on)
                    kept.push_back(each);
            }
        }
        if (on && !found)
            kept.push_back({{"key", key}, {"effect", effect}, {"timeAdded", at}});
        if (kept.empty())
            node["spec"].erase("taints");
        else
            node["spec"]["taints"] = std::move(kept);
    }

    // Ready needs a network plugin's pod on the node.
    void network(const Object& object, const Json& node)
    {
        bool plugin = false;
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") == object.name && isNetworkPlugin(*pod) &&
                lookUp(pod->fields, "status.phase") == "Running")
                plugin = true;
        }
        if (plugin == isTrue(node, "Ready"))
            return;
        const std::string at = timestamp(m_store);
        edit(m_store, coreKind("nodes"), "", object.name, [&](Json& edited) {
            setCondition(edited["status"],
                         plugin
                             ? Condition{"Ready", "True", "KubeletReady", "kubelet is posting ready status"}
                             : Condition{"Ready", "False", "KubeletNotReady",
                                         "container runtime network not ready: NetworkReady=false "
                                         "reason:NetworkPluginNotReady message:Network plugin returns "
                                         "error: cni plugin not initialized"},
                         at);
            taint(edited, "node.kubernetes.io/not-ready", "NoSchedule", !plugin, at);
        });
        tell(m_store, object, "Normal", plugin ? "NodeReady" : "NodeNotReady",
             "Node " + object.name + " status is now: " + (plugin ? "NodeReady" : "NodeNotReady"), "kubelet");
    }

    void lose(const Object& object)
    {
        const std::string at = timestamp(m_store);
        m_lostByUs.insert(object.name);
        edit(m_store, coreKind("nodes"), "", object.name, [&](Json& edited) {
            for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"})
                setCondition(edited["status"],
                             {type, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."},
                             at);
            taint(edited, "node.kubernetes.io/unreachable", "NoSchedule", true, at);
            taint(edited, "node.kubernetes.io/unreachable", "NoExecute", true, at);
        });
        if (m_site.tenants.of(m_store) == nullptr)
            virtHandler(object, false);
        tell(m_store, object, "Normal", "NodeNotReady",
             "Node " + object.name + " status is now: NodeNotReady", "node-controller");
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") != object.name ||
                lookUp(pod->fields, "status.phase") != "Running")
                continue;
            edit(m_store, coreKind("pods"), pod->ns, pod->name, [&](Json& edited) {
                setCondition(edited["status"], {"Ready", "False", "", ""}, at);
            });
        }
    }

    // virt-controller's node watch: a node whose virt-handler is silent takes no guests, and those it had are
    // given up when their pods are.
    void virtHandler(const Object& node, bool answers)
    {
        edit(m_store, coreKind("nodes"), "", node.name, [&](Json& edited) {
            if (label(edited, "kubevirt.io/schedulable").empty())
                return;
            edited["metadata"]["labels"]["kubevirt.io/schedulable"] = answers ? "true" : "false";
            if (answers)
                edited["metadata"]["annotations"]["kubevirt.io/heartbeat"] = timestamp(m_store);
        });
        if (!answers)
            tell(m_store, node, "Normal", "NodeUnresponsive",
                 "virt-handler is not responsive, marking node as unresponsive", "node-controller");
    }

    void giveUpGuests(const Object& node)
    {
        const Kind& kind = kindOf("virtualmachineinstances");
        for (const ObjectPtr& vmi : m_store.list(kind)) {
            const Json body = parseOwn(vmi->body);
            if (text(body, "status.nodeName") != node.name || text(body, "status.phase") != "Running")
                continue;
            tell(m_store, node, "Warning", "NodeUnresponsive",
                 "virt-handler is not present, there are orphaned vmis on this node. Run virt-handler on "
                 "this node to "
                 "migrate or remove them.",
                 "node-controller");
            edit(m_store, kind, vmi->ns, vmi->name, [&](Json& edited) {
                edited["status"]["phase"] = "Failed";
                edited["status"]["reason"] = "NodeUnresponsive";
                setCondition(edited["status"],
                             {"Ready", "False", "PodTerminating", "virt-launcher pod is terminating"},
                             timestamp(m_store));
            });
        }
    }

    void back(const Object& object)
    {
        const std::string at = timestamp(m_store);
        m_lostByUs.erase(object.name);
        virtHandler(object, true);
        edit(m_store, coreKind("nodes"), "", object.name, [&](Json& edited) {
            Json& status = edited["status"];
            setCondition(status,
                         {"MemoryPressure", "False", "KubeletHasSufficientMemory",
                          "kubelet has sufficient memory available"},
                         at);
            setCondition(
                status, {"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
                at);
            setCondition(
                status,
                {"PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
                at);
            setCondition(status, {"Ready", "True", "KubeletReady", "kubelet is posting ready status"}, at);
            for (Json& condition : status["conditions"])
                condition["lastHeartbeatTime"] = at;
            for (const char* effect : {"NoSchedule", "NoExecute"})
                taint(edited, "node.kubernetes.io/unreachable", effect, false, at);
        });
        tell(m_store, object, "Normal", "NodeReady", "Node " + object.name + " status is now: NodeReady",
             "kubelet");
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") != object.name ||
                lookUp(pod->fields, "status.phase") != "Running")
                continue;
            edit(m_store, coreKind("pods"), pod->ns, pod->name, [&](Json& edited) {
                for (const char* type : {"Ready", "ContainersReady"})
                    setCondition(edited["status"], {type, "True", "", ""}, at);
                if (edited["status"].contains("containerStatuses")) {
                    for (Json& container : edited["status"]["containerStatuses"])
                        container["ready"] = true;
                }
            });
        }
    }

    // Pods that tolerate the taint (daemons, the static ones) stay.
    void evict(const std::string& node)
    {
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") != node || deleting(*pod))
                continue;
            const Json body = parseOwn(pod->body);
            if (ownerName(body, "DaemonSet").empty() && ownerName(body, "Node").empty() &&
                ownerName(body, "VirtualMachineInstance").empty()) {
                tell(m_store, *pod, "Normal", "TaintManagerEviction",
                     "Marking for deletion Pod " + pod->ns + "/" + pod->name, "taint-eviction-controller");
                (void)m_store.remove(coreKind("pods"), pod->ns, pod->name);
            }
        }
    }

    // Pods of a node that is gone.
    void orphans(const std::string& node)
    {
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") == node)
                removeEnded(m_store, *pod);
        }
        (void)m_store.remove(kindOf("leases"), "kube-node-lease", node);
    }

    Site& m_site;
    Store& m_store;
    std::map<std::string, double> m_deadSince;
    std::set<std::string> m_lostByUs;
    double m_reported = 0;
};

} // namespace

void addNodeController(Site& site, Store& store, bool heartbeats)
{
    Controller& nodes = site.manager.add(store, std::make_unique<NodeController>(site, store));
    if (&store == &site.outer)
        site.named["nodes"] = &nodes;
    if (heartbeats)
        site.manager.enqueue(nodes, {}, kLease);
    site.manager.watch(store, coreKind("nodes"), nodes,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (!onlyHeartbeat(event))
                               enqueue({"", event.object->name});
                       });
    site.manager.watch(store, coreKind("pods"), nodes,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (isNetworkPlugin(*event.object))
                               enqueue({"", std::string(lookUp(event.object->fields, "spec.nodeName"))});
                       });
    // What happens to a VM happens to the node in it.
    if (const Key* const tenant = site.tenants.of(store))
        site.manager.watch(site.outer, kindOf("virtualmachineinstances"), nodes,
                           [ns = tenant->ns](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                               if (event.object->ns == ns)
                                   enqueue({"", event.object->name});
                           });
}

} // namespace strata::demosite
