// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"
#include "tests/ui/console/savedialog.h"
#include "ui/console/metricspage.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"

#include <QDialogButtonBox>
#include <QFile>
#include <QInputDialog>
#include <QPushButton>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include <map>

using namespace strata;
using namespace strata::stack;
using ui::MetricsSeries;

namespace {

constexpr int kLongMs = 20'000;

Sample sample(UnixMs at, std::int64_t cpuMilli, std::int64_t memory)
{
    return {at, {cpuMilli, memory}};
}

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::Theme::instance().install(); }

    void axesHaveRoundSteps()
    {
        QCOMPARE(ui::axisTicks(13, 4), (std::vector<double>{0, 5, 10, 15}));
        QCOMPARE(ui::axisTicks(100, 4), (std::vector<double>{0, 50, 100}));
        QCOMPARE(ui::axisTicks(0.9, 4).back(), 1.0);
        QCOMPARE(ui::axisTicks(0, 4), (std::vector<double>{0, 1}));
        for (double top = 1e-3; top < 1e13; top *= 1.37) {
            const std::vector<double> ticks = ui::axisTicks(top, 4);
            QVERIFY(ticks.back() >= top);
            QVERIFY(ticks.size() <= 6);
        }
    }

    void seriesTakeWhatIsNewAndStayBounded()
    {
        MetricsSeries series(QStringLiteral("a"));
        series.merge({sample(1000, 1, 1), sample(2000, 2, 2)});
        series.merge({sample(1000, 1, 1), sample(2000, 2, 2), sample(3000, 3, 3)});
        QCOMPARE(series.points(ui::Quantity::Memory).size(), std::size_t(3));
        std::vector<Sample> many;
        for (int i = 0; i < 10'000; ++i)
            many.push_back(sample(10'000 + i, i, i));
        series.merge(many);
        for (const ui::Quantity each : {ui::Quantity::Memory, ui::Quantity::Cpu})
            QCOMPARE(series.points(each).size(), MetricsSeries::kMostPoints);
        QCOMPARE(series.points(ui::Quantity::Cpu).back().value, 9.999);
    }

    void valuesAsText()
    {
        MetricsSeries series(QStringLiteral("a \"b\""));
        series.merge({sample(0, 1500, 1024), sample(1000, -1, 2048)});
        QCOMPARE(ui::metricsCsv({series}),
                 QStringLiteral("time,name,memory_bytes,cpu_cores,network_in_bytes_per_second,"
                                "network_out_bytes_per_second,disk_read_bytes_per_second,"
                                "disk_written_bytes_per_second,filesystem_used_bytes\r\n"
                                "1970-01-01T00:00:00Z,\"a \"\"b\"\"\",1024,1.500,,,,,\r\n"
                                "1970-01-01T00:00:01Z,\"a \"\"b\"\"\",2048,,,,,,\r\n"));
    }

    void whatIsMeasuredTakesThePlaceOfSamples()
    {
        MetricsSeries series(QStringLiteral("a"));
        series.merge({sample(1000, 500, 10)});
        console::Reading reading;
        reading.at = 500; // of the past
        reading.of(ui::Quantity::Cpu) = 2.0;
        reading.of(ui::Quantity::NetworkIn) = 4096;
        series.merge(reading);
        series.merge({sample(2000, 700, 20)});
        QCOMPARE(series.points(ui::Quantity::Cpu).size(), std::size_t(2));
        QCOMPARE(series.points(ui::Quantity::Cpu).front().value, 2.0);
        QCOMPARE(series.points(ui::Quantity::Memory).size(), std::size_t(2)); // of that nothing else is known
        QVERIFY(series.has(ui::Quantity::NetworkIn));
        QVERIFY(!series.has(ui::Quantity::DiskRead));
        series.merge(reading);
        QCOMPARE(series.points(ui::Quantity::NetworkIn).size(), std::size_t(1));
    }

    void aLineIsBrokenWhereNothingIsKnown()
    {
        std::vector<MetricsSeries> all(1, MetricsSeries(QStringLiteral("a")));
        const UnixMs now = 100'000'000;
        for (const UnixMs back : {1'200'000, 1'190'000, 400'000, 390'000}) {
            console::Reading reading;
            reading.at = now - back;
            reading.of(ui::Quantity::DiskRead) = 1000.0 + double(back);
            all[0].merge(reading);
        }
        ui::MetricsChart chart;
        chart.resize(600, 200);
        chart.setQuantity(ui::Quantity::DiskRead);
        chart.setSeries(&all);
        chart.setNow(now);
        QCOMPARE(chart.lineCount(), 2);
        chart.setSpan(600'000);
        QCOMPARE(chart.lineCount(), 1);
        QVERIFY(chart.valueText(2048).endsWith(QLatin1String("/s")));
    }

    void theCrosshairTellsTheNearestSample()
    {
        std::vector<MetricsSeries> all(1, MetricsSeries(QStringLiteral("a")));
        const UnixMs now = 10'000'000;
        all[0].merge({sample(now - 60'000, 500, 10), sample(now - 30'000, 1000, 20)});
        all[0].capacity = {4000, 40};
        ui::MetricsChart chart;
        chart.resize(600, 200);
        chart.setSeries(&all);
        chart.setNow(now);
        QCOMPARE(chart.valueAt(all[0], now - 55'000), std::optional<double>(10));
        QCOMPARE(chart.valueAt(all[0], now), std::optional<double>(20));
        QVERIFY(!chart.valueAt(all[0], now - 600'000)); // nothing was known then
        chart.setQuantity(ui::Quantity::Cpu);
        chart.setShares(true);
        QCOMPARE(chart.valueAt(all[0], now), std::optional<double>(25));
        QVERIFY(!chart.crosshair());
        chart.show();
        QTest::keyClick(&chart, Qt::Key_Left);
        QVERIFY(chart.crosshair().has_value());
        QVERIFY(*chart.crosshair() < now);
        QVERIFY(!chart.grab().isNull());
    }

    void severalObjectsInOneChart()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        ui::MetricsPage page(&store, {}, [] { return test::kNow + 2000; });
        page.resize(900, 300);
        page.show();
        const Stack& stack = store.stack();
        const ItemId host = stack.roots(Tree::Stack).front();
        QVERIFY(page.add(host));
        QVERIFY(!page.add(host));
        const ItemId child = stack.find(host)->childrenIn(Tree::Stack).front();
        QVERIFY(page.add(child));
        QCOMPARE(page.series().size(), std::size_t(2));
        QVERIFY(!page.grab().isNull());
        page.remove(0);
        QCOMPARE(page.series().size(), std::size_t(1));
        QCOMPARE(page.series()[0].name(), QString::fromStdString(stack.find(child)->name));
    }

    void aPictureAndTheValuesAreKept()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        ui::MetricsPage page(&store, {}, [] { return test::kNow + 2000; });
        page.resize(700, 300);
        page.show();
        const ItemId vm = test::itemNamed(store.stack(), ItemKind::Vm, "blue-cp-4kx9d");
        const Item* node = nullptr; // has the name of its VM
        for (const ItemId child : store.stack().find(vm)->childrenIn(Tree::Stack))
            node = store.stack().find(child);
        QVERIFY(node != nullptr && node->kind == ItemKind::InnerNode);
        QVERIFY(page.add(vm) && page.add(node->id));
        QVERIFY(page.series()[0].name() != page.series()[1].name());
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("metrics.png"));
        QString said = QStringLiteral("nothing");
        ui::saveImage(path, page.grab().toImage(), this, [&](const QString& error) { said = error; });
        QTRY_VERIFY_WITH_TIMEOUT(said.isEmpty(), kLongMs);
        QCOMPARE(QImage(path, "PNG").size(), page.size());
        // By the page's own buttons.
        const auto button = [&page](const char* name) -> QToolButton* {
            for (QToolButton* each : page.findChildren<QToolButton*>()) {
                if (each->accessibleName().contains(QLatin1String(name)))
                    return each;
            }
            return nullptr;
        };
        const QString again = folder.filePath(QStringLiteral("again.png"));
        QVERIFY(test::saveBy(button("Save a picture"), &page, again));
        QImage shown;
        QTRY_VERIFY_WITH_TIMEOUT(shown.load(again, "PNG"), kLongMs);
        QCOMPARE(shown.size(), page.size());
        QTRY_VERIFY(page.findChild<QFileDialog*>() == nullptr);
        const QString values = folder.filePath(QStringLiteral("values.csv"));
        QVERIFY(test::saveBy(button("as CSV"), &page, values));
        QFile table(values);
        QTRY_VERIFY_WITH_TIMEOUT(table.exists(), kLongMs);
        QVERIFY(table.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(table.readAll()), ui::metricsCsv(page.series()));
        QVERIFY(ui::metricsCsv(page.series()).contains(QLatin1String("blue-cp-4kx9d (node)")));
        std::vector<MetricsSeries> all{MetricsSeries(QStringLiteral("a, \"b\"")),
                                       MetricsSeries(QStringLiteral("=cmd"))};
        all[0].merge({sample(1000, 500, 7), sample(2000, 1500, 8)});
        all[1].merge({sample(1000, 250, 9)});
        const QStringList lines = ui::metricsCsv(all).split(QStringLiteral("\r\n"), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 4);
        QVERIFY2(lines[1].startsWith(QLatin1String("1970-01-01T00:00:01Z,\"a, \"\"b\"\"\",7,0.5")),
                 qPrintable(lines[1]));
        QVERIFY2(lines[2].contains(QLatin1String(",8,1.5")), qPrintable(lines[2]));
        // What a machine is called is no formula for whoever opens it as a table.
        QVERIFY2(lines[3].contains(QLatin1String(",\"'=cmd\",")), qPrintable(lines[3]));
    }

    // While its cluster does not answer, a VM is measured by the libvirt of its host.
    void theHostIsTheSecondWay()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        const Stack& stack = store.stack();
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "blue-cp-4kx9d");
        const SourceId cluster = stack.find(vm)->source;
        struct Measured : console::Measurement {
            explicit Measured(int* count) : open(count) { ++*open; }
            ~Measured() override { --*open; }
            int* open;
        };
        int ofCluster = 0;
        int ofHost = 0;
        std::string uuid;
        std::function<void(console::MeasureReport)> byHost;
        ui::ConsoleServices services;
        services.measure = [&](SourceId source, const console::MeasureTarget& target, const QString&,
                               std::function<void(console::MeasureReport)> take)
            -> Result<std::unique_ptr<console::Measurement>> {
            if (source == cluster)
                return std::unique_ptr<console::Measurement>(std::make_unique<Measured>(&ofCluster));
            uuid = target.name;
            byHost = std::move(take);
            return std::unique_ptr<console::Measurement>(std::make_unique<Measured>(&ofHost));
        };
        ui::MetricsPage page(&store, services, [] { return test::kNow + 2000; });
        page.resize(900, 300);
        page.show();
        QVERIFY(page.add(vm));
        QCOMPARE(ofCluster, 1);
        QCOMPARE(ofHost, 0);
        const auto phase = [&](LinkPhase is) {
            Batch batch;
            batch.sources.push_back({*stack.source(cluster), false});
            batch.sources.back().state.phase = is;
            store.apply(batch);
        };
        phase(LinkPhase::Waiting);
        QTRY_COMPARE_WITH_TIMEOUT(ofHost, 1, kLongMs);
        ItemId domain;
        for (const ItemId other : stack.related(vm)) {
            if (stack.find(other)->kind == ItemKind::Domain)
                domain = other;
        }
        QCOMPARE(uuid, stack.facts(domain).domain->uuid);
        console::MeasureReport report;
        report.sources = "libvirt";
        console::Reading reading;
        reading.at = test::kNow + 1000;
        reading.of(console::Quantity::DiskWrite) = 5;
        report.readings = {reading};
        byHost(report);
        QTRY_COMPARE(page.series()[0].points(console::Quantity::DiskWrite).size(), std::size_t(1));
        QVERIFY(page.header()->status().contains(QLatin1String("libvirt")));
        phase(LinkPhase::Live);
        QTRY_COMPARE_WITH_TIMEOUT(ofHost, 0, kLongMs);
        QCOMPARE(ofCluster, 1);
        byHost(report); // what was on its way is passed over
        QTRY_VERIFY(!page.header()->status().contains(QLatin1String("libvirt")));
    }

    void whatIsAPrometheussAddress_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("good");
        const auto row = [](const char* text, bool good) {
            QTest::newRow(text) << QString::fromUtf8(text) << good;
        };
        row("", true);
        row("http://prometheus.example:9090", true);
        row("  https://[fd00::1]/prometheus/ ", true);
        row("prometheus:9090", false);
        row("ftp://prometheus", false);
        row("file:///etc/passwd", false);
        row("http://", false);
        row("https://me:secret@prometheus", false);
        row("https://prometheus/?query=up", false);
        row("https://prometheus/#x", false);
        row("https://pro metheus", false);
    }
    void whatIsAPrometheussAddress()
    {
        QFETCH(QString, text);
        QFETCH(bool, good);
        QCOMPARE(ui::isPrometheusUrl(text), good);
    }

    // What the operator types is used for every object of the chart, kept by the cluster's address, and
    // offered the next time.
    void theOperatorNamesAPrometheus()
    {
        ui::StackStore store;
        store.apply(test::pictureSite());
        const Stack& stack = store.stack();
        struct Nothing : console::Measurement {};
        std::vector<QString> urls; // each measurement was given
        std::map<std::string, QString> kept;
        ui::ConsoleServices services;
        services.measure = [&](SourceId, const console::MeasureTarget&, const QString& url,
                               const std::function<void(console::MeasureReport)>&)
            -> Result<std::unique_ptr<console::Measurement>> {
            urls.push_back(url);
            return std::unique_ptr<console::Measurement>(std::make_unique<Nothing>());
        };
        services.prometheusUrl = [&](const std::string& address) { return kept[address]; };
        services.setPrometheusUrl = [&](const std::string& address, const QString& url) {
            kept[address] = url;
        };
        ui::MetricsPage page(&store, services, [] { return test::kNow + 2000; });
        page.resize(900, 300);
        page.show();
        const ItemId vm = test::itemNamed(stack, ItemKind::Vm, "blue-cp-4kx9d");
        QVERIFY(page.add(vm));
        QCOMPARE(urls, std::vector<QString>{QString()});
        QToolButton* button = nullptr;
        for (QToolButton* each : page.findChildren<QToolButton*>()) {
            if (each->toolTip().contains(QLatin1String("Prometheus")))
                button = each;
        }
        QVERIFY(button != nullptr && button->isVisible());
        const auto open = [&] {
            button->click();
            return page.findChild<QInputDialog*>();
        };
        std::unique_ptr<QInputDialog> dialog(open());
        QVERIFY(dialog != nullptr);
        auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        dialog->setTextValue(QStringLiteral("prometheus:9090"));
        QVERIFY(!ok->isEnabled());
        QVERIFY(dialog->labelText().contains(QLatin1String("no plain http")));
        dialog->accept(); // by whatever way: it is not taken
        QCOMPARE(urls.size(), std::size_t(1));
        QVERIFY(kept.empty() || kept.begin()->second.isEmpty());
        dialog.reset();
        dialog.reset(open());
        dialog->setTextValue(QStringLiteral(" https://prometheus.example/ "));
        QVERIFY(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok)->isEnabled());
        dialog->accept();
        QCOMPARE(urls, (std::vector<QString>{QString(), QStringLiteral("https://prometheus.example/")}));
        const std::string address = stack.source(stack.find(vm)->source)->address;
        QCOMPARE(kept[address], QStringLiteral("https://prometheus.example/"));
        dialog.reset();
        dialog.reset(open());
        QCOMPARE(dialog->textValue(), QStringLiteral("https://prometheus.example/"));
    }
};

QTEST_MAIN(TestMetrics)
#include "test_metrics.moc"
