// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/api/answers.h"
#include "core/demosite/api/convert.h"
#include "core/demosite/api/fieldcheck.h"
#include "core/demosite/api/handler.h"
#include "core/demosite/api/managedfields.h"
#include "core/demosite/api/names.h"
#include "core/demosite/api/patch.h"
#include "core/demosite/api/quota.h"
#include "core/demosite/api/schema.h"
#include "core/demosite/api/validation.h"

#include <nlohmann/json.hpp>

#include <algorithm>

// The verbs that change objects.
namespace strata::demosite {
namespace {

constexpr long long kLongestGrace = 86400; // seconds

Part partOf(const std::string& sub)
{
    return sub == "status" || sub == "approval" ? Part::Status : Part::Main;
}

// As a built-in kind's types take it: nothing was said.
void dropNulls(Json& value)
{
    std::vector<std::string> gone;
    if (value.is_array()) {
        for (Json& item : value)
            dropNulls(item);
    } else if (value.is_object()) {
        for (auto& [key, child] : value.items()) {
            if (child.is_null())
                gone.push_back(key);
            else
                dropNulls(child);
        }
    }
    for (const std::string& key : gone)
        value.erase(key);
}

// What a subresource of a part of its object leaves of a write.
void keepToPart(const std::string& sub, Json& object, const Json& old)
{
    if (sub == "ephemeralcontainers") {
        const Json* added = find(object, "spec.ephemeralContainers");
        Json all = added != nullptr ? *added : Json::array();
        object = old;
        object["spec"]["ephemeralContainers"] = std::move(all);
    } else if (sub == "approval") {
        const Json* decided = find(object, "status.conditions");
        Json all = decided != nullptr ? *decided : Json::array();
        dropNulls(all); // times that nobody has set yet
        object = old;
        object["status"]["conditions"] = std::move(all);
    }
}

// Who asks for a certificate is not for them to say (registry/certificates/certificates/strategy.go).
void signRequest(Json& request, const Identity& who)
{
    Json& spec = request["spec"];
    spec["username"] = who.user;
    spec["groups"] = Json::array();
    for (const std::string& group : who.groups)
        spec["groups"].push_back(group);
}

// What decoding does to a Secret: its texts move to where the rest is. Empty: it fits.
std::string decodeSecret(Json& secret)
{
    if (const Json* data = find(secret, "data"); data != nullptr && data->is_object()) {
        for (const auto& [key, value] : data->items()) {
            if (!value.is_string())
                continue;
            const auto& word = value.get_ref<const std::string&>();
            std::string bytes;
            if (base64Decode(word, bytes))
                continue;
            return "illegal base64 data at input byte " + std::to_string(faultOfBase64(word));
        }
    }
    const Json texts = secret.value("stringData", Json());
    secret.erase("stringData");
    if (!texts.is_object() || texts.empty())
        return {};
    if (!secret.contains("data") || !secret["data"].is_object())
        secret["data"] = Json::object();
    for (const auto& [key, value] : texts.items()) {
        if (value.is_string())
            secret["data"][key] = base64Encode(value.get_ref<const std::string&>());
    }
    return {};
}

// From the body or, where there is none, from the query: never from both (apiserver
// pkg/endpoints/handlers/delete.go).
Answer<DeleteOptions> deleteOptionsOf(const HttpRequest& request)
{
    DeleteOptions options;
    bool orphans = false;
    if (trimmed(request.body).empty()) {
        const auto dryRun = dryRunOf(request);
        if (!dryRun)
            return tl::unexpected(dryRun.error());
        const auto grace = numberOf(request, "gracePeriodSeconds");
        if (!grace)
            return tl::unexpected(grace.error());
        options.dryRun = *dryRun;
        options.propagation = request.one("propagationPolicy");
        if (*grace)
            options.grace = std::clamp(**grace, 0LL, kLongestGrace);
    } else {
        const auto body = bodyOf(request);
        if (!body)
            return tl::unexpected(body.error());
        options.uid = text(*body, "preconditions.uid");
        options.resourceVersion = text(*body, "preconditions.resourceVersion");
        options.propagation = text(*body, "propagationPolicy");
        orphans = find(*body, "orphanDependents") != nullptr;
        if (const Json* run = find(*body, "dryRun"); run != nullptr && run->is_array() && !run->empty()) {
            if (run->front() != "All")
                return wrongDryRun(request, text(run->front(), ""));
            options.dryRun = true;
        }
        options.grace = number(*body, "gracePeriodSeconds");
    }
    const std::string& policy = options.propagation;
    const auto wrong = [&](const char* reason, std::string message) {
        return invalid("meta.k8s.io", "DeleteOptions", "",
                       {{reason, std::move(message), "propagationPolicy"}});
    };
    if (policy.empty())
        return options;
    if (orphans)
        return wrong("FieldValueInvalid",
                     "Invalid value: " + jsonQuoted(policy) +
                         ": orphanDependents and deletionPropagation cannot be both set");
    if (policy != "Foreground" && policy != "Background" && policy != "Orphan")
        return wrong("FieldValueNotSupported",
                     "Unsupported value: " + jsonQuoted(policy) +
                         ": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
    return options;
}

// The name of a group's types in the server's own form.
std::string internalName(std::string_view group)
{
    return group.empty() ? "core" : std::string(group.substr(0, group.find('.')));
}

// What keeps a body from being of this kind.
std::optional<std::string> otherKind(const Kind& wanted, const std::string& version, const Json& body,
                                     const std::string& raw)
{
    const std::string kind = text(body, "kind");
    const std::string group = text(body, "apiVersion");
    const std::string expected = apiVersion(wanted, version);
    if (wanted.has(Custom)) {
        if (kind.empty())
            return "the object provided is unrecognized (must be of type " + std::string(wanted.kind) +
                   "): Object 'Kind' is missing in '" + compact(body) + "' (" +
                   (raw.size() > 30 ? raw.substr(0, 30) + " ..." : raw) + ")";
        if (group != expected)
            return "the API version in the data (" + group + ") does not match the expected API version (" +
                   expected + ")";
        if (kind != wanted.kind)
            return "the kind in the data (" + kind + ") does not match the expected kind (" +
                   std::string(wanted.kind) + ")";
        return std::nullopt;
    }
    if ((kind.empty() || kind == wanted.kind) && (group.empty() || group == expected))
        return std::nullopt;
    const std::size_t slash = group.find('/');
    const std::string named = slash == std::string::npos ? group : group.substr(slash + 1);
    const std::string start =
        kind + " in version \"" + named + "\" cannot be handled as a " + std::string(wanted.kind) + ": ";
    const Kind* const known =
        Kinds::instance().findKind(slash == std::string::npos ? "" : group.substr(0, slash), kind);
    const auto versions = known == nullptr ? std::vector<std::string_view>() : words(known->versions);
    if (known == nullptr || known->has(Custom) ||
        std::find(versions.begin(), versions.end(), named) == versions.end())
        return start + "no kind \"" + kind + "\" is registered for version \"" + group +
               "\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"";
    return start + "converting (" + named + "." + kind + ") to (" + internalName(wanted.group) + "." +
           std::string(wanted.kind) + "): unknown conversion";
}

// An object with such a fault is none that a rule could be asked about (apiextensions hasBlockingErr).
bool keepsRulesFromBeingAsked(const Status::Cause& cause)
{
    return cause.reason == "FieldValueNotSupported" || cause.reason == "FieldValueRequired" ||
           cause.reason == "FieldValueTooLong" || cause.reason == "FieldValueTooMany" ||
           cause.reason == "FieldValueTypeInvalid";
}

// What a scale subresource reads must be a number there, and none below zero.
void checkReplicas(const Json& object, const Kind& kind, std::vector<Status::Cause>& causes)
{
    const std::string field = "." + std::string(kind.specReplicas);
    const Json* at = &object;
    const auto unreadable = [&](const char* wanted) {
        const std::string type = at->is_string()         ? "string"
                                 : at->is_boolean()      ? "bool"
                                 : at->is_object()       ? "map[string]interface {}"
                                 : at->is_array()        ? "[]interface {}"
                                 : at->is_number_float() ? "float64"
                                                         : "int64";
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: 0: " + field + " accessor error: " + inGo(*at) +
                              " is of the type " + type + ", expected " + wanted,
                          field});
    };
    for (const std::string& step : split(kind.specReplicas, '.')) {
        if (!at->is_object())
            return unreadable("map[string]interface{}");
        const auto found = at->find(step);
        if (found == at->end() || found->is_null())
            return;
        at = &*found;
    }
    if (!at->is_number_integer())
        unreadable("int64");
    else if (at->get<long long>() < 0)
        causes.push_back({"FieldValueInvalid",
                          "Invalid value: " + compact(*at) + ": should be a non-negative integer", field});
}

// A custom resource's finalizer may have any name, but better has one of its own.
void warnOfFinalizers(const Kind& kind, const Json& object, const Json& old,
                      std::vector<std::string>& warnings)
{
    const Json* const all = kind.has(Custom) ? find(object, "metadata.finalizers") : nullptr;
    if (all == nullptr || !all->is_array())
        return;
    const Json* const before = old.is_object() ? find(old, "metadata.finalizers") : nullptr;
    for (const Json& each : *all) {
        const bool known = before != nullptr && before->is_array() &&
                           std::find(before->begin(), before->end(), each) != before->end();
        const std::string name = text(each, "");
        if (!known && name.find('/') == std::string::npos && name != "orphan" && name != "foregroundDeletion")
            warnings.push_back(
                "metadata.finalizers: " + jsonQuoted(name) +
                ": prefer a domain-qualified finalizer name to avoid accidental conflicts with "
                "other finalizer writers");
    }
}

// The body of a patch of this type.
Answer<Json> patchOf(const std::string& body, const std::string& type)
{
    const bool isStrategic = type == "application/strategic-merge-patch+json";
    const bool isJson = type == "application/json-patch+json";
    const char* const start = isStrategic ? "" : "error decoding patch: ";
    auto patch = parseBody(body, Format::OnlyJson, isJson);
    if (!patch)
        return badRequest(start + patch.error().message);
    return patch;
}

// The configuration that is applied.
Answer<Json> configOf(const std::string& body)
{
    if (trimmed(body).empty())
        return Json::object();
    auto config = parseBody(body, Format::Yaml);
    if (config)
        return config;
    const std::string& why = config.error().message;
    return badRequest("error decoding YAML: " +
                      (why.rfind("json:", 0) == 0 ? "error unmarshaling JSON: while decoding JSON: "
                                                  : std::string("error converting YAML to JSON: ")) +
                      why);
}

// 422 of a patch whose result cannot be read; it is told before whose it is.
tl::unexpected<Status> badPatch(const std::string& shown, const std::string& why)
{
    return invalid("", "", "",
                   {{"FieldValueInvalid", "Invalid value: " + jsonQuoted(shown) + ": " + why, "patch"}});
}

} // namespace

Answer<Json> ApiHandler::readObject(const HttpRequest& request, const Target& target,
                                    std::vector<std::string>* twice) const
{
    auto body = bodyOf(request, target.kind->kind, twice);
    if (!body)
        return body;
    if (const auto other = otherKind(*target.kind, target.version, *body, request.body))
        return badRequest(*other);
    toStorage(*target.kind, target.version, *body);
    if (!body->contains("metadata") || (*body)["metadata"].is_null())
        (*body)["metadata"] = Json::object();
    Json& metadata = (*body)["metadata"];
    if (!metadata.is_object()) {
        if (target.kind->has(Custom))
            return badRequest("metadata must be an object");
        return body; // what its fields are to be says so
    }
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

Answer<void> ApiHandler::admit(const HttpRequest& request, const Target& target, Json& object,
                               const Json& old, std::vector<std::string>& warnings, const Told& told) const
{
    const Kind& kind = *target.kind;
    const std::string storage = apiVersion(kind, kind.storageVersion());
    std::vector<std::string> unknown;
    const std::shared_ptr<const Json> schema = m_cluster->customKinds().schema(kind, kind.storageVersion());
    const Message* message =
        kind.has(Custom) ? nullptr : Messages::instance().find(storage, std::string(kind.kind));
    const auto unfit = [&](const std::string& why) {
        if (!told.patched.empty())
            return badPatch(told.patched, why);
        return badRequest(std::string(kind.kind) + " in version \"" + target.version +
                          "\" cannot be handled as a " + std::string(kind.kind) + ": " + why);
    };
    if (schema) {
        // Before pruning: the type of what has no place does not matter.
        prune(object, *schema, unknown);
    } else if (message != nullptr) {
        if (const auto wrong = fitToMessage(object, *message, unknown))
            return unfit(told.strategic ? wrong->converting : wrong->decoding);
    }
    if (!kind.has(Custom) && kind.group.empty() && kind.resource == "secrets") {
        if (const std::string why = decodeSecret(object); !why.empty())
            return unfit(why);
    }
    if (!unknown.empty() && old.is_object()) {
        // What stood there before is not the fault of this request.
        Json before = old;
        std::vector<std::string> known;
        if (schema)
            prune(before, *schema, known);
        else
            (void)fitToMessage(before, *message, known);
        unknown.erase(std::remove_if(unknown.begin(), unknown.end(),
                                     [&](const std::string& path) {
                                         return std::find(known.begin(), known.end(), path) != known.end();
                                     }),
                      unknown.end());
    }
    const std::string& how = request.one("fieldValidation");
    if (!how.empty() && how != "Ignore" && how != "Strict" && how != "Warn")
        return invalid(
            "meta.k8s.io", optionsOf(request), "",
            {{"FieldValueNotSupported",
              "Unsupported value: \"" + how + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
              "fieldValidation"}});
    std::vector<std::string> faults = told.twice;
    if (!told.patched.empty()) // a patch's result is no document with an order
        std::sort(unknown.begin(), unknown.end());
    for (const std::string& path : unknown)
        faults.push_back("unknown field \"" + path + "\"");
    if (!faults.empty() && how == "Strict") {
        std::string all;
        for (const std::string& fault : faults)
            all += (all.empty() ? fault.rfind("line ", 0) == 0 ? "yaml: unmarshal errors:\n  " : "" : ", ") +
                   fault;
        return unfit("strict decoding error: " + all);
    }
    if (how != "Ignore")
        warnings.insert(warnings.end(), faults.begin(), faults.end());
    if (target.sub.empty()) {
        std::vector<Status::Cause> causes;
        checkMetadata(kind, object, old, causes);
        if (request.method == "PUT") // there another uid is a precondition that fails, which the store tells
            causes.erase(
                std::remove_if(causes.begin(), causes.end(),
                               [](const Status::Cause& cause) { return cause.field == "metadata.uid"; }),
                causes.end());
        if (kind.has(Custom) && !causes.empty())
            return invalid(std::string(kind.group), std::string(kind.kind), text(object, "metadata.name"),
                           std::move(causes));
        if (!kind.has(Custom)) {
            for (Status::Cause& cause : validateBuiltIn(kind, object, old))
                causes.push_back(std::move(cause));
        }
        if (!causes.empty())
            return invalid(std::string(kind.group), std::string(kind.kind), text(object, "metadata.name"),
                           std::move(causes));
    }
    warnOfFinalizers(kind, object, old, warnings);
    if (!schema)
        return {};
    dropNulls(object, *schema);
    fillDefaults(object, *schema);
    std::vector<Status::Cause> causes;
    validate(object, *schema, causes);
    if (kind.has(HasScale))
        checkReplicas(object, kind, causes);
    if (std::none_of(causes.begin(), causes.end(), keepsRulesFromBeingAsked))
        validateRules(object, old.is_object() ? &old : nullptr, *schema, causes);
    else if (hasRules(*schema))
        causes.push_back(
            {"FieldValueInvalid",
             "Invalid value: null: some validation rules were not checked because the object was "
             "invalid; correct the existing errors to complete validation",
             "<nil>"});
    if (!causes.empty())
        return invalid(std::string(kind.group), std::string(kind.kind), text(object, "metadata.name"),
                       std::move(causes));
    return {};
}

HttpAnswer ApiHandler::written(const HttpRequest& request, const Target& target,
                               const Answer<ObjectPtr>& result, int status,
                               std::vector<std::string> warnings) const
{
    if (!result)
        return refuse(result.error(), std::move(warnings));
    HttpAnswer answer;
    answer.warnings = std::move(warnings);
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
        return notAllowed();
    Told told;
    auto object = readObject(request, target, &told.twice);
    if (!object)
        return refuse(object.error());
    std::vector<std::string> warnings;
    if (target.kind->resource == "certificatesigningrequests")
        signRequest(*object, target.who);
    if (const auto good = admit(request, target, *object, Json(), warnings, told); !good)
        return refuse(good.error(), std::move(warnings));
    // As etcd's side of the server says it.
    if (const std::string version = text(*object, "metadata.resourceVersion");
        !version.empty() && version != "0")
        return refuse(deny(500, "", "resourceVersion should not be set on objects to be created"));
    WriteOptions options{Part::Main, *dryRun, managerOf(request)};
    const auto result = store().create(*target.kind, std::move(*object), options);
    if (!*dryRun)
        refreshQuotas(target.ns, store());
    return written(request, target, result, 201, std::move(warnings));
}

HttpAnswer ApiHandler::put(const HttpRequest& request, const Target& target)
{
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    Told told;
    const auto body = readObject(request, target, &told.twice);
    if (!body)
        return refuse(body.error());
    const std::string name = text(*body, "metadata.name");
    if (name != target.name)
        return refuse(badRequest("the name of the object (" + name +
                                 ") does not match the name on the URL (" + target.name + ")"));
    if (target.kind->has(Custom) && text(*body, "metadata.resourceVersion").empty())
        return refuse(invalid(std::string(target.kind->group), std::string(target.kind->resource), name,
                              {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update",
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
    WriteOptions options{partOf(target.sub), *dryRun, managerOf(request), target.sub};
    std::vector<std::string> warnings;
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            const Json old = object;
            object = *body;
            object["metadata"].erase("managedFields");
            if (Json fields = old["metadata"].value("managedFields", Json()); !fields.is_null())
                object["metadata"]["managedFields"] = std::move(fields);
            keepToPart(target.sub, object, old);
            warnings.clear();
            return admit(request, target, object, old, warnings, told);
        },
        options);
    return written(request, target, result, 200, std::move(warnings));
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
    // A route of a built-in kind knows the types by itself, and says less.
    if (!isJson && !isMerge && !isStrategic && !isApply && !target.kind->has(Custom))
        return refuse(general(415, "UnsupportedMediaType", "415: Unsupported Media Type"));
    if ((!isJson && !isMerge && !isStrategic && !isApply) || (isStrategic && target.kind->has(Custom)))
        return refuse(deny(415, "UnsupportedMediaType",
                           "the body of the request was in an unknown format - accepted media types include: "
                           "application/json-patch+json, application/merge-patch+json, "
                           "application/apply-patch+yaml"));
    if (!isApply && !request.one("force").empty())
        return refuse(invalid(
            "meta.k8s.io", "PatchOptions", "",
            {{"FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"}}));
    const auto body = isApply ? configOf(request.body) : patchOf(request.body, type);
    if (!body)
        return refuse(body.error());
    if (isApply)
        return apply(request, target, *body);
    WriteOptions options{partOf(target.sub), *dryRun, managerOf(request), target.sub};
    std::vector<std::string> warnings;
    const auto result = store().update(
        *target.kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            const Json old = object;
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
            if (const std::string name = text(object, "metadata.name"); name != target.name)
                return badRequest("the name of the object (" + name +
                                  ") does not match the name on the URL (" + target.name + ")");
            if (target.kind->has(Namespaced) && text(object, "metadata.namespace") != target.ns)
                return badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
            Told told;
            told.strategic = isStrategic;
            told.patched = isStrategic ? inGo(*body) : compact(object);
            toStorage(*target.kind, target.version, object);
            keepToPart(target.sub, object, old);
            warnings.clear();
            return admit(request, target, object, old, warnings, told);
        },
        options);
    return written(request, target, result, 200, std::move(warnings));
}

FieldWriter ApiHandler::writerOf(const HttpRequest& request, const Target& target) const
{
    return {request.one("fieldManager"), target.sub, timeOfWrite(target.sub, m_cluster->now())};
}

tl::unexpected<Status> ApiHandler::managerRequired()
{
    return invalid("meta.k8s.io", "PatchOptions", "",
                   {{"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"}});
}

HttpAnswer ApiHandler::apply(const HttpRequest& request, const Target& target, const Json& config)
{
    const Kind& kind = *target.kind;
    const auto dryRun = dryRunOf(request);
    if (!dryRun)
        return refuse(dryRun.error());
    if (request.one("fieldManager").empty())
        return refuse(managerRequired());
    if (find(config, "metadata.managedFields") != nullptr)
        return refuse(badRequest("metadata.managedFields must be nil"));
    const std::string version = text(config, "apiVersion");
    if (text(config, "kind") != kind.kind || version != apiVersion(kind, target.version)) {
        const std::size_t slash = version.find('/');
        return refuse(
            badRequest("invalid object type: " + (slash == std::string::npos ? "/" : std::string()) +
                       version + ", Kind=" + text(config, "kind")));
    }
    if (const std::string name = text(config, "metadata.name"); !name.empty() && name != target.name)
        return refuse(badRequest("the name of the object (" + name +
                                 ") does not match the name on the URL (" + target.name + ")"));
    if (const std::string ns = text(config, "metadata.namespace");
        kind.has(Namespaced) && !ns.empty() && ns != target.ns)
        return refuse(badRequest("the namespace of the object (" + ns +
                                 ") does not match the namespace on the request (" + target.ns + ")"));
    const CustomKinds& customKinds = m_cluster->customKinds();
    const auto asked = customKinds.schema(kind, target.version);
    if (const std::string wrong = misfits(config, FieldType::of(kind, asked.get())); !wrong.empty())
        return refuse(deny(500, "",
                           "failed to create typed patch object (" + text(config, "metadata.namespace") +
                               "/" + text(config, "metadata.name") + "; " + std::string(kind.group) + "/" +
                               target.version + ", Kind=" + std::string(kind.kind) + "): " + wrong));
    Json wanted = config;
    toStorage(kind, target.version, wanted);
    wanted["metadata"]["name"] = target.name;
    if (kind.has(Namespaced))
        wanted["metadata"]["namespace"] = target.ns;
    const auto schema = customKinds.schema(kind, kind.storageVersion());
    const FieldType type = FieldType::of(kind, schema.get());
    const FieldWriter writer = writerOf(request, target);
    std::vector<std::string> warnings;
    const auto applyTo = [&](const Json& live, Json& object) -> Answer<void> {
        auto merged = serverSideApply(live, wanted, writer, request.flag("force"), kind, type);
        if (!merged)
            return tl::unexpected<Status>(merged.error());
        object = std::move(*merged);
        if (!schema)
            dropNulls(object);
        warnings.clear();
        return admit(request, target, object, live, warnings, {});
    };

    if (!store().get(kind, target.ns, target.name)) {
        if (const auto good = authorize(target, "create"); !good)
            return refuse(good.error());
        if (!target.sub.empty())
            return refuse(notFound(std::string(kind.group), std::string(kind.resource), target.name));
        Json whole;
        if (const auto good = applyTo(Json(), whole); !good)
            return refuse(good.error(), std::move(warnings));
        WriteOptions options{Part::Main, *dryRun};
        options.keepOwners = true;
        const auto made = store().create(kind, std::move(whole), options);
        if (made && !*dryRun)
            refreshQuotas(target.ns, store());
        return written(request, target, made, 201, std::move(warnings));
    }
    const auto result = store().update(
        kind, target.ns, target.name,
        [&](Json& object) -> Answer<void> {
            const Json live = object;
            return applyTo(live, object);
        },
        WriteOptions{partOf(target.sub), *dryRun});
    return written(request, target, result, 200, std::move(warnings));
}

HttpAnswer ApiHandler::erase(const HttpRequest& request, const Target& target)
{
    const auto wanted = deleteOptionsOf(request);
    if (!wanted)
        return refuse(wanted.error());
    DeleteOptions options = *wanted;
    if (options.propagation == "Foreground" && store().get(*target.kind, target.ns, target.name) &&
        store().ownedBy(store().get(*target.kind, target.ns, target.name)->uid).empty())
        options.propagation.clear(); // nothing to wait for
    const auto removed = store().remove(*target.kind, target.ns, target.name, options);
    if (!removed)
        return refuse(removed.error());
    if (!options.dryRun && removed->gone)
        refreshQuotas(target.ns, store());
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
    const auto wanted = deleteOptionsOf(request);
    if (!wanted)
        return refuse(wanted.error());
    if (target.kind->has(Namespaced) && target.ns.empty())
        return notAllowed();
    const auto selector =
        Selector::parse(*target.kind, request.one("labelSelector"), request.one("fieldSelector"));
    if (!selector)
        return refuse(selector.error());
    std::vector<ObjectPtr> gone;
    for (const ObjectPtr& object : store().list(*target.kind, target.ns)) {
        if (!selector->matches(*object))
            continue;
        DeleteOptions each = *wanted;
        if (each.propagation == "Foreground" && store().ownedBy(object->uid).empty())
            each.propagation.clear(); // nothing to wait for
        if (const auto removed = store().remove(*target.kind, object->ns, object->name, each))
            gone.push_back(removed->object);
    }
    if (!wanted->dryRun)
        refreshQuotas(target.ns, store());
    HttpAnswer answer;
    answer.body = renderer(request, target).list(gone, 0, gone.size(), store().revision(), "", std::nullopt);
    return answer;
}

} // namespace strata::demosite
