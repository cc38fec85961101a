// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/json.h"
#include "core/demosite/site/write.h"

#include <nlohmann/json.hpp>

// Who may do what: the roles every cluster has (kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy,
// shortened to what is served here) and the bindings of the demo's own people.
namespace strata::demosite {
namespace {

constexpr const char* kGroup = "rbac.authorization.k8s.io";

class Writer {
public:
    Writer(Store& store, const SitePlan& plan, std::string cluster)
        : m_store(store), m_plan(plan), m_cluster(std::move(cluster))
    {}

    void role(const std::string& name, Json rules)
    {
        load("clusterroles", name, "", {{"rules", std::move(rules)}});
    }
    void bind(const std::string& name, const std::string& role, Json subject, const std::string& ns = {})
    {
        if (subject["kind"] != "ServiceAccount")
            subject["apiGroup"] = kGroup;
        load(ns.empty() ? "clusterrolebindings" : "rolebindings", name, ns,
             {{"roleRef", {{"apiGroup", kGroup}, {"kind", "ClusterRole"}, {"name", role}}},
              {"subjects", Json::array({std::move(subject)})}});
    }
    void account(const std::string& ns, const std::string& name)
    {
        load("serviceaccounts", name, ns, {}, "");
    }

private:
    void load(const char* resource, const std::string& name, const std::string& ns, const Json& content,
              const char* group = kGroup)
    {
        Json metadata = {{"name", name},
                         {"uid", m_plan.uid(m_cluster + "/" + resource + "/" + ns + "/" + name)},
                         {"creationTimestamp", m_plan.ago(30L * 86400)}};
        if (!ns.empty())
            metadata["namespace"] = ns;
        if (name.rfind("system:", 0) == 0 || name == "cluster-admin")
            metadata["labels"] = {{"kubernetes.io/bootstrapping", "rbac-defaults"}};
        Json object = {{"metadata", std::move(metadata)}};
        if (content.is_object())
            object.update(content);
        m_store.load(Kinds::instance().get(resource, group), canonical(std::move(object)));
    }

    Store& m_store;
    const SitePlan& m_plan;
    std::string m_cluster;
};

Json rule(const Json& groups, const Json& resources, const Json& verbs)
{
    return {{"apiGroups", groups}, {"resources", resources}, {"verbs", verbs}};
}

Json paths(const Json& urls)
{
    return {{"nonResourceURLs", urls}, {"verbs", Json::array({"get"})}};
}

Json user(const char* kind, const std::string& name)
{
    return {{"kind", kind}, {"name", name}};
}

} // namespace

void writeAccess(Store& store, const SitePlan& plan, const std::string& cluster, const std::string& tenant)
{
    Writer writer(store, plan, cluster);
    const Json read = {"get", "list", "watch"};
    const Json write = {"create", "delete", "deletecollection", "patch", "update"};
    const Json any = Json::array({"*"});
    const Json core = Json::array({""});
    const Json content = {"pods",
                          "pods/log",
                          "pods/status",
                          "services",
                          "endpoints",
                          "configmaps",
                          "persistentvolumeclaims",
                          "serviceaccounts",
                          "events",
                          "resourcequotas",
                          "limitranges",
                          "replicationcontrollers",
                          "namespaces"};
    const Json changed = {"pods",    "services",        "configmaps", "persistentvolumeclaims",
                          "secrets", "serviceaccounts", "events",     "replicationcontrollers"};
    const Json stacks = {"apps", "batch", "autoscaling", "policy", "networking.k8s.io", "discovery.k8s.io"};
    const Json custom = {"kubevirt.io",
                         "snapshot.kubevirt.io",
                         "cdi.kubevirt.io",
                         "instancetype.kubevirt.io",
                         "cluster.x-k8s.io",
                         "bootstrap.cluster.x-k8s.io",
                         "controlplane.cluster.x-k8s.io",
                         "infrastructure.cluster.x-k8s.io",
                         "addons.cluster.x-k8s.io"};
    const Json vmis = {"virtualmachineinstances/guestosinfo", "virtualmachineinstances/filesystemlist",
                       "virtualmachineinstances/userlist"};
    const Json viewing = {rule(core, content, read), rule(stacks, any, read), rule(custom, any, read),
                          rule({"metrics.k8s.io"}, {"pods"}, read),
                          rule({"subresources.kubevirt.io"}, vmis, Json::array({"get"}))};
    Json editing = viewing;
    editing.push_back(rule(core, changed, write));
    editing.push_back(rule(core, Json::array({"secrets"}), read));
    editing.push_back(rule(core, {"pods/exec", "pods/attach", "pods/portforward"}, {"get", "create"}));
    editing.push_back(rule(core, {"pods/eviction", "serviceaccounts/token"}, Json::array({"create"})));
    editing.push_back(rule(stacks, any, write));
    editing.push_back(rule(custom, any, write));
    editing.push_back(rule({"subresources.kubevirt.io"}, any, {"get", "update"}));
    Json owning = editing;
    owning.push_back(
        rule({kGroup}, {"roles", "rolebindings"},
             {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}));
    owning.push_back(rule({"authorization.k8s.io"}, {"localsubjectaccessreviews"}, Json::array({"create"})));

    Json everything = Json::array({rule(any, any, any)});
    everything.push_back({{"nonResourceURLs", any}, {"verbs", any}});
    writer.role("cluster-admin", everything);
    writer.role("admin", owning);
    writer.role("edit", editing);
    writer.role("view", viewing);
    writer.role("system:discovery",
                Json::array({paths({"/", "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
                                    "/openapi", "/openapi/*", "/readyz", "/version", "/version/"})}));
    writer.role("system:public-info-viewer",
                Json::array({paths({"/healthz", "/livez", "/readyz", "/version", "/version/"})}));
    writer.role("system:basic-user",
                {rule({"authorization.k8s.io"}, {"selfsubjectaccessreviews", "selfsubjectrulesreviews"},
                      Json::array({"create"})),
                 rule({"authentication.k8s.io"}, {"selfsubjectreviews"}, Json::array({"create"}))});
    writer.bind("cluster-admin", "cluster-admin", user("Group", "system:masters"));
    writer.bind("system:discovery", "system:discovery", user("Group", "system:authenticated"));
    writer.bind("system:basic-user", "system:basic-user", user("Group", "system:authenticated"));
    writer.bind("system:public-info-viewer", "system:public-info-viewer",
                user("Group", "system:unauthenticated"));
    writer.account("kube-system", "strata-admin");
    writer.bind("strata-admin", "cluster-admin",
                {{"kind", "ServiceAccount"}, {"name", "strata-admin"}, {"namespace", "kube-system"}});

    // What the demo's viewer sees beside the content of namespaces.
    writer.role("strata-viewer", {rule(core, {"nodes", "persistentvolumes"}, read),
                                  rule({"storage.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
                                        "scheduling.k8s.io", "coordination.k8s.io", "migrations.kubevirt.io"},
                                       any, read),
                                  rule({"metrics.k8s.io"}, any, read)});
    writer.bind("strata-viewers", "strata-viewer", user("Group", "strata:viewers"));
    writer.bind("strata-viewers-content", "view", user("Group", "strata:viewers"));
    if (!tenant.empty())
        writer.bind("tenant-admins", "admin", user("Group", "strata:tenant-" + tenant), tenant);
}

} // namespace strata::demosite
