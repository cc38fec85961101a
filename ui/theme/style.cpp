// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/style.h"

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyleOption>
#include <QTabBar>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace strata::ui {

namespace {

void drawIcon(QPainter* painter, const QRect& rect, const char* name, const QColor& color, int side)
{
    const QRect box(rect.center().x() - (side - 1) / 2, rect.center().y() - (side - 1) / 2, side, side);
    const qreal scale = painter->device() != nullptr ? painter->device()->devicePixelRatio() : 1.0;
    const int pixels = int(std::ceil(side * scale));
    painter->drawPixmap(box, IconEngine::render(QLatin1String(name), color, {pixels, pixels}, scale));
}

} // namespace

Style::Style() : QProxyStyle(QStringLiteral("Fusion")) {}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                          const QWidget* widget) const
{
    const Colors& c = colors();
    switch (element) {
    case PE_IndicatorBranch:
        if ((option->state & State_Children) != 0) {
            const bool hovered = (option->state & State_MouseOver) != 0;
            const char* name = (option->state & State_Open) != 0      ? "chevron-down"
                               : option->direction == Qt::RightToLeft ? "chevron-left"
                                                                      : "chevron-right";
            drawIcon(painter, option->rect, name, hovered ? c.text : c.muted,
                     std::clamp(option->fontMetrics.ascent(), 8, 24));
        }
        return;
    case PE_FrameFocusRect:
        if (qobject_cast<const QTabBar*>(widget) != nullptr)
            return; // it is as tight as the text; UnderlineTabs marks the whole tab
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(c.accent, 1.5));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(QRectF(option->rect).adjusted(1, 1, -1, -1), 4, 4);
        painter->restore();
        return;
    case PE_IndicatorArrowDown:
    case PE_IndicatorArrowUp:
    case PE_IndicatorArrowLeft:
    case PE_IndicatorArrowRight: {
        const char* name = element == PE_IndicatorArrowDown   ? "chevron-down"
                           : element == PE_IndicatorArrowUp   ? "chevron-up"
                           : element == PE_IndicatorArrowLeft ? "chevron-left"
                                                              : "chevron-right";
        QColor color = c.muted;
        if ((option->state & State_Enabled) == 0)
            color.setAlphaF(0.4F);
        drawIcon(painter, option->rect, name, color,
                 std::clamp(std::min(option->rect.width(), option->rect.height()), 8, 14));
        return;
    }
    case PE_IndicatorHeaderArrow:
        break; // the header's sheet rule falls back on the arrows above
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

int Style::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                     QStyleHintReturn* data) const
{
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
        return 0;
    case SH_ItemView_ActivateItemOnSingleClick:
    case SH_DialogButtonBox_ButtonsHaveIcons: // some desktops' icons are not of our family
        return 0;
    case SH_ToolTip_WakeUpDelay:
        return 400;
    case SH_Menu_SloppySubMenus:
        return 1;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
    case PM_TabBarIconSize:
    case PM_ListViewIconSize:
        if (widget != nullptr)
            return std::clamp(widget->fontMetrics().height(), 14, 40);
        return 16;
    case PM_ToolBarIconSize:
        if (widget != nullptr)
            return std::clamp(widget->fontMetrics().height() + 2, 16, 44);
        return 18;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

QPalette paletteOf(const Colors& c)
{
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.base);
    p.setColor(QPalette::AlternateBase, c.hover);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.muted);
    p.setColor(QPalette::Button, c.panel);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.health[4]);
    p.setColor(QPalette::Highlight, c.selection);
    p.setColor(QPalette::HighlightedText, c.text);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.accent);
    p.setColor(QPalette::ToolTipBase, c.panel);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Light, c.dark ? c.border.lighter(120) : c.panel);
    p.setColor(QPalette::Midlight, c.hover);
    p.setColor(QPalette::Mid, c.border);
    p.setColor(QPalette::Dark, c.dark ? c.window.darker(130) : c.border.darker(120));
    p.setColor(QPalette::Shadow, c.dark ? QColor(0, 0, 0) : c.muted);
    QColor off = c.muted;
    off.setAlpha(150);
    for (const QPalette::ColorRole role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, off);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.hover);
    // A view that has not the focus keeps its selection readable.
    p.setColor(QPalette::Inactive, QPalette::Highlight, c.selection);
    return p;
}

} // namespace strata::ui
