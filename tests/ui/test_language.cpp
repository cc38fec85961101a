// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/action.h"
#include "core/base/translate.h"
#include "core/demosite/faults.h"
#include "core/diagnosis/report.h"
#include "core/libvirt/host.h"
#include "core/prepare/matrixtext.h"
#include "core/prepare/matrixwords.h"
#include "core/stack/stack.h"
#include "tests/support/picturesite.h"
#include "translations/coretexts.h"
#include "ui/settings/language.h"
#include "ui/stack/stackstore.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

#include <mutex>
#include <set>
#include <string>
#include <utility>

using namespace strata;

namespace {

const QString kSource = QStringLiteral(STRATA_SOURCE_DIR);

struct Message {
    QByteArray context;
    QByteArray source;
    QByteArray comment;
    QStringList forms;
};

QList<Message> messagesOf(const QString& path)
{
    QFile file(path);
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

QList<Message> englishMessages()
{
    return messagesOf(kSource + QStringLiteral("/translations/strata_en.ts"));
}

using Texts = std::set<std::pair<std::string, std::string>>; // context, text

Texts textsOfTheCore()
{
    Texts out;
    for (const translations::CoreText& text : translations::readCoreTexts(kSource.toStdString()).texts)
        out.emplace(text.context, translations::unescaped(text.literal));
    return out;
}

std::mutex saidMutex;
Texts said; // what came to translate() while somebody listened

} // namespace

class TestLanguage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { ui::installLanguage(*QCoreApplication::instance(), QLocale::c()); }
    void everyCountHasItsForms();
    void theFormsAreInTheProgram();
    void everyTextOfTheCoreIsSeenByLupdate();
    void whatIsSaidIsInTheCatalogue();
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

// A text that comes to translate() from somewhere that nobody can follow is one that nobody can translate.
void TestLanguage::everyTextOfTheCoreIsSeenByLupdate()
{
    const translations::CoreTexts all = translations::readCoreTexts(kSource.toStdString());
    for (const translations::Blind& blind : all.blind)
        QFAIL(qPrintable(QStringLiteral("%1:%2: “%3” is neither a literal nor marked()")
                             .arg(QString::fromStdString(blind.file))
                             .arg(blind.line)
                             .arg(QString::fromStdString(blind.expression))));
    QVERIFY(all.texts.size() > 2000);

    QTemporaryDir folder;
    const QString source = folder.filePath(QStringLiteral("coretexts.cpp"));
    const QString catalogue = folder.filePath(QStringLiteral("strata_xx.ts"));
    QFile file(source);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(translations::asSource(all)));
    file.close();
    QProcess lupdate;
    lupdate.start(QStringLiteral(STRATA_LUPDATE),
                  {source, QStringLiteral("-silent"), QStringLiteral("-ts"), catalogue});
    QVERIFY2(lupdate.waitForFinished(60'000) && lupdate.exitCode() == 0, qPrintable(lupdate.errorString()));
    Texts seen;
    for (const Message& message : messagesOf(catalogue))
        seen.emplace(message.context.toStdString(), message.source.toStdString());
    for (const auto& [context, text] : textsOfTheCore())
        QVERIFY2(seen.count({context, text}) == 1, (context + ": " + text).c_str());
    // By a function of a header, by one of a file, by a lambda, and out of a table.
    for (const auto& [context, text] :
         {std::pair("Diagnosis", "VM %1 cannot be migrated live"), std::pair("Actions", "No VM runs on %1."),
          std::pair("DemoFaults", "A host loses power"),
          std::pair("provision", "apiVersion and kind are missing"),
          std::pair("HostUri", "it runs a hypervisor inside Strata")})
        QVERIFY2(seen.count({context, text}) == 1, text);
}

// The other way round: of what the running core says, nothing is missing.
void TestLanguage::whatIsSaidIsInTheCatalogue()
{
    said.clear();
    setTranslator([](const char* context, const char* text) {
        const std::lock_guard lock(saidMutex);
        said.emplace(context, text);
        return std::string(text);
    });
    for (const actions::Action action : actions::allActions()) {
        QVERIFY(!actions::labelOf(action).empty());
        QVERIFY(!actions::tipOf(action).empty());
    }
    (void)demosite::faultCatalogue();
    (void)demosite::scenarioCatalogue();
    (void)diagnosis::rulesText(); // the catalogue of failure modes
    for (const char* uri : {"qemu:///system?command=x", "qemu:///system?no_verify=1", "qemu+ssh://a b/", "x"})
        (void)virt::checkUri(uri);
    if (auto matrix = prepare::parseMatrix(prepare::matrixText(), "prepare.yaml"))
        (void)prepare::translated(std::move(*matrix));
    ui::StackStore store; // diagnoses, too
    store.setClock([] { return test::kNow; });
    store.apply(test::pictureSite());
    QTRY_VERIFY_WITH_TIMEOUT(store.diagnosis().size() > 0, 10'000);
    setTranslator(nullptr);

    const Texts known = textsOfTheCore();
    std::set<std::string> contexts;
    // Products' names of the support matrix are handed to translate() as the sentences are.
    static const std::set<std::string> matrixContexts{"prepare"};
    for (const auto& [context, text] : said) {
        contexts.insert(context);
        QVERIFY2(known.count({context, text}) == 1 || matrixContexts.count(context) == 1,
                 (context + ": " + text).c_str());
    }
    for (const char* context : {"Actions", "DemoFaults", "HostUri", "prepare", "Health", "Diagnosis"})
        QVERIFY2(contexts.count(context) == 1, context);
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
