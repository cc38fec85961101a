// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/fitchart.h"

#include "core/base/quantity.h"
#include "ui/theme/theme.h"
#include "ui/widgets/text.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyle>
#include <QToolTip>

#include <algorithm>

namespace strata::ui {

using namespace provision;

namespace {

constexpr int kMostRows = 10;
constexpr int kBar = 12;
constexpr double kGhost = 9; // pixels at least, so that a small VM on a large node is seen

} // namespace

FitChart::FitChart(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void FitChart::show(const std::vector<NodeRoom>& before, const Fit& fit)
{
    m_rows.clear();
    for (const NodeRoom& node : before) {
        Row row;
        row.host = shown(node.host);
        row.node = shown(node.name);
        row.closed = shown(node.closed);
        const double capacity = double(std::max<std::int64_t>(node.capacity.memoryBytes, 1));
        row.taken = std::clamp(1.0 - double(node.free.memoryBytes) / capacity, 0.0, 1.0);
        QStringList names;
        for (const Placement& placement : fit.placements) {
            if (placement.node != node.name)
                continue;
            row.ghosts.push_back({shown(placement.vm.name), double(placement.request.memoryBytes) / capacity,
                                  QString::fromStdString(placement.vm.group).endsWith(QLatin1String("-cp"))});
            names << shown(placement.vm.name);
        }
        row.tip = tr("%1: %2 of %3 free")
                      .arg(row.node, shown(formatBytes(node.free.memoryBytes)),
                           shown(formatBytes(node.capacity.memoryBytes)));
        if (!names.isEmpty())
            row.tip += QLatin1Char('\n') + tr("New: %1").arg(names.join(QStringLiteral(", ")));
        if (!row.closed.isEmpty())
            row.tip += QLatin1Char('\n') + row.closed;
        m_rows.push_back(std::move(row));
    }
    std::stable_sort(m_rows.begin(), m_rows.end(), [](const Row& a, const Row& b) {
        if (a.ghosts.empty() != b.ghosts.empty())
            return !a.ghosts.empty();
        return a.closed.isEmpty() && !b.closed.isEmpty();
    });
    m_receiving = std::size_t(
        std::count_if(m_rows.begin(), m_rows.end(), [](const Row& row) { return !row.ghosts.empty(); }));
    QStringList spoken;
    for (std::size_t i = 0; i < m_receiving && i < kMostRows; ++i)
        spoken << m_rows[i].tip;
    setAccessibleName(tr("Where the VMs will go"));
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

int FitChart::rowHeight() const
{
    return QFontMetrics(Theme::smallFont()).height() + kBar + 12;
}

int FitChart::shownRows() const
{
    return std::min(int(m_rows.size()), kMostRows);
}

QSize FitChart::sizeHint() const
{
    const bool more = int(m_rows.size()) > kMostRows;
    return {200, shownRows() * rowHeight() + (more ? QFontMetrics(Theme::smallFont()).height() + 4 : 0)};
}

QSize FitChart::minimumSizeHint() const
{
    return {120, sizeHint().height()};
}

void FitChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colors& c = colors();
    const QFontMetrics small(Theme::smallFont());
    painter.setFont(Theme::smallFont());
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    for (int i = 0; i < shownRows(); ++i) {
        const Row& row = m_rows[std::size_t(i)];
        const int top = i * rowHeight();
        const QString aside = !row.closed.isEmpty() ? row.closed
                              : row.ghosts.empty()  ? QString()
                                                    : tr("+%n VMs", nullptr, int(row.ghosts.size()));
        const QString name = row.host.isEmpty() ? row.node : row.host + QStringLiteral(" › ") + row.node;
        // Half of the line, and what the name leaves.
        const int asideWidth = std::min(small.horizontalAdvance(aside) + 4,
                                        std::max(width() / 2, width() - small.horizontalAdvance(name) - 12));
        const QRect line(0, top, width(), small.height());
        painter.setPen(row.closed.isEmpty() ? c.text : c.muted);
        const auto placed = [this](const QRect& place) {
            return QRectF(QStyle::visualRect(layoutDirection(), rect(), place));
        };
        drawLine(&painter, placed(line.adjusted(0, 0, -asideWidth - 8, 0)),
                 elided(small, name, width() - asideWidth - 8), layoutDirection());
        painter.setPen(row.ghosts.empty() ? c.muted : c.accent);
        drawLine(&painter, placed(QRect(width() - asideWidth + 2, top, asideWidth, small.height())),
                 elided(small, aside, asideWidth - 2), layoutDirection());

        const QRectF bar(0.5, top + small.height() + 2.5, width() - 1, kBar);
        QPainterPath round;
        round.addRoundedRect(bar, 4, 4);
        painter.save();
        painter.setClipPath(round);
        painter.fillRect(bar, c.barTrack);
        double from = 0;
        const auto span = [&](double share) {
            const double left = bar.left() + bar.width() * (mirrored ? 1 - from - share : from);
            from += share;
            return QRectF(left, bar.top(), bar.width() * share, bar.height());
        };
        QColor taken = c.bar;
        taken.setAlphaF(row.closed.isEmpty() ? 0.85F : 0.35F);
        painter.fillRect(span(row.taken), taken);
        for (const Ghost& ghost : row.ghosts) {
            const QRectF place = span(std::min(std::max(ghost.share, kGhost / std::max(bar.width(), 1.0)),
                                               std::max(0.0, 1 - from)))
                                     .adjusted(1, 0.5, -0.5, -0.5);
            QColor soft = c.accent;
            soft.setAlphaF(0.18F);
            painter.fillRect(place, soft);
            painter.fillRect(place,
                             QBrush(c.accent, ghost.controlPlane ? Qt::Dense6Pattern : Qt::BDiagPattern));
            painter.setPen(QPen(c.accent, 1, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(place);
        }
        painter.restore();
    }
    const int left = int(m_rows.size()) - shownRows();
    if (left > 0) {
        painter.setPen(c.muted);
        painter.drawText(QRect(0, shownRows() * rowHeight(), width(), small.height()), Qt::AlignLeading,
                         tr("and %n more nodes", nullptr, left));
    }
}

bool FitChart::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at = help->pos().y() / std::max(1, rowHeight());
        if (at >= 0 && at < shownRows())
            QToolTip::showText(help->globalPos(), plainToolTip(m_rows[std::size_t(at)].tip), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace strata::ui
