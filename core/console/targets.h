// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What a session is opened on. Values, so that a view can name what a transport opens.
namespace strata::console {

struct ExecTarget {
    std::string ns;
    std::string pod;
    std::string container; // empty: the pod's first
    // Tried in this order until the container has one: {"bash"}, {"sh"}.
    std::vector<std::vector<std::string>> commands;
    bool tty = true;
    bool input = true;
};

struct GuestTarget {
    std::string ns;
    std::string name; // of the VirtualMachineInstance
};

struct ForwardTarget {
    std::string ns;
    std::string name; // of a pod, or of a VirtualMachineInstance
    bool guest = false;
    std::uint16_t port = 0;
};

struct LogTarget {
    std::string ns;
    std::string pod;
    std::string container;
    bool follow = true;
    bool previous = false; // of the container's instance before; never followed
    long tailLines = -1;
    long sinceSeconds = -1;
    std::string sinceTime; // RFC 3339, to go on after a break; the server rounds it to seconds
};

// What a pod consists of, to choose from.
struct ContainerInfo {
    enum class Kind { Normal, Init, Ephemeral };
    std::string name; // cleaned
    Kind kind = Kind::Normal;
    bool running = false;
    int restarts = 0; // above 0 there is a log of the instance before
};

} // namespace strata::console
