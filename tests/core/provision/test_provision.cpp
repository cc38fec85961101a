// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/api.h"
#include "core/provision/classes.h"
#include "core/provision/fit.h"
#include "core/provision/journal.h"
#include "core/provision/manifests.h"
#include "core/provision/recipes/create_plan.h"
#include "tests/core/provision/richprofile.h"
#include "tests/support/crdschema.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace strata;
using namespace strata::provision;
using strata::test::richProfile;

namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30;

ClusterProfile ofClass()
{
    ClusterProfile p;
    p.name = "blue";
    p.tenant = "acme";
    p.nameSpace = "tenant-blue";
    p.controlPlane.replicas = 3;
    p.classRef =
        ClassChoice{"kubevirt",
                    "shared",
                    {{"endpoint", "\"ClusterIP\""}, {"workerMachine", R"({"cores":8,"memory":"16Gi"})"}}};
    WorkerPool big;
    big.name = "big";
    big.count = 3;
    big.workerClass = "big-worker";
    big.labels = {{"node-role.kubernetes.io/big", ""}};
    big.autoscaler = Autoscaler{2, 6};
    p.workers.push_back(big);
    return p;
}

const char* const kClass = R"({"metadata":{"name":"kubevirt","namespace":"shared"},"spec":{
    "workers":{"machineDeployments":[{"class":"default-worker"},{"class":"big-worker"}]},
    "variables":[
      {"name":"endpoint","schema":{"openAPIV3Schema":{"type":"string","enum":["LoadBalancer","ClusterIP"],"default":"LoadBalancer"}}},
      {"name":"workerMachine","schema":{"openAPIV3Schema":{"type":"object","properties":{
        "cores":{"type":"integer","minimum":1,"maximum":64,"default":2},
        "memory":{"type":"string","pattern":"^[0-9]+Gi$"}}}}},
      {"name":"tags","schema":{"openAPIV3Schema":{"type":"array","minItems":1,"items":{"type":"string","minLength":1}}}}],
    "patches":[{"name":"sizes","definitions":[{"selector":{"kind":"KubevirtMachineTemplate",
      "matchResources":{"machineDeploymentClass":{"names":["default-worker"]}}},
      "jsonPatches":[{"op":"replace","path":"/spec/template/spec/virtualMachineTemplate/spec/template/spec/domain/cpu/cores",
        "valueFrom":{"variable":"workerMachine.cores"}}]}]}]}})";

std::vector<Object> calico()
{
    const char* text = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: calico-config, namespace: kube-system}
data: {veth_mtu: "0", calico_backend: bird}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: calico-node
        env:
        - {name: CALICO_IPV4POOL_IPIP, value: Always}
        livenessProbe: {exec: {command: [/bin/calico-node, -felix-live, -bird-live]}}
)";
    return *objectsFromYaml(text, "calico");
}

Manifests manifests()
{
    Manifests m;
    m.cni = calico();
    return m;
}

Capabilities contract(bool old)
{
    Capabilities server;
    if (old) {
        server.coreVersion = "v1beta1";
        server.bootstrapVersion = "v1beta1";
        server.controlPlaneVersion = "v1beta1";
        server.addonsVersion = "v1beta1";
    }
    return server;
}

const Object& find(const std::vector<Object>& objects, const std::string& kind, const std::string& name)
{
    for (const Object& object : objects) {
        if (object.kind() == kind && object.name() == name)
            return object;
    }
    static const Object none;
    return none;
}

NodeRoom node(const char* name, int cpu, std::int64_t gi, const char* closed = "")
{
    NodeRoom room;
    room.name = name;
    room.free = {cpu * 1000, gi * kGi, 100};
    room.closed = closed;
    return room;
}

} // namespace

class TestProvision : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // An API server takes a deletion's options from its body or, without one, from its query: a dry run that
    // stands in the query beside a body is carried out.
    void aDeletionIsTriedInItsBody()
    {
        const kube::ResourceId pools{"cluster.x-k8s.io", "v1beta2", "machinedeployments", true};
        const kube::Request dry = deleteDryRun(pools, "blue", "md-0", "uid-1");
        QCOMPARE(dry.method, std::string("DELETE"));
        QVERIFY(dry.query.empty());
        const Json body = Json::parse(dry.body);
        QCOMPARE(body.at("dryRun").dump(), std::string(R"(["All"])"));
        QCOMPARE(body.at("preconditions").at("uid").get<std::string>(), std::string("uid-1"));
        QVERIFY(!Json::parse(deleteRequest(pools, "blue", "md-0", "uid-1").body).contains("dryRun"));
    }

    void yamlRoundTrip_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* text : {"",
                                 "a",
                                 "yes",
                                 "no",
                                 "on",
                                 "y",
                                 "null",
                                 "~",
                                 "1",
                                 "1.5",
                                 "0644",
                                 "0x10",
                                 "1e3",
                                 ".5",
                                 "1_000",
                                 "true",
                                 "2001-01-01",
                                 "10:20",
                                 "190:20:30",
                                 "a: b",
                                 "a:",
                                 "- a",
                                 "#c",
                                 "a #c",
                                 "a#c",
                                 " lead",
                                 "trail ",
                                 "'q'",
                                 "\"d\"",
                                 "{a}",
                                 "[a]",
                                 "a,b",
                                 "*x",
                                 "&x",
                                 "!x",
                                 "%x",
                                 "@x",
                                 "`x",
                                 "|",
                                 ">",
                                 "?",
                                 "? a",
                                 "-",
                                 "--",
                                 "---",
                                 "...",
                                 "=",
                                 "<<",
                                 "a\nb",
                                 "a\nb\n",
                                 "a\n\nb\n\n",
                                 "\n",
                                 "\na",
                                 " a\nb",
                                 "a\tb",
                                 "tab\n\tx\n",
                                 "\x01",
                                 "ümläut",
                                 "emoji 🙂\nline",
                                 "\\",
                                 "C:\\x",
                                 "a\r\nb",
                                 "+1",
                                 "-1",
                                 "-",
                                 "0",
                                 "00",
                                 "08",
                                 "0b1",
                                 "1e",
                                 "e1",
                                 "Infinity",
                                 ".inf",
                                 ".nan",
                                 "NaN",
                                 "v1.34.1",
                                 "docker://q/x:v1",
                                 "key=value:NoSchedule",
                                 "$x",
                                 "/a",
                                 "a%",
                                 "ünter: x"})
            QTest::newRow(
                qPrintable(QString::fromUtf8(text).left(20).replace(QLatin1Char('\n'), QLatin1Char('|'))))
                << QString::fromUtf8(text);
    }
    void yamlRoundTrip()
    {
        QFETCH(QString, text);
        const std::string value = text.toStdString();
        Json json = {{"plain", value},
                     {"list", Json::array({value, Json::array({value}), Json{{"k", value}, {"l", 1}}})}};
        if (!value.empty())
            json["keys"][value] = 1;
        json["empty"] = {{"map", Json::object()}, {"list", Json::array()}};
        json["numbers"] = Json::array({0, -5, 1.5, true, false, INT64_MAX, UINT64_MAX});
        const std::string yaml = toYaml(json);
        const auto back = parseYaml(yaml, "t");
        QVERIFY2(back.has_value(), back ? "" : (back.error().text + "\n" + yaml).c_str());
        QCOMPARE(back->size(), std::size_t{1});
        QVERIFY2(back->front() == json, (yaml + "\n" + back->front().dump()).c_str());
    }

    void yamlAsKubectlReadsIt()
    {
        const auto read =
            parseYaml("a: yes\nb: off\nc: 0644\nd: 0x1F\ne: ~\nf: 'yes'\ng: 1_0\nh: !!str 5\ni: -0b11\n"
                      "j: 12345678901234567890\nk: 1e3\nl: 2024-01-01\n",
                      "t");
        QVERIFY(read.has_value());
        QCOMPARE(
            read->front().dump(),
            std::string(R"({"a":true,"b":false,"c":420,"d":31,"e":null,"f":"yes","g":"1_0","h":"5","i":-3,)"
                        R"("j":12345678901234567890,"k":1000.0,"l":"2024-01-01"})"));
    }

    // Aliases and merge keys are written out, as kubectl does.
    void aliasesAreWrittenOut()
    {
        const auto read = parseYaml("base: &base {app: web, tier: front}\n"
                                    "port: &port 80\n"
                                    "list: &list [*port, 81]\n"
                                    "labels:\n"
                                    "  <<: *base\n"
                                    "  tier: back\n"
                                    "both: {<<: [*base, {tier: none, zone: b}], zone: a}\n"
                                    "again: {a: *list, b: *port}\n"
                                    "quoted: {'<<': 1}\n"
                                    "changed: &port 90\n"
                                    "now: *port\n",
                                    "t");
        QVERIFY2(read.has_value(), read ? "" : read.error().text.c_str());
        const Json& json = read->front();
        QCOMPARE(json["labels"].dump(), std::string(R"({"tier":"back","app":"web"})"));
        QCOMPARE(json["both"].dump(), std::string(R"({"zone":"a","app":"web","tier":"front"})"));
        QCOMPARE(json["again"].dump(), std::string(R"({"a":[80,81],"b":80})"));
        QCOMPARE(json["quoted"].dump(), std::string(R"({"<<":1})"));
        QCOMPARE(json["now"].dump(), std::string("90"));
        QVERIFY(parseYaml("a: &x 1\nb: *x\n---\nc: &x 2\nd: *x\n", "t")->back()["d"] == 2);
    }

    // As files are found: a byte order mark, the line ends of Windows, documents with nothing but remarks,
    // words behind the dashes, an end mark, lists of kinds of their own.
    void manifestsAsTheyAreFound()
    {
        const std::string text =
            "\xef\xbb\xbf# of the release\r\n---\r\n---\r\n# nothing\r\n"
            "--- # Source: chart/templates/a.yaml\r\n"
            "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a\r\n"
            "data:\r\n  text: |\r\n    one\r\n    two\r\n"
            "...\r\n---\r\nnull\r\n---\r\n"
            "apiVersion: v1\r\nkind: RoleList\r\nitems: []\r\n---\r\n"
            "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"b\"}}\r\n";
        const auto read = objectsFromYaml(text, "t");
        QVERIFY2(read.has_value(), read ? "" : read.error().text.c_str());
        QCOMPARE(read->size(), std::size_t(2));
        QCOMPARE(read->front().text("data.text"), std::optional<std::string>("one\ntwo\n"));
        QCOMPARE(read->back().name(), std::string("b"));
    }

    void yamlRefusals_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("words");
        QTest::newRow("alias of nothing") << QByteArray("a: 1\nb: *x\n") << "line 2";
        QTest::newRow("alias of another document") << QByteArray("a: &x 1\n---\nb: *x\n") << "line 3";
        QTest::newRow("alias in itself") << QByteArray("a: &x\n  b: *x\n") << "inside";
        QTest::newRow("merge of a word") << QByteArray("a: {<<: b}\n") << "mapping";
        // Few lines that would be a great many values, and few that would be deep.
        QByteArray bomb = "a0: &a0 [1,2,3,4,5,6,7,8,9]\n";
        QByteArray well = "b0: &b0 [1]\n";
        for (int i = 1; i < 12; ++i) {
            const QByteArray before = QByteArray::number(i - 1);
            const QByteArray now = QByteArray::number(i);
            bomb += "a" + now + ": &a" + now + " [" + QByteArray("*a" + before + ", ").repeated(9) + "]\n";
        }
        for (int i = 1; i < 120; ++i)
            well += "b" + QByteArray::number(i) + ": &b" + QByteArray::number(i) + " [*b" +
                    QByteArray::number(i - 1) + "]\n";
        QTest::newRow("alias bomb") << bomb << "too many";
        QTest::newRow("deep by aliases") << well << "nested";
        // Few values with much text: a long word named often, and each level of a deep value named.
        QTest::newRow("long word") << "a: &a " + QByteArray(1 << 20, 'x') + "\nb: [" +
                                          QByteArray("*a, ").repeated(1000) + "]\n"
                                   << "too many";
        QByteArray levels = "a: ";
        for (int i = 0; i < 90; ++i)
            levels += "&l" + QByteArray::number(i) + " [";
        QTest::newRow("named levels") << levels + QByteArray(1 << 20, 'x') + QByteArray(90, ']') + "\n"
                                      << "too many";
        QTest::newRow("twice") << QByteArray("a: 1\nb: 2\na: 3\n") << "line 3";
        QTest::newRow("key list") << QByteArray("? [a]\n: b\n") << "name";
        QTest::newRow("unclosed") << QByteArray("a: 'x") << "line";
        QTest::newRow("tab") << QByteArray("a:\n\t- b\n") << "line";
        QTest::newRow("deep") << QByteArray(QByteArray(200, '[') + QByteArray(200, ']')) << "nested";
        QByteArray many = "a: [";
        for (int i = 0; i < 600'000; ++i)
            many += "1,";
        QTest::newRow("many") << many + "]\n"
                              << "too many";
        QTest::newRow("large") << QByteArray((16 << 20) + 1, 'x') << "too large";
    }
    void yamlRefusals()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(QString, words);
        const auto read = parseYaml(yaml.toStdString(), "some.yaml");
        QVERIFY(!read.has_value());
        QVERIFY(read.error().kind == ErrorKind::Config);
        QVERIFY2(QString::fromStdString(read.error().text).contains(words), read.error().text.c_str());
        QVERIFY(read.error().text.find("some.yaml") == 0);
    }

    void manifestsAreObjects()
    {
        const auto list = objectsFromYaml(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: "
            "{name: a}}\n---\n# nothing\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b, "
            "namespace: space}\n",
            "t");
        QVERIFY(list.has_value());
        QCOMPARE(list->size(), std::size_t{2});
        QCOMPARE((*list)[1].title(), std::string("Secret space/b"));
        QVERIFY(*objectsFromYaml(toYaml(*list), "t") == *list);
        QVERIFY(!objectsFromYaml("kind: Pod\nmetadata: {name: x}\n", "t"));
        QVERIFY(!objectsFromYaml("apiVersion: v1\nkind: Pod\nmetadata: {}\n", "t"));
        QVERIFY(!objectsFromYaml("just text\n", "t"));
    }

    void objectsAreValues()
    {
        const Object a("v1", "ConfigMap", "n", "x");
        Object b = a;
        b.setLabel("l", "v");
        QVERIFY(a.label("l").empty());
        QCOMPARE(b.label("l"), std::string("v"));
        QVERIFY(!(a == b));
        QVERIFY(!b.text("metadata.labels").has_value());
        QCOMPARE(b.text("metadata.labels.l").value_or(""), std::string("v"));
        QVERIFY(!b.text("metadata.name.x").has_value());
    }

    void urls()
    {
        const auto place = parseHttpsUrl("https://host:8443/a/b?c=d#e");
        QVERIFY(place.has_value());
        QCOMPARE(place->server + " " + place->path + " " + place->query,
                 std::string("https://host:8443 /a/b c=d"));
        for (const char* bad :
             {"http://h/", "https://", "https://u:p@h/", "https://h/a b", "file:///x", "https://h?x", ""})
            QVERIFY2(!parseHttpsUrl(bad), bad);
    }

    // ---- the recipe
    // ----------------------------------------------------------------------------------------------

    void objectList()
    {
        const auto set = createObjects(richProfile(), contract(false), manifests(), "plan1");
        QVERIFY2(set.has_value(), set ? "" : set.error().text.c_str());
        QStringList titles;
        for (const Object& object : set->objects()) {
            titles << QString::fromStdString(object.kind() + " " + object.name());
            QCOMPARE(planOf(object), std::string("plan1"));
            QCOMPARE(object.label(kPlanKey), std::string("plan1"));
            QCOMPARE(object.label(kTenantKey), std::string("acme"));
            if (object.kind() != "Namespace")
                QCOMPARE(object.ns(), std::string("tenant-blue"));
        }
        const QStringList wanted = {QStringLiteral("Namespace tenant-blue"),
                                    QStringLiteral("KubevirtCluster blue"),
                                    QStringLiteral("KubevirtMachineTemplate blue-cp-v1"),
                                    QStringLiteral("KubeadmControlPlane blue-cp"),
                                    QStringLiteral("KubevirtMachineTemplate blue-md-0-v1"),
                                    QStringLiteral("KubeadmConfigTemplate blue-md-0-v1"),
                                    QStringLiteral("MachineDeployment blue-md-0"),
                                    QStringLiteral("KubevirtMachineTemplate blue-gpu-v1"),
                                    QStringLiteral("KubeadmConfigTemplate blue-gpu-v1"),
                                    QStringLiteral("MachineDeployment blue-gpu"),
                                    QStringLiteral("ConfigMap blue-cni"),
                                    QStringLiteral("ClusterResourceSet blue-cni"),
                                    QStringLiteral("ServiceAccount blue-kccm"),
                                    QStringLiteral("Role blue-kccm"),
                                    QStringLiteral("RoleBinding blue-kccm"),
                                    QStringLiteral("ConfigMap blue-kccm"),
                                    QStringLiteral("Deployment blue-kccm"),
                                    QStringLiteral("MachineHealthCheck blue-md-0"),
                                    QStringLiteral("MachineHealthCheck blue-gpu"),
                                    QStringLiteral("Cluster blue")};
        QCOMPARE(titles, wanted);
        // Without a plan nothing is stamped: fit for a folder under version control.
        for (const Object& object : createObjects(richProfile(), contract(false), manifests())->objects())
            QVERIFY(planOf(object).empty());
    }

    void bothContracts()
    {
        const auto now = createObjects(richProfile(), contract(false), manifests())->objects();
        const auto old = createObjects(richProfile(), contract(true), manifests())->objects();
        const Object& newPlane = find(now, "KubeadmControlPlane", "blue-cp");
        const Object& oldPlane = find(old, "KubeadmControlPlane", "blue-cp");
        QCOMPARE(newPlane.text("spec.machineTemplate.spec.infrastructureRef.apiGroup").value_or(""),
                 std::string("infrastructure.cluster.x-k8s.io"));
        QVERIFY(!newPlane.text("spec.machineTemplate.spec.infrastructureRef.namespace"));
        QCOMPARE(oldPlane.text("spec.machineTemplate.infrastructureRef.apiVersion").value_or(""),
                 std::string("infrastructure.cluster.x-k8s.io/v1alpha1"));
        QCOMPARE(
            oldPlane.text("spec.kubeadmConfigSpec.clusterConfiguration.networking.podSubnet").value_or(""),
            std::string("10.243.0.0/16"));
        QCOMPARE(
            newPlane.text("spec.kubeadmConfigSpec.initConfiguration.nodeRegistration.kubeletExtraArgs.0.name")
                .value_or(""),
            std::string("cloud-provider"));
        QCOMPARE(oldPlane
                     .text("spec.kubeadmConfigSpec.initConfiguration.nodeRegistration.kubeletExtraArgs.cloud-"
                           "provider")
                     .value_or(""),
                 std::string("external"));
        const Object& newPool = find(now, "KubeadmConfigTemplate", "blue-gpu-v1");
        QCOMPARE(
            newPool.text("spec.template.spec.joinConfiguration.nodeRegistration.kubeletExtraArgs.1.value")
                .value_or(""),
            std::string("example.com/gpu=true"));
        QCOMPARE(newPool.text("spec.template.spec.joinConfiguration.nodeRegistration.taints.1.effect")
                     .value_or(""),
                 std::string("NoExecute"));
        const Json& labels =
            find(now, "MachineDeployment", "blue-gpu").json()["spec"]["template"]["metadata"]["labels"];
        QVERIFY(labels.contains("node-role.kubernetes.io/gpu"));
        QVERIFY(!labels.contains("example.com/gpu"));
        QCOMPARE(find(now, "MachineDeployment", "blue-gpu")
                     .annotation("cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"),
                 std::string("6"));
        QCOMPARE(find(old, "MachineHealthCheck", "blue-gpu").text("spec.nodeStartupTimeout").value_or(""),
                 std::string("20m"));
        QCOMPARE(find(now, "MachineHealthCheck", "blue-gpu")
                     .number("spec.checks.nodeStartupTimeoutSeconds")
                     .value_or(0),
                 std::int64_t{1200});
    }

    // The driver's controller is fitted to this cluster; what is not its own is refused.
    void storageDriver()
    {
        ClusterProfile p = richProfile();
        p.addOns.kubevirtCsi = {true, "tenant.yaml", "controller.yaml"};
        Manifests m = manifests();
        m.kubevirtCsi = *objectsFromYaml("apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: "
                                         "csi.kubevirt.io}\n",
                                         "t");
        const std::string controller =
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: kubevirt-csi}\n---\n"
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: kubevirt-csi}\n"
            "roleRef: {kind: Role, name: kubevirt-csi}\nsubjects: [{kind: ServiceAccount, name: "
            "kubevirt-csi}]\n---\n"
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: kubevirt-csi-controller, namespace: x}\n"
            "spec: {template: {spec: {volumes: [{name: t, secret: {secretName: kvcluster-kubeconfig}}]}}}\n";
        m.kubevirtCsiController = *objectsFromYaml(controller, "t");
        const auto set = createObjects(p, contract(false), m, "plan1");
        QVERIFY2(set.has_value(), set ? "" : set.error().text.c_str());
        const auto objects = set->objects();
        const Object& deployment = find(objects, "Deployment", "kubevirt-csi-controller");
        QCOMPARE(deployment.ns(), std::string("tenant-blue"));
        QCOMPARE(planOf(deployment), std::string("plan1"));
        QCOMPARE(deployment.text("spec.template.spec.volumes.0.secret.secretName").value_or(""),
                 std::string("blue-kubeconfig"));
        QCOMPARE(find(objects, "RoleBinding", "kubevirt-csi").text("subjects.0.namespace").value_or(""),
                 std::string("tenant-blue"));
        const Json& data = find(objects, "ConfigMap", "driver-config").json()["data"];
        QCOMPARE(data["infraClusterNamespace"].get<std::string>(), std::string("tenant-blue"));
        QCOMPARE(data["infraClusterLabels"].get<std::string>(),
                 std::string("cluster.x-k8s.io/cluster-name=blue"));
        QVERIFY(!find(objects, "ClusterResourceSet", "blue-kubevirt-csi").name().empty());
        const auto plan = createPlan(p, contract(false), m, "plan1");
        QVERIFY(plan.has_value() && plan->step("storage-driver") != nullptr);
        m.kubevirtCsiController =
            *objectsFromYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: everything}\n", "t");
        QVERIFY(!createObjects(p, contract(false), m).has_value());
    }

    // One model, a third shape: the class makes the parts, the Cluster says what is wanted of it.
    void byClass_data()
    {
        QTest::addColumn<bool>("old");
        QTest::newRow("v1beta2") << false;
        QTest::newRow("v1beta1") << true;
    }
    void byClass()
    {
        QFETCH(bool, old);
        const auto set = createObjects(ofClass(), contract(old), manifests(), "plan1");
        QVERIFY2(set.has_value(), set ? "" : set.error().text.c_str());
        QStringList titles;
        for (const Object& object : set->objects()) {
            titles << QString::fromStdString(object.kind() + " " + object.name());
            QCOMPARE(planOf(object), std::string("plan1"));
        }
        QCOMPARE(titles, (QStringList{
                             QStringLiteral("Namespace tenant-blue"), QStringLiteral("ConfigMap blue-cni"),
                             QStringLiteral("ClusterResourceSet blue-cni"),
                             QStringLiteral("MachineHealthCheck blue-md-0"),
                             QStringLiteral("MachineHealthCheck blue-big"), QStringLiteral("Cluster blue")}));
        const Object& cluster = find(set->objects(), "Cluster", "blue");
        const Json& topology = cluster.json()["spec"]["topology"];
        QVERIFY(!cluster.json()["spec"].contains("controlPlaneRef"));
        if (old) {
            QCOMPARE(topology["class"].get<std::string>(), std::string("kubevirt"));
            QCOMPARE(topology["classNamespace"].get<std::string>(), std::string("shared"));
        } else {
            QCOMPARE(topology["classRef"]["name"].get<std::string>(), std::string("kubevirt"));
            QCOMPARE(topology["classRef"]["namespace"].get<std::string>(), std::string("shared"));
        }
        QCOMPARE(topology["controlPlane"]["replicas"].get<int>(), 3);
        QCOMPARE(topology["version"].get<std::string>(), std::string("v1.34.1"));
        const Json& pools = topology["workers"]["machineDeployments"];
        QCOMPARE(pools.size(), std::size_t{2});
        QCOMPARE(pools[0]["class"].get<std::string>(), std::string(kWorkerClass));
        QCOMPARE(pools[0]["replicas"].get<int>(), 2);
        // The autoscaler's number is not the class's to keep.
        QVERIFY(!pools[1].contains("replicas"));
        QCOMPARE(
            pools[1]["metadata"]["annotations"]["cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"]
                .get<std::string>(),
            std::string("6"));
        std::map<std::string, Json> variables;
        for (const Json& variable : topology["variables"])
            variables[variable["name"].get<std::string>()] = variable["value"];
        QCOMPARE(variables["endpoint"].get<std::string>(), std::string("ClusterIP"));
        QCOMPARE(variables["workerMachine"]["cores"].get<int>(), 8);
        const Object& health = find(set->objects(), "MachineHealthCheck", "blue-big");
        QCOMPARE(health.json()["spec"]["selector"]["matchLabels"]["topology.cluster.x-k8s.io/deployment-name"]
                     .get<std::string>(),
                 std::string("big"));

        const auto plan = createPlan(ofClass(), contract(old), manifests(), "plan1");
        QVERIFY2(plan.has_value(), plan ? "" : plan.error().text.c_str());
        QStringList steps;
        for (const Step& step : plan->steps)
            steps << QString::fromStdString(step.id);
        QCOMPARE(steps,
                 (QStringList{QStringLiteral("namespace"), QStringLiteral("claim"),
                              QStringLiteral("resource-sets"), QStringLiteral("start"),
                              QStringLiteral("infrastructure-ready"), QStringLiteral("control-plane-ready"),
                              QStringLiteral("control-plane-members"), QStringLiteral("workers-ready"),
                              QStringLiteral("health-checks")}));
        // Both ways in which a Cluster sums its parts up are understood.
        Object status(cluster.apiVersion(), "Cluster", "tenant-blue", "blue");
        const Wait& ready = plan->step("workers-ready")->waits.back();
        QVERIFY(!judge(ready, &status).met);
        Json counts = {{"workers", {{"readyReplicas", 4}}}};
        status.edit()["status"] = old ? Json{{"v1beta2", counts}} : counts;
        QVERIFY(judge(ready, &status).met); // 2, and the autoscaler's least of 2
        ClusterProfile bare = ofClass();
        bare.cni.kind = Cni::None;
        QVERIFY(createPlan(bare, contract(old), {}, "p").has_value());
    }

    void classes()
    {
        const KnownClass known = readClass(Json::parse(kClass));
        QCOMPARE(known.title(), std::string("shared/kubevirt"));
        QCOMPARE(known.workerClasses, (std::vector<std::string>{"default-worker", "big-worker"}));
        QCOMPARE(known.variables.size(), std::size_t{3});
        QCOMPARE(known.variable("endpoint")->choices(),
                 (std::vector<std::string>{"LoadBalancer", "ClusterIP"}));
        QCOMPARE(known.variable("endpoint")->standard(), std::string("\"LoadBalancer\""));
        QCOMPARE(known.variable("workerMachine")->fields().size(), std::size_t{2});
        QVERIFY(known.variable("tags")->fields().empty());
        QCOMPARE(known.workers.at("default-worker").vcpusFrom, std::string("workerMachine.cores"));
        QVERIFY(known.workers.at("big-worker").vcpusFrom.empty());
        QCOMPARE(classValue(known, {}, "workerMachine.cores"), std::string("2"));
        QCOMPARE(classValue(known, {{"workerMachine", R"({"memory":"8Gi"})"}}, "workerMachine.cores"),
                 std::string("2"));
        QCOMPARE(classValue(known, {{"workerMachine", R"({"cores":6})"}}, "workerMachine.cores"),
                 std::string("6"));
        QCOMPARE(classValue(known, {}, "nothing.there"), std::string());
        // What is typed becomes a value of the variable's type, or a text for validation to name.
        const auto fields = known.variable("workerMachine")->fields();
        QCOMPARE(valueFromInput(fields[0], "4"), std::string("4"));
        QCOMPARE(valueFromInput(fields[0], "four"), std::string("\"four\""));
        QCOMPARE(valueFromInput(fields[1], "4"), std::string("\"4\""));
        QCOMPARE(valueFromInput(*known.variable("tags"), "[a, b]"), std::string(R"(["a","b"])"));
        QCOMPARE(inputFromValue("\"x\""), std::string("x"));
        QCOMPARE(inputFromValue("[1]"), std::string("[1]"));
        QCOMPARE(withMember("", "a", "1"), std::string(R"({"a":1})"));
        QCOMPARE(withMember(R"({"a":1})", "a", ""), std::string());
        QCOMPARE(memberOf(R"({"a":1})", "a"), std::string("1"));
        // Not every class is what it says; nothing of it may end the program.
        for (const char* odd :
             {"{}", R"({"spec":[]})", R"({"spec":{"variables":{"a":1},"workers":7,"patches":[1]}})",
              R"({"metadata":{"name":5},"spec":{"variables":[{"name":"x","schema":3}]}})"})
            QVERIFY(readClass(Json::parse(odd)).title() == "/");
    }

    void classValues_data()
    {
        QTest::addColumn<QByteArray>("variable");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QString>("field"); // empty: fine
        QTest::newRow("choice") << QByteArray("endpoint") << QByteArray("\"ClusterIP\"") << "";
        QTest::newRow("no choice") << QByteArray("endpoint") << QByteArray("\"Ingress\"") << "v";
        QTest::newRow("type") << QByteArray("endpoint") << QByteArray("4") << "v";
        QTest::newRow("object") << QByteArray("workerMachine") << QByteArray(R"({"cores":4,"memory":"4Gi"})")
                                << "";
        QTest::newRow("too few") << QByteArray("workerMachine") << QByteArray(R"({"cores":0})") << "v.cores";
        QTest::newRow("too many") << QByteArray("workerMachine") << QByteArray(R"({"cores":99})")
                                  << "v.cores";
        QTest::newRow("pattern") << QByteArray("workerMachine") << QByteArray(R"({"memory":"lots"})")
                                 << "v.memory";
        QTest::newRow("unknown") << QByteArray("workerMachine") << QByteArray(R"({"disk":1})") << "v.disk";
        QTest::newRow("list") << QByteArray("tags") << QByteArray(R"(["a"])") << "";
        QTest::newRow("empty list") << QByteArray("tags") << QByteArray("[]") << "v";
        QTest::newRow("item") << QByteArray("tags") << QByteArray(R"(["a", ""])") << "v[1]";
    }
    void classValues()
    {
        QFETCH(QByteArray, variable);
        QFETCH(QByteArray, value);
        QFETCH(QString, field);
        const KnownClass known = readClass(Json::parse(kClass));
        QStringList told;
        checkClassValue(*known.variable(variable.toStdString()), value.toStdString(), "v",
                        [&](const std::string& at, const std::string& text, const std::string& remedy) {
                            QVERIFY(!text.empty() && !remedy.empty());
                            told << QString::fromStdString(at);
                        });
        QCOMPARE(told, field.isEmpty() ? QStringList() : QStringList{field});
    }

    void images_data()
    {
        QTest::addColumn<int>("source");
        QTest::addColumn<QString>("location");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("value");
        const QString dv = QStringLiteral(
            "spec.template.spec.virtualMachineTemplate.spec.dataVolumeTemplates.0.spec.source.");
        QTest::newRow("registry") << int(ImageSource::Registry) << "quay.io/a/b"
                                  << dv + QLatin1String("registry.url") << "docker://quay.io/a/b:v1.34.1";
        QTest::newRow("http") << int(ImageSource::Http) << "https://e.com/x.qcow2"
                              << dv + QLatin1String("http.url") << "https://e.com/x.qcow2";
        QTest::newRow("pvc") << int(ImageSource::Pvc) << "images/ubuntu" << dv + QLatin1String("pvc.name")
                             << "ubuntu";
        QTest::newRow("disk")
            << int(ImageSource::ContainerDisk) << "quay.io/a/b:t"
            << "spec.template.spec.virtualMachineTemplate.spec.template.spec.volumes.0.containerDisk.image"
            << "quay.io/a/b:t";
    }
    void images()
    {
        QFETCH(int, source);
        QFETCH(QString, location);
        QFETCH(QString, path);
        QFETCH(QString, value);
        ClusterProfile p = richProfile();
        p.image = {static_cast<ImageSource>(source), location.toStdString()};
        const auto set = createObjects(p, contract(false), manifests());
        QVERIFY2(set.has_value(), set ? "" : set.error().text.c_str());
        QCOMPARE(QString::fromStdString(find(set->objects(), "KubevirtMachineTemplate", "blue-cp-v1")
                                            .text(path.toStdString())
                                            .value_or("")),
                 value);
    }

    void calicoIsFitted()
    {
        const auto rendered = renderCni(richProfile(), calico());
        QVERIFY(rendered.has_value());
        const Json& container =
            find(*rendered, "DaemonSet", "calico-node").json()["spec"]["template"]["spec"]["containers"][0];
        std::map<std::string, std::string> env;
        for (const Json& item : container["env"])
            QVERIFY(env.emplace(item["name"], item["value"]).second);
        QCOMPARE(env["CALICO_IPV4POOL_CIDR"], std::string("10.243.0.0/16"));
        QCOMPARE(env["CALICO_IPV4POOL_IPIP"], std::string("Never"));
        QCOMPARE(env["FELIX_VXLANPORT"], std::string("14789"));
        QCOMPARE(container["livenessProbe"]["exec"]["command"].size(), std::size_t{2});
        QCOMPARE(find(*rendered, "ConfigMap", "calico-config").text("data.veth_mtu").value_or(""),
                 std::string("1380"));
        QVERIFY(!renderCni(richProfile(), {}).has_value());
    }

    void largeManifestsAreSplit()
    {
        Manifests m = manifests();
        for (int i = 0; i < 5; ++i) {
            Object big("v1", "ConfigMap", "kube-system", "big-" + std::to_string(i));
            big.edit()["data"]["x"] = std::string(400 * 1024, 'x');
            m.cni.push_back(big);
        }
        const auto set = createObjects(richProfile(), contract(false), m);
        QVERIFY(set.has_value());
        const auto objects = set->objects();
        const Json& resources = find(objects, "ClusterResourceSet", "blue-cni").json()["spec"]["resources"];
        QCOMPARE(resources.size(), std::size_t{3});
        std::size_t documents = 0;
        for (const Json& resource : resources) {
            const Object& map = find(objects, "ConfigMap", resource["name"]);
            QVERIFY(map.toJson().size() < 1024 * 1024);
            documents +=
                objectsFromYaml(
                    map.text("data.cni.yaml").value_or(map.json()["data"]["cni.yaml"].get<std::string>()),
                    "t")
                    ->size();
        }
        QCOMPARE(documents, m.cni.size());
        Object huge("v1", "ConfigMap", "kube-system", "huge");
        huge.edit()["data"]["x"] = std::string(1000 * 1024, 'x');
        m.cni.push_back(huge);
        const auto refused = createObjects(richProfile(), contract(false), m);
        QVERIFY(!refused.has_value());
        QVERIFY(refused.error().kind == ErrorKind::Refused);
        ClusterProfile inner = richProfile();
        inner.cni.delivery = CniDelivery::InnerApi;
        QCOMPARE(createObjects(inner, contract(false), m)->inner.size(), m.cni.size());
    }

    void realSchemas_data()
    {
        QTest::addColumn<bool>("old");
        QTest::addColumn<int>("source");
        QTest::addColumn<int>("affinity");
        for (const bool old : {false, true}) {
            for (const int source : {0, 1, 2, 3}) {
                QTest::addRow("%s, image %d", old ? "v1beta1" : "v1beta2", source)
                    << old << source << source % 3;
            }
            QTest::addRow("%s, by class", old ? "v1beta1" : "v1beta2") << old << -1 << 0;
        }
    }
    void realSchemas()
    {
        QFETCH(bool, old);
        QFETCH(int, source);
        QFETCH(int, affinity);
        const QByteArray folder = qgetenv("STRATA_CRDS");
        if (folder.isEmpty())
            QSKIP("Set STRATA_CRDS to a folder with upstream's CustomResourceDefinitions to check against "
                  "them.");
        static std::map<QByteArray, test::CrdSchemas> cache;
        QList<QByteArray> folders = {folder};
        if (QFileInfo::exists(QString::fromLocal8Bit(folder + QByteArray("/capk-main"))))
            folders << folder + QByteArray("/capk-main");
        for (const QByteArray& one : folders) {
            if (cache.count(one) == 0) {
                auto loaded = test::CrdSchemas::loadFolder(one.toStdString());
                QVERIFY2(loaded.has_value(), loaded ? "" : loaded.error().text.c_str());
                cache.emplace(one, std::move(*loaded));
            }
        }
        ClusterProfile p = source < 0 ? ofClass() : richProfile();
        p.antiAffinity = static_cast<AntiAffinity>(affinity);
        if (source >= 0)
            p.image.source = static_cast<ImageSource>(source);
        p.image.location = source == 1   ? "https://e.com/x.qcow2"
                           : source == 2 ? "images/ubuntu"
                                         : "quay.io/a/b";
        const auto set = createObjects(p, contract(old), manifests(), "p");
        QVERIFY2(set.has_value(), set ? "" : set.error().text.c_str());
        int checked = 0;
        for (const Object& object : set->objects()) {
            if (object.group().find("x-k8s.io") == std::string::npos)
                continue;
            for (auto& [name, schemas] : cache) {
                if (!schemas.knows(object) && name != folder)
                    continue;
                ++checked;
                const auto problems = schemas.problems(object);
                QVERIFY2(problems.empty(),
                         (object.title() + ": " + (problems.empty() ? "" : problems.front())).c_str());
                if (name != folder)
                    continue;
                // A wrong field anywhere must not pass.
                Object wrong = object;
                wrong.edit()["spec"]["replicsa"] = 1;
                QVERIFY(!schemas.problems(wrong).empty());
            }
        }
        QVERIFY(checked >= (source < 0 ? 4 : 12));
    }

    void schemaCheckerBites_data()
    {
        QTest::addColumn<QByteArray>("spec");
        QTest::addColumn<QString>("problem"); // empty: fine
        QTest::newRow("fine")
            << QByteArray(
                   R"({"n":3,"s":"ab","e":"A","io":"50%","any":{"x":1},"map":{"k":"v"},"l":[{"a":1}]})")
            << "";
        QTest::newRow("required") << QByteArray(R"({"s":"ab"})") << "lacks the required field n";
        QTest::newRow("unknown") << QByteArray(R"({"n":3,"zz":1})") << "spec.zz: unknown field";
        QTest::newRow("type") << QByteArray(R"({"n":"3"})") << "spec.n: is of type string, integer is wanted";
        QTest::newRow("fraction") << QByteArray(R"({"n":1.5})") << "spec.n: is of type number";
        QTest::newRow("min") << QByteArray(R"({"n":0})") << "below";
        QTest::newRow("max") << QByteArray(R"({"n":10})") << "above";
        QTest::newRow("pattern") << QByteArray(R"({"n":3,"s":"A1"})") << "does not match";
        QTest::newRow("long") << QByteArray(R"({"n":3,"s":"abcdef"})") << "maxLength";
        QTest::newRow("enum") << QByteArray(R"({"n":3,"e":"C"})") << "is not one of";
        QTest::newRow("int or string") << QByteArray(R"({"n":3,"io":1.5})") << "an integer or string";
        QTest::newRow("map value") << QByteArray(R"({"n":3,"map":{"k":1}})")
                                   << "spec.map.k: is of type integer";
        QTest::newRow("item") << QByteArray(R"({"n":3,"l":[{"b":1}]})") << "spec.l[0].b: unknown field";
        QTest::newRow("items") << QByteArray(R"({"n":3,"l":[]})") << "minItems";
        QTest::newRow("null") << QByteArray(R"({"n":3,"s":null})") << "is null";
        QTest::newRow("nullable") << QByteArray(R"({"n":3,"any":null})") << "";
    }
    void schemaCheckerBites()
    {
        QFETCH(QByteArray, spec);
        QFETCH(QString, problem);
        const Json definition =
            Json::parse(R"({"kind":"CustomResourceDefinition","spec":{"group":"g","names":{"kind":"K"},
            "versions":[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
            "required":["n"],"properties":{
              "n":{"type":"integer","minimum":1,"maximum":9},"s":{"type":"string","pattern":"^[a-z]+$","maxLength":4},
              "e":{"type":"string","enum":["A","B"]},"io":{"x-kubernetes-int-or-string":true},
              "any":{"type":"object","nullable":true,"x-kubernetes-preserve-unknown-fields":true},
              "map":{"type":"object","additionalProperties":{"type":"string"}},
              "l":{"type":"array","minItems":1,"items":{"type":"object","properties":{"a":{"type":"integer"}}}}}}}}}}]}})");
        test::CrdSchemas schemas;
        QVERIFY(schemas.add(definition).has_value());
        Object object("g/v1", "K", "n", "x");
        object.edit()["spec"] = Json::parse(spec.toStdString());
        const auto problems = schemas.problems(object);
        if (problem.isEmpty()) {
            QVERIFY2(problems.empty(), problems.empty() ? "" : problems.front().c_str());
        } else {
            QCOMPARE(problems.size(), std::size_t{1});
            QVERIFY2(QString::fromStdString(problems.front()).contains(problem), problems.front().c_str());
        }
    }

    // ---- plans
    // -------------------------------------------------------------------------------------------------------

    void planClaimsFirstAndStartsLast()
    {
        const auto plan = createPlan(richProfile(), contract(false), manifests(), "p1");
        QVERIFY2(plan.has_value(), plan ? "" : plan.error().text.c_str());
        QVERIFY(check(*plan).has_value());
        const Step* claim = plan->step("claim");
        QVERIFY(claim != nullptr && claim->writes.size() == 1);
        QVERIFY(claim->writes[0].verb == Verb::Create);
        QCOMPARE(claim->writes[0].object.text("spec.paused").value_or(""), std::string("true"));
        const Step* start = plan->step("start");
        QVERIFY(start != nullptr && start->writes.size() == 1 && start->writes[0].verb == Verb::Patch);
        for (const char* id :
             {"infrastructure", "control-plane", "workers", "resource-sets", "cloud-provider"})
            QVERIFY2(std::count(start->after.begin(), start->after.end(), id) == 1, id);
        QCOMPARE(plan->step("health-checks")->after, std::vector<std::string>{"workers-ready"});
        QCOMPARE(plan->step("infrastructure-ready")->checks, std::vector<std::string>{"load-balancer"});
        // Every object of the recipe is written exactly once.
        std::multiset<std::string> written;
        for (const Step& step : plan->steps) {
            for (const Write& write : step.writes) {
                if (write.verb != Verb::Patch)
                    written.insert(write.object.title());
            }
        }
        std::multiset<std::string> wanted;
        for (const Object& object : createObjects(richProfile(), contract(false), manifests())->objects())
            wanted.insert(object.title());
        QVERIFY(written == wanted);
        const QString text = QString::fromStdString(preview(*plan));
        QVERIFY2(text.contains(QLatin1String("create Cluster tenant-blue/blue")) &&
                     text.contains(QLatin1String("wait: ")) && text.contains(QLatin1String("12. ")),
                 qPrintable(text));
    }

    void planSurvivesJson()
    {
        ClusterProfile p = richProfile();
        p.cni.delivery = CniDelivery::InnerApi;
        const auto plan = createPlan(p, contract(true), manifests(), newPlanId());
        QVERIFY(plan.has_value());
        const std::string text = planToJson(*plan);
        QVERIFY(text.find('\n') == std::string::npos);
        const auto back = planFromJson(text);
        QVERIFY2(back.has_value(), back ? "" : back.error().text.c_str());
        QVERIFY(*back == *plan);
        for (std::size_t cut = 0; cut < text.size(); cut += 97)
            QVERIFY(!planFromJson(std::string_view(text).substr(0, cut)).has_value());
        QVERIFY(newPlanId() != newPlanId());
    }

    void circlesAreFound()
    {
        Plan plan;
        plan.steps = {{"a", "A", {"b"}, {}, {}, 0}, {"b", "B", {"a"}, {}, {}, 0}};
        QVERIFY(!check(plan));
        plan.steps = {{"a", "A", {"x"}, {}, {}, 0}};
        QVERIFY(!check(plan));
        plan.steps = {{"a", "A", {}, {}, {}, 0}, {"a", "A", {}, {}, {}, 0}};
        QVERIFY(!check(plan));
        plan.steps = {{"b", "B", {"a"}, {}, {}, 0}, {"a", "A", {}, {}, {}, 0}};
        QVERIFY(check(plan).has_value());
    }

    void judgements_data()
    {
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<bool>("met");
        QTest::addColumn<QString>("words");
        QTest::newRow("nothing") << QByteArray("{}") << false << "nothing is told yet";
        QTest::newRow("v1beta2") << QByteArray(R"({"initialization":{"infrastructureProvisioned":true}})")
                                 << true << "infrastructureProvisioned: true";
        QTest::newRow("v1beta1") << QByteArray(R"({"infrastructureReady":true})") << true
                                 << "infrastructureReady: true";
        QTest::newRow("condition")
            << QByteArray(R"({"conditions":[{"type":"InfrastructureReady","status":"True"}]})") << true
            << "is True";
        QTest::newRow("not yet")
            << QByteArray(
                   R"({"conditions":[{"type":"InfrastructureReady","status":"False","reason":"LB","message":"no \u202eaddress"}]})")
            << false << "InfrastructureReady is False (LB): no address";
        QTest::newRow("deprecated place")
            << QByteArray(
                   R"({"deprecated":{"v1beta1":{"conditions":[{"type":"InfrastructureReady","status":"True"}]}}})")
            << true << "is True";
        QTest::newRow("garbage") << QByteArray(R"({"conditions":"x","initialization":7})") << false
                                 << "nothing";
    }
    void judgements()
    {
        QFETCH(QByteArray, status);
        QFETCH(bool, met);
        QFETCH(QString, words);
        const auto plan = createPlan(richProfile(), contract(false), manifests(), "p1");
        const Wait& wait = plan->step("infrastructure-ready")->waits.front();
        Object object("cluster.x-k8s.io/v1beta2", "Cluster", "tenant-blue", "blue");
        object.edit()["status"] = Json::parse(status.toStdString());
        const Judgement judged = judge(wait, &object);
        QCOMPARE(judged.met, met);
        QVERIFY2(QString::fromStdString(judged.evidence).contains(words), judged.evidence.c_str());
        QVERIFY(!judge(wait, nullptr).met);
    }

    // ---- fit
    // -----------------------------------------------------------------------------------------------------------

    void launcherOverhead()
    {
        const Room room = launcherRequest({"v", "g", 2, 2 * kGi, false});
        QCOMPARE(room.cpuMilli, std::int64_t{205});
        // 2 GiB guest + 4 MiB page tables + 220 + 16 + 8 + 32 MiB, and the console log's 35 MB.
        QCOMPARE(room.memoryBytes, 2 * kGi + (std::int64_t{280} << 20) + 35'000'000);
        LauncherCosts pinned;
        pinned.cpuAllocationRatio = 1;
        QCOMPARE(launcherRequest({"v", "g", 2, kGi, true}, pinned).cpuMilli, std::int64_t{2006});
    }

    void fits_data()
    {
        QTest::addColumn<QByteArray>("nodes"); // GiB free, "x" closed
        QTest::addColumn<QByteArray>("vms");   // GiB each, one group
        QTest::addColumn<int>("affinity");
        QTest::addColumn<bool>("fits");
        QTest::addColumn<QString>("words"); // of the first that does not fit, else of the summary
        QTest::newRow("roomy") << QByteArray("16 16 16") << QByteArray("4 4 4") << 2 << true
                               << "fits on 3 nodes";
        QTest::newRow("overhead counts")
            << QByteArray("4") << QByteArray("4") << 0 << false << "too little memory";
        QTest::newRow("overhead fits")
            << QByteArray("5") << QByteArray("4") << 0 << true << "fits on 1 nodes";
        QTest::newRow("apart") << QByteArray("64 64") << QByteArray("4 4 4") << 2 << false
                               << "already with a VM of this group";
        QTest::newRow("rather apart") << QByteArray("64 64") << QByteArray("4 4 4") << 1 << true << "share";
        QTest::newRow("together") << QByteArray("64") << QByteArray("4 4 4") << 0 << true
                                  << "fits on 1 nodes";
        QTest::newRow("closed") << QByteArray("x x") << QByteArray("4") << 0 << false << "2 closed for VMs";
        QTest::newRow("none") << QByteArray("") << QByteArray("4") << 0 << false << "no outer nodes";
        QTest::newRow("order matters")
            << QByteArray("12 12") << QByteArray("5 5 10") << 0 << true << "barely";
    }
    void fits()
    {
        QFETCH(QByteArray, nodes);
        QFETCH(QByteArray, vms);
        QFETCH(int, affinity);
        QFETCH(bool, fits);
        QFETCH(QString, words);
        std::vector<NodeRoom> rooms;
        for (const QByteArray& word : nodes.split(' ')) {
            if (!word.isEmpty())
                rooms.push_back(node(("n" + std::to_string(rooms.size())).c_str(), 16,
                                     word == "x" ? 64 : word.toInt(), word == "x" ? "cordoned" : ""));
        }
        std::vector<VmDemand> wanted;
        for (const QByteArray& word : vms.split(' '))
            wanted.push_back({"vm" + std::to_string(wanted.size()), "g", 2, word.toInt() * kGi, false});
        const Fit result = fit(wanted, rooms, static_cast<AntiAffinity>(affinity));
        QCOMPARE(result.fits(), fits);
        QString said = QString::fromStdString(result.summary);
        for (const Placement& placement : result.placements) {
            if (placement.node.empty())
                said += QString::fromStdString(" " + placement.why);
        }
        QVERIFY2(said.contains(words), qPrintable(said));
        // Nothing is overbooked, and what is taken is what was asked for.
        std::int64_t before = 0;
        std::int64_t after = 0;
        std::int64_t asked = 0;
        for (const NodeRoom& room : rooms)
            before += room.free.memoryBytes;
        for (const NodeRoom& room : result.nodes) {
            QVERIFY(room.free.memoryBytes >= 0 && room.free.cpuMilli >= 0);
            after += room.free.memoryBytes;
        }
        for (const Placement& placement : result.placements)
            asked += placement.node.empty() ? 0 : placement.request.memoryBytes;
        QCOMPARE(before - after, asked);
    }

    void demandsOfAProfile()
    {
        // Eviction, boot check, endpoint and where VMs may stand: each choice reaches the objects.
        for (const auto& [eviction, words] :
             {std::pair(Eviction::External, "External"), std::pair(Eviction::LiveMigrate, "LiveMigrate"),
              std::pair(Eviction::LiveMigrateIfPossible, "LiveMigrateIfPossible"),
              std::pair(Eviction::None, "None")}) {
            for (const auto& [affinity, list] :
                 {std::pair(AntiAffinity::Required, "requiredDuringSchedulingIgnoredDuringExecution"),
                  std::pair(AntiAffinity::Preferred, "preferredDuringSchedulingIgnoredDuringExecution"),
                  std::pair(AntiAffinity::None, "")}) {
                for (const auto& [endpoint, type] : {std::pair(Endpoint::LoadBalancer, "LoadBalancer"),
                                                     std::pair(Endpoint::NodePort, "NodePort"),
                                                     std::pair(Endpoint::ClusterIp, "ClusterIP")}) {
                    ClusterProfile p = richProfile();
                    p.eviction = eviction;
                    p.antiAffinity = affinity;
                    p.endpoint = endpoint;
                    p.bootstrapCheck =
                        endpoint == Endpoint::NodePort ? BootstrapCheck::None : BootstrapCheck::Ssh;
                    const auto set = createObjects(p, contract(false), manifests());
                    QVERIFY(set.has_value());
                    const auto objects = set->objects();
                    QCOMPARE(find(objects, "KubevirtCluster", "blue")
                                 .text("spec.controlPlaneServiceTemplate.spec.type")
                                 .value_or(""),
                             std::string(type));
                    for (const char* name : {"blue-cp-v1", "blue-gpu-v1"}) {
                        const Json& machine =
                            find(objects, "KubevirtMachineTemplate", name).json()["spec"]["template"]["spec"];
                        QCOMPARE(machine["virtualMachineBootstrapCheck"]["checkStrategy"].get<std::string>(),
                                 std::string(endpoint == Endpoint::NodePort ? "none" : "ssh"));
                        const Json& vm = machine["virtualMachineTemplate"]["spec"]["template"]["spec"];
                        QCOMPARE(vm["evictionStrategy"].get<std::string>(), std::string(words));
                        QCOMPARE(vm.contains("affinity"), affinity != AntiAffinity::None);
                        if (affinity != AntiAffinity::None)
                            QVERIFY(vm["affinity"]["podAntiAffinity"].contains(list));
                    }
                }
            }
        }
        const auto vms = demands(richProfile());
        QCOMPARE(vms.size(), std::size_t{3 + 2 + 3});
        QCOMPARE(vms.front().group, std::string("blue-cp"));
        QCOMPARE(vms.back().name, std::string("blue-gpu 3"));
        QCOMPARE(vms.back().guestMemory, 16 * kGi);
    }

    // ---- journal
    // -------------------------------------------------------------------------------------------------------

    void journalKeepsWhatWasMeant()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("a.journal")).toStdString();
        const Plan plan = *createPlan(richProfile(), contract(false), manifests(), "p1");
        {
            auto journal = Journal::open(path, plan);
            QVERIFY2(journal.has_value(), journal ? "" : journal.error().text.c_str());
            QVERIFY2(!Journal::open(path, plan).has_value(), "one writer only");
            JournalRecord record;
            record.step = "claim";
            record.write = 0;
            record.ref = {"v1", "ConfigMap", "n", "x\n\"y"};
            (*journal)->append(record, {});
            record.kind = JournalRecord::Kind::Written;
            record.uid = "u-1";
            (*journal)->append(record, {});
        }
        QCOMPARE(QFileInfo(QString::fromStdString(path)).permissions() &
                     ~(QFile::ReadUser | QFile::WriteUser),
                 QFile::ReadOwner | QFile::WriteOwner);
        auto content = Journal::read(path);
        QVERIFY2(content.has_value(), content ? "" : content.error().text.c_str());
        QVERIFY(content->plan == plan);
        QCOMPARE(content->records.size(), std::size_t{2});
        QVERIFY(content->records[1].ref == (Ref{"v1", "ConfigMap", "n", "x\n\"y"}));
        QCOMPARE(content->records[1].uid, std::string("u-1"));

        // Killed at any byte: what was whole stays readable, and the next writer goes on behind it.
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray all = file.readAll();
        file.close();
        const int planEnd = static_cast<int>(all.indexOf('\n'));
        for (int cut = planEnd + 1; cut < all.size(); cut += 13) {
            const QString cutPath = folder.filePath(QString::number(cut));
            QFile out(cutPath);
            QVERIFY(out.open(QIODevice::WriteOnly));
            out.write(all.left(cut));
            out.close();
            const auto part = Journal::read(cutPath.toStdString());
            QVERIFY(part.has_value());
            QCOMPARE(part->cut, all[cut - 1] != '\n');
            {
                auto journal = Journal::open(cutPath.toStdString(), plan);
                QVERIFY(journal.has_value());
                JournalRecord end;
                end.kind = JournalRecord::Kind::Ended;
                end.note = "done";
                (*journal)->append(end, {});
            }
            const auto whole = Journal::read(cutPath.toStdString());
            QVERIFY2(whole.has_value(), whole ? "" : whole.error().text.c_str());
            QVERIFY(!whole->cut);
            QCOMPARE(whole->ended, std::string("done"));
            QCOMPARE(whole->records.size(), part->records.size() + 1);
        }
        // Cut within the plan: nothing had been done, so it starts anew.
        QFile out(folder.filePath(QStringLiteral("half")));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(all.left(planEnd / 2));
        out.close();
        QVERIFY(!Journal::read(folder.filePath(QStringLiteral("half")).toStdString()).has_value());
        QVERIFY(Journal::open(folder.filePath(QStringLiteral("half")).toStdString(), plan).has_value());
        QVERIFY(Journal::read(folder.filePath(QStringLiteral("half")).toStdString()).has_value());

        Plan other = plan;
        other.id = "p2";
        QVERIFY(!Journal::open(path, other).has_value());
        QVERIFY(!Journal::open(folder.filePath(QStringLiteral("no/such/folder")).toStdString(), plan)
                     .has_value());
        QFile::link(QString::fromStdString(path), folder.filePath(QStringLiteral("link")));
        QVERIFY(!Journal::open(folder.filePath(QStringLiteral("link")).toStdString(), plan).has_value());
    }

    void unfinishedOnesAreFound()
    {
        QTemporaryDir folder;
        const Plan plan = *createPlan(richProfile(), contract(false), manifests(), "p1");
        for (const char* note : {"", "done", "failed", "undone"}) {
            auto journal = Journal::open(
                folder.filePath(QStringLiteral("x%1.journal").arg(QLatin1String(note))).toStdString(), plan);
            QVERIFY(journal.has_value());
            JournalRecord record;
            record.kind = note[0] == 0 ? JournalRecord::Kind::StepDone : JournalRecord::Kind::Ended;
            record.note = note;
            (*journal)->append(record, {});
        }
        const auto found = unfinishedJournals(folder.path().toStdString());
        QCOMPARE(found.size(), std::size_t{2});
        QVERIFY(found[0].find("/x.journal") != std::string::npos);
        QVERIFY(found[1].find("failed") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestProvision)
#include "test_provision.moc"
