// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "machine.cluster.x-k8s.io";
constexpr double kDrain = 3; // seconds until evicted pods have ended
constexpr double kAgain = 2; // seconds until those that a budget held are tried again

// One Machine: waits for its bootstrap data, its infrastructure and its Node, and takes them down again after
// draining.
class MachineController : public Controller {
public:
    explicit MachineController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(machines(), key.ns, key.name);
        if (!object) {
            m_drained.erase(key);
            return kOnChange;
        }
        const Json machine = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, machine);
        if (cluster.is_null() || pausedNow(m_site, machines(), key, cluster, machine))
            return kOnChange;
        const Json* bootstrapRef = find(machine, "spec.bootstrap.configRef");
        const Json* infraRef = find(machine, "spec.infrastructureRef");
        if (!deleting(machine)) {
            adopt(*object, machine, bootstrapRef);
            adopt(*object, machine, infraRef);
        }
        const Json config = referred(key.ns, bootstrapRef);
        const Json infra = referred(key.ns, infraRef);
        Cluster* const inner = controlPlaneInitialized(cluster)
                                   ? m_site.tenants.find({key.ns, text(cluster, "metadata.name")})
                                   : nullptr;
        const std::string providerId =
            flag(infra, "status.ready") ? text(infra, "spec.providerID") : text(machine, "spec.providerID");
        const ObjectPtr node = nodeOf(inner, providerId);
        std::string stage;
        std::string stageWords;
        double again = kOnChange;
        if (deleting(machine))
            again = takeDown(key, machine, cluster, inner, config, infra, bootstrapRef, infraRef, stage,
                             stageWords);
        else if (node && inner != nullptr)
            label(*node, inner->store(), machine, cluster);
        if (!m_store.get(machines(), key.ns, key.name))
            return kOnChange;
        report(key, cluster, config, infra, bootstrapRef != nullptr, inner, node, stage, stageWords);
        if (stage == "DeletionCompleted")
            edit(m_store, machines(), key.ns, key.name,
                 [](Json& edited) { removeFinalizer(edited, kFinalizer); });
        return again;
    }

private:
    Json referred(const std::string& ns, const Json* ref) const
    {
        const Kind* kind = kindOfRef(ref);
        return kind == nullptr ? Json() : read(m_store, *kind, ns, text(*ref, "name"));
    }

    void adopt(const Object& object, const Json& machine, const Json* ref)
    {
        const Kind* kind = kindOfRef(ref);
        if (kind == nullptr)
            return;
        const Json body = read(m_store, *kind, object.ns, text(*ref, "name"));
        const std::string cluster = text(machine, "spec.clusterName");
        if (body.is_null() || (isOwnedBy(body, object.uid) && demosite::label(body, kClusterName) == cluster))
            return;
        edit(m_store, *kind, object.ns, text(*ref, "name"), [&](Json& edited) {
            addOwner(edited, ownerOf(object));
            edited["metadata"]["labels"][kClusterName] = cluster;
        });
    }

    static ObjectPtr nodeOf(Cluster* inner, const std::string& providerId)
    {
        if (inner == nullptr || providerId.empty())
            return nullptr;
        const std::string wanted = R"("providerID":")" + providerId + "\"";
        for (const ObjectPtr& node : inner->store().list(coreKind("nodes"))) {
            if (node->body.find(wanted) != std::string::npos)
                return node;
        }
        return nullptr;
    }

    // What Cluster API writes on a Node that it knows.
    void label(const Object& node, Store& store, const Json& machine, const Json& cluster)
    {
        const Json body = parseOwn(node.body);
        const std::string name = text(machine, "metadata.name");
        if (annotation(body, "cluster.x-k8s.io/machine") == name)
            return;
        edit(store, coreKind("nodes"), "", node.name, [&](Json& edited) {
            Json& annotations = edited["metadata"]["annotations"];
            annotations["cluster.x-k8s.io/cluster-name"] = text(cluster, "metadata.name");
            annotations["cluster.x-k8s.io/cluster-namespace"] = text(cluster, "metadata.namespace");
            annotations["cluster.x-k8s.io/machine"] = name;
            for (const char* kind : {"KubeadmControlPlane", "MachineSet"}) {
                const std::string owner = ownerName(machine, kind);
                if (owner.empty())
                    continue;
                annotations["cluster.x-k8s.io/owner-kind"] = kind;
                annotations["cluster.x-k8s.io/owner-name"] = owner;
            }
            if (const Json* labels = find(machine, "metadata.labels");
                labels != nullptr && labels->is_object()) {
                for (const auto& [label, value] : labels->items()) {
                    if (label.rfind("node-role.kubernetes.io/", 0) == 0 ||
                        label.rfind("node.cluster.x-k8s.io/", 0) == 0 ||
                        label.rfind("node-restriction.kubernetes.io/", 0) == 0)
                        edited["metadata"]["labels"][label] = value;
                }
            }
            Json kept = Json::array();
            if (const Json* taints = find(edited, "spec.taints"); taints != nullptr && taints->is_array()) {
                for (const Json& taint : *taints) {
                    if (text(taint, "key") != "node.cluster.x-k8s.io/uninitialized")
                        kept.push_back(taint);
                }
                if (kept.empty())
                    edited["spec"].erase("taints");
                else
                    edited["spec"]["taints"] = std::move(kept);
            }
        });
    }

    double takeDown(const Key& key, const Json& machine, const Json& cluster, Cluster* inner,
                    const Json& config, const Json& infra, const Json* bootstrapRef, const Json* infraRef,
                    std::string& stage, std::string& words)
    {
        const std::string node = text(machine, "status.nodeRef.name");
        const Json* annotations = find(machine, "metadata.annotations");
        const bool excluded =
            annotations != nullptr && annotations->contains("machine.cluster.x-k8s.io/exclude-node-draining");
        if (!node.empty() && inner != nullptr && !excluded && !deleting(cluster) &&
            m_drained.count(key) == 0 && !infra.is_null() && !deleting(infra)) {
            const auto since = m_drainSince.emplace(key, m_site.now()).first;
            const std::string held = drain(inner->store(), node, m_site.kubeletAlive(inner->store(), node));
            const double left = since->second + kDrain - m_site.now();
            const auto patience = number(machine, "spec.deletion.nodeDrainTimeoutSeconds");
            const bool over =
                patience && *patience > 0 && m_site.now() > since->second + static_cast<double>(*patience);
            if (left > 0 || (!held.empty() && !over)) {
                stage = "DrainingNode";
                words = "Drain not completed yet (started at " + text(machine, "metadata.deletionTimestamp") +
                        ")" + (held.empty() ? "" : ":\n* " + held);
                return std::max(left, kAgain);
            }
            m_drained.insert(key);
            m_drainSince.erase(key);
        }
        const auto drop = [&](const Json& object, const Json* ref) {
            const Kind* kind = kindOfRef(ref);
            if (object.is_null() || kind == nullptr)
                return false;
            if (!deleting(object))
                (void)m_store.remove(*kind, key.ns, text(*ref, "name"));
            return m_store.get(*kind, key.ns, text(*ref, "name")) != nullptr;
        };
        if (drop(infra, infraRef)) {
            stage = "WaitingForInfrastructureDeletion";
            words = "KubevirtMachine deletion in progress";
            return kOnChange;
        }
        if (drop(config, bootstrapRef)) {
            stage = "WaitingForBootstrapDeletion";
            return kOnChange;
        }
        if (!node.empty() && inner != nullptr && !deleting(cluster))
            (void)inner->store().remove(coreKind("nodes"), "", node);
        stage = "DeletionCompleted";
        return kOnChange;
    }

    // Evicts what is left on the node; whom a disruption budget holds, in upstream's words.
    // Of a node that does not answer no pod ever goes: `alive` tells.
    static std::string drain(Store& store, const std::string& node, bool alive)
    {
        std::string held;
        edit(store, coreKind("nodes"), "", node,
             [](Json& edited) { edited["spec"]["unschedulable"] = true; });
        for (const ObjectPtr& pod : store.list(coreKind("pods"))) {
            if (lookUp(pod->fields, "spec.nodeName") != node)
                continue;
            const Json body = parseOwn(pod->body);
            if (!ownerName(body, "DaemonSet").empty() || !ownerName(body, "Node").empty())
                continue;
            if (deleting(body)) {
                if (alive)
                    held = "Pod " + pod->ns + "/" + pod->name +
                           ": deletionTimestamp set, but still not removed from the Node";
                continue;
            }
            const std::string budget = evict(store, *pod);
            if (!budget.empty())
                held = "Pod " + pod->ns + "/" + pod->name +
                       ": cannot evict pod as it would violate the pod's disruption budget. The disruption "
                       "budget " +
                       budget + " does not allow it now";
        }
        return held;
    }

    void report(const Key& key, const Json& cluster, const Json& config, const Json& infra, bool hasBootstrap,
                Cluster* inner, const ObjectPtr& node, const std::string& stage,
                const std::string& stageWords)
    {
        const Json nodeBody = node ? parseOwn(node->body) : Json();
        const std::string at = timestamp(m_store);
        edit(m_store, machines(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            const bool goes = deleting(edited);
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            const bool data = flag(config, "status.initialization.dataSecretCreated") ||
                              flag(edited, "status.initialization.bootstrapDataSecretCreated") ||
                              (!hasBootstrap && !text(edited, "spec.bootstrap.dataSecretName").empty());
            if (flag(config, "status.initialization.dataSecretCreated") &&
                text(edited, "spec.bootstrap.dataSecretName").empty())
                edited["spec"]["bootstrap"]["dataSecretName"] = text(config, "status.dataSecretName");
            const bool ready = flag(infra, "status.ready");
            const bool provisioned = ready || flag(edited, "status.initialization.infrastructureProvisioned");
            Json& initialization = status["initialization"];
            initialization["infrastructureProvisioned"] = provisioned;
            initialization["bootstrapDataSecretCreated"] = data;
            if (ready && text(edited, "spec.providerID").empty())
                edited["spec"]["providerID"] = text(infra, "spec.providerID");
            if (const Json* addresses = find(infra, "status.addresses"); ready && addresses != nullptr) {
                Json all = Json::array();
                for (const char* type : {"InternalIP", "Hostname"}) {
                    for (const Json& address : *addresses) {
                        if (text(address, "type") == type)
                            all.push_back(address);
                    }
                }
                status["addresses"] = std::move(all);
            }
            if (node) {
                status["nodeRef"] = {{"name", node->name}};
                status["nodeInfo"] = part(nodeBody, "status.nodeInfo");
            }
            const bool joined = !text(status, "nodeRef.name").empty();
            const std::string phase = goes          ? "Deleting"
                                      : joined      ? "Running"
                                      : provisioned ? "Provisioned"
                                      : data        ? "Provisioning"
                                                    : "Pending";
            const std::string before = text(status, "phase");
            if (before != phase && !(before == "Provisioned" && phase == "Provisioning")) {
                status["phase"] = phase;
                status["lastUpdated"] = at;
            }
            conditions(edited, cluster, config, infra, hasBootstrap, inner, node, nodeBody, data, stage,
                       stageWords, at);
        });
    }

    static Condition infrastructure(const Json& edited, const Json& infra)
    {
        if (infra.is_null()) {
            const bool was = flag(edited, "status.initialization.infrastructureProvisioned");
            return {"InfrastructureReady", "False", was ? "ObjectDeleted" : "ObjectDoesNotExist",
                    was && !deleting(edited)
                        ? "KubevirtMachine has been deleted while the Machine still exists"
                    : was ? "KubevirtMachine has been deleted"
                          : "KubevirtMachine does not exist"};
        }
        if (flag(infra, "status.ready"))
            return {"InfrastructureReady", "True", "Ready", ""};
        const Json* told = conditionOf(infra, "Ready");
        const std::string reason = told == nullptr ? std::string() : text(*told, "reason");
        const std::string words = told == nullptr ? std::string() : text(*told, "message");
        return {"InfrastructureReady", "False", reason.empty() ? "NotReady" : reason,
                words.empty() ? "KubevirtMachine status.ready is false" : words};
    }

    static std::pair<Condition, Condition> nodeConditions(const Json& edited, const Json& cluster,
                                                          Cluster* inner, const ObjectPtr& node,
                                                          const Json& body)
    {
        const auto both = [](const char* status, const char* reason, const std::string& words) {
            return std::pair<Condition, Condition>{{"NodeHealthy", status, reason, words},
                                                   {"NodeReady", status, reason, words}};
        };
        if (!infrastructureReady(cluster))
            return both("Unknown", "InspectionFailed",
                        "Waiting for Cluster status.initialization.infrastructureProvisioned to be true");
        if (!controlPlaneInitialized(cluster))
            return both("Unknown", "InspectionFailed", "Waiting for Cluster control plane to be initialized");
        if (inner == nullptr)
            return both("Unknown", "ConnectionDown", "Remote connection down");
        if (!node) {
            const std::string name = text(edited, "status.nodeRef.name");
            if (!name.empty())
                return both("False", deleting(edited) ? "NodeDeleted" : "NodeDoesNotExist",
                            deleting(edited)
                                ? "Node " + name + " has been deleted"
                                : "Node " + name + " has been deleted while the Machine still exists");
            const std::string providerId = text(edited, "spec.providerID");
            return both("Unknown", "InspectionFailed",
                        providerId.empty()
                            ? "Waiting for KubevirtMachine to report spec.providerID"
                            : "Waiting for a Node with spec.providerID " + providerId + " to exist");
        }
        const Json* ready = conditionOf(body, "Ready");
        std::string words;
        if (ready == nullptr || text(*ready, "status") != "True")
            words = "* Node.Ready: " +
                    (ready == nullptr ? std::string("Condition not yet reported") : text(*ready, "message"));
        std::string pressure;
        for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
            const Json* condition = conditionOf(body, type);
            if (condition != nullptr && text(*condition, "status") == "True")
                pressure += (words.empty() && pressure.empty() ? "" : "\n") +
                            ("* Node." + std::string(type) + ": ") + text(*condition, "message");
        }
        return {words.empty() && pressure.empty()
                    ? Condition{"NodeHealthy", "True", "NodeHealthy", ""}
                    : Condition{"NodeHealthy", "False", "NodeNotHealthy", words + pressure},
                words.empty() ? Condition{"NodeReady", "True", "NodeReady", ""}
                              : Condition{"NodeReady", "False", "NodeNotReady", words}};
    }

    void conditions(Json& edited, const Json& cluster, const Json& config, const Json& infra,
                    bool hasBootstrap, Cluster* inner, const ObjectPtr& node, const Json& nodeBody, bool data,
                    const std::string& stage, const std::string& stageWords, const std::string& at)
    {
        Json& status = edited["status"];
        const bool goes = deleting(edited);
        Condition bootstrap{"BootstrapConfigReady", "True", "Ready", ""};
        if (!data)
            bootstrap = config.is_null() && hasBootstrap
                            ? Condition{"BootstrapConfigReady", "False", "ObjectDoesNotExist",
                                        "KubeadmConfig does not exist"}
                            : Condition{"BootstrapConfigReady", "False", "NotReady",
                                        "KubeadmConfig status.initialization.dataSecretCreated is false"};
        const Condition infraReady = infrastructure(edited, infra);
        const auto [healthy, nodeReady] = nodeConditions(edited, cluster, inner, node, nodeBody);
        std::vector<std::pair<std::string, std::string>> why;
        if (goes)
            why.emplace_back("Deleting", "Machine deletion in progress" +
                                             (stage.empty() ? std::string() : ", stage: " + stage));
        for (const Condition* part :
             std::initializer_list<const Condition*>{&bootstrap, &infraReady, &healthy}) {
            if (part->status != "True")
                why.emplace_back(part->type, part->message);
        }
        for (const char* gate : {"HealthCheckSucceeded", "APIServerPodHealthy", "ControllerManagerPodHealthy",
                                 "SchedulerPodHealthy", "EtcdPodHealthy", "EtcdMemberHealthy"}) {
            const Json* condition = conditionOf(edited, gate);
            if (condition != nullptr && text(*condition, "status") != "True")
                why.emplace_back(gate, text(*condition, "message"));
        }
        const bool ready = why.empty();
        setCondition(status, {"Available", ready ? "True" : "False", ready ? "Available" : "NotReady", ""},
                     at);
        setCondition(status, {"Ready", ready ? "True" : "False", ready ? "Ready" : "NotReady", bullets(why)},
                     at);
        if (conditionOf(edited, "UpToDate") == nullptr)
            setCondition(status, {"UpToDate", "True", "UpToDate", ""}, at);
        setCondition(status, bootstrap, at);
        setCondition(status, infraReady, at);
        setCondition(status, healthy, at);
        setCondition(status, nodeReady, at);
        setCondition(status, {"Deleting", goes ? "True" : "False", goes ? stage : "NotDeleting", stageWords},
                     at);
        setCondition(status, {"Paused", "False", "NotPaused", ""}, at);

        const bool infraGood = infraReady.status == "True";
        setOld(status, "Ready", data && infraGood && healthy.status == "True", "Info",
               !data        ? "WaitingForDataSecret"
               : !infraGood ? infraReady.reason
               : goes       ? "Deleting"
                            : "NodeConditionsFailed",
               infraGood ? "" : infraReady.message, at);
        setOld(status, "BootstrapReady", data, "Info", "WaitingForDataSecret", "", at);
        setOld(status, "InfrastructureReady", infraGood, "Info", infraReady.reason, infraReady.message, at);
        const bool joined = !text(status, "nodeRef.name").empty();
        const bool provisioned = flag(edited, "status.initialization.infrastructureProvisioned");
        setOld(status, "NodeHealthy", healthy.status == "True", joined ? "Warning" : "Info",
               !joined ? (provisioned ? "NodeProvisioning" : "WaitingForNodeRef")
               : !node ? "NodeNotFound"
                       : "NodeConditionsFailed",
               !joined ? (provisioned ? "Waiting for a node with matching ProviderID to exist" : "")
                       : healthy.message,
               at);
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_drainSince;
    std::set<Key> m_drained;
};

} // namespace

void addMachineController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<MachineController>(site));
    site.named["machines"] = &controller;
    site.byNode.push_back(&controller);
    site.manager.watch(store, machines(), controller);
    site.manager.watch(store, kindOf("kubeadmconfigs"), controller, byOwner("Machine"));
    site.manager.watch(store, kindOf("kubevirtmachines"), controller, byOwner("Machine"));
    site.manager.watch(store, clusters(), controller, ofCluster(store, machines()));
}

} // namespace strata::demosite
