// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/demosite/demosite.h"

#include <string>
#include <vector>

namespace strata::app {

enum class Command {
    Window,
    Tree, // the stack as text or JSON, then exit
    Demo, // serve the demo site until interrupted
    Version,
    Help,
};

// What the operator typed, checked. Faults are Config errors whose text names the argument.
struct CommandLine {
    Command command = Command::Window;
    bool demo = false; // --demo: the embedded demo site
    bool json = false;
    std::string kubeconfig;
    std::string context;
    std::vector<std::string> hosts; // libvirt URIs
    int timeoutSeconds = 30;        // tree: how long to wait for the first picture
    bool listFaults = false;        // --fault list
    demosite::Options site;         // --size, --seed, --speed, --no-life, --fault, --scenario

    // The window only; for pictures of it.
    std::string screenshot;
    std::string theme;    // "light", "dark", "" for the workspace's
    std::string geometry; // "1440x900"
    std::string select;   // name of an item
    std::string tab;      // of the details

    static Result<CommandLine> parse(const std::vector<std::string>& arguments);
    static std::string help();
};

} // namespace strata::app
