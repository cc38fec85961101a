// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "core/prepare/source.h"
#include "core/prepare/survey.h"
#include "core/provision/api.h"
#include "core/provision/create_cluster.h"
#include "core/provision/runner.h"
#include "tests/core/prepare/testbundle.h"
#include "tests/core/provision/runrecord.h"
#include "tests/support/scriptserver.h"

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <future>

using namespace strata;
using namespace strata::prepare;
using namespace std::chrono_literals;
using provision::Json;
using provision::Plan;
using provision::Runner;
using provision::RunOptions;
using provision::RunReport;
using provision::RunState;
using strata::test::RunRecord;
using strata::test::told;

namespace {

constexpr auto kLongest = 60s;

// A demo site, its client and what is asked of it.
class Bench {
public:
    explicit Bench(bool bare, double speed = 50)
    {
        demosite::Options options;
        options.bare = bare;
        options.speed = speed;
        auto started = demosite::DemoSite::start(options);
        if (!started)
            qFatal("%s", started.error().text.c_str());
        site = std::move(*started);
        const auto kubeconfig = kube::Kubeconfig::load(site->kubeconfigPath());
        const auto config = kubeconfig ? kubeconfig->resolve() : tl::unexpected(kubeconfig.error());
        if (!config)
            qFatal("%s", config.error().text.c_str());
        client = kube::Client::create(network, *config);
        catalog = std::make_shared<provision::Catalog>(client, network);
    }

    template<typename Value, typename Start>
    static Result<Value> await(const Start& start)
    {
        auto promise = std::make_shared<std::promise<Result<Value>>>();
        auto future = promise->get_future();
        const auto handle = start([promise](Result<Value> got) { promise->set_value(std::move(got)); });
        if (future.wait_for(kLongest) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }

    Picture picture()
    {
        const auto listed = await<Listed>([this](std::function<void(Result<Listed>)> done) {
            return Survey::start(client, builtinMatrix(), std::move(done));
        });
        if (!listed)
            qFatal("%s", listed.error().text.c_str());
        return detect(*listed, builtinMatrix());
    }

    Result<Plan> plan(const std::vector<Wish>& wishes, const std::string& bundle, const std::string& id,
                      const std::set<std::string>& addons = {})
    {
        Source source;
        source.bundle = bundle;
        source.addons = addons;
        source.environment = false;
        const auto parts = loadParts(wishes, builtinMatrix(), source);
        if (!parts)
            return tl::unexpected(parts.error());
        const auto existing = await<Existing>([&](std::function<void(Result<Existing>)> done) {
            return LookUp::start(client, objectsOf(*parts), std::move(done));
        });
        if (!existing)
            return tl::unexpected(existing.error());
        PlanOptions options;
        options.id = id;
        options.server = client->config().server;
        return makePlan(*parts, *existing, builtinMatrix(), options);
    }

    std::unique_ptr<Runner> runner(const Plan& plan, RunRecord& record, bool dry = false)
    {
        RunOptions options;
        options.dryRunOnly = dry;
        options.journal = journal.filePath(QString::fromStdString(plan.id)).toStdString();
        options.pollInterval = 10ms;
        options.retryDelay = 10ms;
        options.goneTimeout = 30s;
        auto out = std::make_unique<Runner>(client, plan, options, record.callbacks());
        out->start();
        return out;
    }

    Result<kube::Response> call(kube::Request request)
    {
        return await<kube::Response>([&](std::function<void(Result<kube::Response>)> done) {
            return client->send(std::move(request), std::move(done));
        });
    }
    Result<std::string> get(const std::string& path)
    {
        kube::Request request;
        request.path = path;
        const auto answer = call(std::move(request));
        if (!answer)
            return tl::unexpected(answer.error());
        return answer->body;
    }
    Result<void> remove(const std::string& path)
    {
        kube::Request request;
        request.method = "DELETE";
        request.path = path;
        const auto answer = call(std::move(request));
        if (!answer)
            return tl::unexpected(answer.error());
        return {};
    }
    Result<void> create(const std::string& path, const std::string& json)
    {
        kube::Request request;
        request.method = "POST";
        request.path = path;
        request.contentType = "application/json";
        request.body = json;
        const auto answer = call(std::move(request));
        if (!answer)
            return tl::unexpected(answer.error());
        return {};
    }

    // Everything in the cluster by path, without what changes by itself.
    std::map<std::string, std::string> contents()
    {
        std::map<std::string, std::string> out;
        for (const char* list :
             {"/api/v1/namespaces", "/api/v1/serviceaccounts", "/api/v1/secrets", "/apis/apps/v1/deployments",
              "/apis/apps/v1/daemonsets", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
              "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
              "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"}) {
            const auto body = get(list);
            const Json json = body ? Json::parse(*body, nullptr, false) : Json();
            if (!json.is_object() || !json.contains("items"))
                qFatal("cannot list %s", list);
            for (const Json& item : json["items"]) {
                const Object object(item);
                Json spec = item;
                for (const char* key : {"status", "metadata"})
                    spec.erase(key);
                Json labels = item["metadata"].value("labels", Json::object());
                out[std::string(list) + " " + object.ns() + "/" + object.name()] =
                    object.uid() + labels.dump() + spec.dump();
            }
        }
        return out;
    }

    QTemporaryDir journal;
    std::unique_ptr<demosite::DemoSite> site;
    kube::Network network;
    std::shared_ptr<kube::Client> client;
    std::shared_ptr<provision::Catalog> catalog;
};

std::string difference(const std::map<std::string, std::string>& before,
                       const std::map<std::string, std::string>& after)
{
    std::string out;
    for (const auto& [key, value] : before) {
        const auto found = after.find(key);
        if (found == after.end())
            out += "gone: " + key + "\n";
        else if (found->second != value)
            out += "changed: " + key + "\n" + value + "\n" + found->second + "\n";
    }
    for (const auto& [key, value] : after) {
        if (before.count(key) == 0)
            out += "new: " + key + "\n";
    }
    return out;
}

std::string firstNotInstalled(const Picture& picture)
{
    for (const Finding& finding : picture.components) {
        if (finding.presence == Presence::Installed)
            continue;
        std::string out = finding.id + " is " + toString(finding.presence);
        for (const std::string& each : finding.missing)
            out += ", lacks " + each;
        for (const std::string& each : finding.ailments)
            out += ", " + each;
        return out;
    }
    return {};
}

} // namespace

class TestPrepareRun : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string m_bundle;

private Q_SLOTS:
    void initTestCase()
    {
        m_bundle = m_folder.filePath(QStringLiteral("bundle")).toStdString();
        QVERIFY(test::writeTestBundle(m_bundle));
    }

    // From nothing to everything, seen as clusterctl would, and away again without a trace.
    void aBareClusterIsMadeReadyAndTakenBack()
    {
        Bench bench(true);
        const auto before = bench.contents();
        const Picture bare = bench.picture();
        for (const Finding& finding : bare.components)
            QVERIFY2(finding.presence == Presence::Absent, finding.id.c_str());
        QCOMPARE(bare.observed[0].presence, Presence::Installed); // Cilium
        QCOMPARE(bare.observed[1].presence, Presence::Installed);
        QCOMPARE(bare.observed[2].presence, Presence::Installed);
        QCOMPARE(bare.observed[4].presence, Presence::Installed);
        QCOMPARE(bare.nodes, 3);
        const Proposal proposal = propose(bare, builtinMatrix());
        const auto plan = bench.plan(proposal.wishes, m_bundle, "prepare0000000000001");
        QVERIFY2(plan, plan ? "" : plan.error().text.c_str());

        // The dry run writes nothing and is content.
        {
            RunRecord record;
            const auto dry = bench.runner(*plan, record, true);
            const RunReport report = record.end();
            QVERIFY2(report.state == RunState::Done, told(report).c_str());
            QVERIFY(record.verdicts().size() > 50);
            QCOMPARE(difference(before, bench.contents()), std::string());
        }
        RunRecord record;
        const auto runner = bench.runner(*plan, record);
        RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        const Picture ready = bench.picture();
        QCOMPARE(firstNotInstalled(ready), std::string());
        QVERIFY(propose(ready, builtinMatrix()).nothingToDo());
        QCOMPARE(ready.find("kubevirt")->version, std::string("v1.9.0"));
        QCOMPARE(ready.find("kubevirt")->gates, (std::vector<std::string>{"HotplugVolumes"}));
        QCOMPARE(ready.find("infrastructure-kubevirt")->inventory, std::string("v0.11.2"));
        const auto providers = bench.get("/apis/clusterctl.cluster.x-k8s.io/v1alpha3/providers");
        QVERIFY(providers);
        QCOMPARE(Json::parse(*providers)["items"].size(), std::size_t(4));
        // The test certificate is put away.
        const auto certificates = bench.get("/apis/cert-manager.io/v1/certificates");
        QVERIFY(certificates);
        for (const Json& each : Json::parse(*certificates)["items"])
            QVERIFY(each["metadata"].value("name", "") != "strata-test");

        // Once more: what is as it should be is not written.
        std::vector<Wish> again = proposal.wishes;
        for (Wish& wish : again)
            wish.deed = Deed::Repair;
        const auto repeated = bench.plan(again, m_bundle, "prepare0000000000002");
        QVERIFY2(repeated, repeated ? "" : repeated.error().text.c_str());
        for (const provision::Step& step : repeated->steps) {
            for (const provision::Write& write : step.writes)
                QVERIFY2(write.object.name().rfind("strata-test", 0) == 0, write.object.title().c_str());
        }

        // While somebody works with it, it is not taken away.
        QVERIFY(bench.create("/api/v1/namespaces", R"({"metadata":{"name":"mine"}})"));
        QVERIFY(bench.create("/apis/cluster.x-k8s.io/v1beta2/namespaces/mine/clusters",
                             R"({"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"Cluster",
                                 "metadata":{"name":"mine","namespace":"mine"},"spec":{"paused":true}})"));
        runner->undo();
        report = record.end();
        QCOMPARE(report.state, RunState::UndoFailed);
        QVERIFY2(report.error->text.find("Cluster mine/mine") != std::string::npos, told(report).c_str());
        QCOMPARE(firstNotInstalled(bench.picture()), std::string());
        QVERIFY(bench.remove("/api/v1/namespaces/mine"));
        const QDeadlineTimer deadline(30000);
        while (bench.get("/api/v1/namespaces/mine") && !deadline.hasExpired())
            QTest::qWait(20);
        runner->undo();
        report = record.end();
        QVERIFY2(report.state == RunState::Undone, told(report).c_str());
        QCOMPARE(difference(before, bench.contents()), std::string());
    }

    // What lies in the folder beside the components, applied as it is, and away again.
    void addonsAreAppliedAsTheyAre()
    {
        Bench bench(true);
        const auto before = bench.contents();
        const std::string folder = m_folder.filePath(QStringLiteral("addons")).toStdString();
        test::writeTestBundleWithAddons(folder);
        std::vector<Wish> nothing = propose(bench.picture(), builtinMatrix()).wishes;
        for (Wish& wish : nothing)
            wish.deed = Deed::Leave;
        const auto plan = bench.plan(nothing, folder, "prepare0000000000010", {"longhorn", "quota.yaml"});
        QVERIFY2(plan, plan ? "" : plan.error().text.c_str());
        QCOMPARE(plan->title, std::string("Prepare the outer cluster: Longhorn v1.9.1, quota.yaml"));
        RunRecord record;
        const auto runner = bench.runner(*plan, record);
        RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        const char* const volume = "/apis/longhorn.io/v1beta1/namespaces/longhorn-system/volumes/first";
        QVERIFY(bench.get(volume));
        QVERIFY(bench.get("/api/v1/namespaces/default/resourcequotas/q"));
        const Picture after = bench.picture();
        QCOMPARE(after.addons.at("longhorn"), std::string("v1.9.1"));
        for (const Finding& finding : after.components)
            QVERIFY2(finding.presence == Presence::Absent, finding.id.c_str());
        // Somebody's volume keeps it from being taken away.
        QVERIFY(bench.create("/apis/longhorn.io/v1beta1/namespaces/longhorn-system/volumes",
                             R"({"apiVersion":"longhorn.io/v1beta1","kind":"Volume",
                                 "metadata":{"name":"mine","namespace":"longhorn-system"}})"));
        runner->undo();
        report = record.end();
        QCOMPARE(report.state, RunState::UndoFailed);
        QVERIFY2(report.error->text.find("Volume longhorn-system/mine") != std::string::npos,
                 told(report).c_str());
        QVERIFY(bench.get(volume));
        QVERIFY(bench.remove("/apis/longhorn.io/v1beta1/namespaces/longhorn-system/volumes/mine"));
        runner->undo();
        report = record.end();
        QVERIFY2(report.state == RunState::Undone, told(report).c_str());
        QCOMPARE(difference(before, bench.contents()), std::string());
        QVERIFY(!bench.get("/api/v1/namespaces/default/resourcequotas/q"));
    }

    void aTenantClusterComesUpOnIt()
    {
        Bench bench(true, 200);
        const Proposal proposal = propose(bench.picture(), builtinMatrix());
        const auto plan = bench.plan(proposal.wishes, m_bundle, "prepare0000000000003");
        QVERIFY(plan);
        RunRecord record;
        const auto runner = bench.runner(*plan, record);
        RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());

        provision::ClusterProfile profile;
        profile.name = "first";
        profile.cni.kind = provision::Cni::Calico;
        QTemporaryDir folder;
        const QString cni = folder.filePath(QStringLiteral("calico.yaml"));
        {
            QFile file(cni);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: calico-node, namespace: "
                       "kube-system}\n"
                       "spec:\n  selector: {matchLabels: {k8s-app: calico-node}}\n  template:\n"
                       "    metadata: {labels: {k8s-app: calico-node}}\n    spec: {tolerations: [{operator: "
                       "Exists}], "
                       "containers: [{name: calico-node, image: calico}]}\n");
        }
        profile.cni.manifest = cni.toStdString();
        provision::CreateClusterOptions options;
        options.planId = provision::newPlanId();
        options.journal = folder.filePath(QStringLiteral("journal")).toStdString();
        options.preflight.askSources = false;
        options.run.pollInterval = 20ms;
        std::mutex mutex;
        std::condition_variable changed;
        RunReport end;
        std::string blockers;
        provision::CreateClusterCallbacks calls;
        calls.survey = [&](const provision::Survey& survey) {
            const std::lock_guard lock(mutex);
            for (const provision::Check& check : survey.checks) {
                if (check.verdict == provision::CheckVerdict::Blocker)
                    blockers += check.title + ": " + check.evidence + "\n";
            }
        };
        calls.state = [&](const RunReport& told) {
            const std::lock_guard lock(mutex);
            end = told;
            changed.notify_all();
        };
        provision::CreateCluster work(bench.client, profile, options, calls);
        work.start();
        {
            std::unique_lock lock(mutex);
            QVERIFY(changed.wait_for(
                lock, 120s, [&] { return end.state == RunState::Done || end.state == RunState::Failed; }));
            QVERIFY2(end.state == RunState::Done, (told(end) + "\n" + blockers).c_str());
        }
    }

    void whatIsHalfThereIsRepaired()
    {
        Bench bench(true);
        const auto plan =
            bench.plan(propose(bench.picture(), builtinMatrix()).wishes, m_bundle, "prepare0000000000004");
        QVERIFY(plan);
        RunRecord record;
        {
            const auto runner = bench.runner(*plan, record);
            const RunReport report = record.end();
            QVERIFY2(report.state == RunState::Done, told(report).c_str());
        }
        QVERIFY(bench.remove("/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator"));
        QVERIFY(bench.remove("/apis/apps/v1/namespaces/capk-system/deployments/capk-controller-manager"));
        const Picture half = bench.picture();
        QCOMPARE(half.find("kubevirt")->presence, Presence::Half);
        QVERIFY2(half.find("kubevirt")->missing.front().find("virt-operator") != std::string::npos,
                 half.find("kubevirt")->missing.front().c_str());
        QCOMPARE(half.find("infrastructure-kubevirt")->presence, Presence::Half);
        const Proposal proposal = propose(half, builtinMatrix());
        QCOMPARE(proposal.wish("kubevirt")->deed, Deed::Repair);
        QCOMPARE(proposal.wish("kubevirt")->version, std::string("v1.9.0"));
        QCOMPARE(proposal.wish("cdi")->deed, Deed::Leave);
        const auto repair = bench.plan(proposal.wishes, m_bundle, "prepare0000000000005");
        QVERIFY2(repair, repair ? "" : repair.error().text.c_str());
        RunRecord again;
        const auto runner = bench.runner(*repair, again);
        const RunReport report = again.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QCOMPARE(firstNotInstalled(bench.picture()), std::string());
    }

    // What somebody else installed is changed where it differs, and set back.
    void whatOthersInstalledIsUpgradedAndSetBack()
    {
        Bench bench(false);
        const auto before = bench.contents();
        const Picture picture = bench.picture();
        QCOMPARE(firstNotInstalled(picture), std::string());
        Proposal proposal = propose(picture, builtinMatrix());
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::CanUpgrade);
        proposal.wish("kubevirt")->deed = Deed::Upgrade;
        proposal.wish("kubevirt")->version = "v1.9.0";
        const auto plan = bench.plan(proposal.wishes, m_bundle, "prepare0000000000006");
        QVERIFY2(plan, plan ? "" : plan.error().text.c_str());
        QVERIFY(!plan->interruption.empty());
        RunRecord record;
        const auto runner = bench.runner(*plan, record);
        RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        bool shown = false;
        for (const provision::Verdict& verdict : record.verdicts()) {
            if (verdict.ref.kind == "Deployment" && verdict.ref.name == "virt-operator")
                shown = verdict.before.find("virt-operator:v1.8.4") != std::string::npos &&
                        verdict.after.find("virt-operator:v1.9.0") != std::string::npos;
        }
        QVERIFY(shown); // the difference is told before anything is written
        QCOMPARE(bench.picture().find("kubevirt")->version, std::string("v1.9.0"));
        QCOMPARE(bench.picture().find("kubevirt")->presence, Presence::Installed);
        runner->undo();
        report = record.end();
        QVERIFY2(report.state == RunState::Undone, told(report).c_str());
        const auto operators = bench.get("/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator");
        QVERIFY(operators);
        QVERIFY(operators->find("virt-operator:v1.8.4") != std::string::npos);
    }

    void aRunIsStoppedAndGoneOnWith()
    {
        Bench bench(true, 2);
        const auto plan =
            bench.plan(propose(bench.picture(), builtinMatrix()).wishes, m_bundle, "prepare0000000000007");
        QVERIFY(plan);
        {
            RunRecord record;
            const auto runner = bench.runner(*plan, record);
            QVERIFY(record.waitFor("cert-manager-runs", provision::StepState::Waiting));
            runner->cancel();
            const RunReport report = record.end();
            QVERIFY2(report.state == RunState::Cancelled, told(report).c_str());
        }
        QVERIFY(!firstNotInstalled(bench.picture()).empty());
        bench.site->setSpeed(100);
        RunRecord record;
        const auto runner = bench.runner(*plan, record); // the same journal
        const RunReport report = record.end();
        QVERIFY2(report.state == RunState::Done, told(report).c_str());
        QCOMPARE(firstNotInstalled(bench.picture()), std::string());
    }

    // A refusal comes before anything is written.
    void theServersRefusalLeavesTheClusterAsItWas()
    {
        Bench bench(true);
        QTemporaryDir folder;
        const std::string bundle = folder.path().toStdString();
        QVERIFY(test::writeTestBundle(bundle, {}, [](demosite::PlatformComponent& each) {
            if (each.id != "cdi")
                return;
            std::string& text = each.files["cdi-operator.yaml"];
            text += "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: broken, namespace: "
                    "cdi}\nspec: {}\n";
        }));
        const auto before = bench.contents();
        const auto plan =
            bench.plan(propose(bench.picture(), builtinMatrix()).wishes, bundle, "prepare0000000000008");
        QVERIFY2(plan, plan ? "" : plan.error().text.c_str());
        RunRecord record;
        const auto runner = bench.runner(*plan, record);
        const RunReport report = record.end();
        QCOMPARE(report.state, RunState::Failed);
        QVERIFY2(report.error->text.find("broken") != std::string::npos ||
                     report.error->detail.find("broken") != std::string::npos,
                 told(report).c_str());
        QCOMPARE(difference(before, bench.contents()), std::string());
    }

    void releasesAreFetched()
    {
        const test::TestCa ca;
        test::ScriptServer::Options options;
        options.identity = ca.server();
        test::ScriptServer server(options);
        DownloadOptions trust;
        trust.caPem = ca.certificatePem();
        trust.longest = 20s;
        // The hosts of releases point to where the bytes are.
        server.expect("GET", "/file", {},
                      test::Reply::text(302, "text/plain", "", {{"location", server.url() + "/there"}}));
        server.expect("GET", "/there", {}, test::Reply::text(200, "text/plain", "a: b\n"));
        const auto got = download(server.url() + "/file", trust);
        QVERIFY2(got, got ? "" : (got.error().text + got.error().detail).c_str());
        QCOMPARE(*got, std::string("a: b\n"));
        server.expect("GET", "/plain", {},
                      test::Reply::text(302, "text/plain", "", {{"location", "http://127.0.0.1:1/x"}}));
        QVERIFY(!download(server.url() + "/plain", trust)); // never without TLS
        server.expect("GET", "/none", {}, test::Reply::text(404, "text/plain", "no"));
        const auto none = download(server.url() + "/none", trust);
        QVERIFY(!none);
        QCOMPARE(none.error().kind, ErrorKind::NotFound);
        server.expect("GET", "/large", {}, test::Reply::text(200, "text/plain", std::string(3000, 'x')));
        DownloadOptions small = trust;
        small.mostBytes = 2000;
        QVERIFY(!download(server.url() + "/large", small));
        QVERIFY(!download("http://127.0.0.1:1/x"));
        QVERIFY(!download("file:///etc/hostname"));
        const auto untrusted = download(server.url() + "/file");
        QVERIFY(!untrusted);
        QCOMPARE(untrusted.error().kind, ErrorKind::Tls);

        // A bundle is filled from them, with sums and the list of images.
        const auto offer = [&server] {
            for (const demosite::PlatformComponent& each : demosite::platformManifests()) {
                const ComponentSpec& spec = *builtinMatrix().find(each.id);
                for (const SourceFile& file : spec.files) {
                    const std::string url = urlOf(file, each.version, server.url() + "/mirror/");
                    server.expect("GET", url.substr(server.url().size()), {},
                                  test::Reply::text(200, "text/plain", each.files.at(file.name)));
                }
            }
        };
        offer();
        Source source;
        source.releases = server.url() + "/mirror/";
        source.mirror = "docker://registry.lan/mirror/";
        source.download = trust;
        QTemporaryDir folder;
        const auto bundle =
            fillBundle(folder.path().toStdString(), builtinMatrix(), source, {}, "2026-08-20");
        QVERIFY2(bundle, bundle ? "" : (bundle.error().text + bundle.error().detail).c_str());
        const auto read = readBundle(folder.path().toStdString());
        QVERIFY(read);
        QCOMPARE(read->mirror, std::string("registry.lan/mirror"));
        QCOMPARE(read->components.size(), std::size_t(7));
        QVERIFY(std::find(read->images.begin(), read->images.end(), "quay.io/capk/capk-manager:v0.11.2") !=
                read->images.end());
        // Filled anew, the index keeps what somebody put into it beside the components, with its images.
        const std::string kept = folder.path().toStdString() + "/kept";
        test::writeTestBundleWithAddons(kept);
        offer();
        const auto refilled = fillBundle(kept, builtinMatrix(), source, {}, "2026-08-21");
        QVERIFY2(refilled, refilled ? "" : (refilled.error().text + refilled.error().detail).c_str());
        const auto again = readBundle(kept);
        QVERIFY(again);
        QCOMPARE(again->components.size(), std::size_t(8));
        QCOMPARE(again->find("longhorn")->version, std::string("v1.9.1"));
        QVERIFY(std::find(again->images.begin(), again->images.end(),
                          "docker.io/longhornio/longhorn-manager:v1.9.1") != again->images.end());
        QVERIFY2(server.problems().empty(), server.problems().c_str());
        // Where something cannot be fetched there is no half bundle.
        QTemporaryDir other;
        server.expect("GET", "/mirror/cert-manager/cert-manager/releases/download/v1.21.1/cert-manager.yaml",
                      {}, test::Reply::text(404, "text/plain", "no"));
        QVERIFY(!fillBundle(other.path().toStdString(), builtinMatrix(), source, {}, "2026-08-20"));
        QVERIFY(!readBundle(other.path().toStdString()));
    }
};

QTEST_GUILESS_MAIN(TestPrepareRun)
#include "test_preparerun.moc"
