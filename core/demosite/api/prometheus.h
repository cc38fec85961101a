// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/net/http.h"

#include <string>

namespace strata::demosite {

// What the Prometheus of a demo cluster answers: which version it is, and range queries over what this
// program asks (kubevirt_vmi_*, node exporter, cAdvisor). It keeps nothing: the past is worked out, in step
// with metrics.k8s.io and the kubelets. It understands the names and labels of a query, not its language.
HttpAnswer prometheusAnswer(Cluster& cluster, const HttpRequest& request, const std::string& path);

} // namespace strata::demosite
