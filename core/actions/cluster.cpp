// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/build.h"
#include "core/base/text.h"
#include "core/diagnosis/versionpairs.h"
#include "core/provision/profile.h"
#include "core/provision/recipes/create_objects.h"
#include "core/stack/health.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

// Tenant clusters: pools, control planes, machines (Cluster API api/core and api/controlplane, v1beta1 and
// v1beta2).
namespace strata::actions {

using namespace provision;
using namespace stack;
using Kind = Predicate::Kind;

namespace {

constexpr int kMachineSeconds = 1800; // until a machine has come or gone
constexpr int kDeleteSeconds = 7200;
constexpr int kMostMachines = 500;

struct Version {
    int major = 0;
    int minor = 0;
    int patch = 0;
    bool release = true; // without a pre-release part
    friend auto operator<=>(const Version&, const Version&) = default;
};

std::optional<Version> parseVersion(std::string_view text)
{
    if (!text.empty() && text.front() == 'v')
        text.remove_prefix(1);
    Version version;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (int* part : {&version.major, &version.minor, &version.patch}) {
        const auto [next, error] = std::from_chars(at, end, *part);
        if (error != std::errc() || *part < 0)
            return std::nullopt;
        at = next;
        if (part != &version.patch) {
            if (at == end || *at != '.')
                return std::nullopt;
            ++at;
        }
    }
    version.release = at == end || *at == '+';
    if (at != end && *at != '-' && *at != '+')
        return std::nullopt;
    return version;
}

std::string minorOf(const Version& version)
{
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

} // namespace

bool isV1beta1(const std::string& apiVersion)
{
    return apiVersion.ends_with("/v1beta1");
}

std::string capiVersion(const char* group, const std::string& apiVersion)
{
    const std::size_t slash = apiVersion.rfind('/');
    return std::string(group) + "/" + (slash == std::string::npos ? "v1beta2" : apiVersion.substr(slash + 1));
}

int machinesOf(const Stack& stack, ItemId owner)
{
    const Item* item = stack.find(owner);
    return item == nullptr
               ? 0
               : static_cast<int>(std::count_if(
                     item->childrenIn(Tree::Tenants).begin(), item->childrenIn(Tree::Tenants).end(),
                     [&](ItemId id) { return stack.find(id)->kind == ItemKind::Machine; }));
}

namespace {

void wait(Step& step, const Ref& ref, std::string what, std::vector<Predicate> anyOf)
{
    step.waits.push_back({Target::Outer, ref, std::move(what), std::move(anyOf)});
}

} // namespace

void waitForMachines(Step& step, const Ref& ref, int replicas, bool allNew)
{
    const std::string count = std::to_string(replicas);
    wait(step, ref, say("Cluster API has seen the change"), {{Kind::Observed, {}, {}}});
    if (allNew)
        wait(step, ref, say("All machines are new"),
             {{Kind::Field, "status.upToDateReplicas", count},
              {Kind::Field, "status.updatedReplicas", count}});
    wait(step, ref, say("It has %1 machines", {count}), {{Kind::Field, "status.replicas", count}});
    if (replicas > 0)
        wait(step, ref, say("All machines are ready"), {{Kind::AtLeast, "status.readyReplicas", count}});
}

void noticeRoom(Builder& builder, ItemId owner, int more)
{
    const Stack& stack = builder.stack();
    const Item* item = stack.find(owner);
    if (item == nullptr || more <= 0)
        return;
    for (const ItemId machine : item->childrenIn(Tree::Tenants)) {
        for (const ItemId child : stack.find(machine)->childrenIn(Tree::Tenants)) {
            const Item* vm = stack.find(child);
            if (vm == nullptr || vm->kind != ItemKind::Vm || vm->capacity.memoryBytes <= 0)
                continue;
            diagnosis::Capacity capacity = diagnosis::capacityOf(stack);
            std::erase_if(capacity.nodes, [&](const diagnosis::NodeRoom& room) {
                const Item* node = stack.find(room.node);
                return node == nullptr || node->source != item->source;
            });
            const diagnosis::Fit fit = diagnosis::howManyFit(capacity, vm->capacity);
            if (fit.count < more)
                builder.notice(say("Only %1 more VMs of %2 find room; the others wait for a node.",
                                   {std::to_string(fit.count), diagnosis::sizeText(vm->capacity)}));
            return;
        }
    }
}

namespace {

void pauseIf(Builder& builder, const ClusterFact& cluster, bool on)
{
    Step& step = builder.step(on ? say("Pause reconciliation of %1", {cluster.meta.name})
                                 : say("Resume reconciliation of %1", {cluster.meta.name}));
    Object patch = patchOf(cluster.meta, "Cluster");
    Object back(cluster.meta.apiVersion, "Cluster", cluster.meta.ns, cluster.meta.name);
    patch.edit()["spec"]["paused"] = on;
    back.edit()["spec"]["paused"] = !on;
    step.writes.push_back(change(std::move(patch), std::move(back)));
}

Result<void> scalePool(Builder& builder, ItemId id)
{
    const MachineDeploymentFact& pool = *builder.stack().facts(id).machineDeployment;
    const int wanted = builder.request().replicas.value_or(-1);
    if (wanted < 0 || wanted > kMostMachines)
        return refuse(say("How many machines? A number from 0 to %1.", {std::to_string(kMostMachines)}));
    const std::string name = pool.meta.ns + "/" + pool.meta.name;
    if (wanted == pool.replicas)
        return refuse(say("Pool %1 has %2 machines already.", {name, std::to_string(wanted)}));
    const int has = std::max(pool.replicas, 0);
    Step& step = builder.step(
        say("Scale pool %1 from %2 to %3", {name, std::to_string(has), std::to_string(wanted)}), false);
    step.timeoutSeconds = kMachineSeconds * std::clamp(std::abs(wanted - has) / 4 + 1, 1, 8);
    Object patch = patchOf(pool.meta, "MachineDeployment");
    Object back(pool.meta.apiVersion, "MachineDeployment", pool.meta.ns, pool.meta.name);
    patch.edit()["spec"]["replicas"] = wanted;
    back.edit()["spec"]["replicas"] = has;
    step.writes.push_back(change(std::move(patch), std::move(back)));
    waitForMachines(step, refOf(pool.meta, "MachineDeployment"), wanted, false);
    if (wanted > has) {
        builder.notice(say("Nobody: %1 machines are added to %2.", {std::to_string(wanted - has), name}));
        noticeRoom(builder, id, wanted - has);
    } else {
        builder.notice(say("%1 machines of %2 are drained and go; their pods move to the others. Cluster API "
                           "chooses which.",
                           {std::to_string(has - wanted), name}));
        if (wanted == 0)
            builder.notice(say("%1 has no machine any more: pods that need it find no node.", {name}));
    }
    return {};
}

Result<void> scalePlane(Builder& builder, ItemId id)
{
    const ControlPlaneFact& plane = *builder.stack().facts(id).controlPlane;
    const int wanted = builder.request().replicas.value_or(-1);
    const std::string name = plane.meta.ns + "/" + plane.meta.name;
    if (wanted < 1 || wanted > 9 || wanted % 2 == 0)
        return refuse(
            say("A control plane has 1, 3, 5, 7 or 9 machines: etcd needs an odd number to decide."));
    if (wanted == plane.replicas)
        return refuse(say("%1 has %2 machines already.", {name, std::to_string(wanted)}));
    const int has = std::max(plane.replicas, 0);
    Step& step = builder.step(
        say("Scale control plane %1 from %2 to %3", {name, std::to_string(has), std::to_string(wanted)}),
        false);
    step.timeoutSeconds = kMachineSeconds * std::abs(wanted - has);
    Object patch = patchOf(plane.meta, "KubeadmControlPlane");
    Object back(plane.meta.apiVersion, "KubeadmControlPlane", plane.meta.ns, plane.meta.name);
    patch.edit()["spec"]["replicas"] = wanted;
    back.edit()["spec"]["replicas"] = has;
    step.writes.push_back(change(std::move(patch), std::move(back)));
    waitForMachines(step, refOf(plane.meta, "KubeadmControlPlane"), wanted, false);
    builder.notice(say("One machine after the other; the API stays reachable."));
    if (wanted < has)
        builder.notice(wanted == 1 ? say("With one etcd member left, its loss is the loss of the cluster.")
                                   : say("etcd then survives the loss of %1 members, not of %2.",
                                         {std::to_string(wanted / 2), std::to_string(has / 2)}));
    noticeRoom(builder, id, wanted - has);
    return {};
}

Result<void> rollOut(Builder& builder, ItemId id)
{
    const ItemFacts facts = builder.stack().facts(id);
    const bool isPool = facts.machineDeployment != nullptr;
    const Meta& meta = isPool ? facts.machineDeployment->meta : facts.controlPlane->meta;
    const int replicas =
        std::max(isPool ? facts.machineDeployment->replicas : facts.controlPlane->replicas, 0);
    const char* kind = isPool ? "MachineDeployment" : "KubeadmControlPlane";
    const std::string name = meta.ns + "/" + meta.name;
    if (replicas == 0)
        return refuse(say("%1 has no machines.", {name}));
    Step& step = builder.step(say("Replace all machines of %1", {name}), false);
    step.timeoutSeconds = kMachineSeconds * std::max(replicas, 1);
    Object patch = patchOf(meta, kind);
    // Machines made before it are replaced; this machine's clock may be behind the cluster's.
    UnixMs from = builder.request().now;
    for (const ItemId machine : builder.stack().find(id)->childrenIn(Tree::Tenants))
        from = std::max(from, builder.stack().find(machine)->created + 1000);
    const std::string at = formatRfc3339(from);
    if (isV1beta1(meta.apiVersion))
        patch.edit()["spec"]["rolloutAfter"] = at;
    else
        patch.edit()["spec"]["rollout"]["after"] = at;
    step.writes.push_back(change(std::move(patch)));
    waitForMachines(step, refOf(meta, kind), replicas, true);
    builder.notice(say("%1 machines of %2 are replaced, one at a time: a new one joins, then an old one is "
                       "drained and deleted.",
                       {std::to_string(replicas), name}));
    noticeRoom(builder, id, 1);
    return {};
}

Result<void> replaceMachine(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const MachineFact& machine = *stack.facts(id).machine;
    const std::string name = machine.meta.ns + "/" + machine.meta.name;
    const Item* owner = stack.find(stack.find(id)->parentIn(Tree::Tenants));
    const ItemFacts ownerFacts = owner != nullptr ? stack.facts(owner->id) : ItemFacts{};
    // One after the other: two members of etcd that go at once are too many.
    Step& step = builder.step(say("Replace machine %1", {name}));
    step.timeoutSeconds = 2 * kMachineSeconds;
    Object gone = patchOf(machine.meta, "Machine");
    const Ref ref = refOf(machine.meta, "Machine");
    step.writes.push_back({Verb::Remove, Target::Outer, std::move(gone)});
    wait(step, ref, say("The old machine is gone"), {{Kind::Gone, {}, machine.meta.uid}});
    if (ownerFacts.controlPlane != nullptr)
        waitForMachines(step, refOf(ownerFacts.controlPlane->meta, "KubeadmControlPlane"),
                        std::max(ownerFacts.controlPlane->replicas, 0), false);
    else if (ownerFacts.machineDeployment != nullptr)
        waitForMachines(step, refOf(ownerFacts.machineDeployment->meta, "MachineDeployment"),
                        std::max(ownerFacts.machineDeployment->replicas, 0), false);
    builder.notice(say("The node of %1 is drained; its pods move to the others. Its VM and its disks are "
                       "deleted.",
                       {name}));
    if (machine.controlPlane && ownerFacts.controlPlane != nullptr) {
        const int members = std::max(ownerFacts.controlPlane->replicas, 0);
        builder.notice(say("etcd works with %1 of %2 members until the new one has joined.",
                           {std::to_string(members - 1), std::to_string(members)}));
    }
    return {};
}

Result<void> deleteCluster(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const ClusterFact& cluster = *stack.facts(id).cluster;
    const Tenant tenant = tenantOf(stack, id);
    const std::string name = cluster.meta.ns + "/" + cluster.meta.name;
    int machines = tenant.planeItem ? machinesOf(stack, tenant.planeItem) : 0;
    for (const ItemId pool : tenant.pools)
        machines += machinesOf(stack, pool);
    builder.typed = cluster.meta.name;
    builder.notice(say("Everybody who uses %1: its API, its %2 machines, their VMs and disks are gone for "
                       "good, with all that runs on them (%3 pods).",
                       {name, std::to_string(machines), std::to_string(stack.find(id)->pods)}));
    builder.notice(say("Templates, the namespace and volumes outside of the cluster stay."));
    if (cluster.paused) {
        pauseIf(builder, cluster, false);
        builder.plan.steps.back().writes.back().body = Object(); // it makes no sense alone
        builder.notice(say("It is paused; while it is, nobody takes it down. It is resumed first."));
    }
    Step& step = builder.step(say("Delete cluster %1 and wait for its parts", {name}));
    step.timeoutSeconds = kDeleteSeconds;
    step.writes.push_back({Verb::Remove, Target::Outer, patchOf(cluster.meta, "Cluster")});
    wait(step, refOf(cluster.meta, "Cluster"), say("The cluster is gone"),
         {{Kind::Gone, {}, cluster.meta.uid}});
    return {};
}

// Image names inside a machine template, with the old version replaced; how many were changed.
int renameImages(Json& value, const std::string& from, const std::string& to, const std::string& image,
                 std::vector<std::string>& seen)
{
    int changed = 0;
    if (value.is_array()) {
        for (Json& each : value)
            changed += renameImages(each, from, to, image, seen);
        return changed;
    }
    if (!value.is_object())
        return 0;
    for (auto& [key, inside] : value.items()) {
        const bool disk = key == "containerDisk";
        const bool source = key == "registry" || key == "http";
        const char* field = disk ? "image" : "url";
        if ((disk || source) && inside.is_object() && inside.contains(field) && inside[field].is_string()) {
            std::string text = inside[field].get<std::string>();
            seen.push_back(text);
            if (!image.empty()) {
                const bool scheme = image.find("://") != std::string::npos;
                const std::string wanted = disk || scheme || key == "http" ? image : "docker://" + image;
                changed += text != wanted ? 1 : 0;
                inside[field] = wanted;
                continue;
            }
            const std::size_t at = text.find(from);
            if (at != std::string::npos) {
                text.replace(at, from.size(), to);
                inside[field] = text;
                ++changed;
            }
            continue;
        }
        changed += renameImages(inside, from, to, image, seen);
    }
    return changed;
}

std::string dnsWord(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    while (!out.empty() && out.back() == '-')
        out.pop_back();
    return out;
}

// Machine templates never change: a copy with the new image, for `base`. Its name; empty: the old one stays
// in use. Asks for the template when it is not read yet.
Result<std::string> newTemplate(Builder& builder, const std::string& ns, const std::string& cluster,
                                const std::string& old, const std::string& from, const std::string& base)
{
    const Ref ref{"infrastructure.cluster.x-k8s.io/v1alpha1", "KubevirtMachineTemplate", ns, old};
    const Object* has = builder.read(Target::Outer, ref);
    if (has == nullptr) {
        if (builder.asked(Target::Outer, ref))
            return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
        return std::string();
    }
    const Request& request = builder.request();
    Json spec = has->json().contains("spec") ? has->json()["spec"] : Json::object();
    std::vector<std::string> images;
    if (renameImages(spec, from, request.version, request.image, images) == 0) {
        for (const std::string& image : images)
            builder.notice(say("The image %1 does not name its version: the new machines are made from it as "
                               "it is. Its kubelet decides whether they can join.",
                               {cleanText(image, 200)}));
        return std::string();
    }
    const std::string suffix = "-" + dnsWord(request.version) + "-" + newPlanId().substr(0, 4);
    const std::string name = base.substr(0, 63 - std::min<std::size_t>(suffix.size(), 40)) + suffix;
    Object copy(ref.apiVersion, ref.kind, ns, name);
    copy.setLabel(kClusterNameKey, cluster);
    copy.edit()["spec"] = std::move(spec);
    Write write{Verb::Create, Target::Outer, std::move(copy)};
    write.keep = true; // machines are made of it
    builder.plan.steps.back().writes.push_back(std::move(write));
    return name;
}

// Whether the minor version may be run by this Cluster API: by clusterctl's inventory, else by the tag of its
// manager's image.
Result<void> checkSupport(Builder& builder, const Version& to)
{
    const std::vector<Object>* providers =
        builder.list(Target::Outer, {"clusterctl.cluster.x-k8s.io/v1alpha3", "Provider", {}, {}}, {});
    const std::vector<Object>* managers = builder.list(Target::Outer, {"apps/v1", "Deployment", {}, {}},
                                                       "cluster.x-k8s.io/provider=cluster-api");
    if (providers == nullptr || managers == nullptr)
        return {};
    std::vector<std::string> releases;
    for (const Object& provider : *providers) {
        if (provider.text("type") == "CoreProvider")
            releases.push_back(provider.text("version").value_or(""));
    }
    for (const Object& manager : *managers) {
        for (int i = 0; i < 4; ++i) {
            const std::string image =
                manager.text("spec.template.spec.containers." + std::to_string(i) + ".image").value_or("");
            const std::size_t colon = image.rfind(':');
            if (colon != std::string::npos)
                releases.push_back(image.substr(colon + 1));
        }
    }
    for (const std::string& release : releases) {
        if (auto why = diagnosis::badPair(builder.request().version, release))
            return refuse(why->why, why->remedy);
        const auto range = supportedWorkloadMinors(release);
        if (!range)
            continue;
        if (to.major == 1 && (to.minor < range->minMinor || to.minor > range->maxMinor))
            return refuse(say("Cluster API %1 supports Kubernetes 1.%2 to 1.%3 in tenant clusters, not %4.",
                              {release, std::to_string(range->minMinor), std::to_string(range->maxMinor),
                               builder.request().version}),
                          say("Upgrade Cluster API first."));
        return {};
    }
    builder.notice(say("Which versions this Cluster API supports is not known here."));
    return {};
}

Result<void> upgrade(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const Request& request = builder.request();
    const ClusterFact& cluster = *stack.facts(id).cluster;
    const Tenant tenant = tenantOf(stack, id);
    const auto to = parseVersion(request.version);
    if (!to || request.version.front() != 'v')
        return refuse(say("“%1” is not a Kubernetes version.", {cleanText(request.version, 60)}),
                      say("Write it like v1.34.1."));
    const std::string now = versionOf(stack, id);
    const auto from = parseVersion(now);
    if (!from)
        return refuse(say("The cluster's version is not known."));
    const bool poolsBehind = std::any_of(tenant.pools.begin(), tenant.pools.end(), [&](ItemId pool) {
        const auto own = stack.facts(pool).machineDeployment;
        return own != nullptr && own->version != request.version;
    });
    if (*to == *from && now == request.version && !poolsBehind)
        return refuse(say("It runs %1 already.", {now}));
    if (*to < *from)
        return refuse(say("%1 is older than %2: Kubernetes cannot be downgraded.", {request.version, now}));
    if (to->major != from->major || to->minor > from->minor + 1)
        return refuse(say("From %1 to %2 is more than one minor version; kubeadm takes them one at a time.",
                          {now, request.version}),
                      say("Upgrade to %1 first.", {"1." + std::to_string(from->minor + 1)}));
    if (!to->release)
        builder.notice(say("%1 is not a release.", {request.version}));
    if (auto supported = checkSupport(builder, *to); !supported)
        return supported;
    for (const ItemId pool : tenant.pools) {
        const MachineDeploymentFact* fact = stack.facts(pool).machineDeployment;
        const auto own = fact == nullptr ? std::nullopt : parseVersion(fact->version);
        if (own && own->major == to->major && to->minor - own->minor > 3)
            return refuse(say("Pool %1 runs %2: a kubelet may be three minor versions behind its API server.",
                              {fact->meta.name, fact->version}),
                          say("Bring the pools to %1 first.", {minorOf(*from)}));
    }

    if (!cluster.version.empty()) { // of a ClusterClass: its own order of things
        Step& step = builder.step(say("Set the version of %1", {cluster.meta.name}));
        Object patch = patchOf(cluster.meta, "Cluster");
        patch.edit()["spec"]["topology"]["version"] = request.version;
        step.writes.push_back(change(std::move(patch)));
        step.timeoutSeconds = kMachineSeconds * 8;
        wait(step, refOf(cluster.meta, "Cluster"), say("The topology is reconciled"),
             {{Kind::Observed, {}, {}}});
        builder.notice(say("Its ClusterClass replaces the machines: the control plane, then the pools."));
        return {};
    }
    if (tenant.plane == nullptr)
        return refuse(
            say("Its control plane is not a KubeadmControlPlane; Strata does not know how to upgrade "
                "it."));

    const ControlPlaneFact& plane = *tenant.plane;
    const Ref planeRef = refOf(plane.meta, "KubeadmControlPlane");
    const Object* planeObject = builder.read(Target::Outer, planeRef);
    if (planeObject == nullptr && builder.asked(Target::Outer, planeRef))
        return refuse(say("%1 is not there, or may not be read.", {planeRef.title()}));
    if (now != request.version) {
        Step& step = builder.step(say("Upgrade the control plane to %1", {request.version}));
        step.timeoutSeconds = kMachineSeconds * std::max(plane.replicas, 1);
        Object patch = patchOf(plane.meta, "KubeadmControlPlane");
        patch.edit()["spec"]["version"] = request.version;
        if (planeObject != nullptr) {
            const bool flat = planeObject->text("spec.machineTemplate.infrastructureRef.name").has_value();
            const std::string old = planeObject
                                        ->text(flat ? "spec.machineTemplate.infrastructureRef.name"
                                                    : "spec.machineTemplate.spec.infrastructureRef.name")
                                        .value_or("");
            const auto made =
                newTemplate(builder, plane.meta.ns, cluster.meta.name, old, now, cluster.meta.name + "-cp");
            if (!made)
                return tl::unexpected(made.error());
            if (!made->empty()) {
                Json& templ = patch.edit()["spec"]["machineTemplate"];
                (flat ? templ : templ["spec"])["infrastructureRef"]["name"] = *made;
            }
        }
        builder.plan.steps.back().writes.push_back(change(std::move(patch)));
        Step& made = builder.plan.steps.back();
        waitForMachines(made, planeRef, std::max(plane.replicas, 1), true);
        wait(made, planeRef, say("All members run %1", {request.version}),
             {{Kind::Field, "status.version", request.version}});
    }
    for (const ItemId poolId : tenant.pools) {
        const MachineDeploymentFact& pool = *stack.facts(poolId).machineDeployment;
        if (pool.version == request.version)
            continue;
        const Ref ref = refOf(pool.meta, "MachineDeployment");
        const Object* object = builder.read(Target::Outer, ref);
        if (object == nullptr && builder.asked(Target::Outer, ref))
            return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
        Step& step = builder.step(say("Upgrade pool %1 to %2", {pool.meta.name, request.version}));
        step.timeoutSeconds = kMachineSeconds * std::max(pool.replicas, 1);
        Object patch = patchOf(pool.meta, "MachineDeployment");
        patch.edit()["spec"]["template"]["spec"]["version"] = request.version;
        if (object != nullptr) {
            const auto made =
                newTemplate(builder, pool.meta.ns, cluster.meta.name,
                            object->text("spec.template.spec.infrastructureRef.name").value_or(""),
                            pool.version.empty() ? now : pool.version, pool.meta.name);
            if (!made)
                return tl::unexpected(made.error());
            if (!made->empty())
                patch.edit()["spec"]["template"]["spec"]["infrastructureRef"]["name"] = *made;
        }
        builder.plan.steps.back().writes.push_back(change(std::move(patch)));
        waitForMachines(builder.plan.steps.back(), ref, std::max(pool.replicas, 0), true);
        builder.notice(say("Pool %1: each machine is drained and replaced; pods move as their disruption "
                           "budgets allow.",
                           {pool.meta.name}));
    }
    builder.notice(say("The API stays reachable: a new control plane machine joins before an old one goes."));
    if (plane.replicas == 1)
        builder.notice(say("With one control plane machine, etcd moves to its successor; connections to the "
                           "API break once."));
    builder.notice(say("There is no way back: Kubernetes cannot be downgraded."));
    if (tenant.planeItem)
        noticeRoom(builder, tenant.planeItem, 1);
    return {};
}

} // namespace

std::string clusterWhyNot(const Stack& stack, Action action, ItemId id)
{
    const ItemFacts facts = stack.facts(id);
    const Item* item = stack.find(id);
    const Meta* meta = nullptr;
    switch (item->kind) {
    case ItemKind::TenantCluster:
        meta = facts.cluster != nullptr ? &facts.cluster->meta : nullptr;
        break;
    case ItemKind::ControlPlane:
        meta = facts.controlPlane != nullptr ? &facts.controlPlane->meta : nullptr;
        break;
    case ItemKind::WorkerPool:
        meta = facts.machineDeployment != nullptr ? &facts.machineDeployment->meta : nullptr;
        break;
    case ItemKind::Machine:
        meta = facts.machine != nullptr ? &facts.machine->meta : nullptr;
        break;
    default:
        break;
    }
    if (meta == nullptr)
        return say("Its object is not known.");
    if (meta->deleting != 0)
        return say("It is being deleted.");
    const ClusterFact* cluster = facts.cluster;
    if (action == Action::PauseCluster || action == Action::ResumeCluster || action == Action::DeleteCluster)
        return {};
    if (cluster != nullptr && cluster->meta.deleting != 0)
        return say("Its cluster is being deleted.");
    if (cluster != nullptr && cluster->paused)
        return say("Reconciliation of the cluster is paused: nothing would happen.");
    const bool ofClass = cluster != nullptr && !cluster->version.empty();
    if (ofClass && (action == Action::AddPool || action == Action::RemovePool))
        return say("The cluster follows a ClusterClass: its pools are those of spec.topology.workers of the "
                   "Cluster; edit them there.");
    if (ofClass && action != Action::UpgradeCluster && action != Action::ReplaceMachine &&
        action != Action::AddHealthCheck && action != Action::RemoveHealthCheck &&
        action != Action::RotateCertificates)
        return say("The cluster follows a ClusterClass, which would set it back.");
    if (action == Action::AddHealthCheck && !watchedBy(stack, id).empty())
        return say("A health check watches it already.");
    if (action == Action::RemoveHealthCheck && watchedBy(stack, id).empty())
        return say("No health check watches it.");
    if (action == Action::ReplaceMachine) {
        const Item* owner = stack.find(item->parentIn(Tree::Tenants));
        const ControlPlaneFact* plane = owner != nullptr ? stack.facts(owner->id).controlPlane : nullptr;
        if (facts.machine->controlPlane && plane != nullptr && plane->replicas < 3)
            return say("It is the only etcd member: its data would be lost. Scale the control plane to 3 "
                       "first.");
        if (facts.machine->controlPlane && plane != nullptr && plane->readyReplicas >= 0) {
            // Which one goes matters: a broken one costs nothing.
            const bool own = item->health >= Health::Failed;
            const int left = plane->readyReplicas - (own ? 0 : 1);
            if (left < plane->replicas / 2 + 1)
                return say("etcd would lose its quorum: only %1 of %2 members are well.",
                           {std::to_string(plane->readyReplicas), std::to_string(plane->replicas)});
        }
        if (owner == nullptr ||
            (owner->kind != ItemKind::ControlPlane && owner->kind != ItemKind::WorkerPool))
            return say("Nobody would make another one in its place.");
    }
    return {};
}

namespace {

// Cluster API drains a machine's node before it deletes the machine.
bool drainsMachines(Action action)
{
    switch (action) {
    case Action::UpgradeCluster:
    case Action::RollOut:
    case Action::ResizeMachines:
    case Action::RemovePool:
    case Action::ReplaceMachine:
    case Action::RotateCertificates:
        return true;
    default:
        return false;
    }
}

void addVmsBelow(const Stack& stack, ItemId id, std::vector<ItemId>& out)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return;
    if (item->kind == ItemKind::InnerNode)
        return addVmsBelow(stack, item->parentIn(Tree::Stack), out);
    if (item->kind == ItemKind::Vm)
        out.push_back(id);
    for (const ItemId child : item->childrenIn(Tree::Tenants))
        addVmsBelow(stack, child, out);
}

} // namespace

Result<void> clusterPlan(Builder& builder)
{
    const Stack& stack = builder.stack();
    const Request& request = builder.request();
    Plan& plan = builder.plan;
    const Item& first = *stack.find(request.items.front());
    const Tenant tenant = tenantOf(stack, first.id);
    plan.ns = first.ns;
    plan.cluster = tenant.fact != nullptr ? tenant.fact->meta.name : first.name;
    const std::size_t count = request.items.size();
    const ControlPlaneFact* plane =
        first.kind == ItemKind::ControlPlane ? stack.facts(first.id).controlPlane : nullptr;
    const std::string name = first.ns + "/" + (plane != nullptr ? plane->meta.name : first.name);
    const auto one = [&](const char* many) { return count == 1 ? name : say(many, {std::to_string(count)}); };
    switch (request.action) {
    case Action::ScalePool:
        plan.title =
            say("Scale pool %1 to %2", {one("%1 pools"), std::to_string(request.replicas.value_or(0))});
        break;
    case Action::ScaleControlPlane:
        plan.title = say("Scale control plane %1 to %2",
                         {one("%1 control planes"), std::to_string(request.replicas.value_or(0))});
        break;
    case Action::UpgradeCluster:
        plan.title = say("Upgrade %1 to %2", {name, request.version});
        break;
    case Action::RollOut:
        plan.title = say("Roll out %1 again", {one("%1 groups of machines")});
        break;
    case Action::AddPool:
        plan.title = say("Add pool %1 to %2", {cleanText(builder.value(kName), 80), name});
        break;
    case Action::RemovePool:
        if (count > 1)
            return refuse(say("One at a time."));
        plan.title = say("Remove pool %1", {name});
        break;
    case Action::ResizeMachines:
        plan.title = say("Change size or image of %1", {name});
        break;
    case Action::AddHealthCheck:
        plan.title = say("Health check on for %1", {one("%1 groups of machines")});
        break;
    case Action::RemoveHealthCheck:
        plan.title = say("Health check off for %1", {one("%1 groups of machines")});
        break;
    case Action::RotateCertificates:
        plan.title = say("Rotate the certificates of %1", {name});
        break;
    case Action::PauseCluster:
        plan.title = say("Pause reconciliation of %1", {one("%1 clusters")});
        builder.notice(say("While it is paused nothing is repaired, scaled, upgraded or deleted by Cluster "
                           "API; what runs goes on."));
        break;
    case Action::ResumeCluster:
        plan.title = say("Resume reconciliation of %1", {one("%1 clusters")});
        builder.notice(say("What was changed meanwhile is carried out at once."));
        break;
    case Action::ReplaceMachine:
        plan.title = say("Replace %1", {one("%1 machines")});
        break;
    case Action::DeleteCluster:
        plan.title = say("Delete cluster %1", {name});
        break;
    default:
        return refuse(say("That cannot be done to a cluster."));
    }
    for (const ItemId id : request.items) {
        Result<void> made;
        switch (request.action) {
        case Action::ScalePool:
            made = scalePool(builder, id);
            break;
        case Action::ScaleControlPlane:
            made = scalePlane(builder, id);
            break;
        case Action::UpgradeCluster:
            made = upgrade(builder, id);
            break;
        case Action::RollOut:
            made = rollOut(builder, id);
            break;
        case Action::AddPool:
            made = addPool(builder, id);
            break;
        case Action::RemovePool:
            made = removePool(builder, id);
            break;
        case Action::ResizeMachines:
            made = resizeMachines(builder, id);
            break;
        case Action::AddHealthCheck:
            made = addHealthCheck(builder, id);
            break;
        case Action::RemoveHealthCheck:
            made = removeHealthCheck(builder, id);
            break;
        case Action::RotateCertificates:
            made = rotateCertificates(builder, id);
            break;
        case Action::PauseCluster:
        case Action::ResumeCluster:
            pauseIf(builder, *stack.facts(id).cluster, request.action == Action::PauseCluster);
            break;
        case Action::ReplaceMachine:
            made = replaceMachine(builder, id);
            break;
        case Action::DeleteCluster:
            made = deleteCluster(builder, id);
            break;
        default:
            break;
        }
        if (!made)
            return made;
        if (drainsMachines(request.action))
            addVmsBelow(stack, id, builder.inTurn);
    }
    return {};
}

} // namespace strata::actions
