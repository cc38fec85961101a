// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/messages.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::demosite {

// Why a value is none of its field's type, as a decoder of JSON says it and as a strategic patch is told.
struct Unfit {
    std::string decoding;
    std::string converting;
};

// What a Go struct does to JSON: fields it does not have are dropped and named ("spec.foo"), values of a
// wrong type are an error. Nothing: it fits.
std::optional<Unfit> fitToMessage(Json& object, const Message& message, std::vector<std::string>& unknown);

} // namespace strata::demosite
