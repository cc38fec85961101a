// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

namespace strata::virt {

// Once for the process, before the first connection: libvirt initialised, its event loop implementation
// registered and its thread running (until the process ends), its error printer silenced. Thread-safe.
Result<void> prepareLibrary();

// Once for each thread that calls libvirt: the XML parser below it keeps quiet too.
void prepareThread();

} // namespace strata::virt
