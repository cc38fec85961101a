// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"

#include <string>
#include <vector>

// A tenant's doors to the outside: Services and Ingresses of its own API with what stands for them in the
// outer cluster (cloud-provider-kubevirt pkg/provider/loadbalancer.go).
namespace strata::actions {

struct ServiceRow {
    std::string kind; // "Service", "Ingress"
    std::string ns;
    std::string name;
    std::string type;    // "LoadBalancer"; of an Ingress its class
    std::string address; // as the tenant knows it: addresses or host names, comma separated
    std::string ports;   // "443→30443/TCP"; of an Ingress "host/path → service:port"
    std::string outer;   // "Service tenant-blue/a1b2…"; empty: nothing stands for it
    std::string outerAddress;
    std::string words; // a sentence about a fault; empty: it is well
    bool failed = false;
};

// What has to be read of the tenant and of its namespace in the outer cluster.
std::vector<Question> serviceQuestions(const std::string& ns, const std::string& cluster);
// In the order of trouble, kind, namespace and name; services inside of the cluster only where `all`.
std::vector<ServiceRow> servicesOf(const std::vector<Question>& questions, const Answers& answers,
                                   const std::string& cluster, bool all = false);

} // namespace strata::actions
