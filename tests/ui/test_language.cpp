// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/language.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QXmlStreamReader>
#include <QtTest>

using namespace strata;

namespace {

const QString kSource = QStringLiteral(STRATA_SOURCE_DIR);

struct Message {
    QByteArray context;
    QByteArray source;
    QByteArray comment;
    QStringList forms;
};

QList<Message> englishMessages()
{
    QFile file(kSource + QStringLiteral("/translations/strata_en.ts"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QXmlStreamReader xml(&file);
    QList<Message> messages;
    QByteArray context;
    while (!xml.atEnd()) {
        if (!xml.readNextStartElement())
            continue;
        if (xml.name() == QLatin1String("name"))
            context = xml.readElementText().toUtf8();
        else if (xml.name() == QLatin1String("message"))
            messages.append({context, {}, {}, {}});
        else if (xml.name() == QLatin1String("source"))
            messages.last().source = xml.readElementText().toUtf8();
        else if (xml.name() == QLatin1String("comment"))
            messages.last().comment = xml.readElementText().toUtf8();
        else if (xml.name() == QLatin1String("numerusform"))
            messages.last().forms.append(xml.readElementText());
    }
    return messages;
}

} // namespace

class TestLanguage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { ui::installLanguage(*QCoreApplication::instance(), QLocale::c()); }
    void everyCountHasItsForms();
    void theFormsAreInTheProgram();
    void aLanguageThatIsNotThereLeavesEnglish();
};

// Of the sources, not of what lupdate has last seen: a text with a count that was added since is caught here.
void TestLanguage::everyCountHasItsForms()
{
    QSet<QByteArray> known;
    for (const Message& message : englishMessages()) {
        QCOMPARE(message.forms.size(), 2);
        QVERIFY2(!message.forms[0].isEmpty() && !message.forms[1].isEmpty(), message.source.constData());
        known.insert(message.source);
    }
    QVERIFY(known.size() > 10);
    static const QRegularExpression counted(
        QStringLiteral(R"re(\btr\(\s*"((?:[^"\\]|\\.)*%n(?:[^"\\]|\\.)*)")re"));
    int seen = 0;
    for (const char* folder : {"/app", "/core", "/ui"}) {
        QDirIterator files(kSource + QLatin1String(folder), {QStringLiteral("*.cpp"), QStringLiteral("*.h")},
                           QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            auto found = counted.globalMatch(QString::fromUtf8(file.readAll()));
            while (found.hasNext()) {
                const QByteArray text = found.next().captured(1).toUtf8();
                ++seen;
                QVERIFY2(known.contains(text),
                         qPrintable(file.fileName() + QStringLiteral(": ") + QString::fromUtf8(text)));
            }
        }
    }
    QVERIFY(seen > 10);
}

void TestLanguage::theFormsAreInTheProgram()
{
    for (const Message& message : englishMessages()) {
        for (const int count : {1, 2}) {
            QString wanted = message.forms[count == 1 ? 0 : 1];
            wanted.replace(QStringLiteral("%n"), QString::number(count));
            QCOMPARE(QCoreApplication::translate(
                         message.context.constData(), message.source.constData(),
                         message.comment.isEmpty() ? nullptr : message.comment.constData(), count),
                     wanted);
        }
    }
    QCOMPARE(QCoreApplication::translate("strata::ui::StrataChart", "%n pods", nullptr, 1),
             QStringLiteral("1 pod"));
}

void TestLanguage::aLanguageThatIsNotThereLeavesEnglish()
{
    ui::installLanguage(*QCoreApplication::instance(), QLocale(QLocale::Icelandic));
    QCOMPARE(QCoreApplication::translate("strata::ui::StrataChart", "%n pods", nullptr, 1),
             QStringLiteral("1 pod"));
    QCOMPARE(QCoreApplication::translate("strata::ui::StrataChart", "%n pods", nullptr, 0),
             QStringLiteral("0 pods"));
}

QTEST_MAIN(TestLanguage)
#include "test_language.moc"
