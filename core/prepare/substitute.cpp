// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/substitute.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

namespace strata::prepare {

namespace {

constexpr int kDeepest = 20;

// A text, or a function of a variable. Arguments are texts or functions themselves.
struct Node {
    bool function = false;
    std::string text; // or the variable's name
    std::string name; // of the function: ":=", "^^", …; empty: the plain value
    std::vector<Node> arguments;
    // Functions of a list stand side by side.
    std::vector<Node> list;
};

struct BadSubstitution {
    std::size_t at = 0;
};

bool isName(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Blanks around a name are an old habit of such manifests.
std::string withoutBlanks(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = text.find("${", at);
        if (open == std::string_view::npos) {
            out += text.substr(at);
            break;
        }
        out += text.substr(at, open + 2 - at);
        at = open + 2;
        const auto blank = [&](std::size_t i) {
            return i < text.size() && std::isspace(static_cast<unsigned char>(text[i])) != 0;
        };
        std::size_t i = at;
        while (blank(i))
            ++i;
        const std::size_t begin = i;
        while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_'))
            ++i;
        const std::size_t end = i;
        while (blank(i))
            ++i;
        if (end > begin && i < text.size() && text[i] == '}') {
            out += text.substr(begin, end - begin);
            at = i;
        }
    }
    return out;
}

class Parser {
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    std::vector<Node> all()
    {
        std::vector<Node> out;
        std::string plain;
        const auto flush = [&] {
            if (!plain.empty())
                out.push_back({false, std::move(plain), {}, {}, {}});
            plain.clear();
        };
        while (m_at < m_text.size()) {
            if (ahead("${")) {
                flush();
                m_at += 2;
                out.push_back(function(0));
            } else {
                plain += escaped();
            }
        }
        flush();
        return out;
    }

private:
    [[noreturn]] void bad() const { throw BadSubstitution{m_at}; }
    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }
    bool ahead(std::string_view what) const { return m_text.substr(m_at, what.size()) == what; }
    bool take(char c)
    {
        if (peek() != c || m_at >= m_text.size())
            return false;
        ++m_at;
        return true;
    }
    void close()
    {
        if (!take('}'))
            bad();
    }
    // One character, of an escape the second one.
    char escaped()
    {
        if (ahead("$$") || ahead("\\/") || ahead("\\\\"))
            ++m_at;
        return m_text[m_at++];
    }
    std::string name()
    {
        const std::size_t begin = m_at;
        while (m_at < m_text.size() && isName(m_text[m_at]))
            ++m_at;
        if (m_at == begin)
            bad();
        return std::string(m_text.substr(begin, m_at - begin));
    }

    // Up to one of the characters, which stays; variables inside are functions.
    std::vector<Node> argument(std::string_view ends, bool escapes, int depth)
    {
        std::vector<Node> out;
        std::string plain;
        while (m_at < m_text.size() && ends.find(m_text[m_at]) == std::string_view::npos) {
            if (ahead("${")) {
                if (!plain.empty())
                    out.push_back({false, std::move(plain), {}, {}, {}});
                plain.clear();
                m_at += 2;
                out.push_back(function(depth + 1));
            } else {
                plain += escapes ? escaped() : m_text[m_at++];
            }
        }
        if (!plain.empty())
            out.push_back({false, std::move(plain), {}, {}, {}});
        return out;
    }
    static Node one(std::vector<Node> parts)
    {
        Node node;
        node.list = std::move(parts);
        return node;
    }

    Node function(int depth)
    {
        if (depth > kDeepest)
            bad();
        Node node;
        node.function = true;
        if (take('#')) {
            node.name = "#";
            node.text = name();
            close();
            return node;
        }
        node.text = name();
        switch (peek()) {
        case ':':
            ++m_at;
            if (peek() == '=' || peek() == '-' || peek() == '?' || peek() == '+') {
                node.name = std::string(":") + m_text[m_at++];
                node.arguments.push_back(one(argument("}", false, depth)));
            } else {
                node.name = ":";
                node.arguments.push_back(one(argument(":}", false, depth)));
                if (take(':'))
                    node.arguments.push_back(one(argument("}", false, depth)));
            }
            break;
        case '=':
            ++m_at;
            node.name = "=";
            node.arguments.push_back(one(argument("}", false, depth)));
            break;
        case ',':
        case '^':
        case '#':
        case '%': {
            const char mark = m_text[m_at++];
            node.name = mark;
            if (take(mark))
                node.name += mark;
            if (mark == '#' || mark == '%')
                node.arguments.push_back(one(argument("}", false, depth)));
            break;
        }
        case '/':
            ++m_at;
            node.name = "/";
            if (peek() == '/' || peek() == '#' || peek() == '%')
                node.name += m_text[m_at++];
            node.arguments.push_back(one(argument("/", true, depth)));
            if (!take('/'))
                bad();
            node.arguments.push_back(one(argument("}", true, depth)));
            break;
        default:
            break;
        }
        close();
        return node;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

Result<std::vector<Node>> parse(std::string_view text, const std::string& origin)
{
    try {
        return Parser(text).all();
    } catch (const BadSubstitution& where) {
        const auto line = 1 + std::count(text.begin(), text.begin() + std::ptrdiff_t(where.at), '\n');
        return fail(ErrorKind::Config,
                    arguments(translate("prepare", "%1, line %2: a “${…}” cannot be read. A “$” that stands "
                                                   "for itself is written “$$”."),
                              {origin, std::to_string(line)}));
    }
}

bool isDefault(const std::string& function)
{
    return function.size() == 2 ? function[0] == ':' : function == "=";
}

std::string written(const std::vector<Node>& nodes)
{
    std::string out;
    for (const Node& node : nodes)
        out += node.function ? "${" + node.text + "}" : node.text + written(node.list);
    return out;
}

void collect(const std::vector<Node>& nodes, std::map<std::string, Variable>& into)
{
    for (const Node& node : nodes) {
        if (!node.function)
            continue;
        const bool required = node.name.empty();
        // The first one decides, as it does for clusterctl.
        into.emplace(node.text,
                     Variable{node.text, required, isDefault(node.name) ? written(node.arguments) : ""});
    }
}

std::string replaced(std::string value, const std::string& what, const std::string& by, bool all)
{
    if (what.empty())
        return value;
    std::size_t at = 0;
    while ((at = value.find(what, at)) != std::string::npos) {
        value.replace(at, what.size(), by);
        at += by.size();
        if (!all)
            break;
    }
    return value;
}

// Cuts a matching prefix (or suffix), the shortest or the longest.
std::string trimmedBy(const std::string& value, const std::string& pattern, bool suffix, bool longest)
{
    const std::size_t size = value.size();
    for (std::size_t i = 1; i <= size; ++i) {
        const std::size_t length = longest ? size + 1 - i : i;
        const std::string part = suffix ? value.substr(size - length) : value.substr(0, length);
        if (::fnmatch(pattern.c_str(), part.c_str(), 0) == 0)
            return suffix ? value.substr(0, size - length) : value.substr(length);
    }
    return value;
}

std::optional<long> number(const std::string& text)
{
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string cut(const std::string& value, const std::vector<std::string>& arguments)
{
    const auto from = number(arguments[0]);
    if (!from)
        return value;
    const long size = long(value.size());
    const long begin = std::min(size, *from < 0 ? std::max(0L, size + *from) : *from);
    if (arguments.size() == 1)
        return value.substr(std::size_t(begin));
    const auto length = number(arguments[1]);
    if (!length || *length < 0)
        return length ? std::string() : value;
    return value.substr(std::size_t(begin), std::size_t(*length));
}

std::string cased(std::string value, bool upper, bool all)
{
    for (std::size_t i = 0; i < (all ? value.size() : std::min<std::size_t>(1, value.size())); ++i) {
        const auto c = static_cast<unsigned char>(value[i]);
        value[i] = static_cast<char>(upper ? std::toupper(c) : std::tolower(c));
    }
    return value;
}

std::string evaluate(const std::vector<Node>& nodes, const Lookup& lookup)
{
    std::string out;
    for (const Node& node : nodes) {
        if (!node.function) {
            out += node.text;
            out += evaluate(node.list, lookup);
            continue;
        }
        std::vector<std::string> given;
        for (const Node& each : node.arguments)
            given.push_back(evaluate(each.list, lookup));
        const std::string value = lookup(node.text).value_or("");
        const std::string& f = node.name;
        if (f.empty())
            out += value;
        else if (f == "#" && given.empty())
            out += std::to_string(value.size());
        else if (isDefault(f))
            out += value.empty() ? given[0] : value;
        else if (f == ":")
            out += cut(value, given);
        else if (f == "^" || f == "^^" || f == "," || f == ",,")
            out += cased(value, f[0] == '^', f.size() == 2);
        else if (f[0] == '#' || f[0] == '%')
            out += trimmedBy(value, given[0], f[0] == '%', f.size() == 2);
        else if (f == "/#")
            out += value.rfind(given[0], 0) == 0 ? replaced(value, given[0], given[1], false) : value;
        else if (f == "/%")
            out += value.size() >= given[0].size() &&
                           value.compare(value.size() - given[0].size(), std::string::npos, given[0]) == 0
                       ? value.substr(0, value.size() - given[0].size()) + given[1]
                       : value;
        else
            out += replaced(value, given[0], given[1], f == "//");
    }
    return out;
}

} // namespace

Result<std::vector<Variable>> variablesOf(std::string_view text, const std::string& origin)
{
    const auto nodes = parse(withoutBlanks(text), origin);
    if (!nodes)
        return tl::unexpected(nodes.error());
    std::map<std::string, Variable> all;
    collect(*nodes, all);
    std::vector<Variable> out;
    for (auto& [name, variable] : all)
        out.push_back(std::move(variable));
    return out;
}

Result<std::string> substitute(std::string_view text, const std::string& origin, const Lookup& lookup)
{
    const std::string plain = withoutBlanks(text);
    const auto nodes = parse(plain, origin);
    if (!nodes)
        return tl::unexpected(nodes.error());
    std::map<std::string, Variable> all;
    collect(*nodes, all);
    std::string missing;
    for (const auto& [name, variable] : all) {
        if (variable.required && !lookup(name))
            missing += (missing.empty() ? "" : ", ") + cleanText(name, 80);
    }
    if (!missing.empty())
        return fail(ErrorKind::Config,
                    arguments(translate("prepare", "%1 needs a value for: %2."), {origin, missing}));
    return evaluate(*nodes, lookup);
}

} // namespace strata::prepare
