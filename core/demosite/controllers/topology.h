// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata::demosite {

struct Site;

// Cluster API's topology controller: makes the parts of a Cluster from its ClusterClass.
void addTopologyController(Site& site);

} // namespace strata::demosite
