// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string>

namespace strata::app {

// Manifests for clusters on the demo site, which has no way to the internet: a small stand-in for the CNI
// with the names and fields that Strata sets in the real one. Written into `folder`.
struct DemoManifests {
    std::string calico; // path
    std::string metricsServer;
};
Result<DemoManifests> writeDemoManifests(const std::string& folder);

// A bundle with stand-ins for what a bare demo site lacks (core/prepare/bundle.h).
Result<void> writeDemoBundle(const std::string& folder);

} // namespace strata::app
