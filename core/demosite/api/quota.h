// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

#include <string>

namespace strata::demosite {

class Store;

// 403 when a ResourceQuota of the object's namespace leaves no room for it (apiserver pkg/admission/plugin/
// resourcequota). Scoped quotas are not enforced.
Answer<void> withinQuota(const Kind& kind, const Json& object, Store& store);
// Brings status.hard and status.used of the namespace's quotas up to date.
void refreshQuotas(const std::string& ns, Store& store);

} // namespace strata::demosite
