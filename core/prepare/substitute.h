// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Variables in the manifests of Cluster API's providers, as clusterctl substitutes them
// (cmd/clusterctl/client/yamlprocessor/simple_processor.go and github.com/drone/envsubst).
namespace strata::prepare {

struct Variable {
    std::string name;
    bool required = false;
    std::string byDefault; // as written; may name other variables
};

// All that a text names, by name.
Result<std::vector<Variable>> variablesOf(std::string_view text, const std::string& origin);

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

// ${NAME}, ${NAME:=word} (also :- and =), ${NAME^^} and the other forms of envsubst; "$$" is a "$". A
// required variable without a value is an error that names all of them.
Result<std::string> substitute(std::string_view text, const std::string& origin, const Lookup& lookup);

} // namespace strata::prepare
