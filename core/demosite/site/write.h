// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"
#include "core/demosite/site/plan.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

// Objects as text: a template with @NAME@ places is as readable as the manifest it stands for and far cheaper
// than a tree of values, which is what lets a site of 100,000 objects start in seconds.
namespace strata::demosite {

using Places = std::initializer_list<std::pair<std::string_view, std::string>>;
// The result begins with {"metadata":{ when the template does; blanks and line breaks outside strings are
// kept out.
std::string fill(std::string_view text, Places places);

// An annotation of etcd's static pod: where kubeadm told its member to announce itself
// (kubernetes cmd/kubeadm/app/constants).
inline constexpr const char* kEtcdAnnounced = "kubeadm.kubernetes.io/etcd.advertise-client-urls";

struct ContainerPlan {
    std::string name;
    std::string image;
    int cpuMilli = 100;
    int memoryMi = 128;
};

struct PodPlan {
    std::string ns;
    std::string name;
    std::string uid;
    std::string labels; // "\"app\":\"x\""
    std::string annotations;
    std::string owner; // a whole owner reference, or ""
    std::string node;
    std::string address;
    std::string created;
    std::vector<ContainerPlan> containers;
    bool ready = true;
    bool hostNetwork = false;
};
std::string podBody(const PodPlan& pod);

struct NodePlan {
    std::string name;
    std::string hostname;
    std::string uid;
    std::string labels; // more of them, with a comma in front
    std::string annotations;
    std::string address;
    int cpus = 0;
    int memoryGiB = 0;
    std::string version;
    std::string systemUuid;
    std::string osImage;
    std::string kernel;
    std::string providerId; // may be empty
    std::string extra;      // more capacity, with a comma in front
    std::string created;
    bool lost = false; // the kubelet stopped posting
    bool pressed = false;
    std::string lostSince;
    std::string heartbeat;
    bool controlPlane = false;
};
std::string nodeBody(const NodePlan& node);

struct WorkloadPlan {
    const char* kind; // "Deployment", "StatefulSet" or "DaemonSet"
    std::string ns;
    std::string name;
    std::vector<ContainerPlan> containers;
    int replicas = 1;
    bool hostNetwork = false;
    bool controlPlaneOnly = false;
};
// A workload with its pods on `nodes` in turn; `unready` nodes' pods are not ready.
void writeWorkload(Store& store, const SitePlan& plan, const std::string& cluster,
                   const WorkloadPlan& workload, const std::vector<std::string>& nodes,
                   const std::vector<std::string>& unready, long age);

std::string condition(std::string_view type, std::string_view status, std::string_view reason,
                      std::string_view message, std::string_view since);
// As Cluster API writes them, metav1.Condition: the message is always there.
std::string capiCondition(std::string_view type, std::string_view status, std::string_view reason,
                          std::string_view message, std::string_view since);
std::string nodeInfo(const NodePlan& node); // status.nodeInfo
std::string ownerRef(std::string_view apiVersion, std::string_view kind, std::string_view name,
                     std::string_view uid);
void writeNamespace(Store& store, const SitePlan& plan, const std::string& cluster, const std::string& name,
                    long age);
// default/kubernetes, by which pods find the API server.
void writeApiService(Store& store, const SitePlan& plan, const std::string& cluster,
                     const std::string& address, long age);
void writeEvent(Store& store, const SitePlan& plan, const std::string& ns, const std::string& kind,
                const std::string& apiVersion, const std::string& name, const std::string& uid,
                const char* type, const char* reason, const std::string& message, const char* component,
                long age, int count = 1);

// Roles and bindings of a cluster; `tenant` is the namespace whose owners get a role of their own.
void writeAccess(Store& store, const SitePlan& plan, const std::string& cluster, const std::string& tenant);
void writeOuter(Store& store, const SitePlan& plan);
void writeInner(Store& store, const SitePlan& plan, std::size_t tenant);
// The pods every inner node has, and what makes it a node; also what a VM that joins later brings.
void writeInnerNode(Store& store, const SitePlan& plan, const VmPlan& vm, const std::string& created);
NodePlan innerNodePlan(const SitePlan& plan, const VmPlan& vm, const std::string& created);
// The status parts that differ between a machine that runs and one that boots.
std::string machineStatus(const SitePlan& plan, const VmPlan& vm, VmState state, const std::string& since);
std::string kubevirtMachineStatus(const SitePlan& plan, const VmPlan& vm, VmState state,
                                  const std::string& since);

// libvirt test driver documents, one a host: "metal-01.xml" and its text.
std::vector<std::pair<std::string, std::string>> hostDocuments(const SitePlan& plan);

} // namespace strata::demosite
