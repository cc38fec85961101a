// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace strata::prepare {

std::string_view matrixText(); // resources/prepare.yaml

} // namespace strata::prepare
