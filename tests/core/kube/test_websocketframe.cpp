// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/websocketframe.h"

#include <QtTest>

#include <random>

using namespace strata;
using namespace strata::kube;
using ws::Handshake;
using ws::Opcode;
using ws::Reader;

namespace {

// A server's frame: not masked, any header.
std::string frame(unsigned first, const std::string& payload, int lengthBytes = -1, bool masked = false)
{
    std::string out(1, static_cast<char>(first));
    const std::size_t size = payload.size();
    if (lengthBytes < 0)
        lengthBytes = size <= 125 ? 0 : size <= 0xffff ? 2 : 8;
    const unsigned mask = masked ? 0x80U : 0U;
    if (lengthBytes == 0)
        out += static_cast<char>(mask | size);
    else
        out += static_cast<char>(mask | (lengthBytes == 2 ? 126U : 127U));
    for (int i = lengthBytes - 1; i >= 0; --i)
        out += static_cast<char>((static_cast<std::uint64_t>(size) >> static_cast<unsigned>(8 * i)) & 0xffU);
    if (masked)
        out += std::string(4, '\0');
    return out + payload;
}

struct Log {
    std::vector<std::pair<Opcode, std::string>> messages;
    std::function<bool(const Reader::Message&)> taker()
    {
        return [this](const Reader::Message& m) {
            messages.emplace_back(m.opcode, std::string(m.payload));
            return true;
        };
    }
};

// Takes a client's frame apart by the book.
std::string unmask(const std::string& text, unsigned& first)
{
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    first = at(0);
    std::uint64_t size = at(1) & 0x7fU;
    std::size_t start = 2;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extra != 0)
        size = 0;
    for (std::size_t i = 0; i < extra; ++i)
        size = (size << 8U) | at(start++);
    std::string mask = text.substr(start, 4);
    std::string payload = text.substr(start + 4);
    if (payload.size() != size || (at(1) & 0x80U) == 0)
        return "malformed";
    for (std::size_t i = 0; i < payload.size(); ++i)
        payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    return payload;
}

} // namespace

class TestWebSocketFrame : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void encoding()
    {
        const ws::Mask mask{0x37, 0xfa, 0x21, 0x3d};
        // RFC 6455, 5.7: a masked "Hello".
        QCOMPARE(QByteArray::fromStdString(ws::encodeFrame(Opcode::Text, "Hello", mask)).toHex(),
                 QByteArray("818537fa213d7f9f4d5158"));
        for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
            std::string payload(size, 'x');
            for (std::size_t i = 0; i < size; ++i)
                payload[i] = static_cast<char>(i * 7);
            unsigned first = 0;
            const std::string text = ws::encodeFrame(Opcode::Binary, payload, mask);
            QCOMPARE(unmask(text, first), payload);
            QCOMPARE(first, 0x82U);
            const std::size_t head = size <= 125 ? 6 : size <= 65535 ? 8 : 14;
            QCOMPARE(text.size(), size + head);
        }
    }

    void everyCut()
    {
        // Two messages in pieces with control frames between the pieces, and empty ones.
        const std::string stream =
            frame(0x01, "Gr\xc3") + frame(0x89, "are you there") + frame(0x00, "\xbc\xc3") +
            frame(0x80, "\x9f"
                        "e") +
            frame(0x82, std::string(300, 'b')) + frame(0x82, "") + frame(0x02, "") + frame(0x8a, "") +
            frame(0x00, "") + frame(0x80, "z") + frame(0x88, ws::closePayload(1001, "bye"));
        Log whole;
        Reader all;
        QCOMPARE(all.feed(stream, whole.taker()), Reader::Fault::None);
        QCOMPARE(whole.messages.size(), std::size_t(7));
        QCOMPARE(whole.messages[0].second, std::string("are you there"));
        QCOMPARE(whole.messages[1], std::make_pair(Opcode::Text, std::string("Gr\xc3\xbc\xc3\x9f"
                                                                             "e")));
        QCOMPARE(whole.messages[5], std::make_pair(Opcode::Binary, std::string("z")));
        QCOMPARE(whole.messages[6].first, Opcode::Close);
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            Log log;
            Reader reader;
            reader.feed(stream.substr(0, cut), log.taker());
            reader.feed(stream.substr(cut), log.taker());
            QVERIFY2(log.messages == whole.messages, qPrintable(QString::number(cut)));
        }
        Log single;
        Reader bytes;
        for (const char c : stream)
            bytes.feed(std::string_view(&c, 1), single.taker());
        QVERIFY(single.messages == whole.messages);
        QCOMPARE(bytes.kept(), std::size_t(0));
    }

    void faults_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("fault");
        QTest::addColumn<int>("code");
        const auto row = [](const char* name, const std::string& bytes, Reader::Fault fault, int code) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << static_cast<int>(fault) << code;
        };
        row("masked", frame(0x82, "x", 0, true), Reader::Fault::Masked, 1002);
        row("compressed without asking", frame(0xc2, "x"), Reader::Fault::Reserved, 1002);
        row("second reserved bit", frame(0xa2, "x"), Reader::Fault::Reserved, 1002);
        row("third reserved bit", frame(0x92, "x"), Reader::Fault::Reserved, 1002);
        for (const unsigned code : {0x3U, 0x7U, 0xbU, 0xfU})
            row(qPrintable(QStringLiteral("opcode %1").arg(code)), frame(0x80U | code, "x"),
                Reader::Fault::Reserved, 1002);
        row("ping in pieces", frame(0x09, "x"), Reader::Fault::BadControl, 1002);
        row("long ping", frame(0x89, std::string(126, 'x')), Reader::Fault::BadControl, 1002);
        row("continuation of nothing", frame(0x80, "x"), Reader::Fault::BadFragment, 1002);
        row("message in a message", frame(0x01, "x") + frame(0x81, "y"), Reader::Fault::BadFragment, 1002);
        row("16 bits for a small one", frame(0x82, "x", 2), Reader::Fault::BadLength, 1002);
        row("64 bits for a small one", frame(0x82, std::string(300, 'x'), 8), Reader::Fault::BadLength, 1002);
        row("top bit of the length", std::string("\x82\x7f\x80\0\0\0\0\0\0\0", 10), Reader::Fault::BadLength,
            1002);
        row("too large", std::string("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10), Reader::Fault::TooLarge,
            1009);
        row("too large together", frame(0x02, std::string(600, 'x')) + frame(0x00, std::string(600, 'x')),
            Reader::Fault::TooLarge, 1009);
        row("no UTF-8", frame(0x81, "\xc0\x80"), Reader::Fault::NotUtf8, 1007);
        row("half a character", frame(0x81, "\xc3"), Reader::Fault::NotUtf8, 1007);
        row("after the close", frame(0x88, "") + frame(0x82, "x"), Reader::Fault::AfterTheClose, 1002);
    }
    void faults()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, fault);
        QFETCH(int, code);
        const std::string stream = bytes.toStdString();
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            Log log;
            Reader reader(1000);
            reader.feed(stream.substr(0, cut), log.taker());
            reader.feed(stream.substr(cut), log.taker());
            QCOMPARE(static_cast<int>(reader.fault()), fault);
            // It stays at it: nothing that follows is read.
            const std::size_t before = log.messages.size();
            QCOMPARE(static_cast<int>(reader.feed(frame(0x82, "later"), log.taker())), fault);
            QCOMPARE(log.messages.size(), before);
        }
        QCOMPARE(static_cast<int>(ws::closeCodeOf(static_cast<Reader::Fault>(fault))), code);
        QVERIFY(*ws::wordsOf(static_cast<Reader::Fault>(fault)) != '\0');
    }

    void atTheLimit()
    {
        Log log;
        Reader reader(1000);
        QCOMPARE(
            reader.feed(frame(0x02, std::string(600, 'x')) + frame(0x80, std::string(400, 'x')), log.taker()),
            Reader::Fault::None);
        QCOMPARE(log.messages.size(), std::size_t(1));
        QCOMPARE(log.messages[0].second.size(), std::size_t(1000));
    }

    void stopsWhenTold()
    {
        int calls = 0;
        Reader reader;
        reader.feed(frame(0x82, "a") + frame(0x82, "b"), [&](const Reader::Message&) { return ++calls > 1; });
        QCOMPARE(calls, 1);
    }

    // Whatever comes, no more is kept than the limit and a control frame.
    void noise()
    {
        std::mt19937 random(7);
        for (int round = 0; round < 300; ++round) {
            Reader reader(64);
            std::size_t most = 0;
            for (int piece = 0; piece < 20; ++piece) {
                std::string bytes(random() % 40, '\0');
                for (char& c : bytes)
                    c = static_cast<char>(random() % 3 == 0 ? 0x82 : random() % 100);
                reader.feed(bytes, [&](const Reader::Message& m) {
                    most = std::max(most, m.payload.size());
                    return true;
                });
                QVERIFY(reader.kept() <= 64 + ws::kMaxControl);
            }
            QVERIFY(most <= std::max<std::size_t>(64, ws::kMaxControl));
        }
    }

    void closeFrames()
    {
        QCOMPARE(ws::parseClose("")->code, std::uint16_t(1005));
        QVERIFY(!ws::parseClose("\x03"));
        for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
            QVERIFY2(!ws::parseClose(ws::closePayload(static_cast<std::uint16_t>(code), "")),
                     qPrintable(QString::number(code)));
        for (const int code : {1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999}) {
            const auto close = ws::parseClose(ws::closePayload(static_cast<std::uint16_t>(code), "why"));
            QVERIFY2(close && close->code == code && close->reason == "why",
                     qPrintable(QString::number(code)));
        }
        QVERIFY(!ws::parseClose(ws::closePayload(1000, "\xff")));
        // Cut between characters, not inside one.
        std::string reason;
        for (int i = 0; i < 100; ++i)
            reason += "\xc3\xa4";
        const std::string payload = ws::closePayload(1000, reason);
        QVERIFY(payload.size() <= ws::kMaxControl);
        QVERIFY(ws::parseClose(payload));
    }

    void utf8()
    {
        for (const char* good : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
            QVERIFY2(ws::isUtf8(good), QByteArray(good).toHex().constData());
        for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80",
                                "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe1\x80",
                                "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xfe"})
            QVERIFY2(!ws::isUtf8(bad), QByteArray(bad).toHex().constData());
    }

    void handshake()
    {
        // RFC 6455, 1.3.
        QCOMPARE(ws::acceptOf("dGhlIHNhbXBsZSBub25jZQ=="), std::string("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
        const std::string answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\n"
            "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        const std::string all = answer + "\x82\x01x";
        for (std::size_t cut = 0; cut <= all.size(); ++cut) {
            Handshake h;
            std::size_t used = h.feed(std::string_view(all).substr(0, cut));
            if (used == cut)
                used += h.feed(std::string_view(all).substr(cut));
            QCOMPARE(static_cast<int>(h.state()), static_cast<int>(Handshake::State::Open));
            QCOMPARE(used, answer.size()); // the first frame is not eaten
            QCOMPARE(h.check(key, {"v5.channel.k8s.io", "v4.channel.k8s.io"}), std::string());
            QCOMPARE(h.protocol(), std::string("v5.channel.k8s.io"));
            QVERIFY(!h.check(key, {"v4.channel.k8s.io"}).empty());
            QVERIFY(!h.check(key, {}).empty());
            QVERIFY(!h.check("another", {"v5.channel.k8s.io"}).empty());
        }
        const auto wrong = [&](const std::string& headers) {
            Handshake h;
            h.feed("HTTP/1.1 101 X\r\n" + headers + "\r\n");
            return h.state() == Handshake::State::Open && !h.check(key, {}).empty();
        };
        const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
        QVERIFY(!wrong("Upgrade: websocket\r\nConnection: Upgrade\r\n" + accept));
        QVERIFY(wrong("Connection: Upgrade\r\n" + accept));
        QVERIFY(wrong("Upgrade: websocket\r\n" + accept));
        QVERIFY(wrong("Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\n" + accept));
        QVERIFY(wrong("Upgrade: websocket\r\nConnection: Upgrade\r\n"));
        QVERIFY(wrong(
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
            accept));
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::newRow("length") << QByteArray("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody");
        QTest::newRow("chunks") << QByteArray("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: "
                                              "chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n");
        QTest::newRow("to the end") << QByteArray("HTTP/1.0 403 Forbidden\r\n\r\nbody");
    }
    void refusals()
    {
        QFETCH(QByteArray, answer);
        const std::string text = answer.toStdString();
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Handshake h;
            h.feed(std::string_view(text).substr(0, cut));
            h.feed(std::string_view(text).substr(cut));
            h.end();
            QCOMPARE(static_cast<int>(h.state()), static_cast<int>(Handshake::State::Refused));
            QCOMPARE(h.status(), 403);
            QCOMPARE(h.body(), std::string("body"));
        }
    }

    void brokenAnswers()
    {
        for (const std::string text :
             {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/2 101\r\n\r\n", "\r\n\r\n"}) {
            Handshake h;
            h.feed(text);
            QVERIFY2(h.state() == Handshake::State::Broken, text.c_str());
        }
        Handshake endless;
        endless.feed("HTTP/1.1 101 X\r\n");
        const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
        for (int i = 0; i < 100; ++i)
            endless.feed(header);
        QVERIFY(endless.state() == Handshake::State::Broken);
        Handshake flood;
        flood.feed("HTTP/1.1 500 X\r\nContent-Length: 99999999999\r\n\r\n");
        for (int i = 0; i < 100; ++i)
            flood.feed(std::string(1000, 'x'));
        QVERIFY(flood.state() == Handshake::State::Refused);
        QVERIFY(flood.body().size() <= 65536);
        Handshake half;
        half.feed("HTTP/1.1 101 Switch");
        half.end();
        QVERIFY(half.state() == Handshake::State::Broken);
    }
};

QTEST_GUILESS_MAIN(TestWebSocketFrame)
#include "test_websocketframe.moc"
