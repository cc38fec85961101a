// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// cluster.x-k8s.io Cluster (Cluster API api/core/v1beta1/cluster_types.go and v1beta2/cluster_types.go).
namespace strata::feeds {
namespace {

std::string joined(const Json& blocks)
{
    std::string out;
    blocks.each([&out](const Json& block) { out += (out.empty() ? "" : ",") + block.text(); });
    return out;
}

} // namespace

stack::ClusterFact readCluster(const Json& object, const std::string& apiVersion)
{
    stack::ClusterFact cluster;
    cluster.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    cluster.phase = object["status"]["phase"].text();
    cluster.paused =
        spec["paused"].flag() || object["metadata"]["annotations"]["cluster.x-k8s.io/paused"].exists();
    const Json endpoint = spec["controlPlaneEndpoint"];
    if (const std::string host = endpoint["host"].text(); !host.empty()) {
        const bool ipv6 = host.find(':') != std::string::npos;
        cluster.endpoint = ipv6 ? "[" + host + "]" : host;
        if (const std::int64_t port = endpoint["port"].number(0); port > 0)
            cluster.endpoint += ":" + std::to_string(port);
    }
    cluster.controlPlaneKind = spec["controlPlaneRef"]["kind"].text();
    cluster.controlPlaneName = spec["controlPlaneRef"]["name"].text();
    cluster.infrastructureKind = spec["infrastructureRef"]["kind"].text();
    cluster.infrastructureName = spec["infrastructureRef"]["name"].text();
    cluster.podCidr = joined(spec["clusterNetwork"]["pods"]["cidrBlocks"]);
    cluster.serviceCidr = joined(spec["clusterNetwork"]["services"]["cidrBlocks"]);
    cluster.version = spec["topology"]["version"].text();
    cluster.conditions = readClusterApiConditions(object);
    return cluster;
}

bool isControlPlaneInitialized(const Json& cluster)
{
    const Json status = cluster["status"];
    if (status["initialization"]["controlPlaneInitialized"].flag() || status["controlPlaneReady"].flag())
        return true;
    // The same type in both contracts.
    for (const stack::Condition& condition : readClusterApiConditions(cluster))
        if (condition.type == "ControlPlaneInitialized")
            return condition.status == "True";
    return false;
}

} // namespace strata::feeds
