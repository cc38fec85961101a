// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/stack.h"
#include "tests/core/checks/machines.h"
#include "tests/support/picturesite.h"
#include "ui/checks/checkswindow.h"
#include "ui/checks/keptchecks.h"
#include "ui/settings/workspace.h"
#include "ui/theme/theme.h"
#include "ui/widgets/pill.h"

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
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
    void tellsWhatHasChanged();
    void clustersKnowOtherHosts();
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

    // The name of a check stands for the host that is worst off.
    table->setCurrentIndex(table->model()->index(nested, 0));
    QCOMPARE(window.findChild<Pill*>()->text(), QStringLiteral("Fails"));
    QVERIFY(commands->toPlainText().contains(QStringLiteral("nested=1")));
    // Small screens have room for it.
    QVERIFY2(window.minimumSizeHint().width() <= 1000,
             qPrintable(QString::number(window.minimumSizeHint().width())));

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
void TestChecksWindow::tellsWhatHasChanged()
{
    test::Machine machine;
    machine.nesting = "require";
    ChecksWindow window({host("metal-01", "test:///a")}, ask());
    QSignalSpy checked(&window, &ChecksWindow::checked);
    QSignalSpy keep(&window, &ChecksWindow::keepWanted);
    window.setKept({});
    m_asked[0].done(test::inventoryOf(machine));
    QCOMPARE(checked.count(), 1);
    QVERIFY(window.drift().isEmpty()); // nothing to compare with
    window.findChild<QPushButton*>(QStringLiteral("keep"))->click();
    QCOMPARE(keep.count(), 1);
    QVERIFY(window.drift().startsWith(QStringLiteral("No verdict has changed")));
    m_asked.clear();
    window.findChildren<QPushButton*>().at(0)->click(); // again
    machine.nesting.clear();
    m_asked[0].done(test::inventoryOf(machine));
    QVERIFY2(window.drift().contains(QStringLiteral("Nested virtualization: passed (on), fails now (off)")),
             qPrintable(window.drift()));
    // As the workspace keeps it.
    QTemporaryDir folder;
    Workspace workspace(folder.filePath(QStringLiteral("workspace.json")));
    KeptChecks kept(&workspace);
    kept.keep(keep.first().first().toByteArray(), false);
    QCOMPARE(kept.all().size(), std::size_t(1));
    QCOMPARE(kept.all().at("metal-01").checks.at("nested-kvm").verdict, checks::Verdict::Pass);
    kept.keep(checked.last().first().toByteArray(), true); // it has one already
    QCOMPARE(kept.all().at("metal-01").checks.at("nested-kvm").verdict, checks::Verdict::Pass);
    kept.keep(checked.last().first().toByteArray(), false);
    QCOMPARE(kept.all().at("metal-01").checks.at("nested-kvm").verdict, checks::Verdict::Fail);
}

void TestChecksWindow::clustersKnowOtherHosts()
{
    ChecksWindow window({host("metal-01", "test:///a")}, ask());
    std::function<void(ChecksWindow::ClusterWords)> tell;
    window.setClusters(
        [&](QObject*, std::function<void(ChecksWindow::ClusterWords)> done) { tell = std::move(done); });
    auto* table = window.findChild<QTableView*>();
    QCOMPARE(table->model()->columnCount(), 2);
    checks::NodeView node;
    node.name = "outer-9";
    node.allocatable = {{"devices.kubevirt.io/kvm", 1000}};
    tell({{node}, {}});
    QCOMPARE(table->model()->columnCount(), 3);
    QCOMPARE(cell(table, rowOf(table, QStringLiteral("KVM")), 2), QStringLiteral("usable"));
    m_asked[0].done(test::inventoryOf(test::Machine())); // an answer that was on its way finds its column
    QCOMPARE(cell(table, rowOf(table, QStringLiteral("KVM")), 1), QStringLiteral("usable"));
}

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
