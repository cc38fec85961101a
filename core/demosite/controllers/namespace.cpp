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
        std::map<std::string, int> left;
        for (const Kind* const served : m_store.kinds()) {
            const Kind& each = *served;
            if (!each.has(Namespaced) || each.has(CreateOnly) || each.has(Computed))
                continue;
            for (const ObjectPtr& object : m_store.list(each, key.name)) {
                const auto removed = m_store.remove(each, key.name, object->name);
                if (removed && !removed->gone)
                    ++left[std::string(each.resource) +
                           (each.group.empty() ? "" : "." + std::string(each.group))];
            }
        }
        if (left.empty()) {
            edit(m_store, kind, "", key.name,
                 [](Json& object) { object["spec"]["finalizers"] = Json::array(); });
            return kOnChange;
        }
        std::string rest;
        for (const auto& [what, count] : left)
            rest +=
                (rest.empty() ? "" : ", ") + what + " has " + std::to_string(count) + " resource instances";
        edit(m_store, kind, "", key.name, [&](Json& object) {
            const std::string at = timestamp(m_store);
            setCondition(object["status"],
                         {"NamespaceContentRemaining", "True", "SomeResourcesRemain",
                          "Some resources are remaining: " + rest},
                         at);
            setCondition(object["status"],
                         {"NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                          "Some content in the namespace has finalizers remaining"},
                         at);
        });
        return 2;
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
