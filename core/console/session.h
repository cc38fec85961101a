// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <memory>
#include <string>
#include <string_view>

// What all byte channels into a machine have in common, whatever carries them.
namespace strata::console {

struct TerminalSize {
    int columns = 80;
    int rows = 24;
    friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

struct SessionEnd {
    enum class Kind {
        Exited, // the command ended by itself: exitCode
        Closed, // the other end said goodbye
        InUse,  // somebody else sits there; taking over is possible
        Failed, // error: it never opened, or it broke
    };
    Kind kind = Kind::Closed;
    int exitCode = 0;
    Error error; // Failed and InUse; of the others at most a detail: what the other end said, cleaned
};

// Hears of one session on a thread of its transport; must not block.
class SessionHandler {
public:
    virtual ~SessionHandler() = default;
    // Once. What was opened, when there was a choice ("bash"); else empty.
    virtual void onOpen(const std::string& what) = 0;
    virtual void onOutput(std::string_view bytes) = 0; // any cut; before onOpen() the transport's own words
    virtual void onEnd(SessionEnd end) = 0;            // once, last
};

// Ends when it goes: no callback follows. Destroyed on another thread than its transport's, it may wait for a
// callback that runs at that moment (so hold no lock that the callback takes). All methods may be called from
// any thread and do not block.
class Session {
public:
    virtual ~Session() = default;
    // Bytes for the other end; those before onOpen() wait for it. False: the other end takes nothing any more
    // (none of it was sent).
    virtual bool write(std::string_view bytes) = 0;
    virtual void resize(TerminalSize size) = 0; // nothing where there is no terminal
    virtual void close() = 0;                   // says goodbye; onEnd() follows
    // Off: the other end is held back, as far as the transport can. A little may still come.
    virtual void setReading(bool on) = 0;
};

} // namespace strata::console
