// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/token.h"

#include "core/base/text.h"
#include "core/demosite/api/json.h"

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace strata::demosite {
namespace {

std::string base64Url(std::string_view bytes) // RFC 4648, section 5, without padding
{
    std::string text = base64Encode(bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    return text;
}

std::string fromBase64Url(std::string_view text)
{
    std::string padded(text);
    std::replace(padded.begin(), padded.end(), '-', '+');
    std::replace(padded.begin(), padded.end(), '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    std::string bytes;
    return base64Decode(padded, bytes) ? bytes : std::string();
}

std::string sign(const std::string& key, std::string_view text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
    return std::string(reinterpret_cast<const char*>(digest), size);
}

} // namespace

std::string makeToken(const std::string& key, const TokenClaims& claims)
{
    Json audiences = Json::array();
    for (const std::string& audience : claims.audiences)
        audiences.push_back(audience);
    const Json payload = {
        {"aud", std::move(audiences)},
        {"exp", claims.expires / 1000},
        {"iat", claims.issued / 1000},
        {"iss", kTokenIssuer},
        {"jti", claims.id},
        {"kubernetes.io",
         {{"namespace", claims.ns}, {"serviceaccount", {{"name", claims.account}, {"uid", claims.uid}}}}},
        {"nbf", claims.issued / 1000},
        {"sub", "system:serviceaccount:" + claims.ns + ":" + claims.account}};
    const std::string text = base64Url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64Url(compact(payload));
    return text + "." + base64Url(sign(key, text));
}

std::optional<TokenClaims> readToken(const std::string& key, std::string_view token, UnixMs now)
{
    const std::size_t last = token.rfind('.');
    const std::size_t first = token.find('.');
    if (key.empty() || first == std::string_view::npos || last == first)
        return std::nullopt;
    const std::string expected = sign(key, token.substr(0, last));
    const std::string given = fromBase64Url(token.substr(last + 1));
    if (given.size() != expected.size() || CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0)
        return std::nullopt;
    const Json payload = parseOwn(fromBase64Url(token.substr(first + 1, last - first - 1)));
    if (!payload.is_object())
        return std::nullopt;
    TokenClaims claims;
    // The key with the dot cannot be reached by a path.
    const Json bound = payload.value("kubernetes.io", Json::object());
    claims.ns = text(bound, "namespace");
    claims.account = text(bound, "serviceaccount.name");
    claims.uid = text(bound, "serviceaccount.uid");
    claims.id = text(payload, "jti");
    for (const Json& audience : payload.value("aud", Json::array())) {
        if (audience.is_string())
            claims.audiences.push_back(audience.get<std::string>());
    }
    claims.issued = number(payload, "iat").value_or(0) * 1000;
    claims.expires = number(payload, "exp").value_or(0) * 1000;
    if (now >= claims.expires)
        return std::nullopt;
    return claims;
}

} // namespace strata::demosite
