// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/stratalayout.h"

#include "core/stack/print.h"

#include <algorithm>
#include <array>

namespace strata::ui {

using stack::Health;
using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::Layer;
using stack::Tree;

namespace {

// Of its parent, for what does not tell; a placeholder's child is seen all the same.
constexpr double kUntold = 0.01;

// A host that has not joined is no part of the stack's capacity yet: it is there, but leaves the room to the
// rest.
constexpr double kIdleHost = 0.3;

double capacityOr(std::int64_t capacity, std::int64_t other)
{
    return double(capacity > 0 ? capacity : other);
}

} // namespace

struct StrataLayout::Run {
    double x = 0;
    double end = 0;
    std::vector<const Item*> items;
};

double StrataLayout::shareOf(const Item& item, StrataWidth by)
{
    // What carries others is as wide as it is big, so that what is free shows; the rest is as wide as it
    // takes.
    const bool carrier = item.kind == ItemKind::Host || item.kind == ItemKind::OuterNode;
    switch (by) {
    case StrataWidth::MemoryAllocated:
        if (carrier || item.kind == ItemKind::InnerNode)
            return capacityOr(item.capacity.memoryBytes, item.allocated.memoryBytes);
        return double(item.allocated.memoryBytes >= 0 && item.kind != ItemKind::Vm
                          ? item.allocated.memoryBytes
                          : std::max(item.capacity.memoryBytes, item.allocated.memoryBytes));
    case StrataWidth::CpuAllocated:
        if (carrier || item.kind == ItemKind::InnerNode)
            return capacityOr(item.capacity.cpuMilli, item.allocated.cpuMilli);
        return double(item.allocated.cpuMilli >= 0 && item.kind != ItemKind::Vm
                          ? item.allocated.cpuMilli
                          : std::max(item.capacity.cpuMilli, item.allocated.cpuMilli));
    case StrataWidth::MemoryUsed:
        return carrier ? capacityOr(item.capacity.memoryBytes, item.used.memoryBytes)
                       : double(item.used.memoryBytes);
    case StrataWidth::CpuUsed:
        return carrier ? capacityOr(item.capacity.cpuMilli, item.used.cpuMilli) : double(item.used.cpuMilli);
    case StrataWidth::Pods:
        return item.pods;
    }
    return -1;
}

double StrataLayout::weightOf(const Item& item, StrataWidth by)
{
    if (item.kind == ItemKind::Host && item.childrenIn(Tree::Stack).empty())
        return shareOf(item, by) * kIdleHost;
    if (item.kind != ItemKind::Placeholder)
        return shareOf(item, by);
    double sum = 0;
    for (const ItemId id : item.childrenIn(Tree::Stack)) {
        if (const Item* child = m_stack.find(id))
            sum += std::max(0.0, child->kind == ItemKind::Placeholder ? 0.0 : shareOf(*child, by));
    }
    return sum > 0 ? sum : -1;
}

const std::vector<ItemId>& StrataLayout::ordered(ItemId id)
{
    auto found = m_order.find(id);
    if (found == m_order.end())
        found = m_order.emplace(id, stack::orderedChildren(m_stack, Tree::Stack, id)).first;
    return found->second;
}

void StrataLayout::update(const stack::StackDelta& delta)
{
    for (const auto* list : {&delta.added, &delta.moved}) {
        for (const ItemId id : *list) {
            if (const Item* item = m_stack.find(id))
                m_order.erase(item->parentIn(Tree::Stack));
        }
    }
    for (const ItemId id : delta.changed) {
        // Of all names only a host's can change; the others are what an object is known by.
        if (const Item* item = m_stack.find(id); item != nullptr && item->kind == ItemKind::Host)
            m_order.erase(item->parentIn(Tree::Stack));
    }
    for (const ItemId id : delta.removed)
        m_order.erase(id);
    // A removed root is skipped where it is met; a list of nothing but such would only grow.
    if (delta.removed.size() > 64)
        m_order.clear();
}

std::vector<StrataLayout::Share> StrataLayout::shares(ItemId parent, StrataWidth by)
{
    const Item* carrier = parent ? m_stack.find(parent) : nullptr;
    std::vector<Share> out;
    double sum = 0;
    std::size_t untold = 0;
    for (const ItemId id : ordered(parent)) {
        const Item* item = m_stack.find(id);
        if (item == nullptr || item->parentIn(Tree::Stack) != parent)
            continue; // left since the order was made
        const double weight = weightOf(*item, by);
        out.push_back({item, 0, weight});
        if (weight > 0)
            sum += weight;
        else
            ++untold;
    }
    if (out.empty())
        return out;
    const double whole = carrier != nullptr ? std::max(weightOf(*carrier, by), sum) : sum;
    // All of them silent: equal parts of everything.
    const double least =
        sum <= 0 ? 1.0 / double(out.size()) : std::min(kUntold, untold > 0 ? 0.2 / double(untold) : kUntold);
    double total = 0;
    for (Share& share : out) {
        share.to = whole > 0 && share.to > 0 ? share.to / whole : least;
        total += share.to;
    }
    const double scale = carrier == nullptr || total > 1 ? 1 / total : 1;
    double at = 0;
    for (Share& share : out) {
        share.from = at;
        at += share.to * scale;
        share.to = at;
    }
    return out;
}

StrataExtent StrataLayout::extentOf(ItemId id, StrataWidth by)
{
    StrataExtent extent;
    ItemId parent;
    for (const ItemId step : m_stack.path(id)) {
        const Item* item = m_stack.find(step);
        if (item == nullptr || item->parentIn(Tree::Stack) != parent)
            return {};
        bool found = false;
        for (const Share& share : shares(parent, by)) {
            if (share.item->id == step) {
                const double span = extent.to - extent.from;
                extent = {extent.from + span * share.from, extent.from + span * share.to};
                found = true;
                break;
            }
        }
        if (!found)
            return {};
        parent = step;
    }
    return extent;
}

// One cell a layer for what is too narrow: it says how many there are and how bad the worst is.
void StrataLayout::merge(const Run& run)
{
    struct Sum {
        int count = 0;
        Health worst = Health::Ok;
    };
    std::array<Sum, 5> sums;
    std::vector<const Item*> level = run.items;
    while (!level.empty()) {
        std::vector<const Item*> next;
        for (const Item* item : level) {
            Sum& sum = sums[std::size_t(item->layer)];
            ++sum.count;
            sum.worst = std::max(sum.worst, item->health);
            if (item->kind == ItemKind::InnerNode) {
                // Workloads are many: their number and their worst are known here already.
                Sum& above = sums[std::size_t(Layer::Workload)];
                above.count += int(item->childrenIn(Tree::Stack).size());
                above.worst = std::max(above.worst, item->below);
                continue;
            }
            for (const ItemId id : item->childrenIn(Tree::Stack)) {
                if (const Item* child = m_stack.find(id))
                    next.push_back(child);
            }
        }
        level = std::move(next);
    }
    for (std::size_t layer = 0; layer < sums.size(); ++layer) {
        if (sums[layer].count > 0)
            m_cells.push_back({{},
                               static_cast<Layer>(layer),
                               run.x,
                               std::max(1.0, run.end - run.x),
                               sums[layer].count,
                               sums[layer].worst});
    }
}

void StrataLayout::place(ItemId parent, double from, double to, const StrataWindow& window, StrataWidth by)
{
    const double width = to - from;
    Run run;
    const auto flush = [&] {
        if (!run.items.empty())
            merge(run);
        run = {};
    };
    for (const Share& share : shares(parent, by)) {
        const double x = from + width * share.from;
        double end = from + width * share.to;
        if (end < 0 || x > window.pixels)
            continue;
        if (end - x < window.smallest) {
            // A run is at most a few pixels wide when it could be, so that the picture keeps its detail.
            if (!run.items.empty() && end - run.x > 4 * window.smallest && run.end - run.x >= window.smallest)
                flush();
            if (run.items.empty())
                run.x = x;
            run.items.push_back(share.item);
            run.end = end;
            continue;
        }
        flush();
        const double gap = end - x > 4 * window.gap ? window.gap : end - x > 3 ? 1.0 : 0.0;
        m_cells.push_back({share.item->id, share.item->layer, x, end - x - gap, 0, share.item->health});
        if (!share.item->childrenIn(Tree::Stack).empty())
            place(share.item->id, x, end - gap, window, by);
    }
    flush();
}

std::vector<StrataCell> StrataLayout::cells(const StrataWindow& window, StrataWidth by)
{
    m_cells.clear();
    const double span = window.to - window.from;
    if (window.pixels <= 0 || span <= 0)
        return {};
    const double whole = window.pixels / span;
    place({}, -window.from * whole, (1 - window.from) * whole, window, by);
    return std::move(m_cells);
}

} // namespace strata::ui
