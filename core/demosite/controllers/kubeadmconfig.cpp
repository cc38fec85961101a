// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/controllers/capi.h"

namespace strata::demosite {
namespace {

using namespace capi;

// The kubeadm bootstrap provider: user data for each machine, once its cluster is far enough.
class KubeadmConfigController : public Controller {
public:
    explicit KubeadmConfigController(Site& site) : m_site(site), m_store(site.outer) {}

    double reconcile(const Key& key) override
    {
        const Kind& kind = kindOf("kubeadmconfigs");
        const ObjectPtr object = m_store.get(kind, key.ns, key.name);
        if (!object)
            return kOnChange;
        const Json config = parseOwn(object->body);
        const std::string machine = ownerName(config, "Machine");
        const Json cluster = clusterOf(m_site, config);
        if (machine.empty() || cluster.is_null() || deleting(config))
            return kOnChange;
        if (pausedNow(m_site, kind, key, cluster, config))
            return kOnChange;
        if (flag(config, "status.initialization.dataSecretCreated"))
            return kOnChange;
        const bool init = find(config, "spec.initConfiguration") != nullptr;
        std::string why;
        std::string oldReason;
        if (!infrastructureReady(cluster)) {
            why = "Waiting for Cluster status.initialization.infrastructureProvisioned to be true";
            oldReason = "WaitingForClusterInfrastructure";
        } else if (!init && !controlPlaneInitialized(cluster)) {
            why = "Waiting for Cluster control plane to be initialized";
            oldReason = "WaitingForControlPlaneAvailable";
        }
        if (why.empty())
            write(*object, config, cluster, init);
        const bool good = why.empty();
        const std::string at = timestamp(m_store);
        edit(m_store, kind, key.ns, key.name, [&](Json& edited) {
            Json& status = edited["status"];
            status["observedGeneration"] = number(edited, "metadata.generation").value_or(1);
            if (good) {
                status["initialization"]["dataSecretCreated"] = true;
                status["dataSecretName"] = key.name;
            }
            const std::string ready = good ? "" : "* DataSecretAvailable: " + why;
            setCondition(status, {"Ready", good ? "True" : "False", good ? "Ready" : "NotReady", ready}, at);
            setCondition(
                status,
                {"DataSecretAvailable", good ? "True" : "False", good ? "Available" : "NotAvailable", why},
                at);
            setCondition(status, {"CertificatesAvailable", "True", "Available", ""}, at);
            setCondition(status, {"Paused", "False", "NotPaused", ""}, at);
            setOld(status, "Ready", good, "Info", oldReason, "", at);
            setOld(status, "DataSecretAvailable", good, "Info", oldReason, "", at);
            setOld(status, "CertificatesAvailable", true, "Info", "", "", at);
        });
        return kOnChange;
    }

private:
    void write(const Object& object, const Json& config, const Json& cluster, bool init)
    {
        const std::string name = text(cluster, "metadata.name");
        const std::string endpoint = text(cluster, "spec.controlPlaneEndpoint.host") + ":" +
                                     text(cluster, "spec.controlPlaneEndpoint.port");
        const bool plane = init || find(config, "spec.joinConfiguration.controlPlane") != nullptr;
        std::string data = "## template: jinja\n#cloud-config\nwrite_files:\n-   path: /run/kubeadm/";
        data += init ? "kubeadm.yaml\n" : "kubeadm-join-config.yaml\n";
        data += "    owner: root:root\n    permissions: '0640'\n    content: |\n      ---\n      apiVersion: "
                "kubeadm.k8s.io/v1beta4\n";
        data +=
            init
                ? "      kind: ClusterConfiguration\n      controlPlaneEndpoint: " + endpoint +
                      "\n      clusterName: " + name + "\n"
                : std::string("      kind: JoinConfiguration\n") + (plane ? "      controlPlane: {}\n" : "") +
                      "      discovery:\n        bootstrapToken:\n          apiServerEndpoint: " + endpoint +
                      "\n";
        data += "runcmd:\n";
        for (const char* commands : {"preKubeadmCommands", "postKubeadmCommands"}) {
            const Json* lines = find(config, std::string("spec.") + commands);
            if (std::string_view(commands).substr(0, 2) == "po")
                data += init ? "  - 'kubeadm init --config /run/kubeadm/kubeadm.yaml && echo success > "
                               "/run/cluster-api/bootstrap-success.complete'\n"
                             : "  - 'kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml && echo "
                               "success > /run/cluster-api/bootstrap-success.complete'\n";
            if (lines == nullptr || !lines->is_array())
                continue;
            for (const Json& line : *lines) {
                if (line.is_string())
                    data += "  - " + compact(line) + "\n";
            }
        }
        create(m_store, coreKind("secrets"),
               {{"metadata",
                 {{"name", object.name},
                  {"namespace", object.ns},
                  {"labels", {{kClusterName, name}}},
                  {"ownerReferences", Json::array({ownerOf(object)})}}},
                {"type", "cluster.x-k8s.io/secret"},
                {"data", {{"format", base64Encode("cloud-config")}, {"value", base64Encode(data)}}}});
    }

    Site& m_site;
    Store& m_store;
};

} // namespace

void addKubeadmConfigController(Site& site)
{
    Store& store = site.outer;
    Controller& controller = site.manager.add(store, std::make_unique<KubeadmConfigController>(site));
    site.manager.watch(store, kindOf("kubeadmconfigs"), controller);
    site.manager.watch(store, clusters(), controller, ofCluster(store, kindOf("kubeadmconfigs")));
}

} // namespace strata::demosite
