// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/handler.h"

#include "core/base/text.h"
#include "core/demosite/api/convert.h"
#include "core/demosite/api/discovery.h"
#include "core/demosite/api/logs.h"
#include "core/demosite/api/managedfields.h"
#include "core/demosite/api/metrics.h"
#include "core/demosite/api/openapi.h"
#include "core/demosite/api/patch.h"
#include "core/demosite/api/watchstream.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace strata::demosite {
namespace {

HttpAnswer refuse(const Status& status)
{
    HttpAnswer answer;
    answer.status = status.code;
    answer.body = toJson(status);
    answer.retryAfterSeconds = status.retryAfterSeconds;
    return answer;
}

HttpAnswer refuse(const tl::unexpected<Status>& status)
{
    return refuse(status.value());
}

HttpAnswer json(const Json& body, int status = 200)
{
    HttpAnswer answer;
    answer.status = status;
    answer.body = compact(body);
    return answer;
}

HttpAnswer plain(std::string body)
{
    HttpAnswer answer;
    answer.contentType = "text/plain; charset=utf-8";
    answer.body = std::move(body);
    return answer;
}

HttpAnswer noSuchPath()
{
    return refuse(deny(404, "NotFound", "the server could not find the requested resource"));
}

std::optional<std::uint64_t> integer(const std::string& text)
{
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

tl::unexpected<Status> tooNew(std::uint64_t wanted, std::uint64_t current)
{
    auto refused = deny(504, "Timeout",
                        "Too large resource version: " + std::to_string(wanted) +
                            ", current: " + std::to_string(current));
    refused.value().retryAfterSeconds = 1;
    refused.value().causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
    return refused;
}

std::string managerOf(const HttpRequest& request)
{
    std::string manager = request.one("fieldManager");
    if (manager.empty())
        manager = request.userAgent.substr(0, request.userAgent.find('/'));
    return manager.empty() ? "unknown" : manager.substr(0, 128);
}

// "All" in the query or in DeleteOptions.
Answer<bool> dryRunOf(const HttpRequest& request)
{
    const std::string& value = request.one("dryRun");
    if (value.empty())
        return false;
    if (value != "All")
        return badRequest("Invalid value: \"" + value + "\": dryRun must be \"All\"");
    return true;
}

// "snapshot id, index" in base64: opaque to the client.
std::string continueToken(std::uint64_t picture, std::size_t at)
{
    return base64Encode(std::to_string(picture) + ":" + std::to_string(at));
}

bool parseToken(const std::string& token, std::uint64_t& picture, std::size_t& at)
{
    std::string text;
    if (!base64Decode(token, text))
        return false;
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos)
        return false;
    const auto first = integer(text.substr(0, colon));
    const auto second = integer(text.substr(colon + 1));
    if (!first || !second)
        return false;
    picture = *first;
    at = *second;
    return true;
}

Part partOf(const std::string& sub)
{
    return sub == "status" ? Part::Status : Part::Main;
}

} // namespace

ApiHandler::ApiHandler(std::shared_ptr<Cluster> cluster, std::chrono::milliseconds bookmarkEvery)
    : m_cluster(std::move(cluster)), m_bookmarkEvery(bookmarkEvery)
{}

Identity ApiHandler::identify(std::string_view bearerToken)
{
    Identity identity;
    const std::string& token = m_cluster->settings().token;
    if (!token.empty() && bearerToken == token) {
        identity.known = true;
        identity.user = "system:serviceaccount:kube-system:strata-admin";
        identity.groups = {"system:serviceaccounts", "system:authenticated"};
    }
    return identity;
}

HttpAnswer ApiHandler::handle(const HttpRequest& request)
{
    try {
        return route(request);
    } catch (const Json::exception& fault) {
        // A value of a type nobody expects, deep in an object: the client's doing, so it is told.
        return refuse(badRequest(std::string("the object cannot be processed: ") + fault.what()));
    }
}

HttpAnswer ApiHandler::route(const HttpRequest& request)
{
    std::vector<std::string> parts;
    for (std::string& part : split(request.path, '/')) {
        if (!part.empty())
            parts.push_back(std::move(part));
    }
    const std::string root = parts.empty() ? "" : parts[0];
    if (root == "healthz" || root == "livez" || root == "readyz")
        return plain("ok");
    if (root == "version") {
        const std::string& version = m_cluster->settings().version;
        const auto numbers = split(version.substr(1), '.');
        return json({{"major", numbers[0]},
                     {"minor", numbers[1]},
                     {"gitVersion", version},
                     {"gitCommit", "93248f9ae092f571eb870b7664c534bfc7d00f03"},
                     {"gitTreeState", "clean"},
                     {"buildDate", "2025-09-09T19:34:52Z"},
                     {"goVersion", "go1.24.6"},
                     {"compiler", "gc"},
                     {"platform", "linux/amd64"}});
    }
    if (!request.identity.known)
        return refuse(deny(401, "Unauthorized", "Unauthorized"));

    const Form form = negotiate(request.accept);
    if (root == "openapi") {
        if (parts.size() == 2 && parts[1] == "v2") {
            if (form.acceptable)
                return json(openApiV2());
            HttpAnswer answer;
            answer.contentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
            answer.body = openApiV2Protobuf();
            return answer;
        }
        if (parts.size() == 2 && parts[1] == "v3")
            return json(openApiV3Index(*m_cluster));
        Json document;
        if (parts.size() == 4 && parts[1] == "v3" && parts[2] == "api")
            document = openApiV3(*m_cluster, "", parts[3]);
        else if (parts.size() == 5 && parts[1] == "v3" && parts[2] == "apis")
            document = openApiV3(*m_cluster, parts[3], parts[4]);
        return document.is_null() ? noSuchPath() : json(document);
    }
    if (!form.acceptable)
        return refuse(
            deny(406, "NotAcceptable", "only the following media types are accepted: application/json"));
    if (parts.empty())
        return json({{"paths",
                      {"/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3",
                       "/readyz", "/version"}}});
    if ((root == "api" || root == "apis") && parts.size() == 1) {
        if (form.aggregatedDiscovery) {
            HttpAnswer answer = json(aggregatedDiscovery(*m_cluster, root == "api"));
            answer.contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return answer;
        }
        return json(root == "api" ? apiVersions() : apiGroupList(*m_cluster));
    }
    if (root != "api" && root != "apis")
        return noSuchPath();
    std::string group;
    std::size_t at = 1;
    if (root == "apis") {
        group = parts[at++];
        if (parts.size() == 2) {
            const Json document = apiGroup(*m_cluster, group);
            return document.is_null() ? noSuchPath() : json(document);
        }
    }
    Target target;
    target.version = parts[at++];
    if (at == parts.size()) {
        const Json document = apiResourceList(*m_cluster, group, target.version);
        return document.is_null() ? noSuchPath() : json(document);
    }
    // /namespaces/N/pods/…, but /namespaces/N and /namespaces/N/status are the namespace itself.
    const std::size_t left = parts.size() - at;
    const bool itself = left >= 3 && (parts[at + 2] == "status" || parts[at + 2] == "finalize");
    if (parts[at] == "namespaces" && left >= 3 && !(group.empty() && itself)) {
        target.ns = parts[at + 1];
        at += 2;
    }
    target.kind = Kinds::instance().find(group, target.version, parts[at++]);
    if (target.kind == nullptr || !m_cluster->serves(*target.kind) ||
        (!target.ns.empty() && !target.kind->has(Namespaced)))
        return noSuchPath();
    if (at < parts.size())
        target.name = parts[at++];
    if (at < parts.size())
        target.sub = parts[at++];
    if (at < parts.size())
        return noSuchPath();
    HttpAnswer answer = resource(request, target);
    if (target.version != target.kind->storageVersion())
        answer.warnings.push_back(apiVersion(*target.kind, target.version) + " " +
                                  std::string(target.kind->kind) + " is deprecated; use " +
                                  apiVersion(*target.kind, target.kind->storageVersion()) + " " +
                                  std::string(target.kind->kind));
    return answer;
}

HttpAnswer ApiHandler::resource(const HttpRequest& request, const Target& target)
{
    const Kind& kind = *target.kind;
    const std::string& method = request.method;
    const auto notAllowed = [] {
        return refuse(
            deny(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
    };
    if (kind.has(CreateOnly))
        return method == "POST" && target.name.empty() ? review(request, target) : notAllowed();
    if (kind.has(Computed))
        return method == "GET" && target.sub.empty() ? metrics(request, target) : notAllowed();
    if (kind.has(Namespaced) && target.ns.empty() && !target.name.empty())
        return noSuchPath();
    if (!target.sub.empty()) {
        const auto extra = words(kind.subresources);
        const bool listed = std::find(extra.begin(), extra.end(), target.sub) != extra.end();
        if (target.sub == "scale" && kind.has(HasScale))
            return scale(request, target);
        if (target.sub == "log" && listed)
            return method == "GET" ? log(request, target) : notAllowed();
        if (target.sub == "eviction" && listed)
            return method == "POST" ? evict(request, target) : notAllowed();
        if (!(target.sub == "status" && kind.has(HasStatus)) && !(target.sub == "finalize" && listed))
            return noSuchPath();
    }
    if (target.name.empty()) {
        if (method == "GET" || method == "HEAD")
            return request.flag("watch") ? watch(request, target) : list(request, target);
        if (method == "POST")
            return create(request, target);
        if (method == "DELETE")
            return eraseCollection(request, target);
        return notAllowed();
    }
    if (method == "GET" || method == "HEAD")
        return get(request, target);
    if (method == "PUT")
        return put(request, target);
    if (method == "PATCH")
        return patch(request, target);
    if (method == "DELETE" && target.sub.empty())
        return erase(request, target);
    return notAllowed();
}

Renderer ApiHandler::renderer(const HttpRequest& request, const Target& target) const
{
    std::string include = request.one("includeObject");
    if (include.empty())
        include = "Metadata";
    return {*m_cluster, *target.kind, target.version, negotiate(request.accept), include};
}

HttpAnswer ApiHandler::get(const HttpRequest& request, const Target& target)
{
    const ObjectPtr object = store().get(*target.kind, target.ns, target.name);
    if (!object)
        return refuse(
            notFound(std::string(target.kind->group), std::string(target.kind->resource), target.name));
    HttpAnswer answer;
    answer.body = renderer(request, target).one(*object);
    return answer;
}

HttpAnswer ApiHandler::list(const HttpRequest& request, const Target& target)
{
    const auto selector =
        Selector::parse(*target.kind, request.one("labelSelector"), request.one("fieldSelector"));
    if (!selector)
        return refuse(selector.error());
    const std::string& token = request.one("continue");
    const std::string& version = request.one("resourceVersion");
    const std::string& match = request.one("resourceVersionMatch");
    const auto complain = [&](const std::string& field, const std::string& message) {
        return refuse(invalid("meta.k8s.io", "ListOptions", "",
                              {{"FieldValueForbidden", "Forbidden: " + message, field}}));
    };
    if (!request.one("sendInitialEvents").empty())
        return complain("sendInitialEvents", "sendInitialEvents is forbidden for list");
    if (!match.empty() && !token.empty())
        return complain("resourceVersionMatch",
                        "resourceVersionMatch is forbidden when continue is provided");
    if (!match.empty() && version.empty())
        return complain("resourceVersionMatch",
                        "resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (match == "Exact" && version == "0")
        return complain("resourceVersionMatch",
                        "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
    if (!version.empty()) {
        const auto wanted = integer(version);
        if (!wanted)
            return refuse(badRequest("resourceVersion: Invalid value: \"" + version + "\""));
        if (*wanted > store().revision())
            return refuse(tooNew(*wanted, store().revision()));
    }
    const std::size_t limit = integer(request.one("limit")).value_or(0);

    std::uint64_t revision = 0;
    Store::Picture picture;
    std::uint64_t id = 0;
    std::size_t from = 0;
    if (!token.empty()) {
        if (!parseToken(token, id, from))
            return refuse(badRequest("continue key is not valid"));
        picture = store().picture(id, revision);
        if (!picture)
            return refuse(
                expired("The provided continue parameter is too old to display a consistent list result. "
                        "You must start a new list without the continue parameter."));
        from = std::min(from, picture->size());
    } else {
        std::vector<ObjectPtr> objects = store().list(*target.kind, target.ns, &revision);
        if (!selector->empty())
            objects.erase(
                std::remove_if(objects.begin(), objects.end(),
                               [&](const ObjectPtr& object) { return !selector->matches(*object); }),
                objects.end());
        picture = std::make_shared<const std::vector<ObjectPtr>>(std::move(objects));
    }
    std::size_t to = picture->size();
    std::string next;
    if (limit > 0 && from + limit < to) {
        to = from + limit;
        if (id == 0)
            id = store().keepPicture(picture, revision);
        next = continueToken(id, to);
    }
    HttpAnswer answer;
    answer.body = renderer(request, target).list(*picture, from, to, revision, next, picture->size() - to);
    return answer;
}

HttpAnswer ApiHandler::watch(const HttpRequest& request, const Target& target)
{
    WatchStream::Settings settings;
    auto selector = Selector::parse(*target.kind, request.one("labelSelector"), request.one("fieldSelector"));
    if (!selector)
        return refuse(selector.error());
    settings.selector = std::move(*selector);
    settings.ns = target.ns;
    settings.bookmarks = request.flag("allowWatchBookmarks");
    settings.bookmarkEvery = m_bookmarkEvery;
    const std::string& version = request.one("resourceVersion");
    const std::string& match = request.one("resourceVersionMatch");
    const bool initial = request.flag("sendInitialEvents");
    const bool asked = !request.one("sendInitialEvents").empty();
    const auto complain = [&](const std::string& field, const std::string& message) {
        return refuse(invalid("meta.k8s.io", "ListOptions", "",
                              {{"FieldValueForbidden", "Forbidden: " + message, field}}));
    };
    if (!match.empty() && !asked)
        return complain("resourceVersionMatch",
                        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    if (asked && match != "NotOlderThan")
        return complain("resourceVersionMatch",
                        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    std::uint64_t after = 0;
    if (!version.empty()) {
        const auto wanted = integer(version);
        if (!wanted)
            return refuse(badRequest("resourceVersion: Invalid value: \"" + version + "\""));
        after = *wanted;
        if (after > store().revision())
            return refuse(tooNew(after, store().revision()));
    }
    settings.initialEvents = asked ? initial : after == 0;
    settings.initialBookmark = initial && settings.bookmarks;
    settings.after = after;
    if (!settings.initialEvents) {
        if (after == 0)
            settings.after = store().revision();
        else if (const auto known = store().since(*target.kind, after, 1); !known)
            return refuse(known.error());
    }
    // A real server ends a watch after 30 to 60 minutes unless the client says when.
    const auto seconds = integer(request.one("timeoutSeconds")).value_or(1800 + store().revision() % 1800);
    settings.life = std::chrono::seconds(std::clamp<std::uint64_t>(seconds, 1, 86400));
    HttpAnswer answer;
    answer.stream = std::make_unique<WatchStream>(m_cluster, *target.kind, renderer(request, target),
                                                  std::move(settings));
    return answer;
}

Answer<Json> ApiHandler::readObject(const HttpRequest& request, const Target& target) const
{
    if (!request.contentType.empty() && request.contentType != "application/json" &&
        request.contentType != "application/yaml" && request.contentType != "text/plain")
        return deny(415, "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: "
                    "application/json, application/yaml");
    auto body = parseBody(request.body);
    if (!body)
        return body;
    const std::string kind = text(*body, "kind");
    const std::string version = text(*body, "apiVersion");
    if ((!kind.empty() && kind != target.kind->kind) ||
        (!version.empty() && version != apiVersion(*target.kind, target.version)))
        return badRequest("the object provided is unrecognized or does not fit the URL: got " + version +
                          " " + kind + ", expected " + apiVersion(*target.kind, target.version) + " " +
                          std::string(target.kind->kind));
    if (kind.empty() && target.kind->has(Custom))
        return badRequest("Object 'Kind' is missing");
    toStorage(*target.kind, target.version, *body);
    if (!body->contains("metadata") || (*body)["metadata"].is_null())
        (*body)["metadata"] = Json::object();
    Json& metadata = (*body)["metadata"];
    if (!metadata.is_object())
        return badRequest("metadata must be an object");
    if (target.kind->has(Namespaced)) {
        const std::string ns = text(metadata, "namespace");
        if (ns.empty())
            metadata["namespace"] = target.ns;
        else if (ns != target.ns)
            return badRequest(
                "the namespace of the provided object does not match the namespace sent on the request");
    }
    return body;
}

HttpAnswer ApiHandler::written(const HttpRequest& request, const Target& target,
                               const Answer<ObjectPtr>& result, int status) const
{
    if (!result)
        return refuse(result.error());
    HttpAnswer answer;
    answer.status = status;
    answer.body = renderer(request, target).one(**result);
    return answer;
}

HttpAnswer ApiHandler::create(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    if (target.kind->has(Namespaced) && target.ns.empty())
        return refuse(
            deny(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
    auto object = readObject(request, target);
    if (!object)
        return refuse(object.error());
    WriteOptions options{Part::Main, *dryRun, managerOf(request)};
    return written(request, target, store().create(*target.kind, std::move(*object), options), 201);
}

HttpAnswer ApiHandler::put(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    const auto body = readObject(request, target);
    if (!body)
        return refuse(body.error());
    const std::string name = text(*body, "metadata.name");
    if (name != target.name)
        return refuse(badRequest("the name of the object (" + name +
                                 ") does not match the name on the URL (" + target.name + ")"));
    if (target.kind->has(Custom) && text(*body, "metadata.resourceVersion").empty())
        return refuse(invalid(std::string(target.kind->group), std::string(target.kind->resource), name,
                              {{"FieldValueInvalid", "Invalid value: 0x0: must be specified for an update",
                                "metadata.resourceVersion"}}));
    if (target.sub == "finalize") {
        const auto result =
            store().update(*target.kind, target.ns, target.name, [&](Json& object) -> Answer<void> {
                object["spec"]["finalizers"] = find(*body, "spec.finalizers") != nullptr
                                                   ? *find(*body, "spec.finalizers")
                                                   : Json::array();
                return {};
            });
        if (result && text((parseOwn((*result)->body)), "metadata.deletionTimestamp").empty() == false)
            (void)store().remove(*target.kind, target.ns, target.name);
        return written(request, target, result);
    }
    WriteOptions options{partOf(target.sub), *dryRun, managerOf(request)};
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            Json fields = object["metadata"].value("managedFields", Json());
            object = *body;
            object["metadata"].erase("managedFields");
            if (!fields.is_null())
                object["metadata"]["managedFields"] = std::move(fields);
            return {};
        },
        options);
    return written(request, target, result);
}

HttpAnswer ApiHandler::patch(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    const std::string& type = request.contentType;
    const bool isJson = type == "application/json-patch+json";
    const bool isMerge = type == "application/merge-patch+json";
    const bool isStrategic = type == "application/strategic-merge-patch+json";
    const bool isApply = type == "application/apply-patch+yaml";
    if ((!isJson && !isMerge && !isStrategic && !isApply) || (isStrategic && target.kind->has(Custom)))
        return refuse(deny(415, "UnsupportedMediaType",
                           "the body of the request was in an unknown format - accepted media types include: "
                           "application/json-patch+json, application/merge-patch+json, "
                           "application/apply-patch+yaml"));
    const auto body = parseBody(request.body, isJson);
    if (!body)
        return refuse(body.error());
    if (isApply)
        return apply(request, target, *body);
    WriteOptions options{partOf(target.sub), *dryRun, managerOf(request)};
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            fromStorage(*target.kind, target.version, object);
            if (isJson) {
                if (auto good = jsonPatch(object, *body); !good)
                    return good;
            } else if (isMerge) {
                mergePatch(object, *body);
            } else {
                strategicPatch(object, *body, *target.kind);
            }
            if (!object.is_object())
                return badRequest("the patch leaves no object");
            toStorage(*target.kind, target.version, object);
            return {};
        },
        options);
    return written(request, target, result);
}

HttpAnswer ApiHandler::apply(const HttpRequest& request, const Target& target, const Json& config)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    if (request.one("fieldManager").empty())
        return refuse(
            invalid("meta.k8s.io", "PatchOptions", "",
                    {{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"}}));
    if (find(config, "metadata.managedFields") != nullptr)
        return refuse(badRequest("metadata.managedFields must be nil"));
    if (text(config, "kind") != target.kind->kind)
        return refuse(badRequest("the kind of the applied configuration does not match the URL"));
    Json wanted = config;
    toStorage(*target.kind, target.version, wanted);
    wanted["metadata"]["name"] = target.name;
    if (target.kind->has(Namespaced))
        wanted["metadata"]["namespace"] = target.ns;
    ApplyOptions how;
    how.manager = request.one("fieldManager").substr(0, 128);
    how.subresource = target.sub;
    how.apiVersion = apiVersion(*target.kind, target.kind->storageVersion());
    how.time = formatRfc3339(m_cluster->now());
    how.force = request.flag("force");

    if (!store().get(*target.kind, target.ns, target.name)) {
        if (!target.sub.empty())
            return refuse(
                notFound(std::string(target.kind->group), std::string(target.kind->resource), target.name));
        // The object is made first and then applied to, so that what the server fills in is nobody's.
        const auto fields = serverSideApply(Json(), wanted, how, *target.kind);
        if (!fields)
            return refuse(fields.error());
        WriteOptions options{Part::Main, *dryRun, ""};
        const auto made = store().create(*target.kind, *fields, options);
        if (!made || *dryRun)
            return written(request, target, made, 201);
        const auto result =
            store().update(*target.kind, target.ns, target.name, [&](Json& object) -> Answer<void> {
                object["metadata"]["managedFields"] = (*fields)["metadata"]["managedFields"];
                return {};
            });
        return written(request, target, result, 201);
    }
    WriteOptions options{partOf(target.sub), *dryRun, ""};
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            auto merged = serverSideApply(object, wanted, how, *target.kind);
            if (!merged)
                return tl::unexpected<Status>(merged.error());
            // Who applies the same thing again changes nothing, not even the time.
            if (fieldsOf(*merged, *target.kind) == fieldsOf(object, *target.kind)) {
                Json bare = *merged;
                Json before = object;
                const Json was = before["metadata"].value("managedFields", Json::array());
                bare["metadata"].erase("managedFields");
                before["metadata"].erase("managedFields");
                const auto mine = [&](const Json& entries) {
                    for (const Json& entry : entries) {
                        if (text(entry, "manager") == how.manager && text(entry, "operation") == "Apply")
                            return entry.value("fieldsV1", Json());
                    }
                    return Json();
                };
                if (bare == before && mine(was) == mine((*merged)["metadata"]["managedFields"]))
                    return {};
            }
            object = std::move(*merged);
            return {};
        },
        options);
    return written(request, target, result);
}

HttpAnswer ApiHandler::erase(const HttpRequest& request, const Target& target)
{
    DeleteOptions options;
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    options.dryRun = *dryRun;
    options.propagation = request.one("propagationPolicy");
    if (!trimmed(request.body).empty()) {
        const auto body = parseBody(request.body);
        if (!body)
            return refuse(body.error());
        options.uid = text(*body, "preconditions.uid");
        options.resourceVersion = text(*body, "preconditions.resourceVersion");
        if (options.propagation.empty())
            options.propagation = text(*body, "propagationPolicy");
        if (const Json* run = find(*body, "dryRun"); run != nullptr && run->is_array() && !run->empty())
            options.dryRun = true;
    }
    if (options.propagation == "Foreground" && store().get(*target.kind, target.ns, target.name) &&
        store().ownedBy(store().get(*target.kind, target.ns, target.name)->uid).empty())
        options.propagation.clear(); // nothing to wait for
    const auto removed = store().remove(*target.kind, target.ns, target.name, options);
    if (!removed)
        return refuse(removed.error());
    if (!removed->gone) {
        HttpAnswer answer;
        answer.body = renderer(request, target).one(*removed->object);
        return answer;
    }
    Status status;
    status.code = 200;
    status.name = removed->object->name;
    status.group = std::string(target.kind->group);
    status.kind = std::string(target.kind->resource);
    status.uid = removed->object->uid;
    return refuse(status);
}

HttpAnswer ApiHandler::eraseCollection(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    if (target.kind->has(Namespaced) && target.ns.empty())
        return refuse(
            deny(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
    const auto selector =
        Selector::parse(*target.kind, request.one("labelSelector"), request.one("fieldSelector"));
    if (!selector)
        return refuse(selector.error());
    std::uint64_t revision = 0;
    std::vector<ObjectPtr> gone;
    for (const ObjectPtr& object : store().list(*target.kind, target.ns, &revision)) {
        if (!selector->matches(*object))
            continue;
        DeleteOptions options;
        options.dryRun = *dryRun;
        if (store().remove(*target.kind, object->ns, object->name, options))
            gone.push_back(object);
    }
    HttpAnswer answer;
    answer.body = renderer(request, target).list(gone, 0, gone.size(), store().revision(), "", 0);
    return answer;
}

HttpAnswer ApiHandler::scale(const HttpRequest& request, const Target& target)
{
    const auto view = [](const Object& object) {
        const Json body = parseOwn(object.body);
        std::string selector;
        if (const Json* labels = find(body, "spec.selector.matchLabels");
            labels != nullptr && labels->is_object()) {
            for (const auto& [key, value] : labels->items())
                selector += (selector.empty() ? "" : ",") + key + "=" +
                            (value.is_string() ? value.get<std::string>() : std::string());
        }
        Json metadata = {{"name", object.name},
                         {"namespace", object.ns},
                         {"uid", object.uid},
                         {"resourceVersion", std::to_string(object.revision)},
                         {"creationTimestamp", text(body, "metadata.creationTimestamp")}};
        return Json{
            {"kind", "Scale"},
            {"apiVersion", "autoscaling/v1"},
            {"metadata", std::move(metadata)},
            {"spec", {{"replicas", number(body, "spec.replicas").value_or(0)}}},
            {"status", {{"replicas", number(body, "status.replicas").value_or(0)}, {"selector", selector}}}};
    };
    const auto missing = [&] {
        return refuse(
            notFound(std::string(target.kind->group), std::string(target.kind->resource), target.name));
    };
    const ObjectPtr object = store().get(*target.kind, target.ns, target.name);
    if (!object)
        return missing();
    if (request.method == "GET")
        return json(view(*object));
    if (request.method != "PUT" && request.method != "PATCH")
        return refuse(
            deny(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"));
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    const auto body = parseBody(request.body, true);
    if (!body)
        return refuse(body.error());
    Json wanted = view(*object);
    if (request.method == "PUT") {
        wanted = *body;
    } else if (body->is_array()) {
        if (const auto good = jsonPatch(wanted, *body); !good)
            return refuse(good.error());
    } else {
        mergePatch(wanted, *body);
    }
    const auto replicas = number(wanted, "spec.replicas");
    if (!replicas || *replicas < 0 || *replicas > 10'000)
        return refuse(
            invalid("autoscaling", "Scale", target.name,
                    {{"FieldValueInvalid", "Invalid value: must be between 0 and 10000", "spec.replicas"}}));
    const std::string version = text(wanted, "metadata.resourceVersion");
    WriteOptions options{Part::Main, *dryRun, managerOf(request)};
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& edited) -> Answer<void> {
            edited["spec"]["replicas"] = *replicas;
            if (!version.empty() && request.method == "PUT")
                edited["metadata"]["resourceVersion"] = version;
            return {};
        },
        options);
    return result ? json(view(**result)) : refuse(result.error());
}

HttpAnswer ApiHandler::log(const HttpRequest& request, const Target& target)
{
    const ObjectPtr pod = store().get(*target.kind, target.ns, target.name);
    if (!pod)
        return refuse(notFound("", "pods", target.name));
    const Json body = parseOwn(pod->body);
    std::vector<std::string> names;
    for (const char* list : {"spec.containers", "spec.initContainers"}) {
        if (const Json* containers = find(body, list); containers != nullptr && containers->is_array()) {
            for (const Json& container : *containers)
                names.push_back(text(container, "name"));
        }
    }
    LogOptions options;
    options.container = request.one("container");
    if (options.container.empty() && names.size() > 1) {
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
    if (options.previous)
        return refuse(badRequest("previous terminated container \"" + options.container + "\" in pod \"" +
                                 pod->name + "\" not found"));
    HttpAnswer answer = plain("");
    if (options.follow)
        answer.stream = followLog(m_cluster, pod, options);
    else
        answer.body = podLog(*m_cluster, *pod, options);
    return answer;
}

HttpAnswer ApiHandler::evict(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    DeleteOptions options;
    options.dryRun = *dryRun;
    const auto removed = store().remove(*target.kind, target.ns, target.name, options);
    if (!removed)
        return refuse(removed.error());
    return json(
        {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}}, 201);
}

HttpAnswer ApiHandler::review(const HttpRequest& request, const Target& target)
{
    auto body = readObject(request, target);
    if (!body)
        return refuse(body.error());
    (*body)["kind"] = target.kind->kind;
    (*body)["apiVersion"] = apiVersion(*target.kind, target.version);
    (*body)["metadata"].erase("namespace");
    if (target.kind->resource == "selfsubjectaccessreviews") {
        (*body)["status"] = {{"allowed", true}};
    } else if (target.kind->resource == "selfsubjectrulesreviews") {
        const Json all = Json::array({"*"});
        (*body)["status"] = {
            {"resourceRules", Json::array({{{"verbs", all}, {"apiGroups", all}, {"resources", all}}})},
            {"nonResourceRules", Json::array({{{"verbs", all}, {"nonResourceURLs", all}}})},
            {"incomplete", false}};
    } else {
        Json groups = Json::array();
        for (const std::string& group : request.identity.groups)
            groups.push_back(group);
        (*body)["status"] = {
            {"userInfo", {{"username", request.identity.user}, {"groups", std::move(groups)}}}};
    }
    return json(*body, 201);
}

HttpAnswer ApiHandler::metrics(const HttpRequest& request, const Target& target)
{
    const bool nodes = target.kind->resource == "nodes";
    if (request.flag("watch"))
        return refuse(deny(405, "MethodNotAllowed", "watch is not supported on metrics"));
    const Json document =
        nodes ? nodeMetrics(*m_cluster, target.name) : podMetrics(*m_cluster, target.ns, target.name);
    if (document.is_null())
        return refuse(notFound("metrics.k8s.io", std::string(target.kind->resource), target.name));
    return json(document);
}

} // namespace strata::demosite
