// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/transports/exec.h"
#include "core/console/transports/guest.h"
#include "core/console/transports/log.h"
#include "core/console/transports/nodeshell.h"
#include "core/console/transports/podport.h"
#include "core/console/transports/process.h"
#include "core/console/transports/service.h"
#include "tests/support/faultproxy.h"
#include "tests/support/wsserver.h"

#include <QtTest>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

using namespace strata;
using namespace strata::console;
using test::FaultProxy;
using test::TestCa;
using test::WsServer;

namespace {

constexpr int kLongMs = 20'000;

class Ears : public SessionHandler {
public:
    void onOpen(const std::string&) override { ++opens; }
    void onOutput(std::string_view bytes) override
    {
        const std::lock_guard lock(m_mutex);
        m_late = m_late || ends > 0;
        m_text += bytes;
    }
    void onEnd(SessionEnd end) override
    {
        const std::lock_guard lock(m_mutex);
        m_end = std::move(end);
        ++ends;
    }
    std::string text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_text;
    }
    SessionEnd end() const
    {
        const std::lock_guard lock(m_mutex);
        return m_end.value_or(SessionEnd{});
    }
    bool late() const
    {
        const std::lock_guard lock(m_mutex);
        return m_late;
    }
    std::atomic<int> opens{0};
    std::atomic<int> ends{0};

private:
    mutable std::mutex m_mutex;
    std::string m_text;
    std::optional<SessionEnd> m_end;
    bool m_late = false; // something came after the end
};

// One message as a server puts it on the wire.
std::string frame(const std::string& message)
{
    return std::string("\x82", 1) + static_cast<char>(message.size()) + message;
}

using Open = std::function<std::unique_ptr<Session>(const std::shared_ptr<kube::Client>&,
                                                    std::shared_ptr<SessionHandler>)>;

struct Transport {
    const char* name;
    Open open;
    std::string protocol;              // the sub-protocol that the server chooses; empty: plain HTTP
    std::vector<std::string> messages; // all that the server says, then its goodbye
    std::string heard;                 // what comes of it when nothing is missing
};

std::vector<Transport> transports()
{
    const ExecTarget exec{"n", "p", "c", {{"sh"}}, false, true, false};
    ExecTarget attach = exec;
    attach.attach = true;
    attach.commands.clear();
    const std::string status = R"({"metadata":{},"status":"Success"})";
    return {
        {"exec",
         [exec](const auto& client, auto handler) { return openExec(client, exec, {}, std::move(handler)); },
         "v5.channel.k8s.io",
         {"\1out", "\2err", "\3" + status},
         "outerr"},
        {"attach",
         [attach](const auto& client, auto handler) {
             return openExec(client, attach, {}, std::move(handler));
         },
         "v4.channel.k8s.io",
         {"\1one", "\1two", "\3" + status},
         "onetwo"},
        {"serial",
         [](const auto& client, auto handler) {
             return openSerial(client, {"n", "vm"}, std::move(handler));
         },
         "plain.kubevirt.io",
         {"login: ", "root"},
         "login: root"},
        {"screen",
         [](const auto& client, auto handler) {
             return openScreen(client, {"n", "vm"}, false, std::move(handler));
         },
         "plain.kubevirt.io",
         {"RFB 003.008\n", std::string("\1\1", 2)},
         "RFB 003.008\n\1\1"},
        {"a guest's port",
         [](const auto& client, auto handler) {
             return openGuestPort(client, {"n", "vm"}, 22, std::move(handler));
         },
         "plain.kubevirt.io",
         {"SSH-2.0-x\r\n"},
         "SSH-2.0-x\r\n"},
        {"a pod's port",
         [](const auto& client, auto handler) {
             return openPodPort(client, "n", "p", 80, std::move(handler));
         },
         "v4.channel.k8s.io",
         {std::string("\0\x50\0", 3), std::string("\1\x50\0", 3), std::string("\0HTTP/1.1 200", 13)},
         "HTTP/1.1 200"},
    };
}

// A client whose sockets have less patience: what a transport asks for, in small.
class Hasty : public kube::Client {
public:
    explicit Hasty(std::shared_ptr<kube::Client> client) : m_client(std::move(client)) {}

    const kube::ClusterConfig& config() const override { return m_client->config(); }
    kube::Network& network() override { return m_client->network(); }
    std::unique_ptr<kube::RequestHandle> send(kube::Request request,
                                              std::function<void(Result<kube::Response>)> done) override
    {
        return m_client->send(std::move(request), std::move(done));
    }
    std::unique_ptr<kube::RequestHandle> stream(kube::Request request,
                                                std::shared_ptr<kube::StreamHandler> handler) override
    {
        return m_client->stream(std::move(request), std::move(handler));
    }
    std::unique_ptr<kube::WebSocket> openWebSocket(kube::WebSocketRequest request,
                                                   std::shared_ptr<kube::WebSocketHandler> handler) override
    {
        request.pingEvery /= 200;   // 10 s become 50 ms; never stays never
        request.silenceLimit /= 50; // 30 s become 600 ms
        return m_client->openWebSocket(std::move(request), std::move(handler));
    }
    std::int64_t clockOffsetMs() const override { return m_client->clockOffsetMs(); }
    std::vector<std::string> warnings() const override { return m_client->warnings(); }
    kube::ClientTraffic traffic() const override { return m_client->traffic(); }

private:
    std::shared_ptr<kube::Client> m_client;
};

// The API server behind all of them, for whole runs.
void serveAll(WsServer::Peer& peer)
{
    const std::string& target = peer.target();
    const auto is = [&target](const char* part) { return target.find(part) != std::string::npos; };
    for (const Transport& each : transports()) {
        const bool fits = is("/exec?")          ? std::string(each.name) == "exec"
                          : is("/attach?")      ? std::string(each.name) == "attach"
                          : is("/console")      ? std::string(each.name) == "serial"
                          : is("/vnc")          ? std::string(each.name) == "screen"
                          : is("/portforward/") ? std::string(each.name) == "a guest's port"
                          : is("/portforward?") ? std::string(each.name) == "a pod's port"
                                                : false;
        if (!fits)
            continue;
        if (peer.accept(each.protocol)) {
            for (const std::string& message : each.messages)
                peer.write(true, message);
            peer.close(1000, "done");
        }
        return;
    }
    if (is("/log?"))
        peer.refuse(200, "text/plain", "2026-11-26T07:00:01Z one\n2026-11-26T07:00:02Z two\n");
    else if (is("/services/web"))
        peer.refuse(200, "application/json",
                    R"({"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":80}]}})");
    else if (is("/pods?"))
        peer.refuse(200, "application/json",
                    R"({"items":[{"metadata":{"name":"p"},"status":{"phase":"Running","conditions":[
                        {"type":"Ready","status":"True"}]},"spec":{"containers":[{"name":"c"}]}}]})");
    else // the pod of a node's shell: made, looked at, removed
        peer.refuse(200, "application/json",
                    R"({"metadata":{"name":"p"},"status":{"phase":"Running"},"spec":{}})");
}

} // namespace

// A stream that ends anywhere ends its session: once, last, with what had come until then and a reason.
class TestCuts : public QObject {
    Q_OBJECT

    TestCa m_ca;

    kube::ClusterConfig config(int port) const
    {
        kube::ClusterConfig out;
        out.server = "https://127.0.0.1:" + std::to_string(port);
        out.caPem = m_ca.certificatePem();
        return out;
    }

private Q_SLOTS:
    // After every byte that a server says once the socket stands.
    void afterEveryByte_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const Transport& each : transports())
            QTest::newRow(each.name) << index++;
    }
    void afterEveryByte()
    {
        QFETCH(int, index);
        const Transport transport = transports()[std::size_t(index)];
        std::string whole;
        for (const std::string& message : transport.messages)
            whole += frame(message);
        std::atomic<std::size_t> cut{0};
        WsServer server({m_ca.server(), {}}, [&](WsServer::Peer& peer) {
            if (peer.accept(transport.protocol)) {
                if (cut > 0)
                    peer.writeRaw(whole.substr(0, cut));
                peer.cut();
            }
        });
        kube::Network network;
        const auto client = kube::Client::create(network, config(server.port()));
        std::size_t longest = 0;
        for (cut = 0; cut <= whole.size(); ++cut) {
            const auto ears = std::make_shared<Ears>();
            const auto session = transport.open(client, ears);
            QTRY_VERIFY2_WITH_TIMEOUT(ears->ends == 1, qPrintable(QString::number(cut)), kLongMs);
            const SessionEnd end = ears->end();
            QVERIFY(!ears->late());
            QVERIFY2(transport.heard.compare(0, ears->text().size(), ears->text()) == 0,
                     ears->text().c_str());
            QVERIFY(ears->text().size() >= longest); // a later cut never shows less
            longest = ears->text().size();
            // Without a goodbye it broke, with words for the operator; a status that had come whole counts.
            if (end.kind == SessionEnd::Kind::Exited) {
                QVERIFY(cut == whole.size());
            } else {
                QVERIFY2(end.kind == SessionEnd::Kind::Failed, qPrintable(QString::number(cut)));
                QVERIFY(!end.error.text.empty());
                QVERIFY(!session->write("late"));
            }
        }
        QCOMPARE(longest, transport.heard.size());
    }

    // Nobody types and nothing is printed: the session says now and then that it is there, so that nothing on
    // the way takes it down, and hears when the other end is there no longer.
    void anIdleSessionIsKeptAlive_data() { afterEveryByte_data(); }
    void anIdleSessionIsKeptAlive()
    {
        QFETCH(int, index);
        const Transport transport = transports()[std::size_t(index)];
        std::atomic<int> pings{0};
        std::atomic<bool> dead{false};
        WsServer::Options options{m_ca.server(), {}};
        options.onPing = [&pings] { ++pings; };
        WsServer server(options, [&](WsServer::Peer& peer) {
            if (!peer.accept(transport.protocol))
                return;
            if (dead)
                peer.rest();
            while (!dead && peer.read()) { // sees the pings, and answers them
            }
        });
        kube::Network network;
        const auto client = std::make_shared<Hasty>(kube::Client::create(network, config(server.port())));
        const auto ears = std::make_shared<Ears>();
        const auto session = transport.open(client, ears);
        QTRY_VERIFY_WITH_TIMEOUT(pings >= 24, kLongMs); // twice as long as silence is borne
        QCOMPARE(ears->ends.load(), 0);
        dead = true;
        const auto deserted = std::make_shared<Ears>();
        const auto other = transport.open(client, deserted);
        QTRY_VERIFY_WITH_TIMEOUT(deserted->ends == 1, kLongMs);
        QVERIFY(deserted->end().kind == SessionEnd::Kind::Failed);
        QCOMPARE(QByteArray(toString(deserted->end().error.kind)), QByteArray(toString(ErrorKind::Timeout)));
        QVERIFY(!deserted->end().error.text.empty());
        QCOMPARE(ears->ends.load(), 0);
    }

    // Anywhere in the bytes on the network: in the handshakes, in the server's refusals, in its answers to
    // what has to be asked first, and in the stream itself.
    void anywhereOnTheWire_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const Transport& each : transports())
            QTest::newRow(each.name) << index++;
        QTest::newRow("log") << -1;
        QTest::newRow("a service's port") << -2;
        QTest::newRow("a node's shell") << -3;
    }
    void anywhereOnTheWire()
    {
        QFETCH(int, index);
        Open open;
        std::string heard;
        if (index >= 0) {
            open = transports()[std::size_t(index)].open;
            heard = transports()[std::size_t(index)].heard;
        } else if (index == -1) {
            open = [](const auto& client, auto handler) {
                return openLog(client, {"n", "p", "c", true, false, -1, -1, {}}, std::move(handler));
            };
            heard = "2026-11-26T07:00:01Z one\n2026-11-26T07:00:02Z two\n";
        } else if (index == -2) {
            open = [](const auto& client, auto handler) {
                return openServicePort(client, "n", "web", 80, std::move(handler));
            };
            heard = "HTTP/1.1 200";
        } else {
            open = [](const auto& client, auto handler) {
                return openNodeShell(client, {"node-1", "img:1"}, {}, std::move(handler));
            };
            heard = "outerr"; // behind what the transport says of its own steps
        }
        WsServer server({m_ca.server(), {}}, serveAll);
        FaultProxy::Options behind;
        behind.targetPort = server.port();
        FaultProxy proxy(behind);
        kube::Network network;
        bool whole = false;
        std::size_t at = 0;
        for (; !whole && at < 40'000; at += 61) {
            proxy.setFault({FaultProxy::Fault::Kind::Cut, at, 1, {}});
            // One of its own: no connection is left over from the last time.
            const auto client = kube::Client::create(network, config(proxy.port()));
            const auto ears = std::make_shared<Ears>();
            const auto session = open(client, ears);
            QTRY_VERIFY2_WITH_TIMEOUT(ears->ends == 1, qPrintable(QString::number(at)), kLongMs);
            QVERIFY(!ears->late());
            const SessionEnd end = ears->end();
            const std::string text = ears->text();
            const auto from = index == -3 ? text.rfind(heard) : 0;
            whole = text.size() >= heard.size() && from != std::string::npos && text.substr(from) == heard &&
                    end.kind != SessionEnd::Kind::Failed;
            QVERIFY2(whole || end.kind == SessionEnd::Kind::Failed, qPrintable(QString::number(at)));
            QVERIFY(end.kind != SessionEnd::Kind::Failed || !end.error.text.empty());
            if (index != -3)
                QVERIFY2(heard.compare(0, text.size(), text) == 0, text.c_str());
        }
        QVERIFY2(whole, "it never came whole");
        QVERIFY(at > 1000); // it was cut often before it did
    }

    // The end of a program that nobody announced, with its last words.
    void aProgramThatIsKilledInTheMiddle()
    {
        const auto ears = std::make_shared<Ears>();
        auto session = openProcess({{"sh", "-c", "printf 'half a li'; kill -9 $$"}, {}, true}, {}, ears);
        QVERIFY(session);
        QTRY_VERIFY_WITH_TIMEOUT(ears->ends == 1, kLongMs);
        QCOMPARE(ears->text(), std::string("half a li"));
        QVERIFY(ears->end().kind == SessionEnd::Kind::Exited);
        QCOMPARE(ears->end().exitCode, 128 + 9);
    }
};

QTEST_GUILESS_MAIN(TestCuts)
#include "test_cuts.moc"
