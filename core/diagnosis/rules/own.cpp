// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"
#include "core/stack/health.h"

#include <algorithm>

// Group S: what Strata says itself, of connections and of states that no rule of the catalogue explains.
namespace strata::diagnosis {
namespace {

using stack::Health;
using stack::ItemKind;
using stack::Verdict;

Verdict verdictOf(const Subject& s)
{
    const stack::ItemFacts& f = s.facts;
    switch (s.item.kind) {
    case ItemKind::Host:
        return f.host != nullptr ? stack::hostVerdict(*f.host) : Verdict{};
    case ItemKind::Domain:
        return f.domain != nullptr ? stack::domainVerdict(*f.domain) : Verdict{};
    case ItemKind::OuterNode:
        return f.outerNode != nullptr ? stack::nodeVerdict(*f.outerNode, true) : Verdict{};
    case ItemKind::InnerNode:
        return f.innerNode != nullptr ? stack::nodeVerdict(*f.innerNode, false) : Verdict{};
    case ItemKind::Vm:
        return f.vm != nullptr || f.vmi != nullptr
                   ? stack::vmVerdict(f.vm, f.vmi, f.machine, f.kubevirtMachine)
                   : Verdict{};
    case ItemKind::Workload:
        return stack::workloadVerdict(f.pods);
    case ItemKind::TenantCluster:
        return f.cluster != nullptr ? stack::clusterVerdict(*f.cluster) : Verdict{};
    case ItemKind::ControlPlane:
        return f.controlPlane != nullptr ? stack::controlPlaneVerdict(*f.controlPlane) : Verdict{};
    case ItemKind::WorkerPool:
        return f.machineDeployment != nullptr ? stack::machineDeploymentVerdict(*f.machineDeployment)
                                              : Verdict{};
    case ItemKind::Machine:
        return f.machine != nullptr ? stack::machineVerdict(*f.machine, f.kubevirtMachine) : Verdict{};
    case ItemKind::Placeholder:
        break;
    }
    return {};
}

Proof linkProof(const stack::SourceState& source)
{
    Proof proof;
    proof.object.source = source.id;
    proof.object.kind = source.kind == stack::SourceKind::Host ? "Host" : "Cluster";
    proof.object.name = source.name;
    proof.field = "connection";
    proof.value = source.error.text.empty() ? source.address : source.error.text;
    if (!source.error.detail.empty() && source.error.detail != source.error.text)
        proof.value += " · " + source.error.detail;
    proof.since = source.lastHeard;
    return proof;
}

} // namespace

std::optional<Finding> hostLinkLost(const Subject& s)
{
    const stack::SourceState* source = s.stack.source(s.item.source);
    if (source == nullptr || source->phase != stack::LinkPhase::Waiting)
        return std::nullopt;
    // libvirt alone may be down; with the Kubernetes node on it silent, too, it is the machine.
    const auto& nodes = s.item.childrenIn(stack::Tree::Stack);
    const bool dead = !nodes.empty() && std::all_of(nodes.begin(), nodes.end(), [&](stack::ItemId id) {
        const stack::ItemFacts facts = s.stack.facts(id);
        const stack::Condition* ready =
            facts.outerNode != nullptr ? stack::findCondition(facts.outerNode->conditions, "Ready") : nullptr;
        return ready != nullptr && ready->status == "Unknown";
    });
    if (dead)
        return finding(s, "A3", Severity::Critical,
                       tr("Host %1 is down: neither libvirt nor its Kubernetes node answers", {s.item.name}),
                       tr("Look at the machine itself: power, console or BMC, network."), linkProof(*source));
    return finding(
        s, "S1", Severity::Warning,
        source->lastHeard > 0 ? tr("libvirt on host %1 does not answer any more", {s.item.name})
                              : tr("libvirt on host %1 cannot be reached", {s.item.name}),
        tr("What is shown of the host is as it was last seen. Check libvirtd there and the way to it; "
           "Strata tries again by itself."),
        linkProof(*source));
}

std::optional<Finding> tenantLinkLost(const Subject& s)
{
    const stack::SourceState* source = s.facts.innerSource;
    if (source == nullptr || source->phase != stack::LinkPhase::Waiting || s.facts.cluster == nullptr ||
        s.facts.cluster->meta.deleting != 0 || s.facts.cluster->phase != "Provisioned")
        return std::nullopt;
    Finding out = finding(s, "S1", Severity::Warning,
                          source->lastHeard > 0
                              ? tr("The API of tenant %1 does not answer Strata any more", {s.item.name})
                              : tr("Strata cannot reach the API of tenant %1", {s.item.name}),
                          tr("What is shown inside the tenant is as it was last seen. Check its endpoint, "
                             "its control plane's VMs "
                             "and the way from here to it."),
                          linkProof(*source));
    out.summary = true; // when its VMs are down, that is why
    return out;
}

std::optional<Finding> ownStatus(const Subject& s, Severity found)
{
    if (s.item.own < Health::Warning)
        return std::nullopt;
    const Verdict verdict = verdictOf(s); // a host that only answers for its node says nothing here
    const Severity wanted = verdict.health == Health::Failed    ? Severity::Critical
                            : verdict.health == Health::Warning ? Severity::Warning
                                                                : Severity::Info;
    if (wanted <= found)
        return std::nullopt;
    std::string value = verdict.state;
    if (!verdict.rawReason.empty() && verdict.rawReason != verdict.state)
        value += (value.empty() ? "" : " · ") + verdict.rawReason;
    std::string reason = verdict.reason;
    if (reason.ends_with('.'))
        reason.pop_back();
    const std::vector<stack::ObjectRef> objects = s.stack.objects(s.item.id);
    Proof proof;
    if (!objects.empty())
        proof.object = objects.front();
    proof.field = "status";
    proof.value = std::move(value);
    proof.since = verdict.since;
    Finding out = finding(s, "S3", wanted,
                          reason.empty() ? tr("%1 is %2", {s.item.name, verdict.state})
                                         : tr("%1: %2", {s.item.name, reason}),
                          tr("Read its conditions and events."), std::move(proof));
    out.summary = s.item.kind == ItemKind::ControlPlane || s.item.kind == ItemKind::WorkerPool ||
                  s.item.kind == ItemKind::TenantCluster || s.item.kind == ItemKind::Domain ||
                  s.item.kind == ItemKind::Machine;
    return out;
}

} // namespace strata::diagnosis
