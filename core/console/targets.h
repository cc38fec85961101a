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
    // Joins the container's own first process instead of starting a command; what it printed before is not
    // seen. `tty` and `input` are then those of the container.
    bool attach = false;
};

struct GuestTarget {
    std::string ns;
    std::string name; // of the VirtualMachineInstance
};

struct ForwardTarget {
    std::string ns;
    std::string name; // of a pod, of a VirtualMachineInstance, or of a Service
    bool guest = false;
    std::uint16_t port = 0;
    bool service = false; // each connection goes to a ready pod behind it
};

// A port of a Service, to choose from.
struct ServicePort {
    std::string service; // cleaned
    std::string name;    // of the port; may be empty
    std::uint16_t port = 0;
};

// SSH into a guest, through a forwarded port of its own.
struct SshTarget {
    GuestTarget guest;
    std::string uid; // of the VirtualMachineInstance: names its host key, so that a new machine of the same
                     // name is not taken for an impostor
    std::string user = "capk";
    std::uint16_t port = 22;
    std::string keySecret; // a Secret in the guest's namespace with the private key as `key`; empty: none
    std::string keyFile;   // a file of the operator's; with neither, ssh uses what it finds (an agent)
};

// A shell on a node, through a privileged pod that goes with it.
struct NodeShellTarget {
    std::string node;
    std::string image = "docker.io/library/busybox:1.36";
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
    int restarts = 0;   // above 0 there is a log of the instance before
    bool input = false; // what attaching to it can do
    bool tty = false;
};

} // namespace strata::console
