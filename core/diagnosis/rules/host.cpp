// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

// Group A: the host and the outer node, seen through libvirt and the Node object.
namespace strata::diagnosis {
namespace {

using stack::Condition;
using stack::KubeNodeFact;

// A1, from libvirt: the capabilities list no KVM domain type.
std::optional<Finding> hostWithoutKvm(const Subject& s)
{
    if (s.facts.host == nullptr || s.facts.host->hypervisor != "QEMU" || s.facts.host->kvmUsable)
        return std::nullopt;
    return finding(s, "A1", Severity::Critical, tr("Host %1 cannot run KVM guests", {s.item.name}),
                   tr("Enable VT-x or AMD-V in the firmware and load kvm_intel or kvm_amd."),
                   fieldProof(s, "Capabilities", "guest/arch/domain", tr("no domain type “kvm”")));
}

std::optional<Finding> hostShortOfMemory(const Subject& s)
{
    const stack::HostFact* host = s.facts.host;
    if (host == nullptr || host->memoryBytes <= 0 || host->memoryFreeBytes < 0 ||
        host->memoryFreeBytes >= host->memoryBytes / 20)
        return std::nullopt;
    return finding(s, "A5", Severity::Warning,
                   tr("Host %1 has less than 5 % of its memory free", {s.item.name}),
                   tr("Move VMs to other hosts, or add memory."),
                   fieldProof(s, "Capabilities", "memory free", std::to_string(host->memoryFreeBytes)));
}

std::optional<Finding> nodeNotReady(const Subject& s)
{
    const KubeNodeFact* node = s.facts.outerNode;
    if (node == nullptr || node->meta.deleting != 0)
        return std::nullopt;
    const Condition* ready = stack::findCondition(node->conditions, "Ready");
    if (ready == nullptr || ready->status == "True")
        return std::nullopt;
    const bool silent = ready->status == "Unknown";
    return finding(s, "A3", Severity::Critical,
                   silent ? tr("Outer node %1 does not answer any more", {s.item.name})
                          : tr("Outer node %1 is not ready", {s.item.name}),
                   silent
                       ? tr("See whether its host is up (power, console, network); then the kubelet on it.")
                       : tr("Read the kubelet's log on the node."),
                   conditionProof(s, "Node", *ready));
}

// A1, from Kubernetes: the device plugin offers no /dev/kvm. "-1" is "not told", which is no finding.
std::optional<Finding> nodeWithoutKvm(const Subject& s)
{
    const KubeNodeFact* node = s.facts.outerNode;
    if (node == nullptr || node->kvmDevices != 0 || node->kubevirtSchedulable != "true")
        return std::nullopt;
    return finding(
        s, "A1", Severity::Critical, tr("No VM can run on outer node %1: it offers no KVM", {s.item.name}),
        tr("Enable virtualization (nested, when the node is a VM itself), then restart virt-handler there."),
        fieldProof(s, "Node", "status.allocatable[devices.kubevirt.io/kvm]", "0"));
}

std::optional<Finding> virtHandlerLost(const Subject& s)
{
    const KubeNodeFact* node = s.facts.outerNode;
    if (node == nullptr || node->kubevirtSchedulable != "false" ||
        !stack::isTrue(node->conditions, "Ready")) // a node that is down is its own finding
        return std::nullopt;
    return finding(s, "A3", Severity::Warning, tr("KubeVirt does not use outer node %1", {s.item.name}),
                   tr("Look at the virt-handler pod on that node: image, taints, log."),
                   fieldProof(s, "Node", "metadata.labels[kubevirt.io/schedulable]", "false"));
}

std::optional<Finding> nodeUnderPressure(const Subject& s)
{
    const KubeNodeFact* node = s.facts.outerNode;
    if (node == nullptr)
        return std::nullopt;
    struct Pressure {
        const char* type;
        const char* title;
    };
    static constexpr Pressure pressures[] = {{"MemoryPressure", mark("Outer node %1 is short of memory")},
                                             {"DiskPressure", mark("Outer node %1 is short of disk space")},
                                             {"PIDPressure", mark("Outer node %1 is short of process ids")}};
    for (const Pressure& pressure : pressures) {
        if (const Condition* condition = conditionWith(node->conditions, pressure.type, "True"))
            return finding(s, "A5", Severity::Warning, tr(marked(pressure.title), {s.item.name}),
                           tr("Migrate VMs away before the kubelet evicts their launcher pods."),
                           conditionProof(s, "Node", *condition));
    }
    return std::nullopt;
}

// A VM with the host's own CPU model can neither start here nor come here.
std::optional<Finding> obsoleteCpu(const Subject& s)
{
    if (s.facts.outerNode == nullptr || !s.facts.outerNode->obsoleteHostModel)
        return std::nullopt;
    return finding(
        s, "A4", Severity::Info, tr("KubeVirt calls the CPU model of %1 obsolete", {s.item.name}),
        tr("Give VMs a named CPU model that all nodes have, or mend obsoleteCPUModels."),
        fieldProof(s, "Node", "metadata.labels[node-labeller.kubevirt.io/obsolete-host-model]", "true"));
}

std::optional<Finding> nodeNetworkMissing(const Subject& s)
{
    const KubeNodeFact* node = s.facts.outerNode;
    const Condition* condition =
        node == nullptr ? nullptr : conditionWith(node->conditions, "NetworkUnavailable", "True");
    if (condition == nullptr)
        return std::nullopt;
    return finding(s, "A7", Severity::Critical,
                   tr("The network of outer node %1 is not set up", {s.item.name}),
                   tr("Look at the CNI's pod on that node."), conditionProof(s, "Node", *condition));
}

} // namespace

std::vector<Rule> hostRules()
{
    return {hostLinkLost, hostWithoutKvm, hostShortOfMemory};
}

std::vector<Rule> outerNodeRules()
{
    return {nodeNotReady,      nodeWithoutKvm,     virtHandlerLost,
            nodeUnderPressure, nodeNetworkMissing, obsoleteCpu};
}

} // namespace strata::diagnosis
