// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"
#include "core/stack/item.h"

#include <QObject>
#include <QString>

#include <deque>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace strata::ui {

class Documents;
class StackStore;

// Remembers since when items are no longer healthy, and fetches how the first of them were until then while
// their server still knows: servers forget after about five minutes, an operator asks later. Bounded: the
// oldest go first, and of a mass of failures only the first are fetched by themselves.
class PastStates : public QObject {
    Q_OBJECT

public:
    static constexpr std::size_t kMostKept = 200;
    static constexpr int kMostAtOnce = 4;
    static constexpr int kMostAMinute = 30;

    PastStates(StackStore* store, Documents* documents, Clock clock = systemNow, QObject* parent = nullptr);

    struct Past {
        std::string text; // the document
        UnixMs until = 0; // it was so until then
    };
    // Whether it has been seen healthy, and is so no longer.
    bool knows(stack::ItemId id) const { return m_left.count(id) != 0; }
    UnixMs healthyUntil(stack::ItemId id) const; // 0: not known
    // An object of the item as it was then: what was kept, or what the server still knows.
    void fetch(stack::ItemId id, const stack::ObjectRef& object, QObject* context,
               std::function<void(Result<Past>)> done);
    std::size_t kept() const { return m_kept.size(); }

private:
    void follow(const stack::StackDelta& delta);
    void look(stack::ItemId id);
    void keep(stack::ItemId id);
    void next();

    StackStore* m_store;
    Documents* m_documents;
    Clock m_clock;
    std::unordered_set<stack::ItemId> m_healthy;
    std::unordered_map<stack::ItemId, UnixMs> m_left; // since when no longer
    struct Kept {
        stack::ObjectRef object;
        Past past;
    };
    std::unordered_map<stack::ItemId, Kept> m_kept;
    std::deque<stack::ItemId> m_order; // of m_kept, oldest first
    std::deque<stack::ItemId> m_waiting;
    std::deque<UnixMs> m_asked; // within the last minute
    int m_open = 0;
};

} // namespace strata::ui
