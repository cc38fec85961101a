// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// kubevirt.io/v1 VirtualMachine (KubeVirt staging/src/kubevirt.io/api/core/v1/types.go); labels of provider
// KubeVirt (cluster-api-provider-kubevirt pkg/kubevirt/utils.go).
namespace strata::feeds {

stack::VmFact readVirtualMachine(const Json& object, const std::string& apiVersion)
{
    stack::VmFact vm;
    vm.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    vm.runStrategy = spec["runStrategy"].common();
    if (vm.runStrategy.empty() && spec["running"].exists()) // the older of the two, never both
        vm.runStrategy = spec["running"].flag() ? "Always" : "Halted";
    vm.printableStatus = status["printableStatus"].common();
    vm.ready = status["ready"].flag();

    // Templates of older releases carry the labels for the instance only.
    const Json inner = spec["template"];
    const auto label = [&](std::string_view name) {
        SharedText value = readLabel(object, name);
        return value.empty() ? readLabel(inner, name) : value;
    };
    vm.clusterName = label("cluster.x-k8s.io/cluster-name");
    vm.role = label("cluster.x-k8s.io/role");
    vm.machineName = label("capk.cluster.x-k8s.io/kubevirt-machine-name");
    vm.machineNamespace = label("capk.cluster.x-k8s.io/kubevirt-machine-namespace");
    vm.size = readDomainSize(inner["spec"]["domain"]);
    inner["spec"]["volumes"].each([&vm](const Json& volume) {
        SharedText claim = volume["dataVolume"]["name"].kept();
        if (claim.empty())
            claim = volume["persistentVolumeClaim"]["claimName"].kept();
        if (!claim.empty())
            vm.claims.push_back(std::move(claim));
    });
    vm.conditions = readConditions(status["conditions"]);
    return vm;
}

} // namespace strata::feeds
