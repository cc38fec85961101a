// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/diagnosis/catalogue.h"
#include "core/diagnosis/diagnosis.h"
#include "core/feeds/site.h"
#include "core/inquiry/look.h"
#include "core/kube/config/kubeconfig.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QtTest>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

using namespace strata;
using namespace strata::inquiry;
using namespace strata::stack;
using namespace strata::test;

// Declared before the first raw string: moc loses its way in those.
class TestInquiry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answers_data();
    void answers();
    void silence_data();
    void silence();
    void whatCannotBeRead_data();
    void whatCannotBeRead();
    void followUpsLeadFurther();
    void questionsFitTheItem();
    void findingsJoinThoseOfTheRules();
    void putsThemAFewAtATime();
    void endsWhatIsOpen();
    void nothingConnected();
    void theDemoSiteAnswers();
};

namespace {

Question question(Topic topic, std::map<std::string, std::string> known = {})
{
    Question out;
    out.topic = topic;
    out.what = "a question";
    out.source = 7;
    out.about.item = {3, 1};
    out.about.key = "tenant-cluster|rack-a|t/blue";
    out.about.name = "blue";
    out.about.ns = "t";
    out.about.outer = 1;
    out.about.known = std::move(known);
    return out;
}

Result<kube::Response> good(std::string body)
{
    kube::Response response;
    response.status = 200;
    response.body = std::move(body);
    return response;
}

QString rulesOf(const Reading& reading)
{
    QStringList out;
    for (const diagnosis::Finding& finding : reading.findings)
        out << QString::fromStdString(finding.rule + " " + diagnosis::toString(finding.severity));
    return out.join(QLatin1String(", "));
}

// Answers what it is told, on the network's thread, when it is let.
class FakeClient : public kube::Client {
public:
    explicit FakeClient(kube::Network& network) : m_network(network) {}
    const kube::ClusterConfig& config() const override { return m_config; }
    kube::Network& network() override { return m_network; }
    std::unique_ptr<kube::RequestHandle> send(kube::Request request,
                                              std::function<void(Result<kube::Response>)> done) override
    {
        class Handle : public kube::RequestHandle {};
        const std::lock_guard lock(mutex);
        paths.push_back(request.path);
        open.push_back(std::move(done));
        most = std::max(most, open.size());
        return std::make_unique<Handle>();
    }
    std::unique_ptr<kube::RequestHandle> stream(kube::Request, std::shared_ptr<kube::StreamHandler>) override
    {
        return nullptr;
    }
    std::unique_ptr<kube::WebSocket> openWebSocket(kube::WebSocketRequest,
                                                   std::shared_ptr<kube::WebSocketHandler>) override
    {
        return nullptr;
    }
    std::int64_t clockOffsetMs() const override { return 0; }
    std::vector<std::string> warnings() const override { return {}; }
    kube::ClientTraffic traffic() const override { return {}; }

    // True when there was one to answer.
    bool answerOne()
    {
        std::function<void(Result<kube::Response>)> done;
        {
            const std::lock_guard lock(mutex);
            if (open.empty())
                return false;
            done = std::move(open.front());
            open.erase(open.begin());
        }
        m_network.post([done = std::move(done)] { done(good(R"({"items": []})")); });
        return true;
    }

    std::mutex mutex;
    std::vector<std::string> paths;
    std::vector<std::function<void(Result<kube::Response>)>> open;
    std::size_t most = 0;

private:
    kube::Network& m_network;
    kube::ClusterConfig m_config;
};

} // namespace

void TestInquiry::answers_data()
{
    QTest::addColumn<int>("topic");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("rules");
    using Known = std::map<std::string, std::string>;
    QTest::addColumn<Known>("known");
    const auto row = [](const char* name, Topic topic, const char* body, const char* rules,
                        const Known& known = {}) {
        QTest::newRow(name) << static_cast<int>(topic) << QByteArray(body) << QString::fromLatin1(rules)
                            << known;
    };
    row("D15", Topic::FileSystems,
        R"({"items": [{"mountPoint": "/", "fileSystemType": "ext4", "usedBytes": 95, "totalBytes": 100},
                      {"mountPoint": "/data", "fileSystemType": "xfs", "usedBytes": 10, "totalBytes": 100}]})",
        "D15 warning");
    row("D15 an image is always full", Topic::FileSystems,
        R"({"items": [{"mountPoint": "/snap/x", "fileSystemType": "squashfs", "usedBytes": 100, "totalBytes": 100},
                      {"mountPoint": "/", "fileSystemType": "ext4", "usedBytes": 89, "totalBytes": 100}]})",
        "");
    row("D15 nonsense sizes", Topic::FileSystems,
        R"({"items": [{"mountPoint": "/", "fileSystemType": "ext4", "usedBytes": "95", "totalBytes": 0}]})",
        "");
    row("F8 there", Topic::SshKeys, R"({"metadata": {"name": "blue-ssh-keys"}})", "");
    row("F2 would be", Topic::ServiceDryRun, "{}", "");
    row("F15 ready", Topic::Ready, "[+]ping ok\nreadyz check passed", "");

    const Known log = {{"object", "t/blue-md-0-x"}, {"namespace", "capk-system"}, {"pod", "capk-1"}};
    row("F8 log", Topic::ProviderLog,
        "I1 \"Waiting for ssh keys data secret to be created\" KubevirtMachine=\"t/blue-md-0-x\"\n",
        "F8 warning", log);
    row("F8 log of another", Topic::ProviderLog,
        "I1 \"Waiting for ssh keys data secret to be created\" KubevirtMachine=\"t/blue-md-0-xyz\"\n", "",
        log);
    row("F16 log", Topic::ProviderLog,
        "E1 \"failed to generate infra cluster client\" err=\"x\" KubevirtMachine=\"t/blue-md-0-x\"\n"
        "E1 \"Waiting for infra cluster client...\" KubevirtMachine=\"t/blue-md-0-x\"\n",
        "F16 critical", log);
    row("D7 log", Topic::ProviderLog, "I1 \"Got empty ipAddress, requeue\" name=\"blue-md-0-x\"\n",
        "D7 warning", log);
    row("F15 log", Topic::ProviderLog,
        "I1 \"Workload cluster client is not available\" name=\"blue-md-0-x\"\n", "F15 warning", log);
    row("E8 log", Topic::ProviderLog, "E1 \"drain failed, retry\" node=\"blue-md-0-x\"\n", "E8 warning", log);
    row("E8 log went well", Topic::ProviderLog, "I1 \"drained\" node=\"blue-md-0-x\"\n", "", log);
    row("log of no lines", Topic::ProviderLog, "", "", log);

    row("G14", Topic::TenantServices,
        R"({"items": [{"metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
                       "spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {}}}]})",
        "G14 warning");
    row("G14 has one", Topic::TenantServices,
        R"({"items": [{"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}},
                      {"spec": {"type": "ClusterIP"}}]})",
        "");
    row("G12", Topic::TenantEvents,
        R"({"items": [{"reason": "FailedAttachVolume", "lastTimestamp": "2026-11-24T10:00:00Z", "message": "no",
                       "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "db-0"}},
                      {"reason": "FailedMount", "lastTimestamp": "2026-11-24T10:00:00Z", "message": "no",
                       "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "db-0"}}]})",
        "G12 warning");
    row("G12 long ago", Topic::TenantEvents,
        R"({"items": [{"reason": "FailedMount", "lastTimestamp": "2026-11-24T08:00:00Z",
                       "involvedObject": {"name": "db-0"}}]})",
        "");
    row("G12 another warning", Topic::TenantEvents,
        R"({"items": [{"reason": "BackOff", "lastTimestamp": "2026-11-24T10:00:00Z",
                       "involvedObject": {"name": "db-0"}}]})",
        "");
    row("G9", Topic::EtcdPods,
        R"({"items": [{"metadata": {"name": "etcd-a", "namespace": "kube-system", "annotations": {
                "kubeadm.kubernetes.io/etcd.advertise-client-urls": "https://10.0.0.1:2379"}},
                "status": {"podIP": "10.0.0.9"}}]})",
        "G9 critical");
    row("G9 the same", Topic::EtcdPods,
        R"({"items": [{"metadata": {"annotations": {
                "kubeadm.kubernetes.io/etcd.advertise-client-urls": "https://[fd00::1]:2379"}},
                "status": {"podIP": "fd00::1"}}]})",
        "");
    row("G6", Topic::EtcdMetrics,
        "etcd_request_duration_seconds_sum{operation=\"update\",type=\"x\"} 30\n"
        "etcd_request_duration_seconds_count{operation=\"update\",type=\"x\"} 100\n",
        "G6 warning");
    row("G6 fast", Topic::EtcdMetrics,
        "# HELP x\netcd_request_duration_seconds_sum{operation=\"update\"} 0.5\n"
        "etcd_request_duration_seconds_count{operation=\"update\"} 100\n"
        "etcd_request_duration_seconds_sum{operation=\"listWithCount\"} 500\n"
        "etcd_request_duration_seconds_count{operation=\"listWithCount\"} 100\n",
        "");
    const Known ranges = {{"pods", "10.243.0.0/16"}, {"services", "10.95.0.0/16"}};
    row("G2 pods", Topic::OuterNodes,
        R"({"items": [{"metadata": {"name": "n"}, "spec": {"podCIDRs": ["10.243.7.0/24"]}}]})", "G2 warning",
        ranges);
    row("G2 an address", Topic::OuterNodes,
        R"({"items": [{"metadata": {"name": "n"}, "spec": {"podCIDR": "10.244.0.0/24"},
            "status": {"addresses": [{"type": "InternalIP", "address": "10.95.3.4"}]}}]})",
        "G2 warning", ranges);
    row("G2 apart", Topic::OuterNodes,
        R"({"items": [{"spec": {"podCIDRs": ["10.244.7.0/24"]},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.168.3.4"}]}}]})",
        "", ranges);
    const Known tunnel = {{"cni", "Calico"}, {"port", "4789"}, {"mtu", "1450"}};
    row("G2 port, G3", Topic::OuterNetwork,
        R"({"items": [{"metadata": {"name": "calico-config"}, "data": {"veth_mtu": "1450"}}]})",
        "G2 warning, G3 warning", tunnel);
    row("G2 other port", Topic::OuterNetwork,
        R"({"items": [{"metadata": {"name": "cilium-config"}, "data": {"mtu": "1500", "tunnel-port": "8472"}}]})",
        "", tunnel);
    row("G2 native routing", Topic::OuterNetwork,
        R"({"items": [{"metadata": {"name": "cilium-config"}, "data": {"routing-mode": "native"}}]})", "",
        tunnel);
}

void TestInquiry::answers()
{
    using Known = std::map<std::string, std::string>;
    QFETCH(int, topic);
    QFETCH(QByteArray, body);
    QFETCH(QString, rules);
    QFETCH(Known, known);
    const UnixMs now = *parseRfc3339("2026-11-24T10:05:00Z");
    const Question asked = question(static_cast<Topic>(topic), known);
    const Reading reading = read(asked, good(body.toStdString()), now);
    QVERIFY(reading.told);
    QVERIFY(!reading.said.empty());
    QCOMPARE(rulesOf(reading), rules);
    std::set<std::string> keys;
    for (const diagnosis::Finding& finding : reading.findings) {
        QVERIFY(diagnosis::ruleInfo(finding.rule) != nullptr);
        QCOMPARE(finding.subject, asked.about.item);
        QVERIFY(finding.title.find("blue") != std::string::npos);
        QVERIFY(!finding.remedy.empty() && !finding.evidence.front().value.empty() &&
                !finding.evidence.front().field.empty());
        QVERIFY(keys.insert(finding.key).second); // what a snooze remembers
    }
}

void TestInquiry::silence_data()
{
    QTest::addColumn<int>("topic");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("stage");
    QTest::addColumn<QString>("detail");
    QTest::addColumn<QString>("rules");
    QTest::addColumn<bool>("told");
    const auto row = [](const char* name, Topic topic, ErrorKind kind, NetStage stage, const char* detail,
                        const char* rules, bool told) {
        QTest::newRow(name) << static_cast<int>(topic) << static_cast<int>(kind) << static_cast<int>(stage)
                            << QString::fromLatin1(detail) << QString::fromLatin1(rules) << told;
    };
    row("F8 missing", Topic::SshKeys, ErrorKind::NotFound, NetStage::None, "", "F8 warning", true);
    row("F8 not allowed", Topic::SshKeys, ErrorKind::Forbidden, NetStage::None, "", "", false);
    row("F16 missing", Topic::InfraSecret, ErrorKind::NotFound, NetStage::None, "", "F16 critical", true);
    row("F2 refused", Topic::ServiceDryRun, ErrorKind::Invalid, NetStage::None, "spec.ports: Required value",
        "F2 critical", true);
    row("F2 quota", Topic::ServiceDryRun, ErrorKind::Forbidden, NetStage::None, "exceeded quota: services",
        "F2 critical", true);
    row("F2 we may not", Topic::ServiceDryRun, ErrorKind::Forbidden, NetStage::None, "User cannot create", "",
        false);
    row("F2 is there", Topic::ServiceDryRun, ErrorKind::Conflict, NetStage::None, "already exists", "", true);
    row("F15 no name", Topic::Ready, ErrorKind::Network, NetStage::Name, "", "F15 warning", true);
    row("F15 no connection", Topic::Ready, ErrorKind::Network, NetStage::Connection, "refused", "F15 warning",
        true);
    row("F15 in time", Topic::Ready, ErrorKind::Timeout, NetStage::Answer, "", "F15 warning", true);
    row("F15 says what", Topic::Ready, ErrorKind::Server, NetStage::None,
        "[+]ping ok [-]etcd failed: reason withheld [-]informer-sync failed", "F15 warning", true);
    row("G8 expired", Topic::Ready, ErrorKind::Tls, NetStage::Tls, "certificate has expired", "G8 critical",
        true);
    row("F15 another certificate", Topic::Ready, ErrorKind::Tls, NetStage::Tls, "self-signed", "F15 warning",
        true);
    row("F15 not allowed", Topic::Ready, ErrorKind::Forbidden, NetStage::None, "", "", false);
    row("not served", Topic::FileSystems, ErrorKind::NotFound, NetStage::None, "", "", false);
    row("no answer", Topic::TenantServices, ErrorKind::Timeout, NetStage::None, "", "", false);
}

void TestInquiry::silence()
{
    QFETCH(int, topic);
    QFETCH(int, kind);
    QFETCH(int, stage);
    QFETCH(QString, detail);
    QFETCH(QString, rules);
    QFETCH(bool, told);
    Error error;
    error.kind = static_cast<ErrorKind>(kind);
    error.text = "It did not work.";
    error.detail = detail.toStdString();
    error.stage = static_cast<NetStage>(stage);
    const Reading reading = read(question(static_cast<Topic>(topic), {{"secret", "s"}, {"service", "s"}}),
                                 tl::unexpected<Error>(error), kNow);
    QCOMPARE(rulesOf(reading), rules);
    QCOMPARE(reading.told, told);
    QVERIFY(!reading.said.empty());
    if (detail.contains(QLatin1String("[-]etcd")))
        QVERIFY(reading.findings.front().title.find("etcd, informer-sync") != std::string::npos);
}

void TestInquiry::whatCannotBeRead_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("cut") << QByteArray(R"({"items": [{"metadata": )");
    QTest::newRow("not a list") << QByteArray(R"({"items": {"a": 1}})");
    QTest::newRow("array") << QByteArray("[1, 2, 3]");
    QTest::newRow("odd items") << QByteArray(
        R"({"items": [null, 1, "x", [], {"metadata": 5, "status": [], "spec": ""}]})");
    QTest::newRow("deep") << QByteArray(100000, '[');
    QTest::newRow("bytes") << QByteArray("\xff\xfe\x00\x01", 4);
}

void TestInquiry::whatCannotBeRead()
{
    QFETCH(QByteArray, body);
    for (int topic = 0; topic <= static_cast<int>(Topic::OuterNodes); ++topic) {
        const Question asked =
            question(static_cast<Topic>(topic),
                     {{"object", "t/blue"}, {"pods", "10.0.0.0/8"}, {"port", "1"}, {"mtu", "1"}});
        const Result<kube::Response> answer = good(body.toStdString());
        QVERIFY(!read(asked, answer, kNow).said.empty());
        QCOMPARE(rulesOf(read(asked, answer, kNow)), QString());
        QVERIFY(followUps(asked, answer).empty());
    }
}

void TestInquiry::followUpsLeadFurther()
{
    const Question pods = question(
        Topic::ProviderPods, {{"object", "t/blue"}, {"namespace", "capk-system"}, {"deployment", "capk"}});
    const auto logs = followUps(pods, good(R"({"items": [
        {"metadata": {"name": "capk-1"}, "status": {"phase": "Running"}},
        {"metadata": {"name": "capk-2"}, "status": {"phase": "Pending"}},
        {"metadata": {"name": "other"}, "status": {"phase": "Running"}}]})"));
    QCOMPARE(logs.size(), std::size_t(1));
    QCOMPARE(logs[0].request.path, std::string("/api/v1/namespaces/capk-system/pods/capk-1/log"));
    QVERIFY(logs[0].request.query.find("limitBytes=") != std::string::npos);
    const auto outside = followUps(question(Topic::TenantNetwork), good(R"({"items": [
        {"metadata": {"name": "cilium-config"}, "data": {"mtu": "1400"}}]})"));
    QCOMPARE(outside.size(), std::size_t(1));
    QCOMPARE(outside[0].source, SourceId(1));
    QCOMPARE(outside[0].about.known.at("mtu"), std::string("1400"));
    QCOMPARE(outside[0].about.known.at("port"), std::string("8472"));
}

void TestInquiry::questionsFitTheItem()
{
    Stack stack;
    stack.apply(pictureSite());
    const auto topics = [&stack](ItemId id) {
        std::set<Topic> out;
        for (const Question& each : questionsFor(stack, id)) {
            out.insert(each.topic);
            if (each.what.empty() || each.source == 0 || each.request.timeout.count() <= 0 ||
                each.request.maxBody > (64U << 20U))
                out.insert(static_cast<Topic>(99));
            // Nothing is written: what posts is a dry run.
            if (each.request.method != "GET" && each.request.query.find("dryRun=All") == std::string::npos)
                out.insert(static_cast<Topic>(98));
        }
        return out;
    };
    const std::set<Topic> tenant = topics(itemNamed(stack, ItemKind::TenantCluster, "blue"));
    QVERIFY(tenant.contains(Topic::Ready));
    QVERIFY(tenant.contains(Topic::TenantServices));
    QVERIFY(!tenant.contains(static_cast<Topic>(99)) && !tenant.contains(static_cast<Topic>(98)));
    QVERIFY(topics(itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k1p")).contains(Topic::FileSystems));
    // The paused one's agent does not answer.
    QVERIFY(!topics(itemNamed(stack, ItemKind::Host, "metal-01")).contains(Topic::FileSystems));
    QVERIFY(topics({}).empty());
}

void TestInquiry::findingsJoinThoseOfTheRules()
{
    Stack stack;
    diagnosis::Diagnosis diagnosis;
    diagnosis.apply(stack, pictureSite(), kNow);
    const ItemId vm = itemNamed(stack, ItemKind::Vm, "blue-md-0-x8k1p");
    QVERIFY(diagnosis.findings(vm) == nullptr);
    Question asked = question(Topic::FileSystems);
    asked.about.item = vm;
    const Reading reading = read(
        asked,
        good(
            R"({"items": [{"mountPoint": "/", "fileSystemType": "ext4", "usedBytes": 95, "totalBytes": 100}]})"),
        kNow);
    bool changed = false;
    diagnosis.tell(stack, vm, reading.findings, kNow, &changed);
    QVERIFY(changed);
    QCOMPARE(diagnosis.findings(vm)->front().rule, std::string("D15"));
    QCOMPARE(stack.find(vm)->health, Health::Warning); // trees and problems agree
    // It is forgotten after a while, and at once when it is asked again and all is well.
    diagnosis.elapse(stack, kNow + 16 * 60 * 1000, &changed);
    QVERIFY(changed);
    QVERIFY(diagnosis.findings(vm) == nullptr);
    QCOMPARE(stack.find(vm)->health, Health::Ok);
    diagnosis.tell(stack, vm, reading.findings, kNow);
    QVERIFY(diagnosis.findings(vm) != nullptr);
    diagnosis.tell(stack, vm, {}, kNow);
    QVERIFY(diagnosis.findings(vm) == nullptr);
}

void TestInquiry::putsThemAFewAtATime()
{
    kube::Network network;
    const auto client = std::make_shared<FakeClient>(network);
    std::atomic<int> answers = 0;
    std::atomic<int> ends = 0;
    Look::Callbacks callbacks;
    callbacks.onAnswer = [&](const Question&, const Reading&) { ++answers; };
    callbacks.onEnd = [&] { ++ends; };
    std::vector<Question> questions(130, question(Topic::TenantServices));
    for (Question& each : questions)
        each.source = 7;
    {
        const Look look([&](SourceId) { return client; }, questions, callbacks);
        const auto answerAll = [&] {
            while (client->answerOne()) {
            }
            return ends == 1;
        };
        QTRY_VERIFY(answerAll());
    }
    QCOMPARE(answers.load(), 100); // bounded
    QCOMPARE(client->most, std::size_t(4));
    QCOMPARE(ends.load(), 1);
}

void TestInquiry::endsWhatIsOpen()
{
    kube::Network network;
    const auto client = std::make_shared<FakeClient>(network);
    std::atomic<int> called = 0;
    Look::Callbacks callbacks;
    callbacks.onAnswer = [&](const Question&, const Reading&) { ++called; };
    callbacks.onEnd = [&] { ++called; };
    auto look = std::make_unique<Look>([&](SourceId) { return client; },
                                       std::vector<Question>{question(Topic::TenantServices)}, callbacks);
    QTRY_VERIFY([&] {
        const std::lock_guard lock(client->mutex);
        return client->open.size() == 1;
    }());
    look.reset();
    QCOMPARE(client.use_count(), 1L); // let go of at once
    client->answerOne();
    std::atomic<bool> passed = false;
    network.post([&] { passed = true; });
    QTRY_VERIFY(passed);
    QCOMPARE(called.load(), 0);
}

void TestInquiry::nothingConnected()
{
    int answers = 0;
    int ends = 0;
    Look::Callbacks callbacks;
    callbacks.onAnswer = [&](const Question&, const Reading& reading) {
        ++answers;
        QVERIFY(!reading.told);
    };
    callbacks.onEnd = [&] { ++ends; };
    const Look look([](SourceId) { return std::shared_ptr<kube::Client>(); },
                    std::vector<Question>{question(Topic::Ready), question(Topic::SshKeys)}, callbacks);
    QCOMPARE(answers, 2);
    QCOMPARE(ends, 1);
}

// Over the wire: a healthy tenant gives answers and no findings; without its SSH keys it gives F8.
void TestInquiry::theDemoSiteAnswers()
{
    demosite::Options options;
    options.life = false;
    auto demo = demosite::DemoSite::start(options);
    QVERIFY2(demo.has_value(), demo ? "" : demo.error().text.c_str());
    auto config = kube::Kubeconfig::load((*demo)->kubeconfigPath());
    QVERIFY(config.has_value());
    auto cluster = config->resolve((*demo)->name());
    QVERIFY(cluster.has_value());
    feeds::Site site;
    const SourceId outer = site.addCluster(*cluster, "rack-a");
    Stack stack;
    diagnosis::Diagnosis diagnosis;
    const auto tenant = [&] {
        diagnosis.apply(stack, site.take(), systemNow());
        const ItemId id = itemNamed(stack, ItemKind::TenantCluster, "slate");
        const SourceState* inner = id ? stack.facts(id).innerSource : nullptr;
        const SourceState* state = stack.source(outer);
        return state != nullptr && state->synced && inner != nullptr && inner->synced ? id : ItemId{};
    };
    QTRY_VERIFY_WITH_TIMEOUT(tenant(), 30000);
    const ItemId id = tenant();
    const auto ask = [&] {
        std::mutex mutex;
        std::map<std::string, Reading> out;
        std::atomic<bool> over = false;
        Look::Callbacks callbacks;
        callbacks.onAnswer = [&](const Question& asked, const Reading& reading) {
            const std::lock_guard lock(mutex);
            out[asked.what + "/" + std::to_string(static_cast<int>(asked.topic))] = reading;
        };
        callbacks.onEnd = [&] { over = true; };
        const Look look([&](SourceId source) { return site.newClient(source); }, questionsFor(stack, id),
                        callbacks);
        [&] { QTRY_VERIFY_WITH_TIMEOUT(over, 40000); }();
        const std::lock_guard lock(mutex);
        return out;
    };
    const std::map<std::string, Reading> well = ask();
    QVERIFY(well.size() >= 7);
    for (const auto& [what, reading] : well)
        QVERIFY2(reading.findings.empty(),
                 (what + ": " + (reading.findings.empty() ? "" : reading.findings.front().title)).c_str());
    int told = 0;
    for (const auto& [what, reading] : well)
        told += reading.told ? 1 : 0;
    QVERIFY2(told >= 5, std::to_string(told).c_str());

    const std::shared_ptr<kube::Client> client = site.newClient(outer);
    kube::Request request;
    request.method = "DELETE";
    request.path = "/api/v1/namespaces/" + stack.find(id)->ns + "/secrets/slate-ssh-keys";
    std::atomic<int> status = 0;
    const auto handle = client->send(request, [&](const Result<kube::Response>& answer) {
        status = answer ? answer->status : answer.error().httpStatus;
    });
    QTRY_VERIFY(status != 0);
    QCOMPARE(status.load(), 200);
    std::vector<diagnosis::Finding> found;
    for (const auto& [what, reading] : ask())
        found.insert(found.end(), reading.findings.begin(), reading.findings.end());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found.front().rule, std::string("F8"));
    diagnosis.tell(stack, id, found, systemNow());
    bool listed = false;
    for (const diagnosis::Problem& problem : diagnosis.problems(stack))
        listed = listed || (problem.root.rule == "F8" && problem.root.subject == id);
    QVERIFY(listed);
}

QTEST_GUILESS_MAIN(TestInquiry)
#include "test_inquiry.moc"
