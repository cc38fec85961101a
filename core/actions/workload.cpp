// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/build.h"
#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

// What runs in tenants: Deployments, StatefulSets, DaemonSets (Kubernetes apps/v1).
namespace strata::actions {

using namespace provision;
using namespace stack;
using Kind = Predicate::Kind;

namespace {

constexpr int kRollSeconds = 1800;
constexpr int kGoneSeconds = 600;
constexpr const char* kRevision = "deployment.kubernetes.io/revision";
constexpr const char* kHash = "pod-template-hash";

bool scales(const Owner& owner)
{
    return owner.kind == "Deployment" || owner.kind == "StatefulSet";
}

// A merge patch that makes `from` into `to`.
Json difference(const Json& from, const Json& to)
{
    if (!from.is_object() || !to.is_object())
        return to;
    Json out = Json::object();
    for (const auto& [key, value] : from.items()) {
        if (!to.contains(key))
            out[key] = nullptr;
    }
    for (const auto& [key, value] : to.items()) {
        if (!from.contains(key))
            out[key] = value;
        else if (from[key] != value)
            out[key] = difference(from[key], value);
    }
    return out;
}

// Until all of its pods are of the newest template and ready.
void waitForRoll(Step& step, const Owner& owner, std::int64_t replicas)
{
    step.timeoutSeconds = kRollSeconds;
    const Ref ref{"apps/v1", owner.kind, owner.ns, owner.name};
    const std::string count = std::to_string(replicas);
    const auto wait = [&](std::string what, std::vector<Predicate> anyOf) {
        step.waits.push_back({Target::Inner, ref, std::move(what), std::move(anyOf)});
    };
    wait(say("Its controller has seen the change"), {{Kind::Observed, {}, {}}});
    if (owner.kind == "DaemonSet") {
        wait(say("All pods are new"), {{Kind::AtLeast, "status.updatedNumberScheduled", count}});
        wait(say("All pods are available"), {{Kind::AtLeast, "status.numberAvailable", count}});
        return;
    }
    wait(say("All pods are new"), {{Kind::AtLeast, "status.updatedReplicas", count}});
    wait(say("The old ones are gone"), {{Kind::Field, "status.replicas", count}});
    wait(say("All pods are available"), {{Kind::AtLeast, "status.availableReplicas", count}});
}

std::int64_t replicasIn(const Object& object)
{
    return object.kind() == "DaemonSet" ? object.number("status.desiredNumberScheduled").value_or(0)
                                        : object.number("spec.replicas").value_or(1);
}

Object patchFor(const Owner& owner, const Object& object)
{
    Object patch("apps/v1", owner.kind, owner.ns, owner.name);
    patch.edit()["metadata"]["uid"] = object.uid();
    return patch;
}

// The newest revision before the current one; null when there is none.
const Object* before(const Object& deployment, const std::vector<Object>& sets)
{
    const int now = std::atoi(deployment.annotation(kRevision).c_str());
    const Object* best = nullptr;
    int bestRevision = 0;
    for (const Object& set : sets) {
        const Json& owners = set.json().contains("metadata") ? set.json()["metadata"] : set.json();
        bool owned = false;
        if (owners.contains("ownerReferences") && owners["ownerReferences"].is_array()) {
            for (const Json& owner : owners["ownerReferences"])
                owned = owned || (owner.is_object() && owner.value("uid", "") == deployment.uid());
        }
        const int revision = std::atoi(set.annotation(kRevision).c_str());
        if (owned && revision > bestRevision && revision < now) {
            best = &set;
            bestRevision = revision;
        }
    }
    return best;
}

Json templateOf(const Object& holder)
{
    const Json& json = holder.json();
    Json out = json.contains("spec") && json["spec"].contains("template") ? json["spec"]["template"]
                                                                          : Json::object();
    if (out.contains("metadata") && out["metadata"].is_object()) {
        out["metadata"].erase("creationTimestamp");
        if (out["metadata"].contains("labels"))
            out["metadata"]["labels"].erase(kHash);
    }
    return out;
}

} // namespace

Owner ownerOf(const ItemFacts& facts)
{
    if (facts.pods.empty() || facts.pods.front() == nullptr)
        return {};
    const PodFact& pod = *facts.pods.front();
    Owner owner{pod.meta.ownerKind, pod.meta.ns, pod.meta.ownerName};
    if (owner.kind == "ReplicaSet") {
        // Its name is the Deployment's with the template's hash behind it.
        const std::string suffix = "-" + pod.templateHash;
        if (pod.templateHash.empty() || owner.name.size() <= suffix.size() || !owner.name.ends_with(suffix))
            return {};
        owner.name.resize(owner.name.size() - suffix.size());
        owner.kind = "Deployment";
    }
    if (owner.kind != "Deployment" && owner.kind != "StatefulSet" && owner.kind != "DaemonSet")
        return {};
    return owner;
}

std::string workloadWhyNot(const Stack& stack, Action action, ItemId id)
{
    const ItemFacts facts = stack.facts(id);
    const Owner owner = ownerOf(facts);
    if (owner.kind.empty()) {
        if (!facts.pods.empty() && facts.pods.front()->isStatic)
            return say("It is a static pod of the kubelet: its manifest is on the node.");
        return say("It belongs to no Deployment, StatefulSet or DaemonSet.");
    }
    if (action == Action::ScaleWorkload && !scales(owner))
        return say("A DaemonSet has one pod on each node; it cannot be scaled.");
    if (action == Action::RollBackWorkload && owner.kind != "Deployment")
        return say("Only a Deployment keeps the revisions before.");
    if (tenantOf(stack, id).fact == nullptr)
        return say("The tenant cluster it belongs to is not known.");
    return {};
}

Result<void> workloadPlan(Builder& builder)
{
    const Stack& stack = builder.stack();
    const Request& request = builder.request();
    // The same workload on several nodes is one; all are of one tenant, whose API is asked.
    std::vector<Owner> owners;
    Tenant tenant;
    for (const ItemId id : request.items) {
        const Owner owner = ownerOf(stack.facts(id));
        const Tenant own = tenantOf(stack, id);
        if (tenant.fact != nullptr && own.cluster != tenant.cluster)
            return refuse(say("Workloads of one tenant at a time."));
        tenant = own;
        if (std::find(owners.begin(), owners.end(), owner) == owners.end())
            owners.push_back(owner);
    }
    Plan& plan = builder.plan;
    plan.ns = tenant.fact->meta.ns;
    plan.cluster = tenant.fact->meta.name;
    const std::string first = owners.front().ns + "/" + owners.front().name;
    const std::string one = owners.size() == 1 ? owners.front().kind + " " + first
                                               : say("%1 workloads", {std::to_string(owners.size())});
    const std::string of = say("%1 of tenant %2", {one, plan.cluster});
    for (const Owner& owner : owners) {
        const Ref ref{"apps/v1", owner.kind, owner.ns, owner.name};
        const std::string name = owner.ns + "/" + owner.name;
        const Object* object = builder.read(Target::Inner, ref);
        if (object == nullptr) {
            if (builder.asked(Target::Inner, ref))
                return refuse(say("%1 is not there any more, or may not be read.", {ref.title()}));
            continue;
        }
        const std::int64_t has = replicasIn(*object);
        switch (request.action) {
        case Action::ScaleWorkload: {
            if (!request.replicas || *request.replicas < 0 || *request.replicas > 10000)
                return refuse(say("How many pods? A number from 0 to 10000."));
            plan.title = say("Scale %1 to %2", {of, std::to_string(*request.replicas)});
            if (has == *request.replicas)
                return refuse(say("%1 has %2 pods already.", {ref.title(), std::to_string(has)}));
            Step& step = builder.step(
                say("Scale %1 from %2 to %3", {name, std::to_string(has), std::to_string(*request.replicas)}),
                false);
            Object patch = patchFor(owner, *object);
            patch.edit()["spec"]["replicas"] = *request.replicas;
            Object back("apps/v1", owner.kind, owner.ns, owner.name);
            back.edit()["spec"]["replicas"] = has;
            step.writes.push_back(change(std::move(patch), std::move(back), Target::Inner));
            waitForRoll(step, owner, *request.replicas);
            // Scaling makes no pod new.
            std::erase_if(step.waits, [](const Wait& wait) {
                return wait.anyOf.front().path == "status.updatedReplicas";
            });
            builder.notice(*request.replicas == 0
                               ? say("%1 has no pod any more: its services answer nobody.", {name})
                           : *request.replicas < has
                               ? say("%1 pods of %2 end.", {std::to_string(has - *request.replicas), name})
                               : say("Nobody: %1 pods of %2 are added.",
                                     {std::to_string(*request.replicas - has), name}));
            break;
        }
        case Action::RestartWorkload: {
            plan.title = say("Restart %1", {of});
            Step& step = builder.step(say("Restart %1", {name}), false);
            Object patch = patchFor(owner, *object);
            patch.edit()["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
                formatRfc3339(request.now);
            step.writes.push_back(change(std::move(patch), {}, Target::Inner));
            waitForRoll(step, owner, has);
            builder.notice(
                object->text("spec.strategy.type") == "Recreate"
                    ? say("%1 is down until its new pods are ready: its strategy is Recreate.", {name})
                    : say("The pods of %1 are replaced a few at a time, as its strategy says.", {name}));
            break;
        }
        case Action::RollBackWorkload: {
            plan.title = say("Roll back %1", {of});
            const std::vector<Object>* sets =
                builder.list(Target::Inner, {"apps/v1", "ReplicaSet", owner.ns, {}}, {});
            if (sets == nullptr)
                continue;
            const Object* old = before(*object, *sets);
            if (old == nullptr)
                return refuse(say("%1 has no revision before this one.", {ref.title()}));
            const Json now = templateOf(*object);
            const Json then = templateOf(*old);
            const Json patchBody = difference(now, then);
            if (patchBody.empty())
                return refuse(say("The revision before is the same as this one."));
            Step& step = builder.step(say("Roll back %1 from revision %2 to %3",
                                          {name, object->annotation(kRevision), old->annotation(kRevision)}),
                                      false);
            Object patch = patchFor(owner, *object);
            patch.edit()["spec"]["template"] = patchBody;
            Object back("apps/v1", owner.kind, owner.ns, owner.name);
            back.edit()["spec"]["template"] = difference(then, now);
            step.writes.push_back(change(std::move(patch), std::move(back), Target::Inner));
            waitForRoll(step, owner, has);
            builder.notice(say("The pods of %1 are replaced a few at a time, as its strategy says.", {name}));
            break;
        }
        case Action::DeleteWorkload: {
            plan.title = say("Delete %1", {of});
            Step& step = builder.step(say("Delete %1", {name}), false);
            step.timeoutSeconds = kGoneSeconds;
            step.writes.push_back({Verb::Remove, Target::Inner, patchFor(owner, *object)});
            step.waits.push_back({Target::Inner, ref, say("It is gone"), {{Kind::Gone, {}, object->uid()}}});
            builder.notice(say("%1 and its %2 pods are gone for good; its services answer nobody.",
                               {name, std::to_string(has)}));
            builder.typed = owners.size() == 1 ? owner.name : plan.cluster;
            break;
        }
        default:
            return refuse(say("That cannot be done to a workload."));
        }
    }
    return {};
}

} // namespace strata::actions
