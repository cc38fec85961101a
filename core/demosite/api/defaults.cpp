// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/defaults.h"

#include "core/demosite/api/limits.h"
#include "core/demosite/api/quota.h"
#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

void setDefault(Json& object, const char* key, Json value)
{
    if (!object.contains(key) || object[key].is_null())
        object[key] = std::move(value);
}

Json& objectAt(Json& parent, const char* key)
{
    Json& child = parent[key];
    if (!child.is_object())
        child = Json::object();
    return child;
}

void podSpec(Json& spec)
{
    setDefault(spec, "restartPolicy", "Always");
    setDefault(spec, "terminationGracePeriodSeconds", 30);
    setDefault(spec, "dnsPolicy", "ClusterFirst");
    setDefault(spec, "serviceAccountName", "default");
    setDefault(spec, "schedulerName", "default-scheduler");
    if (!spec.contains("containers") || !spec["containers"].is_array())
        return;
    for (Json& container : spec["containers"]) {
        if (!container.is_object())
            continue;
        setDefault(container, "resources", Json::object());
        // Requests follow the limits.
        if (Json& resources = container["resources"];
            resources.is_object() && resources.contains("limits") && resources["limits"].is_object()) {
            if (!resources.contains("requests") || !resources["requests"].is_object())
                resources["requests"] = Json::object();
            for (const auto& [name, amount] : resources["limits"].items())
                setDefault(resources["requests"], name.c_str(), amount);
        }
        if (container.contains("ports") && container["ports"].is_array()) {
            for (Json& port : container["ports"]) {
                if (port.is_object())
                    setDefault(port, "protocol", "TCP");
            }
        }
        setDefault(container, "imagePullPolicy", "IfNotPresent");
        setDefault(container, "terminationMessagePath", "/dev/termination-log");
        setDefault(container, "terminationMessagePolicy", "File");
    }
}

void workload(const Kind& kind, Json& object)
{
    Json& spec = objectAt(object, "spec");
    if (kind.resource != "daemonsets")
        setDefault(spec, "replicas", 1);
    if (kind.resource == "deployments") {
        setDefault(
            spec, "strategy",
            {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxUnavailable", "25%"}, {"maxSurge", "25%"}}}});
        setDefault(spec, "revisionHistoryLimit", 10);
        setDefault(spec, "progressDeadlineSeconds", 600);
    }
    if (Json& templ = objectAt(spec, "template"); true)
        podSpec(objectAt(templ, "spec"));
}

void jobSpec(Json& spec)
{
    if (find(spec, "completions") == nullptr && find(spec, "parallelism") == nullptr)
        setDefault(spec, "completions", 1);
    setDefault(spec, "parallelism", 1);
    setDefault(spec, "backoffLimit", 6);
    setDefault(spec, "completionMode", "NonIndexed");
    setDefault(spec, "suspend", false);
    setDefault(spec, "podReplacementPolicy", "TerminatingOrFailed");
    podSpec(objectAt(objectAt(spec, "template"), "spec"));
}

// A Job's pods are known by its uid unless it says by what else (registry/batch/job/strategy.go).
void job(Json& object)
{
    Json& spec = objectAt(object, "spec");
    jobSpec(spec);
    setDefault(spec, "manualSelector", false);
    const std::string uid = text(object, "metadata.uid");
    const std::string name = text(object, "metadata.name");
    if (spec["manualSelector"] == true || uid.empty())
        return;
    spec.erase("manualSelector");
    Json& labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
    for (const char* prefix : {"", "batch.kubernetes.io/"}) {
        labels[std::string(prefix) + "controller-uid"] = uid;
        labels[std::string(prefix) + "job-name"] = name;
    }
    objectAt(objectAt(spec, "selector"), "matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
}

void cronJob(Json& object)
{
    Json& spec = objectAt(object, "spec");
    setDefault(spec, "concurrencyPolicy", "Allow");
    setDefault(spec, "suspend", false);
    setDefault(spec, "successfulJobsHistoryLimit", 3);
    setDefault(spec, "failedJobsHistoryLimit", 1);
    podSpec(objectAt(objectAt(objectAt(objectAt(spec, "jobTemplate"), "spec"), "template"), "spec"));
}

void service(Json& object, Store& store)
{
    Json& spec = objectAt(object, "spec");
    setDefault(spec, "type", "ClusterIP");
    setDefault(spec, "sessionAffinity", "None");
    if (spec["type"] != "ExternalName" && text(spec, "clusterIP").empty()) {
        const std::string uid = store.newUid();
        const auto byte = [&](std::size_t at) {
            return std::to_string(std::stoi(uid.substr(at, 2), nullptr, 16));
        };
        spec["clusterIP"] = "10.96." + byte(0) + "." + byte(2);
        spec["clusterIPs"] = Json::array({spec["clusterIP"]});
    }
    const bool onNodes = spec["type"] == "NodePort" || spec["type"] == "LoadBalancer";
    if (spec.contains("ports") && spec["ports"].is_array()) {
        for (Json& port : spec["ports"]) {
            if (!port.is_object())
                continue;
            setDefault(port, "protocol", "TCP");
            if (port.contains("port"))
                setDefault(port, "targetPort", port["port"]);
            if (onNodes && !port.contains("nodePort")) // 30000 to 32767
                port["nodePort"] = 30000 + std::stoi(store.newUid().substr(0, 4), nullptr, 16) % 2768;
        }
    }
    setDefault(object, "status", {{"loadBalancer", Json::object()}});
}

// What virt-api's webhooks do to a new migration (pkg/virt-api/webhooks): it bears the name of its guest from
// the start, and there is one of a guest at a time.
Answer<void> migration(const Kind& kind, Json& object, Store& store)
{
    const std::string ns = text(object, "metadata.namespace");
    const std::string guest = text(object, "spec.vmiName");
    const auto denied = [](const std::string& why) {
        return deny(400, "",
                    "admission webhook \"migration-create-validator.kubevirt.io\" denied the request: " +
                        why);
    };
    if (guest.empty())
        return denied("vmiName is missing");
    if (!store.get(Kinds::instance().get("virtualmachineinstances", "kubevirt.io"), ns, guest))
        return denied("the VMI \"" + ns + "/" + guest + "\" does not exist");
    for (const ObjectPtr& each : store.list(kind, ns)) {
        const Json other = parseOwn(each->body);
        const std::string phase = text(other, "status.phase");
        if (text(other, "spec.vmiName") == guest && phase != "Succeeded" && phase != "Failed")
            return denied("in-flight migration detected. Active migration job (" + each->uid +
                          ") is currently already in progress for VMI " + guest + ".");
    }
    objectAt(objectAt(object, "metadata"), "labels")["kubevirt.io/vmi-name"] = guest;
    return {};
}

} // namespace

bool isDnsSubdomain(std::string_view name)
{
    if (name.empty() || name.size() > 253)
        return false;
    const auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    bool atStart = true;
    char last = '.';
    for (const char c : name) {
        if (atStart ? !edge(c) : !(edge(c) || c == '-' || c == '.'))
            return false;
        if (c == '.' && last == '-')
            return false;
        atStart = c == '.';
        last = c;
    }
    return edge(last);
}

Answer<void> applyDefaults(const Kind& kind, Json& object, Store& store)
{
    Json& metadata = object["metadata"];
    const std::string name = text(metadata, "name");
    // RBAC names are path segments: "system:node" is one.
    const bool rbac = kind.group == "rbac.authorization.k8s.io";
    if (rbac ? name.find_first_of("/%") != std::string::npos : !isDnsSubdomain(name))
        return invalid(std::string(kind.group), std::string(kind.kind), name,
                       {{"FieldValueInvalid",
                         "Invalid value: \"" + name +
                             "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                             "characters, '-' or '.', and must start and end with an alphanumeric character "
                             "(e.g. 'example.com', regex used for validation is "
                             "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                         "metadata.name"}});
    if (kind.has(Namespaced)) {
        const std::string ns = text(metadata, "namespace");
        const ObjectPtr home = store.get(Kinds::instance().get("namespaces", ""), "", ns);
        if (!home)
            return notFound("", "namespaces", ns);
        if (home->body.find("\"deletionTimestamp\"") != std::string::npos) {
            auto refused = deny(403, "Forbidden",
                                std::string(kind.resource) + " \"" + name +
                                    "\" is forbidden: unable to create new content in namespace " + ns +
                                    " because it is being terminated");
            refused.value().name = name;
            refused.value().group = std::string(kind.group);
            refused.value().kind = std::string(kind.resource);
            refused.value().causes = {
                {"NamespaceTerminating", "namespace " + ns + " is being terminated", "metadata.namespace"}};
            return refused;
        }
    } else {
        metadata.erase("namespace");
    }
    if (const Json* finalizers = find(metadata, "finalizers");
        finalizers != nullptr && !finalizers->is_array())
        return badRequest("metadata.finalizers must be an array");

    if (kind.group == "apps") {
        workload(kind, object);
    } else if (kind.group == "batch") {
        kind.resource == "jobs" ? job(object) : cronJob(object);
    } else if (kind.group.empty()) {
        if (kind.resource == "namespaces") {
            objectAt(metadata, "labels")["kubernetes.io/metadata.name"] = name;
            objectAt(object, "spec")["finalizers"] = Json::array({"kubernetes"});
            object["status"] = {{"phase", "Active"}};
        } else if (kind.resource == "pods") {
            podSpec(objectAt(object, "spec"));
            Json& status = objectAt(object, "status");
            setDefault(status, "phase", "Pending");
            setDefault(status, "qosClass", "BestEffort");
        } else if (kind.resource == "services") {
            service(object, store);
        } else if (kind.resource == "secrets") {
            setDefault(object, "type", "Opaque");
        } else if (kind.resource == "persistentvolumeclaims") {
            setDefault(object, "status", {{"phase", "Pending"}});
        } else if (kind.resource == "limitranges") {
            completeLimitRange(object);
        } else if (kind.resource == "resourcequotas") {
            Json hard = find(object, "spec.hard") == nullptr ? Json::object() : *find(object, "spec.hard");
            object["status"] = {{"hard", std::move(hard)}};
        }
    } else if (kind.resource == "customresourcedefinitions") {
        if (const auto good = completeDefinition(object, formatRfc3339(store.now())); !good)
            return good;
    }
    if (kind.resource == "virtualmachineinstancemigrations") {
        if (const auto good = migration(kind, object, store); !good)
            return good;
    }
    if (const auto good = applyLimits(kind, object, store); !good)
        return good;
    return withinQuota(kind, object, store);
}

void refillDefaults(const Kind& kind, Json& object, const Json& old, Store& store)
{
    if (kind.group == "apps") {
        workload(kind, object);
    } else if (kind.group == "batch") {
        kind.resource == "jobs" ? jobSpec(objectAt(object, "spec")) : cronJob(object);
    } else if (kind.group.empty() && kind.resource == "pods") {
        podSpec(objectAt(object, "spec"));
    } else if (kind.group.empty() && kind.resource == "services") {
        Json& spec = objectAt(object, "spec");
        for (const char* kept : {"clusterIP", "clusterIPs"})
            if (const Json* before = find(old, std::string("spec.") + kept); before != nullptr)
                setDefault(spec, kept, *before);
        service(object, store);
    }
}

} // namespace strata::demosite
