// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/action.h"

#include "core/actions/build.h"
#include "core/base/translatable.h"
#include "core/base/translate.h"
#include "core/stack/health.h"

#include <algorithm>

namespace strata::actions {

using namespace stack;
using provision::Access;

namespace {

struct Row {
    Action action;
    const char* name;
    const char* label;
    const char* tip;
    const char* icon;
    std::vector<ItemKind> kinds;
    Input input = Input::None;
    bool destructive = false;
};

// The texts are marked where they are listed and translated where they are asked for.
constexpr const char* tr(const char* text)
{
    return translatable("Actions", text);
}

const std::vector<Row>& rows()
{
    using K = ItemKind;
    static const std::vector<Row> all = {
        {Action::ScalePool,
         "scale-pool",
         tr("Scale…"),
         tr("Change how many machines the pool has"),
         "scale",
         {K::WorkerPool},
         Input::Replicas},
        {Action::ScaleControlPlane,
         "scale-control-plane",
         tr("Scale…"),
         tr("Change how many machines the control plane has"),
         "scale",
         {K::ControlPlane},
         Input::Replicas},
        {Action::UpgradeCluster,
         "upgrade",
         tr("Upgrade Kubernetes…"),
         tr("Control plane first, then one pool after the other"),
         "upgrade",
         {K::TenantCluster},
         Input::Version},
        {Action::RollOut,
         "roll-out",
         tr("Roll out again…"),
         tr("Replace all of its machines, one at a time"),
         "restart",
         {K::ControlPlane, K::WorkerPool}},
        {Action::AddPool,
         "add-pool",
         tr("Add pool…"),
         tr("More machines of a kind, from the templates of those that are there"),
         "plus",
         {K::TenantCluster},
         Input::Fields},
        {Action::ResizeMachines,
         "resize",
         tr("Change size or image…"),
         tr("All of its machines are made anew with other CPUs, memory, disk or image"),
         "scale",
         {K::ControlPlane, K::WorkerPool},
         Input::Fields},
        {Action::AddHealthCheck,
         "add-health-check",
         tr("Health check on…"),
         tr("Machines that stay unhealthy are replaced"),
         "check",
         {K::ControlPlane, K::WorkerPool}},
        {Action::RemoveHealthCheck,
         "remove-health-check",
         tr("Health check off…"),
         tr("Unhealthy machines stay until somebody looks at them"),
         "stop",
         {K::ControlPlane, K::WorkerPool}},
        {Action::RotateCertificates,
         "rotate-certificates",
         tr("Rotate certificates…"),
         tr("New control plane machines, and with them new certificates; now and before they expire"),
         "restart",
         {K::ControlPlane},
         Input::Fields},
        {Action::RemovePool,
         "remove-pool",
         tr("Remove pool…"),
         tr("The pool, its machines, their VMs and disks"),
         "delete",
         {K::WorkerPool},
         Input::None,
         true},
        {Action::PauseCluster,
         "pause-cluster",
         tr("Pause reconciliation…"),
         tr("Cluster API and the provider leave it alone"),
         "pause",
         {K::TenantCluster}},
        {Action::ResumeCluster,
         "resume-cluster",
         tr("Resume reconciliation…"),
         tr("Cluster API and the provider take care of it again"),
         "play",
         {K::TenantCluster}},
        {Action::ReplaceMachine,
         "replace-machine",
         tr("Replace machine…"),
         tr("Drain it, delete it, let a new one be made"),
         "restart",
         {K::Machine}},
        {Action::DeleteCluster,
         "delete-cluster",
         tr("Delete cluster…"),
         tr("The cluster, its machines, their VMs and disks"),
         "delete",
         {K::TenantCluster},
         Input::None,
         true},
        {Action::StartVm, "start-vm", tr("Start"), tr("Start the VM"), "play", {K::Vm}},
        {Action::StopVm, "stop-vm", tr("Stop…"), tr("Shut the VM down"), "stop", {K::Vm}},
        {Action::ForceStopVm,
         "force-stop-vm",
         tr("Force stop…"),
         tr("As if its power were cut"),
         "stop",
         {K::Vm}},
        {Action::RestartVm,
         "restart-vm",
         tr("Restart…"),
         tr("Shut the VM down and start it again"),
         "restart",
         {K::Vm}},
        {Action::SoftRebootVm,
         "soft-reboot-vm",
         tr("Soft reboot…"),
         tr("Ask the guest to reboot"),
         "restart",
         {K::Vm}},
        {Action::PauseVm, "pause-vm", tr("Pause…"), tr("Freeze the VM's CPUs"), "pause", {K::Vm}},
        {Action::ResumeVm, "resume-vm", tr("Unpause"), tr("Let the VM's CPUs run again"), "play", {K::Vm}},
        {Action::MigrateVm,
         "migrate-vm",
         tr("Migrate live…"),
         tr("Move it to another node while it runs"),
         "migrate",
         {K::Vm},
         Input::Node},
        {Action::CancelMigration,
         "cancel-migration",
         tr("Cancel migration"),
         tr("The VM stays on the node it runs on"),
         "stop",
         {K::Vm}},
        {Action::SnapshotVm,
         "snapshot-vm",
         tr("Take snapshot…"),
         tr("What the VM is and what its disks hold, kept"),
         "save",
         {K::Vm},
         Input::Fields},
        {Action::RestoreVm,
         "restore-vm",
         tr("Restore snapshot…"),
         tr("Back to what a snapshot kept; what came after it is gone"),
         "back",
         {K::Vm},
         Input::Fields,
         true},
        {Action::CloneVm,
         "clone-vm",
         tr("Clone…"),
         tr("Another VM with a copy of its disks"),
         "copy",
         {K::Vm},
         Input::Fields},
        {Action::AddVolume,
         "add-volume",
         tr("Add volume…"),
         tr("A disk more, while it runs"),
         "plus",
         {K::Vm},
         Input::Fields},
        {Action::RemoveVolume,
         "remove-volume",
         tr("Remove volume…"),
         tr("Take a disk away that was added while it ran"),
         "minus",
         {K::Vm},
         Input::Fields},
        {Action::ExpandDisk,
         "expand-disk",
         tr("Expand disk…"),
         tr("Make one of its disks larger"),
         "scale",
         {K::Vm},
         Input::Fields},
        {Action::ResizeVm,
         "resize-vm",
         tr("Change CPUs or memory…"),
         tr("While it runs where KubeVirt can, else at its next start"),
         "scale",
         {K::Vm},
         Input::Fields},
        {Action::CordonNode,
         "cordon",
         tr("Cordon"),
         tr("Nothing new is scheduled to the node"),
         "pause",
         {K::OuterNode}},
        {Action::UncordonNode,
         "uncordon",
         tr("Uncordon"),
         tr("The node takes pods and VMs again"),
         "play",
         {K::OuterNode}},
        {Action::DrainNode,
         "drain",
         tr("Drain…"),
         tr("Cordon the node and move everything away"),
         "migrate",
         {K::OuterNode}},
        {Action::StartMaintenance,
         "start-maintenance",
         tr("Start maintenance…"),
         tr("Cordon it, mark it so that nobody takes it back by mistake, move everything away"),
         "stop",
         {K::OuterNode}},
        {Action::EndMaintenance,
         "end-maintenance",
         tr("End maintenance…"),
         tr("Take the mark away and let it take pods and VMs again"),
         "play",
         {K::OuterNode}},
        {Action::CancelEvacuation,
         "cancel-evacuation",
         tr("Cancel evacuation…"),
         tr("VMs that were told to leave stay; nothing new comes"),
         "stop",
         {K::OuterNode}},
        {Action::ScaleWorkload,
         "scale-workload",
         tr("Scale…"),
         tr("Change how many pods there are"),
         "scale",
         {K::Workload},
         Input::Replicas},
        {Action::RestartWorkload,
         "restart-workload",
         tr("Restart…"),
         tr("Replace all pods, as its strategy says"),
         "restart",
         {K::Workload}},
        {Action::RollBackWorkload,
         "roll-back-workload",
         tr("Roll back…"),
         tr("Back to the revision before this one"),
         "back",
         {K::Workload}},
        {Action::DeleteWorkload,
         "delete-workload",
         tr("Delete…"),
         tr("The workload and all of its pods"),
         "delete",
         {K::Workload},
         Input::None,
         true},
    };
    return all;
}

const Row& rowOf(Action action)
{
    for (const Row& row : rows()) {
        if (row.action == action)
            return row;
    }
    return rows().front();
}

std::vector<Access> needsOf(const Stack& stack, Action action, const Item& item)
{
    const std::string& ns = item.ns;
    const char* core = "cluster.x-k8s.io";
    const char* calls = "subresources.kubevirt.io";
    switch (action) {
    case Action::ScalePool:
        return {{"patch", core, "machinedeployments", {}, ns, {}}};
    case Action::ScaleControlPlane:
        return {{"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", {}, ns, {}}};
    case Action::RollOut:
        return item.kind == ItemKind::WorkerPool
                   ? std::vector<Access>{{"patch", core, "machinedeployments", {}, ns, {}}}
                   : std::vector<Access>{
                         {"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", {}, ns, {}}};
    case Action::UpgradeCluster:
        return {{"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", {}, ns, {}},
                {"patch", core, "machinedeployments", {}, ns, {}}};
    case Action::AddPool:
        return {{"create", core, "machinedeployments", {}, ns, {}},
                {"create", "infrastructure.cluster.x-k8s.io", "kubevirtmachinetemplates", {}, ns, {}},
                {"create", "bootstrap.cluster.x-k8s.io", "kubeadmconfigtemplates", {}, ns, {}}};
    case Action::RemovePool:
        return {{"delete", core, "machinedeployments", {}, ns, {}}};
    case Action::ResizeMachines: {
        std::vector<Access> needs = {
            {"create", "infrastructure.cluster.x-k8s.io", "kubevirtmachinetemplates", {}, ns, {}}};
        if (item.kind == ItemKind::WorkerPool)
            needs.push_back({"patch", core, "machinedeployments", {}, ns, {}});
        else
            needs.push_back({"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", {}, ns, {}});
        return needs;
    }
    case Action::AddHealthCheck:
        return {{"create", core, "machinehealthchecks", {}, ns, {}}};
    case Action::RemoveHealthCheck:
        return {{"delete", core, "machinehealthchecks", {}, ns, {}}};
    case Action::RotateCertificates:
        return {{"patch", "controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", {}, ns, {}}};
    case Action::SnapshotVm:
        return {{"create", "snapshot.kubevirt.io", "virtualmachinesnapshots", {}, ns, {}}};
    case Action::RestoreVm:
        return {{"create", "snapshot.kubevirt.io", "virtualmachinerestores", {}, ns, {}}};
    case Action::CloneVm:
        return {{"create", "clone.kubevirt.io", "virtualmachineclones", {}, ns, {}}};
    case Action::AddVolume:
        return {{"update", calls, "virtualmachines", "addvolume", ns, {}}};
    case Action::RemoveVolume:
        return {{"update", calls, "virtualmachines", "removevolume", ns, {}}};
    case Action::ExpandDisk:
        return {{"patch", {}, "persistentvolumeclaims", {}, ns, {}}};
    case Action::ResizeVm:
        return {{"patch", "kubevirt.io", "virtualmachines", {}, ns, {}}};
    case Action::StartMaintenance:
        return {{"patch", {}, "nodes", {}, {}, {}}, {"create", {}, "pods", "eviction", {}, {}}};
    case Action::EndMaintenance:
        return {{"patch", {}, "nodes", {}, {}, {}}};
    case Action::CancelEvacuation:
        return {{"update", calls, "virtualmachineinstances", "evacuate/cancel", {}, {}}};
    case Action::PauseCluster:
    case Action::ResumeCluster:
        return {{"patch", core, "clusters", {}, ns, {}}};
    case Action::DeleteCluster:
        return {{"delete", core, "clusters", {}, ns, {}}};
    case Action::ReplaceMachine:
        return {{"delete", core, "machines", {}, ns, {}}};
    case Action::StartVm:
        return {{"update", calls, "virtualmachines", "start", ns, {}}};
    case Action::StopVm:
    case Action::ForceStopVm:
        return {{"update", calls, "virtualmachines", "stop", ns, {}}};
    case Action::RestartVm:
        return {{"update", calls, "virtualmachines", "restart", ns, {}}};
    case Action::SoftRebootVm:
        return {{"update", calls, "virtualmachineinstances", "softreboot", ns, {}}};
    case Action::PauseVm:
        return {{"update", calls, "virtualmachineinstances", "pause", ns, {}}};
    case Action::ResumeVm:
        return {{"update", calls, "virtualmachineinstances", "unpause", ns, {}}};
    case Action::MigrateVm:
        return {{"create", "kubevirt.io", "virtualmachineinstancemigrations", {}, ns, {}}};
    case Action::CancelMigration:
        return {{"delete", "kubevirt.io", "virtualmachineinstancemigrations", {}, ns, {}}};
    case Action::CordonNode:
    case Action::UncordonNode:
        return {{"patch", {}, "nodes", {}, {}, {}}};
    case Action::DrainNode:
        return {{"patch", {}, "nodes", {}, {}, {}}, {"create", {}, "pods", "eviction", {}, {}}};
    case Action::ScaleWorkload:
    case Action::RestartWorkload:
    case Action::RollBackWorkload:
    case Action::DeleteWorkload: {
        // The tenant's own API decides; what has to be allowed here is to read its kubeconfig.
        const Tenant tenant = tenantOf(stack, item.id);
        if (tenant.fact != nullptr)
            return {{"get", {}, "secrets", {}, tenant.fact->meta.ns, tenant.fact->meta.name + "-kubeconfig"}};
        return {};
    }
    }
    return {};
}

// What is the same for all: a connection that tells what is now.
std::string connectionWhyNot(const Stack& stack, const Item& item)
{
    const SourceState* source = stack.source(outerOf(stack, item));
    if (source == nullptr)
        return say("Its cluster is not connected.");
    if (source->phase != LinkPhase::Live)
        return say("The connection to %1 is not live: what is shown may be old.", {source->name});
    return {};
}

} // namespace

const std::vector<Action>& allActions()
{
    static const std::vector<Action> all = [] {
        std::vector<Action> out;
        for (const Row& row : rows())
            out.push_back(row.action);
        return out;
    }();
    return all;
}

const char* toString(Action action)
{
    return rowOf(action).name;
}

std::optional<Action> actionNamed(std::string_view name)
{
    for (const Row& row : rows()) {
        if (name == row.name)
            return row.action;
    }
    return std::nullopt;
}

std::string labelOf(Action action)
{
    return translate("Actions", marked(rowOf(action).label));
}

std::string tipOf(Action action)
{
    return translate("Actions", marked(rowOf(action).tip));
}

const char* iconOf(Action action)
{
    return rowOf(action).icon;
}

bool isDestructive(Action action)
{
    return rowOf(action).destructive;
}

Input inputOf(Action action)
{
    return rowOf(action).input;
}

bool appliesTo(const Stack& stack, Action action, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return false;
    const std::vector<ItemKind>& kinds = rowOf(action).kinds;
    if (std::find(kinds.begin(), kinds.end(), item->kind) == kinds.end())
        return false;
    switch (action) {
    // Of each pair only the one that can be meant.
    case Action::PauseCluster:
    case Action::ResumeCluster: {
        const ClusterFact* cluster = stack.facts(id).cluster;
        return cluster != nullptr && cluster->paused == (action == Action::ResumeCluster);
    }
    case Action::PauseVm:
    case Action::ResumeVm: {
        const VmiFact* vmi = stack.facts(id).vmi;
        const bool paused = vmi != nullptr && isTrue(vmi->conditions, "Paused");
        return paused == (action == Action::ResumeVm);
    }
    case Action::CordonNode:
    case Action::UncordonNode: {
        const KubeNodeFact* node = stack.facts(id).outerNode;
        return node != nullptr && node->unschedulable == (action == Action::UncordonNode);
    }
    case Action::AddHealthCheck:
    case Action::RemoveHealthCheck:
        return watchedBy(stack, id).empty() == (action == Action::AddHealthCheck);
    case Action::StartMaintenance:
    case Action::EndMaintenance: {
        const KubeNodeFact* node = stack.facts(id).outerNode;
        return node != nullptr && inMaintenance(*node) == (action == Action::EndMaintenance);
    }
    case Action::CancelEvacuation:
        return !leavingGuests(stack, id).empty();
    case Action::MigrateVm:
    case Action::CancelMigration: {
        const VmiFact* vmi = stack.facts(id).vmi;
        const bool moves = vmi != nullptr && !vmi->migrationTarget.empty();
        return moves == (action == Action::CancelMigration);
    }
    default:
        return true;
    }
}

std::string whyNot(const Stack& stack, Action action, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return say("It is gone.");
    if (std::string why = connectionWhyNot(stack, *item); !why.empty())
        return why;
    switch (item->kind) {
    case ItemKind::Vm:
        return vmWhyNot(stack, action, id);
    case ItemKind::OuterNode:
        return nodeWhyNot(stack, action, id);
    case ItemKind::Workload:
        return workloadWhyNot(stack, action, id);
    default:
        return clusterWhyNot(stack, action, id);
    }
}

std::vector<Offer> offersFor(const Stack& stack, const std::vector<ItemId>& items)
{
    std::vector<Offer> out;
    if (items.empty())
        return out;
    SourceId source = 0;
    for (const ItemId id : items) {
        const Item* item = stack.find(id);
        const SourceId own = item == nullptr ? 0 : outerOf(stack, *item);
        if (own == 0 || (source != 0 && own != source))
            return out;
        source = own;
    }
    for (const Action action : allActions()) {
        if (!std::all_of(items.begin(), items.end(), [&](ItemId id) { return appliesTo(stack, action, id); }))
            continue;
        Offer offer;
        offer.action = action;
        offer.source = source;
        for (const ItemId id : items) {
            const Item& item = *stack.find(id);
            if (offer.why.empty()) {
                offer.why = whyNot(stack, action, id);
                if (!offer.why.empty() && items.size() > 1)
                    offer.why = item.name + ": " + offer.why;
            }
            for (Access& access : needsOf(stack, action, item)) {
                if (std::find(offer.needs.begin(), offer.needs.end(), access) == offer.needs.end())
                    offer.needs.push_back(std::move(access));
            }
        }
        // These are about one thing.
        if (offer.why.empty() && items.size() > 1 &&
            (action == Action::UpgradeCluster || action == Action::DeleteCluster))
            offer.why = say("One cluster at a time.");
        if (offer.why.empty() && items.size() > 1 && inputOf(action) == Input::Fields)
            offer.why = say("One at a time.");
        out.push_back(std::move(offer));
    }
    return out;
}

std::optional<int> replicasOf(const Stack& stack, ItemId id)
{
    const ItemFacts facts = stack.facts(id);
    const Item* item = stack.find(id);
    if (item == nullptr)
        return std::nullopt;
    if (item->kind == ItemKind::WorkerPool && facts.machineDeployment != nullptr &&
        facts.machineDeployment->replicas >= 0)
        return facts.machineDeployment->replicas;
    if (item->kind == ItemKind::ControlPlane && facts.controlPlane != nullptr &&
        facts.controlPlane->replicas >= 0)
        return facts.controlPlane->replicas;
    if (item->kind == ItemKind::Workload) {
        // Its pods on all nodes, as far as they are known.
        const Owner owner = ownerOf(facts);
        if (owner.kind.empty())
            return std::nullopt;
        const Tenant tenant = tenantOf(stack, id);
        int pods = 0;
        std::vector<ItemId> open = stack.roots(Tree::Stack);
        while (!open.empty()) {
            const Item* each = stack.find(open.back());
            open.pop_back();
            if (each == nullptr)
                continue;
            for (const ItemId child : each->childrenIn(Tree::Stack))
                open.push_back(child);
            if (each->kind == ItemKind::Workload && each->source == item->source) {
                const ItemFacts other = stack.facts(each->id);
                if (ownerOf(other) == owner)
                    pods += static_cast<int>(other.pods.size());
            }
        }
        return pods;
    }
    return std::nullopt;
}

std::string versionOf(const Stack& stack, ItemId id)
{
    const Tenant tenant = tenantOf(stack, id);
    if (tenant.plane != nullptr && !tenant.plane->version.empty())
        return tenant.plane->version;
    return tenant.fact != nullptr ? tenant.fact->version : std::string();
}

} // namespace strata::actions
