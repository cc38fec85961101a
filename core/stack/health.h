// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <string>
#include <vector>

// One object's own health, by the words of its own status. Pure functions; the roll-up between objects is the
// stack's. Condition types and reasons are upstream's: Kubernetes core/v1, KubeVirt api/core/v1, Cluster API
// v1beta1 and v1beta2, provider KubeVirt v1alpha1.
namespace strata::stack {

struct Verdict {
    Health health = Health::Unknown;
    std::string state;     // "Paused"
    std::string reason;    // a sentence, empty when healthy
    std::string rawReason; // upstream's own word
    UnixMs since = 0;
};

const Condition* findCondition(const std::vector<Condition>& conditions, const char* type);
bool isTrue(const std::vector<Condition>& conditions, const char* type);
bool isFalse(const std::vector<Condition>& conditions, const char* type);

Verdict hostVerdict(const HostFact& host);
Verdict domainVerdict(const DomainFact& domain);
Verdict nodeVerdict(const KubeNodeFact& node, bool outer);
// Any of them may be null, not both `vm` and `vmi`.
Verdict vmVerdict(const VmFact* vm, const VmiFact* vmi, const MachineFact* machine,
                  const KubevirtMachineFact* kubevirtMachine);
Verdict workloadVerdict(const std::vector<const PodFact*>& pods);
Verdict clusterVerdict(const ClusterFact& cluster);
Verdict controlPlaneVerdict(const ControlPlaneFact& controlPlane);
Verdict machineDeploymentVerdict(const MachineDeploymentFact& pool);
Verdict machineVerdict(const MachineFact& machine, const KubevirtMachineFact* kubevirtMachine);

} // namespace strata::stack
