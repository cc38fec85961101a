// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/provision/object.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

// What the tests against a real API server do to it, one request at a time; not on the network's thread.
namespace strata::test {

// The answer's body. The type of a PATCH is that of a merge patch, of everything else JSON, unless it is
// named.
Result<provision::Json> call(kube::Client& client, const std::string& method, const std::string& path,
                             const std::string& body = {}, const std::string& contentType = {});

bool makeNamespace(kube::Client& client, const std::string& name);

// Every CustomResourceDefinition of a folder's *.yaml, created or replaced, until all of them are
// established. Conversions by webhook become none: nobody is there to be asked. `change` may edit each or,
// with false, leave it out.
Result<void> installDefinitions(kube::Client& client, const std::string& folder,
                                const std::function<bool(provision::Json&)>& change = {});

// Makes one version of a definition the only one that is served and stored; false when it has no such.
bool keepVersion(provision::Json& definition, const std::string& version);

// Until the function says true; false when it does not within the time.
bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds);

} // namespace strata::test
