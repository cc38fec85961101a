// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret.h"
#include "core/kube/net/client.h"

#include <functional>
#include <memory>
#include <string>

namespace strata::provision {

// The kubeconfig that Cluster API keeps of a tenant cluster (Secret CLUSTER-kubeconfig, key "value"), checked
// to be one. `done` is called once, on the network's thread; destroying this ends the request.
class KubeconfigFetch {
public:
    KubeconfigFetch(const std::shared_ptr<kube::Client>& client, const std::string& ns,
                    const std::string& cluster, std::function<void(Result<Secret>)> done);

private:
    std::unique_ptr<kube::RequestHandle> m_handle;
};

// The same text as a connection: its file references are refused.
Result<kube::ClusterConfig> tenantConfig(const Secret& kubeconfig, const std::string& ns,
                                         const std::string& cluster);

// Writes a credential to a new file of mode 0600 that takes the place of `path` in one step. Blocks for the
// disk.
Result<void> saveSecretFile(const std::string& path, const Secret& content);

} // namespace strata::provision
