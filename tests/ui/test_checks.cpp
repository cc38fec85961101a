// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/stack.h"
#include "tests/core/checks/machines.h"
#include "tests/support/picturesite.h"
#include "ui/checks/checkswindow.h"
#include "ui/theme/theme.h"
#include "ui/widgets/pill.h"

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPointer>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include <map>

using namespace strata;
using namespace strata::ui;

namespace {

struct Asked {
    std::string uri;
    QObject* context;
    std::function<void(Result<virt::Inventory>)> done;
};

HostToCheck host(const char* name, const char* uri)
{
    HostToCheck out;
    out.uri = uri;
    out.subject.name = name;
    return out;
}

QString cell(const QTableView* table, int row, int column)
{
    return table->model()->index(row, column).data().toString();
}

int rowOf(const QTableView* table, const QString& title)
{
    for (int row = 0; row < table->model()->rowCount(); ++row)
        if (cell(table, row, 0) == title)
            return row;
    return -1;
}

} // namespace

class TestChecksWindow : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }
    void asksEveryHostAndShowsWhatComes();
    void aSilentHostIsSaidAndTheOthersStay();
    void closingInTheMiddleHarmsNothing();
    void savesEveryKindOfReport();
    void theSitesHosts();
    void pictures();

private:
    std::vector<Asked> m_asked;
    ChecksWindow::Ask ask()
    {
        m_asked.clear();
        return [this](const std::string& uri, QObject* context,
                      std::function<void(Result<virt::Inventory>)> done) {
            m_asked.push_back({uri, context, std::move(done)});
        };
    }
};

void TestChecksWindow::asksEveryHostAndShowsWhatComes()
{
    ChecksWindow window({host("metal-01", "test:///a"), host("metal-02", "test:///b")}, ask());
    window.setProfile(QStringLiteral("production"));
    auto* table = window.findChild<QTableView*>();
    QCOMPARE(m_asked.size(), std::size_t(2));
    QCOMPARE(table->model()->columnCount(), 3);
    auto* again = window.findChildren<QPushButton*>().at(0);
    QVERIFY(!again->isEnabled());
    const int nested = rowOf(table, QStringLiteral("Nested virtualization"));
    QVERIFY(nested >= 0);
    QCOMPARE(cell(table, nested, 1), QStringLiteral("…"));

    test::Machine off;
    m_asked[0].done(test::inventoryOf(off)); // nesting is not mentioned: off
    off.nesting = "require";
    m_asked[1].done(test::inventoryOf(off));
    QVERIFY(again->isEnabled());
    QCOMPARE(cell(table, nested, 1), QStringLiteral("off"));
    QCOMPARE(cell(table, nested, 2), QStringLiteral("on"));

    table->setCurrentIndex(table->model()->index(nested, 1));
    auto* commands = window.findChild<QPlainTextEdit*>();
    QVERIFY(commands->toPlainText().contains(QStringLiteral("nested=1")));
    QCOMPARE(window.findChild<Pill*>()->text(), QStringLiteral("Fails"));
    table->setCurrentIndex(table->model()->index(nested, 2));
    QVERIFY(commands->isHidden());
    QCOMPARE(window.findChild<Pill*>()->text(), QStringLiteral("Passes"));

    again->click();
    QCOMPARE(m_asked.size(), std::size_t(4));
}

void TestChecksWindow::aSilentHostIsSaidAndTheOthersStay()
{
    ChecksWindow window({host("metal-01", "test:///a"), host("<b>evil</b>", "test:///b")}, ask());
    test::Machine machine;
    m_asked[0].done(test::inventoryOf(machine));
    m_asked[1].done(fail(ErrorKind::Network, "The host does not answer."));
    auto* table = window.findChild<QTableView*>();
    const int memory = rowOf(table, QStringLiteral("Memory"));
    QCOMPARE(cell(table, memory, 1), QStringLiteral("512 GiB"));
    QCOMPARE(cell(table, memory, 2), QStringLiteral("Cannot tell"));
    bool said = false;
    for (const QLabel* label : window.findChildren<QLabel*>()) {
        QCOMPARE(label->textFormat(), Qt::PlainText);
        said = said || label->text().contains(QStringLiteral("No answer from <b>evil</b>"));
    }
    QVERIFY(said);
}

void TestChecksWindow::closingInTheMiddleHarmsNothing()
{
    auto window =
        std::make_unique<ChecksWindow>(std::vector<HostToCheck>{host("metal-01", "test:///a")}, ask());
    const QPointer<QObject> context = m_asked[0].context;
    window.reset();
    QVERIFY(!context); // so that the answer, which comes by way of it, does not come
}

void TestChecksWindow::savesEveryKindOfReport()
{
    ChecksWindow window({host("metal-01", "test:///a")}, ask());
    m_asked[0].done(test::inventoryOf({}));
    QTemporaryDir folder;
    const std::map<QString, QByteArray> starts = {{QStringLiteral("r.html"), "<!DOCTYPE html>"},
                                                  {QStringLiteral("r.pdf"), "%PDF-"},
                                                  {QStringLiteral("r.json"), "{"},
                                                  {QStringLiteral("r.txt"), "metal-01"}};
    for (const auto& [name, start] : starts) {
        QString error;
        QVERIFY2(window.save(folder.filePath(name), &error), qPrintable(error));
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(file.readAll().startsWith(start), qPrintable(name));
    }
    QString error;
    QVERIFY(!window.save(folder.filePath(QStringLiteral("missing/r.html")), &error));
    QVERIFY(error.contains(QStringLiteral("missing/r.html")));
}

void TestChecksWindow::theSitesHosts()
{
    stack::Stack stack;
    stack.apply(test::pictureSite());
    const std::vector<HostToCheck> hosts = hostsToCheck(stack);
    QVERIFY(hosts.size() >= 3);
    QCOMPARE(hosts[0].subject.name, std::string("metal-01"));
    QVERIFY(!hosts[0].uri.empty());
    QVERIFY(hosts[0].subject.node.has_value());
    QCOMPARE(hosts[0].subject.node->name, std::string("outer-1"));
}

// For the eye: written when STRATA_PICTURES names a folder.
void TestChecksWindow::pictures()
{
    const QString folder = qEnvironmentVariable("STRATA_PICTURES");
    if (folder.isEmpty())
        QSKIP("STRATA_PICTURES names no folder.");
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
        Theme::instance().setMode(mode);
        ChecksWindow window(
            {host("metal-01", "a"), host("metal-02", "b"), host("metal-03", "c"), host("metal-04", "d")},
            ask());
        window.setProfile(QStringLiteral("production"));
        test::Machine machine;
        machine.nesting = "require";
        m_asked[0].done(test::inventoryOf(machine));
        machine.nesting.clear();
        machine.disks = {{"sda", 500}};
        machine.memoryGib = 384;
        m_asked[1].done(test::inventoryOf(machine));
        machine.vendor = "AMD";
        machine.model = "EPYC-Milan";
        machine.nics = {{"eno1", 10000}};
        m_asked[2].done(test::inventoryOf(machine));
        m_asked[3].done(fail(ErrorKind::Network, "The host does not answer."));
        auto* table = window.findChild<QTableView*>();
        table->setCurrentIndex(
            table->model()->index(rowOf(table, QStringLiteral("Nested virtualization")), 2));
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QVERIFY(window.grab().save(folder + (mode == ThemeMode::Dark ? QStringLiteral("/checks-dark.png")
                                                                     : QStringLiteral("/checks-light.png"))));
    }
}

QTEST_MAIN(TestChecksWindow)
#include "test_checks.moc"
