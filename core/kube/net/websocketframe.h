// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// WebSockets (RFC 6455) as bytes in and values out: the client's side of the protocol without a socket, a
// clock or randomness, so that every cut of the bytes can be tested. websocket.cpp does the rest.
namespace strata::kube::ws {

enum class Opcode : std::uint8_t {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
};

inline constexpr std::size_t kMaxControl = 125; // payload of a control frame
using Mask = std::array<std::uint8_t, 4>;

// One whole frame as a client sends it, masked.
std::string encodeFrame(Opcode opcode, std::string_view payload, const Mask& mask);
// Payload of a close frame: the code in network order and the reason, cut to fit at a character's border.
std::string closePayload(std::uint16_t code, std::string_view reason);

struct Close {
    std::uint16_t code = 0; // 1005 when the frame had none
    std::string reason;     // as received; clean it before it is shown
};
// Nothing when it breaks the protocol: half a code, a code that must not travel, a reason that is no UTF-8.
std::optional<Close> parseClose(std::string_view payload);

bool isUtf8(std::string_view text); // RFC 3629: no overlong forms, no surrogates

// Puts a server's frames together: fragments to messages, control frames as they come. Everything is bounded:
// a message of more than `limit` bytes is a fault before its bytes are kept.
class Reader {
public:
    struct Message {
        Opcode opcode = Opcode::Binary; // Text, Binary, Close, Ping or Pong
        std::string_view payload;       // valid during the call
    };
    enum class Fault {
        None,
        Masked,       // servers do not mask
        Reserved,     // reserved bits or opcodes: an extension that nobody asked for
        BadControl,   // a control frame that is long or fragmented
        BadFragment,  // a continuation of nothing, or a message within a message
        BadLength,    // not in the shortest form, or with the top bit set
        TooLarge,     // more than the limit
        NotUtf8,      // a text message that is no text
        AfterTheClose // anything behind a close frame
    };

    explicit Reader(std::size_t limit = 16U << 20U) : m_limit(limit) {}

    // Calls `message` for each whole one; false from it stops, what is left of `bytes` is then dropped. After
    // a fault nothing is read any more.
    Fault feed(std::string_view bytes, const std::function<bool(const Message&)>& message);
    Fault fault() const { return m_fault; }
    std::size_t kept() const { return m_message.size() + m_control.size(); }

private:
    Fault header();
    bool finish(const std::function<bool(const Message&)>& message);

    std::size_t m_limit;
    Fault m_fault = Fault::None;
    std::array<std::uint8_t, 10> m_header{};
    std::size_t m_headerSize = 0;
    bool m_inPayload = false;
    bool m_final = false;
    Opcode m_opcode = Opcode::Continuation; // of the frame that is being read
    std::uint64_t m_left = 0;               // bytes of its payload still to come
    std::optional<Opcode> m_of;             // the fragmented message that is being put together
    std::string m_message;
    std::string m_control;
    bool m_closed = false;
};

// The close code that tells the other side about a fault (RFC 6455, 7.4.1), and words for the operator.
std::uint16_t closeCodeOf(Reader::Fault fault);
const char* wordsOf(Reader::Fault fault);

// ---- the opening handshake ----

std::string keyOf(const std::array<std::uint8_t, 16>& random); // Sec-WebSocket-Key
std::string acceptOf(std::string_view key);                    // Sec-WebSocket-Accept that must come back

// Reads the answer to the upgrade request: "101" and headers, else a refusal with its body (bounded), as any
// other answer has one.
class Handshake {
public:
    enum class State { Reading, Open, Refused, Broken };

    // Consumes what belongs to the answer and returns how many bytes of `bytes` that were.
    std::size_t feed(std::string_view bytes);
    void end(); // the server closed: a refusal without a length is complete now
    State state() const { return m_state; }
    int status() const { return m_status; }
    const std::map<std::string, std::string>& headers() const { return m_headers; } // lower-case names
    const std::string& body() const { return m_body; }

    // After Open: what is wrong with it, empty when nothing is. `protocols` are those that were offered; with
    // any offered the server must have chosen one of them.
    std::string check(std::string_view key, const std::vector<std::string>& protocols) const;
    std::string protocol() const;

private:
    void parseHead();
    std::size_t feedBody(std::string_view bytes);

    State m_state = State::Reading;
    std::string m_head;
    bool m_inBody = false;
    int m_status = 0;
    std::map<std::string, std::string> m_headers;
    std::string m_body;
    std::optional<std::size_t> m_bodyLeft;
    bool m_chunked = false;
    std::string m_raw; // a chunked body as it came
};

} // namespace strata::kube::ws
