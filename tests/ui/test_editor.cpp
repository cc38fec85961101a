// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/demosite.h"
#include "core/kube/api/resource.h"
#include "core/kube/config/kubeconfig.h"
#include "ui/editor/editdialog.h"
#include "ui/editor/schemaassist.h"
#include "ui/theme/theme.h"

#include <QAbstractItemView>
#include <QMessageBox>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include <future>

using namespace strata;
using namespace strata::ui;
using namespace std::chrono_literals;

class TestEditor : public QObject {
    Q_OBJECT

    std::unique_ptr<demosite::DemoSite> m_site;
    kube::Network m_network;
    std::shared_ptr<kube::Client> m_client;

    Result<kube::Response> call(const char* method, const std::string& name, const char* body)
    {
        kube::Request request;
        request.method = method;
        request.path = kube::path({"", "v1", "configmaps", true}, "default", name);
        request.contentType =
            std::string(method) == "PATCH" ? "application/merge-patch+json" : "application/json";
        request.body = body;
        auto answer = std::make_shared<std::promise<Result<kube::Response>>>();
        auto future = answer->get_future();
        const auto handle = m_client->send(
            std::move(request), [answer](Result<kube::Response> got) { answer->set_value(std::move(got)); });
        if (future.wait_for(30s) != std::future_status::ready)
            return fail(ErrorKind::Timeout, "no answer");
        return future.get();
    }
    static stack::ObjectRef ref(const char* name)
    {
        return {1, "", "v1", "configmaps", "ConfigMap", "default", name, {}};
    }
    std::unique_ptr<EditDialog> open(const char* name)
    {
        auto dialog = std::make_unique<EditDialog>(m_client, ref(name));
        dialog->show();
        return dialog;
    }

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase() { m_client.reset(); }
    void init();
    void checksThenSavesThenUndoes();
    void badYamlIsSaidAndNothingIsLost();
    void aConflictIsTheOperatorsToDecide();
    void doesNotCloseOverUnsavedChanges();
    void withoutAConnectionNothingCanBeEdited();
    void whatIsNotThereIsSaid();
    void fieldsAndValuesAreOffered();
    void whatDoesNotFitIsUnderlined();
    void pictures();
};

void TestEditor::initTestCase()
{
    Theme::instance().install();
    demosite::Options options;
    options.life = false;
    auto site = demosite::DemoSite::start(options);
    QVERIFY2(site.has_value(), site ? "" : site.error().text.c_str());
    m_site = std::move(*site);
    const auto kubeconfig = kube::Kubeconfig::load(m_site->kubeconfigPath());
    QVERIFY(kubeconfig.has_value());
    const auto config = kubeconfig->resolve();
    QVERIFY(config.has_value());
    m_client = kube::Client::create(m_network, *config);
}

void TestEditor::init()
{
    (void)call("DELETE", "edited", "");
    QVERIFY(
        call(
            "POST", "",
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"edited"},"data":{"a":"1","b":"1"}})")
            .has_value());
}

void TestEditor::checksThenSavesThenUndoes()
{
    const auto dialog = open("edited");
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    QVERIFY(!dialog->text().contains(QLatin1String("resourceVersion")));
    QVERIFY(!dialog->canSave());
    dialog->setText(dialog->text().replace(QLatin1String("a: \"1\""), QLatin1String("a: \"2\"")));
    QVERIFY(dialog->isChanged());
    QVERIFY(!dialog->canSave());
    dialog->check();
    QTRY_VERIFY(dialog->canSave());
    QVERIFY(dialog->differences().contains(QLatin1String("+   a: \"2\"")));
    QVERIFY(dialog->differences().contains(QLatin1String("-   a: \"1\"")));
    // A change after the check has to be checked, too.
    const QString checked = dialog->text();
    dialog->setText(checked + QStringLiteral("# more\n"));
    QVERIFY(!dialog->canSave());
    dialog->setText(checked);
    QVERIFY(dialog->canSave());
    QSignalSpy wrote(dialog.get(), &EditDialog::wrote);
    dialog->save();
    QTRY_VERIFY(dialog->canUndo());
    QCOMPARE(wrote.size(), 1);
    QCOMPARE(wrote[0][0].toString(), QStringLiteral("Edit ConfigMap default/edited"));
    QCOMPARE(wrote[0][1].toBool(), false);
    QVERIFY(!dialog->isChanged());
    QVERIFY(call("GET", "edited", "")->body.find(R"("a":"2")") != std::string::npos);
    dialog->undoSave();
    QTRY_VERIFY(!dialog->busy());
    QVERIFY(!dialog->canUndo());
    QCOMPARE(wrote.size(), 2);
    QVERIFY(wrote[1][1].toBool());
    QVERIFY(call("GET", "edited", "")->body.find(R"("a":"1")") != std::string::npos);
}

void TestEditor::badYamlIsSaidAndNothingIsLost()
{
    const auto dialog = open("edited");
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    for (const char* bad :
         {"kind: [", "a: 1", "", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n"}) {
        dialog->setText(QString::fromLatin1(bad));
        dialog->check();
        QTRY_VERIFY(!dialog->busy());
        QVERIFY2(!dialog->canSave(), bad);
        QVERIFY(!dialog->words().isEmpty());
        QCOMPARE(dialog->text(), QString::fromLatin1(bad));
    }
}

void TestEditor::aConflictIsTheOperatorsToDecide()
{
    const auto dialog = open("edited");
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    QVERIFY(call("PATCH", "edited", R"({"data":{"a":"theirs","b":"theirs"}})").has_value());
    dialog->setText(dialog->text().replace(QLatin1String("a: \"1\""), QLatin1String("a: mine")));
    dialog->check();
    QTRY_VERIFY(dialog->words().contains(QLatin1String("data.a")));
    QVERIFY(!dialog->words().contains(QLatin1String("data.b"))); // theirs alone
    QVERIFY(!dialog->canSave());
    dialog->keepMine();
    QTRY_VERIFY(dialog->canSave());
    dialog->save();
    QTRY_VERIFY(dialog->canUndo());
    const std::string body = call("GET", "edited", "")->body;
    QVERIFY(body.find(R"("a":"mine")") != std::string::npos);
    QVERIFY(body.find(R"("b":"theirs")") != std::string::npos);
}

void TestEditor::doesNotCloseOverUnsavedChanges()
{
    const auto dialog = open("edited");
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    dialog->setText(dialog->text() + QStringLiteral("# mine\n"));
    dialog->close();
    QVERIFY(dialog->isVisible());
    QPointer<QMessageBox> box = dialog->findChild<QMessageBox*>();
    QVERIFY(box != nullptr);
    box->button(QMessageBox::Cancel)->click();
    QTRY_VERIFY(box == nullptr || !box->isVisible());
    QVERIFY(dialog->isVisible());
    QVERIFY(dialog->text().contains(QLatin1String("# mine")));
    dialog->reject(); // Esc
    QVERIFY(dialog->isVisible());
    for (auto* other : dialog->findChildren<QMessageBox*>()) {
        for (QAbstractButton* button : other->buttons()) {
            if (other->isVisible() && other->buttonRole(button) == QMessageBox::DestructiveRole)
                button->click();
        }
    }
    QTRY_VERIFY(!dialog->isVisible());
}

void TestEditor::withoutAConnectionNothingCanBeEdited()
{
    EditDialog dialog(nullptr, ref("edited"));
    dialog.show();
    QVERIFY(dialog.words().contains(QLatin1String("not connected")));
    for (const QPushButton* button : dialog.findChildren<QPushButton*>())
        QVERIFY(!button->isVisible() || !button->isEnabled() || button->text() == QLatin1String("Close"));
}

void TestEditor::whatIsNotThereIsSaid()
{
    const auto dialog = open("nothing-of-this-name");
    QTRY_VERIFY(!dialog->busy());
    QVERIFY(dialog->words().contains(QLatin1String("nothing-of-this-name")));
    QVERIFY(!dialog->canSave());
}

void TestEditor::fieldsAndValuesAreOffered()
{
    const auto dialog = open("edited");
    SchemaAssist* assist = dialog->assist();
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    QTRY_VERIFY(assist->hasSchema());
    auto* edit = dialog->findChild<QPlainTextEdit*>(QStringLiteral("yaml"));
    const QString begin = QStringLiteral("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: edited\n");
    dialog->setText(begin);
    edit->moveCursor(QTextCursor::End);
    QCOMPARE(assist->offered(), QStringList({QStringLiteral("binaryData"), QStringLiteral("data"),
                                             QStringLiteral("immutable")})); // what is there already is not
    // While a key is typed the list narrows; Return takes what is marked.
    QTest::keyClicks(edit, QStringLiteral("imm"));
    auto* list = QApplication::activePopupWidget();
    QTRY_VERIFY((list = QApplication::activePopupWidget()) != nullptr);
    QCOMPARE(list->objectName(), QStringLiteral("offered"));
    QTRY_COMPARE(static_cast<QAbstractItemView*>(list)->model()->rowCount(), 1);
    QVERIFY(dialog->hint().startsWith(QStringLiteral("immutable · boolean")));
    QTest::keyClick(list, Qt::Key_Return);
    QTRY_COMPARE(dialog->text(), begin + QStringLiteral("immutable: "));
    QCOMPARE(assist->offered(), QStringList({QStringLiteral("true"), QStringLiteral("false")}));
    assist->insert(QStringLiteral("true"));
    QCOMPARE(dialog->text(), begin + QStringLiteral("immutable: true"));
    QVERIFY(dialog->hint().startsWith(QStringLiteral("immutable · boolean")));
    // A mapping goes on one level deeper; Escape closes the list and not the window.
    edit->insertPlainText(QStringLiteral("\n"));
    assist->insert(QStringLiteral("data"));
    QCOMPARE(dialog->text(), begin + QStringLiteral("immutable: true\ndata:\n  "));
    edit->moveCursor(QTextCursor::Start);
    QTest::keyClick(edit, Qt::Key_Space, Qt::ControlModifier);
    if (QWidget* open = QApplication::activePopupWidget())
        QTest::keyClick(open, Qt::Key_Escape);
    QVERIFY(dialog->isVisible());
    // One step back is one step.
    edit->undo();
    QCOMPARE(dialog->text(), begin + QStringLiteral("immutable: true\n"));
}

void TestEditor::whatDoesNotFitIsUnderlined()
{
    const auto dialog = open("edited");
    SchemaAssist* assist = dialog->assist();
    QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
    QTRY_VERIFY(assist->hasSchema());
    QTRY_VERIFY(assist->isChecked());
    QVERIFY(assist->faults().empty());
    auto* edit = dialog->findChild<QPlainTextEdit*>(QStringLiteral("yaml"));
    const auto* told = dialog->findChild<QPushButton*>(QStringLiteral("faults"));
    QVERIFY(!told->isVisible());
    dialog->setText(
        QStringLiteral("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  nam: edited\nimmutable: \"no\"\n"));
    QTRY_COMPARE(assist->faults().size(), std::size_t(2));
    QVERIFY(told->isVisible());
    QVERIFY2(told->text().startsWith(QLatin1String("Line 4:")), qPrintable(told->text()));
    QVERIFY(told->text().contains(QLatin1String("name?")));
    QCOMPARE(edit->extraSelections().size(), 2);
    QCOMPARE(edit->extraSelections()[0].cursor.selectedText(), QStringLiteral("nam"));
    assist->nextFault();
    QCOMPARE(edit->textCursor().blockNumber(), 3);
    assist->nextFault();
    QCOMPARE(edit->textCursor().blockNumber(), 4);
    assist->nextFault();
    QCOMPARE(edit->textCursor().blockNumber(), 3);
    // Mended, nothing is left; the server may still be asked at any time.
    dialog->setText(
        QStringLiteral("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: edited\nimmutable: false\n"));
    QTRY_VERIFY(assist->faults().empty() && assist->isChecked());
    QVERIFY(!told->isVisible());
    QVERIFY(edit->extraSelections().isEmpty());
}

void TestEditor::pictures()
{
    const QString folder = qEnvironmentVariable("STRATA_PICTURES");
    if (folder.isEmpty())
        QSKIP("STRATA_PICTURES names no folder");
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
        Theme::instance().setMode(mode);
        const QString ending = mode == ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light");
        const auto dialog = open("edited");
        QTRY_VERIFY(dialog->text().contains(QLatin1String("kind: ConfigMap")));
        dialog->setText(dialog->text().replace(QLatin1String("a: \"1\""), QLatin1String("a: \"3\"")));
        QVERIFY(dialog->grab().save(QStringLiteral("%1/edit-%2.png").arg(folder, ending)));
        QTRY_VERIFY(dialog->assist()->hasSchema());
        const QString sound = dialog->text();
        dialog->setText(sound + QStringLiteral("immutable: \"no\"\nbinarydata: {}\n"));
        auto* edit = dialog->findChild<QPlainTextEdit*>(QStringLiteral("yaml"));
        edit->moveCursor(QTextCursor::End);
        QTRY_COMPARE(dialog->assist()->faults().size(), std::size_t(2));
        QTest::keyClick(edit, Qt::Key_Space, Qt::ControlModifier);
        QTRY_VERIFY(QApplication::activePopupWidget() != nullptr);
        QPixmap both = dialog->grab();
        QPainter painter(&both);
        QWidget* list = QApplication::activePopupWidget();
        painter.drawPixmap(dialog->mapFromGlobal(list->mapToGlobal(QPoint(0, 0))), list->grab());
        painter.end();
        QVERIFY(both.save(QStringLiteral("%1/edit-help-%2.png").arg(folder, ending)));
        list->hide();
        dialog->setText(sound);
        dialog->check();
        QTRY_VERIFY(dialog->canSave());
        QVERIFY(dialog->grab().save(QStringLiteral("%1/edit-diff-%2.png").arg(folder, ending)));
    }
}

QTEST_MAIN(TestEditor)
#include "test_editor.moc"
