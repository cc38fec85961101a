// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/libvirt/host.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What a host is made of, as far as libvirt tells: read once when it is enrolled or checked, not followed.
namespace strata::virt {

// What libvirt says, or that it says nothing: an absent answer is never a "no".
enum class Answer : std::uint8_t { Unknown, No, Yes };

struct Disk {
    std::string device; // "/dev/nvme0n1"
    std::string model;
    std::int64_t bytes = -1;
    bool nvme = false;

    friend bool operator==(const Disk&, const Disk&) = default;
};

struct Nic {
    std::string interface; // "eth0"
    int mbits = -1;        // -1: no link, or the driver does not tell
    bool linkUp = false;
    unsigned virtualFunctions = 0; // how many SR-IOV could make of it; 0 also when that is not told

    friend bool operator==(const Nic&, const Nic&) = default;
};

struct Pool {
    std::string name;
    std::string type; // "dir", "logical", "rbd"
    std::string path;
    bool active = false;
    std::int64_t capacityBytes = -1;
    std::int64_t availableBytes = -1;

    friend bool operator==(const Pool&, const Pool&) = default;
};

struct HugePages {
    std::int64_t pageBytes = 0;
    std::int64_t count = 0; // set aside, all NUMA nodes together

    friend bool operator==(const HugePages&, const HugePages&) = default;
};

struct Inventory {
    HostFacts host;
    std::string vendor; // of the machine, from SMBIOS
    std::string product;
    std::string bios; // its version
    // Whether a guest's kernel can use KVM. KVM offers the host's vmx or svm to guests only when the kernel
    // module's parameter "nested" is set, and libvirt lists what KVM offers as the host-model CPU.
    Answer nested = Answer::Unknown;
    Answer hostPassthrough = Answer::Unknown;
    Answer iommu = Answer::Unknown;
    std::string guestCpuModel; // of host-model: the name a live migration compares
    unsigned iommuGroups = 0;
    std::vector<Disk> disks; // ordered by device
    bool disksKnown = false;
    std::vector<Nic> nics; // hardware only: no bridges, bonds, taps; ordered by interface
    bool nicsKnown = false;
    std::vector<Pool> pools;
    bool poolsKnown = false;
    std::vector<HugePages> hugePages; // page sizes beyond the ordinary one, ordered by size
    bool hugePagesKnown = false;

    friend bool operator==(const Inventory&, const Inventory&) = default;
};

// The pure half: one libvirt document each, untrusted (formats: libvirt docs/formatcaps.rst,
// formatdomaincaps.rst, formatnode.rst, formatstorage.rst). What cannot be read changes nothing.
void addCapabilities(Inventory& inventory, std::string_view xml);
void addDomainCapabilities(Inventory& inventory, std::string_view xml); // of domain type kvm
void addSystemInfo(Inventory& inventory, std::string_view xml);
void addNodeDevices(Inventory& inventory, const std::vector<std::string>& xml); // all at once: they refer to
                                                                                // each other
void addPool(Inventory& inventory, std::string_view xml, bool active);

// Connects (read-only), reads and leaves, on a thread of its own; `done` comes once on that thread. For a URI
// that is refused it comes at once on the caller's.
void takeInventory(const std::string& uri, std::function<void(Result<Inventory>)> done);

} // namespace strata::virt
