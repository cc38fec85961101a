// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include "core/base/text.h"

#include <cstdlib>

namespace strata::demosite::capi {

const Kind& clusters()
{
    return Kinds::instance().get("clusters", "cluster.x-k8s.io");
}

const Kind& machines()
{
    return Kinds::instance().get("machines", "cluster.x-k8s.io");
}

std::string clusterNameOf(const Json& object)
{
    std::string name = text(object, "spec.clusterName");
    if (name.empty())
        name = label(object, kClusterName);
    if (name.empty())
        name = ownerName(object, "Cluster");
    return name;
}

Json clusterOf(const Site& site, const Json& object)
{
    const std::string name = clusterNameOf(object);
    return name.empty() ? Json() : read(site.outer, clusters(), text(object, "metadata.namespace"), name);
}

bool isPaused(const Json& cluster, const Json& object)
{
    const Json* annotations = find(object, "metadata.annotations");
    return flag(cluster, "spec.paused") || (annotations != nullptr && annotations->is_object() &&
                                            annotations->contains("cluster.x-k8s.io/paused"));
}

bool pausedNow(Site& site, const Kind& kind, const Key& key, const Json& cluster, const Json& object)
{
    const bool paused = isPaused(cluster, object);
    const Json* have = conditionOf(object, "Paused");
    if (have == nullptr ? paused : text(*have, "status") != (paused ? "True" : "False")) {
        std::string why;
        if (flag(cluster, "spec.paused"))
            why = "Cluster spec.paused is set to true";
        if (isPaused(Json(), object))
            why += (why.empty() ? "" : ", ") + std::string(kind.kind) +
                   " has the cluster.x-k8s.io/paused annotation";
        edit(site.outer, kind, key.ns, key.name, [&](Json& edited) {
            setCondition(edited["status"],
                         {"Paused", paused ? "True" : "False", paused ? "Paused" : "NotPaused", why},
                         timestamp(site.outer));
        });
    }
    return paused;
}

bool infrastructureReady(const Json& cluster)
{
    return flag(cluster, "status.initialization.infrastructureProvisioned");
}

bool controlPlaneInitialized(const Json& cluster)
{
    return flag(cluster, "status.initialization.controlPlaneInitialized");
}

const Kind* kindOfRef(const Json* ref)
{
    return ref == nullptr ? nullptr : Kinds::instance().findKind(text(*ref, "apiGroup"), text(*ref, "kind"));
}

void setProvider(Json& status, const char* type, bool good, const char* severity, const std::string& reason,
                 const std::string& message, const std::string& at)
{
    setCondition(status, {type, good ? "True" : "False", good ? "" : reason, good ? "" : message}, at);
    for (Json& condition : status["conditions"]) {
        if (text(condition, "type") != type)
            continue;
        if (good)
            condition.erase("severity");
        else if (text(condition, "severity") != severity)
            condition["severity"] = severity;
    }
}

void setOld(Json& status, const char* type, bool good, const char* severity, const std::string& reason,
            const std::string& message, const std::string& at)
{
    setProvider(status["deprecated"]["v1beta1"], type, good, severity, reason, message, at);
}

std::string bullets(const std::vector<std::pair<std::string, std::string>>& items)
{
    std::string out;
    for (const auto& [what, why] : items) {
        const bool nested = why.rfind("* ", 0) == 0;
        std::string indented;
        for (const char c : why) {
            indented += c;
            if (c == '\n' && nested)
                indented += "  ";
        }
        out += (out.empty() ? "" : "\n") + ("* " + what + ":" + (nested ? "\n  " : " ") + indented);
    }
    return out;
}

namespace {

Json templated(const Site& site, const Json& ref, const std::string& ns, std::string& error)
{
    const Kind* kind = kindOfRef(&ref);
    const std::string name = text(ref, "name");
    const Json body = kind == nullptr ? Json() : read(site.outer, *kind, ns, name);
    if (body.is_null()) {
        error = "failed to get " + text(ref, "kind") + " " + ns + "/" + name + ": not found";
        return {};
    }
    return body;
}

} // namespace

std::string makeMachine(Site& site, const MachineWish& wish)
{
    std::string error;
    const Json infra = templated(site, wish.infrastructureRef, wish.ns, error);
    if (!error.empty())
        return "failed to clone infrastructure machine: " + error;
    Json config = wish.config;
    if (config.is_null() && !wish.configRef.is_null()) {
        const Json found = templated(site, wish.configRef, wish.ns, error);
        if (!error.empty())
            return "failed to clone bootstrap configuration: " + error;
        config = found.value("spec", Json::object())
                     .value("template", Json::object())
                     .value("spec", Json::object());
    }
    const auto cloned = [&](const Json& ref) {
        Json annotations = wish.annotations;
        annotations[kClonedFrom] = text(ref, "name");
        annotations["cluster.x-k8s.io/cloned-from-groupkind"] =
            text(ref, "kind") + "." + text(ref, "apiGroup");
        return annotations;
    };
    const Json meta = {{"name", wish.name}, {"namespace", wish.ns}, {"labels", wish.labels}};
    Json machine = {{"metadata", meta}, {"spec", wish.machineSpec}};
    machine["metadata"]["ownerReferences"] = Json::array({wish.owner});
    machine["metadata"]["finalizers"] = Json::array({"machine.cluster.x-k8s.io"});
    if (!wish.annotations.empty())
        machine["metadata"]["annotations"] = wish.annotations;
    machine["spec"]["clusterName"] = wish.cluster;
    machine["spec"]["infrastructureRef"] = {
        {"apiGroup", "infrastructure.cluster.x-k8s.io"}, {"kind", "KubevirtMachine"}, {"name", wish.name}};
    if (!config.is_null())
        machine["spec"]["bootstrap"] = {
            {"configRef",
             {{"apiGroup", "bootstrap.cluster.x-k8s.io"}, {"kind", "KubeadmConfig"}, {"name", wish.name}}}};
    Json own = {{"metadata", meta},
                {"spec", infra.value("spec", Json::object())
                             .value("template", Json::object())
                             .value("spec", Json::object())}};
    own["metadata"]["annotations"] = cloned(wish.infrastructureRef);
    if (!create(site.outer, kindOf("kubevirtmachines"), std::move(own)))
        return "failed to create KubevirtMachine " + wish.ns + "/" + wish.name;
    if (!config.is_null()) {
        Json bootstrap = {{"metadata", meta}, {"spec", config}};
        bootstrap["metadata"]["annotations"] =
            wish.configRef.is_null() ? wish.annotations : cloned(wish.configRef);
        create(site.outer, kindOf("kubeadmconfigs"), std::move(bootstrap));
    }
    if (!create(site.outer, machines(), std::move(machine)))
        return "failed to create Machine " + wish.ns + "/" + wish.name;
    return {};
}

Manager::Map byClusterLabel()
{
    return [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        const std::string_view name = lookUp(event.object->labels, kClusterName);
        if (!name.empty())
            enqueue({event.object->ns, std::string(name)});
    };
}

Manager::Map byOwner(const char* kind)
{
    return [kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        if (event.object->owners.empty())
            return;
        const std::string owner = ownerName(parseOwn(event.object->body), kind);
        if (!owner.empty())
            enqueue({event.object->ns, owner});
    };
}

Manager::Map byName()
{
    return [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        enqueue({event.object->ns, event.object->name});
    };
}

Manager::Map ofCluster(Store& store, const Kind& kind)
{
    return [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& object : labelled(store, kind, event.object->ns, event.object->name))
            enqueue({object->ns, object->name});
    };
}

std::vector<ObjectPtr> labelled(const Store& store, const Kind& kind, const std::string& ns,
                                const std::string& cluster)
{
    std::vector<ObjectPtr> out;
    for (const ObjectPtr& object : store.list(kind, ns)) {
        bool present = false;
        const std::string_view name = lookUp(object->labels, kClusterName, &present);
        // Before its controller saw it, a MachineDeployment has only spec.clusterName.
        if (present ? name == cluster
                    : object->body.find("\"clusterName\":\"" + cluster + "\"") != std::string::npos)
            out.push_back(object);
    }
    return out;
}

int minorVersion(const std::string& version)
{
    const std::size_t dot = version.find('.');
    return dot == std::string::npos ? -1 : std::atoi(version.c_str() + dot + 1);
}

bool olderVersion(const std::string& a, const std::string& b)
{
    const auto numbers = [](const std::string& version) {
        std::vector<int> out;
        for (const std::string& part : split(version.substr(version.rfind('v', 0) == 0 ? 1 : 0), '.'))
            out.push_back(std::atoi(part.c_str()));
        return out;
    };
    return numbers(a) < numbers(b);
}

} // namespace strata::demosite::capi
