// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::demosite {

// What was written to a file system and is seen by all who are at the same one. Thread-safe.
struct Disk {
    std::mutex mutex;
    unsigned changes = 0;                       // mutex
    std::map<std::string, std::string> written; // mutex
    std::set<std::string> removed;              // mutex
};

// What a shell in a pod or a guest sees of its world. A value, made from an object when somebody connects.
struct Machine {
    std::string hostname;
    std::string user = "root";
    std::string os = "Debian GNU/Linux 12 (bookworm)";
    std::string kernel = "6.12.41";
    std::string address;
    int cpus = 1;
    long memoryMi = 256;
    UnixMs started = 0;
    bool guest = false;  // a virtual machine: it has a boot log and asks for a login
    std::string program; // process 1
    std::map<std::string, std::string> environment;
    std::map<std::string, std::string> files; // by whole path; folders follow from them
    std::shared_ptr<Disk> disk;               // null: what is written lives as long as the shell
};

// What stands in every container's and guest's file system, from the fields above.
void furnish(Machine& machine);

// What the kernel and systemd print while a guest boots, with the milliseconds after power-on at which each
// line appears. The same for the same host name.
std::vector<std::pair<long, std::string>> bootLines(const Machine& machine);
// Whether the guest has printed the line with `part` by then.
bool bootedTo(const Machine& machine, std::string_view part, UnixMs now);

} // namespace strata::demosite
