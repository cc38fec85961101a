// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/draft.h"
#include "core/actions/field.h"
#include "core/actions/image.h"
#include "core/base/text.h"
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "core/prepare/source.h"
#include "core/prepare/survey.h"
#include "core/provision/deploy.h"
#include "core/provision/preflight.h"
#include "core/provision/recipes/create_plan.h"
#include "core/provision/runner.h"
#include "tests/core/feeds/watchedsite.h"
#include "tests/core/prepare/testbundle.h"
#include "tests/core/provision/richprofile.h"
#include "tests/core/provision/runrecord.h"
#include "tests/live/realapi.h"
#include "tests/live/servertools.h"
#include "tests/support/enums.h"

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <set>
#include <thread>

using namespace strata;
using namespace strata::provision;
using namespace std::chrono_literals;
using stack::FactKind;
using stack::ItemId;
using stack::ItemKind;
using stack::SourceId;
using strata::test::ask;
using strata::test::call;
using strata::test::RealApi;
using strata::test::RunRecord;
using strata::test::told;
using strata::test::Watched;

// What Strata writes, judged by a real API server with upstream's definitions of KubeVirt, CDI and Cluster
// API: everything is accepted, and without a warning.
namespace {

constexpr auto kLong = 60s;

std::string words(const Error& error)
{
    return error.text + " | " + error.detail;
}

std::vector<Object> fromYaml(const char* text)
{
    return objectsFromYaml(text, "test").value();
}

Manifests manifests(Cni cni)
{
    Manifests out;
    out.cni = cni == Cni::Cilium ? fromYaml(R"(apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {ipam: cluster-pool, cluster-pool-ipv4-cidr: 10.0.0.0/8, tunnel-port: "8472"}
)")
                                 : fromYaml(R"(apiVersion: v1
kind: ConfigMap
metadata: {name: calico-config, namespace: kube-system}
data: {veth_mtu: "0", calico_backend: bird}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: calico-node}}
  template:
    metadata: {labels: {k8s-app: calico-node}}
    spec:
      containers:
      - name: calico-node
        image: quay.io/calico/node:v3.31.4
        env:
        - {name: CALICO_IPV4POOL_IPIP, value: Always}
        livenessProbe: {exec: {command: [/bin/calico-node, -felix-live, -bird-live]}}
)");
    out.metricsServer = fromYaml(R"(apiVersion: v1
kind: ServiceAccount
metadata: {name: metrics-server, namespace: kube-system}
)");
    out.kubevirtCsi = fromYaml(R"(apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: csi.kubevirt.io}
spec: {attachRequired: true, podInfoOnMount: true}
)");
    out.kubevirtCsiController = fromYaml(R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: kubevirt-csi-controller, namespace: tenant}
spec:
  replicas: 1
  selector: {matchLabels: {app: kubevirt-csi-driver}}
  template:
    metadata: {labels: {app: kubevirt-csi-driver}}
    spec:
      containers:
      - {name: csi-driver, image: "quay.io/kubevirt/kubevirt-csi-driver:latest"}
)");
    return out;
}

// Profiles that between them use everything a profile can say.
std::map<std::string, ClusterProfile> profiles()
{
    std::map<std::string, ClusterProfile> out;
    const auto named = [](const char* name) {
        ClusterProfile p;
        p.name = name;
        return p;
    };
    out["a name alone"] = named("plain");
    ClusterProfile p = strata::test::richProfile();
    p.name = "rich";
    p.nameSpace = "tenant-rich";
    p.network.serviceDomain = "cluster.example";
    p.addOns.metricsServer = {true, "components.yaml"};
    p.addOns.kubevirtCsi = {true, "csi.yaml", "controller.yaml"};
    out["rich"] = p;
    p = named("node-port");
    p.endpoint = Endpoint::NodePort;
    p.bootstrapCheck = BootstrapCheck::None;
    p.eviction = Eviction::LiveMigrate;
    p.antiAffinity = AntiAffinity::Required;
    out["node port, live migration, apart"] = p;
    p = named("cluster-ip");
    p.endpoint = Endpoint::ClusterIp;
    p.eviction = Eviction::None;
    p.antiAffinity = AntiAffinity::None;
    p.addOns.healthCheck = false;
    p.cni.kind = Cni::None;
    out["cluster IP, nothing else"] = p;
    p = named("disks");
    p.image = {ImageSource::ContainerDisk, "quay.io/capk/ubuntu-2204-container-disk:v1.34.1"};
    p.eviction = Eviction::LiveMigrateIfPossible;
    p.cni.delivery = CniDelivery::InnerApi;
    out["container disks, network by the new API"] = p;
    p = named("http");
    p.image = {ImageSource::Http, "https://images.example/ubuntu.qcow2"};
    out["images of a web server"] = p;
    p = named("claim");
    p.image = {ImageSource::Pvc, "images/ubuntu"};
    p.cni = {Cni::Cilium, "cilium.yaml", CniDelivery::ResourceSet, true};
    out["images of a claim, Cilium without kube-proxy"] = p;
    p = named("classy");
    p.classRef = ClassChoice{
        "kubevirt", "shared", {{"endpoint", "\"ClusterIP\""}, {"worker", R"({"cores":8,"memory":"16Gi"})"}}};
    WorkerPool big;
    big.name = "big";
    big.count = 3;
    big.workerClass = "big-worker";
    big.labels = {{"node-role.kubernetes.io/big", ""}};
    big.autoscaler = Autoscaler{2, 6};
    p.workers.push_back(big);
    out["of a class"] = p;
    return out;
}

// Runs a plan's dry run and tells what the server has against it, one line each; nothing: all is well.
QStringList objectionsOf(const std::shared_ptr<kube::Client>& client, const Plan& plan, int* asked = nullptr)
{
    RunRecord record;
    RunOptions options;
    options.dryRunOnly = true;
    options.tries = 2;
    Runner runner(client, plan, options, record.callbacks());
    runner.start();
    const RunReport report = record.end();
    QStringList out;
    if (report.state != RunState::Done)
        out << QString::fromStdString(told(report));
    for (const Verdict& verdict : record.verdicts()) {
        const std::string name = verdict.step + ": " + verdict.ref.title() + ": ";
        if (!verdict.accepted)
            out << QString::fromStdString(name + verdict.words +
                                          (verdict.error ? " | " + words(*verdict.error) : ""));
        for (const std::string& warning : verdict.warnings)
            out << QString::fromStdString(name + "warning: " + warning);
        if (asked != nullptr && verdict.accepted && !verdict.after.empty())
            ++*asked;
    }
    return out;
}

} // namespace

class TestPlans : public QObject {
    Q_OBJECT

    kube::Network m_network;
    std::unique_ptr<RealApi> m_api; // with everything of today
    std::unique_ptr<RealApi> m_old; // Cluster API's older contract only
    std::unique_ptr<RealApi> m_bare;
    std::unique_ptr<demosite::DemoSite> m_site;
    std::shared_ptr<kube::Client> m_client;
    QString m_assets;
    std::string m_crds;
    QTemporaryDir m_folder;
    std::map<std::string, std::string> m_uids; // of the demo site's objects to the real ones

    std::shared_ptr<kube::Client> older()
    {
        if (m_old == nullptr) {
            QString why;
            m_old = RealApi::start(m_assets, why);
            if (!m_old)
                qFatal("%s", qPrintable(why));
            const auto client = kube::Client::create(m_network, m_old->config());
            const auto installed = strata::test::installDefinitions(*client, m_crds, [](Json& definition) {
                const std::string group = definition["spec"].value("group", "");
                if (group.find("cluster.x-k8s.io") == std::string::npos)
                    return true;
                return group == "infrastructure.cluster.x-k8s.io" ||
                       strata::test::keepVersion(definition, "v1beta1");
            });
            if (!installed)
                qFatal("%s", words(installed.error()).c_str());
        }
        return kube::Client::create(m_network, m_old->config());
    }

    static Capabilities contract(bool old)
    {
        Capabilities server;
        if (old)
            server.coreVersion = server.bootstrapVersion = server.controlPlaneVersion = server.addonsVersion =
                "v1beta1";
        return server;
    }

    template<typename Value, typename Start>
    static Result<Value> await(const Start& start)
    {
        auto promise = std::make_shared<std::promise<Result<Value>>>();
        auto future = promise->get_future();
        const auto handle = start([promise](Result<Value> got) { promise->set_value(std::move(got)); });
        if (future.wait_for(kLong) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }

    // Namespaces that are asked to go, go: nobody else is there to see to it.
    void finishNamespaces(kube::Client& client)
    {
        const auto all = call(client, "GET", "/api/v1/namespaces");
        if (!all)
            return;
        for (Json each : all->at("items")) {
            if (!each.at("metadata").contains("deletionTimestamp"))
                continue;
            each["spec"]["finalizers"] = Json::array();
            (void)call(client, "PUT",
                       "/api/v1/namespaces/" + each.at("metadata").at("name").get<std::string>() +
                           "/finalize",
                       each.dump());
        }
    }

    // One object of the demo site to the real server, with its status; an empty string, or why not.
    std::string copy(const std::string& path, bool namespaced, bool status, const Json& original)
    {
        std::string text = original.dump();
        for (const auto& [from, to] : m_uids) {
            for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
                text.replace(at, from.size(), to);
        }
        Json object = Json::parse(text);
        Json& meta = object["metadata"];
        for (const char* key : {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation",
                                "deletionTimestamp", "deletionGracePeriodSeconds"})
            meta.erase(key);
        const std::string at = namespaced ? path.substr(0, path.rfind('/') + 1) + "namespaces/" +
                                                meta.at("namespace").get<std::string>() +
                                                path.substr(path.rfind('/'))
                                          : path;
        const std::string name = meta.at("name");
        auto made = call(*m_client, "POST", at + "?fieldValidation=Strict", object.dump());
        if (!made && made.error().kind == ErrorKind::Conflict)
            made = call(*m_client, "GET", at + "/" + name);
        if (!made)
            return words(made.error());
        m_uids[original.at("metadata").at("uid")] = made->at("metadata").at("uid");
        // Admission takes a node that is new for one that is not ready.
        if (path == "/api/v1/nodes") {
            const Json taints = object.at("spec").value("taints", Json());
            made = call(*m_client, "PATCH", at + "/" + name, Json{{"spec", {{"taints", taints}}}}.dump());
            if (!made)
                return words(made.error());
        }
        if (!status || !original.contains("status"))
            return {};
        Json next = *made;
        next["status"] = object["status"];
        const auto put =
            call(*m_client, "PUT", at + "/" + name + "/status?fieldValidation=Strict", next.dump());
        return put ? std::string() : "status: " + words(put.error());
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_assets = qEnvironmentVariable("KUBEBUILDER_ASSETS");
        if (m_assets.isEmpty())
            QSKIP("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd.");
        m_crds = qEnvironmentVariable("STRATA_CRDS").toStdString();
        if (m_crds.empty())
            QSKIP("STRATA_CRDS names no folder with CustomResourceDefinitions.");
        QString why;
        m_api = RealApi::start(m_assets, why, {QStringLiteral("--service-cluster-ip-range=10.96.0.0/16")});
        QVERIFY2(m_api, qPrintable(why));
        m_client = kube::Client::create(m_network, m_api->config());
        const auto installed = strata::test::installDefinitions(*m_client, m_crds);
        QVERIFY2(installed, installed ? "" : words(installed.error()).c_str());
    }
    void cleanupTestCase()
    {
        m_client.reset();
        m_site.reset();
        m_bare.reset();
        m_old.reset();
        m_api.reset();
    }

    void everyProfile_data()
    {
        QTest::addColumn<QString>("profile");
        QTest::addColumn<bool>("old");
        for (const bool old : {false, true}) {
            for (const auto& [name, profile] : profiles())
                QTest::addRow("%s, %s", name.c_str(), old ? "v1beta1" : "v1beta2")
                    << QString::fromStdString(name) << old;
        }
    }
    void everyProfile()
    {
        QFETCH(QString, profile);
        QFETCH(bool, old);
        const ClusterProfile wish = profiles().at(profile.toStdString());
        const auto plan = createPlan(wish, contract(old), manifests(wish.cni.kind), newPlanId());
        QVERIFY2(plan, plan ? "" : words(plan.error()).c_str());
        int asked = 0;
        const auto client = old ? older() : m_client;
        const QStringList bad = objectionsOf(client, *plan, &asked);
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
        QVERIFY(asked >= 4);

        // And in their own namespace, as manifests for other tools.
        const std::string ns = wish.effectiveNamespace();
        (void)strata::test::makeNamespace(*client, ns);
        const auto checked = await<std::vector<DeployObject>>(
            [&](std::function<void(Result<std::vector<DeployObject>>)> done) {
                return DeployCheck::start(client, manifestsOf(*plan), ns,
                                          [done](std::vector<DeployObject> all) { done(std::move(all)); });
            });
        QVERIFY(checked);
        for (const DeployObject& each : *checked) {
            QVERIFY2(each.accepted, (each.object.title() + ": " + each.words).c_str());
            QVERIFY2(each.warnings.empty(), (each.object.title() + ": " + join(each.warnings)).c_str());
        }
    }

    // A whole plan, to the point where Cluster API would have to act, on from there as it acts, and back.
    void createdForReal_data()
    {
        QTest::addColumn<bool>("old");
        QTest::newRow("v1beta2") << false;
        QTest::newRow("v1beta1") << true;
    }
    void createdForReal()
    {
        QFETCH(bool, old);
        const auto client = old ? older() : m_client;
        ClusterProfile wish = profiles().at("rich");
        wish.name = "real";
        wish.nameSpace = "tenant-real";
        const auto plan = createPlan(wish, contract(old), manifests(wish.cni.kind), newPlanId());
        QVERIFY2(plan, plan ? "" : words(plan.error()).c_str());
        RunRecord record;
        RunOptions options;
        options.journal = m_folder.filePath(QString::fromStdString(plan->id)).toStdString();
        options.pollInterval = 50ms;
        options.retryDelay = 20ms;
        options.goneTimeout = 30s;
        Runner runner(client, *plan, options, record.callbacks());
        runner.start();
        const bool waits = record.waitFor("infrastructure-ready", StepState::Waiting);
        QVERIFY2(waits, told(record.end(1s)).c_str());
        const std::string core = std::string("/apis/cluster.x-k8s.io/") + (old ? "v1beta1" : "v1beta2") +
                                 "/namespaces/tenant-real/";
        const std::string planes = std::string("/apis/controlplane.cluster.x-k8s.io/") +
                                   (old ? "v1beta1" : "v1beta2") + "/namespaces/tenant-real/";
        const auto cluster = call(*client, "GET", core + "clusters/real");
        QVERIFY2(cluster, cluster ? "" : words(cluster.error()).c_str());
        QCOMPARE(cluster->at("spec").value("paused", false), false);
        // Cluster API's part.
        const auto status = [&](const std::string& path, const char* body) {
            const auto done = call(*client, "PATCH", path + "/status", body);
            return done ? std::string() : words(done.error());
        };
        const char* const provisioned =
            old ? R"({"status":{"infrastructureReady":true}})"
                : R"({"status":{"initialization":{"infrastructureProvisioned":true}}})";
        std::string wrong = status(core + "clusters/real", provisioned);
        QVERIFY2(wrong.empty(), wrong.c_str());
        const auto secret =
            call(*client, "POST", "/api/v1/namespaces/tenant-real/secrets",
                 R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"real-kubeconfig"},)"
                 R"("type":"cluster.x-k8s.io/secret","data":{"value":"eA=="}})");
        QVERIFY2(secret, secret ? "" : words(secret.error()).c_str());
        wrong = status(
            core + "clusters/real",
            old ? R"({"status":{"conditions":[{"type":"ControlPlaneInitialized","status":"True",)"
                  R"("lastTransitionTime":"2026-01-01T00:00:00Z"}]}})"
                : R"({"status":{"initialization":{"infrastructureProvisioned":true,"controlPlaneInitialized":true}}})");
        QVERIFY2(wrong.empty(), wrong.c_str());
        wrong =
            status(planes + "kubeadmcontrolplanes/real-cp", R"({"status":{"readyReplicas":3,"replicas":3}})");
        QVERIFY2(wrong.empty(), wrong.c_str());
        for (const WorkerPool& pool : wish.workers) {
            wrong = status(core + "machinedeployments/real-" + pool.name,
                           R"({"status":{"readyReplicas":3,"replicas":3}})");
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
        RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        runner.undo();
        std::atomic<bool> over{false};
        std::thread spaces([&] {
            while (!over) {
                finishNamespaces(*client);
                std::this_thread::sleep_for(200ms);
            }
        });
        report = record.end();
        over = true;
        spaces.join();
        QVERIFY2(report.state == RunState::Undone, told(report).c_str());
        const auto gone = call(*client, "GET", core + "clusters/real");
        QVERIFY(!gone && gone.error().kind == ErrorKind::NotFound);
    }

    // Everything the demo site shows would be taken by a real server; from here on it has the same site.
    void theDemoSiteIsReal()
    {
        demosite::Options options;
        options.life = false;
        auto started = demosite::DemoSite::start(options);
        QVERIFY2(started, started ? "" : words(started.error()).c_str());
        m_site = std::move(*started);
        const auto file = kube::Kubeconfig::load(m_site->kubeconfigPath());
        QVERIFY(file);
        const auto demo = kube::Client::create(m_network, *file->resolve());
        struct Pending {
            std::string path;
            bool namespaced = false;
            bool status = false;
            Json object;
            std::string why;
        };
        std::vector<Pending> all;
        std::vector<std::string> lists{"/api/v1"};
        const auto groups = call(*demo, "GET", "/apis");
        QVERIFY(groups);
        for (const Json& group : groups->at("groups"))
            lists.push_back("/apis/" + group.at("preferredVersion").at("groupVersion").get<std::string>());
        QStringList notServed;
        for (const std::string& path : lists) {
            const auto mine = call(*demo, "GET", path);
            QVERIFY(mine);
            const auto theirs = call(*m_client, "GET", path);
            std::map<std::string, Json> served;
            for (const Json& each : theirs ? theirs->at("resources") : Json::array())
                served[each.at("name")] = each;
            for (const Json& each : mine->at("resources")) {
                const std::string name = each.at("name");
                const Json& verbs = each.at("verbs");
                if (name.find('/') != std::string::npos ||
                    std::find(verbs.begin(), verbs.end(), "list") == verbs.end() ||
                    std::find(verbs.begin(), verbs.end(), "create") == verbs.end())
                    continue;
                // Definitions are upstream's own; an event has one home; cert-manager brings its own kinds.
                if (name == "customresourcedefinitions" || name == "apiservices" ||
                    path.find("events.k8s.io") != std::string::npos)
                    continue;
                const auto list = call(*demo, "GET", path + "/" + name);
                QVERIFY2(list, (path + "/" + name).c_str());
                if (list->at("items").empty())
                    continue;
                const auto real = served.find(name);
                if (real == served.end()) {
                    notServed << QString::fromStdString(path + "/" + name);
                    continue;
                }
                QVERIFY2(real->second.at("namespaced") == each.at("namespaced"), name.c_str());
                for (const Json& item : list->at("items")) {
                    if (name == "services" && item.at("metadata").at("name") == "kubernetes")
                        continue; // every API server makes its own
                    Pending pending{path + "/" + name,
                                    each.at("namespaced"),
                                    served.count(name + "/status") != 0,
                                    item,
                                    {}};
                    pending.object["apiVersion"] = path.substr(path.find('/', 1) + 1);
                    pending.object["kind"] = each.at("kind");
                    all.push_back(std::move(pending));
                }
            }
        }
        QVERIFY2(notServed.isEmpty(), qPrintable(notServed.join(QLatin1Char('\n'))));
        QVERIFY(all.size() > 200);
        // Namespaces first, owners before what they own.
        std::stable_sort(all.begin(), all.end(), [](const Pending& a, const Pending& b) {
            const auto rank = [](const Pending& each) {
                return each.path == "/api/v1/namespaces"                        ? 0
                       : each.path.find("priorityclasses") != std::string::npos ? 1
                                                                                : 2;
            };
            return rank(a) < rank(b);
        });
        std::set<std::string> open;
        for (const Pending& each : all)
            open.insert(each.object.at("metadata").at("uid").get<std::string>());
        QStringList refused;
        int accepted = 0;
        for (bool moved = true; moved && !all.empty();) {
            moved = false;
            std::vector<Pending> later;
            for (Pending& each : all) {
                const Json owners = each.object.at("metadata").value("ownerReferences", Json::array());
                const bool waits = std::any_of(owners.begin(), owners.end(), [&](const Json& owner) {
                    return open.count(owner.at("uid").get<std::string>()) != 0;
                });
                if (waits) {
                    later.push_back(std::move(each));
                    continue;
                }
                moved = true;
                const std::string why = copy(each.path, each.namespaced, each.status, each.object);
                open.erase(each.object.at("metadata").at("uid").get<std::string>());
                if (why.empty())
                    ++accepted;
                else
                    refused << QString::fromStdString(
                        each.path + " " + each.object.at("metadata").value("namespace", "") + "/" +
                        each.object.at("metadata").at("name").get<std::string>() + ": " + why);
            }
            all = std::move(later);
        }
        QVERIFY(all.empty());
        refused.sort();
        QVERIFY2(refused.isEmpty(), qPrintable(QStringLiteral("%1 accepted, refused:\n").arg(accepted) +
                                               refused.mid(0, 60).join(QLatin1Char('\n'))));
    }

    // What the site at rest gives no occasion for: a node that is closed, a VM at rest, a volume added while
    // its VM ran, a health check.
    QStringList makeOccasions()
    {
        QStringList wrong;
        const auto made = [&](const char* method, const std::string& path, const Json& body) {
            const auto done = call(*m_client, method, path, body.dump());
            if (!done)
                wrong << QString::fromStdString(path + ": " + words(done.error()));
            return done ? *done : Json();
        };
        const auto items = [&](const std::string& path) {
            const auto list = call(*m_client, "GET", path);
            return list ? list->at("items") : Json::array();
        };
        const auto text = [](const Json& object, const char* key) {
            return object.at("metadata").at(key).get<std::string>();
        };
        const Json nodes = items("/api/v1/nodes");
        made("PATCH", "/api/v1/nodes/" + text(nodes.back(), "name"), {{"spec", {{"unschedulable", true}}}});
        const Json vms = items("/apis/kubevirt.io/v1/virtualmachines");
        const Json& vm = vms.front();
        const std::string space =
            "/apis/kubevirt.io/v1/namespaces/" + text(vm, "namespace") + "/virtualmachines";
        Json rests = {{"apiVersion", "kubevirt.io/v1"},
                      {"kind", "VirtualMachine"},
                      {"metadata", {{"name", "at-rest"}, {"namespace", text(vm, "namespace")}}},
                      {"spec", vm.at("spec")}};
        rests["spec"].erase("running");
        rests["spec"].erase("dataVolumeTemplates");
        rests["spec"]["runStrategy"] = "Halted";
        made("POST", space, rests);
        made("PATCH", space + "/at-rest/status", {{"status", {{"printableStatus", "Stopped"}}}});
        Json volumes = vm.at("spec").at("template").at("spec").at("volumes");
        volumes.push_back({{"name", "added"}, {"dataVolume", {{"name", "added"}, {"hotpluggable", true}}}});
        made("PATCH", space + "/" + text(vm, "name"),
             {{"spec", {{"template", {{"spec", {{"volumes", volumes}}}}}}}});
        const Json clusters = items("/apis/cluster.x-k8s.io/v1beta2/clusters");
        const std::string ns = text(clusters.front(), "namespace");
        const std::string cluster = text(clusters.front(), "name");
        made("POST", "/apis/cluster.x-k8s.io/v1beta2/namespaces/" + ns + "/machinehealthchecks",
             {{"apiVersion", "cluster.x-k8s.io/v1beta2"},
              {"kind", "MachineHealthCheck"},
              {"metadata", {{"name", "watch"}, {"namespace", ns}}},
              {"spec",
               {{"clusterName", cluster},
                {"selector", {{"matchLabels", {{"cluster.x-k8s.io/cluster-name", cluster}}}}}}}});
        return wrong;
    }

    // Every action that the site of the demo offers anywhere, read from the real server, planned, and judged
    // by it.
    void everyAction()
    {
        if (m_site == nullptr)
            QSKIP("There is no site to act on.");
        const QStringList wrong = makeOccasions();
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(QLatin1Char('\n'))));
        Watched watched;
        const SourceId id = watched.site.addCluster(m_api->config(), "real");
        QVERIFY(watched.until([&] { return watched.live(id) && watched.site.settled(); }, kLong));
        QVERIFY(watched.graph.count(ItemKind::Vm) > 5);
        QVERIFY(watched.graph.count(ItemKind::TenantCluster) > 2);
        std::vector<ItemId> items;
        for (const stack::Tree tree : {stack::Tree::Stack, stack::Tree::Tenants}) {
            std::vector<ItemId> open = watched.graph.roots(tree);
            while (!open.empty()) {
                const ItemId each = open.back();
                open.pop_back();
                if (std::find(items.begin(), items.end(), each) == items.end())
                    items.push_back(each);
                for (const ItemId child : watched.graph.find(each)->childrenIn(tree))
                    open.push_back(child);
            }
        }
        std::map<actions::Action, int> good;
        std::map<actions::Action, std::string> refusedDraft;
        QStringList bad;
        for (const ItemId item : items) {
            for (const actions::Offer& offer : actions::offersFor(watched.graph, {item})) {
                if (!offer.why.empty() || good[offer.action] >= 3)
                    continue;
                const std::string title =
                    std::string(actions::toString(offer.action)) + " " + watched.graph.find(item)->name;
                actions::Request request;
                request.action = offer.action;
                request.items = {item};
                request.now = systemNow();
                if (actions::inputOf(offer.action) == actions::Input::Replicas)
                    request.replicas = actions::replicasOf(watched.graph, item).value_or(1) +
                                       (offer.action == actions::Action::ScaleControlPlane ? 2 : 1);
                if (actions::inputOf(offer.action) == actions::Input::Version)
                    request.version = nextMinor(actions::versionOf(watched.graph, item));
                actions::FieldHelp help;
                actions::Answers answers;
                std::optional<Plan> plan;
                for (int round = 0; round < 6 && !plan; ++round) {
                    fill(watched.graph, request, help);
                    auto draft = actions::draftOf(watched.graph, request, answers, &help);
                    if (!draft) {
                        refusedDraft[offer.action] = title + ": " + words(draft.error());
                        if (round > 0 || help.choices.empty())
                            break;
                        continue; // once more with what may be chosen
                    }
                    if (draft->plan) {
                        plan = draft->plan;
                        break;
                    }
                    const auto read =
                        await<actions::Answers>([&](std::function<void(Result<actions::Answers>)> done) {
                            return actions::Reading::start(m_client, draft->ns, draft->cluster,
                                                           draft->questions, answers, std::move(done));
                        });
                    QVERIFY2(read, read ? "" : (title + ": " + words(read.error())).c_str());
                    answers = *read;
                }
                if (!plan)
                    continue;
                const QStringList objections = objectionsOf(m_client, *plan);
                ++good[offer.action];
                for (const QString& each : objections)
                    bad << QString::fromStdString(title + ": ") + each;
            }
        }
        bad.removeDuplicates();
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
        // What the site gives no occasion for. Workloads are in the tenants, which are the demo site's own.
        const std::set<actions::Action> noOccasion{
            actions::Action::ResumeCluster,  actions::Action::CancelMigration,
            actions::Action::EndMaintenance, actions::Action::CancelEvacuation,
            actions::Action::RestoreVm,      actions::Action::RollBackWorkload};
        QStringList untried;
        for (const actions::Action action : actions::allActions()) {
            if (good[action] == 0 && noOccasion.count(action) == 0)
                untried << QString::fromStdString(std::string(actions::toString(action)) + " " +
                                                  refusedDraft[action]);
        }
        QVERIFY2(untried.isEmpty(), qPrintable(untried.join(QLatin1Char('\n'))));
    }

    void everyImagePlan()
    {
        actions::ImageWish wish{"default", "debian", "https://images.example/debian.qcow2",
                                "10Gi",    "fast",   ""};
        const auto check = [&](const Result<Plan>& plan) {
            if (!plan)
                return QString::fromStdString(words(plan.error()));
            int asked = 0;
            const QStringList bad = objectionsOf(m_client, *plan, &asked);
            return bad.isEmpty() && asked > 0
                       ? QString()
                       : QStringLiteral("%1 ").arg(asked) + bad.join(QLatin1Char('\n'));
        };
        QCOMPARE(check(actions::importPlan(wish)), QString());
        wish.url = "docker://quay.io/containerdisks/debian:12";
        QCOMPARE(check(actions::importPlan(wish)), QString());
        QCOMPARE(check(actions::schedulePlan(wish, "0 3 * * 1")), QString());
        wish.url = "s3://bucket.example/debian.img";
        wish.secret = "credentials";
        QCOMPARE(check(actions::importPlan(wish)), QString());
        wish.secret.clear();
        QCOMPARE(check(actions::clonePlan(wish, "default/other")), QString());
        wish.url.clear();
        QCOMPARE(check(actions::uploadPlan(wish, std::int64_t{1} << 30)), QString());
        QCOMPARE(check(actions::uploadPlan(wish, 0)), QString());
    }

    // The checks before a cluster is made find out all they want to know.
    void preflight()
    {
        if (m_site == nullptr)
            QSKIP("There is no site to look at.");
        PreflightOptions options;
        options.askSources = false;
        ClusterProfile wish;
        wish.name = "next";
        const auto survey = await<Survey>([&](std::function<void(Result<Survey>)> done) {
            return Preflight::start(
                m_client, wish, [done](const Survey& found) { done(found); }, options);
        });
        QVERIFY(survey);
        QStringList unknown;
        for (const Check& check : survey->checks) {
            if (check.verdict == CheckVerdict::Unknown && check.id != "image")
                unknown << QString::fromStdString(check.id + ": " + check.evidence);
        }
        QVERIFY2(unknown.isEmpty(), qPrintable(unknown.join(QLatin1Char('\n'))));
        QCOMPARE(survey->server.coreVersion, std::string("v1beta2"));
        QVERIFY(survey->nodesKnown && survey->nodes.size() >= 3);
        QVERIFY(survey->clusters.size() >= 3);
    }

    // An empty cluster is prepared, for real: definitions, operators, and what tells them what to run. The
    // controllers' part is played here.
    void prepared()
    {
        using namespace strata::prepare;
        QString why;
        m_bare = RealApi::start(m_assets, why);
        QVERIFY2(m_bare, qPrintable(why));
        const auto client = kube::Client::create(m_network, m_bare->config());
        const auto picture = [&] {
            const auto listed = await<Listed>([&](std::function<void(Result<Listed>)> done) {
                return prepare::Survey::start(client, builtinMatrix(), std::move(done));
            });
            return listed ? detect(*listed, builtinMatrix()) : Picture();
        };
        const Picture before = picture();
        QVERIFY(before.kubernetes.rfind("v1.", 0) == 0);
        for (const prepare::Finding& each : before.components)
            QVERIFY2(each.presence == Presence::Absent, each.id.c_str());
        Proposal proposal = propose(before, builtinMatrix());
        QTemporaryDir folder;
        const auto bundle = strata::test::writeTestBundle(folder.path().toStdString());
        QVERIFY2(bundle, bundle ? "" : words(bundle.error()).c_str());
        (void)offer(proposal.wishes, *bundle, builtinMatrix());
        for (Wish& wish : proposal.wishes)
            wish.deed = Deed::Install;
        Source source;
        source.bundle = folder.path().toStdString();
        source.environment = false;
        const auto parts = loadParts(proposal.wishes, builtinMatrix(), source);
        QVERIFY2(parts, parts ? "" : words(parts.error()).c_str());
        const auto existing = await<Existing>([&](std::function<void(Result<Existing>)> done) {
            return LookUp::start(client, objectsOf(*parts), std::move(done));
        });
        QVERIFY2(existing, existing ? "" : words(existing.error()).c_str());
        prepare::PlanOptions options;
        options.id = newPlanId();
        options.server = client->config().server;
        const Plan plan = makePlan(*parts, *existing, builtinMatrix(), options);
        int asked = 0;
        const QStringList bad = objectionsOf(client, plan, &asked);
        QVERIFY2(bad.isEmpty(), qPrintable(bad.join(QLatin1Char('\n'))));
        QVERIFY(asked > 20);

        RunRecord record;
        RunOptions run;
        run.journal = m_folder.filePath(QString::fromStdString(plan.id)).toStdString();
        run.pollInterval = 50ms;
        run.retryDelay = 20ms;
        Runner runner(client, plan, run, record.callbacks());
        runner.start();
        std::atomic<bool> over{false};
        std::thread controllers([&] {
            while (!over) {
                playControllers(*client);
                std::this_thread::sleep_for(100ms);
            }
        });
        const RunReport report = record.end(120s);
        over = true;
        controllers.join();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        for (const Verdict& verdict : record.verdicts())
            QVERIFY2(verdict.warnings.empty(), (verdict.ref.title() + join(verdict.warnings)).c_str());
        // It sees its own work, and has nothing more to do.
        const Picture after = picture();
        for (const prepare::Finding& each : after.components)
            QVERIFY2(each.presence == Presence::Installed, (each.id + " " + toString(each.presence) + " " +
                                                            join(each.missing) + join(each.ailments))
                                                               .c_str());
    }

private:
    static std::string join(const std::vector<std::string>& all)
    {
        std::string out;
        for (const std::string& each : all)
            out += (out.empty() ? "" : ", ") + each;
        return out;
    }
    static std::string nextMinor(const std::string& version)
    {
        const std::size_t dot = version.find('.');
        if (dot == std::string::npos)
            return {};
        return version.substr(0, dot + 1) + std::to_string(std::atoi(version.c_str() + dot + 1) + 1) + ".0";
    }
    // What a person would type: what is proposed, the first of what may be chosen, a plain value elsewhere.
    static void fill(const stack::Stack& stack, actions::Request& request, const actions::FieldHelp& help)
    {
        for (const actions::Field& field : actions::fieldsOf(stack, request.action, request.items)) {
            std::string& value = request.values[field.key];
            const auto choices = help.choices.find(field.key);
            if (value.empty() && choices != help.choices.end() && !choices->second.empty())
                value = choices->second.front().value;
            if (value.empty() && !field.choices.empty())
                value = field.choices.front().value;
            if (value.empty())
                value = field.value;
            if (value.empty() && field.key == actions::kCpus)
                value = "6";
            if (value.empty() && field.key == actions::kMemory)
                value = "12Gi";
            if (value.empty() && field.key == actions::kDisk)
                value = "900Gi";
            if (value.empty() && field.key == actions::kDays)
                value = "30";
        }
    }
    // Deployments become available, what operators operate becomes ready, certificates are issued,
    // namespaces go.
    void playControllers(kube::Client& client)
    {
        const auto patch = [&](const std::string& path, const Json& status) {
            (void)call(client, "PATCH", path + "/status", Json{{"status", status}}.dump());
        };
        const auto each = [&](const std::string& path, const std::function<void(const Json&)>& act) {
            const auto list = call(client, "GET", path);
            if (list && list->contains("items")) {
                for (const Json& item : list->at("items"))
                    act(item);
            }
        };
        const auto at = [](const std::string& path, const Json& item) {
            const Json& meta = item.at("metadata");
            const std::string name = meta.at("name");
            const std::size_t slash = path.rfind('/');
            return meta.contains("namespace")
                       ? path.substr(0, slash) + "/namespaces/" + meta.at("namespace").get<std::string>() +
                             path.substr(slash) + "/" + name
                       : path + "/" + name;
        };
        const auto condition = [](const char* type, const char* status) {
            return Json{{"type", type},
                        {"status", status},
                        {"reason", "Played"},
                        {"message", ""},
                        {"lastTransitionTime", "2026-01-01T00:00:00Z"}};
        };
        const std::string deployments = "/apis/apps/v1/deployments";
        each(deployments, [&](const Json& item) {
            const int replicas = item.at("spec").value("replicas", 1);
            if (item.value("status", Json::object()).value("availableReplicas", 0) == replicas)
                return;
            patch(at(deployments, item), {{"observedGeneration", item.at("metadata").at("generation")},
                                          {"replicas", replicas},
                                          {"updatedReplicas", replicas},
                                          {"readyReplicas", replicas},
                                          {"availableReplicas", replicas},
                                          {"conditions", Json::array({condition("Available", "True")})}});
        });
        const std::string daemons = "/apis/apps/v1/daemonsets";
        each(daemons, [&](const Json& item) {
            patch(at(daemons, item), {{"observedGeneration", item.at("metadata").at("generation")},
                                      {"currentNumberScheduled", 0},
                                      {"desiredNumberScheduled", 0},
                                      {"numberMisscheduled", 0},
                                      {"numberReady", 0}});
        });
        for (const std::string& path : {std::string("/apis/kubevirt.io/v1/kubevirts"),
                                        std::string("/apis/cdi.kubevirt.io/v1beta1/cdis"),
                                        std::string("/apis/cert-manager.io/v1/certificates")}) {
            each(path, [&](const Json& item) {
                if (item.contains("status") && !item.at("status").empty())
                    return;
                operated(client, path, at(path, item), condition("Available", "True"));
            });
        }
        finishNamespaces(client);
    }
    // A workload that an operator makes, and that is ready at once.
    static void operand(kube::Client& client, const std::string& ns, const std::string& plural,
                        const char* kind, const std::string& name)
    {
        const std::string path = "/apis/apps/v1/namespaces/" + ns + "/" + plural;
        const Json labels = {{"kubevirt.io", name}};
        const Json container = {{"name", "main"}, {"image", "registry.example/" + name + ":1"}};
        const Json made = {
            {"apiVersion", "apps/v1"},
            {"kind", kind},
            {"metadata", {{"name", name}, {"namespace", ns}}},
            {"spec",
             {{"selector", {{"matchLabels", labels}}},
              {"template",
               {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", Json::array({container})}}}}}}}};
        (void)call(client, "POST", path, made.dump());
        const Json status =
            kind == std::string("Deployment")
                ? Json{{"observedGeneration", 1},
                       {"replicas", 1},
                       {"updatedReplicas", 1},
                       {"readyReplicas", 1},
                       {"availableReplicas", 1}}
                : Json{
                      {"observedGeneration", 1}, {"currentNumberScheduled", 1}, {"desiredNumberScheduled", 1},
                      {"numberMisscheduled", 0}, {"updatedNumberScheduled", 1}, {"numberAvailable", 1},
                      {"numberReady", 1}};
        (void)call(client, "PATCH", path + "/" + name + "/status", Json{{"status", status}}.dump());
    }
    // An operator's work: the kinds it makes and what it says of itself.
    void operated(kube::Client& client, const std::string& kind, const std::string& path,
                  const Json& available)
    {
        Json ready = available;
        ready["type"] = "Ready";
        Json status = {{"conditions", Json::array({available, ready})}};
        if (kind.find("certificates") == std::string::npos) {
            const bool kubevirt = kind.find("kubevirts") != std::string::npos;
            const std::string group = kubevirt ? "kubevirt.io_" : "cdi.kubevirt.io_";
            (void)strata::test::installDefinitions(client, m_crds, [&](Json& definition) {
                const std::string own = definition.at("spec").at("group");
                const std::string name = definition.at("metadata").at("name");
                return own + "_" == group && name.rfind("kubevirts.", 0) != 0 && name.rfind("cdis.", 0) != 0;
            });
            const std::string ns = kubevirt ? "kubevirt" : "cdi";
            for (const char* name :
                 kubevirt ? std::vector<const char*>{"virt-api", "virt-controller"}
                          : std::vector<const char*>{"cdi-apiserver", "cdi-deployment", "cdi-uploadproxy"})
                operand(client, ns, "deployments", "Deployment", name);
            if (kubevirt)
                operand(client, ns, "daemonsets", "DaemonSet", "virt-handler");
            status["phase"] = "Deployed";
            status["observedGeneration"] = 1;
            const std::string version = kubevirt ? "v1.9.0" : "v1.66.0";
            status[kubevirt ? "observedKubeVirtVersion" : "observedVersion"] = version;
            status[kubevirt ? "targetKubeVirtVersion" : "targetVersion"] = version;
            status["operatorVersion"] = version;
        }
        (void)call(client, "PATCH", path + "/status", Json{{"status", status}}.dump());
        // Where the stand-in's definition has no status of its own.
        (void)call(client, "PATCH", path, Json{{"status", status}}.dump());
    }
};

QTEST_GUILESS_MAIN(TestPlans)
#include "test_plans.moc"
