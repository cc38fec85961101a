// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// Commands without a window; they return the program's exit code. Results go to standard output, faults to
// standard error.
int runTree(
    const CommandLine& line); // 0 all reached, 1 something was not (what is known is printed all the same)
int printFaults();            // what the demo site can stage: faults, then scenarios
int runDemo(const CommandLine& line); // until SIGINT or SIGTERM

} // namespace strata::app
