// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/demosite/guest/machine.h"
#include "core/demosite/net/http.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

// The server's ends of exec, attach, port-forward, consoles and screens: what is said over an upgraded
// connection. Two framings: channels in WebSocket messages (v4 and v5.channel.k8s.io) and SPDY streams (the
// old upgrade, and port-forward's tunnel).
namespace strata::demosite {

enum class Framing { ChannelsV4, ChannelsV5, Spdy };

struct ExecPlan {
    Machine machine;
    Clock clock;
    std::vector<std::string> command;
    bool in = false;
    bool out = true;
    bool err = true;
    bool tty = false;
};
std::unique_ptr<HttpSocket> execSocket(ExecPlan plan, Framing framing);
// What a container prints, until the client goes.
std::unique_ptr<HttpSocket> attachSocket(std::unique_ptr<HttpStream> output, Framing framing);

// The first process of a container that listens to its input (`stdin: true`): whoever attaches is at the same
// one, and it goes on when they leave. Thread-safe.
class FirstProcess;
// `plan.command` is the container's own; null for a program that the demo cannot play.
std::shared_ptr<FirstProcess> startFirstProcess(const ExecPlan& plan);
// `asked` are the streams that the client wants, and its terminal.
std::unique_ptr<HttpSocket> attachSocket(std::shared_ptr<FirstProcess> process, const ExecPlan& asked,
                                         Framing framing);

// Something that listens on ports: answers HTTP, or greets as an SSH server does.
struct Ports {
    std::string name; // of the pod or guest
    std::string uid;
    std::vector<unsigned> http;
    std::vector<unsigned> ssh;
    bool listens(unsigned port) const;
};
// `asked` are the request's ports, for the channel framing.
std::unique_ptr<HttpSocket> portForwardSocket(Ports ports, std::vector<unsigned> asked, Framing framing);
// KubeVirt's: the bytes of one port and nothing else.
std::unique_ptr<HttpSocket> plainPortSocket(Ports ports, unsigned port);

// One client at a time sits at a guest's console or screen: the flag of the one who is displaced is set.
using Seat = std::shared_ptr<std::atomic<bool>>;
std::unique_ptr<HttpSocket> consoleSocket(Machine machine, Clock clock, bool paused, Seat seat);
std::unique_ptr<HttpSocket> screenSocket(Machine machine, Clock clock, bool paused, Seat seat);
// The screen as it would look to a client that just came.
std::string screenshotPng(Machine machine, Clock clock, bool paused);

} // namespace strata::demosite
