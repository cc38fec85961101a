// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/metricschart.h"

#include "ui/console/logview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/text.h"

#include <QDateTime>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace strata::ui {
namespace {

constexpr UnixMs kGap = 120'000; // without a sample for so long the line is broken: "not known" is no value
constexpr UnixMs kStep = 15'000; // of the crosshair with the keyboard

QString quoted(const QString& text)
{
    return QLatin1Char('"') + QString(text).replace(QLatin1Char('"'), QLatin1String("\"\"")) +
           QLatin1Char('"');
}

} // namespace

void MetricsSeries::merge(const std::vector<stack::Sample>& samples)
{
    for (const stack::Sample& sample : samples) {
        if (m_samples.empty() || sample.at > m_samples.back().at)
            m_samples.push_back(sample);
    }
    while (m_samples.size() > kMostSamples)
        m_samples.pop_front();
}

std::vector<double> axisTicks(double top, int most)
{
    if (!(top > 0) || most < 1)
        return {0, 1};
    const double rough = top / most;
    const double unit = std::pow(10.0, std::floor(std::log10(rough)));
    double step = unit * 10;
    for (const double each : {1.0, 2.0, 5.0}) {
        if (each * unit >= rough) {
            step = each * unit;
            break;
        }
    }
    std::vector<double> ticks;
    for (int i = 0; i == 0 || ticks.back() < top; ++i)
        ticks.push_back(i * step);
    return ticks;
}

QString metricsCsv(const std::vector<MetricsSeries>& all)
{
    QString text = QStringLiteral("time,name,cpu_cores,memory_bytes\r\n");
    for (const MetricsSeries& series : all) {
        for (const stack::Sample& sample : series.samples()) {
            text += QDateTime::fromMSecsSinceEpoch(sample.at).toUTC().toString(Qt::ISODate) +
                    QLatin1Char(',') + quoted(series.name()) + QLatin1Char(',');
            if (sample.used.cpuMilli >= 0)
                text += QString::number(double(sample.used.cpuMilli) / 1000, 'f', 3);
            text += QLatin1Char(',');
            if (sample.used.memoryBytes >= 0)
                text += QString::number(sample.used.memoryBytes);
            text += QLatin1String("\r\n");
        }
    }
    return text;
}

MetricsChart::MetricsChart(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Chart of usage"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QColor MetricsChart::colorOfSeries(std::size_t index, bool dark)
{
    return LogView::colorOfSource(index, dark);
}

void MetricsChart::setSeries(const std::vector<MetricsSeries>* series)
{
    m_series = series;
    update();
}

void MetricsChart::setQuantity(Quantity quantity)
{
    m_quantity = quantity;
    update();
}

void MetricsChart::setShares(bool shares)
{
    m_shares = shares;
    update();
}

void MetricsChart::setSpan(UnixMs span)
{
    m_span = span;
    update();
}

void MetricsChart::setNow(UnixMs now)
{
    m_now = now;
    update();
}

double MetricsChart::value(const stack::Sample& sample, const MetricsSeries& series) const
{
    const bool memory = m_quantity == Quantity::Memory;
    const std::int64_t used = memory ? sample.used.memoryBytes : sample.used.cpuMilli;
    const std::int64_t capacity = memory ? series.capacity.memoryBytes : series.capacity.cpuMilli;
    if (used < 0 || (m_shares && capacity <= 0))
        return -1;
    return m_shares ? 100.0 * double(used) / double(capacity) : double(used);
}

double MetricsChart::top() const
{
    if (m_shares)
        return 100;
    double most = 0;
    for (const MetricsSeries& series : *m_series)
        for (const stack::Sample& sample : series.samples())
            if (sample.at >= m_now - m_span)
                most = std::max(most, value(sample, series));
    return most;
}

QString MetricsChart::valueText(double value) const
{
    if (m_shares)
        return tr("%1 %").arg(QLocale().toString(value, 'f', value < 10 ? 1 : 0));
    return m_quantity == Quantity::Memory ? bytesText(std::int64_t(value)) : coresText(std::int64_t(value));
}

std::optional<double> MetricsChart::valueAt(const MetricsSeries& series, UnixMs at) const
{
    const stack::Sample* best = nullptr;
    for (const stack::Sample& sample : series.samples()) {
        if (value(sample, series) >= 0 &&
            (best == nullptr || std::abs(sample.at - at) < std::abs(best->at - at)))
            best = &sample;
    }
    if (best == nullptr || std::abs(best->at - at) > kGap)
        return std::nullopt;
    return value(*best, series);
}

QRectF MetricsChart::plot() const
{
    const QFontMetricsF metrics(Theme::smallFont());
    return QRectF(rect()).adjusted(metrics.horizontalAdvance(QStringLiteral("0000.00 GiB")) + 12, 10, -14,
                                   -metrics.height() - 8);
}

void MetricsChart::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF area = plot();
    if (area.width() <= 0)
        return;
    const double share = std::clamp((event->position().x() - area.left()) / area.width(), 0.0, 1.0);
    m_at = m_now - m_span + UnixMs(share * double(m_span));
    update();
}

void MetricsChart::leaveEvent(QEvent*)
{
    m_at.reset();
    update();
}

void MetricsChart::keyPressEvent(QKeyEvent* event)
{
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    m_at = std::clamp(m_at.value_or(m_now) + step * kStep, m_now - m_span, m_now);
    update();
}

void MetricsChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(Theme::smallFont());
    const Colors& c = colors();
    const QRectF area = plot();
    if (m_series == nullptr || m_series->empty() || area.width() < 40 || area.height() < 20)
        return;
    const double most = top();
    if (most <= 0) {
        painter.setPen(c.muted);
        painter.drawText(rect(), Qt::AlignCenter, tr("No usage measured yet"));
        return;
    }
    // Bytes in binary steps, so that the axis says 64 GiB and not 59.6.
    const double scale =
        !m_shares && m_quantity == Quantity::Memory ? std::pow(1024.0, std::floor(std::log2(most) / 10)) : 1;
    std::vector<double> ticks = axisTicks(most / scale, 4);
    for (double& tick : ticks)
        tick *= scale;
    const double high = ticks.back();
    const UnixMs begin = m_now - m_span;
    const auto x = [&](UnixMs at) {
        return area.left() + double(at - begin) / double(m_span) * area.width();
    };
    const auto y = [&](double v) { return area.bottom() - v / high * area.height(); };
    for (const double tick : ticks) {
        painter.setPen(QPen(c.border, 1));
        painter.drawLine(QPointF(area.left(), y(tick)), QPointF(area.right(), y(tick)));
        painter.setPen(c.muted);
        painter.drawText(QRectF(0, y(tick) - 10, area.left() - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                         valueText(tick));
    }
    for (int i = 0; i <= 3; ++i) {
        const UnixMs at = begin + m_span * i / 3;
        const QString text = QDateTime::fromMSecsSinceEpoch(at).toString(QStringLiteral("HH:mm"));
        const QRectF box(x(at) - 40, area.bottom() + 4, 80, painter.fontMetrics().height());
        painter.drawText(i == 3 ? box.translated(-26, 0) : box, Qt::AlignHCenter | Qt::AlignTop, text);
    }
    painter.save();
    painter.setClipRect(area.adjusted(-3, -3, 3, 3));
    for (std::size_t i = 0; i < m_series->size(); ++i) {
        const MetricsSeries& series = (*m_series)[i];
        QPainterPath path;
        UnixMs last = 0;
        QPointF end;
        for (const stack::Sample& sample : series.samples()) {
            const double v = value(sample, series);
            if (v < 0 || sample.at < begin - kGap)
                continue;
            end = {x(sample.at), y(v)};
            if (last == 0 || sample.at - last > kGap)
                path.moveTo(end);
            else
                path.lineTo(end);
            last = sample.at;
        }
        const QColor color = colorOfSeries(i, c.dark);
        painter.strokePath(path, QPen(color, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        if (last != 0) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(color);
            painter.drawEllipse(end, 3, 3);
        }
    }
    painter.restore();
    if (!m_at)
        return;
    painter.setPen(QPen(c.muted, 1, Qt::DashLine));
    painter.drawLine(QPointF(x(*m_at), area.top()), QPointF(x(*m_at), area.bottom()));
    QStringList lines{QDateTime::fromMSecsSinceEpoch(*m_at).toString(QStringLiteral("HH:mm:ss"))};
    std::vector<QColor> inks{c.muted};
    for (std::size_t i = 0; i < m_series->size(); ++i) {
        const std::optional<double> v = valueAt((*m_series)[i], *m_at);
        lines << QStringLiteral("%1  %2").arg((*m_series)[i].name(), v ? valueText(*v) : tr("not known"));
        inks.push_back(colorOfSeries(i, c.dark));
        if (v) {
            painter.setPen(QPen(c.base, 1.5));
            painter.setBrush(inks.back());
            painter.drawEllipse(QPointF(x(*m_at), y(*v)), 4, 4);
        }
    }
    const QFontMetricsF metrics(painter.font());
    double width = 0;
    for (const QString& line : lines)
        width = std::max(width, metrics.horizontalAdvance(line));
    QRectF box(x(*m_at) + 10, area.top() + 4, width + 16, metrics.height() * double(lines.size()) + 10);
    if (box.right() > area.right())
        box.moveRight(x(*m_at) - 10);
    painter.setPen(QPen(c.border, 1));
    painter.setBrush(c.panel);
    painter.drawRoundedRect(box, 4, 4);
    for (int i = 0; i < lines.size(); ++i) {
        painter.setPen(inks[std::size_t(i)]);
        painter.drawText(
            QRectF(box.left() + 8, box.top() + 5 + metrics.height() * i, width + 2, metrics.height()),
            Qt::AlignLeading | Qt::AlignVCenter, lines[i]);
    }
}

} // namespace strata::ui
