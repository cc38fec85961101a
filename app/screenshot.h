// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "core/stack/item.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace strata::feeds {
class Site;
}
namespace strata::ui {
class MainWindow;
class StackStore;
} // namespace strata::ui

namespace strata::app {

// Waits until all sources have answered and the window has come to rest, selects what was asked for (else the
// worst VM), saves a picture of the window, and ends the program: 0, or 1 when the time is up or the file
// cannot be written.
class Screenshot : public QObject {
    Q_OBJECT

public:
    Screenshot(const CommandLine& line, feeds::Site& site, ui::StackStore& store, ui::MainWindow& window);

private:
    void look();
    stack::ItemId wanted() const;

    const CommandLine& m_line;
    feeds::Site& m_site;
    ui::StackStore& m_store;
    ui::MainWindow& m_window;
    QTimer m_timer;
    QElapsedTimer m_since;   // the start
    QElapsedTimer m_resting; // since all is there
    bool m_selected = false;
};

} // namespace strata::app
