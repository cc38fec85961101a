// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::virt {

struct HostFacts {
    std::string hostname;
    std::string uuid; // capabilities /host/uuid, lower case; empty when libvirt does not tell
    std::string cpuModel;
    std::string cpuVendor;
    std::string arch;
    unsigned sockets = 0;
    unsigned coresPerSocket = 0;
    unsigned threadsPerCore = 0;
    unsigned numaNodes = 0;
    unsigned cpus = 0; // logical
    unsigned mhz = 0;
    std::int64_t memoryBytes = 0;
    std::int64_t memoryFreeBytes = -1; // -1: not told
    double cpuUsed = -1;               // share of all CPUs in [0, 1] since the last reading; -1: not told
    bool kvmUsable = false;            // <domain type='kvm'> in the capabilities
    bool hardwareVirtualization =
        false; // vmx or svm in the host CPU's features (nested virtualization on a VM host)
    std::vector<std::string> cpuFeatures;
    std::string hypervisor;        // "QEMU", "TEST"
    std::string hypervisorVersion; // "7.2.0"
    std::string libvirtVersion;    // "9.0.0"

    friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

enum class DomainState { NoState, Running, Blocked, Paused, ShuttingDown, ShutOff, Crashed, Suspended };

struct DomainFacts {
    std::string uuid;
    std::string name; // KubeVirt's domains are "<namespace>_<name>"
    DomainState state = DomainState::NoState;
    std::string stateReason; // "I/O error", "user", …: libvirt's reason in words
    unsigned vcpus = 0;
    std::int64_t memoryBytes = 0;
    bool persistent = false;
    bool autostart = false;

    friend bool operator==(const DomainFacts&, const DomainFacts&) = default;
};

const char* toString(DomainState state); // "running", "paused", "shut off", …; untranslated

// Live means that a first reading of the host and of all its domains has been delivered.
enum class LinkPhase { Connecting, Live, Waiting, Closed };

struct LinkState {
    LinkPhase phase = LinkPhase::Connecting;
    UnixMs lastHeard = 0;
    UnixMs retryAt = 0; // only when Waiting
    Error error;        // why, when Waiting
};

// Receives one host's facts on that host's worker thread, one call at a time (that a call to libvirt hangs is
// told from another thread, since the worker is what hangs). Handlers must not block.
class HostSink {
public:
    virtual ~HostSink() = default;
    virtual void onHost(const HostFacts& facts) = 0;     // at connect and when a reading differs
    virtual void onDomain(const DomainFacts& facts) = 0; // added or changed
    virtual void onDomainGone(const std::string& uuid) = 0;
    virtual void onState(const LinkState& state) = 0;
};

// Refuses URIs that would run a program of the writer's choice or that are not libvirt URIs at all: the
// parameters command, netcat, socket, sshauth …; see the source for the list and the reasons. Returns the URI
// unchanged.
Result<std::string> checkUri(const std::string& uri);

// How often a host is read. The defaults are for real use; tests hurry.
struct Pace {
    std::chrono::milliseconds usage{5000};
    std::chrono::milliseconds domains{30000};             // events tell the rest meanwhile
    std::chrono::milliseconds domainsWithoutEvents{5000}; // for drivers that have no events
    std::chrono::milliseconds stuck{20000};               // a call that takes longer is told as a fault
    std::chrono::milliseconds firstRetry{800};
    std::chrono::milliseconds lastRetry{30000};
};

// One libvirt connection with its own worker thread: connects, reads, follows domain events, keeps alive,
// reconnects with backoff. Every libvirt call runs on that thread, so no caller ever blocks.
class Host {
public:
    static Result<std::unique_ptr<Host>> open(const std::string& uri, std::shared_ptr<HostSink> sink,
                                              Pace pace = Pace());
    virtual ~Host() = default; // returns at once even when a libvirt call hangs; no sink call comes after it

    virtual const std::string& uri() const = 0;
    virtual void retryNow() = 0;
    // Documents for the details view; the callback comes once, on the worker thread: with Network while there
    // is no connection, with Cancelled (from the destructor) when the host goes first.
    virtual void capabilitiesXml(std::function<void(Result<std::string>)> done) = 0;
    virtual void domainXml(const std::string& uuid, std::function<void(Result<std::string>)> done) = 0;
};

} // namespace strata::virt
