// SPDX-License-Identifier: GPL-3.0-or-later
#include "translations/coretexts.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace strata::translations {
namespace {

namespace fs = std::filesystem;

bool isWord(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The end of the string or character literal that begins at `at`.
std::size_t literalEnd(const std::string& text, std::size_t at)
{
    const char quote = text[at];
    for (++at; at < text.size() && text[at] != quote; ++at) {
        if (text[at] == '\\')
            ++at;
    }
    return std::min(at + 1, text.size());
}

// An apostrophe that begins a character, not one between digits.
bool beginsCharacter(const std::string& text, std::size_t at)
{
    return text[at] == '\'' && (at == 0 || !isWord(text[at - 1]));
}

// Comments and raw strings become blanks of the same length; neither holds a text for translate().
std::string withoutComments(std::string text)
{
    const auto blank = [&text](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to && i < text.size(); ++i) {
            if (text[i] != '\n')
                text[i] = ' ';
        }
    };
    for (std::size_t i = 0; i < text.size();) {
        if (text.compare(i, 2, "//") == 0) {
            const std::size_t end = std::min(text.find('\n', i), text.size());
            blank(i, end);
            i = end;
        } else if (text.compare(i, 2, "/*") == 0) {
            const std::size_t end = text.find("*/", i);
            blank(i, end == std::string::npos ? text.size() : end + 2);
            i = end == std::string::npos ? text.size() : end + 2;
        } else if (text.compare(i, 2, "R\"") == 0 && (i == 0 || !isWord(text[i - 1]))) {
            const std::size_t open = text.find('(', i);
            const std::string mark = ")" + text.substr(i + 2, open - i - 2) + "\"";
            const std::size_t end = text.find(mark, open);
            blank(i, end + mark.size());
            i = end + mark.size();
        } else if (text[i] == '"' || beginsCharacter(text, i)) {
            i = literalEnd(text, i);
        } else {
            ++i;
        }
    }
    return text;
}

std::string withoutLiterals(std::string text)
{
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '"' && !beginsCharacter(text, i)) {
            ++i;
            continue;
        }
        const std::size_t end = literalEnd(text, i);
        for (++i; i + 1 < end; ++i)
            text[i] = ' ';
        i = end;
    }
    return text;
}

struct Argument {
    std::size_t begin = 0;
    std::string text;
};

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(" \t\n");
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// The arguments of the call whose "(" is at `open`.
std::vector<Argument> argumentsAt(const std::string& text, std::size_t open)
{
    std::vector<Argument> out;
    int depth = 0;
    std::size_t begin = open + 1;
    const auto take = [&](std::size_t end) {
        out.push_back({begin, trimmed(text.substr(begin, end - begin))});
    };
    for (std::size_t i = open; i < text.size();) {
        if (text[i] == '"' || beginsCharacter(text, i)) {
            i = literalEnd(text, i);
            continue;
        }
        if (text[i] == '(' || text[i] == '{' || text[i] == '[') {
            ++depth;
        } else if (text[i] == ')' || text[i] == '}' || text[i] == ']') {
            if (--depth == 0) {
                take(i);
                return out;
            }
        } else if (text[i] == ',' && depth == 1) {
            take(i);
            begin = i + 1;
        }
        ++i;
    }
    return {};
}

// The literals in an expression; those with only blanks between are one.
std::vector<std::string> literalsIn(const std::string& expression)
{
    std::vector<std::string> out;
    bool joined = false;
    for (std::size_t i = 0; i < expression.size();) {
        if (expression[i] == '"') {
            const std::size_t end = literalEnd(expression, i);
            const std::string literal = expression.substr(i + 1, end - i - 2);
            if (joined)
                out.back() += literal;
            else
                out.push_back(literal);
            joined = true;
            i = end;
            continue;
        }
        if (std::isspace(static_cast<unsigned char>(expression[i])) == 0)
            joined = false;
        i = beginsCharacter(expression, i) ? literalEnd(expression, i) : i + 1;
    }
    return out;
}

// Every place where `name` is called (or declared): where its "(" is.
std::vector<std::size_t> callsOf(const std::string& text, const std::string& name)
{
    std::vector<std::size_t> out;
    const std::string wanted = name + "(";
    for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
        if (at > 0 && (isWord(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '~'))
            continue;
        out.push_back(at + name.size());
    }
    return out;
}

// A function (or a lambda with a name) one of whose parameters comes to translate().
struct Wrapper {
    std::string name;
    std::size_t position = 0; // of that parameter
    std::string context;
    auto operator<=>(const Wrapper&) const = default;
};

// Whether the body of the function whose parameters begin at `open` holds `at`.
bool bodyHolds(const std::string& code, std::size_t open, std::size_t at)
{
    int depth = 0;
    std::size_t i = open;
    for (; i < code.size(); ++i) {
        if (code[i] == '(' || code[i] == '[')
            ++depth;
        else if (code[i] == ')' || code[i] == ']')
            --depth;
        else if (depth == 0 && code[i] == ';')
            return false; // declared only
        else if (depth == 0 && code[i] == '{')
            break;
    }
    for (depth = 0; i < at && i < code.size(); ++i) {
        if (code[i] == '{')
            ++depth;
        else if (code[i] == '}' && --depth == 0)
            return false;
    }
    return i == at;
}

// The function around `at` that has `const char* name` as a parameter. `text` without what literals say.
std::optional<Wrapper> wrapperAround(const std::string& text, std::size_t at, const std::string& name)
{
    const std::string wanted = "const char* " + name;
    for (std::size_t found = text.rfind(wanted, at); found != std::string::npos && found > 0;
         found = text.rfind(wanted, found - 1)) {
        const std::size_t end = found + wanted.size();
        if (end < text.size() && isWord(text[end]))
            continue;
        int depth = 0;
        std::size_t open = found;
        while (open > 0) {
            --open;
            if (text[open] == ')' || text[open] == '}')
                ++depth;
            else if (text[open] == '(' || text[open] == '{') {
                if (depth-- == 0)
                    break;
            }
        }
        if (text[open] != '(')
            return std::nullopt; // a variable
        if (!bodyHolds(text, open, at))
            continue;
        Wrapper out;
        const std::vector<Argument> parameters = argumentsAt(text, open);
        if (parameters.empty())
            return std::nullopt;
        while (out.position + 1 < parameters.size() && parameters[out.position + 1].begin <= found)
            ++out.position;
        std::size_t last = open;
        if (last > 0 && text[last - 1] == ']') { // const auto name = [&](
            last = text.rfind('[', last);
            while (last > 0 && (text[last - 1] == ' ' || text[last - 1] == '='))
                --last;
        }
        std::size_t first = last;
        while (first > 0 && isWord(text[first - 1]))
            --first;
        out.name = text.substr(first, last - first);
        return out.name.empty() ? std::nullopt : std::optional(out);
    }
    return std::nullopt;
}

struct Source {
    std::string path; // below the source folder
    std::string text;
    std::string code;     // the same with nothing in its literals
    std::string constant; // kContext
};

class Reader {
public:
    explicit Reader(const std::string& root)
    {
        for (const char* top : {"core", "app"}) {
            for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
                const std::string ending = entry.path().extension().string();
                if (ending != ".cpp" && ending != ".h")
                    continue;
                std::ifstream file(entry.path(), std::ios::binary);
                Source source;
                source.path = fs::relative(entry.path(), root).generic_string();
                source.text = withoutComments({std::istreambuf_iterator<char>(file), {}});
                source.code = withoutLiterals(source.text);
                const std::size_t constant = source.text.find("kContext = ");
                if (constant != std::string::npos) {
                    const auto value =
                        literalsIn(source.text.substr(constant, source.text.find(';', constant) - constant));
                    source.constant = value.empty() ? std::string() : value.front();
                }
                m_sources.push_back(std::move(source));
            }
        }
        std::sort(m_sources.begin(), m_sources.end(),
                  [](const Source& a, const Source& b) { return a.path < b.path; });
    }

    CoreTexts read()
    {
        // To the end: a function may hand its parameter to another such function.
        do {
            m_found = false;
            m_out = {};
            for (const Source& source : m_sources)
                look(source);
        } while (m_found);
        return std::move(m_out);
    }

private:
    void look(const Source& source)
    {
        if (source.path.rfind("core/base/translat", 0) == 0)
            return;
        for (const char* name : {"translate", "translatable"}) {
            for (const std::size_t open : callsOf(source.code, name)) {
                const std::vector<Argument> all = argumentsAt(source.text, open);
                if (all.size() < 2)
                    continue;
                const auto context = literalsIn(all[0].text);
                if (context.empty() && all[0].text != "kContext")
                    continue; // the application's own way to Qt
                take(source, open, all[1].text, context.empty() ? source.constant : context.front());
            }
        }
        for (const Wrapper& wrapper : wrappersFor(source)) {
            for (const std::size_t open : callsOf(source.code, wrapper.name)) {
                const std::vector<Argument> all = argumentsAt(source.text, open);
                if (all.size() > wrapper.position)
                    take(source, open, all[wrapper.position].text, wrapper.context);
            }
        }
    }

    void take(const Source& source, std::size_t at, const std::string& expression, const std::string& context)
    {
        if (expression.rfind("const char*", 0) == 0 || expression.rfind("marked(", 0) == 0)
            return; // a declaration; a text that a table marks
        const int line = 1 + int(std::count(source.text.begin(), source.text.begin() + long(at), '\n'));
        const std::vector<std::string> literals = literalsIn(expression);
        for (const std::string& literal : literals)
            m_out.texts.push_back({context, literal, source.path, line});
        if (!literals.empty())
            return;
        if (std::all_of(expression.begin(), expression.end(), isWord)) {
            if (auto wrapper = wrapperAround(source.code, at, expression)) {
                wrapper->context = context;
                m_found = m_wrappers[source.path].insert(*wrapper).second || m_found;
                return;
            }
        }
        m_out.blind.push_back({source.path, line, expression});
    }

    // Its own, and those that a header declares which it includes.
    std::set<Wrapper> wrappersFor(const Source& source)
    {
        std::set<Wrapper> out;
        if (const auto own = m_wrappers.find(source.path); own != m_wrappers.end())
            out = own->second;
        std::set<std::string> names;
        for (const Wrapper& wrapper : out)
            names.insert(wrapper.name);
        for (const auto& [path, wrappers] : m_wrappers) {
            for (const Wrapper& wrapper : wrappers) {
                if (path != source.path && names.count(wrapper.name) == 0 && declared(source, path, wrapper))
                    out.insert(wrapper);
            }
        }
        return out;
    }

    // In a header that both include: the one defines it there, the other calls it.
    bool declared(const Source& source, const std::string& definedIn, const Wrapper& wrapper)
    {
        for (const std::string& path : includesOf(source.path)) {
            const Source* header = find(path);
            if (header == nullptr || (path != definedIn && includesOf(definedIn).count(path) == 0))
                continue;
            for (const std::size_t open : callsOf(header->text, wrapper.name)) {
                const std::vector<Argument> all = argumentsAt(header->text, open);
                if (all.size() > wrapper.position && all[wrapper.position].text.rfind("const char*", 0) == 0)
                    return true;
            }
        }
        return false;
    }

    const std::set<std::string>& includesOf(const std::string& path)
    {
        if (const auto known = m_includes.find(path); known != m_includes.end())
            return known->second;
        std::set<std::string> out;
        m_includes[path] = {}; // headers may go round in circles
        const Source* source = find(path);
        static constexpr std::string_view kInclude = "#include \"";
        for (std::size_t at = source == nullptr ? std::string::npos : source->text.find(kInclude);
             at != std::string::npos; at = source->text.find(kInclude, at + 1)) {
            const std::size_t begin = at + kInclude.size();
            const std::string header = source->text.substr(begin, source->text.find('"', begin) - begin);
            if (header.rfind("core/", 0) != 0 && header.rfind("app/", 0) != 0)
                continue;
            out.insert(header);
            const std::set<std::string> further = includesOf(header);
            out.insert(further.begin(), further.end());
        }
        return m_includes[path] = std::move(out);
    }

    const Source* find(const std::string& path) const
    {
        const auto found = std::lower_bound(
            m_sources.begin(), m_sources.end(), path,
            [](const Source& source, const std::string& wanted) { return source.path < wanted; });
        return found != m_sources.end() && found->path == path ? &*found : nullptr;
    }

    std::vector<Source> m_sources;
    std::map<std::string, std::set<Wrapper>> m_wrappers;     // by file
    std::map<std::string, std::set<std::string>> m_includes; // of files, with what those include
    CoreTexts m_out;
    bool m_found = false;
};

} // namespace

CoreTexts readCoreTexts(const std::string& sourceFolder)
{
    return Reader(sourceFolder).read();
}

std::string asSource(const CoreTexts& texts)
{
    std::set<std::pair<std::string, std::string>> all;
    for (const CoreText& text : texts.texts)
        all.emplace(text.context, text.literal);
    std::string out = "static const char* const texts[] = {\n";
    for (const auto& [context, literal] : all)
        out += "QT_TRANSLATE_NOOP(\"" + context + "\", \"" + literal + "\"),\n";
    return out + "};\n";
}

std::string unescaped(const std::string& literal)
{
    std::string out;
    for (std::size_t i = 0; i < literal.size(); ++i) {
        if (literal[i] != '\\' || i + 1 == literal.size()) {
            out += literal[i];
            continue;
        }
        const char c = literal[++i];
        out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    return out;
}

} // namespace strata::translations
