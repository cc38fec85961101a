// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace strata::kube {

// Cuts a watch's body into frames at line breaks, however the bytes arrive. A frame longer than `limit` is
// dropped (its bytes are not kept) and reading goes on behind its end. What follows the last line break is
// never a frame: a cut-off watch must not yield half an event.
class FrameSplitter {
public:
    static constexpr std::size_t kLimit = 16U << 20U; // as client-go's streaming serializer

    explicit FrameSplitter(std::size_t limit = kLimit) : m_limit(limit) {}

    // Calls `frame(text)` for each whole frame (empty lines are none) and `tooLong(bytes)` at the end of a
    // dropped one. The text is followed by 64 readable bytes in memory (simdjson's padding) and valid during
    // the call. Either callback returns false to stop; what is left of `bytes` is then dropped.
    using OnFrame = std::function<bool(std::string_view)>;
    using OnTooLong = std::function<bool(std::size_t)>;
    void feed(std::string_view bytes, const OnFrame& frame, const OnTooLong& tooLong);

    std::size_t pending() const { return m_buffer.size(); }
    void reset();

private:
    std::size_t m_limit;
    std::string m_buffer;
    std::size_t m_dropped = 0; // bytes of a frame that grew too long, 0 when none
};

} // namespace strata::kube
