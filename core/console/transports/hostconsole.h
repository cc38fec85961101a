// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"

#include <memory>
#include <string>

namespace strata::console {

// A libvirt domain's serial line, for machines below the clusters and for VMs whose API is away. Without
// `takeOver` it ends with InUse when somebody holds the line.
Result<std::unique_ptr<Session>> openHostSerial(const std::string& uri, const std::string& uuid,
                                                bool takeOver, std::shared_ptr<SessionHandler> handler);

// A domain's screen, as RFB bytes; of this computer's own libvirt only.
Result<std::unique_ptr<Session>> openHostScreen(const std::string& uri, const std::string& uuid,
                                                std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
