// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/object.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

std::string member(const Json& json, std::string_view key)
{
    if (!json.is_object())
        return {};
    const auto found = json.find(std::string(key));
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string metaText(const Json& json, std::string_view key)
{
    const auto meta = json.find("metadata");
    return meta != json.end() ? member(*meta, key) : std::string();
}

std::string metaMapText(const Json& json, const char* map, std::string_view key)
{
    const auto meta = json.find("metadata");
    if (meta == json.end() || !meta->is_object())
        return {};
    const auto found = meta->find(map);
    return found != meta->end() ? member(*found, key) : std::string();
}

std::optional<std::size_t> toIndex(std::string_view text)
{
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

const Json* find(const Json& json, std::string_view path)
{
    const Json* at = &json;
    for (const std::string& part : split(path, '.')) {
        if (at->is_object()) {
            const auto found = at->find(part);
            if (found == at->end())
                return nullptr;
            at = &*found;
        } else if (at->is_array()) {
            if (const std::size_t equals = part.find('='); equals != std::string::npos) {
                const std::string key = part.substr(0, equals);
                const std::string value = part.substr(equals + 1);
                const auto found = std::find_if(at->begin(), at->end(), [&](const Json& item) {
                    const auto member = item.is_object() ? item.find(key) : item.end();
                    return item.is_object() && member != item.end() && member->is_string() &&
                           member->get<std::string>() == value;
                });
                if (found == at->end())
                    return nullptr;
                at = &*found;
                continue;
            }
            const auto index = toIndex(part);
            if (!index || *index >= at->size())
                return nullptr;
            at = &(*at)[*index];
        } else {
            return nullptr;
        }
    }
    return at;
}

// ---- YAML: reading
// -------------------------------------------------------------------------------------------

bool oneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool isNullWord(std::string_view text)
{
    return text.empty() || oneOf(text, {"~", "null", "Null", "NULL"});
}

// The words of YAML 1.1, as far as kubectl's parser takes them.
std::optional<bool> boolWord(std::string_view text)
{
    if (oneOf(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON"}))
        return true;
    if (oneOf(text, {"false", "False", "FALSE", "no", "No", "NO", "n", "N", "off", "Off", "OFF"}))
        return false;
    return std::nullopt;
}

template<typename Integer>
std::optional<Integer> wholeInteger(std::string_view text, int base)
{
    Integer value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

std::optional<Json> numberWord(std::string_view text)
{
    std::string_view digits = text;
    bool negative = false;
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
        negative = digits[0] == '-';
        digits.remove_prefix(1);
    }
    if (digits.empty() || (std::isdigit(static_cast<unsigned char>(digits[0])) == 0 && digits[0] != '.'))
        return std::nullopt;
    int base = 10;
    std::string_view body = digits;
    if (digits.size() > 1 && digits[0] == '0') {
        const char mark = digits[1];
        if (mark == 'x' || mark == 'X')
            base = 16;
        else if (mark == 'o')
            base = 8;
        else if (mark == 'b' || mark == 'B')
            base = 2;
        if (base != 10) {
            body = digits.substr(2);
        } else if (std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '7'; })) {
            base = 8; // "0644" is a file mode
            body = digits.substr(1);
        }
    }
    if (const auto value = wholeInteger<std::uint64_t>(body, base)) {
        if (!negative) {
            if (*value <= static_cast<std::uint64_t>(INT64_MAX))
                return Json(static_cast<std::int64_t>(*value));
            return Json(*value);
        }
        if (*value <= static_cast<std::uint64_t>(INT64_MAX))
            return Json(-static_cast<std::int64_t>(*value));
        return std::nullopt;
    }
    bool digit = false;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const char c = digits[i];
        const bool sign = (c == '+' || c == '-') && i > 0 && (digits[i - 1] == 'e' || digits[i - 1] == 'E');
        if (std::isdigit(static_cast<unsigned char>(c)) != 0)
            digit = true;
        else if (!sign && c != '.' && c != 'e' && c != 'E')
            return std::nullopt;
    }
    if (!digit)
        return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
        return std::nullopt;
    return Json(negative ? -value : value);
}

struct Refusal {
    std::string text;
    int line = 0;
};

class Builder : public YAML::EventHandler {
public:
    explicit Builder(const YamlLimits& limits) : m_limits(limits) {}

    void OnDocumentStart(const YAML::Mark&) override
    {
        m_stack.clear();
        m_anchors.clear(); // they hold for their document
        m_root = Json();
        m_hasRoot = false;
    }
    void OnDocumentEnd() override
    {
        if (m_hasRoot && !m_root.is_null())
            documents.push_back(std::move(m_root));
    }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        keep(mark, anchor, {Json(), 1, 0, 0});
        add(mark, Json());
    }
    // What it stands for is written out, and counts as if somebody had: a few lines cannot grow beyond the
    // limits.
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        const auto known = m_anchors.find(anchor);
        if (known == m_anchors.end()) // of a value that is not whole yet
            throw Refusal{translate(kContext, "an alias (*name) stands inside of what it names"), mark.line};
        const Anchored& anchored = known->second;
        if (m_stack.size() + anchored.depth > m_limits.depth)
            throw Refusal{translate(kContext, "it is nested too deeply"), mark.line};
        if (isKeyNext())
            throw Refusal{translate(kContext, "a field's name must be a word, not a list or mapping"),
                          mark.line};
        count(mark, anchored.nodes);
        countCopy(mark, anchored);
        m_bytes += anchored.bytes;
        deepen(anchored.depth);
        put(mark, anchored.value);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override
    {
        m_bytes += value.size();
        if (isKeyNext()) {
            m_stack.back().key = value;
            m_stack.back().keyed = true;
            m_stack.back().merges = tag == "?" && value == "<<";
            count(mark);
            if (m_stack.back().merges)
                return;
            if (m_stack.back().value.contains(value))
                throw Refusal{
                    arguments(translate(kContext, "the field “%1” stands twice"), {cleanText(value, 80)}),
                    mark.line};
            return;
        }
        Json resolved = resolve(mark, tag, value);
        keep(mark, anchor, {resolved, 1, value.size(), 0});
        add(mark, std::move(resolved));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        open(mark, Json::array(), anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        open(mark, Json::object(), anchor);
    }
    void OnMapEnd() override { close(); }

    std::vector<Json> documents;

private:
    struct Frame {
        Json value;
        std::string key;
        bool keyed = false;
        bool merges = false; // the key is "<<"
        std::vector<Json> merged;
        YAML::anchor_t anchor = 0;
        std::size_t nodes = 0; // when it began
        std::size_t bytes = 0; // when it began
        std::size_t depth = 0; // of what is in it
    };
    struct Anchored {
        Json value;
        std::size_t nodes = 0;
        std::size_t bytes = 0; // of its words
        std::size_t depth = 0;
    };

    bool isKeyNext() const
    {
        return !m_stack.empty() && m_stack.back().value.is_object() && !m_stack.back().keyed;
    }

    void keep(const YAML::Mark& mark, YAML::anchor_t anchor, Anchored value)
    {
        if (anchor == 0)
            return;
        countCopy(mark, value);
        m_anchors[anchor] = std::move(value);
    }

    void deepen(std::size_t depth)
    {
        if (!m_stack.empty())
            m_stack.back().depth = std::max(m_stack.back().depth, depth);
    }

    // What is kept for an alias and what an alias writes out, together as much as a file may be: long words
    // named often, or each level of a deep value named, cost memory that the number of values does not show.
    void countCopy(const YAML::Mark& mark, const Anchored& what)
    {
        m_copiedNodes += what.nodes;
        m_copiedBytes += what.bytes;
        if (m_copiedNodes > m_limits.nodes || m_copiedBytes > m_limits.bytes)
            throw Refusal{translate(kContext, "there are too many values in it"), mark.line};
    }

    static Json resolve(const YAML::Mark& mark, const std::string& tag, const std::string& value)
    {
        const bool plain = tag == "?" || tag.empty();
        if (!plain) {
            if (tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float") {
                if (const auto number = numberWord(value))
                    return *number;
                throw Refusal{arguments(translate(kContext, "“%1” is not a number"), {cleanText(value, 80)}),
                              mark.line};
            }
            return Json(value);
        }
        if (isNullWord(value))
            return Json();
        if (const auto word = boolWord(value))
            return Json(*word);
        if (const auto number = numberWord(value))
            return *number;
        return Json(value);
    }

    void count(const YAML::Mark& mark, std::size_t nodes = 1)
    {
        m_nodes += nodes;
        if (m_nodes > m_limits.nodes)
            throw Refusal{translate(kContext, "there are too many values in it"), mark.line};
    }

    void add(const YAML::Mark& mark, Json value)
    {
        count(mark);
        put(mark, std::move(value));
    }

    void put(const YAML::Mark& mark, Json value)
    {
        if (m_stack.empty()) {
            m_root = std::move(value);
            m_hasRoot = true;
            return;
        }
        Frame& frame = m_stack.back();
        if (frame.value.is_array()) {
            frame.value.push_back(std::move(value));
        } else if (frame.keyed && frame.merges) {
            frame.keyed = frame.merges = false;
            Json list = value.is_array() ? std::move(value) : Json::array({std::move(value)});
            for (Json& each : list) {
                if (!each.is_object())
                    throw Refusal{translate(kContext, "what is merged by “<<” must be a mapping"), mark.line};
                frame.merged.push_back(std::move(each));
            }
        } else if (frame.keyed) {
            frame.value[frame.key] = std::move(value);
            frame.keyed = false;
        } else if (value.is_null()) { // an empty key
            throw Refusal{translate(kContext, "a field has no name"), mark.line};
        } else {
            throw Refusal{translate(kContext, "a field's name must be a word, not a list or mapping"),
                          mark.line};
        }
    }

    void open(const YAML::Mark& mark, Json empty, YAML::anchor_t anchor)
    {
        count(mark);
        if (m_stack.size() >= m_limits.depth)
            throw Refusal{translate(kContext, "it is nested too deeply"), mark.line};
        if (isKeyNext())
            throw Refusal{translate(kContext, "a field's name must be a word, not a list or mapping"),
                          mark.line};
        m_marks.push_back(mark);
        Frame frame;
        frame.value = std::move(empty);
        frame.anchor = anchor;
        frame.nodes = m_nodes - 1;
        frame.bytes = m_bytes;
        m_stack.push_back(std::move(frame));
    }

    void close()
    {
        Frame frame = std::move(m_stack.back());
        Json value = std::move(frame.value);
        for (const Json& merged : frame.merged) { // what stands there itself goes before, the first one next
            for (const auto& [key, each] : merged.items()) {
                if (!value.contains(key))
                    value[key] = each;
            }
        }
        m_stack.pop_back();
        const YAML::Mark mark = m_marks.back();
        m_marks.pop_back();
        keep(mark, frame.anchor, {value, m_nodes - frame.nodes, m_bytes - frame.bytes, frame.depth + 1});
        deepen(frame.depth + 1);
        put(mark, std::move(value));
    }

    YamlLimits m_limits;
    std::vector<Frame> m_stack;
    std::vector<YAML::Mark> m_marks;
    std::map<YAML::anchor_t, Anchored> m_anchors;
    Json m_root;
    bool m_hasRoot = false;
    std::size_t m_nodes = 0;
    std::size_t m_bytes = 0; // of words, written-out ones included
    std::size_t m_copiedNodes = 0;
    std::size_t m_copiedBytes = 0;
};

Error yamlError(const std::string& origin, int line, const std::string& what)
{
    return Error{ErrorKind::Config,
                 arguments(translate(kContext, "%1, line %2: %3."), {origin, std::to_string(line + 1), what}),
                 {},
                 0,
                 0};
}

// ---- YAML: writing
// -------------------------------------------------------------------------------------------

// True when the text means itself as a plain scalar under YAML 1.1 and 1.2, and looks harmless.
bool plainSafe(std::string_view text)
{
    if (isNullWord(text) || boolWord(text) || numberWord(text))
        return false;
    const auto safeFirst = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' ||
               c == '$';
    };
    if (!safeFirst(text[0]) || text.back() == ':' || text.back() == ' ')
        return false;
    bool timeLike = true; // dates and sexagesimals such as 2001-01-01 and 10:20
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c < 0x20 || c >= 0x7f || std::string_view("{}[],").find(c) != std::string_view::npos)
            return false;
        if ((c == ':' && i + 1 < text.size() && text[i + 1] == ' ') ||
            (c == '#' && i > 0 && text[i - 1] == ' '))
            return false;
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        if (!digit && std::string_view(":-.+ TZtzeExX_").find(c) == std::string_view::npos)
            timeLike = false;
    }
    return !timeLike;
}

std::string doubleQuoted(std::string_view text)
{
    return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool literalSafe(const std::string& text)
{
    if (text.find('\n') == std::string::npos || text[0] == ' ' || text[0] == '\n' || text[0] == '\t')
        return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        const unsigned char u = static_cast<unsigned char>(c);
        return u == '\n' || u == '\t' || (u >= 0x20 && u < 0x7f);
    });
}

void writeScalar(std::string& out, const Json& value, std::size_t indent)
{
    if (!value.is_string()) {
        out += value.dump();
        return;
    }
    const std::string& text = value.get_ref<const std::string&>();
    if (plainSafe(text)) {
        out += text;
        return;
    }
    if (!literalSafe(text)) {
        out += doubleQuoted(text);
        return;
    }
    const std::size_t last = text.find_last_not_of('\n');
    const std::size_t breaks = text.size() - last - 1;
    out += breaks == 0 ? "|-" : breaks == 1 ? "|" : "|+";
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        out += '\n';
        if (end > begin) {
            out.append(indent, ' ');
            out.append(text, begin, end - begin);
        }
        begin = end + 1;
    }
    // The line break after the last line is written by the caller.
}

void writeValue(std::string& out, const Json& value, std::size_t indent, bool afterDash);

void writeMembers(std::string& out, const Json& object, std::size_t indent, bool afterDash)
{
    bool first = afterDash;
    for (const auto& [key, value] : object.items()) {
        if (!first)
            out.append(indent, ' ');
        first = false;
        out += plainSafe(key) ? key : doubleQuoted(key);
        out += ':';
        writeValue(out, value, indent, false);
    }
}

void writeValue(std::string& out, const Json& value, std::size_t indent, bool afterDash)
{
    if (value.is_object()) {
        if (value.empty()) {
            out += afterDash ? "{}\n" : " {}\n";
        } else if (afterDash) {
            writeMembers(out, value, indent, true);
        } else {
            out += '\n';
            writeMembers(out, value, indent + 2, false);
        }
    } else if (value.is_array()) {
        if (value.empty()) {
            out += afterDash ? "[]\n" : " []\n";
            return;
        }
        if (!afterDash)
            out += '\n';
        bool first = afterDash;
        for (const Json& item : value) {
            if (!first)
                out.append(indent, ' ');
            first = false;
            out += "- ";
            writeValue(out, item, indent + 2, true);
        }
    } else {
        if (!afterDash)
            out += ' ';
        writeScalar(out, value, indent + 2);
        out += '\n';
    }
}

} // namespace

Object::Object() : m_json(std::make_shared<Json>(Json::object())) {}

Object::Object(Json json) : m_json(std::make_shared<Json>(std::move(json))) {}

Object::Object(std::string_view apiVersion, std::string_view kind, std::string_view ns, std::string_view name)
    : Object()
{
    Json& json = *m_json;
    json["apiVersion"] = std::string(apiVersion);
    json["kind"] = std::string(kind);
    json["metadata"]["name"] = std::string(name);
    if (!ns.empty())
        json["metadata"]["namespace"] = std::string(ns);
}

const Json& Object::json() const
{
    return *m_json;
}

Json& Object::edit()
{
    if (m_json.use_count() != 1)
        m_json = std::make_shared<Json>(*m_json);
    return *m_json;
}

std::string Object::apiVersion() const
{
    return member(*m_json, "apiVersion");
}

std::string Object::group() const
{
    const std::string full = apiVersion();
    const std::size_t slash = full.find('/');
    return slash == std::string::npos ? std::string() : full.substr(0, slash);
}

std::string Object::version() const
{
    const std::string full = apiVersion();
    const std::size_t slash = full.find('/');
    return slash == std::string::npos ? full : full.substr(slash + 1);
}

std::string Object::kind() const
{
    return member(*m_json, "kind");
}

std::string Object::name() const
{
    return metaText(*m_json, "name");
}

std::string Object::ns() const
{
    return metaText(*m_json, "namespace");
}

std::string Object::uid() const
{
    return metaText(*m_json, "uid");
}

std::string Object::resourceVersion() const
{
    return metaText(*m_json, "resourceVersion");
}

bool Object::deleting() const
{
    return !metaText(*m_json, "deletionTimestamp").empty();
}

std::string Object::label(std::string_view key) const
{
    return metaMapText(*m_json, "labels", key);
}

std::string Object::annotation(std::string_view key) const
{
    return metaMapText(*m_json, "annotations", key);
}

void Object::setLabel(std::string_view key, std::string_view value)
{
    edit()["metadata"]["labels"][std::string(key)] = std::string(value);
}

void Object::setAnnotation(std::string_view key, std::string_view value)
{
    edit()["metadata"]["annotations"][std::string(key)] = std::string(value);
}

std::optional<std::string> Object::text(std::string_view path) const
{
    const Json* found = find(*m_json, path);
    if (found == nullptr || found->is_structured() || found->is_null())
        return std::nullopt;
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::optional<std::int64_t> Object::number(std::string_view path) const
{
    const Json* found = find(*m_json, path);
    if (found == nullptr || !found->is_number_integer())
        return std::nullopt;
    return found->get<std::int64_t>();
}

std::string Object::title() const
{
    const std::string space = ns();
    return cleanText(kind() + " " + (space.empty() ? name() : space + "/" + name()));
}

std::string Object::toJson() const
{
    return m_json->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Object::toYaml() const
{
    return provision::toYaml(*m_json);
}

bool operator==(const Object& a, const Object& b)
{
    return *a.m_json == *b.m_json;
}

std::string toYaml(const Json& value)
{
    std::string out;
    if (value.is_object() && !value.empty())
        writeMembers(out, value, 0, false);
    else
        writeValue(out, value, 0, true);
    return out;
}

std::string toYaml(const std::vector<Object>& objects)
{
    std::string out;
    for (const Object& object : objects) {
        if (!out.empty())
            out += "---\n";
        out += object.toYaml();
    }
    return out;
}

Result<std::vector<Json>> parseYaml(std::string_view text, const std::string& origin,
                                    const YamlLimits& limits)
{
    if (text.size() > limits.bytes) {
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "%1 is too large: at most %2 bytes are accepted."),
                              {origin, std::to_string(limits.bytes)}));
    }
    Builder builder(limits);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& exception) {
        return tl::unexpected(yamlError(origin, exception.mark.line, cleanText(exception.msg, 200)));
    } catch (const Refusal& refusal) {
        return tl::unexpected(yamlError(origin, refusal.line, refusal.text));
    }
    return std::move(builder.documents);
}

Result<std::vector<Object>> objectsFromYaml(std::string_view text, const std::string& origin,
                                            const YamlLimits& limits)
{
    auto documents = parseYaml(text, origin, limits);
    if (!documents)
        return tl::unexpected(documents.error());
    std::vector<Object> objects;
    std::size_t number = 0;
    const auto refuse = [&](const char* what) {
        return fail(ErrorKind::Config,
                    arguments(translate(kContext, "%1, document %2: %3."),
                              {origin, std::to_string(number), translate(kContext, what)}));
    };
    for (Json& document : *documents) {
        ++number;
        if (!document.is_object())
            return refuse("not a Kubernetes object");
        std::vector<Json> found;
        const std::string kind = member(document, "kind");
        if (kind.size() >= 4 && kind.compare(kind.size() - 4, 4, "List") == 0 && document.contains("items") &&
            document["items"].is_array()) {
            for (Json& item : document["items"])
                found.push_back(std::move(item));
        } else {
            found.push_back(std::move(document));
        }
        for (Json& json : found) {
            if (!json.is_object() || member(json, "apiVersion").empty() || member(json, "kind").empty())
                return refuse("apiVersion and kind are missing");
            if (metaText(json, "name").empty())
                return refuse("metadata.name is missing");
            objects.emplace_back(std::move(json));
        }
    }
    return objects;
}

Result<Object> objectFromJson(std::string_view text)
{
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_object())
        return fail(ErrorKind::Protocol,
                    translate(kContext, "The server's answer is not a Kubernetes object."),
                    cleanText(text, 200));
    return Object(std::move(json));
}

} // namespace strata::provision
