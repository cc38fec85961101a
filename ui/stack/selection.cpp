// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/selection.h"

#include "ui/stack/stackstore.h"

#include <algorithm>

namespace strata::ui {

using stack::ItemId;
using stack::StackDelta;

namespace {
constexpr std::size_t kLongestHistory = 100;
}

Selection::Selection(StackStore* store, QObject* parent) : QObject(parent), m_store(store)
{
    connect(store, &StackStore::changed, this, &Selection::follow);
}

void Selection::select(ItemId id)
{
    if (id && m_store->stack().find(id) == nullptr)
        id = {};
    if (id == m_current)
        return;
    m_current = id;
    m_path = m_store->stack().path(id);
    if (id) {
        // A new step forgets what lay ahead.
        if (!m_history.empty())
            m_history.resize(m_position + 1);
        if (m_history.empty() || m_history.back() != id)
            m_history.push_back(id);
        if (m_history.size() > kLongestHistory)
            m_history.erase(m_history.begin());
        m_position = m_history.size() - 1;
    }
    Q_EMIT changed(m_current);
}

bool Selection::canGoBack() const
{
    return m_position > 0 || (!m_current && !m_history.empty());
}

bool Selection::canGoForward() const
{
    return m_position + 1 < m_history.size();
}

void Selection::goBack()
{
    if (!canGoBack())
        return;
    // From nothing selected back to what was selected last.
    m_current = m_history[m_current ? --m_position : m_position];
    m_path = m_store->stack().path(m_current);
    Q_EMIT changed(m_current);
}

void Selection::goForward()
{
    if (!canGoForward())
        return;
    m_current = m_history[++m_position];
    m_path = m_store->stack().path(m_current);
    Q_EMIT changed(m_current);
}

void Selection::follow(const StackDelta& delta)
{
    const stack::Stack& stack = m_store->stack();
    if (!delta.removed.empty() && !m_history.empty()) {
        // What is gone leaves the history; neighbours that become equal become one.
        std::vector<ItemId> kept;
        std::size_t position = 0;
        for (std::size_t i = 0; i < m_history.size(); ++i) {
            if (stack.find(m_history[i]) != nullptr && (kept.empty() || kept.back() != m_history[i]))
                kept.push_back(m_history[i]);
            if (i == m_position)
                position = kept.empty() ? 0 : kept.size() - 1;
        }
        m_history = std::move(kept);
        m_position = position;
    }
    if (!m_current)
        return;
    if (stack.find(m_current) != nullptr) {
        if (!delta.moved.empty())
            m_path = stack.path(m_current);
        return;
    }
    ItemId next;
    for (auto step = m_path.rbegin(); step != m_path.rend() && !next; ++step) {
        if (stack.find(*step) != nullptr)
            next = *step;
    }
    m_current = {};
    m_path.clear();
    if (next)
        select(next);
    else
        Q_EMIT changed({});
}

} // namespace strata::ui
