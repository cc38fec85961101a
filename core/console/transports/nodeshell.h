// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <functional>
#include <memory>
#include <string>

// A shell on a node: a privileged pod with the node's file system, processes and network, in which the node's
// own shell is run. The pod is deleted with the session; one that a crash has left is told by its labels and
// deleted by the next run, and ends by itself after kNodeShellSeconds in any case.
namespace strata::console {

inline constexpr const char* kNodeShellNamespace = "kube-system"; // where privileged pods are usually allowed
inline constexpr long kNodeShellSeconds = 8L * 3600;

std::unique_ptr<Session> openNodeShell(std::shared_ptr<kube::Client> client, NodeShellTarget target,
                                       TerminalSize size, std::shared_ptr<SessionHandler> handler);

// Deletes what earlier runs of this machine have left; `done` (optional) hears how many, on the network's
// thread, and not when the network has gone.
void removeLeftNodeShells(std::shared_ptr<kube::Client> client, std::function<void(Result<int>)> done);

// The pod, as JSON.
std::string nodeShellPod(const NodeShellTarget& target, const std::string& name, const std::string& machine,
                         const std::string& process);
// A label's value for this process ("<pid>-<start>"), and whether the process such a value names is no more.
std::string thisProcess();
bool isOver(const std::string& process);

} // namespace strata::console
