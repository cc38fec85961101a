// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/sessionpage.h"

namespace strata::ui {

void SessionPage::seen()
{
    if (!m_news)
        return;
    m_news = false;
    Q_EMIT changed();
}

void SessionPage::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT changed();
}

void SessionPage::setTitle(const QString& title)
{
    if (m_title == title)
        return;
    m_title = title;
    Q_EMIT changed();
}

void SessionPage::noteNews()
{
    if (m_news || isVisible())
        return;
    m_news = true;
    Q_EMIT changed();
}

} // namespace strata::ui
