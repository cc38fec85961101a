// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <unordered_map>
#include <vector>

namespace strata::ui {

enum class StrataWidth { MemoryAllocated, MemoryUsed, CpuAllocated, CpuUsed, Pods };

// A window on the site: [from, to] of its whole width [0, 1] is drawn on `pixels`.
struct StrataWindow {
    double from = 0;
    double to = 1;
    double pixels = 0;
    double gap = 2;      // between siblings, where they are wide enough
    double smallest = 2; // narrower cells are merged
    friend bool operator==(const StrataWindow&, const StrataWindow&) = default;
};

struct StrataCell {
    stack::ItemId id; // none: merged
    stack::Layer layer = stack::Layer::BareMetal;
    double x = 0; // pixels from the window's left edge; may lie outside of it
    double width = 0;
    int more = 0;                             // how many items a merged cell stands for
    stack::Health health = stack::Health::Ok; // own; of a merged cell the worst inside
    friend bool operator==(const StrataCell&, const StrataCell&) = default;
};

struct StrataExtent { // of the whole site's width
    double from = 0;
    double to = 1;
};

// Arranges the Stack tree as layers. Pure but for its memory of the siblings' order, which update() keeps
// right.
//
// Roots share the width by their capacity; a child takes its share of its parent's capacity, and what nobody
// takes stays free. When children take more than there is (overcommitted) they share all of it. An item that
// does not tell its share gets a small one, so that it is seen.
class StrataLayout {
public:
    explicit StrataLayout(const stack::Stack& stack) : m_stack(stack) {}

    // Left to right within a layer. Cells outside of the window are left out.
    std::vector<StrataCell> cells(const StrataWindow& window, StrataWidth by);
    StrataExtent extentOf(stack::ItemId id, StrataWidth by);
    // What hangs below `id` (roots for none), in the order it is drawn.
    const std::vector<stack::ItemId>& ordered(stack::ItemId id);

    void update(const stack::StackDelta& delta);

    static double shareOf(const stack::Item& item, StrataWidth by); // < 0: not told

private:
    struct Share {
        const stack::Item* item;
        double from; // of the parent's width
        double to;
    };
    struct Run; // merged siblings

    std::vector<Share> shares(stack::ItemId parent, StrataWidth by);
    double weightOf(const stack::Item& item, StrataWidth by);
    void place(stack::ItemId parent, double from, double to, const StrataWindow& window, StrataWidth by);
    void merge(const Run& run);

    const stack::Stack& m_stack;
    std::unordered_map<stack::ItemId, std::vector<stack::ItemId>> m_order;
    std::vector<StrataCell> m_cells; // of the running cells()
};

} // namespace strata::ui
