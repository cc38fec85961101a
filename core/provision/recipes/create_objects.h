// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/object.h"
#include "core/provision/profile.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata::provision {

// Label and annotation with the id of the plan that made an object: what a plan may adopt after a crash, and
// all that it may delete.
inline constexpr std::string_view kPlanKey = "strata.dev/plan";
inline constexpr std::string_view kTenantKey = "strata.dev/tenant";
inline constexpr std::string_view kPoolKey = "strata.dev/pool";
inline constexpr std::string_view kResourceSetKey = "strata.dev/resource-set";
inline constexpr std::string_view kClusterNameKey = "cluster.x-k8s.io/cluster-name";
inline constexpr std::string_view kFieldManager = "strata";

// CAPK's objects as written are the same in both; what differs is how status is told.
enum class CapkShape { V0_11, Main };

// What the outer cluster's API server serves; by default the newest we know.
struct Capabilities {
    std::string coreVersion = "v1beta2"; // of cluster.x-k8s.io; "v1beta1" before Cluster API 1.11
    std::string bootstrapVersion = "v1beta2";
    std::string controlPlaneVersion = "v1beta2";
    std::string addonsVersion = "v1beta2";
    std::string infrastructureVersion = "v1alpha1";
    CapkShape capk = CapkShape::V0_11;
    std::string clusterApiRelease; // "v1.14.0", empty: unknown
    std::string capkRelease;
    std::string kubevirtRelease;
    std::string cdiRelease;
    bool hasCdi = true;
};

// Manifests that do not come from us, already fetched.
struct Manifests {
    std::vector<Object> cni;
    std::vector<Object> kubevirtCsi;
    std::vector<Object> kubevirtCsiController; // for the outer cluster
    std::vector<Object> metricsServer;
};

enum class Part {
    Namespace,
    Infrastructure,
    ControlPlane,
    Workers,
    ResourceSets,
    CloudProvider,
    StorageDriver,
    HealthCheck,
    Cluster
};

struct PartObject {
    Part part = Part::Cluster;
    Object object;
};

struct ObjectSet {
    std::vector<PartObject> outer; // in creation order, the Cluster last
    std::vector<Object> inner;     // what goes into the new cluster's own API (CniDelivery::InnerApi)

    std::vector<Object> objects() const; // outer, without the parts
};

// The exact objects of a tenant cluster. `planId` is stamped on all of them when it is not empty; without it
// they are fit for a folder of manifests. Fails on a profile with errors and on manifests that cannot be
// delivered.
Result<ObjectSet> createObjects(const ClusterProfile& profile, const Capabilities& server,
                                const Manifests& manifests, const std::string& planId = {});

// The CNI's manifest with the profile's pod CIDR, MTU and tunnel port set where Calico and Cilium keep them.
Result<std::vector<Object>> renderCni(const ClusterProfile& profile, std::vector<Object> manifest);

void stampPlan(Object& object, const std::string& planId);
std::string planOf(const Object& object); // the annotation; empty when it carries none

} // namespace strata::provision
