// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/colorscheme.h"

#include "ui/theme/theme.h"

#include <QCoreApplication>

#include <cmath>
#include <utility>

namespace strata::ui {
namespace {

using console::Cell;
using console::Color;

constexpr std::array<QRgb, 16> kOnDark = {0x3b4252, 0xf07178, 0x8fcf6f, 0xe6c06a, 0x6cb2ff, 0xd38aea,
                                          0x5ccfd8, 0xd8dee6, 0x7d8899, 0xff8f95, 0xa9e287, 0xf5d58a,
                                          0x93c8ff, 0xe3a9f5, 0x84e2e8, 0xffffff};
constexpr std::array<QRgb, 16> kOnLight = {0x1f2933, 0xb3261e, 0x2f6f1f, 0x7a5600, 0x1550b8, 0x86249c,
                                           0x0a6470, 0x5d6672, 0x4c5661, 0xc5352c, 0x2b7a17, 0x8a6100,
                                           0x1f62d0, 0x9a32b2, 0x087280, 0x6b7480};

// xterm's, its blues brighter: they are read on black.
constexpr std::array<QRgb, 16> kOnBlack = {0x4d4d4d, 0xff5555, 0x50e650, 0xffff55, 0x7a9cff, 0xff70ff,
                                           0x50f0f0, 0xe5e5e5, 0x8c8c8c, 0xff8080, 0x80ff80, 0xffffa0,
                                           0xa0b8ff, 0xffa0ff, 0xa0ffff, 0xffffff};
// Ethan Schoonover's Solarized (ethanschoonover.com/solarized). Where it has greys for the bright colours,
// those that programs print in bold would vanish: they stay what they are.
constexpr std::array<QRgb, 16> kSolarized = {0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682,
                                             0x2aa198, 0xeee8d5, 0x586e75, 0xcb4b16, 0x859900, 0xb58900,
                                             0x268bd2, 0x6c71c4, 0x2aa198, 0xfdf6e3};

struct SchemeWords {
    Q_DECLARE_TR_FUNCTIONS(TerminalScheme)
};

double luminance(const QColor& color)
{
    const auto linear = [](double c) {
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QColor mix(const QColor& a, const QColor& b, double share)
{
    return QColor::fromRgbF(float(a.redF() * (1 - share) + b.redF() * share),
                            float(a.greenF() * (1 - share) + b.greenF() * share),
                            float(a.blueF() * (1 - share) + b.blueF() * share));
}

} // namespace

TerminalColors TerminalColors::of(bool dark)
{
    const Colors theme = Theme::colorsOf(dark);
    TerminalColors out;
    out.text = theme.text;
    out.background = theme.base;
    out.cursor = theme.accent;
    out.selection = mix(theme.base, theme.accent, dark ? 0.42 : 0.28);
    out.match = dark ? QColor(0x7a5b00) : QColor(0xffe08a);
    for (std::size_t i = 0; i < out.named.size(); ++i)
        out.named[i] = QColor((dark ? kOnDark : kOnLight)[i]);
    return out;
}

TerminalColors TerminalColors::of(TerminalScheme scheme, bool darkTheme)
{
    TerminalColors out = of(scheme == TerminalScheme::Window ? darkTheme
                                                             : scheme != TerminalScheme::Light &&
                                                                   scheme != TerminalScheme::SolarizedLight);
    const auto paint = [&out](QRgb text, QRgb background, QRgb cursor, double selected,
                              const std::array<QRgb, 16>& named) {
        out.text = QColor(text);
        out.background = QColor(background);
        out.cursor = QColor(cursor);
        out.selection = mix(out.background, out.cursor, selected);
        for (std::size_t i = 0; i < named.size(); ++i)
            out.named[i] = QColor(named[i]);
    };
    if (scheme == TerminalScheme::Contrast)
        paint(0xffffff, 0x000000, 0xffffff, 0.4, kOnBlack);
    else if (scheme == TerminalScheme::SolarizedLight)
        paint(0x586e75, 0xfdf6e3, 0x268bd2, 0.25, kSolarized);
    else if (scheme == TerminalScheme::SolarizedDark)
        paint(0x93a1a1, 0x002b36, 0x268bd2, 0.4, kSolarized);
    return out;
}

QString schemeName(TerminalScheme scheme)
{
    switch (scheme) {
    case TerminalScheme::Window:
        return SchemeWords::tr("As the window");
    case TerminalScheme::Light:
        return SchemeWords::tr("Light");
    case TerminalScheme::Dark:
        return SchemeWords::tr("Dark");
    case TerminalScheme::Contrast:
        return SchemeWords::tr("White on black");
    case TerminalScheme::SolarizedLight:
        return SchemeWords::tr("Solarized light");
    case TerminalScheme::SolarizedDark:
        return SchemeWords::tr("Solarized dark");
    }
    return {};
}

QString schemeKey(TerminalScheme scheme)
{
    constexpr const char* keys[] = {"window",   "light",           "dark",
                                    "contrast", "solarized-light", "solarized-dark"};
    return QString::fromLatin1(keys[std::size_t(scheme)]);
}

QColor TerminalColors::resolve(const Color& color, bool foreground) const
{
    if (color.kind == Color::Kind::Rgb)
        return QColor(color.red, color.green, color.blue);
    if (color.kind == Color::Kind::Default)
        return foreground ? text : background;
    const int index = color.red;
    if (index < 16)
        return named[std::size_t(index)];
    if (index >= 232) {
        const int grey = 8 + 10 * (index - 232);
        return QColor(grey, grey, grey);
    }
    const auto level = [](int step) { return step == 0 ? 0 : 55 + 40 * step; };
    const int cube = index - 16;
    return QColor(level(cube / 36), level(cube / 6 % 6), level(cube % 6));
}

CellColors colorsOf(const Cell& cell, const TerminalColors& scheme)
{
    Color foreground = cell.foreground;
    if (cell.bold && foreground.kind == Color::Kind::Indexed && foreground.red < 8)
        foreground.red = std::uint8_t(foreground.red + 8);
    CellColors out{scheme.resolve(foreground, true), {}};
    if (cell.background.kind != Color::Kind::Default)
        out.background = scheme.resolve(cell.background, false);
    if (cell.reverse) {
        const QColor behind = out.background.isValid() ? out.background : scheme.background;
        out.background = out.text;
        out.text = behind;
    }
    // What the stream's writer chose stays his choice, unless nobody could read it.
    const QColor behind = out.background.isValid() ? out.background : scheme.background;
    if (contrast(out.text, behind) < 1.6) {
        const QColor light(0xff, 0xff, 0xff);
        const QColor dark(0x10, 0x14, 0x18);
        out.text = mix(out.text, luminance(behind) < 0.3 ? light : dark, 0.6);
    }
    return out;
}

} // namespace strata::ui
