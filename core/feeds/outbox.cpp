// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/outbox.h"

#include <algorithm>
#include <string_view>

namespace strata::feeds {

std::size_t Outbox::KeyHash::operator()(const stack::FactKey& key) const noexcept
{
    std::size_t hash = std::hash<std::string_view>{}(key.name);
    const std::size_t rest =
        (static_cast<std::size_t>(key.source) << 8U) | static_cast<std::size_t>(key.kind);
    hash ^= rest + 0x9E3779B97F4A7C15ULL + (hash << 6U) + (hash >> 2U);
    return hash;
}

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

void Outbox::put(stack::FactKey key, std::shared_ptr<const stack::Fact> fact)
{
    change([&] {
        if (m_sources.find(key.source) == m_sources.end())
            return;
        const auto [place, added] = m_places.try_emplace(key, m_batch.facts.size());
        if (added)
            m_batch.facts.push_back({std::move(key), std::move(fact)});
        else
            m_batch.facts[place->second].fact = std::move(fact);
    });
}

void Outbox::put(stack::SourceState state, bool settled)
{
    change([&] {
        Source& source = m_sources[state.id];
        source.state = std::move(state);
        source.settled = source.settled || settled;
        if (!source.changed)
            ++m_changedSources;
        source.changed = true;
    });
}

void Outbox::remove(stack::SourceId id)
{
    change([&] {
        const auto found = m_sources.find(id);
        if (found == m_sources.end())
            return;
        if (found->second.changed)
            --m_changedSources;
        m_batch.sources.push_back({std::move(found->second.state), true});
        m_sources.erase(found);

        auto& facts = m_batch.facts;
        facts.erase(std::remove_if(facts.begin(), facts.end(),
                                   [id](const stack::FactChange& f) { return f.key.source == id; }),
                    facts.end());
        m_places.clear();
        for (std::size_t i = 0; i < facts.size(); ++i)
            m_places.emplace(facts[i].key, i);
    });
}

stack::Batch Outbox::take()
{
    const std::lock_guard lock(m_mutex);
    stack::Batch out;
    std::swap(out, m_batch);
    m_places.clear();
    if (m_changedSources > 0) {
        std::vector<stack::SourceChange> changed;
        for (auto& [id, source] : m_sources) {
            if (!source.changed)
                continue;
            source.changed = false;
            changed.push_back({source.state, false});
        }
        // In the order of adding: an inner cluster behind the one that knows it.
        std::sort(changed.begin(), changed.end(),
                  [](const auto& a, const auto& b) { return a.state.id < b.state.id; });
        out.sources.insert(out.sources.end(), std::make_move_iterator(changed.begin()),
                           std::make_move_iterator(changed.end()));
        m_changedSources = 0;
    }
    return out;
}

bool Outbox::settled() const
{
    const std::lock_guard lock(m_mutex);
    return std::all_of(m_sources.begin(), m_sources.end(),
                       [](const auto& entry) { return entry.second.settled; });
}

} // namespace strata::feeds
