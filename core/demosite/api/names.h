// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"

#include <string>
#include <string_view>
#include <vector>

// What names, labels and the rest of an object's metadata may look like (apimachinery util/validation and
// api/validation), and what a server says of those that do not.
namespace strata::demosite {

bool isDnsLabel(std::string_view text);     // RFC 1123
bool isDnsSubdomain(std::string_view text); // RFC 1123

// What is wrong with a text as a label's or an annotation's key; nothing when it is one.
std::vector<std::string> wrongsOfKey(std::string_view key);
// The same as a label's value.
std::vector<std::string> wrongsOfValue(std::string_view value);

// What is wrong with the labels at `field`.
void checkLabels(const Json* labels, const std::string& field, std::vector<Status::Cause>& causes);
// What is wrong with an object's metadata, beyond its name. `old` is what stands there already, null when
// nothing does: then also what may not change.
void checkMetadata(const Kind& kind, const Json& object, const Json& old, std::vector<Status::Cause>& causes);

} // namespace strata::demosite
