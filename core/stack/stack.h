// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strata::stack {

// The facts an item is made of; null where there is none. Valid until the next apply().
struct ItemFacts {
    const HostFact* host = nullptr;
    const DomainFact* domain = nullptr;
    const KubeNodeFact* outerNode = nullptr;
    const VmFact* vm = nullptr;
    const VmiFact* vmi = nullptr;
    const PodFact* launcher = nullptr; // the virt-launcher pod that runs the VM now
    const KubevirtMachineFact* kubevirtMachine = nullptr;
    const MachineFact* machine = nullptr;
    const KubeNodeFact* innerNode = nullptr;
    const ClusterFact* cluster = nullptr;
    const ControlPlaneFact* controlPlane = nullptr;
    const MachineDeploymentFact* machineDeployment = nullptr;
    std::vector<const PodFact*> pods;            // Workload only
    const KubeNodeFact* carrier = nullptr;       // Vm only: the outer node it runs on
    const ObjectFact* kubevirtCluster = nullptr; // TenantCluster only
    std::vector<const ObjectFact*> dataVolumes;  // Vm only: of its disks
    std::vector<const ObjectFact*> claims;       // Vm only
    const SourceState* innerSource = nullptr;    // TenantCluster only: the connection to its own API
    std::vector<const ObjectFact*> warnings;     // events about the objects it is made of, the last first
    std::vector<const ObjectFact*> healthChecks; // TenantCluster only
    std::vector<const ObjectFact*> machineSets;  // WorkerPool only
    std::vector<const ObjectFact*> migrations;   // Vm only: of its instance
};

struct Sample {
    UnixMs at = 0;
    Amount used;
};

// A reference to an object a fact was read from.
ObjectRef objectRef(SourceId source, const Meta& meta, const char* resource, const char* kind);

// What somebody who knows more says of an item: it is at least this unwell. Ok takes an earlier word back.
struct Raise {
    ItemId item;
    Health health = Health::Ok;
    std::string reason;    // a sentence
    std::string rawReason; // its proof, short
    UnixMs since = 0;
};

// What two applications after each other changed together.
void merge(StackDelta& first, const StackDelta& second);

// The whole site as one graph: facts go in, joined and rolled-up items come out. One writer, one thread (the
// GUI's, or the command's in headless use). An event costs what it touches, not what there is: every lookup
// made while an item is built is remembered, and a change of what was looked up rebuilds just the items that
// looked.
class Stack {
public:
    Stack();
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    StackDelta apply(const Batch& batch);
    // Findings about items (core/diagnosis) join their own words, so that trees, charts and problems agree:
    // the worse of both is shown and rolled up. Holds until it is taken back.
    StackDelta raise(const std::vector<Raise>& raises);

    const Item* find(ItemId id) const;
    ItemId findKey(std::string_view key) const;
    const std::vector<ItemId>& roots(Tree tree) const;
    std::size_t size() const;
    std::size_t count(ItemKind kind) const;

    // Bottom up, the item itself last: host, outer node, VM, inner node, workload; placeholders included.
    std::vector<ItemId> path(ItemId id) const;

    const SourceState* source(SourceId id) const;
    std::vector<SourceId> sources() const; // in the order they were added
    // What serves a whole cluster and is no item: KubeVirt, Cdi, Deployment, StorageClass, StorageProfile,
    // and Warning as far as it tells of an image that cannot be pulled. A change of these counts as a change
    // of their source. In the order of their names.
    std::vector<const ObjectFact*> platform(SourceId source, FactKind kind) const;

    ItemFacts facts(ItemId id) const;
    std::vector<ObjectRef> objects(ItemId id) const; // the one the item is named for comes first
    const std::vector<Condition>*
    conditions(ItemId id) const;                  // of its first object; null when the kind has none
    std::vector<Sample> history(ItemId id) const; // usage, oldest first, at most half an hour
    // The VM a machine stands for and the machine of a VM, the domain's VM, …: items one would jump to.
    std::vector<ItemId> related(ItemId id) const;

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::stack
