// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/metricspage.h"

#include "ui/console/consoletargets.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QPainter>
#include <QPixmap>
#include <QPointer>
#include <QPushButton>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kRefreshMs = 2000;
constexpr UnixMs kMinute = 60'000;
constexpr int kLegendMark = 34; // of a name: the mark and the button's own margins

} // namespace

bool isPrometheusUrl(const QString& text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return true;
    const QUrl url(trimmed, QUrl::StrictMode);
    return url.isValid() && !url.host().isEmpty() &&
           (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https")) &&
           url.userInfo().isEmpty() && !url.hasQuery() && !url.hasFragment();
}

MetricsPage::MetricsPage(StackStore* store, const ConsoleServices& services, Clock clock, QWidget* parent)
    : SessionPage(pageKey(), tr("Metrics"), parent), m_store(store), m_services(services),
      m_clock(std::move(clock))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new PageHeader(this);
    m_quantity = m_header->addBox(tr("What is shown"));
    for (std::size_t i = 0; i < console::kQuantities; ++i)
        m_quantity->addItem(quantityName(Quantity(i)));
    connect(m_quantity, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_chart->setQuantity(Quantity(index));
        m_unit->setEnabled(index <= int(Quantity::Cpu)); // the others have no capacity that is known
    });
    m_unit = m_header->addBox(tr("In which unit"));
    m_unit->addItems({tr("amounts"), tr("% of capacity")});
    connect(m_unit, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_chart->setShares(index == 1); });
    QComboBox* span = m_header->addBox(tr("How far back"));
    span->addItems({tr("30 min"), tr("5 min"), tr("2 h"), tr("4 h")});
    connect(span, &QComboBox::currentIndexChanged, this, [this](int index) {
        constexpr UnixMs spans[] = {30, 5, 120, 240};
        m_chart->setSpan(spans[std::clamp(index, 0, 3)] * kMinute);
    });
    auto* prometheus = m_header->addButton("connect", tr("Where a Prometheus is…"));
    prometheus->setVisible(bool(m_services.setPrometheusUrl));
    connect(prometheus, &QToolButton::clicked, this, &MetricsPage::askPrometheus);
    connect(m_header->addButton("save", tr("Save a picture…")), &QToolButton::clicked, this,
            [this] { askToSaveImage(this, QStringLiteral("metrics.png"), grab().toImage()); });
    connect(m_header->addButton("export", tr("Save the values as CSV…")), &QToolButton::clicked, this,
            [this] {
                askToSave(this, QStringLiteral("metrics.csv"),
                          [series = m_series] { return metricsCsv(series); });
            });
    layout->addWidget(m_header);
    m_legendBox = new QWidget(this);
    m_legendBox->setMinimumWidth(1); // however many names there are
    m_legend = new QHBoxLayout(m_legendBox);
    m_legend->setContentsMargins(8, 0, 8, 2);
    m_legend->setSpacing(4);
    layout->addWidget(m_legendBox);
    m_chart = new MetricsChart(this);
    layout->addWidget(m_chart, 1);
    setFocusProxy(m_chart);
    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &MetricsPage::refresh);
    m_timer.start();
    connect(&Theme::instance(), &Theme::changed, this, &MetricsPage::showLegend);
    setState(State::Open);
}

MetricsPage::~MetricsPage() = default;

void MetricsPage::enter()
{
    m_chart->setFocus(Qt::ShortcutFocusReason);
}

bool MetricsPage::add(stack::ItemId id)
{
    const stack::Item* item = m_store->stack().find(id);
    if (item == nullptr || m_series.size() == kMostSeries ||
        std::any_of(m_sources.begin(), m_sources.end(),
                    [&](const Source& each) { return each.key == item->key; }))
        return false;
    // A node of a tenant has its VM's name.
    m_series.emplace_back(item->kind == stack::ItemKind::InnerNode ? tr("%1 (node)").arg(shown(item->name))
                                                                   : shown(item->name));
    m_sources.emplace_back();
    m_sources.back().key = item->key;
    measure(m_sources.size() - 1);
    refresh();
    showLegend();
    return true;
}

void MetricsPage::remove(std::size_t index)
{
    m_series.erase(m_series.begin() + std::ptrdiff_t(index));
    m_sources.erase(m_sources.begin() + std::ptrdiff_t(index));
    refresh();
    showLegend();
    tellSources();
}

void MetricsPage::measure(std::size_t index)
{
    Source& source = m_sources[index];
    source.measurement.reset();
    const stack::ItemId id = m_store->stack().findKey(source.key);
    const auto target = measureTarget(m_store->stack(), id);
    if (!target || !m_services.measure)
        return;
    QString url;
    if (const stack::SourceState* state = m_store->stack().source(target->first);
        state != nullptr && m_services.prometheusUrl)
        url = m_services.prometheusUrl(state->address);
    Result<std::unique_ptr<console::Measurement>> made =
        m_services.measure(target->first, target->second, url, taker(source.key, false));
    if (made)
        source.measurement = std::move(*made);
    else
        source.problem = cleaned(made.error().text);
    tellSources();
}

// The second way to a VM's numbers, as long as its cluster does not answer.
void MetricsPage::measureByHost(std::size_t index)
{
    Source& source = m_sources[index];
    const stack::Stack& stack = m_store->stack();
    const stack::Item* item = stack.find(stack.findKey(source.key));
    const stack::SourceState* cluster = item != nullptr ? stack.source(item->source) : nullptr;
    if (item == nullptr || item->kind != stack::ItemKind::Vm || cluster == nullptr ||
        cluster->phase == stack::LinkPhase::Live) {
        if (source.byHost) {
            source.byHost.reset();
            source.hostSources.clear();
            tellSources();
        }
        return;
    }
    if (source.byHost || !m_services.measure)
        return;
    for (const stack::ItemId other : stack.related(item->id)) {
        const stack::Item* domain = stack.find(other);
        if (domain == nullptr || domain->kind != stack::ItemKind::Domain)
            continue;
        const auto target = measureTarget(stack, other);
        const stack::SourceState* host = stack.source(domain->source);
        if (!target || host == nullptr || host->phase != stack::LinkPhase::Live)
            continue;
        if (auto made = m_services.measure(target->first, target->second, {}, taker(source.key, true))) {
            source.byHost = std::move(*made);
            return;
        }
    }
}

std::function<void(console::MeasureReport)> MetricsPage::taker(const std::string& key, bool byHost)
{
    return [guard = QPointer<MetricsPage>(this), key, byHost](console::MeasureReport report) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard, key, byHost, report = std::move(report)] {
                if (guard)
                    guard->take(key, byHost, report);
            },
            Qt::QueuedConnection);
    };
}

void MetricsPage::take(const std::string& key, bool byHost, const console::MeasureReport& report)
{
    for (std::size_t i = 0; i < m_sources.size(); ++i) {
        Source& source = m_sources[i];
        if (source.key != key || (byHost && source.byHost == nullptr)) // late: the cluster answers again
            continue;
        for (const console::Reading& reading : report.readings)
            m_series[i].merge(reading);
        if (byHost) {
            source.hostSources = tr("%1 of the host").arg(cleaned(report.sources));
        } else {
            source.sources = cleaned(report.sources);
            source.problem = cleaned(report.problem);
        }
    }
    tellSources();
    if (!report.readings.empty())
        refresh();
}

// By their keys: an item that went and came again goes on.
void MetricsPage::refresh()
{
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        measureByHost(i);
        const stack::ItemId id = m_store->stack().findKey(m_sources[i].key);
        const stack::Item* item = m_store->stack().find(id);
        if (item == nullptr)
            continue;
        m_series[i].capacity = item->capacity;
        m_series[i].merge(m_store->stack().history(id));
    }
    m_chart->setSeries(&m_series);
    m_chart->setNow(m_clock());
}

void MetricsPage::tellSources()
{
    QStringList words;
    for (const Source& source : m_sources) {
        for (const QString& each : source.sources.split(QStringLiteral(", "), Qt::SkipEmptyParts)) {
            if (!words.contains(each))
                words << each;
        }
        if (!source.hostSources.isEmpty() && !words.contains(source.hostSources))
            words << source.hostSources;
    }
    for (const Source& source : m_sources) {
        if (!source.problem.isEmpty() && !words.contains(source.problem))
            words << source.problem;
    }
    m_header->setStatus(words.join(QStringLiteral(" · ")));
}

void MetricsPage::askPrometheus()
{
    // Of the cluster of the object that was added last.
    const stack::SourceState* state = nullptr;
    for (const Source& source : m_sources) {
        const stack::Item* item = m_store->stack().find(m_store->stack().findKey(source.key));
        if (const stack::SourceState* one = item != nullptr ? m_store->stack().source(item->source) : nullptr;
            one != nullptr && one->kind != stack::SourceKind::Host)
            state = one;
    }
    if (state == nullptr)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Prometheus"));
    const QString label =
        tr("The address of the Prometheus that watches %1.\nEmpty: one is looked for in the cluster.")
            .arg(shown(state->name));
    dialog->setLabelText(label + QLatin1Char('\n'));
    dialog->setTextValue(m_services.prometheusUrl(state->address));
    dialog->resize(460, dialog->sizeHint().height());
    connect(dialog, &QInputDialog::textValueChanged, dialog, [dialog, label](const QString& text) {
        const bool good = isPrometheusUrl(text);
        dialog->setLabelText(
            label + QLatin1Char('\n') +
            (good ? QString() : tr("That is no plain http or https address: https://host:port/path")));
        if (auto* buttons = dialog->findChild<QDialogButtonBox*>())
            buttons->button(QDialogButtonBox::Ok)->setEnabled(good);
    });
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, address = state->address](const QString& text) {
                if (!isPrometheusUrl(text))
                    return;
                m_services.setPrometheusUrl(address, text.trimmed());
                for (std::size_t i = 0; i < m_sources.size(); ++i)
                    measure(i);
            });
    dialog->open();
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
    // All of them in one line: each gives way.
    const int all = std::max(1, int(m_series.size()));
    const int room = m_legendBox->width() - 16 - (all - 1) * m_legend->spacing();
    const int most = std::clamp(room / all - kLegendMark, 24, 260);
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        auto* name = new QToolButton(m_legendBox);
        QPixmap dot(16, 10); // room between the mark and the name
        dot.fill(Qt::transparent);
        QPainter painter(&dot);
        painter.fillRect(layoutDirection() == Qt::RightToLeft ? 6 : 0, 0, 10, 10,
                         MetricsChart::colorOfSeries(i, colors().dark));
        painter.end();
        name->setIcon(QIcon(dot));
        name->setIconSize(dot.size());
        name->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        QString text = elidedName(name->fontMetrics(), m_series[i].name(), most);
        text.replace(QLatin1Char('&'), QLatin1String("&&"));
        name->setText(text);
        name->setToolTip(plainToolTip(tr("%1: press to take it out").arg(m_series[i].name())));
        connect(name, &QToolButton::clicked, this, [this, i] { remove(i); });
        m_legend->addWidget(name);
    }
    m_legend->addStretch(1);
}

void MetricsPage::resizeEvent(QResizeEvent* event)
{
    SessionPage::resizeEvent(event);
    QMetaObject::invokeMethod(this, &MetricsPage::showLegend, Qt::QueuedConnection); // once it is laid out
}

} // namespace strata::ui
