// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace strata::feeds {

// The open requests and timers of one feed; when it goes, none of them calls back. For the network's thread.
class Requests {
public:
    explicit Requests(kube::Network& network) : m_shared(std::make_shared<Shared>(network)) {}
    ~Requests() { clear(); }
    Requests(const Requests&) = delete;
    Requests& operator=(const Requests&) = delete;

    void send(kube::Client& client, kube::Request request, std::function<void(Result<kube::Response>)> done)
    {
        const std::uint64_t id = ++m_shared->next;
        m_shared->open.emplace(id, nullptr);
        auto handle = client.send(std::move(request), [weak = std::weak_ptr(m_shared), id,
                                                       done =
                                                           std::move(done)](Result<kube::Response> result) {
            const std::shared_ptr<Shared> shared = weak.lock();
            const auto found = shared ? shared->open.find(id) : decltype(shared->open.find(id)){};
            if (!shared || found == shared->open.end())
                return;
            // A handle does not end inside its own callback.
            shared->network.post([ended = std::shared_ptr<kube::RequestHandle>(std::move(found->second))] {});
            shared->open.erase(found);
            done(std::move(result));
        });
        if (const auto found = m_shared->open.find(id); found != m_shared->open.end())
            found->second = std::move(handle);
    }

    // An id for cancel(); 0 is none.
    std::uint64_t after(std::chrono::milliseconds delay, std::function<void()> task)
    {
        const std::uint64_t id = ++m_shared->next;
        const std::uint64_t timer =
            m_shared->network.postAfter(delay, [weak = std::weak_ptr(m_shared), id, task = std::move(task)] {
                const std::shared_ptr<Shared> shared = weak.lock();
                if (shared && shared->timers.erase(id) > 0)
                    task();
            });
        m_shared->timers.emplace(id, timer);
        return id;
    }

    void cancel(std::uint64_t& id)
    {
        const auto found = m_shared->timers.find(id);
        if (found != m_shared->timers.end()) {
            m_shared->network.cancel(found->second);
            m_shared->timers.erase(found);
        }
        id = 0;
    }

    void clear()
    {
        m_shared->open.clear();
        for (const auto& [id, timer] : m_shared->timers)
            m_shared->network.cancel(timer);
        m_shared->timers.clear();
    }

private:
    struct Shared {
        explicit Shared(kube::Network& n) : network(n) {}
        kube::Network& network;
        std::uint64_t next = 0;
        std::map<std::uint64_t, std::unique_ptr<kube::RequestHandle>> open;
        std::map<std::uint64_t, std::uint64_t> timers;
    };
    std::shared_ptr<Shared> m_shared;
};

} // namespace strata::feeds
