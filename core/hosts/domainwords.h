// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/domains.h"
#include "core/provision/plan.h"
#include "core/stack/stack.h"

#include <string>
#include <vector>

// What the operator reads about acts on a host's domains: names, and who will notice. Pure.
namespace strata::hosts {

std::string labelOf(virt::DomainVerb verb); // "Shut down"
std::string tipOf(virt::DomainVerb verb);   // a sentence without its full stop
const char* iconOf(virt::DomainVerb verb);  // a pictogram's name

// What of the stack stands in a domain.
struct Carried {
    stack::ItemId item; // a VM of KubeVirt's, or an outer node; none: nothing that is known
    bool outerNode = false;
    std::string name; // "tenant-blue/wkr-1"
};
// By the uuid: a VM's firmware has it, a node's system tells it.
Carried carriedBy(const stack::Stack& stack, const std::string& uuid);
// "VM tenant-blue/wkr-1 of KubeVirt", "outer node outer-1", "KubeVirt's" where only the document tells.
std::string carriedText(const Carried& carried, virt::DomainKeeper keeper);

// Sentences for the question before it is done, the gravest first; empty when nobody does.
std::vector<std::string> whoNotices(const stack::Stack& stack, const Carried& carried,
                                    virt::DomainKeeper keeper, virt::DomainVerb verb, bool volumes = false);

// A line of the audit log in the form it is written from.
provision::Plan auditPlan(const std::string& uri, const std::string& domain,
                          const virt::DomainRequest& request);

} // namespace strata::hosts
