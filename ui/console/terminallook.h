// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/colorscheme.h"

#include <QFont>
#include <QJsonObject>
#include <QObject>
#include <QString>

namespace strata::ui {

// How the terminals of the program look, all of them at once. One instance, GUI thread; whoever keeps
// settings keeps state(), which holds nothing for what was never chosen.
class TerminalLook : public QObject {
    Q_OBJECT

public:
    static TerminalLook& instance();

    TerminalScheme scheme() const { return m_scheme; }
    void setScheme(TerminalScheme scheme);
    const QString& family() const { return m_family; } // of the font; empty: the program's own
    void setFamily(const QString& family);

    TerminalColors colors() const; // of the scheme, in the theme of now
    QFont font() const;            // of the program's size

    QJsonObject state() const;
    void restore(const QJsonObject& state); // what it does not know is passed over

Q_SIGNALS:
    void changed(); // of the theme, too

private:
    TerminalLook();

    TerminalScheme m_scheme = TerminalScheme::Window;
    QString m_family;
};

} // namespace strata::ui
