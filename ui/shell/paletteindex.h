// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"
#include "ui/shell/fuzzy.h"

#include <QObject>

#include <unordered_map>
#include <vector>

namespace strata::ui {

class StackStore;

// The names of all items, ready for fuzzy search: built when first asked, then kept by deltas.
class PaletteIndex : public QObject {
    Q_OBJECT

public:
    struct Hit {
        stack::ItemId item;
        int score = 0;
    };

    explicit PaletteIndex(StackStore* store, QObject* parent = nullptr);

    // The best `limit`, best first; equal scores: the worse health first, then by name.
    std::vector<Hit> search(const QString& query, std::size_t limit);
    std::size_t size();

private:
    struct Entry {
        stack::ItemId item;
        FuzzyText name;
    };
    void build();
    void put(stack::ItemId id);
    void follow(const strata::stack::StackDelta& delta);

    StackStore* m_store;
    bool m_built = false;
    std::vector<Entry> m_entries;
    std::unordered_map<stack::ItemId, std::size_t> m_places;
    // What matched the last query: one more character narrows it down.
    QString m_lastQuery;
    std::vector<std::uint32_t> m_lastMatches;
};

} // namespace strata::ui
