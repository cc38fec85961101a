// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "cluster.cluster.x-k8s.io";

// Cluster API's core controller of Clusters: owns the infrastructure and the control plane, sums up what they
// and the workers tell, and takes them down in order.
class ClusterController : public Controller {
public:
    explicit ClusterController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(clusters(), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json cluster = parseOwn(object->body);
        if (pausedNow(m_site, clusters(), key, cluster, cluster))
            return kOnChange;
        if (!deleting(cluster)) {
            if (!hasFinalizer(cluster, kFinalizer))
                edit(m_store, clusters(), key.ns, key.name,
                     [](Json& edited) { addFinalizer(edited, kFinalizer); });
            adopt(*object, find(cluster, "spec.infrastructureRef"));
            adopt(*object, find(cluster, "spec.controlPlaneRef"));
        }
        Parts parts = gather(*object, cluster);
        std::string waits;
        std::string waitsFor;
        if (deleting(cluster))
            waits = takeDown(*object, cluster, parts, waitsFor);
        report(key, parts, waits, waitsFor);
        if (deleting(cluster) && waits == "DeletionCompleted") {
            m_site.tenants.close(key);
            // Its add-on provider notices that the cluster is gone.
            (void)m_store.remove(kindOf("clusterresourcesetbindings"), key.ns, key.name);
            edit(m_store, clusters(), key.ns, key.name,
                 [](Json& edited) { removeFinalizer(edited, kFinalizer); });
        }
        return kOnChange;
    }

private:
    struct Parts {
        Json infra;
        Json plane;
        std::vector<Json> deployments;
        std::vector<Json> planeMachines;
        std::vector<Json> workerMachines;
    };

    void adopt(const Object& cluster, const Json* ref)
    {
        const Kind* kind = kindOfRef(ref);
        if (kind == nullptr)
            return;
        const std::string name = text(*ref, "name");
        const Json body = read(m_store, *kind, cluster.ns, name);
        if (body.is_null() || (isOwnedBy(body, cluster.uid) && label(body, kClusterName) == cluster.name))
            return;
        edit(m_store, *kind, cluster.ns, name, [&](Json& edited) {
            addOwner(edited, ownerOf(cluster));
            edited["metadata"]["labels"][kClusterName] = cluster.name;
        });
    }

    Parts gather(const Object& object, const Json& cluster) const
    {
        Parts parts;
        const auto referred = [&](const char* path) {
            const Json* ref = find(cluster, path);
            const Kind* kind = kindOfRef(ref);
            return kind == nullptr ? Json() : read(m_store, *kind, object.ns, text(*ref, "name"));
        };
        parts.infra = referred("spec.infrastructureRef");
        parts.plane = referred("spec.controlPlaneRef");
        for (const ObjectPtr& each : labelled(m_store, kindOf("machinedeployments"), object.ns, object.name))
            parts.deployments.push_back(parseOwn(each->body));
        for (const ObjectPtr& each : labelled(m_store, machines(), object.ns, object.name)) {
            bool plane = false;
            lookUp(each->labels, kControlPlane, &plane);
            (plane ? parts.planeMachines : parts.workerMachines).push_back(parseOwn(each->body));
        }
        return parts;
    }

    // Workers, then the control plane, then the infrastructure. What it waits for now.
    std::string takeDown(const Object& object, const Json& cluster, const Parts& parts, std::string& what)
    {
        bool workers = false;
        const auto drop = [&](const Kind& kind, const ObjectPtr& each) {
            if (each->body.find("\"deletionTimestamp\"") == std::string::npos)
                (void)m_store.remove(kind, each->ns, each->name);
        };
        const auto waitFor = [&](const std::string& line) { what += (what.empty() ? "* " : "\n* ") + line; };
        for (const char* resource : {"machinedeployments", "machinesets"}) {
            for (const ObjectPtr& each : labelled(m_store, kindOf(resource), object.ns, object.name)) {
                drop(kindOf(resource), each);
                workers = true;
            }
        }
        for (const ObjectPtr& each : labelled(m_store, kindOf("machinehealthchecks"), object.ns, object.name))
            drop(kindOf("machinehealthchecks"), each);
        if (!parts.deployments.empty())
            waitFor("MachineDeployments: " + names(parts.deployments));
        if (!parts.workerMachines.empty()) {
            waitFor("Worker Machines: " + names(parts.workerMachines));
            for (const ObjectPtr& each : labelled(m_store, machines(), object.ns, object.name)) {
                bool plane = false;
                lookUp(each->labels, kControlPlane, &plane);
                if (!plane)
                    drop(machines(), each);
            }
            workers = true;
        }
        if (workers)
            return "WaitingForWorkersDeletion";
        const auto takeRef = [&](const char* path) {
            const Json* ref = find(cluster, path);
            const Kind* kind = kindOfRef(ref);
            const ObjectPtr each =
                kind == nullptr ? nullptr : m_store.get(*kind, object.ns, text(*ref, "name"));
            if (!each)
                return false;
            drop(*kind, each);
            waitFor(std::string(kind->kind) + ": " + each->name);
            return true;
        };
        if (takeRef("spec.controlPlaneRef") || !parts.planeMachines.empty())
            return "WaitingForControlPlaneDeletion";
        if (takeRef("spec.infrastructureRef"))
            return "WaitingForInfrastructureDeletion";
        what.clear();
        return "DeletionCompleted";
    }

    static std::string names(const std::vector<Json>& all)
    {
        std::string out;
        for (const Json& each : all)
            out += (out.empty() ? "" : ", ") + text(each, "metadata.name");
        return out;
    }

    // Sums up one condition of several objects: all True, or the texts of those that are not.
    static Condition sum(const char* type, const std::vector<Json>& objects, const char* of, const char* what,
                         const char* good, const char* bad, const char* none)
    {
        if (objects.empty())
            return {type, "True", none, ""};
        std::vector<std::pair<std::string, std::string>> why;
        bool unknown = false;
        for (const Json& object : objects) {
            if (isTrue(object, of))
                continue;
            const Json* condition = conditionOf(object, of);
            if (condition == nullptr && std::string_view(of) == "UpToDate")
                continue; // a machine that was just made
            unknown = unknown || condition == nullptr;
            why.emplace_back(std::string(what) + " " + text(object, "metadata.name"),
                             condition == nullptr ? "Condition " + std::string(of) + " not yet reported"
                                                  : text(*condition, "message"));
        }
        if (why.empty())
            return {type, "True", good, ""};
        return {type, "False", bad, bullets(why)};
    }

    void report(const Key& key, const Parts& parts, const std::string& waits, const std::string& waitsFor)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, clusters(), key.ns, key.name, [&](Json& edited) {
            const bool infraIsThere = !parts.infra.is_null();
            const bool ready =
                flag(parts.infra, "status.ready") || flag(parts.infra, "status.initialization.provisioned");
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            const std::string host = text(parts.infra, "spec.controlPlaneEndpoint.host");
            if (ready && !host.empty() && text(edited, "spec.controlPlaneEndpoint.host").empty())
                edited["spec"]["controlPlaneEndpoint"] = parts.infra["spec"]["controlPlaneEndpoint"];
            const bool wasReady = infrastructureReady(edited);
            if (ready)
                status["initialization"]["infrastructureProvisioned"] = true;
            const bool provisioned = ready || wasReady;
            const bool initialized = flag(parts.plane, "status.initialization.controlPlaneInitialized") ||
                                     controlPlaneInitialized(edited);
            if (initialized)
                status["initialization"]["controlPlaneInitialized"] = true;
            status["phase"] = deleting(edited) ? "Deleting"
                              : provisioned && !text(edited, "spec.controlPlaneEndpoint.host").empty()
                                  ? "Provisioned"
                              : infraIsThere || !parts.plane.is_null() ? "Provisioning"
                                                                       : "Pending";
            replicas(status, parts);
            conditions(edited, parts, ready, infraIsThere, initialized, waits, waitsFor, at);
        });
    }

    static void replicas(Json& status, const Parts& parts)
    {
        const auto put = [&](const char* what, const std::vector<Json>& from) {
            Json& counts = status[what];
            static constexpr std::pair<const char*, const char*> fields[] = {
                {"desiredReplicas", "spec.replicas"},
                {"replicas", "status.replicas"},
                {"readyReplicas", "status.readyReplicas"},
                {"availableReplicas", "status.availableReplicas"},
                {"upToDateReplicas", "status.upToDateReplicas"}};
            for (const auto& [field, path] : fields) {
                long long total = 0;
                for (const Json& each : from)
                    total += number(each, path).value_or(0);
                counts[field] = total;
            }
        };
        put("controlPlane", parts.plane.is_null() ? std::vector<Json>() : std::vector<Json>{parts.plane});
        put("workers", parts.deployments);
    }

    void conditions(Json& edited, const Parts& parts, bool ready, bool infraIsThere, bool initialized,
                    const std::string& waits, const std::string& waitsFor, const std::string& at)
    {
        Json& status = edited["status"];
        const bool goes = deleting(edited);
        Condition infra{"InfrastructureReady", "True", "Ready", ""};
        if (!infraIsThere) {
            infra = {"InfrastructureReady", "False",
                     infrastructureReady(edited) ? "ObjectDeleted" : "ObjectDoesNotExist",
                     infrastructureReady(edited) && !goes
                         ? "KubevirtCluster has been deleted while the cluster still exists"
                         : "KubevirtCluster does not exist"};
        } else if (!ready) {
            const Json* told = conditionOf(parts.infra, "Ready");
            const std::string why = told == nullptr ? std::string() : text(*told, "message");
            infra = {"InfrastructureReady", "False",
                     told == nullptr || text(*told, "reason").empty() ? "NotReady" : text(*told, "reason"),
                     why.empty() ? "KubevirtCluster status.ready is false" : why};
        }
        const Condition initial{"ControlPlaneInitialized", initialized ? "True" : "False",
                                initialized ? "Initialized" : "NotInitialized",
                                initialized ? "" : "Control plane not yet initialized"};
        Condition plane{"ControlPlaneAvailable", "True", "Available", ""};
        if (!isTrue(parts.plane, "Available")) {
            const Json* told = conditionOf(parts.plane, "Available");
            plane = {"ControlPlaneAvailable", "False", "NotAvailable",
                     told != nullptr ? text(*told, "message")
                     : parts.plane.is_null()
                         ? "KubeadmControlPlane does not exist"
                         : "KubeadmControlPlane status.initialization.controlPlaneInitialized is false"};
        }
        const Condition workers = sum("WorkersAvailable", parts.deployments, "Available", "MachineDeployment",
                                      "Available", "NotAvailable", "NoWorkers");
        const bool connected = initialized && m_site.tenants.find({text(edited, "metadata.namespace"),
                                                                   text(edited, "metadata.name")}) != nullptr;
        const Condition probe{"RemoteConnectionProbe", connected ? "True" : "False",
                              connected ? "ProbeSucceeded" : "ProbeFailed",
                              connected ? "" : "Remote connection not established yet"};
        std::vector<std::pair<std::string, std::string>> why;
        if (goes)
            why.emplace_back("Deleting", waitsFor);
        for (const Condition* part :
             std::initializer_list<const Condition*>{&probe, &infra, &plane, &workers}) {
            if (part->status != "True")
                why.emplace_back(part->type, part->message);
        }
        setCondition(status,
                     {"Available", why.empty() ? "True" : "False", why.empty() ? "Available" : "NotAvailable",
                      bullets(why)},
                     at);
        setCondition(status, infra, at);
        setCondition(status, initial, at);
        setCondition(status, plane, at);
        setCondition(status,
                     sum("ControlPlaneMachinesReady", parts.planeMachines, "Ready", "Machine", "Ready",
                         "NotReady", "NoReplicas"),
                     at);
        setCondition(status,
                     sum("ControlPlaneMachinesUpToDate", parts.planeMachines, "UpToDate", "Machine",
                         "UpToDate", "NotUpToDate", "NoReplicas"),
                     at);
        setCondition(status, workers, at);
        setCondition(status,
                     sum("WorkerMachinesReady", parts.workerMachines, "Ready", "Machine", "Ready", "NotReady",
                         "NoReplicas"),
                     at);
        setCondition(status,
                     sum("WorkerMachinesUpToDate", parts.workerMachines, "UpToDate", "Machine", "UpToDate",
                         "NotUpToDate", "NoReplicas"),
                     at);
        setCondition(status, probe, at);
        for (const char* type : {"RollingOut", "ScalingUp", "ScalingDown"}) {
            std::vector<std::pair<std::string, std::string>> busy;
            if (isTrue(parts.plane, type))
                busy.emplace_back("KubeadmControlPlane " + text(parts.plane, "metadata.name"),
                                  text(*conditionOf(parts.plane, type), "message"));
            for (const Json& pool : parts.deployments) {
                if (isTrue(pool, type))
                    busy.emplace_back("MachineDeployment " + text(pool, "metadata.name"),
                                      text(*conditionOf(pool, type), "message"));
            }
            setCondition(status,
                         {type, busy.empty() ? "False" : "True",
                          (busy.empty() ? "Not" : "") + std::string(type), bullets(busy)},
                         at);
        }
        setCondition(status, {"Remediating", "False", "NotRemediating", ""}, at);
        setCondition(status, {"Deleting", goes ? "True" : "False", goes ? waits : "NotDeleting", waitsFor},
                     at);
        setCondition(status, {"Paused", "False", "NotPaused", ""}, at);

        const bool planeReady = isTrue(parts.plane, "Available");
        const bool infraGood = infra.status == "True";
        const std::string oldInfra = infra.reason == "NotReady" ? "WaitingForInfrastructure" : infra.reason;
        setOld(status, "Ready", infraGood && planeReady, "Info",
               !infraGood ? oldInfra : "WaitingForControlPlane", !infraGood ? infra.message : "", at);
        setOld(status, "ControlPlaneInitialized", initialized, "Info",
               "WaitingForControlPlaneProviderInitialized",
               "Waiting for control plane provider to indicate the control plane has been initialized", at);
        setOld(status, "ControlPlaneReady", planeReady, "Info", "WaitingForControlPlane", "", at);
        setOld(status, "InfrastructureReady", infraGood, "Info", oldInfra, infra.message, at);
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addClusterController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<ClusterController>(site));
    site.named["clusters"] = &controller;
    site.manager.watch(store, clusters(), controller);
    // An object may be named by a Cluster that its label does not tell yet.
    const auto refs = [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        const std::string_view name = lookUp(event.object->labels, kClusterName);
        if (!name.empty())
            enqueue({event.object->ns, std::string(name)});
        if (event.type != EventType::Added)
            return;
        for (const ObjectPtr& cluster : store.list(clusters(), event.object->ns))
            enqueue({cluster->ns, cluster->name});
    };
    site.manager.watch(store, kindOf("kubevirtclusters"), controller, refs);
    site.manager.watch(store, kindOf("kubeadmcontrolplanes"), controller, refs);
    for (const char* resource : {"machinedeployments", "machinesets"})
        site.manager.watch(store, kindOf(resource), controller, byClusterLabel());
    site.manager.watch(store, machines(), controller, byClusterLabel());
}

} // namespace strata::demosite
