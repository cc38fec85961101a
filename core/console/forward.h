// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/console/session.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace strata::console {

// A port of this machine, on loopback only, whose connections go on to a port elsewhere: each has a session
// of its own. Has a thread of its own; thread-safe. The destructor cuts all connections.
class Forward {
public:
    static constexpr std::size_t kMostConnections = 64; // at once; further ones are refused

    // Opens the far end of one connection; called on the forward's thread, must not block. Its write() takes
    // at most kPiece bytes at a time and none of them when it says false.
    using Connect = std::function<Result<std::unique_ptr<Session>>(std::shared_ptr<SessionHandler> handler)>;
    static constexpr std::size_t kPiece = 8U << 10U;

    struct State {
        unsigned open = 0;
        std::uint64_t connections = 0;
        std::uint64_t received = 0; // bytes from the far end
        std::uint64_t sent = 0;
        std::string problem; // of the last connection that failed; empty when the last one did not
    };

    // `localPort` 0: any that is free. `changed` is called on the forward's thread, a few times a second at
    // most.
    static Result<std::unique_ptr<Forward>> listen(std::uint16_t localPort, Connect connect,
                                                   std::function<void()> changed);
    virtual ~Forward() = default;
    virtual std::uint16_t port() const = 0;
    virtual State state() const = 0;
};

} // namespace strata::console
