// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/libvirt/uri.h"

#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <string>

// Connections, opened alike. For the .cpp files of this folder only: it brings libvirt's header.
namespace strata::virt {

struct CloseConnection {
    void operator()(virConnect* connection) const; // a call like any other: it may hang
};
using ConnectionPtr = std::unique_ptr<virConnect, CloseConnection>;

// Blocking; null with libvirt's error on this thread. The hosts of a test driver's file live in the
// connection that read it: all who open the same file share one while it is open, and it may write whatever
// was asked for, so that what is done there is seen there.
ConnectionPtr openConnection(const std::string& uri, const HostUri& parts, bool writable);

// Runs `work` with a connection of its own that may write, on a thread of its own, which is left to itself
// when a call hangs. `failed` comes instead when there is no connection; at once for a URI that is refused.
void withConnection(const std::string& uri, std::function<void(virConnectPtr, const HostUri&)> work,
                    const std::function<void(Error)>& failed);

} // namespace strata::virt
