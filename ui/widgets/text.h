// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string>
#include <string_view>

class QFontMetrics;
class QPainter;
class QRectF;

namespace strata::ui {

// Text of the stack, which is cleaned already, for a widget.
inline QString shown(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

// Text that was never cleaned: from a document, an error of a library, a settings file.
QString cleaned(std::string_view text);
QString cleaned(const QString& text);

// A tooltip decides by its first characters whether it is rich text; this one never is, whatever it says.
QString plainToolTip(const QString& text);

// Elided on the right; what could not fit anyway is cut off before it is measured, because measuring costs
// more than linear time.
QString elided(const QFontMetrics& metrics, const QString& text, int width);

// Elided in the middle, for generated names: "blue-md-0-8pqqh-x8k2p" and its siblings differ in their ends.
QString elidedName(const QFontMetrics& metrics, const QString& name, int width);

// One line at the leading edge of `rect`. A name keeps its own direction in a right-to-left layout; text that
// does not fit loses its end.
void drawLine(QPainter* painter, const QRectF& rect, const QString& text, Qt::LayoutDirection layout);

} // namespace strata::ui
