// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/fieldtype.h"

#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace strata::demosite {
namespace {

const Json* at(const Json& schema, const char* name)
{
    const auto found = schema.find(name);
    return found == schema.end() ? nullptr : &*found;
}

bool flag(const Json& schema, const char* name)
{
    const Json* value = at(schema, name);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

bool says(const Json& schema, const char* name, const char* what)
{
    const Json* value = at(schema, name);
    return value != nullptr && value->is_string() && value->get_ref<const std::string&>() == what;
}

const char* goType(const Json& value)
{
    if (value.is_object())
        return "map[string]interface {}";
    if (value.is_array())
        return "[]interface {}";
    return value.is_boolean() ? "bool" : "string";
}

} // namespace

FieldType FieldType::of(const Json& schema)
{
    FieldType type;
    type.m_schema = &schema;
    type.m_object = schema.is_object() && flag(schema, "x-kubernetes-embedded-resource");
    return type;
}

FieldType FieldType::of(const Field& field)
{
    FieldType type;
    if (!field.list && !field.map && field.type == Field::Type::Message)
        type.m_message = field.message;
    else
        type.m_field = &field;
    return type;
}

FieldType FieldType::of(const Kind& kind, const Json* schema)
{
    FieldType type;
    type.m_schema = schema;
    if (schema == nullptr && !kind.has(Custom))
        type.m_message = Messages::instance().find(apiVersion(kind, kind.storageVersion()), kind.kind);
    type.m_object = true;
    return type;
}

FieldType::Member FieldType::member(const std::string& key) const
{
    Member out;
    if (m_object && (key == "apiVersion" || key == "kind" || key == "metadata")) {
        static const Message* const meta = Messages::instance().named("ObjectMeta");
        if (key == "metadata")
            out.type.m_message = meta;
        out.declared = true;
        out.standing = true;
        return out;
    }
    if (m_message != nullptr) {
        const Field* field = m_message->byName(key);
        out.known = field != nullptr;
        if (!out.known)
            return out;
        out.type = of(*field);
        out.declared = true;
        const bool byValue =
            field->type == Field::Type::Message && !field->list && !field->map && !field->pointer;
        out.standing = byValue || (field->list && field->required); // the latter as null
        return out;
    }
    if (m_field != nullptr) {
        out.known = (m_field->map && !m_single) || m_field->type == Field::Type::Raw;
        if (m_field->map && !m_single)
            out.type = item();
        return out;
    }
    if (m_schema == nullptr || !m_schema->is_object())
        return out;
    if (const Json* properties = at(*m_schema, "properties")) {
        if (const Json* own = at(*properties, key.c_str())) {
            out.type = of(*own);
            out.declared = true;
            return out;
        }
    }
    const Json* others = at(*m_schema, "additionalProperties");
    if (others != nullptr && others->is_object())
        out.type = of(*others);
    else
        out.known = flag(*m_schema, "x-kubernetes-preserve-unknown-fields") ||
                    (others != nullptr && others->is_boolean() && others->get<bool>());
    return out;
}

FieldType FieldType::item() const
{
    FieldType type;
    if (m_field != nullptr && m_field->type == Field::Type::Message) {
        type.m_message = m_field->message;
    } else if (m_field != nullptr) {
        type.m_field = m_field;
        type.m_single = true;
    } else if (m_schema != nullptr && m_schema->is_object()) {
        if (const Json* items = at(*m_schema, "items"))
            return of(*items);
    }
    return type;
}

bool FieldType::isLeaf(const Json& value) const
{
    if (!value.is_structured())
        return true;
    if (m_message != nullptr)
        return m_message->atomic;
    if (value.is_array())
        return !isSet() && keys().empty();
    if (m_field != nullptr)
        return m_field->map && !m_single ? m_field->atomic : m_field->type != Field::Type::Raw;
    return m_schema != nullptr && m_schema->is_object() && says(*m_schema, "x-kubernetes-map-type", "atomic");
}

bool FieldType::isSet() const
{
    if (m_field != nullptr)
        return m_field->list && !m_single && m_field->keys.size() == 1 && m_field->keys[0] == ".";
    return m_schema != nullptr && m_schema->is_object() && says(*m_schema, "x-kubernetes-list-type", "set");
}

std::vector<std::string> FieldType::keys() const
{
    std::vector<std::string> out;
    if (m_field != nullptr && m_field->list && !m_single && !isSet()) {
        out.assign(m_field->keys.begin(), m_field->keys.end());
    } else if (m_schema != nullptr && m_schema->is_object() &&
               says(*m_schema, "x-kubernetes-list-type", "map")) {
        if (const Json* names = at(*m_schema, "x-kubernetes-list-map-keys");
            names != nullptr && names->is_array()) {
            for (const Json& name : *names)
                out.push_back(name.is_string() ? name.get<std::string>() : std::string());
        }
    }
    return out;
}

std::optional<std::vector<std::string>> FieldType::elements(const Json& list, std::string* why) const
{
    const auto refuse = [&](std::size_t place, const std::string& what) {
        if (why != nullptr)
            *why = "element " + std::to_string(place) + ": " + what;
        return std::nullopt;
    };
    std::vector<std::string> out;
    if (isSet()) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i].is_object())
                return refuse(i, "associative list without keys has an element that's a map type");
            if (list[i].is_array())
                return refuse(i, "not supported: associative list with lists as elements");
            if (list[i].is_null())
                return refuse(i, "associative list without keys has an element that's an explicit null");
            out.push_back("v:" + compact(list[i]));
        }
        return out;
    }
    std::vector<std::string> names = keys();
    if (names.empty())
        return std::nullopt;
    std::string quoted;
    for (const std::string& name : names)
        quoted += (quoted.empty() ? "" : " ") + jsonQuoted(name);
    std::sort(names.begin(), names.end());
    const FieldType each = item();
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].is_null())
            return refuse(i, "associative list with keys may not have a null element");
        if (!list[i].is_object())
            return refuse(i, "associative list with keys may not have non-map elements");
        Json key = Json::object();
        for (const std::string& name : names) {
            const Json* standard = nullptr;
            if (const auto found = list[i].find(name); found != list[i].end()) {
                key[name] = *found;
            } else if (each.m_schema != nullptr) {
                const Json* properties = at(*each.m_schema, "properties");
                const Json* own = properties == nullptr ? nullptr : at(*properties, name.c_str());
                standard = own == nullptr ? nullptr : at(*own, "default");
                if (standard != nullptr)
                    key[name] = *standard;
            } else if (name == "protocol") {
                key[name] = "TCP"; // of the built-in kinds' keys the one that has a default
            }
        }
        if (key.empty())
            return refuse(i, "associative list with keys has an element that omits all key fields [" +
                                 quoted + "] (and doesn't have default values for any key fields)");
        out.push_back("k:" + compact(key));
    }
    return out;
}

const char* FieldType::shape() const
{
    using Type = Field::Type;
    if (m_message != nullptr)
        return "map";
    if (m_field != nullptr) {
        if (m_field->list && !m_single)
            return "list";
        if (m_field->map && !m_single)
            return "map";
        switch (m_field->type) {
        case Type::Integer:
        case Type::Double:
            return "numeric";
        case Type::Boolean:
            return "boolean";
        case Type::Quantity:
        case Type::IntOrString:
            return "scalar";
        case Type::Extra:
            return "list";
        case Type::Raw:
            return "";
        default:
            return "string";
        }
    }
    if (m_schema == nullptr || !m_schema->is_object())
        return m_object ? "map" : "";
    if (flag(*m_schema, "x-kubernetes-int-or-string"))
        return "scalar";
    const std::string type = m_schema->value("type", std::string());
    return type == "object"                        ? "map"
           : type == "array"                       ? "list"
           : type == "integer" || type == "number" ? "numeric"
           : type == "boolean"                     ? "boolean"
           : type == "string"                      ? "string"
                                                   : "";
}

std::string FieldType::misfit(const Json& value) const
{
    const std::string_view wanted = shape();
    if (value.is_null() || wanted.empty())
        return {};
    if (wanted == "map" || wanted == "list") {
        const bool good = wanted == "map" ? value.is_object() : value.is_array();
        return good ? std::string()
                    : "expected " + std::string(wanted) + ", got &{" + inGo(value, false) + "}";
    }
    if (wanted == "numeric")
        return value.is_number() ? std::string()
                                 : std::string("expected numeric (int or float), got ") + goType(value);
    if (wanted == "string")
        return value.is_string()
                   ? std::string()
                   : "expected string, got &value.valueUnstructured{Value:" + inGo(value, true) + "}";
    if (wanted == "boolean")
        return value.is_boolean() ? std::string() : "expected boolean, got &{" + inGo(value, false) + "}";
    return value.is_structured() ? "expected any scalar, got &{" + inGo(value, false) + "}" : std::string();
}

} // namespace strata::demosite
