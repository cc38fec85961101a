// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checks/check.h"

#include <string>
#include <string_view>
#include <vector>

// What Kubernetes says of hosts, from the answers to GET requests: hosts nobody may ask through libvirt are
// judged by it. Pure; the answers are untrusted.
namespace strata::checks {

inline constexpr const char* kNodesPath = "/api/v1/nodes";
inline constexpr const char* kLeasesPath = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
inline constexpr const char* kMetalPath = "/apis/metal3.io/v1alpha1/baremetalhosts"; // 404 without Metal3

// Labels and allocatable devices of each node. `leases` may be empty; from them the clock: a node writes its
// own time into its lease, and the API server beside it when that came. What is below a second is the
// rounding of the latter, and told as 0.
std::vector<NodeView> nodeViewsOf(std::string_view nodes, std::string_view leases = {});
std::vector<BareMetalView> metalViewsOf(std::string_view hosts); // those that were inspected

// Each node and each BareMetalHost to the subject of the same machine, by uuid or by name; the others at the
// end, as hosts that libvirt was not asked about.
void addKubernetes(std::vector<Subject>& subjects, const std::vector<NodeView>& nodes,
                   const std::vector<BareMetalView>& metal);

} // namespace strata::checks
