// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

namespace strata::demosite {

class Store;

// Checks and fills in what the real server's admission would of a new object: names, the namespace's
// existence, the fields others rely on (a namespace's phase, a service's address, a pod's first conditions).
Answer<void> applyDefaults(const Kind& kind, Json& object, Store& store);

// Fills in again what an update has taken away, as the real server's defaulting does: a server-side apply
// removes what its manager owned and does not name any more. `old` keeps the addresses that are not to
// change.
void refillDefaults(const Kind& kind, Json& object, const Json& old, Store& store);

bool isDnsSubdomain(std::string_view name); // RFC 1123, up to 253 characters

} // namespace strata::demosite
