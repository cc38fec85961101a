// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/stack.h"
#include "ui/stack/filter.h"

#include <QAbstractItemModel>
#include <QTimer>

#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace strata::ui {

class StackStore;

// One perspective of the stack as an item model. Mirrors the tree with one small node an item; what is shown
// is read from the stack when it is painted. A delta becomes exact inserts, removals, moves and dataChanged
// runs; only a change of perspective resets. The filter works in here, keeping the ancestors of what matches
// and showing what a match carries.
//
// Above the items stand rows for connections that have something to say: connecting, lost, denied, or not
// allowed to list a kind. They are items of the model without an ItemId; sourceOf() tells whose they are.
class StackModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { NameColumn, StateColumn, CpuColumn, MemoryColumn, kColumns };

    explicit StackModel(StackStore* store, Clock clock = systemNow, QObject* parent = nullptr);
    ~StackModel() override;

    stack::Tree tree() const { return m_tree; }
    void setTree(stack::Tree tree);
    const Filter& filter() const { return m_filter; }
    void setFilter(Filter filter);
    // Matches of the filter, hidden ancestors not counted.
    std::size_t matchCount() const;

    stack::ItemId itemOf(const QModelIndex& index) const;
    stack::SourceId sourceOf(const QModelIndex& index) const;             // 0 when it is no connection's row
    QModelIndex indexOf(stack::ItemId id, int column = NameColumn) const; // invalid when not shown
    QModelIndex sourceIndex(stack::SourceId id) const;
    bool isMatch(const QModelIndex& index) const; // of a filter that is set, itself

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    void sort(int column, Qt::SortOrder order) override;
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;
    // Rows as tab-separated text with a header, in the order of the tree.
    QString tsv(const QModelIndexList& indexes) const;

Q_SIGNALS:
    void applying(); // before a delta's first signal
    void applied(bool structureChanged);
    void ticked(); // words that tell the time ("40 s ago") are out of date

private:
    struct Node;
    using NodePtr = std::unique_ptr<Node>;

    void apply(const stack::StackDelta& delta);
    void rebuild();
    Node* build(const stack::Item& item);
    Node* nodeOf(stack::ItemId id) const;
    Node* nodeAt(const QModelIndex& index) const;
    QModelIndex indexOf(const Node* node, int column = NameColumn) const;
    bool belongs(const stack::Item& item) const;
    Node* wantedParent(const stack::Item& item);

    bool less(const Node* a, const Node* b) const;
    int place(const Node* parent, const Node* node) const;
    static void setDirty(Node* node);
    bool insertRuns(Node* parent, std::vector<Node*> nodes);
    void takeShown(Node* node, bool signal);
    void detach(Node* node);
    void destroy(Node* node, std::vector<stack::ItemId>& orphans);
    bool move(Node* node, Node* parent);
    void settle(Node* parent);
    void emitChanged(std::vector<Node*>& nodes);

    void countMatches(Node* node, int difference);
    bool evaluate(Node* node);
    int evaluateAll(Node* node);
    bool matchAbove(const Node* node) const;
    bool wanted(const Node* node) const;
    void hideBelow(Node* node);
    void showBelow(Node* node, bool above);
    void syncChildren(Node* parent, bool above);
    void reconcile(Node* node, bool flipped);

    void updateSources(bool signal);
    Node* sourceParent(const stack::SourceState& source);
    bool stale(stack::SourceId id) const;
    QString linkText(const stack::SourceState& source) const;
    QString sourceText(const stack::SourceState& source) const;
    QVariant sourceData(const Node* node, int column, int role) const;
    QVariant itemData(const Node* node, const stack::Item& item, int column, int role) const;
    QString noteOf(const stack::Item& item) const;
    QString toolTip(const stack::Item& item, int column) const;

    StackStore* m_store;
    Clock m_clock;
    stack::Tree m_tree = stack::Tree::Stack;
    Filter m_filter;
    int m_sortColumn = NameColumn;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
    NodePtr m_root;
    std::unordered_map<stack::ItemId, NodePtr> m_nodes;
    std::unordered_map<stack::SourceId, NodePtr> m_sources;
    std::unordered_set<stack::SourceId> m_stale; // known and not live
    QTimer m_tick;
    bool m_trouble = false; // a connection has something to say
    bool m_structureChanged = false;
};

} // namespace strata::ui
