// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/forward.h"
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

    explicit operator bool() const
    {
        return exec && log && serial && hostSerial && screen && forward && containers;
    }
};

} // namespace strata::ui
