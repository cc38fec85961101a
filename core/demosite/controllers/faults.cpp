// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/faults.h"

#include "core/demosite/controllers/capi.h"

#include <algorithm>
#include <optional>

namespace strata::demosite {
namespace {

using namespace capi;

using Heal = std::function<void()>;

const Kind& instances()
{
    return kindOf("virtualmachineinstances");
}

// A worker's VM that runs, the same for the same fault as long as the site has not changed.
std::optional<Key> workerVm(const Site& site, std::string_view fault)
{
    std::vector<Key> all;
    for (const ObjectPtr& vmi : site.outer.list(instances())) {
        if (lookUp(vmi->labels, "cluster.x-k8s.io/role") == "worker" && isReady(*vmi))
            all.push_back({vmi->ns, vmi->name});
    }
    if (all.empty())
        return std::nullopt;
    return all[hashOf(fault) % all.size()];
}

// A tenant cluster that is as it should be; one with workers.
std::optional<Key> tenant(const Site& site, std::string_view fault)
{
    std::vector<Key> all;
    for (const ObjectPtr& cluster : site.outer.list(clusters())) {
        const Json body = parseOwn(cluster->body);
        if (isTrue(body, "Available") && !deleting(body) && !flag(body, "spec.paused") &&
            number(body, "status.workers.replicas").value_or(0) > 0)
            all.push_back({cluster->ns, cluster->name});
    }
    if (all.empty())
        return std::nullopt;
    return all[hashOf(fault) % all.size()];
}

// An outer node with guests, not one of the control plane's if there is another.
std::optional<std::string> outerNode(const Site& site, std::string_view fault)
{
    std::vector<std::string> all;
    for (const ObjectPtr& node : site.outer.list(coreKind("nodes"))) {
        if (node->body.find("\"NodeStatusUnknown\"") == std::string::npos &&
            node->body.find("\"taints\":[{") == std::string::npos)
            all.push_back(node->name);
    }
    if (all.empty())
        return std::nullopt;
    return all[hashOf(fault) % all.size()];
}

void pokeAll(Site& site, const char* controller, const Kind& kind)
{
    for (const ObjectPtr& object : site.outer.list(kind))
        site.poke(controller, {object->ns, object->name});
}

// Sets a flag that controllers ask for. `after` runs once it is lifted.
Heal flagged(Site& site, const std::string& fault, Heal after)
{
    site.faults.insert(fault);
    return [&site, fault, after = std::move(after)] {
        site.faults.erase(fault);
        if (after)
            after();
    };
}

// Another machine in some pool, so that a fault of new machines shows. Healing leaves it, for it comes up
// then.
bool oneMoreMachine(Site& site, std::string_view fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return false;
    for (const ObjectPtr& pool : labelled(site.outer, kindOf("machinedeployments"), where->ns, where->name))
        return edit(site.outer, *pool->kind, pool->ns, pool->name, [](Json& edited) {
            edited["spec"]["replicas"] = number(edited, "spec.replicas").value_or(0) + 1;
        });
    return false;
}

// Edits an object and puts the parts named back when it heals.
Heal edited(Site& site, Store& store, const Kind& kind, const std::string& ns, const std::string& name,
            const std::vector<std::string>& parts, const std::function<void(Json&)>& change)
{
    const Json before = read(store, kind, ns, name);
    if (before.is_null() || !edit(store, kind, ns, name, change))
        return {};
    (void)site;
    return [&store, &kind, ns, name, parts, before] {
        edit(store, kind, ns, name, [&](Json& now) {
            for (const std::string& part : parts) {
                const std::size_t dot = part.find('.');
                Json& home = dot == std::string::npos ? now : now[part.substr(0, dot)];
                const std::string field = dot == std::string::npos ? part : part.substr(dot + 1);
                const Json* old = find(before, part);
                if (old == nullptr)
                    home.erase(field);
                else
                    home[field] = *old;
            }
        });
    };
}

// Removes an object; healing makes it again as it was.
Heal removed(Store& store, const Kind& kind, const std::string& ns, const std::string& name)
{
    const ObjectPtr object = store.get(kind, ns, name);
    if (!object)
        return {};
    const Json before = parseOwn(object->body);
    (void)store.remove(kind, ns, name);
    return [&store, &kind, before] { create(store, kind, before); };
}

void restartVm(Site& site, const Key& vm)
{
    (void)site.outer.remove(instances(), vm.ns, vm.name);
}

// ---- hosts

Heal hostDies(Site& site, const std::string& fault)
{
    const auto node = outerNode(site, fault);
    if (!node)
        return {};
    site.deadHosts.insert(*node);
    site.poke("nodes", {"", *node});
    return [&site, node = *node] {
        site.deadHosts.erase(node);
        site.poke("nodes", {"", node});
        pokeAll(site, "kubelet", coreKind("pods"));
    };
}

Heal deviceMissing(Site& site, const std::string& fault, const std::string& device, bool zero)
{
    std::vector<Heal> heals;
    for (const ObjectPtr& node : site.outer.list(coreKind("nodes")))
        heals.push_back(edited(site, site.outer, coreKind("nodes"), "", node->name,
                               {"status.allocatable", "status.capacity"}, [&](Json& object) {
                                   for (const char* what : {"allocatable", "capacity"}) {
                                       if (zero)
                                           object["status"][what][device] = "0";
                                       else
                                           object["status"][what].erase(device);
                                   }
                               }));
    if (const auto vm = workerVm(site, fault))
        restartVm(site, *vm);
    return [heals] {
        for (const Heal& heal : heals) {
            if (heal)
                heal();
        }
    };
}

Heal virtHandlerLost(Site& site, const std::string& fault)
{
    const auto name = outerNode(site, fault);
    const ObjectPtr node = name ? site.outer.get(coreKind("nodes"), "", *name) : nullptr;
    if (!node)
        return {};
    Heal heal = edited(site, site.outer, coreKind("nodes"), "", *name,
                       {"metadata.labels", "metadata.annotations"}, [&](Json& object) {
                           object["metadata"]["labels"]["kubevirt.io/schedulable"] = "false";
                           object["metadata"]["annotations"]["kubevirt.io/heartbeat"] =
                               formatRfc3339(site.outer.now() - 600000);
                       });
    tell(site.outer, *node, "Normal", "NodeUnresponsive",
         "virt-handler is not responsive, marking node as unresponsive", "node-controller");
    Heal pod;
    for (const ObjectPtr& each : site.outer.list(coreKind("pods"), "kubevirt")) {
        if (each->name.rfind("virt-handler-", 0) == 0 && lookUp(each->fields, "spec.nodeName") == *name)
            pod = edited(
                site, site.outer, coreKind("pods"), each->ns, each->name, {"status"}, [&](Json& object) {
                    const std::string at = timestamp(site.outer);
                    for (const char* type : {"Ready", "ContainersReady"})
                        setCondition(object["status"], {type, "False", "ContainersNotReady", ""}, at);
                    for (Json& container : object["status"]["containerStatuses"]) {
                        container["ready"] = false;
                        container["restartCount"] = 7;
                        container["state"] = {{"waiting",
                                               {{"reason", "CrashLoopBackOff"},
                                                {"message", "back-off 5m0s restarting failed container"}}}};
                    }
                });
    }
    return [heal, pod] {
        heal();
        if (pod)
            pod();
    };
}

Heal cpuModelObsolete(Site& site, const std::string& fault)
{
    const auto name = outerNode(site, fault);
    const ObjectPtr node = name ? site.outer.get(coreKind("nodes"), "", *name) : nullptr;
    if (!node)
        return {};
    tell(site.outer, *node, "Warning", "HostModelIsObsolete",
         "This node has an host-model cpu: EPYC-Milan which has been obsoleted", "node-labeller");
    return edited(site, site.outer, coreKind("nodes"), "", *name, {"metadata.labels"}, [](Json& object) {
        object["metadata"]["labels"]["node-labeller.kubevirt.io/obsolete-host-model"] = "true";
    });
}

Heal diskPressure(Site& site, const std::string& fault)
{
    const auto name = outerNode(site, fault);
    const ObjectPtr node = name ? site.outer.get(coreKind("nodes"), "", *name) : nullptr;
    if (!node)
        return {};
    const std::string at = timestamp(site.outer);
    Heal heal = edited(
        site, site.outer, coreKind("nodes"), "", *name, {"status.conditions", "spec.taints"},
        [&](Json& object) {
            setCondition(object["status"],
                         {"DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure"}, at);
            if (!object["spec"]["taints"].is_array())
                object["spec"]["taints"] = Json::array();
            object["spec"]["taints"].push_back(
                {{"key", "node.kubernetes.io/disk-pressure"}, {"effect", "NoSchedule"}, {"timeAdded", at}});
        });
    tell(site.outer, *node, "Warning", "NodeHasDiskPressure",
         "Node " + *name + " status is now: NodeHasDiskPressure", "kubelet");
    tell(site.outer, *node, "Warning", "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage",
         "kubelet");
    int evicted = 0;
    for (const ObjectPtr& pod : site.outer.list(coreKind("pods"))) {
        if (evicted == 2 || lookUp(pod->fields, "spec.nodeName") != *name ||
            lookUp(pod->labels, "pod-template-hash").empty())
            continue;
        ++evicted;
        tell(site.outer, *pod, "Warning", "Evicted",
             "The node was low on resource: ephemeral-storage. Threshold quantity: 49Gi, available: 12Gi. ",
             "kubelet");
        edit(site.outer, coreKind("pods"), pod->ns, pod->name, [&](Json& object) {
            Json& status = object["status"];
            status["phase"] = "Failed";
            status["reason"] = "Evicted";
            status["message"] = "The node was low on resource: ephemeral-storage. Threshold quantity: 49Gi, "
                                "available: 12Gi. ";
            setCondition(status, {"Ready", "False", "PodFailed", ""}, at);
        });
    }
    return heal;
}

Heal outerNetworkFails(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    Heal heal = flagged(site, fault, [&site] { pokeAll(site, "kubelet", coreKind("pods")); });
    restartVm(site, *vm);
    return heal;
}

// ---- platform

Heal kubevirtStatus(Site& site, const std::function<void(Json& status, const std::string& at)>& change)
{
    const std::string at = timestamp(site.outer);
    return edited(site, site.outer, kindOf("kubevirts"), "kubevirt", "kubevirt", {"status"},
                  [&](Json& object) { change(object["status"], at); });
}

Heal kubevirtDegraded(Site& site)
{
    return kubevirtStatus(site, [](Json& status, const std::string& at) {
        const std::string words = "An error occurred during deployment: unable to create serviceaccount "
                                  "kubevirt-operator: etcdserver: request timed out";
        status["phase"] = "Deploying";
        setCondition(status,
                     {"Available", "False", "DeploymentInProgress",
                      "Deploying version v1.8.4 with registry quay.io/kubevirt"},
                     at);
        setCondition(status,
                     {"Progressing", "True", "DeploymentInProgress",
                      "Deploying version v1.8.4 with registry quay.io/kubevirt"},
                     at);
        setCondition(status, {"Degraded", "True", "DeploymentFailed", words}, at);
    });
}

Heal kubevirtUpdating(Site& site)
{
    return kubevirtStatus(site, [](Json& status, const std::string& at) {
        const std::string words =
            "Transitioning from previous version v1.8.4 with registry quay.io/kubevirt to "
            "target version v1.9.0 using registry quay.io/kubevirt";
        status["targetKubeVirtVersion"] = "v1.9.0";
        for (const char* type : {"Available", "Progressing", "Degraded"})
            setCondition(status, {type, "True", "UpdateInProgress", words}, at);
    });
}

Heal secondKubevirt(Site& site)
{
    Store& store = site.outer;
    create(store, kindOf("kubevirts"),
           {{"metadata", {{"name", "kubevirt-2"}, {"namespace", "kubevirt"}}}, {"spec", Json::object()}});
    edit(store, kindOf("kubevirts"), "kubevirt", "kubevirt-2", [&](Json& object) {
        setCondition(
            object["status"],
            {"Synchronized", "False", "ExistingDeployment", "There is an active KubeVirt deployment"},
            timestamp(store));
    });
    return [&store] { (void)store.remove(kindOf("kubevirts"), "kubevirt", "kubevirt-2"); };
}

Heal uninstallBlocked(Site& site)
{
    return kubevirtStatus(site, [](Json& status, const std::string& at) {
        status["phase"] = "Deleting";
        setCondition(status,
                     {"Synchronized", "False", "DeletionFailed",
                      "An error occurred during deletion: there are still Virtual Machine Instances present"},
                     at);
    });
}

// All pods of a deployment stop being ready.
Heal deploymentDown(Site& site, const std::string& ns, const std::string& app)
{
    std::vector<Heal> heals;
    for (const ObjectPtr& pod : site.outer.list(coreKind("pods"), ns)) {
        if (lookUp(pod->labels, "app") != app)
            continue;
        heals.push_back(
            edited(site, site.outer, coreKind("pods"), pod->ns, pod->name, {"status"}, [&](Json& object) {
                const std::string at = timestamp(site.outer);
                for (const char* type : {"Ready", "ContainersReady"})
                    setCondition(object["status"],
                                 {type, "False", "ContainersNotReady",
                                  "containers with unready status: [" + app + "]"},
                                 at);
                if (!object["status"]["containerStatuses"].is_array())
                    return;
                for (Json& container : object["status"]["containerStatuses"]) {
                    container["ready"] = false;
                    container["restartCount"] = number(container, "restartCount").value_or(0) + 5;
                    container["state"] = {
                        {"waiting",
                         {{"reason", "CrashLoopBackOff"},
                          {"message", "back-off 5m0s restarting failed container=" + app}}}};
                }
            }));
        tell(site.outer, *pod, "Warning", "BackOff",
             "Back-off restarting failed container " + app + " in pod " + pod->name, "kubelet");
    }
    if (heals.empty())
        return {};
    return [heals] {
        for (const Heal& heal : heals) {
            if (heal)
                heal();
        }
    };
}

Heal cdiDegraded(Site& site)
{
    const std::string at = timestamp(site.outer);
    return edited(site, site.outer, kindOf("cdis"), "", "cdi", {"status"}, [&](Json& object) {
        Json& status = object["status"];
        status["phase"] = "Error";
        setCondition(status,
                     {"Available", "False", "CDINotReady", "deployment cdi/cdi-deployment is not available"},
                     at);
        setCondition(status, {"Progressing", "True", "", ""}, at);
        setCondition(status, {"Degraded", "True", "ErrorState", "Entered Error state"}, at);
    });
}

Heal storageClassMissing(Site& site, const std::string& fault)
{
    Heal heal = removed(site.outer, kindOf("storageclasses"), "", "rbd");
    if (heal)
        oneMoreMachine(site, fault);
    return heal;
}

Heal storageProfileEmpty(Site& site, const std::string& fault)
{
    const std::string at = timestamp(site.outer);
    Heal heal = edited(site, site.outer, kindOf("storageprofiles"), "", "rbd", {"status"}, [&](Json& object) {
        object["status"].erase("claimPropertySets");
        setCondition(object["status"],
                     {"Recognized", "False", "UnrecognizedProvisioner", "Provisioner is not recognized"}, at);
    });
    if (heal)
        oneMoreMachine(site, fault);
    return heal;
}

Heal imagesUnreachable(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, [&site] { pokeAll(site, "kubelet", coreKind("pods")); });
    for (const ObjectPtr& pod : site.outer.list(coreKind("pods"), "metallb-system")) {
        if (!lookUp(pod->labels, "pod-template-hash").empty())
            (void)site.outer.remove(coreKind("pods"), pod->ns, pod->name);
    }
    return heal;
}

Heal privilegedRefused(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    Heal heal =
        edited(site, site.outer, coreKind("namespaces"), "", vm->ns, {"metadata.labels"}, [](Json& object) {
            object["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted";
        });
    restartVm(site, *vm);
    return heal;
}

// ---- images

Heal ofNewDisks(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, [&site] {
        pokeAll(site, "provisioner", coreKind("persistentvolumeclaims"));
        pokeAll(site, "datavolumes", kindOf("datavolumes"));
    });
    if (!oneMoreMachine(site, fault)) {
        heal();
        return {};
    }
    return heal;
}

Heal quotaExceeded(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    Store& store = site.outer;
    const std::size_t have = store.list(coreKind("persistentvolumeclaims"), where->ns).size();
    create(store, coreKind("resourcequotas"),
           {{"metadata", {{"name", "disks"}, {"namespace", where->ns}}},
            {"spec", {{"hard", {{"persistentvolumeclaims", std::to_string(have)}}}}}});
    site.faults.insert(fault + "/" + where->ns);
    oneMoreMachine(site, fault);
    return [&site, fault, ns = where->ns] {
        (void)site.outer.remove(coreKind("resourcequotas"), ns, "disks");
        site.faults.erase(fault + "/" + ns);
        pokeAll(site, "datavolumes", kindOf("datavolumes"));
    };
}

Heal claimLost(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    const ObjectPtr disk = vm ? site.outer.get(kindOf("datavolumes"), vm->ns, vm->name + "-root") : nullptr;
    if (!disk)
        return {};
    const std::string at = timestamp(site.outer);
    Heal claim = edited(site, site.outer, coreKind("persistentvolumeclaims"), disk->ns, disk->name,
                        {"status"}, [](Json& object) { object["status"]["phase"] = "Lost"; });
    Heal volume =
        edited(site, site.outer, kindOf("datavolumes"), disk->ns, disk->name, {"status"}, [&](Json& object) {
            setCondition(object["status"], {"Bound", "False", "ClaimLost", "Claim Lost"}, at);
            setCondition(object["status"], {"Ready", "False", "ClaimLost", ""}, at);
        });
    tell(site.outer, *disk, "Warning", "ErrClaimLost", "PVC " + disk->name + " lost",
         "datavolume-import-controller");
    return [claim, volume] {
        if (claim)
            claim();
        if (volume)
            volume();
    };
}

// A small VM of somebody in a tenant's namespace, who is no machine of it.
std::optional<Key> newVm(Site& site, const std::string& fault, const std::string& name, Json volumes,
                         Json templates = Json::array(), Json labels = Json::object())
{
    const auto where = tenant(site, fault);
    if (!where)
        return std::nullopt;
    labels["kubevirt.io/vm"] = name;
    const bool made =
        create(site.outer, kindOf("virtualmachines"),
               {{"metadata", {{"name", name}, {"namespace", where->ns}}},
                {"spec",
                 {{"runStrategy", "Always"},
                  {"dataVolumeTemplates", std::move(templates)},
                  {"template",
                   {{"metadata", {{"labels", std::move(labels)}}},
                    {"spec",
                     {{"domain",
                       {{"cpu", {{"cores", 1}}},
                        {"memory", {{"guest", "1Gi"}}},
                        {"devices",
                         {{"interfaces",
                           Json::array({{{"name", "default"}, {"masquerade", Json::object()}}})}}}}},
                      {"networks", Json::array({{{"name", "default"}, {"pod", Json::object()}}})},
                      {"volumes", std::move(volumes)}}}}}}}}) != nullptr;
    return made ? std::optional<Key>({where->ns, name}) : std::nullopt;
}

Heal withVm(Site& site, const std::optional<Key>& vm, Heal more = {})
{
    if (!vm) {
        if (more)
            more();
        return {};
    }
    return [&site, vm = *vm, more] {
        (void)site.outer.remove(kindOf("virtualmachines"), vm.ns, vm.name);
        if (more)
            more();
    };
}

Heal diskMissing(Site& site, const std::string& fault)
{
    return withVm(
        site,
        newVm(site, fault, "reports",
              Json::array({{{"name", "data"}, {"persistentVolumeClaim", {{"claimName", "reports-data"}}}}})));
}

Heal diskImageMissing(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, {});
    return withVm(site,
                  newVm(site, fault, "tools",
                        Json::array({{{"name", "root"},
                                      {"containerDisk", {{"image", "registry.rack-a.lan/disks/none:1"}}}}}),
                        Json::array(), {{"demo.strata/image", "missing"}}),
                  heal);
}

Heal uploadStuck(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, [&site] { pokeAll(site, "datavolumes", kindOf("datavolumes")); });
    return withVm(
        site,
        newVm(site, fault, "appliance",
              Json::array({{{"name", "root"}, {"dataVolume", {{"name", "appliance-root"}}}}}),
              Json::array({{{"metadata", {{"name", "appliance-root"}}},
                            {"spec",
                             {{"source", {{"upload", Json::object()}}},
                              {"storage", {{"resources", {{"requests", {{"storage", "10Gi"}}}}}}}}}}})),
        heal);
}

// ---- virtual machines

// What a running guest's object says, and is healed of.
Heal instanceSays(Site& site, const std::string& fault, const Condition& condition)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    return edited(site, site.outer, instances(), vm->ns, vm->name, {"status.conditions"},
                  [&](Json& object) { setCondition(object["status"], condition, timestamp(site.outer)); });
}

Heal pinningFails(Site& site, const std::string& fault)
{
    const std::string words = "failed to guarantee pod resources";
    Heal heal = instanceSays(site, fault, {"Synchronized", "False", "FailedGuaranteeResources", words});
    const auto vm = workerVm(site, fault);
    const ObjectPtr vmi = vm ? site.outer.get(instances(), vm->ns, vm->name) : nullptr;
    if (vmi)
        tell(site.outer, *vmi, "Warning", "FailedGuaranteeResources", words, "virtualmachine-controller");
    return heal;
}

Heal syncFails(Site& site, const std::string& fault)
{
    const std::string words = "failed to create attachment pod: admission webhook denied the request: volume "
                              "data is not hotpluggable";
    Heal heal = instanceSays(site, fault, {"Synchronized", "False", "FailedHotplugSync", words});
    const auto vm = workerVm(site, fault);
    const ObjectPtr vmi = vm ? site.outer.get(instances(), vm->ns, vm->name) : nullptr;
    if (vmi)
        tell(site.outer, *vmi, "Warning", "SyncFailed", words, "virt-handler");
    return heal;
}

Heal recoveryRequired(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    edit(site.outer, kindOf("virtualmachines"), vm->ns, vm->name, [&](Json& object) {
        setCondition(object["status"],
                     {"ManualRecoveryRequired", "True", "ManualRecoveryRequired",
                      "VM recovery required. Please revert the volumes to the ones in "
                      "status.volumeUpdateState.volumeMigrationState"},
                     timestamp(site.outer));
    });
    return [&site, vm = *vm] {
        edit(site.outer, kindOf("virtualmachines"), vm.ns, vm.name,
             [](Json& object) { removeCondition(object["status"], "ManualRecoveryRequired"); });
    };
}

Heal drainRefused(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    const ObjectPtr vmi = vm ? site.outer.get(instances(), vm->ns, vm->name) : nullptr;
    if (!vmi)
        return {};
    const std::string node = text(parseOwn(vmi->body), "status.nodeName");
    const std::string words = "cannot migrate VMI: PVC " + vm->name +
                              "-root is not shared, live migration requires that all PVCs must be shared "
                              "(using ReadWriteMany access mode)";
    const std::string at = timestamp(site.outer);
    Heal guest = edited(
        site, site.outer, instances(), vm->ns, vm->name, {"status.conditions", "spec.evictionStrategy"},
        [&](Json& object) {
            object["spec"]["evictionStrategy"] = "LiveMigrate";
            setCondition(object["status"], {"LiveMigratable", "False", "DisksNotLiveMigratable", words}, at);
        });
    Heal carrier = edited(site, site.outer, coreKind("nodes"), "", node,
                          {"spec.unschedulable", "spec.taints"}, [&](Json& object) {
                              object["spec"]["unschedulable"] = true;
                              if (!object["spec"]["taints"].is_array())
                                  object["spec"]["taints"] = Json::array();
                              object["spec"]["taints"].push_back(
                                  {{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}});
                          });
    tell(site.outer, *vmi, "Warning", "Migrated",
         "EvictionStrategy is set but vmi is not migratable; " + words, "disruptionbudget-controller");
    return [guest, carrier] {
        if (guest)
            guest();
        if (carrier)
            carrier();
    };
}

Heal evacuationStays(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    Heal mark = flagged(site, fault, {});
    Heal heal = edited(site, site.outer, instances(), vm->ns, vm->name,
                       {"status.evacuationNodeName", "spec.evictionStrategy"}, [](Json& object) {
                           object["spec"]["evictionStrategy"] = "LiveMigrate";
                           object["status"]["evacuationNodeName"] = text(object, "status.nodeName");
                       });
    return [mark, heal] {
        if (heal)
            heal();
        mark();
    };
}

Heal drainedMachine(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    return edited(site, site.outer, kindOf("kubevirtmachines"), vm->ns, vm->name,
                  {"status.failureReason", "status.failureMessage"}, [](Json& object) {
                      object["status"]["failureReason"] = "UpdateError";
                      object["status"]["failureMessage"] =
                          "The Machine's VM pod is marked for eviction due to infra node drain.";
                  });
}

Heal launcherUnschedulable(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    Heal heal =
        edited(site, site.outer, kindOf("virtualmachines"), vm->ns, vm->name, {"spec"}, [](Json& object) {
            Json& domain = object["spec"]["template"]["spec"]["domain"];
            domain["memory"]["guest"] = "4Ti";
            domain.erase("resources");
        });
    restartVm(site, *vm);
    return [&site, heal, vm = *vm] {
        heal();
        restartVm(site, vm);
    };
}

Heal crashLoop(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    site.crashing.insert(*vm);
    site.poke("virtualmachineinstances", *vm);
    return [&site, vm = *vm] {
        site.crashing.erase(vm);
        site.poke("virtualmachines", vm);
    };
}

Heal paused(Site& site, const std::string& fault, const char* reason, const char* words, bool ioError)
{
    const auto vm = workerVm(site, fault);
    const ObjectPtr vmi = vm ? site.outer.get(instances(), vm->ns, vm->name) : nullptr;
    if (!vmi)
        return {};
    const std::string at = timestamp(site.outer);
    edit(site.outer, instances(), vm->ns, vm->name, [&](Json& object) {
        setCondition(object["status"], {"Paused", "True", reason, words}, at);
        setCondition(object["status"],
                     {"Ready", "False", "GuestNotRunning", "Guest VM is not reported as running"}, at);
    });
    if (ioError)
        tell(site.outer, *vmi, "Warning", "IOerror", "VM Paused due to not enough space on volume: root",
             "virt-handler");
    return [&site, vm = *vm] {
        edit(site.outer, instances(), vm.ns, vm.name, [&](Json& object) {
            removeCondition(object["status"], "Paused");
            setCondition(object["status"], {"Ready", "True", "", ""}, timestamp(site.outer));
        });
    };
}

Heal agentMissing(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    site.agentless.insert(*vm);
    edit(site.outer, instances(), vm->ns, vm->name, [](Json& object) {
        removeCondition(object["status"], "AgentConnected");
        object["status"].erase("guestOSInfo");
        if (object["status"]["interfaces"].is_array()) {
            for (Json& each : object["status"]["interfaces"])
                each["infoSource"] = "domain";
        }
    });
    return [&site, vm = *vm] {
        site.agentless.erase(vm);
        site.poke("guests", vm);
    };
}

Heal noAddress(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    return edited(site, site.outer, instances(), vm->ns, vm->name, {"status.interfaces"}, [](Json& object) {
        if (!object["status"]["interfaces"].is_array())
            return;
        for (Json& each : object["status"]["interfaces"]) {
            each.erase("ipAddress");
            each.erase("ipAddresses");
        }
    });
}

Heal restartRequired(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    edit(site.outer, kindOf("virtualmachines"), vm->ns, vm->name, [&](Json& object) {
        setCondition(object["status"],
                     {"RestartRequired", "True", "RestartRequired",
                      "a non-live-updatable field was changed in the template spec"},
                     timestamp(site.outer));
    });
    return [&site, vm = *vm] {
        edit(site.outer, kindOf("virtualmachines"), vm.ns, vm.name,
             [](Json& object) { removeCondition(object["status"], "RestartRequired"); });
    };
}

// ---- migration

Heal notMigratable(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    const std::string claim = vm->name + "-root";
    const std::string at = timestamp(site.outer);
    Heal pvc = edited(site, site.outer, coreKind("persistentvolumeclaims"), vm->ns, claim, {"spec", "status"},
                      [](Json& object) {
                          object["spec"]["accessModes"] = Json::array({"ReadWriteOnce"});
                          object["status"]["accessModes"] = Json::array({"ReadWriteOnce"});
                      });
    Heal vmi =
        edited(site, site.outer, instances(), vm->ns, vm->name, {"status.conditions"}, [&](Json& object) {
            setCondition(object["status"],
                         {"LiveMigratable", "False", "DisksNotLiveMigratable",
                          "cannot migrate VMI: PVC " + claim +
                              " is not shared, live migration requires that all PVCs must be shared (using "
                              "ReadWriteMany access mode)"},
                         at);
        });
    return [pvc, vmi] {
        if (pvc)
            pvc();
        if (vmi)
            vmi();
    };
}

Heal migrationFails(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    const ObjectPtr made = create(
        site.outer, kindOf("virtualmachineinstancemigrations"),
        {{"metadata", {{"generateName", "kubevirt-migrate-vm-"}, {"namespace", vm->ns}}},
         {"spec",
          {{"vmiName", vm->name}, {"addedNodeSelector", {{"topology.kubernetes.io/zone", "rack-b"}}}}}});
    if (!made)
        return {};
    return [&site, made] {
        (void)site.outer.remove(kindOf("virtualmachineinstancemigrations"), made->ns, made->name);
    };
}

std::optional<std::pair<Store*, Key>> tenantNode(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return std::nullopt;
    const ObjectPtr vmi = site.outer.get(instances(), vm->ns, vm->name);
    Cluster* const inner = site.tenants.find({vm->ns, std::string(lookUp(vmi->labels, kClusterName))});
    if (inner == nullptr)
        return std::nullopt;
    return std::pair(&inner->store(), *vm);
}

Heal leftCordoned(Site& site, const std::string& fault)
{
    const auto node = tenantNode(site, fault);
    if (!node)
        return {};
    return edited(site, *node->first, coreKind("nodes"), "", node->second.name,
                  {"spec.unschedulable", "spec.taints"}, [&](Json& object) {
                      object["spec"]["unschedulable"] = true;
                      if (!object["spec"]["taints"].is_array())
                          object["spec"]["taints"] = Json::array();
                      object["spec"]["taints"].push_back(
                          {{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}});
                  });
}

// ---- Cluster API

// A new tenant cluster: the smallest there can be.
std::string newCluster(Site& site)
{
    Store& store = site.outer;
    const std::string name = "amber-" + store.newSuffix(4);
    const auto meta = [&](const std::string& of) { return Json{{"name", of}, {"namespace", name}}; };
    const auto ref = [](const char* group, const char* kind, const std::string& of) {
        return Json{{"apiGroup", group}, {"kind", kind}, {"name", of}};
    };
    const char* const infra = "infrastructure.cluster.x-k8s.io";
    create(store, coreKind("namespaces"), {{"metadata", {{"name", name}}}});
    create(store, kindOf("kubevirtclusters"),
           {{"metadata", meta(name)},
            {"spec", {{"controlPlaneServiceTemplate", {{"spec", {{"type", "LoadBalancer"}}}}}}}});
    create(store, kindOf("kubevirtmachinetemplates"),
           {{"metadata", meta(name + "-cp")},
            {"spec",
             {{"template",
               {{"spec",
                 {{"virtualMachineBootstrapCheck", {{"checkStrategy", "ssh"}}},
                  {"virtualMachineTemplate",
                   {{"metadata", {{"namespace", name}}},
                    {"spec",
                     {{"runStrategy", "Always"},
                      {"template",
                       {{"spec",
                         {{"domain",
                           {{"cpu", {{"cores", 2}}},
                            {"memory", {{"guest", "4Gi"}}},
                            {"devices", Json::object()}}},
                          {"volumes",
                           Json::array(
                               {{{"name", "containervolume"},
                                 {"containerDisk",
                                  {{"image",
                                    "quay.io/capk/ubuntu-2204-container-disk:v1.33.4"}}}}})}}}}}}}}}}}}}}}});
    create(store, kindOf("kubeadmcontrolplanes"),
           {{"metadata", meta(name + "-cp")},
            {"spec",
             {{"replicas", 1},
              {"version", "v1.33.4"},
              {"machineTemplate",
               {{"spec", {{"infrastructureRef", ref(infra, "KubevirtMachineTemplate", name + "-cp")}}}}},
              {"kubeadmConfigSpec",
               {{"initConfiguration", Json::object()}, {"joinConfiguration", Json::object()}}}}}});
    create(
        store, clusters(),
        {{"metadata", meta(name)},
         {"spec",
          {{"clusterNetwork",
            {{"pods", {{"cidrBlocks", Json::array({"10.243.0.0/16"})}}},
             {"services", {{"cidrBlocks", Json::array({"10.95.0.0/16"})}}}}},
           {"infrastructureRef", ref(infra, "KubevirtCluster", name)},
           {"controlPlaneRef", ref("controlplane.cluster.x-k8s.io", "KubeadmControlPlane", name + "-cp")}}}});
    return name;
}

Heal lbPending(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, [&site] { pokeAll(site, "loadbalancer", coreKind("services")); });
    newCluster(site);
    return heal;
}

Heal lbErrorHidden(Site& site, const std::string&)
{
    const std::string name = newCluster(site);
    create(site.outer, coreKind("resourcequotas"),
           {{"metadata", {{"name", "balancers"}, {"namespace", name}}},
            {"spec", {{"hard", {{"services.loadbalancers", "0"}}}}}});
    return [&site, name] {
        (void)site.outer.remove(coreKind("resourcequotas"), name, "balancers");
        site.poke("kubevirtclusters", {name, name});
    };
}

Heal lbHostname(Site& site, const std::string& fault)
{
    Heal mark = flagged(site, fault, {});
    const std::string name = newCluster(site);
    return [&site, mark, name] {
        mark();
        // Assigned anew, with an address.
        edit(site.outer, coreKind("services"), name, name + "-lb",
             [](Json& edited) { edited["status"]["loadBalancer"] = Json::object(); });
    };
}

Heal vmCreateFails(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    oneMoreMachine(site, fault);
    return flagged(site, fault, [&site, ns = where->ns] {
        for (const ObjectPtr& machine : site.outer.list(kindOf("kubevirtmachines"), ns))
            site.poke("kubevirtmachines", {machine->ns, machine->name});
    });
}

Heal topologyWaits(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    edit(site.outer, clusters(), where->ns, where->name, [&](Json& object) {
        setCondition(object["status"],
                     {"TopologyReconciled", "False", "ControlPlaneUpgradePending",
                      "Control plane rollout and upgrade to version v1.34.1 on hold."},
                     timestamp(site.outer));
    });
    return [&site, where = *where] {
        edit(site.outer, clusters(), where.ns, where.name,
             [](Json& object) { removeCondition(object["status"], "TopologyReconciled"); });
    };
}

Heal bootstrapFault(Site& site, const std::string& fault)
{
    Heal heal = flagged(site, fault, [&site] {
        pokeAll(site, "guests", instances());
        // A node that came with another provider ID is registered anew.
        for (const ObjectPtr& machine : site.outer.list(kindOf("kubevirtmachines"))) {
            const Json body = parseOwn(machine->body);
            Cluster* const inner = isTrue(body, "BootstrapExecSucceeded") && !flag(body, "status.nodeupdated")
                                       ? site.tenants.find({machine->ns, clusterNameOf(body)})
                                       : nullptr;
            if (inner != nullptr)
                edit(inner->store(), coreKind("nodes"), "", machine->name,
                     [](Json& object) { object["spec"].erase("providerID"); });
        }
    });
    if (!oneMoreMachine(site, fault)) {
        heal();
        return {};
    }
    return heal;
}

Heal apiUnreachable(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    const auto look = [&site, where = *where] {
        site.poke("clusters", where);
        for (const ObjectPtr& machine : labelled(site.outer, machines(), where.ns, where.name))
            site.poke("machines", {machine->ns, machine->name});
        for (const ObjectPtr& plane :
             labelled(site.outer, kindOf("kubeadmcontrolplanes"), where.ns, where.name))
            site.poke("kubeadmcontrolplanes", {plane->ns, plane->name});
    };
    site.tenants.answer(*where, false);
    look();
    return [&site, where = *where, look] {
        site.tenants.answer(where, true);
        look();
    };
}

std::optional<ObjectPtr> pool(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return std::nullopt;
    for (const ObjectPtr& each : labelled(site.outer, kindOf("machinedeployments"), where->ns, where->name))
        return each;
    return std::nullopt;
}

Heal versionSkew(Site& site, const std::string& fault)
{
    const auto victim = pool(site, fault);
    if (!victim)
        return {};
    const ObjectPtr object = *victim;
    const int minor = minorVersion(text(parseOwn(object->body), "spec.template.spec.version"));
    return edited(
        site, site.outer, *object->kind, object->ns, object->name, {"spec.template"}, [&](Json& edited) {
            edited["spec"]["template"]["spec"]["version"] = "v1." + std::to_string(minor + 1) + ".0";
        });
}

Heal templateMissing(Site& site, const std::string& fault)
{
    const auto victim = pool(site, fault);
    if (!victim)
        return {};
    const ObjectPtr object = *victim;
    const std::string name = text(parseOwn(object->body), "spec.template.spec.infrastructureRef.name");
    Heal heal = removed(site.outer, kindOf("kubevirtmachinetemplates"), object->ns, name);
    if (!heal)
        return {};
    oneMoreMachine(site, fault);
    return [&site, heal, object] {
        heal();
        for (const ObjectPtr& set : site.outer.list(kindOf("machinesets"), object->ns))
            site.poke("machinesets", {set->ns, set->name});
    };
}

Heal infrastructureDeleted(Site& site, const std::string& fault)
{
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    (void)site.outer.remove(kindOf("kubevirtmachines"), vm->ns, vm->name);
    return [&site, vm = *vm] { (void)site.outer.remove(machines(), vm.ns, vm.name); };
}

Heal clusterPaused(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    return edited(site, site.outer, clusters(), where->ns, where->name, {"spec.paused"},
                  [](Json& object) { object["spec"]["paused"] = true; });
}

Heal kubeletDead(Site& site, const std::string& fault)
{
    const auto node = tenantNode(site, fault);
    if (!node)
        return {};
    const Key key{node->second.ns, node->second.name};
    site.deadKubelets.insert(key);
    return [&site, key] { site.deadKubelets.erase(key); };
}

Heal remediationRestricted(Site& site, const std::string& fault)
{
    const auto node = tenantNode(site, fault);
    if (!node)
        return {};
    const Key key = node->second;
    const Json machine = read(site.outer, machines(), key.ns, key.name);
    const std::string cluster = text(machine, "spec.clusterName");
    const std::string name = cluster + "-workers";
    create(
        site.outer, kindOf("machinehealthchecks"),
        {{"metadata", {{"name", name}, {"namespace", key.ns}}},
         {"spec",
          {{"clusterName", cluster},
           {"selector",
            {{"matchLabels", {{kClusterName, cluster}, {kDeploymentName, label(machine, kDeploymentName)}}}}},
           {"checks",
            {{"nodeStartupTimeoutSeconds", 600},
             {"unhealthyNodeConditions",
              Json::array({{{"type", "Ready"}, {"status", "Unknown"}, {"timeoutSeconds", 60}}})}}},
           {"remediation", {{"triggerIf", {{"unhealthyLessThanOrEqualTo", "40%"}}}}}}}});
    // As many as there are, so that it is more than 40 %.
    std::vector<Key> all;
    for (const ObjectPtr& each : labelled(site.outer, machines(), key.ns, cluster)) {
        bool plane = false;
        lookUp(each->labels, kControlPlane, &plane);
        if (!plane)
            all.push_back({each->ns, each->name});
    }
    for (const Key& each : all)
        site.deadKubelets.insert(each);
    return [&site, all, ns = key.ns, name] {
        for (const Key& each : all)
            site.deadKubelets.erase(each);
        (void)site.outer.remove(kindOf("machinehealthchecks"), ns, name);
    };
}

Heal finalizerStuck(Site& site, const std::string& fault)
{
    constexpr const char* finalizer = "backup.rack-a.lan/snapshot";
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    edit(site.outer, kindOf("kubevirtmachines"), vm->ns, vm->name,
         [&](Json& object) { addFinalizer(object, finalizer); });
    (void)site.outer.remove(machines(), vm->ns, vm->name);
    return [&site, vm = *vm] {
        edit(site.outer, kindOf("kubevirtmachines"), vm.ns, vm.name,
             [&](Json& object) { removeFinalizer(object, finalizer); });
    };
}

Heal vmTerminal(Site& site, const std::string& fault)
{
    constexpr const char* mark = "capk.cluster.x-k8s.io/vm-is-terminal";
    const auto vm = workerVm(site, fault);
    if (!vm)
        return {};
    std::vector<Heal> heals;
    for (const char* resource : {"virtualmachines", "virtualmachineinstances"})
        heals.push_back(
            edited(site, site.outer, kindOf(resource), vm->ns, vm->name, {"metadata.labels"},
                   [&](Json& object) { object["metadata"]["labels"][mark] = "marked-as-terminal"; }));
    heals.push_back(edited(site, site.outer, kindOf("kubevirtmachines"), vm->ns, vm->name,
                           {"status.failureReason", "status.failureMessage"}, [](Json& object) {
                               object["status"]["failureReason"] = "UpdateError";
                               object["status"]["failureMessage"] =
                                   "VMI has reached a permanent finalized state";
                           }));
    return [heals] {
        for (const Heal& heal : heals) {
            if (heal)
                heal();
        }
    };
}

// ---- tenants

Cluster* innerOf(Site& site, const std::string& fault, Key* key = nullptr)
{
    const auto where = tenant(site, fault);
    if (where && key != nullptr)
        *key = *where;
    return where ? site.tenants.find(*where) : nullptr;
}

Heal cniMissing(Site& site, const std::string& fault)
{
    Cluster* const inner = innerOf(site, fault);
    if (inner == nullptr)
        return {};
    Store& store = inner->store();
    std::vector<Heal> heals;
    for (const ObjectPtr& set : store.list(kindOf("daemonsets"), "kube-system")) {
        if (isNetworkPlugin(*set) && set->name != "cilium-envoy")
            heals.push_back(removed(store, *set->kind, set->ns, set->name));
    }
    return [heals] {
        for (const Heal& heal : heals)
            heal();
    };
}

// A VM whose disk is to be the copy of one in use.
Heal cloneBlocked(Site& site, const std::string& fault)
{
    const auto source = workerVm(site, fault);
    if (!source)
        return {};
    Heal heal = flagged(site, fault, [&site] { pokeAll(site, "datavolumes", kindOf("datavolumes")); });
    return withVm(
        site,
        newVm(site, fault, "golden-copy",
              Json::array({{{"name", "root"}, {"dataVolume", {{"name", "golden-copy-root"}}}}}),
              Json::array(
                  {{{"metadata", {{"name", "golden-copy-root"}}},
                    {"spec",
                     {{"source", {{"pvc", {{"namespace", source->ns}, {"name", source->name + "-root"}}}}},
                      {"storage", {{"resources", {{"requests", {{"storage", "40Gi"}}}}}}}}}}})),
        heal);
}

Heal staticPodsFail(Site& site, const std::string& fault, const std::string& component)
{
    Cluster* const inner = innerOf(site, fault);
    if (inner == nullptr)
        return {};
    Store& store = inner->store();
    std::vector<Heal> heals;
    for (const ObjectPtr& pod : store.list(coreKind("pods"), "kube-system")) {
        if (lookUp(pod->labels, "component") != component)
            continue;
        heals.push_back(
            edited(site, store, coreKind("pods"), pod->ns, pod->name, {"status"}, [&](Json& object) {
                const std::string at = timestamp(store);
                for (const char* type : {"Ready", "ContainersReady"})
                    setCondition(object["status"],
                                 {type, "False", "ContainersNotReady",
                                  "containers with unready status: [" + component + "]"},
                                 at);
                if (!object["status"]["containerStatuses"].is_array())
                    return;
                for (Json& container : object["status"]["containerStatuses"]) {
                    container["ready"] = false;
                    container["started"] = false;
                    container["restartCount"] = number(container, "restartCount").value_or(0) + 6;
                    container["state"] = {
                        {"waiting",
                         {{"reason", "CrashLoopBackOff"},
                          {"message", "back-off 5m0s restarting failed container=" + component}}}};
                }
            }));
        tell(store, *pod, "Warning", "BackOff",
             "Back-off restarting failed container " + component + " in pod " + pod->name, "kubelet");
    }
    return [heals] {
        for (const Heal& heal : heals) {
            if (heal)
                heal();
        }
    };
}

Heal planeHeldBack(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    Heal heal = staticPodsFail(site, fault, "kube-controller-manager");
    if (!where || !heal)
        return {};
    std::vector<Heal> sizes;
    for (const ObjectPtr& plane :
         labelled(site.outer, kindOf("kubeadmcontrolplanes"), where->ns, where->name))
        sizes.push_back(edited(site, site.outer, *plane->kind, plane->ns, plane->name, {"spec.replicas"},
                               [](Json& object) { object["spec"]["replicas"] = 3; }));
    return [heal, sizes] {
        for (const Heal& size : sizes) {
            if (size)
                size();
        }
        heal();
    };
}

Heal planeAddressChanged(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    for (const ObjectPtr& vmi : labelled(site.outer, instances(), where->ns, where->name)) {
        if (lookUp(vmi->labels, "cluster.x-k8s.io/role") != "control-plane")
            continue;
        // The machine's address is what it was told at first.
        Heal machine = edited(site, site.outer, kindOf("kubevirtmachines"), vmi->ns, vmi->name,
                              {"status.addresses"}, [](Json&) {});
        const std::string address = site.podAddress();
        Heal guest = edited(site, site.outer, instances(), vmi->ns, vmi->name, {"status.interfaces"},
                            [&](Json& object) {
                                if (!object["status"]["interfaces"].is_array())
                                    return;
                                for (Json& each : object["status"]["interfaces"]) {
                                    each["ipAddress"] = address;
                                    each["ipAddresses"] = Json::array({address});
                                }
                            });
        // Its kubelet tells the new one of what shares the node's network; the manifest of etcd keeps the
        // old.
        Heal member;
        if (Cluster* const inner = innerOf(site, fault))
            member = edited(site, inner->store(), coreKind("pods"), "kube-system", "etcd-" + vmi->name,
                            {"status.podIP", "status.podIPs"}, [&](Json& object) {
                                object["status"]["podIP"] = address;
                                object["status"]["podIPs"] = Json::array({{{"ip", address}}});
                            });
        return [machine, guest, member] {
            for (const Heal& heal : {member, guest, machine}) {
                if (heal)
                    heal();
            }
        };
    }
    return {};
}

Heal attachFails(Site& site, const std::string& fault)
{
    Cluster* const inner = innerOf(site, fault);
    if (inner == nullptr)
        return {};
    Store& store = inner->store();
    for (const ObjectPtr& pod : store.list(coreKind("pods"))) {
        if (lookUp(pod->labels, "pod-template-hash").empty() || pod->ns == "kube-system")
            continue;
        const std::string volume = "pvc-" + pod->uid;
        tell(
            store, *pod, "Warning", "FailedAttachVolume",
            "AttachVolume.Attach failed for volume \"" + volume +
                "\" : rpc error: code = Unknown desc = hotplug of volume failed: the maximum of PCI slots is "
                "reached",
            "attachdetach-controller");
        tell(store, *pod, "Warning", "FailedMount",
             "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to "
             "process volumes=[]: timed out waiting for the condition",
             "kubelet");
        return [] {};
    }
    return {};
}

Heal nodeUninitialized(Site& site, const std::string& fault)
{
    const auto node = tenantNode(site, fault);
    if (!node)
        return {};
    return edited(
        site, *node->first, coreKind("nodes"), "", node->second.name, {"spec.taints"}, [](Json& object) {
            if (!object["spec"]["taints"].is_array())
                object["spec"]["taints"] = Json::array();
            object["spec"]["taints"].push_back({{"key", "node.cloudprovider.kubernetes.io/uninitialized"},
                                                {"value", "true"},
                                                {"effect", "NoSchedule"}});
        });
}

Heal certificateExpired(Site& site, const std::string& fault)
{
    const auto where = tenant(site, fault);
    if (!where)
        return {};
    std::vector<Heal> heals;
    for (const ObjectPtr& machine : labelled(site.outer, machines(), where->ns, where->name)) {
        bool plane = false;
        lookUp(machine->labels, kControlPlane, &plane);
        if (plane)
            heals.push_back(
                edited(site, site.outer, machines(), machine->ns, machine->name, {"metadata.annotations"},
                       [&](Json& object) {
                           object["metadata"]["annotations"]["machine.cluster.x-k8s.io/certificates-expiry"] =
                               formatRfc3339(site.outer.now() - 2LL * 86400000);
                       }));
    }
    // And its API server shows one that is over: nobody can talk to it any more, Cluster API least of all.
    const auto look = [&site, where = *where] {
        site.poke("clusters", where);
        for (const ObjectPtr& machine : labelled(site.outer, machines(), where.ns, where.name))
            site.poke("machines", {machine->ns, machine->name});
        for (const ObjectPtr& plane :
             labelled(site.outer, kindOf("kubeadmcontrolplanes"), where.ns, where.name))
            site.poke("kubeadmcontrolplanes", {plane->ns, plane->name});
    };
    site.tenants.expire(*where, true);
    look();
    return [&site, where = *where, heals, look] {
        site.tenants.expire(where, false);
        for (const Heal& heal : heals) {
            if (heal)
                heal();
        }
        look();
    };
}

Heal podsPending(Site& site, const std::string& fault)
{
    Cluster* const inner = innerOf(site, fault);
    if (inner == nullptr)
        return {};
    Store& store = inner->store();
    create(
        store, kindOf("deployments"),
        {{"metadata", {{"name", "batch"}, {"namespace", "default"}}},
         {"spec",
          {{"replicas", 3},
           {"selector", {{"matchLabels", {{"app", "batch"}}}}},
           {"template",
            {{"metadata", {{"labels", {{"app", "batch"}}}}},
             {"spec",
              {{"containers",
                Json::array({{{"name", "batch"},
                              {"image", "registry.rack-a.lan/batch/solver:1.4.0"},
                              {"resources", {{"requests", {{"cpu", "96"}, {"memory", "16Gi"}}}}}}})}}}}}}}});
    return [&store] { (void)store.remove(kindOf("deployments"), "default", "batch"); };
}

Heal tenantLbPending(Site& site, const std::string& fault)
{
    Cluster* const inner = innerOf(site, fault);
    if (inner == nullptr)
        return {};
    Store& store = inner->store();
    Heal heal = flagged(site, fault, {});
    create(store, coreKind("services"),
           {{"metadata", {{"name", "public"}, {"namespace", "default"}}},
            {"spec",
             {{"type", "LoadBalancer"},
              {"selector", {{"app", "web"}}},
              {"ports", Json::array({{{"name", "https"}, {"port", 443}, {"targetPort", 8443}}})}}}});
    return [&store, heal] {
        heal();
        (void)store.remove(coreKind("services"), "default", "public");
    };
}

} // namespace

std::function<void()> stageFault(Site& site, const std::string& name)
{
    using Stage = std::function<Heal(Site&, const std::string&)>;
    const auto alone = [](Heal (*stage)(Site&)) {
        return [stage](Site& where, const std::string&) { return stage(where); };
    };
    static const std::map<std::string, Stage> stages = {
        {"host-dies", hostDies},
        {"no-kvm",
         [](Site& s, const std::string& fault) {
             return deviceMissing(s, fault, "devices.kubevirt.io/kvm", true);
         }},
        {"no-vhost-net",
         [](Site& s, const std::string& fault) {
             return deviceMissing(s, fault, "devices.kubevirt.io/vhost-net", false);
         }},
        {"virt-handler-lost", virtHandlerLost},
        {"cpu-model-obsolete", cpuModelObsolete},
        {"disk-pressure", diskPressure},
        {"outer-network-fails", outerNetworkFails},
        {"kubevirt-degraded", alone(kubevirtDegraded)},
        {"second-kubevirt", alone(secondKubevirt)},
        {"kubevirt-updating", alone(kubevirtUpdating)},
        {"uninstall-blocked", alone(uninstallBlocked)},
        {"virt-api-down",
         [](Site& s, const std::string&) { return deploymentDown(s, "kubevirt", "virt-api"); }},
        {"cert-manager-down",
         [](Site& s, const std::string&) {
             return deploymentDown(s, "cert-manager", "cert-manager-webhook");
         }},
        {"clone-blocked", cloneBlocked},
        {"upload-stuck", uploadStuck},
        {"disk-missing", diskMissing},
        {"disk-image-missing", diskImageMissing},
        {"sync-fails", syncFails},
        {"recovery-required", recoveryRequired},
        {"cpu-pinning-fails", pinningFails},
        {"credentials-missing",
         [](Site& s, const std::string& fault) {
             return instanceSays(s, fault,
                                 {"AccessCredentialsSynchronized", "False", "AccessCredentialsSyncFailed",
                                  "Guest agent is not connected"});
         }},
        {"nic-not-migratable",
         [](Site& s, const std::string& fault) {
             return instanceSays(
                 s, fault,
                 {"LiveMigratable", "False", "InterfaceNotLiveMigratable",
                  "cannot migrate VMI which does not use masquerade or a migratable plugin to connect to the "
                  "pod network"});
         }},
        {"cpu-not-migratable",
         [](Site& s, const std::string& fault) {
             return instanceSays(s, fault,
                                 {"LiveMigratable", "False", "CPUModeLiveMigratable",
                                  "cannot migrate VMI with CPU mode \"host-passthrough\""});
         }},
        {"device-not-migratable",
         [](Site& s, const std::string& fault) {
             return instanceSays(
                 s, fault,
                 {"LiveMigratable", "False", "HostDeviceNotLiveMigratable", "VMI uses a PCI host devices"});
         }},
        {"drain-refused", drainRefused},
        {"evacuation-stays", evacuationStays},
        {"drained-machine", drainedMachine},
        {"change-pending",
         [](Site& s, const std::string& fault) {
             return instanceSays(
                 s, fault,
                 {"HotMemoryChange", "True", "AutoMigrationPending", "memory hotplug waits for a migration"});
         }},
        {"lb-error-hidden", lbErrorHidden},
        {"lb-hostname", lbHostname},
        {"vm-create-fails", vmCreateFails},
        {"plane-held-back", planeHeldBack},
        {"topology-waits", topologyWaits},
        {"plane-address-changed", planeAddressChanged},
        {"attach-fails", attachFails},
        {"node-uninitialized", nodeUninitialized},
        {"cdi-degraded", alone(cdiDegraded)},
        {"storage-class-missing", storageClassMissing},
        {"storage-profile-empty", storageProfileEmpty},
        {"images-unreachable", imagesUnreachable},
        {"privileged-refused", privilegedRefused},
        {"claim-pending", ofNewDisks},
        {"quota-exceeded", quotaExceeded},
        {"importer-unschedulable", ofNewDisks},
        {"image-missing", ofNewDisks},
        {"image-too-big", ofNewDisks},
        {"import-hangs", ofNewDisks},
        {"scratch-missing", ofNewDisks},
        {"claim-lost", claimLost},
        {"launcher-unschedulable", launcherUnschedulable},
        {"crash-loop", crashLoop},
        {"disk-full",
         [](Site& s, const std::string& fault) {
             return paused(s, fault, "PausedIOError", "VMI was paused, low-level IO error detected", true);
         }},
        {"vm-paused",
         [](Site& s, const std::string& fault) {
             return paused(s, fault, "PausedByUser", "VMI was paused by user", false);
         }},
        {"agent-missing", agentMissing},
        {"no-address", noAddress},
        {"restart-required", restartRequired},
        {"not-migratable", notMigratable},
        {"migration-fails", migrationFails},
        {"left-cordoned", leftCordoned},
        {"lb-pending", lbPending},
        {"bootstrap-hangs", bootstrapFault},
        {"wrong-provider-id", bootstrapFault},
        {"api-unreachable", apiUnreachable},
        {"version-skew", versionSkew},
        {"template-missing", templateMissing},
        {"infrastructure-deleted", infrastructureDeleted},
        {"cluster-paused", clusterPaused},
        {"remediation-restricted", remediationRestricted},
        {"finalizer-stuck", finalizerStuck},
        {"vm-terminal", vmTerminal},
        {"cni-missing", cniMissing},
        {"kubelet-dead", kubeletDead},
        {"etcd-quorum-lost",
         [](Site& s, const std::string& fault) { return staticPodsFail(s, fault, "etcd"); }},
        {"scheduler-down",
         [](Site& s, const std::string& fault) { return staticPodsFail(s, fault, "kube-scheduler"); }},
        {"certificate-expired", certificateExpired},
        {"pods-pending", podsPending},
        {"tenant-lb-pending", tenantLbPending},
    };
    const auto found = stages.find(name);
    return found == stages.end() ? Heal() : found->second(site, name);
}

void Faults::set(const std::string& name, bool on)
{
    const auto staged = m_staged.find(name);
    if (on && staged == m_staged.end()) {
        if (Heal heal = stageFault(m_site, name))
            m_staged.emplace(name, std::move(heal));
    } else if (!on && staged != m_staged.end()) {
        const Heal heal = std::move(staged->second);
        m_staged.erase(staged);
        heal();
    } else {
        return;
    }
    if (m_changed)
        m_changed(name, on);
}

namespace {

// Plays a scenario: a timer for each act.
class Play : public Controller {
public:
    Play(Faults& faults, Scenario scenario) : m_faults(faults), m_scenario(std::move(scenario)) {}
    double reconcile(const Key&) override
    {
        if (m_next == m_scenario.acts.size())
            return kOnChange;
        if (m_started) {
            const Scenario::Act& act = m_scenario.acts[m_next++];
            m_faults.set(act.fault, act.on);
        }
        m_started = true;
        return m_next == m_scenario.acts.size() ? kOnChange : m_scenario.acts[m_next].after;
    }

private:
    Faults& m_faults;
    Scenario m_scenario;
    std::size_t m_next = 0;
    bool m_started = false;
};

} // namespace

void Faults::play(const Scenario& scenario)
{
    Controller& play = m_site.manager.add(m_site.outer, std::make_unique<Play>(*this, scenario));
    m_site.manager.enqueue(play, {});
}

} // namespace strata::demosite
