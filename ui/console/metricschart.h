// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/stack.h"

#include <QColor>
#include <QString>
#include <QWidget>

#include <deque>
#include <optional>
#include <vector>

namespace strata::ui {

// What was measured of one object, oldest first; bounded, so that an open chart does not grow for ever.
class MetricsSeries {
public:
    static constexpr std::size_t kMostSamples = 4 * 3600 / 5; // four hours of one every five seconds

    explicit MetricsSeries(QString name) : m_name(std::move(name)) {}

    const QString& name() const { return m_name; }
    const std::deque<stack::Sample>& samples() const { return m_samples; }
    // Takes what is newer than what it has.
    void merge(const std::vector<stack::Sample>& samples);
    stack::Amount capacity; // for shares; -1 where it has none

private:
    QString m_name;
    std::deque<stack::Sample> m_samples;
};

enum class Quantity { Memory, Cpu };

// "0, 5, 10, 15" for 13: round steps that hold `top`; the last is the axis's end.
std::vector<double> axisTicks(double top, int most);
// Several series as comma-separated text: one line a sample, RFC 4180.
QString metricsCsv(const std::vector<MetricsSeries>& all);

// Lines of several objects over time, with a crosshair under the mouse (or moved by the arrow keys) that
// tells their values.
class MetricsChart : public QWidget {
    Q_OBJECT

public:
    explicit MetricsChart(QWidget* parent = nullptr);

    void setSeries(const std::vector<MetricsSeries>* series); // not owned; call again when it changed
    void setQuantity(Quantity quantity);
    void setShares(bool shares); // of the capacity, in per cent; series without one are left out
    void setSpan(UnixMs span);
    void setNow(UnixMs now);

    std::optional<double> valueAt(const MetricsSeries& series, UnixMs at) const; // the sample nearest to it
    QString valueText(double value) const;
    std::optional<UnixMs> crosshair() const { return m_at; }
    static QColor colorOfSeries(std::size_t index, bool dark);

    QSize sizeHint() const override { return {600, 200}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double value(const stack::Sample& sample, const MetricsSeries& series) const; // below 0: not told
    double top() const;
    QRectF plot() const;

    const std::vector<MetricsSeries>* m_series = nullptr;
    Quantity m_quantity = Quantity::Memory;
    bool m_shares = false;
    UnixMs m_span = 30 * 60 * 1000;
    UnixMs m_now = 0;
    std::optional<UnixMs> m_at;
};

} // namespace strata::ui
