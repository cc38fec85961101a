// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <array>

namespace strata::stack {

// How far the way to an API server goes: the last good step and the first bad one say what to look at.
enum class ReachStep { Name, Connection, Tls, Access, Ready };
enum class ReachState { Unknown, Good, Bad };
using Reach = std::array<ReachState, 5>; // by ReachStep

// From what the connection last said; asks nobody.
Reach reachOf(const SourceState& source);

} // namespace strata::stack
