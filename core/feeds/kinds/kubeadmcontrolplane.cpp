// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// controlplane.cluster.x-k8s.io KubeadmControlPlane (Cluster API api/controlplane/kubeadm/v1beta1 and
// v1beta2).
namespace strata::feeds {

stack::ControlPlaneFact readKubeadmControlPlane(const Json& object, const std::string& apiVersion)
{
    stack::ControlPlaneFact plane;
    plane.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    plane.clusterName = readClusterName(object);
    if (plane.clusterName.empty() && plane.meta.ownerKind == "Cluster")
        plane.clusterName = plane.meta.ownerName;
    plane.version = spec["version"].text();
    plane.replicas = static_cast<int>(spec["replicas"].number(status["replicas"].number()));
    // v1beta1 counts ready nodes, v1beta2 ready machines; zero is left out by v1beta1.
    plane.readyReplicas = static_cast<int>(status["readyReplicas"].number(status.exists() ? 0 : -1));
    plane.conditions = readClusterApiConditions(object);
    plane.initialized =
        status["initialized"].flag() || status["initialization"]["controlPlaneInitialized"].flag();
    for (const stack::Condition& condition : plane.conditions)
        if (condition.type == "Initialized" && condition.status == "True")
            plane.initialized = true;
    return plane;
}

} // namespace strata::feeds
