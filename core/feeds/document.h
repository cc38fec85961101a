// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/feeds/json.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace strata::feeds {

inline constexpr std::size_t kMaxShownDocument = 2U << 20U;

// An object as YAML 1.2 for reading: keys in the order they were served; metadata.managedFields left out; of
// a Secret only the sizes of its values, and no annotation that repeats them. Whatever could be taken for
// another type is quoted; characters that cannot be seen or that turn others around are written as escapes.
// What goes beyond `limit` bytes is cut off at a line, with a comment that says so.
std::string toYaml(const Json& object, std::size_t limit = kMaxShownDocument);

// The same from the text of an API answer.
Result<std::string> documentFromJson(std::string_view json, std::size_t limit = kMaxShownDocument);

} // namespace strata::feeds
