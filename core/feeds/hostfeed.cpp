// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/hostfeed.h"

#include "core/base/text.h"
#include "core/feeds/clusterfeed.h"
#include "core/libvirt/uri.h"

namespace strata::feeds {

stack::HostFact hostFact(const virt::HostFacts& facts, const std::string& uri)
{
    stack::HostFact fact;
    fact.uri = cleanText(uri);
    fact.hostname = cleanText(facts.hostname);
    fact.uuid = toLower(cleanText(facts.uuid));
    fact.cpuModel = cleanText(facts.cpuModel);
    fact.cpuVendor = cleanText(facts.cpuVendor);
    fact.arch = cleanText(facts.arch);
    fact.sockets = facts.sockets;
    fact.coresPerSocket = facts.coresPerSocket;
    fact.threadsPerCore = facts.threadsPerCore;
    fact.numaNodes = facts.numaNodes;
    fact.cpus = facts.cpus;
    fact.mhz = facts.mhz;
    fact.memoryBytes = facts.memoryBytes;
    fact.memoryFreeBytes = facts.memoryFreeBytes;
    fact.cpuUsed = facts.cpuUsed;
    fact.kvmUsable = facts.kvmUsable;
    fact.hardwareVirtualization = facts.hardwareVirtualization;
    fact.hypervisor = cleanText(facts.hypervisor);
    fact.hypervisorVersion = cleanText(facts.hypervisorVersion);
    fact.libvirtVersion = cleanText(facts.libvirtVersion);
    return fact;
}

stack::DomainFact domainFact(const virt::DomainFacts& facts)
{
    stack::DomainFact fact;
    fact.uuid = toLower(cleanText(facts.uuid));
    fact.name = cleanText(facts.name);
    fact.state = toString(facts.state);
    fact.stateReason = cleanText(facts.stateReason);
    fact.vcpus = facts.vcpus;
    fact.memoryBytes = facts.memoryBytes;
    return fact;
}

HostFeed::HostFeed(std::shared_ptr<Outbox> outbox, stack::SourceId id, const std::string& uri,
                   const std::string& name)
    : m_outbox(std::move(outbox)), m_named(!name.empty())
{
    m_state.id = id;
    m_state.kind = stack::SourceKind::Host;
    m_state.address = cleanText(uri);
    m_state.name = cleanText(name);
    if (const Result<virt::HostUri> parts = virt::parseUri(uri); !m_named && parts)
        m_state.name = virt::nameOf(*parts);
}

void HostFeed::announce()
{
    const std::lock_guard lock(m_mutex);
    put();
}

void HostFeed::put()
{
    const bool waiting = m_state.phase == stack::LinkPhase::Waiting;
    m_outbox->put(m_state, m_state.synced || waiting);
}

void HostFeed::onHost(const virt::HostFacts& facts)
{
    m_outbox->put({m_state.id, stack::FactKind::Host, {}}, stack::makeFact(hostFact(facts, m_state.address)));
    const std::lock_guard lock(m_mutex);
    const stack::SourceState before = m_state;
    if (!m_named && !facts.hostname.empty())
        m_state.name = cleanText(facts.hostname);
    m_state.version = cleanText(facts.hypervisor);
    if (!facts.hypervisorVersion.empty())
        m_state.version += " " + cleanText(facts.hypervisorVersion);
    if (m_state.name != before.name || m_state.version != before.version)
        put();
}

void HostFeed::onDomain(const virt::DomainFacts& facts)
{
    m_outbox->put({m_state.id, stack::FactKind::Domain, toLower(cleanText(facts.uuid))},
                  stack::makeFact(domainFact(facts)));
}

void HostFeed::onDomainGone(const std::string& uuid)
{
    m_outbox->put({m_state.id, stack::FactKind::Domain, toLower(cleanText(uuid))}, nullptr);
}

void HostFeed::onState(const virt::LinkState& state)
{
    const std::lock_guard lock(m_mutex);
    switch (state.phase) {
    case virt::LinkPhase::Connecting:
        m_state.phase = stack::LinkPhase::Connecting;
        break;
    case virt::LinkPhase::Live:
        m_state.phase = stack::LinkPhase::Live;
        m_state.synced = true;
        break;
    case virt::LinkPhase::Waiting:
        m_state.phase = stack::LinkPhase::Waiting;
        break;
    case virt::LinkPhase::Closed:
        m_state.phase = stack::LinkPhase::Closed;
        break;
    }
    m_state.lastHeard = state.lastHeard;
    m_state.retryAt = state.retryAt;
    m_state.error = cleanError(state.error);
    put();
}

} // namespace strata::feeds
