// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"

#include <string>

namespace strata::demosite {

// What a kubelet answers at /stats/summary (kubelet pkg/apis/stats/v1alpha1): the node's and its pods' use of
// CPU, memory, network and disks, in step with metrics.k8s.io. Null when there is no such node.
Json statsSummary(Cluster& cluster, const std::string& node);

} // namespace strata::demosite
