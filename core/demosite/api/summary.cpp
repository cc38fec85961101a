// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/summary.h"

#include "core/base/quantity.h"
#include "core/demosite/api/metrics.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

constexpr std::int64_t kGiB = 1LL << 30U;

// Counters must only ever grow: the same function of the time for everybody who asks.
std::int64_t grown(std::int64_t perSecond, UnixMs since, UnixMs now)
{
    return perSecond * std::max<std::int64_t>((now - since) / 1000, 1);
}

Json cpu(const std::string& time, std::int64_t milli, UnixMs since, UnixMs now)
{
    return {{"time", time},
            {"usageNanoCores", milli * 1'000'000},
            {"usageCoreNanoSeconds", grown(milli * 1'000'000, since, now)}};
}

Json memory(const std::string& time, std::int64_t bytes, std::int64_t total)
{
    Json out = {{"time", time}};
    if (total > 0)
        out["availableBytes"] = std::max<std::int64_t>(total - bytes, 0);
    out["usageBytes"] = bytes + bytes / 8;
    out["workingSetBytes"] = bytes;
    out["rssBytes"] = bytes * 7 / 10;
    out["pageFaults"] = bytes / 4096;
    out["majorPageFaults"] = 12;
    return out;
}

Json network(const std::string& time, const char* name, double received, double sent)
{
    Json one = {{"name", name},
                {"rxBytes", static_cast<std::int64_t>(received)},
                {"rxErrors", 0},
                {"txBytes", static_cast<std::int64_t>(sent)},
                {"txErrors", 0}};
    Json out = {{"time", time}};
    for (const auto& [key, value] : one.items())
        out[key] = value;
    out["interfaces"] = Json::array({std::move(one)});
    return out;
}

Json disk(const std::string& time, std::int64_t used, std::int64_t capacity)
{
    return {{"time", time},           {"availableBytes", capacity - used}, {"capacityBytes", capacity},
            {"usedBytes", used},      {"inodesFree", 29'000'000},          {"inodes", 30'000'000},
            {"inodesUsed", 1'000'000}};
}

} // namespace

Json statsSummary(Cluster& cluster, const std::string& name)
{
    const Kinds& kinds = Kinds::instance();
    const ObjectPtr node = cluster.store().get(kinds.get("nodes", ""), "", name);
    if (!node)
        return {};
    const UnixMs now = cluster.now();
    const std::string time = formatRfc3339(now);
    const Json body = parseOwn(node->body);
    const UnixMs nodeStart = parseRfc3339(text(body, "metadata.creationTimestamp")).value_or(now);
    const std::int64_t total = parseQuantity(text(body, "status.capacity.memory")).value_or(0);
    std::int64_t capacity = parseQuantity(text(body, "status.capacity.ephemeral-storage")).value_or(0);
    if (capacity <= 0)
        capacity = 461 * kGiB;
    Json pods = Json::array();
    Usage sum{120, 700LL << 20U}; // kubelet, container runtime and kernel
    double receivedAll = 0;
    double sentAll = 0;
    for (const ObjectPtr& pod : cluster.store().list(kinds.get("pods", ""))) {
        if (lookUp(pod->fields, "spec.nodeName") != name || lookUp(pod->fields, "status.phase") != "Running")
            continue;
        const Json spec = parseOwn(pod->body);
        const UnixMs start = parseRfc3339(text(spec, "status.startTime")).value_or(nodeStart);
        const Usage used = usageOf(cluster, *pod);
        sum.cpuMilli += used.cpuMilli;
        sum.memoryBytes += used.memoryBytes;
        Json containers = Json::array();
        if (const Json* list = find(spec, "spec.containers"); list != nullptr && list->is_array()) {
            const auto count = static_cast<std::int64_t>(list->size());
            for (std::int64_t i = 0; i < count; ++i) {
                // As in metrics.k8s.io: the first container does most of the work.
                const std::int64_t share = count == 1 ? 100 : i == 0 ? 70 : 30 / (count - 1);
                containers.push_back({{"name", text((*list)[static_cast<std::size_t>(i)], "name")},
                                      {"startTime", formatRfc3339(start)},
                                      {"cpu", cpu(time, used.cpuMilli * share / 100, start, now)},
                                      {"memory", memory(time, used.memoryBytes * share / 100, 0)},
                                      {"rootfs", disk(time, 48LL << 20U, capacity)},
                                      {"logs", disk(time, 3LL << 20U, capacity)}});
            }
        }
        const double received = flowed(cluster, pod->uid, Flow::NetworkIn, now);
        const double sent = flowed(cluster, pod->uid, Flow::NetworkOut, now);
        receivedAll += received;
        sentAll += sent;
        pods.push_back({{"podRef", {{"name", pod->name}, {"namespace", pod->ns}, {"uid", pod->uid}}},
                        {"startTime", formatRfc3339(start)},
                        {"containers", std::move(containers)},
                        {"cpu", cpu(time, used.cpuMilli, start, now)},
                        {"memory", memory(time, used.memoryBytes, 0)},
                        {"network", network(time, "eth0", received, sent)},
                        {"ephemeral-storage", disk(time, 51LL << 20U, capacity)},
                        {"process_stats", {{"process_count", 3}}}});
    }
    const auto podCount = static_cast<std::int64_t>(pods.size());
    return {{"node",
             {{"nodeName", name},
              {"systemContainers", Json::array({{{"name", "kubelet"},
                                                 {"startTime", formatRfc3339(nodeStart)},
                                                 {"cpu", cpu(time, 60, nodeStart, now)},
                                                 {"memory", memory(time, 90LL << 20U, 0)}}})},
              {"startTime", formatRfc3339(nodeStart)},
              {"cpu", cpu(time, sum.cpuMilli, nodeStart, now)},
              {"memory", memory(time, sum.memoryBytes, total)},
              {"network", network(time, "eth0", receivedAll, sentAll)},
              {"fs", disk(time, capacity * 27 / 100, capacity)},
              {"runtime", {{"imageFs", disk(time, capacity * 9 / 100, capacity)}}},
              {"rlimit", {{"time", time}, {"maxpid", 4'194'304}, {"curproc", 180 + 7 * podCount}}}}},
            {"pods", std::move(pods)}};
}

} // namespace strata::demosite
