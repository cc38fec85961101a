// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/kube/config/kubeconfig.h"

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
                            std::function<void()> task); // returns an id for cancel()
    void cancel(std::uint64_t id);
    bool onThread() const;

    class Private;
    Private& d() { return *m_d; }

private:
    std::unique_ptr<Private> m_d;
};

// One identity on one API server. Thread-safe; callbacks come on the network's thread. Connections are never
// shared with another client. TLS 1.2 or newer; a redirect is an error (it would carry our credential
// elsewhere).
class Client {
public:
    static std::shared_ptr<Client> create(Network& network, ClusterConfig config);
    virtual ~Client() = default;

    virtual const ClusterConfig& config() const = 0;
    virtual Network& network() = 0;

    // Errors are translated: what failed, at which server, in words (a Status body's message is the detail).
    virtual std::unique_ptr<RequestHandle> send(Request request,
                                                std::function<void(Result<Response>)> done) = 0;
    virtual std::unique_ptr<RequestHandle> stream(Request request,
                                                  std::shared_ptr<StreamHandler> handler) = 0;
    // Server time minus local time, milliseconds, from the Date header; 0 until known.
    virtual std::int64_t clockOffsetMs() const = 0;

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
