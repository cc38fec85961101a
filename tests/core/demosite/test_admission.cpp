// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/demosite/api/cel.h"
#include "core/demosite/api/convert.h"
#include "core/demosite/api/names.h"
#include "core/demosite/api/schema.h"
#include "tests/core/demosite/world.h"

#include <QtTest>

#include <algorithm>
#include <set>

using namespace strata;
using namespace strata::demosite;

namespace {

const char* const kJson = "application/json";

std::string pod(const std::string& name, const std::string& resources = "{}", const std::string& more = "")
{
    return "{\"metadata\":{\"name\":\"" + name +
           "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":" + resources + "}]" +
           more + "}}";
}

std::string definition(const std::string& schema)
{
    return R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
        "metadata":{"name":"racks.lab.example.com"},"spec":{"group":"lab.example.com","scope":"Namespaced",
        "names":{"plural":"racks","singular":"rack","kind":"Rack"},"versions":[{"name":"v1","served":true,
        "storage":true,"schema":{"openAPIV3Schema":)" +
           schema + "}}]}}";
}

} // namespace

// What the API server refuses, fills in and cleans up: the words are those of kube-apiserver.
class TestAdmission : public QObject {
    Q_OBJECT

    std::unique_ptr<World> m_world;

    std::string message(const HttpAnswer& answer) { return text(parseOwn(answer.body), "message"); }
    HttpAnswer post(const std::string& path, const std::string& body)
    {
        HttpAnswer answer = m_world->send("POST", path, body, kJson);
        m_world->post([] {});
        return answer;
    }
    void space(const std::string& name)
    {
        QCOMPARE(post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + name + "\"}}").status, 201);
    }
    Json object(const std::string& path) { return parseOwn(m_world->send("GET", path).body); }

private Q_SLOTS:
    void init() { m_world = std::make_unique<World>(false); }
    void cleanup() { m_world.reset(); }

    // A deletion's options come from its body or, where there is none, from its query; never from both.
    void whereADeletionsOptionsStand()
    {
        const std::string maps = "/api/v1/namespaces/blue/configmaps";
        for (const char* name : {"a", "b", "c"})
            QCOMPARE(
                m_world
                    ->send("POST", maps,
                           std::string("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ") + name + "}")
                    .status,
                201);
        QCOMPARE(m_world->send("DELETE", maps + "/a?dryRun=All").status, 200);
        QCOMPARE(m_world->send("GET", maps + "/a").status, 200);
        QCOMPARE(m_world->send("DELETE", maps + "/b", "{\"dryRun\":[\"All\"]}", kJson).status, 200);
        QCOMPARE(m_world->send("GET", maps + "/b").status, 200);
        QCOMPARE(
            m_world->send("DELETE", maps + "/b?dryRun=All", "{\"propagationPolicy\":\"Background\"}", kJson)
                .status,
            200);
        QCOMPARE(m_world->send("GET", maps + "/b").status, 404);
        QCOMPARE(m_world->send("DELETE", maps, "{\"dryRun\":[\"All\"]}", kJson).status, 200);
        QCOMPARE(m_world->send("GET", maps + "/c").status, 200);
        QCOMPARE(m_world->send("DELETE", maps + "?dryRun=All", "{}", kJson).status, 200);
        QCOMPARE(m_world->send("GET", maps + "/c").status, 404);
    }

    void rulesAreEvaluated_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<QString>("self");
        QTest::addColumn<QString>("old");
        QTest::addColumn<QString>("result"); // JSON, or the error
        const auto row = [](const char* rule, const char* self, const char* result, const char* old = "") {
            QTest::newRow(rule) << QString::fromLatin1(rule) << QString::fromLatin1(self)
                                << QString::fromLatin1(old) << QString::fromLatin1(result);
        };
        row("self.replicas <= self.max", R"({"replicas":3,"max":5})", "true");
        row("self.a + 2 * 3 == 7 && !(self.a > 1)", R"({"a":1})", "true");
        row("has(self.a) ? self.a == 1 : true", "{}", "true");
        row("self.a == 1", "{}", "no such key: a");
        row("self.a == 1 || true", "{}", "true"); // an error is absorbed by what decides
        row("false && self.a == 1", "{}", "false");
        row("self == oldSelf", R"("x")", "false", R"("y")");
        row("!has(oldSelf.x) || has(self.x)", "{}", "false", R"({"x":1})");
        row("self.all(i, i > 0 && i < 10)", "[1,2,3]", "true");
        row("self.exists(i, i.name == 'b')", R"([{"name":"a"},{"name":"b"}])", "true");
        row("self.exists_one(i, i == 2)", "[1,2,2]", "false");
        row("self.filter(i, i % 2 == 0).size()", "[1,2,3,4]", "2");
        row("self.map(i, i * i)", "[1,2,3]", "[1,4,9]");
        row("self.map(i, i > 1, i + 1)", "[1,2,3]", "[3,4]");
        row("self.all(k, self[k].startsWith(k))", R"({"a":"ax","b":"bx"})", "true");
        row("'x' in self && 3 in [1,2,3]", R"({"x":1})", "true");
        row("self.matches('^[a-z]+$')", R"("abc")", "true");
        row(R"(self.endsWith("c") && self.contains('b') && self.size() == 3)", R"("abc")", "true");
        row("size(self) > 2", "[1,2]", "false");
        row("self.split('/')[1] == 'b'", R"("a/b")", "true");
        row("self.lowerAscii() + '-' + string(1 + 1)", R"("AB")", R"("ab-2")");
        row("int(self) / 2", R"("7")", "3");
        row("double(self) / 2.0", "7", "3.5");
        row("self.x__dash__y == 1 && self.__namespace__ == 2", R"({"x-y":1,"namespace":2})", "true");
        row("self.sum() == 6 && self.max() == 3 && self.isSorted()", "[1,2,3]", "true");
        row("self[5]", "[1]", "index out of bounds: 5");
        row("1 / self", "0", "division by zero");
        row("{'a': 1}.a + -1", "null", "0");
        row("type(self) == string ? r'\\d' : \"\\u00e4\"", R"("s")", R"("\\d")");
        row("self.join(', ')", R"(["a","b"])", R"("a, b")");
        row("dyn(self) == 1.0", "1", "true");
    }
    void rulesAreEvaluated()
    {
        QFETCH(QString, rule);
        QFETCH(QString, self);
        QFETCH(QString, old);
        QFETCH(QString, result);
        std::string error;
        const auto parsed = CelRule::parse(rule.toStdString(), error);
        QVERIFY2(parsed, error.c_str());
        QVERIFY(!parsed->isBeyond());
        QCOMPARE(parsed->isTransition(), !old.isEmpty());
        const Json before = parseOwn(old.toStdString());
        const auto said = parsed->evaluate(parseOwn(self.toStdString()), old.isEmpty() ? nullptr : &before);
        QCOMPARE(QString::fromStdString(said ? compact(*said) : said.error()), result);
    }

    void brokenRulesAreRefused_data()
    {
        QTest::addColumn<QString>("rule");
        for (const char* rule : {"self.", "self ==", "(self", "self.all(1, true)", "has(self)", "'open",
                                 "a b", "", "self.x ? 1", "[1,", "@"})
            QTest::newRow(rule) << QString::fromLatin1(rule);
        QTest::newRow("deep") << QString(5000, QLatin1Char('(')) + QLatin1Char('1');
    }
    void brokenRulesAreRefused()
    {
        QFETCH(QString, rule);
        std::string error;
        QVERIFY(CelRule::parse(rule.toStdString(), error) == nullptr);
        QVERIFY(!error.empty());
    }

    void whatIsNotThereIsLeftAlone()
    {
        std::string error;
        const auto rule = CelRule::parse("duration(self) < duration('1h')", error);
        QVERIFY(rule && rule->isBeyond());
    }

    void definitionsBringRules()
    {
        HttpAnswer answer =
            post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                 definition(R"({"type":"object","x-kubernetes-validations":[{"rule":"self.=="}]})"));
        QCOMPARE(answer.status, 422);
        QVERIFY2(message(answer).find("compilation failed: ERROR: <input>:1:") != std::string::npos,
                 message(answer).c_str());
        answer =
            post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(R"({"type":"object",
            "properties":{"spec":{"type":"object","required":["units"],
              "x-kubernetes-validations":[
                {"rule":"self.used <= self.units","message":"a rack cannot hold more than it has room for"},
                {"rule":"!has(self.owner) || self.owner != 'nobody'","reason":"FieldValueForbidden",
                 "fieldPath":".owner","messageExpression":"'not ' + self.owner"}],
              "properties":{"units":{"type":"integer","minimum":1,
                  "x-kubernetes-validations":[{"rule":"self == oldSelf","message":"Value is immutable"}]},
                "used":{"type":"integer","default":0},"owner":{"type":"string"},
                "slots":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
                  "items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},
                    "size":{"type":"integer","x-kubernetes-validations":[{"rule":"self >= oldSelf"}]}}}}}}}})"));
        QVERIFY2(answer.status == 201, answer.body.c_str());
        space("lab");
        const std::string path = "/apis/lab.example.com/v1/namespaces/lab/racks";
        const auto rack = [](const char* spec) {
            return std::string(
                       R"({"apiVersion":"lab.example.com/v1","kind":"Rack","metadata":{"name":"r"},"spec":)") +
                   spec + "}";
        };
        answer = post(path, rack(R"({"units":2,"used":3})"));
        QCOMPARE(answer.status, 422);
        QCOMPARE(message(answer), std::string("Rack.lab.example.com \"r\" is invalid: spec: Invalid value: "
                                              "a rack cannot hold more than it has room for"));
        answer = post(path, rack(R"({"units":2,"owner":"nobody"})"));
        QCOMPARE(message(answer),
                 std::string("Rack.lab.example.com \"r\" is invalid: spec.owner: Forbidden: not nobody"));
        // Types come first: rules of what does not fit are not asked.
        const std::string unasked =
            ", <nil>: Invalid value: null: some validation rules were not checked because "
            "the object was invalid; correct the existing errors to complete validation]";
        answer = post(path, rack(R"({"units":"two","used":3})"));
        QCOMPARE(message(answer),
                 "Rack.lab.example.com \"r\" is invalid: [spec.units: Invalid value: \"string\": "
                 "spec.units in body must be of type integer: \"string\"" +
                     unasked);
        answer = post(path, rack(R"({"used":3})"));
        QCOMPARE(message(answer),
                 "Rack.lab.example.com \"r\" is invalid: [spec.units: Required value" + unasked);
        QCOMPARE(post(path, rack(R"({"units":4,"slots":[{"name":"a","size":2}]})")).status, 201);
        const auto patched = [&](const char* patch) {
            return m_world->send("PATCH", path + "/r", patch, "application/merge-patch+json");
        };
        QCOMPARE(message(patched(R"({"spec":{"units":5}})")),
                 std::string("Rack.lab.example.com \"r\" is invalid: spec.units: Invalid value: 5: Value "
                             "is immutable"));
        // Items of a map list are the same by their keys, wherever they stand.
        QCOMPARE(patched(R"({"spec":{"slots":[{"name":"b","size":1},{"name":"a","size":2}]}})").status, 200);
        QCOMPARE(message(patched(R"({"spec":{"slots":[{"name":"b","size":1},{"name":"a","size":1}]}})")),
                 std::string("Rack.lab.example.com \"r\" is invalid: spec.slots[1].size: Invalid value: "
                             "1: failed rule: self >= oldSelf"));
        QCOMPARE(patched(R"({"spec":{"used":4}})").status, 200);
    }

    // Only a version that its definition calls deprecated is warned of, in the definition's own words.
    void oldVersionsOfDefinitionsWarn()
    {
        const std::string open = R"("schema":{"openAPIV3Schema":{"type":"object"}})";
        const std::string definitionOfMany =
            R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",)"
            R"("metadata":{"name":"racks.lab.example.com"},"spec":{"group":"lab.example.com","scope":"Namespaced",)"
            R"("names":{"plural":"racks","singular":"rack","kind":"Rack"},"versions":[{"name":"v1","served":true,)"
            R"("storage":true,)" +
            open + R"(},{"name":"v1beta2","served":true,"storage":false,)" + open +
            R"(},{"name":"v1beta1","served":true,"storage":false,"deprecated":true,)" + open +
            R"(},{"name":"v1alpha1","served":true,"storage":false,"deprecated":true,"deprecationWarning":"go on",)" +
            open + "}]}}";
        QCOMPARE(post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definitionOfMany).status,
                 201);
        const auto warned = [&](const char* version) {
            const HttpAnswer answer = m_world->send("GET", "/apis/lab.example.com/" + std::string(version) +
                                                               "/namespaces/default/racks");
            return answer.warnings.empty() ? std::string() : answer.warnings.front();
        };
        QCOMPARE(warned("v1"), std::string());
        QCOMPARE(warned("v1beta2"), std::string());
        QCOMPARE(warned("v1beta1"),
                 std::string("lab.example.com/v1beta1 Rack is deprecated; use lab.example.com/v1 Rack"));
        QCOMPARE(warned("v1alpha1"), std::string("go on"));
    }

    // Owners and children may be of kinds that came at run time.
    void ownKindsAreCollected()
    {
        QCOMPARE(
            post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(R"({"type":"object",
            "x-kubernetes-preserve-unknown-fields":true})"))
                .status,
            201);
        space("lab");
        const std::string racks = "/apis/lab.example.com/v1/namespaces/lab/racks";
        const auto make = [&](const std::string& name, const std::string& owner) {
            return post(racks,
                        "{\"apiVersion\":\"lab.example.com/v1\",\"kind\":\"Rack\",\"metadata\":{\"name\":\"" +
                            name + "\"" + owner + "}}");
        };
        QCOMPARE(make("top", "").status, 201);
        const std::string uid = text(object(racks + "/top"), "metadata.uid");
        const std::string owner = ",\"ownerReferences\":[{\"apiVersion\":\"lab.example.com/"
                                  "v1\",\"kind\":\"Rack\",\"name\":\"top\",\"uid\":\"" +
                                  uid + "\",\"blockOwnerDeletion\":true}]";
        QCOMPARE(make("shelf", owner).status, 201);
        QCOMPARE(
            post("/api/v1/namespaces/lab/configmaps", R"({"metadata":{"name":"note")" + owner + "}}").status,
            201);
        QCOMPARE(m_world->send("DELETE", racks + "/top?propagationPolicy=Foreground").status, 200);
        m_world->post([] {});
        QCOMPARE(m_world->send("GET", racks + "/top").status, 404);
        QCOMPARE(m_world->send("GET", racks + "/shelf").status, 404);
        QCOMPARE(m_world->send("GET", "/api/v1/namespaces/lab/configmaps/note").status, 404);
        // And orphaned, in the background, in a collection.
        for (const char* name : {"one", "two"}) {
            QCOMPARE(make(name, "").status, 201);
            const std::string id = text(object(racks + "/" + name), "metadata.uid");
            QCOMPARE(post("/api/v1/namespaces/lab/configmaps",
                          std::string("{\"metadata\":{\"name\":\"of-") + name +
                              "\",\"ownerReferences\":[{\"apiVersion\":\"lab.example.com/"
                              "v1\",\"kind\":\"Rack\",\"name\":\"" +
                              name + R"(","uid":")" + id + "\"}]}}")
                         .status,
                     201);
        }
        QCOMPARE(m_world->send("DELETE", racks + "/one?propagationPolicy=Orphan").status, 200);
        m_world->post([] {});
        QVERIFY(find(object("/api/v1/namespaces/lab/configmaps/of-one"), "metadata.ownerReferences") ==
                nullptr);
        QCOMPARE(m_world->send("DELETE", racks).status, 200);
        m_world->post([] {});
        QCOMPARE(object(racks)["items"].size(), std::size_t(0));
        QCOMPARE(m_world->send("GET", "/api/v1/namespaces/lab/configmaps/of-two").status, 404);
        QCOMPARE(m_world->send("GET", "/api/v1/namespaces/lab/configmaps/of-one").status, 200);
    }

    void limitRangesFillInAndRefuse()
    {
        space("tight");
        QCOMPARE(
            post("/api/v1/namespaces/tight/limitranges", R"({"metadata":{"name":"limits"},"spec":{"limits":[
            {"type":"Container","default":{"cpu":"500m"},"defaultRequest":{"memory":"64Mi"},
             "min":{"cpu":"100m"},"max":{"cpu":"1","memory":"1Gi"},"maxLimitRequestRatio":{"cpu":"4"}},
            {"type":"Pod","max":{"cpu":"1500m"}},
            {"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"10Gi"}}]}})")
                .status,
            201);
        const Json range = object("/api/v1/namespaces/tight/limitranges/limits");
        QCOMPARE(text(range["spec"]["limits"][0], "default.memory"), std::string("1Gi"));      // from max
        QCOMPARE(text(range["spec"]["limits"][0], "defaultRequest.cpu"), std::string("500m")); // from default
        const std::string pods = "/api/v1/namespaces/tight/pods";
        QCOMPARE(post(pods, pod("plain")).status, 201);
        const Json made = object(pods + "/plain");
        const Json& resources = made["spec"]["containers"][0]["resources"];
        QCOMPARE(compact(resources["requests"]), std::string(R"({"memory":"64Mi","cpu":"500m"})"));
        QCOMPARE(compact(resources["limits"]), std::string(R"({"cpu":"500m","memory":"1Gi"})"));
        QCOMPARE(
            made["metadata"]["annotations"]["kubernetes.io/limit-ranger"].get<std::string>(),
            std::string("LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for "
                        "container c"));
        HttpAnswer answer =
            post(pods, pod("big", R"({"limits":{"cpu":"2","memory":"2Gi"},"requests":{"cpu":"1"}})"));
        QCOMPARE(answer.status, 403);
        QCOMPARE(
            message(answer),
            std::string("pods \"big\" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, "
                        "maximum memory usage per Container is 1Gi, but limit is 2Gi, maximum cpu usage per "
                        "Pod is 1500m, but limit is 2]"));
        answer = post(pods, pod("small", R"({"requests":{"cpu":"50m"},"limits":{"cpu":"100m"}})"));
        QCOMPARE(message(answer),
                 std::string("pods \"small\" is forbidden: minimum cpu usage per Container is "
                             "100m, but request is 50m"));
        answer = post(pods, pod("steep", R"({"requests":{"cpu":"100m"},"limits":{"cpu":"1"}})"));
        QCOMPARE(message(answer),
                 std::string("pods \"steep\" is forbidden: cpu max limit to request ratio per "
                             "Container is 4, but provided ratio is 10.000000"));
        answer = post("/api/v1/namespaces/tight/persistentvolumeclaims",
                      R"({"metadata":{"name":"disk"},"spec":{"accessModes":["ReadWriteOnce"],
                          "resources":{"requests":{"storage":"20Gi"}}}})");
        QCOMPARE(message(answer),
                 std::string("persistentvolumeclaims \"disk\" is forbidden: maximum storage usage per "
                             "PersistentVolumeClaim is 10Gi, but request is 20Gi"));
        // A ReplicaSet's pods are no exception.
        QCOMPARE(post("/apis/apps/v1/namespaces/tight/deployments", R"({"metadata":{"name":"web"},"spec":{
            "selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{
            "containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"3"}}}]}}}})")
                     .status,
                 201);
        const Json events = object("/api/v1/namespaces/tight/events?fieldSelector=reason=FailedCreate");
        QVERIFY(events["items"].size() >= 1);
        QVERIFY2(text(events["items"][0], "message")
                         .find("maximum cpu usage per Container is 1, but limit is 3") != std::string::npos,
                 events["items"][0].dump().c_str());
    }

    void builtInKindsAreChecked_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("refusal");
        const auto row = [](const char* name, const char* path, const std::string& body,
                            const char* refusal) {
            QTest::newRow(name) << QString::fromLatin1(path) << QString::fromStdString(body)
                                << QString::fromLatin1(refusal);
        };
        const char* const pods = "/api/v1/namespaces/default/pods";
        const char* const deployments = "/apis/apps/v1/namespaces/default/deployments";
        row("no containers", pods, R"({"metadata":{"name":"x"},"spec":{"containers":[]}})",
            "Pod \"x\" is invalid: spec.containers: Required value");
        row("no image", pods, R"({"metadata":{"name":"x"},"spec":{"containers":[{"name":"c"}]}})",
            "Pod \"x\" is invalid: spec.containers[0].image: Required value");
        row("volume", pods,
            R"({"metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"i",
                "volumeMounts":[{"name":"data","mountPath":"/d"}]}]}})",
            "Pod \"x\" is invalid: spec.containers[0].volumeMounts[0].name: Not found: \"data\"");
        row("requests over limits", pods, pod("x", R"({"requests":{"cpu":"2"},"limits":{"cpu":"1"}})"),
            "Pod \"x\" is invalid: spec.containers[0].resources.requests: Invalid value: \"2\": must be less "
            "than or "
            "equal to cpu limit of 1");
        row("restart policy", pods, pod("x", "{}", R"(,"restartPolicy":"Sometimes")"),
            "Pod \"x\" is invalid: spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: "
            "\"Always\", \"OnFailure\", \"Never\"");
        row("selector", deployments,
            R"({"metadata":{"name":"x"},"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":
                {"labels":{"app":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
            "Deployment.apps \"x\" is invalid: spec.template.metadata.labels: Invalid value: "
            "{\"app\":\"b\"}: `selector` does not match template `labels`");
        row("label", "/api/v1/namespaces/default/configmaps",
            R"({"metadata":{"name":"x","labels":{"a":"b c"}}})",
            "ConfigMap \"x\" is invalid: metadata.labels: Invalid value: \"b c\": a valid label must be an "
            "empty string "
            "or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric "
            "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
        row("key", "/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"x"},"data":{"a b":"c"}})",
            "ConfigMap \"x\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must consist "
            "of "
            "alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
            "regex used "
            "for validation is '[-._a-zA-Z0-9]+')");
        row("service", "/api/v1/namespaces/default/services",
            R"({"metadata":{"name":"x"},"spec":{"type":"Balancer","ports":[{"port":0}]}})",
            "Service \"x\" is invalid: [spec.type: Unsupported value: \"Balancer\": supported values: "
            "\"ClusterIP\", "
            "\"ExternalName\", \"LoadBalancer\", \"NodePort\", spec.ports[0].port: Invalid value: 0: must be "
            "between 1 "
            "and 65535, inclusive]");
        row("claim", "/api/v1/namespaces/default/persistentvolumeclaims",
            R"({"metadata":{"name":"x"},"spec":{}})",
            "PersistentVolumeClaim \"x\" is invalid: [spec.accessModes: Required value: at least 1 access "
            "mode is "
            "required, spec.resources[storage]: Required value]");
        row("job", "/apis/batch/v1/namespaces/default/jobs",
            R"({"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}}})",
            "Job.batch \"x\" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "
            "\"OnFailure\", \"Never\"");
        row("service name", "/api/v1/namespaces/default/services",
            R"({"metadata":{"name":"1x"},"spec":{"ports":[{"port":80}]}})",
            "Service \"1x\" is invalid: metadata.name: Invalid value: \"1x\": a DNS-1035 label must consist "
            "of lower case alphanumeric characters or '-', start with an alphabetic character, and end with "
            "an "
            "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
            "'[a-z]([-a-z0-9]*[a-z0-9])?')");
        row("object name", "/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"X"}})",
            "ConfigMap \"X\" is invalid: metadata.name: Invalid value: \"X\": a lowercase RFC 1123 subdomain "
            "must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'example.com', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
        row("role without verbs", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            R"({"metadata":{"name":"x"},"rules":[{"apiGroups":[""],"resources":["pods"]}]})",
            "Role.rbac.authorization.k8s.io \"x\" is invalid: rules[0].verbs: Required value: verbs must "
            "contain at least one value");
        row("binding to what is no role", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            R"({"metadata":{"name":"x"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"}})",
            "ClusterRoleBinding.rbac.authorization.k8s.io \"x\" is invalid: roleRef.kind: Unsupported value: "
            "\"Role\": supported values: \"ClusterRole\"");
    }
    void builtInKindsAreChecked()
    {
        QFETCH(QString, path);
        QFETCH(QString, body);
        QFETCH(QString, refusal);
        const HttpAnswer answer = post(path.toStdString(), body.toStdString());
        QCOMPARE(answer.status, 422);
        QCOMPARE(QString::fromStdString(message(answer)), refusal);
        QCOMPARE(m_world->send("GET", path.toStdString() + "/x").status, 404);
        QCOMPARE(m_world->send("GET", path.toStdString() + "/1x").status, 404);
    }

    // A Secret's texts become data, as kubectl describe and every reader expects it.
    void secretsAreDecoded()
    {
        const std::string base = "/api/v1/namespaces/default/secrets";
        QCOMPARE(
            post(base, R"({"metadata":{"name":"s"},"data":{"a":"YQ=="},"stringData":{"b":"text"}})").status,
            201);
        Json made = object(base + "/s");
        QVERIFY(!made.contains("stringData"));
        QCOMPARE(made["data"].dump(), std::string(R"({"a":"YQ==","b":"dGV4dA=="})"));
        for (const char* type : {"application/merge-patch+json", "application/strategic-merge-patch+json",
                                 "application/apply-patch+yaml"}) {
            QCOMPARE(
                m_world
                    ->send(
                        "PATCH", base + "/s?fieldManager=m",
                        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"c":")" +
                            std::string(type) + R"("}})",
                        type)
                    .status,
                200);
            made = object(base + "/s");
            QVERIFY(!made.contains("stringData"));
            std::string bytes;
            QVERIFY(base64Decode(text(made, "data.c"), bytes));
            QCOMPARE(bytes, std::string(type));
        }
        const HttpAnswer refused = post(base, R"({"metadata":{"name":"x"},"data":{"a":"ab*d"}})");
        QCOMPARE(refused.status, 400);
        QCOMPARE(message(refused),
                 std::string("Secret in version \"v1\" cannot be handled as a Secret: illegal "
                             "base64 data at input byte 2"));
    }

    void requestsThatMakeNoSense_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("type");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("refusal");
        const auto row = [](const char* name, const char* method, const char* path, const char* body,
                            const char* type, int status, const char* refusal) {
            QTest::newRow(name) << QString::fromLatin1(method) << QString::fromLatin1(path)
                                << QString::fromLatin1(body) << QString::fromLatin1(type) << status
                                << QString::fromLatin1(refusal);
        };
        const char* const list = "/api/v1/namespaces/default/configmaps";
        const char* const one = "/api/v1/namespaces/default/configmaps/m";
        const char* const merge = "application/merge-patch+json";
        const char* const apply = "application/apply-patch+yaml";
        row("a version at creation", "POST", list, R"({"metadata":{"name":"x","resourceVersion":"5"}})",
            kJson, 500, "resourceVersion should not be set on objects to be created");
        row("how to look at fields", "POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Some",
            R"({"metadata":{"name":"x"}})", kJson, 422,
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Some\": "
            "supported "
            "values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
        row("force of a patch", "PATCH", "/api/v1/namespaces/default/configmaps/m?force=true", "{}", merge,
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply "
            "patch");
        row("another name by patch", "PATCH", one, R"({"metadata":{"name":"other"}})", merge, 400,
            "the name of the object (other) does not match the name on the URL (m)");
        row("another name by apply", "PATCH", "/api/v1/namespaces/default/configmaps/m?fieldManager=a",
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}})", apply, 400,
            "the name of the object (other) does not match the name on the URL (m)");
        row("another namespace by apply", "PATCH", "/api/v1/namespaces/default/configmaps/m?fieldManager=a",
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","namespace":"other"}})", apply,
            400, "the namespace of the object (other) does not match the namespace on the request (default)");
        row("a JSON patch of nothing", "PATCH", one, R"([{"op":"remove","path":"/data/none"}])",
            "application/json-patch+json", 422,
            "the server rejected our request due to an error in our request");
        row("a field that nothing is found by", "GET",
            "/api/v1/namespaces/default/configmaps?fieldSelector=data.a%3Db", "", "", 400,
            "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
        const char* const strategic = "application/strategic-merge-patch+json";
        row("an annotation's key", "POST", list, R"({"metadata":{"name":"x","annotations":{"a b":"c"}}})",
            kJson, 422,
            "ConfigMap \"x\" is invalid: metadata.annotations: Invalid value: \"a b\": name part must "
            "consist of "
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
            "(e.g. "
            "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
        row("a label's key", "POST", list, R"({"metadata":{"name":"x","labels":{"/a":"c"}}})", kJson, 422,
            "ConfigMap \"x\" is invalid: metadata.labels: Invalid value: \"/a\": prefix part must be "
            "non-empty");
        row("a finalizer without a home", "POST", list, R"({"metadata":{"name":"x","finalizers":["hold"]}})",
            kJson, 422,
            "ConfigMap \"x\" is invalid: metadata.finalizers[0]: Invalid value: \"hold\": name is neither a "
            "standard finalizer name nor is it fully qualified");
        row("an owner without a uid", "POST", list,
            R"({"metadata":{"name":"x","ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n"}]}})",
            kJson, 422,
            "ConfigMap \"x\" is invalid: metadata.ownerReferences.uid: Invalid value: \"\": must not be "
            "empty");
        row("another kind", "POST", list,
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"}})", kJson, 400,
            "Deployment in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Deployment) to "
            "(core.ConfigMap): unknown conversion");
        row("an unknown kind", "POST", list, R"({"apiVersion":"v1","kind":"Thing","metadata":{"name":"x"}})",
            kJson, 400,
            "Thing in version \"v1\" cannot be handled as a ConfigMap: no kind \"Thing\" is registered for "
            "version \"v1\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"");
        row("YAML that is told to be JSON", "POST", list, "a: 1", kJson, 400,
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; "
            "json "
            "parse error: invalid character 'a' looking for beginning of value (613a2031)");
        row("plain text", "POST", list, "x", "text/plain", 415,
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json, "
            "application/yaml, application/vnd.kubernetes.protobuf");
        row("a field twice", "POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Strict",
            R"({"metadata":{"name":"x","labels":{"a":"1","a":"2"}}})", kJson, 400,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate "
            "field \"metadata.labels.a\"");
        row("a secret for TLS", "POST", "/api/v1/namespaces/default/secrets",
            R"({"metadata":{"name":"x"},"type":"kubernetes.io/tls"})", kJson, 422,
            "Secret \"x\" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]");
        row("a number for a text by patch", "PATCH", one, R"({"data":{"a":1}})", strategic, 422,
            " \"\" is invalid: patch: Invalid value: \"map[data:map[a:1]]\": cannot convert int64 to string");
        row("a field nobody knows by patch", "PATCH",
            "/api/v1/namespaces/default/configmaps/m?fieldValidation=Strict", R"({"date":{}})", strategic,
            422,
            " \"\" is invalid: patch: Invalid value: \"map[date:map[]]\": strict decoding error: unknown "
            "field "
            "\"date\"");
        row("a patch that is a list", "PATCH", one, "[1]", merge, 400,
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface "
            "{}");
        row("another uid by patch", "PATCH", one, R"({"metadata":{"uid":"u"}})", merge, 422,
            "ConfigMap \"m\" is invalid: metadata.uid: Invalid value: \"u\": field is immutable");
        row("another namespace by patch", "PATCH", one, R"({"metadata":{"namespace":"other"}})", merge, 400,
            "the namespace of the provided object does not match the namespace sent on the request");
        row("a patch of no type", "PATCH", one, "{}", kJson, 415, "415: Unsupported Media Type");
        row("another kind by apply", "PATCH", "/api/v1/namespaces/default/configmaps/m?fieldManager=a",
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"m"}})", apply, 400,
            "invalid object type: /v1, Kind=Secret");
        row("a limit", "GET", "/api/v1/namespaces/default/configmaps?limit=x", "", "", 400,
            "strconv.ParseInt: parsing \"x\": invalid syntax");
        row("a match", "GET",
            "/api/v1/namespaces/default/configmaps?resourceVersion=1&resourceVersionMatch=Near", "", "", 422,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Near\": "
            "supported "
            "values: \"Exact\", \"NotOlderThan\", \"\"");
        row("a label's value to look for", "GET",
            "/api/v1/namespaces/default/configmaps?labelSelector=a%3Db+c", "", "", 400,
            "found 'c', expected: ',' or 'end of string'");
        row("a list of labels to look for", "GET",
            "/api/v1/namespaces/default/configmaps?labelSelector=a+in+b", "", "", 400,
            "unable to parse requirement: found 'b' expected: '('");
        row("how to delete", "DELETE", "/api/v1/namespaces/default/configmaps/m?propagationPolicy=Sideways",
            "", "", 422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Sideways\": "
            "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
        row("a migration of nobody", "POST",
            "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstancemigrations",
            R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstanceMigration","metadata":{"name":"x"},)"
            R"("spec":{"vmiName":"nobody"}})",
            kJson, 400,
            "admission webhook \"migration-create-validator.kubevirt.io\" denied the request: the VMI "
            "\"default/nobody\" does not exist");
    }
    void requestsThatMakeNoSense()
    {
        QFETCH(QString, method);
        QFETCH(QString, path);
        QFETCH(QString, body);
        QFETCH(QString, type);
        QFETCH(int, status);
        QFETCH(QString, refusal);
        QCOMPARE(
            post("/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"m"},"data":{"a":"1"}})")
                .status,
            201);
        const HttpAnswer answer = m_world->send(method.toLatin1().constData(), path.toStdString(),
                                                body.toStdString(), type.toStdString());
        QCOMPARE(answer.status, status);
        QCOMPARE(QString::fromStdString(message(answer)), refusal);
        QCOMPARE(object("/api/v1/namespaces/default/configmaps/m")["data"].dump(),
                 std::string(R"({"a":"1"})"));
    }

    // Of one guest there is one migration at a time, and it can be found by its guest from the start.
    void migrationsAreAdmitted()
    {
        Json guest;
        for (const ObjectPtr& each : m_world->outer().list(kindOf("virtualmachineinstances"))) {
            if (each->body.find(R"("type":"LiveMigratable","status":"True")") != std::string::npos)
                guest = parseOwn(each->body);
        }
        const std::string ns = text(guest, "metadata.namespace");
        const std::string name = text(guest, "metadata.name");
        const std::string path =
            "/apis/kubevirt.io/v1/namespaces/" + ns + "/virtualmachineinstancemigrations";
        const auto migrate = [&](const char* called) {
            return m_world->send(
                "POST", path,
                std::string("apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstanceMigration\n"
                            "metadata: {name: ") +
                    called + "}\nspec: {vmiName: " + name + "}\n");
        };
        const HttpAnswer first = migrate("one");
        QCOMPARE(first.status, 201);
        const Json made = parseOwn(first.body);
        QCOMPARE(made["metadata"]["labels"].value("kubevirt.io/vmi-name", std::string()), name);
        const HttpAnswer second = migrate("two");
        QCOMPARE(second.status, 400);
        QCOMPARE(message(second),
                 "admission webhook \"migration-create-validator.kubevirt.io\" denied the request: in-flight "
                 "migration detected. Active migration job (" +
                     text(made, "metadata.uid") + ") is currently already in progress for VMI " + name + ".");
        const HttpAnswer third = m_world->send("PUT",
                                               "/apis/subresources.kubevirt.io/v1/namespaces/" + ns +
                                                   "/virtualmachines/" + name + "/migrate",
                                               "{}", kJson);
        QCOMPARE(third.status, 500);
        QVERIFY2(message(third).find("Internal error occurred: admission webhook") == 0,
                 message(third).c_str());
    }

    void someThingsDoNotChange()
    {
        const auto patched = [&](const std::string& path, const char* patch) {
            return m_world->send("PATCH", path, patch, "application/merge-patch+json");
        };
        const std::string base = "/api/v1/namespaces/default/";
        QCOMPARE(post(base + "pods", pod("p")).status, 201);
        QCOMPARE(patched(base + "pods/p", R"({"spec":{"containers":[{"name":"c","image":"other"}]}})").status,
                 200);
        QVERIFY(message(patched(base + "pods/p", R"({"spec":{"hostNetwork":true}})"))
                    .find("spec: Forbidden: pod updates may not change fields other than "
                          "`spec.containers[*].image`") != std::string::npos);
        QCOMPARE(post(base + "configmaps", R"({"metadata":{"name":"m"},"immutable":true,"data":{"a":"1"}})")
                     .status,
                 201);
        QCOMPARE(
            message(patched(base + "configmaps/m", R"({"data":{"a":"2"}})")),
            std::string(
                "ConfigMap \"m\" is invalid: data: Forbidden: field is immutable when `immutable` is set"));
        QCOMPARE(post("/apis/apps/v1/namespaces/default/deployments", R"({"metadata":{"name":"d"},"spec":{
            "selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b","c":"d"}},"spec":{
            "containers":[{"name":"c","image":"i"}]}}}})")
                     .status,
                 201);
        QCOMPARE(message(patched("/apis/apps/v1/namespaces/default/deployments/d",
                                 R"({"spec":{"selector":{"matchLabels":{"c":"d","a":null}}}})")),
                 std::string("Deployment.apps \"d\" is invalid: spec.selector: Invalid value: "
                             "{\"matchLabels\":{\"c\":\"d\"}}: field is immutable"));
    }

    void podsEndGracefully()
    {
        space("calm");
        const std::string pods = "/api/v1/namespaces/calm/pods";
        QCOMPARE(post(pods, pod("p", "{}", R"(,"terminationGracePeriodSeconds":45)")).status, 201);
        QVERIFY(m_world->step(10));
        QCOMPARE(text(object(pods + "/p"), "status.phase"), std::string("Running"));
        HttpAnswer answer = m_world->send("DELETE", pods + "/p");
        QCOMPARE(answer.status, 200);
        const Json going = object(pods + "/p");
        QCOMPARE(number(going, "metadata.deletionGracePeriodSeconds").value_or(0), 45LL);
        QCOMPARE(*parseRfc3339(text(going, "metadata.deletionTimestamp")) / 1000,
                 m_world->outer().now() / 1000 + 45);
        const Json table = parseOwn(m_world->get(pods, "application/json;as=Table;v=v1;g=meta.k8s.io").body);
        QCOMPARE(compact(table["rows"][0]["cells"][2]), std::string("\"Terminating\""));
        // A write does not end it early; another deletion can only make it shorter.
        QCOMPARE(m_world
                     ->send("PATCH", pods + "/p", R"({"metadata":{"labels":{"a":"b"}}})",
                            "application/merge-patch+json")
                     .status,
                 200);
        QCOMPARE(m_world->send("DELETE", pods + "/p?gracePeriodSeconds=90").status, 200);
        QCOMPARE(number(object(pods + "/p"), "metadata.deletionGracePeriodSeconds").value_or(0), 45LL);
        QVERIFY(m_world->step(3));
        QCOMPARE(m_world->send("GET", pods + "/p").status, 404);
        const Json events = object("/api/v1/namespaces/calm/events?fieldSelector=reason=Killing");
        QCOMPARE(text(events["items"][0], "message"), std::string("Stopping container c"));
        // At once when told so; and where nothing runs.
        QCOMPARE(post(pods, pod("q")).status, 201);
        QVERIFY(m_world->step(10));
        QCOMPARE(m_world->send("DELETE", pods + "/q", R"({"gracePeriodSeconds":0})", kJson).status, 200);
        QCOMPARE(m_world->send("GET", pods + "/q").status, 404);
        QCOMPARE(post(pods, pod("r", R"({"requests":{"cpu":"4000"}})")).status, 201); // no node for it
        QCOMPARE(m_world->send("DELETE", pods + "/r").status, 200);
        QCOMPARE(m_world->send("GET", pods + "/r").status, 404);
    }

    // The pods of a node that does not answer stay until it is back or somebody removes them by force.
    void podsOfDeadNodesStay()
    {
        m_world = std::make_unique<World>();
        space("calm");
        const std::string pods = "/api/v1/namespaces/calm/pods";
        QCOMPARE(post(pods, pod("p")).status, 201);
        QVERIFY(m_world->step(10));
        const std::string node = text(object(pods + "/p"), "spec.nodeName");
        m_world->post([&] { m_world->site().deadHosts.insert(node); });
        QCOMPARE(m_world->send("DELETE", pods + "/p").status, 200);
        QVERIFY(m_world->step(100));
        QVERIFY(!text(object(pods + "/p"), "metadata.deletionTimestamp").empty());
        m_world->post([&] {
            m_world->site().deadHosts.erase(node);
            m_world->site().poke("nodes", {"", node});
        });
        QVERIFY(m_world->step(60));
        QCOMPARE(m_world->send("GET", pods + "/p").status, 404);
    }

    void namespacesTellWhatHoldsThem()
    {
        space("held");
        QCOMPARE(post("/api/v1/namespaces/held/configmaps",
                      R"({"metadata":{"name":"m","finalizers":["example.com/keep"]}})")
                     .status,
                 201);
        QCOMPARE(m_world->send("DELETE", "/api/v1/namespaces/held").status, 200);
        m_world->post([] {});
        const Json held = object("/api/v1/namespaces/held");
        QCOMPARE(text(held, "status.phase"), std::string("Terminating"));
        const auto condition = [&](const char* type) {
            const Json* found = conditionOf(held, type);
            return found == nullptr ? std::string()
                                    : text(*found, "status") + " " + text(*found, "reason") + " " +
                                          text(*found, "message");
        };
        QCOMPARE(condition("NamespaceDeletionDiscoveryFailure"),
                 std::string("False ResourcesDiscovered All resources successfully discovered"));
        QCOMPARE(
            condition("NamespaceDeletionContentFailure"),
            std::string(
                "False ContentDeleted All content successfully deleted, may be waiting on finalization"));
        QCOMPARE(
            condition("NamespaceContentRemaining"),
            std::string("True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource "
                        "instances"));
        QCOMPARE(
            condition("NamespaceFinalizersRemaining"),
            std::string("True SomeFinalizersRemain Some content in the namespace has finalizers remaining: "
                        "example.com/keep in 1 resource instances"));
        const HttpAnswer late = post("/api/v1/namespaces/held/configmaps", R"({"metadata":{"name":"late"}})");
        QCOMPARE(late.status, 403);
        QVERIFY2(message(late).find("unable to create new content in namespace held because it is being "
                                    "terminated") != std::string::npos,
                 message(late).c_str());
        QCOMPARE(m_world
                     ->send("PATCH", "/api/v1/namespaces/held/configmaps/m",
                            R"({"metadata":{"finalizers":null}})", "application/merge-patch+json")
                     .status,
                 200);
        QVERIFY(m_world->step(5));
        QCOMPARE(m_world->send("GET", "/api/v1/namespaces/held").status, 404);
    }

    // A list of an exact version is the past, as long as it is remembered.
    void thePastIsListed()
    {
        const std::string maps = "/api/v1/namespaces/default/configmaps";
        QCOMPARE(post(maps, R"({"metadata":{"name":"then"},"data":{"a":"1"}})").status, 201);
        const std::string version = text(object(maps + "/then"), "metadata.resourceVersion");
        QCOMPARE(
            m_world->send("PATCH", maps + "/then", R"({"data":{"a":"2"}})", "application/merge-patch+json")
                .status,
            200);
        QCOMPARE(post(maps, R"({"metadata":{"name":"later"}})").status, 201);
        const std::string exact = "&resourceVersionMatch=Exact&fieldSelector=metadata.name%3D";
        const Json then = object(maps + "?resourceVersion=" + version + exact + "then");
        QCOMPARE(then["items"].size(), std::size_t(1));
        QCOMPARE(text(then["items"][0], "data.a"), std::string("1"));
        QCOMPARE(text(then, "metadata.resourceVersion"), version);
        QCOMPARE(object(maps + "?resourceVersion=" + version + exact + "later")["items"].size(),
                 std::size_t(0));
        QCOMPARE(m_world->send("DELETE", maps + "/then").status, 200);
        QCOMPARE(object(maps + "?resourceVersion=" + version + exact + "then")["items"].size(),
                 std::size_t(1));
        QCOMPARE(object(maps + "?fieldSelector=metadata.name%3Dthen")["items"].size(), std::size_t(0));
        QCOMPARE(m_world->send("GET", maps + "?resourceVersion=99999999" + exact + "then").status, 504);
    }

    void collectionsAreDeletedBySelector()
    {
        space("many");
        const std::string maps = "/api/v1/namespaces/many/configmaps";
        for (const char* name : {"a", "b", "c"})
            QCOMPARE(post(maps, std::string("{\"metadata\":{\"name\":\"") + name +
                                    "\",\"labels\":{\"keep\":\"" + (name[0] == 'b' ? "yes" : "no") + "\"}}}")
                         .status,
                     201);
        QCOMPARE(m_world->send("DELETE", maps + "?labelSelector=keep%3Dno&dryRun=All").status, 200);
        QCOMPARE(object(maps)["items"].size(), std::size_t(4)); // one comes with the namespace
        const Json gone = parseOwn(m_world->send("DELETE", maps + "?labelSelector=keep%3Dno").body);
        QCOMPARE(gone["items"].size(), std::size_t(2));
        QCOMPARE(object(maps)["items"].size(), std::size_t(2));
        QCOMPARE(m_world->send("DELETE", "/api/v1/configmaps").status, 405); // not over all namespaces
    }

    // The kinds of the platform are checked as their definitions would have it.
    void platformKindsHaveSchemas()
    {
        const std::string vms = "/apis/kubevirt.io/v1/namespaces/default/virtualmachines";
        const std::string head =
            R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"v"},"spec":)";
        const HttpAnswer none = post(vms, head + R"({"runStrategy":"Halted"}})");
        QCOMPARE(none.status, 422);
        QVERIFY2(message(none).find("spec.template: Required value") != std::string::npos,
                 message(none).c_str());
        const HttpAnswer wrong = post(vms, head + R"({"running":"yes","template":{"spec":{"domain":{}}}}})");
        QCOMPARE(wrong.status, 422);
        QVERIFY2(message(wrong).find("spec.running in body must be of type boolean: \"string\"") !=
                     std::string::npos,
                 message(wrong).c_str());
        const std::string typo =
            head + R"({"runStrategy":"Halted","template":{"spec":{"domian":{},"domain":{"devices":{}}}}}})";
        const HttpAnswer strict = post(vms + "?fieldValidation=Strict", typo);
        QCOMPARE(strict.status, 400);
        QVERIFY2(message(strict).find("unknown field \"spec.template.spec.domian\"") != std::string::npos,
                 message(strict).c_str());
        QCOMPARE(post(vms, typo).status, 201);
        QVERIFY(demosite::find(object(vms + "/v"), "spec.template.spec.domian") == nullptr);
        QVERIFY(demosite::find(object(vms + "/v"), "spec.template.spec.domain") != nullptr);
        // And they are told.
        const Json document = object("/openapi/v3/apis/kubevirt.io/v1");
        const Json& vm = document["components"]["schemas"]["io.kubevirt.v1.VirtualMachine"];
        QCOMPARE(text(vm, "properties.spec.properties.template.properties.spec.properties.domain.type"),
                 std::string("object"));
        QCOMPARE(text(vm, "properties.spec.properties.runStrategy.type"), std::string("string"));
    }

    // The site's own objects, and those that its controllers made, are as real ones, in each version.
    void whatTheSiteHoldsFitsItsDefinitions()
    {
        World world;
        QVERIFY(world.step(60));
        std::set<std::string> wrong;
        int looked = 0;
        int older = 0;
        for (const Kind& kind : Kinds::instance().all()) {
            for (const ObjectPtr& each : world.outer().list(kind)) {
                const Json stored = parseOwn(each->body);
                std::vector<Status::Cause> causes;
                checkMetadata(kind, stored, Json(), causes);
                for (const std::string_view version : words(kind.versions)) {
                    const auto schema = world.outer().customKinds().schema(kind, version);
                    if (!kind.has(Custom) || !schema)
                        continue;
                    Json body = stored;
                    fromStorage(kind, version, body);
                    std::vector<std::string> unknown;
                    prune(body, *schema, unknown);
                    validate(body, *schema, causes);
                    ++looked;
                    older += version == kind.storageVersion() ? 0 : 1;
                    for (const std::string& path : unknown)
                        wrong.insert(apiVersion(kind, version) + " " + std::string(kind.kind) + ": unknown " +
                                     path);
                }
                for (const Status::Cause& cause : causes)
                    wrong.insert(std::string(kind.kind) + " " + each->name + ": " + cause.field + ": " +
                                 cause.message);
                // A condition of then has no empty words.
                const Json* const then = demosite::find(stored, "status.deprecated.v1beta1.conditions");
                for (const Json& condition : then == nullptr ? Json::array() : *then) {
                    for (const char* word : {"reason", "message"}) {
                        if (condition.contains(word) && condition[word] == "")
                            wrong.insert(std::string(kind.kind) + " " + each->name + ": empty " + word);
                    }
                }
            }
        }
        QVERIFY(looked > 100);
        QVERIFY(older > 20);
        for (const std::string& each : wrong)
            qWarning("%s", each.c_str());
        QVERIFY(wrong.empty());
    }

    // What a kind has in a newer version that an older one says otherwise, comes back as it was.
    void anOlderVersionLosesNothing_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("stored");
        QTest::addColumn<QString>("older"); // some of it
        const auto row = [](const char* name, const char* kind, const char* stored, const char* older) {
            QTest::newRow(name) << QString::fromLatin1(kind) << QString::fromLatin1(stored)
                                << QString::fromLatin1(older);
        };
        row("a pool's rollout", "MachineDeployment",
            R"({"clusterName":"c","replicas":2,"machineNaming":{"template":"t"},"deletion":{"order":"Oldest"},)"
            R"("remediation":{"maxInFlight":1},"rollout":{"after":"2030-01-01T00:00:00Z","strategy":)"
            R"({"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}},"template":{"spec":{"clusterName":"c",)"
            R"("minReadySeconds":5,"deletion":{"nodeDrainTimeoutSeconds":600}}}})",
            R"({"rolloutAfter":"2030-01-01T00:00:00Z","machineNamingStrategy":{"template":"t"},"minReadySeconds":5,)"
            R"("strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"deletePolicy":"Oldest"},)"
            R"("remediation":{"maxInFlight":1}},"template":{"spec":{"clusterName":"c","nodeDrainTimeout":"10m0s"}}})");
        row("a set's order", "MachineSet",
            R"({"clusterName":"c","deletion":{"order":"Newest"},"template":{"spec":{"clusterName":"c",)"
            R"("minReadySeconds":5}}})",
            R"({"deletePolicy":"Newest","minReadySeconds":5,"template":{"spec":{"clusterName":"c"}}})");
        row("a control plane's rollout and repair", "KubeadmControlPlane",
            R"({"version":"v1.34.1","machineNaming":{"template":"t"},"rollout":{"after":"2030-01-01T00:00:00Z",)"
            R"("before":{"certificatesExpiryDays":30}},"remediation":{"maxRetry":2,"minHealthyPeriodSeconds":3600,)"
            R"("retryPeriodSeconds":90},"kubeadmConfigSpec":{"initConfiguration":{"bootstrapTokens":[{"token":"t",)"
            R"("ttlSeconds":60}],"timeouts":{"controlPlaneComponentHealthCheckSeconds":240}}},"machineTemplate":)"
            R"({"spec":{"infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":)"
            R"("KubevirtMachineTemplate","name":"t"},"deletion":{"nodeDrainTimeoutSeconds":30}}}})",
            R"({"rolloutAfter":"2030-01-01T00:00:00Z","rolloutBefore":{"certificatesExpiryDays":30},)"
            R"("machineNamingStrategy":{"template":"t"},"remediationStrategy":{"maxRetry":2,)"
            R"("minHealthyPeriod":"1h0m0s","retryPeriod":"1m30s"},"kubeadmConfigSpec":{"initConfiguration":)"
            R"({"bootstrapTokens":[{"token":"t","ttl":"1m0s"}]},"clusterConfiguration":{"apiServer":)"
            R"({"timeoutForControlPlane":"4m0s"}}}})");
        row("a health check", "MachineHealthCheck",
            R"({"clusterName":"c","checks":{"nodeStartupTimeoutSeconds":600,"unhealthyNodeConditions":[{"type":"Ready",)"
            R"("status":"Unknown","timeoutSeconds":300}]},"remediation":{"triggerIf":{"unhealthyInRange":"[1-3]"},)"
            R"("templateRef":{"apiVersion":"g/v1","kind":"K","name":"n"}}})",
            R"({"nodeStartupTimeout":"10m0s","unhealthyConditions":[{"type":"Ready","status":"Unknown","timeout":"5m0s"}],)"
            R"("unhealthyRange":"[1-3]","remediationTemplate":{"apiVersion":"g/v1","kind":"K","name":"n",)"
            R"("namespace":"ns"}})");
        row("a class", "ClusterClass",
            R"({"infrastructure":{"templateRef":{"apiVersion":"g/v1","kind":"I","name":"i"},"naming":{"template":"t"}},)"
            R"("controlPlane":{"templateRef":{"apiVersion":"g/v1","kind":"P","name":"p"},"machineInfrastructure":)"
            R"({"templateRef":{"apiVersion":"g/v1","kind":"M","name":"m"}},"deletion":{"nodeDrainTimeoutSeconds":60},)"
            R"("naming":{"template":"p"}},"workers":{"machineDeployments":[{"class":"w","metadata":{"labels":{"a":"b"}},)"
            R"("bootstrap":{"templateRef":{"apiVersion":"g/v1","kind":"B","name":"b"}},"infrastructure":{"templateRef":)"
            R"({"apiVersion":"g/v1","kind":"M","name":"w"}},"deletion":{"order":"Oldest","nodeDrainTimeoutSeconds":60},)"
            R"("rollout":{"strategy":{"type":"OnDelete"}},"healthCheck":{"checks":{"nodeStartupTimeoutSeconds":60}}}]}})",
            R"({"infrastructure":{"ref":{"apiVersion":"g/v1","kind":"I","name":"i","namespace":"ns"}},)"
            R"("infrastructureNamingStrategy":{"template":"t"},"controlPlane":{"ref":{"apiVersion":"g/v1","kind":"P",)"
            R"("name":"p","namespace":"ns"},"machineInfrastructure":{"ref":{"apiVersion":"g/v1","kind":"M","name":"m",)"
            R"("namespace":"ns"}},"nodeDrainTimeout":"1m0s","namingStrategy":{"template":"p"}},"workers":)"
            R"({"machineDeployments":[{"class":"w","template":{"metadata":{"labels":{"a":"b"}},"bootstrap":{"ref":)"
            R"({"apiVersion":"g/v1","kind":"B","name":"b","namespace":"ns"}},"infrastructure":{"ref":{"apiVersion":)"
            R"("g/v1","kind":"M","name":"w","namespace":"ns"}}},"nodeDrainTimeout":"1m0s","strategy":{"type":"OnDelete",)"
            R"("rollingUpdate":{"deletePolicy":"Oldest"}},"machineHealthCheck":{"nodeStartupTimeout":"1m0s"}}]}})");
        row("a topology", "Cluster",
            R"({"topology":{"classRef":{"name":"k"},"version":"v1.34.1","controlPlane":{"replicas":3,"healthCheck":)"
            R"({"enabled":true,"checks":{"nodeStartupTimeoutSeconds":60}}},"workers":{"machineDeployments":[{"class":"w",)"
            R"("name":"n","deletion":{"nodeDeletionTimeoutSeconds":10},"rollout":{"strategy":{"type":"OnDelete"}}}]}}})",
            R"({"topology":{"class":"k","controlPlane":{"replicas":3,"machineHealthCheck":{"enable":true,)"
            R"("nodeStartupTimeout":"1m0s"}},"workers":{"machineDeployments":[{"class":"w","name":"n",)"
            R"("nodeDeletionTimeout":"10s","strategy":{"type":"OnDelete"}}]}}})");
    }
    void anOlderVersionLosesNothing()
    {
        QFETCH(QString, kind);
        QFETCH(QString, stored);
        QFETCH(QString, older);
        const auto& kinds = Kinds::instance().all();
        const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& each) {
            return each.kind == kind.toStdString() && each.has(ClusterApi);
        });
        QVERIFY(found != kinds.end());
        const auto sorted = [](const Json& value) { return nlohmann::json::parse(value.dump()); };
        const Json before = {{"metadata", {{"name", "x"}, {"namespace", "ns"}}},
                             {"spec", parseOwn(stored.toStdString())}};
        Json object = before;
        fromStorage(*found, "v1beta1", object);
        const nlohmann::json told = sorted(object["spec"]);
        nlohmann::json whole = told;
        whole.merge_patch(nlohmann::json::parse(older.toStdString()));
        // Lists are one value of a merge patch: they must be the same to the last field.
        QVERIFY2(whole == told, ("\n" + told.dump() + "\n" + whole.dump()).c_str());
        std::vector<std::string> unknown;
        const auto schema = m_world->outer().customKinds().schema(*found, "v1beta1");
        QVERIFY(schema);
        Json pruned = object;
        prune(pruned, *schema, unknown);
        QVERIFY2(unknown.empty(), unknown.empty() ? "" : unknown.front().c_str());
        toStorage(*found, "v1beta1", object);
        QVERIFY2(sorted(object["spec"]) == sorted(before["spec"]),
                 ("\n" + sorted(object["spec"]).dump() + "\n" + sorted(before["spec"]).dump()).c_str());
    }
};

QTEST_GUILESS_MAIN(TestAdmission)
#include "test_admission.moc"
