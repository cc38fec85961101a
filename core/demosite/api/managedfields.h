// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

#include <set>
#include <string>
#include <vector>

// Who owns which field (metadata.managedFields, FieldsV1) and server-side apply on top of it. Sets are kept
// as flat sets of leaf paths; the wire form is a tree. Reference: structured-merge-diff v4, without schemas:
// which lists are maps, and by which keys, comes from a table of the built-in kinds' lists.
namespace strata::demosite {

using FieldPath = std::vector<std::string>; // "f:spec", "k:{\"name\":\"x\"}", "v:\"y\"", "."
using FieldSet = std::set<FieldPath>;

FieldSet fieldsOf(const Json& object, const Kind& kind); // without what only the server writes
FieldSet decodeFields(const Json& fieldsV1);
Json encodeFields(const FieldSet& fields);
std::string printPath(const FieldPath& path); // ".spec.containers[name=\"x\"].image"

// The keys that make a list of this field name a map; empty when it is atomic.
std::vector<std::string> listKeys(const Kind& kind, const std::string& field, const Json& list);

// Gives `manager` the fields that differ between `old` and `object` and takes them from everybody else.
void recordUpdate(Json& object, const Json& old, const std::string& manager, const std::string& subresource,
                  const std::string& time, const Kind& kind);

struct ApplyOptions {
    std::string manager;
    std::string subresource;
    std::string apiVersion;
    std::string time;
    bool force = false;
};

// Merges `config` into `live` (which may be null: a new object). 409 with one cause a field when another
// manager owns a field with another value and `force` is off.
Answer<Json> serverSideApply(const Json& live, const Json& config, const ApplyOptions& options,
                             const Kind& kind);

} // namespace strata::demosite
