// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/capi.h"
#include "core/demosite/site/front.h"
#include "tests/core/demosite/manifests.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

using namespace strata;
using namespace strata::demosite;

namespace {

const Kind& clusterKind()
{
    return Kinds::instance().get("clusters", "cluster.x-k8s.io");
}

} // namespace

class TestControllers : public QObject {
    Q_OBJECT

    static void apply(World& world, bool old, int planes, int workers, bool network = true)
    {
        for (const auto& [path, manifest] : manifests(old, planes, workers, network)) {
            const HttpAnswer answer = world.send("POST", path, manifest);
            QVERIFY2(answer.status == 201, (path + ": " + answer.body).c_str());
            world.post([] {}); // one after the other, as a person would
        }
    }
    static int readyNodes(World& world)
    {
        int ready = 0;
        for (const ObjectPtr& node : world.inner("t1").list(coreKind("nodes")))
            ready += isTrue(parseOwn(node->body), "Ready") ? 1 : 0;
        return ready;
    }

private Q_SLOTS:
    void clusterBecomesReady_data()
    {
        QTest::addColumn<bool>("old");
        QTest::addColumn<int>("planes");
        QTest::newRow("v1beta2, one control plane machine") << false << 1;
        QTest::newRow("v1beta1, three") << true << 3;
    }
    void clusterBecomesReady()
    {
        QFETCH(bool, old);
        QFETCH(int, planes);
        World world;
        const std::uint64_t before = world.outer().revision();
        apply(world, old, planes, 2);
        QVERIFY(world.step(900));
        const Json cluster = world.get("clusters", "t1", "t1");
        QVERIFY2(isTrue(cluster, "Available"), compact(cluster).c_str());
        QCOMPARE(text(cluster, "status.phase"), std::string("Provisioned"));
        QCOMPARE(number(cluster, "status.controlPlane.readyReplicas").value_or(0),
                 static_cast<long long>(planes));
        QCOMPARE(number(cluster, "status.workers.availableReplicas").value_or(0), 2LL);
        QCOMPARE(readyNodes(world), planes + 2);
        const Json secret = read(world.outer(), coreKind("secrets"), "t1", "t1-kubeconfig");
        QVERIFY(!text(secret, "data.value").empty());

        std::string missing;
        const auto tells = [&](const Kind& kind, const std::string& name,
                               const std::vector<std::string>& wanted) {
            const auto lines = world.history(kind, name, before);
            const bool good = inOrder(lines, wanted, missing);
            if (!good)
                qWarning("%s %s misses %s in\n%s", kind.kind.data(), name.c_str(), missing.c_str(),
                         joinedLines(lines).c_str());
            return good;
        };
        QVERIFY(tells(
            kindOf("kubevirtclusters"), "t1",
            {"LoadBalancerAvailable=False(LoadBalancerProvisioningFailed)", "LoadBalancerAvailable=True"}));
        QVERIFY(tells(clusterKind(), "t1",
                      {"InfrastructureReady=False(ObjectDoesNotExist)",
                       "InfrastructureReady=False(LoadBalancerProvisioningFailed)",
                       "InfrastructureReady=True(Ready)", "ControlPlaneInitialized=True(Initialized)",
                       "RemoteConnectionProbe=True(ProbeSucceeded)", "WorkersAvailable=True(Available)"}));
        QVERIFY(tells(kindOf("kubeadmcontrolplanes"), "t1-cp",
                      {"Available=False(NotAvailable)", "CertificatesAvailable=True(Available)",
                       "Initialized=True(Initialized)", "Available=True(Available)"}));
        QVERIFY(tells(capi::machines(), "t1-cp-",
                      {"BootstrapConfigReady=False(NotReady)", "BootstrapConfigReady=True(Ready)",
                       "InfrastructureReady=True(Ready)", "NodeHealthy=True(NodeHealthy)"}));
        QVERIFY(
            tells(kindOf("kubevirtmachines"), "t1-cp-",
                  {"VMProvisioned=False(WaitingForBootstrapData)", "VMProvisioned=False(DVPending)",
                   "VMProvisioned=False(DVNotReady)", "VMProvisioned=False(VMNotReady)", "VMProvisioned=True",
                   "BootstrapExecSucceeded=False(BootstrapFailed)", "BootstrapExecSucceeded=True"}));
        // It stays as it is, and nothing is written but heartbeats.
        QVERIFY(world.step(60));
        const std::uint64_t settled = world.outer().revision();
        QVERIFY(world.step(9));
        QVERIFY(world.outer().revision() - settled <= 3); // leases of the outer nodes
    }

    void nodesWaitForANetwork()
    {
        World world;
        apply(world, false, 1, 1, false);
        QVERIFY(world.step(400));
        QCOMPARE(world.inner("t1").count(coreKind("nodes")), std::size_t(2));
        QCOMPARE(readyNodes(world), 0);
        for (const ObjectPtr& node : world.inner("t1").list(coreKind("nodes"))) {
            const Json body = parseOwn(node->body);
            const Json* ready = conditionOf(body, "Ready");
            QVERIFY(ready != nullptr);
            QCOMPARE(text(*ready, "reason"), std::string("KubeletNotReady"));
            QVERIFY(text(*ready, "message").find("cni plugin not initialized") != std::string::npos);
        }
        const Json cluster = world.get("clusters", "t1", "t1");
        QVERIFY(isTrue(cluster, "ControlPlaneInitialized"));
        QVERIFY(!isTrue(cluster, "Available"));
        auto manifest = parseBody(kCni);
        QVERIFY(manifest.has_value());
        QVERIFY(world.inner("t1").create(kindOf("daemonsets"), *manifest).has_value());
        QVERIFY(world.step(60));
        QCOMPARE(readyNodes(world), 2);
        QVERIFY(isTrue(world.get("clusters", "t1", "t1"), "Available"));
    }

    void deletesInOrder()
    {
        World world;
        apply(world, false, 1, 2);
        QVERIFY(world.step(600));
        QVERIFY(isTrue(world.get("clusters", "t1", "t1"), "Available"));
        const std::uint64_t before = world.outer().revision();
        QCOMPARE(world.send("DELETE", "/apis/cluster.x-k8s.io/v1beta2/namespaces/t1/clusters/t1").status,
                 200);
        QVERIFY(world.step(300));
        QVERIFY(world.get("clusters", "t1", "t1").is_null());
        std::string missing;
        const auto lines = world.history(clusterKind(), "t1", before);
        QVERIFY2(inOrder(lines,
                         {"Deleting=True(WaitingForWorkersDeletion)",
                          "Deleting=True(WaitingForControlPlaneDeletion)",
                          "Deleting=True(WaitingForInfrastructureDeletion)"},
                         missing),
                 joinedLines(lines).c_str());
        for (const char* resource : {"machines", "machinesets", "machinedeployments", "kubeadmcontrolplanes",
                                     "kubevirtclusters", "kubevirtmachines", "kubeadmconfigs",
                                     "virtualmachines", "virtualmachineinstances", "datavolumes"})
            QVERIFY2(world.outer().list(Kinds::instance().get(resource), "t1").empty(), resource);
        for (const char* resource : {"pods", "persistentvolumeclaims", "services"})
            QVERIFY2(world.outer().list(coreKind(resource), "t1").empty(), resource);
        QVERIFY(!world.hasInner("t1"));
    }

    // A tenant's load balancer is a Service outside, and goes with it.
    void tenantsServicesGetAddresses()
    {
        World world;
        QVERIFY(world.step(5));
        auto asked =
            parseBody(R"({"metadata":{"name":"door","namespace":"default"},"spec":{"type":"LoadBalancer",
            "ports":[{"port":443,"targetPort":8443}],"selector":{"app":"door"}}})");
        QVERIFY(asked.has_value());
        const auto made = world.inner("blue").create(coreKind("services"), *asked);
        QVERIFY(made.has_value());
        QVERIFY(world.step(20));
        const auto inner = [&world] {
            return read(world.inner("blue"), coreKind("services"), "default", "door");
        };
        const Json now = inner();
        const Json* ingress = demosite::find(now, "status.loadBalancer.ingress");
        QVERIFY(ingress != nullptr && ingress->size() == 1);
        const std::string address = text(ingress->front(), "ip");
        QVERIFY2(address.rfind("10.20.200.", 0) == 0, address.c_str());
        const std::string name = loadBalancerName((*made)->uid);
        const Json outer = read(world.outer(), coreKind("services"), "blue", name);
        QVERIFY(!outer.is_null());
        QCOMPARE(text(part(outer, "status.loadBalancer.ingress").front(), "ip"), address);
        QCOMPARE(number(part(outer, "spec.ports").front(), "targetPort"),
                 number(part(now, "spec.ports").front(), "nodePort"));
        QVERIFY(world.inner("blue").remove(coreKind("services"), "default", "door"));
        QVERIFY(world.step(10));
        QVERIFY(inner().is_null());
        QVERIFY(read(world.outer(), coreKind("services"), "blue", name).is_null());
    }

    // KubeVirt's own manifest names its operator's template; pods are named after what makes them all the
    // same.
    void aNameInATemplateNamesNothing()
    {
        World world;
        QVERIFY(world.step(1));
        QCOMPARE(world
                     .send("POST", "/apis/apps/v1/namespaces/default/deployments",
                           R"({"metadata": {"name": "web"}, "spec": {"replicas": 2,
                                "selector": {"matchLabels": {"app": "web"}},
                                "template": {"metadata": {"name": "web", "labels": {"app": "web"},
                                                          "annotations": {"note": "kept"}},
                                             "spec": {"containers": [{"name": "c", "image": "web:1"}]}}}})",
                           "application/json")
                     .status,
                 201);
        const auto available = [&world] {
            return number(world.get("deployments", "default", "web"), "status.availableReplicas").value_or(0);
        };
        for (int i = 0; i < 600 && available() < 2; ++i)
            QVERIFY(world.step(0.1));
        QCOMPARE(available(), 2LL);
        const std::vector<ObjectPtr> pods = world.outer().list(coreKind("pods"), "default");
        QCOMPARE(pods.size(), std::size_t(2));
        for (const ObjectPtr& pod : pods) {
            QVERIFY2(pod->name.rfind("web-", 0) == 0, pod->name.c_str());
            QVERIFY(pod->body.find(R"("note":"kept")") != std::string::npos);
        }
    }

    // An operator says that it is done when all that it deploys has the new version and runs.
    void anOperatorIsDoneWhenItsPartsAre()
    {
        World world;
        QVERIFY(world.step(5));
        const Json before = world.get("deployments", "kubevirt", "virt-operator");
        QVERIFY(!before.is_null());
        QCOMPARE(world
                     .send("PATCH", "/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator",
                           R"([{"op": "replace", "path": "/spec/template/spec/containers/0/image",
                                "value": "quay.io/kubevirt/virt-operator:v1.9.0"}])",
                           "application/json-patch+json")
                     .status,
                 200);
        const auto version = [&world] {
            return text(world.get("kubevirts", "kubevirt", "kubevirt"), "status.observedKubeVirtVersion");
        };
        for (int i = 0; i < 1200 && version() != "v1.9.0"; ++i)
            QVERIFY(world.step(0.1));
        QCOMPARE(version(), std::string("v1.9.0"));
        const Json handlers = world.get("daemonsets", "kubevirt", "virt-handler");
        const auto wanted = number(handlers, "status.desiredNumberScheduled").value_or(0);
        QVERIFY(wanted > 0);
        QCOMPARE(number(handlers, "status.updatedNumberScheduled").value_or(0), wanted);
        QCOMPARE(number(handlers, "status.numberAvailable").value_or(0), wanted);
        for (const char* name : {"virt-api", "virt-controller"}) {
            const Json deployment = world.get("deployments", "kubevirt", name);
            QVERIFY2(number(deployment, "status.updatedReplicas").value_or(0) == 2, name);
            QVERIFY2(number(deployment, "status.availableReplicas").value_or(0) >= 2, name);
        }
    }
};

QTEST_GUILESS_MAIN(TestControllers)
#include "test_controllers.moc"
