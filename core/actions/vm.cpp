// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/build.h"
#include "core/stack/health.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

// VirtualMachines and their instances (KubeVirt api/core/v1 and pkg/virt-api/rest/subresource.go).
namespace strata::actions {

using namespace provision;
using namespace stack;
using Kind = Predicate::Kind;

namespace {

constexpr int kStartSeconds = 900;
constexpr int kStopSeconds = 900;
constexpr int kMigrateSeconds = 3600;

bool isFinal(const VmiFact& vmi)
{
    return vmi.phase == "Succeeded" || vmi.phase == "Failed";
}

Ref instanceRef(const VmFact& vm, const VmiFact* vmi)
{
    return {vmi != nullptr ? vmi->meta.apiVersion : vm.meta.apiVersion, "VirtualMachineInstance", vm.meta.ns,
            vm.meta.name};
}

Write call(const Meta& meta, const char* kind, const char* what, Json body = Json::object())
{
    Write write;
    write.verb = Verb::Call;
    write.object = patchOf(meta, kind);
    write.call = what;
    write.body = Object(std::move(body));
    return write;
}

std::string nodesWithRoom(const Stack& stack, const Item& vm, const VmiFact& vmi)
{
    const diagnosis::Capacity capacity = diagnosis::capacityOf(stack);
    bool other = false;
    for (const diagnosis::NodeRoom& room : capacity.nodes) {
        const Item* node = stack.find(room.node);
        if (node != nullptr && node->source == vm.source && room.takesVms && room.name != vmi.nodeName)
            other = true;
    }
    return other ? std::string() : say("No other node takes VMs now.");
}

bool changesVm(Action action)
{
    return action == Action::SnapshotVm || action == Action::RestoreVm || action == Action::CloneVm ||
           action == Action::AddVolume || action == Action::RemoveVolume || action == Action::ExpandDisk ||
           action == Action::ResizeVm;
}

} // namespace

std::string vmWhyNot(const Stack& stack, Action action, ItemId id)
{
    if (changesVm(action))
        return vmChangeWhyNot(stack, action, id);
    const ItemFacts facts = stack.facts(id);
    const Item* item = stack.find(id);
    const VmFact* vm = facts.vm;
    const VmiFact* vmi = facts.vmi;
    const bool needsVm = action == Action::StartVm || action == Action::StopVm ||
                         action == Action::ForceStopVm || action == Action::RestartVm;
    if (needsVm && vm == nullptr)
        return say("It is an instance without a VirtualMachine: it can neither be started nor stopped.");
    if (vm != nullptr && vm->meta.deleting != 0)
        return say("It is being deleted.");
    const bool runs = vmi != nullptr && !isFinal(*vmi);
    const bool running = vmi != nullptr && vmi->phase == "Running" && vmi->meta.deleting == 0;
    const std::string strategy = vm != nullptr ? vm->runStrategy : std::string();
    switch (action) {
    case Action::StartVm:
        if (runs)
            return vmi->meta.deleting != 0 ? say("It is stopping.") : say("It runs already.");
        if (strategy == "Always")
            return say("Its run strategy Always starts it by itself.");
        if (strategy == "Once")
            return say("Its run strategy Once starts it only once.");
        return {};
    case Action::StopVm:
        if (!runs)
            return say("It does not run.");
        if (vmi->meta.deleting != 0 || strategy == "Halted")
            return say("It is stopping.");
        return {};
    case Action::ForceStopVm:
        return runs ? std::string() : say("It does not run.");
    case Action::RestartVm:
        if (!running)
            return say("It does not run.");
        if (strategy == "Halted" || strategy == "Once")
            return say("Its run strategy %1 does not start it again.", {strategy});
        return {};
    case Action::SoftRebootVm:
        if (!running)
            return say("It does not run.");
        return isTrue(vmi->conditions, "Paused") ? say("It is paused.") : std::string();
    case Action::PauseVm:
        if (!running)
            return say("It does not run.");
        if (!vmi->migrationTarget.empty())
            return say("It is being migrated.");
        return {};
    case Action::ResumeVm:
        return running ? std::string() : say("It does not run.");
    case Action::MigrateVm: {
        if (!running)
            return say("It does not run.");
        if (isTrue(vmi->conditions, "Paused"))
            return say("It is paused.");
        if (const Condition* live = findCondition(vmi->conditions, "LiveMigratable");
            live != nullptr && live->status == "False")
            return say("It cannot be migrated live: %1",
                       {live->message.empty() ? live->reason : live->message});
        return nodesWithRoom(stack, *item, *vmi);
    }
    case Action::CancelMigration:
        return vmi != nullptr && !vmi->migrationTarget.empty() ? std::string()
                                                               : say("It is not being migrated.");
    default:
        return {};
    }
}

void noticeStops(Builder& builder, const std::vector<ItemId>& vms, bool comeBack)
{
    const Stack& stack = builder.stack();
    builder.down = vms;
    std::map<ItemId, diagnosis::QuorumHit> quorums;
    std::map<ItemId, diagnosis::TenantHit> tenants;
    // At the same time: what each alone would cost, together.
    for (const ItemId id : vms) {
        const diagnosis::Blast blast = diagnosis::whatIf(stack, diagnosis::What::VmStops, id);
        for (const diagnosis::QuorumHit& hit : blast.quorums) {
            const auto [at, isNew] = quorums.emplace(hit.controlPlane, hit);
            if (!isNew)
                at->second.lost += hit.lost;
        }
        for (const diagnosis::TenantHit& hit : blast.tenants) {
            const auto [at, isNew] = tenants.emplace(hit.cluster, hit);
            if (!isNew) {
                at->second.nodes += hit.nodes;
                at->second.pods += hit.pods;
            }
        }
    }
    for (const auto& [plane, sum] : quorums) {
        const std::string remain = std::to_string(sum.healthy - sum.lost);
        const std::string members = std::to_string(sum.members);
        builder.notice(
            sum.breaks()
                ? say("etcd of %1 loses its quorum: %2 of %3 members remain. Its API is away "
                      "until they are back.",
                      {sum.name, remain, members})
                : say("etcd of %1 keeps its quorum: %2 of %3 members remain.", {sum.name, remain, members}));
    }
    for (const auto& [cluster, hit] : tenants)
        builder.notice(comeBack ? say("Tenant %1 loses %2 of its nodes with %3 pods on them for a while.",
                                      {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)})
                                : say("Tenant %1 loses %2 of its nodes with %3 pods on them.",
                                      {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)}));
    if (tenants.empty())
        return;
    for (const ItemId id : vms) {
        const ItemFacts facts = stack.facts(id);
        if (facts.machine != nullptr && facts.machine->controlPlane)
            builder.notice(say("A control plane VM may come back with another address; etcd then needs its "
                               "member replaced."));
    }
    builder.notice(say("Where a health check watches these machines, it replaces what stays down too long."));
}

Result<void> vmPlan(Builder& builder)
{
    const Stack& stack = builder.stack();
    const Request& request = builder.request();
    const Action action = request.action;
    if (changesVm(action))
        return vmChangePlan(builder);
    const std::size_t count = request.items.size();
    const std::string one =
        count == 1 ? stack.find(request.items.front())->ns + "/" + stack.find(request.items.front())->name
                   : say("%1 VMs", {std::to_string(count)});
    builder.plan.ns = stack.find(request.items.front())->ns;
    switch (action) {
    case Action::StartVm:
        builder.plan.title = say("Start %1", {one});
        builder.notice(say("Nobody: what is down comes up."));
        break;
    case Action::StopVm:
        builder.plan.title = say("Stop %1", {one});
        noticeStops(builder, request.items, false);
        break;
    case Action::ForceStopVm:
        builder.plan.title = say("Force stop %1", {one});
        builder.notice(say("What the guest has not written to its disks is lost, as in a power cut."));
        noticeStops(builder, request.items, false);
        break;
    case Action::RestartVm:
        builder.plan.title = say("Restart %1", {one});
        noticeStops(builder, request.items, true);
        break;
    case Action::SoftRebootVm:
        builder.plan.title = say("Reboot the guest of %1", {one});
        noticeStops(builder, request.items, true);
        break;
    case Action::PauseVm:
        builder.plan.title = say("Pause %1", {one});
        noticeStops(builder, request.items, false);
        break;
    case Action::ResumeVm:
        builder.plan.title = say("Unpause %1", {one});
        builder.notice(say("Nobody: what stands still runs again."));
        break;
    case Action::MigrateVm:
        builder.plan.title = say("Migrate %1 live", {one});
        builder.notice(say("The guest stands still for a moment at the end, mostly less than a second."));
        break;
    case Action::CancelMigration:
        builder.plan.title = say("Cancel the migration of %1", {one});
        builder.notice(say("Nobody: the VM stays where it runs."));
        break;
    default:
        return refuse(say("That cannot be done to a VM."));
    }
    for (const ItemId id : request.items) {
        const Item& item = *stack.find(id);
        const ItemFacts facts = stack.facts(id);
        const VmFact* vm = facts.vm;
        const VmiFact* vmi = facts.vmi;
        const std::string name = item.ns + "/" + item.name;
        // Several go side by side.
        Step* step = nullptr;
        const auto begin = [&](std::string title, int seconds) {
            step = &builder.step(std::move(title), false);
            step->timeoutSeconds = seconds;
        };
        switch (action) {
        case Action::StartVm:
            begin(say("Start %1", {name}), kStartSeconds);
            step->writes.push_back(call(vm->meta, "VirtualMachine", "start"));
            step->waits.push_back({Target::Outer,
                                   refOf(vm->meta, "VirtualMachine"),
                                   say("The VM runs"),
                                   {{Kind::Field, "status.printableStatus", "Running"}}});
            break;
        case Action::StopVm:
        case Action::ForceStopVm:
            begin(action == Action::StopVm ? say("Stop %1", {name}) : say("Force stop %1", {name}),
                  kStopSeconds);
            step->writes.push_back(
                call(vm->meta, "VirtualMachine", "stop",
                     action == Action::StopVm ? Json::object() : Json{{"gracePeriod", 0}}));
            step->waits.push_back({Target::Outer,
                                   instanceRef(*vm, vmi),
                                   say("The VM has stopped"),
                                   {{Kind::Gone, {}, vmi->meta.uid}}});
            break;
        case Action::RestartVm:
            begin(say("Restart %1", {name}), kStopSeconds + kStartSeconds);
            step->writes.push_back(call(vm->meta, "VirtualMachine", "restart"));
            step->waits.push_back({Target::Outer,
                                   instanceRef(*vm, vmi),
                                   say("The VM is started again"),
                                   {{Kind::Replaced, {}, vmi->meta.uid}}});
            step->waits.push_back({Target::Outer,
                                   instanceRef(*vm, vmi),
                                   say("The VM runs"),
                                   {{Kind::Field, "status.phase", "Running"}}});
            break;
        case Action::SoftRebootVm:
            begin(say("Ask the guest of %1 to reboot", {name}), 0);
            step->writes.push_back(call(vmi->meta, "VirtualMachineInstance", "softreboot"));
            break;
        case Action::PauseVm:
            begin(say("Pause %1", {name}), kStartSeconds);
            step->writes.push_back(call(vmi->meta, "VirtualMachineInstance", "pause"));
            step->waits.push_back({Target::Outer,
                                   refOf(vmi->meta, "VirtualMachineInstance"),
                                   say("The VM is paused"),
                                   {{Kind::Condition, "Paused", "True"}}});
            break;
        case Action::ResumeVm:
            begin(say("Unpause %1", {name}), kStartSeconds);
            step->writes.push_back(call(vmi->meta, "VirtualMachineInstance", "unpause"));
            step->waits.push_back({Target::Outer,
                                   refOf(vmi->meta, "VirtualMachineInstance"),
                                   say("The VM is no longer paused"),
                                   {{Kind::NotCondition, "Paused", "True"}}});
            break;
        case Action::MigrateVm: {
            begin(say("Migrate %1", {name}), kMigrateSeconds);
            const std::string job = "strata-" + item.name.substr(0, 40) + "-" + newPlanId().substr(0, 6);
            Object migration(vmi->meta.apiVersion, "VirtualMachineInstanceMigration", item.ns, job);
            migration.edit()["spec"]["vmiName"] = item.name;
            if (!request.node.empty())
                migration.edit()["spec"]["addedNodeSelector"]["kubernetes.io/hostname"] = request.node;
            step->writes.push_back({Verb::Create, Target::Outer, migration});
            step->waits.push_back({Target::Outer,
                                   provision::refOf(migration),
                                   say("The migration has succeeded"),
                                   {{Kind::Field, "status.phase", "Succeeded"}},
                                   {{Kind::Field, "status.phase", "Failed"}}});
            diagnosis::VmFate fate;
            fate.vm = id;
            fate.fate = diagnosis::Fate::Migrates;
            fate.why = request.node.empty()
                           ? say("From %1 to where the scheduler sees room.", {vmi->nodeName})
                           : say("From %1 to %2.", {vmi->nodeName, request.node});
            builder.fates.push_back(std::move(fate));
            break;
        }
        case Action::CancelMigration: {
            const std::vector<Object>* all = builder.list(
                Target::Outer, {vmi->meta.apiVersion, "VirtualMachineInstanceMigration", item.ns, {}}, {});
            if (all == nullptr)
                break;
            for (const Object& migration : *all) {
                const std::string phase = migration.text("status.phase").value_or("");
                if (migration.text("spec.vmiName") != item.name || phase == "Succeeded" || phase == "Failed")
                    continue;
                begin(say("Cancel the migration of %1", {name}), kStopSeconds);
                Object gone(migration.apiVersion(), migration.kind(), migration.ns(), migration.name());
                if (gone.apiVersion().empty() || gone.kind().empty()) // of a list's item
                    gone = Object(vmi->meta.apiVersion, "VirtualMachineInstanceMigration", migration.ns(),
                                  migration.name());
                gone.edit()["metadata"]["uid"] = migration.uid();
                step->waits.push_back({Target::Outer,
                                       provision::refOf(gone),
                                       say("The migration is gone"),
                                       {{Kind::Gone, {}, migration.uid()}}});
                step->writes.push_back({Verb::Remove, Target::Outer, std::move(gone)});
            }
            if (step == nullptr)
                return refuse(say("%1 is not being migrated any more.", {name}));
            break;
        }
        default:
            break;
        }
    }
    return {};
}

} // namespace strata::actions
