// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/sharedtext.h"
#include "core/base/timestamp.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// What the feeds tell the stack. A fact is what we read of one object of one source, typed and already
// cleaned (core/base/text.h); it crosses threads as a FactPtr, immutable. Strings that the source does not
// tell are empty, numbers -1, times 0. What there are tens of thousands of keeps SharedText.
namespace strata::stack {

// One connection: a libvirt host, the outer cluster's API or an inner cluster's API. 0 is none.
using SourceId = std::uint32_t;

enum class SourceKind { Host, OuterCluster, InnerCluster };

enum class LinkPhase { Connecting, Live, Waiting, Closed };

// The state of one kind's watch inside a cluster source, told only when it is not live.
struct KindState {
    std::string kind;      // "pods"
    Error error;           // Forbidden: "not allowed to list pods" is not "no pods"
    bool optional = false; // only deepens a diagnosis
};

enum class Readiness : std::uint8_t { Unknown, Ready, NotReady };

struct SourceState {
    SourceId id = 0;
    SourceKind kind = SourceKind::OuterCluster;
    std::string name;    // shown: "rack-a", "metal-01", "tenant-blue/blue"
    std::string address; // server URL or libvirt URI
    std::string version; // "v1.34.1", "QEMU 7.2.0"
    LinkPhase phase = LinkPhase::Connecting;
    bool synced = false; // its first picture is complete
    UnixMs lastHeard = 0;
    UnixMs retryAt = 0;
    Error error;
    std::vector<KindState> kinds;
    SourceId outer = 0;                // InnerCluster: the management cluster that knows it
    std::string clusterKey;            // InnerCluster: "namespace/name" of its Cluster object there
    bool insecure = false;             // certificate checks are off: a lasting warning
    bool tunnelled = false;            // InnerCluster: reached through the outer cluster's API
    std::vector<std::string> warnings; // what its server says about our requests: deprecations mostly
    std::int64_t clockOffsetMs = 0;    // its clock minus ours, 0 when not told or about the same
    // InnerCluster: its pods are not followed while nobody looks, only counted. -1: not counted yet.
    bool parked = false;
    int podCount = -1;
    // What its /readyz said last, and which of its checks fail ("etcd, informer-sync").
    Readiness readiness = Readiness::Unknown;
    std::string notReady;
};

struct Amount { // of CPU and memory; -1 is "not told"
    std::int64_t cpuMilli = -1;
    std::int64_t memoryBytes = -1;
    friend bool operator==(const Amount&, const Amount&) = default;
};

struct Condition {
    SharedText type;
    SharedText status; // "True", "False", "Unknown"
    SharedText reason;
    SharedText message;
    SharedText severity; // Cluster API v1beta1 only
    UnixMs since = 0;
    friend bool operator==(const Condition&, const Condition&) = default;
};

struct Meta {
    SharedText apiVersion; // as read: "kubevirt.io/v1"
    SharedText ns;
    SharedText name;
    SharedText uid;
    UnixMs created = 0;
    UnixMs deleting = 0;  // deletionTimestamp
    SharedText ownerKind; // the controller owner reference
    SharedText ownerName;
    SharedText ownerUid;
    friend bool operator==(const Meta&, const Meta&) = default;
};

struct HostFact {
    std::string uri;
    std::string hostname;
    std::string uuid; // lower case
    std::string cpuModel;
    std::string cpuVendor;
    std::string arch;
    unsigned sockets = 0;
    unsigned coresPerSocket = 0;
    unsigned threadsPerCore = 0;
    unsigned numaNodes = 0;
    unsigned cpus = 0;
    unsigned mhz = 0;
    std::int64_t memoryBytes = -1;
    std::int64_t memoryFreeBytes = -1;
    double cpuUsed = -1; // share in [0, 1]
    bool kvmUsable = false;
    bool hardwareVirtualization = false;
    std::string hypervisor;
    std::string hypervisorVersion;
    std::string libvirtVersion;
    friend bool operator==(const HostFact&, const HostFact&) = default;
};

struct DomainFact {
    std::string uuid;
    std::string name;
    std::string state; // "running", "paused", "shut off", …
    std::string stateReason;
    unsigned vcpus = 0;
    std::int64_t memoryBytes = -1;
    friend bool operator==(const DomainFact&, const DomainFact&) = default;
};

// A Kubernetes Node of either layer; the source says which. Items built from it are OuterNode and InnerNode.
struct KubeNodeFact {
    Meta meta;
    std::string systemUuid; // lower case
    std::string machineId;
    std::string hostname;
    std::string internalIp;
    std::string providerId;
    std::string kubeletVersion;
    std::string osImage;
    std::string kernel;
    std::string containerRuntime;
    std::string roles; // "control-plane", "worker", comma separated
    bool unschedulable = false;
    std::vector<std::string> taints; // "key=value:Effect"
    Amount capacity;
    Amount allocatable;
    std::int64_t podCapacity = -1;
    std::int64_t kvmDevices = -1;    // allocatable devices.kubevirt.io/kvm
    std::string kubevirtSchedulable; // label kubevirt.io/schedulable
    bool obsoleteHostModel = false;  // label node-labeller.kubevirt.io/obsolete-host-model
    std::string clusterName;         // annotation cluster.x-k8s.io/cluster-name
    std::string clusterNamespace;    // annotation cluster.x-k8s.io/cluster-namespace
    std::vector<Condition> conditions;
    friend bool operator==(const KubeNodeFact&, const KubeNodeFact&) = default;
};

struct VmFact { // VirtualMachine
    Meta meta;
    SharedText runStrategy;
    SharedText printableStatus;
    bool ready = false;
    SharedText clusterName; // label cluster.x-k8s.io/cluster-name
    SharedText role;        // label cluster.x-k8s.io/role
    SharedText machineName; // label capk.cluster.x-k8s.io/kubevirt-machine-name
    SharedText machineNamespace;
    Amount size;                    // from the template's domain
    std::vector<SharedText> claims; // of its volumes: DataVolumes or claims of that name
    std::vector<Condition> conditions;
    friend bool operator==(const VmFact&, const VmFact&) = default;
};

struct Volume {
    SharedText name;
    SharedText kind;  // "dataVolume", "containerDisk", …
    SharedText claim; // PersistentVolumeClaim
    SharedText phase;
    std::int64_t sizeBytes = -1;
    friend bool operator==(const Volume&, const Volume&) = default;
};

struct ActivePod {
    SharedText uid;
    SharedText node;
    friend bool operator==(const ActivePod&, const ActivePod&) = default;
};

struct VmiFact { // VirtualMachineInstance
    Meta meta;
    SharedText phase;
    SharedText nodeName;
    SharedText firmwareUuid; // lower case
    SharedText guestOs;
    SharedText machineType;
    SharedText evictionStrategy;
    SharedText clusterName;
    SharedText migrationTarget;  // set while a migration runs
    SharedText migrationFailure; // of the last one, when that failed
    UnixMs migrationEnded = 0;
    SharedText evacuationNode; // status.evacuationNodeName: it is to leave this node
    std::vector<SharedText> ips;
    std::vector<ActivePod> activePods;
    std::vector<Volume> volumes;
    Amount size;
    std::vector<Condition> conditions;
    friend bool operator==(const VmiFact&, const VmiFact&) = default;
};

struct PodFact {
    Meta meta;
    SharedText nodeName;
    SharedText phase;
    SharedText reason; // the worst container's: "CrashLoopBackOff", "ImagePullBackOff", or status.reason
    SharedText message;
    SharedText ip;
    SharedText launcherOf;   // label kubevirt.io/created-by: uid of the VMI
    SharedText templateHash; // label pod-template-hash
    bool ready = false;
    bool isStatic = false; // a mirror of a static pod
    unsigned containers = 0;
    unsigned readyContainers = 0;
    unsigned restarts = 0;
    Amount requests;
    friend bool operator==(const PodFact&, const PodFact&) = default;
};

struct ClusterFact { // cluster.x-k8s.io Cluster
    Meta meta;
    std::string phase;
    bool paused = false;
    std::string endpoint; // "host:port"
    std::string controlPlaneKind;
    std::string controlPlaneName;
    std::string infrastructureKind;
    std::string infrastructureName;
    std::string podCidr;
    std::string serviceCidr;
    std::string version; // spec.topology.version
    std::vector<Condition> conditions;
    friend bool operator==(const ClusterFact&, const ClusterFact&) = default;
};

struct ControlPlaneFact { // KubeadmControlPlane
    Meta meta;
    std::string clusterName;
    std::string version;
    int replicas = -1;
    int readyReplicas = -1;
    bool initialized = false;
    std::vector<Condition> conditions;
    friend bool operator==(const ControlPlaneFact&, const ControlPlaneFact&) = default;
};

struct MachineDeploymentFact {
    Meta meta;
    std::string clusterName;
    std::string version;
    std::string phase;
    int replicas = -1;
    int readyReplicas = -1;
    std::vector<Condition> conditions;
    friend bool operator==(const MachineDeploymentFact&, const MachineDeploymentFact&) = default;
};

struct MachineFact {
    Meta meta;
    SharedText clusterName;
    SharedText phase;
    SharedText version;
    SharedText providerId;
    SharedText nodeName; // status.nodeRef.name
    SharedText infrastructureKind;
    SharedText infrastructureName;
    SharedText controlPlaneName;   // label cluster.x-k8s.io/control-plane-name
    SharedText deploymentName;     // label cluster.x-k8s.io/deployment-name
    bool controlPlane = false;     // label cluster.x-k8s.io/control-plane
    UnixMs certificatesExpire = 0; // annotation machine.cluster.x-k8s.io/certificates-expiry
    std::vector<Condition> conditions;
    friend bool operator==(const MachineFact&, const MachineFact&) = default;
};

struct KubevirtMachineFact {
    Meta meta;
    SharedText clusterName;
    SharedText providerId;
    SharedText vmNamespace; // virtualMachineTemplate.metadata.namespace, else its own
    bool ready = false;
    std::vector<Condition> conditions;
    friend bool operator==(const KubevirtMachineFact&, const KubevirtMachineFact&) = default;
};

// An object of which phase, conditions and a few fields matter: volumes, the provider's cluster object, the
// platform itself. The kind of the fact says what it is; its reader, what the fields are.
struct ObjectFact {
    Meta meta;
    std::string phase;
    std::vector<Condition> conditions;
    std::map<std::string, std::string> fields;
    friend bool operator==(const ObjectFact&, const ObjectFact&) = default;
};

struct UsageFact { // metrics.k8s.io, of a node or of a pod's containers summed
    Amount used;
    UnixMs at = 0;
    friend bool operator==(const UsageFact&, const UsageFact&) = default;
};

// The index of a kind is part of FactKey: append only.
enum class FactKind : std::uint8_t {
    Host,
    Domain,
    KubeNode,
    Vm,
    Vmi,
    Pod,
    Cluster,
    ControlPlane,
    MachineDeployment,
    Machine,
    KubevirtMachine,
    NodeUsage,
    PodUsage,
    KubevirtCluster,
    DataVolume,
    Claim, // PersistentVolumeClaim
    KubeVirt,
    Cdi,
    Deployment,
    Warning,      // an Event of type Warning; see readWarning()
    StorageClass, // storage.k8s.io
    StorageProfile,
    HealthCheck, // MachineHealthCheck
    MachineSet,
    Migration, // VirtualMachineInstanceMigration
};

using Fact =
    std::variant<HostFact, DomainFact, KubeNodeFact, VmFact, VmiFact, PodFact, ClusterFact, ControlPlaneFact,
                 MachineDeploymentFact, MachineFact, KubevirtMachineFact, UsageFact, ObjectFact>;

// A fact as it is kept and handed on: as large as its own kind, not as the largest one. Made by makeFact().
class FactBox {
public:
    FactBox(const FactBox&) = delete;
    FactBox& operator=(const FactBox&) = delete;

    // Null when it is of another kind.
    template<typename T>
    const T* as() const;
    Fact value() const; // a copy
    friend bool operator==(const FactBox& a, const FactBox& b);

protected:
    explicit FactBox(std::size_t alternative) : m_alternative(static_cast<std::uint8_t>(alternative)) {}
    ~FactBox() = default; // never by this type: a FactPtr knows what it made

private:
    const std::uint8_t m_alternative; // of Fact
};

using FactPtr = std::shared_ptr<const FactBox>;

namespace detail {

template<typename T, typename Variant>
struct AlternativeOf;
template<typename T, typename... Rest>
struct AlternativeOf<T, std::variant<T, Rest...>> : std::integral_constant<std::size_t, 0> {};
template<typename T, typename First, typename... Rest>
struct AlternativeOf<T, std::variant<First, Rest...>>
    : std::integral_constant<std::size_t, 1 + AlternativeOf<T, std::variant<Rest...>>::value> {};

template<typename T>
class Boxed final : public FactBox {
public:
    explicit Boxed(T&& from) : FactBox(AlternativeOf<T, Fact>::value), fact(std::move(from)) {}
    const T fact;
};

} // namespace detail

template<typename T>
const T* FactBox::as() const
{
    return m_alternative == detail::AlternativeOf<T, Fact>::value
               ? &static_cast<const detail::Boxed<T>*>(this)->fact
               : nullptr;
}

template<typename T>
FactPtr makeFact(T fact)
{
    return std::make_shared<const detail::Boxed<T>>(std::move(fact));
}
FactPtr makeFact(Fact fact);

struct FactKey {
    SourceId source = 0;
    FactKind kind = FactKind::Host;
    std::string
        name; // "namespace/name", "name" for cluster-scoped kinds, the uuid of a domain, "" for a host
    friend bool operator==(const FactKey&, const FactKey&) = default;
};

struct FactChange {
    FactKey key;
    FactPtr fact; // null: gone
};

struct SourceChange {
    SourceState state;
    bool gone = false; // the connection was removed by the operator: all of its facts go with it
};

// What the feeds hand over at once; applied in order, sources first.
struct Batch {
    std::vector<SourceChange> sources;
    std::vector<FactChange> facts;
    bool empty() const { return sources.empty() && facts.empty(); }
};

// An object an item is made of, to be fetched in full on demand.
struct ObjectRef {
    SourceId source = 0;
    std::string group; // "libvirt" for a host's documents
    std::string version;
    std::string resource; // plural; for libvirt "capabilities" or "domain"
    std::string kind;     // shown
    std::string ns;
    std::string name; // for libvirt domains the uuid
    std::string uid;
    friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

// A Kubernetes event about an object, as shown.
struct EventRow {
    std::string type; // "Normal", "Warning"
    std::string reason;
    std::string message;
    std::string source; // component
    std::string objectKind;
    std::string objectName;
    int count = 1;
    UnixMs first = 0;
    UnixMs last = 0;
};

} // namespace strata::stack
