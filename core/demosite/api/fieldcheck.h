// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/messages.h"

#include <string>
#include <vector>

namespace strata::demosite {

// What a Go struct does to JSON: fields it does not have are dropped and named ("spec.foo"), values of a
// wrong type are an error, in the decoder's words. Empty: it fits.
std::string fitToMessage(Json& object, const Message& message, std::vector<std::string>& unknown);

} // namespace strata::demosite
