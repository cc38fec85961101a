// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace strata::kube {

// Finds the text of parts of a JSON document without decoding it: simdjson's tree does not know where in the
// text an element came from, and parsing a list's items one by one keeps the tree as small as one object and
// a broken item's damage to itself. Checks no more grammar than finding the ends of values takes; every part
// goes through a real parser afterwards.
class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) : m_text(text) {}

    // At an object's start: calls visit(key, value) for each member, texts as written (the key without its
    // quotes, escapes untouched). False when the text breaks off or is no object, or when visit returns
    // false.
    template<typename Visit>
    bool members(Visit visit)
    {
        if (!take('{'))
            return false;
        if (take('}'))
            return true;
        for (;;) {
            skipBlanks();
            std::string_view key = value();
            if (key.size() < 2 || key.front() != '"' || !take(':'))
                return false;
            key = key.substr(1, key.size() - 2);
            const std::string_view body = value();
            if (body.empty() || !visit(key, body))
                return false;
            if (take('}'))
                return true;
            if (!take(','))
                return false;
        }
    }

    // At an array's start: calls visit(element) for each. "null" counts as an empty array (Go's nil slice).
    template<typename Visit>
    bool elements(Visit visit)
    {
        skipBlanks();
        if (m_text.substr(m_at, 4) == "null")
            return true;
        if (!take('['))
            return false;
        if (take(']'))
            return true;
        for (;;) {
            const std::string_view body = value();
            if (body.empty() || !visit(body))
                return false;
            if (take(']'))
                return true;
            if (!take(','))
                return false;
        }
    }

private:
    void skipBlanks();
    bool take(char wanted);
    std::string_view value(); // the next value's text, empty when it has no end

    std::string_view m_text;
    std::size_t m_at = 0;
};

} // namespace strata::kube
