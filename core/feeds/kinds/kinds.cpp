// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/kinds.h"

namespace strata::feeds {
namespace {

using stack::FactKind;

template<auto Read>
stack::FactPtr fact(const Json& object, const std::string& apiVersion)
{
    return stack::makeFact(Read(object, apiVersion));
}

} // namespace

const std::vector<Kind>& outerKinds()
{
    // Small and joining kinds first: the picture grows from the top of each layer.
    static const auto* kinds = new std::vector<Kind>{
        {FactKind::KubeNode, "", {"v1"}, "nodes", false, fact<readKubeNode>},
        {FactKind::Cluster, "cluster.x-k8s.io", {"v1beta2", "v1beta1"}, "clusters", true, fact<readCluster>},
        {FactKind::ControlPlane,
         "controlplane.cluster.x-k8s.io",
         {"v1beta2", "v1beta1"},
         "kubeadmcontrolplanes",
         true,
         fact<readKubeadmControlPlane>},
        {FactKind::MachineDeployment,
         "cluster.x-k8s.io",
         {"v1beta2", "v1beta1"},
         "machinedeployments",
         true,
         fact<readMachineDeployment>},
        {FactKind::Machine, "cluster.x-k8s.io", {"v1beta2", "v1beta1"}, "machines", true, fact<readMachine>},
        {FactKind::KubevirtMachine,
         "infrastructure.cluster.x-k8s.io",
         {"v1alpha1"},
         "kubevirtmachines",
         true,
         fact<readKubevirtMachine>},
        {FactKind::Vm, "kubevirt.io", {"v1"}, "virtualmachines", true, fact<readVirtualMachine>},
        {FactKind::Vmi,
         "kubevirt.io",
         {"v1"},
         "virtualmachineinstances",
         true,
         fact<readVirtualMachineInstance>},
        {FactKind::Pod, "", {"v1"}, "pods", true, fact<readPod>},
        {FactKind::KubeVirt, "kubevirt.io", {"v1"}, "kubevirts", true, fact<readKubeVirt>, true},
        {FactKind::Cdi, "cdi.kubevirt.io", {"v1beta1"}, "cdis", false, fact<readCdi>, true},
        {FactKind::KubevirtCluster,
         "infrastructure.cluster.x-k8s.io",
         {"v1alpha1"},
         "kubevirtclusters",
         true,
         fact<readKubevirtCluster>,
         true},
        {FactKind::DataVolume,
         "cdi.kubevirt.io",
         {"v1beta1"},
         "datavolumes",
         true,
         fact<readDataVolume>,
         true},
        {FactKind::Claim, "", {"v1"}, "persistentvolumeclaims", true, fact<readClaim>, true},
        {FactKind::Deployment, "apps", {"v1"}, "deployments", true, fact<readDeployment>, true},
        {FactKind::StorageClass,
         "storage.k8s.io",
         {"v1"},
         "storageclasses",
         false,
         fact<readStorageClass>,
         true},
        {FactKind::StorageProfile,
         "cdi.kubevirt.io",
         {"v1beta1"},
         "storageprofiles",
         false,
         fact<readStorageProfile>,
         true},
        {FactKind::HealthCheck,
         "cluster.x-k8s.io",
         {"v1beta2", "v1beta1"},
         "machinehealthchecks",
         true,
         fact<readMachineHealthCheck>,
         true},
        {FactKind::MachineSet,
         "cluster.x-k8s.io",
         {"v1beta2", "v1beta1"},
         "machinesets",
         true,
         fact<readMachineSet>,
         true},
        {FactKind::Migration,
         "kubevirt.io",
         {"v1"},
         "virtualmachineinstancemigrations",
         true,
         fact<readMigration>,
         true},
        {FactKind::Warning, "", {"v1"}, "events", true, fact<readWarning>, true, "type=Warning"},
    };
    return *kinds;
}

const std::vector<Kind>& innerKinds()
{
    static const auto* kinds = new std::vector<Kind>{
        {FactKind::KubeNode, "", {"v1"}, "nodes", false, fact<readKubeNode>},
        {FactKind::Pod, "", {"v1"}, "pods", true, fact<readPod>, false, "", true},
    };
    return *kinds;
}

} // namespace strata::feeds
