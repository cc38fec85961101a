// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

inline constexpr std::size_t kMaxShownText = 1024;

// Makes text from outside fit to be shown: invalid UTF-8 becomes U+FFFD, control characters (C0, C1, DEL, tab
// and line breaks included) become a space, bidirectional controls and zero-width characters are dropped, and
// what is longer than `limit` bytes is cut at a character boundary with "…" behind it. Apply once, at the
// model's edge.
std::string cleanText(std::string_view text, std::size_t limit = kMaxShownText);

// True when cleanText(text) == text; the common case, checked without allocating.
bool isCleanText(std::string_view text, std::size_t limit = kMaxShownText);

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trimmed(std::string_view text);
std::string toLower(std::string_view text); // ASCII only: names and UUIDs

// Standard alphabet with padding (RFC 4648, section 4). Decoding ignores line breaks and blanks; anything
// else that is not of the alphabet makes it fail (returns false).
std::string base64Encode(std::string_view bytes);
bool base64Decode(std::string_view text, std::string& bytes);

} // namespace strata
