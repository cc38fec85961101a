// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <QString>

namespace strata::ui {

// A short name of what is wrong ("Certificate not trusted"), cleaned words of the error, and what the
// operator can do; for a row, a tooltip and a label. Plain text.
QString errorTitle(const Error& error);
QString errorText(const Error& error);   // text, with the detail behind it when that says more
QString errorAdvice(const Error& error); // may be empty

} // namespace strata::ui
