// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/answers.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/metrics.h"
#include "core/demosite/api/selector.h"
#include "core/demosite/api/token.h"
#include "core/demosite/api/uploadproxy.h"

#include <nlohmann/json.hpp>

// Kinds that are answers and nothing else: reviews and metrics.
namespace strata::demosite {

namespace {

Json userInfo(const Identity& who)
{
    Json groups = Json::array();
    for (const std::string& group : who.groups)
        groups.push_back(group);
    return {{"username", who.user}, {"groups", std::move(groups)}};
}

Access accessOf(const Json& spec)
{
    Access want;
    if (find(spec, "nonResourceAttributes") != nullptr) {
        want.verb = text(spec, "nonResourceAttributes.verb");
        want.path = text(spec, "nonResourceAttributes.path");
        return want;
    }
    const auto attribute = [&](const char* name) {
        return text(spec, "resourceAttributes." + std::string(name));
    };
    want.verb = attribute("verb");
    want.group = attribute("group");
    want.resource = attribute("resource");
    want.subresource = attribute("subresource");
    want.ns = attribute("namespace");
    want.name = attribute("name");
    return want;
}

} // namespace

HttpAnswer ApiHandler::review(const HttpRequest& request, const Target& target)
{
    auto body = readObject(request, target);
    if (!body)
        return refuse(body.error());
    (*body)["kind"] = target.kind->kind;
    (*body)["apiVersion"] = apiVersion(*target.kind, target.version);
    if (!target.kind->has(Namespaced))
        (*body)["metadata"].erase("namespace");
    const Json* found = find(*body, "spec");
    const Json spec = found == nullptr ? Json::object() : *found;
    Json status = Json::object();
    const std::string_view resource = target.kind->resource;
    const bool asksPath = find(spec, "nonResourceAttributes") != nullptr;
    if (target.kind->group == "authorization.k8s.io" && resource != "selfsubjectrulesreviews" &&
        asksPath == (find(spec, "resourceAttributes") != nullptr))
        return refuse(invalid("authorization.k8s.io", "", "",
                              {{"FieldValueInvalid",
                                "Invalid value: null: exactly one of nonResourceAttributes or "
                                "resourceAttributes must be specified",
                                "spec.resourceAttributes"}}));
    const auto decide = [&](const Identity& who) {
        std::string reason;
        status["allowed"] = m_authorizer.allows(who, accessOf(spec), &reason);
        if (!reason.empty())
            status["reason"] = reason;
    };
    if (resource == "selfsubjectaccessreviews") {
        decide(target.who);
    } else if (resource == "subjectaccessreviews" || resource == "localsubjectaccessreviews") {
        Identity who;
        who.known = true;
        who.user = text(spec, "user");
        if (const Json* groups = find(spec, "groups"); groups != nullptr && groups->is_array()) {
            for (const Json& group : *groups)
                who.groups.push_back(group.is_string() ? group.get<std::string>() : std::string());
        }
        decide(who);
    } else if (resource == "selfsubjectrulesreviews") {
        const std::string ns = text(spec, "namespace");
        if (ns.empty())
            return refuse(badRequest("no namespace on request"));
        status = m_authorizer.rules(target.who, ns);
        (*body)["spec"] = Json::object(); // the answer does not repeat it
    } else if (resource == "tokenreviews") {
        const Identity who = identify(text(spec, "token"));
        status["authenticated"] = who.known;
        if (who.known)
            status["user"] = userInfo(who);
        else
            status["error"] = "invalid bearer token";
    } else if (resource == "uploadtokenrequests") {
        // CDI's API server (pkg/apiserver): good for five minutes, for one claim.
        if (const auto allowed = authorize(target, "create"); !allowed)
            return refuse(allowed.error());
        const std::string name = text(spec, "pvcName");
        const ObjectPtr claim =
            store().get(Kinds::instance().get("persistentvolumeclaims", ""), target.ns, name);
        if (!claim)
            return refuse(notFound("", "persistentvolumeclaims", name));
        TokenClaims claims;
        claims.ns = target.ns;
        claims.account = name;
        claims.uid = claim->uid;
        claims.id = claim->uid;
        claims.audiences = {UploadProxy::kAudience};
        claims.issued = m_cluster->now();
        claims.expires = claims.issued + 5LL * 60 * 1000;
        status["token"] = makeToken(m_cluster->settings().tokenKey, claims);
    } else {
        status["userInfo"] = userInfo(target.who);
    }
    if (target.kind->group == "authorization.k8s.io" && resource != "selfsubjectrulesreviews")
        recordUpdate(*body, Json::object(), {managerOf(request), "", formatRfc3339(m_cluster->now())},
                     *target.kind, FieldType::of(*target.kind, nullptr));
    (*body)["status"] = std::move(status);
    return jsonAnswer(*body, 201);
}

HttpAnswer ApiHandler::metrics(const HttpRequest& request, const Target& target)
{
    const bool nodes = target.kind->resource == "nodes";
    if (request.flag("watch"))
        return refuse(deny(405, "MethodNotAllowed", "watch is not supported on metrics"));
    Json document =
        nodes ? nodeMetrics(*m_cluster, target.name) : podMetrics(*m_cluster, target.ns, target.name);
    if (document.is_null())
        return refuse(notFound("metrics.k8s.io", std::string(target.kind->resource), target.name));
    if (target.name.empty()) {
        // Selectors are about the objects that are measured.
        const Kind& kind = Kinds::instance().get(nodes ? "nodes" : "pods", "");
        const auto selector =
            Selector::parse(kind, request.one("labelSelector"), request.one("fieldSelector"));
        if (!selector)
            return refuse(selector.error());
        Json kept = Json::array();
        for (Json& item : document["items"]) {
            const ObjectPtr object =
                store().get(kind, text(item, "metadata.namespace"), text(item, "metadata.name"));
            if (selector->empty() || (object && selector->matches(*object)))
                kept.push_back(std::move(item));
        }
        document["items"] = std::move(kept);
    }
    return jsonAnswer(document);
}

} // namespace strata::demosite
