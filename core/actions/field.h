// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/action.h"

#include <string>
#include <vector>

// What an action asks beyond what it is done to: one list for the dialog's form, the command's options and
// the plans, which read Request::values by these keys.
namespace strata::actions {

inline constexpr const char* kName = "name";
inline constexpr const char* kReplicas = "replicas";
inline constexpr const char* kLike = "like"; // the pool or control plane whose templates are copied
inline constexpr const char* kCpus = "cpus";
inline constexpr const char* kMemory = "memory";
inline constexpr const char* kDisk = "disk";
inline constexpr const char* kStorageClass = "storage-class";
inline constexpr const char* kImage = "image";
inline constexpr const char* kDays = "days";
inline constexpr const char* kSnapshot = "snapshot";
inline constexpr const char* kVolume = "volume";
inline constexpr const char* kClaim = "claim";

struct Choice {
    std::string value;
    std::string label;
    friend bool operator==(const Choice&, const Choice&) = default;
};

struct Field {
    enum class Kind { Text, Number, Choice };
    std::string key;
    Kind kind = Kind::Text;
    std::string label; // "&Name"
    std::string value; // what is proposed
    std::string hint;  // shown while it is empty
    int least = 0;     // Number
    int most = 0;
    std::vector<Choice> choices; // Choice: what is known without asking the server
};

std::vector<Field> fieldsOf(const stack::Stack& stack, Action action,
                            const std::vector<stack::ItemId>& items);

// What the server's answers add to the fields while a draft is made.
struct FieldHelp {
    std::map<std::string, std::vector<Choice>> choices;
    std::map<std::string, std::string> now; // what it is now: the hint of a field that may stay empty
};

} // namespace strata::actions
