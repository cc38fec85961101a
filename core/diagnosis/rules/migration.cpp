// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

// Group E: a VM that is to leave its node, or to change while it runs (KubeVirt pkg/virt-controller and the
// pod eviction admitter; provider KubeVirt's drain).
namespace strata::diagnosis {
namespace {

using stack::Condition;
using stack::VmiFact;

constexpr UnixMs kMinute = 60 * 1000;

// E5: its node is being emptied and it can neither move nor be stopped.
std::optional<Finding> blocksDrain(const Subject& s)
{
    const VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->evictionStrategy != "LiveMigrate" || s.facts.carrier == nullptr ||
        !s.facts.carrier->unschedulable || vmi->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = conditionWith(vmi->conditions, "LiveMigratable", "False");
    if (condition == nullptr)
        return std::nullopt;
    return finding(
        s, "E5", Severity::Warning,
        tr("VM %1 blocks the drain of %2: it cannot be migrated live", {s.item.name, vmi->nodeName}),
        tr("Remove what keeps it from migrating, let it use LiveMigrateIfPossible, or stop it."),
        conditionProof(s, "VirtualMachineInstance", *condition));
}

std::optional<Finding> leaving(const Subject& s)
{
    const VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->evacuationNode.empty() || vmi->meta.deleting != 0)
        return std::nullopt;
    const Proof proof =
        fieldProof(s, "VirtualMachineInstance", "status.evacuationNodeName", vmi->evacuationNode);
    if (vmi->evictionStrategy == "External")
        return finding(s, "E8", Severity::Info,
                       tr("VM %1 waits until its inner node is drained", {s.item.name}),
                       tr("The provider drains the inner node first, for ten minutes at most; see what its "
                          "PodDisruptionBudgets hold back."),
                       proof);
    if (!vmi->migrationTarget.empty())
        return finding(
            s, "E6", Severity::Info,
            tr("VM %1 is leaving %2 for %3", {s.item.name, vmi->evacuationNode, vmi->migrationTarget}),
            tr("Wait for it: kubectl calls this an error, but it works."), proof);
    if (s.facts.carrier != nullptr && s.facts.carrier->meta.name == vmi->evacuationNode &&
        !s.facts.carrier->unschedulable)
        return finding(
            s, "E7", Severity::Info,
            tr("VM %1 is to leave %2, though the node takes pods again", {s.item.name, vmi->evacuationNode}),
            tr("Cancel the evacuation (VirtualMachineInstance subresource evacuate/cancel) when it is no "
               "longer wanted."),
            proof);
    return std::nullopt;
}

std::optional<Finding> migrationFailed(const Subject& s)
{
    const VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->migrationFailure.empty())
        return std::nullopt;
    // The instance keeps the last failure for ever, though it runs as well as before.
    const bool old = olderThan(s, vmi->migrationEnded, 60 * kMinute);
    return finding(s, "E11", old ? Severity::Info : Severity::Warning,
                   tr("The last migration of VM %1 failed", {s.item.name}),
                   tr("See the target pod and the reason; the VM runs on where it was."),
                   fieldProof(s, "VirtualMachineInstance", "status.migrationState.failureReason",
                              vmi->migrationFailure, vmi->migrationEnded));
}

// E11 before it fails: nobody takes the target pod.
std::optional<Finding> migrationWaits(const Subject& s)
{
    for (const stack::ObjectFact* migration : s.facts.migrations) {
        if (migration->meta.deleting != 0 ||
            (migration->phase != "Pending" && migration->phase != "Scheduling") ||
            !olderThan(s, migration->meta.created, 2 * kMinute))
            continue;
        Proof proof;
        proof.object = stack::objectRef(s.item.source, migration->meta, "virtualmachineinstancemigrations",
                                        "VirtualMachineInstanceMigration");
        proof.field = "status.phase";
        proof.value = migration->phase;
        for (const Condition& condition : migration->conditions) {
            if (condition.status == "True")
                proof.value +=
                    " · " + condition.type + (condition.message.empty() ? "" : ": " + condition.message);
        }
        proof.since = migration->meta.created;
        return finding(
            s, "E11", Severity::Warning, tr("The migration of VM %1 does not get on", {s.item.name}),
            tr("See why its target pod is not scheduled (room, CPU model, selectors, quota), or cancel "
               "the migration; the VM runs on where it was."),
            std::move(proof));
    }
    return std::nullopt;
}

std::optional<Finding> changeWaits(const Subject& s)
{
    if (s.facts.vmi == nullptr)
        return std::nullopt;
    for (const char* type : {"HotVCPUChange", "HotMemoryChange", "VolumesChange", "MigrationRequired"}) {
        if (const Condition* condition = conditionWith(s.facts.vmi->conditions, type, "True"))
            return finding(s, "E12", Severity::Info,
                           tr("A change of VM %1 waits for its migration", {s.item.name}),
                           tr("KubeVirt migrates it by itself where that is allowed; else migrate it."),
                           conditionProof(s, "VirtualMachineInstance", *condition));
    }
    return std::nullopt;
}

} // namespace

std::vector<Rule> migrationRules()
{
    return {blocksDrain, migrationFailed, migrationWaits, leaving, changeWaits};
}

} // namespace strata::diagnosis
