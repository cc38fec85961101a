// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/provision/object.h"
#include "core/provision/plan.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

// Manifests into a cluster by server-side apply: first what the server would make of them, then a plan.
namespace strata::provision {

struct DeployObject {
    Object object; // as it will be sent: with its namespace
    bool exists = false;
    bool accepted = false;
    std::string words; // the server's; cleaned
    std::vector<std::string> warnings;
    // YAML of what is there and of what would be, without status and what the server keeps for itself.
    std::string before; // empty: it is new
    std::string after;  // empty: refused
};

// Asks, and writes nothing. What names no namespace and needs one goes to `ns`. `done` is called once, on the
// client's network thread, with the objects in the order in which they are to be written (namespaces and
// kinds first); not after the DeployCheck is gone. An object of a kind or namespace that this same manifest
// brings along cannot be asked about and counts as accepted.
class DeployCheck {
public:
    static std::unique_ptr<DeployCheck> start(std::shared_ptr<kube::Client> client,
                                              std::vector<Object> objects, const std::string& ns,
                                              std::function<void(std::vector<DeployObject>)> done);
    ~DeployCheck();

private:
    class Private;
    explicit DeployCheck(std::shared_ptr<Private> d);
    std::shared_ptr<Private> m_d;
};

// Writes the objects in their order and waits until what runs of them is available. The writes go to the
// plan's outer target: the runner's client is the cluster's own.
Plan deployPlan(const std::vector<DeployObject>& objects, const std::string& title,
                const std::string& planId);

} // namespace strata::provision
