// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/provision/classes.h"
#include "core/provision/network.h"
#include "core/provision/problem.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::provision {

enum class ImageSource {
    Registry,      // CDI imports the container disk into a persistent root disk (the default)
    Http,          // CDI downloads an image file
    Pvc,           // CDI clones a claim that holds a prepared image
    ContainerDisk, // the root disk lives in the launcher pod: a restart of the VM loses the node's state
};
enum class Endpoint { LoadBalancer, NodePort, ClusterIp };
enum class BootstrapCheck { Ssh, None };
enum class Cni { Calico, Cilium, None };
enum class CniDelivery { ResourceSet, InnerApi };
enum class Eviction { External, LiveMigrate, LiveMigrateIfPossible, None };
enum class AntiAffinity { None, Preferred, Required };

struct NodeImage {
    ImageSource source = ImageSource::Registry;
    // Registry, ContainerDisk: "quay.io/capk/ubuntu-2204-container-disk:v1.34.1"; without a tag the
    // Kubernetes version is it. Http: the URL. Pvc: "namespace/name".
    std::string location = "quay.io/capk/ubuntu-2204-container-disk";
    friend bool operator==(const NodeImage&, const NodeImage&) = default;
};

struct MachineSize {
    int vcpus = 2;
    std::string memory = "4Gi"; // the guest's
    std::string disk = "20Gi";  // root disk; not for ContainerDisk
    std::string storageClass;   // empty: the cluster's default
    friend bool operator==(const MachineSize&, const MachineSize&) = default;
};

struct ControlPlane {
    int replicas = 1; // 1, 3 or 5
    MachineSize size;
    friend bool operator==(const ControlPlane&, const ControlPlane&) = default;
};

struct Taint {
    std::string key;
    std::string value;
    std::string effect; // NoSchedule, PreferNoSchedule, NoExecute
    friend bool operator==(const Taint&, const Taint&) = default;
};
std::optional<Taint> parseTaint(std::string_view text); // "key=value:Effect", "key:Effect"
std::string toText(const Taint& taint);

struct Autoscaler {
    int min = 1;
    int max = 1;
    friend bool operator==(const Autoscaler&, const Autoscaler&) = default;
};

struct WorkerPool {
    std::string name = "md-0";
    int count = 2;
    MachineSize size;
    std::map<std::string, std::string> labels; // of the inner nodes
    std::vector<Taint> taints;                 // of the inner nodes
    std::optional<Autoscaler> autoscaler;
    std::string workerClass; // with a ClusterClass: which of its classes; empty: kWorkerClass
    friend bool operator==(const WorkerPool&, const WorkerPool&) = default;
};

inline constexpr std::string_view kWorkerClass = "default-worker";

// A ClusterClass that makes the parts: image, sizes and behaviour are the class's and what its variables say.
struct ClassChoice {
    std::string name;
    std::string nameSpace;                        // empty: the cluster's own
    std::map<std::string, std::string> variables; // values as JSON text
    friend bool operator==(const ClassChoice&, const ClassChoice&) = default;
};

struct Networking {
    std::string podCidr = "10.243.0.0/16";
    std::string serviceCidr = "10.95.0.0/16";
    std::string serviceDomain; // empty: "NAME.NAMESPACE.local"
    int mtu = 0;               // of inner pods; 0 leaves it to the CNI
    int vxlanPort = 0;         // of the inner overlay; 0 leaves it to the CNI
    friend bool operator==(const Networking&, const Networking&) = default;
};

struct CniChoice {
    Cni kind = Cni::Calico;
    std::string
        manifest; // https URL or path of a file or folder; empty: Calico's release manifest (kCalicoManifest)
    CniDelivery delivery = CniDelivery::ResourceSet;
    bool replacesKubeProxy = false; // Cilium without kube-proxy
    friend bool operator==(const CniChoice&, const CniChoice&) = default;
};
inline constexpr std::string_view kCalicoManifest =
    "https://raw.githubusercontent.com/projectcalico/calico/v3.31.4/manifests/calico.yaml";

struct ManifestAddOn {
    bool enabled = false;
    std::string manifest;     // https URL or path; what it means is up to the add-on
    std::string controller{}; // of kubevirtCsi: the manifest of the part that runs in the outer cluster
    friend bool operator==(const ManifestAddOn&, const ManifestAddOn&) = default;
};

struct AddOns {
    bool cloudProvider = false; // cloud-provider-kubevirt: Services of type LoadBalancer inside
    std::string cloudProviderImage = "quay.io/kubevirt/kubevirt-cloud-controller-manager:v0.6.0";
    ManifestAddOn kubevirtCsi;   // the rendered csi-driver manifests: tenant side and controller
    ManifestAddOn metricsServer; // components.yaml
    bool healthCheck = true;     // MachineHealthCheck, armed after the first Ready
    friend bool operator==(const AddOns&, const AddOns&) = default;
};

// Everything that is asked to make a tenant cluster. The defaults are such that a name alone is enough.
struct ClusterProfile {
    std::string name;
    std::string tenant;    // a label on everything; empty: the name
    std::string nameSpace; // "namespace" in YAML; empty: the name
    std::string kubernetesVersion = "v1.34.1";
    std::optional<ClassChoice> classRef; // "clusterClass" in YAML; none: Strata describes each part
    NodeImage image;
    ControlPlane controlPlane;
    std::vector<WorkerPool> workers{WorkerPool{}};
    std::vector<std::string> sshKeys; // authorized_keys lines for the user "strata" of every node
    BootstrapCheck bootstrapCheck = BootstrapCheck::Ssh;
    Endpoint endpoint = Endpoint::LoadBalancer;
    Networking network;
    CniChoice cni;
    AddOns addOns;
    Eviction eviction = Eviction::External;
    AntiAffinity antiAffinity =
        AntiAffinity::Preferred; // of the control plane's and of each pool's VMs over outer nodes

    std::string effectiveNamespace() const { return nameSpace.empty() ? name : nameSpace; }
    std::string effectiveTenant() const { return tenant.empty() ? name : tenant; }
    std::string effectiveDomain() const;
    std::string effectiveImage() const;       // with the tag filled in
    std::string effectiveCniManifest() const; // empty when no CNI is installed or none is known
    std::string effectiveClassNamespace() const;

    friend bool operator==(const ClusterProfile&, const ClusterProfile&) = default;
};

struct LoadedProfile {
    ClusterProfile profile;
    Problems problems; // unknown fields and values of a wrong kind; what `validate` finds is not in it
};

// Reads `apiVersion: strata/v1`, `kind: ClusterProfile`. Fails only when the text is not one YAML mapping.
Result<LoadedProfile> loadProfile(std::string_view yaml, const std::string& origin);
Result<LoadedProfile> loadProfileFile(const std::string& path);
std::string
saveProfile(const ClusterProfile& profile); // what equals the default is left out, except the basics

// What validation may know about the site; all optional.
struct SiteKnowledge {
    std::string clusterApiVersion;     // "v1.14.0": which inner versions it supports
    std::vector<UsedNetwork> networks; // outer, host and sibling networks
    std::vector<std::string> storageClasses;
    bool storageClassesKnown = false;
    bool hasCdi = true;
    std::vector<KnownClass> classes;
    bool classesKnown = false;

    const KnownClass*
    classOf(const ClusterProfile& profile) const; // null: none is chosen, or it is not known
};

// One problem a fault, in the order of the profile's fields. No errors: createObjects() accepts it.
Problems validate(const ClusterProfile& profile, const SiteKnowledge& site = {});

struct VersionRange {
    int minMinor = 0;
    int maxMinor = 0;
};
// The minors of Kubernetes 1.x that a Cluster API release supports for workload clusters (its
// docs/book/src/reference/versions.md); nullopt for releases we do not know.
std::optional<VersionRange> supportedWorkloadMinors(std::string_view clusterApiVersion);

bool isDnsLabel(std::string_view text);     // RFC 1123 label
bool isDnsSubdomain(std::string_view text); // RFC 1123 subdomain
bool isLabelKey(std::string_view text);     // "prefix/name" as Kubernetes validates label and taint keys
bool isLabelValue(std::string_view text);

} // namespace strata::provision
