// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/targets.h"
#include "core/stack/stack.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace strata::ui {

struct PodTarget {
    stack::SourceId source = 0;
    std::string ns;
    std::string name;
    bool running = false;
    friend bool operator==(const PodTarget&, const PodTarget&) = default;
};

struct GuestConsole {
    stack::SourceId source = 0;
    console::GuestTarget guest;
};

struct HostConsole {
    stack::SourceId source = 0;
    std::string uuid;
    std::string name;
};

// What of an item can be looked into, and why not where it cannot.
struct ConsoleTargets {
    QString title;               // of what is looked into
    std::vector<PodTarget> pods; // with logs; those that run, and are ready, first
    bool launcher = false;       // the pods are not the item itself but run it
    QString noLogs;              // a sentence when there are none
    QString noShell;
    std::optional<GuestConsole> guest; // serial line and screen
    std::optional<HostConsole> host;   // the same machine by its host
    QString noConsole;
    QString noScreen;
    QString noForward;
};

ConsoleTargets consoleTargets(const stack::Stack& stack, stack::ItemId item);

} // namespace strata::ui
