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

// What a body is taken for.
enum class Format { OnlyJson, Yaml };
// Parses a request's body; YAML may be JSON, too. Depth, size and YAML aliases are bounded, for the body is
// the client's. The value must be an object unless `anyValue`. `twice` gets what is there more than once, the
// last of it counts: 'duplicate field "spec.replicas"', 'line 4: key "a" already set in map'. A fault's
// message is the parser's, for the caller to say what could not be read.
Answer<Json> parseBody(std::string_view body, Format format = Format::Yaml, bool anyValue = false,
                       std::vector<std::string>* twice = nullptr);
// For text this program wrote itself; a fault there gives null.
Json parseOwn(std::string_view text);

std::string compact(const Json& value); // invalid UTF-8 is replaced, never thrown about

// "status.phase": null when a step is missing or not an object. Keys with dots cannot be reached this way.
const Json* find(const Json& object, std::string_view path);
std::string text(const Json& object,
                 std::string_view path); // strings as they are, numbers and booleans printed
std::optional<long long> number(const Json& object, std::string_view path);

std::string jsonQuoted(std::string_view text); // with the quotes
// A value as Go's %v and, with `syntax`, %#v print it.
std::string inGo(const Json& value, bool syntax = false);

} // namespace strata::demosite
