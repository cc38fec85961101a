// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata::console {

// The decoder's process: reads RFB from one socket with libvncclient and tells what it saw over another
// (wire.h). It has no window, no network and no credentials: what a hostile server can win here is a picture.
// Returns the exit code when either socket ends. Takes the whole process over (limits, open files).
int runScreenDecoder();

} // namespace strata::console
