// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/manifests.h"
#include "core/provision/preflight.h"
#include "core/provision/recipes/create_plan.h"
#include "core/provision/runner.h"

#include <functional>
#include <memory>
#include <string>

namespace strata::provision {

struct CreateClusterOptions {
    bool dryRun = false; // checks and verdicts only
    bool wait =
        true; // false: done when Cluster API has begun; nothing that needs a running cluster is written then
    std::string planId;  // empty: a new one
    std::string journal; // empty: PLANID.journal in journalFolder()
    PreflightOptions preflight;
    RunOptions run; // its dryRunOnly and journal are set from the above
    CreatePlanOptions plan;
};

// Called on the network's thread, in this order; not any more after ~CreateCluster has returned.
struct CreateClusterCallbacks {
    std::function<void(const Problems&)> problems; // of the profile, also of what the site does not allow
    std::function<void(const Survey&)> survey;
    std::function<void(const Plan&)> plan; // the one that will be run
    std::function<void(const Verdict&)> verdict;
    std::function<void(const StepReport&)> step;
    std::function<void(const RunReport&)> state; // Done, Failed, Cancelled, Undone and UndoFailed are ends
};

// From a profile to a running tenant cluster: validates, surveys the site, fetches the manifests, makes the
// plan and runs it. The engine of both the wizard and `strata create-cluster`. Errors before the run come as
// state Failed.
class CreateCluster {
public:
    CreateCluster(std::shared_ptr<kube::Client> client, ClusterProfile profile, CreateClusterOptions options,
                  CreateClusterCallbacks callbacks);
    // Goes on with what a journal says was begun; no survey, the plan is the recorded one.
    CreateCluster(std::shared_ptr<kube::Client> client, const std::string& journal, RunOptions options,
                  CreateClusterCallbacks callbacks);
    ~CreateCluster();
    CreateCluster(const CreateCluster&) = delete;
    CreateCluster& operator=(const CreateCluster&) = delete;

    void start();
    void cancel();
    void retry(const std::string& stepId = {});
    void undo();

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

} // namespace strata::provision
