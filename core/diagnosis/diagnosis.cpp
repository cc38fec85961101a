// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/diagnosis.h"

#include "core/diagnosis/rule.h"

#include <algorithm>
#include <set>

namespace strata::diagnosis {

using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Stack;
using stack::Tree;

std::vector<Finding> diagnoseItem(const Stack& stack, ItemId id)
{
    std::vector<Finding> out;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return out;
    const std::vector<Rule>& rules = rulesFor(item->kind);
    if (rules.empty())
        return out;
    const Subject subject{stack, *item, stack.facts(id)};
    for (const Rule rule : rules) {
        if (std::optional<Finding> found = rule(subject))
            out.push_back(std::move(*found));
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return out;
}

std::vector<ItemId> supports(const Stack& stack, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr)
        return {};
    switch (item->kind) {
    case ItemKind::Workload:
    case ItemKind::InnerNode:
    case ItemKind::Vm:
    case ItemKind::OuterNode:
        if (const Item* below = stack.find(item->parentIn(Tree::Stack));
            below != nullptr && below->kind != ItemKind::Placeholder)
            return {below->id};
        return {};
    case ItemKind::Machine:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::TenantCluster:
        return item->childrenIn(Tree::Tenants);
    case ItemKind::Host:
    case ItemKind::Domain:
    case ItemKind::Placeholder:
        return {};
    }
    return {};
}

bool Diagnosis::update(const Stack& stack, const stack::StackDelta& delta)
{
    bool changed = false;
    for (const ItemId id : delta.removed)
        changed = m_findings.erase(id) > 0 || changed;
    for (const std::vector<ItemId>* ids : {&delta.added, &delta.changed, &delta.moved, &delta.touched}) {
        for (const ItemId id : *ids) {
            std::vector<Finding> now = diagnoseItem(stack, id);
            const auto known = m_findings.find(id);
            if (now.empty()) {
                if (known != m_findings.end()) {
                    m_findings.erase(known);
                    changed = true;
                }
                continue;
            }
            changed = true;
            if (known == m_findings.end())
                m_findings.emplace(id, std::move(now));
            else
                known->second = std::move(now);
        }
    }
    // What moved may be explained by something else now.
    return changed || (!delta.moved.empty() && !m_findings.empty());
}

const std::vector<Finding>* Diagnosis::findings(ItemId id) const
{
    const auto found = m_findings.find(id);
    return found == m_findings.end() ? nullptr : &found->second;
}

std::size_t Diagnosis::size() const
{
    return m_findings.size();
}

bool Diagnosis::critical(ItemId id) const
{
    const std::vector<Finding>* own = findings(id);
    return own != nullptr && own->front().severity == Severity::Critical;
}

void Diagnosis::lowest(const Stack& stack, ItemId id, std::vector<ItemId>& roots,
                       std::vector<ItemId>& seen) const
{
    // Deepest first: what stands below decides whether this one is itself only a consequence.
    const std::size_t before = roots.size();
    for (const ItemId below : supports(stack, id)) {
        if (std::find(seen.begin(), seen.end(), below) != seen.end())
            continue;
        seen.push_back(below);
        lowest(stack, below, roots, seen);
    }
    if (roots.size() == before && critical(id))
        roots.push_back(id);
}

std::vector<Problem> Diagnosis::problems(const Stack& stack) const
{
    std::unordered_map<ItemId, Problem> byRoot;
    std::unordered_map<ItemId, std::set<std::string>> tenants;
    const auto problemOf = [&](ItemId root) -> Problem& {
        const auto [at, fresh] = byRoot.try_emplace(root);
        if (fresh) {
            const std::vector<Finding>& own = m_findings.at(root);
            at->second.root = own.front();
            at->second.also.assign(own.begin() + 1, own.end());
        }
        return at->second;
    };
    for (const auto& [id, own] : m_findings) {
        const Item* item = stack.find(id);
        if (item == nullptr)
            continue;
        std::vector<ItemId> roots;
        std::vector<ItemId> seen{id};
        for (const ItemId below : supports(stack, id)) {
            seen.push_back(below);
            lowest(stack, below, roots, seen);
        }
        if (roots.empty())
            roots.push_back(id);
        for (const ItemId root : roots) {
            Problem& problem = problemOf(root);
            if (!item->tenantKey.empty())
                tenants[root].insert(item->tenantKey);
            if (root == id)
                continue;
            problem.explains.push_back(id);
            problem.nodes += item->kind == ItemKind::InnerNode || item->kind == ItemKind::OuterNode ? 1 : 0;
            problem.workloads += item->kind == ItemKind::Workload ? 1 : 0;
        }
    }
    std::vector<Problem> out;
    for (auto& [id, problem] : byRoot) {
        problem.tenants = tenants[id].size();
        std::sort(problem.explains.begin(), problem.explains.end());
        out.push_back(std::move(problem));
    }
    // Worst first, then what explains most, then a fixed order so that the list does not dance.
    std::sort(out.begin(), out.end(), [&](const Problem& a, const Problem& b) {
        if (a.root.severity != b.root.severity)
            return a.root.severity > b.root.severity;
        if (a.explains.size() != b.explains.size())
            return a.explains.size() > b.explains.size();
        const Item* itemA = stack.find(a.root.subject);
        const Item* itemB = stack.find(b.root.subject);
        return itemA->key < itemB->key;
    });
    return out;
}

std::vector<Finding> Diagnosis::why(const Stack& stack, ItemId id) const
{
    std::vector<Finding> chain;
    std::vector<ItemId> seen;
    for (ItemId at = id; at;) {
        seen.push_back(at);
        if (const std::vector<Finding>* own = findings(at))
            chain.push_back(own->front());
        // Down the branch that leads to a cause; of several the one whose cause is the lowest layer.
        ItemId next;
        stack::Layer lowestLayer = stack::Layer::Workload;
        for (const ItemId below : supports(stack, at)) {
            if (std::find(seen.begin(), seen.end(), below) != seen.end())
                continue;
            std::vector<ItemId> roots;
            std::vector<ItemId> visited{at, below};
            lowest(stack, below, roots, visited);
            for (const ItemId root : roots) {
                const Item* item = stack.find(root);
                if (!next || item->layer < lowestLayer) {
                    next = below;
                    lowestLayer = item->layer;
                }
            }
        }
        at = next;
    }
    return chain;
}

} // namespace strata::diagnosis
