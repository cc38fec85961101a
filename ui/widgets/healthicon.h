// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QIcon>

namespace strata::ui {

// The shape of a health as an icon for item views, in the colours of the theme that is on now.
QIcon healthIcon(stack::Health health);

} // namespace strata::ui
