// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/life/life.h"
#include "core/demosite/site/write.h"

#include <nlohmann/json.hpp>

#include <algorithm>

// What happens by itself: heartbeats, a pod replaced now and then, a VM that finishes its boot.
namespace strata::demosite {
namespace {

bool lost(const Object& node)
{
    return node.body.find("\"NodeStatusUnknown\"") != std::string::npos;
}

class Heartbeat : public Controller {
public:
    explicit Heartbeat(Store& store) : m_store(store) {}

    void tick(double seconds) override
    {
        // A lease every ten seconds; the node's own status every five minutes, as kubelets do.
        if (seconds - m_lease >= 10) {
            m_lease = seconds;
            const Kinds& kinds = Kinds::instance();
            for (const ObjectPtr& node : m_store.list(kinds.get("nodes", ""))) {
                if (!lost(*node))
                    (void)m_store.update(kinds.get("leases"), "kube-node-lease", node->name,
                                         [&](Json& lease) -> Answer<void> {
                                             lease["spec"]["renewTime"] =
                                                 formatRfc3339(m_store.now()).substr(0, 19) + ".000000Z";
                                             return {};
                                         });
            }
        }
        if (seconds - m_status < 300)
            return;
        m_status = seconds;
        for (const ObjectPtr& node : m_store.list(Kinds::instance().get("nodes", ""))) {
            if (lost(*node))
                continue;
            (void)m_store.update(*node->kind, "", node->name, [&](Json& edited) -> Answer<void> {
                for (Json& condition : edited["status"]["conditions"])
                    condition["lastHeartbeatTime"] = formatRfc3339(m_store.now());
                return {};
            });
        }
    }

private:
    Store& m_store;
    double m_lease = 0;
    double m_status = 0;
};

class Churn : public Controller {
public:
    explicit Churn(Store& store) : m_store(store) {}

    void tick(double seconds) override
    {
        if (seconds < m_next)
            return;
        m_next = seconds + 25;
        if (++m_round == 1)
            return;
        // A pod of a deployment outside the platform, on a node that answers; its controller makes the next
        // one.
        std::vector<ObjectPtr> candidates;
        const Kinds& kinds = Kinds::instance();
        for (const ObjectPtr& pod : m_store.list(kinds.get("pods", ""))) {
            const ObjectPtr node =
                m_store.get(kinds.get("nodes", ""), "", std::string(lookUp(pod->fields, "spec.nodeName")));
            if (!lookUp(pod->labels, "pod-template-hash").empty() && pod->ns != "kube-system" && node &&
                !lost(*node))
                candidates.push_back(pod);
        }
        if (candidates.empty())
            return;
        const ObjectPtr& pod = candidates[(m_round * 7919U) % candidates.size()];
        event(*pod, "Normal", "Killing", "Stopping container " + std::string(lookUp(pod->labels, "app")));
        (void)m_store.remove(*pod->kind, pod->ns, pod->name);
    }

private:
    void event(const Object& about, const char* type, const char* reason, const std::string& message)
    {
        const std::string now = formatRfc3339(m_store.now());
        (void)m_store.create(
            Kinds::instance().get("events", ""),
            {{"metadata",
              {{"name", about.name + "." + m_store.newUid().substr(0, 16 - 8)}, {"namespace", about.ns}}},
             {"involvedObject",
              {{"kind", about.kind->kind},
               {"namespace", about.ns},
               {"name", about.name},
               {"uid", about.uid},
               {"apiVersion", "v1"}}},
             {"reason", reason},
             {"message", message},
             {"source", {{"component", "kubelet"}}},
             {"firstTimestamp", now},
             {"lastTimestamp", now},
             {"count", 1},
             {"type", type}});
    }

    Store& m_store;
    double m_next = 0;
    unsigned m_round = 0;
};

// A minute and a half after the start the booting VM's kubeadm is done: its node appears, turns ready, and
// Cluster API notices.
class Boot : public Controller {
public:
    Boot(std::shared_ptr<SitePlan> plan, std::size_t vm, Store& outer, Cluster& tenant)
        : m_plan(std::move(plan)), m_vm(m_plan->vms[vm]), m_outer(outer), m_tenant(tenant)
    {}

    void tick(double seconds) override
    {
        if (m_done || seconds < 90)
            return;
        m_done = true;
        const Kinds& kinds = Kinds::instance();
        const std::string& ns = m_plan->tenants[m_vm.tenant].name;
        const std::string now = formatRfc3339(m_outer.now());
        VmPlan joined = m_vm;
        joined.state = VmState::Running;
        Json node = parseOwn(nodeBody(innerNodePlan(*m_plan, joined, now)));
        (void)m_tenant.store().create(kinds.get("nodes", ""), std::move(node));
        const auto put = [&](const char* resource, std::string status) {
            (void)m_outer.update(kinds.get(resource), ns, m_vm.name, [&](Json& object) -> Answer<void> {
                object["status"] = parseOwn(status);
                return {};
            });
        };
        put("kubevirtmachines", kubevirtMachineStatus(*m_plan, joined, VmState::Running, now));
        put("machines", machineStatus(*m_plan, joined, VmState::Running, now));
        for (const char* resource : {"machinedeployments", "machinesets"}) {
            for (const ObjectPtr& pool : m_outer.list(kinds.get(resource), ns))
                (void)m_outer.update(kinds.get(resource), ns, pool->name, [&](Json& object) -> Answer<void> {
                    Json& status = object["status"];
                    status["phase"] = "Running";
                    status["readyReplicas"] = object["spec"]["replicas"];
                    status["availableReplicas"] = object["spec"]["replicas"];
                    settle(status, now);
                    return {};
                });
        }
        (void)m_outer.update(kinds.get("clusters", "cluster.x-k8s.io"), ns, ns,
                             [&](Json& object) -> Answer<void> {
                                 Json& workers = object["status"]["workers"];
                                 workers["readyReplicas"] = workers["desiredReplicas"];
                                 workers["availableReplicas"] = workers["desiredReplicas"];
                                 settle(object["status"], now);
                                 return {};
                             });
        (void)m_outer.update(kinds.get("virtualmachineinstances"), ns, m_vm.name,
                             [&](Json& object) -> Answer<void> {
                                 for (Json& condition : object["status"]["conditions"]) {
                                     if (condition["type"] == "AgentConnected") {
                                         condition["status"] = "True";
                                         condition["lastTransitionTime"] = now;
                                     }
                                 }
                                 object["status"]["guestOSInfo"] = {{"id", "ubuntu"},
                                                                    {"name", "Ubuntu"},
                                                                    {"prettyName", "Ubuntu 22.04.5 LTS"},
                                                                    {"version", "22.04"},
                                                                    {"versionId", "22.04"}};
                                 return {};
                             });
        daemons(joined, now);
    }

private:
    static void settle(Json& status, const std::string& now)
    {
        for (Json& condition : status["conditions"]) {
            const std::string type = text(condition, "type");
            const bool good = type == "Available" || type == "WorkersAvailable" || type == "MachinesReady";
            if ((!good && type != "ScalingUp") || condition["status"] == (good ? "True" : "False"))
                continue;
            condition["status"] = good ? "True" : "False";
            condition["reason"] = !good ? "NotScalingUp" : type == "MachinesReady" ? "Ready" : "Available";
            condition["lastTransitionTime"] = now;
            condition.erase("message");
        }
    }

    // The DaemonSets' pods of the new node.
    void daemons(const VmPlan& vm, const std::string& now)
    {
        Store& store = m_tenant.store();
        const Kinds& kinds = Kinds::instance();
        for (const ObjectPtr& set : store.list(kinds.get("daemonsets"))) {
            const Json body = parseOwn(set->body);
            PodPlan pod;
            pod.ns = set->ns;
            pod.name = set->name + "-" + store.newSuffix();
            pod.uid = store.newUid();
            pod.labels = R"("app":")" + set->name + "\"";
            pod.owner = ownerRef("apps/v1", "DaemonSet", set->name, set->uid);
            pod.node = vm.name;
            pod.address = vm.address;
            pod.created = now;
            pod.hostNetwork = true;
            for (const Json& container : body["spec"]["template"]["spec"]["containers"])
                pod.containers.push_back({text(container, "name"), text(container, "image"), 100, 128});
            (void)store.create(kinds.get("pods", ""), parseOwn(podBody(pod)));
            (void)store.update(kinds.get("daemonsets"), set->ns, set->name, [](Json& object) -> Answer<void> {
                for (auto& [key, value] : object["status"].items()) {
                    if (value.is_number_integer() && key != "observedGeneration" &&
                        key != "numberMisscheduled")
                        value = value.get<long long>() + 1;
                }
                return {};
            });
        }
    }

    std::shared_ptr<SitePlan> m_plan;
    VmPlan m_vm;
    Store& m_outer;
    Cluster& m_tenant;
    bool m_done = false;
};

} // namespace

std::unique_ptr<Controller> makeHeartbeat(Store& store)
{
    return std::make_unique<Heartbeat>(store);
}

std::unique_ptr<Controller> makeChurn(Store& store)
{
    return std::make_unique<Churn>(store);
}

std::unique_ptr<Controller> makeBoot(std::shared_ptr<SitePlan> plan, std::size_t vm, Store& outer,
                                     Cluster& tenant)
{
    return std::make_unique<Boot>(std::move(plan), vm, outer, tenant);
}

} // namespace strata::demosite
