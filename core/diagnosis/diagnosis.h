// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/finding.h"

#include <unordered_map>

namespace strata::diagnosis {

// All that the rules say of one item; ids that are not in the stack give nothing. Reads the stack only, so
// call it where the stack may be read.
std::vector<Finding> diagnoseItem(const stack::Stack& stack, stack::ItemId id);

// What an item directly stands on, for the question "why": a workload on its inner node, that on its VM, that
// on its outer node, that on its host; a machine on its VM, a control plane or pool on its machines, a tenant
// cluster on its control plane and pools.
std::vector<stack::ItemId> supports(const stack::Stack& stack, stack::ItemId id);

// A cause nothing below explains, and all that it explains.
struct Problem {
    Finding root;
    std::vector<Finding> also;           // more findings about the same subject, worst first
    std::vector<stack::ItemId> explains; // items above it with findings of their own
    std::size_t nodes = 0;               // inner and outer nodes among them
    std::size_t workloads = 0;
    std::size_t tenants = 0; // different tenant clusters touched
};

// Keeps the findings of the whole stack and brings them up to date by deltas: an event costs what it touches.
// Not thread-safe; lives beside the stack.
class Diagnosis {
public:
    // True when any finding changed.
    bool update(const stack::Stack& stack, const stack::StackDelta& delta);
    // Worst first; roots only. Everything that stands on a critical finding is explained by it.
    std::vector<Problem> problems(const stack::Stack& stack) const;
    // From the item down to the lowest cause; empty when it has no finding and nothing below explains one.
    std::vector<Finding> why(const stack::Stack& stack, stack::ItemId id) const;
    const std::vector<Finding>* findings(stack::ItemId id) const; // null: none
    std::size_t size() const;                                     // items with findings

private:
    void lowest(const stack::Stack& stack, stack::ItemId id, std::vector<stack::ItemId>& roots,
                std::vector<stack::ItemId>& seen) const;
    bool critical(stack::ItemId id) const;

    std::unordered_map<stack::ItemId, std::vector<Finding>> m_findings;
};

} // namespace strata::diagnosis
