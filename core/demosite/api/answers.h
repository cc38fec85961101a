// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/api/status.h"
#include "core/demosite/net/http.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The small change of answering, shared by the handler's files.
namespace strata::demosite {

HttpAnswer refuse(const Status& status);
HttpAnswer refuse(const tl::unexpected<Status>& status);
HttpAnswer refuse(const Status& status, std::vector<std::string> warnings);
HttpAnswer jsonAnswer(const Json& body, int status = 200);
HttpAnswer plainAnswer(std::string body);
HttpAnswer noSuchPath();   // of a group that is served
HttpAnswer pageNotFound(); // nobody serves anything there: no Status, as upstream
HttpAnswer notAllowed();   // 405
std::optional<std::uint64_t> integer(const std::string& text);

// "CreateOptions", "UpdateOptions", "PatchOptions", "DeleteOptions": what the query of a write is read as.
const char* optionsOf(const HttpRequest& request);
// "All" in the query; anything else but nothing is refused. So is a field manager that cannot be one.
Answer<bool> dryRunOf(const HttpRequest& request);
tl::unexpected<Status> wrongDryRun(const HttpRequest& request, const std::string& value);
// A number of the query; nothing when it is not there. What is no number is refused.
Answer<std::optional<long long>> numberOf(const HttpRequest& request, const char* name);
// A resourceVersion of the query, as numberOf().
Answer<std::optional<std::uint64_t>> versionOf(const HttpRequest& request);
// The field manager a write is recorded under: asked for, or the client's name.
std::string managerOf(const HttpRequest& request);
// The body as a value: JSON, YAML or protobuf by its content type; 415 for others. `expected` is the kind it
// should be, for what is said when it cannot be read; `twice` as parseBody().
Answer<Json> bodyOf(const HttpRequest& request, std::string_view expected = {},
                    std::vector<std::string>* twice = nullptr);
// What stands in a text for base64 at this byte is none.
std::size_t faultOfBase64(std::string_view text);

} // namespace strata::demosite
