// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/bootstrap.h"
#include "core/console/forward.h"
#include "core/console/measure.h"
#include "core/console/screen/screen.h"
#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/stack/facts.h"

#include <QObject>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::ui {

// What consoles need of the outside. Called on the GUI thread, must not block; sessions speak to their
// handler on threads of their own.
struct ConsoleServices {
    using Opened = Result<std::unique_ptr<console::Session>>;
    using Handler = std::shared_ptr<console::SessionHandler>;

    std::function<Opened(stack::SourceId cluster, const console::ExecTarget& target,
                         console::TerminalSize size, Handler handler)>
        exec;
    std::function<Opened(stack::SourceId cluster, const console::LogTarget& target, Handler handler)> log;
    // The serial line of a VM, by its cluster.
    std::function<Opened(stack::SourceId cluster, const console::GuestTarget& target, Handler handler)>
        serial;
    // The serial line of a domain, by its host.
    std::function<Opened(stack::SourceId host, const std::string& uuid, bool takeOver, Handler handler)>
        hostSerial;
    // The screen of a VM, decoded in a process of its own.
    std::function<Result<std::unique_ptr<console::Screen>>(stack::SourceId cluster,
                                                           const console::GuestTarget& target, bool takeOver,
                                                           std::shared_ptr<console::ScreenHandler> handler)>
        screen;
    // A port of this machine that leads into a pod or a VM; `changed` is called on a thread of its own.
    std::function<Result<std::unique_ptr<console::Forward>>(
        stack::SourceId cluster, const console::ForwardTarget& target, std::uint16_t localPort,
        std::function<void()> changed)>
        forward;
    // Answers once on the GUI thread, not when `context` has gone.
    std::function<void(stack::SourceId cluster, const std::string& ns, const std::string& pod,
                       QObject* context,
                       std::function<void(Result<std::vector<console::ContainerInfo>>)> done)>
        containers;

    // The screen of a domain by its host's libvirt, for machines below the clusters and for VMs whose API is
    // away. Optional, as all that follow.
    std::function<Result<std::unique_ptr<console::Screen>>(stack::SourceId host, const std::string& uuid,
                                                           std::shared_ptr<console::ScreenHandler> handler)>
        hostScreen;
    // The system's ssh into a VM, in a terminal.
    std::function<Opened(stack::SourceId cluster, const console::SshTarget& target,
                         console::TerminalSize size, Handler handler)>
        ssh;
    // A shell on a node by a pod that goes with it.
    std::function<Opened(stack::SourceId cluster, const console::NodeShellTarget& target,
                         console::TerminalSize size, Handler handler)>
        nodeShell;
    // What Services of a namespace there are. Answers as `containers` does.
    std::function<void(stack::SourceId cluster, const std::string& ns, QObject* context,
                       std::function<void(Result<std::vector<console::ServicePort>>)> done)>
        servicePorts;
    // A PNG of a VM's screen, without sitting down at it. Answers as `containers` does.
    std::function<void(stack::SourceId cluster, const console::GuestTarget& guest, QObject* context,
                       std::function<void(Result<std::string>)> done)>
        screenshot;

    // Follows a machine on its way to be a node; with `serial` it takes the serial line, whoever has it.
    // `changed` is called on threads of its own. Null: the cluster is not connected.
    std::function<std::unique_ptr<console::BootstrapWatch>(
        stack::SourceId cluster, const console::GuestTarget& guest, const std::string& tenant, bool serial,
        std::function<void(const console::BootstrapState&)> changed)>
        bootstrap;
    // The names of a tenant cluster's VMs. Answers as `containers` does.
    std::function<void(stack::SourceId cluster, const std::string& ns, const std::string& tenant,
                       QObject* context, std::function<void(Result<std::vector<std::string>>)> done)>
        machines;
    // Measures an object until the measurement goes; `prometheus` is a URL, or empty: one is looked for in
    // the cluster. `take` is called on a thread of its own.
    std::function<Result<std::unique_ptr<console::Measurement>>(
        stack::SourceId source, const console::MeasureTarget& target, const QString& prometheus,
        std::function<void(console::MeasureReport)> take)>
        measure;
    // What the operator said of where a cluster's Prometheus is, by the cluster's address; kept.
    std::function<QString(const std::string& address)> prometheusUrl;
    std::function<void(const std::string& address, const QString& url)> setPrometheusUrl;

    explicit operator bool() const
    {
        return exec && log && serial && hostSerial && screen && forward && containers;
    }
};

} // namespace strata::ui
