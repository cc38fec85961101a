// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/guest/tar.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace strata::demosite {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameSize = 100;
constexpr std::size_t kChecksum = 148;

std::string_view textAt(std::string_view header, std::size_t at, std::size_t size)
{
    const std::string_view field = header.substr(at, size);
    return field.substr(0, std::min(field.find('\0'), field.size()));
}

std::optional<std::size_t> octalAt(std::string_view header, std::size_t at, std::size_t size)
{
    std::size_t value = 0;
    for (const char c : textAt(header, at, size)) {
        if (c == ' ')
            continue;
        if (c < '0' || c > '7')
            return std::nullopt;
        value = value * 8 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

std::size_t checksum(std::string_view header)
{
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
        sum += i >= kChecksum && i < kChecksum + 8 ? ' ' : static_cast<unsigned char>(header[i]);
    return sum;
}

void pad(std::string& out)
{
    out.append((kBlock - out.size() % kBlock) % kBlock, '\0');
}

void append(std::string& out, const std::string& name, char type, std::string_view content)
{
    std::string header(kBlock, '\0');
    std::memcpy(header.data(), name.data(), std::min(name.size(), kNameSize));
    const auto octal = [&](std::size_t at, int width, std::size_t value) {
        char text[16];
        std::snprintf(text, sizeof text, "%0*zo", width, value);
        std::memcpy(header.data() + at, text, static_cast<std::size_t>(width));
    };
    octal(100, 7, 0644);
    octal(108, 7, 0);
    octal(116, 7, 0);
    octal(124, 11, content.size());
    octal(136, 11, 0);
    header[156] = type;
    std::memcpy(header.data() + 257, "ustar\00000", 8);
    octal(kChecksum, 6, checksum(header));
    header[kChecksum + 7] = ' ';
    out += header;
    out += content;
    pad(out);
}

} // namespace

std::string packTar(const TarFiles& files)
{
    std::string out;
    for (const auto& [name, content] : files) {
        if (name.size() > kNameSize) {
            // "LENGTH path=NAME\n", where the length counts itself.
            const std::string rest = " path=" + name + "\n";
            std::size_t size = rest.size() + 1;
            while (std::to_string(size).size() + rest.size() != size)
                ++size;
            append(out, "PaxHeader", 'x', std::to_string(size) + rest);
        }
        append(out, name, '0', content);
    }
    out.append(2 * kBlock, '\0');
    return out;
}

std::optional<TarFiles> unpackTar(std::string_view archive)
{
    TarFiles out;
    std::string told; // by the extended header in front
    for (std::size_t at = 0; at + kBlock <= archive.size();) {
        const std::string_view header = archive.substr(at, kBlock);
        if (header.find_first_not_of('\0') == std::string_view::npos)
            return out; // its end
        const auto size = octalAt(header, 124, 12);
        if (!size || octalAt(header, kChecksum, 8) != checksum(header) ||
            *size > archive.size() - at - kBlock)
            return std::nullopt;
        const std::string_view content = archive.substr(at + kBlock, *size);
        at += kBlock + (*size + kBlock - 1) / kBlock * kBlock;
        const char type = header[156];
        if (type == 'x') {
            constexpr std::string_view mark = " path=";
            if (const std::size_t path = content.find(mark); path != std::string_view::npos) {
                const std::size_t from = path + mark.size();
                told = content.substr(from, content.find('\n', from) - from);
            }
            continue;
        }
        std::string name = std::move(told);
        told.clear();
        if (name.empty()) {
            name = textAt(header, 0, kNameSize);
            if (const std::string_view prefix = textAt(header, 345, 155); !prefix.empty())
                name = std::string(prefix) + "/" + name;
        }
        if (type == '0' || type == '\0')
            out.emplace_back(std::move(name), std::string(content));
    }
    return out.empty() ? std::nullopt : std::optional(out);
}

} // namespace strata::demosite
