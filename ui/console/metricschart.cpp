// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/metricschart.h"

#include "ui/console/logview.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QGraphicsLayout>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <QtCharts/QChart>
#include <QtCharts/QLegend>
#include <QtCharts/QLineSeries>
#include <QtCharts/QValueAxis>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace strata::ui {
namespace {

constexpr UnixMs kGap = 120'000; // without a point for so long the line is broken: "not known" is no value
constexpr UnixMs kStep = 15'000; // of the crosshair with the keyboard

class Words {
    Q_DECLARE_TR_FUNCTIONS(MetricsChart)
};

QString quoted(const QString& text)
{
    const bool formula = !text.isEmpty() && QStringLiteral("=+-@").contains(text.front());
    return QLatin1Char('"') + (formula ? QStringLiteral("'") : QString()) +
           QString(text).replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
}

bool isBytes(Quantity quantity)
{
    return quantity != Quantity::Cpu;
}

bool isRate(Quantity quantity)
{
    return quantity == Quantity::NetworkIn || quantity == Quantity::NetworkOut ||
           quantity == Quantity::DiskRead || quantity == Quantity::DiskWrite;
}

} // namespace

QString quantityName(Quantity quantity)
{
    switch (quantity) {
    case Quantity::Memory:
        return Words::tr("Memory");
    case Quantity::Cpu:
        return Words::tr("CPU");
    case Quantity::NetworkIn:
        return Words::tr("Network, received");
    case Quantity::NetworkOut:
        return Words::tr("Network, sent");
    case Quantity::DiskRead:
        return Words::tr("Disk, read");
    case Quantity::DiskWrite:
        return Words::tr("Disk, written");
    case Quantity::Filesystem:
        return Words::tr("File systems, used");
    }
    return {};
}

void MetricsSeries::add(Quantity quantity, Point point)
{
    std::deque<Point>& points = m_points[std::size_t(quantity)];
    if (points.empty() || point.at > points.back().at) {
        points.push_back(point);
    } else {
        const auto place = std::lower_bound(points.begin(), points.end(), point.at,
                                            [](const Point& each, UnixMs at) { return each.at < at; });
        if (place->at == point.at)
            place->value = point.value;
        else
            points.insert(place, point);
    }
    while (points.size() > kMostPoints)
        points.pop_front();
}

void MetricsSeries::merge(const std::vector<stack::Sample>& samples)
{
    for (const stack::Sample& sample : samples) {
        const auto take = [&](Quantity quantity, std::int64_t raw, double value) {
            const std::deque<Point>& known = points(quantity);
            if (raw >= 0 && !m_measured[std::size_t(quantity)] &&
                (known.empty() || sample.at > known.back().at))
                add(quantity, {sample.at, value});
        };
        take(Quantity::Memory, sample.used.memoryBytes, double(sample.used.memoryBytes));
        take(Quantity::Cpu, sample.used.cpuMilli, double(sample.used.cpuMilli) / 1000);
    }
}

void MetricsSeries::merge(const console::Reading& reading)
{
    for (std::size_t i = 0; i < console::kQuantities; ++i) {
        if (reading.values[i]) {
            m_measured[i] = true;
            add(Quantity(i), {reading.at, *reading.values[i]});
        }
    }
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
    QString text = QStringLiteral("time,name,memory_bytes,cpu_cores,network_in_bytes_per_second,"
                                  "network_out_bytes_per_second,disk_read_bytes_per_second,"
                                  "disk_written_bytes_per_second,filesystem_used_bytes\r\n");
    for (const MetricsSeries& series : all) {
        std::map<UnixMs, std::array<std::optional<double>, console::kQuantities>> rows;
        for (std::size_t i = 0; i < console::kQuantities; ++i) {
            for (const MetricsSeries::Point& point : series.points(Quantity(i)))
                rows[point.at][i] = point.value;
        }
        for (const auto& [at, values] : rows) {
            text += QDateTime::fromMSecsSinceEpoch(at).toUTC().toString(Qt::ISODate) + QLatin1Char(',') +
                    quoted(series.name());
            for (std::size_t i = 0; i < values.size(); ++i) {
                text += QLatin1Char(',');
                if (values[i])
                    text += QString::number(*values[i], 'f', Quantity(i) == Quantity::Cpu ? 3 : 0);
            }
            text += QLatin1String("\r\n");
        }
    }
    return text;
}

MetricsChart::MetricsChart(QWidget* parent) : QChartView(parent)
{
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Chart of usage"));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    QChart* all = chart();
    all->legend()->hide();
    all->setBackgroundVisible(false);
    all->setAnimationOptions(QChart::NoAnimation);
    all->setContentsMargins(0, 0, 0, 0);
    all->layout()->setContentsMargins(0, 0, 0, 0);
    // The axes scale; their words are ours, since the steps of bytes and of local times are.
    m_time = new QValueAxis(this);
    m_value = new QValueAxis(this);
    for (QValueAxis* axis : {m_time, m_value}) {
        axis->setLabelsVisible(false);
        axis->setLineVisible(false);
        axis->setGridLineVisible(false);
    }
    all->addAxis(m_time, Qt::AlignBottom);
    all->addAxis(m_value, Qt::AlignLeft);
    connect(&Theme::instance(), &Theme::changed, this, &MetricsChart::recolour);
    rebuild();
}

QColor MetricsChart::colorOfSeries(std::size_t index, bool dark)
{
    return LogView::colorOfSource(index, dark);
}

void MetricsChart::setSeries(const std::vector<MetricsSeries>* series)
{
    m_series = series;
    rebuild();
}

void MetricsChart::setQuantity(Quantity quantity)
{
    m_quantity = quantity;
    rebuild();
}

void MetricsChart::setShares(bool shares)
{
    m_shares = shares;
    rebuild();
}

void MetricsChart::setSpan(UnixMs span)
{
    m_span = span;
    rebuild();
}

void MetricsChart::setNow(UnixMs now)
{
    m_now = now;
    rebuild();
}

bool MetricsChart::canShare() const
{
    return m_shares && (m_quantity == Quantity::Memory || m_quantity == Quantity::Cpu);
}

double MetricsChart::value(double raw, const MetricsSeries& series) const
{
    if (!canShare())
        return raw;
    const double capacity = m_quantity == Quantity::Memory ? double(series.capacity.memoryBytes)
                                                           : double(series.capacity.cpuMilli) / 1000;
    return capacity > 0 ? 100.0 * raw / capacity : -1;
}

double MetricsChart::top() const
{
    if (canShare())
        return 100;
    double most = 0;
    if (m_series == nullptr)
        return most;
    for (const MetricsSeries& series : *m_series) {
        for (const MetricsSeries::Point& point : series.points(m_quantity)) {
            if (point.at >= m_now - m_span)
                most = std::max(most, value(point.value, series));
        }
    }
    return most;
}

QString MetricsChart::valueText(double value) const
{
    if (canShare())
        return tr("%1 %").arg(QLocale().toString(value, 'f', value < 10 ? 1 : 0));
    if (!isBytes(m_quantity))
        return coresText(std::int64_t(std::lround(value * 1000)));
    const QString amount = bytesText(std::int64_t(value));
    return isRate(m_quantity) ? tr("%1/s").arg(amount) : amount;
}

std::optional<double> MetricsChart::valueAt(const MetricsSeries& series, UnixMs at) const
{
    const MetricsSeries::Point* best = nullptr;
    for (const MetricsSeries::Point& point : series.points(m_quantity)) {
        if (value(point.value, series) >= 0 &&
            (best == nullptr || std::abs(point.at - at) < std::abs(best->at - at)))
            best = &point;
    }
    if (best == nullptr || std::abs(best->at - at) > kGap)
        return std::nullopt;
    return value(best->value, series);
}

// The pieces of all lines: few, and only those points that are in sight.
void MetricsChart::rebuild()
{
    struct Piece {
        std::size_t series;
        QList<QPointF> points;
    };
    std::vector<Piece> pieces;
    const UnixMs begin = m_now - m_span;
    for (std::size_t i = 0; m_series != nullptr && i < m_series->size(); ++i) {
        const MetricsSeries& series = (*m_series)[i];
        UnixMs last = 0;
        for (const MetricsSeries::Point& point : series.points(m_quantity)) {
            const double v = value(point.value, series);
            if (v < 0 || point.at < begin - kGap || point.at > m_now + kGap)
                continue;
            if (last == 0 || point.at - last > kGap)
                pieces.push_back({i, {}});
            pieces.back().points.append({double(point.at - m_now) / 1000, v});
            last = point.at;
        }
    }
    while (m_lines.size() > pieces.size()) {
        chart()->removeSeries(m_lines.back().line);
        delete m_lines.back().line;
        m_lines.pop_back();
    }
    while (m_lines.size() < pieces.size()) {
        auto* line = new QLineSeries(this);
        chart()->addSeries(line);
        line->attachAxis(m_time);
        line->attachAxis(m_value);
        m_lines.push_back({line, 0});
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        m_lines[i].series = pieces[i].series;
        m_lines[i].line->replace(pieces[i].points);
    }
    const double most = top();
    // Bytes in binary steps, so that the axis says 64 GiB and not 59.6.
    const double scale = !canShare() && isBytes(m_quantity) && most > 0
                             ? std::pow(1024.0, std::floor(std::log2(std::max(most, 1.0)) / 10))
                             : 1;
    m_ticks = axisTicks(most / scale, 4);
    for (double& tick : m_ticks)
        tick *= scale;
    m_high = m_ticks.back();
    m_time->setRange(-double(m_span) / 1000, 0);
    m_value->setRange(0, m_high);
    recolour();
}

void MetricsChart::recolour()
{
    const QFontMetricsF metrics(Theme::smallFont());
    chart()->setMargins(QMargins(int(metrics.horizontalAdvance(QStringLiteral("0000.00 GiB/s"))) + 12, 10, 14,
                                 int(metrics.height()) + 8));
    for (const Line& each : m_lines) {
        QPen pen(colorOfSeries(each.series, colors().dark), 1.8);
        pen.setCapStyle(Qt::RoundCap);
        pen.setJoinStyle(Qt::RoundJoin);
        each.line->setPen(pen);
    }
    viewport()->update();
}

double MetricsChart::x(UnixMs at) const
{
    const QRectF area = chart()->plotArea();
    return area.left() + double(at - (m_now - m_span)) / double(m_span) * area.width();
}

double MetricsChart::y(double value) const
{
    const QRectF area = chart()->plotArea();
    return area.bottom() - value / m_high * area.height();
}

void MetricsChart::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF area = chart()->plotArea();
    if (area.width() <= 0)
        return;
    const double share = std::clamp((event->position().x() - area.left()) / area.width(), 0.0, 1.0);
    m_at = m_now - m_span + UnixMs(share * double(m_span));
    viewport()->update();
}

void MetricsChart::leaveEvent(QEvent*)
{
    m_at.reset();
    viewport()->update();
}

void MetricsChart::keyPressEvent(QKeyEvent* event)
{
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    m_at = std::clamp(m_at.value_or(m_now) + step * kStep, m_now - m_span, m_now);
    viewport()->update();
}

void MetricsChart::wheelEvent(QWheelEvent* event)
{
    event->ignore();
}

void MetricsChart::paintEvent(QPaintEvent* event)
{
    const Colors& c = colors();
    const QRectF area = chart()->plotArea();
    const bool room = area.width() >= 40 && area.height() >= 20;
    {
        QPainter painter(viewport());
        painter.fillRect(viewport()->rect(), c.base);
        painter.setFont(Theme::smallFont());
        if (m_series == nullptr || m_series->empty() || m_lines.empty() || !room) {
            painter.setPen(c.muted);
            painter.drawText(viewport()->rect(), Qt::AlignCenter,
                             m_series == nullptr || m_series->empty()
                                 ? tr("Add items to the chart with “Add to chart”")
                                 : tr("Nothing of it is measured yet"));
            return;
        }
        for (const double tick : m_ticks) {
            painter.setPen(QPen(c.border, 1));
            painter.drawLine(QPointF(area.left(), y(tick)), QPointF(area.right(), y(tick)));
            painter.setPen(c.muted);
            painter.drawText(QRectF(0, y(tick) - 10, area.left() - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                             valueText(tick));
        }
        for (int i = 0; i <= 3; ++i) {
            const UnixMs at = m_now - m_span + m_span * i / 3;
            const QString text = QDateTime::fromMSecsSinceEpoch(at).toString(QStringLiteral("HH:mm"));
            const QRectF box(x(at) - 40, area.bottom() + 4, 80, painter.fontMetrics().height());
            painter.drawText(i == 3 ? box.translated(-26, 0) : box, Qt::AlignHCenter | Qt::AlignTop, text);
        }
    }
    QChartView::paintEvent(event);
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(Theme::smallFont());
    if (!m_at)
        return;
    painter.setPen(QPen(c.muted, 1, Qt::DashLine));
    painter.drawLine(QPointF(x(*m_at), area.top()), QPointF(x(*m_at), area.bottom()));
    // Names below each other, and their values.
    struct Told {
        QString name;
        QString value;
        QColor ink;
    };
    std::vector<Told> lines{
        {QDateTime::fromMSecsSinceEpoch(*m_at).toString(QStringLiteral("HH:mm:ss")), {}, c.muted}};
    for (std::size_t i = 0; i < m_series->size(); ++i) {
        const std::optional<double> v = valueAt((*m_series)[i], *m_at);
        lines.push_back(
            {(*m_series)[i].name(), v ? valueText(*v) : tr("not known"), colorOfSeries(i, c.dark)});
        if (v) {
            painter.setPen(QPen(c.base, 1.5));
            painter.setBrush(lines.back().ink);
            painter.drawEllipse(QPointF(x(*m_at), y(*v)), 4, 4);
        }
    }
    const QFontMetricsF metrics(painter.font());
    double names = 0;
    double values = 0;
    for (const Told& told : lines) {
        names = std::max(names, metrics.horizontalAdvance(told.name));
        values = std::max(values, metrics.horizontalAdvance(told.value));
    }
    const double width = names + (values > 0 ? 12 + values : 0) + 2;
    QRectF box(x(*m_at) + 10, area.top() + 4, width + 16, metrics.height() * double(lines.size()) + 10);
    if (box.right() > area.right())
        box.moveRight(x(*m_at) - 10);
    painter.setPen(QPen(c.border, 1));
    painter.setBrush(c.panel);
    painter.drawRoundedRect(box, 4, 4);
    QRectF line(box.left() + 8, box.top() + 5, width, metrics.height());
    for (const Told& each : lines) {
        painter.setPen(each.ink);
        painter.drawText(line, Qt::AlignLeading | Qt::AlignVCenter, each.name);
        painter.drawText(line, Qt::AlignTrailing | Qt::AlignVCenter, each.value);
        line.translate(0, metrics.height());
    }
}

} // namespace strata::ui
