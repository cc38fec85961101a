// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/details/conditions.h"
#include "ui/details/conditionspage.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace strata;
using stack::Health;

class TestConditions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void polarity_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("status");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("severity");
        QTest::addColumn<int>("health");
        const auto row = [](const char* type, const char* status, Health health, const char* reason = "",
                            const char* severity = "") {
            QTest::addRow("%s=%s %s%s", type, status, reason, severity)
                << QString::fromLatin1(type) << QString::fromLatin1(status) << QString::fromLatin1(reason)
                << QString::fromLatin1(severity) << static_cast<int>(health);
        };
        row("Ready", "True", Health::Ok);
        row("Ready", "False", Health::Failed);
        row("Ready", "Unknown", Health::Unknown);
        row("MemoryPressure", "True", Health::Warning);
        row("MemoryPressure", "False", Health::Ok);
        row("MemoryPressure", "Unknown", Health::Unknown);
        row("NetworkUnavailable", "True", Health::Failed);
        row("NetworkUnavailable", "False", Health::Ok);
        row("Paused", "True", Health::Failed, "PausedIOError");
        row("Paused", "True", Health::Warning, "PausedByUser");
        row("Paused", "False", Health::Ok);
        row("AgentConnected", "False", Health::Unknown);
        row("LiveMigratable", "False", Health::Warning);
        row("RollingOut", "True", Health::Progressing);
        row("RollingOut", "False", Health::Ok);
        row("NodeHealthy", "False", Health::Failed);
        row("InfrastructureReady", "False", Health::Progressing, "", "Info");
        row("InfrastructureReady", "False", Health::Failed, "", "Error");
        row("InfrastructureReady", "False", Health::Warning);
        row("EtcdPodHealthy", "False", Health::Failed);
        row("SomethingNobodyKnowsFailed", "True", Health::Warning);
        row("SomethingNobodyKnowsFailed", "False", Health::Ok);
        row("SomethingNobodyKnows", "True", Health::Ok);
    }

    void polarity()
    {
        QFETCH(QString, type);
        QFETCH(QString, status);
        QFETCH(QString, reason);
        QFETCH(QString, severity);
        QFETCH(int, health);
        stack::Condition condition;
        condition.type = type.toStdString();
        condition.status = status.toStdString();
        condition.reason = reason.toStdString();
        condition.severity = severity.toStdString();
        QCOMPARE(static_cast<int>(ui::conditionHealth(condition)), health);
    }

    void problemsComeFirst()
    {
        const auto rows = ui::conditionRows(
            {{"Alpha", "True", "", "", "", 0},
             {"MemoryPressure", "True", "Low", "<b>no memory</b>\x01", "", test::kNow - 240000},
             {"Ready", "False", "", "", "", 0}},
            test::kNow);
        QCOMPARE(rows.size(), std::size_t(3));
        QCOMPARE(rows[0].type, QStringLiteral("Ready"));
        QCOMPARE(rows[1].type, QStringLiteral("MemoryPressure"));
        QCOMPARE(rows[1].age, QStringLiteral("4m"));
        QCOMPARE(rows[1].message, QStringLiteral("<b>no memory</b> ")); // literal, the control character gone
        QCOMPARE(rows[2].type, QStringLiteral("Alpha"));
    }

    void selectionFollowsItsType()
    {
        ui::ConditionModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<stack::Condition> conditions = {{"A", "True", "", "", "", 0},
                                                    {"B", "True", "", "", "", 0}};
        model.show(ui::conditionRows(conditions, test::kNow));
        const QPersistentModelIndex onB = model.index(1, 0);
        QCOMPARE(onB.data().toString(), QStringLiteral("B"));
        conditions[1].status = "False"; // now it is a problem and comes first
        model.show(ui::conditionRows(conditions, test::kNow));
        QCOMPARE(onB.row(), 0);
        QCOMPARE(onB.data().toString(), QStringLiteral("B"));
        conditions.pop_back();
        model.show(ui::conditionRows(conditions, test::kNow));
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(!onB.isValid());
    }
};

QTEST_MAIN(TestConditions)
#include "test_conditions.moc"
