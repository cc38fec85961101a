// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"

// Between the served versions of a kind. Only Cluster API has two: v1beta2 is stored, v1beta1 is a view of it
// (cluster-api api/core/v1beta1/conversion.go and its neighbours; the field map is documented in the
// project's "v1.11 to v1.12" provider notes). Both directions change `object` in place and set its
// apiVersion.
namespace strata::demosite {

void fromStorage(const Kind& kind, std::string_view version, Json& object);
void toStorage(const Kind& kind, std::string_view version, Json& object);

} // namespace strata::demosite
