// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/guest/machine.h"
#include "core/demosite/net/http.h"
#include "core/demosite/pki/sshkey.h"

#include <memory>
#include <string>

namespace strata::demosite {

// What a guest's SSH server says over one connection (libssh): the user capk may come in with the tenant's
// key, to the demo's own shell or to one command in it. Has a thread of its own for as long as it lives.
std::unique_ptr<HttpSocket> sshSocket(Machine machine, Clock clock, const SshKey& host, const SshKey& tenant);

} // namespace strata::demosite
