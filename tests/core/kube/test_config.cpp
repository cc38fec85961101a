// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/kube/api/resource.h"
#include "core/kube/api/status.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/config/serverurl.h"
#include "tests/support/testpki.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace strata;
using namespace strata::kube;

namespace {

// A kubeconfig with one context "c", cluster "k", user "u".
std::string config(const std::string& cluster, const std::string& user,
                   const std::string& context = "{cluster: k, user: u}")
{
    return "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: k, cluster: " + cluster +
           "}]\nusers: [{name: u, user: " + user + "}]\ncontexts: [{name: c, context: " + context + "}]\n";
}

const char* const kServer = "{server: 'https://h:6443'}";

std::string b64(const std::string& text)
{
    return base64Encode(text);
}

void writeFile(const QString& path, const std::string& text)
{
    std::ofstream file(path.toStdString(), std::ios::binary);
    file << text;
    QVERIFY(file.good());
}

} // namespace

class TestConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void faults_data()
    {
        // The sentence must name file, context and field; `field` is empty for faults of the whole file.
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("field");
        const int bad = int(ErrorKind::Config);
        const int refused = int(ErrorKind::Refused);
        const auto row = [](const char* name, const std::string& yaml, int kind, const char* field) {
            QTest::newRow(name) << QByteArray::fromStdString(yaml) << kind << QByteArray(field);
        };
        row("empty", "", bad, "");
        row("a list", "[]", bad, "");
        row("no yaml", "{{{", bad, "");
        row("another kind", "kind: Pod\napiVersion: v1\n", bad, "");
        row("clusters is text", "clusters: x\n", bad, "");
        row("cluster without a name", "clusters: [{cluster: {}}]\n", bad, "");
        row("anchor", "clusters: &a []\nusers: []\n", bad, "");
        row("alias", "x: &a [1]\ny: *a\n", bad, "");
        row("billion laughs",
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n", bad, "");
        row("too deep", std::string(5000, '[') + std::string(5000, ']'), bad, "");
        row(
            "too many values",
            "x: [" +
                [] {
                    std::string s;
                    for (int i = 0; i < 300000; ++i)
                        s += "1,";
                    return s;
                }() +
                "]",
            bad, "");
        row("too large", std::string((4U << 20U) + 1, ' '), bad, "");
        row("no current context", "contexts: []\n", bad, "");
        row("context is missing", "current-context: c\n", bad, "contexts");
        row("context without cluster", config(kServer, "{}", "{user: u}"), bad, "contexts[c].cluster");
        row("unknown cluster", config(kServer, "{}", "{cluster: x, user: u}"), bad, "contexts[c].cluster");
        row("unknown user", config(kServer, "{}", "{cluster: k, user: x}"), bad, "contexts[c].user");
        row("no server", config("{}", "{}"), bad, "clusters[k].server");
        row("server is a list", config("{server: [1]}", "{}"), bad, "clusters[k].server");
        row("server without scheme", config("{server: 'h:6443'}", "{}"), bad, "clusters[k].server");
        row("server with user", config("{server: 'https://a@h:6443'}", "{}"), bad, "clusters[k].server");
        row("server with query", config("{server: 'https://h/?x'}", "{}"), bad, "clusters[k].server");
        row("server with line break", config("{server: \"https://h\\nx\"}", "{}"), bad, "clusters[k].server");
        row("port too high", config("{server: 'https://h:65536'}", "{}"), bad, "clusters[k].server");
        row("plain http", config("{server: 'http://h:8080'}", "{}"), refused, "clusters[k].server");
        row("http to a look-alike", config("{server: 'http://127.0.0.1.evil.example'}", "{}"), refused,
            "clusters[k].server");
        for (const char* proxy :
             {"ftp://p:1", "p:3128", "http://", "http://p:99999", "http://p/path", "http://u:\\x01@p"})
            row(qPrintable(QStringLiteral("proxy ") + QLatin1String(proxy)),
                config(std::string("{server: 'https://h', proxy-url: \"") + proxy + "\"}", "{}"), bad,
                "clusters[k].proxy-url");
        row("CA no base64", config("{server: 'https://h', certificate-authority-data: '%%'}", "{}"), bad,
            "clusters[k].certificate-authority-data");
        row("CA no PEM",
            config("{server: 'https://h', certificate-authority-data: '" + b64("x") + "'}", "{}"), bad,
            "clusters[k].certificate-authority-data");
        row("CA file refused", config("{server: 'https://h', certificate-authority: /etc/passwd}", "{}"),
            refused, "clusters[k].certificate-authority");
        row("CA and no check",
            config("{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: '" +
                       b64("-----BEGIN CERTIFICATE-----") + "'}",
                   "{}"),
            bad, "clusters[k].insecure-skip-tls-verify");
        row("flag is text", config("{server: 'https://h', insecure-skip-tls-verify: maybe}", "{}"), bad,
            "clusters[k].insecure-skip-tls-verify");
        row("TLS name with slash", config("{server: 'https://h', tls-server-name: 'a/b'}", "{}"), bad,
            "clusters[k].tls-server-name");
        row("TLS name with port", config("{server: 'https://h', tls-server-name: 'a:1'}", "{}"), bad,
            "clusters[k].tls-server-name");
        row("key without certificate",
            config(kServer, "{client-key-data: '" + b64("-----BEGIN PRIVATE KEY-----") + "'}"), bad,
            "users[u].client-certificate");
        row("certificate without key",
            config(kServer, "{client-certificate-data: '" + b64("-----BEGIN CERTIFICATE-----") + "'}"), bad,
            "users[u].client-key");
        row("certificate no PEM", config(kServer, "{client-certificate-data: '" + b64("y") + "'}"), bad,
            "users[u].client-certificate-data");
        row("token with line break", config(kServer, "{token: \"a\\r\\nX-Evil: 1\"}"), bad, "users[u].token");
        row("token file refused", config(kServer, "{tokenFile: /etc/hostname}"), refused,
            "users[u].tokenFile");
        const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";
        row("exec out of a cluster", config(kServer, "{exec: {" + v1 + ", command: rm}}"), refused,
            "users[u].exec");
        row("exec is text", config(kServer, "{exec: rm}"), bad, "users[u].exec");
        row("exec arguments are text", config(kServer, "{exec: {" + v1 + ", command: rm, args: -rf}}"), bad,
            "users[u].exec.args");
        row("exec argument is a map", config(kServer, "{exec: {" + v1 + ", command: rm, args: [{a: b}]}}"),
            bad, "users[u].exec.args");
        row("exec variable without name",
            config(kServer, "{exec: {" + v1 + ", command: rm, env: [{value: b}]}}"), bad,
            "users[u].exec.env");
        row("exec command is a list", config(kServer, "{exec: {" + v1 + ", command: [rm]}}"), bad,
            "users[u].exec.command");
        row("auth provider", config(kServer, "{auth-provider: {name: gcp}}"), refused,
            "users[u].auth-provider");
        row("password", config(kServer, "{username: a, password: b}"), refused, "users[u].username");
        row("groups of nobody", config(kServer, "{token: t, as-groups: [g]}"), bad, "users[u].as");
        row("extra of nobody", config(kServer, "{token: t, as-user-extra: {k: [v]}}"), bad, "users[u].as");
        row("user with line break", config(kServer, "{token: t, as: \"a\\r\\nX-Evil: 1\"}"), bad,
            "users[u].as");
        row("group with line break", config(kServer, "{token: t, as: a, as-groups: [\"g\\n\"]}"), bad,
            "users[u].as-groups");
        row("groups are text", config(kServer, "{token: t, as: a, as-groups: g}"), bad, "users[u].as-groups");
        row("extra is a list", config(kServer, "{token: t, as: a, as-user-extra: [k]}"), bad,
            "users[u].as-user-extra");
        row("extra value is text", config(kServer, "{token: t, as: a, as-user-extra: {k: v}}"), bad,
            "users[u].as-user-extra");
        row("extra with line break", config(kServer, "{token: t, as: a, as-user-extra: {k: [\"v\\n\"]}}"),
            bad, "users[u].as-user-extra");
    }
    void faults()
    {
        QFETCH(QByteArray, yaml);
        QFETCH(int, kind);
        QFETCH(QByteArray, field);
        QElapsedTimer timer;
        timer.start();
        const auto file = Kubeconfig::parse(yaml.toStdString(), "/some/where/config", {});
        Error error;
        if (!file) {
            QVERIFY2(field.isEmpty(), "refused as a whole, not by field");
            error = file.error();
        } else {
            const auto resolved = file->resolve();
            QVERIFY(!resolved);
            error = resolved.error();
        }
        QCOMPARE(int(error.kind), kind);
        QVERIFY2(error.text.find("/some/where/config") != std::string::npos, error.text.c_str());
        if (!field.isEmpty()) {
            QVERIFY2(error.text.find("context c ") != std::string::npos, error.text.c_str());
            QCOMPARE(QByteArray::fromStdString(error.detail), field);
        }
        QCOMPARE(cleanText(error.text), error.text);
    }

    void wholeContext()
    {
        const test::TestCa ca;
        const auto identity = ca.client("jo", {"admins"});
        const std::string yaml =
            config("{server: 'https://API.example:6443/', tls-server-name: kubernetes, "
                   "certificate-authority-data: '" +
                       b64(ca.certificatePem()) + "'}",
                   "{client-certificate-data: '" + b64(identity.certificatePem) + "', client-key-data: '" +
                       b64(identity.keyPem) + "', exec: {command: never}}",
                   "{cluster: k, user: u, namespace: team}");
        const auto file = Kubeconfig::parse(yaml, "f", {});
        QVERIFY(file);
        QCOMPARE(file->contexts().size(), std::size_t(1));
        QCOMPARE(file->contexts().front().server, std::string("https://API.example:6443/"));
        QVERIFY(file->contexts().front().current);
        const auto c = file->resolve("c");
        QVERIFY2(c, c ? "" : c.error().text.c_str());
        QCOMPARE(c->server, std::string("https://api.example:6443"));
        QCOMPARE(c->caPem, ca.certificatePem());
        QCOMPARE(c->tlsServerName, std::string("kubernetes"));
        QCOMPARE(c->clientCertificatePem, identity.certificatePem);
        QCOMPARE(c->clientKeyPem.reveal(), identity.keyPem);
        QCOMPARE(c->defaultNamespace, std::string("team"));

        // Written and read again it is the same.
        const Secret text = writeKubeconfig(*c);
        const auto again = Kubeconfig::parse(text.reveal(), "g", {});
        QVERIFY(again);
        const auto d = again->resolve();
        QVERIFY2(d, d ? "" : d.error().text.c_str());
        QCOMPARE(d->server, c->server);
        QCOMPARE(d->caPem, c->caPem);
        QCOMPARE(d->tlsServerName, c->tlsServerName);
        QCOMPARE(d->clientCertificatePem, c->clientCertificatePem);
        QVERIFY(d->clientKeyPem == c->clientKeyPem);
        QCOMPARE(d->defaultNamespace, c->defaultNamespace);
        QCOMPARE(d->context, c->context);
    }

    void execPlugins_data()
    {
        QTest::addColumn<QByteArray>("exec");
        QTest::addColumn<QByteArray>("field"); // empty: good
        QTest::newRow("v1") << QByteArray("apiVersion: client.authentication.k8s.io/v1, command: aws, "
                                          "interactiveMode: IfAvailable")
                            << QByteArray();
        QTest::newRow("v1beta1") << QByteArray(
                                        "apiVersion: client.authentication.k8s.io/v1beta1, command: aws")
                                 << QByteArray();
        QTest::newRow("v1alpha1") << QByteArray(
                                         "apiVersion: client.authentication.k8s.io/v1alpha1, command: aws")
                                  << QByteArray("users[u].exec.apiVersion");
        QTest::newRow("no version") << QByteArray("command: aws") << QByteArray("users[u].exec.apiVersion");
        QTest::newRow("no command")
            << QByteArray("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never")
            << QByteArray("users[u].exec.command");
        QTest::newRow("no mode") << QByteArray("apiVersion: client.authentication.k8s.io/v1, command: aws")
                                 << QByteArray("users[u].exec.interactiveMode");
        QTest::newRow("odd mode") << QByteArray("apiVersion: client.authentication.k8s.io/v1, command: aws, "
                                                "interactiveMode: Sometimes")
                                  << QByteArray("users[u].exec.interactiveMode");
        QTest::newRow("terminal") << QByteArray("apiVersion: client.authentication.k8s.io/v1, command: aws, "
                                                "interactiveMode: Always")
                                  << QByteArray("users[u].exec.interactiveMode");
    }
    void execPlugins()
    {
        QFETCH(QByteArray, exec);
        QFETCH(QByteArray, field);
        const auto file =
            Kubeconfig::parse(config(kServer, "{exec: {" + exec.toStdString() + "}}"), "f", "/base");
        QVERIFY(file);
        const auto c = file->resolve();
        if (!field.isEmpty()) {
            QVERIFY(!c);
            QCOMPARE(QByteArray::fromStdString(c.error().detail), field);
            return;
        }
        QVERIFY2(c, c ? "" : c.error().text.c_str());
        QVERIFY(c->exec);
        QCOMPARE(c->exec->command, std::string("aws"));
        QCOMPARE(c->exec->baseDirectory, std::string("/base"));
    }

    void proxies()
    {
        const auto proxy = [](const std::string& url) {
            const auto file =
                Kubeconfig::parse(config("{server: 'https://h', proxy-url: '" + url + "'}", "{}"), "f", {});
            const auto c = file->resolve();
            return c ? c->proxyUrl + "|" + c->proxyCredential.reveal() : c.error().text;
        };
        QCOMPARE(proxy("http://Proxy.example:3128/"), std::string("http://proxy.example:3128|"));
        QCOMPARE(proxy("https://p"), std::string("https://p:443|"));
        QCOMPARE(proxy("http://p"), std::string("http://p:80|"));
        QCOMPARE(proxy("socks5://127.0.0.1"), std::string("socks5://127.0.0.1:1080|"));
        QCOMPARE(proxy("socks5://[::1]:9050"), std::string("socks5://[::1]:9050|"));
        QCOMPARE(proxy("http://me:p%40ss@p:8080"), std::string("http://p:8080|me:p%40ss"));
    }

    // Everything a configuration can have survives being written and read again.
    void writtenAndReadAgain()
    {
        ClusterConfig c;
        c.context = "c";
        c.cluster = "k";
        c.user = "u";
        c.server = "https://h:1";
        c.proxyUrl = "socks5://p:1080";
        c.proxyCredential = Secret("me:secret");
        c.impersonate = {
            "jane \"doe\"", "uid-1", {"admins", "all: of them"}, {{"Scopes/x", {"a", "b"}}, {"y", {"z"}}}};
        ExecConfig exec;
        exec.apiVersion = "client.authentication.k8s.io/v1";
        exec.command = "bin/aws";
        exec.baseDirectory = "/base";
        exec.args = {"get-token", "- a: b", ""};
        exec.env = {{"REGION", "eu"}, {"EMPTY", ""}};
        exec.installHint = "get it";
        exec.provideClusterInfo = true;
        c.exec = exec;
        const auto file = Kubeconfig::parse(writeKubeconfig(c).reveal(), "f", "/base");
        QVERIFY2(file, file ? "" : file.error().detail.c_str());
        const auto d = file->resolve();
        QVERIFY2(d, d ? "" : d.error().text.c_str());
        QVERIFY(d->exec);
        c.exec->command = "/base/bin/aws"; // it may be written elsewhere
        QVERIFY(*d->exec == *c.exec);
        QVERIFY(d->impersonate == c.impersonate);
        QVERIFY(sameAccess(c, *d));
        ClusterConfig other = *d;
        other.impersonate.groups.pop_back();
        QVERIFY(!sameAccess(c, other));
    }

    void writtenNamesAreQuoted()
    {
        ClusterConfig c;
        c.context = "a: \"b\"\n&x";
        c.cluster = "*k";
        c.user = "u#";
        c.server = "https://h:1";
        c.token = Secret("t0k");
        const auto file = Kubeconfig::parse(writeKubeconfig(c).reveal(), "f", {});
        QVERIFY2(file, file ? "" : file.error().detail.c_str());
        const auto d = file->resolve();
        QVERIFY(d);
        QCOMPARE(d->context, c.context);
        QCOMPARE(d->cluster, c.cluster);
        QCOMPARE(d->user, c.user);
        QCOMPARE(d->token.reveal(), std::string("t0k"));
    }

    void filesAndPrecedence()
    {
        QTemporaryDir dir;
        const test::TestCa ca;
        const test::TestCa other;
        writeFile(dir.filePath(QStringLiteral("ca.pem")), ca.certificatePem());
        writeFile(dir.filePath(QStringLiteral("token")), "from-file\n");
        const QString path = dir.filePath(QStringLiteral("config"));
        writeFile(path, config("{server: 'https://h', certificate-authority: ca.pem}", "{tokenFile: token}"));
        auto c = Kubeconfig::load(path.toStdString());
        QVERIFY(c);
        auto r = c->resolve();
        QVERIFY2(r, r ? "" : r.error().text.c_str());
        QCOMPARE(r->caPem, ca.certificatePem());
        QCOMPARE(r->token.reveal(), std::string("from-file"));
        QCOMPARE(r->server, std::string("https://h"));
        // Inline data and a plain token win.
        writeFile(
            path,
            config("{server: 'https://h', certificate-authority: ca.pem, certificate-authority-data: '" +
                       b64(other.certificatePem()) + "'}",
                   "{tokenFile: token, token: inline}"));
        r = Kubeconfig::load(path.toStdString())->resolve();
        QVERIFY(r);
        QCOMPARE(r->caPem, other.certificatePem());
        QCOMPARE(r->token.reveal(), std::string("inline"));
        QCOMPARE(r->tokenFile, dir.filePath(QStringLiteral("token")).toStdString()); // to be read later
        // A missing file, a directory and a pipe are named, not waited for.
        for (const char* name : {"nothing.pem", ".", "/dev/zero"}) {
            writeFile(path, config(std::string("{server: 'https://h', certificate-authority: ") + name + "}",
                                   "{}"));
            r = Kubeconfig::load(path.toStdString())->resolve();
            QVERIFY(!r);
            QCOMPARE(r.error().detail, std::string("clusters[k].certificate-authority"));
        }
        QVERIFY(!Kubeconfig::load(dir.filePath(QStringLiteral("missing")).toStdString()));
    }

    void oneBrokenUserLeavesTheOthers()
    {
        const std::string yaml = "clusters: [{name: k, cluster: {server: 'https://h'}}]\n"
                                 "users: [{name: a, user: {token: [1]}}, {name: b, user: {token: t}}]\n"
                                 "contexts: [{name: a, context: {cluster: k, user: a}},"
                                 " {name: b, context: {cluster: k, user: b}}]\n";
        const auto file = Kubeconfig::parse(yaml, "f", {});
        QVERIFY(file);
        QVERIFY(!file->resolve("a"));
        QCOMPARE(file->resolve("a").error().detail, std::string("users[a].token"));
        QVERIFY(file->resolve("b"));
    }

    void merged()
    {
        QTemporaryDir dir;
        QVERIFY(QDir(dir.path()).mkdir(QStringLiteral("sub")));
        const QString one = dir.filePath(QStringLiteral("one"));
        const QString two = dir.filePath(QStringLiteral("sub/two"));
        writeFile(dir.filePath(QStringLiteral("sub/token")), "relative-to-two");
        writeFile(one, "clusters: [{name: k, cluster: {server: 'https://one'}}]\n"
                       "contexts: [{name: x, context: {cluster: k, user: u}}]\n");
        writeFile(two,
                  "current-context: x\nclusters: [{name: k, cluster: {server: 'https://two', "
                  "tls-server-name: must-not-leak-in}}]\nusers: [{name: u, user: {tokenFile: token}}]\n");
        qputenv("KUBECONFIG", (one + QLatin1Char(':') + dir.filePath(QStringLiteral("missing")) +
                               QLatin1Char(':') + two + QLatin1Char(':') + one)
                                  .toUtf8());
        const auto paths = usualKubeconfigPaths();
        qunsetenv("KUBECONFIG");
        QCOMPARE(paths.size(), std::size_t(2));
        const auto file = Kubeconfig::loadMerged(paths);
        QVERIFY(file);
        QCOMPARE(file->currentContext(), std::string("x"));
        const auto c = file->resolve();
        QVERIFY2(c, c ? "" : c.error().text.c_str());
        QCOMPARE(c->server, std::string("https://one"));
        QVERIFY(c->tlsServerName.empty()); // whole entries, never field by field
        QCOMPARE(c->token.reveal(), std::string("relative-to-two"));
    }

    void serverUrls()
    {
        QCOMPARE(parseServerUrl("https://[::1]:6443/k8s/x/")->text(),
                 std::string("https://[::1]:6443/k8s/x"));
        QVERIFY(parseServerUrl("http://127.9.9.9")->isLoopback());
        QVERIFY(!parseServerUrl("http://127.0.0.1.nip.io")->isLoopback());
        QVERIFY(!parseServerUrl("https://[::1"));
        QVERIFY(!parseServerUrl("https://"));
        QVERIFY(!parseServerUrl("ftp://h"));
    }

    void paths()
    {
        const ResourceId pods{"", "v1", "pods", true};
        const ResourceId vmis{"kubevirt.io", "v1", "virtualmachineinstances", true};
        const ResourceId nodes{"", "v1", "nodes", false};
        QCOMPARE(path(pods), std::string("/api/v1/pods"));
        QCOMPARE(path(pods, "n"), std::string("/api/v1/namespaces/n/pods"));
        QCOMPARE(path(vmis, "n", "vm"),
                 std::string("/apis/kubevirt.io/v1/namespaces/n/virtualmachineinstances/vm"));
        QCOMPARE(path(nodes, "ignored", "a"), std::string("/api/v1/nodes/a"));
        QCOMPARE(path(pods, "a/../b", "x?y#z%"),
                 std::string("/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy%23z%25"));
        // Nothing climbs out of its place.
        QVERIFY(path(pods, "..", "..").find("..") == std::string::npos);
        QCOMPARE(percentEncode("aZ0-._~ \xc3\xa4"), std::string("aZ0-._~%20%C3%A4"));
    }

    void statusBodies_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("detail");
        const auto row = [](const char* name, int code, const char* body, ErrorKind kind, const char* detail,
                            const char* type = "application/json") {
            QTest::newRow(name) << code << QByteArray(type) << QByteArray(body) << int(kind)
                                << QByteArray(detail);
        };
        row("forbidden", 403,
            R"({"kind":"Status","status":"Failure","message":"pods is forbidden","reason":"Forbidden","code":403})",
            ErrorKind::Forbidden, "pods is forbidden");
        row("reason beats code", 500,
            R"({"kind":"Status","status":"Failure","message":"m","reason":"Expired"})", ErrorKind::Gone, "m");
        row("causes", 409,
            "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"Apply "
            "failed\",\"reason\":\"Conflict\",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\","
            "\"message\":\"conflict with \\\"x\\\"\",\"field\":\".spec.replicas\"}]},\"code\":409}",
            ErrorKind::Conflict, "Apply failed; .spec.replicas: conflict with \"x\"");
        row("exists", 409, R"({"kind":"Status","reason":"AlreadyExists","code":409})", ErrorKind::Conflict,
            "AlreadyExists");
        row("plain text", 503, "upstream connect error", ErrorKind::Server, "upstream connect error",
            "text/plain");
        row("empty", 404, "", ErrorKind::NotFound, "");
        row("web page", 404, "<!DOCTYPE html><title>login</title>", ErrorKind::Protocol,
            "<!DOCTYPE html><title>login</title>", "text/html");
        row("web page of a gateway", 502, "<html>bad gateway", ErrorKind::Server, "<html>bad gateway",
            "text/html");
        row("not a status", 401, R"({"a":[1,{}]})", ErrorKind::Auth, R"({"a":[1,{}]})");
        row("teapot", 418, "", ErrorKind::Invalid, "");
        row("control characters", 422,
            "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"a\\u001b[31m\\u202eb\",\"reason\":"
            "\"Invalid\"}",
            ErrorKind::Invalid, "a [31mb");
    }
    void statusBodies()
    {
        QFETCH(int, code);
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        QFETCH(int, kind);
        QFETCH(QByteArray, detail);
        const Error e = errorFromAnswer({"https://h:6443", "GET", "/api/v1/pods"}, code, type.toStdString(),
                                        body.toStdString());
        QCOMPARE(QByteArray(toString(e.kind)), QByteArray(toString(ErrorKind(kind))));
        QCOMPARE(QByteArray::fromStdString(e.detail), detail);
        QCOMPARE(e.httpStatus, code);
        QVERIFY2(e.text.find("https://h:6443") != std::string::npos, e.text.c_str());
        if (type == "text/html")
            QVERIFY2(e.text.find("web page") != std::string::npos, e.text.c_str());
    }

    void statusIsBounded()
    {
        std::string huge = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"" +
                           std::string(2U << 20U, 'x') +
                           "\",\"details\":{\"retryAfterSeconds\":1000000000,\"causes\":[";
        for (int i = 0; i < 1000; ++i)
            huge += R"({"message":"c","field":"f"},)";
        huge += "{}]}}";
        const auto status = parseStatus(huge);
        QVERIFY(status);
        QCOMPARE(status->causes.size(), std::size_t(32));
        QCOMPARE(status->retryAfterSeconds, kMaxRetryAfterSeconds);
        const Error e = errorFromAnswer({"h", "GET", "/"}, 500, "", std::string(1U << 20U, '\x01'));
        QVERIFY(e.detail.size() <= kMaxShownText);
        QVERIFY(errorFromAnswer({"h", "GET", "/"}, 422, "", huge).detail.size() <= kMaxShownText + 4);
        QVERIFY(!parseStatus(std::string(100000, '[')));
    }

    void retryAfter()
    {
        const UnixMs now = *parseRfc3339("2026-11-25T10:00:00Z");
        QCOMPARE(parseRetryAfter("7", now), 7);
        QCOMPARE(parseRetryAfter(" 7 ", now), 7);
        QCOMPARE(parseRetryAfter("1000000000", now), 300);
        QCOMPARE(parseRetryAfter("99999999999999999999999", now), 300);
        QCOMPARE(parseRetryAfter("-5", now), 0);
        QCOMPARE(parseRetryAfter("soon", now), 0);
        QCOMPARE(parseRetryAfter("", now), 0);
        QCOMPARE(parseRetryAfter("Wed, 25 Nov 2026 10:00:30 GMT", now), 30);
        QCOMPARE(parseRetryAfter("Wed, 25 Nov 2026 09:00:00 GMT", now), 0);
        QCOMPARE(parseRetryAfter("Wed, 25 Nov 2099 10:00:30 GMT", now), 300);
    }

    void warnings()
    {
        const auto list =
            parseWarnings("299 - \"old \\\"v1beta1\\\"\", 299 - \"two, with comma\", 199 x \"no\"");
        QCOMPARE(list.size(), std::size_t(2));
        QCOMPARE(list[0], std::string("old \"v1beta1\""));
        QCOMPARE(list[1], std::string("two, with comma"));
        QVERIFY(parseWarnings("299 - \"open").size() == 1);
        QVERIFY(parseWarnings("garbage").empty());
    }
};

QTEST_GUILESS_MAIN(TestConfig)
#include "test_config.moc"
