// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include <algorithm>

namespace strata::demosite {
namespace {

using namespace capi;

// Watches over Machines: those whose Node was bad for too long are marked, and their owner replaces them,
// unless too many are bad at once.
class HealthCheckController : public Controller {
public:
    explicit HealthCheckController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("machinehealthchecks");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json check = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, check);
        if (cluster.is_null() || deleting(check) || pausedNow(m_site, kind, key, cluster, check))
            return kOnChange;
        if (const ObjectPtr owner = m_store.get(clusters(), key.ns, text(cluster, "metadata.name"));
            owner && !isOwnedBy(check, owner->uid))
            edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
                addOwner(edited, ownerOf(*owner, false));
                edited["metadata"]["labels"][kClusterName] = owner->name;
            });
        const Json* selector = find(check, "spec.selector");
        if (selector == nullptr)
            return kOnChange;
        long long expected = 0;
        std::vector<std::pair<ObjectPtr, std::string>> bad; // machine, reason: words
        Json targets = Json::array();
        double again = kOnChange;
        for (const ObjectPtr& machine : m_store.list(machines(), key.ns)) {
            if (!matches(*selector, *machine))
                continue;
            const Json body = parseOwn(machine->body);
            if (text(body, "spec.clusterName") != text(cluster, "metadata.name") ||
                annotated(body, "cluster.x-k8s.io/skip-remediation") ||
                annotated(body, "cluster.x-k8s.io/paused"))
                continue;
            ++expected;
            targets.push_back(machine->name);
            double left = kOnChange;
            const std::string why = unhealthy(check, *machine, body, cluster, left);
            if (!why.empty())
                bad.emplace_back(machine, why);
            else if (left >= 0)
                again = again < 0 ? left : std::min(again, left);
        }
        const auto unhealthyCount = static_cast<long long>(bad.size());
        const std::string limit = text(check, "spec.remediation.triggerIf.unhealthyLessThanOrEqualTo");
        const long long most = limit.empty()         ? expected
                               : limit.back() == '%' ? expected * std::atoll(limit.c_str()) / 100
                                                     : std::atoll(limit.c_str());
        // "[3-5]": only while so many are bad.
        const std::string range = text(check, "spec.remediation.triggerIf.unhealthyInRange");
        const std::size_t dash = range.find('-');
        const bool within =
            dash == std::string::npos || (unhealthyCount >= std::atoll(range.c_str() + 1) &&
                                          unhealthyCount <= std::atoll(range.c_str() + dash + 1));
        const bool allowed = unhealthyCount <= most && (unhealthyCount == 0 || within);
        const std::string at = timestamp(m_store);
        const std::string words =
            dash == std::string::npos
                ? "Remediation is not allowed, the number of not started or unhealthy machines exceeds "
                  "maxUnhealthy (total: " +
                      std::to_string(expected) + ", unhealthy: " + std::to_string(unhealthyCount) +
                      ", maxUnhealthy: " + limit + ")"
                : "Remediation is not allowed, the number of not started or unhealthy machines does not fall "
                  "within the range (total: " +
                      std::to_string(expected) + ", unhealthy: " + std::to_string(unhealthyCount) +
                      ", unhealthyRange: " + range + ")";
        for (const auto& [machine, why] : bad)
            mark(*machine, why, at);
        for (const ObjectPtr& machine : m_store.list(machines(), key.ns)) {
            const bool isBad = std::any_of(
                bad.begin(), bad.end(), [&](const auto& each) { return each.first->name == machine->name; });
            if (!isBad && matches(*selector, *machine))
                heal(*machine, at);
        }
        if (!allowed)
            tellOnce(*object, words);
        else
            m_told.erase(object->uid);
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            status["expectedMachines"] = expected;
            status["currentHealthy"] = expected - unhealthyCount;
            status["remediationsAllowed"] = allowed ? std::max(0LL, most - unhealthyCount) : 0;
            status["targets"] = targets;
            setCondition(status,
                         {"RemediationAllowed", allowed ? "True" : "False",
                          allowed ? "RemediationAllowed" : "TooManyUnhealthy", allowed ? "" : words},
                         at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);
        });
        if (allowed) {
            for (const auto& [machine, why] : bad)
                remediate(*machine, at);
        }
        return again;
    }

private:
    static bool annotated(const Json& object, const char* name)
    {
        const Json* all = find(object, "metadata.annotations");
        return all != nullptr && all->is_object() && all->contains(name);
    }

    // Is a condition as a rule says, and for long enough? `left` is brought down to when it will be.
    bool overdue(const std::string& id, const Json& rule, const std::string& status, double& left,
                 long long& limit)
    {
        const double now = m_site.now();
        if (status != text(rule, "status")) {
            m_since.erase(id);
            return false;
        }
        auto seconds = static_cast<double>(number(rule, "timeoutSeconds").value_or(-1));
        if (seconds < 0) // as v1beta1 writes it: "300s", "5m"
            seconds = std::atof(text(rule, "timeout").c_str()) *
                      (text(rule, "timeout").find('m') != std::string::npos ? 60 : 1);
        limit = static_cast<long long>(seconds);
        const double since = m_since.emplace(id, now).first->second;
        if (now - since >= seconds)
            return true;
        const double wait = since + seconds - now;
        left = left < 0 ? wait : std::min(left, wait);
        return false;
    }

    void tellOnce(const Object& check, const std::string& words)
    {
        if (m_told[check.uid] == words)
            return;
        m_told[check.uid] = words;
        tell(m_store, check, "Warning", "RemediationRestricted", words, "machinehealthcheck-controller");
    }

    // "Reason: words" when it is; `left` says when it will be if nothing changes.
    std::string unhealthy(const Json& check, const Object& object, const Json& machine, const Json& cluster,
                          double& left)
    {
        if (deleting(machine) || !controlPlaneInitialized(cluster))
            return {};
        if (annotated(machine, "cluster.x-k8s.io/remediate-machine"))
            return "HasRemediateAnnotation: Health check failed: marked for remediation via "
                   "cluster.x-k8s.io/remediate-machine annotation";
        const std::string name = text(machine, "status.nodeRef.name");
        const double now = m_site.now();
        long long limitSeconds = 0;
        if (const Json* rules = find(check, "spec.checks.unhealthyMachineConditions");
            rules != nullptr && rules->is_array()) {
            for (const Json& rule : *rules) {
                const std::string type = text(rule, "type");
                if (overdue(object.uid + "/machine/" + type + "/" + text(rule, "status"), rule,
                            conditionStatus(machine, type), left, limitSeconds))
                    return "UnhealthyMachine: Health check failed: Condition " + type +
                           " on Machine is reporting status " + text(rule, "status") + " for more than " +
                           std::to_string(limitSeconds) + "s";
            }
        }
        if (name.empty()) {
            const auto limit =
                static_cast<double>(number(check, "spec.checks.nodeStartupTimeoutSeconds").value_or(600));
            if (limit <= 0)
                return {};
            const double since = m_since.emplace(object.uid + "/start", now).first->second;
            if (now - since >= limit)
                return "NodeStartupTimeout: Health check failed: Node failed to report startup in " +
                       std::to_string(static_cast<long long>(limit)) + "s";
            left = since + limit - now;
            return {};
        }
        Cluster* const inner = m_site.tenants.find({object.ns, text(cluster, "metadata.name")});
        if (inner == nullptr)
            return {};
        const Json node = read(inner->store(), coreKind("nodes"), "", name);
        if (node.is_null())
            return "NodeDeleted: Health check failed: Node " + name + " has been deleted";
        const Json* rules = find(check, "spec.checks.unhealthyNodeConditions");
        if (rules == nullptr || !rules->is_array())
            return {};
        for (const Json& rule : *rules) {
            const std::string type = text(rule, "type");
            if (overdue(object.uid + "/" + type + "/" + text(rule, "status"), rule,
                        conditionStatus(node, type), left, limitSeconds))
                return "UnhealthyNode: Health check failed: Condition " + type +
                       " on Node is reporting status " + text(rule, "status") + " for more than " +
                       std::to_string(limitSeconds) + "s";
        }
        return {};
    }

    void mark(const Object& machine, const std::string& why, const std::string& at)
    {
        const std::size_t colon = why.find(": ");
        edit(m_store, machines(), machine.ns, machine.name, [&](Json& edited) {
            setCondition(edited["status"],
                         {"HealthCheckSucceeded", "False", why.substr(0, colon), why.substr(colon + 2)}, at);
            if (conditionOf(edited, "OwnerRemediated") == nullptr)
                setCondition(edited["status"],
                             {"OwnerRemediated", "False", "WaitingForRemediation", "Waiting for remediation"},
                             at);
        });
    }

    void heal(const Object& machine, const std::string& at)
    {
        edit(m_store, machines(), machine.ns, machine.name, [&](Json& edited) {
            setCondition(edited["status"], {"HealthCheckSucceeded", "True", "Succeeded", ""}, at);
            removeCondition(edited["status"], "OwnerRemediated");
        });
    }

    // The owner's part: a MachineSet deletes the machine and makes another; a control plane does that only
    // when it can afford it.
    void remediate(const Object& machine, const std::string& at)
    {
        const Json body = read(m_store, machines(), machine.ns, machine.name);
        if (body.is_null() || deleting(body))
            return;
        const auto refuse = [&](const char* reason, const char* words) {
            edit(m_store, machines(), machine.ns, machine.name, [&](Json& edited) {
                setCondition(edited["status"], {"OwnerRemediated", "False", reason, words}, at);
            });
        };
        const std::string plane = ownerName(body, "KubeadmControlPlane");
        if (!plane.empty()) {
            long long all = 0;
            long long healthy = 0;
            for (const ObjectPtr& other : m_store.list(machines(), machine.ns)) {
                const Json each = parseOwn(other->body);
                if (ownerName(each, "KubeadmControlPlane") != plane)
                    continue;
                ++all;
                healthy += isTrue(each, "EtcdMemberHealthy") && other->name != machine.name ? 1 : 0;
            }
            if (all <= 1)
                return refuse(
                    "CannotBeRemediated",
                    "KubeadmControlPlane can't remediate if current replicas are less or equal to 1");
            if (healthy * 2 <= all - 1)
                return refuse(
                    "CannotBeRemediated",
                    "KubeadmControlPlane can't remediate this machine because this could result in etcd "
                    "quorum loss");
        }
        (void)m_store.remove(machines(), machine.ns, machine.name);
    }

    Site& m_site;
    Store& m_store;
    std::map<std::string, double> m_since;
    std::map<std::string, std::string> m_told;
};

} // namespace

void addMachineHealthCheckController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<HealthCheckController>(site));
    const Kind& kind = kindOf("machinehealthchecks");
    site.manager.watch(store, kind, controller);
    const auto all = [&store, &kind](const StoreEvent& event, const Manager::Enqueue& enqueue) {
        for (const ObjectPtr& check : store.list(kind, event.object->ns))
            enqueue({check->ns, check->name});
    };
    site.manager.watch(store, machines(), controller, all);
    site.manager.watch(store, clusters(), controller, all);
}

} // namespace strata::demosite
