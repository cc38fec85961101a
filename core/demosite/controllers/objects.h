// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/store.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What all controllers do with objects: read, edit, own, tell. A controller's write that loses a race or
// finds its object gone is no fault: it is told of the change and looks again.
namespace strata::demosite {

// Kinds by plural and, where that is ambiguous, group.
const Kind& kindOf(std::string_view resource);
const Kind& coreKind(std::string_view resource); // of the core group

Json read(const Store& store, const Kind& kind, const std::string& ns, const std::string& name); // or null
// False when it is not there (any more) or the write was refused.
bool edit(Store& store, const Kind& kind, const std::string& ns, const std::string& name,
          const std::function<void(Json&)>& change);
ObjectPtr create(Store& store, const Kind& kind, Json object); // null when it cannot be

bool deleting(const Json& object);
bool deleting(const Object& object); // the same, without reading it
// Removes a pod whose containers have ended (or whose node is gone) without waiting for a kubelet.
void removeEnded(Store& store, const Object& pod);
bool hasFinalizer(const Json& object, std::string_view name);
void addFinalizer(Json& object, std::string_view name);
void removeFinalizer(Json& object, std::string_view name);

Json ownerOf(const Object& owner, bool controller = true);
bool isOwnedBy(const Json& object, std::string_view uid);
void addOwner(Json& object, Json owner);
// The controlling owner of that kind; empty when it has none.
std::string ownerName(const Json& object, std::string_view kind);
std::string label(const Json& object, const std::string& key);
std::string annotation(const Json& object, const std::string& key);
bool matches(const Json& selector, const Object& object); // a metav1.LabelSelector
bool matches(const Json& selector, const Json& labels);

struct Condition {
    std::string type;
    std::string status; // "True", "False", "Unknown"
    std::string reason;
    std::string message;
};
// metav1.Condition in status.conditions: its time changes with its status only.
void setCondition(Json& status, const Condition& condition, const std::string& at);
void removeCondition(Json& status, std::string_view type);
const Json* conditionOf(const Json& object, std::string_view type); // in status.conditions
std::string conditionStatus(const Json& object, std::string_view type);
bool isTrue(const Json& object, std::string_view type);

std::string timestamp(const Store& store); // now, RFC 3339
// An Event about the object; the same words again count up.
void tell(Store& store, const Object& about, const char* type, const std::string& reason,
          const std::string& message, const char* component);

const Json& part(const Json& object, std::string_view path); // null when it is not there
bool flag(const Json& object, std::string_view path);        // true only when there is `true`
std::uint64_t hashOf(std::string_view text);
std::string hashWord(std::string_view text, std::size_t length); // of the alphabet Kubernetes uses

} // namespace strata::demosite
