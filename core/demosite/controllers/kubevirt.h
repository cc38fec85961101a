// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/controllers/site.h"

// What KubeVirt's controllers have in common.
namespace strata::demosite::kubevirt {

inline constexpr const char* kLauncher = "quay.io/kubevirt/virt-launcher:v1.8.4";

std::vector<ObjectPtr> launchers(const Store& store, const Object& vmi); // all of its pods
std::vector<std::string> claims(const Json& vmi);                        // names of the PVCs it uses
long long cpus(const Json& vmi);                                         // of the guest
Json launcherPod(const Object& object, const Json& vmi);                 // for Store::create

} // namespace strata::demosite::kubevirt
