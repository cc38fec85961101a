// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/stackmodel.h"

#include "core/stack/print.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/roles.h"
#include "ui/widgets/text.h"

#include <QMimeData>

#include <algorithm>
#include <map>

namespace strata::ui {

using stack::Health;
using stack::Item;
using stack::ItemId;
using stack::ItemKind;
using stack::LinkPhase;
using stack::SourceId;
using stack::SourceKind;
using stack::SourceState;
using stack::StackDelta;
using stack::Tree;

namespace {

// More rows than this of one parent in another order are told as one new layout instead of as moves.
constexpr std::size_t kMostMoves = 64;

int groupOf(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Placeholder:
        return 2;
    case ItemKind::ControlPlane:
        return 0;
    default:
        return 1;
    }
}

Health belowOf(const Item& item, Tree tree)
{
    switch (tree) {
    case Tree::Stack:
        return item.below;
    case Tree::Tenants:
        return item.tenantBelow;
    case Tree::Hosts:
        return Health::Ok;
    }
    return Health::Ok;
}

double shareOf(const Usage& usage)
{
    return usage.used >= 0 ? usage.used : usage.allocated;
}

Usage cpuOf(const Item& item)
{
    return usageOf(item.used.cpuMilli, item.allocated.cpuMilli, item.capacity.cpuMilli);
}

Usage memoryOf(const Item& item)
{
    return usageOf(item.used.memoryBytes, item.allocated.memoryBytes, item.capacity.memoryBytes);
}

} // namespace

struct StackModel::Node {
    Node* parent = nullptr;
    std::vector<Node*> kids;   // shown, in order
    std::vector<Node*> hidden; // by the filter, in no order
    ItemId id;
    SourceId source = 0; // of a connection's row
    int row = -1;        // among the parent's kids; -1: hidden, and then all below are, too
    int matches = 0;     // of the filter, in this subtree
    bool match = false;
    bool dirty = false;     // may stand at the wrong row; not to be compared with
    bool gone = false;      // the stack no longer knows it
    bool unsettled = false; // a kid is dirty
};

StackModel::StackModel(StackStore* store, Clock clock, QObject* parent)
    : QAbstractItemModel(parent), m_store(store), m_clock(std::move(clock)), m_root(std::make_unique<Node>())
{
    m_tick.setInterval(1000);
    m_tick.setTimerType(Qt::CoarseTimer);
    connect(&m_tick, &QTimer::timeout, this, [this] {
        std::vector<Node*> rows;
        for (const auto& [id, node] : m_sources)
            rows.push_back(node.get());
        emitChanged(rows);
        Q_EMIT ticked();
    });
    connect(store, &StackStore::changed, this, &StackModel::apply);
    rebuild();
}

StackModel::~StackModel() = default;

// --- building
// ------------------------------------------------------------------------------------------------

void StackModel::rebuild()
{
    m_nodes.clear();
    m_sources.clear();
    m_stale.clear();
    m_root = std::make_unique<Node>();
    std::vector<Node*> roots;
    for (const ItemId id : m_store->stack().roots(m_tree)) {
        if (const Item* item = m_store->stack().find(id)) {
            Node* node = build(*item);
            node->parent = m_root.get();
            roots.push_back(node);
        }
    }
    m_root->hidden = std::move(roots);
    evaluateAll(m_root.get());
    showBelow(m_root.get(), m_filter.empty());
    updateSources(false);
}

void StackModel::setTree(Tree tree)
{
    if (m_tree == tree)
        return;
    beginResetModel();
    m_tree = tree;
    rebuild();
    endResetModel();
}

StackModel::Node* StackModel::nodeOf(ItemId id) const
{
    const auto found = m_nodes.find(id);
    return found == m_nodes.end() ? nullptr : found->second.get();
}

// The item's subtree of what has no node yet, all of it hidden.
StackModel::Node* StackModel::build(const Item& item)
{
    auto owned = std::make_unique<Node>();
    Node* node = owned.get();
    node->id = item.id;
    m_nodes.emplace(item.id, std::move(owned));
    for (const ItemId id : item.childrenIn(m_tree)) {
        const Item* child = m_store->stack().find(id);
        if (child == nullptr || nodeOf(id) != nullptr)
            continue;
        Node* kid = build(*child);
        kid->parent = node;
        node->hidden.push_back(kid);
    }
    return node;
}

bool StackModel::belongs(const Item& item) const
{
    if (item.parentIn(m_tree))
        return true;
    switch (item.kind) {
    case ItemKind::Host:
        return m_tree != Tree::Tenants;
    case ItemKind::OuterNode:
    case ItemKind::InnerNode:
    case ItemKind::Workload:
        return m_tree == Tree::Stack;
    case ItemKind::Vm:
        return m_tree != Tree::Hosts;
    case ItemKind::TenantCluster:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
    case ItemKind::Machine:
        return m_tree == Tree::Tenants;
    case ItemKind::Domain:
        return m_tree == Tree::Hosts;
    case ItemKind::Placeholder: {
        const auto& roots = m_store->stack().roots(m_tree);
        return std::find(roots.begin(), roots.end(), item.id) != roots.end();
    }
    }
    return false;
}

StackModel::Node* StackModel::wantedParent(const Item& item)
{
    if (!belongs(item))
        return nullptr;
    const ItemId parent = item.parentIn(m_tree);
    return parent ? nodeOf(parent) : m_root.get();
}

// --- order
// ---------------------------------------------------------------------------------------------------

bool StackModel::less(const Node* a, const Node* b) const
{
    if ((a->source != 0) != (b->source != 0))
        return a->source != 0;
    if (a->source != 0) {
        const SourceState* x = m_store->stack().source(a->source);
        const SourceState* y = m_store->stack().source(b->source);
        if (x != nullptr && y != nullptr) {
            if (x->kind != y->kind)
                return x->kind < y->kind;
            if (x->name != y->name)
                return stack::naturalLess(x->name, y->name);
        }
        return a->source < b->source;
    }
    const Item* x = m_store->stack().find(a->id);
    const Item* y = m_store->stack().find(b->id);
    if (x == nullptr || y == nullptr)
        return x != nullptr && y == nullptr;
    const bool down = m_sortOrder == Qt::DescendingOrder;
    switch (m_sortColumn) {
    case StateColumn: {
        const Health p = std::max(x->health, belowOf(*x, m_tree));
        const Health q = std::max(y->health, belowOf(*y, m_tree));
        if (p != q)
            return down ? p > q : p < q;
        if (x->health != y->health)
            return down ? x->health > y->health : x->health < y->health;
        break;
    }
    case CpuColumn:
    case MemoryColumn: {
        const double p = shareOf(m_sortColumn == CpuColumn ? cpuOf(*x) : memoryOf(*x));
        const double q = shareOf(m_sortColumn == CpuColumn ? cpuOf(*y) : memoryOf(*y));
        if (p > q || p < q)
            return down ? p > q : p < q;
        break;
    }
    default:
        break;
    }
    if (groupOf(x->kind) != groupOf(y->kind))
        return groupOf(x->kind) < groupOf(y->kind);
    if (x->name != y->name) {
        return down && m_sortColumn == NameColumn ? stack::naturalLess(y->name, x->name)
                                                  : stack::naturalLess(x->name, y->name);
    }
    return x->key < y->key;
}

// Where among the parent's kids the node, which is not one of them, is to stand.
int StackModel::place(const Node* parent, const Node* node) const
{
    const auto& kids = parent->kids;
    if (!parent->unsettled) {
        const auto at = std::lower_bound(kids.begin(), kids.end(), node,
                                         [this](const Node* a, const Node* b) { return less(a, b); });
        return int(at - kids.begin());
    }
    for (const Node* kid : kids) {
        if (!kid->dirty && less(node, kid))
            return kid->row;
    }
    return int(kids.size());
}

void StackModel::setDirty(Node* node)
{
    if (node->row < 0)
        return; // what is hidden has no place
    node->dirty = true;
    node->parent->unsettled = true;
}

void StackModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= kColumns) { // the header's indicator was cleared
        column = NameColumn;
        order = Qt::AscendingOrder;
    }
    if (m_sortColumn == column && m_sortOrder == order)
        return;
    m_sortColumn = column;
    m_sortOrder = order;
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList old = persistentIndexList();
    std::vector<Node*> todo{m_root.get()};
    while (!todo.empty()) {
        Node* node = todo.back();
        todo.pop_back();
        std::sort(node->kids.begin(), node->kids.end(),
                  [this](const Node* a, const Node* b) { return less(a, b); });
        for (std::size_t i = 0; i < node->kids.size(); ++i) {
            node->kids[i]->row = int(i);
            if (!node->kids[i]->kids.empty())
                todo.push_back(node->kids[i]);
        }
    }
    QModelIndexList fresh;
    fresh.reserve(old.size());
    for (const QModelIndex& index : old)
        fresh.append(indexOf(nodeAt(index), index.column()));
    changePersistentIndexList(old, fresh);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

// Puts the dirty kids of a parent where they belong, all others being in order.
void StackModel::settle(Node* parent)
{
    auto& kids = parent->kids;
    parent->unsettled = false;
    const auto sorted = [&] {
        return std::is_sorted(kids.begin(), kids.end(),
                              [this](const Node* a, const Node* b) { return less(a, b); });
    };
    if (sorted()) {
        for (Node* kid : kids)
            kid->dirty = false;
        return;
    }
    std::vector<Node*> dirty;
    std::copy_if(kids.begin(), kids.end(), std::back_inserter(dirty), [](const Node* n) { return n->dirty; });
    m_structureChanged = true;
    const QModelIndex at = indexOf(parent);
    if (dirty.size() > kMostMoves) {
        const QList<QPersistentModelIndex> parents{QPersistentModelIndex(at)};
        Q_EMIT layoutAboutToBeChanged(parents, QAbstractItemModel::VerticalSortHint);
        const QModelIndexList old = persistentIndexList();
        std::sort(kids.begin(), kids.end(), [this](const Node* a, const Node* b) { return less(a, b); });
        for (std::size_t i = 0; i < kids.size(); ++i) {
            kids[i]->row = int(i);
            kids[i]->dirty = false;
        }
        QModelIndexList fresh;
        fresh.reserve(old.size());
        for (const QModelIndex& index : old)
            fresh.append(indexOf(nodeAt(index), index.column()));
        changePersistentIndexList(old, fresh);
        Q_EMIT layoutChanged(parents, QAbstractItemModel::VerticalSortHint);
        return;
    }
    for (Node* node : dirty) {
        int to = int(kids.size());
        for (const Node* kid : kids) {
            if (!kid->dirty && less(node, kid)) {
                to = kid->row;
                break;
            }
        }
        const int from = node->row;
        node->dirty = false;
        if (to == from || to == from + 1)
            continue;
        beginMoveRows(at, from, from, at, to);
        const auto first = kids.begin();
        if (to > from)
            std::rotate(first + from, first + from + 1, first + to);
        else
            std::rotate(first + to, first + from, first + from + 1);
        for (int i = std::min(from, to); i < std::max(from + 1, to); ++i)
            kids[std::size_t(i)]->row = i;
        endMoveRows();
    }
}

// --- showing and hiding
// -----------------------------------------------------------------------------------------

// Inserts nodes that are in no list yet (their subtrees ready) among the parent's kids, a signal a run.
bool StackModel::insertRuns(Node* parent, std::vector<Node*> nodes)
{
    if (nodes.empty())
        return false;
    m_structureChanged = true;
    std::sort(nodes.begin(), nodes.end(), [this](const Node* a, const Node* b) { return less(a, b); });
    const QModelIndex at = indexOf(parent);
    std::size_t done = 0;
    while (done < nodes.size()) {
        const int to = place(parent, nodes[done]);
        std::size_t end = done + 1;
        // The next ones stand in the same gap as long as they come before the kid that follows it.
        while (end < nodes.size() && (to == int(parent->kids.size()) || place(parent, nodes[end]) == to))
            ++end;
        const int count = int(end - done);
        beginInsertRows(at, to, to + count - 1);
        parent->kids.insert(parent->kids.begin() + to, nodes.begin() + std::ptrdiff_t(done),
                            nodes.begin() + std::ptrdiff_t(end));
        for (std::size_t i = std::size_t(to); i < parent->kids.size(); ++i)
            parent->kids[i]->row = int(i);
        endInsertRows();
        done = end;
    }
    return true;
}

void StackModel::hideBelow(Node* node)
{
    for (Node* kid : node->kids) {
        kid->row = -1;
        kid->dirty = false;
        hideBelow(kid);
    }
    node->unsettled = false;
    node->hidden.insert(node->hidden.end(), node->kids.begin(), node->kids.end());
    node->kids.clear();
}

// Moves what is wanted below a node that is not shown yet from hidden to kids.
void StackModel::showBelow(Node* node, bool above)
{
    if (node->hidden.empty())
        return;
    const auto middle = std::partition(node->hidden.begin(), node->hidden.end(),
                                       [above](const Node* kid) { return !above && kid->matches == 0; });
    node->kids.insert(node->kids.end(), middle, node->hidden.end());
    node->hidden.erase(middle, node->hidden.end());
    node->hidden.shrink_to_fit();
    std::sort(node->kids.begin(), node->kids.end(),
              [this](const Node* a, const Node* b) { return less(a, b); });
    for (std::size_t i = 0; i < node->kids.size(); ++i) {
        node->kids[i]->row = int(i);
        showBelow(node->kids[i], above || node->kids[i]->match);
    }
}

// Brings the subtree of a shown node in line with the filter; `above`: it or an ancestor matches.
void StackModel::syncChildren(Node* parent, bool above)
{
    const auto want = [above](const Node* kid) { return above || kid->matches > 0; };
    auto& kids = parent->kids;
    for (int last = int(kids.size()) - 1; last >= 0; --last) {
        if (want(kids[std::size_t(last)]))
            continue;
        int first = last;
        while (first > 0 && !want(kids[std::size_t(first) - 1]))
            --first;
        m_structureChanged = true;
        beginRemoveRows(indexOf(parent), first, last);
        for (int i = first; i <= last; ++i) {
            Node* kid = kids[std::size_t(i)];
            kid->row = -1;
            kid->dirty = false;
            hideBelow(kid);
            parent->hidden.push_back(kid);
        }
        kids.erase(kids.begin() + first, kids.begin() + last + 1);
        for (std::size_t i = std::size_t(first); i < kids.size(); ++i)
            kids[i]->row = int(i);
        endRemoveRows();
        last = first;
    }
    for (Node* kid : kids)
        syncChildren(kid, above || kid->match);
    const auto middle = std::partition(parent->hidden.begin(), parent->hidden.end(),
                                       [&](const Node* kid) { return !want(kid); });
    std::vector<Node*> shownNow(middle, parent->hidden.end());
    parent->hidden.erase(middle, parent->hidden.end());
    for (Node* kid : shownNow)
        showBelow(kid, above || kid->match);
    insertRuns(parent, std::move(shownNow));
}

bool StackModel::matchAbove(const Node* node) const
{
    if (m_filter.empty())
        return true;
    for (const Node* up = node->parent; up != nullptr; up = up->parent) {
        if (up->match)
            return true;
    }
    return false;
}

bool StackModel::wanted(const Node* node) const
{
    return node->matches > 0 || matchAbove(node);
}

// After a change of matches below or of its own (`flipped`).
void StackModel::reconcile(Node* node, bool flipped)
{
    if (node == m_root.get())
        return;
    Node* top = nullptr;
    for (Node* up = node; up != m_root.get(); up = up->parent) {
        if ((up->row >= 0) != wanted(up))
            top = up;
    }
    if (top != nullptr) {
        Node* parent = top->parent;
        if (top->row < 0) {
            parent->hidden.erase(std::find(parent->hidden.begin(), parent->hidden.end(), top));
            showBelow(top, matchAbove(top) || top->match);
            insertRuns(parent, {top});
        } else {
            takeShown(top, true);
            hideBelow(top);
            parent->hidden.push_back(top);
        }
    }
    if (flipped && node->row >= 0)
        syncChildren(node, node->match || matchAbove(node));
}

void StackModel::takeShown(Node* node, bool signal)
{
    Node* parent = node->parent;
    const int row = node->row;
    if (signal) {
        m_structureChanged = true;
        beginRemoveRows(indexOf(parent), row, row);
    }
    parent->kids.erase(parent->kids.begin() + row);
    for (std::size_t i = std::size_t(row); i < parent->kids.size(); ++i)
        parent->kids[i]->row = int(i);
    node->row = -1;
    if (signal)
        endRemoveRows();
}

// --- the filter
// -------------------------------------------------------------------------------------------------

void StackModel::countMatches(Node* node, int difference)
{
    for (; difference != 0 && node != nullptr; node = node->parent)
        node->matches += difference;
}

bool StackModel::evaluate(Node* node)
{
    const bool before = node->match;
    if (m_filter.empty() || node == m_root.get())
        node->match = false;
    else if (node->source != 0)
        node->match = node->parent == m_root.get(); // trouble of a connection is never filtered away
    else if (const Item* item = m_store->stack().find(node->id))
        node->match = m_filter.matches(m_store->stack(), *item);
    else
        node->match = false;
    return before != node->match;
}

int StackModel::evaluateAll(Node* node)
{
    evaluate(node);
    node->matches = node->match ? 1 : 0;
    for (Node* kid : node->kids)
        node->matches += evaluateAll(kid);
    for (Node* kid : node->hidden)
        node->matches += evaluateAll(kid);
    return node->matches;
}

void StackModel::setFilter(Filter filter)
{
    Q_EMIT applying();
    m_structureChanged = false;
    m_filter = std::move(filter);
    evaluateAll(m_root.get());
    syncChildren(m_root.get(), m_filter.empty());
    Q_EMIT applied(m_structureChanged);
}

std::size_t StackModel::matchCount() const
{
    if (m_filter.empty())
        return 0;
    const auto rows = std::count_if(m_sources.begin(), m_sources.end(),
                                    [](const auto& entry) { return entry.second->match; });
    return std::size_t(std::max(0, m_root->matches - int(rows)));
}

bool StackModel::isMatch(const QModelIndex& index) const
{
    const Node* node = nodeAt(index);
    return node != nullptr && node->match && node->source == 0;
}

// --- deltas
// -----------------------------------------------------------------------------------------------------

void StackModel::detach(Node* node)
{
    if (node->row >= 0) {
        takeShown(node, true);
    } else {
        auto& hidden = node->parent->hidden;
        hidden.erase(std::find(hidden.begin(), hidden.end(), node));
    }
    countMatches(node->parent, -node->matches);
}

// Frees a detached subtree; what the stack still knows of it is handed back.
void StackModel::destroy(Node* node, std::vector<ItemId>& orphans)
{
    for (const auto* list : {&node->kids, &node->hidden}) {
        for (Node* kid : *list)
            destroy(kid, orphans);
    }
    if (const SourceId source = node->source; source != 0) {
        m_sources.erase(source);
        return;
    }
    const ItemId id = node->id;
    if (m_store->stack().find(id) != nullptr)
        orphans.push_back(id);
    m_nodes.erase(id);
}

bool StackModel::move(Node* node, Node* parent)
{
    for (const Node* up = parent; up != nullptr; up = up->parent) {
        if (up == node)
            return false;
    }
    Node* old = node->parent;
    countMatches(old, -node->matches);
    const bool seen = node->row >= 0;
    const bool willBeSeen = parent == m_root.get() || parent->row >= 0;
    m_structureChanged = true;
    if (seen && willBeSeen) {
        const int from = node->row;
        const int to = place(parent, node);
        beginMoveRows(indexOf(old), from, from, indexOf(parent), to);
        takeShown(node, false);
        node->parent = parent;
        parent->kids.insert(parent->kids.begin() + to, node);
        for (std::size_t i = std::size_t(to); i < parent->kids.size(); ++i)
            parent->kids[i]->row = int(i);
        endMoveRows();
    } else {
        if (seen) {
            takeShown(node, true);
            hideBelow(node);
        } else {
            old->hidden.erase(std::find(old->hidden.begin(), old->hidden.end(), node));
        }
        node->parent = parent;
        parent->hidden.push_back(node);
    }
    node->dirty = false;
    countMatches(parent, node->matches);
    return true;
}

void StackModel::apply(const StackDelta& delta)
{
    const stack::Stack& stack = m_store->stack();
    const bool filtered = !m_filter.empty();
    Q_EMIT applying();
    m_structureChanged = false;

    for (const auto* list : {&delta.removed, &delta.changed, &delta.moved}) {
        for (const ItemId id : *list) {
            if (Node* node = nodeOf(id)) {
                setDirty(node);
                node->gone = list == &delta.removed;
            }
        }
    }

    // Whole new subtrees, each with its root.
    std::map<Node*, std::vector<Node*>> fresh;
    std::vector<ItemId> touched; // whose matches are to be looked at again, with all they carry
    std::vector<ItemId> bereft;  // whose children left
    const auto addItem = [&](ItemId id) {
        const Item* item = stack.find(id);
        if (item == nullptr || nodeOf(id) != nullptr)
            return;
        Node* parent = wantedParent(*item);
        if (parent == nullptr || parent->gone)
            return;
        Node* node = build(*item);
        node->parent = parent;
        fresh[parent].push_back(node);
    };
    const auto insertFresh = [&] {
        for (auto& [parent, nodes] : fresh) {
            for (Node* node : nodes) {
                if (filtered) {
                    parent->hidden.push_back(node);
                    countMatches(parent, evaluateAll(node));
                    touched.push_back(node->id);
                } else {
                    showBelow(node, true);
                }
            }
            if (!filtered)
                insertRuns(parent, std::move(nodes));
        }
        fresh.clear();
    };
    for (const ItemId id : delta.added)
        addItem(id);
    insertFresh();

    // Before removals: what leaves a removed parent takes its subtree with it, expansion and all.
    std::vector<ItemId> leaving;
    for (const ItemId id : delta.moved) {
        const Item* item = stack.find(id);
        Node* node = nodeOf(id);
        if (node == nullptr) {
            addItem(id);
            insertFresh();
            continue;
        }
        Node* parent = item != nullptr ? wantedParent(*item) : nullptr;
        if (parent == nullptr) {
            node->gone = true;
            leaving.push_back(id);
        } else if (parent != node->parent) {
            bereft.push_back(node->parent->id);
            if (move(node, parent))
                touched.push_back(id);
            else
                leaving.push_back(id); // comes back as an orphan
        }
    }

    // Removals, a signal a run; only the topmost of a removed subtree.
    std::map<Node*, std::vector<Node*>> going;
    for (const auto* list : std::initializer_list<const std::vector<ItemId>*>{&delta.removed, &leaving}) {
        for (const ItemId id : *list) {
            Node* node = nodeOf(id);
            if (node == nullptr)
                continue;
            bool topmost = true;
            for (const Node* up = node->parent; up != nullptr && topmost; up = up->parent)
                topmost = !up->gone;
            if (topmost)
                going[node->parent].push_back(node);
        }
    }
    std::vector<ItemId> orphans;
    for (auto& [parent, nodes] : going) {
        bereft.push_back(parent->id);
        std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->row > b->row; });
        std::size_t done = 0;
        while (done < nodes.size()) {
            std::size_t end = done + 1;
            if (nodes[done]->row < 0) {
                detach(nodes[done]);
            } else {
                while (end < nodes.size() && nodes[end]->row >= 0 &&
                       nodes[end]->row == nodes[end - 1]->row - 1)
                    ++end;
                const int last = nodes[done]->row;
                const int first = nodes[end - 1]->row;
                m_structureChanged = true;
                beginRemoveRows(indexOf(parent), first, last);
                for (std::size_t i = done; i < end; ++i)
                    countMatches(parent, -nodes[i]->matches);
                parent->kids.erase(parent->kids.begin() + first, parent->kids.begin() + last + 1);
                for (std::size_t i = std::size_t(first); i < parent->kids.size(); ++i)
                    parent->kids[i]->row = int(i);
                endRemoveRows();
            }
            for (std::size_t i = done; i < end; ++i)
                destroy(nodes[i], orphans);
            done = end;
        }
    }
    for (std::size_t round = 0; !orphans.empty() && round < 8; ++round) {
        // A parent may come back later than its child; built with it then.
        const std::vector<ItemId> now = std::move(orphans);
        orphans.clear();
        for (const ItemId id : now) {
            addItem(id);
            if (nodeOf(id) == nullptr) {
                const Item* item = stack.find(id);
                if (item != nullptr && belongs(*item))
                    orphans.push_back(id);
            }
        }
        insertFresh();
    }

    std::vector<Node*> changed;
    std::unordered_set<Node*> parents;
    for (const auto* list : {&delta.changed, &delta.moved}) {
        for (const ItemId id : *list) {
            if (Node* node = nodeOf(id)) {
                changed.push_back(node);
                if (node->dirty || node->parent->unsettled)
                    parents.insert(node->parent);
            }
        }
    }
    for (const ItemId id : bereft) { // flags of what left it
        if (Node* node = id ? nodeOf(id) : m_root.get())
            parents.insert(node);
    }
    for (Node* parent : parents)
        settle(parent);

    if (filtered) {
        for (const ItemId id : touched) {
            if (Node* node = nodeOf(id)) {
                const int before = node->matches;
                countMatches(node->parent, evaluateAll(node) - before);
                reconcile(node, true);
            }
        }
        for (Node* node : changed) {
            if (evaluate(node)) {
                countMatches(node, node->match ? 1 : -1);
                reconcile(node, true);
            }
        }
        for (const ItemId id : bereft) {
            if (Node* node = id ? nodeOf(id) : nullptr)
                reconcile(node, false);
        }
    }
    emitChanged(changed);
    if (!delta.sources.empty() || m_trouble) // a host that speaks for its connection may have gone
        updateSources(true);
    Q_EMIT applied(m_structureChanged);
}

void StackModel::emitChanged(std::vector<Node*>& nodes)
{
    std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) {
        return a->parent != b->parent ? std::less<>()(a->parent, b->parent) : a->row < b->row;
    });
    std::size_t i = 0;
    while (i < nodes.size()) {
        if (nodes[i]->row < 0) {
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        while (end < nodes.size() && nodes[end]->parent == nodes[i]->parent &&
               nodes[end]->row <= nodes[end - 1]->row + 1)
            ++end;
        Q_EMIT dataChanged(indexOf(nodes[i]), indexOf(nodes[end - 1], kColumns - 1));
        i = end;
    }
}

// --- connections
// ------------------------------------------------------------------------------------------------

bool StackModel::stale(SourceId id) const
{
    return m_stale.contains(id);
}

// Where the row of a connection stands; null when it needs none.
StackModel::Node* StackModel::sourceParent(const SourceState& source)
{
    if (source.phase == LinkPhase::Live && source.synced && source.kinds.empty())
        return nullptr;
    const stack::Stack& stack = m_store->stack();
    switch (source.kind) {
    case SourceKind::Host:
        if (m_tree == Tree::Tenants)
            return nullptr;
        // A host that is shown says it itself.
        for (const ItemId id : stack.roots(m_tree)) {
            const Item* item = stack.find(id);
            if (item != nullptr && item->kind == ItemKind::Host && item->source == source.id)
                return nullptr;
        }
        return m_root.get();
    case SourceKind::OuterCluster:
        return m_tree == Tree::Hosts ? nullptr : m_root.get();
    case SourceKind::InnerCluster:
        if (m_tree == Tree::Hosts)
            return nullptr;
        if (m_tree == Tree::Tenants) {
            const std::string key = std::to_string(source.outer) + "|" + source.clusterKey;
            for (const ItemId id : stack.roots(Tree::Tenants)) {
                const Item* item = stack.find(id);
                if (item != nullptr && item->kind == ItemKind::TenantCluster && item->tenantKey == key) {
                    Node* node = nodeOf(id);
                    return node != nullptr ? node : m_root.get();
                }
            }
        }
        return m_root.get();
    }
    return nullptr;
}

void StackModel::updateSources(bool signal)
{
    const stack::Stack& stack = m_store->stack();
    const auto leave = [this, signal](Node* node) {
        countMatches(node->parent, -node->matches);
        if (node->row >= 0) {
            takeShown(node, signal);
        } else {
            auto& hidden = node->parent->hidden;
            hidden.erase(std::find(hidden.begin(), hidden.end(), node));
        }
    };
    std::unordered_set<SourceId> staleNow;
    std::unordered_map<SourceId, Node*> needed;
    bool ticking = false;
    m_trouble = false;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source == nullptr)
            continue;
        m_trouble =
            m_trouble || source->phase != LinkPhase::Live || !source->synced || !source->kinds.empty();
        if (source->phase != LinkPhase::Live) {
            staleNow.insert(id);
            ticking = true;
        }
        if (Node* parent = sourceParent(*source))
            needed.emplace(id, parent);
    }
    for (auto known = m_sources.begin(); known != m_sources.end();) {
        const auto want = needed.find(known->first);
        if (want == needed.end() || want->second != known->second->parent) {
            leave(known->second.get());
            known = m_sources.erase(known);
        } else {
            ++known;
        }
    }
    std::vector<Node*> changed;
    for (const auto& [id, parent] : needed) {
        const auto known = m_sources.find(id);
        if (known != m_sources.end()) {
            changed.push_back(known->second.get());
            continue;
        }
        Node* node = m_sources.emplace(id, std::make_unique<Node>()).first->second.get();
        node->source = id;
        node->parent = parent;
        evaluate(node);
        node->matches = node->match ? 1 : 0;
        countMatches(parent, node->matches);
        if ((parent == m_root.get() || parent->row >= 0) && wanted(node)) {
            if (signal) {
                insertRuns(parent, {node});
            } else {
                const int to = place(parent, node);
                parent->kids.insert(parent->kids.begin() + to, node);
                for (std::size_t i = std::size_t(to); i < parent->kids.size(); ++i)
                    parent->kids[i]->row = int(i);
            }
        } else {
            parent->hidden.push_back(node);
        }
    }
    const bool staleChanged = staleNow != m_stale;
    if (staleChanged && signal) {
        for (const auto& [id, node] : m_nodes) {
            const Item* item = stack.find(id);
            if (item != nullptr && node->row >= 0 &&
                staleNow.contains(item->source) != m_stale.contains(item->source))
                changed.push_back(node.get());
        }
    }
    m_stale = std::move(staleNow);
    if (signal)
        emitChanged(changed);
    if (ticking != m_tick.isActive()) {
        if (ticking)
            m_tick.start();
        else
            m_tick.stop();
    }
}

QString StackModel::linkText(const SourceState& source) const
{
    const UnixMs now = m_clock();
    const auto age = [now](UnixMs from, UnixMs to) {
        Q_UNUSED(now);
        return QString::fromStdString(formatAge(std::max<UnixMs>(0, to - from)));
    };
    const QString seen =
        source.lastHeard > 0 ? tr("last seen %1 ago").arg(age(source.lastHeard, now)) : QString();
    switch (source.phase) {
    case LinkPhase::Connecting:
        return seen.isEmpty() ? tr("connecting …") : tr("%1, connecting …").arg(seen);
    case LinkPhase::Live:
        return source.synced ? QString() : tr("reading …");
    case LinkPhase::Waiting: {
        QString what;
        switch (source.error.kind) {
        case ErrorKind::Auth:
            what = tr("login refused");
            break;
        case ErrorKind::Forbidden:
            what = tr("access denied");
            break;
        case ErrorKind::Tls:
            what = tr("certificate not trusted");
            break;
        case ErrorKind::Config:
        case ErrorKind::Refused:
            what = tr("settings not usable");
            break;
        default:
            what = seen.isEmpty() ? tr("not reachable") : QString();
            break;
        }
        QStringList parts;
        if (!what.isEmpty())
            parts.append(what);
        if (!seen.isEmpty())
            parts.append(seen);
        if (source.retryAt > now)
            parts.append(tr("retrying in %1").arg(age(now, source.retryAt)));
        else
            parts.append(tr("retrying …"));
        return parts.join(tr(", "));
    }
    case LinkPhase::Closed:
        return seen.isEmpty() ? tr("not connected") : tr("not connected, %1").arg(seen);
    }
    return {};
}

QString StackModel::sourceText(const SourceState& source) const
{
    QStringList parts;
    if (const QString link = linkText(source); !link.isEmpty())
        parts.append(link);
    QStringList forbidden;
    QStringList missing;
    QStringList failing;
    for (const stack::KindState& kind : source.kinds) {
        QStringList& list = kind.error.kind == ErrorKind::Forbidden  ? forbidden
                            : kind.error.kind == ErrorKind::NotFound ? missing
                                                                     : failing;
        list.append(shown(kind.kind));
    }
    if (!forbidden.isEmpty())
        parts.append(tr("not allowed to list %1").arg(forbidden.join(tr(", "))));
    if (!missing.isEmpty())
        parts.append(tr("does not know %1").arg(missing.join(tr(", "))));
    if (!failing.isEmpty())
        parts.append(tr("cannot list %1").arg(failing.join(tr(", "))));
    return parts.join(tr(" · "));
}

QVariant StackModel::sourceData(const Node* node, int column, int role) const
{
    const SourceState* source = m_store->stack().source(node->source);
    if (source == nullptr)
        return {};
    const bool calm =
        source->phase == LinkPhase::Connecting || (source->phase == LinkPhase::Live && source->kinds.empty());
    switch (role) {
    case Qt::DisplayRole:
        if (column == NameColumn)
            return shown(source->name);
        if (column == StateColumn)
            return sourceText(*source);
        return {};
    case NoteRole:
        return column == NameColumn ? sourceText(*source) : QVariant();
    case StaleRole:
        return true;
    case HealthRole:
        if (column != StateColumn)
            return {};
        return int(calm                               ? Health::Progressing
                   : source->phase == LinkPhase::Live ? Health::Warning
                                                      : Health::Unknown);
    case Qt::DecorationRole:
        if (column == NameColumn) {
            return Theme::icon(calm ? QStringLiteral("connect") : QStringLiteral("disconnect"),
                               colors().muted);
        }
        return {};
    case Qt::ToolTipRole: {
        QString text = shown(source->name) + u'\n' + shown(source->address) + u'\n' + sourceText(*source);
        if (!source->error.text.empty())
            text += u'\n' + shown(source->error.text);
        if (!source->error.detail.empty())
            text += u'\n' + shown(source->error.detail);
        for (const stack::KindState& kind : source->kinds)
            text += u'\n' + tr("%1: %2").arg(shown(kind.kind), shown(kind.error.text));
        return plainToolTip(text);
    }
    case Qt::AccessibleTextRole:
        if (column == NameColumn)
            return tr("Connection %1: %2").arg(shown(source->name), sourceText(*source));
        return {};
    default:
        return {};
    }
}

// --- the item model
// ---------------------------------------------------------------------------------------------

StackModel::Node* StackModel::nodeAt(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : nullptr;
}

QModelIndex StackModel::indexOf(const Node* node, int column) const
{
    if (node == nullptr || node == m_root.get() || node->row < 0)
        return {};
    return createIndex(node->row, column, const_cast<Node*>(node));
}

ItemId StackModel::itemOf(const QModelIndex& index) const
{
    const Node* node = nodeAt(index);
    return node != nullptr ? node->id : ItemId{};
}

SourceId StackModel::sourceOf(const QModelIndex& index) const
{
    const Node* node = nodeAt(index);
    return node != nullptr ? node->source : 0;
}

QModelIndex StackModel::indexOf(ItemId id, int column) const
{
    return indexOf(nodeOf(id), column);
}

QModelIndex StackModel::sourceIndex(SourceId id) const
{
    const auto found = m_sources.find(id);
    return found == m_sources.end() ? QModelIndex() : indexOf(found->second.get());
}

QModelIndex StackModel::index(int row, int column, const QModelIndex& parent) const
{
    if (column < 0 || column >= kColumns || row < 0 || (parent.isValid() && parent.column() != 0))
        return {};
    const Node* node = parent.isValid() ? nodeAt(parent) : m_root.get();
    if (std::size_t(row) >= node->kids.size())
        return {};
    return createIndex(row, column, node->kids[std::size_t(row)]);
}

QModelIndex StackModel::parent(const QModelIndex& index) const
{
    const Node* node = nodeAt(index);
    return node != nullptr ? indexOf(node->parent) : QModelIndex();
}

int StackModel::rowCount(const QModelIndex& parent) const
{
    if (parent.isValid() && parent.column() != 0)
        return 0;
    const Node* node = parent.isValid() ? nodeAt(parent) : m_root.get();
    return int(node->kids.size());
}

bool StackModel::hasChildren(const QModelIndex& parent) const
{
    return rowCount(parent) > 0;
}

int StackModel::columnCount(const QModelIndex& parent) const
{
    Q_UNUSED(parent);
    return kColumns;
}

Qt::ItemFlags StackModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable;
}

QVariant StackModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::DisplayRole) {
        switch (section) {
        case NameColumn:
            return tr("Name");
        case StateColumn:
            return tr("State");
        case CpuColumn:
            return tr("CPU");
        case MemoryColumn:
            return tr("Memory");
        default:
            return {};
        }
    }
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter) | int(section == NameColumn ? Qt::AlignLeading : Qt::AlignHCenter);
    if (role == Qt::InitialSortOrderRole)
        return int(section == NameColumn ? Qt::AscendingOrder : Qt::DescendingOrder);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case StateColumn:
            return tr("Own state; the small mark is the worst state of what it carries");
        case CpuColumn:
        case MemoryColumn:
            return tr("Used of the capacity; the mark is where the allocation ends");
        default:
            return {};
        }
    }
    return {};
}

QString StackModel::noteOf(const Item& item) const
{
    QString note = shown(item.note);
    const QString state = shown(item.state);
    if (item.health != Health::Ok && item.kind != ItemKind::Placeholder && !state.isEmpty() &&
        !note.contains(state))
        note = note.isEmpty() ? state : tr("%1 · %2").arg(note, state);
    if (stale(item.source)) {
        // Said once, where the lost part of the tree begins.
        const Item* parent = m_store->stack().find(item.parentIn(m_tree));
        const SourceState* source = m_store->stack().source(item.source);
        if (source != nullptr && (parent == nullptr || parent->source != item.source)) {
            const QString link = linkText(*source);
            note = note.isEmpty() ? link : tr("%1 · %2").arg(link, note);
        }
    }
    return note;
}

QString StackModel::toolTip(const Item& item, int column) const
{
    switch (column) {
    case CpuColumn:
        return usageText(item.used.cpuMilli, item.allocated.cpuMilli, item.capacity.cpuMilli, coresText);
    case MemoryColumn:
        return usageText(item.used.memoryBytes, item.allocated.memoryBytes, item.capacity.memoryBytes,
                         bytesText);
    default:
        break;
    }
    QString text = item.ns.empty() ? shown(item.name) : shown(item.ns) + u'/' + shown(item.name);
    if (const QString note = noteOf(item); !note.isEmpty())
        text += u'\n' + note;
    text +=
        u'\n' + (item.state.empty() ? Theme::healthName(item.health)
                                    : tr("%1 (%2)").arg(shown(item.state), Theme::healthName(item.health)));
    if (!item.reason.empty())
        text += u'\n' + shown(item.reason);
    if (!item.rawReason.empty() && item.reason.find(item.rawReason) == std::string::npos)
        text += tr(" (%1)").arg(shown(item.rawReason));
    if (const Health below = belowOf(item, m_tree); below > item.health)
        text += u'\n' + tr("The worst of what it carries: %1").arg(Theme::healthName(below));
    if (stale(item.source)) {
        if (const SourceState* source = m_store->stack().source(item.source))
            text += u'\n' + tr("%1: %2").arg(shown(source->name), linkText(*source));
    }
    return text;
}

QVariant StackModel::itemData(const Node* node, const Item& item, int column, int role) const
{
    Q_UNUSED(node);
    const auto share = [](double value) { return value >= 0 ? QVariant(value) : QVariant(); };
    switch (role) {
    case Qt::DisplayRole:
        switch (column) {
        case NameColumn:
            return shown(item.name);
        case StateColumn:
            return item.state.empty() ? Theme::healthName(item.health) : shown(item.state);
        case CpuColumn:
            return usageText(item.used.cpuMilli, item.allocated.cpuMilli, item.capacity.cpuMilli, coresText);
        case MemoryColumn:
            return usageText(item.used.memoryBytes, item.allocated.memoryBytes, item.capacity.memoryBytes,
                             bytesText);
        default:
            return {};
        }
    case Qt::DecorationRole:
        return column == NameColumn ? QVariant(Theme::layerIcon(item.kind)) : QVariant();
    case NoteRole:
        return column == NameColumn ? QVariant(noteOf(item)) : QVariant();
    case StaleRole:
        return stale(item.source);
    case HealthRole:
        // A placeholder is no thing and has no health of its own.
        if (column != StateColumn ||
            (item.kind == ItemKind::Placeholder && belowOf(item, m_tree) == Health::Ok))
            return {};
        return int(item.kind == ItemKind::Placeholder ? belowOf(item, m_tree) : item.health);
    case BelowRole:
        return column == StateColumn ? QVariant(int(belowOf(item, m_tree))) : QVariant();
    case UsedRole:
        return column == CpuColumn      ? share(cpuOf(item).used)
               : column == MemoryColumn ? share(memoryOf(item).used)
                                        : QVariant();
    case AllocatedRole:
        // The others take all they have; a mark at the very end would say nothing.
        if (item.kind != ItemKind::Host && item.kind != ItemKind::OuterNode &&
            item.kind != ItemKind::InnerNode &&
            (column == CpuColumn ? item.used.cpuMilli : item.used.memoryBytes) >= 0)
            return {};
        return column == CpuColumn      ? share(cpuOf(item).allocated)
               : column == MemoryColumn ? share(memoryOf(item).allocated)
                                        : QVariant();
    case Qt::ToolTipRole:
        return plainToolTip(toolTip(item, column));
    case Qt::AccessibleTextRole:
        switch (column) {
        case NameColumn:
            return tr("%1 %2, %3")
                .arg(QLatin1String(toString(item.kind)), shown(item.name), Theme::healthName(item.health));
        case StateColumn:
            return item.reason.empty() ? Theme::healthName(item.health) : shown(item.reason);
        default:
            return toolTip(item, column);
        }
    default:
        return {};
    }
}

QVariant StackModel::data(const QModelIndex& index, int role) const
{
    const Node* node = nodeAt(index);
    if (node == nullptr)
        return {};
    if (node->source != 0)
        return sourceData(node, index.column(), role);
    const Item* item = m_store->stack().find(node->id);
    return item != nullptr ? itemData(node, *item, index.column(), role) : QVariant();
}

QStringList StackModel::mimeTypes() const
{
    return {QStringLiteral("text/plain")};
}

QMimeData* StackModel::mimeData(const QModelIndexList& indexes) const
{
    auto* data = new QMimeData;
    data->setText(tsv(indexes));
    return data;
}

QString StackModel::tsv(const QModelIndexList& indexes) const
{
    // In the order of the tree, each row once.
    std::vector<std::pair<std::vector<int>, QModelIndex>> rows;
    for (const QModelIndex& any : indexes) {
        const QModelIndex row = any.siblingAtColumn(0);
        std::vector<int> path;
        for (QModelIndex at = row; at.isValid(); at = at.parent())
            path.insert(path.begin(), at.row());
        rows.emplace_back(std::move(path), row);
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    rows.erase(std::unique(rows.begin(), rows.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               rows.end());
    QString out =
        QStringList{tr("Name"), tr("Note"), tr("State"), tr("CPU"), tr("Memory")}.join(u'\t') + u'\n';
    for (const auto& [path, row] : rows) {
        QStringList cells{row.data(Qt::DisplayRole).toString(), row.data(NoteRole).toString()};
        for (int column = StateColumn; column < kColumns; ++column)
            cells.append(row.siblingAtColumn(column).data(Qt::DisplayRole).toString());
        for (QString& cell : cells)
            cell.replace(u'\t', u' ').replace(u'\n', u' ');
        out += cells.join(u'\t') + u'\n';
    }
    return out;
}

} // namespace strata::ui
