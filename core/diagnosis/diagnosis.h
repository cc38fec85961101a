// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/finding.h"
#include "core/diagnosis/ownrules.h"

#include <deque>
#include <unordered_map>
#include <vector>

namespace strata::diagnosis {

// All that the rules say of one item; ids that are not in the stack give nothing. Reads the stack only, so
// call it where the stack may be read. `recheck`, where given, becomes the time at which a rule that waits
// for an age would say something else; 0 when there is none.
std::vector<Finding> diagnoseItem(const stack::Stack& stack, stack::ItemId id, UnixMs now = 0,
                                  UnixMs* recheck = nullptr, const std::vector<OwnRule>* own = nullptr);

// What is wrong with a connection itself (it is lost, a kind may not be read) and with the platform behind
// it. A tenant's API is told of by the tenant cluster's own findings.
std::vector<Finding> diagnoseSource(const stack::Stack& stack, stack::SourceId id, UnixMs now = 0,
                                    UnixMs* recheck = nullptr);

// What an item directly stands on, for the question "why": a workload on its inner node, that on its VM, that
// on its outer node, that on its host; a machine on its VM, a control plane or pool on its machines, a tenant
// cluster on its control plane and pools.
std::vector<stack::ItemId> supports(const stack::Stack& stack, stack::ItemId id);

// A cause nothing below explains, and all that it explains.
struct Problem {
    Finding root;
    std::vector<Finding> also;           // more findings about the same subject, worst first
    std::vector<stack::ItemId> explains; // items above it with findings of their own, in a fixed order
    std::size_t vms = 0;                 // among them
    std::size_t nodes = 0;               // inner and outer ones
    std::size_t workloads = 0;
    std::size_t machines = 0; // and other parts of tenant clusters
    std::size_t tenants = 0;  // different tenant clusters touched
    // What else stands on the subject and is at risk.
    std::size_t carriedVms = 0;
    std::size_t carriedPods = 0;
};

// An answer to "why".
struct Chain {
    enum class State {
        Healthy,    // nothing is wrong with it
        NotKnown,   // nothing is known of it: its connection is lost, or it has not reported
        InProgress, // it is on its way
        Explained,  // links lead to the lowest cause
        NoteOnly,   // it is well; there is something worth knowing
    };
    State state = State::Healthy;
    std::vector<Finding> links;  // from the item down to the lowest cause
    std::vector<Finding> others; // more lowest causes, on other branches, worst first
    std::vector<Finding> notes;  // Info findings about the item itself
};

// A finding that went away.
struct Cleared {
    Finding finding;
    UnixMs at = 0;
};

// Keeps the findings of the whole stack and brings them up to date by deltas: an event costs what it touches.
// Not thread-safe; lives beside the stack.
class Diagnosis {
public:
    // The operator's own rules; set them before the first update.
    void setOwnRules(std::vector<OwnRule> rules) { m_own = std::move(rules); }
    // True when any finding changed. `now` is when the delta was made.
    bool update(const stack::Stack& stack, const stack::StackDelta& delta, UnixMs now = 0);
    // Looks again at what only time changes; cheap when nothing is due. True when any finding changed.
    bool tick(const stack::Stack& stack, UnixMs now);
    // What was found about an item by asking (core/inquiry) joins what the rules find, for a quarter of an
    // hour or until it is asked again. What that changed in the stack.
    stack::StackDelta tell(stack::Stack& stack, stack::ItemId id, std::vector<Finding> found, UnixMs now,
                           bool* changed = nullptr);
    // What Stack::raise() wants to hear since it was last asked.
    std::vector<stack::Raise> takeRaises();

    // Worst first; roots only. Everything that stands on a critical finding is explained by it; what only
    // says that parts of it are not well is explained by them. Problems of severity Info are notes, at the
    // end. What only says that parts are not well, while none is broken and some are on their way, is a note,
    // too: for a minute in any case, and for half an hour while they are.
    std::vector<Problem> problems(const stack::Stack& stack) const;
    Chain chain(const stack::Stack& stack, stack::ItemId id) const;
    // The links of chain(): from the item down to the lowest cause.
    std::vector<Finding> why(const stack::Stack& stack, stack::ItemId id) const;

    const std::vector<Finding>* findings(stack::ItemId id) const;         // null: none
    const std::vector<Finding>* findingsOf(stack::SourceId source) const; // of the connection; null: none
    std::size_t size() const;                                             // items with findings
    const std::deque<Cleared>& cleared() const { return m_cleared; }      // oldest first, a few hundred

    // Applies a batch to the stack, looks at what it changed and lets the findings raise the items they are
    // about, until nothing changes any more. What all of that changed; `changed` says whether findings did.
    stack::StackDelta apply(stack::Stack& stack, const stack::Batch& batch, UnixMs now,
                            bool* changed = nullptr);
    // The same for tick().
    stack::StackDelta elapse(stack::Stack& stack, UnixMs now, bool* changed = nullptr);

private:
    class Roots;
    stack::StackDelta settle(stack::Stack& stack, stack::StackDelta delta, UnixMs now, bool* changed);
    friend class Roots;

    bool replace(std::vector<Finding>& known, std::vector<Finding> now, UnixMs at);
    bool look(const stack::Stack& stack, stack::ItemId id, UnixMs now);
    bool lookAtSource(const stack::Stack& stack, stack::SourceId id, UnixMs now);
    void clear(std::vector<Finding>& known, UnixMs at);
    void raise(stack::ItemId id, const std::vector<Finding>& found);

    std::vector<OwnRule> m_own;
    std::unordered_map<stack::ItemId, std::vector<Finding>> m_findings;
    std::unordered_map<stack::SourceId, std::vector<Finding>> m_sourceFindings;
    std::unordered_map<std::string, stack::ItemId> m_clusters; // Item::tenantKey → tenant cluster
    struct Asked {
        std::vector<Finding> found;
        UnixMs until = 0;
    };
    std::unordered_map<stack::ItemId, Asked> m_asked;
    std::unordered_map<stack::ItemId, UnixMs> m_recheck;
    std::unordered_map<stack::SourceId, UnixMs> m_recheckSources;
    UnixMs m_nextRecheck = 0;
    std::vector<stack::Raise> m_raises;
    std::deque<Cleared> m_cleared;
};

} // namespace strata::diagnosis
