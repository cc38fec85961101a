// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

namespace strata::virt {

// Once for the process, before the first connection: libvirt initialised, our event loop registered with
// it and running (until the process ends), its error printer silenced. Thread-safe.
Result<void> prepareLibrary();

// Once for each thread of ours that calls libvirt: the XML parser below it keeps quiet too, and signals are
// not delivered there.
void prepareThread();

} // namespace strata::virt
