// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/rbac.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace strata::demosite {
namespace {

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

bool has(const std::vector<std::string>& list, const std::string& wanted)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& entry) { return entry == "*" || entry == wanted; });
}

std::vector<std::string> strings(const Json& object, const char* key)
{
    std::vector<std::string> out;
    if (const Json* list = find(object, key); list != nullptr && list->is_array()) {
        for (const Json& item : *list) {
            if (item.is_string())
                out.push_back(item.get<std::string>());
        }
    }
    return out;
}

bool inGroup(const Identity& who, const std::string& group)
{
    return std::find(who.groups.begin(), who.groups.end(), group) != who.groups.end();
}

Json list(const std::vector<std::string>& values)
{
    Json out = Json::array();
    for (const std::string& value : values)
        out.push_back(value);
    return out;
}

} // namespace

std::vector<Authorizer::Rule> Authorizer::rulesOf(const Json& role)
{
    std::vector<Rule> out;
    const Json* rules = find(role, "rules");
    if (rules == nullptr || !rules->is_array())
        return out;
    for (const Json& rule : *rules)
        out.push_back({strings(rule, "verbs"), strings(rule, "apiGroups"), strings(rule, "resources"),
                       strings(rule, "resourceNames"), strings(rule, "nonResourceURLs")});
    return out;
}

std::shared_ptr<const Authorizer::Policy> Authorizer::policy()
{
    Store& store = m_cluster->store();
    const Kinds& kinds = Kinds::instance();
    std::uint64_t revision = 1;
    for (const char* resource : {"clusterroles", "clusterrolebindings", "roles", "rolebindings"})
        revision = std::max(revision, store.revisionOf(kinds.get(resource, kRbac)));
    const std::lock_guard lock(m_mutex);
    if (m_policy && m_revision == revision)
        return m_policy;
    auto policy = std::make_shared<Policy>();
    for (const char* resource : {"clusterrolebindings", "rolebindings"}) {
        for (const ObjectPtr& object : store.list(kinds.get(resource, kRbac))) {
            const Json body = parseOwn(object->body);
            Binding binding;
            binding.ns = object->ns;
            binding.name = object->name;
            const bool clusterRole = text(body, "roleRef.kind") == "ClusterRole";
            const std::string role = text(body, "roleRef.name");
            binding.role = (clusterRole ? "ClusterRole \"" : "Role \"") + role + "\"";
            const ObjectPtr found = store.get(kinds.get(clusterRole ? "clusterroles" : "roles", kRbac),
                                              clusterRole ? std::string() : object->ns, role);
            if (!found)
                continue;
            binding.rules = rulesOf(parseOwn(found->body));
            if (const Json* subjects = find(body, "subjects"); subjects != nullptr && subjects->is_array()) {
                for (const Json& subject : *subjects) {
                    Subject entry{text(subject, "kind"), text(subject, "name")};
                    if (entry.kind == "ServiceAccount")
                        entry.name = "system:serviceaccount:" + text(subject, "namespace") + ":" + entry.name;
                    binding.subjects.push_back(std::move(entry));
                }
            }
            policy->push_back(std::move(binding));
        }
    }
    m_policy = std::move(policy);
    m_revision = revision;
    return m_policy;
}

const Authorizer::Subject* Authorizer::subjectOf(const Binding& binding, const Identity& who)
{
    for (const Subject& subject : binding.subjects) {
        if (subject.kind == "Group" ? inGroup(who, subject.name) : subject.name == who.user)
            return &subject;
    }
    return nullptr;
}

bool Authorizer::covers(const Rule& rule, const Access& what)
{
    if (!has(rule.verbs, what.verb))
        return false;
    if (!what.path.empty())
        return std::any_of(rule.paths.begin(), rule.paths.end(), [&](const std::string& path) {
            return path == "*" || path == what.path ||
                   (!path.empty() && path.back() == '*' &&
                    what.path.compare(0, path.size() - 1, path, 0, path.size() - 1) == 0);
        });
    if (!has(rule.groups, what.group))
        return false;
    const std::string whole =
        what.subresource.empty() ? what.resource : what.resource + "/" + what.subresource;
    const bool resource =
        has(rule.resources, whole) ||
        (!what.subresource.empty() && std::find(rule.resources.begin(), rule.resources.end(),
                                                "*/" + what.subresource) != rule.resources.end());
    return resource && (rule.names.empty() ||
                        std::find(rule.names.begin(), rule.names.end(), what.name) != rule.names.end());
}

bool Authorizer::allows(const Identity& who, const Access& what, std::string* reason)
{
    if (inGroup(who, "system:masters"))
        return true;
    const auto all = policy();
    for (const Binding& binding : *all) {
        // A RoleBinding speaks for its namespace only.
        if (!binding.ns.empty() && (binding.ns != what.ns || !what.path.empty()))
            continue;
        const Subject* subject = subjectOf(binding, who);
        if (subject == nullptr || std::none_of(binding.rules.begin(), binding.rules.end(),
                                               [&](const Rule& rule) { return covers(rule, what); }))
            continue;
        if (reason != nullptr)
            *reason = "RBAC: allowed by " +
                      (binding.ns.empty() ? "ClusterRoleBinding \"" + binding.name + "\""
                                          : "RoleBinding \"" + binding.name + "/" + binding.ns + "\"") +
                      " of " + binding.role + " to " + subject->kind + " \"" + subject->name + "\"";
        return true;
    }
    return false;
}

Json Authorizer::rules(const Identity& who, const std::string& ns)
{
    Json resources = Json::array();
    Json paths = Json::array();
    const auto add = [&](const Rule& rule) {
        if (!rule.paths.empty()) {
            paths.push_back({{"verbs", list(rule.verbs)}, {"nonResourceURLs", list(rule.paths)}});
            return;
        }
        Json entry = {{"verbs", list(rule.verbs)},
                      {"apiGroups", list(rule.groups)},
                      {"resources", list(rule.resources)}};
        if (!rule.names.empty())
            entry["resourceNames"] = list(rule.names);
        resources.push_back(std::move(entry));
    };
    if (inGroup(who, "system:masters")) {
        add({{"*"}, {"*"}, {"*"}, {}, {}});
        add({{"*"}, {}, {}, {}, {"*"}});
    }
    const auto all = policy();
    for (const Binding& binding : *all) {
        if ((!binding.ns.empty() && binding.ns != ns) || subjectOf(binding, who) == nullptr)
            continue;
        for (const Rule& rule : binding.rules)
            add(rule);
    }
    return {{"resourceRules", std::move(resources)},
            {"nonResourceRules", std::move(paths)},
            {"incomplete", false}};
}

tl::unexpected<Status> forbidden(const Identity& who, const Access& what)
{
    if (!what.path.empty()) {
        auto refused =
            deny(403, "Forbidden",
                 "forbidden: User \"" + who.user + "\" cannot " + what.verb + " path \"" + what.path + "\"");
        return refused;
    }
    const std::string qualified = what.group.empty() ? what.resource : what.resource + "." + what.group;
    const std::string whole =
        what.subresource.empty() ? what.resource : what.resource + "/" + what.subresource;
    auto refused = deny(
        403, "Forbidden",
        qualified + (what.name.empty() ? "" : " \"" + what.name + "\"") + " is forbidden: User \"" +
            who.user + "\" cannot " + what.verb + " resource \"" + whole + "\" in API group \"" + what.group +
            "\" " +
            (what.ns.empty() ? std::string("at the cluster scope") : "in the namespace \"" + what.ns + "\""));
    refused.value().name = what.name;
    refused.value().group = what.group;
    refused.value().kind = what.resource;
    return refused;
}

} // namespace strata::demosite
