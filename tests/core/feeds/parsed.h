// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/json.h"

#include <memory>
#include <stdexcept>
#include <string>

namespace strata::test {

// A JSON text with the parser that holds it.
class Parsed {
public:
    explicit Parsed(const std::string& text)
    {
        if (m_parser->parse(text).get(m_element) != simdjson::SUCCESS)
            throw std::runtime_error("the test's JSON is broken: " + text.substr(0, 200));
    }
    feeds::Json json() const { return m_element; }

private:
    std::unique_ptr<simdjson::dom::parser> m_parser = std::make_unique<simdjson::dom::parser>();
    simdjson::dom::element m_element;
};

} // namespace strata::test
