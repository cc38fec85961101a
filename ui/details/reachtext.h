// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/reach.h"

#include <QString>

namespace strata::ui {

// "name ✓ · connection ✗ · TLS – · …": how far the way to a server goes.
QString reachText(const stack::Reach& reach);

} // namespace strata::ui
