// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

// Kubernetes resource quantities (apimachinery pkg/api/resource): decimal (n u m k M G T P E), binary (Ki Mi
// Gi Ti Pi Ei) and exponent (1e3) forms. Rounded up to whole units, as the scheduler does; nullopt on
// anything else or out of range.
std::optional<std::int64_t>
parseQuantityMilli(std::string_view text);                        // thousandths: "250m" → 250, "2" → 2000
std::optional<std::int64_t> parseQuantity(std::string_view text); // whole units: "1Ki" → 1024

std::string formatBytes(std::int64_t bytes);    // "512 GiB", "1.5 GiB", "640 MiB"; binary units
std::string formatCpu(std::int64_t milliCores); // "64", "1.5", "0.25" cores

} // namespace strata
