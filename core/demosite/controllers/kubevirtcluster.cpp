// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"
#include "core/demosite/pki/sshkey.h"

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "kubevirtcluster.infrastructure.cluster.x-k8s.io";

// Provider KubeVirt's controller of KubevirtClusters: the Service in front of the control plane, whose
// address becomes the endpoint, and the key its bootstrap check logs in with. One thing differs from
// upstream: every endpoint is a port of 127.0.0.1, whatever the Service's type, for that is where the API
// server is.
class KubevirtClusterController : public Controller {
public:
    explicit KubevirtClusterController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("kubevirtclusters");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json infra = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, infra);
        const std::string name = ownerName(infra, "Cluster");
        const std::string ns = serviceNamespace(infra, key.ns);
        if (deleting(infra)) {
            if (!name.empty())
                (void)m_store.remove(coreKind("services"), ns, name + "-lb");
            edit(m_store, kind, key.ns, key.name, [](Json& edited) { removeFinalizer(edited, kFinalizer); });
            return kOnChange;
        }
        if (name.empty() || cluster.is_null() || isPaused(cluster, infra))
            return kOnChange;
        if (!annotation(infra, "cluster.x-k8s.io/managed-by").empty())
            return kOnChange;
        const Tenants::Access* access = m_site.tenants.reserve({key.ns, name});
        if (access == nullptr)
            return kOnChange;
        const std::string keys = key.name + "-ssh-keys";
        if (!hasFinalizer(infra, kFinalizer) || text(infra, "spec.sshKeys.dataSecretName").empty())
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                addFinalizer(edited, kFinalizer);
                if (text(edited, "spec.sshKeys.dataSecretName").empty())
                    edited["spec"]["sshKeys"]["dataSecretName"] = keys;
            });
        if (!m_store.get(coreKind("secrets"), key.ns, keys))
            create(m_store, coreKind("secrets"),
                   {{"metadata",
                     {{"name", keys},
                      {"namespace", key.ns},
                      {"labels", {{kClusterName, name}}},
                      {"ownerReferences", Json::array({ownerOf(*object)})}}},
                    {"type", "cluster.x-k8s.io/secret"},
                    {"data",
                     {{"pub", base64Encode(tenantSshKey().publicLine)},
                      {"key", base64Encode(tenantSshKey().privateKey)}}}});
        const std::string why = service(*object, infra, name, ns, access->port);
        const bool ready = why.empty();
        const std::string at = timestamp(m_store);
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            // Of a load balancer that has a name only, upstream takes the address it does not have.
            if (ready && !nameOnly(ns, name) && text(edited, "spec.controlPlaneEndpoint.host").empty())
                edited["spec"]["controlPlaneEndpoint"] = {{"host", "127.0.0.1"}, {"port", access->port}};
            Json& status = edited["status"];
            const bool now = ready || flag(edited, "status.ready"); // it stays ready once it was
            status["ready"] = now;
            setProvider(status, "Ready", ready, "Warning", "LoadBalancerProvisioningFailed", why, at);
            setProvider(status, "LoadBalancerAvailable", ready, "Warning", "LoadBalancerProvisioningFailed",
                        why, at);
        });
        return kOnChange;
    }

private:
    static std::string serviceNamespace(const Json& infra, const std::string& own)
    {
        const std::string ns = text(infra, "spec.controlPlaneServiceTemplate.metadata.namespace");
        return ns.empty() ? own : ns;
    }

    bool nameOnly(const std::string& ns, const std::string& name) const
    {
        const Json have = read(m_store, coreKind("services"), ns, name + "-lb");
        const Json* ingress = find(have, "status.loadBalancer.ingress");
        return ingress != nullptr && ingress->is_array() && !ingress->empty() &&
               text(ingress->front(), "ip").empty();
    }

    // Why the load balancer is not there; empty when it is.
    std::string service(const Object& object, const Json& infra, const std::string& name,
                        const std::string& ns, unsigned short port)
    {
        const Json have = read(m_store, coreKind("services"), ns, name + "-lb");
        std::string type = text(infra, "spec.controlPlaneServiceTemplate.spec.type");
        if (type.empty())
            type = "ClusterIP";
        if (have.is_null()) {
            Json meta = {{"name", name + "-lb"}, {"namespace", ns}, {"labels", {{kClusterName, name}}}};
            for (const char* map : {"labels", "annotations"}) {
                const Json* more =
                    find(infra, std::string("spec.controlPlaneServiceTemplate.metadata.") + map);
                if (more != nullptr && more->is_object()) {
                    for (const auto& [label, value] : more->items())
                        meta[map][label] = value;
                }
            }
            if (ns == object.ns)
                meta["ownerReferences"] = Json::array({ownerOf(object)});
            const auto made = m_store.create(
                coreKind("services"),
                {{"metadata", meta},
                 {"spec",
                  {{"type", type},
                   {"ports", Json::array({{{"port", port}, {"protocol", "TCP"}, {"targetPort", 6443}}})},
                   {"selector", {{"cluster.x-k8s.io/role", "control-plane"}, {kClusterName, name}}}}}});
            // This is what upstream says whatever the cause.
            if (!made)
                return "proto: integer overflow";
            return type == "LoadBalancer" ? "the load balancer external IP is not ready yet" : "";
        }
        if (text(have, "spec.type") != "LoadBalancer")
            return {};
        const Json* ingress = find(have, "status.loadBalancer.ingress");
        return ingress != nullptr && !ingress->empty() ? ""
                                                       : "the load balancer external IP is not ready yet";
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addKubevirtClusterController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<KubevirtClusterController>(site));
    site.named["kubevirtclusters"] = &controller;
    site.manager.watch(store, kindOf("kubevirtclusters"), controller);
    site.manager.watch(store, coreKind("services"), controller, byOwner("KubevirtCluster"));
    site.manager.watch(store, clusters(), controller, ofCluster(store, kindOf("kubevirtclusters")));
}

} // namespace strata::demosite
