// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/measure.h"
#include "core/console/targets.h"
#include "core/stack/stack.h"

#include <QString>

#include <optional>
#include <string>
#include <utility>
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
    std::string uid = {};    // of the instance
    std::string tenant = {}; // the cluster it is a machine of; empty: none
};

struct NodeTarget {
    stack::SourceId source = 0; // the cluster whose node it is
    std::string name;
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
    std::optional<GuestConsole> guest;     // serial line and screen
    std::optional<HostConsole> host;       // the same machine by its host
    std::optional<NodeTarget> node;        // for a shell on it
    std::optional<GuestConsole> bootstrap; // a VM of a tenant's cluster, whether or not it runs
    QString noConsole;
    QString noScreen;
    QString noForward;
    QString noNode;
    QString noSsh;
    QString noBootstrap;
};

// How an item is measured, and by which source; nothing for those that are only sums of others.
std::optional<std::pair<stack::SourceId, console::MeasureTarget>> measureTarget(const stack::Stack& stack,
                                                                                stack::ItemId item);

ConsoleTargets consoleTargets(const stack::Stack& stack, stack::ItemId item);

} // namespace strata::ui
