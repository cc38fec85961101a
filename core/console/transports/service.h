// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::console {

// One connection to a port of a Service: to a running, ready pod that its selector names, as kubectl does. A
// Service of KubeVirt VMs leads to their launchers' pods, which have the guests' ports.
std::unique_ptr<Session> openServicePort(std::shared_ptr<kube::Client> client, std::string ns,
                                         std::string service, std::uint16_t port,
                                         std::shared_ptr<SessionHandler> handler);

// TCP ports of all Services of a namespace that have a selector.
Result<std::vector<ServicePort>> readServicePorts(std::string_view listJson);
// The callback comes once, on the network's thread, unless the handle goes first.
std::unique_ptr<kube::RequestHandle>
listServicePorts(kube::Client& client, const std::string& ns,
                 std::function<void(Result<std::vector<ServicePort>>)> done);

// Where a connection to `port` of a Service goes, given the Service and the pods of its selector.
struct ServiceEnd {
    std::string pod;
    std::uint16_t port = 0;
};
Result<std::string> serviceSelector(std::string_view serviceJson); // "app=web,tier=x"
Result<ServiceEnd> serviceEnd(std::string_view serviceJson, std::string_view podListJson, std::uint16_t port);

} // namespace strata::console
