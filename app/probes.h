// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "ui/connect/services.h"

#include <functional>
#include <list>
#include <memory>
#include <string>

namespace strata::app {

// One-time questions of the connect dialogs: does this cluster, does this host answer? On a network thread of
// their own, so that a probe never stands in the way of the feeds. GUI thread.
class Probes {
public:
    // `plugins` may be used as far as they are allowed already: looking around must not ask.
    explicit Probes(std::shared_ptr<kube::ExecPlugins> plugins = {});
    ~Probes();
    void cluster(const kube::ClusterConfig& config, std::function<void(Result<std::string>)> done);
    void host(const std::string& uri, std::function<void(Result<std::string>)> done);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::app
