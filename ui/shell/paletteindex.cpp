// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/paletteindex.h"

#include "ui/stack/stackstore.h"

#include <algorithm>

namespace strata::ui {

using namespace stack;

PaletteIndex::PaletteIndex(StackStore* store, QObject* parent) : QObject(parent), m_store(store)
{
    connect(store, &StackStore::changed, this, &PaletteIndex::follow);
}

void PaletteIndex::put(ItemId id)
{
    const Item* item = m_store->stack().find(id);
    if (item == nullptr || item->kind == ItemKind::Placeholder)
        return;
    const auto [place, isNew] = m_places.try_emplace(id, m_entries.size());
    if (isNew)
        m_entries.push_back({id, {}});
    m_entries[place->second].name = fuzzyText(QString::fromStdString(item->name));
}

void PaletteIndex::build()
{
    m_built = true;
    m_entries.clear();
    m_places.clear();
    m_lastQuery.clear();
    m_entries.reserve(m_store->stack().size());
    std::vector<ItemId> open;
    for (std::size_t tree = 0; tree < kTrees; ++tree) {
        open = m_store->stack().roots(static_cast<Tree>(tree));
        while (!open.empty()) {
            const ItemId id = open.back();
            open.pop_back();
            const Item* item = m_store->stack().find(id);
            if (item == nullptr)
                continue;
            if (!m_places.contains(id))
                put(id);
            const auto& children = item->children[tree];
            open.insert(open.end(), children.begin(), children.end());
        }
    }
}

void PaletteIndex::follow(const StackDelta& delta)
{
    if (!m_built)
        return;
    if (!delta.removed.empty() || !delta.added.empty())
        m_lastQuery.clear();
    for (const ItemId id : delta.removed) {
        const auto found = m_places.find(id);
        if (found == m_places.end())
            continue;
        const std::size_t at = found->second;
        m_places.erase(found);
        if (at + 1 < m_entries.size()) {
            m_entries[at] = std::move(m_entries.back());
            m_places[m_entries[at].item] = at;
        }
        m_entries.pop_back();
    }
    for (const ItemId id : delta.added)
        put(id); // names of what stays do not change: they are what an object is known by
}

std::size_t PaletteIndex::size()
{
    if (!m_built)
        build();
    return m_entries.size();
}

std::vector<PaletteIndex::Hit> PaletteIndex::search(const QString& query, std::size_t limit)
{
    if (!m_built)
        build();
    const FuzzyText wanted = fuzzyText(query.trimmed());
    std::vector<Hit> hits; // a heap of the best so far, the worst of them in front
    if (wanted.folded.isEmpty() || limit == 0)
        return hits;
    const auto better = [](const Hit& a, const Hit& b) { return a.score > b.score; };
    const bool narrows = !m_lastQuery.isEmpty() && wanted.folded.startsWith(m_lastQuery);
    std::vector<std::uint32_t> matches;
    const std::size_t count = narrows ? m_lastMatches.size() : m_entries.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t at = narrows ? m_lastMatches[i] : static_cast<std::uint32_t>(i);
        const Entry& entry = m_entries[at];
        const int score = fuzzyScore(wanted, entry.name);
        if (score <= 0)
            continue;
        matches.push_back(at);
        if (hits.size() == limit && score <= hits.front().score)
            continue;
        if (hits.size() == limit) {
            std::pop_heap(hits.begin(), hits.end(), better);
            hits.pop_back();
        }
        hits.push_back({entry.item, score});
        std::push_heap(hits.begin(), hits.end(), better);
    }
    m_lastQuery = wanted.folded;
    m_lastMatches = std::move(matches);
    std::sort(hits.begin(), hits.end(), [this](const Hit& a, const Hit& b) {
        if (a.score != b.score)
            return a.score > b.score;
        const Item* left = m_store->stack().find(a.item);
        const Item* right = m_store->stack().find(b.item);
        if (left->worst() != right->worst())
            return left->worst() > right->worst();
        return left->kind != right->kind ? left->kind < right->kind : left->key < right->key;
    });
    return hits;
}

} // namespace strata::ui
