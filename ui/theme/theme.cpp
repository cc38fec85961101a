// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include "ui/theme/icons.h"
#include "ui/theme/style.h"

#include <QApplication>
#include <QCoreApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPainter>
#include <QPainterPath>
#include <QPixmapCache>
#include <QStyleHints>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace strata::ui {

using stack::Health;
using stack::ItemKind;
using stack::Layer;

namespace {

constexpr double kPoints = 10;

QColor rgb(unsigned value)
{
    return QColor::fromRgb(value);
}

std::array<QColor, 5> five(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e)
{
    return {rgb(a), rgb(b), rgb(c), rgb(d), rgb(e)};
}

Colors lightColors()
{
    Colors c;
    c.window = rgb(0xf8f9fa);
    c.panel = rgb(0xffffff);
    c.base = rgb(0xffffff);
    c.border = rgb(0xdfe3e7);
    c.text = rgb(0x1f2328);
    c.muted = rgb(0x586069);
    c.accent = rgb(0x1862ab);
    c.accentText = rgb(0xffffff);
    c.selection = rgb(0xdcefff);
    c.hover = rgb(0xf1f3f5);
    c.bar = rgb(0x4dabf7);
    c.barTrack = rgb(0xe9ecef);
    c.health = five(0x237534, 0x1864ab, 0x586069, 0x875300, 0xb4194f);
    c.healthFill = five(0x2a9142, 0x1c7ed6, 0x7b858e, 0xc47400, 0xd6336c);
    c.healthSoft = five(0xd3f5da, 0xd7ecff, 0xe9ecef, 0xffefc0, 0xffdfe8);
    c.healthCell = five(0xb7e4c2, 0xa9d6ff, 0xdee2e6, 0xffdf8a, 0xff9fb2);
    c.layer = five(0x6b747d, 0x7c53f0, 0x4263eb, 0x1c7ed6, 0x2b9440);
    c.layerSoft = five(0xd0d5da, 0xd2c4ff, 0xbfcbff, 0xaadbff, 0xb9e6c4);
    return c;
}

Colors darkColors()
{
    Colors c;
    c.window = rgb(0x14171b);
    c.panel = rgb(0x1d2126);
    c.base = rgb(0x181b1f);
    c.border = rgb(0x2f353c);
    c.text = rgb(0xe6e9ec);
    c.muted = rgb(0xa0a9b3);
    c.accent = rgb(0x5ab0f8);
    c.accentText = rgb(0x0b1a29);
    c.selection = rgb(0x1b3d5c);
    c.hover = rgb(0x23282e);
    c.bar = rgb(0x3f93db);
    c.barTrack = rgb(0x2d333a);
    c.health = five(0x6fdc85, 0x7cc4fd, 0xb0b8c1, 0xf2c14e, 0xff93ad);
    c.healthFill = five(0x51cf66, 0x4dabf7, 0x98a2ac, 0xf5b83d, 0xff6b8b);
    c.healthSoft = five(0x173b24, 0x143a5c, 0x31373e, 0x47380f, 0x571f35);
    c.healthCell = five(0x1f5233, 0x1a4b78, 0x3b424a, 0x6b5210, 0x8a2745);
    c.layer = five(0xa5aeb8, 0xb197fc, 0x91a7ff, 0x74c0fc, 0x69db7c);
    c.layerSoft = five(0x3a424a, 0x443775, 0x314082, 0x1d4a70, 0x20512f);
    c.dark = true;
    return c;
}

QString firstFamily(std::initializer_list<const char*> names)
{
    const QStringList known = QFontDatabase::families();
    for (const char* name : names) {
        if (known.contains(QLatin1String(name)))
            return QLatin1String(name);
    }
    return {};
}

const char* iconName(ItemKind kind)
{
    switch (kind) {
    case ItemKind::TenantCluster:
        return "tenant";
    case ItemKind::WorkerPool:
        return "pool";
    default:
        return toString(kind); // "host", "outer-node", …: the files are named for the kinds
    }
}

Layer layerOf(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Host:
    case ItemKind::Placeholder:
        return Layer::BareMetal;
    case ItemKind::OuterNode:
        return Layer::OuterK8s;
    case ItemKind::Vm:
    case ItemKind::Domain:
        return Layer::Vm;
    case ItemKind::InnerNode:
    case ItemKind::TenantCluster:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::Machine:
        return Layer::InnerK8s;
    case ItemKind::Workload:
        return Layer::Workload;
    }
    return Layer::BareMetal;
}

// One health's shape, filling `box`.
void paintShape(QPainter* painter, const QRectF& box, Health health, const QColor& color)
{
    const qreal side = box.width();
    const QPointF centre = box.center();
    painter->setPen(Qt::NoPen);
    painter->setBrush(color);
    switch (health) {
    case Health::Ok:
        painter->drawEllipse(centre, side * 0.42, side * 0.42);
        break;
    case Health::Progressing:
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(color, std::max(1.5, side * 0.19)));
        painter->drawEllipse(centre, side * 0.36, side * 0.36);
        break;
    case Health::Unknown: {
        QPainterPath mark;
        mark.moveTo(centre.x() - side * 0.26, centre.y() - side * 0.18);
        mark.cubicTo(centre.x() - side * 0.24, centre.y() - side * 0.52, centre.x() + side * 0.32,
                     centre.y() - side * 0.52, centre.x() + side * 0.28, centre.y() - side * 0.14);
        mark.cubicTo(centre.x() + side * 0.24, centre.y() + side * 0.04, centre.x(), centre.y() + side * 0.02,
                     centre.x(), centre.y() + side * 0.2);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(color, std::max(1.4, side * 0.17), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->drawPath(mark);
        painter->setPen(Qt::NoPen);
        painter->setBrush(color);
        painter->drawEllipse(QPointF(centre.x(), centre.y() + side * 0.43), side * 0.11, side * 0.11);
        break;
    }
    case Health::Warning: {
        QPainterPath triangle;
        triangle.moveTo(centre.x(), box.top() + side * 0.1);
        triangle.lineTo(box.right() - side * 0.05, box.bottom() - side * 0.12);
        triangle.lineTo(box.left() + side * 0.05, box.bottom() - side * 0.12);
        triangle.closeSubpath();
        painter->setPen(QPen(color, side * 0.1, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter->drawPath(triangle);
        break;
    }
    case Health::Failed: {
        const qreal arm = side * 0.3;
        painter->setPen(QPen(color, std::max(2.0, side * 0.24), Qt::SolidLine, Qt::RoundCap));
        painter->drawLine(centre + QPointF(-arm, -arm), centre + QPointF(arm, arm));
        painter->drawLine(centre + QPointF(arm, -arm), centre + QPointF(-arm, arm));
        break;
    }
    }
}

} // namespace

Theme& Theme::instance()
{
    // Outlives the application object on purpose: icons may be painted until the very end.
    static Theme* const theme = new Theme;
    return *theme;
}

Theme::Theme() : m_colors(lightColors()) {}

Colors Theme::colorsOf(bool dark)
{
    return dark ? darkColors() : lightColors();
}

const Colors& Theme::colors() const
{
    return m_colors;
}

void Theme::install()
{
    if (m_installed)
        return;
    m_installed = true;
    QPixmapCache::setCacheLimit(std::max(QPixmapCache::cacheLimit(), 20480));
    QApplication::setStyle(new Style);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, &Theme::applyNow);
#endif
    qApp->installEventFilter(this);
    applyNow();
}

void Theme::setMode(ThemeMode mode)
{
    if (m_mode == mode)
        return;
    m_mode = mode;
    applyNow();
}

void Theme::setFontSize(double points)
{
    points = points <= 0 ? 0 : std::clamp(points, 6.0, 32.0);
    if (points == m_fontSize)
        return;
    m_fontSize = points;
    applyNow();
}

bool Theme::systemIsDark() const
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
    if (scheme != Qt::ColorScheme::Unknown)
        return scheme == Qt::ColorScheme::Dark;
#endif
    // Without a palette of ours on top the application's is the platform's.
    QApplication::setPalette(QPalette());
    return QApplication::palette().color(QPalette::Window).lightness() < 128;
}

bool Theme::eventFilter(QObject* watched, QEvent* event)
{
    // Before Qt 6.5 nothing else tells of a new scheme of the desktop.
    if (event->type() == QEvent::ThemeChange && m_mode == ThemeMode::System && !m_applying) {
        m_applying = true;
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_applying = false;
                applyNow();
            },
            Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

void Theme::applyNow()
{
    m_applying = true;
    const bool dark =
        m_mode == ThemeMode::Dark || (m_mode == ThemeMode::System && m_installed && systemIsDark());
    m_colors = dark ? darkColors() : lightColors();
    if (m_installed && qApp != nullptr) {
        double points = m_fontSize;
        if (points <= 0) {
            const double system = QFontDatabase::systemFont(QFontDatabase::GeneralFont).pointSizeF();
            points = system > kPoints + 2 ? std::min(system, 32.0) : kPoints;
        }
        QFont font = QApplication::font();
        if (const QString family =
                firstFamily({"Inter", "Inter Variable", "Noto Sans", "Cantarell", "DejaVu Sans"});
            !family.isEmpty())
            font.setFamilies({family, QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")});
        font.setPointSizeF(points);
        font.setHintingPreference(QFont::PreferNoHinting);
        QApplication::setFont(font);
        QApplication::setPalette(paletteOf(m_colors));
        qApp->setStyleSheet(styleSheetOf(m_colors, points));
    }
    m_applying = false;
    Q_EMIT changed();
}

QIcon Theme::icon(const QString& name, const QColor& color)
{
    if (!IconEngine::exists(name))
        qWarning("no icon named \"%s\"", qUtf8Printable(name));
    return QIcon(
        new IconEngine(name, [color] { return color.isValid() ? color : Theme::instance().colors().text; }));
}

QIcon Theme::layerIcon(ItemKind kind)
{
    const auto layer = static_cast<std::size_t>(layerOf(kind));
    return QIcon(new IconEngine(QLatin1String(iconName(kind)),
                                [layer] { return Theme::instance().colors().layer[layer]; }));
}

QFont Theme::monospace()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (const QString family =
            firstFamily({"JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Liberation Mono"});
        !family.isEmpty())
        font.setFamilies({family});
    font.setStyleHint(QFont::Monospace);
    font.setFixedPitch(true);
    font.setPointSizeF(std::max(6.0, QApplication::font().pointSizeF() * 0.95));
    return font;
}

QFont Theme::smallFont()
{
    QFont font = QApplication::font();
    font.setPointSizeF(std::max(6.0, font.pointSizeF() * 0.9));
    return font;
}

void Theme::paintHealth(QPainter* painter, const QRectF& rect, Health own, Health below)
{
    const Colors& c = ui::colors();
    const qreal side = std::min(rect.width(), rect.height());
    if (side <= 0)
        return;
    const QRectF box(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintShape(painter, box, own, c.healthFill[static_cast<std::size_t>(own)]);
    if (below > own) {
        // Hangs over the corner, on a rim of the background, so that both stay readable.
        const qreal small = side * 0.62;
        const QRectF corner(box.right() - small * 0.45, box.bottom() - small * 0.55, small, small);
        painter->setPen(Qt::NoPen);
        painter->setBrush(c.base);
        painter->drawEllipse(corner.center(), small * 0.62, small * 0.62);
        paintShape(painter, corner, below, c.healthFill[static_cast<std::size_t>(below)]);
    }
    painter->restore();
}

QString Theme::healthName(Health health)
{
    switch (health) {
    case Health::Ok:
        return tr("healthy");
    case Health::Progressing:
        return tr("progressing");
    case Health::Unknown:
        return tr("not known");
    case Health::Warning:
        return tr("warning");
    case Health::Failed:
        return tr("failed");
    }
    return {};
}

} // namespace strata::ui
