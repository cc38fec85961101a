// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <memory>
#include <string>
#include <vector>

namespace strata::console {

// The shells a container may have, the best first.
std::vector<std::vector<std::string>> shellCommands();

// A command in a container (pods/exec, core/console/channel.h).
std::unique_ptr<Session> openExec(std::shared_ptr<kube::Client> client, ExecTarget target, TerminalSize size,
                                  std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
