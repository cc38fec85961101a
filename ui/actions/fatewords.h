// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/blast.h"

#include <QString>

namespace strata::ui {

// What becomes of a VM, in words ("restarts elsewhere") and as how bad it is.
stack::Health healthOfFate(diagnosis::Fate fate);
QString fateName(diagnosis::Fate fate);

} // namespace strata::ui
