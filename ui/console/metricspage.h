// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "ui/console/metricschart.h"
#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

#include <QTimer>

#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QToolButton;

namespace strata::ui {

class PageHeader;
class StackStore;

// The usage of several objects in one chart, as one tab: it follows them while it is open. What the stack
// knows of them (CPU and memory of half an hour) is there at once; the rest is measured for the chart: by
// libvirt, by the kubelets, by a Prometheus with its past.
class MetricsPage : public SessionPage {
    Q_OBJECT

public:
    static constexpr std::size_t kMostSeries = 8;
    static QString pageKey() { return QStringLiteral("metrics"); }

    MetricsPage(StackStore* store, const ConsoleServices& services, Clock clock, QWidget* parent = nullptr);
    ~MetricsPage() override;

    bool add(stack::ItemId item); // false: it is there already, or there are too many
    void remove(std::size_t index);
    const std::vector<MetricsSeries>& series() const { return m_series; }
    MetricsChart* chart() const { return m_chart; }
    QComboBox* quantityBox() const { return m_quantity; }
    PageHeader* header() const { return m_header; }

    QString iconName() const override { return QStringLiteral("metrics"); }
    void enter() override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Source {
        std::string key; // of the item, beside its series
        std::unique_ptr<console::Measurement> measurement;
        QString sources;
        QString problem;
        // Of a VM whose cluster does not answer: by the libvirt of its host.
        std::unique_ptr<console::Measurement> byHost;
        QString hostSources;
    };
    void measure(std::size_t index);
    void measureByHost(std::size_t index);
    std::function<void(console::MeasureReport)> taker(const std::string& key, bool byHost);
    void take(const std::string& key, bool byHost, const console::MeasureReport& report);
    void refresh();
    void showLegend();
    void tellSources();
    void askPrometheus();

    StackStore* m_store;
    ConsoleServices m_services;
    Clock m_clock;
    std::vector<MetricsSeries> m_series;
    std::vector<Source> m_sources; // beside their series
    MetricsChart* m_chart = nullptr;
    PageHeader* m_header = nullptr;
    QWidget* m_legendBox = nullptr;
    QHBoxLayout* m_legend = nullptr;
    QComboBox* m_quantity = nullptr;
    QComboBox* m_unit = nullptr;
    QTimer m_timer;
};

// Whether it can be taken as a Prometheus' address: http or https with a host, perhaps a port and a path.
// No password (it is kept in a plain file) and no question. Empty is one, too: look in the cluster.
bool isPrometheusUrl(const QString& text);

} // namespace strata::ui
