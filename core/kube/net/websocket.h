// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// WebSockets over a client's identity (exec, attach, port-forward, VNC and serial consoles): opened with
// Client::openWebSocket(). HTTP/1.1 with the same TLS, client certificate, bearer token, impersonation,
// server name and proxy as every other request; each has a connection of its own.
namespace strata::kube {

struct WebSocketRequest {
    std::string path;  // "/api/v1/namespaces/N/pods/P/exec", already percent-encoded
    std::string query; // "container=c&stdin=true&…", already percent-encoded, without '?'
    // Offered in this order; the server must choose one (else the socket ends with Protocol). Empty: none is
    // offered and none must come back.
    std::vector<std::string> protocols;
    std::size_t maxMessage = 16U << 20U;           // a longer one ends the socket (close code 1009)
    std::size_t maxQueued = 16U << 20U;            // of our bytes that the server has not taken yet
    std::chrono::milliseconds openTimeout{20'000}; // until the server has agreed
    std::chrono::milliseconds pingEvery{10'000};   // 0: never
    std::chrono::milliseconds silenceLimit{
        30'000}; // no byte, not even a pong, for so long: Timeout; 0: never
};

struct WebSocketClose {
    // 1000 a normal end, 1001 going away, 1005 the server gave no code, 1011 its fault, …; 3000 and more mean
    // what the protocol above says.
    std::uint16_t code = 1000;
    std::string reason; // cleaned
};

// Hears of one socket, on the network's thread; must not block. It may destroy the WebSocket in any call.
class WebSocketHandler {
public:
    virtual ~WebSocketHandler() = default;
    virtual void onOpen(const std::string& protocol) = 0; // the chosen one; once, before any message
    virtual void onMessage(bool binary, std::string_view message) = 0; // text is UTF-8
    // All that was sent has left for the network, after queued() was above zero.
    virtual void onDrained() {}
    // Once, last. A value: both sides agreed to end. An error: it never opened (a refusal is the Status the
    // server gave, with its HTTP status), or it broke (Network, Timeout, Protocol).
    virtual void onEnd(Result<WebSocketClose> end) = 0;
};

// Ends its socket when it goes: no callback follows, the connection is dropped. Destroyed on another thread
// than the network's it waits for a callback that runs at that moment (so hold no lock that the callback
// takes). All methods may be called from any thread.
class WebSocket {
public:
    virtual ~WebSocket() = default;
    // One message each. What is sent before the server has agreed waits for it. False when `maxQueued` would
    // be passed or the socket has ended; nothing of the message is sent then.
    virtual bool sendBinary(std::string_view message) = 0;
    virtual bool sendText(std::string_view message) = 0;
    // Says goodbye; onEnd follows when the server has answered, after five seconds at the latest.
    virtual void close(std::uint16_t code = 1000, std::string_view reason = {}) = 0;
    // Off: nothing more is read from the network, so that a server that floods is held back by TCP. A little
    // that was read already may still come.
    virtual void setReading(bool on) = 0;
    virtual std::size_t queued() const = 0; // bytes, frames' heads included
};

} // namespace strata::kube
