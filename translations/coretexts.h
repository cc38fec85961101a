// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

// What the core hands to translate(), read from its sources. lupdate knows tr() of Qt's classes; the core has
// small functions of its own around translate(), each with a context that lupdate cannot know. What is found
// here is written as a file that lupdate does understand.
namespace strata::translations {

struct CoreText {
    std::string context;
    std::string literal; // as in the source, with its escapes, without quotes
    std::string file;
    int line = 0;
};

// A text that comes to translate() by a way that cannot be followed: neither a literal nor the parameter of a
// function whose callers are known, nor said to be marked() elsewhere.
struct Blind {
    std::string file;
    int line = 0;
    std::string expression;
};

struct CoreTexts {
    std::vector<CoreText> texts;
    std::vector<Blind> blind;
};

CoreTexts readCoreTexts(const std::string& sourceFolder); // "core" and "app" below it
std::string asSource(const CoreTexts& texts);             // for lupdate
std::string unescaped(const std::string& literal);

} // namespace strata::translations
