// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/containers.h"
#include "core/demosite/controllers/site.h"

#include <algorithm>
#include <vector>

namespace strata::demosite {
namespace {

constexpr double kStop = 1.5; // seconds most containers take to end after they were asked to

// The kubelets of a cluster: start the pods that were bound to their nodes and end those that were deleted.
class Kubelet : public Controller {
public:
    Kubelet(Site& site, Store& store) : m_site(site), m_store(store) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(coreKind("pods"), key.ns, key.name);
        if (object && deleting(*object))
            return end(key, *object);
        m_ending.erase(key);
        if (!object)
            m_fails.erase(key);
        if (!object || lookUp(object->fields, "status.phase") != "Pending") {
            m_since.erase(key);
            return object && lookUp(object->fields, "status.phase") == "Running" ? goOn(key, *object)
                                                                                 : forget(key);
        }
        const std::string node(lookUp(object->fields, "spec.nodeName"));
        if (node.empty() || !m_site.kubeletAlive(m_store, node))
            return kOnChange; // told when its node comes back
        const Json pod = parseOwn(object->body);
        const bool onHost = flag(pod, "spec.hostNetwork") || isNetworkPlugin(*object);
        const Json nodeBody = read(m_store, coreKind("nodes"), "", node);
        if (nodeBody.is_null() || (!onHost && !isTrue(nodeBody, "Ready")))
            return kOnChange;
        const auto [started, isNew] = m_since.emplace(key, m_site.now());
        const double left = started->second + (onHost ? 2.0 : 3.0) - m_site.now();
        if (left > 0) {
            if (isNew)
                creating(*object);
            return left;
        }
        if (&m_store == &m_site.outer) {
            const double again = trouble(*object);
            if (again >= 0)
                return again;
        }
        m_since.erase(key);
        run(*object, nodeBody, onHost);
        return kOnChange;
    }

private:
    // A node that does not answer ends nothing: its pods stay as they are until it is back or gone.
    double end(const Key& key, const Object& object)
    {
        m_since.erase(key);
        const std::string node(lookUp(object.fields, "spec.nodeName"));
        if (m_store.get(coreKind("nodes"), "", node) && !m_site.kubeletAlive(m_store, node))
            return kOnChange;
        const Json pod = parseOwn(object.body);
        const auto grace =
            static_cast<double>(number(pod, "metadata.deletionGracePeriodSeconds").value_or(0));
        const auto [since, isNew] = m_ending.emplace(key, m_site.now());
        const Json* containers = find(pod, "spec.containers");
        if (isNew && containers != nullptr && containers->is_array()) {
            for (const Json& container : *containers)
                tell(m_store, object, "Normal", "Killing", "Stopping container " + text(container, "name"),
                     "kubelet");
        }
        const double left = since->second + std::min(grace, kStop) - m_site.now();
        if (left > 0)
            return left;
        m_ending.erase(key);
        removeEnded(m_store, object);
        return kOnChange;
    }

    double forget(const Key& key)
    {
        m_runs.erase(key);
        return kOnChange;
    }

    // What a pod that runs still has to do: containers that somebody adds to it, and those that come to an
    // end.
    double goOn(const Key& key, const Object& object)
    {
        if (!m_site.kubeletAlive(m_store, std::string(lookUp(object.fields, "spec.nodeName"))))
            return kOnChange;
        const Json pod = parseOwn(object.body);
        debug(object, pod);
        return comesToAnEnd(key, object, pod) ? follow(key, object, pod) : forget(key);
    }

    // Containers of Jobs and of pods that nobody keeps, and those that fail by themselves; others end when
    // their makers say so.
    bool comesToAnEnd(const Key& key, const Object& object, const Json& pod)
    {
        if (lookUp(object.fields, "spec.restartPolicy") != "Always")
            return object.owners.empty() || !ownerName(pod, "Job").empty();
        auto& [uid, fails] = m_fails[key];
        if (uid == object.uid)
            return fails; // a pod's commands do not change
        uid = object.uid;
        const Json* containers = find(pod, "spec.containers");
        fails = containers != nullptr && containers->is_array() &&
                std::any_of(containers->begin(), containers->end(),
                            [&](const Json& container) { return failsByItself(courseOf(pod, container)); });
        return fails;
    }

    static bool failsByItself(const Course& course)
    {
        return course.followed && course.ends && course.status != 0;
    }

    void debug(const Object& object, const Json& pod)
    {
        const Json* wanted = find(pod, "spec.ephemeralContainers");
        if (wanted == nullptr || !wanted->is_array())
            return;
        const Json* have = find(pod, "status.ephemeralContainerStatuses");
        if (have != nullptr && have->size() >= wanted->size())
            return;
        const std::string at = timestamp(m_store);
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& edited) {
            Json& all = edited["status"]["ephemeralContainerStatuses"];
            if (!all.is_array())
                all = Json::array();
            for (std::size_t i = all.size(); i < wanted->size(); ++i)
                all.push_back(statusOf((*wanted)[i], edited, true, at));
        });
        for (std::size_t i = have == nullptr ? 0 : have->size(); i < wanted->size(); ++i)
            started(object, (*wanted)[i]);
    }

    // One container's run: since when, and when it is started again after it failed.
    struct Run {
        double since = 0;
        double again = -1;
        bool over = false;
    };

    double follow(const Key& key, const Object& object, const Json& pod)
    {
        const Json* containers = find(pod, "spec.containers");
        if (containers == nullptr || !containers->is_array())
            return kOnChange;
        const std::string_view policy = lookUp(object.fields, "spec.restartPolicy");
        double next = kOnChange;
        std::vector<Run>& runs = m_runs[key];
        const bool first = runs.size() != containers->size();
        if (first)
            runs.assign(containers->size(), {m_site.now(), -1, false});
        for (std::size_t i = 0; i < containers->size(); ++i) {
            Run& run = runs[i];
            const Json& container = (*containers)[i];
            if (run.over)
                continue;
            const double now = m_site.now();
            if (run.again >= 0) {
                if (now < run.again) {
                    next = earlier(next, run.again - now);
                    continue;
                }
                run = {now, -1, false};
                restart(object, container);
            }
            const Course course = courseOf(pod, container);
            // Of what is always there nobody waits for an end, but for a failure.
            if (!course.ends || (policy == "Always" && !failsByItself(course)))
                continue;
            const double left = run.since + static_cast<double>(course.after) / 1000 - now;
            if (left > 0) {
                next = earlier(next, left);
                continue;
            }
            run.over = policy == "Never" || (policy == "OnFailure" && course.status == 0);
            const double wait = terminate(object, container, course.status, !run.over);
            if (!run.over) {
                run.again = now + wait;
                next = earlier(next, wait);
            }
        }
        if (std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.over; })) {
            conclude(object);
            m_runs.erase(key);
            return kOnChange;
        }
        return next;
    }

    // A container has ended. Where it is tried again: after how long.
    double terminate(const Object& object, const Json& container, int code, bool retried)
    {
        const std::string at = timestamp(m_store);
        const std::string name = text(container, "name");
        double wait = 0;
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
            for (Json& status : pod["status"]["containerStatuses"]) {
                if (text(status, "name") != name)
                    continue;
                Json ended = {{"exitCode", code},
                              {"reason", code == 0 ? "Completed" : "Error"},
                              {"startedAt", text(status, "state.running.startedAt")},
                              {"finishedAt", at},
                              {"containerID", text(status, "containerID")}};
                status["ready"] = false;
                status["started"] = false;
                if (!retried) {
                    status["state"] = {{"terminated", std::move(ended)}};
                    continue;
                }
                const long long count = number(status, "restartCount").value_or(0);
                wait = count == 0
                           ? 1
                           : std::min(10.0 * static_cast<double>(1LL << std::min(count - 1, 5LL)), 300.0);
                status["lastState"] = {{"terminated", std::move(ended)}};
                status["state"] = {
                    {"waiting",
                     {{"reason", "CrashLoopBackOff"},
                      {"message", "back-off " + std::to_string(static_cast<int>(wait)) +
                                      "s restarting failed container=" + name + " pod=" + object.name + "_" +
                                      object.ns + "(" + object.uid + ")"}}}};
            }
            for (const char* type : {"Ready", "ContainersReady"})
                setCondition(
                    pod["status"],
                    {type, "False", "ContainersNotReady", "containers with unready status: [" + name + "]"},
                    at);
        });
        if (retried)
            tell(m_store, object, "Warning", "BackOff",
                 "Back-off restarting failed container " + name + " in pod " + object.name + "_" + object.ns +
                     "(" + object.uid + ")",
                 "kubelet");
        return wait;
    }

    void restart(const Object& object, const Json& container)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
            for (Json& status : pod["status"]["containerStatuses"]) {
                if (text(status, "name") != text(container, "name"))
                    continue;
                status["restartCount"] = number(status, "restartCount").value_or(0) + 1;
                status["state"] = {{"running", {{"startedAt", at}}}};
                status["ready"] = true;
                status["started"] = true;
            }
            for (const char* type : {"Ready", "ContainersReady"})
                setCondition(pod["status"], {type, "True", "", ""}, at);
        });
        started(object, container);
    }

    // All containers have ended for good.
    void conclude(const Object& object)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
            Json& status = pod["status"];
            bool good = true;
            for (const Json& each : status["containerStatuses"])
                good = good && number(each, "state.terminated.exitCode").value_or(0) == 0;
            status["phase"] = good ? "Succeeded" : "Failed";
            const char* const reason = good ? "PodCompleted" : "PodFailed";
            setCondition(status, {"PodReadyToStartContainers", "False", "", ""}, at);
            setCondition(status, {"Initialized", "True", good ? reason : "", ""}, at);
            for (const char* type : {"Ready", "ContainersReady"})
                setCondition(status, {type, "False", reason, ""}, at);
        });
    }

    void started(const Object& object, const Json& container)
    {
        const std::string name = text(container, "name");
        tell(m_store, object, "Normal", "Pulled",
             "Container image \"" + text(container, "image") + "\" already present on machine", "kubelet");
        tell(m_store, object, "Normal", "Created", "Created container: " + name, "kubelet");
        tell(m_store, object, "Normal", "Started", "Started container " + name, "kubelet");
    }

    static Json statusOf(const Json& container, const Json& pod, bool running, const std::string& at)
    {
        Json state = running ? Json{{"running", {{"startedAt", at}}}}
                             : Json{{"waiting", {{"reason", "ContainerCreating"}}}};
        Json status = {{"name", text(container, "name")},
                       {"image", text(container, "image")},
                       {"imageID", ""},
                       {"ready", running},
                       {"started", running},
                       {"restartCount", 0},
                       {"state", std::move(state)}};
        if (running)
            status["containerID"] = "containerd://" + text(pod, "metadata.uid");
        return status;
    }

    Json statuses(const Json& pod, bool running, const std::string& at) const
    {
        Json out = Json::array();
        const Json* containers = find(pod, "spec.containers");
        if (containers == nullptr || !containers->is_array())
            return out;
        for (const Json& container : *containers)
            out.push_back(statusOf(container, pod, running, at));
        return out;
    }

    // Faults of a pod's start in the outer cluster; kOnChange when there is none.
    double trouble(const Object& object)
    {
        const bool launcher = lookUp(object.labels, "kubevirt.io") == "virt-launcher";
        if (launcher && m_site.hit("outer-network-fails")) {
            tell(m_store, object, "Warning", "FailedCreatePodSandBox",
                 "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for "
                 "sandbox: "
                 "plugin type=\"cilium-cni\" failed (add): failed to query VMI resource " +
                     object.ns + "/" + std::string(lookUp(object.labels, "vmi.kubevirt.io/id")) +
                     ": virtualmachineinstances.kubevirt.io is forbidden",
                 "kubelet");
            return 15;
        }
        if (launcher && lookUp(object.labels, "demo.strata/image") == "missing" &&
            m_site.hit("disk-image-missing")) {
            edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
                if (!pod["status"]["containerStatuses"].is_array())
                    return;
                for (Json& container : pod["status"]["containerStatuses"])
                    container["state"] = {
                        {"waiting",
                         {{"reason", "ImagePullBackOff"},
                          {"message", "Back-off pulling image \"registry.rack-a.lan/disks/none:1\": "
                                      "manifest unknown"}}}};
            });
            tell(m_store, object, "Warning", "Failed",
                 "Failed to pull image \"registry.rack-a.lan/disks/none:1\": manifest unknown", "kubelet");
            return 60;
        }
        if (object.ns == "metallb-system" && m_site.hit("images-unreachable")) {
            edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
                if (!pod["status"]["containerStatuses"].is_array())
                    return;
                for (Json& container : pod["status"]["containerStatuses"])
                    container["state"] = {
                        {"waiting",
                         {{"reason", "ImagePullBackOff"},
                          {"message", "Back-off pulling image \"" + text(container, "image") + "\""}}}};
            });
            tell(m_store, object, "Warning", "Failed", "Error: ErrImagePull", "kubelet");
            tell(m_store, object, "Warning", "Failed", "Error: ImagePullBackOff", "kubelet");
            return 60;
        }
        return kOnChange;
    }

    void creating(const Object& object)
    {
        const std::string at = timestamp(m_store);
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
            Json& status = pod["status"];
            setCondition(status, {"Initialized", "True", "", ""}, at);
            setCondition(status, {"Ready", "False", "ContainersNotReady", ""}, at);
            setCondition(status, {"ContainersReady", "False", "ContainersNotReady", ""}, at);
            status["startTime"] = at;
            status["containerStatuses"] = statuses(pod, false, at);
        });
    }

    void run(const Object& object, const Json& node, bool onHost)
    {
        const std::string at = timestamp(m_store);
        std::string address;
        if (const Json* all = find(node, "status.addresses"); onHost && all != nullptr && all->is_array()) {
            for (const Json& each : *all) {
                if (text(each, "type") == "InternalIP")
                    address = text(each, "address");
            }
        }
        if (address.empty())
            address = m_site.podAddress();
        edit(m_store, coreKind("pods"), object.ns, object.name, [&](Json& pod) {
            Json& status = pod["status"];
            status["phase"] = "Running";
            for (const char* type : {"Initialized", "Ready", "ContainersReady", "PodScheduled"})
                setCondition(status, {type, "True", "", ""}, at);
            status["podIP"] = address;
            status["podIPs"] = Json::array({{{"ip", address}}});
            if (text(status, "startTime").empty())
                status["startTime"] = at;
            status["containerStatuses"] = statuses(pod, true, at);
        });
        const Json pod = parseOwn(object.body);
        if (const Json* containers = find(pod, "spec.containers"); containers != nullptr) {
            for (const Json& container : *containers)
                started(object, container);
        }
    }

    Site& m_site;
    Store& m_store;
    std::map<Key, double> m_since;
    std::map<Key, double> m_ending;
    std::map<Key, std::vector<Run>> m_runs;
    std::map<Key, std::pair<std::string, bool>> m_fails; // by uid, of pods that are always started again
};

} // namespace

void addKubelet(Site& site, Store& store)
{
    Controller& kubelet = site.manager.add(store, std::make_unique<Kubelet>(site, store));
    if (&store == &site.outer)
        site.named["kubelet"] = &kubelet;
    site.manager.watch(
        store, coreKind("pods"), kubelet, [](const StoreEvent& event, const Manager::Enqueue& enqueue) {
            const std::string_view phase = lookUp(event.object->fields, "status.phase");
            const bool changes = lookUp(event.object->fields, "spec.restartPolicy") != "Always" ||
                                 event.object->body.find(R"("ephemeralContainers":)") != std::string::npos ||
                                 event.object->body.find(R"("command":[)") != std::string::npos ||
                                 event.object->body.find(R"("args":[)") != std::string::npos;
            if (phase == "Pending" || deleting(*event.object) || (phase == "Running" && changes))
                enqueue({event.object->ns, event.object->name});
        });
    site.manager.watch(store, coreKind("nodes"), kubelet,
                       [&store](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                           // Its conditions changed: whatever waits there may go on.
                           if (event.type == EventType::Deleted || onlyHeartbeat(event))
                               return;
                           for (const ObjectPtr& pod : store.list(coreKind("pods"))) {
                               if ((lookUp(pod->fields, "status.phase") == "Pending" || deleting(*pod)) &&
                                   lookUp(pod->fields, "spec.nodeName") == event.object->name)
                                   enqueue({pod->ns, pod->name});
                           }
                       });
}

} // namespace strata::demosite
