// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

namespace strata::demosite {
namespace {

// Empties a namespace that was deleted and lets it go when nothing is left; finalizers may hold things for a
// while. A new namespace gets what every one has.
class NamespaceController : public Controller {
public:
    explicit NamespaceController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = coreKind("namespaces");
        const Json space = read(m_store, kind, "", key.name);
        if (space.is_null())
            return kOnChange;
        if (!deleting(space)) {
            furnish(key.name);
            return kOnChange;
        }
        std::map<std::string, int> left;       // "pods." to their number
        std::map<std::string, int> finalizers; // to how many objects have them
        for (const Kind* const served : m_store.kinds()) {
            const Kind& each = *served;
            if (!each.has(Namespaced) || each.has(CreateOnly) || each.has(Computed))
                continue;
            for (const ObjectPtr& object : m_store.list(each, key.name)) {
                const auto removed = m_store.remove(each, key.name, object->name);
                if (!removed || removed->gone)
                    continue;
                ++left[std::string(each.resource) + "." + std::string(each.group)];
                const Json body = parseOwn(removed->object->body);
                if (const Json* all = find(body, "metadata.finalizers"); all != nullptr && all->is_array()) {
                    for (const Json& finalizer : *all)
                        ++finalizers[finalizer.is_string() ? finalizer.get<std::string>() : std::string()];
                }
            }
        }
        const auto listed = [](const std::map<std::string, int>& all, const char* between) {
            std::string out;
            for (const auto& [what, count] : all)
                out += (out.empty() ? "" : ", ") + what + between + std::to_string(count) +
                       " resource instances";
            return out;
        };
        edit(m_store, kind, "", key.name, [&](Json& object) {
            const std::string at = timestamp(m_store);
            Json& status = object["status"];
            status["phase"] = "Terminating";
            setCondition(status,
                         {"NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                          "All resources successfully discovered"},
                         at);
            setCondition(status,
                         {"NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                          "All legacy kube types successfully parsed"},
                         at);
            setCondition(status,
                         {"NamespaceDeletionContentFailure", "False", "ContentDeleted",
                          "All content successfully deleted, may be waiting on finalization"},
                         at);
            setCondition(status,
                         left.empty() ? Condition{"NamespaceContentRemaining", "False", "ContentRemoved",
                                                  "All content successfully removed"}
                                      : Condition{"NamespaceContentRemaining", "True", "SomeResourcesRemain",
                                                  "Some resources are remaining: " + listed(left, " has ")},
                         at);
            setCondition(status,
                         finalizers.empty()
                             ? Condition{"NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers",
                                         "All content-preserving finalizers finished"}
                             : Condition{"NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                                         "Some content in the namespace has finalizers remaining: " +
                                             listed(finalizers, " in ")},
                         at);
            if (left.empty())
                object["spec"]["finalizers"] = Json::array();
        });
        return left.empty() ? kOnChange : 2;
    }

private:
    void furnish(const std::string& ns)
    {
        if (!m_store.get(coreKind("serviceaccounts"), ns, "default"))
            create(m_store, coreKind("serviceaccounts"),
                   {{"metadata", {{"name", "default"}, {"namespace", ns}}}});
    }

    Store& m_store;
};

} // namespace

void addNamespaceController(Site& site, Store& store)
{
    Controller& controller = site.manager.add(store, std::make_unique<NamespaceController>(store));
    site.manager.watch(store, coreKind("namespaces"), controller,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type != EventType::Deleted)
                               enqueue({"", event.object->name});
                       });
}

} // namespace strata::demosite
