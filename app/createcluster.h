// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// What scripts may rely on.
enum CreateClusterExit {
    kCreated = 0,      // with --undo: taken back
    kFailed = 1,       // something may have been written: --resume goes on, --resume … --undo takes it back
    kWrongUse = 2,     // main() says so
    kNotBegun = 3,     // the profile, a check or the server's dry run refused it; nothing was written
    kInterrupted = 130 // by SIGINT or SIGTERM, after the writes on their way had been answered
};

// `strata create-cluster`: the wizard without a window. Progress goes to stderr, the outcome to stdout (the
// plan's id, or JSON). Blocks until the end; the first SIGINT or SIGTERM cancels, a second one leaves at
// once.
int runCreateCluster(const CommandLine& line);

} // namespace strata::app
