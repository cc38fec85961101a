// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

#include <vector>

namespace strata::demosite {

// What a client may not write of a built-in kind, in the API server's words (kubernetes
// pkg/apis/*/validation): of labels, pods and their templates, workloads, services, config maps, secrets,
// claims, jobs and role bindings what people get wrong. `old` is null for a new object; what was wrong before
// is not complained of again.
std::vector<Status::Cause> validateBuiltIn(const Kind& kind, const Json& object, const Json& old);

} // namespace strata::demosite
