// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/components.h"
#include "core/provision/plan.h"

#include <map>
#include <string>
#include <vector>

// From the parts and what is there to a plan of core/provision. Pure.
namespace strata::prepare {

using Existing = std::map<std::string, Object>; // by keyOf()

std::string keyOf(const Object& object); // group, kind, namespace and name

// All objects that the parts would write: what to look up before a plan is made.
std::vector<Object> objectsOf(const std::vector<Part>& parts);

struct PlanOptions {
    std::string id;
    std::string server;
    int timeoutSeconds = 900; // of each step's waits
};

// Namespaces, then each component: definitions, what runs, and until it works. What is new is applied; what
// exists is changed where it differs, with what takes it back; what is as it should be is left alone.
provision::Plan makePlan(const std::vector<Part>& parts, const Existing& existing, const Matrix& matrix,
                         const PlanOptions& options);

// The fields in which `wanted` differs from what is there, as a merge patch, and the one that takes it back.
// Both empty mappings when there is no difference. Lists are compared entry by entry; what the server has
// filled in beyond is no difference.
struct Difference {
    bool none = true;
    Object patch;
    Object back;
};
Difference differenceOf(const Object& wanted, const Object& there);

} // namespace strata::prepare
