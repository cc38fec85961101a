// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

// Milliseconds since the Unix epoch, UTC. 0 means "not known" wherever a time is a field of a fact.
using UnixMs = std::int64_t;

// Wall clock; injected as a function wherever a test needs to steer it.
using Clock = std::function<UnixMs()>;
UnixMs systemNow();

std::optional<UnixMs>
parseRfc3339(std::string_view text);    // "2026-11-24T10:00:00Z", with optional fraction and offset
std::string formatRfc3339(UnixMs time); // whole seconds, "Z"

// "4s", "3m20s", "4h12m", "12d": the way kubectl prints ages (apimachinery pkg/util/duration). Negative
// counts as 0.
std::string formatAge(std::int64_t milliseconds);

} // namespace strata
