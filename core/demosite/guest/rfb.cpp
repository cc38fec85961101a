// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/guest/rfb.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>

namespace strata::demosite {
namespace {

constexpr std::uint32_t kColours[16] = {0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA,
                                        0x00AAAA, 0xAAAAAA, 0x555555, 0xFF5555, 0x55FF55, 0xFFFF55,
                                        0x5555FF, 0xFF55FF, 0x55FFFF, 0xFFFFFF};
constexpr UnixMs kBlink = 500;
constexpr std::size_t kMaxCutText = 1U << 20U;

void put(std::string& out, std::uint32_t value, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; --i)
        out += static_cast<char>(value >> (8 * (i - 1)) & 0xFFU);
}

std::uint32_t get(const std::string& bytes, std::size_t at, unsigned count)
{
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i)
        value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

void chunk(std::string& out, const char* type, const std::string& data)
{
    put(out, static_cast<std::uint32_t>(data.size()), 4);
    const std::string body = type + data;
    out += body;
    put(out,
        static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))),
        4);
}

} // namespace

std::string encodePng(int width, int height, const std::string& rgb)
{
    const auto line = static_cast<std::size_t>(width) * 3;
    std::string rows;
    rows.reserve((line + 1) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        rows += '\0'; // no filter
        rows.append(rgb, static_cast<std::size_t>(y) * line, line);
    }
    uLongf size = compressBound(static_cast<uLong>(rows.size()));
    std::string packed(size, '\0');
    compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
             static_cast<uLong>(rows.size()));
    packed.resize(size);
    std::string head;
    put(head, static_cast<std::uint32_t>(width), 4);
    put(head, static_cast<std::uint32_t>(height), 4);
    head += std::string("\x08\x02\x00\x00\x00", 5); // 8 bits, RGB
    std::string out = "\x89PNG\r\n\x1a\n";
    chunk(out, "IHDR", head);
    chunk(out, "IDAT", packed);
    chunk(out, "IEND", {});
    return out;
}

TextScreen::TextScreen()
{
    m_versions.fill(1);
}

void TextScreen::touch(int row)
{
    m_versions[static_cast<std::size_t>(row)] = ++m_version;
}

void TextScreen::newLine()
{
    touch(m_row);
    if (++m_row < kRows) {
        touch(m_row);
        return;
    }
    m_row = kRows - 1;
    std::move(m_cells.begin() + 1, m_cells.end(), m_cells.begin());
    m_cells.back().fill(Cell());
    for (int row = 0; row < kRows; ++row)
        touch(row);
}

void TextScreen::sequence(char final)
{
    if (final == 'J') {
        for (int row = 0; row < kRows; ++row) {
            m_cells[static_cast<std::size_t>(row)].fill(Cell());
            touch(row);
        }
    } else if (final == 'H') {
        touch(m_row);
        m_row = 0;
        m_column = 0;
        touch(m_row);
    } else if (final == 'm') {
        bool bold = false;
        std::string_view rest = std::string_view(m_escape).substr(1);
        while (true) {
            int number = 0;
            const std::size_t end = rest.find(';');
            const std::string_view part = rest.substr(0, end);
            std::from_chars(part.data(), part.data() + part.size(), number);
            if (number == 0)
                m_colour = 7;
            else if (number == 1)
                bold = true;
            else if (number >= 30 && number <= 37)
                m_colour = static_cast<std::uint8_t>(number - 30);
            if (end == std::string_view::npos)
                break;
            rest = rest.substr(end + 1);
        }
        if (bold && m_colour < 8)
            m_colour = static_cast<std::uint8_t>(m_colour + 8);
    }
}

void TextScreen::print(std::string_view text)
{
    for (const char c : text) {
        if (!m_escape.empty()) {
            if (m_escape == "\x1b") {
                m_escape = c == '[' ? "[" : "";
            } else if (c >= '@' && c <= '~') {
                sequence(c);
                m_escape.clear();
            } else if (m_escape.size() < 32) {
                m_escape += c;
            }
            continue;
        }
        switch (c) {
        case '\x1b':
            m_escape = "\x1b";
            break;
        case '\r':
            m_column = 0;
            touch(m_row);
            break;
        case '\n':
            newLine();
            break;
        case '\b':
            m_column = std::max(m_column - 1, 0);
            touch(m_row);
            break;
        default:
            if (static_cast<unsigned char>(c) < 32)
                break;
            if (m_column == kColumns) {
                m_column = 0;
                newLine();
            }
            m_cells[static_cast<std::size_t>(m_row)][static_cast<std::size_t>(m_column)] = {
                c >= ' ' && c <= '~' ? c : '?', m_colour};
            ++m_column;
            touch(m_row);
        }
    }
}

void TextScreen::blink()
{
    m_cursor = !m_cursor;
    touch(m_row);
}

std::uint32_t TextScreen::pixel(int x, int y) const
{
    const int row = y / kCellHeight;
    const int column = x / kCellWidth;
    const Cell& cell = m_cells[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
    const int line = y % kCellHeight;
    if (m_cursor && row == m_row && column == std::min(m_column, kColumns - 1) && line >= 13 && line <= 14)
        return kColours[7];
    const unsigned char bits = kScreenFont[cell.text - ' '][line];
    return (bits >> (7 - x % kCellWidth) & 1U) != 0 ? kColours[cell.colour] : kColours[0];
}

std::string TextScreen::rowText(int row) const
{
    std::string out;
    for (const Cell& cell : m_cells[static_cast<std::size_t>(row)])
        out += cell.text;
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

GuestScreen::GuestScreen(Machine machine, Clock clock, bool paused)
    : m_terminal(machine, clock, false), m_clock(clock), m_paused(paused)
{
    if (paused) {
        // What it showed when its clock stopped: everything until then, and nothing after.
        GuestTerminal before(std::move(machine), std::move(clock), false);
        m_text.print(before.start());
        return;
    }
    m_text.print(m_terminal.start());
    m_blinked = m_clock();
}

void GuestScreen::key(std::uint32_t keysym, bool down)
{
    constexpr std::uint32_t controlLeft = 0xFFE3;
    constexpr std::uint32_t controlRight = 0xFFE4;
    if (keysym == controlLeft || keysym == controlRight) {
        m_control = down;
        return;
    }
    if (!down || m_paused)
        return;
    char c = 0;
    if (keysym == 0xFF0D || keysym == 0xFF8D) // Return, keypad Enter
        c = '\r';
    else if (keysym == 0xFF08)
        c = '\x7f';
    else if (keysym == 0xFF09)
        c = '\t';
    else if (keysym >= 0x20 && keysym <= 0x7E)
        c = static_cast<char>(keysym);
    else
        return;
    if (m_control && c >= '@')
        c = static_cast<char>(c & 0x1F);
    m_text.print(m_terminal.input(std::string_view(&c, 1)));
}

void GuestScreen::tick()
{
    if (m_paused)
        return;
    m_text.print(m_terminal.tick());
    if (m_clock() - m_blinked >= kBlink) {
        m_blinked = m_clock();
        m_text.blink();
    }
}

std::chrono::milliseconds GuestScreen::patience() const
{
    return m_paused ? std::chrono::milliseconds(1000)
                    : std::min<std::chrono::milliseconds>(m_terminal.patience(),
                                                          std::chrono::milliseconds(kBlink));
}

std::string GuestScreen::png() const
{
    std::string rgb;
    rgb.reserve(static_cast<std::size_t>(TextScreen::kWidth) * TextScreen::kHeight * 3);
    for (int y = 0; y < TextScreen::kHeight; ++y) {
        for (int x = 0; x < TextScreen::kWidth; ++x)
            put(rgb, m_text.pixel(x, y), 3);
    }
    return encodePng(TextScreen::kWidth, TextScreen::kHeight, rgb);
}

RfbServer::RfbServer(GuestScreen& screen) : m_screen(screen), m_out("RFB 003.008\n") {}

bool RfbServer::feed(std::string_view bytes)
{
    m_in += bytes;
    while (!m_failed && message()) {
    }
    if (!m_failed)
        tick();
    return !m_failed;
}

bool RfbServer::message()
{
    const auto take = [this](std::size_t size) { m_in.erase(0, size); };
    switch (m_stage) {
    case Stage::Version:
        if (m_in.size() < 12)
            return false;
        m_failed = m_in.rfind("RFB 003.", 0) != 0;
        take(12);
        m_out += std::string("\x01\x01", 2); // one security type: none
        m_stage = Stage::Security;
        return true;
    case Stage::Security:
        if (m_in.empty())
            return false;
        m_failed = m_in[0] != 1;
        take(1);
        put(m_out, 0, 4); // fine
        m_stage = Stage::Init;
        return true;
    case Stage::Init: {
        if (m_in.empty())
            return false;
        take(1); // shared or not: there is one client anyway
        put(m_out, TextScreen::kWidth, 2);
        put(m_out, TextScreen::kHeight, 2);
        m_out += std::string("\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00", 16);
        const std::string name = "QEMU";
        put(m_out, static_cast<std::uint32_t>(name.size()), 4);
        m_out += name;
        m_stage = Stage::Normal;
        return true;
    }
    case Stage::Normal:
        break;
    }
    if (m_in.empty())
        return false;
    switch (m_in[0]) {
    case 0: { // SetPixelFormat
        if (m_in.size() < 20)
            return false;
        Format format;
        format.bits = static_cast<unsigned char>(m_in[4]);
        format.bigEndian = m_in[6] != 0;
        for (std::size_t i = 0; i < 3; ++i) {
            format.max[i] = get(m_in, 8 + 2 * i, 2);
            format.shift[i] = static_cast<unsigned char>(m_in[14 + i]);
        }
        const bool good = (format.bits == 8 || format.bits == 16 || format.bits == 32) && m_in[7] != 0 &&
                          std::all_of(std::begin(format.shift), std::end(format.shift),
                                      [](unsigned shift) { return shift < 32; });
        m_failed = !good; // palettes went out of use long ago
        m_format = format;
        m_sent.fill(0);
        take(20);
        return true;
    }
    case 2: { // SetEncodings: raw is always allowed
        if (m_in.size() < 4)
            return false;
        const std::size_t size = 4 + std::size_t{get(m_in, 2, 2)} * 4;
        if (m_in.size() < size)
            return false;
        take(size);
        return true;
    }
    case 3: // FramebufferUpdateRequest
        if (m_in.size() < 10)
            return false;
        m_asked = true;
        m_whole = m_whole || m_in[1] == 0;
        take(10);
        return true;
    case 4: // KeyEvent
        if (m_in.size() < 8)
            return false;
        m_screen.key(get(m_in, 4, 4), m_in[1] != 0);
        take(8);
        return true;
    case 5: // PointerEvent: a text console has no use for it
        if (m_in.size() < 6)
            return false;
        take(6);
        return true;
    case 6: { // ClientCutText
        if (m_in.size() < 8)
            return false;
        const std::size_t size = get(m_in, 4, 4);
        if (size > kMaxCutText) {
            m_failed = true;
            return false;
        }
        if (m_in.size() < 8 + size)
            return false;
        take(8 + size);
        return true;
    }
    case '\xfb': { // SetDesktopSize: a text console has one size; whoever asks is not told why
        if (m_in.size() < 8)
            return false;
        const std::size_t size = 8 + std::size_t{get(m_in, 6, 1)} * 16;
        if (m_in.size() < size)
            return false;
        take(size);
        return true;
    }
    default:
        m_failed = true;
        return false;
    }
}

void RfbServer::tick()
{
    if (m_asked && m_stage == Stage::Normal)
        update();
}

void RfbServer::pixel(std::string& out, std::uint32_t rgb) const
{
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 3; ++i)
        value |= ((rgb >> (16 - 8 * i) & 0xFFU) * m_format.max[i] / 255U) << m_format.shift[i];
    const unsigned bytes = m_format.bits / 8;
    for (unsigned i = 0; i < bytes; ++i)
        out += static_cast<char>(value >> (8 * (m_format.bigEndian ? bytes - 1 - i : i)) & 0xFFU);
}

void RfbServer::update()
{
    std::string rectangles;
    unsigned count = 0;
    const TextScreen& text = m_screen.text();
    for (int row = 0; row < TextScreen::kRows; ++row) {
        std::uint64_t& sent = m_sent[static_cast<std::size_t>(row)];
        if (!m_whole && sent == text.rowVersion(row))
            continue;
        sent = text.rowVersion(row);
        ++count;
        put(rectangles, 0, 2);
        put(rectangles, static_cast<std::uint32_t>(row * TextScreen::kCellHeight), 2);
        put(rectangles, TextScreen::kWidth, 2);
        put(rectangles, TextScreen::kCellHeight, 2);
        put(rectangles, 0, 4); // raw
        for (int y = row * TextScreen::kCellHeight; y < (row + 1) * TextScreen::kCellHeight; ++y) {
            for (int x = 0; x < TextScreen::kWidth; ++x)
                pixel(rectangles, text.pixel(x, y));
        }
    }
    if (count == 0)
        return; // the request waits until something changes
    m_out += std::string("\0\0", 2);
    put(m_out, count, 2);
    m_out += rectangles;
    m_asked = false;
    m_whole = false;
}

std::string RfbServer::take()
{
    std::string out = std::move(m_out);
    m_out.clear();
    return out;
}

} // namespace strata::demosite
