// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"

#include <functional>

namespace strata::inquiry {

// Runs `end` on the network's thread and waits until it has: what it lets go of, clients above all, must be
// gone before the site goes. Null: nothing was ever asked. A network that ends meanwhile drops the task.
void endOn(kube::Network* network, std::function<void()> end);

} // namespace strata::inquiry
