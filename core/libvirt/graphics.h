// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/console.h"

namespace strata::virt {

// The bytes of a domain's first graphics device (virDomainOpenGraphicsFD): RFB where that is VNC. libvirt
// hands over a socket, which works with the daemon of this machine only; elsewhere onEnd() says so (Refused).
// The methods behave as Console's do; what is written waits within Console::kMostQueued.
Result<std::unique_ptr<Console>> openGraphics(const std::string& uri, const std::string& uuid,
                                              std::shared_ptr<ConsoleSink> sink);

} // namespace strata::virt
