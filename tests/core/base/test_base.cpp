// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/backoff.h"
#include "core/base/nametable.h"
#include "core/base/quantity.h"
#include "core/base/sharedtext.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/base/translate.h"

#include <QtTest>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace strata;

class TestBase : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void quantities_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("valid");
        QTest::addColumn<qint64>("milli");
        QTest::newRow("whole") << QByteArray("2") << true << qint64(2000);
        QTest::newRow("milli") << QByteArray("250m") << true << qint64(250);
        QTest::newRow("fraction") << QByteArray("0.1") << true << qint64(100);
        QTest::newRow("nano rounds up") << QByteArray("12345678n") << true << qint64(13);
        QTest::newRow("binary") << QByteArray("1Ki") << true << qint64(1024000);
        QTest::newRow("decimal") << QByteArray("1k") << true << qint64(1000000);
        QTest::newRow("exponent") << QByteArray("1e3") << true << qint64(1000000);
        QTest::newRow("exa is not an exponent")
            << QByteArray("0.001E") << true << qint64(1000000000000000000);
        QTest::newRow("negative") << QByteArray("-1") << true << qint64(-1000);
        QTest::newRow("empty") << QByteArray("") << false << qint64(0);
        QTest::newRow("words") << QByteArray("lots") << false << qint64(0);
        QTest::newRow("unknown suffix") << QByteArray("1Kib") << false << qint64(0);
        QTest::newRow("too large") << QByteArray("99999999999E") << false << qint64(0);
        QTest::newRow("hostile length") << QByteArray(10000, '9') << false << qint64(0);
    }
    void quantities()
    {
        QFETCH(QByteArray, text);
        QFETCH(bool, valid);
        QFETCH(qint64, milli);
        const auto value = parseQuantityMilli(text.toStdString());
        QCOMPARE(value.has_value(), valid);
        if (value)
            QCOMPARE(qint64(*value), milli);
    }

    void sharedTexts()
    {
        const SharedText nothing;
        QVERIFY(nothing.empty() && nothing.size() == 0 && *nothing.c_str() == '\0');
        QVERIFY(nothing == SharedText("") && nothing.isSameMemory(SharedText("")));
        SharedText text(std::string("a name"));
        SharedText copy = text;
        QVERIFY(copy.isSameMemory(text));
        copy = "another";
        QCOMPARE(text.string(), std::string("a name"));
        QCOMPARE(copy + " one", std::string("another one"));
        QCOMPARE("not " + copy, std::string("not another"));
        QVERIFY(text < copy && text != copy && copy == std::string("another"));
        const SharedText before = text;
        text = std::string("a name"); // says the same: keeps its memory
        QVERIFY(text.isSameMemory(before));
        copy = std::move(text);
        QVERIFY(copy.isSameMemory(before));
        QCOMPARE(std::string_view(copy.c_str()), std::string_view("a name"));
        copy.clear();
        QVERIFY(copy.empty());

        const SharedText word = SharedText::common("Running");
        QVERIFY(SharedText::common(std::string("Running")).isSameMemory(word));
        const std::string sentence(1000, 'x');
        QVERIFY(SharedText::common(sentence) == sentence);
        // What is forgotten is made anew, and never another text.
        for (int i = 0; i < 50'000; ++i)
            QVERIFY(SharedText::common(std::to_string(i)) == std::to_string(i));
    }

    // Copies come and go on several threads (the thread sanitizer looks at this, too).
    void sharedTextsOnThreads()
    {
        const SharedText text("held by many");
        std::vector<std::thread> threads;
        std::atomic<int> wrong = 0;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, own = text]() mutable {
                for (int round = 0; round < 20'000; ++round) {
                    SharedText copy = own;
                    own = SharedText("mine");
                    own = copy;
                    wrong += own == "held by many" ? 0 : 1;
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(text.string(), std::string("held by many"));
    }

    void shownQuantities()
    {
        QCOMPARE(formatBytes(549755813888), std::string("512 GiB"));
        QCOMPARE(formatBytes(1610612736), std::string("1.5 GiB"));
        QCOMPARE(formatCpu(64000), std::string("64"));
        QCOMPARE(formatCpu(250), std::string("0.25"));
    }

    void cleaning_data()
    {
        QTest::addColumn<QByteArray>("in");
        QTest::addColumn<QByteArray>("out");
        QTest::newRow("plain") << QByteArray("inner-wkr-2") << QByteArray("inner-wkr-2");
        QTest::newRow("control") << QByteArray("a\x1b[31mb\nc") << QByteArray("a [31mb c");
        QTest::newRow("bidi override") << QByteArray("a\xE2\x80\xAE"
                                                     "b")
                                       << QByteArray("ab");
        QTest::newRow("zero width") << QByteArray("a\xE2\x80\x8B"
                                                  "b")
                                    << QByteArray("ab");
        QTest::newRow("broken utf-8") << QByteArray("a\xFF"
                                                    "b")
                                      << QByteArray("a\xEF\xBF\xBD"
                                                    "b");
        QTest::newRow("html stays text") << QByteArray("<b>x</b>") << QByteArray("<b>x</b>");
        QTest::newRow("C1") << QByteArray("a\xC2\x9B"
                                          "b")
                            << QByteArray("a b");
    }
    void cleaning()
    {
        QFETCH(QByteArray, in);
        QFETCH(QByteArray, out);
        const std::string cleaned = cleanText(in.toStdString());
        QCOMPARE(QByteArray::fromStdString(cleaned), out);
        QVERIFY(isCleanText(cleaned));
        QCOMPARE(isCleanText(in.toStdString()), in == out);
    }

    void cleaningCutsAtACharacter()
    {
        std::string euros;
        for (int i = 0; i < 1000; ++i)
            euros += "\xE2\x82\xAC";
        const std::string cut = cleanText(euros);
        QVERIFY(cut.size() <= kMaxShownText);
        QVERIFY(isCleanText(cut));
        QVERIFY(QString::fromStdString(cut).endsWith(QChar(0x2026)));
    }

    void base64()
    {
        for (int length = 0; length < 50; ++length) {
            const QByteArray bytes(length, char(200 + length));
            const std::string text = base64Encode(bytes.toStdString());
            QCOMPARE(QByteArray::fromStdString(text), bytes.toBase64());
            std::string back;
            QVERIFY(base64Decode(text, back));
            QCOMPARE(QByteArray::fromStdString(back), bytes);
        }
        std::string out;
        QVERIFY(!base64Decode("a", out));
        QVERIFY(!base64Decode("ab%=", out));
        QVERIFY(!base64Decode("ab=c", out));
    }

    void times()
    {
        QCOMPARE(qint64(parseRfc3339("1970-01-02T00:00:01Z").value()), qint64(86401000));
        QCOMPARE(qint64(parseRfc3339("2026-11-24T10:00:00.123456+02:00").value()),
                 qint64(parseRfc3339("2026-11-24T08:00:00.123Z").value()));
        QCOMPARE(formatRfc3339(parseRfc3339("2026-02-28T23:59:59Z").value()),
                 std::string("2026-02-28T23:59:59Z"));
        QVERIFY(!parseRfc3339("2026-02-30T00:00:00Z"));
        QVERIFY(!parseRfc3339("yesterday"));
        QVERIFY(!parseRfc3339("2026-11-24T10:00:00Zjunk"));
        QCOMPARE(formatAge(119000), std::string("119s"));
        QCOMPARE(formatAge(4 * 60000), std::string("4m"));
        QCOMPARE(formatAge(245000), std::string("4m5s"));
        QCOMPARE(formatAge(-5), std::string("0s"));
    }

    // The distribution matters, not only the presence: a jitter that is always 0 has been shipped by others.
    void backoffDoublesToItsCapWithJitter()
    {
        Backoff low(Backoff::Ms{800}, Backoff::Ms{30000}, [] { return 0.0; });
        QCOMPARE(low.next().count(), 800);
        QCOMPARE(low.next().count(), 1600);
        for (int i = 0; i < 10; ++i)
            low.next();
        QCOMPARE(low.next().count(), 30000);
        low.healthyFor(std::chrono::seconds{119});
        QCOMPARE(low.next().count(), 30000);
        low.healthyFor(std::chrono::seconds{120});
        QCOMPARE(low.next().count(), 800);

        Backoff many(Backoff::Ms{1000}, Backoff::Ms{1000});
        double sum = 0;
        for (int i = 0; i < 2000; ++i) {
            const auto wait = double(many.next().count());
            QVERIFY(wait >= 1000 && wait < 2000);
            sum += wait;
        }
        const double mean = sum / 2000;
        QVERIFY2(mean > 1450 && mean < 1550, qPrintable(QString::number(mean)));
    }

    // Most text is looked at eight bytes at a time: a byte that must not pass is found wherever it is.
    void everyByteEverywhere()
    {
        for (int byte = 0; byte < 256; ++byte) {
            for (std::size_t length : {1U, 7U, 8U, 9U, 16U, 23U}) {
                for (std::size_t at = 0; at < length; ++at) {
                    std::string text(length, '~');
                    text[at] = static_cast<char>(byte);
                    const bool plain = byte >= 0x20 && byte < 0x7F;
                    QCOMPARE(isCleanText(text), plain);
                    QCOMPARE(cleanText(text) == text, plain);
                    if (byte < 0x20 || byte == 0x7F) {
                        std::string blank(length, '~');
                        blank[at] = ' ';
                        QCOMPARE(cleanText(text), blank);
                    }
                }
            }
        }
        QCOMPARE(cleanText("12345678", 8), std::string("12345678"));
        QCOMPARE(cleanText("123456789", 8), std::string("12345…"));
    }

    // Against a map of the standard library, with the same random steps.
    void nameTable()
    {
        std::mt19937 random(7);
        NameTable<std::unique_ptr<int>> table;
        std::map<std::string, int> wanted;
        const auto same = [&] {
            std::map<std::string, int> found;
            table.each([&](std::string_view name, const std::unique_ptr<int>& value) {
                found.emplace(name, *value);
            });
            return found == wanted && table.size() == wanted.size() && table.empty() == wanted.empty();
        };
        QVERIFY(!table.contains("") && !table.erase("x") && same());
        for (int step = 0; step < 20'000; ++step) {
            // A thousand names of all lengths, the empty one among them.
            const unsigned which = random() % 1000;
            const std::string name =
                which == 0 ? std::string() : std::string(which % 40, 'n') + std::to_string(which);
            if (random() % 3 != 0) {
                const auto [value, added] = table.insert(name);
                QCOMPARE(added, wanted.count(name) == 0);
                QCOMPARE(*value == nullptr, added);
                *value = std::make_unique<int>(step);
                wanted[name] = step;
            } else {
                QCOMPARE(table.erase(name), wanted.erase(name) == 1);
            }
            const std::unique_ptr<int>* const found = table.find(name);
            QCOMPARE(found != nullptr, wanted.count(name) == 1);
            QVERIFY(found == nullptr || **found == wanted[name]);
        }
        QVERIFY(same());
        table.eraseIf(
            [&](std::string_view name, const std::unique_ptr<int>&) { return name.size() % 2 == 0; });
        std::erase_if(wanted, [](const auto& entry) { return entry.first.size() % 2 == 0; });
        QVERIFY(same());
        // What is there stays, what is not there comes, and the rest is left behind.
        NameTable<std::unique_ptr<int>> other;
        int left = 0;
        for (int i = 0; i < 2000; ++i) {
            const std::string name = i % 2 == 0 ? "other-" + std::to_string(i) : "n" + std::to_string(i);
            const auto at = other.insert(name);
            *at.first = std::make_unique<int>(-i);
            left += wanted.emplace(name, -i).second ? 0 : 1;
        }
        table.merge(other);
        QVERIFY(same());
        QCOMPARE(other.size(), std::size_t(left));
        NameTable<std::unique_ptr<int>> moved(std::move(table));
        table = std::move(moved);
        QVERIFY(same());
        table.clear();
        wanted.clear();
        QVERIFY(same());

        NameSet names;
        QVERIFY(names.insert("a").second && !names.insert("a").second && names.contains("a"));
    }

    void argumentsAreNotExpandedTwice()
    {
        QCOMPARE(arguments("%1 on %2", {"%2", "x"}), std::string("%2 on x"));
        QCOMPARE(arguments("100 %", {"x"}), std::string("100 %"));
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "test_base.moc"
