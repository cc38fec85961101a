// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/healthicon.h"

#include "ui/theme/theme.h"

#include <QApplication>
#include <QPainter>
#include <QPixmap>

#include <array>

namespace strata::ui {

QIcon healthIcon(stack::Health health)
{
    constexpr int kSize = 16;
    static std::array<QIcon, 5> icons;
    static const bool once = [] {
        QObject::connect(&Theme::instance(), &Theme::changed, qApp, [] { icons.fill(QIcon()); });
        return true;
    }();
    Q_UNUSED(once)
    QIcon& icon = icons[static_cast<std::size_t>(health)];
    if (icon.isNull()) {
        for (const int scale : {1, 2, 3}) {
            QPixmap pixmap(kSize * scale, kSize * scale);
            pixmap.setDevicePixelRatio(scale);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            painter.setRenderHint(QPainter::Antialiasing);
            Theme::paintHealth(&painter, QRectF(3, 3, 10, 10), health, stack::Health::Ok);
            painter.end();
            icon.addPixmap(pixmap);
        }
    }
    return icon;
}

} // namespace strata::ui
