// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/net/http.h"

namespace strata::demosite {
namespace {

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

const std::string& HttpRequest::one(const char* name) const
{
    static const std::string none;
    const auto found = query.find(name);
    return found == query.end() || found->second.empty() ? none : found->second.front();
}

bool HttpRequest::flag(const char* name) const
{
    const std::string& value = one(name);
    return value == "1" || value == "true" || value == "True" || value == "TRUE" || value == "t";
}

std::string percentDecode(std::string_view text, bool plusIsBlank)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hexValue(text[i + 1]) >= 0 &&
            hexValue(text[i + 2]) >= 0) {
            out += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
            i += 2;
        } else if (text[i] == '+' && plusIsBlank) {
            out += ' ';
        } else {
            out += text[i];
        }
    }
    return out;
}

void parseTarget(std::string_view target, HttpRequest& request)
{
    const std::size_t mark = target.find('?');
    request.path = percentDecode(target.substr(0, mark), false);
    if (mark == std::string_view::npos)
        return;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view part = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        const std::size_t equal = part.find('=');
        if (part.empty())
            continue;
        request.query[percentDecode(part.substr(0, equal), true)].push_back(
            equal == std::string_view::npos ? std::string() : percentDecode(part.substr(equal + 1), true));
    }
}

} // namespace strata::demosite
