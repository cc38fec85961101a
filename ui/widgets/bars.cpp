// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/bars.h"

#include "core/base/quantity.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace strata::ui {

namespace {

constexpr double kNearlyFull = 0.9;
constexpr double kFull = 0.98;

QString tr(const char* text)
{
    return QCoreApplication::translate("Usage", text);
}

QString percent(std::int64_t part, std::int64_t whole)
{
    return tr("%1 %").arg(qRound(100.0 * double(part) / double(whole)));
}

} // namespace

Usage usageOf(std::int64_t used, std::int64_t allocated, std::int64_t capacity)
{
    // What has no capacity of its own (a workload) is measured by what it asked for.
    const std::int64_t whole = capacity > 0 ? capacity : allocated;
    Usage usage;
    if (whole <= 0)
        return usage;
    if (used >= 0)
        usage.used = double(used) / double(whole);
    if (allocated >= 0 && capacity > 0)
        usage.allocated = double(allocated) / double(whole);
    return usage;
}

void paintUsageBar(QPainter* painter, const QRectF& rect, const Usage& usage, bool stale)
{
    if (!usage.told() || rect.width() < 8)
        return;
    const Colors& c = colors();
    const qreal height = std::clamp(rect.height() * 0.26, 5.0, 10.0);
    const QRectF track(rect.left(), rect.center().y() - height / 2, rect.width(), height);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (stale)
        painter->setOpacity(0.45);
    QPainterPath shape;
    shape.addRoundedRect(track, height / 2, height / 2);
    painter->fillPath(shape, c.barTrack);
    painter->setClipPath(shape);
    const double share = usage.used >= 0 ? usage.used : usage.allocated;
    QColor color = c.bar;
    if (usage.used >= kFull)
        color = c.healthFill[std::size_t(stack::Health::Failed)];
    else if (usage.used >= kNearlyFull)
        color = c.healthFill[std::size_t(stack::Health::Warning)];
    if (usage.used < 0)
        color.setAlphaF(0.35F); // promised, not measured
    if (share > 0) {
        const qreal width = std::max(2.0, track.width() * std::min(share, 1.0));
        const bool leftToRight = painter->layoutDirection() != Qt::RightToLeft;
        painter->fillRect(
            QRectF(leftToRight ? track.left() : track.right() - width, track.top(), width, height), color);
    }
    painter->setClipping(false);
    if (usage.used >= 0 && usage.allocated > 0) {
        qreal x = track.left() + track.width() * std::min(usage.allocated, 1.0);
        if (painter->layoutDirection() == Qt::RightToLeft)
            x = track.right() - (x - track.left());
        painter->fillRect(QRectF(std::min(x, track.right()) - 1, track.top() - 2, 1.5, height + 4), c.muted);
    }
    painter->restore();
}

QString bytesText(std::int64_t bytes)
{
    return QString::fromStdString(formatBytes(bytes));
}

QString coresText(std::int64_t milliCores)
{
    return tr("%1 cores").arg(QString::fromStdString(formatCpu(milliCores)));
}

QString usageText(std::int64_t used, std::int64_t allocated, std::int64_t capacity,
                  QString (*format)(std::int64_t))
{
    QString out;
    if (capacity > 0) {
        out = used >= 0
                  ? tr("used %1 of %2 (%3)").arg(format(used), format(capacity), percent(used, capacity))
                  : tr("capacity %1, usage not measured").arg(format(capacity));
        if (allocated >= 0)
            out += tr(", allocated %1 (%2)").arg(format(allocated), percent(allocated, capacity));
        return out;
    }
    if (allocated > 0 && used >= 0)
        return tr("used %1 of the requested %2 (%3)")
            .arg(format(used), format(allocated), percent(used, allocated));
    if (allocated > 0)
        return tr("requested %1, usage not measured").arg(format(allocated));
    if (used >= 0)
        return tr("used %1, nothing requested").arg(format(used));
    return out;
}

} // namespace strata::ui
