// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "cluster.x-k8s.io/machineset";

// Keeps as many Machines of one template as are wanted, when the control plane is in a state that lets new
// ones join.
class MachineSetController : public Controller {
public:
    explicit MachineSetController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("machinesets");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json set = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, set);
        std::vector<Json> machines = own(*object);
        if (deleting(set)) {
            for (const Json& machine : machines) {
                if (!deleting(machine))
                    (void)m_store.remove(capi::machines(), key.ns, text(machine, "metadata.name"));
            }
            report(key, set, machines, {}, true);
            if (machines.empty())
                edit(m_store, kind, key.ns, key.name,
                     [](Json& edited) { removeFinalizer(edited, kFinalizer); });
            return kOnChange;
        }
        if (cluster.is_null() || pausedNow(m_site, kind, key, cluster, set))
            return kOnChange;
        if (!hasFinalizer(set, kFinalizer))
            edit(m_store, kind, key.ns, key.name, [](Json& edited) { addFinalizer(edited, kFinalizer); });
        const std::string blocked = scale(*object, set, cluster, machines);
        // As they were when it began: that it scales is told before the next look, which its machines cause.
        report(key, set, machines, blocked, false);
        return kOnChange;
    }

private:
    std::vector<Json> own(const Object& set) const
    {
        std::vector<Json> out;
        for (const ObjectPtr& each : m_store.list(machines(), set.ns)) {
            if (each->owners.find("\n" + set.uid + "\n") != std::string::npos)
                out.push_back(parseOwn(each->body));
        }
        return out;
    }

    std::string preflight(const Json& set, const Json& cluster) const
    {
        if (annotation(set, "machineset.cluster.x-k8s.io/skip-preflight-checks") == "All")
            return {};
        const Json* ref = find(cluster, "spec.controlPlaneRef");
        const Kind* kind = kindOfRef(ref);
        if (kind == nullptr)
            return {};
        const Json plane = read(m_store, *kind, text(cluster, "metadata.namespace"), text(*ref, "name"));
        const std::string who = "KubeadmControlPlane " + text(*ref, "name") + " ";
        const std::string stable = R"( ("ControlPlaneIsStable" preflight check failed))";
        const std::string have = text(plane, "status.version");
        const std::string wanted = text(plane, "spec.version");
        if (have.empty())
            return who + "is provisioning" + stable;
        if (have != wanted)
            return who + "is upgrading" + stable;
        const std::string version = text(set, "spec.template.spec.version");
        if (!version.empty() && minorVersion(version) > minorVersion(have))
            return "MachineSet version (" + version.substr(1) + ") and ControlPlane version (" +
                   have.substr(1) +
                   ") do not conform to the kubernetes version skew policy as MachineSet version is higher "
                   "than "
                   "ControlPlane version (\"KubernetesVersionSkew\" preflight check failed)";
        if (!version.empty() && minorVersion(version) != minorVersion(have))
            return "MachineSet version (" + version.substr(1) + ") and ControlPlane version (" +
                   have.substr(1) +
                   ") do not conform to kubeadm version skew policy as kubeadm only supports joining with "
                   "the same "
                   "major+minor version as the control plane (\"KubeadmVersionSkew\" preflight check failed)";
        return {};
    }

    // Why it cannot do what it should; empty when nothing holds it.
    std::string scale(const Object& object, const Json& set, const Json& cluster,
                      const std::vector<Json>& machines)
    {
        const auto wanted = std::clamp(number(set, "spec.replicas").value_or(1), 0LL, 500LL);
        std::vector<const Json*> alive;
        for (const Json& machine : machines) {
            if (!deleting(machine))
                alive.push_back(&machine);
        }
        const auto have = static_cast<long long>(alive.size());
        if (have < wanted) {
            const std::string blocked = preflight(set, cluster);
            if (!blocked.empty())
                return blocked;
            for (long long i = have; i < wanted; ++i) {
                const std::string fault = add(object, set);
                if (!fault.empty()) {
                    tell(m_store, object, "Warning", "FailedCreate", fault, "machineset-controller");
                    return fault;
                }
            }
        } else if (have > wanted) {
            // Those that were asked to go, then what does not work, then by deletion.order.
            const std::string order = text(set, "spec.deletion.order");
            const auto rank = [](const Json& machine) {
                const Json* annotations = find(machine, "metadata.annotations");
                if (annotations != nullptr && annotations->contains(kDeleteMachine))
                    return 0;
                return isTrue(machine, "Ready") ? 2 : 1;
            };
            std::stable_sort(alive.begin(), alive.end(), [&](const Json* a, const Json* b) {
                if (rank(*a) != rank(*b))
                    return rank(*a) < rank(*b);
                const std::string ageA = text(*a, "metadata.creationTimestamp");
                const std::string ageB = text(*b, "metadata.creationTimestamp");
                return order == "Oldest" ? ageA < ageB : order == "Newest" ? ageA > ageB : false;
            });
            for (long long i = 0; i < have - wanted; ++i) {
                const std::string name = text(*alive[static_cast<std::size_t>(i)], "metadata.name");
                (void)m_store.remove(capi::machines(), object.ns, name);
                tell(m_store, object, "Normal", "SuccessfulDelete", "Deleted machine \"" + name + "\"",
                     "machineset-controller");
            }
        }
        return {};
    }

    std::string add(const Object& object, const Json& set)
    {
        const Json* spec = find(set, "spec.template.spec");
        if (spec == nullptr)
            return "spec.template.spec is missing";
        MachineWish wish;
        wish.ns = object.ns;
        wish.name = object.name + "-" + m_store.newSuffix();
        wish.cluster = text(set, "spec.clusterName");
        if (const Json* labels = find(set, "spec.template.metadata.labels");
            labels != nullptr && labels->is_object())
            wish.labels = *labels;
        if (const Json* more = find(set, "spec.template.metadata.annotations");
            more != nullptr && more->is_object())
            wish.annotations = *more;
        wish.labels[kClusterName] = wish.cluster;
        wish.labels[kSetName] = object.name;
        const std::string deployment = ownerName(set, "MachineDeployment");
        if (!deployment.empty())
            wish.labels[kDeploymentName] = deployment;
        wish.owner = ownerOf(object);
        const Json* ref = find(*spec, "infrastructureRef");
        wish.infrastructureRef = ref == nullptr ? Json::object() : *ref;
        if (const Json* config = find(*spec, "bootstrap.configRef"))
            wish.configRef = *config;
        wish.machineSpec = *spec;
        wish.machineSpec.erase("bootstrap");
        const std::string fault = makeMachine(m_site, wish);
        if (fault.empty())
            tell(m_store, object, "Normal", "SuccessfulCreate", "Created machine \"" + wish.name + "\"",
                 "machineset-controller");
        return fault;
    }

    void report(const Key& key, const Json& set, const std::vector<Json>& machines,
                const std::string& blocked, bool goes)
    {
        long long ready = 0;
        long long available = 0;
        long long upToDate = 0;
        std::vector<std::pair<std::string, std::string>> notReady;
        for (const Json& machine : machines) {
            ready += isTrue(machine, "Ready") ? 1 : 0;
            available += isTrue(machine, "Available") ? 1 : 0;
            upToDate += conditionStatus(machine, "UpToDate") != "False" ? 1 : 0;
            if (!isTrue(machine, "Ready")) {
                const Json* condition = conditionOf(machine, "Ready");
                notReady.emplace_back("Machine " + text(machine, "metadata.name"),
                                      condition == nullptr ? "Condition Ready not yet reported"
                                                           : text(*condition, "message"));
            }
        }
        const auto count = static_cast<long long>(machines.size());
        const long long wanted = goes ? 0 : number(set, "spec.replicas").value_or(1);
        const std::string at = timestamp(m_store);
        edit(m_store, kindOf("machinesets"), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["replicas"] = count;
            status["readyReplicas"] = ready;
            status["availableReplicas"] = available;
            status["upToDateReplicas"] = upToDate;
            setCondition(status,
                         {"MachinesReady", notReady.empty() ? "True" : "False",
                          count == 0         ? "NoReplicas"
                          : notReady.empty() ? "Ready"
                                             : "NotReady",
                          bullets(notReady)},
                         at);
            setCondition(status,
                         {"MachinesUpToDate", upToDate == count ? "True" : "False",
                          count == 0          ? "NoReplicas"
                          : upToDate == count ? "UpToDate"
                                              : "NotUpToDate",
                          ""},
                         at);
            const auto scaling = [&](const char* type, bool on, const char* way) {
                std::string words;
                if (on) {
                    words = "Scaling " + std::string(way) + " from " + std::to_string(count) + " to " +
                            std::to_string(wanted) + " replicas";
                    if (!blocked.empty())
                        words += " is blocked because:\n* " + blocked;
                }
                setCondition(status,
                             {type, on ? "True" : "False", (on ? "" : "Not") + std::string(type), words}, at);
            };
            scaling("ScalingUp", count < wanted, "up");
            scaling("ScalingDown", count > wanted, "down");
            setCondition(status, {"Remediating", "False", "NotRemediating", ""}, at);
            setCondition(status,
                         {"Deleting", goes ? "True" : "False", goes ? "Deleting" : "NotDeleting",
                          goes && count > 0 ? "Deleting " + std::to_string(count) + " replicas" : ""},
                         at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);
            setOld(status, "Ready", ready >= wanted, "Info", "ScalingUp", "", at);
            setOld(status, "MachinesCreated", blocked.empty(), "Error",
                   blocked.find("preflight") != std::string::npos ? "PreflightCheckFailed"
                   : blocked.find("infrastructure") != std::string::npos
                       ? "InfrastructureTemplateCloningFailed"
                       : "BootstrapTemplateCloningFailed",
                   blocked, at);
            setOld(status, "MachinesReady", notReady.empty(), "Info", "MachinesNotReady", bullets(notReady),
                   at);
            setOld(status, "Resized", count == wanted, "Info", count < wanted ? "ScalingUp" : "ScalingDown",
                   "", at);
        });
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addMachineSetController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<MachineSetController>(site));
    site.named["machinesets"] = &controller;
    const Kind& kind = kindOf("machinesets");
    site.manager.watch(store, kind, controller);
    site.manager.watch(store, machines(), controller, byOwner("MachineSet"));
    site.manager.watch(store, clusters(), controller, ofCluster(store, kind));
    site.manager.watch(store, kindOf("kubeadmcontrolplanes"), controller,
                       [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           const std::string name(lookUp(event.object->labels, kClusterName));
                           for (const ObjectPtr& set : labelled(store, kind, event.object->ns, name))
                               enqueue({set->ns, set->name});
                       });
}

} // namespace strata::demosite
