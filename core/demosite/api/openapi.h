// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"

#include <string>

namespace strata::demosite {

// What kubectl asks for: version 3 by group, with the query parameters that writes take; version 2 is all of
// it in one document, for kubectl up to 1.26.
Json openApiV3Index(const Cluster& cluster);
Json openApiV3(const Cluster& cluster, const std::string& group,
               const std::string& version);          // null: not served
Json openApiV2(const Cluster& cluster);              // openapiv2.cpp
std::string openApiV2Protobuf(const Json& document); // the same as gnostic's openapi.v2.Document

} // namespace strata::demosite
