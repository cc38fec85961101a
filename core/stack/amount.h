// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <algorithm>
#include <cstdint>

namespace strata::stack {

// Adds what is told; a sum of nothing told stays "not told".
inline void add(Amount& sum, const Amount& value)
{
    const auto one = [](std::int64_t& total, std::int64_t part) {
        if (part >= 0)
            total = std::max<std::int64_t>(total, 0) + part;
    };
    one(sum.cpuMilli, value.cpuMilli);
    one(sum.memoryBytes, value.memoryBytes);
}

} // namespace strata::stack
