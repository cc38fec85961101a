// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace strata::console {

// What a terminal shows over time, as lines of asciicast v2 (docs.asciinema.org/manual/asciicast/v2). What is
// typed is not part of it: it would hold passwords.
class Asciicast {
public:
    // `at`: Unix seconds.
    static std::string header(int columns, int rows, std::int64_t at, std::string_view title);
    // Any cut: a character that is not whole waits for its rest, what is no UTF-8 becomes U+FFFD. Empty when
    // there is nothing to write yet.
    std::string output(double seconds, std::string_view bytes);
    static std::string resized(double seconds, int columns, int rows);
    static std::string mark(double seconds, std::string_view label);

private:
    std::string m_rest; // at most three bytes
};

// Such lines in a file of mode 0600, written on a thread of its own. Thread-safe.
class Recording {
public:
    static constexpr std::uint64_t kMostBytes = 512U << 20U; // then it ends by itself
    static constexpr std::size_t kMostWaiting = 32U << 20U;  // for a disk that is slow; then too

    // `failed` is called on the recording's thread, once, with why it ended by itself.
    static Result<std::unique_ptr<Recording>> start(const std::string& path, int columns, int rows,
                                                    std::string_view title,
                                                    std::function<void(Error)> failed);
    virtual ~Recording() = default; // all is written by then
    virtual void output(std::string_view bytes) = 0;
    virtual void resized(int columns, int rows) = 0;
    virtual void mark(std::string_view label) = 0;
    virtual std::uint64_t bytes() const = 0;
};

} // namespace strata::console
