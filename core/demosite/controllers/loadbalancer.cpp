// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

namespace strata::demosite {
namespace {

constexpr double kDelay = 2;
constexpr double kAgain = 60; // an exhausted pool is looked at again
constexpr const char* kPool = "10.20.200.";
constexpr unsigned kFirst = 10;
constexpr unsigned kLast = 249;

// MetalLB: addresses for Services of type LoadBalancer. A control plane's Service gets the loopback address,
// where its API server really listens; all others one of the rack's pool, each address once.
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
        const Json* ingress = find(service, "status.loadBalancer.ingress");
        const bool has = ingress != nullptr && ingress->is_array() && !ingress->empty();
        if (text(service, "spec.type") != "LoadBalancer" || deleting(service)) {
            m_since.erase(key);
            if (has && !deleting(service)) {
                edit(store, coreKind("services"), key.ns, key.name,
                     [](Json& edited) { edited["status"]["loadBalancer"] = Json::object(); });
                tell(store, *object, "Normal", "ClearAssignment", "not a LoadBalancer", "metallb-controller");
            }
            return kOnChange;
        }
        if (has) {
            m_since.erase(key);
            return kOnChange;
        }
        if (m_site.hit("lb-pending"))
            return kOnChange;
        const double left = m_since.emplace(key, m_site.now()).first->second + kDelay - m_site.now();
        if (left > 0)
            return left;
        const bool plane =
            object->body.find(R"("cluster.x-k8s.io/role":"control-plane")") != std::string::npos;
        const std::string address = plane ? "127.0.0.1" : free(text(service, "spec.loadBalancerIP"));
        if (address.empty()) {
            tell(store, *object, "Warning", "AllocationFailed",
                 "Failed to allocate IP for \"" + key.ns + "/" + key.name + "\": no available IPs",
                 "metallb-controller");
            return kAgain;
        }
        m_since.erase(key);
        if (plane && m_site.hit("lb-hostname")) {
            edit(store, coreKind("services"), key.ns, key.name, [&](Json& edited) {
                edited["status"]["loadBalancer"]["ingress"] =
                    Json::array({{{"hostname", key.name + ".lb.rack-a.lan"}}});
            });
            return kOnChange;
        }
        edit(store, coreKind("services"), key.ns, key.name, [&](Json& edited) {
            edited["status"]["loadBalancer"]["ingress"] = Json::array({{{"ip", address}, {"ipMode", "VIP"}}});
        });
        tell(store, *object, "Normal", "IPAllocated", "Assigned IP [\"" + address + "\"]",
             "metallb-controller");
        return kOnChange;
    }

private:
    // The wished one, or the next that nobody has; empty when there is none.
    std::string free(const std::string& wished) const
    {
        std::set<std::string> taken;
        for (const ObjectPtr& other : m_site.outer.list(coreKind("services"))) {
            if (other->body.find(kPool) == std::string::npos)
                continue;
            const Json body = parseOwn(other->body);
            if (const Json* ingress = find(body, "status.loadBalancer.ingress");
                ingress != nullptr && ingress->is_array()) {
                for (const Json& each : *ingress)
                    taken.insert(text(each, "ip"));
            }
        }
        if (!wished.empty())
            return taken.count(wished) == 0 && wished.rfind(kPool, 0) == 0 ? wished : std::string();
        for (unsigned last = kFirst; last <= kLast; ++last) {
            const std::string address = kPool + std::to_string(last);
            if (taken.count(address) == 0)
                return address;
        }
        return {};
    }

    Site& m_site;
    std::map<Key, double> m_since;
};

} // namespace

void addLoadBalancer(Site& site)
{
    Controller& controller = site.manager.add(site.outer, std::make_unique<LoadBalancer>(site));
    site.named["loadbalancer"] = &controller;
    site.manager.watch(site.outer, coreKind("services"), controller);
}

} // namespace strata::demosite
