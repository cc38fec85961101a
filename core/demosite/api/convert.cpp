// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/convert.h"

#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

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
    {"MachineDeployment", "spec.deletion.order", "spec.strategy.rollingUpdate.deletePolicy"},
    {"MachineDeployment", "spec.remediation.maxInFlight", "spec.strategy.remediation.maxInFlight"},
    {"MachineDeployment", "spec.rollout.after", "spec.rolloutAfter"},
    {"MachineDeployment", "spec.machineNaming", "spec.machineNamingStrategy"},
    {"MachineDeployment", "status.upToDateReplicas", "status.updatedReplicas"},
    {"MachineDeployment", "spec.template.spec.minReadySeconds", "spec.minReadySeconds"},
    {"MachineSet", "spec.deletion.order", "spec.deletePolicy"},
    {"MachineSet", "spec.machineNaming", "spec.machineNamingStrategy"},
    {"MachineSet", "spec.template.spec.minReadySeconds", "spec.minReadySeconds"},
    {"MachineSet", "status.upToDateReplicas", "status.v1beta2.upToDateReplicas"},
    {"KubeadmControlPlane", "spec.rollout.strategy", "spec.rolloutStrategy"},
    {"KubeadmControlPlane", "spec.rollout.before", "spec.rolloutBefore"},
    {"KubeadmControlPlane", "spec.rollout.after", "spec.rolloutAfter"},
    {"KubeadmControlPlane", "spec.remediation", "spec.remediationStrategy"},
    {"KubeadmControlPlane", "spec.machineNaming", "spec.machineNamingStrategy"},
    {"KubeadmControlPlane", "status.lastRemediation.time", "status.lastRemediation.timestamp"},
    {"KubeadmControlPlane", "status.availableReplicas", "status.v1beta2.availableReplicas"},
    {"KubeadmControlPlane", "status.upToDateReplicas", "status.updatedReplicas"},
    {"KubeadmControlPlane", "status.initialization.controlPlaneInitialized", "status.initialized"},
    {"KubeadmConfig", "status.initialization.dataSecretCreated", "status.ready"},
};

// What moving its fields out can leave empty, of any kind.
constexpr const char* kEmptied[] = {"spec.rollout",
                                    "spec.deletion",
                                    "spec.remediation",
                                    "spec.topology.classRef",
                                    "spec.machineTemplate.spec",
                                    "status.initialization"};

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
            const std::string stored = std::string(name) + "Seconds";
            if (const auto value = number((*spec)["deletion"], stored)) {
                (*spec)["deletion"].erase(stored);
                (*spec)[name] = duration(*value);
            }
        }
        if ((*spec)["deletion"].empty()) // an order may be there, too
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

// A number of seconds in one form, a duration in the other, under another name.
void secondsDown(Json& object, const char* stored, const char* old)
{
    const auto value = object.is_object() ? number(object, stored) : std::nullopt;
    if (!value)
        return;
    object.erase(stored);
    object[old] = duration(*value);
}

void secondsUp(Json& object, const char* old, const char* stored)
{
    const Json* value = object.is_object() ? find(object, old) : nullptr;
    if (value == nullptr || !value->is_string())
        return;
    const long long sum = seconds(value->get<std::string>());
    object.erase(old);
    object[stored] = sum;
}

// Calls `edit` with the value at `path`, when something is there, or with each item of a list.
template<typename Edit>
void each(Json& object, std::string_view path, const Edit& edit)
{
    Json* const found = at(object, path);
    if (found == nullptr)
        return;
    if (!found->is_array()) {
        edit(*found);
        return;
    }
    for (Json& item : *found)
        edit(item);
}

void eraseEmpty(Json& object, std::string_view path)
{
    const std::size_t dot = path.rfind('.');
    Json* const parent = dot == std::string_view::npos ? &object : at(object, path.substr(0, dot));
    if (parent == nullptr || !parent->is_object())
        return;
    const std::string name(path.substr(dot == std::string_view::npos ? 0 : dot + 1));
    const auto found = parent->find(name);
    if (found != parent->end() && found->is_object() && found->empty())
        parent->erase(name);
}

// Both at once: the fields of `pairs` from their first names to their second, or back.
void moveAll(Json& object, std::initializer_list<std::pair<const char*, const char*>> pairs, bool down)
{
    if (down) {
        for (const auto& [stored, old] : pairs)
            move(object, stored, old);
    } else { // what went into another's field comes out of it first
        for (auto pair = std::rbegin(pairs); pair != std::rend(pairs); ++pair)
            move(object, pair->second, pair->first);
    }
}

// What a health check asks for: a kind of its own, and a part of classes and of topologies.
void healthCheck(Json& check, bool down)
{
    moveAll(check,
            {{"checks.unhealthyNodeConditions", "unhealthyConditions"},
             {"checks.unhealthyMachineConditions", "unhealthyMachineConditions"},
             {"checks.nodeStartupTimeoutSeconds", "nodeStartupTimeout"},
             {"remediation.triggerIf.unhealthyLessThanOrEqualTo", "maxUnhealthy"},
             {"remediation.triggerIf.unhealthyInRange", "unhealthyRange"},
             {"remediation.templateRef", "remediationTemplate"}},
            down);
    if (down) {
        if (const auto value = number(check, "nodeStartupTimeout"))
            check["nodeStartupTimeout"] = duration(*value);
    } else if (const std::string value = text(check, "checks.nodeStartupTimeoutSeconds"); !value.empty()) {
        check["checks"]["nodeStartupTimeoutSeconds"] = seconds(value);
    }
    for (const char* list : {"checks.unhealthyNodeConditions", "checks.unhealthyMachineConditions",
                             "unhealthyConditions", "unhealthyMachineConditions"})
        each(check, list, [down](Json& condition) {
            down ? secondsDown(condition, "timeoutSeconds", "timeout")
                 : secondsUp(condition, "timeout", "timeoutSeconds");
        });
    if (down) {
        for (const char* part : {"checks", "remediation.triggerIf", "remediation"})
            eraseEmpty(check, part);
    }
}

// How long a deleted machine is waited for, as a class and a topology have it; an order beside them stays.
void deletionOf(Json& holder, bool down)
{
    for (const char* name : kTimeouts) {
        const std::string stored = std::string(name) + "Seconds";
        if (!holder.is_object())
            return;
        if (down) {
            if (const auto value = number(holder, "deletion." + stored)) {
                holder["deletion"].erase(stored);
                holder[name] = duration(*value);
            }
        } else if (holder.contains(name)) {
            holder["deletion"][stored] = seconds(text(holder, name));
            holder.erase(name);
        }
    }
}

// A strategy that had nothing but what stands elsewhere now.
void strategyUp(Json& holder, const std::string& path)
{
    for (const char* part :
         {"rollout.strategy.remediation", "rollout.strategy.rollingUpdate", "rollout.strategy", "rollout"})
        eraseEmpty(holder, path + part);
}

// A class's or a topology's workers: strategies, orders and health checks under other names.
void workersOf(Json& pool, bool down)
{
    if (!down)
        each(pool, "machineHealthCheck", [](Json& check) { healthCheck(check, false); });
    moveAll(pool,
            {{"rollout.strategy", "strategy"},
             {"deletion.order", "strategy.rollingUpdate.deletePolicy"},
             {"healthCheck.remediation.maxInFlight", "strategy.remediation.maxInFlight"},
             {"healthCheck.enabled", "healthCheck.enable"},
             {"healthCheck", "machineHealthCheck"},
             {"naming", "namingStrategy"}},
            down);
    deletionOf(pool, down);
    if (down) {
        each(pool, "machineHealthCheck", [](Json& check) { healthCheck(check, true); });
        eraseEmpty(pool, "rollout");
        eraseEmpty(pool, "deletion");
    } else {
        strategyUp(pool, "");
    }
}

// A class refers to templates in its own namespace: the older form says so.
void templateOf(Json& holder, const char* stored, const char* old, const std::string& ns, bool down)
{
    move(holder, down ? stored : old, down ? old : stored);
    each(holder, down ? old : stored, [&](Json& ref) {
        if (!ref.is_object())
            return;
        if (down)
            ref["namespace"] = ns;
        else
            ref.erase("namespace");
    });
}

void classOf(Json& object, bool down)
{
    const std::string ns = text(object, "metadata.namespace");
    Json* const spec = at(object, "spec");
    if (spec == nullptr || !spec->is_object())
        return;
    moveAll(*spec, {{"infrastructure.naming", "infrastructureNamingStrategy"}}, down);
    each(*spec, "infrastructure", [&](Json& part) { templateOf(part, "templateRef", "ref", ns, down); });
    each(*spec, "controlPlane", [&](Json& plane) {
        templateOf(plane, "templateRef", "ref", ns, down);
        templateOf(plane, "machineInfrastructure.templateRef", "machineInfrastructure.ref", ns, down);
        workersOf(plane, down);
    });
    for (const char* list : {"workers.machineDeployments", "workers.machinePools"})
        each(*spec, list, [&](Json& pool) {
            for (const auto& [stored, old] :
                 {std::pair("bootstrap.templateRef", "template.bootstrap.ref"),
                  std::pair("infrastructure.templateRef", "template.infrastructure.ref")})
                templateOf(pool, stored, old, ns, down);
            moveAll(pool, {{"metadata", "template.metadata"}}, down);
            for (const char* emptied :
                 {"bootstrap", "infrastructure", "template.bootstrap", "template.infrastructure", "template"})
                eraseEmpty(pool, emptied);
            workersOf(pool, down);
        });
    each(*spec, "patches", [down](Json& patch) {
        moveAll(patch,
                {{"external.generatePatchesExtension", "external.generateExtension"},
                 {"external.validateTopologyExtension", "external.validateExtension"}},
                down);
    });
    for (const char* list : {"spec.variables", "status.variables"})
        each(object, list, [down](Json& variable) {
            moveAll(variable, {{"deprecatedV1Beta1Metadata", "metadata"}}, down);
        });
}

void topologyOf(Json& object, bool down)
{
    for (const char* part : {"spec.topology.controlPlane", "spec.topology.workers.machineDeployments",
                             "spec.topology.workers.machinePools"})
        each(object, part, [down](Json& pool) { workersOf(pool, down); });
    // By name before, a list now.
    Json* const domains = at(object, "status.failureDomains");
    if (domains == nullptr || !domains->is_structured())
        return;
    Json other = down ? Json::object() : Json::array();
    for (const auto& [key, value] : domains->items()) {
        Json domain = value;
        if (down) {
            const std::string name = text(domain, "name");
            domain.erase("name");
            other[name] = std::move(domain);
        } else {
            domain["name"] = key;
            other.push_back(std::move(domain));
        }
    }
    *domains = std::move(other);
}

// kubeadm's own waiting times.
void kubeadmOf(Json& object, bool down)
{
    for (const char* path : {"spec", "spec.template.spec", "spec.kubeadmConfigSpec"}) {
        Json* const spec = at(object, path);
        if (spec == nullptr || !spec->is_object())
            continue;
        moveAll(*spec,
                {{"initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds",
                  "clusterConfiguration.apiServer.timeoutForControlPlane"},
                 {"joinConfiguration.timeouts.tlsBootstrapSeconds", "joinConfiguration.discovery.timeout"}},
                down);
        for (const char* moved :
             {"clusterConfiguration.apiServer.timeoutForControlPlane", "joinConfiguration.discovery.timeout",
              "initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds",
              "joinConfiguration.timeouts.tlsBootstrapSeconds"})
            each(*spec, moved, [down](Json& value) {
                if (down && value.is_number_integer())
                    value = duration(value.get<long long>());
                else if (!down && value.is_string())
                    value = seconds(value.get<std::string>());
            });
        for (const char* part : {"initConfiguration", "joinConfiguration"}) {
            // The other waiting times the older form does not know.
            if (Json* const holder = at(*spec, part); down && holder != nullptr && holder->is_object())
                holder->erase("timeouts");
        }
        for (const char* emptied :
             {"clusterConfiguration.apiServer", "clusterConfiguration", "joinConfiguration.discovery"}) {
            if (!down)
                eraseEmpty(*spec, emptied);
        }
        each(*spec, "initConfiguration.bootstrapTokens", [down](Json& token) {
            down ? secondsDown(token, "ttlSeconds", "ttl") : secondsUp(token, "ttl", "ttlSeconds");
        });
    }
}

// What a kind has beyond fields that only moved.
void own(const Kind& kind, Json& object, bool down)
{
    if (kind.kind == "ClusterClass")
        classOf(object, down);
    else if (kind.kind == "Cluster")
        topologyOf(object, down);
    else if (kind.group == "bootstrap.cluster.x-k8s.io" || kind.group == "controlplane.cluster.x-k8s.io")
        kubeadmOf(object, down);
    else if (kind.kind == "MachineHealthCheck")
        each(object, "spec", [&](Json& spec) {
            healthCheck(spec, down);
            each(spec, down ? "remediationTemplate" : "remediation.templateRef", [&](Json& ref) {
                if (down)
                    ref["namespace"] = text(object, "metadata.namespace");
                else
                    ref.erase("namespace");
            });
        });
    if (kind.kind != "KubeadmControlPlane")
        return;
    each(object, "spec.remediation", [down](Json& remediation) {
        for (const auto& [stored, old] : {std::pair("minHealthyPeriodSeconds", "minHealthyPeriod"),
                                          std::pair("retryPeriodSeconds", "retryPeriod")})
            down ? secondsDown(remediation, stored, old) : secondsUp(remediation, old, stored);
    });
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
                for (const char* words : {"reason", "message"}) {
                    if (const std::string said = text(condition, words); !said.empty())
                        old[words] = said;
                }
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
    own(kind, object, true);
    if (kind.kind == "KubeadmControlPlane") {
        move(object, "spec.machineTemplate.spec.infrastructureRef", "spec.machineTemplate.infrastructureRef");
        const Json* available = find(object, "status.initialization.controlPlaneInitialized");
        object["status"]["ready"] = available != nullptr && *available == true;
        object["status"]["unavailableReplicas"] =
            std::max(0LL, number(object, "spec.replicas").value_or(0) -
                              number(object, "status.readyReplicas").value_or(0));
    }
    if (kind.kind == "MachineDeployment")
        object["status"]["unavailableReplicas"] =
            std::max(0LL, number(object, "spec.replicas").value_or(0) -
                              number(object, "status.readyReplicas").value_or(0));
    if (kind.kind == "MachineSet")
        object["status"]["fullyLabeledReplicas"] = number(object, "status.replicas").value_or(0);
    if (Json* spec = at(object, "spec"); kind.kind == "Machine" && spec != nullptr && spec->is_object())
        spec->erase("minReadySeconds");
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
        if (kind.kind == "KubeadmControlPlane" || kind.kind == "MachineDeployment" ||
            kind.kind == "MachineSet") {
            for (const char* count : {"readyReplicas", "availableReplicas", "upToDateReplicas"}) {
                if (const auto value = number(*status, count))
                    (*status)["v1beta2"][count] = *value;
            }
        }
    }
    for (const Moved& moved : kMoved) {
        if (kind.kind == moved.kind)
            move(object, moved.storage, moved.old);
    }
    for (const char* emptied : kEmptied)
        eraseEmpty(object, emptied);
}

void toStorage(const Kind& kind, std::string_view version, Json& object)
{
    if (version == kind.storageVersion())
        return;
    object["apiVersion"] = apiVersion(kind, kind.storageVersion());
    if (!isClusterApi(kind))
        return;
    // The last first: what went into another's field comes out of it before that one goes.
    for (auto moved = std::rbegin(kMoved); moved != std::rend(kMoved); ++moved) {
        if (kind.kind == moved->kind)
            move(object, moved->old, moved->storage);
    }
    if (kind.kind == "MachineDeployment")
        strategyUp(object, "spec.");
    own(kind, object, false);
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
        for (const char* gone : {"unavailableReplicas", "fullyLabeledReplicas"})
            status->erase(gone);
    }
}

} // namespace strata::demosite
