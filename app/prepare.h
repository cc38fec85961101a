// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// `strata prepare`: what an outer cluster has, what is to be thought of it, and what is missing installed
// from a bundle or from releases. What was seen and progress go to stderr, the plan (with --dry-run), its id
// or JSON to stdout. Exit codes are those of CreateClusterExit: 0 also when nothing is to be done. Blocks.
int runPrepare(const CommandLine& line);

// `strata bundle DIR`: fills a bundle from the releases. 0 when it is whole; 1 when something could not be
// fetched or written, an index is not written then; 2 for wrong arguments.
int runBundle(const CommandLine& line);

} // namespace strata::app
