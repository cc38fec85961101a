// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/json.h"
#include "core/stack/facts.h"

#include <string>
#include <vector>

// One reader a kind, each in a file of its name: JSON in, a fact out, cleaned and never failing. What an
// object does not tell stays "not told".
namespace strata::feeds {

stack::KubeNodeFact readKubeNode(const Json& object, const std::string& apiVersion);
stack::PodFact readPod(const Json& object, const std::string& apiVersion);
stack::VmFact readVirtualMachine(const Json& object, const std::string& apiVersion);
stack::VmiFact readVirtualMachineInstance(const Json& object, const std::string& apiVersion);
stack::ClusterFact readCluster(const Json& object, const std::string& apiVersion);
stack::ControlPlaneFact readKubeadmControlPlane(const Json& object, const std::string& apiVersion);
stack::MachineDeploymentFact readMachineDeployment(const Json& object, const std::string& apiVersion);
stack::MachineFact readMachine(const Json& object, const std::string& apiVersion);
stack::KubevirtMachineFact readKubevirtMachine(const Json& object, const std::string& apiVersion);
stack::ObjectFact readKubevirtCluster(const Json& object, const std::string& apiVersion);
stack::ObjectFact readDataVolume(const Json& object, const std::string& apiVersion);
stack::ObjectFact readClaim(const Json& object, const std::string& apiVersion);
stack::ObjectFact readKubeVirt(const Json& object, const std::string& apiVersion);
stack::ObjectFact readCdi(const Json& object, const std::string& apiVersion);
stack::ObjectFact readDeployment(const Json& object, const std::string& apiVersion);
stack::ObjectFact readWarning(const Json& object, const std::string& apiVersion);
stack::ObjectFact readStorageClass(const Json& object, const std::string& apiVersion);
stack::ObjectFact readStorageProfile(const Json& object, const std::string& apiVersion);
stack::ObjectFact readMachineSet(const Json& object, const std::string& apiVersion);
stack::ObjectFact readMigration(const Json& object, const std::string& apiVersion);
stack::ObjectFact readMachineHealthCheck(const Json& object, const std::string& apiVersion);

// An item of a metrics.k8s.io list: NodeMetrics or PodMetrics (its containers summed).
stack::UsageFact readMetrics(const Json& object);
stack::EventRow readEvent(const Json& object);

// True once the API of a Cluster's control plane has answered for the first time: from then on there is a
// kubeconfig worth reading.
bool isControlPlaneInitialized(const Json& cluster);

// What is watched, where and how it is read.
struct Kind {
    stack::FactKind fact;
    const char* group;                 // empty: the core group
    std::vector<const char*> versions; // that we read, the best first
    const char* resource;
    bool namespaced;
    stack::FactPtr (*read)(const Json& object, const std::string& apiVersion);
    bool optional = false;          // deepens a diagnosis; that it is not served is not told
    const char* fieldSelector = ""; // what of it is watched; empty: all
    bool parks = false; // many and of interest only where somebody looks: counted while a tenant is parked
};
const std::vector<Kind>& outerKinds();
const std::vector<Kind>& innerKinds();

} // namespace strata::feeds
