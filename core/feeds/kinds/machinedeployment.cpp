// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// cluster.x-k8s.io MachineDeployment (Cluster API api/core/v1beta1 and v1beta2).
namespace strata::feeds {

stack::MachineDeploymentFact readMachineDeployment(const Json& object, const std::string& apiVersion)
{
    stack::MachineDeploymentFact pool;
    pool.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    pool.clusterName = readClusterName(object);
    pool.version = spec["template"]["spec"]["version"].text();
    pool.phase = status["phase"].text();
    pool.replicas = static_cast<int>(spec["replicas"].number(status["replicas"].number()));
    pool.readyReplicas = static_cast<int>(status["readyReplicas"].number(status.exists() ? 0 : -1));
    pool.conditions = readClusterApiConditions(object);
    return pool;
}

} // namespace strata::feeds
