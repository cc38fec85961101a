// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/life/life.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

// What answers to clients: the collector of orphans, namespaces, deployments and the kubelet's part of a
// pod's start.
namespace strata::demosite {
namespace {

// The changes of a kind since the last look.
class Follower {
public:
    Follower(Store& store, const Kind& kind) : m_store(store), m_kind(kind), m_after(store.loadedRevision())
    {}

    std::vector<StoreEvent> take()
    {
        std::uint64_t upTo = m_after;
        auto events = m_store.since(m_kind, m_after, 512, &upTo);
        if (!events) { // fell out of the window: nothing to do but to go on from now
            m_after = m_store.revision();
            return {};
        }
        m_after = upTo;
        return std::move(*events);
    }
    const Kind& kind() const { return m_kind; }

private:
    Store& m_store;
    const Kind& m_kind;
    std::uint64_t m_after;
};

class GarbageCollector : public Controller {
public:
    explicit GarbageCollector(Store& store) : m_store(store)
    {
        for (const Kind& kind : Kinds::instance().all()) {
            // These own nothing and change all the time.
            if (!kind.has(CreateOnly) && !kind.has(Computed) && kind.resource != "events" &&
                kind.resource != "leases" && kind.resource != "secrets")
                m_followers.emplace_back(store, kind);
        }
    }

    void tick(double) override
    {
        for (Follower& follower : m_followers) {
            for (const StoreEvent& event : follower.take()) {
                const Object& object = *event.object;
                if (event.type == EventType::Deleted) {
                    if (follower.kind().resource != "pods")
                        collect(object.uid);
                } else if (object.body.find("\"deletionTimestamp\"") != std::string::npos) {
                    finish(object);
                }
            }
        }
    }

private:
    void collect(const std::string& uid)
    {
        for (const ObjectPtr& child : m_store.ownedBy(uid)) {
            // Another owner that still lives keeps it; ours have one owner.
            (void)m_store.remove(*child->kind, child->ns, child->name);
        }
    }

    // Foreground: children first. Orphan: they lose their owner reference.
    void finish(const Object& object)
    {
        const bool foreground = object.body.find("\"foregroundDeletion\"") != std::string::npos;
        const bool orphan = object.body.find("\"orphan\"") != std::string::npos;
        if (!foreground && !orphan)
            return;
        for (const ObjectPtr& child : m_store.ownedBy(object.uid)) {
            if (foreground) {
                (void)m_store.remove(*child->kind, child->ns, child->name);
                continue;
            }
            (void)m_store.update(*child->kind, child->ns, child->name, [&](Json& edited) -> Answer<void> {
                Json kept = Json::array();
                for (const Json& owner : edited["metadata"].value("ownerReferences", Json::array())) {
                    if (text(owner, "uid") != object.uid)
                        kept.push_back(owner);
                }
                if (kept.empty())
                    edited["metadata"].erase("ownerReferences");
                else
                    edited["metadata"]["ownerReferences"] = std::move(kept);
                return {};
            });
        }
        (void)m_store.update(*object.kind, object.ns, object.name, [](Json& edited) -> Answer<void> {
            Json kept = Json::array();
            for (const Json& finalizer : edited["metadata"].value("finalizers", Json::array())) {
                if (finalizer != "foregroundDeletion" && finalizer != "orphan")
                    kept.push_back(finalizer);
            }
            edited["metadata"]["finalizers"] = std::move(kept);
            return {};
        });
    }

    Store& m_store;
    std::deque<Follower> m_followers;
};

class NamespaceController : public Controller {
public:
    explicit NamespaceController(Store& store)
        : m_store(store), m_follower(store, Kinds::instance().get("namespaces", ""))
    {}

    void tick(double) override
    {
        for (const StoreEvent& event : m_follower.take()) {
            if (event.type != EventType::Deleted &&
                event.object->body.find("\"deletionTimestamp\"") != std::string::npos)
                m_leaving.push_back(event.object->name);
        }
        std::vector<std::string> waiting;
        for (const std::string& name : m_leaving) {
            if (!empty(name)) {
                waiting.push_back(name);
                continue;
            }
            const Kind& kind = m_follower.kind();
            (void)m_store.update(kind, "", name, [](Json& object) -> Answer<void> {
                object["spec"]["finalizers"] = Json::array();
                return {};
            });
        }
        m_leaving = std::move(waiting);
    }

private:
    // Removes the content; true when nothing is left (finalizers may hold things for a while).
    bool empty(const std::string& ns)
    {
        bool left = false;
        for (const Kind* served : m_store.kinds()) {
            const Kind& kind = *served;
            if (!kind.has(Namespaced) || kind.has(CreateOnly) || kind.has(Computed))
                continue;
            for (const ObjectPtr& object : m_store.list(kind, ns)) {
                const auto removed = m_store.remove(kind, ns, object->name);
                left = left || (removed && !removed->gone);
            }
        }
        return !left;
    }

    Store& m_store;
    Follower m_follower;
    std::vector<std::string> m_leaving;
};

class DeploymentController : public Controller {
public:
    explicit DeploymentController(Store& store)
        : m_store(store), m_deployments(store, Kinds::instance().get("deployments")),
          m_sets(store, Kinds::instance().get("replicasets")),
          m_pods(store, Kinds::instance().get("pods", ""))
    {}

    void tick(double seconds) override
    {
        for (const StoreEvent& event : m_deployments.take()) {
            if (event.type != EventType::Deleted)
                deployment(*event.object);
        }
        for (const StoreEvent& event : m_sets.take()) {
            if (event.type != EventType::Deleted)
                replicas(event.object->ns, event.object->name);
        }
        for (const StoreEvent& event : m_pods.take()) {
            if (event.type == EventType::Added && lookUp(event.object->fields, "status.phase") == "Pending")
                m_starting.push_back({event.object->ns, event.object->name, seconds});
            const Json body = parseOwn(event.object->body);
            if (const Json* owners = find(body, "metadata.ownerReferences");
                owners != nullptr && owners->is_array() && !owners->empty() &&
                text((*owners)[0], "kind") == "ReplicaSet")
                replicas(event.object->ns, text((*owners)[0], "name"));
        }
        std::vector<Starting> waiting;
        for (Starting& pod : m_starting) {
            if (seconds - pod.since < 1.0)
                waiting.push_back(std::move(pod));
            else
                run(pod.ns, pod.name);
        }
        m_starting = std::move(waiting);
    }

private:
    struct Starting {
        std::string ns;
        std::string name;
        double since;
    };

    static Json ownerOf(const char* kind, const Object& owner)
    {
        return Json::array({{{"apiVersion", "apps/v1"},
                             {"kind", kind},
                             {"name", owner.name},
                             {"uid", owner.uid},
                             {"controller", true},
                             {"blockOwnerDeletion", true}}});
    }

    // One ReplicaSet a deployment: the current template's. A changed template changes the set, whose pods are
    // replaced.
    void deployment(const Object& object)
    {
        const Json body = parseOwn(object.body);
        if (find(body, "metadata.deletionTimestamp") != nullptr)
            return;
        ObjectPtr set;
        for (const ObjectPtr& owned : m_store.ownedBy(object.uid)) {
            if (owned->kind == &m_sets.kind())
                set = owned;
        }
        const long long wanted = number(body, "spec.replicas").value_or(1);
        if (!set) {
            const std::string hash = m_store.newSuffix(10);
            Json made = {{"metadata",
                          {{"name", object.name + "-" + hash},
                           {"namespace", object.ns},
                           {"ownerReferences", ownerOf("Deployment", object)}}},
                         {"spec", body["spec"]}};
            for (const char* gone : {"strategy", "revisionHistoryLimit", "progressDeadlineSeconds"})
                made["spec"].erase(gone);
            made["spec"]["selector"]["matchLabels"]["pod-template-hash"] = hash;
            made["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = hash;
            made["metadata"]["labels"] = made["spec"]["template"]["metadata"]["labels"];
            (void)m_store.create(m_sets.kind(), std::move(made));
            return;
        }
        (void)m_store.update(m_sets.kind(), set->ns, set->name, [&](Json& edited) -> Answer<void> {
            edited["spec"]["replicas"] = wanted;
            return {};
        });
    }

    void replicas(const std::string& ns, const std::string& name)
    {
        const ObjectPtr set = m_store.get(m_sets.kind(), ns, name);
        if (!set || set->body.find("\"deletionTimestamp\"") != std::string::npos)
            return;
        const Json body = parseOwn(set->body);
        const long long wanted = std::min<long long>(number(body, "spec.replicas").value_or(1), 500);
        std::vector<ObjectPtr> pods;
        for (const ObjectPtr& pod : m_store.list(m_pods.kind(), ns)) {
            if (pod->owners.find("\n" + set->uid + "\n") != std::string::npos)
                pods.push_back(pod);
        }
        for (; static_cast<long long>(pods.size()) > wanted; pods.pop_back())
            (void)m_store.remove(m_pods.kind(), ns, pods.back()->name);
        for (auto have = static_cast<long long>(pods.size()); have < wanted; ++have) {
            Json pod = find(body, "spec.template") != nullptr ? body["spec"]["template"] : Json::object();
            pod["metadata"]["generateName"] = name.substr(0, 52) + "-";
            pod["metadata"]["namespace"] = ns;
            pod["metadata"]["ownerReferences"] = ownerOf("ReplicaSet", *set);
            if (!m_store.create(m_pods.kind(), std::move(pod)))
                break;
        }
        long long ready = 0;
        for (const ObjectPtr& pod : pods)
            ready += pod->body.find(R"("type":"Ready","status":"True")") != std::string::npos ? 1 : 0;
        const auto report = [&](Json& edited) -> Answer<void> {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["replicas"] = wanted;
            status["updatedReplicas"] = wanted;
            status["readyReplicas"] = ready;
            status["availableReplicas"] = ready;
            return {};
        };
        (void)m_store.update(m_sets.kind(), ns, name, [&](Json& edited) -> Answer<void> {
            auto good = report(edited);
            edited["status"].erase("updatedReplicas");
            return good;
        });
        if (const Json* owners = find(body, "metadata.ownerReferences");
            owners != nullptr && owners->is_array() && !owners->empty())
            (void)m_store.update(m_deployments.kind(), ns, text((*owners)[0], "name"), report);
    }

    // The scheduler's and the kubelet's part: a node in turn, then running and ready.
    void run(const std::string& ns, const std::string& name)
    {
        std::vector<std::string> nodes;
        for (const ObjectPtr& node : m_store.list(Kinds::instance().get("nodes", ""))) {
            const bool tainted = node->body.find("\"taints\":[{") != std::string::npos;
            const bool cordoned = lookUp(node->fields, "spec.unschedulable") == "true";
            if (!tainted && !cordoned)
                nodes.push_back(node->name);
        }
        if (nodes.empty())
            return;
        const std::string node = nodes[m_next++ % nodes.size()];
        (void)m_store.update(m_pods.kind(), ns, name, [&](Json& pod) -> Answer<void> {
            const std::string at = formatRfc3339(m_store.now());
            if (text(pod, "spec.nodeName").empty())
                pod["spec"]["nodeName"] = node;
            Json statuses = Json::array();
            for (const Json& container : pod["spec"].value("containers", Json::array()))
                statuses.push_back({{"name", text(container, "name")},
                                    {"image", text(container, "image")},
                                    {"imageID", ""},
                                    {"ready", true},
                                    {"started", true},
                                    {"restartCount", 0},
                                    {"state", {{"running", {{"startedAt", at}}}}}});
            Json conditions = Json::array();
            for (const char* type : {"Initialized", "Ready", "ContainersReady", "PodScheduled"})
                conditions.push_back({{"type", type}, {"status", "True"}, {"lastTransitionTime", at}});
            const std::string address =
                "10.243." + std::to_string(m_next / 250 % 250) + "." + std::to_string(m_next % 250 + 2);
            pod["status"] = {{"phase", "Running"},
                             {"qosClass", "Burstable"},
                             {"podIP", address},
                             {"podIPs", Json::array({{{"ip", address}}})},
                             {"startTime", at},
                             {"conditions", std::move(conditions)},
                             {"containerStatuses", std::move(statuses)}};
            return {};
        });
    }

    Store& m_store;
    Follower m_deployments;
    Follower m_sets;
    Follower m_pods;
    std::vector<Starting> m_starting;
    std::size_t m_next = 0;
};

} // namespace

std::unique_ptr<Controller> makeGarbageCollector(Store& store)
{
    return std::make_unique<GarbageCollector>(store);
}

std::unique_ptr<Controller> makeNamespaceController(Store& store)
{
    return std::make_unique<NamespaceController>(store);
}

std::unique_ptr<Controller> makeDeploymentController(Store& store)
{
    return std::make_unique<DeploymentController>(store);
}

} // namespace strata::demosite
