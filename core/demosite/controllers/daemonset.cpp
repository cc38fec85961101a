// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/podtemplate.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>

// DaemonSets and StatefulSets. A changed template replaces pods one after the other; a pod is out of date
// when its containers' images or the time of the last restart differ from the template's.
namespace strata::demosite {
namespace {

bool outdated(const Json& pod, const Json& templ)
{
    const Json* want = find(templ, "spec.containers");
    const Json* have = find(pod, "spec.containers");
    if (want == nullptr || have == nullptr || want->size() != have->size())
        return true;
    for (std::size_t i = 0; i < want->size(); ++i) {
        if (text((*want)[i], "image") != text((*have)[i], "image"))
            return true;
    }
    // What `kubectl rollout restart` writes.
    const char* restarted = "kubectl.kubernetes.io/restartedAt";
    return annotation(templ, restarted) != annotation(pod, restarted);
}

Json podOf(const Object& owner, const Json& body)
{
    Json pod = podOfTemplate(body);
    pod["metadata"]["namespace"] = owner.ns;
    pod["metadata"]["labels"]["controller-revision-hash"] =
        hashWord(compact(part(body, "spec.template")), 10);
    pod["metadata"]["ownerReferences"] = Json::array({ownerOf(owner)});
    return pod;
}

// Taints that daemons live with besides those they tolerate themselves.
bool daemonTolerates(const std::string& key)
{
    return key.rfind("node.kubernetes.io/", 0) == 0;
}

bool tolerates(const Json& spec, const Json& taint)
{
    const Json* all = find(spec, "tolerations");
    if (all == nullptr || !all->is_array())
        return false;
    return std::any_of(all->begin(), all->end(), [&](const Json& toleration) {
        const std::string key = text(toleration, "key");
        const std::string effect = text(toleration, "effect");
        const bool keyFits =
            key == text(taint, "key") || (key.empty() && text(toleration, "operator") == "Exists");
        return keyFits && (effect.empty() || effect == text(taint, "effect"));
    });
}

class DaemonSetController : public Controller {
public:
    explicit DaemonSetController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        if (key.name.empty()) { // a node came, changed or went
            for (const ObjectPtr& set : m_store.list(kindOf("daemonsets")))
                place({set->ns, set->name});
            return kOnChange;
        }
        place(key);
        return kOnChange;
    }

private:
    bool runsOn(const Json& body, const Object& node, const Json& nodeBody) const
    {
        const Json spec = part(body, "spec.template").value("spec", Json::object());
        if (const Json* selector = find(spec, "nodeSelector"); selector != nullptr && selector->is_object()) {
            if (!matches({{"matchLabels", *selector}}, node))
                return false;
        }
        if (const Json* taints = find(nodeBody, "spec.taints"); taints != nullptr && taints->is_array()) {
            for (const Json& taint : *taints) {
                if (text(taint, "effect") != "PreferNoSchedule" && !daemonTolerates(text(taint, "key")) &&
                    !tolerates(spec, taint))
                    return false;
            }
        }
        return true;
    }

    void place(const Key& key)
    {
        const ObjectPtr set = m_store.get(kindOf("daemonsets"), key.ns, key.name);
        if (!set)
            return;
        const Json body = parseOwn(set->body);
        if (deleting(body))
            return;
        std::map<std::string, std::vector<ObjectPtr>> pods; // by node
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"), key.ns)) {
            if (pod->owners.find("\n" + set->uid + "\n") != std::string::npos)
                pods[std::string(lookUp(pod->fields, "spec.nodeName"))].push_back(pod);
        }
        const bool changed = number(body, "metadata.generation").value_or(1) !=
                             number(body, "status.observedGeneration").value_or(0);
        m_rolling[key] = m_rolling[key] || changed;
        bool replacing = false;
        long long wanted = 0;
        long long ready = 0;
        long long updated = 0;
        for (const ObjectPtr& node : m_store.list(coreKind("nodes"))) {
            if (!runsOn(body, *node, parseOwn(node->body)))
                continue;
            ++wanted;
            std::vector<ObjectPtr>& here = pods[node->name];
            // The next one comes when the last one is gone.
            if (std::any_of(here.begin(), here.end(), [](const ObjectPtr& pod) { return deleting(*pod); })) {
                replacing = replacing || m_rolling[key];
                pods.erase(node->name);
                continue;
            }
            if (!here.empty() && m_rolling[key] &&
                outdated(parseOwn(here.front()->body), part(body, "spec.template"))) {
                if (replacing)
                    continue;
                replacing = true;
                (void)m_store.remove(coreKind("pods"), key.ns, here.front()->name);
                if (m_store.get(coreKind("pods"), key.ns, here.front()->name) != nullptr) {
                    pods.erase(node->name);
                    continue;
                }
                here.erase(here.begin());
            } else if (!here.empty()) {
                ++updated;
                replacing = replacing || (m_rolling[key] && !isReady(*here.front()));
            }
            if (here.empty()) {
                Json pod = podOf(*set, body);
                pod["metadata"]["generateName"] = key.name + "-";
                pod["spec"]["nodeName"] = node->name;
                if (const ObjectPtr made = create(m_store, coreKind("pods"), std::move(pod)))
                    tell(m_store, *set, "Normal", "SuccessfulCreate", "Created pod: " + made->name,
                         "daemonset-controller");
            } else {
                ready += isReady(*here.front()) ? 1 : 0;
            }
            pods.erase(node->name);
        }
        for (const auto& [node, left] : pods) {
            for (const ObjectPtr& pod : left)
                (void)m_store.remove(coreKind("pods"), key.ns, pod->name);
        }
        if (!replacing)
            m_rolling[key] = false;
        edit(m_store, kindOf("daemonsets"), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["desiredNumberScheduled"] = wanted;
            status["currentNumberScheduled"] = wanted;
            status["numberReady"] = ready;
            status["numberAvailable"] = ready;
            status["updatedNumberScheduled"] = updated;
            status["numberMisscheduled"] = 0;
        });
    }

    Store& m_store;
    std::map<Key, bool> m_rolling;
};

class StatefulSetController : public Controller {
public:
    explicit StatefulSetController(Store& store) : m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr set = m_store.get(kindOf("statefulsets"), key.ns, key.name);
        if (!set)
            return kOnChange;
        const Json body = parseOwn(set->body);
        if (deleting(body))
            return kOnChange;
        const long long wanted = std::clamp(number(body, "spec.replicas").value_or(1), 0LL, 200LL);
        std::map<long long, ObjectPtr> pods;
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"), key.ns)) {
            if (pod->owners.find("\n" + set->uid + "\n") != std::string::npos)
                pods[std::atoll(pod->name.substr(pod->name.rfind('-') + 1).c_str())] = pod;
        }
        // One at a time: up in order, down in reverse.
        long long ready = 0;
        long long updated = 0;
        bool acted = false;
        const bool changed = number(body, "metadata.generation").value_or(1) !=
                             number(body, "status.observedGeneration").value_or(0);
        for (long long i = 0; i < wanted && !acted; ++i) {
            const auto found = pods.find(i);
            if (found == pods.end()) {
                Json pod = podOf(*set, body);
                pod["metadata"]["name"] = key.name + "-" + std::to_string(i);
                pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = pod["metadata"]["name"];
                acted = create(m_store, coreKind("pods"), std::move(pod)) != nullptr;
                break;
            }
            if (!isReady(*found->second) || deleting(*found->second))
                break;
        }
        for (auto at = pods.rbegin(); at != pods.rend() && !acted; ++at) {
            if (at->first < wanted)
                break;
            (void)m_store.remove(coreKind("pods"), key.ns, at->second->name);
            acted = true;
        }
        for (auto at = pods.rbegin(); at != pods.rend(); ++at) {
            const bool old = outdated(parseOwn(at->second->body), part(body, "spec.template"));
            ready += isReady(*at->second) ? 1 : 0;
            updated += old ? 0 : 1;
            if (old && !acted && (changed || isReady(*at->second))) {
                (void)m_store.remove(coreKind("pods"), key.ns, at->second->name);
                acted = true;
            }
        }
        edit(m_store, kindOf("statefulsets"), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["replicas"] = pods.size();
            status["readyReplicas"] = ready;
            status["availableReplicas"] = ready;
            status["updatedReplicas"] = updated;
        });
        return kOnChange;
    }

private:
    Store& m_store;
};

Manager::Map toOwner(const char* kind)
{
    return [kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        if (event.object->owners.empty())
            return;
        const std::string owner = ownerName(parseOwn(event.object->body), kind);
        if (!owner.empty())
            enqueue({event.object->ns, owner});
    };
}

} // namespace

void addDaemonSetController(Site& site, Store& store)
{
    Controller& sets = site.manager.add(store, std::make_unique<DaemonSetController>(store));
    site.manager.watch(store, kindOf("daemonsets"), sets);
    site.manager.watch(store, coreKind("pods"), sets, toOwner("DaemonSet"));
    site.manager.watch(store, coreKind("nodes"), sets,
                       [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           if (event.type != EventType::Modified)
                               enqueue({});
                       });
}

void addStatefulSetController(Site& site, Store& store)
{
    Controller& sets = site.manager.add(store, std::make_unique<StatefulSetController>(store));
    site.manager.watch(store, kindOf("statefulsets"), sets);
    site.manager.watch(store, coreKind("pods"), sets, toOwner("StatefulSet"));
}

} // namespace strata::demosite
