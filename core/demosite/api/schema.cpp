// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/schema.h"

#include "core/demosite/api/cel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <regex>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxMatched = 1024; // std::regex recurses with the text's length
constexpr std::size_t kMaxCauses = 64;

bool flag(const Json& schema, const char* name)
{
    const auto found = schema.find(name);
    return found != schema.end() && found->is_boolean() && found->get<bool>();
}

const Json* member(const Json& schema, const char* name)
{
    const auto found = schema.find(name);
    return found == schema.end() ? nullptr : &*found;
}

std::string joined(const std::string& path, std::string_view key)
{
    return (path.empty() ? "" : path + ".") + std::string(key);
}

std::string indexed(const std::string& path, std::size_t index)
{
    return path + "[" + std::to_string(index) + "]";
}

// Where a value stands, put into words only when somebody asks.
struct Place {
    const Place* above = nullptr; // null: the whole object
    std::string_view key = {};    // of an object's member; empty: a list's item
    std::size_t index = 0;

    std::string path() const
    {
        if (above == nullptr)
            return {};
        return key.empty() ? indexed(above->path(), index) : joined(above->path(), key);
    }
};

// The schema of a member: its own, else that of all others; null: nothing is said of it.
const Json* schemaOf(const Json& schema, const std::string& key)
{
    if (const Json* properties = member(schema, "properties")) {
        if (const Json* own = member(*properties, key.c_str()))
            return own;
    }
    const Json* others = member(schema, "additionalProperties");
    return others != nullptr && others->is_object() ? others : nullptr;
}

// The one walk over values and schemas: visit(child, its schema, its place) for each member or item below
// `value` that the schema says something of.
template<typename Value, typename Visit>
void descend(Value& value, const Json& schema, const Place& at, Visit visit)
{
    if (value.is_object()) {
        for (auto&& [key, child] : value.items()) {
            if (const Json* known = schemaOf(schema, key); known != nullptr && known->is_object())
                visit(child, *known, Place{&at, key, 0});
        }
    } else if (value.is_array()) {
        const Json* items = member(schema, "items");
        for (std::size_t i = 0; items != nullptr && items->is_object() && i < value.size(); ++i)
            visit(value[i], *items, Place{&at, {}, i});
    }
}

void eraseAll(Json& value, const std::vector<std::string>& keys)
{
    for (const std::string& key : keys)
        value.erase(key);
}

// The metadata of the object itself and of embedded ones has a schema of its own.
bool isObjectMeta(std::string_view key)
{
    return key == "metadata" || key == "apiVersion" || key == "kind";
}

void pruneAt(Json& value, const Json& schema, const Place& at, std::vector<std::string>& removed)
{
    const bool whole = at.above == nullptr || flag(schema, "x-kubernetes-embedded-resource");
    descend(value, schema, at, [&](Json& child, const Json& known, const Place& place) {
        if (!whole || !isObjectMeta(place.key))
            pruneAt(child, known, place, removed);
    });
    const Json* others = member(schema, "additionalProperties");
    if (!value.is_object() || flag(schema, "x-kubernetes-preserve-unknown-fields") ||
        (others != nullptr && (others->is_object() || (others->is_boolean() && others->get<bool>()))))
        return;
    std::vector<std::string> gone;
    for (const auto& [key, child] : value.items()) {
        if (schemaOf(schema, key) == nullptr && !(whole && isObjectMeta(key))) {
            gone.push_back(key);
            removed.push_back(joined(at.path(), key));
        }
    }
    eraseAll(value, gone);
}

void dropNullsAt(Json& value, const Json& schema, const Place& at)
{
    std::vector<std::string> gone;
    descend(value, schema, at, [&](Json& child, const Json& known, const Place& place) {
        if (!child.is_null())
            dropNullsAt(child, known, place);
        else if (!place.key.empty() && !flag(known, "nullable") &&
                 !flag(known, "x-kubernetes-preserve-unknown-fields") && member(known, "default") == nullptr)
            gone.emplace_back(place.key);
    });
    eraseAll(value, gone);
}

void fillDefaultsAt(Json& value, const Json& schema, const Place& at)
{
    const Json* properties = value.is_object() ? member(schema, "properties") : nullptr;
    if (properties != nullptr && properties->is_object()) {
        for (const auto& [key, child] : properties->items()) {
            const Json* standard = child.is_object() ? member(child, "default") : nullptr;
            // A null counts as absent unless it may be meant.
            if (standard != nullptr &&
                (!value.contains(key) || (value[key].is_null() && !flag(child, "nullable"))))
                value[key] = *standard;
        }
    }
    descend(value, schema, at, fillDefaultsAt);
}

const char* typeOf(const Json& value)
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

std::string shown(const Json& value)
{
    return value.is_object() || value.is_array() ? std::string(typeOf(value)) : compact(value);
}

class Validator {
public:
    explicit Validator(std::vector<Status::Cause>& causes) : m_causes(causes) {}

    void check(const Json& value, const Json& schema, const Place& at)
    {
        if (!schema.is_object() || m_causes.size() >= kMaxCauses)
            return;
        if (value.is_null() && flag(schema, "nullable"))
            return;
        if (!typeFits(value, schema, at))
            return;
        enumeration(value, schema, at);
        if (value.is_number())
            numbers(value, schema, at);
        if (value.is_string())
            strings(value.get_ref<const std::string&>(), schema, at);
        if (value.is_array())
            list(value, schema, at);
        if (value.is_object())
            object(value, schema, at);
        descend(value, schema, at, [this](const Json& child, const Json& known, const Place& place) {
            check(child, known, place);
        });
        combined(value, schema, at);
    }

private:
    void add(const char* reason, std::string message, const std::string& path)
    {
        m_causes.push_back({reason, std::move(message), path.empty() ? "<nil>" : path});
    }
    void wrong(const Json& value, const Place& at, const std::string& why)
    {
        const std::string path = at.path();
        add("FieldValueInvalid", "Invalid value: " + shown(value) + ": " + path + " in body " + why, path);
    }

    bool typeFits(const Json& value, const Json& schema, const Place& at)
    {
        if (flag(schema, "x-kubernetes-int-or-string")) {
            if (value.is_number_integer() || value.is_string())
                return true;
        } else {
            const std::string wanted = schema.value("type", std::string());
            const std::string have = typeOf(value);
            if (wanted.empty() || wanted == have || (wanted == "number" && have == "integer"))
                return true;
            if (wanted == "integer" && value.is_number_float() &&
                value.get<double>() == static_cast<double>(static_cast<long long>(value.get<double>())))
                return true;
        }
        const std::string have = typeOf(value);
        const std::string wanted = flag(schema, "x-kubernetes-int-or-string")
                                       ? std::string("integer,string")
                                       : schema.value("type", std::string());
        const std::string path = at.path();
        add("FieldValueTypeInvalid",
            "Invalid value: \"" + have + "\": " + path + " in body must be of type " + wanted + ": \"" +
                have + "\"",
            path);
        return false;
    }

    void enumeration(const Json& value, const Json& schema, const Place& at)
    {
        const Json* allowed = member(schema, "enum");
        if (allowed == nullptr || !allowed->is_array() ||
            std::find(allowed->begin(), allowed->end(), value) != allowed->end())
            return;
        std::string supported;
        for (const Json& item : *allowed)
            supported += (supported.empty() ? "" : ", ") + compact(item);
        add("FieldValueNotSupported",
            "Unsupported value: " + shown(value) + ": supported values: " + supported, at.path());
    }

    void numbers(const Json& value, const Json& schema, const Place& at)
    {
        const double number = value.get<double>();
        if (const Json* least = member(schema, "minimum"); least != nullptr && least->is_number()) {
            const bool open = flag(schema, "exclusiveMinimum");
            if (open ? number <= least->get<double>() : number < least->get<double>())
                wrong(value, at,
                      std::string("should be greater than ") + (open ? "" : "or equal to ") +
                          compact(*least));
        }
        if (const Json* most = member(schema, "maximum"); most != nullptr && most->is_number()) {
            const bool open = flag(schema, "exclusiveMaximum");
            if (open ? number >= most->get<double>() : number > most->get<double>())
                wrong(value, at,
                      std::string("should be less than ") + (open ? "" : "or equal to ") + compact(*most));
        }
    }

    void strings(const std::string& value, const Json& schema, const Place& at)
    {
        const Json quoted(value);
        if (const auto least = number(schema, "minLength");
            least && static_cast<long long>(value.size()) < *least)
            wrong(quoted, at, "should be at least " + std::to_string(*least) + " chars long");
        if (const auto most = number(schema, "maxLength");
            most && static_cast<long long>(value.size()) > *most)
            add("FieldValueTooLong", "Too long: may not be more than " + std::to_string(*most) + " bytes",
                at.path());
        const std::string pattern = schema.value("pattern", std::string());
        if (pattern.empty() || value.size() > kMaxMatched)
            return;
        try {
            if (!std::regex_search(value, std::regex(pattern)))
                wrong(quoted, at, "should match '" + pattern + "'");
        } catch (const std::regex_error&) {
            // RE2 knows patterns that ECMAScript does not: those are not checked.
        }
    }

    void list(const Json& value, const Json& schema, const Place& at)
    {
        const auto size = static_cast<long long>(value.size());
        if (const auto least = number(schema, "minItems"); least && size < *least)
            wrong(value, at, "should have at least " + std::to_string(*least) + " items");
        if (const auto most = number(schema, "maxItems"); most && size > *most)
            add("FieldValueTooMany",
                "Too many: " + std::to_string(size) + ": must have at most " + std::to_string(*most) +
                    " items",
                at.path());
        if (const Json* keys = member(schema, "x-kubernetes-list-map-keys");
            keys != nullptr && keys->is_array()) {
            for (std::size_t i = 0; i < value.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    Json key = Json::object();
                    const bool same = std::all_of(keys->begin(), keys->end(), [&](const Json& name) {
                        const std::string text = name.is_string() ? name.get<std::string>() : std::string();
                        key[text] = value[i].value(text, Json());
                        return value[j].value(text, Json()) == key[text];
                    });
                    if (same)
                        add("FieldValueDuplicate", "Duplicate value: " + compact(key), indexed(at.path(), i));
                }
            }
        }
    }

    void object(const Json& value, const Json& schema, const Place& at)
    {
        if (const Json* required = member(schema, "required"); required != nullptr && required->is_array()) {
            for (const Json& name : *required) {
                const std::string key = name.is_string() ? name.get<std::string>() : std::string();
                if (!value.contains(key))
                    add("FieldValueRequired", "Required value", joined(at.path(), key));
            }
        }
    }

    bool fits(const Json& value, const Json& schema, const Place& at)
    {
        std::vector<Status::Cause> causes;
        Validator(causes).check(value, schema, at);
        return causes.empty();
    }

    void combined(const Json& value, const Json& schema, const Place& at)
    {
        const auto countOf = [&](const Json& all) {
            return std::count_if(all.begin(), all.end(),
                                 [&](const Json& one) { return fits(value, one, at); });
        };
        if (const Json* all = member(schema, "allOf"); all != nullptr && all->is_array()) {
            for (const Json& one : *all)
                check(value, one, at);
        }
        if (flag(schema, "x-kubernetes-int-or-string"))
            return; // its anyOf says the same once more
        if (const Json* any = member(schema, "anyOf");
            any != nullptr && any->is_array() && countOf(*any) == 0)
            wrong(value, at, "must validate at least one schema (anyOf)");
        if (const Json* one = member(schema, "oneOf"); one != nullptr && one->is_array()) {
            const auto count = countOf(*one);
            if (count != 1)
                wrong(value, at,
                      "must validate one and only one schema (oneOf). Found " +
                          (count == 0 ? std::string("none valid")
                                      : std::to_string(count) + " valid alternatives"));
        }
        if (const Json* none = member(schema, "not"); none != nullptr && fits(value, *none, at))
            wrong(value, at, "must not validate the schema (not)");
    }

    std::vector<Status::Cause>& m_causes;
};

constexpr const char* kRules = "x-kubernetes-validations";
constexpr std::size_t kKeptRules = 4096;

std::shared_ptr<const CelRule> compiled(const std::string& text, std::string& error)
{
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const CelRule>> kept;
    const std::lock_guard lock(mutex);
    if (const auto found = kept.find(text); found != kept.end())
        return found->second;
    if (kept.size() >= kKeptRules)
        kept.clear();
    auto rule = CelRule::parse(text, error);
    if (rule)
        kept.emplace(text, rule);
    return rule;
}

class RuleChecker {
public:
    explicit RuleChecker(std::vector<Status::Cause>& causes) : m_causes(causes) {}

    void check(const Json& value, const Json* old, const Json& schema, const Place& at)
    {
        if (!schema.is_object() || value.is_null() || m_causes.size() >= kMaxCauses)
            return;
        if (const Json* rules = member(schema, kRules); rules != nullptr && rules->is_array()) {
            for (const Json& rule : *rules)
                one(value, old, rule, at);
        }
        descend(value, schema, at, [&](const Json& child, const Json& known, const Place& place) {
            const Json* before = value.is_array() ? same(child, old, schema)
                                 : old != nullptr && old->is_object()
                                     ? member(*old, std::string(place.key).c_str())
                                     : nullptr;
            check(child, before, known, place);
        });
    }

private:
    // The item of the list before that this one was: lists of maps only can tell.
    static const Json* same(const Json& item, const Json* old, const Json& schema)
    {
        const Json* keys = member(schema, "x-kubernetes-list-map-keys");
        if (old == nullptr || !old->is_array() || keys == nullptr || !keys->is_array() || !item.is_object())
            return nullptr;
        for (const Json& candidate : *old) {
            const bool fits = std::all_of(keys->begin(), keys->end(), [&](const Json& key) {
                const std::string name = key.is_string() ? key.get<std::string>() : std::string();
                return candidate.is_object() && candidate.value(name, Json()) == item.value(name, Json());
            });
            if (fits)
                return &candidate;
        }
        return nullptr;
    }

    void one(const Json& value, const Json* old, const Json& rule, const Place& at)
    {
        std::string error;
        const auto expression = compiled(text(rule, "rule"), error);
        if (!expression || expression->isBeyond() || (expression->isTransition() && old == nullptr))
            return;
        const auto said = expression->evaluate(value, old);
        if (said && said->is_boolean() && said->get<bool>())
            return;
        std::string message = text(rule, "message");
        if (message.empty())
            message = "failed rule: " + text(rule, "rule");
        if (!said) {
            message = said.error() + " evaluating rule: " + message;
        } else if (const std::string words = text(rule, "messageExpression"); !words.empty()) {
            const auto spoken = compiled(words, error);
            const auto made = spoken && !spoken->isBeyond() ? spoken->evaluate(value, old)
                                                            : tl::expected<Json, std::string>(Json());
            if (made && made->is_string() && !made->get<std::string>().empty())
                message = made->get<std::string>();
        }
        std::string reason = text(rule, "reason");
        if (reason.empty())
            reason = "FieldValueInvalid";
        // An object or a list is not shown.
        const std::string shown = value.is_structured() ? std::string() : compact(value) + ": ";
        const std::string words = reason == "FieldValueForbidden"   ? "Forbidden: "
                                  : reason == "FieldValueRequired"  ? "Required value: "
                                  : reason == "FieldValueDuplicate" ? "Duplicate value: " + compact(value)
                                                                    : "Invalid value: " + shown;
        const std::string where = at.path() + text(rule, "fieldPath");
        m_causes.push_back({reason, reason == "FieldValueDuplicate" ? words : words + message,
                            where.empty()     ? "<nil>"
                            : where[0] == '.' ? where.substr(1)
                                              : where});
    }

    std::vector<Status::Cause>& m_causes;
};

} // namespace

void prune(Json& value, const Json& schema, std::vector<std::string>& removed)
{
    if (schema.is_object())
        pruneAt(value, schema, {}, removed);
}

void dropNulls(Json& value, const Json& schema)
{
    if (schema.is_object())
        dropNullsAt(value, schema, {});
}

void fillDefaults(Json& value, const Json& schema)
{
    if (schema.is_object())
        fillDefaultsAt(value, schema, {});
}

void validate(const Json& value, const Json& schema, std::vector<Status::Cause>& causes)
{
    Validator(causes).check(value, schema, {});
}

void validateRules(const Json& value, const Json* old, const Json& schema, std::vector<Status::Cause>& causes)
{
    RuleChecker(causes).check(value, old, schema, {});
}

bool hasRules(const Json& schema)
{
    if (!schema.is_object())
        return false;
    if (const Json* rules = member(schema, kRules); rules != nullptr && rules->is_array() && !rules->empty())
        return true;
    if (const Json* properties = member(schema, "properties");
        properties != nullptr && properties->is_object()) {
        for (const auto& [key, child] : properties->items()) {
            if (hasRules(child))
                return true;
        }
    }
    for (const char* below : {"items", "additionalProperties"}) {
        if (const Json* child = member(schema, below); child != nullptr && hasRules(*child))
            return true;
    }
    return false;
}

void checkRules(const Json& schema, const std::string& path, std::vector<Status::Cause>& causes)
{
    if (!schema.is_object() || causes.size() >= kMaxCauses)
        return;
    if (const Json* rules = member(schema, kRules); rules != nullptr && rules->is_array()) {
        for (std::size_t i = 0; i < rules->size(); ++i) {
            const std::string where = path + "." + indexed(kRules, i) + ".rule";
            const std::string rule = text((*rules)[i], "rule");
            std::string error;
            if (rule.empty())
                causes.push_back({"FieldValueRequired", "Required value: rule is not specified", where});
            else if (!compiled(rule, error))
                causes.push_back({"FieldValueInvalid",
                                  "Invalid value: " + jsonQuoted(rule) + ": compilation failed: " + error,
                                  where});
        }
    }
    if (const Json* properties = member(schema, "properties");
        properties != nullptr && properties->is_object()) {
        for (const auto& [key, child] : properties->items())
            checkRules(child, path + ".properties[" + key + "]", causes);
    }
    for (const char* below : {"items", "additionalProperties"}) {
        if (const Json* child = member(schema, below))
            checkRules(*child, path + "." + below, causes);
    }
}

} // namespace strata::demosite
