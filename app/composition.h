// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/connections.h"
#include "app/consoles.h"
#include "app/probes.h"
#include "app/sitedocuments.h"
#include "ui/settings/workspace.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackstore.h"
#include "ui/wizard/clusterruns.h"

#include <memory>

namespace strata::app {

// Everything behind one window, joined: feeds → stack, documents, probes, the demo site. Outlives the window.
class Composition {
public:
    // `pace` is how often runs look and how patient they are.
    Composition(ui::Workspace& workspace, demosite::Options demo, provision::RunOptions pace = {});
    ~Composition();
    Composition(const Composition&) = delete;
    Composition& operator=(const Composition&) = delete;

    ui::ShellServices services();
    Connections& connections();
    feeds::Site& site();
    ui::StackStore& store();
    ui::ClusterRuns& runs();
    ConsoleAccess& consoles();

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::app
