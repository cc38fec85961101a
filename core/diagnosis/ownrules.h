// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/diagnosis/rule.h"

#include <string>
#include <string_view>
#include <vector>

// An operator's own rules: YAML that says which field of which kind of object must say what, and what that
// means. resources/rules/ holds examples. They are read once; a fault names file, rule and what is wrong.
//
//   rules:
//     - id: own-frozen             # letters, digits and dashes; shown beside the finding
//       kind: VirtualMachine       # see ownKinds()
//       when:                      # all of them
//         - field: spec.runStrategy
//           equals: Halted         # or: not, contains, in: [a, b], present: true|false
//         - field: status.conditions[Ready].status
//           equals: "False"
//           olderThan: 10m         # of a condition: since it is so
//       severity: warning          # info, warning, critical
//       title: VM {name} is frozen # {name}, {namespace}, {value}: of the first field
//       remedy: Ask the billing team.
namespace strata::diagnosis {

struct OwnCondition {
    enum class Test { Equals, Not, Contains, In, Present };
    std::string field;
    Test test = Test::Equals;
    std::vector<std::string> values; // Present: "true" or "false"
    UnixMs olderThan = 0;            // 0: any age
};

struct OwnRule {
    std::string id;
    std::string kind;
    std::vector<OwnCondition> when; // never empty
    Severity severity = Severity::Warning;
    std::string title;
    std::string remedy;
};

// `file` is named in errors.
Result<std::vector<OwnRule>> readOwnRules(std::string_view yaml, const std::string& file);
// All *.yaml of a folder, in the order of their names; a folder that is not there has none.
Result<std::vector<OwnRule>> readOwnRulesFrom(const std::string& folder);

// Kinds a rule may be about, and the fields each has.
std::vector<std::string> ownKinds();
std::vector<std::string> ownFields(std::string_view kind);

// What the rules say of one item.
std::vector<Finding> applyOwnRules(const std::vector<OwnRule>& rules, const Subject& subject);

} // namespace strata::diagnosis
