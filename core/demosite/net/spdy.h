// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The server's end of SPDY/3.1 as far as Kubernetes uses it: streams with headers and data. It is what old
// clients upgrade to for exec and port-forward, and what new ones tunnel through a WebSocket for the latter.
// Draft: "SPDY Protocol - Draft 3.1". Flow control is granted generously and not asked for.
namespace strata::demosite {

class SpdyServer {
public:
    struct Event {
        enum class Type { Opened, Data, Ended, Reset } type = Type::Data; // Ended: the client sends no more
        std::uint32_t stream = 0;
        std::map<std::string, std::string> headers; // of Opened; names in lower case
        std::string data;
    };

    SpdyServer();
    ~SpdyServer();
    SpdyServer(const SpdyServer&) = delete;
    SpdyServer& operator=(const SpdyServer&) = delete;

    // Bytes from the client, in pieces of any size. False: they are no SPDY; the connection must end.
    bool feed(std::string_view bytes, std::vector<Event>& events);
    void send(std::uint32_t stream, std::string_view data, bool last);
    void reset(std::uint32_t stream);
    // What is to be sent since the last call.
    std::string take();

private:
    bool frame(std::string_view head, std::string_view body, std::vector<Event>& events);
    void reply(std::uint32_t stream);

    struct Streams; // zlib's
    std::unique_ptr<Streams> m_z;
    std::string m_in;
    std::string m_out;
};

} // namespace strata::demosite
