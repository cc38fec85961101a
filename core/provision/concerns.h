// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/plan.h"
#include "core/provision/profile.h"

#include <string>

namespace strata::provision {

// The field of the profile that an object of its plan, and within it the field the server named ("spec.
// replicas" in `words`), goes back to; empty when it is no single one. What lets a server's verdict stand
// beside the input it concerns.
std::string concernedField(const ClusterProfile& profile, const Ref& ref, const std::string& words);

} // namespace strata::provision
