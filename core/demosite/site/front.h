// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/site/plan.h"

#include <optional>
#include <string>

namespace strata::demosite {

// What the world sees of a tenant: a Service of type LoadBalancer inside, and its counterpart outside. The
// first few tenants have one; a rack has so many addresses only.
struct Front {
    std::string ns;
    std::string name;
    std::string uid;
    std::string address;
};
std::optional<Front> frontOf(const SitePlan& plan, std::size_t tenant);
// The counterpart's name (cloudprovider.DefaultLoadBalancerName).
std::string loadBalancerName(const std::string& uid);

} // namespace strata::demosite
