// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/feeds/site.h"
#include "core/stack/reach.h"
#include "core/stack/stack.h"
#include "tests/core/feeds/fakeapi.h"
#include "tests/core/feeds/watchedsite.h"
#include "tests/support/scriptserver.h"
#include "tests/support/testpki.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>
#include <QTimeZone>
#include <QtTest>

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>

using namespace strata;
using namespace strata::feeds;
using namespace strata::stack;
using strata::test::FakeApi;
using strata::test::Watched;

// Declared before the first raw string: moc loses its way in those.
class TestSite : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void outerCluster();
    void whatIsNotInstalled();
    void olderContract();
    void discoveryIsForbidden();
    void oneKindIsForbidden();
    void oneKindIsBroken();
    void unauthorized();
    void noKubernetes();
    void awayAndBack();
    void kindsThatVanish();
    void kindsThatCome();
    void onlySomeNamespaces_data();
    void onlySomeNamespaces();
    void warningsAndClock();
    void traffic();
    void hostileObjects();
    void innerClusters();
    void innerSecretComesLater();
    void innerSecretIsWatched();
    void innerSecretIsForbidden();
    void innerThatIsAwayHarmsNobody();
    void innerCredentialIsRenewed();
    void innerKubeconfigMustNotReadFiles();
    void manyInnerClusters();
    void innerThatIsAwayIsAskedSeldom();
    void innerThroughATunnel();
    void innerThroughAPod();
    void tenantsAreParked();
    void readiness();
    void timesAreByTheServersClock();
    void usage();
    void usageOfWhatNobodyLooksAt();
    void usageIsAbsent();
    void documents();
    void events();
    void removal();
    void hosts();
    void leavingInTheMiddle();
};

namespace {

constexpr const char* kNodes = "/api/v1/nodes";
constexpr const char* kPods = "/api/v1/pods";
constexpr const char* kClusters = "/apis/cluster.x-k8s.io/v1beta2/clusters";
constexpr const char* kMachines = "/apis/cluster.x-k8s.io/v1beta2/machines";
constexpr const char* kPools = "/apis/cluster.x-k8s.io/v1beta2/machinedeployments";
constexpr const char* kPlanes = "/apis/controlplane.cluster.x-k8s.io/v1beta2/kubeadmcontrolplanes";
constexpr const char* kKubevirtMachines = "/apis/infrastructure.cluster.x-k8s.io/v1alpha1/kubevirtmachines";
constexpr const char* kVms = "/apis/kubevirt.io/v1/virtualmachines";
constexpr const char* kVmis = "/apis/kubevirt.io/v1/virtualmachineinstances";

QJsonObject object(const char* json)
{
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        qFatal("the test's JSON is broken: %s", json);
    return document.object();
}

QJsonObject named(const QString& name, const QString& ns = {}, const QString& uid = {})
{
    QJsonObject metadata{{QStringLiteral("name"), name},
                         {QStringLiteral("uid"), uid.isEmpty() ? QStringLiteral("uid-") + name : uid}};
    if (!ns.isEmpty())
        metadata[QStringLiteral("namespace")] = ns;
    return {{QStringLiteral("metadata"), metadata}};
}

QJsonObject cluster(const QString& name, bool initialized, const QString& uid = {})
{
    QJsonObject out = named(name, QStringLiteral("t"), uid);
    out[QStringLiteral("status")] =
        QJsonObject{{QStringLiteral("phase"), QStringLiteral("Provisioned")},
                    {QStringLiteral("initialization"),
                     QJsonObject{{QStringLiteral("controlPlaneInitialized"), initialized}}}};
    return out;
}

const char* const kAllGroups = R"({"kind": "APIGroupDiscoveryList", "items": [
  {"metadata": {"name": "cluster.x-k8s.io"}, "versions": [
    {"version": "v1beta2", "resources": [{"resource": "clusters"}, {"resource": "machines"},
                                         {"resource": "machinedeployments"}]},
    {"version": "v1beta1", "resources": [{"resource": "clusters"}]}]},
  {"metadata": {"name": "controlplane.cluster.x-k8s.io"}, "versions": [
    {"version": "v1beta2", "resources": [{"resource": "kubeadmcontrolplanes"}]}]},
  {"metadata": {"name": "infrastructure.cluster.x-k8s.io"}, "versions": [
    {"version": "v1alpha1", "resources": [{"resource": "kubevirtmachines"}]}]},
  {"metadata": {"name": "kubevirt.io"}, "versions": [
    {"version": "v1", "resources": [{"resource": "virtualmachines"}, {"resource": "virtualmachineinstances"}]}]}]})";

void serveAll(FakeApi& api)
{
    api.answer("/apis", 200, kAllGroups);
    for (const char* path :
         {kNodes, kPods, kClusters, kMachines, kPools, kPlanes, kKubevirtMachines, kVms, kVmis})
        api.serve(path);
}

void serveInner(FakeApi& api, const QString& node)
{
    api.serve(kNodes);
    api.serve(kPods);
    api.put(kNodes, named(node));
}

void putSecret(FakeApi& outer, const std::string& cluster, const std::string& kubeconfig)
{
    outer.answer("/api/v1/namespaces/t/secrets/" + cluster + "-kubeconfig", 200,
                 R"({"kind":"Secret","apiVersion":"v1","data":{"value":")" + base64Encode(kubeconfig) +
                     R"("}})");
}

template<typename T>
Result<T> wait(std::future<Result<T>> future)
{
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready)
        return fail(ErrorKind::Internal, "the test's answer did not come");
    return future.get();
}

Result<std::string> document(Site& site, const ObjectRef& object)
{
    auto promise = std::make_shared<std::promise<Result<std::string>>>();
    site.fetchDocument(object, [promise](Result<std::string> r) { promise->set_value(std::move(r)); });
    return wait(promise->get_future());
}

Result<std::vector<EventRow>> eventsOf(Site& site, const ObjectRef& object)
{
    auto promise = std::make_shared<std::promise<Result<std::vector<EventRow>>>>();
    site.fetchEvents(object,
                     [promise](Result<std::vector<EventRow>> r) { promise->set_value(std::move(r)); });
    return wait(promise->get_future());
}

} // namespace

void TestSite::outerCluster()
{
    FakeApi api;
    serveAll(api);
    api.put(kNodes, named(QStringLiteral("outer-wkr-1")));
    api.put(kPods, named(QStringLiteral("p"), QStringLiteral("n")));
    api.put(kVms, named(QStringLiteral("vm"), QStringLiteral("t")));
    api.put(kVmis, object(R"({"metadata": {"name": "vm", "namespace": "t", "uid": "v"},
                              "status": {"phase": "Running", "nodeName": "outer-wkr-1"}})"));
    api.put(kMachines, named(QStringLiteral("vm"), QStringLiteral("t")));
    api.put(kPools, named(QStringLiteral("md"), QStringLiteral("t")));
    api.put(kPlanes, named(QStringLiteral("cp"), QStringLiteral("t")));
    api.put(kKubevirtMachines, named(QStringLiteral("vm"), QStringLiteral("t")));
    api.put(kClusters, cluster(QStringLiteral("blue"), false));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), "rack-a");
    QVERIFY(watched.until([&] { return watched.live(id) && !watched.state(id).version.empty(); }));
    QVERIFY(watched.site.settled());
    const SourceState state = watched.state(id);
    QCOMPARE(state.name, std::string("rack-a"));
    QCOMPARE(state.address, api.url());
    QCOMPARE(state.version, std::string("v1.34.1"));
    QVERIFY(state.kinds.empty());
    QVERIFY(state.lastHeard > 0);
    QVERIFY(watched.has(id, FactKind::KubeNode, "outer-wkr-1"));
    QVERIFY(watched.has(id, FactKind::Pod, "n/p"));
    QVERIFY(watched.has(id, FactKind::Vm, "t/vm"));
    QVERIFY(watched.has(id, FactKind::Machine, "t/vm"));
    QVERIFY(watched.has(id, FactKind::MachineDeployment, "t/md"));
    QVERIFY(watched.has(id, FactKind::ControlPlane, "t/cp"));
    QVERIFY(watched.has(id, FactKind::KubevirtMachine, "t/vm"));
    QVERIFY(watched.has(id, FactKind::Cluster, "t/blue"));
    QCOMPARE(watched.get<VmiFact>(id, FactKind::Vmi, "t/vm").nodeName, std::string("outer-wkr-1"));
    QCOMPARE(watched.get<ClusterFact>(id, FactKind::Cluster, "t/blue").meta.apiVersion,
             std::string("cluster.x-k8s.io/v1beta2"));
    QCOMPARE(watched.get<KubeNodeFact>(id, FactKind::KubeNode, "outer-wkr-1").meta.apiVersion,
             std::string("v1"));
    QCOMPARE(watched.graph.count(ItemKind::OuterNode), std::size_t(1));
    QCOMPARE(watched.inner("t/blue"), SourceId(0)); // nothing to connect to yet

    api.put(kPods, object(R"({"metadata": {"name": "p", "namespace": "n", "uid": "uid-p"},
                              "spec": {"nodeName": "outer-wkr-1"}})"));
    api.put(kPods, named(QStringLiteral("q"), QStringLiteral("n")));
    QVERIFY(watched.until([&] {
        return watched.has(id, FactKind::Pod, "n/q") &&
               watched.get<PodFact>(id, FactKind::Pod, "n/p").nodeName == "outer-wkr-1";
    }));
    api.remove(kPods, "n", "p");
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Pod, "n/p"); }));
    QVERIFY(watched.site.traffic().events >= 10);
}

void TestSite::whatIsNotInstalled()
{
    FakeApi api;
    api.answer("/apis", 200, R"({"kind": "APIGroupList", "groups": []})");
    api.serve(kNodes);
    api.serve(kPods);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.state(id).kinds.size() == 7; }));
    QCOMPARE(watched.state(id).name, std::string("rack"));
    QCOMPARE(watched.kindError(id, "virtualmachines")->kind, ErrorKind::NotFound);
    QVERIFY(watched.kindError(id, "virtualmachines")->text.find("kubevirt.io is not installed") !=
            std::string::npos);
    QVERIFY(watched.site.settled());
    QCOMPARE(api.count(kVms), 0);

    serveAll(api);
    api.put(kVms, named(QStringLiteral("vm"), QStringLiteral("t")));
    watched.site.retryNow(id);
    QVERIFY(watched.until(
        [&] { return watched.has(id, FactKind::Vm, "t/vm") && watched.state(id).kinds.empty(); }));
}

void TestSite::olderContract()
{
    FakeApi api;
    serveAll(api);
    api.unserve(kClusters);
    api.answer("/apis", 200,
               R"({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "cluster.x-k8s.io"},
      "versions": [{"version": "v1beta1", "resources": [{"resource": "clusters"}]}]}]})");
    const char* const older = "/apis/cluster.x-k8s.io/v1beta1/clusters";
    api.serve(older);
    api.put(older,
            object(R"({"metadata": {"name": "blue", "namespace": "t", "uid": "c"}, "status": {"conditions": [
      {"type": "Ready", "status": "True", "severity": "Info"}]}})"));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.has(id, FactKind::Cluster, "t/blue"); }));
    QCOMPARE(watched.get<ClusterFact>(id, FactKind::Cluster, "t/blue").meta.apiVersion,
             std::string("cluster.x-k8s.io/v1beta1"));
    QCOMPARE(api.count(kClusters), 0);
}

void TestSite::discoveryIsForbidden()
{
    FakeApi api;
    serveAll(api);
    api.answer("/apis", 403,
               R"({"kind":"Status","status":"Failure","reason":"Forbidden","message":"no","code":403})");
    api.put(kClusters, cluster(QStringLiteral("blue"), false));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.has(id, FactKind::Cluster, "t/blue"); }));
}

void TestSite::oneKindIsForbidden()
{
    FakeApi api;
    serveAll(api);
    api.refuse(kPods, 403);
    api.put(kNodes, named(QStringLiteral("n1")));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.kindError(id, "pods"); }));
    QCOMPARE(watched.kindError(id, "pods")->kind, ErrorKind::Forbidden);
    QCOMPARE(watched.state(id).kinds.size(), std::size_t(1));
    QVERIFY(watched.has(id, FactKind::KubeNode, "n1"));
    QVERIFY(watched.site.settled());

    api.refuse(kPods, 0);
    api.put(kPods, named(QStringLiteral("p"), QStringLiteral("n")));
    watched.site.retryNow(id);
    QVERIFY(watched.until(
        [&] { return watched.has(id, FactKind::Pod, "n/p") && watched.state(id).kinds.empty(); }));
}

// A lost connection breaks one watch after the other and they come back by themselves: a kind is said to be
// unreadable only when that lasts, and then stays so while it is tried again.
void TestSite::oneKindIsBroken()
{
    FakeApi api;
    serveAll(api);
    api.refuse(kPods, 500);
    api.put(kNodes, named(QStringLiteral("n1")));
    for (const bool patient : {true, false}) {
        Site::Options options = Watched::quiet();
        options.kindPatience = patient ? std::chrono::hours(1) : std::chrono::milliseconds(300);
        Watched watched(options);
        const SourceId id = watched.site.addCluster(api.config("rack"), {});
        QVERIFY(watched.until([&] { return watched.has(id, FactKind::KubeNode, "n1"); }));
        const auto triesMore = [&] {
            const int tries = api.count(kPods) + 3;
            bool told = true;
            bool silent = true;
            const bool tried = watched.until([&] {
                const bool is = watched.kindError(id, "pods").has_value();
                told = told && is;
                silent = silent && !is;
                watched.site.retryNow(id);
                return api.count(kPods) >= tries;
            });
            return tried && (patient ? silent : told);
        };
        if (patient) {
            QVERIFY(triesMore());
            continue;
        }
        QVERIFY(watched.until([&] { return watched.kindError(id, "pods").has_value(); }));
        QCOMPARE(watched.kindError(id, "pods")->kind, ErrorKind::Server);
        QVERIFY(triesMore());
        api.refuse(kPods, 0);
        watched.site.retryNow(id);
        QVERIFY(watched.until([&] { return watched.state(id).kinds.empty(); }));
    }
}

// What an attacker can put into an object harms nothing but that object: names are cleaned, a huge annotation
// passes, a document of the wrong shape is read as far as it goes, and the watch lives on.
void TestSite::hostileObjects()
{
    FakeApi api;
    serveAll(api);
    api.put(kNodes, named(QStringLiteral("n1")));
    const QString name = QStringLiteral("web\u202Egnp\u200B<b>x\x1b[31m");
    QJsonObject evil = named(name, QStringLiteral("n"));
    QJsonObject metadata = evil[QLatin1String("metadata")].toObject();
    metadata[QLatin1String("annotations")] =
        QJsonObject{{QStringLiteral("note"), QString(1 << 20, QLatin1Char('x'))}};
    evil[QLatin1String("metadata")] = metadata;
    api.put(kPods, evil);
    api.put(kPods, named(QStringLiteral("../../secrets"),
                         QStringLiteral("n"))); // left out: names are parts of paths
    QJsonObject shapeless = named(QStringLiteral("shapeless"), QStringLiteral("n"));
    shapeless[QLatin1String("spec")] = QStringLiteral("not an object");
    shapeless[QLatin1String("status")] = QJsonArray{1, QJsonValue(), QStringLiteral("x")};
    api.put(kVmis, shapeless);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id); }));
    QVERIFY(watched.has(id, FactKind::Pod, "n/webgnp<b>x [31m"));
    QVERIFY(!watched.has(id, FactKind::Pod, "n/../../secrets"));
    QVERIFY(watched.has(id, FactKind::Vmi, "n/shapeless"));
    QVERIFY(watched.has(id, FactKind::KubeNode, "n1"));

    api.put(kPods, named(QStringLiteral("before"), QStringLiteral("n"))); // its watch is open
    QVERIFY(watched.until([&] { return watched.has(id, FactKind::Pod, "n/before"); }));
    const int requests = api.count(kPods);
    api.put(kPods, evil); // and as an event of the watch
    api.put(kPods, named(QStringLiteral("after"), QStringLiteral("n")));
    QVERIFY(watched.until([&] { return watched.has(id, FactKind::Pod, "n/after"); }));
    QVERIFY(watched.live(id));
    QCOMPARE(api.count(kPods), requests); // nothing was begun anew
    api.remove(kPods, "n", name.toStdString());
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Pod, "n/webgnp<b>x [31m"); }));
}

void TestSite::unauthorized()
{
    FakeApi api;
    api.refuse("/", 401);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.state(id).phase == LinkPhase::Waiting; }));
    QVERIFY(watched.until([&] { return watched.site.settled(); }));
    QCOMPARE(watched.state(id).error.kind, ErrorKind::Auth);
    QVERIFY(!watched.state(id).synced);
}

void TestSite::noKubernetes()
{
    FakeApi api; // says 404 to everything
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.state(id).phase == LinkPhase::Waiting; }));
    QVERIFY(watched.until([&] { return watched.site.settled(); }));
    QCOMPARE(watched.state(id).error.kind, ErrorKind::Protocol);
    QVERIFY(!watched.state(id).synced);
}

void TestSite::awayAndBack()
{
    FakeApi api;
    serveAll(api);
    api.put(kNodes, named(QStringLiteral("n1")));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id); }));
    api.setAway(true);
    QVERIFY(watched.until([&] { return watched.state(id).phase == LinkPhase::Waiting; }));
    QCOMPARE(watched.state(id).error.kind, ErrorKind::Network);
    QVERIFY(watched.state(id).retryAt > 0);
    QVERIFY(watched.has(id, FactKind::KubeNode, "n1")); // the last that is known
    QVERIFY(watched.site.settled());
    api.put(kNodes, named(QStringLiteral("n2")));
    api.remove(kNodes, "", "n1");
    api.answer("/version", 200, R"({"gitVersion": "v1.35.0"})");
    api.setAway(false);
    watched.site.retryNow(id);
    QVERIFY(watched.until([&] {
        return watched.live(id) && watched.has(id, FactKind::KubeNode, "n2") &&
               !watched.has(id, FactKind::KubeNode, "n1") && watched.state(id).version == "v1.35.0";
    }));
}

void TestSite::kindsThatVanish()
{
    FakeApi api;
    serveAll(api);
    api.put(kVms, named(QStringLiteral("vm"), QStringLiteral("t")));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.has(id, FactKind::Vm, "t/vm"); }));
    api.unserve(kVms);
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Vm, "t/vm"); }));
    QVERIFY(watched.until([&] {
        const auto error = watched.kindError(id, "virtualmachines");
        return error && error->kind == ErrorKind::NotFound && watched.state(id).phase == LinkPhase::Live;
    }));
}

// A definition that comes while the program runs is seen within three seconds, gone and come again as well.
void TestSite::kindsThatCome()
{
    constexpr const char* kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    FakeApi api;
    serveAll(api);
    api.serve(kDefinitions);
    api.unserve(kVms);
    api.unserve(kVmis);
    std::string without = kAllGroups;
    without.replace(without.find("\"kubevirt.io\""), 13, "\"other.io\"");
    api.answer("/apis", 200, without);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.kindError(id, "virtualmachines"); }));
    QVERIFY(api.waitForRequest(kDefinitions, 3)); // refused stream list, list, watch
    QElapsedTimer timer;
    timer.start();
    api.serve(kVms);
    api.serve(kVmis);
    api.put(kVms, named(QStringLiteral("vm"), QStringLiteral("t")));
    api.answer("/apis", 200, kAllGroups);
    api.put(kDefinitions, named(QStringLiteral("virtualmachines.kubevirt.io")));
    QVERIFY(watched.until(
        [&] { return watched.has(id, FactKind::Vm, "t/vm") && watched.state(id).kinds.empty(); }));
    QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
    // Gone, and back: the watch that waits for its kind is told.
    api.unserve(kVms);
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Vm, "t/vm"); }));
    timer.restart();
    api.serve(kVms);
    api.put(kVms, named(QStringLiteral("another"), QStringLiteral("t")));
    api.put(kDefinitions, named(QStringLiteral("virtualmachines.kubevirt.io")));
    QVERIFY(watched.until([&] { return watched.has(id, FactKind::Vm, "t/another"); }));
    QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
    // The same objects may be there again, unchanged: they are told anew.
    api.withhold(kVms);
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Vm, "t/another"); }));
    api.serve(kVms);
    api.put(kDefinitions, named(QStringLiteral("virtualmachines.kubevirt.io")));
    QVERIFY(watched.until([&] { return watched.has(id, FactKind::Vm, "t/another"); }));
}

void TestSite::onlySomeNamespaces_data()
{
    QTest::addColumn<bool>("incomplete");
    QTest::newRow("rules are told") << false;
    QTest::newRow("rules are not told") << true;
}

// Whoever may list pods in two namespaces only sees those of the two, and is told so.
void TestSite::onlySomeNamespaces()
{
    QFETCH(bool, incomplete);
    FakeApi api;
    serveAll(api);
    api.put("/api/v1/namespaces", named(QStringLiteral("blue")));
    api.put("/api/v1/namespaces", named(QStringLiteral("green")));
    api.put("/api/v1/namespaces", named(QStringLiteral("secret")));
    api.refuse(kPods, 403);
    api.put("/api/v1/namespaces/blue/pods", named(QStringLiteral("b"), QStringLiteral("blue")));
    api.put("/api/v1/namespaces/green/pods", named(QStringLiteral("g"), QStringLiteral("green")));
    const auto mine = [](const std::string& body) {
        return body.find("\"blue\"") != std::string::npos || body.find("\"green\"") != std::string::npos;
    };
    api.onPost("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
               [mine, incomplete](const std::string& body) {
                   const std::string rule =
                       mine(body) && !incomplete
                           ? R"({"verbs":["get","list","watch"],"apiGroups":[""],"resources":["pods"]})"
                           : R"({"verbs":["create"],"apiGroups":["x"],"resources":["y"]})";
                   return R"({"kind":"SelfSubjectRulesReview","status":{"incomplete":)" +
                          std::string(incomplete ? "true" : "false") + R"(,"resourceRules":[)" + rule + "]}}";
               });
    api.onPost("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", [mine](const std::string& body) {
        return std::string(R"({"kind":"SelfSubjectAccessReview","status":{"allowed":)") +
               (mine(body) ? "true" : "false") + "}}";
    });
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        return watched.has(id, FactKind::Pod, "blue/b") && watched.has(id, FactKind::Pod, "green/g") &&
               watched.live(id);
    }));
    QVERIFY(watched.until([&] {
        const auto error = watched.kindError(id, "pods");
        return error && error->text.find("blue, green") != std::string::npos;
    }));
    QCOMPARE(watched.kindError(id, "pods")->kind, ErrorKind::Forbidden);
    QCOMPARE(watched.state(id).kinds.size(), std::size_t(1));
    QCOMPARE(api.count("/api/v1/namespaces/secret/pods"), 0); // what is not allowed is not tried
    // Changes arrive from there.
    api.remove("/api/v1/namespaces/blue/pods", "blue", "b");
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::Pod, "blue/b"); }));
    // The right to all of them comes: one watch takes over, with what it knows.
    api.refuse(kPods, 0);
    api.put(kPods, named(QStringLiteral("s"), QStringLiteral("secret")));
    watched.site.retryNow(id);
    QVERIFY(watched.until([&] {
        return watched.has(id, FactKind::Pod, "secret/s") && !watched.has(id, FactKind::Pod, "green/g") &&
               watched.state(id).kinds.empty();
    }));
}

void TestSite::warningsAndClock()
{
    FakeApi api;
    serveAll(api);
    api.setHeader("Date: Mon, 02 Jan 2040 03:04:05 GMT\r\nWarning: 299 - \"cluster.x-k8s.io/v1beta1 is "
                  "deprecated\", 299 - "
                  "\"\x1b[31mevil\"");
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.state(id).warnings.size() == 2; }));
    QCOMPARE(watched.state(id).warnings[0], std::string("cluster.x-k8s.io/v1beta1 is deprecated"));
    QVERIFY(watched.state(id).warnings[1].find('\x1b') == std::string::npos);
    QVERIFY(watched.state(id).clockOffsetMs > 1000LL * 3600 * 24 * 365);
}

void TestSite::traffic()
{
    FakeApi api;
    serveAll(api);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id); }));
    const auto ask = [&] {
        std::promise<std::vector<Site::ClientTraffic>> told;
        watched.site.clientTraffic(
            [&](std::vector<Site::ClientTraffic> all) { told.set_value(std::move(all)); });
        return told.get_future().get();
    };
    QTRY_VERIFY_WITH_TIMEOUT(ask().front().numbers.openStreams >= 9, 20000);
    const auto all = ask();
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].source, id);
    QVERIFY(all[0].numbers.requests >= 9);
    QVERIFY(all[0].numbers.streams >= all[0].numbers.openStreams);
    QVERIFY(all[0].numbers.bytesIn > 1000);
    QVERIFY(all[0].numbers.bytesOut > 1000);
    QVERIFY(all[0].numbers.connections >= 9); // HTTP/1.1: one a stream
}

void TestSite::innerClusters()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    blue.put(kPods, named(QStringLiteral("web"), QStringLiteral("shop")));
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", blue.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(
        watched.until([&] { return watched.inner("t/blue") != 0 && watched.live(watched.inner("t/blue")); }));
    const SourceId inner = watched.inner("t/blue");
    QVERIFY(inner != id);
    QCOMPARE(watched.state(inner).outer, id);
    QCOMPARE(watched.state(inner).name, std::string("t/blue"));
    QCOMPARE(watched.state(inner).address, blue.url());
    QVERIFY(watched.has(inner, FactKind::KubeNode, "blue-cp-1"));
    QVERIFY(watched.has(inner, FactKind::Pod, "shop/web"));
    QVERIFY(watched.until([&] { return watched.site.settled(); }));
    QCOMPARE(blue.count("/apis"), 0); // nothing to discover there

    // Another cluster of the same name is another source.
    api.put(kClusters, cluster(QStringLiteral("blue"), true, QStringLiteral("another")));
    QVERIFY(watched.until([&] {
        const SourceId now = watched.inner("t/blue");
        return now != 0 && now != inner && watched.live(now);
    }));
    QVERIFY(watched.states.count(inner) == 0);

    api.remove(kClusters, "t", "blue");
    QVERIFY(watched.until([&] { return watched.inner("t/blue") == 0; }));
    QCOMPARE(watched.states.size(), std::size_t(1));
    for (const auto& [key, fact] : watched.facts)
        QCOMPARE(std::get<0>(key), id);

    // Off: it is not even asked for.
    Site::Options options = Watched::quiet();
    options.followInnerClusters = false;
    Watched outerOnly(options);
    api.put(kClusters, cluster(QStringLiteral("green"), true));
    const SourceId other = outerOnly.site.addCluster(api.config("rack"), {});
    QVERIFY(outerOnly.until([&] { return outerOnly.live(other); }));
    QCOMPARE(outerOnly.states.size(), std::size_t(1));
}

void TestSite::innerSecretComesLater()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(
        watched.until([&] { return watched.state(watched.inner("t/blue")).phase == LinkPhase::Waiting; }));
    QCOMPARE(watched.state(watched.inner("t/blue")).error.kind, ErrorKind::NotFound);
    QVERIFY(watched.state(watched.inner("t/blue")).error.text.find("t/blue-kubeconfig") != std::string::npos);
    QVERIFY(watched.until([&] { return watched.site.settled(); }));
    putSecret(api, "blue", blue.kubeconfig());
    QVERIFY(watched.until([&] { return watched.live(watched.inner("t/blue")); })); // by itself
    QVERIFY(watched.state(watched.inner("t/blue")).error == Error());
}

// Whoever may list secrets hears of a kubeconfig that comes or is renewed, by its metadata alone.
void TestSite::innerSecretIsWatched()
{
    FakeApi before;
    serveInner(before, QStringLiteral("old"));
    FakeApi after;
    serveInner(after, QStringLiteral("new"));
    FakeApi api;
    serveAll(api);
    const char* const secrets = "/api/v1/secrets";
    api.serve(secrets);
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        return watched.live(id) && watched.state(watched.inner("t/blue")).phase == LinkPhase::Waiting;
    }));
    const SourceId inner = watched.inner("t/blue");
    QElapsedTimer timer;
    // Its next try by itself would be a while off after some.
    for (int i = 0; i < 4; ++i)
        watched.site.retryNow(inner);
    putSecret(api, "blue", before.kubeconfig());
    timer.start();
    api.put(secrets, named(QStringLiteral("blue-kubeconfig"), QStringLiteral("t")));
    QVERIFY(watched.until([&] { return watched.live(inner); }));
    QCOMPARE(watched.state(inner).address, before.url());
    // Renewed while the old one still works.
    putSecret(api, "blue", after.kubeconfig());
    timer.restart();
    api.put(secrets, named(QStringLiteral("blue-kubeconfig"), QStringLiteral("t")));
    QVERIFY(watched.until([&] {
        return watched.state(inner).address == after.url() && watched.live(inner) &&
               watched.has(inner, FactKind::KubeNode, "new") &&
               !watched.has(inner, FactKind::KubeNode, "old");
    }));
    QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    bool selected = false;
    for (const std::string& request : api.requests())
        selected =
            selected || (request.starts_with("/api/v1/secrets?") &&
                         request.find("labelSelector=cluster.x-k8s.io%2Fcluster-name") != std::string::npos);
    QVERIFY(selected);
}

void TestSite::innerSecretIsForbidden()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    api.refuse("/api/v1/namespaces/t/secrets/", 403);
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(
        watched.until([&] { return watched.state(watched.inner("t/blue")).phase == LinkPhase::Waiting; }));
    const SourceState state = watched.state(watched.inner("t/blue"));
    QCOMPARE(state.error.kind, ErrorKind::Forbidden);
    QVERIFY(state.retryAt > systemNow() + 30000);
    QVERIFY(watched.until([&] { return watched.live(id); }));
    api.refuse("/api/v1/namespaces/t/secrets/", 0);
    putSecret(api, "blue", blue.kubeconfig());
    watched.site.retryNow(state.id);
    QVERIFY(watched.until([&] { return watched.live(watched.inner("t/blue")); }));
}

void TestSite::innerThatIsAwayHarmsNobody()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi red;
    red.setAway(true);
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", blue.kubeconfig());
    putSecret(api, "red", red.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    api.put(kClusters, cluster(QStringLiteral("red"), true));
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        return watched.live(id) && watched.live(watched.inner("t/blue")) &&
               watched.state(watched.inner("t/red")).phase == LinkPhase::Waiting;
    }));
    QCOMPARE(watched.state(watched.inner("t/red")).error.kind, ErrorKind::Network);
    QVERIFY(watched.until([&] { return watched.site.settled(); }));
    serveInner(red, QStringLiteral("red-cp-1"));
    red.setAway(false);
    watched.site.retryNow(watched.inner("t/red"));
    QVERIFY(watched.until([&] { return watched.live(watched.inner("t/red")); }));
}

void TestSite::innerCredentialIsRenewed()
{
    FakeApi before;
    before.refuse("/", 401);
    FakeApi after;
    serveInner(after, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", before.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        const SourceState state = watched.state(watched.inner("t/blue"));
        return state.phase == LinkPhase::Waiting && state.error.kind == ErrorKind::Auth;
    }));
    const SourceId inner = watched.inner("t/blue");
    putSecret(api, "blue", after.kubeconfig());
    QVERIFY(watched.until([&] { return watched.live(inner); }));
    QCOMPARE(watched.state(inner).address, after.url());
    QVERIFY(watched.has(inner, FactKind::KubeNode, "blue-cp-1"));
    QCOMPARE(api.count("/api/v1/namespaces/t/secrets/blue-kubeconfig"), 2);
}

void TestSite::innerKubeconfigMustNotReadFiles()
{
    FakeApi api;
    serveAll(api);
    putSecret(
        api, "blue",
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster:\n    server: " +
            api.url() +
            "\ncontexts:\n- name: c\n  context:\n    cluster: k\n    user: u\nusers:\n- name: u\n  user:\n"
            "    tokenFile: /etc/passwd\n");
    api.answer("/api/v1/namespaces/t/secrets/red-kubeconfig", 200, R"({"data": {"value": "%%%"}})");
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    api.put(kClusters, cluster(QStringLiteral("red"), true));
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    for (const char* key : {"t/blue", "t/red"}) {
        QVERIFY(watched.until([&] { return watched.state(watched.inner(key)).phase == LinkPhase::Waiting; }));
        const ErrorKind kind = watched.state(watched.inner(key)).error.kind;
        QVERIFY(kind == ErrorKind::Config || kind == ErrorKind::Refused);
    }
}

void TestSite::manyInnerClusters()
{
    FakeApi inner;
    serveInner(inner, QStringLiteral("node"));
    FakeApi silent; // takes connections and says nothing
    silent.hang(kNodes);
    silent.hang(kPods);
    silent.hang("/version");
    FakeApi api;
    serveAll(api);
    for (int i = 0; i < 30; ++i) {
        const std::string name = "c" + std::to_string(i);
        putSecret(api, name, i == 3 ? silent.kubeconfig() : inner.kubeconfig());
        api.put(kClusters, cluster(QString::fromStdString(name), true));
    }
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        int live = 0;
        for (const auto& [id, state] : watched.states)
            live += watched.live(id) ? 1 : 0;
        return live == 30; // the outer one and all but the silent one
    }));
    QCOMPARE(watched.state(watched.inner("t/c3")).phase, LinkPhase::Connecting);
    QVERIFY(!watched.site.settled());
}

// A cluster that is away as a whole is left alone but for a question once in a while; looking at it again
// brings it back at once.
void TestSite::innerThatIsAwayIsAskedSeldom()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", blue.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(
        watched.until([&] { return watched.inner("t/blue") != 0 && watched.live(watched.inner("t/blue")); }));
    const SourceId inner = watched.inner("t/blue");
    blue.setAway(true);
    // The watches give up; the next look is a while off.
    QVERIFY(watched.until([&] {
        const SourceState& state = watched.state(inner);
        return state.phase == LinkPhase::Waiting && state.retryAt - systemNow() > 8000;
    }));
    QVERIFY(watched.has(inner, FactKind::KubeNode, "blue-cp-1")); // what is known stays
    QVERIFY(watched.state(inner).kinds.empty());                  // one reason, not one a kind
    blue.setAway(false);
    QElapsedTimer timer;
    timer.start();
    watched.site.retryNow(inner);
    QVERIFY(watched.until([&] { return watched.live(inner); }));
    QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(watched.has(inner, FactKind::KubeNode, "blue-cp-1"));
}

// The endpoint cannot be reached, but a control-plane VM can, through the outer cluster's API: the bytes go
// that way, and the server's name and authority stay what the kubeconfig says.
void TestSite::innerThroughATunnel()
{
    const test::TestCa innerCa;
    // The inner server, behind TLS for a name that exists nowhere.
    test::ScriptServer blue({innerCa.issue({"blue", {}, {"api.blue.invalid"}, {}}), {}, false});
    blue.expect("GET", "/version", {}, test::Reply::json(200, R"({"gitVersion":"v1.33.0"})"), 8);
    blue.expect("GET", "/readyz", {}, test::Reply::text(200, "text/plain", "ok"), 8);
    test::Reply refused = test::Reply::json(
        422, R"({"kind":"Status","status":"Failure","reason":"Invalid","code":422,"message":"no streams"})");
    for (const char* path : {kNodes, kPods}) {
        blue.expect("GET", path, {"sendInitialEvents"}, refused, 2);
        const std::string item =
            path == std::string(kNodes)
                ? R"({"metadata":{"name":"deep","uid":"u1","resourceVersion":"5"},"spec":{},"status":{}})"
                : "";
        blue.expect("GET", path, {"limit=500"},
                    test::Reply::json(200, R"({"kind":"List","metadata":{"resourceVersion":"9"},"items":[)" +
                                               item + "]}"),
                    2);
        test::Reply open = test::Reply::stream();
        open.hold();
        blue.expect("GET", path, {"watch=1", "resourceVersion=9"}, open, 2);
    }
    FakeApi api;
    serveAll(api);
    kube::ClusterConfig config;
    config.server = "https://api.blue.invalid:6443";
    config.caPem = innerCa.certificatePem();
    config.token = Secret("inner");
    putSecret(api, "blue", kube::writeKubeconfig(config).reveal());
    QJsonObject machine = named(QStringLiteral("blue-cp-x"), QStringLiteral("t"));
    machine[QLatin1String("status")] = QJsonObject{{QStringLiteral("phase"), QStringLiteral("Running")}};
    api.put("/apis/kubevirt.io/v1/namespaces/t/virtualmachineinstances", machine);
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    const std::string forward =
        "/apis/subresources.kubevirt.io/v1/namespaces/t/virtualmachineinstances/blue-cp-x/"
        "portforward/6443/tcp";
    api.tunnel(forward, blue.port());
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        const SourceId inner = watched.inner("t/blue");
        return inner != 0 && watched.live(inner) && watched.has(inner, FactKind::KubeNode, "deep");
    }));
    QVERIFY(watched.state(watched.inner("t/blue")).tunnelled);
    QVERIFY(api.count(forward) > 0);
    // The same way for kubectl: a port of this computer, and a kubeconfig that keeps the server's name.
    std::promise<Result<Secret>> told;
    watched.site.innerAccess(watched.inner("t/blue"), true,
                             [&](Result<Secret> access) { told.set_value(std::move(access)); });
    const Result<Secret> access = told.get_future().get();
    QVERIFY2(access, access ? "" : access.error().text.c_str());
    const auto file = kube::Kubeconfig::parse(access->reveal(), "served", {});
    QVERIFY(file);
    const auto served = file->resolve();
    QVERIFY(served);
    QVERIFY2(served->server.starts_with("https://127.0.0.1:"), served->server.c_str());
    QCOMPARE(served->tlsServerName, std::string("api.blue.invalid"));
    const int before = api.count(forward);
    kube::Network network;
    const auto client = kube::Client::create(network, *served);
    std::promise<Result<kube::Response>> answered;
    kube::Request request;
    request.path = "/version";
    const auto handle =
        client->send(request, [&](Result<kube::Response> answer) { answered.set_value(std::move(answer)); });
    const Result<kube::Response> answer = answered.get_future().get();
    QVERIFY2(answer, answer ? "" : answer.error().text.c_str());
    QCOMPARE(answer->body, std::string(R"({"gitVersion":"v1.33.0"})"));
    QVERIFY(api.count(forward) > before);
    // As it is in the secret, when the endpoint itself is wanted.
    std::promise<Result<Secret>> plain;
    watched.site.innerAccess(watched.inner("t/blue"), false,
                             [&](Result<Secret> given) { plain.set_value(std::move(given)); });
    QCOMPARE(plain.get_future().get()->reveal(), kube::writeKubeconfig(config).reveal());
    for (const auto& seen : blue.seen())
        QCOMPARE(seen.headers.at("authorization"), std::string("Bearer inner"));
}

// Where KubeVirt's way is closed, the machine's launcher pod leads there as well.
void TestSite::innerThroughAPod()
{
    FakeApi blue; // plain, on this computer: the way is what counts here
    serveInner(blue, QStringLiteral("deep"));
    const std::string url = blue.url();
    const int port = std::stoi(url.substr(url.rfind(':') + 1));
    // A port that nobody listens on, so that the endpoint itself is out of reach.
    std::unique_ptr<FakeApi> gone = std::make_unique<FakeApi>();
    kube::ClusterConfig config = gone->config("blue");
    gone.reset();
    const std::string closed = config.server.substr(config.server.rfind(':') + 1);
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", kube::writeKubeconfig(config).reveal());
    QJsonObject machine = named(QStringLiteral("blue-cp-x"), QStringLiteral("t"));
    machine[QLatin1String("status")] = QJsonObject{{QStringLiteral("phase"), QStringLiteral("Running")}};
    api.put("/apis/kubevirt.io/v1/namespaces/t/virtualmachineinstances", machine);
    QJsonObject launcher = named(QStringLiteral("virt-launcher-blue-cp-x-7"), QStringLiteral("t"));
    launcher[QLatin1String("status")] = QJsonObject{{QStringLiteral("phase"), QStringLiteral("Running")}};
    api.put("/api/v1/namespaces/t/pods", launcher);
    api.refuse("/apis/subresources.kubevirt.io/", 403);
    const std::string forward =
        "/api/v1/namespaces/t/pods/virt-launcher-blue-cp-x-7/portforward?ports=" + closed;
    api.tunnel(forward, port, true);
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    Watched watched;
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until(
        [&] {
            const SourceId inner = watched.inner("t/blue");
            if (inner != 0 && watched.state(inner).phase == LinkPhase::Waiting)
                watched.site.retryNow(inner); // not to wait for its turns
            return inner != 0 && watched.live(inner) && watched.has(inner, FactKind::KubeNode, "deep");
        },
        std::chrono::seconds(60)));
    const SourceId inner = watched.inner("t/blue");
    QVERIFY(watched.state(inner).tunnelled);
    QVERIFY(api.count(forward) > 0);
    QVERIFY(api.count("/apis/subresources.kubevirt.io/v1/namespaces/t/virtualmachineinstances/blue-cp-x/"
                      "portforward/" +
                      closed + "/tcp") > 0); // KubeVirt's was tried first
    blue.put(kPods, named(QStringLiteral("web"), QStringLiteral("shop")));
    QVERIFY(watched.until([&] { return watched.has(inner, FactKind::Pod, "shop/web"); }));
}

// Of a tenant that nobody looks at the pods are counted, and followed within seconds once somebody does.
void TestSite::tenantsAreParked()
{
    std::vector<std::unique_ptr<FakeApi>> servers;
    FakeApi api;
    serveAll(api);
    for (int i = 0; i < 4; ++i) {
        servers.push_back(std::make_unique<FakeApi>());
        serveInner(*servers.back(), QStringLiteral("node-%1").arg(i));
        for (int pod = 0; pod < 3 + i; ++pod)
            servers.back()->put(kPods, named(QStringLiteral("p%1").arg(pod), QStringLiteral("n")));
        putSecret(api, "c" + std::to_string(i), servers.back()->kubeconfig());
        api.put(kClusters, cluster(QStringLiteral("c%1").arg(i), true));
    }
    Site::Options options = Watched::quiet();
    options.followedTenants = 2;
    Watched watched(options);
    watched.site.addCluster(api.config("rack"), {});
    const auto id = [&](int i) { return watched.inner("t/c" + std::to_string(i)); };
    const auto follows = [&](int i) {
        return !watched.state(id(i)).parked && watched.has(id(i), FactKind::Pod, "n/p0");
    };
    const auto counts = [&](int i) {
        return watched.state(id(i)).parked && watched.state(id(i)).podCount == 3 + i &&
               !watched.has(id(i), FactKind::Pod, "n/p0");
    };
    const auto settled = [&](const std::set<int>& followed) {
        for (int i = 0; i < 4; ++i) {
            if (id(i) == 0 || !watched.live(id(i)) ||
                !watched.has(id(i), FactKind::KubeNode, "node-" + std::to_string(i)) ||
                (followed.count(i) != 0 ? !follows(i) : !counts(i)))
                return false;
        }
        return true;
    };
    const auto followedNow = [&] {
        std::set<int> out;
        for (int i = 0; i < 4; ++i)
            if (id(i) != 0 && follows(i))
                out.insert(i);
        return out;
    };
    QVERIFY(watched.until([&] { return followedNow().size() == 2 && settled(followedNow()); }));
    // What the picture says of it: the whole count at the cluster, and "more" at its machines.
    const std::set<int> first = followedNow();
    const int parked = first.count(3) == 0 ? 3 : 2;
    const SourceState state = watched.state(id(parked));
    QVERIFY(state.kinds.empty());
    bool shown = false;
    for (const ItemId root : watched.graph.roots(Tree::Tenants)) {
        const Item* item = watched.graph.find(root);
        if (item != nullptr && item->name == "c" + std::to_string(parked)) {
            shown = true;
            QCOMPARE(item->pods, 3 + parked);
            QVERIFY(!item->morePods);
        }
    }
    QVERIFY(shown);

    QElapsedTimer timer;
    timer.start();
    watched.site.look({id(parked)});
    QVERIFY(watched.until([&] { return follows(parked); }));
    QVERIFY2(timer.elapsed() < 10000, qPrintable(QString::number(timer.elapsed())));
    // It took the place of one that nobody ever looked at.
    QVERIFY(watched.until([&] { return followedNow().size() == 2 && settled(followedNow()); }));
    QVERIFY(followedNow().count(parked) == 1);
    // Whoever is looked at is followed whatever the budget, and the last ones stay when one looks away.
    watched.site.look({id(0), id(1), id(2)});
    QVERIFY(watched.until([&] { return settled({0, 1, 2}); }));
    watched.site.look({id(3)});
    QVERIFY(watched.until([&] { return followedNow().size() == 2 && follows(3) && settled(followedNow()); }));
    // A parked one that goes away is noticed, and back within seconds of a look.
    const int idle = followedNow().count(0) != 0 ? 1 : 0;
    servers[static_cast<std::size_t>(idle)]->setAway(true);
    QVERIFY(watched.until([&] { return watched.state(id(idle)).phase == LinkPhase::Waiting; }));
    servers[static_cast<std::size_t>(idle)]->setAway(false);
    timer.restart();
    watched.site.look({id(idle)});
    QVERIFY(watched.until([&] { return follows(idle) && watched.live(id(idle)); }));
    QVERIFY2(timer.elapsed() < 10000, qPrintable(QString::number(timer.elapsed())));
}

void TestSite::readiness()
{
    FakeApi api;
    serveAll(api);
    api.answer("/readyz", 500,
               "[+]ping ok\n[-]etcd failed: reason withheld\n[-]informer-sync failed\nreadyz check failed");
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until(
        [&] { return watched.live(id) && watched.state(id).readiness == Readiness::NotReady; }));
    QCOMPARE(watched.state(id).notReady, std::string("etcd, informer-sync"));
    Reach reach = reachOf(watched.state(id));
    QCOMPARE(reach[static_cast<std::size_t>(ReachStep::Access)], ReachState::Good);
    QCOMPARE(reach[static_cast<std::size_t>(ReachStep::Ready)], ReachState::Bad);
    api.answer("/readyz", 200, "ok");
    api.setAway(true);
    QVERIFY(watched.until([&] { return watched.state(id).phase == LinkPhase::Waiting; }));
    api.setAway(false);
    watched.site.retryNow(id);
    QVERIFY(
        watched.until([&] { return watched.live(id) && watched.state(id).readiness == Readiness::Ready; }));
    reach = reachOf(watched.state(id));
    for (const ReachState step : reach)
        QCOMPARE(step, ReachState::Good);
}

// An age is how long ago something was by the clock that wrote it down.
void TestSite::timesAreByTheServersClock()
{
    const auto dated = [](UnixMs at) {
        return "Date: " + QLocale::c()
                              .toString(QDateTime::fromMSecsSinceEpoch(at, QTimeZone::utc()),
                                        QStringLiteral("ddd, dd MMM yyyy HH:mm:ss 'GMT'"))
                              .toStdString();
    };
    for (const std::int64_t ahead : {std::int64_t(7'200'000), std::int64_t(-7'200'000), std::int64_t(0)}) {
        FakeApi api;
        serveAll(api);
        api.setHeader(dated(systemNow() + ahead));
        QJsonObject node = named(QStringLiteral("n1"));
        QJsonObject meta = node[QLatin1String("metadata")].toObject();
        // Ten minutes old by the server's clock.
        meta[QLatin1String("creationTimestamp")] =
            QDateTime::fromMSecsSinceEpoch(systemNow() + ahead - 600'000, QTimeZone::utc())
                .toString(Qt::ISODate);
        node[QLatin1String("metadata")] = meta;
        api.put(kNodes, node);
        Watched watched;
        const SourceId id = watched.site.addCluster(api.config("rack"), {});
        QVERIFY(watched.until([&] { return watched.live(id) && watched.has(id, FactKind::KubeNode, "n1"); }));
        const UnixMs created = watched.get<KubeNodeFact>(id, FactKind::KubeNode, "n1").meta.created;
        QVERIFY2(std::abs(systemNow() - created - 600'000) < 30'000,
                 qPrintable(QString::number(systemNow() - created)));
    }
}

void TestSite::usage()
{
    FakeApi api;
    serveAll(api);
    const char* const nodes = "/apis/metrics.k8s.io/v1beta1/nodes";
    const char* const pods = "/apis/metrics.k8s.io/v1beta1/pods";
    api.answer(nodes, 200, R"({"items": [{"metadata": {"name": "n1"}, "timestamp": "2026-11-24T10:00:00Z",
      "usage": {"cpu": "250m", "memory": "1Gi"}}, {"metadata": {"name": "n2"}, "usage": {"cpu": "1"}}]})");
    api.answer(pods, 200, R"({"items": [{"metadata": {"name": "p", "namespace": "n"}, "containers": [
      {"usage": {"cpu": "10m", "memory": "1Mi"}}, {"usage": {"cpu": "5m", "memory": "1Mi"}}]}]})");
    Site::Options options;
    options.metricsEvery = std::chrono::milliseconds(100);
    Watched watched(options);
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] {
        return watched.has(id, FactKind::NodeUsage, "n2") && watched.has(id, FactKind::PodUsage, "n/p");
    }));
    QCOMPARE(watched.get<UsageFact>(id, FactKind::NodeUsage, "n1").used.cpuMilli, std::int64_t(250));
    QCOMPARE(watched.get<UsageFact>(id, FactKind::PodUsage, "n/p").used.cpuMilli, std::int64_t(15));
    api.answer(nodes, 200, R"({"items": [{"metadata": {"name": "n1"}, "usage": {"cpu": "500m"}}]})");
    QVERIFY(watched.until([&] {
        return !watched.has(id, FactKind::NodeUsage, "n2") &&
               watched.get<UsageFact>(id, FactKind::NodeUsage, "n1").used.cpuMilli == 500;
    }));
    // One fault is forgiven, several are not: old figures would pass for new ones.
    api.answer(nodes, 503, "starting");
    QVERIFY(watched.until([&] { return !watched.has(id, FactKind::NodeUsage, "n1"); }));
    QVERIFY(watched.has(id, FactKind::PodUsage, "n/p"));
    QVERIFY(watched.state(id).kinds.empty());
}

// A tenant that is followed though nobody looks is asked a quarter as often, until somebody does.
void TestSite::usageOfWhatNobodyLooksAt()
{
    FakeApi api;
    serveAll(api);
    FakeApi inner;
    serveInner(inner, QStringLiteral("n"));
    putSecret(api, "c", inner.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("c"), true));
    const char* const nodes = "/apis/metrics.k8s.io/v1beta1/nodes";
    for (FakeApi* each : {&api, &inner}) {
        each->answer(nodes, 200, R"({"items": []})");
        each->answer("/apis/metrics.k8s.io/v1beta1/pods", 200, R"({"items": []})");
    }
    Site::Options options;
    options.metricsEvery = std::chrono::milliseconds(300);
    options.followedTenants = 5;
    Watched watched(options);
    watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.inner("t/c") != 0 && inner.count(nodes) > 0; }));
    const SourceId id = watched.inner("t/c");
    QVERIFY(!watched.state(id).parked);
    const auto share = [&] { // of the outer cluster's polls while there are twelve of these
        const int outerBefore = api.count(nodes);
        const int innerBefore = inner.count(nodes);
        const bool reached = watched.until([&] { return api.count(nodes) >= outerBefore + 12; });
        return reached ? (inner.count(nodes) - innerBefore) / 12.0 : -1.0;
    };
    const double unseen = share();
    QVERIFY2(unseen > 0 && unseen < 0.6, qPrintable(QString::number(unseen)));
    watched.site.look({id});
    const double seen = share();
    QVERIFY2(seen > unseen, qPrintable(QString::number(seen)));
    QVERIFY2(seen > 0.5, qPrintable(QString::number(seen)));
}

void TestSite::usageIsAbsent()
{
    FakeApi api;
    serveAll(api);
    Site::Options options;
    options.metricsEvery = std::chrono::milliseconds(50);
    Watched watched(options);
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(api.waitForRequest("/apis/metrics.k8s.io/v1beta1/pods"));
    QVERIFY(watched.until([&] { return watched.live(id); }));
    QVERIFY(watched.state(id).kinds.empty());
    // It is not asked for again and again.
    QVERIFY(!watched.until([&] { return api.count("/apis/metrics.k8s.io/v1beta1/pods") > 1; },
                           std::chrono::seconds(1)));
}

void TestSite::documents()
{
    FakeApi api;
    serveAll(api);
    api.answer("/api/v1/namespaces/n/pods/p", 200,
               R"({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "managedFields": [{}]}})");
    api.answer("/api/v1/namespaces/n/secrets/s", 200,
               R"({"kind": "Secret", "apiVersion": "v1", "data": {"password": "aHVudGVyMg=="}})");
    api.answer("/api/v1/nodes/n1", 200, R"({"kind": "Node", "apiVersion": "v1"})");
    api.answer("/apis/kubevirt.io/v1/namespaces/t/virtualmachines/vm", 403,
               R"({"kind": "Status", "reason": "Forbidden", "message": "no\u202e"})");
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    const auto pod = document(watched.site, {id, "", "v1", "pods", "Pod", "n", "p", "u"});
    QVERIFY(pod);
    QCOMPARE(*pod, std::string("kind: Pod\napiVersion: v1\nmetadata:\n  name: p\n"));
    const auto secret = document(watched.site, {id, "", "v1", "secrets", "Secret", "n", "s", "u"});
    QVERIFY(secret);
    QVERIFY(secret->find("<hidden, 7 bytes>") != std::string::npos);
    QVERIFY(secret->find("aHVu") == std::string::npos);
    QVERIFY(document(watched.site, {id, "", "v1", "nodes", "Node", "", "n1", "u"}));
    const auto refused = document(
        watched.site, {id, "kubevirt.io", "v1", "virtualmachines", "VirtualMachine", "t", "vm", "u"});
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Forbidden);
    QVERIFY(isCleanText(refused.error().detail));
    const auto missing = document(watched.site, {id, "", "v1", "pods", "Pod", "n", "other", "u"});
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
    QVERIFY(!document(watched.site, {id + 77, "", "v1", "pods", "Pod", "n", "p", "u"}));
}

void TestSite::events()
{
    FakeApi api;
    serveAll(api);
    const char* const list = R"({"items": [
      {"reason": "Old", "lastTimestamp": "2026-11-24T09:00:00Z"},
      {"reason": "New", "lastTimestamp": "2026-11-24T10:00:00Z"},
      {"reason": "Newest", "eventTime": "2026-11-24T11:00:00.000000Z"}]})";
    api.answer("/api/v1/namespaces/t/events", 200, list);
    api.answer("/api/v1/events", 403, "{}");
    api.answer("/api/v1/namespaces/default/events", 200, list);
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    const auto rows = eventsOf(watched.site, {id, "kubevirt.io", "v1", "virtualmachineinstances",
                                              "VirtualMachineInstance", "t", "vm", "uid-1"});
    QVERIFY(rows);
    QCOMPARE(rows->size(), std::size_t(3));
    QCOMPARE(rows->at(0).reason, std::string("Newest"));
    QCOMPARE(rows->at(2).reason, std::string("Old"));
    // A Node's events carry its name for a uid; whoever may not read all namespaces may read the default one.
    const auto node = eventsOf(watched.site, {id, "", "v1", "nodes", "Node", "", "n1", "uid-2"});
    QVERIFY(node);
    QCOMPARE(node->size(), std::size_t(3));
    bool byUid = false;
    bool byName = false;
    for (const std::string& request : api.requests()) {
        byUid = byUid || (request.starts_with("/api/v1/namespaces/t/events?") &&
                          request.find("fieldSelector=involvedObject.uid%3Duid-1") != std::string::npos);
        byName = byName ||
                 (request.starts_with("/api/v1/namespaces/default/events?") &&
                  request.find("involvedObject.kind%3DNode%2CinvolvedObject.name%3Dn1") != std::string::npos);
    }
    QVERIFY(byUid);
    QVERIFY(byName);
}

void TestSite::removal()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", blue.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    api.hang("/api/v1/namespaces/n/pods/p");
    Watched watched;
    const SourceId id = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(id) && watched.live(watched.inner("t/blue")); }));
    auto promise = std::make_shared<std::promise<Result<std::string>>>();
    watched.site.fetchDocument({id, "", "v1", "pods", "Pod", "n", "p", "u"},
                               [promise](Result<std::string> r) { promise->set_value(std::move(r)); });
    QVERIFY(api.waitForRequest("/api/v1/namespaces/n/pods/p"));
    watched.site.remove(id);
    const auto answer = wait(promise->get_future());
    QVERIFY(!answer);
    QCOMPARE(answer.error().kind, ErrorKind::Cancelled);
    QVERIFY(watched.until([&] { return watched.states.empty() && watched.facts.empty(); }));
    QVERIFY(watched.site.settled());
    QCOMPARE(watched.graph.size(), std::size_t(0));

    // One inner cluster alone stays away until it is another one.
    const SourceId again = watched.site.addCluster(api.config("rack"), {});
    QVERIFY(watched.until([&] { return watched.live(again) && watched.live(watched.inner("t/blue")); }));
    watched.site.remove(watched.inner("t/blue"));
    QVERIFY(watched.until([&] { return watched.inner("t/blue") == 0; }));
    QJsonObject changed = cluster(QStringLiteral("blue"), true);
    changed[QStringLiteral("spec")] = QJsonObject{{QStringLiteral("paused"), true}};
    api.put(kClusters, changed);
    QVERIFY(
        watched.until([&] { return watched.get<ClusterFact>(again, FactKind::Cluster, "t/blue").paused; }));
    QCOMPARE(watched.inner("t/blue"), SourceId(0));
}

void TestSite::hosts()
{
    Watched watched;
    QVERIFY(!watched.site.addHost("qemu+ssh://h/system?command=/tmp/x"));
    const Result<SourceId> id = watched.site.addHost("test:///default");
    QVERIFY(id);
    QVERIFY(watched.until([&] { return watched.live(*id) && watched.site.settled(); }));
    QCOMPARE(watched.states.size(), std::size_t(1));
    const SourceState state = watched.state(*id);
    QCOMPARE(state.kind, SourceKind::Host);
    QCOMPARE(state.name, std::string("test"));
    QCOMPARE(state.address, std::string("test:///default"));
    QVERIFY(state.version.starts_with("TEST "));
    QCOMPARE(watched.get<HostFact>(*id, FactKind::Host, "").hostname, std::string("test"));
    const char* const uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f";
    QCOMPARE(watched.get<DomainFact>(*id, FactKind::Domain, uuid).state, std::string("running"));
    QCOMPARE(watched.graph.count(ItemKind::Host), std::size_t(1));
    QCOMPARE(watched.graph.count(ItemKind::Domain), std::size_t(1));
    const auto domain = document(watched.site, {*id, "libvirt", "", "domain", "Domain", "", uuid, uuid});
    QVERIFY(domain);
    QVERIFY(domain->find("<domain") != std::string::npos);
    const auto capabilities =
        document(watched.site, {*id, "libvirt", "", "capabilities", "Capabilities", "", "", ""});
    QVERIFY(capabilities);
    QVERIFY(capabilities->find("<capabilities>") != std::string::npos);
    QVERIFY(eventsOf(watched.site, {*id, "libvirt", "", "domain", "Domain", "", uuid, uuid})->empty());
    const Result<SourceId> named = watched.site.addHost("test:///default", "metal-01");
    QVERIFY(named);
    QVERIFY(watched.until([&] { return watched.live(*named); }));
    QCOMPARE(watched.state(*named).name, std::string("metal-01"));
    watched.site.remove(*id);
    QVERIFY(watched.until([&] { return watched.states.size() == 1; }));
    QVERIFY(!document(watched.site, {*id, "libvirt", "", "domain", "Domain", "", uuid, uuid}));
    QVERIFY(watched.states.count(*named) == 1);
    const Result<SourceId> away = watched.site.addHost("test:///nowhere/metal-99.xml");
    QVERIFY(away);
    QVERIFY(watched.until([&] { return watched.state(*away).phase == LinkPhase::Waiting; }));
    QVERIFY(watched.site.settled());
    QCOMPARE(watched.state(*away).name, std::string("metal-99"));
}

void TestSite::leavingInTheMiddle()
{
    FakeApi blue;
    serveInner(blue, QStringLiteral("blue-cp-1"));
    FakeApi api;
    serveAll(api);
    putSecret(api, "blue", blue.kubeconfig());
    api.put(kClusters, cluster(QStringLiteral("blue"), true));
    api.hang("/api/v1/namespaces/n/pods/p");
    std::atomic<int> answers{0};
    std::atomic<bool> gone{false};
    std::atomic<int> late{0};
    for (int round = 0; round < 10; ++round) {
        gone = false;
        auto site = std::make_unique<Site>();
        site->setWakeup([&] { late += gone ? 1 : 0; });
        const SourceId id = site->addCluster(api.config("rack"), {});
        site->addHost("test:///default");
        site->fetchDocument({id, "", "v1", "pods", "Pod", "n", "p", "u"},
                            [&](const Result<std::string>&) { ++answers; });
        if (round % 2 == 0) {
            QVERIFY(api.waitForRequest("/api/v1/namespaces/n/pods/p", round / 2 + 1));
            for (int i = 0; i < 4 * round; ++i)
                api.put(kPods, named(QStringLiteral("p%1").arg(i), QStringLiteral("n")));
        }
        const auto started = std::chrono::steady_clock::now();
        site.reset();
        gone = true;
        QVERIFY(std::chrono::steady_clock::now() - started < std::chrono::seconds(5));
    }
    QCOMPARE(answers.load(), 0);
    QCOMPARE(late.load(), 0);
}

QTEST_APPLESS_MAIN(TestSite)
#include "test_site.moc"
