// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/capacity.h"

// What an event or an operation would do, before it happens. Pure functions on the stack.
// PodDisruptionBudgets inside tenants are not in the stack: core/inquiry/budgets.h asks for them.
namespace strata::diagnosis {

enum class What {
    HostDies,   // a host, or an outer node, is gone from one moment to the next
    NodeDrains, // an outer node (or all nodes of a host) is cordoned and emptied
    VmStops,    // a VM, or a machine's
};

enum class Fate {
    Migrates, // moves without a break
    Restarts, // is down until it runs elsewhere
    Stays,    // its run strategy starts it nowhere else: down until an operator acts
    NoRoom,   // nowhere is room for it
    Blocks,   // keeps the drain from ending
};

struct VmFate {
    stack::ItemId vm;
    Fate fate = Fate::Restarts;
    stack::ItemId target; // where there is room for it; none: nowhere, or not needed
    std::string why;      // a sentence
};

struct QuorumHit { // the etcd members of one tenant
    stack::ItemId controlPlane;
    std::string name;
    int members = 0;
    int healthy = 0; // now
    int lost = 0;    // at the same time
    bool breaks() const { return healthy - lost < members / 2 + 1; }
};

struct TenantHit {
    stack::ItemId cluster;
    std::string name;
    int nodes = 0; // inner nodes that go down, for a while or for good
    int pods = 0;  // on them
};

struct Blast {
    What what = What::HostDies;
    std::string title;                  // "Host metal-02 dies"
    std::vector<VmFate> vms;            // worst fate first
    std::vector<QuorumHit> quorums;     // those that break first
    std::vector<TenantHit> tenants;     // most pods first
    std::vector<stack::ItemId> touched; // all items of the stack that notice, for the chart
    std::vector<stack::ItemId> down;    // VMs that are away for a while, at the same time
    int count(Fate fate) const;
};

// Items of a kind the event makes no sense for give an empty answer.
Blast whatIf(const stack::Stack& stack, What what, stack::ItemId id);
const char* toString(Fate fate); // "migrates", …
// A few lines for a dialog or a terminal.
std::string blastText(const stack::Stack& stack, const Blast& blast);

} // namespace strata::diagnosis
