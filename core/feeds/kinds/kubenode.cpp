// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

#include <set>

// core/v1 Node (Kubernetes api/core/v1/types.go); labels of KubeVirt's virt-handler, annotations of Cluster
// API.
namespace strata::feeds {

stack::KubeNodeFact readKubeNode(const Json& object, const std::string& apiVersion)
{
    stack::KubeNodeFact node;
    node.meta = readMeta(object, apiVersion);
    const Json spec = object["spec"];
    const Json status = object["status"];
    const Json info = status["nodeInfo"];
    node.systemUuid = toLower(info["systemUUID"].text());
    node.machineId = info["machineID"].text();
    node.kubeletVersion = info["kubeletVersion"].text();
    node.osImage = info["osImage"].text();
    node.kernel = info["kernelVersion"].text();
    node.containerRuntime = info["containerRuntimeVersion"].text();
    node.providerId = spec["providerID"].text();
    node.unschedulable = spec["unschedulable"].flag();
    status["addresses"].each([&node](const Json& address) {
        const std::string type = address["type"].text();
        if (type == "InternalIP" && node.internalIp.empty())
            node.internalIp = address["address"].text();
        else if (type == "Hostname" && node.hostname.empty())
            node.hostname = address["address"].text();
    });
    if (node.hostname.empty())
        node.hostname = readLabel(object, "kubernetes.io/hostname");

    std::set<std::string> roles;
    constexpr std::string_view prefix = "node-role.kubernetes.io/";
    object["metadata"]["labels"].eachMember([&](std::string_view key, const Json& value) {
        if (key.starts_with(prefix) && key.size() > prefix.size())
            roles.insert(cleanText(key.substr(prefix.size())));
        else if (key == "node-labeller.kubevirt.io/obsolete-host-model")
            node.obsoleteHostModel = value.text() != "false";
        else if (key == "kubernetes.io/role" && !value.text().empty())
            roles.insert(value.text());
    });
    if (roles.erase("master") > 0) // the name before Kubernetes 1.20
        roles.insert("control-plane");
    if (roles.empty())
        roles.insert("worker"); // kubeadm leaves workers without a role
    for (const std::string& role : roles)
        node.roles += (node.roles.empty() ? "" : ",") + role;

    spec["taints"].each([&node](const Json& taint) {
        std::string text = taint["key"].text();
        if (const std::string value = taint["value"].text(); !value.empty())
            text += "=" + value;
        text += ":" + taint["effect"].text();
        node.taints.push_back(std::move(text));
    });
    node.capacity = readAmount(status["capacity"]);
    node.allocatable = readAmount(status["allocatable"]);
    node.podCapacity = readQuantity(status["allocatable"]["pods"]);
    node.kvmDevices = readQuantity(status["allocatable"]["devices.kubevirt.io/kvm"]);
    node.kubevirtSchedulable = readLabel(object, "kubevirt.io/schedulable");
    node.clusterName = readAnnotation(object, "cluster.x-k8s.io/cluster-name");
    node.clusterNamespace = readAnnotation(object, "cluster.x-k8s.io/cluster-namespace");
    node.conditions = readConditions(status["conditions"]);
    return node;
}

} // namespace strata::feeds
