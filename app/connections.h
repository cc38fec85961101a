// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "core/demosite/demosite.h"
#include "core/feeds/site.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::app {

// The feeds of one run and, when it is shown, the demo site behind them. Destroyed in the right order: feeds
// first, then what they talk to.
class Connections {
public:
    // `plugins` run what kubeconfigs name to get a credential; none: such clusters are refused.
    // `followedTenants`: see feeds::Site::Options.
    explicit Connections(std::shared_ptr<kube::ExecPlugins> plugins = {}, std::size_t followedTenants = 0);

    feeds::Site& site() { return m_site; }
    bool hasDemo() const { return m_demo != nullptr; }
    demosite::DemoSite* demo() const { return m_demo.get(); } // null until it is shown

    // What the command line names. A file that cannot be read or a refused URI is an error; a server that is
    // away is not: its source says so.
    Result<void> open(const CommandLine& line);
    Result<void> openDemo(const demosite::Options& options); // starts it and connects to all of it; blocks
    Result<void> adoptDemo(std::unique_ptr<demosite::DemoSite> demo);
    Result<stack::SourceId> addCluster(const std::string& kubeconfig, const std::string& context,
                                       const std::string& name = {});
    stack::SourceId addCluster(const kube::ClusterConfig& config, const std::string& name);
    void closeDemo(); // its sources go first

    // Starts a site and lays out what clusters on it need; blocks, any thread.
    static Result<std::unique_ptr<demosite::DemoSite>> startDemo(const demosite::Options& options);
    // How a source is reached, for what does not go through the feeds; told by whoever adds it.
    void remember(stack::SourceId source, const kube::ClusterConfig& config) { m_configs[source] = config; }
    void forget(stack::SourceId source) { m_configs.erase(source); }
    std::optional<kube::ClusterConfig> config(stack::SourceId source) const;
    std::optional<kube::ClusterConfig> firstConfig() const; // of the clusters that are known
    bool isDemo(stack::SourceId source) const;
    std::string demoFolder() const; // empty without a demo site
    std::string demoCni() const;    // the manifest there; empty without a demo site
    std::string demoBundle() const; // what its outer cluster can be prepared from; empty without a demo site

private:
    std::unique_ptr<demosite::DemoSite> m_demo;
    std::vector<stack::SourceId> m_demoSources;
    std::map<stack::SourceId, kube::ClusterConfig> m_configs;
    feeds::Site m_site;
};

} // namespace strata::app
