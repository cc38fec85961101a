// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QPainter>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>
#include <set>

using namespace strata;
using namespace strata::ui;
using stack::Health;
using stack::ItemKind;

namespace {

// WCAG 2.1, relative luminance and contrast ratio.
double luminance(const QColor& color)
{
    const auto part = [](double value) {
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF());
}

double contrast(const QColor& a, const QColor& b)
{
    const double x = luminance(a);
    const double y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

// Where a shape put ink, whatever its colour.
QImage inkOf(Health own, Health below)
{
    QImage image(32, 32, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    Theme::paintHealth(&painter, QRectF(6, 6, 20, 20), own, below);
    painter.end();
    return image;
}

int inkDifference(const QImage& a, const QImage& b)
{
    int count = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x)
            count += (qAlpha(a.pixel(x, y)) > 128) != (qAlpha(b.pixel(x, y)) > 128) ? 1 : 0;
    return count;
}

QColor strongest(const QPixmap& pixmap)
{
    const QImage image = pixmap.toImage();
    QColor best;
    int alpha = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (qAlpha(image.pixel(x, y)) > alpha) {
                alpha = qAlpha(image.pixel(x, y));
                best = image.pixelColor(x, y);
            }
    return best;
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        Theme::instance().setMode(ThemeMode::Light);
        Theme::instance().install();
    }

    void textIsReadableEverywhere_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }

    void textIsReadableEverywhere()
    {
        QFETCH(bool, dark);
        const Colors c = Theme::colorsOf(dark);
        QCOMPARE(c.dark, dark);
        struct Pair {
            QString name;
            QColor front;
            QColor back;
            double least;
        };
        std::vector<Pair> pairs;
        const std::vector<std::pair<QString, QColor>> grounds = {
            {QStringLiteral("window"), c.window},       {QStringLiteral("panel"), c.panel},
            {QStringLiteral("base"), c.base},           {QStringLiteral("hover"), c.hover},
            {QStringLiteral("selection"), c.selection},
        };
        for (const auto& [name, ground] : grounds) {
            pairs.push_back({QStringLiteral("text on ") + name, c.text, ground, 4.5});
            pairs.push_back({QStringLiteral("muted on ") + name, c.muted, ground, 4.5});
            pairs.push_back({QStringLiteral("accent on ") + name, c.accent, ground, 4.5});
            for (std::size_t i = 0; i < 5; ++i) {
                const QString which = QString::number(i) + QStringLiteral(" on ") + name;
                pairs.push_back({QStringLiteral("health ") + which, c.health[i], ground, 4.5});
                pairs.push_back({QStringLiteral("healthFill ") + which, c.healthFill[i], ground, 3});
                pairs.push_back({QStringLiteral("layer ") + which, c.layer[i], ground, 3});
            }
        }
        pairs.push_back({QStringLiteral("accentText on accent"), c.accentText, c.accent, 4.5});
        pairs.push_back({QStringLiteral("accent against track"), c.accent, c.barTrack, 3});
        for (std::size_t i = 0; i < 5; ++i) {
            const QString which = QString::number(i);
            pairs.push_back(
                {QStringLiteral("health on its pill ") + which, c.health[i], c.healthSoft[i], 4.5});
            pairs.push_back({QStringLiteral("text on pill ") + which, c.text, c.healthSoft[i], 4.5});
            pairs.push_back({QStringLiteral("text on cell ") + which, c.text, c.healthCell[i], 4.5});
            pairs.push_back({QStringLiteral("text on layer ") + which, c.text, c.layerSoft[i], 4.5});
        }
        for (const Pair& pair : pairs)
            QVERIFY2(contrast(pair.front, pair.back) >= pair.least,
                     qPrintable(pair.name + QStringLiteral(": ") +
                                QString::number(contrast(pair.front, pair.back), 'f', 2)));
    }

    void statesDifferByShapeAlone()
    {
        for (int a = 0; a < 5; ++a) {
            const auto x = static_cast<Health>(a);
            QVERIFY(!Theme::healthName(x).isEmpty());
            for (int b = a + 1; b < 5; ++b)
                QVERIFY2(inkDifference(inkOf(x, x), inkOf(static_cast<Health>(b), static_cast<Health>(b))) >
                             30,
                         qPrintable(QStringLiteral("%1/%2").arg(a).arg(b)));
        }
        // The mark of a worse state below, and none for a better one.
        QVERIFY(inkDifference(inkOf(Health::Ok, Health::Ok), inkOf(Health::Ok, Health::Failed)) > 10);
        QCOMPARE(inkDifference(inkOf(Health::Failed, Health::Failed), inkOf(Health::Failed, Health::Ok)), 0);
    }

    void everyIconIsOfTheFamily()
    {
        const QDir folder(QStringLiteral(":/strata/icons"));
        const QStringList files = folder.entryList({QStringLiteral("*.svg")});
        QVERIFY(files.size() > 60);
        std::set<QByteArray> pictures;
        for (const QString& file : files) {
            QFile svg(folder.filePath(file));
            QVERIFY(svg.open(QIODevice::ReadOnly));
            const QByteArray text = svg.readAll();
            QVERIFY2(text.contains("viewBox=\"0 0 16 16\""), qPrintable(file));
            QVERIFY2(text.contains("currentColor"), qPrintable(file));
            QVERIFY2(!text.contains("#"), qPrintable(file)); // no colour of its own
            const QPixmap picture = IconEngine::render(file.chopped(4), Qt::red, {32, 32}, 2.0);
            QCOMPARE(picture.devicePixelRatio(), 2.0);
            QCOMPARE(strongest(picture).red(), 255);
            QCOMPARE(strongest(picture).green(), 0);
            const QImage image = picture.toImage();
            pictures.insert(
                QByteArray(reinterpret_cast<const char*>(image.constBits()), image.sizeInBytes()));
        }
        QCOMPARE(qsizetype(pictures.size()), files.size()); // no two alike
    }

    void everyKindAndPlaceHasItsIcon()
    {
        for (int kind = 0; kind <= int(ItemKind::Placeholder); ++kind) {
            const QPixmap picture = Theme::layerIcon(static_cast<ItemKind>(kind)).pixmap(QSize(16, 16), 1.0);
            QVERIFY(strongest(picture).alpha() > 150);
        }
        for (const char* name :
             {"search",  "console",  "record",  "create", "enrol", "connect", "refresh",       "back",
              "forward", "settings", "problem", "filter", "copy",  "close",   "chevron-right", "sun",
              "moon",    "time",     "play",    "pause",  "yaml",  "events"})
            QVERIFY2(IconEngine::exists(QLatin1String(name)), name);
    }

    void unknownIconIsVisible()
    {
        QTest::ignoreMessage(QtWarningMsg, "no icon named \"no-such-thing\"");
        const QIcon icon = Theme::icon(QStringLiteral("no-such-thing"), Qt::blue);
        QTest::ignoreMessage(QtWarningMsg, "no icon named \"no-such-thing\"");
        QVERIFY(strongest(icon.pixmap(QSize(16, 16), 1.0)).alpha() > 100);
    }

    void iconsFollowTheTheme()
    {
        const QIcon icon = Theme::icon(QStringLiteral("close"));
        const QColor light = strongest(icon.pixmap(QSize(32, 32), 1.0));
        QCOMPARE(light.lightness() < 128, true);
        QSignalSpy spy(&Theme::instance(), &Theme::changed);
        Theme::instance().setMode(ThemeMode::Dark);
        QCOMPARE(spy.count(), 1);
        QVERIFY(colors().dark);
        QVERIFY(strongest(icon.pixmap(QSize(32, 32), 1.0)).lightness() > 128);
        QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 128);
        Theme::instance().setMode(ThemeMode::Dark);
        QCOMPARE(spy.count(), 1); // nothing new
        Theme::instance().setMode(ThemeMode::Light);
        QVERIFY(!colors().dark);
        QVERIFY(strongest(icon.pixmap(QSize(32, 32), 1.0)).lightness() < 128);
    }

    void everythingGrowsWithTheFont()
    {
        QLabel label(QStringLiteral("metal-01"));
        const int small = label.sizeHint().width();
        const QString sheet = qApp->styleSheet();
        QVERIFY(!sheet.contains(u'@'));
        Theme::instance().setFontSize(20);
        QCOMPARE(QApplication::font().pointSizeF(), 20.0);
        QVERIFY(label.sizeHint().width() > small * 3 / 2);
        QVERIFY(qApp->styleSheet() != sheet);
        QVERIFY(Theme::monospace().pointSizeF() > 18);
        QVERIFY(Theme::smallFont().pointSizeF() < 20);
        Theme::instance().setFontSize(0);
        QCOMPARE(qApp->styleSheet(), sheet);
    }
};

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
