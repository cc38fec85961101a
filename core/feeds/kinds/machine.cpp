// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// cluster.x-k8s.io Machine (Cluster API api/core/v1beta1 and v1beta2).
namespace strata::feeds {

stack::MachineFact readMachine(const Json& object, const std::string& apiVersion)
{
    stack::MachineFact machine;
    machine.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    machine.clusterName = readClusterName(object);
    machine.phase = status["phase"].common();
    machine.version = spec["version"].common();
    machine.providerId = spec["providerID"].kept();
    machine.nodeName = status["nodeRef"]["name"].kept();
    machine.infrastructureKind = spec["infrastructureRef"]["kind"].common();
    machine.infrastructureName = spec["infrastructureRef"]["name"].kept();
    machine.controlPlane = object["metadata"]["labels"]["cluster.x-k8s.io/control-plane"].exists();
    machine.controlPlaneName = readLabel(object, "cluster.x-k8s.io/control-plane-name");
    if (machine.controlPlaneName.empty() && machine.meta.ownerKind == "KubeadmControlPlane")
        machine.controlPlaneName = machine.meta.ownerName;
    machine.deploymentName = readLabel(object, "cluster.x-k8s.io/deployment-name");
    machine.certificatesExpire =
        object["metadata"]["annotations"]["machine.cluster.x-k8s.io/certificates-expiry"].time();
    machine.conditions = readClusterApiConditions(object);
    return machine;
}

} // namespace strata::feeds
