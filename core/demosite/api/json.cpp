// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr int kMaxDepth = 96;
constexpr std::size_t kMaxYamlNodes = 200'000; // an alias bomb is bigger than any manifest

// Depth of brackets outside strings; the library's own writer recurses, so deep input must not get in.
bool tooDeep(std::string_view body)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

// Plain scalars take the type the YAML core schema gives them; quoted ones (tag "!") stay strings.
Json scalar(const YAML::Node& node)
{
    const std::string& value = node.Scalar();
    if (node.Tag() == "!")
        return value;
    if (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL")
        return nullptr;
    if (value == "true" || value == "True" || value == "TRUE")
        return true;
    if (value == "false" || value == "False" || value == "FALSE")
        return false;
    const bool numeric = value.find_first_not_of("+-.0123456789eE") == std::string::npos &&
                         value.find_first_of("0123456789") != std::string::npos;
    if (numeric) {
        Json number = Json::parse(value[0] == '+' ? value.substr(1) : value, nullptr, false);
        if (number.is_number())
            return number;
    }
    return value;
}

bool fromYaml(const YAML::Node& node, Json& out, int depth, std::size_t& budget)
{
    if (depth > kMaxDepth || budget == 0)
        return false;
    --budget;
    switch (node.Type()) {
    case YAML::NodeType::Map:
        out = Json::object();
        for (const auto& entry : node) {
            if (!entry.first.IsScalar() ||
                !fromYaml(entry.second, out[entry.first.Scalar()], depth + 1, budget))
                return false;
        }
        return true;
    case YAML::NodeType::Sequence:
        out = Json::array();
        for (const auto& entry : node) {
            Json value;
            if (!fromYaml(entry, value, depth + 1, budget))
                return false;
            out.push_back(std::move(value));
        }
        return true;
    case YAML::NodeType::Scalar:
        out = scalar(node);
        return true;
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
        out = nullptr;
        return true;
    }
    return false;
}

} // namespace

Answer<Json> parseBody(std::string_view body, bool anyValue)
{
    const std::size_t start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos)
        return badRequest("the request body is empty");
    if (body[start] == '{' || body[start] == '[') {
        if (tooDeep(body))
            return badRequest("the request body is nested too deeply");
        Json value = Json::parse(body, nullptr, false);
        if (!value.is_discarded()) {
            if (!anyValue && !value.is_object())
                return badRequest("the request body must be an object");
            return value;
        }
        if (body[start] == '[')
            return badRequest("the request body is not valid JSON");
    }
    try {
        Json value;
        std::size_t budget = kMaxYamlNodes;
        if (!fromYaml(YAML::Load(std::string(body)), value, 0, budget))
            return badRequest("the request body is too large or nested too deeply");
        if (!anyValue && !value.is_object())
            return badRequest("the request body must be an object");
        return value;
    } catch (const YAML::Exception&) {
        return badRequest("the request body is neither JSON nor YAML");
    }
}

Json parseOwn(std::string_view text)
{
    Json value = Json::parse(text, nullptr, false);
    return value.is_discarded() ? Json() : value;
}

std::string compact(const Json& value)
{
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find(const Json& object, std::string_view path)
{
    const Json* at = &object;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const std::string_view step = path.substr(0, dot);
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
        if (!at->is_object())
            return nullptr;
        const auto found = at->find(std::string(step));
        if (found == at->end())
            return nullptr;
        at = &*found;
    }
    return at;
}

std::string text(const Json& object, std::string_view path)
{
    const Json* value = find(object, path);
    if (value == nullptr || value->is_null())
        return {};
    if (value->is_string())
        return value->get<std::string>();
    return compact(*value);
}

std::optional<long long> number(const Json& object, std::string_view path)
{
    const Json* value = find(object, path);
    if (value == nullptr || !value->is_number_integer())
        return std::nullopt;
    return value->get<long long>();
}

std::string jsonQuoted(std::string_view text)
{
    return compact(Json(text));
}

} // namespace strata::demosite
