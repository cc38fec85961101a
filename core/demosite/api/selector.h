// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/object.h"
#include "core/demosite/api/status.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::demosite {

// labelSelector and fieldSelector of a list, watch or deletecollection, together.
class Selector {
public:
    // Refuses what a real server refuses: bad syntax, and fields the kind does not know.
    static Answer<Selector> parse(const Kind& kind, std::string_view labels, std::string_view fields);

    bool matches(const Object& object) const;
    bool empty() const { return m_terms.empty() && m_fields.empty(); }

private:
    enum class Op { In, NotIn, Exists, Missing, Greater, Less };
    struct Term {
        std::string key;
        Op op = Op::Exists;
        std::vector<std::string> values;
    };
    struct Field {
        std::string path;
        std::string value;
        bool equal = true;
    };
    class Scanner;
    static std::optional<std::string> parseTerm(Scanner& scan, Term& term);
    static Answer<std::vector<Term>> parseLabels(std::string_view text);

    std::vector<Term> m_terms;
    std::vector<Field> m_fields;
};

// The field paths `kind` can be selected by, beside metadata.name and metadata.namespace.
const std::vector<std::string_view>& selectableFields(const Kind& kind);

} // namespace strata::demosite
