// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata::demosite {

class Store;
struct SitePlan;

// A ClusterClass to make tenant clusters from, and the outer network plugin's settings.
void writeManagement(Store& store, const SitePlan& plan);

} // namespace strata::demosite
