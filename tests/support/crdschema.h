// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/provision/object.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// Structural schemas of CustomResourceDefinitions, checked as strictly as an API server with
// fieldValidation=Strict does: types, required and unknown fields, enums, patterns, bounds, int-or-string,
// preserved unknown fields. Not checked: CEL rules, formats other than int32, list map keys.
class CrdSchemas {
public:
    static Result<CrdSchemas> loadFolder(const std::string& folder); // every *.yaml in it
    Result<void> add(const provision::Json& definition);

    bool knows(const provision::Object& object) const;
    // One line a problem: "spec.replicas: is a string, an integer is wanted". A kind or version that is not
    // known is one.
    std::vector<std::string> problems(const provision::Object& object) const;

private:
    std::map<std::string, std::shared_ptr<const provision::Json>> m_schemas; // "group/version/Kind"
};

} // namespace strata::test
