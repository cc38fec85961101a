// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/fieldcheck.h"
#include "core/demosite/api/json.h"
#include "core/demosite/api/messages.h"
#include "core/demosite/api/openapi.h"
#include "core/demosite/api/protobuf.h"
#include "core/demosite/api/schema.h"
#include "core/demosite/api/token.h"

#include <QtTest>

#include <nlohmann/json.hpp>

using namespace strata;
using namespace strata::demosite;

namespace {

// Request bodies as kubectl 1.32 sent them.
const char* const kConfigMap =
    "6b3873000a0f0a0276311209436f6e6669674d617012280a130a03636d3112001a0022002a0032003800420012060a01"
    "6112016212090a05656d70747912001a002200";
const char* const kDeployment =
    "6b3873000a150a07617070732f7631120a4465706c6f796d656e7412c9010a1f0a0377656212001a0022002a00320038"
    "0042005a0a0a0361707012037765621297010800120c0a0a0a0361707012037765621a7d0a1c0a0012001a0022002a00"
    "3200380042005a0a0a036170701203776562125d123f0a056e67696e78120a6e67696e783a312e32371a05736c656570"
    "1a0236302a00320b0a00100018903f22002a0042006a007200800100880100900100a201001a00320042004a00520058"
    "00600068008201008a01009a0100c2010022020a00280038001a0c0800100018002000280038001a002200";
const char* const kBinding =
    "6b3873000a2b0a1c726261632e617574686f72697a6174696f6e2e6b38732e696f2f7631120b526f6c6542696e64696e"
    "67128e010a120a02726212001a0022002a0032003800420012290a04557365721219726261632e617574686f72697a61"
    "74696f6e2e6b38732e696f1a046f6c67612200121d0a0e536572766963654163636f756e7412001a05726f626f742202"
    "6e311a2e0a19726261632e617574686f72697a6174696f6e2e6b38732e696f120b436c7573746572526f6c651a047669"
    "65771a002200";
const char* const kQuota =
    "6b3873000a130a027631120d5265736f7572636551756f7461123e0a110a017112001a0022002a003200380042001227"
    "0a0b0a04706f647312030a01320a180a0f72657175657374732e6d656d6f727912050a033147691a001a002200";
const char* const kBudget =
    "6b3873000a200a09706f6c6963792f76311213506f6444697372757074696f6e427564676574123a0a110a017012001a"
    "0022002a0032003800420012190a09080110001a03353025120c0a0a0a0361707012037765621a0a0800180020002800"
    "30001a002200";
const char* const kIngress =
    "6b3873000a1f0a146e6574776f726b696e672e6b38732e696f2f76311207496e677265737312590a110a016912001a00"
    "22002a003200380042001240120f0a07666f6f2e636f6d1204636572741a2d0a07666f6f2e636f6d12220a200a1e0a04"
    "2f626172120e220c0a0373766312050a0010903f1a065072656669781a020a001a002200";
const char* const kTokenRequest =
    "6b3873000a280a1861757468656e7469636174696f6e2e6b38732e696f2f7631120c546f6b656e52657175657374121d"
    "0a100a0012001a0022002a00320038004200120320b0091a040a0012001a002200";

std::string bytes(const char* hex)
{
    return QByteArray::fromHex(hex).toStdString();
}

std::vector<std::string> fieldsOf(const std::vector<Status::Cause>& causes)
{
    std::vector<std::string> out;
    for (const Status::Cause& cause : causes)
        out.push_back(cause.field + ": " + cause.message);
    return out;
}

const char* const kSchema = R"({"type":"object","required":["spec"],"properties":{"spec":{"type":"object",
    "required":["size"],"properties":{
    "size":{"type":"integer","minimum":1,"maximum":5},
    "colour":{"type":"string","enum":["red","green"],"default":"red"},
    "name":{"type":"string","pattern":"^[a-z]+$"},
    "port":{"x-kubernetes-int-or-string":true},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},
    "anything":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
    "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["id"],
      "items":{"type":"object","properties":{"id":{"type":"string"},"on":{"type":"boolean","default":true}}}},
    "source":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},
      "oneOf":[{"required":["a"]},{"required":["b"]}]}}}}})";

} // namespace

class TestFormats : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void protobufBecomesJson_data()
    {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("config map: maps, an empty value")
            << QByteArray(kConfigMap)
            << QByteArray(R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cm1"},)"
                          R"("data":{"a":"b","empty":""}})");
        QTest::newRow("deployment: a zero that was meant, nested lists")
            << QByteArray(kDeployment)
            << QByteArray(
                   R"({"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","labels":{"app":"web"}},)"
                   R"("spec":{"replicas":0,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":)"
                   R"({"labels":{"app":"web"}},"spec":{"containers":[{"name":"nginx","image":"nginx:1.27",)"
                   R"("command":["sleep","60"],"ports":[{"containerPort":8080}],"resources":{}}]}},)"
                   R"("strategy":{}},"status":{}})");
        QTest::newRow("role binding: strings that must be told")
            << QByteArray(kBinding)
            << QByteArray(
                   R"({"kind":"RoleBinding","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{"name":"rb"},)"
                   R"("subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"olga"},)"
                   R"({"kind":"ServiceAccount","name":"robot","namespace":"n1"}],"roleRef":)"
                   R"({"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}})");
        QTest::newRow("quota: quantities")
            << QByteArray(kQuota)
            << QByteArray(R"({"kind":"ResourceQuota","apiVersion":"v1","metadata":{"name":"q"},)"
                          R"("spec":{"hard":{"pods":"2","requests.memory":"1Gi"}},"status":{}})");
        QTest::newRow("budget: a number or a string")
            << QByteArray(kBudget)
            << QByteArray(
                   R"({"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"p"},)"
                   R"("spec":{"minAvailable":"50%","selector":{"matchLabels":{"app":"web"}}},)"
                   R"("status":{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0}})");
        QTest::newRow("ingress: an inlined message")
            << QByteArray(kIngress)
            << QByteArray(
                   R"({"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"i"},)"
                   R"("spec":{"tls":[{"hosts":["foo.com"],"secretName":"cert"}],"rules":[{"host":"foo.com",)"
                   R"("http":{"paths":[{"path":"/bar","backend":{"service":{"name":"svc","port":{"number":8080}}},)"
                   R"("pathType":"Prefix"}]}}]},"status":{"loadBalancer":{}}})");
    }
    void protobufBecomesJson()
    {
        QFETCH(QByteArray, hex);
        QFETCH(QByteArray, json);
        const auto decoded = decodeProtobuf(bytes(hex.constData()));
        QVERIFY2(decoded.has_value(), decoded ? "" : decoded.error().message.c_str());
        // Without order: the wire has its own.
        QCOMPARE(nlohmann::json::parse(compact(*decoded)).dump(),
                 nlohmann::json::parse(json.toStdString()).dump());
    }

    void protobufTimesAndTokens()
    {
        const auto token = decodeProtobuf(bytes(kTokenRequest));
        QVERIFY(token.has_value());
        QCOMPARE(number(*token, "spec.expirationSeconds").value_or(0), 1200LL);
        // A Lease: holder "node-1", 40 seconds, renewed 2026-01-02T03:04:05.000006Z.
        const auto lease = decodeProtobuf(
            bytes("6b3873000a1f0a16636f6f7264696e6174696f6e2e6b38732e696f2f763112054c65617365121712"
                  "150a066e6f64652d311028220908a5ebdcca0610f02e"));
        QVERIFY(lease.has_value());
        QCOMPARE(text(*lease, "spec.holderIdentity"), std::string("node-1"));
        QCOMPARE(number(*lease, "spec.leaseDurationSeconds").value_or(0), 40LL);
        QCOMPARE(text(*lease, "spec.renewTime"), std::string("2026-01-02T03:04:05.000006Z"));
    }

    void brokenProtobufIsRefused()
    {
        QCOMPARE(decodeProtobuf("{}").error().code, 400);
        std::string body = bytes(kDeployment);
        std::size_t refused = 0;
        for (std::size_t size = 4; size < body.size(); ++size) { // cut anywhere: an answer, never a crash
            const auto decoded = decodeProtobuf(std::string_view(body).substr(0, size));
            refused += decoded.has_value() ? 0 : 1;
        }
        QVERIFY(refused > body.size() / 2);
        for (std::size_t at = 4; at < body.size(); ++at) {
            std::string other = body;
            other[at] = static_cast<char>(other[at] ^ 0x5A);
            (void)decodeProtobuf(other);
        }
        std::string custom("k8s\0\x0a\x13\x0a\x0bkubevirt.io\x12\x04VMIs", 25);
        QCOMPARE(decodeProtobuf(custom).error().code, 415);
    }

    void everyMessageHasItsFields()
    {
        const Messages& messages = Messages::instance();
        const Message* pod = messages.find("v1", "Pod");
        QVERIFY(pod != nullptr);
        const Field* containers = pod->byName("spec")->message->byName("containers");
        QVERIFY(containers != nullptr && containers->list && containers->required);
        QCOMPARE(containers->keys.size(), std::size_t(1));
        // Inlined: a volume's source is a field of the volume in JSON.
        QVERIFY(messages.named("Volume")->byName("configMap") != nullptr);
        QVERIFY(messages.find("events.k8s.io/v1", "Event")->byName("regarding") != nullptr);
        QVERIFY(messages.find("v1", "Event")->byName("involvedObject") != nullptr);
        QVERIFY(messages.find("kubevirt.io/v1", "VirtualMachine") == nullptr);
    }

    void fieldsThatNobodyKnows()
    {
        Json object =
            parseOwn(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w","nmae":"x"},
            "spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a","imag":"b"}]}}}})");
        std::vector<std::string> unknown;
        const Message& deployment = *Messages::instance().find("apps/v1", "Deployment");
        QVERIFY(!fitToMessage(object, deployment, unknown));
        QCOMPARE(unknown.size(), std::size_t(2));
        QCOMPARE(unknown[0], std::string("metadata.nmae"));
        QCOMPARE(unknown[1], std::string("spec.template.spec.containers[0].imag"));
        QVERIFY(find(object, "metadata.nmae") == nullptr);
        Json wrong = parseOwn(R"({"spec":{"replicas":"three"}})");
        const auto unfit = fitToMessage(wrong, deployment, unknown);
        QVERIFY(unfit);
        QCOMPARE(
            unfit->decoding,
            std::string("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of "
                        "type int32"));
        QCOMPARE(unfit->converting, std::string("unrecognized type: int32"));
    }

    // The protobuf form of the older OpenAPI document, byte by byte as gnostic's OpenAPIv2.proto has it;
    // kubectl 1.20 reads it in live_kubectl where that is there.
    void olderOpenApiIsProtobuf()
    {
        const Json document = parseOwn(
            R"({"info":{"title":"T","version":"v"},"paths":{"/a":{"patch":{"description":"d","operationId":"o",
            "parameters":[{"name":"dryRun"}],"x-k":{"kind":"K"}}}},"definitions":{"D":{"type":"object",
            "required":["a"],"properties":{"a":{"type":"string","enum":["x"]}}}}})");
        const std::string bytes = openApiV2Protobuf(document);
        QCOMPARE(QByteArray::fromStdString(bytes).toHex(),
                 QByteArray("0a03322e3012060a0154120176425712550a022f61124f424d1a01642a016f421d0a1b12191a1712"
                            "057175657279220664727952756e3206737472696e674a0f0a0d0a0332303012060a040a024f4b6a"
                            "150a03782d6b120e120c7b226b696e64223a224b227d4a330a310a0144122c9a010161b201080a06"
                            "6f626a656374ca011a0a180a01611213a201051203227822b201080a06737472696e67"));
    }

    void schemasValidate_data()
    {
        QTest::addColumn<QByteArray>("object");
        QTest::addColumn<QByteArray>("complaint");
        const auto row = [](const char* name, const char* spec, const char* complaint) {
            QTest::newRow(name) << QByteArray(spec) << QByteArray(complaint);
        };
        row("good", R"({"spec":{"size":3}})", "");
        row("required", R"({"spec":{}})", "spec.size: Required value");
        row("required above", R"({})", "spec: Required value");
        row("type", R"({"spec":{"size":"big"}})",
            "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"");
        row("minimum", R"({"spec":{"size":0}})",
            "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1");
        row("maximum", R"({"spec":{"size":6}})",
            "spec.size: Invalid value: 6: spec.size in body should be less than or equal to 5");
        row("enum", R"({"spec":{"size":1,"colour":"blue"}})",
            R"(spec.colour: Unsupported value: "blue": supported values: "red", "green")");
        row("pattern", R"({"spec":{"size":1,"name":"A1"}})",
            "spec.name: Invalid value: \"A1\": spec.name in body should match '^[a-z]+$'");
        row("int or string", R"({"spec":{"size":1,"port":"http"}})", "");
        row("neither", R"({"spec":{"size":1,"port":[]}})",
            "spec.port: Invalid value: \"array\": spec.port in body must be of type integer,string: "
            "\"array\"");
        row("map", R"({"spec":{"size":1,"labels":{"a":1}}})",
            "spec.labels.a: Invalid value: \"integer\": spec.labels.a in body must be of type string: "
            "\"integer\"");
        row("keys", R"({"spec":{"size":1,"list":[{"id":"x"},{"id":"x"}]}})",
            R"(spec.list[1]: Duplicate value: {"id":"x"})");
        row("one of", R"({"spec":{"size":1,"source":{"a":"1","b":"2"}}})",
            "spec.source: Invalid value: object: spec.source in body must validate one and only one schema "
            "(oneOf). "
            "Found 2 valid alternatives");
    }
    void schemasValidate()
    {
        QFETCH(QByteArray, object);
        QFETCH(QByteArray, complaint);
        std::vector<Status::Cause> causes;
        validate(parseOwn(object.toStdString()), parseOwn(kSchema), causes);
        const auto found = fieldsOf(causes);
        if (complaint.isEmpty()) {
            QVERIFY2(found.empty(), found.empty() ? "" : found[0].c_str());
            return;
        }
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(QByteArray::fromStdString(found[0]), complaint);
    }

    void schemasPruneAndFillIn()
    {
        Json object = parseOwn(R"({"apiVersion":"x/v1","kind":"X","metadata":{"name":"a","labels":{"k":"v"}},
            "extra":1,"spec":{"size":1,"foo":{},"anything":{"deep":{"er":1}},"labels":{"free":"x"},
            "list":[{"id":"a","gone":1}]}})");
        std::vector<std::string> removed;
        prune(object, parseOwn(kSchema), removed);
        QCOMPARE(removed.size(), std::size_t(3));
        QVERIFY(find(object, "spec.foo") == nullptr);
        QVERIFY(find(object, "metadata.labels.k") != nullptr);
        QVERIFY(find(object, "spec.anything.deep.er") != nullptr);
        fillDefaults(object, parseOwn(kSchema));
        QCOMPARE(text(object, "spec.colour"), std::string("red"));
        QCOMPARE(text(object["spec"]["list"][0], "on"), std::string("true"));
    }

    void tokensCannotBeForged()
    {
        TokenClaims claims;
        claims.ns = "n";
        claims.account = "robot";
        claims.uid = "u-1";
        claims.issued = 1'000'000;
        claims.expires = 2'000'000;
        const std::string token = makeToken("key", claims);
        const auto read = readToken("key", token, 1'500'000);
        QVERIFY(read.has_value());
        QCOMPARE(read->account, std::string("robot"));
        QCOMPARE(read->uid, std::string("u-1"));
        QVERIFY(!readToken("key", token, 2'000'000).has_value());
        QVERIFY(!readToken("other", token, 1'500'000).has_value());
        QVERIFY(!readToken("", token, 1'500'000).has_value());
        std::string forged = token;
        forged[token.find('.') + 3] = forged[token.find('.') + 3] == 'A' ? 'B' : 'A';
        QVERIFY(!readToken("key", forged, 1'500'000).has_value());
        QVERIFY(!readToken("key", "a.b", 0).has_value());
    }
};

QTEST_GUILESS_MAIN(TestFormats)
#include "test_formats.moc"
