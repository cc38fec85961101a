// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hosts/nodeaccess.h"
#include "core/hosts/nodejournal.h"
#include "core/hosts/nodespec.h"
#include "core/kube/net/client.h"
#include "core/provision/runner.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// An outer node made as a VM of a host: the plan as a value, and the run that carries it out. Steps and
// reports are those of core/provision; the work is done by libvirt and, for the token and the waiting, by the
// outer cluster's API.
namespace strata::hosts {

struct NodePlan {
    std::string id;
    std::string title;
    std::string uri;
    std::string imagePath; // of this machine
    std::string uuid;      // of the domain and of the Node's system
    NodeSpec spec;
    LabMachine machine;
    std::optional<FirstAccess> access;  // of a first node
    std::vector<provision::Step> steps; // ids, titles and order; writes only for what Kubernetes gets
};

// Looks at the image. Blocking for the disk; errors name the field.
Result<NodePlan> labPlan(const std::string& uri, const NodeSpec& spec, LabMachine machine,
                         const std::string& imagePath, std::optional<FirstAccess> access = {});
// Title and steps, the domain and what cloud-init is told; credentials replaced.
std::string preview(const NodePlan& plan);
// The same plan for the audit log.
provision::Plan auditPlan(const NodePlan& plan);

struct NodeRunCallbacks {
    std::function<void(const provision::StepReport&)> step;
    std::function<void(const provision::RunReport&)> state;
    std::function<void(Secret kubeconfig)> access; // of a first node, once its API answers
};

struct NodeRunOptions {
    bool wait = true; // until the Node is ready; false: until the machine has started
    std::chrono::milliseconds pollInterval{3000};
    std::chrono::seconds readyTimeout{3600}; // packages and images come through its own network
    kube::Network* network = nullptr;        // first node: where its API is asked
    // A folder: there what is made is written down, and forgotten once all is well or taken back. Empty: not.
    std::string journal;
};

// Callbacks come on threads of the run's, one at a time, and not any more after ~NodeRun has returned.
class NodeRun {
public:
    // `client` is the outer cluster's; null for a first node.
    static std::unique_ptr<NodeRun> start(NodePlan plan, std::shared_ptr<kube::Client> client,
                                          NodeRunOptions options, NodeRunCallbacks callbacks);
    // What an earlier run has left (nodejournal.h): nothing is done before undo(). Without a `client` a token
    // stays, and it is said. Conflict: that run has not ended.
    static Result<std::unique_ptr<NodeRun>>
    leftBy(const NodeTrace& trace, std::shared_ptr<kube::Client> client, NodeRunCallbacks callbacks);
    virtual ~NodeRun() = default;
    virtual const NodePlan& plan() const = 0;
    virtual void cancel() = 0;
    // After its end: what it has made goes, the domain with its disks, the token; nothing else.
    virtual void undo() = 0;
};

} // namespace strata::hosts
