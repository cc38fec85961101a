// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/net/websocketframe.h"

#include "core/base/text.h"
#include "core/base/translatable.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace strata::kube::ws {
namespace {

constexpr const char* mark(const char* text)
{
    return translatable("KubeNetwork", text);
}

constexpr std::size_t kMaxHead = 64U << 10U;
constexpr std::size_t kMaxRefusal = 64U << 10U;

std::uint8_t byteAt(std::string_view text, std::size_t at)
{
    return static_cast<std::uint8_t>(text[at]);
}

bool isControl(Opcode opcode)
{
    return (static_cast<unsigned>(opcode) & 0x8U) != 0;
}

// Takes a chunked body apart as far as it goes (RFC 9112, 7.1). True when its last chunk is there.
bool dechunk(std::string_view raw, std::string& body)
{
    body.clear();
    for (;;) {
        const std::size_t line = raw.find("\r\n");
        if (line == std::string_view::npos)
            return false;
        std::size_t size = 0;
        const auto [end, fault] = std::from_chars(raw.data(), raw.data() + line, size, 16);
        if (fault != std::errc{} || end == raw.data() || size > kMaxRefusal)
            return true; // nonsense: what there was so far has to do
        raw.remove_prefix(line + 2);
        if (size == 0)
            return true;
        if (raw.size() < size + 2) {
            body.append(raw.substr(0, std::min(raw.size(), size)));
            return false;
        }
        body.append(raw.substr(0, size));
        raw.remove_prefix(size + 2);
    }
}

} // namespace

std::string encodeFrame(Opcode opcode, std::string_view payload, const Mask& mask)
{
    std::string out;
    out.reserve(payload.size() + 14);
    out += static_cast<char>(0x80U | static_cast<unsigned>(opcode));
    const std::uint64_t size = payload.size();
    const auto number = [&](int bytes) {
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
            out += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xffU);
    };
    if (size <= kMaxControl) {
        out += static_cast<char>(0x80U | size);
    } else if (size <= 0xffff) {
        out += static_cast<char>(0x80U | 126U);
        number(2);
    } else {
        out += static_cast<char>(0x80U | 127U);
        number(8);
    }
    for (const std::uint8_t byte : mask)
        out += static_cast<char>(byte);
    const std::size_t start = out.size();
    out.append(payload);
    for (std::size_t i = 0; i < payload.size(); ++i)
        out[start + i] = static_cast<char>(byteAt(out, start + i) ^ mask[i % 4]);
    return out;
}

std::string closePayload(std::uint16_t code, std::string_view reason)
{
    std::string out;
    out += static_cast<char>(code >> 8U);
    out += static_cast<char>(code & 0xffU);
    std::size_t size = std::min(reason.size(), kMaxControl - 2);
    while (size > 0 && size < reason.size() && (byteAt(reason, size) & 0xc0U) == 0x80U)
        --size;
    out.append(reason.substr(0, size));
    return out;
}

std::optional<Close> parseClose(std::string_view payload)
{
    if (payload.empty())
        return Close{1005, {}};
    if (payload.size() < 2)
        return std::nullopt;
    const auto code = static_cast<std::uint16_t>((byteAt(payload, 0) << 8U) | byteAt(payload, 1));
    // RFC 6455, 7.4: 1004 to 1006 and 1015 are never sent, below 1000 and from 5000 on nothing is defined.
    const bool known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    if (!known && (code < 3000 || code > 4999))
        return std::nullopt;
    const std::string_view reason = payload.substr(2);
    if (!isUtf8(reason))
        return std::nullopt;
    return Close{code, std::string(reason)};
}

bool isUtf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned lead = byteAt(text, i);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more)
            return false;
        unsigned low = 0x80;
        unsigned high = 0xbf;
        if (lead == 0xe0)
            low = 0xa0;
        else if (lead == 0xed)
            high = 0x9f;
        else if (lead == 0xf0)
            low = 0x90;
        else if (lead == 0xf4)
            high = 0x8f;
        for (std::size_t k = 1; k <= more; ++k) {
            const unsigned next = byteAt(text, i + k);
            if (next < low || next > high)
                return false;
            low = 0x80;
            high = 0xbf;
        }
        i += more + 1;
    }
    return true;
}

// ---- frames ----

// Looks at the header as far as it is there; sets m_inPayload once it is whole.
Reader::Fault Reader::header()
{
    if (m_headerSize < 2)
        return Fault::None;
    const unsigned first = m_header[0];
    const unsigned second = m_header[1];
    if (m_headerSize == 2) {
        if (m_closed)
            return Fault::AfterTheClose;
        if ((first & 0x70U) != 0)
            return Fault::Reserved;
        if ((second & 0x80U) != 0)
            return Fault::Masked;
        const unsigned code = first & 0x0fU;
        if (code > 0x2 && (code < 0x8 || code > 0xA))
            return Fault::Reserved;
        m_final = (first & 0x80U) != 0;
        m_opcode = static_cast<Opcode>(code);
        if (isControl(m_opcode)) {
            if (!m_final || (second & 0x7fU) > kMaxControl)
                return Fault::BadControl;
        } else if ((m_opcode == Opcode::Continuation) != m_of.has_value()) {
            return Fault::BadFragment;
        }
    }
    const unsigned small = second & 0x7fU;
    const std::size_t extra = small == 126 ? 2 : small == 127 ? 8 : 0;
    if (m_headerSize < 2 + extra)
        return Fault::None;
    std::uint64_t size = small;
    if (extra != 0) {
        size = 0;
        for (std::size_t i = 0; i < extra; ++i)
            size = (size << 8U) | m_header[2 + i];
        if (size <= (extra == 2 ? kMaxControl : 0xffffU) || (size >> 63U) != 0)
            return Fault::BadLength;
    }
    if (!isControl(m_opcode)) {
        if (size > m_limit || m_message.size() > m_limit - size)
            return Fault::TooLarge;
        if (m_opcode != Opcode::Continuation)
            m_of = m_opcode;
    }
    m_left = size;
    m_inPayload = true;
    return Fault::None;
}

// A frame is whole. False when nothing more is to be read.
bool Reader::finish(const std::function<bool(const Message&)>& message)
{
    m_inPayload = false;
    m_headerSize = 0;
    if (isControl(m_opcode)) {
        m_closed = m_opcode == Opcode::Close;
        const bool more = message({m_opcode, m_control});
        m_control.clear();
        return more;
    }
    if (!m_final)
        return true;
    const Opcode of = *m_of;
    m_of.reset();
    if (of == Opcode::Text && !isUtf8(m_message)) {
        m_fault = Fault::NotUtf8;
        return false;
    }
    const bool more = message({of, m_message});
    m_message.clear();
    if (m_message.capacity() > (1U << 20U))
        m_message.shrink_to_fit();
    return more;
}

Reader::Fault Reader::feed(std::string_view bytes, const std::function<bool(const Message&)>& message)
{
    while (m_fault == Fault::None && !bytes.empty()) {
        if (!m_inPayload) {
            m_header[m_headerSize++] = byteAt(bytes, 0);
            bytes.remove_prefix(1);
            m_fault = header();
            if (m_fault != Fault::None || !m_inPayload || m_left != 0)
                continue;
        }
        std::string& into = isControl(m_opcode) ? m_control : m_message;
        const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, bytes.size()));
        into.append(bytes.substr(0, take));
        bytes.remove_prefix(take);
        m_left -= take;
        if (m_left == 0 && !finish(message))
            break;
    }
    return m_fault;
}

std::uint16_t closeCodeOf(Reader::Fault fault)
{
    switch (fault) {
    case Reader::Fault::TooLarge:
        return 1009;
    case Reader::Fault::NotUtf8:
        return 1007;
    default:
        return 1002;
    }
}

const char* wordsOf(Reader::Fault fault)
{
    switch (fault) {
    case Reader::Fault::Masked:
        return mark("a masked frame from the server");
    case Reader::Fault::Reserved:
        return mark("a frame of an unknown kind");
    case Reader::Fault::BadControl:
        return mark("a control frame that is too long or in pieces");
    case Reader::Fault::BadFragment:
        return mark("pieces of messages in the wrong order");
    case Reader::Fault::BadLength:
        return mark("a frame with a malformed length");
    case Reader::Fault::TooLarge:
        return mark("a message larger than the limit");
    case Reader::Fault::NotUtf8:
        return mark("a text that is no UTF-8");
    case Reader::Fault::AfterTheClose:
        return mark("a frame after the close");
    case Reader::Fault::None:
        break;
    }
    return "";
}

// ---- handshake ----

std::string keyOf(const std::array<std::uint8_t, 16>& random)
{
    return base64Encode(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
}

std::string acceptOf(std::string_view key)
{
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
        return {};
    return base64Encode(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::size_t Handshake::feed(std::string_view bytes)
{
    std::size_t used = 0;
    while (m_state == State::Reading && used < bytes.size()) {
        if (m_inBody) {
            used += feedBody(bytes.substr(used));
            continue;
        }
        m_head += bytes[used++];
        if (m_head.size() > kMaxHead)
            m_state = State::Broken;
        else if (m_head.size() >= 4 && m_head.compare(m_head.size() - 4, 4, "\r\n\r\n") == 0)
            parseHead();
    }
    return used;
}

void Handshake::parseHead()
{
    const std::vector<std::string> lines = split(m_head, '\n');
    m_head.clear();
    m_headers.clear();
    const std::string_view first = trimmed(lines.front());
    const std::size_t blank = first.find(' ');
    if (first.rfind("HTTP/1.", 0) != 0 || blank == std::string_view::npos || first.size() < blank + 4 ||
        std::from_chars(first.data() + blank + 1, first.data() + blank + 4, m_status).ec != std::errc{} ||
        m_status < 100 || m_status > 599) {
        m_state = State::Broken;
        return;
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string_view line = trimmed(lines[i]);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        std::string& value = m_headers[toLower(trimmed(line.substr(0, colon)))];
        if (!value.empty())
            value += ", ";
        value += trimmed(line.substr(colon + 1));
    }
    if (m_status == 101) {
        m_state = State::Open;
        return;
    }
    if (m_status < 200)
        return; // an interim answer; the real one follows
    m_inBody = true;
    m_chunked = toLower(m_headers["transfer-encoding"]).find("chunked") != std::string::npos;
    if (const auto length = m_headers.find("content-length"); !m_chunked && length != m_headers.end()) {
        std::size_t size = 0;
        std::from_chars(length->second.data(), length->second.data() + length->second.size(), size);
        m_bodyLeft = std::min(size, kMaxRefusal);
    }
    if (m_bodyLeft && *m_bodyLeft == 0)
        m_state = State::Refused;
}

std::size_t Handshake::feedBody(std::string_view bytes)
{
    if (m_chunked) {
        m_raw.append(bytes);
        if (dechunk(m_raw, m_body) || m_raw.size() > 2 * kMaxRefusal)
            m_state = State::Refused;
        return bytes.size();
    }
    const std::size_t take = std::min(bytes.size(), m_bodyLeft.value_or(kMaxRefusal - m_body.size()));
    m_body.append(bytes.substr(0, take));
    if (m_bodyLeft)
        *m_bodyLeft -= take;
    if ((m_bodyLeft && *m_bodyLeft == 0) || m_body.size() >= kMaxRefusal)
        m_state = State::Refused;
    return take;
}

void Handshake::end()
{
    if (m_state == State::Reading)
        m_state = m_inBody ? State::Refused : State::Broken;
}

std::string Handshake::protocol() const
{
    const auto found = m_headers.find("sec-websocket-protocol");
    return found == m_headers.end() ? std::string{} : found->second;
}

std::string Handshake::check(std::string_view key, const std::vector<std::string>& protocols) const
{
    const auto header = [this](const char* name) {
        const auto found = m_headers.find(name);
        return found == m_headers.end() ? std::string{} : found->second;
    };
    if (toLower(header("upgrade")) != "websocket" ||
        toLower(header("connection")).find("upgrade") == std::string::npos)
        return mark("it does not say that it upgrades the connection");
    if (header("sec-websocket-accept") != acceptOf(key))
        return mark("its Sec-WebSocket-Accept does not belong to our key");
    if (!header("sec-websocket-extensions").empty())
        return mark("it uses an extension that nobody asked for");
    const std::string chosen = protocol();
    if (protocols.empty() ? !chosen.empty()
                          : std::find(protocols.begin(), protocols.end(), chosen) == protocols.end())
        return chosen.empty() ? mark("it chose none of the sub-protocols")
                              : mark("it chose a sub-protocol that was not offered");
    return {};
}

} // namespace strata::kube::ws
