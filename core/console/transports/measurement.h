// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/console/measure.h"
#include "core/kube/net/client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace strata::console {

struct MeasureOptions {
    std::chrono::milliseconds every{10'000};         // a kubelet measures no more often
    std::chrono::milliseconds everyRange{15'000};    // Prometheus; no more often than a kubelet
    std::chrono::milliseconds back{4 * 3600 * 1000}; // of the past, where somebody keeps it
    std::string prometheus; // a URL the operator knows; empty: looked for in the cluster
};

// Of a node, pods or a guest: the kubelet's /stats/summary through the API server's proxy, and what
// Prometheus keeps (kubevirt_vmi_*, node exporter, cAdvisor) by range queries. `take` is called on the
// network's thread, not after the measurement has gone.
std::unique_ptr<Measurement> measureInCluster(std::shared_ptr<kube::Client> client, MeasureTarget target,
                                              MeasureOptions options,
                                              std::function<void(MeasureReport)> take);
// Of a host or one of its domains, by libvirt; on a thread of its own.
Result<std::unique_ptr<Measurement>> measureByHost(const std::string& uri, const MeasureTarget& target,
                                                   MeasureOptions options,
                                                   std::function<void(MeasureReport)> take);

} // namespace strata::console
