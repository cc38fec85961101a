// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/libvirt/reading.h"

#include "core/base/text.h"
#include "core/libvirt/capabilities.h"
#include "core/libvirt/errors.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

namespace strata::virt {
namespace {

struct FreeText {
    void operator()(char* text) const { std::free(text); } // what libvirt's documentation tells to use
};
using Text = std::unique_ptr<char, FreeText>;

std::string version(unsigned long number)
{
    return std::to_string(number / 1000000) + "." + std::to_string(number / 1000 % 1000) + "." +
           std::to_string(number % 1000);
}

DomainState stateOf(int state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return DomainState::Running;
    case VIR_DOMAIN_BLOCKED:
        return DomainState::Blocked;
    case VIR_DOMAIN_PAUSED:
        return DomainState::Paused;
    case VIR_DOMAIN_SHUTDOWN:
        return DomainState::ShuttingDown;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::ShutOff;
    case VIR_DOMAIN_CRASHED:
        return DomainState::Crashed;
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::Suspended;
    default:
        return DomainState::NoState;
    }
}

std::string uuidOf(virDomainPtr domain)
{
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    if (virDomainGetUUIDString(domain, uuid.data()) < 0)
        return {};
    return toLower(uuid.data());
}

Result<std::vector<DomainPtr>> list(virConnectPtr connection, const HostUri& parts, unsigned flags)
{
    virDomainPtr* found = nullptr;
    const int count = virConnectListAllDomains(connection, &found, flags);
    if (count < 0)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    std::vector<DomainPtr> out;
    out.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        out.emplace_back(found[i]);
    std::free(found);
    return out;
}

// A filtered list costs one call for all domains; asking each would cost one call a domain. A driver that
// does not know the filter answers with none.
std::set<std::string> uuidsOf(virConnectPtr connection, const HostUri& parts, unsigned flag)
{
    std::set<std::string> out;
    if (const Result<std::vector<DomainPtr>> domains = list(connection, parts, flag))
        for (const DomainPtr& domain : *domains)
            out.insert(uuidOf(domain.get()));
    return out;
}

Result<DomainFacts> describe(virDomainPtr domain, const HostUri& parts)
{
    DomainFacts facts;
    facts.uuid = uuidOf(domain);
    const char* name = virDomainGetName(domain);
    facts.name = name == nullptr ? std::string() : cleanText(name);
    virDomainInfo info = {};
    if (virDomainGetInfo(domain, &info) < 0)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    int state = info.state;
    int reason = 0;
    if (virDomainGetState(domain, &state, &reason, 0) < 0) { // one call more that may find it gone
        state = info.state;
        reason = 0;
    }
    facts.state = stateOf(state);
    facts.stateReason = reasonText(facts.state, reason);
    facts.vcpus = info.nrVirtCpu;
    facts.memoryBytes = static_cast<std::int64_t>(info.maxMem) * 1024;
    return facts;
}

} // namespace

std::string reasonText(DomainState state, int reason)
{
    static constexpr std::array running = {"",
                                           "booted",
                                           "migrated",
                                           "restored",
                                           "from snapshot",
                                           "unpaused",
                                           "migration canceled",
                                           "save canceled",
                                           "event wakeup",
                                           "crashed",
                                           "post-copy",
                                           "post-copy failed"};
    static constexpr std::array paused = {
        "",          "user",        "migrating",     "saving",           "dumping",
        "I/O error", "watchdog",    "from snapshot", "shutting down",    "creating snapshot",
        "crashed",   "starting up", "post-copy",     "post-copy failed", "API error"};
    static constexpr std::array shuttingDown = {"", "user"};
    static constexpr std::array shutOff = {"",      "shutdown", "destroyed",     "crashed", "migrated",
                                           "saved", "failed",   "from snapshot", "daemon"};
    static constexpr std::array crashed = {"", "panicked"};
    const auto word = [reason](const auto& words) -> std::string {
        if (reason < 0)
            return {};
        const auto at = static_cast<std::size_t>(reason);
        return at < words.size() ? words[at] : "reason " + std::to_string(reason); // newer than we are
    };
    switch (state) {
    case DomainState::Running:
        return word(running);
    case DomainState::Paused:
        return word(paused);
    case DomainState::ShuttingDown:
        return word(shuttingDown);
    case DomainState::ShutOff:
        return word(shutOff);
    case DomainState::Crashed:
        return word(crashed);
    case DomainState::NoState:
    case DomainState::Blocked:
    case DomainState::Suspended:
        break;
    }
    return {};
}

double usedShare(const std::optional<CpuClock>& before, const std::optional<CpuClock>& now)
{
    if (!before || !now || now->total <= before->total || now->busy < before->busy)
        return -1;
    const double share =
        static_cast<double>(now->busy - before->busy) / static_cast<double>(now->total - before->total);
    return std::round(std::clamp(share, 0.0, 1.0) * 1000) / 1000;
}

Result<HostFacts> readHost(virConnectPtr connection, const HostUri& parts, std::string& capabilities)
{
    HostFacts facts;
    virNodeInfo node = {};
    if (virNodeGetInfo(connection, &node) < 0)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    node.model[sizeof(node.model) - 1] = '\0';
    facts.arch = cleanText(node.model); // virNodeInfo's "model" is the architecture
    facts.memoryBytes = static_cast<std::int64_t>(node.memory) * 1024;
    facts.cpus = node.cpus;
    facts.mhz = node.mhz;
    facts.numaNodes = node.nodes;
    facts.sockets = node.nodes * node.sockets; // libvirt counts them by NUMA node
    facts.coresPerSocket = node.cores;
    facts.threadsPerCore = node.threads;

    if (const Text document(virConnectGetCapabilities(connection)); document) {
        capabilities = document.get();
        if (const Result<Capabilities> read = parseCapabilities(capabilities)) {
            facts.uuid = read->uuid;
            if (!read->arch.empty())
                facts.arch = read->arch;
            facts.cpuModel = read->cpuModel;
            facts.cpuVendor = read->cpuVendor;
            facts.kvmUsable = read->kvm;
            facts.cpuFeatures = read->cpuFeatures;
            // The capabilities name the nearest model and what the CPU has beyond it; expanded, it is all.
            if (!read->cpuXml.empty()) {
                const char* cpus[] = {read->cpuXml.c_str()};
                const Text expanded(
                    virConnectBaselineCPU(connection, cpus, 1, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES));
                if (expanded) {
                    std::vector<std::string> all = parseCpuFeatures(expanded.get());
                    if (all.size() > facts.cpuFeatures.size())
                        facts.cpuFeatures = std::move(all);
                }
            }
        }
    } else if (virConnectIsAlive(connection) != 1) {
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    }
    // Working KVM is the best proof; without it the features still tell of a module that is not loaded.
    facts.hardwareVirtualization =
        facts.kvmUsable ||
        std::any_of(facts.cpuFeatures.begin(), facts.cpuFeatures.end(),
                    [](const std::string& feature) { return feature == "vmx" || feature == "svm"; });

    if (parts.isTest() && parts.host.empty()) {
        // The test driver reports the workstation's own name and UUID.
        facts.hostname = nameOf(parts);
        facts.uuid.clear();
    } else if (const Text name(virConnectGetHostname(connection)); name) {
        facts.hostname = cleanText(name.get());
    }
    if (const char* type = virConnectGetType(connection); type != nullptr)
        facts.hypervisor = cleanText(type);
    unsigned long number = 0;
    if (virConnectGetVersion(connection, &number) == 0 && number > 0)
        facts.hypervisorVersion = version(number);
    if (virConnectGetLibVersion(connection, &number) == 0)
        facts.libvirtVersion = version(number);
    return facts;
}

std::optional<CpuClock> readUsage(virConnectPtr connection, const HostUri& parts, HostFacts& facts)
{
    facts.memoryFreeBytes = -1;
    if (parts.isTest())
        return std::nullopt; // constants
    int count = 0;
    std::uint64_t free = 0;
    bool known = false;
    if (virNodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, nullptr, &count, 0) == 0 &&
        count > 0 && count < 64) {
        std::vector<virNodeMemoryStats> stats(static_cast<std::size_t>(count));
        if (virNodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats.data(), &count, 0) ==
            0) {
            for (int i = 0; i < count; ++i) {
                const std::string_view field = stats[static_cast<std::size_t>(i)].field;
                // The kernel's own total: virNodeGetInfo() may count less of the machine.
                if (field == VIR_NODE_MEMORY_STATS_TOTAL)
                    facts.memoryBytes =
                        std::max(facts.memoryBytes,
                                 static_cast<std::int64_t>(stats[static_cast<std::size_t>(i)].value * 1024));
                // What the kernel would give to a guest: page cache counts as free.
                if (field == VIR_NODE_MEMORY_STATS_FREE || field == VIR_NODE_MEMORY_STATS_BUFFERS ||
                    field == VIR_NODE_MEMORY_STATS_CACHED) {
                    free += stats[static_cast<std::size_t>(i)].value * 1024;
                    known = true;
                }
            }
        }
    }
    if (!known) {
        free = virNodeGetFreeMemory(connection); // 0 on failure
        known = free > 0;
    }
    if (known) // whole MiB: what changes less is not worth telling
        facts.memoryFreeBytes = static_cast<std::int64_t>(free >> 20U << 20U);

    count = 0;
    if (virNodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, nullptr, &count, 0) != 0 || count <= 0 ||
        count >= 64)
        return std::nullopt;
    std::vector<virNodeCPUStats> stats(static_cast<std::size_t>(count));
    if (virNodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats.data(), &count, 0) != 0)
        return std::nullopt;
    CpuClock clock;
    for (int i = 0; i < count; ++i) {
        const virNodeCPUStats& entry = stats[static_cast<std::size_t>(i)];
        const std::string_view field = entry.field;
        const bool busy = field == VIR_NODE_CPU_STATS_KERNEL || field == VIR_NODE_CPU_STATS_USER;
        if (busy)
            clock.busy += entry.value;
        if (busy || field == VIR_NODE_CPU_STATS_IDLE || field == VIR_NODE_CPU_STATS_IOWAIT)
            clock.total += entry.value;
    }
    if (clock.total == 0)
        return std::nullopt;
    return clock;
}

Result<std::vector<DomainFacts>> readDomains(virConnectPtr connection, const HostUri& parts)
{
    const Result<std::vector<DomainPtr>> all = list(connection, parts, 0);
    if (!all)
        return tl::unexpected<Error>(all.error());
    const std::set<std::string> persistent = uuidsOf(connection, parts, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
    const std::set<std::string> autostart = uuidsOf(connection, parts, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);
    std::vector<DomainFacts> out;
    out.reserve(all->size());
    for (const DomainPtr& domain : *all) {
        Result<DomainFacts> facts = describe(domain.get(), parts);
        if (!facts) {
            if (facts.error().kind == ErrorKind::NotFound)
                continue; // gone between two calls
            if (virConnectIsAlive(connection) != 1)
                return tl::unexpected<Error>(facts.error());
            // One broken domain is no reason to know of none, nor is it gone.
            const char* name = virDomainGetName(domain.get());
            facts = DomainFacts();
            facts->uuid = uuidOf(domain.get());
            facts->name = name == nullptr ? std::string() : cleanText(name);
        }
        facts->persistent = persistent.count(facts->uuid) > 0;
        facts->autostart = autostart.count(facts->uuid) > 0;
        out.push_back(std::move(*facts));
    }
    return out;
}

Result<DomainFacts> readDomain(virConnectPtr connection, const HostUri& parts, const std::string& uuid)
{
    const DomainPtr domain(virDomainLookupByUUIDString(connection, uuid.c_str()));
    if (!domain)
        return tl::unexpected<Error>(lastLibvirtError(parts, true));
    Result<DomainFacts> facts = describe(domain.get(), parts);
    if (!facts)
        return facts;
    facts->persistent = virDomainIsPersistent(domain.get()) == 1;
    int autostart = 0;
    facts->autostart = virDomainGetAutostart(domain.get(), &autostart) == 0 && autostart != 0;
    return facts;
}

} // namespace strata::virt
