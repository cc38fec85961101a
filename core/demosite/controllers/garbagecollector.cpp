// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

namespace strata::demosite {
namespace {

// kube-controller-manager's garbage collector: what has lost all its owners goes, and the deletion policies
// that are written down as finalizers. A key is "uid" (an owner that went) or "group/resource" + name.
class GarbageCollector : public Controller {
public:
    explicit GarbageCollector(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        if (key.ns == "uid") {
            collect(key.name);
            return kOnChange;
        }
        const auto found = m_marked.find(key.name);
        if (found == m_marked.end())
            return kOnChange;
        const ObjectPtr object = found->second;
        if (finish(*object))
            m_marked.erase(found);
        return kOnChange;
    }

    void event(const StoreEvent& event, const Manager::Enqueue& enqueue)
    {
        const Object& object = *event.object;
        if (event.type == EventType::Deleted) {
            // Nothing hangs from these.
            if (object.kind->resource != "pods" || !object.kind->group.empty())
                enqueue({"uid", object.uid});
            for (const auto& [uid, marked] : m_marked) {
                if (object.owners.find(marked->uid) != std::string::npos)
                    enqueue({"marked", uid});
            }
            m_marked.erase(object.uid);
        } else if (object.body.find("\"deletionTimestamp\"") != std::string::npos &&
                   (object.body.find("\"foregroundDeletion\"") != std::string::npos ||
                    object.body.find("\"orphan\"") != std::string::npos)) {
            m_marked[object.uid] = event.object;
            enqueue({"marked", object.uid});
        }
    }

    // True once for each kind.
    bool isNew(const Kind& kind) { return m_watched.insert(&kind).second; }

private:
    // An owner that still lives keeps it.
    bool hasLivingOwner(const Object& child)
    {
        const Json body = parseOwn(child.body);
        const Json* owners = find(body, "metadata.ownerReferences");
        if (owners == nullptr || !owners->is_array())
            return true;
        for (const Json& owner : *owners) {
            const std::string version = text(owner, "apiVersion");
            const std::size_t slash = version.find('/');
            const std::string group = slash == std::string::npos ? std::string() : version.substr(0, slash);
            const Kind* kind = kindNamed(group, text(owner, "kind"));
            if (kind == nullptr)
                return true; // of a kind that is not served: upstream waits, too
            const ObjectPtr lives =
                m_store.get(*kind, kind->has(Namespaced) ? child.ns : std::string(), text(owner, "name"));
            if (lives && lives->uid == text(owner, "uid"))
                return true;
        }
        return false;
    }

    const Kind* kindNamed(const std::string& group, const std::string& name) const
    {
        if (const Kind* kind = Kinds::instance().findKind(group, name))
            return kind;
        for (const Kind* const kind : m_store.customKinds().all()) {
            if (kind->group == group && kind->kind == name)
                return kind;
        }
        return nullptr;
    }

    void collect(const std::string& uid)
    {
        for (const ObjectPtr& child : m_store.ownedBy(uid)) {
            if (!hasLivingOwner(*child))
                (void)m_store.remove(*child->kind, child->ns, child->name);
        }
    }

    // Foreground: children first. Orphan: they lose their owner reference. True when it is done.
    bool finish(const Object& object)
    {
        const bool orphan = object.body.find("\"orphan\"") != std::string::npos;
        bool waits = false;
        for (const ObjectPtr& child : m_store.ownedBy(object.uid)) {
            if (orphan) {
                edit(m_store, *child->kind, child->ns, child->name, [&](Json& edited) {
                    Json kept = Json::array();
                    for (const Json& owner : edited["metadata"]["ownerReferences"]) {
                        if (text(owner, "uid") != object.uid)
                            kept.push_back(owner);
                    }
                    if (kept.empty())
                        edited["metadata"].erase("ownerReferences");
                    else
                        edited["metadata"]["ownerReferences"] = std::move(kept);
                });
                continue;
            }
            DeleteOptions options;
            options.propagation = "Foreground";
            const auto removed = m_store.remove(*child->kind, child->ns, child->name, options);
            const bool blocks = child->body.find("\"blockOwnerDeletion\":true") != std::string::npos;
            waits = waits || (removed && !removed->gone && blocks);
        }
        if (waits)
            return false;
        edit(m_store, *object.kind, object.ns, object.name, [](Json& edited) {
            removeFinalizer(edited, "foregroundDeletion");
            removeFinalizer(edited, "orphan");
        });
        return true;
    }

    Store& m_store;
    std::map<std::string, ObjectPtr> m_marked; // by uid
    std::set<const Kind*> m_watched;           // of those that came at run time
};

} // namespace

void addGarbageCollector(Site& site, Store& store)
{
    auto made = std::make_unique<GarbageCollector>(store);
    GarbageCollector* const collector = made.get();
    site.manager.add(store, std::move(made));
    const auto map = [collector](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        collector->event(event, enqueue);
    };
    // Kinds that come with definitions are watched from then on.
    site.manager.watch(
        store, kindOf("customresourcedefinitions"), *collector,
        [&site, &store, collector, map](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            collector->event(event, enqueue);
            for (const Kind* const kind : store.customKinds().all()) {
                if (collector->isNew(*kind))
                    site.manager.watchLater(store, *kind, *collector, map);
            }
        });
    for (const Kind& kind : Kinds::instance().all()) {
        // These own nothing and change all the time.
        if (kind.has(CreateOnly) || kind.has(Computed) || kind.resource == "events" ||
            kind.resource == "leases" || kind.resource == "customresourcedefinitions")
            continue;
        site.manager.watch(store, kind, *collector, map);
    }
}

} // namespace strata::demosite
