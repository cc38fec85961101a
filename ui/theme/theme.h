// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

#include <array>

class QPainter;
class QRectF;

namespace strata::ui {

enum class ThemeMode { System, Light, Dark };

// Every colour of the program, by role. Two sets, light and dark; contrast of text to its background ≥ 4.5:1.
struct Colors {
    QColor window; // behind docks and bars
    QColor panel;  // cards, bars
    QColor base;   // views
    QColor border;
    QColor text;
    QColor muted;      // notes, headings of columns
    QColor accent;     // primary button, current tab, focus, outline of a path
    QColor accentText; // on accent
    QColor selection;  // background of a selected row
    QColor hover;
    QColor bar; // usage bars
    QColor barTrack;
    std::array<QColor, 5> health;     // by stack::Health: text, on any view and on healthSoft
    std::array<QColor, 5> healthFill; // shapes of paintHealth(); ≥ 3:1, not for text
    std::array<QColor, 5> healthSoft; // backgrounds of pills
    std::array<QColor, 5> healthCell; // backgrounds of chart cells
    std::array<QColor, 5> layer;      // by stack::Layer: icons; ≥ 3:1
    std::array<QColor, 5> layerSoft;  // healthy chart cells
    bool dark = false;
};

// The look of the running program. One instance, GUI thread; changed() follows the system's scheme or
// setMode().
class Theme : public QObject {
    Q_OBJECT

public:
    static Theme& instance();

    void install(); // fonts, palette and style sheet on qApp; call once after the application object exists
    void setMode(ThemeMode mode);
    ThemeMode mode() const { return m_mode; }
    const Colors& colors() const;
    static Colors colorsOf(bool dark); // both sets, whatever is shown now

    // Of the general font, in points; 0 is the program's own size (10 pt, or the desktop's when that is
    // larger).
    void setFontSize(double points);
    double fontSize() const { return m_fontSize; }

    // An icon of our own family (resources/icons/NAME.svg), drawn in the current text colour or in `color`.
    // An unknown name gives a visible placeholder and a warning.
    static QIcon icon(const QString& name, const QColor& color = {});
    static QIcon layerIcon(stack::ItemKind kind); // in its layer's colour
    static QFont monospace();
    static QFont smallFont(); // notes, headings of columns: a notch below the general font

    // State is never told by colour alone: each health has a shape of its own (disc, ring, question mark,
    // triangle, cross). A worse state below is a small mark at the lower right.
    static void paintHealth(QPainter* painter, const QRectF& rect, stack::Health own, stack::Health below);
    static QString healthName(stack::Health health); // translated

Q_SIGNALS:
    void changed();

private:
    Theme();
    void applyNow();
    bool systemIsDark() const;
    bool eventFilter(QObject* watched, QEvent* event) override;

    ThemeMode m_mode = ThemeMode::System;
    Colors m_colors;
    double m_fontSize = 0;
    bool m_installed = false;
    bool m_applying = false; // or about to: one answer to many events
};

inline const Colors& colors()
{
    return Theme::instance().colors();
}

} // namespace strata::ui
