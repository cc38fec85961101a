// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/facts.h"

#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// Sources of the picture's site.
inline constexpr stack::SourceId kOuter = 1;
inline constexpr stack::SourceId kHosts[] = {11, 12, 13, 14}; // metal-01 … metal-04
inline constexpr stack::SourceId kBlue = 21;
inline constexpr stack::SourceId kGreen = 22;
inline constexpr stack::SourceId kRed = 23;
inline constexpr UnixMs kNow = 1795000000000;

// Builds batches piece by piece; every call adds to `batch`.
struct SiteBuilder {
    stack::Batch batch;

    void source(stack::SourceId id, stack::SourceKind kind, const std::string& name,
                const std::string& address, const std::string& version, stack::SourceId outer = 0,
                const std::string& clusterKey = {});
    void host(stack::SourceId id, const std::string& name, const std::string& uuid, unsigned cpus,
              int memoryGiB);
    stack::KubeNodeFact node(const std::string& name, const std::string& uuid, unsigned cpus,
                             int memoryGiB) const;
    // A tenant's machine with all its objects: Machine, KubevirtMachine, VM, VMI, launcher pod and libvirt
    // domain.
    void machine(stack::SourceId host, const std::string& cluster, const std::string& name,
                 const std::string& outerNode, bool controlPlane, unsigned cpus, int memoryGiB,
                 bool joined = true);
    // One inner pod.
    void pod(stack::SourceId source, const std::string& node, const std::string& ns, const std::string& name,
             const std::string& ownerKind, const std::string& ownerName, int cpuMilli, int memoryMiB,
             bool ready = true);
    void cluster(const std::string& name, int controlPlanes, int workers, int workersReady);

    void put(stack::SourceId source, stack::FactKind kind, const std::string& key, stack::Fact fact);
    void drop(stack::SourceId source, stack::FactKind kind, const std::string& key);
};

std::string uuidOf(unsigned group, unsigned number); // a made-up, stable UUID
stack::Meta metaOf(const std::string& apiVersion, const std::string& ns, const std::string& name);

// The whole site of the drawing of the main window.
stack::Batch pictureSite();

} // namespace strata::test
