// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Requests and answers as values: what the API's code sees of HTTP. Nothing here knows sockets.
namespace strata::demosite {

struct Identity {
    bool known = false;
    bool refused = false; // credentials were shown and are not good
    std::string user;
    std::vector<std::string> groups;
};

struct HttpRequest {
    std::string method;
    std::string path;                                      // percent-decoded, without the query
    std::map<std::string, std::vector<std::string>> query; // decoded
    std::string accept;
    std::string contentType; // without parameters, lower case
    std::string userAgent;
    std::string host; // as the client calls this server
    std::string authorization;
    std::string impersonateUser; // Impersonate-User and its kin
    std::vector<std::string> impersonateGroups;
    std::string upgrade;                // "websocket", "spdy/3.1"; lower case
    std::vector<std::string> protocols; // Sec-WebSocket-Protocol or X-Stream-Protocol-Version, in order
    std::string body;
    std::uint64_t contentLength = 0; // as announced; of requests whose body goes to a sink
    Identity identity;               // from the client's certificate or bearer token

    const std::string& one(const char* name) const; // the first value of a query parameter, or ""
    bool flag(const char* name) const;              // "1", "true"
};

// The body of an answer that goes on for long. Used by one thread at a time.
class HttpStream {
public:
    virtual ~HttpStream() = default;
    // What is there now, possibly nothing; `done` ends the answer.
    virtual std::string read(bool& done) = 0;
    // `wake` may be called from any thread when read() has something new; it must not be called after this
    // object is gone.
    virtual void start(std::function<void()> wake) = 0;
    // read() is called after so long even when nobody woke it.
    virtual std::chrono::milliseconds patience() const = 0;
};

// The server's end of an upgraded connection: messages of a WebSocket, or the bytes of a raw upgrade in
// pieces of any size. Used by one thread at a time.
class HttpSocket {
public:
    virtual ~HttpSocket() = default;
    // As HttpStream::start.
    virtual void start(std::function<void()> wake) = 0;
    virtual void receive(std::string_view message, bool binary) = 0;
    // The next message to send; false: there is none now. `done` ends the connection, after the message if
    // there is one.
    virtual bool next(std::string& message, bool& done) = 0;
    // next() is called after so long even when nobody woke it.
    virtual std::chrono::milliseconds patience() const = 0;
};

struct HttpAnswer {
    int status = 200;
    std::string contentType = "application/json";
    std::string body;
    std::vector<std::string> warnings; // sent as Warning: 299 - "…"
    int retryAfterSeconds = 0;
    std::unique_ptr<HttpStream> stream; // instead of a body
    // Instead of an answer: the connection is upgraded, to a WebSocket or (`raw`) to plain bytes.
    std::unique_ptr<HttpSocket> socket;
    std::string protocol; // the chosen one of the request's
    bool raw = false;
};

// Takes a request's body in pieces, for bodies of any size. Used by one thread at a time; destroyed without
// finish() when the connection ends before.
class HttpSink {
public:
    virtual ~HttpSink() = default;
    virtual bool take(std::string_view bytes) = 0; // false: the connection is cut
    virtual HttpAnswer finish() = 0;
};

class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    // Whether this request's body goes to a sink instead of into the request.
    virtual bool receives(const HttpRequest& head) const
    {
        (void)head;
        return false;
    }
    // Null: it is refused, as `refusal` says, before the body is read.
    virtual std::unique_ptr<HttpSink> receive(const HttpRequest& head, HttpAnswer& refusal)
    {
        (void)head;
        (void)refusal;
        return nullptr;
    }
    virtual HttpAnswer handle(const HttpRequest& request) = 0; // from several threads at once
    virtual Identity identify(std::string_view bearerToken) = 0;
};

std::string percentDecode(std::string_view text, bool plusIsBlank);
// Fills path and query from a request target.
void parseTarget(std::string_view target, HttpRequest& request);

} // namespace strata::demosite
