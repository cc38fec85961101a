// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/console/session.h"

#include <memory>
#include <string>
#include <vector>

namespace strata::console {

struct ProcessTarget {
    std::vector<std::string> command;     // the program by its path, or looked for in PATH
    std::vector<std::string> environment; // "NAME=value", added to ours
    bool tty = true;                      // in a terminal of its own; else by pipes, without input
};

// A program of this machine: ends with Exited (128 and the signal's number when one ended it). When the
// session goes, so does the program: hung up on first, killed when it stays.
Result<std::unique_ptr<Session>> openProcess(const ProcessTarget& target, TerminalSize size,
                                             std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
