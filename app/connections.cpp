// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/connections.h"

#include "app/demomanifests.h"

#include <algorithm>

namespace strata::app {

namespace {

feeds::Site::Options siteOptions(std::shared_ptr<kube::ExecPlugins> plugins, std::size_t followedTenants)
{
    feeds::Site::Options options;
    options.followedTenants = followedTenants;
    options.plugins = std::move(plugins);
    return options;
}

} // namespace

Connections::Connections(std::shared_ptr<kube::ExecPlugins> plugins, std::size_t followedTenants)
    : m_site(siteOptions(std::move(plugins), followedTenants))
{}

Result<void> Connections::open(const CommandLine& line)
{
    if (line.demo)
        return openDemo(line.site);
    if (!line.kubeconfig.empty()) {
        if (const auto added = addCluster(line.kubeconfig, line.context); !added)
            return tl::unexpected(added.error());
    }
    for (const std::string& uri : line.hosts) {
        if (const auto added = m_site.addHost(uri); !added)
            return tl::unexpected(added.error());
    }
    return {};
}

Result<void> Connections::openDemo(const demosite::Options& options)
{
    if (m_demo)
        return {};
    auto demo = startDemo(options);
    if (!demo)
        return tl::unexpected(demo.error());
    return adoptDemo(std::move(*demo));
}

Result<void> Connections::adoptDemo(std::unique_ptr<demosite::DemoSite> demo)
{
    m_demo = std::move(demo);
    const auto cluster = addCluster(m_demo->kubeconfigPath(), {}, m_demo->name());
    if (!cluster)
        return tl::unexpected(cluster.error());
    m_demoSources.push_back(*cluster);
    for (const demosite::DemoSite::HostEntry& host : m_demo->hosts()) {
        const auto added = m_site.addHost(host.uri, host.name);
        if (!added)
            return tl::unexpected(added.error());
        m_demoSources.push_back(*added);
    }
    return {};
}

Result<stack::SourceId> Connections::addCluster(const std::string& kubeconfig, const std::string& context,
                                                const std::string& name)
{
    const auto file = kube::Kubeconfig::load(kubeconfig);
    if (!file)
        return tl::unexpected(file.error());
    const auto config = file->resolve(context);
    if (!config)
        return tl::unexpected(config.error());
    return addCluster(*config, name.empty() ? config->context : name);
}

stack::SourceId Connections::addCluster(const kube::ClusterConfig& config, const std::string& name)
{
    const stack::SourceId source = m_site.addCluster(config, name);
    remember(source, config);
    return source;
}

Result<std::unique_ptr<demosite::DemoSite>> Connections::startDemo(const demosite::Options& options)
{
    auto demo = demosite::DemoSite::start(options);
    if (!demo)
        return demo;
    if (const auto laid = writeDemoManifests((*demo)->directory() + "/manifests"); !laid)
        return tl::unexpected(laid.error());
    if (const auto laid = writeDemoBundle((*demo)->directory() + "/bundle"); !laid)
        return tl::unexpected(laid.error());
    return demo;
}

std::optional<kube::ClusterConfig> Connections::config(stack::SourceId source) const
{
    const auto found = m_configs.find(source);
    return found != m_configs.end() ? std::optional(found->second) : std::nullopt;
}

std::optional<kube::ClusterConfig> Connections::firstConfig() const
{
    return m_configs.empty() ? std::nullopt : std::optional(m_configs.begin()->second);
}

bool Connections::isDemo(stack::SourceId source) const
{
    return std::find(m_demoSources.begin(), m_demoSources.end(), source) != m_demoSources.end();
}

std::string Connections::demoFolder() const
{
    return m_demo ? m_demo->directory() : std::string();
}

std::string Connections::demoCni() const
{
    return m_demo ? m_demo->directory() + "/manifests/calico.yaml" : std::string();
}

std::string Connections::demoBundle() const
{
    return m_demo ? m_demo->directory() + "/bundle" : std::string();
}

void Connections::closeDemo()
{
    for (const stack::SourceId source : m_demoSources)
        m_site.remove(source);
    m_demoSources.clear();
    m_demo.reset();
}

} // namespace strata::app
