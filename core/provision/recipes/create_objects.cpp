// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/recipes/create_objects.h"

#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";
constexpr const char* kCriSocket = "unix:///var/run/containerd/containerd.sock";
constexpr const char* kSshUser = "strata";
// A ConfigMap holds 1 MiB with its names and the server's bookkeeping; stay well below it.
constexpr std::size_t kBundleBytes = 900U * 1024U;

const char* evictionText(Eviction eviction)
{
    switch (eviction) {
    case Eviction::External:
        return "External";
    case Eviction::LiveMigrate:
        return "LiveMigrate";
    case Eviction::LiveMigrateIfPossible:
        return "LiveMigrateIfPossible";
    case Eviction::None:
        return "None";
    }
    return "External";
}

const char* endpointText(Endpoint endpoint)
{
    switch (endpoint) {
    case Endpoint::LoadBalancer:
        return "LoadBalancer";
    case Endpoint::NodePort:
        return "NodePort";
    case Endpoint::ClusterIp:
        return "ClusterIP";
    }
    return "LoadBalancer";
}

class Maker {
public:
    Maker(const ClusterProfile& profile, const Capabilities& server, const Manifests& manifests,
          const std::string& planId)
        : p(profile), s(server), m_manifests(manifests), m_planId(planId), m_ns(profile.effectiveNamespace())
    {}

    Result<ObjectSet> make()
    {
        nameSpace();
        if (!p.classRef) {
            infrastructure();
            workers();
        }
        if (auto done = cniAndAddOns(); !done)
            return tl::unexpected(done.error());
        if (p.addOns.cloudProvider && !p.classRef)
            cloudProvider();
        if (auto done = storageDriver(); !done)
            return tl::unexpected(done.error());
        if (p.addOns.healthCheck)
            healthCheck();
        cluster();
        return std::move(m_set);
    }

private:
    bool oldCore() const { return s.coreVersion == "v1beta1"; }
    bool oldBootstrap() const { return s.bootstrapVersion == "v1beta1"; }
    bool oldControlPlane() const { return s.controlPlaneVersion == "v1beta1"; }
    std::string core() const { return "cluster.x-k8s.io/" + s.coreVersion; }
    std::string bootstrap() const { return "bootstrap.cluster.x-k8s.io/" + s.bootstrapVersion; }
    std::string controlPlane() const { return "controlplane.cluster.x-k8s.io/" + s.controlPlaneVersion; }
    std::string addons() const { return "addons.cluster.x-k8s.io/" + s.addonsVersion; }
    std::string infra() const { return "infrastructure.cluster.x-k8s.io/" + s.infrastructureVersion; }

    // v1beta1 names an object by apiVersion and namespace, v1beta2 by group.
    Json ref(bool old, const std::string& apiVersion, const char* kind, const std::string& name) const
    {
        if (old)
            return Json{{"apiVersion", apiVersion}, {"kind", kind}, {"name", name}, {"namespace", m_ns}};
        return Json{{"apiGroup", apiVersion.substr(0, apiVersion.find('/'))}, {"kind", kind}, {"name", name}};
    }

    Object start(const std::string& apiVersion, const char* kind, const std::string& name) const
    {
        Object object(apiVersion, kind, m_ns, name);
        object.setLabel(kClusterNameKey, p.name);
        object.setLabel(kTenantKey, p.effectiveTenant());
        return object;
    }

    void add(Part part, Object object)
    {
        if (!m_planId.empty())
            stampPlan(object, m_planId);
        m_set.outer.push_back({part, std::move(object)});
    }

    void nameSpace()
    {
        Object object("v1", "Namespace", {}, m_ns);
        object.setLabel(kTenantKey, p.effectiveTenant());
        add(Part::Namespace, std::move(object));
    }

    Json source() const
    {
        switch (p.image.source) {
        case ImageSource::Registry:
            return {{"registry", {{"url", "docker://" + p.effectiveImage()}}}};
        case ImageSource::Http:
            return {{"http", {{"url", p.image.location}}}};
        case ImageSource::Pvc: {
            const std::size_t slash = p.image.location.find('/');
            return {{"pvc",
                     {{"namespace", p.image.location.substr(0, slash)},
                      {"name", p.image.location.substr(slash + 1)}}}};
        }
        case ImageSource::ContainerDisk:
            break;
        }
        return Json::object();
    }

    // VMs of one group keep away from each other's outer node.
    Json affinity(const Json& labels) const
    {
        const Json term = {{"labelSelector", {{"matchLabels", labels}}},
                           {"topologyKey", "kubernetes.io/hostname"}};
        if (p.antiAffinity == AntiAffinity::Required)
            return {{"podAntiAffinity",
                     {{"requiredDuringSchedulingIgnoredDuringExecution", Json::array({term})}}}};
        return {{"podAntiAffinity",
                 {{"preferredDuringSchedulingIgnoredDuringExecution",
                   Json::array({Json{{"weight", 100}, {"podAffinityTerm", term}}})}}}};
    }

    void machineTemplate(Part part, const std::string& name, const MachineSize& size, bool plane)
    {
        const bool persistent = p.image.source != ImageSource::ContainerDisk;
        Json labels = {{std::string(kClusterNameKey), p.name}};
        if (plane)
            labels["cluster.x-k8s.io/role"] = "control-plane";
        else
            labels[std::string(kPoolKey)] = name.substr(0, name.size() - 3); // without "-v1"

        Json vm;
        vm["runStrategy"] = "Always";
        if (persistent) {
            Json storage = {{"resources", {{"requests", {{"storage", size.disk}}}}}};
            if (!size.storageClass.empty())
                storage["storageClassName"] = size.storageClass;
            vm["dataVolumeTemplates"] = Json::array({Json{
                {"metadata", {{"name", "root"}}}, {"spec", {{"storage", storage}, {"source", source()}}}}});
        }
        Json& pod = vm["template"];
        pod["metadata"]["labels"] = labels;
        Json& spec = pod["spec"];
        spec["evictionStrategy"] = evictionText(p.eviction);
        if (p.antiAffinity != AntiAffinity::None)
            spec["affinity"] = affinity(labels);
        spec["domain"] = {
            {"cpu", {{"cores", size.vcpus}}},
            {"memory", {{"guest", size.memory}}},
            {"devices",
             {{"networkInterfaceMultiqueue", true},
              {"disks", Json::array({Json{{"name", "root"}, {"disk", {{"bus", "virtio"}}}}})},
              {"interfaces", Json::array({Json{{"name", "default"}, {"masquerade", Json::object()}}})}}}};
        spec["networks"] = Json::array({Json{{"name", "default"}, {"pod", Json::object()}}});
        spec["volumes"] = Json::array(
            {persistent ? Json{{"name", "root"}, {"dataVolume", {{"name", "root"}}}}
                        : Json{{"name", "root"}, {"containerDisk", {{"image", p.effectiveImage()}}}}});

        Object object = start(infra(), "KubevirtMachineTemplate", name);
        object.edit()["spec"]["template"]["spec"] = {
            {"virtualMachineBootstrapCheck",
             {{"checkStrategy", p.bootstrapCheck == BootstrapCheck::Ssh ? "ssh" : "none"}}},
            {"virtualMachineTemplate", {{"metadata", {{"namespace", m_ns}}}, {"spec", vm}}}};
        add(part, std::move(object));
    }

    Json registration(bool old, const WorkerPool* pool) const
    {
        Json args = Json::array();
        const auto arg = [&](const char* name, const std::string& value) {
            args.push_back({{"name", name}, {"value", value}});
        };
        if (p.addOns.cloudProvider)
            arg("cloud-provider", "external");
        if (pool != nullptr) {
            std::string labels;
            for (const auto& [key, value] : pool->labels) {
                if (!propagated(key))
                    labels += (labels.empty() ? "" : ",") + key + "=" + value;
            }
            if (!labels.empty())
                arg("node-labels", labels);
        }
        Json json = {{"criSocket", kCriSocket}};
        if (!args.empty()) {
            Json& target = json["kubeletExtraArgs"];
            if (old) {
                for (const Json& item : args)
                    target[item["name"].get<std::string>()] = item["value"];
            } else {
                target = args;
            }
        }
        if (pool != nullptr && !pool->taints.empty()) {
            for (const Taint& taint : pool->taints) {
                Json item = {{"key", taint.key}, {"effect", taint.effect}};
                if (!taint.value.empty())
                    item["value"] = taint.value;
                json["taints"].push_back(std::move(item));
            }
        }
        return json;
    }

    // Labels that Cluster API copies from Machines to Nodes (docs: "Metadata propagation"); the kubelet may
    // not set most of them itself.
    static bool propagated(const std::string& key)
    {
        for (const std::string_view prefix :
             {"node-role.kubernetes.io/", "node-restriction.kubernetes.io/", "node.cluster.x-k8s.io/"}) {
            if (key.rfind(prefix, 0) == 0)
                return true;
        }
        return false;
    }

    void users(Json& config) const
    {
        if (p.sshKeys.empty())
            return;
        config["users"] = Json::array({Json{{"name", kSshUser},
                                            {"sudo", "ALL=(ALL) NOPASSWD:ALL"},
                                            {"shell", "/bin/bash"},
                                            {"lockPassword", true},
                                            {"sshAuthorizedKeys", p.sshKeys}}});
    }

    void infrastructure()
    {
        Object kubevirt = start(infra(), "KubevirtCluster", p.name);
        kubevirt.edit()["spec"]["controlPlaneServiceTemplate"]["spec"]["type"] = endpointText(p.endpoint);
        add(Part::Infrastructure, std::move(kubevirt));

        const std::string templateName = p.name + "-cp-v1";
        machineTemplate(Part::ControlPlane, templateName, p.controlPlane.size, true);

        const bool old = oldControlPlane();
        Object plane = start(controlPlane(), "KubeadmControlPlane", p.name + "-cp");
        Json& spec = plane.edit()["spec"];
        spec["replicas"] = p.controlPlane.replicas;
        spec["version"] = p.kubernetesVersion;
        const Json machine = ref(old, infra(), "KubevirtMachineTemplate", templateName);
        if (old)
            spec["machineTemplate"]["infrastructureRef"] = machine;
        else
            spec["machineTemplate"]["spec"]["infrastructureRef"] = machine;
        Json& config = spec["kubeadmConfigSpec"];
        if (old)
            config["clusterConfiguration"]["networking"] = {{"dnsDomain", p.effectiveDomain()},
                                                            {"podSubnet", p.network.podCidr},
                                                            {"serviceSubnet", p.network.serviceCidr}};
        config["initConfiguration"]["nodeRegistration"] = registration(old, nullptr);
        if (p.cni.replacesKubeProxy)
            config["initConfiguration"]["skipPhases"] = Json::array({"addon/kube-proxy"});
        config["joinConfiguration"]["nodeRegistration"] = registration(old, nullptr);
        users(config);
        add(Part::ControlPlane, std::move(plane));
    }

    void workers()
    {
        for (const WorkerPool& pool : p.workers) {
            const std::string name = p.name + "-" + pool.name;
            machineTemplate(Part::Workers, name + "-v1", pool.size, false);

            Object config = start(bootstrap(), "KubeadmConfigTemplate", name + "-v1");
            Json& configSpec = config.edit()["spec"]["template"]["spec"];
            configSpec["joinConfiguration"]["nodeRegistration"] = registration(oldBootstrap(), &pool);
            users(configSpec);
            add(Part::Workers, std::move(config));

            const bool old = oldCore();
            Object deployment = start(core(), "MachineDeployment", name);
            if (pool.autoscaler) {
                deployment.setAnnotation("cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
                                         std::to_string(pool.autoscaler->min));
                deployment.setAnnotation("cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
                                         std::to_string(pool.autoscaler->max));
            }
            const Json labels = {{std::string(kClusterNameKey), p.name},
                                 {"cluster.x-k8s.io/deployment-name", name}};
            Json& spec = deployment.edit()["spec"];
            spec["clusterName"] = p.name;
            spec["replicas"] = pool.count;
            spec["selector"]["matchLabels"] = labels;
            Json machineLabels = labels;
            for (const auto& [key, value] : pool.labels) {
                if (propagated(key))
                    machineLabels[key] = value;
            }
            spec["template"]["metadata"]["labels"] = machineLabels;
            spec["template"]["spec"] = {
                {"clusterName", p.name},
                {"version", p.kubernetesVersion},
                {"bootstrap", {{"configRef", ref(old, bootstrap(), "KubeadmConfigTemplate", name + "-v1")}}},
                {"infrastructureRef", ref(old, infra(), "KubevirtMachineTemplate", name + "-v1")}};
            add(Part::Workers, std::move(deployment));
        }
    }

    // One ClusterResourceSet with as many ConfigMaps as the manifest needs.
    Result<void> resourceSet(const std::string& what, const std::vector<Object>& objects)
    {
        std::vector<std::string> bundles;
        for (const Object& object : objects) {
            std::string text = object.toYaml();
            if (text.size() > kBundleBytes) {
                return fail(ErrorKind::Refused,
                            arguments(translate(kContext,
                                                "%1 of the %2 manifest is too large for a ConfigMap, and so "
                                                "for a ClusterResourceSet."),
                                      {object.title(), what}),
                            translate(kContext,
                                      "Let it be applied to the new cluster's API instead (delivery: "
                                      "innerApi)."));
            }
            if (bundles.empty() || bundles.back().size() + 4 + text.size() > kBundleBytes)
                bundles.push_back(std::move(text));
            else
                bundles.back() += "---\n" + text;
        }
        const std::string base = p.name + "-" + what;
        Json resources = Json::array();
        for (std::size_t i = 0; i < bundles.size(); ++i) {
            const std::string name = i == 0 ? base : base + "-" + std::to_string(i + 1);
            Object map = start("v1", "ConfigMap", name);
            map.edit()["data"][what + ".yaml"] = bundles[i];
            add(Part::ResourceSets, std::move(map));
            resources.push_back({{"kind", "ConfigMap"}, {"name", name}});
        }
        Object set = start(addons(), "ClusterResourceSet", base);
        set.edit()["spec"] = {
            {"strategy", "ApplyOnce"},
            {"clusterSelector", {{"matchLabels", {{std::string(kResourceSetKey), p.name}}}}},
            {"resources", resources}};
        add(Part::ResourceSets, std::move(set));
        return {};
    }

    Result<void> deliver(const std::string& what, const std::vector<Object>& objects)
    {
        if (objects.empty()) {
            return fail(ErrorKind::Config,
                        arguments(translate(kContext, "The %1 manifest is empty."), {what}));
        }
        if (p.cni.delivery == CniDelivery::InnerApi) {
            for (Object object : objects) {
                if (!m_planId.empty())
                    stampPlan(object, m_planId);
                m_set.inner.push_back(std::move(object));
            }
            return {};
        }
        return resourceSet(what, objects);
    }

    Result<void> cniAndAddOns()
    {
        if (p.cni.kind != Cni::None) {
            auto rendered = renderCni(p, m_manifests.cni);
            if (!rendered)
                return tl::unexpected(rendered.error());
            if (auto done = deliver("cni", *rendered); !done)
                return done;
        }
        if (p.addOns.kubevirtCsi.enabled) {
            std::vector<Object> driver = m_manifests.kubevirtCsi;
            for (Object& object : driver) {
                if (object.kind() == "ConfigMap" && object.name() == "driver-config")
                    fitDriverConfig(object);
            }
            if (auto done = deliver("kubevirt-csi", driver); !done)
                return done;
        }
        if (p.addOns.metricsServer.enabled) {
            if (auto done = deliver("metrics-server", m_manifests.metricsServer); !done)
                return done;
        }
        return {};
    }

    // Which outer namespace and VMs are this cluster's, where the driver reads it.
    void fitDriverConfig(Object& config) const
    {
        Json& data = config.edit()["data"];
        data["infraClusterNamespace"] = m_ns;
        data["infraClusterLabels"] = std::string(kClusterNameKey) + "=" + p.name;
    }

    // The CSI driver's controller runs beside the machines, with the new cluster's kubeconfig
    // (kubevirt/csi-driver, deploy/controller-infra).
    Result<void> storageDriver()
    {
        if (!p.addOns.kubevirtCsi.enabled || m_manifests.kubevirtCsiController.empty())
            return {};
        bool configured = false;
        for (Object object : m_manifests.kubevirtCsiController) {
            const std::string kind = object.kind();
            const bool fits = kind == "ServiceAccount" || kind == "Role" || kind == "RoleBinding" ||
                              kind == "ConfigMap" || kind == "Deployment" || kind == "Service";
            if (!fits)
                return fail(
                    ErrorKind::Config,
                    arguments(translate(kContext,
                                        "%1 does not belong to what the CSI driver's controller may have "
                                        "in the tenant's namespace."),
                              {object.title()}),
                    translate(kContext, "Name the manifest of the controller's side only."));
            Json& json = object.edit();
            json["metadata"]["namespace"] = m_ns;
            if (kind == "RoleBinding" && json.contains("subjects") && json["subjects"].is_array()) {
                for (Json& subject : json["subjects"]) {
                    if (subject.is_object() && subject.value("kind", "") == "ServiceAccount")
                        subject["namespace"] = m_ns;
                }
            }
            if (kind == "ConfigMap" && object.name() == "driver-config") {
                configured = true;
                fitDriverConfig(object);
            }
            if (kind == "Deployment")
                useKubeconfig(object);
            adopt(object);
            add(Part::StorageDriver, std::move(object));
        }
        if (!configured) {
            Object config("v1", "ConfigMap", m_ns, "driver-config");
            fitDriverConfig(config);
            adopt(config);
            add(Part::StorageDriver, std::move(config));
        }
        return {};
    }

    void adopt(Object& object) const
    {
        object.setLabel(kClusterNameKey, p.name);
        object.setLabel(kTenantKey, p.effectiveTenant());
        object.setLabel("capk.cluster.x-k8s.io/template-kind", "extra-resource");
    }

    // Upstream's manifest names the kubeconfig of its example's cluster.
    void useKubeconfig(Object& deployment) const
    {
        static const Json::json_pointer kVolumes("/spec/template/spec/volumes");
        Json& json = deployment.edit();
        if (!json.contains(kVolumes) || !json[kVolumes].is_array())
            return;
        for (Json& volume : json[kVolumes]) {
            if (volume.is_object() && volume.contains("secret") && volume["secret"].is_object() &&
                volume["secret"].value("secretName", "") == "kvcluster-kubeconfig")
                volume["secret"]["secretName"] = p.name + "-kubeconfig";
        }
    }

    Object extra(const char* apiVersion, const char* kind, const std::string& name) const
    {
        Object object = start(apiVersion, kind, name);
        object.setLabel("capk.cluster.x-k8s.io/template-kind",
                        "extra-resource"); // CAPK removes it with the cluster
        return object;
    }

    void cloudProvider()
    {
        const std::string name = p.name + "-kccm";
        add(Part::CloudProvider, extra("v1", "ServiceAccount", name));

        const auto rule = [](const char* group, const char* resource, std::vector<std::string> verbs) {
            return Json{{"apiGroups", Json::array({group})},
                        {"resources", Json::array({resource})},
                        {"verbs", verbs}};
        };
        Object role = extra("rbac.authorization.k8s.io/v1", "Role", name);
        role.edit()["rules"] =
            Json::array({rule("kubevirt.io", "virtualmachines", {"get", "watch", "list"}),
                         rule("kubevirt.io", "virtualmachineinstances", {"get", "watch", "list", "update"}),
                         rule("", "pods", {"get", "watch", "list"}), rule("", "services", {"*"})});
        add(Part::CloudProvider, std::move(role));

        Object binding = extra("rbac.authorization.k8s.io/v1", "RoleBinding", name);
        binding.edit()["roleRef"] = {
            {"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", name}};
        binding.edit()["subjects"] =
            Json::array({Json{{"kind", "ServiceAccount"}, {"name", name}, {"namespace", m_ns}}});
        add(Part::CloudProvider, std::move(binding));

        Object config = extra("v1", "ConfigMap", name);
        config.edit()["data"]["cloud-config"] =
            toYaml(Json{{"loadBalancer", {{"creationPollInterval", 5}, {"creationPollTimeout", 60}}},
                        {"namespace", m_ns},
                        {"instancesV2", {{"enabled", true}, {"zoneAndRegionEnabled", false}}},
                        {"infraLabels", {{std::string(kClusterNameKey), p.name}}}});
        add(Part::CloudProvider, std::move(config));

        Object deployment = extra("apps/v1", "Deployment", name);
        const Json labels = {{"k8s-app", "kubevirt-cloud-controller-manager"},
                             {std::string(kClusterNameKey), p.name}};
        Json podLabels = labels;
        podLabels["capk.cluster.x-k8s.io/template-kind"] = "extra-resource";
        Json pod;
        pod["serviceAccountName"] = name;
        pod["containers"] = Json::array(
            {Json{{"name", "kubevirt-cloud-controller-manager"},
                  {"image", p.addOns.cloudProviderImage},
                  {"command", Json::array({"/bin/kubevirt-cloud-controller-manager"})},
                  {"args", Json::array({"--cloud-provider=kubevirt", "--cloud-config=/etc/cloud/cloud-config",
                                        "--kubeconfig=/etc/kubernetes/kubeconfig/value",
                                        "--authentication-skip-lookup=true", "--cluster-name=" + p.name})},
                  {"resources", {{"requests", {{"cpu", "100m"}}}}},
                  {"volumeMounts",
                   Json::array(
                       {Json{{"name", "kubeconfig"},
                             {"mountPath", "/etc/kubernetes/kubeconfig"},
                             {"readOnly", true}},
                        Json{{"name", "cloud-config"}, {"mountPath", "/etc/cloud"}, {"readOnly", true}}})}}});
        pod["volumes"] =
            Json::array({Json{{"name", "cloud-config"}, {"configMap", {{"name", name}}}},
                         Json{{"name", "kubeconfig"}, {"secret", {{"secretName", p.name + "-kubeconfig"}}}}});
        deployment.edit()["spec"] = {{"replicas", 1},
                                     {"selector", {{"matchLabels", labels}}},
                                     {"template", {{"metadata", {{"labels", podLabels}}}, {"spec", pod}}}};
        add(Part::CloudProvider, std::move(deployment));
    }

    void healthCheck()
    {
        const bool old = oldCore();
        for (const WorkerPool& pool : p.workers) {
            const std::string name = p.name + "-" + pool.name;
            Object check = start(core(), "MachineHealthCheck", name);
            Json& spec = check.edit()["spec"];
            spec["clusterName"] = p.name;
            // A class's MachineDeployments have names that are not known before.
            spec["selector"]["matchLabels"] = {{std::string(kClusterNameKey), p.name}};
            if (p.classRef)
                spec["selector"]["matchLabels"]["topology.cluster.x-k8s.io/deployment-name"] = pool.name;
            else
                spec["selector"]["matchLabels"]["cluster.x-k8s.io/deployment-name"] = name;
            Json conditions = Json::array();
            for (const char* status : {"Unknown", "False"}) {
                Json condition = {{"type", "Ready"}, {"status", status}};
                if (old)
                    condition["timeout"] = "300s";
                else
                    condition["timeoutSeconds"] = 300;
                conditions.push_back(std::move(condition));
            }
            if (old) {
                spec["unhealthyConditions"] = conditions;
                spec["maxUnhealthy"] = "40%";
                spec["nodeStartupTimeout"] = "20m";
            } else {
                spec["checks"] = {{"nodeStartupTimeoutSeconds", 1200},
                                  {"unhealthyNodeConditions", conditions}};
                spec["remediation"] = {{"triggerIf", {{"unhealthyLessThanOrEqualTo", "40%"}}}};
            }
            add(Part::HealthCheck, std::move(check));
        }
    }

    void cluster()
    {
        const bool old = oldCore();
        Object object = start(core(), "Cluster", p.name);
        object.setLabel(kResourceSetKey, p.name);
        object.edit()["spec"] = {{"clusterNetwork",
                                  {{"pods", {{"cidrBlocks", Json::array({p.network.podCidr})}}},
                                   {"services", {{"cidrBlocks", Json::array({p.network.serviceCidr})}}},
                                   {"serviceDomain", p.effectiveDomain()}}}};
        Json& spec = object.edit()["spec"];
        if (p.classRef) {
            spec["topology"] = topology();
        } else {
            spec["infrastructureRef"] = ref(old, infra(), "KubevirtCluster", p.name);
            spec["controlPlaneRef"] = ref(old, controlPlane(), "KubeadmControlPlane", p.name + "-cp");
        }
        add(Part::Cluster, std::move(object));
    }

    static Json variable(const std::string& name, const std::string& json)
    {
        return {{"name", name}, {"value", Json::parse(json, nullptr, false)}};
    }

    Json topology() const
    {
        const ClassChoice& choice = *p.classRef;
        const bool elsewhere = p.effectiveClassNamespace() != m_ns;
        Json json;
        if (oldCore()) {
            json["class"] = choice.name;
            if (elsewhere)
                json["classNamespace"] = choice.nameSpace;
        } else {
            json["classRef"]["name"] = choice.name;
            if (elsewhere)
                json["classRef"]["namespace"] = choice.nameSpace;
        }
        json["version"] = p.kubernetesVersion;
        json["controlPlane"]["replicas"] = p.controlPlane.replicas;
        for (const WorkerPool& pool : p.workers) {
            Json item = {{"class", pool.workerClass.empty() ? std::string(kWorkerClass) : pool.workerClass},
                         {"name", pool.name}};
            if (pool.autoscaler) {
                // Without a number of its own, or the class would set the autoscaler's back.
                item["metadata"]["annotations"] = {
                    {"cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
                     std::to_string(pool.autoscaler->min)},
                    {"cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
                     std::to_string(pool.autoscaler->max)}};
            } else {
                item["replicas"] = pool.count;
            }
            for (const auto& [key, value] : pool.labels)
                item["metadata"]["labels"][key] = value;
            json["workers"]["machineDeployments"].push_back(std::move(item));
        }
        for (const auto& [name, value] : choice.variables)
            json["variables"].push_back(variable(name, value));
        return json;
    }

    const ClusterProfile& p;
    const Capabilities& s;
    const Manifests& m_manifests;
    const std::string m_planId;
    const std::string m_ns;
    ObjectSet m_set;
};

// Sets an environment variable of a container, replacing whatever it had.
void setEnv(Json& container, const char* name, const std::string& value)
{
    Json& env = container["env"];
    if (!env.is_array())
        env = Json::array();
    for (Json& item : env) {
        if (item.is_object() && item.value("name", "") == name) {
            item = {{"name", name}, {"value", value}};
            return;
        }
    }
    env.push_back({{"name", name}, {"value", value}});
}

bool renderCalico(const ClusterProfile& p, std::vector<Object>& manifest)
{
    bool found = false;
    for (Object& object : manifest) {
        if (object.kind() == "DaemonSet" && object.name() == "calico-node") {
            Json& spec = object.edit()["spec"]["template"]["spec"];
            if (!spec["containers"].is_array())
                continue;
            for (Json& container : spec["containers"]) {
                if (!container.is_object() || container.value("name", "") != "calico-node")
                    continue;
                found = true;
                const bool v6 = p.network.podCidr.find(':') != std::string::npos;
                setEnv(container, v6 ? "CALICO_IPV6POOL_CIDR" : "CALICO_IPV4POOL_CIDR", p.network.podCidr);
                // IP-in-IP is its own protocol, which masquerading VM interfaces do not carry.
                setEnv(container, v6 ? "CALICO_IPV6POOL_VXLAN" : "CALICO_IPV4POOL_VXLAN", "Always");
                setEnv(container, "CALICO_IPV4POOL_IPIP", "Never");
                if (p.network.vxlanPort != 0)
                    setEnv(container, "FELIX_VXLANPORT", std::to_string(p.network.vxlanPort));
                // BIRD is not needed with VXLAN; its probes would fail.
                for (const char* probe : {"livenessProbe", "readinessProbe"}) {
                    if (!container.contains(probe) || !container[probe].contains("exec"))
                        continue;
                    Json& command = container[probe]["exec"]["command"];
                    if (command.is_array())
                        command.erase(std::remove(command.begin(), command.end(),
                                                  Json(probe[0] == 'l' ? "-bird-live" : "-bird-ready")),
                                      command.end());
                }
            }
        } else if (object.kind() == "ConfigMap" && object.name() == "calico-config") {
            Json& data = object.edit()["data"];
            data["calico_backend"] = "vxlan";
            if (p.network.mtu != 0)
                data["veth_mtu"] = std::to_string(p.network.mtu);
        }
    }
    return found;
}

bool renderCilium(const ClusterProfile& p, std::vector<Object>& manifest)
{
    for (Object& object : manifest) {
        if (object.kind() != "ConfigMap" || object.name() != "cilium-config")
            continue;
        Json& data = object.edit()["data"];
        if (data.value("ipam", "") == "cluster-pool")
            data["cluster-pool-ipv4-cidr"] = p.network.podCidr;
        if (p.network.vxlanPort != 0)
            data["tunnel-port"] = std::to_string(p.network.vxlanPort);
        if (p.network.mtu != 0)
            data["mtu"] = std::to_string(p.network.mtu);
        return true;
    }
    return false;
}

} // namespace

std::vector<Object> ObjectSet::objects() const
{
    std::vector<Object> all;
    all.reserve(outer.size());
    for (const PartObject& item : outer)
        all.push_back(item.object);
    return all;
}

void stampPlan(Object& object, const std::string& planId)
{
    object.setLabel(kPlanKey, planId);
    object.setAnnotation(kPlanKey, planId);
}

std::string planOf(const Object& object)
{
    return object.annotation(kPlanKey);
}

Result<std::vector<Object>> renderCni(const ClusterProfile& profile, std::vector<Object> manifest)
{
    const bool found = profile.cni.kind == Cni::Calico   ? renderCalico(profile, manifest)
                       : profile.cni.kind == Cni::Cilium ? renderCilium(profile, manifest)
                                                         : true;
    if (!found) {
        return fail(
            ErrorKind::Config,
            profile.cni.kind == Cni::Calico
                ? translate(kContext, "The CNI manifest has no DaemonSet calico-node: it is not Calico's.")
                : translate(kContext,
                            "The CNI manifest has no ConfigMap cilium-config: it is not Cilium's."));
    }
    return manifest;
}

Result<ObjectSet> createObjects(const ClusterProfile& profile, const Capabilities& server,
                                const Manifests& manifests, const std::string& planId)
{
    SiteKnowledge site;
    site.hasCdi = server.hasCdi;
    site.clusterApiVersion = server.clusterApiRelease;
    for (const Problem& problem : validate(profile, site)) {
        if (problem.severity == Severity::Error)
            return fail(ErrorKind::Config, problem.field + ": " + problem.text, problem.remedy);
    }
    return Maker(profile, server, manifests, planId).make();
}

} // namespace strata::provision
