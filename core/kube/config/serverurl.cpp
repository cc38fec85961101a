// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/serverurl.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>

namespace strata::kube {

namespace {

bool isHostCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool isAddress6Character(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

bool isPathCharacter(char c)
{
    return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '\\' && c != '"' && c != '<' && c != '>';
}

} // namespace

std::optional<ServerUrl> parseServerUrl(std::string_view text)
{
    ServerUrl url;
    if (text.size() > 2048)
        return std::nullopt;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos)
        return std::nullopt;
    const std::string scheme = toLower(text.substr(0, colon));
    if (scheme == "https")
        url.tls = true;
    else if (scheme == "http")
        url.tls = false;
    else
        return std::nullopt;
    url.port = url.tls ? 443 : 80;
    std::string_view rest = text.substr(colon + 3);
    const std::size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) {
        std::string_view path = rest.substr(slash);
        while (!path.empty() && path.back() == '/')
            path.remove_suffix(1);
        if (!std::all_of(path.begin(), path.end(), isPathCharacter))
            return std::nullopt;
        url.path = std::string(path);
    }
    std::string_view port;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos)
            return std::nullopt;
        url.host = toLower(authority.substr(1, close - 1));
        if (url.host.find(':') == std::string::npos ||
            !std::all_of(url.host.begin(), url.host.end(), isAddress6Character))
            return std::nullopt;
        port = authority.substr(close + 1);
    } else {
        const std::size_t at = authority.find(':');
        url.host = toLower(authority.substr(0, at));
        if (url.host.empty() || !std::all_of(url.host.begin(), url.host.end(), isHostCharacter))
            return std::nullopt;
        if (at != std::string_view::npos)
            port = authority.substr(at);
    }
    if (!port.empty()) {
        if (port.front() != ':' || port.size() < 2 || port.size() > 6)
            return std::nullopt;
        port.remove_prefix(1);
        unsigned value = 0;
        const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), value);
        if (fault != std::errc{} || end != port.data() + port.size() || value == 0 || value > 65535)
            return std::nullopt;
        url.port = static_cast<std::uint16_t>(value);
    }
    return url;
}

bool ServerUrl::isLoopback() const
{
    if (host == "localhost" || host == "::1")
        return true;
    // 127.0.0.0/8, but not a name such as 127.0.0.1.example.org.
    return host.rfind("127.", 0) == 0 &&
           std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string ServerUrl::bracketedHost() const
{
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string ServerUrl::text() const
{
    std::string out = tls ? "https://" : "http://";
    out += bracketedHost();
    if (port != (tls ? 443 : 80))
        out += ":" + std::to_string(port);
    return out + path;
}

} // namespace strata::kube
