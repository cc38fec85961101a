// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace strata::provision {

// Annotation of what a plan makes: kinds ("clusters.cluster.x-k8s.io"), blank separated, whose objects need
// it. The plan is not taken back while there are such objects that it has not made itself.
inline constexpr std::string_view kHoldsWorkKey = "strata.dev/holds-work";

} // namespace strata::provision
