// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/execplugins.h"
#include "ui/connect/services.h"

#include <memory>

namespace strata::app {

// With a window: questions travel from the workers to whoever puts them there. Lives on the GUI thread; a
// question that comes before somebody listens waits.
class ExecAsker {
public:
    ExecAsker();
    ~ExecAsker();
    ExecAsker(const ExecAsker&) = delete;
    ExecAsker& operator=(const ExecAsker&) = delete;

    std::shared_ptr<kube::ExecPlugins> plugins() const;
    void setAsker(QObject* context, ui::ConnectServices::AskExec ask);

private:
    class Private;
    std::shared_ptr<Private> m_d;
    std::shared_ptr<kube::ExecPlugins> m_plugins;
};

} // namespace strata::app
