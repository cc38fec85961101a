// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"

#include <string>

namespace strata::demosite {

// metrics.k8s.io: usage that moves smoothly around what the pods request. It is a function of the object and
// the time, so it needs no state and every client sees the same. Nodes add up their pods. Nodes that do not
// report, and their pods, have no metrics, as with a real metrics-server.
struct Usage {
    std::int64_t cpuMilli = 0;
    std::int64_t memoryBytes = 0;
};

Json podMetrics(Cluster& cluster, const std::string& ns, const std::string& name); // name "": a list
Json nodeMetrics(Cluster& cluster, const std::string& name);                       // null: no such node
Usage usageOf(Cluster& cluster, const Object& pod);
Usage usageOf(Cluster& cluster, const Object& pod, UnixMs at); // at another moment, of the past too

// Bytes a second that an object moves, with a rhythm of its own; and all it has moved up to then, which only
// ever grows.
enum class Flow { NetworkIn, NetworkOut, DiskRead, DiskWrite };
double flow(const Cluster& cluster, const std::string& uid, Flow what, UnixMs at);
double flowed(const Cluster& cluster, const std::string& uid, Flow what, UnixMs at);

} // namespace strata::demosite
