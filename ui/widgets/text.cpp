// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/text.h"

#include "core/base/text.h"

#include <QFontMetrics>
#include <QPainter>

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

QString elidedName(const QFontMetrics& metrics, const QString& name, int width)
{
    if (width <= 0)
        return {};
    const int most = qMax(8, width / 2); // see elided()
    const QString text = name.size() <= 2 * most ? name : name.left(most) + name.right(most);
    return metrics.elidedText(text, Qt::ElideMiddle, width);
}

void drawLine(QPainter* painter, const QRectF& rect, const QString& text, Qt::LayoutDirection layout)
{
    const Qt::LayoutDirection before = painter->layoutDirection();
    const bool own = text.isRightToLeft();
    painter->setLayoutDirection(own ? Qt::RightToLeft : Qt::LeftToRight);
    bool right = layout == Qt::RightToLeft;
    if (right != own && painter->fontMetrics().horizontalAdvance(text) > rect.width())
        right = own;
    painter->drawText(rect,
                      int(Qt::AlignVCenter | Qt::AlignAbsolute) |
                          int(right ? Qt::AlignRight : Qt::AlignLeft) | Qt::TextSingleLine,
                      text);
    painter->setLayoutDirection(before);
}

} // namespace strata::ui
