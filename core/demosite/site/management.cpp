// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/site/management.h"

#include "core/demosite/api/json.h"
#include "core/demosite/site/write.h"

#include <nlohmann/json.hpp>

// What an administrator has laid out in the outer cluster for those who make tenant clusters: a ClusterClass
// with its templates, and the settings of the network under the VMs.
namespace strata::demosite {
namespace {

constexpr long kAge = 20L * 86400;
constexpr const char* kSpace = "default";
constexpr const char* kCri = "unix:///var/run/containerd/containerd.sock";

void load(Store& store, const SitePlan& plan, const char* resource, const std::string& ns,
          const std::string& name, Json content)
{
    Json object = {{"metadata",
                    {{"name", name},
                     {"namespace", ns},
                     {"uid", plan.uid("management/" + std::string(resource) + "/" + name)},
                     {"generation", 1},
                     {"creationTimestamp", plan.ago(kAge)}}}};
    object.update(content);
    store.load(Kinds::instance().get(resource), canonical(std::move(object)));
}

Json machine(int cores, const char* memory)
{
    return {{"virtualMachineBootstrapCheck", {{"checkStrategy", "ssh"}}},
            {"virtualMachineTemplate",
             {{"spec",
               {{"runStrategy", "Always"},
                {"dataVolumeTemplates",
                 Json::array({Json{
                     {"metadata", {{"name", "root"}}},
                     {"spec",
                      {{"storage", {{"resources", {{"requests", {{"storage", "20Gi"}}}}}}},
                       {"source",
                        {{"registry", {{"url", "docker://quay.io/capk/ubuntu-2204-container-disk"}}}}}}}}})},
                {"template",
                 {{"spec",
                   {{"evictionStrategy", "External"},
                    {"domain",
                     {{"cpu", {{"cores", cores}}},
                      {"memory", {{"guest", memory}}},
                      {"devices",
                       {{"networkInterfaceMultiqueue", true},
                        {"disks", Json::array({Json{{"name", "root"}, {"disk", {{"bus", "virtio"}}}}})},
                        {"interfaces",
                         Json::array({Json{{"name", "default"}, {"masquerade", Json::object()}}})}}}}},
                    {"networks", Json::array({Json{{"name", "default"}, {"pod", Json::object()}}})},
                    {"volumes",
                     Json::array({Json{{"name", "root"}, {"dataVolume", {{"name", "root"}}}}})}}}}}}}}}};
}

Json templated(Json spec)
{
    return {{"spec", {{"template", {{"spec", std::move(spec)}}}}}};
}

Json reference(const char* apiVersion, const char* kind, const char* name)
{
    return {{"templateRef", {{"apiVersion", apiVersion}, {"kind", kind}, {"name", name}}}};
}

Json variable(const char* name, Json schema)
{
    return {{"name", name}, {"required", false}, {"schema", {{"openAPIV3Schema", std::move(schema)}}}};
}

Json sized(const char* description, int least, int cores, const char* memory)
{
    return {{"type", "object"},
            {"description", description},
            {"properties",
             {{"cores", {{"type", "integer"}, {"minimum", least}, {"maximum", 64}, {"default", cores}}},
              {"memory", {{"type", "string"}, {"pattern", "^[0-9]+(Mi|Gi)$"}, {"default", memory}}}}},
            {"default", {{"cores", cores}, {"memory", memory}}}};
}

Json change(const std::string& path, const char* from)
{
    return {{"op", "replace"}, {"path", path}, {"valueFrom", {{"variable", from}}}};
}

Json selector(const char* apiVersion, const char* kind, Json resources)
{
    return {{"apiVersion", apiVersion}, {"kind", kind}, {"matchResources", std::move(resources)}};
}

void writeClass(Store& store, const SitePlan& plan)
{
    const char* const infra = "infrastructure.cluster.x-k8s.io/v1alpha1";
    const char* const bootstrap = "bootstrap.cluster.x-k8s.io/v1beta2";
    const char* const planes = "controlplane.cluster.x-k8s.io/v1beta2";
    load(store, plan, "kubevirtclustertemplates", kSpace, "kubevirt-cluster",
         templated({{"controlPlaneServiceTemplate", {{"spec", {{"type", "LoadBalancer"}}}}}}));
    load(store, plan, "kubevirtmachinetemplates", kSpace, "kubevirt-control-plane",
         templated(machine(2, "4Gi")));
    load(store, plan, "kubevirtmachinetemplates", kSpace, "kubevirt-worker", templated(machine(2, "4Gi")));
    const Json registration = {{"nodeRegistration", {{"criSocket", kCri}}}};
    load(store, plan, "kubeadmcontrolplanetemplates", kSpace, "kubevirt-control-plane",
         templated({{"kubeadmConfigSpec",
                     {{"initConfiguration", registration}, {"joinConfiguration", registration}}}}));
    load(store, plan, "kubeadmconfigtemplates", kSpace, "kubevirt-worker",
         templated({{"joinConfiguration", registration}}));

    const std::string vm = "/spec/template/spec/virtualMachineTemplate/spec";
    const std::string domain = vm + "/template/spec/domain";
    const auto sizes = [&](const char* of) {
        return Json::array({change(domain + "/cpu/cores", (std::string(of) + ".cores").c_str()),
                            change(domain + "/memory/guest", (std::string(of) + ".memory").c_str())});
    };
    const Json image = Json::array({Json{
        {"op", "replace"},
        {"path", vm + "/dataVolumeTemplates/0/spec/source/registry/url"},
        {"valueFrom", {{"template", "docker://{{ .image }}:{{ .builtin.cluster.topology.version }}"}}}}});
    const Json ofPlane = {{"controlPlane", true}};
    const Json ofWorkers = {{"machineDeploymentClass", {{"names", Json::array({"default-worker"})}}}};
    Json plane = reference(planes, "KubeadmControlPlaneTemplate", "kubevirt-control-plane");
    plane["machineInfrastructure"] = reference(infra, "KubevirtMachineTemplate", "kubevirt-control-plane");
    const Json spec = {
        {"infrastructure", reference(infra, "KubevirtClusterTemplate", "kubevirt-cluster")},
        {"controlPlane", plane},
        {"workers",
         {{"machineDeployments",
           Json::array(
               {Json{{"class", "default-worker"},
                     {"bootstrap", reference(bootstrap, "KubeadmConfigTemplate", "kubevirt-worker")},
                     {"infrastructure", reference(infra, "KubevirtMachineTemplate", "kubevirt-worker")}}})}}},
        {"variables",
         Json::array({variable("endpoint", {{"type", "string"},
                                            {"description", "How the API is reached."},
                                            {"enum", Json::array({"LoadBalancer", "NodePort", "ClusterIP"})},
                                            {"default", "LoadBalancer"}}),
                      variable("image", {{"type", "string"},
                                         {"description", "Container disk of the nodes, without a tag."},
                                         {"minLength", 3},
                                         {"default", "quay.io/capk/ubuntu-2204-container-disk"}}),
                      variable("controlPlaneMachine", sized("Size of a control plane machine.", 2, 2, "4Gi")),
                      variable("workerMachine", sized("Size of a worker machine.", 1, 2, "4Gi"))})},
        {"patches",
         Json::array(
             {Json{{"name", "endpoint"},
                   {"definitions",
                    Json::array({Json{
                        {"selector",
                         selector(infra, "KubevirtClusterTemplate", {{"infrastructureCluster", true}})},
                        {"jsonPatches",
                         Json::array({change("/spec/template/spec/controlPlaneServiceTemplate/spec/type",
                                             "endpoint")})}}})}},
              Json{{"name", "image"},
                   {"definitions",
                    Json::array({Json{{"selector", selector(infra, "KubevirtMachineTemplate", ofPlane)},
                                      {"jsonPatches", image}},
                                 Json{{"selector", selector(infra, "KubevirtMachineTemplate", ofWorkers)},
                                      {"jsonPatches", image}}})}},
              Json{{"name", "sizes"},
                   {"definitions",
                    Json::array({Json{{"selector", selector(infra, "KubevirtMachineTemplate", ofPlane)},
                                      {"jsonPatches", sizes("controlPlaneMachine")}},
                                 Json{{"selector", selector(infra, "KubevirtMachineTemplate", ofWorkers)},
                                      {"jsonPatches", sizes("workerMachine")}}})}}})}};
    const auto good = [&](const char* type, const char* reason) {
        return Json{{"type", type},
                    {"status", "True"},
                    {"reason", reason},
                    {"message", ""},
                    {"lastTransitionTime", plan.ago(kAge)}};
    };
    load(store, plan, "clusterclasses", kSpace, "kubevirt",
         {{"spec", spec},
          {"status",
           {{"observedGeneration", 1},
            {"conditions", Json::array({good("VariablesReady", "VariablesReady"),
                                        good("RefVersionsUpToDate", "RefVersionsUpToDate")})}}}});
}

} // namespace

void writeManagement(Store& store, const SitePlan& plan)
{
    if (!plan.bare)
        writeClass(store, plan);
    load(store, plan, "configmaps", "kube-system", "cilium-config",
         {{"data",
           {{"routing-mode", "tunnel"},
            {"tunnel-protocol", "vxlan"},
            {"tunnel-port", "8472"},
            {"mtu", "1450"},
            {"ipam", "cluster-pool"}}}});
}

} // namespace strata::demosite
