// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QtCharts/QChartView>

#include <vector>

class QBarCategoryAxis;
class QHorizontalStackedBarSeries;
class QValueAxis;

namespace strata::ui {

// Names against amounts, drawn from the top down.
struct BarChart {
    enum class Tone { Used, Requested, Free };
    struct Part {
        QString name;
        Tone tone = Tone::Used;
        std::vector<double> values; // one for each name, not below 0
        friend bool operator==(const Part&, const Part&) = default;
    };
    QString title;
    QStringList names;
    std::vector<Part> parts; // beside each other in one bar
    QString unit;            // behind the figures of the axis: "GiB", "%"
    friend bool operator==(const BarChart&, const BarChart&) = default;
};

// Horizontal stacked bars. Follows the theme; the wheel is left to what is around it.
class BarChartView : public QChartView {
    Q_OBJECT

public:
    explicit BarChartView(QWidget* parent = nullptr);
    void show(const BarChart& chart);
    const BarChart& shownChart() const { return m_shown; }

protected:
    void wheelEvent(QWheelEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();

    BarChart m_shown;
};

} // namespace strata::ui
