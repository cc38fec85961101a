// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"
#include "ui/widgets/highlighter.h"
#include "ui/widgets/plainhighlighter.h"

#include <QTest>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>

using namespace strata::ui;

namespace {

// "key:K mark:M …" with the text of each token.
QString printed(const QString& line, const std::vector<Token>& tokens)
{
    static const char* const names[] = {"key",     "string", "number", "word",
                                        "comment", "mark",   "tag",    "attribute"};
    QStringList out;
    for (const Token& token : tokens)
        out << QStringLiteral("%1(%2)").arg(QString::fromLatin1(names[static_cast<int>(token.kind)]),
                                            line.mid(token.start, token.length));
    return out.join(QLatin1Char(' '));
}

} // namespace

class TestHighlighter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void yaml_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("tokens");
        const auto row = [](const char* line, const char* tokens) {
            QTest::newRow(line) << QString::fromLatin1(line) << QString::fromLatin1(tokens);
        };
        row("kind: Pod", "key(kind) mark(:) string(Pod)");
        row("  replicas: 3 # of five", "key(replicas) mark(:) number(3) comment(# of five)");
        row("- name: \"a: #b\"", "mark(-) key(name) mark(:) string(\"a: #b\")");
        row("running: true", "key(running) mark(:) word(true)");
        row("image: quay.io/x:v1", "key(image) mark(:) string(quay.io/x:v1)");
        row("# all", "comment(# all)");
        row("---", "mark(---)");
        row("'quoted key': x", "key('quoted key') mark(:) string(x)");
        row("", "");
        row("   ", "");
        row("- - a", "mark(-) mark(-) string(a)");
        row("url: http://x/#y", "key(url) mark(:) string(http://x/#y)");
        row("empty: {}", "key(empty) mark(:) mark({})");
    }

    void yaml()
    {
        QFETCH(QString, line);
        QFETCH(QString, tokens);
        int state = -1;
        QCOMPARE(printed(line, yamlTokens(line, state)), tokens);
        QCOMPARE(state, -1);
    }

    void blockScalarsEnd()
    {
        int state = -1;
        const QString head = QStringLiteral("  script: |-");
        QCOMPARE(printed(head, yamlTokens(head, state)), QStringLiteral("key(script) mark(:) mark(|-)"));
        QCOMPARE(state, 2);
        const QString inside = QStringLiteral("    key: value # no comment");
        QCOMPARE(printed(inside, yamlTokens(inside, state)),
                 QStringLiteral("string(key: value # no comment)"));
        (void)yamlTokens(QString(), state);
        QCOMPARE(state, 2); // an empty line does not end it
        const QString after = QStringLiteral("  next: 1");
        QCOMPARE(printed(after, yamlTokens(after, state)), QStringLiteral("key(next) mark(:) number(1)"));
        QCOMPARE(state, -1);
    }

    void xml()
    {
        int state = -1;
        const QString line = QStringLiteral("<domain type='kvm'><!-- a --><name>x</name>");
        QCOMPARE(printed(line, xmlTokens(line, state)),
                 QStringLiteral(
                     "mark(<) tag(domain) attribute(type) mark(=) string('kvm') mark(>) comment(<!-- a -->) "
                     "mark(<) tag(name) mark(>) mark(</) tag(name) mark(>)"));
        QCOMPARE(state, 0);
        const QString open = QStringLiteral("<!-- begins");
        (void)xmlTokens(open, state);
        const QString inside = QStringLiteral("<not a='tag'>");
        QCOMPARE(printed(inside, xmlTokens(inside, state)), QStringLiteral("comment(<not a='tag'>)"));
        const QString end = QStringLiteral("ends --><b>");
        QCOMPARE(printed(end, xmlTokens(end, state)),
                 QStringLiteral("comment(ends -->) mark(<) tag(b) mark(>)"));
    }

    // Whatever a line holds: tokens are inside it, in order, apart.
    void tokensStayInside()
    {
        const QString alphabet = QStringLiteral("ab01 :-#'\"\\|>{}[]&*!<>/=?\t~");
        quint32 seed = 1;
        for (int round = 0; round < 4000; ++round) {
            QString line;
            seed = seed * 1664525 + 1013904223;
            const int length = int(seed >> 27);
            for (int i = 0; i < length; ++i) {
                seed = seed * 1664525 + 1013904223;
                line += alphabet.at(int((seed >> 8) % quint32(alphabet.size())));
            }
            for (const bool isYaml : {true, false}) {
                int state = int(seed % 4) - 1;
                int end = 0;
                for (const Token& token : isYaml ? yamlTokens(line, state) : xmlTokens(line, state)) {
                    QVERIFY2(token.start >= end && token.length > 0, qPrintable(line));
                    end = token.start + token.length;
                    QVERIFY2(end <= line.size(), qPrintable(line));
                }
            }
        }
    }

    void followsTheTheme()
    {
        QObject owner;
        QTextDocument document;
        document.setPlainText(QStringLiteral("kind: Pod\n"));
        const auto colour = [&document] {
            const auto formats = document.firstBlock().layout()->formats();
            return formats.isEmpty() ? QColor() : formats.first().format.foreground().color();
        };
        Theme::instance().install();
        Theme::instance().setMode(ThemeMode::Light);
        QTRY_VERIFY(!colors().dark);
        highlight(&document, Syntax::Yaml, &owner);
        QTRY_VERIFY(colour().isValid());
        const QColor light = colour();
        Theme::instance().setMode(ThemeMode::Dark);
        QTRY_VERIFY(colour().isValid() && colour() != light);
        stopHighlighting(&document, &owner);
        QVERIFY(!colour().isValid());
    }
};

QTEST_MAIN(TestHighlighter)
#include "test_highlighter.moc"
