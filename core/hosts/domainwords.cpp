// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hosts/domainwords.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/diagnosis/blast.h"

#include <functional>

namespace strata::hosts {

using namespace stack;
using virt::DomainKeeper;
using virt::DomainVerb;

namespace {

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("hosts", text), values);
}

bool stops(DomainVerb verb)
{
    switch (verb) {
    case DomainVerb::Shutdown:
    case DomainVerb::Reboot:
    case DomainVerb::Suspend:
    case DomainVerb::Reset:
    case DomainVerb::Destroy:
    case DomainVerb::RevertSnapshot:
        return true;
    default:
        return false;
    }
}

bool comesBack(DomainVerb verb)
{
    return verb == DomainVerb::Reboot || verb == DomainVerb::Reset;
}

// The items down to the VMs: below them is nothing that a domain could be.
void walk(const Stack& stack, ItemId id, const std::function<bool(const Item&)>& visit)
{
    const Item* item = stack.find(id);
    if (item == nullptr || !visit(*item) || item->kind == ItemKind::Vm)
        return;
    for (const ItemId child : item->childrenIn(Tree::Stack))
        walk(stack, child, visit);
}

} // namespace

std::string labelOf(DomainVerb verb)
{
    switch (verb) {
    case DomainVerb::Start:
        return say("Start");
    case DomainVerb::Shutdown:
        return say("Shut down");
    case DomainVerb::Reboot:
        return say("Reboot");
    case DomainVerb::Suspend:
        return say("Pause");
    case DomainVerb::Resume:
        return say("Resume");
    case DomainVerb::Reset:
        return say("Reset");
    case DomainVerb::Destroy:
        return say("Force off");
    case DomainVerb::AutostartOn:
        return say("Start with the host");
    case DomainVerb::AutostartOff:
        return say("Do not start with the host");
    case DomainVerb::Define:
        return say("Edit XML…");
    case DomainVerb::CreateSnapshot:
        return say("Take snapshot");
    case DomainVerb::RevertSnapshot:
        return say("Go back to snapshot");
    case DomainVerb::DeleteSnapshot:
        return say("Delete snapshot");
    case DomainVerb::Undefine:
        return say("Delete…");
    }
    return {};
}

std::string tipOf(DomainVerb verb)
{
    switch (verb) {
    case DomainVerb::Start:
        return say("Power the domain on");
    case DomainVerb::Shutdown:
        return say("Ask the guest to shut down (ACPI)");
    case DomainVerb::Reboot:
        return say("Ask the guest to reboot (ACPI)");
    case DomainVerb::Suspend:
        return say("Stop its CPUs; memory stays");
    case DomainVerb::Resume:
        return say("Let its CPUs run again");
    case DomainVerb::Reset:
        return say("Reset it as the button does, without asking the guest");
    case DomainVerb::Destroy:
        return say("Power it off at once, without asking the guest");
    case DomainVerb::AutostartOn:
        return say("libvirt starts it when the host starts");
    case DomainVerb::AutostartOff:
        return say("libvirt leaves it off when the host starts");
    case DomainVerb::Define:
        return say("Change its definition, compared and checked by libvirt before it is written");
    case DomainVerb::CreateSnapshot:
        return say("Keep its disks, and its memory while it runs, as they are now");
    case DomainVerb::RevertSnapshot:
        return say("Set disks and memory back to what they were");
    case DomainVerb::DeleteSnapshot:
        return say("Give up what a snapshot keeps");
    case DomainVerb::Undefine:
        return say("Take the domain off the host, with its volumes if wanted");
    }
    return {};
}

const char* iconOf(DomainVerb verb)
{
    switch (verb) {
    case DomainVerb::Start:
    case DomainVerb::Resume:
        return "play";
    case DomainVerb::Shutdown:
        return "power";
    case DomainVerb::Reboot:
    case DomainVerb::Reset:
        return "restart";
    case DomainVerb::Suspend:
        return "pause";
    case DomainVerb::Destroy:
        return "stop";
    case DomainVerb::AutostartOn:
    case DomainVerb::AutostartOff:
        return "up";
    case DomainVerb::Define:
        return "edit";
    case DomainVerb::CreateSnapshot:
        return "save";
    case DomainVerb::RevertSnapshot:
        return "back";
    case DomainVerb::DeleteSnapshot:
    case DomainVerb::Undefine:
        return "delete";
    }
    return "";
}

Carried carriedBy(const Stack& stack, const std::string& uuid)
{
    Carried out;
    if (uuid.empty())
        return out;
    for (const ItemId root : stack.roots(Tree::Stack)) {
        walk(stack, root, [&](const Item& item) {
            if (out.item)
                return false;
            const ItemFacts facts = stack.facts(item.id);
            if (item.kind == ItemKind::Vm && facts.vmi != nullptr && toLower(facts.vmi->firmwareUuid) == uuid)
                out = {item.id, false, item.ns + "/" + item.name};
            else if (item.kind == ItemKind::OuterNode && facts.outerNode != nullptr &&
                     facts.outerNode->systemUuid == uuid)
                out = {item.id, true, item.name};
            return !out.item;
        });
    }
    return out;
}

std::string carriedText(const Carried& carried, DomainKeeper keeper)
{
    if (carried.item)
        return carried.outerNode ? say("outer node %1", {carried.name})
                                 : say("VM %1 of KubeVirt", {carried.name});
    return keeper == DomainKeeper::KubeVirt ? say("of KubeVirt")
           : keeper == DomainKeeper::Strata ? say("made as an outer node")
                                            : std::string();
}

std::vector<std::string> whoNotices(const Stack& stack, const Carried& carried, DomainKeeper keeper,
                                    DomainVerb verb, bool volumes)
{
    std::vector<std::string> out;
    const bool kubevirt = keeper == DomainKeeper::KubeVirt || (carried.item && !carried.outerNode);
    if (kubevirt && (stops(verb) || verb == DomainVerb::Define || verb == DomainVerb::Undefine))
        out.push_back(carried.item
                          ? say("It is VM %1 of KubeVirt, which is not told and may start it again. Its "
                                "own actions are on the VM.",
                                {carried.name})
                          : say("It belongs to KubeVirt, which is not told and may start it again."));
    if (stops(verb) && carried.item) {
        const diagnosis::Blast blast = diagnosis::whatIf(
            stack, carried.outerNode ? diagnosis::What::HostDies : diagnosis::What::VmStops, carried.item);
        if (carried.outerNode) {
            const std::string count = std::to_string(blast.vms.size());
            out.push_back(
                blast.vms.empty() ? say("It carries outer node %1, on which no VM runs.", {carried.name})
                : comesBack(verb)
                    ? say("It carries outer node %1: the VMs on it (%2) go down with it.",
                          {carried.name, count})
                    : say("It carries outer node %1: the VMs on it (%2) go down with it. Drain the node "
                          "first.",
                          {carried.name, count}));
        }
        for (const diagnosis::QuorumHit& hit : blast.quorums) {
            const std::string remain = std::to_string(hit.healthy - hit.lost);
            const std::string members = std::to_string(hit.members);
            out.push_back(
                hit.breaks()
                    ? say("etcd of %1 loses its quorum: %2 of %3 members remain. Its API is away until "
                          "they are back.",
                          {hit.name, remain, members})
                    : say("etcd of %1 keeps its quorum: %2 of %3 members remain.",
                          {hit.name, remain, members}));
        }
        for (const diagnosis::TenantHit& hit : blast.tenants)
            out.push_back(comesBack(verb)
                              ? say("Tenant %1 loses %2 of its nodes with %3 pods on them for a while.",
                                    {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)})
                              : say("Tenant %1 loses %2 of its nodes with %3 pods on them.",
                                    {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)}));
    }
    if (verb == DomainVerb::Destroy || verb == DomainVerb::Reset)
        out.push_back(say("What the guest has not written to its disks is lost, as in a power cut."));
    if (verb == DomainVerb::RevertSnapshot)
        out.push_back(say("What was written to its disks since is lost."));
    if (verb == DomainVerb::Undefine) {
        if (carried.item && carried.outerNode)
            out.push_back(
                say("Outer node %1 does not come back. Delete its Node object, too.", {carried.name}));
        out.push_back(volumes ? say("Its disks are deleted with it; nothing brings them back.")
                              : say("Its disks stay where they are."));
        out.push_back(say("Snapshots, a saved state and firmware variables go with it."));
    }
    return out;
}

provision::Plan auditPlan(const std::string& uri, const std::string& domain,
                          const virt::DomainRequest& request)
{
    provision::Plan plan;
    plan.id = provision::newPlanId();
    plan.action = std::string("domain-") + toString(request.verb);
    plan.server = cleanText(uri);
    const std::string name = cleanText(domain);
    switch (request.verb) {
    case DomainVerb::CreateSnapshot:
        plan.title = say("Take snapshot %1 of domain %2", {cleanText(request.snapshot), name});
        break;
    case DomainVerb::RevertSnapshot:
        plan.title = say("Set domain %2 back to snapshot %1", {cleanText(request.snapshot), name});
        break;
    case DomainVerb::DeleteSnapshot:
        plan.title = say("Delete snapshot %1 of domain %2", {cleanText(request.snapshot), name});
        break;
    case DomainVerb::Define:
        plan.title = request.domain.empty() ? say("Define domain %1", {name})
                                            : say("Change the definition of domain %1", {name});
        break;
    case DomainVerb::Undefine:
        plan.title = request.volumes ? say("Delete domain %1 and its volumes", {name})
                                     : say("Delete domain %1", {name});
        break;
    case DomainVerb::AutostartOn:
        plan.title = say("Start domain %1 with its host", {name});
        break;
    case DomainVerb::AutostartOff:
        plan.title = say("Do not start domain %1 with its host", {name});
        break;
    default:
        plan.title = say("%1 domain %2", {labelOf(request.verb), name});
        break;
    }
    return plan;
}

} // namespace strata::hosts
