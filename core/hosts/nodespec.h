// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// A machine that becomes an outer node, as values and as the texts that make it one. Pure.
namespace strata::hosts {

enum class CpuVendor : std::uint8_t { Any, Intel, Amd, Arm };
CpuVendor vendorNamed(const std::string& name); // "Intel", "GenuineIntel", "AMD", "ARM"; Any for others

// How a machine joins an outer cluster that is there.
struct Join {
    std::string endpoint; // "10.0.0.10:6443"
    Secret token;         // "abcdef.0123456789abcdef"
    std::string caHash;   // "sha256:…"
};

// How a machine becomes the first of a new one. Its certificate authority is made beforehand, so that the
// operator's kubeconfig is good before the machine has started (see core/hosts/firstnode.h).
struct First {
    std::string podCidr = "10.244.0.0/16";
    std::string serviceCidr = "10.96.0.0/12";
    std::string
        endpoint; // "outer.example.org:6443", for later control planes; empty: the machine's own address
    std::string caPem;
    Secret caKeyPem;
    std::string cniManifest; // YAML that is applied; empty: the operator brings one
};

struct NodeSpec {
    std::string name;       // of the machine and of its Node
    std::string kubernetes; // "v1.34.1"
    CpuVendor vendor = CpuVendor::Any;
    bool nested = true;               // KVM's guests may use KVM
    std::vector<std::string> sshKeys; // public, for cloud-init's user
    std::optional<Join> join;         // one of the two
    std::optional<First> first;
};

// A faulty field, in words that name it.
Result<void> check(const NodeSpec& spec);

// What is run on the machine as root, of its own accord safe to run again: kernel modules, nested KVM,
// sysctls, no swap, containerd, kubeadm's packages, join or init. Debian, Ubuntu, Fedora and RHEL. It holds a
// credential: for files of mode 0600.
std::string nodeScript(const NodeSpec& spec);
// The same for cloud-init, and who the machine is.
std::string userData(const NodeSpec& spec);
std::string metaData(const NodeSpec& spec, const std::string& instance);
// With credentials and keys replaced, to be shown.
std::string withoutSecrets(const NodeSpec& spec, std::string text);

// --- a machine as a domain of libvirt

struct LabMachine {
    std::string arch = "x86_64"; // of the host
    bool kvm = true;             // false: emulated, very slow (TCG)
    unsigned vcpus = 4;
    std::int64_t memoryBytes = 8LL << 30;
    std::int64_t diskBytes = 60LL << 30;
    std::string pool = "default";
    std::string network = "default"; // of libvirt
    std::string bridge;              // of the host, instead
    std::string imageFormat = "qcow2";
};

std::string newUuid();
std::string diskName(const NodeSpec& spec); // volumes' names
std::string seedName(const NodeSpec& spec);
// The domain; its uuid is the Node's systemUUID later.
std::string domainXml(const NodeSpec& spec, const LabMachine& machine, const std::string& uuid,
                      const std::string& planId);
Result<void> check(const LabMachine& machine);

} // namespace strata::hosts
