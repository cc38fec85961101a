// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

namespace strata::demosite {

void mergePatch(Json& object, const Json& patch);        // RFC 7396
Answer<void> jsonPatch(Json& object, const Json& patch); // RFC 6902
void strategicPatch(Json& object, const Json& patch,
                    const Kind& kind); // lists that are maps merge by their key

} // namespace strata::demosite
