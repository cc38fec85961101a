// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/plainhighlighter.h"

#include <QRegularExpression>

namespace strata::ui {
namespace {

// States of XML lines; YAML keeps the indentation of the key that opened a block scalar.
constexpr int kInTag = 1;
constexpr int kInComment = 2;

int indentOf(const QString& line)
{
    int indent = 0;
    while (indent < line.size() && line.at(indent) == QLatin1Char(' '))
        ++indent;
    return indent;
}

bool isNumber(const QString& text)
{
    static const QRegularExpression number(
        QStringLiteral("^[-+]?(0x[0-9a-fA-F]+|[0-9][0-9_]*(\\.[0-9]+)?([eE][-+]?[0-9]+)?)$"));
    return number.match(text).hasMatch();
}

bool isWord(const QString& text)
{
    static const QStringList words = {QStringLiteral("true"), QStringLiteral("false"), QStringLiteral("null"),
                                      QStringLiteral("True"), QStringLiteral("False"), QStringLiteral("~"),
                                      QStringLiteral("yes"),  QStringLiteral("no")};
    return words.contains(text);
}

// Where the value's text ends: before a comment, which needs a blank in front of its '#'.
int valueEnd(const QString& line, int from)
{
    QChar quote;
    for (int i = from; i < line.size(); ++i) {
        const QChar c = line.at(i);
        if (!quote.isNull()) {
            if (c == QLatin1Char('\\') && quote == QLatin1Char('"'))
                ++i;
            else if (c == quote)
                quote = QChar();
        } else if ((c == QLatin1Char('"') || c == QLatin1Char('\'')) && i == from) {
            quote = c;
        } else if (c == QLatin1Char('#') && (i == from || line.at(i - 1).isSpace())) {
            return i;
        }
    }
    return int(line.size());
}

// The ':' that ends a key: followed by a blank or the end, outside of quotes. -1: the line has none.
int keyEnd(const QString& line, int from)
{
    QChar quote;
    for (int i = from; i < line.size(); ++i) {
        const QChar c = line.at(i);
        if (!quote.isNull()) {
            if (c == QLatin1Char('\\') && quote == QLatin1Char('"'))
                ++i;
            else if (c == quote)
                quote = QChar();
        } else if ((c == QLatin1Char('"') || c == QLatin1Char('\'')) && i == from) {
            quote = c;
        } else if (c == QLatin1Char('#') && i > from && line.at(i - 1).isSpace()) {
            return -1;
        } else if (c == QLatin1Char(':') && (i + 1 == line.size() || line.at(i + 1).isSpace())) {
            return i;
        }
    }
    return -1;
}

} // namespace

std::vector<Token> yamlTokens(const QString& line, int& state)
{
    std::vector<Token> out;
    const int size = int(line.size());
    int at = indentOf(line);
    if (state >= 0) { // inside "key: |"
        if (at == size)
            return out;
        if (at > state) {
            out.push_back({at, size - at, TokenKind::String});
            return out;
        }
    }
    state = -1;
    if (at == size)
        return out;
    if (line.at(at) == QLatin1Char('#')) {
        out.push_back({at, size - at, TokenKind::Comment});
        return out;
    }
    if (line.startsWith(QLatin1String("---")) || line.startsWith(QLatin1String("..."))) {
        out.push_back({0, 3, TokenKind::Mark});
        return out;
    }
    int indent = at;
    while (at < size && line.at(at) == QLatin1Char('-') && (at + 1 == size || line.at(at + 1).isSpace())) {
        out.push_back({at, 1, TokenKind::Mark});
        ++at;
        while (at < size && line.at(at).isSpace())
            ++at;
        if (at < size && line.at(at) != QLatin1Char('-'))
            indent = at;
    }
    if (at >= size)
        return out;
    const int colon = keyEnd(line, at);
    if (colon >= 0) {
        if (colon > at)
            out.push_back({at, colon - at, TokenKind::Key});
        out.push_back({colon, 1, TokenKind::Mark});
        at = colon + 1;
        while (at < size && line.at(at).isSpace())
            ++at;
    }
    if (at >= size)
        return out;
    int end = valueEnd(line, at);
    const int comment = end;
    while (end > at && line.at(end - 1).isSpace())
        --end;
    const QString value = line.mid(at, end - at);
    static const QRegularExpression block(QStringLiteral("^[|>][-+]?[0-9]?[-+]?$"));
    if (block.match(value).hasMatch()) {
        out.push_back({at, end - at, TokenKind::Mark});
        state = colon >= 0 ? indent : indentOf(line);
    } else if (end > at) {
        const QChar first = value.at(0);
        TokenKind kind = TokenKind::String;
        if (isNumber(value))
            kind = TokenKind::Number;
        else if (isWord(value))
            kind = TokenKind::Word;
        else if (first == QLatin1Char('{') || first == QLatin1Char('[') || first == QLatin1Char('&') ||
                 first == QLatin1Char('*') || first == QLatin1Char('!'))
            kind = TokenKind::Mark;
        out.push_back({at, end - at, kind});
    }
    if (comment < size)
        out.push_back({comment, size - comment, TokenKind::Comment});
    return out;
}

std::vector<Token> xmlTokens(const QString& line, int& state)
{
    std::vector<Token> out;
    const int size = int(line.size());
    int at = 0;
    if (state < 0)
        state = 0;
    while (at < size) {
        if (state == kInComment) {
            const int end = int(line.indexOf(QLatin1String("-->"), at));
            const int stop = end < 0 ? size : end + 3;
            out.push_back({at, stop - at, TokenKind::Comment});
            at = stop;
            if (end >= 0)
                state = 0;
            continue;
        }
        if (state == kInTag) {
            const QChar c = line.at(at);
            if (c.isSpace()) {
                ++at;
            } else if (c == QLatin1Char('>')) {
                out.push_back({at, 1, TokenKind::Mark});
                ++at;
                state = 0;
            } else if (c == QLatin1Char('"') || c == QLatin1Char('\'')) {
                const int end = int(line.indexOf(c, at + 1));
                const int stop = end < 0 ? size : end + 1;
                out.push_back({at, stop - at, TokenKind::String});
                at = stop;
            } else if (c == QLatin1Char('=') || c == QLatin1Char('/') || c == QLatin1Char('?')) {
                out.push_back({at, 1, TokenKind::Mark});
                ++at;
            } else {
                int stop = at;
                while (stop < size && !line.at(stop).isSpace() && line.at(stop) != QLatin1Char('=') &&
                       line.at(stop) != QLatin1Char('>') && line.at(stop) != QLatin1Char('/') &&
                       line.at(stop) != QLatin1Char('?') && line.at(stop) != QLatin1Char('"') &&
                       line.at(stop) != QLatin1Char('\''))
                    ++stop;
                out.push_back({at, stop - at, TokenKind::Attribute});
                at = stop;
            }
            continue;
        }
        if (QStringView(line).mid(at).startsWith(QLatin1String("<!--"))) {
            state = kInComment;
            continue;
        }
        if (line.at(at) == QLatin1Char('<')) {
            int stop = at + 1;
            while (stop < size && (line.at(stop) == QLatin1Char('/') || line.at(stop) == QLatin1Char('?') ||
                                   line.at(stop) == QLatin1Char('!')))
                ++stop;
            out.push_back({at, stop - at, TokenKind::Mark});
            at = stop;
            while (stop < size && !line.at(stop).isSpace() && line.at(stop) != QLatin1Char('>') &&
                   line.at(stop) != QLatin1Char('/'))
                ++stop;
            if (stop > at)
                out.push_back({at, stop - at, TokenKind::Tag});
            at = stop;
            state = kInTag;
            continue;
        }
        const int next = int(line.indexOf(QLatin1Char('<'), at));
        at = next < 0 ? size : next; // text between tags stays as it is
    }
    return out;
}

} // namespace strata::ui
