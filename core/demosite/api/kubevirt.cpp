// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/sshsocket.h"
#include "core/demosite/api/streams.h"
#include "core/demosite/net/pipe.h"

#include <nlohmann/json.hpp>

#include <algorithm>

// subresources.kubevirt.io: what virt-api serves (kubevirt pkg/virt-api/rest). The writing ones change
// objects and leave the rest to the controllers; pausing and resuming, which virt-handler does, are done
// here.
namespace strata::demosite {
namespace {

constexpr const char* kGroup = "kubevirt.io";
constexpr const char* kVmNotRunning = "VM is not running";
constexpr const char* kVmiNotRunning = "VMI is not running";

const Kind& machines()
{
    return Kinds::instance().get("virtualmachines", kGroup);
}
const Kind& instances()
{
    return Kinds::instance().get("virtualmachineinstances", kGroup);
}

// 409 as virt-api says it: its resource names are singular.
HttpAnswer clash(const char* resource, const std::string& name, const std::string& why)
{
    return refuse(conflict(kGroup, resource, name, why));
}

HttpAnswer accepted()
{
    HttpAnswer answer;
    answer.status = 202;
    return answer;
}

const Json* conditionOf(const Json& object, const char* type)
{
    const Json* list = find(object, "status.conditions");
    if (list == nullptr || !list->is_array())
        return nullptr;
    for (const Json& condition : *list) {
        if (text(condition, "type") == type)
            return &condition;
    }
    return nullptr;
}

bool holds(const Json& object, const char* type)
{
    const Json* condition = conditionOf(object, type);
    return condition != nullptr && text(*condition, "status") == "True";
}

void setCondition(Json& object, const char* type, const char* status, const char* reason,
                  const std::string& message, const std::string& now)
{
    Json& list = object["status"]["conditions"];
    if (!list.is_array())
        list = Json::array();
    Json made = {{"type", type}, {"status", status}, {"lastProbeTime", nullptr}, {"lastTransitionTime", now}};
    if (*reason != '\0')
        made["reason"] = reason;
    if (!message.empty())
        made["message"] = message;
    for (Json& condition : list) {
        if (text(condition, "type") == type) {
            condition = std::move(made);
            return;
        }
    }
    list.push_back(std::move(made));
}

std::string strategyOf(const Json& vm)
{
    const std::string strategy = text(vm, "spec.runStrategy");
    if (!strategy.empty())
        return strategy;
    return text(vm, "spec.running") == "true" ? "Always" : "Halted";
}

void setRunning(Json& vm, bool running)
{
    if (find(vm, "spec.runStrategy") != nullptr)
        vm["spec"]["runStrategy"] = running ? "Always" : "Halted";
    else
        vm["spec"]["running"] = running;
}

bool final(const Json& vmi)
{
    const std::string phase = text(vmi, "status.phase");
    return phase == "Succeeded" || phase == "Failed";
}

Machine machineOf(const Json& vmi, UnixMs rebooted)
{
    Machine machine;
    machine.guest = true;
    machine.hostname = text(vmi, "metadata.name");
    machine.os = text(vmi, "status.guestOSInfo.prettyName");
    if (machine.os.empty())
        machine.os = "Ubuntu 22.04.5 LTS";
    machine.kernel = text(vmi, "status.guestOSInfo.kernelRelease");
    if (machine.kernel.empty())
        machine.kernel = "5.15.0-139-generic";
    if (const Json* list = find(vmi, "status.interfaces");
        list != nullptr && list->is_array() && !list->empty())
        machine.address = text((*list)[0], "ipAddress");
    machine.cpus = static_cast<int>(number(vmi, "spec.domain.cpu.cores").value_or(1));
    if (const auto memory = parseQuantity(text(vmi, "spec.domain.memory.guest")))
        machine.memoryMi = static_cast<long>(*memory >> 20);
    machine.started = parseRfc3339(text(vmi, "metadata.creationTimestamp")).value_or(0);
    if (const Json* times = find(vmi, "status.phaseTransitionTimestamps");
        times != nullptr && times->is_array()) {
        for (const Json& entry : *times) {
            if (text(entry, "phase") == "Running")
                machine.started =
                    parseRfc3339(text(entry, "phaseTransitionTimestamp")).value_or(machine.started);
        }
    }
    machine.started = std::max(machine.started, rebooted);
    furnish(machine);
    return machine;
}

// The port on 127.0.0.1 of the API server that is said to run in this guest; 0: none does. The kubeconfig
// that Cluster API keeps for the guest's cluster names it.
unsigned short apiServerPort(const Json& guest, Store& store)
{
    const Json labels = guest["metadata"].value("labels", Json::object());
    if (labels.value("cluster.x-k8s.io/role", std::string()) != "control-plane")
        return 0;
    const std::string cluster = labels.value("cluster.x-k8s.io/cluster-name", std::string());
    const ObjectPtr secret = store.get(Kinds::instance().get("secrets", ""),
                                       text(guest, "metadata.namespace"), cluster + "-kubeconfig");
    std::string config;
    if (!secret || !base64Decode(text(parseOwn(secret->body), "data.value"), config))
        return 0;
    constexpr std::string_view server = "server: https://127.0.0.1:";
    const std::size_t at = config.find(server);
    if (at == std::string::npos)
        return 0;
    std::size_t end = at + server.size();
    while (end < config.size() && config[end] >= '0' && config[end] <= '9')
        ++end;
    const auto port = integer(config.substr(at + server.size(), end - at - server.size()));
    return port && *port < 65536 ? static_cast<unsigned short>(*port) : static_cast<unsigned short>(0);
}

bool dryRunIn(const Json& body)
{
    const Json* run = find(body, "dryRun");
    return run != nullptr && run->is_array() && !run->empty();
}

} // namespace

const std::vector<KubevirtAction>& kubevirtActions()
{
    static const std::vector<KubevirtAction> all = {
        {"virtualmachines", "start", "PUT"},
        {"virtualmachines", "stop", "PUT"},
        {"virtualmachines", "restart", "PUT"},
        {"virtualmachines", "migrate", "PUT"},
        {"virtualmachines", "addvolume", "PUT"},
        {"virtualmachines", "removevolume", "PUT"},
        {"virtualmachines", "evacuate/cancel", "PUT"},
        {"virtualmachines", "expand-spec", "GET"},
        {"virtualmachines", "portforward", "GET"},
        {"virtualmachineinstances", "pause", "PUT"},
        {"virtualmachineinstances", "unpause", "PUT"},
        {"virtualmachineinstances", "freeze", "PUT"},
        {"virtualmachineinstances", "unfreeze", "PUT"},
        {"virtualmachineinstances", "softreboot", "PUT"},
        {"virtualmachineinstances", "reset", "PUT"},
        {"virtualmachineinstances", "evacuate/cancel", "PUT"},
        {"virtualmachineinstances", "addvolume", "PUT"},
        {"virtualmachineinstances", "removevolume", "PUT"},
        {"virtualmachineinstances", "guestosinfo", "GET"},
        {"virtualmachineinstances", "userlist", "GET"},
        {"virtualmachineinstances", "filesystemlist", "GET"},
        {"virtualmachineinstances", "console", "GET"},
        {"virtualmachineinstances", "vnc", "GET"},
        {"virtualmachineinstances", "vnc/screenshot", "GET"},
        {"virtualmachineinstances", "portforward", "GET"},
    };
    return all;
}

HttpAnswer ApiHandler::kubevirt(const HttpRequest& request, const Identity& who,
                                const std::vector<std::string>& path)
{
    if (path.size() == 1 && path[0] == "version")
        return jsonAnswer({{"gitVersion", "v1.9.0"},
                           {"gitCommit", "79d34c176216"},
                           {"gitTreeState", "clean"},
                           {"buildDate", "2026-07-09T10:12:44Z"},
                           {"goVersion", "go1.25.6"},
                           {"compiler", "gc"},
                           {"platform", "linux/amd64"}});
    if (path.size() == 1 && path[0] == "healthz")
        return jsonAnswer({{"apiserver", {{"connectivity", "ok"}}}});
    if (path.size() < 5 || path[0] != "namespaces")
        return noSuchPath();
    const std::string& ns = path[1];
    const std::string& resource = path[2];
    const std::string& name = path[3];
    std::string action = path[4];
    if (path.size() == 6 && action == "vnc" && path[5] == "screenshot")
        action = "vnc/screenshot";
    else if (path.size() == 6 && action == "evacuate" && path[5] == "cancel")
        action = "evacuate/cancel";
    else if (path.size() > 5 && action != "portforward")
        return noSuchPath();
    const auto& all = kubevirtActions();
    const auto known = std::find_if(all.begin(), all.end(), [&](const KubevirtAction& candidate) {
        return candidate.resource == resource && candidate.name == action;
    });
    if (known == all.end())
        return noSuchPath();
    if (request.method != known->method)
        return notAllowed();
    const Access want{request.method == "PUT" ? "update" : "get",
                      "subresources.kubevirt.io",
                      resource,
                      action,
                      ns,
                      name,
                      ""};
    if (!m_authorizer.allows(who, want))
        return refuse(forbidden(who, want));

    Json body = Json::object();
    if (request.method == "PUT" && !request.body.empty()) {
        auto read = parseBody(request.body);
        if (!read)
            return refuse(
                badRequest("Can not unmarshal Request body to struct, error: " + read.error().message));
        body = std::move(*read);
    }
    const ObjectPtr vm = store().get(machines(), ns, name);
    const ObjectPtr vmi = store().get(instances(), ns, name);
    if (action == "evacuate/cancel") {
        if (!vmi)
            return refuse(notFound(kGroup, "virtualmachineinstance", name));
        return stay(*vmi, body);
    }
    if (resource == "virtualmachines") {
        if (!vm)
            return refuse(notFound(kGroup, "virtualmachine", name));
        if (action == "expand-spec")
            return jsonAnswer(parseOwn(serve(*vm)));
        if (action == "portforward")
            return guestPort(request, vmi, path);
        if (action == "addvolume" || action == "removevolume")
            return hotplug(*vm, "/spec/template/spec", action == "addvolume", body);
        return vmAction(action, *vm, vmi, body);
    }
    if (!vmi)
        return refuse(notFound(kGroup, "virtualmachineinstance", name));
    if (action == "addvolume" || action == "removevolume") {
        if (text(parseOwn(vmi->body), "status.phase") != "Running")
            return clash("virtualmachineinstance", name, kVmiNotRunning);
        return hotplug(*vmi, "/spec", action == "addvolume", body);
    }
    if (action == "portforward")
        return guestPort(request, vmi, path);
    if (request.method == "PUT")
        return guestAction(action, *vmi, body);
    if (action == "console" || action == "vnc" || action == "vnc/screenshot")
        return guestScreen(request, *vmi, action);
    return guestInfo(action, *vmi);
}

HttpAnswer ApiHandler::vmAction(const std::string& action, const Object& vm, const ObjectPtr& vmi,
                                const Json& body)
{
    const Json machine = parseOwn(vm.body);
    const Json guest = vmi ? parseOwn(vmi->body) : Json();
    const std::string strategy = strategyOf(machine);
    const bool runs = vmi && !final(guest);
    const auto refused = [&](const std::string& why) { return clash("virtualmachine", vm.name, why); };
    WriteOptions options;
    options.dryRun = dryRunIn(body);
    options.manager = "virt-api";
    const auto write = [&](const Store::Edit& edit) {
        const auto result = store().update(machines(), vm.ns, vm.name, edit, options);
        return result ? accepted() : refuse(result.error());
    };
    const Json stop = vmi ? Json{{"action", "Stop"}, {"uid", vmi->uid}} : Json();
    const auto request = [&](const Json& changes, bool replaces) {
        const Json* before = find(machine, "status.stateChangeRequests");
        if (!replaces && before != nullptr && !before->empty())
            return refuse(
                deny(500, "InternalError",
                     "Internal error occurred: unable to complete request: stop/start already underway"));
        return write([&](Json& edited) -> Answer<void> {
            edited["status"]["stateChangeRequests"] = changes;
            edited["status"].erase("startFailure");
            return {};
        });
    };
    if (action == "migrate") {
        if (!vmi)
            return refuse(notFound(kGroup, "virtualmachineinstance", vm.name));
        if (text(guest, "status.phase") != "Running")
            return refused(kVmNotRunning);
        if (holds(machine, "Paused") || holds(guest, "Paused"))
            return refused("VM is paused");
        Json spec = {{"vmiName", vm.name}};
        if (const Json* selector = find(body, "addedNodeSelector"))
            spec["addedNodeSelector"] = *selector;
        const auto made = store().create(
            Kinds::instance().get("virtualmachineinstancemigrations", kGroup),
            {{"metadata", {{"generateName", "kubevirt-migrate-vm-"}, {"namespace", vm.ns}}}, {"spec", spec}},
            options);
        // virt-api makes it on behalf of who asks, and what denies it is its own trouble.
        return made ? accepted()
                    : refuse(deny(500, "InternalError", "Internal error occurred: " + made.error().message));
    }
    if (action == "start") {
        const std::string phase = text(guest, "status.phase");
        if (runs && !phase.empty() && phase != "Unknown")
            return refused("VM is already running");
        const bool paused = text(body, "paused") == "true";
        Json start = {{"action", "Start"}};
        if (paused)
            start["data"] = {{"paused", "true"}};
        if (strategy == "Halted" && paused)
            return request(Json::array({start}), false);
        if (strategy == "Halted")
            return write([](Json& edited) -> Answer<void> {
                setRunning(edited, true);
                return {};
            });
        if (strategy == "Manual" || strategy == "RerunOnFailure") {
            if (strategy == "RerunOnFailure" && phase == "Failed")
                return refused("RerunOnFailure does not support starting VM from failed state");
            return request(vmi && final(guest) ? Json::array({stop, start}) : Json::array({start}), false);
        }
        return refused(strategy + " does not support manual start requests");
    }
    if (action == "stop") {
        const auto grace = number(body, "gracePeriod");
        const auto before = number(guest, "spec.terminationGracePeriodSeconds");
        if (runs && grace && !options.dryRun)
            (void)store().update(instances(), vm.ns, vm.name, [&](Json& edited) -> Answer<void> {
                edited["spec"]["terminationGracePeriodSeconds"] = *grace;
                return {};
            });
        if (strategy == "Always" || strategy == "Once")
            return write([](Json& edited) -> Answer<void> {
                setRunning(edited, false);
                return {};
            });
        if (!runs)
            return refused(kVmNotRunning);
        if (strategy == "Halted" && (!grace || (before && *grace >= *before)))
            return refused("Halted only supports manual stop requests with a shorter graceperiod");
        return request(Json::array({stop}), true);
    }
    // restart
    const auto grace = number(body, "gracePeriodSeconds");
    if (grace && *grace > 0)
        return refuse(badRequest("For force restart, only gracePeriod=0 is supported for now"));
    if (grace && *grace < 0)
        return refuse(badRequest("gracePeriod has to be greater or equal to 0"));
    if (strategy == "Halted" || strategy == "Once")
        return refused("RunStategy " + strategy + " does not support manual restart requests");
    if (!vmi)
        return refused("VM is not running: Halted");
    HttpAnswer answer = request(Json::array({stop, {{"action", "Start"}}}), false);
    if (answer.status == 202 && grace && !options.dryRun) {
        for (const ObjectPtr& pod : store().ownedBy(vmi->uid)) {
            if (pod->kind->resource == "pods")
                (void)store().remove(*pod->kind, pod->ns, pod->name);
        }
    }
    return answer;
}

// A guest that was told to leave its node stays (kubevirt pkg/virt-api/rest/evacuate-cancel.go).
HttpAnswer ApiHandler::stay(const Object& vmi, const Json& body)
{
    const std::string from = text(parseOwn(vmi.body), "status.evacuationNodeName");
    const std::string named = text(body, "evacuationNodeName");
    if (from.empty() || (!named.empty() && named != from))
        return clash("virtualmachineinstance", vmi.name, "VMI is not being evacuated from that node");
    WriteOptions options;
    options.dryRun = dryRunIn(body);
    options.manager = "virt-api";
    const auto result = store().update(
        instances(), vmi.ns, vmi.name,
        [](Json& edited) -> Answer<void> {
            edited["status"].erase("evacuationNodeName");
            return {};
        },
        options);
    return result ? accepted() : refuse(result.error());
}

HttpAnswer ApiHandler::guestAction(const std::string& action, const Object& vmi, const Json& body)
{
    const Json guest = parseOwn(vmi.body);
    const auto refused = [&](const std::string& why) {
        return clash("virtualmachineinstance", vmi.name, why);
    };
    const bool paused = holds(guest, "Paused");
    if (text(guest, "status.phase") != "Running")
        return refused(action == "unpause" || action == "softreboot" ? kVmiNotRunning : kVmNotRunning);
    if (action == "freeze" || action == "unfreeze") {
        if (!holds(guest, "AgentConnected"))
            return refused("VMI does not have guest agent connected");
        const auto result = store().update(instances(), vmi.ns, vmi.name, [&](Json& edited) -> Answer<void> {
            if (action == "freeze")
                edited["status"]["fsFreezeStatus"] = "frozen";
            else
                edited["status"].erase("fsFreezeStatus");
            return {};
        });
        return result ? accepted() : refuse(result.error());
    }
    if (action == "softreboot" || action == "reset") {
        if (action == "softreboot") {
            if (paused)
                return refused("VMI is paused");
            if (!holds(guest, "AgentConnected") && find(guest, "spec.domain.features.acpi") == nullptr)
                return refused("VMI neither have the agent connected nor the ACPI feature enabled");
        }
        const std::lock_guard lock(m_guestMutex);
        m_guests[vmi.uid].rebooted = m_cluster->now();
        return accepted();
    }
    if (action == "pause" ? paused : !paused)
        return refused(action == "pause" ? "VMI is already paused" : "VMI is not paused");
    const Json* migration = find(guest, "status.migrationState");
    if (action == "pause" && migration != nullptr && text(*migration, "completed") != "true" &&
        text(*migration, "failed") != "true" && !migration->empty())
        return refused("Cannot pause VM '" + vmi.name + "' because it is currently being migrated");
    WriteOptions options;
    options.dryRun = dryRunIn(body);
    options.manager = "virt-handler";
    const std::string now = formatRfc3339(m_cluster->now());
    const auto result = store().update(
        instances(), vmi.ns, vmi.name,
        [&](Json& edited) -> Answer<void> {
            if (action == "pause") {
                setCondition(edited, "Paused", "True", "PausedByUser", "VMI was paused by user", now);
                setCondition(edited, "Ready", "False", "GuestNotRunning",
                             "Guest VM is not reported as running", now);
                return {};
            }
            Json kept = Json::array();
            for (const Json& condition : edited["status"]["conditions"]) {
                if (text(condition, "type") != "Paused")
                    kept.push_back(condition);
            }
            edited["status"]["conditions"] = std::move(kept);
            setCondition(edited, "Ready", "True", "", "", now);
            return {};
        },
        options);
    return result ? accepted() : refuse(result.error());
}

HttpAnswer ApiHandler::hotplug(const Object& object, const std::string& where, bool add, const Json& body)
{
    const bool instance = object.kind == &instances();
    const char* resource = instance ? "virtualmachineinstance" : "virtualmachine";
    const std::string options = add ? "AddVolumeOptions" : "RemoveVolumeOptions";
    const std::string name = text(body, "name");
    const Json* source = find(body, "volumeSource");
    const Json* disk = find(body, "disk");
    if (name.empty())
        return refuse(badRequest(options + " requires name to be set"));
    if (add && disk == nullptr)
        return refuse(badRequest("AddVolumeOptions requires disk to not be nil"));
    if (add && source == nullptr)
        return refuse(badRequest("AddVolumeOptions requires VolumeSource to not be nil"));
    const auto sourceOf = [](const Json& volume) {
        const std::string data = text(volume, "dataVolume.name");
        return data.empty() ? text(volume, "persistentVolumeClaim.claimName") : data;
    };
    std::string refusal;
    WriteOptions write;
    write.dryRun = dryRunIn(body);
    write.manager = "virt-api";
    const auto result = store().update(
        *object.kind, object.ns, object.name,
        [&](Json& edited) -> Answer<void> {
            Json& spec = edited[Json::json_pointer(where)];
            // Members move when one is added: first all are there, then references are taken.
            if (!spec["volumes"].is_array())
                spec["volumes"] = Json::array();
            if (!spec["domain"]["devices"]["disks"].is_array())
                spec["domain"]["devices"]["disks"] = Json::array();
            Json& volumes = spec["volumes"];
            Json& disks = spec["domain"]["devices"]["disks"];
            refusal.clear();
            if (add) {
                for (const Json& volume : volumes) {
                    if (text(volume, "name") == name)
                        refusal = "Unable to add volume [" + name +
                                  "] because volume with that name already exists";
                    else if (sourceOf(volume) == sourceOf(*source) && !sourceOf(*source).empty())
                        refusal = "Unable to add volume source [" + sourceOf(*source) +
                                  "] because it already exists";
                }
                Json volume = {{"name", name}};
                for (const auto& [key, value] : source->items()) {
                    volume[key] = value;
                    volume[key]["hotpluggable"] = true;
                }
                Json entry = *disk;
                entry["name"] = name;
                volumes.push_back(std::move(volume));
                disks.push_back(std::move(entry));
            } else {
                const auto found = std::find_if(volumes.begin(), volumes.end(), [&](const Json& volume) {
                    return text(volume, "name") == name || sourceOf(volume) == name;
                });
                if (found == volumes.end()) {
                    refusal = "Unable to remove volume [" + name + "] because it does not exist";
                } else if (text(*found, "dataVolume.hotpluggable") != "true" &&
                           text(*found, "persistentVolumeClaim.hotpluggable") != "true") {
                    refusal = "Unable to remove volume [" + text(*found, "name") +
                              "] because it is not hotpluggable";
                } else {
                    const std::string gone = text(*found, "name");
                    volumes.erase(found);
                    const auto entry = std::find_if(disks.begin(), disks.end(), [&](const Json& candidate) {
                        return text(candidate, "name") == gone;
                    });
                    if (entry != disks.end())
                        disks.erase(entry);
                }
            }
            if (!refusal.empty())
                return conflict(kGroup, resource, object.name, refusal);
            return {};
        },
        write);
    return result ? accepted() : refuse(result.error());
}

HttpAnswer ApiHandler::guestInfo(const std::string& action, const Object& vmi)
{
    const Json guest = parseOwn(vmi.body);
    if (text(guest, "status.phase") != "Running")
        return clash("virtualmachineinstance", vmi.name, kVmiNotRunning);
    if (!holds(guest, "AgentConnected"))
        return clash("virtualmachineinstance", vmi.name, "VMI does not have guest agent connected");
    const Json users =
        Json::array({{{"userName", "ubuntu"},
                      {"loginTime", static_cast<double>(m_cluster->now() / 1000 - 5400) + 0.25}}});
    const Json disks = Json::array({{{"diskName", "vda1"},
                                     {"mountPoint", "/"},
                                     {"fileSystemType", "ext4"},
                                     {"usedBytes", 11811160064LL},
                                     {"totalBytes", 41442029568LL},
                                     {"disk", Json::array({{{"busType", "virtio"}}})}},
                                    {{"diskName", "vda15"},
                                     {"mountPoint", "/boot/efi"},
                                     {"fileSystemType", "vfat"},
                                     {"usedBytes", 6328320},
                                     {"totalBytes", 109422592},
                                     {"disk", Json::array({{{"busType", "virtio"}}})}}});
    const Json head = {{"apiVersion", "kubevirt.io/v1"}};
    if (action == "userlist") {
        Json out = {{"kind", "VirtualMachineInstanceGuestOSUserList"}, {"apiVersion", "kubevirt.io/v1"}};
        out["metadata"] = Json::object();
        out["items"] = users;
        return jsonAnswer(out);
    }
    if (action == "filesystemlist") {
        Json out = {{"kind", "VirtualMachineInstanceFileSystemList"}, {"apiVersion", "kubevirt.io/v1"}};
        out["metadata"] = Json::object();
        out["items"] = disks;
        return jsonAnswer(out);
    }
    Json commands = Json::array();
    for (const char* command :
         {"guest-ping", "guest-sync", "guest-info", "guest-shutdown", "guest-get-osinfo", "guest-get-users",
          "guest-get-fsinfo", "guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-network-get-interfaces"})
        commands.push_back({{"name", command}, {"enabled", true}});
    const Json* os = find(guest, "status.guestOSInfo");
    return jsonAnswer({{"kind", "VirtualMachineInstanceGuestAgentInfo"},
                       {"apiVersion", "kubevirt.io/v1"},
                       {"metadata", Json::object()},
                       {"guestAgentVersion", "6.2.0"},
                       {"supportedCommands", std::move(commands)},
                       {"hostname", vmi.name},
                       {"os", os == nullptr ? Json::object() : *os},
                       {"timezone", "UTC, 0"},
                       {"userList", users},
                       {"fsInfo", {{"disks", disks}}},
                       {"fsFreezeStatus", text(guest, "status.fsFreezeStatus")}});
}

HttpAnswer ApiHandler::guestScreen(const HttpRequest& request, const Object& vmi, const std::string& action)
{
    const Json guest = parseOwn(vmi.body);
    if (text(guest, "status.phase") != "Running")
        return refuse(badRequest(kVmiNotRunning));
    if (action == "console" && text(guest, "spec.domain.devices.autoattachSerialConsole") == "false")
        return refuse(badRequest("No serial consoles are present."));
    if (action != "console" && text(guest, "spec.domain.devices.autoattachGraphicsDevice") == "false")
        return refuse(badRequest("No graphics devices are present."));
    const Clock clock = [cluster = m_cluster] { return cluster->now(); };
    const bool paused = holds(guest, "Paused");
    Seat seat = std::make_shared<std::atomic<bool>>(false);
    UnixMs rebooted = 0;
    HttpAnswer answer;
    if (action != "vnc/screenshot") {
        if (request.upgrade != "websocket")
            return refuse(badRequest("the request is no WebSocket upgrade"));
        const std::string plain = "plain.kubevirt.io";
        if (std::find(request.protocols.begin(), request.protocols.end(), plain) != request.protocols.end())
            answer.protocol = plain;
    }
    {
        const std::lock_guard lock(m_guestMutex);
        GuestState& state = m_guests[vmi.uid];
        rebooted = state.rebooted;
        if (action != "vnc/screenshot") {
            // The newcomer displaces who sits there, unless it is considerate.
            std::weak_ptr<std::atomic<bool>>& taken = action == "console" ? state.console : state.screen;
            if (const Seat before = taken.lock()) {
                if (action == "vnc" && request.flag("preserveSession"))
                    return refuse(deny(500, "InternalError", "Active VNC connection. Request denied."));
                *before = true;
            }
            taken = seat;
        }
    }
    Machine machine = machineOf(guest, rebooted);
    if (action == "vnc/screenshot") {
        answer.contentType = "image/png";
        answer.body = screenshotPng(std::move(machine), clock, paused);
    } else if (action == "console") {
        answer.socket = consoleSocket(std::move(machine), clock, paused, std::move(seat));
    } else {
        answer.socket = screenSocket(std::move(machine), clock, paused, std::move(seat));
    }
    return answer;
}

HttpAnswer ApiHandler::guestPort(const HttpRequest& request, const ObjectPtr& vmi,
                                 const std::vector<std::string>& path)
{
    if (!vmi)
        return refuse(notFound(kGroup, "virtualmachineinstance", path[3]));
    const Json guest = parseOwn(vmi->body);
    if (text(guest, "status.phase") != "Running")
        return refuse(badRequest(kVmiNotRunning));
    const auto port = path.size() > 5 ? integer(path[5]) : std::nullopt;
    if (!port || *port == 0 || *port > 65535)
        return refuse(badRequest("port is not a valid number"));
    if (path.size() > 6 && path[6] != "tcp" && path[6] != "udp")
        return refuse(badRequest("unsupported protocol " + path[6]));
    if (request.upgrade != "websocket")
        return refuse(badRequest("the request is no WebSocket upgrade"));
    Ports ports;
    ports.name = vmi->name;
    ports.uid = vmi->uid;
    ports.http = {80, 10248};
    const auto number = static_cast<unsigned>(*port);
    HttpAnswer answer;
    if (std::find(request.protocols.begin(), request.protocols.end(), "plain.kubevirt.io") !=
        request.protocols.end())
        answer.protocol = "plain.kubevirt.io";
    if (number == 6443) {
        if (const unsigned short real = apiServerPort(guest, store()); real != 0)
            answer.socket = connectLoopback(real);
        if (answer.socket)
            return answer;
    }
    if (number == 22) {
        SshKey host;
        UnixMs rebooted = 0;
        {
            const std::lock_guard lock(m_guestMutex);
            GuestState& state = m_guests[vmi->uid];
            if (state.hostKey.privateKey.empty())
                state.hostKey = newSshKey(vmi->name);
            host = state.hostKey;
            rebooted = state.rebooted;
        }
        Machine machine = machineOf(guest, rebooted);
        // The server has started, and nothing of the guest stands still.
        if (!holds(guest, "Paused") && bootedTo(machine, "Secure Shell", m_cluster->now()))
            answer.socket = sshSocket(
                std::move(machine), [cluster = m_cluster] { return cluster->now(); }, host, tenantSshKey());
        if (answer.socket)
            return answer;
    }
    if (!ports.listens(number))
        return refuse(deny(500, "InternalError",
                           "Internal error occurred: dialing VM: dial tcp " + machineOf(guest, 0).address +
                               ":" + path[5] + ": connect: connection refused"));
    answer.socket = plainPortSocket(std::move(ports), number);
    return answer;
}

} // namespace strata::demosite
