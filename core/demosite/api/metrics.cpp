// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/metrics.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <set>

namespace strata::demosite {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr std::int64_t kMiB = 1LL << 20U;

std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 1469598103934665603ULL; // FNV-1a: the same on every machine
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

// A wave in [-1, 1] of three sines whose periods share no beat; each object has its own phases.
double wave(std::uint64_t hash, double seconds, double slow)
{
    const double a = static_cast<double>(hash & 0xFFFFU) / 65536.0;
    const double b = static_cast<double>(hash >> 16U & 0xFFFFU) / 65536.0;
    const double c = static_cast<double>(hash >> 32U & 0xFFFFU) / 65536.0;
    return 0.55 * std::sin(kTwoPi * (seconds / (97.0 * slow) + a)) +
           0.30 * std::sin(kTwoPi * (seconds / (41.0 * slow) + b)) +
           0.15 * std::sin(kTwoPi * (seconds / (13.0 * slow) + c));
}

double seconds(const Cluster& cluster, UnixMs at)
{
    const auto& settings = cluster.settings();
    // Without life the picture of the start stands.
    const UnixMs now = settings.life ? at : settings.started;
    const double since = static_cast<double>(now - settings.started) / 1000.0;
    return 1000.0 + since * settings.speed;
}

bool contains(const Object& object, const char* part)
{
    return object.body.find(part) != std::string::npos;
}

std::set<std::string> silentNodes(Cluster& cluster)
{
    std::set<std::string> out;
    for (const ObjectPtr& node : cluster.store().list(Kinds::instance().get("nodes", ""))) {
        if (contains(*node, "\"NodeStatusUnknown\""))
            out.insert(node->name);
    }
    return out;
}

bool measured(const Object& pod, const std::set<std::string>& silent)
{
    const std::string node(lookUp(pod.fields, "spec.nodeName"));
    return lookUp(pod.fields, "status.phase") == "Running" && !node.empty() && silent.count(node) == 0;
}

Json usage(const Usage& used)
{
    // cAdvisor counts nanocores; metrics-server prints them, and memory in Ki.
    return {{"cpu", std::to_string(used.cpuMilli * 1'000'000 + used.cpuMilli % 977) + "n"},
            {"memory", std::to_string(used.memoryBytes / 1024) + "Ki"}};
}

std::string timestamp(const Cluster& cluster)
{
    return formatRfc3339(cluster.now() / 15000 * 15000);
}

Json podEntry(Cluster& cluster, const Object& pod)
{
    const Json body = parseOwn(pod.body);
    const Usage whole = usageOf(cluster, pod);
    Json containers = Json::array();
    if (const Json* specs = find(body, "spec.containers"); specs != nullptr && specs->is_array()) {
        const auto count = static_cast<std::int64_t>(specs->size());
        for (std::int64_t i = 0; i < count; ++i) {
            // The first container does most of the work.
            const std::int64_t share = count == 1 ? 100 : i == 0 ? 70 : 30 / (count - 1);
            containers.push_back(
                {{"name", text((*specs)[static_cast<std::size_t>(i)], "name")},
                 {"usage", usage({whole.cpuMilli * share / 100, whole.memoryBytes * share / 100})}});
        }
    }
    Json metadata = {
        {"name", pod.name}, {"namespace", pod.ns}, {"creationTimestamp", formatRfc3339(cluster.now())}};
    if (const Json* labels = find(body, "metadata.labels"))
        metadata["labels"] = *labels;
    return {{"metadata", std::move(metadata)},
            {"timestamp", timestamp(cluster)},
            {"window", "15.1s"},
            {"containers", std::move(containers)}};
}

Json kinded(Json entry, const char* kind)
{
    Json out = {{"kind", kind}, {"apiVersion", "metrics.k8s.io/v1beta1"}};
    for (auto& [key, value] : entry.items())
        out[key] = std::move(value);
    return out;
}

Json listOf(Json items, const char* kind)
{
    return {{"kind", kind},
            {"apiVersion", "metrics.k8s.io/v1beta1"},
            {"metadata", Json::object()},
            {"items", std::move(items)}};
}

} // namespace

namespace {

struct Stream {
    double level = 0;  // bytes a second
    double period = 1; // seconds
    double phase = 0;
};
constexpr double kSwing = 0.6;

Stream streamOf(const std::string& uid, Flow what)
{
    const std::uint64_t hash = hashOf(uid + static_cast<char>('0' + static_cast<int>(what)));
    const double scale = what == Flow::DiskWrite ? 3 : what == Flow::DiskRead ? 0.7 : 1;
    return {scale * (500.0 + static_cast<double>(hash % 60'000)),
            60.0 + static_cast<double>(hash >> 16U & 0x7FU),
            static_cast<double>(hash >> 32U & 0xFFFFU) / 65536.0};
}

} // namespace

double flow(const Cluster& cluster, const std::string& uid, Flow what, UnixMs at)
{
    const Stream stream = streamOf(uid, what);
    return stream.level *
           (1 + kSwing * std::sin(kTwoPi * (seconds(cluster, at) / stream.period + stream.phase)));
}

double flowed(const Cluster& cluster, const std::string& uid, Flow what, UnixMs at)
{
    // The integral of the above; since the Unix epoch of the site's clock, so that it never begins below
    // zero.
    const Stream stream = streamOf(uid, what);
    const double time = static_cast<double>(at) / 1000;
    const double angle = kTwoPi * (seconds(cluster, at) / stream.period + stream.phase);
    const double per = cluster.settings().life ? stream.period / (kTwoPi * cluster.settings().speed) : 0;
    return stream.level * (std::fmod(time, 1e7) + kSwing * per * (1 - std::cos(angle)));
}

Usage usageOf(Cluster& cluster, const Object& pod)
{
    return usageOf(cluster, pod, cluster.now());
}

Usage usageOf(Cluster& cluster, const Object& pod, UnixMs at)
{
    const std::uint64_t hash = hashOf(pod.uid);
    const double time = seconds(cluster, at);
    const bool launcher = lookUp(pod.labels, "kubevirt.io") == "virt-launcher";
    const double level = 0.35 + static_cast<double>(hash >> 48U & 0xFFU) / 255.0 * 0.3;
    Usage used;
    const double cpu = static_cast<double>(std::max<std::int64_t>(pod.cpuMilli, 20));
    used.cpuMilli = static_cast<std::int64_t>(cpu * std::max(0.02, level + 0.25 * wave(hash, time, 1)));
    const double memory = static_cast<double>(std::max<std::int64_t>(pod.memoryBytes, 32 * kMiB));
    used.memoryBytes = static_cast<std::int64_t>(
        memory * std::min(0.97, (launcher ? 0.55 : 0.5) + level / 3 + 0.06 * wave(~hash, time, 6)));
    if (launcher) {
        // A launcher requests a tenth of its guest's CPUs (KubeVirt's cpuAllocationRatio); the guest may use
        // them all.
        used.cpuMilli *= 4;
        // A paused guest burns nothing and keeps its memory: full, for that is why it was noticed.
        const ObjectPtr guest =
            cluster.store().get(Kinds::instance().get("virtualmachineinstances", "kubevirt.io"), pod.ns,
                                std::string(lookUp(pod.labels, "vmi.kubevirt.io/id")));
        if (guest && contains(*guest, R"("type":"Paused")")) {
            used.cpuMilli = 3;
            used.memoryBytes = static_cast<std::int64_t>(memory * 0.96);
        }
    }
    return used;
}

Json podMetrics(Cluster& cluster, const std::string& ns, const std::string& name)
{
    const Kind& kind = Kinds::instance().get("pods", "");
    const auto silent = silentNodes(cluster);
    if (!name.empty()) {
        const ObjectPtr pod = cluster.store().get(kind, ns, name);
        if (!pod || !measured(*pod, silent))
            return {};
        return kinded(podEntry(cluster, *pod), "PodMetrics");
    }
    Json items = Json::array();
    for (const ObjectPtr& pod : cluster.store().list(kind, ns)) {
        if (measured(*pod, silent))
            items.push_back(podEntry(cluster, *pod));
    }
    return listOf(std::move(items), "PodMetricsList");
}

Json nodeMetrics(Cluster& cluster, const std::string& name)
{
    const Kinds& kinds = Kinds::instance();
    const auto silent = silentNodes(cluster);
    std::map<std::string, Usage> sums;
    for (const ObjectPtr& pod : cluster.store().list(kinds.get("pods", ""))) {
        if (!measured(*pod, silent))
            continue;
        const Usage used = usageOf(cluster, *pod);
        Usage& sum = sums[std::string(lookUp(pod->fields, "spec.nodeName"))];
        sum.cpuMilli += used.cpuMilli;
        sum.memoryBytes += used.memoryBytes;
    }
    Json items = Json::array();
    for (const ObjectPtr& node : cluster.store().list(kinds.get("nodes", ""))) {
        if (silent.count(node->name) > 0 || (!name.empty() && node->name != name))
            continue;
        // kubelet, container runtime and kernel
        Usage used = sums[node->name];
        used.cpuMilli += 120;
        used.memoryBytes += 700 * kMiB;
        items.push_back(
            {{"metadata", {{"name", node->name}, {"creationTimestamp", formatRfc3339(cluster.now())}}},
             {"timestamp", timestamp(cluster)},
             {"window", "15.1s"},
             {"usage", usage(used)}});
    }
    if (name.empty())
        return listOf(std::move(items), "NodeMetricsList");
    return items.empty() ? Json() : kinded(std::move(items[0]), "NodeMetrics");
}

} // namespace strata::demosite
