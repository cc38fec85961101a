// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/json.h"
#include "core/demosite/guest/machine.h"

#include <string>
#include <utility>
#include <vector>

namespace strata::demosite {

Machine machineOf(const Json& pod, const Json& container);          // what a shell in it sees
std::vector<std::string> commandOf(const Json& container);          // with its arguments
const Json* containerNamed(const Json& pod, std::string_view name); // of all its kinds; null: none

// What a container that is to come to an end does: its command run by the shell of guest/, in no time.
struct Course {
    bool followed = false; // the shell knows all that the command needs; else it ends well after some time
    bool ends = true;      // false: it waits for somebody's input
    UnixMs after = 0;      // its start
    int status = 0;
    std::vector<std::pair<UnixMs, std::string>> lines; // what it prints, and how long after its start
};
Course courseOf(const Json& pod, const Json& container);

} // namespace strata::demosite
