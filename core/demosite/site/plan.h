// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/demosite.h"

#include <cstdint>
#include <string>
#include <vector>

// What a demo site consists of, before it is written down as objects. Sizes differ in this description only;
// the writers (outer.cpp, inner.cpp, hosts.cpp) are the same for all.
namespace strata::demosite {

struct HostPlan {
    std::string name; // "metal-01"
    int cpus = 0;
    int memoryGiB = 0;
    std::string node; // the outer node on it; empty: enrolled, not joined
    std::string address;
    std::string uuid;
    bool pressed = false; // MemoryPressure
};

enum class VmState { Running, Paused, Booting };

struct VmPlan {
    std::string name; // also of its Machine, KubevirtMachine, KubeadmConfig and inner node
    std::size_t tenant = 0;
    bool controlPlane = false;
    int cpus = 0;
    int memoryGiB = 0;
    std::size_t host = 0;
    VmState state = VmState::Running;
    std::string address; // of the VM on the outer pod network
};

struct TenantPlan {
    std::string name; // of Cluster and namespace
    std::string machineSet;
    std::vector<std::size_t> vms;
    unsigned short port = 0; // of its API server on 127.0.0.1
    std::string kubeconfig;
    std::string caCertificate;
};

struct SitePlan {
    std::string name;
    std::string version;      // outer Kubernetes
    std::string innerVersion; // of the tenants
    std::uint32_t seed = 1;
    UnixMs now = 0;            // of its making
    bool bare = false;         // nodes and what they need, nothing else
    std::string caCertificate; // of the outer cluster's API server
    std::vector<HostPlan> hosts;
    std::vector<TenantPlan> tenants;
    std::vector<VmPlan> vms;

    std::string uid(const std::string& what) const; // the same for the same seed and words
    std::string suffix(const std::string& what, std::size_t length = 5) const;
    std::string ago(long seconds) const;                  // RFC 3339
    std::uint64_t seedFor(const std::string& what) const; // never 0
};

long tenantAge(std::size_t tenant); // seconds since its Cluster was created
SitePlan makePlan(Size size, std::uint32_t seed, UnixMs now);
void makeBare(SitePlan& plan); // takes away what an operator installs and makes

} // namespace strata::demosite
