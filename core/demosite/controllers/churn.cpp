// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <deque>
#include <set>

namespace strata::demosite {
namespace {

constexpr std::size_t kKeptMigrations = 20;
constexpr UnixMs kEventAge = 3600LL * 1000; // the API server's --event-ttl
constexpr std::size_t kMostEvents = 20000;
constexpr double kExpiry = 300; // seconds between two looks at the events

// So that something moves: now and then a pod of a deployment outside the system's namespaces is evicted from
// a node that answers, and its controller makes the next one; in the outer cluster of a big site guests move,
// too.
class Churn : public Controller {
public:
    Churn(Site& site, Store& store, double every) : m_site(site), m_store(store), m_every(every) {}

    double reconcile(const Key&) override
    {
        ++m_round;
        if (&m_store == &m_site.outer && m_round % 2 == 0)
            migrate();
        else
            restart();
        return m_every;
    }

private:
    void restart()
    {
        std::set<std::string> spaces; // a big site has many pods, but of few deployments
        for (const ObjectPtr& set : m_store.list(kindOf("replicasets"))) {
            if (set->ns != "kube-system")
                spaces.insert(set->ns);
        }
        std::vector<ObjectPtr> candidates;
        for (const std::string& ns : spaces) {
            for (const ObjectPtr& pod : m_store.list(coreKind("pods"), ns)) {
                if (lookUp(pod->labels, "pod-template-hash").empty() ||
                    lookUp(pod->fields, "status.phase") != "Running" || deleting(*pod))
                    continue;
                const ObjectPtr node =
                    m_store.get(coreKind("nodes"), "", std::string(lookUp(pod->fields, "spec.nodeName")));
                if (node && node->body.find("\"NodeStatusUnknown\"") == std::string::npos)
                    candidates.push_back(pod);
            }
        }
        if (candidates.empty())
            return;
        const ObjectPtr& pod = candidates[m_round * 7919U % candidates.size()];
        (void)evict(m_store, *pod); // what a tenant asks of disruptions holds for ours, too
    }

    void migrate()
    {
        const Kind& kind = kindOf("virtualmachineinstancemigrations");
        while (m_migrations.size() >= kKeptMigrations) {
            (void)m_store.remove(kind, m_migrations.front().ns, m_migrations.front().name);
            m_migrations.pop_front();
        }
        const auto guests = m_store.list(kindOf("virtualmachineinstances"));
        if (guests.empty())
            return;
        const ObjectPtr& guest = guests[m_round * 7919U % guests.size()];
        if (guest->body.find(R"("type":"LiveMigratable","status":"True")") == std::string::npos ||
            !isReady(*guest))
            return;
        if (const ObjectPtr made = create(
                m_store, kind,
                {{"metadata", {{"generateName", "kubevirt-workload-update-"}, {"namespace", guest->ns}}},
                 {"spec", {{"vmiName", guest->name}}}}))
            m_migrations.push_back({made->ns, made->name});
    }

    Site& m_site;
    Store& m_store;
    double m_every;
    unsigned m_round = 1;
    std::deque<Key> m_migrations;
};

// The API server forgets events after an hour; here also when there are very many, for time may run faster
// than the clock they are stamped by.
class EventExpiry : public Controller {
public:
    explicit EventExpiry(Store& store) : m_store(store) {}

    double reconcile(const Key&) override
    {
        const Kind& kind = coreKind("events");
        std::vector<std::pair<std::string, ObjectPtr>> all; // by the time they were seen last
        for (const ObjectPtr& event : m_store.list(kind))
            all.emplace_back(text(parseOwn(event->body), "lastTimestamp"), event);
        std::stable_sort(all.begin(), all.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        const std::string oldest = formatRfc3339(m_store.now() - kEventAge);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].first >= oldest && all.size() - i <= kMostEvents)
                break;
            (void)m_store.remove(kind, all[i].second->ns, all[i].second->name);
        }
        return kExpiry;
    }

private:
    Store& m_store;
};

} // namespace

void addChurn(Site& site, Store& store, double every)
{
    Controller& churn = site.manager.add(store, std::make_unique<Churn>(site, store, every));
    site.manager.enqueue(churn, {}, every);
}

void addEventExpiry(Site& site, Store& store)
{
    Controller& expiry = site.manager.add(store, std::make_unique<EventExpiry>(store));
    site.manager.enqueue(expiry, {}, kExpiry);
}

} // namespace strata::demosite
