// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/changes.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <set>

// Snapshots of VMs, their restoring, and copies (kubevirt pkg/storage/snapshot,
// pkg/virt-controller/watch/clone). What disks hold is not kept: a demo site's disks hold nothing.
namespace strata::demosite {
namespace {

constexpr double kSnapshot = 4; // seconds
constexpr double kRestore = 6;
constexpr double kClone = 8;
constexpr const char* kSnapshotComponent = "snapshot-controller";
constexpr const char* kRestoreComponent = "restore-controller";

const Kind& vms()
{
    return kindOf("virtualmachines");
}

// Names of the volumes that are kept: those with a claim.
Json keptVolumes(const Json& vm)
{
    Json out = Json::array();
    if (const Json* all = find(vm, "spec.template.spec.volumes"); all != nullptr && all->is_array()) {
        for (const Json& volume : *all) {
            if (volume.contains("dataVolume") || volume.contains("persistentVolumeClaim"))
                out.push_back(text(volume, "name"));
        }
    }
    return out;
}

class SnapshotController : public Controller {
public:
    explicit SnapshotController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("virtualmachinesnapshots");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json snapshot = parseOwn(object->body);
        if (deleting(snapshot) || text(snapshot, "status.phase") == "Succeeded")
            return kOnChange;
        const std::string at = timestamp(m_store);
        const std::string source = text(snapshot, "spec.source.name");
        const Json vm = read(m_store, vms(), key.ns, source);
        if (vm.is_null()) {
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["phase"] = "InProgress";
                status["readyToUse"] = false;
                setCondition(status, {"Progressing", "False", "", "Source does not exist"}, at);
                setCondition(status, {"Ready", "False", "", "Not ready"}, at);
            });
            return kOnChange;
        }
        const double left = m_since.emplace(key, m_site.now()).first->second + kSnapshot - m_site.now();
        if (left > 0) {
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["phase"] = "InProgress";
                status["readyToUse"] = false;
                setCondition(status, {"Progressing", "True", "", "Source locked and operation in progress"},
                             at);
                setCondition(status, {"Ready", "False", "", "Not ready"}, at);
            });
            return left;
        }
        m_since.erase(key);
        const std::string content = "vmsnapshot-content-" + object->uid;
        Json kept = {{"metadata", {{"name", source}, {"namespace", key.ns}}}, {"spec", vm["spec"]}};
        create(
            m_store, kindOf("virtualmachinesnapshotcontents"),
            {{"metadata",
              {{"name", content},
               {"namespace", key.ns},
               {"ownerReferences", Json::array({ownerOf(*object)})}}},
             {"spec",
              {{"source", {{"virtualMachine", std::move(kept)}}}, {"virtualMachineSnapshotName", key.name}}},
             {"status", {{"readyToUse", true}, {"creationTime", at}}}});
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["phase"] = "Succeeded";
            status["readyToUse"] = true;
            status["creationTime"] = at;
            status["sourceUID"] = text(vm, "metadata.uid");
            status["virtualMachineSnapshotContentName"] = content;
            status["snapshotVolumes"] = {{"includedVolumes", keptVolumes(vm)}};
            setCondition(status, {"Progressing", "False", "", "Operation complete"}, at);
            setCondition(status, {"Ready", "True", "", "Operation complete"}, at);
        });
        tell(m_store, *object, "Normal", "SuccessfulVirtualMachineSnapshotContentCreate",
             "Successfully created VirtualMachineSnapshotContent " + content, kSnapshotComponent);
        return kOnChange;
    }

private:
    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

class RestoreController : public Controller {
public:
    explicit RestoreController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("virtualmachinerestores");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json restore = parseOwn(object->body);
        if (deleting(restore) || flag(restore, "status.complete"))
            return kOnChange;
        const std::string at = timestamp(m_store);
        const std::string target = text(restore, "spec.target.name");
        const Json snapshot = read(m_store, kindOf("virtualmachinesnapshots"), key.ns,
                                   text(restore, "spec.virtualMachineSnapshotName"));
        const auto waits = [&](const std::string& words) {
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["complete"] = false;
                setCondition(status, {"Progressing", "False", "", words}, at);
                setCondition(status, {"Ready", "False", "", words}, at);
            });
            m_since.erase(key);
            return kOnChange;
        };
        if (snapshot.is_null() || !flag(snapshot, "status.readyToUse"))
            return waits("VMSnapshot does not exist or is not ready");
        if (read(m_store, vms(), key.ns, target).is_null())
            return waits("Restore target does not exist");
        if (m_store.get(kindOf("virtualmachineinstances"), key.ns, target))
            return waits("Waiting for target to be ready: VM is running");
        const double left = m_since.emplace(key, m_site.now()).first->second + kRestore - m_site.now();
        if (left > 0) {
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                Json& status = edited["status"];
                status["complete"] = false;
                setCondition(status, {"Progressing", "True", "", "Creating new PVCs"}, at);
                setCondition(status, {"Ready", "False", "", "Waiting for new PVCs"}, at);
            });
            return left;
        }
        m_since.erase(key);
        const Json content = read(m_store, kindOf("virtualmachinesnapshotcontents"), key.ns,
                                  text(snapshot, "status.virtualMachineSnapshotContentName"));
        const Json* spec = find(content, "spec.source.virtualMachine.spec");
        if (spec != nullptr)
            edit(m_store, vms(), key.ns, target, [&](Json& edited) {
                // Whether it runs is not what a snapshot keeps.
                const Json strategy = edited["spec"].value("runStrategy", Json("Halted"));
                edited["spec"] = *spec;
                edited["spec"]["runStrategy"] = strategy;
            });
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["complete"] = true;
            status["restoreTime"] = at;
            Json done = Json::array();
            if (spec != nullptr) {
                for (const Json& name : keptVolumes({{"spec", *spec}}))
                    done.push_back({{"volumeName", name}});
            }
            status["restores"] = std::move(done);
            setCondition(status, {"Progressing", "False", "", "Operation complete"}, at);
            setCondition(status, {"Ready", "True", "", "Operation complete"}, at);
        });
        tell(m_store, *object, "Normal", "VirtualMachineRestoreComplete",
             "Successfully completed VirtualMachineRestore " + key.name, kRestoreComponent);
        return kOnChange;
    }

private:
    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

class CloneController : public Controller {
public:
    explicit CloneController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("virtualmachineclones");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json clone = parseOwn(object->body);
        const std::string phase = text(clone, "status.phase");
        if (deleting(clone) || phase == "Succeeded" || phase == "Failed")
            return kOnChange;
        const Json source = read(m_store, vms(), key.ns, text(clone, "spec.source.name"));
        if (source.is_null()) {
            set(key, "Unknown");
            return kOnChange;
        }
        const double ran = m_site.now() - m_since.emplace(key, m_site.now()).first->second;
        if (ran < kClone) {
            set(key, ran < kClone / 2 ? "SnapshotInProgress" : "CreatingTargetVM");
            return std::min(kClone / 2, kClone - ran);
        }
        m_since.erase(key);
        const std::string name = text(clone, "spec.target.name");
        const auto made = m_store.create(vms(), copyOf(key, clone, source, name));
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) { edited["status"]["targetName"] = name; });
        set(key, made ? "Succeeded" : "Failed");
        return kOnChange;
    }

private:
    void set(const Key& key, const char* phase)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, kindOf("virtualmachineclones"), key.ns, key.name, [&](Json& edited) {
            edited["status"]["phase"] = phase;
            const bool done = std::string_view(phase) == "Succeeded";
            setCondition(edited["status"],
                         {"Ready", done ? "True" : "False", "", done ? "Ready" : "Still processing"}, at);
        });
    }

    // Filters that begin with an exclamation mark leave labels out.
    static Json kept(const Json& labels, const Json* filters)
    {
        Json out = Json::object();
        if (!labels.is_object())
            return out;
        for (const auto& [name, value] : labels.items()) {
            bool gone = false;
            if (filters != nullptr && filters->is_array()) {
                for (const Json& filter : *filters) {
                    std::string pattern = filter.is_string() ? filter.get<std::string>() : std::string();
                    if (pattern.empty() || pattern.front() != '!')
                        continue;
                    pattern.erase(0, 1);
                    if (!pattern.empty() && pattern.back() == '*')
                        pattern.pop_back();
                    gone = gone || name.rfind(pattern, 0) == 0;
                }
            }
            if (!gone)
                out[name] = value;
        }
        return out;
    }

    Json copyOf(const Key& key, const Json& clone, const Json& source, const std::string& name) const
    {
        const Json none = Json::object();
        Json made = {
            {"metadata",
             {{"name", name},
              {"namespace", key.ns},
              {"labels", kept(source["metadata"].value("labels", none), find(clone, "spec.labelFilters"))}}},
            {"spec", source["spec"]}};
        Json& spec = made["spec"];
        Json& machine = spec["template"];
        if (machine.contains("metadata") && machine["metadata"].contains("labels"))
            machine["metadata"]["labels"] =
                kept(machine["metadata"]["labels"], find(clone, "spec.template.labelFilters"));
        Json& inside = machine["spec"];
        if (inside.contains("domain"))
            inside["domain"].erase("firmware");
        // Its own disks, each a copy of the other's claim.
        std::set<std::string> renamed;
        if (spec.contains("dataVolumeTemplates") && spec["dataVolumeTemplates"].is_array()) {
            for (Json& templ : spec["dataVolumeTemplates"]) {
                const std::string old = text(templ, "metadata.name");
                renamed.insert(old);
                templ["metadata"]["name"] = name + "-" + hashWord(old + name, 6);
                templ["spec"].erase("sourceRef");
                templ["spec"]["source"] = {{"pvc", {{"namespace", key.ns}, {"name", old}}}};
            }
        }
        if (inside.contains("volumes") && inside["volumes"].is_array()) {
            for (Json& volume : inside["volumes"]) {
                const std::string old = text(volume, "dataVolume.name");
                if (renamed.count(old) != 0)
                    volume["dataVolume"]["name"] = name + "-" + hashWord(old + name, 6);
            }
        }
        return made;
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

} // namespace

void addVmCopies(Site& site)
{
    Store& store = site.outer;
    Controller& snapshots = site.manager.add(store, std::make_unique<SnapshotController>(site));
    Controller& restores = site.manager.add(store, std::make_unique<RestoreController>(site));
    Controller& clones = site.manager.add(store, std::make_unique<CloneController>(site));
    site.manager.watch(store, kindOf("virtualmachinesnapshots"), snapshots);
    site.manager.watch(store, kindOf("virtualmachinerestores"), restores);
    site.manager.watch(store, kindOf("virtualmachineclones"), clones);
    // A target that stops, a snapshot that becomes ready.
    const auto pending = [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& restore : store.list(kindOf("virtualmachinerestores"), event.object->ns)) {
            if (restore->body.find(R"("complete":true)") == std::string::npos)
                enqueue({restore->ns, restore->name});
        }
    };
    site.manager.watch(store, kindOf("virtualmachineinstances"), restores,
                       [pending](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type == EventType::Deleted)
                               pending(event, enqueue);
                       });
    site.manager.watch(store, kindOf("virtualmachinesnapshots"), restores, pending);
}

} // namespace strata::demosite
