// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/channel.h"

#include <QtTest>

using namespace strata::console;

class TestChannel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ours();
    void theirs();
    void exits_data();
    void exits();
};

void TestChannel::ours()
{
    QCOMPARE(stdinMessage("ls\r"), std::string("\0ls\r", 4));
    QCOMPARE(resizeMessage(120, 40), std::string("\4{\"Width\":120,\"Height\":40}"));
    QCOMPARE(closeStdinMessage(), std::string("\xff\0", 2));
}

void TestChannel::theirs()
{
    const auto out = readMessage(std::string_view("\1abc", 4));
    QVERIFY(out && out->channel == Channel::Stdout && out->data == "abc");
    QVERIFY(readMessage(std::string_view("\1", 1))->data.empty());
    QCOMPARE(readMessage(std::string_view("\2x", 2))->channel, Channel::Stderr);
    QCOMPARE(readMessage(std::string_view("\3{}", 3))->channel, Channel::Error);
    QCOMPARE(readMessage(std::string_view("\xff\1", 2))->channel, Channel::Close);
    QVERIFY(!readMessage({}));
    for (const char* other : {"\5x", "\7x", "\x80x", "\4x"})
        QVERIFY(!readMessage(other));
    QVERIFY(!readMessage(std::string_view("\0", 1)));
}

void TestChannel::exits_data()
{
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("reason");
    QTest::newRow("success") << QByteArray(R"({"metadata":{},"status":"Success"})") << 0 << QString();
    QTest::newRow("code")
        << QByteArray(
               R"({"status":"Failure","message":"command terminated with non-zero exit code","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"137"}]}})")
        << 137 << QString();
    QTest::newRow("not started")
        << QByteArray(R"({"status":"Failure","reason":"InternalError","message":"no such file: \u0007sh"})")
        << -1 << QStringLiteral("no such file:  sh");
    QTest::newRow("code that is none")
        << QByteArray(
               R"({"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"13x"}]}})")
        << -1 << QString();
    QTest::newRow("causes that are none")
        << QByteArray(R"({"status":"Failure","reason":"NonZeroExitCode","details":[7]})") << -1 << QString();
    QTest::newRow("words") << QByteArray("error executing command") << -1
                           << QStringLiteral("error executing command");
    QTest::newRow("deep") << QByteArray(40'000, '[') << -1
                          << QString::fromLatin1(QByteArray(509, '[')) + QChar(0x2026);
    QTest::newRow("too long") << QByteArray(1 << 20, 'x') << -1 << QString();
}

void TestChannel::exits()
{
    QFETCH(QByteArray, status);
    QFETCH(int, code);
    QFETCH(QString, reason);
    const ExitStatus exit = readExitStatus({status.constData(), std::size_t(status.size())});
    QCOMPARE(exit.code, code);
    QCOMPARE(QString::fromStdString(exit.reason), reason);
}

QTEST_GUILESS_MAIN(TestChannel)
#include "test_channel.moc"
