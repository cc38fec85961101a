// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"

namespace strata::app {

// `strata diagnose`: the root causes of what is wrong now, on standard output. 0 none, 1 problems, 2 not all
// of the site could be looked at (what was found is printed all the same).
int runDiagnose(const CommandLine& line);

// `strata capacity`: how full the site is and what still fits. 0, or 2 when not all could be looked at.
int runCapacity(const CommandLine& line);

} // namespace strata::app
