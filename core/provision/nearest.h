// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::provision {

// Which of `known` was probably meant by a mistyped word: the first of those that are the least letters away
// (Levenshtein), two at most; empty: none is near. Case does not count. Words are cut after 40 letters.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

} // namespace strata::provision
