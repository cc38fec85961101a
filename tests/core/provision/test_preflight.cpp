// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/concerns.h"
#include "core/provision/create_cluster.h"
#include "core/provision/preflight.h"
#include "core/provision/recipes/create_plan.h"
#include "tests/support/scriptserver.h"

#include <QtTest>

#include <future>
#include <map>

using namespace strata;
using namespace strata::provision;
using namespace std::chrono_literals;
using test::Reply;

namespace {

constexpr int kRights = 22; // that a plan needs, each asked about

// What a healthy site says; a test changes what it is about.
std::map<std::string, std::string> healthy()
{
    return {
        {"/apis", R"({"kind":"APIGroupList","groups":[
            {"name":"cluster.x-k8s.io","versions":[{"version":"v1beta2"}]},
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
    };
}

} // namespace

class TestPreflight : public QObject {
    Q_OBJECT

    kube::Network m_network;
    test::TestCa m_ca;

    Survey ask(const ClusterProfile& profile, const std::map<std::string, std::string>& answers,
               bool allowed = true, const std::map<std::string, std::pair<int, std::string>>& failures = {})
    {
        test::ScriptServer server({m_ca.server(), {}, false});
        for (const auto& [path, body] : answers) {
            const auto failure = failures.find(path);
            server.expect("GET", path, {},
                          failure != failures.end()
                              ? Reply::json(failure->second.first, failure->second.second)
                              : Reply::json(200, body));
        }
        server.expect(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {},
            Reply::json(201, std::string(R"({"kind":"SelfSubjectAccessReview","status":{"allowed":)") +
                                 (allowed ? "true" : "false") + "}}"),
            kRights);
        kube::ClusterConfig config;
        config.server = server.url();
        config.caPem = m_ca.certificatePem();
        const auto client = kube::Client::create(m_network, config);
        std::promise<Survey> promise;
        auto future = promise.get_future();
        const auto preflight =
            Preflight::start(client, profile, [&](const Survey& survey) { promise.set_value(survey); });
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
