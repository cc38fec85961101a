// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"

#include <string>
#include <vector>

namespace strata::demosite {

// meta.k8s.io/v1 Table: what kubectl prints.
class Table {
public:
    Table(const Kind& kind, std::string_view version, UnixMs now);

    Json columns() const;                                                 // columnDefinitions
    Json row(const Json& object, const std::string& includeObject) const; // "None", "Metadata" or "Object"

private:
    std::vector<Json> cells(const Json& object) const;
    Json cell(const Json& object, const Column& column) const;

    const Kind& m_kind;
    std::vector<Column> m_columns;
    UnixMs m_now;
};

// A JSON path of the subset CRD columns use: .a.b, ['key'], [0], [?(@.type=="x")]. Null when nothing is
// there.
const Json* jsonPath(const Json& object, std::string_view path);

std::string printAge(const Json& object, std::string_view path, UnixMs now); // "<unknown>" without a time

} // namespace strata::demosite
