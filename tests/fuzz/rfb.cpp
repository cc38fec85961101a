// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/rfbgate.h"
#include "core/console/screen/rfbreader.h"
#include "tests/fuzz/target.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>
#include <utility>
#include <vector>

using namespace strata::console;

namespace {

constexpr std::size_t kMostPixels = 1U << 18U; // more than that is a question of memory, not of faults
constexpr int kMostMessages = 200;             // our answers to them must fit the socket: nobody reads

class Canvas : public RfbSink {
public:
    std::uint8_t* onSize(int width, int height) override
    {
        FUZZ_CHECK(width > 0 && height > 0 && std::int64_t(width) * height <= wire::kMostPixels);
        const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
        m_width = width;
        m_height = height;
        if (pixels > kMostPixels)
            return nullptr;
        m_old.swap(m_pixels); // the one before stays until the library has let go of it
        m_pixels.assign(pixels * 4, 0);
        return m_pixels.data();
    }
    void onUpdate(int x, int y, int width, int height) override
    {
        FUZZ_CHECK(x >= 0 && y >= 0 && width > 0 && height > 0);
        FUZZ_CHECK(x + width <= m_width && y + height <= m_height);
    }
    void onBell() override {}
    void onText(std::string_view latin1) override { FUZZ_CHECK(latin1.size() <= wire::kMostText); }
    void onCursor(int width, int height, int hotX, int hotY,
                  const std::vector<std::uint32_t>& pixels) override
    {
        FUZZ_CHECK(width <= wire::kMostCursor && height <= wire::kMostCursor);
        FUZZ_CHECK(pixels.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
        FUZZ_CHECK(pixels.empty() || (hotX < width && hotY < height));
    }

private:
    int m_width = 0;
    int m_height = 0;
    std::vector<std::uint8_t> m_pixels;
    std::vector<std::uint8_t> m_old;
};

std::string be16(unsigned value)
{
    return {static_cast<char>(value >> 8U), static_cast<char>(value)};
}
std::string be32(unsigned value)
{
    return be16(value >> 16U) + be16(value & 0xFFFFU);
}

std::string greeting(unsigned width, unsigned height)
{
    return std::string("RFB 003.008\n") + "\x01\x01" + be32(0) + be16(width) + be16(height) +
           std::string("\x20\x18\x00\x01", 4) + be16(255) + be16(255) + be16(255) +
           std::string("\x10\x08\x00\0\0\0", 6) + be32(4) + "fuzz";
}

std::string rectangle(unsigned x, unsigned y, unsigned w, unsigned h, unsigned encoding,
                      const std::string& data)
{
    return std::string("\0\0", 2) + be16(1) + be16(x) + be16(y) + be16(w) + be16(h) + be32(encoding) + data;
}

} // namespace

// All a server says, up to its goodbye, as it comes to the decoder: through the gate. An even first byte puts
// a sane greeting before it, so that messages are reached at once; the rest of that byte is a cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1 || size > 48U << 10U) // what fits a socket without a reader
        return 0;
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return 0;
    std::string all = data[0] % 2 == 0 ? greeting(48, 24) : std::string();
    all.append(reinterpret_cast<const char*>(data) + 1, size - 1);
    RfbGate gate;
    std::string passed;
    const bool open = gate.pass(all, passed);
    FUZZ_CHECK(passed.size() <= all.size() + 1);
    FUZZ_CHECK(open || gate.words().size() <= 512);
    RfbGate again;
    std::string pieces;
    const std::size_t piece = 1 + data[0] / 2;
    for (std::size_t at = 0; at < all.size(); at += piece)
        again.pass(std::string_view(all).substr(at, piece), pieces);
    FUZZ_CHECK(pieces == passed && again.words() == gate.words());
    all = std::move(passed);
    if (all.empty()) {
        ::close(ends[0]);
        ::close(ends[1]);
        return 0;
    }
    if (::send(ends[1], all.data(), all.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
        static_cast<ssize_t>(all.size())) {
        ::shutdown(ends[1], SHUT_WR);
        Canvas canvas;
        RfbReader reader(ends[0], canvas);
        if (reader.begin()) {
            int messages = 0;
            while (messages < kMostMessages && reader.next())
                ++messages;
            FUZZ_CHECK(reader.words().size() <= 512);
        }
        ends[0] = -1; // the reader's, which has closed it
    }
    if (ends[0] >= 0)
        ::close(ends[0]);
    ::close(ends[1]);
    return 0;
}

std::vector<std::string> fuzzSeeds()
{
    const std::string raw = rectangle(3, 5, 2, 2, 0, std::string(16, '\x40'));
    const std::string cursor =
        rectangle(1, 1, 2, 2, 0xFFFFFF11, std::string(16, '\x7f') + std::string(2, '\xc0'));
    const std::string xcursor =
        rectangle(0, 0, 8, 2, 0xFFFFFF10, std::string(6, 'c') + std::string(4, '\x55'));
    const std::string resize = rectangle(0, 0, 96, 8, 0xFFFFFF21, {});
    const std::string extended =
        rectangle(0, 0, 96, 8, 0xFFFFFECC,
                  std::string("\x01\0\0\0", 4) + be32(1) + be16(0) + be16(0) + be16(96) + be16(8) + be32(0));
    const std::string text = std::string("\x03\0\0\0", 4) + be32(5) + "hello";
    const std::string copy = rectangle(0, 0, 4, 4, 1, be16(8) + be16(8));
    const std::string zrle = rectangle(0, 0, 16, 16, 16, be32(4) + "\x78\x9c\x03\x00");
    // One tile of each kind, in a stored block of a stream that goes on.
    const auto tile = [](const std::string& data) {
        const auto size = static_cast<unsigned char>(data.size());
        const std::string packed = std::string("\x78\x01\x00", 3) + static_cast<char>(size) + '\0' +
                                   static_cast<char>(~size) + '\xff' + data;
        return rectangle(2, 2, 4, 4, 16, be32(static_cast<unsigned>(packed.size())) + packed);
    };
    return {"\x01" + greeting(64, 32) + raw,
            std::string(1, '\0') + raw + copy + text + "\x02",
            std::string(1, '\0') + cursor + xcursor, // found: the shapes were never let go of
            std::string(1, '\0') + cursor + cursor + xcursor + xcursor + resize,
            std::string(1, '\0') + resize + raw + extended + raw,
            std::string(1, '\0') + zrle,
            std::string(1, '\0') + tile(std::string(1, '\0') + std::string(48, 'r')),
            std::string(1, '\0') + tile("\x01"
                                        "sol"),
            std::string(1, '\0') + tile("\x03"
                                        "aaabbbccc" +
                                        std::string(4, '\x1b')),
            std::string(1, '\0') + tile("\x80"
                                        "aaa"
                                        "\x07"
                                        "bbb"
                                        "\x07"),
            std::string(1, '\0') + tile("\x82"
                                        "aaabbb"
                                        "\x80\x07\x01\x81\x06"),
            "\x01RFB 003.003\n" + be32(1) + greeting(8, 8).substr(18) + raw,
            "\x03RFB 003.007\n\x02\x02\x01" + greeting(8, 8).substr(18),
            std::string(1, '\0') + std::string("\x01\0\0\0\0\x02", 6) + std::string(12, 'c')};
}
