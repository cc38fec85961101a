// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/fieldcheck.h"

#include <nlohmann/json.hpp>

namespace strata::demosite {
namespace {

const char* goType(const Json& value)
{
    if (value.is_object())
        return "object";
    if (value.is_array())
        return "array";
    if (value.is_string())
        return "string";
    if (value.is_boolean())
        return "bool";
    return "number";
}

// Kinds of the values a decoder without types makes of JSON.
std::string goKind(const Json& value)
{
    if (value.is_object())
        return "map";
    if (value.is_array())
        return "slice";
    return value.is_number_float() ? "float64" : value.is_number() ? "int64" : goType(value);
}

std::string mismatch(const Json& value, const Message& owner, const std::string& path,
                     const std::string& wanted)
{
    return std::string("json: cannot unmarshal ") + goType(value) + " into Go struct field " +
           std::string(owner.name) + "." + path + " of type " + wanted;
}

class Checker {
public:
    explicit Checker(std::vector<std::string>& unknown) : m_unknown(unknown) {}

    bool object(Json& value, const Message& message, const std::string& path)
    {
        std::vector<std::string> gone;
        for (auto& [key, child] : value.items()) {
            if (path.empty() && (key == "kind" || key == "apiVersion"))
                continue;
            const std::string here = path.empty() ? key : path + "." + key;
            const Field* field = message.byName(key);
            if (field == nullptr) {
                m_unknown.push_back(here);
                gone.push_back(key);
            } else if (!member(child, *field, message, here)) {
                return false;
            }
        }
        for (const std::string& key : gone)
            value.erase(key);
        return true;
    }
    const Unfit& error() const { return m_error; }

private:
    bool fail(const Json& value, const Message& owner, const std::string& path, const std::string& wanted)
    {
        const std::string kind = goKind(value);
        m_error.decoding = mismatch(value, owner, path, wanted);
        m_error.converting = wanted.rfind("[]", 0) == 0    ? "cannot restore slice from " + kind
                             : wanted.rfind("map", 0) == 0 ? "cannot restore map from " + kind
                             : wanted.rfind("v1.", 0) == 0 ? "cannot restore struct from: " + kind
                             : wanted == "string"          ? "cannot convert " + kind + " to " + wanted
                                                           : "unrecognized type: " + wanted;
        return false;
    }

    bool member(Json& value, const Field& field, const Message& owner, const std::string& path)
    {
        if (value.is_null())
            return true;
        if (field.list) {
            if (!value.is_array())
                return fail(value, owner, path, "[]" + goName(field));
            for (std::size_t i = 0; i < value.size(); ++i) {
                if (!single(value[i], field, owner, path, path + "[" + std::to_string(i) + "]"))
                    return false;
            }
            return true;
        }
        if (field.map) {
            if (!value.is_object())
                return fail(value, owner, path, "map[string]" + goName(field));
            for (auto& [key, child] : value.items()) {
                if (!single(child, field, owner, path, path + "." + key))
                    return false;
            }
            return true;
        }
        return single(value, field, owner, path, path);
    }

    static std::string goName(const Field& field)
    {
        switch (field.type) {
        case Field::Type::Integer:
            return "int32";
        case Field::Type::Boolean:
            return "bool";
        case Field::Type::Double:
            return "float64";
        case Field::Type::Message:
            return "v1." + std::string(field.message->name);
        default:
            return "string";
        }
    }

    // `named` is how an error tells the place, `path` where it is.
    bool single(Json& value, const Field& field, const Message& owner, const std::string& named,
                const std::string& path)
    {
        if (value.is_null())
            return true;
        bool good = true;
        switch (field.type) {
        case Field::Type::Integer:
            good = value.is_number_integer();
            break;
        case Field::Type::Boolean:
            good = value.is_boolean();
            break;
        case Field::Type::Double:
            good = value.is_number();
            break;
        case Field::Type::String:
        case Field::Type::Bytes:
        case Field::Type::Duration:
        case Field::Type::Time:
        case Field::Type::MicroTime:
            good = value.is_string();
            break;
        case Field::Type::IntOrString:
        case Field::Type::Quantity:
            good = value.is_string() || value.is_number();
            break;
        case Field::Type::Raw:
        case Field::Type::Extra:
            break;
        case Field::Type::Message:
            if (value.is_object())
                return object(value, *field.message, path);
            good = false;
        }
        return good || fail(value, owner, named, goName(field));
    }

    std::vector<std::string>& m_unknown;
    Unfit m_error;
};

} // namespace

std::optional<Unfit> fitToMessage(Json& object, const Message& message, std::vector<std::string>& unknown)
{
    Checker checker(unknown);
    if (checker.object(object, message, ""))
        return std::nullopt;
    return checker.error();
}

} // namespace strata::demosite
