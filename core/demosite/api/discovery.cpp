// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/discovery.h"

#include "core/base/text.h"
#include "core/demosite/api/handler.h"

#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace strata::demosite {
namespace {

struct Sub {
    std::string name;
    std::string group;
    std::string version;
    std::string kind;
    std::vector<std::string_view> verbs;
};

std::vector<Sub> subresources(const Kind& kind, std::string_view version)
{
    std::vector<Sub> out;
    if (kind.has(HasStatus))
        out.push_back({"status",
                       std::string(kind.group),
                       std::string(version),
                       std::string(kind.kind),
                       {"get", "patch", "update"}});
    if (kind.has(HasScale))
        out.push_back({"scale", "autoscaling", "v1", "Scale", {"get", "patch", "update"}});
    for (const std::string_view name : words(kind.subresources)) {
        if (name == "log")
            out.push_back({"log", "", "v1", "Pod", {"get"}});
        else if (name == "proxy")
            out.push_back({"proxy",
                           "",
                           "v1",
                           kind.resource == "nodes" ? "NodeProxyOptions" : "ServiceProxyOptions",
                           {"create", "delete", "get", "patch", "update"}});
        else if (name == "token")
            out.push_back({"token", "authentication.k8s.io", "v1", "TokenRequest", {"create"}});
        else if (name == "exec")
            out.push_back({"exec", "", "v1", "PodExecOptions", {"create", "get"}});
        else if (name == "attach")
            out.push_back({"attach", "", "v1", "PodAttachOptions", {"create", "get"}});
        else if (name == "portforward")
            out.push_back({"portforward", "", "v1", "PodPortForwardOptions", {"create", "get"}});
        else if (name == "eviction")
            out.push_back({"eviction", "policy", "v1", "Eviction", {"create"}});
        else if (name == "ephemeralcontainers")
            out.push_back({"ephemeralcontainers", "", "v1", "Pod", {"get", "patch", "update"}});
        else if (name == "approval")
            out.push_back({"approval",
                           std::string(kind.group),
                           std::string(version),
                           std::string(kind.kind),
                           {"get", "patch", "update"}});
        else if (name == "finalize")
            out.push_back({"finalize", "", "v1", "Namespace", {"update"}});
    }
    return out;
}

Json categories(const Kind& kind)
{
    Json out = Json::array();
    if (kind.has(InCategoryAll))
        out.push_back("all");
    if (kind.has(ClusterApi))
        out.push_back("cluster-api");
    return out;
}

Json list(const std::vector<std::string_view>& values)
{
    Json out = Json::array();
    for (const std::string_view value : values)
        out.push_back(value);
    return out;
}

bool servesVersion(const Kind& kind, std::string_view version)
{
    const auto all = words(kind.versions);
    return std::find(all.begin(), all.end(), version) != all.end();
}

// Opaque to clients, but the same for the same group, version and kind (apiserver
// pkg/endpoints/discovery/storageversionhash.go).
std::string storageVersionHash(const Kind& kind)
{
    const std::string text =
        std::string(kind.group) + "/" + std::string(kind.storageVersion()) + "/" + std::string(kind.kind);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return base64Encode(std::string_view(reinterpret_cast<const char*>(digest.data()), 8));
}

// KubeVirt's aggregated API server has subresources without the resources they belong to.
constexpr const char* kSubresources = "subresources.kubevirt.io";

bool servesSubresources(const Cluster& cluster)
{
    return cluster.settings().outer;
}

std::string kindOf(const KubevirtAction& action)
{
    return action.resource == "virtualmachines" ? "VirtualMachine" : "VirtualMachineInstance";
}

Json subresourceDiscovery()
{
    Json resources = Json::array();
    for (const char* resource : {"virtualmachines", "virtualmachineinstances"}) {
        Json subs = Json::array();
        std::string kind;
        for (const KubevirtAction& action : kubevirtActions()) {
            if (action.resource != resource)
                continue;
            kind = kindOf(action);
            subs.push_back({{"subresource", action.name},
                            {"responseKind", {{"group", kSubresources}, {"version", "v1"}, {"kind", kind}}},
                            {"verbs", Json::array({action.method == "PUT" ? "update" : "get"})}});
        }
        resources.push_back({{"resource", resource},
                             {"responseKind", {{"group", kSubresources}, {"version", "v1"}, {"kind", kind}}},
                             {"scope", "Namespaced"},
                             {"singularResource", ""},
                             {"verbs", Json::array()},
                             {"subresources", std::move(subs)}});
    }
    return {
        {"metadata", {{"name", kSubresources}, {"creationTimestamp", nullptr}}},
        {"versions",
         Json::array({{{"version", "v1"}, {"resources", std::move(resources)}, {"freshness", "Current"}}})}};
}

} // namespace

std::vector<std::string_view> verbsOf(const Kind& kind)
{
    if (kind.has(CreateOnly))
        return {"create"};
    if (kind.has(Computed))
        return {"get", "list"};
    if (kind.has(Custom)) // in their own order
        return {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"};
    return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}

std::vector<std::pair<std::string, std::string>> groupVersions(const Cluster& cluster)
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const Kind* served : cluster.kinds()) {
        const Kind& kind = *served;
        for (const std::string_view version : words(kind.versions)) {
            std::pair<std::string, std::string> entry{kind.group, version};
            if (std::find(out.begin(), out.end(), entry) == out.end())
                out.push_back(std::move(entry));
        }
    }
    return out;
}

Json aggregatedDiscovery(const Cluster& cluster, bool coreGroup)
{
    Json items = Json::array();
    for (const auto& [group, version] : groupVersions(cluster)) {
        if (group.empty() != coreGroup)
            continue;
        Json resources = Json::array();
        for (const Kind* served : cluster.kinds()) {
            const Kind& kind = *served;
            if (kind.group != group || !servesVersion(kind, version))
                continue;
            Json resource = {{"resource", kind.resource},
                             {"responseKind", {{"group", group}, {"version", version}, {"kind", kind.kind}}},
                             {"scope", kind.has(Namespaced) ? "Namespaced" : "Cluster"},
                             {"singularResource", kind.singular},
                             {"verbs", list(verbsOf(kind))}};
            if (!kind.shortNames.empty())
                resource["shortNames"] = list(words(kind.shortNames));
            if (Json all = categories(kind); !all.empty())
                resource["categories"] = std::move(all);
            Json subs = Json::array();
            for (const Sub& sub : subresources(kind, version))
                subs.push_back(
                    {{"subresource", sub.name},
                     {"responseKind", {{"group", sub.group}, {"version", sub.version}, {"kind", sub.kind}}},
                     {"verbs", list(sub.verbs)}});
            if (!subs.empty())
                resource["subresources"] = std::move(subs);
            resources.push_back(std::move(resource));
        }
        Json entry = {{"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}};
        const bool known = !items.empty() && std::any_of(items.begin(), items.end(), [&](Json& item) {
            if (item["metadata"].value("name", "") != group)
                return false;
            item["versions"].push_back(entry);
            return true;
        });
        if (known)
            continue;
        Json metadata = {{"creationTimestamp", nullptr}};
        if (!group.empty())
            metadata["name"] = group;
        items.push_back({{"metadata", std::move(metadata)}, {"versions", Json::array({std::move(entry)})}});
    }
    if (!coreGroup && servesSubresources(cluster))
        items.push_back(subresourceDiscovery());
    return {{"kind", "APIGroupDiscoveryList"},
            {"apiVersion", "apidiscovery.k8s.io/v2"},
            {"metadata", Json::object()},
            {"items", std::move(items)}};
}

// Built-in kinds are told by their names.
void sortByName(Json& resources, const char* name, const Cluster& cluster, const std::string& group)
{
    const auto kinds = cluster.kinds();
    const bool own = std::none_of(kinds.begin(), kinds.end(), [&](const Kind* kind) {
        return kind->group == group && kind->has(Custom);
    });
    if (own)
        std::stable_sort(resources.begin(), resources.end(), [name](const Json& a, const Json& b) {
            return a[name].get_ref<const std::string&>() < b[name].get_ref<const std::string&>();
        });
}

Json apiVersions(const std::string& address)
{
    Json addresses = Json::array();
    if (!address.empty())
        addresses.push_back({{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", address}});
    return {{"kind", "APIVersions"},
            {"versions", Json::array({"v1"})},
            {"serverAddressByClientCIDRs", std::move(addresses)}};
}

Json apiGroup(const Cluster& cluster, const std::string& group)
{
    Json versions = Json::array();
    for (const auto& [name, version] : groupVersions(cluster)) {
        if (name == group && !name.empty())
            versions.push_back({{"groupVersion", name + "/" + version}, {"version", version}});
    }
    if (group == kSubresources && servesSubresources(cluster))
        versions.push_back({{"groupVersion", group + "/v1"}, {"version", "v1"}});
    if (versions.empty())
        return {};
    Json preferred = versions[0];
    return {{"kind", "APIGroup"},
            {"apiVersion", "v1"},
            {"name", group},
            {"versions", std::move(versions)},
            {"preferredVersion", std::move(preferred)}};
}

Json apiGroupList(const Cluster& cluster)
{
    Json groups = Json::array();
    std::string last;
    for (const auto& [group, version] : groupVersions(cluster)) {
        const bool known = std::any_of(groups.begin(), groups.end(),
                                       [&name = group](const Json& entry) { return entry["name"] == name; });
        if (group.empty() || known)
            continue;
        Json entry = apiGroup(cluster, group);
        entry.erase("kind");
        entry.erase("apiVersion");
        groups.push_back(std::move(entry));
    }
    if (servesSubresources(cluster)) {
        Json entry = apiGroup(cluster, kSubresources);
        entry.erase("kind");
        entry.erase("apiVersion");
        groups.push_back(std::move(entry));
    }
    return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

Json apiResourceList(const Cluster& cluster, const std::string& group, const std::string& version)
{
    Json resources = Json::array();
    for (const Kind* served : cluster.kinds()) {
        const Kind& kind = *served;
        if (kind.group != group || !servesVersion(kind, version))
            continue;
        Json resource = {{"name", kind.resource},
                         {"singularName", kind.singular},
                         {"namespaced", kind.has(Namespaced)},
                         {"kind", kind.kind},
                         {"verbs", list(verbsOf(kind))}};
        if (!kind.shortNames.empty())
            resource["shortNames"] = list(words(kind.shortNames));
        if (Json all = categories(kind); !all.empty())
            resource["categories"] = std::move(all);
        if (!kind.has(CreateOnly) && !kind.has(Computed))
            resource["storageVersionHash"] = storageVersionHash(kind);
        resources.push_back(std::move(resource));
        for (const Sub& sub : subresources(kind, version)) {
            Json entry = {{"name", std::string(kind.resource) + "/" + sub.name},
                          {"singularName", ""},
                          {"namespaced", kind.has(Namespaced)}};
            if (sub.group != kind.group || sub.version != version) {
                entry["group"] = sub.group;
                entry["version"] = sub.version;
            }
            entry["kind"] = sub.kind;
            entry["verbs"] = list(sub.verbs);
            resources.push_back(std::move(entry));
        }
    }
    if (group == kSubresources && version == "v1" && servesSubresources(cluster)) {
        for (const KubevirtAction& action : kubevirtActions())
            resources.push_back({{"name", action.resource + "/" + action.name},
                                 {"singularName", ""},
                                 {"namespaced", true},
                                 {"kind", kindOf(action)},
                                 {"verbs", Json::array({action.method == "PUT" ? "update" : "get"})}});
    }
    if (resources.empty())
        return {};
    sortByName(resources, "name", cluster, group);
    return {{"kind", "APIResourceList"},
            {"apiVersion", "v1"},
            {"groupVersion", group.empty() ? version : group + "/" + version},
            {"resources", std::move(resources)}};
}

std::string crdBody(const Kind& kind, const std::string& uid, const std::string& created)
{
    Json labels = Json::object();
    if (kind.has(ClusterApi)) {
        const bool capk = kind.group == "infrastructure.cluster.x-k8s.io";
        labels["cluster.x-k8s.io/provider"] = capk ? "infrastructure-kubevirt" : "cluster-api";
        // The contract labels decide what Cluster API core takes a provider for.
        labels["cluster.x-k8s.io/v1beta1"] = capk ? "v1alpha1" : "v1beta1";
        if (!capk)
            labels["cluster.x-k8s.io/v1beta2"] = "v1beta2";
    }
    Json versions = Json::array();
    Json stored = Json::array();
    bool first = true;
    for (const std::string_view version : words(kind.versions)) {
        Json columns = Json::array();
        for (const Column& column : first || kind.oldColumns.empty() ? kind.columns : kind.oldColumns) {
            Json entry = {{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}};
            if (column.priority != 0)
                entry["priority"] = column.priority;
            columns.push_back(std::move(entry));
        }
        Json entry = {
            {"name", version},
            {"served", true},
            {"storage", first},
            {"schema",
             {{"openAPIV3Schema", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}}};
        if (!columns.empty())
            entry["additionalPrinterColumns"] = std::move(columns);
        Json subs = Json::object();
        if (kind.has(HasStatus))
            subs["status"] = Json::object();
        if (kind.has(HasScale))
            subs["scale"] = {{"specReplicasPath", ".spec.replicas"},
                             {"statusReplicasPath", ".status.replicas"},
                             {"labelSelectorPath", ".status.selector"}};
        if (!subs.empty())
            entry["subresources"] = std::move(subs);
        if (first)
            stored.push_back(version);
        else
            entry["deprecated"] = true;
        versions.push_back(std::move(entry));
        first = false;
    }
    Json names = {{"plural", kind.resource},
                  {"singular", kind.singular},
                  {"kind", kind.kind},
                  {"listKind", std::string(kind.kind) + "List"}};
    if (!kind.shortNames.empty())
        names["shortNames"] = list(words(kind.shortNames));
    if (Json all = categories(kind); !all.empty())
        names["categories"] = std::move(all);
    const auto condition = [&](const char* type, const char* reason, const char* message) {
        return Json{{"type", type},
                    {"status", "True"},
                    {"lastTransitionTime", created},
                    {"reason", reason},
                    {"message", message}};
    };
    Json metadata = {{"name", std::string(kind.resource) + "." + std::string(kind.group)},
                     {"uid", uid},
                     {"generation", 1},
                     {"creationTimestamp", created}};
    if (!labels.empty())
        metadata["labels"] = std::move(labels);
    return canonical(
        {{"metadata", std::move(metadata)},
         {"spec",
          {{"group", kind.group},
           {"names", names},
           {"scope", kind.has(Namespaced) ? "Namespaced" : "Cluster"},
           {"versions", std::move(versions)},
           {"conversion", {{"strategy", words(kind.versions).size() > 1 ? "Webhook" : "None"}}}}},
         {"status",
          {{"acceptedNames", names},
           {"storedVersions", std::move(stored)},
           {"conditions", Json::array({condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                                       condition("Established", "InitialNamesAccepted",
                                                 "the initial names have been accepted")})}}}});
}

} // namespace strata::demosite
