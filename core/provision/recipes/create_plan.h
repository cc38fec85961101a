// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/plan.h"
#include "core/provision/recipes/create_objects.h"

namespace strata::provision {

struct CreatePlanOptions {
    int infrastructureSeconds = 600;
    int controlPlaneSeconds = 1800;
    int workersSeconds = 1800;
};

// The objects of createObjects() as a plan. The Cluster is the anchor: it is created first, paused, so that
// of two operators who choose one name the second is told before anything else is written, and so that
// nothing starts on half of the objects; the last write lifts the pause. The MachineHealthChecks follow once
// the workers are Ready.
Result<Plan> createPlan(const ClusterProfile& profile, const Capabilities& server, const Manifests& manifests,
                        const std::string& planId, const CreatePlanOptions& options = {});

// What a plan leaves on the outer cluster, in the order of its steps, as manifests for other tools: without
// the plan's stamp and with the Cluster not paused.
std::vector<Object> manifestsOf(const Plan& plan);

} // namespace strata::provision
