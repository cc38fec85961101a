// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/console/screen/rfbreader.h"

#include <rfb/rfbclient.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace strata::console {
namespace {

std::string g_lastWords; // what the library said last: the best reason there is

void keepWords(const char* format, ...)
{
    std::array<char, 512> text{};
    va_list values;
    va_start(values, format);
    std::vsnprintf(text.data(), text.size(), format, values);
    va_end(values);
    g_lastWords = text.data();
    while (!g_lastWords.empty() && g_lastWords.back() == '\n')
        g_lastWords.pop_back();
}

constexpr const char* kOutside = "a rectangle outside of the screen";

// The library's own words for a connection that ended while it wanted to read.
bool wasCut()
{
    return g_lastWords.find("closed connection") != std::string::npos;
}

int g_tag = 0; // its address names our data in a client

} // namespace

// What the library calls. None of them may throw: C is in between.
struct RfbReader::Calls {
    static RfbReader& of(rfbClient* client)
    {
        return *static_cast<RfbReader*>(rfbClientGetClientData(client, &g_tag));
    }

    static rfbBool makeFrameBuffer(rfbClient* client)
    {
        RfbReader& self = of(client);
        const std::int64_t pixels = std::int64_t(client->width) * client->height;
        if (client->width <= 0 || client->height <= 0 || pixels > wire::kMostPixels) {
            self.end(pixels > wire::kMostPixels ? wire::Reason::TooLarge : wire::Reason::Protocol,
                     std::to_string(client->width) + " x " + std::to_string(client->height));
            return FALSE;
        }
        self.m_pixels = self.m_sink.onSize(client->width, client->height);
        client->frameBuffer = self.m_pixels;
        self.m_width = client->width;
        self.m_height = client->height;
        self.m_left = self.m_top = self.m_right = self.m_bottom = 0;
        if (self.m_pixels == nullptr)
            return self.end(wire::Reason::Protocol, "no memory for the picture") ? TRUE : FALSE;
        if (!std::exchange(self.m_agreed, true) && !agree(client))
            return FALSE;
        return TRUE;
    }

    // SetPixelFormat and SetEncodings (RFC 6143, 7.5.1 and 7.5.2) in the library's place, which is told that
    // the server knows no such message. The library would always offer ExtendedDesktopSize, and its versions
    // up to 0.9.14 then take no new size from a server that numbers its screens from 0, as QEMU does: the
    // next update lies outside of the picture. With DesktopSize alone every version follows.
    static bool agree(rfbClient* client)
    {
        // Few encodings, the simple ones: each more is code that a hostile server can reach.
        constexpr std::array<std::int32_t, 6> encodings{rfbEncodingZRLE,
                                                        rfbEncodingCopyRect,
                                                        rfbEncodingRaw,
                                                        std::int32_t(rfbEncodingRichCursor),
                                                        std::int32_t(rfbEncodingXCursor),
                                                        std::int32_t(rfbEncodingNewFBSize)};
        const rfbPixelFormat& format = client->format;
        std::string message{static_cast<char>(rfbSetPixelFormat), '\0', '\0', '\0'};
        for (const unsigned each : {unsigned(format.bitsPerPixel), unsigned(format.depth), 0U, 1U})
            message += static_cast<char>(each);
        for (const unsigned most : {format.redMax, format.greenMax, format.blueMax})
            put16(message, most);
        for (const unsigned each : {unsigned(format.redShift), unsigned(format.greenShift),
                                    unsigned(format.blueShift), 0U, 0U, 0U, unsigned(rfbSetEncodings), 0U})
            message += static_cast<char>(each);
        put16(message, encodings.size());
        for (const std::int32_t each : encodings) {
            put16(message, static_cast<std::uint32_t>(each) >> 16U);
            put16(message, static_cast<std::uint32_t>(each) & 0xFFFFU);
        }
        auto& known = client->supportedMessages.client2server[rfbSetEncodings / 8];
        known = static_cast<std::uint8_t>(known & ~(1U << (rfbSetEncodings % 8U)));
        return WriteToRFBServer(client, message.data(), static_cast<unsigned>(message.size())) != FALSE;
    }

    static void put16(std::string& message, std::size_t value)
    {
        message += static_cast<char>(value >> 8U & 0xFFU);
        message += static_cast<char>(value & 0xFFU);
    }

    static void fill(rfbClient* client, int x, int y, int width, int height, std::uint32_t color)
    {
        RfbReader& self = of(client);
        if (!self.within(x, y, width, height)) {
            self.end(wire::Reason::Protocol, kOutside);
            return;
        }
        auto* row = reinterpret_cast<std::uint32_t*>(self.m_pixels) + std::int64_t(y) * self.m_width + x;
        for (int line = 0; line < height; ++line, row += self.m_width)
            std::fill_n(row, width, color);
    }

    static void bitmap(rfbClient* client, const std::uint8_t* from, int x, int y, int width, int height)
    {
        RfbReader& self = of(client);
        if (!self.within(x, y, width, height)) {
            self.end(wire::Reason::Protocol, kOutside);
            return;
        }
        const auto row = static_cast<std::size_t>(width) * 4;
        for (int line = 0; line < height; ++line)
            std::memcpy(self.m_pixels + (std::int64_t(y + line) * self.m_width + x) * 4,
                        from + static_cast<std::size_t>(line) * row, row);
    }

    static void copy(rfbClient* client, int fromX, int fromY, int width, int height, int x, int y)
    {
        RfbReader& self = of(client);
        if (!self.within(fromX, fromY, width, height) || !self.within(x, y, width, height)) {
            self.end(wire::Reason::Protocol, kOutside);
            return;
        }
        const auto row = static_cast<std::size_t>(width) * 4;
        for (int i = 0; i < height; ++i) {
            const int line = y > fromY ? height - 1 - i : i; // the places may overlap
            std::memmove(self.m_pixels + (std::int64_t(y + line) * self.m_width + x) * 4,
                         self.m_pixels + (std::int64_t(fromY + line) * self.m_width + fromX) * 4, row);
        }
    }

    static void update(rfbClient* client, int x, int y, int width, int height)
    {
        RfbReader& self = of(client);
        if (!self.within(x, y, width, height) || width == 0 || height == 0)
            return;
        if (self.m_right <= self.m_left) {
            self.m_left = x;
            self.m_top = y;
            self.m_right = x + width;
            self.m_bottom = y + height;
            return;
        }
        self.m_left = std::min(self.m_left, x);
        self.m_top = std::min(self.m_top, y);
        self.m_right = std::max(self.m_right, x + width);
        self.m_bottom = std::max(self.m_bottom, y + height);
    }

    static void finished(rfbClient* client)
    {
        RfbReader& self = of(client);
        if (self.m_over || self.m_right <= self.m_left)
            return;
        self.m_sink.onUpdate(self.m_left, self.m_top, self.m_right - self.m_left, self.m_bottom - self.m_top);
        self.m_left = self.m_top = self.m_right = self.m_bottom = 0;
    }

    static void text(rfbClient* client, const char* text, int length)
    {
        of(client).m_sink.onText(std::string_view(
            text, std::min<std::size_t>(static_cast<std::size_t>(std::max(length, 0)), wire::kMostText)));
    }

    static void bell(rfbClient* client) { of(client).m_sink.onBell(); }

    static void cursor(rfbClient* client, int hotX, int hotY, int width, int height, int bytes)
    {
        RfbReader& self = of(client);
        std::vector<std::uint32_t> pixels;
        if (width > 0 && height > 0 && width <= wire::kMostCursor && height <= wire::kMostCursor &&
            bytes == 4 && client->rcSource != nullptr && client->rcMask != nullptr && hotX >= 0 &&
            hotY >= 0 && hotX < width && hotY < height) {
            pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
            std::memcpy(pixels.data(), client->rcSource, pixels.size() * 4);
            for (std::size_t i = 0; i < pixels.size(); ++i)
                pixels[i] = client->rcMask[i] != 0 ? 0xFF000000U | (pixels[i] & 0xFFFFFFU) : 0;
        } else {
            width = height = hotX = hotY = 0;
        }
        self.m_sink.onCursor(width, height, hotX, hotY, pixels);
        std::free(client->rcMask); // the library makes another one for the next shape and forgets this one
        client->rcMask = nullptr;
    }

    // The only authentication we know is none: whoever may open the stream may look.
    static char* noPassword(rfbClient*) { return nullptr; }
};

RfbReader::RfbReader(int fd, RfbSink& sink) : m_sink(sink)
{
    rfbClientLog = keepWords; // half of its errors are told as such
    rfbClientErr = keepWords;
    m_client = rfbGetClient(8, 3, 4);
    if (m_client == nullptr)
        return;
    rfbClientSetClientData(m_client, &g_tag, this);
    m_client->format.redShift = 16; // as QImage::Format_RGB32 has it
    m_client->format.greenShift = 8;
    m_client->format.blueShift = 0;
    m_client->format.bigEndian = FALSE;
    m_client->canHandleNewFBSize = TRUE;
    m_client->MallocFrameBuffer = &Calls::makeFrameBuffer;
    m_client->GotFillRect = &Calls::fill;
    m_client->GotBitmap = &Calls::bitmap;
    m_client->GotCopyRect = &Calls::copy;
    m_client->GotFrameBufferUpdate = &Calls::update;
    m_client->FinishedFrameBufferUpdate = &Calls::finished;
    m_client->GotXCutText = &Calls::text;
    m_client->Bell = &Calls::bell;
    m_client->GotCursorShape = &Calls::cursor;
    m_client->GetPassword = &Calls::noPassword;
    m_client->appData.useRemoteCursor = TRUE;
    m_client->appData.shareDesktop = TRUE;
    m_client->listenSpecified = TRUE; // the connection is there already
    m_client->sock = fd;
}

RfbReader::~RfbReader()
{
    if (m_client == nullptr)
        return;
    m_client->frameBuffer = nullptr; // the sink's
    std::free(m_client->rcSource);   // the last pointer's shape, which the library forgets
    m_client->rcSource = nullptr;
    rfbClientCleanup(m_client);
}

bool RfbReader::within(int x, int y, int width, int height) const
{
    return m_pixels != nullptr && x >= 0 && y >= 0 && width >= 0 && height >= 0 && x <= m_width - width &&
           y <= m_height - height;
}

bool RfbReader::end(wire::Reason reason, std::string_view words)
{
    if (!m_over) {
        m_over = true;
        m_reason = reason;
        m_words = words.substr(0, 512);
    }
    return false;
}

bool RfbReader::begin()
{
    if (m_client == nullptr)
        return end(wire::Reason::Protocol, "no memory");
    g_lastWords.clear();
    if (rfbInitClient(m_client, nullptr, nullptr) == FALSE) {
        m_client = nullptr; // it has been freed
        return end(wasCut() ? wire::Reason::Closed : wire::Reason::Protocol, g_lastWords);
    }
    return !m_over;
}

bool RfbReader::next()
{
    if (m_over || m_client == nullptr)
        return false;
    if (m_client->buffered == 0) {
        char first = 0;
        if (::recv(m_client->sock, &first, 1, MSG_PEEK) <= 0)
            return end(wire::Reason::Closed, {});
    }
    g_lastWords.clear();
    if (HandleRFBServerMessage(m_client) == FALSE)
        return end(wasCut() ? wire::Reason::Closed : wire::Reason::Protocol, g_lastWords);
    return !m_over;
}

bool RfbReader::hasMore() const
{
    return m_client != nullptr && m_client->buffered > 0;
}

void RfbReader::key(std::uint32_t keysym, bool pressed)
{
    SendKeyEvent(m_client, keysym, pressed ? TRUE : FALSE);
}

void RfbReader::pointer(int x, int y, int buttons)
{
    SendPointerEvent(m_client, x, y, buttons);
}

void RfbReader::refresh()
{
    SendFramebufferUpdateRequest(m_client, 0, 0, m_client->width, m_client->height, FALSE);
}

void RfbReader::paste(std::string_view latin1)
{
    std::string text(latin1);
    SendClientCutText(m_client, text.data(), static_cast<int>(text.size()));
}

void RfbReader::resize(int width, int height)
{
    if (width <= 0 || height <= 0 || width >= 16384 || height >= 16384 ||
        (width == m_width && height == m_height))
        return;
    // SetDesktopSize with one screen, number 0. The library sends none before it has been told of screens.
    std::string message{static_cast<char>(rfbSetDesktopSize), '\0'};
    const auto wide = static_cast<std::uint16_t>(width);
    const auto high = static_cast<std::uint16_t>(height);
    for (const std::uint16_t each : std::initializer_list<std::uint16_t>{
             wide, high, 0x0100, 0, 0, 0, 0, wide, high, 0, 0}) // one screen: its number, place, size, flags
        Calls::put16(message, each);
    WriteToRFBServer(m_client, message.data(), static_cast<unsigned>(message.size()));
}

} // namespace strata::console
