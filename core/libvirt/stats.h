// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace strata::virt {

// One look at a host or at one of its domains: gauges, and counters that only ever grow. What the driver does
// not tell is missing.
struct Stats {
    UnixMs at = 0;
    std::optional<double> cpuSeconds;
    std::optional<double> memoryBytes; // in use: a domain's resident set, a host's total less what is free
    std::optional<double> networkIn;   // bytes
    std::optional<double> networkOut;
    std::optional<double> diskRead;
    std::optional<double> diskWrite;
};

// Looks again and again, on a thread and over a connection of its own, until it goes; the destructor returns
// at once even when libvirt hangs.
class StatsReader {
public:
    // `uuid` of a domain; empty: the host, whose network and disks are those of its domains summed. `take` is
    // called on the thread.
    static Result<std::unique_ptr<StatsReader>> start(const std::string& uri, const std::string& uuid,
                                                      std::chrono::milliseconds every,
                                                      std::function<void(Result<Stats>)> take);
    virtual ~StatsReader() = default;
};

} // namespace strata::virt
