// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// What a screen and its decoder's process say to each other: one struct a message over a SOCK_SEQPACKET
// socket, both ends of the same build. The decoder is believed nothing: see screen.cpp.
namespace strata::console::wire {

inline constexpr std::int64_t kMostPixels = 64 * 1024 * 1024;
inline constexpr std::size_t kMostText = 64U << 10U; // of a clipboard, bytes
inline constexpr int kMostCursor = 96;               // pixels each way

enum class What : std::uint32_t {
    // from the decoder
    Size = 1, // a, b: width and height; a memfd comes with it, sealed against shrinking
    Update,   // a, b, c, d: x, y, width, height
    Bell,
    Text,   // `length` bytes of the guest's clipboard follow the struct
    Ended,  // a: a Reason; `length` bytes of words follow
    Cursor, // a, b: width and height, c, d: the hot spot; a * b pixels 0xAARRGGBB follow
    // to the decoder
    Key,     // a: an X11 keysym, b: 1 pressed, 0 released
    Pointer, // a, b: x, y; c: the buttons' mask
    Refresh, // all of it again
    Paste,   // `length` bytes follow
    Resize,  // a, b: the width and height that are wished for
};

enum class Reason : std::int32_t { Closed, TooLarge, Protocol };

struct Message {
    What what = What::Size;
    std::int32_t a = 0;
    std::int32_t b = 0;
    std::int32_t c = 0;
    std::int32_t d = 0;
    std::uint32_t length = 0;
};

// Where the decoder finds its two sockets.
inline constexpr int kRfbFd = 3;
inline constexpr int kControlFd = 4;
inline constexpr const char* kCommand = "screen-decoder"; // of the program

} // namespace strata::console::wire
