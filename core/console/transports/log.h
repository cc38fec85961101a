// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::console {

// What a container prints, each line behind its RFC 3339 time and a blank. Ends with Closed when the
// container has ended (or at once when it is not followed).
std::unique_ptr<Session> openLog(std::shared_ptr<kube::Client> client, const LogTarget& target,
                                 std::shared_ptr<SessionHandler> handler);

Result<std::vector<ContainerInfo>> readContainers(std::string_view podJson);
// The callback comes once, on the network's thread, unless the handle goes first.
std::unique_ptr<kube::RequestHandle>
listContainers(kube::Client& client, const std::string& ns, const std::string& pod,
               std::function<void(Result<std::vector<ContainerInfo>>)> done);

} // namespace strata::console
