// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"

#include <QFile>
#include <QRegularExpression>
#include <QSslSocket>
#include <QtTest>

using namespace strata::demosite;

namespace {

// A WebSocket client as small as it gets (RFC 6455), on TLS.
class Client {
public:
    // The status line; empty when there is none in time.
    QByteArray open(quint16 port, const QByteArray& path, const QByteArray& token, const QByteArray& protocol)
    {
        m_socket.setPeerVerifyMode(QSslSocket::VerifyNone);
        m_socket.connectToHostEncrypted(QStringLiteral("127.0.0.1"), port);
        if (!m_socket.waitForEncrypted(10000))
            return {};
        QByteArray request = "GET " + path +
                             " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                             "Authorization: Bearer " +
                             token + "\r\n";
        if (!protocol.isEmpty())
            request += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
        m_socket.write(request + "\r\n");
        while (!m_in.contains("\r\n\r\n")) {
            if (!m_socket.waitForReadyRead(10000))
                return {};
            m_in += m_socket.readAll();
        }
        const qsizetype end = m_in.indexOf("\r\n\r\n");
        m_head = m_in.left(end);
        m_in.remove(0, end + 4);
        return m_head.left(m_head.indexOf("\r\n"));
    }
    const QByteArray& head() const { return m_head; }
    QByteArray body() // of an answer that is no upgrade
    {
        static const QRegularExpression length(QStringLiteral("Content-Length: (\\d+)"));
        const int size = length.match(QString::fromLatin1(m_head)).captured(1).toInt();
        while (m_in.size() < size && m_socket.waitForReadyRead(5000))
            m_in += m_socket.readAll();
        return m_in.left(size);
    }
    void send(const QByteArray& bytes)
    {
        QByteArray frame("\x82", 1);                     // the whole message, binary
        frame += static_cast<char>(0x80 | bytes.size()); // masked, short
        const QByteArray mask("\x11\x22\x33\x44", 4);
        frame += mask;
        for (qsizetype i = 0; i < bytes.size(); ++i)
            frame += static_cast<char>(bytes[i] ^ mask[i % 4]);
        m_socket.write(frame);
        m_socket.flush();
    }
    // What binary messages brought so far.
    const QByteArray& received()
    {
        m_socket.waitForReadyRead(20);
        m_in += m_socket.readAll();
        while (m_in.size() >= 2) {
            const auto kind = static_cast<unsigned char>(m_in[0]) & 0x0FU;
            quint64 size = static_cast<unsigned char>(m_in[1]) & 0x7FU;
            qsizetype at = 2;
            if (size >= 126) {
                const qsizetype count = size == 126 ? 2 : 8;
                if (m_in.size() < 2 + count)
                    break;
                size = 0;
                for (qsizetype i = 0; i < count; ++i)
                    size = size << 8U | static_cast<unsigned char>(m_in[2 + i]);
                at += count;
            }
            if (m_in.size() < at + static_cast<qsizetype>(size))
                break;
            if (kind <= 2)
                m_data += m_in.mid(at, static_cast<qsizetype>(size));
            m_closed = m_closed || kind == 8;
            m_in.remove(0, at + static_cast<qsizetype>(size));
        }
        return m_data;
    }
    bool closed()
    {
        (void)received();
        return m_closed;
    }

private:
    QSslSocket m_socket;
    QByteArray m_head;
    QByteArray m_in;
    QByteArray m_data;
    bool m_closed = false;
};

QByteArray bearer(const DemoSite& site, const std::string& who)
{
    for (const DemoSite::Login& login : site.logins()) {
        if (login.name != who)
            continue;
        QFile file(QString::fromStdString(login.kubeconfigPath));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        static const QRegularExpression token(QStringLiteral("token: (\\S+)"));
        return token.match(QString::fromUtf8(file.readAll())).captured(1).toLatin1();
    }
    return {};
}

} // namespace

// Upgraded connections over the wire, with no client of ours on the other side.
class TestUpgrade : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<DemoSite> m_site;
    quint16 m_port = 0;
    QByteArray m_token;
    static QByteArray guest(const char* rest)
    {
        return QByteArray("/apis/subresources.kubevirt.io/v1/namespaces/blue/virtualmachineinstances/") +
               rest;
    }

private Q_SLOTS:
    void initTestCase()
    {
        Options options;
        options.life = false;
        auto site = DemoSite::start(options);
        QVERIFY(site.has_value());
        m_site = std::move(*site);
        m_port = QString::fromStdString(m_site->outerServer()).section(QLatin1Char(':'), -1).toUShort();
        m_token = bearer(*m_site, "tenant"); // who owns "blue"
        QVERIFY(!m_token.isEmpty());
    }

    void consoleIsOneClientsAtATime()
    {
        Client first;
        QCOMPARE(first.open(m_port, guest("blue-cp-x7k2p/console"), m_token, "plain.kubevirt.io"),
                 QByteArray("HTTP/1.1 101 Switching Protocols"));
        QVERIFY2(first.head().contains("Sec-WebSocket-Protocol: plain.kubevirt.io"),
                 first.head().constData());
        // The accept key of the specification's example.
        QVERIFY(first.head().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        QTRY_VERIFY_WITH_TIMEOUT(first.received().contains("blue-cp-x7k2p login: "), 10000);
        first.send("root\r");
        QTRY_VERIFY_WITH_TIMEOUT(first.received().endsWith("Password: "), 10000);
        first.send("x\r");
        QTRY_VERIFY_WITH_TIMEOUT(first.received().contains("root@blue-cp-x7k2p:/# "), 10000);
        first.send("echo $((hello\r");
        QTRY_VERIFY_WITH_TIMEOUT(first.received().count("root@blue-cp-x7k2p:/# ") == 2, 10000);
        Client second;
        QVERIFY(second.open(m_port, guest("blue-cp-x7k2p/console"), m_token, "plain.kubevirt.io")
                    .contains("101"));
        QTRY_VERIFY_WITH_TIMEOUT(first.closed(), 10000);
        QTRY_VERIFY_WITH_TIMEOUT(second.received().contains("login: "), 10000);
    }

    void screenIsDrawn()
    {
        Client client;
        QVERIFY(
            client.open(m_port, guest("blue-cp-x7k2p/vnc"), m_token, "plain.kubevirt.io").contains("101"));
        QTRY_COMPARE_WITH_TIMEOUT(client.received(), QByteArray("RFB 003.008\n"), 10000);
        client.send("RFB 003.008\n");
        QTRY_VERIFY_WITH_TIMEOUT(client.received().size() == 12 + 2, 10000);
        client.send("\1");
        QTRY_VERIFY_WITH_TIMEOUT(client.received().size() == 12 + 2 + 4, 10000);
        client.send("\1");
        constexpr qsizetype greeting = 12 + 2 + 4 + 24 + 4;
        QTRY_VERIFY_WITH_TIMEOUT(client.received().size() == greeting, 10000);
        client.send(QByteArray("\3\0\0\0\0\0\2\x80\1\x90", 10)); // all of 640 by 400
        constexpr qsizetype whole = 4 + 25 * (12 + 640 * 16 * 4);
        QTRY_VERIFY_WITH_TIMEOUT(client.received().size() == greeting + whole, 10000);
        // The cursor blinks: an incremental request is answered before long.
        client.send(QByteArray("\3\1\0\0\0\0\2\x80\1\x90", 10));
        QTRY_VERIFY_WITH_TIMEOUT(client.received().size() == greeting + whole + 4 + 12 + 640 * 16 * 4, 10000);
        Client considerate;
        QVERIFY(
            !considerate
                 .open(m_port, guest("blue-cp-x7k2p/vnc?preserveSession=true"), m_token, "plain.kubevirt.io")
                 .contains("101"));
    }

    void tunnelReachesTheInnerServer()
    {
        Client client;
        QVERIFY2(
            client.open(m_port, guest("blue-cp-x7k2p/portforward/6443/tcp"), m_token, "plain.kubevirt.io")
                .contains("101"),
            client.head().constData());
        client.send("this is no TLS\r\n\r\n");
        // A TLS server says so with an alert; it comes from the tenant's own API server.
        QTRY_VERIFY_WITH_TIMEOUT(client.received().startsWith("\x15\x03") || client.closed(), 10000);
        Client ssh;
        QVERIFY(ssh.open(m_port, guest("blue-cp-x7k2p/portforward/22"), m_token, "plain.kubevirt.io")
                    .contains("101"));
        QTRY_VERIFY_WITH_TIMEOUT(ssh.received().startsWith("SSH-2.0-"), 10000);
        Client closed;
        QVERIFY(closed.open(m_port, guest("blue-cp-x7k2p/portforward/9999"), m_token, "plain.kubevirt.io")
                    .contains("500"));
        QVERIFY(closed.body().contains("connection refused"));
    }

    void strangersGetAnAnswerInsteadOfAnUpgrade()
    {
        Client wrong;
        QVERIFY(wrong.open(m_port, guest("blue-cp-x7k2p/console"), "nonsense", "plain.kubevirt.io")
                    .contains("401"));
        Client missing;
        QVERIFY(missing.open(m_port, guest("nobody/console"), m_token, "plain.kubevirt.io").contains("404"));
        QVERIFY(missing.body().contains("\"reason\":\"NotFound\""));
        Client other;
        const QByteArray path =
            "/apis/subresources.kubevirt.io/v1/namespaces/red/virtualmachineinstances/x/vnc";
        QVERIFY(other.open(m_port, path, m_token, "plain.kubevirt.io").contains("403"));
        Client old;
        QVERIFY(
            old.open(m_port,
                     "/api/v1/namespaces/kube-system/pods/kube-apiserver-outer-1/exec?command=ls&stdout=1",
                     m_token, "v5.channel.k8s.io")
                .contains("403"));
    }
};

QTEST_GUILESS_MAIN(TestUpgrade)
#include "test_upgrade.moc"
