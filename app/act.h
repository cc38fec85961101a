// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "app/connections.h"
#include "app/ends.h"
#include "core/provision/plan.h"

#include <memory>
#include <string>

namespace strata::app {

// Runs a plan, or has the server judge it, and says how it went. `fates` is printed behind a plan's preview;
// `json` is the text of a JSON object whose members stand before the run's own; with `more` the result is
// printed by the caller, after what else there is to do.
int carryOut(const CommandLine& line, const Ends& ends, const Connections& connections,
             const std::shared_ptr<kube::Client>& client, const provision::Plan& plan,
             const std::string& fates, const std::string& json = {}, bool more = false);

// Day two without a window: looks at the stack, makes the plan, carries it out. Progress goes to stderr, the
// plan (with --dry-run) or its id to stdout. Exit codes are those of CreateClusterExit. Blocks until the end.
int runAct(const CommandLine& line);

// The audit log of this machine.
int runAudit(const CommandLine& line);

} // namespace strata::app
