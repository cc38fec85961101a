// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr const char* kFinalizer = "kubevirt.io/virtualMachineControllerFinalize";
constexpr const char* kComponent = "virtualmachine-controller";

// virt-controller's part for VirtualMachines: disks from templates, an instance while the run strategy wants
// one, and what is told of both.
class VirtualMachineController : public Controller {
public:
    explicit VirtualMachineController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object)
            return kOnChange;
        Json vm = parseOwn(object->body);
        Json vmi = read(m_store, instances(), key.ns, key.name);
        if (deleting(vm)) {
            if (!vmi.is_null()) {
                stop(*object, vmi);
                report(key, vmi, "Terminating");
                return kOnChange;
            }
            edit(m_store, kind(), key.ns, key.name,
                 [](Json& edited) { removeFinalizer(edited, kFinalizer); });
            return kOnChange;
        }
        if (furnish(key, vm))
            return kOnChange; // told of it
        const bool disksReady = disks(*object, vm);
        const std::string strategy = strategyOf(vm);
        const std::string phase = text(vmi, "status.phase");
        const bool over = phase == "Succeeded" || phase == "Failed";
        const std::string action = request(key, vm, vmi);
        bool wanted = strategy == "Always" || ((strategy == "RerunOnFailure" || strategy == "Once") &&
                                               m_done.count(object->uid) == 0);
        if (strategy == "Manual")
            wanted = action == "Start" || (!vmi.is_null() && !over);
        if (strategy == "RerunOnFailure" && action == "Start") {
            m_done.erase(object->uid);
            wanted = true;
        }
        std::string status;
        if (!vmi.is_null() && (!wanted || over || action == "Stop")) {
            if (over && (strategy == "Once" || (strategy == "RerunOnFailure" && phase == "Succeeded")))
                m_done.insert(object->uid);
            if (phase == "Failed")
                failed(key, object->uid, text(vmi, "metadata.uid"));
            if (over && strategy == "Once") {
                status = "Stopped";
            } else {
                stop(*object, vmi);
                status = "Stopping";
                if (action == "Stop") {
                    dropRequest(key);
                    if (strategy == "RerunOnFailure")
                        m_done.insert(object->uid);
                }
            }
        } else if (vmi.is_null() && wanted) {
            const auto failure = m_failures.find(object->uid);
            if (failure != m_failures.end() && failure->second.until > m_site.now()) {
                report(key, vmi, "CrashLoopBackOff");
                return failure->second.until - m_site.now();
            }
            if (!disksReady) {
                status = "Provisioning";
            } else {
                start(*object, vm);
                status = "Starting";
                if (action == "Start")
                    dropRequest(key);
            }
        }
        report(key, read(m_store, instances(), key.ns, key.name), status);
        return kOnChange;
    }

private:
    static const Kind& kind() { return kindOf("virtualmachines"); }
    static const Kind& instances() { return kindOf("virtualmachineinstances"); }

    static std::string strategyOf(const Json& vm)
    {
        const std::string strategy = text(vm, "spec.runStrategy");
        if (!strategy.empty())
            return strategy;
        return flag(vm, "spec.running") ? "Always" : "Halted";
    }

    // What virtctl asked for next; requests that are overtaken are dropped.
    std::string request(const Key& key, const Json& vm, const Json& vmi)
    {
        const Json* all = find(vm, "status.stateChangeRequests");
        if (all == nullptr || !all->is_array() || all->empty())
            return {};
        const std::string action = text(all->front(), "action");
        const std::string uid = text(all->front(), "uid");
        const bool runs = !vmi.is_null() && !deleting(vmi);
        const bool overtaken =
            action == "Start" ? runs : !runs || (!uid.empty() && uid != text(vmi, "metadata.uid"));
        if (!overtaken)
            return action;
        if (!deleting(vmi))
            dropRequest(key);
        return {};
    }

    void dropRequest(const Key& key)
    {
        edit(m_store, kind(), key.ns, key.name, [](Json& edited) {
            Json& all = edited["status"]["stateChangeRequests"];
            if (all.is_array() && !all.empty())
                all.erase(all.begin());
            if (all.empty())
                edited["status"].erase("stateChangeRequests");
        });
    }

    // What the create webhook and the first look fill in. True when it wrote.
    bool furnish(const Key& key, const Json& vm)
    {
        if (hasFinalizer(vm, kFinalizer) && !text(vm, "spec.template.spec.domain.firmware.uuid").empty())
            return false;
        const std::string uuid = m_store.newUid();
        return edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            addFinalizer(edited, kFinalizer);
            Json& domain = edited["spec"]["template"]["spec"]["domain"];
            if (text(domain, "firmware.uuid").empty()) {
                domain["firmware"]["uuid"] = uuid;
                domain["firmware"]["serial"] = uuid;
            }
            if (!domain.contains("machine"))
                domain["machine"] = {{"type", "q35"}};
        });
    }

    // Makes what is missing; true when all are filled (or wait for their first consumer).
    bool disks(const Object& object, const Json& vm)
    {
        const Json* templates = find(vm, "spec.dataVolumeTemplates");
        if (templates == nullptr || !templates->is_array())
            return true;
        bool ready = true;
        for (const Json& templ : *templates) {
            const std::string name = text(templ, "metadata.name");
            const Json have = read(m_store, kindOf("datavolumes"), object.ns, name);
            if (!have.is_null()) {
                const std::string phase = text(have, "status.phase");
                ready = ready && (phase == "Succeeded" || phase == "WaitForFirstConsumer");
                continue;
            }
            ready = false;
            Json made = {{"metadata", templ.value("metadata", Json::object())},
                         {"spec", templ.value("spec", Json::object())}};
            made["metadata"]["namespace"] = object.ns;
            made["metadata"]["labels"]["kubevirt.io/created-by"] = object.uid;
            made["metadata"]["ownerReferences"] = Json::array({ownerOf(object)});
            const auto created = m_store.create(kindOf("datavolumes"), std::move(made));
            if (created)
                tell(m_store, object, "Normal", "SuccessfulDataVolumeCreate", "Created DataVolume " + name,
                     kComponent);
            else
                tell(m_store, object, "Warning", "FailedDataVolumeCreate",
                     "Error creating DataVolume " + name + ": " + created.error().message, kComponent);
        }
        return ready;
    }

    // Each failure in a row doubles the wait before the next start.
    void failed(const Key& key, const std::string& vm, const std::string& vmi)
    {
        Failure& failure = m_failures[vm];
        if (failure.vmi == vmi)
            return;
        failure.vmi = vmi;
        ++failure.count;
        const double wait =
            std::min(300.0, 10.0 * static_cast<double>(1U << std::min(failure.count - 1, 5U)));
        failure.until = m_site.now() + wait;
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            edited["status"]["startFailure"] = {
                {"consecutiveFailCount", failure.count},
                {"lastFailedVMIUID", vmi},
                {"retryAfterTimestamp", formatRfc3339(m_store.now() + static_cast<UnixMs>(wait * 1000))}};
        });
    }

    void start(const Object& object, const Json& vm)
    {
        Json made = {
            {"metadata",
             {{"name", object.name},
              {"namespace", object.ns},
              {"labels",
               part(vm, "spec.template").value("metadata", Json::object()).value("labels", Json::object())},
              {"annotations", {{"kubevirt.io/latest-observed-api-version", "v1"}}},
              {"ownerReferences", Json::array({ownerOf(object)})},
              {"finalizers", Json::array({kFinalizer, "foregroundDeleteVirtualMachine"})}}},
            {"spec", part(vm, "spec.template").value("spec", Json::object())}};
        if (const Json* more = find(vm, "spec.template.metadata.annotations");
            more != nullptr && more->is_object()) {
            for (const auto& [name, value] : more->items())
                made["metadata"]["annotations"][name] = value;
        }
        if (create(m_store, instances(), std::move(made)))
            tell(m_store, object, "Normal", "SuccessfulCreate",
                 "Started the virtual machine by creating the new virtual machine instance " + object.name,
                 kComponent);
    }

    void stop(const Object& object, const Json& vmi)
    {
        if (deleting(vmi))
            return;
        (void)m_store.remove(instances(), object.ns, object.name);
        tell(m_store, object, "Normal", "SuccessfulDelete",
             "Stopped the virtual machine by deleting the virtual machine instance " +
                 text(vmi, "metadata.uid"),
             kComponent);
    }

    static std::string printable(const Json& vm, const Json& vmi)
    {
        if (vmi.is_null()) {
            const Json* disks = find(vm, "spec.dataVolumeTemplates");
            (void)disks;
            return "Stopped";
        }
        if (deleting(vmi))
            return "Stopping";
        const std::string phase = text(vmi, "status.phase");
        if (phase == "Running") {
            const Json* migration = find(vmi, "status.migrationState");
            if (migration != nullptr && migration->is_object() && !flag(*migration, "completed") &&
                !flag(*migration, "failed") && !text(*migration, "startTimestamp").empty())
                return "Migrating";
            return isTrue(vmi, "Paused") ? "Paused" : "Running";
        }
        if (phase == "Succeeded")
            return "Stopped";
        if (phase == "Failed")
            return "CrashLoopBackOff";
        const Json* scheduled = conditionOf(vmi, "PodScheduled");
        if (scheduled != nullptr && text(*scheduled, "reason") == "Unschedulable")
            return "ErrorUnschedulable";
        const Json* synchronized = conditionOf(vmi, "Synchronized");
        const std::string reason = synchronized == nullptr ? std::string() : text(*synchronized, "reason");
        if (reason == "ErrImagePull" || reason == "ImagePullBackOff")
            return reason;
        if (reason == "FailedPvcNotFound")
            return "ErrorPvcNotFound";
        return "Starting";
    }

    void report(const Key& key, const Json& vmi, const std::string& state)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            const bool ready = isTrue(vmi, "Ready");
            if (!vmi.is_null())
                status["created"] = true;
            else
                status.erase("created");
            if (ready || !vmi.is_null() || status.contains("ready"))
                status["ready"] = ready;
            status["printableStatus"] =
                state.empty() || (state == "Starting" && !vmi.is_null()) ? printable(edited, vmi) : state;
            status["runStrategy"] = strategyOf(edited);
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["desiredGeneration"] = number(edited, "metadata.generation").value_or(1);
            if (vmi.is_null()) {
                setCondition(status, {"Ready", "False", "VMINotExists", "VMI does not exist"}, at);
                for (const char* type :
                     {"LiveMigratable", "AgentConnected", "PodScheduled", "Paused", "Synchronized"})
                    removeCondition(status, type);
                return;
            }
            // The instance's conditions are mirrored.
            for (const char* type : {"Ready", "LiveMigratable", "Paused", "PodScheduled", "Synchronized"}) {
                const Json* condition = conditionOf(vmi, type);
                const bool good = condition != nullptr && text(*condition, "status") == "True";
                if (condition == nullptr || (good && (std::string_view(type) == "PodScheduled" ||
                                                      std::string_view(type) == "Synchronized")))
                    removeCondition(status, type);
                else
                    setCondition(status,
                                 {type, text(*condition, "status"), text(*condition, "reason"),
                                  text(*condition, "message")},
                                 text(*condition, "lastTransitionTime").empty()
                                     ? at
                                     : text(*condition, "lastTransitionTime"));
            }
        });
    }

    Site& m_site;
    Store& m_store;
    struct Failure {
        std::string vmi;
        unsigned count = 0;
        double until = 0;
    };
    std::map<std::string, Failure> m_failures; // by the VM's uid
    std::set<std::string> m_done;              // uids that ran once and shall not again
};

} // namespace

void addVirtualMachineController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<VirtualMachineController>(site));
    site.named["virtualmachines"] = &controller;
    site.manager.watch(store, kindOf("virtualmachines"), controller);
    const auto own = [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        if (event.object->owners.empty())
            return;
        const std::string owner = ownerName(parseOwn(event.object->body), "VirtualMachine");
        if (!owner.empty())
            enqueue({event.object->ns, owner});
    };
    site.manager.watch(store, kindOf("virtualmachineinstances"), controller, own);
    site.manager.watch(store, kindOf("datavolumes"), controller, own);
}

} // namespace strata::demosite
