// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/rfbgate.h"

#include <QtTest>

using namespace strata::console;

namespace {

std::string be16(unsigned v)
{
    return {char(v >> 8U), char(v)};
}
std::string be32(unsigned v)
{
    return be16(v >> 16U) + be16(v & 0xFFFFU);
}
std::string init(unsigned width, unsigned height, const std::string& name = "demo")
{
    return be16(width) + be16(height) + std::string(16, '\1') + be32(static_cast<unsigned>(name.size())) +
           name;
}
const std::string kVersion = "RFB 003.008\n";
const std::string kOpen = kVersion + "\1\1" + be32(0);

std::string rectangle(unsigned x, unsigned y, unsigned w, unsigned h, int encoding, const std::string& data)
{
    return be16(x) + be16(y) + be16(w) + be16(h) + be32(static_cast<unsigned>(encoding)) + data;
}
std::string update(const std::vector<std::string>& rectangles)
{
    std::string out = std::string("\0\0", 2) + be16(static_cast<unsigned>(rectangles.size()));
    for (const std::string& each : rectangles)
        out += each;
    return out;
}
std::string clipboard(unsigned length, const std::string& text)
{
    return std::string("\3\0\0\0", 4) + be32(length) + text;
}

struct Passed {
    bool open = true;
    std::string bytes;
    std::string words;
};
Passed pass(const std::string& bytes)
{
    RfbGate gate;
    Passed out;
    out.open = gate.pass(bytes, out.bytes);
    out.words = gate.words();
    return out;
}

} // namespace

class TestRfbGate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // All that was asked for goes on as it came, wherever it is cut.
    void whatWasAskedForGoesThrough()
    {
        const std::string stream =
            kOpen + init(64, 32) +
            update({rectangle(1, 2, 3, 2, 0, std::string(24, 'r')),
                    rectangle(0, 0, 4, 4, 1, be16(60) + be16(28)),
                    rectangle(0, 0, 64, 32, 16, be32(5) + "zlibs"),
                    rectangle(1, 1, 9, 2, -239, std::string(72, 'c') + "mask"),
                    rectangle(0, 0, 9, 2, -240, std::string(6, 'c') + std::string(8, 'm')),
                    rectangle(0, 0, 0, 0, -239, {}), rectangle(0, 0, 100, 50, -223, {}),
                    rectangle(1, 4, 100, 50, -308, std::string("\1\0\0\0", 4) + std::string(16, 's')),
                    rectangle(99, 49, 1, 1, 0, "last")}) +
            "\2" + update({}) + clipboard(2, "hi") + "\2";
        const Passed whole = pass(stream);
        QVERIFY2(whole.open, whole.words.c_str());
        QVERIFY(whole.bytes == stream);
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            RfbGate gate;
            std::string out;
            QVERIFY(gate.pass(stream.substr(0, cut), out));
            QVERIFY(gate.pass(stream.substr(cut), out));
            QVERIFY2(out == stream, qPrintable(QString::number(cut)));
        }
    }

    void versionsAndWaysIn_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("passed");
        const auto row = [](const char* name, const std::string& bytes, const std::string& passed) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray::fromStdString(passed);
        };
        row("3.8, one of several", kVersion + std::string("\4\2\1\x13\x10", 5) + be32(0) + init(8, 8),
            kVersion + "\1\1" + be32(0) + init(8, 8));
        row("3.7 has no result", "RFB 003.007\n\1\1" + init(8, 8), "RFB 003.007\n\1\1" + init(8, 8));
        row("3.3 decides itself", "RFB 003.003\n" + be32(1) + init(8, 8),
            "RFB 003.003\n" + be32(1) + init(8, 8));
        row("3.5 is 3.3", "RFB 003.005\n" + be32(1) + init(8, 8), "RFB 003.003\n" + be32(1) + init(8, 8));
        row("later ones are 3.8", "RFB 004.001\n\1\1" + be32(0) + init(8, 8), kOpen + init(8, 8));
        row("Apple's is 3.8", "RFB 003.889\n\1\1" + be32(0) + init(8, 8), kOpen + init(8, 8));
    }
    void versionsAndWaysIn()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, passed);
        const Passed got = pass(bytes.toStdString());
        QVERIFY2(got.open, got.words.c_str());
        QCOMPARE(QByteArray::fromStdString(got.bytes).toHex(' '), passed.toHex(' '));
    }

    void whatWasNotIsRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("words");
        const auto row = [](const char* name, const std::string& bytes, const char* words) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(words);
        };
        const std::string hello = kOpen + init(64, 32);
        row("no RFB", "HTTP/1.1 400 Bad Request\r\n", "does not speak RFB");
        row("version 2", "RFB 002.002\n", "does not speak RFB");
        row("a version of letters", "RFB 003.00x\n", "does not speak RFB");
        row("a password", kVersion + "\1\2", "asks for a password");
        row("a password in 3.3", "RFB 003.003\n" + be32(2), "asks for a password");
        row("nothing that is spoken", kVersion + "\2\x13\x63", "no security type that is spoken: 19 99");
        row("an unknown type in 3.3", "RFB 003.003\n" + be32(17), "security type 17");
        row("a reason", kVersion + std::string(1, '\0') + be32(9) + "too many!", "too many!");
        row("a reason after it was chosen", kVersion + "\1\1" + be32(1) + be32(4) + "busy", "busy");
        row("a long reason", kVersion + std::string(1, '\0') + be32(0xFFFFFFFF) + std::string(600, 'r'),
            "rrr");
        row("no reason", kVersion + std::string(1, '\0') + be32(0), "without a reason");
        row("too large", kOpen + init(16384, 4097), "16384 x 4097");
        row("no area", kOpen + init(0, 4097), "0 x 4097");
        row("a name without end", kOpen + init(8, 8).substr(0, 20) + be32(0xFFFFFFF0), "4294967280");
        row("beyond the edge", hello + update({rectangle(61, 0, 4, 1, 0, {})}), "outside");
        row("copied from beyond", hello + update({rectangle(0, 0, 4, 1, 1, be16(61) + be16(0))}), "outside");
        row("beyond the edge, packed", hello + update({rectangle(0, 31, 1, 2, 16, be32(1))}), "outside");
        row("more than it can hold", hello + update({rectangle(0, 0, 2, 2, 16, be32(70'000))}),
            "70000 bytes");
        row("a size that is too large", hello + update({rectangle(0, 0, 60000, 60000, -223, {})}),
            "60000 x 60000");
        row("beyond a screen that shrank",
            hello + update({rectangle(0, 0, 8, 8, -223, {}), rectangle(0, 0, 9, 1, 0, {})}), "outside");
        row("a pointer that is too large", hello + update({rectangle(0, 0, 1024, 1, -239, {})}),
            "pointer of 1024 x 1");
        row("colours of a palette", hello + std::string("\1\0\0\0\0\1", 6), "message 1");
        row("a text chat", hello + "\x0b", "message 11");
        row("an extended clipboard", hello + clipboard(0xFFFFFFF0, {}), "extended clipboard");
        for (const int encoding : {2, 4, 5, 6, 7, 8, 9, 10, 15, 17, -224, -232, -258, -261, -308, -312, -313})
            row(qPrintable(QStringLiteral("encoding %1").arg(encoding)),
                hello + update({rectangle(0, 0, 8, 8, encoding, std::string(64, 'x'))}), "not asked for");
    }
    void whatWasNotIsRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, words);
        const Passed got = pass(bytes.toStdString());
        QVERIFY(!got.open);
        QVERIFY2(QByteArray::fromStdString(got.words).contains(words), got.words.c_str());
        QVERIFY(got.words.size() <= 512);
        // Once it is over, it stays over.
        RfbGate gate;
        std::string out;
        QVERIFY(!gate.pass(bytes.toStdString(), out));
        const std::size_t size = out.size();
        QVERIFY(!gate.pass("\2\2\2", out));
        QCOMPARE(out.size(), size);
    }

    // A clipboard that is too long is left out as it comes; what follows is understood.
    void aLongClipboardIsLeftOut()
    {
        const std::string hello = kOpen + init(64, 32);
        const unsigned length = RfbGate::kMostClipboard + 1;
        const Passed got =
            pass(hello + clipboard(length, std::string(length, 'x')) + "\2" + clipboard(2, "hi"));
        QVERIFY(got.open);
        QVERIFY(got.bytes == hello + "\2" + clipboard(2, "hi"));
        RfbGate gate;
        std::string out;
        QVERIFY(gate.pass(hello + clipboard(0x7FFFFFFF, {}), out)); // two gigabytes, piece by piece
        const std::size_t size = out.size();
        for (int i = 0; i < 100; ++i)
            QVERIFY(gate.pass(std::string(1U << 20U, 'x'), out));
        QCOMPARE(out.size(), size);
    }
};

QTEST_GUILESS_MAIN(TestRfbGate)
#include "test_rfbgate.moc"
