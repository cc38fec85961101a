// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// infrastructure.cluster.x-k8s.io/v1alpha1 KubevirtMachine (cluster-api-provider-kubevirt
// api/v1alpha1/kubevirtmachine_types.go; v0.11 writes Cluster API v1beta1 conditions, main metav1 ones).
namespace strata::feeds {

stack::KubevirtMachineFact readKubevirtMachine(const Json& object, const std::string& apiVersion)
{
    stack::KubevirtMachineFact machine;
    machine.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    machine.clusterName = readClusterName(object);
    machine.providerId = spec["providerID"].kept();
    machine.vmNamespace = spec["virtualMachineTemplate"]["metadata"]["namespace"].common();
    if (machine.vmNamespace.empty())
        machine.vmNamespace = machine.meta.ns;
    machine.conditions = readClusterApiConditions(object);
    machine.ready = status["ready"].flag();
    if (!status["ready"].exists())
        for (const stack::Condition& condition : machine.conditions)
            if (condition.type == "Ready")
                machine.ready = condition.status == "True";
    return machine;
}

} // namespace strata::feeds
