// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/concerns.h"
#include "core/provision/create_cluster.h"
#include "core/provision/preflight.h"
#include "core/provision/recipes/create_plan.h"
#include "core/provision/siteevidence.h"
#include "core/provision/sourcequestion.h"
#include "tests/support/scriptserver.h"

#include <QtTest>

#include <future>
#include <map>

using namespace strata;
using namespace strata::provision;
using namespace std::chrono_literals;
using test::Reply;

namespace {

// The providers' controllers, as Cluster API 1.14 and provider KubeVirt 0.11 have them.
std::string managers(const char* core = "v1.14.0", const char* capk = "v0.11.2", int available = 1)
{
    Json items = Json::array();
    for (const auto& [label, image] :
         {std::pair("cluster-api", std::string("registry.k8s.io/cluster-api/cluster-api-controller:") + core),
          std::pair("bootstrap-kubeadm",
                    std::string("registry.k8s.io/cluster-api/kubeadm-bootstrap-controller:") + core),
          std::pair("control-plane-kubeadm",
                    std::string("registry.k8s.io/cluster-api/kubeadm-control-plane-controller:") + core),
          std::pair("infrastructure-kubevirt", std::string("quay.io/capk/capk-manager:") + capk)}) {
        Json item;
        item["metadata"]["labels"]["cluster.x-k8s.io/provider"] = label;
        item["spec"]["replicas"] = 1;
        item["spec"]["template"]["spec"]["containers"][0]["image"] = image;
        item["status"]["availableReplicas"] = available;
        items.push_back(item);
    }
    return Json{{"items", items}}.dump();
}

// What a healthy site says; a test changes what it is about.
std::map<std::string, std::string> healthy()
{
    return {
        {"/apis", R"({"kind":"APIGroupList","groups":[
            {"name":"cluster.x-k8s.io","versions":[{"version":"v1beta2"},{"version":"v1beta1"}]},
            {"name":"bootstrap.cluster.x-k8s.io","versions":[{"version":"v1beta2"}]},
            {"name":"controlplane.cluster.x-k8s.io","versions":[{"version":"v1beta2"}]},
            {"name":"infrastructure.cluster.x-k8s.io","versions":[{"version":"v1alpha1"}]},
            {"name":"addons.cluster.x-k8s.io","versions":[{"version":"v1beta2"}]},
            {"name":"cdi.kubevirt.io","versions":[{"version":"v1beta1"}]},
            {"name":"kubevirt.io","versions":[{"version":"v1"}]}]})"},
        {"/apis/kubevirt.io/v1/kubevirts",
         R"({"items":[{"status":{"phase":"Deployed","observedKubeVirtVersion":"v1.9.0"}}]})"},
        {"/apis/storage.k8s.io/v1/storageclasses",
         R"({"items":[{"metadata":{"name":"rbd","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}},
                      {"metadata":{"name":"nvme"}}]})"},
        {"/api/v1/nodes",
         R"({"items":[{"metadata":{"name":"outer-1","labels":{"kubevirt.io/schedulable":"true"}},
            "spec":{"podCIDRs":["10.244.0.0/24"]},
            "status":{"allocatable":{"cpu":"32","memory":"128Gi","pods":"110","devices.kubevirt.io/kvm":"1k"},
                      "conditions":[{"type":"Ready","status":"True"}],
                      "addresses":[{"type":"InternalIP","address":"192.0.2.11"}]}}]})"},
        {"/api/v1/pods", R"({"items":[{"metadata":{"name":"p"},"spec":{"nodeName":"outer-1","containers":[
            {"resources":{"requests":{"cpu":"2","memory":"28Gi"}}}]}}]})"},
        {"/apis/cluster.x-k8s.io/v1beta2/clusters",
         R"({"items":[{"metadata":{"namespace":"red","name":"red"},"spec":{"clusterNetwork":{
            "pods":{"cidrBlocks":["10.243.0.0/16"]},"services":{"cidrBlocks":["10.95.0.0/16"]}}}}]})"},
        {"/api/v1/namespaces/default/services/kubernetes", R"({"spec":{"clusterIP":"10.96.0.1"}})"},
        {"/api/v1/namespaces/x", R"({"metadata":{"name":"x"}})"},
        {"/api/v1/namespaces/x/resourcequotas", R"({"items":[]})"},
        {"/apis/apps/v1/deployments", managers()},
        {"/api/v1/services",
         R"({"items":[{"metadata":{"namespace":"red","name":"red-lb"},"spec":{"type":"LoadBalancer"},
            "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.40"}]}}}]})"},
        {"/api/v1/namespaces/kube-system/configmaps/cilium-config",
         R"({"data":{"routing-mode":"tunnel","tunnel-port":"8472","mtu":"8950"}})"},
        {"/apis/cdi.kubevirt.io/v1beta1/datavolumes", R"({"items":[{"spec":{"source":{"registry":{
            "url":"docker://quay.io/capk/ubuntu-2204-container-disk:v1.34.1"}}},"status":{"phase":"Succeeded"}}]})"},
        {"/apis/cluster.x-k8s.io/v1beta2/clusterclasses", R"({"items":[]})"},
    };
}

} // namespace

class TestPreflight : public QObject {
    Q_OBJECT

    kube::Network m_network;
    test::TestCa m_ca;

    Survey ask(const ClusterProfile& profile, const std::map<std::string, std::string>& answers,
               bool allowed = true, const std::map<std::string, std::pair<int, std::string>>& failures = {},
               const std::string& deniedVerb = {}, PreflightOptions options = {false, {}})
    {
        test::ScriptServer server({m_ca.server(), {}, false});
        for (const char* absent : {"/api/v1/namespaces/kube-system/configmaps/calico-config",
                                   "/api/v1/namespaces/kube-flannel/configmaps/kube-flannel-cfg"})
            server.expect("GET", absent, {},
                          Reply::json(404, R"({"kind":"Status","reason":"NotFound","code":404})"));
        for (const auto& [path, body] : answers) {
            const auto failure = failures.find(path);
            server.expect("GET", path, {},
                          failure != failures.end()
                              ? Reply::json(failure->second.first, failure->second.second)
                              : Reply::json(200, body));
        }
        // Each right is asked about once.
        const Rights rights = rightsFor(profile);
        const auto review = [&](const std::vector<Access>& all) {
            for (const Access& each : all) {
                const bool yes = allowed && each.verb != deniedVerb;
                server.expect(
                    "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {},
                    Reply::json(201,
                                std::string(R"({"kind":"SelfSubjectAccessReview","status":{"allowed":)") +
                                    (yes ? "true" : "false") + "}}"));
            }
        };
        review(rights.needed);
        review(rights.undo);
        kube::ClusterConfig config;
        config.server = server.url();
        config.caPem = m_ca.certificatePem();
        const auto client = kube::Client::create(m_network, config);
        std::promise<Survey> promise;
        auto future = promise.get_future();
        const auto preflight = Preflight::start(
            client, profile, [&](const Survey& survey) { promise.set_value(survey); }, options);
        if (future.wait_for(30s) != std::future_status::ready) {
            qWarning("%s", server.problems().c_str());
            return {};
        }
        Survey survey = future.get();
        if (!server.problems().empty())
            qWarning("%s", server.problems().c_str());
        return survey;
    }

    static Check check(const Survey& survey, const std::string& id)
    {
        for (const Check& each : survey.checks) {
            if (each.id == id)
                return each;
        }
        return {};
    }

    static ClusterProfile profile()
    {
        ClusterProfile p;
        p.name = "x";
        p.network.podCidr = "10.50.0.0/16";
        p.network.serviceCidr = "10.51.0.0/16";
        return p;
    }

private Q_SLOTS:
    void aHealthySite()
    {
        const Survey survey = ask(profile(), healthy());
        for (const Check& each : survey.checks)
            QVERIFY2(each.verdict == CheckVerdict::Ok, (each.id + ": " + each.evidence).c_str());
        QCOMPARE(survey.defaultStorageClass, std::string("rbd"));
        QCOMPARE(survey.clusters, std::vector<std::string>{"red/red"});
        QCOMPARE(survey.nodes.size(), std::size_t{1});
        QCOMPARE(survey.nodes[0].capacity.memoryBytes, std::int64_t{128} << 30);
        QCOMPARE(survey.nodes[0].free.memoryBytes, std::int64_t{100} << 30);
        QVERIFY(survey.fit.fits());
        QCOMPARE(survey.server.clusterApiRelease, std::string("v1.14.0"));
        QCOMPARE(survey.server.capkRelease, std::string("v0.11.2"));
        QCOMPARE(survey.overlay.podMtu, 8950);
        QCOMPARE(survey.overlay.ports, std::vector<int>{8472});
        for (const char* id : {"reach", "cluster-api", "bootstrap", "control-plane", "capk", "kubevirt",
                               "cdi", "kubevirt-ready", "name", "namespace", "rbac", "releases",
                               "controllers", "load-balancer", "image", "storage", "networks", "room"})
            QVERIFY2(!check(survey, id).id.empty(), id);
    }

    // Undo needs more than making: said before, and no reason not to begin.
    void whatCouldNotBeTakenBack()
    {
        const Rights rights = rightsFor(profile());
        QVERIFY(std::all_of(rights.undo.begin(), rights.undo.end(),
                            [](const Access& access) { return access.verb == "delete"; }));
        // Every kind that a plan writes is asked about with every verb it is written with.
        ClusterProfile rich = profile();
        rich.cni.kind = Cni::None;
        rich.addOns.cloudProvider = true;
        const auto plan = createPlan(rich, {}, {}, "plan");
        QVERIFY(plan.has_value());
        const Rights all = rightsFor(rich);
        for (const Step& step : plan->steps) {
            for (const Write& write : step.writes) {
                std::string plural = write.object.kind() + "s";
                std::transform(plural.begin(), plural.end(), plural.begin(), ::tolower);
                const char* verb =
                    write.verb == Verb::Create || write.verb == Verb::Ensure ? "create" : "patch";
                const auto asked = [&](const std::vector<Access>& among, const std::string& wanted) {
                    return std::any_of(among.begin(), among.end(), [&](const Access& each) {
                        return each.verb == wanted && each.group == write.object.group() &&
                               each.resource == plural && each.ns == write.object.ns();
                    });
                };
                QVERIFY2(asked(all.needed, verb) && asked(all.needed, "get"), (plural + " " + verb).c_str());
                QVERIFY2(asked(all.undo, "delete"), plural.c_str());
            }
        }
    }

    void loadBalancers_data()
    {
        QTest::addColumn<QByteArray>("services");
        QTest::addColumn<QByteArray>("pools"); // of MetalLB; empty: it is not there
        QTest::addColumn<int>("verdict");
        QTest::addColumn<QString>("words");
        const QByteArray none = R"({"items":[]})";
        const auto service = [](const char* status) {
            return QByteArray(
                       R"({"items":[{"metadata":{"namespace":"a","name":"b"},"spec":{"type":"LoadBalancer"},"status":)") +
                   status + "}]}";
        };
        QTest::newRow("address") << service(R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.9"}]}})")
                                 << QByteArray() << int(CheckVerdict::Ok) << "192.0.2.9";
        QTest::newRow("host name only")
            << service(R"({"loadBalancer":{"ingress":[{"hostname":"x.example"}]}})") << QByteArray()
            << int(CheckVerdict::Blocker) << "host name";
        QTest::newRow("MetalLB without addresses")
            << none << none << int(CheckVerdict::Blocker) << "IPAddressPool";
        QTest::newRow("MetalLB with addresses")
            << none << QByteArray(R"({"items":[{"spec":{"addresses":["192.0.2.0/24"]}}]})")
            << int(CheckVerdict::Ok) << "1 pools";
        QTest::newRow("waiting") << service("{}") << QByteArray() << int(CheckVerdict::Warning) << "wait";
        QTest::newRow("nobody") << none << QByteArray() << int(CheckVerdict::Warning) << "Nothing was seen";
    }
    void loadBalancers()
    {
        QFETCH(QByteArray, services);
        QFETCH(QByteArray, pools);
        QFETCH(int, verdict);
        QFETCH(QString, words);
        auto answers = healthy();
        answers["/api/v1/services"] = services.toStdString();
        if (!pools.isEmpty()) {
            std::string& groups = answers["/apis"];
            groups.insert(groups.rfind("]}"), R"(,{"name":"metallb.io","versions":[{"version":"v1beta1"}]})");
            answers["/apis/metallb.io/v1beta1/ipaddresspools"] = pools.toStdString();
        }
        const Survey survey = ask(profile(), answers);
        const Check lb = check(survey, "load-balancer");
        QVERIFY2(int(lb.verdict) == verdict, lb.evidence.c_str());
        QVERIFY2(QString::fromStdString(lb.evidence).contains(words), lb.evidence.c_str());
        QCOMPARE(lb.field, std::string("endpoint"));
        QCOMPARE(lb.remedy.empty(), lb.verdict == CheckVerdict::Ok);
        QCOMPARE(survey.blocked(), lb.verdict == CheckVerdict::Blocker);
        // Another endpoint needs none.
        ClusterProfile inside = profile();
        inside.endpoint = Endpoint::ClusterIp;
        QVERIFY(!rightsFor(inside).needed.empty());
        answers.erase("/api/v1/services");
        answers.erase("/apis/metallb.io/v1beta1/ipaddresspools");
        const Survey other = ask(inside, answers);
        QVERIFY(check(other, "load-balancer").id.empty());
        QVERIFY(!other.blocked());
    }

    void releases_data()
    {
        QTest::addColumn<QByteArray>("core");
        QTest::addColumn<QByteArray>("capk");
        QTest::addColumn<int>("available");
        QTest::addColumn<bool>("old");
        QTest::addColumn<int>("releases");
        QTest::addColumn<int>("controllers");
        const int ok = int(CheckVerdict::Ok);
        const int warning = int(CheckVerdict::Warning);
        const int blocker = int(CheckVerdict::Blocker);
        QTest::newRow("fine") << QByteArray("v1.14.0") << QByteArray("v0.11.2") << 1 << true << ok << ok;
        QTest::newRow("v1beta1 is gone")
            << QByteArray("v1.16.0") << QByteArray("v0.11.2") << 1 << false << blocker << ok;
        QTest::newRow("too new a provider")
            << QByteArray("v1.10.4") << QByteArray("v0.11.2") << 1 << true << warning << ok;
        QTest::newRow("both old") << QByteArray("v1.10.4") << QByteArray("v0.10.5") << 1 << true << ok << ok;
        QTest::newRow("no release in the tag")
            << QByteArray("latest") << QByteArray("main") << 1 << true << int(CheckVerdict::Unknown) << ok;
        QTest::newRow("down") << QByteArray("v1.14.0") << QByteArray("v0.11.2") << 0 << true << ok << blocker;
    }
    void releases()
    {
        QFETCH(QByteArray, core);
        QFETCH(QByteArray, capk);
        QFETCH(int, available);
        QFETCH(bool, old);
        auto answers = healthy();
        answers["/apis/apps/v1/deployments"] = managers(core.constData(), capk.constData(), available);
        if (!old) {
            std::string& groups = answers["/apis"];
            const std::string both = R"([{"version":"v1beta2"},{"version":"v1beta1"}])";
            groups.replace(groups.find(both), both.size(), R"([{"version":"v1beta2"}])");
        }
        const Survey survey = ask(profile(), answers);
        QTEST(int(check(survey, "releases").verdict), "releases");
        QTEST(int(check(survey, "controllers").verdict), "controllers");
        for (const char* id : {"releases", "controllers"}) {
            const Check each = check(survey, id);
            QCOMPARE(each.remedy.empty(), each.verdict == CheckVerdict::Ok);
        }
    }

    void images()
    {
        // A claim that is not there, one that is not bound, one that is.
        ClusterProfile p = profile();
        p.image = {ImageSource::Pvc, "images/ubuntu"};
        auto answers = healthy();
        answers.erase("/apis/cdi.kubevirt.io/v1beta1/datavolumes");
        const std::string claim = "/api/v1/namespaces/images/persistentvolumeclaims/ubuntu";
        answers[claim] = "";
        Check image = check(
            ask(p, answers, true, {{claim, {404, R"({"kind":"Status","reason":"NotFound","code":404})"}}}),
            "image");
        QCOMPARE(image.verdict, CheckVerdict::Blocker);
        QCOMPARE(image.field, std::string("image.location"));
        answers[claim] = R"({"status":{"phase":"Pending"}})";
        image = check(ask(p, answers), "image");
        QVERIFY2(image.verdict == CheckVerdict::Blocker && !image.remedy.empty(), image.evidence.c_str());
        answers[claim] = R"({"status":{"phase":"Bound"}})";
        QCOMPARE(check(ask(p, answers), "image").verdict, CheckVerdict::Ok);

        // Not seen here, and not asked: said so, with what was seen.
        p = profile();
        p.kubernetesVersion = "v1.35.2";
        image = check(ask(p, healthy()), "image");
        QCOMPARE(image.verdict, CheckVerdict::Unknown);
        QVERIFY2(image.evidence.find("v1.34.1") != std::string::npos, image.evidence.c_str());
    }

    // The registry's own word, when the site knows nothing of the image.
    void registries_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("verdict");
        QTest::newRow("there") << 200 << int(CheckVerdict::Ok);
        QTest::newRow("not there") << 404 << int(CheckVerdict::Blocker);
        QTest::newRow("private") << 401 << int(CheckVerdict::Unknown);
    }
    void registries()
    {
        QFETCH(int, status);
        QFETCH(int, verdict);
        test::ScriptServer registry({m_ca.server(), {}, false});
        registry.expect("GET", "/v2/team/node/manifests/v1.34.1", {},
                        Reply::json(status, status == 200 ? R"({"schemaVersion":2})"
                                                          : R"({"errors":[{"code":"MANIFEST_UNKNOWN"}]})"),
                        status == 401 ? 2 : 1);
        ClusterProfile p = profile();
        p.image.location = "127.0.0.1:" + std::to_string(registry.port()) + "/team/node";
        const Check image = check(ask(p, healthy(), true, {}, {}, {true, m_ca.certificatePem()}), "image");
        QVERIFY2(int(image.verdict) == verdict, image.evidence.c_str());
        QVERIFY(registry.seen().size() >= 1);
        QVERIFY(registry.seen().front().headers.count("authorization") == 0);
    }

    void imagePlaces()
    {
        const auto place = [](const char* image) {
            const auto found = registryPlace(image);
            return found ? found->server + found->path : std::string("-");
        };
        QCOMPARE(place("quay.io/capk/u:v1"), std::string("https://quay.io/v2/capk/u/manifests/v1"));
        QCOMPARE(place("ubuntu:24.04"),
                 std::string("https://registry-1.docker.io/v2/library/ubuntu/manifests/24.04"));
        QCOMPARE(place("docker.io/a/b"), std::string("https://registry-1.docker.io/v2/a/b/manifests/latest"));
        QCOMPARE(place("h:5000/a@sha256:00"), std::string("https://h:5000/v2/a/manifests/sha256:00"));
        QCOMPARE(place("quay.io/a b"), std::string("-"));
        QVERIFY(!filePlace("http://x/y").has_value());
    }

    void overlays()
    {
        OverlaySettings settings;
        QVERIFY(readOverlay(settings).ports.empty());
        settings.calico = Json::parse(R"({"data":{"calico_backend":"vxlan","veth_mtu":"1410"}})");
        settings.felix = Json::parse(R"({"spec":{"vxlanPort":4790}})");
        OuterOverlay overlay = readOverlay(settings);
        QCOMPARE(overlay.ports, std::vector<int>{4790});
        QCOMPARE(overlay.podMtu, 1410);
        settings = {};
        settings.flannel["data"]["net-conf.json"] = R"({"Backend":{"Type":"vxlan","MTU":9000}})";
        overlay = readOverlay(settings);
        QCOMPARE(overlay.ports, std::vector<int>{8472});
        QCOMPARE(overlay.podMtu, 8950);
        settings = {};
        settings.cilium = Json::parse(R"({"data":{"routing-mode":"native"}})");
        QVERIFY(readOverlay(settings).ports.empty());
        settings.cilium = Json::parse(R"({"data":{"tunnel":"geneve"}})");
        QCOMPARE(readOverlay(settings).ports, std::vector<int>{6081});
        settings.installation = Json::parse(
            R"({"spec":{"calicoNetwork":{"ipPools":[{"encapsulation":"VXLANCrossSubnet"}]}},"status":{"mtu":1450}})");
        QCOMPARE(readOverlay(settings).podMtu, 1450);
        // Nothing of it need be what it is said to be.
        settings.cilium = Json::parse(R"({"data":["x"]})");
        settings.flannel["data"]["net-conf.json"] = "[";
        settings.installation = Json::parse("[]");
        QVERIFY(readOverlay(settings).ports.empty());
    }

    void classesOfTheSite()
    {
        auto answers = healthy();
        answers["/apis/cluster.x-k8s.io/v1beta2/clusterclasses"] =
            R"({"items":[{"metadata":{"name":"small","namespace":"shared"},
            "spec":{"controlPlane":{"machineInfrastructure":{"templateRef":{"kind":"KubevirtMachineTemplate","name":"cp"}}},
            "workers":{"machineDeployments":[{"class":"w","infrastructure":{"templateRef":{"kind":"KubevirtMachineTemplate","name":"wk"}}}]},
            "variables":[{"name":"cores","required":true,"schema":{"openAPIV3Schema":{"type":"integer","minimum":2}}}],
            "patches":[{"name":"p","definitions":[{"selector":{"kind":"KubevirtMachineTemplate","matchResources":{"machineDeploymentClass":{"names":["w"]}}},
            "jsonPatches":[{"op":"replace","path":"/spec/template/spec/virtualMachineTemplate/spec/template/spec/domain/cpu/cores","valueFrom":{"variable":"cores"}}]}]}]}}]})";
        const char* machine =
            R"({"spec":{"template":{"spec":{"virtualMachineTemplate":{"spec":{"template":{"spec":{
            "domain":{"cpu":{"cores":2},"memory":{"guest":"4Gi"}}}}}}}}}})";
        const std::string templates =
            "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/namespaces/shared/kubevirtmachinetemplates/";
        answers[templates + "cp"] = machine;
        answers[templates + "wk"] = machine;
        ClusterProfile p = profile();
        p.classRef = ClassChoice{"small", "shared", {{"cores", "16"}}};
        p.workers[0].workerClass = "w";
        for (const char* unasked : {"/api/v1/services", "/apis/cdi.kubevirt.io/v1beta1/datavolumes"})
            answers.erase(unasked);
        Survey survey = ask(p, answers);
        QVERIFY(!survey.blocked());
        QVERIFY(survey.site.classOf(p) != nullptr);
        QVERIFY(!hasErrors(validate(p, survey.site)));
        // The forecast counts the machines the class would make: 2 vCPU, then twice 16.
        QCOMPARE(survey.fit.placements.size(), std::size_t{3});
        QCOMPARE(survey.fit.placements[0].vm.vcpus, 2);
        QCOMPARE(survey.fit.placements[2].vm.vcpus, 16);
        QCOMPARE(survey.fit.placements[2].vm.guestMemory, std::int64_t{4} << 30);
        p.classRef->variables["cores"] = "1";
        const Problems problems = validate(p, survey.site);
        QVERIFY(hasErrors(problems));
        QCOMPARE(problems.front().field, std::string("clusterClass.variables.cores"));
        QVERIFY2(problems.front().remedy.find('2') != std::string::npos, problems.front().remedy.c_str());
    }

    void whatIsNotAllowed()
    {
        const Survey survey = ask(profile(), healthy(), false);
        const Check rbac = check(survey, "rbac");
        QCOMPARE(rbac.verdict, CheckVerdict::Blocker);
        for (const char* right : {"create clusters", "patch machinedeployments", "get secrets"})
            QVERIFY2(rbac.evidence.find(right) != std::string::npos, rbac.evidence.c_str());
        // The namespace is there: nothing has to be created.
        QVERIFY2(rbac.evidence.find("create namespaces") == std::string::npos, rbac.evidence.c_str());
        QVERIFY(!rbac.remedy.empty());
        QVERIFY(survey.blocked());
    }

    void aQuotaThatDoesNotSuffice()
    {
        auto answers = healthy();
        answers["/api/v1/namespaces/x/resourcequotas"] =
            R"({"items":[{"metadata":{"name":"small"},
                "status":{"hard":{"requests.memory":"16Gi","pods":"3"},"used":{"requests.memory":"8Gi","pods":"1"}}}]})";
        const Check quota = check(ask(profile(), answers), "quota");
        QCOMPARE(quota.verdict, CheckVerdict::Blocker);
        QVERIFY2(quota.evidence.find("memory") != std::string::npos &&
                     quota.evidence.find("pods") != std::string::npos &&
                     quota.evidence.find("small") != std::string::npos,
                 quota.evidence.c_str());
        QVERIFY(!quota.remedy.empty());
        // Disks and VMs count, too.
        answers["/api/v1/namespaces/x/resourcequotas"] =
            R"({"items":[{"metadata":{"name":"small"},"status":{"hard":{"requests.storage":"50Gi",
                "count/virtualmachines.kubevirt.io":"2"},"used":{}}}]})";
        const Check disks = check(ask(profile(), answers), "quota");
        QVERIFY2(disks.verdict == CheckVerdict::Blocker &&
                     disks.evidence.find("storage") != std::string::npos &&
                     disks.evidence.find("VMs") != std::string::npos,
                 disks.evidence.c_str());
    }

    void storageClasses()
    {
        ClusterProfile wrong = profile();
        wrong.workers[0].size.storageClass = "gold";
        Check storage = check(ask(wrong, healthy()), "storage");
        QCOMPARE(storage.verdict, CheckVerdict::Blocker);
        QCOMPARE(storage.field, std::string("workers[0].size.storageClass"));
        QVERIFY2(storage.remedy.find("nvme, rbd") != std::string::npos, storage.remedy.c_str());

        auto answers = healthy();
        answers["/apis/storage.k8s.io/v1/storageclasses"] = R"({"items":[{"metadata":{"name":"nvme"}}]})";
        storage = check(ask(profile(), answers), "storage");
        QCOMPARE(storage.verdict, CheckVerdict::Blocker);
        QCOMPARE(storage.field, std::string("controlPlane.size.storageClass"));

        // A container disk needs none.
        ClusterProfile disk = profile();
        disk.image.source = ImageSource::ContainerDisk;
        answers.erase("/apis/cdi.kubevirt.io/v1beta1/datavolumes");
        const Survey survey = ask(disk, answers);
        QVERIFY(check(survey, "storage").id.empty());
        QVERIFY(!survey.blocked());
    }

    // "Not allowed to look" is not "is not there": the plan may go on, and says what it does not know.
    void whatCannotBeSeen()
    {
        const std::string forbidden =
            R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","message":"nodes is forbidden","code":403})";
        const Survey survey = ask(profile(), healthy(), true,
                                  {{"/api/v1/nodes", {403, forbidden}},
                                   {"/apis/storage.k8s.io/v1/storageclasses", {403, forbidden}}});
        QCOMPARE(check(survey, "room").verdict, CheckVerdict::Unknown);
        QCOMPARE(check(survey, "storage").verdict, CheckVerdict::Unknown);
        QVERIFY(!survey.blocked());
        QVERIFY(!survey.nodesKnown);
    }

    void networks()
    {
        ClusterProfile p = profile();
        p.network.podCidr = "10.243.0.0/16"; // a sibling's
        Survey survey = ask(p, healthy());
        QCOMPARE(check(survey, "networks").verdict, CheckVerdict::Warning);
        QVERIFY(!survey.blocked());
        Problems problems = validate(p, survey.site);
        QVERIFY(!hasErrors(problems));
        QVERIFY(std::any_of(problems.begin(), problems.end(),
                            [](const Problem& problem) { return problem.field == "network.podCidr"; }));
        p.network.podCidr = "10.244.0.0/16"; // the outer cluster's
        survey = ask(p, healthy());
        QCOMPARE(check(survey, "networks").verdict, CheckVerdict::Blocker);
        QVERIFY(hasErrors(validate(p, survey.site)));
    }

    void aNameThatIsTaken()
    {
        ClusterProfile p = profile();
        p.name = "red";
        p.nameSpace = "red";
        auto answers = healthy();
        answers.erase("/api/v1/namespaces/x");
        answers.erase("/api/v1/namespaces/x/resourcequotas");
        answers["/api/v1/namespaces/red"] =
            R"({"metadata":{"name":"red","deletionTimestamp":"2026-01-01T00:00:00Z"}})";
        answers["/api/v1/namespaces/red/resourcequotas"] = R"({"items":[]})";
        const Survey survey = ask(p, answers);
        QCOMPARE(check(survey, "name").verdict, CheckVerdict::Blocker);
        QCOMPARE(check(survey, "namespace").verdict, CheckVerdict::Blocker);
    }

    // Every object of a plan goes back to a field, and a field of the profile that there is.
    void everyObjectConcernsSomething()
    {
        ClusterProfile p = profile();
        p.cni.kind = Cni::None;
        p.addOns.cloudProvider = true;
        p.workers.push_back(p.workers[0]);
        p.workers[1].name = "large";
        const auto plan = createPlan(p, {}, {}, "plan");
        QVERIFY2(plan.has_value(), plan ? "" : plan.error().text.c_str());
        std::size_t objects = 0;
        for (const Step& step : plan->steps) {
            for (const Write& write : step.writes) {
                ++objects;
                const Ref ref = refOf(write.object);
                QVERIFY2(!concernedField(p, ref, {}).empty(), ref.title().c_str());
            }
        }
        QVERIFY(objects > 8);
        QCOMPARE(concernedField(p, {"", "KubevirtMachineTemplate", "x", "x-large-v1"},
                                "spec…memory: Invalid value"),
                 std::string("workers[1].size.memory"));
        QCOMPARE(concernedField(p, {"", "KubeadmControlPlane", "x", "x-cp"}, "spec.replicas: must be odd"),
                 std::string("controlPlane.replicas"));
        QCOMPARE(concernedField(p, {"", "MachineDeployment", "x", "x-md-0"}, ""),
                 std::string("workers[0].name"));

        // As manifests for other tools they carry nothing of ours.
        const auto manifests = manifestsOf(*plan);
        QCOMPARE(manifests.size(), objects - 1); // the patch that lifts the pause is none
        for (const Object& object : manifests) {
            QVERIFY2(planOf(object).empty() && object.label(kPlanKey).empty(), object.title().c_str());
            QVERIFY2(object.kind() != "Cluster" || !object.text("spec.paused"), object.title().c_str());
        }
    }

    // A plan belongs to the cluster it was made for.
    void plansRememberTheirServer()
    {
        ClusterProfile p = profile();
        p.cni.kind = Cni::None;
        auto plan = createPlan(p, {}, {}, "plan");
        QVERIFY(plan.has_value());
        plan->server = "https://one:6443";
        const auto again = planFromJson(planToJson(*plan));
        QVERIFY(again.has_value());
        QVERIFY(*again == *plan);
    }
};

QTEST_GUILESS_MAIN(TestPreflight)
#include "test_preflight.moc"
