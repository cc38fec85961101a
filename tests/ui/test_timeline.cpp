// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/stack.h"
#include "tests/support/picturesite.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/timeline/timelineview.h"

#include <QtTest>

using namespace strata;
using namespace strata::ui;
using diagnosis::History;
using strata::test::kNow;

class TestTimeline : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().install(); }
    void zoomsAroundAMomentWithinItsLimits();
    void doesNotPanIntoTheFuture();
    void ticksAreEvenAndHaveRoom_data();
    void ticksAreEvenAndHaveRoom();
    void showsProblemsThatLast();
    void selectsWhatIsClicked();
    void theKeyboardReachesEveryMark();
    void leavesNowAndComesBack();
    void pictures();
};

void TestTimeline::zoomsAroundAMomentWithinItsLimits()
{
    TimeScale scale{kNow - 600000, kNow, 100, 600};
    const UnixMs around = kNow - 300000;
    const double before = scale.x(around);
    scale.zoom(0.5, around, kNow);
    QCOMPARE(scale.span(), UnixMs(300000));
    QVERIFY(qAbs(scale.x(around) - before) < 1);
    for (int i = 0; i < 40; ++i)
        scale.zoom(0.5, around, kNow);
    QCOMPARE(scale.span(), TimeScale::kShortest);
    for (int i = 0; i < 40; ++i)
        scale.zoom(2, around, kNow);
    QCOMPARE(scale.span(), TimeScale::kLongest);
    QVERIFY(scale.to <= kNow);
}

void TestTimeline::doesNotPanIntoTheFuture()
{
    TimeScale scale{kNow - 600000, kNow, 0, 600};
    scale.pan(-60, kNow);
    QCOMPARE(scale.to, kNow - 60000);
    scale.pan(1000, kNow);
    QCOMPARE(scale.to, kNow);
    QCOMPARE(scale.span(), UnixMs(600000));
}

void TestTimeline::ticksAreEvenAndHaveRoom_data()
{
    QTest::addColumn<qint64>("span");
    for (const qint64 seconds : {30, 60, 600, 1800, 7200, 86400})
        QTest::newRow(qPrintable(QString::number(seconds))) << seconds * 1000;
}

void TestTimeline::ticksAreEvenAndHaveRoom()
{
    QFETCH(qint64, span);
    const TimeScale scale{kNow - span, kNow, 0, 700};
    const std::vector<TimeTick> found = ticks(scale, 80);
    QVERIFY(found.size() >= 1 && found.size() <= 9);
    for (std::size_t i = 1; i < found.size(); ++i) {
        QVERIFY(scale.x(found[i].at) - scale.x(found[i - 1].at) >= 79.9);
        QCOMPARE(found[i].at - found[i - 1].at, found[1].at - found[0].at);
        QVERIFY(!found[i].text.isEmpty());
    }
}

namespace {

struct Shown {
    StackStore store;
    UnixMs now = kNow;
    Selection selection{&store};
    TimelineView view{&store, &selection, [this] { return now; }};

    Shown()
    {
        store.setClock([this] { return now; });
        store.apply(test::pictureSite());
        view.resize(900, 180);
        view.show();
    }
    bool exposed() { return QTest::qWaitForWindowExposed(&view); }
    QPoint pointOf(const std::string& title)
    {
        for (int y = 2; y < view.height() - 20; y += 2) {
            for (int x = 100; x < view.width() - 15; x += 3) {
                if (view.describe({x, y}).contains(QString::fromStdString(title)))
                    return {x, y};
            }
        }
        return {};
    }
};

} // namespace

void TestTimeline::showsProblemsThatLast()
{
    Shown f;
    QVERIFY(f.exposed());
    QVERIFY(!f.view.history().spans().empty());
    for (const History::Span& span : f.view.history().spans())
        QTRY_VERIFY2(!f.pointOf(span.title).isNull(), span.title.c_str());
}

void TestTimeline::selectsWhatIsClicked()
{
    Shown f;
    QVERIFY(f.exposed());
    const History::Span span = f.view.history().spans().front();
    QVERIFY(span.item);
    QTRY_VERIFY(!f.pointOf(span.title).isNull());
    QTest::mouseClick(&f.view, Qt::LeftButton, {}, f.pointOf(span.title));
    QCOMPARE(f.selection.current(), span.item);
}

void TestTimeline::theKeyboardReachesEveryMark()
{
    Shown f;
    f.view.act(QStringLiteral("Create tenant cluster violet"), stack::Health::Progressing);
    f.now += 60000;
    f.view.act(QStringLiteral("Create tenant cluster violet: ready"), stack::Health::Ok);
    QVERIFY(f.exposed());
    f.view.setFocus();
    QTRY_VERIFY(!f.pointOf("violet: ready").isNull());
    for (int i = 0; i < 6; ++i)
        QTest::keyClick(&f.view, Qt::Key_Up);
    QTest::keyClick(&f.view, Qt::Key_Right);
    QVERIFY(f.view.accessibleDescription().contains(QLatin1String("Create tenant cluster violet")));
    QTest::keyClick(&f.view, Qt::Key_Right);
    QVERIFY(f.view.accessibleDescription().contains(QLatin1String("ready")));
    QTest::keyClick(&f.view, Qt::Key_Left);
    QVERIFY(!f.view.accessibleDescription().contains(QLatin1String("ready")));
}

void TestTimeline::leavesNowAndComesBack()
{
    Shown f;
    QVERIFY(f.exposed());
    QVERIFY(f.view.followsNow());
    QTest::mousePress(&f.view, Qt::LeftButton, {}, {300, 60});
    QTest::mouseMove(&f.view, {400, 60});
    QTest::mouseMove(&f.view, {500, 60});
    QTest::mouseRelease(&f.view, Qt::LeftButton, {}, {500, 60});
    QVERIFY(!f.view.followsNow());
    QVERIFY(f.view.scale().to < kNow);
    const UnixMs span = f.view.scale().span();
    QTest::keyClick(&f.view, Qt::Key_Plus);
    QVERIFY(f.view.scale().span() < span);
    QTest::keyClick(&f.view, Qt::Key_End);
    QVERIFY(f.view.followsNow());
    QCOMPARE(f.view.scale().to, f.now);
}

void TestTimeline::pictures()
{
    const QString folder = qEnvironmentVariable("STRATA_PICTURES");
    if (folder.isEmpty())
        QSKIP("STRATA_PICTURES names no folder");
    for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
        Theme::instance().setMode(mode);
        Shown f;
        f.view.act(QStringLiteral("Create tenant cluster violet"), stack::Health::Progressing);
        QVERIFY(f.exposed());
        QTRY_VERIFY(!f.pointOf("violet").isNull());
        QVERIFY(f.view.grab().save(
            QStringLiteral("%1/timeline-%2.png")
                .arg(folder, mode == ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light"))));
    }
}

QTEST_MAIN(TestTimeline)
#include "test_timeline.moc"
