// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace strata::virt {

// Hears of one console on libvirt's event thread or on a worker's; must not block.
class ConsoleSink {
public:
    virtual ~ConsoleSink() = default;
    virtual void onOpen() = 0;
    virtual void onOutput(std::string_view bytes) = 0;
    // Once, last. A value: the domain's end of the line was closed (it was shut off, or somebody took the
    // line). Conflict: somebody holds it already and `force` was not asked for.
    virtual void onEnd(Result<void> end) = 0;
};

// A domain's first serial line (virDomainOpenConsole), over a connection of its own, since it may write and
// the one that reads facts may not. Every call to libvirt is made on threads of ours; the methods may be
// called from any thread and return at once, the destructor too, even when libvirt hangs.
class Console {
public:
    static constexpr std::size_t kMostQueued = 1U << 20U;

    // `force` takes the line from whoever holds it.
    static Result<std::unique_ptr<Console>> open(const std::string& uri, const std::string& uuid, bool force,
                                                 std::shared_ptr<ConsoleSink> sink);
    virtual ~Console() = default;                   // no call of the sink comes after it
    virtual bool write(std::string_view bytes) = 0; // false: kMostQueued bytes wait already, or it has ended
    virtual void close() = 0;                       // onEnd() follows
    virtual void setReading(bool on) = 0;
};

} // namespace strata::virt
