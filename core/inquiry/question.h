// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/finding.h"
#include "core/kube/net/client.h"

#include <map>
#include <string>
#include <vector>

// What to ask beyond what is watched. Pure: nothing here touches a network. Rule ids are those of
// core/diagnosis/catalogue.h.
namespace strata::inquiry {

enum class Topic : std::uint8_t {
    FileSystems,    // of a guest, by its agent: D15
    SshKeys,        // the secret the provider logs into machines with: F8
    InfraSecret,    // the kubeconfig of an external infrastructure cluster: F16
    ServiceDryRun,  // would the control plane's Service be created: F2
    Ready,          // readyz of a tenant's API server: F15
    ProviderPods,   // leads to ProviderLog
    ProviderLog,    // of the KubeVirt provider of Cluster API: D7, E8, F8, F15, F16
    TenantServices, // of type LoadBalancer without an address: G14
    TenantEvents,   // volumes that cannot be attached: G12
    EtcdMetrics,    // of a tenant's API server: G6
    EtcdPods,       // whose address is no longer their node's: G9
    TenantNetwork,  // the CNI's settings in the tenant; leads to OuterNetwork
    OuterNetwork,   // the same outside: G2, G3
    OuterNodes,     // pod ranges of the outer nodes: G2
};

// Whom an answer is about; taken when the question is made, so that no stack is needed to read it.
struct About {
    stack::ItemId item;
    std::string key; // Item::key
    std::string name;
    std::string ns;
    stack::SourceId outer = 0;
    std::map<std::string, std::string> known; // by topic: see questions.cpp
};

struct Question {
    Topic topic = Topic::Ready;
    std::string what; // "File systems of the guest": shown while it runs
    stack::SourceId source = 0;
    kube::Request request;
    About about;
};

// What there is to ask about an item now; in the order in which it is worth asking. Reads the stack only.
std::vector<Question> questionsFor(const stack::Stack& stack, stack::ItemId id);

// What an answer tells.
struct Reading {
    bool told = false; // the question was answered, whatever the answer is
    std::string said;  // in a few words: "ready", "3 file systems, the fullest 43 %", "not allowed"
    std::vector<diagnosis::Finding> findings;
};
Reading read(const Question& question, const Result<kube::Response>& answer, UnixMs now);

// What to ask next because of an answer.
std::vector<Question> followUps(const Question& question, const Result<kube::Response>& answer);

} // namespace strata::inquiry
