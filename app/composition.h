// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/connections.h"
#include "app/probes.h"
#include "app/sitedocuments.h"
#include "ui/settings/workspace.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackstore.h"

#include <memory>

namespace strata::app {

// Everything behind one window, joined: feeds → stack, documents, probes, the demo site. Outlives the window.
class Composition {
public:
    Composition(ui::Workspace& workspace, demosite::Options demo);
    ~Composition();
    Composition(const Composition&) = delete;
    Composition& operator=(const Composition&) = delete;

    ui::ShellServices services();
    Connections& connections();
    feeds::Site& site();
    ui::StackStore& store();

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::app
