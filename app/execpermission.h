// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/execplugins.h"

#include <memory>
#include <string>

namespace strata::app {

// The programs the operator has allowed to run for a credential: a file of mode 0600 in the program's folder
// of settings ($XDG_CONFIG_HOME/strata, else ~/.config/strata). Empty when that folder cannot be made.
std::string execAllowFile();

// Without a window: besides what is remembered, everything may run for this run of the program, or nothing,
// with a sentence that says how to allow it.
std::shared_ptr<kube::ExecPlugins> headlessExecPlugins(bool allow);

} // namespace strata::app
