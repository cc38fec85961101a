// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "kubeadm.controlplane.cluster.x-k8s.io";

// The kubeadm control plane provider: certificates and kubeconfig, the first machine, the others one at a
// time, rolling upgrades that add before they remove, and the health of what runs on the machines.
class KubeadmControlPlaneController : public Controller {
public:
    explicit KubeadmControlPlaneController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json plane = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, plane);
        const std::string name = ownerName(plane, "Cluster");
        if (name.empty() || cluster.is_null()) {
            if (deleting(plane))
                finish(key);
            return kOnChange;
        }
        if (pausedNow(m_site, kind(), key, cluster, plane))
            return kOnChange;
        if (!deleting(plane) && !hasFinalizer(plane, kFinalizer))
            edit(m_store, kind(), key.ns, key.name, [](Json& edited) { addFinalizer(edited, kFinalizer); });
        State state{*object, plane, cluster, {key.ns, name}, {}, {}};
        for (const ObjectPtr& each : m_store.list(machines(), key.ns)) {
            if (each->owners.find("\n" + object->uid + "\n") != std::string::npos)
                state.machines.push_back({each, parseOwn(each->body)});
        }
        std::sort(state.machines.begin(), state.machines.end(), [](const Member& a, const Member& b) {
            return text(a.body, "metadata.creationTimestamp") + a.object->name <
                   text(b.body, "metadata.creationTimestamp") + b.object->name;
        });
        // No look into a tenant nobody opened yet while its control plane does not answer anyway.
        state.inner = state.machines.empty() ? nullptr : m_site.tenants.find(state.tenant);
        double again = kOnChange;
        if (deleting(plane)) {
            takeDown(state);
        } else if (infrastructureReady(cluster)) {
            certificates(state);
            again = scale(state);
        }
        for (const Member& member : state.machines)
            health(state, member);
        report(state);
        if (deleting(plane) && state.machines.empty())
            finish(key);
        return again;
    }

private:
    struct Member {
        ObjectPtr object;
        Json body;
    };
    struct State {
        const Object& object;
        const Json& plane;
        const Json& cluster;
        Key tenant;
        std::vector<Member> machines;
        Cluster* inner;
        std::string blocked = {};
    };
    static const Kind& kind() { return kindOf("kubeadmcontrolplanes"); }

    void finish(const Key& key)
    {
        edit(m_store, kind(), key.ns, key.name, [](Json& edited) { removeFinalizer(edited, kFinalizer); });
    }

    void secret(const State& state, const std::string& suffix, Json data)
    {
        const std::string name = state.tenant.name + "-" + suffix;
        if (m_store.get(coreKind("secrets"), state.tenant.ns, name))
            return;
        create(m_store, coreKind("secrets"),
               {{"metadata",
                 {{"name", name},
                  {"namespace", state.tenant.ns},
                  {"labels", {{kClusterName, state.tenant.name}}},
                  {"ownerReferences", Json::array({ownerOf(state.object)})}}},
                {"type", "cluster.x-k8s.io/secret"},
                {"data", std::move(data)}});
    }

    void certificates(const State& state)
    {
        const Tenants::Access* access = m_site.tenants.reserve(state.tenant);
        if (access == nullptr)
            return;
        for (const char* what : {"ca", "etcd", "proxy", "sa"})
            secret(state, what, {{"tls.crt", base64Encode(access->caCertificate)}, {"tls.key", ""}});
        if (!text(state.cluster, "spec.controlPlaneEndpoint.host").empty())
            secret(state, "kubeconfig", {{"value", base64Encode(access->kubeconfig)}});
    }

    bool outdated(const State& state, const Member& member) const
    {
        const std::string wanted = text(state.plane, "spec.version");
        if (text(member.body, "spec.version") != wanted)
            return true;
        const std::string after = text(state.plane, "spec.rollout.after");
        if (!after.empty() && after <= timestamp(m_store) &&
            text(member.body, "metadata.creationTimestamp") < after)
            return true;
        const std::string templ = text(state.plane, "spec.machineTemplate.spec.infrastructureRef.name");
        const Json infra = read(m_store, kindOf("kubevirtmachines"), member.object->ns, member.object->name);
        const std::string from = annotation(infra, kClonedFrom);
        return !infra.is_null() && !from.empty() && from != templ;
    }

    // What kubeadm upgrade would do beside the machines: its configuration when an upgrade begins, kube-proxy
    // when all machines have been replaced.
    void addons(const State& state, bool upToDate)
    {
        if (state.inner == nullptr)
            return;
        Store& store = state.inner->store();
        const std::string version = text(state.plane, "spec.version");
        const Json config = read(store, coreKind("configmaps"), "kube-system", "kubeadm-config");
        const std::string was = text(config, "data.ClusterConfiguration");
        constexpr std::string_view mark = "kubernetesVersion: ";
        if (const std::size_t at = was.find(mark); at != std::string::npos) {
            const std::size_t begin = at + mark.size();
            std::string now = was;
            now.replace(begin, was.find('\n', begin) - begin, version);
            if (now != was)
                edit(store, coreKind("configmaps"), "kube-system", "kubeadm-config",
                     [&](Json& edited) { edited["data"]["ClusterConfiguration"] = now; });
        }
        const Json proxy = upToDate ? read(store, kindOf("daemonsets"), "kube-system", "kube-proxy") : Json();
        const std::string image = "registry.k8s.io/kube-proxy:" + version;
        const Json* containers = find(proxy, "spec.template.spec.containers");
        if (containers == nullptr || containers->empty() || text(containers->front(), "image") == image)
            return;
        edit(store, kindOf("daemonsets"), "kube-system", "kube-proxy",
             [&](Json& edited) { edited["spec"]["template"]["spec"]["containers"][0]["image"] = image; });
    }

    // Everything must be well before a member is added or taken.
    std::string preflight(const State& state) const
    {
        if (!controlPlaneInitialized(state.cluster) &&
            !flag(state.plane, "status.initialization.controlPlaneInitialized"))
            return "waiting for the control plane to be initialized";
        for (const Member& member : state.machines) {
            const std::string& name = member.object->name;
            if (deleting(member.body))
                return "Machine " + name + " is being deleted";
            if (text(member.body, "status.nodeRef.name").empty())
                return "Machine " + name +
                       " does not have a corresponding Node yet (Machine.status.nodeRef not set)";
            for (const char* type : {"APIServerPodHealthy", "ControllerManagerPodHealthy",
                                     "SchedulerPodHealthy", "EtcdPodHealthy", "EtcdMemberHealthy"}) {
                const Json* condition = conditionOf(member.body, type);
                if (condition == nullptr || text(*condition, "status") != "True")
                    return "Machine " + name + " reports " + type + " condition is " +
                           (condition == nullptr ? "unknown" : "false (" + text(*condition, "message") + ")");
            }
        }
        return {};
    }

    double scale(State& state)
    {
        const auto wanted =
            static_cast<std::size_t>(std::clamp(number(state.plane, "spec.replicas").value_or(1), 0LL, 9LL));
        if (text(state.cluster, "spec.controlPlaneEndpoint.host").empty())
            return kOnChange;
        if (state.machines.empty()) {
            if (wanted > 0)
                add(state, true);
            return kOnChange;
        }
        // Somebody asked for this one to go, or it was deleted by hand: nothing else until it is gone.
        std::vector<const Member*> old;
        for (const Member& member : state.machines) {
            if (outdated(state, member))
                old.push_back(&member);
        }
        const bool more = state.machines.size() < wanted;
        const bool fewer = state.machines.size() > wanted;
        addons(state, old.empty());
        if (!more && !fewer && old.empty())
            return kOnChange;
        state.blocked = preflight(state);
        if (!state.blocked.empty()) {
            const std::string words =
                "Waiting for control plane to pass preflight checks to continue reconciliation: " +
                state.blocked;
            if (m_blocked[state.object.uid] != words)
                tell(m_store, state.object, "Warning", "ControlPlaneUnhealthy", words,
                     "kubeadm-control-plane-controller");
            m_blocked[state.object.uid] = words;
            return kOnChange;
        }
        m_blocked.erase(state.object.uid);
        const auto surge = static_cast<std::size_t>(std::clamp(
            number(state.plane, "spec.rollout.strategy.rollingUpdate.maxSurge").value_or(1), 0LL, 1LL));
        if (more || (!old.empty() && state.machines.size() < wanted + surge)) {
            add(state, false);
        } else {
            const Member* victim = old.empty() ? &state.machines.front() : old.front();
            for (const Member& member : state.machines) {
                if (find(member.body, "metadata.annotations") != nullptr &&
                    member.body["metadata"]["annotations"].contains(kDeleteMachine))
                    victim = &member;
            }
            (void)m_store.remove(machines(), victim->object->ns, victim->object->name);
        }
        return kOnChange;
    }

    void add(State& state, bool first)
    {
        MachineWish wish;
        wish.ns = state.tenant.ns;
        wish.name = state.object.name + "-" + m_store.newSuffix();
        wish.cluster = state.tenant.name;
        if (const Json* labels = find(state.plane, "spec.machineTemplate.metadata.labels");
            labels != nullptr && labels->is_object())
            wish.labels = *labels;
        wish.labels[kClusterName] = state.tenant.name;
        wish.labels[kControlPlane] = "";
        wish.labels[kControlPlaneName] = state.object.name;
        wish.owner = ownerOf(state.object);
        const Json* ref = find(state.plane, "spec.machineTemplate.spec.infrastructureRef");
        wish.infrastructureRef = ref == nullptr ? Json::object() : *ref;
        wish.config = part(state.plane, "spec").value("kubeadmConfigSpec", Json::object());
        if (first) {
            wish.config.erase("joinConfiguration");
            if (!wish.config.contains("initConfiguration"))
                wish.config["initConfiguration"] = Json::object();
            if (!wish.config.contains("clusterConfiguration"))
                wish.config["clusterConfiguration"] = Json::object();
        } else {
            wish.config.erase("initConfiguration");
            wish.config.erase("clusterConfiguration");
            if (!wish.config.contains("joinConfiguration"))
                wish.config["joinConfiguration"] = Json::object();
            wish.config["joinConfiguration"]["controlPlane"] = Json::object();
        }
        wish.machineSpec = {{"version", text(state.plane, "spec.version")}};
        if (const Json* deletion = find(state.plane, "spec.machineTemplate.spec.deletion"))
            wish.machineSpec["deletion"] = *deletion;
        const std::string fault = makeMachine(m_site, wish);
        if (!fault.empty())
            tell(m_store, state.object, "Warning", first ? "FailedInitialization" : "FailedScaleUp",
                 (first ? "Failed to create initial control plane Machine: "
                        : "Failed to create additional control plane Machine: ") +
                     fault,
                 "kubeadm-control-plane-controller");
        m_fault[state.object.uid] = fault;
    }

    // Workers first; then all machines at once, as there is nothing left to keep.
    void takeDown(State& state)
    {
        for (const ObjectPtr& each : labelled(m_store, machines(), state.tenant.ns, state.tenant.name)) {
            bool plane = false;
            lookUp(each->labels, kControlPlane, &plane);
            if (!plane)
                return;
        }
        for (const Member& member : state.machines) {
            if (!deleting(member.body))
                (void)m_store.remove(machines(), member.object->ns, member.object->name);
        }
    }

    // The static pods and the etcd member of one machine, seen through the tenant's API server.
    void health(const State& state, const Member& member)
    {
        const std::string& name = member.object->name;
        const std::string at = timestamp(m_store);
        const std::string node = text(member.body, "status.nodeRef.name");
        std::vector<Condition> conditions;
        static constexpr std::pair<const char*, const char*> parts[] = {
            {"APIServerPodHealthy", "kube-apiserver"},
            {"ControllerManagerPodHealthy", "kube-controller-manager"},
            {"SchedulerPodHealthy", "kube-scheduler"},
            {"EtcdPodHealthy", "etcd"}};
        bool etcd = false;
        for (const auto& [type, pod] : parts) {
            if (state.inner == nullptr) {
                conditions.push_back({type, "Unknown", "InspectionFailed",
                                      controlPlaneInitialized(state.cluster)
                                          ? "Remote connection down"
                                          : "Waiting for Cluster control plane to be initialized"});
            } else if (node.empty()) {
                conditions.push_back(
                    {type, "Unknown", "InspectionFailed",
                     "Waiting for a Node with spec.providerID kubevirt://" + name + " to exist"});
            } else {
                const Json found = read(state.inner->store(), coreKind("pods"), "kube-system",
                                        std::string(pod) + "-" + node);
                const bool started = text(found, "status.phase") == "Running";
                const bool runs = started && isTrue(found, "Ready");
                etcd = etcd || (runs && std::string_view(pod) == "etcd");
                const std::string why = started ? "Failed" : "Provisioning";
                conditions.push_back({type, runs ? "True" : "False",
                                      runs              ? "Running"
                                      : found.is_null() ? "DoesNotExist"
                                                        : why,
                                      runs              ? ""
                                      : found.is_null() ? "Pod does not exist"
                                      : started         ? "CrashLoopBackOff"
                                                        : "Waiting for startup"});
            }
        }
        const Condition& pod = conditions.back();
        conditions.push_back(pod.status == "Unknown"
                                 ? Condition{"EtcdMemberHealthy", "Unknown", "InspectionFailed", pod.message}
                             : etcd ? Condition{"EtcdMemberHealthy", "True", "Healthy", ""}
                                    : Condition{"EtcdMemberHealthy", "False", "NotHealthy",
                                                "Etcd doesn't have a member for Node " + node});
        edit(m_store, machines(), member.object->ns, name, [&](Json& edited) {
            for (const Condition& condition : conditions)
                setCondition(edited["status"], condition, at);
            setCondition(edited["status"],
                         outdated(state, member)
                             ? Condition{"UpToDate", "False", "NotUpToDate",
                                         "* Version " + text(member.body, "spec.version") + ", " +
                                             text(state.plane, "spec.version") + " required"}
                             : Condition{"UpToDate", "True", "UpToDate", ""},
                         at);
        });
    }

    void report(const State& state)
    {
        const std::string at = timestamp(m_store);
        long long ready = 0;
        long long available = 0;
        long long old = 0;
        long long healthy = 0;
        long long members = 0; // of etcd: machines that joined
        std::vector<std::pair<std::string, std::string>> notReady;
        std::vector<std::pair<std::string, std::string>> etcdFaults;
        std::vector<std::pair<std::string, std::string>> componentFaults;
        std::string lowest;
        std::map<std::string, std::string> versions;
        for (const Member& member : state.machines) {
            const std::string who = "Machine " + member.object->name;
            ready += isTrue(member.body, "Ready") ? 1 : 0;
            available += isTrue(member.body, "Available") ? 1 : 0;
            const std::string version = text(member.body, "spec.version");
            if (outdated(state, member)) {
                ++old;
                versions[version] = version;
            }
            if (!text(member.body, "status.nodeRef.name").empty() &&
                (lowest.empty() || minorVersion(version) < minorVersion(lowest) || version < lowest))
                lowest = version;
            if (!isTrue(member.body, "Ready")) {
                const Json* condition = conditionOf(member.body, "Ready");
                notReady.emplace_back(who, condition == nullptr ? "Condition Ready not yet reported"
                                                                : text(*condition, "message"));
            }
            const auto collect = [&](const char* type, auto& into) {
                const Json* condition = conditionOf(member.body, type);
                if (condition == nullptr || text(*condition, "status") != "True")
                    into.emplace_back(
                        who, "* " + std::string(type) + ": " +
                                 (condition == nullptr ? "not yet reported" : text(*condition, "message")));
            };
            collect("EtcdMemberHealthy", etcdFaults);
            for (const char* type :
                 {"APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy"})
                collect(type, componentFaults);
            members += text(member.body, "status.nodeRef.name").empty() ? 0 : 1;
            const Json* etcd = conditionOf(member.body, "EtcdMemberHealthy");
            healthy += etcd != nullptr && text(*etcd, "status") == "True" ? 1 : 0;
        }
        const auto count = static_cast<long long>(state.machines.size());
        edit(m_store, kind(), state.object.ns, state.object.name, [&](Json& edited) {
            Json& status = edited["status"];
            const bool certificates =
                m_store.get(coreKind("secrets"), state.tenant.ns, state.tenant.name + "-ca") != nullptr;
            const bool initialized =
                flag(edited, "status.initialization.controlPlaneInitialized") || state.inner != nullptr;
            if (initialized && !state.machines.empty())
                status["initialization"]["controlPlaneInitialized"] = true;
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["selector"] = std::string(kClusterName) + "=" + state.tenant.name + "," + kControlPlane;
            status["replicas"] = count;
            status["readyReplicas"] = ready;
            status["availableReplicas"] = available;
            status["upToDateReplicas"] = count - old;
            if (!lowest.empty())
                status["version"] = lowest;
            const long long wanted = number(edited, "spec.replicas").value_or(1);
            const bool goes = deleting(edited);
            const bool quorum = members > 0 && healthy * 2 > members;
            const bool good = initialized && quorum && count > 0 && !goes;
            setCondition(status,
                         {"Available", good ? "True" : "False", good ? "Available" : "NotAvailable",
                          good   ? ""
                          : goes ? "Control plane is being deleted"
                          : !initialized
                              ? "Control plane not yet initialized"
                              : bullets({{"EtcdClusterHealthy",
                                          "etcd has lost its quorum: " + std::to_string(healthy) + " of " +
                                              std::to_string(members) + " members are healthy"}})},
                         at);
            setCondition(status,
                         {"Initialized", initialized ? "True" : "False",
                          initialized ? "Initialized" : "NotInitialized", ""},
                         at);
            setCondition(
                status,
                {"CertificatesAvailable", certificates ? "True" : "False",
                 certificates ? "Available" : "NotAvailable",
                 certificates
                     ? ""
                     : "Waiting for Cluster status.initialization.infrastructureProvisioned to be true"},
                at);
            const auto whole = [&](const char* type, const auto& faults) {
                const bool unknown = !initialized;
                setCondition(
                    status,
                    {type,
                     unknown          ? "Unknown"
                     : faults.empty() ? "True"
                                      : "False",
                     unknown          ? "InspectionFailed"
                     : faults.empty() ? "Healthy"
                                      : "NotHealthy",
                     unknown ? "Waiting for Cluster control plane to be initialized" : bullets(faults)},
                    at);
            };
            whole("EtcdClusterHealthy", etcdFaults);
            whole("ControlPlaneComponentsHealthy", componentFaults);
            setCondition(status,
                         {"MachinesReady", notReady.empty() ? "True" : "False",
                          count == 0         ? "NoReplicas"
                          : notReady.empty() ? "Ready"
                                             : "NotReady",
                          bullets(notReady)},
                         at);
            setCondition(status,
                         {"MachinesUpToDate", old == 0 ? "True" : "False",
                          count == 0 ? "NoReplicas"
                          : old == 0 ? "UpToDate"
                                     : "NotUpToDate",
                          ""},
                         at);
            std::string rolling;
            if (old > 0) {
                rolling = "Rolling out " + std::to_string(old) + " not up-to-date replicas";
                for (const auto& [version, same] : versions) {
                    if (version != text(edited, "spec.version"))
                        rolling +=
                            "\n* Version " + version + ", " + text(edited, "spec.version") + " required";
                }
            }
            setCondition(
                status,
                {"RollingOut", old > 0 ? "True" : "False", old > 0 ? "RollingOut" : "NotRollingOut", rolling},
                at);
            const auto scaling = [&](const char* type, bool on, const char* way) {
                std::string words;
                if (on) {
                    words = "Scaling " + std::string(way) + " from " + std::to_string(count) + " to " +
                            std::to_string(goes ? 0 : wanted) + " replicas";
                    const std::string fault = m_fault[state.object.uid];
                    if (!fault.empty())
                        words += " is blocked because " + fault;
                    else if (!state.blocked.empty())
                        words += " is blocked because:\n* " + state.blocked;
                }
                setCondition(status,
                             {type, on ? "True" : "False", (on ? "" : "Not") + std::string(type), words}, at);
            };
            scaling("ScalingUp", !goes && count < wanted, "up");
            scaling("ScalingDown", (goes && count > 0) || (!goes && count > wanted && old == 0), "down");
            setCondition(status, {"Remediating", "False", "NotRemediating", ""}, at);
            const std::string deletion = count > 0 ? "WaitingForMachineDeletion" : "DeletionCompleted";
            setCondition(status,
                         {"Deleting", goes ? "True" : "False", goes ? deletion : "NotDeleting",
                          goes && count > 0 ? "* Control plane Machines: " + std::to_string(count) : ""},
                         at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);

            setOld(status, "Ready", good && count >= wanted, "Info",
                   !initialized     ? "WaitingForKubeadmInit"
                   : count < wanted ? "ScalingUp"
                   : old > 0        ? "RollingUpdateInProgress"
                                    : "ScalingDown",
                   "", at);
            setOld(status, "Available", initialized, "Info", "WaitingForKubeadmInit", "", at);
            setOld(status, "CertificatesAvailable", certificates, "Info", "WaitingForClusterInfrastructure",
                   "", at);
            setOld(status, "EtcdClusterHealthy", initialized && etcdFaults.empty(), "Error",
                   "EtcdClusterUnhealthy", bullets(etcdFaults), at);
            setOld(status, "ControlPlaneComponentsHealthy", initialized && componentFaults.empty(), "Error",
                   "ControlPlaneComponentsUnhealthy", bullets(componentFaults), at);
            setOld(status, "MachinesReady", notReady.empty(), "Info", "MachinesNotReady", bullets(notReady),
                   at);
            setOld(status, "Resized", count == wanted, "Info", count < wanted ? "ScalingUp" : "ScalingDown",
                   "", at);
            setOld(status, "MachinesSpecUpToDate", old == 0, "Warning", "RollingUpdateInProgress", rolling,
                   at);
        });
    }

    Site& m_site;
    Store& m_store;
    std::map<std::string, std::string> m_blocked;
    std::map<std::string, std::string> m_fault;
};

} // namespace

void addKubeadmControlPlaneController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<KubeadmControlPlaneController>(site));
    site.named["kubeadmcontrolplanes"] = &controller;
    const Kind& kind = kindOf("kubeadmcontrolplanes");
    site.manager.watch(store, kind, controller);
    // All machines: the control plane goes when the last worker went.
    site.manager.watch(store, machines(), controller,
                       [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           const std::string name(lookUp(event.object->labels, kClusterName));
                           bool plane = false;
                           lookUp(event.object->labels, kControlPlane, &plane);
                           if (!plane && event.type != EventType::Deleted)
                               return;
                           for (const ObjectPtr& each : labelled(store, kind, event.object->ns, name))
                               enqueue({each->ns, each->name});
                       });
    site.manager.watch(store, clusters(), controller, ofCluster(store, kind));
    site.manager.watch(store, kindOf("kubevirtmachinetemplates"), controller,
                       [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type != EventType::Added)
                               return;
                           for (const ObjectPtr& each : store.list(kind, event.object->ns))
                               enqueue({each->ns, each->name});
                       });
}

} // namespace strata::demosite
