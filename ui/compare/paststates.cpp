// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/paststates.h"

#include "ui/details/documents.h"
#include "ui/stack/stackstore.h"

#include <algorithm>
#include <utility>

namespace strata::ui {

using stack::Health;
using stack::Item;
using stack::ItemId;

namespace {

// What was seen at a moment happened a little before: the event had to travel, and what changes together is
// told together.
constexpr UnixMs kEarlier = 1500;

} // namespace

PastStates::PastStates(StackStore* store, Documents* documents, Clock clock, QObject* parent)
    : QObject(parent), m_store(store), m_documents(documents), m_clock(std::move(clock))
{
    connect(store, &StackStore::changed, this, &PastStates::follow);
}

UnixMs PastStates::healthyUntil(ItemId id) const
{
    const auto found = m_left.find(id);
    return found == m_left.end() ? 0 : found->second;
}

void PastStates::follow(const stack::StackDelta& delta)
{
    for (const std::vector<ItemId>* list : {&delta.added, &delta.changed, &delta.moved}) {
        for (const ItemId id : *list)
            look(id);
    }
    for (const ItemId id : delta.removed) {
        m_healthy.erase(id);
        m_left.erase(id);
    }
    next();
}

void PastStates::look(ItemId id)
{
    const Item* item = m_store->stack().find(id);
    // While a connection is away nothing is known, and nothing has changed.
    if (item == nullptr || item->own == Health::Unknown)
        return;
    if (item->own == Health::Ok) {
        m_healthy.insert(id);
        if (m_left.erase(id) != 0 && m_kept.erase(id) != 0)
            m_order.erase(std::remove(m_order.begin(), m_order.end(), id), m_order.end());
        return;
    }
    if (m_healthy.erase(id) != 0)
        m_left[id] = m_clock();
    // On its way somewhere is not broken: a machine that is replaced need not be kept.
    if (item->own != Health::Progressing && m_left.count(id) != 0 && m_kept.count(id) == 0 &&
        m_waiting.size() < kMostKept && std::find(m_waiting.begin(), m_waiting.end(), id) == m_waiting.end())
        m_waiting.push_back(id);
}

void PastStates::next()
{
    const UnixMs now = m_clock();
    while (!m_asked.empty() && now - m_asked.front() > 60'000)
        m_asked.pop_front();
    while (!m_waiting.empty() && m_open < kMostAtOnce && m_asked.size() < std::size_t(kMostAMinute)) {
        const ItemId id = m_waiting.front();
        m_waiting.pop_front();
        keep(id);
    }
}

void PastStates::keep(ItemId id)
{
    const std::vector<stack::ObjectRef> objects = m_store->stack().objects(id);
    const UnixMs left = healthyUntil(id);
    if (left == 0 || objects.empty() || objects.front().group == "libvirt")
        return;
    ++m_open;
    m_asked.push_back(m_clock());
    m_documents->documentAt(objects.front(), left - kEarlier, this,
                            [this, id, left, object = objects.front()](const Result<std::string>& text) {
                                --m_open;
                                if (text && healthyUntil(id) == left && m_kept.count(id) == 0) {
                                    m_kept.emplace(id, Kept{object, {*text, left}});
                                    m_order.push_back(id);
                                    while (m_order.size() > kMostKept) {
                                        m_kept.erase(m_order.front());
                                        m_order.pop_front();
                                    }
                                }
                                next();
                            });
}

void PastStates::fetch(ItemId id, const stack::ObjectRef& object, QObject* context,
                       std::function<void(Result<Past>)> done)
{
    const UnixMs left = healthyUntil(id);
    if (const auto found = m_kept.find(id); found != m_kept.end() && found->second.object == object) {
        QMetaObject::invokeMethod(
            context, [done = std::move(done), past = found->second.past] { done(past); },
            Qt::QueuedConnection);
        return;
    }
    if (left == 0) {
        QMetaObject::invokeMethod(
            context,
            [done = std::move(done)] {
                done(fail(ErrorKind::NotFound,
                          tr("It has not been seen healthy since Strata was opened.").toStdString()));
            },
            Qt::QueuedConnection);
        return;
    }
    m_documents->documentAt(object, left - kEarlier, context,
                            [left, done = std::move(done)](const Result<std::string>& text) {
                                if (text)
                                    done(Past{*text, left});
                                else
                                    done(tl::unexpected<Error>(text.error()));
                            });
}

} // namespace strata::ui
