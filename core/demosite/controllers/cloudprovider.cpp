// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"
#include "core/demosite/site/front.h"

// KubeVirt's cloud provider, as far as Services go: a tenant's Service of type LoadBalancer gets a Service of
// the outer cluster beside the tenant's VMs, whose address becomes its own (cloud-provider-kubevirt
// pkg/provider/loadbalancer.go). The finalizer is that of Kubernetes' own service controller.
namespace strata::demosite {
namespace {

constexpr const char* kCleanup = "service.kubernetes.io/load-balancer-cleanup";
constexpr const char* kName = "cluster.x-k8s.io/tenant-service-name";
constexpr const char* kNamespace = "cluster.x-k8s.io/tenant-service-namespace";
constexpr const char* kCluster = "cluster.x-k8s.io/cluster-name";
constexpr double kPoll = 5; // creationPollInterval

class CloudProvider : public Controller {
public:
    CloudProvider(Site& site, Store& store, Key tenant)
        : m_site(site), m_store(store), m_tenant(std::move(tenant))
    {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(coreKind("services"), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json service = parseOwn(object->body);
        const std::string outer = loadBalancerName(object->uid);
        const bool wanted = text(service, "spec.type") == "LoadBalancer" && !deleting(service);
        if (!wanted) {
            if (!hasFinalizer(service, kCleanup))
                return kOnChange;
            (void)m_site.outer.remove(coreKind("services"), m_tenant.ns, outer);
            edit(m_store, coreKind("services"), key.ns, key.name, [](Json& edited) {
                removeFinalizer(edited, kCleanup);
                edited["status"]["loadBalancer"] = Json::object();
            });
            return kOnChange;
        }
        if (m_site.hit("tenant-lb-pending"))
            return kPoll;
        if (!hasFinalizer(service, kCleanup)) {
            edit(m_store, coreKind("services"), key.ns, key.name,
                 [](Json& edited) { addFinalizer(edited, kCleanup); });
            tell(m_store, *object, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer",
                 "service-controller");
        }
        const Json counterpart = read(m_site.outer, coreKind("services"), m_tenant.ns, outer);
        if (counterpart.is_null()) {
            create(m_site.outer, coreKind("services"), counterpartOf(service, outer));
            return kPoll;
        }
        const Json& ingress = part(counterpart, "status.loadBalancer.ingress");
        if (!ingress.is_array() || ingress.empty())
            return kPoll;
        Json addresses = Json::array();
        for (const Json& each : ingress)
            addresses.push_back({{"ip", text(each, "ip")}, {"ipMode", "VIP"}});
        if (part(service, "status.loadBalancer.ingress") != addresses) {
            edit(m_store, coreKind("services"), key.ns, key.name,
                 [&](Json& edited) { edited["status"]["loadBalancer"]["ingress"] = addresses; });
            tell(m_store, *object, "Normal", "EnsuredLoadBalancer", "Ensured load balancer",
                 "service-controller");
        }
        return kOnChange;
    }

private:
    Json counterpartOf(const Json& service, const std::string& name) const
    {
        Json ports = Json::array();
        for (const Json& port : part(service, "spec.ports")) {
            const auto node = number(port, "nodePort");
            Json outer = {{"port", number(port, "port").value_or(0)},
                          {"protocol", text(port, "protocol")},
                          {"targetPort", node.value_or(number(port, "port").value_or(0))}};
            if (!text(port, "name").empty())
                outer["name"] = text(port, "name");
            ports.push_back(std::move(outer));
        }
        return {{"metadata",
                 {{"name", name},
                  {"namespace", m_tenant.ns},
                  {"labels",
                   {{kName, text(service, "metadata.name")},
                    {kNamespace, text(service, "metadata.namespace")},
                    {kCluster, m_tenant.name}}}}},
                {"spec",
                 {{"type", "LoadBalancer"},
                  {"selector", {{"cluster.x-k8s.io/role", "worker"}, {kCluster, m_tenant.name}}},
                  {"ports", std::move(ports)}}}};
    }

    Site& m_site;
    Store& m_store;
    const Key m_tenant;
};

} // namespace

void addCloudProvider(Site& site, Store& store, const Key& tenant)
{
    Controller& controller = site.manager.add(store, std::make_unique<CloudProvider>(site, store, tenant));
    site.manager.watch(store, coreKind("services"), controller);
}

} // namespace strata::demosite
