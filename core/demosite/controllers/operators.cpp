// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/operators.h"

#include "core/demosite/api/discovery.h"

#include <algorithm>
#include <array>

// What the operators of the platform do once they run: virt-operator and cdi-operator deploy what their
// resources ask for, cert-manager issues. Without their Deployments nothing happens.
namespace strata::demosite {
namespace {

constexpr const char* kMade = "app.kubernetes.io/managed-by";
constexpr double kIssue = 1;

std::string imageOf(const Json& workload)
{
    const Json* containers = find(workload, "spec.template.spec.containers");
    return containers != nullptr && containers->is_array() && !containers->empty()
               ? text(containers->front(), "image")
               : std::string();
}

std::string tagOf(const std::string& image)
{
    const std::size_t colon = image.rfind(':');
    return colon == std::string::npos || image.find('/', colon) != std::string::npos
               ? std::string()
               : image.substr(colon + 1);
}

// Whether the counts in a workload's status are about what its spec says now.
bool observed(const Json& workload)
{
    return number(workload, "status.observedGeneration").value_or(0) >=
           number(workload, "metadata.generation").value_or(0);
}

bool available(const Store& store, const std::string& ns, const std::string& name)
{
    const Json deployment = read(store, kindOf("deployments"), ns, name);
    if (deployment.is_null() || !observed(deployment) || !isTrue(deployment, "Available"))
        return false;
    const auto wanted = number(deployment, "spec.replicas").value_or(1);
    return number(deployment, "status.updatedReplicas").value_or(0) >= wanted;
}

bool allThere(const Store& store, const std::string& ns, const std::string& name)
{
    const Json daemons = read(store, kindOf("daemonsets"), ns, name);
    const auto wanted = number(daemons, "status.desiredNumberScheduled").value_or(0);
    return wanted > 0 && observed(daemons) &&
           number(daemons, "status.updatedNumberScheduled").value_or(0) >= wanted &&
           number(daemons, "status.numberAvailable").value_or(0) >= wanted;
}

struct Piece {
    const char* kind; // plural
    const char* name;
    int replicas;
};

// Makes a workload of an operator, or gives it another image.
void ensure(Store& store, const std::string& ns, const Piece& piece, const std::string& image,
            const char* maker)
{
    const Kind& kind = kindOf(piece.kind);
    const Json there = read(store, kind, ns, piece.name);
    if (!there.is_null()) {
        if (imageOf(there) != image)
            edit(store, kind, ns, piece.name,
                 [&](Json& object) { object["spec"]["template"]["spec"]["containers"][0]["image"] = image; });
        return;
    }
    const Json labels = {{"kubevirt.io", piece.name}};
    Json spec = {
        {"selector", {{"matchLabels", labels}}},
        {"template",
         {{"metadata", {{"labels", labels}}},
          {"spec",
           {{"containers",
             Json::array({Json{{"name", piece.name},
                               {"image", image},
                               {"resources", {{"requests", {{"cpu", "10m"}, {"memory", "150Mi"}}}}}}})},
            {"tolerations", Json::array({Json{{"operator", "Exists"}}})}}}}}};
    if (piece.replicas > 0)
        spec["replicas"] = piece.replicas;
    create(store, kind,
           {{"metadata", {{"name", piece.name}, {"namespace", ns}, {"labels", {{kMade, maker}}}}},
            {"spec", std::move(spec)}});
}

// The kinds that an operator brings beside its own.
std::vector<const Kind*> kindsOf(bool cdi)
{
    std::vector<const Kind*> out;
    for (const Kind& kind : Kinds::instance().all()) {
        const bool theirs = kind.group == "cdi.kubevirt.io";
        const bool all =
            kind.group == "kubevirt.io" ||
            (kind.group.size() > 12 && kind.group.substr(kind.group.size() - 12) == ".kubevirt.io");
        if (kind.has(Custom) && all && theirs == cdi && kind.resource != "kubevirts" &&
            kind.resource != "cdis")
            out.push_back(&kind);
    }
    return out;
}

void ensureKinds(Store& store, bool cdi, const char* maker)
{
    for (const Kind* kind : kindsOf(cdi)) {
        const std::string name = std::string(kind->resource) + "." + std::string(kind->group);
        if (store.get(kindOf("customresourcedefinitions"), "", name))
            continue;
        Json definition = parseOwn(crdBody(*kind, "", timestamp(store)));
        definition["metadata"]["labels"][kMade] = maker;
        create(store, kindOf("customresourcedefinitions"), std::move(definition));
    }
}

void removeMade(Store& store, const char* maker)
{
    for (const char* resource : {"deployments", "daemonsets", "customresourcedefinitions"}) {
        const Kind& kind = kindOf(resource);
        for (const ObjectPtr& object : store.list(kind)) {
            if (lookUp(object->labels, kMade) == maker)
                (void)store.remove(kind, object->ns, object->name);
        }
    }
}

// virt-operator and cdi-operator: from a resource to what it asks for.
class Operator : public Controller {
public:
    struct Traits {
        const char* resource;   // plural
        const char* deployment; // of the operator
        const char* finalizer;  // of the resource
        const char* observed;   // field of the status
        const char* target;     // another
        std::vector<Piece> pieces;
        std::vector<const char*> images; // by piece
        bool cdi = false;
    };
    Operator(Site& site, Traits traits) : m_site(site), m_traits(std::move(traits)) {}

    double reconcile(const Key& key) override
    {
        Store& store = m_site.outer;
        const Kind& kind = kindOf(m_traits.resource);
        const ObjectPtr object = store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json resource = parseOwn(object->body);
        std::string ns;
        std::string version;
        std::string registry;
        for (const ObjectPtr& each : store.list(kindOf("deployments"))) {
            if (each->name != m_traits.deployment)
                continue;
            const std::string image = imageOf(parseOwn(each->body));
            ns = each->ns;
            version = tagOf(image);
            registry = image.substr(0, image.rfind('/'));
        }
        if (deleting(resource)) {
            if (!hasFinalizer(resource, m_traits.finalizer) || ns.empty())
                return kOnChange;
            removeMade(store, m_traits.deployment);
            if (!m_traits.cdi)
                nodes(false);
            edit(store, kind, key.ns, key.name,
                 [&](Json& edited) { removeFinalizer(edited, m_traits.finalizer); });
            return kOnChange;
        }
        for (const ObjectPtr& other : store.list(kind)) { // a second one is nobody's
            if (other->uid != object->uid &&
                !text(parseOwn(other->body), std::string("status.") + m_traits.observed).empty())
                return kOnChange;
        }
        const bool deployed = text(resource, "status.phase") == "Deployed";
        // What it has deployed once stays as it is, whatever becomes of it.
        if (ns.empty() || version.empty() ||
            text(resource, std::string("status.") + m_traits.observed) == version ||
            !available(store, ns, m_traits.deployment))
            return kOnChange;
        bool ready = true;
        for (std::size_t i = 0; i < m_traits.pieces.size(); ++i) {
            const Piece& piece = m_traits.pieces[i];
            ensure(store, ns, piece, registry + "/" + m_traits.images[i] + ":" + version,
                   m_traits.deployment);
            ready = ready &&
                    (piece.replicas > 0 ? available(store, ns, piece.name) : allThere(store, ns, piece.name));
        }
        ensureKinds(store, m_traits.cdi, m_traits.deployment);
        const std::string at = timestamp(store);
        const char* const reason = m_traits.cdi ? "DeployCompleted" : "AllComponentsReady";
        const char* const words = m_traits.cdi ? "Deployment Completed" : "All components are ready.";
        edit(store, kind, key.ns, key.name, [&](Json& edited) {
            addFinalizer(edited, m_traits.finalizer);
            Json& status = edited["status"];
            status[m_traits.target] = version;
            status["operatorVersion"] = version;
            if (!m_traits.cdi) {
                status["targetKubeVirtRegistry"] = registry;
                status["defaultArchitecture"] = "amd64";
            }
            if (!ready) {
                if (!deployed) {
                    status["phase"] = "Deploying";
                    setCondition(
                        status,
                        {"Available", "False", "DeploymentInProgress", "Deploying version " + version}, at);
                }
                setCondition(status,
                             {"Progressing", "True", "DeploymentInProgress", "Deploying version " + version},
                             at);
                setCondition(status,
                             {"Degraded", "False", "DeploymentInProgress", "Deploying version " + version},
                             at);
                return;
            }
            status["phase"] = "Deployed";
            status[m_traits.observed] = version;
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            setCondition(status, {"Available", "True", reason, words}, at);
            setCondition(status, {"Progressing", "False", reason, words}, at);
            setCondition(status, {"Degraded", "False", reason, words}, at);
        });
        if (ready) {
            if (m_traits.cdi)
                settings();
            else
                nodes(true);
        }
        return kOnChange; // the workloads tell when they are there
    }

private:
    // virt-handler tells what a node can do.
    void nodes(bool on)
    {
        Store& store = m_site.outer;
        static const std::array<std::pair<const char*, const char*>, 5> kLabels = {
            {{"kubevirt.io/schedulable", "true"},
             {"cpumanager", "false"},
             {"host-model-cpu.node.kubevirt.io/EPYC-Milan", "true"},
             {"cpu-vendor.node.kubevirt.io/AMD", "true"},
             {"cpu-feature.node.kubevirt.io/svm", "true"}}};
        for (const ObjectPtr& node : store.list(coreKind("nodes"))) {
            if ((lookUp(node->labels, "kubevirt.io/schedulable") == "true") == on)
                continue;
            edit(store, coreKind("nodes"), "", node->name, [&](Json& edited) {
                for (const auto& [key, value] : kLabels) {
                    if (on)
                        edited["metadata"]["labels"][key] = value;
                    else
                        edited["metadata"]["labels"].erase(key);
                }
                for (const char* list : {"capacity", "allocatable"}) {
                    for (const char* device : {"devices.kubevirt.io/kvm", "devices.kubevirt.io/tun",
                                               "devices.kubevirt.io/vhost-net"}) {
                        if (on)
                            edited["status"][list][device] = "1k";
                        else
                            edited["status"][list].erase(device);
                    }
                }
            });
        }
    }

    void settings()
    {
        Store& store = m_site.outer;
        std::string usual;
        for (const ObjectPtr& each : store.list(kindOf("storageclasses"))) {
            const Json storage = parseOwn(each->body);
            if (annotation(storage, "storageclass.kubernetes.io/is-default-class") == "true")
                usual = each->name;
            if (store.get(kindOf("storageprofiles"), "", each->name))
                continue;
            create(store, kindOf("storageprofiles"),
                   {{"metadata", {{"name", each->name}}},
                    {"spec", Json::object()},
                    {"status",
                     {{"storageClass", each->name},
                      {"provisioner", text(storage, "provisioner")},
                      {"cloneStrategy", "csi-clone"},
                      {"claimPropertySets", Json::array({Json{{"accessModes", Json::array({"ReadWriteMany"})},
                                                              {"volumeMode", "Block"}}})}}}});
        }
        if (!store.get(kindOf("cdiconfigs"), "", "config"))
            create(store, kindOf("cdiconfigs"),
                   {{"metadata", {{"name", "config"}}},
                    {"spec", Json::object()},
                    {"status",
                     {{"filesystemOverhead", {{"global", "0.06"}}}, {"scratchSpaceStorageClass", usual}}}});
    }

    Site& m_site;
    Traits m_traits;
};

// cert-manager: self-signed issuers and what they issue, as far as webhooks need it.
class CertManager : public Controller {
public:
    explicit CertManager(Site& site) : m_site(site) {}

    double reconcile(const Key& key) override
    {
        Store& store = m_site.outer;
        if (!available(store, "cert-manager", "cert-manager") ||
            !available(store, "cert-manager", "cert-manager-webhook"))
            return kOnChange;
        for (const char* resource : {"issuers", "clusterissuers"}) {
            const std::string ns = std::string_view(resource) == "issuers" ? key.ns : std::string();
            const Json issuer = read(store, kindOf(resource), ns, key.name);
            if (!issuer.is_null() && !isTrue(issuer, "Ready"))
                edit(store, kindOf(resource), ns, key.name, [&](Json& edited) {
                    setCondition(edited["status"], {"Ready", "True", "IsReady", ""}, timestamp(store));
                });
        }
        const Json certificate = read(store, kindOf("certificates"), key.ns, key.name);
        if (certificate.is_null() || isTrue(certificate, "Ready") || deleting(certificate)) {
            m_since.erase(key);
            return kOnChange;
        }
        const std::string issuer = text(certificate, "spec.issuerRef.name");
        const bool wide = text(certificate, "spec.issuerRef.kind") == "ClusterIssuer";
        if (!isTrue(read(store, kindOf(wide ? "clusterissuers" : "issuers"), wide ? "" : key.ns, issuer),
                    "Ready"))
            return kIssue;
        const double left = m_since.emplace(key, m_site.now()).first->second + kIssue - m_site.now();
        if (left > 0)
            return left;
        m_since.erase(key);
        const std::string secret = text(certificate, "spec.secretName");
        if (!store.get(coreKind("secrets"), key.ns, secret))
            create(store, coreKind("secrets"),
                   {{"metadata", {{"name", secret}, {"namespace", key.ns}}},
                    {"type", "kubernetes.io/tls"},
                    {"data", {{"tls.crt", ""}, {"tls.key", ""}, {"ca.crt", ""}}}});
        edit(store, kindOf("certificates"), key.ns, key.name, [&](Json& edited) {
            setCondition(edited["status"],
                         {"Ready", "True", "Ready", "Certificate is up to date and has not expired"},
                         timestamp(store));
        });
        return kOnChange;
    }

private:
    Site& m_site;
    std::map<Key, double> m_since;
};

} // namespace

void addOperators(Site& site)
{
    Store& store = site.outer;
    const auto add = [&](Operator::Traits traits) {
        const Kind& kind = kindOf(traits.resource);
        Controller& controller = site.manager.add(store, std::make_unique<Operator>(site, std::move(traits)));
        site.manager.watch(store, kind, controller);
        for (const char* workloads : {"deployments", "daemonsets"})
            site.manager.watch(store, kindOf(workloads), controller,
                               [&store, &kind](const StoreEvent&, const Manager::Enqueue& enqueue) {
                                   for (const ObjectPtr& resource : store.list(kind))
                                       enqueue({resource->ns, resource->name});
                               });
    };
    add({"kubevirts",
         "virt-operator",
         "foregroundDeleteKubeVirt",
         "observedKubeVirtVersion",
         "targetKubeVirtVersion",
         {{"deployments", "virt-api", 2},
          {"deployments", "virt-controller", 2},
          {"daemonsets", "virt-handler", 0}},
         {"virt-api", "virt-controller", "virt-handler"},
         false});
    add({"cdis",
         "cdi-operator",
         "operator.cdi.kubevirt.io",
         "observedVersion",
         "targetVersion",
         {{"deployments", "cdi-apiserver", 1},
          {"deployments", "cdi-deployment", 1},
          {"deployments", "cdi-uploadproxy", 1}},
         {"cdi-apiserver", "cdi-controller", "cdi-uploadproxy"},
         true});
    Controller& issuing = site.manager.add(store, std::make_unique<CertManager>(site));
    for (const char* resource : {"issuers", "clusterissuers", "certificates"})
        site.manager.watch(store, kindOf(resource), issuing);
    site.manager.watch(store, kindOf("deployments"), issuing,
                       [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.object->ns != "cert-manager")
                               return;
                           for (const char* resource : {"issuers", "clusterissuers", "certificates"}) {
                               for (const ObjectPtr& each : store.list(kindOf(resource)))
                                   enqueue({each->ns, each->name});
                           }
                       });
}

} // namespace strata::demosite
