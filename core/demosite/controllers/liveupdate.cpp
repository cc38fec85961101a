// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/changes.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <set>

// What changes in a VM while it runs: disks that are plugged in and out, CPUs and memory, claims that grow
// (kubevirt pkg/virt-controller/watch/vm, pkg/virt-handler). A change of size really is a migration; here the
// instance gets it in place.
namespace strata::demosite {
namespace {

constexpr double kPlug = 2; // seconds until a disk is there
constexpr double kSize = 5;

std::string claimOf(const Json& volume)
{
    const std::string data = text(volume, "dataVolume.name");
    return data.empty() ? text(volume, "persistentVolumeClaim.claimName") : data;
}

bool hotplugged(const Json& volume)
{
    return flag(volume, "dataVolume.hotpluggable") || flag(volume, "persistentVolumeClaim.hotpluggable");
}

const Json& listAt(const Json& object, const char* path)
{
    static const Json none = Json::array();
    const Json* found = find(object, path);
    return found != nullptr && found->is_array() ? *found : none;
}

const Json* named(const Json& list, const std::string& name)
{
    for (const Json& each : list) {
        if (text(each, "name") == name)
            return &each;
    }
    return nullptr;
}

class LiveUpdate : public Controller {
public:
    explicit LiveUpdate(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Json vm = read(m_store, kindOf("virtualmachines"), key.ns, key.name);
        const Json vmi = read(m_store, kindOf("virtualmachineinstances"), key.ns, key.name);
        if (vm.is_null() || deleting(vm) || vmi.is_null() || deleting(vmi) ||
            text(vmi, "status.phase") != "Running") {
            m_plugs.erase(key);
            m_sizes.erase(key);
            return kOnChange;
        }
        const double disks = plug(key, vm, vmi);
        const double size = resize(key, vm, vmi);
        capacities(key, vmi);
        return disks < 0 ? size : size < 0 ? disks : std::min(disks, size);
    }

private:
    static const Kind& instances() { return kindOf("virtualmachineinstances"); }

    double plug(const Key& key, const Json& vm, const Json& vmi)
    {
        const Json& wanted = listAt(vm, "spec.template.spec.volumes");
        const Json& has = listAt(vmi, "spec.volumes");
        bool differs = false;
        for (const Json& volume : wanted)
            differs = differs || (hotplugged(volume) && named(has, text(volume, "name")) == nullptr);
        for (const Json& volume : has)
            differs = differs || (hotplugged(volume) && named(wanted, text(volume, "name")) == nullptr);
        if (!differs) {
            m_plugs.erase(key);
            return kOnChange;
        }
        // A disk that is still being made is waited for.
        for (const Json& volume : wanted) {
            if (!hotplugged(volume) || named(has, text(volume, "name")) != nullptr)
                continue;
            const Json claim = read(m_store, coreKind("persistentvolumeclaims"), key.ns, claimOf(volume));
            if (claim.is_null() || text(claim, "status.phase") != "Bound")
                return 1;
        }
        const double left = m_plugs.emplace(key, m_site.now()).first->second + kPlug - m_site.now();
        if (left > 0)
            return left;
        m_plugs.erase(key);
        edit(m_store, instances(), key.ns, key.name, [&](Json& edited) {
            Json volumes = Json::array();
            Json disks = Json::array();
            Json told = Json::array();
            for (const Json& volume : listAt(edited, "spec.volumes")) {
                const std::string name = text(volume, "name");
                if (hotplugged(volume) && named(wanted, name) == nullptr)
                    continue;
                volumes.push_back(volume);
                if (const Json* disk = named(listAt(edited, "spec.domain.devices.disks"), name))
                    disks.push_back(*disk);
                if (const Json* status = named(listAt(edited, "status.volumeStatus"), name))
                    told.push_back(*status);
            }
            char target = static_cast<char>(
                'a' + static_cast<int>(std::count_if(volumes.begin(), volumes.end(),
                                                     [](const Json& each) { return hotplugged(each); })));
            for (const Json& volume : wanted) {
                const std::string name = text(volume, "name");
                if (!hotplugged(volume) || named(volumes, name) != nullptr)
                    continue;
                volumes.push_back(volume);
                if (const Json* disk = named(listAt(vm, "spec.template.spec.domain.devices.disks"), name))
                    disks.push_back(*disk);
                const Json claim = read(m_store, coreKind("persistentvolumeclaims"), key.ns, claimOf(volume));
                told.push_back(
                    {{"name", name},
                     {"target", std::string("sd") + target++},
                     {"phase", "Ready"},
                     {"reason", "VolumeReady"},
                     {"message", "Successfully attach hotplugged volume " + name + " to VM"},
                     {"hotplugVolume", {{"attachPodName", "hp-volume-" + hashWord(key.name + name, 5)}}},
                     {"persistentVolumeClaimInfo",
                      {{"claimName", claimOf(volume)},
                       {"capacity", {{"storage", text(claim, "status.capacity.storage")}}},
                       {"requests", {{"storage", text(claim, "spec.resources.requests.storage")}}}}}});
            }
            edited["spec"]["volumes"] = std::move(volumes);
            edited["spec"]["domain"]["devices"]["disks"] = std::move(disks);
            edited["status"]["volumeStatus"] = std::move(told);
        });
        return kOnChange;
    }

    bool mayLive(const Json& vmi) const
    {
        if (!isTrue(vmi, "LiveMigratable"))
            return false;
        for (const ObjectPtr& each : m_store.list(kindOf("kubevirts"))) {
            if (text(parseOwn(each->body), "spec.configuration.vmRolloutStrategy") == "LiveUpdate")
                return true;
        }
        return false;
    }

    double resize(const Key& key, const Json& vm, const Json& vmi)
    {
        const auto part = [](const Json& object, const char* path) {
            return number(object, path).value_or(1);
        };
        const std::string memory = text(vm, "spec.template.spec.domain.memory.guest");
        const long long sockets = part(vm, "spec.template.spec.domain.cpu.sockets");
        const bool otherSockets = sockets != part(vmi, "spec.domain.cpu.sockets");
        const bool otherCores =
            part(vm, "spec.template.spec.domain.cpu.cores") != part(vmi, "spec.domain.cpu.cores");
        const bool otherMemory = !memory.empty() && memory != text(vmi, "spec.domain.memory.guest");
        const std::string at = timestamp(m_store);
        const bool needed = isTrue(vm, "RestartRequired");
        if (!otherSockets && !otherCores && !otherMemory) {
            m_sizes.erase(key);
            if (m_told.erase(key) != 0 && needed)
                edit(m_store, kindOf("virtualmachines"), key.ns, key.name,
                     [](Json& edited) { removeCondition(edited["status"], "RestartRequired"); });
            return kOnChange;
        }
        if (otherCores || !mayLive(vmi)) {
            if (m_told.insert(key).second && !needed)
                edit(m_store, kindOf("virtualmachines"), key.ns, key.name, [&](Json& edited) {
                    setCondition(edited["status"],
                                 {"RestartRequired", "True", "RestartRequired",
                                  "a non-live-updatable field was changed in the template spec"},
                                 at);
                });
            return kOnChange;
        }
        const double left = m_sizes.emplace(key, m_site.now()).first->second + kSize - m_site.now();
        if (left > 0)
            return left;
        m_sizes.erase(key);
        edit(m_store, instances(), key.ns, key.name, [&](Json& edited) {
            if (otherSockets) {
                edited["spec"]["domain"]["cpu"]["sockets"] = sockets;
                edited["status"]["currentCPUTopology"]["sockets"] = sockets;
            }
            if (otherMemory) {
                edited["spec"]["domain"]["memory"]["guest"] = memory;
                edited["status"]["memory"]["guestRequested"] = memory;
                edited["status"]["memory"]["guestCurrent"] = memory;
            }
        });
        return kOnChange;
    }

    // What a claim holds by now.
    void capacities(const Key& key, const Json& vmi)
    {
        const auto now = [&](const Json& status) {
            const std::string name = text(status, "persistentVolumeClaimInfo.claimName");
            if (name.empty())
                return std::string();
            return text(read(m_store, coreKind("persistentvolumeclaims"), key.ns, name),
                        "status.capacity.storage");
        };
        bool differs = false;
        for (const Json& status : listAt(vmi, "status.volumeStatus")) {
            const std::string size = now(status);
            differs = differs ||
                      (!size.empty() && size != text(status, "persistentVolumeClaimInfo.capacity.storage"));
        }
        if (!differs)
            return;
        edit(m_store, instances(), key.ns, key.name, [&](Json& edited) {
            for (Json& status : edited["status"]["volumeStatus"]) {
                const std::string size = now(status);
                if (!size.empty())
                    status["persistentVolumeClaimInfo"]["capacity"]["storage"] = size;
            }
        });
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_plugs;
    std::map<Key, double> m_sizes;
    std::set<Key> m_told; // that they need a restart; a fault may say so, too
};

} // namespace

void addLiveUpdate(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<LiveUpdate>(site));
    const auto changed = [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        if (event.type == EventType::Modified)
            enqueue({event.object->ns, event.object->name});
    };
    site.manager.watch(store, kindOf("virtualmachines"), controller, changed);
    site.manager.watch(store, kindOf("virtualmachineinstances"), controller, changed);
    site.manager.watch(store, coreKind("persistentvolumeclaims"), controller,
                       [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           // Only one that grew: others are asked about by who waits for them.
                           if (event.type != EventType::Modified || !event.previous ||
                               event.object->body.find(R"("phase":"Bound")") == std::string::npos ||
                               event.previous->body.find(R"("phase":"Bound")") == std::string::npos)
                               return;
                           for (const ObjectPtr& vmi :
                                store.list(kindOf("virtualmachineinstances"), event.object->ns)) {
                               if (vmi->body.find('"' + event.object->name + '"') != std::string::npos)
                                   enqueue({vmi->ns, vmi->name});
                           }
                       });
}

} // namespace strata::demosite
