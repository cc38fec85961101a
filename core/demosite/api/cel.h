// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"

#include <tl/expected.hpp>

#include <memory>
#include <string>

// The part of the Common Expression Language that rules of CustomResourceDefinitions use
// (x-kubernetes-validations; cel-spec doc/langdef.md): literals, lists and maps, operators with their short
// circuits, `in`, ?:, has(), all(), exists(), exists_one(), filter(), map(), size(), int(), double(),
// string(), bool(), type(), dyn(); of strings startsWith, endsWith, contains, matches, lowerAscii,
// upperAscii, trim, split, replace, substring, charAt, indexOf, lastIndexOf; of lists join, sum, min, max,
// isSorted, indexOf, lastIndexOf. Not there: durations, timestamps, quantities, URLs, addresses, optional
// types, format.
namespace strata::demosite {

class CelRule {
public:
    // Null when the text is no expression: `error` says why, as cel-go does.
    static std::shared_ptr<const CelRule> parse(const std::string& text, std::string& error);
    ~CelRule();

    // Does it speak of oldSelf?
    bool isTransition() const;
    // Does it need something that is not there?
    bool isBeyond() const;

    // `oldSelf` may be null. An error is in cel-go's words ("no such key: x").
    tl::expected<Json, std::string> evaluate(const Json& self, const Json* oldSelf) const;

    struct Node;

private:
    CelRule();
    std::unique_ptr<Node> m_root;
    bool m_transition = false;
    bool m_beyond = false;
};

} // namespace strata::demosite
