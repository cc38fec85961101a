// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/outbox.h"
#include "core/libvirt/host.h"

#include <memory>
#include <mutex>
#include <string>

namespace strata::feeds {

stack::HostFact hostFact(const virt::HostFacts& facts, const std::string& uri);
stack::DomainFact domainFact(const virt::DomainFacts& facts);

// Turns what one libvirt host says into facts, on that host's thread.
class HostFeed : public virt::HostSink {
public:
    // `name` empty: the host's own name, as soon as it is known.
    HostFeed(std::shared_ptr<Outbox> outbox, stack::SourceId id, const std::string& uri,
             const std::string& name);

    void announce(); // puts the state for the first time

    void onHost(const virt::HostFacts& facts) override;
    void onDomain(const virt::DomainFacts& facts) override;
    void onDomainGone(const std::string& uuid) override;
    void onState(const virt::LinkState& state) override;

private:
    void put();

    const std::shared_ptr<Outbox> m_outbox;
    const bool m_named;
    std::mutex m_mutex; // a hanging call is told from another thread
    stack::SourceState m_state;
};

} // namespace strata::feeds
