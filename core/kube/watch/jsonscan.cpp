// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/watch/jsonscan.h"

#include <cstring>

namespace strata::kube {

void JsonScanner::skipBlanks()
{
    while (m_at < m_text.size() &&
           (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\r' || m_text[m_at] == '\t'))
        ++m_at;
}

bool JsonScanner::take(char wanted)
{
    skipBlanks();
    if (m_at >= m_text.size() || m_text[m_at] != wanted)
        return false;
    ++m_at;
    return true;
}

std::string_view JsonScanner::value()
{
    skipBlanks();
    const char* const begin = m_text.data() + m_at;
    const char* const end = m_text.data() + m_text.size();
    const char* at = begin;
    // Behind the closing quote, or null. memchr runs at memory speed, and strings are most of the text.
    const auto skipString = [end](const char* quote) -> const char* {
        const char* from = quote + 1;
        for (;;) {
            const auto* close =
                static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end - from)));
            if (close == nullptr)
                return nullptr;
            const char* slash = close;
            while (slash > quote + 1 && slash[-1] == '\\')
                --slash;
            if ((close - slash) % 2 == 0)
                return close + 1;
            from = close + 1;
        }
    };
    const auto finish = [&](const char* stop) {
        m_at = static_cast<std::size_t>(stop - m_text.data());
        return std::string_view(begin, static_cast<std::size_t>(stop - begin));
    };
    if (at == end)
        return {};
    if (*at == '"') {
        const char* stop = skipString(at);
        return stop == nullptr ? std::string_view{} : finish(stop);
    }
    if (*at != '{' && *at != '[') {
        while (at != end && *at != ',' && *at != '}' && *at != ']' && *at != ':' && *at != ' ' &&
               *at != '\n' && *at != '\r' && *at != '\t' && *at != '"' && *at != '{' && *at != '[')
            ++at;
        return finish(at);
    }
    std::size_t depth = 0;
    while (at != end) {
        switch (*at) {
        case '"':
            at = skipString(at);
            if (at == nullptr)
                return {};
            continue;
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return finish(at + 1);
            break;
        default:
            break;
        }
        ++at;
    }
    return {};
}

} // namespace strata::kube
