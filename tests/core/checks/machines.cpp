// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/checks/machines.h"

#include "core/libvirt/capabilities.h"

namespace strata::test {
namespace {

constexpr std::int64_t kGiB = 1LL << 30;

std::string text(std::int64_t number)
{
    return std::to_string(number);
}

std::string capabilities(const Machine& machine)
{
    std::string out = "<capabilities><host><uuid>4c4c4544-0042-3510-8051-b4c04f4a3532</uuid><cpu><arch>" +
                      machine.arch + "</arch><model>" + machine.model + "</model><vendor>" + machine.vendor +
                      "</vendor>";
    for (const std::string& feature : machine.features)
        out += "<feature name='" + feature + "'/>";
    out +=
        "<pages unit='KiB' size='4'/><pages unit='KiB' size='2048'/><pages unit='KiB' size='1048576'/></cpu>";
    if (!machine.iommu.empty())
        out += "<iommu support='" + machine.iommu + "'/>";
    // The pages of two NUMA nodes add up.
    const int first = machine.hugePages1G / 2;
    out += "<topology><cells num='2'>";
    for (const int pages : {first, machine.hugePages1G - first})
        out += "<cell id='0'><memory unit='KiB'>1</memory><pages unit='KiB' size='4'>66000000</pages>"
               "<pages unit='KiB' size='2048'>0</pages><pages unit='KiB' size='1048576'>" +
               text(pages) + "</pages></cell>";
    out += "</cells></topology></host><guest><os_type>hvm</os_type><arch name='" + machine.arch +
           "'><wordsize>64</wordsize><domain type='qemu'/>";
    if (machine.kvm)
        out += "<domain type='kvm'/>";
    return out + "</arch></guest></capabilities>";
}

std::string domainCapabilities(const Machine& machine)
{
    const std::string nested = machine.vendor == "Intel" ? "vmx" : "svm";
    std::string out =
        "<domainCapabilities><path>/usr/bin/qemu</path><domain>kvm</domain><arch>" + machine.arch +
        "</arch><cpu><mode name='host-passthrough' supported='yes'/><mode name='host-model' supported='yes'>"
        "<model fallback='forbid'>" +
        machine.model + "</model><vendor>" + machine.vendor +
        "</vendor><feature policy='require' name='x2apic'/>";
    if (!machine.nesting.empty())
        out += "<feature policy='" + machine.nesting + "' name='" + nested + "'/>";
    return out + "</mode></cpu></domainCapabilities>";
}

std::vector<std::string> devices(const Machine& machine)
{
    std::vector<std::string> out = {"<device><name>computer</name><capability type='system'/></device>"};
    int next = 0;
    const auto pci = [&](const std::string& pciClass, const std::string& more) {
        const int slot = next++;
        out.push_back(
            "<device><name>pci_0000_0" + text(slot) +
            "_00_0</name><parent>computer</parent><capability type='pci'><class>" + pciClass + "</class>" +
            more +
            (slot < machine.iommuGroups ? "<iommuGroup number='" + text(slot) + "'/>" : std::string()) +
            "</capability></device>");
        return "pci_0000_0" + text(slot) + "_00_0";
    };
    for (const MachineDisk& disk : machine.disks) {
        const bool nvme = disk.block.starts_with("nvme") || disk.behindController;
        const std::string parent = pci(nvme ? "0x010802" : "0x010400", "");
        out.push_back("<device><name>block_" + disk.block + "</name><parent>" + parent +
                      "</parent><capability type='storage'><block>/dev/" + disk.block +
                      "</block><drive_type>disk</drive_type><model>Fast</model><size>" +
                      text(disk.gib * kGiB) + "</size></capability></device>");
    }
    out.push_back("<device><name>block_sr0</name><parent>computer</parent><capability "
                  "type='storage'><block>/dev/sr0</block>"
                  "<drive_type>cdrom</drive_type></capability></device>");
    for (const MachineNic& nic : machine.nics) {
        std::string parent = "computer";
        if (nic.isFunction)
            parent = pci("0x020000", "<capability type='phys_function'><address slot='0x00'/></capability>");
        else if (!nic.isVirtual)
            parent =
                pci("0x020000", nic.virtualFunctions > 0 ? "<capability type='virt_functions' maxCount='" +
                                                               text(nic.virtualFunctions) + "'/>"
                                                         : std::string());
        out.push_back("<device><name>net_" + nic.name + "</name><parent>" + parent +
                      "</parent><capability type='net'><interface>" + nic.name + "</interface><link " +
                      (nic.mbits > 0 ? "speed='" + text(nic.mbits) + "' " : std::string()) + "state='" +
                      (nic.up ? "up" : "down") + "'/></capability></device>");
    }
    while (next < machine.iommuGroups)
        pci("0x060000", "");
    return out;
}

} // namespace

virt::Inventory inventoryOf(const Machine& machine)
{
    virt::Inventory out;
    const std::string document = capabilities(machine);
    const Result<virt::Capabilities> read = virt::parseCapabilities(document);
    if (!read)
        return out;
    out.host.arch = read->arch;
    out.host.cpuModel = read->cpuModel;
    out.host.cpuVendor = read->cpuVendor;
    out.host.cpuFeatures = read->cpuFeatures;
    out.host.kvmUsable = read->kvm;
    out.host.hardwareVirtualization = read->kvm || !machine.features.empty();
    out.host.memoryBytes = machine.memoryGib * kGiB;
    out.host.hypervisor = machine.hypervisor;
    out.host.hypervisorVersion = machine.qemu;
    out.host.libvirtVersion = machine.libvirt;
    virt::addCapabilities(out, document);
    if (machine.kvm)
        virt::addDomainCapabilities(out, domainCapabilities(machine));
    virt::addSystemInfo(
        out,
        "<sysinfo type='smbios'><bios><entry name='version'>2.14</entry></bios><system>"
        "<entry name='manufacturer'>Dell Inc.</entry><entry name='product'>R750</entry></system></sysinfo>");
    virt::addNodeDevices(out, devices(machine));
    if (machine.poolGib >= 0)
        virt::addPool(out,
                      "<pool type='dir'><name>default</name><capacity unit='bytes'>" + text(2000 * kGiB) +
                          "</capacity><available unit='bytes'>" + text(machine.poolGib * kGiB) +
                          "</available><target><path>/var/lib/libvirt/images</path></target></pool>",
                      true);
    else
        out.poolsKnown = true;
    return out;
}

} // namespace strata::test
