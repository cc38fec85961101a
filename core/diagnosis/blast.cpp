// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/blast.h"

#include "core/base/quantity.h"
#include "core/base/translate.h"
#include "core/stack/health.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

namespace strata::diagnosis {

using namespace stack;

namespace {

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Blast", text), values);
}

int rank(Fate fate)
{
    switch (fate) {
    case Fate::Blocks:
        return 0;
    case Fate::NoRoom:
        return 1;
    case Fate::Stays:
        return 2;
    case Fate::Restarts:
        return 3;
    case Fate::Migrates:
        return 4;
    }
    return 5;
}

class Planner {
public:
    Planner(const Stack& stack, const std::unordered_set<ItemId>& leaving)
        : m_stack(stack), m_capacity(capacityOf(stack))
    {
        std::erase_if(m_capacity.nodes,
                      [&](const NodeRoom& node) { return leaving.contains(node.node) || !node.takesVms; });
        std::erase_if(m_capacity.nodes, [&](const NodeRoom& node) {
            const Item* item = stack.find(node.node);
            return item != nullptr && leaving.contains(item->parentIn(Tree::Stack));
        });
    }

    // Where the most memory is free, as the scheduler spreads; takes the room. None: nowhere.
    ItemId place(const Item& vm)
    {
        const ItemFacts facts = m_stack.facts(vm.id);
        Amount need;
        if (facts.launcher != nullptr && facts.launcher->requests.memoryBytes > 0) {
            need = facts.launcher->requests;
        } else {
            need.cpuMilli = static_cast<std::int64_t>(std::ceil(
                double(std::max<std::int64_t>(vm.capacity.cpuMilli, 0)) * m_capacity.launcher.cpuPerVcpu));
            need.memoryBytes =
                std::max<std::int64_t>(vm.capacity.memoryBytes, 0) + m_capacity.launcher.memoryOverhead;
        }
        NodeRoom* best = nullptr;
        for (NodeRoom& node : m_capacity.nodes) {
            const Item* item = m_stack.find(node.node);
            if (item == nullptr || item->source != vm.source || node.free.memoryBytes < need.memoryBytes ||
                (node.free.cpuMilli >= 0 && node.free.cpuMilli < need.cpuMilli))
                continue;
            if (best == nullptr || node.free.memoryBytes > best->free.memoryBytes)
                best = &node;
        }
        if (best == nullptr)
            return {};
        best->free.memoryBytes -= need.memoryBytes;
        if (best->free.cpuMilli >= 0)
            best->free.cpuMilli -= std::max<std::int64_t>(need.cpuMilli, 0);
        return best->node;
    }

private:
    const Stack& m_stack;
    Capacity m_capacity;
};

void carried(const Stack& stack, ItemId id, std::vector<ItemId>& all, std::vector<const Item*>& vms)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return;
    all.push_back(id);
    if (item->kind == ItemKind::Vm)
        vms.push_back(item);
    for (const ItemId child : item->childrenIn(Tree::Stack))
        carried(stack, child, all, vms);
}

VmFate fateOf(const Stack& stack, Planner& planner, What what, const Item& vm)
{
    VmFate out;
    out.vm = vm.id;
    const ItemFacts facts = stack.facts(vm.id);
    if (what == What::VmStops) {
        out.fate = Fate::Stays;
        out.why = say("It stays down until it is started again.");
        return out;
    }
    const std::string strategy = facts.vm != nullptr ? facts.vm->runStrategy : std::string();
    const bool comesBack = strategy.empty() || strategy == "Always" || strategy == "RerunOnFailure";
    if (what == What::NodeDrains && facts.vmi != nullptr) {
        const std::string& eviction = facts.vmi->evictionStrategy;
        const bool migratable = !isFalse(facts.vmi->conditions, "LiveMigratable");
        if (eviction == "LiveMigrate" || eviction == "LiveMigrateIfPossible" || eviction == "External") {
            if (migratable && eviction != "External") {
                out.target = planner.place(vm);
                out.fate = out.target ? Fate::Migrates : Fate::Blocks;
                out.why = out.target ? say("It is migrated live.")
                                     : say("It would be migrated, but no other node has room for it.");
                return out;
            }
            if (eviction == "LiveMigrate") {
                out.fate = Fate::Blocks;
                const stack::Condition* live = stack::findCondition(facts.vmi->conditions, "LiveMigratable");
                out.why = live == nullptr || live->message.empty()
                              ? say("It must be migrated live and cannot be.")
                              : say("It must be migrated live and cannot be: %1", {live->message});
                return out;
            }
            if (eviction == "External") {
                out.target = planner.place(vm);
                out.fate = out.target ? Fate::Restarts : Fate::NoRoom;
                out.why = out.target ? say("Its inner node is drained first, then its machine is replaced.")
                                     : say("Its machine would be replaced, but no other node has room.");
                return out;
            }
        }
    }
    if (!comesBack) {
        out.fate = Fate::Stays;
        out.why = say("Its run strategy %1 does not start it again.", {strategy});
        return out;
    }
    out.target = planner.place(vm);
    out.fate = out.target ? Fate::Restarts : Fate::NoRoom;
    if (!out.target)
        out.why = say("No other node has room for it.");
    else if (what == What::HostDies)
        out.why = say("It starts elsewhere once Kubernetes has given the node up.");
    else
        out.why = say("It is shut down here and started elsewhere.");
    return out;
}

void addTenants(const Stack& stack, Blast& out)
{
    std::unordered_set<ItemId> down; // VMs that are not there for a while, at the same time
    for (const VmFate& fate : out.vms) {
        if (fate.fate != Fate::Migrates && fate.fate != Fate::Blocks)
            down.insert(fate.vm);
    }
    out.down.assign(down.begin(), down.end());
    std::sort(out.down.begin(), out.down.end());
    std::map<ItemId, TenantHit> tenants;
    std::unordered_set<ItemId> planes;
    for (const ItemId id : down) {
        const Item* vm = stack.find(id);
        for (ItemId up = vm->parentIn(Tree::Tenants); up;) {
            const Item* item = stack.find(up);
            if (item == nullptr)
                break;
            if (item->kind == ItemKind::ControlPlane)
                planes.insert(up);
            if (item->kind == ItemKind::TenantCluster) {
                TenantHit& hit = tenants[up];
                hit.cluster = up;
                hit.name = item->name;
                ++hit.nodes;
                hit.pods += vm->pods;
            }
            up = item->parentIn(Tree::Tenants);
        }
    }
    for (auto& [id, hit] : tenants) {
        out.touched.push_back(id);
        out.tenants.push_back(std::move(hit));
    }
    std::stable_sort(out.tenants.begin(), out.tenants.end(), [](const TenantHit& a, const TenantHit& b) {
        return a.pods != b.pods ? a.pods > b.pods : a.name < b.name;
    });
    for (const ItemId id : planes) {
        const Item* plane = stack.find(id);
        QuorumHit hit;
        hit.controlPlane = id;
        hit.name = plane->tenant;
        for (const ItemId machineId : plane->childrenIn(Tree::Tenants)) {
            const Item* machine = stack.find(machineId);
            if (machine == nullptr || machine->kind != ItemKind::Machine)
                continue;
            ++hit.members;
            const bool well = machine->health < Health::Warning && machine->tenantBelow < Health::Failed;
            hit.healthy += well ? 1 : 0;
            for (const ItemId vm : machine->childrenIn(Tree::Tenants))
                hit.lost += well && down.contains(vm) ? 1 : 0;
        }
        out.touched.push_back(id);
        out.quorums.push_back(std::move(hit));
    }
    std::stable_sort(out.quorums.begin(), out.quorums.end(), [](const QuorumHit& a, const QuorumHit& b) {
        return a.breaks() != b.breaks() ? a.breaks() : a.name < b.name;
    });
}

} // namespace

int Blast::count(Fate fate) const
{
    return static_cast<int>(
        std::count_if(vms.begin(), vms.end(), [fate](const VmFate& each) { return each.fate == fate; }));
}

const char* toString(Fate fate)
{
    switch (fate) {
    case Fate::Migrates:
        return "migrates";
    case Fate::Restarts:
        return "restarts";
    case Fate::Stays:
        return "stays down";
    case Fate::NoRoom:
        return "no room";
    case Fate::Blocks:
        return "blocks";
    }
    return "";
}

Blast whatIf(const Stack& stack, What what, ItemId id)
{
    Blast out;
    out.what = what;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return out;
    if (what == What::VmStops) {
        if (item->kind == ItemKind::Machine || item->kind == ItemKind::InnerNode) {
            for (const ItemId other : stack.related(id)) {
                const Item* vm = stack.find(other);
                if (vm != nullptr && vm->kind == ItemKind::Vm)
                    return whatIf(stack, what, other);
            }
            return out;
        }
        if (item->kind != ItemKind::Vm)
            return out;
        out.title = say("VM %1 stops", {item->name});
    } else {
        if (item->kind != ItemKind::Host && item->kind != ItemKind::OuterNode)
            return out;
        if (what == What::HostDies)
            out.title = item->kind == ItemKind::Host ? say("Host %1 dies", {item->name})
                                                     : say("Outer node %1 dies", {item->name});
        else
            out.title = say("%1 is drained", {item->name});
    }
    std::vector<const Item*> vms;
    carried(stack, id, out.touched, vms);
    // The largest first: they have the fewest places to go.
    std::stable_sort(vms.begin(), vms.end(), [](const Item* a, const Item* b) {
        return a->capacity.memoryBytes != b->capacity.memoryBytes
                   ? a->capacity.memoryBytes > b->capacity.memoryBytes
                   : a->key < b->key;
    });
    Planner planner(stack, {id});
    for (const Item* vm : vms)
        out.vms.push_back(fateOf(stack, planner, what, *vm));
    std::stable_sort(out.vms.begin(), out.vms.end(),
                     [](const VmFate& a, const VmFate& b) { return rank(a.fate) < rank(b.fate); });
    addTenants(stack, out);
    return out;
}

std::string blastText(const Stack& stack, const Blast& blast)
{
    std::string out = blast.title + "\n";
    for (const QuorumHit& hit : blast.quorums)
        out += "  " +
               (hit.breaks()
                    ? say("etcd of %1 loses its quorum: %2 of %3 members remain",
                          {hit.name, std::to_string(hit.healthy - hit.lost), std::to_string(hit.members)})
                    : say("etcd of %1 keeps its quorum: %2 of %3 members remain",
                          {hit.name, std::to_string(hit.healthy - hit.lost), std::to_string(hit.members)})) +
               "\n";
    for (const TenantHit& hit : blast.tenants)
        out += "  " +
               say("tenant %1: %2 nodes with %3 pods go down",
                   {hit.name, std::to_string(hit.nodes), std::to_string(hit.pods)}) +
               "\n";
    for (const VmFate& fate : blast.vms) {
        const Item* vm = stack.find(fate.vm);
        const Item* target = stack.find(fate.target);
        if (vm != nullptr)
            out += "  " + vm->name + ": " + toString(fate.fate) +
                   (target != nullptr ? " → " + target->name : "") + "\n";
    }
    return out;
}

} // namespace strata::diagnosis
