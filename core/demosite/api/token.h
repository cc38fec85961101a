// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Service account tokens as TokenRequest makes them: JSON web tokens, here signed with HMAC-SHA-256 under a
// key that lives as long as the cluster. Strata's own clients never look inside; others may.
namespace strata::demosite {

struct TokenClaims {
    std::string ns;
    std::string account;
    std::string uid; // of the service account: a new one of the same name is somebody else
    std::string id;
    std::vector<std::string> audiences;
    UnixMs issued = 0;
    UnixMs expires = 0;
};

constexpr const char* kTokenIssuer = "https://kubernetes.default.svc.cluster.local";

std::string makeToken(const std::string& key, const TokenClaims& claims);
// Nothing when the signature is wrong or the token is no longer valid at `now`.
std::optional<TokenClaims> readToken(const std::string& key, std::string_view token, UnixMs now);

} // namespace strata::demosite
