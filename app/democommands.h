// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/demosite.h"

#include <string>

namespace strata::app {

// `strata demo --commands`: one line of standard input, one line of answer. "pause", "resume", "speed X",
// "step S" (returns when all that happens in those seconds is done), "fault NAME", "heal NAME", "play NAME",
// "status", "quit", which sets `quit`. Answers begin with "ok" or "error: ", for scripts; an empty line has
// none.
std::string obeyDemoCommand(demosite::DemoSite& site, const std::string& line, bool& quit);

} // namespace strata::app
