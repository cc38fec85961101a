// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/kinds.h"

#include <cstdlib>
#include <string>

// Names, versions, subresources and printer columns are those of Kubernetes 1.34, KubeVirt 1.9, CDI 1.66, Cluster
// API 1.14 and its provider KubeVirt 0.11.
namespace strata::demosite {
namespace {

constexpr unsigned kWorkload = Namespaced | HasStatus | Generation | InCategoryAll;
constexpr unsigned kCustom = Custom | OuterOnly | Generation;
constexpr unsigned kCapi = kCustom | Namespaced | ClusterApi;

const Column kAge{"Age", "date", ".metadata.creationTimestamp", 0};
const Column kPaused{"Paused", "string", R"(.status.conditions[?(@.type=="Paused")].status)", 10};
const Column kAvailable{"Available", "string", R"(.status.conditions[?(@.type=="Available")].status)", 0};

std::vector<Kind> rows()
{
    return {
        {"", "v1", "namespaces", "namespace", "Namespace", "ns", HasStatus, "finalize", {}, {}},
        {"", "v1", "nodes", "node", "Node", "no", HasStatus, "", {}, {}},
        {"", "v1", "pods", "pod", "Pod", "po", Namespaced | HasStatus | InCategoryAll, "log eviction", {}, {}},
        {"", "v1", "services", "service", "Service", "svc", Namespaced | HasStatus | InCategoryAll, "", {}, {}},
        {"", "v1", "endpoints", "endpoints", "Endpoints", "ep", Namespaced, "", {}, {}},
        {"", "v1", "configmaps", "configmap", "ConfigMap", "cm", Namespaced, "", {}, {}},
        {"", "v1", "secrets", "secret", "Secret", "", Namespaced, "", {}, {}},
        {"", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", "sa", Namespaced, "", {}, {}},
        {"", "v1", "events", "event", "Event", "ev", Namespaced, "", {}, {}},
        {"", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", "pvc",
         Namespaced | HasStatus, "", {}, {}},
        {"", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", "pv", HasStatus, "", {}, {}},
        {"", "v1", "resourcequotas", "resourcequota", "ResourceQuota", "quota", Namespaced | HasStatus, "", {}, {}},
        {"", "v1", "limitranges", "limitrange", "LimitRange", "limits", Namespaced, "", {}, {}},
        {"apps", "v1", "deployments", "deployment", "Deployment", "deploy", kWorkload | HasScale, "", {}, {}},
        {"apps", "v1", "replicasets", "replicaset", "ReplicaSet", "rs", kWorkload | HasScale, "", {}, {}},
        {"apps", "v1", "statefulsets", "statefulset", "StatefulSet", "sts", kWorkload | HasScale, "", {}, {}},
        {"apps", "v1", "daemonsets", "daemonset", "DaemonSet", "ds", kWorkload, "", {}, {}},
        {"batch", "v1", "jobs", "job", "Job", "", kWorkload, "", {}, {}},
        {"batch", "v1", "cronjobs", "cronjob", "CronJob", "cj", kWorkload, "", {}, {}},
        {"policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", "pdb",
         Namespaced | HasStatus | Generation, "", {}, {}},
        {"networking.k8s.io", "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", "netpol",
         Namespaced | Generation, "", {}, {}},
        {"networking.k8s.io", "v1", "ingresses", "ingress", "Ingress", "ing", Namespaced | HasStatus | Generation, "",
         {}, {}},
        {"storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", "sc", 0, "", {}, {}},
        {"coordination.k8s.io", "v1", "leases", "lease", "Lease", "", Namespaced, "", {}, {}},
        {"scheduling.k8s.io", "v1", "priorityclasses", "priorityclass", "PriorityClass", "pc", 0, "", {}, {}},
        {"rbac.authorization.k8s.io", "v1", "clusterroles", "clusterrole", "ClusterRole", "", 0, "", {}, {}},
        {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", "", 0,
         "", {}, {}},
        {"rbac.authorization.k8s.io", "v1", "roles", "role", "Role", "", Namespaced, "", {}, {}},
        {"rbac.authorization.k8s.io", "v1", "rolebindings", "rolebinding", "RoleBinding", "", Namespaced, "", {}, {}},
        {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition",
         "CustomResourceDefinition", "crd crds", HasStatus | Generation, "",
         {{"Created At", "date", ".metadata.creationTimestamp", 0}}, {}},
        {"apiregistration.k8s.io", "v1", "apiservices", "apiservice", "APIService", "", HasStatus, "",
         {{"Available", "string", R"(.status.conditions[?(@.type=="Available")].status)", 0}, kAge}, {}},
        {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview",
         "SelfSubjectAccessReview", "", CreateOnly, "", {}, {}},
        {"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview",
         "", CreateOnly, "", {}, {}},
        {"authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", "", CreateOnly,
         "", {}, {}},
        {"metrics.k8s.io", "v1beta1", "nodes", "", "NodeMetrics", "", Computed, "", {}, {}},
        {"metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics", "", Computed | Namespaced, "", {}, {}},

        {"kubevirt.io", "v1", "virtualmachines", "virtualmachine", "VirtualMachine", "vm vms",
         kCustom | Namespaced | HasStatus | InCategoryAll, "",
         {kAge,
          {"Status", "string", ".status.printableStatus", 0},
          {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0}}, {}},
        {"kubevirt.io", "v1", "virtualmachineinstances", "virtualmachineinstance", "VirtualMachineInstance",
         "vmi vmis", kCustom | Namespaced | InCategoryAll, "",
         {kAge,
          {"Phase", "string", ".status.phase", 0},
          {"IP", "string", ".status.interfaces[0].ipAddress", 0},
          {"NodeName", "string", ".status.nodeName", 0},
          {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0},
          {"Live-Migratable", "string", R"(.status.conditions[?(@.type=="LiveMigratable")].status)", 1},
          {"Paused", "string", R"(.status.conditions[?(@.type=="Paused")].status)", 1}}, {}},
        {"kubevirt.io", "v1", "virtualmachineinstancemigrations", "virtualmachineinstancemigration",
         "VirtualMachineInstanceMigration", "vmim vmims", kCustom | Namespaced | HasStatus | InCategoryAll, "",
         {{"Phase", "string", ".status.phase", 0}, {"VMI", "string", ".spec.vmiName", 0}}, {}},
        {"kubevirt.io", "v1", "virtualmachineinstancereplicasets", "virtualmachineinstancereplicaset",
         "VirtualMachineInstanceReplicaSet", "vmirs vmirss", kCustom | Namespaced | HasStatus | HasScale | InCategoryAll,
         "",
         {{"Desired", "integer", ".spec.replicas", 0},
          {"Current", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          kAge}, {}},
        {"kubevirt.io", "v1", "kubevirts", "kubevirt", "KubeVirt", "kv kvs",
         kCustom | Namespaced | HasStatus | InCategoryAll, "", {kAge, {"Phase", "string", ".status.phase", 0}}, {}},
        {"snapshot.kubevirt.io", "v1beta1", "virtualmachinesnapshots", "virtualmachinesnapshot",
         "VirtualMachineSnapshot", "vmsnapshot vmsnapshots", kCustom | Namespaced | HasStatus | InCategoryAll, "",
         {{"SourceKind", "string", ".spec.source.kind", 0},
          {"SourceName", "string", ".spec.source.name", 0},
          {"Phase", "string", ".status.phase", 0},
          {"ReadyToUse", "boolean", ".status.readyToUse", 0},
          {"CreationTime", "date", ".status.creationTime", 0},
          {"Error", "string", ".status.error.message", 0}}, {}},
        {"snapshot.kubevirt.io", "v1beta1", "virtualmachinerestores", "virtualmachinerestore",
         "VirtualMachineRestore", "vmrestore vmrestores", kCustom | Namespaced | HasStatus | InCategoryAll, "",
         {{"TargetKind", "string", ".spec.target.kind", 0},
          {"TargetName", "string", ".spec.target.name", 0},
          {"Complete", "boolean", ".status.complete", 0},
          {"RestoreTime", "date", ".status.restoreTime", 0}}, {}},
        {"instancetype.kubevirt.io", "v1beta1", "virtualmachineclusterinstancetypes",
         "virtualmachineclusterinstancetype", "VirtualMachineClusterInstancetype",
         "vmclusterinstancetype vmclusterinstancetypes vmcf vmcfs", kCustom, "", {kAge}, {}},
        {"instancetype.kubevirt.io", "v1beta1", "virtualmachineclusterpreferences", "virtualmachineclusterpreference",
         "VirtualMachineClusterPreference", "vmcp vmcps", kCustom, "", {kAge}, {}},
        {"migrations.kubevirt.io", "v1alpha1", "migrationpolicies", "migrationpolicy", "MigrationPolicy", "",
         kCustom | HasStatus, "", {kAge}, {}},
        {"cdi.kubevirt.io", "v1beta1", "datavolumes", "datavolume", "DataVolume", "dv dvs",
         kCustom | Namespaced | HasStatus | InCategoryAll, "",
         {{"Phase", "string", ".status.phase", 0},
          {"Progress", "string", ".status.progress", 0},
          {"Restarts", "integer", ".status.restartCount", 0},
          kAge}, {}},
        {"cdi.kubevirt.io", "v1beta1", "datasources", "datasource", "DataSource", "das",
         kCustom | Namespaced | InCategoryAll, "", {kAge}, {}},
        {"cdi.kubevirt.io", "v1beta1", "dataimportcrons", "dataimportcron", "DataImportCron", "dic dics",
         kCustom | Namespaced | InCategoryAll, "", {{"Format", "string", ".status.sourceFormat", 0}}, {}},
        {"cdi.kubevirt.io", "v1beta1", "cdis", "cdi", "CDI", "cdi cdis", kCustom, "",
         {kAge, {"Phase", "string", ".status.phase", 0}}, {}},
        {"cdi.kubevirt.io", "v1beta1", "cdiconfigs", "cdiconfig", "CDIConfig", "", kCustom, "", {kAge}, {}},
        {"cdi.kubevirt.io", "v1beta1", "storageprofiles", "storageprofile", "StorageProfile", "", kCustom | HasStatus,
         "", {kAge}, {}},

        {"cluster.x-k8s.io", "v1beta2 v1beta1", "clusters", "cluster", "Cluster", "cl", kCapi | HasStatus, "",
         {{"ClusterClass", "string", ".spec.topology.classRef.name", 0},
          kAvailable,
          {"CP Desired", "integer", ".status.controlPlane.desiredReplicas", 0},
          {"CP Current", "integer", ".status.controlPlane.replicas", 10},
          {"CP Ready", "integer", ".status.controlPlane.readyReplicas", 10},
          {"CP Available", "integer", ".status.controlPlane.availableReplicas", 0},
          {"CP Up-to-date", "integer", ".status.controlPlane.upToDateReplicas", 0},
          {"W Desired", "integer", ".status.workers.desiredReplicas", 0},
          {"W Current", "integer", ".status.workers.replicas", 10},
          {"W Ready", "integer", ".status.workers.readyReplicas", 10},
          {"W Available", "integer", ".status.workers.availableReplicas", 0},
          {"W Up-to-date", "integer", ".status.workers.upToDateReplicas", 0},
          kPaused,
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.topology.version", 0}},
         {{"ClusterClass", "string", ".spec.topology.class", 0},
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.topology.version", 0}}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "machines", "machine", "Machine", "ma", kCapi | HasStatus, "",
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"Node Name", "string", ".status.nodeRef.name", 0},
          {"Provider ID", "string", ".spec.providerID", 10},
          {"Failure domain", "string", ".status.failureDomain", 0},
          {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0},
          kAvailable,
          {"Up-to-date", "string", R"(.status.conditions[?(@.type=="UpToDate")].status)", 0},
          {"Internal-IP", "string", R"(.status.addresses[?(@.type=="InternalIP")].address)", 10},
          {"External-IP", "string", R"(.status.addresses[?(@.type=="ExternalIP")].address)", 10},
          {"OS-Image", "string", ".status.nodeInfo.osImage", 10},
          kPaused,
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.version", 0}},
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"NodeName", "string", ".status.nodeRef.name", 0},
          {"ProviderID", "string", ".spec.providerID", 0},
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.version", 0}}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "machinesets", "machineset", "MachineSet", "ms",
         kCapi | HasStatus | HasScale, "",
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"Desired", "integer", ".spec.replicas", 0},
          {"Current", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Available", "integer", ".status.availableReplicas", 0},
          {"Up-to-date", "integer", ".status.upToDateReplicas", 0},
          kPaused,
          kAge,
          {"Version", "string", ".spec.template.spec.version", 0}},
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"Desired", "integer", ".spec.replicas", 10},
          {"Replicas", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Available", "integer", ".status.availableReplicas", 0},
          kAge,
          {"Version", "string", ".spec.template.spec.version", 0}}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "machinedeployments", "machinedeployment", "MachineDeployment", "md",
         kCapi | HasStatus | HasScale, "",
         {{"Cluster", "string", ".spec.clusterName", 0},
          kAvailable,
          {"Desired", "integer", ".spec.replicas", 0},
          {"Current", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Available", "integer", ".status.availableReplicas", 0},
          {"Up-to-date", "integer", ".status.upToDateReplicas", 0},
          kPaused,
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.template.spec.version", 0}},
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"Desired", "integer", ".spec.replicas", 10},
          {"Replicas", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Updated", "integer", ".status.updatedReplicas", 0},
          {"Unavailable", "integer", ".status.unavailableReplicas", 0},
          {"Phase", "string", ".status.phase", 0},
          kAge,
          {"Version", "string", ".spec.template.spec.version", 0}}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "machinehealthchecks", "machinehealthcheck", "MachineHealthCheck",
         "mhc mhcs", kCapi | HasStatus, "",
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"Replicas", "integer", ".status.expectedMachines", 0},
          {"Healthy", "integer", ".status.currentHealthy", 0},
          kPaused,
          kAge},
         {{"Cluster", "string", ".spec.clusterName", 0},
          {"ExpectedMachines", "integer", ".status.expectedMachines", 0},
          {"MaxUnhealthy", "string", ".spec.maxUnhealthy", 0},
          {"CurrentHealthy", "integer", ".status.currentHealthy", 0},
          kAge}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "machinepools", "machinepool", "MachinePool", "mp",
         kCapi | HasStatus | HasScale, "", {{"Cluster", "string", ".spec.clusterName", 0}, kAge}, {}},
        {"cluster.x-k8s.io", "v1beta2 v1beta1", "clusterclasses", "clusterclass", "ClusterClass", "cc",
         kCapi | HasStatus, "",
         {kPaused,
          {"Variables Ready", "string", R"(.status.conditions[?(@.type=="VariablesReady")].status)", 0},
          kAge},
         {kAge}},
        {"bootstrap.cluster.x-k8s.io", "v1beta2 v1beta1", "kubeadmconfigs", "kubeadmconfig", "KubeadmConfig", "",
         kCapi | HasStatus, "",
         {{"Cluster", "string", R"(.metadata.labels['cluster\.x-k8s\.io/cluster-name'])", 0},
          kPaused,
          {"Data secret created", "string", ".status.initialization.dataSecretCreated", 0},
          kAge},
         {{"Cluster", "string", R"(.metadata.labels['cluster\.x-k8s\.io/cluster-name'])", 0}, kAge}},
        {"bootstrap.cluster.x-k8s.io", "v1beta2 v1beta1", "kubeadmconfigtemplates", "kubeadmconfigtemplate",
         "KubeadmConfigTemplate", "", kCapi, "",
         {{"ClusterClass", "string", R"(.metadata.ownerReferences[?(@.kind=="ClusterClass")].name)", 0},
          {"Cluster", "string", R"(.metadata.ownerReferences[?(@.kind=="Cluster")].name)", 0},
          kAge},
         {kAge}},
        {"controlplane.cluster.x-k8s.io", "v1beta2 v1beta1", "kubeadmcontrolplanes", "kubeadmcontrolplane",
         "KubeadmControlPlane", "kcp", kCapi | HasStatus | HasScale, "",
         {{"Cluster", "string", R"(.metadata.labels['cluster\.x-k8s\.io/cluster-name'])", 0},
          kAvailable,
          {"Desired", "integer", ".spec.replicas", 0},
          {"Current", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Available", "integer", ".status.availableReplicas", 0},
          {"Up-to-date", "integer", ".status.upToDateReplicas", 0},
          kPaused,
          {"Initialized", "boolean", ".status.initialization.controlPlaneInitialized", 0},
          kAge,
          {"Version", "string", ".spec.version", 0}},
         {{"Cluster", "string", R"(.metadata.labels['cluster\.x-k8s\.io/cluster-name'])", 0},
          {"Initialized", "boolean", ".status.initialized", 0},
          {"API Server Available", "boolean", ".status.ready", 0},
          {"Desired", "integer", ".spec.replicas", 10},
          {"Replicas", "integer", ".status.replicas", 0},
          {"Ready", "integer", ".status.readyReplicas", 0},
          {"Updated", "integer", ".status.updatedReplicas", 0},
          {"Unavailable", "integer", ".status.unavailableReplicas", 0},
          kAge,
          {"Version", "string", ".spec.version", 0}}},
        {"infrastructure.cluster.x-k8s.io", "v1alpha1", "kubevirtclusters", "kubevirtcluster", "KubevirtCluster", "",
         kCapi | HasStatus, "", {kAge}, {}},
        {"infrastructure.cluster.x-k8s.io", "v1alpha1", "kubevirtmachines", "kubevirtmachine", "KubevirtMachine", "",
         kCapi | HasStatus, "", {kAge, {"Ready", "boolean", ".status.ready", 0}}, {}},
        {"infrastructure.cluster.x-k8s.io", "v1alpha1", "kubevirtmachinetemplates", "kubevirtmachinetemplate",
         "KubevirtMachineTemplate", "", kCapi, "", {kAge}, {}},
        {"infrastructure.cluster.x-k8s.io", "v1alpha1", "kubevirtclustertemplates", "kubevirtclustertemplate",
         "KubevirtClusterTemplate", "kct", kCapi, "", {kAge}, {}},
        {"addons.cluster.x-k8s.io", "v1beta2 v1beta1", "clusterresourcesets", "clusterresourceset",
         "ClusterResourceSet", "", kCapi | HasStatus, "",
         {{"Applied", "string", R"(.status.conditions[?(@.type=="ResourcesApplied")].status)", 0}, kPaused, kAge},
         {kAge}},
        {"addons.cluster.x-k8s.io", "v1beta2 v1beta1", "clusterresourcesetbindings", "clusterresourcesetbinding",
         "ClusterResourceSetBinding", "", kCapi, "", {{"Cluster", "string", ".spec.clusterName", 0}, kAge}, {kAge}},
        {"clusterctl.cluster.x-k8s.io", "v1alpha3", "providers", "provider", "Provider", "", kCapi, "",
         {kAge,
          {"Type", "string", ".type", 0},
          {"Provider", "string", ".providerName", 0},
          {"Version", "string", ".version", 0}}, {}},
        {"cert-manager.io", "v1", "certificates", "certificate", "Certificate", "cert certs",
         kCustom | Namespaced | HasStatus, "",
         {{"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0},
          {"Secret", "string", ".spec.secretName", 0},
          kAge}, {}},
        {"cert-manager.io", "v1", "issuers", "issuer", "Issuer", "", kCustom | Namespaced | HasStatus, "",
         {{"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0}, kAge}, {}},
        {"cert-manager.io", "v1", "clusterissuers", "clusterissuer", "ClusterIssuer", "", kCustom | HasStatus, "",
         {{"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", 0}, kAge}, {}},
    };
}

} // namespace

Kinds::Kinds() : m_kinds(rows())
{
    for (unsigned i = 0; i < m_kinds.size(); ++i)
        m_kinds[i].index = i;
}

const Kinds& Kinds::instance()
{
    static const Kinds kinds;
    return kinds;
}

const Kind* Kinds::find(std::string_view group, std::string_view version, std::string_view resource) const
{
    for (const Kind& kind : m_kinds) {
        if (kind.resource != resource || kind.group != group)
            continue;
        for (const std::string_view served : words(kind.versions)) {
            if (served == version)
                return &kind;
        }
    }
    return nullptr;
}

const Kind* Kinds::findKind(std::string_view group, std::string_view kind) const
{
    for (const Kind& candidate : m_kinds) {
        if (candidate.kind == kind && candidate.group == group)
            return &candidate;
    }
    return nullptr;
}

const Kind& Kinds::get(std::string_view resource, std::string_view group) const
{
    for (const Kind& kind : m_kinds) {
        if (kind.resource == resource && kind.group == group)
            return kind;
    }
    std::abort(); // a misspelt literal of ours
}

const Kind& Kinds::get(std::string_view resource) const
{
    for (const Kind& kind : m_kinds) {
        if (kind.resource == resource)
            return kind;
    }
    std::abort();
}

std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        if (blank != 0)
            result.push_back(text.substr(0, blank));
        text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    }
    return result;
}

std::string_view listKind(const Kind& kind, std::string& out)
{
    out = std::string(kind.kind) + "List";
    return out;
}

} // namespace strata::demosite
