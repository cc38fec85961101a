// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/kinds.h"
#include "core/demosite/api/messages.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::demosite {

// How apply takes the value at a place: as one value, as a map or structure whose members are told apart, as
// a list whose items are. Built-in kinds have it from their table (messages.h), others from their structural
// schema (x-kubernetes-list-type and the like); where neither says anything it is deduced from the value, as
// structured-merge-diff does: members of objects are told apart, lists are one value.
class FieldType {
public:
    FieldType() = default; // deduced
    // Of a whole object. `schema` may be null; it must outlive what is made of it.
    static FieldType of(const Kind& kind, const Json* schema);

    struct Member;
    Member member(const std::string& key) const; // of an object
    FieldType item() const;                      // of a list
    // Whether `value` is one value: a scalar, or an object or a list that is not looked into.
    bool isLeaf(const Json& value) const;
    // What tells each item of the list from the others, "k:{...}" or "v:...", in their order; nothing where
    // they cannot be told apart, and `why` says why.
    std::optional<std::vector<std::string>> elements(const Json& list, std::string* why = nullptr) const;
    // Why the value is none of this type, in the words of structured-merge-diff; empty: it is.
    std::string misfit(const Json& value) const;

private:
    static FieldType of(const Field& field);
    static FieldType of(const Json& schema);
    std::vector<std::string> keys() const;
    bool isSet() const;
    const char* shape() const;

    const Field* m_field = nullptr; // a list, a map or a scalar of the table
    bool m_single = false;          // of such a list or map one item
    const Message* m_message = nullptr;
    const Json* m_schema = nullptr;
    bool m_object = false; // apiVersion, kind and metadata are understood
};

struct FieldType::Member {
    FieldType type;
    bool known = true;     // false: the schema has no place for it
    bool declared = false; // a field of a structure, not a map's entry
    bool standing = false; // there even when nobody wrote it: a structure by value in Go
};

} // namespace strata::demosite
