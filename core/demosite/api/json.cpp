// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>

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

bool fromYaml(const YAML::Node& node, Json& out, int depth, std::size_t& budget,
              std::vector<std::string>* twice)
{
    if (depth > kMaxDepth || budget == 0)
        return false;
    --budget;
    switch (node.Type()) {
    case YAML::NodeType::Map:
        out = Json::object();
        for (const auto& entry : node) {
            if (!entry.first.IsScalar())
                return false;
            const std::string& key = entry.first.Scalar();
            if (twice != nullptr && out.contains(key))
                twice->push_back("line " + std::to_string(entry.first.Mark().line + 1) + ": key " +
                                 jsonQuoted(key) + " already set in map");
            if (!fromYaml(entry.second, out[key], depth + 1, budget, twice))
                return false;
        }
        return true;
    case YAML::NodeType::Sequence:
        out = Json::array();
        for (const auto& entry : node) {
            Json value;
            if (!fromYaml(entry, value, depth + 1, budget, twice))
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

// Notes every key that its object has already, by its path from the root.
class Repeats {
public:
    explicit Repeats(std::vector<std::string>& out) : m_out(out) {}

    bool operator()(int /*depth*/, Json::parse_event_t event, const Json& value)
    {
        using Event = Json::parse_event_t;
        switch (event) {
        case Event::object_start:
        case Event::array_start:
            enter(event == Event::array_start);
            break;
        case Event::object_end:
        case Event::array_end:
            m_levels.pop_back();
            break;
        case Event::key:
            m_levels.back().key = value.get<std::string>();
            if (!m_levels.back().keys.insert(m_levels.back().key).second)
                m_out.push_back("duplicate field " + jsonQuoted(path()));
            break;
        case Event::value:
            if (!m_levels.empty() && m_levels.back().list)
                ++m_levels.back().items;
            break;
        }
        return true;
    }

private:
    struct Level {
        bool list = false;
        std::size_t items = 0; // begun so far
        std::string key;
        std::set<std::string> keys;
    };
    void enter(bool list)
    {
        if (!m_levels.empty() && m_levels.back().list)
            ++m_levels.back().items;
        m_levels.emplace_back();
        m_levels.back().list = list;
    }
    std::string path() const
    {
        std::string out;
        for (const Level& level : m_levels)
            out += level.list ? "[" + std::to_string(level.items - 1) + "]"
                              : (out.empty() ? "" : ".") + level.key;
        return out;
    }

    std::vector<std::string>& m_out;
    std::vector<Level> m_levels;
};

// As Go's encoding/json says why a text is no JSON.
std::string faultIn(std::string_view body)
{
    try {
        [[maybe_unused]] const Json parsed = Json::parse(body);
    } catch (const Json::parse_error& fault) {
        const std::size_t at = fault.byte > 0 ? fault.byte - 1 : 0;
        if (at < body.size())
            return "invalid character " + std::string("'") + body[at] + "' looking for beginning of value";
    }
    return "unexpected end of JSON input";
}

const char* goType(const Json& value)
{
    return value.is_array() ? "array" : value.is_string() ? "string" : value.is_boolean() ? "bool" : "number";
}

} // namespace

Answer<Json> parseBody(std::string_view body, Format format, bool anyValue, std::vector<std::string>* twice)
{
    const auto accept = [anyValue](Json value) -> Answer<Json> {
        if (!anyValue && !value.is_object())
            return badRequest(std::string("json: cannot unmarshal ") + goType(value) +
                              " into Go value of type map[string]interface {}");
        return value;
    };
    const std::size_t start = body.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos)
        return badRequest("unexpected end of JSON input");
    if (format == Format::OnlyJson || body[start] == '{' || body[start] == '[') {
        if (tooDeep(body))
            return badRequest("the request body is nested too deeply");
        std::vector<std::string> repeated;
        Json value = Json::parse(body, Repeats(repeated), false);
        if (!value.is_discarded()) {
            if (twice != nullptr)
                *twice = std::move(repeated);
            return accept(std::move(value));
        }
        if (format == Format::OnlyJson || body[start] == '[')
            return badRequest(faultIn(body));
    }
    try {
        Json value;
        std::size_t budget = kMaxYamlNodes;
        if (!fromYaml(YAML::Load(std::string(body)), value, 0, budget, twice))
            return badRequest("the request body is too large or nested too deeply");
        return accept(std::move(value));
    } catch (const YAML::Exception& fault) {
        return badRequest("yaml: line " + std::to_string(fault.mark.line + 1) + ": " + fault.msg);
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

std::string inGo(const Json& value, bool syntax)
{
    if (value.is_string())
        return syntax ? compact(value) : value.get<std::string>();
    if (value.is_array()) {
        std::string out;
        for (const Json& item : value)
            out += (out.empty() ? "" : syntax ? ", " : " ") + inGo(item, syntax);
        return syntax ? "[]interface {}{" + out + "}" : "[" + out + "]";
    }
    if (value.is_object()) {
        std::map<std::string, const Json*> sorted;
        for (const auto& [key, child] : value.items())
            sorted[key] = &child;
        std::string out;
        for (const auto& [key, child] : sorted)
            out += (out.empty() ? ""
                    : syntax    ? ", "
                                : " ") +
                   (syntax ? jsonQuoted(key) : key) + ":" + inGo(*child, syntax);
        return syntax ? "map[string]interface {}{" + out + "}" : "map[" + out + "]";
    }
    return value.is_null() ? "<nil>" : compact(value);
}

std::string jsonQuoted(std::string_view text)
{
    return compact(Json(text));
}

} // namespace strata::demosite
