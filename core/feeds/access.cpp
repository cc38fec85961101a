// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/access.h"

#include "core/base/translate.h"
#include "core/feeds/json.h"

#include <algorithm>

namespace strata::feeds {
namespace {

constexpr std::size_t kMaxRules = 10'000;

std::vector<std::string> texts(const Json& list)
{
    std::vector<std::string> out;
    list.each([&out](const Json& item) { out.emplace_back(item.raw()); });
    return out;
}

bool has(const std::vector<std::string>& list, std::string_view wanted)
{
    return std::any_of(list.begin(), list.end(),
                       [wanted](const std::string& item) { return item == "*" || item == wanted; });
}

// Names come from servers, too: what JSON needs is escaped.
std::string quoted(const std::string& text)
{
    std::string out = "\"";
    static constexpr char kHex[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

} // namespace

Result<AccessRules> parseAccessRules(std::string_view json)
{
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (parser.parse(json.data(), json.size()).get(element) != simdjson::SUCCESS ||
        Json(element)["kind"].raw() != "SelfSubjectRulesReview")
        return fail(ErrorKind::Protocol,
                    translate("Access", "The server's answer about permissions cannot be read."));
    AccessRules out;
    const Json status = Json(element)["status"];
    out.incomplete = status["incomplete"].flag();
    status["resourceRules"].each([&out](const Json& rule) {
        if (out.rules.size() < kMaxRules)
            out.rules.push_back({texts(rule["verbs"]), texts(rule["apiGroups"]), texts(rule["resources"]),
                                 !texts(rule["resourceNames"]).empty()});
    });
    return out;
}

bool allows(const AccessRules& rules, std::string_view verb, std::string_view group,
            std::string_view resource)
{
    return std::any_of(rules.rules.begin(), rules.rules.end(), [&](const AccessRules::Rule& rule) {
        return !rule.named && has(rule.verbs, verb) && has(rule.groups, group) &&
               has(rule.resources, resource);
    });
}

std::string rulesReview(const std::string& ns)
{
    return R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":)" +
           quoted(ns) + "}}";
}

std::string accessReview(const std::string& ns, const std::string& verb, const std::string& group,
                         const std::string& resource)
{
    return R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":)"
           R"({"namespace":)" +
           quoted(ns) + R"(,"verb":)" + quoted(verb) + R"(,"group":)" + quoted(group) + R"(,"resource":)" +
           quoted(resource) + "}}}";
}

std::optional<bool> parseAccessReview(std::string_view json)
{
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (parser.parse(json.data(), json.size()).get(element) != simdjson::SUCCESS ||
        Json(element)["kind"].raw() != "SelfSubjectAccessReview" || !Json(element)["status"].exists())
        return std::nullopt;
    return Json(element)["status"]["allowed"].flag();
}

} // namespace strata::feeds
