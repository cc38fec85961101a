// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/metricspage.h"

#include "ui/console/savetext.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPixmap>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kRefreshMs = 2000;
constexpr UnixMs kMinute = 60'000;

} // namespace

MetricsPage::MetricsPage(StackStore* store, Clock clock, QWidget* parent)
    : SessionPage(pageKey(), tr("Metrics"), parent), m_store(store), m_clock(std::move(clock))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* header = new QWidget(this);
    auto* line = new QHBoxLayout(header);
    line->setContentsMargins(12, 3, 8, 3);
    line->setSpacing(6);
    m_legend = new QHBoxLayout;
    m_legend->setSpacing(4);
    line->addLayout(m_legend);
    line->addStretch(1);
    const auto box = [&](const QString& name, const QStringList& items, auto what) {
        auto* made = new QComboBox(header);
        made->setAccessibleName(name);
        made->setToolTip(name);
        made->addItems(items);
        line->addWidget(made);
        connect(made, &QComboBox::currentIndexChanged, this, what);
    };
    box(tr("What is shown"), {tr("Memory"), tr("CPU")},
        [this](int index) { m_chart->setQuantity(index == 0 ? Quantity::Memory : Quantity::Cpu); });
    box(tr("In which unit"), {tr("amounts"), tr("% of capacity")},
        [this](int index) { m_chart->setShares(index == 1); });
    box(tr("How far back"), {tr("30 min"), tr("5 min"), tr("2 h"), tr("4 h")}, [this](int index) {
        constexpr UnixMs spans[] = {30, 5, 120, 240};
        m_chart->setSpan(spans[std::clamp(index, 0, 3)] * kMinute);
    });
    const auto button = [&](const char* icon, const QString& text, auto what) {
        auto* made = new QToolButton(header);
        made->setIcon(Theme::icon(QString::fromLatin1(icon)));
        made->setToolTip(text);
        made->setAccessibleName(text);
        line->addWidget(made);
        connect(made, &QToolButton::clicked, this, what);
    };
    button("save", tr("Save a picture…"),
           [this] { askToSaveImage(this, QStringLiteral("metrics.png"), grab().toImage()); });
    button("export", tr("Save the values as CSV…"), [this] {
        askToSave(this, QStringLiteral("metrics.csv"), [series = m_series] { return metricsCsv(series); });
    });
    layout->addWidget(header);
    m_chart = new MetricsChart(this);
    layout->addWidget(m_chart, 1);
    setFocusProxy(m_chart);
    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &MetricsPage::refresh);
    m_timer.start();
    connect(&Theme::instance(), &Theme::changed, this, &MetricsPage::showLegend);
    setState(State::Open);
}

void MetricsPage::enter()
{
    m_chart->setFocus(Qt::ShortcutFocusReason);
}

bool MetricsPage::add(stack::ItemId id)
{
    const stack::Item* item = m_store->stack().find(id);
    if (item == nullptr || m_series.size() == kMostSeries ||
        std::find(m_keys.begin(), m_keys.end(), item->key) != m_keys.end())
        return false;
    m_series.emplace_back(shown(item->name));
    m_keys.push_back(item->key);
    refresh();
    showLegend();
    return true;
}

void MetricsPage::remove(std::size_t index)
{
    m_series.erase(m_series.begin() + std::ptrdiff_t(index));
    m_keys.erase(m_keys.begin() + std::ptrdiff_t(index));
    refresh();
    showLegend();
}

// By their keys: an item that went and came again goes on.
void MetricsPage::refresh()
{
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        const stack::ItemId id = m_store->stack().findKey(m_keys[i]);
        const stack::Item* item = m_store->stack().find(id);
        if (item == nullptr)
            continue;
        m_series[i].capacity = item->capacity;
        m_series[i].merge(m_store->stack().history(id));
    }
    m_chart->setSeries(&m_series);
    m_chart->setNow(m_clock());
}

void MetricsPage::showLegend()
{
    while (QLayoutItem* old = m_legend->takeAt(0)) {
        if (QWidget* widget = old->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete old;
    }
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        auto* name = new QToolButton(this);
        QPixmap dot(10, 10);
        dot.fill(MetricsChart::colorOfSeries(i, colors().dark));
        name->setIcon(QIcon(dot));
        name->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        QString text = elidedName(name->fontMetrics(), m_series[i].name(), 150);
        text.replace(QLatin1Char('&'), QLatin1String("&&"));
        name->setText(text);
        name->setToolTip(plainToolTip(tr("%1: press to take it out").arg(m_series[i].name())));
        connect(name, &QToolButton::clicked, this, [this, i] { remove(i); });
        m_legend->addWidget(name);
    }
}

} // namespace strata::ui
