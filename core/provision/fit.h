// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/profile.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Does a tenant cluster fit on the outer nodes? Pure: a forecast of what the scheduler will do, not a
// promise.
namespace strata::provision {

struct Room {
    std::int64_t cpuMilli = 0;
    std::int64_t memoryBytes = 0;
    std::int64_t pods = 0;
    friend bool operator==(const Room&, const Room&) = default;
};

// An outer node: what is left on it (allocatable minus the requests of its pods), and whether VMs may go
// there.
struct NodeRoom {
    std::string name;
    std::string host; // the bare metal under it; empty when not known
    Room free;
    std::string closed;                // why no VM may go there ("cordoned"), empty when it may
    std::map<std::string, int> groups; // VMs that are there already, by anti-affinity group
    Room capacity;                     // allocatable; zero when not known
};

struct VmDemand {
    std::string name;  // "blue-cp 1"
    std::string group; // anti-affinity: VMs of one group avoid each other's node
    int vcpus = 0;
    std::int64_t guestMemory = 0;
    bool containerDisk = false;
};

// What the scheduler sees of a VM: guest memory plus the launcher's overhead, and the CPU request after
// KubeVirt's allocation ratio (pkg/virt-controller/services and pkg/hypervisor/kvm of v1.9: 220 MiB of
// processes, guest / 512 for page tables, 8 MiB a vCPU, 8 MiB for the I/O thread, 32 MiB of video memory;
// amd64, no devices passed through).
struct LauncherCosts {
    int cpuAllocationRatio = 10; // spec.configuration.developerConfiguration.cpuAllocationRatio
    int memoryOvercommitPercent = 100;
};
Room launcherRequest(const VmDemand& vm, const LauncherCosts& costs = {});

struct Placement {
    VmDemand vm;
    Room request;
    std::string node; // empty: does not fit
    std::string why;  // when it does not fit: one sentence, what stands against it on how many nodes
};

struct Fit {
    std::vector<Placement> placements; // in the order they would be created
    std::vector<NodeRoom> nodes;       // with what is left after
    bool tight = false;                // fits only if placed in the best order; the scheduler may not find it
    bool doubledUp = false;            // preferred anti-affinity could not be kept everywhere
    bool fits() const;
    std::string summary; // "3 VMs · 6 vCPU · 12 GiB · fits: 4 nodes have room"
};

// Control plane first; autoscaler: the starting count. Sizes of a ClusterClass's machines need the class.
std::vector<VmDemand> demands(const ClusterProfile& profile, const KnownClass* known = nullptr);
Fit fit(const std::vector<VmDemand>& vms, const std::vector<NodeRoom>& nodes, AntiAffinity antiAffinity,
        const LauncherCosts& costs = {});

} // namespace strata::provision
