// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/matrix.h"

#include <string>
#include <vector>

namespace strata::prepare {

// Titles, purposes and sentences in the program's language; what has no translation stays as the data has it.
// builtinMatrix() is in the language that is set at its first use.
Matrix translated(Matrix matrix);
const std::vector<std::string>& matrixWords(); // those of the built-in data, as lupdate is shown them

} // namespace strata::prepare
