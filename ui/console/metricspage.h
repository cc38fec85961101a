// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "ui/console/metricschart.h"
#include "ui/console/sessionpage.h"

#include <QTimer>

#include <string>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QToolButton;

namespace strata::ui {

class StackStore;

// The usage of several objects in one chart, as one tab: it follows them while it is open.
class MetricsPage : public SessionPage {
    Q_OBJECT

public:
    static constexpr std::size_t kMostSeries = 8;
    static QString pageKey() { return QStringLiteral("metrics"); }

    MetricsPage(StackStore* store, Clock clock, QWidget* parent = nullptr);

    bool add(stack::ItemId item); // false: it is there already, or there are too many
    void remove(std::size_t index);
    const std::vector<MetricsSeries>& series() const { return m_series; }
    MetricsChart* chart() const { return m_chart; }

    QString iconName() const override { return QStringLiteral("metrics"); }
    void enter() override;

private:
    void refresh();
    void showLegend();

    StackStore* m_store;
    Clock m_clock;
    std::vector<MetricsSeries> m_series;
    std::vector<std::string> m_keys; // of the items, beside their series
    MetricsChart* m_chart = nullptr;
    QHBoxLayout* m_legend = nullptr;
    QTimer m_timer;
};

} // namespace strata::ui
