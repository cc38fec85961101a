// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/hardware.h"

#include "core/base/quantity.h"
#include "core/base/translate.h"

#include <algorithm>

namespace strata::checks {
namespace {

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("strata::checks", text), values);
}

std::string joined(const std::vector<std::string>& parts, const char* between)
{
    std::string out;
    for (const std::string& part : parts)
        if (!part.empty())
            out += (out.empty() ? "" : between) + part;
    return out;
}

std::string answer(virt::Answer value)
{
    return value == virt::Answer::Yes ? tr("on") : value == virt::Answer::No ? tr("off") : tr("not told");
}

std::string speedOf(const virt::Nic& nic)
{
    if (nic.mbits < 0)
        return nic.linkUp ? tr("speed not told") : tr("no link");
    return nic.mbits % 1000 == 0 ? tr("%1 Gbit/s", {std::to_string(nic.mbits / 1000)})
                                 : tr("%1 Mbit/s", {std::to_string(nic.mbits)});
}

} // namespace

std::vector<std::pair<std::string, std::string>> hardwareRows(const virt::Inventory& inventory)
{
    const virt::HostFacts& host = inventory.host;
    std::vector<std::pair<std::string, std::string>> out;
    const auto add = [&out](std::string label, std::string value) {
        out.emplace_back(std::move(label), value.empty() ? tr("not told") : std::move(value));
    };
    add(tr("Machine"), joined({inventory.vendor, inventory.product}, " "));
    add(tr("Firmware"), inventory.bios);
    add(tr("Processor"),
        joined(
            {joined({host.cpuVendor, host.cpuModel}, " "),
             inventory.guestCpuModel.empty() ? std::string() : tr("guests: %1", {inventory.guestCpuModel})},
            " · "));
    if (host.sockets > 0)
        add(tr("Topology"), tr("%1 sockets, %2 cores each, %3 threads each, %4 NUMA nodes",
                               {std::to_string(host.sockets), std::to_string(host.coresPerSocket),
                                std::to_string(host.threadsPerCore), std::to_string(host.numaNodes)}));
    add(tr("KVM"), host.kvmUsable ? tr("usable, nested: %1", {answer(inventory.nested)}) : tr("not usable"));
    std::int64_t huge = 0;
    for (const virt::HugePages& pages : inventory.hugePages)
        huge += pages.pageBytes * pages.count;
    add(tr("Memory"), joined({host.memoryBytes > 0 ? formatBytes(host.memoryBytes) : std::string(),
                              huge > 0 ? tr("%1 of huge pages", {formatBytes(huge)}) : std::string()},
                             ", "));
    std::vector<std::string> disks;
    for (const virt::Disk& disk : inventory.disks)
        disks.push_back(joined(
            {disk.device, disk.nvme ? "NVMe" : "", disk.bytes > 0 ? formatBytes(disk.bytes) : std::string()},
            " "));
    add(tr("Disks"), inventory.disksKnown && disks.empty() ? tr("none") : joined(disks, ", "));
    std::vector<std::string> nics;
    for (const virt::Nic& nic : inventory.nics)
        nics.push_back(
            joined({nic.interface, speedOf(nic),
                    nic.virtualFunctions > 0 ? tr("(%1 functions)", {std::to_string(nic.virtualFunctions)})
                                             : std::string()},
                   " "));
    add(tr("Network cards"), inventory.nicsKnown && nics.empty() ? tr("none") : joined(nics, ", "));
    std::vector<std::string> pools;
    for (const virt::Pool& pool : inventory.pools)
        pools.push_back(
            pool.active
                ? tr("%1: %2 free", {pool.name, formatBytes(std::max<std::int64_t>(0, pool.availableBytes))})
                : tr("%1: not active", {pool.name}));
    add(tr("Storage pools"), inventory.poolsKnown && pools.empty() ? tr("none") : joined(pools, ", "));
    add(tr("IOMMU"), inventory.iommuGroups > 0 ? tr("on, %1 groups", {std::to_string(inventory.iommuGroups)})
                                               : answer(inventory.iommu));
    add(tr("Software"),
        joined({joined({host.hypervisor, host.hypervisorVersion}, " "),
                host.libvirtVersion.empty() ? std::string() : "libvirt " + host.libvirtVersion},
               ", "));
    return out;
}

} // namespace strata::checks
