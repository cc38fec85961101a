// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

namespace strata::demosite {

class Store;

// Checks a new object's name and home and fills in what its writer left out, as the real server's defaulting
// does: that is its writer's.
Answer<void> applyDefaults(const Kind& kind, Json& object, Store& store);
// What a server gives a new object beyond that, and nobody owns: what admission fills in and refuses, and the
// fields others rely on (a namespace's phase, a service's address, a pod's account).
Answer<void> admitNew(const Kind& kind, Json& object, Store& store);

// Fills in again what an update has taken away, as the real server's defaulting does: a server-side apply
// removes what its manager owned and does not name any more. `old` keeps the addresses that are not to
// change.
void refillDefaults(const Kind& kind, Json& object, const Json& old, Store& store);

// A built-in kind's structures that are no pointers in Go are always there, be they empty: a status, a
// template's metadata. What is required of a status is, too.
void fillStanding(const Kind& kind, Json& object);

} // namespace strata::demosite
