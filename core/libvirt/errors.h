// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/libvirt/uri.h"

#include <string>

namespace strata::virt {

// libvirt's last error on this thread, cleaned.
std::string lastLibvirtMessage();

// The last error on this thread as one of ours: why the host of `parts` cannot be reached, or (connected) why
// a call on it failed.
Error lastLibvirtError(const HostUri& parts, bool connected);

// The pure part of it, by libvirt's code, domain and message (include/libvirt/virterror.h).
Error libvirtError(int code, int domain, std::string message, const HostUri& parts, bool connected);

} // namespace strata::virt
