// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/cel.h"

#include "core/base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <vector>

namespace strata::demosite {

enum class CelKind {
    Literal,
    Name,
    List,
    Map,
    Field,
    Has,
    Index,
    Call,
    Method,
    Macro,
    Unary,
    Binary,
    Choice
};

struct CelRule::Node {
    CelKind kind = CelKind::Literal;
    std::string text; // name, operator or function
    Json value;       // of a literal
    std::vector<std::unique_ptr<Node>> kids;
};

namespace {

using Node = CelRule::Node;
using NodePtr = std::unique_ptr<Node>;
using Value = tl::expected<Json, std::string>;

constexpr int kMaxDepth = 64;
constexpr long kMaxSteps = 200'000;       // a rule over a list of lists ends somewhere
constexpr std::size_t kMaxMatched = 1024; // std::regex recurses with the text's length

tl::unexpected<std::string> fail(std::string why)
{
    return tl::unexpected<std::string>(std::move(why));
}

NodePtr node(CelKind kind, std::string text = {})
{
    auto made = std::make_unique<Node>();
    made->kind = kind;
    made->text = std::move(text);
    return made;
}

// How property names that are no CEL names are written (apiextensions: "__dash__" and so on).
std::string unescaped(std::string name)
{
    static constexpr std::array<std::pair<const char*, const char*>, 4> marks = {
        {{"__dot__", "."}, {"__dash__", "-"}, {"__slash__", "/"}, {"__underscores__", "__"}}};
    bool replaced = false;
    for (const auto& [mark, character] : marks) {
        for (std::size_t at = 0; (at = name.find(mark, at)) != std::string::npos;) {
            name.replace(at, std::string_view(mark).size(), character);
            at += std::string_view(character).size();
            replaced = true;
        }
    }
    if (!replaced && name.size() > 4 && name.rfind("__", 0) == 0 &&
        name.compare(name.size() - 2, 2, "__") == 0)
        return name.substr(2, name.size() - 4); // a reserved word
    return name;
}

class Parser {
public:
    explicit Parser(const std::string& text) : m_text(text) {}

    NodePtr whole(std::string& error)
    {
        NodePtr root = choice(0);
        skip();
        if (root && m_at < m_text.size())
            root = wrong(m_text.substr(m_at, 1));
        if (!root)
            error = m_error.empty() ? "Syntax error" : m_error;
        return root;
    }
    bool sawOld() const { return m_old; }
    bool sawBeyond() const { return m_beyond; }

private:
    NodePtr wrong(const std::string& token)
    {
        if (m_error.empty())
            m_error = "ERROR: <input>:1:" + std::to_string(m_at + 1) + ": Syntax error: " +
                      (token.empty() ? std::string("mismatched input '<EOF>'")
                                     : "extraneous input '" + token + "'");
        return nullptr;
    }
    void skip()
    {
        for (;;) {
            while (m_at < m_text.size() &&
                   std::string_view(" \t\r\n").find(m_text[m_at]) != std::string::npos)
                ++m_at;
            if (m_text.compare(m_at, 2, "//") != 0)
                return;
            m_at = std::min(m_text.find('\n', m_at), m_text.size());
        }
    }
    bool take(std::string_view token)
    {
        skip();
        if (m_text.compare(m_at, token.size(), token) != 0)
            return false;
        // "in" is a word, not the beginning of one.
        const bool word = token == "in";
        const std::size_t end = m_at + token.size();
        if (word && end < m_text.size() && isNamePart(m_text[end]))
            return false;
        m_at = end;
        return true;
    }
    static bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
    static bool isDigit(char c) { return c >= '0' && c <= '9'; }
    static bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }
    std::string name()
    {
        skip();
        const std::size_t begin = m_at;
        if (m_at < m_text.size() && isNameStart(m_text[m_at])) {
            while (m_at < m_text.size() && isNamePart(m_text[m_at]))
                ++m_at;
        }
        return m_text.substr(begin, m_at - begin);
    }

    static NodePtr pair(std::string op, NodePtr left, NodePtr right)
    {
        if (!left || !right)
            return nullptr;
        NodePtr made = node(CelKind::Binary, std::move(op));
        made->kids.push_back(std::move(left));
        made->kids.push_back(std::move(right));
        return made;
    }

    NodePtr choice(int depth)
    {
        if (depth > kMaxDepth) {
            m_error = "ERROR: <input>:1:1: expression recursion limit exceeded";
            return nullptr;
        }
        NodePtr condition = level(0, depth);
        if (!condition || !take("?"))
            return condition;
        NodePtr yes = choice(depth + 1);
        if (!yes)
            return nullptr;
        if (!take(":"))
            return wrong(m_text.substr(m_at, 1));
        NodePtr no = choice(depth + 1);
        if (!no)
            return nullptr;
        NodePtr made = node(CelKind::Choice);
        made->kids.push_back(std::move(condition));
        made->kids.push_back(std::move(yes));
        made->kids.push_back(std::move(no));
        return made;
    }

    // Binary operators from the weakest to the strongest.
    NodePtr level(std::size_t which, int depth)
    {
        static const std::vector<std::vector<const char*>> operators = {
            {"||"}, {"&&"}, {"==", "!=", "<=", ">=", "<", ">", "in"}, {"+", "-"}, {"*", "/", "%"}};
        if (which == operators.size())
            return unary(depth);
        NodePtr left = level(which + 1, depth);
        while (left) {
            const char* found = nullptr;
            for (const char* op : operators[which]) {
                if (take(op)) {
                    found = op;
                    break;
                }
            }
            if (found == nullptr)
                return left;
            left = pair(found, std::move(left), level(which + 1, depth));
        }
        return left;
    }

    NodePtr unary(int depth)
    {
        skip();
        for (const char* op : {"!", "-"}) {
            if (m_text.compare(m_at, 2, "!=") == 0 || !take(op))
                continue;
            if (depth > kMaxDepth)
                return wrong(op);
            NodePtr operand = unary(depth + 1);
            if (!operand)
                return nullptr;
            NodePtr made = node(CelKind::Unary, op);
            made->kids.push_back(std::move(operand));
            return made;
        }
        return member(depth);
    }

    bool arguments(std::vector<NodePtr>& out, const char* end, int depth)
    {
        if (take(end))
            return true;
        do {
            skip();
            if (!out.empty() && m_text.compare(m_at, 1, end) == 0)
                break; // a comma at the end is allowed
            NodePtr argument = choice(depth + 1);
            if (!argument)
                return false;
            out.push_back(std::move(argument));
        } while (take(","));
        if (take(end))
            return true;
        wrong(m_text.substr(std::min(m_at, m_text.size()), 1));
        return false;
    }

    NodePtr member(int depth)
    {
        NodePtr left = primary(depth);
        while (left) {
            if (take(".")) {
                const std::string field = name();
                if (field.empty())
                    return wrong(m_text.substr(std::min(m_at, m_text.size()), 1));
                if (!take("(")) {
                    NodePtr made = node(CelKind::Field, unescaped(field));
                    made->kids.push_back(std::move(left));
                    left = std::move(made);
                    continue;
                }
                static const std::set<std::string> macros = {"all", "exists", "exists_one", "filter", "map"};
                NodePtr made = node(macros.count(field) != 0 ? CelKind::Macro : CelKind::Method, field);
                made->kids.push_back(std::move(left));
                if (!arguments(made->kids, ")", depth))
                    return nullptr;
                if (made->kind == CelKind::Macro) {
                    const std::size_t count = made->kids.size();
                    if (count < 3 || count > (field == "map" ? 4U : 3U) ||
                        made->kids[1]->kind != CelKind::Name)
                        return wrong(field);
                } else {
                    m_beyond = m_beyond || !knownMethod(field);
                }
                left = std::move(made);
            } else if (take("[")) {
                NodePtr made = node(CelKind::Index);
                made->kids.push_back(std::move(left));
                NodePtr index = choice(depth + 1);
                if (!index || !take("]"))
                    return wrong(m_text.substr(std::min(m_at, m_text.size()), 1));
                made->kids.push_back(std::move(index));
                left = std::move(made);
            } else {
                return left;
            }
        }
        return left;
    }

    static bool knownMethod(const std::string& method)
    {
        static const std::set<std::string> known = {
            "size", "startsWith", "endsWith", "contains",  "matches", "lowerAscii", "upperAscii",
            "trim", "split",      "replace",  "substring", "charAt",  "indexOf",    "lastIndexOf",
            "join", "sum",        "min",      "max",       "isSorted"};
        return known.count(method) != 0;
    }

    NodePtr primary(int depth)
    {
        skip();
        if (m_at >= m_text.size())
            return wrong({});
        const char c = m_text[m_at];
        if (take("(")) {
            NodePtr inner = choice(depth + 1);
            return inner && !take(")") ? wrong(m_text.substr(std::min(m_at, m_text.size()), 1))
                                       : std::move(inner);
        }
        if (take("[")) {
            NodePtr made = node(CelKind::List);
            return arguments(made->kids, "]", depth) ? std::move(made) : nullptr;
        }
        if (take("{")) {
            NodePtr made = node(CelKind::Map);
            if (take("}"))
                return made;
            do {
                NodePtr key = choice(depth + 1);
                if (!key || !take(":"))
                    return wrong(m_text.substr(std::min(m_at, m_text.size()), 1));
                NodePtr value = choice(depth + 1);
                if (!value)
                    return nullptr;
                made->kids.push_back(std::move(key));
                made->kids.push_back(std::move(value));
            } while (take(","));
            return take("}") ? std::move(made) : wrong(m_text.substr(std::min(m_at, m_text.size()), 1));
        }
        if (c == '"' || c == '\'' ||
            ((c == 'r' || c == 'R') && m_at + 1 < m_text.size() &&
             (m_text[m_at + 1] == '"' || m_text[m_at + 1] == '\'')))
            return string();
        if (isDigit(c) || (c == '.' && m_at + 1 < m_text.size() && isDigit(m_text[m_at + 1])))
            return numeral();
        const std::string word = name();
        if (word.empty())
            return wrong(std::string(1, c));
        NodePtr made = node(CelKind::Literal);
        if (word == "true" || word == "false") {
            made->value = word == "true";
            return made;
        }
        if (word == "null")
            return made;
        if (take("(")) {
            made = node(CelKind::Call, word);
            if (!arguments(made->kids, ")", depth))
                return nullptr;
            if (word == "has") {
                if (made->kids.size() != 1 || made->kids[0]->kind != CelKind::Field) {
                    m_error =
                        "ERROR: <input>:1:" + std::to_string(m_at) + ": invalid argument to has() macro";
                    return nullptr;
                }
                made->kids[0]->kind = CelKind::Has;
                return std::move(made->kids[0]);
            }
            static const std::set<std::string> known = {"size",   "int",  "uint", "double",
                                                        "string", "bool", "type", "dyn"};
            m_beyond = m_beyond || known.count(word) == 0;
            return made;
        }
        m_old = m_old || word == "oldSelf";
        made->kind = CelKind::Name;
        made->text = word;
        return made;
    }

    NodePtr numeral()
    {
        const std::size_t begin = m_at;
        bool real = false;
        if (m_text.compare(m_at, 2, "0x") == 0) {
            m_at += 2;
            while (m_at < m_text.size() && std::isxdigit(static_cast<unsigned char>(m_text[m_at])) != 0)
                ++m_at;
        } else {
            while (m_at < m_text.size()) {
                const char c = m_text[m_at];
                const bool sign = (c == '-' || c == '+') &&
                                  (m_text[m_at - 1] == 'e' || m_text[m_at - 1] == 'E') && m_at > begin;
                // "1.size()" is a method of a number.
                const bool point = c == '.' && m_at + 1 < m_text.size() && isDigit(m_text[m_at + 1]);
                if (!isDigit(c) && !sign && !point && c != 'e' && c != 'E')
                    break;
                real = real || !isDigit(c);
                ++m_at;
            }
        }
        const std::string digits = m_text.substr(begin, m_at - begin);
        if (m_at < m_text.size() && (m_text[m_at] == 'u' || m_text[m_at] == 'U'))
            ++m_at;
        NodePtr made = node(CelKind::Literal);
        if (real)
            made->value = std::strtod(digits.c_str(), nullptr);
        else
            made->value = static_cast<std::int64_t>(std::strtoll(digits.c_str(), nullptr, 0));
        return made;
    }

    NodePtr string()
    {
        const bool raw = m_text[m_at] == 'r' || m_text[m_at] == 'R';
        m_at += raw ? 1 : 0;
        const std::size_t open = m_text.compare(m_at, 3, std::string(3, m_text[m_at])) == 0 ? 3 : 1;
        const std::string quote = m_text.substr(m_at, open);
        m_at += open;
        std::string out;
        while (m_at < m_text.size() && m_text.compare(m_at, open, quote) != 0) {
            if (raw || m_text[m_at] != '\\' || m_at + 1 >= m_text.size()) {
                out += m_text[m_at++];
                continue;
            }
            const char c = m_text[m_at + 1];
            m_at += 2;
            static constexpr std::string_view from = "nrtabfv\\\"'`?";
            static constexpr std::string_view to = "\n\r\t\a\b\f\v\\\"'`?";
            if (const std::size_t which = from.find(c); which != std::string::npos) {
                out += to[which];
            } else if ((c == 'u' || c == 'x') && m_at + (c == 'u' ? 4 : 2) <= m_text.size()) {
                const std::size_t digits = c == 'u' ? 4 : 2;
                const auto code =
                    static_cast<unsigned>(std::strtoul(m_text.substr(m_at, digits).c_str(), nullptr, 16));
                m_at += digits;
                if (code < 0x80) {
                    out += static_cast<char>(code);
                } else if (code < 0x800) {
                    out += static_cast<char>(0xC0U | (code >> 6U));
                    out += static_cast<char>(0x80U | (code & 0x3FU));
                } else {
                    out += static_cast<char>(0xE0U | (code >> 12U));
                    out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
                    out += static_cast<char>(0x80U | (code & 0x3FU));
                }
            } else {
                return wrong("\\" + std::string(1, c));
            }
        }
        if (m_at >= m_text.size())
            return wrong({});
        m_at += open;
        NodePtr made = node(CelKind::Literal);
        made->value = out;
        return made;
    }

    const std::string& m_text;
    std::size_t m_at = 0;
    std::string m_error;
    bool m_old = false;
    bool m_beyond = false;
};

const char* typeName(const Json& value)
{
    if (value.is_boolean())
        return "bool";
    if (value.is_number_integer())
        return "int";
    if (value.is_number())
        return "double";
    if (value.is_string())
        return "string";
    if (value.is_array())
        return "list";
    return value.is_object() ? "map" : "null_type";
}

bool equal(const Json& a, const Json& b)
{
    if (a.is_number() && b.is_number() && a.is_number_integer() != b.is_number_integer())
        return a.get<double>() == b.get<double>();
    if (a.is_array() && b.is_array())
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
    if (a.is_object() && b.is_object()) { // in whatever order
        if (a.size() != b.size())
            return false;
        for (const auto& [key, value] : a.items()) {
            const auto other = b.find(key);
            if (other == b.end() || !equal(value, *other))
                return false;
        }
        return true;
    }
    return a == b;
}

// Below, same or above 0; nothing when the two cannot be compared.
std::optional<int> compared(const Json& a, const Json& b)
{
    const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    if (a.is_number_integer() && b.is_number_integer())
        return sign(a.get<std::int64_t>(), b.get<std::int64_t>());
    if (a.is_number() && b.is_number())
        return sign(a.get<double>(), b.get<double>());
    if (a.is_string() && b.is_string())
        return sign(a.get_ref<const std::string&>(), b.get_ref<const std::string&>());
    if (a.is_boolean() && b.is_boolean())
        return sign(static_cast<int>(a.get<bool>()), static_cast<int>(b.get<bool>()));
    return std::nullopt;
}

std::size_t codePoints(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Evaluation {
public:
    Evaluation(const Json& self, const Json* old)
    {
        m_names["self"] = self;
        if (old != nullptr)
            m_names["oldSelf"] = *old;
    }

    Value of(const Node& n)
    {
        if (++m_steps > kMaxSteps)
            return fail("operation cancelled: actual cost limit exceeded");
        switch (n.kind) {
        case CelKind::Literal:
            return n.value;
        case CelKind::Name: {
            const auto found = m_names.find(n.text);
            if (found != m_names.end())
                return found->second;
            static const std::set<std::string> types = {"int",  "uint", "double", "string",
                                                        "bool", "list", "map",    "null_type"};
            if (types.count(n.text) != 0)
                return Json(n.text);
            return fail("no such attribute(s): " + n.text);
        }
        case CelKind::List: {
            Json out = Json::array();
            for (const NodePtr& kid : n.kids) {
                Value value = of(*kid);
                if (!value)
                    return value;
                out.push_back(std::move(*value));
            }
            return out;
        }
        case CelKind::Map: {
            Json out = Json::object();
            for (std::size_t i = 0; i + 1 < n.kids.size(); i += 2) {
                const Value key = of(*n.kids[i]);
                Value value = of(*n.kids[i + 1]);
                if (!key)
                    return key;
                if (!value)
                    return value;
                out[shown(*key)] = std::move(*value);
            }
            return out;
        }
        case CelKind::Field:
        case CelKind::Has:
            return field(n);
        case CelKind::Index:
            return index(n);
        case CelKind::Unary: {
            const Value value = of(*n.kids[0]);
            if (!value)
                return value;
            if (n.text == "!" && value->is_boolean())
                return Json(!value->get<bool>());
            if (n.text == "-" && value->is_number_integer())
                return Json(-value->get<std::int64_t>());
            if (n.text == "-" && value->is_number())
                return Json(-value->get<double>());
            return fail("no such overload");
        }
        case CelKind::Binary:
            return binary(n);
        case CelKind::Choice: {
            const Value condition = of(*n.kids[0]);
            if (!condition)
                return condition;
            if (!condition->is_boolean())
                return fail("no such overload");
            return of(*n.kids[condition->get<bool>() ? 1 : 2]);
        }
        case CelKind::Macro:
            return macro(n);
        case CelKind::Call:
            return call(n);
        case CelKind::Method:
            return method(n);
        }
        return fail("no such overload");
    }

private:
    static std::string shown(const Json& value)
    {
        return value.is_string() ? value.get<std::string>() : compact(value);
    }

    Value field(const Node& n)
    {
        Value owner = of(*n.kids[0]);
        if (!owner)
            return owner;
        if (!owner->is_object())
            return fail("no such key: " + n.text);
        const auto found = owner->find(n.text);
        const bool there = found != owner->end() && !found->is_null();
        if (n.kind == CelKind::Has)
            return Json(there);
        if (!there)
            return fail("no such key: " + n.text);
        return Json(*found);
    }

    Value index(const Node& n)
    {
        const Value owner = of(*n.kids[0]);
        const Value at = of(*n.kids[1]);
        if (!owner)
            return owner;
        if (!at)
            return at;
        if (owner->is_array() && at->is_number_integer()) {
            const auto number = at->get<std::int64_t>();
            if (number < 0 || number >= static_cast<std::int64_t>(owner->size()))
                return fail("index out of bounds: " + std::to_string(number));
            return Json((*owner)[static_cast<std::size_t>(number)]);
        }
        if (owner->is_object()) {
            const auto found = owner->find(shown(*at));
            if (found == owner->end())
                return fail("no such key: " + shown(*at));
            return Json(*found);
        }
        return fail("no such overload");
    }

    // The one that decides wins over an error of the other.
    Value logic(const Node& n, bool decides)
    {
        const Value left = of(*n.kids[0]);
        if (left && left->is_boolean() && left->get<bool>() == decides)
            return left;
        const Value right = of(*n.kids[1]);
        if (right && right->is_boolean() && right->get<bool>() == decides)
            return right;
        if (!left)
            return left;
        if (!right)
            return right;
        if (!left->is_boolean() || !right->is_boolean())
            return fail("no such overload");
        return Json(!decides);
    }

    Value binary(const Node& n)
    {
        const std::string& op = n.text;
        if (op == "&&")
            return logic(n, false);
        if (op == "||")
            return logic(n, true);
        const Value left = of(*n.kids[0]);
        if (!left)
            return left;
        const Value right = of(*n.kids[1]);
        if (!right)
            return right;
        if (op == "==" || op == "!=")
            return Json(equal(*left, *right) == (op == "=="));
        if (op == "in") {
            if (right->is_array())
                return Json(std::any_of(right->begin(), right->end(),
                                        [&](const Json& each) { return equal(each, *left); }));
            if (right->is_object())
                return Json(right->contains(shown(*left)));
            return fail("no such overload");
        }
        if (op[0] == '<' || op[0] == '>') {
            const auto order = compared(*left, *right);
            if (!order)
                return fail("no such overload");
            const bool strict = op.size() == 1;
            return Json(op[0] == '<' ? (strict ? *order < 0 : *order <= 0)
                                     : (strict ? *order > 0 : *order >= 0));
        }
        return arithmetic(op[0], *left, *right);
    }

    static Value arithmetic(char op, const Json& left, const Json& right)
    {
        if (op == '+' && left.is_string() && right.is_string())
            return Json(left.get<std::string>() + right.get<std::string>());
        if (op == '+' && left.is_array() && right.is_array()) {
            Json out = left;
            for (const Json& each : right)
                out.push_back(each);
            return out;
        }
        if (left.is_number_integer() && right.is_number_integer()) {
            const auto a = left.get<std::int64_t>();
            const auto b = right.get<std::int64_t>();
            std::int64_t out = 0;
            bool over = false;
            if (op == '+')
                over = __builtin_add_overflow(a, b, &out);
            else if (op == '-')
                over = __builtin_sub_overflow(a, b, &out);
            else if (op == '*')
                over = __builtin_mul_overflow(a, b, &out);
            else if (b == 0)
                return fail(op == '/' ? "division by zero" : "modulus by zero");
            else if (b == -1)
                over = __builtin_sub_overflow(std::int64_t{0}, op == '/' ? a : 0, &out);
            else
                out = op == '/' ? a / b : a % b;
            if (over)
                return fail("integer overflow");
            return Json(out);
        }
        if (!left.is_number() || !right.is_number() || op == '%')
            return fail("no such overload");
        const double a = left.get<double>();
        const double b = right.get<double>();
        return Json(op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b);
    }

    Value macro(const Node& n)
    {
        const Value range = of(*n.kids[0]);
        if (!range)
            return range;
        if (!range->is_array() && !range->is_object())
            return fail("no such overload");
        // Of a map its keys.
        Json items = Json::array();
        if (range->is_array()) {
            items = *range;
        } else {
            for (const auto& [key, value] : range->items())
                items.push_back(key);
        }
        const std::string& variable = n.kids[1]->text;
        const auto outer = m_names.find(variable);
        const Json hidden = outer == m_names.end() ? Json() : outer->second;
        const bool hides = outer != m_names.end();
        Value result = fold(n, variable, items);
        if (hides)
            m_names[variable] = hidden;
        else
            m_names.erase(variable);
        return result;
    }

    Value fold(const Node& n, const std::string& variable, const Json& items)
    {
        const std::string& name = n.text;
        Json out = Json::array();
        std::int64_t hits = 0;
        std::string error;
        for (const Json& item : items) {
            m_names[variable] = item;
            const Value said = of(*n.kids[2]);
            if (name == "map" && n.kids.size() == 3) {
                if (!said)
                    return said;
                out.push_back(*said);
                continue;
            }
            if (said && !said->is_boolean())
                return fail("no such overload");
            if (!said) {
                if (name != "all" && name != "exists")
                    return said;
                error = said.error(); // another item may decide
                continue;
            }
            const bool yes = said->get<bool>();
            if (name == "all" && !yes)
                return Json(false);
            if (name == "exists" && yes)
                return Json(true);
            hits += yes ? 1 : 0;
            if (!yes)
                continue;
            if (name == "filter") {
                out.push_back(item);
            } else if (name == "map") {
                Value mapped = of(*n.kids[3]);
                if (!mapped)
                    return mapped;
                out.push_back(std::move(*mapped));
            }
        }
        if (!error.empty())
            return fail(error);
        if (name == "all" || name == "exists")
            return Json(name == "all");
        if (name == "exists_one")
            return Json(hits == 1);
        return out;
    }

    static Value sizeOf(const Json& value)
    {
        if (value.is_string())
            return Json(static_cast<std::int64_t>(codePoints(value.get_ref<const std::string&>())));
        if (value.is_array() || value.is_object())
            return Json(static_cast<std::int64_t>(value.size()));
        return fail("no such overload");
    }

    Value call(const Node& n)
    {
        if (n.kids.size() != 1)
            return fail("no such overload: " + n.text);
        Value argument = of(*n.kids[0]);
        if (!argument)
            return argument;
        const Json& value = *argument;
        if (n.text == "size")
            return sizeOf(value);
        if (n.text == "dyn")
            return argument;
        if (n.text == "type")
            return Json(typeName(value));
        if (n.text == "string")
            return Json(shown(value));
        if (n.text == "bool" && value.is_boolean())
            return argument;
        if (n.text == "bool" && value.is_string())
            return Json(value == "true");
        if (n.text == "int" || n.text == "uint" || n.text == "double") {
            const bool real = n.text == "double";
            if (value.is_number()) {
                if (real)
                    return Json(value.get<double>());
                const double number = value.get<double>();
                if (std::abs(number) >= static_cast<double>(std::numeric_limits<std::int64_t>::max()))
                    return fail("integer overflow");
                return Json(value.is_number_integer() ? value.get<std::int64_t>()
                                                      : static_cast<std::int64_t>(number));
            }
            if (value.is_string()) {
                const auto& text = value.get_ref<const std::string&>();
                char* end = nullptr;
                const Json number =
                    real ? Json(std::strtod(text.c_str(), &end))
                         : Json(static_cast<std::int64_t>(std::strtoll(text.c_str(), &end, 10)));
                if (text.empty() || *end != '\0')
                    return fail("type conversion error from 'string' to '" + n.text + "'");
                return number;
            }
        }
        return fail("no such overload: " + n.text);
    }

    Value method(const Node& n)
    {
        const Value owner = of(*n.kids[0]);
        if (!owner)
            return owner;
        std::vector<Json> arguments;
        for (std::size_t i = 1; i < n.kids.size(); ++i) {
            Value argument = of(*n.kids[i]);
            if (!argument)
                return argument;
            arguments.push_back(std::move(*argument));
        }
        if (n.text == "size" && arguments.empty())
            return sizeOf(*owner);
        if (owner->is_string())
            return ofString(n.text, owner->get_ref<const std::string&>(), arguments);
        if (owner->is_array())
            return ofList(n.text, *owner, arguments);
        return fail("no such overload: " + n.text);
    }

    static Value ofString(const std::string& name, const std::string& text,
                          const std::vector<Json>& arguments)
    {
        if (arguments.empty()) {
            if (name == "lowerAscii")
                return Json(toLower(text));
            if (name == "trim")
                return Json(std::string(trimmed(text)));
            if (name == "upperAscii") {
                std::string out = text;
                for (char& c : out)
                    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
                return Json(out);
            }
        } else if (arguments[0].is_string()) {
            const auto& other = arguments[0].get_ref<const std::string&>();
            if (name == "startsWith")
                return Json(text.rfind(other, 0) == 0);
            if (name == "endsWith")
                return Json(text.size() >= other.size() &&
                            text.compare(text.size() - other.size(), other.size(), other) == 0);
            if (name == "contains")
                return Json(text.find(other) != std::string::npos);
            if (name == "indexOf" || name == "lastIndexOf") {
                const std::size_t at = name == "indexOf" ? text.find(other) : text.rfind(other);
                return Json(at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at));
            }
            if (name == "matches")
                return matches(text, other);
            if (name == "split") {
                Json out = Json::array();
                std::size_t at = 0;
                for (std::size_t end = 0; !other.empty() && (end = text.find(other, at)) != std::string::npos;
                     at = end + other.size())
                    out.push_back(text.substr(at, end - at));
                if (other.empty()) {
                    for (const char c : text)
                        out.push_back(std::string(1, c));
                } else {
                    out.push_back(text.substr(at));
                }
                return out;
            }
            if (name == "replace" && arguments.size() >= 2 && arguments[1].is_string()) {
                const auto& with = arguments[1].get_ref<const std::string&>();
                std::string out = text;
                for (std::size_t at = 0; !other.empty() && (at = out.find(other, at)) != std::string::npos;
                     at += with.size()) {
                    if (out.size() > (1U << 20U))
                        return fail("operation cancelled: actual cost limit exceeded");
                    out.replace(at, other.size(), with);
                }
                return Json(out);
            }
        } else if (arguments[0].is_number_integer()) {
            const auto length = static_cast<std::int64_t>(text.size());
            const auto from = arguments[0].get<std::int64_t>();
            if (name == "charAt") {
                if (from < 0 || from > length)
                    return fail("index out of range: " + std::to_string(from));
                return Json(text.substr(static_cast<std::size_t>(from), 1));
            }
            if (name == "substring") {
                const auto to = arguments.size() > 1 && arguments[1].is_number_integer()
                                    ? arguments[1].get<std::int64_t>()
                                    : length;
                if (from < 0 || to > length || from > to)
                    return fail("index out of range: " + std::to_string(from < 0 || from > to ? from : to));
                return Json(text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
            }
        }
        return fail("no such overload: " + name);
    }

    static Value matches(const std::string& text, const std::string& pattern)
    {
        if (text.size() > kMaxMatched || pattern.size() > kMaxMatched)
            return Json(true); // not checked
        try {
            return Json(std::regex_search(text, std::regex(pattern)));
        } catch (const std::regex_error&) {
            return fail("error parsing regexp: invalid or unsupported Perl syntax");
        }
    }

    static Value ofList(const std::string& name, const Json& list, const std::vector<Json>& arguments)
    {
        if (name == "join") {
            const std::string between = !arguments.empty() && arguments[0].is_string()
                                            ? arguments[0].get<std::string>()
                                            : std::string();
            std::string out;
            for (std::size_t i = 0; i < list.size(); ++i)
                out += (i == 0 ? std::string() : between) + shown(list[i]);
            return Json(out);
        }
        if ((name == "indexOf" || name == "lastIndexOf") && arguments.size() == 1) {
            std::int64_t found = -1;
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (equal(list[i], arguments[0]) && (found < 0 || name == "lastIndexOf"))
                    found = static_cast<std::int64_t>(i);
            }
            return Json(found);
        }
        if (name == "isSorted") {
            for (std::size_t i = 1; i < list.size(); ++i) {
                const auto order = compared(list[i - 1], list[i]);
                if (!order)
                    return fail("no such overload: " + name);
                if (*order > 0)
                    return Json(false);
            }
            return Json(true);
        }
        if (name == "min" || name == "max") {
            if (list.empty())
                return fail(name + " called on empty list");
            Json best = list[0];
            for (const Json& each : list) {
                const auto order = compared(each, best);
                if (!order)
                    return fail("no such overload: " + name);
                if (name == "min" ? *order < 0 : *order > 0)
                    best = each;
            }
            return best;
        }
        if (name == "sum") {
            Json total = std::int64_t{0};
            for (const Json& each : list) {
                Value next = arithmetic('+', total, each);
                if (!next)
                    return next;
                total = std::move(*next);
            }
            return total;
        }
        return fail("no such overload: " + name);
    }

    std::map<std::string, Json> m_names;
    long m_steps = 0;
};

} // namespace

CelRule::CelRule() = default;
CelRule::~CelRule() = default;

std::shared_ptr<const CelRule> CelRule::parse(const std::string& text, std::string& error)
{
    Parser parser(text);
    NodePtr root = parser.whole(error);
    if (!root)
        return nullptr;
    const std::shared_ptr<CelRule> rule(new CelRule);
    rule->m_root = std::move(root);
    rule->m_transition = parser.sawOld();
    rule->m_beyond = parser.sawBeyond();
    return rule;
}

bool CelRule::isTransition() const
{
    return m_transition;
}

bool CelRule::isBeyond() const
{
    return m_beyond;
}

tl::expected<Json, std::string> CelRule::evaluate(const Json& self, const Json* oldSelf) const
{
    return Evaluation(self, oldSelf).of(*m_root);
}

} // namespace strata::demosite
