// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

// Sets of fields as metadata.managedFields has them (FieldsV1): flat here, a tree on the wire.
namespace strata::demosite {

using FieldPath = std::vector<std::string>; // "f:spec", "k:{\"name\":\"x\"}", "v:\"y\""
using FieldSet = std::set<FieldPath>;       // a path in it is the value's own; those below are their own

FieldSet decodeFields(const Json& fieldsV1);
Json encodeFields(const FieldSet& fields);
std::string printPath(const FieldPath& path); // .spec.containers[name="x"].image
std::string printElement(const std::string& element);

FieldSet both(const FieldSet& a, const FieldSet& b);
FieldSet either(const FieldSet& a, const FieldSet& b);
FieldSet without(const FieldSet& a, const FieldSet& b);
bool reaches(const FieldSet& fields, const FieldPath& path); // has the path or something below it

} // namespace strata::demosite
