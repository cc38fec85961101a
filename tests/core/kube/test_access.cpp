// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/execplugins.h"
#include "core/kube/net/client.h"
#include "tests/support/faultproxy.h"
#include "tests/support/scriptserver.h"
#include "tests/support/testpki.h"
#include "tests/support/wsserver.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <future>

using namespace strata;
using namespace strata::kube;
using test::FaultProxy;
using test::Reply;
using test::ScriptServer;
using test::TestCa;

// How a client proves who it is, and by which way it goes.
namespace {

constexpr int kLong = 20000; // ms; a limit for a broken run, not a pause
constexpr auto kV1 = "client.authentication.k8s.io/v1";

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

#define VERIFY_HAS(text, part) QVERIFY2(has(text, part), qPrintable(QString::fromStdString(text)))

Result<Response> ask(Client& client, const std::string& path, const std::string& method = "GET")
{
    std::promise<Result<Response>> promise;
    Request request;
    request.path = path;
    request.method = method;
    const auto handle = client.send(std::move(request),
                                    [&](Result<Response> result) { promise.set_value(std::move(result)); });
    auto future = promise.get_future();
    if (future.wait_for(std::chrono::milliseconds(kLong)) != std::future_status::ready)
        return fail(ErrorKind::Internal, "the test waited in vain");
    return future.get();
}

} // namespace

class TestAccess : public QObject {
    Q_OBJECT

    TestCa m_ca;
    QTemporaryDir m_folder;

    ScriptServer::Options options(bool clients = false) const
    {
        return {m_ca.server(), clients ? m_ca.certificatePem() : std::string(), false};
    }
    ClusterConfig config(const ScriptServer& server) const
    {
        ClusterConfig c;
        c.context = "ctx";
        c.server = server.url();
        c.caPem = m_ca.certificatePem();
        return c;
    }
    void write(const QString& name, const std::string& text, bool program = false) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write");
        file.write(text.c_str(), static_cast<qint64>(text.size()));
        file.close();
        if (program)
            file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    QByteArray read(const QString& name) const
    {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    // A plugin that hands out what stands in a file, and leaves a trace of each run.
    ExecConfig plugin(const QString& name) const
    {
        const std::string folder = m_folder.path().toStdString();
        write(name,
              "#!/bin/sh\necho x >> '" + folder + "/" + name.toStdString() + ".runs'\ncat '" + folder + "/" +
                  name.toStdString() + ".json'\n",
              true);
        ExecConfig exec;
        exec.apiVersion = kV1;
        exec.command = "./" + name.toStdString();
        exec.baseDirectory = folder;
        return exec;
    }
    static std::string json(const std::string& text)
    {
        std::string out;
        for (const char c : text)
            out += c == '\n' ? std::string("\\n") : std::string(1, c);
        return out;
    }
    void answer(const QString& plugin, const std::string& status) const
    {
        write(plugin + QStringLiteral(".json"), "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" +
                                                    std::string(kV1) + "\",\"status\":{" + status + "}}");
    }
    int runs(const QString& plugin) const { return read(plugin + QStringLiteral(".runs")).count('x'); }
    std::shared_ptr<ExecPlugins> allowed(const ExecConfig& exec) const
    {
        const auto list = std::make_shared<ExecAllowList>(std::string());
        (void)list->allow(*findExecProgram(exec));
        return std::make_shared<ExecPlugins>(list);
    }

private Q_SLOTS:
    void aPluginsTokenIsUsedAndShared()
    {
        const ExecConfig exec = plugin(QStringLiteral("token"));
        answer(QStringLiteral("token"), "\"token\":\"from-plugin\"");
        ScriptServer server(options());
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 12);
        const auto plugins = allowed(exec);
        Network network;
        network.setExecPlugins(plugins);
        ClusterConfig c = config(server);
        c.exec = exec;
        const auto one = Client::create(network, c);
        const auto two = Client::create(network, c);
        std::atomic<int> good{0};
        std::vector<std::unique_ptr<RequestHandle>> handles;
        for (int i = 0; i < 12; ++i) {
            Request request;
            request.path = "/version";
            handles.push_back((i % 2 == 0 ? one : two)->send(request, [&](const Result<Response>& r) {
                good += r ? 1 : 100;
            }));
        }
        QTRY_COMPARE_WITH_TIMEOUT(good.load(), 12, kLong);
        QCOMPARE(runs(QStringLiteral("token")), 1);
        for (const auto& seen : server.seen())
            QCOMPARE(seen.headers.at("authorization"), std::string("Bearer from-plugin"));
        QCOMPARE(server.problems(), std::string());
    }

    void without_data()
    {
        QTest::addColumn<bool>("service");
        QTest::newRow("nobody runs plugins") << false;
        QTest::newRow("not allowed") << true;
    }
    void without()
    {
        QFETCH(bool, service);
        const ExecConfig exec = plugin(QStringLiteral("forbidden"));
        answer(QStringLiteral("forbidden"), "\"token\":\"t\"");
        ScriptServer server(options());
        Network network;
        if (service)
            network.setExecPlugins(
                std::make_shared<ExecPlugins>(std::make_shared<ExecAllowList>(std::string())));
        ClusterConfig c = config(server);
        c.exec = exec;
        const auto client = Client::create(network, c);
        const auto result = ask(*client, "/version");
        QVERIFY(!result);
        QCOMPARE(QByteArray(toString(result.error().kind)), QByteArray(toString(ErrorKind::Refused)));
        QCOMPARE(runs(QStringLiteral("forbidden")), 0);
        QCOMPARE(server.connections(), 0); // not a byte went out
    }

    // The server turns the credential down: the plugin runs again, the question is put once more, once.
    void refusedCredentialIsRenewed()
    {
        const ExecConfig exec = plugin(QStringLiteral("renew"));
        answer(QStringLiteral("renew"), "\"token\":\"old\"");
        ScriptServer server(options());
        server.expect("GET", "/version", {}, Reply::json(200, "{}"));
        server.expect("GET", "/version", {},
                      Reply::json(401, "{\"kind\":\"Status\",\"code\":401,\"reason\":\"Unauthorized\"}"));
        server.expect("GET", "/version", {}, Reply::json(200, "{}"));
        const auto plugins = allowed(exec);
        Network network;
        network.setExecPlugins(plugins);
        ClusterConfig c = config(server);
        c.exec = exec;
        const auto client = Client::create(network, c);
        QVERIFY(ask(*client, "/version"));
        answer(QStringLiteral("renew"), "\"token\":\"new\"");
        QVERIFY(ask(*client, "/version"));
        QCOMPARE(runs(QStringLiteral("renew")), 2);
        const auto seen = server.seen();
        QCOMPARE(seen.at(1).headers.at("authorization"), std::string("Bearer old"));
        QCOMPARE(seen.at(2).headers.at("authorization"), std::string("Bearer new"));

        // A second 401 is the answer; a write is never sent again.
        server.expect("GET", "/version", {}, Reply::json(401, "{}"), 2);
        QCOMPARE(QByteArray(toString(ask(*client, "/version").error().kind)),
                 QByteArray(toString(ErrorKind::Auth)));
        server.expect("POST", "/api/v1/pods", {}, Reply::json(401, "{}"));
        QCOMPARE(QByteArray(toString(ask(*client, "/api/v1/pods", "POST").error().kind)),
                 QByteArray(toString(ErrorKind::Auth)));
        QCOMPARE(server.problems(), std::string());
    }

    // Another certificate is another identity: the old connection is not used for it.
    void aNewCertificateGetsANewConnection()
    {
        const ExecConfig exec = plugin(QStringLiteral("cert"));
        const auto give = [&](const char* user) {
            const test::Credential identity = m_ca.client(user);
            answer(QStringLiteral("cert"), "\"clientCertificateData\":\"" + json(identity.certificatePem) +
                                               "\",\"clientKeyData\":\"" + json(identity.keyPem) + "\"");
        };
        give("anna");
        ScriptServer server(options(true));
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 2);
        server.expect("GET", "/version", {}, Reply::json(401, "{}"));
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 2);
        const auto plugins = allowed(exec);
        Network network;
        network.setExecPlugins(plugins);
        ClusterConfig c = config(server);
        c.exec = exec;
        const auto client = Client::create(network, c);
        QVERIFY(ask(*client, "/version"));
        QVERIFY(ask(*client, "/version"));
        QCOMPARE(server.connections(), 1);
        give("bert");
        QVERIFY(ask(*client, "/version"));
        QVERIFY(ask(*client, "/version"));
        const auto seen = server.seen();
        QCOMPARE(seen.at(1).clientName, std::string("anna"));
        QCOMPARE(seen.at(2).clientName, std::string("anna"));
        QCOMPARE(seen.at(3).clientName, std::string("bert"));
        QCOMPARE(seen.at(4).clientName, std::string("bert"));
        QCOMPARE(seen.at(4).connection, seen.at(3).connection);
        QVERIFY(seen.at(3).connection != seen.at(2).connection);
    }

    void aPluginThatFailsIsSaid()
    {
        const ExecConfig exec = plugin(QStringLiteral("fails"));
        write(QStringLiteral("fails"), "#!/bin/sh\necho 'please log in' >&2\nexit 1\n", true);
        ScriptServer server(options());
        const auto plugins = allowed(exec);
        Network network;
        network.setExecPlugins(plugins);
        ClusterConfig c = config(server);
        c.exec = exec;
        const auto client = Client::create(network, c);
        const auto result = ask(*client, "/version");
        QVERIFY(!result);
        QCOMPARE(QByteArray(toString(result.error().kind)), QByteArray(toString(ErrorKind::Auth)));
        VERIFY_HAS(result.error().detail, "please log in");
        QCOMPARE(server.connections(), 0);
    }

    void tokenFilesAreReadAgain()
    {
        write(QStringLiteral("tok"), "first\n");
        ScriptServer server(options());
        server.expect("GET", "/version", {}, Reply::json(200, "{}"));
        server.expect("GET", "/version", {}, Reply::json(401, "{}"));
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 2);
        Network network;
        ClusterConfig c = config(server);
        c.token = Secret("first");
        c.tokenFile = m_folder.filePath(QStringLiteral("tok")).toStdString();
        const auto client = Client::create(network, c);
        QVERIFY(ask(*client, "/version"));
        write(QStringLiteral("tok"), "second\n");
        QVERIFY(ask(*client, "/version"));
        QVERIFY(ask(*client, "/version"));
        const auto seen = server.seen();
        QCOMPARE(seen.at(1).headers.at("authorization"), std::string("Bearer first"));
        QCOMPARE(seen.at(2).headers.at("authorization"), std::string("Bearer second"));
        QCOMPARE(seen.at(3).headers.at("authorization"), std::string("Bearer second"));

        // The file is gone for a moment: the last token is tried, and its refusal is the answer.
        QVERIFY(QFile::remove(m_folder.filePath(QStringLiteral("tok"))));
        server.expect("GET", "/version", {}, Reply::json(401, "{}"), 2);
        QCOMPARE(QByteArray(toString(ask(*client, "/version").error().kind)),
                 QByteArray(toString(ErrorKind::Auth)));
        QCOMPARE(server.seen().at(5).headers.at("authorization"), std::string("Bearer second"));
        QCOMPARE(server.problems(), std::string());
    }

    void impersonation()
    {
        ScriptServer server(options());
        server.expect("GET", "/version", {}, Reply::json(200, "{}"));
        Network network;
        ClusterConfig c = config(server);
        c.token = Secret("t");
        c.impersonate = {"jane", "u-1", {"admins", "devs"}, {{"Scopes/X", {"view", "edit"}}}};
        const auto client = Client::create(network, c);
        QVERIFY(ask(*client, "/version"));
        const auto headers = server.seen().at(0).headers;
        QCOMPARE(headers.at("impersonate-user"), std::string("jane"));
        QCOMPARE(headers.at("impersonate-uid"), std::string("u-1"));
        VERIFY_HAS(headers.at("impersonate-group"), "admins");
        VERIFY_HAS(headers.at("impersonate-group"), "devs");
        VERIFY_HAS(headers.at("impersonate-extra-scopes%2fx"), "view");
        VERIFY_HAS(headers.at("impersonate-extra-scopes%2fx"), "edit");
        QCOMPARE(headers.at("authorization"), std::string("Bearer t"));
    }

    void proxies_data()
    {
        QTest::addColumn<QByteArray>("scheme");
        QTest::addColumn<int>("speaks");
        QTest::newRow("http") << QByteArray("http") << static_cast<int>(FaultProxy::Speaks::HttpConnect);
        QTest::newRow("socks5") << QByteArray("socks5") << static_cast<int>(FaultProxy::Speaks::Socks5);
    }
    void proxies()
    {
        QFETCH(QByteArray, scheme);
        QFETCH(int, speaks);
        // A name that only the proxy knows.
        ScriptServer server({m_ca.issue({"s", {}, {"only.the.proxy.knows"}, {}}), {}, false});
        server.expect("GET", "/version", {}, Reply::json(200, "{}"), 2);
        FaultProxy proxy({server.port(), static_cast<FaultProxy::Speaks>(speaks), {}, 0});
        Network network;
        ClusterConfig c = config(server);
        c.server = "https://only.the.proxy.knows:6443";
        c.token = Secret("s3cret");
        c.proxyUrl = scheme.toStdString() + "://127.0.0.1:" + std::to_string(proxy.port());
        const auto client = Client::create(network, c);
        for (int i = 0; i < 2; ++i) {
            const auto result = ask(*client, "/version");
            QVERIFY2(result, result ? "" : (result.error().text + result.error().detail).c_str());
            QVERIFY(result->headers.count("x-from") == 0); // the proxy's words are not the server's
        }
        QCOMPARE(proxy.asked(),
                 (std::vector<std::string>{"only.the.proxy.knows:6443"})); // one connection, and no more
        QCOMPARE(server.seen().at(0).headers.at("authorization"), std::string("Bearer s3cret"));

        // WebSockets go the same way.
        test::WsServer sockets({m_ca.issue({"s", {}, {"only.the.proxy.knows"}, {}}), {}},
                               [](test::WsServer::Peer& peer) {
                                   peer.accept();
                                   peer.close(4000, "");
                               });
        FaultProxy second({sockets.port(), static_cast<FaultProxy::Speaks>(speaks), {}, 0});
        c.proxyUrl = scheme.toStdString() + "://127.0.0.1:" + std::to_string(second.port());
        struct Handler : WebSocketHandler {
            void onOpen(const std::string&) override {}
            void onMessage(bool, std::string_view) override {}
            void onEnd(Result<WebSocketClose> end) override { code = end ? end->code : 1; }
            std::atomic<int> code{0};
        };
        const auto handler = std::make_shared<Handler>();
        const auto other = Client::create(network, c);
        WebSocketRequest request;
        request.path = "/x";
        const auto socket = other->openWebSocket(request, handler);
        QTRY_COMPARE_WITH_TIMEOUT(handler->code.load(), 4000, kLong);
        QCOMPARE(second.asked(), (std::vector<std::string>{"only.the.proxy.knows:6443"}));
    }

    void proxyFaults()
    {
        ScriptServer server(options());
        server.expect("GET", "/version", {}, Reply::json(200, "{}"));
        Network network;
        ClusterConfig c = config(server);
        const auto through = [&](FaultProxy& proxy, const char* credential = "") {
            c.proxyUrl = "http://127.0.0.1:" + std::to_string(proxy.port());
            c.proxyCredential = Secret(credential);
            return ask(*Client::create(network, c), "/version");
        };
        FaultProxy wants({server.port(), FaultProxy::Speaks::HttpConnect, "me:p@ss", 0});
        const auto refused = through(wants);
        QVERIFY(!refused);
        QCOMPARE(QByteArray(toString(refused.error().kind)), QByteArray(toString(ErrorKind::Auth)));
        VERIFY_HAS(refused.error().text, "proxy");
        QVERIFY(through(wants, "me:p%40ss"));

        FaultProxy denies({server.port(), FaultProxy::Speaks::HttpConnect, {}, 403});
        const auto denied = through(denies);
        VERIFY_HAS(denied.error().text, "does not let us through");
        VERIFY_HAS(denied.error().text, "403");
        int dead = 0;
        {
            FaultProxy gone({server.port(), FaultProxy::Speaks::HttpConnect, {}, 0});
            dead = gone.port();
        }
        c.proxyUrl = "http://127.0.0.1:" + std::to_string(dead);
        VERIFY_HAS(ask(*Client::create(network, c), "/version").error().text, "The proxy http://127.0.0.1");
        QCOMPARE(server.problems(), std::string());
    }
};

QTEST_GUILESS_MAIN(TestAccess)
#include "test_access.moc"
