// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/kinds.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace strata::demosite {

// One stored object. `body` is compact JSON that begins with {"metadata":{ and has neither apiVersion nor
// kind nor metadata.resourceVersion: they are written in front when it is served, so that a stored object
// costs one string and serving one costs a copy. What selectors ask for is kept beside it.
struct Object {
    const Kind* kind = nullptr;
    std::string ns; // empty for cluster-scoped kinds
    std::string name;
    std::string uid;
    std::uint64_t revision = 0;
    std::string labels;        // "\nkey=value\nkey=value\n"
    std::string fields;        // the same, of the fields the kind's field selectors know
    std::string owners;        // "\nuid\nuid\n" of metadata.ownerReferences
    std::int64_t cpuMilli = 0; // pods: sum of the containers' requests
    std::int64_t memoryBytes = 0;
    std::string body;
};

using ObjectPtr = std::shared_ptr<const Object>;

// The value of `key` in "\nkey=value\n" text; empty when it is not there. `present` tells the two apart.
std::string_view lookUp(const std::string& pairs, std::string_view key, bool* present = nullptr);

// JSON as served in the stored version. `withKind`: items of a list of a built-in kind carry none.
std::string serve(const Object& object, bool withKind = true);
void serveTo(std::string& out, const Object& object, bool withKind = true);

// Whether a pod, a guest or the like says in its conditions that it is ready.
bool isReady(const Object& object);

std::string apiVersion(const Kind& kind, std::string_view version); // "v1", "kubevirt.io/v1"

} // namespace strata::demosite
