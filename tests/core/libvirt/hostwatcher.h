// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/libvirt/host.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace strata::test {

// A sink that remembers, and waits for what it is asked to see.
class HostWatcher : public virt::HostSink {
public:
    struct Seen {
        std::optional<virt::HostFacts> host;
        std::map<std::string, virt::DomainFacts> domains; // by name
        std::vector<std::string> gone;                    // names
        std::vector<virt::LinkState> states;
        int calls = 0;

        virt::LinkPhase phase() const
        {
            return states.empty() ? virt::LinkPhase::Connecting : states.back().phase;
        }
    };

    void onHost(const virt::HostFacts& facts) override
    {
        change([&] { m_seen.host = facts; });
    }
    void onDomain(const virt::DomainFacts& facts) override
    {
        change([&] { m_seen.domains[facts.name] = facts; });
    }
    void onDomainGone(const std::string& uuid) override
    {
        change([&] {
            for (auto it = m_seen.domains.begin(); it != m_seen.domains.end(); ++it) {
                if (it->second.uuid == uuid) {
                    m_seen.gone.push_back(it->first);
                    m_seen.domains.erase(it);
                    break;
                }
            }
        });
    }
    void onState(const virt::LinkState& state) override
    {
        change([&] { m_seen.states.push_back(state); });
    }

    bool waitFor(const std::function<bool(const Seen&)>& condition,
                 std::chrono::milliseconds limit = std::chrono::seconds(20))
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, limit, [&] { return condition(m_seen); });
    }
    bool waitForPhase(virt::LinkPhase phase)
    {
        return waitFor([phase](const Seen& seen) { return seen.phase() == phase; });
    }
    Seen seen()
    {
        const std::lock_guard lock(m_mutex);
        return m_seen;
    }

private:
    void change(const std::function<void()>& what)
    {
        {
            const std::lock_guard lock(m_mutex);
            what();
            ++m_seen.calls;
        }
        m_changed.notify_all();
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    Seen m_seen;
};

} // namespace strata::test
