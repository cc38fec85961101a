// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What is measured of one object of any layer, from whatever measures it: libvirt, a kubelet, Prometheus.
namespace strata::console {

enum class Quantity : std::uint8_t {
    Memory,     // bytes
    Cpu,        // cores
    NetworkIn,  // bytes a second
    NetworkOut, // bytes a second
    DiskRead,   // bytes a second
    DiskWrite,  // bytes a second
    Filesystem, // bytes that are used
};
inline constexpr std::size_t kQuantities = 7;

struct Reading {
    UnixMs at = 0;
    std::array<std::optional<double>, kQuantities> values;
    std::optional<double>& of(Quantity quantity) { return values[static_cast<std::size_t>(quantity)]; }
    const std::optional<double>& of(Quantity quantity) const
    {
        return values[static_cast<std::size_t>(quantity)];
    }
    bool empty() const;
};

// One look at an object: gauges, and counters that only ever grow.
struct Look {
    UnixMs at = 0;
    std::optional<double> memory;     // bytes
    std::optional<double> cpu;        // cores, where it is told as such
    std::optional<double> filesystem; // bytes
    std::optional<double> cpuSeconds; // counters
    std::optional<double> networkIn;
    std::optional<double> networkOut;
    std::optional<double> diskRead;
    std::optional<double> diskWrite;
};

// Looks become readings: a counter's growth from one look to the next, by the time between. One that fell
// began anew, and says nothing that time.
class Rates {
public:
    Reading take(const Look& look);

private:
    std::optional<Look> m_before;
};

// A kubelet's /stats/summary (kubelet pkg/apis/stats/v1alpha1): the node, and its pods by "namespace/name".
struct Summary {
    std::optional<Look> node;
    std::map<std::string, Look> pods;
};
Summary readSummary(std::string_view json, UnixMs now);
Look sumOf(const std::vector<Look>& looks); // what one of them does not tell, the sum of the others tells

// A range query's answer (Prometheus, resultType matrix), all its series summed: value by time.
struct Range {
    std::vector<std::pair<UnixMs, double>> points;
    std::string error; // cleaned; empty: none
};
Range readRange(std::string_view json);

// Queries for the quantities of a VM (kubevirt_vmi_*) and of a node (node exporter); empty where there is
// none.
std::string vmQuery(Quantity quantity, const std::string& ns, const std::string& name);
std::string nodeQuery(Quantity quantity, const std::string& node);
std::string podsQuery(Quantity quantity, const std::string& ns, const std::vector<std::string>& pods);

// Where a Prometheus is found among the Services of a cluster (list as JSON): the best first.
struct PrometheusPlace {
    std::string ns;
    std::string service;
    std::string port;         // a number or a name
    std::string path() const; // of the API server's proxy to it, without a slash at the end
    friend bool operator==(const PrometheusPlace&, const PrometheusPlace&) = default;
};
std::vector<PrometheusPlace> findPrometheus(std::string_view serviceListJson);

struct MeasureTarget {
    enum class Kind : std::uint8_t { Host, Domain, Node, Pods, Guest };
    Kind kind = Kind::Node;
    std::string name; // of the node, of the instance; the uuid of a domain
    std::string ns;
    std::string node;              // Pods and Guest: whose kubelet knows the pods
    std::vector<std::string> pods; // names in `ns`; of a guest its launcher
};

struct MeasureReport {
    std::vector<Reading> readings; // new ones, and at first those of the past
    std::string sources;           // "kubelet, Prometheus monitoring/prometheus"
    std::string problem;           // cleaned; why something is missing
};

// Measures until it goes.
class Measurement {
public:
    virtual ~Measurement() = default;
};

} // namespace strata::console
