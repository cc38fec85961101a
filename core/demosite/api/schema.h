// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/status.h"

#include <string>
#include <vector>

// Structural schemas of CustomResourceDefinitions (apiextensions-apiserver pkg/apiserver/schema and
// kube-openapi pkg/validation/validate): pruning, defaulting, validation in the API server's words. Rules in
// CEL are not evaluated.
namespace strata::demosite {

// Removes what the schema does not know and names it: "spec.foo", "spec.list[0].bar".
void prune(Json& value, const Json& schema, std::vector<std::string>& removed);
void fillDefaults(Json& value, const Json& schema);
void validate(const Json& value, const Json& schema, std::vector<Status::Cause>& causes);

} // namespace strata::demosite
