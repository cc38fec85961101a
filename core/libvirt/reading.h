// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/libvirt/host.h"
#include "core/libvirt/uri.h"

#include <libvirt/libvirt.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// One reading from an open connection. Blocking; for the connection's worker thread only.
namespace strata::virt {

struct FreeDomain {
    void operator()(virDomain* domain) const { virDomainFree(domain); }
};
using DomainPtr = std::unique_ptr<virDomain, FreeDomain>;

// What lies between two readings of the CPUs' clocks.
struct CpuClock {
    std::uint64_t busy = 0; // nanoseconds, all CPUs summed
    std::uint64_t total = 0;
};

// The share of the CPUs' time that was used from one reading to the next, in [0, 1] and in steps of 0.1 %; -1
// when it cannot be told.
double usedShare(const std::optional<CpuClock>& before, const std::optional<CpuClock>& now);

// All that does not change while a connection lives. `capabilities` receives the document.
Result<HostFacts> readHost(virConnectPtr connection, const HostUri& parts, std::string& capabilities);
// Usage: free memory into `facts`; the CPUs' clock as a result, none when the driver has none.
std::optional<CpuClock> readUsage(virConnectPtr connection, const HostUri& parts, HostFacts& facts);

Result<std::vector<DomainFacts>> readDomains(virConnectPtr connection, const HostUri& parts);
// NotFound when it has gone meanwhile.
Result<DomainFacts> readDomain(virConnectPtr connection, const HostUri& parts, const std::string& uuid);

// The words of `virsh domstate --reason`; empty for "unknown".
std::string reasonText(DomainState state, int reason);

} // namespace strata::virt
