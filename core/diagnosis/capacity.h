// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <string>
#include <vector>

// How full the site is, layer by layer, and what still fits. Pure functions on the stack; an amount that no
// source tells is -1 and stays out of the sums.
namespace strata::diagnosis {

struct LayerSum {
    stack::Layer layer = stack::Layer::BareMetal;
    std::size_t count = 0;
    stack::Amount capacity;  // host: physical; nodes: allocatable; VMs: what guests see
    stack::Amount requested; // of it, by what runs on it
    stack::Amount used;
};

struct NodeRoom { // an outer node
    stack::ItemId node;
    std::string name;
    std::string host; // empty: not enrolled
    stack::Amount allocatable;
    stack::Amount requested;
    stack::Amount used;
    stack::Amount free; // allocatable less requested, at least 0
    int vms = 0;
    int podsFree = -1;
    bool takesVms = true;
    std::string whyNot; // a sentence when it takes none
};

struct TenantShare {
    std::string key; // Item::tenantKey; empty: VMs of no tenant
    std::string name;
    int vms = 0;
    stack::Amount size; // what its guests see
    stack::Amount used;
    double memoryShare = 0; // of all outer nodes' allocatable memory, in [0, 1] and above when over-committed
};

// What a VM's launcher pod requests for a size, as the VMs that run here show it. KubeVirt's own defaults
// where none runs: a tenth of a CPU for each vCPU, the guest's memory and 256 MiB.
struct LauncherCost {
    double cpuPerVcpu = 0.1;
    std::int64_t memoryOverhead = 256LL << 20U;
    int seen = 0; // launchers it was learned from
};

struct Capacity {
    std::vector<LayerSum> layers;     // from the bottom up
    std::vector<NodeRoom> nodes;      // by name
    std::vector<TenantShare> tenants; // largest first
    LauncherCost launcher;
    double cpuOvercommit = 0; // vCPUs of all VMs to CPUs of the outer nodes; 0 when not known
    double memoryOvercommit = 0;
};

Capacity capacityOf(const stack::Stack& stack);

struct Fit {
    int count = 0;                                    // how many more VMs of the size
    std::vector<std::pair<stack::ItemId, int>> where; // nodes that take some, most first
    std::int64_t stranded = 0; // free memory that is left in pieces too small for one more
};
Fit howManyFit(const Capacity& capacity, stack::Amount size);

// "8 vCPU / 16 GiB"
std::string sizeText(stack::Amount size);
std::string capacityText(const Capacity& capacity, const stack::Stack& stack,
                         const std::vector<stack::Amount>& sizes);
std::string capacityJson(const Capacity& capacity, const stack::Stack& stack,
                         const std::vector<stack::Amount>& sizes);

} // namespace strata::diagnosis
