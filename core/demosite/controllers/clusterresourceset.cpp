// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

// Cluster API's add-on provider: manifests from ConfigMaps and Secrets into the clusters a selector names,
// as soon as their API answers.
class ClusterResourceSetController : public Controller {
public:
    explicit ClusterResourceSetController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("clusterresourcesets");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json set = parseOwn(object->body);
        if (deleting(set) || isPaused(Json(), set))
            return kOnChange;
        const Json* selector = find(set, "spec.clusterSelector");
        if (selector == nullptr)
            return kOnChange;
        bool applied = true;
        std::string reason = "Applied";
        std::string words;
        double again = kOnChange;
        for (const ObjectPtr& cluster : m_store.list(clusters(), key.ns)) {
            const Json body = parseOwn(cluster->body);
            if (deleting(body) || !matches(*selector, *cluster))
                continue;
            if (isPaused(body, Json()) || !controlPlaneInitialized(body)) {
                if (!isPaused(body, Json())) {
                    applied = false;
                    reason = "NotApplied";
                    words = "Waiting for control plane to be initialized";
                }
                continue;
            }
            Cluster* const inner = m_site.tenants.find({key.ns, cluster->name});
            if (inner == nullptr) {
                again = 10;
                continue;
            }
            const std::string fault = apply(*object, set, *cluster, inner->store(), reason);
            if (!fault.empty()) {
                applied = false;
                words = fault;
                again = 10;
            }
        }
        const std::string at = timestamp(m_store);
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            setCondition(status, {"ResourcesApplied", applied ? "True" : "False", reason, words}, at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);
            setOld(status, "ResourcesApplied", applied, "Info", reason, words, at);
        });
        return again;
    }

private:
    std::string apply(const Object& set, const Json& body, const Object& cluster, Store& inner,
                      std::string& reason)
    {
        const Json* resources = find(body, "spec.resources");
        if (resources == nullptr || !resources->is_array())
            return {};
        const bool repeat = text(body, "spec.strategy") == "Reconcile";
        Json results = Json::array();
        std::string fault;
        const Json binding = read(m_store, kindOf("clusterresourcesetbindings"), set.ns, cluster.name);
        for (const Json& resource : *resources) {
            const std::string kind = text(resource, "kind");
            const std::string name = text(resource, "name");
            const Json found =
                read(m_store, coreKind(kind == "Secret" ? "secrets" : "configmaps"), set.ns, name);
            if (found.is_null()) {
                fault = kind + " " + set.ns + "/" + name + " not found";
                reason = "NotApplied";
                continue;
            }
            if (kind == "Secret" && text(found, "type") != "addons.cluster.x-k8s.io/resource-set") {
                fault = "Secret type " + text(found, "type") + " in resource " + name + " is not supported";
                reason = "WrongSecretType";
                continue;
            }
            const std::string hash = "sha256:" + hashWord(compact(found.value("data", Json())), 13);
            std::string when = timestamp(m_store);
            if (const std::string before = appliedAt(binding, set.name, kind, name, hash, repeat);
                !before.empty()) {
                when = before;
            } else {
                if (const Json* data = find(found, "data"); data != nullptr && data->is_object()) {
                    for (const auto& [file, value] : data->items()) {
                        std::string manifest = value.is_string() ? value.get<std::string>() : std::string();
                        if (kind == "Secret") {
                            std::string decoded;
                            manifest = base64Decode(manifest, decoded) ? decoded : std::string();
                        }
                        const std::string wrong = applyAll(inner, manifest);
                        if (!wrong.empty()) {
                            fault = wrong;
                            reason = "NotApplied";
                        }
                    }
                }
            }
            results.push_back({{"kind", kind},
                               {"name", name},
                               {"hash", hash},
                               {"applied", fault.empty()},
                               {"lastAppliedTime", when}});
        }
        bind(set, cluster, results);
        return fault;
    }

    static std::string appliedAt(const Json& binding, const std::string& set, const std::string& kind,
                                 const std::string& name, const std::string& hash, bool repeat)
    {
        const Json* all = find(binding, "spec.bindings");
        if (all == nullptr || !all->is_array())
            return {};
        for (const Json& each : *all) {
            const Json* resources = find(each, "resources");
            if (text(each, "clusterResourceSetName") != set || resources == nullptr)
                continue;
            for (const Json& resource : *resources) {
                if (text(resource, "kind") == kind && text(resource, "name") == name &&
                    flag(resource, "applied") && (!repeat || text(resource, "hash") == hash))
                    return text(resource, "lastAppliedTime");
            }
        }
        return {};
    }

    void bind(const Object& set, const Object& cluster, const Json& results)
    {
        const Kind& kind = kindOf("clusterresourcesetbindings");
        const Json mine = {{"clusterResourceSetName", set.name}, {"resources", results}};
        if (!m_store.get(kind, set.ns, cluster.name)) {
            create(m_store, kind,
                   {{"metadata",
                     {{"name", cluster.name},
                      {"namespace", set.ns},
                      {"labels", {{kClusterName, cluster.name}}},
                      {"ownerReferences", Json::array({ownerOf(set, false), ownerOf(cluster, false)})}}},
                    {"spec", {{"clusterName", cluster.name}, {"bindings", Json::array({mine})}}}});
            return;
        }
        edit(m_store, kind, set.ns, cluster.name, [&](Json& edited) {
            addOwner(edited, ownerOf(set, false));
            Json& all = edited["spec"]["bindings"];
            if (!all.is_array())
                all = Json::array();
            for (Json& each : all) {
                if (text(each, "clusterResourceSetName") == set.name) {
                    each = mine;
                    return;
                }
            }
            all.push_back(mine);
        });
    }

    // Every document of a manifest; what is no kind of this demo (a plugin's own CRDs) is passed over.
    static std::string applyAll(Store& inner, const std::string& manifest)
    {
        std::string fault;
        std::vector<Json> objects;
        for (std::size_t at = 0; at < manifest.size();) {
            std::size_t end = manifest.find("\n---", at);
            const std::string_view part =
                std::string_view(manifest).substr(at, end == std::string::npos ? end : end - at);
            at = end == std::string::npos ? manifest.size() : end + 4;
            if (part.find("kind") == std::string_view::npos)
                continue;
            const auto parsed = parseBody(part);
            if (!parsed) {
                fault = "failed to parse a manifest: " + parsed.error().message;
                continue;
            }
            if (const Json* items = find(*parsed, "items"); items != nullptr && items->is_array()) {
                for (const Json& item : *items)
                    objects.push_back(item);
            } else {
                objects.push_back(*parsed);
            }
        }
        // Namespaces first, as upstream sorts them.
        std::stable_sort(objects.begin(), objects.end(), [](const Json& a, const Json& b) {
            return (text(a, "kind") == "Namespace") > (text(b, "kind") == "Namespace");
        });
        for (Json& object : objects) {
            const std::string version = text(object, "apiVersion");
            const std::size_t slash = version.find('/');
            const Kind* kind = Kinds::instance().findKind(
                slash == std::string::npos ? std::string() : version.substr(0, slash), text(object, "kind"));
            if (kind == nullptr || kind->has(OuterOnly) || !object["metadata"].is_object())
                continue;
            std::string ns = text(object, "metadata.namespace");
            if (kind->has(Namespaced) && ns.empty()) {
                ns = "default";
                object["metadata"]["namespace"] = ns;
            }
            const std::string name = text(object, "metadata.name");
            if (inner.get(*kind, ns, name)) {
                edit(inner, *kind, ns, name, [&](Json& edited) {
                    for (const char* field : {"spec", "data", "rules", "subjects", "roleRef"}) {
                        if (object.contains(field))
                            edited[field] = object[field];
                    }
                });
                continue;
            }
            const auto made = inner.create(*kind, object);
            if (!made)
                fault = "failed to apply " + text(object, "kind") + " " + name + ": " + made.error().message;
        }
        return fault;
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addClusterResourceSetController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<ClusterResourceSetController>(site));
    const Kind& kind = kindOf("clusterresourcesets");
    site.manager.watch(store, kind, controller);
    const auto all = [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& set : store.list(kind, event.object->ns))
            enqueue({set->ns, set->name});
    };
    site.manager.watch(store, clusters(), controller, all);
    site.manager.watch(store, coreKind("configmaps"), controller, all);
    site.manager.watch(store, coreKind("secrets"), controller,
                       [all](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.object->body.find("addons.cluster.x-k8s.io/resource-set") !=
                               std::string::npos)
                               all(event, enqueue);
                       });
}

} // namespace strata::demosite
