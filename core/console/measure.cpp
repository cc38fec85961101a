// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/measure.h"

#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>

namespace strata::console {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostPods = 5000;
constexpr std::size_t kMostSeries = 500;
constexpr std::size_t kMostPoints = 11'000; // of one series, as the server has it

const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::optional<double> number(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_number() && value.get<double>() >= 0 ? std::optional(value.get<double>()) : std::nullopt;
}

std::string textOf(const Json& object, const char* key)
{
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

void add(std::optional<double>& to, const std::optional<double>& more)
{
    if (more)
        to = to.value_or(0) + *more;
}

// The time of a measurement is its own, not that of the answer: a kubelet measures every ten seconds.
Look lookOf(const Json& stats, UnixMs now)
{
    Look look;
    const Json& cpu = at(stats, "cpu");
    const Json& memory = at(stats, "memory");
    const Json& network = at(stats, "network");
    look.at = parseRfc3339(textOf(cpu, "time")).value_or(parseRfc3339(textOf(memory, "time")).value_or(now));
    if (const auto nano = number(cpu, "usageNanoCores"))
        look.cpu = *nano / 1e9;
    if (const auto nano = number(cpu, "usageCoreNanoSeconds"))
        look.cpuSeconds = *nano / 1e9;
    look.memory = number(memory, "workingSetBytes");
    const Json& interfaces = at(network, "interfaces");
    if (interfaces.is_array() && !interfaces.empty()) {
        for (const Json& each : interfaces) {
            add(look.networkIn, number(each, "rxBytes"));
            add(look.networkOut, number(each, "txBytes"));
        }
    } else {
        look.networkIn = number(network, "rxBytes");
        look.networkOut = number(network, "txBytes");
    }
    look.filesystem = number(at(stats, "fs"), "usedBytes");
    if (!look.filesystem)
        look.filesystem = number(at(stats, "ephemeral-storage"), "usedBytes");
    return look;
}

std::string inQuotes(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

} // namespace

bool Reading::empty() const
{
    return std::none_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
}

Reading Rates::take(const Look& look)
{
    Reading out;
    out.at = look.at;
    out.of(Quantity::Memory) = look.memory;
    out.of(Quantity::Cpu) = look.cpu;
    out.of(Quantity::Filesystem) = look.filesystem;
    const double seconds = m_before ? double(look.at - m_before->at) / 1000 : 0;
    if (m_before && seconds <= 0)
        return {}; // the same measurement again
    const auto rate = [seconds](const std::optional<double>& before,
                                const std::optional<double>& now) -> std::optional<double> {
        if (!before || !now || *now < *before || seconds <= 0)
            return std::nullopt;
        return (*now - *before) / seconds;
    };
    if (m_before) {
        if (!look.cpu)
            out.of(Quantity::Cpu) = rate(m_before->cpuSeconds, look.cpuSeconds);
        out.of(Quantity::NetworkIn) = rate(m_before->networkIn, look.networkIn);
        out.of(Quantity::NetworkOut) = rate(m_before->networkOut, look.networkOut);
        out.of(Quantity::DiskRead) = rate(m_before->diskRead, look.diskRead);
        out.of(Quantity::DiskWrite) = rate(m_before->diskWrite, look.diskWrite);
    }
    m_before = look;
    return out;
}

Summary readSummary(std::string_view json, UnixMs now)
{
    Summary out;
    const Json all = Json::parse(json, nullptr, false);
    if (const Json& node = at(all, "node"); node.is_object())
        out.node = lookOf(node, now);
    const Json& pods = at(all, "pods");
    for (const Json& pod : pods.is_array() ? pods : Json::array()) {
        const Json& ref = at(pod, "podRef");
        if (out.pods.size() < kMostPods)
            out.pods[textOf(ref, "namespace") + "/" + textOf(ref, "name")] = lookOf(pod, now);
    }
    return out;
}

Look sumOf(const std::vector<Look>& looks)
{
    Look sum;
    for (const Look& look : looks) {
        sum.at = std::max(sum.at, look.at);
        add(sum.memory, look.memory);
        add(sum.cpu, look.cpu);
        add(sum.filesystem, look.filesystem);
        add(sum.cpuSeconds, look.cpuSeconds);
        add(sum.networkIn, look.networkIn);
        add(sum.networkOut, look.networkOut);
        add(sum.diskRead, look.diskRead);
        add(sum.diskWrite, look.diskWrite);
    }
    return sum;
}

Range readRange(std::string_view json)
{
    Range out;
    const Json answer = Json::parse(json, nullptr, false);
    if (textOf(answer, "status") != "success") {
        out.error = cleanText(textOf(answer, "error"), 300);
        if (out.error.empty())
            out.error = "no answer of Prometheus";
        return out;
    }
    const Json& result = at(at(answer, "data"), "result");
    std::map<UnixMs, double> sums;
    std::size_t series = 0;
    for (const Json& each : result.is_array() ? result : Json::array()) {
        const Json& values = at(each, "values");
        if (!values.is_array() || ++series > kMostSeries)
            continue;
        for (const Json& pair : values) {
            if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_string())
                continue;
            const auto when = static_cast<UnixMs>(pair[0].get<double>() * 1000);
            const double value = std::strtod(pair[1].get_ref<const std::string&>().c_str(), nullptr);
            if (std::isfinite(value) && (sums.size() < kMostPoints || sums.count(when) > 0))
                sums[when] += value;
        }
    }
    out.points.assign(sums.begin(), sums.end());
    return out;
}

std::string vmQuery(Quantity quantity, const std::string& ns, const std::string& name)
{
    const std::string of = "{namespace=" + inQuotes(ns) + ",name=" + inQuotes(name) + "}";
    const auto rate = [&of](const char* metric) { return "sum(rate(" + (metric + of) + "[5m]))"; };
    switch (quantity) {
    case Quantity::Memory:
        return "sum(kubevirt_vmi_memory_available_bytes" + of + " - kubevirt_vmi_memory_usable_bytes" + of +
               ")";
    case Quantity::Cpu:
        return rate("kubevirt_vmi_cpu_usage_seconds_total");
    case Quantity::NetworkIn:
        return rate("kubevirt_vmi_network_receive_bytes_total");
    case Quantity::NetworkOut:
        return rate("kubevirt_vmi_network_transmit_bytes_total");
    case Quantity::DiskRead:
        return rate("kubevirt_vmi_storage_read_traffic_bytes_total");
    case Quantity::DiskWrite:
        return rate("kubevirt_vmi_storage_write_traffic_bytes_total");
    case Quantity::Filesystem:
        return "sum(kubevirt_vmi_filesystem_used_bytes" + of + ")";
    }
    return {};
}

std::string nodeQuery(Quantity quantity, const std::string& node)
{
    const std::string on =
        " * on(instance) group_left(nodename) node_uname_info{nodename=" + inQuotes(node) + "})";
    const std::string wires = "{device!~\"lo|veth.*|cali.*|cilium.*|lxc.*|tap.*|k6t.*\"}";
    switch (quantity) {
    case Quantity::Memory:
        return "sum((node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes)" + on;
    case Quantity::Cpu:
        return "sum(rate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[5m])" + on;
    case Quantity::NetworkIn:
        return "sum(rate(node_network_receive_bytes_total" + wires + "[5m])" + on;
    case Quantity::NetworkOut:
        return "sum(rate(node_network_transmit_bytes_total" + wires + "[5m])" + on;
    case Quantity::DiskRead:
        return "sum(rate(node_disk_read_bytes_total[5m])" + on;
    case Quantity::DiskWrite:
        return "sum(rate(node_disk_written_bytes_total[5m])" + on;
    case Quantity::Filesystem:
        return "sum((node_filesystem_size_bytes{mountpoint=\"/\"} - "
               "node_filesystem_avail_bytes{mountpoint=\"/\"})" +
               on;
    }
    return {};
}

std::string podsQuery(Quantity quantity, const std::string& ns, const std::vector<std::string>& pods)
{
    std::string names;
    for (const std::string& pod : pods)
        names += (names.empty() ? "" : "|") +
                 pod; // names of pods have no characters that a pattern knows but dots
    const std::string of = "{namespace=" + inQuotes(ns) + ",pod=~" + inQuotes(names);
    const auto rate = [&of](const char* metric, const char* more) {
        return "sum(rate(" + (metric + of) + more + "}[5m]))";
    };
    switch (quantity) {
    case Quantity::Memory:
        return "sum(container_memory_working_set_bytes" + of + ",container!=\"\"})";
    case Quantity::Cpu:
        return rate("container_cpu_usage_seconds_total", ",container!=\"\"");
    case Quantity::NetworkIn:
        return rate("container_network_receive_bytes_total", "");
    case Quantity::NetworkOut:
        return rate("container_network_transmit_bytes_total", "");
    case Quantity::DiskRead:
        return rate("container_fs_reads_bytes_total", ",container!=\"\"");
    case Quantity::DiskWrite:
        return rate("container_fs_writes_bytes_total", ",container!=\"\"");
    case Quantity::Filesystem:
        return "sum(container_fs_usage_bytes" + of + ",container!=\"\"})";
    }
    return {};
}

std::string PrometheusPlace::path() const
{
    return "/api/v1/namespaces/" + ns + "/services/http:" + service + ":" + port + "/proxy";
}

std::vector<PrometheusPlace> findPrometheus(std::string_view serviceListJson)
{
    const Json list = Json::parse(serviceListJson, nullptr, false);
    std::vector<std::pair<int, PrometheusPlace>> found;
    const Json& items = at(list, "items");
    for (const Json& item : items.is_array() ? items : Json::array()) {
        const Json& meta = at(item, "metadata");
        const std::string name = textOf(meta, "name");
        const Json& labels = at(meta, "labels");
        const std::string app = textOf(labels, "app.kubernetes.io/name");
        int rank = 0;
        if (name == "prometheus-operated" || textOf(labels, "operated-prometheus") == "true")
            rank = 4;
        else if (app == "prometheus")
            rank = 3;
        else if (textOf(labels, "app") == "prometheus" || name == "prometheus" ||
                 name == "prometheus-server" || name == "prometheus-k8s")
            rank = 2;
        else if (name.find("prometheus") != std::string::npos && name.find("exporter") == std::string::npos &&
                 name.find("alertmanager") == std::string::npos &&
                 name.find("operator") == std::string::npos && name.find("adapter") == std::string::npos &&
                 name.find("pushgateway") == std::string::npos)
            rank = 1;
        if (rank == 0)
            continue;
        std::string chosen;
        const Json& ports = at(at(item, "spec"), "ports");
        for (const Json& port : ports.is_array() ? ports : Json::array()) {
            const auto value = number(port, "port");
            if (!value)
                continue;
            const auto text = std::to_string(static_cast<int>(*value));
            const std::string portName = textOf(port, "name");
            if (*value == 9090 || portName == "http-web" || portName == "web" || portName == "http")
                chosen = text;
            else if (chosen.empty() && *value == 80)
                chosen = text;
        }
        if (!chosen.empty())
            found.emplace_back(rank, PrometheusPlace{textOf(meta, "namespace"), name, chosen});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<PrometheusPlace> out;
    for (auto& [rank, place] : found)
        out.push_back(std::move(place));
    return out;
}

} // namespace strata::console
