// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"

#include <string>

namespace strata::demosite {

// Just enough OpenAPI for kubectl: version 3 names every kind with the query parameters its writes take, so
// that validation and dry runs are left to the server; version 2 is a sound document without definitions,
// which makes an older kubectl skip its own validation.
Json openApiV3Index(const Cluster& cluster);
Json openApiV3(const Cluster& cluster, const std::string& group,
               const std::string& version); // null: not served
Json openApiV2();
std::string openApiV2Protobuf(); // the same as gnostic's openapi.v2.Document

} // namespace strata::demosite
