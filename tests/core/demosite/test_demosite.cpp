// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/handler.h"
#include "core/demosite/api/watchstream.h"
#include "core/demosite/demosite.h"
#include "core/demosite/site/write.h"

#include <QFile>
#include <QFileInfo>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <set>

using namespace strata;
using namespace strata::demosite;

namespace {

// One cluster behind its handler, without a network.
class Server {
public:
    explicit Server(std::function<void(Store&)> fillStore = {}, std::size_t = 0)
    {
        Cluster::Settings settings;
        settings.version = "v1.34.1";
        settings.token = "secret";
        settings.life = false;
        settings.fill = std::move(fillStore);
        cluster = std::make_shared<Cluster>(std::move(settings), systemNow);
        handler = std::make_unique<ApiHandler>(cluster, std::chrono::milliseconds(10));
        call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
    }

    HttpAnswer send(const char* method, const std::string& target, const std::string& body = {},
                    const std::string& type = "application/json", const std::string& accept = {}) const
    {
        HttpRequest request;
        request.method = method;
        parseTarget(target, request);
        request.body = body;
        request.contentType = type;
        request.accept = accept;
        request.userAgent = "test/1";
        request.identity.known = true;
        request.identity.user = "tester";
        request.identity.groups = {"system:masters"};
        return handler->handle(request);
    }
    Json call(const char* method, const std::string& target, const std::string& body = {},
              const std::string& type = "application/json", const std::string& accept = {},
              int* status = nullptr) const
    {
        const HttpAnswer answer = send(method, target, body, type, accept);
        if (status != nullptr)
            *status = answer.status;
        return parseOwn(answer.body);
    }
    int code(const char* method, const std::string& target, const std::string& body = {},
             const std::string& type = "application/json") const
    {
        return send(method, target, body, type).status;
    }
    void configMap(const std::string& name, const std::string& labels = "{}") const
    {
        call("POST", "/api/v1/namespaces/n/configmaps",
             R"({"metadata":{"name":")" + name + R"(","labels":)" + labels + R"(},"data":{"a":"1"}})");
    }

    std::shared_ptr<Cluster> cluster;
    std::unique_ptr<ApiHandler> handler;
};

std::vector<Json> frames(HttpStream& stream, bool* ended = nullptr)
{
    bool done = false;
    const std::string bytes = stream.read(done);
    if (ended != nullptr)
        *ended = done;
    std::vector<Json> out;
    std::size_t at = 0;
    for (std::size_t end = bytes.find('\n'); end != std::string::npos;
         at = end + 1, end = bytes.find('\n', at))
        out.push_back(parseOwn(std::string_view(bytes).substr(at, end - at)));
    return out;
}

std::string names(const Json& list)
{
    std::string out;
    for (const Json& item : list["items"])
        out += (out.empty() ? "" : " ") + text(item, "metadata.name");
    return out;
}

const std::string kMaps = "/api/v1/namespaces/n/configmaps";

} // namespace

class TestDemosite : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void createsReadsAndConflicts()
    {
        const Server server;
        server.configMap("one");
        QCOMPARE(server.code("POST", kMaps, R"({"metadata":{"name":"one"}})"), 409);
        QCOMPARE(server.code("POST", kMaps, R"({"metadata":{"name":"Bad_Name"}})"), 422);
        QCOMPARE(server.code("POST", "/api/v1/namespaces/none/configmaps", R"({"metadata":{"name":"x"}})"),
                 404);
        QCOMPARE(server.code("GET", kMaps + "/two"), 404);
        Json object = server.call("GET", kMaps + "/one");
        QCOMPARE(text(object, "kind"), std::string("ConfigMap"));
        QVERIFY(!text(object, "metadata.uid").empty());
        object["data"]["a"] = "2";
        QCOMPARE(server.code("PUT", kMaps + "/one", compact(object)), 200);
        int status = 0;
        const Json refused =
            server.call("PUT", kMaps + "/one", compact(object), "application/json", {}, &status);
        QCOMPARE(status, 409); // the resource version is old now
        QCOMPARE(text(refused, "reason"), std::string("Conflict"));
        QCOMPARE(text(server.call("GET", kMaps + "/one"), "data.a"), std::string("2"));
    }

    void generatesNames()
    {
        const Server server;
        const Json made = server.call("POST", kMaps, R"({"metadata":{"generateName":"cm-"}})");
        QCOMPARE(text(made, "metadata.name").size(), std::size_t(8));
        QCOMPARE(text(made, "metadata.name").substr(0, 3), std::string("cm-"));
    }

    void dryRunWritesNothing()
    {
        const Server server;
        int status = 0;
        const Json tried = server.call("POST", kMaps + "?dryRun=All", R"({"metadata":{"name":"ghost"}})",
                                       "application/json", {}, &status);
        QCOMPARE(status, 201);
        QVERIFY(!text(tried, "metadata.uid").empty());
        QVERIFY(find(tried, "metadata.resourceVersion") == nullptr); // it was never stored
        QCOMPARE(server.code("GET", kMaps + "/ghost"), 404);
        server.configMap("one");
        QCOMPARE(server.code("DELETE", kMaps + "/one?dryRun=All"), 200);
        QCOMPARE(server.code("GET", kMaps + "/one"), 200);
    }

    void selectors_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("expected");
        QTest::newRow("equal") << "labelSelector=app%3Dweb"
                               << "a b";
        QTest::newRow("not equal keeps the unlabelled") << "labelSelector=app!%3Dweb"
                                                        << "c d";
        QTest::newRow("in") << "labelSelector=tier+in+(x,y)"
                            << "a b c";
        QTest::newRow("notin") << "labelSelector=tier+notin+(x)"
                               << "b c d";
        QTest::newRow("exists") << "labelSelector=app"
                                << "a b c";
        QTest::newRow("missing") << "labelSelector=!app"
                                 << "d";
        QTest::newRow("and") << "labelSelector=app%3Dweb,tier%3Dy"
                             << "b";
        QTest::newRow("field") << "fieldSelector=metadata.name%3Dc"
                               << "c";
        QTest::newRow("field not") << "fieldSelector=metadata.name!%3Dc"
                                   << "a b d";
    }
    void selectors()
    {
        QFETCH(QString, query);
        QFETCH(QString, expected);
        const Server server;
        server.configMap("a", R"({"app":"web","tier":"x"})");
        server.configMap("b", R"({"app":"web","tier":"y"})");
        server.configMap("c", R"({"app":"db","tier":"y"})");
        server.configMap("d");
        QCOMPARE(QString::fromStdString(names(server.call("GET", kMaps + "?" + query.toStdString()))),
                 expected);
    }

    void readinessIsReadInAnyOrder()
    {
        const auto ready = [](const char* conditions) {
            Object pod;
            pod.body = R"({"metadata":{"name":"p"},"status":{"conditions":)" + std::string(conditions) + "}}";
            return isReady(pod);
        };
        QVERIFY(ready(R"([{"type":"Ready","status":"True"}])"));
        QVERIFY(ready(R"([{"type":"Initialized","status":"False"},{"status":"True","type":"Ready"}])"));
        QVERIFY(ready(R"([{"type":"Ready","lastTransitionTime":"x","status":"True"}])"));
        QVERIFY(!ready(R"([{"type":"Ready","status":"False"},{"type":"ContainersReady","status":"True"}])"));
        QVERIFY(!ready(R"([{"status":"Unknown","type":"Ready"}])"));
        QVERIFY(!ready("[]"));
    }

    // What a server cannot take still tells what it warned of, each word of it in quotes.
    void refusalsWarn()
    {
        const Server server;
        server.configMap("a");
        const HttpAnswer answer =
            server.send("POST", kMaps, R"({"metadata":{"name":"a"},"date":1,"data":{"a":"1","a":"2"}})");
        QCOMPARE(answer.status, 409);
        QCOMPARE(answer.warnings.size(), std::size_t(2));
        QCOMPARE(answer.warnings[0], std::string("duplicate field \"data.a\""));
        QCOMPARE(answer.warnings[1], std::string("unknown field \"date\""));
    }

    void whatNobodyServesHasNoStatus()
    {
        const Server server;
        for (const char* path : {"/nothing", "/apis/none.example.org", "/apis/none.example.org/v1/things",
                                 "/apis/cluster.x-k8s.io/v1beta2/things"}) {
            const HttpAnswer answer = server.send("GET", path);
            QCOMPARE(answer.status, 404);
            QCOMPARE(answer.body, std::string("404 page not found\n"));
        }
        for (const char* path :
             {"/apis/apps/v7", "/api/v1/things", "/apis/apps/v1/namespaces/n/deployments/a/b"}) {
            const HttpAnswer answer = server.send("GET", path);
            QCOMPARE(answer.status, 404);
            QCOMPARE(text(parseOwn(answer.body), "reason"), std::string("NotFound"));
            QVERIFY(find(parseOwn(answer.body), "details") != nullptr);
        }
    }

    void badSelectorsAreRefused()
    {
        const Server server;
        QCOMPARE(server.code("GET", kMaps + "?fieldSelector=spec.color%3Dred"), 400);
        QCOMPARE(server.code("GET", kMaps + "?labelSelector=a+in+x"), 400);
    }

    void pagesAreOnePicture()
    {
        const Server server;
        for (const char* name : {"a", "b", "c", "d", "e"})
            server.configMap(name);
        const Json first = server.call("GET", kMaps + "?limit=2");
        QCOMPARE(names(first), std::string("a b"));
        QCOMPARE(number(first, "metadata.remainingItemCount").value_or(0), 3LL);
        server.configMap("bb");
        QCOMPARE(server.code("DELETE", kMaps + "/c"), 200);
        const std::string token = text(first, "metadata.continue");
        const Json second = server.call("GET", kMaps + "?limit=2&continue=" + token);
        QCOMPARE(names(second), std::string("c d"));
        QCOMPARE(text(second, "metadata.resourceVersion"), text(first, "metadata.resourceVersion"));
        const Json last =
            server.call("GET", kMaps + "?limit=2&continue=" + text(second, "metadata.continue"));
        QCOMPARE(names(last), std::string("e"));
        QVERIFY(text(last, "metadata.continue").empty());
        server.cluster->store().expirePictures();
        QCOMPARE(server.code("GET", kMaps + "?limit=2&continue=" + token), 410);
    }

    void watchTellsChangesInOrder()
    {
        const Server server;
        const std::string version = text(server.call("GET", kMaps), "metadata.resourceVersion");
        HttpAnswer answer =
            server.send("GET", kMaps + "?watch=1&labelSelector=app&resourceVersion=" + version);
        QVERIFY(answer.stream);
        int wakes = 0;
        answer.stream->start([&] { ++wakes; });
        QVERIFY(frames(*answer.stream).empty());
        server.configMap("a", R"({"app":"x"})");
        server.configMap("other");
        server.call("PATCH", kMaps + "/other", R"({"metadata":{"labels":{"app":"y"}}})",
                    "application/merge-patch+json");
        server.call("PATCH", kMaps + "/a", R"({"metadata":{"labels":null}})", "application/merge-patch+json");
        server.call("DELETE", kMaps + "/other");
        QCOMPARE(wakes, 5);
        std::string seen;
        for (const Json& frame : frames(*answer.stream))
            seen += text(frame, "type") + ":" + text(frame, "object.metadata.name") + " ";
        QCOMPARE(seen, std::string("ADDED:a ADDED:other DELETED:a DELETED:other "));
    }

    void oldWatchesGet410()
    {
        Store store(systemNow, 4);
        const Kind& kind = Kinds::instance().get("namespaces", "");
        for (const char* name : {"a", "b", "c", "d", "e", "f"})
            QVERIFY(store.create(kind, {{"metadata", {{"name", name}}}}));
        const auto old = store.since(kind, 1001, 10);
        QVERIFY(!old);
        QCOMPARE(old.error().code, 410);
        QCOMPARE(store.since(kind, 1002, 10)->size(), std::size_t(4));
    }

    void streamingListEndsWithABookmark()
    {
        const Server server;
        server.configMap("a");
        server.configMap("b");
        HttpAnswer answer =
            server.send("GET", kMaps + "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&"
                                       "resourceVersionMatch=NotOlderThan");
        QVERIFY(answer.stream);
        answer.stream->start([] {});
        const auto seen = frames(*answer.stream);
        QCOMPARE(seen.size(), std::size_t(3));
        QCOMPARE(text(seen[2], "type"), std::string("BOOKMARK"));
        QCOMPARE(seen[2]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"].get<std::string>(),
                 std::string("true"));
        QCOMPARE(server.code("GET", kMaps + "?watch=1&sendInitialEvents=true"), 422);
        // Bookmarks go on: every 10 ms here.
        bool marked = false;
        QTRY_VERIFY([&] {
            for (const Json& frame : frames(*answer.stream))
                marked = marked || text(frame, "type") == "BOOKMARK";
            return marked;
        }());
    }

    void futureVersionsAreTooLarge()
    {
        const Server server;
        QCOMPARE(server.code("GET", kMaps + "/a?resourceVersion=99999999"), 504);
        // A watch waits for it.
        HttpAnswer waiting = server.send("GET", kMaps + "?watch=1&resourceVersion=99999999");
        QCOMPARE(waiting.status, 200);
        QVERIFY(waiting.stream != nullptr);
        server.configMap("a");
        QVERIFY(frames(*waiting.stream).empty());
        int status = 0;
        const Json answer =
            server.call("GET", kMaps + "?resourceVersion=99999999", {}, "application/json", {}, &status);
        QCOMPARE(status, 504);
        QCOMPARE(text(answer["details"]["causes"][0], "reason"), std::string("ResourceVersionTooLarge"));
    }

    void patches()
    {
        const Server server;
        const std::string pod = "/apis/apps/v1/namespaces/n/deployments/p";
        server.call("POST", "/apis/apps/v1/namespaces/n/deployments",
                    R"({"metadata":{"name":"p"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{)"
                    R"("metadata":{"labels":{"a":"b"}},"spec":{"containers":[)"
                    R"({"name":"a","image":"x"},{"name":"b","image":"y"}]}}}})");
        const auto containers = [](const char* list) {
            return std::string(R"({"spec":{"template":{"spec":{"containers":)") + list + "}}}}";
        };
        const Json strategic = server.call("PATCH", pod, containers(R"([{"name":"b","image":"z"}])"),
                                           "application/strategic-merge-patch+json");
        QCOMPARE(strategic["spec"]["template"]["spec"]["containers"].size(), std::size_t(2));
        QCOMPARE(text(strategic["spec"]["template"]["spec"]["containers"][1], "image"), std::string("z"));
        const Json merged = server.call("PATCH", pod, containers(R"([{"name":"c","image":"q"}])"),
                                        "application/merge-patch+json");
        QCOMPARE(merged["spec"]["template"]["spec"]["containers"].size(), std::size_t(1));
        const Json patched =
            server.call("PATCH", pod,
                        R"([{"op":"test","path":"/spec/template/spec/containers/0/name","value":"c"},)"
                        R"({"op":"add","path":"/metadata/labels","value":{"k":"v"}}])",
                        "application/json-patch+json");
        QCOMPARE(text(patched, "metadata.labels.k"), std::string("v"));
        QCOMPARE(server.code("PATCH", pod, R"([{"op":"test","path":"/metadata/name","value":"no"}])",
                             "application/json-patch+json"),
                 422);
        QCOMPARE(server.code("PATCH", pod, "{}", "application/cbor"), 415);
    }

    void statusAndSpecAreWrittenApart()
    {
        const Server server;
        const std::string path = "/apis/kubevirt.io/v1/namespaces/n/virtualmachines";
        server.call("POST", path,
                    R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"v"},)"
                    R"("spec":{"runStrategy":"Always","template":{"spec":{"domain":{"devices":{}}}}},)"
                    R"("status":{"ready":true}})");
        QVERIFY(text(server.call("GET", path + "/v"), "status.ready").empty());
        server.call("PATCH", path + "/v/status",
                    R"({"status":{"ready":true},"spec":{"runStrategy":"Halted"}})",
                    "application/merge-patch+json");
        Json now = server.call("GET", path + "/v");
        QCOMPARE(text(now, "status.ready"), std::string("true"));
        QCOMPARE(text(now, "spec.runStrategy"), std::string("Always"));
        QCOMPARE(number(now, "metadata.generation").value_or(0), 1LL);
        server.call("PATCH", path + "/v", R"({"status":{"ready":false},"spec":{"runStrategy":"Halted"}})",
                    "application/merge-patch+json");
        now = server.call("GET", path + "/v");
        QCOMPARE(text(now, "status.ready"), std::string("true"));
        QCOMPARE(number(now, "metadata.generation").value_or(0), 2LL);
        QCOMPARE(server.code("PATCH", path + "/v", "{}", "application/strategic-merge-patch+json"), 415);
    }

    void serverSideApplyTracksOwners()
    {
        const Server server;
        const char* const yaml = "application/apply-patch+yaml";
        const auto apply = [&](const std::string& manager, const std::string& data, const char* more = "",
                               int* status = nullptr) {
            return server.call("PATCH", kMaps + "/s?fieldManager=" + manager + more,
                               "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s\ndata:\n" + data, yaml,
                               {}, status);
        };
        int status = 0;
        apply("one", "  a: \"1\"\n  b: \"2\"\n", "", &status);
        QCOMPARE(status, 201);
        const Json refused = apply("two", "  a: \"9\"\n", "", &status);
        QCOMPARE(status, 409);
        QCOMPARE(text(refused["details"]["causes"][0], "reason"), std::string("FieldManagerConflict"));
        QCOMPARE(text(refused["details"]["causes"][0], "field"), std::string(".data.a"));
        Json now = apply("two", "  a: \"9\"\n", "&force=true", &status);
        QCOMPARE(status, 200);
        QCOMPARE(text(now, "data.a"), std::string("9"));
        now = apply("one", "  c: \"3\"\n");
        QCOMPARE(text(now, "data.a"), std::string("9")); // it is the other's now
        QVERIFY(text(now, "data.b").empty());            // only the first owned it, and dropped it
        QCOMPARE(text(now, "data.c"), std::string("3"));
        const std::string before = text(now, "metadata.resourceVersion");
        QCOMPARE(text(apply("one", "  c: \"3\"\n"), "metadata.resourceVersion"), before);
        QCOMPARE(server.code("PATCH", kMaps + "/s", "kind: ConfigMap", yaml), 422);
    }

    void serverSideApplyKnowsWhichListsAreMaps()
    {
        const Server server;
        const auto apply = [&](const char* manager, const std::string& podSpec, int* status) {
            return server.call(
                "PATCH", "/apis/apps/v1/namespaces/n/deployments/d?fieldManager=" + std::string(manager),
                R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":)"
                R"({"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":)" +
                    podSpec + "}}}",
                "application/apply-patch+yaml", {}, status);
        };
        int status = 0;
        apply("one",
              R"({"tolerations":[{"key":"x","operator":"Exists"}],"containers":[{"name":"c","image":"i",)"
              R"("ports":[{"containerPort":80}],"env":[{"name":"A","value":"1"}]}]})",
              &status);
        QCOMPARE(status, 201);
        const Json both = apply("two",
                                R"({"containers":[{"name":"c","ports":[{"containerPort":81}],)"
                                R"("env":[{"name":"B","value":"2"}]}]})",
                                &status);
        QCOMPARE(status, 200);
        const Json& container = both["spec"]["template"]["spec"]["containers"][0];
        QCOMPARE(container["env"].size(), std::size_t(2));
        QCOMPARE(container["ports"].size(), std::size_t(2));
        QCOMPARE(text(container, "image"), std::string("i"));
        // Tolerations are one value: another manager cannot add to them.
        const Json refused = apply("two", R"({"tolerations":[{"key":"y","operator":"Exists"}]})", &status);
        QCOMPARE(status, 409);
        QCOMPARE(text(refused["details"]["causes"][0], "field"),
                 std::string(".spec.template.spec.tolerations"));
    }

    void accessFollowsTheBindings()
    {
        const Server server([](Store& store) {
            const SitePlan plan = makePlan(Size::Small, 1, systemNow());
            writeOuter(store, plan);
            writeAccess(store, plan, plan.name, "blue");
        });
        HttpRequest request;
        request.method = "GET";
        parseTarget("/api/v1/namespaces/blue/pods", request);
        const auto as = [&](const char* group) {
            request.identity = {};
            request.identity.known = true;
            request.identity.user = "somebody";
            request.identity.groups = {group};
            return server.handler->handle(request).status;
        };
        QCOMPARE(as("strata:tenant-blue"), 200);
        QCOMPARE(as("strata:viewers"), 200);
        QCOMPARE(as("nobody"), 403);
        request.identity = {};
        const HttpAnswer anonymous = server.handler->handle(request);
        QCOMPARE(anonymous.status, 403);
        QCOMPARE(
            text(parseOwn(anonymous.body), "message"),
            std::string("pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API "
                        "group \"\" in the namespace \"blue\""));
        request.identity.refused = true;
        QCOMPARE(server.handler->handle(request).status, 401);
        // A binding made now counts at once.
        server.call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/blue/rolebindings",
                    R"({"metadata":{"name":"late"},"roleRef":{"kind":"ClusterRole","name":"view"},)"
                    R"("subjects":[{"kind":"Group","name":"nobody"}]})");
        QCOMPARE(as("nobody"), 200);
        parseTarget("/api/v1/namespaces/red/pods", request);
        QCOMPARE(as("nobody"), 403);
    }

    void finalizersHoldDeletion()
    {
        const Server server;
        server.call("POST", kMaps, R"({"metadata":{"name":"f","finalizers":["x/y"]}})");
        const Json marked = server.call("DELETE", kMaps + "/f");
        QCOMPARE(text(marked, "kind"), std::string("ConfigMap"));
        QVERIFY(!text(marked, "metadata.deletionTimestamp").empty());
        server.call("PATCH", kMaps + "/f", R"({"metadata":{"finalizers":null}})",
                    "application/merge-patch+json");
        QCOMPARE(server.code("GET", kMaps + "/f"), 404);
        server.configMap("u");
        QCOMPARE(server.code("DELETE", kMaps + "/u", R"({"preconditions":{"uid":"other"}})"), 409);
    }

    void oldClusterApiVersionIsAView()
    {
        const Server server([](Store& store) { writeOuter(store, makePlan(Size::Small, 1, systemNow())); });
        const Json now = server.call("GET", "/apis/cluster.x-k8s.io/v1beta2/namespaces/blue/clusters/blue");
        QCOMPARE(text(now, "spec.controlPlaneRef.apiGroup"), std::string("controlplane.cluster.x-k8s.io"));
        const HttpAnswer answer =
            server.send("GET", "/apis/cluster.x-k8s.io/v1beta1/namespaces/blue/clusters/blue");
        QCOMPARE(answer.warnings.size(), std::size_t(1));
        const Json old = parseOwn(answer.body);
        QCOMPARE(text(old, "apiVersion"), std::string("cluster.x-k8s.io/v1beta1"));
        QCOMPARE(text(old, "spec.controlPlaneRef.apiVersion"),
                 std::string("controlplane.cluster.x-k8s.io/v1beta1"));
        QCOMPARE(text(old, "spec.infrastructureRef.apiVersion"),
                 std::string("infrastructure.cluster.x-k8s.io/v1alpha1"));
        QCOMPARE(text(old, "status.infrastructureReady"), std::string("true"));
        QCOMPARE(text(old, "status.controlPlaneReady"), std::string("true"));
        // Written back through the old version nothing is lost.
        Json again = old;
        again["metadata"]["labels"]["x"] = "y";
        QCOMPARE(server.code("PUT", "/apis/cluster.x-k8s.io/v1beta1/namespaces/blue/clusters/blue",
                             compact(again)),
                 200);
        const Json after = server.call("GET", "/apis/cluster.x-k8s.io/v1beta2/namespaces/blue/clusters/blue");
        QVERIFY(after["spec"] == now["spec"]);
        QVERIFY(after["status"] == now["status"]);
    }

    void tablesHaveTheRealColumns()
    {
        const Server server([](Store& store) { writeOuter(store, makePlan(Size::Small, 1, systemNow())); });
        const std::string accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        const Json table = server.call("GET", "/apis/kubevirt.io/v1/virtualmachineinstances", {}, "", accept);
        QCOMPARE(text(table, "kind"), std::string("Table"));
        QCOMPARE(text(table["columnDefinitions"][2], "name"), std::string("Phase"));
        QCOMPARE(table["rows"].size(), std::size_t(13));
        const Json nodes = server.call("GET", "/api/v1/nodes", {}, "", accept);
        QCOMPARE(compact(nodes["rows"][0]["cells"][1]), std::string("\"Ready\""));
        const Json partial = server.call("GET", "/api/v1/nodes", {}, "",
                                         "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
        QCOMPARE(text(partial, "kind"), std::string("PartialObjectMetadataList"));
        QVERIFY(find(partial["items"][0], "spec") == nullptr);
    }

    void everyGeneratedObjectIsWhole_data()
    {
        QTest::addColumn<int>("seed");
        QTest::newRow("seed 1") << 1;
        QTest::newRow("seed 2") << 2;
    }
    void everyGeneratedObjectIsWhole()
    {
        QFETCH(int, seed);
        const SitePlan plan = makePlan(Size::Small, static_cast<std::uint32_t>(seed), systemNow());
        Store outer(systemNow);
        writeOuter(outer, plan);
        std::vector<std::unique_ptr<Store>> stores;
        std::size_t pods = 0;
        std::size_t nodes = 0;
        for (std::size_t i = 0; i < plan.tenants.size(); ++i) {
            stores.push_back(std::make_unique<Store>(systemNow));
            writeInner(*stores.back(), plan, i);
            pods += stores.back()->count(Kinds::instance().get("pods", ""));
            nodes += stores.back()->count(Kinds::instance().get("nodes", ""));
        }
        QCOMPARE(nodes, std::size_t(12));
        QVERIFY2(pods > 180 && pods < 240, qPrintable(QString::number(pods)));
        std::set<std::string> uids;
        std::size_t total = 0;
        const auto check = [&](Store& store) {
            std::set<std::string> here;
            for (const Kind& kind : Kinds::instance().all()) {
                for (const ObjectPtr& object : store.list(kind)) {
                    const Json body = parseOwn(object->body);
                    QVERIFY2(body.is_object(), object->body.c_str());
                    QVERIFY2(!object->name.empty() && !object->uid.empty(), object->body.c_str());
                    QVERIFY(object->ns.empty() != kind.has(Namespaced));
                    QVERIFY(parseRfc3339(text(body, "metadata.creationTimestamp")).has_value());
                    here.insert(object->uid);
                    uids.insert(object->uid);
                    ++total;
                }
            }
            for (const Kind& kind : Kinds::instance().all()) {
                for (const ObjectPtr& object : store.list(kind)) {
                    const Json body = parseOwn(object->body);
                    for (const Json& owner : body["metadata"].value("ownerReferences", Json::array()))
                        QVERIFY2(here.count(text(owner, "uid")) == 1,
                                 (object->name + " is owned by nobody: " + compact(owner)).c_str());
                }
            }
        };
        check(outer);
        for (const auto& store : stores)
            check(*store);
        QCOMPARE(uids.size(), total);
        QCOMPARE(outer.count(Kinds::instance().get("virtualmachineinstances")), std::size_t(13));
    }

    void startsQuicklyAndPrivately()
    {
        QElapsedTimer timer;
        timer.start();
        Options options;
        options.life = false;
        const auto site = DemoSite::start(options);
        QVERIFY2(site.has_value(), site ? "" : site.error().detail.c_str());
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
        const QFileInfo folder(QString::fromStdString((*site)->directory()));
        const QFileInfo config(QString::fromStdString((*site)->kubeconfigPath()));
        using Permission = QFile::Permission;
        QVERIFY(!(folder.permissions() & (Permission::ReadGroup | Permission::ReadOther)));
        QVERIFY(!(config.permissions() & (Permission::ReadGroup | Permission::ReadOther)));
        QCOMPARE((*site)->hosts().size(), std::size_t(4));
    }
};

QTEST_GUILESS_MAIN(TestDemosite)
#include "test_demosite.moc"
