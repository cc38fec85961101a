// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/logbook.h"

#include <QtTest>

using namespace strata::console;

namespace {

std::string texts(const LogBook& book)
{
    std::string out;
    for (const LogLine& line : book.lines())
        out += (out.empty() ? "" : "|") + line.text;
    return out;
}

} // namespace

class TestLogBook : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsTimes()
    {
        QCOMPARE(readLogTime("1970-01-01T00:00:01Z"), 1'000'000'000);
        QCOMPARE(readLogTime("1970-01-01T00:00:00.000000007Z"), 7);
        QCOMPARE(readLogTime("1970-01-01T01:00:00.5+01:00"), 500'000'000);
        QCOMPARE(readLogTime("2026-11-26T07:10:33.123456789Z") % 1'000'000'000, 123'456'789);
        for (const char* wrong : {"", "2026-11-26", "2026-13-26T07:10:33Z", "2026-02-30T07:10:33Z",
                                  "2026-11-26T07:10:33", "2026-11-26T07:10:33Zx", "2026-11-26 07:10:33Z",
                                  "2026-11-26T07:10:33+0100", "not a time but long enough"})
            QCOMPARE(readLogTime(wrong), 0);
    }

    void takesLinesAtAnyCut()
    {
        const std::string stream = "2026-11-26T07:00:01Z one\n2026-11-26T07:00:02Z \x1b[31mtw\x1b[0mo\n"
                                   "2026-11-26T07:00:03Z\n2026-11-26T07:00:04Z last";
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            LogBook book;
            book.addSource("a");
            book.add(0, stream.substr(0, cut));
            book.add(0, stream.substr(cut));
            // A line that is only a time has no text: its time is its text then.
            QCOMPARE(texts(book), std::string("one|two|2026-11-26T07:00:03Z"));
            book.finish(0);
            QCOMPARE(texts(book), std::string("one|two|2026-11-26T07:00:03Z|last"));
        }
    }

    void mergesByTime()
    {
        LogBook book;
        book.addSource("a");
        book.addSource("b");
        book.add(0, "2026-11-26T07:00:01Z a1\n2026-11-26T07:00:03Z a3\n");
        QCOMPARE(book.takeTouched(), book.total());
        book.add(1, "2026-11-26T07:00:02Z b2\n2026-11-26T07:00:04Z b4\n");
        QCOMPARE(texts(book), std::string("a1|b2|a3|b4"));
        QCOMPARE(book.takeTouched(), std::uint64_t(1)); // from the second line on it is another text
        QCOMPARE(book.takeTouched(), book.total());
        QCOMPARE(book.lines()[1].source, std::size_t(1));
    }

    void staysBounded()
    {
        LogBook book({100, 1U << 20U, 64});
        book.addSource("a");
        for (int i = 0; i < 1000; ++i)
            book.add(0, "2026-11-26T07:00:01Z " + std::to_string(i) + "\n");
        QCOMPARE(book.lines().size(), std::size_t(100));
        QCOMPARE(book.lines().front().text, std::string("900"));
        QCOMPARE(book.total(), std::uint64_t(1000));
        QCOMPARE(book.dropped(), std::uint64_t(900));
        // A line without an end is cut, and the next one is whole again.
        book.add(0, "2026-11-26T07:00:02Z ");
        for (int i = 0; i < 1000; ++i)
            book.add(0, std::string(1000, 'x'));
        book.add(0, "\n2026-11-26T07:00:03Z next\n");
        QVERIFY(book.lines()[98].text.size() <= 64);
        QCOMPARE(book.lines()[99].text, std::string("next"));
        LogBook small({1000, 4096, 512});
        small.addSource("a");
        for (int i = 0; i < 100; ++i)
            small.add(0, "2026-11-26T07:00:01Z " + std::string(400, 'y') + "\n");
        QVERIFY(small.lines().size() < 12);
        QVERIFY(!small.lines().empty());
    }

    void goesOnWithoutALineTwice()
    {
        LogBook book;
        book.addSource("a");
        book.add(0, "2026-11-26T07:00:01.1Z one\n2026-11-26T07:00:01.5Z two\n2026-11-26T07:00:01.9Z cut o");
        book.resume(0);
        QCOMPARE(book.newest(0), std::string("2026-11-26T07:00:01.5Z"));
        // The server knows seconds only and says some of it again.
        book.add(0,
                 "2026-11-26T07:00:01.1Z one\n2026-11-26T07:00:01.5Z two\n2026-11-26T07:00:01.9Z cut off\n");
        QCOMPARE(texts(book), std::string("one|two|cut off"));
    }

    void cleansText_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("plain") << QByteArray("plain") << QByteArray("plain");
        QTest::newRow("colour") << QByteArray("\x1b[1;31mred\x1b[m") << QByteArray("red");
        QTest::newRow("title") << QByteArray("\x1b]0;owned\x07rest") << QByteArray("rest");
        QTest::newRow("title, ST") << QByteArray("\x1b]0;owned\x1b\\rest") << QByteArray("rest");
        QTest::newRow("string without an end") << QByteArray("a\x1b]0;owned") << QByteArray("a");
        QTest::newRow("escape at the end") << QByteArray("a\x1b") << QByteArray("a");
        QTest::newRow("carriage return") << QByteArray("a\r") << QByteArray("a");
        QTest::newRow("bidi") << QByteArray("a\xE2\x80\xAE"
                                            "b")
                              << QByteArray("ab");
    }
    void cleansText()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QCOMPARE(QByteArray::fromStdString(cleanLogText(from.toStdString(), 100)), to);
    }
};

QTEST_GUILESS_MAIN(TestLogBook)
#include "test_logbook.moc"
