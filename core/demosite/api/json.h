// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/status.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The JSON this server edits: ordered, so that an object keeps the look its writer gave it.
namespace strata::demosite {

using Json = nlohmann::ordered_json;

// Parses a request's body: JSON, or YAML when it does not look like JSON. Depth, size and YAML aliases are
// bounded, for the body is the client's. The value must be an object unless `anyValue`.
Answer<Json> parseBody(std::string_view body, bool anyValue = false);
// For text this program wrote itself; a fault there gives null.
Json parseOwn(std::string_view text);

std::string compact(const Json& value); // invalid UTF-8 is replaced, never thrown about

// "status.phase": null when a step is missing or not an object. Keys with dots cannot be reached this way.
const Json* find(const Json& object, std::string_view path);
std::string text(const Json& object,
                 std::string_view path); // strings as they are, numbers and booleans printed
std::optional<long long> number(const Json& object, std::string_view path);

std::string jsonQuoted(std::string_view text); // with the quotes

} // namespace strata::demosite
