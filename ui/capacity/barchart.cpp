// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/capacity/barchart.h"

#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QEvent>
#include <QGraphicsLayout>
#include <QWheelEvent>
#include <QtCharts/QBarCategoryAxis>
#include <QtCharts/QBarSet>
#include <QtCharts/QChart>
#include <QtCharts/QHorizontalStackedBarSeries>
#include <QtCharts/QLegend>
#include <QtCharts/QValueAxis>

#include <algorithm>
#include <cmath>
#include <memory>

namespace strata::ui {
namespace {

constexpr int kNameWidth = 130; // pixels; a longer name loses its middle

QColor toneColour(BarChart::Tone tone)
{
    const Colors& c = colors();
    QColor soft = c.bar;
    switch (tone) {
    case BarChart::Tone::Used:
        return c.bar;
    case BarChart::Tone::Requested:
        soft.setAlpha(c.dark ? 120 : 90);
        return soft;
    case BarChart::Tone::Free:
        return c.barTrack;
    }
    return c.bar;
}

// The next of 1, 2, 5, 10, 20 … that holds a value, so that the axis has even figures.
double evenTop(double value)
{
    if (value <= 0)
        return 1;
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 5.0, 6.0, 8.0}) {
        if (step * power >= value)
            return step * power;
    }
    return 10 * power;
}

} // namespace

BarChartView::BarChartView(QWidget* parent) : QChartView(parent)
{
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setFocusPolicy(Qt::NoFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setBackgroundBrush(Qt::NoBrush);
    viewport()->setAutoFillBackground(false);
    connect(&Theme::instance(), &Theme::changed, this, &BarChartView::build);
}

void BarChartView::show(const BarChart& chart)
{
    if (m_shown == chart)
        return;
    m_shown = chart;
    build();
}

void BarChartView::build()
{
    // A chart whose axes are exchanged keeps drawing the old ones until its next layout; a new one does not.
    auto* all = new QChart;
    all->setBackgroundVisible(false);
    all->setMargins(QMargins(0, 0, 0, 0));
    all->layout()->setContentsMargins(0, 0, 0, 0);
    all->setAnimationOptions(QChart::NoAnimation);
    all->legend()->setAlignment(Qt::AlignBottom);
    const std::unique_ptr<QChart> old(chart());
    setChart(all);
    const Colors& c = colors();
    QFont heading = font();
    heading.setWeight(QFont::DemiBold);
    all->setTitle(m_shown.title.toHtmlEscaped()); // titles are rich text
    all->setTitleFont(heading);
    all->setTitleBrush(c.text);
    all->legend()->setLabelColor(c.text);
    all->legend()->setFont(Theme::smallFont());
    if (m_shown.names.isEmpty())
        return;

    auto* series = new QHorizontalStackedBarSeries;
    series->setBarWidth(0.62);
    double top = 0;
    for (const BarChart::Part& part : m_shown.parts) {
        auto* set = new QBarSet(part.name);
        set->setColor(toneColour(part.tone));
        set->setBorderColor(Qt::transparent);
        for (auto it = part.values.rbegin(); it != part.values.rend(); ++it)
            set->append(*it); // the axis begins at the bottom
        series->append(set);
    }
    for (qsizetype i = 0; i < m_shown.names.size(); ++i) {
        double sum = 0;
        for (const BarChart::Part& part : m_shown.parts)
            sum += std::size_t(i) < part.values.size() ? part.values[std::size_t(i)] : 0;
        top = std::max(top, sum);
    }
    all->addSeries(series);

    auto* names = new QBarCategoryAxis;
    QStringList categories;
    const QFontMetrics metrics(Theme::smallFont());
    for (auto it = m_shown.names.crbegin(); it != m_shown.names.crend(); ++it) {
        QString name = elidedName(metrics, *it, kNameWidth).toHtmlEscaped();
        while (categories.contains(name)) // categories of one name would be one bar
            name += QChar(0x200B);
        categories << name;
    }
    names->append(categories);
    auto* values = new QValueAxis;
    values->setRange(0, evenTop(top));
    values->setTickCount(5);
    const QString unit = QString(m_shown.unit).replace(QLatin1Char('%'), QLatin1String("%%"));
    values->setLabelFormat((evenTop(top) < 8 ? QStringLiteral("%.1f") : QStringLiteral("%.0f")) +
                           (unit.isEmpty() ? QString() : QLatin1Char(' ') + unit));
    for (QAbstractAxis* axis : std::initializer_list<QAbstractAxis*>{names, values}) {
        axis->setLabelsFont(Theme::smallFont());
        axis->setLabelsColor(axis == names ? c.text : c.muted);
        axis->setLinePen(QPen(c.border, 1));
        axis->setGridLinePen(QPen(c.border, 1));
    }
    names->setGridLineVisible(false);
    names->setLineVisible(false);
    values->setLineVisible(false);
    all->addAxis(names, Qt::AlignLeft);
    all->addAxis(values, Qt::AlignBottom);
    series->attachAxis(names);
    series->attachAxis(values);
}

void BarChartView::wheelEvent(QWheelEvent* event)
{
    event->ignore();
}

void BarChartView::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        build();
}

} // namespace strata::ui
