// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

namespace strata::demosite {
namespace {

constexpr double kDelay = 2;

// MetalLB: addresses for Services of type LoadBalancer. A control plane's Service gets the loopback address,
// where its API server really listens; all others one of the rack's pool.
class LoadBalancer : public Controller {
public:
    explicit LoadBalancer(Site& site) : m_site(site) {}

    double reconcile(const Key& key) override
    {
        Store& store = m_site.outer;
        const ObjectPtr object = store.get(coreKind("services"), key.ns, key.name);
        if (!object) {
            m_since.erase(key);
            return kOnChange;
        }
        const Json service = parseOwn(object->body);
        if (text(service, "spec.type") != "LoadBalancer" || deleting(service))
            return kOnChange;
        if (const Json* ingress = find(service, "status.loadBalancer.ingress");
            ingress != nullptr && !ingress->empty()) {
            m_since.erase(key);
            return kOnChange;
        }
        if (m_site.hit("lb-pending"))
            return kOnChange;
        const double left = m_since.emplace(key, m_site.now()).first->second + kDelay - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        const bool plane =
            object->body.find(R"("cluster.x-k8s.io/role":"control-plane")") != std::string::npos;
        const std::string address = plane ? "127.0.0.1" : "10.20.200." + std::to_string(10 + m_next++ % 240);
        edit(store, coreKind("services"), key.ns, key.name, [&](Json& edited) {
            edited["status"]["loadBalancer"]["ingress"] = Json::array({{{"ip", address}, {"ipMode", "VIP"}}});
        });
        tell(store, *object, "Normal", "IPAllocated", "Assigned IP [\"" + address + "\"]",
             "metallb-controller");
        return kOnChange;
    }

private:
    Site& m_site;
    std::map<Key, double> m_since;
    unsigned m_next = 0;
};

} // namespace

void addLoadBalancer(Site& site)
{
    Controller& controller = site.manager.add(site.outer, std::make_unique<LoadBalancer>(site));
    site.named["loadbalancer"] = &controller;
    site.manager.watch(site.outer, coreKind("services"), controller);
}

} // namespace strata::demosite
