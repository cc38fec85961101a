// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/matrixwords.h"

#include "core/base/translate.h"

// lupdate knows the name and reads no YAML: what of resources/prepare.yaml an operator is told in words
// stands here once more. A test holds the two together. Products' names stay as they are.
#define QT_TRANSLATE_NOOP(context, text) text

namespace strata::prepare {

const std::vector<std::string>& matrixWords()
{
    static const std::vector<std::string> words = {
        QT_TRANSLATE_NOOP("prepare", "Certificates for the webhooks of Cluster API"),
        QT_TRANSLATE_NOOP("prepare", "Virtual machines as objects of the outer cluster"),
        QT_TRANSLATE_NOOP("prepare", "Snapshots of VMs and their volumes"),
        QT_TRANSLATE_NOOP("prepare", "Export of VMs and volumes, out of the cluster"),
        QT_TRANSLATE_NOOP("prepare",
                          "Volumes added to running VMs; the CSI driver of tenant clusters needs it"),
        QT_TRANSLATE_NOOP("prepare", "Volumes added and removed by editing the VM"),
        QT_TRANSLATE_NOOP("prepare", "PCI devices and GPUs of the host inside VMs"),
        QT_TRANSLATE_NOOP("prepare", "Dedicated CPUs; nodes are labelled by their kubelet's CPU manager"),
        QT_TRANSLATE_NOOP("prepare", "A node's virt-handler may touch its own VMs only"),
        QT_TRANSLATE_NOOP("prepare", "Live migration"),
        QT_TRANSLATE_NOOP("prepare", "Disks from images and uploads"),
        QT_TRANSLATE_NOOP("prepare", "A disk is made where its VM will run"),
        QT_TRANSLATE_NOOP("prepare", "Clusters and machines as objects"),
        QT_TRANSLATE_NOOP("prepare", "Cluster classes (ClusterTopology)"),
        QT_TRANSLATE_NOOP("prepare", "Machine pools; provider KubeVirt has none"),
        QT_TRANSLATE_NOOP("prepare", "Manifests laid into new clusters (ClusterResourceSet)"),
        QT_TRANSLATE_NOOP("prepare", "Runtime extensions"),
        QT_TRANSLATE_NOOP("prepare", "Machines changed in place instead of replaced"),
        QT_TRANSLATE_NOOP("prepare", "Taints of machines kept on their nodes"),
        QT_TRANSLATE_NOOP("prepare", "kubeadm bootstrap provider"),
        QT_TRANSLATE_NOOP("prepare", "Joins machines to their cluster"),
        QT_TRANSLATE_NOOP("prepare", "kubeadm control plane provider"),
        QT_TRANSLATE_NOOP("prepare", "Makes, heals and upgrades control planes"),
        QT_TRANSLATE_NOOP("prepare", "Provider KubeVirt (CAPK)"),
        QT_TRANSLATE_NOOP("prepare", "Machines of clusters as VMs of KubeVirt"),
        QT_TRANSLATE_NOOP("prepare", "Pod network"),
        QT_TRANSLATE_NOOP("prepare", "Nodes do not become Ready without one."),
        QT_TRANSLATE_NOOP("prepare", "Storage"),
        QT_TRANSLATE_NOOP("prepare", "Disks of VMs need a StorageClass."),
        QT_TRANSLATE_NOOP("prepare", "host paths (HPP)"),
        QT_TRANSLATE_NOOP("prepare", "local paths"),
        QT_TRANSLATE_NOOP("prepare", "Load balancer"),
        QT_TRANSLATE_NOOP("prepare", "The API servers of tenant clusters get no address of their own; they "
                                     "are reached through the outer cluster only."),
        QT_TRANSLATE_NOOP("prepare", "Volume snapshots"),
        QT_TRANSLATE_NOOP("prepare", "VMs cannot be snapshotted, and images are cloned by copying."),
        QT_TRANSLATE_NOOP("prepare", "Metrics"),
        QT_TRANSLATE_NOOP("prepare", "Usage of nodes and pods is not shown."),
    };
    return words;
}

Matrix translated(Matrix matrix)
{
    const auto say = [](std::string& text) {
        if (!text.empty())
            text = translate("prepare", text.c_str());
    };
    for (ComponentSpec& spec : matrix.components) {
        say(spec.title);
        say(spec.purpose);
        for (Gate& gate : spec.gates)
            say(gate.text);
    }
    for (ObservedSpec& spec : matrix.observed) {
        say(spec.title);
        say(spec.absent);
        for (ObservedSpec::Known& known : spec.known)
            say(known.name);
    }
    return matrix;
}

} // namespace strata::prepare
