// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/names.h"

#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr std::size_t kLongestPart = 63;
constexpr std::size_t kMostAnnotations = 256 * 1024; // bytes of all keys and values

const char* const kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
// What follows "name part" and "a valid label key".
const char* const kQualified =
    " must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const char* const kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool isAlphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isLowerAlphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Between the dots of a subdomain, which say nothing of its length.
bool isDnsPart(std::string_view text)
{
    return !text.empty() && isLowerAlphanumeric(text.front()) && isLowerAlphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return isLowerAlphanumeric(c) || c == '-'; });
}

bool isLabelText(std::string_view text)
{
    return !text.empty() && isAlphanumeric(text.front()) && isAlphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

class MetadataCheck {
public:
    MetadataCheck(const Kind& kind, std::vector<Status::Cause>& causes) : m_kind(kind), m_causes(causes) {}

    void all(const Json& object)
    {
        checkLabels(find(object, "metadata.labels"), "metadata.labels", m_causes);
        annotations(find(object, "metadata.annotations"));
        owners(find(object, "metadata.ownerReferences"));
        finalizers(find(object, "metadata.finalizers"));
    }

    // A real server looks twice, once for all kinds and once for this one, and says it twice.
    void changes(const Json& object, const Json& old)
    {
        std::vector<Status::Cause> found;
        const Json* const now = find(object, "metadata.finalizers");
        if (find(old, "metadata.deletionTimestamp") != nullptr && now != nullptr && now->is_array()) {
            const Json* const before = find(old, "metadata.finalizers");
            std::string added;
            for (const Json& each : *now) {
                const bool known = before != nullptr && before->is_array() &&
                                   std::find(before->begin(), before->end(), each) != before->end();
                if (!known && each.is_string())
                    added += (added.empty() ? "" : ", ") + jsonQuoted(each.get_ref<const std::string&>());
            }
            if (!added.empty())
                found.push_back({"FieldValueForbidden",
                                 "Forbidden: no new finalizers can be added if the object is being deleted, "
                                 "found new finalizers []string{" +
                                     added + "}",
                                 "metadata.finalizers"});
        }
        for (const char* fixed : {"uid", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
            const std::string field = "metadata." + std::string(fixed);
            const Json* const wanted = find(object, field);
            const std::string value = text(object, field);
            if (!value.empty() && value != text(old, field))
                found.push_back({"FieldValueInvalid",
                                 "Invalid value: " + compact(*wanted) + ": field is immutable", field});
        }
        for (int times = 0; times < 2; ++times)
            m_causes.insert(m_causes.end(), found.begin(), found.end());
    }

private:
    void wrong(const std::string& field, const std::string& value, const std::string& why)
    {
        m_causes.push_back({"FieldValueInvalid", "Invalid value: " + value + ": " + why, field});
    }

    void annotations(const Json* all)
    {
        if (all == nullptr || !all->is_object())
            return;
        std::size_t size = 0;
        for (const auto& [key, value] : all->items()) {
            for (const std::string& why : wrongsOfKey(toLower(key)))
                wrong("metadata.annotations", jsonQuoted(key), why);
            size += key.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
        }
        if (size > kMostAnnotations)
            m_causes.push_back(
                {"FieldValueTooLong",
                 "Too long: may not be more than " + std::to_string(kMostAnnotations) + " bytes",
                 "metadata.annotations"});
    }

    void owners(const Json* all)
    {
        if (all == nullptr || !all->is_array())
            return;
        const std::string field = "metadata.ownerReferences";
        std::string controller;
        for (const Json& owner : *all) {
            const auto must = [&](const char* name, const char* why) {
                if (text(owner, name).empty())
                    wrong(field + "." + name, "\"\"", why);
            };
            must("apiVersion", "version must not be empty");
            for (const char* name : {"kind", "name", "uid"})
                must(name, "must not be empty");
            if (text(owner, "controller") != "true")
                continue;
            const std::string shown = text(owner, "kind") + "/" + text(owner, "name");
            if (!controller.empty())
                wrong(
                    field, compact(*all),
                    "Only one reference can have Controller set to true. Found \"true\" in references for " +
                        controller + " and " + shown);
            controller = shown;
        }
    }

    void finalizers(const Json* all)
    {
        if (all == nullptr || !all->is_array())
            return;
        const std::string field = "metadata.finalizers";
        const auto each = [&](const auto& look) {
            for (std::size_t i = 0; i < all->size(); ++i) {
                if ((*all)[i].is_string())
                    look((*all)[i].template get_ref<const std::string&>(), i);
            }
        };
        each([&](const std::string& name, std::size_t) {
            for (const std::string& why : wrongsOfKey(name))
                wrong(field, jsonQuoted(name), why);
        });
        if (m_kind.has(Custom)) // there a warning is all
            return;
        each([&](const std::string& name, std::size_t i) {
            const bool standard = name == "kubernetes" || name == "orphan" || name == "foregroundDeletion";
            if (!standard && name.find('/') == std::string::npos)
                wrong(field + "[" + std::to_string(i) + "]", jsonQuoted(name),
                      "name is neither a standard finalizer name nor is it fully qualified");
        });
    }

    const Kind& m_kind;
    std::vector<Status::Cause>& m_causes;
};

} // namespace

bool isDnsLabel(std::string_view text)
{
    return text.size() <= kLongestPart && isDnsPart(text);
}

bool isDnsSubdomain(std::string_view text)
{
    if (text.empty() || text.size() > 253)
        return false;
    while (true) {
        const std::size_t dot = text.find('.');
        const bool good = isDnsPart(text.substr(0, dot));
        if (!good || dot == std::string_view::npos)
            return good;
        text.remove_prefix(dot + 1);
    }
}

std::vector<std::string> wrongsOfKey(std::string_view key)
{
    std::vector<std::string> out;
    const std::size_t slash = key.find('/');
    std::string_view name = key;
    if (slash != std::string_view::npos) {
        const std::string_view prefix = key.substr(0, slash);
        name = key.substr(slash + 1);
        if (name.find('/') != std::string_view::npos)
            return {std::string("a valid label key") + kQualified +
                    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
        if (prefix.empty())
            out.emplace_back("prefix part must be non-empty");
        else if (!isDnsSubdomain(prefix))
            out.push_back(std::string("prefix part ") + kSubdomain);
    }
    if (name.empty())
        out.emplace_back("name part must be non-empty");
    else if (name.size() > kLongestPart)
        out.push_back("name part must be no more than " + std::to_string(kLongestPart) + " bytes");
    if (!isLabelText(name))
        out.push_back(std::string("name part") + kQualified);
    return out;
}

std::vector<std::string> wrongsOfValue(std::string_view value)
{
    std::vector<std::string> out;
    if (value.size() > kLongestPart)
        out.push_back("must be no more than " + std::to_string(kLongestPart) + " bytes");
    if (!value.empty() && !isLabelText(value))
        out.emplace_back(kLabelValue);
    return out;
}

void checkLabels(const Json* labels, const std::string& field, std::vector<Status::Cause>& causes)
{
    if (labels == nullptr || !labels->is_object())
        return;
    const auto wrong = [&](const std::string& value, const std::string& why) {
        causes.push_back({"FieldValueInvalid", "Invalid value: " + jsonQuoted(value) + ": " + why, field});
    };
    for (const auto& [key, value] : labels->items()) {
        for (const std::string& why : wrongsOfKey(key))
            wrong(key, why);
        if (!value.is_string())
            continue;
        const auto& text = value.get_ref<const std::string&>();
        for (const std::string& why : wrongsOfValue(text))
            wrong(text, why);
    }
}

void checkMetadata(const Kind& kind, const Json& object, const Json& old, std::vector<Status::Cause>& causes)
{
    MetadataCheck check(kind, causes);
    check.all(object);
    if (old.is_object())
        check.changes(object, old);
}

} // namespace strata::demosite
