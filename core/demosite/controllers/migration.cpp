// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "core/demosite/controllers/kubevirt.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace kubevirt;

constexpr const char* kFinalizer = "kubevirt.io/migrationJobFinalize";
constexpr const char* kJob = "kubevirt.io/migrationJobUID";
constexpr const char* kEvacuation = "kubevirt.io/evacuationMigration";
constexpr double kCopy = 8;    // seconds of copying memory
constexpr double kGrace = 600; // seconds a drained tenant's node is waited for

const Kind& migrations()
{
    return kindOf("virtualmachineinstancemigrations");
}

const Kind& instances()
{
    return kindOf("virtualmachineinstances");
}

// Live migrations: a second launcher on another node, the copy, and the switch.
class MigrationController : public Controller {
public:
    explicit MigrationController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(migrations(), key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json migration = parseOwn(object->body);
        const std::string phase = text(migration, "status.phase");
        const std::string name = text(migration, "spec.vmiName");
        const ObjectPtr vmi = m_store.get(instances(), key.ns, name);
        const bool over = phase == "Succeeded" || phase == "Failed";
        if (deleting(migration)) {
            if (!over && vmi)
                abandon(*object, *vmi, true);
            edit(m_store, migrations(), key.ns, key.name,
                 [](Json& edited) { removeFinalizer(edited, kFinalizer); });
            return kOnChange;
        }
        if (over)
            return kOnChange;
        const Json body = vmi ? parseOwn(vmi->body) : Json();
        if (!vmi || deleting(body) || text(body, "status.phase") != "Running")
            return end(key, "Failed");
        if (phase.empty())
            return enter(key, *object, "Pending");
        if (phase == "Pending") {
            if (!isTrue(body, "LiveMigratable")) {
                const Json* why = conditionOf(body, "LiveMigratable");
                tell(m_store, *vmi, "Warning", "FailedMigration",
                     "VMI is not migratable: " + (why == nullptr ? std::string() : text(*why, "message")),
                     "virtualmachine-controller");
                return end(key, "Failed");
            }
            if (underWay(*object, body))
                return 5; // one at a time
            return target(key, *object, *vmi, body);
        }
        return proceed(key, *object, migration, *vmi, body);
    }

private:
    double enter(const Key& key, const Object& object, const char* phase)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, migrations(), key.ns, key.name, [&](Json& edited) {
            addFinalizer(edited, kFinalizer);
            edited["metadata"]["labels"]["kubevirt.io/vmi-name"] = text(edited, "spec.vmiName");
            edited["status"]["phase"] = phase;
            Json& all = edited["status"]["phaseTransitionTimestamps"];
            if (!all.is_array())
                all = Json::array();
            all.push_back({{"phase", phase}, {"phaseTransitionTimestamp", at}});
        });
        (void)object;
        return kOnChange; // told of it
    }

    double end(const Key& key, const char* phase)
    {
        m_since.erase(key);
        const ObjectPtr object = m_store.get(migrations(), key.ns, key.name);
        if (object)
            enter(key, *object, phase);
        edit(m_store, migrations(), key.ns, key.name,
             [](Json& edited) { removeFinalizer(edited, kFinalizer); });
        return kOnChange;
    }

    static bool underWay(const Object& object, const Json& vmi)
    {
        const std::string uid = text(vmi, "status.migrationState.migrationUid");
        return !uid.empty() && uid != object.uid && !flag(vmi, "status.migrationState.completed") &&
               !flag(vmi, "status.migrationState.failed");
    }

    ObjectPtr targetPod(const Object& object, const Object& vmi) const
    {
        for (const ObjectPtr& pod : launchers(m_store, vmi)) {
            if (lookUp(pod->labels, kJob) == object.uid)
                return pod;
        }
        return nullptr;
    }

    double target(const Key& key, const Object& object, const Object& vmi, const Json& body)
    {
        Json pod = launcherPod(vmi, body);
        pod["metadata"]["labels"][kJob] = object.uid;
        pod["metadata"]["annotations"]["kubevirt.io/migrationJobName"] = object.name;
        const Json migration = parseOwn(object.body);
        if (const Json* selector = find(migration, "spec.addedNodeSelector");
            selector != nullptr && selector->is_object()) {
            for (const auto& [name, value] : selector->items())
                pod["spec"]["nodeSelector"][name] = value;
        }
        // Not where it is.
        Json& terms =
            pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        if (!terms.is_array())
            terms = Json::array();
        terms.push_back({{"labelSelector", {{"matchLabels", {{"kubevirt.io/created-by", vmi.uid}}}}},
                         {"topologyKey", "kubernetes.io/hostname"}});
        if (!targetPod(object, vmi)) {
            const auto made = m_store.create(coreKind("pods"), std::move(pod));
            if (!made) {
                tell(m_store, vmi, "Warning", "FailedCreate", made.error().message,
                     "virtualmachine-controller");
                return 10;
            }
            tell(m_store, vmi, "Normal", "SuccessfulCreate", "Created migration target pod " + (*made)->name,
                 "virtualmachine-controller");
        }
        return enter(key, object, "Scheduling");
    }

    double proceed(const Key& key, const Object& object, const Json& migration, const Object& vmi,
                   const Json& body)
    {
        const ObjectPtr pod = targetPod(object, vmi);
        if (!pod) {
            abandon(object, vmi, false);
            return end(key, "Failed");
        }
        if (lookUp(pod->fields, "status.phase") != "Running")
            return kOnChange;
        const std::string phase = text(migration, "status.phase");
        const std::string source = text(body, "status.nodeName");
        const std::string node(lookUp(pod->fields, "spec.nodeName"));
        const std::string at = timestamp(m_store);
        if (phase == "Scheduling")
            return enter(key, object, "Scheduled");
        if (phase == "Scheduled") {
            std::string sourcePod;
            for (const ObjectPtr& each : launchers(m_store, vmi)) {
                if (each->name != pod->name)
                    sourcePod = each->name;
            }
            edit(m_store, instances(), vmi.ns, vmi.name, [&](Json& edited) {
                edited["status"]["migrationState"] = {{"migrationUid", object.uid}, {"sourceNode", source},
                                                      {"targetNode", node},         {"sourcePod", sourcePod},
                                                      {"targetPod", pod->name},     {"mode", "PreCopy"}};
                edited["status"]["activePods"][pod->uid] = node;
                edited["metadata"]["labels"]["kubevirt.io/migrationTargetNodeName"] = node;
            });
            tell(m_store, vmi, "Normal", "PreparingTarget",
                 "VirtualMachineInstance Migration Target Prepared.", "virt-handler");
            return enter(key, object, "PreparingTarget");
        }
        if (phase == "PreparingTarget")
            return enter(key, object, "TargetReady");
        if (phase == "TargetReady") {
            edit(m_store, instances(), vmi.ns, vmi.name,
                 [&](Json& edited) { edited["status"]["migrationState"]["startTimestamp"] = at; });
            tell(m_store, vmi, "Normal", "Migrating", "VirtualMachineInstance is migrating.", "virt-handler");
            m_since[key] = m_site.now();
            return enter(key, object, "Running");
        }
        const double left = m_since.emplace(key, m_site.now()).first->second + kCopy - m_site.now();
        if (left > 0)
            return left;
        edit(m_store, instances(), vmi.ns, vmi.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["nodeName"] = node;
            status["activePods"] = {{pod->uid, node}};
            status["migrationState"]["completed"] = true;
            status["migrationState"]["endTimestamp"] = at;
            status.erase("evacuationNodeName");
            edited["metadata"]["labels"]["kubevirt.io/nodeName"] = node;
            edited["metadata"]["labels"].erase("kubevirt.io/migrationTargetNodeName");
        });
        for (const ObjectPtr& each : launchers(m_store, vmi)) {
            if (each->name != pod->name)
                removeEnded(m_store, *each);
        }
        tell(m_store, vmi, "Normal", "Migrated", "The VirtualMachineInstance migrated to node " + node + ".",
             "virt-handler");
        return end(key, "Succeeded");
    }

    void abandon(const Object& object, const Object& vmi, bool aborted)
    {
        if (const ObjectPtr pod = targetPod(object, vmi))
            removeEnded(m_store, *pod);
        edit(m_store, instances(), vmi.ns, vmi.name, [&](Json& edited) {
            if (text(edited, "status.migrationState.migrationUid") != object.uid)
                return;
            Json& state = edited["status"]["migrationState"];
            state["completed"] = true;
            state["failed"] = true;
            state["endTimestamp"] = timestamp(m_store);
            state["failureReason"] = aborted ? "Live migration aborted" : "Target pod is down";
            if (aborted) {
                state["abortRequested"] = true;
                state["abortStatus"] = "Succeeded";
            }
            edited["metadata"]["labels"].erase("kubevirt.io/migrationTargetNodeName");
        });
        tell(m_store, vmi, "Warning", "FailedMigration",
             aborted ? "Live migration aborted" : "Target pod is down", "virtualmachine-controller");
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

// Moves guests away that were marked for evacuation (by the webhook that answers evictions): a migration
// where the strategy says so; with External, provider KubeVirt drains the tenant's node and restarts the
// guest.
class EvacuationController : public Controller {
public:
    explicit EvacuationController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(instances(), key.ns, key.name);
        if (!object) {
            m_drainedAt.erase(key);
            return kOnChange;
        }
        const Json vmi = parseOwn(object->body);
        const std::string from = text(vmi, "status.evacuationNodeName");
        if (from.empty()) {
            if (m_drainedAt.erase(key) != 0)
                cordon(*object, false);
            return kOnChange;
        }
        if (deleting(vmi) || text(vmi, "status.phase") != "Running" || m_site.hit("evacuation-stays"))
            return kOnChange;
        if (text(vmi, "spec.evictionStrategy") == "External")
            return external(key, *object, vmi);
        if (text(vmi, "status.nodeName") != from) {
            edit(m_store, instances(), key.ns, key.name,
                 [](Json& edited) { edited["status"].erase("evacuationNodeName"); });
            return kOnChange;
        }
        for (const ObjectPtr& other : m_store.list(migrations(), key.ns)) {
            const Json body = parseOwn(other->body);
            const std::string phase = text(body, "status.phase");
            if (text(body, "spec.vmiName") == key.name && phase != "Succeeded" && phase != "Failed")
                return kOnChange;
        }
        create(m_store, migrations(),
               {{"metadata",
                 {{"generateName", "kubevirt-evacuation-"},
                  {"namespace", key.ns},
                  {"annotations", {{kEvacuation, from}}}}},
                {"spec", {{"vmiName", key.name}}}});
        tell(m_store, *object, "Normal", "SuccessfulCreate", "Created Migration kubevirt-evacuation",
             "disruptionbudget-controller");
        return 30;
    }

private:
    Cluster* tenantOf(const Object& vmi) const
    {
        const std::string cluster(lookUp(vmi.labels, capi::kClusterName));
        return cluster.empty() ? nullptr : m_site.tenants.find({vmi.ns, cluster});
    }

    void cordon(const Object& vmi, bool on)
    {
        Cluster* const inner = tenantOf(vmi);
        if (inner == nullptr)
            return;
        edit(inner->store(), coreKind("nodes"), "", vmi.name, [&](Json& edited) {
            if (on)
                edited["spec"]["unschedulable"] = true;
            else
                edited["spec"].erase("unschedulable");
        });
    }

    // Evicts what runs on the tenant's node; true when a disruption budget held some of it.
    bool drain(const Object& guest)
    {
        Cluster* const inner = tenantOf(guest);
        bool held = false;
        if (inner == nullptr)
            return false;
        for (const ObjectPtr& pod : inner->store().list(coreKind("pods"))) {
            const Json body = parseOwn(pod->body);
            if (lookUp(pod->fields, "spec.nodeName") == guest.name && ownerName(body, "DaemonSet").empty() &&
                ownerName(body, "Node").empty() && !evict(inner->store(), *pod).empty())
                held = true;
        }
        return held;
    }

    double external(const Key& key, const Object& object, const Json& vmi)
    {
        const std::string machine = label(vmi, capi::kMachineNameLabel);
        if (machine.empty())
            return kOnChange; // whoever evacuates it is not here
        const auto [since, isNew] = m_drainedAt.emplace(key, m_site.now());
        if (isNew) {
            edit(m_store, instances(), key.ns, key.name, [&](Json& edited) {
                edited["metadata"]["annotations"]["capk.cluster.x-k8s.io/vmi-deletion-grace-time"] =
                    formatRfc3339(m_store.now() + 600000);
            });
            cordon(object, true);
        }
        const bool held = drain(object);
        const double left = since->second + 10 - m_site.now();
        const double grace = since->second + kGrace - m_site.now();
        if (left > 0 || (held && grace > 0))
            return held ? std::min(grace, std::max(left, 2.0)) : left;
        (void)m_store.remove(instances(), key.ns, key.name);
        cordon(object, false);
        m_drainedAt.erase(key);
        return kOnChange;
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_drainedAt;
};

} // namespace

void addMigrationController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<MigrationController>(site));
    site.manager.watch(store, migrations(), controller);
    const auto ofInstance = [&store](const std::string& ns, const std::string& vmi,
                                     const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& migration : store.list(migrations(), ns)) {
            if (migration->body.find("\"vmiName\":\"" + vmi + "\"") != std::string::npos)
                enqueue({migration->ns, migration->name});
        }
    };
    site.manager.watch(store, instances(), controller,
                       [ofInstance](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           ofInstance(event.object->ns, event.object->name, enqueue);
                       });
    site.manager.watch(store, coreKind("pods"), controller,
                       [ofInstance](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (!lookUp(event.object->labels, kJob).empty())
                               ofInstance(event.object->ns,
                                          ownerName(parseOwn(event.object->body), "VirtualMachineInstance"),
                                          enqueue);
                       });
    Controller& evacuation = site.manager.add(store, std::make_unique<EvacuationController>(site));
    site.manager.watch(store, instances(), evacuation);
}

} // namespace strata::demosite
