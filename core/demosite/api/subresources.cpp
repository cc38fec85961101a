// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/logs.h"
#include "core/demosite/api/managedfields.h"
#include "core/demosite/api/patch.h"
#include "core/demosite/api/prometheus.h"
#include "core/demosite/api/summary.h"
#include "core/demosite/api/token.h"

#include <nlohmann/json.hpp>

#include <algorithm>

// What hangs below an object: its scale, a pod's log and its eviction.
namespace strata::demosite {

HttpAnswer ApiHandler::scale(const HttpRequest& request, const Target& target)
{
    const Kind& kind = *target.kind;
    const auto view = [&kind](const Object& object) {
        const Json body = parseOwn(object.body);
        std::string selector = kind.selectorPath.empty() ? std::string() : text(body, kind.selectorPath);
        if (const Json* labels = find(body, "spec.selector.matchLabels");
            selector.empty() && labels != nullptr && labels->is_object()) {
            for (const auto& [key, value] : labels->items())
                selector += (selector.empty() ? "" : ",") + key + "=" +
                            (value.is_string() ? value.get<std::string>() : std::string());
        }
        Json metadata = {{"name", object.name},
                         {"namespace", object.ns},
                         {"uid", object.uid},
                         {"resourceVersion", std::to_string(object.revision)},
                         {"creationTimestamp", text(body, "metadata.creationTimestamp")}};
        Json spec = Json::object();
        Json status = {{"replicas", number(body, kind.statusReplicas).value_or(0)}};
        // What is zero or empty is left out, but for the second number.
        if (const auto replicas = number(body, kind.specReplicas).value_or(0); replicas != 0)
            spec["replicas"] = replicas;
        if (!selector.empty())
            status["selector"] = selector;
        return Json{{"kind", "Scale"},
                    {"apiVersion", "autoscaling/v1"},
                    {"metadata", std::move(metadata)},
                    {"spec", std::move(spec)},
                    {"status", std::move(status)}};
    };
    const auto missing = [&] {
        return refuse(
            notFound(std::string(target.kind->group), std::string(target.kind->resource), target.name));
    };
    const ObjectPtr object = store().get(*target.kind, target.ns, target.name);
    if (!object)
        return missing();
    if (request.method == "GET")
        return jsonAnswer(view(*object));
    if (request.method != "PUT" && request.method != "PATCH")
        return notAllowed();
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    const auto body = request.method == "PUT" ? bodyOf(request) : parseBody(request.body, Format::Yaml, true);
    if (!body)
        return refuse(body.error());
    const bool isApply = request.method == "PATCH" && request.contentType == "application/apply-patch+yaml";
    if (isApply && request.one("fieldManager").empty())
        return refuse(managerRequired());
    Json wanted = view(*object);
    if (request.method == "PUT" || isApply) {
        wanted = *body;
    } else if (body->is_array()) {
        if (const auto good = jsonPatch(wanted, *body); !good)
            return refuse(good.error());
    } else {
        mergePatch(wanted, *body);
    }
    // Nothing is zero, as it was left out above.
    const auto replicas = find(wanted, "spec.replicas") == nullptr ? std::optional<long long>(0)
                                                                   : number(wanted, "spec.replicas");
    if (!replicas || *replicas < 0 || *replicas > 10'000)
        return refuse(
            invalid("autoscaling", "Scale", target.name,
                    {{"FieldValueInvalid", "Invalid value: must be between 0 and 10000", "spec.replicas"}}));
    const std::string version = text(wanted, "metadata.resourceVersion");
    const auto setReplicas = [&](Json& parent) {
        Json* place = &parent;
        for (const std::string& step : split(kind.specReplicas, '.'))
            place = &(*place)[step];
        *place = *replicas;
    };
    WriteOptions options{Part::Main, *dryRun, isApply ? std::string() : managerOf(request), target.sub};
    const auto schema = m_cluster->customKinds().schema(kind, kind.storageVersion());
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& edited) -> Answer<void> {
            if (isApply) {
                Json config = Json::object();
                setReplicas(config);
                auto merged = serverSideApply(edited, config, writerOf(request, target),
                                              request.flag("force"), kind, FieldType::of(kind, schema.get()));
                if (!merged)
                    return tl::unexpected<Status>(merged.error());
                edited = std::move(*merged);
                return {};
            }
            setReplicas(edited);
            if (!version.empty() && request.method == "PUT")
                edited["metadata"]["resourceVersion"] = version;
            return {};
        },
        options);
    return result ? jsonAnswer(view(**result)) : refuse(result.error());
}

HttpAnswer ApiHandler::log(const HttpRequest& request, const Target& target)
{
    const ObjectPtr pod = store().get(*target.kind, target.ns, target.name);
    if (!pod)
        return refuse(notFound("", "pods", target.name));
    const Json body = parseOwn(pod->body);
    std::vector<std::string> names;
    for (const char* list : {"spec.containers", "spec.initContainers", "spec.ephemeralContainers"}) {
        if (const Json* containers = find(body, list); containers != nullptr && containers->is_array()) {
            for (const Json& container : *containers)
                names.push_back(text(container, "name"));
        }
    }
    LogOptions options;
    options.container = request.one("container");
    if (const Json* containers = find(body, "spec.containers");
        options.container.empty() && containers != nullptr && containers->size() > 1) {
        std::string choices;
        for (const std::string& name : names)
            choices += (choices.empty() ? "" : " ") + name;
        return refuse(badRequest("a container name must be specified for pod " + pod->name +
                                 ", choose one of: [" + choices + "]"));
    }
    if (options.container.empty() && !names.empty())
        options.container = names.front();
    if (std::find(names.begin(), names.end(), options.container) == names.end())
        return refuse(badRequest("container " + options.container + " is not valid for pod " + pod->name));
    const std::string phase(lookUp(pod->fields, "status.phase"));
    if (phase == "Pending")
        return refuse(badRequest("container \"" + options.container + "\" in pod \"" + pod->name +
                                 "\" is waiting to start: ContainerCreating"));
    const ObjectPtr node = store().get(Kinds::instance().get("nodes", ""), "",
                                       std::string(lookUp(pod->fields, "spec.nodeName")));
    if (node && node->body.find("\"NodeStatusUnknown\"") != std::string::npos) {
        auto refused =
            deny(500, "InternalError",
                 "Get \"https://" + node->name + ":10250/containerLogs/" + pod->ns + "/" + pod->name + "/" +
                     options.container + "\": dial tcp: connect: no route to host");
        return refuse(refused);
    }
    options.follow = request.flag("follow");
    options.timestamps = request.flag("timestamps");
    options.previous = request.flag("previous");
    options.tailLines = static_cast<long>(integer(request.one("tailLines")).value_or(~0ULL));
    options.sinceSeconds = static_cast<long>(integer(request.one("sinceSeconds")).value_or(~0ULL));
    if (const auto since = parseRfc3339(request.one("sinceTime")))
        options.sinceSeconds = static_cast<long>(std::max<UnixMs>(m_cluster->now() - *since, 0) / 1000);
    if (options.previous) {
        if (const Json* statuses = find(body, "status.containerStatuses");
            statuses != nullptr && statuses->is_array()) {
            for (const Json& status : *statuses) {
                if (text(status, "name") == options.container &&
                    number(status, "restartCount").value_or(0) > 0)
                    options.until = parseRfc3339(text(status, "lastState.terminated.finishedAt"))
                                        .value_or(parseRfc3339(text(status, "state.running.startedAt"))
                                                      .value_or(m_cluster->now()));
            }
        }
        if (options.until == 0)
            return refuse(badRequest("previous terminated container \"" + options.container + "\" in pod \"" +
                                     pod->name + "\" not found"));
        options.follow = false;
    }
    HttpAnswer answer = plainAnswer("");
    if (options.follow)
        answer.stream = followLog(m_cluster, pod, options);
    else
        answer.body = podLog(*m_cluster, *pod, options);
    if (const auto limit = integer(request.one("limitBytes")); limit && answer.body.size() > *limit)
        answer.body.resize(*limit);
    return answer;
}

HttpAnswer ApiHandler::evict(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    DeleteOptions options;
    options.dryRun = *dryRun;
    if (!trimmed(request.body).empty()) {
        const auto body = bodyOf(request);
        if (!body)
            return refuse(body.error());
        options.uid = text(*body, "deleteOptions.preconditions.uid");
        options.resourceVersion = text(*body, "deleteOptions.preconditions.resourceVersion");
        options.grace = number(*body, "deleteOptions.gracePeriodSeconds");
        if (const Json* run = find(*body, "deleteOptions.dryRun");
            run != nullptr && run->is_array() && !run->empty())
            options.dryRun = true;
    }
    const ObjectPtr pod = store().get(*target.kind, target.ns, target.name);
    if (!pod)
        return refuse(notFound("", "pods", target.name));
    if (const auto good = interceptEviction(*pod, options.dryRun); !good)
        return refuse(good.error());
    const std::string phase(lookUp(pod->fields, "status.phase"));
    if (phase == "Running" && pod->body.find("\"deletionTimestamp\"") == std::string::npos) {
        if (const auto good = spendDisruption(*pod, options.dryRun); !good)
            return refuse(good.error());
    }
    const auto removed = store().remove(*target.kind, target.ns, target.name, options);
    if (!removed)
        return refuse(removed.error());
    return jsonAnswer(
        {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}}, 201);
}

// What KubeVirt's webhook on evictions does: a launcher is not evicted but its guest marked for evacuation,
// which somebody else then moves (kubevirt pkg/virt-api/webhooks/validating-webhook/admitters/pod-eviction).
Answer<void> ApiHandler::interceptEviction(const Object& pod, bool dryRun)
{
    if (lookUp(pod.labels, "kubevirt.io") != "virt-launcher")
        return {};
    const Kind& kind = Kinds::instance().get("virtualmachineinstances", "kubevirt.io");
    const Json body = parseOwn(pod.body);
    // The annotation's name has a slash and dots: no path.
    const Json annotations = body["metadata"].value("annotations", Json::object());
    const ObjectPtr guest = store().get(kind, pod.ns, annotations.value("kubevirt.io/domain", std::string()));
    if (!guest)
        return {};
    const Json vmi = parseOwn(guest->body);
    const std::string strategy = text(vmi, "spec.evictionStrategy");
    const bool migratable =
        guest->body.find(R"("type":"LiveMigratable","status":"True")") != std::string::npos;
    const std::string name = "\"" + pod.ns + "/" + guest->name + "\"";
    const auto denied = [](const std::string& why) {
        return deny(429, "TooManyRequests",
                    "admission webhook \"virt-launcher-eviction-interceptor.kubevirt.io\" denied the "
                    "request: " +
                        why);
    };
    if (strategy == "LiveMigrate" && !migratable)
        return denied("VMI " + guest->name +
                      " is configured with an eviction strategy but is not live-migratable");
    if (strategy != "LiveMigrate" && strategy != "External" &&
        !(strategy == "LiveMigrateIfPossible" && migratable))
        return {};
    if (!text(vmi, "status.evacuationNodeName").empty())
        return denied("Evacuation in progress: Eviction triggered evacuation of VMI " + name);
    const std::string node(lookUp(pod.fields, "spec.nodeName"));
    if (!dryRun)
        (void)store().update(kind, guest->ns, guest->name, [&](Json& edited) -> Answer<void> {
            edited["status"]["evacuationNodeName"] = node;
            return {};
        });
    return denied("Eviction triggered evacuation of VMI " + name);
}

// A budget that covers the pod and has nothing left answers 429; one that has pays.
Answer<void> ApiHandler::spendDisruption(const Object& pod, bool dryRun)
{
    const Kind& kind = Kinds::instance().get("poddisruptionbudgets", "policy");
    std::vector<ObjectPtr> covering;
    for (const ObjectPtr& budget : store().list(kind, pod.ns)) {
        const Json body = parseOwn(budget->body);
        const Json* labels = find(body, "spec.selector.matchLabels");
        if (labels == nullptr || !labels->is_object())
            continue;
        bool covers = true;
        for (const auto& [key, value] : labels->items())
            covers = covers && value.is_string() && lookUp(pod.labels, key) == value.get<std::string>();
        if (covers)
            covering.push_back(budget);
    }
    if (covering.size() > 1)
        return deny(500, "InternalError",
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
                    "support.");
    if (covering.empty())
        return {};
    const Json budget = parseOwn(covering.front()->body);
    const std::string& name = covering.front()->name;
    if (number(budget, "status.disruptionsAllowed").value_or(0) <= 0) {
        auto refused =
            deny(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
        refused.value().causes.push_back(
            {"DisruptionBudget",
             "The disruption budget " + name + " needs " +
                 std::to_string(number(budget, "status.desiredHealthy").value_or(0)) +
                 " healthy pods and has " +
                 std::to_string(number(budget, "status.currentHealthy").value_or(0)) + " currently",
             ""});
        return refused;
    }
    if (!dryRun)
        (void)store().update(kind, pod.ns, name, [&](Json& edited) -> Answer<void> {
            edited["status"]["disruptionsAllowed"] =
                std::max(0LL, number(edited, "status.disruptionsAllowed").value_or(0) - 1);
            edited["status"]["disruptedPods"][pod.name] = formatRfc3339(store().now());
            return {};
        });
    return {};
}

HttpAnswer ApiHandler::nodeProxy(const Target& target)
{
    const ObjectPtr node = store().get(*target.kind, "", target.name);
    if (!node)
        return refuse(notFound("", "nodes", target.name));
    if (node->body.find("\"NodeStatusUnknown\"") != std::string::npos)
        return refuse(deny(503, "ServiceUnavailable",
                           "error trying to reach service: dial tcp: connect: no route to host"));
    if (target.rest == "/healthz")
        return plainAnswer("ok");
    if (target.rest == "/stats/summary")
        return jsonAnswer(statsSummary(*m_cluster, target.name));
    HttpAnswer answer = plainAnswer("404 page not found\n");
    answer.status = 404;
    return answer;
}

// Of all that Services stand for, a Prometheus answers HTTP here.
HttpAnswer ApiHandler::serviceProxy(const HttpRequest& request, const Target& target)
{
    // "name", "name:port" or "scheme:name:port"
    const std::vector<std::string> parts = split(target.name, ':');
    const std::string name = parts.size() == 3 ? parts[1] : parts.front();
    if (!store().get(*target.kind, target.ns, name))
        return refuse(notFound("", "services", name));
    if (name.find("prometheus") == std::string::npos)
        return refuse(
            deny(503, "ServiceUnavailable",
                 "error trying to reach service: dial tcp 10.243.1.7:8080: connect: connection refused"));
    return prometheusAnswer(*m_cluster, request, target.rest);
}

HttpAnswer ApiHandler::token(const HttpRequest& request, const Target& target)
{
    auto body = bodyOf(request);
    if (!body)
        return refuse(body.error());
    const ObjectPtr account = store().get(*target.kind, target.ns, target.name);
    if (!account)
        return refuse(notFound("", "serviceaccounts", target.name));
    const long long seconds = number(*body, "spec.expirationSeconds").value_or(3600);
    if (seconds < 600)
        return refuse(invalid("authentication.k8s.io", "TokenRequest", "",
                              {{"FieldValueInvalid",
                                "Invalid value: " + std::to_string(seconds) +
                                    ": may not specify a duration less than 10 minutes",
                                "spec.expirationSeconds"}}));
    TokenClaims claims;
    claims.ns = target.ns;
    claims.account = target.name;
    claims.uid = account->uid;
    claims.id = store().newUid();
    claims.issued = m_cluster->now();
    claims.expires = claims.issued + std::min(seconds, 1LL << 32U) * 1000;
    if (const Json* audiences = find(*body, "spec.audiences");
        audiences != nullptr && audiences->is_array()) {
        for (const Json& audience : *audiences)
            claims.audiences.push_back(audience.is_string() ? audience.get<std::string>() : std::string());
    }
    if (claims.audiences.empty())
        claims.audiences.emplace_back(kTokenIssuer);
    Json audiences = Json::array();
    for (const std::string& audience : claims.audiences)
        audiences.push_back(audience);
    const std::string expires = formatRfc3339(claims.expires);
    return jsonAnswer(
        {{"kind", "TokenRequest"},
         {"apiVersion", "authentication.k8s.io/v1"},
         {"metadata",
          {{"name", target.name},
           {"namespace", target.ns},
           {"creationTimestamp", formatRfc3339(claims.issued)}}},
         {"spec",
          {{"audiences", std::move(audiences)}, {"expirationSeconds", seconds}, {"boundObjectRef", nullptr}}},
         {"status",
          {{"token", makeToken(m_cluster->settings().tokenKey, claims)}, {"expirationTimestamp", expires}}}},
        201);
}

} // namespace strata::demosite
