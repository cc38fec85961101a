// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/capacity/barchart.h"
#include "ui/capacity/capacitywindow.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QCheckBox>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStackedWidget>
#include <QTabBar>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

using namespace strata;
using namespace strata::ui;
using strata::test::pictureSite;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QTableView* table(const CapacityWindow& window, int tab)
{
    return qobject_cast<QTableView*>(window.findChild<QStackedWidget*>()->widget(tab));
}

bool says(const QWidget& window, const QString& words)
{
    for (const ThemedLabel* label : window.findChildren<ThemedLabel*>())
        if (label->text().contains(words))
            return true;
    return false;
}

} // namespace

class TestCapacity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }
    void anEmptySiteSaysWhatIsMissing();
    void showsEveryLayerNodeAndTenant();
    void countsWhatFitsAndWhere();
    void followsTheSite();
    void theChartFollowsTheTablesOrder();
    void savesTextJsonAndTable();
    void pictures();

private:
    StackStore m_store;
};

void TestCapacity::anEmptySiteSaysWhatIsMissing()
{
    StackStore empty;
    Selection selection(&empty);
    CapacityWindow window(&empty, &selection, nullptr);
    QVERIFY(says(window, QStringLiteral("connect an outer cluster")));
    QCOMPARE(window.fit().count, 0);
    QVERIFY(says(window, QStringLiteral("No more VM of")));
}

void TestCapacity::showsEveryLayerNodeAndTenant()
{
    m_store.apply(pictureSite());
    Selection selection(&m_store);
    CapacityWindow window(&m_store, &selection, nullptr);
    const QList<QTableView*> tables = {table(window, 0), table(window, 1), table(window, 2)};
    QCOMPARE(tables[0]->model()->rowCount(), int(window.capacity().layers.size()));
    QVERIFY(tables[1]->model()->rowCount() >= 3);
    QCOMPARE(tables[2]->model()->rowCount(), int(window.capacity().tenants.size()));
    // An activated node is selected in the window.
    const QModelIndex first = tables[1]->model()->index(0, 0);
    Q_EMIT tables[1]->activated(first);
    const stack::Item* item = m_store.stack().find(selection.current());
    QVERIFY(item != nullptr);
    QCOMPARE(QString::fromStdString(item->name), first.data().toString());
}

void TestCapacity::countsWhatFitsAndWhere()
{
    Selection selection(&m_store);
    StrataChart chart(&m_store, &selection);
    CapacityWindow window(&m_store, &selection, &chart);
    const int before = window.fit().count;
    window.setSize({1000, 1LL << 30U});
    QVERIFY(window.fit().count > before);
    int sum = 0;
    for (const auto& [node, count] : window.fit().where)
        sum += count;
    QCOMPARE(sum, window.fit().count);
    auto* ghosts = window.findChild<QCheckBox*>();
    QVERIFY(ghosts->isVisibleTo(&window));
    ghosts->setChecked(true);
    window.setSize({512000, 16384LL << 30U});
    QCOMPARE(window.fit().count, 0);
}

void TestCapacity::followsTheSite()
{
    StackStore store;
    Selection selection(&store);
    CapacityWindow window(&store, &selection, nullptr);
    QVERIFY(window.capacity().nodes.empty());
    store.apply(pictureSite());
    QTRY_VERIFY(!window.capacity().nodes.empty());
}

void TestCapacity::theChartFollowsTheTablesOrder()
{
    Selection selection(&m_store);
    CapacityWindow window(&m_store, &selection, nullptr);
    window.findChild<QTabBar*>()->setCurrentIndex(1);
    const auto* chart = window.findChild<BarChartView*>();
    QTableView* nodes = table(window, 1);
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        nodes->sortByColumn(0, order);
        QStringList names;
        for (int row = 0; row < nodes->model()->rowCount(); ++row)
            names << nodes->model()->index(row, 0).data().toString();
        QCOMPARE(chart->shownChart().names, names);
    }
}

void TestCapacity::savesTextJsonAndTable()
{
    Selection selection(&m_store);
    CapacityWindow window(&m_store, &selection, nullptr);
    QTemporaryDir folder;
    QString error;
    QVERIFY2(window.save(folder.filePath(QStringLiteral("c.json")), &error), qPrintable(error));
    const QJsonObject json =
        QJsonDocument::fromJson(contents(folder.filePath(QStringLiteral("c.json")))).object();
    QVERIFY(json.contains(QLatin1String("fits")));
    QVERIFY(window.save(folder.filePath(QStringLiteral("c.txt")), &error));
    QVERIFY(contents(folder.filePath(QStringLiteral("c.txt"))).contains("LAYER"));
    QVERIFY(window.save(folder.filePath(QStringLiteral("c.csv")), &error));
    const QList<QByteArray> lines = contents(folder.filePath(QStringLiteral("c.csv"))).trimmed().split('\n');
    QCOMPARE(lines.size(), qsizetype(window.capacity().layers.size()) + 1);
    QVERIFY(!window.save(QStringLiteral("/nowhere/at/all.txt"), &error));
    QVERIFY(error.contains(QLatin1String("/nowhere/at/all.txt")));
}

void TestCapacity::pictures()
{
    const QString folder = qEnvironmentVariable("STRATA_PICTURES");
    if (folder.isEmpty())
        QSKIP("STRATA_PICTURES names no folder");
    Selection selection(&m_store);
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
        Theme::instance().setMode(mode);
        CapacityWindow window(&m_store, &selection, nullptr);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        for (int tab = 0; tab < 3; ++tab) {
            window.findChild<QTabBar*>()->setCurrentIndex(tab);
            QCoreApplication::processEvents(); // the chart lays itself out
            const QString name =
                QStringLiteral("%1/capacity-%2-%3.png")
                    .arg(folder)
                    .arg(tab)
                    .arg(mode == ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light"));
            QVERIFY(window.grab().save(name));
        }
    }
}

QTEST_MAIN(TestCapacity)
#include "test_capacity.moc"
