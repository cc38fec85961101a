// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/elidedlabel.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/pill.h"
#include "ui/widgets/searchfield.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QElapsedTimer>
#include <QHeaderView>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <QtTest>

using namespace strata;
using namespace strata::ui;

namespace {

int pixelsOf(const Usage& usage, const QColor& color)
{
    QImage image(100, 24, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    paintUsageBar(&painter, QRectF(0, 0, 100, 24), usage);
    painter.end();
    int count = 0;
    for (int x = 0; x < 100; ++x)
        count += image.pixelColor(x, 12) == color ? 1 : 0;
    return count;
}

} // namespace

class TestWidgets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        Theme::instance().setMode(ThemeMode::Light);
        Theme::instance().install();
    }

    void tooltipsStayPlain()
    {
        const QString tip = plainToolTip(QStringLiteral("<b>x</b>\n<img src='file:///etc/passwd'>"));
        QVERIFY(!tip.contains(QStringLiteral("<b>")));
        QVERIFY(!tip.contains(QStringLiteral("<img")));
        QVERIFY(tip.contains(QStringLiteral("&lt;b&gt;")));
        QVERIFY(tip.contains(QStringLiteral("<br>")));
        QVERIFY(plainToolTip({}).isEmpty());
    }

    void labelsBeginWhereTheLayoutBegins()
    {
        for (const auto direction : {Qt::LeftToRight, Qt::RightToLeft}) {
            for (const char* kind : {"plain", "selectable", "of a field"}) {
                QWidget window;
                window.setLayoutDirection(direction);
                auto* label = new ThemedLabel(QStringLiteral("&Short"), TextRole::Text, &window);
                if (qstrcmp(kind, "selectable") == 0)
                    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
                if (qstrcmp(kind, "of a field") == 0)
                    label->setBuddy(&window);
                label->setGeometry(0, 0, 300, 30);
                window.resize(300, 30);
                window.show();
                const QImage image = window.grab().toImage();
                int left = 300;
                int right = 0;
                for (int x = 0; x < 300; ++x) {
                    for (int y = 0; y < 30; ++y) {
                        if (image.pixelColor(x, y) != image.pixelColor(150, 15)) {
                            left = std::min(left, x);
                            right = std::max(right, x);
                        }
                    }
                }
                QVERIFY(left <= right);
                QVERIFY2(direction == Qt::LeftToRight ? left < 20 : right > 280, kind);
                window.setLayoutDirection(Qt::LeftToRight);
                QVERIFY(!(label->alignment() & Qt::AlignRight));
            }
        }
    }

    // Values at the end of their line stand there because somebody has said so.
    void labelsStayWhereTheyArePut()
    {
        for (const Qt::Alignment place :
             {Qt::AlignRight | Qt::AlignAbsolute, Qt::AlignLeft | Qt::AlignAbsolute,
              Qt::Alignment(Qt::AlignRight), Qt::Alignment(Qt::AlignHCenter)}) {
            QWidget window;
            auto* label = new ThemedLabel(QStringLiteral("Value"), TextRole::Text, &window);
            label->setTextInteractionFlags(Qt::TextSelectableByMouse);
            label->setAlignment(place | Qt::AlignVCenter);
            window.show();
            QCOMPARE(label->alignment(), place | Qt::AlignVCenter);
            window.setLayoutDirection(Qt::RightToLeft);
            QCOMPARE(label->alignment(), place | Qt::AlignVCenter);
            window.setLayoutDirection(Qt::LeftToRight);
            QCOMPARE(label->alignment(), place | Qt::AlignVCenter);
        }
    }

    void marginsAreMirrored()
    {
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        setLeadingMargins(layout, 40, 1, 2, 3);
        auto* child = new QWidget(&window);
        layout->addWidget(child);
        auto* own = new QLabel(child);
        setLeadingMargins(own, 24, 0, 4, 0);
        QCOMPARE(layout->contentsMargins(), QMargins(40, 1, 2, 3));
        window.setLayoutDirection(Qt::RightToLeft);
        QCOMPARE(layout->contentsMargins(), QMargins(2, 1, 40, 3));
        QCOMPARE(own->contentsMargins(), QMargins(4, 0, 24, 0));
        window.setLayoutDirection(Qt::LeftToRight);
        QCOMPARE(layout->contentsMargins(), QMargins(40, 1, 2, 3));
        QCOMPARE(own->contentsMargins(), QMargins(24, 0, 4, 0));
    }

    // A heading begins where what is below it begins, in every column and in both directions.
    void headingsStandOverTheirCells_data()
    {
        QTest::addColumn<Qt::LayoutDirection>("direction");
        QTest::newRow("left to right") << Qt::LeftToRight;
        QTest::newRow("right to left") << Qt::RightToLeft;
    }
    void headingsStandOverTheirCells()
    {
        QFETCH(Qt::LayoutDirection, direction);
        QGuiApplication::setLayoutDirection(direction); // what is grabbed is painted in the program's
        const auto back = qScopeGuard([] { QGuiApplication::setLayoutDirection(Qt::LeftToRight); });
        const auto check = [&](QAbstractItemView& view, QHeaderView* header) {
            header->setDefaultAlignment(Qt::AlignLeading | Qt::AlignVCenter);
            view.setFrameStyle(QFrame::NoFrame);
            view.resize(600, 120);
            view.show();
            for (int column = 0; column < 3; ++column)
                header->resizeSection(column, 200);
            // The edge of the ink within a section.
            const auto ink = [&](QWidget* widget, int column) {
                const QImage image = widget->grab().toImage();
                const int from = header->sectionViewportPosition(column);
                const bool mirrored = direction == Qt::RightToLeft;
                const QColor paper = image.pixelColor(from + 100, 4);
                for (int i = 0; i < 200; ++i) {
                    const int x = mirrored ? from + 199 - i : from + i;
                    for (int y = 6; y < 18; ++y) {
                        if (image.pixelColor(x, y) != paper)
                            return i;
                    }
                }
                return -1;
            };
            for (int column = 0; column < 3; ++column) {
                const int above = ink(header->viewport(), column);
                const int below = ink(view.viewport(), column);
                QVERIFY(above > 0 && below > 0);
                QVERIFY2(
                    qAbs(above - below) <= 1,
                    qPrintable(QStringLiteral("column %1: %2 over %3").arg(column).arg(above).arg(below)));
            }
        };
        QTableWidget table(1, 3);
        table.verticalHeader()->hide();
        table.setShowGrid(false);
        table.setItemDelegate(new CellDelegate(&table));
        QTreeWidget tree;
        tree.setRootIsDecorated(false);
        tree.setItemDelegate(new CellDelegate(&tree));
        tree.addTopLevelItem(new QTreeWidgetItem);
        for (int column = 0; column < 3; ++column) {
            table.setItem(0, column, new QTableWidgetItem(QStringLiteral("H")));
            tree.topLevelItem(0)->setText(column, QStringLiteral("H"));
        }
        const QStringList words{QStringLiteral("H"), QStringLiteral("H"), QStringLiteral("H")};
        table.setHorizontalHeaderLabels(words);
        tree.setHeaderLabels(words);
        check(table, table.horizontalHeader());
        check(tree, tree.header());
    }

    void outsideTextIsCleaned()
    {
        QCOMPARE(cleaned(std::string_view("a\nb\x1b[31m")), QStringLiteral("a b [31m"));
        QVERIFY(cleaned(QString(100000, u'x')).size() <= 1100);
    }

    void elidingIsBounded()
    {
        const QFontMetrics metrics{QFont()};
        const QString cut = elided(metrics, QString(2'000'000, u'x'), 120);
        QVERIFY(cut.size() < 70);
        QVERIFY(cut.endsWith(u'…'));
        QVERIFY(metrics.horizontalAdvance(cut) <= 120);
        QCOMPARE(elided(metrics, QStringLiteral("abc"), 500), QStringLiteral("abc"));
        QVERIFY(elided(metrics, QStringLiteral("abc"), 0).isEmpty());
        const QString name = elidedName(metrics, QStringLiteral("blue-md-0-8pqqh-x8k2p"),
                                        metrics.horizontalAdvance(QStringLiteral("blue-md-0-8p")));
        QVERIFY(name.startsWith(QStringLiteral("blue-")) && name.endsWith(QStringLiteral("k2p")));
        QVERIFY(elidedName(metrics, QString(2'000'000, u'x'), 120).size() < 120);
    }

    void usageInShares()
    {
        QVERIFY(!usageOf(-1, -1, -1).told());
        QVERIFY(!usageOf(5, -1, 0).told());
        QCOMPARE(usageOf(25, 50, 100).used, 0.25);
        QCOMPARE(usageOf(25, 50, 100).allocated, 0.5);
        QCOMPARE(usageOf(25, 50, 0).used, 0.5); // of what it asked for
        QVERIFY(usageOf(25, 50, 0).allocated < 0);
        QVERIFY(usageText(25, 50, 100, coresText).contains(QStringLiteral("25 %")));
        QVERIFY(usageText(25, 50, 100, coresText).contains(QStringLiteral("50 %")));
        QVERIFY(usageText(-1, 50, 0, bytesText).contains(QStringLiteral("not measured")));
        QVERIFY(usageText(-1, -1, -1, bytesText).isEmpty());
    }

    void barsAreAsLongAsTheShare()
    {
        const Colors& c = colors();
        const int quarter = pixelsOf({0.25, -1}, c.bar);
        QVERIFY2(quarter >= 20 && quarter <= 27, qPrintable(QString::number(quarter)));
        QVERIFY(pixelsOf({0.75, -1}, c.bar) > 2 * quarter);
        // Nearly full is amber, full is red; more than all is no more than the track.
        QVERIFY(pixelsOf({0.93, -1}, c.healthFill[std::size_t(stack::Health::Warning)]) > 80);
        QVERIFY(pixelsOf({3.0, -1}, c.healthFill[std::size_t(stack::Health::Failed)]) > 90);
        QCOMPARE(pixelsOf({0.93, -1}, c.bar), 0);
        QCOMPARE(pixelsOf({0.25, 0.5}, c.muted) > 0, true);
        QCOMPARE(pixelsOf({0.25, -1}, c.muted), 0);
    }

    void searchFieldKeys()
    {
        SearchField field;
        field.show();
        QVERIFY(QTest::qWaitForWindowExposed(&field));
        QSignalSpy left(&field, &SearchField::leaveWanted);
        QSignalSpy changed(&field, &SearchField::textChanged);
        QTest::keyClicks(field.edit(), QStringLiteral("blue"));
        QCOMPARE(changed.count(), 4);
        QTest::keyClick(field.edit(), Qt::Key_Escape);
        QVERIFY(field.text().isEmpty());
        QCOMPARE(left.count(), 0);
        QTest::keyClick(field.edit(), Qt::Key_Escape);
        QCOMPARE(left.count(), 1);
        QTest::keyClick(field.edit(), Qt::Key_Down);
        QCOMPARE(left.count(), 2);
        const int before = field.sizeHint().height();
        field.setHint(QStringLiteral("There is no field <b>foo</b>."));
        QVERIFY(field.sizeHint().height() > before);
        QCOMPARE(field.hint(), QStringLiteral("There is no field <b>foo</b>."));
        field.setHint({});
        QCOMPARE(field.sizeHint().height(), before);
    }

    void labelsDoNotWidenTheirWindow()
    {
        ElidedLabel label(QString(500, u'x'));
        QVERIFY(label.minimumSizeHint().width() < 100);
        QCOMPARE(label.accessibleName().size(), 500);
        Pill pill;
        pill.setState(stack::Health::Failed, QStringLiteral("Paused"));
        QVERIFY(pill.accessibleName().contains(QStringLiteral("failed")));
        QVERIFY(pill.minimumSizeHint().width() < 100);
        pill.resize(pill.sizeHint());
        const QImage image = pill.grab().toImage();
        QCOMPARE(image.pixelColor(image.width() / 2, 1),
                 colors().healthSoft[std::size_t(stack::Health::Failed)]);
    }
};

QTEST_MAIN(TestWidgets)
#include "test_widgets.moc"
