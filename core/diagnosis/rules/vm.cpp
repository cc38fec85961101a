// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

#include <array>

// Groups D and E: virtual machines and their migration (KubeVirt api/core/v1).
namespace strata::diagnosis {
namespace {

using stack::Condition;

constexpr UnixMs kMinute = 60 * 1000;

const std::vector<Condition>* vmiConditions(const Subject& s)
{
    return s.facts.vmi != nullptr ? &s.facts.vmi->conditions : nullptr;
}

// A condition of the instance, else of the VirtualMachine, which mirrors most of them.
const Condition* either(const Subject& s, const char* type, const char* status, const char** kind)
{
    if (const auto* conditions = vmiConditions(s)) {
        if (const Condition* found = conditionWith(*conditions, type, status)) {
            *kind = "VirtualMachineInstance";
            return found;
        }
    }
    if (s.facts.vm != nullptr) {
        if (const Condition* found = conditionWith(s.facts.vm->conditions, type, status)) {
            *kind = "VirtualMachine";
            return found;
        }
    }
    return nullptr;
}

bool printableIs(const Subject& s, std::initializer_list<const char*> words)
{
    if (s.facts.vm == nullptr)
        return false;
    for (const char* word : words) {
        if (s.facts.vm->printableStatus == word)
            return true;
    }
    return false;
}

Proof printableProof(const Subject& s)
{
    return fieldProof(s, "VirtualMachine", "status.printableStatus", s.facts.vm->printableStatus);
}

std::optional<Finding> unschedulable(const Subject& s)
{
    const char* kind = nullptr;
    const Condition* scheduled = either(s, "PodScheduled", "False", &kind);
    const bool said = printableIs(s, {"ErrorUnschedulable"});
    if (!said && (scheduled == nullptr || scheduled->reason != "Unschedulable"))
        return std::nullopt;
    if (scheduled != nullptr) {
        if (scheduled->message.find("devices.kubevirt.io/kvm") != std::string::npos)
            return finding(
                s, "A1", Severity::Critical,
                tr("No outer node offers KVM, so VM %1 cannot start", {s.item.name}),
                tr("Turn virtualization on in the hosts' firmware and nested KVM on their kernels."),
                conditionProof(s, kind, *scheduled));
        for (const char* device : {"devices.kubevirt.io/tun", "devices.kubevirt.io/vhost-net"}) {
            if (scheduled->message.find(device) != std::string::npos)
                return finding(s, "A2", Severity::Critical,
                               tr("No outer node offers %2, so VM %1 cannot start", {s.item.name, device}),
                               tr("Load tun and vhost_net on the nodes; virt-handler then offers them."),
                               conditionProof(s, kind, *scheduled));
        }
    }
    return finding(
        s, "D1", Severity::Critical, tr("No outer node can take VM %1", {s.item.name}),
        tr("Free or add room, or loosen what the VM asks for; the message says what each node lacks."),
        scheduled != nullptr ? conditionProof(s, kind, *scheduled) : printableProof(s));
}

std::optional<Finding> imageMissing(const Subject& s)
{
    if (!printableIs(s, {"ErrImagePull", "ImagePullBackOff"}))
        return std::nullopt;
    const char* kind = nullptr;
    const Condition* why = either(s, "Synchronized", "False", &kind);
    return finding(s, "D2", Severity::Critical, tr("The image of VM %1 cannot be pulled", {s.item.name}),
                   tr("Check name and tag of the image and that the outer nodes reach its registry."),
                   why != nullptr ? conditionProof(s, kind, *why) : printableProof(s));
}

std::optional<Finding> crashLoop(const Subject& s)
{
    if (!printableIs(s, {"CrashLoopBackOff"}))
        return std::nullopt;
    return finding(s, "D3", Severity::Critical, tr("VM %1 crashes again and again", {s.item.name}),
                   tr("Read its serial console and the log of its virt-launcher pod."), printableProof(s));
}

std::optional<Finding> pausedByIoError(const Subject& s)
{
    const auto* conditions = vmiConditions(s);
    const Condition* paused = conditions != nullptr ? conditionWith(*conditions, "Paused", "True") : nullptr;
    if (paused == nullptr || paused->reason != "PausedIOError")
        return std::nullopt;
    Finding out = finding(s, "D4", Severity::Critical,
                          tr("VM %1 is paused: its disk is full or failing", {s.item.name}),
                          tr("Free or expand the storage behind its disk, then unpause the VM."),
                          conditionProof(s, "VirtualMachineInstance", *paused));
    // Which volume it is, only the event says.
    if (const stack::ObjectFact* event = warningOf(s, {"IOerror"}, 24 * 60 * kMinute))
        out.evidence.push_back(eventProof(s, *event));
    return out;
}

std::optional<Finding> pausedOtherwise(const Subject& s)
{
    const auto* conditions = vmiConditions(s);
    const Condition* paused = conditions != nullptr ? conditionWith(*conditions, "Paused", "True") : nullptr;
    if (paused == nullptr || paused->reason == "PausedIOError")
        return std::nullopt;
    const bool migration = paused->reason == "PausedByMigrationMonitor";
    return finding(s, "D5", Severity::Critical,
                   migration ? tr("VM %1 is paused by its migration", {s.item.name})
                             : tr("VM %1 is paused", {s.item.name}),
                   migration ? tr("See the migration; cancel it or let it end.") : tr("Unpause the VM."),
                   conditionProof(s, "VirtualMachineInstance", *paused));
}

std::optional<Finding> noAddress(const Subject& s)
{
    // CAPK says this nowhere but in its log: it waits for an address for ever.
    const stack::VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->phase != "Running" || !vmi->ips.empty() ||
        !stack::isTrue(vmi->conditions, "Ready"))
        return std::nullopt;
    return finding(
        s, "D7", Severity::Warning, tr("VM %1 runs but has no address", {s.item.name}),
        tr("Check the guest agent, DHCP and the CNI; Cluster API waits for the address without saying so."),
        fieldProof(s, "VirtualMachineInstance", "status.interfaces[0].ipAddress", tr("empty")));
}

std::optional<Finding> notReady(const Subject& s)
{
    const stack::VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->phase != "Running" || stack::isTrue(vmi->conditions, "Paused") ||
        vmi->meta.deleting != 0)
        return std::nullopt;
    const Condition* ready = conditionWith(vmi->conditions, "Ready", "False");
    if (ready == nullptr)
        return std::nullopt;
    return finding(
        s, "D8", Severity::Critical, tr("VM %1 runs, but KubeVirt says it is not ready", {s.item.name}),
        tr("Look at its launcher pod and its console."), conditionProof(s, "VirtualMachineInstance", *ready));
}

std::optional<Finding> instanceFailed(const Subject& s)
{
    const stack::VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->phase != "Failed" || vmi->meta.deleting != 0)
        return std::nullopt;
    return finding(s, "D8", Severity::Critical, tr("VM %1 has failed", {s.item.name}),
                   tr("Its launcher pod failed or was killed; see the pod's events and log."),
                   fieldProof(s, "VirtualMachineInstance", "status.phase", vmi->phase));
}

std::optional<Finding> syncFailed(const Subject& s)
{
    if (printableIs(s, {"ErrImagePull", "ImagePullBackOff"})) // D2 says it
        return std::nullopt;
    const char* kind = nullptr;
    const Condition* condition = either(s, "Synchronized", "False", &kind);
    if (condition == nullptr)
        return std::nullopt;
    const bool forbidden = condition->message.find("violates PodSecurity") != std::string::npos;
    if (forbidden)
        return finding(s, "B10", Severity::Critical,
                       tr("The namespace of VM %1 forbids its launcher pod", {s.item.name}),
                       tr("Label the namespace pod-security.kubernetes.io/enforce=privileged."),
                       conditionProof(s, kind, *condition));
    if (condition->reason == "FailedGuaranteeResources")
        return finding(s, "D12", Severity::Critical, tr("VM %1 cannot get CPUs of its own", {s.item.name}),
                       tr("Let the kubelet use its static CPU manager, or do not pin the VM's CPUs."),
                       conditionProof(s, kind, *condition));
    return finding(s, "D9", Severity::Critical,
                   tr("KubeVirt cannot bring VM %1 into its wanted state", {s.item.name}),
                   tr("The message says what is refused."), conditionProof(s, kind, *condition));
}

std::optional<Finding> diskMissing(const Subject& s)
{
    if (!printableIs(s, {"DataVolumeError", "ErrorPvcNotFound"}))
        return std::nullopt;
    const bool missing = s.facts.vm->printableStatus == "ErrorPvcNotFound";
    return finding(s, "C14", Severity::Critical,
                   missing ? tr("A disk of VM %1 does not exist", {s.item.name})
                           : tr("A disk of VM %1 could not be filled", {s.item.name}),
                   tr("Look at its DataVolumes and claims: name, namespace, importer log."),
                   printableProof(s));
}

std::optional<Finding> restartRequired(const Subject& s)
{
    const char* kind = nullptr;
    const Condition* condition = either(s, "RestartRequired", "True", &kind);
    if (condition == nullptr)
        return std::nullopt;
    return finding(s, "D10", Severity::Info, tr("A change of VM %1 waits for its restart", {s.item.name}),
                   tr("Restart the VM when it suits."), conditionProof(s, kind, *condition));
}

std::optional<Finding> manualRecovery(const Subject& s)
{
    const char* kind = nullptr;
    const Condition* condition = either(s, "ManualRecoveryRequired", "True", &kind);
    if (condition == nullptr)
        return std::nullopt;
    return finding(s, "D11", Severity::Critical, tr("VM %1 needs an operator's hand", {s.item.name}),
                   tr("A volume migration was cancelled or failed: point the VM back to its former volumes."),
                   conditionProof(s, kind, *condition));
}

std::optional<Finding> stopped(const Subject& s)
{
    // A VM of its own may rest; one that is a tenant's node may not.
    if (!printableIs(s, {"Stopped"}) || s.facts.vm->clusterName.empty() || s.facts.vm->meta.deleting != 0)
        return std::nullopt;
    return finding(s, "D8", Severity::Critical, tr("VM %1 is stopped, so its node is missing", {s.item.name}),
                   tr("Start the VM, or delete its Machine."), printableProof(s));
}

std::optional<Finding> emulated(const Subject& s)
{
    const auto* conditions = vmiConditions(s);
    const Condition* condition =
        conditions != nullptr ? conditionWith(*conditions, "SoftwareEmulation", "True") : nullptr;
    if (condition == nullptr)
        return std::nullopt;
    return finding(s, "A1", Severity::Warning, tr("VM %1 runs without KVM and is very slow", {s.item.name}),
                   tr("Give its outer node KVM, then restart the VM."),
                   conditionProof(s, "VirtualMachineInstance", *condition));
}

// Without the agent nothing is known of the guest; its condition is absent then, never False.
std::optional<Finding> noGuestAgent(const Subject& s)
{
    const stack::VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr || vmi->phase != "Running" || vmi->meta.deleting != 0 ||
        stack::findCondition(vmi->conditions, "AgentConnected") != nullptr ||
        !olderThan(s, vmi->meta.created, 10 * kMinute))
        return std::nullopt;
    return finding(
        s, "D6", Severity::Info, tr("No guest agent answers in VM %1", {s.item.name}),
        tr("Install qemu-guest-agent in its image: guest facts, file systems and addresses on bridges "
           "come from it."),
        fieldProof(s, "VirtualMachineInstance", "status.conditions[AgentConnected]", tr("absent")));
}

std::optional<Finding> credentialsNotInjected(const Subject& s)
{
    const auto* conditions = vmiConditions(s);
    const Condition* condition = conditions != nullptr
                                     ? conditionWith(*conditions, "AccessCredentialsSynchronized", "False")
                                     : nullptr;
    if (condition == nullptr)
        return std::nullopt;
    return finding(s, "D13", Severity::Warning, tr("Access credentials did not reach VM %1", {s.item.name}),
                   tr("Check the guest agent, and SELinux in the guest."),
                   conditionProof(s, "VirtualMachineInstance", *condition));
}

// D14: it comes or goes far longer than any does.
std::optional<Finding> launcherStuck(const Subject& s)
{
    const stack::VmiFact* vmi = s.facts.vmi;
    if (vmi == nullptr)
        return std::nullopt;
    if (vmi->meta.deleting != 0) {
        if (!olderThan(s, vmi->meta.deleting, 10 * kMinute))
            return std::nullopt;
        return finding(s, "D14", Severity::Warning, tr("VM %1 does not stop", {s.item.name}),
                       tr("Look at its launcher pod, at its node and at its finalizers."),
                       fieldProof(s, "VirtualMachineInstance", "metadata.deletionTimestamp",
                                  formatRfc3339(vmi->meta.deleting), vmi->meta.deleting));
    }
    const bool starting = vmi->phase == "Scheduling" || vmi->phase == "Scheduled";
    if (!starting || conditionWith(vmi->conditions, "PodScheduled", "False") != nullptr ||
        !olderThan(s, vmi->meta.created, 15 * kMinute))
        return std::nullopt;
    return finding(s, "D14", Severity::Critical, tr("VM %1 does not start", {s.item.name}),
                   tr("Look at its launcher pod and at virt-handler on its node."),
                   fieldProof(s, "VirtualMachineInstance", "status.phase", vmi->phase, vmi->meta.created));
}

// A7: the launcher has a node, and the node cannot connect it to the pod network.
std::optional<Finding> sandboxFails(const Subject& s)
{
    if (s.facts.vmi == nullptr || vmRuns(s))
        return std::nullopt;
    const stack::ObjectFact* event = warningOf(s, {"FailedCreatePodSandBox"}, 10 * kMinute);
    if (event == nullptr)
        return std::nullopt;
    return finding(
        s, "A7", Severity::Critical,
        tr("The launcher pod of VM %1 cannot be connected to the pod network", {s.item.name}),
        tr("Look at the CNI of the outer cluster: its pods on that node, its permissions, its version."),
        eventProof(s, *event));
}

// G12 from outside: the provider's storage driver plugs a tenant's volume into the VM.
std::optional<Finding> hotplugFails(const Subject& s)
{
    if (!vmRuns(s))
        return std::nullopt;
    const stack::ObjectFact* event =
        warningOf(s, {"HotPlugVolumeError", "HotplugFailed", "FailedHotplugSync"}, 15 * kMinute);
    if (event == nullptr)
        return std::nullopt;
    return finding(
        s, "G12", Severity::Warning, tr("A volume cannot be plugged into VM %1", {s.item.name}),
        tr("Follow the volume: its claim, its storage class, and the attachment pod beside the launcher."),
        eventProof(s, *event));
}

// It came back by itself, which no field of its status tells.
std::optional<Finding> hasCrashed(const Subject& s)
{
    if (!vmRuns(s))
        return std::nullopt;
    const stack::ObjectFact* event = warningOf(s, {"GuestPanicked", "Stopped"}, 30 * kMinute);
    if (event == nullptr || (fieldOf(*event, "reason") == "Stopped" &&
                             fieldOf(*event, "message").find("crash") == std::string::npos))
        return std::nullopt;
    return finding(
        s, "D3", Severity::Warning, tr("VM %1 has crashed and runs again", {s.item.name}),
        tr("Read its serial console and the log of its virt-launcher pod before it happens again."),
        eventProof(s, *event));
}

// E1–E4: worth knowing before a drain; nothing is broken now.
std::optional<Finding> notMigratable(const Subject& s)
{
    const auto* conditions = vmiConditions(s);
    const Condition* condition =
        conditions != nullptr ? conditionWith(*conditions, "LiveMigratable", "False") : nullptr;
    if (condition == nullptr || s.facts.vmi->evictionStrategy.empty() ||
        s.facts.vmi->evictionStrategy == "None")
        return std::nullopt;
    struct Cause {
        const char* reason;
        const char* rule;
        const char* remedy;
    };
    static constexpr std::array<Cause, 3> causes = {
        {{"DisksNotLiveMigratable", "E1", mark("Put its disks on a storage class with ReadWriteMany.")},
         {"InterfaceNotLiveMigratable", "E2", mark("Connect it to the pod network by masquerade.")},
         {"CPUModeLiveMigratable", "E3", mark("Give it a CPU model that several hosts have.")}}};
    for (const Cause& cause : causes) {
        if (condition->reason == cause.reason)
            return finding(s, cause.rule, Severity::Info, tr("VM %1 cannot be migrated live", {s.item.name}),
                           tr(marked(cause.remedy)), conditionProof(s, "VirtualMachineInstance", *condition));
    }
    return finding(s, "E4", Severity::Info, tr("VM %1 cannot be migrated live", {s.item.name}),
                   tr("It restarts elsewhere when its node is drained."),
                   conditionProof(s, "VirtualMachineInstance", *condition));
}

} // namespace

std::vector<Rule> vmRules()
{
    return {pausedByIoError, pausedOtherwise, unschedulable, imageMissing,   crashLoop,
            diskMissing,     syncFailed,      stopped,       instanceFailed, notReady,
            manualRecovery,  noAddress,       emulated,      launcherStuck,  credentialsNotInjected,
            restartRequired, notMigratable,   noGuestAgent,  sandboxFails,   hasCrashed,
            hotplugFails};
}

} // namespace strata::diagnosis
