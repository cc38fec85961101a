// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/defaults.h"

#include "core/demosite/api/limits.h"
#include "core/demosite/api/messages.h"
#include "core/demosite/api/names.h"
#include "core/demosite/api/quota.h"
#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

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

void fillStandingOf(Json& value, const Message& message, bool inStatus)
{
    if (!value.is_object())
        return;
    std::vector<const Field*> fields;
    message.flattened(fields);
    for (const Field* field : fields) {
        const std::string name(field->name);
        const auto found = value.find(name);
        const bool isStructure = field->type == Field::Type::Message;
        if (found == value.end()) {
            if (field->list || field->map || field->pointer)
                continue;
            if (isStructure)
                value[name] = Json::object();
            else if (inStatus && field->required && field->type == Field::Type::Integer)
                value[name] = 0;
            else if (inStatus && field->required && field->type == Field::Type::String)
                value[name] = "";
        }
        if (!isStructure)
            continue;
        const bool below = inStatus || name == "status";
        Json& child = value[name];
        if (field->list && child.is_array()) {
            for (Json& item : child)
                fillStandingOf(item, *field->message, below);
        } else if (field->map && child.is_object()) {
            for (auto& [key, item] : child.items())
                fillStandingOf(item, *field->message, below);
        } else {
            fillStandingOf(child, *field->message, below);
        }
    }
}

void probe(Json& container, const char* name)
{
    const auto found = container.find(name);
    if (found == container.end() || !found->is_object())
        return;
    for (const auto& [field, value] : {std::pair("timeoutSeconds", 1), std::pair("periodSeconds", 10),
                                       std::pair("successThreshold", 1), std::pair("failureThreshold", 3)})
        setDefault(*found, field, value);
    if (const auto get = found->find("httpGet"); get != found->end() && get->is_object()) {
        setDefault(*get, "path", "/");
        setDefault(*get, "scheme", "HTTP");
    }
    if (const auto call = found->find("grpc"); call != found->end() && call->is_object())
        setDefault(*call, "service", "");
}

// The newest of an image may be another one tomorrow.
const char* pullPolicy(const std::string& image)
{
    if (image.find('@') != std::string::npos)
        return "IfNotPresent";
    const std::size_t slash = image.rfind('/');
    const std::size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
    return colon == std::string::npos || image.substr(colon) == ":latest" ? "Always" : "IfNotPresent";
}

void container(Json& one)
{
    setDefault(one, "resources", Json::object());
    // Requests follow the limits.
    if (Json& resources = one["resources"];
        resources.is_object() && resources.contains("limits") && resources["limits"].is_object()) {
        if (!resources.contains("requests") || !resources["requests"].is_object())
            resources["requests"] = Json::object();
        for (const auto& [name, amount] : resources["limits"].items())
            setDefault(resources["requests"], name.c_str(), amount);
    }
    if (one.contains("ports") && one["ports"].is_array()) {
        for (Json& port : one["ports"]) {
            if (port.is_object())
                setDefault(port, "protocol", "TCP");
        }
    }
    if (one.contains("env") && one["env"].is_array()) {
        for (Json& variable : one["env"]) {
            if (find(variable, "valueFrom.fieldRef") != nullptr)
                setDefault(variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
        }
    }
    for (const char* name : {"livenessProbe", "readinessProbe", "startupProbe"})
        probe(one, name);
    setDefault(one, "imagePullPolicy", pullPolicy(text(one, "image")));
    setDefault(one, "terminationMessagePath", "/dev/termination-log");
    setDefault(one, "terminationMessagePolicy", "File");
}

void volume(Json& one)
{
    if (one.size() == 1) // a name, and no source
        one["emptyDir"] = Json::object();
    for (const char* files : {"secret", "configMap", "downwardAPI", "projected"}) {
        if (one.contains(files) && one[files].is_object())
            setDefault(one[files], "defaultMode", 420);
    }
    if (one.contains("hostPath") && one["hostPath"].is_object())
        setDefault(one["hostPath"], "type", "");
}

void podSpec(Json& spec)
{
    setDefault(spec, "restartPolicy", "Always");
    setDefault(spec, "terminationGracePeriodSeconds", 30);
    setDefault(spec, "dnsPolicy", "ClusterFirst");
    setDefault(spec, "securityContext", Json::object());
    setDefault(spec, "schedulerName", "default-scheduler");
    if (const std::string account = text(spec, "serviceAccountName"); !account.empty())
        spec["serviceAccount"] = account; // its old name
    const auto each = [&spec](const char* list, void (*fill)(Json&)) {
        if (!spec.contains(list) || !spec[list].is_array())
            return;
        for (Json& item : spec[list]) {
            if (item.is_object())
                fill(item);
        }
    };
    each("initContainers", container);
    each("containers", container);
    each("volumes", volume);
}

// How long a pod stays on a node that fails, when it says nothing of that itself.
void tolerate(Json& spec)
{
    if (!spec.contains("tolerations") || !spec["tolerations"].is_array())
        spec["tolerations"] = Json::array();
    Json& all = spec["tolerations"];
    for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
        const bool known = std::any_of(all.begin(), all.end(), [&](const Json& toleration) {
            const std::string has = text(toleration, "key");
            const std::string effect = text(toleration, "effect");
            return (has == key || has.empty()) && (effect.empty() || effect == "NoExecute");
        });
        if (!known)
            all.push_back(
                {{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
    }
}

void prioritize(Json& spec, const Store& store)
{
    const Kind& classes = Kinds::instance().get("priorityclasses", "scheduling.k8s.io");
    const std::string name = text(spec, "priorityClassName");
    Json found;
    if (!name.empty()) {
        if (const ObjectPtr named = store.get(classes, "", name))
            found = parseOwn(named->body);
    } else {
        for (const ObjectPtr& each : store.list(classes)) {
            if (Json body = parseOwn(each->body); text(body, "globalDefault") == "true")
                found = std::move(body);
        }
        if (found.is_object())
            spec["priorityClassName"] = text(found, "metadata.name");
    }
    const bool system = name == "system-node-critical" || name == "system-cluster-critical";
    setDefault(spec, "priority",
               number(found, "value")
                   .value_or(!system                          ? 0
                             : name == "system-node-critical" ? 2000001000
                                                              : 2000000000));
    const std::string policy = text(found, "preemptionPolicy");
    setDefault(spec, "preemptionPolicy", policy.empty() ? "PreemptLowerPriority" : policy);
}

// What its account is known by within a pod.
void mountToken(Json& spec, const std::string& ns, Store& store)
{
    constexpr const char* path = "/var/run/secrets/kubernetes.io/serviceaccount";
    const ObjectPtr account =
        store.get(Kinds::instance().get("serviceaccounts", ""), ns, text(spec, "serviceAccountName"));
    std::string wanted = text(spec, "automountServiceAccountToken");
    if (wanted.empty() && account)
        wanted = text(parseOwn(account->body), "automountServiceAccountToken");
    if (!account || wanted == "false")
        return;
    const std::string name = "kube-api-access-" + store.newSuffix();
    for (const char* list : {"initContainers", "containers"}) {
        if (!spec.contains(list) || !spec[list].is_array())
            continue;
        for (Json& one : spec[list]) {
            if (!one.is_object())
                continue;
            Json& mounts = one["volumeMounts"];
            if (!mounts.is_array())
                mounts = Json::array();
            const bool has = std::any_of(mounts.begin(), mounts.end(),
                                         [&](const Json& mount) { return text(mount, "mountPath") == path; });
            if (!has)
                mounts.push_back({{"name", name}, {"readOnly", true}, {"mountPath", path}});
        }
    }
    if (!spec.contains("volumes") || !spec["volumes"].is_array())
        spec["volumes"] = Json::array();
    const Json certificate = {{"name", "kube-root-ca.crt"},
                              {"items", Json::array({{{"key", "ca.crt"}, {"path", "ca.crt"}}})}};
    const Json where = {{"path", "namespace"},
                        {"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}};
    spec["volumes"].push_back(
        {{"name", name},
         {"projected",
          {{"sources",
            Json::array({{{"serviceAccountToken", {{"expirationSeconds", 3607}, {"path", "token"}}}},
                         {{"configMap", certificate}},
                         {{"downwardAPI", {{"items", Json::array({where})}}}}})},
           {"defaultMode", 420}}}});
}

// What a pod has beyond a template.
void newPod(Json& spec)
{
    podSpec(spec);
    setDefault(spec, "enableServiceLinks", true);
}

// What admission's default plugins fill in of a new pod.
void admitPod(Json& pod, Store& store)
{
    Json& spec = objectAt(pod, "spec");
    setDefault(spec, "serviceAccountName", "default");
    spec["serviceAccount"] = spec["serviceAccountName"];
    tolerate(spec);
    prioritize(spec, store);
    mountToken(spec, text(pod, "metadata.namespace"), store);
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
        setDefault(spec, "progressDeadlineSeconds", 600);
    } else if (kind.resource == "statefulsets") {
        setDefault(spec, "podManagementPolicy", "OrderedReady");
        setDefault(objectAt(spec, "updateStrategy"), "type", "RollingUpdate");
        if (spec["updateStrategy"]["type"] == "RollingUpdate")
            setDefault(objectAt(spec["updateStrategy"], "rollingUpdate"), "partition", 0);
        for (const char* when : {"whenDeleted", "whenScaled"})
            setDefault(objectAt(spec, "persistentVolumeClaimRetentionPolicy"), when, "Retain");
    } else if (kind.resource == "daemonsets") {
        setDefault(objectAt(spec, "updateStrategy"), "type", "RollingUpdate");
        if (spec["updateStrategy"]["type"] == "RollingUpdate") {
            setDefault(objectAt(spec["updateStrategy"], "rollingUpdate"), "maxUnavailable", 1);
            setDefault(spec["updateStrategy"]["rollingUpdate"], "maxSurge", 0);
        }
    }
    if (kind.resource != "replicasets")
        setDefault(spec, "revisionHistoryLimit", 10);
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
    setDefault(spec, "podReplacementPolicy",
               find(spec, "podFailurePolicy") == nullptr ? "TerminatingOrFailed" : "Failed");
    setDefault(spec, "manualSelector", false);
    podSpec(objectAt(objectAt(spec, "template"), "spec"));
}

// A Job's pods are known by its uid unless it says by what else (registry/batch/job/strategy.go).
void admitJob(Json& object)
{
    Json& spec = objectAt(object, "spec");
    const std::string uid = text(object, "metadata.uid");
    const std::string name = text(object, "metadata.name");
    if (spec["manualSelector"] == true || uid.empty())
        return;
    Json& labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
    for (const char* prefix : {"", "batch.kubernetes.io/"}) {
        labels[std::string(prefix) + "controller-uid"] = uid;
        labels[std::string(prefix) + "job-name"] = name;
    }
    const Json all = labels; // before the spec gets another member, and moves
    objectAt(objectAt(spec, "selector"), "matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
    if (const Json* own = find(object, "metadata.labels"); own == nullptr || own->empty())
        object["metadata"]["labels"] = all; // a Job without labels has its pods'
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

bool isOnNodes(const Json& spec)
{
    const std::string type = text(spec, "type");
    return type == "NodePort" || type == "LoadBalancer";
}

void service(Json& object)
{
    Json& spec = objectAt(object, "spec");
    setDefault(spec, "type", "ClusterIP");
    setDefault(spec, "sessionAffinity", "None");
    if (spec["type"] != "ExternalName")
        setDefault(spec, "internalTrafficPolicy", "Cluster");
    if (isOnNodes(spec))
        setDefault(spec, "externalTrafficPolicy", "Cluster");
    if (spec["type"] == "LoadBalancer")
        setDefault(spec, "allocateLoadBalancerNodePorts", true);
    if (spec.contains("ports") && spec["ports"].is_array()) {
        for (Json& port : spec["ports"]) {
            if (!port.is_object())
                continue;
            setDefault(port, "protocol", "TCP");
            if (port.contains("port"))
                setDefault(port, "targetPort", port["port"]);
        }
    }
    setDefault(object, "status", {{"loadBalancer", Json::object()}});
}

// The addresses and ports that a Service is given.
void allocate(Json& object, Store& store)
{
    Json& spec = object["spec"];
    if (spec["type"] != "ExternalName") {
        if (text(spec, "clusterIP").empty()) {
            const std::string uid = store.newUid();
            const auto byte = [&](std::size_t at) {
                return std::to_string(std::stoi(uid.substr(at, 2), nullptr, 16));
            };
            spec["clusterIP"] = "10.96." + byte(0) + "." + byte(2);
        }
        setDefault(spec, "clusterIPs", Json::array({spec["clusterIP"]}));
        // Who has neither an address nor pods of its own may have either family.
        const Json* selector = find(spec, "selector");
        const bool any = spec["clusterIP"] == "None" && (selector == nullptr || selector->empty());
        setDefault(spec, "ipFamilies", any ? Json::array({"IPv4", "IPv6"}) : Json::array({"IPv4"}));
        setDefault(spec, "ipFamilyPolicy", any ? "RequireDualStack" : "SingleStack");
    }
    if (!isOnNodes(spec) || !spec.contains("ports") || !spec["ports"].is_array())
        return;
    for (Json& port : spec["ports"]) {
        if (port.is_object() && !port.contains("nodePort")) // 30000 to 32767
            port["nodePort"] = 30000 + std::stoi(store.newUid().substr(0, 4), nullptr, 16) % 2768;
    }
}

void networkPolicy(Json& object)
{
    Json& spec = objectAt(object, "spec");
    if (!spec.contains("policyTypes")) {
        spec["policyTypes"] = Json::array({"Ingress"});
        if (spec.contains("egress") && !spec["egress"].empty())
            spec["policyTypes"].push_back("Egress");
    }
    for (const char* way : {"ingress", "egress"}) {
        if (!spec.contains(way) || !spec[way].is_array())
            continue;
        for (Json& rule : spec[way]) {
            if (!rule.is_object() || !rule.contains("ports") || !rule["ports"].is_array())
                continue;
            for (Json& port : rule["ports"]) {
                if (port.is_object())
                    setDefault(port, "protocol", "TCP");
            }
        }
    }
}

void binding(Json& object)
{
    const char* const group = "rbac.authorization.k8s.io";
    if (object.contains("roleRef") && object["roleRef"].is_object())
        setDefault(object["roleRef"], "apiGroup", group);
    if (!object.contains("subjects") || !object["subjects"].is_array())
        return;
    for (Json& subject : object["subjects"]) {
        const std::string kind = text(subject, "kind");
        if (kind == "User" || kind == "Group")
            setDefault(subject, "apiGroup", group);
    }
}

// An event's times, as far as it has none, are told all the same.
void event(Json& object)
{
    for (const char* time : {"eventTime", "firstTimestamp", "lastTimestamp"})
        setDefault(object, time, nullptr);
    for (const char* reporter : {"reportingComponent", "reportingInstance"})
        setDefault(object, reporter, "");
}

// How a pod's containers are treated when memory or time are short.
const char* qosOf(const Json& spec)
{
    bool any = false;
    bool all = true;
    for (const char* list : {"containers", "initContainers"}) {
        const Json* containers = find(spec, list);
        if (containers == nullptr || !containers->is_array())
            continue;
        for (const Json& one : *containers) {
            for (const char* resource : {"cpu", "memory"}) {
                const std::string asked = text(one, std::string("resources.requests.") + resource);
                const std::string most = text(one, std::string("resources.limits.") + resource);
                any = any || !asked.empty() || !most.empty();
                all = all && !most.empty() && (asked.empty() || asked == most);
            }
        }
    }
    return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
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
        if (kind.resource != "controllerrevisions")
            workload(kind, object);
    } else if (kind.group == "batch") {
        kind.resource == "jobs" ? jobSpec(objectAt(object, "spec")) : cronJob(object);
    } else if (kind.group.empty()) {
        if (kind.resource == "namespaces")
            objectAt(metadata, "labels")["kubernetes.io/metadata.name"] = name;
        else if (kind.resource == "pods")
            newPod(objectAt(object, "spec"));
        else if (kind.resource == "services")
            service(object);
        else if (kind.resource == "secrets")
            setDefault(object, "type", "Opaque");
        else if (kind.resource == "persistentvolumeclaims")
            setDefault(objectAt(object, "spec"), "volumeMode", "Filesystem");
        else if (kind.resource == "limitranges")
            completeLimitRange(object);
    } else if (kind.resource == "networkpolicies") {
        networkPolicy(object);
    } else if (kind.resource == "rolebindings" || kind.resource == "clusterrolebindings") {
        binding(object);
    } else if (kind.resource == "storageclasses") {
        setDefault(object, "reclaimPolicy", "Delete");
        setDefault(object, "volumeBindingMode", "Immediate");
    } else if (kind.resource == "customresourcedefinitions") {
        if (const auto good = completeDefinition(object, formatRfc3339(store.now())); !good)
            return good;
    }
    return {};
}

Answer<void> admitNew(const Kind& kind, Json& object, Store& store)
{
    const bool isPod = kind.group.empty() && kind.resource == "pods";
    if (kind.group == "batch" && kind.resource == "jobs") {
        admitJob(object);
    } else if (kind.resource == "statefulsets") {
        setDefault(objectAt(object, "spec"), "serviceName", "");
    } else if (isPod) {
        admitPod(object, store);
        setDefault(objectAt(object, "status"), "phase", "Pending");
    } else if (kind.group.empty()) {
        if (kind.resource == "namespaces") {
            objectAt(object, "spec")["finalizers"] = Json::array({"kubernetes"});
            object["status"] = {{"phase", "Active"}};
        } else if (kind.resource == "services") {
            allocate(object, store);
        } else if (kind.resource == "persistentvolumeclaims") {
            setDefault(object, "status", {{"phase", "Pending"}});
        } else if (kind.resource == "resourcequotas") {
            Json hard = find(object, "spec.hard") == nullptr ? Json::object() : *find(object, "spec.hard");
            object["status"] = {{"hard", std::move(hard)}};
        } else if (kind.resource == "events") {
            event(object);
        }
    } else if (kind.resource == "virtualmachineinstancemigrations") {
        if (const auto good = migration(kind, object, store); !good)
            return good;
    }
    if (const auto good = applyLimits(kind, object, store); !good)
        return good;
    if (isPod)
        setDefault(object["status"], "qosClass", qosOf(object["spec"]));
    return withinQuota(kind, object, store);
}

void refillDefaults(const Kind& kind, Json& object, const Json& old, Store& store)
{
    if (kind.group == "apps" && kind.resource != "controllerrevisions") {
        workload(kind, object);
        if (kind.resource == "statefulsets")
            setDefault(object["spec"], "serviceName", "");
    } else if (kind.group == "batch") {
        kind.resource == "jobs" ? jobSpec(objectAt(object, "spec")) : cronJob(object);
    } else if (kind.group.empty() && kind.resource == "pods") {
        podSpec(objectAt(object, "spec"));
    } else if (kind.group.empty() && kind.resource == "services") {
        Json& spec = objectAt(object, "spec");
        for (const char* kept : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"})
            if (const Json* before = find(old, std::string("spec.") + kept); before != nullptr)
                setDefault(spec, kept, *before);
        service(object);
        allocate(object, store);
    }
}

void fillStanding(const Kind& kind, Json& object)
{
    if (kind.has(Custom))
        return;
    const Message* const message =
        Messages::instance().find(apiVersion(kind, kind.storageVersion()), kind.kind);
    if (message != nullptr)
        fillStandingOf(object, *message, false);
}

} // namespace strata::demosite
