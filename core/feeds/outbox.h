// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/nametable.h"
#include "core/stack/facts.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace strata::feeds {

// Where all feeds put what they know, from any thread, and where the taker finds it. Coalesces: of what
// changed several times between two takes, the last is there once.
class Outbox {
public:
    void setWakeup(std::function<void()> wakeup);

    // A null fact: gone. What belongs to a source that was removed, or that was never added, is dropped.
    void put(stack::FactKey key, stack::FactPtr fact);
    // `settled`: nothing more is to be waited for; once true it stays true for that source.
    void put(stack::SourceState state, bool settled);
    // The source and all of its facts.
    void remove(stack::SourceId source);

    stack::Batch take();
    bool settled() const;

private:
    struct Source {
        stack::SourceState state;
        bool settled = false;
    };

    bool empty() const { return m_batch.empty() && m_changed.empty(); } // m_mutex held
    template<typename Change>
    void change(Change&& change);

    mutable std::mutex m_mutex; // guards the rest; never held while calling out
    stack::Batch m_batch;       // its sources are only those that are gone
    std::map<std::pair<stack::SourceId, stack::FactKind>, NameTable<std::size_t>> m_places; // in its facts
    std::unordered_map<stack::SourceId, Source> m_sources;
    std::set<stack::SourceId> m_changed; // in the order of adding: an inner cluster behind its outer one

    std::recursive_mutex m_wakeupMutex; // held during the call, so that setWakeup() waits for its end
    std::function<void()> m_wakeup;
};

} // namespace strata::feeds
