// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/net/spdy.h"

#include "core/base/text.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace strata::demosite {
namespace {

constexpr std::size_t kMaxFrame = 1U << 20U;
constexpr std::size_t kMaxHeaders = 64U << 10U;

enum Type : unsigned { SynStream = 1, SynReply = 2, RstStream = 3, Ping = 6, GoAway = 7 };
constexpr unsigned kFin = 1;

void put(std::string& out, std::uint32_t value, unsigned bytes = 4)
{
    for (unsigned i = bytes; i > 0; --i)
        out += static_cast<char>(value >> (8 * (i - 1)) & 0xFFU);
}

std::uint32_t get(std::string_view bytes, std::size_t at, unsigned count = 4)
{
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i)
        value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

// What both ends' compressors start from (SPDY/3, section 2.6.10.1): likely words with their lengths in
// front, then likely values.
const std::string& dictionary()
{
    static const std::string text = [] {
        std::string out;
        for (const char* word : {"options",
                                 "head",
                                 "post",
                                 "put",
                                 "delete",
                                 "trace",
                                 "accept",
                                 "accept-charset",
                                 "accept-encoding",
                                 "accept-language",
                                 "accept-ranges",
                                 "age",
                                 "allow",
                                 "authorization",
                                 "cache-control",
                                 "connection",
                                 "content-base",
                                 "content-encoding",
                                 "content-language",
                                 "content-length",
                                 "content-location",
                                 "content-md5",
                                 "content-range",
                                 "content-type",
                                 "date",
                                 "etag",
                                 "expect",
                                 "expires",
                                 "from",
                                 "host",
                                 "if-match",
                                 "if-modified-since",
                                 "if-none-match",
                                 "if-range",
                                 "if-unmodified-since",
                                 "last-modified",
                                 "location",
                                 "max-forwards",
                                 "pragma",
                                 "proxy-authenticate",
                                 "proxy-authorization",
                                 "range",
                                 "referer",
                                 "retry-after",
                                 "server",
                                 "te",
                                 "trailer",
                                 "transfer-encoding",
                                 "upgrade",
                                 "user-agent",
                                 "vary",
                                 "via",
                                 "warning",
                                 "www-authenticate",
                                 "method",
                                 "get",
                                 "status",
                                 "200 OK",
                                 "version",
                                 "HTTP/1.1",
                                 "url",
                                 "public",
                                 "set-cookie",
                                 "keep-alive",
                                 "origin"}) {
            put(out, static_cast<std::uint32_t>(std::string_view(word).size()));
            out += word;
        }
        out += "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
               "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 "
               "Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 "
               "Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, "
               "Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,"
               "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,"
               "sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
        return out;
    }();
    return text;
}

const Bytef* bytesOf(std::string_view text)
{
    return reinterpret_cast<const Bytef*>(text.data());
}

} // namespace

struct SpdyServer::Streams {
    z_stream in{};
    z_stream out{};
    Streams()
    {
        inflateInit(&in);
        deflateInit(&out, Z_BEST_SPEED);
        deflateSetDictionary(&out, bytesOf(dictionary()), static_cast<uInt>(dictionary().size()));
    }
    ~Streams()
    {
        inflateEnd(&in);
        deflateEnd(&out);
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    bool unpack(std::string_view block, std::string& text)
    {
        std::array<char, 4096> piece{};
        in.next_in = const_cast<Bytef*>(bytesOf(block)); // zlib does not write there
        in.avail_in = static_cast<uInt>(block.size());
        while (true) {
            in.next_out = reinterpret_cast<Bytef*>(piece.data());
            in.avail_out = piece.size();
            int code = inflate(&in, Z_SYNC_FLUSH);
            if (code == Z_NEED_DICT) {
                if (inflateSetDictionary(&in, bytesOf(dictionary()),
                                         static_cast<uInt>(dictionary().size())) != Z_OK)
                    return false;
                continue;
            }
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END)
                return false;
            text.append(piece.data(), piece.size() - in.avail_out);
            if (text.size() > kMaxHeaders)
                return false;
            if (in.avail_out != 0)
                return in.avail_in == 0;
        }
    }

    std::string pack(std::string_view text)
    {
        std::string block;
        std::array<char, 1024> piece{};
        out.next_in = const_cast<Bytef*>(bytesOf(text));
        out.avail_in = static_cast<uInt>(text.size());
        do {
            out.next_out = reinterpret_cast<Bytef*>(piece.data());
            out.avail_out = piece.size();
            deflate(&out, Z_SYNC_FLUSH);
            block.append(piece.data(), piece.size() - out.avail_out);
        } while (out.avail_out == 0);
        return block;
    }
};

SpdyServer::SpdyServer() : m_z(std::make_unique<Streams>()) {}
SpdyServer::~SpdyServer() = default;

bool SpdyServer::feed(std::string_view bytes, std::vector<Event>& events)
{
    m_in += bytes;
    std::size_t at = 0;
    while (m_in.size() - at >= 8) {
        const std::string_view rest = std::string_view(m_in).substr(at);
        const std::size_t size = get(rest, 5, 3);
        if (size > kMaxFrame)
            return false;
        if (rest.size() < 8 + size)
            break;
        if (!frame(rest.substr(0, 8), rest.substr(8, size), events))
            return false;
        at += 8 + size;
    }
    m_in.erase(0, at);
    return true;
}

bool SpdyServer::frame(std::string_view head, std::string_view body, std::vector<Event>& events)
{
    const bool control = (static_cast<unsigned char>(head[0]) & 0x80U) != 0;
    const bool last = (static_cast<unsigned char>(head[4]) & kFin) != 0;
    if (!control) {
        const std::uint32_t stream = get(head, 0);
        if (!body.empty())
            events.push_back({Event::Type::Data, stream, {}, std::string(body)});
        if (last)
            events.push_back({Event::Type::Ended, stream, {}, {}});
        return true;
    }
    if ((get(head, 0, 2) & 0x7FFFU) != 3)
        return false;
    switch (get(head, 2, 2)) {
    case SynStream: {
        std::string text;
        if (body.size() < 10 || !m_z->unpack(body.substr(10), text) || text.size() < 4)
            return false;
        Event event{Event::Type::Opened, get(body, 0) & 0x7FFFFFFFU, {}, {}};
        std::size_t at = 4;
        const auto word = [&](std::string& out) {
            if (text.size() - at < 4)
                return false;
            const std::size_t size = get(text, at);
            if (size > text.size() - at - 4)
                return false;
            out = text.substr(at + 4, size);
            at += 4 + size;
            return true;
        };
        for (std::uint32_t left = get(text, 0); left > 0; --left) {
            std::string name;
            std::string value;
            if (!word(name) || !word(value))
                return false;
            event.headers[toLower(name)] = value;
        }
        reply(event.stream);
        const std::uint32_t stream = event.stream;
        events.push_back(std::move(event));
        if (last)
            events.push_back({Event::Type::Ended, stream, {}, {}});
        return true;
    }
    case RstStream:
        if (body.size() < 8)
            return false;
        events.push_back({Event::Type::Reset, get(body, 0) & 0x7FFFFFFFU, {}, {}});
        return true;
    case Ping: // answered as it came
        m_out.append(head);
        m_out.append(body);
        return true;
    default: // settings, window updates, farewells: nothing to do
        return true;
    }
}

void SpdyServer::reply(std::uint32_t stream)
{
    std::string none;
    put(none, 0);
    const std::string block = m_z->pack(none);
    put(m_out, 0x80030000U | SynReply);
    put(m_out, static_cast<std::uint32_t>(4 + block.size()));
    put(m_out, stream);
    m_out += block;
}

void SpdyServer::send(std::uint32_t stream, std::string_view data, bool last)
{
    constexpr std::size_t piece = 32U << 10U;
    do {
        const std::string_view part = data.substr(0, piece);
        data.remove_prefix(part.size());
        put(m_out, stream);
        put(m_out, static_cast<std::uint32_t>(part.size()) | (last && data.empty() ? kFin << 24U : 0U));
        m_out += part;
    } while (!data.empty());
}

void SpdyServer::reset(std::uint32_t stream)
{
    put(m_out, 0x80030000U | RstStream);
    put(m_out, 8);
    put(m_out, stream);
    put(m_out, 5); // CANCEL
}

std::string SpdyServer::take()
{
    std::string out = std::move(m_out);
    m_out.clear();
    return out;
}

} // namespace strata::demosite
