// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// Reads every host, prints the report, returns the exit code: 0 when nothing fails, 1 when a check does, 2
// when a host could not be read.
int runCheckHost(const CommandLine& line);

} // namespace strata::app
