// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace strata {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 1;
    bool valid = false;
};

CodePoint decode(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return {lead, 1, true};
    std::size_t length = 0;
    char32_t value = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        value = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        value = lead & 0x0FU;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        value = lead & 0x07U;
    } else {
        return {};
    }
    if (at + length > text.size())
        return {};
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U)
            return {};
        value = (value << 6U) | (byte(at + i) & 0x3FU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (overlong || surrogate || value > 0x10FFFF)
        return {};
    return {value, length, true};
}

bool isControl(char32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

// Characters that change how others look without being seen themselves.
bool isInvisible(char32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           c == 0x061C || c == 0xFEFF || c == 0x00AD || (c >= 0xE0000 && c <= 0xE007F) ||
           (c >= 0xFFF9 && c <= 0xFFFB);
}

// Nearly all text is: then there is nothing to clean. Eight bytes at a time.
bool isPlainAscii(std::string_view text)
{
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + i, sizeof eight);
        // A byte below 0x20 borrows, 0x7F carries, and what is above has the bit itself.
        if ((((eight - kOnes * 0x20) | (eight + kOnes) | eight) & kHigh) != 0)
            return false; // or a borrow from the neighbour: looked at closely
    }
    for (; i < text.size(); ++i) {
        if (text[i] < 0x20 || text[i] >= 0x7F)
            return false;
    }
    return true;
}

} // namespace

bool isCleanText(std::string_view text, std::size_t limit)
{
    if (text.size() > limit)
        return false;
    if (isPlainAscii(text))
        return true;
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint c = decode(text, i);
        if (!c.valid || isControl(c.value) || isInvisible(c.value))
            return false;
        i += c.length;
    }
    return true;
}

std::string cleanText(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit && isPlainAscii(text))
        return std::string(text);
    std::string out;
    out.reserve(std::min(text.size(), limit));
    for (std::size_t i = 0; i < text.size();) {
        const CodePoint c = decode(text, i);
        std::string_view piece;
        if (!c.valid)
            piece = kReplacement;
        else if (isControl(c.value))
            piece = " ";
        else if (!isInvisible(c.value))
            piece = text.substr(i, c.length);
        if (out.size() + piece.size() > limit) {
            // Make room for the ellipsis without cutting a character in two.
            while (!out.empty() && out.size() + kEllipsis.size() > limit) {
                while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U)
                    out.pop_back();
                if (!out.empty())
                    out.pop_back();
            }
            out += kEllipsis;
            return out;
        }
        out += piece;
        i += c.length;
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (;;) {
        const std::size_t to = text.find(separator, from);
        parts.emplace_back(text.substr(from, to == std::string_view::npos ? to : to - from));
        if (to == std::string_view::npos)
            return parts;
        from = to + 1;
    }
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const std::size_t from = text.find_first_not_of(blanks);
    if (from == std::string_view::npos)
        return {};
    return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::string toLower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

static constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64Encode(std::string_view bytes)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= have ? kBase64[(group >> (18U - 6U * k)) & 0x3FU] : '=';
    }
    return out;
}

bool base64Decode(std::string_view text, std::string& bytes)
{
    static const std::array<std::int8_t, 256> table = [] {
        std::array<std::int8_t, 256> t{};
        t.fill(-1);
        for (std::size_t i = 0; i < kBase64.size(); ++i)
            t[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
        return t;
    }();
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    unsigned digits = 0;
    unsigned padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
            continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const int value = table[static_cast<unsigned char>(c)];
        if (value < 0 || padding > 0)
            return false;
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        if (++digits == 4) {
            out += static_cast<char>(group >> 16U);
            out += static_cast<char>(group >> 8U);
            out += static_cast<char>(group);
            group = 0;
            digits = 0;
        }
    }
    if (digits == 1 || padding > 2 || (padding > 0 && (digits + padding) != 4))
        return false;
    if (digits == 2)
        out += static_cast<char>(group >> 4U);
    if (digits == 3) {
        out += static_cast<char>(group >> 10U);
        out += static_cast<char>(group >> 2U);
    }
    bytes = std::move(out);
    return true;
}

} // namespace strata
