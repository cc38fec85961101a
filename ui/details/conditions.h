// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

namespace strata::ui {

// What a condition means for its object. Of most types True is good; of some (MemoryPressure, Failure,
// Paused, Deleting, …) it is not, and some say that work is going on. Types: Kubernetes core/v1 Node, the
// node-problem-detector's, KubeVirt api/core/v1, Cluster API v1beta1 and v1beta2.
stack::Health conditionHealth(const stack::Condition& condition);

} // namespace strata::ui
