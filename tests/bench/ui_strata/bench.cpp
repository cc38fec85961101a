// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/picturesite.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackmodel.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/stack/stratalayout.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

using namespace strata;

namespace {

void measure(const char* what, int rounds, const std::function<void(int)>& run)
{
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
        QElapsedTimer timer;
        timer.start();
        run(i);
        times.push_back(double(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(times.begin(), times.end());
    std::printf("%-44s %9.2f ms (worst %.2f)\n", what, times[times.size() / 2], times.back());
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const int hosts = argc > 1 ? std::atoi(argv[1]) : 1000;
    const int vms = argc > 2 ? std::atoi(argv[2]) : 10;
    ui::Theme::instance().setMode(ui::ThemeMode::Light);
    ui::Theme::instance().install();

    ui::StackStore store;
    ui::Selection selection(&store);
    ui::StackPanel panel(&store, &selection);
    panel.resize(440, 900);
    panel.show();
    ui::StrataChart chart(&store, &selection);
    chart.resize(1440, 240);
    chart.show();
    QApplication::processEvents();

    test::SiteBuilder b;
    b.source(test::kOuter, stack::SourceKind::OuterCluster, "rack-a", "https://10.0.0.10:6443", "v1.34.1");
    b.source(test::kBlue, stack::SourceKind::InnerCluster, "blue", "https://10.0.50.1:6443", "v1.33.4",
             test::kOuter, "tenant-blue/blue");
    b.cluster("blue", 1, hosts * vms, hosts * vms);
    for (int i = 0; i < hosts; ++i) {
        const std::string number = std::to_string(i);
        const auto source = stack::SourceId(1000 + i);
        b.host(source, "metal-" + number, test::uuidOf(0xa0, unsigned(i) + 1), 64, 512);
        b.put(test::kOuter, stack::FactKind::KubeNode, "outer-" + number,
              b.node("outer-" + number, test::uuidOf(0xa0, unsigned(i) + 1), 64, 500));
        for (int j = 0; j < vms; ++j)
            b.machine(source, "blue", "blue-" + number + "-" + std::to_string(j), "outer-" + number, false, 4,
                      32);
    }
    stack::Stack alone;
    measure("first delta, the stack alone", 1, [&](int) { alone.apply(b.batch); });
    measure("first delta, stack, tree and chart", 1, [&](int) { store.apply(b.batch); });
    std::printf("%zu items\n", store.stack().size());
    measure("first paint", 1, [&](int) { QApplication::processEvents(); });

    ui::StrataLayout layout(store.stack());
    ui::StrataWindow window;
    window.pixels = 1300;
    measure("layout, first (sorts)", 1, [&](int) { layout.cells(window, ui::StrataWidth::MemoryAllocated); });
    measure("layout", 20, [&](int) { layout.cells(window, ui::StrataWidth::MemoryAllocated); });
    QImage image(chart.size(), QImage::Format_ARGB32_Premultiplied);
    measure("chart: whole repaint", 20, [&](int) { chart.render(&image); });
    measure("chart: another width (layout and repaint)", 20, [&](int i) {
        chart.setWidthBy(i % 2 == 0 ? ui::StrataChart::Width::CpuAllocated
                                    : ui::StrataChart::Width::MemoryAllocated);
        chart.render(&image);
    });
    ui::StackModel& model = *panel.findChild<ui::StackModel*>();
    measure("tree: filter", 10, [&](int i) {
        model.setFilter(ui::Filter::parse(i % 2 == 0 ? QStringLiteral("blue-77") : QString()));
    });
    model.setFilter({});
    measure("tree: sort", 6, [&](int i) {
        model.sort(i % 2 == 0 ? ui::StackModel::MemoryColumn : ui::StackModel::NameColumn,
                   Qt::DescendingOrder);
    });
    model.sort(ui::StackModel::NameColumn, Qt::AscendingOrder);
    measure("tree and chart: delta of 50 usages, painted", 50, [&](int i) {
        test::SiteBuilder usage;
        for (int k = 0; k < 50; ++k)
            usage.put(
                test::kBlue, stack::FactKind::NodeUsage,
                "blue-" + std::to_string((i * 50 + k) % hosts) + "-0",
                stack::UsageFact{{1000 + i * 10, (std::int64_t{1} + i % 20) << 30}, test::kNow + i * 5000});
        store.apply(usage.batch);
        QApplication::processEvents();
    });
    return 0;
}
