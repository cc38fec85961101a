// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/usagechart.h"

#include "ui/theme/theme.h"

#include <QGraphicsLayout>
#include <QPainter>
#include <QWheelEvent>
#include <QtCharts/QAreaSeries>
#include <QtCharts/QChart>
#include <QtCharts/QLegend>
#include <QtCharts/QLineSeries>
#include <QtCharts/QScatterSeries>
#include <QtCharts/QValueAxis>

namespace strata::ui {
namespace {

constexpr double kSpan = 1800; // seconds

}

UsageChartView::UsageChartView(QWidget* parent) : QChartView(parent)
{
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setFocusPolicy(Qt::NoFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setBackgroundBrush(Qt::NoBrush);
    viewport()->setAutoFillBackground(false);

    QChart* all = chart();
    all->legend()->hide();
    all->setBackgroundVisible(false);
    all->setMargins(QMargins(0, 0, 0, 0));
    all->layout()->setContentsMargins(0, 0, 0, 0);
    all->setAnimationOptions(QChart::NoAnimation);

    m_used = new QLineSeries(this);
    m_floor = new QLineSeries(this);
    m_area = new QAreaSeries(m_used, m_floor);
    m_line = new QLineSeries; // the area's own pen would draw its sides, too
    m_capacity = new QLineSeries;
    m_last = new QScatterSeries;
    m_last->setMarkerSize(6);
    m_time = new QValueAxis(this);
    m_time->setRange(-kSpan, 0);
    m_time->setVisible(false);
    m_value = new QValueAxis(this);
    m_value->setTickCount(3);
    m_value->setLabelsVisible(false);
    m_value->setLineVisible(false);
    all->addAxis(m_time, Qt::AlignBottom);
    all->addAxis(m_value, Qt::AlignLeft);
    for (QAbstractSeries* series :
         std::initializer_list<QAbstractSeries*>{m_area, m_line, m_capacity, m_last}) {
        all->addSeries(series);
        series->attachAxis(m_time);
        series->attachAxis(m_value);
    }
    recolour();
    connect(&Theme::instance(), &Theme::changed, this, &UsageChartView::recolour);
}

void UsageChartView::recolour()
{
    const Colors& c = colors();
    QColor soft = c.bar;
    soft.setAlpha(36);
    m_area->setPen(Qt::NoPen);
    m_line->setPen(QPen(c.bar, 2));
    m_area->setBrush(soft);
    QPen limit(c.health[static_cast<std::size_t>(stack::Health::Failed)], 1.2, Qt::DashLine);
    limit.setDashPattern({4, 3});
    m_capacity->setPen(limit);
    m_last->setBrush(c.bar);
    m_last->setPen(QPen(c.panel, 1));
    m_last->setBorderColor(c.panel);
    m_value->setGridLinePen(QPen(c.border, 1));
}

void UsageChartView::show(const UsageChart& chart)
{
    if (m_shown == chart)
        return;
    m_shown = chart;
    QList<QPointF> used;
    for (const QPointF& point : chart.points)
        used.append(point);
    QList<QPointF> floor;
    if (!used.isEmpty())
        floor = {{used.first().x(), 0}, {used.last().x(), 0}};
    m_floor->replace(floor);
    m_used->replace(used);
    m_line->replace(used);
    m_last->replace(used.isEmpty() ? QList<QPointF>{} : QList<QPointF>{used.last()});
    m_capacity->replace(chart.capacity > 0 ? QList<QPointF>{{-kSpan, chart.capacity}, {0, chart.capacity}}
                                           : QList<QPointF>{});
    m_value->setRange(0, chart.top);
    viewport()->update();
}

void UsageChartView::wheelEvent(QWheelEvent* event)
{
    event->ignore(); // the page scrolls, not the chart
}

void UsageChartView::paintEvent(QPaintEvent* event)
{
    QChartView::paintEvent(event);
    if (m_shown.points.empty()) {
        QPainter painter(viewport());
        painter.setPen(colors().muted);
        painter.drawText(viewport()->rect().adjusted(8, 0, -8, 0), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("No usage measured yet"));
    }
}

} // namespace strata::ui
