// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checks/check.h"

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <set>

namespace strata::checks {
namespace {

constexpr std::int64_t kGiB = 1LL << 30;
constexpr std::int64_t kTiB = 1LL << 40;
// Firmware and the kernel keep a part of what is built in.
constexpr double kMemorySlack = 0.94;
// KubeVirt's and kubeadm's certificates and etcd's leases tolerate more; beyond this they begin to fail.
constexpr std::int64_t kClockWarnMs = 500;
constexpr std::int64_t kClockFailMs = 5000;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("strata::checks", text), values);
}

enum class Vendor { Intel, Amd, Arm, Other };

bool contains(const std::string& text, std::string_view part)
{
    return toLower(text).find(part) != std::string::npos;
}

Vendor vendorOf(const Subject& subject)
{
    std::string arch;
    std::string cpu;
    if (subject.libvirt) {
        arch = subject.libvirt->host.arch;
        cpu = subject.libvirt->host.cpuVendor;
    } else if (subject.metal) {
        arch = subject.metal->arch;
        cpu = subject.metal->cpuModel;
    } else if (subject.node) {
        const auto& labels = subject.node->labels;
        if (const auto found = labels.find("kubernetes.io/arch"); found != labels.end())
            arch = found->second;
        for (const char* key : {"feature.node.kubernetes.io/cpu-model.vendor_id",
                                "cpu-vendor.node.kubevirt.io/Intel", "cpu-vendor.node.kubevirt.io/AMD"})
            if (const auto found = labels.find(key); found != labels.end())
                cpu += found->second + key;
    }
    if (arch == "aarch64" || arch == "arm64")
        return Vendor::Arm;
    if (contains(cpu, "intel"))
        return Vendor::Intel;
    return contains(cpu, "amd") || contains(cpu, "hygon") ? Vendor::Amd : Vendor::Other;
}

std::string module(Vendor vendor)
{
    return vendor == Vendor::Amd ? "kvm_amd" : vendor == Vendor::Intel ? "kvm_intel" : "kvm_{intel,amd}";
}

// "6.1.0-18-amd64" against "5.15": by their leading numbers.
bool atLeast(const std::string& version, const std::string& wanted)
{
    const auto numbers = [](const std::string& text) {
        std::array<long, 3> out{};
        const char* at = text.c_str();
        for (long& number : out) {
            char* end = nullptr;
            if (std::isdigit(static_cast<unsigned char>(*at)) == 0)
                break;
            number = std::strtol(at, &end, 10);
            if (*end != '.')
                break;
            at = end + 1;
        }
        return out;
    };
    return numbers(version) >= numbers(wanted);
}

std::string speed(int mbits)
{
    if (mbits % 1000 == 0)
        return tr("%1 Gbit/s", {std::to_string(mbits / 1000)});
    return mbits == 2500 ? tr("%1 Gbit/s", {"2.5"}) : tr("%1 Mbit/s", {std::to_string(mbits)});
}

Check start(const char* id, std::string title, std::string wanted)
{
    Check check;
    check.id = id;
    check.title = std::move(title);
    check.wanted = std::move(wanted);
    return check;
}

void unknown(Check& check, std::string reason, std::vector<std::string> commands = {})
{
    check.verdict = Verdict::Unknown;
    check.reason = std::move(reason);
    check.commands = std::move(commands);
}

// libvirt's other drivers (test, containers) know nothing of KVM: what they do not list may be there.
bool knowsKvm(const Subject& subject)
{
    return subject.libvirt && subject.libvirt->host.hypervisor == "QEMU";
}

// Where a fact would come from when nobody told it.
std::string nobodyTold(const Subject& subject)
{
    if (subject.libvirt)
        return tr("libvirt on this host does not tell.");
    return tr("The host was not asked through libvirt, and Kubernetes does not tell.");
}

std::optional<std::int64_t> device(const Subject& subject, const std::string& name)
{
    if (!subject.node)
        return std::nullopt;
    const auto found = subject.node->allocatable.find(name);
    return found == subject.node->allocatable.end() ? std::nullopt : std::optional(found->second);
}

std::optional<bool> label(const Subject& subject, const std::string& name)
{
    if (!subject.node)
        return std::nullopt;
    const auto found = subject.node->labels.find(name);
    return found == subject.node->labels.end() ? std::nullopt : std::optional(found->second == "true");
}

bool hasFlag(const std::vector<std::string>& flags)
{
    return std::any_of(flags.begin(), flags.end(),
                       [](const std::string& flag) { return flag == "vmx" || flag == "svm"; });
}

// --- the checks

Check virtualization(const Subject& subject, const Profile&)
{
    Check check = start("cpu-virtualization", tr("Hardware virtualization"), tr("VT-x or AMD-V"));
    std::optional<bool> found;
    if (knowsKvm(subject)) {
        found = subject.libvirt->host.hardwareVirtualization;
        check.source = "libvirt";
    } else if (subject.metal && !subject.metal->cpuFlags.empty()) {
        found = hasFlag(subject.metal->cpuFlags);
        check.source = "BareMetalHost";
    } else if (const auto kvm = device(subject, "devices.kubevirt.io/kvm"); kvm && *kvm > 0) {
        found = true;
        check.source = "Node";
    } else if (const auto nfd = label(subject, "feature.node.kubernetes.io/cpu-cpuid.VMX"); nfd) {
        found = nfd;
        check.source = "Node";
    } else if (const auto svm = label(subject, "feature.node.kubernetes.io/cpu-cpuid.SVM"); svm) {
        found = svm;
        check.source = "Node";
    }
    const Vendor vendor = vendorOf(subject);
    const std::string name = vendor == Vendor::Intel ? "VT-x"
                             : vendor == Vendor::Amd ? "AMD-V"
                             : vendor == Vendor::Arm ? "EL2"
                                                     : tr("present");
    if (!found) {
        unknown(check, nobodyTold(subject), {"grep -cE '\\b(vmx|svm)\\b' /proc/cpuinfo"});
    } else if (*found) {
        check.value = name;
        check.verdict = Verdict::Pass;
    } else {
        check.value = tr("absent");
        check.verdict = Verdict::Fail;
        check.reason =
            vendor == Vendor::Arm
                ? tr("Without it no VM runs at more than a hundredth of the machine's speed. The kernel must "
                     "be "
                     "started at EL2.")
                : tr("Without it no VM runs at more than a hundredth of the machine's speed. Turn on %1 "
                     "(“Virtualization Technology”, “SVM Mode”) in the machine's firmware setup.",
                     {vendor == Vendor::Amd ? "AMD-V" : "VT-x"});
        check.commands = {"grep -cE '\\b(vmx|svm)\\b' /proc/cpuinfo   # 0: still off",
                          "systemctl reboot --firmware-setup"};
    }
    return check;
}

Check kvm(const Subject& subject, const Profile&)
{
    Check check = start("kvm", tr("KVM"), tr("usable"));
    std::optional<bool> found;
    if (const auto offered = device(subject, "devices.kubevirt.io/kvm"); offered) {
        found = *offered > 0;
        check.source = "Node";
    }
    if (knowsKvm(subject) && !found.value_or(false)) {
        found = subject.libvirt->host.kvmUsable;
        check.source = "libvirt";
    }
    if (!found) {
        unknown(check, nobodyTold(subject), {"ls -l /dev/kvm"});
    } else if (*found) {
        check.value = tr("usable");
        check.verdict = Verdict::Pass;
    } else {
        check.value = tr("not usable");
        check.verdict = Verdict::Fail;
        check.reason = tr("The kernel module is not loaded, or QEMU may not open /dev/kvm. KubeVirt then "
                          "schedules no VM here.");
        if (vendorOf(subject) == Vendor::Arm)
            check.commands = {"dmesg | grep -i kvm", "ls -l /dev/kvm"};
        else
            check.commands = {"sudo modprobe -a " + module(vendorOf(subject)),
                              "echo " + module(vendorOf(subject)) +
                                  " | sudo tee /etc/modules-load.d/kvm.conf",
                              "ls -l /dev/kvm"};
    }
    return check;
}

Check nested(const Subject& subject, const Profile&)
{
    Check check = start("nested-kvm", tr("Nested virtualization"), tr("on"));
    const virt::Answer answer = subject.libvirt ? subject.libvirt->nested : virt::Answer::Unknown;
    const Vendor vendor = vendorOf(subject);
    const std::string show = "cat /sys/module/" + module(vendor) + "/parameters/nested";
    check.source = subject.libvirt ? "libvirt" : "";
    if (answer == virt::Answer::Yes) {
        check.value = tr("on");
        check.verdict = Verdict::Pass;
    } else if (vendor == Vendor::Arm) {
        unknown(check,
                tr("On ARM only newer CPUs and kernels nest VMs, and libvirt does not tell. It matters only "
                   "where the "
                   "outer nodes are themselves VMs."),
                {"dmesg | grep -i 'nested virt'"});
    } else if (answer == virt::Answer::No) {
        check.value = tr("off");
        check.verdict = Verdict::Fail;
        check.reason = tr("Outer nodes that are VMs on this host get no KVM, so that KubeVirt cannot start a "
                          "tenant's node.");
        check.commands = {"echo 'options " + module(vendor) +
                              " nested=1' | sudo tee /etc/modprobe.d/kvm-nested.conf",
                          "sudo modprobe -r " + module(vendor) + " && sudo modprobe -a " + module(vendor) +
                              "   # no VM may run meanwhile",
                          show + "   # Y or 1"};
    } else if (device(subject, "devices.kubevirt.io/kvm").value_or(0) > 0) {
        unknown(check,
                tr("KVM works on the node; whether a guest could use it again is not told. It matters only "
                   "where the "
                   "outer nodes are themselves VMs."),
                {show});
    } else {
        unknown(check, nobodyTold(subject), {show});
    }
    return check;
}

Check memory(const Subject& subject, const Profile& profile)
{
    Check check = start("memory", tr("Memory"), tr("%1 or more", {formatBytes(profile.memoryBytes)}));
    std::int64_t bytes = -1;
    if (subject.libvirt) {
        bytes = subject.libvirt->host.memoryBytes;
        check.source = "libvirt";
    } else if (subject.metal && subject.metal->memoryBytes > 0) {
        bytes = subject.metal->memoryBytes;
        check.source = "BareMetalHost";
    } else if (subject.node) {
        bytes = subject.node->memoryBytes;
        check.source = "Node";
    }
    if (bytes <= 0) {
        unknown(check, nobodyTold(subject), {"grep MemTotal /proc/meminfo"});
        return check;
    }
    check.value = formatBytes(bytes);
    if (static_cast<double>(bytes) >= static_cast<double>(profile.memoryBytes) * kMemorySlack) {
        check.verdict = Verdict::Pass;
    } else {
        check.verdict = Verdict::Fail;
        check.reason = tr("Tenants' nodes take memory whole: what is not there cannot be shared out.");
        check.commands = {"sudo dmidecode -t memory | grep -E 'Size|Locator'   # free slots"};
    }
    return check;
}

const std::vector<virt::Disk>* disksOf(const Subject& subject, std::string& source)
{
    if (subject.libvirt && subject.libvirt->disksKnown &&
        (knowsKvm(subject) || !subject.libvirt->disks.empty())) {
        source = "libvirt";
        return &subject.libvirt->disks;
    }
    if (subject.metal && !subject.metal->disks.empty()) {
        source = "BareMetalHost";
        return &subject.metal->disks;
    }
    return nullptr;
}

Check nvme(const Subject& subject, const Profile& profile)
{
    Check check = start("nvme", tr("NVMe disks"),
                        profile.nvmeDisks == 0
                            ? tr("one or more, for fast images")
                            : tr("%1 or more, together %2",
                                 {std::to_string(profile.nvmeDisks), formatBytes(profile.nvmeBytes)}));
    const std::vector<virt::Disk>* disks = disksOf(subject, check.source);
    if (disks == nullptr) {
        if (label(subject, "feature.node.kubernetes.io/storage-nonrotationaldisk").value_or(false)) {
            check.source = "Node";
            unknown(check,
                    tr("Node Feature Discovery sees a disk that does not rotate, but not its size nor "
                       "whether it is NVMe."),
                    {"lsblk -d -o NAME,MODEL,SIZE,TRAN"});
        } else {
            unknown(check, nobodyTold(subject), {"lsblk -d -o NAME,MODEL,SIZE,TRAN"});
        }
        return check;
    }
    unsigned count = 0;
    std::int64_t bytes = 0;
    bool sized = true;
    for (const virt::Disk& disk : *disks) {
        if (!disk.nvme)
            continue;
        ++count;
        sized = sized && disk.bytes >= 0;
        bytes += std::max<std::int64_t>(disk.bytes, 0);
    }
    check.value =
        count == 0 ? tr("none") : tr("%1, together %2", {std::to_string(count), formatBytes(bytes)});
    if (count >= std::max(profile.nvmeDisks, 1U) && (bytes >= profile.nvmeBytes || !sized)) {
        check.verdict = sized ? Verdict::Pass : Verdict::Unknown;
        check.reason = sized ? std::string() : tr("The size of a disk is not told.");
        return check;
    }
    check.verdict = profile.nvmeDisks > 0 ? Verdict::Fail : Verdict::Warn;
    check.reason = tr(
        "Ceph or Longhorn on slower disks makes etcd of the tenants miss its deadlines: their control planes "
        "then lose their leader under load.");
    check.commands = {
        "lsblk -d -o NAME,MODEL,SIZE,TRAN   # a disk in a RAID controller may be hidden behind it"};
    return check;
}

Check nic(const Subject& subject, const Profile& profile)
{
    Check check = start("nic-speed", tr("Network speed"), tr("%1 or more", {speed(profile.nicMbits)}));
    const std::vector<virt::Nic>* nics = nullptr;
    if (subject.libvirt && subject.libvirt->nicsKnown &&
        (knowsKvm(subject) || !subject.libvirt->nics.empty())) {
        nics = &subject.libvirt->nics;
        check.source = "libvirt";
    } else if (subject.metal && !subject.metal->nics.empty()) {
        nics = &subject.metal->nics;
        check.source = "BareMetalHost";
    }
    const std::string tell = "for i in /sys/class/net/*/speed; do echo $i $(cat $i 2>/dev/null); done";
    if (nics == nullptr) {
        unknown(check, nobodyTold(subject), {tell});
        return check;
    }
    const virt::Nic* best = nullptr;
    bool untold = false;
    for (const virt::Nic& nic : *nics) {
        if (!nic.linkUp)
            continue;
        untold = untold || nic.mbits < 0;
        if (nic.mbits >= 0 && (best == nullptr || nic.mbits > best->mbits))
            best = &nic;
    }
    if (best == nullptr) {
        if (untold) {
            unknown(
                check,
                tr("The link is up, but its driver does not tell its speed (virtual network cards do not)."),
                {tell});
        } else {
            check.value = nics->empty() ? tr("no network card") : tr("no link");
            check.verdict = Verdict::Fail;
            check.reason = tr("No network card has a link.");
            check.commands = {"ip -br link"};
        }
        return check;
    }
    check.value = tr("%1 (%2)", {speed(best->mbits), best->interface});
    if (best->mbits >= profile.nicMbits) {
        check.verdict = Verdict::Pass;
        return check;
    }
    // Below a fifth of what is wanted the network and not the host decides how many tenants fit.
    check.verdict =
        best->mbits * 5 < profile.nicMbits * 2 && profile.nicMbits > 1000 ? Verdict::Fail : Verdict::Warn;
    check.reason = tr("Storage replication, live migration and the tenants' own traffic share this link.");
    check.commands = {"sudo ethtool " +
                      (isCleanText(best->interface) ? best->interface : std::string("INTERFACE")) +
                      "   # “Supported link modes” against “Speed”"};
    return check;
}

Check iommu(const Subject& subject, const Profile& profile)
{
    Check check = start("iommu", tr("IOMMU"), profile.iommu ? tr("on") : tr("on, for devices passed to VMs"));
    std::optional<bool> on;
    if (subject.libvirt) {
        const virt::Inventory& inventory = *subject.libvirt;
        if ((knowsKvm(subject) && inventory.iommu != virt::Answer::Unknown) || inventory.iommuGroups > 0)
            on = inventory.iommuGroups > 0 || inventory.iommu == virt::Answer::Yes;
        check.source = "libvirt";
    } else if (const auto nfd = label(subject, "feature.node.kubernetes.io/iommu-enabled"); nfd) {
        on = nfd;
        check.source = "Node";
    }
    if (!on) {
        unknown(check, nobodyTold(subject), {"ls /sys/kernel/iommu_groups | wc -l"});
        return check;
    }
    if (*on) {
        check.value = tr("on");
        check.verdict = Verdict::Pass;
        return check;
    }
    check.value = tr("off");
    check.verdict = Verdict::Warn;
    check.reason = tr("SR-IOV network cards and other devices cannot be given to VMs.");
    const Vendor vendor = vendorOf(subject);
    const std::string parameters = vendor == Vendor::Intel ? "intel_iommu=on iommu=pt" : "iommu=pt";
    check.commands = {"sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&" + parameters +
                          " /' /etc/default/grub && sudo update-grub   # Debian, Ubuntu",
                      "sudo grubby --update-kernel=ALL --args='" + parameters + "'   # Fedora, RHEL",
                      "sudo systemctl reboot"};
    return check;
}

Check hugePages(const Subject& subject, const Profile& profile)
{
    Check check = start("hugepages", tr("Huge pages"), profile.hugePages ? tr("set aside") : tr("optional"));
    std::optional<std::int64_t> bytes;
    if (subject.libvirt && subject.libvirt->hugePagesKnown) {
        bytes = 0;
        for (const virt::HugePages& pages : subject.libvirt->hugePages)
            *bytes += pages.pageBytes * pages.count;
        check.source = "libvirt";
    }
    if (!bytes && subject.node) {
        for (const auto& [name, amount] : subject.node->allocatable)
            if (name.starts_with("hugepages-"))
                bytes = bytes.value_or(0) + std::max<std::int64_t>(amount, 0);
        check.source = bytes ? "Node" : "";
    }
    if (!bytes) {
        unknown(check, nobodyTold(subject), {"grep Huge /proc/meminfo"});
        return check;
    }
    check.value = *bytes > 0 ? formatBytes(*bytes) : tr("none");
    if (*bytes > 0 || !profile.hugePages) {
        check.verdict = Verdict::Pass;
        return check;
    }
    check.verdict = Verdict::Warn;
    check.reason =
        tr("VMs with `memory.hugepages` cannot be scheduled here, and large VMs lose speed without.");
    check.commands = {"sudo grubby --update-kernel=ALL --args='default_hugepagesz=1G hugepagesz=1G "
                      "hugepages=N'   # N GiB; on Debian in /etc/default/grub",
                      "sudo systemctl reboot"};
    return check;
}

Check clock(const Subject& subject, const Profile&)
{
    Check check = start("clock", tr("Clock"), tr("within %1 ms", {std::to_string(kClockWarnMs)}));
    if (!subject.node || !subject.node->clockOffsetMs) {
        unknown(check, tr("libvirt does not tell a host's time; a Node's heartbeat would."),
                {"timedatectl timesync-status || chronyc tracking"});
        return check;
    }
    const std::int64_t offset = *subject.node->clockOffsetMs;
    check.source = "Node";
    check.value = tr("%1 ms", {std::to_string(offset)});
    if (std::llabs(offset) <= kClockWarnMs) {
        check.verdict = Verdict::Pass;
        return check;
    }
    check.verdict = std::llabs(offset) > kClockFailMs ? Verdict::Fail : Verdict::Warn;
    check.reason = tr("Certificates of new tenants are then “not yet valid” for some of their nodes, and "
                      "leases expire early.");
    check.commands = {"sudo apt-get install chrony   # or: sudo dnf install chrony",
                      "sudo systemctl enable --now chronyd", "chronyc tracking"};
    return check;
}

Check netDevices(const Subject& subject, const Profile&)
{
    Check check = start("tun-vhost-net", tr("tun and vhost-net"), tr("both offered"));
    const auto tun = device(subject, "devices.kubevirt.io/tun");
    const auto vhost = device(subject, "devices.kubevirt.io/vhost-net");
    const std::vector<std::string> load = {
        "sudo modprobe -a tun vhost_net",
        "printf 'tun\\nvhost_net\\n' | sudo tee /etc/modules-load.d/kubevirt.conf"};
    if (!tun && !vhost) {
        unknown(check, tr("libvirt does not tell; on a node KubeVirt's device plugin would."),
                {"ls -l /dev/net/tun /dev/vhost-net"});
        return check;
    }
    check.source = "Node";
    std::string missing;
    for (const auto& [offered, name] : {std::pair(tun, "tun"), std::pair(vhost, "vhost-net")})
        if (offered.value_or(0) <= 0)
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (missing.empty()) {
        check.value = tr("both offered");
        check.verdict = Verdict::Pass;
        return check;
    }
    check.value = tr("missing: %1", {missing});
    check.verdict = Verdict::Fail;
    check.reason = tr("VMs stay unschedulable with “Insufficient devices.kubevirt.io/…”.");
    check.commands = load;
    return check;
}

Check freeSpace(const Subject& subject, const Profile& profile)
{
    Check check = start("free-space", tr("Storage pools"), tr("%1 free", {formatBytes(profile.freeBytes)}));
    if (!subject.libvirt || !subject.libvirt->poolsKnown) {
        unknown(check, nobodyTold(subject), {"df -h /var/lib/libvirt/images"});
        return check;
    }
    check.source = "libvirt";
    const virt::Pool* best = nullptr;
    for (const virt::Pool& pool : subject.libvirt->pools)
        if (pool.active && pool.availableBytes >= 0 &&
            (best == nullptr || pool.availableBytes > best->availableBytes))
            best = &pool;
    const std::vector<std::string> define = {
        "virsh pool-define-as default dir --target /var/lib/libvirt/images", "virsh pool-build default",
        "virsh pool-start default", "virsh pool-autostart default"};
    if (best == nullptr) {
        check.value = subject.libvirt->pools.empty() ? tr("no pool") : tr("no active pool");
        check.verdict = Verdict::Warn;
        check.reason = tr(
            "Outer nodes that are VMs need a pool for their disks; on bare-metal nodes it does not matter.");
        check.commands = subject.libvirt->pools.empty()
                             ? define
                             : std::vector<std::string>{"virsh pool-list --all", "virsh pool-start POOL"};
        return check;
    }
    check.value = tr("%1 free in “%2”", {formatBytes(best->availableBytes), best->name});
    if (best->availableBytes >= profile.freeBytes) {
        check.verdict = Verdict::Pass;
        return check;
    }
    check.verdict = Verdict::Warn;
    check.reason = tr("A disk that fills up pauses the VMs on it with an I/O error.");
    check.commands = {"virsh pool-info " +
                          std::string(isCleanText(best->name) && best->name.find('\'') == std::string::npos
                                          ? "'" + best->name + "'"
                                          : "POOL"),
                      "virsh vol-list POOL --details"};
    return check;
}

Check version(const char* id, std::string title, const std::string& value, const std::string& wanted,
              const Subject& subject, const char* source, const std::string& tell, const std::string& why)
{
    Check check = start(id, std::move(title), tr("%1 or newer", {wanted}));
    if (value.empty()) {
        unknown(check, nobodyTold(subject), {tell});
        return check;
    }
    check.value = value;
    check.source = source;
    if (atLeast(value, wanted)) {
        check.verdict = Verdict::Pass;
        return check;
    }
    check.verdict = Verdict::Warn;
    check.reason = why;
    check.commands = {"sudo apt-get update && sudo apt-get full-upgrade   # or: sudo dnf upgrade", tell};
    return check;
}

Check kernel(const Subject& subject, const Profile& profile)
{
    return version("kernel", tr("Kernel"), subject.node ? subject.node->kernelVersion : "", profile.kernel,
                   subject, "Node", "uname -r",
                   tr("Older kernels lack cgroup v2 accounting and fixes of nested KVM."));
}

Check libvirtVersion(const Subject& subject, const Profile& profile)
{
    return version("libvirt", tr("libvirt"), subject.libvirt ? subject.libvirt->host.libvirtVersion : "",
                   profile.libvirt, subject, "libvirt", "virsh version --daemon",
                   tr("Older ones do not list what Strata needs to create outer nodes."));
}

Check qemuVersion(const Subject& subject, const Profile& profile)
{
    const bool qemu = subject.libvirt && subject.libvirt->host.hypervisor == "QEMU";
    return version("qemu", tr("QEMU"), qemu ? subject.libvirt->host.hypervisorVersion : "", profile.qemu,
                   subject, "libvirt", "virsh version --daemon",
                   tr("Older ones lack CPU models and fixes of nested KVM."));
}

Check diskLatency(const Subject& subject, const Profile&)
{
    Check check = start("disk-latency", tr("Disk latency"), tr("fdatasync below 10 ms (99 %)"));
    unknown(check,
            subject.libvirt || subject.node || subject.metal
                ? tr("It can only be measured on the host itself; etcd needs it.")
                : tr("Nothing is known of this host."),
            {"fio --name=etcd --rw=write --ioengine=sync --fdatasync=1 --size=22m --bs=2300 "
             "--directory=/var/lib"});
    return check;
}

} // namespace

const char* toString(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return "pass";
    case Verdict::Warn:
        return "warn";
    case Verdict::Fail:
        return "fail";
    case Verdict::Unknown:
        break;
    }
    return "unknown";
}

const Profile& Profile::lab()
{
    static const Profile profile = {"lab", 16 * kGiB,  1000,   0,     0,    false,
                                    false, 100 * kGiB, "5.10", "7.0", "5.2"};
    return profile;
}

const Profile& Profile::production()
{
    static const Profile profile = {"production", 512 * kGiB, 25'000, 2,     2 * kTiB, true,
                                    true,         500 * kGiB, "5.15", "8.0", "6.2"};
    return profile;
}

const Profile* Profile::named(const std::string& name)
{
    for (const Profile* profile : {&lab(), &production()})
        if (profile->name == name)
            return profile;
    return nullptr;
}

std::vector<Check> checkHost(const Subject& subject, const Profile& profile)
{
    using Function = Check (*)(const Subject&, const Profile&);
    static constexpr std::array<Function, 14> all = {
        virtualization, kvm,       nested, memory, nvme,           nic,        iommu, hugePages,
        netDevices,     freeSpace, clock,  kernel, libvirtVersion, qemuVersion};
    std::vector<Check> checks;
    for (const Function check : all)
        checks.push_back(check(subject, profile));
    checks.push_back(diskLatency(subject, profile));
    return checks;
}

std::vector<Check> checkFleet(const std::vector<Subject>& subjects)
{
    const auto model = [](const Subject& subject) -> std::string {
        if (!subject.libvirt) {
            // KubeVirt's node-labeller: the model that host-model means there.
            static const std::string prefix = "host-model-cpu.node.kubevirt.io/";
            if (subject.node)
                for (const auto& [label, value] : subject.node->labels)
                    if (label.starts_with(prefix) && value == "true")
                        return label.substr(prefix.size());
            return {};
        }
        const virt::Inventory& inventory = *subject.libvirt;
        return inventory.guestCpuModel.empty() ? inventory.host.cpuModel : inventory.guestCpuModel;
    };
    std::map<std::string, unsigned> counts;
    for (const Subject& subject : subjects)
        if (const std::string name = model(subject); !name.empty())
            ++counts[name];
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    std::vector<Check> checks;
    for (const Subject& subject : subjects) {
        Check check = start("cpu-model", tr("CPU model"),
                            counts.size() > 1 ? tr("%1, as on most hosts", {most->first})
                                              : tr("the same on all hosts"));
        check.value = model(subject);
        if (check.value.empty()) {
            unknown(check, nobodyTold(subject), {"virsh capabilities | grep -A2 '<cpu>'"});
        } else if (check.value == (most == counts.end() ? std::string() : most->first)) {
            check.verdict = Verdict::Pass;
            check.source = subject.libvirt ? "libvirt" : "Node";
        } else {
            check.verdict = Verdict::Warn;
            check.source = subject.libvirt ? "libvirt" : "Node";
            check.reason = tr("VMs with the CPU model “host-model” or “host-passthrough” cannot migrate live "
                              "between this host "
                              "and the others. A named model that all hosts know can.");
            check.commands = {
                "kubectl -n kubevirt patch kubevirt kubevirt --type merge -p "
                "'{\"spec\":{\"configuration\":{\"cpuModel\":\"MODEL\"}}}'   # a model from: virsh "
                "cpu-baseline"};
        }
        checks.push_back(std::move(check));
    }
    return checks;
}

Verdict worst(const std::vector<Check>& checks)
{
    const auto rank = [](Verdict verdict) {
        return verdict == Verdict::Fail ? 2 : verdict == Verdict::Pass ? 0 : 1;
    };
    Verdict out = Verdict::Pass;
    for (const Check& check : checks)
        if (rank(check.verdict) > rank(out))
            out = check.verdict == Verdict::Unknown ? Verdict::Warn : check.verdict;
    return out;
}

} // namespace strata::checks
