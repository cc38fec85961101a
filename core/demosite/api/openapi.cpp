// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/openapi.h"

#include "core/demosite/api/discovery.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr const char* kTitle = "Kubernetes";

Json parameter(const char* name)
{
    return {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

// field number and wire type 2 (length-delimited), as protocol buffers encode them
void field(std::string& out, unsigned number, const std::string& value)
{
    out += static_cast<char>(number << 3U | 2U);
    std::size_t size = value.size();
    while (size > 127) {
        out += static_cast<char>((size & 0x7FU) | 0x80U);
        size >>= 7U;
    }
    out += static_cast<char>(size);
    out += value;
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

Json openApiV3(const Cluster& cluster, const std::string& group, const std::string& version)
{
    Json paths = Json::object();
    Json schemas = Json::object();
    for (const Kind& kind : Kinds::instance().all()) {
        const auto versions = words(kind.versions);
        if (kind.group != group || !cluster.serves(kind) ||
            std::find(versions.begin(), versions.end(), version) == versions.end())
            continue;
        const Json gvk = {{"group", group}, {"kind", kind.kind}, {"version", version}};
        const std::string name = schemaName(kind, version);
        Json properties = {
            {"apiVersion", {{"type", "string"}, {"description", "Version of the schema of this object."}}},
            {"kind", {{"type", "string"}, {"description", "What this object is."}}},
            {"metadata", {{"type", "object"}, {"description", "Name, labels, owners and the like."}}},
            {"spec",
             {{"type", "object"},
              {"description", "What is wanted."},
              {"x-kubernetes-preserve-unknown-fields", true}}}};
        if (kind.has(HasStatus) || kind.resource == "virtualmachineinstances")
            properties["status"] = {{"type", "object"},
                                    {"description", "What was observed."},
                                    {"x-kubernetes-preserve-unknown-fields", true}};
        schemas[name] = {{"type", "object"},
                         {"description", std::string(kind.kind) + " as this server keeps it."},
                         {"properties", std::move(properties)},
                         {"x-kubernetes-group-version-kind", Json::array({gvk})},
                         {"x-kubernetes-preserve-unknown-fields", true}};
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
    if (schemas.empty())
        return {};
    return {{"openapi", "3.0.0"},
            {"info", {{"title", kTitle}, {"version", cluster.settings().version}}},
            {"paths", std::move(paths)},
            {"components", {{"schemas", std::move(schemas)}}}};
}

Json openApiV2()
{
    return {{"swagger", "2.0"},
            {"info", {{"title", kTitle}, {"version", "unversioned"}}},
            {"paths", Json::object()},
            {"definitions", Json::object()}};
}

std::string openApiV2Protobuf()
{
    std::string info;
    field(info, 1, kTitle);
    field(info, 2, "unversioned");
    std::string document;
    field(document, 1, "2.0");
    field(document, 2, info);
    field(document, 8, ""); // paths: present, empty
    return document;
}

} // namespace strata::demosite
