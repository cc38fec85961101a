// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/api/cluster.h"
#include "core/demosite/net/http.h"

#include <memory>
#include <string>

namespace strata::demosite {

struct LogOptions {
    std::string container;
    bool follow = false;
    bool timestamps = false;
    bool previous = false;
    long tailLines = -1;
    long sinceSeconds = -1;
    UnixMs until = 0; // of a container that ended; 0: now
};

// What the container printed: made up, but the same for everybody who asks, and in the words of the program
// its name promises. One line every few seconds back to the pod's start or an hour ago.
std::string podLog(const Cluster& cluster, const Object& pod, const LogOptions& options);
std::unique_ptr<HttpStream> followLog(std::shared_ptr<Cluster> cluster, ObjectPtr pod, LogOptions options);

} // namespace strata::demosite
