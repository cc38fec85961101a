// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feeds/site.h"
#include "core/stack/stack.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

namespace strata::test {

// A site whose batches are taken as they come.
class Watched {
public:
    explicit Watched(feeds::Site::Options options = quiet()) : site(options)
    {
        site.setWakeup([this] {
            {
                const std::lock_guard lock(m_mutex);
                m_woken = true;
            }
            m_wake.notify_all();
        });
    }
    ~Watched() { site.setWakeup({}); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    static feeds::Site::Options quiet()
    {
        feeds::Site::Options options;
        options.metricsEvery = std::chrono::milliseconds(0);
        return options;
    }

    // Takes batches until the condition holds; false when it does not in 20 seconds.
    bool until(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(20))
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        for (;;) {
            take();
            if (condition())
                return true;
            std::unique_lock lock(m_mutex);
            // settled() may change without anything new to take.
            const auto step =
                std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
            m_wake.wait_until(lock, step, [this] { return m_woken; });
            m_woken = false;
            if (std::chrono::steady_clock::now() >= end)
                return false;
        }
    }

    void take()
    {
        const stack::Batch batch = site.take();
        graph.apply(batch);
        for (const stack::SourceChange& change : batch.sources) {
            if (change.gone) {
                states.erase(change.state.id);
                for (auto it = facts.begin(); it != facts.end();)
                    it = std::get<0>(it->first) == change.state.id ? facts.erase(it) : std::next(it);
            } else {
                states[change.state.id] = change.state;
            }
        }
        for (const stack::FactChange& change : batch.facts) {
            const auto key = std::make_tuple(change.key.source, change.key.kind, change.key.name);
            if (change.fact)
                facts[key] = change.fact;
            else
                facts.erase(key);
        }
    }

    bool has(stack::SourceId source, stack::FactKind kind, const std::string& name) const
    {
        return facts.count(std::make_tuple(source, kind, name)) > 0;
    }
    template<typename T>
    T get(stack::SourceId source, stack::FactKind kind, const std::string& name) const
    {
        const auto found = facts.find(std::make_tuple(source, kind, name));
        return found == facts.end() ? T() : *found->second->as<T>();
    }
    stack::SourceState state(stack::SourceId source) const
    {
        const auto found = states.find(source);
        return found == states.end() ? stack::SourceState() : found->second;
    }
    std::optional<Error> kindError(stack::SourceId source, const std::string& resource) const
    {
        for (const stack::KindState& kind : state(source).kinds)
            if (kind.kind == resource)
                return kind.error;
        return std::nullopt;
    }
    stack::SourceId inner(const std::string& key) const
    {
        for (const auto& [id, state] : states)
            if (state.kind == stack::SourceKind::InnerCluster && state.clusterKey == key)
                return id;
        return 0;
    }
    bool live(stack::SourceId source) const
    {
        const stack::SourceState s = state(source);
        return s.phase == stack::LinkPhase::Live && s.synced;
    }

    stack::Stack graph;
    std::map<stack::SourceId, stack::SourceState> states;
    std::map<std::tuple<stack::SourceId, stack::FactKind, std::string>, stack::FactPtr> facts;

private:
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_woken = false;

public:
    feeds::Site site; // last: goes first
};

} // namespace strata::test
