// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"

#include <algorithm>
#include <cmath>

namespace strata::demosite {
namespace {

using namespace capi;

constexpr const char* kFinalizer = "cluster.x-k8s.io/machinedeployment";
constexpr const char* kRevision = "machinedeployment.clusters.x-k8s.io/revision";

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

// MachineSets of a MachineDeployment: one for each template, the newest grows while the others shrink.
class MachineDeploymentController : public Controller {
public:
    explicit MachineDeploymentController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const ObjectPtr object = m_store.get(kind(), key.ns, key.name);
        if (!object)
            return kOnChange;
        Json pool = parseOwn(object->body);
        const Json cluster = clusterOf(m_site, pool);
        std::vector<Json> sets = own(*object);
        if (deleting(pool)) {
            for (const Json& set : sets) {
                if (!deleting(set))
                    (void)m_store.remove(kindOf("machinesets"), key.ns, text(set, "metadata.name"));
            }
            report(key, pool, sets, nullptr);
            if (sets.empty())
                edit(m_store, kind(), key.ns, key.name,
                     [](Json& edited) { removeFinalizer(edited, kFinalizer); });
            return kOnChange;
        }
        if (cluster.is_null() || pausedNow(m_site, kind(), key, cluster, pool) || flag(pool, "spec.paused"))
            return kOnChange;
        if (furnish(key, pool, cluster))
            return kOnChange; // told of it
        const Json* current = nullptr;
        double again = kOnChange;
        const std::string after = rolloutAfter(pool);
        if (after > timestamp(m_store)) { // not yet
            const UnixMs left = parseRfc3339(after).value_or(0) - m_store.now();
            again = std::max(1.0, static_cast<double>(left) / 1000);
        }
        for (const Json& set : sets) {
            if (!deleting(set) && isCurrent(set, pool) &&
                (current == nullptr ||
                 text(set, "metadata.creationTimestamp") < text(*current, "metadata.creationTimestamp")))
                current = &set;
        }
        if (current == nullptr) {
            makeSet(*object, pool, sets);
            return kOnChange;
        }
        roll(pool, *current, sets);
        sets = own(*object);
        current = nullptr;
        for (const Json& set : sets) {
            if (!deleting(set) && isCurrent(set, pool))
                current = &set;
        }
        report(key, pool, sets, current);
        return again;
    }

private:
    static const Kind& kind() { return kindOf("machinedeployments"); }

    std::vector<Json> own(const Object& pool) const
    {
        std::vector<Json> out;
        for (const ObjectPtr& each : m_store.list(kindOf("machinesets"), pool.ns)) {
            if (each->owners.find("\n" + pool.uid + "\n") != std::string::npos)
                out.push_back(parseOwn(each->body));
        }
        return out;
    }

    // What upstream's webhook and the first reconcile fill in. True when it wrote.
    bool furnish(const Key& key, const Json& pool, const Json& cluster)
    {
        const std::string name = text(cluster, "metadata.name");
        const auto hasLabels = [&](const char* path) {
            const Json* labels = find(pool, path);
            return labels != nullptr && labels->is_object() && labels->contains(kClusterName) &&
                   labels->contains(kDeploymentName);
        };
        if (hasFinalizer(pool, kFinalizer) && hasLabels("spec.selector.matchLabels") &&
            hasLabels("spec.template.metadata.labels") && label(pool, kClusterName) == name)
            return false;
        const ObjectPtr owner = m_store.get(clusters(), key.ns, name);
        return owner && edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
                   addFinalizer(edited, kFinalizer);
                   addOwner(edited, ownerOf(*owner, false));
                   edited["metadata"]["labels"][kClusterName] = name;
                   Json& spec = edited["spec"];
                   for (Json* labels :
                        {&spec["selector"]["matchLabels"], &spec["template"]["metadata"]["labels"]}) {
                       if (!labels->is_object())
                           *labels = Json::object();
                       (*labels)[kClusterName] = name;
                       (*labels)[kDeploymentName] = key.name;
                   }
                   if (!spec.contains("replicas") || spec["replicas"].is_null())
                       spec["replicas"] = 1;
               });
    }

    // Labels, annotations and timeouts are taken over in place; everything else makes new machines.
    static Json essence(const Json& object)
    {
        Json spec = part(object, "spec.template").value("spec", Json::object());
        for (const char* inPlace : {"deletion", "minReadySeconds", "readinessGates"})
            spec.erase(inPlace);
        return spec;
    }
    static std::string rolloutAfter(const Json& pool) { return text(pool, "spec.rollout.after"); }
    // Of the pool's template, and not older than what was asked to be rolled out again.
    bool isCurrent(const Json& set, const Json& pool) const
    {
        const std::string after = rolloutAfter(pool);
        return essence(set) == essence(pool) && (after.empty() || after > timestamp(m_store) ||
                                                 text(set, "metadata.creationTimestamp") >= after);
    }

    void makeSet(const Object& object, const Json& pool, const std::vector<Json>& old)
    {
        long long revision = 1;
        for (const Json& set : old)
            revision = std::max(revision, std::atoll(annotation(set, kRevision).c_str()) + 1);
        const std::string hash = hashWord(compact(essence(pool)) + object.uid + rolloutAfter(pool), 5);
        Json made = {{"metadata",
                      {{"name", object.name + "-" + hash},
                       {"namespace", object.ns},
                       {"labels", part(pool, "spec.template.metadata.labels")},
                       {"annotations", {{kRevision, std::to_string(revision)}}},
                       {"finalizers", Json::array({"cluster.x-k8s.io/machineset"})},
                       {"ownerReferences", Json::array({ownerOf(object)})}}},
                     {"spec",
                      {{"clusterName", text(pool, "spec.clusterName")},
                       {"replicas", old.empty() ? number(pool, "spec.replicas").value_or(1) : 0},
                       {"selector", part(pool, "spec.selector")},
                       {"template", part(pool, "spec.template")}}}};
        made["metadata"]["labels"][kTemplateHash] = hash;
        made["spec"]["selector"]["matchLabels"][kTemplateHash] = hash;
        made["spec"]["template"]["metadata"]["labels"][kTemplateHash] = hash;
        if (const Json* deletion = find(pool, "spec.deletion"))
            made["spec"]["deletion"] = *deletion;
        const ObjectPtr set = create(m_store, kindOf("machinesets"), std::move(made));
        if (set)
            tell(m_store, object, "Normal", "SuccessfulCreate", "Created MachineSet \"" + set->name + "\"",
                 "machinedeployment-controller");
    }

    void scale(const Json& set, long long to)
    {
        if (number(set, "spec.replicas").value_or(0) == to)
            return;
        edit(m_store, kindOf("machinesets"), text(set, "metadata.namespace"), text(set, "metadata.name"),
             [&](Json& edited) { edited["spec"]["replicas"] = to; });
    }

    // One step of a rolling update (cluster-api internal/controllers/machinedeployment/
    // machinedeployment_rolling.go). A set's status is behind its spec while its machines come and go, so
    // what may go is bounded by what was asked for as well as by what is available.
    void roll(const Json& pool, const Json& current, const std::vector<Json>& sets)
    {
        const auto asked = [](const Json& set) { return number(set, "spec.replicas").value_or(0); };
        const auto available = [&](const Json& set) {
            // Machines that are about to go may still be counted.
            return std::min(asked(set), number(set, "status.availableReplicas").value_or(0));
        };
        const long long wanted = std::clamp(number(pool, "spec.replicas").value_or(1), 0LL, 500LL);
        long long total = 0; // with those that are going
        long long all = 0;
        long long up = 0;
        long long old = 0;
        for (const Json& set : sets) {
            total += std::max(asked(set), number(set, "status.replicas").value_or(0));
            all += asked(set);
            up += available(set);
            old += &set == &current ? 0 : asked(set);
        }
        if (old == 0) {
            scale(current, wanted);
            return;
        }
        if (text(pool, "spec.rollout.strategy.type") == "OnDelete")
            return;
        const Json* how = find(pool, "spec.rollout.strategy.rollingUpdate");
        const Json none = Json::object();
        long long surge = portion(find(how == nullptr ? none : *how, "maxSurge"), wanted, true, 1);
        const long long unavailable =
            portion(find(how == nullptr ? none : *how, "maxUnavailable"), wanted, false, 0);
        if (surge == 0 && unavailable == 0)
            surge = 1;
        const long long have = asked(current);
        scale(current, std::min(wanted, have + std::max(0LL, wanted + surge - total)));
        const long long least = wanted - unavailable;
        long long mayGo = all - least - (have - available(current));
        // Those that do not work first: nobody misses them. Then of the rest what is above the least.
        std::vector<long long> left;
        for (const Json& set : sets) {
            left.push_back(asked(set));
            if (&set == &current)
                continue;
            const long long goes = std::clamp(left.back() - available(set), 0LL, std::max(0LL, mayGo));
            mayGo -= goes;
            left.back() -= goes;
        }
        mayGo = std::min(mayGo, up - least);
        for (std::size_t i = 0; i < sets.size(); ++i) {
            if (&sets[i] == &current)
                continue;
            const long long goes = std::clamp(left[i], 0LL, std::max(0LL, mayGo));
            mayGo -= goes;
            scale(sets[i], left[i] - goes);
        }
    }

    void report(const Key& key, const Json& pool, const std::vector<Json>& sets, const Json* current)
    {
        long long total = 0;
        long long ready = 0;
        long long available = 0;
        long long upToDate = 0;
        std::vector<std::pair<std::string, std::string>> notReady;
        std::string blocked;
        std::map<std::string, long long> versions;
        for (const Json& set : sets) {
            total += number(set, "status.replicas").value_or(0);
            ready += number(set, "status.readyReplicas").value_or(0);
            available += number(set, "status.availableReplicas").value_or(0);
            if (current == &set)
                upToDate = number(set, "status.replicas").value_or(0);
            else if (number(set, "status.replicas").value_or(0) > 0)
                versions[text(set, "spec.template.spec.version")] +=
                    number(set, "status.replicas").value_or(0);
            if (const Json* condition = conditionOf(set, "MachinesReady");
                condition != nullptr && text(*condition, "status") != "True")
                notReady.emplace_back("MachineSet " + text(set, "metadata.name"),
                                      text(*condition, "message"));
            if (const Json* up = conditionOf(set, "ScalingUp")) {
                const std::string words = text(*up, "message");
                const std::size_t at = words.find(" is blocked because:");
                if (at != std::string::npos)
                    blocked = words.substr(at);
            }
        }
        const bool goes = deleting(pool);
        const long long wanted = goes ? 0 : number(pool, "spec.replicas").value_or(1);
        const Json* how = find(pool, "spec.rollout.strategy.rollingUpdate");
        const long long unavailable =
            portion(how == nullptr ? nullptr : find(*how, "maxUnavailable"), wanted, false, 0);
        const long long least = wanted - unavailable;
        const bool good = available >= least && !goes;
        const std::string at = timestamp(m_store);
        std::string rolling;
        for (const auto& [version, count] : versions)
            rolling +=
                "\n* Version " + version + ", " + text(pool, "spec.template.spec.version") + " required";
        const bool rolls = !versions.empty() && !goes;
        edit(m_store, kind(), key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            std::string selector;
            if (const Json* labels = find(edited, "spec.selector.matchLabels");
                labels != nullptr && labels->is_object()) {
                for (const auto& [label, value] : labels->items())
                    selector += (selector.empty() ? "" : ",") + label + "=" +
                                (value.is_string() ? value.get<std::string>() : std::string());
            }
            status["selector"] = selector;
            status["replicas"] = total;
            status["readyReplicas"] = ready;
            status["availableReplicas"] = available;
            status["upToDateReplicas"] = upToDate;
            status["phase"] = goes             ? "ScalingDown"
                              : wanted > ready ? "ScalingUp"
                              : total > wanted ? "ScalingDown"
                                               : "Running";
            setCondition(status,
                         {"Available", good ? "True" : "False", good ? "Available" : "NotAvailable",
                          good ? ""
                               : std::to_string(available) + " available replicas, at least " +
                                     std::to_string(least) +
                                     " required (spec.strategy.rollout.maxUnavailable is " +
                                     std::to_string(unavailable) + ", spec.replicas is " +
                                     std::to_string(wanted) + ")"},
                         at);
            setCondition(status,
                         {"MachinesReady", notReady.empty() ? "True" : "False",
                          total == 0         ? "NoReplicas"
                          : notReady.empty() ? "Ready"
                                             : "NotReady",
                          bullets(notReady)},
                         at);
            setCondition(status,
                         {"MachinesUpToDate", rolls ? "False" : "True",
                          total == 0 ? "NoReplicas"
                          : rolls    ? "NotUpToDate"
                                     : "UpToDate",
                          ""},
                         at);
            setCondition(status,
                         {"RollingOut", rolls ? "True" : "False", rolls ? "RollingOut" : "NotRollingOut",
                          rolls ? "Rolling out " + std::to_string(total - upToDate) +
                                      " not up-to-date replicas" + rolling
                                : ""},
                         at);
            const auto scaling = [&](const char* type, bool on, const char* way) {
                setCondition(status,
                             {type, on ? "True" : "False", (on ? "" : "Not") + std::string(type),
                              on ? "Scaling " + std::string(way) + " from " + std::to_string(total) + " to " +
                                       std::to_string(wanted) + " replicas" + (total < wanted ? blocked : "")
                                 : ""},
                             at);
            };
            scaling("ScalingUp", total < wanted, "up");
            scaling("ScalingDown", total > wanted, "down");
            setCondition(status, {"Remediating", "False", "NotRemediating", ""}, at);
            setCondition(status, {"Deleting", goes ? "True" : "False", goes ? "Deleting" : "NotDeleting", ""},
                         at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);
            setOld(status, "Ready", good, "Warning", "WaitingForAvailableMachines",
                   "Minimum availability requires " + std::to_string(least) + " replicas, current " +
                       std::to_string(available) + " available",
                   at);
            setOld(status, "Available", good, "Warning", "WaitingForAvailableMachines",
                   "Minimum availability requires " + std::to_string(least) + " replicas, current " +
                       std::to_string(available) + " available",
                   at);
            setOld(status, "MachineSetReady", notReady.empty(), "Info", "MachinesNotReady", bullets(notReady),
                   at);
        });
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addMachineDeploymentController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<MachineDeploymentController>(site));
    const Kind& kind = kindOf("machinedeployments");
    site.manager.watch(store, kind, controller);
    site.manager.watch(store, kindOf("machinesets"), controller, byOwner("MachineDeployment"));
    site.manager.watch(store, clusters(), controller, ofCluster(store, kind));
}

} // namespace strata::demosite
