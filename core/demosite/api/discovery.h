// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"

#include <string>

namespace strata::demosite {

// Discovery in both shapes: one aggregated document (apidiscovery.k8s.io/v2, Kubernetes 1.30 and newer) and
// the classic lists, which older kubectl reads.
Json aggregatedDiscovery(const Cluster& cluster, bool coreGroup);
Json apiVersions(const std::string& address);                    // /api; where the client finds the server
Json apiGroupList(const Cluster& cluster);                       // /apis
Json apiGroup(const Cluster& cluster, const std::string& group); // /apis/G; null when it is not served
// /api/v1, /apis/G/V; null when it is not served.
Json apiResourceList(const Cluster& cluster, const std::string& group, const std::string& version);
// Pairs of group and version in the order they are served.
std::vector<std::pair<std::string, std::string>> groupVersions(const Cluster& cluster);
std::vector<std::string_view> verbsOf(const Kind& kind);

// The CustomResourceDefinition object of a custom kind, in stored form.
std::string crdBody(const Kind& kind, const std::string& uid, const std::string& created);

} // namespace strata::demosite
