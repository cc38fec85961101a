// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

#include <string>

// The commands on hosts. They read CommandLine::words themselves; exit as
// create-cluster does.
namespace strata::app {

int runDomain(const CommandLine& line);
int runAddNode(const CommandLine& line);
std::string hostCommandsHelp(); // parts of CommandLine::help()
std::string addNodeHelp();

} // namespace strata::app
