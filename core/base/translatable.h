// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata {

// A text that stands in a table and comes to translate() later, in the same context; and the word that what
// is handed on has been named so. translations/coretexts.h refuses what comes neither as a literal nor so.
constexpr const char* translatable(const char*, const char* text)
{
    return text;
}
constexpr const char* marked(const char* text)
{
    return text;
}

} // namespace strata
