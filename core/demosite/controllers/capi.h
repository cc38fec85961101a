// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/controllers/site.h"

// What Cluster API's controllers have in common. Objects are in the stored version, v1beta2; the conditions
// of the older one are kept beside (status.deprecated.v1beta1), as upstream does.
namespace strata::demosite::capi {

inline constexpr const char* kClusterName = "cluster.x-k8s.io/cluster-name";
inline constexpr const char* kControlPlane = "cluster.x-k8s.io/control-plane";
inline constexpr const char* kControlPlaneName = "cluster.x-k8s.io/control-plane-name";
inline constexpr const char* kDeploymentName = "cluster.x-k8s.io/deployment-name";
inline constexpr const char* kSetName = "cluster.x-k8s.io/set-name";
inline constexpr const char* kTemplateHash = "machine-template-hash";
inline constexpr const char* kClonedFrom = "cluster.x-k8s.io/cloned-from-name";
inline constexpr const char* kDeleteMachine = "cluster.x-k8s.io/delete-machine";
inline constexpr const char* kMachineNameLabel = "capk.cluster.x-k8s.io/kubevirt-machine-name";

const Kind& clusters();
const Kind& machines();

std::string clusterNameOf(const Json& object);        // spec.clusterName, its label or its owner
Json clusterOf(const Site& site, const Json& object); // null when there is none (any more)
bool isPaused(const Json& cluster, const Json& object);
// Sets or lifts the Paused condition; true when the object is paused and must be left alone.
bool pausedNow(Site& site, const Kind& kind, const Key& key, const Json& cluster, const Json& object);
bool infrastructureReady(const Json& cluster);
bool controlPlaneInitialized(const Json& cluster);

// Kind of {apiGroup,kind,name}; null when this site does not serve it.
const Kind* kindOfRef(const Json* ref);

// v1beta1 conditions: a severity and a reason only while they are not True.
void setOld(Json& status, const char* type, bool good, const char* severity, const std::string& reason,
            const std::string& message, const std::string& at);
// The same in status.conditions, where provider KubeVirt keeps them.
void setProvider(Json& status, const char* type, bool good, const char* severity, const std::string& reason,
                 const std::string& message, const std::string& at);

// "* Machines a, b: why", the form v1beta2 messages of summaries have.
std::string bullets(const std::vector<std::pair<std::string, std::string>>& items);

// The machine's three objects from their templates: KubevirtMachine, KubeadmConfig (`config` is its spec) and
// Machine, all of one name, in the order upstream makes them.
struct MachineWish {
    std::string ns;
    std::string name;
    std::string cluster;
    Json labels;
    Json annotations = Json::object();
    Json owner;             // of the Machine
    Json infrastructureRef; // of the template
    Json config;            // spec of the KubeadmConfig; null: clone `configRef`
    Json configRef;
    Json machineSpec; // the rest: version, deletion, …
};
// The error's text when a template is missing.
std::string makeMachine(Site& site, const MachineWish& wish);

// Maps for watches.
Manager::Map byClusterLabel();          // → the Cluster
Manager::Map byOwner(const char* kind); // → the owner of that kind
Manager::Map byName();                  // → what has the same name
// A Cluster changed: all objects of `kind` with its label.
Manager::Map ofCluster(Store& store, const Kind& kind);

std::vector<ObjectPtr> labelled(const Store& store, const Kind& kind, const std::string& ns,
                                const std::string& cluster);
int minorVersion(const std::string& version);                  // 31 of "v1.31.2"; -1
bool olderVersion(const std::string& a, const std::string& b); // by their numbers

} // namespace strata::demosite::capi
