// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/outbox.h"

#include <algorithm>

namespace strata::feeds {

template<typename Change>
void Outbox::change(Change&& change)
{
    bool wake = false;
    {
        const std::lock_guard lock(m_mutex);
        const bool before = empty();
        change();
        wake = before && !empty();
    }
    if (!wake)
        return;
    const std::lock_guard lock(m_wakeupMutex);
    if (m_wakeup)
        m_wakeup();
}

void Outbox::setWakeup(std::function<void()> wakeup)
{
    const std::lock_guard lock(m_wakeupMutex);
    m_wakeup = std::move(wakeup);
    bool waiting = false;
    {
        const std::lock_guard inner(m_mutex);
        waiting = !empty();
    }
    if (waiting && m_wakeup)
        m_wakeup();
}

void Outbox::put(stack::FactKey key, stack::FactPtr fact)
{
    change([&] {
        if (m_sources.find(key.source) == m_sources.end())
            return;
        const auto [place, added] = m_places[{key.source, key.kind}].insert(key.name);
        if (added) {
            *place = m_batch.facts.size();
            m_batch.facts.push_back({std::move(key), std::move(fact)});
        } else {
            m_batch.facts[*place].fact = std::move(fact);
        }
    });
}

void Outbox::put(stack::SourceState state, bool settled)
{
    change([&] {
        Source& source = m_sources[state.id];
        source.state = std::move(state);
        source.settled = source.settled || settled;
        m_changed.insert(source.state.id);
    });
}

void Outbox::remove(stack::SourceId id)
{
    change([&] {
        const auto found = m_sources.find(id);
        if (found == m_sources.end())
            return;
        m_changed.erase(id);
        m_batch.sources.push_back({std::move(found->second.state), true});
        m_sources.erase(found);

        auto& facts = m_batch.facts;
        facts.erase(std::remove_if(facts.begin(), facts.end(),
                                   [id](const stack::FactChange& f) { return f.key.source == id; }),
                    facts.end());
        m_places.clear();
        for (std::size_t i = 0; i < facts.size(); ++i)
            *m_places[{facts[i].key.source, facts[i].key.kind}].insert(facts[i].key.name).first = i;
    });
}

stack::Batch Outbox::take()
{
    const std::lock_guard lock(m_mutex);
    stack::Batch out;
    std::swap(out, m_batch);
    m_places.clear();
    for (const stack::SourceId id : m_changed)
        out.sources.push_back({m_sources[id].state, false});
    m_changed.clear();
    return out;
}

bool Outbox::settled() const
{
    const std::lock_guard lock(m_mutex);
    return std::all_of(m_sources.begin(), m_sources.end(),
                       [](const auto& entry) { return entry.second.settled; });
}

} // namespace strata::feeds
