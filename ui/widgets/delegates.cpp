// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/delegates.h"

#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/roles.h"

#include <QPainter>

#include <algorithm>

namespace strata::ui {

void StateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    const QVariant health = index.data(HealthRole);
    if (!health.isValid())
        return;
    const auto own = static_cast<stack::Health>(health.toInt());
    const QVariant lower = index.data(BelowRole);
    const auto below = lower.isValid() ? static_cast<stack::Health>(lower.toInt()) : stack::Health::Ok;
    const qreal side = std::clamp(option.fontMetrics.height() * 0.68, 9.0, 24.0);
    const QPointF centre = QRectF(option.rect).center();
    painter->save();
    if (index.data(StaleRole).toBool())
        painter->setOpacity(0.45);
    Theme::paintHealth(painter, QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side), own, below);
    painter->restore();
}

QSize StateDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    Q_UNUSED(index);
    const int height = option.fontMetrics.height();
    return {height * 2, qRound(height * 1.55)};
}

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    Usage usage;
    if (const QVariant used = index.data(UsedRole); used.isValid())
        usage.used = used.toDouble();
    if (const QVariant allocated = index.data(AllocatedRole); allocated.isValid())
        usage.allocated = allocated.toDouble();
    paintUsageBar(painter, QRectF(option.rect).adjusted(5, 0, -5, 0), usage, index.data(StaleRole).toBool());
}

QSize BarDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    Q_UNUSED(index);
    const int height = option.fontMetrics.height();
    return {height * 3, qRound(height * 1.55)};
}

} // namespace strata::ui
