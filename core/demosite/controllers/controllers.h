// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/controllers/site.h"

namespace strata::demosite {

// All controllers of the outer cluster. With `life` also what acts by itself: Cluster API and its providers,
// KubeVirt, CDI and the kubelets' heartbeats; without, only what Kubernetes itself does for a client.
void equipOuter(Site& site, bool life);
// The controllers of a tenant's cluster, and the outer ones that look into it.
void equipTenant(Site& site, Cluster& cluster, bool life);
// A VM that was in its boot when the site was made is done in so many seconds.
void resumeGuest(Site& site, const Key& key, double left);

} // namespace strata::demosite
