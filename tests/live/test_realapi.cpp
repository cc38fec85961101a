// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/access.h"
#include "core/feeds/discovery.h"
#include "core/kube/api/status.h"
#include "core/kube/watch/watch.h"
#include "core/provision/api.h"
#include "core/provision/schema.h"
#include "tests/core/feeds/watchedsite.h"
#include "tests/live/realapi.h"
#include "tests/live/servertools.h"
#include "tests/support/enums.h"
#include "tests/support/faultproxy.h"

#include <QElapsedTimer>
#include <QtTest>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <set>

using namespace strata;
using namespace strata::kube;
using namespace std::chrono_literals;
using provision::Json;
using stack::FactKind;
using stack::SourceId;
using test::ask;
using test::call;
using test::makeNamespace;
using test::RealApi;
using test::Watched;
using test::within;

// Our client against a real kube-apiserver: what scripted servers can only imitate.
namespace {

constexpr auto kLong = 60s;

// What one watch has told.
class Store : public ObjectSink {
public:
    void onUpsert(const ObjectMeta& meta, const simdjson::dom::element&, std::string_view raw) override
    {
        const std::lock_guard lock(m_mutex);
        m_objects[meta.ns + "/" + meta.name] = meta.uid + "@" + meta.resourceVersion;
        m_raw[meta.ns + "/" + meta.name] = raw;
    }
    void onDelete(const ObjectMeta& meta) override
    {
        const std::lock_guard lock(m_mutex);
        m_objects.erase(meta.ns + "/" + meta.name);
    }
    void onSynced() override { ++synced; }
    void onState(const WatchState& state) override
    {
        const std::lock_guard lock(m_mutex);
        m_state = state;
    }
    std::map<std::string, std::string> objects() const
    {
        const std::lock_guard lock(m_mutex);
        return m_objects;
    }
    std::string raw(const std::string& key) const
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_raw.find(key);
        return found == m_raw.end() ? std::string() : found->second;
    }
    WatchState state() const
    {
        const std::lock_guard lock(m_mutex);
        return m_state;
    }
    WatchPhase phase() const { return state().phase; }
    std::atomic<int> synced{0};

private:
    mutable std::mutex m_mutex;
    std::map<std::string, std::string> m_objects;
    std::map<std::string, std::string> m_raw;
    WatchState m_state;
};

// A streamed answer, as its lines.
class Lines : public StreamHandler {
public:
    void onHeaders(int) override {}
    void onData(std::string_view bytes) override
    {
        const std::lock_guard lock(m_mutex);
        m_text += bytes;
    }
    void onEnd(Result<void> end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
    }
    std::vector<Json> all() const
    {
        const std::lock_guard lock(m_mutex);
        std::vector<Json> out;
        std::size_t from = 0;
        for (std::size_t at = m_text.find('\n'); at != std::string::npos; at = m_text.find('\n', from)) {
            out.push_back(Json::parse(m_text.substr(from, at - from), nullptr, false));
            from = at + 1;
        }
        return out;
    }
    std::optional<Result<void>> end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end;
    }

private:
    mutable std::mutex m_mutex;
    std::string m_text;
    std::optional<Result<void>> m_end;
};

// How one WebSocket ended.
class SocketEnd : public WebSocketHandler {
public:
    void onOpen(const std::string&) override { opened = true; }
    void onMessage(bool, std::string_view message) override
    {
        const std::lock_guard lock(m_mutex);
        m_text += message;
    }
    void onEnd(Result<WebSocketClose> end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
    }
    std::optional<Result<WebSocketClose>> end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end;
    }
    std::string text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_text;
    }
    std::atomic<bool> opened{false};

private:
    mutable std::mutex m_mutex;
    std::string m_text;
    std::optional<Result<WebSocketClose>> m_end;
};

std::string words(const Error& error)
{
    return error.text + " | " + error.detail;
}
template<typename T>
std::string words(const Result<T>& result)
{
    return result ? std::string("accepted") : words(result.error());
}

std::string configMap(const std::string& name, const std::string& value = "1")
{
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("},"data":{"a":")" +
           value + R"("}})";
}

std::string rbac(const char* kind, const std::string& name, const std::string& rest)
{
    return R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":")" + std::string(kind) +
           R"(","metadata":{"name":")" + name + "\"}," + rest + "}";
}

} // namespace

#define REQUIRE(result)                                                                                      \
    do {                                                                                                     \
        const auto required = (result); /* a copy */                                                         \
        QVERIFY2(required, words(required).c_str());                                                         \
    } while (false)

class TestRealApi : public QObject {
    Q_OBJECT

    std::unique_ptr<RealApi> m_api;
    std::unique_ptr<RealApi> m_uncached; // every watch comes from the store, whose past can be compacted away
    Network m_network;
    std::shared_ptr<Client> m_admin;

    std::map<std::string, std::string> truth(Client& client, const std::string& path)
    {
        std::map<std::string, std::string> out;
        const auto list = call(client, "GET", path);
        if (!list)
            return {{"error", words(list.error())}};
        for (const Json& item : list->at("items")) {
            const Json& meta = item.at("metadata");
            out[meta.value("namespace", "") + "/" + meta.at("name").get<std::string>()] =
                meta.at("uid").get<std::string>() + "@" + meta.at("resourceVersion").get<std::string>();
        }
        return out;
    }
    static WatchRequest watchOf(const char* resource, const std::string& ns = {})
    {
        WatchRequest request;
        request.resource = {"", "v1", resource, true};
        request.ns = ns;
        return request;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString assets = qEnvironmentVariable("KUBEBUILDER_ASSETS");
        if (assets.isEmpty())
            QSKIP("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd.");
        QString why;
        m_api = RealApi::start(assets, why);
        QVERIFY2(m_api, qPrintable(why));
        m_admin = Client::create(m_network, m_api->config());
    }
    void cleanupTestCase()
    {
        m_admin.reset();
        m_uncached.reset();
        m_api.reset();
    }

    // Whichever way a server tells what it serves, we read the same.
    void discovery()
    {
        const auto in = [&](const std::string& accept) {
            Request request;
            request.path = "/apis";
            request.accept = accept;
            return ask(*m_admin, request);
        };
        const auto preferred = in(feeds::kDiscoveryAccept);
        REQUIRE(preferred);
        const auto newest = feeds::parseDiscovery(preferred->body);
        REQUIRE(newest);
        QVERIFY(newest->resourcesTold);
        const auto classic = in("application/json");
        REQUIRE(classic);
        const auto plain = feeds::parseDiscovery(classic->body);
        REQUIRE(plain);
        QVERIFY(!plain->resourcesTold);
        QVERIFY(newest->groups.size() > 15);
        QCOMPARE(plain->groups.size(), newest->groups.size());
        for (const auto& [name, group] : newest->groups) {
            QVERIFY2(plain->groups.count(name) == 1, name.c_str());
            QVERIFY2(plain->groups.at(name).versions == group.versions, name.c_str());
            for (const std::string& version : group.versions) {
                // The classic list of that version, as plans read it.
                const auto list = call(*m_admin, "GET", "/apis/" + name + "/" + version);
                REQUIRE(list);
                std::set<std::string> names;
                for (const Json& each : list->at("resources")) {
                    if (each.at("name").get<std::string>().find('/') == std::string::npos)
                        names.insert(each.at("name"));
                }
                QVERIFY2(names == group.resources.at(version), (name + "/" + version).c_str());
            }
        }
        const auto older =
            in("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json");
        REQUIRE(older);
        const auto beta = feeds::parseDiscovery(older->body);
        REQUIRE(beta);
        QCOMPARE(beta->groups.size(), newest->groups.size());

        // Plurals of kinds, of the core group as well; and kinds nobody serves.
        const auto catalog = std::make_shared<provision::Catalog>(m_admin, m_network);
        const auto find = [&](const char* version, const char* kind) {
            std::promise<Result<ResourceId>> found;
            m_network.post([&] {
                catalog->find(version, kind,
                              [&](Result<ResourceId> got) { found.set_value(std::move(got)); });
            });
            return found.get_future().get();
        };
        QCOMPARE(find("v1", "Endpoints")->resource, std::string("endpoints"));
        QVERIFY(!find("v1", "Node")->namespaced);
        QCOMPARE(find("networking.k8s.io/v1", "NetworkPolicy")->resource, std::string("networkpolicies"));
        QVERIFY(find("v1", "Nothing").error().kind == ErrorKind::NotFound);
        QVERIFY(find("example.org/v1", "Nothing").error().kind == ErrorKind::NotFound);
    }

    void whatAServerSaysOfFields()
    {
        Request request;
        request.path = provision::schemaPath("apps", "v1");
        const auto answer = ask(*m_admin, request);
        REQUIRE(answer);
        const auto schema = provision::KindSchema::read(answer->body, "apps", "v1", "Deployment");
        REQUIRE(schema);
        QCOMPARE(schema->field({"spec", "replicas"})->type, std::string("integer"));
        QCOMPARE(schema->field({"spec", "template", "spec", "containers", "[]", "image"})->type,
                 std::string("string"));
        QVERIFY(schema->field({"spec", "selector"})->required);
        QVERIFY(schema
                    ->check("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: "
                            "{matchLabels: {a: b}}\n  template: {spec: {containers: [{name: a}]}}\n")
                    .empty());
        QVERIFY(!schema->check("apiVersion: apps/v1\nkind: Deployment\nspec: {replica: 1}\n").empty());
    }

    // A list in pages and a list as a stream end in the same picture.
    void pagesAndStreams()
    {
        QVERIFY(makeNamespace(*m_admin, "pages"));
        for (int i = 0; i < 37; ++i)
            REQUIRE(call(*m_admin, "POST", "/api/v1/namespaces/pages/configmaps",
                         configMap("c-" + std::to_string(i))));
        const auto right = truth(*m_admin, "/api/v1/namespaces/pages/configmaps");
        QCOMPARE(right.size(), std::size_t(37));
        WatchRequest wanted = watchOf("configmaps", "pages");
        wanted.pageSize = 5;

        const auto paging = Client::create(m_network, m_api->config());
        paging->rememberRefusedStreamingLists("");
        const auto pages = std::make_shared<Store>();
        const auto first = Watch::start(paging, wanted, pages);
        QVERIFY(within(kLong, [&] { return pages->phase() == WatchPhase::Live; }));
        QCOMPARE(pages->objects(), right);
        QCOMPARE(paging->traffic().requests, std::uint64_t(8)); // 37 in fives

        const auto streaming = Client::create(m_network, m_api->config());
        const auto stream = std::make_shared<Store>();
        const auto second = Watch::start(streaming, wanted, stream);
        QVERIFY(within(kLong, [&] { return stream->phase() == WatchPhase::Live && stream->synced == 1; }));
        QCOMPARE(stream->objects(), right);
        QVERIFY(!streaming->refusesStreamingLists(""));
        QCOMPARE(streaming->traffic().requests, std::uint64_t(0));
        QCOMPARE(streaming->traffic().streams, std::uint64_t(1));

        REQUIRE(call(*m_admin, "PATCH", "/api/v1/namespaces/pages/configmaps/c-3", R"({"data":{"a":"2"}})"));
        REQUIRE(call(*m_admin, "DELETE", "/api/v1/namespaces/pages/configmaps/c-4"));
        const auto now = truth(*m_admin, "/api/v1/namespaces/pages/configmaps");
        QVERIFY(within(kLong, [&] { return pages->objects() == now && stream->objects() == now; }));
    }

    // How the server ends its first picture.
    void bookmarks()
    {
        const auto lines = std::make_shared<Lines>();
        Request request;
        request.path = "/api/v1/namespaces/default/secrets";
        request.query = "watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch="
                        "NotOlderThan&timeoutSeconds=4";
        const auto handle = m_admin->stream(request, lines);
        QVERIFY(within(kLong, [&] { return lines->end().has_value(); }));
        REQUIRE(*lines->end()); // a clean end
        const std::vector<Json> all = lines->all();
        const auto marks = std::count_if(all.begin(), all.end(), [](const Json& event) {
            return event.at("type") == "BOOKMARK" &&
                   event.at("object").at("metadata").contains("annotations") &&
                   event.at("object")
                           .at("metadata")
                           .at("annotations")
                           .value("k8s.io/initial-events-end", "") == "true";
        });
        QCOMPARE(marks, 1);
    }

    // A watch whose connection breaks goes on where it was; nothing is listed again.
    void resumes()
    {
        QVERIFY(makeNamespace(*m_admin, "resumes"));
        test::FaultProxy proxy({m_api->port(), test::FaultProxy::Speaks::Plain, {}, 0});
        ClusterConfig config = m_api->config();
        config.server = "https://127.0.0.1:" + std::to_string(proxy.port());
        const auto client = Client::create(m_network, config);
        const auto store = std::make_shared<Store>();
        const auto watch = Watch::start(client, watchOf("configmaps", "resumes"), store);
        QVERIFY(within(kLong, [&] { return store->phase() == WatchPhase::Live; }));
        for (int i = 0; i < 5; ++i) {
            REQUIRE(call(*m_admin, "POST", "/api/v1/namespaces/resumes/configmaps",
                         configMap("c-" + std::to_string(i))));
            if (i > 0)
                REQUIRE(call(*m_admin, "DELETE",
                             "/api/v1/namespaces/resumes/configmaps/c-" + std::to_string(i - 1)));
            proxy.cutAll();
            const auto right = truth(*m_admin, "/api/v1/namespaces/resumes/configmaps");
            QVERIFY(within(kLong, [&] {
                if (store->phase() == WatchPhase::Waiting)
                    watch->retryNow();
                return store->objects() == right;
            }));
        }
        QCOMPARE(store->synced.load(), 1);
    }

    // What happened while we were away is forgotten by the time we come back: listed anew, differences only.
    void goneAfterCompaction_data()
    {
        QTest::addColumn<bool>("pages");
        QTest::newRow("pages") << true;
        QTest::newRow("stream") << false;
    }
    void goneAfterCompaction()
    {
        QFETCH(bool, pages);
        if (!m_uncached) {
            QString why;
            m_uncached = RealApi::start(qEnvironmentVariable("KUBEBUILDER_ASSETS"), why,
                                        {QStringLiteral("--watch-cache=false")});
            QVERIFY2(m_uncached, qPrintable(why));
        }
        const std::string ns = pages ? "gone-pages" : "gone-stream";
        const std::string path = "/api/v1/namespaces/" + ns + "/configmaps";
        const auto admin = Client::create(m_network, m_uncached->config());
        QVERIFY(makeNamespace(*admin, ns));
        for (int i = 0; i < 9; ++i)
            REQUIRE(call(*admin, "POST", path, configMap("c-" + std::to_string(i))));
        test::FaultProxy proxy({m_uncached->port(), test::FaultProxy::Speaks::Plain, {}, 0});
        ClusterConfig config = m_uncached->config();
        config.server = "https://127.0.0.1:" + std::to_string(proxy.port());
        const auto client = Client::create(m_network, config);
        if (pages)
            client->rememberRefusedStreamingLists("");
        WatchRequest wanted = watchOf("configmaps", ns);
        wanted.pageSize = 4;
        const auto store = std::make_shared<Store>();
        const auto watch = Watch::start(client, wanted, store);
        QVERIFY(within(kLong, [&] { return store->phase() == WatchPhase::Live; }));
        QCOMPARE(store->objects(), truth(*admin, path));

        test::FaultProxy::Fault refused;
        refused.kind = test::FaultProxy::Fault::Kind::Refuse;
        proxy.setFault(refused);
        proxy.cutAll();
        QVERIFY(within(kLong, [&] { return store->phase() == WatchPhase::Waiting; }));
        REQUIRE(call(*admin, "DELETE", path + "/c-0"));
        REQUIRE(call(*admin, "PATCH", path + "/c-1", R"({"data":{"a":"2"}})"));
        REQUIRE(call(*admin, "POST", path, configMap("c-new")));
        // The same name, another object.
        REQUIRE(call(*admin, "DELETE", path + "/c-2"));
        REQUIRE(call(*admin, "POST", path, configMap("c-2")));
        REQUIRE(m_uncached->compact(m_network));
        proxy.setFault({});
        const auto right = truth(*admin, path);
        QVERIFY(within(kLong, [&] {
            if (store->phase() == WatchPhase::Waiting)
                watch->retryNow();
            return store->phase() == WatchPhase::Live && store->objects() == right;
        }));
        QCOMPARE(store->synced.load(), 2);
    }

    // A list in pages that is compacted away between two of them is begun again.
    void pagesOfAForgottenList()
    {
        QVERIFY(m_uncached != nullptr);
        const auto admin = Client::create(m_network, m_uncached->config());
        const std::string path = "/api/v1/namespaces/gone-pages/configmaps";
        const auto first = call(*admin, "GET", path + "?limit=3");
        REQUIRE(first);
        const std::string token = first->at("metadata").at("continue");
        REQUIRE(call(*admin, "POST", path, configMap("c-later")));
        REQUIRE(m_uncached->compact(m_network));
        const auto second = call(*admin, "GET", path + "?limit=3&continue=" + percentEncode(token));
        QVERIFY(!second);
        QCOMPARE(second.error().kind, ErrorKind::Gone);
        QCOMPARE(second.error().httpStatus, 410);
    }

    void secretsAsMetadata()
    {
        QVERIFY(makeNamespace(*m_admin, "hidden"));
        REQUIRE(
            call(*m_admin, "POST", "/api/v1/namespaces/hidden/secrets",
                 R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"p":"hush"}})"));
        for (const bool pages : {true, false}) {
            const auto client = Client::create(m_network, m_api->config());
            if (pages)
                client->rememberRefusedStreamingLists("");
            WatchRequest wanted = watchOf("secrets", "hidden");
            wanted.metadataOnly = true;
            const auto store = std::make_shared<Store>();
            const auto watch = Watch::start(client, wanted, store);
            QVERIFY(within(kLong, [&] { return store->phase() == WatchPhase::Live; }));
            QCOMPARE(store->objects(), truth(*m_admin, "/api/v1/namespaces/hidden/secrets"));
            QVERIFY(store->raw("hidden/s").find("\"data\"") == std::string::npos);
            REQUIRE(call(*m_admin, "PATCH", "/api/v1/namespaces/hidden/secrets/s",
                         pages ? R"({"metadata":{"labels":{"a":"1"}}})" : R"({"stringData":{"q":"hush"}})"));
            const auto now = truth(*m_admin, "/api/v1/namespaces/hidden/secrets");
            QVERIFY(within(kLong, [&] { return store->objects() == now; }));
            QVERIFY2(store->raw("hidden/s").find("\"data\"") == std::string::npos,
                     store->raw("hidden/s").c_str());
            QVERIFY(!client->refusesStreamingLists("") || pages);
        }
    }

    // Kinds come, change and go while the program runs.
    void definitionsComeAndGo()
    {
        const QString crds = qEnvironmentVariable("STRATA_CRDS");
        if (crds.isEmpty())
            QSKIP("STRATA_CRDS names no folder with CustomResourceDefinitions.");
        Watched watched;
        const SourceId id = watched.site.addCluster(m_api->config(), "real");
        QVERIFY(watched.until([&] { return watched.live(id) && watched.kindError(id, "virtualmachines"); },
                              kLong));
        QCOMPARE(watched.kindError(id, "virtualmachines")->kind, ErrorKind::NotFound);
        const auto only = [](const std::string& name) {
            return [name](Json& definition) { return definition.at("metadata").at("name") == name; };
        };
        REQUIRE(test::installDefinitions(*m_admin, crds.toStdString(), only("clusters.cluster.x-k8s.io")));
        QElapsedTimer timer;
        timer.start();
        QVERIFY(watched.until([&] { return !watched.kindError(id, "clusters"); }, kLong));
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(makeNamespace(*m_admin, "kinds"));
        REQUIRE(
            call(*m_admin, "POST", "/apis/cluster.x-k8s.io/v1beta2/namespaces/kinds/clusters",
                 R"({"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"Cluster","metadata":{"name":"blue"},)"
                 R"("spec":{"infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":)"
                 R"("KubevirtCluster","name":"blue"}}})"));
        QVERIFY(watched.until([&] { return watched.has(id, FactKind::Cluster, "kinds/blue"); }, kLong));
        QCOMPARE(watched.get<stack::ClusterFact>(id, FactKind::Cluster, "kinds/blue").meta.apiVersion,
                 std::string("cluster.x-k8s.io/v1beta2"));

        // The version we read is served no longer; the older one is.
        const std::string path =
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusters.cluster.x-k8s.io";
        auto definition = call(*m_admin, "GET", path);
        REQUIRE(definition);
        for (Json& version : definition->at("spec").at("versions")) {
            version["served"] = version.at("name") == "v1beta1";
            version["storage"] = version.at("name") == "v1beta1";
        }
        REQUIRE(call(*m_admin, "PUT", path, definition->dump()));
        timer.restart();
        QVERIFY(watched.until(
            [&] {
                return watched.get<stack::ClusterFact>(id, FactKind::Cluster, "kinds/blue").meta.apiVersion ==
                       "cluster.x-k8s.io/v1beta1";
            },
            kLong));
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));

        // Away with it, and what was of it goes.
        REQUIRE(call(*m_admin, "DELETE", path));
        timer.restart();
        QVERIFY(watched.until(
            [&] {
                return !watched.has(id, FactKind::Cluster, "kinds/blue") && watched.kindError(id, "clusters");
            },
            kLong));
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(watched.kindError(id, "clusters")->kind, ErrorKind::NotFound);
        QCOMPARE(watched.state(id).phase, stack::LinkPhase::Live);
    }

    // Somebody who may list most kinds, pods in two namespaces only, and no claims at all.
    void aLimitedUser()
    {
        for (const char* ns : {"blue", "green", "grey"}) {
            QVERIFY(makeNamespace(*m_admin, ns));
            REQUIRE(call(*m_admin, "POST", std::string("/api/v1/namespaces/") + ns + "/pods",
                         R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[)"
                         R"({"name":"c","image":"registry.example/c:1"}]}})"));
        }
        REQUIRE(call(*m_admin, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
                     rbac("ClusterRole", "most",
                          R"("rules":[{"apiGroups":[""],"resources":["nodes","namespaces","events"],)"
                          R"("verbs":["get","list","watch"]},{"apiGroups":["apps","storage.k8s.io",)"
                          R"("apiextensions.k8s.io"],"resources":["*"],"verbs":["get","list","watch"]}])")));
        REQUIRE(call(*m_admin, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                     rbac("ClusterRoleBinding", "most",
                          R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":)"
                          R"("most"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io",)"
                          R"("name":"limited"}])")));
        for (const std::string ns : {"blue", "green"}) {
            const std::string path = "/apis/rbac.authorization.k8s.io/v1/namespaces/" + ns;
            REQUIRE(call(*m_admin, "POST", path + "/roles",
                         rbac("Role", "pods",
                              R"("rules":[{"apiGroups":[""],"resources":["pods"],)"
                              R"("verbs":["get","list","watch"]}])")));
            REQUIRE(call(*m_admin, "POST", path + "/rolebindings",
                         rbac("RoleBinding", "pods",
                              R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":)"
                              R"("pods"},"subjects":[{"kind":"User","apiGroup":)"
                              R"("rbac.authorization.k8s.io","name":"limited"}])")));
        }
        const ClusterConfig config = m_api->config("limited");
        const auto limited = Client::create(m_network, config);

        // One kind that is refused harms no other.
        const auto nodes = std::make_shared<Store>();
        const auto claims = std::make_shared<Store>();
        WatchRequest wanted = watchOf("nodes");
        wanted.resource.namespaced = false;
        const auto first = Watch::start(limited, wanted, nodes);
        const auto second = Watch::start(limited, watchOf("persistentvolumeclaims"), claims);
        QVERIFY(within(kLong, [&] {
            return nodes->phase() == WatchPhase::Live && claims->phase() == WatchPhase::Denied;
        }));
        QCOMPARE(claims->state().error.kind, ErrorKind::Forbidden);
        QVERIFY2(claims->state().error.detail.find("persistentvolumeclaims is forbidden: User \"limited\"") !=
                     std::string::npos,
                 words(claims->state().error).c_str());

        Watched watched;
        const SourceId id = watched.site.addCluster(config, "real");
        QVERIFY(watched.until(
            [&] {
                return watched.has(id, FactKind::Pod, "blue/p") &&
                       watched.has(id, FactKind::Pod, "green/p") && watched.live(id);
            },
            kLong));
        QVERIFY(watched.until(
            [&] {
                const auto error = watched.kindError(id, "pods");
                return error && error->text.find("blue, green") != std::string::npos;
            },
            kLong));
        QCOMPARE(watched.kindError(id, "persistentvolumeclaims")->kind, ErrorKind::Forbidden);
        QVERIFY(!watched.kindError(id, "nodes"));
        QVERIFY(!watched.has(id, FactKind::Pod, "grey/p"));

        // What the server says of it when it is asked.
        const auto rules = call(*limited, "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                                feeds::rulesReview("blue"));
        REQUIRE(rules);
        const auto access = feeds::parseAccessRules(rules->dump());
        REQUIRE(access);
        QVERIFY(feeds::allows(*access, "list", "", "pods"));
        QVERIFY(feeds::allows(*access, "watch", "apps", "deployments"));
        QVERIFY(!feeds::allows(*access, "list", "", "secrets"));
        QVERIFY(!feeds::allows(*access, "delete", "", "pods"));
        const auto review = [&](const std::string& ns) {
            const auto answer =
                call(*limited, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                     feeds::accessReview(ns, "list", "", "pods"));
            return answer ? feeds::parseAccessReview(answer->dump()) : std::nullopt;
        };
        QCOMPARE(review("green"), std::optional<bool>(true));
        QCOMPARE(review("grey"), std::optional<bool>(false));
        provision::Access wish{"create", "", "pods", "eviction", "blue", ""};
        auto answer = ask(*limited, provision::reviewRequest(wish));
        REQUIRE(answer);
        QCOMPARE(provision::reviewAllows(answer->body), Result<bool>(false));
        answer = ask(*m_admin, provision::reviewRequest(wish));
        REQUIRE(answer);
        QCOMPARE(provision::reviewAllows(answer->body), Result<bool>(true));

        // The right to all of them comes.
        REQUIRE(call(*m_admin, "PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/most",
                     R"({"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["get","list","watch"]}]})"));
        QVERIFY(watched.until(
            [&] {
                watched.site.retryNow(id);
                return watched.has(id, FactKind::Pod, "grey/p") && !watched.kindError(id, "pods");
            },
            kLong));
    }

    // Who we are: a token of a service account, and another's place taken.
    void identities()
    {
        const auto self = [](Client& client) {
            return call(client, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                        R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
        };
        REQUIRE(call(*m_admin, "POST", "/api/v1/namespaces/default/serviceaccounts",
                     R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"robot"}})"));
        const auto token = call(*m_admin, "POST", "/api/v1/namespaces/default/serviceaccounts/robot/token",
                                R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest",)"
                                R"("spec":{"expirationSeconds":600}})");
        REQUIRE(token);
        ClusterConfig config = m_api->config();
        config.clientCertificatePem.clear();
        config.clientKeyPem = {};
        config.token = Secret(token->at("status").at("token").get<std::string>());
        const auto robot = Client::create(m_network, config);
        auto who = self(*robot);
        REQUIRE(who);
        QCOMPARE(who->at("status").at("userInfo").at("username").get<std::string>(),
                 std::string("system:serviceaccount:default:robot"));
        auto refused = call(*robot, "GET", "/api/v1/nodes");
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Forbidden);
        config.token = Secret("no such token");
        refused = call(*Client::create(m_network, config), "GET", "/api/v1/nodes");
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Auth);

        config = m_api->config();
        config.impersonate.user = "jane";
        config.impersonate.groups = {"ops", "on call"};
        config.impersonate.uid = "1234";
        config.impersonate.extra = {{"example.org/Scopes", {"a", "b"}}};
        const auto jane = Client::create(m_network, config);
        who = self(*jane);
        REQUIRE(who);
        const Json& info = who->at("status").at("userInfo");
        QCOMPARE(info.at("username").get<std::string>(), std::string("jane"));
        QCOMPARE(info.at("uid").get<std::string>(), std::string("1234"));
        const auto groups = info.at("groups").get<std::set<std::string>>();
        QVERIFY(groups.count("ops") == 1 && groups.count("on call") == 1);
        QCOMPARE(info.at("extra").at("example.org/scopes").get<std::vector<std::string>>(),
                 (std::vector<std::string>{"a", "b"}));
        // Who may not take another's place is told so.
        config = m_api->config("nobody");
        config.impersonate.user = "jane";
        refused = self(*Client::create(m_network, config));
        QVERIFY(!refused);
        QCOMPARE(refused.error().kind, ErrorKind::Forbidden);
        QVERIFY2(refused.error().detail.find("impersonate") != std::string::npos,
                 words(refused.error()).c_str());
    }

    void warnings()
    {
        const auto client = Client::create(m_network, m_api->config());
        REQUIRE(call(*client, "GET", "/api/v1/componentstatuses"));
        REQUIRE(call(*client, "GET", "/api/v1/componentstatuses"));
        QCOMPARE(client->warnings(),
                 (std::vector<std::string>{"v1 ComponentStatus is deprecated in v1.19+"}));
        REQUIRE(call(
            *client, "POST", "/apis/apps/v1/namespaces/default/deployments?dryRun=All&fieldValidation=Warn",
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replica":1,)"
            R"("selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":)"
            R"({"containers":[{"name":"c","image":"i:1"}]}}}})"));
        const auto all = client->warnings();
        QVERIFY(std::count(all.begin(), all.end(), "") == 0);
        QVERIFY(std::find(all.begin(), all.end(), "unknown field \"spec.replica\"") != all.end());
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("type");
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* method, const char* path, const std::string& body,
                            const char* type, int status, ErrorKind kind, const char* says) {
            QTest::newRow(name) << method << path << QString::fromStdString(body) << type << status
                                << static_cast<int>(kind) << says;
        };
        const char* const maps = "/api/v1/namespaces/default/configmaps";
        row("no such object", "GET", "/api/v1/namespaces/default/configmaps/none", "", "", 404,
            ErrorKind::NotFound, "configmaps \"none\" not found");
        row("no such kind", "GET", "/apis/example.org/v1/things", "", "", 404, ErrorKind::NotFound,
            "404 page not found");
        row("no such namespace", "POST", "/api/v1/namespaces/none/configmaps", configMap("a"), "", 404,
            ErrorKind::NotFound, "namespaces \"none\" not found");
        row("a name that is none", "POST", maps, configMap("A B"), "", 422, ErrorKind::Invalid,
            "a lowercase RFC 1123 subdomain");
        row("garbage", "POST", maps, "{", "", 400, ErrorKind::Invalid, "");
        row("another name", "PUT", "/api/v1/namespaces/default/configmaps/b", configMap("a"), "", 400,
            ErrorKind::Invalid, "the name of the object (a) does not match the name on the URL (b)");
        row("an old version", "PUT", "/api/v1/namespaces/kube-system",
            R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","resourceVersion":"1"}})",
            "", 0, ErrorKind::Conflict, "");
        row("no such media type", "POST", maps, "x", "text/plain", 415, ErrorKind::Invalid, "");
        row("a method it has not", "PUT", maps, configMap("a"), "", 405, ErrorKind::Invalid, "");
        row("too large", "POST", maps, configMap("a", std::string(4U << 20U, 'x')), "", 413,
            ErrorKind::Invalid, "");
        row("a field nobody knows", "POST",
            "/api/v1/namespaces/default/configmaps?fieldValidation=Strict&dryRun=All",
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"date":{}})", "", 400,
            ErrorKind::Invalid, "unknown field \"date\"");
        row("a version that is to come", "GET",
            "/api/v1/namespaces/default/"
            "configmaps?resourceVersion=999999999&resourceVersionMatch=NotOlderThan",
            "", "", 504, ErrorKind::Server, "Too large resource version");
        row("a token that is none", "GET", "/api/v1/namespaces/default/configmaps?continue=xyz", "", "", 400,
            ErrorKind::Invalid, "");
    }
    void refusals()
    {
        QFETCH(QString, method);
        QFETCH(QString, path);
        QFETCH(QString, body);
        QFETCH(QString, type);
        QFETCH(int, status);
        QFETCH(int, kind);
        QFETCH(QString, says);
        if (status == 0) { // it needs an object with a past
            path = QStringLiteral("/api/v1/namespaces/default/configmaps/old");
            REQUIRE(call(*m_admin, "POST", "/api/v1/namespaces/default/configmaps", configMap("old")));
            body = QStringLiteral(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"old",)"
                                  R"("resourceVersion":"1"}})");
            status = 409;
        }
        const auto answer =
            call(*m_admin, method.toStdString(), path.toStdString(), body.toStdString(), type.toStdString());
        QVERIFY(!answer);
        const std::string told = words(answer.error());
        QVERIFY2(answer.error().httpStatus == status, told.c_str());
        QVERIFY2(static_cast<int>(answer.error().kind) == kind, told.c_str());
        QVERIFY2(QString::fromStdString(told).contains(says), told.c_str());
    }

    void alreadyThere()
    {
        REQUIRE(call(*m_admin, "POST", "/api/v1/namespaces/default/configmaps", configMap("twice")));
        const auto again =
            call(*m_admin, "POST", "/api/v1/namespaces/default/configmaps", configMap("twice"));
        QVERIFY(!again);
        QCOMPARE(again.error().kind, ErrorKind::Conflict);
        QVERIFY2(again.error().detail.find("already exists") != std::string::npos,
                 words(again.error()).c_str());
        // An older uid is another object.
        const ResourceId maps{"", "v1", "configmaps", true};
        const auto removed = ask(*m_admin, provision::deleteRequest(maps, "default", "twice",
                                                                    "00000000-0000-0000-0000-000000000000"));
        QVERIFY(!removed);
        QCOMPARE(removed.error().kind, ErrorKind::Conflict);
    }

    // Two who apply the same field: the second is told who holds it.
    void appliedByTwo()
    {
        const ResourceId maps{"", "v1", "configmaps", true};
        const auto object = [](const char* value) {
            provision::Object out("v1", "ConfigMap", "default", "shared");
            out.edit()["data"] = {{"a", value}};
            return out;
        };
        Request other = provision::applyRequest(maps, object("1"), false);
        other.query = "fieldManager=other";
        REQUIRE(ask(*m_admin, other));
        REQUIRE(ask(*m_admin, provision::applyRequest(maps, object("1"), false))); // the same value: shared
        const auto conflict = ask(*m_admin, provision::applyRequest(maps, object("2"), false));
        QVERIFY(!conflict);
        QCOMPARE(conflict.error().kind, ErrorKind::Conflict);
        QCOMPARE(conflict.error().httpStatus, 409);
        QVERIFY2(conflict.error().detail.find("conflict with \"other\": .data.a") != std::string::npos,
                 words(conflict.error()).c_str());
        Request raw = provision::applyRequest(maps, object("2"), true);
        const auto dry = ask(*m_admin, raw);
        QVERIFY(!dry);
        QCOMPARE(dry.error().kind, ErrorKind::Conflict);
    }

    // Streams to pods, as far as a server goes whose nodes are none.
    void sockets()
    {
        REQUIRE(call(
            *m_admin, "POST", "/api/v1/namespaces/default/pods",
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"waiting"},"spec":{"containers":[)"
            R"({"name":"c","image":"registry.example/c:1"},{"name":"d","image":"registry.example/c:1"}]}})"));
        const auto open = [&](const std::string& path, const std::string& query,
                              std::vector<std::string> protocols) {
            WebSocketRequest request;
            request.path = "/api/v1/namespaces/default/pods/" + path;
            request.query = query;
            request.protocols = std::move(protocols);
            const auto end = std::make_shared<SocketEnd>();
            const auto socket = m_admin->openWebSocket(request, end);
            if (!within(kLong, [&] { return end->end().has_value(); }))
                qFatal("no end");
            return end;
        };
        const std::vector<std::string> exec{"v5.channel.k8s.io", "v4.channel.k8s.io"};
        const auto told = [](const std::shared_ptr<SocketEnd>& end) {
            return QStringLiteral("%1 %2").arg(QString::fromStdString(words(*end->end())),
                                               QString::fromStdString(end->text()));
        };
        auto end = open("none/exec", "command=sh&container=c&stdin=true&stdout=true", exec);
        QVERIFY(!end->opened && !*end->end());
        QVERIFY2(end->end()->error().kind == ErrorKind::NotFound, qPrintable(told(end)));
        QVERIFY2(told(end).contains(QStringLiteral("pods \"none\" not found")), qPrintable(told(end)));
        end = open("waiting/exec", "command=sh&container=c&stdin=true&stdout=true", exec);
        QVERIFY(!end->opened && !*end->end());
        QVERIFY2(end->end()->error().kind == ErrorKind::Invalid &&
                     told(end).contains(QStringLiteral("does not have a host assigned")),
                 qPrintable(told(end)));
        end = open("waiting/exec", "command=sh&stdin=true&stdout=true", exec);
        QVERIFY2(told(end).contains(QStringLiteral("a container name must be specified")),
                 qPrintable(told(end)));
        end = open("waiting/portforward", "ports=80", {"v4.channel.k8s.io"});
        QVERIFY2(!*end->end() && told(end).contains(QStringLiteral("does not have a host assigned")),
                 qPrintable(told(end)));
        const auto nobody = Client::create(m_network, m_api->config("nobody"));
        WebSocketRequest request;
        request.path = "/api/v1/namespaces/default/pods/waiting/exec";
        request.query = "command=sh&container=c&stdout=true";
        request.protocols = exec;
        const auto refused = std::make_shared<SocketEnd>();
        const auto socket = nobody->openWebSocket(request, refused);
        QVERIFY(within(kLong, [&] { return refused->end().has_value(); }));
        QVERIFY2(!*refused->end() && refused->end()->error().kind == ErrorKind::Forbidden,
                 qPrintable(told(refused)));
        // A log of a pod that runs nowhere is no stream either.
        const auto log = call(*m_admin, "GET", "/api/v1/namespaces/default/pods/waiting/log?container=c");
        QVERIFY2(log || log.error().kind == ErrorKind::Invalid, words(log).c_str());
    }

    // Ages are by the server's clock, which is this computer's here.
    void clock()
    {
        const auto client = Client::create(m_network, m_api->config());
        REQUIRE(call(*client, "GET", "/api/v1/namespaces/default"));
        QVERIFY2(std::abs(client->clockOffsetMs()) < 3000,
                 qPrintable(QString::number(client->clockOffsetMs())));
        Watched watched;
        const SourceId id = watched.site.addCluster(m_api->config(), "real");
        REQUIRE(call(*m_admin, "POST", "/api/v1/nodes",
                     R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"young"}})"));
        QVERIFY(watched.until([&] { return watched.has(id, FactKind::KubeNode, "young"); }, kLong));
        const auto node = watched.get<stack::KubeNodeFact>(id, FactKind::KubeNode, "young");
        QVERIFY2(std::abs(systemNow() - node.meta.created) < 60'000,
                 qPrintable(QString::number(systemNow() - node.meta.created)));
        QVERIFY(watched.until([&] { return watched.state(id).readiness == stack::Readiness::Ready; }, kLong));
        QVERIFY2(watched.state(id).version.rfind("v1.", 0) == 0, watched.state(id).version.c_str());
    }

    // What is asked on demand: documents without what is secret, events, an object as it was.
    void documentsAndEvents()
    {
        Watched watched;
        const SourceId id = watched.site.addCluster(m_api->config(), "real");
        QVERIFY(watched.until([&] { return watched.live(id); }, kLong));
        REQUIRE(
            call(*m_admin, "POST", "/api/v1/namespaces/default/events",
                 R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e1"},"type":"Warning","reason":)"
                 R"("FailedScheduling","message":"0/1 nodes","involvedObject":{"kind":"Pod","namespace":)"
                 R"("default","name":"waiting"}})"));
        std::promise<Result<std::string>> yaml;
        stack::ObjectRef secret;
        secret.source = id;
        secret.version = "v1";
        secret.resource = "secrets";
        secret.kind = "Secret";
        secret.ns = "hidden";
        secret.name = "s";
        watched.site.fetchDocument(secret, [&](Result<std::string> got) { yaml.set_value(std::move(got)); });
        const auto document = yaml.get_future().get();
        REQUIRE(document);
        QVERIFY2(document->find("kind: Secret") != std::string::npos, document->c_str());
        QVERIFY(document->find("aHVzaA") == std::string::npos); // what is in it
        QVERIFY(document->find("managedFields") == std::string::npos);
        stack::ObjectRef pod = secret;
        pod.resource = "pods";
        pod.kind = "Pod";
        pod.ns = "default";
        pod.name = "waiting";
        std::promise<Result<std::vector<stack::EventRow>>> rows;
        watched.site.fetchEvents(
            pod, [&](Result<std::vector<stack::EventRow>> got) { rows.set_value(std::move(got)); });
        const auto events = rows.get_future().get();
        REQUIRE(events);
        QCOMPARE(events->size(), std::size_t(1));
        QCOMPARE(events->front().reason, std::string("FailedScheduling"));
        // As it was a moment ago.
        const UnixMs before = systemNow();
        REQUIRE(call(*m_admin, "PATCH", "/api/v1/namespaces/default/pods/waiting",
                     R"({"metadata":{"labels":{"later":"yes"}}})"));
        QVERIFY(watched.until([&] { return systemNow() > before + 2500; }, kLong));
        std::promise<Result<std::string>> then;
        watched.site.fetchDocumentAt(pod, before,
                                     [&](Result<std::string> got) { then.set_value(std::move(got)); });
        const auto old = then.get_future().get();
        REQUIRE(old);
        QVERIFY2(old->find("later") == std::string::npos, old->c_str());
    }
};

QTEST_GUILESS_MAIN(TestRealApi)
#include "test_realapi.moc"
