// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/bootstrap.h"
#include "core/console/targets.h"
#include "core/kube/net/client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::console {

struct BootstrapOptions {
    std::string knownHosts; // see SshOptions
    std::string sshProgram = "ssh";
    std::string user = "capk";
    std::string keySecret; // empty: not looked at from inside
    bool serial = true;    // displaces whoever reads the line: the caller has asked
    std::chrono::milliseconds every{3000};
    std::chrono::milliseconds insideEvery{6000};
};

// Follows one machine until the watch goes: its instance, its serial line, port 22, and what ssh finds
// inside. Nothing of it blocks; the destructor cuts all of it. `changed` is called on threads of the
// transports, one call at a time, and not after the destructor.
std::unique_ptr<BootstrapWatch> startBootstrapWatch(std::shared_ptr<kube::Client> client, GuestTarget guest,
                                                    BootstrapOptions options,
                                                    std::function<void(const BootstrapState&)> changed);

// The VMs of a tenant cluster, those that run and those that do not yet. The callback comes once, on the
// network's thread, unless the handle goes first.
std::unique_ptr<kube::RequestHandle> listMachines(kube::Client& client, const std::string& ns,
                                                  const std::string& cluster,
                                                  std::function<void(Result<std::vector<std::string>>)> done);

} // namespace strata::console
