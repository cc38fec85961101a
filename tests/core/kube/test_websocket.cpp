// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/client.h"
#include "tests/support/testpki.h"
#include "tests/support/wsserver.h"

#include <QtTest>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

using namespace strata;
using namespace strata::kube;
using namespace std::chrono_literals;
using test::TestCa;
using test::WsServer;

namespace {

constexpr int kLong = 20'000; // ms; a limit for a broken run, not a pause

class Log : public WebSocketHandler {
public:
    void onOpen(const std::string& chosen) override
    {
        const std::lock_guard lock(m_mutex);
        m_protocol = chosen;
        ++opens;
    }
    void onMessage(bool binary, std::string_view message) override
    {
        const std::lock_guard lock(m_mutex);
        m_messages.emplace_back(binary, std::string(message));
        bytes += message.size();
        ++messages;
    }
    void onDrained() override { ++drained; }
    void onEnd(Result<WebSocketClose> end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
        ++ends;
    }
    std::string protocol() const
    {
        const std::lock_guard lock(m_mutex);
        return m_protocol;
    }
    std::pair<bool, std::string> message(std::size_t at) const
    {
        const std::lock_guard lock(m_mutex);
        return m_messages.at(at);
    }
    Result<WebSocketClose> end() const
    {
        const std::lock_guard lock(m_mutex);
        return *m_end;
    }
    std::atomic<int> opens{0};
    std::atomic<int> messages{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<int> drained{0};
    std::atomic<int> ends{0};

private:
    mutable std::mutex m_mutex;
    std::string m_protocol;
    std::vector<std::pair<bool, std::string>> m_messages;
    std::optional<Result<WebSocketClose>> m_end;
};

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

#define VERIFY_HAS(text, part) QVERIFY2(has(text, part), qPrintable(QString::fromStdString(text)))
#define WAIT(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kLong)

void echo(WsServer::Peer& peer)
{
    peer.accept();
    while (const auto message = peer.read())
        peer.write(message->binary, message->text);
}

} // namespace

class TestWebSocket : public QObject {
    Q_OBJECT

    TestCa m_ca;

    ClusterConfig config(const WsServer& server) const
    {
        ClusterConfig c;
        c.server = server.url();
        c.caPem = m_ca.certificatePem();
        c.token = Secret("s3cret");
        return c;
    }
    static WebSocketRequest request(std::vector<std::string> protocols = {})
    {
        WebSocketRequest r;
        r.path = "/api/v1/namespaces/n/pods/p/exec";
        r.query = "container=c&stdin=true";
        r.protocols = std::move(protocols);
        return r;
    }

private Q_SLOTS:
    void echoes()
    {
        WsServer server({m_ca.server(), {}}, echo);
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        QVERIFY(socket->sendText("early: Gr\xc3\xbc\xc3\x9f")); // waits for the server's yes
        WAIT(log->messages == 1);
        QCOMPARE(log->opens.load(), 1);
        QCOMPARE(log->message(0), std::make_pair(false, std::string("early: Gr\xc3\xbc\xc3\x9f")));
        std::string large(3U << 20U, '\0');
        for (std::size_t i = 0; i < large.size(); ++i)
            large[i] = static_cast<char>(i * 31 + i / 977);
        QVERIFY(socket->sendBinary(large));
        QVERIFY(socket->sendBinary(""));
        WAIT(log->messages == 3);
        QVERIFY(log->message(1) == std::make_pair(true, large));
        QCOMPARE(log->message(2), std::make_pair(true, std::string()));
        WAIT(log->drained > 0);
        QCOMPARE(socket->queued(), std::size_t(0));
        socket->close(1000, "done");
        WAIT(log->ends == 1);
        QVERIFY(log->end().has_value());
        QCOMPARE(log->end()->code, std::uint16_t(1000));
        QVERIFY(!socket->sendText("too late"));
    }

    void identityAndTarget()
    {
        std::mutex mutex;
        std::string target;
        std::string name;
        std::map<std::string, std::string> headers;
        WsServer server({m_ca.issue({"kubernetes", {}, {"kubernetes.default"}, {}}), m_ca.certificatePem()},
                        [&](WsServer::Peer& peer) {
                            const std::lock_guard lock(mutex);
                            target = peer.target();
                            name = peer.clientName();
                            headers = peer.headers();
                            peer.accept("v5.channel.k8s.io");
                            peer.close(4001, "enough\nof it");
                        });
        Network network;
        ClusterConfig c = config(server);
        c.server += "/k8s/clusters/c-1";
        c.tlsServerName = "kubernetes.default";
        const test::Credential identity = m_ca.client("jane");
        c.clientCertificatePem = identity.certificatePem;
        c.clientKeyPem = Secret(identity.keyPem);
        const auto client = Client::create(network, c);
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request({"v5.channel.k8s.io", "v4.channel.k8s.io"}), log);
        WAIT(log->ends == 1);
        QCOMPARE(log->opens.load(), 1);
        QCOMPARE(log->protocol(), std::string("v5.channel.k8s.io"));
        QVERIFY(log->end().has_value());
        QCOMPARE(log->end()->code, std::uint16_t(4001));
        QVERIFY(!has(log->end()->reason, "\n")); // cleaned
        VERIFY_HAS(log->end()->reason, "enough");
        const std::lock_guard lock(mutex);
        QCOMPARE(target,
                 std::string("/k8s/clusters/c-1/api/v1/namespaces/n/pods/p/exec?container=c&stdin=true"));
        QCOMPARE(name, std::string("jane"));
        QCOMPARE(headers["authorization"], std::string("Bearer s3cret"));
        QCOMPARE(headers["host"], "127.0.0.1:" + std::to_string(server.port()));
        QCOMPARE(headers["sec-websocket-protocol"], std::string("v5.channel.k8s.io, v4.channel.k8s.io"));
        QCOMPARE(headers["sec-websocket-version"], std::string("13"));
        QVERIFY(has(headers["user-agent"], "strata/"));
    }

    void refusals_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("kind");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("forbidden") << 403 << QByteArray("application/json")
                                   << QByteArray(
                                          R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":)"
                                          R"("Forbidden","message":"no exec for you","code":403})")
                                   << QByteArray(toString(ErrorKind::Forbidden))
                                   << QByteArray("no exec for you");
        QTest::newRow("not found") << 404 << QByteArray("text/plain") << QByteArray("404 page not found")
                                   << QByteArray(toString(ErrorKind::NotFound)) << QByteArray("not found");
        QTest::newRow("unauthorized") << 401 << QByteArray("text/plain") << QByteArray("Unauthorized")
                                      << QByteArray(toString(ErrorKind::Auth)) << QByteArray("nauthorized");
        QTest::newRow("a page") << 200 << QByteArray("text/html")
                                << QByteArray("<!DOCTYPE html><html>login</html>")
                                << QByteArray(toString(ErrorKind::Protocol)) << QByteArray("");
        QTest::newRow("no upgrade") << 200 << QByteArray("application/json") << QByteArray("{}")
                                    << QByteArray(toString(ErrorKind::Protocol))
                                    << QByteArray("does not speak WebSocket");
        QTest::newRow("redirect") << 302 << QByteArray("text/plain") << QByteArray("elsewhere")
                                  << QByteArray(toString(ErrorKind::Protocol))
                                  << QByteArray("points elsewhere");
    }
    void refusals()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, kind);
        QFETCH(QByteArray, words);
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.refuse(status, type.toStdString(), body.toStdString(),
                        {{"Location", "https://evil.example/"}});
            peer.rest();
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        WAIT(log->ends == 1);
        QCOMPARE(log->opens.load(), 0);
        QVERIFY(!log->end());
        QCOMPARE(QByteArray(toString(log->end().error().kind)), kind);
        QCOMPARE(log->end().error().httpStatus, status);
        VERIFY_HAS(log->end().error().text + log->end().error().detail, words.toStdString());
        QCOMPARE(server.sessions(), 1);
    }

    void protocolMustBeChosen()
    {
        for (const std::string chosen : {"", "v4.channel.k8s.io"}) {
            WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
                peer.accept(chosen);
                peer.read();
            });
            Network network;
            const auto client = Client::create(network, config(server));
            const auto log = std::make_shared<Log>();
            const auto socket = client->openWebSocket(request({"v5.channel.k8s.io"}), log);
            WAIT(log->ends == 1);
            QCOMPARE(log->opens.load(), 0);
            QVERIFY(!log->end());
            QCOMPARE(QByteArray(toString(log->end().error().kind)),
                     QByteArray(toString(ErrorKind::Protocol)));
            VERIFY_HAS(log->end().error().text, "sub-protocol");
        }
    }

    void wrongAuthority()
    {
        const TestCa other;
        WsServer server({other.server(), {}}, echo);
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        WAIT(log->ends == 1);
        QCOMPARE(QByteArray(toString(log->end().error().kind)), QByteArray(toString(ErrorKind::Tls)));
        QCOMPARE(server.sessions(), 0);
    }

    void pingsAreAnsweredAndSent()
    {
        std::atomic<int> pongs{0};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept();
            for (int i = 0; i < 3; ++i)
                peer.ping("number " + std::to_string(i));
            peer.write(false, "all pings are out");
            peer.read(); // sees the pongs on the way
            pongs = peer.pongs();
            peer.close(1000, "");
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        WebSocketRequest r = request();
        r.pingEvery = 30ms;
        r.silenceLimit = 10s;
        const auto socket = client->openWebSocket(r, log);
        WAIT(log->messages == 1);
        socket->sendText("and the pongs before this");
        WAIT(log->ends == 1);
        QVERIFY(log->end().has_value());
        QCOMPARE(pongs.load(), 3);
    }

    // Pings go out by themselves and the answers keep a silent socket alive; without answers it ends.
    void silence()
    {
        std::atomic<bool> deaf{false};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept();
            if (deaf)
                peer.rest();
            else
                peer.read(); // Beast answers pings while it reads
        });
        Network network;
        const auto client = Client::create(network, config(server));
        WebSocketRequest r = request();
        r.pingEvery = 50ms;
        r.silenceLimit = 600ms;
        const auto alive = std::make_shared<Log>();
        const auto first = client->openWebSocket(r, alive);
        WAIT(alive->opens == 1);
        deaf = true;
        const auto dead = std::make_shared<Log>();
        const auto second = client->openWebSocket(r, dead);
        WAIT(dead->ends == 1);
        QCOMPARE(QByteArray(toString(dead->end().error().kind)), QByteArray(toString(ErrorKind::Timeout)));
        VERIFY_HAS(dead->end().error().text, "silent");
        QCOMPARE(alive->ends.load(), 0);
    }

    void neverAnswered()
    {
        WsServer server({m_ca.server(), {}}, [](WsServer::Peer& peer) { peer.rest(); });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        WebSocketRequest r = request();
        r.openTimeout = 300ms;
        const auto socket = client->openWebSocket(r, log);
        WAIT(log->ends == 1);
        QCOMPARE(QByteArray(toString(log->end().error().kind)), QByteArray(toString(ErrorKind::Timeout)));
    }

    void cutOff()
    {
        WsServer server({m_ca.server(), {}}, [](WsServer::Peer& peer) {
            peer.accept();
            peer.writeRaw(std::string("\x82\x05"
                                      "ab",
                                      4)); // half a frame
            peer.cut();
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        WAIT(log->ends == 1);
        QCOMPARE(log->opens.load(), 1);
        QCOMPARE(log->messages.load(), 0);
        QCOMPARE(QByteArray(toString(log->end().error().kind)), QByteArray(toString(ErrorKind::Network)));
    }

    void brokenProtocolIsToldToTheServer()
    {
        std::atomic<int> code{0};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept();
            peer.write(true, std::string(5000, 'x'));
            peer.read();
            code = peer.closeCode();
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        WebSocketRequest r = request();
        r.maxMessage = 4096;
        const auto socket = client->openWebSocket(r, log);
        WAIT(log->ends == 1);
        QCOMPARE(log->messages.load(), 0);
        QCOMPARE(QByteArray(toString(log->end().error().kind)), QByteArray(toString(ErrorKind::Protocol)));
        WAIT(code == 1009);
    }

    void fragments()
    {
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept({}, 100);
            peer.write(true, std::string(10'000, 'f'));
            peer.read();
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        WAIT(log->messages == 1);
        QVERIFY(log->message(0) == std::make_pair(true, std::string(10'000, 'f')));
    }

    // A server that floods is held back: it cannot write on for ever while nobody reads.
    void backPressure()
    {
        constexpr std::size_t kPiece = 256U << 10U;
        constexpr int kPieces = 256;
        std::atomic<int> written{0};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept();
            if (!peer.read())
                return;
            const std::string piece(kPiece, 'p');
            for (int i = 0; i < kPieces && peer.write(true, piece); ++i)
                ++written;
            peer.close(1000, "");
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        const auto socket = client->openWebSocket(request(), log);
        WAIT(log->opens == 1);
        socket->setReading(false);
        socket->sendText("go");
        // Wait until the server makes no more headway.
        int last = -1;
        WAIT([&] {
            const int now = written;
            const bool stuck = now == last && now > 0;
            last = now;
            if (!stuck)
                QTest::qWait(200);
            return stuck;
        }());
        QVERIFY(written < kPieces);
        QVERIFY(log->bytes <= 2 * kPiece);
        socket->setReading(true);
        WAIT(log->ends == 1);
        QCOMPARE(written.load(), kPieces);
        QCOMPARE(log->bytes.load(), kPiece * kPieces);
        QVERIFY(log->end().has_value());
    }

    void ourQueueIsBounded()
    {
        WsServer server({m_ca.server(), {}}, [](WsServer::Peer& peer) {
            peer.accept();
            peer.rest();
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto log = std::make_shared<Log>();
        WebSocketRequest r = request();
        r.maxQueued = 1U << 20U;
        r.silenceLimit = 0ms;
        const auto socket = client->openWebSocket(r, log);
        WAIT(log->opens == 1);
        QVERIFY(!socket->sendBinary(std::string(2U << 20U, 'x')));
        const std::string piece(100'000, 'x');
        int sent = 0;
        WAIT([&] {
            while (sent < 10'000 && socket->sendBinary(piece))
                ++sent;
            return socket->queued() > r.maxQueued - 2 * piece.size();
        }());
        QVERIFY(socket->queued() <= r.maxQueued);
        QCOMPARE(log->ends.load(), 0);
    }

    void nothingAfterItIsGone()
    {
        WsServer server({m_ca.server(), {}}, [](WsServer::Peer& peer) {
            peer.accept();
            while (peer.write(true, "tick")) {
            }
        });
        Network network;
        const auto client = Client::create(network, config(server));
        for (int round = 0; round < 20; ++round) {
            const auto log = std::make_shared<Log>();
            auto socket = client->openWebSocket(request(), log);
            WAIT(log->messages > round);
            socket.reset();
            const int messages = log->messages;
            std::atomic<bool> passed{false};
            network.post([&] { passed = true; });
            WAIT(passed);
            QCOMPARE(log->messages.load(), messages);
            QCOMPARE(log->ends.load(), 0);
        }
    }

    void goesInsideItsCallback()
    {
        struct Suicidal : WebSocketHandler {
            void onOpen(const std::string&) override {}
            void onMessage(bool, std::string_view message) override
            {
                ++calls;
                socket.reset();
                text = message; // still there
            }
            void onEnd(Result<WebSocketClose>) override { calls += 100; }
            std::unique_ptr<WebSocket> socket;
            std::string text;
            std::atomic<int> calls{0};
        };
        std::atomic<bool> over{false};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            peer.accept();
            peer.read();
            peer.write(true, "one");
            peer.write(true, "two");
            peer.read();
            over = true;
        });
        Network network;
        const auto client = Client::create(network, config(server));
        const auto handler = std::make_shared<Suicidal>();
        std::atomic<bool> set{false};
        network.post([&] {
            handler->socket = client->openWebSocket(request(), handler);
            handler->socket->sendText("go");
            set = true;
        });
        WAIT(set && over);
        QCOMPARE(handler->calls.load(), 1);
    }

    void endOfTheNetwork()
    {
        WsServer server({m_ca.server(), {}}, [](WsServer::Peer& peer) {
            peer.accept();
            peer.rest();
        });
        const auto log = std::make_shared<Log>();
        std::unique_ptr<WebSocket> socket;
        {
            Network network;
            const auto client = Client::create(network, config(server));
            socket = client->openWebSocket(request(), log);
            WAIT(log->opens == 1);
        }
        QCOMPARE(log->ends.load(), 1);
        QCOMPARE(QByteArray(toString(log->end().error().kind)), QByteArray(toString(ErrorKind::Cancelled)));
        QVERIFY(!socket->sendText("nobody there"));
    }

    // Sockets have connections of their own and leave those of other requests alone.
    void manyAtOnce()
    {
        WsServer server({m_ca.server(), {}}, echo);
        Network network;
        const auto client = Client::create(network, config(server));
        std::vector<std::shared_ptr<Log>> logs;
        std::vector<std::unique_ptr<WebSocket>> sockets;
        for (int i = 0; i < 40; ++i) {
            logs.push_back(std::make_shared<Log>());
            sockets.push_back(client->openWebSocket(request(), logs.back()));
            sockets.back()->sendText("socket " + std::to_string(i));
        }
        for (int i = 0; i < 40; ++i) {
            WAIT(logs[static_cast<std::size_t>(i)]->messages == 1);
            QCOMPARE(logs[static_cast<std::size_t>(i)]->message(0).second, "socket " + std::to_string(i));
        }
        QCOMPARE(server.sessions(), 40);
    }
};

QTEST_GUILESS_MAIN(TestWebSocket)
#include "test_websocket.moc"
