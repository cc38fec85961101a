// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/audit.h"
#include "core/actions/build.h"
#include "core/base/translatable.h"

#include <nlohmann/json.hpp>

#include <algorithm>

// Outer nodes: cordon, uncordon, drain, maintenance.
namespace strata::actions {

using namespace provision;
using namespace stack;
using diagnosis::Fate;

namespace {

constexpr int kDrainSeconds = 3600;

void letStay(Builder& builder, Step& step, ItemId id, const std::string& node)
{
    for (const VmiFact* vmi : leavingGuests(builder.stack(), id)) {
        Write stay;
        stay.verb = Verb::Call;
        stay.object = patchOf(vmi->meta, "VirtualMachineInstance");
        stay.call = "evacuate/cancel";
        stay.body = Object(Json{{"evacuationNodeName", node}});
        step.writes.push_back(std::move(stay));
        builder.notice(say("%1 was told to leave and stays.", {vmi->meta.ns + "/" + vmi->meta.name}));
    }
}

// The taints of a node with the mark of maintenance, or without it. A list is written as a whole.
Json taintsOf(const Object& node, bool marked)
{
    Json out = Json::array();
    const Json& json = node.json();
    if (json.contains(Json::json_pointer("/spec/taints")) && json["spec"]["taints"].is_array()) {
        for (const Json& taint : json["spec"]["taints"]) {
            if (taint.is_object() && taint.value("key", std::string()) != kMaintenanceKey)
                out.push_back(taint);
        }
    }
    if (marked)
        out.push_back({{"key", kMaintenanceKey}, {"effect", "NoSchedule"}});
    return out;
}

constexpr const char* mark(const char* text)
{
    return translatable("Actions", text);
}

void noticeDrain(Builder& builder, ItemId id)
{
    const Stack& stack = builder.stack();
    const diagnosis::Blast blast = diagnosis::whatIf(stack, diagnosis::What::NodeDrains, id);
    builder.fates.insert(builder.fates.end(), blast.vms.begin(), blast.vms.end());
    builder.down.insert(builder.down.end(), blast.down.begin(), blast.down.end());
    const std::string node = stack.find(id)->name;
    if (blast.vms.empty())
        builder.notice(say("No VM runs on %1.", {node}));
    const std::pair<Fate, const char*> sentences[] = {
        {Fate::Blocks, mark("%1 of the %2 VMs on %3 keep the drain from ending.")},
        {Fate::NoRoom, mark("%1 of the %2 VMs on %3 find no room elsewhere and stay down.")},
        {Fate::Stays,
         mark("%1 of the %2 VMs on %3 stay down: their run strategy does not start them again.")},
        {Fate::Restarts, mark("%1 of the %2 VMs on %3 are shut down and started elsewhere.")},
        {Fate::Migrates, mark("%1 of the %2 VMs on %3 are migrated live.")}};
    for (const auto& [fate, sentence] : sentences) {
        if (const int count = blast.count(fate); count > 0)
            builder.notice(
                say(marked(sentence), {std::to_string(count), std::to_string(blast.vms.size()), node}));
    }
    for (const diagnosis::QuorumHit& hit : blast.quorums)
        builder.notice(
            hit.breaks()
                ? say("etcd of %1 loses its quorum when all of them go at once: %2 of %3 members "
                      "remain.",
                      {hit.name, std::to_string(hit.healthy - hit.lost), std::to_string(hit.members)})
                : say("etcd of %1 keeps its quorum: %2 of %3 members remain.",
                      {hit.name, std::to_string(hit.healthy - hit.lost), std::to_string(hit.members)}));
    for (const diagnosis::TenantHit& hit : blast.tenants)
        builder.notice(say("Tenant %1 loses %2 of its nodes with %3 pods on them for a while.",
                           {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)}));
}

} // namespace

bool inMaintenance(const KubeNodeFact& node)
{
    const std::string mark = kMaintenanceKey;
    return std::any_of(node.taints.begin(), node.taints.end(), [&](const std::string& taint) {
        return taint.rfind(mark, 0) == 0 &&
               (taint.size() == mark.size() || taint[mark.size()] == ':' || taint[mark.size()] == '=');
    });
}

// A VM that was told to leave its node and is still there keeps leaving after the node was uncordoned.
std::vector<const VmiFact*> leavingGuests(const Stack& stack, ItemId node)
{
    std::vector<const VmiFact*> out;
    const Item* item = stack.find(node);
    if (item == nullptr)
        return out;
    for (const ItemId child : item->childrenIn(Tree::Stack)) {
        const VmiFact* vmi = stack.facts(child).vmi;
        if (vmi != nullptr && vmi->evacuationNode == item->name)
            out.push_back(vmi);
    }
    return out;
}

std::string nodeWhyNot(const Stack& stack, Action action, ItemId id)
{
    const KubeNodeFact* node = stack.facts(id).outerNode;
    if (node == nullptr)
        return say("It is not known to its cluster.");
    if (node->meta.deleting != 0)
        return say("It is being deleted.");
    if (action == Action::CordonNode && node->unschedulable)
        return say("It is cordoned already.");
    if (action == Action::UncordonNode && !node->unschedulable)
        return say("It is not cordoned.");
    if (action == Action::UncordonNode && inMaintenance(*node))
        return say("It is in maintenance: end that instead.");
    if (action == Action::StartMaintenance && inMaintenance(*node))
        return say("It is in maintenance already.");
    if (action == Action::EndMaintenance && !inMaintenance(*node))
        return say("It is not in maintenance.");
    if (action == Action::CancelEvacuation && leavingGuests(stack, id).empty())
        return say("No VM was told to leave it.");
    return {};
}

Result<void> nodePlan(Builder& builder)
{
    const Stack& stack = builder.stack();
    const Request& request = builder.request();
    const std::size_t count = request.items.size();
    const std::string one =
        count == 1 ? stack.find(request.items.front())->name : say("%1 nodes", {std::to_string(count)});
    const bool starts = request.action == Action::StartMaintenance;
    const bool ends = request.action == Action::EndMaintenance;
    const bool drain = request.action == Action::DrainNode || starts;
    builder.plan.title = request.action == Action::CordonNode     ? say("Cordon %1", {one})
                         : request.action == Action::UncordonNode ? say("Uncordon %1", {one})
                         : request.action == Action::CancelEvacuation
                             ? say("Cancel the evacuation of %1", {one})
                         : starts ? say("Start maintenance of %1", {one})
                         : ends   ? say("End maintenance of %1", {one})
                                  : say("Drain %1", {one});
    if (request.action == Action::CancelEvacuation) {
        builder.notice(say("Nobody: what has left is elsewhere; what is still there stays. The node remains "
                           "cordoned."));
        Step& step = builder.step(say("Let what was told to leave %1 stay", {one}));
        for (const ItemId id : request.items)
            letStay(builder, step, id, stack.find(id)->name);
        return {};
    }
    if (!drain)
        builder.notice(request.action == Action::CordonNode
                           ? say("Nobody: what runs there stays; nothing new comes.")
                           : say("Nobody: it takes pods and VMs again."));
    else
        builder.notice(
            say("Disruption budgets inside tenants are held by who drains their own nodes; they do "
                "not stop this."));
    // All are cordoned before one is emptied: what leaves one must not move to the next.
    for (const ItemId id : request.items) {
        const KubeNodeFact& node = *stack.facts(id).outerNode;
        const bool on = request.action != Action::UncordonNode && !ends;
        const bool marks = starts || ends;
        if (on == node.unschedulable && !marks)
            continue;
        const Object* now = nullptr;
        if (marks) {
            const Ref ref = refOf(node.meta, "Node");
            now = builder.read(Target::Outer, ref);
            if (now == nullptr && builder.asked(Target::Outer, ref))
                return refuse(say("%1 is not there, or may not be read.", {ref.title()}));
            if (now == nullptr)
                continue;
        }
        Step& step = builder.step(starts ? say("Cordon %1 and mark it", {node.meta.name})
                                  : on   ? say("Cordon %1", {node.meta.name})
                                         : say("Uncordon %1", {node.meta.name}));
        Object patch = patchOf(node.meta, "Node");
        Object back(node.meta.apiVersion, "Node", {}, node.meta.name);
        patch.edit()["spec"]["unschedulable"] = on ? Json(true) : Json(nullptr);
        back.edit()["spec"]["unschedulable"] = on ? Json(nullptr) : Json(true);
        if (now != nullptr) {
            back.edit()["spec"]["unschedulable"] = node.unschedulable ? Json(true) : Json(nullptr);
            patch.edit()["spec"]["taints"] = taintsOf(*now, starts);
            back.edit()["spec"]["taints"] = taintsOf(*now, ends);
            // Who and when, for those who find it so.
            patch.edit()["metadata"]["annotations"][kMaintenanceKey] =
                starts ? Json(auditWho() + " " + formatRfc3339(request.now)) : Json(nullptr);
            back.edit()["metadata"]["annotations"][kMaintenanceKey] =
                starts ? Json(nullptr) : Json(now->annotation(kMaintenanceKey));
        }
        step.writes.push_back(change(std::move(patch), std::move(back)));
        if (!on)
            letStay(builder, step, id, node.meta.name);
    }
    if (starts)
        builder.notice(say("It stays marked and empty until its maintenance is ended."));
    if (!drain)
        return {};
    for (const ItemId id : request.items) {
        const KubeNodeFact& node = *stack.facts(id).outerNode;
        noticeDrain(builder, id);
        Step& step = builder.step(say("Move everything away from %1", {node.meta.name}));
        step.timeoutSeconds = kDrainSeconds;
        Write write;
        write.verb = Verb::Drain;
        write.object = patchOf(node.meta, "Node");
        if (request.force)
            write.body = Object(Json{{"force", true}});
        step.writes.push_back(std::move(write));
    }
    std::stable_sort(builder.fates.begin(), builder.fates.end(),
                     [](const diagnosis::VmFate& a, const diagnosis::VmFate& b) {
                         const auto rank = [](Fate fate) {
                             return fate == Fate::Blocks     ? 0
                                    : fate == Fate::NoRoom   ? 1
                                    : fate == Fate::Stays    ? 2
                                    : fate == Fate::Restarts ? 3
                                                             : 4;
                         };
                         return rank(a.fate) < rank(b.fate);
                     });
    return {};
}

} // namespace strata::actions
