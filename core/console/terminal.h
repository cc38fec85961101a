// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A terminal without a window: bytes from a shell or a serial line go in, cells come out, keys become bytes.
// The emulation is libvterm's (xterm, 256 and true colour, alternate screen, mouse, bracketed paste).
namespace strata::console {

struct Color {
    enum class Kind : std::uint8_t { Default, Indexed, Rgb };
    Kind kind = Kind::Default;
    std::uint8_t red = 0; // or the index into the palette of 256
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    friend bool operator==(const Color&, const Color&) = default;
};

struct Cell {
    // A code point; 0 for an empty cell and for the second half of a wide one. With the top bit set, what
    // Terminal::text() knows: a character with combining marks.
    std::uint32_t glyph = 0;
    Color foreground;
    Color background;
    std::uint8_t width = 1;
    bool bold : 1 = false;
    bool italic : 1 = false;
    bool underline : 1 = false;
    bool strike : 1 = false;
    bool reverse : 1 = false;
    bool blink : 1 = false;

    friend bool operator==(const Cell&, const Cell&) = default;
};

// Lines count from the top of the screen; lines that have scrolled away are negative, -1 the newest of them.
struct Position {
    int line = 0;
    int column = 0;

    friend auto operator<=>(const Position&, const Position&) = default;
};

enum class Key {
    Enter,
    Tab,
    Backspace,
    Escape,
    Up,
    Down,
    Left,
    Right,
    Insert,
    Delete,
    Home,
    End,
    PageUp,
    PageDown,
    F1, // F2 … F12 follow
};

struct Modifiers {
    bool shift = false;
    bool alt = false;
    bool control = false;
};

enum class MouseMode { None, Click, Drag, Move };

// One thread. Everything that comes in is untrusted: whatever the bytes are, memory stays bounded, and what
// the terminal answers on its own (device status, cursor position) never contains what the stream said.
class Terminal {
public:
    static constexpr int kMostRows = 500;
    static constexpr int kMostColumns = 999; // what three digits can address

    Terminal(int rows, int columns, std::size_t scrollback = 10'000);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    std::function<void(std::string_view)> onOutput; // bytes for the other end
    std::function<void()> onBell;
    std::function<void(const std::string&)> onTitle; // cleaned

    void write(std::string_view bytes); // from the other end, any cut
    void resize(int rows, int columns);
    void clearScrollback();

    void press(Key key, Modifiers modifiers = {}, int function = 1); // function: of F1, which F-key
    void type(char32_t character, Modifiers modifiers = {});
    // Line breaks become Enter; control characters are dropped, so that a paste cannot end its own bracket.
    void paste(std::string_view utf8);
    void mouse(Position at, int button, bool pressed,
               Modifiers modifiers = {}); // 1 left … 3 right, 4, 5 wheel
    void mouseMove(Position at, Modifiers modifiers = {});

    int rows() const;
    int columns() const;
    int scrollback() const;                      // how many lines have scrolled away and are kept
    const Cell& cell(Position at) const;         // an empty one beyond the edges
    std::u32string text(const Cell& cell) const; // empty for an empty cell
    Position cursor() const;
    bool cursorVisible() const;
    bool alternateScreen() const;
    MouseMode mouseMode() const;

    // From `from` up to and without `to`, lines without the blanks at their ends; a line that reaches the
    // right edge goes on in the next without a break.
    std::string text(Position from, Position to) const;
    // The nearest match before (or after) `from`, ASCII case ignored; nothing when there is none.
    std::optional<Position> find(std::u32string_view needle, Position from, bool backwards) const;

    // Counts up with every change of what can be seen; lines scrolled away since the start, kept or not.
    std::uint64_t changes() const;
    std::uint64_t scrolled() const;

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

// The http or https address around a place of a line, empty when there is none: what a click may offer to
// open.
std::string linkAt(const Terminal& terminal, Position at);

} // namespace strata::console
