// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

namespace strata::demosite {

class Store;

// LimitRanges (apiserver plugin/pkg/admission/limitranger): a new pod gets the defaults of its namespace's
// ranges; 403, in the real words, when it or a claim is outside of them.
Answer<void> applyLimits(const Kind& kind, Json& object, Store& store);
// What the API server fills into a new LimitRange (pkg/apis/core/v1/defaults.go).
void completeLimitRange(Json& range);

} // namespace strata::demosite
