// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/kube/config/kubeconfig.h"
#include "tests/live/realapi.h"
#include "tests/live/servertools.h"

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace strata;
using namespace std::chrono_literals;
using strata::test::RealApi;
using strata::test::within;
using Json = nlohmann::json; // sorted: the order of fields says nothing

// The same requests to a real kube-apiserver and to the demo site's outer cluster: the same answers, as far
// as an answer is not chance (uids, versions, times, addresses that are handed out).
namespace {

struct Step {
    const char* name;
    const char* method;
    std::string path; // with its query
    std::string body;
    std::string type;   // of the body; empty: JSON
    std::string accept; // empty: JSON
};

struct Answer {
    int status = 0;
    std::string contentType; // without its parameters
    std::string warning;
    std::string text;
};

// Our own client keeps of an error's body only what an operator can use; here the whole body counts.
class Browser {
public:
    explicit Browser(const kube::ClusterConfig& config) : m_config(config)
    {
        m_ssl = QSslConfiguration::defaultConfiguration();
        m_ssl.setCaCertificates(QSslCertificate::fromData(QByteArray::fromStdString(config.caPem)));
        if (!config.clientCertificatePem.empty()) {
            m_ssl.setLocalCertificateChain(
                QSslCertificate::fromData(QByteArray::fromStdString(config.clientCertificatePem)));
            const QByteArray key = QByteArray::fromStdString(config.clientKeyPem.reveal());
            QSslKey read(key, QSsl::Ec);
            m_ssl.setPrivateKey(read.isNull() ? QSslKey(key, QSsl::Rsa) : read);
        }
    }

    Answer ask(const Step& step)
    {
        QNetworkRequest request(QUrl(QString::fromStdString(m_config.server + step.path)));
        request.setSslConfiguration(m_ssl);
        request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
        request.setRawHeader("Accept", step.accept.empty() ? QByteArray("application/json")
                                                           : QByteArray::fromStdString(step.accept));
        request.setRawHeader("User-Agent", "strata/1");
        if (!step.body.empty() || !step.type.empty())
            request.setRawHeader("Content-Type", step.type.empty() ? QByteArray("application/json")
                                                                   : QByteArray::fromStdString(step.type));
        if (const std::string& token = m_config.token.reveal(); !token.empty())
            request.setRawHeader("Authorization", "Bearer " + QByteArray::fromStdString(token));
        const std::unique_ptr<QNetworkReply> reply(
            m_manager.sendCustomRequest(request, step.method, QByteArray::fromStdString(step.body)));
        Answer out;
        if (!QTest::qWaitFor([&] { return reply->isFinished(); }, 30'000))
            return out;
        out.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        out.contentType = reply->rawHeader("Content-Type").split(';').front().trimmed().toStdString();
        out.warning = reply->rawHeader("Warning").toStdString();
        out.text = reply->readAll().toStdString();
        if (out.status == 0)
            out.text = reply->errorString().toStdString();
        return out;
    }

private:
    kube::ClusterConfig m_config;
    QSslConfiguration m_ssl;
    QNetworkAccessManager m_manager;
};

const char* const kApply = "application/apply-patch+yaml";
const char* const kMerge = "application/merge-patch+json";
const char* const kStrategic = "application/strategic-merge-patch+json";
const char* const kJsonPatch = "application/json-patch+json";
const char* const kTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const char* const kMetadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const char* const kMetadataList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

std::string map(const std::string& name, const std::string& rest = R"("data":{"a":"1"})",
                const std::string& meta = {})
{
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + "\"" + meta + "}" +
           (rest.empty() ? "" : "," + rest) + "}";
}

const char* const kDeployment =
    R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},"spec":)"
    R"({"replicas":0,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},)"
    R"("spec":{"containers":[{"name":"c","image":"registry.example/web:1","ports":[{"containerPort":80}],)"
    R"("env":[{"name":"A","value":"1"}]}]}}}})";

const char* const kDefinition =
    R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":)"
    R"("racks.difference.example.org"},"spec":{"group":"difference.example.org","scope":"Namespaced","names":)"
    R"({"plural":"racks","singular":"rack","kind":"Rack","listKind":"RackList","shortNames":["rk"]},"versions":[)"
    R"({"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":)"
    R"(".spec.units","statusReplicasPath":".status.units"}},"additionalPrinterColumns":[{"name":"Units","type":)"
    R"("integer","jsonPath":".spec.units"},{"name":"Room","type":"string","jsonPath":".spec.room","priority":1},)"
    R"({"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}],"schema":{"openAPIV3Schema":)"
    R"({"type":"object","required":["spec"],"properties":{"spec":{"type":"object","required":["units"],)"
    R"("x-kubernetes-validations":[{"rule":"self.units % 2 == 0","message":"units come in pairs"}],)"
    R"("properties":{"units":{"type":"integer","minimum":2,"maximum":48},"room":{"type":"string","default":"A1",)"
    R"("x-kubernetes-validations":[{"rule":"self != 'B2'","message":"B2 is taken"}]},)"
    R"("power":{"type":"string","enum":["On","Off"]},"tags":{"type":"array","items":{"type":"string"}},)"
    R"("slots":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":)"
    R"({"type":"object","required":["name"],"properties":{"name":{"type":"string","pattern":"^[a-z]+$"},)"
    R"("size":{"type":"integer"}}}}}},"status":{"type":"object","properties":{"units":{"type":"integer"},)"
    R"("phase":{"type":"string"}}}}}}},{"name":"v1alpha1","served":true,"storage":false,"deprecated":true,)"
    R"("schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}})";

const char* const kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"automountServiceAccountToken":false,)"
    R"("nodeSelector":{"no":"where"},"initContainers":[{"name":"i","image":)"
    R"("i:1"}],"containers":[{"name":"c","image":"registry.example/web","ports":[{"containerPort":80}],)"
    R"("readinessProbe":{"httpGet":{"port":80}},"resources":{"limits":{"cpu":"1"}},"env":[{"name":"N","valueFrom":)"
    R"({"fieldRef":{"fieldPath":"metadata.name"}}}],"volumeMounts":[{"name":"v","mountPath":"/v"}]}],)"
    R"("volumes":[{"name":"v","secret":{"secretName":"s"}},{"name":"w"},{"name":"x","hostPath":{"path":"/x"}}]}})";

std::string workload(const std::string& kind)
{
    return R"({"apiVersion":"apps/v1","kind":")" + kind +
           R"(","metadata":{"name":"w"},"spec":{"selector":{"matchLabels":{"app":"w"}},"template":{"metadata":)"
           R"({"labels":{"app":"w"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}})";
}

std::string rack(const std::string& name, const std::string& spec)
{
    return R"({"apiVersion":"difference.example.org/v1","kind":"Rack","metadata":{"name":")" + name +
           R"("},"spec":)" + spec + "}";
}

std::vector<Step> steps()
{
    const std::string maps = "/api/v1/namespaces/difference/configmaps";
    const std::string deployments = "/apis/apps/v1/namespaces/difference/deployments";
    const std::string racks = "/apis/difference.example.org/v1/namespaces/difference/racks";
    const std::string secrets = "/api/v1/namespaces/difference/secrets";
    return {
        // --- creating
        {"create", "POST", maps, map("a", R"("data":{"a":"1"})", R"(,"labels":{"tier":"front","app":"x"})"),
         "", ""},
        {"create, field manager", "POST", maps + "?fieldManager=hands",
         map("b", R"("data":{"a":"1","b":"2"})", R"(,"labels":{"tier":"back"},"annotations":{"n":"1"})"), "",
         ""},
        {"create again", "POST", maps, map("a"), "", ""},
        {"create, dry run", "POST", maps + "?dryRun=All", map("dry"), "", ""},
        {"dry run left nothing", "GET", maps + "/dry", "", "", ""},
        {"dry run of something", "POST", maps + "?dryRun=Some", map("dry"), "", ""},
        {"create, generated name", "POST", maps,
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"gen-"}})", "", ""},
        {"create without a name", "POST", maps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{}})", "",
         ""},
        {"create, a bad name", "POST", maps, map("A_b"), "", ""},
        {"create, a bad label", "POST", maps, map("c", "", R"(,"labels":{"a b":"-"})"), "", ""},
        {"create, a bad annotation", "POST", maps, map("c", "", R"(,"annotations":{"a b":"-"})"), "", ""},
        {"create, a bad key", "POST", maps, map("c", R"("data":{"a/b":"1"})"), "", ""},
        {"create, another kind", "POST", maps,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}})", "", ""},
        {"create, another namespace", "POST", maps, map("c", "", R"(,"namespace":"other")"), "", ""},
        {"create, no kind", "POST", maps, R"({"metadata":{"name":"c"}})", "", ""},
        {"create, with a version", "POST", maps, map("c", "", R"(,"resourceVersion":"7")"), "", ""},
        {"create, no such namespace", "POST", "/api/v1/namespaces/none/configmaps", map("c"), "", ""},
        {"create, no JSON", "POST", maps, "{", "", ""},
        {"create, nothing", "POST", maps, "", "", ""},
        {"create, plain text", "POST", maps, "x", "text/plain", ""},
        {"create, YAML", "POST", maps,
         "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: \"1\"\n", "application/yaml",
         ""},
        {"create, wrong type", "POST", maps, map("c", R"("data":{"a":1})"), "", ""},
        {"create, unknown field, strict", "POST", maps + "?fieldValidation=Strict", map("c", R"("date":{})"),
         "", ""},
        {"create, unknown field, warned", "POST", maps + "?fieldValidation=Warn&dryRun=All",
         map("c", R"("date":{})"), "", ""},
        {"create, unknown field, ignored", "POST", maps + "?fieldValidation=Ignore&dryRun=All",
         map("c", R"("date":{})"), "", ""},
        {"create, a field twice, strict", "POST", maps + "?fieldValidation=Strict",
         map("c", R"("data":{"a":"1"},"data":{"a":"2"})"), "", ""},
        {"create, an odd validation", "POST", maps + "?fieldValidation=Perhaps", map("c"), "", ""},
        {"create, with finalizer and owner", "POST", maps,
         map("held", R"("data":{"a":"1"})",
             R"(,"finalizers":["example.org/hold"],"ownerReferences":[{"apiVersion":"v1","kind":"Secret",)"
             R"("name":"o","uid":"11111111-1111-1111-1111-111111111111"}])"),
         "", ""},
        {"create, a bad finalizer", "POST", maps, map("c", "", R"(,"finalizers":["hold me"])"), "", ""},
        {"create, immutable", "POST", maps, map("fixed", R"("immutable":true,"data":{"a":"1"})"), "", ""},
        {"a secret", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"a":"b"}})", "", ""},
        {"a secret of bad base64", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s2"},"data":{"a":"?"}})", "", ""},
        {"a secret of TLS without a key", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s3"},"type":"kubernetes.io/tls"})", "",
         ""},
        {"a secret of SSH", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s4"},"type":"kubernetes.io/ssh-auth"})",
         "", ""},
        {"a secret of a user", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s5"},"type":"kubernetes.io/basic-auth"})",
         "", ""},
        {"a secret of a registry", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s6"},"type":"kubernetes.io/dockerconfigjson"})",
         "", ""},
        {"a secret of an account", "POST", secrets,
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s7"},"type":"kubernetes.io/service-account-token"})",
         "", ""},
        {"create, unknown kind", "POST", maps,
         R"({"apiVersion":"v1","kind":"Thing","metadata":{"name":"c"}})", "", ""},
        {"create, unknown version", "POST", maps,
         R"({"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"c"}})", "", ""},
        {"create, YAML as JSON", "POST", maps, "kind: ConfigMap", "", ""},
        {"create, a list", "POST", maps, "[1]", "", ""},
        {"create, metadata of another type", "POST", maps,
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":5})", "", ""},
        {"create, fields twice, warned", "POST", maps + "?fieldValidation=Warn&dryRun=All",
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice","labels":{"a":"1","a":"2"}},)"
         R"("data":{"a":"1"},"data":{"a":"2"}})",
         "", ""},
        {"create, YAML, a key twice", "POST", maps + "?fieldValidation=Strict",
         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"1\", a: \"2\"}\ndate: 1\n",
         "application/yaml", ""},
        {"create, bad owners", "POST", maps,
         map("c", "",
             R"(,"ownerReferences":[{"apiVersion":"","kind":"","name":"x","uid":""},{"apiVersion":"v1","kind":"A","name":"b","uid":"c",)"
             R"("controller":true},{"apiVersion":"v1","kind":"B","name":"b","uid":"d","controller":true}])"),
         "", ""},
        {"create, a bad prefix", "POST", maps, map("c", "", R"(,"labels":{"A_/b":"1"})"), "", ""},
        {"create, a long manager", "POST", maps + "?fieldManager=" + std::string(140, 'x'), map("c"), "", ""},
        // --- reading
        {"get, the future", "GET", maps + "/a?resourceVersion=999999999", "", "", ""},
        {"get, a bad version", "GET", maps + "/a?resourceVersion=x", "", "", ""},
        {"get, no such subresource of a kind", "GET", "/api/v1/namespaces/difference/pods/x/nothing", "", "",
         ""},
        {"get, no such version of a group", "GET", "/apis/apps/v7", "", "", ""},
        {"get, no such group at all", "GET", "/apis/none.example.org", "", "", ""},
        {"get, no such kind of a definition", "GET",
         "/apis/difference.example.org/v1/namespaces/difference/things", "", "", ""},
        {"get", "GET", maps + "/a", "", "", ""},
        {"get, none", "GET", maps + "/none", "", "", ""},
        {"get, no such kind", "GET", "/api/v1/namespaces/difference/things", "", "", ""},
        {"get, no such group", "GET", "/apis/none.example.org/v1/things", "", "", ""},
        {"get, no such version", "GET", "/apis/apps/v7/deployments", "", "", ""},
        {"get, as metadata", "GET", maps + "/a", "", "", kMetadata},
        {"get, as table", "GET", maps + "/a", "", "", kTable},
        {"get, as nothing known", "GET", maps + "/a", "", "", "text/html"},
        {"list", "GET", maps, "", "", ""},
        {"list, no such namespace", "GET", "/api/v1/namespaces/none/configmaps", "", "", ""},
        {"list, labels", "GET", maps + "?labelSelector=tier%3Dfront", "", "", ""},
        {"list, labels not", "GET", maps + "?labelSelector=tier!%3Dfront", "", "", ""},
        {"list, labels in", "GET", maps + "?labelSelector=tier+in+(front,back),app", "", "", ""},
        {"list, labels without", "GET", maps + "?labelSelector=!app", "", "", ""},
        {"list, bad labels", "GET", maps + "?labelSelector=a+in+b", "", "", ""},
        {"list, labels cut off", "GET", maps + "?labelSelector=a+in+(b", "", "", ""},
        {"list, two labels", "GET", maps + "?labelSelector=a%3Db+c", "", "", ""},
        {"list, labels without a key", "GET", maps + "?labelSelector=%3Db", "", "", ""},
        {"list, no operator", "GET", maps + "?labelSelector=a+b", "", "", ""},
        {"list, a bad number", "GET", maps + "?labelSelector=a%3Ex", "", "", ""},
        {"list, an empty label", "GET", maps + "?labelSelector=a,,b", "", "", ""},
        {"list, a bad label key", "GET", maps + "?labelSelector=A/B/c%3D1", "", "", ""},
        {"list, a bad field value", "GET", maps + "?fieldSelector=metadata.name%3Db%3Dc", "", "", ""},
        {"list, a bad timeout", "GET", maps + "?timeoutSeconds=x", "", "", ""},
        {"list, bad label value", "GET", maps + "?labelSelector=a%3D-", "", "", ""},
        {"list, field name", "GET", maps + "?fieldSelector=metadata.name%3Da", "", "", ""},
        {"list, fields not", "GET", maps + "?fieldSelector=metadata.name!%3Da", "", "", ""},
        {"list, field nobody knows", "GET", maps + "?fieldSelector=spec.x%3Da", "", "", ""},
        {"list, bad fields", "GET", maps + "?fieldSelector=a", "", "", ""},
        {"list, a page", "GET", maps + "?limit=2", "", "", ""},
        {"list, a page of labels", "GET", maps + "?limit=1&labelSelector=tier", "", "", ""},
        {"list, a bad limit", "GET", maps + "?limit=x", "", "", ""},
        {"list, a bad token", "GET", maps + "?continue=x", "", "", ""},
        {"list, a bad version", "GET", maps + "?resourceVersion=x", "", "", ""},
        {"list, match without version", "GET", maps + "?resourceVersionMatch=Exact", "", "", ""},
        {"list, a bad match", "GET", maps + "?resourceVersion=1&resourceVersionMatch=Near", "", "", ""},
        {"list, exact zero", "GET", maps + "?resourceVersion=0&resourceVersionMatch=Exact", "", "", ""},
        {"list, initial events", "GET", maps + "?sendInitialEvents=true", "", "", ""},
        {"list, the future", "GET", maps + "?resourceVersion=999999999&resourceVersionMatch=NotOlderThan", "",
         "", ""},
        {"list, as table", "GET", maps, "", "", kTable},
        {"list, as table without objects", "GET", maps + "?includeObject=None", "", "", kTable},
        {"list, as metadata", "GET", maps, "", "", kMetadataList},
        {"watch, bad match", "GET", maps + "?watch=1&resourceVersionMatch=NotOlderThan", "", "", ""},
        {"watch, initial events alone", "GET", maps + "?watch=1&sendInitialEvents=true", "", "", ""},
        {"watch, a bad version", "GET", maps + "?watch=1&resourceVersion=x", "", "", ""},
        {"watch, from the start", "GET", maps + "?watch=1&timeoutSeconds=1&labelSelector=tier", "", "", ""},
        {"watch, as a list", "GET",
         maps +
             "?watch=1&timeoutSeconds=1&labelSelector=tier&sendInitialEvents=true&allowWatchBookmarks=true&"
             "resourceVersionMatch=NotOlderThan",
         "", "", ""},
        {"watch, the future", "GET", maps + "?watch=1&timeoutSeconds=1&resourceVersion=999999999", "", "",
         ""},
        // --- changing
        {"merge patch", "PATCH", maps + "/a",
         R"({"data":{"a":null,"b":"2"},"metadata":{"labels":{"new":"1"}}})", kMerge, ""},
        {"merge patch, nothing changes", "PATCH", maps + "/a", R"({"data":{"b":"2"}})", kMerge, ""},
        {"merge patch, none", "PATCH", maps + "/none", R"({"data":{"b":"2"}})", kMerge, ""},
        {"merge patch, bad", "PATCH", maps + "/a", R"([1])", kMerge, ""},
        {"merge patch, the name", "PATCH", maps + "/a", R"({"metadata":{"name":"z"}})", kMerge, ""},
        {"merge patch, an old version", "PATCH", maps + "/a",
         R"({"metadata":{"resourceVersion":"1"},"data":{"z":"1"}})", kMerge, ""},
        {"merge patch, another uid", "PATCH", maps + "/a",
         R"({"metadata":{"uid":"11111111-1111-1111-1111-111111111111"}})", kMerge, ""},
        {"merge patch, unknown field, strict", "PATCH", maps + "/a?fieldValidation=Strict", R"({"date":{}})",
         kMerge, ""},
        {"merge patch, dry run", "PATCH", maps + "/a?dryRun=All", R"({"data":{"dry":"1"}})", kMerge, ""},
        {"merge patch, wrong type", "PATCH", maps + "/a", R"({"data":{"a":1}})", kMerge, ""},
        {"merge patch, no JSON", "PATCH", maps + "/a", R"({"data":)", kMerge, ""},
        {"merge patch, the namespace", "PATCH", maps + "/a", R"({"metadata":{"namespace":"other"}})", kMerge,
         ""},
        {"merge patch, deleted", "PATCH", maps + "/a",
         R"({"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}})", kMerge, ""},
        {"merge patch, another time", "PATCH", maps + "/a",
         R"({"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z","generation":7}})", kMerge, ""},
        {"patch, dry run of something", "PATCH", maps + "/a?dryRun=Some", R"({})", kMerge, ""},
        {"strategic patch, wrong type", "PATCH", maps + "/a", R"({"data":{"a":1}})", kStrategic, ""},
        {"strategic patch, unknown field, strict", "PATCH", maps + "/a?fieldValidation=Strict",
         R"({"date":{"a":1}})", kStrategic, ""},
        {"strategic patch, unknown field, warned", "PATCH", maps + "/a?fieldValidation=Warn&dryRun=All",
         R"({"date":{"a":1}})", kStrategic, ""},
        {"JSON patch, no JSON", "PATCH", maps + "/a", "[", kJsonPatch, ""},
        {"JSON patch, odd", "PATCH", maps + "/a", R"([{"op":"foo","path":"/a"}])", kJsonPatch, ""},
        {"JSON patch", "PATCH", maps + "/a",
         R"([{"op":"test","path":"/data/b","value":"2"},{"op":"add","path":"/data/c","value":"3"}])",
         kJsonPatch, ""},
        {"JSON patch, test fails", "PATCH", maps + "/a", R"([{"op":"test","path":"/data/b","value":"9"}])",
         kJsonPatch, ""},
        {"JSON patch, no such path", "PATCH", maps + "/a", R"([{"op":"remove","path":"/data/zz"}])",
         kJsonPatch, ""},
        {"JSON patch, bad", "PATCH", maps + "/a", R"({"a":1})", kJsonPatch, ""},
        {"strategic patch", "PATCH", maps + "/a", R"({"data":{"c":null,"d":"4"}})", kStrategic, ""},
        {"patch of no type", "PATCH", maps + "/a", R"({})", "application/json", ""},
        {"immutable, patched", "PATCH", maps + "/fixed", R"({"data":{"a":"2"}})", kMerge, ""},
        {"put, unconditional", "PUT", maps + "/b", map("b", R"("data":{"z":"1"})"), "", ""},
        {"put, another name", "PUT", maps + "/b", map("a"), "", ""},
        {"put, an old version", "PUT", maps + "/b",
         map("b", R"("data":{"z":"2"})", R"(,"resourceVersion":"1")"), "", ""},
        {"put, another uid", "PUT", maps + "/b",
         map("b", R"("data":{"z":"2"})", R"(,"uid":"11111111-1111-1111-1111-111111111111")"), "", ""},
        {"put, another namespace", "PUT", maps + "/b", map("b", "", R"(,"namespace":"other")"), "", ""},
        {"put, none", "PUT", maps + "/nowhere", map("nowhere"), "", ""},
        {"put, the collection", "PUT", maps, map("b"), "", ""},
        {"post to a name", "POST", maps + "/b", map("b"), "", ""},
        // --- server-side apply
        {"apply, new", "PATCH", maps + "/applied?fieldManager=one",
         map("applied", R"("data":{"a":"1","b":"1"})", R"(,"labels":{"l":"1"})"), kApply, ""},
        {"apply, no manager", "PATCH", maps + "/applied", map("applied"), kApply, ""},
        {"apply, another's field", "PATCH", maps + "/applied?fieldManager=two",
         map("applied", R"("data":{"a":"2"})"), kApply, ""},
        {"apply, another's fields", "PATCH", maps + "/applied?fieldManager=two",
         map("applied", R"("data":{"a":"2","b":"2"})"), kApply, ""},
        {"apply, the same value", "PATCH", maps + "/applied?fieldManager=two",
         map("applied", R"("data":{"a":"1"})"), kApply, ""},
        {"apply, forced", "PATCH", maps + "/applied?fieldManager=two&force=true",
         map("applied", R"("data":{"a":"2","c":"3"})"), kApply, ""},
        {"apply, a field let go", "PATCH", maps + "/applied?fieldManager=two",
         map("applied", R"("data":{"c":"3"})"), kApply, ""},
        {"apply, dry run", "PATCH", maps + "/applied?fieldManager=two&dryRun=All",
         map("applied", R"("data":{"c":"4"})"), kApply, ""},
        {"apply, after an update", "PATCH", maps + "/applied", R"({"data":{"b":"9"}})", kMerge, ""},
        {"apply, against an update", "PATCH", maps + "/applied?fieldManager=one",
         map("applied", R"("data":{"b":"1"})"), kApply, ""},
        {"apply, with managed fields", "PATCH", maps + "/applied?fieldManager=one",
         map("applied", "", R"(,"managedFields":[{"manager":"x"}])"), kApply, ""},
        {"apply, another name", "PATCH", maps + "/applied?fieldManager=one", map("b"), kApply, ""},
        {"apply, unknown field, strict", "PATCH", maps + "/applied?fieldManager=one&fieldValidation=Strict",
         map("applied", R"("date":{})"), kApply, ""},
        {"apply, no kind", "PATCH", maps + "/applied?fieldManager=one", R"({"metadata":{"name":"applied"}})",
         kApply, ""},
        {"apply, nothing", "PATCH", maps + "/applied?fieldManager=one", "", kApply, ""},
        {"apply, a list", "PATCH", maps + "/applied?fieldManager=one", "[1]", kApply, ""},
        {"apply, another kind", "PATCH", maps + "/applied?fieldManager=one",
         R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"applied"}})", kApply, ""},
        {"apply, wrong type", "PATCH", maps + "/applied?fieldManager=one",
         map("applied", R"("data":{"a":1})"), kApply, ""},
        {"apply, an old version", "PATCH", maps + "/applied?fieldManager=one",
         map("applied", R"("data":{"q":"1"})", R"(,"resourceVersion":"1")"), kApply, ""},
        {"apply, force elsewhere", "PATCH", maps + "/a?force=true", R"({"data":{"c":"3"}})", kMerge, ""},
        // --- a kind with defaults, lists by key and subresources
        {"deployment", "POST", deployments, kDeployment, "", ""},
        {"deployment, strategic", "PATCH", deployments + "/web",
         R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"registry.example/web:2"},)"
         R"({"name":"d","image":"registry.example/d:1"}]}}}})",
         kStrategic, ""},
        {"deployment, strategic, deleted", "PATCH", deployments + "/web",
         R"({"spec":{"template":{"spec":{"containers":[{"name":"d","$patch":"delete"}]}}}})", kStrategic, ""},
        {"deployment, the selector", "PATCH", deployments + "/web",
         R"({"spec":{"selector":{"matchLabels":{"app":"other"}}}})", kMerge, ""},
        {"deployment, no containers", "POST", deployments,
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"bad"},"spec":{"selector":{"matchLabels":)"
         R"({"a":"b"}},"template":{"metadata":{"labels":{"a":"c"}},"spec":{}}}})",
         "", ""},
        {"deployment, negative", "PATCH", deployments + "/web", R"({"spec":{"replicas":-1}})", kMerge, ""},
        {"deployment, wrong type", "PATCH", deployments + "/web", R"({"spec":{"replicas":"two"}})", kMerge,
         ""},
        {"deployment, strict", "PATCH", deployments + "/web?fieldValidation=Strict",
         R"({"spec":{"replica":1,"template":{"spec":{"container":[]}}}})", kMerge, ""},
        {"deployment, strategic, wrong type", "PATCH", deployments + "/web", R"({"spec":{"replicas":"two"}})",
         kStrategic, ""},
        {"deployment, strategic, a list that is none", "PATCH", deployments + "/web",
         R"({"spec":{"template":{"spec":{"containers":5}}}})", kStrategic, ""},
        {"scaled", "PATCH", deployments + "/web/scale", R"({"spec":{"replicas":3}})", kMerge, ""},
        {"scaled, the deployment", "GET", deployments + "/web", "", "", ""},
        {"scaled to nothing", "PATCH", deployments + "/web/scale", R"({"spec":{"replicas":0}})", kMerge, ""},
        {"scaled to nothing, the deployment", "GET", deployments + "/web", "", "", ""},
        {"deployment, a replica", "PATCH", deployments + "/web", R"({"spec":{"replicas":1}})", kMerge, ""},
        {"deployment, no replica", "PATCH", deployments + "/web", R"({"spec":{"replicas":0}})", kMerge, ""},
        {"scale, read", "GET", deployments + "/web/scale", "", "", ""},
        {"scale, none", "GET", deployments + "/none/scale", "", "", ""},
        {"no such subresource", "GET", deployments + "/web/nothing", "", "", ""},
        {"status, patched", "PATCH", deployments + "/web/status?dryRun=All",
         R"({"spec":{"replicas":5},"metadata":{"labels":{"x":"y"}}})", kMerge, ""},
        // --- what is filled in
        {"pod", "POST", "/api/v1/namespaces/difference/pods", kPod, "", ""},
        {"pod, as table", "GET", "/api/v1/namespaces/difference/pods/p", "", "", kTable},
        {"service", "POST", "/api/v1/namespaces/difference/services",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"selector":)"
         R"({"app":"web"}}})",
         "", ""},
        {"service of nodes", "POST", "/api/v1/namespaces/difference/services",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"n"},"spec":{"type":"NodePort","ports":)"
         R"([{"port":80,"targetPort":"http"}]}})",
         "", ""},
        {"service without an address", "POST", "/api/v1/namespaces/difference/services",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"h"},"spec":{"clusterIP":"None"}})", "",
         ""},
        {"claim", "POST", "/api/v1/namespaces/difference/persistentvolumeclaims",
         R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"accessModes":)"
         R"(["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}})",
         "", ""},
        {"stateful set", "POST", "/apis/apps/v1/namespaces/difference/statefulsets", workload("StatefulSet"),
         "", ""},
        {"daemon set", "POST", "/apis/apps/v1/namespaces/difference/daemonsets", workload("DaemonSet"), "",
         ""},
        {"replica set", "POST", "/apis/apps/v1/namespaces/difference/replicasets", workload("ReplicaSet"), "",
         ""},
        {"job", "POST", "/apis/batch/v1/namespaces/difference/jobs",
         R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{"template":{"spec":)"
         R"({"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}})",
         "", ""},
        {"cron job", "POST", "/apis/batch/v1/namespaces/difference/cronjobs",
         R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"j"},"spec":{"schedule":"@daily",)"
         R"("jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c",)"
         R"("image":"i:1"}]}}}}}})",
         "", ""},
        {"cron job, no such zone", "POST", "/apis/batch/v1/namespaces/difference/cronjobs",
         R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"z"},"spec":{"schedule":"@daily",)"
         R"("timeZone":"Mars/Olympus","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",)"
         R"("containers":[{"name":"c","image":"i:1"}]}}}}}})",
         "", ""},
        {"budget", "POST", "/apis/policy/v1/namespaces/difference/poddisruptionbudgets",
         R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"b"},"spec":)"
         R"({"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}}})",
         "", ""},
        {"network policy", "POST", "/apis/networking.k8s.io/v1/namespaces/difference/networkpolicies",
         R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"n"},"spec":)"
         R"({"podSelector":{},"ingress":[{"ports":[{"port":80}]}]}})",
         "", ""},
        {"ingress", "POST", "/apis/networking.k8s.io/v1/namespaces/difference/ingresses",
         R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i"},"spec":{"defaultBackend":)"
         R"({"service":{"name":"s","port":{"number":80}}}}})",
         "", ""},
        {"role", "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/difference/roles",
         R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},"rules":[{"apiGroups":)"
         R"([""],"resources":["pods"],"verbs":["get"]}]})",
         "", ""},
        {"binding", "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/difference/rolebindings",
         R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"r"},"roleRef":)"
         R"({"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{"kind":"User",)"
         R"("name":"u"},{"kind":"ServiceAccount","name":"default","namespace":"difference"}]})",
         "", ""},
        {"quota", "POST", "/api/v1/namespaces/difference/resourcequotas?dryRun=All",
         R"({"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"pods":"10"}}})",
         "", ""},
        {"class of storage", "POST", "/apis/storage.k8s.io/v1/storageclasses",
         R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"difference"},)"
         R"("provisioner":"example.org/p"})",
         "", ""},
        {"lease", "POST", "/apis/coordination.k8s.io/v1/namespaces/difference/leases",
         R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":)"
         R"({"holderIdentity":"h","leaseDurationSeconds":15}})",
         "", ""},
        {"event", "POST", "/api/v1/namespaces/difference/events",
         R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p",)"
         R"("namespace":"difference"},"reason":"R","message":"m","type":"Normal"})",
         "", ""},
        {"node", "POST", "/api/v1/nodes?dryRun=All",
         R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"difference"}})", "", ""},
        {"namespace", "POST", "/api/v1/namespaces?dryRun=All",
         R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"other"}})", "", ""},
        // --- kinds of others
        {"definition", "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All",
         kDefinition, "", ""},
        {"definition, bad", "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
         R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"wrong"},)"
         R"("spec":{"group":"difference.example.org","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},)"
         R"("versions":[]}})",
         "", ""},
        {"racks, none", "GET", racks, "", "", ""},
        {"rack", "POST", racks, rack("r", R"({"units":4,"slots":[{"name":"a","size":1}],"tags":["x"]})"), "",
         ""},
        {"rack, missing", "POST", racks, rack("r2", "{}"), "", ""},
        {"rack, no spec", "POST", racks,
         R"({"apiVersion":"difference.example.org/v1","kind":"Rack","metadata":{"name":"r2"}})", "", ""},
        {"rack, out of bounds", "POST", racks, rack("r2", R"({"units":50})"), "", ""},
        {"rack, of another type", "POST", racks, rack("r2", R"({"units":"four"})"), "", ""},
        {"rack, not of the enum", "POST", racks, rack("r2", R"({"units":4,"power":"Half"})"), "", ""},
        {"rack, against the pattern", "POST", racks, rack("r2", R"({"units":4,"slots":[{"name":"A"}]})"), "",
         ""},
        {"rack, the same key twice", "POST", racks,
         rack("r2", R"({"units":4,"slots":[{"name":"a"},{"name":"a"}]})"), "", ""},
        {"rack, against the rule", "POST", racks, rack("r2", R"({"units":3})"), "", ""},
        {"rack, against a field's rule", "POST", racks, rack("r2", R"({"units":4,"room":"B2"})"), "", ""},
        {"rack, unknown field", "POST", racks + "?dryRun=All", rack("r2", R"({"units":4,"colour":"red"})"),
         "", ""},
        {"rack, unknown field, strict", "POST", racks + "?fieldValidation=Strict",
         rack("r2", R"({"units":4,"colour":"red"})"), "", ""},
        {"rack, no kind", "POST", racks, R"({"metadata":{"name":"r2"}})", "", ""},
        {"rack, another kind", "POST", racks, map("r2"), "", ""},
        {"rack, a bare finalizer", "POST", racks + "?dryRun=All",
         R"({"apiVersion":"difference.example.org/v1","kind":"Rack","metadata":{"name":"r2","finalizers":["hold"]},)"
         R"("spec":{"units":4}})",
         "", ""},
        {"rack, an object for a number", "POST", racks, rack("r2", R"({"units":{"a":1}})"), "", ""},
        {"rack, put without a version", "PUT", racks + "/r", rack("r", R"({"units":4})"), "", ""},
        {"rack, merge patch, strict", "PATCH", racks + "/r?fieldValidation=Strict",
         R"({"spec":{"colour":"red"}})", kMerge, ""},
        {"rack, no such subresource", "GET", racks + "/r/nothing", "", "", ""},
        {"rack, as nothing known", "GET", racks + "/r", "", "", "text/html"},
        {"rack, patch of no type", "PATCH", racks + "/r", "{}", "application/json", ""},
        {"rack, read", "GET", racks + "/r", "", "", ""},
        {"racks", "GET", racks, "", "", ""},
        {"racks, as table", "GET", racks, "", "", kTable},
        {"racks, as metadata", "GET", racks, "", "", kMetadataList},
        {"racks, a field", "GET", racks + "?fieldSelector=spec.room%3DA1", "", "", ""},
        {"rack, older version", "GET", "/apis/difference.example.org/v1alpha1/namespaces/difference/racks/r",
         "", "", ""},
        {"rack, merge patch", "PATCH", racks + "/r", R"({"spec":{"units":6}})", kMerge, ""},
        {"rack, strategic patch", "PATCH", racks + "/r", R"({"spec":{"units":6}})", kStrategic, ""},
        {"rack, status by the way", "PATCH", racks + "/r", R"({"status":{"phase":"Up"}})", kMerge, ""},
        {"rack, status", "PATCH", racks + "/r/status",
         R"({"status":{"phase":"Up","units":6},"spec":{"units":2}})", kMerge, ""},
        {"rack, scale", "GET", racks + "/r/scale", "", "", ""},
        {"rack, scaled", "PATCH", racks + "/r/scale", R"({"spec":{"replicas":8}})", kMerge, ""},
        {"rack, apply", "PATCH", racks + "/ra?fieldManager=one",
         rack("ra", R"({"units":4,"slots":[{"name":"a","size":1}]})"), kApply, ""},
        {"rack, apply, another's slot", "PATCH", racks + "/ra?fieldManager=two",
         rack("ra", R"({"slots":[{"name":"b","size":1}]})"), kApply, ""},
        {"rack, apply, conflict", "PATCH", racks + "/ra?fieldManager=two",
         rack("ra", R"({"units":6,"slots":[{"name":"a","size":2}]})"), kApply, ""},
        // --- deleting
        {"delete, another uid", "DELETE", maps + "/b",
         R"({"preconditions":{"uid":"11111111-1111-1111-1111-111111111111"}})", "", ""},
        {"delete, another version", "DELETE", maps + "/b", R"({"preconditions":{"resourceVersion":"1"}})", "",
         ""},
        {"delete, dry run", "DELETE", maps + "/b?dryRun=All", "", "", ""},
        {"delete, an odd policy", "DELETE", maps + "/b?propagationPolicy=Sideways", "", "", ""},
        {"delete, an odd policy told", "DELETE", maps + "/b", R"({"propagationPolicy":"Sideways"})", "", ""},
        {"delete, both ways", "DELETE", maps + "/b",
         R"({"propagationPolicy":"Orphan","orphanDependents":true})", "", ""},
        {"delete, dry run of something", "DELETE", maps + "/b?dryRun=Some", "", "", ""},
        {"delete, a bad grace", "DELETE", maps + "/b?gracePeriodSeconds=x", "", "", ""},
        {"delete, no JSON", "DELETE", maps + "/b", R"({"x":)", "", ""},
        {"delete", "DELETE", maps + "/b", "", "", ""},
        {"delete, gone", "DELETE", maps + "/b", "", "", ""},
        {"delete, held", "DELETE", maps + "/held", "", "", ""},
        {"delete, held still", "GET", maps + "/held", "", "", ""},
        {"held, a new finalizer", "PATCH", maps + "/held",
         R"({"metadata":{"finalizers":["example.org/hold","example.org/more"]}})", kMerge, ""},
        {"held, let go", "PATCH", maps + "/held", R"({"metadata":{"finalizers":null}})", kMerge, ""},
        {"held, gone", "GET", maps + "/held", "", "", ""},
        {"delete a deployment", "DELETE", deployments + "/web", "", "", ""},
        {"delete by labels, dry run", "DELETE", maps + "?labelSelector=tier%3Dfront&dryRun=All", "", "", ""},
        {"delete by labels", "DELETE", maps + "?labelSelector=tier%3Dfront", "", "", ""},
        {"delete all", "DELETE", maps, "", "", ""},
        {"nothing of it is left", "GET", maps + "?labelSelector=tier", "", "", ""},
        {"delete racks", "DELETE", racks, "", "", ""},
        // --- questions
        {"may I", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
         R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":)"
         R"({"verb":"delete","resource":"nodes"}}})",
         "", ""},
        {"may I, nothing asked", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
         R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{}})", "", ""},
        {"what may I", "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
         R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"default"}})",
         "", ""},
        {"may he", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
         R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"nobody",)"
         R"("resourceAttributes":{"verb":"get","resource":"pods","namespace":"default"}}})",
         "", ""},
        // --- what is served
        {"api", "GET", "/api", "", "", ""},
        {"group", "GET", "/apis/apps", "", "", ""},
        {"kinds of a group", "GET", "/apis/apps/v1", "", "", ""},
        {"kinds of another", "GET", "/apis/batch/v1", "", "", ""},
        {"group of a definition", "GET", "/apis/difference.example.org", "", "", ""},
        {"kinds of a definition", "GET", "/apis/difference.example.org/v1", "", "", ""},
        {"health", "GET", "/healthz", "", "", "*/*"},
        {"ready", "GET", "/readyz", "", "", "*/*"},
        {"no such path", "GET", "/nothing", "", "", ""},
    };
}

// What stays different, and why.
const std::map<std::string, const char*>& known()
{
    static const std::map<std::string, const char*> all = {
        {"watch, as a list", "a bookmark more before the end: real ones come by the clock"},
        {"scaled to nothing, the deployment", "who scales to zero has the field still: a real server leaves "
                                              "the zero out, and forgets who wrote it"},
        {"claim", "no finalizer kubernetes.io/pvc-protection: nobody would take it off"},
        {"daemon set", "no annotation deprecated.daemonset.template.generation: no version has that field"},
        {"quota", "status.hard is there at once: what is used is counted by the server itself"},
        {"node", "no taint not-ready: the site's nodes say by their conditions what they are"},
        {"what may I", "the roles of a site are its own"},
    };
    return all;
}

// What is chance, or another one in every server.
std::string masked(std::string text)
{
    static const std::vector<std::pair<std::regex, const char*>> rules = {
        {std::regex(R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"), "UID"},
        {std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"), "TIME"},
        {std::regex(R"(((resource ?[vV]ersion|ResourceVersion in record)[^0-9]{0,20})\d+)"), "$1RV"},
        {std::regex(R"(current: \d+)"), "current: RV"},
        {std::regex(R"(127\.0\.0\.1:\d+)"), "HOST"},
        {std::regex(R"(10\.96\.\d+\.\d+)"), "ADDRESS"},
        {std::regex(R"(^(gen-|kube-api-access-)[a-z0-9]{5}$)"), "$1*"},
        // The patched object as the patch's library prints it: fields in the order of Go's types.
        {std::regex(R"rule(patch: Invalid value: "\{.*\}": )rule"), "patch: Invalid value: OBJECT: "},
        {std::regex(R"rule(^Invalid value: "\{.*\}": )rule"), "Invalid value: OBJECT: "},
    };
    for (const auto& [pattern, with] : rules)
        text = std::regex_replace(text, pattern, with);
    return text;
}

void mask(Json& value, const std::string& key = {})
{
    if (value.is_object()) {
        // Of the built-in columns it is the fields' documentation, word for word.
        if (key == "columnDefinitions" &&
            value.value("description", std::string()).rfind("Custom resource", 0) != 0)
            value.erase("description");
        // What the demo site's controllers write at once, and a real cluster's would a little later.
        const std::string kind = value.value("kind", std::string());
        if (kind == "Deployment" && value.contains("metadata")) {
            value.erase("status");
            Json& annotations = value["metadata"]["annotations"];
            if (annotations.is_object())
                annotations.erase("deployment.kubernetes.io/revision");
            if (annotations.empty())
                value["metadata"].erase("annotations");
        } else if (kind == "Scale" && value.contains("status")) {
            value["status"].erase("replicas");
        }
        if (const auto name = value.find("name"); name != value.end() && *name == "kube-root-ca.crt")
            value.erase("managedFields"); // in the demo site what controllers write is nobody's
        for (auto& [name, each] : value.items())
            mask(each, name);
        return;
    }
    if (value.is_array()) {
        for (Json& each : value)
            mask(each, key);
        // Rules come in the order of a hash map; who was first within a second is chance.
        if (key == "resourceRules" || key == "nonResourceRules" || key == "managedFields")
            std::sort(value.begin(), value.end());
        return;
    }
    if (key == "nodePort" && value.is_number())
        value = "PORT";
    if (!value.is_string() || value.get<std::string>().empty())
        return;
    if (key == "resourceVersion")
        value = "RV";
    else if (key == "continue")
        value = "TOKEN";
    else if (key == "cells" && std::regex_match(value.get<std::string>(), std::regex(R"(\d+s)")))
        value = "AGE";
    else
        value = masked(value.get<std::string>());
}

// The body, or one value a line of a watch; discarded when it is no JSON.
Json parsed(const std::string& text)
{
    Json whole = Json::parse(text, nullptr, false);
    if (!whole.is_discarded())
        return whole;
    Json all = Json::array();
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        Json value = Json::parse(line, nullptr, false);
        if (value.is_discarded())
            return value;
        all.push_back(std::move(value));
    }
    return all.empty() ? whole : all;
}

// Nothing, or what of the demo site's answer is another one than the real server's.
std::string differences(const Answer& real, const Answer& demo)
{
    std::string out;
    const auto unlike = [&](const char* what, const std::string& theirs, const std::string& ours) {
        if (theirs != ours)
            out += std::string("    ") + what + ": " + theirs + " there, " + ours + " here\n";
    };
    unlike("status", std::to_string(real.status), std::to_string(demo.status));
    unlike("type", real.contentType, demo.contentType);
    unlike("warning", masked(real.warning), masked(demo.warning));
    Json theirs = parsed(real.text);
    Json ours = parsed(demo.text);
    if (theirs.is_discarded() || ours.is_discarded()) {
        unlike("body", masked(real.text), masked(demo.text));
        return out;
    }
    mask(theirs);
    mask(ours);
    for (const Json& each : Json::diff(theirs, ours)) {
        const std::string path = each.at("path");
        const auto at = Json::json_pointer(path);
        const bool more = each.at("op") == "add"; // of a list its path is its end
        out += "    " + path + ": " + (!more && theirs.contains(at) ? theirs.at(at).dump() : "nothing") +
               " there, " +
               (more                ? each.at("value").dump()
                : ours.contains(at) ? ours.at(at).dump()
                                    : "nothing") +
               " here\n";
    }
    return out;
}

} // namespace

class TestDifference : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answers()
    {
        const QString assets = qEnvironmentVariable("KUBEBUILDER_ASSETS");
        if (assets.isEmpty())
            QSKIP("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd.");
        QString why;
        const auto api = RealApi::start(assets, why,
                                        {QStringLiteral("--service-cluster-ip-range=10.96.0.0/16"),
                                         QStringLiteral("--enable-admission-plugins=ServiceAccount")});
        QVERIFY2(api, qPrintable(why));
        demosite::Options options;
        options.bare = true;
        options.paused = true; // no controllers, as there are none beside the real server
        const auto site = demosite::DemoSite::start(options);
        QVERIFY2(site, site ? "" : site.error().text.c_str());
        const auto file = kube::Kubeconfig::load((*site)->kubeconfigPath());
        QVERIFY(file);
        const auto config = file->resolve();
        QVERIFY(config);
        Browser real(api->config());
        Browser demo(*config);
        for (Browser* each : {&real, &demo}) {
            const Answer space = each->ask(
                {"", "POST", "/api/v1/namespaces",
                 R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"difference"}})", "", ""});
            QVERIFY2(space.status == 201, space.text.c_str());
            // Somebody else's to make, for pods.
            const Answer account = each->ask(
                {"", "POST", "/api/v1/namespaces/difference/serviceaccounts",
                 R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}})", "", ""});
            QVERIFY2(account.status == 201 || account.status == 409, account.text.c_str());
            const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
            const Answer made = each->ask({"", "POST", definitions, kDefinition, "", ""});
            QVERIFY2(made.status == 201, made.text.c_str());
            const bool served = within(20s, [&] {
                return each->ask({"", "GET", "/apis/difference.example.org/v1/namespaces/difference/racks",
                                  "", "", ""})
                               .status == 200 &&
                       each->ask({"", "GET", "/apis/difference.example.org/v1", "", "", ""}).status == 200;
            });
            QVERIFY(served);
        }
        // What a cluster's controllers put into each namespace is put there by hand.
        const std::string maps = "/api/v1/namespaces/difference/configmaps";
        QVERIFY(within(20s, [&] {
            return demo.ask({"", "GET", maps + "/kube-root-ca.crt", "", "", ""}).status == 200;
        }));
        Json authority = Json::parse(demo.ask({"", "GET", maps + "/kube-root-ca.crt", "", "", ""}).text);
        for (const char* own : {"uid", "resourceVersion", "creationTimestamp", "managedFields"})
            authority["metadata"].erase(own);
        QVERIFY(real.ask({"", "POST", maps, authority.dump(), "", ""}).status == 201);
        QStringList found;
        std::set<std::string> names;
        for (const Step& step : steps()) {
            QVERIFY2(names.insert(step.name).second, step.name);
            const Answer there = real.ask(step);
            const Answer here = demo.ask(step);
            QVERIFY2(there.status != 0 && here.status != 0, step.name);
            const std::string unlike = differences(there, here);
            const auto reason = known().find(step.name);
            if (reason == known().end() && !unlike.empty())
                found << QString::fromStdString(std::string(step.name) + ": " + step.method + " " +
                                                step.path + "\n" + unlike);
            else if (reason != known().end() && unlike.empty())
                found << QString::fromStdString(std::string(step.name) + " is the same by now.\n");
        }
        for (const auto& [name, reason] : known())
            QVERIFY2(names.count(name) == 1, name.c_str());
        for (const QString& each : found) // Qt Test cuts what it is told with a failure
            qWarning().noquote() << each;
        QVERIFY2(
            found.isEmpty(),
            qPrintable(QStringLiteral("%1 of %2 differ, see above").arg(found.size()).arg(names.size())));
    }
};

QTEST_GUILESS_MAIN(TestDifference)
#include "test_difference.moc"
