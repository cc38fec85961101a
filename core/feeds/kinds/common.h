// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/json.h"
#include "core/stack/facts.h"

#include <string>
#include <vector>

// What the readers of all kinds share.
namespace strata::feeds {

// `apiVersion` is that of the list: items of built-in kinds do not carry their own.
stack::Meta readMeta(const Json& object, std::string_view apiVersion);

// An array of conditions, of any of the shapes in use.
std::vector<stack::Condition> readConditions(const Json& conditions);

// The conditions of a Cluster API object. The same kind of condition lives in three places: v1beta2 objects
// keep them in status.conditions, v1beta1 objects of newer releases in status.v1beta2.conditions with the old
// ones (that have a severity) in status.conditions, and objects that were converted keep the old ones in
// status.deprecated.v1beta1.conditions. The newest shape that has any wins. status.failureReason, terminal in
// the v1beta1 contract, becomes a condition "Failure".
std::vector<stack::Condition> readClusterApiConditions(const Json& object);

// {"cpu": "2", "memory": "4Gi"}
stack::Amount readAmount(const Json& resources);
std::int64_t readQuantity(const Json& quantity);      // whole units, -1 when not told
std::int64_t readMilliQuantity(const Json& quantity); // thousandths, -1 when not told

// sockets × cores × threads of a KubeVirt CPU topology, in thousandths; -1 when none is told.
std::int64_t readTopologyMilli(const Json& topology);

// The size of a KubeVirt domain spec: what the guest sees, not what is requested for it.
stack::Amount readDomainSize(const Json& domain);

// The cluster an object of Cluster API belongs to: spec.clusterName, else the label.
SharedText readClusterName(const Json& object);

SharedText readLabel(const Json& object, std::string_view name);
std::string readAnnotation(const Json& object, std::string_view name);

} // namespace strata::feeds
