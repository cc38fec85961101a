// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/problems.h"

#include <algorithm>
#include <unordered_map>

namespace strata::ui {

using namespace stack;

namespace {

bool unhealthy(const Item& item)
{
    return item.health >= Health::Warning && item.kind != ItemKind::Placeholder;
}

bool isTenantKind(ItemKind kind)
{
    return kind == ItemKind::TenantCluster || kind == ItemKind::ControlPlane ||
           kind == ItemKind::WorkerPool || kind == ItemKind::Machine;
}

// The unhealthy item nearest below a tenant item: machines, then their VM, then what carries or is in it.
ItemId causeInTenant(const Stack& stack, const Item& item)
{
    for (const ItemId childId : item.childrenIn(Tree::Tenants)) {
        const Item* child = stack.find(childId);
        if (child == nullptr)
            continue;
        if (child->kind == ItemKind::Vm) {
            if (unhealthy(*child))
                return childId;
            for (ItemId up = child->parentIn(Tree::Stack); up;) {
                const Item* carrier = stack.find(up);
                if (carrier == nullptr)
                    break;
                if (carrier->health == Health::Failed && carrier->kind != ItemKind::Placeholder)
                    return up;
                up = carrier->parentIn(Tree::Stack);
            }
            for (const ItemId nodeId : child->childrenIn(Tree::Stack)) {
                const Item* node = stack.find(nodeId);
                if (node != nullptr && node->kind == ItemKind::InnerNode && unhealthy(*node))
                    return nodeId;
            }
            continue;
        }
        if (unhealthy(*child))
            return childId;
        if (child->tenantBelow < Health::Warning)
            continue;
        if (const ItemId deeper = causeInTenant(stack, *child))
            return deeper;
    }
    return {};
}

// The busy machine or VM below a tenant item that waits for it.
ItemId busyInTenant(const Stack& stack, const Item& item)
{
    for (const ItemId childId : item.childrenIn(Tree::Tenants)) {
        const Item* child = stack.find(childId);
        if (child == nullptr)
            continue;
        if (const ItemId deeper = busyInTenant(stack, *child))
            return deeper;
        if (child->health == Health::Progressing &&
            (child->kind == ItemKind::Vm || child->kind == ItemKind::Machine))
            return childId;
    }
    return {};
}

// One step towards the cause; no item: `item` is one itself.
ItemId stepTowardsCause(const Stack& stack, const Item& item)
{
    if (isTenantKind(item.kind)) {
        const ItemId cause = causeInTenant(stack, item);
        return cause ? cause : busyInTenant(stack, item);
    }
    if (!unhealthy(item))
        return {};
    if (item.kind == ItemKind::Domain) {
        for (const ItemId other : stack.related(item.id)) {
            const Item* vm = stack.find(other);
            if (vm != nullptr && vm->kind == ItemKind::Vm && unhealthy(*vm))
                return other;
        }
        return {};
    }
    if (item.kind == ItemKind::Host && item.health == Health::Warning) {
        for (const ItemId childId : item.childrenIn(Tree::Stack)) {
            const Item* child = stack.find(childId);
            if (child != nullptr && child->kind == ItemKind::OuterNode && child->health == Health::Warning &&
                child->state == item.state && child->rawReason == item.rawReason)
                return childId;
        }
        return {};
    }
    for (ItemId below = item.parentIn(Tree::Stack); below;) {
        const Item* carrier = stack.find(below);
        if (carrier == nullptr)
            break;
        if (carrier->kind != ItemKind::Placeholder) {
            if (carrier->health == Health::Failed)
                return below;
            if (item.kind == ItemKind::InnerNode && carrier->kind == ItemKind::Vm && unhealthy(*carrier))
                return below;
        }
        below = carrier->parentIn(Tree::Stack);
    }
    return {};
}

class Finder {
public:
    explicit Finder(const Stack& stack) : m_stack(stack) {}

    std::vector<Problem> run()
    {
        for (const ItemId id : m_stack.roots(Tree::Stack))
            visitStack(id);
        for (const ItemId id : m_stack.roots(Tree::Tenants))
            visitTenants(id);
        for (const ItemId id : m_stack.roots(Tree::Hosts)) {
            const Item* host = m_stack.find(id);
            if (host == nullptr)
                continue;
            for (const ItemId child : host->childrenIn(Tree::Hosts)) {
                const Item* domain = m_stack.find(child);
                if (domain != nullptr && unhealthy(*domain))
                    note(*domain);
            }
        }
        addSources();
        std::vector<Problem> out;
        for (auto& [index, problem] : m_problems)
            out.push_back(problem);
        std::sort(out.begin(), out.end(), [this](const Problem& a, const Problem& b) {
            if (a.health != b.health)
                return a.health > b.health;
            const auto weight = [](const Problem& p) { return p.vms + p.nodes + p.workloads + p.machines; };
            if (weight(a) != weight(b))
                return weight(a) > weight(b);
            if (a.since != b.since)
                return (a.since == 0 ? INT64_MAX : a.since) < (b.since == 0 ? INT64_MAX : b.since);
            return keyOf(a) < keyOf(b);
        });
        return out;
    }

private:
    std::string keyOf(const Problem& problem) const
    {
        const Item* item = m_stack.find(problem.item);
        return item != nullptr ? item->key
                               : std::to_string(problem.source) + "|" + std::to_string(problem.kind);
    }

    // Only what is unhealthy, or carries something that is, is walked: a healthy site costs its roots.
    void visitStack(ItemId id)
    {
        const Item* item = m_stack.find(id);
        if (item == nullptr)
            return;
        if (unhealthy(*item))
            note(*item);
        if (item->below < Health::Warning)
            return;
        for (const ItemId child : item->childrenIn(Tree::Stack))
            visitStack(child);
    }

    void visitTenants(ItemId id)
    {
        const Item* item = m_stack.find(id);
        if (item == nullptr || !(isTenantKind(item->kind) || item->kind == ItemKind::Placeholder))
            return; // VMs were met in the Stack tree
        if (unhealthy(*item))
            note(*item);
        if (item->tenantBelow < Health::Warning)
            return;
        for (const ItemId child : item->childrenIn(Tree::Tenants))
            visitTenants(child);
    }

    void note(const Item& item)
    {
        const ItemId cause = causeOf(m_stack, item.id);
        const Item* root = m_stack.find(cause);
        if (root == nullptr)
            return;
        Problem& problem = m_problems[(std::uint64_t{cause.generation} << 32U) | cause.index];
        if (!problem.item) {
            problem.item = cause;
            problem.health = root->health;
            problem.since = root->since;
            count(*root, problem);
        }
        if (cause == item.id)
            return;
        switch (item.kind) {
        case ItemKind::Vm:
            ++problem.vms;
            break;
        case ItemKind::InnerNode:
        case ItemKind::OuterNode:
            ++problem.nodes;
            break;
        case ItemKind::Workload:
            problem.workloads += item.pods;
            break;
        case ItemKind::TenantCluster:
        case ItemKind::ControlPlane:
        case ItemKind::WorkerPool:
        case ItemKind::Machine:
            ++problem.machines;
            break;
        case ItemKind::Host:
        case ItemKind::Domain:
        case ItemKind::Placeholder:
            break;
        }
    }

    void count(const Item& root, Problem& problem) const
    {
        problem.carriedPods = root.kind == ItemKind::Workload ? 0 : root.pods;
        if (root.kind == ItemKind::OuterNode) {
            problem.carriedVms = int(root.childrenIn(Tree::Stack).size());
        } else if (root.kind == ItemKind::Host) {
            for (const ItemId id : root.childrenIn(Tree::Stack)) {
                if (const Item* node = m_stack.find(id))
                    problem.carriedVms += int(node->childrenIn(Tree::Stack).size());
            }
        }
    }

    void addSources()
    {
        for (const SourceId id : m_stack.sources()) {
            const SourceState* source = m_stack.source(id);
            if (source == nullptr)
                continue;
            const auto put = [&](std::size_t kind, Health health, UnixMs since) {
                Problem problem;
                problem.source = id;
                problem.kind = kind;
                problem.health = health;
                problem.since = since;
                // Keys of sources are apart from those of items: a generation is never so large.
                m_problems.emplace(0xFFFFFF0000000000ULL | (std::uint64_t{id} << 8U) | kind, problem);
            };
            if (source->phase == LinkPhase::Waiting) {
                put(0, Health::Failed, source->lastHeard);
                continue;
            }
            for (std::size_t i = 0; i < source->kinds.size() && i < 200; ++i) {
                if (source->kinds[i].error.kind != ErrorKind::NotFound) // not installed is no problem
                    put(i + 1, Health::Warning, 0);
            }
        }
    }

    const Stack& m_stack;
    std::unordered_map<std::uint64_t, Problem> m_problems;
};

} // namespace

ItemId causeOf(const Stack& stack, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr || !unhealthy(*item))
        return {};
    // Every step goes down, or from the Tenants tree or a domain into the Stack tree: it ends. The bound is
    // for a graph that is broken.
    for (int steps = 0; steps < 16; ++steps) {
        const ItemId next = stepTowardsCause(stack, *item);
        const Item* lower = stack.find(next);
        if (lower == nullptr)
            break;
        item = lower;
    }
    return item->id;
}

std::vector<Problem> findProblems(const Stack& stack)
{
    return Finder(stack).run();
}

} // namespace strata::ui
