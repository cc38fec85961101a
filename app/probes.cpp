// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/probes.h"

#include "core/base/text.h"
#include "core/libvirt/host.h"

#include <nlohmann/json.hpp>

#include <atomic>

namespace strata::app {
namespace {

// The first word of a host: its version, or why there is none.
class FirstAnswer : public virt::HostSink {
public:
    explicit FirstAnswer(std::function<void(Result<std::string>)> done) : m_done(std::move(done)) {}
    void onHost(const virt::HostFacts& facts) override
    {
        if (!m_said.exchange(true))
            m_done(cleanText(facts.hypervisor + " " + facts.hypervisorVersion));
    }
    void onDomain(const virt::DomainFacts&) override {}
    void onDomainGone(const std::string&) override {}
    void onState(const virt::LinkState& state) override
    {
        if (state.phase == virt::LinkPhase::Waiting && !m_said.exchange(true))
            m_done(tl::unexpected(state.error));
    }
    bool said() const { return m_said; }

private:
    std::function<void(Result<std::string>)> m_done;
    std::atomic<bool> m_said{false};
};

Result<std::string> versionOf(const Result<kube::Response>& answer)
{
    if (!answer)
        return tl::unexpected(answer.error());
    const nlohmann::json version = nlohmann::json::parse(answer->body, nullptr, false);
    const auto found = version.is_object() ? version.find("gitVersion") : version.end();
    if (!version.is_object() || found == version.end() || !found->is_string())
        return fail(ErrorKind::Protocol, "This server is no Kubernetes API server.");
    return cleanText(found->get<std::string>());
}

} // namespace

class Probes::Private {
public:
    struct ClusterProbe {
        std::shared_ptr<kube::Client> client;
        std::unique_ptr<kube::RequestHandle> request;
        std::shared_ptr<std::atomic<bool>> finished = std::make_shared<std::atomic<bool>>(false);
    };
    struct HostProbe {
        std::shared_ptr<FirstAnswer> sink;
        std::unique_ptr<virt::Host> host;
    };

    kube::Network network;
    std::list<ClusterProbe> clusters;
    std::list<HostProbe> hosts;
};

Probes::Probes(std::shared_ptr<kube::ExecPlugins> plugins) : m_d(std::make_unique<Private>())
{
    m_d->network.setExecPlugins(std::move(plugins), false);
}
Probes::~Probes() = default;

void Probes::cluster(const kube::ClusterConfig& config, std::function<void(Result<std::string>)> done)
{
    m_d->clusters.remove_if([](const Private::ClusterProbe& probe) { return probe.finished->load(); });
    Private::ClusterProbe probe;
    probe.client = kube::Client::create(m_d->network, config);
    kube::Request request;
    request.path = "/version";
    request.timeout = std::chrono::seconds(10);
    probe.request = probe.client->send(
        request, [finished = probe.finished, done = std::move(done)](const Result<kube::Response>& answer) {
            done(versionOf(answer));
            finished->store(true);
        });
    m_d->clusters.push_back(std::move(probe));
}

void Probes::host(const std::string& uri, std::function<void(Result<std::string>)> done)
{
    m_d->hosts.remove_if([](const Private::HostProbe& probe) { return probe.sink->said(); });
    const auto sink = std::make_shared<FirstAnswer>(done);
    auto host = virt::Host::open(uri, sink);
    if (!host) {
        done(tl::unexpected(host.error()));
        return;
    }
    m_d->hosts.push_back({sink, std::move(*host)});
}

} // namespace strata::app
