// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QCoreApplication>
#include <QTimer>

#include <string>

namespace strata::feeds {
class Site;
}
namespace strata::stack {
class Stack;
}
namespace strata::ui {
class MainWindow;
class StackStore;
} // namespace strata::ui

namespace strata::app {

// The first item of that name or key, from the hosts upwards; none when there is none.
stack::ItemId itemNamed(const stack::Stack& stack, const std::string& name);

enum class TabOpened { Yes, NotNow, Unknown };
// A tab of the details or of the bottom, or a console of the current item ("logs", "serial", …).
TabOpened openTab(ui::MainWindow& window, const std::string& tab);

// What --select and --tab ask of a window: waits until it is there, shows it, and is done. Says so when the
// whole site is known and it is not there; leaves the window alone once somebody has chosen something else.
class Opening {
    Q_DECLARE_TR_FUNCTIONS(Opening)

public:
    Opening(std::string select, std::string tab, feeds::Site& site, ui::StackStore& store,
            ui::MainWindow& window);
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    bool done() const { return m_done; }

private:
    void look();
    void finish();

    const std::string m_select;
    const std::string m_tab;
    feeds::Site& m_site;
    ui::StackStore& m_store;
    ui::MainWindow& m_window;
    QTimer m_timer;
    stack::ItemId m_item;
    bool m_done = false;
};

} // namespace strata::app
