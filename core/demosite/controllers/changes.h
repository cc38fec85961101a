// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata::demosite {

struct Site;

void addVmCopies(Site& site);        // snapshots, restores and clones of VMs
void addLiveUpdate(Site& site);      // disks and sizes that change while a VM runs
void addDataImportCrons(Site& site); // images that are imported again and again

} // namespace strata::demosite
