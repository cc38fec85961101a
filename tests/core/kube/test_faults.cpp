// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STRATA_TEST_REAL_API
#include "core/demosite/demosite.h"
#endif
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/client.h"
#include "core/kube/watch/watch.h"
#include "tests/support/faultproxy.h"
#include "tests/support/oracleapi.h"
#include "tests/support/scriptserver.h"
#include "tests/support/testpki.h"
#ifdef STRATA_TEST_REAL_API
#include "tests/live/realapi.h"
#endif

#include <QElapsedTimer>
#include <QtTest>

#include <simdjson.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <random>

using namespace strata;
using namespace strata::kube;
using namespace std::chrono_literals;
using test::FaultProxy;
using test::OracleApi;
using test::Reply;
using test::ScriptServer;

// Networks that misbehave between a watch and an API server that is known to be right: after healing, what
// the watch has told is what the server has, by (uid, resourceVersion).
namespace {

constexpr int kLong = 60000; // ms; a limit for a broken run, not a pause
constexpr int kSeeds = 100;

using Truth = std::map<std::string, std::string>; // name → uid@version

class Store : public ObjectSink {
public:
    void onUpsert(const ObjectMeta& meta, const simdjson::dom::element&, std::string_view) override
    {
        const std::lock_guard lock(m_mutex);
        m_objects[meta.ns + "/" + meta.name] = meta.uid + "@" + meta.resourceVersion;
        // All servers here count in decimals; an object never becomes an older one, nor comes back from the
        // dead.
        auto& newest = m_newest[meta.uid];
        const long version = std::stol(meta.resourceVersion);
        backwards += version < newest ? 1 : 0;
        newest = std::max(newest, version);
    }
    void onDelete(const ObjectMeta& meta) override
    {
        const std::lock_guard lock(m_mutex);
        m_objects.erase(meta.ns + "/" + meta.name);
    }
    void onSynced() override { ++synced; }
    void onState(const WatchState& state) override { phase = state.phase; }
    Truth objects() const
    {
        const std::lock_guard lock(m_mutex);
        return m_objects;
    }
    std::atomic<int> synced{0};
    std::atomic<int> backwards{0};
    std::atomic<WatchPhase> phase{WatchPhase::Stopped};

private:
    mutable std::mutex m_mutex;
    Truth m_objects;
    std::map<std::string, long> m_newest; // by uid
};

Result<Response> ask(Client& client, Request request)
{
    std::promise<Result<Response>> promise;
    const auto handle = client.send(std::move(request),
                                    [&](Result<Response> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

} // namespace

class TestFaults : public QObject {
    Q_OBJECT

    // The server that is known to be right: the demo site's, or (tests/live) a real one.
#ifdef STRATA_TEST_REAL_API
    std::unique_ptr<test::RealApi> m_real;
#else
    std::unique_ptr<demosite::DemoSite> m_site;
#endif
    Network m_network;
    ClusterConfig m_config;
    std::shared_ptr<Client> m_direct;
    std::string m_namespace = "default";
    int m_serial = 0;

    Truth truth()
    {
        Request request;
        request.path = "/api/v1/configmaps";
        const auto answer = ask(*m_direct, request);
        Truth out;
        if (!answer)
            return out;
        simdjson::dom::parser parser;
        for (const simdjson::dom::element item : parser.parse(answer->body)["items"].get_array()) {
            const auto text = [&](const char* key) {
                return std::string(std::string_view(item["metadata"][key]));
            };
            out[text("namespace") + "/" + text("name")] = text("uid") + "@" + text("resourceVersion");
        }
        return out;
    }

    // One change: a new object, another value, or one less.
    void change(std::mt19937& random, std::vector<std::string>& names)
    {
        Request request;
        request.path = "/api/v1/namespaces/" + m_namespace + "/configmaps";
        request.contentType = "application/json";
        const unsigned what = random() % 4;
        if (what < 2 || names.empty()) {
            names.push_back("fault-" + std::to_string(++m_serial));
            request.method = "POST";
            request.body = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" +
                           names.back() + "\"},\"data\":{\"a\":\"" + std::string(random() % 2000, 'x') +
                           "\"}}";
        } else if (what == 2) {
            request.method = "PATCH";
            request.path += "/" + names[random() % names.size()];
            request.contentType = "application/merge-patch+json";
            request.body = "{\"data\":{\"a\":\"" + std::to_string(random()) + "\"}}";
        } else {
            const std::size_t at = random() % names.size();
            request.method = "DELETE";
            request.path += "/" + names[at];
            names.erase(names.begin() + static_cast<std::ptrdiff_t>(at));
        }
        const auto answer = ask(*m_direct, request);
        QVERIFY2(answer, answer ? "" : (request.method + request.path + answer.error().text).c_str());
    }

private Q_SLOTS:
    void initTestCase()
    {
#ifdef STRATA_TEST_REAL_API
        const QString assets = qEnvironmentVariable("KUBEBUILDER_ASSETS");
        if (assets.isEmpty())
            QSKIP("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd.");
        QString why;
        m_real = test::RealApi::start(assets, why);
        QVERIFY2(m_real, qPrintable(why));
        m_config = m_real->config();
#else
        demosite::Options options;
        options.life = false;
        auto site = demosite::DemoSite::start(options);
        QVERIFY(site);
        m_site = std::move(*site);
        const auto file = Kubeconfig::load(m_site->kubeconfigPath());
        QVERIFY(file);
        m_config = *file->resolve();
#endif
        m_direct = Client::create(m_network, m_config);
        Request request;
        request.path = "/api/v1/namespaces/default";
        if (!ask(*m_direct, request)) {
            request.path = "/api/v1/namespaces";
            request.method = "POST";
            request.contentType = "application/json";
            request.body =
                "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"default\"}}";
            QVERIFY(ask(*m_direct, request));
        }
    }

    void everySeed_data()
    {
        QTest::addColumn<int>("kind");
        using Kind = FaultProxy::Fault::Kind;
        QTest::newRow("latency") << static_cast<int>(Kind::Latency);
        QTest::newRow("reset") << static_cast<int>(Kind::Reset);
        QTest::newRow("cut at byte N") << static_cast<int>(Kind::Cut);
        QTest::newRow("half-open") << static_cast<int>(Kind::HalfOpen);
        QTest::newRow("slow drip") << static_cast<int>(Kind::Drip);
        QTest::newRow("corrupt byte N") << static_cast<int>(Kind::Corrupt);
        QTest::newRow("refused") << static_cast<int>(Kind::Refuse);
    }
    void everySeed()
    {
        QFETCH(int, kind);
        using Kind = FaultProxy::Fault::Kind;
        const int port = std::stoi(m_config.server.substr(m_config.server.rfind(':') + 1));
        std::vector<std::unique_ptr<FaultProxy>> proxies;
        std::vector<std::shared_ptr<Client>> clients;
        std::vector<std::shared_ptr<Store>> stores;
        std::vector<std::unique_ptr<Watch>> watches;
        WatchRequest wanted;
        wanted.resource = {"", "v1", "configmaps", true};
        wanted.pageSize = 5;
        for (int seed = 0; seed < kSeeds; ++seed) {
            std::mt19937 random(static_cast<unsigned>(seed * 131 + kind));
            FaultProxy::Fault fault;
            fault.kind = static_cast<Kind>(kind);
            // From the middle of the handshake to the middle of the watch.
            fault.at = 200 + random() % 12000;
            fault.piece = 200 + random() % 3000;
            fault.delay =
                std::chrono::milliseconds(fault.kind == Kind::Drip ? 1 + random() % 5 : random() % 40);
            proxies.push_back(
                std::make_unique<FaultProxy>(FaultProxy::Options{port, FaultProxy::Speaks::Plain, {}, 0}));
            proxies.back()->setFault(fault);
            ClusterConfig config = m_config;
            config.server = "https://127.0.0.1:" + std::to_string(proxies.back()->port());
            clients.push_back(Client::create(m_network, config));
            if (random() % 2 == 0)
                clients.back()->rememberRefusedStreamingLists(""); // pages
            stores.push_back(std::make_shared<Store>());
            watches.push_back(Watch::start(clients.back(), wanted, stores.back()));
        }
        std::mt19937 random(static_cast<unsigned>(kind + 1));
        std::vector<std::string> names;
        for (int i = 0; i < 60; ++i) {
            change(random, names);
            for (std::size_t w = 0; w < watches.size(); ++w) {
                if (stores[w]->phase == WatchPhase::Waiting)
                    watches[w]->retryNow();
            }
        }
        // Healing: new connections are good, and what hangs is cut as a router would in the end.
        for (const auto& proxy : proxies) {
            proxy->setFault({});
            proxy->cutAll();
        }
        for (int i = 0; i < 10; ++i)
            change(random, names);
        const Truth right = truth();
        QVERIFY(right.size() >= names.size() && !names.empty());
        QElapsedTimer timer;
        timer.start();
        for (std::size_t w = 0; w < watches.size(); ++w) {
            const auto healed = [&] {
                if (stores[w]->phase == WatchPhase::Waiting)
                    watches[w]->retryNow();
                return stores[w]->objects() == right;
            };
            QVERIFY2(QTest::qWaitFor(healed, kLong), qPrintable(QStringLiteral("seed %1").arg(w)));
            QCOMPARE(stores[w]->backwards.load(), 0);
        }
        watches.clear();
    }

    // Servers that answer, and answer badly: a replica behind the others, a past that is forgotten, too much
    // to do, a credential that is refused. A hundred seeds each.
    void everyMood_data()
    {
        QTest::addColumn<int>("mood");
        using Mood = OracleApi::Mood;
        QTest::newRow("stale replica") << static_cast<int>(Mood::Stale);
        QTest::newRow("410") << static_cast<int>(Mood::Gone);
        QTest::newRow("429") << static_cast<int>(Mood::Throttled);
        QTest::newRow("401") << static_cast<int>(Mood::Unauthorized);
        QTest::newRow("403") << static_cast<int>(Mood::Forbidden);
    }
    void everyMood()
    {
        QFETCH(int, mood);
        OracleApi api;
        std::mt19937 random(static_cast<unsigned>(mood + 17));
        int serial = 0;
        std::vector<std::string> names;
        const auto change = [&] {
            const unsigned what = random() % 4;
            if (what < 2 || names.empty()) {
                names.push_back("o-" + std::to_string(++serial));
                api.put(names.back());
            } else if (what == 2) {
                api.put(names[random() % names.size()]);
            } else {
                const std::size_t at = random() % names.size();
                api.remove(names[at]);
                // Sometimes another object takes the name.
                if (random() % 3 == 0)
                    api.put(names[at]);
                else
                    names.erase(names.begin() + static_cast<std::ptrdiff_t>(at));
            }
        };
        for (int i = 0; i < 40; ++i)
            change();
        Network network; // outlives all that is below
        std::vector<std::shared_ptr<Client>> clients;
        std::vector<std::shared_ptr<Store>> stores;
        std::vector<std::unique_ptr<Watch>> watches;
        WatchRequest wanted;
        wanted.resource = {"", "v1", "configmaps", true};
        wanted.pageSize = 5;
        const auto hurry = [&] {
            for (std::size_t w = 0; w < watches.size(); ++w) {
                const WatchPhase phase = stores[w]->phase;
                if (phase == WatchPhase::Waiting || phase == WatchPhase::Denied)
                    watches[w]->retryNow();
            }
        };
        // Half of them begin in the middle of the trouble, half have a picture already.
        for (int seed = 0; seed < kSeeds; ++seed) {
            if (seed == kSeeds / 2) {
                for (const auto& store : stores)
                    QTRY_VERIFY_WITH_TIMEOUT(store->phase == WatchPhase::Live, kLong);
                api.setMood(static_cast<OracleApi::Mood>(mood));
            }
            ClusterConfig config;
            config.server = api.url();
            config.token = Secret("seed-" + std::to_string(seed));
            clients.push_back(Client::create(network, config));
            if (seed % 2 == 0)
                clients.back()->rememberRefusedStreamingLists(""); // pages
            stores.push_back(std::make_shared<Store>());
            watches.push_back(Watch::start(clients.back(), wanted, stores.back()));
        }
        // All open streams end once, so that those with a picture meet the trouble, too.
        network.renewConnections(100ms);
        for (int i = 0; i < 90; ++i) {
            if (i == 30) // answers to what was cut off then were never read
                api.forgive();
            change();
            hurry();
            QTest::qWait(5); // the server's affair: changes come one after the other
        }
        const int met = api.refused();
        if (static_cast<OracleApi::Mood>(mood) != OracleApi::Mood::Stale)
            QVERIFY2(met >= kSeeds / 4, qPrintable(QString::number(met)));
        api.setMood(OracleApi::Mood::None);
        for (int i = 0; i < 10; ++i)
            change();
        const Truth right = api.truth();
        for (std::size_t w = 0; w < watches.size(); ++w) {
            const auto healed = [&] {
                hurry();
                return stores[w]->objects() == right;
            };
            QVERIFY2(QTest::qWaitFor(healed, kLong), qPrintable(QStringLiteral("seed %1").arg(w)));
            QVERIFY2(stores[w]->backwards == 0, qPrintable(QStringLiteral("seed %1").arg(w)));
        }
        QCOMPARE(api.impatient(), 0);
        watches.clear();
    }

    // With HTTP/2 a connection that has gone silent is found out by a question, on every stream it carries.
    void silentConnectionIsFoundOut()
    {
        const test::TestCa ca;
        ScriptServer server({ca.server(), {}, true});
        Reply open = Reply::stream();
        open.hold();
        const int first = server.expect("GET", "/api/v1/pods", {"watch=1", "resourceVersion=1"}, open, 3);
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 1);
        const int again = server.expect("GET", "/api/v1/nodes", {}, Reply::json(200, "{}"));
        FaultProxy proxy({server.port(), FaultProxy::Speaks::Plain, {}, 0});
        Network network;
        network.setPace({300ms, 300ms});
        ClusterConfig config;
        config.server = "https://127.0.0.1:" + std::to_string(proxy.port());
        config.caPem = ca.certificatePem();
        const auto client = Client::create(network, config);
        struct Log : StreamHandler {
            void onHeaders(int) override { open = true; }
            void onData(std::string_view) override {}
            void onEnd(Result<void> end) override
            {
                kind = end ? -1 : static_cast<int>(end.error().kind);
                ended = true;
            }
            std::atomic<bool> open{false};
            std::atomic<bool> ended{false};
            std::atomic<int> kind{-2};
        };
        std::vector<std::shared_ptr<Log>> logs;
        std::vector<std::unique_ptr<RequestHandle>> handles;
        for (int i = 0; i < 3; ++i) {
            Request request;
            request.path = "/api/v1/pods";
            request.query = "watch=1&resourceVersion=1";
            logs.push_back(std::make_shared<Log>());
            handles.push_back(client->stream(request, logs.back()));
        }
        QTRY_VERIFY_WITH_TIMEOUT(logs[0]->open && logs[1]->open && logs[2]->open, kLong);
        QTRY_COMPARE_WITH_TIMEOUT(proxy.connections(), 1, kLong);
        // As long as questions are answered nothing happens.
        QTRY_VERIFY_WITH_TIMEOUT(server.seen().size() >= 4, kLong);
        QVERIFY(!logs[0]->ended);
        proxy.silence();
        QElapsedTimer timer;
        timer.start();
        for (const auto& log : logs) {
            QTRY_VERIFY_WITH_TIMEOUT(log->ended, kLong);
            QCOMPARE(log->kind.load(), static_cast<int>(ErrorKind::Timeout));
        }
        // 46 s are 30 s of silence, 15 s for the answer, and a second; on this scale 0.6 s. Busy machines
        // need more.
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
        Request request;
        request.path = "/api/v1/nodes";
        QVERIFY(ask(*client, request)); // on a connection of its own
        QCOMPARE(proxy.connections(), 2);
        QCOMPARE(server.answered(again), 1);
        QCOMPARE(server.answered(first), 3);
    }

    // After a suspend everything is made anew, and nothing that was known is lost.
    void renewal()
    {
        Network network; // outlives all that is below
        std::vector<std::shared_ptr<Client>> clients;
        std::vector<std::shared_ptr<Store>> stores;
        std::vector<std::unique_ptr<Watch>> watches;
        std::vector<std::unique_ptr<FaultProxy>> proxies;
        const int port = std::stoi(m_config.server.substr(m_config.server.rfind(':') + 1));
        WatchRequest wanted;
        wanted.resource = {"", "v1", "configmaps", true};
        for (int i = 0; i < 20; ++i) {
            proxies.push_back(
                std::make_unique<FaultProxy>(FaultProxy::Options{port, FaultProxy::Speaks::Plain, {}, 0}));
            ClusterConfig config = m_config;
            config.server = "https://127.0.0.1:" + std::to_string(proxies.back()->port());
            clients.push_back(Client::create(network, config));
            stores.push_back(std::make_shared<Store>());
            watches.push_back(Watch::start(clients.back(), wanted, stores.back()));
        }
        for (const auto& store : stores)
            QTRY_VERIFY_WITH_TIMEOUT(store->phase == WatchPhase::Live, kLong);
        for (const auto& proxy : proxies)
            proxy->silence(); // as after a sleep: the other side has forgotten us
        std::mt19937 random(99);
        std::vector<std::string> names;
        change(random, names);
        const Truth right = truth();
        QElapsedTimer timer;
        timer.start();
        network.renewConnections(500ms);
        for (const auto& store : stores)
            QTRY_VERIFY_WITH_TIMEOUT(store->phase == WatchPhase::Live && store->objects() == right, kLong);
        QVERIFY2(timer.elapsed() < 15000, qPrintable(QString::number(timer.elapsed())));
        for (std::size_t i = 0; i < stores.size(); ++i)
            QCOMPARE(stores[i]->synced.load(), 1); // resumed, not listed again
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "test_faults.moc"
