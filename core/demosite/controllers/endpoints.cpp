// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/endpoints.h"

#include "core/demosite/controllers/site.h"

#include <algorithm>

// Endpoints and EndpointSlices of Services, and kube-root-ca.crt of namespaces.
namespace strata::demosite {
namespace {

class EndpointsController : public Controller {
public:
    explicit EndpointsController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr service = m_store.get(coreKind("services"), key.ns, key.name);
        const ObjectPtr had = m_store.get(coreKind("endpoints"), key.ns, key.name);
        if (!service) { // slices go with their owner
            if (had && had->body.find(R"("endpoint-controller")") != std::string::npos)
                (void)m_store.remove(coreKind("endpoints"), key.ns, key.name);
            return kOnChange;
        }
        const ServiceEndpoints made(m_store, *service);
        if (!made.managed() || deleting(*service))
            return kOnChange;
        write(coreKind("endpoints"), had, made.endpoints(), {"subsets"});
        std::vector<ObjectPtr> slices;
        for (const ObjectPtr& slice : m_store.list(kindOf("endpointslices"), key.ns)) {
            if (lookUp(slice->labels, kServiceName) == key.name &&
                (slice->owners.find("\n" + service->uid + "\n") != std::string::npos ||
                 slice->name == "kubernetes"))
                slices.push_back(slice);
        }
        std::size_t used = 0;
        for (Json& slice : made.slices()) {
            write(kindOf("endpointslices"), used < slices.size() ? slices[used] : nullptr, std::move(slice),
                  {"endpoints", "ports"});
            ++used;
        }
        for (; used < slices.size(); ++used)
            (void)m_store.remove(kindOf("endpointslices"), key.ns, slices[used]->name);
        return kOnChange;
    }

private:
    // The parts and the labels as they should be; nothing is written where they are.
    void write(const Kind& kind, const ObjectPtr& had, Json wanted, const std::vector<const char*>& parts)
    {
        const std::string at = timestamp(m_store);
        if (!had) {
            wanted["metadata"]["annotations"][kTriggerTime] = at;
            create(m_store, kind, std::move(wanted));
            return;
        }
        edit(m_store, kind, had->ns, had->name, [&](Json& edited) {
            const Json before = edited;
            edited["metadata"]["labels"] = wanted["metadata"]["labels"];
            for (const char* part : parts) {
                if (wanted.contains(part))
                    edited[part] = wanted[part];
                else
                    edited.erase(part);
            }
            if (edited != before)
                edited["metadata"]["annotations"][kTriggerTime] = at;
        });
    }

    Store& m_store;
};

// Does the pod look otherwise to those who would talk to it?
bool concernsServices(const StoreEvent& event)
{
    if (!event.previous || event.type != EventType::Modified)
        return true;
    const Object& a = *event.previous;
    const Object& b = *event.object;
    return a.labels != b.labels || a.fields != b.fields || isReady(a) != isReady(b) ||
           deleting(a) != deleting(b);
}

// kube-controller-manager's root CA publisher.
class RootCaPublisher : public Controller {
public:
    RootCaPublisher(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr space = m_store.get(coreKind("namespaces"), "", key.name);
        if (!space || deleting(*space))
            return kOnChange;
        if (m_certificate.empty())
            m_certificate = certificate();
        const Json wanted = rootCaMap(key.name, m_certificate);
        if (!m_store.get(coreKind("configmaps"), key.name, kRootCa))
            create(m_store, coreKind("configmaps"), wanted);
        else
            edit(m_store, coreKind("configmaps"), key.name, kRootCa,
                 [&](Json& edited) { edited["data"] = wanted["data"]; });
        return kOnChange;
    }

private:
    // Of a tenant that came later it is its API server's; all others were written down with theirs.
    std::string certificate() const
    {
        const Json known = read(m_store, coreKind("configmaps"), "kube-system", kRootCa);
        if (const Json* data = find(known, "data");
            data != nullptr && data->contains("ca.crt") && (*data)["ca.crt"].is_string())
            return (*data)["ca.crt"].get<std::string>();
        const Key* const tenant = m_site.tenants.of(m_store);
        const Tenants::Access* const access = tenant == nullptr ? nullptr : m_site.tenants.reserve(*tenant);
        return access == nullptr ? std::string() : access->caCertificate;
    }

    Site& m_site;
    Store& m_store;
    std::string m_certificate;
};

} // namespace

void addEndpointsController(Site& site, Store& store)
{
    Controller& endpoints = site.manager.add(store, std::make_unique<EndpointsController>(store));
    site.manager.watch(store, coreKind("services"), endpoints);
    site.manager.watch(store, coreKind("pods"), endpoints,
                       [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (!concernsServices(event))
                               return;
                           for (const ObjectPtr& service :
                                store.list(coreKind("services"), event.object->ns)) {
                               const Json body = parseOwn(service->body);
                               if (ServiceEndpoints::selects(body, *event.object) ||
                                   (event.previous && ServiceEndpoints::selects(body, *event.previous)))
                                   enqueue({service->ns, service->name});
                           }
                       });
    site.manager.watch(store, coreKind("nodes"), endpoints,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (!onlyHeartbeat(event))
                               enqueue({"default", "kubernetes"});
                       });
    // Who takes them away gets them back.
    site.manager.watch(
        store, kindOf("endpointslices"), endpoints,
        [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            if (event.type == EventType::Deleted)
                enqueue({event.object->ns, std::string(lookUp(event.object->labels, kServiceName))});
        });
    site.manager.watch(store, coreKind("endpoints"), endpoints);

    Controller& publisher = site.manager.add(store, std::make_unique<RootCaPublisher>(site, store));
    site.manager.watch(store, coreKind("namespaces"), publisher,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           enqueue({"", event.object->name});
                       });
    site.manager.watch(store, coreKind("configmaps"), publisher,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.object->name == kRootCa)
                               enqueue({"", event.object->ns});
                       });
}

} // namespace strata::demosite
