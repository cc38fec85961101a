// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/discovery.h"
#include "core/demosite/api/openapi.h"

#include <nlohmann/json.hpp>

// The same in the older form, which kubectl up to 1.26 asks for: to validate, to explain, and to know whether
// a kind can be tried without being written. Its protobuf form is gnostic's (openapiv2/OpenAPIv2.proto).
namespace strata::demosite {
namespace {

constexpr std::string_view kFrom = "#/components/schemas/";
constexpr std::string_view kTo = "#/definitions/";

// Swagger 2.0 knows neither oneOf nor a reference with company.
Json olderSchema(const Json& schema)
{
    if (!schema.is_object())
        return schema;
    if (const auto all = schema.find("allOf"); all != schema.end() && all->is_array() && all->size() == 1)
        return olderSchema(all->front());
    Json out = Json::object();
    for (const auto& [key, value] : schema.items()) {
        if (key == "$ref" && value.is_string()) {
            const std::string& to = value.get_ref<const std::string&>();
            out[key] = to.rfind(kFrom, 0) == 0 ? std::string(kTo) + to.substr(kFrom.size()) : to;
        } else if (key == "properties" && value.is_object()) {
            out[key] = Json::object();
            for (const auto& [name, each] : value.items())
                out[key][name] = olderSchema(each);
        } else if (key == "items" || key == "additionalProperties") {
            out[key] = olderSchema(value);
        } else if (key == "oneOf") {
            out["type"] = "string"; // with the format int-or-string
        } else {
            out[key] = value;
        }
    }
    return out;
}

Json olderPath(const Json& path)
{
    Json out = path;
    for (auto& [verb, operation] : out.items()) {
        if (!operation.is_object() || !operation.contains("parameters"))
            continue;
        for (Json& parameter : operation["parameters"]) {
            parameter.erase("schema");
            parameter["type"] = "string";
        }
    }
    return out;
}

void varint(std::string& out, std::size_t value)
{
    for (; value > 127; value >>= 7U)
        out += static_cast<char>((value & 0x7FU) | 0x80U);
    out += static_cast<char>(value);
}

void field(std::string& out, unsigned number, std::string_view value)
{
    varint(out, number << 3U | 2U); // length-delimited
    varint(out, value.size());
    out += value;
}

std::string holding(unsigned number, std::string_view value)
{
    std::string out;
    field(out, number, value);
    return out;
}

std::string named(std::string_view name, std::string_view value)
{
    std::string out;
    field(out, 1, name);
    field(out, 2, value);
    return out;
}

std::string any(const Json& value)
{
    return holding(2, compact(value)); // YAML, which JSON is
}

void extensions(std::string& out, unsigned number, const Json& from)
{
    for (const auto& [key, value] : from.items()) {
        if (key.rfind("x-", 0) == 0)
            field(out, number, named(key, any(value)));
    }
}

std::string schemaBytes(const Json& schema)
{
    std::string out;
    if (!schema.is_object())
        return out;
    for (const auto& [key, number] :
         {std::pair("$ref", 1U), std::pair("format", 2U), std::pair("description", 4U)}) {
        if (const std::string value = schema.value(key, std::string()); !value.empty())
            field(out, number, value);
    }
    if (const auto required = schema.find("required"); required != schema.end() && required->is_array()) {
        for (const Json& name : *required)
            field(out, 19, name.is_string() ? name.get<std::string>() : std::string());
    }
    if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
        for (const Json& value : *values)
            field(out, 20, any(value));
    }
    if (const auto more = schema.find("additionalProperties"); more != schema.end() && more->is_object())
        field(out, 21, holding(1, schemaBytes(*more)));
    if (const std::string type = schema.value("type", std::string()); !type.empty())
        field(out, 22, holding(1, type));
    if (const auto items = schema.find("items"); items != schema.end())
        field(out, 23, holding(1, schemaBytes(*items)));
    if (const auto properties = schema.find("properties"); properties != schema.end()) {
        std::string all;
        for (const auto& [name, each] : properties->items())
            field(all, 1, named(name, schemaBytes(each)));
        field(out, 25, all);
    }
    extensions(out, 31, schema);
    return out;
}

std::string operationBytes(const Json& operation)
{
    std::string out;
    field(out, 3, operation.value("description", std::string()));
    field(out, 5, operation.value("operationId", std::string()));
    for (const Json& parameter : operation.value("parameters", Json::array())) {
        std::string query;
        field(query, 2, "query");
        field(query, 4, parameter.value("name", std::string()));
        field(query, 6, "string");
        field(out, 8, holding(1, holding(2, holding(3, query))));
    }
    field(out, 9, holding(1, named("200", holding(1, holding(1, "OK")))));
    extensions(out, 13, operation);
    return out;
}

} // namespace

Json openApiV2(const Cluster& cluster)
{
    Json paths = Json::object();
    Json definitions = Json::object();
    Json info = Json::object();
    for (const auto& [group, version] : groupVersions(cluster)) {
        const Json document = openApiV3(cluster, group, version);
        if (document.is_null())
            continue;
        info = document["info"];
        for (const auto& [path, value] : document["paths"].items())
            paths[path] = olderPath(value);
        for (const auto& [name, schema] : document["components"]["schemas"].items()) {
            if (!definitions.contains(name))
                definitions[name] = olderSchema(schema);
        }
    }
    return {{"swagger", "2.0"},
            {"info", std::move(info)},
            {"paths", std::move(paths)},
            {"definitions", std::move(definitions)}};
}

std::string openApiV2Protobuf(const Json& document)
{
    std::string out;
    field(out, 1, "2.0");
    field(out, 2, named(document["info"].value("title", ""), document["info"].value("version", "")));
    std::string paths;
    for (const auto& [path, value] : document["paths"].items()) {
        std::string item;
        for (const auto& [verb, number] : {std::pair("get", 2U), std::pair("put", 3U), std::pair("post", 4U),
                                           std::pair("delete", 5U), std::pair("patch", 8U)}) {
            if (const auto operation = value.find(verb); operation != value.end())
                field(item, number, operationBytes(*operation));
        }
        field(paths, 2, named(path, item));
    }
    field(out, 8, paths);
    std::string definitions;
    for (const auto& [name, schema] : document["definitions"].items())
        field(definitions, 1, named(name, schemaBytes(schema)));
    field(out, 9, definitions);
    return out;
}

} // namespace strata::demosite
