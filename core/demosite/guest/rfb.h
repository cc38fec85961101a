// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/demosite/guest/process.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace strata::demosite {

// A guest's screen: 80 by 25 cells of 8 by 16 pixels, as a VGA console shows them. Printing scrolls; a line
// of cells that changed is marked.
class TextScreen {
public:
    static constexpr int kColumns = 80;
    static constexpr int kRows = 25;
    static constexpr int kCellWidth = 8;
    static constexpr int kCellHeight = 16;
    static constexpr int kWidth = kColumns * kCellWidth;
    static constexpr int kHeight = kRows * kCellHeight;

    TextScreen();
    void print(std::string_view text);       // with the usual control characters and colours (SGR)
    void blink();                            // shows or hides the cursor
    std::uint32_t pixel(int x, int y) const; // 0xRRGGBB
    std::uint64_t rowVersion(int row) const { return m_versions[static_cast<std::size_t>(row)]; }
    std::uint64_t version() const { return m_version; }
    std::string rowText(int row) const; // without trailing blanks

private:
    struct Cell {
        char text = ' ';
        std::uint8_t colour = 7;
    };
    void touch(int row);
    void newLine();
    void sequence(char final);

    std::array<std::array<Cell, kColumns>, kRows> m_cells{};
    std::array<std::uint64_t, kRows> m_versions{};
    std::uint64_t m_version = 1;
    int m_row = 0;
    int m_column = 0;
    std::uint8_t m_colour = 7;
    bool m_cursor = true;
    std::string m_escape; // a control sequence that has begun
};

// What a guest shows and understands at its screen and keyboard.
class GuestScreen {
public:
    GuestScreen(Machine machine, Clock clock, bool paused);

    const TextScreen& text() const { return m_text; }
    void key(std::uint32_t keysym, bool down); // X11 keysyms
    void tick();
    std::chrono::milliseconds patience() const;
    std::string png() const;

private:
    TextScreen m_text;
    GuestTerminal m_terminal;
    Clock m_clock;
    bool m_paused;
    bool m_control = false;
    UnixMs m_blinked = 0;
};

// The server's side of RFB 3.8 (RFC 6143) without authentication: raw rectangles of the lines that changed,
// in the client's pixel format, and only when it asked.
class RfbServer {
public:
    explicit RfbServer(GuestScreen& screen);

    bool feed(std::string_view bytes); // false: the client speaks something else
    void tick();                       // answers a waiting request when something changed
    std::string take();

private:
    enum class Stage { Version, Security, Init, Normal };
    struct Format {
        unsigned bits = 32;
        bool bigEndian = false;
        unsigned max[3] = {255, 255, 255}; // red, green, blue
        unsigned shift[3] = {16, 8, 0};
    };
    bool message(); // true: one was taken from m_in
    void update();
    void pixel(std::string& out, std::uint32_t rgb) const;

    GuestScreen& m_screen;
    Stage m_stage = Stage::Version;
    Format m_format;
    std::string m_in;
    std::string m_out;
    bool m_failed = false;
    bool m_asked = false; // an update request waits
    bool m_whole = false; // and wants everything
    std::array<std::uint64_t, TextScreen::kRows> m_sent{};
};

// A PNG of 8-bit RGB rows (no filter); `rgb` is width * height * 3 bytes.
std::string encodePng(int width, int height, const std::string& rgb);

// 16 bytes a character from ' ' to '~', one a row, the leftmost pixel in the highest bit.
extern const unsigned char kScreenFont[95][16];

} // namespace strata::demosite
