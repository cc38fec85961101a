// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/terminal.h"

#include "core/base/text.h"

#include <vterm.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace strata::console {
namespace {

constexpr std::uint32_t kCombined = 0x80000000U;
constexpr std::size_t kMostCombined = 4096;
constexpr std::size_t kMostReply = 4096; // of what the terminal says on its own to one write()
constexpr std::size_t kMostTitle = 256;
constexpr std::size_t kMostString = 4096; // of one control string
constexpr std::size_t kMostSequence = 128;
constexpr std::size_t kMostPaste = 16U << 20U;

struct FreeTerm {
    void operator()(VTerm* term) const { vterm_free(term); }
};

// libvterm 0.1 gives a string, later ones pieces of it.
template<typename Value>
void take(std::string& title, const Value& value)
{
    if constexpr (std::is_pointer_v<Value>) {
        title = value == nullptr ? "" : std::string(value).substr(0, 4 * kMostTitle);
    } else {
        if (value.initial)
            title.clear();
        if (title.size() < 4 * kMostTitle)
            title.append(value.str, value.len);
    }
}

void appendUtf8(std::string& out, char32_t c)
{
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6U));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12U));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else if (c < 0x110000) {
        out += static_cast<char>(0xF0U | (c >> 18U));
        out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    }
}

VTermModifier modifiersOf(Modifiers modifiers)
{
    int out = VTERM_MOD_NONE;
    out |= modifiers.shift ? VTERM_MOD_SHIFT : 0;
    out |= modifiers.alt ? VTERM_MOD_ALT : 0;
    out |= modifiers.control ? VTERM_MOD_CTRL : 0;
    return static_cast<VTermModifier>(out);
}

Color colorOf(const VTermColor& color, bool foreground)
{
    Color out;
    if (foreground ? VTERM_COLOR_IS_DEFAULT_FG(&color) : VTERM_COLOR_IS_DEFAULT_BG(&color))
        return out;
    if (VTERM_COLOR_IS_INDEXED(&color)) {
        out.kind = Color::Kind::Indexed;
        out.red = color.indexed.idx;
    } else {
        out.kind = Color::Kind::Rgb;
        out.red = color.rgb.red;
        out.green = color.rgb.green;
        out.blue = color.rgb.blue;
    }
    return out;
}

// The answers an xterm gives to questions about itself: CSI, numbers, one of a few final letters. Whatever
// libvterm says beside them (it echoes parts of some requests) stays here: typed into a shell it would be a
// command of the stream's writer.
std::string harmlessReplies(std::string_view said)
{
    std::string out;
    std::size_t at = 0;
    while (at < said.size() && out.size() < kMostReply) {
        if (said.substr(at, 2) != "\x1b[") {
            ++at;
            continue;
        }
        std::size_t end = at + 2;
        while (end < said.size() &&
               std::string_view("0123456789;?>=$").find(said[end]) != std::string_view::npos)
            ++end;
        if (end < said.size() && std::string_view("cnRyIO").find(said[end]) != std::string_view::npos)
            out.append(said.substr(at, end + 1 - at));
        at = end;
    }
    return out;
}

// Keeps from libvterm what it does not survive: strings (OSC: titles and the like) are cut, since it copies
// them whole, a title even onto the stack; those that mean nothing here (DCS, APC, PM, SOS) do not go on at
// all, for it answers some of them and formats a length as text on the way; numbers of control sequences are
// cut to three digits (private modes: four), since it inserts as often as it is told; REP, which makes 0.1
// read a character that was never there, is written out. What is no UTF-8 becomes U+FFFD here, and a
// character goes on whole: one that breaks off makes 0.1 write beyond its buffer. Everything else passes
// unchanged.
class Guard {
public:
    // The bytes that may go on; valid until the next call.
    std::string_view pass(std::string_view bytes)
    {
        m_out.clear();
        for (const char c : bytes)
            take(static_cast<unsigned char>(c));
        return m_out;
    }

private:
    enum class State { Ground, Escape, Sequence, String, StringEscape };
    static constexpr const char* kUnknown = "\xef\xbf\xbd"; // U+FFFD

    void take(unsigned char c)
    {
        switch (m_state) {
        case State::Ground:
            if (c >= 0x80) {
                character(c);
                return;
            }
            breakOff();
            if (c == 0x1B) { // written when it is known what it begins
                m_state = State::Escape;
                return;
            }
            if (c >= 0x20)
                m_last = c < 0x7F ? static_cast<char>(c) : '\0';
            m_out += static_cast<char>(c);
            return;
        case State::Escape:
        case State::StringEscape:
            escape(c);
            return;
        case State::Sequence:
            sequence(c);
            return;
        case State::String:
            break;
        }
        if (c == 0x1B) {
            m_state = State::StringEscape;
            return;
        }
        if (m_silent) {
            if (c == 0x07 || c == 0x18 || c == 0x1A)
                m_state = State::Ground;
            return;
        }
        if (c == 0x07 || c == 0x18 || c == 0x1A) // BEL ends, CAN and SUB abort
            m_state = State::Ground;
        else if (++m_length > kMostString)
            return;
        m_out += static_cast<char>(c);
    }

    // A byte of a character beyond ASCII (RFC 3629, 4).
    void character(unsigned char c)
    {
        m_last = '\0';
        const bool inner = (c & 0xC0U) == 0x80U;
        if (!inner)
            breakOff();
        if (m_character.empty()) {
            m_wanted = c >= 0xC2 && c <= 0xDF   ? 2
                       : c >= 0xE0 && c <= 0xEF ? 3
                       : c >= 0xF0 && c <= 0xF4 ? 4
                                                : 0;
            if (m_wanted == 0)
                m_out += kUnknown;
            else
                m_character = static_cast<char>(c);
            return;
        }
        if (m_character.size() == 1) { // neither longer than needed, nor half a pair, nor beyond the last
            const auto first = static_cast<unsigned char>(m_character[0]);
            if ((first == 0xE0 && c < 0xA0) || (first == 0xED && c > 0x9F) || (first == 0xF0 && c < 0x90) ||
                (first == 0xF4 && c > 0x8F)) {
                breakOff();
                return;
            }
        }
        m_character += static_cast<char>(c);
        if (m_character.size() == m_wanted) {
            m_out += m_character;
            m_character.clear();
        }
    }

    void breakOff()
    {
        if (!m_character.empty())
            m_out += kUnknown;
        m_character.clear();
    }

    void escape(unsigned char c)
    {
        if (c >= 0x80) { // begins nothing
            if (m_state == State::StringEscape && !m_silent)
                m_out += "\x1b\\";
            m_state = State::Ground;
            character(c);
            return;
        }
        if (c < 0x20 && c != 0x1B) { // acts at once; what was begun goes on (but for CAN and SUB)
            if (m_state == State::StringEscape && !m_silent)
                m_out += "\x1b\\";
            m_state = c == 0x18 || c == 0x1A ? State::Ground : State::Escape;
            m_out += static_cast<char>(c);
            return;
        }
        if (c == 0x7F) // counts for nothing, there as here: what was begun goes on
            return;
        m_length = 0;
        if (c == '[') {
            m_sequence = "\x1b[";
            m_mostDigits = 3;
            m_state = State::Sequence;
            return;
        }
        if (c == 0x1B) {
            m_state = State::Escape;
            return;
        }
        m_silent = c == 'P' || c == '_' || c == '^' || c == 'X';
        m_state = c == ']' || m_silent ? State::String : State::Ground;
        if (!m_silent)
            (m_out += '\x1b') += static_cast<char>(c);
    }

    void sequence(unsigned char c)
    {
        if (c == 0x1B || c == 0x18 || c == 0x1A) { // abandoned
            m_state = c == 0x1B ? State::Escape : State::Ground;
        } else if (c < 0x20) {
            m_out += static_cast<char>(c); // controls act at once, in the middle of a sequence too
        } else if (c >= 0x40 && c <= 0x7E) {
            m_state = State::Ground;
            if (c == 'b')
                repeat();
            else if (m_sequence.size() < kMostSequence)
                (m_out += m_sequence) += static_cast<char>(c);
        } else if (c < 0x7F && m_sequence.size() < kMostSequence) {
            const bool digit = c >= '0' && c <= '9';
            m_length = digit ? m_length + 1 : 0;
            if (c == '?')
                m_mostDigits = 4;
            if (m_length <= m_mostDigits)
                m_sequence += static_cast<char>(c);
        }
    }

    void repeat()
    {
        const int count = std::atoi(m_sequence.c_str() + 2);
        if (m_last != '\0')
            m_out.append(static_cast<std::size_t>(std::clamp(count, 1, 999)), m_last);
    }

    State m_state = State::Ground;
    bool m_silent = false;    // of a string that does not go on
    std::size_t m_length = 0; // of the string, of the number
    std::size_t m_mostDigits = 3;
    char m_last = '\0';       // what REP repeats
    std::string m_character;  // what has come of one beyond ASCII
    std::size_t m_wanted = 0; // its bytes
    std::string m_sequence;
    std::string m_out;
};

const Cell& emptyCell()
{
    static const Cell cell;
    return cell;
}

char32_t folded(char32_t c)
{
    return c >= U'A' && c <= U'Z' ? c + 32 : c;
}

} // namespace

class Terminal::Private {
public:
    using Line = std::vector<Cell>;

    Terminal* q = nullptr;
    std::unique_ptr<VTerm, FreeTerm> term;
    VTermScreen* screen = nullptr;
    std::vector<Line> lines; // of the screen
    std::deque<Line> kept;   // oldest first, without the blanks at their ends
    std::size_t mostKept;
    std::vector<std::u32string> combined;
    std::unordered_map<std::string, std::uint32_t> combinedIndex;
    int firstDirty = 0;
    int lastDirty = -1;
    Position cursor;
    bool visible = true;
    bool alternate = false;
    MouseMode mouse = MouseMode::None;
    std::string title;
    std::uint64_t changes = 1;
    std::uint64_t scrolled = 0;
    bool reading = false; // inside write(): what libvterm says now is its own
    std::string said;
    Guard guard;

    explicit Private(std::size_t scrollback) : mostKept(scrollback) {}

    std::uint32_t combine(const std::uint32_t* chars)
    {
        std::string key;
        std::u32string text;
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && chars[i] != 0; ++i) {
            text += static_cast<char32_t>(chars[i]);
            appendUtf8(key, static_cast<char32_t>(chars[i]));
        }
        if (const auto found = combinedIndex.find(key); found != combinedIndex.end())
            return kCombined | found->second;
        if (combined.size() == kMostCombined)
            return chars[0]; // the marks are lost, the character is not
        const auto index = static_cast<std::uint32_t>(combined.size());
        combined.push_back(std::move(text));
        combinedIndex.emplace(std::move(key), index);
        return kCombined | index;
    }

    Cell convert(const VTermScreenCell& from)
    {
        Cell cell;
        if (from.chars[0] != 0 && from.chars[0] != static_cast<std::uint32_t>(-1))
            cell.glyph = from.chars[1] == 0 ? from.chars[0] : combine(from.chars);
        cell.width = static_cast<std::uint8_t>(from.width > 1 ? 2 : 1);
        cell.foreground = colorOf(from.fg, true);
        cell.background = colorOf(from.bg, false);
        cell.bold = from.attrs.bold != 0;
        cell.italic = from.attrs.italic != 0;
        cell.underline = from.attrs.underline != 0;
        cell.strike = from.attrs.strike != 0;
        cell.reverse = from.attrs.reverse != 0;
        cell.blink = from.attrs.blink != 0;
        return cell;
    }

    void dirty(int first, int last)
    {
        if (firstDirty > lastDirty) {
            firstDirty = first;
            lastDirty = last;
        } else {
            firstDirty = std::min(firstDirty, first);
            lastDirty = std::max(lastDirty, last);
        }
        ++changes;
    }

    // The cells that libvterm changed, read once after many bytes.
    void refresh()
    {
        vterm_screen_flush_damage(screen);
        int rows = 0;
        int columns = 0;
        vterm_get_size(term.get(), &rows, &columns);
        lines.resize(static_cast<std::size_t>(rows));
        for (int row = std::max(0, firstDirty); row <= std::min(lastDirty, rows - 1); ++row) {
            Line& line = lines[static_cast<std::size_t>(row)];
            line.assign(static_cast<std::size_t>(columns), Cell());
            for (int column = 0; column < columns; ++column) {
                VTermScreenCell cell = {};
                if (vterm_screen_get_cell(screen, {row, column}, &cell) != 0)
                    line[static_cast<std::size_t>(column)] = convert(cell);
            }
        }
        firstDirty = 0;
        lastDirty = -1;
        VTermPos at = {};
        vterm_state_get_cursorpos(vterm_obtain_state(term.get()), &at);
        cursor = {std::clamp(at.row, 0, rows - 1), std::clamp(at.col, 0, columns - 1)};
    }

    void feed(std::string_view bytes)
    {
        bytes = guard.pass(bytes);
        if (!bytes.empty())
            vterm_input_write(term.get(), bytes.data(), bytes.size());
    }

    static Private& of(void* user) { return *static_cast<Private*>(user); }

    static int onDamage(VTermRect rect, void* user)
    {
        of(user).dirty(rect.start_row, rect.end_row - 1);
        return 1;
    }
    static int onCursor(VTermPos to, VTermPos, int, void* user)
    {
        of(user).cursor = {to.row, to.col};
        ++of(user).changes;
        return 1;
    }
    static int onProperty(VTermProp property, VTermValue* value, void* user)
    {
        Private& d = of(user);
        ++d.changes;
        switch (property) {
        case VTERM_PROP_CURSORVISIBLE:
            d.visible = value->boolean != 0;
            return 1;
        case VTERM_PROP_ALTSCREEN:
            d.alternate = value->boolean != 0;
            return 1;
        case VTERM_PROP_MOUSE:
            d.mouse = static_cast<MouseMode>(std::clamp(value->number, 0, 3));
            return 1;
        case VTERM_PROP_TITLE:
            take(d.title, value->string);
            if (d.q->onTitle)
                d.q->onTitle(cleanText(d.title, kMostTitle));
            return 1;
        default:
            return 1;
        }
    }
    static int onRing(void* user)
    {
        if (of(user).q->onBell)
            of(user).q->onBell();
        return 1;
    }
    static int onPush(int columns, const VTermScreenCell* cells, void* user)
    {
        Private& d = of(user);
        ++d.scrolled;
        ++d.changes;
        if (d.mostKept == 0)
            return 1;
        Line line;
        line.reserve(static_cast<std::size_t>(columns));
        for (int i = 0; i < columns; ++i)
            line.push_back(d.convert(cells[i]));
        while (!line.empty() && line.back() == Cell())
            line.pop_back();
        line.shrink_to_fit();
        d.kept.push_back(std::move(line));
        if (d.kept.size() > d.mostKept)
            d.kept.pop_front();
        return 1;
    }
    static void write(const char* bytes, std::size_t size, void* user)
    {
        Private& d = of(user);
        if (d.reading) {
            if (d.said.size() < 4 * kMostReply)
                d.said.append(bytes, size);
        } else if (d.q->onOutput) {
            d.q->onOutput({bytes, size});
        }
    }
};

Terminal::Terminal(int rows, int columns, std::size_t scrollback) : m_d(std::make_unique<Private>(scrollback))
{
    Private& d = *m_d;
    d.q = this;
    d.term.reset(vterm_new(std::clamp(rows, 1, kMostRows), std::clamp(columns, 2, kMostColumns)));
    vterm_set_utf8(d.term.get(), 1);
    vterm_output_set_callback(d.term.get(), &Private::write, &d);
    d.screen = vterm_obtain_screen(d.term.get());
    static const VTermScreenCallbacks callbacks = [] {
        VTermScreenCallbacks all = {};
        all.damage = &Private::onDamage;
        all.movecursor = &Private::onCursor;
        all.settermprop = &Private::onProperty;
        all.bell = &Private::onRing;
        all.sb_pushline = &Private::onPush;
        return all;
    }();
    vterm_screen_set_callbacks(d.screen, &callbacks, &d);
    vterm_screen_enable_altscreen(d.screen, 1);
    vterm_screen_set_damage_merge(d.screen, VTERM_DAMAGE_SCROLL);
    d.reading = true; // a reset says nothing, and if it did it would be its own
    vterm_screen_reset(d.screen, 1);
    d.reading = false;
    d.said.clear();
    d.dirty(0, this->rows() - 1);
    d.refresh();
}

Terminal::~Terminal() = default;

void Terminal::write(std::string_view bytes)
{
    Private& d = *m_d;
    d.reading = true;
    d.feed(bytes);
    d.reading = false;
    d.refresh();
    const std::string replies = harmlessReplies(d.said);
    d.said.clear();
    if (!replies.empty() && onOutput)
        onOutput(replies);
}

void Terminal::resize(int rows, int columns)
{
    Private& d = *m_d;
    rows = std::clamp(rows, 1, kMostRows);
    columns = std::clamp(columns, 2, kMostColumns);
    if (rows == this->rows() && columns == this->columns())
        return;
    d.reading = true;
    vterm_set_size(d.term.get(), rows, columns);
    d.reading = false;
    d.said.clear();
    d.dirty(0, rows - 1);
    d.refresh();
}

void Terminal::clearScrollback()
{
    m_d->kept.clear();
    ++m_d->changes;
}

void Terminal::press(Key key, Modifiers modifiers, int function)
{
    static constexpr std::array keys = {
        VTERM_KEY_ENTER, VTERM_KEY_TAB,  VTERM_KEY_BACKSPACE, VTERM_KEY_ESCAPE,  VTERM_KEY_UP,
        VTERM_KEY_DOWN,  VTERM_KEY_LEFT, VTERM_KEY_RIGHT,     VTERM_KEY_INS,     VTERM_KEY_DEL,
        VTERM_KEY_HOME,  VTERM_KEY_END,  VTERM_KEY_PAGEUP,    VTERM_KEY_PAGEDOWN};
    const auto index = static_cast<std::size_t>(key);
    const VTermKey code = index < keys.size()
                              ? keys[index]
                              : static_cast<VTermKey>(VTERM_KEY_FUNCTION_0 + std::clamp(function, 1, 12));
    vterm_keyboard_key(m_d->term.get(), code, modifiersOf(modifiers));
}

void Terminal::type(char32_t character, Modifiers modifiers)
{
    vterm_keyboard_unichar(m_d->term.get(), static_cast<std::uint32_t>(character), modifiersOf(modifiers));
}

void Terminal::paste(std::string_view utf8)
{
    std::string clean;
    clean.reserve(utf8.size());
    utf8 = utf8.substr(0, kMostPaste);
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto c = static_cast<unsigned char>(utf8[i]);
        if (c == '\r' && i + 1 < utf8.size() && utf8[i + 1] == '\n')
            continue;
        if (c == '\n' || c == '\r')
            clean += '\r';
        else if (c == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0)
            ++i; // C1, as UTF-8
        else if (c == '\t' || (c >= 0x20 && c != 0x7F))
            clean += utf8[i];
    }
    if (clean.empty())
        return;
    vterm_keyboard_start_paste(m_d->term.get());
    if (onOutput)
        onOutput(clean);
    vterm_keyboard_end_paste(m_d->term.get());
}

void Terminal::mouse(Position at, int button, bool pressed, Modifiers modifiers)
{
    if (m_d->mouse == MouseMode::None)
        return;
    vterm_mouse_move(m_d->term.get(), at.line, at.column, modifiersOf(modifiers));
    vterm_mouse_button(m_d->term.get(), button, pressed, modifiersOf(modifiers));
}

void Terminal::mouseMove(Position at, Modifiers modifiers)
{
    if (m_d->mouse != MouseMode::None)
        vterm_mouse_move(m_d->term.get(), at.line, at.column, modifiersOf(modifiers));
}

int Terminal::rows() const
{
    int rows = 0;
    int columns = 0;
    vterm_get_size(m_d->term.get(), &rows, &columns);
    return rows;
}

int Terminal::columns() const
{
    int rows = 0;
    int columns = 0;
    vterm_get_size(m_d->term.get(), &rows, &columns);
    return columns;
}

int Terminal::scrollback() const
{
    return static_cast<int>(m_d->kept.size());
}

const Cell& Terminal::cell(Position at) const
{
    const Private& d = *m_d;
    const Private::Line* line = nullptr;
    if (at.line >= 0 && at.line < static_cast<int>(d.lines.size()))
        line = &d.lines[static_cast<std::size_t>(at.line)];
    else if (at.line < 0 && -at.line <= static_cast<int>(d.kept.size()))
        line = &d.kept[d.kept.size() - static_cast<std::size_t>(-at.line)];
    if (line == nullptr || at.column < 0 || at.column >= static_cast<int>(line->size()))
        return emptyCell();
    return (*line)[static_cast<std::size_t>(at.column)];
}

std::u32string Terminal::text(const Cell& cell) const
{
    if (cell.glyph == 0)
        return {};
    if ((cell.glyph & kCombined) == 0)
        return std::u32string(1, static_cast<char32_t>(cell.glyph));
    const std::uint32_t index = cell.glyph & ~kCombined;
    return index < m_d->combined.size() ? m_d->combined[index] : std::u32string();
}

Position Terminal::cursor() const
{
    return m_d->cursor;
}

bool Terminal::cursorVisible() const
{
    return m_d->visible;
}

bool Terminal::alternateScreen() const
{
    return m_d->alternate;
}

MouseMode Terminal::mouseMode() const
{
    return m_d->mouse;
}

std::string Terminal::text(Position from, Position to) const
{
    std::string out;
    const int last = columns();
    from.line = std::max(from.line, -scrollback());
    to.line = std::min(to.line, rows());
    for (int line = from.line; line <= to.line; ++line) {
        std::string row;
        std::size_t solid = 0; // up to the last cell that is no blank
        const int begin = line == from.line ? std::max(0, from.column) : 0;
        const int end = line == to.line ? std::min(to.column, last) : last;
        for (int column = begin; column < end; ++column) {
            const Cell& at = cell({line, column});
            const std::u32string glyph = text(at);
            if (glyph.empty() && column > 0 && cell({line, column - 1}).width == 2)
                continue;
            for (const char32_t c : glyph)
                appendUtf8(row, c);
            if (glyph.empty())
                row += ' ';
            else if (glyph != U" ")
                solid = row.size();
        }
        row.resize(solid);
        out += row;
        const bool goesOn = cell({line, last - 1}).glyph != 0 && cell({line, last - 1}).glyph != ' ';
        if (line < to.line && !goesOn)
            out += '\n';
    }
    return out;
}

std::optional<Position> Terminal::find(std::u32string_view needle, Position from, bool backwards) const
{
    if (needle.empty())
        return std::nullopt;
    const int width = columns();
    const int step = backwards ? -1 : 1;
    for (int line = from.line; line >= -scrollback() && line < rows(); line += step) {
        const int first = backwards ? (line == from.line ? from.column - 1 : width - 1)
                                    : (line == from.line ? from.column + 1 : 0);
        for (int column = first; column >= 0 && column < width; column += step) {
            std::size_t matched = 0;
            for (int at = column; matched < needle.size() && at < width; ++at) {
                const Cell& here = cell({line, at});
                const std::u32string glyph = text(here);
                const char32_t c = glyph.empty() ? U' ' : glyph[0];
                if (folded(c) != folded(needle[matched]))
                    break;
                ++matched;
                if (here.width == 2)
                    ++at;
            }
            if (matched == needle.size())
                return Position{line, column};
        }
    }
    return std::nullopt;
}

std::uint64_t Terminal::changes() const
{
    return m_d->changes;
}

std::uint64_t Terminal::scrolled() const
{
    return m_d->scrolled;
}

std::string linkAt(const Terminal& terminal, Position at)
{
    // The line as one byte a cell; anything that is not plain ASCII ends an address (look-alikes stay out).
    std::string line;
    for (int column = 0; column < terminal.columns(); ++column) {
        const std::uint32_t glyph = terminal.cell({at.line, column}).glyph;
        line += glyph > 0x20 && glyph < 0x7F ? static_cast<char>(glyph) : ' ';
    }
    const std::string_view ends = " \"'<>`{}|\\^";
    std::size_t begin = 0;
    for (;;) {
        const std::size_t plain = line.find("http://", begin);
        const std::size_t secure = line.find("https://", begin);
        begin = std::min(plain, secure);
        if (begin == std::string::npos)
            return {};
        std::size_t end = std::min(line.find_first_of(ends, begin), line.size());
        while (end > begin && std::string_view(".,;:!?)]").find(line[end - 1]) != std::string_view::npos)
            --end;
        const auto column = static_cast<std::size_t>(std::max(0, at.column));
        if (column >= begin && column < end) {
            const std::string link = line.substr(begin, end - begin);
            return link.size() > std::string_view("https://").size() ? link : std::string();
        }
        begin = std::max(end, begin + 1);
    }
}

} // namespace strata::console
