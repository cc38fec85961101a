// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/handler.h"
#include "core/demosite/controllers/objects.h"

#include <QtTest>

#include <nlohmann/json.hpp>

using namespace strata;
using namespace strata::demosite;

namespace {

const char* const kApply = "application/apply-patch+yaml";

// One cluster behind its handler, without a network; its time stands still until it is told.
class Server {
public:
    Server()
    {
        Cluster::Settings settings;
        settings.version = "v1.34.1";
        settings.life = false;
        cluster = std::make_shared<Cluster>(std::move(settings), [this] { return now; });
        handler = std::make_unique<ApiHandler>(cluster);
        call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"n"}})");
    }
    Json call(const char* method, const std::string& target, const std::string& body = {},
              const std::string& type = "application/json")
    {
        HttpRequest request;
        request.method = method;
        parseTarget(target, request);
        request.body = body;
        request.contentType = type;
        request.userAgent = "test/1";
        request.identity.known = true;
        request.identity.user = "tester";
        request.identity.groups = {"system:masters"};
        const HttpAnswer answer = handler->handle(request);
        status = answer.status;
        return parseOwn(answer.body);
    }
    Json apply(const std::string& path, const char* manager, const std::string& yaml, const char* more = "")
    {
        return call("PATCH", path + "?fieldManager=" + manager + more, yaml, kApply);
    }

    UnixMs now = 1'795'000'000'000;
    int status = 0;
    std::shared_ptr<Cluster> cluster;
    std::unique_ptr<ApiHandler> handler;
};

Json entryOf(const Json& object, const char* manager, const char* operation = "Apply")
{
    const Json* all = demosite::find(object, "metadata.managedFields");
    for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
        if (text((*all)[i], "manager") == manager && text((*all)[i], "operation") == operation)
            return (*all)[i];
    }
    return {};
}

Json fieldsOf(const Json& object, const char* manager, const char* operation = "Apply")
{
    const Json entry = entryOf(object, manager, operation);
    return entry.is_null() ? Json() : entry["fieldsV1"];
}

// Without the quotation marks, those within names as apostrophes: moc trips over the others in raw strings.
std::string plain(const Json& value)
{
    std::string out;
    const std::string whole = compact(value);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i] == '\\' && i + 1 < whole.size() && whole[i + 1] == '"')
            out += whole[++i] == '"' ? '\'' : ' ';
        else if (whole[i] != '"')
            out += whole[i];
    }
    return out;
}

std::string names(const Json& list, const char* key = "name")
{
    std::string out;
    for (const Json& each : list)
        out += (out.empty() ? "" : " ") + (each.is_string() ? each.get<std::string>() : text(each, key));
    return out;
}

// clang-format off
const char* const kDefinition =
    "apiVersion: apiextensions.k8s.io/v1\n"
    "kind: CustomResourceDefinition\n"
    "metadata: {name: gardens.example.com}\n"
    "spec:\n"
    "  group: example.com\n"
    "  names: {plural: gardens, singular: garden, kind: Garden, listKind: GardenList}\n"
    "  scope: Namespaced\n"
    "  versions:\n"
    "  - name: v1\n"
    "    served: true\n"
    "    storage: true\n"
    "    subresources:\n"
    "      status: {}\n"
    "      scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}\n"
    "    selectableFields: [{jsonPath: .spec.place}, {jsonPath: .spec.size}]\n"
    "    schema:\n"
    "      openAPIV3Schema:\n"
    "        type: object\n"
    "        properties:\n"
    "          spec:\n"
    "            type: object\n"
    "            properties:\n"
    "              size: {type: integer}\n"
    "              place: {type: string}\n"
    "              beds:\n"
    "                type: array\n"
    "                x-kubernetes-list-type: map\n"
    "                x-kubernetes-list-map-keys: [row, side]\n"
    "                items:\n"
    "                  type: object\n"
    "                  required: [row]\n"
    "                  properties:\n"
    "                    row: {type: integer}\n"
    "                    side: {type: string, default: left}\n"
    "                    plant: {type: string}\n"
    "                    water: {type: integer}\n"
    "              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}\n"
    "              tools: {type: array, items: {type: string}}\n"
    "              soil:\n"
    "                type: object\n"
    "                x-kubernetes-map-type: atomic\n"
    "                properties: {kind: {type: string}, depth: {type: integer}}\n"
    "              notes: {type: object, additionalProperties: {type: string}}\n"
    "              free: {type: object, x-kubernetes-preserve-unknown-fields: true}\n"
    "          status:\n"
    "            type: object\n"
    "            properties: {size: {type: integer}, mood: {type: string}}\n";
// clang-format on

const std::string kGarden = "/apis/example.com/v1/namespaces/n/gardens/g";
const std::string kHead = "apiVersion: example.com/v1\nkind: Garden\nmetadata: {name: g}\n";

} // namespace

// metadata.managedFields and server-side apply, as structured-merge-diff and apimachinery have them.
class TestApply : public QObject {
    Q_OBJECT

    static void define(Server& server)
    {
        const Json made = server.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                                      kDefinition, "application/yaml");
        QVERIFY2(server.status == 201, compact(made).c_str());
    }

private Q_SLOTS:
    void listsOfCustomKindsMergeAsTheirSchemaSays()
    {
        Server server;
        define(server);
        Json now = server.apply(kGarden, "one",
                                kHead + "spec:\n  beds: [{row: 1, plant: rose}, {row: 2, plant: leek}]\n"
                                        "  tags: [a, b]\n  tools: [rake]\n  soil: {kind: clay}\n"
                                        "  notes: {x: '1'}\n");
        QVERIFY2(server.status == 201, compact(now).c_str());
        QCOMPARE(plain(fieldsOf(now, "one")),
                 std::string("{f:spec:{f:beds:{k:{'row':1,'side':'left'}:{.:{},f:plant:{},f:row:{}},"
                             "k:{'row':2,'side':'left'}:{.:{},f:plant:{},f:row:{}}},f:notes:{f:x:{}},"
                             "f:soil:{},f:tags:{v:'a':{},v:'b':{}},f:tools:{}}}"));

        // Another one adds to what is a map or a set; an item that is there is found by its keys, one of
        // which may be left to its default.
        now = server.apply(kGarden, "two",
                           kHead + "spec:\n  beds: [{row: 3, plant: kale}, {row: 1, side: left, water: 5}]\n"
                                   "  tags: [c]\n  notes: {y: '2'}\n");
        QVERIFY2(server.status == 200, compact(now).c_str());
        QCOMPARE(now["spec"]["beds"].size(), std::size_t(3));
        QCOMPARE(names(now["spec"]["beds"], "row"), std::string("3 1 2"));
        QCOMPARE(text(now["spec"]["beds"][1], "plant"), std::string("rose"));
        QCOMPARE(number(now["spec"]["beds"][1], "water").value_or(0), 5LL);
        QCOMPARE(names(now["spec"]["tags"]), std::string("a b c"));
        QCOMPARE(now["spec"]["notes"].size(), std::size_t(2));

        // What is one value belongs to one.
        for (const auto& [yaml, field] :
             {std::pair("tools: [spade]", ".spec.tools"), std::pair("soil: {depth: 3}", ".spec.soil"),
              std::pair("beds: [{row: 2, plant: pea}]", ".spec.beds[row=2,side=\"left\"].plant"),
              std::pair("notes: {x: '9'}", ".spec.notes.x")}) {
            const Json refused = server.apply(kGarden, "two", kHead + "spec:\n  " + yaml + "\n");
            QCOMPARE(server.status, 409);
            QCOMPARE(text(refused, "reason"), std::string("Conflict"));
            QCOMPARE(text(refused, "message"),
                     std::string("Apply failed with 1 conflict: conflict with \"one\": ") + field);
            QCOMPARE(text(refused["details"]["causes"][0], "reason"), std::string("FieldManagerConflict"));
            QCOMPARE(text(refused["details"]["causes"][0], "field"), std::string(field));
        }
        now = server.apply(kGarden, "two", kHead + "spec: {soil: {depth: 3}}\n", "&force=true");
        QCOMPARE(server.status, 200);
        QCOMPARE(compact(now["spec"]["soil"]), std::string(R"({"depth":3})")); // all of it
        QVERIFY(demosite::find(fieldsOf(now, "one"), "f:spec.f:soil") == nullptr);
        // And what it does not say any more is gone, but for what the other one has.
        QCOMPARE(names(now["spec"]["tags"]), std::string("a b"));
        QCOMPARE(names(now["spec"]["beds"], "row"), std::string("1 2"));
        QCOMPARE(text(now["spec"]["beds"][0], "plant"), std::string("rose"));
        QVERIFY(!now["spec"]["beds"][0].contains("water"));
        QCOMPARE(compact(now["spec"]["notes"]), std::string(R"({"x":"1"})"));
    }

    void severalConflictsAreToldByTheirManagers()
    {
        Server server;
        define(server);
        server.apply(kGarden, "one", kHead + "spec: {size: 1, place: yard}\n");
        server.call("PATCH", kGarden + "?fieldManager=ed", R"({"spec":{"soil":{"kind":"sand"}}})",
                    "application/merge-patch+json");
        const Json refused =
            server.apply(kGarden, "two", kHead + "spec: {size: 2, place: roof, soil: {kind: peat}}\n");
        QCOMPARE(server.status, 409);
        QCOMPARE(text(refused, "message"),
                 std::string("Apply failed with 3 conflicts: conflicts with \"ed\" using example.com/v1:\n"
                             "- .spec.soil\nconflicts with \"one\":\n- .spec.place\n- .spec.size"));
    }

    void fieldsOfAClusterAreSharedByTheirNames()
    {
        Server server;
        const std::string path = "/apis/cluster.x-k8s.io/v1beta2/namespaces/n/clusters/c";
        const auto topology = [&](const char* manager, const std::string& rest) {
            return server.apply(path, manager,
                                "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: c}\n"
                                "spec:\n  topology:\n    classRef: {name: k}\n    version: v1.34.1\n" +
                                    rest);
        };
        Json now = topology("one", "    variables: [{name: a, value: {deep: [1, 2]}}]\n");
        QVERIFY2(server.status == 201, compact(now).c_str());
        now = topology("two", "    variables: [{name: b, value: 2}]\n");
        QVERIFY2(server.status == 200, compact(now).c_str());
        QCOMPARE(names(now["spec"]["topology"]["variables"]), std::string("a b"));
        // A value that the schema leaves open is a map to its leaves; lists in it are one value.
        const Json fields = fieldsOf(now, "one");
        QCOMPARE(plain(fields["f:spec"]["f:topology"]["f:variables"]),
                 std::string("{k:{'name':'a'}:{.:{},f:name:{},f:value:{f:deep:{}}}}"));
        now = topology("two", "    variables: []\n");
        QCOMPARE(names(now["spec"]["topology"]["variables"]), std::string("a"));
    }

    void whatNobodyHeldWasThereBeforeTheFirstApply()
    {
        Server server;
        define(server);
        const Kind& kind = *server.cluster->find("example.com", "v1", "gardens");
        // As a controller of another day left it.
        QVERIFY(create(server.cluster->store(), kind,
                       parseOwn(R"({"metadata":{"name":"g","namespace":"n","labels":{"l":"1"}})"
                                R"(,"spec":{"size":1,"tags":["a"]}})")));
        Json now =
            server.call("PATCH", kGarden, R"({"spec":{"place":"yard"}})", "application/merge-patch+json");
        QVERIFY(demosite::find(now, "metadata.managedFields") == nullptr);
        now = server.apply(kGarden, "one", kHead + "spec: {size: 2}\n");
        QCOMPARE(server.status, 409);
        QCOMPARE(text(now, "message"),
                 std::string("Apply failed with 1 conflict: conflict with "
                             "\"before-first-apply\" using example.com/v1: .spec.size"));
        now = server.apply(kGarden, "one", kHead + "spec: {size: 1, tags: [b]}\n");
        QVERIFY2(server.status == 200, compact(now).c_str());
        QCOMPARE(plain(fieldsOf(now, "before-first-apply", "Update")),
                 std::string("{f:metadata:{f:labels:{.:{},f:l:{}}},f:spec:{.:{},f:place:{},f:size:{},"
                             "f:tags:{.:{},v:'a':{}}}}"));
        QCOMPARE(names(now["metadata"]["managedFields"], "manager"), std::string("one before-first-apply"));
    }

    void subresourcesHaveEntriesOfTheirOwn()
    {
        Server server;
        define(server);
        server.apply(kGarden, "one", kHead + "spec: {size: 1}\n");
        server.now += 1000;
        Json now = server.call("PATCH", kGarden + "/status?fieldManager=keeper",
                               R"({"status":{"size":1},"spec":{"size":7}})", "application/merge-patch+json");
        QCOMPARE(server.status, 200);
        Json entry = entryOf(now, "keeper", "Update");
        QCOMPARE(text(entry, "subresource"), std::string("status"));
        QCOMPARE(compact(entry["fieldsV1"]), std::string(R"({"f:status":{".":{},"f:size":{}}})"));
        QCOMPARE(number(now, "spec.size").value_or(0), 1LL);

        // An applied status is the status alone, and its manager another one than that of the object.
        now = server.apply(kGarden + "/status", "one", kHead + "spec: {size: 9}\nstatus: {mood: good}\n");
        QVERIFY2(server.status == 200, compact(now).c_str());
        QCOMPARE(number(now, "spec.size").value_or(0), 1LL);
        int applied = 0;
        for (const Json& each : now["metadata"]["managedFields"]) {
            if (text(each, "manager") != "one")
                continue;
            ++applied;
            QCOMPARE(compact(each["fieldsV1"]),
                     std::string(text(each, "subresource").empty() ? R"({"f:spec":{"f:size":{}}})"
                                                                   : R"({"f:status":{"f:mood":{}}})"));
        }
        QCOMPARE(applied, 2);
        now = server.apply(kGarden + "/status", "two", kHead + "status: {size: 2}\n");
        QCOMPARE(server.status, 409);
        QCOMPARE(text(now, "message"),
                 std::string("Apply failed with 1 conflict: conflict with \"keeper\" with subresource "
                             "\"status\" using example.com/v1: .status.size"));

        // scale: the number changes hands.
        now = server.call("PATCH", kGarden + "/scale?fieldManager=scaler", R"({"spec":{"replicas":4}})",
                          "application/merge-patch+json");
        QCOMPARE(number(now, "spec.replicas").value_or(0), 4LL);
        now = server.call("GET", kGarden);
        entry = entryOf(now, "scaler", "Update");
        QCOMPARE(text(entry, "subresource"), std::string("scale"));
        QCOMPARE(compact(entry["fieldsV1"]), std::string(R"({"f:spec":{"f:size":{}}})"));
        now = server.apply(kGarden, "one", kHead + "spec: {size: 1}\n");
        QCOMPARE(server.status, 409);
        QCOMPARE(text(now, "message"),
                 std::string("Apply failed with 1 conflict: conflict with \"scaler\" with subresource "
                             "\"scale\" using example.com/v1: .spec.size"));
        now = server.apply(kGarden + "/scale", "auto",
                           "apiVersion: autoscaling/v1\nkind: Scale\nmetadata: {name: g}\n"
                           "spec: {replicas: 6}\n",
                           "&force=true");
        QVERIFY2(server.status == 200, compact(now).c_str());
        now = server.call("GET", kGarden);
        QCOMPARE(number(now, "spec.size").value_or(0), 6LL);
        QCOMPARE(text(entryOf(now, "auto"), "subresource"), std::string("scale"));
        QVERIFY(entryOf(now, "scaler", "Update").is_null());
    }

    void whatHasNoPlaceIsRefused_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const char* spec, const char* why) {
            QTest::newRow(name) << QString::fromLatin1(spec) << QString::fromLatin1(why);
        };
        row("unknown", "{colour: red}", ".spec.colour: field not declared in schema");
        row("unknown in an item", "{beds: [{row: 1, colour: red}]}",
            ".spec.beds[row=1,side=\"left\"].colour: field not declared in schema");
        row("number", "{size: large}", ".spec.size: expected numeric (int or float), got string");
        row("string", "{place: 1}", ".spec.place: expected string, got &value.valueUnstructured{Value:1}");
        row("list", "{tools: rake}", ".spec.tools: expected list, got &{rake}");
        row("map", "{soil: [a, b]}", ".spec.soil: expected map, got &{[a b]}");
        row("twice", "{beds: [{row: 1}, {row: 1, side: left}]}",
            ".spec.beds: duplicate entries for key [row=1,side=\"left\"]");
        row("set of maps", "{tags: [{a: b}]}",
            ".spec.tags: element 0: associative list without keys has an element that's a map type");
    }
    void whatHasNoPlaceIsRefused()
    {
        QFETCH(QString, spec);
        QFETCH(QString, why);
        Server server;
        define(server);
        for (const char* how :
             {"&fieldValidation=Warn", "&fieldValidation=Strict", "&fieldValidation=Ignore"}) {
            const Json refused =
                server.apply(kGarden, "one", kHead + "spec: " + spec.toStdString() + "\n", how);
            QCOMPARE(server.status, 500); // as real ones answer (kubernetes issue 122480)
            QVERIFY(text(refused, "reason").empty());
            QCOMPARE(text(refused, "message"),
                     "failed to create typed patch object (/g; example.com/v1, Kind=Garden): " +
                         why.toStdString());
        }
        // What the schema leaves open takes anything.
        server.apply(kGarden, "one", kHead + "spec: {free: {any: {thing: [1, {a: b}]}}}\n");
        QCOMPARE(server.status, 201);
    }

    void builtInKindsAreAskedForTheirFields()
    {
        Server server;
        const Json refused = server.apply("/api/v1/namespaces/n/services/s", "one",
                                          "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
                                          "spec: {topologyKeys: ['*'], ports: [{port: 80}]}\n");
        QCOMPARE(server.status, 500);
        QCOMPARE(text(refused, "message"),
                 std::string("failed to create typed patch object (/s; /v1, Kind=Service): "
                             ".spec.topologyKeys: field not declared in schema"));
    }

    // The entry that a created Deployment has on a real cluster.
    void aCreatedDeploymentIsOwnedAsOnRealClusters()
    {
        Server server;
        server.call(
            "POST", "/apis/apps/v1/namespaces/n/deployments?fieldManager=kubectl-create",
            R"({"metadata":{"name":"d","labels":{"app":"d"}},"spec":{"selector":{"matchLabels":)"
            R"({"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":)"
            R"([{"name":"c","image":"i","ports":[{"containerPort":80}],"env":[{"name":"E","valueFrom":)"
            R"({"configMapKeyRef":{"name":"m","key":"k"}}}]}],"nodeSelector":{"a":"b"}}}}})");
        QCOMPARE(server.status, 201);
        const Json now = server.call("GET", "/apis/apps/v1/namespaces/n/deployments/d");
        const Json fields = fieldsOf(now, "kubectl-create", "Update");
        QCOMPARE(compact(fields["f:metadata"]), std::string(R"({"f:labels":{".":{},"f:app":{}}})"));
        const Json& spec = fields["f:spec"];
        QVERIFY(!spec.contains(".")); // a structure by value is there from the start
        QCOMPARE(compact(spec["f:selector"]), std::string("{}"));
        QCOMPARE(
            compact(spec["f:strategy"]),
            std::string(R"({"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"f:type":{}})"));
        const Json& pod = spec["f:template"]["f:spec"];
        QCOMPARE(compact(pod["f:nodeSelector"]), std::string("{}"));
        QVERIFY(!pod["f:containers"].contains("."));
        const Json& container = pod["f:containers"]["k:{\"name\":\"c\"}"];
        QCOMPARE(plain(container["f:ports"]), std::string("{.:{},k:{'containerPort':80,'protocol':'TCP'}:"
                                                          "{.:{},f:containerPort:{},f:protocol:{}}}"));
        QCOMPARE(
            plain(container["f:env"]),
            std::string("{.:{},k:{'name':'E'}:{.:{},f:name:{},f:valueFrom:{.:{},f:configMapKeyRef:{}}}}"));
        QVERIFY(container.contains("f:resources") && container.contains("."));
    }

    // kubectl apply's annotation is what kubectl apply --server-side may take over.
    void clientSideApplyGoesOver()
    {
        Server server;
        define(server);
        Json body = parseOwn(R"({"apiVersion":"example.com/v1","kind":"Garden","metadata":{"name":"g"},)"
                             R"( "spec":{"size":1,"place":"yard"}})");
        const std::string last = compact(body);
        body["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = last;
        server.call("POST",
                    "/apis/example.com/v1/namespaces/n/gardens?fieldManager=kubectl-client-side-apply",
                    compact(body));
        QCOMPARE(server.status, 201);
        server.call("PATCH", kGarden + "?fieldManager=ed", R"({"spec":{"place":"roof"}})",
                    "application/merge-patch+json");
        // Another manager may not, and nobody what somebody else has changed since.
        server.apply(kGarden, "one", kHead + "spec: {size: 2}\n");
        QCOMPARE(server.status, 409);
        const Json refused = server.apply(kGarden, "kubectl", kHead + "spec: {size: 2, place: yard}\n");
        QCOMPARE(server.status, 409);
        QCOMPARE(text(refused, "message"), std::string("Apply failed with 1 conflict: conflict with \"ed\" "
                                                       "using example.com/v1: .spec.place"));
        const Json now = server.apply(kGarden, "kubectl", kHead + "spec: {size: 2}\n");
        QVERIFY2(server.status == 200, compact(now).c_str());
        QCOMPARE(number(now, "spec.size").value_or(0), 2LL);
        const Json& annotations = now["metadata"]["annotations"];
        QVERIFY(annotations["kubectl.kubernetes.io/last-applied-configuration"].get<std::string>().find(
                    "\"size\":2") != std::string::npos);
    }

    // Who lets go of all that it had of the metadata leaves the object its name.
    void theLastLabelGoes()
    {
        Server server;
        const std::string path = "/api/v1/namespaces/n/configmaps/m";
        const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n";
        server.apply(path, "one", head + "  labels: {a: b}\n");
        QCOMPARE(server.status, 201);
        const Json after = server.apply(path, "one", head + "data: {c: d}\n");
        QVERIFY2(server.status == 200, compact(after).c_str());
        QCOMPARE(text(after, "metadata.name"), std::string("m"));
        QVERIFY(demosite::find(after, "metadata.labels") == nullptr);
        QCOMPARE(text(after, "data.c"), std::string("d"));
    }

    void theSameAgainChangesNothing()
    {
        Server server;
        define(server);
        const std::string yaml = kHead + "spec: {size: 1, beds: [{row: 1}], soil: {depth: 1, kind: clay}}\n";
        const Json first = server.apply(kGarden, "one", yaml);
        server.now += 60'000;
        const Json second = server.apply(
            kGarden, "one", kHead + "spec: {soil: {kind: clay, depth: 1}, beds: [{row: 1}], size: 1}\n");
        QCOMPARE(compact(second), compact(first)); // whatever the order, not even the time
        // Who says the same shares it: both must let go before it is gone.
        server.apply(kGarden, "two", kHead + "spec: {size: 1}\n");
        QCOMPARE(server.status, 200);
        Json now = server.apply(kGarden, "one", kHead + "spec: {place: yard}\n");
        QCOMPARE(number(now, "spec.size").value_or(0), 1LL);
        QVERIFY(!now["spec"].contains("soil") && !now["spec"].contains("beds"));
        now = server.apply(kGarden, "two", kHead + "spec: {}\n");
        QVERIFY(!now["spec"].contains("size"));
        QVERIFY(entryOf(now, "two").is_null() || compact(fieldsOf(now, "two")) == R"({"f:spec":{}})");
    }

    void fieldsOfDefinitionsCanBeSelectedBy()
    {
        Server server;
        define(server);
        for (const char* each : {"{name: a}\nspec: {place: yard, size: 3}", "{name: b}\nspec: {place: roof}"})
            server.call("POST", "/apis/example.com/v1/namespaces/n/gardens",
                        "apiVersion: example.com/v1\nkind: Garden\nmetadata: " + std::string(each) + "\n",
                        "application/yaml");
        const auto found = [&](const std::string& selector) {
            const Json list =
                server.call("GET", "/apis/example.com/v1/namespaces/n/gardens?fieldSelector=" + selector);
            std::string out;
            for (const Json& each : list["items"])
                out += text(each, "metadata.name");
            return out;
        };
        QCOMPARE(found("spec.place%3Dyard"), std::string("a"));
        QCOMPARE(found("spec.place%21%3Dyard"), std::string("b"));
        QCOMPARE(found("spec.size%3D3"), std::string("a"));
        const Json refused =
            server.call("GET", "/apis/example.com/v1/namespaces/n/gardens?fieldSelector=spec.tags%3Dx");
        QCOMPARE(server.status, 400);
        QCOMPARE(text(refused, "message"), std::string("field label not supported: spec.tags"));
        // A definition may come to know more of them; what is there already is found by them.
        server.call("PATCH", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gardens.example.com",
                    R"([{"op":"add","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/)"
                    R"(properties/owner","value":{"type":"string","default":"eve"}},)"
                    R"({"op":"replace","path":"/spec/versions/0/selectableFields","value":)"
                    R"([{"jsonPath":".spec.size"},{"jsonPath":".spec.owner"}]}])",
                    "application/json-patch+json");
        QCOMPARE(server.status, 200);
        QCOMPARE(found("spec.size%3D3"), std::string("a"));
        (void)server.call("GET", "/apis/example.com/v1/namespaces/n/gardens?fieldSelector=spec.place%3Dyard");
        QCOMPARE(server.status, 400);
        const Json wrong = server.call(
            "PATCH", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gardens.example.com",
            R"([{"op":"replace","path":"/spec/versions/0/selectableFields","value":[{"jsonPath":".spec.beds"}]}])",
            "application/json-patch+json");
        QCOMPARE(server.status, 422);
        QVERIFY2(text(wrong, "message").find("must point to a field of type string, boolean or integer") !=
                     std::string::npos,
                 compact(wrong).c_str());
    }
};

QTEST_GUILESS_MAIN(TestApply)
#include "test_apply.moc"
