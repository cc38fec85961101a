// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/kubevirt.h"

namespace strata::demosite {
namespace {

using namespace kubevirt;

constexpr const char* kFinalizer = "kubevirt.io/virtualMachineControllerFinalize";
constexpr const char* kForeground = "foregroundDeleteVirtualMachine";
constexpr double kBoot = 2; // from the launcher's start to a running domain
constexpr double kStop = 3; // of a guest's shutdown
constexpr const char* kController = "virtualmachine-controller";

// virt-controller's and virt-handler's part for VirtualMachineInstances: a launcher pod for each, and the
// phases the instance goes through with it.
class InstanceController : public Controller {
public:
    explicit InstanceController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            m_site.bootstrapped.erase(key);
            return kOnChange;
        }
        const Json vmi = parseOwn(object->body);
        const std::vector<ObjectPtr> pods = launchers(m_store, *object);
        if (deleting(vmi))
            return takeDown(key, *object, vmi, pods);
        const std::string phase = text(vmi, "status.phase");
        const std::string at = timestamp(m_store);
        if (phase.empty()) {
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                for (const char* finalizer : {kFinalizer, kForeground})
                    addFinalizer(edited, finalizer);
                enter(edited, "Pending", at);
                setCondition(
                    edited["status"],
                    {"Ready", "False", "PodNotExists", "virt-launcher pod has not yet been scheduled"}, at);
            });
            return kOnChange;
        }
        if (phase == "Pending")
            return launch(key, *object, vmi, pods);
        if (phase == "Scheduling" || phase == "Scheduled")
            return boot(key, *object, vmi, pods);
        if (phase == "Running") {
            if (pods.empty()) {
                fail(key, *object, "PodTerminating");
            } else if (m_site.crashing.count(key) != 0) {
                const double left = m_since.emplace(key, m_site.now()).first->second + 3 - m_site.now();
                if (left > 0)
                    return left;
                m_since.erase(key);
                for (const ObjectPtr& pod : pods)
                    removeEnded(m_store, *pod);
                fail(key, *object, "PodTerminating");
            }
            return kOnChange;
        }
        return kOnChange;
    }

private:
    static const Kind& kind() { return kindOf("virtualmachineinstances"); }

    static void enter(Json& edited, const std::string& phase, const std::string& at)
    {
        Json& status = edited["status"];
        status["phase"] = phase;
        Json& all = status["phaseTransitionTimestamps"];
        if (!all.is_array())
            all = Json::array();
        all.push_back({{"phase", phase}, {"phaseTransitionTimestamp", at}});
    }

    void fail(const Key& key, const Object& object, const std::string& reason)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            enter(edited, "Failed", at);
            setCondition(edited["status"], {"Ready", "False", reason, "virt-launcher pod is terminating"},
                         at);
        });
        tell(m_store, object, "Warning", "Stopped", "The VirtualMachineInstance crashed.", "virt-handler");
    }

    double takeDown(const Key& key, const Object& object, const Json& vmi, const std::vector<ObjectPtr>& pods)
    {
        const double left = m_since.emplace(key, m_site.now()).first->second + kStop - m_site.now();
        if (!pods.empty() && left > 0 && text(vmi, "status.phase") == "Running") {
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                setCondition(edited["status"],
                             {"Ready", "False", "PodTerminating", "virt-launcher pod is terminating"},
                             timestamp(m_store));
            });
            return left;
        }
        for (const ObjectPtr& pod : pods) {
            tell(m_store, object, "Normal", "SuccessfulDelete", "Deleted virtual machine pod " + pod->name,
                 kController);
            removeEnded(m_store, *pod);
        }
        m_since.erase(key);
        m_site.bootstrapped.erase(key);
        edit(m_store, kind(), key.ns, key.name, [](Json& edited) {
            removeFinalizer(edited, kForeground);
            removeFinalizer(edited, kFinalizer);
        });
        return kOnChange;
    }

    // A pod, as soon as every disk is there.
    double launch(const Key& key, const Object& object, const Json& vmi, const std::vector<ObjectPtr>& pods)
    {
        const std::string at = timestamp(m_store);
        if (pods.empty()) {
            std::string missing;
            for (const std::string& claim : claims(vmi)) {
                if (!m_store.get(coreKind("persistentvolumeclaims"), key.ns, claim))
                    missing = claim;
            }
            if (!missing.empty()) {
                edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                    setCondition(
                        edited["status"],
                        {"Synchronized", "False", "FailedPvcNotFound",
                         "PVC " + key.ns + "/" + missing + " does not exist, waiting for it to appear"},
                        at);
                });
                return kOnChange;
            }
            const std::string refusal = security(object);
            const auto made = refusal.empty() ? m_store.create(coreKind("pods"), launcherPod(object, vmi))
                                              : Answer<ObjectPtr>(deny(403, "Forbidden", refusal));
            if (!made) {
                edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                    setCondition(edited["status"],
                                 {"Synchronized", "False", "FailedCreate",
                                  "failed to create virtual machine pod: " + made.error().message},
                                 at);
                });
                tell(m_store, object, "Warning", "FailedCreate",
                     "Error creating pod: " + made.error().message, kController);
                return 10;
            }
            tell(m_store, object, "Normal", "SuccessfulCreate",
                 "Created virtual machine pod " + (*made)->name, kController);
        }
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            removeCondition(edited["status"], "Synchronized");
            enter(edited, "Scheduling", at);
            setCondition(edited["status"],
                         {"Ready", "False", "GuestNotRunning", "Guest VM is not reported as running"}, at);
            Json& status = edited["status"];
            status["qosClass"] = "Burstable";
            status["runtimeUser"] = 107;
            status["launcherContainerImageVersion"] = kLauncher;
        });
        return kOnChange;
    }

    // Pod Security admission: why the namespace does not take a launcher.
    std::string security(const Object& object) const
    {
        const Json space = read(m_store, coreKind("namespaces"), "", object.ns);
        const std::string level = label(space, "pod-security.kubernetes.io/enforce");
        if (level.empty() || level == "privileged")
            return {};
        return "pods \"virt-launcher-" + object.name + "\" is forbidden: violates PodSecurity \"" + level +
               ":latest\": unrestricted capabilities (container \"compute\" must not include \"SYS_NICE\" in "
               "securityContext.capabilities.add), seccompProfile";
    }

    double boot(const Key& key, const Object& object, const Json& vmi, const std::vector<ObjectPtr>& pods)
    {
        if (pods.empty()) {
            fail(key, object, "PodNotExists");
            return kOnChange;
        }
        const Json pod = parseOwn(pods.front()->body);
        const std::string at = timestamp(m_store);
        const std::string node = text(pod, "spec.nodeName");
        if (text(pod, "status.phase") != "Running") {
            const Json* scheduled = conditionOf(pod, "PodScheduled");
            std::string pull; // why an image of the launcher's does not come
            std::string words;
            if (const Json* all = find(pod, "status.containerStatuses"); all != nullptr && all->is_array()) {
                for (const Json& container : *all) {
                    const std::string reason = text(container, "state.waiting.reason");
                    if (reason == "ErrImagePull" || reason == "ImagePullBackOff") {
                        pull = reason;
                        words = text(container, "state.waiting.message");
                    }
                }
            }
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                if (!pull.empty())
                    setCondition(edited["status"], {"Synchronized", "False", pull, words}, at);
                else if (const Json* old = conditionOf(edited, "Synchronized");
                         old != nullptr && text(*old, "reason").find("ImagePull") != std::string::npos)
                    removeCondition(edited["status"], "Synchronized");
                if (scheduled != nullptr && text(*scheduled, "status") == "False")
                    setCondition(
                        edited["status"],
                        {"PodScheduled", "False", text(*scheduled, "reason"), text(*scheduled, "message")},
                        at);
                else
                    removeCondition(edited["status"], "PodScheduled");
            });
            return kOnChange;
        }
        if (text(vmi, "status.phase") == "Scheduling") {
            edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                removeCondition(edited["status"], "PodScheduled");
                removeCondition(edited["status"], "Synchronized");
                enter(edited, "Scheduled", at);
                edited["status"]["nodeName"] = node;
                edited["status"]["activePods"] = {{pods.front()->uid, node}};
                edited["metadata"]["labels"]["kubevirt.io/nodeName"] = node;
            });
            return kOnChange;
        }
        const double left = m_since.emplace(key, m_site.now()).first->second + kBoot - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        running(key, vmi, text(pod, "status.podIP"), at);
        tell(m_store, object, "Normal", "Created", "VirtualMachineInstance defined.", "virt-handler");
        tell(m_store, object, "Normal", "Started", "VirtualMachineInstance started.", "virt-handler");
        return kOnChange;
    }

    void running(const Key& key, const Json& vmi, const std::string& address, const std::string& at)
    {
        Json volumes = Json::array();
        bool shared = true;
        std::string notShared;
        char target = 'a';
        if (const Json* all = find(vmi, "spec.volumes"); all != nullptr && all->is_array()) {
            for (const Json& volume : *all) {
                Json status = {{"name", text(volume, "name")}, {"target", std::string("vd") + target++}};
                std::string claim = text(volume, "dataVolume.name");
                if (claim.empty())
                    claim = text(volume, "persistentVolumeClaim.claimName");
                if (!claim.empty()) {
                    const Json pvc = read(m_store, coreKind("persistentvolumeclaims"), key.ns, claim);
                    const Json none = Json::object();
                    const Json spec = pvc.is_null() ? none : pvc.value("spec", none);
                    status["persistentVolumeClaimInfo"] = {
                        {"claimName", claim},
                        {"accessModes", spec.value("accessModes", Json::array())},
                        {"volumeMode", spec.value("volumeMode", Json("Filesystem"))},
                        {"capacity", {{"storage", text(pvc, "spec.resources.requests.storage")}}},
                        {"requests", {{"storage", text(pvc, "spec.resources.requests.storage")}}},
                        {"filesystemOverhead", "0"}};
                    if (compact(status).find("ReadWriteMany") == std::string::npos) {
                        shared = false;
                        notShared = claim;
                    }
                } else {
                    status["size"] = 1048576;
                }
                volumes.push_back(std::move(status));
            }
        }
        std::string binding = "masquerade";
        if (const Json* interfaces = find(vmi, "spec.domain.devices.interfaces");
            interfaces == nullptr || !interfaces->is_array() || interfaces->empty())
            binding = "bridge";
        else if (!interfaces->front().contains("masquerade"))
            binding = interfaces->front().contains("bridge") ? "bridge" : "other";
        const std::string uuid = text(vmi, "spec.domain.firmware.uuid");
        const std::string mac = uuid.size() > 8 ? "02:00:" + uuid.substr(0, 2) + ":" + uuid.substr(2, 2) +
                                                      ":" + uuid.substr(4, 2) + ":" + uuid.substr(6, 2)
                                                : "02:00:00:00:00:01";
        const std::string memory = text(vmi, "spec.domain.memory.guest");
        const long long count = cpus(vmi);
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            enter(edited, "Running", at);
            Json& status = edited["status"];
            status["machine"] = {{"type", "pc-q35-rhel9.6.0"}};
            status["currentCPUTopology"] = {{"cores", count}, {"sockets", 1}, {"threads", 1}};
            if (!memory.empty())
                status["memory"] = {
                    {"guestAtBoot", memory}, {"guestCurrent", memory}, {"guestRequested", memory}};
            status["interfaces"] = Json::array({{{"name", "default"},
                                                 {"ipAddress", address},
                                                 {"ipAddresses", Json::array({address})},
                                                 {"mac", mac},
                                                 {"interfaceName", "enp1s0"},
                                                 {"podInterfaceName", "eth0"},
                                                 {"infoSource", "domain"},
                                                 {"queueCount", count},
                                                 {"linkState", "up"}}});
            status["volumeStatus"] = volumes;
            setCondition(status, {"Ready", "True", "", ""}, at);
            if (!shared)
                setCondition(
                    status,
                    {"LiveMigratable", "False", "DisksNotLiveMigratable",
                     "cannot migrate VMI: PVC " + notShared +
                         " is not shared, live migration requires that all PVCs must be shared (using "
                         "ReadWriteMany access mode)"},
                    at);
            else if (binding == "bridge")
                setCondition(
                    status,
                    {"LiveMigratable", "False", "InterfaceNotLiveMigratable",
                     "cannot migrate VMI which does not use masquerade or a migratable plugin to connect "
                     "to the pod network"},
                    at);
            else
                setCondition(status, {"LiveMigratable", "True", "", ""}, at);
            status["migrationMethod"] = shared ? "LiveMigration" : "BlockMigration";
            status["migrationTransport"] = "Unix";
            if (!claims(edited).empty())
                setCondition(status,
                             {"DataVolumesReady", "True", "AllDVsReady",
                              "All of the VMI's DVs are bound and not running"},
                             at);
        });
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
};

} // namespace

void addVirtualMachineInstanceController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<InstanceController>(site));
    site.named["virtualmachineinstances"] = &controller;
    const Kind& kind = kindOf("virtualmachineinstances");
    site.manager.watch(store, kind, controller);
    site.manager.watch(
        store, coreKind("pods"), controller, [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            if (lookUp(event.object->labels, "kubevirt.io") != "virt-launcher")
                return;
            const std::string vmi = ownerName(parseOwn(event.object->body), "VirtualMachineInstance");
            if (!vmi.empty())
                enqueue({event.object->ns, vmi});
        });
    // A claim that was missing may be there now.
    site.manager.watch(store, coreKind("persistentvolumeclaims"), controller,
                       [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type != EventType::Added)
                               return;
                           for (const ObjectPtr& vmi : store.list(kind, event.object->ns)) {
                               if (vmi->body.find('"' + event.object->name + '"') != std::string::npos)
                                   enqueue({vmi->ns, vmi->name});
                           }
                       });
}

} // namespace strata::demosite
