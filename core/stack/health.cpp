// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/health.h"

#include "core/base/translatable.h"
#include "core/base/translate.h"

#include <algorithm>
#include <array>

namespace strata::stack {
namespace {

std::string tr(const char* text)
{
    return translate("Health", text);
}

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("Health", text), values);
}

Verdict verdict(Health health, std::string state, std::string reason = {}, std::string raw = {},
                UnixMs since = 0)
{
    return {health, std::move(state), std::move(reason), std::move(raw), since};
}

// "raw reason: message", whichever of them is there.
std::string said(const Condition& condition)
{
    if (condition.message.empty())
        return condition.reason;
    if (condition.reason.empty())
        return condition.message;
    return condition.reason + ": " + condition.message;
}

constexpr const char* mark(const char* text)
{
    return translatable("Health", text);
}

struct StatusWords {
    const char* status;
    Health health;
    const char* sentence;
};

// VirtualMachine status.printableStatus (KubeVirt api/core/v1/types.go). Running and Stopped are handled
// before.
constexpr std::array<StatusWords, 14> kPrintable = {{
    {"Provisioning", Health::Progressing, mark("The VM's disks are being prepared.")},
    {"WaitingForVolumeBinding", Health::Progressing, mark("The VM's disks are bound when it starts.")},
    {"Starting", Health::Progressing, mark("The VM is starting.")},
    {"Migrating", Health::Progressing, mark("The VM is moving to another outer node.")},
    {"Stopping", Health::Progressing, mark("The VM is shutting down.")},
    {"Terminating", Health::Progressing, mark("The VM is being deleted.")},
    {"WaitingForReceiver", Health::Progressing, mark("The VM waits for an incoming migration.")},
    {"CrashLoopBackOff", Health::Failed, mark("The VM crashes again and again.")},
    {"ErrorUnschedulable", Health::Failed, mark("No outer node can take the VM.")},
    {"ErrImagePull", Health::Failed, mark("The VM's image cannot be pulled.")},
    {"ImagePullBackOff", Health::Failed, mark("The VM's image cannot be pulled.")},
    {"ErrorPvcNotFound", Health::Failed, mark("A disk of the VM does not exist.")},
    {"DataVolumeError", Health::Failed, mark("A disk of the VM could not be filled.")},
    {"Unknown", Health::Unknown, mark("The outer node of the VM does not answer.")},
}};

} // namespace

const Condition* findCondition(const std::vector<Condition>& conditions, const char* type)
{
    const auto found = std::find_if(conditions.begin(), conditions.end(),
                                    [type](const Condition& c) { return c.type == type; });
    return found == conditions.end() ? nullptr : &*found;
}

bool isTrue(const std::vector<Condition>& conditions, const char* type)
{
    const Condition* condition = findCondition(conditions, type);
    return condition != nullptr && condition->status == "True";
}

bool isFalse(const std::vector<Condition>& conditions, const char* type)
{
    const Condition* condition = findCondition(conditions, type);
    return condition != nullptr && condition->status == "False";
}

Verdict hostVerdict(const HostFact& host)
{
    if (host.hypervisor == "QEMU" && !host.kvmUsable)
        return verdict(Health::Failed, tr("No KVM"),
                       tr("The host cannot run KVM guests: /dev/kvm is missing or virtualization is off in "
                          "the firmware."),
                       "capabilities without <domain type='kvm'>");
    if (host.memoryBytes > 0 && host.memoryFreeBytes >= 0 && host.memoryFreeBytes < host.memoryBytes / 20)
        return verdict(Health::Warning, tr("Short of memory"),
                       tr("Less than 5 % of the host's memory is free."));
    return verdict(Health::Ok, tr("Up"));
}

Verdict domainVerdict(const DomainFact& domain)
{
    const std::string raw =
        domain.state + (domain.stateReason.empty() ? "" : " (" + domain.stateReason + ")");
    if (domain.state == "running" || domain.state == "blocked" || domain.state == "idle")
        return verdict(Health::Ok, tr("Running"));
    if (domain.state == "paused") {
        if (domain.stateReason == "I/O error")
            return verdict(Health::Failed, tr("Paused"), tr("The domain is paused because of an I/O error."),
                           raw);
        return verdict(Health::Warning, tr("Paused"), tr("The domain is paused."), raw);
    }
    if (domain.state == "crashed")
        return verdict(Health::Failed, tr("Crashed"), tr("The domain has crashed."), raw);
    if (domain.state == "shut off")
        return verdict(Health::Ok, tr("Shut off"), {}, raw);
    if (domain.state == "shutting down")
        return verdict(Health::Progressing, tr("Shutting down"), {}, raw);
    return verdict(Health::Unknown, domain.state.empty() ? tr("Unknown") : domain.state, {}, raw);
}

Verdict nodeVerdict(const KubeNodeFact& node, bool outer)
{
    if (node.meta.deleting != 0)
        return verdict(Health::Progressing, tr("Deleting"), tr("The node is being deleted."), {},
                       node.meta.deleting);
    const Condition* ready = findCondition(node.conditions, "Ready");
    if (ready == nullptr)
        return verdict(Health::Unknown, tr("Unknown"), tr("The node has not reported its state yet."));
    if (ready->status == "Unknown")
        return verdict(Health::Failed, tr("NotReady"), tr("The kubelet of the node stopped reporting."),
                       said(*ready), ready->since);
    // Every node begins so; how long it may last is the diagnosis' to say.
    if (ready->status != "True" && !outer &&
        ready->message.find("NetworkPluginNotReady") != std::string::npos)
        return verdict(Health::Progressing, tr("NotReady"), tr("The network of the node is not set up yet."),
                       said(*ready), ready->since);
    if (ready->status != "True")
        return verdict(Health::Failed, tr("NotReady"), tr("The kubelet says the node is not ready."),
                       said(*ready), ready->since);

    struct Pressure {
        const char* type;
        const char* sentence;
    };
    static constexpr std::array<Pressure, 4> pressures = {{
        {"MemoryPressure", mark("The node is short of memory; pods may be evicted.")},
        {"DiskPressure", mark("The node is short of disk space; pods may be evicted.")},
        {"PIDPressure", mark("The node is short of process ids.")},
        {"NetworkUnavailable", mark("The network of the node is not set up.")},
    }};
    for (const Pressure& pressure : pressures) {
        const Condition* condition = findCondition(node.conditions, pressure.type);
        if (condition != nullptr && condition->status == "True")
            return verdict(Health::Warning, pressure.type, tr(marked(pressure.sentence)), said(*condition),
                           condition->since);
    }
    if (outer && node.kubevirtSchedulable == "false")
        return verdict(Health::Warning, tr("No VMs"),
                       tr("KubeVirt does not place VMs here: virt-handler is not there."),
                       "kubevirt.io/schedulable=false");
    if (outer && node.kvmDevices == 0 && node.kubevirtSchedulable == "true")
        return verdict(Health::Warning, tr("No KVM"),
                       tr("The node offers no KVM devices, so no VM can run here."),
                       "allocatable devices.kubevirt.io/kvm = 0");
    if (node.unschedulable)
        return verdict(Health::Progressing, tr("Cordoned"), tr("New pods are kept off the node."),
                       "spec.unschedulable");
    return verdict(Health::Ok, tr("Ready"), {}, {}, ready->since);
}

Verdict vmVerdict(const VmFact* vm, const VmiFact* vmi, const MachineFact* machine,
                  const KubevirtMachineFact* kubevirtMachine)
{
    if (vmi != nullptr) {
        const Condition* paused = findCondition(vmi->conditions, "Paused");
        if (paused != nullptr && paused->status == "True") {
            if (paused->reason == "PausedIOError")
                return verdict(Health::Failed, tr("Paused"),
                               tr("The VM is paused because its disk is full or failing."), said(*paused),
                               paused->since);
            if (paused->reason == "PausedByMigrationMonitor")
                return verdict(Health::Warning, tr("Paused"), tr("The VM is paused by its migration."),
                               said(*paused), paused->since);
            return verdict(Health::Warning, tr("Paused"), tr("The VM is paused by an operator."),
                           said(*paused), paused->since);
        }
    }
    const std::string status = vm != nullptr ? vm->printableStatus : std::string();
    const bool deleting =
        (vm != nullptr && vm->meta.deleting != 0) || (vmi != nullptr && vmi->meta.deleting != 0);
    if (status == "Stopped" && !deleting) {
        // A stopped machine of a tenant cluster is a missing node; a stopped VM of its own is a choice.
        if (!vm->clusterName.empty())
            return verdict(Health::Warning, tr("Stopped"), tr("The VM is stopped, so its node is missing."),
                           status);
        return verdict(Health::Ok, tr("Stopped"), {}, status);
    }
    if (vm != nullptr && status != "Running") {
        for (const StatusWords& words : kPrintable) {
            if (status != words.status)
                continue;
            std::string raw = status;
            UnixMs since = 0;
            for (const char* type : {"PodScheduled", "Failure", "Synchronized"}) {
                const Condition* why = findCondition(vm->conditions, type);
                if (why == nullptr && vmi != nullptr)
                    why = findCondition(vmi->conditions, type);
                const bool bad = why != nullptr &&
                                 (why->status == (std::string_view(type) == "Failure" ? "True" : "False"));
                if (bad && words.health == Health::Failed) {
                    raw += " · " + said(*why);
                    since = why->since;
                    break;
                }
            }
            return verdict(words.health, status, tr(marked(words.sentence)), raw, since);
        }
        if (!status.empty())
            return verdict(Health::Unknown, status, tr("KubeVirt reports a state that Strata does not know."),
                           status);
    }
    if (vmi == nullptr)
        return verdict(Health::Unknown, tr("Unknown"), tr("KubeVirt has not reported the VM's state yet."),
                       status);

    if (vmi->phase == "Failed")
        return verdict(Health::Failed, tr("Failed"), tr("The VM's launcher pod failed or was killed."),
                       vmi->phase);
    if (vmi->phase == "Succeeded")
        return verdict(Health::Warning, tr("Shut down"), tr("The guest has shut itself down."), vmi->phase);
    if (vmi->phase != "Running") {
        const Condition* scheduled = findCondition(vmi->conditions, "PodScheduled");
        if (scheduled != nullptr && scheduled->status == "False")
            return verdict(Health::Failed, tr("Unschedulable"), tr("No outer node can take the VM."),
                           said(*scheduled), scheduled->since);
        if (vmi->phase == "Unknown")
            return verdict(Health::Unknown, tr("Unknown"), tr("The outer node of the VM does not answer."),
                           vmi->phase);
        return verdict(Health::Progressing, tr("Starting"), tr("The VM is starting."), vmi->phase);
    }
    if (deleting)
        return verdict(Health::Progressing, tr("Stopping"), tr("The VM is shutting down."), vmi->phase);
    if (!vmi->migrationTarget.empty())
        return verdict(Health::Progressing, tr("Migrating"), tr("The VM is moving to another outer node."),
                       vmi->migrationTarget);
    const Condition* emulation = findCondition(vmi->conditions, "SoftwareEmulation");
    if (emulation != nullptr && emulation->status == "True")
        return verdict(Health::Warning, tr("Emulated"), tr("The VM runs without KVM and is very slow."),
                       said(*emulation), emulation->since);
    const Condition* ready = findCondition(vmi->conditions, "Ready");
    if (ready != nullptr && ready->status == "False")
        return verdict(Health::Warning, tr("Not ready"),
                       tr("The VM runs, but KubeVirt says it is not ready."), said(*ready), ready->since);
    if (machine != nullptr && machine->nodeName.empty() && machine->meta.deleting == 0) {
        std::string raw = "Machine status.nodeRef is empty";
        UnixMs since = 0;
        if (kubevirtMachine != nullptr) {
            const Condition* bootstrap = findCondition(kubevirtMachine->conditions, "BootstrapExecSucceeded");
            if (bootstrap != nullptr && bootstrap->status == "False") {
                raw = said(*bootstrap);
                since = bootstrap->since;
            }
        }
        return verdict(Health::Progressing, tr("Booting"),
                       tr("The VM runs; its node has not joined the inner cluster yet."), raw, since);
    }
    return verdict(Health::Ok, tr("Running"), {}, {}, ready != nullptr ? ready->since : 0);
}

Verdict workloadVerdict(const std::vector<const PodFact*>& pods)
{
    unsigned ready = 0;
    unsigned finished = 0;
    const PodFact* worst = nullptr;
    int worstRank = 0;
    for (const PodFact* pod : pods) {
        if (pod->phase == "Succeeded") {
            ++finished;
            continue;
        }
        if (pod->ready && pod->phase == "Running" && pod->reason.empty()) {
            ++ready;
            continue;
        }
        int rank = 1; // starting
        if (pod->phase == "Failed" || pod->reason == "CrashLoopBackOff" ||
            pod->reason == "ImagePullBackOff" || pod->reason == "ErrImagePull" ||
            pod->reason == "CreateContainerConfigError" || pod->reason == "InvalidImageName" ||
            pod->reason == "Evicted" || pod->reason == "OOMKilled")
            rank = 4;
        else if (pod->reason == "Unschedulable")
            rank = 3;
        else if (pod->phase == "Running")
            rank = 2;
        if (pod->meta.deleting != 0)
            rank = 1;
        if (rank > worstRank) {
            worstRank = rank;
            worst = pod;
        }
    }
    const std::size_t wanted = pods.size() - finished;
    if (wanted == 0)
        return verdict(Health::Ok, tr("Completed"));
    if (worst == nullptr)
        return verdict(Health::Ok, tr("Running"));
    std::string raw = worst->reason.empty() ? worst->phase : worst->reason;
    if (!worst->message.empty())
        raw += ": " + worst->message;
    const std::string counted = std::to_string(ready) + "/" + std::to_string(wanted);
    switch (worstRank) {
    case 4:
        return verdict(Health::Failed, worst->reason.empty() ? tr("Failed") : worst->reason,
                       tr("%1 of its pods are ready; %2 fails.", {counted, worst->meta.name}), raw);
    case 3:
        return verdict(Health::Failed, tr("Pending"), tr("No node can take %1.", {worst->meta.name}), raw);
    case 2:
        return verdict(ready == 0 ? Health::Failed : Health::Warning, tr("Not ready"),
                       tr("%1 of its pods are ready.", {counted}), raw);
    default:
        return verdict(Health::Progressing, worst->meta.deleting != 0 ? tr("Terminating") : tr("Starting"),
                       tr("%1 of its pods are ready.", {counted}), raw);
    }
}

Verdict clusterVerdict(const ClusterFact& cluster)
{
    if (cluster.meta.deleting != 0 || cluster.phase == "Deleting")
        return verdict(Health::Progressing, tr("Deleting"), tr("The cluster is being deleted."),
                       cluster.phase, cluster.meta.deleting);
    if (cluster.phase == "Failed")
        return verdict(Health::Failed, tr("Failed"), tr("Cluster API gave up on the cluster."),
                       cluster.phase);
    const Condition* available = findCondition(cluster.conditions, "Available");
    if (available == nullptr)
        available = findCondition(cluster.conditions, "Ready"); // the v1beta1 summary
    if (cluster.phase == "Pending" || cluster.phase == "Provisioning")
        return verdict(Health::Progressing, cluster.phase, tr("The cluster is being built."),
                       available != nullptr ? said(*available) : cluster.phase,
                       available != nullptr ? available->since : 0);
    if (cluster.paused)
        return verdict(Health::Warning, tr("Paused"),
                       tr("Cluster API does not act on this cluster: it is paused."), "spec.paused", 0);
    if (available != nullptr && available->status == "False")
        return verdict(Health::Warning, tr("Degraded"),
                       tr("Cluster API says the cluster is not fully available."), said(*available),
                       available->since);
    if (cluster.phase.empty())
        return verdict(Health::Unknown, tr("Unknown"),
                       tr("Cluster API has not reported the cluster's phase yet."));
    if (isTrue(cluster.conditions, "RollingOut"))
        return verdict(Health::Progressing, tr("Rolling out"), tr("Machines are being replaced."),
                       "RollingOut");
    return verdict(Health::Ok, cluster.phase == "Provisioned" ? tr("Available") : cluster.phase);
}

static Verdict replicasVerdict(const Meta& meta, const std::vector<Condition>& conditions, int replicas,
                               int ready)
{
    if (meta.deleting != 0)
        return verdict(Health::Progressing, tr("Deleting"), {}, {}, meta.deleting);
    if (replicas < 0)
        return verdict(Health::Unknown, tr("Unknown"));
    const std::string counted = std::to_string(std::max(ready, 0)) + "/" + std::to_string(replicas);
    if (ready >= replicas)
        return verdict(Health::Ok, tr("Ready"));
    for (const char* type : {"RollingOut", "ScalingUp", "ScalingDown", "Remediating"}) {
        const Condition* busy = findCondition(conditions, type);
        if (busy != nullptr && busy->status == "True")
            return verdict(Health::Progressing, counted, tr("%1 machines are ready.", {counted}), said(*busy),
                           busy->since);
    }
    return verdict(ready <= 0 ? Health::Failed : Health::Warning, counted,
                   tr("%1 machines are ready.", {counted}));
}

Verdict controlPlaneVerdict(const ControlPlaneFact& controlPlane)
{
    if (!controlPlane.initialized && controlPlane.meta.deleting == 0)
        return verdict(Health::Progressing, tr("Initialising"),
                       tr("The first control plane machine is not up yet."));
    return replicasVerdict(controlPlane.meta, controlPlane.conditions, controlPlane.replicas,
                           controlPlane.readyReplicas);
}

Verdict machineDeploymentVerdict(const MachineDeploymentFact& pool)
{
    Verdict result = replicasVerdict(pool.meta, pool.conditions, pool.replicas, pool.readyReplicas);
    // v1beta1 tells by phase what v1beta2 tells by conditions.
    if ((pool.phase == "ScalingUp" || pool.phase == "ScalingDown") && result.health > Health::Progressing) {
        result.health = Health::Progressing;
        result.rawReason = pool.phase;
    }
    return result;
}

Verdict machineVerdict(const MachineFact& machine, const KubevirtMachineFact* kubevirtMachine)
{
    if (machine.meta.deleting != 0 || machine.phase == "Deleting" || machine.phase == "Deleted") {
        const Condition* deleting = findCondition(machine.conditions, "Deleting");
        return verdict(Health::Progressing, tr("Deleting"), tr("The machine is being deleted."),
                       deleting != nullptr ? said(*deleting) : machine.phase, machine.meta.deleting);
    }
    if (machine.phase == "Failed")
        return verdict(Health::Failed, tr("Failed"), tr("Cluster API gave up on the machine."),
                       machine.phase);
    if (machine.phase == "Running" || machine.phase == "Updating") {
        const Condition* healthy = findCondition(machine.conditions, "NodeHealthy");
        if (healthy != nullptr && healthy->status != "True" &&
            healthy->message.find("NetworkPluginNotReady") != std::string::npos)
            return verdict(Health::Progressing, tr("Joining"),
                           tr("The network of its node is not set up yet."), said(*healthy), healthy->since);
        if (healthy != nullptr && healthy->status != "True")
            return verdict(healthy->status == "False" ? Health::Failed : Health::Warning,
                           tr("Node unhealthy"), tr("The node of the machine is not healthy."),
                           said(*healthy), healthy->since);
        return verdict(machine.phase == "Updating" ? Health::Progressing : Health::Ok, machine.phase);
    }
    std::string raw = machine.phase;
    UnixMs since = 0;
    if (kubevirtMachine != nullptr) {
        for (const char* type : {"VMProvisioned", "BootstrapExecSucceeded"}) {
            const Condition* condition = findCondition(kubevirtMachine->conditions, type);
            if (condition != nullptr && condition->status == "False") {
                raw = std::string(type) + ": " + said(*condition);
                since = condition->since;
                break;
            }
        }
    }
    if (machine.phase.empty() || machine.phase == "Unknown")
        return verdict(Health::Unknown, tr("Unknown"), {}, raw);
    return verdict(Health::Progressing, machine.phase, tr("The machine is being built."), raw, since);
}

} // namespace strata::stack
