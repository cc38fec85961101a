// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>

namespace strata::demosite {
namespace {

// kube-scheduler: a node for each pod that has none, by taints, selectors, (anti-)affinity, devices and room;
// the emptiest of those that fit.
class Scheduler : public Controller {
public:
    explicit Scheduler(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        if (key.name.empty()) { // room may have come
            const std::set<Key> again = m_waiting;
            for (const Key& pod : again)
                schedule(pod);
            return kOnChange;
        }
        schedule(key);
        return kOnChange;
    }

    bool waits() const { return !m_waiting.empty(); }

    // What runs where, kept from event to event: to count it anew for each pod is what a big site would spend
    // its time on.
    void note(const StoreEvent& event)
    {
        if (!m_counted)
            return;
        if (event.type == EventType::Modified && !event.previous) // something was missed
            m_counted = false;
        else
            place(event.object, event.type != EventType::Deleted);
    }

private:
    void schedule(const Key& key)
    {
        m_waiting.erase(key);
        const ObjectPtr object = m_store.get(coreKind("pods"), key.ns, key.name);
        if (!object || !lookUp(object->fields, "spec.nodeName").empty())
            return;
        const Json pod = parseOwn(object->body);
        const std::string scheduler = text(pod, "spec.schedulerName");
        if (deleting(pod) || (!scheduler.empty() && scheduler != "default-scheduler"))
            return;
        std::string why = unboundClaims(pod, key.ns);
        std::string best;
        if (why.empty())
            best = choose(*object, pod, why);
        const std::string at = timestamp(m_store);
        if (best.empty()) {
            m_waiting.insert(key);
            edit(m_store, coreKind("pods"), key.ns, key.name, [&](Json& edited) {
                setCondition(edited["status"], {"PodScheduled", "False", "Unschedulable", why}, at);
            });
            const Json* old = conditionOf(pod, "PodScheduled");
            if (old == nullptr || text(*old, "message") != why)
                tell(m_store, *object, "Warning", "FailedScheduling", why, "default-scheduler");
            return;
        }
        const bool bound = edit(m_store, coreKind("pods"), key.ns, key.name, [&](Json& edited) {
            edited["spec"]["nodeName"] = best;
            setCondition(edited["status"], {"PodScheduled", "True", "", ""}, at);
        });
        if (bound)
            tell(m_store, *object, "Normal", "Scheduled",
                 "Successfully assigned " + key.ns + "/" + key.name + " to " + best, "default-scheduler");
    }

    std::string unboundClaims(const Json& pod, const std::string& ns) const
    {
        const Json* volumes = find(pod, "spec.volumes");
        if (volumes == nullptr || !volumes->is_array())
            return {};
        for (const Json& volume : *volumes) {
            const std::string claim = text(volume, "persistentVolumeClaim.claimName");
            if (claim.empty())
                continue;
            const Json found = read(m_store, coreKind("persistentvolumeclaims"), ns, claim);
            if (found.is_null())
                return count() + " nodes are available: persistentvolumeclaim \"" + claim +
                       "\" not found. preemption: " + count() + " Preemption is not helpful for scheduling.";
            if (text(found, "status.phase") == "Pending")
                return count() +
                       " nodes are available: pod has unbound immediate PersistentVolumeClaims. "
                       "preemption: " +
                       count() + " Preemption is not helpful for scheduling.";
        }
        return {};
    }

    std::string count() const { return "0/" + std::to_string(m_store.count(coreKind("nodes"))); }

    static bool tolerated(const Json& pod, const Json& taint)
    {
        const Json* all = find(pod, "spec.tolerations");
        if (all == nullptr || !all->is_array())
            return false;
        return std::any_of(all->begin(), all->end(), [&](const Json& toleration) {
            const std::string key = text(toleration, "key");
            const bool exists = text(toleration, "operator") == "Exists";
            const std::string effect = text(toleration, "effect");
            return (key == text(taint, "key") || (key.empty() && exists)) &&
                   (exists || text(toleration, "value") == text(taint, "value")) &&
                   (effect.empty() || effect == text(taint, "effect"));
        });
    }

    static bool nodeSelected(const Json& pod, const Object& node)
    {
        if (const Json* selector = find(pod, "spec.nodeSelector");
            selector != nullptr && selector->is_object()) {
            if (!matches({{"matchLabels", *selector}}, node))
                return false;
        }
        const Json* terms = find(
            pod,
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
        if (terms == nullptr || !terms->is_array() || terms->empty())
            return true;
        return std::any_of(terms->begin(), terms->end(),
                           [&](const Json& term) { return matches(term, node); });
    }

    struct Load {
        std::int64_t cpuMilli = 0;
        std::int64_t memory = 0;
        std::int64_t guests = 0;
        std::map<Key, ObjectPtr> pods;
    };

    static std::string_view placeOf(const Object& pod)
    {
        const std::string_view phase = lookUp(pod.fields, "status.phase");
        return phase == "Succeeded" || phase == "Failed" ? std::string_view()
                                                         : lookUp(pod.fields, "spec.nodeName");
    }

    static void count(Load& load, const Object& pod, int sign)
    {
        load.cpuMilli += sign * pod.cpuMilli;
        load.memory += sign * pod.memoryBytes;
        load.guests += lookUp(pod.labels, "kubevirt.io") == "virt-launcher" ? sign : 0;
    }

    void place(const ObjectPtr& pod, bool there)
    {
        const Key key{pod->ns, pod->name};
        const auto known = m_places.find(key);
        if (known != m_places.end()) {
            Load& load = m_loads[known->second];
            const auto before = load.pods.find(key);
            if (before->second->revision >= pod->revision)
                return; // an event of before it was counted
            count(load, *before->second, -1);
            load.pods.erase(before);
            m_places.erase(known);
        }
        const std::string node(placeOf(*pod));
        if (!there || node.empty())
            return;
        Load& load = m_loads[node];
        count(load, *pod, 1);
        load.pods[key] = pod;
        m_places[key] = node;
    }

    std::string choose(const Object& object, const Json& pod, std::string& why)
    {
        if (!m_counted) {
            m_loads.clear();
            m_places.clear();
            for (const ObjectPtr& other : m_store.list(coreKind("pods")))
                place(other, true);
            m_counted = true;
        }
        const std::string_view body = object.body;
        std::map<std::string, int> reasons;
        std::string best;
        double bestScore = 0;
        for (const ObjectPtr& node : m_store.list(coreKind("nodes"))) {
            const Json& nodeBody = bodyOf(node);
            Load& load = m_loads[node->name];
            std::string reason;
            if (flag(nodeBody, "spec.unschedulable"))
                reason = "node(s) were unschedulable";
            if (const Json* taints = find(nodeBody, "spec.taints");
                reason.empty() && taints != nullptr && taints->is_array()) {
                for (const Json& taint : *taints) {
                    if (reason.empty() && text(taint, "effect") != "PreferNoSchedule" &&
                        !tolerated(pod, taint))
                        reason = "node(s) had untolerated taint {" + text(taint, "key") + ": " +
                                 text(taint, "value") + "}";
                }
            }
            if (reason.empty() && !nodeSelected(pod, *node))
                reason = "node(s) didn't match Pod's node affinity/selector";
            const std::int64_t cpu =
                parseQuantityMilli(text(nodeBody, "status.allocatable.cpu")).value_or(0) - load.cpuMilli;
            const std::int64_t memory =
                parseQuantity(text(nodeBody, "status.allocatable.memory")).value_or(0) - load.memory;
            if (reason.empty()) {
                for (const char* device : {"kvm", "tun", "vhost-net"}) {
                    const std::string name = std::string("devices.kubevirt.io/") + device;
                    const Json* have = find(nodeBody, "status.allocatable");
                    const std::int64_t left =
                        have != nullptr && have->contains(name) && (*have)[name].is_string()
                            ? parseQuantity((*have)[name].get<std::string>()).value_or(0) - load.guests
                            : 0;
                    if (body.find('"' + name + '"') != std::string_view::npos && left <= 0 && reason.empty())
                        reason = "Insufficient " + name;
                }
            }
            if (reason.empty() && object.cpuMilli > 0 && cpu < object.cpuMilli)
                reason = "Insufficient cpu";
            if (reason.empty() && object.memoryBytes > 0 && memory < object.memoryBytes)
                reason = "Insufficient memory";
            double penalty = 0;
            if (reason.empty() && !apart(pod, object.ns, load, penalty))
                reason = "node(s) didn't match pod anti-affinity rules";
            if (!reason.empty()) {
                ++reasons[reason];
                continue;
            }
            const double score = static_cast<double>(memory) / (1 << 30U) + static_cast<double>(cpu) / 1000 -
                                 penalty - static_cast<double>(load.pods.size()) / 100;
            if (best.empty() || score > bestScore) {
                best = node->name;
                bestScore = score;
            }
        }
        if (best.empty()) {
            const std::string all = count();
            why = all + " nodes are available: ";
            bool first = true;
            int sum = 0;
            for (const auto& [reason, number] : reasons) {
                why += (first ? "" : ", ") + std::to_string(number) + " " + reason;
                first = false;
                sum += number;
            }
            if (reasons.empty())
                why = "no nodes available to schedule pods";
            else
                why += ". preemption: " + all + " nodes are available: " + std::to_string(sum) +
                       " Preemption is not helpful for scheduling.";
        }
        return best;
    }

    // Nodes change seldom, and a big site has many.
    const Json& bodyOf(const ObjectPtr& node) const
    {
        Known& known = m_nodes[node->name];
        if (known.object != node) {
            known.object = node;
            known.body = parseOwn(node->body);
        }
        return known.body;
    }

    // Pod anti-affinity over hostnames: a required term keeps the pod away, a preferred one costs.
    static bool apart(const Json& pod, const std::string& ns, const Load& load, double& penalty)
    {
        const Json* rules = find(pod, "spec.affinity.podAntiAffinity");
        if (rules == nullptr)
            return true;
        const auto here = [&](const Json& term) {
            const Json* selector = find(term, "labelSelector");
            if (selector == nullptr || text(term, "topologyKey") != "kubernetes.io/hostname")
                return 0;
            int number = 0;
            for (auto other = load.pods.lower_bound({ns, {}});
                 other != load.pods.end() && other->first.ns == ns; ++other)
                number += matches(*selector, *other->second) ? 1 : 0;
            return number;
        };
        if (const Json* required = find(*rules, "requiredDuringSchedulingIgnoredDuringExecution");
            required != nullptr && required->is_array()) {
            for (const Json& term : *required) {
                if (here(term) > 0)
                    return false;
            }
        }
        if (const Json* preferred = find(*rules, "preferredDuringSchedulingIgnoredDuringExecution");
            preferred != nullptr && preferred->is_array()) {
            for (const Json& weighted : *preferred) {
                if (const Json* term = find(weighted, "podAffinityTerm"))
                    penalty += 1000.0 * here(*term);
            }
        }
        return true;
    }

    struct Known {
        ObjectPtr object;
        Json body;
    };

    Store& m_store;
    std::set<Key> m_waiting;
    bool m_counted = false;              // below
    std::map<std::string, Load> m_loads; // by node
    std::map<Key, std::string> m_places;
    mutable std::map<std::string, Known> m_nodes;
};

} // namespace

void addScheduler(Site& site, Store& store)
{
    auto made = std::make_unique<Scheduler>(store);
    Scheduler* const scheduler = made.get();
    site.manager.add(store, std::move(made));
    site.manager.watch(store, coreKind("pods"), *scheduler,
                       [scheduler](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           scheduler->note(event);
                           if (event.type == EventType::Deleted) {
                               if (scheduler->waits())
                                   enqueue({});
                           } else if (lookUp(event.object->fields, "spec.nodeName").empty()) {
                               enqueue({event.object->ns, event.object->name});
                           }
                       });
    const auto retry = [scheduler](const StoreEvent&, const Manager::Enqueue& enqueue) {
        if (scheduler->waits())
            enqueue({});
    };
    site.manager.watch(store, coreKind("nodes"), *scheduler, retry);
    site.manager.watch(store, coreKind("persistentvolumeclaims"), *scheduler, retry);
}

} // namespace strata::demosite
