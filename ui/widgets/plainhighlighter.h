// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets/highlighter.h"

#include <QString>

#include <vector>

namespace strata::ui {

enum class TokenKind { Key, String, Number, Word, Comment, Mark, Tag, Attribute };

struct Token {
    int start = 0;
    int length = 0;
    TokenKind kind = TokenKind::Mark;
    friend bool operator==(const Token&, const Token&) = default;
};

// The tokens of one line, in order and without overlap. `state` is what the line before left behind (-1 for
// the first one) and becomes what this line leaves: inside a block scalar (its indentation), a comment or a
// tag.
std::vector<Token> yamlTokens(const QString& line, int& state);
std::vector<Token> xmlTokens(const QString& line, int& state);

} // namespace strata::ui
