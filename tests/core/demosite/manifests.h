// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// A tenant cluster "t1" as a person would apply it, in both contract versions.
namespace strata::demosite {

inline const char* const kCni =
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: calico-node\n  namespace: kube-system\n"
    "spec:\n  selector:\n    matchLabels:\n      k8s-app: calico-node\n  template:\n    metadata:\n"
    "      labels:\n        k8s-app: calico-node\n    spec:\n      hostNetwork: true\n"
    "      tolerations:\n      - operator: Exists\n      containers:\n      - name: calico-node\n"
    "        image: docker.io/calico/node:v3.31.4\n";

inline std::string indented(const std::string& text, const std::string& by)
{
    std::string out = by;
    for (const char c : text) {
        out += c;
        if (c == '\n')
            out += by;
    }
    return out;
}

inline std::string machineTemplate(const std::string& name)
{
    return "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1\nkind: KubevirtMachineTemplate\n"
           "metadata:\n  name: " +
           name +
           "\n  namespace: t1\nspec:\n  template:\n    spec:\n      virtualMachineBootstrapCheck:\n"
           "        checkStrategy: ssh\n      virtualMachineTemplate:\n        metadata:\n          "
           "namespace: t1\n"
           "        spec:\n          runStrategy: Always\n          dataVolumeTemplates:\n          - "
           "metadata:\n"
           "              name: root\n            spec:\n              storage:\n                resources:\n"
           "                  requests:\n                    storage: 20Gi\n              source:\n"
           "                registry:\n                  url: "
           "docker://quay.io/capk/ubuntu-2204-container-disk:v1.33.1\n"
           "          template:\n            spec:\n              evictionStrategy: External\n              "
           "domain:\n"
           "                cpu:\n                  cores: 2\n                memory:\n                  "
           "guest: 4Gi\n"
           "                devices:\n                  disks:\n                  - name: root\n"
           "                    disk:\n                      bus: virtio\n                  interfaces:\n"
           "                  - name: default\n                    masquerade: {}\n              networks:\n"
           "              - name: default\n                pod: {}\n              volumes:\n"
           "              - name: root\n                dataVolume:\n                  name: root\n";
}

inline std::string ref(bool old, const char* apiVersion, const char* kind, const std::string& name,
                       const char* indent)
{
    const std::string version = apiVersion;
    const std::string group = version.substr(0, version.find('/'));
    const std::string line = std::string("\n") + indent;
    return line + (old ? "apiVersion: " + version : "apiGroup: " + group) + line + "kind: " + kind + line +
           "name: " + name + (old ? line + "namespace: t1" : "");
}

// path → manifest, in an order that leaves things waiting for each other.
inline std::vector<std::pair<std::string, std::string>> manifests(bool old, int planes, int workers,
                                                                  bool network)
{
    const std::string v = old ? "v1beta1" : "v1beta2";
    const char* const infra = "infrastructure.cluster.x-k8s.io/v1alpha1";
    const std::string plane = "controlplane.cluster.x-k8s.io/" + v;
    const std::string bootstrap = "bootstrap.cluster.x-k8s.io/" + v;
    std::vector<std::pair<std::string, std::string>> out;
    out.emplace_back("/api/v1/namespaces", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: t1\n");
    out.emplace_back(
        "/apis/cluster.x-k8s.io/" + v + "/namespaces/t1/clusters",
        "apiVersion: cluster.x-k8s.io/" + v +
            "\nkind: Cluster\nmetadata:\n  name: t1\n  namespace: t1\n  labels:\n    cni: t1\nspec:\n"
            "  clusterNetwork:\n    pods:\n      cidrBlocks: [10.243.0.0/16]\n  infrastructureRef:" +
            ref(old, infra, "KubevirtCluster", "t1", "    ") +
            "\n  controlPlaneRef:" + ref(old, plane.c_str(), "KubeadmControlPlane", "t1-cp", "    ") + "\n");
    out.emplace_back(
        "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtclusters",
        "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1\nkind: KubevirtCluster\nmetadata:\n"
        "  name: t1\n  namespace: t1\nspec:\n  controlPlaneServiceTemplate:\n    spec:\n"
        "      type: LoadBalancer\n");
    for (const char* name : {"t1-cp-v1", "t1-md-v1"})
        out.emplace_back(
            "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtmachinetemplates",
            machineTemplate(name));
    const std::string machine = ref(old, infra, "KubevirtMachineTemplate", "t1-cp-v1", "        ");
    out.emplace_back(
        "/apis/controlplane.cluster.x-k8s.io/" + v + "/namespaces/t1/kubeadmcontrolplanes",
        "apiVersion: " + plane +
            "\nkind: KubeadmControlPlane\nmetadata:\n  name: t1-cp\n  namespace: t1\n"
            "spec:\n  replicas: " +
            std::to_string(planes) + "\n  version: v1.33.1\n  machineTemplate:\n" +
            (old ? "    infrastructureRef:" + ref(old, infra, "KubevirtMachineTemplate", "t1-cp-v1", "      ")
                 : "    spec:\n      infrastructureRef:" + machine) +
            "\n  kubeadmConfigSpec:\n    initConfiguration: {}\n    joinConfiguration: {}\n");
    out.emplace_back("/apis/bootstrap.cluster.x-k8s.io/" + v + "/namespaces/t1/kubeadmconfigtemplates",
                     "apiVersion: " + bootstrap +
                         "\nkind: KubeadmConfigTemplate\nmetadata:\n  name: t1-md\n  namespace: t1\nspec:\n"
                         "  template:\n    spec:\n      joinConfiguration: {}\n");
    out.emplace_back("/apis/cluster.x-k8s.io/" + v + "/namespaces/t1/machinedeployments",
                     "apiVersion: cluster.x-k8s.io/" + v +
                         "\nkind: MachineDeployment\nmetadata:\n  name: t1-md\n  namespace: t1\nspec:\n"
                         "  clusterName: t1\n  replicas: " +
                         std::to_string(workers) +
                         "\n  selector:\n    matchLabels:\n  template:\n    spec:\n      clusterName: t1\n"
                         "      version: v1.33.1\n      bootstrap:\n        configRef:" +
                         ref(old, bootstrap.c_str(), "KubeadmConfigTemplate", "t1-md", "          ") +
                         "\n      infrastructureRef:" +
                         ref(old, infra, "KubevirtMachineTemplate", "t1-md-v1", "        ") + "\n");
    if (network) {
        out.emplace_back(
            "/api/v1/namespaces/t1/configmaps",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: t1-cni\n  namespace: t1\ndata:\n"
            "  cni.yaml: |\n" +
                indented(kCni, "    ") + "\n");
        out.emplace_back("/apis/addons.cluster.x-k8s.io/" + v + "/namespaces/t1/clusterresourcesets",
                         "apiVersion: addons.cluster.x-k8s.io/" + v +
                             "\nkind: ClusterResourceSet\nmetadata:\n  name: t1-cni\n  namespace: t1\nspec:\n"
                             "  clusterSelector:\n    matchLabels:\n      cni: t1\n  resources:\n"
                             "  - kind: ConfigMap\n    name: t1-cni\n");
    }
    return out;
}

inline std::string joinedLines(const std::vector<std::string>& lines)
{
    std::string out;
    for (const std::string& line : lines)
        out += line + "\n";
    return out;
}

// The wanted lines come in this order, others may be between.
inline bool inOrder(const std::vector<std::string>& lines, const std::vector<std::string>& wanted,
                    std::string& missing)
{
    auto at = lines.begin();
    for (const std::string& line : wanted) {
        at = std::find(at, lines.end(), line);
        if (at == lines.end()) {
            missing = line;
            return false;
        }
        ++at;
    }
    return true;
}

} // namespace strata::demosite
