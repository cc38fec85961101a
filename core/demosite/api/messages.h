// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

// What kinds look like: their messages' fields with names, numbers and types. For the built-in ones it is
// what decodes protobuf bodies, what strict field validation and OpenAPI documents know, and what tells lists
// that are maps from lists that are replaced; for those of the platform it is what OpenAPI documents tell.
namespace strata::demosite {

struct Message;

// One field in the table's text: name=NUMBER[*|%]TYPE[?][!][#keys[/patchKeys]], for instance
// "containers=2*Container!#name". `*` is a list, `%` a map with string keys; TYPE is s (string), i (integer),
// b (boolean), d (double), y (bytes) or a message's name, a string's values in parentheses, as in s(a|b); `?`
// is a pointer in Go (a zero that was written counts), `!` is required; keys after # make a list a map for
// apply, "." a set, those after / hold for strategic merge instead; "#-" is a map that is one value. A field
// named "-" is inlined: its fields are the parent's in JSON. A `~` after a message's own name: it is one
// value, too, wherever it stands.
struct Field {
    enum class Type {
        String,
        Integer,
        Boolean,
        Double,
        Bytes,
        Time,        // RFC 3339, seconds and nanoseconds on the wire
        MicroTime,   // the same with microseconds
        Quantity,    // a string
        IntOrString, // a number or a string
        Duration,    // nanoseconds; in JSON "1h0m0s"
        Raw,         // FieldsV1, RawExtension: JSON in bytes
        Extra,       // ExtraValue: a list of strings in a message of its own
        Message
    };
    std::string_view name;
    unsigned number = 0;
    Type type = Type::String;
    bool list = false;
    bool map = false;
    bool pointer = false;
    bool required = false;
    bool atomic = false; // a map that is one value for apply
    std::string_view messageName;
    const Message* message = nullptr;
    std::vector<std::string_view> values;    // a string is one of these; empty: any
    std::vector<std::string_view> keys;      // of a list that is a map for apply; {"."}: a set
    std::vector<std::string_view> patchKeys; // the same for strategic merge
    bool inlined() const { return name == "-"; }
};

struct Message {
    std::string_view name;
    bool atomic = false; // one value for apply
    std::vector<Field> fields;

    const Field* byNumber(unsigned number) const;
    const Field* byName(std::string_view jsonName) const; // looks into inlined messages, too
    // Every field as JSON shows it: those of inlined messages instead of the inlined ones.
    void flattened(std::vector<const Field*>& out) const;
};

class Messages {
public:
    static const Messages& instance();
    // nullptr: no built-in kind. DeleteOptions has any version.
    const Message* find(std::string_view apiVersion, std::string_view kind) const;
    // The same of a kind of the platform: as its definition has it.
    const Message* custom(std::string_view apiVersion, std::string_view kind) const;
    const Message* named(std::string_view message) const;

private:
    using Roots = std::map<std::string, const Message*, std::less<>>; // "apps/v1 Deployment"
    Messages();
    void add(const char* const* table);
    void add(const char* const* roots, Roots& to);
    std::map<std::string_view, Message> m_messages;
    Roots m_roots;
    Roots m_custom;
};

extern const char* const kMessageTable[];
extern const char* const kMessageRoots[];
extern const char* const kCustomTable[];
extern const char* const kCustomRoots[];

} // namespace strata::demosite
