// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// The program with its window; returns the exit code. `argc` and `argv` are Qt's to read.
int runWindow(int& argc, char** argv, const CommandLine& line);

} // namespace strata::app
