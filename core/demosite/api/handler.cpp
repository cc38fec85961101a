// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/handler.h"

#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/discovery.h"
#include "core/demosite/api/openapi.h"
#include "core/demosite/api/token.h"
#include "core/demosite/api/watchstream.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

tl::unexpected<Status> tooNew(std::uint64_t wanted, std::uint64_t current)
{
    auto refused = deny(504, "Timeout",
                        "Timeout: Too large resource version: " + std::to_string(wanted) +
                            ", current: " + std::to_string(current));
    refused.value().retryAfterSeconds = 1;
    refused.value().causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
    return refused;
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

// Whether the server itself serves this group, not a definition or another server behind it.
bool isBuiltIn(std::string_view group)
{
    const auto& all = Kinds::instance().all();
    return std::any_of(all.begin(), all.end(), [&](const Kind& kind) {
        return kind.group == group && !kind.has(Custom) && !kind.has(Computed);
    });
}

tl::unexpected<Status> notAcceptable(bool builtIn)
{
    constexpr const char* types = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    if (builtIn)
        return general(406, "NotAcceptable",
                       std::string("406: Not Acceptable\n\nAvailable representations: ") + types);
    return deny(406, "NotAcceptable", std::string("only the following media types are accepted: ") + types);
}

// Numbers of a query that are none; `timeoutSeconds` of lists, too.
Answer<std::size_t> limitOf(const HttpRequest& request)
{
    if (const auto seconds = numberOf(request, "timeoutSeconds"); !seconds)
        return tl::unexpected(seconds.error());
    const auto limit = numberOf(request, "limit");
    if (!limit)
        return tl::unexpected(limit.error());
    return static_cast<std::size_t>(std::max(0LL, limit->value_or(0)));
}

// A resourceVersionMatch nobody knows is told together with what else is wrong.
std::vector<Status::Cause> wrongMatch(const std::string& match, std::vector<Status::Cause> others)
{
    if (!match.empty() && match != "Exact" && match != "NotOlderThan")
        others.push_back({"FieldValueNotSupported",
                          "Unsupported value: " + jsonQuoted(match) +
                              ": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                          "resourceVersionMatch"});
    return others;
}

} // namespace

ApiHandler::ApiHandler(std::shared_ptr<Cluster> cluster, std::chrono::milliseconds bookmarkEvery)
    : m_cluster(std::move(cluster)), m_bookmarkEvery(bookmarkEvery), m_authorizer(m_cluster)
{}

Identity ApiHandler::identify(std::string_view bearerToken)
{
    const auto& settings = m_cluster->settings();
    const auto account = [](const std::string& ns, const std::string& name) {
        Identity identity;
        identity.known = true;
        identity.user = "system:serviceaccount:" + ns + ":" + name;
        identity.groups = {"system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"};
        return identity;
    };
    if (!settings.token.empty() && bearerToken == settings.token)
        return account("kube-system", "strata-admin");
    for (const auto& [token, identity] : settings.users) {
        if (bearerToken == token)
            return identity;
    }
    if (const auto claims = readToken(settings.tokenKey, bearerToken, m_cluster->now())) {
        const ObjectPtr owner =
            store().get(Kinds::instance().get("serviceaccounts", ""), claims->ns, claims->account);
        if (owner && owner->uid == claims->uid)
            return account(claims->ns, claims->account);
    }
    Identity stranger;
    stranger.refused = true;
    return stranger;
}

Answer<Identity> ApiHandler::caller(const HttpRequest& request)
{
    Identity who = request.identity;
    if (who.refused)
        return deny(401, "Unauthorized", "Unauthorized");
    if (!who.known) {
        who.user = "system:anonymous";
        who.groups = {"system:unauthenticated"};
    } else if (std::find(who.groups.begin(), who.groups.end(), "system:authenticated") == who.groups.end()) {
        who.groups.emplace_back("system:authenticated");
    }
    if (request.impersonateUser.empty())
        return who;
    if (const Access want{"impersonate", "", "users", "", "", request.impersonateUser, ""};
        !m_authorizer.allows(who, want))
        return forbidden(who, want);
    for (const std::string& group : request.impersonateGroups) {
        if (const Access want{"impersonate", "", "groups", "", "", group, ""};
            !m_authorizer.allows(who, want))
            return forbidden(who, want);
    }
    Identity other;
    other.known = true;
    other.user = request.impersonateUser;
    other.groups = request.impersonateGroups;
    // A service account brings its groups along.
    if (const auto parts = split(other.user, ':');
        parts.size() == 4 && parts[0] == "system" && parts[1] == "serviceaccount") {
        other.groups.emplace_back("system:serviceaccounts");
        other.groups.push_back("system:serviceaccounts:" + parts[2]);
    }
    other.groups.emplace_back(other.user == "system:anonymous" ? "system:unauthenticated"
                                                               : "system:authenticated");
    return other;
}

Answer<void> ApiHandler::authorize(const Target& target, const char* verb)
{
    Access want{verb,
                std::string(target.kind->group),
                std::string(target.kind->resource),
                target.sub,
                target.ns,
                target.name,
                ""};
    // A namespace is in itself: who may see the content may see it.
    if (want.group.empty() && want.resource == "namespaces")
        want.ns = want.name;
    if (m_authorizer.allows(target.who, want))
        return {};
    want.ns = target.ns;
    return forbidden(target.who, want);
}

HttpAnswer ApiHandler::handle(const HttpRequest& request)
{
    try {
        return route(request);
    } catch (const Json::exception& fault) {
        // A value of a type nobody expects, deep in an object: the client's doing, so it is told.
        return refuse(badRequest(std::string("the object cannot be processed: ") + fault.what()));
    } catch (const std::exception& fault) {
        return refuse(deny(500, "InternalError", std::string("Internal error occurred: ") + fault.what()));
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
        return plainAnswer("ok");
    if (root == "version") {
        const std::string version = m_cluster->version();
        const auto numbers = split(version.substr(1), '.');
        return jsonAnswer({{"major", numbers[0]},
                           {"minor", numbers[1]},
                           {"gitVersion", version},
                           {"gitCommit", "93248f9ae092f571eb870b7664c534bfc7d00f03"},
                           {"gitTreeState", "clean"},
                           {"buildDate", "2025-09-09T19:34:52Z"},
                           {"goVersion", "go1.24.6"},
                           {"compiler", "gc"},
                           {"platform", "linux/amd64"}});
    }
    const auto who = caller(request);
    if (!who)
        return refuse(who.error());
    const bool resources = (root == "api" && parts.size() > 2) || (root == "apis" && parts.size() > 3);
    if (!resources) {
        const std::string verb = request.method == "GET" || request.method == "HEAD" ? "get"
                                 : request.method == "PUT"                           ? "update"
                                 : request.method == "POST"                          ? "create"
                                                            : toLower(request.method);
        if (const Access want{verb, "", "", "", "", "", request.path}; !m_authorizer.allows(*who, want))
            return refuse(forbidden(*who, want));
    }

    const Form form = negotiate(request.accept);
    if (root == "openapi") {
        if (parts.size() == 2 && parts[1] == "v2") {
            if (form.acceptable)
                return jsonAnswer(openApiV2(*m_cluster));
            HttpAnswer answer;
            answer.contentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
            answer.body = openApiV2Protobuf(openApiV2(*m_cluster));
            return answer;
        }
        if (parts.size() == 2 && parts[1] == "v3")
            return jsonAnswer(openApiV3Index(*m_cluster));
        Json document;
        if (parts.size() == 4 && parts[1] == "v3" && parts[2] == "api")
            document = openApiV3(*m_cluster, "", parts[3]);
        else if (parts.size() == 5 && parts[1] == "v3" && parts[2] == "apis")
            document = openApiV3(*m_cluster, parts[3], parts[4]);
        return document.is_null() ? pageNotFound() : jsonAnswer(document);
    }
    // Asked only by what refuses.
    const auto known = [&] { return root != "apis" || parts.size() < 2 || isBuiltIn(parts[1]); };
    if (!form.acceptable)
        return refuse(notAcceptable(known()));
    if (parts.empty())
        return jsonAnswer({{"paths",
                            {"/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3",
                             "/readyz", "/version"}}});
    if ((root == "api" || root == "apis") && parts.size() == 1) {
        if (form.aggregatedDiscovery) {
            HttpAnswer answer = jsonAnswer(aggregatedDiscovery(*m_cluster, root == "api"));
            answer.contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return answer;
        }
        return jsonAnswer(root == "api" ? apiVersions(request.host) : apiGroupList(*m_cluster));
    }
    if (root != "api" && root != "apis")
        return pageNotFound();
    // What of a group is not there: those of definitions are asked one after another until nobody is left.
    const auto nothingThere = [&known] { return known() ? noSuchPath() : pageNotFound(); };
    std::string group;
    std::size_t at = 1;
    if (root == "apis") {
        group = parts[at++];
        if (parts.size() == 2) {
            const Json document = apiGroup(*m_cluster, group);
            return document.is_null() ? nothingThere() : jsonAnswer(document);
        }
    }
    Target target;
    target.who = *who;
    target.version = parts[at++];
    if (at == parts.size()) {
        const Json document = apiResourceList(*m_cluster, group, target.version);
        return document.is_null() ? nothingThere() : jsonAnswer(document);
    }
    if (group == "subresources.kubevirt.io" && m_cluster->settings().outer && !virtApiAnswers())
        return refuse(
            deny(503, "ServiceUnavailable", "the server is currently unable to handle the request"));
    if (group == "subresources.kubevirt.io" && m_cluster->settings().outer)
        return kubevirt(request, *who, {parts.begin() + static_cast<std::ptrdiff_t>(at), parts.end()});
    // /namespaces/N/pods/…, but /namespaces/N and /namespaces/N/status are the namespace itself.
    const std::size_t left = parts.size() - at;
    const bool itself = left >= 3 && (parts[at + 2] == "status" || parts[at + 2] == "finalize");
    if (parts[at] == "namespaces" && left >= 3 && !(group.empty() && itself)) {
        target.ns = parts[at + 1];
        at += 2;
    }
    target.kind = m_cluster->find(group, target.version, parts[at++]);
    if (target.kind == nullptr || (!target.ns.empty() && !target.kind->has(Namespaced)))
        return nothingThere();
    if (at < parts.size())
        target.name = parts[at++];
    if (at < parts.size())
        target.sub = parts[at++];
    if (target.sub == "proxy") {
        for (; at < parts.size(); ++at)
            target.rest += "/" + parts[at];
    }
    if (at < parts.size())
        return noSuchPath();
    HttpAnswer answer = resource(request, target);
    if (target.version != target.kind->storageVersion()) {
        if (std::string warning = deprecationOf(*target.kind, target.version); !warning.empty())
            answer.warnings.push_back(std::move(warning));
    }
    return answer;
}

std::string ApiHandler::deprecationOf(const Kind& kind, const std::string& version)
{
    const ObjectPtr definition =
        store().get(Kinds::instance().get("customresourcedefinitions", "apiextensions.k8s.io"), "",
                    std::string(kind.resource) + "." + std::string(kind.group));
    const Json body = definition ? parseOwn(definition->body) : Json();
    const Json* const versions = find(body, "spec.versions");
    for (std::size_t i = 0; versions != nullptr && versions->is_array() && i < versions->size(); ++i) {
        const Json& each = (*versions)[i];
        if (text(each, "name") != version || text(each, "deprecated") != "true")
            continue;
        const std::string own = text(each, "deprecationWarning");
        const std::string name(kind.kind);
        return !own.empty() ? own
                            : apiVersion(kind, version) + " " + name + " is deprecated; use " +
                                  apiVersion(kind, kind.storageVersion()) + " " + name;
    }
    return {};
}

HttpAnswer ApiHandler::resource(const HttpRequest& request, const Target& target)
{
    const Kind& kind = *target.kind;
    const std::string& method = request.method;
    const bool reads = method == "GET" || method == "HEAD";
    const bool collection = target.name.empty();
    if (kind.has(Namespaced) && target.ns.empty() && !collection)
        return noSuchPath();
    const bool watches = reads && collection && request.flag("watch");
    const char* verb = reads                ? (watches      ? "watch"
                                               : collection ? "list"
                                                            : "get")
                       : method == "POST"   ? "create"
                       : method == "PUT"    ? "update"
                       : method == "PATCH"  ? "patch"
                       : method == "DELETE" ? (collection ? "deletecollection" : "delete")
                                            : nullptr;
    if (verb == nullptr)
        return notAllowed();
    if (const auto good = authorize(target, verb); !good)
        return refuse(good.error());

    if (!reads && kind.group == "kubevirt.io" && method != "DELETE" && target.sub.empty() &&
        !virtApiAnswers())
        return refuse(deny(500, "InternalError",
                           "Internal error occurred: failed calling webhook \"" + std::string(kind.singular) +
                               "-validator.kubevirt.io\": failed to call webhook: Post "
                               "\"https://virt-api.kubevirt.svc:443/" +
                               std::string(kind.resource) +
                               "-validate?timeout=10s\": no endpoints available for service \"virt-api\""));
    if (kind.has(CreateOnly))
        return method == "POST" && collection ? review(request, target) : notAllowed();
    if (kind.has(Computed))
        return reads && target.sub.empty() ? metrics(request, target) : notAllowed();
    if (!target.sub.empty()) {
        const auto extra = words(kind.subresources);
        const bool listed = std::find(extra.begin(), extra.end(), target.sub) != extra.end();
        if (target.sub == "scale" && kind.has(HasScale))
            return scale(request, target);
        if (target.sub == "log" && listed)
            return reads ? log(request, target) : notAllowed();
        if (target.sub == "eviction" && listed)
            return method == "POST" ? evict(request, target) : notAllowed();
        if ((target.sub == "exec" || target.sub == "attach" || target.sub == "portforward") && listed)
            return reads || method == "POST" ? connect(request, target) : notAllowed();
        if (target.sub == "proxy" && listed)
            return !reads                     ? notAllowed()
                   : kind.resource == "nodes" ? nodeProxy(target)
                                              : serviceProxy(request, target);
        if (target.sub == "token" && listed)
            return method == "POST" ? token(request, target) : notAllowed();
        const bool edited =
            target.sub == "finalize" || target.sub == "approval" || target.sub == "ephemeralcontainers";
        if (!(target.sub == "status" && kind.has(HasStatus)) && !(edited && listed))
            return kind.has(Custom)
                       ? refuse(notFound(std::string(kind.group), std::string(kind.resource), target.name))
                       : noSuchPath();
    }
    if (collection) {
        if (reads)
            return watches ? watch(request, target) : list(request, target);
        if (method == "POST")
            return create(request, target);
        return method == "DELETE" ? eraseCollection(request, target) : notAllowed();
    }
    if (reads)
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

bool ApiHandler::virtApiAnswers()
{
    if (!m_cluster->settings().outer ||
        !store().get(Kinds::instance().get("deployments", "apps"), "kubevirt", "virt-api"))
        return true;
    for (const ObjectPtr& pod : store().list(Kinds::instance().get("pods", ""), "kubevirt")) {
        if (lookUp(pod->labels, "app") == "virt-api" && isReady(*pod))
            return true;
    }
    return false;
}

HttpAnswer ApiHandler::get(const HttpRequest& request, const Target& target)
{
    const auto version = versionOf(request);
    if (!version)
        return refuse(version.error());
    if (const std::uint64_t now = store().revision(); version->value_or(0) > now)
        return refuse(tooNew(**version, now));
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
                        "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    if (auto causes = wrongMatch(match, {}); !causes.empty())
        return refuse(invalid("meta.k8s.io", "ListOptions", "", std::move(causes)));
    const auto limit = limitOf(request);
    if (!limit)
        return refuse(limit.error());
    const auto wanted = versionOf(request);
    if (!wanted)
        return refuse(badRequest("invalid resource version: " + wanted.error().message));
    if (const std::uint64_t now = store().revision(); wanted->value_or(0) > now)
        return refuse(tooNew(**wanted, now));

    std::uint64_t revision = 0;
    Store::Picture picture;
    std::uint64_t id = 0;
    std::size_t from = 0;
    if (!token.empty()) {
        if (!parseToken(token, id, from))
            return refuse(
                badRequest("invalid continue token: continue key is not valid: illegal base64 data at "
                           "input byte " +
                           std::to_string(faultOfBase64(token))));
        picture = store().picture(id, revision);
        if (!picture)
            return refuse(
                expired("The provided continue parameter is too old to display a consistent list result. "
                        "You must start a new list without the continue parameter."));
        from = std::min(from, picture->size());
    } else {
        std::vector<ObjectPtr> objects;
        if (match == "Exact") {
            revision = integer(version).value_or(0);
            auto then = store().listAt(*target.kind, target.ns, revision);
            if (!then)
                return refuse(then.error());
            objects = std::move(*then);
        } else {
            objects = store().list(*target.kind, target.ns, &revision);
        }
        if (!selector->empty())
            objects.erase(
                std::remove_if(objects.begin(), objects.end(),
                               [&](const ObjectPtr& object) { return !selector->matches(*object); }),
                objects.end());
        picture = std::make_shared<const std::vector<ObjectPtr>>(std::move(objects));
    }
    std::size_t to = picture->size();
    std::string next;
    if (*limit > 0 && to - from > *limit) {
        to = from + *limit;
        if (id == 0)
            id = store().keepPicture(picture, revision);
        next = continueToken(id, to);
    }
    HttpAnswer answer;
    // How many more there are a server cannot know while it has to look at each.
    const auto remaining =
        selector->empty() ? std::optional<std::size_t>(picture->size() - to) : std::nullopt;
    answer.body = renderer(request, target).list(*picture, from, to, revision, next, remaining);
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
    if (const auto limit = limitOf(request); !limit)
        return refuse(limit.error());
    const auto version = versionOf(request);
    if (!version)
        return refuse(version.error());
    const std::uint64_t after = version->value_or(0); // one that is still to come is waited for
    settings.initialEvents = asked ? initial : after == 0;
    if (const std::uint64_t now = store().revision(); settings.initialEvents && after > now)
        return refuse(tooNew(after, now));
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

} // namespace strata::demosite
