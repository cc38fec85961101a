// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/text.h"

#include "core/base/text.h"

#include <QFontMetrics>

namespace strata::ui {

QString cleaned(std::string_view text)
{
    return QString::fromStdString(cleanText(text));
}

QString cleaned(const QString& text)
{
    return cleaned(text.left(qsizetype(kMaxShownText)).toStdString());
}

QString plainToolTip(const QString& text)
{
    if (text.isEmpty())
        return {};
    QString escaped = text.left(4 * qsizetype(kMaxShownText)).toHtmlEscaped();
    escaped.replace(u'\n', QStringLiteral("<br>"));
    return QStringLiteral("<qt>") + escaped + QStringLiteral("</qt>");
}

QString elided(const QFontMetrics& metrics, const QString& text, int width)
{
    if (width <= 0)
        return {};
    // No glyph of a readable font is narrower than two pixels.
    return metrics.elidedText(text.left(qMax(8, width / 2)), Qt::ElideRight, width);
}

} // namespace strata::ui
