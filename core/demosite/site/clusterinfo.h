// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"
#include "core/demosite/site/plan.h"

#include <string>

namespace strata::demosite {

// What kubeadm leaves for machines that join (kubernetes cmd/kubeadm/app/phases/bootstraptoken/clusterinfo):
// the API's address and its authority, in ConfigMap kube-public/cluster-info.
void writeClusterInfo(Store& store, const SitePlan& plan, unsigned short port, const std::string& caPem);

} // namespace strata::demosite
