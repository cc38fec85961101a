// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/terminallook.h"

#include "ui/theme/theme.h"

#include <QFontDatabase>

namespace strata::ui {

TerminalLook& TerminalLook::instance()
{
    static TerminalLook look;
    return look;
}

TerminalLook::TerminalLook()
{
    connect(&Theme::instance(), &Theme::changed, this, &TerminalLook::changed);
}

void TerminalLook::setScheme(TerminalScheme scheme)
{
    if (scheme == m_scheme)
        return;
    m_scheme = scheme;
    Q_EMIT changed();
}

void TerminalLook::setFamily(const QString& family)
{
    if (family == m_family)
        return;
    m_family = family;
    Q_EMIT changed();
}

TerminalColors TerminalLook::colors() const
{
    return TerminalColors::of(m_scheme, ui::colors().dark);
}

QFont TerminalLook::font() const
{
    QFont font = Theme::monospace();
    // One that was removed since, or is not of one width, would tear the grid apart.
    if (!m_family.isEmpty() && QFontDatabase::isFixedPitch(m_family))
        font.setFamilies({m_family});
    return font;
}

QJsonObject TerminalLook::state() const
{
    QJsonObject state;
    if (m_scheme != TerminalScheme::Window)
        state.insert(QLatin1String("colours"), schemeKey(m_scheme));
    if (!m_family.isEmpty())
        state.insert(QLatin1String("font"), m_family);
    return state;
}

void TerminalLook::restore(const QJsonObject& state)
{
    m_scheme = TerminalScheme::Window;
    for (const TerminalScheme each : kTerminalSchemes) {
        if (schemeKey(each) == state.value(QLatin1String("colours")).toString())
            m_scheme = each;
    }
    m_family = state.value(QLatin1String("font")).toString().left(200);
    Q_EMIT changed();
}

} // namespace strata::ui
