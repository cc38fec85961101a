// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icons.h"

#include "ui/theme/theme.h"

#include <QFile>
#include <QHash>
#include <QLoggingCategory>
#include <QPaintDevice>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <cmath>

namespace strata::ui {

namespace {

QString pathOf(const QString& name)
{
    return QStringLiteral(":/strata/icons/%1.svg").arg(name);
}

// The bytes of an icon, read once; empty when there is no such icon.
const QByteArray& source(const QString& name)
{
    static QHash<QString, QByteArray> known;
    auto found = known.find(name);
    if (found == known.end()) {
        QFile file(pathOf(name));
        QByteArray bytes;
        if (file.open(QIODevice::ReadOnly))
            bytes = file.readAll();
        else
            qWarning("no icon named \"%s\"", qUtf8Printable(name));
        found = known.insert(name, bytes);
    }
    return *found;
}

} // namespace

IconEngine::IconEngine(QString name, Tint tint) : m_name(std::move(name)), m_tint(std::move(tint)) {}

bool IconEngine::exists(const QString& name)
{
    return QFile::exists(pathOf(name));
}

QPixmap IconEngine::render(const QString& name, const QColor& color, const QSize& pixels, qreal scale)
{
    const QString key = QStringLiteral("strata/%1/%2/%3x%4@%5")
                            .arg(name, color.name(QColor::HexArgb))
                            .arg(pixels.width())
                            .arg(pixels.height())
                            .arg(scale);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    QByteArray svg = source(name);
    if (svg.isEmpty())
        svg = source(QStringLiteral("missing"));
    svg.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
    QSvgRenderer renderer(svg);
    pixmap = QPixmap(pixels);
    pixmap.fill(Qt::transparent);
    {
        QPainter painter(&pixmap);
        painter.setOpacity(color.alphaF());
        const int side = std::min(pixels.width(), pixels.height());
        const QRectF box((pixels.width() - side) / 2.0, (pixels.height() - side) / 2.0, side, side);
        renderer.render(&painter, box);
    }
    pixmap.setDevicePixelRatio(scale);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

QColor IconEngine::colorFor(QIcon::Mode mode) const
{
    QColor color = m_tint();
    if (mode == QIcon::Disabled)
        color.setAlphaF(0.4F);
    return color;
}

void IconEngine::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state)
{
    Q_UNUSED(state);
    const qreal scale = painter->device() != nullptr ? painter->device()->devicePixelRatio() : 1.0;
    const QSize pixels(int(std::ceil(rect.width() * scale)), int(std::ceil(rect.height() * scale)));
    if (!pixels.isEmpty())
        painter->drawPixmap(rect, render(m_name, colorFor(mode), pixels, scale));
}

QPixmap IconEngine::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state)
{
    return scaledPixmap(size, mode, state, 1.0);
}

QPixmap IconEngine::scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal scale)
{
    Q_UNUSED(state);
    // Qt hands device pixels over here already.
    return size.isEmpty() ? QPixmap() : render(m_name, colorFor(mode), size, scale);
}

QIconEngine* IconEngine::clone() const
{
    return new IconEngine(m_name, m_tint);
}

QString IconEngine::key() const
{
    return QStringLiteral("strata");
}

} // namespace strata::ui
