// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

class QPalette;
class QString;

namespace strata::ui {

struct Colors;

// Fusion with what a style sheet cannot say: chevrons in trees, thin focus rings, calm arrows.
class Style : public QProxyStyle {
    Q_OBJECT

public:
    Style();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* data) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
};

QPalette paletteOf(const Colors& colors);
QString styleSheetOf(const Colors& colors, double points);

} // namespace strata::ui
