// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tree beside the chart with the site of the drawing, to look at:
//   strata_gallery [--dark] [--rtl] [--size 1440x900] [--font 10] [--select NAME] [--zoom NAME] [--filter
//   TEXT]
//                  [--perspective stack|tenants|hosts] [--colour N] [--lost] [--icons] [--output FILE]

#include "tests/support/picturesite.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"
#include "ui/stack/stratachart.h"
#include "ui/theme/theme.h"
#include "ui/widgets/pill.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

using namespace strata;

namespace {

stack::ItemId named(const stack::Stack& stack, const std::string& name)
{
    std::vector<stack::ItemId> todo = stack.roots(stack::Tree::Stack);
    while (!todo.empty()) {
        const stack::Item* item = stack.find(todo.back());
        todo.pop_back();
        if (item->name == name)
            return item->id;
        for (const stack::ItemId child : item->childrenIn(stack::Tree::Stack))
            todo.push_back(child);
    }
    return {};
}

// All icons and states, for the eye.
QWidget* samples()
{
    auto* page = new QWidget;
    page->setAutoFillBackground(true);
    page->setBackgroundRole(QPalette::Base);
    auto* grid = new QGridLayout(page);
    const QStringList names = QDir(QStringLiteral(":/strata/icons")).entryList();
    int at = 0;
    for (const QString& file : names) {
        auto* picture = new QLabel(page);
        const QString name = file.chopped(4);
        picture->setPixmap(ui::Theme::icon(name).pixmap(QSize(24, 24), 2.0));
        auto* label = new QLabel(name, page);
        label->setProperty("muted", true);
        grid->addWidget(picture, at / 8, (at % 8) * 2);
        grid->addWidget(label, at / 8, (at % 8) * 2 + 1);
        ++at;
    }
    int row = at / 8 + 1;
    for (int health = 0; health < 5; ++health) {
        auto* pill = new ui::Pill(page);
        pill->setState(static_cast<stack::Health>(health),
                       ui::Theme::healthName(static_cast<stack::Health>(health)));
        grid->addWidget(pill, row, health * 2, 1, 2);
    }
    auto* primary = new QPushButton(QStringLiteral("Create cluster…"), page);
    primary->setProperty("primary", true);
    grid->addWidget(primary, ++row, 0, 1, 2);
    grid->addWidget(new QPushButton(QStringLiteral("Enrol host…"), page), row, 2, 1, 2);
    auto* off = new QPushButton(QStringLiteral("Disabled"), page);
    off->setEnabled(false);
    grid->addWidget(off, row, 4, 1, 2);
    return page;
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({QStringLiteral("light"), QStringLiteral("light colours (default)")});
    parser.addOption({QStringLiteral("dark"), QStringLiteral("dark colours")});
    parser.addOption({QStringLiteral("rtl"), QStringLiteral("right to left")});
    parser.addOption({QStringLiteral("icons"), QStringLiteral("icons and buttons instead of the stack")});
    parser.addOption({QStringLiteral("lost"), QStringLiteral("connections in trouble")});
    for (const auto& [name, value] :
         {std::pair{"size", "1440x900"}, std::pair{"font", "0"}, std::pair{"select", ""},
          std::pair{"zoom", ""}, std::pair{"filter", ""}, std::pair{"perspective", "stack"},
          std::pair{"output", ""}, std::pair{"colour", "0"}, std::pair{"width", "0"}})
        parser.addOption(
            {QLatin1String(name), QLatin1String(name), QLatin1String(name), QLatin1String(value)});
    parser.process(app);

    ui::Theme& theme = ui::Theme::instance();
    theme.setMode(parser.isSet(QStringLiteral("dark")) ? ui::ThemeMode::Dark : ui::ThemeMode::Light);
    theme.setFontSize(parser.value(QStringLiteral("font")).toDouble());
    theme.install();
    if (parser.isSet(QStringLiteral("rtl")))
        QApplication::setLayoutDirection(Qt::RightToLeft);

    ui::StackStore store;
    store.apply(test::pictureSite());
    if (parser.isSet(QStringLiteral("lost"))) {
        stack::Batch batch;
        stack::SourceState host = *store.stack().source(test::kHosts[1]);
        host.phase = stack::LinkPhase::Waiting;
        host.lastHeard = systemNow() - 40000;
        host.retryAt = systemNow() + 8500;
        batch.sources.push_back({host, false});
        stack::SourceState outer = *store.stack().source(test::kOuter);
        outer.kinds = {{"pods", {ErrorKind::Forbidden, "pods is forbidden", {}, 403, 0}}};
        batch.sources.push_back({outer, false});
        stack::SourceState red = *store.stack().source(test::kRed);
        red.phase = stack::LinkPhase::Waiting;
        red.lastHeard = systemNow() - 12000;
        batch.sources.push_back({red, false});
        stack::SourceState fresh;
        fresh.id = 99;
        fresh.kind = stack::SourceKind::Host;
        fresh.name = "metal-05";
        batch.sources.push_back({fresh, false});
        store.apply(batch);
    }
    ui::Selection selection(&store);
    QWidget* window = nullptr;
    if (parser.isSet(QStringLiteral("icons"))) {
        window = samples();
    } else {
        auto* splitter = new QSplitter;
        auto* panel = new ui::StackPanel(&store, &selection, splitter);
        auto* right = new QWidget(splitter);
        auto* layout = new QVBoxLayout(right);
        layout->setContentsMargins(0, 0, 0, 0);
        auto* chart = new ui::StrataChart(&store, &selection, right);
        chart->setFixedHeight(220);
        layout->addWidget(chart);
        layout->addStretch(1);
        splitter->setStretchFactor(1, 1);
        splitter->setSizes({446, 994});
        const QString perspective = parser.value(QStringLiteral("perspective"));
        panel->setPerspective(perspective == QLatin1String("tenants") ? stack::Tree::Tenants
                              : perspective == QLatin1String("hosts") ? stack::Tree::Hosts
                                                                      : stack::Tree::Stack);
        panel->setFilter(parser.value(QStringLiteral("filter")));
        selection.select(named(store.stack(), parser.value(QStringLiteral("select")).toStdString()));
        chart->setColourBy(
            static_cast<ui::StrataChart::Colour>(parser.value(QStringLiteral("colour")).toInt()));
        chart->setWidthBy(static_cast<ui::StrataChart::Width>(parser.value(QStringLiteral("width")).toInt()));
        if (parser.isSet(QStringLiteral("zoom")))
            QTimer::singleShot(0, chart, [chart, &store, &parser] {
                chart->zoomTo(named(store.stack(), parser.value(QStringLiteral("zoom")).toStdString()));
            });
        window = splitter;
    }
    const QStringList size = parser.value(QStringLiteral("size")).split(u'x');
    window->resize(size.value(0).toInt(), size.value(1).toInt());
    window->show();
    const QString output = parser.value(QStringLiteral("output"));
    if (!output.isEmpty()) {
        QTimer::singleShot(0, window, [window, output] {
            QTimer::singleShot(0, window,
                               [window, output] { QApplication::exit(window->grab().save(output) ? 0 : 1); });
        });
    }
    const int code = QApplication::exec();
    delete window;
    return code;
}
