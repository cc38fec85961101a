// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/screen/wire.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct _rfbClient;

namespace strata::console {

// What an RFB server's messages come to.
class RfbSink {
public:
    virtual ~RfbSink() = default;
    // Memory for a picture of 32 bits a pixel (0x00RRGGBB), within wire::kMostPixels; stays until the next
    // call and the end. Null: there is none.
    virtual std::uint8_t* onSize(int width, int height) = 0;
    virtual void onUpdate(int x, int y, int width, int height) = 0; // within the picture
    virtual void onBell() = 0;
    virtual void onText(std::string_view latin1) = 0; // the guest's clipboard, at most wire::kMostText bytes
    // The pointer's shape, 0xAARRGGBB; no larger than wire::kMostCursor each way. Empty: the usual arrow.
    virtual void onCursor(int width, int height, int hotX, int hotY,
                          const std::vector<std::uint32_t>& pixels) = 0;
};

// Reads RFB from a socket with libvncclient, within bounds of ours: every rectangle it draws is checked
// against the picture here, too, whatever the library thinks. Blocking; one thread; for the decoder's process
// and for tests, never for the program itself: the library has had its faults.
class RfbReader {
public:
    RfbReader(int fd, RfbSink& sink); // takes the descriptor
    ~RfbReader();
    RfbReader(const RfbReader&) = delete;
    RfbReader& operator=(const RfbReader&) = delete;

    bool begin();         // version, security, the first request; false: it has ended
    bool next();          // one message of the server's; false: it has ended
    bool hasMore() const; // bytes that were read already

    wire::Reason reason() const { return m_reason; } // once it has ended
    const std::string& words() const { return m_words; }

    void key(std::uint32_t keysym, bool pressed);
    void pointer(int x, int y, int buttons);
    void refresh();
    void paste(std::string_view latin1);
    void resize(int width, int height); // asks for it; the server may not

private:
    struct Calls;
    bool within(int x, int y, int width, int height) const;
    bool end(wire::Reason reason, std::string_view words);

    RfbSink& m_sink;
    _rfbClient* m_client = nullptr;
    std::uint8_t* m_pixels = nullptr;
    int m_width = 0;
    int m_height = 0;
    bool m_agreed = false; // on pixels and encodings
    bool m_over = false;
    wire::Reason m_reason = wire::Reason::Closed;
    std::string m_words;
    int m_left = 0; // one rectangle around all that an update changed
    int m_top = 0;
    int m_right = 0;
    int m_bottom = 0;
};

} // namespace strata::console
