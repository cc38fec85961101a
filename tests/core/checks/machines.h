// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/inventory.h"

#include <string>
#include <vector>

namespace strata::test {

struct MachineDisk {
    std::string block; // "nvme0n1", "sda"
    std::int64_t gib = 0;
    bool behindController = false; // an NVMe disk under a name of its own: told by its PCI parent only
};

struct MachineNic {
    std::string name;
    int mbits = 0;
    bool up = true;
    int virtualFunctions = 0;
    bool isVirtual = false;  // a bridge or tap
    bool isFunction = false; // itself an SR-IOV function
};

// A machine as an operator would describe it, turned into libvirt's documents.
struct Machine {
    std::string arch = "x86_64";
    std::string vendor = "Intel"; // of the CPU
    std::string model = "Skylake-Server-IBRS";
    std::string hypervisor = "QEMU";
    std::vector<std::string> features = {"vmx"};
    bool kvm = true;
    std::string nesting; // "require", "disable" or "": the feature of host-model is not mentioned
    std::int64_t memoryGib = 512;
    int iommuGroups = 40;
    std::string iommu = "yes";
    int hugePages1G = 64;
    std::vector<MachineDisk> disks = {{"nvme0n1", 1900}, {"nvme1n1", 1900}};
    std::vector<MachineNic> nics = {{"eno1", 25000}};
    std::int64_t poolGib = 800; // -1: no pool
    std::string qemu = "7.2.0";
    std::string libvirt = "9.0.0";
};

virt::Inventory inventoryOf(const Machine& machine);

} // namespace strata::test
