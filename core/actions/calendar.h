// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/stack/stack.h"

#include <string>
#include <vector>

// What expires when: the certificates of control plane machines, and the credentials and authorities in the
// kubeconfigs that Cluster API keeps of tenants.
namespace strata::actions {

struct Expiry {
    UnixMs at = 0;
    enum class What { Machine, Kubeconfig, ClusterCa, UserCertificate } what = What::Machine;
    std::string name; // of the machine, the secret, or the context
    std::string ns;
    std::string cluster; // tenant; empty: the outer cluster
    std::string renewed; // how it is renewed; a sentence, empty where nobody does it by itself
    stack::ItemId item;  // to jump to; may be none
};

// As far as the stack knows.
std::vector<Expiry> machineExpiries(const stack::Stack& stack);
// Of the secrets that hold a kubeconfig: list Secrets by this label to ask. Values are read, not kept.
Question kubeconfigQuestion(const std::string& ns, const std::string& cluster);
std::vector<Expiry> kubeconfigExpiries(const std::string& ns, const std::string& cluster, stack::ItemId item,
                                       const std::vector<provision::Object>& secrets);
// What Strata itself logs in with, where it shows a certificate. PEM; empty is nothing.
std::vector<Expiry> ownExpiries(const std::string& context, const std::string& certificatePem,
                                const std::string& caPem);
// The soonest first; one that is told twice once.
std::vector<Expiry> inOrder(std::vector<Expiry> all);
std::string whatWords(Expiry::What what); // "kubeconfig"

} // namespace strata::actions
