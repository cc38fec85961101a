// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/secret.h"
#include "core/checks/kubeview.h"
#include "core/hosts/noderun.h"
#include "core/libvirt/domains.h"
#include "core/stack/facts.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

class QObject;

namespace strata::ui {

// What is asked of hosts and done to them; composed by the application, faked by tests. All answer once, on
// the GUI thread, and not at all when `context` has gone by then.
struct HostServices {
    template<typename Value>
    using Done = std::function<void(Result<Value>)>;

    std::function<void(const std::string& uri, QObject* context, Done<std::vector<virt::DomainRow>> done)>
        domains;
    std::function<void(const std::string& uri, const std::string& domain, QObject* context,
                       Done<virt::DomainDetail> done)>
        domain;
    std::function<void(const std::string& uri, const std::string& domain, const std::string& xml,
                       QObject* context, Done<void> done)>
        checkXml;
    std::function<void(const std::string& uri, const virt::DomainRequest& request, QObject* context,
                       Done<virt::DomainDone> done)>
        act;

    // Optional: the answers to GET requests of checks/kubeview.h; of one outer cluster.
    struct ClusterAnswers {
        std::vector<checks::NodeView> nodes;
        std::vector<checks::BareMetalView> metal;
    };
    std::function<void(stack::SourceId cluster, QObject* context, std::function<void(ClusterAnswers)> done)>
        clusterHosts;

    // --- optional: new outer nodes. `cluster` is an outer cluster's source.
    struct JoinFacts {
        hosts::JoinPlace place;
        std::string version; // "v1.34.1"
    };
    std::function<void(stack::SourceId cluster, QObject* context, Done<JoinFacts> done)> joinPlace;
    std::function<void(stack::SourceId cluster, const provision::Object& secret, QObject* context,
                       Done<void> done)>
        makeToken;
    // The callbacks come on other threads. `cluster` 0: a first node.
    std::function<std::unique_ptr<hosts::NodeRun>(hosts::NodePlan plan, stack::SourceId cluster,
                                                  hosts::NodeRunCallbacks callbacks)>
        startNode;
    // What runs that were killed have left, and a run that only takes it back.
    std::function<void(QObject* context, std::function<void(std::vector<hosts::NodeTrace>)> done)> leftNodes;
    std::function<Result<std::unique_ptr<hosts::NodeRun>>(
        const hosts::NodeTrace& trace, stack::SourceId cluster, hosts::NodeRunCallbacks callbacks)>
        takeBackNode;
    // Keeps a new cluster's kubeconfig in the program's own folder; answers with its path.
    std::function<void(const std::string& name, const Secret& kubeconfig, QObject* context,
                       Done<std::string> done)>
        keepKubeconfig;

    explicit operator bool() const { return domains && domain && checkXml && act; }
};

} // namespace strata::ui
