// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

#include <algorithm>

// Group G: inside the inner cluster.
namespace strata::diagnosis {
namespace {

using stack::Condition;
using stack::KubeNodeFact;
using stack::PodFact;

std::optional<Finding> cniMissing(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    const Condition* ready = node == nullptr ? nullptr : conditionWith(node->conditions, "Ready", "False");
    if (ready == nullptr || ready->message.find("NetworkPluginNotReady") == std::string::npos)
        return std::nullopt;
    // A node that has just joined waits for its network's pods.
    const bool lasts = olderThan(s, std::max(node->meta.created, ready->since), 3LL * 60 * 1000);
    return finding(s, "G1", lasts ? Severity::Critical : Severity::Info,
                   tr("Inner node %1 has no working CNI", {s.item.name}),
                   tr("Install a CNI in the tenant cluster, or read the log of the one that is there."),
                   conditionProof(s, "Node", *ready));
}

std::optional<Finding> nodeSilent(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    const Condition* ready = node == nullptr ? nullptr : conditionWith(node->conditions, "Ready", "Unknown");
    if (ready == nullptr || node->meta.deleting != 0)
        return std::nullopt;
    return finding(s, "G4", Severity::Critical, tr("Inner node %1 does not answer any more", {s.item.name}),
                   tr("Look at the VM below it; when that runs, at the kubelet in the guest."),
                   conditionProof(s, "Node", *ready));
}

std::optional<Finding> nodeNotReady(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    const Condition* ready = node == nullptr ? nullptr : conditionWith(node->conditions, "Ready", "False");
    if (ready == nullptr || node->meta.deleting != 0 ||
        ready->message.find("NetworkPluginNotReady") != std::string::npos)
        return std::nullopt;
    return finding(s, "G4", Severity::Critical, tr("Inner node %1 is not ready", {s.item.name}),
                   tr("Read the kubelet's log in the guest."), conditionProof(s, "Node", *ready));
}

std::optional<Finding> nodeUnderPressure(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    if (node == nullptr)
        return std::nullopt;
    for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
        if (const Condition* condition = conditionWith(node->conditions, type, "True"))
            return finding(s, "G4", Severity::Warning,
                           tr("Inner node %1 is under pressure (%2)", {s.item.name, type}),
                           tr("Move pods away or give the VM more."), conditionProof(s, "Node", *condition));
    }
    return std::nullopt;
}

std::optional<Finding> nodeUninitialized(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    if (node == nullptr)
        return std::nullopt;
    for (const std::string& taint : node->taints) {
        if (taint.starts_with("node.cloudprovider.kubernetes.io/uninitialized") ||
            taint.starts_with("node.cluster.x-k8s.io/uninitialized"))
            return finding(s, "G13",
                           olderThan(s, node->meta.created, 5LL * 60 * 1000) ? Severity::Warning
                                                                             : Severity::Info,
                           tr("Inner node %1 is still marked as not initialized", {s.item.name}),
                           tr("Check the cloud controller manager and the node's providerID."),
                           fieldProof(s, "Node", "spec.taints", taint));
    }
    return std::nullopt;
}

// E9; older providers forget to take the node's cordon back when its VM has moved.
std::optional<Finding> leftCordoned(const Subject& s)
{
    const KubeNodeFact* node = s.facts.innerNode;
    if (node == nullptr || !node->unschedulable || node->meta.deleting != 0 || s.facts.vmi == nullptr ||
        !s.facts.vmi->evacuationNode.empty() || !s.facts.vmi->migrationTarget.empty() ||
        (s.facts.machine != nullptr && s.facts.machine->meta.deleting != 0))
        return std::nullopt;
    return finding(s, "E9", Severity::Info, tr("Inner node %1 is cordoned, and its VM stays", {s.item.name}),
                   tr("Uncordon it when nobody works on it."),
                   fieldProof(s, "Node", "spec.unschedulable", "true"));
}

const PodFact* podWith(const Subject& s, bool (*matches)(const PodFact&))
{
    for (const PodFact* pod : s.facts.pods) {
        if (pod->meta.deleting == 0 && matches(*pod))
            return pod;
    }
    return nullptr;
}

Finding podFinding(const Subject& s, const PodFact& pod, const char* rule, Severity severity,
                   std::string title, std::string remedy)
{
    Proof proof;
    for (const stack::ObjectRef& object : s.stack.objects(s.item.id)) {
        if (object.uid == pod.meta.uid)
            proof.object = object;
    }
    proof.field = "status.phase";
    proof.value = pod.phase;
    if (!pod.reason.empty())
        proof.value += " · " + pod.reason;
    if (!pod.message.empty())
        proof.value += ": " + pod.message;
    return finding(s, rule, severity, std::move(title), std::move(remedy), std::move(proof));
}

std::optional<Finding> podsPending(const Subject& s)
{
    const PodFact* pod = podWith(s, [](const PodFact& p) { return p.reason == "Unschedulable"; });
    if (pod == nullptr)
        return std::nullopt;
    return podFinding(s, *pod, "G11", Severity::Critical, tr("No inner node can take %1", {pod->meta.name}),
                      tr("Add a worker to the tenant's pool, or lower what the pod requests."));
}

std::optional<Finding> podsFail(const Subject& s)
{
    const PodFact* pod = podWith(s, [](const PodFact& p) {
        for (const char* reason :
             {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "OOMKilled", "Evicted",
              "CreateContainerConfigError", "CreateContainerError", "InvalidImageName"}) {
            if (p.reason == reason)
                return true;
        }
        return p.phase == "Failed";
    });
    if (pod == nullptr)
        return std::nullopt;
    return podFinding(s, *pod, "G11", Severity::Critical, tr("%1 fails in %2", {s.item.name, s.item.ns}),
                      tr("Read the pod's events and log."));
}

// Running but not ready; a pod that has just started is on its way and no finding.
std::optional<Finding> podsNotReady(const Subject& s)
{
    const PodFact* pod =
        podWith(s, [](const PodFact& p) { return p.phase == "Running" && !p.ready && p.reason.empty(); });
    if (pod == nullptr || s.item.own < stack::Health::Warning)
        return std::nullopt;
    const bool none = s.item.own == stack::Health::Failed;
    return podFinding(s, *pod, "G11", none ? Severity::Critical : Severity::Warning,
                      none ? tr("No pod of %1 is ready", {s.item.name})
                           : tr("Not all pods of %1 are ready", {s.item.name}),
                      tr("Read the pod's readiness probe and log."));
}

} // namespace

std::vector<Rule> innerNodeRules()
{
    return {cniMissing, nodeSilent, nodeNotReady, nodeUnderPressure, nodeUninitialized, leftCordoned};
}

std::vector<Rule> workloadRules()
{
    return {podsPending, podsFail, podsNotReady};
}

} // namespace strata::diagnosis
