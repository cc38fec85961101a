// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/inventory.h"

#include "core/base/text.h"
#include "core/libvirt/errors.h"
#include "core/libvirt/library.h"
#include "core/libvirt/reading.h"
#include "core/libvirt/uri.h"
#include "core/libvirt/xml.h"

#include <libvirt/libvirt.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <thread>

namespace strata::virt {
namespace {

constexpr std::size_t kMaxDevices = 20'000;         // a large machine has some thousand
constexpr std::int64_t kOrdinaryPage = 64 << 10;    // 4 KiB, on ARM up to 64 KiB; larger ones are huge pages
constexpr std::string_view kNvmeClass = "0x010802"; // PCI base class, subclass and interface of NVM Express

std::int64_t unitBytes(const std::string& unit)
{
    static const std::map<std::string, std::int64_t> units = {
        {"", 1},
        {"b", 1},
        {"bytes", 1},
        {"KiB", 1LL << 10},
        {"MiB", 1LL << 20},
        {"GiB", 1LL << 30},
        {"TiB", 1LL << 40},
    };
    const auto found = units.find(unit);
    return found == units.end() ? 0 : found->second;
}

std::int64_t times(std::int64_t value, std::int64_t factor)
{
    return factor > 0 && value > std::numeric_limits<std::int64_t>::max() / factor ? 0 : value * factor;
}

std::int64_t bytesOf(xmlNode* node)
{
    return node == nullptr ? -1
                           : times(xml::number(xml::text(node)), unitBytes(xml::attribute(node, "unit")));
}

std::string capabilityType(xmlNode* capability)
{
    return xml::attribute(capability, "type");
}

xmlNode* capabilityOf(xmlNode* device)
{
    return xml::child(device, "capability");
}

// A device and its neighbours upwards: a disk or an interface is hardware when a bus leads to it.
struct Device {
    xml::Document document;
    xmlNode* root = nullptr;
    std::string parent;
};
using Devices = std::map<std::string, Device>;

template<typename Predicate>
bool anyAbove(const Devices& devices, const Device& device, Predicate&& predicate)
{
    std::string parent = device.parent;
    for (int depth = 0; depth < 16; ++depth) { // bounded: the document may name itself
        const auto found = devices.find(parent);
        if (found == devices.end())
            return false;
        if (predicate(found->second))
            return true;
        parent = found->second.parent;
    }
    return false;
}

bool isBus(const Device& device)
{
    const std::string type = capabilityType(capabilityOf(device.root));
    return type == "pci" || type == "usb_device" || type == "ccw";
}

unsigned virtualFunctions(xmlNode* pci)
{
    unsigned most = 0;
    xml::each(pci, "capability", [&](xmlNode* capability) {
        if (capabilityType(capability) == "virt_functions")
            most = static_cast<unsigned>(
                std::min<std::int64_t>(xml::number(xml::attribute(capability, "maxCount")), 65536));
    });
    return most;
}

void addNic(Inventory& inventory, const Devices& devices, const Device& device, xmlNode* capability)
{
    // A virtual function is a share of a card that is there already.
    const bool share = anyAbove(devices, device, [](const Device& above) {
        bool function = false;
        xml::each(capabilityOf(above.root), "capability",
                  [&](xmlNode* inner) { function = function || capabilityType(inner) == "phys_function"; });
        return function;
    });
    if (share || !anyAbove(devices, device, isBus))
        return;
    Nic nic;
    nic.interface = xml::text(xml::child(capability, "interface"));
    xmlNode* link = xml::child(capability, "link");
    nic.linkUp = xml::attribute(link, "state") == "up";
    const std::int64_t speed = xml::number(xml::attribute(link, "speed"), -1);
    // Some drivers say 2^32 - 1 for "unknown".
    nic.mbits = speed > 0 && speed < 10'000'000 ? static_cast<int>(speed) : -1;
    anyAbove(devices, device, [&](const Device& above) {
        xmlNode* pci = capabilityOf(above.root);
        if (capabilityType(pci) != "pci")
            return false;
        nic.virtualFunctions = virtualFunctions(pci);
        return true;
    });
    if (!nic.interface.empty())
        inventory.nics.push_back(std::move(nic));
}

void addDisk(Inventory& inventory, const Devices& devices, const Device& device, xmlNode* capability)
{
    if (const std::string type = xml::text(xml::child(capability, "drive_type"));
        !type.empty() && type != "disk")
        return; // cdrom, floppy
    Disk disk;
    disk.device = xml::text(xml::child(capability, "block"));
    disk.model = xml::text(xml::child(capability, "model"));
    disk.bytes = bytesOf(xml::child(capability, "size"));
    bool removable = false;
    xml::each(capability, "capability", [&](xmlNode* inner) {
        if (capabilityType(inner) == "removable") {
            removable = true;
            disk.bytes = -1;
        }
    });
    disk.nvme = disk.device.starts_with("/dev/nvme") || anyAbove(devices, device, [](const Device& above) {
                    return xml::text(xml::child(capabilityOf(above.root), "class")) == kNvmeClass;
                });
    if (!disk.device.empty() && !removable)
        inventory.disks.push_back(std::move(disk));
}

template<auto Free>
struct Freeing {
    template<typename T>
    void operator()(T* pointer) const
    {
        Free(pointer);
    }
};
using Connection = std::unique_ptr<virConnect, Freeing<virConnectClose>>;
using DevicePtr = std::unique_ptr<virNodeDevice, Freeing<virNodeDeviceFree>>;
using PoolPtr = std::unique_ptr<virStoragePool, Freeing<virStoragePoolFree>>;
using Text = std::unique_ptr<char, Freeing<std::free>>;

void readDevices(virConnectPtr connection, Inventory& inventory)
{
    virNodeDevicePtr* found = nullptr;
    const unsigned wanted =
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV | VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV |
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET | VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE |
        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI;
    const int count = virConnectListAllNodeDevices(connection, &found, wanted);
    if (count < 0)
        return;
    std::vector<std::string> documents;
    for (int i = 0; i < count; ++i) {
        const DevicePtr device(found[i]);
        if (documents.size() == kMaxDevices)
            continue;
        if (const Text xml(virNodeDeviceGetXMLDesc(device.get(), 0)); xml)
            documents.emplace_back(xml.get());
    }
    std::free(found);
    addNodeDevices(inventory, documents);
}

void readPools(virConnectPtr connection, Inventory& inventory)
{
    virStoragePoolPtr* found = nullptr;
    const int count = virConnectListAllStoragePools(connection, &found, 0);
    if (count < 0)
        return;
    inventory.poolsKnown = true;
    for (int i = 0; i < count; ++i) {
        const PoolPtr pool(found[i]);
        if (const Text xml(virStoragePoolGetXMLDesc(pool.get(), 0)); xml)
            addPool(inventory, xml.get(), virStoragePoolIsActive(pool.get()) == 1);
    }
    std::free(found);
}

Result<Inventory> take(const std::string& uri, const HostUri& parts)
{
    if (const Result<void> ready = prepareLibrary(); !ready)
        return tl::unexpected<Error>(ready.error());
    const Connection connection(virConnectOpenReadOnly(connectUri(uri, parts).c_str()));
    if (!connection)
        return tl::unexpected<Error>(lastLibvirtError(parts, false));
    Inventory inventory;
    std::string capabilities;
    Result<HostFacts> host = readHost(connection.get(), parts, capabilities);
    if (!host)
        return tl::unexpected<Error>(host.error());
    inventory.host = std::move(*host);
    readUsage(connection.get(), parts, inventory.host);
    addCapabilities(inventory, capabilities);
    // Without KVM this fails, and rightly: there is nothing to know then.
    if (const Text xml(
            virConnectGetDomainCapabilities(connection.get(), nullptr, nullptr, nullptr, "kvm", 0));
        xml)
        addDomainCapabilities(inventory, xml.get());
    if (const Text xml(virConnectGetSysinfo(connection.get(), 0)); xml)
        addSystemInfo(inventory, xml.get());
    readDevices(connection.get(), inventory);
    readPools(connection.get(), inventory);
    return inventory;
}

Answer answer(const std::string& text)
{
    return text == "yes" ? Answer::Yes : text == "no" ? Answer::No : Answer::Unknown;
}

} // namespace

void addCapabilities(Inventory& inventory, std::string_view xml)
{
    const xml::Document document = xml::parse(xml);
    xmlNode* host = xml::child(xml::root(document, "capabilities"), "host");
    inventory.iommu = answer(xml::attribute(xml::child(host, "iommu"), "support"));
    std::map<std::int64_t, std::int64_t> pages;
    // The sizes that the CPU can do; how many are set aside stands with each NUMA node.
    xml::each(xml::child(host, "cpu"), "pages", [&](xmlNode* node) {
        const std::int64_t size =
            times(xml::number(xml::attribute(node, "size")), unitBytes(xml::attribute(node, "unit")));
        if (size > kOrdinaryPage)
            pages.emplace(size, 0);
    });
    xml::each(xml::child(xml::child(host, "topology"), "cells"), "cell", [&](xmlNode* cell) {
        xml::each(cell, "pages", [&](xmlNode* node) {
            inventory.hugePagesKnown = true;
            const std::int64_t size =
                times(xml::number(xml::attribute(node, "size")), unitBytes(xml::attribute(node, "unit")));
            if (size > kOrdinaryPage)
                pages[size] += std::min<std::int64_t>(xml::number(xml::text(node)), 1LL << 32);
        });
    });
    inventory.hugePages.clear();
    for (const auto& [size, count] : pages)
        inventory.hugePages.push_back({size, count});
}

void addDomainCapabilities(Inventory& inventory, std::string_view xml)
{
    const xml::Document document = xml::parse(xml);
    xmlNode* root = xml::root(document, "domainCapabilities");
    if (xml::text(xml::child(root, "domain")) != "kvm")
        return;
    xml::each(xml::child(root, "cpu"), "mode", [&](xmlNode* mode) {
        const std::string name = xml::attribute(mode, "name");
        const bool supported = xml::attribute(mode, "supported") == "yes";
        if (name == "host-passthrough")
            inventory.hostPassthrough = supported ? Answer::Yes : Answer::No;
        if (name != "host-model" || !supported)
            return;
        inventory.guestCpuModel = xml::text(xml::child(mode, "model"));
        // libvirt's definitions of AMD's and Hygon's models contain svm, so that only its absence is told;
        // none of Intel's contains vmx (libvirt src/cpu_map).
        const std::string vendor = xml::text(xml::child(mode, "vendor"));
        inventory.nested = vendor == "AMD" || vendor == "Hygon" ? Answer::Yes : Answer::No;
        xml::each(mode, "feature", [&](xmlNode* feature) {
            const std::string which = xml::attribute(feature, "name");
            if (which == "vmx" || which == "svm")
                inventory.nested = xml::attribute(feature, "policy") == "require" ? Answer::Yes : Answer::No;
        });
    });
    // Elsewhere the model does not tell of nesting.
    const std::string& arch = inventory.host.arch;
    if (arch != "x86_64" && arch != "i686")
        inventory.nested = Answer::Unknown;
}

void addSystemInfo(Inventory& inventory, std::string_view xml)
{
    const xml::Document document = xml::parse(xml);
    xmlNode* root = xml::root(document, "sysinfo");
    const auto entry = [&](const char* section, std::string_view name) {
        std::string found;
        xml::each(xml::child(root, section), "entry", [&](xmlNode* node) {
            if (xml::attribute(node, "name") == name)
                found = xml::text(node);
        });
        return found;
    };
    inventory.vendor = entry("system", "manufacturer");
    inventory.product = entry("system", "product");
    inventory.bios = entry("bios", "version");
}

void addNodeDevices(Inventory& inventory, const std::vector<std::string>& xml)
{
    Devices devices;
    for (const std::string& text : xml) {
        Device device;
        device.document = xml::parse(text);
        device.root = xml::root(device.document, "device");
        if (device.root == nullptr)
            continue;
        device.parent = xml::text(xml::child(device.root, "parent"));
        devices.emplace(xml::text(xml::child(device.root, "name")), std::move(device));
    }
    inventory.disksKnown = inventory.nicsKnown = true;
    std::vector<std::string> groups;
    for (const auto& [name, device] : devices) {
        xmlNode* capability = capabilityOf(device.root);
        const std::string type = capabilityType(capability);
        if (type == "net")
            addNic(inventory, devices, device, capability);
        else if (type == "storage")
            addDisk(inventory, devices, device, capability);
        else if (xmlNode* group = xml::child(capability, "iommuGroup"); group != nullptr)
            groups.push_back(xml::attribute(group, "number"));
    }
    std::sort(groups.begin(), groups.end());
    inventory.iommuGroups = static_cast<unsigned>(std::unique(groups.begin(), groups.end()) - groups.begin());
    std::sort(inventory.disks.begin(), inventory.disks.end(),
              [](const Disk& a, const Disk& b) { return a.device < b.device; });
    std::sort(inventory.nics.begin(), inventory.nics.end(),
              [](const Nic& a, const Nic& b) { return a.interface < b.interface; });
}

void addPool(Inventory& inventory, std::string_view xml, bool active)
{
    const xml::Document document = xml::parse(xml);
    xmlNode* root = xml::root(document, "pool");
    if (root == nullptr)
        return;
    Pool pool;
    pool.name = xml::text(xml::child(root, "name"));
    pool.type = xml::attribute(root, "type");
    pool.path = xml::text(xml::child(xml::child(root, "target"), "path"));
    pool.active = active;
    if (active) {
        pool.capacityBytes = bytesOf(xml::child(root, "capacity"));
        pool.availableBytes = bytesOf(xml::child(root, "available"));
    }
    inventory.poolsKnown = true;
    inventory.pools.push_back(std::move(pool));
}

void takeInventory(const std::string& uri, std::function<void(Result<Inventory>)> done)
{
    Result<HostUri> parts = parseUri(uri);
    if (!parts) {
        done(tl::unexpected<Error>(parts.error()));
        return;
    }
    // Detached: a call into libvirt may hang for ever, and nobody waits for it here.
    std::thread([uri, parts = std::move(*parts), done = std::move(done)] {
        prepareThread();
        done(take(uri, parts));
    }).detach();
}

} // namespace strata::virt
