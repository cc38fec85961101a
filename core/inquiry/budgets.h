// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/inquiry/look.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Which PodDisruptionBudgets of tenants an event would hit: the stack watches neither budgets nor the labels
// of pods, so both are read on demand, of the tenants and of the nodes that go down only.
namespace strata::inquiry {

struct BudgetQuestion {
    stack::SourceId source = 0; // the tenant's API
    std::string tenant;
    std::vector<std::string> nodes; // inner nodes that go down
    friend bool operator==(const BudgetQuestion&, const BudgetQuestion&) = default;
};

struct BudgetHit {
    stack::SourceId source = 0;
    std::string tenant; // cleaned, as all texts here
    std::string ns;
    std::string name;
    int pods = 0;    // of its own that are on the nodes
    int allowed = 0; // that may go now (status.disruptionsAllowed)
    int healthy = 0;
    int wanted = 0;                                         // healthy ones it wants
    bool breaks() const { return pods > allowed; }          // when all of them go at once
    bool waits() const { return pods > 0 && allowed <= 0; } // when they are evicted one after the other
    friend bool operator==(const BudgetHit&, const BudgetHit&) = default;
};

// About the inner nodes that these VMs carry; nothing of tenants that are not connected.
std::vector<BudgetQuestion> budgetQuestions(const stack::Stack& stack, const std::vector<stack::ItemId>& vms);

// From the lists of a tenant's budgets (policy/v1) and of the pods on those nodes; a budget without a pod
// there is not hit. Pods that have ended do not count (policy/v1 reference; the disruption controller's own
// rules). Protocol when either is no list.
Result<std::vector<BudgetHit>> budgetHits(const BudgetQuestion& question, std::string_view budgets,
                                          const std::vector<std::string>& pods);

// Asks, four tenants at once, a hundred at most; the callbacks come on the network's thread, none after it is
// gone. A tenant whose nodes are many is asked about the first fifty.
class BudgetLook {
public:
    struct Callbacks {
        std::function<void(const BudgetQuestion&, const Result<std::vector<BudgetHit>>&)> onAnswer;
        std::function<void()> onEnd; // once, last
    };
    BudgetLook(const Look::Clients& clients, std::vector<BudgetQuestion> questions, Callbacks callbacks);
    ~BudgetLook();
    BudgetLook(const BudgetLook&) = delete;
    BudgetLook& operator=(const BudgetLook&) = delete;

private:
    class State;
    std::shared_ptr<State> m_state;
};

} // namespace strata::inquiry
