// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QString>

#include <string>
#include <vector>

namespace strata::ui {

// What the filter field says: plain words and key:value terms, all of which must hold. A value may name
// several alternatives with commas and may stand in double quotes.
//
//   word      in the name, note, namespace, tenant or state, or the name of the kind ("vm")
//   layer:    bare-metal, outer, vm, inner, workload        state:   word of the state, or a health
//   kind:     vm, machine, Deployment, …                    health:  ok, progressing, unknown, warning,
//   failed tenant: ns: name:   part of it                          node:    carried by a host or node of that
//   name
class Filter {
public:
    static Filter parse(const QString& text);

    bool empty() const { return m_terms.empty(); }
    bool matches(const stack::Stack& stack, const stack::Item& item) const;
    // A sentence for the operator when a term means nothing; that term is left out.
    QString hint() const { return m_hint; }

private:
    enum class Key { Word, Layer, State, Tenant, Node, Kind, Namespace, Name, Health };
    struct Term {
        Key key = Key::Word;
        std::vector<std::string> values; // lower case; any of them
        unsigned mask = 0;               // of layers or healths
    };

    static bool holds(const Term& term, const stack::Stack& stack, const stack::Item& item);

    std::vector<Term> m_terms;
    QString m_hint;
};

} // namespace strata::ui
