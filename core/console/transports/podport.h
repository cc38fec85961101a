// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/kube/net/client.h"

#include <cstdint>
#include <memory>
#include <string>

namespace strata::console {

// One connection to a TCP port of a pod (pods/portforward over WebSocket channels, v4.channel.k8s.io: 0 is
// the data, 1 says what went wrong; each begins with the port in two bytes).
std::unique_ptr<Session> openPodPort(const std::shared_ptr<kube::Client>& client, const std::string& ns,
                                     const std::string& pod, std::uint16_t port,
                                     std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
