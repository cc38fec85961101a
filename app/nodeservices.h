// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/site.h"
#include "core/kube/net/client.h"
#include "ui/hosts/services.h"

namespace strata::app {

// What new outer nodes need of clusters and of the disk, for the window. `site` and `network` outlive it.
void addNodeServices(ui::HostServices& services, feeds::Site& site, kube::Network& network);

} // namespace strata::app
