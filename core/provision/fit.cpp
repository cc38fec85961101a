// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/fit.h"

#include "core/base/quantity.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";
constexpr std::int64_t kMi = 1 << 20;

enum class Objection { None, Closed, Affinity, Memory, Cpu, Pods };

Objection objection(const NodeRoom& node, const VmDemand& vm, const Room& request, bool keepApart)
{
    if (!node.closed.empty())
        return Objection::Closed;
    const auto group = node.groups.find(vm.group);
    if (keepApart && !vm.group.empty() && group != node.groups.end() && group->second > 0)
        return Objection::Affinity;
    if (node.free.memoryBytes < request.memoryBytes)
        return Objection::Memory;
    if (node.free.cpuMilli < request.cpuMilli)
        return Objection::Cpu;
    if (node.free.pods < request.pods)
        return Objection::Pods;
    return Objection::None;
}

std::string explain(const std::vector<NodeRoom>& nodes, const VmDemand& vm, const Room& request,
                    bool keepApart)
{
    if (nodes.empty())
        return translate(kContext, "There are no outer nodes.");
    std::map<Objection, int> counts;
    std::int64_t mostMemory = 0;
    std::int64_t mostCpu = 0;
    for (const NodeRoom& node : nodes) {
        ++counts[objection(node, vm, request, keepApart)];
        if (node.closed.empty()) {
            mostMemory = std::max(mostMemory, node.free.memoryBytes);
            mostCpu = std::max(mostCpu, node.free.cpuMilli);
        }
    }
    std::string text =
        arguments(translate(kContext, "None of %1 outer nodes takes it:"), {std::to_string(nodes.size())});
    const auto add = [&](Objection which, const std::string& what) {
        if (counts[which] > 0)
            text += (text.back() == ':' ? " " : ", ") + std::to_string(counts[which]) + " " + what;
    };
    add(Objection::Closed, translate(kContext, "closed for VMs"));
    add(Objection::Affinity, translate(kContext, "already with a VM of this group"));
    add(Objection::Memory,
        arguments(translate(kContext, "with too little memory (%1 wanted, at most %2 free)"),
                  {formatBytes(request.memoryBytes), formatBytes(mostMemory)}));
    add(Objection::Cpu, arguments(translate(kContext, "with too little CPU (%1 wanted, at most %2 free)"),
                                  {formatCpu(request.cpuMilli), formatCpu(mostCpu)}));
    add(Objection::Pods, translate(kContext, "with no room for another pod"));
    return text + ".";
}

struct Attempt {
    std::vector<int> nodeOf; // per VM, -1: none
    std::vector<NodeRoom> nodes;
    int missing = 0;
    bool doubledUp = false;
};

void take(NodeRoom& node, const VmDemand& vm, const Room& request)
{
    node.free.cpuMilli -= request.cpuMilli;
    node.free.memoryBytes -= request.memoryBytes;
    node.free.pods -= request.pods;
    if (!vm.group.empty())
        ++node.groups[vm.group];
}

// Places the VMs in `order`. `spread` takes the emptiest node as the scheduler's default scoring does;
// otherwise the fullest that still has room, which packs best.
Attempt place(const std::vector<VmDemand>& vms, const std::vector<Room>& requests,
              const std::vector<std::size_t>& order, std::vector<NodeRoom> nodes, AntiAffinity antiAffinity,
              bool spread)
{
    Attempt attempt;
    attempt.nodeOf.assign(vms.size(), -1);
    attempt.nodes = std::move(nodes);
    for (const std::size_t i : order) {
        int best = -1;
        const auto choose = [&](bool keepApart) {
            for (std::size_t n = 0; n < attempt.nodes.size(); ++n) {
                const NodeRoom& node = attempt.nodes[n];
                if (objection(node, vms[i], requests[i], keepApart) != Objection::None)
                    continue;
                if (best < 0) {
                    best = static_cast<int>(n);
                    continue;
                }
                const std::int64_t here = node.free.memoryBytes;
                const std::int64_t there = attempt.nodes[static_cast<std::size_t>(best)].free.memoryBytes;
                if (spread ? here > there : here < there)
                    best = static_cast<int>(n);
            }
        };
        choose(antiAffinity != AntiAffinity::None);
        if (best < 0 && antiAffinity == AntiAffinity::Preferred) {
            choose(false);
            attempt.doubledUp = attempt.doubledUp || best >= 0;
        }
        if (best < 0) {
            ++attempt.missing;
            continue;
        }
        attempt.nodeOf[i] = best;
        take(attempt.nodes[static_cast<std::size_t>(best)], vms[i], requests[i]);
    }
    return attempt;
}

} // namespace

Room launcherRequest(const VmDemand& vm, const LauncherCosts& costs)
{
    Room room;
    const std::int64_t vcpus = std::max(vm.vcpus, 0);
    const int ratio = std::max(costs.cpuAllocationRatio, 1);
    // The guest's console is logged by a container of its own: 5m CPU, 35M; a container disk is another: 1m,
    // 40M.
    room.cpuMilli = (vcpus * 1000 + ratio - 1) / ratio + 5 + (vm.containerDisk ? 1 : 0);
    const std::int64_t guest = vm.guestMemory * 100 / std::max(costs.memoryOvercommitPercent, 1);
    room.memoryBytes = guest + guest / 512 + (220 + 8 + 32) * kMi + vcpus * 8 * kMi + 35'000'000 +
                       (vm.containerDisk ? 40'000'000 : 0);
    room.pods = 1;
    return room;
}

bool Fit::fits() const
{
    return std::all_of(placements.begin(), placements.end(),
                       [](const Placement& placement) { return !placement.node.empty(); });
}

// The size that a class gives, as far as it can be told.
static MachineSize sizeOf(const ClusterProfile& profile, const KnownClass& known, const ClassSize& from)
{
    MachineSize size;
    size.vcpus = from.vcpus;
    size.memory = from.memory;
    const auto& chosen = profile.classRef->variables;
    if (!from.vcpusFrom.empty()) {
        const Json value = Json::parse(classValue(known, chosen, from.vcpusFrom), nullptr, false);
        if (value.is_number_integer())
            size.vcpus = static_cast<int>(std::clamp<std::int64_t>(value.get<std::int64_t>(), 0, 1024));
    }
    if (!from.memoryFrom.empty()) {
        const Json value = Json::parse(classValue(known, chosen, from.memoryFrom), nullptr, false);
        if (value.is_string())
            size.memory = value.get<std::string>();
    }
    return size;
}

std::vector<VmDemand> demands(const ClusterProfile& profile, const KnownClass* known)
{
    std::vector<VmDemand> vms;
    const bool containerDisk = profile.image.source == ImageSource::ContainerDisk;
    const auto add = [&](const std::string& group, int count, const MachineSize& size) {
        for (int i = 1; i <= std::min(count, 1000); ++i) {
            vms.push_back({group + " " + std::to_string(i), group, size.vcpus,
                           parseQuantity(size.memory).value_or(0), containerDisk});
        }
    };
    if (profile.classRef) {
        if (known == nullptr)
            return vms;
        add(profile.name + "-cp", profile.controlPlane.replicas, sizeOf(profile, *known, known->plane));
        for (const WorkerPool& pool : profile.workers) {
            const std::string worker =
                pool.workerClass.empty() ? std::string(kWorkerClass) : pool.workerClass;
            const auto found = known->workers.find(worker);
            if (found != known->workers.end())
                add(profile.name + "-" + pool.name, pool.count, sizeOf(profile, *known, found->second));
        }
        return vms;
    }
    add(profile.name + "-cp", profile.controlPlane.replicas, profile.controlPlane.size);
    for (const WorkerPool& pool : profile.workers)
        add(profile.name + "-" + pool.name, pool.count, pool.size);
    return vms;
}

Fit fit(const std::vector<VmDemand>& vms, const std::vector<NodeRoom>& nodes, AntiAffinity antiAffinity,
        const LauncherCosts& costs)
{
    std::vector<Room> requests;
    requests.reserve(vms.size());
    for (const VmDemand& vm : vms)
        requests.push_back(launcherRequest(vm, costs));

    std::vector<std::size_t> order(vms.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Attempt best = place(vms, requests, order, nodes, antiAffinity, true);
    bool tight = false;
    if (best.missing > 0) {
        std::vector<std::size_t> largestFirst = order;
        std::stable_sort(largestFirst.begin(), largestFirst.end(), [&](std::size_t a, std::size_t b) {
            return requests[a].memoryBytes > requests[b].memoryBytes;
        });
        for (const bool spread : {true, false}) {
            Attempt other = place(vms, requests, largestFirst, nodes, antiAffinity, spread);
            if (other.missing < best.missing) {
                best = std::move(other);
                tight = true;
            }
        }
    }

    Fit result;
    result.tight = tight && best.missing == 0;
    result.doubledUp = best.doubledUp;
    std::int64_t vcpus = 0;
    std::int64_t memory = 0;
    std::set<int> used;
    for (std::size_t i = 0; i < vms.size(); ++i) {
        Placement placement{vms[i], requests[i], {}, {}};
        const int node = best.nodeOf[i];
        if (node >= 0) {
            placement.node = best.nodes[static_cast<std::size_t>(node)].name;
            used.insert(node);
        } else {
            placement.why = explain(best.nodes, vms[i], requests[i], antiAffinity == AntiAffinity::Required);
        }
        vcpus += vms[i].vcpus;
        memory += vms[i].guestMemory;
        result.placements.push_back(std::move(placement));
    }
    result.nodes = std::move(best.nodes);
    std::string verdict;
    if (best.missing > 0)
        verdict =
            arguments(translate(kContext, "does not fit: no room for %1"), {std::to_string(best.missing)});
    else if (result.tight)
        verdict = translate(kContext, "fits barely: the scheduler must place the large VMs first");
    else if (result.doubledUp)
        verdict = arguments(translate(kContext, "fits on %1 nodes, but some VMs share one"),
                            {std::to_string(used.size())});
    else
        verdict = arguments(translate(kContext, "fits on %1 nodes"), {std::to_string(used.size())});
    result.summary =
        arguments(translate(kContext, "%1 VMs · %2 vCPU · %3 · %4"),
                  {std::to_string(vms.size()), std::to_string(vcpus), formatBytes(memory), verdict});
    return result;
}

} // namespace strata::provision
