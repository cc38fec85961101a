// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/status.h"
#include "core/demosite/net/http.h"

#include <cstdint>
#include <optional>
#include <string>

// The small change of answering, shared by the handler's files.
namespace strata::demosite {

HttpAnswer refuse(const Status& status);
HttpAnswer refuse(const tl::unexpected<Status>& status);
HttpAnswer jsonAnswer(const Json& body, int status = 200);
HttpAnswer plainAnswer(std::string body);
HttpAnswer noSuchPath();
HttpAnswer notAllowed(); // 405
std::optional<std::uint64_t> integer(const std::string& text);

// "All" in the query; anything else but nothing is refused.
Answer<bool> dryRunOf(const HttpRequest& request);
// The field manager a write is recorded under: asked for, or the client's name.
std::string managerOf(const HttpRequest& request);
// The body as a value: JSON, YAML or protobuf by its content type; 415 for others.
Answer<Json> bodyOf(const HttpRequest& request);

} // namespace strata::demosite
