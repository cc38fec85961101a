// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/openapi.h"

#include "core/demosite/api/discovery.h"
#include "core/demosite/api/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr const char* kTitle = "Kubernetes";
constexpr const char* kMapType = "x-kubernetes-map-type";

Json parameter(const char* name)
{
    return {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

std::string schemaName(const Kind& kind, const std::string& version)
{
    // io.x-k8s.cluster.v1beta2.Machine: the group's parts turned round, as upstream names them.
    std::string out;
    std::string_view rest = kind.group.empty() ? std::string_view("core.api.k8s.io") : kind.group;
    while (!rest.empty()) {
        const std::size_t dot = rest.rfind('.');
        out += std::string(dot == std::string_view::npos ? rest : rest.substr(dot + 1)) + ".";
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(0, dot);
    }
    return out + version + "." + std::string(kind.kind);
}

} // namespace

Json openApiV3Index(const Cluster& cluster)
{
    Json paths = Json::object();
    for (const auto& [group, version] : groupVersions(cluster)) {
        const std::string path = group.empty() ? "api/" + version : "apis/" + group + "/" + version;
        paths[path] = {{"serverRelativeURL", "/openapi/v3/" + path}};
    }
    return {{"paths", std::move(paths)}};
}

namespace {

std::string reference(std::string_view message)
{
    return "io.k8s.api." + std::string(message);
}

Json referTo(std::string_view message)
{
    return {{"allOf", Json::array({{{"$ref", "#/components/schemas/" + reference(message)}}})},
            {"default", Json::object()}};
}

Json fieldSchema(const Field& field)
{
    using Type = Field::Type;
    Json schema;
    switch (field.type) {
    case Type::String:
    case Type::Duration:
    case Type::Quantity:
        schema = {{"type", "string"}};
        break;
    case Type::Integer:
        schema = {{"type", "integer"}, {"format", "int64"}};
        break;
    case Type::Boolean:
        schema = {{"type", "boolean"}};
        break;
    case Type::Double:
        schema = {{"type", "number"}, {"format", "double"}};
        break;
    case Type::Bytes:
        schema = {{"type", "string"}, {"format", "byte"}};
        break;
    case Type::Time:
    case Type::MicroTime:
        schema = {{"type", "string"}, {"format", "date-time"}};
        break;
    case Type::IntOrString:
        schema = {{"format", "int-or-string"},
                  {"oneOf", Json::array({{{"type", "integer"}}, {{"type", "string"}}})}};
        break;
    case Type::Raw:
        schema = {{"type", "object"}};
        break;
    case Type::Extra:
        schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
        break;
    case Type::Message:
        schema = referTo(field.messageName);
    }
    if (field.map) {
        Json map = {{"type", "object"}, {"additionalProperties", std::move(schema)}};
        if (field.atomic)
            map[kMapType] = "atomic";
        return map;
    }
    if (!field.list)
        return schema;
    Json list = {{"type", "array"}, {"items", std::move(schema)}};
    const auto names = [](const std::vector<std::string_view>& keys) {
        Json out = Json::array();
        for (const std::string_view key : keys)
            out.push_back(key);
        return out;
    };
    if (field.keys.size() == 1 && field.keys[0] == ".") {
        list["x-kubernetes-list-type"] = "set";
    } else if (!field.keys.empty()) {
        list["x-kubernetes-list-type"] = "map";
        list["x-kubernetes-list-map-keys"] = names(field.keys);
    } else {
        list["x-kubernetes-list-type"] = "atomic";
    }
    if (!field.patchKeys.empty()) {
        list["x-kubernetes-patch-strategy"] = "merge";
        if (field.patchKeys[0] != ".")
            list["x-kubernetes-patch-merge-key"] = field.patchKeys[0];
    }
    return list;
}

Json messageSchema(const Message& message)
{
    std::vector<const Field*> fields;
    message.flattened(fields);
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field* field : fields) {
        properties[std::string(field->name)] = fieldSchema(*field);
        if (field->required)
            required.push_back(field->name);
    }
    Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty())
        schema["required"] = std::move(required);
    if (message.atomic)
        schema[kMapType] = "atomic";
    return schema;
}

// The message and all it refers to.
void addMessage(const Message& message, Json& schemas)
{
    const std::string name = reference(message.name);
    if (schemas.contains(name))
        return;
    schemas[name] = messageSchema(message);
    std::vector<const Field*> fields;
    message.flattened(fields);
    for (const Field* field : fields) {
        if (field->type == Field::Type::Message)
            addMessage(*field->message, schemas);
    }
}

void addTypeMeta(Json& schema)
{
    Json properties = {
        {"apiVersion", {{"type", "string"}, {"description", "Version of the schema of this object."}}},
        {"kind", {{"type", "string"}, {"description", "What this object is."}}}};
    if (const Json* known = find(schema, "properties"))
        properties.update(*known);
    schema["properties"] = std::move(properties);
}

Json kindSchema(const Cluster& cluster, const Kind& kind, const std::string& version, Json& schemas)
{
    const std::string described = std::string(kind.kind) + " as this server keeps it.";
    if (const Message* message =
            kind.has(Custom) ? nullptr : Messages::instance().find(apiVersion(kind, version), kind.kind)) {
        Json schema = messageSchema(*message);
        std::vector<const Field*> fields;
        message->flattened(fields);
        for (const Field* field : fields) {
            if (field->type == Field::Type::Message)
                addMessage(*field->message, schemas);
        }
        schema["description"] = described;
        addTypeMeta(schema);
        return schema;
    }
    addMessage(*Messages::instance().named("ObjectMeta"), schemas);
    if (const auto own = cluster.customKinds().schema(kind, version)) {
        Json schema = *own;
        addTypeMeta(schema);
        schema["properties"]["metadata"] = referTo("ObjectMeta");
        return schema;
    }
    Json schema = {{"type", "object"},
                   {"description", described},
                   {"properties",
                    {{"metadata", referTo("ObjectMeta")},
                     {"spec",
                      {{"type", "object"},
                       {"description", "What is wanted."},
                       {"x-kubernetes-preserve-unknown-fields", true}}}}},
                   {"x-kubernetes-preserve-unknown-fields", true}};
    if (kind.has(HasStatus) || kind.resource == "virtualmachineinstances")
        schema["properties"]["status"] = {{"type", "object"},
                                          {"description", "What was observed."},
                                          {"x-kubernetes-preserve-unknown-fields", true}};
    addTypeMeta(schema);
    return schema;
}

} // namespace

Json openApiV3(const Cluster& cluster, const std::string& group, const std::string& version)
{
    Json paths = Json::object();
    Json schemas = Json::object();
    for (const Kind* served : cluster.kinds()) {
        const Kind& kind = *served;
        const auto versions = words(kind.versions);
        if (kind.group != group || std::find(versions.begin(), versions.end(), version) == versions.end())
            continue;
        const Json gvk = {{"group", group}, {"kind", kind.kind}, {"version", version}};
        const std::string name = schemaName(kind, version);
        Json schema = kindSchema(cluster, kind, version, schemas);
        schema["x-kubernetes-group-version-kind"] = Json::array({gvk});
        schemas[name] = std::move(schema);
        if (kind.has(Computed))
            continue;
        const std::string root = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
        const std::string collection =
            root + (kind.has(Namespaced) ? "/namespaces/{namespace}/" : "/") + std::string(kind.resource);
        const auto operation = [&](const char* action) {
            return Json{{"description", std::string(action) + " " + std::string(kind.kind)},
                        {"operationId", std::string(action) + name},
                        {"parameters", Json::array({parameter("dryRun"), parameter("fieldManager"),
                                                    parameter("fieldValidation")})},
                        {"responses", {{"200", {{"description", "OK"}}}}},
                        {"x-kubernetes-action", action},
                        {"x-kubernetes-group-version-kind", gvk}};
        };
        paths[collection] = {{"post", operation("post")}};
        if (!kind.has(CreateOnly))
            paths[collection + "/{name}"] = {
                {"put", operation("put")}, {"patch", operation("patch")}, {"delete", operation("delete")}};
    }
    if (paths.empty() && schemas.empty())
        return {};
    return {{"openapi", "3.0.0"},
            {"info", {{"title", kTitle}, {"version", cluster.version()}}},
            {"paths", std::move(paths)},
            {"components", {{"schemas", std::move(schemas)}}}};
}

} // namespace strata::demosite
