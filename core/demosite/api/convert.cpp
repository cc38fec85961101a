// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/convert.h"

#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace strata::demosite {
namespace {

// Moves the value at `from` to `to` (dotted), creating objects on the way.
void move(Json& object, std::string_view from, std::string_view to)
{
    Json* parent = &object;
    std::string_view rest = from;
    for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        const std::string step(rest.substr(0, dot));
        if (!parent->is_object() || !parent->contains(step))
            return;
        parent = &(*parent)[step];
        rest = rest.substr(dot + 1);
    }
    const std::string last(rest);
    if (!parent->is_object() || !parent->contains(last))
        return;
    Json value = std::move((*parent)[last]);
    parent->erase(last);
    Json* at = &object;
    while (!to.empty()) {
        const std::size_t dot = to.find('.');
        Json& next = (*at)[std::string(to.substr(0, dot))];
        to = dot == std::string_view::npos ? std::string_view() : to.substr(dot + 1);
        if (!to.empty() && !next.is_object())
            next = Json::object();
        at = &next;
    }
    *at = std::move(value);
}

Json* at(Json& object, std::string_view path)
{
    return const_cast<Json*>(find(object, path)); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::string newestVersion(const std::string& group, const std::string& kind)
{
    const Kind* known = Kinds::instance().findKind(group, kind);
    if (known == nullptr)
        return "v1alpha1";
    const auto versions = words(known->versions);
    return std::string(versions.back()); // a v1beta1 object refers to v1beta1 ones where they exist
}

// {apiGroup,kind,name} becomes {apiVersion,kind,name,namespace}.
void refDown(Json& object, std::string_view path)
{
    Json* ref = at(object, path);
    if (ref == nullptr || !ref->is_object() || !ref->contains("apiGroup"))
        return;
    const std::string group = text(*ref, "apiGroup");
    const std::string kind = text(*ref, "kind");
    *ref = {{"apiVersion", group + "/" + newestVersion(group, kind)},
            {"kind", kind},
            {"name", text(*ref, "name")},
            {"namespace", text(object, "metadata.namespace")}};
}

void refUp(Json& object, std::string_view path)
{
    Json* ref = at(object, path);
    if (ref == nullptr || !ref->is_object() || !ref->contains("apiVersion"))
        return;
    const std::string version = text(*ref, "apiVersion");
    *ref = {{"apiGroup", version.substr(0, version.find('/'))},
            {"kind", text(*ref, "kind")},
            {"name", text(*ref, "name")}};
}

constexpr const char* kRefs[] = {"spec.infrastructureRef",
                                 "spec.controlPlaneRef",
                                 "spec.bootstrap.configRef",
                                 "spec.template.spec.infrastructureRef",
                                 "spec.template.spec.bootstrap.configRef",
                                 "spec.machineTemplate.spec.infrastructureRef"};

struct Moved {
    const char* kind;
    const char* storage;
    const char* old;
};

constexpr Moved kMoved[] = {
    {"Cluster", "status.initialization.infrastructureProvisioned", "status.infrastructureReady"},
    {"Cluster", "status.initialization.controlPlaneInitialized", "status.controlPlaneReady"},
    {"Cluster", "status.controlPlane", "status.v1beta2.controlPlane"},
    {"Cluster", "status.workers", "status.v1beta2.workers"},
    {"Cluster", "spec.topology.classRef.name", "spec.topology.class"},
    {"Cluster", "spec.topology.classRef.namespace", "spec.topology.classNamespace"},
    {"Machine", "status.initialization.infrastructureProvisioned", "status.infrastructureReady"},
    {"Machine", "status.initialization.bootstrapDataSecretCreated", "status.bootstrapReady"},
    {"MachineDeployment", "spec.rollout.strategy", "spec.strategy"},
    {"MachineDeployment", "spec.rollout.after", "spec.rolloutAfter"},
    {"MachineDeployment", "status.upToDateReplicas", "status.updatedReplicas"},
    {"MachineDeployment", "spec.template.spec.minReadySeconds", "spec.minReadySeconds"},
    {"MachineHealthCheck", "spec.checks.unhealthyNodeConditions", "spec.unhealthyConditions"},
    {"MachineHealthCheck", "spec.remediation.triggerIf.unhealthyLessThanOrEqualTo", "spec.maxUnhealthy"},
    {"KubeadmControlPlane", "spec.rollout.strategy", "spec.rolloutStrategy"},
    {"KubeadmControlPlane", "spec.rollout.before", "spec.rolloutBefore"},
    {"KubeadmControlPlane", "spec.remediation", "spec.remediationStrategy"},
    {"KubeadmControlPlane", "status.upToDateReplicas", "status.updatedReplicas"},
    {"KubeadmControlPlane", "status.initialization.controlPlaneInitialized", "status.initialized"},
    {"KubeadmConfig", "status.initialization.dataSecretCreated", "status.ready"},
};

// 600 ↔ "10m0s", as metav1.Duration prints and parses whole seconds.
std::string duration(long long seconds)
{
    std::string out;
    if (seconds >= 3600)
        out += std::to_string(seconds / 3600) + "h";
    if (seconds >= 60)
        out += std::to_string(seconds / 60 % 60) + "m";
    return out + std::to_string(seconds % 60) + "s";
}

long long seconds(const std::string& text)
{
    long long sum = 0;
    long long value = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9' && value < 1'000'000'000) {
            value = value * 10 + (c - '0');
        } else {
            sum += value * (c == 'h' ? 3600 : c == 'm' ? 60 : c == 's' ? 1 : 0);
            value = 0;
        }
    }
    return sum;
}

constexpr const char* kTimeouts[] = {"nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout"};
constexpr const char* kMachineSpecs[] = {"spec", "spec.template.spec", "spec.machineTemplate"};

void timeoutsDown(Json& object)
{
    for (const char* path : kMachineSpecs) {
        Json* spec = at(object, path);
        if (spec == nullptr || !spec->is_object() || !spec->contains("deletion"))
            continue;
        for (const char* name : kTimeouts) {
            if (const auto value = number((*spec)["deletion"], std::string(name) + "Seconds"))
                (*spec)[name] = duration(*value);
        }
        spec->erase("deletion");
    }
}

void timeoutsUp(Json& object)
{
    for (const char* path : kMachineSpecs) {
        Json* spec = at(object, path);
        if (spec == nullptr || !spec->is_object())
            continue;
        for (const char* name : kTimeouts) {
            if (!spec->contains(name))
                continue;
            (*spec)["deletion"][std::string(name) + "Seconds"] = seconds(text(*spec, name));
            spec->erase(name);
        }
    }
}

// kubeadm's extraArgs: a map before, a list of {name,value} now.
void argumentsDown(Json& node)
{
    if (node.is_array()) {
        for (Json& item : node)
            argumentsDown(item);
        return;
    }
    if (!node.is_object())
        return;
    for (auto& [key, value] : node.items()) {
        if ((key == "extraArgs" || key == "kubeletExtraArgs") && value.is_array()) {
            Json map = Json::object();
            for (const Json& argument : value)
                map[text(argument, "name")] = text(argument, "value");
            value = std::move(map);
        } else {
            argumentsDown(value);
        }
    }
}

void argumentsUp(Json& node)
{
    if (node.is_array()) {
        for (Json& item : node)
            argumentsUp(item);
        return;
    }
    if (!node.is_object())
        return;
    for (auto& [key, value] : node.items()) {
        if ((key == "extraArgs" || key == "kubeletExtraArgs") && value.is_object()) {
            Json list = Json::array();
            for (const auto& [name, argument] : value.items())
                list.push_back({{"name", name}, {"value", argument}});
            value = std::move(list);
        } else {
            argumentsUp(value);
        }
    }
}

bool isClusterApi(const Kind& kind)
{
    return kind.has(ClusterApi) && words(kind.versions).size() > 1;
}

// Conditions of a v1beta1 object that was never given any: the summary and the two everybody reads.
Json oldConditions(const Json& conditions)
{
    Json out = Json::array();
    for (const Json& condition : conditions) {
        const std::string type = text(condition, "type");
        static constexpr std::string_view kept[] = {"Available",           "Ready",
                                                    "InfrastructureReady", "BootstrapConfigReady",
                                                    "NodeHealthy",         "ControlPlaneInitialized"};
        for (const std::string_view name : kept) {
            if (type != name)
                continue;
            const bool good = text(condition, "status") == "True";
            Json old = {{"type", type == "Available"              ? "Ready"
                                 : type == "BootstrapConfigReady" ? "BootstrapReady"
                                                                  : type},
                        {"status", text(condition, "status")},
                        {"lastTransitionTime", text(condition, "lastTransitionTime")}};
            if (!good) {
                old["severity"] = "Warning";
                old["reason"] = text(condition, "reason");
                old["message"] = text(condition, "message");
            }
            bool known = false;
            for (const Json& before : out)
                known = known || before["type"] == old["type"];
            if (!known)
                out.push_back(std::move(old));
        }
    }
    return out;
}

} // namespace

void fromStorage(const Kind& kind, std::string_view version, Json& object)
{
    if (version == kind.storageVersion())
        return;
    object["apiVersion"] = apiVersion(kind, version);
    if (!isClusterApi(kind))
        return;
    for (const char* path : kRefs)
        refDown(object, path);
    move(object, "spec.machineTemplate.spec.deletion", "spec.machineTemplate.deletion");
    timeoutsDown(object);
    if (object.contains("spec"))
        argumentsDown(object["spec"]);
    if (kind.kind == "KubeadmControlPlane") {
        move(object, "spec.machineTemplate.spec.infrastructureRef", "spec.machineTemplate.infrastructureRef");
        if (Json* inner = at(object, "spec.machineTemplate.spec"); inner != nullptr)
            object["spec"]["machineTemplate"].erase("spec");
        const Json* available = find(object, "status.initialization.controlPlaneInitialized");
        object["status"]["ready"] = available != nullptr && *available == true;
        object["status"]["unavailableReplicas"] =
            std::max(0LL, number(object, "spec.replicas").value_or(0) -
                              number(object, "status.readyReplicas").value_or(0));
    }
    if (kind.kind == "MachineDeployment" || kind.kind == "MachineSet")
        object["status"]["unavailableReplicas"] =
            std::max(0LL, number(object, "spec.replicas").value_or(0) -
                              number(object, "status.readyReplicas").value_or(0));
    if (Json* ref = at(object, "status.nodeRef"); ref != nullptr && kind.kind == "Machine")
        *ref = {
            {"apiVersion", "v1"}, {"kind", "Node"}, {"name", text(*ref, "name")}, {"uid", text(*ref, "uid")}};
    if (Json* status = at(object, "status"); status != nullptr && status->is_object()) {
        Json conditions = status->contains("conditions") ? (*status)["conditions"] : Json::array();
        Json old = Json::array();
        if (const Json* kept = find(*status, "deprecated.v1beta1.conditions"))
            old = *kept;
        else
            old = oldConditions(conditions);
        status->erase("deprecated");
        (*status)["v1beta2"]["conditions"] = std::move(conditions);
        (*status)["conditions"] = std::move(old);
    }
    for (const Moved& moved : kMoved) {
        if (kind.kind == moved.kind)
            move(object, moved.storage, moved.old);
    }
    if (Json* initialization = at(object, "status.initialization");
        initialization != nullptr && initialization->empty())
        object["status"].erase("initialization");
}

void toStorage(const Kind& kind, std::string_view version, Json& object)
{
    if (version == kind.storageVersion())
        return;
    object["apiVersion"] = apiVersion(kind, kind.storageVersion());
    if (!isClusterApi(kind))
        return;
    for (const Moved& moved : kMoved) {
        if (kind.kind == moved.kind)
            move(object, moved.old, moved.storage);
    }
    if (kind.kind == "KubeadmControlPlane") {
        timeoutsUp(object);
        move(object, "spec.machineTemplate.infrastructureRef", "spec.machineTemplate.spec.infrastructureRef");
        move(object, "spec.machineTemplate.deletion", "spec.machineTemplate.spec.deletion");
        for (const char* gone : {"clusterName", "kubernetesVersion", "networking"}) {
            if (Json* configuration = at(object, "spec.kubeadmConfigSpec.clusterConfiguration");
                configuration != nullptr && configuration->is_object())
                configuration->erase(gone);
        }
    } else {
        timeoutsUp(object);
    }
    for (const char* path : kRefs)
        refUp(object, path);
    if (object.contains("spec"))
        argumentsUp(object["spec"]);
    if (Json* ref = at(object, "status.nodeRef"); ref != nullptr && kind.kind == "Machine")
        *ref = {{"name", text(*ref, "name")}};
    if (Json* status = at(object, "status"); status != nullptr && status->is_object()) {
        Json old = status->contains("conditions") ? (*status)["conditions"] : Json();
        if (Json* now = at(*status, "v1beta2.conditions"))
            (*status)["conditions"] = *now;
        else
            status->erase("conditions");
        if (!old.is_null())
            (*status)["deprecated"]["v1beta1"]["conditions"] = std::move(old);
        status->erase("v1beta2");
        for (const char* gone : {"unavailableReplicas"})
            status->erase(gone);
    }
}

} // namespace strata::demosite
