// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/api/fieldset.h"
#include "core/demosite/api/fieldtype.h"
#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/status.h"

#include <string>

// Who owns which field (metadata.managedFields) and server-side apply on top of it, as structured-merge-diff
// v6 and apimachinery's managedfields have it, with one difference: everybody's fields are kept in the stored
// version.
namespace strata::demosite {

FieldSet fieldsOf(const Json& object, const FieldType& type);

struct FieldWriter {
    std::string manager;
    std::string subresource; // empty: the object itself
    std::string time;        // empty: none is told
};

// What goes over an object's scale is recorded without a time.
std::string timeOfWrite(const std::string& subresource, UnixMs now);

// Gives the writer the fields that differ between `old` and `object` and takes them from everybody else. An
// object that was there and nobody's stays nobody's until it is applied to.
void recordUpdate(Json& object, const Json& old, const FieldWriter& writer, const Kind& kind,
                  const FieldType& type);

// Why `config` cannot be applied to objects of this type: fields that have no place, values of another type,
// items that cannot be told apart. Empty: it can.
std::string misfits(const Json& config, const FieldType& type);

// Merges `config` into `live` (which may be null: a new object). 409 with one cause a field when another
// manager owns a field that would change and `force` is off.
Answer<Json> serverSideApply(const Json& live, const Json& config, const FieldWriter& writer, bool force,
                             const Kind& kind, const FieldType& type);

} // namespace strata::demosite
