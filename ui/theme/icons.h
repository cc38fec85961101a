// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIconEngine>
#include <QString>

#include <functional>

namespace strata::ui {

// Draws one SVG of resources/icons in a colour that is asked for at every painting: icons that are set once
// on an action follow a switch of the theme.
class IconEngine : public QIconEngine {
public:
    using Tint = std::function<QColor()>;

    IconEngine(QString name, Tint tint);

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale) override;
    QIconEngine* clone() const override;
    QString key() const override;

    static bool exists(const QString& name);
    // Cached; `pixels` are device pixels.
    static QPixmap render(const QString& name, const QColor& color, const QSize& pixels, qreal scale);

private:
    QColor colorFor(QIcon::Mode mode) const;

    QString m_name;
    Tint m_tint;
};

} // namespace strata::ui
