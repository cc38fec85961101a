// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/schema.h"

#include "core/base/translate.h"
#include "core/provision/nearest.h"
#include "core/provision/object.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <utility>

namespace strata::provision {
namespace {

using Schema = nlohmann::json;

constexpr std::size_t kMostFaults = 100;
constexpr int kMostReferences = 32; // on the way to one schema: they may go in a circle
constexpr int kMostDepth = 100;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Schema", text), values);
}

const Schema* at(const Schema& schema, const char* key)
{
    if (!schema.is_object())
        return nullptr;
    const auto found = schema.find(key);
    return found == schema.end() ? nullptr : &*found;
}

std::string textOf(const Schema& schema, const char* key)
{
    const Schema* found = at(schema, key);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag(const Schema& schema, const char* key)
{
    const Schema* found = at(schema, key);
    return found != nullptr && found->is_boolean() && found->get<bool>();
}

bool isEither(const Schema& node) // a number or a text
{
    return flag(node, "x-kubernetes-int-or-string") || textOf(node, "format") == "int-or-string" ||
           at(node, "oneOf") != nullptr || at(node, "anyOf") != nullptr;
}

std::string joined(const SchemaPath& path)
{
    std::string out;
    for (const std::string& each : path) {
        if (each != "[]" && !out.empty())
            out += '.';
        out += each;
    }
    return out;
}

bool isInteger(const std::string& text)
{
    const std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    return at < text.size() && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                                           [](char c) { return c >= '0' && c <= '9'; });
}

bool isNumber(const std::string& text)
{
    if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos)
        return false;
    char* end = nullptr;
    (void)std::strtod(text.c_str(), &end);
    return end == text.c_str() + text.size();
}

// As YAML 1.1 and with it kubectl takes them.
bool isBoolean(const std::string& text)
{
    static constexpr std::array<std::string_view, 18> kWords{
        "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES",
        "no",   "No",   "NO",   "on",    "On",    "ON",    "off", "Off", "OFF"};
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool isNull(const std::string& text)
{
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

} // namespace

struct KindSchema::Data {
    Schema document;
    const Schema* root = nullptr;
    const Schema* all = nullptr; // components.schemas

    // What a node means: references and the "allOf" of one around them are looked through.
    const Schema& meaning(const Schema& node) const
    {
        const Schema* here = &node;
        for (int i = 0; i < kMostReferences; ++i) {
            const std::string reference = textOf(*here, "$ref");
            if (!reference.empty()) {
                static constexpr std::string_view kPrefix = "#/components/schemas/";
                const Schema* next =
                    reference.rfind(kPrefix, 0) == 0 ? at(*all, reference.c_str() + kPrefix.size()) : nullptr;
                if (next == nullptr)
                    break;
                here = next;
                continue;
            }
            const Schema* parts = at(*here, "allOf");
            if (parts == nullptr || !parts->is_array() || parts->size() != 1 ||
                at(*here, "properties") != nullptr)
                break;
            here = &parts->front();
        }
        return *here;
    }

    const Schema* step(const Schema& node, const std::string& element) const
    {
        const Schema& here = meaning(node);
        if (element == "[]")
            return at(here, "items");
        if (const Schema* properties = at(here, "properties")) {
            if (const Schema* found = at(*properties, element.c_str()))
                return found;
        }
        const Schema* more = at(here, "additionalProperties");
        return more != nullptr && more->is_object() ? more : nullptr;
    }

    const Schema* walk(const SchemaPath& path) const
    {
        const Schema* here = root;
        for (const std::string& each : path) {
            here = step(*here, each);
            if (here == nullptr)
                return nullptr;
        }
        return here;
    }

    std::string type(const Schema& given, int depth = 0) const
    {
        const Schema& node = meaning(given);
        const std::string plain = textOf(node, "type");
        if (depth > 4)
            return plain;
        if (const Schema* items = at(node, "items"))
            return "[]" + type(*items, depth + 1);
        const Schema* more = at(node, "additionalProperties");
        if (more != nullptr && more->is_object())
            return "map[string]" + type(*more, depth + 1);
        if (isEither(node))
            return "integer or string";
        if (plain == "object" || (plain.empty() && at(node, "properties") != nullptr))
            return "Object";
        return plain.empty() ? "any" : plain;
    }

    SchemaField describe(const std::string& name, const Schema& given) const
    {
        const Schema& node = meaning(given);
        SchemaField field;
        field.name = name;
        field.type = type(given);
        field.description = textOf(given, "description");
        if (field.description.empty())
            field.description = textOf(node, "description");
        if (field.type.rfind("[]", 0) == 0)
            field.shape = SchemaField::Shape::List;
        else if (field.type == "Object" || field.type.rfind("map[", 0) == 0)
            field.shape = SchemaField::Shape::Mapping;
        if (const Schema* values = at(node, "enum"); values != nullptr && values->is_array()) {
            for (const Schema& each : *values) {
                if (each.is_string() && !each.get<std::string>().empty())
                    field.values.push_back(each.get<std::string>());
                else if (each.is_number())
                    field.values.push_back(each.dump());
            }
        }
        if (field.type == "boolean")
            field.values = {"true", "false"};
        return field;
    }
};

KindSchema::KindSchema(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}

std::string schemaPath(std::string_view group, std::string_view version)
{
    return group.empty() ? "/openapi/v3/api/" + std::string(version)
                         : "/openapi/v3/apis/" + std::string(group) + "/" + std::string(version);
}

Result<KindSchema> KindSchema::read(std::string_view document, std::string_view group,
                                    std::string_view version, std::string_view kind)
{
    auto data = std::make_shared<Data>();
    data->document = Schema::parse(document, nullptr, false);
    const Schema* components = at(data->document, "components");
    data->all = components == nullptr ? nullptr : at(*components, "schemas");
    if (data->all == nullptr || !data->all->is_object())
        return fail(ErrorKind::Protocol, tr("The server's description of its kinds is not OpenAPI v3."));
    for (const auto& [name, schema] : data->all->items()) {
        const Schema* kinds = at(schema, "x-kubernetes-group-version-kind");
        if (kinds == nullptr || !kinds->is_array())
            continue;
        for (const Schema& each : *kinds) {
            if (textOf(each, "group") == group && textOf(each, "version") == version &&
                textOf(each, "kind") == kind) {
                data->root = &schema;
                return KindSchema(std::move(data));
            }
        }
    }
    return fail(ErrorKind::NotFound, tr("The server does not describe %1.", {std::string(kind)}));
}

// Whether a mapping of this meaning must have the field.
static bool mustHave(const Schema& node, const std::string& name)
{
    const Schema* required = at(node, "required");
    return required != nullptr && required->is_array() &&
           std::find(required->begin(), required->end(), Schema(name)) != required->end();
}

std::vector<SchemaField> KindSchema::fields(const SchemaPath& path) const
{
    const Schema* found = m_data->walk(path);
    if (found == nullptr)
        return {};
    const Schema& node = m_data->meaning(*found);
    const Schema* properties = at(node, "properties");
    if (properties == nullptr || !properties->is_object())
        return {};
    std::vector<SchemaField> out;
    for (const auto& [name, schema] : properties->items())
        out.push_back(m_data->describe(name, schema));
    for (SchemaField& field : out)
        field.required = mustHave(node, field.name);
    std::stable_sort(out.begin(), out.end(), [](const SchemaField& a, const SchemaField& b) {
        return std::pair(!a.required, a.name) < std::pair(!b.required, b.name);
    });
    return out;
}

std::optional<SchemaField> KindSchema::field(const SchemaPath& path) const
{
    const Schema* found = path.empty() ? nullptr : m_data->walk(path);
    if (found == nullptr)
        return std::nullopt;
    SchemaField field = m_data->describe(path.back(), *found);
    if (const Schema* parent = m_data->walk(SchemaPath(path.begin(), path.end() - 1)))
        field.required = mustHave(m_data->meaning(*parent), field.name);
    return field;
}

namespace {

class Checker {
public:
    using Meaning = std::function<const Schema&(const Schema&)>;
    Checker(Meaning meaning, std::vector<SchemaFault>& faults)
        : m_meaning(std::move(meaning)), m_faults(faults)
    {}

    void object(const YAML::Node& node, const Schema& schema) { check(node, schema, 0); }

private:
    bool full() const { return m_faults.size() >= kMostFaults; }

    void add(const YAML::Node& node, std::string text)
    {
        if (!full())
            m_faults.push_back(
                {node.Mark().line + 1, node.Mark().column + 1, joined(m_path), std::move(text)});
    }

    void check(const YAML::Node& node, const Schema& given, int depth)
    {
        if (full() || depth > kMostDepth || !node.IsDefined() || node.IsNull())
            return;
        const Schema& schema = m_meaning(given);
        const std::string type = textOf(schema, "type");
        if (node.IsMap()) {
            if (type == "array")
                add(node, tr("This should be a list: each element begins with \"- \"."));
            else if (!type.empty() && type != "object")
                add(node, tr("This should be one value (%1), not a mapping.", {type}));
            else
                mapping(node, schema, depth);
        } else if (node.IsSequence()) {
            if (type == "object")
                add(node, tr("This should be a mapping, not a list."));
            else if (!type.empty() && type != "array")
                add(node, tr("This should be one value (%1), not a list.", {type}));
            else if (const Schema* items = at(schema, "items"))
                list(node, *items, depth);
        } else if (node.IsScalar()) {
            scalar(node, schema, type);
        }
    }

    void mapping(const YAML::Node& node, const Schema& schema, int depth)
    {
        const Schema* properties = at(schema, "properties");
        const Schema* more = at(schema, "additionalProperties");
        const bool open = flag(schema, "x-kubernetes-preserve-unknown-fields") ||
                          flag(schema, "x-kubernetes-embedded-resource") ||
                          (properties == nullptr && more == nullptr) ||
                          (more != nullptr && more->is_boolean() && more->get<bool>());
        for (const auto& entry : node) {
            if (!entry.first.IsScalar())
                continue;
            const std::string key = entry.first.Scalar();
            if (depth == 0 && key == "status")
                continue;
            m_path.push_back(key);
            if (const Schema* known = properties == nullptr ? nullptr : at(*properties, key.c_str()))
                check(entry.second, *known, depth + 1);
            else if (more != nullptr && more->is_object())
                check(entry.second, *more, depth + 1);
            else if (!open)
                add(entry.first, unknown(key, properties));
            m_path.pop_back();
        }
        const Schema* required = at(schema, "required");
        if (required == nullptr || !required->is_array())
            return;
        for (const Schema& each : *required) {
            if (each.is_string() && !node[each.get<std::string>()].IsDefined())
                add(node, tr("%1 is missing.", {each.get<std::string>()}));
        }
    }

    static std::string unknown(const std::string& key, const Schema* properties)
    {
        std::vector<std::string> known;
        if (properties != nullptr && properties->is_object()) {
            for (const auto& [name, schema] : properties->items())
                known.push_back(name);
        }
        const std::string meant = key.size() > 2 ? nearest(key, known) : std::string();
        return meant.empty() ? tr("The server knows no field %1 here.", {key})
                             : tr("The server knows no field %1 here; %2?", {key, meant});
    }

    void list(const YAML::Node& node, const Schema& items, int depth)
    {
        m_path.emplace_back("[]");
        for (const YAML::Node& each : node)
            check(each, items, depth + 1);
        m_path.pop_back();
    }

    void scalar(const YAML::Node& node, const Schema& schema, const std::string& type)
    {
        const std::string text = node.Scalar();
        const bool plain = node.Tag() != "!"; // not in quotes, no text block
        if (plain && isNull(text))
            return;
        if (type == "object")
            add(node, tr("This should be a mapping."));
        else if (type == "array")
            add(node, tr("This should be a list: each element begins with \"- \"."));
        else if (isEither(schema))
            return;
        else if (type == "integer" && !(plain && isInteger(text)))
            add(node, tr("This should be a whole number, without quotes."));
        else if (type == "number" && !(plain && isNumber(text)))
            add(node, tr("This should be a number, without quotes."));
        else if (type == "boolean" && !(plain && isBoolean(text)))
            add(node, tr("This should be true or false, without quotes."));
        else if (type == "string" && plain && (isInteger(text) || isNumber(text) || isBoolean(text)))
            add(node, tr("This should be text: \"%1\", in quotes.", {text}));
        else
            value(node, schema, text);
    }

    void value(const YAML::Node& node, const Schema& schema, const std::string& text)
    {
        if (const Schema* values = at(schema, "enum"); values != nullptr && values->is_array()) {
            std::string all;
            for (const Schema& each : *values) {
                const std::string word = each.is_string() ? each.get<std::string>() : each.dump();
                if (word == text)
                    return;
                if (!word.empty())
                    all += (all.empty() ? "" : ", ") + word;
            }
            add(node, tr("%1 is not one of: %2.", {text, all}));
            return;
        }
        const auto bound = [&](const char* key) -> std::optional<double> {
            const Schema* found = at(schema, key);
            return found != nullptr && found->is_number() ? std::optional(found->get<double>())
                                                          : std::nullopt;
        };
        if (!isNumber(text))
            return;
        const double number = std::strtod(text.c_str(), nullptr);
        if (const auto least = bound("minimum"); least && number < *least)
            add(node, tr("This must be at least %1.", {at(schema, "minimum")->dump()}));
        else if (const auto most = bound("maximum"); most && number > *most)
            add(node, tr("This must be at most %1.", {at(schema, "maximum")->dump()}));
    }

    Meaning m_meaning;
    std::vector<SchemaFault>& m_faults;
    SchemaPath m_path;
};

} // namespace

std::vector<SchemaFault> KindSchema::check(std::string_view yaml) const
{
    std::vector<SchemaFault> faults;
    YAML::Node node;
    try {
        node = YAML::Load(std::string(yaml));
    } catch (const YAML::Exception& exception) {
        return {{exception.mark.line + 1,
                 exception.mark.column + 1,
                 {},
                 tr("This is not YAML: %1.", {exception.msg})}};
    }
    // Its bounds (depth, size, no aliases) hold for what follows, too.
    if (const auto bounded = parseYaml(yaml, tr("The text")); !bounded)
        return {{0, 0, {}, bounded.error().text}};
    Checker([this](const Schema& schema) -> const Schema& { return m_data->meaning(schema); }, faults)
        .object(node, *m_data->root);
    std::stable_sort(faults.begin(), faults.end(), [](const SchemaFault& a, const SchemaFault& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return faults;
}

namespace {

// A line cut into what its columns mean: dashes of lists, then a key with its colon, then a value.
struct Line {
    std::size_t begin = 0; // in the text
    std::string_view text;
    std::vector<std::size_t> dashes;
    std::size_t column = 0;                       // of the key, or of what stands in its place
    std::string key;                              // empty: none
    std::size_t valueAt = std::string_view::npos; // column behind "key: "
    bool blank = false;                           // or a comment

    bool opensBlock() const // "key: |" or "key: >-": text follows
    {
        const std::string_view value = valueAt == std::string_view::npos
                                           ? (key.empty() ? text.substr(std::min(column, text.size())) : "")
                                           : text.substr(valueAt);
        return !value.empty() && (value[0] == '|' || value[0] == '>');
    }
};

Line lineAt(std::string_view text, std::size_t begin)
{
    Line line;
    line.begin = begin;
    const std::size_t end = text.find('\n', begin);
    line.text = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    std::size_t at = line.text.find_first_not_of(' ');
    if (at == std::string_view::npos || line.text[at] == '#' || line.text.substr(at, 3) == "---") {
        line.blank = true;
        line.column = line.text.size();
        return line;
    }
    while (at < line.text.size() && line.text[at] == '-' &&
           (at + 1 == line.text.size() || line.text[at + 1] == ' ')) {
        line.dashes.push_back(at);
        const std::size_t next = line.text.find_first_not_of(' ', at + 1);
        at = next == std::string_view::npos ? line.text.size() : next;
    }
    line.column = at;
    if (!line.dashes.empty() && at == line.text.size())
        line.column = line.dashes.back() + 2;
    std::size_t to = at;
    if (at < line.text.size() && (line.text[at] == '"' || line.text[at] == '\'')) {
        const std::size_t close = line.text.find(line.text[at], at + 1);
        if (close != std::string_view::npos && close + 1 < line.text.size() && line.text[close + 1] == ':') {
            line.key = std::string(line.text.substr(at + 1, close - at - 1));
            to = close + 1;
        }
    } else {
        while (to < line.text.size() &&
               !(line.text[to] == ':' && (to + 1 == line.text.size() || line.text[to + 1] == ' ')))
            ++to;
        if (to < line.text.size())
            line.key = std::string(line.text.substr(at, to - at));
    }
    if (!line.key.empty()) {
        const std::size_t value = line.text.find_first_not_of(' ', to + 1);
        line.valueAt = value == std::string_view::npos ? line.text.size() : value;
    }
    return line;
}

} // namespace

YamlPlace placeIn(std::string_view text, std::size_t offset)
{
    YamlPlace place;
    if (offset > text.size())
        return place;
    std::vector<Line> lines;
    std::size_t here = 0;
    for (std::size_t begin = 0;;) {
        if (begin <= offset)
            here = lines.size();
        lines.push_back(lineAt(text, begin));
        const std::size_t end = text.find('\n', begin);
        if (end == std::string_view::npos)
            break;
        begin = end + 1;
    }
    const Line& line = lines[here];
    const std::size_t column = offset - line.begin;
    if (line.blank && line.text.find_first_not_of(' ') != std::string_view::npos)
        return place; // a comment, or between documents
    // On an empty line the cursor itself says how deep it stands.
    const std::size_t keyColumn = line.blank ? column : line.column;
    if (!line.blank && column < line.column)
        return place;
    const std::string_view rest = line.text.substr(std::min(line.column, line.text.size()));
    if (!rest.empty() && (rest[0] == '{' || rest[0] == '[' || rest[0] == '&' || rest[0] == '*'))
        return place;
    place.indent = keyColumn;
    place.key = line.key;
    place.value = line.valueAt != std::string_view::npos && column > line.column + line.key.size();
    if (place.value) {
        const std::string_view value = line.text.substr(line.valueAt);
        if (!value.empty() && (value[0] == '{' || value[0] == '[' || value[0] == '|' || value[0] == '>'))
            return place;
        place.begin = line.begin + line.valueAt;
        place.end = line.begin + line.text.size();
    } else {
        place.begin = line.begin + (line.blank ? column : line.column);
        std::size_t end = place.begin;
        while (end < text.size() && text[end] != '\n' && text[end] != ':' && text[end] != ' ')
            ++end;
        place.end = line.blank ? place.begin : end;
        if (line.key.empty())
            place.key = std::string(text.substr(place.begin, place.end - place.begin));
    }

    // Upwards: what stands further left is around it.
    std::size_t need = keyColumn;
    SchemaPath around; // from the inside
    bool sameMapping = line.dashes.empty();
    bool keyMayBeLevel = false; // "key:" and the "- " of its list may stand in one column
    const auto dashesOf = [&](const Line& each) {
        for (std::size_t i = each.dashes.size(); i-- > 0;) {
            if (each.dashes[i] < need) {
                around.emplace_back("[]");
                need = each.dashes[i];
                keyMayBeLevel = true;
                sameMapping = false;
            }
        }
    };
    dashesOf(line);
    for (std::size_t i = here; i-- > 0;) {
        const Line& each = lines[i];
        if (each.blank)
            continue;
        if (each.text.substr(0, 3) == "---")
            break;
        const bool outer = each.column < need || (keyMayBeLevel && each.column == need);
        if (sameMapping && !outer && each.column == need && !each.key.empty())
            place.keys.push_back(each.key);
        if (outer) {
            if (each.opensBlock())
                return place; // inside of a text
            if (each.key.empty())
                return place; // a continued value, or nonsense
            around.push_back(each.key);
            need = each.column;
            keyMayBeLevel = false;
            sameMapping = false;
        }
        dashesOf(each);
        if (need == 0 && !keyMayBeLevel && !sameMapping)
            break;
    }
    // Downwards: the rest of the same mapping.
    for (std::size_t i = here + 1; i < lines.size(); ++i) {
        const Line& each = lines[i];
        if (each.blank)
            continue;
        const std::size_t first = each.dashes.empty() ? each.column : each.dashes.front();
        if (first < keyColumn || (!each.dashes.empty() && each.dashes.front() < keyColumn))
            break;
        if (each.dashes.empty() && each.column == keyColumn && !each.key.empty())
            place.keys.push_back(each.key);
    }
    place.path.assign(around.rbegin(), around.rend());
    place.known = true;
    return place;
}

} // namespace strata::provision
