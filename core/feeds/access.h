// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::feeds {

// What a user may do in one namespace: the answer to a SelfSubjectRulesReview
// (k8s.io/api authorization/v1/types.go).
struct AccessRules {
    struct Rule {
        std::vector<std::string> verbs;
        std::vector<std::string> groups;
        std::vector<std::string> resources; // "pods", "pods/exec", "*", "*/scale"
        bool named = false;                 // for some objects only: no list of all of them
    };
    std::vector<Rule> rules;
    bool incomplete = false; // an authorizer does not tell its rules: ask for each action instead
};

Result<AccessRules> parseAccessRules(std::string_view json);
bool allows(const AccessRules& rules, std::string_view verb, std::string_view group,
            std::string_view resource);

// Bodies of the two reviews, and the answer of the second: allowed or not, none when it cannot be read.
std::string rulesReview(const std::string& ns);
std::string accessReview(const std::string& ns, const std::string& verb, const std::string& group,
                         const std::string& resource);
std::optional<bool> parseAccessReview(std::string_view json);

} // namespace strata::feeds
