// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/clusterdialog.h"
#include "ui/connect/contextlist.h"
#include "ui/connect/errorwords.h"
#include "ui/connect/execdialog.h"
#include "ui/connect/hostdialog.h"
#include "ui/connect/hoststages.h"
#include "ui/connect/welcomepage.h"
#include "ui/widgets/themedlabel.h"

#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QTreeWidget>

#include <atomic>

using namespace strata;
using namespace strata::ui;

namespace {

struct Fake {
    std::atomic<bool> readOnGuiThread{false};
    std::vector<std::function<void()>> held; // answers of checks
    QThread* gui = QThread::currentThread();

    ConnectServices services()
    {
        ConnectServices out;
        out.usualPaths = [] { return std::vector<std::string>{"/one", "/broken"}; };
        out.readKubeconfig = [this](const std::string& path) -> Result<std::vector<ContextRow>> {
            if (QThread::currentThread() == gui)
                readOnGuiThread = true;
            if (path == "/broken")
                return fail(ErrorKind::Config, "/broken: users[0].user.token is not text");
            std::vector<ContextRow> rows;
            for (const char* name : {"good", "<b>bad</b>", "exec"}) {
                kube::ClusterConfig config;
                config.context = name;
                config.server = std::string("https://") + name;
                rows.push_back({name, "c", "u", config.server, false, config});
            }
            rows[0].current = true;
            rows[2].config = fail(ErrorKind::Refused, "The user runs a program.");
            return rows;
        };
        out.checkCluster = [this](const kube::ClusterConfig& config, QObject* context,
                                  ConnectServices::Checked done) {
            Result<std::string> answer = "v1.34.1";
            if (config.context != "good")
                answer = fail(ErrorKind::Auth, "Not accepted.", "Unauthorized", 401);
            held.push_back([context = QPointer<QObject>(context), done = std::move(done), answer] {
                if (context != nullptr)
                    done(answer);
            });
        };
        out.checkUri = [](const std::string& uri) -> Result<std::string> {
            if (uri.rfind("qemu", 0) != 0)
                return fail(ErrorKind::Refused, "This is no libvirt URI.");
            return uri;
        };
        out.testHost = [this](const std::string&, QObject* context, ConnectServices::Checked done) {
            held.push_back([context = QPointer<QObject>(context), done = std::move(done)] {
                if (context != nullptr)
                    done(std::string("QEMU 7.2.0"));
            });
        };
        return out;
    }
    void release()
    {
        std::vector<std::function<void()>> now;
        now.swap(held);
        for (const auto& answer : now)
            answer();
    }
};

QPushButton* button(QWidget* dialog, const QString& text)
{
    for (QPushButton* each : dialog->findChildren<QPushButton*>()) {
        if (each->text().remove(QLatin1Char('&')) == text)
            return each;
    }
    return nullptr;
}

bool says(QWidget* dialog, const QString& words)
{
    for (const QLabel* label : dialog->findChildren<QLabel*>()) {
        if (label->text().contains(words))
            return true;
    }
    return false;
}

} // namespace

class TestConnect : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void contexts()
    {
        Fake fake;
        ContextList list(fake.services());
        QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
        list.addFile(QStringLiteral("/one"));
        list.addFile(QStringLiteral("/broken"));
        QTRY_COMPARE(list.rowCount(), 4);
        QVERIFY(!fake.readOnGuiThread);
        int good = -1;
        int bad = -1;
        int exec = -1;
        int broken = -1;
        for (int row = 0; row < 4; ++row) {
            const ContextRow* context = list.context(row);
            (context == nullptr        ? broken
             : context->name == "good" ? good
             : context->name == "exec" ? exec
                                       : bad) = row;
        }
        QVERIFY(list.problem(broken).contains(QLatin1String("users[0].user.token")));
        QVERIFY(!list.usable(broken));
        QVERIFY(!list.usable(exec));
        QVERIFY(list.problem(exec).contains(QLatin1String("runs a program")));
        QCOMPARE(list.firstUsable(), good);
        const auto state = [&list](int row) { return list.index(row, ContextList::State).data().toString(); };
        QCOMPARE(state(good), QStringLiteral("checking…"));
        QCOMPARE(fake.held.size(), std::size_t(2)); // what cannot be used is not checked
        fake.release();
        QCOMPARE(state(good), QStringLiteral("answers · v1.34.1"));
        QCOMPARE(state(bad), QStringLiteral("Not accepted (401)"));
        QVERIFY(list.usable(bad)); // it may answer later
        QCOMPARE(list.index(bad, 0).data().toString(), QStringLiteral("<b>bad</b>"));
        QVERIFY(list.index(bad, 0).data(Qt::ToolTipRole).toString().contains(QLatin1String("Unauthorized")));
        // An old check's answer is not taken for the new one's.
        list.checkAgain();
        list.checkAgain();
        QCOMPARE(fake.held.size(), std::size_t(4));
        fake.release();
        QCOMPARE(state(good), QStringLiteral("answers · v1.34.1"));
        // The same file again: its rows are read anew, not doubled.
        list.addFile(QStringLiteral("/one"));
        QTRY_COMPARE(list.rowCount(), 4);
    }

    void clusterDialog()
    {
        Fake fake;
        ClusterDialog dialog(fake.services());
        dialog.show();
        QSignalSpy connected(&dialog, &ClusterDialog::connectCluster);
        auto* table = dialog.findChild<QTableView*>();
        QTRY_COMPARE(table->model()->rowCount(), 4);
        QTRY_VERIFY(table->currentIndex().isValid());
        QPushButton* connectButton = button(&dialog, QStringLiteral("Connect"));
        // A refused context says why and cannot be chosen.
        for (int row = 0; row < 4; ++row) {
            const QString name = table->model()->index(row, 0).data().toString();
            table->setCurrentIndex(table->model()->index(row, 0));
            if (name == QLatin1String("exec")) {
                QVERIFY(!connectButton->isEnabled());
                QVERIFY(says(&dialog, QStringLiteral("runs a program")));
            } else if (name == QLatin1String("(file)")) {
                QVERIFY(!connectButton->isEnabled());
                QVERIFY(says(&dialog, QStringLiteral("users[0].user.token")));
            }
        }
        for (int row = 0; row < 4; ++row) {
            if (table->model()->index(row, 0).data().toString() == QLatin1String("good"))
                table->setCurrentIndex(table->model()->index(row, 0));
        }
        auto* name = dialog.findChild<QLineEdit*>();
        QCOMPARE(name->text(), QStringLiteral("good"));
        name->selectAll();
        QTest::keyClicks(name, QStringLiteral("rack-a"));
        QVERIFY(connectButton->isEnabled());
        connectButton->click();
        QCOMPARE(connected.size(), 1);
        QCOMPARE(connected.first().at(1).toString(), QStringLiteral("rack-a"));
        QCOMPARE(connected.first().at(2).toString(), QStringLiteral("/one"));
        QVERIFY(!dialog.isVisible());
    }

    void noKubeconfig()
    {
        Fake fake;
        ConnectServices services = fake.services();
        services.usualPaths = [] { return std::vector<std::string>(); };
        ClusterDialog dialog(services);
        QVERIFY(says(&dialog, QStringLiteral("No kubeconfig was found")));
        dialog.addFile(QStringLiteral("/one"));
        auto* table = dialog.findChild<QTableView*>();
        QTRY_COMPARE(table->model()->rowCount(), 3);
    }

    void hostDialog()
    {
        Fake fake;
        HostDialog dialog(fake.services());
        dialog.show();
        QSignalSpy connected(&dialog, &HostDialog::connectHost);
        QPushButton* enrol = button(&dialog, QStringLiteral("Enrol"));
        QPushButton* test = button(&dialog, QStringLiteral("Test"));
        QVERIFY(!enrol->isEnabled());
        dialog.setUri(QStringLiteral("http://x"));
        QVERIFY(!enrol->isEnabled());
        QVERIFY(says(&dialog, QStringLiteral("This is no libvirt URI.")));
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system"));
        QVERIFY(enrol->isEnabled());
        QVERIFY(!says(&dialog, QStringLiteral("This is no libvirt URI.")));
        test->click();
        QVERIFY(says(&dialog, QStringLiteral("Asking the host")));
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-08/system"));
        fake.release(); // the answer is about metal-07
        QVERIFY(!says(&dialog, QStringLiteral("It answers")));
        test->click();
        fake.release();
        QVERIFY(says(&dialog, QStringLiteral("It answers: QEMU 7.2.0")));
        enrol->click();
        QCOMPARE(connected.size(), 1);
        QCOMPARE(connected.first().at(0).toString(), QStringLiteral("qemu+ssh://root@metal-08/system"));
        QCOMPARE(connected.first().at(1).toString(), QStringLiteral("metal-08"));
    }

    void enrollingShowsWhatTheHostLacks()
    {
        Fake fake;
        ConnectServices services = fake.services();
        int asked = 0;
        services.inventory = [&](const std::string& uri, QObject* context,
                                 std::function<void(Result<virt::Inventory>)> done) {
            QCOMPARE(uri, std::string("qemu+ssh://root@metal-07/system"));
            fake.held.push_back([&asked, context = QPointer<QObject>(context), done = std::move(done)] {
                if (context == nullptr)
                    return;
                virt::Inventory inventory;
                inventory.host.memoryBytes = 8LL << 30U;
                if (++asked == 1)
                    done(inventory);
                else
                    done(fail(ErrorKind::Network, "The connection broke."));
            });
        };
        HostDialog dialog(services);
        dialog.show();
        QTreeWidget* list = nullptr;
        for (QTreeWidget* tree : dialog.findChildren<QTreeWidget*>())
            if (tree->columnCount() == 3) // the other one tells the hardware
                list = tree;
        QVERIFY(list != nullptr && !list->isVisible());
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system"));
        button(&dialog, QStringLiteral("Test"))->click();
        fake.release();
        QVERIFY(!list->isVisible()); // the inventory is still to come
        fake.release();
        QVERIFY(list->isVisible());
        QVERIFY(dialog.findChild<QTreeWidget*>(QStringLiteral("hardware"))->topLevelItemCount() > 8);
        QVERIFY(says(&dialog, QStringLiteral("checks pass. The others:")));
        QVERIFY(list->topLevelItemCount() > 0);
        QCOMPARE(list->topLevelItem(0)->text(0), QStringLiteral("Memory")); // what fails comes first
        QVERIFY(!list->topLevelItem(0)->toolTip(0).isEmpty());
        const QString lab = list->topLevelItem(0)->text(2);
        dialog.findChild<QComboBox*>()->setCurrentIndex(1);
        QStringList wanted;
        for (int row = 0; row < list->topLevelItemCount(); ++row)
            wanted << list->topLevelItem(row)->text(2);
        QVERIFY(!wanted.contains(lab)); // production asks for more
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system "));
        QVERIFY(!list->isVisible());
        button(&dialog, QStringLiteral("Test"))->click();
        fake.release();
        fake.release();
        QVERIFY(!list->isVisible());
        QVERIFY(says(&dialog, QStringLiteral("It answers: QEMU 7.2.0")));
        QVERIFY(says(&dialog, QStringLiteral("The connection broke.")));
    }

    // What each way needs, how far it has come, what the Enter key does next, and how to mend what is wrong.
    void enrollingIsGuided()
    {
        using Stage = HostStages::Stage;
        using State = HostStages::State;
        Fake fake;
        ConnectServices services = fake.services();
        std::vector<std::string> tested;
        services.testHost = [&](const std::string& uri, QObject*, const ConnectServices::Checked& done) {
            tested.push_back(uri);
            done(std::string("QEMU 7.2.0"));
        };
        services.inventory = [](const std::string&, QObject*,
                                const std::function<void(Result<virt::Inventory>)>& done) {
            virt::Inventory inventory;
            inventory.host.memoryBytes = 8LL << 30U;
            done(inventory);
        };
        HostDialog dialog(services);
        dialog.show();
        auto* stages = dialog.findChild<HostStages*>();
        auto* key = dialog.findChild<QLineEdit*>(QStringLiteral("keyFile"));
        QLineEdit* uri = dialog.findChildren<QLineEdit*>().first();
        const auto shown = [&dialog](const QString& words) {
            for (const QLabel* label : dialog.findChildren<QLabel*>()) {
                if (label->isVisible() && label->text().contains(words))
                    return true;
            }
            return false;
        };
        QVERIFY(!key->isVisible() && !shown(QStringLiteral(".pki")));
        dialog.setUri(QStringLiteral("qemu+tls://metal-07/system"));
        QVERIFY(!key->isVisible() && shown(QStringLiteral(".pki")) && shown(QStringLiteral("Identity")));
        dialog.setUri(QStringLiteral("qemu:///system"));
        QVERIFY(!key->isVisible() && !shown(QStringLiteral(".pki")) && !shown(QStringLiteral("Identity")));
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system?no_tty=1"));
        QVERIFY(key->isVisible() && shown(QStringLiteral("Identity")));
        key->setFocus();
        QTest::keyClicks(key, QStringLiteral("/home/op/my key"));
        QCOMPARE(uri->text(),
                 QStringLiteral("qemu+ssh://root@metal-07/system?no_tty=1&keyfile=/home/op/my%20key"));
        uri->setFocus();
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-08/system?keyfile=/k"));
        QCOMPARE(key->text(), QStringLiteral("/k"));
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system"));
        QCOMPARE(key->text(), QString());

        QVERIFY(stages->state(Stage::Address) == State::Good);
        QVERIFY(stages->state(Stage::Reached) == State::Open);
        QTest::keyClick(uri, Qt::Key_Return); // tests; does not enrol unseen
        QCOMPARE(tested, std::vector<std::string>{"qemu+ssh://root@metal-07/system"});
        QVERIFY(dialog.isVisible());
        for (const Stage stage : {Stage::Trusted, Stage::Reached, Stage::Hardware})
            QVERIFY(stages->state(stage) == State::Good);
        QVERIFY(stages->state(Stage::Fit) == State::Bad);
        auto* remedy = dialog.findChild<QPlainTextEdit*>(QStringLiteral("remedy"));
        QVERIFY(remedy->isVisible() && !remedy->toPlainText().isEmpty());
        QTreeWidget* list = nullptr;
        for (QTreeWidget* tree : dialog.findChildren<QTreeWidget*>())
            if (tree->columnCount() == 3)
                list = tree;
        const QString first = remedy->toPlainText();
        list->setCurrentItem(list->topLevelItem(list->topLevelItemCount() - 1));
        QVERIFY(remedy->toPlainText() != first);
        // All of it on a small screen.
        QVERIFY2(dialog.sizeHint().height() <= 660, qPrintable(QString::number(dialog.sizeHint().height())));
        QVERIFY(dialog.minimumSizeHint().width() <= 900);

        QSignalSpy connected(&dialog, &HostDialog::connectHost);
        uri->setFocus();
        QTest::keyClick(uri, Qt::Key_Return); // now it does
        QCOMPARE(connected.size(), 1);
    }

    void hostKeysAreShownBeforeTheyAreTrusted()
    {
        Fake fake;
        ConnectServices services = fake.services();
        int tests = 0;
        services.testHost = [&tests](const std::string&, QObject*, const ConnectServices::Checked& done) {
            if (++tests == 1)
                done(fail(ErrorKind::Tls, "The key of host metal-07 is not known or has changed."));
            else
                done(std::string("QEMU 7.2.0"));
        };
        bool changed = false;
        services.hostKeys = [&changed](const std::string&, QObject*,
                                       const std::function<void(Result<virt::HostKeys>)>& done) {
            done(virt::HostKeys{{{"ssh-ed25519", "SHA256:abc", "metal-07 ssh-ed25519 AAAA"}}, changed});
        };
        std::vector<virt::HostKey> trusted;
        services.trustKeys = [&trusted](const std::vector<virt::HostKey>& keys, QObject*,
                                        const std::function<void(Result<void>)>& done) {
            trusted = keys;
            done({});
        };
        HostDialog dialog(services);
        dialog.show();
        dialog.setUri(QStringLiteral("qemu+ssh://root@metal-07/system"));
        button(&dialog, QStringLiteral("Test"))->click();
        auto* trust = dialog.findChild<QPushButton*>(QStringLiteral("trust"));
        QVERIFY(trust->isVisible());
        QVERIFY(says(&dialog, QStringLiteral("SHA256:abc")));
        QVERIFY(trusted.empty()); // nothing without a word
        trust->click();
        QCOMPARE(trusted.size(), std::size_t(1));
        QCOMPARE(tests, 2);
        QVERIFY(says(&dialog, QStringLiteral("It answers: QEMU 7.2.0")));
        QVERIFY(!trust->isVisible());
        // A key that has changed is told and cannot be trusted from here.
        tests = 0;
        changed = true;
        button(&dialog, QStringLiteral("Test"))->click();
        QVERIFY(!trust->isVisible());
        QVERIFY(says(&dialog, QStringLiteral("another key")));
    }

    void errorsInWords()
    {
        QCOMPARE(errorTitle({ErrorKind::Tls, "the certificate has expired", "", 0, 0}),
                 QStringLiteral("Certificate expired"));
        QCOMPARE(errorTitle({ErrorKind::Tls, "unable to get local issuer certificate", "", 0, 0}),
                 QStringLiteral("Certificate not trusted"));
        QCOMPARE(errorTitle({ErrorKind::Network, "x", "Could not resolve host", 0, 0}),
                 QStringLiteral("Name not found"));
        QCOMPARE(errorText({ErrorKind::Network, "a", "a", 0, 0}), QStringLiteral("a"));
        QCOMPARE(errorText({ErrorKind::Network, "a", "b\x07", 0, 0}), QStringLiteral("a — b "));
    }

    // The question before a kubeconfig's program runs: all of it is there as plain text, and every way out is
    // one answer.
    void execDialog_data()
    {
        QTest::addColumn<QString>("button"); // empty: closed otherwise
        QTest::addColumn<bool>("interpreter");
        QTest::addColumn<int>("answer");
        using Answer = kube::ExecPlugins::Answer;
        QTest::newRow("no") << QStringLiteral("no") << false << int(Answer::No);
        QTest::newRow("once") << QStringLiteral("once") << false << int(Answer::Once);
        QTest::newRow("always") << QStringLiteral("always") << false << int(Answer::Always);
        QTest::newRow("an interpreter is never remembered")
            << QStringLiteral("always") << true << int(Answer::Once);
        QTest::newRow("closed") << QString() << false << int(Answer::No);
    }
    void execDialog()
    {
        QFETCH(QString, button);
        QFETCH(bool, interpreter);
        QFETCH(int, answer);
        kube::ExecQuestion question;
        question.program = {"/usr/bin/aws<b>x</b>", std::string(64, 'a')};
        question.args = {"eks", "two words", "", "it's\x1b[31m"};
        question.environment = {"REGION=eu"};
        question.context = "<i>prod</i>";
        question.origin = "/home/me/.kube/config";
        question.interpreter = interpreter;
        ExecDialog dialog(question);
        int answers = 0;
        int got = -1;
        connect(&dialog, &ExecDialog::answered, this, [&](kube::ExecPlugins::Answer a) {
            ++answers;
            got = int(a);
        });
        dialog.show();
        QVERIFY(says(&dialog, QStringLiteral("<i>prod</i>")));
        auto* program = dialog.findChild<ValueLabel*>(QStringLiteral("program"));
        QVERIFY(program != nullptr && program->fullText() == QLatin1String("/usr/bin/aws<b>x</b>"));
        QCOMPARE(dialog.findChild<ValueLabel*>(QStringLiteral("hash"))->fullText(),
                 QString(64, QLatin1Char('a')));
        const auto lists = dialog.findChildren<QPlainTextEdit*>();
        QCOMPARE(lists.size(), 2);
        QVERIFY(lists[0]->toPlainText().startsWith(QLatin1String("eks\n'two words'\n''\n'it'\\''s")));
        QVERIFY(!lists[0]->toPlainText().contains(QChar(0x1b)));
        QCOMPARE(lists[1]->toPlainText(), QStringLiteral("REGION=eu"));
        QVERIFY(dialog.findChild<QPushButton*>(QStringLiteral("no"))->isDefault()); // Return says no
        QCOMPARE(dialog.findChild<QPushButton*>(QStringLiteral("once"))->isHidden(), interpreter);
        if (button.isEmpty())
            dialog.close();
        else
            dialog.findChild<QPushButton*>(button)->click();
        QCOMPARE(answers, 1);
        QCOMPARE(got, answer);
        dialog.close();
        QCOMPARE(answers, 1);
    }

    void welcome()
    {
        QTemporaryDir directory;
        Workspace workspace(directory.filePath(QStringLiteral("w.json")));
        Connection host;
        host.kind = Connection::Kind::Host;
        host.name = QStringLiteral("metal-01");
        host.uri = QStringLiteral("qemu:///system");
        workspace.remember(host);
        WelcomePage page(&workspace);
        page.show();
        QSignalSpy opened(&page, &WelcomePage::openWanted);
        QSignalSpy demo(&page, &WelcomePage::openDemoWanted);
        QAbstractButton* recent = nullptr;
        QAbstractButton* first = nullptr;
        for (QAbstractButton* each : page.findChildren<QAbstractButton*>()) {
            if (each->text() == QLatin1String("metal-01"))
                recent = each;
            if (each->text() == QLatin1String("Open the demo site"))
                first = each;
        }
        QVERIFY(recent != nullptr && first != nullptr);
        QTest::keyClick(recent, Qt::Key_Return);
        QCOMPARE(opened.size(), 1);
        page.setDemoStarting(true);
        QVERIFY(!first->isEnabled());
        page.setDemoStarting(false);
        page.setDemoError(QStringLiteral("No port is free."));
        QVERIFY(says(&page, QStringLiteral("No port is free.")));
        first->click();
        QCOMPARE(demo.size(), 1);
        workspace.forget(host);
        QTRY_VERIFY(page.findChildren<QAbstractButton*>().size() == 4);
    }
};

QTEST_MAIN(TestConnect)
#include "test_connect.moc"
