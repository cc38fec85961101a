// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/connections.h"
#include "core/stack/stack.h"

#include <functional>

namespace strata::app {

// What commands without a window share: wait until all that the connections have to tell for a start was
// taken, or until the line's timeout.
void takeFirstPicture(feeds::Site& site, int timeoutSeconds,
                      const std::function<void(const stack::Batch&)>& apply);

// Says on standard error what the sources still lack, in words. False when one of them was not reached.
bool reportSources(const stack::Stack& stack);

void complain(const Error& error); // on standard error

} // namespace strata::app
