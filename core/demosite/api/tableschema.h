// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"

#include <memory>
#include <string_view>

namespace strata::demosite {

// The structural schema of a kind of the platform, made once from the table in messages.h; null for others.
// Thread-safe.
std::shared_ptr<const Json> tableSchema(std::string_view apiVersion, std::string_view kind);

} // namespace strata::demosite
