// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// Day two without a window: looks at the stack, makes the plan, carries it out. Progress goes to stderr, the
// plan (with --dry-run) or its id to stdout. Exit codes are those of CreateClusterExit. Blocks until the end.
int runAct(const CommandLine& line);

// The audit log of this machine.
int runAudit(const CommandLine& line);

} // namespace strata::app
