// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/console/measure.h"
#include "core/stack/stack.h"

#include <QColor>
#include <QString>
#include <QtCharts/QChartView>

#include <array>
#include <deque>
#include <optional>
#include <vector>

class QLineSeries;
class QValueAxis;

namespace strata::ui {

using console::Quantity;

// What was measured of one object, oldest first; bounded, so that an open chart does not grow for ever.
class MetricsSeries {
public:
    static constexpr std::size_t kMostPoints =
        4 * 3600 / 5; // of each quantity: four hours, one every five seconds

    struct Point {
        UnixMs at = 0;
        double value = 0;
        friend bool operator==(const Point&, const Point&) = default;
    };

    explicit MetricsSeries(QString name) : m_name(std::move(name)) {}

    const QString& name() const { return m_name; }
    const std::deque<Point>& points(Quantity quantity) const { return m_points[std::size_t(quantity)]; }
    bool has(Quantity quantity) const { return !points(quantity).empty(); }
    // What the stack knows of it (CPU and memory): takes what is newer than what it has.
    void merge(const std::vector<stack::Sample>& samples);
    // What a measurement tells, also of the past. From then on the stack's samples of that quantity are not
    // taken.
    void merge(const console::Reading& reading);
    stack::Amount capacity; // for shares; -1 where it has none

private:
    void add(Quantity quantity, Point point);

    QString m_name;
    std::array<std::deque<Point>, console::kQuantities> m_points;
    std::array<bool, console::kQuantities> m_measured{};
};

QString quantityName(Quantity quantity);
// "0, 5, 10, 15" for 13: round steps that hold `top`; the last is the axis's end.
std::vector<double> axisTicks(double top, int most);
// Several series as comma-separated text: one line a moment, RFC 4180.
QString metricsCsv(const std::vector<MetricsSeries>& all);

// Lines of several objects over time (Qt Charts), with a crosshair under the mouse (or moved by the arrow
// keys) that tells their values.
class MetricsChart : public QChartView {
    Q_OBJECT

public:
    explicit MetricsChart(QWidget* parent = nullptr);

    void setSeries(const std::vector<MetricsSeries>* series); // not owned; call again when it changed
    void setQuantity(Quantity quantity);
    Quantity quantity() const { return m_quantity; }
    void setShares(bool shares); // of the capacity, in per cent; series without one are left out
    void setSpan(UnixMs span);
    void setNow(UnixMs now);

    std::optional<double> valueAt(const MetricsSeries& series, UnixMs at) const; // the point nearest to it
    QString valueText(double value) const;
    std::optional<UnixMs> crosshair() const { return m_at; }
    int lineCount() const { return int(m_lines.size()); } // pieces: a line is broken where nothing is known
    static QColor colorOfSeries(std::size_t index, bool dark);

    QSize sizeHint() const override { return {600, 200}; }
    QSize minimumSizeHint() const override { return {120, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    bool canShare() const;
    double value(double raw, const MetricsSeries& series) const; // below 0: not told
    double top() const;
    void rebuild();
    void recolour();
    double x(UnixMs at) const;
    double y(double value) const;

    const std::vector<MetricsSeries>* m_series = nullptr;
    Quantity m_quantity = Quantity::Memory;
    bool m_shares = false;
    UnixMs m_span = 30 * 60 * 1000;
    UnixMs m_now = 0;
    double m_high = 1;
    std::vector<double> m_ticks;
    std::optional<UnixMs> m_at;
    struct Line {
        QLineSeries* line = nullptr;
        std::size_t series = 0;
    };
    std::vector<Line> m_lines;
    QValueAxis* m_time = nullptr; // seconds before now
    QValueAxis* m_value = nullptr;
};

} // namespace strata::ui
