// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/net/http.h"

#include <memory>

namespace strata::demosite {

// An upgraded connection whose other end is a TCP port on 127.0.0.1: every message's bytes go there, and what
// comes back is sent in messages. Ends when either side does. nullptr when nobody listens. Has a thread of
// its own for as long as it lives.
std::unique_ptr<HttpSocket> connectLoopback(unsigned short port);
// The same over a stream socket that is there already, which it takes.
std::unique_ptr<HttpSocket> pipeOver(int socket);

} // namespace strata::demosite
