// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/timestamp.h"
#include "ui/console/bootstrapview.h"
#include "ui/theme/theme.h"

#include <QLocale>
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

QString dayText(int day)
{
    return QLocale().toString(QDate(2026, 11, day), QLocale::LongFormat);
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

    // A run over midnight, and one that is long past, tell the day, once for all that was on it: else 00:01
    // would stand below 23:59.
    void overMidnightTheDayIsTold()
    {
        ui::BootstrapView view;
        view.resize(900, 400);
        view.show(run({"2026-11-26T23:59:50Z"}));
        QCOMPARE(timesOf(view), QStringList{QStringLiteral("23:59:50")});
        view.show(run({"2026-11-26T23:59:50Z", "2026-11-27T00:01:05Z"}));
        QCOMPARE(timesOf(view), (QStringList{dayText(26), QStringLiteral("23:59:50"), dayText(27),
                                             QStringLiteral("00:01:05")}));
        QVERIFY(view.timeLine()->topLevelItem(0)->isFirstColumnSpanned());
        QVERIFY(!view.timeLine()->topLevelItem(1)->isFirstColumnSpanned());
        QCOMPARE(view.timeLine()->topLevelItem(1)->toolTip(0), QStringLiteral("2026-11-26 23:59:50"));
        QVERIFY(view.text().contains(QLatin1String("2026-11-27 00:01:05\t")));
        console::BootstrapState past = run({"2026-11-24T10:00:00Z"});
        past.heard = at("2026-11-26T10:00:00Z");
        view.show(past);
        QCOMPARE(timesOf(view), (QStringList{dayText(24), QStringLiteral("10:00:00")}));
        // A stage that began on another day counts, too, though its moment is not kept any more.
        console::BootstrapState stage = run({"2026-11-26T10:00:00Z"});
        stage.stages[0].since = at("2026-11-25T10:00:00Z");
        view.show(stage);
        QCOMPARE(timesOf(view), (QStringList{dayText(26), QStringLiteral("10:00:00")}));
        // And a day that is told no more is a moment again.
        view.show(run({"2026-11-26T10:00:00Z", "2026-11-26T10:00:01Z"}));
        QCOMPARE(timesOf(view), (QStringList{QStringLiteral("10:00:00"), QStringLiteral("10:00:01")}));
        QVERIFY(!view.timeLine()->topLevelItem(0)->isFirstColumnSpanned());
        QVERIFY(view.timeLine()->topLevelItem(0)->flags().testFlag(Qt::ItemIsSelectable));
    }

    // Nothing is cut off, and what happened has the room: the days take none of it.
    void theTimesAreNarrowAndWhatHappenedHasTheRest()
    {
        ui::BootstrapView view;
        view.resize(662, 400);
        static_cast<QWidget&>(view).show();
        view.show(run({"2026-11-26T23:59:50Z", "2026-11-27T00:01:05Z"}));
        QTreeWidget* line = view.timeLine();
        const auto wide = [line](const QString& text) { return line->fontMetrics().horizontalAdvance(text); };
        QTRY_VERIFY(line->columnWidth(0) >= wide(QStringLiteral("23:59:50")));
        QVERIFY(line->columnWidth(0) < wide(QStringLiteral("2026-11-27 00:01:05")));
        QVERIFY(line->columnWidth(2) > 200);
    }
};

QTEST_MAIN(TestBootstrapView)
#include "test_bootstrapview.moc"
