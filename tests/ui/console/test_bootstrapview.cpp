// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/timestamp.h"
#include "ui/console/bootstrapview.h"
#include "ui/theme/theme.h"

#include <QTreeWidget>
#include <QtTest>

using namespace strata;
using console::Moment;
using console::StageState;

namespace {

UnixMs at(const char* time)
{
    return parseRfc3339(time).value_or(0);
}

console::BootstrapState run(std::initializer_list<const char*> times)
{
    console::BootstrapState out;
    out.verdict = "The VM boots.";
    for (const char* time : times) {
        out.moments.push_back({at(time), Moment::Source::Vm, StageState::Active, "something came to be"});
        out.heard = at(time);
    }
    out.stages[0] = {StageState::Done, out.moments.front().at, "outer-1"};
    return out;
}

QStringList timesOf(const ui::BootstrapView& view)
{
    QStringList out;
    for (int i = 0; i < view.timeLine()->topLevelItemCount(); ++i)
        out << view.timeLine()->topLevelItem(i)->text(0);
    return out;
}

} // namespace

class TestBootstrapView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("TZ", "UTC");
        ui::Theme::instance().install();
    }

    void withinADayTheTimeIsEnough()
    {
        ui::BootstrapView view;
        view.resize(900, 400);
        view.show(run({"2026-11-26T00:00:00Z", "2026-11-26T23:59:59Z"}));
        QCOMPARE(timesOf(view), (QStringList{QStringLiteral("00:00:00"), QStringLiteral("23:59:59")}));
        QVERIFY(!view.text().contains(QLatin1String("2026")));
    }

    // A run over midnight, and one that is long past, tell the day: else 00:01 would stand below 23:59.
    void overMidnightTheDayIsTold()
    {
        ui::BootstrapView view;
        view.resize(900, 400);
        view.show(run({"2026-11-26T23:59:50Z"}));
        QCOMPARE(timesOf(view), QStringList{QStringLiteral("23:59:50")});
        view.show(run({"2026-11-26T23:59:50Z", "2026-11-27T00:01:05Z"}));
        QCOMPARE(timesOf(view),
                 (QStringList{QStringLiteral("2026-11-26 23:59:50"), QStringLiteral("2026-11-27 00:01:05")}));
        QVERIFY(view.text().contains(QLatin1String("2026-11-27 00:01:05\t")));
        console::BootstrapState past = run({"2026-11-24T10:00:00Z"});
        past.heard = at("2026-11-26T10:00:00Z");
        view.show(past);
        QCOMPARE(timesOf(view), QStringList{QStringLiteral("2026-11-24 10:00:00")});
        // A stage that began on another day counts, too, though its moment is not kept any more.
        console::BootstrapState stage = run({"2026-11-26T10:00:00Z"});
        stage.stages[0].since = at("2026-11-25T10:00:00Z");
        view.show(stage);
        QCOMPARE(timesOf(view), QStringList{QStringLiteral("2026-11-26 10:00:00")});
    }

    // Nothing is cut off: the column is as wide as what it holds, and what happened has the rest.
    void theColumnIsWideEnough()
    {
        ui::BootstrapView view;
        view.resize(900, 400);
        static_cast<QWidget&>(view).show();
        view.show(run({"2026-11-26T23:59:50Z", "2026-11-27T00:01:05Z"}));
        QTreeWidget* line = view.timeLine();
        QTRY_VERIFY(line->columnWidth(0) >=
                    line->fontMetrics().horizontalAdvance(QStringLiteral("2026-11-27 00:01:05")));
        QVERIFY(line->columnWidth(2) > 150);
    }
};

QTEST_MAIN(TestBootstrapView)
#include "test_bootstrapview.moc"
