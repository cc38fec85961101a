// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/inventory.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Is a host fit to carry the stack? Pure functions on what was read of it.
namespace strata::checks {

enum class Verdict : std::uint8_t {
    Pass,
    Warn,    // works, with a disadvantage that is named
    Fail,    // tenants will not run, or not for long
    Unknown, // cannot tell; why is named
};

const char* toString(Verdict verdict); // "pass", "warn", "fail", "unknown"; untranslated, for JSON

// What is wanted. The figures of `production` are what a site with Ceph or Longhorn on the same hosts needs;
// `lab` is enough to try everything.
struct Profile {
    std::string name; // "lab", "production"
    std::int64_t memoryBytes = 0;
    int nicMbits = 0;
    unsigned nvmeDisks = 0;
    std::int64_t nvmeBytes = 0; // together
    bool iommu = false;
    bool hugePages = false;
    std::int64_t freeBytes = 0; // in the storage pools, for images and disks of nodes
    std::string kernel;         // least versions
    std::string libvirt;
    std::string qemu;

    static const Profile& lab();
    static const Profile& production();
    static const Profile* named(const std::string& name); // null when there is none
};

// What Kubernetes says of the node on a host: Node, its allocatable devices, the labels of KubeVirt's
// node-labeller and of Node Feature Discovery.
struct NodeView {
    std::string name;
    std::string systemUuid{};  // status.nodeInfo, lower case
    std::string kernelVersion; // status.nodeInfo
    std::int64_t memoryBytes = -1;
    std::map<std::string, std::int64_t>
        allocatable; // "devices.kubevirt.io/kvm" → 1000, "hugepages-1Gi" → bytes
    std::map<std::string, std::string> labels;
    std::optional<std::int64_t> clockOffsetMs; // the node's clock minus the API server's
};

// A metal3.io/v1alpha1 BareMetalHost's status.hardware.
struct BareMetalView {
    std::string name;
    std::string hostname{}; // of the machine when it was inspected
    std::string vendor;
    std::string product;
    std::string arch;
    std::string cpuModel;
    std::vector<std::string> cpuFlags;
    std::int64_t memoryBytes = -1;
    std::vector<virt::Nic> nics;
    std::vector<virt::Disk> disks;
};

// One host through all the eyes there are.
struct Subject {
    std::string name;
    std::optional<virt::Inventory> libvirt;
    std::optional<NodeView> node;
    std::optional<BareMetalView> metal;
};

struct Check {
    std::string id;    // "nested-kvm": stable
    std::string title; // "Nested virtualization"
    std::string value; // "off", "16 GiB"; empty when unknown
    std::string wanted;
    Verdict verdict = Verdict::Unknown;
    std::string reason;                // why it matters or why it cannot be told; empty for Pass
    std::vector<std::string> commands; // the remedy, as typed on that host; may be empty
    std::string source;                // "libvirt", "Node", "BareMetalHost": who said it

    friend bool operator==(const Check&, const Check&) = default;
};

// In the order in which an operator mends them. Always the same ids.
std::vector<Check> checkHost(const Subject& subject, const Profile& profile);

// Whether VMs can move between all of them: one check a host ("cpu-model"), in the order of `subjects`.
std::vector<Check> checkFleet(const std::vector<Subject>& subjects);

// Unknown counts as Warn: an operator must look.
Verdict worst(const std::vector<Check>& checks);

} // namespace strata::checks
