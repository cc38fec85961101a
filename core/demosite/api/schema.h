// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/status.h"

#include <string>
#include <vector>

// Structural schemas of CustomResourceDefinitions (apiextensions-apiserver pkg/apiserver/schema and
// kube-openapi pkg/validation/validate): pruning, defaulting, validation in the API server's words, rules as
// far as cel.h knows their language.
namespace strata::demosite {

// Removes what the schema does not know and names it: "spec.foo", "spec.list[0].bar".
void prune(Json& value, const Json& schema, std::vector<std::string>& removed);
// Removes null where it is neither allowed nor replaced by a default (defaulting.PruneNonNullableNulls…).
void dropNulls(Json& value, const Json& schema);
void fillDefaults(Json& value, const Json& schema);
void validate(const Json& value, const Json& schema, std::vector<Status::Cause>& causes);
bool hasRules(const Json& schema); // x-kubernetes-validations, anywhere in it
// x-kubernetes-validations of an object that fits its schema. `old` is null for a new one: transition rules
// are for updates, and for what can be told to be the same part of both.
void validateRules(const Json& value, const Json* old, const Json& schema,
                   std::vector<Status::Cause>& causes);
// Rules of a schema that are no expressions; `path` is the schema's own place in its definition.
void checkRules(const Json& schema, const std::string& path, std::vector<Status::Cause>& causes);

} // namespace strata::demosite
