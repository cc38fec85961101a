// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <cmath>
#include <set>

// PodDisruptionBudgets: how many of the pods they cover may go now (kubernetes pkg/controller/disruption).
namespace strata::demosite {
namespace {

const Kind& budgets()
{
    return kindOf("poddisruptionbudgets");
}

bool ready(const Object& pod)
{
    return isReady(pod) && !deleting(pod);
}

// "50%" of `of`, rounded up as upstream does, or a number.
long long portion(const Json& value, long long of)
{
    if (value.is_number_integer())
        return value.get<long long>();
    if (!value.is_string())
        return 0;
    const double share = std::atof(value.get<std::string>().c_str()) / 100;
    return static_cast<long long>(std::ceil(share * static_cast<double>(of)));
}

class DisruptionController : public Controller {
public:
    explicit DisruptionController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(budgets(), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json budget = parseOwn(object->body);
        if (deleting(budget))
            return kOnChange;
        long long healthy = 0;
        long long expected = 0;
        std::set<std::string> owners;
        std::set<std::string> present;
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"), key.ns)) {
            if (!matches(part(budget, "spec.selector"), *pod))
                continue;
            present.insert(pod->name);
            healthy += ready(*pod) ? 1 : 0;
            const Json body = parseOwn(pod->body);
            const std::string set = ownerName(body, "ReplicaSet");
            const std::string stateful = ownerName(body, "StatefulSet");
            // Each controller counts once, with the pods it wants.
            if (!set.empty() && owners.insert("rs/" + set).second)
                expected +=
                    number(read(m_store, kindOf("replicasets"), key.ns, set), "spec.replicas").value_or(0);
            else if (!stateful.empty() && owners.insert("sts/" + stateful).second)
                expected += number(read(m_store, kindOf("statefulsets"), key.ns, stateful), "spec.replicas")
                                .value_or(0);
            else if (set.empty() && stateful.empty())
                ++expected;
        }
        long long desired = 0;
        if (const Json* least = find(budget, "spec.minAvailable"))
            desired = portion(*least, expected);
        else if (const Json* most = find(budget, "spec.maxUnavailable"))
            desired = std::max(0LL, expected - portion(*most, expected));
        edit(m_store, budgets(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            // Who was let go and is not gone yet still counts as one that may not be spared.
            long long going = 0;
            if (status.contains("disruptedPods") && status["disruptedPods"].is_object()) {
                Json kept = Json::object();
                for (const auto& [pod, at] : status["disruptedPods"].items()) {
                    if (present.count(pod) != 0)
                        kept[pod] = at;
                }
                going = static_cast<long long>(kept.size());
                if (kept.empty())
                    status.erase("disruptedPods");
                else
                    status["disruptedPods"] = std::move(kept);
            }
            const long long left = std::max(0LL, healthy - going - desired);
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["expectedPods"] = expected;
            status["currentHealthy"] = healthy;
            status["desiredHealthy"] = desired;
            status["disruptionsAllowed"] = left;
            setCondition(status,
                         {"DisruptionAllowed", left > 0 ? "True" : "False",
                          left > 0 ? "SufficientPods" : "InsufficientPods", ""},
                         timestamp(m_store));
        });
        return kOnChange;
    }

private:
    Store& m_store;
};

} // namespace

std::string evict(Store& store, const Object& pod)
{
    if (deleting(pod))
        return {};
    for (const ObjectPtr& budget : store.list(budgets(), pod.ns)) {
        const Json body = parseOwn(budget->body);
        if (!matches(part(body, "spec.selector"), pod) || !ready(pod))
            continue;
        if (number(body, "status.disruptionsAllowed").value_or(0) <= 0)
            return budget->name;
        edit(store, budgets(), pod.ns, budget->name, [&](Json& edited) {
            edited["status"]["disruptionsAllowed"] =
                std::max(0LL, number(edited, "status.disruptionsAllowed").value_or(0) - 1);
            edited["status"]["disruptedPods"][pod.name] = timestamp(store);
        });
    }
    (void)store.remove(coreKind("pods"), pod.ns, pod.name);
    return {};
}

void addDisruptionController(Site& site, Store& store)
{
    Controller& controller = site.manager.add(store, std::make_unique<DisruptionController>(store));
    site.manager.watch(store, budgets(), controller);
    site.manager.watch(store, coreKind("pods"), controller,
                       [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           for (const ObjectPtr& budget : store.list(budgets(), event.object->ns))
                               enqueue({budget->ns, budget->name});
                       });
}

} // namespace strata::demosite
