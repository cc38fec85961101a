// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace strata::hosts {

// What changed from one text to another by lines, "- " and "+ " in front, with `context` lines around each
// place; empty when nothing did. For terminals; texts that differ in thousands of lines are told whole.
std::string lineChanges(std::string_view before, std::string_view after, int context = 2);

} // namespace strata::hosts
