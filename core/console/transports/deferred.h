// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/session.h"
#include "core/kube/net/client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strata::console {

// A session that needs something done first: asks on the network's thread, then becomes the session itself.
// What is typed meanwhile waits. A kind of it derives from this, begins in first() and ends its way with
// become() or failed(); all its own methods are called on the network's thread.
class Deferred : public std::enable_shared_from_this<Deferred> {
public:
    static constexpr std::size_t kMostTyped = 64U << 10U;

    Deferred(std::shared_ptr<kube::Client> client, TerminalSize size,
             std::shared_ptr<SessionHandler> handler);
    virtual ~Deferred();
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    static std::unique_ptr<Session> start(std::shared_ptr<Deferred> what);

protected:
    virtual void first() = 0;
    // The session is over or nobody wants it any more: clean up. Once, on any thread, no lock is held.
    virtual void over() {}

    const std::shared_ptr<kube::Client>& client() const { return m_client; }
    TerminalSize size() const;
    bool gone() const;
    void ask(kube::Request request, std::function<void(Result<kube::Response>)> done);
    void later(std::chrono::milliseconds delay, std::function<void()> task);
    // What the way is up to, for whoever waits: shown as output, muted.
    void note(const std::string& text);
    // `open` makes the session with the handler it is given.
    void become(const std::function<Result<std::unique_ptr<Session>>(std::shared_ptr<SessionHandler>)>& open);
    void failed(Error error);

private:
    class Handle;
    class Through;
    void stop();
    bool write(std::string_view bytes);
    void resize(TerminalSize size);
    void close();
    void setReading(bool on);
    void finish();
    template<typename Call>
    void tell(Call&& call);

    const std::shared_ptr<kube::Client> m_client;

    mutable std::mutex m_mutex; // guards these; not held while calling out
    TerminalSize m_size;
    std::string m_typed;
    bool m_reading = true;
    bool m_gone = false;
    bool m_finished = false;
    std::shared_ptr<Session> m_inner;
    std::vector<std::unique_ptr<kube::RequestHandle>> m_handles;
    std::vector<std::uint64_t> m_timers;

    std::recursive_mutex m_handlerMutex; // held while calling out
    std::shared_ptr<SessionHandler> m_handler;
};

} // namespace strata::console
