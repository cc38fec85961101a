// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/page.h"

#include <QtCharts/QChartView>

class QAreaSeries;
class QLineSeries;
class QScatterSeries;
class QValueAxis;

namespace strata::ui {

// Half an hour of usage as a line, the capacity as a dashed one; what there is on the axis of now − 30 min …
// now.
class UsageChartView : public QChartView {
    Q_OBJECT

public:
    explicit UsageChartView(QWidget* parent = nullptr);

    void show(const UsageChart& chart);
    QSize sizeHint() const override { return {240, 120}; }
    QSize minimumSizeHint() const override { return {120, 120}; }

protected:
    void wheelEvent(QWheelEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void recolour();

    UsageChart m_shown;
    QLineSeries* m_used = nullptr; // upper edge of the area
    QLineSeries* m_line = nullptr;
    QLineSeries* m_floor = nullptr;
    QAreaSeries* m_area = nullptr;
    QLineSeries* m_capacity = nullptr;
    QScatterSeries* m_last = nullptr;
    QValueAxis* m_time = nullptr;
    QValueAxis* m_value = nullptr;
};

} // namespace strata::ui
