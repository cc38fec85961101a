// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/screen/wire.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata::console {

// Lets through of an RFB server's bytes (RFC 6143) what was asked for, and nothing else: no way in but the
// one without a password, Raw, CopyRect, ZRLE, pointers and new sizes, each within the screen. libvncclient
// would decode whatever a server sends, asked for or not; its decoders of all other encodings, messages and
// security types stay out of reach. Decodes nothing and keeps nothing but a head of a few bytes; one thread.
class RfbGate {
public:
    static constexpr std::uint32_t kMostClipboard = 256U << 10U; // bytes; a longer text is left out
    static constexpr std::uint32_t kMostName = 64U << 10U;

    // Takes what the server said, cut anywhere; what may go on is appended to `out`. False: it is over.
    bool pass(std::string_view bytes, std::string& out);

    wire::Reason reason() const { return m_reason; }     // once it is over
    const std::string& words() const { return m_words; } // why; may hold the server's own, at most 512 bytes

private:
    enum class Expects {
        Version,
        SecurityType,  // 3.3: the server's choice
        SecurityCount, // 3.7 and later: of what it offers
        SecurityTypes,
        SecurityResult,
        ReasonLength,
        Reason,
        Init,
        Message,
        Update,
        Rectangle,
        CopyFrom,
        ZrleLength,
        Screens,
        Clipboard,
    };
    struct Rectangle {
        std::uint32_t x = 0;
        std::uint32_t y = 0;
        std::uint32_t width = 0;
        std::uint32_t height = 0;
    };

    bool take(std::string_view head, std::string& out);
    bool takeVersion(std::string_view head, std::string& out);
    bool takeRectangle(std::string_view head, std::string& out);
    bool takeSize(std::uint32_t width, std::uint32_t height);
    bool within(const Rectangle& place) const;
    void expect(Expects what, std::size_t bytes);
    void nextRectangle();
    bool refuse(std::string words, wire::Reason reason = wire::Reason::Protocol);

    Expects m_expects = Expects::Version;
    std::size_t m_need = 12;  // bytes of the head that is expected
    std::string m_head;       // what of it has come
    std::uint64_t m_copy = 0; // bytes that go through as they are, before the next head
    std::uint64_t m_skip = 0; // bytes that do not
    int m_minor = 0;          // of the version that is spoken
    std::uint32_t m_width = 0;
    std::uint32_t m_height = 0;
    std::uint32_t m_rectangles = 0; // left in an update
    Rectangle m_place;              // the one that is read
    bool m_over = false;
    wire::Reason m_reason = wire::Reason::Closed;
    std::string m_words;
};

} // namespace strata::console
