// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/api.h"
#include "core/provision/network.h"
#include "core/provision/object.h"
#include "core/provision/preflight.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

// What the preflight reads, judged. Pure: lists in, checks out.
namespace strata::provision {

// What must be allowed to carry out the plan of a profile, and what to take it back.
struct Rights {
    std::vector<Access> needed;
    std::vector<Access> undo;
};
Rights rightsFor(const ClusterProfile& profile);

// Who gives addresses to Services of type LoadBalancer, as seen in what is there.
struct LoadBalancerEvidence {
    int withAddress = 0;
    int hostnameOnly = 0; // CAPK reads ingress[].ip only
    int waiting = 0;
    std::string example;             // "blue/blue-lb 10.0.0.7"
    std::vector<std::string> givers; // workloads known to do it: "metallb-system/controller"
    bool metalLb = false;            // its kinds are served
    int pools = -1;                  // of MetalLB; -1: not known
    bool known = false;              // Services could be read

    void addService(const Json& service);
    void addPod(const Json& pod);
};
Check judgeLoadBalancer(const LoadBalancerEvidence& evidence);

// Releases of the providers and whether their controllers run.
struct ProviderEvidence {
    struct Provider {
        std::string release; // "v1.14.0"; empty: unknown
        int wanted = 0;      // replicas of its manager
        int available = 0;
        bool seen = false; // the manager
    };
    // By the label cluster.x-k8s.io/provider: "cluster-api", "infrastructure-kubevirt", …
    std::map<std::string, Provider> providers;

    void addInventory(const Json& provider); // clusterctl's
    void addManager(const Json& deployment); // where there is no inventory: the tag of its image
    std::string release(const std::string& label) const;
};
// `servesOld`: cluster.x-k8s.io/v1beta1 is served.
std::vector<Check> judgeProviders(const ProviderEvidence& evidence, bool servesOld);

// Images that were seen in this site, by reference.
struct ImageEvidence {
    std::string wanted;              // "quay.io/capk/ubuntu-2204-container-disk:v1.34.1"
    int imported = 0;                // disks made from it
    int onNodes = 0;                 // nodes that have pulled it
    std::vector<std::string> others; // tags of the same repository that were imported

    void addDataVolume(const Json& volume);
    void addNode(const Json& node);
    bool seen() const { return imported > 0 || onNodes > 0; }
};
std::string repositoryOf(const std::string& image); // without tag and digest

// The overlay under the VMs from the settings of the outer CNI; each may be null.
struct OverlaySettings {
    Json cilium;       // ConfigMap kube-system/cilium-config
    Json calico;       // ConfigMap kube-system/calico-config
    Json felix;        // FelixConfiguration default
    Json installation; // operator.tigera.io Installation default
    Json flannel;      // ConfigMap kube-flannel/kube-flannel-cfg
};
OuterOverlay readOverlay(const OverlaySettings& settings);

} // namespace strata::provision
