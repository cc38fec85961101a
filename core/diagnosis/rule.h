// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/translatable.h"
#include "core/diagnosis/finding.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

// The shape of a rule and what rules share. A rule is one small pure function: it looks at one item with its
// facts and finds something or does not. Ids are those of the catalogue of failure modes (groups A host, B
// platform, C images, D virtual machines, E migration, F Cluster API, G inner cluster).
namespace strata::diagnosis {

struct Subject {
    const stack::Stack& stack;
    const stack::Item& item;
    stack::ItemFacts facts;
    UnixMs now = 0;            // 0: not told, then nothing is ever old
    UnixMs* recheck = nullptr; // see olderThan()
};

// Whether `since` is more than `age` milliseconds ago. When it is not yet, the item is looked at again at
// that time. Rules look at the item's own health only: findings raise the other.
bool olderThan(const Subject& subject, UnixMs since, UnixMs age);

using Rule = std::optional<Finding> (*)(const Subject&);

// The rules for each kind of item, in the order they are asked.
const std::vector<Rule>& rulesFor(stack::ItemKind kind);

std::string tr(const char* text, std::initializer_list<std::string> values = {});
constexpr const char* mark(const char* text) // for tr(marked(…)) later
{
    return translatable("Diagnosis", text);
}

// References to the objects of a subject, by the facts they were read from.
stack::ObjectRef objectOf(const Subject& subject, const char* kind);

Finding finding(const Subject& subject, const char* rule, Severity severity, std::string title,
                std::string remedy, Proof proof);
Proof conditionProof(const Subject& subject, const char* kind, const stack::Condition& condition);
Proof fieldProof(const Subject& subject, const char* kind, std::string field, std::string value,
                 UnixMs since = 0);

const stack::Condition* conditionWith(const std::vector<stack::Condition>& conditions, const char* type,
                                      const char* status);
bool reasonIn(const stack::Condition& condition, std::initializer_list<const char*> reasons);

// The last Warning event about one of the item's objects with one of the reasons, seen again within the last
// `within` milliseconds: an old event tells of the past. Null: none.
const stack::ObjectFact* warningOf(const Subject& subject, std::initializer_list<const char*> reasons,
                                   UnixMs within);
Proof eventProof(const Subject& subject, const stack::ObjectFact& event);
std::string fieldOf(const stack::ObjectFact& object, const char* name); // empty: not told
UnixMs lastSeen(const stack::ObjectFact& event);
bool vmRuns(const Subject& subject); // its instance is in phase Running

// Group lists; each is defined in rules/<group>.cpp.
std::vector<Rule> hostRules();
std::vector<Rule> outerNodeRules();
std::vector<Rule> vmRules();
std::vector<Rule> volumeRules();    // of a VM
std::vector<Rule> migrationRules(); // of a VM
std::vector<Rule> machineRules();
std::vector<Rule> controlPlaneRules();
std::vector<Rule> poolRules();
std::vector<Rule> clusterRules();
std::vector<Rule> innerNodeRules();
std::vector<Rule> workloadRules();

// S1: the connection to a host, or to a tenant's API, is lost. S3: an item's own status says it is not well
// and no rule knows more; asked last, when nothing else was found.
std::optional<Finding> hostLinkLost(const Subject& subject);
std::optional<Finding> tenantLinkLost(const Subject& subject);
std::optional<Finding> ownStatus(const Subject& subject, Severity found);

} // namespace strata::diagnosis
