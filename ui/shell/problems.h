// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <vector>

// Which unhealthy items are causes and which only follow from others. Pure functions on the stack.
namespace strata::ui {

struct Problem {
    stack::ItemId item;         // none: a connection is the problem
    stack::SourceId source = 0; // then this one
    std::size_t kind = 0;       // and the index of the kind it may not read + 1; 0: the connection itself
    stack::Health health = stack::Health::Failed;
    UnixMs since = 0;
    // What it explains: unhealthy items above it whose cause it is.
    int vms = 0;
    int nodes = 0;
    int workloads = 0;
    int machines = 0; // and other items of the Tenants tree
    // What else stands on it and is at risk.
    int carriedVms = 0;
    int carriedPods = 0;
    friend bool operator==(const Problem&, const Problem&) = default;
};

// The item that explains why `id` is unhealthy; `id` itself when it is a cause, no item when it is healthy
// (or merely busy or not known). The rules, from the bottom of the physical chain:
//  - an item above a Failed one follows from it;
//  - an inner node that is unhealthy follows from its VM when that is unhealthy in any way;
//  - a host that says only what its Kubernetes node reports follows from the node;
//  - a libvirt domain follows from its VM;
//  - a tenant cluster, control plane, pool or machine follows from an unhealthy machine, VM, inner node or
//    carrier of these below it in the Tenants tree; when there is none, from a machine or VM that is still
//    being built: then that is what to wait for.
stack::ItemId causeOf(const stack::Stack& stack, stack::ItemId id);

// The causes only, worst first, then those that explain more, then the older ones. Connections that are lost
// and kinds that may not be read are causes, too.
std::vector<Problem> findProblems(const stack::Stack& stack);

} // namespace strata::ui
