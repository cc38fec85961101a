// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/rfbgate.h"

#include <algorithm>
#include <utility>

namespace strata::console {
namespace {

constexpr std::size_t kMostWords = 512;
constexpr std::uint32_t kMostPointer = 1023; // pixels each way; the library reads no larger one
constexpr const char* kOutside = "a rectangle outside of the screen";

// RFC 6143, 7.7 and 7.8.
enum Encoding : std::int32_t {
    Raw = 0,
    CopyRect = 1,
    Zrle = 16,
    DesktopSize = -223,
    ExtendedDesktopSize = -308,
    Pointer = -239,    // in colours
    PointerBits = -240 // in two colours
};

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size)
{
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
        out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
    return out;
}

std::string size(std::uint32_t width, std::uint32_t height)
{
    return std::to_string(width) + " x " + std::to_string(height);
}

} // namespace

bool RfbGate::pass(std::string_view bytes, std::string& out)
{
    while (!m_over && !bytes.empty()) {
        if (m_copy > 0 || m_skip > 0) {
            std::uint64_t& left = m_copy > 0 ? m_copy : m_skip;
            const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
            if (m_copy > 0)
                out.append(bytes.substr(0, piece));
            bytes.remove_prefix(piece);
            left -= piece;
            continue;
        }
        const std::size_t piece = std::min(m_need - m_head.size(), bytes.size());
        m_head.append(bytes.substr(0, piece));
        bytes.remove_prefix(piece);
        if (m_head.size() == m_need)
            take(std::exchange(m_head, {}), out);
    }
    return !m_over;
}

void RfbGate::expect(Expects what, std::size_t bytes)
{
    m_expects = what;
    m_need = bytes;
}

bool RfbGate::refuse(std::string words, wire::Reason reason)
{
    m_over = true;
    m_reason = reason;
    m_words = std::move(words);
    m_words.resize(std::min(m_words.size(), kMostWords));
    return false;
}

bool RfbGate::within(const Rectangle& place) const
{
    // 16 bits each on the wire: no sum wraps around.
    return place.x + place.width <= m_width && place.y + place.height <= m_height;
}

bool RfbGate::takeSize(std::uint32_t width, std::uint32_t height)
{
    const std::int64_t pixels = std::int64_t(width) * height;
    if (pixels > wire::kMostPixels)
        return refuse(size(width, height), wire::Reason::TooLarge);
    if (pixels == 0)
        return refuse("a screen of " + size(width, height));
    m_width = width;
    m_height = height;
    return true;
}

void RfbGate::nextRectangle()
{
    if (--m_rectangles > 0)
        expect(Expects::Rectangle, 12);
    else
        expect(Expects::Message, 1);
}

// "RFB 003.008\n". The library is told of one of the three versions there are, as RFC 6143 has it: it knows
// dialects of some viewers by their numbers.
bool RfbGate::takeVersion(std::string_view head, std::string& out)
{
    const auto isNumber = [](std::string_view text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (head.substr(0, 4) != "RFB " || head[7] != '.' || head[11] != '\n' || !isNumber(head.substr(4, 3)) ||
        !isNumber(head.substr(8, 3)) || head.substr(4, 3) < "003")
        return refuse("it does not speak RFB");
    const bool later = head.substr(4, 3) > "003";
    m_minor = later || head.substr(8, 3) > "007" ? 8 : head.substr(8, 3) == "007" ? 7 : 3;
    out += "RFB 003.00" + std::to_string(m_minor) + "\n";
    if (m_minor == 3)
        expect(Expects::SecurityType, 4);
    else
        expect(Expects::SecurityCount, 1);
    return true;
}

bool RfbGate::takeRectangle(std::string_view head, std::string& out)
{
    m_place = {number(head, 0, 2), number(head, 2, 2), number(head, 4, 2), number(head, 6, 2)};
    const auto encoding = static_cast<std::int32_t>(number(head, 8, 4));
    const std::uint64_t area = std::uint64_t(m_place.width) * m_place.height;
    const std::uint64_t mask = std::uint64_t((m_place.width + 7) / 8) * m_place.height;
    switch (encoding) {
    case Raw:
    case CopyRect:
    case Zrle:
        if (!within(m_place))
            return refuse(kOutside);
        out.append(head);
        if (encoding == CopyRect) {
            expect(Expects::CopyFrom, 4);
        } else if (encoding == Zrle) {
            expect(Expects::ZrleLength, 4);
        } else {
            m_copy = area * 4;
            nextRectangle();
        }
        return true;
    case Pointer:
    case PointerBits:
        if (area > 0 && (m_place.width > kMostPointer || m_place.height > kMostPointer))
            return refuse("a pointer of " + size(m_place.width, m_place.height));
        out.append(head);
        if (area > 0)
            m_copy = encoding == Pointer ? area * 4 + mask : 6 + 2 * mask;
        nextRectangle();
        return true;
    case DesktopSize:
        if (!takeSize(m_place.width, m_place.height))
            return false;
        out.append(head);
        nextRectangle();
        return true;
    case ExtendedDesktopSize:
        // Not offered, but QEMU answers a request for another size with it: whether it will see what it can
        // do. The new size itself then comes as DesktopSize.
        if (m_place.width != m_width || m_place.height != m_height)
            return refuse("a size of several screens, which was not asked for");
        out.append(head);
        expect(Expects::Screens, 4);
        return true;
    default:
        return refuse("encoding " + std::to_string(encoding) + ", which was not asked for");
    }
}

bool RfbGate::take(std::string_view head, std::string& out)
{
    switch (m_expects) {
    case Expects::Version:
        return takeVersion(head, out);
    case Expects::SecurityType: {
        const std::uint32_t type = number(head, 0, 4);
        if (type == 0) {
            expect(Expects::ReasonLength, 4);
            return true;
        }
        if (type != 1)
            return refuse(type == 2 ? "it asks for a password"
                                    : "security type " + std::to_string(type) + " is not spoken");
        out.append(head);
        expect(Expects::Init, 24);
        return true;
    }
    case Expects::SecurityCount:
        if (head[0] == 0)
            expect(Expects::ReasonLength, 4);
        else
            expect(Expects::SecurityTypes, static_cast<unsigned char>(head[0]));
        return true;
    case Expects::SecurityTypes: {
        if (head.find('\1') == std::string_view::npos) {
            if (head.find('\2') != std::string_view::npos)
                return refuse("it asks for a password");
            std::string words = "no security type that is spoken:";
            for (const char type : head)
                words += " " + std::to_string(static_cast<unsigned char>(type));
            return refuse(std::move(words));
        }
        out.append("\1\1"); // of all it offers the one without a password
        if (m_minor >= 8)
            expect(Expects::SecurityResult, 4);
        else
            expect(Expects::Init, 24);
        return true;
    }
    case Expects::SecurityResult:
        if (number(head, 0, 4) != 0) {
            expect(Expects::ReasonLength, 4);
            return true;
        }
        out.append(head);
        expect(Expects::Init, 24);
        return true;
    case Expects::ReasonLength: {
        const std::uint32_t length = number(head, 0, 4);
        if (length == 0)
            return refuse("it refused without a reason");
        expect(Expects::Reason, std::min<std::size_t>(length, kMostWords));
        return true;
    }
    case Expects::Reason:
        return refuse(std::string(head));
    case Expects::Init: {
        if (!takeSize(number(head, 0, 2), number(head, 2, 2)))
            return false;
        const std::uint32_t name = number(head, 20, 4);
        if (name > kMostName)
            return refuse("a name of " + std::to_string(name) + " bytes");
        out.append(head);
        m_copy = name;
        expect(Expects::Message, 1);
        return true;
    }
    case Expects::Message:
        switch (head[0]) {
        case 0:
            expect(Expects::Update, 3);
            return true;
        case 2: // a bell
            out.append(head);
            return true;
        case 3:
            expect(Expects::Clipboard, 7);
            return true;
        default:
            return refuse("message " + std::to_string(static_cast<unsigned char>(head[0])) +
                          ", which was not asked for");
        }
    case Expects::Update:
        out += '\0';
        out.append(head);
        m_rectangles = number(head, 1, 2) + 1;
        nextRectangle();
        return true;
    case Expects::Rectangle:
        return takeRectangle(head, out);
    case Expects::CopyFrom: {
        Rectangle from = m_place;
        from.x = number(head, 0, 2);
        from.y = number(head, 2, 2);
        if (!within(from))
            return refuse(kOutside);
        out.append(head);
        nextRectangle();
        return true;
    }
    case Expects::ZrleLength: {
        // Each pixel may be a run of its own, four bytes; what zlib adds is far below the rest.
        const std::uint64_t most = std::uint64_t(m_place.width) * m_place.height * 5 + (64U << 10U);
        const std::uint32_t length = number(head, 0, 4);
        if (length > most)
            return refuse(std::to_string(length) + " bytes for a rectangle of " +
                          size(m_place.width, m_place.height));
        out.append(head);
        m_copy = length;
        nextRectangle();
        return true;
    }
    case Expects::Screens:
        if (head[0] != 1) // QEMU has one
            return refuse("a size of several screens, which was not asked for");
        out.append(head);
        m_copy = 16;
        nextRectangle();
        return true;
    case Expects::Clipboard: {
        const std::uint32_t length = number(head, 3, 4);
        if (length > 0x7FFFFFFFU)
            return refuse("an extended clipboard, which was not asked for");
        expect(Expects::Message, 1);
        if (length > kMostClipboard) { // as it comes, so that nothing of it is kept
            m_skip = length;
            return true;
        }
        out += '\3';
        out.append(head);
        m_copy = length;
        return true;
    }
    }
    return refuse({});
}

} // namespace strata::console
