// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/diagnosis/versionpairs.h"
#include "core/stack/health.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

// Group F: Cluster API and its KubeVirt provider, in both contract shapes: the same condition types carry
// other reasons in v1beta1 and v1beta2.
namespace strata::diagnosis {
namespace {

using stack::Condition;

struct Waiting {
    const char* reason;
    const char* rule;
    Severity severity;
    const char* title;
    const char* remedy;
};

// KubevirtMachine VMProvisioned=False (provider KubeVirt api/v1alpha1/condition_consts.go). Waiting for
// something that comes by itself is Info: it explains nothing above it.
constexpr std::array<Waiting, 10> kVmProvisioned = {{
    {"WaitingForClusterInfrastructure", "F5", Severity::Info,
     mark("Machine %1 waits for the cluster's load balancer"),
     mark("See the KubevirtCluster's LoadBalancerAvailable.")},
    {"WaitingForControlPlaneAvailable", "F6", Severity::Info,
     mark("Machine %1 waits for the first control plane machine"),
     mark("Look at the control plane's first machine.")},
    {"WaitingForBootstrapData", "F7", Severity::Info, mark("Machine %1 waits for its bootstrap data"),
     mark("Look at its KubeadmConfig.")},
    {"VMCreateFailed", "F9", Severity::Critical, mark("The VM of machine %1 could not be created"),
     mark("The message holds the API server's own words: quota, webhook or RBAC.")},
    {"VMNotReady", "F10", Severity::Warning, mark("The VM of machine %1 is not ready"),
     mark("Look at the VM.")},
    {"Unschedulable", "D1", Severity::Critical, mark("No outer node can take the VM of machine %1"),
     mark("Free or add room on the outer nodes.")},
    {"DVPending", "C15", Severity::Warning, mark("The disk of machine %1 is not there yet"),
     mark("Look at its DataVolume: storage class, quota.")},
    {"DVFailed", "C15", Severity::Critical, mark("The disk of machine %1 could not be filled"),
     mark("Look at its DataVolume and the importer's log.")},
    {"DVNotReady", "C15", Severity::Info, mark("The disk of machine %1 is being filled"),
     mark("Watch its DataVolume.")},
    {"DVImagePullFailed", "C6", Severity::Critical, mark("The disk image of machine %1 cannot be pulled"),
     mark("Check the image's name and that the cluster reaches its registry.")},
}};

std::optional<Finding> vmNotProvisioned(const Subject& s)
{
    if (s.facts.kubevirtMachine == nullptr || s.facts.kubevirtMachine->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.kubevirtMachine->conditions, "VMProvisioned", "False");
    if (condition == nullptr)
        return std::nullopt;
    for (const char* words : {"exceeded quota", "exceeds quota"}) {
        if (condition->message.find(words) != std::string::npos)
            return finding(
                s, "C4", Severity::Critical,
                tr("The quota of %1 has no room for machine %2", {s.item.ns, s.item.name}),
                tr("Raise the namespace's ResourceQuota; scratch volumes of an import count, too."),
                conditionProof(s, "KubevirtMachine", *condition));
    }
    for (const Waiting& waiting : kVmProvisioned) {
        if (condition->reason == waiting.reason) {
            // A VM is not ready, and its disk not there, until it is.
            const bool patient =
                waiting.severity == Severity::Warning && !olderThan(s, condition->since, 10LL * 60 * 1000);
            Finding out = finding(s, waiting.rule, patient ? Severity::Info : waiting.severity,
                                  tr(marked(waiting.title), {s.item.name}), tr(marked(waiting.remedy)),
                                  conditionProof(s, "KubevirtMachine", *condition));
            // What CAPK copies from the VM and its disk is known better there.
            out.summary = out.severity != Severity::Info;
            return out;
        }
    }
    return std::nullopt;
}

std::optional<Finding> notBootstrapped(const Subject& s)
{
    const stack::KubevirtMachineFact* machine = s.facts.kubevirtMachine;
    if (machine == nullptr || machine->meta.deleting != 0 ||
        !stack::isTrue(machine->conditions, "VMProvisioned"))
        return std::nullopt;
    const Condition* condition = conditionWith(machine->conditions, "BootstrapExecSucceeded", "False");
    if (condition == nullptr)
        return std::nullopt;
    const bool lasts = olderThan(s, condition->since, 15LL * 60 * 1000);
    return finding(
        s, "F11", lasts ? Severity::Warning : Severity::Info,
        tr("Machine %1 has not finished its bootstrap", {s.item.name}),
        tr("Normal while it boots. When it lasts: read its serial console, then cloud-init and kubelet "
           "in the guest; the management cluster must reach its SSH port."),
        conditionProof(s, "KubevirtMachine", *condition));
}

std::optional<Finding> nodeMissing(const Subject& s)
{
    const stack::MachineFact* machine = s.facts.machine;
    if (machine == nullptr || !machine->nodeName.empty() || machine->meta.deleting != 0 ||
        s.facts.kubevirtMachine == nullptr ||
        !stack::isTrue(s.facts.kubevirtMachine->conditions, "BootstrapExecSucceeded"))
        return std::nullopt;
    for (const char* type : {"NodeHealthy", "NodeReady"}) {
        const Condition* condition = stack::findCondition(machine->conditions, type);
        if (condition == nullptr || condition->status == "True")
            continue;
        // Cluster API calls it InspectionFailed, too, while it waits for the node of a machine.
        const bool waits = condition->message.starts_with("Waiting for a Node with spec.providerID");
        if (!waits && !reasonIn(*condition, {"NodeDoesNotExist", "NodeProvisioning", "WaitingForNodeRef",
                                             "NodeNotFound"}))
            continue;
        // A node joins within moments of its bootstrap.
        const bool lasts = condition->since == 0 || olderThan(s, condition->since, 3LL * 60 * 1000);
        return finding(s, "F14", lasts ? Severity::Warning : Severity::Info,
                       tr("The node of machine %1 has not appeared", {s.item.name}),
                       tr("The inner node must be named like the machine and carry its providerID."),
                       conditionProof(s, "Machine", *condition));
    }
    return std::nullopt;
}

std::optional<Finding> nodeUnhealthy(const Subject& s)
{
    const stack::MachineFact* machine = s.facts.machine;
    if (machine == nullptr || machine->nodeName.empty() || machine->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = stack::findCondition(machine->conditions, "NodeHealthy");
    if (condition == nullptr || condition->status == "True")
        return std::nullopt;
    if (reasonIn(*condition, {"ConnectionDown", "InspectionFailed", "NodeInspectionFailed"}))
        return finding(s, "F15", Severity::Warning,
                       tr("Cluster API cannot see the node of machine %1", {s.item.name}),
                       tr("Check the way from the management cluster to the tenant's API endpoint."),
                       conditionProof(s, "Machine", *condition));
    if (condition->message.find("NetworkPluginNotReady") != std::string::npos) // the node tells: G1
        return std::nullopt;
    Finding out =
        finding(s, "G4", Severity::Critical, tr("The node of machine %1 is not healthy", {s.item.name}),
                tr("Look at the node and at the VM below it."), conditionProof(s, "Machine", *condition));
    out.summary = true; // the node or the VM knows why
    return out;
}

// G5, G7: parts of the control plane on this machine.
std::optional<Finding> controlPlanePartUnhealthy(const Subject& s)
{
    const stack::MachineFact* machine = s.facts.machine;
    if (machine == nullptr || !machine->controlPlane || machine->meta.deleting != 0)
        return std::nullopt;
    struct Part {
        const char* type;
        const char* rule;
        const char* title;
    };
    static constexpr std::array<Part, 5> parts = {
        {{"EtcdMemberHealthy", "G5", mark("The etcd member on machine %1 is not healthy")},
         {"EtcdPodHealthy", "G5", mark("The etcd pod on machine %1 is not healthy")},
         {"APIServerPodHealthy", "G7", mark("The API server on machine %1 is not healthy")},
         {"ControllerManagerPodHealthy", "G7", mark("The controller manager on machine %1 is not healthy")},
         {"SchedulerPodHealthy", "G7", mark("The scheduler on machine %1 is not healthy")}}};
    for (const Part& part : parts) {
        const Condition* condition = conditionWith(machine->conditions, part.type, "False");
        if (condition != nullptr && condition->reason != "Provisioning")
            return finding(s, part.rule, Severity::Critical, tr(marked(part.title), {s.item.name}),
                           tr("Read the static pod's log in the guest, or on its serial console."),
                           conditionProof(s, "Machine", *condition));
    }
    return std::nullopt;
}

// F23; Cluster API itself names the stage. A deletion that has just begun is normal.
std::optional<Finding> deletionHangs(const Subject& s)
{
    const stack::MachineFact* machine = s.facts.machine;
    if (machine == nullptr || machine->meta.deleting == 0)
        return std::nullopt;
    const Condition* condition = conditionWith(machine->conditions, "Deleting", "True");
    if (condition == nullptr ||
        (condition->message.find("in progress since more than") == std::string::npos &&
         !olderThan(s, machine->meta.deleting, 15LL * 60 * 1000)))
        return std::nullopt;
    return finding(s, "F23", Severity::Warning, tr("The deletion of machine %1 does not end", {s.item.name}),
                   tr("The message names the stage; see what holds it before removing any finalizer."),
                   conditionProof(s, "Machine", *condition));
}

std::optional<Finding> machineFailed(const Subject& s)
{
    if (s.facts.machine == nullptr || s.facts.machine->phase != "Failed")
        return std::nullopt;
    return finding(s, "F26", Severity::Critical, tr("Cluster API gave up on machine %1", {s.item.name}),
                   tr("Delete the machine; its owner makes a new one."),
                   fieldProof(s, "Machine", "status.phase", "Failed"));
}

std::optional<Finding> bootstrapUnchecked(const Subject& s)
{
    const Condition* condition =
        s.facts.kubevirtMachine == nullptr
            ? nullptr
            : conditionWith(s.facts.kubevirtMachine->conditions, "BootstrapExecSucceeded", "True");
    if (condition == nullptr || condition->reason != "BootstrapCheckingNotSupported")
        return std::nullopt;
    return finding(s, "F13", Severity::Info, tr("The bootstrap of machine %1 was not checked", {s.item.name}),
                   tr("Its image cannot be asked; whether it worked shows when its node appears."),
                   conditionProof(s, "KubevirtMachine", *condition));
}

// E10, F26: the provider's word is final; its owner replaces the machine.
std::optional<Finding> infrastructureFailed(const Subject& s)
{
    const Condition* condition = s.facts.kubevirtMachine == nullptr
                                     ? nullptr
                                     : conditionWith(s.facts.kubevirtMachine->conditions, "Failure", "True");
    if (condition == nullptr || s.facts.kubevirtMachine->meta.deleting != 0)
        return std::nullopt;
    if (condition->message.find("marked for eviction due to infra node drain") != std::string::npos)
        return finding(
            s, "E10", Severity::Info, tr("Machine %1 gives way to a drain and is replaced", {s.item.name}),
            tr("Expected: its owner makes another one."), conditionProof(s, "KubevirtMachine", *condition));
    return finding(s, "F26", Severity::Critical, tr("The VM of machine %1 has ended for good", {s.item.name}),
                   tr("Delete the machine; its owner makes a new one."),
                   conditionProof(s, "KubevirtMachine", *condition));
}

std::optional<Finding> machineInfrastructureGone(const Subject& s)
{
    const Condition* condition =
        s.facts.machine == nullptr || s.facts.machine->meta.deleting != 0
            ? nullptr
            : conditionWith(s.facts.machine->conditions, "InfrastructureReady", "False");
    if (condition == nullptr ||
        !reasonIn(*condition, {"ObjectDoesNotExist", "ObjectDeleted", "InvalidConditionReported"}))
        return std::nullopt;
    return finding(s, "F20", Severity::Critical, tr("The object behind machine %1 is gone", {s.item.name}),
                   tr("Delete the machine; its owner makes a new one."),
                   conditionProof(s, "Machine", *condition));
}

std::optional<Finding> notRemediated(const Subject& s)
{
    if (s.facts.machine == nullptr || s.facts.machine->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.machine->conditions, "OwnerRemediated", "False");
    if (condition == nullptr || !reasonIn(*condition, {"CannotBeRemediated", "RemediationDeferred"}))
        return std::nullopt;
    Finding out =
        finding(s, "F22", Severity::Warning, tr("Machine %1 is unhealthy and is not replaced", {s.item.name}),
                tr("The message says what forbids it: too few replicas, or the quorum of etcd."),
                conditionProof(s, "Machine", *condition));
    out.summary = true; // why it is unhealthy is known lower
    return out;
}

// G8. Certificates of a control plane machine are renewed by its rollout.
std::optional<Finding> certificatesExpire(const Subject& s)
{
    constexpr UnixMs day = 24LL * 3600 * 1000;
    const stack::MachineFact* machine = s.facts.machine;
    if (machine == nullptr || machine->certificatesExpire == 0 || machine->meta.deleting != 0 ||
        !olderThan(s, machine->certificatesExpire - 30 * day, 0))
        return std::nullopt;
    const bool over = olderThan(s, machine->certificatesExpire, 0);
    return finding(s, "G8", over ? Severity::Critical : Severity::Warning,
                   over ? tr("The certificates of machine %1 have expired", {s.item.name})
                        : tr("The certificates of machine %1 expire in %2",
                             {s.item.name, formatAge(machine->certificatesExpire - s.now)}),
                   tr("Roll the control plane out before then (rolloutBefore of its KubeadmControlPlane)."),
                   fieldProof(s, "Machine",
                              "metadata.annotations[machine.cluster.x-k8s.io/certificates-expiry]",
                              formatRfc3339(machine->certificatesExpire)));
}

// F17, F19: of a control plane or a pool.
std::optional<Finding> templateNotCloned(const Subject& s, const char* kind,
                                         const std::vector<Condition>& conditions)
{
    for (const Condition& condition : conditions) {
        if (condition.status == "False" &&
            reasonIn(condition, {"InfrastructureTemplateCloningFailed", "BootstrapTemplateCloningFailed",
                                 "MachineCreationFailed", "MachineGenerationFailed"}))
            return finding(s, "F19", Severity::Critical, tr("%1 cannot make machines", {s.item.name}),
                           tr("Its template is missing or was changed in place: the message names it."),
                           conditionProof(s, kind, condition));
    }
    return std::nullopt;
}

std::optional<Finding> planeTemplate(const Subject& s)
{
    return s.facts.controlPlane == nullptr
               ? std::nullopt
               : templateNotCloned(s, "KubeadmControlPlane", s.facts.controlPlane->conditions);
}

// The proof is the set's: a deployment does not repeat it.
std::optional<Finding> ofSets(const Subject& s, std::optional<Finding> (*rule)(const Subject&, const char*,
                                                                               const std::vector<Condition>&))
{
    for (const stack::ObjectFact* set : s.facts.machineSets) {
        if (set->meta.deleting != 0 || fieldOf(*set, "replicas") == "0")
            continue;
        if (std::optional<Finding> found = rule(s, "MachineSet", set->conditions)) {
            found->evidence.front().object =
                stack::objectRef(s.item.source, set->meta, "machinesets", "MachineSet");
            return found;
        }
    }
    return std::nullopt;
}

std::optional<Finding> poolTemplate(const Subject& s)
{
    if (s.facts.machineDeployment == nullptr)
        return std::nullopt;
    if (std::optional<Finding> found =
            templateNotCloned(s, "MachineDeployment", s.facts.machineDeployment->conditions))
        return found;
    return ofSets(s, templateNotCloned);
}

std::optional<Finding> planeHeldBack(const Subject& s)
{
    if (s.facts.controlPlane == nullptr)
        return std::nullopt;
    for (const Condition& condition : s.facts.controlPlane->conditions) {
        if (condition.message.find("preflight checks") == std::string::npos)
            continue;
        Finding out = finding(s, "F17", Severity::Warning,
                              tr("%1 is held back: a machine of it is not healthy", {s.item.name}),
                              tr("The message names machine and check; mend it first."),
                              conditionProof(s, "KubeadmControlPlane", condition));
        out.summary = true;
        return out;
    }
    return std::nullopt;
}

std::optional<Finding> etcdUnhealthy(const Subject& s)
{
    if (s.facts.controlPlane == nullptr)
        return std::nullopt;
    const Condition* condition =
        conditionWith(s.facts.controlPlane->conditions, "EtcdClusterHealthy", "False");
    if (condition == nullptr)
        return std::nullopt;
    Finding out = finding(s, "G5", Severity::Critical,
                          tr("The etcd cluster of %1 is not healthy", {s.facts.controlPlane->meta.name}),
                          tr("Keep the healthy members running: do not drain their hosts."),
                          conditionProof(s, "KubeadmControlPlane", *condition));
    out.summary = true;
    return out;
}

std::optional<Finding> certificatesMissing(const Subject& s)
{
    const Condition* condition =
        s.facts.controlPlane == nullptr
            ? nullptr
            : conditionWith(s.facts.controlPlane->conditions, "CertificatesAvailable", "False");
    if (condition == nullptr)
        return std::nullopt;
    // Before its infrastructure is there, nobody has made them yet.
    if (condition->reason == "NotAvailable" && !s.facts.controlPlane->initialized)
        return std::nullopt;
    return finding(s, "G8", Severity::Critical,
                   tr("The certificates of %1 are not there", {s.facts.controlPlane->meta.name}),
                   tr("See the secrets <cluster>-ca, -etcd, -proxy and -sa."),
                   conditionProof(s, "KubeadmControlPlane", *condition));
}

std::optional<Finding> machinesNotReady(const Subject& s, const char* kind, int replicas, int ready,
                                        const std::vector<Condition>& conditions)
{
    if (replicas <= 0 || ready >= replicas)
        return std::nullopt;
    // While it is rolling or scaling, fewer ready machines than wanted are the plan.
    for (const char* busy : {"RollingOut", "ScalingUp", "ScalingDown"}) {
        if (stack::isTrue(conditions, busy))
            return std::nullopt;
    }
    // Machines that are being built are on their way: each of them says so itself when it is not.
    if (s.item.own < stack::Health::Warning)
        return std::nullopt;
    Finding out = finding(s, "F10", ready <= 0 ? Severity::Critical : Severity::Warning,
                          tr("%1 of %2 machines of %3 are ready",
                             {std::to_string(std::max(ready, 0)), std::to_string(replicas), s.item.name}),
                          tr("Look at the machines that are not."),
                          fieldProof(s, kind, "status.readyReplicas", std::to_string(std::max(ready, 0))));
    out.summary = true;
    return out;
}

std::optional<Finding> controlPlaneShort(const Subject& s)
{
    const stack::ControlPlaneFact* plane = s.facts.controlPlane;
    if (plane == nullptr || !plane->initialized || plane->meta.deleting != 0)
        return std::nullopt;
    return machinesNotReady(s, "KubeadmControlPlane", plane->replicas, plane->readyReplicas,
                            plane->conditions);
}

std::optional<Finding> poolShort(const Subject& s)
{
    const stack::MachineDeploymentFact* pool = s.facts.machineDeployment;
    if (pool == nullptr || pool->meta.deleting != 0 || pool->phase == "ScalingUp" ||
        pool->phase == "ScalingDown")
        return std::nullopt;
    return machinesNotReady(s, "MachineDeployment", pool->replicas, pool->readyReplicas, pool->conditions);
}

std::optional<Finding> heldBack(const Subject& s, const char* kind, const std::vector<Condition>& conditions)
{
    const Condition* held = conditionWith(conditions, "MachinesCreated", "False");
    if (held == nullptr || held->reason != "PreflightCheckFailed") {
        held = conditionWith(conditions, "ScalingUp", "True");
        if (held == nullptr || held->message.find("preflight") == std::string::npos)
            return std::nullopt;
    }
    return finding(s, "F18", Severity::Warning,
                   tr("Pool %1 is held back by a preflight check", {s.item.name}),
                   tr("The message names what must come first."), conditionProof(s, kind, *held));
}

// F18: the pool would grow but may not.
std::optional<Finding> poolHeldBack(const Subject& s)
{
    if (s.facts.machineDeployment == nullptr)
        return std::nullopt;
    if (std::optional<Finding> found =
            heldBack(s, "MachineDeployment", s.facts.machineDeployment->conditions))
        return found;
    return ofSets(s, heldBack);
}

std::optional<Finding> clusterPaused(const Subject& s)
{
    if (s.facts.cluster == nullptr || !s.facts.cluster->paused)
        return std::nullopt;
    return finding(s, "F21", Severity::Warning,
                   tr("Cluster API does not act on %1: it is paused", {s.item.name}),
                   tr("Unpause the cluster when the work that needed the pause is done."),
                   fieldProof(s, "Cluster", "spec.paused", "true"));
}

std::optional<Finding> clusterUnreachable(const Subject& s)
{
    if (s.facts.cluster == nullptr)
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.cluster->conditions, "RemoteConnectionProbe", "False");
    if (condition == nullptr || s.facts.cluster->phase == "Provisioning" ||
        s.facts.cluster->phase == "Pending")
        return std::nullopt;
    Finding out = finding(
        s, "F15", Severity::Warning, tr("The management cluster cannot reach the API of %1", {s.item.name}),
        tr("Check its load balancer and its control plane's VMs."), conditionProof(s, "Cluster", *condition));
    out.summary = true; // when its VMs are down, that is why
    return out;
}

std::optional<Finding> clusterInfrastructure(const Subject& s)
{
    if (s.facts.cluster == nullptr || s.facts.cluster->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.cluster->conditions, "InfrastructureReady", "False");
    if (condition == nullptr)
        return std::nullopt;
    if (reasonIn(*condition, {"ObjectDoesNotExist", "ObjectDeleted", "InvalidConditionReported"}))
        return finding(
            s, "F20", Severity::Critical, tr("The infrastructure object of %1 is gone", {s.item.name}),
            tr("Create it again, or delete the cluster."), conditionProof(s, "Cluster", *condition));
    if (s.facts.kubevirtCluster != nullptr) // the provider's object says it better
        return std::nullopt;
    return finding(s, "F1", Severity::Warning, tr("The infrastructure of %1 is not ready", {s.item.name}),
                   tr("Mostly its load balancer: install one, or choose NodePort or ClusterIP."),
                   conditionProof(s, "Cluster", *condition));
}

// F1–F3, from the provider's own object: the load balancer before the control plane.
std::optional<Finding> loadBalancer(const Subject& s)
{
    constexpr UnixMs patience = 2 * 60 * 1000;
    const stack::ObjectFact* infra = s.facts.kubevirtCluster;
    if (infra == nullptr || infra->meta.deleting != 0)
        return std::nullopt;
    const auto proof = [&](const Condition& condition) {
        Proof out = conditionProof(s, "Cluster", condition);
        out.object = stack::objectRef(s.item.source, infra->meta, "kubevirtclusters", "KubevirtCluster");
        return out;
    };
    if (const Condition* condition = conditionWith(infra->conditions, "LoadBalancerAvailable", "False")) {
        if (condition->message.find("integer overflow") != std::string::npos)
            return finding(
                s, "F2", Severity::Critical,
                tr("The load balancer Service of %1 cannot be created", {s.item.name}),
                tr("The provider hides the true error behind this message: create the Service by hand "
                   "with --dry-run=server to see it (RBAC, quota, name)."),
                proof(*condition));
        if (!olderThan(s, condition->since, patience))
            return std::nullopt;
        return finding(
            s, "F1", Severity::Critical, tr("The load balancer of %1 has no address", {s.item.name}),
            tr("Install a load balancer (MetalLB, kube-vip), or choose NodePort or ClusterIP for the "
               "control plane's Service."),
            proof(*condition));
    }
    const Condition* ready = conditionWith(infra->conditions, "LoadBalancerAvailable", "True");
    if (ready != nullptr && !infra->fields.contains("controlPlaneEndpoint.host"))
        return finding(s, "F3", Severity::Critical,
                       tr("The load balancer of %1 gives a name and no address", {s.item.name}),
                       tr("The provider reads the address only: set spec.controlPlaneEndpoint by hand."),
                       proof(*ready));
    return std::nullopt;
}

// F4: explains why Strata itself cannot see into the tenant.
std::optional<Finding> endpointInside(const Subject& s)
{
    const stack::ObjectFact* infra = s.facts.kubevirtCluster;
    if (infra == nullptr || s.facts.innerSource == nullptr ||
        s.facts.innerSource->phase != stack::LinkPhase::Waiting || s.facts.innerSource->lastHeard != 0)
        return std::nullopt;
    const auto type = infra->fields.find("controlPlaneServiceTemplate.spec.type");
    if (type != infra->fields.end() && type->second != "ClusterIP")
        return std::nullopt;
    Proof proof;
    proof.object = stack::objectRef(s.item.source, infra->meta, "kubevirtclusters", "KubevirtCluster");
    proof.field = "spec.controlPlaneServiceTemplate.spec.type";
    proof.value = type == infra->fields.end() ? tr("not set: ClusterIP") : type->second;
    return finding(s, "F4", Severity::Info,
                   tr("The API of %1 can be reached from inside the outer cluster only", {s.item.name}),
                   tr("Choose NodePort or LoadBalancer for its Service, or reach it through a port-forward."),
                   std::move(proof));
}

std::optional<Finding> topologyWaits(const Subject& s)
{
    const Condition* condition = s.facts.cluster == nullptr ? nullptr
                                                            : conditionWith(s.facts.cluster->conditions,
                                                                            "TopologyReconciled", "False");
    if (condition == nullptr)
        return std::nullopt;
    const bool failed =
        reasonIn(*condition, {"ReconcileFailed", "ClusterClassNotReconciled", "TopologyReconcileFailed"});
    return finding(s, "F24", failed ? Severity::Warning : Severity::Info,
                   failed ? tr("The topology of %1 cannot be reconciled", {s.item.name})
                          : tr("The topology of %1 is being rolled out step by step", {s.item.name}),
                   failed ? tr("The message says what is wrong with its ClusterClass or variables.")
                          : tr("The message names what comes first."),
                   conditionProof(s, "Cluster", *condition));
}

std::optional<Finding> clusterDeletionHangs(const Subject& s)
{
    if (s.facts.cluster == nullptr || s.facts.cluster->meta.deleting == 0 ||
        !olderThan(s, s.facts.cluster->meta.deleting, 30LL * 60 * 1000))
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.cluster->conditions, "Deleting", "True");
    return finding(
        s, "F23", Severity::Warning, tr("The deletion of cluster %1 does not end", {s.item.name}),
        tr("See which of its machines remain and what holds them; do not remove finalizers blindly."),
        condition != nullptr
            ? conditionProof(s, "Cluster", *condition)
            : fieldProof(s, "Cluster", "metadata.deletionTimestamp",
                         formatRfc3339(s.facts.cluster->meta.deleting), s.facts.cluster->meta.deleting));
}

// F22: the health check would replace machines and may not.
std::optional<Finding> remediationHeld(const Subject& s)
{
    for (const stack::ObjectFact* check : s.facts.healthChecks) {
        const Condition* condition = conditionWith(check->conditions, "RemediationAllowed", "False");
        if (condition == nullptr || check->meta.deleting != 0)
            continue;
        Proof proof = conditionProof(s, "Cluster", *condition);
        proof.object =
            stack::objectRef(s.item.source, check->meta, "machinehealthchecks", "MachineHealthCheck");
        return finding(
            s, "F22", Severity::Warning,
            tr("Too many machines of %1 are unwell for its health check to replace any", {s.item.name}),
            tr("Look for what they have in common (CNI, host, network) and mend that; the check goes "
               "on by itself."),
            std::move(proof));
    }
    return std::nullopt;
}

// A6: certificates and leases live by the clock.
std::optional<Finding> clocksDiffer(const Subject& s)
{
    constexpr std::int64_t least = 30'000;
    const stack::SourceState* inner = s.facts.innerSource;
    const stack::SourceState* outer = s.stack.source(s.item.source);
    if (inner == nullptr || outer == nullptr || inner->phase != stack::LinkPhase::Live)
        return std::nullopt;
    const std::int64_t apart = inner->clockOffsetMs - outer->clockOffsetMs;
    if (apart < least && apart > -least)
        return std::nullopt;
    const std::string seconds = std::to_string((apart < 0 ? -apart : apart) / 1000);
    Proof proof;
    proof.object.source = inner->id;
    proof.object.kind = "Cluster";
    proof.object.name = inner->name;
    proof.field = "Date";
    proof.value = apart > 0 ? tr("%1 s ahead of %2", {seconds, outer->name})
                            : tr("%1 s behind %2", {seconds, outer->name});
    return finding(s, "A6", Severity::Warning,
                   tr("The clock of %1's API server is not that of its management cluster", {s.item.name}),
                   tr("Let hosts and guests follow the same time servers (chrony; KubeadmConfigSpec.ntp)."),
                   std::move(proof));
}

// G10
std::optional<Finding> patchTooNew(const Subject& s)
{
    const stack::ControlPlaneFact* plane = s.facts.controlPlane;
    if (plane == nullptr || plane->meta.deleting != 0)
        return std::nullopt;
    for (const stack::ObjectFact* deployment : s.stack.platform(s.item.source, stack::FactKind::Deployment)) {
        if (deployment->meta.name != "capi-controller-manager")
            continue;
        const std::string image = fieldOf(*deployment, "image");
        const std::size_t colon = image.rfind(':');
        if (colon == std::string::npos || !badPair(plane->version, std::string_view(image).substr(colon + 1)))
            return std::nullopt;
        Proof proof;
        proof.object = stack::objectRef(s.item.source, deployment->meta, "deployments", "Deployment");
        proof.field = "spec.template.spec.containers[0].image";
        proof.value = image + " · " + plane->version;
        return finding(
            s, "G10", Severity::Warning,
            tr("%1 runs Kubernetes %2, which is newer than this Cluster API knows",
               {plane->meta.name, plane->version}),
            tr("Upgrade Cluster API to v1.11.11, v1.12.8, v1.13.2 or newer: until then exec and logs are "
               "forbidden in the tenant."),
            std::move(proof));
    }
    return std::nullopt;
}

// F17, as the control plane's controller says it when no condition does.
std::optional<Finding> planeEvents(const Subject& s)
{
    if (s.facts.controlPlane == nullptr || s.facts.controlPlane->meta.deleting != 0)
        return std::nullopt;
    const stack::ControlPlaneFact& plane = *s.facts.controlPlane;
    const stack::ObjectFact* event =
        warningOf(s, {"ControlPlaneUnhealthy", "FailedScaleUp", "FailedScaleDown", "FailedInitialization"},
                  10LL * 60 * 1000);
    if (event == nullptr)
        return std::nullopt;
    Finding out = finding(s, "F17", Severity::Warning,
                          tr("The control plane %1 waits before it goes on", {plane.meta.name}),
                          tr("The message names the machine and what it lacks."), eventProof(s, *event));
    out.summary = true;
    return out;
}

std::optional<Finding> clusterFailed(const Subject& s)
{
    if (s.facts.cluster == nullptr || s.facts.cluster->phase != "Failed")
        return std::nullopt;
    return finding(s, "F20", Severity::Critical, tr("Cluster API gave up on %1", {s.item.name}),
                   tr("See the cluster's conditions."), fieldProof(s, "Cluster", "status.phase", "Failed"));
}

std::optional<Finding> clusterNotAvailable(const Subject& s)
{
    if (s.facts.cluster == nullptr || s.facts.cluster->phase != "Provisioned" ||
        s.facts.cluster->meta.deleting != 0)
        return std::nullopt;
    const Condition* condition = conditionWith(s.facts.cluster->conditions, "Available", "False");
    if (condition == nullptr || s.item.own < stack::Health::Warning)
        return std::nullopt;
    Finding out =
        finding(s, "F15", Severity::Warning, tr("Tenant cluster %1 is not fully available", {s.item.name}),
                tr("The message lists its parts."), conditionProof(s, "Cluster", *condition));
    out.summary = true;
    return out;
}

} // namespace

std::vector<Rule> machineRules()
{
    return {machineFailed,
            vmNotProvisioned,
            notBootstrapped,
            nodeMissing,
            nodeUnhealthy,
            deletionHangs,
            controlPlanePartUnhealthy,
            infrastructureFailed,
            machineInfrastructureGone,
            notRemediated,
            certificatesExpire,
            bootstrapUnchecked};
}

std::vector<Rule> controlPlaneRules()
{
    return {etcdUnhealthy,     certificatesMissing, planeTemplate, planeHeldBack,
            controlPlaneShort, patchTooNew,         planeEvents};
}

std::vector<Rule> poolRules()
{
    return {poolTemplate, poolHeldBack, poolShort};
}

std::vector<Rule> clusterRules()
{
    return {clusterFailed,        loadBalancer,          endpointInside,     topologyWaits,
            clusterDeletionHangs, clusterInfrastructure, clusterUnreachable, clusterPaused,
            tenantLinkLost,       clusterNotAvailable,   remediationHeld,    clocksDiffer};
}

} // namespace strata::diagnosis
