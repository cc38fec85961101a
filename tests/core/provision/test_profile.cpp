// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/network.h"
#include "core/provision/object.h"
#include "core/provision/profile.h"

#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>

using namespace strata;
using namespace strata::provision;

namespace {

ClusterProfile named(const std::string& name = "blue")
{
    ClusterProfile profile;
    profile.name = name;
    return profile;
}

const std::string kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f you@example.com";

std::string print(const Problems& problems)
{
    std::string text;
    for (const Problem& problem : problems)
        text += problem.field + ": " + problem.text + " | " + problem.remedy + "\n";
    return text;
}

using Change = std::function<void(ClusterProfile&, SiteKnowledge&)>;

// Fields that a row of a table is about.
std::set<std::string>& triedKinds()
{
    static std::set<std::string> fields;
    return fields;
}
std::set<std::string>& triedValues()
{
    static std::set<std::string> fields;
    return fields;
}

void leaves(const Json& json, const std::string& path, std::set<std::string>& all)
{
    // Labels and variables have names of their own.
    const bool named = path == "clusterClass.variables" || path == "workers[0].labels";
    if (json.is_object() && !json.empty() && !named) {
        for (const auto& [key, value] : json.items())
            leaves(value, path.empty() ? key : path + "." + key, all);
    } else if (json.is_array() && !json.empty() && json[0].is_object()) {
        for (const Json& item : json)
            leaves(item, path + "[0]", all);
    } else {
        all.insert(path);
    }
}

} // namespace

Q_DECLARE_METATYPE(Change)

class TestProfile : public QObject {
    Q_OBJECT

    std::set<std::string> m_fields; // of a profile that has everything

private Q_SLOTS:
    void aNameIsEnough()
    {
        const Problems problems = validate(named());
        QVERIFY2(!hasErrors(problems), print(problems).c_str());
        const auto loaded = loadProfile("name: blue\n", "t");
        QVERIFY(loaded.has_value());
        QVERIFY2(loaded->problems.empty(), print(loaded->problems).c_str());
        QVERIFY(loaded->profile == named());
    }

    void exampleIsTheDefault()
    {
        const auto loaded = loadProfileFile(STRATA_PROFILE);
        QVERIFY2(loaded.has_value(), loaded ? "" : loaded.error().text.c_str());
        QVERIFY2(loaded->problems.empty(), print(loaded->problems).c_str());
        QVERIFY(loaded->profile == named());
    }

    void savedAndLoaded()
    {
        ClusterProfile p = named();
        p.tenant = "yes"; // must not come back as a boolean
        p.nameSpace = "012";
        p.image = {ImageSource::Http, "https://example.com/a.qcow2"};
        p.controlPlane = {3, {4, "8Gi", "40Gi", "fast"}};
        WorkerPool gpu;
        gpu.name = "gpu";
        gpu.count = 3;
        gpu.labels = {{"example.com/gpu", "true"}, {"n", "1"}};
        gpu.taints = {{"example.com/gpu", "yes", "NoSchedule"}, {"only", "", "NoExecute"}};
        gpu.autoscaler = Autoscaler{2, 6};
        p.workers.push_back(gpu);
        p.sshKeys = {kKey};
        p.bootstrapCheck = BootstrapCheck::None;
        p.endpoint = Endpoint::ClusterIp;
        p.network = {"10.1.0.0/16", "10.2.0.0/16", "cluster.local", 1400, 14789};
        p.cni = {Cni::Cilium, "/tmp/c.yaml", CniDelivery::InnerApi, true};
        p.addOns.cloudProvider = true;
        p.addOns.kubevirtCsi = {true, "csi.yaml", "controller.yaml"};
        p.addOns.metricsServer = {true, "https://example.com/m.yaml"};
        p.addOns.healthCheck = false;
        p.eviction = Eviction::LiveMigrateIfPossible;
        p.antiAffinity = AntiAffinity::Required;
        p.classRef = ClassChoice{"kubevirt", "shared", {{"a", "\"yes\""}, {"b", R"({"c":[1,true]})"}}};
        p.workers[1].workerClass = "big";
        const std::string text = saveProfile(p);
        const auto json = parseYaml(text, "t");
        QVERIFY(json.has_value() && json->size() == 1);
        leaves(json->front(), {}, m_fields);
        const auto loaded = loadProfile(text, "t");
        QVERIFY2(loaded.has_value(), text.c_str());
        QVERIFY2(loaded->problems.empty(), (text + print(loaded->problems)).c_str());
        QVERIFY2(loaded->profile == p, text.c_str());
        QCOMPARE(QString::fromStdString(saveProfile(loaded->profile)), QString::fromStdString(text));
    }

    void badFiles_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("words"); // of text and remedy
        QTest::newRow("typo") << QByteArray("name: a\ncontrolplane: {}\n") << "controlplane"
                              << "controlPlane";
        QTest::newRow("deep typo") << QByteArray("name: a\nworkers: [{name: w, size: {vcpu: 2}}]\n")
                                   << "workers[0].size.vcpu"
                                   << "vcpus";
        QTest::newRow("unknown") << QByteArray("name: a\nfoobarbaz: 1\n") << "foobarbaz"
                                 << "Remove";
        QTest::newRow("text for number")
            << QByteArray("name: a\ncontrolPlane: {replicas: many}\n") << "controlPlane.replicas"
            << "whole number";
        QTest::newRow("fraction") << QByteArray("name: a\ncontrolPlane: {replicas: 1.5}\n")
                                  << "controlPlane.replicas"
                                  << "whole number";
        QTest::newRow("huge") << QByteArray("name: a\ncontrolPlane: {replicas: 99999999999999}\n")
                              << "controlPlane.replicas"
                              << "whole number";
        QTest::newRow("choice") << QByteArray("name: a\nendpoint: Ingress\n") << "endpoint"
                                << "NodePort";
        QTest::newRow("mapping for text") << QByteArray("name: {a: b}\n") << "name"
                                          << "a text";
        QTest::newRow("boolean for text") << QByteArray("name: yes\n") << "name"
                                          << "a text";
        QTest::newRow("text for mapping") << QByteArray("name: a\nnetwork: flat\n") << "network"
                                          << "mapping";
        QTest::newRow("mapping for list") << QByteArray("name: a\nworkers: {a: b}\n") << "workers"
                                          << "a list";
        QTest::newRow("taint") << QByteArray("name: a\nworkers: [{taints: [gpu=yes]}]\n")
                               << "workers[0].taints[0]"
                               << "NoSchedule";
        QTest::newRow("label number")
            << QByteArray("name: a\nworkers: [{labels: {a: 1}}]\n") << "workers[0].labels.a"
            << "quotes";
        QTest::newRow("key") << QByteArray("name: a\nsshKeys: [1]\n") << "sshKeys[0]"
                             << "public key";
        // A value of a wrong kind in every place that has one.
        const auto wrong = [](const char* field, const char* yaml, const char* words) {
            triedKinds().insert(field);
            QTest::newRow(QByteArray("kind of ") + field)
                << QByteArray("name: a\n") + yaml << field << QString::fromLatin1(words);
        };
        wrong("tenant", "tenant: [a]\n", "a text");
        wrong("namespace", "namespace: {a: b}\n", "a text");
        wrong("kubernetesVersion", "kubernetesVersion: [1]\n", "a text");
        wrong("clusterClass", "clusterClass: kubevirt\n", "mapping");
        wrong("clusterClass.name", "clusterClass: {name: [a]}\n", "a text");
        wrong("clusterClass.namespace", "clusterClass: {name: a, namespace: [b]}\n", "a text");
        wrong("clusterClass.variables", "clusterClass: {name: a, variables: [b]}\n", "mapping");
        wrong("image", "image: ubuntu\n", "mapping");
        wrong("image.source", "image: {source: floppy}\n", "registry");
        wrong("image.location", "image: {location: [a]}\n", "a text");
        wrong("controlPlane", "controlPlane: 3\n", "mapping");
        wrong("controlPlane.size", "controlPlane: {size: big}\n", "mapping");
        wrong("controlPlane.size.vcpus", "controlPlane: {size: {vcpus: two}}\n", "whole number");
        wrong("controlPlane.size.memory", "controlPlane: {size: {memory: [4]}}\n", "a text");
        wrong("controlPlane.size.disk", "controlPlane: {size: {disk: true}}\n", "a text");
        wrong("controlPlane.size.storageClass", "controlPlane: {size: {storageClass: [a]}}\n", "a text");
        wrong("workers[0]", "workers: [w]\n", "mapping");
        wrong("workers[0].name", "workers: [{name: [w]}]\n", "a text");
        wrong("workers[0].class", "workers: [{class: [w]}]\n", "a text");
        wrong("workers[0].count", "workers: [{count: many}]\n", "whole number");
        wrong("workers[0].size.vcpus", "workers: [{size: {vcpus: 1.5}}]\n", "whole number");
        wrong("workers[0].size.memory", "workers: [{size: {memory: true}}]\n", "a text");
        wrong("workers[0].size.disk", "workers: [{size: {disk: [1]}}]\n", "a text");
        wrong("workers[0].size.storageClass", "workers: [{size: {storageClass: {a: b}}}]\n", "a text");
        wrong("workers[0].labels", "workers: [{labels: [a]}]\n", "mapping");
        wrong("workers[0].taints", "workers: [{taints: {a: b}}]\n", "a list");
        wrong("workers[0].autoscaler", "workers: [{autoscaler: 3}]\n", "mapping");
        wrong("workers[0].autoscaler.min", "workers: [{autoscaler: {min: one, max: 2}}]\n", "whole number");
        wrong("workers[0].autoscaler.max", "workers: [{autoscaler: {max: all}}]\n", "whole number");
        wrong("sshKeys", "sshKeys: ssh-ed25519\n", "a list");
        wrong("bootstrapCheck", "bootstrapCheck: telnet\n", "ssh");
        wrong("network.podCidr", "network: {podCidr: [a]}\n", "a text");
        wrong("network.serviceCidr", "network: {serviceCidr: [a]}\n", "a text");
        wrong("network.serviceDomain", "network: {serviceDomain: [a]}\n", "a text");
        wrong("network.mtu", "network: {mtu: large}\n", "whole number");
        wrong("network.vxlanPort", "network: {vxlanPort: http}\n", "whole number");
        wrong("cni", "cni: calico\n", "mapping");
        wrong("cni.kind", "cni: {kind: weave}\n", "cilium");
        wrong("cni.manifest", "cni: {manifest: [a]}\n", "a text");
        wrong("cni.delivery", "cni: {delivery: post}\n", "innerApi");
        wrong("cni.replacesKubeProxy", "cni: {replacesKubeProxy: maybe}\n", "true or false");
        wrong("addOns", "addOns: all\n", "mapping");
        wrong("addOns.cloudProvider", "addOns: {cloudProvider: 3}\n", "true or false");
        wrong("addOns.cloudProviderImage", "addOns: {cloudProviderImage: [a]}\n", "a text");
        wrong("addOns.kubevirtCsi", "addOns: {kubevirtCsi: csi.yaml}\n", "mapping");
        wrong("addOns.kubevirtCsi.enabled", "addOns: {kubevirtCsi: {enabled: 7}}\n", "true or false");
        wrong("addOns.kubevirtCsi.manifest", "addOns: {kubevirtCsi: {manifest: [a]}}\n", "a text");
        wrong("addOns.kubevirtCsi.controller", "addOns: {kubevirtCsi: {controller: [a]}}\n", "a text");
        wrong("addOns.metricsServer", "addOns: {metricsServer: [a]}\n", "mapping");
        wrong("addOns.metricsServer.enabled", "addOns: {metricsServer: {enabled: 7}}\n", "true or false");
        wrong("addOns.metricsServer.manifest", "addOns: {metricsServer: {manifest: [a]}}\n", "a text");
        wrong("addOns.healthCheck", "addOns: {healthCheck: [a]}\n", "true or false");
        wrong("eviction", "eviction: Shove\n", "LiveMigrate");
        wrong("antiAffinity", "antiAffinity: always\n", "required");
    }
    void badFiles()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(QString, field);
        QFETCH(QString, words);
        const auto loaded = loadProfile(yaml.toStdString(), "t");
        QVERIFY(loaded.has_value());
        QCOMPARE(loaded->problems.size(), std::size_t{1});
        const Problem& problem = loaded->problems.front();
        QCOMPARE(QString::fromStdString(problem.field), field);
        const QString said = QString::fromStdString(problem.text + " " + problem.remedy);
        QVERIFY2(said.contains(words), qPrintable(said));
        QVERIFY(!problem.remedy.empty());
    }

    void notAProfile_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::newRow("empty") << QByteArray("");
        QTest::newRow("list") << QByteArray("- a\n");
        QTest::newRow("two") << QByteArray("name: a\n---\nname: b\n");
        QTest::newRow("other kind") << QByteArray("apiVersion: v1\nkind: Pod\n");
        QTest::newRow("newer") << QByteArray("apiVersion: strata/v2\nkind: ClusterProfile\n");
        QTest::newRow("twice") << QByteArray("name: a\nname: b\n");
        QTest::newRow("alias") << QByteArray("name: &x a\ntenant: *y\n");
        QTest::newRow("broken") << QByteArray("name: [\n");
        QTest::newRow("deep") << QByteArray(1000, '[');
    }
    void notAProfile()
    {
        QFETCH(QByteArray, yaml);
        const auto loaded = loadProfile(yaml.toStdString(), "file.yaml");
        QVERIFY(!loaded.has_value());
        QVERIFY2(loaded.error().text.find("file.yaml") != std::string::npos, loaded.error().text.c_str());
    }

    void badValues_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("field");
        QTest::addColumn<bool>("isError");
        const auto row = [](const char* name, const char* field, Change change, bool isError = true) {
            triedValues().insert(field);
            QTest::newRow(name) << change << field << isError;
        };
        row("no name", "name", [](auto& p, auto&) { p.name.clear(); });
        row("upper case", "name", [](auto& p, auto&) { p.name = "Blue"; });
        row("dot", "name", [](auto& p, auto&) { p.name = "a.b"; });
        row("dash at the end", "name", [](auto& p, auto&) { p.name = "a-"; });
        row("digit", "name", [](auto& p, auto&) { p.name = "1a"; });
        row("derived too long", "name", [](auto& p, auto&) {
            p.name = std::string(55, 'a');
            p.workers.clear();
        });
        row("name and pool", "workers[0].name", [](auto& p, auto&) { p.name = std::string(47, 'a'); });
        row("namespace", "namespace", [](auto& p, auto&) { p.nameSpace = "a_b"; });
        row("system namespace", "namespace", [](auto& p, auto&) { p.nameSpace = "kube-system"; });
        row("tenant", "tenant", [](auto& p, auto&) { p.tenant = "a b"; });
        row("version", "kubernetesVersion", [](auto& p, auto&) { p.kubernetesVersion = "1.34.1"; });
        row("short version", "kubernetesVersion", [](auto& p, auto&) { p.kubernetesVersion = "v1.34"; });
        row("too new", "kubernetesVersion", [](auto& p, auto& s) {
            p.kubernetesVersion = "v1.37.0";
            s.clusterApiVersion = "v1.14.0";
        });
        row("too old", "kubernetesVersion", [](auto& p, auto& s) {
            p.kubernetesVersion = "v1.30.9";
            s.clusterApiVersion = "v1.14.0";
        });
        row(
            "unmaintained", "kubernetesVersion", [](auto& p, auto&) { p.kubernetesVersion = "v1.20.0"; },
            false);
        row("image scheme", "image.location",
            [](auto& p, auto&) { p.image.location = "docker://quay.io/a/b:v1"; });
        row("image without registry", "image.location", [](auto& p, auto&) { p.image.location = "ubuntu"; });
        row("image of another version", "image.location",
            [](auto& p, auto&) { p.image.location = "quay.io/capk/ubuntu-2204-container-disk:v1.31.0"; });
        row(
            "container disk", "image.source",
            [](auto& p, auto&) { p.image.source = ImageSource::ContainerDisk; }, false);
        row("no CDI", "image.source", [](auto&, auto& s) { s.hasCdi = false; });
        row("URL", "image.location", [](auto& p, auto&) { p.image = {ImageSource::Http, "ftp://x/y"}; });
        row("claim", "image.location", [](auto& p, auto&) { p.image = {ImageSource::Pvc, "only-a-name"}; });
        row("even", "controlPlane.replicas", [](auto& p, auto&) { p.controlPlane.replicas = 2; });
        row("seven", "controlPlane.replicas", [](auto& p, auto&) { p.controlPlane.replicas = 7; });
        row("none", "controlPlane.replicas", [](auto& p, auto&) { p.controlPlane.replicas = 0; });
        row("one CPU", "controlPlane.size.vcpus", [](auto& p, auto&) { p.controlPlane.size.vcpus = 1; });
        row("no CPU", "workers[0].size.vcpus", [](auto& p, auto&) { p.workers[0].size.vcpus = 0; });
        row("memory unit", "workers[0].size.memory",
            [](auto& p, auto&) { p.workers[0].size.memory = "4GB"; });
        row("memory bare", "workers[0].size.memory", [](auto& p, auto&) { p.workers[0].size.memory = "4"; });
        row("memory negative", "controlPlane.size.memory",
            [](auto& p, auto&) { p.controlPlane.size.memory = "-4Gi"; });
        row("memory little", "controlPlane.size.memory",
            [](auto& p, auto&) { p.controlPlane.size.memory = "1Gi"; });
        row("memory absurd", "workers[0].size.memory",
            [](auto& p, auto&) { p.workers[0].size.memory = "999Ti"; });
        row("disk", "workers[0].size.disk", [](auto& p, auto&) { p.workers[0].size.disk = "big"; });
        row("disk little", "workers[0].size.disk", [](auto& p, auto&) { p.workers[0].size.disk = "1Gi"; });
        row("class name", "workers[0].size.storageClass",
            [](auto& p, auto&) { p.workers[0].size.storageClass = "A B"; });
        row("class absent", "controlPlane.size.storageClass", [](auto& p, auto& s) {
            p.controlPlane.size.storageClass = "slow";
            s.storageClassesKnown = true;
            s.storageClasses = {"fast"};
        });
        row("pool name", "workers[0].name", [](auto& p, auto&) { p.workers[0].name = "a.b"; });
        row("pool reserved", "workers[0].name", [](auto& p, auto&) { p.workers[0].name = "cp"; });
        row("pool twice", "workers[1].name", [](auto& p, auto&) { p.workers.push_back(p.workers[0]); });
        row("count", "workers[0].count", [](auto& p, auto&) { p.workers[0].count = -1; });
        row("label key", "workers[0].labels.a b", [](auto& p, auto&) {
            p.workers[0].labels = {{"a b", "c"}};
        });
        row("label value", "workers[0].labels.a", [](auto& p, auto&) { p.workers[0].labels = {{"a", "-"}}; });
        row("label of kubelet", "workers[0].labels.kubernetes.io/role", [](auto& p, auto&) {
            p.workers[0].labels = {{"kubernetes.io/role", "x"}};
        });
        row("taint effect", "workers[0].taints[0]", [](auto& p, auto&) {
            p.workers[0].taints = {{"a", "b", "Never"}};
        });
        row("taint key", "workers[0].taints[0]", [](auto& p, auto&) {
            p.workers[0].taints = {{"", "b", "NoSchedule"}};
        });
        row("scaler", "workers[0].autoscaler", [](auto& p, auto&) {
            p.workers[0].autoscaler = Autoscaler{4, 2};
        });
        row("scaler start", "workers[0].count", [](auto& p, auto&) {
            p.workers[0].autoscaler = Autoscaler{3, 5};
        });
        row(
            "no workers", "workers", [](auto& p, auto&) { p.workers.clear(); }, false);
        row("private key", "sshKeys[0]",
            [](auto& p, auto&) { p.sshKeys = {"-----BEGIN OPENSSH PRIVATE KEY-----"}; });
        row("key cut", "sshKeys[0]", [](auto& p, auto&) { p.sshKeys = {kKey.substr(0, 40)}; });
        row("key type", "sshKeys[1]", [](auto& p, auto&) { p.sshKeys = {kKey, "ssh-foo AAAA"}; });
        row("key of two lines", "sshKeys[0]", [](auto& p, auto&) { p.sshKeys = {kKey + "\nroot"}; });
        row("key of another type", "sshKeys[0]",
            [](auto& p, auto&) { p.sshKeys = {"ssh-rsa" + kKey.substr(kKey.find(' '))}; });
        row(
            "reach", "endpoint", [](auto& p, auto&) { p.endpoint = Endpoint::NodePort; }, false);
        row("CIDR", "network.podCidr", [](auto& p, auto&) { p.network.podCidr = "10.243.0.0"; });
        row("CIDR bits", "network.podCidr", [](auto& p, auto&) { p.network.podCidr = "10.243.0.1/16"; });
        row("CIDR narrow", "network.podCidr", [](auto& p, auto&) { p.network.podCidr = "10.243.0.0/28"; });
        row("CIDR room", "network.podCidr", [](auto& p, auto&) {
            p.network.podCidr = "10.243.0.0/22";
            p.workers[0].count = 9;
        });
        row("CIDR overlap", "network.serviceCidr",
            [](auto& p, auto&) { p.network.serviceCidr = "10.243.128.0/17"; });
        row("CIDR family", "network.serviceCidr",
            [](auto& p, auto&) { p.network.serviceCidr = "fd00::/108"; });
        row("CIDR taken", "network.podCidr", [](auto&, auto& s) {
            s.networks = {{"10.243.7.0/24", "sibling"}};
        });
        row("domain", "network.serviceDomain", [](auto& p, auto&) { p.network.serviceDomain = "a..b"; });
        row("MTU", "network.mtu", [](auto& p, auto&) { p.network.mtu = 100; });
        row("port", "network.vxlanPort", [](auto& p, auto&) { p.network.vxlanPort = 70000; });
        row("http", "cni.manifest", [](auto& p, auto&) { p.cni.manifest = "http://example.com/x"; });
        row("cilium", "cni.manifest", [](auto& p, auto&) { p.cni.kind = Cni::Cilium; });
        row(
            "no CNI", "cni.kind", [](auto& p, auto&) { p.cni.kind = Cni::None; }, false);
        row("kube-proxy", "cni.replacesKubeProxy", [](auto& p, auto&) { p.cni.replacesKubeProxy = true; });
        row("csi", "addOns.kubevirtCsi.manifest",
            [](auto& p, auto&) { p.addOns.kubevirtCsi.enabled = true; });
        row("metrics", "addOns.metricsServer.manifest",
            [](auto& p, auto&) { p.addOns.metricsServer.enabled = true; });
        row("service CIDR", "network.serviceCidr", [](auto& p, auto&) { p.network.serviceCidr = "x"; });
        row("service CIDR wide", "network.serviceCidr",
            [](auto& p, auto&) { p.network.serviceCidr = "10.0.0.0/8"; });
        row("storage class of a pool", "workers[0].size.storageClass", [](auto& p, auto& s) {
            p.workers[0].size.storageClass = "slow";
            s.storageClassesKnown = true;
        });
        row("plane disk", "controlPlane.size.disk", [](auto& p, auto&) { p.controlPlane.size.disk = "1Gi"; });
        row("no image", "image.location", [](auto& p, auto&) { p.image.location.clear(); });
        row("csi over http", "addOns.kubevirtCsi.manifest", [](auto& p, auto&) {
            p.addOns.kubevirtCsi = {true, "http://x/y.yaml", {}};
        });
        row("csi controller over http", "addOns.kubevirtCsi.controller", [](auto& p, auto&) {
            p.addOns.kubevirtCsi = {true, "csi.yaml", "http://x/y.yaml"};
        });
        row(
            "csi without a controller", "addOns.kubevirtCsi.controller",
            [](auto& p, auto&) {
                p.addOns.kubevirtCsi = {true, "csi.yaml", {}};
            },
            false);
        row("metrics over http", "addOns.metricsServer.manifest", [](auto& p, auto&) {
            p.addOns.metricsServer = {true, "http://x/y.yaml", {}};
        });
        // With a ClusterClass.
        const auto classes = [](SiteKnowledge& s) {
            KnownClass known;
            known.name = "kubevirt";
            known.ns = "shared";
            known.workerClasses = {"default-worker"};
            known.versions = {"v1.34.1"};
            ClassVariable variable;
            variable.name = "zone";
            variable.required = true;
            known.variables = {variable};
            s.classes = {known};
            s.classesKnown = true;
        };
        const auto chosen = [] { return ClassChoice{"kubevirt", "shared", {{"zone", "\"a\""}}}; };
        row("class without a name", "clusterClass.name", [](auto& p, auto&) { p.classRef = ClassChoice{}; });
        row("class of no name", "clusterClass.name", [](auto& p, auto&) {
            p.classRef = ClassChoice{"A b", {}, {}};
        });
        row("class absent", "clusterClass.name", [=](auto& p, auto& s) {
            classes(s);
            p.classRef = ClassChoice{"other", "shared", {}};
        });
        row("class namespace", "clusterClass.namespace", [](auto& p, auto&) {
            p.classRef = ClassChoice{"kubevirt", "A b", {}};
        });
        row("class value missing", "clusterClass.variables.zone", [=](auto& p, auto& s) {
            classes(s);
            p.classRef = ClassChoice{"kubevirt", "shared", {}};
        });
        row("class variable unknown", "clusterClass.variables.size", [=](auto& p, auto& s) {
            classes(s);
            p.classRef = chosen();
            p.classRef->variables["size"] = "1";
        });
        row("class value broken", "clusterClass.variables.zone", [](auto& p, auto&) {
            p.classRef = ClassChoice{"kubevirt", {}, {{"zone", "{"}}};
        });
        row("class version", "kubernetesVersion", [=](auto& p, auto& s) {
            classes(s);
            p.classRef = chosen();
            p.kubernetesVersion = "v1.33.1";
        });
        row("worker class", "workers[0].class", [=](auto& p, auto& s) {
            classes(s);
            p.classRef = chosen();
            p.workers[0].workerClass = "huge";
        });
        row("worker class without a class", "workers[0].class",
            [](auto& p, auto&) { p.workers[0].workerClass = "huge"; });
        row("taint with a class", "workers[0].taints", [=](auto& p, auto&) {
            p.classRef = chosen();
            p.workers[0].taints = {{"a", "b", "NoSchedule"}};
        });
        row("label with a class", "workers[0].labels.example.com/zone", [=](auto& p, auto&) {
            p.classRef = chosen();
            p.workers[0].labels = {{"example.com/zone", "west"}};
        });
        row("cloud provider with a class", "addOns.cloudProvider", [=](auto& p, auto&) {
            p.classRef = chosen();
            p.addOns.cloudProvider = true;
        });
        row("kube-proxy with a class", "cni.replacesKubeProxy", [=](auto& p, auto&) {
            p.classRef = chosen();
            p.cni = {Cni::Cilium, "/c.yaml", CniDelivery::ResourceSet, true};
        });
        row(
            "keys with a class", "sshKeys",
            [=](auto& p, auto&) {
                p.classRef = chosen();
                p.sshKeys = {kKey};
            },
            false);
        row("kccm", "addOns.cloudProviderImage", [](auto& p, auto&) {
            p.addOns.cloudProvider = true;
            p.addOns.cloudProviderImage.clear();
        });
        row(
            "eviction", "eviction", [](auto& p, auto&) { p.eviction = Eviction::None; }, false);
        row(
            "affinity", "antiAffinity",
            [](auto& p, auto&) {
                p.controlPlane.replicas = 3;
                p.antiAffinity = AntiAffinity::None;
            },
            false);
    }
    void badValues()
    {
        QFETCH(Change, change);
        QFETCH(QString, field);
        QFETCH(bool, isError);
        ClusterProfile profile = named();
        SiteKnowledge site;
        change(profile, site);
        const Problems problems = validate(profile, site);
        const auto found = std::find_if(problems.begin(), problems.end(), [&](const Problem& problem) {
            return problem.field == field.toStdString();
        });
        QVERIFY2(found != problems.end(), print(problems).c_str());
        QCOMPARE(found->severity == Severity::Error, isError);
        QCOMPARE(hasErrors(problems), isError);
        QVERIFY(!found->text.empty());
        QVERIFY(!found->remedy.empty());
    }

    // No field of a profile without a value that is refused, by its kind and by what it says.
    void everyFieldIsTried()
    {
        if (m_fields.empty() || triedKinds().empty() || triedValues().empty())
            QSKIP("It looks at the tables of the functions above.");
        QVERIFY(m_fields.size() > 40);
        // A kind is all that can be wrong with these.
        static const std::set<std::string> onlyKinds = {"image.source",
                                                        "bootstrapCheck",
                                                        "endpoint",
                                                        "cni.kind",
                                                        "cni.delivery",
                                                        "addOns.cloudProvider",
                                                        "addOns.healthCheck",
                                                        "addOns.kubevirtCsi.enabled",
                                                        "eviction",
                                                        "antiAffinity",
                                                        "cni.replacesKubeProxy",
                                                        "addOns.metricsServer.enabled"};
        std::string missing;
        for (const std::string& field : m_fields) {
            if (field == "apiVersion" || field == "kind") // another is no profile at all
                continue;
            const auto tried = [&field](const std::set<std::string>& rows) {
                return std::any_of(rows.begin(), rows.end(), [&](const std::string& row) {
                    // A row about a list's item, a label or a bound is one about its field, and the other
                    // way.
                    return row == field || row.rfind(field + ".", 0) == 0 || row.rfind(field + "[", 0) == 0 ||
                           field.rfind(row + ".", 0) == 0;
                });
            };
            if (!tried(triedKinds()) && field != "name" && field != "controlPlane.replicas" &&
                field != "endpoint") // rows of their own
                missing += field + " (kind) ";
            if (!tried(triedValues()) && onlyKinds.count(field) == 0)
                missing += field + " (value) ";
        }
        QVERIFY2(missing.empty(), missing.c_str());
    }

    void goodValues()
    {
        ClusterProfile p = named();
        p.sshKeys = {kKey};
        p.workers[0].labels = {{"example.com/zone", "west"}, {"node-role.kubernetes.io/worker", ""}};
        p.workers[0].taints = {*parseTaint("example.com/gpu=yes:NoSchedule"), *parseTaint("a:NoExecute")};
        p.network.podCidr = "fd00:1::/56";
        p.network.serviceCidr = "fd00:2::/108";
        p.image.location = "registry.example.com:5000/images/node";
        const Problems problems = validate(p);
        QVERIFY2(!hasErrors(problems), print(problems).c_str());
        QCOMPARE(p.effectiveImage(), std::string("registry.example.com:5000/images/node:v1.34.1"));
        p.image.location += "@sha256:00";
        QCOMPARE(p.effectiveImage(), p.image.location);
    }

    void cidrs_data()
    {
        QTest::addColumn<QString>("a");
        QTest::addColumn<QString>("b");
        QTest::addColumn<bool>("overlapping");
        QTest::newRow("same") << "10.0.0.0/8"
                              << "10.0.0.0/8" << true;
        QTest::newRow("inside") << "10.0.0.0/8"
                                << "10.255.0.0/16" << true;
        QTest::newRow("beside") << "10.0.0.0/9"
                                << "10.128.0.0/9" << false;
        QTest::newRow("last address") << "10.0.255.255/32"
                                      << "10.0.0.0/16" << true;
        QTest::newRow("one after") << "10.1.0.0/32"
                                   << "10.0.0.0/16" << false;
        QTest::newRow("everything") << "0.0.0.0/0"
                                    << "192.168.1.0/24" << true;
        QTest::newRow("families") << "::/0"
                                  << "10.0.0.0/8" << false;
        QTest::newRow("v6") << "fd00::/48"
                            << "fd00:0:0:1::/64" << true;
        QTest::newRow("v6 beside") << "fd00:0:1::/48"
                                   << "fd00:0:2::/48" << false;
    }
    void cidrs()
    {
        QFETCH(QString, a);
        QFETCH(QString, b);
        QFETCH(bool, overlapping);
        const auto first = parseCidr(a.toStdString());
        const auto second = parseCidr(b.toStdString());
        QVERIFY(first && second);
        QCOMPARE(overlap(*first, *second), overlapping);
        QCOMPARE(overlap(*second, *first), overlapping);
        QCOMPARE(QString::fromStdString(first->text()), a);
    }

    void notCidrs()
    {
        for (const char* text : {"", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
                                 "10.0.0.0/08x", "::/129", "x/8", "10.0.0.0/", "/8", "300.0.0.0/8"})
            QVERIFY2(!parseCidr(text), text);
    }

    void proposals()
    {
        const auto first = proposeCidrs({});
        QVERIFY(first.has_value());
        QCOMPARE(first->pods, std::string("10.243.0.0/16"));
        QCOMPARE(first->services, std::string("10.95.0.0/16"));
        // Each tenant's networks are in use for the next: none may ever collide.
        std::vector<UsedNetwork> used = {
            {"10.0.0.0/16", "hosts"}, {"10.244.0.0/16", "pods"}, {"garbage", "?"}};
        for (int i = 0; i < 120; ++i) {
            const auto next = proposeCidrs(used);
            QVERIFY2(next.has_value(), std::to_string(i).c_str());
            const auto pods = parseCidr(next->pods);
            const auto services = parseCidr(next->services);
            QVERIFY(pods && services && pods->exact() && services->exact());
            QVERIFY(collision(*pods, used) == nullptr);
            QVERIFY(collision(*services, used) == nullptr);
            QVERIFY(!overlap(*pods, *services));
            used.push_back({next->pods, "p"});
            used.push_back({next->services, "s"});
        }
        QVERIFY(!proposeCidrs({{"0.0.0.0/0", "all"}}).has_value());
        const auto small = proposeCidrs(
            {{"10.0.0.0/9", ""}, {"10.128.0.0/9", ""}, {"172.16.0.0/12", ""}, {"192.168.0.0/17", ""}});
        QVERIFY(small.has_value());
        QCOMPARE(small->pods, std::string("192.168.128.0/18"));
        QCOMPARE(small->services, std::string("192.168.192.0/18"));
    }

    void overlays()
    {
        const OverlayProposal unknown = proposeOverlay({});
        QCOMPARE(unknown.mtu, 1400);
        QVERIFY(unknown.vxlanPort != 4789 && unknown.vxlanPort != 8472);
        OuterOverlay jumbo;
        jumbo.podMtu = 8950;
        jumbo.ports = {8472};
        QCOMPARE(proposeOverlay(jumbo).mtu, 8900);
        QCOMPARE(proposeOverlay(jumbo).vxlanPort, 4789);
        jumbo.ipv6Underlay = true;
        QCOMPARE(proposeOverlay(jumbo).mtu, 8880);
        QVERIFY(proposeOverlay(jumbo).why.find("8950") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestProfile)
#include "test_profile.moc"
