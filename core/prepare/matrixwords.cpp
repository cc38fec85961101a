// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/matrixwords.h"

#include "core/base/translatable.h"
#include "core/base/translate.h"

// No YAML is searched for texts: what of resources/prepare.yaml an operator is told in words stands here once
// more. A test holds the two together. Products' names stay as they are.
namespace strata::prepare {

const std::vector<std::string>& matrixWords()
{
    static const std::vector<std::string> words = {
        translatable("prepare", "Certificates for the webhooks of Cluster API"),
        translatable("prepare", "Virtual machines as objects of the outer cluster"),
        translatable("prepare", "Snapshots of VMs and their volumes"),
        translatable("prepare", "Export of VMs and volumes, out of the cluster"),
        translatable("prepare", "Volumes added to running VMs; the CSI driver of tenant clusters needs it"),
        translatable("prepare", "Volumes added and removed by editing the VM"),
        translatable("prepare", "PCI devices and GPUs of the host inside VMs"),
        translatable("prepare", "Dedicated CPUs; nodes are labelled by their kubelet's CPU manager"),
        translatable("prepare", "A node's virt-handler may touch its own VMs only"),
        translatable("prepare", "Live migration"),
        translatable("prepare", "Disks from images and uploads"),
        translatable("prepare", "A disk is made where its VM will run"),
        translatable("prepare", "Clusters and machines as objects"),
        translatable("prepare", "Cluster classes (ClusterTopology)"),
        translatable("prepare", "Machine pools; provider KubeVirt has none"),
        translatable("prepare", "Manifests laid into new clusters (ClusterResourceSet)"),
        translatable("prepare", "Runtime extensions"),
        translatable("prepare", "Machines changed in place instead of replaced"),
        translatable("prepare", "Taints of machines kept on their nodes"),
        translatable("prepare", "kubeadm bootstrap provider"),
        translatable("prepare", "Joins machines to their cluster"),
        translatable("prepare", "kubeadm control plane provider"),
        translatable("prepare", "Makes, heals and upgrades control planes"),
        translatable("prepare", "Provider KubeVirt (CAPK)"),
        translatable("prepare", "Machines of clusters as VMs of KubeVirt"),
        translatable("prepare", "Pod network"),
        translatable("prepare", "Nodes do not become Ready without one."),
        translatable("prepare", "Storage"),
        translatable("prepare", "Disks of VMs need a StorageClass."),
        translatable("prepare", "host paths (HPP)"),
        translatable("prepare", "local paths"),
        translatable("prepare", "Load balancer"),
        translatable("prepare", "The API servers of tenant clusters get no address of their own; they "
                                "are reached through the outer cluster only."),
        translatable("prepare", "Volume snapshots"),
        translatable("prepare", "VMs cannot be snapshotted, and images are cloned by copying."),
        translatable("prepare", "Metrics"),
        translatable("prepare", "Usage of nodes and pods is not shown."),
        translatable("prepare", "NFS CSI driver"),
        translatable("prepare", "Hostpath provisioner (HPP)"),
        translatable("prepare", "Local path provisioner"),
        translatable("prepare", "Snapshot controller"),
        translatable("prepare", "Prometheus operator"),
        translatable("prepare", "Cluster network addons operator"),
        translatable("prepare", "Node feature discovery"),
        translatable("prepare", "HyperConverged operator"),
    };
    return words;
}

Matrix translated(Matrix matrix)
{
    const auto say = [](std::string& text) {
        if (!text.empty())
            text = translate("prepare", marked(text.c_str()));
    };
    for (ComponentSpec& spec : matrix.components) {
        say(spec.title);
        say(spec.purpose);
        for (Gate& gate : spec.gates)
            say(gate.text);
    }
    for (AddonSpec& spec : matrix.addons)
        say(spec.title);
    for (ObservedSpec& spec : matrix.observed) {
        say(spec.title);
        say(spec.absent);
        for (ObservedSpec::Known& known : spec.known)
            say(known.name);
    }
    return matrix;
}

} // namespace strata::prepare
