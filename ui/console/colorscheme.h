// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/terminal.h"

#include <QColor>
#include <QString>

#include <array>
#include <cstdint>

namespace strata::ui {

enum class TerminalScheme : std::uint8_t { Window, Light, Dark, Contrast, SolarizedLight, SolarizedDark };
inline constexpr std::array kTerminalSchemes = {
    TerminalScheme::Window,   TerminalScheme::Light,          TerminalScheme::Dark,
    TerminalScheme::Contrast, TerminalScheme::SolarizedLight, TerminalScheme::SolarizedDark};
QString schemeName(TerminalScheme scheme); // translated
QString schemeKey(TerminalScheme scheme);  // in settings

// The colours of a terminal: sixteen named ones, for a light and for a dark background, each of ours readable
// on it; the cube and the greys of the 256 are xterm's.
struct TerminalColors {
    QColor text;
    QColor background;
    QColor cursor;
    QColor selection;
    QColor match; // what a search found
    std::array<QColor, 16> named;

    static TerminalColors of(bool dark);
    // Window: as the theme is now.
    static TerminalColors of(TerminalScheme scheme, bool darkTheme);
    QColor resolve(const console::Color& color, bool foreground) const;
};

struct CellColors {
    QColor text;
    QColor background; // invalid: the terminal's own
};
// As they are painted: reverse exchanges them, bold brightens the first eight, and a text that would vanish
// in its background (black on black) is moved towards the terminal's own.
CellColors colorsOf(const console::Cell& cell, const TerminalColors& scheme);

} // namespace strata::ui
