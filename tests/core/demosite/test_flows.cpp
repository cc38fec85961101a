// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "core/demosite/controllers/faults.h"
#include "tests/core/demosite/manifests.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

using namespace strata;
using namespace strata::demosite;

namespace {

const char* const kMerge = "application/merge-patch+json";
const std::string kCapi = "/apis/cluster.x-k8s.io/v1beta2/namespaces/t1/";
const std::string kPlane =
    "/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/t1/kubeadmcontrolplanes/t1-cp";

} // namespace

// What a running tenant cluster goes through: its controllers one by one and together.
class TestFlows : public QObject {
    Q_OBJECT

    std::unique_ptr<World> m_world;

    void apply(int planes, int workers, bool old = false)
    {
        m_world = std::make_unique<World>();
        for (const auto& [path, manifest] : manifests(old, planes, workers, true)) {
            const HttpAnswer answer = m_world->send("POST", path, manifest);
            QVERIFY2(answer.status == 201, (path + ": " + answer.body).c_str());
            m_world->post([] {});
        }
        QVERIFY(m_world->step(900));
        QVERIFY(isTrue(m_world->get("clusters", "t1", "t1"), "Available"));
    }
    HttpAnswer patch(const std::string& path, const std::string& body)
    {
        HttpAnswer answer = m_world->send("PATCH", path, body, kMerge);
        m_world->post([] {});
        return answer;
    }
    std::vector<Json> ofTenant(const char* resource)
    {
        std::vector<Json> out;
        for (const ObjectPtr& object : m_world->outer().list(kindOf(resource), "t1"))
            out.push_back(parseOwn(object->body));
        return out;
    }
    std::vector<Json> machinesOf(bool planes)
    {
        std::vector<Json> out;
        for (const ObjectPtr& object : m_world->outer().list(capi::machines(), "t1")) {
            bool plane = false;
            lookUp(object->labels, capi::kControlPlane, &plane);
            if (plane == planes)
                out.push_back(parseOwn(object->body));
        }
        return out;
    }
    std::vector<std::string> eventsAbout(const std::string& name, const std::string& reason)
    {
        std::vector<std::string> out;
        for (const ObjectPtr& event : m_world->outer().list(coreKind("events"))) {
            const Json body = parseOwn(event->body);
            if (text(body, "involvedObject.name") == name && text(body, "reason") == reason)
                out.push_back(text(body, "message"));
        }
        return out;
    }
    // The largest and the smallest of what a path said since `after`.
    std::pair<long long, long long> range(const Kind& kind, const std::string& name, const char* path,
                                          std::uint64_t after)
    {
        std::pair<long long, long long> out{1000, -1000};
        const auto events = m_world->outer().since(kind, after, 100000);
        for (const StoreEvent& event : *events) {
            if (event.object->name != name || event.object->ns != "t1")
                continue;
            const long long value = number(parseOwn(event.object->body), path).value_or(0);
            out = {std::min(out.first, value), std::max(out.second, value)};
        }
        return out;
    }
    bool told(const Kind& kind, const std::string& name, std::uint64_t after,
              const std::vector<std::string>& wanted)
    {
        std::string missing;
        const auto lines = m_world->history(kind, name, after);
        const bool good = inOrder(lines, wanted, missing);
        if (!good)
            qWarning("%s %s misses %s in\n%s", kind.kind.data(), name.c_str(), missing.c_str(),
                     joinedLines(lines).c_str());
        return good;
    }

private Q_SLOTS:
    void cleanup() { m_world.reset(); }

    void poolsScale()
    {
        apply(1, 2);
        QCOMPARE(m_world
                     ->send("PATCH", kCapi + "machinedeployments/t1-md/scale", R"({"spec":{"replicas":4}})",
                            kMerge)
                     .status,
                 200);
        m_world->post([] {});
        QVERIFY(m_world->step(300));
        QCOMPARE(m_world->inner("t1").count(coreKind("nodes")), std::size_t(5));
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md", R"({"spec":{"replicas":1}})").status, 200);
        QVERIFY(m_world->step(300));
        QCOMPARE(m_world->inner("t1").count(coreKind("nodes")), std::size_t(2));
        QCOMPARE(ofTenant("virtualmachineinstances").size(), std::size_t(2));
        QVERIFY(isTrue(m_world->get("clusters", "t1", "t1"), "Available"));
    }

    // A new template: new machines come before old ones go.
    void poolsRoll()
    {
        apply(1, 2);
        const std::uint64_t before = m_world->outer().revision();
        const HttpAnswer made = m_world->send(
            "POST", "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/kubevirtmachinetemplates",
            machineTemplate("t1-md-v2"));
        QCOMPARE(made.status, 201);
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md",
                       R"({"spec":{"template":{"spec":{"infrastructureRef":{"name":"t1-md-v2"}}}}})")
                     .status,
                 200);
        QVERIFY(m_world->step(900));
        const auto workers = machinesOf(false);
        QCOMPARE(workers.size(), std::size_t(2));
        for (const Json& machine : workers)
            QCOMPARE(annotation(m_world->get("kubevirtmachines", "t1", text(machine, "metadata.name")),
                                capi::kClonedFrom),
                     std::string("t1-md-v2"));
        QVERIFY(told(kindOf("machinedeployments"), "t1-md", before,
                     {"RollingOut=True(RollingOut)", "RollingOut=False(NotRollingOut)"}));
        QCOMPARE(ofTenant("machinesets").size(), std::size_t(2)); // the old one stays, empty
    }

    // With maxSurge 1 and maxUnavailable 0, which are the defaults, there are never fewer machines that work
    // than are wanted, and never more than one beyond; with a share that may be missing, never fewer than
    // that.
    void poolsRollWithinTheirBounds_data()
    {
        QTest::addColumn<int>("workers");
        QTest::addColumn<QByteArray>("strategy");
        QTest::addColumn<int>("least");
        QTest::addColumn<int>("most");
        QTest::newRow("two, by default") << 2 << QByteArray() << 2 << 3;
        QTest::newRow("three, by default") << 3 << QByteArray() << 3 << 4;
        QTest::newRow("three, two at once")
            << 3 << QByteArray(R"({"maxSurge":2,"maxUnavailable":0})") << 3 << 5;
        QTest::newRow("three, one may be missing")
            << 3 << QByteArray(R"({"maxSurge":0,"maxUnavailable":1})") << 2 << 3;
        QTest::newRow("four, shares")
            << 4 << QByteArray(R"({"maxSurge":"25%","maxUnavailable":"25%"})") << 3 << 5;
    }
    void poolsRollWithinTheirBounds()
    {
        QFETCH(int, workers);
        QFETCH(QByteArray, strategy);
        QFETCH(int, least);
        QFETCH(int, most);
        apply(1, workers);
        if (!strategy.isEmpty()) {
            const std::string how =
                R"({"spec":{"rollout":{"strategy":{"type":"RollingUpdate","rollingUpdate":)" +
                strategy.toStdString() + "}}}}";
            QCOMPARE(patch(kCapi + "machinedeployments/t1-md", how).status, 200);
        }
        QVERIFY(m_world->step(60));
        // Machines that work and are not about to go, after every single write.
        std::map<std::string, std::pair<bool, bool>> machines; // there and not going; and available
        for (const Json& machine : machinesOf(false))
            machines[text(machine, "metadata.name")] = {true, isTrue(machine, "Available")};
        QCOMPARE(machines.size(), std::size_t(workers));
        const std::uint64_t before = m_world->outer().revision();
        QCOMPARE(m_world
                     ->send("POST",
                            "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/t1/"
                            "kubevirtmachinetemplates",
                            machineTemplate("t1-md-v2"))
                     .status,
                 201);
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md",
                       R"({"spec":{"template":{"spec":{"infrastructureRef":{"name":"t1-md-v2"}}}}})")
                     .status,
                 200);
        QVERIFY(m_world->step(1800));
        for (const Json& machine : machinesOf(false))
            QCOMPARE(annotation(m_world->get("kubevirtmachines", "t1", text(machine, "metadata.name")),
                                capi::kClonedFrom),
                     std::string("t1-md-v2"));
        int few = workers;
        int many = 0;
        const auto events = m_world->outer().since(capi::machines(), before, 100000);
        QVERIFY(events.has_value());
        for (const StoreEvent& event : *events) {
            bool plane = false;
            lookUp(event.object->labels, capi::kControlPlane, &plane);
            if (event.object->ns != "t1" || plane)
                continue;
            const Json machine = parseOwn(event.object->body);
            const bool there = event.type != EventType::Deleted && !deleting(machine);
            machines[event.object->name] = {there, there && isTrue(machine, "Available")};
            int all = 0;
            int available = 0;
            for (const auto& [name, state] : machines) {
                all += state.first ? 1 : 0;
                available += state.second ? 1 : 0;
            }
            few = std::min(few, available);
            many = std::max(many, all);
        }
        QVERIFY2(few >= least, qPrintable(QStringLiteral("%1 were available").arg(few)));
        QVERIFY2(many <= most, qPrintable(QStringLiteral("there were %1").arg(many)));
        const auto told = range(kindOf("machinedeployments"), "t1-md", "status.availableReplicas", before);
        QVERIFY2(told.first >= least, qPrintable(QStringLiteral("%1 were told").arg(told.first)));
        QCOMPARE(
            number(m_world->get("machinedeployments", "t1", "t1-md"), "status.upToDateReplicas").value_or(0),
            static_cast<long long>(workers));
    }

    // That a pool scales is said at once, by the set, the pool and the cluster, and taken back.
    void scalingIsTold()
    {
        apply(1, 2);
        const std::uint64_t before = m_world->outer().revision();
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md", R"({"spec":{"replicas":3}})").status, 200);
        // No time has passed: what is read now has it, too, as long as the machine is not there.
        for (const char* kind : {"machinesets", "machinedeployments", "clusters"})
            QVERIFY(told(kindOf(kind), "t1", before,
                         {"ScalingUp=True(ScalingUp)", "ScalingUp=False(NotScalingUp)"}));
        QVERIFY(m_world->step(300));
        const std::uint64_t then = m_world->outer().revision();
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md", R"({"spec":{"replicas":2}})").status, 200);
        QVERIFY(m_world->step(300));
        for (const char* kind : {"machinesets", "machinedeployments", "clusters"})
            QVERIFY(told(kindOf(kind), "t1", then,
                         {"ScalingDown=True(ScalingDown)", "ScalingDown=False(NotScalingDown)"}));
    }

    void clustersUpgrade_data()
    {
        QTest::addColumn<bool>("old");
        QTest::addColumn<int>("planes");
        QTest::newRow("v1beta2, one control plane machine") << false << 1;
        QTest::newRow("v1beta1, three") << true << 3;
    }
    void clustersUpgrade()
    {
        QFETCH(bool, old);
        QFETCH(int, planes);
        apply(planes, 1, old);
        QCOMPARE(m_world->innerCluster("t1").version(), std::string("v1.33.1"));
        const std::uint64_t before = m_world->outer().revision();
        const std::string plane =
            old ? "/apis/controlplane.cluster.x-k8s.io/v1beta1/namespaces/t1/kubeadmcontrolplanes/t1-cp"
                : kPlane;
        QCOMPARE(patch(plane, R"({"spec":{"version":"v1.34.1"}})").status, 200);
        QVERIFY(m_world->step(60));
        // An old member still answers.
        QCOMPARE(m_world->innerCluster("t1").version(), std::string("v1.33.1"));
        QVERIFY(m_world->step(1500));
        const Json now = m_world->get("kubeadmcontrolplanes", "t1", "t1-cp");
        QCOMPARE(text(now, "status.version"), std::string("v1.34.1"));
        QCOMPARE(machinesOf(true).size(), static_cast<std::size_t>(planes));
        const auto replicas = range(kindOf("kubeadmcontrolplanes"), "t1-cp", "status.replicas", before);
        QCOMPARE(replicas.second, static_cast<long long>(planes) + 1); // one more at a time
        QVERIFY(replicas.first >= planes);
        QVERIFY(told(kindOf("kubeadmcontrolplanes"), "t1-cp", before,
                     {"RollingOut=True(RollingOut)", "RollingOut=False(NotRollingOut)"}));
        // What a client of the tenant sees.
        QCOMPARE(m_world->innerCluster("t1").version(), std::string("v1.34.1"));
        ApiHandler handler(std::shared_ptr<Cluster>(&m_world->innerCluster("t1"), [](Cluster*) {}));
        HttpRequest request;
        request.method = "GET";
        parseTarget("/version", request);
        QCOMPARE(text(parseOwn(handler.handle(request).body), "gitVersion"), std::string("v1.34.1"));
        for (const ObjectPtr& node : m_world->inner("t1").list(coreKind("nodes"))) {
            bool isPlane = false;
            lookUp(node->labels, "node-role.kubernetes.io/control-plane", &isPlane);
            QCOMPARE(text(parseOwn(node->body), "status.nodeInfo.kubeletVersion"),
                     std::string(isPlane ? "v1.34.1" : "v1.33.1"));
        }
        const Json config =
            read(m_world->inner("t1"), coreKind("configmaps"), "kube-system", "kubeadm-config");
        QVERIFY(text(config, "data.ClusterConfiguration").find("kubernetesVersion: v1.34.1") !=
                std::string::npos);
        const Json proxy = read(m_world->inner("t1"), kindOf("daemonsets"), "kube-system", "kube-proxy");
        QCOMPARE(text(proxy["spec"]["template"]["spec"]["containers"][0], "image"),
                 std::string("registry.k8s.io/kube-proxy:v1.34.1"));
        // Workers follow.
        QCOMPARE(patch(kCapi + "machinedeployments/t1-md",
                       R"({"spec":{"template":{"spec":{"version":"v1.34.1"}}}})")
                     .status,
                 200);
        QVERIFY(m_world->step(600));
        QCOMPARE(text(machinesOf(false).at(0), "status.nodeInfo.kubeletVersion"), std::string("v1.34.1"));
        QVERIFY(isTrue(m_world->get("clusters", "t1", "t1"), "Available"));
    }

    void healthChecksReplace()
    {
        apply(1, 2);
        QCOMPARE(
            m_world
                ->send(
                    "POST", kCapi + "machinehealthchecks",
                    "kind: MachineHealthCheck\napiVersion: cluster.x-k8s.io/v1beta2\nmetadata: {name: all}\n"
                    "spec:\n  clusterName: t1\n  selector:\n    matchLabels:\n"
                    "      cluster.x-k8s.io/cluster-name: t1\n  checks:\n    nodeStartupTimeoutSeconds: 600\n"
                    "    unhealthyNodeConditions:\n    - {type: Ready, status: Unknown, timeoutSeconds: "
                    "120}\n"
                    "    unhealthyMachineConditions:\n"
                    "    - {type: NodeReady, status: 'False', timeoutSeconds: 300}\n")
                .status,
            201);
        m_world->post([] {});
        const auto check = [&] { return m_world->get("machinehealthchecks", "t1", "all"); };
        QCOMPARE(number(check(), "status.expectedMachines").value_or(0), 3LL);
        QCOMPARE(number(check(), "status.currentHealthy").value_or(0), 3LL);
        const std::string sick = text(machinesOf(false).at(0), "metadata.name");
        const std::uint64_t before = m_world->outer().revision();
        m_world->post([&] { m_world->site().deadKubelets.insert({"t1", sick}); });
        QVERIFY(m_world->step(400));
        QVERIFY(m_world->get("machines", "t1", sick).is_null());
        QVERIFY(told(capi::machines(), sick, before,
                     {"HealthCheckSucceeded=False(UnhealthyNode)",
                      "OwnerRemediated=False(WaitingForRemediation)", "Deleting=True(DeletionCompleted)"}));
        QCOMPARE(machinesOf(false).size(), std::size_t(2));
        QVERIFY(m_world->step(200));
        QCOMPARE(number(check(), "status.currentHealthy").value_or(0), 3LL);
        // By hand.
        const std::string marked = text(machinesOf(false).at(0), "metadata.name");
        QCOMPARE(patch(kCapi + "machines/" + marked,
                       R"({"metadata":{"annotations":{"cluster.x-k8s.io/remediate-machine":""}}})")
                     .status,
                 200);
        QVERIFY(m_world->step(300));
        QVERIFY(m_world->get("machines", "t1", marked).is_null());
        // The only control plane machine stays, whatever it looks like.
        const std::string plane = text(machinesOf(true).at(0), "metadata.name");
        QCOMPARE(patch(kCapi + "machines/" + plane,
                       R"({"metadata":{"annotations":{"cluster.x-k8s.io/remediate-machine":""}}})")
                     .status,
                 200);
        QVERIFY(m_world->step(60));
        const Json* owner = nullptr;
        const Json kept = m_world->get("machines", "t1", plane);
        owner = conditionOf(kept, "OwnerRemediated");
        QVERIFY(owner != nullptr);
        QCOMPARE(text(*owner, "reason"), std::string("CannotBeRemediated"));
        QCOMPARE(
            text(*owner, "message"),
            std::string("KubeadmControlPlane can't remediate if current replicas are less or equal to 1"));
    }

    void resourceSetsApply()
    {
        apply(1, 1);
        const std::string sets = "/apis/addons.cluster.x-k8s.io/v1beta2/namespaces/t1/clusterresourcesets";
        const auto content = [](const char* value) {
            return std::string("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: motd, namespace: default}\n"
                               "data: {text: ") +
                   value + "}\n";
        };
        const auto holder = [&](const char* value) {
            return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: motd}\ndata:\n  m.yaml: |\n" +
                   indented(content(value), "    ") + "\n";
        };
        const auto set = [](const char* name, const char* strategy, const char* kind) {
            return std::string("apiVersion: addons.cluster.x-k8s.io/v1beta2\nkind: "
                               "ClusterResourceSet\nmetadata: {name: ") +
                   name + "}\nspec:\n  strategy: " + strategy +
                   "\n  clusterSelector: {matchLabels: {cni: t1}}\n  resources:\n  - {kind: " + kind +
                   ", name: motd}\n";
        };
        const auto motd = [&] {
            return text(read(m_world->inner("t1"), coreKind("configmaps"), "default", "motd"), "data.text");
        };
        // Nothing to apply yet.
        QCOMPARE(m_world->send("POST", sets, set("once", "ApplyOnce", "ConfigMap")).status, 201);
        m_world->post([] {});
        const Json waiting = m_world->get("clusterresourcesets", "t1", "once");
        QVERIFY(conditionOf(waiting, "ResourcesApplied") != nullptr);
        QCOMPARE(text(*conditionOf(waiting, "ResourcesApplied"), "status"), std::string("False"));
        QCOMPARE(m_world->send("POST", "/api/v1/namespaces/t1/configmaps", holder("one")).status, 201);
        QVERIFY(m_world->step(20));
        QCOMPARE(motd(), std::string("one"));
        QVERIFY(isTrue(m_world->get("clusterresourcesets", "t1", "once"), "ResourcesApplied"));
        const Json binding = m_world->get("clusterresourcesetbindings", "t1", "t1");
        QVERIFY(compact(binding).find(R"("clusterResourceSetName":"once")") != std::string::npos);
        QVERIFY(compact(binding).find(R"("applied":true)") != std::string::npos);
        // Once is once; to reconcile is to follow.
        const std::string path = "/api/v1/namespaces/t1/configmaps/motd";
        const auto change = [&](const char* value) {
            return patch(path, compact(Json{{"data", {{"m.yaml", content(value)}}}})).status;
        };
        QCOMPARE(change("two"), 200);
        QVERIFY(m_world->step(20));
        QCOMPARE(motd(), std::string("one"));
        QCOMPARE(m_world->send("POST", sets, set("always", "Reconcile", "ConfigMap")).status, 201);
        QVERIFY(m_world->step(20));
        QCOMPARE(motd(), std::string("two"));
        QCOMPARE(change("three"), 200);
        QVERIFY(m_world->step(20));
        QCOMPARE(motd(), std::string("three"));
        // A Secret must be of the right type.
        QCOMPARE(m_world
                     ->send("POST", "/api/v1/namespaces/t1/secrets",
                            "apiVersion: v1\nkind: Secret\nmetadata: {name: motd}\n")
                     .status,
                 201);
        QCOMPARE(m_world->send("POST", sets, set("secret", "ApplyOnce", "Secret")).status, 201);
        QVERIFY(m_world->step(5));
        const Json refused = m_world->get("clusterresourcesets", "t1", "secret");
        QCOMPARE(text(*conditionOf(refused, "ResourcesApplied"), "reason"), std::string("WrongSecretType"));
    }

    void guestsMigrate()
    {
        m_world = std::make_unique<World>();
        QVERIFY(m_world->step(100));
        Store& outer = m_world->outer();
        ObjectPtr guest;
        for (const ObjectPtr& vmi : outer.list(kindOf("virtualmachineinstances"), "red")) {
            if (text(parseOwn(vmi->body), "status.nodeName") == "outer-1") // there is room for it elsewhere
                guest = vmi;
        }
        QVERIFY(guest);
        const std::string from = text(parseOwn(guest->body), "status.nodeName");
        const auto launchers = [&] {
            std::vector<std::string> out;
            for (const ObjectPtr& pod : outer.list(coreKind("pods"), "red")) {
                if (lookUp(pod->labels, "vm.kubevirt.io/name") == guest->name ||
                    lookUp(pod->labels, "vmi.kubevirt.io/id") == guest->name)
                    out.push_back(pod->name);
            }
            return out;
        };
        QCOMPARE(launchers().size(), std::size_t(1));
        const std::string source = launchers().front();
        const std::uint64_t before = outer.revision();
        const std::string path = "/apis/kubevirt.io/v1/namespaces/red/virtualmachineinstancemigrations";
        const auto migrate = [&](const char* name) {
            return m_world
                ->send("POST", path,
                       std::string("kind: VirtualMachineInstanceMigration\napiVersion: kubevirt.io/v1\n"
                                   "metadata: {name: ") +
                           name + "}\nspec: {vmiName: " + guest->name + "}\n")
                .status;
        };
        QCOMPARE(migrate("one"), 201);
        QVERIFY(m_world->step(60));
        std::vector<std::string> phases;
        const auto changes = outer.since(kindOf("virtualmachineinstancemigrations"), before, 100000);
        for (const StoreEvent& event : *changes) {
            const std::string phase = text(parseOwn(event.object->body), "status.phase");
            if (!phase.empty() && (phases.empty() || phases.back() != phase))
                phases.push_back(phase);
        }
        QCOMPARE(phases, (std::vector<std::string>{"Pending", "Scheduling", "Scheduled", "PreparingTarget",
                                                   "TargetReady", "Running", "Succeeded"}));
        const Json moved = m_world->get("virtualmachineinstances", "red", guest->name);
        const std::string to = text(moved, "status.nodeName");
        QVERIFY(to != from && !to.empty());
        QCOMPARE(text(moved, "status.migrationState.sourceNode"), from);
        QCOMPARE(text(moved, "status.migrationState.targetNode"), to);
        QCOMPARE(text(moved, "status.migrationState.sourcePod"), source);
        QVERIFY(flag(moved, "status.migrationState.completed"));
        QVERIFY(!flag(moved, "status.migrationState.failed"));
        QCOMPARE(label(moved, "kubevirt.io/nodeName"), to);
        QCOMPARE(launchers().size(), std::size_t(1));
        QVERIFY(launchers().front() != source);
        QCOMPARE(eventsAbout(guest->name, "Migrated"),
                 std::vector<std::string>{"The VirtualMachineInstance migrated to node " + to + "."});
        // The tenant's node did not notice.
        QVERIFY(isTrue(read(m_world->inner("red"), coreKind("nodes"), "", guest->name), "Ready"));
        // Deleted while it copies: the guest stays where it is.
        QCOMPARE(migrate("two"), 201);
        QVERIFY(m_world->step(5));
        QCOMPARE(text(m_world->get("virtualmachineinstancemigrations", "red", "two"), "status.phase"),
                 std::string("Running"));
        QCOMPARE(m_world->send("DELETE", path + "/two").status, 200);
        QVERIFY(m_world->step(20));
        const Json stayed = m_world->get("virtualmachineinstances", "red", guest->name);
        QCOMPARE(text(stayed, "status.nodeName"), to);
        QCOMPARE(text(stayed, "status.migrationState.abortStatus"), std::string("Succeeded"));
        QVERIFY(flag(stayed, "status.migrationState.failed"));
        QCOMPARE(launchers().size(), std::size_t(1));
    }

    void evictionsMoveGuests()
    {
        m_world = std::make_unique<World>();
        QVERIFY(m_world->step(100));
        Store& outer = m_world->outer();
        std::vector<std::string> guests;
        for (const ObjectPtr& vmi : outer.list(kindOf("virtualmachineinstances"), "red"))
            guests.push_back(vmi->name);
        const auto guest = [&](const std::string& name) {
            return m_world->get("virtualmachineinstances", "red", name);
        };
        const auto evicted = [&](const std::string& name) {
            std::string pod;
            for (const ObjectPtr& each : outer.list(coreKind("pods"), "red")) {
                if (lookUp(each->labels, "vmi.kubevirt.io/id") == name)
                    pod = each->name;
            }
            const HttpAnswer answer = m_world->send(
                "POST", "/api/v1/namespaces/red/pods/" + pod + "/eviction",
                "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"" + pod +
                    "\",\"namespace\":\"red\"}}",
                "application/json");
            m_world->post([] {});
            return std::to_string(answer.status) + " " + text(parseOwn(answer.body), "message");
        };
        const std::string webhook =
            "429 admission webhook \"virt-launcher-eviction-interceptor.kubevirt.io\" denied the request: ";
        // LiveMigrate: somebody makes a migration.
        std::string live;
        for (const std::string& name : guests) {
            if (text(guest(name), "status.nodeName") == "outer-1") // there is room for it elsewhere
                live = name;
        }
        QVERIFY(!live.empty());
        m_world->post([&] {
            edit(outer, kindOf("virtualmachineinstances"), "red", live,
                 [](Json& edited) { edited["spec"]["evictionStrategy"] = "LiveMigrate"; });
        });
        const std::string from = text(guest(live), "status.nodeName");
        QCOMPARE(evicted(live), webhook + "Eviction triggered evacuation of VMI \"red/" + live + "\"");
        QCOMPARE(evicted(live), webhook +
                                    "Evacuation in progress: Eviction triggered evacuation of VMI \"red/" +
                                    live + "\"");
        QVERIFY(m_world->step(60));
        QVERIFY(text(guest(live), "status.nodeName") != from);
        QVERIFY(text(guest(live), "status.evacuationNodeName").empty());
        // One that cannot move is refused.
        m_world->post([&] {
            edit(outer, kindOf("virtualmachineinstances"), "red", live, [&](Json& edited) {
                setCondition(edited["status"], {"LiveMigratable", "False", "DisksNotLiveMigratable", "no"},
                             timestamp(outer));
            });
        });
        QCOMPARE(evicted(live), webhook + "VMI " + live +
                                    " is configured with an eviction strategy but is not live-migratable");

        // External: provider KubeVirt drains the tenant's node first, as far as its budgets allow.
        std::string worker;
        for (const std::string& name : guests) {
            if (name != live && label(guest(name), "cluster.x-k8s.io/role") == "worker")
                worker = name;
        }
        QVERIFY(!worker.empty());
        Store& inner = m_world->inner("red");
        m_world->post([&] {
            create(inner, kindOf("poddisruptionbudgets"),
                   {{"metadata", {{"name", "all"}, {"namespace", "lab"}}},
                    {"spec",
                     {{"minAvailable", "100%"}, {"selector", {{"matchLabels", {{"app", "notebook"}}}}}}}});
        });
        const std::string before = text(guest(worker), "metadata.uid");
        QCOMPARE(evicted(worker), webhook + "Eviction triggered evacuation of VMI \"red/" + worker + "\"");
        QVERIFY(m_world->step(60));
        QVERIFY(flag(read(inner, coreKind("nodes"), "", worker), "spec.unschedulable"));
        QCOMPARE(text(guest(worker), "metadata.uid"), before); // held
        QVERIFY(!annotation(guest(worker), "capk.cluster.x-k8s.io/vmi-deletion-grace-time").empty());
        m_world->post([&] { (void)inner.remove(kindOf("poddisruptionbudgets"), "lab", "all"); });
        QVERIFY(m_world->step(200));
        QVERIFY(text(guest(worker), "metadata.uid") != before);
        const Json node = read(inner, coreKind("nodes"), "", worker);
        QVERIFY(isTrue(node, "Ready"));
        QVERIFY(!flag(node, "spec.unschedulable"));
    }

    void servicesGetAddresses()
    {
        m_world = std::make_unique<World>();
        const std::string path = "/api/v1/namespaces/default/services";
        const auto service = [](const std::string& name, const char* wish) {
            return "{\"metadata\":{\"name\":\"" + name +
                   "\"},\"spec\":{\"type\":\"LoadBalancer\",\"ports\":[{\"port\":80}]" + wish + "}}";
        };
        const auto address = [&](const std::string& name) {
            const Json found = read(m_world->outer(), coreKind("services"), "default", name);
            const Json* ingress = demosite::find(found, "status.loadBalancer.ingress");
            return ingress == nullptr || ingress->empty() ? std::string() : text(ingress->front(), "ip");
        };
        for (const char* name : {"a", "b"})
            QCOMPARE(m_world->send("POST", path, service(name, ""), "application/json").status, 201);
        QVERIFY(m_world->step(1));
        QVERIFY(address("a").empty()); // not at once
        QVERIFY(m_world->step(5));
        QVERIFY(!address("a").empty() && address("a") != address("b"));
        QCOMPARE(eventsAbout("a", "IPAllocated").size(), std::size_t(1));
        const std::string wish = ",\"loadBalancerIP\":\"" + address("a") + "\"";
        QCOMPARE(m_world->send("POST", path, service("c", wish.c_str()), "application/json").status, 201);
        QVERIFY(m_world->step(5));
        QVERIFY(address("c").empty());
        QCOMPARE(eventsAbout("c", "AllocationFailed"),
                 std::vector<std::string>{"Failed to allocate IP for \"default/c\": no available IPs"});
        QCOMPARE(patch(path + "/a", R"({"spec":{"type":"ClusterIP"}})").status, 200);
        QVERIFY(address("a").empty());
        QVERIFY(m_world->step(70));
        QVERIFY(!address("c").empty());
    }
};

QTEST_GUILESS_MAIN(TestFlows)
#include "test_flows.moc"
