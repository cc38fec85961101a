// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/kube/config/kubeconfig.h"
#include "core/kube/net/websocket.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace strata::kube {

struct Request {
    std::string method = "GET";
    std::string path;  // "/api/v1/pods", already percent-encoded
    std::string query; // "limit=500&…", already percent-encoded, without '?'
    std::string accept = "application/json";
    std::string contentType; // for a body
    std::string body;
    std::chrono::milliseconds timeout{30000}; // the whole request; 0 for none; streams never have one
    std::chrono::milliseconds idleTimeout{0}; // streams: no byte for so long ends it with Timeout; 0 never
    std::size_t maxBody = 256U << 20U;        // a longer answer ends with Protocol; not for streams
};

struct Response {
    int status = 0;
    std::map<std::string, std::string> headers; // lower-case names
    std::string body;                           // empty for streams
};

// Receives a streamed answer on the network's thread. Handlers must not block.
class StreamHandler {
public:
    virtual ~StreamHandler() = default;
    virtual void onHeaders(int status) = 0;          // once, before any data, only for status 200
    virtual void onData(std::string_view bytes) = 0; // any cut: a byte, many frames
    // Once, last. No value: a clean end of the body. An answer other than 200 ends with its Status as the
    // error.
    virtual void onEnd(Result<void> end) = 0;
};

// Ends its request when it goes: no callback follows. Destroyed on another thread than the network's, it
// waits for a callback that runs at that moment (so hold no lock that the callback takes).
class RequestHandle {
public:
    virtual ~RequestHandle() = default;
};

class Dialer;
class ExecPlugins;

// How soon a connection that has gone silent is found out (HTTP/2; TCP's own keepalive needs up to 44 s):
// after `heartbeatAfter` without a byte a small question is put, and no answer within `heartbeatTimeout` ends
// all that the connection carries.
struct Pace {
    std::chrono::milliseconds heartbeatAfter{30'000};
    std::chrono::milliseconds heartbeatTimeout{15'000};
};

// What one client has done so far. Bytes are those of bodies (decompressed) and headers.
struct ClientTraffic {
    std::uint64_t requests = 0; // apart from streams and sockets
    std::uint64_t failures = 0; // of all three
    std::uint64_t streams = 0;  // watches opened: the first time and again
    std::uint64_t openStreams = 0;
    std::uint64_t sockets = 0; // WebSockets
    std::uint64_t connections = 0;
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    std::uint64_t lastAnswerMs = 0; // of requests
    std::uint64_t meanMs = 0;
    std::uint64_t slowestMs = 0;
};

// The one network thread of the program: all clusters share its event loop (libcurl's multi interface).
// Destroying it ends all requests with Cancelled and joins the thread; destroy clients and watches first. Not
// to be destroyed on its own thread. What is sent or posted later is dropped without a callback.
class Network {
public:
    Network();
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    void post(std::function<void()> task); // run on the thread
    std::uint64_t postAfter(std::chrono::milliseconds delay,
                            std::function<void()> task); // an id for cancel(); see Loop::postAbout()
    void cancel(std::uint64_t id);
    bool onThread() const;

    // Where clients made from now on get the credentials of plugins; none: such clusters are refused. With
    // `mayAsk` false only what the operator has allowed already runs.
    void setExecPlugins(std::shared_ptr<ExecPlugins> plugins, bool mayAsk = true);

    void setPace(const Pace& pace); // of clients made from now on
    // After a suspend or a change of networks: every client's connections are made anew, spread over the
    // time; what they carried ends with a Network error.
    void renewConnections(std::chrono::milliseconds over);

    class Private;
    Private& d() { return *m_d; }

private:
    std::unique_ptr<Private> m_d;
};

// One identity on one API server: a certificate, a token, a token file that is read again, or a plugin that
// is run again before its credential expires. After a 401 the credential is renewed and a GET sent once more.
// Thread-safe; callbacks come on the network's thread. Connections are never
// shared with another client. TLS 1.2 or newer; a redirect is an error (it would carry our credential
// elsewhere).
class Client {
public:
    // With a dialer (see tunnel.h) its connections are made by that one instead of the network.
    static std::shared_ptr<Client> create(Network& network, ClusterConfig config,
                                          std::shared_ptr<Dialer> dialer = {});
    virtual ~Client() = default;

    virtual const ClusterConfig& config() const = 0;
    virtual Network& network() = 0;

    // Errors are translated: what failed, at which server, in words (a Status body's message is the detail).
    virtual std::unique_ptr<RequestHandle> send(Request request,
                                                std::function<void(Result<Response>)> done) = 0;
    virtual std::unique_ptr<RequestHandle> stream(Request request,
                                                  std::shared_ptr<StreamHandler> handler) = 0;
    virtual std::unique_ptr<WebSocket> openWebSocket(WebSocketRequest request,
                                                     std::shared_ptr<WebSocketHandler> handler) = 0;
    // Server time minus local time, milliseconds, from the Date header; 0 until known.
    virtual std::int64_t clockOffsetMs() const = 0;

    // Texts of Warning headers so far, each once, cleaned: deprecations mostly.
    virtual std::vector<std::string> warnings() const = 0;
    virtual ClientTraffic traffic() const = 0;

    // What this server has taught us: API groups whose streaming lists (sendInitialEvents) it refuses.
    bool refusesStreamingLists(const std::string& group) const
    {
        const std::lock_guard lock(m_learnedMutex);
        return m_noStreamingLists.count(group) != 0;
    }
    void rememberRefusedStreamingLists(const std::string& group)
    {
        const std::lock_guard lock(m_learnedMutex);
        m_noStreamingLists.insert(group);
    }

private:
    mutable std::mutex m_learnedMutex;
    std::set<std::string> m_noStreamingLists;
};

} // namespace strata::kube
