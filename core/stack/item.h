// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <array>
#include <compare>
#include <functional>
#include <string>
#include <vector>

namespace strata::stack {

enum class Layer : std::uint8_t { BareMetal, OuterK8s, Vm, InnerK8s, Workload }; // from the bottom up

enum class ItemKind : std::uint8_t {
    Host,
    OuterNode,
    Vm,
    InnerNode,
    Workload,      // the pods of one owner on one inner node
    TenantCluster, // Cluster
    ControlPlane,  // KubeadmControlPlane
    WorkerPool,    // MachineDeployment
    Machine,
    Domain,      // a libvirt domain, in the Hosts tree
    Placeholder, // an honest parent for what has none: "Not scheduled", "Host not enrolled", "No VM"
};

// Worse is greater, so that a roll-up is a maximum. Unknown ranks above Ok: "not known" is not "healthy".
enum class Health : std::uint8_t { Ok, Progressing, Unknown, Warning, Failed };

// The three perspectives over the same items. Stack: host › outer node › VM › inner node › workload. Tenants:
// tenant cluster › control plane or pool › machine › VM. Hosts: host › domain.
enum class Tree : std::uint8_t { Stack, Tenants, Hosts };
inline constexpr std::size_t kTrees = 3;

struct ItemId {
    std::uint32_t index = 0;
    std::uint32_t generation = 0; // 0: no item
    explicit operator bool() const { return generation != 0; }
    friend bool operator==(ItemId, ItemId) = default;
    friend auto operator<=>(ItemId, ItemId) = default;
};

enum class Confidence : std::uint8_t { Exact, High, Medium };

// Why an item hangs where it hangs: the compared fields and the value both had.
struct Evidence {
    SharedText text; // "VirtualMachineInstance status.nodeName = Node name"
    SharedText value;
    Confidence confidence = Confidence::Exact;
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Item {
    ItemId id;
    ItemKind kind = ItemKind::Placeholder;
    Layer layer = Layer::BareMetal;
    SourceId source = 0;
    SharedText key; // unique, and the same in the next run: what a workspace remembers
    SharedText name;
    SharedText ns;
    SharedText note;      // short and muted behind the name: "512 GiB · 64 cpu", "tenant-blue · Paused"
    SharedText tenant;    // name of the tenant cluster, empty below it
    SharedText tenantKey; // "source|namespace/name" of the Cluster: unique
    SharedText version;   // Kubernetes or hypervisor version
    Health health = Health::Unknown; // its own, raised by what was found out about it (Stack::raise)
    Health own = Health::Unknown;    // by its own words alone
    Health below = Health::Ok;       // the worst of what it carries in the Stack tree
    Health tenantBelow = Health::Ok; // the worst below it in the Tenants tree
    SharedText state;                // one or two words: "Ready", "Paused"
    SharedText reason;               // a sentence when it is not healthy: "The VM is paused because …"
    SharedText rawReason;            // "PausedIOError"
    UnixMs since = 0;                // since when it is in that state; 0 when not told
    Amount capacity;
    Amount allocated; // requested of the capacity by what runs on it; for VMs and workloads what they take
    Amount used;
    int pods = 0;          // on it and on everything it carries
    bool morePods = false; // there are more: of a tenant on it they are counted as a whole only
    UnixMs created = 0;
    std::array<ItemId, kTrees> parent{};
    std::array<std::vector<ItemId>, kTrees> children; // unordered
    std::vector<Evidence> evidence;

    ItemId parentIn(Tree tree) const { return parent[static_cast<std::size_t>(tree)]; }
    const std::vector<ItemId>& childrenIn(Tree tree) const
    {
        return children[static_cast<std::size_t>(tree)];
    }
    Health worst() const { return health > below ? health : below; }
};

// What one apply() changed. An id is in one list at most; `moved` items may have changed otherwise, too.
struct StackDelta {
    std::vector<ItemId> added;
    std::vector<ItemId> removed; // find() no longer knows them
    std::vector<ItemId> changed;
    std::vector<ItemId> moved;
    std::vector<ItemId> touched;   // facts behind them changed, but nothing of the items themselves
    std::vector<SourceId> sources; // states that changed, or sources that came or went
    bool empty() const
    {
        return added.empty() && removed.empty() && changed.empty() && moved.empty() && touched.empty() &&
               sources.empty();
    }
};

const char* toString(Layer layer); // "Bare metal", "Outer K8s", … (untranslated, for text and JSON output)
const char* toString(ItemKind kind); // "host", "outer-node", "vm", …
const char* toString(Health health); // "ok", "progressing", "unknown", "warning", "failed"

} // namespace strata::stack

template<>
struct std::hash<strata::stack::ItemId> {
    std::size_t operator()(strata::stack::ItemId id) const noexcept
    {
        return std::hash<std::uint64_t>{}((std::uint64_t{id.generation} << 32U) | id.index);
    }
};
