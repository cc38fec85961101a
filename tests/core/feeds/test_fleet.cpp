// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/feeds/site.h"
#include "tests/core/feeds/fakeapi.h"
#include "tests/support/faultproxy.h"

#include <QElapsedTimer>
#include <QtTest>

#include <sys/resource.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <vector>

using namespace strata;
using namespace strata::feeds;
using namespace strata::stack;
using strata::test::FakeApi;
using strata::test::FaultProxy;

// Two hundred tenants at once: what they cost when all are away, and how soon they are fresh after a suspend.
class TestFleet : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoHundredThatAreAway();
    void twoHundredAfterASuspend();
};

namespace {

constexpr int kTenants = 200;
constexpr const char* kNodes = "/api/v1/nodes";
constexpr const char* kPods = "/api/v1/pods";
constexpr const char* kClusters = "/apis/cluster.x-k8s.io/v1beta2/clusters";

QJsonObject named(const QString& name, const QString& ns = {})
{
    QJsonObject metadata{{QStringLiteral("name"), name},
                         {QStringLiteral("uid"), QStringLiteral("uid-") + name}};
    if (!ns.isEmpty())
        metadata[QStringLiteral("namespace")] = ns;
    return {{QStringLiteral("metadata"), metadata}};
}

// An outer cluster with two hundred tenants, whose kubeconfigs all lead to one address.
void serveOuter(FakeApi& api, const kube::ClusterConfig& tenant)
{
    api.answer("/apis", 200, R"({"kind": "APIGroupDiscoveryList", "items": [
      {"metadata": {"name": "cluster.x-k8s.io"}, "versions": [
        {"version": "v1beta2", "resources": [{"resource": "clusters"}]}]}]})");
    api.serve(kNodes);
    api.serve(kPods);
    api.serve(kClusters);
    for (int i = 0; i < kTenants; ++i) {
        const std::string name = "c" + std::to_string(i);
        api.answer("/api/v1/namespaces/t/secrets/" + name + "-kubeconfig", 200,
                   R"({"kind":"Secret","apiVersion":"v1","data":{"value":")" +
                       base64Encode(kube::writeKubeconfig(tenant).reveal()) + R"("}})");
        QJsonObject cluster = named(QString::fromStdString(name), QStringLiteral("t"));
        cluster[QStringLiteral("status")] =
            QJsonObject{{QStringLiteral("initialization"),
                         QJsonObject{{QStringLiteral("controlPlaneInitialized"), true}}}};
        api.put(kClusters, cluster);
    }
}

class Fleet {
public:
    Fleet() : site(options())
    {
        site.setWakeup([this] {
            {
                const std::lock_guard lock(m_mutex);
                m_woken = true;
            }
            m_wake.notify_all();
        });
    }
    ~Fleet() { site.setWakeup({}); }
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    bool until(const std::function<bool()>& condition, std::chrono::seconds limit)
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        for (;;) {
            take();
            if (condition())
                return true;
            if (std::chrono::steady_clock::now() >= end)
                return false;
            std::unique_lock lock(m_mutex);
            m_wake.wait_for(lock, std::chrono::milliseconds(200), [this] { return m_woken; });
            m_woken = false;
        }
    }
    void take()
    {
        const Batch batch = site.take();
        for (const SourceChange& change : batch.sources) {
            if (change.state.kind == SourceKind::InnerCluster)
                states[change.state.id] = change.state;
        }
        for (const FactChange& change : batch.facts) {
            if (change.fact && change.key.kind == FactKind::KubeNode && states.count(change.key.source) != 0)
                nodes[change.key.name].insert(change.key.source);
        }
    }
    int count(const std::function<bool(const SourceState&)>& which) const
    {
        int out = 0;
        for (const auto& [id, state] : states)
            out += which(state) ? 1 : 0;
        return out;
    }

    std::map<SourceId, SourceState> states;
    std::map<std::string, std::set<SourceId>> nodes; // which tenants have a node of this name

private:
    static Site::Options options()
    {
        Site::Options options;
        options.metricsEvery = std::chrono::milliseconds(0);
        options.followedTenants = 20;
        return options;
    }

    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_woken = false;

public:
    Site site; // last: goes first
};

double cpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

void TestFleet::twoHundredThatAreAway()
{
    FakeApi inner; // what they all are, when they are back
    inner.serve(kNodes);
    inner.serve(kPods);
    const int port = std::stoi(inner.url().substr(inner.url().rfind(':') + 1));
    FaultProxy gone({port, FaultProxy::Speaks::Plain, {}, 0}); // takes connections and closes them at once
    FaultProxy::Fault refuse;
    refuse.kind = FaultProxy::Fault::Kind::Refuse;
    gone.setFault(refuse);
    kube::ClusterConfig tenant;
    tenant.context = "c";
    tenant.server = "http://127.0.0.1:" + std::to_string(gone.port());
    FakeApi outer;
    serveOuter(outer, tenant);
    Fleet fleet;
    fleet.site.addCluster(outer.config("rack"), {});
    // All of them have given up trying often.
    const auto givenUp = [&] {
        return fleet.count([](const SourceState& state) {
            return state.phase == LinkPhase::Waiting && state.kinds.empty() &&
                   state.retryAt - systemNow() > 1000;
        }) >= kTenants - 3; // some may be asked at this moment
    };
    QVERIFY(fleet.until(givenUp, std::chrono::seconds(120)));
    const int before = gone.connections();
    const double cpuBefore = cpuSeconds();
    QElapsedTimer timer;
    timer.start();
    fleet.until([&] { return timer.elapsed() > 15000; },
                std::chrono::seconds(60)); // what is measured is time
    const double seconds = static_cast<double>(timer.elapsed()) / 1000;
    const double connections = (gone.connections() - before) / seconds;
    const double cpu = (cpuSeconds() - cpuBefore) / seconds;
    qInfo("200 tenants away: %.2f connections a second, %.2f %% of a core", connections, cpu * 100);
    QVERIFY2(connections <= 2, qPrintable(QString::number(connections)));
    QVERIFY(gone.connections() > before); // they are looked for all the same
    // The servers and this test are in it, too.
    QVERIFY2(cpu <= 0.02, qPrintable(QString::number(cpu)));
    // One that somebody looks at is tried at once.
    const int looked = gone.connections();
    timer.restart();
    fleet.site.look({fleet.states.begin()->first});
    QVERIFY(fleet.until([&] { return gone.connections() > looked; }, std::chrono::seconds(10)));
    // They are back: one that would not have been asked for a while is live soon after somebody looks at it.
    fleet.take();
    SourceId patient = 0;
    for (const auto& [id, state] : fleet.states) {
        if (id != fleet.states.begin()->first && state.phase == LinkPhase::Waiting &&
            (patient == 0 || state.retryAt > fleet.states[patient].retryAt))
            patient = id;
    }
    QVERIFY(patient != 0);
    QVERIFY2(fleet.states[patient].retryAt - systemNow() > 15000,
             qPrintable(QString::number(fleet.states[patient].retryAt - systemNow())));
    gone.setFault({});
    timer.restart();
    fleet.site.look({patient});
    QVERIFY(fleet.until(
        [&] {
            const SourceState& state = fleet.states[patient];
            return state.phase == LinkPhase::Live && state.synced;
        },
        std::chrono::seconds(10)));
    qInfo("live again %lld ms after a look", static_cast<long long>(timer.elapsed()));
}

void TestFleet::twoHundredAfterASuspend()
{
    FakeApi inner;
    inner.serve(kNodes);
    inner.serve(kPods);
    inner.put(kNodes, named(QStringLiteral("old")));
    const int port = std::stoi(inner.url().substr(inner.url().rfind(':') + 1));
    FaultProxy way({port, FaultProxy::Speaks::Plain, {}, 0});
    kube::ClusterConfig tenant;
    tenant.context = "c";
    tenant.server = "http://127.0.0.1:" + std::to_string(way.port());
    FakeApi outer;
    serveOuter(outer, tenant);
    Fleet fleet;
    fleet.site.addCluster(outer.config("rack"), {});
    QVERIFY(fleet.until([&] { return fleet.nodes["old"].size() == std::size_t(kTenants); },
                        std::chrono::seconds(120)));
    QVERIFY(fleet.until(
        [&] {
            return fleet.count([](const SourceState& s) { return s.phase == LinkPhase::Live && s.synced; }) ==
                   kTenants;
        },
        std::chrono::seconds(60)));
    // While we slept everybody else has forgotten our connections, and the world went on.
    way.silence();
    inner.put(kNodes, named(QStringLiteral("fresh")));
    const int before = way.connections();
    QElapsedTimer timer;
    timer.start();
    fleet.site.renewConnections();
    int most = 0; // connections within a second
    std::vector<std::pair<qint64, int>> samples;
    QVERIFY(fleet.until(
        [&] {
            samples.emplace_back(timer.elapsed(), way.connections());
            for (const auto& [at, count] : samples) {
                if (samples.back().first - at <= 1000)
                    most = std::max(most, samples.back().second - count);
            }
            return fleet.nodes["fresh"].size() == std::size_t(kTenants);
        },
        std::chrono::seconds(60)));
    qInfo("200 tenants fresh after %lld ms, %d new connections, at most %d a second",
          static_cast<long long>(timer.elapsed()), way.connections() - before, most);
    QVERIFY2(timer.elapsed() < 15000, qPrintable(QString::number(timer.elapsed())));
    // Not all at one moment: twenty clusters a second, with the few connections each has.
    QVERIFY2(most <= 120, qPrintable(QString::number(most)));
}

QTEST_APPLESS_MAIN(TestFleet)
#include "test_fleet.moc"
