// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/console/session.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strata::console {

// A picture that the decoder's process writes and we read: 32 bits a pixel, 0x00RRGGBB, rows without gaps.
// Stays readable for as long as it is held, whatever becomes of the decoder.
class Picture {
public:
    Picture(const std::uint8_t* pixels, std::size_t size, int width, int height)
        : m_pixels(pixels), m_size(size), m_width(width), m_height(height)
    {}
    ~Picture();
    Picture(const Picture&) = delete;
    Picture& operator=(const Picture&) = delete;

    const std::uint8_t* pixels() const { return m_pixels; }
    int width() const { return m_width; }
    int height() const { return m_height; }

private:
    const std::uint8_t* m_pixels;
    std::size_t m_size;
    int m_width;
    int m_height;
};

// Hears of one screen on its own thread; must not block.
class ScreenHandler {
public:
    virtual ~ScreenHandler() = default;
    virtual void onPicture(std::shared_ptr<const Picture> picture) = 0; // first, and when its size changes
    virtual void onUpdate(int x, int y, int width, int height) = 0;     // within the picture
    virtual void onBell() = 0;
    virtual void onText(const std::string& text) = 0; // the guest's clipboard, cleaned; Latin-1 on the wire
    // The pointer's shape, 0xAARRGGBB; without pixels the usual arrow.
    virtual void onCursor(int /*width*/, int /*height*/, int /*hotX*/, int /*hotY*/,
                          const std::vector<std::uint32_t>& /*pixels*/)
    {}
    virtual void onEnd(SessionEnd end) = 0; // once, last
};

// An RFB screen whose bytes come through a session and are decoded in a process of their own, so that a
// hostile server or a fault in the library costs this screen only. Methods from any thread, none blocks; the
// destructor ends the process and waits for its own thread.
class Screen {
public:
    using Opener = std::function<Result<std::unique_ptr<Session>>(std::shared_ptr<SessionHandler> handler)>;

    // `program` is run with wire::kCommand as its only argument: this program, which knows it.
    static Result<std::unique_ptr<Screen>> start(const std::string& program, const Opener& opener,
                                                 std::shared_ptr<ScreenHandler> handler);
    virtual ~Screen() = default;

    virtual void key(std::uint32_t keysym, bool pressed) = 0;
    virtual void pointer(int x, int y, unsigned buttons) = 0; // bit 0 left, 1 middle, 2 right, 3 and 4 wheel
    virtual void refresh() = 0;
    virtual void resize(int width, int height) = 0; // asks the guest for another size; not all can
    virtual void paste(std::string_view text) = 0; // into the guest's clipboard; Latin-1, the rest is dropped
    virtual int decoder() const = 0;               // its process id
};

} // namespace strata::console
