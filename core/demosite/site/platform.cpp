// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/platform.h"

#include "core/demosite/api/discovery.h"
#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>

namespace strata::demosite {
namespace {

struct Runs {
    const char* name;
    const char* container;
    const char* image; // without tag
    int replicas;
};

struct Release {
    const char* id;
    const char* version;
    const char* ns;
    const char* file;
    std::vector<Runs> runs;
    std::vector<const char*> groups; // whose kinds it defines
    const char* onlyKind;            // of them; null: all
    std::vector<const char*> arguments;
    bool webhooks;
};

const std::vector<Release>& releases()
{
    static const std::vector<Release> all = {
        {"cert-manager",
         "v1.21.1",
         "cert-manager",
         "cert-manager.yaml",
         {{"cert-manager", "cert-manager-controller", "quay.io/jetstack/cert-manager-controller", 1},
          {"cert-manager-cainjector", "cert-manager-cainjector", "quay.io/jetstack/cert-manager-cainjector",
           1},
          {"cert-manager-webhook", "cert-manager-webhook", "quay.io/jetstack/cert-manager-webhook", 1}},
         {"cert-manager.io"},
         nullptr,
         {},
         false},
        {"kubevirt",
         "v1.9.0",
         "kubevirt",
         "kubevirt-operator.yaml",
         {{"virt-operator", "virt-operator", "quay.io/kubevirt/virt-operator", 2}},
         {"kubevirt.io"},
         "kubevirts",
         {},
         false},
        {"cdi",
         "v1.66.0",
         "cdi",
         "cdi-operator.yaml",
         {{"cdi-operator", "cdi-operator", "quay.io/kubevirt/cdi-operator", 1}},
         {"cdi.kubevirt.io"},
         "cdis",
         {},
         false},
        {"cluster-api",
         "v1.14.0",
         "capi-system",
         "core-components.yaml",
         {{"capi-controller-manager", "manager", "registry.k8s.io/cluster-api/cluster-api-controller", 1}},
         {"cluster.x-k8s.io", "addons.cluster.x-k8s.io"},
         nullptr,
         {"--leader-elect",
          "--feature-gates=MachinePool=${EXP_MACHINE_POOL:=true},ClusterTopology=${CLUSTER_TOPOLOGY:=false},"
          "RuntimeSDK=${EXP_RUNTIME_SDK:=false}"},
         true},
        {"bootstrap-kubeadm",
         "v1.14.0",
         "capi-kubeadm-bootstrap-system",
         "bootstrap-components.yaml",
         {{"capi-kubeadm-bootstrap-controller-manager", "manager",
           "registry.k8s.io/cluster-api/kubeadm-bootstrap-controller", 1}},
         {"bootstrap.cluster.x-k8s.io"},
         nullptr,
         {"--leader-elect", "--bootstrap-token-ttl=${KUBEADM_BOOTSTRAP_TOKEN_TTL:=15m}"},
         true},
        {"control-plane-kubeadm",
         "v1.14.0",
         "capi-kubeadm-control-plane-system",
         "control-plane-components.yaml",
         {{"capi-kubeadm-control-plane-controller-manager", "manager",
           "registry.k8s.io/cluster-api/kubeadm-control-plane-controller", 1}},
         {"controlplane.cluster.x-k8s.io"},
         nullptr,
         {"--leader-elect", "--feature-gates=ClusterTopology=${CLUSTER_TOPOLOGY:=false}"},
         true},
        {"infrastructure-kubevirt",
         "v0.11.2",
         "capk-system",
         "infrastructure-components.yaml",
         {{"capk-controller-manager", "manager", "quay.io/capk/capk-manager", 1}},
         {"infrastructure.cluster.x-k8s.io"},
         nullptr,
         {"--leader-elect"},
         true}};
    return all;
}

std::string manifest(const Release& release, const std::string& version)
{
    std::string out = std::string("# A stand-in on Strata's demo site for ") + release.file + " of " +
                      release.id + ": its names, nothing behind them.\n";
    const auto add = [&out, &release](Json object) {
        std::string text = object.dump(1);
        // Variables are substituted in the manifests of providers, where two backslashes are one.
        for (std::size_t at = 0; release.webhooks && (at = text.find("\\\\", at)) != std::string::npos;
             at += 4)
            text.insert(at, "\\\\");
        out += "---\n" + text + "\n";
    };
    const std::string ns = release.ns;
    add({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", ns}}}});
    for (const Kind& kind : Kinds::instance().all()) {
        bool theirs = false;
        for (const char* group : release.groups)
            theirs = theirs || kind.group == group;
        if (!theirs || !kind.has(Custom) ||
            (release.onlyKind != nullptr && kind.resource != release.onlyKind))
            continue;
        Json definition = {{"apiVersion", "apiextensions.k8s.io/v1"}, {"kind", "CustomResourceDefinition"}};
        definition.update(parseOwn(crdBody(kind, "", "")));
        for (const char* key : {"uid", "generation", "creationTimestamp"})
            definition["metadata"].erase(key);
        definition.erase("status");
        definition["spec"].erase("conversion");
        add(std::move(definition));
    }
    const std::string account = release.runs.front().name;
    add({{"apiVersion", "v1"},
         {"kind", "ServiceAccount"},
         {"metadata", {{"name", account}, {"namespace", ns}}}});
    add({{"apiVersion", "rbac.authorization.k8s.io/v1"},
         {"kind", "ClusterRole"},
         {"metadata", {{"name", ns + "-" + account}}},
         {"rules", Json::array({Json{{"apiGroups", Json::array({"*"})},
                                     {"resources", Json::array({"*"})},
                                     {"verbs", Json::array({"*"})}}})}});
    add({{"apiVersion", "rbac.authorization.k8s.io/v1"},
         {"kind", "ClusterRoleBinding"},
         {"metadata", {{"name", ns + "-" + account}}},
         {"roleRef",
          {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", ns + "-" + account}}},
         {"subjects",
          Json::array({Json{{"kind", "ServiceAccount"}, {"name", account}, {"namespace", ns}}})}});
    if (release.webhooks) {
        const std::string serving = account + "-serving-cert";
        add({{"apiVersion", "cert-manager.io/v1"},
             {"kind", "Issuer"},
             {"metadata", {{"name", account + "-selfsigned-issuer"}, {"namespace", ns}}},
             {"spec", {{"selfSigned", Json::object()}}}});
        add({{"apiVersion", "cert-manager.io/v1"},
             {"kind", "Certificate"},
             {"metadata", {{"name", serving}, {"namespace", ns}}},
             {"spec",
              {{"dnsNames", Json::array({account + "." + ns + ".svc"})},
               {"issuerRef", {{"kind", "Issuer"}, {"name", account + "-selfsigned-issuer"}}},
               {"secretName", serving}}}});
    }
    for (const Runs& runs : release.runs) {
        Json container = {{"name", runs.container},
                          {"image", std::string(runs.image) + ":" + version},
                          {"resources", {{"requests", {{"cpu", "10m"}, {"memory", "64Mi"}}}}}};
        if (!release.arguments.empty()) {
            Json arguments = Json::array();
            for (const char* argument : release.arguments)
                arguments.push_back(argument);
            container["args"] = std::move(arguments);
        }
        add({{"apiVersion", "apps/v1"},
             {"kind", "Deployment"},
             {"metadata", {{"name", runs.name}, {"namespace", ns}, {"labels", {{"app", runs.name}}}}},
             {"spec",
              {{"replicas", runs.replicas},
               {"selector", {{"matchLabels", {{"app", runs.name}}}}},
               {"template",
                {{"metadata", {{"labels", {{"app", runs.name}}}}},
                 {"spec",
                  {{"serviceAccountName", account},
                   {"tolerations", Json::array({Json{{"key", "node-role.kubernetes.io/control-plane"},
                                                     {"effect", "NoSchedule"}}})},
                   {"containers", Json::array({std::move(container)})}}}}}}}});
    }
    return out;
}

} // namespace

std::vector<PlatformComponent> platformManifests(const std::map<std::string, std::string>& versions)
{
    std::vector<PlatformComponent> out;
    for (const Release& release : releases()) {
        PlatformComponent component;
        component.id = release.id;
        const auto other = versions.find(release.id);
        component.version = other != versions.end() ? other->second : release.version;
        component.files[release.file] = manifest(release, component.version);
        if (component.id == "kubevirt")
            component.files["kubevirt-cr.yaml"] =
                "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  name: kubevirt\n  namespace: "
                "kubevirt\n"
                "spec:\n  certificateRotateStrategy: {}\n  configuration:\n    developerConfiguration:\n"
                "      featureGates: []\n  customizeComponents: {}\n  imagePullPolicy: IfNotPresent\n";
        if (component.id == "cdi")
            component.files["cdi-cr.yaml"] =
                "apiVersion: cdi.kubevirt.io/v1beta1\nkind: CDI\nmetadata:\n  name: cdi\nspec:\n  config:\n"
                "    featureGates:\n    - HonorWaitForFirstConsumer\n  imagePullPolicy: IfNotPresent\n"
                "  infra:\n    nodeSelector:\n      kubernetes.io/os: linux\n";
        out.push_back(std::move(component));
    }
    return out;
}

} // namespace strata::demosite
