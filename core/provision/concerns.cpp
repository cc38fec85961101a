// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/concerns.h"

namespace strata::provision {

std::string concernedField(const ClusterProfile& profile, const Ref& ref, const std::string& words)
{
    const auto names = [&words](const char* part) { return words.find(part) != std::string::npos; };
    const auto called = [&ref](const std::string& name) {
        return ref.name == name || ref.name == name + "-v1"; // templates carry their revision
    };
    const auto pool = [&]() -> std::string {
        for (std::size_t i = 0; i < profile.workers.size(); ++i) {
            if (called(profile.name + "-" + profile.workers[i].name))
                return "workers[" + std::to_string(i) + "]";
        }
        return {};
    };
    const bool plane = called(profile.name + "-cp");
    const auto size = [&](const std::string& of) -> std::string {
        if (names("storageClass"))
            return of + ".storageClass";
        if (names("storage"))
            return of + ".disk";
        if (names("memory"))
            return of + ".memory";
        if (names("cpu"))
            return of + ".vcpus";
        return names("image") || names("registry") || names("url") ? "image.location" : of + ".vcpus";
    };

    if (ref.kind == "Namespace")
        return "namespace";
    if (names("metadata.name") || names("must be no more than 63"))
        return "name";
    if (ref.kind == "Cluster") {
        if (profile.classRef && names("variables"))
            return "clusterClass.variables";
        if (profile.classRef && names("topology"))
            return names("version") ? "kubernetesVersion" : "clusterClass.name";
        if (names("services"))
            return "network.serviceCidr";
        if (names("pods") || names("clusterNetwork"))
            return "network.podCidr";
        return "name";
    }
    if (ref.kind == "KubevirtCluster")
        return "endpoint";
    if (ref.kind == "KubeadmControlPlane") {
        if (names("replicas"))
            return "controlPlane.replicas";
        return "kubernetesVersion";
    }
    if (ref.kind == "KubevirtMachineTemplate") {
        if (plane)
            return size("controlPlane.size");
        const std::string of = pool();
        return of.empty() ? std::string() : size(of + ".size");
    }
    if (ref.kind == "MachineDeployment") {
        const std::string of = pool();
        if (of.empty())
            return {};
        return names("replicas") ? of + ".count" : names("version") ? "kubernetesVersion" : of + ".name";
    }
    if (ref.kind == "KubeadmConfigTemplate")
        return pool().empty() ? std::string() : pool() + ".name";
    if (ref.kind == "MachineHealthCheck")
        return "addOns.healthCheck";
    if (ref.name.rfind(profile.name + "-kccm", 0) == 0)
        return "addOns.cloudProvider";
    if (!profile.addOns.kubevirtCsi.controller.empty() &&
        (ref.name == "driver-config" || ref.kind == "Deployment" || ref.kind == "ServiceAccount" ||
         ref.kind == "Role" || ref.kind == "RoleBinding" || ref.kind == "Service"))
        return "addOns.kubevirtCsi.controller";
    if (ref.kind == "ClusterResourceSet" || ref.kind == "ConfigMap") {
        if (ref.name.find("metrics-server") != std::string::npos)
            return "addOns.metricsServer.manifest";
        if (ref.name.find("kubevirt-csi") != std::string::npos)
            return "addOns.kubevirtCsi.manifest";
        return "cni.manifest";
    }
    return {};
}

} // namespace strata::provision
