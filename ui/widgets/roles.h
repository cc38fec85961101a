// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Qt>

namespace strata::ui {

// What the delegates of this folder ask an item for.
enum ItemRole {
    HealthRole = Qt::UserRole + 1, // int of stack::Health; invalid: no shape
    BelowRole,                     // int of stack::Health
    UsedRole,                      // double, share of the capacity; invalid: not told
    AllocatedRole,                 // double, share of the capacity; invalid: not told
    NoteRole,                      // QString, muted behind the name
    StaleRole,                     // bool: its connection is not live
    SortRole,
};

} // namespace strata::ui
