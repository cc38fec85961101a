// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/defaults.h"
#include "core/demosite/controllers/podtemplate.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <cmath>

// Deployment → ReplicaSets → Pods, with rolling updates (kubernetes pkg/controller/deployment/rolling.go).
namespace strata::demosite {
namespace {

constexpr const char* kHash = "pod-template-hash";
constexpr const char* kRevision = "deployment.kubernetes.io/revision";
constexpr const char* kHistory = "deployment.kubernetes.io/revision-history";

// "25%" of `of`, or a number.
long long portion(const Json* value, long long of, bool up, long long otherwise)
{
    if (value == nullptr)
        return otherwise;
    if (value->is_number_integer())
        return value->get<long long>();
    if (!value->is_string())
        return otherwise;
    const double exact = std::atof(value->get<std::string>().c_str()) * static_cast<double>(of) / 100;
    return static_cast<long long>(up ? std::ceil(exact) : std::floor(exact));
}

// A template as a value: its members in the order of their names, for server-side apply writes them in
// another; with the server's defaults, which objects of a site as it was written down have only once somebody
// writes them.
nlohmann::json templateOf(const Json& holder, Store& store)
{
    Json whole = {{"spec", {{"template", part(holder, "spec.template")}}}};
    refillDefaults(kindOf("replicasets"), whole, {}, store);
    Json templ = part(whole, "spec.template");
    if (Json* labels = const_cast<Json*>(find(templ, "metadata.labels"))) // NOLINT: it is ours
        labels->erase(kHash);
    if (templ.is_object() && templ.contains("metadata"))
        templ["metadata"].erase("creationTimestamp");
    return nlohmann::json::parse(templ.dump(), nullptr, false);
}

class DeploymentController : public Controller {
public:
    explicit DeploymentController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kindOf("deployments"), key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json body = parseOwn(object->body);
        if (deleting(body))
            return kOnChange;
        const nlohmann::json templ = templateOf(body, m_store);
        std::vector<Set> sets;
        Set* current = nullptr;
        for (const ObjectPtr& set : m_store.list(kindOf("replicasets"), key.ns)) {
            if (set->owners.find("\n" + object->uid + "\n") != std::string::npos)
                sets.push_back({set, parseOwn(set->body)});
        }
        for (Set& set : sets) {
            if (templateOf(set.body, m_store) == templ)
                current = &set;
        }
        const long long wanted = std::clamp(number(body, "spec.replicas").value_or(1), 0LL, 1000LL);
        if (current == nullptr) {
            makeSet(*object, body, sets.empty() ? wanted : 0, sets);
            return kOnChange; // told of it
        }
        newest(*current, sets);
        const bool paused = flag(body, "spec.paused");
        const bool waits = (!paused || sets.size() == 1) && !roll(body, *current, sets, wanted);
        report(key, body, *current, sets, wanted);
        return waits ? 1 : kOnChange;
    }

private:
    struct Set {
        ObjectPtr object;
        Json body;
        long long replicas() const { return number(body, "spec.replicas").value_or(0); }
        long long counted(const char* what) const
        {
            return number(body, std::string("status.") + what).value_or(0);
        }
    };

    void makeSet(const Object& owner, const Json& body, long long replicas, const std::vector<Set>& old)
    {
        long long revision = 1;
        for (const Set& set : old) {
            long long had = std::atoll(annotation(set.body, kRevision).c_str());
            if (had == 0) { // of a site as it was written down: it was the first
                had = 1;
                edit(m_store, kindOf("replicasets"), set.object->ns, set.object->name, [&](Json& edited) {
                    edited["metadata"]["annotations"][kRevision] = std::to_string(had);
                });
            }
            revision = std::max(revision, had + 1);
        }
        const std::string hash = hashWord(templateOf(body, m_store).dump(), 10);
        Json made = {{"metadata",
                      {{"name", owner.name + "-" + hash},
                       {"namespace", owner.ns},
                       {"annotations", {{kRevision, std::to_string(revision)}}},
                       {"ownerReferences", Json::array({ownerOf(owner)})}}},
                     {"spec",
                      {{"replicas", replicas},
                       {"selector", part(body, "spec.selector")},
                       {"template", part(body, "spec.template")}}}};
        made["spec"]["selector"]["matchLabels"][kHash] = hash;
        made["spec"]["template"]["metadata"]["labels"][kHash] = hash;
        made["metadata"]["labels"] = made["spec"]["template"]["metadata"]["labels"];
        if (create(m_store, kindOf("replicasets"), std::move(made)))
            scaled(owner, owner.name + "-" + hash, "up", replicas);
    }

    // A set that is wanted again, as by `kubectl rollout undo`, is the newest revision.
    void newest(Set& current, const std::vector<Set>& sets)
    {
        long long others = 0;
        for (const Set& set : sets) {
            if (&set != &current)
                others = std::max(others, std::atoll(annotation(set.body, kRevision).c_str()));
        }
        const std::string had = annotation(current.body, kRevision);
        if (others == 0 || std::atoll(had.c_str()) > others)
            return;
        const auto change = [&](Json& set) {
            Json& annotations = set["metadata"]["annotations"];
            if (!had.empty()) {
                const std::string history = annotations.value(kHistory, std::string());
                annotations[kHistory] = history.empty() ? had : history + "," + had;
            }
            annotations[kRevision] = std::to_string(others + 1);
        };
        change(current.body);
        edit(m_store, kindOf("replicasets"), current.object->ns, current.object->name, change);
    }

    void scaled(const Object& owner, const std::string& set, const char* way, long long to)
    {
        tell(m_store, owner, "Normal", "ScalingReplicaSet",
             "Scaled " + std::string(way) + " replica set " + set + " to " + std::to_string(to),
             "deployment-controller");
    }

    void scale(Set& set, long long to)
    {
        const long long from = set.replicas();
        if (from == to)
            return;
        set.body["spec"]["replicas"] = to;
        edit(m_store, kindOf("replicasets"), set.object->ns, set.object->name,
             [&](Json& edited) { edited["spec"]["replicas"] = to; });
        if (const ObjectPtr owner =
                m_store.get(kindOf("deployments"), set.object->ns, ownerName(set.body, "Deployment")))
            scaled(*owner, set.object->name, to > from ? "up" : "down", to);
    }

    // False while it waits for pods that still end.
    bool roll(const Json& body, Set& current, std::vector<Set>& sets, long long wanted)
    {
        long long old = 0;
        long long total = 0;
        long long available = 0;
        for (const Set& set : sets) {
            total += set.replicas();
            available += set.counted("availableReplicas");
            old += &set == &current ? 0 : set.replicas();
        }
        const bool recreate = text(body, "spec.strategy.type") == "Recreate";
        if (old == 0 && !recreate) {
            scale(current, wanted);
            return true;
        }
        const Json* rolling = find(body, "spec.strategy.rollingUpdate");
        const Json none = Json::object();
        const Json& how = rolling != nullptr ? *rolling : none;
        long long surge = portion(find(how, "maxSurge"), wanted, true, 1);
        long long unavailable = portion(find(how, "maxUnavailable"), wanted, false, 0);
        if (surge == 0 && unavailable == 0)
            unavailable = 1;
        if (recreate) {
            bool left = false;
            for (Set& set : sets) {
                if (&set == &current)
                    continue;
                scale(set, 0);
                for (const ObjectPtr& pod : m_store.ownedBy(set.object->uid)) {
                    const std::string_view phase = lookUp(pod->fields, "status.phase");
                    left = left || (phase != "Succeeded" && phase != "Failed");
                }
            }
            if (!left)
                scale(current, wanted);
            return !left;
        }
        scale(current, std::min(wanted, current.replicas() + std::max(0LL, wanted + surge - total)));
        long long mayGo = std::max(0LL, available - (wanted - unavailable));
        for (Set& set : sets) {
            if (&set == &current || set.replicas() == 0)
                continue;
            // What does not run yet helps nobody.
            const long long dead = set.replicas() - set.counted("availableReplicas");
            const long long goes = std::min(set.replicas(), mayGo + std::max(0LL, dead));
            mayGo -= std::min(mayGo, std::max(0LL, goes - std::max(0LL, dead)));
            scale(set, set.replicas() - goes);
        }
        return true;
    }

    void report(const Key& key, const Json& body, const Set& current, const std::vector<Set>& sets,
                long long wanted)
    {
        long long total = 0;
        long long ready = 0;
        long long available = 0;
        for (const Set& set : sets) {
            total += set.counted("replicas");
            ready += set.counted("readyReplicas");
            available += set.counted("availableReplicas");
        }
        const long long updated = current.counted("replicas");
        const Json* rolling = find(body, "spec.strategy.rollingUpdate");
        const long long unavailable =
            portion(rolling != nullptr ? find(*rolling, "maxUnavailable") : nullptr, wanted, false, 0);
        const bool good = available >= wanted - unavailable;
        const bool done = updated == wanted && total == wanted && available >= wanted;
        const std::string at = timestamp(m_store);
        edit(m_store, kindOf("deployments"), key.ns, key.name, [&](Json& edited) {
            const std::string revision = annotation(current.body, kRevision);
            if (!revision.empty() && annotation(edited, kRevision) != revision)
                edited["metadata"]["annotations"][kRevision] = revision;
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["replicas"] = total;
            status["readyReplicas"] = ready;
            status["availableReplicas"] = available;
            status["updatedReplicas"] = updated;
            if (available < wanted)
                status["unavailableReplicas"] = wanted - available;
            else
                status.erase("unavailableReplicas");
            setCondition(status,
                         {"Available", good ? "True" : "False",
                          good ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                          good ? "Deployment has minimum availability."
                               : "Deployment does not have minimum availability."},
                         at);
            // A deployment that was complete once and lost a pod stays that.
            const Json* progressing = conditionOf(edited, "Progressing");
            const bool complete =
                progressing != nullptr && text(*progressing, "reason") == "NewReplicaSetAvailable" &&
                text(*progressing, "message").find('"' + current.object->name + '"') != std::string::npos;
            if (done || !complete)
                setCondition(status,
                             {"Progressing", "True", done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                              "ReplicaSet \"" + current.object->name +
                                  (done ? "\" has successfully progressed." : "\" is progressing.")},
                             at);
        });
    }

    Store& m_store;
};

class ReplicaSetController : public Controller {
public:
    explicit ReplicaSetController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr set = m_store.get(kindOf("replicasets"), key.ns, key.name);
        if (!set)
            return kOnChange;
        const Json body = parseOwn(set->body);
        if (deleting(body))
            return kOnChange;
        const long long wanted = std::clamp(number(body, "spec.replicas").value_or(1), 0LL, 1000LL);
        std::vector<ObjectPtr> pods;
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"), key.ns)) {
            if (pod->owners.find("\n" + set->uid + "\n") != std::string::npos && !deleting(*pod) &&
                lookUp(pod->fields, "status.phase") != "Succeeded" &&
                lookUp(pod->fields, "status.phase") != "Failed")
                pods.push_back(pod);
        }
        // Those that do not run go first.
        std::stable_sort(pods.begin(), pods.end(),
                         [](const ObjectPtr& a, const ObjectPtr& b) { return isReady(*a) > isReady(*b); });
        for (; static_cast<long long>(pods.size()) > wanted; pods.pop_back()) {
            (void)m_store.remove(coreKind("pods"), key.ns, pods.back()->name);
            tell(m_store, *set, "Normal", "SuccessfulDelete", "Deleted pod: " + pods.back()->name,
                 "replicaset-controller");
        }
        for (auto have = static_cast<long long>(pods.size()); have < wanted; ++have) {
            Json pod = podOfTemplate(body);
            pod["metadata"]["generateName"] = key.name.substr(0, 52) + "-";
            pod["metadata"]["namespace"] = key.ns;
            pod["metadata"]["ownerReferences"] = Json::array({ownerOf(*set)});
            const auto made = m_store.create(coreKind("pods"), std::move(pod));
            if (!made) {
                tell(m_store, *set, "Warning", "FailedCreate", "Error creating: " + made.error().message,
                     "replicaset-controller");
                break;
            }
            tell(m_store, *set, "Normal", "SuccessfulCreate", "Created pod: " + (*made)->name,
                 "replicaset-controller");
            pods.push_back(*made);
        }
        long long ready = 0;
        for (const ObjectPtr& pod : pods)
            ready += isReady(*pod) ? 1 : 0;
        edit(m_store, kindOf("replicasets"), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["replicas"] = pods.size();
            status["readyReplicas"] = ready;
            status["availableReplicas"] = ready;
        });
        return kOnChange;
    }

private:
    Store& m_store;
};

} // namespace

void addDeploymentController(Site& site, Store& store)
{
    const auto toOwner = [](const char* kind) {
        return [kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            if (event.object->owners.empty())
                return;
            const std::string owner = ownerName(parseOwn(event.object->body), kind);
            if (!owner.empty())
                enqueue({event.object->ns, owner});
        };
    };
    Controller& sets = site.manager.add(store, std::make_unique<ReplicaSetController>(store));
    site.manager.watch(store, kindOf("replicasets"), sets);
    site.manager.watch(store, coreKind("pods"), sets, toOwner("ReplicaSet"));
    Controller& deployments = site.manager.add(store, std::make_unique<DeploymentController>(store));
    site.manager.watch(store, kindOf("deployments"), deployments);
    site.manager.watch(store, kindOf("replicasets"), deployments, toOwner("Deployment"));
}

} // namespace strata::demosite
