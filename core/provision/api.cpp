// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/api.h"

#include "core/base/translate.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <set>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

void write(kube::Request& request, const Object& object, bool dryRun)
{
    request.body = object.toJson();
    request.query = "fieldManager=" + std::string(kFieldManager);
    if (dryRun)
        request.query += "&dryRun=All&fieldValidation=Strict";
}

} // namespace

kube::Request getRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name)
{
    kube::Request request;
    request.path = kube::path(resource, resource.namespaced ? ns : std::string(), name);
    return request;
}

kube::Request listRequest(const kube::ResourceId& resource, const std::string& ns,
                          const std::string& labelSelector)
{
    kube::Request request;
    request.path = kube::path(resource, resource.namespaced ? ns : std::string());
    if (!labelSelector.empty())
        request.query = "labelSelector=" + kube::percentEncode(labelSelector);
    return request;
}

kube::Request createRequest(const kube::ResourceId& resource, const Object& object, bool dryRun)
{
    kube::Request request;
    request.method = "POST";
    request.path = kube::path(resource, resource.namespaced ? object.ns() : std::string());
    request.contentType = "application/json";
    write(request, object, dryRun);
    return request;
}

kube::Request applyRequest(const kube::ResourceId& resource, const Object& object, bool dryRun)
{
    kube::Request request;
    request.method = "PATCH";
    request.path = kube::path(resource, resource.namespaced ? object.ns() : std::string(), object.name());
    request.contentType = "application/apply-patch+yaml";
    write(request, object, dryRun);
    return request;
}

kube::Request mergePatchRequest(const kube::ResourceId& resource, const Object& patch, bool dryRun)
{
    kube::Request request = applyRequest(resource, patch, dryRun);
    request.contentType = "application/merge-patch+json";
    return request;
}

kube::Request deleteRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                            const std::string& uid)
{
    kube::Request request = getRequest(resource, ns, name);
    request.method = "DELETE";
    request.contentType = "application/json";
    const Json body = {{"apiVersion", "v1"},
                       {"kind", "DeleteOptions"},
                       {"propagationPolicy", "Background"},
                       {"preconditions", {{"uid", uid}}}};
    request.body = body.dump();
    return request;
}

kube::Request deleteDryRun(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                           const std::string& uid)
{
    kube::Request request = deleteRequest(resource, ns, name, uid);
    // In the body: of a deletion that has one, API servers do not look at the query, and would carry it out.
    Json body = Json::parse(request.body);
    body["dryRun"] = Json::array({"All"});
    request.body = body.dump();
    return request;
}

kube::Request callRequest(const kube::ResourceId& resource, const std::string& ns, const std::string& name,
                          const std::string& call, const Object& body)
{
    kube::Request request;
    request.method = "PUT";
    request.path = "/apis/subresources." + resource.group + "/v1/namespaces/" + kube::percentEncode(ns) +
                   "/" + resource.resource + "/" + kube::percentEncode(name) + "/" + call;
    if (!body.json().empty()) {
        request.contentType = "application/json";
        request.body = body.toJson();
    }
    return request;
}

kube::Request podsOnNodeRequest(const std::string& node)
{
    kube::Request request;
    request.path = "/api/v1/pods";
    request.query = "fieldSelector=" + kube::percentEncode("spec.nodeName=" + node);
    return request;
}

kube::Request evictionRequest(const std::string& ns, const std::string& pod, const std::string& uid)
{
    kube::Request request;
    request.method = "POST";
    request.path =
        "/api/v1/namespaces/" + kube::percentEncode(ns) + "/pods/" + kube::percentEncode(pod) + "/eviction";
    request.contentType = "application/json";
    const Json body = {{"apiVersion", "policy/v1"},
                       {"kind", "Eviction"},
                       {"metadata", {{"name", pod}, {"namespace", ns}}},
                       {"deleteOptions", {{"preconditions", {{"uid", uid}}}}}};
    request.body = body.dump();
    return request;
}

std::string Access::title() const
{
    const std::string what = subresource.empty() ? resource : resource + "/" + subresource;
    return ns.empty() ? verb + " " + what : arguments(translate(kContext, "%1 %2 in %3"), {verb, what, ns});
}

kube::Request reviewRequest(const Access& access)
{
    kube::Request request;
    request.method = "POST";
    request.path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    request.contentType = "application/json";
    Json attributes = {{"verb", access.verb}, {"group", access.group}, {"resource", access.resource}};
    if (!access.subresource.empty())
        attributes["subresource"] = access.subresource;
    if (!access.ns.empty())
        attributes["namespace"] = access.ns;
    if (!access.name.empty())
        attributes["name"] = access.name;
    const Json body = {{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SelfSubjectAccessReview"},
                       {"spec", {{"resourceAttributes", std::move(attributes)}}}};
    request.body = body.dump();
    return request;
}

Result<bool> reviewAllows(const std::string& body)
{
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("status") && json["status"].is_object() &&
        json["status"].contains("allowed") && json["status"]["allowed"].is_boolean())
        return json["status"]["allowed"].get<bool>();
    return fail(ErrorKind::Protocol,
                translate(kContext, "The server's answer about permissions cannot be read."));
}

bool outcomeUnknown(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::Timeout:
    case ErrorKind::Network:
    case ErrorKind::Protocol:
    case ErrorKind::Server:
        return true;
    default:
        return false;
    }
}

bool transient(const Error& error)
{
    return outcomeUnknown(error) || error.kind == ErrorKind::Throttled;
}

struct Calls::State {
    std::map<std::uint64_t, std::unique_ptr<kube::RequestHandle>> running;
    std::set<std::uint64_t> timers;
    std::uint64_t last = 0;
};

Calls::State& Calls::state()
{
    if (!m_state)
        m_state = std::make_shared<State>();
    return *m_state;
}

Calls::~Calls()
{
    if (!m_state)
        return;
    for (const std::uint64_t timer : m_state->timers)
        m_network.cancel(timer);
}

void Calls::send(const std::shared_ptr<kube::Client>& client, kube::Request request,
                 std::function<void(Result<kube::Response>)> done)
{
    const std::uint64_t id = ++state().last;
    std::weak_ptr<State> weak = m_state;
    auto handle =
        client->send(std::move(request), [weak, id, done = std::move(done)](Result<kube::Response> answer) {
            const auto alive = weak.lock();
            if (!alive)
                return;
            // Its handle may go only after this callback has returned; what is dropped here is not running
            // any more.
            auto finished = std::make_shared<std::unique_ptr<kube::RequestHandle>>();
            const auto found = alive->running.find(id);
            if (found != alive->running.end()) {
                *finished = std::move(found->second);
                alive->running.erase(found);
            } else {
                alive->running.emplace(id, nullptr); // answered before send() returned
            }
            done(std::move(answer));
        });
    const auto early = m_state->running.find(id);
    if (early != m_state->running.end())
        m_state->running.erase(early);
    else
        m_state->running.emplace(id, std::move(handle));
}

void Calls::after(std::chrono::milliseconds delay, std::function<void()> task)
{
    state();
    std::weak_ptr<State> weak = m_state;
    const auto number = std::make_shared<std::uint64_t>(0);
    *number = m_network.postAfter(delay, [weak, number, task = std::move(task)] {
        const auto alive = weak.lock();
        if (!alive)
            return;
        alive->timers.erase(*number);
        task();
    });
    m_state->timers.insert(*number);
}

void Catalog::find(const std::string& apiVersion, const std::string& kind,
                   std::function<void(Result<kube::ResourceId>)> done)
{
    const auto pick = [apiVersion, kind, done](Result<const Kinds*> kinds) {
        if (!kinds) {
            done(tl::unexpected(kinds.error()));
            return;
        }
        const auto found = (*kinds)->find(kind);
        if (found == (*kinds)->end()) {
            done(fail(ErrorKind::NotFound, arguments(translate(kContext, "The server has no kind %1 in %2."),
                                                     {kind, apiVersion})));
            return;
        }
        done(found->second);
    };
    const auto known = m_known.find(apiVersion);
    if (known != m_known.end() && known->second.count(kind) != 0) {
        pick(&known->second);
        return;
    }
    load(apiVersion, pick, 0);
}

void Catalog::load(const std::string& apiVersion, std::function<void(Result<const Kinds*>)> done, int tries)
{
    kube::Request request;
    const std::size_t slash = apiVersion.find('/');
    const std::string group = slash == std::string::npos ? std::string() : apiVersion.substr(0, slash);
    const std::string version = slash == std::string::npos ? apiVersion : apiVersion.substr(slash + 1);
    request.path = group.empty() ? "/api/" + kube::percentEncode(version)
                                 : "/apis/" + kube::percentEncode(group) + "/" + kube::percentEncode(version);
    std::weak_ptr<Catalog> weak = weak_from_this();
    m_calls.send(m_client, std::move(request), [=, this](Result<kube::Response> answer) {
        const auto self = weak.lock();
        if (!self)
            return;
        if (!answer) {
            if (transient(answer.error()) && tries < 4) {
                m_calls.after(std::chrono::milliseconds(400 << tries),
                              [=, this] { load(apiVersion, done, tries + 1); });
                return;
            }
            Error error = answer.error();
            if (error.kind == ErrorKind::NotFound)
                error.text = arguments(translate(kContext, "The server does not serve %1."), {apiVersion});
            done(tl::unexpected(std::move(error)));
            return;
        }
        const Json json = Json::parse(answer->body, nullptr, false);
        if (!json.is_object() || !json.contains("resources") || !json["resources"].is_array()) {
            done(fail(ErrorKind::Protocol,
                      arguments(translate(kContext, "The server's list of kinds in %1 cannot be read."),
                                {apiVersion})));
            return;
        }
        Kinds& kinds = m_known[apiVersion];
        for (const Json& item : json["resources"]) {
            if (!item.is_object())
                continue;
            const std::string name = item.value("name", "");
            const std::string kind = item.value("kind", "");
            if (name.empty() || kind.empty() || name.find('/') != std::string::npos)
                continue;
            kinds[kind] = kube::ResourceId{group, version, name, item.value("namespaced", true)};
        }
        done(&kinds);
    });
}

} // namespace strata::provision
