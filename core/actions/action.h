// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/api.h"
#include "core/stack/stack.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What can be done to what is there.
namespace strata::actions {

enum class Action : std::uint8_t {
    ScalePool,
    ScaleControlPlane,
    UpgradeCluster,
    RollOut, // all machines of a pool or a control plane are made anew
    AddPool,
    RemovePool,
    ResizeMachines, // another size or image: a copy of the machine template, and all machines anew
    AddHealthCheck,
    RemoveHealthCheck,
    RotateCertificates,
    PauseCluster,
    ResumeCluster,
    ReplaceMachine,
    DeleteCluster,
    StartVm,
    StopVm,
    ForceStopVm,
    RestartVm,
    SoftRebootVm,
    PauseVm,
    ResumeVm,
    MigrateVm,
    CancelMigration,
    SnapshotVm,
    RestoreVm,
    CloneVm,
    AddVolume,
    RemoveVolume,
    ExpandDisk,
    ResizeVm,
    CordonNode,
    UncordonNode,
    DrainNode,
    StartMaintenance, // cordon, mark and drain
    EndMaintenance,
    CancelEvacuation, // guests that were told to leave stay; the node remains cordoned
    ScaleWorkload,
    RestartWorkload,
    RollBackWorkload,
    DeleteWorkload,
};

const std::vector<Action>& allActions();
const char* toString(Action action); // "stop-vm": in journals, the audit log, scripts
std::optional<Action> actionNamed(std::string_view name);
std::string labelOf(Action action); // "Stop"
std::string tipOf(Action action);   // a sentence
const char* iconOf(Action action);  // a pictogram's name
bool isDestructive(Action action);  // takes something away for good: its name is typed first
enum class Input { None, Replicas, Version, Node, Fields };
Input inputOf(Action action);

struct Request {
    Action action = Action::StartVm;
    std::vector<stack::ItemId> items;
    std::optional<int> replicas;
    std::string version; // "v1.35.0"
    std::string image;   // upgrade: the machines' new image; empty: the old one with the new version as tag
    std::string node;    // migration: where to; empty: the scheduler decides
    bool force = false;  // drain: pods that nobody makes again are evicted, too
    std::map<std::string, std::string> values{}; // of the fields of field.h, by their keys
    UnixMs now = 0;
};

struct Offer {
    Action action = Action::StartVm;
    std::string why; // it is not possible now; empty: it is
    std::vector<provision::Access> needs;
    stack::SourceId source = 0; // the outer cluster that has to allow it; 0: it is asked in the tenant's
};

// The actions that make sense for all of the items, in the order of the enumeration; several items are one
// plan. Empty when the items are of different kinds or outer clusters.
std::vector<Offer> offersFor(const stack::Stack& stack, const std::vector<stack::ItemId>& items);
// Why it cannot be done to this item now; empty: it can.
std::string whyNot(const stack::Stack& stack, Action action, stack::ItemId id);
bool appliesTo(const stack::Stack& stack, Action action, stack::ItemId id);
// The number a replica field starts with; nullopt when it is not known from the stack.
std::optional<int> replicasOf(const stack::Stack& stack, stack::ItemId id);
// The Kubernetes version of the cluster an item belongs to: "v1.34.1"; empty when it is not known.
std::string versionOf(const stack::Stack& stack, stack::ItemId id);

} // namespace strata::actions
