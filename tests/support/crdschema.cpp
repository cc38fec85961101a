// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/crdschema.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace strata::test {

namespace {

using provision::Json;

std::string keyOf(const std::string& apiVersion, const std::string& kind)
{
    return apiVersion + "/" + kind;
}

class Checker {
public:
    std::vector<std::string> problems;

    void root(const Json& schema, const Json& object)
    {
        check(schema, object, {}, true);
        const Json& metadata = object.value("metadata", Json::object());
        for (const char* map : {"labels", "annotations"}) {
            if (!metadata.contains(map))
                continue;
            for (const auto& [key, value] : metadata[map].items()) {
                if (!value.is_string())
                    wrong(std::string("metadata.") + map + "." + key, "must be a string");
            }
        }
    }

private:
    void wrong(const std::string& path, const std::string& what) { problems.push_back(path + ": " + what); }

    static bool flag(const Json& schema, const char* name)
    {
        const auto found = schema.find(name);
        return found != schema.end() && *found == Json(true);
    }

    static const char* typeOf(const Json& value)
    {
        if (value.is_object())
            return "object";
        if (value.is_array())
            return "array";
        if (value.is_string())
            return "string";
        if (value.is_boolean())
            return "boolean";
        if (value.is_number_integer())
            return "integer";
        if (value.is_number())
            return "number";
        return "null";
    }

    void check(const Json& schema, const Json& value, const std::string& path, bool isRoot)
    {
        if (value.is_null()) {
            if (!flag(schema, "nullable"))
                wrong(path, "is null");
            return;
        }
        if (flag(schema, "x-kubernetes-int-or-string")) {
            if (!value.is_number_integer() && !value.is_string())
                wrong(path, std::string("is of type ") + typeOf(value) + ", an integer or string is wanted");
        } else if (schema.contains("type")) {
            const std::string wanted = schema["type"].get<std::string>();
            const std::string found = typeOf(value);
            if (wanted != found && !(wanted == "number" && found == "integer")) {
                wrong(path, "is of type " + found + ", " + wanted + " is wanted");
                return;
            }
        }
        if (schema.contains("enum")) {
            const Json& allowed = schema["enum"];
            if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
                wrong(path, value.dump() + " is not one of " + allowed.dump());
        }
        if (value.is_string())
            text(schema, value.get<std::string>(), path);
        else if (value.is_number())
            number(schema, value.get<double>(), path);
        else if (value.is_array())
            list(schema, value, path);
        else if (value.is_object())
            object(schema, value, path, isRoot);
    }

    static std::int64_t limit(const Json& schema, const char* name, std::int64_t otherwise)
    {
        const auto found = schema.find(name);
        return found != schema.end() && found->is_number() ? found->get<std::int64_t>() : otherwise;
    }

    void size(const Json& schema, const char* low, const char* high, std::size_t count,
              const std::string& path)
    {
        const auto n = static_cast<std::int64_t>(count);
        if (n < limit(schema, low, 0))
            wrong(path, std::string("has fewer than ") + low);
        if (n > limit(schema, high, INT64_MAX))
            wrong(path, std::string("has more than ") + high);
    }

    void text(const Json& schema, const std::string& value, const std::string& path)
    {
        size(schema, "minLength", "maxLength", value.size(), path);
        if (schema.contains("pattern")) {
            const std::string pattern = schema["pattern"].get<std::string>();
            if (!std::regex_search(value, std::regex(pattern)))
                wrong(path, "“" + value + "” does not match " + pattern);
        }
    }

    void number(const Json& schema, double value, const std::string& path)
    {
        if (schema.contains("minimum") && value < schema["minimum"].get<double>())
            wrong(path, "is below the minimum");
        if (schema.contains("maximum") && value > schema["maximum"].get<double>())
            wrong(path, "is above the maximum");
        if (schema.value("format", "") == "int32" && (value < INT_MIN || value > INT_MAX))
            wrong(path, "does not fit 32 bits");
    }

    void list(const Json& schema, const Json& value, const std::string& path)
    {
        size(schema, "minItems", "maxItems", value.size(), path);
        if (!schema.contains("items"))
            return;
        for (std::size_t i = 0; i < value.size(); ++i)
            check(schema["items"], value[i], path + "[" + std::to_string(i) + "]", false);
    }

    void object(const Json& schema, const Json& value, const std::string& path, bool isRoot)
    {
        size(schema, "minProperties", "maxProperties", value.size(), path);
        const bool embedded = isRoot || flag(schema, "x-kubernetes-embedded-resource");
        if (schema.contains("required")) {
            for (const Json& name : schema["required"]) {
                if (!value.contains(name.get<std::string>()))
                    wrong(path, "lacks the required field " + name.get<std::string>());
            }
        }
        const Json none = Json::object();
        const Json& properties = schema.contains("properties") ? schema["properties"] : none;
        const Json* additional =
            schema.contains("additionalProperties") ? &schema["additionalProperties"] : nullptr;
        for (const auto& [name, item] : value.items()) {
            const std::string inner = path.empty() ? name : path + "." + name;
            if (embedded && (name == "apiVersion" || name == "kind" || name == "metadata"))
                continue;
            const auto property = properties.find(name);
            if (property != properties.end())
                check(*property, item, inner, false);
            else if (additional != nullptr && additional->is_object())
                check(*additional, item, inner, false);
            else if (!(additional != nullptr && *additional == Json(true)) &&
                     !flag(schema, "x-kubernetes-preserve-unknown-fields"))
                wrong(inner, "unknown field");
        }
    }
};

} // namespace

Result<void> CrdSchemas::add(const Json& definition)
{
    if (!definition.is_object() || definition.value("kind", "") != "CustomResourceDefinition")
        return {}; // a folder may hold other files
    const std::string group = definition["spec"]["group"].get<std::string>();
    const std::string kind = definition["spec"]["names"]["kind"].get<std::string>();
    for (const Json& version : definition["spec"]["versions"]) {
        if (!version.contains("schema"))
            return fail(ErrorKind::Config, kind + " has a version without a schema.");
        m_schemas[keyOf(group + "/" + version["name"].get<std::string>(), kind)] =
            std::make_shared<const Json>(version["schema"]["openAPIV3Schema"]);
    }
    return {};
}

Result<CrdSchemas> CrdSchemas::loadFolder(const std::string& folder)
{
    CrdSchemas schemas;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() != ".yaml")
            continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        auto documents = provision::parseYaml(text.str(), entry.path().string());
        if (!documents)
            return tl::unexpected(documents.error());
        for (const Json& document : *documents) {
            if (auto added = schemas.add(document); !added)
                return tl::unexpected(added.error());
        }
    }
    if (error)
        return fail(ErrorKind::Io, folder, error.message());
    return schemas;
}

bool CrdSchemas::knows(const provision::Object& object) const
{
    return m_schemas.count(keyOf(object.apiVersion(), object.kind())) != 0;
}

std::vector<std::string> CrdSchemas::problems(const provision::Object& object) const
{
    const auto schema = m_schemas.find(keyOf(object.apiVersion(), object.kind()));
    if (schema == m_schemas.end())
        return {object.title() + ": no schema for " + object.apiVersion()};
    Checker checker;
    checker.root(*schema->second, object.json());
    return checker.problems;
}

} // namespace strata::test
