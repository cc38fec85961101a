// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/tableschema.h"

#include "core/demosite/api/messages.h"

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <string>

namespace strata::demosite {
namespace {

constexpr const char* kOpen = "x-kubernetes-preserve-unknown-fields";

Json schemaOf(const Message& message);

Json schemaOf(const Field& field)
{
    using Type = Field::Type;
    switch (field.type) {
    case Type::Integer:
        return {{"type", "integer"}, {"format", "int64"}};
    case Type::Boolean:
        return {{"type", "boolean"}};
    case Type::Double:
        return {{"type", "number"}};
    case Type::Time:
    case Type::MicroTime:
        return {{"type", "string"}, {"format", "date-time"}};
    case Type::IntOrString:
    case Type::Quantity:
        return {{"x-kubernetes-int-or-string", true}};
    case Type::Message:
        // Of an embedded object only names are pruned in real definitions, of templates nothing.
        return field.messageName == "ObjectMeta" ? Json{{"type", "object"}, {kOpen, true}}
                                                 : schemaOf(*field.message);
    case Type::Raw:
    case Type::Extra:
        return {{kOpen, true}}; // of any type
    case Type::String:
    case Type::Bytes:
    case Type::Duration:
        break;
    }
    Json schema = {{"type", "string"}};
    for (const std::string_view value : field.values)
        schema["enum"].push_back(value);
    return schema;
}

Json withCollection(const Field& field)
{
    Json schema = schemaOf(field);
    if (field.map)
        return {{"type", "object"}, {"additionalProperties", std::move(schema)}};
    if (!field.list)
        return schema;
    Json list = {{"type", "array"}, {"items", std::move(schema)}};
    if (field.keys.empty())
        return list;
    if (field.keys.front() == ".") {
        list["x-kubernetes-list-type"] = "set";
        return list;
    }
    list["x-kubernetes-list-type"] = "map";
    for (const std::string_view key : field.keys)
        list["x-kubernetes-list-map-keys"].push_back(key);
    return list;
}

Json schemaOf(const Message& message)
{
    Json schema = {{"type", "object"}, {"properties", Json::object()}};
    if (message.atomic)
        schema["x-kubernetes-map-type"] = "atomic";
    for (const Field& field : message.fields) {
        schema["properties"][std::string(field.name)] = withCollection(field);
        if (field.required)
            schema["required"].push_back(field.name);
    }
    return schema;
}

} // namespace

std::shared_ptr<const Json> tableSchema(std::string_view apiVersion, std::string_view kind)
{
    const Message* message = Messages::instance().custom(apiVersion, kind);
    if (message == nullptr)
        return nullptr;
    static std::mutex mutex;
    static std::map<const Message*, std::shared_ptr<const Json>> made;
    const std::lock_guard lock(mutex);
    auto& schema = made[message];
    if (!schema)
        schema = std::make_shared<const Json>(schemaOf(*message));
    return schema;
}

} // namespace strata::demosite
