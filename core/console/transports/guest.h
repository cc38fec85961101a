// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// KubeVirt's streams (sub-protocol plain.kubevirt.io): the bytes of a device and nothing else.
namespace strata::console {

// The first serial line. KubeVirt has one seat there: who comes displaces who sits, and nobody is told by
// whom; a session that is displaced ends with Closed.
std::unique_ptr<Session> openSerial(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                    std::shared_ptr<SessionHandler> handler);
// The screen, as RFB bytes. Without `takeOver` it ends with InUse when somebody looks at it already.
std::unique_ptr<Session> openScreen(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                    bool takeOver, std::shared_ptr<SessionHandler> handler);
// A PNG of the screen, which displaces nobody. The callback comes once, on the network's thread, unless the
// handle goes first.
std::unique_ptr<kube::RequestHandle> takeScreenshot(kube::Client& client, const GuestTarget& target,
                                                    std::function<void(Result<std::string>)> done);
// One connection to a TCP port of the guest.
std::unique_ptr<Session> openGuestPort(std::shared_ptr<kube::Client> client, const GuestTarget& target,
                                       std::uint16_t port, std::shared_ptr<SessionHandler> handler);

} // namespace strata::console
