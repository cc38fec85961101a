// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/stack.h"

#include "core/base/nametable.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/stack/amount.h"
#include "core/stack/health.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace strata::stack {
namespace {

constexpr UnixMs kHistorySpan = 30 * 60 * 1000;
constexpr UnixMs kHistoryStep = 4000;
constexpr std::size_t kFactKinds = static_cast<std::size_t>(FactKind::Migration) + 1; // the last one

struct FactKeyHash {
    std::size_t operator()(const FactKey& key) const noexcept
    {
        std::size_t h = std::hash<std::string>{}(key.name);
        h ^= (std::size_t{key.source} * 0x9E3779B97F4A7C15ULL) + (h << 6U) + (h >> 2U);
        return h ^ (static_cast<std::size_t>(key.kind) * 0xC2B2AE3D27D4EB4FULL);
    }
};

// Something an item looked up while it was built; see Stack. A collision costs a needless rebuild, nothing
// else.
using Dependency = std::uint32_t;

Dependency dependency(const char* what, SourceId source, std::string_view name)
{
    std::uint64_t h = 1469598103934665603ULL;
    const auto mix = [&h](std::string_view bytes) {
        for (const char c : bytes) {
            h ^= static_cast<unsigned char>(c);
            h *= 1099511628211ULL;
        }
        h ^= 0xFF;
        h *= 1099511628211ULL;
    };
    mix(what);
    mix(name);
    h ^= source;
    h *= 1099511628211ULL;
    return static_cast<Dependency>(h ^ (h >> 32U));
}

Dependency dependency(SourceId source, FactKind kind, std::string_view name)
{
    static constexpr std::array<const char*, kFactKinds> names = {
        "host",         "domain",         "node", "vm",         "vmi",
        "pod",          "cluster",        "kcp",  "md",         "machine",
        "km",           "nodeu",          "podu", "kc",         "dv",
        "claim",        "kubevirt",       "cdi",  "deployment", "warning",
        "storageclass", "storageprofile", "mhc",  "ms",         "vmim"};
    return dependency(names[static_cast<std::size_t>(kind)], source, name);
}

Dependency dependency(const FactKey& key)
{
    return dependency(key.source, key.kind, key.name);
}

// Which items looked something up: a few for nearly everything, thousands for a node with many pods or for a
// cluster. An entry takes 8 bytes; what more than one item looked up has a list beside it.
class Watchers {
public:
    // Each pair once: see depend().
    void add(Dependency what, std::uint32_t index)
    {
        if ((m_used + 1) * 4 > m_entries.size() * 3)
            grow();
        Entry& entry = m_entries[place(what)];
        if (entry.value == kEmpty) {
            entry = {what, index};
            ++m_used;
        } else if ((entry.value & kMany) == 0) {
            const std::uint32_t list = newList();
            m_lists[list] = {entry.value, index};
            entry.value = kMany | list;
        } else {
            m_lists[entry.value & ~kMany].push_back(index);
        }
    }

    void remove(Dependency what, std::uint32_t index)
    {
        if (m_entries.empty())
            return;
        const std::size_t at = place(what);
        Entry& entry = m_entries[at];
        if (entry.value == kEmpty)
            return;
        if (entry.value == index) {
            erase(at);
        } else if ((entry.value & kMany) != 0) {
            std::vector<std::uint32_t>& list = m_lists[entry.value & ~kMany];
            const auto found = std::find(list.begin(), list.end(), index);
            if (found == list.end())
                return;
            *found = list.back();
            list.pop_back();
            if (!list.empty())
                return;
            std::vector<std::uint32_t>().swap(list);
            m_freeLists.push_back(entry.value & ~kMany);
            erase(at);
        }
    }

    template<typename Visit>
    void each(Dependency what, Visit&& visit) const
    {
        if (m_entries.empty())
            return;
        const Entry& entry = m_entries[place(what)];
        if (entry.value == kEmpty)
            return;
        if ((entry.value & kMany) == 0) {
            visit(entry.value);
        } else {
            for (const std::uint32_t index : m_lists[entry.value & ~kMany])
                visit(index);
        }
    }

private:
    static constexpr std::uint32_t kEmpty = ~0U;
    static constexpr std::uint32_t kMany = 1U << 31U;
    struct Entry {
        Dependency what = 0;
        std::uint32_t value = kEmpty; // the item, or kMany and which list
    };

    std::size_t home(Dependency what) const
    {
        return static_cast<std::size_t>((what * 0x9E3779B97F4A7C15ULL) >> 32U) & (m_entries.size() - 1);
    }
    // Where it is, or where it would be.
    std::size_t place(Dependency what) const
    {
        std::size_t at = home(what);
        while (m_entries[at].value != kEmpty && m_entries[at].what != what)
            at = (at + 1) & (m_entries.size() - 1);
        return at;
    }

    // Those behind it that would no longer be found move up.
    void erase(std::size_t hole)
    {
        const std::size_t mask = m_entries.size() - 1;
        for (std::size_t at = (hole + 1) & mask; m_entries[at].value != kEmpty; at = (at + 1) & mask) {
            const std::size_t from = home(m_entries[at].what);
            if (((at - from) & mask) >= ((at - hole) & mask)) {
                m_entries[hole] = m_entries[at];
                hole = at;
            }
        }
        m_entries[hole] = {};
        --m_used;
    }

    void grow()
    {
        std::vector<Entry> old(std::max<std::size_t>(16, m_entries.size() * 2));
        old.swap(m_entries);
        for (const Entry& entry : old) {
            if (entry.value != kEmpty)
                m_entries[place(entry.what)] = entry;
        }
    }

    std::uint32_t newList()
    {
        if (m_freeLists.empty()) {
            m_lists.emplace_back();
            return static_cast<std::uint32_t>(m_lists.size() - 1);
        }
        const std::uint32_t list = m_freeLists.back();
        m_freeLists.pop_back();
        return list;
    }

    std::vector<Entry> m_entries; // a power of two of them, at most three quarters in use
    std::size_t m_used = 0;
    std::deque<std::vector<std::uint32_t>> m_lists;
    std::vector<std::uint32_t> m_freeLists;
};

// Places in a list, found by a hash of what is there: 8 bytes each, because the key is in the list and not
// here a second time. Several may be of one hash.
class Places {
public:
    static constexpr std::uint32_t kNone = ~0U;

    std::size_t size() const { return m_used; }

    template<typename IsIt>
    std::uint32_t find(std::uint32_t hash, IsIt&& isIt) const
    {
        if (m_entries.empty())
            return kNone;
        for (std::size_t at = hash & mask(); m_entries[at].index != kNone; at = (at + 1) & mask()) {
            if (m_entries[at].hash == hash && isIt(m_entries[at].index))
                return m_entries[at].index;
        }
        return kNone;
    }

    // All of that hash.
    template<typename Visit>
    void each(std::uint32_t hash, Visit&& visit) const
    {
        find(hash, [&visit](std::uint32_t index) {
            visit(index);
            return false;
        });
    }

    void insert(std::uint32_t hash, std::uint32_t index)
    {
        if ((m_used + 1) * 4 > m_entries.size() * 3) {
            std::vector<Entry> old(std::max<std::size_t>(16, m_entries.size() * 2));
            old.swap(m_entries);
            for (const Entry& entry : old) {
                if (entry.index != kNone)
                    put(entry);
            }
        }
        put({hash, index});
        ++m_used;
    }

    void erase(std::uint32_t hash, std::uint32_t index)
    {
        if (m_entries.empty())
            return;
        std::size_t hole = hash & mask();
        while (m_entries[hole].index != index) {
            if (m_entries[hole].index == kNone)
                return;
            hole = (hole + 1) & mask();
        }
        // Those behind it that would no longer be found move up.
        for (std::size_t at = (hole + 1) & mask(); m_entries[at].index != kNone; at = (at + 1) & mask()) {
            const std::size_t from = m_entries[at].hash & mask();
            if (((at - from) & mask()) >= ((at - hole) & mask())) {
                m_entries[hole] = m_entries[at];
                hole = at;
            }
        }
        m_entries[hole] = {};
        --m_used;
    }

private:
    struct Entry {
        std::uint32_t hash = 0;
        std::uint32_t index = kNone;
    };

    std::size_t mask() const { return m_entries.size() - 1; }
    void put(const Entry& entry)
    {
        std::size_t at = entry.hash & mask();
        while (m_entries[at].index != kNone)
            at = (at + 1) & mask();
        m_entries[at] = entry;
    }

    std::vector<Entry> m_entries; // a power of two of them, at most three quarters in use
    std::size_t m_used = 0;
};

std::string join(std::string_view ns, std::string_view name)
{
    std::string out;
    out.reserve(ns.size() + 1 + name.size());
    out.append(ns).append("/").append(name);
    return out;
}

// The first three groups of a UUID, byte by byte in the other order: SMBIOS before 2.6 and some vendors.
std::string swappedUuid(std::string_view uuid)
{
    if (uuid.size() != 36)
        return {};
    const auto pair = [&uuid](std::size_t at) { return std::string(uuid.substr(at, 2)); };
    return pair(6) + pair(4) + pair(2) + pair(0) + "-" + pair(11) + pair(9) + "-" + pair(16) + pair(14) +
           std::string(uuid.substr(18));
}

std::string tr(const char* text)
{
    return translate("Stack", text);
}

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("Stack", text), values);
}

// The Deployment behind a ReplicaSet: its name is the Deployment's with the pod template's hash behind it.
void ownerOf(const PodFact& pod, std::string& kind, std::string& name)
{
    kind = pod.meta.ownerKind;
    name = pod.meta.ownerName;
    if (kind == "ReplicaSet" && !pod.templateHash.empty()) {
        const std::string suffix = "-" + pod.templateHash;
        if (name.size() > suffix.size() && name.ends_with(suffix)) {
            name.resize(name.size() - suffix.size());
            kind = "Deployment";
        }
    } else if (kind == "Node" || pod.isStatic) {
        kind = "Static pod";
        name = pod.meta.name;
        const std::string suffix = "-" + pod.nodeName;
        if (name.size() > suffix.size() && name.ends_with(suffix))
            name.resize(name.size() - suffix.size());
    } else if (kind == "Job") {
        // A CronJob's jobs differ in their last part, the minute they were planned for.
        const std::size_t dash = name.rfind('-');
        if (dash != std::string::npos && dash > 0 && name.size() - dash - 1 >= 8 &&
            name.find_first_not_of("0123456789", dash + 1) == std::string::npos) {
            name.resize(dash);
            kind = "CronJob";
        }
    } else if (kind.empty()) {
        kind = "Pod";
        name = pod.meta.name;
    }
}

constexpr std::array<ItemKind, 11> kRollUpOrder = {
    ItemKind::Workload,   ItemKind::InnerNode,     ItemKind::Vm,         ItemKind::OuterNode,
    ItemKind::Host,       ItemKind::Domain,        ItemKind::Machine,    ItemKind::ControlPlane,
    ItemKind::WorkerPool, ItemKind::TenantCluster, ItemKind::Placeholder};

constexpr std::array<std::size_t, 11> rollUpRanks()
{
    std::array<std::size_t, 11> ranks{};
    for (std::size_t i = 0; i < kRollUpOrder.size(); ++i)
        ranks[static_cast<std::size_t>(kRollUpOrder[i])] = i;
    return ranks;
}

} // namespace

class Stack::Private {
public:
    struct Words { // a Verdict, to be kept
        Health health = Health::Unknown;
        SharedText state;
        SharedText reason;
        SharedText rawReason;
        UnixMs since = 0;
    };

    struct Told { // of an item whose own words are not all that is said of it
        Words own;
        std::optional<Words> raised; // see Stack::raise()
    };

    struct Slot {
        std::uint32_t generation = 0;
        bool used = false;
        Item item;
        // What it is built from: the fact's source and its key's name (for a workload: the group's key),
        // which is the end of the item's key.
        SourceId source = 0;
        std::uint32_t subjectSize = 0;
        std::vector<Dependency> dependencies;
        std::array<std::uint32_t, kTrees> position{}; // in its parent's children, or among the roots
        Health own = Health::Unknown;                 // before what the roll-up adds
        std::unique_ptr<Told> told;                   // null: what is shown is what it says itself
        std::unique_ptr<std::deque<Sample>> history;

        std::string_view subject() const
        {
            return item.key.view().substr(item.key.size() - subjectSize); // ends with it
        }
    };

    // Slots by their index, in blocks: their addresses stay.
    class Slots {
    public:
        std::size_t size() const { return m_size; }
        Slot& operator[](std::size_t at) { return (*m_blocks[at / kBlock])[at % kBlock]; }
        const Slot& operator[](std::size_t at) const { return (*m_blocks[at / kBlock])[at % kBlock]; }
        void add()
        {
            if (m_size == m_blocks.size() * kBlock)
                m_blocks.push_back(std::make_unique<Block>());
            ++m_size;
        }

    private:
        static constexpr std::size_t kBlock = 64;
        using Block = std::array<Slot, kBlock>;
        std::vector<std::unique_ptr<Block>> m_blocks;
        std::size_t m_size = 0;
    };

    // From a text to what has it, in order: one nearly always, so that a list is as good as a tree.
    template<typename Value>
    class Index {
    public:
        const std::vector<Value>* find(std::string_view key) const { return m_table.find(key); }
        void add(std::string_view key, const Value& value)
        {
            std::vector<Value>& values = *m_table.insert(key).first;
            const auto at = std::lower_bound(values.begin(), values.end(), value);
            if (at == values.end() || *at != value)
                values.insert(at, value);
        }
        void remove(std::string_view key, const Value& value)
        {
            std::vector<Value>* const values = m_table.find(key);
            if (values == nullptr)
                return;
            const auto at = std::lower_bound(values->begin(), values->end(), value);
            if (at != values->end() && *at == value)
                values->erase(at);
            if (values->empty())
                m_table.erase(key);
        }

    private:
        NameTable<std::vector<Value>> m_table;
    };

    struct Load { // requests of the pods bound to one node
        Amount requests{0, 0};
        int pods = 0;
    };

    struct Group { // the pods of one owner on one node
        SourceId source = 0;
        SharedText node;
        SharedText ns;
        SharedText kind;
        SharedText name;
        std::vector<SharedText> pods; // in order
    };

    // --- facts
    // -------------------------------------------------------------------------------------------------
    using FactTable = NameTable<FactPtr>;
    std::unordered_map<SourceId, std::array<FactTable, kFactKinds>> m_facts;
    std::unordered_map<SourceId, SourceState> m_sources;
    std::vector<SourceId> m_sourceOrder;

    // --- items
    // -------------------------------------------------------------------------------------------------
    Slots m_slots;
    std::vector<std::uint32_t> m_free;
    std::array<std::vector<ItemId>, kTrees> m_roots;
    std::array<std::size_t, 11> m_counts{};
    Watchers m_watchers;

    // --- indices; each change of an entry touches the dependency of the same name
    // ---------------------------------
    Index<SourceId> m_hostByUuid;
    Index<SourceId> m_hostByName;
    Index<SharedText> m_launchers;                   // "source|vmi uid" → pods
    std::unordered_map<std::string, Load> m_loads;   // "source|node"
    std::unordered_map<std::string, Group> m_groups; // group key → pods
    Index<SourceId> m_innerSources;                  // "outer|ns/cluster"
    Index<SharedText> m_machineByNode;               // "outer|ns/cluster|node" → machines
    Index<SharedText> m_machineByInfra;              // "outer|ns/name" → machines
    Places m_vmsByFirmware;                          // by its hash; see eachVmOf

    std::map<std::pair<SourceId, FactKind>, std::set<std::string>> m_platform;
    std::unordered_map<FactKey, std::unordered_set<FactKey, FactKeyHash>, FactKeyHash> m_about;

    // --- of the running apply()
    // --------------------------------------------------------------------------------------
    StackDelta m_delta;
    std::unordered_set<std::uint32_t> m_dirty;
    std::array<std::unordered_set<std::uint32_t>, 11> m_rollUp;
    std::unordered_set<std::uint32_t> m_added;
    std::unordered_set<std::uint32_t> m_changed;
    std::unordered_set<std::uint32_t> m_moved;
    std::unordered_set<std::uint32_t> m_touched;
    std::unordered_set<std::uint32_t> m_doomed; // their facts are gone; removed at the end

    // --- small accessors
    // -----------------------------------------------------------------------------------------
    const FactPtr* findFact(SourceId source, FactKind kind, std::string_view name) const
    {
        const auto of = m_facts.find(source);
        return of == m_facts.end() ? nullptr : of->second[static_cast<std::size_t>(kind)].find(name);
    }

    template<typename T>
    const T* fact(SourceId source, FactKind kind, std::string_view name) const
    {
        const FactPtr* const found = findFact(source, kind, name);
        return found == nullptr ? nullptr : (*found)->as<T>();
    }

    const SourceState* sourceState(SourceId id) const
    {
        const auto found = m_sources.find(id);
        return found == m_sources.end() ? nullptr : &found->second;
    }

    std::string sourceTag(SourceId id) const
    {
        const SourceState* state = sourceState(id);
        if (state == nullptr)
            return "#" + std::to_string(id);
        if (state->kind == SourceKind::InnerCluster)
            return sourceTag(state->outer) + "/" + state->clusterKey;
        return state->kind == SourceKind::Host ? state->address : state->name;
    }

    bool isInner(SourceId id) const
    {
        const SourceState* state = sourceState(id);
        return state != nullptr && state->kind == SourceKind::InnerCluster;
    }

    static std::string scoped(SourceId source, std::string_view rest)
    {
        std::array<char, 12> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), source).ptr;
        const std::string_view number(digits.data(), static_cast<std::size_t>(end - digits.data()));
        std::string out;
        out.reserve(number.size() + 1 + rest.size());
        out.append(number).append("|").append(rest);
        return out;
    }

    ItemId idOf(std::uint32_t index) const { return {index, m_slots[index].generation}; }

    Slot* slot(ItemId id)
    {
        if (!id || id.index >= m_slots.size())
            return nullptr;
        Slot& s = m_slots[id.index];
        return s.used && s.generation == id.generation ? &s : nullptr;
    }
    const Slot* slot(ItemId id) const { return const_cast<Private*>(this)->slot(id); }

    // --- items come and go
    // -------------------------------------------------------------------------------------------
    std::string itemKey(ItemKind kind, SourceId source, std::string_view subject) const
    {
        return std::string(toString(kind)) + "|" + sourceTag(source) + "|" + std::string(subject);
    }

    // Items are found by kind, source and subject: none of them changes when a source is renamed.
    static std::uint32_t subjectHash(ItemKind kind, SourceId source, std::string_view subject)
    {
        const std::size_t h =
            std::hash<std::string_view>{}(subject) ^
            ((std::size_t{source} << 8U | static_cast<std::size_t>(kind)) * 0x9E3779B97F4A7C15ULL);
        return static_cast<std::uint32_t>(h ^ (h >> 32U));
    }
    static std::uint32_t keyHash(std::string_view key)
    {
        return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
    }

    Places m_bySubject;
    Places m_byKey;

    // The VMs whose instance has this firmware UUID, in no order.
    template<typename Visit>
    void eachVmOf(std::string_view firmware, Visit&& visit) const
    {
        m_vmsByFirmware.each(keyHash(firmware), [&](std::uint32_t index) {
            const Slot& vm = m_slots[index];
            const auto* vmi = fact<VmiFact>(vm.source, FactKind::Vmi, vm.subject());
            if (vmi != nullptr && vmi->firmwareUuid == firmware)
                visit(vm);
        });
    }

    std::uint32_t findIndex(ItemKind kind, SourceId source, std::string_view subject) const
    {
        return m_bySubject.find(subjectHash(kind, source, subject), [&](std::uint32_t index) {
            const Slot& s = m_slots[index];
            return s.item.kind == kind && s.source == source && s.subject() == subject;
        });
    }
    ItemId findItem(ItemKind kind, SourceId source, std::string_view subject) const
    {
        const std::uint32_t index = findIndex(kind, source, subject);
        return index == Places::kNone ? ItemId{} : idOf(index);
    }

    std::uint32_t ensureItem(ItemKind kind, Layer layer, SourceId source, std::string_view subject)
    {
        if (const std::uint32_t found = findIndex(kind, source, subject); found != Places::kNone) {
            m_doomed.erase(found);
            return found;
        }
        std::uint32_t index = 0;
        if (m_free.empty()) {
            index = static_cast<std::uint32_t>(m_slots.size());
            m_slots.add();
        } else {
            index = m_free.back();
            m_free.pop_back();
        }
        Slot& s = m_slots[index];
        const std::uint32_t generation = s.generation + 1;
        s = Slot{};
        s.generation = generation;
        s.used = true;
        s.source = source;
        s.item.id = {index, generation};
        s.item.kind = kind;
        s.item.layer = layer;
        s.item.source = source;
        s.item.key = itemKey(kind, source, subject);
        s.subjectSize = static_cast<std::uint32_t>(subject.size());
        m_bySubject.insert(subjectHash(kind, source, subject), index);
        m_byKey.insert(keyHash(s.item.key), index);
        ++m_counts[static_cast<std::size_t>(kind)];
        for (std::size_t tree = 0; tree < kTrees; ++tree) {
            if (belongs(kind, static_cast<Tree>(tree)))
                put(m_roots[tree], s, tree);
        }
        m_added.insert(index);
        m_dirty.insert(index);
        return index;
    }

    // Which kinds a tree shows at all: others have no place among its roots.
    static bool belongs(ItemKind kind, Tree tree)
    {
        switch (kind) {
        case ItemKind::Host:
            return tree != Tree::Tenants;
        case ItemKind::OuterNode:
        case ItemKind::InnerNode:
        case ItemKind::Workload:
            return tree == Tree::Stack;
        case ItemKind::Vm:
            return tree != Tree::Hosts;
        case ItemKind::TenantCluster:
        case ItemKind::ControlPlane:
        case ItemKind::WorkerPool:
        case ItemKind::Machine:
            return tree == Tree::Tenants;
        case ItemKind::Domain:
            return tree == Tree::Hosts;
        case ItemKind::Placeholder:
            return false; // placed by hand
        }
        return false;
    }

    void put(std::vector<ItemId>& list, Slot& s, std::size_t tree)
    {
        s.position[tree] = static_cast<std::uint32_t>(list.size());
        list.push_back(s.item.id);
    }

    void take(std::vector<ItemId>& list, const Slot& s, std::size_t tree)
    {
        const std::uint32_t at = s.position[tree];
        if (at >= list.size() || list[at] != s.item.id) // a placeholder is among the roots of one tree only
            return;
        list[at] = list.back();
        m_slots[list[at].index].position[tree] = at;
        list.pop_back();
    }

    void setParent(Slot& child, Tree tree, ItemId parent)
    {
        const auto t = static_cast<std::size_t>(tree);
        const ItemId old = child.item.parent[t];
        if (old == parent)
            return;
        if (Slot* oldParent = slot(old)) {
            take(oldParent->item.children[t], child, t);
            markRollUp(*oldParent);
            if (oldParent->item.kind == ItemKind::Placeholder && oldParent->item.children[t].empty())
                m_doomed.insert(old.index);
        } else {
            take(m_roots[t], child, t);
        }
        child.item.parent[t] = parent;
        if (Slot* newParent = slot(parent)) {
            put(newParent->item.children[t], child, t);
            markRollUp(*newParent);
            m_doomed.erase(newParent->item.kind == ItemKind::Placeholder ? parent.index : ~0U);
        } else {
            put(m_roots[t], child, t);
        }
        m_moved.insert(child.item.id.index);
    }

    void destroyItem(std::uint32_t index)
    {
        Slot& s = m_slots[index];
        for (std::size_t t = 0; t < kTrees; ++t) {
            // Children that still hang here were built on something that is gone, too, or become roots.
            const std::vector<ItemId> children = s.item.children[t];
            for (const ItemId child : children) {
                if (Slot* c = slot(child))
                    setParent(*c, static_cast<Tree>(t), {});
            }
            if (Slot* parent = slot(s.item.parent[t])) {
                take(parent->item.children[t], s, t);
                markRollUp(*parent);
                if (parent->item.kind == ItemKind::Placeholder && parent->item.children[t].empty())
                    m_doomed.insert(parent->item.id.index);
            } else {
                take(m_roots[t], s, t);
            }
        }
        forget(s, index);
        m_bySubject.erase(subjectHash(s.item.kind, s.source, s.subject()), index);
        m_byKey.erase(keyHash(s.item.key), index);
        --m_counts[static_cast<std::size_t>(s.item.kind)];
        if (m_added.erase(index) == 0)
            m_delta.removed.push_back(s.item.id);
        m_changed.erase(index);
        m_moved.erase(index);
        m_touched.erase(index);
        m_dirty.erase(index);
        m_rollUp[rank(s.item.kind)].erase(index);
        s.used = false;
        const std::uint32_t generation = s.generation;
        s = Slot{};
        s.generation = generation;
        m_free.push_back(index);
    }

    // --- dependencies
    // --------------------------------------------------------------------------------------------------
    void forget(Slot& s, std::uint32_t index)
    {
        for (const Dependency d : s.dependencies)
            m_watchers.remove(d, index);
        s.dependencies.clear();
    }

    void depend(Slot& s, Dependency d)
    {
        if (std::find(s.dependencies.begin(), s.dependencies.end(), d) != s.dependencies.end())
            return;
        s.dependencies.push_back(d);
        m_watchers.add(d, s.item.id.index);
    }

    void touch(Dependency d)
    {
        m_watchers.each(d, [this](std::uint32_t index) { m_dirty.insert(index); });
    }

    template<typename T>
    const T* look(Slot& s, SourceId source, FactKind kind, std::string_view name)
    {
        depend(s, dependency(source, kind, name));
        return fact<T>(source, kind, name);
    }

    template<typename Value>
    const std::vector<Value>* look(Slot& s, const char* index, const Index<Value>& of, std::string_view key)
    {
        depend(s, dependency(index, 0, key));
        return of.find(key);
    }

    template<typename Map>
    const typename Map::mapped_type* look(Slot& s, const char* index, const Map& map, const std::string& key)
    {
        depend(s, dependency(index, 0, key));
        const auto found = map.find(key);
        return found == map.end() ? nullptr : &found->second;
    }

    template<typename Value>
    void indexAdd(const char* index, Index<Value>& of, std::string_view key, const Value& value)
    {
        of.add(key, value);
        touch(dependency(index, 0, key));
    }

    template<typename Value>
    void indexRemove(const char* index, Index<Value>& of, std::string_view key, const Value& value)
    {
        of.remove(key, value);
        touch(dependency(index, 0, key));
    }

    // --- facts in
    // ------------------------------------------------------------------------------------------------------
    void change(const FactChange& change)
    {
        const FactKey& key = change.key;
        FactTable& table = m_facts[key.source][static_cast<std::size_t>(key.kind)];
        const FactPtr* const found = table.find(key.name);
        const FactPtr old = found == nullptr ? nullptr : *found;
        // Much of what a watch tells changes nothing of what is read: a lease renewed, an annotation.
        if (old == change.fact || (old && change.fact && *old == *change.fact))
            return;
        if (old)
            indexFact(key, *old, false);
        if (change.fact) {
            *table.insert(key.name).first = change.fact;
            indexFact(key, *change.fact, true);
        } else {
            table.erase(key.name);
        }
        touch(dependency(key));
        updateItemsOf(key);
    }

    // Of all events only those matter to what is no item: why a pod of the platform does not start.
    bool speaksOfImages(const FactKey& key) const
    {
        const auto* event = fact<ObjectFact>(key.source, key.kind, key.name);
        if (event == nullptr)
            return false;
        const auto kind = event->fields.find("kind");
        const auto message = event->fields.find("message");
        return kind != event->fields.end() && kind->second == "Pod" && message != event->fields.end() &&
               (message->second.find("pull") != std::string::npos ||
                message->second.find("ImagePull") != std::string::npos);
    }

    void updateItemsOf(const FactKey& key)
    {
        const auto keep = [&](ItemKind kind, Layer layer, bool alive) {
            if (alive) {
                m_dirty.insert(ensureItem(kind, layer, key.source, key.name));
            } else if (const ItemId id = findItem(kind, key.source, key.name)) {
                m_doomed.insert(id.index);
            }
        };
        const bool alive = findFact(key.source, key.kind, key.name) != nullptr;
        switch (key.kind) {
        case FactKind::Host:
            keep(ItemKind::Host, Layer::BareMetal, alive);
            break;
        case FactKind::Domain:
            keep(ItemKind::Domain, Layer::Vm, alive);
            break;
        case FactKind::KubeNode:
            if (isInner(key.source))
                keep(ItemKind::InnerNode, Layer::InnerK8s, alive);
            else
                keep(ItemKind::OuterNode, Layer::OuterK8s, alive);
            break;
        case FactKind::Vm:
        case FactKind::Vmi:
            keep(ItemKind::Vm, Layer::Vm,
                 findFact(key.source, FactKind::Vm, key.name) != nullptr ||
                     findFact(key.source, FactKind::Vmi, key.name) != nullptr);
            break;
        case FactKind::Cluster:
            keep(ItemKind::TenantCluster, Layer::InnerK8s, alive);
            break;
        case FactKind::ControlPlane:
            keep(ItemKind::ControlPlane, Layer::InnerK8s, alive);
            break;
        case FactKind::MachineDeployment:
            keep(ItemKind::WorkerPool, Layer::InnerK8s, alive);
            break;
        case FactKind::Machine:
            keep(ItemKind::Machine, Layer::InnerK8s, alive);
            break;
        case FactKind::Warning:
            if (alive && !speaksOfImages(key))
                break; // about an item: see indexAbout
            [[fallthrough]];
        case FactKind::KubeVirt:
        case FactKind::Cdi:
        case FactKind::Deployment:
        case FactKind::StorageClass:
        case FactKind::StorageProfile: {
            std::set<std::string>& names = m_platform[{key.source, key.kind}];
            if (alive)
                names.insert(key.name);
            else if (names.erase(key.name) == 0)
                break;
            if (std::find(m_delta.sources.begin(), m_delta.sources.end(), key.source) ==
                m_delta.sources.end())
                m_delta.sources.push_back(key.source);
            break;
        }
        case FactKind::Pod: // grouped: see indexFact
        case FactKind::HealthCheck:
        case FactKind::MachineSet:
        case FactKind::Migration:
        case FactKind::KubevirtMachine:
        case FactKind::NodeUsage:
        case FactKind::PodUsage:
        case FactKind::KubevirtCluster:
        case FactKind::DataVolume:
        case FactKind::Claim:
            break;
        }
    }

    void indexFact(const FactKey& key, const FactBox& fact, bool on)
    {
        const auto put = [&](const char* index, auto& of, std::string_view at, const auto& value) {
            if (on)
                indexAdd(index, of, at, value);
            else
                indexRemove(index, of, at, value);
        };
        if (const auto* host = fact.as<HostFact>()) {
            if (!host->uuid.empty())
                put("hostuuid", m_hostByUuid, host->uuid, key.source);
            if (!host->hostname.empty())
                put("hostname", m_hostByName, toLower(host->hostname), key.source);
        } else if (const auto* vmi = fact.as<VmiFact>()) {
            if (!vmi->firmwareUuid.empty()) {
                const std::uint32_t hash = keyHash(vmi->firmwareUuid);
                if (on)
                    m_vmsByFirmware.insert(hash, ensureItem(ItemKind::Vm, Layer::Vm, key.source, key.name));
                else
                    m_vmsByFirmware.erase(hash, findIndex(ItemKind::Vm, key.source, key.name));
                touch(dependency("vmifirmware", 0, vmi->firmwareUuid));
            }
        } else if (const auto* machine = fact.as<MachineFact>()) {
            if (!machine->nodeName.empty())
                put("machinenode", m_machineByNode,
                    scoped(key.source,
                           join(machine->meta.ns, machine->clusterName) + "|" + machine->nodeName),
                    SharedText(key.name));
            if (!machine->infrastructureName.empty())
                put("machineinfra", m_machineByInfra,
                    scoped(key.source, join(machine->meta.ns, machine->infrastructureName)),
                    SharedText(key.name));
        } else if (const auto* pod = fact.as<PodFact>()) {
            indexPod(key, *pod, on);
        } else if (const auto* object = fact.as<ObjectFact>()) {
            indexAbout(key, *object, on);
        }
    }

    // Which kind of fact an object of this kind is read as; of the kinds that items are made of.
    static std::optional<FactKind> factOfKind(std::string_view kind)
    {
        static constexpr std::array<std::pair<std::string_view, FactKind>, 11> kinds = {
            {{"Node", FactKind::KubeNode},
             {"VirtualMachine", FactKind::Vm},
             {"VirtualMachineInstance", FactKind::Vmi},
             {"Pod", FactKind::Pod},
             {"DataVolume", FactKind::DataVolume},
             {"PersistentVolumeClaim", FactKind::Claim},
             {"Machine", FactKind::Machine},
             {"KubevirtMachine", FactKind::KubevirtMachine},
             {"MachineDeployment", FactKind::MachineDeployment},
             {"KubeadmControlPlane", FactKind::ControlPlane},
             {"KubevirtCluster", FactKind::KubevirtCluster}}};
        if (kind == "Cluster")
            return FactKind::Cluster;
        const auto* found =
            std::find_if(kinds.begin(), kinds.end(), [kind](const auto& each) { return each.first == kind; });
        return found == kinds.end() ? std::nullopt : std::optional(found->second);
    }

    // Facts about another fact. A change of them is a change of what they are about: the items that looked at
    // that are built again.
    void indexAbout(const FactKey& key, const ObjectFact& object, bool on)
    {
        const auto field = [&object](const char* name) {
            const auto found = object.fields.find(name);
            return found == object.fields.end() ? std::string() : found->second;
        };
        std::optional<FactKind> kind;
        std::string name;
        if (key.kind == FactKind::Warning) {
            kind = factOfKind(field("kind"));
            name = kind == FactKind::KubeNode ? field("name") : join(field("ns"), field("name"));
        } else if (key.kind == FactKind::HealthCheck) {
            kind = FactKind::Cluster;
            name = join(object.meta.ns, field("clusterName"));
        } else if (key.kind == FactKind::MachineSet) {
            kind = FactKind::MachineDeployment;
            name = join(object.meta.ns, field("deploymentName"));
        } else if (key.kind == FactKind::Migration) {
            kind = FactKind::Vmi;
            name = join(object.meta.ns, field("vmiName"));
        }
        if (!kind)
            return;
        const FactKey about{key.source, *kind, name};
        if (on) {
            m_about[about].insert(key);
        } else if (const auto found = m_about.find(about); found != m_about.end()) {
            found->second.erase(key);
            if (found->second.empty())
                m_about.erase(found);
        }
        touch(dependency(about));
        if (*kind == FactKind::Vm || *kind == FactKind::Vmi) {
            if (const std::uint32_t vm = findIndex(ItemKind::Vm, key.source, name); vm != Places::kNone)
                m_dirty.insert(vm);
        }
    }

    void gatherAbout(const FactKey& about, FactKind kind, std::vector<const ObjectFact*>& out) const
    {
        const auto found = m_about.find(about);
        if (found == m_about.end())
            return;
        for (const FactKey& key : found->second) {
            if (key.kind != kind)
                continue;
            if (const auto* object = fact<ObjectFact>(key.source, key.kind, key.name))
                out.push_back(object);
        }
    }

    void indexPod(const FactKey& key, const PodFact& pod, bool on)
    {
        const bool finished = pod.phase == "Succeeded" || pod.phase == "Failed";
        if (!pod.nodeName.empty() && !finished) { // what is finished holds no resources
            const std::string at = scoped(key.source, pod.nodeName);
            Load& load = m_loads[at];
            const int sign = on ? 1 : -1;
            load.pods += sign;
            load.requests.cpuMilli += sign * std::max<std::int64_t>(pod.requests.cpuMilli, 0);
            load.requests.memoryBytes += sign * std::max<std::int64_t>(pod.requests.memoryBytes, 0);
            if (load.pods == 0)
                m_loads.erase(at);
            touch(dependency("load", 0, at));
        }
        if (!pod.launcherOf.empty()) {
            const std::string at = scoped(key.source, pod.launcherOf);
            if (on)
                indexAdd("launcher", m_launchers, at, SharedText(key.name));
            else
                indexRemove("launcher", m_launchers, at, SharedText(key.name));
        }
        if (!isInner(key.source))
            return;
        std::string kind;
        std::string name;
        ownerOf(pod, kind, name);
        const std::string group = pod.nodeName + "|" + pod.meta.ns + "|" + kind + "|" + name;
        const std::string at = scoped(key.source, group);
        if (on) {
            Group& g = m_groups[at];
            if (g.pods.empty())
                g = {
                    key.source, pod.nodeName, pod.meta.ns, SharedText::common(kind), SharedText::common(name),
                    {}};
            const auto place = std::lower_bound(g.pods.begin(), g.pods.end(), key.name);
            if (place == g.pods.end() || *place != key.name)
                g.pods.insert(place, SharedText(key.name));
            m_dirty.insert(ensureItem(ItemKind::Workload, Layer::Workload, key.source, group));
        } else if (const auto found = m_groups.find(at); found != m_groups.end()) {
            std::erase(found->second.pods, key.name);
            const ItemId id = findItem(ItemKind::Workload, key.source, group);
            if (found->second.pods.empty()) {
                m_groups.erase(found);
                if (id)
                    m_doomed.insert(id.index);
            } else if (id) {
                m_dirty.insert(id.index);
            }
        }
    }

    void changeSource(const SourceChange& change)
    {
        const SourceId id = change.state.id;
        m_delta.sources.push_back(id);
        const auto found = m_sources.find(id);
        if (change.gone) {
            if (found == m_sources.end())
                return;
            std::vector<FactKey> keys;
            for (std::size_t kind = 0; kind < kFactKinds; ++kind)
                m_facts[id][kind].each([&](std::string_view name, const FactPtr&) {
                    keys.push_back({id, static_cast<FactKind>(kind), std::string(name)});
                });
            for (const FactKey& key : keys)
                this->change({key, nullptr});
            m_facts.erase(id);
            if (found->second.kind == SourceKind::InnerCluster)
                indexRemove("inner", m_innerSources, scoped(found->second.outer, found->second.clusterKey),
                            id);
            m_sources.erase(id);
            m_sourceOrder.erase(std::remove(m_sourceOrder.begin(), m_sourceOrder.end(), id),
                                m_sourceOrder.end());
            return;
        }
        if (found == m_sources.end()) {
            m_sourceOrder.push_back(id);
            m_sources.emplace(id, change.state);
            if (change.state.kind == SourceKind::InnerCluster)
                indexAdd("inner", m_innerSources, scoped(change.state.outer, change.state.clusterKey), id);
        } else {
            const bool counted = found->second.parked != change.state.parked ||
                                 found->second.podCount != change.state.podCount;
            found->second = change.state; // kind, outer and clusterKey never change for an id
            if (counted)
                recount(found->second);
        }
    }

    // A tenant's pods are counted from now on, or followed again.
    void recount(const SourceState& state)
    {
        const auto mark = [this](ItemId id) {
            if (const Slot* s = slot(id))
                markRollUp(*s);
        };
        if (const auto of = m_facts.find(state.id); of != m_facts.end())
            of->second[static_cast<std::size_t>(FactKind::KubeNode)].each(
                [&](std::string_view name, const FactPtr&) {
                    mark(findItem(ItemKind::InnerNode, state.id, name));
                });
        mark(findItem(ItemKind::TenantCluster, state.outer, state.clusterKey));
    }

    const SourceState* innerSourceOf(SourceId outer, std::string_view clusterKey) const
    {
        const auto* const inner = m_innerSources.find(scoped(outer, clusterKey));
        return inner == nullptr ? nullptr : sourceState(inner->front());
    }

    // --- building one item from its facts
    // ------------------------------------------------------------------------------
    void rebuild(std::uint32_t index)
    {
        Slot& s = m_slots[index];
        if (!s.used || m_doomed.contains(index))
            return;
        forget(s, index);
        m_touched.insert(index);
        const Item before = shallow(s.item);
        const std::vector<Evidence> evidence = std::exchange(s.item.evidence, {});
        switch (s.item.kind) {
        case ItemKind::Host:
            buildHost(s);
            break;
        case ItemKind::OuterNode:
            buildOuterNode(s);
            break;
        case ItemKind::Vm:
            buildVm(s);
            break;
        case ItemKind::InnerNode:
            buildInnerNode(s);
            break;
        case ItemKind::Workload:
            buildWorkload(s);
            break;
        case ItemKind::TenantCluster:
            buildTenantCluster(s);
            break;
        case ItemKind::ControlPlane:
            buildControlPlane(s);
            break;
        case ItemKind::WorkerPool:
            buildWorkerPool(s);
            break;
        case ItemKind::Machine:
            buildMachine(s);
            break;
        case ItemKind::Domain:
            buildDomain(s);
            break;
        case ItemKind::Placeholder:
            break;
        }
        markRollUp(s);
        noteChange(s, before);
        if (s.item.evidence != evidence)
            m_changed.insert(index);
    }

    // All that is shown of an item, without the lists that other marks cover and the evidence.
    static Item shallow(const Item& item)
    {
        Item copy;
        copy.name = item.name;
        copy.ns = item.ns;
        copy.note = item.note;
        copy.tenant = item.tenant;
        copy.tenantKey = item.tenantKey;
        copy.version = item.version;
        copy.health = item.health;
        copy.own = item.own;
        copy.below = item.below;
        copy.tenantBelow = item.tenantBelow;
        copy.state = item.state;
        copy.reason = item.reason;
        copy.rawReason = item.rawReason;
        copy.since = item.since;
        copy.capacity = item.capacity;
        copy.allocated = item.allocated;
        copy.used = item.used;
        copy.pods = item.pods;
        copy.morePods = item.morePods;
        copy.created = item.created;
        return copy;
    }

    void noteChange(Slot& s, const Item& before)
    {
        const Item& now = s.item;
        const bool equal =
            before.name == now.name && before.ns == now.ns && before.note == now.note &&
            before.tenant == now.tenant && before.tenantKey == now.tenantKey &&
            before.version == now.version && before.health == now.health && before.own == now.own &&
            before.below == now.below && before.tenantBelow == now.tenantBelow && before.state == now.state &&
            before.reason == now.reason && before.rawReason == now.rawReason && before.since == now.since &&
            before.capacity == now.capacity && before.allocated == now.allocated && before.used == now.used &&
            before.pods == now.pods && before.morePods == now.morePods && before.created == now.created;
        if (!equal)
            m_changed.insert(now.id.index);
    }

    static void because(Slot& s, std::string_view text, const SharedText& value, Confidence confidence)
    {
        s.item.evidence.push_back({SharedText::common(text), value, confidence});
    }
    static void because(Slot& s, std::string_view text, const std::string& value, Confidence confidence)
    {
        because(s, text, SharedText::common(value), confidence);
    }

    void setVerdict(Slot& s, const Verdict& v)
    {
        Words words = wordsOf(v);
        s.own = v.health;
        if (s.told == nullptr && rollUpSpeaks(s.item.kind))
            s.told = std::make_unique<Told>();
        if (s.told == nullptr) {
            showWords(s, words);
        } else {
            s.told->own = std::move(words);
            showWords(s, s.told->own);
        }
    }

    static Words wordsOf(const Verdict& v)
    {
        return {v.health, SharedText::common(v.state), SharedText::common(v.reason),
                SharedText::common(cleanText(v.rawReason)), v.since};
    }

    // Kinds of which the roll-up may show other words than their own.
    static bool rollUpSpeaks(ItemKind kind)
    {
        return kind == ItemKind::Host || kind == ItemKind::ControlPlane || kind == ItemKind::WorkerPool ||
               kind == ItemKind::TenantCluster;
    }

    static Words ownWords(const Slot& s)
    {
        return s.told != nullptr
                   ? s.told->own
                   : Words{s.item.own, s.item.state, s.item.reason, s.item.rawReason, s.item.since};
    }

    // The worse of what the item says itself and what was found out about it.
    static void showWords(Slot& s, const Words& own)
    {
        const Words* const found = s.told != nullptr && s.told->raised ? &*s.told->raised : nullptr;
        const bool raised = found != nullptr && found->health > own.health && found->health > Health::Unknown;
        const Words& worse = raised ? *found : own;
        s.item.own = own.health;
        s.item.health = worse.health;
        s.item.state = own.state;
        s.item.reason = worse.reason;
        s.item.rawReason = worse.rawReason;
        s.item.since = worse.since;
    }

    void sample(Slot& s, UnixMs at)
    {
        if (at == 0 || (s.item.used.cpuMilli < 0 && s.item.used.memoryBytes < 0))
            return;
        if (s.history == nullptr)
            s.history = std::make_unique<std::deque<Sample>>();
        std::deque<Sample>& history = *s.history;
        if (!history.empty() && at < history.back().at + kHistoryStep)
            return;
        history.push_back({at, s.item.used});
        while (history.front().at < at - kHistorySpan)
            history.pop_front();
    }

    ItemId placeholder(Tree tree, const char* which, SourceId source, Layer layer, const std::string& name,
                       const std::string& note)
    {
        const std::uint32_t index = ensureItem(ItemKind::Placeholder, layer, source, which);
        Slot& s = m_slots[index];
        if (s.item.name.empty()) {
            s.item.name = name;
            s.item.note = note;
            s.item.health = Health::Ok;
            s.own = Health::Ok;
            put(m_roots[static_cast<std::size_t>(tree)], s, static_cast<std::size_t>(tree));
        }
        return s.item.id;
    }

    void buildHost(Slot& s)
    {
        const auto* host = look<HostFact>(s, s.source, FactKind::Host, s.subject());
        if (host == nullptr)
            return;
        Item& item = s.item;
        const SourceState* state = sourceState(s.source);
        item.name = !host->hostname.empty() ? host->hostname : state != nullptr ? state->name : host->uri;
        item.version =
            host->hypervisor + (host->hypervisorVersion.empty() ? "" : " " + host->hypervisorVersion);
        item.capacity = {std::int64_t{host->cpus} * 1000, host->memoryBytes};
        item.note = host->memoryBytes > 0
                        ? tr("%1 · %2 cpu", {formatBytes(host->memoryBytes), std::to_string(host->cpus)})
                        : std::string();
        item.used = {};
        if (host->memoryFreeBytes >= 0 && host->memoryBytes > 0)
            item.used.memoryBytes = host->memoryBytes - host->memoryFreeBytes;
        if (host->cpuUsed >= 0)
            item.used.cpuMilli =
                static_cast<std::int64_t>(host->cpuUsed * static_cast<double>(host->cpus) * 1000);
        setVerdict(s, hostVerdict(*host));
    }

    void buildDomain(Slot& s)
    {
        const auto* domain = look<DomainFact>(s, s.source, FactKind::Domain, s.subject());
        if (domain == nullptr)
            return;
        Item& item = s.item;
        item.name = domain->name;
        item.note = tr("%1 vCPU · %2", {std::to_string(domain->vcpus),
                                        formatBytes(std::max<std::int64_t>(domain->memoryBytes, 0))});
        item.capacity = {std::int64_t{domain->vcpus} * 1000, domain->memoryBytes};
        item.allocated = item.capacity;
        setVerdict(s, domainVerdict(*domain));
        depend(s, dependency("vmifirmware", 0, domain->uuid));
        bool known = false;
        eachVmOf(domain->uuid, [&known](const Slot&) { known = true; });
        if (known)
            because(s, tr("domain uuid = VirtualMachineInstance firmware.uuid"), domain->uuid,
                    Confidence::Exact);
        setParent(s, Tree::Hosts, findItem(ItemKind::Host, s.source, ""));
        depend(s, dependency(s.source, FactKind::Host, ""));
    }

    void nodeFields(Slot& s, const KubeNodeFact& node, bool outer)
    {
        Item& item = s.item;
        item.name = node.meta.name;
        item.version = node.kubeletVersion;
        item.created = node.meta.created;
        item.capacity = node.allocatable.memoryBytes >= 0 || node.allocatable.cpuMilli >= 0 ? node.allocatable
                                                                                            : node.capacity;
        const Load* load = look(s, "load", m_loads, scoped(s.source, node.meta.name));
        item.allocated = load != nullptr ? load->requests : Amount{0, 0};
        const auto* usage = look<UsageFact>(s, s.source, FactKind::NodeUsage, s.subject());
        item.used = usage != nullptr ? usage->used : Amount{};
        setVerdict(s, nodeVerdict(node, outer));
        if (usage != nullptr)
            sample(s, usage->at);
        item.note = item.health == Health::Ok ? std::string() : item.state;
    }

    void buildOuterNode(Slot& s)
    {
        const auto* node = look<KubeNodeFact>(s, s.source, FactKind::KubeNode, s.subject());
        if (node == nullptr)
            return;
        nodeFields(s, *node, true);
        setParent(s, Tree::Stack, hostOf(s, *node));
    }

    ItemId hostOf(Slot& s, const KubeNodeFact& node)
    {
        const auto host = [&](SourceId source) { return findItem(ItemKind::Host, source, ""); };
        if (!node.systemUuid.empty()) {
            for (const bool swapped : {false, true}) {
                const std::string uuid = swapped ? swappedUuid(node.systemUuid) : node.systemUuid;
                const std::vector<SourceId>* hosts = look(s, "hostuuid", m_hostByUuid, uuid);
                if (hosts == nullptr)
                    continue;
                if (const ItemId id = host(*hosts->begin())) {
                    const bool alone = hosts->size() == 1;
                    because(s,
                            swapped ? tr("Node systemUUID = host UUID with its first groups swapped")
                                    : tr("Node systemUUID = host UUID"),
                            node.systemUuid, alone && !swapped ? Confidence::High : Confidence::Medium);
                    return id;
                }
            }
        }
        // A host that does not tell its UUID can still be known by its name, if just one has it.
        for (const std::string& name : {node.hostname, node.meta.name.string()}) {
            if (name.empty())
                continue;
            const auto* hosts = look(s, "hostname", m_hostByName, toLower(name));
            if (hosts == nullptr || hosts->size() != 1)
                continue;
            const SourceId source = *hosts->begin();
            const auto* known = look<HostFact>(s, source, FactKind::Host, "");
            if (known == nullptr || (!known->uuid.empty() && !node.systemUuid.empty()))
                continue; // both tell a UUID and they differ: not the same machine
            if (const ItemId id = host(source)) {
                because(s, tr("Node hostname = host name"), name, Confidence::Medium);
                return id;
            }
        }
        because(s, tr("No enrolled host has this systemUUID"), node.systemUuid, Confidence::Exact);
        return placeholder(Tree::Stack, "not-enrolled", s.source, Layer::BareMetal, tr("Host not enrolled"),
                           tr("add the host through libvirt"));
    }

    const PodFact* launcherOf(Slot* s, SourceId source, const VmiFact& vmi, SharedText* name = nullptr)
    {
        const std::string at = scoped(source, vmi.meta.uid);
        if (s != nullptr)
            depend(*s, dependency("launcher", 0, at));
        const auto* const found = m_launchers.find(at);
        if (found == nullptr)
            return nullptr;
        const PodFact* best = nullptr;
        for (const SharedText& podName : *found) {
            const auto* pod = s != nullptr ? look<PodFact>(*s, source, FactKind::Pod, podName)
                                           : fact<PodFact>(source, FactKind::Pod, podName);
            if (pod == nullptr)
                continue;
            // While a VM migrates two pods share the label; the live one is where the VM is.
            const auto active = std::find_if(vmi.activePods.begin(), vmi.activePods.end(),
                                             [pod](const ActivePod& a) { return a.uid == pod->meta.uid; });
            const bool live =
                active != vmi.activePods.end() ? active->node == vmi.nodeName : pod->nodeName == vmi.nodeName;
            if (best == nullptr || live) {
                best = pod;
                if (name != nullptr)
                    *name = podName;
            }
            if (live)
                break;
        }
        return best;
    }

    struct MachineLink {
        const KubevirtMachineFact* kubevirtMachine = nullptr;
        const MachineFact* machine = nullptr;
        std::string machineKey;
    };

    // VM → KubevirtMachine by CAPK's labels, else by name; KubevirtMachine → Machine by the Machine's
    // reference.
    MachineLink machineOfVm(Slot* s, SourceId source, std::string_view key)
    {
        MachineLink link;
        const auto* vm = fact<VmFact>(source, FactKind::Vm, key);
        std::string infra(key);
        if (vm != nullptr && !vm->machineName.empty())
            infra = join(vm->machineNamespace.empty() ? vm->meta.ns : vm->machineNamespace, vm->machineName);
        link.kubevirtMachine = s != nullptr
                                   ? look<KubevirtMachineFact>(*s, source, FactKind::KubevirtMachine, infra)
                                   : fact<KubevirtMachineFact>(source, FactKind::KubevirtMachine, infra);
        const std::string at = scoped(source, infra);
        if (s != nullptr)
            depend(*s, dependency("machineinfra", 0, at));
        if (const auto* const found = m_machineByInfra.find(at)) {
            link.machineKey = found->front();
            link.machine = s != nullptr ? look<MachineFact>(*s, source, FactKind::Machine, link.machineKey)
                                        : fact<MachineFact>(source, FactKind::Machine, link.machineKey);
        }
        return link;
    }

    void setTenant(Slot& s, SourceId outer, std::string_view ns, std::string_view cluster)
    {
        s.item.tenant = SharedText::common(cluster);
        s.item.tenantKey =
            cluster.empty() ? SharedText() : SharedText::common(scoped(outer, join(ns, cluster)));
    }

    static std::vector<SharedText> claimsOf(const VmFact* vm, const VmiFact* vmi)
    {
        std::vector<SharedText> out;
        const auto add = [&out](const SharedText& claim) {
            if (!claim.empty() && std::find(out.begin(), out.end(), claim) == out.end())
                out.push_back(claim);
        };
        if (vm != nullptr)
            std::for_each(vm->claims.begin(), vm->claims.end(), add);
        if (vmi != nullptr) {
            for (const Volume& volume : vmi->volumes)
                add(volume.claim);
        }
        return out;
    }

    void buildVm(Slot& s)
    {
        // Not looked up: a change of these, or about these, marks their item itself.
        const auto* vm = fact<VmFact>(s.source, FactKind::Vm, s.subject());
        const auto* vmi = fact<VmiFact>(s.source, FactKind::Vmi, s.subject());
        if (vm == nullptr && vmi == nullptr)
            return;
        const Meta& meta = vm != nullptr ? vm->meta : vmi->meta;
        Item& item = s.item;
        item.name = meta.name;
        item.ns = meta.ns;
        item.created = meta.created;
        const MachineLink link = machineOfVm(&s, s.source, s.subject());
        const SharedText cluster = vm != nullptr && !vm->clusterName.empty() ? vm->clusterName
                                   : vmi != nullptr                          ? vmi->clusterName
                                                                             : SharedText();
        setTenant(s, s.source, link.machine != nullptr ? link.machine->meta.ns : meta.ns, cluster);
        item.version = link.machine != nullptr ? link.machine->version : std::string();
        // What is found about its disks is found about the VM.
        for (const SharedText& claim : claimsOf(vm, vmi)) {
            const std::string at = join(meta.ns, claim);
            depend(s, dependency(s.source, FactKind::DataVolume, at));
            depend(s, dependency(s.source, FactKind::Claim, at));
        }
        item.capacity = vmi != nullptr && vmi->size.memoryBytes >= 0 ? vmi->size
                        : vm != nullptr                              ? vm->size
                                                                     : Amount{};
        item.allocated = item.capacity;
        item.used = {};
        setVerdict(s, vmVerdict(vm, vmi, link.machine, link.kubevirtMachine));

        if (vmi != nullptr) {
            SharedText podName;
            if (const PodFact* launcher = launcherOf(&s, s.source, *vmi, &podName)) {
                const auto* usage = look<UsageFact>(s, s.source, FactKind::PodUsage, podName);
                if (usage != nullptr) {
                    item.used = usage->used;
                    sample(s, usage->at);
                }
                if (!launcher->nodeName.empty())
                    because(s, tr("launcher pod label kubevirt.io/created-by = VMI uid"), launcher->meta.name,
                            Confidence::Exact);
            }
        }
        std::string note = item.tenant;
        if (item.state != tr("Running"))
            note += (note.empty() ? "" : " · ") + item.state;
        item.note = SharedText::common(note);

        ItemId carrier;
        if (vmi != nullptr && !vmi->nodeName.empty()) {
            depend(s, dependency(s.source, FactKind::KubeNode, vmi->nodeName));
            carrier = findItem(ItemKind::OuterNode, s.source, vmi->nodeName);
            if (carrier && !m_doomed.contains(carrier.index))
                because(s, tr("VirtualMachineInstance status.nodeName = Node name"), vmi->nodeName,
                        Confidence::Exact);
            else
                carrier = {};
        }
        if (!carrier)
            carrier = placeholder(Tree::Stack, "not-scheduled", s.source, Layer::OuterK8s,
                                  tr("Not scheduled"), tr("on no node that is known"));
        setParent(s, Tree::Stack, carrier);

        ItemId machine;
        if (link.machine != nullptr) {
            machine = findItem(ItemKind::Machine, s.source, link.machineKey);
            because(s, tr("Machine spec.infrastructureRef = KubevirtMachine = VirtualMachine name"),
                    link.machine->infrastructureName, Confidence::Exact);
        }
        if (!machine || m_doomed.contains(machine.index))
            machine = placeholder(Tree::Tenants, "no-tenant", s.source, Layer::Vm,
                                  tr("VMs of no tenant cluster"), {});
        setParent(s, Tree::Tenants, machine);
    }

    void buildInnerNode(Slot& s)
    {
        const auto* node = look<KubeNodeFact>(s, s.source, FactKind::KubeNode, s.subject());
        if (node == nullptr)
            return;
        nodeFields(s, *node, false);
        Item& item = s.item;
        const SourceState* source = sourceState(s.source);
        const SourceId outer = source != nullptr ? source->outer : 0;
        const std::string clusterKey = source != nullptr ? source->clusterKey : std::string();
        const std::size_t slash = clusterKey.find('/');
        const std::string ns = clusterKey.substr(0, slash == std::string::npos ? 0 : slash);
        const std::string cluster = slash == std::string::npos ? clusterKey : clusterKey.substr(slash + 1);
        setTenant(s, outer, ns, cluster);

        // Key 11: Machine status.nodeRef, then down by references; key 12: the VM of the same name.
        std::string vmKey;
        const std::string at = scoped(outer, clusterKey + "|" + node->meta.name);
        if (const auto* machines = look(s, "machinenode", m_machineByNode, at); machines != nullptr) {
            const auto* machine = look<MachineFact>(s, outer, FactKind::Machine, *machines->begin());
            if (machine != nullptr) {
                const auto* infra = look<KubevirtMachineFact>(
                    s, outer, FactKind::KubevirtMachine, join(machine->meta.ns, machine->infrastructureName));
                vmKey = join(infra != nullptr && !infra->vmNamespace.empty() ? infra->vmNamespace
                                                                             : machine->meta.ns,
                             machine->infrastructureName);
                because(s, tr("Machine status.nodeRef = Node name"), node->meta.name, Confidence::Exact);
            }
        }
        if (vmKey.empty()) {
            vmKey = join(ns, node->meta.name);
            because(s, tr("Node name = VirtualMachine name"), node->meta.name, Confidence::High);
        }
        const auto* vm = look<VmFact>(s, outer, FactKind::Vm, vmKey);
        const auto* vmi = look<VmiFact>(s, outer, FactKind::Vmi, vmKey);
        ItemId parent;
        if (vm != nullptr || vmi != nullptr)
            parent = findItem(ItemKind::Vm, outer, vmKey);
        if (parent && vmi != nullptr && !vmi->firmwareUuid.empty() && !node->systemUuid.empty()) {
            if (vmi->firmwareUuid == node->systemUuid)
                because(s, tr("Node systemUUID = VMI firmware.uuid"), node->systemUuid, Confidence::Exact);
            else
                because(s,
                        tr("Node systemUUID differs from VMI firmware.uuid: a node left behind, a VM "
                           "created again, or the kubeconfig of another cluster"),
                        node->systemUuid, Confidence::Medium);
        }
        if (!parent) {
            item.evidence.clear();
            because(s, tr("No VirtualMachine is known for this node"), vmKey, Confidence::Exact);
            parent = placeholder(Tree::Stack, "no-vm", s.source, Layer::Vm, tr("No VM"),
                                 tr("nodes of %1 that no VM is known for", {cluster}));
        }
        setParent(s, Tree::Stack, parent);
    }

    void buildWorkload(Slot& s)
    {
        const auto found = m_groups.find(scoped(s.source, s.subject()));
        if (found == m_groups.end())
            return;
        const Group& group = found->second;
        Item& item = s.item;
        item.name = group.name;
        item.ns = group.ns;
        std::vector<const PodFact*> pods;
        item.allocated = {};
        item.used = {};
        item.created = 0;
        for (const SharedText& podName : group.pods) {
            const auto* pod =
                fact<PodFact>(s.source, FactKind::Pod, podName); // a change of a pod marks its group itself
            if (pod == nullptr)
                continue;
            pods.push_back(pod);
            add(item.allocated, pod->requests);
            if (item.created == 0 || (pod->meta.created != 0 && pod->meta.created < item.created))
                item.created = pod->meta.created;
            if (const auto* usage = look<UsageFact>(s, s.source, FactKind::PodUsage, podName)) {
                add(item.used, usage->used);
            }
        }
        for (const SharedText& podName : group.pods) {
            if (const auto* usage = fact<UsageFact>(s.source, FactKind::PodUsage, podName)) {
                sample(s, usage->at);
                break;
            }
        }
        setVerdict(s, workloadVerdict(pods));
        item.pods = static_cast<int>(pods.size());
        std::string note = group.kind;
        if (pods.size() != 1)
            note += " · " + tr("%1 pods", {std::to_string(pods.size())});
        if (item.health != Health::Ok)
            note += " · " + item.state;
        item.note = SharedText::common(note);
        if (const SourceState* source = sourceState(s.source)) {
            const std::size_t slash = source->clusterKey.find('/');
            if (slash != std::string::npos)
                setTenant(s, source->outer, source->clusterKey.substr(0, slash),
                          source->clusterKey.substr(slash + 1));
        }
        ItemId parent;
        if (!group.node.empty()) {
            if (look<KubeNodeFact>(s, s.source, FactKind::KubeNode, group.node) != nullptr) {
                parent = findItem(ItemKind::InnerNode, s.source, group.node);
                because(s, tr("Pod spec.nodeName = Node name"), group.node, Confidence::Exact);
            }
        }
        if (!parent)
            parent = placeholder(Tree::Stack, "pods-not-scheduled", s.source, Layer::InnerK8s,
                                 tr("Pods not scheduled"), item.tenant);
        setParent(s, Tree::Stack, parent);
    }

    void buildTenantCluster(Slot& s)
    {
        const auto* cluster = look<ClusterFact>(s, s.source, FactKind::Cluster, s.subject());
        if (cluster == nullptr)
            return;
        Item& item = s.item;
        item.name = cluster->meta.name;
        item.ns = cluster->meta.ns;
        item.created = cluster->meta.created;
        setTenant(s, s.source, cluster->meta.ns, cluster->meta.name);
        item.version = cluster->version;
        depend(s, dependency(FactKey{s.source, FactKind::KubevirtCluster,
                                     join(cluster->meta.ns, cluster->infrastructureName)}));
        const auto* plane = look<ControlPlaneFact>(s, s.source, FactKind::ControlPlane,
                                                   join(cluster->meta.ns, cluster->controlPlaneName));
        if (plane != nullptr && !plane->version.empty())
            item.version = plane->version;
        setVerdict(s, clusterVerdict(*cluster));
        std::string note = item.version;
        if (item.health != Health::Ok)
            note += (note.empty() ? "" : " · ") + item.state;
        item.note = SharedText::common(note);
        setParent(s, Tree::Tenants, {});
    }

    ItemId clusterItem(Slot& s, std::string_view ns, std::string_view name)
    {
        if (name.empty())
            return {};
        const std::string key = join(ns, name);
        return look<ClusterFact>(s, s.source, FactKind::Cluster, key) != nullptr
                   ? findItem(ItemKind::TenantCluster, s.source, key)
                   : ItemId{};
    }

    void buildControlPlane(Slot& s)
    {
        const auto* plane = look<ControlPlaneFact>(s, s.source, FactKind::ControlPlane, s.subject());
        if (plane == nullptr)
            return;
        Item& item = s.item;
        item.name = tr("Control plane");
        item.ns = plane->meta.ns;
        item.created = plane->meta.created;
        item.version = plane->version;
        setTenant(s, s.source, plane->meta.ns, plane->clusterName);
        setVerdict(s, controlPlaneVerdict(*plane));
        item.note =
            tr("%1 · %2/%3 ready", {plane->meta.name, std::to_string(std::max(plane->readyReplicas, 0)),
                                    std::to_string(std::max(plane->replicas, 0))});
        because(s, tr("label cluster.x-k8s.io/cluster-name"), plane->clusterName, Confidence::Exact);
        setParent(s, Tree::Tenants, clusterItem(s, plane->meta.ns, plane->clusterName));
    }

    void buildWorkerPool(Slot& s)
    {
        const auto* pool = look<MachineDeploymentFact>(s, s.source, FactKind::MachineDeployment, s.subject());
        if (pool == nullptr)
            return;
        Item& item = s.item;
        item.name = pool->meta.name;
        item.ns = pool->meta.ns;
        item.created = pool->meta.created;
        item.version = pool->version;
        setTenant(s, s.source, pool->meta.ns, pool->clusterName);
        setVerdict(s, machineDeploymentVerdict(*pool));
        item.note = tr("worker pool · %1/%2 ready", {std::to_string(std::max(pool->readyReplicas, 0)),
                                                     std::to_string(std::max(pool->replicas, 0))});
        because(s, tr("spec.clusterName"), pool->clusterName, Confidence::Exact);
        setParent(s, Tree::Tenants, clusterItem(s, pool->meta.ns, pool->clusterName));
    }

    void buildMachine(Slot& s)
    {
        const auto* machine = look<MachineFact>(s, s.source, FactKind::Machine, s.subject());
        if (machine == nullptr)
            return;
        Item& item = s.item;
        item.name = machine->meta.name;
        item.ns = machine->meta.ns;
        item.created = machine->meta.created;
        item.version = machine->version;
        setTenant(s, s.source, machine->meta.ns, machine->clusterName);
        const auto* infra = look<KubevirtMachineFact>(s, s.source, FactKind::KubevirtMachine,
                                                      join(machine->meta.ns, machine->infrastructureName));
        setVerdict(s, machineVerdict(*machine, infra));
        item.note = item.state;

        ItemId parent;
        if (machine->controlPlane || !machine->controlPlaneName.empty()) {
            std::string plane = machine->controlPlaneName;
            if (plane.empty() && machine->meta.ownerKind == "KubeadmControlPlane")
                plane = machine->meta.ownerName;
            const std::string key = join(machine->meta.ns, plane);
            if (look<ControlPlaneFact>(s, s.source, FactKind::ControlPlane, key) != nullptr) {
                parent = findItem(ItemKind::ControlPlane, s.source, key);
                because(s, tr("label cluster.x-k8s.io/control-plane-name"), plane, Confidence::Exact);
            }
        } else if (!machine->deploymentName.empty()) {
            const std::string key = join(machine->meta.ns, machine->deploymentName);
            if (look<MachineDeploymentFact>(s, s.source, FactKind::MachineDeployment, key) != nullptr) {
                parent = findItem(ItemKind::WorkerPool, s.source, key);
                because(s, tr("label cluster.x-k8s.io/deployment-name"), machine->deploymentName,
                        Confidence::Exact);
            }
        }
        if (!parent)
            parent = clusterItem(s, machine->meta.ns, machine->clusterName);
        setParent(s, Tree::Tenants, parent);
    }

    // --- roll-up
    // ---------------------------------------------------------------------------------------------------------
    static std::size_t rank(ItemKind kind)
    {
        static constexpr auto ranks = rollUpRanks();
        return ranks[static_cast<std::size_t>(kind)];
    }

    void markRollUp(const Slot& s) { m_rollUp[rank(s.item.kind)].insert(s.item.id.index); }

    static Health worst(Health a, Health b) { return a > b ? a : b; }

    // A pool that misses only machines that are being built, and a cluster that misses only such pools, are
    // on their way: Cluster API calls both unavailable from the moment a machine is added until its node is
    // ready.
    Words whileBuilding(const Slot& s) const
    {
        if (s.own < Health::Warning || s.item.tenantBelow >= Health::Warning)
            return ownWords(s);
        int building = 0;
        for (const ItemId childId : s.item.childrenIn(Tree::Tenants)) {
            const Item& child = slot(childId)->item;
            building += worst(child.health, child.tenantBelow) == Health::Progressing ? 1 : 0;
        }
        int missing = 1;
        if (s.item.kind == ItemKind::ControlPlane) {
            const auto* plane = fact<ControlPlaneFact>(s.source, FactKind::ControlPlane, s.subject());
            missing = plane == nullptr ? 0 : plane->replicas - std::max(plane->readyReplicas, 0);
        } else if (s.item.kind == ItemKind::WorkerPool) {
            const auto* pool =
                fact<MachineDeploymentFact>(s.source, FactKind::MachineDeployment, s.subject());
            missing = pool == nullptr ? 0 : pool->replicas - std::max(pool->readyReplicas, 0);
        } else if (s.own == Health::Failed || ownWords(s).rawReason == "spec.paused") {
            return ownWords(s);
        }
        if (building == 0 || building < missing)
            return ownWords(s);
        Words words = ownWords(s);
        words.health = Health::Progressing;
        return words;
    }

    void rollUp(std::uint32_t index)
    {
        Slot& s = m_slots[index];
        if (!s.used)
            return;
        const Item before = shallow(s.item);
        Item& item = s.item;
        const auto& stackChildren = item.childrenIn(Tree::Stack);
        const auto& tenantChildren = item.childrenIn(Tree::Tenants);

        item.below = Health::Ok;
        int pods = 0;
        bool more = false;
        Amount capacity;
        Amount allocated;
        Amount used;
        const Item* unwell = nullptr; // a child that its carrier answers for
        for (const ItemId childId : stackChildren) {
            const Item& child = slot(childId)->item;
            item.below = worst(item.below, child.worst());
            pods += child.pods;
            more = more || child.morePods;
            add(capacity, child.capacity);
            add(allocated, child.allocated);
            add(used, child.used);
            if (item.kind == ItemKind::Host && child.health == Health::Warning &&
                child.state.ends_with("Pressure"))
                unwell = &child;
        }
        item.tenantBelow = Health::Ok;
        Amount tenantCapacity;
        Amount tenantUsed;
        int tenantPods = 0;
        bool tenantMore = false;
        for (const ItemId childId : tenantChildren) {
            const Item& child = slot(childId)->item;
            item.tenantBelow =
                worst(item.tenantBelow,
                      worst(child.health, child.kind == ItemKind::Vm ? child.below : child.tenantBelow));
            tenantPods += child.pods;
            tenantMore = tenantMore || child.morePods;
            add(tenantCapacity, child.capacity);
            add(tenantUsed, child.used);
        }

        switch (item.kind) {
        case ItemKind::Workload:
            break;
        case ItemKind::InnerNode: {
            const SourceState* source = sourceState(s.source);
            item.pods = pods;
            item.morePods = source != nullptr && source->parked;
            break;
        }
        case ItemKind::Vm:
        case ItemKind::OuterNode:
            item.pods = pods;
            item.morePods = more;
            break;
        case ItemKind::Host: {
            item.pods = pods;
            item.morePods = more;
            item.allocated = allocated;
            const auto* host = fact<HostFact>(s.source, FactKind::Host, s.subject());
            if (host != nullptr && host->cpuUsed < 0)
                item.used.cpuMilli = used.cpuMilli;
            if (host != nullptr && (host->memoryFreeBytes < 0 || host->hypervisor == "TEST"))
                item.used.memoryBytes = used.memoryBytes;
            item.note = host == nullptr || host->memoryBytes <= 0
                            ? std::string()
                            : tr("%1 · %2 cpu", {formatBytes(host->memoryBytes), std::to_string(host->cpus)});
            if (stackChildren.empty())
                item.note = tr("enrolled, not joined");
            Words words = ownWords(s);
            if (unwell != nullptr && s.own < Health::Warning)
                words = {Health::Warning, unwell->state,
                         SharedText(tr("Its Kubernetes node %1 reports %2.", {unwell->name, unwell->state})),
                         unwell->rawReason, unwell->since};
            showWords(s, words);
            break;
        }
        case ItemKind::ControlPlane:
        case ItemKind::WorkerPool:
        case ItemKind::TenantCluster:
            showWords(s, whileBuilding(s));
            [[fallthrough]];
        case ItemKind::Machine:
            item.capacity = tenantCapacity;
            item.allocated = tenantCapacity;
            item.used = tenantUsed;
            item.pods = tenantPods;
            item.morePods = tenantMore;
            if (const SourceState* inner =
                    item.kind == ItemKind::TenantCluster ? innerSourceOf(s.source, s.subject()) : nullptr;
                inner != nullptr && inner->parked) {
                item.pods = std::max(inner->podCount, 0);
                item.morePods = inner->podCount < 0;
            }
            break;
        case ItemKind::Placeholder:
            item.pods = pods + tenantPods;
            item.morePods = more || tenantMore;
            item.capacity = capacity;
            item.allocated = allocated;
            item.used = used;
            break;
        case ItemKind::Domain:
            break;
        }

        noteChange(s, before);
        const bool matters = before.below != item.below || before.tenantBelow != item.tenantBelow ||
                             before.health != item.health || before.pods != item.pods ||
                             before.morePods != item.morePods || before.allocated != item.allocated ||
                             before.used != item.used || before.capacity != item.capacity ||
                             before.state != item.state;
        if (matters || m_changed.contains(index) || m_added.contains(index) || m_moved.contains(index)) {
            for (const ItemId parentId : item.parent) {
                if (const Slot* parent = slot(parentId))
                    markRollUp(*parent);
            }
        }
    }

    void rollUpAll()
    {
        for (std::size_t r = 0; r < m_rollUp.size(); ++r) {
            while (!m_rollUp[r].empty()) { // a parent's rank is always greater
                const std::unordered_set<std::uint32_t> now = std::exchange(m_rollUp[r], {});
                for (const std::uint32_t index : now)
                    rollUp(index);
            }
        }
    }

    // Empty again, and small: clear() would walk, at every later event, the buckets the first picture needed.
    static void renew(std::unordered_set<std::uint32_t>& set)
    {
        std::unordered_set<std::uint32_t>().swap(set);
    }

    StackDelta apply(const Batch& batch)
    {
        m_delta = {};
        renew(m_added);
        renew(m_changed);
        renew(m_moved);
        renew(m_touched);
        for (const SourceChange& source : batch.sources)
            changeSource(source);
        for (const FactChange& fact : batch.facts)
            change(fact);
        // Building can make placeholders and touch nothing else, so this ends.
        while (!m_dirty.empty()) {
            const std::unordered_set<std::uint32_t> now = std::exchange(m_dirty, {});
            for (const std::uint32_t index : now)
                rebuild(index);
        }
        while (!m_doomed.empty()) { // a placeholder may follow its last child
            const std::unordered_set<std::uint32_t> now = std::exchange(m_doomed, {});
            for (const std::uint32_t index : now) {
                if (m_slots[index].used)
                    destroyItem(index);
            }
        }
        rollUpAll();
        return collect();
    }

    StackDelta raise(const std::vector<Raise>& raises)
    {
        m_delta = {};
        renew(m_added);
        renew(m_changed);
        renew(m_moved);
        renew(m_touched);
        for (const Raise& raise : raises) {
            Slot* s = slot(raise.item);
            if (s == nullptr)
                continue;
            const Item before = shallow(s->item);
            const Words own = ownWords(*s);
            if (raise.health != Health::Ok) {
                if (s->told == nullptr)
                    s->told = std::make_unique<Told>(Told{own, {}});
                s->told->raised = Words{
                    raise.health, {}, SharedText(raise.reason), SharedText(raise.rawReason), raise.since};
            } else if (s->told != nullptr) {
                s->told->raised.reset();
            }
            showWords(*s, own);
            if (raise.health == Health::Ok && !rollUpSpeaks(s->item.kind))
                s->told.reset();
            markRollUp(*s);
            noteChange(*s, before);
        }
        rollUpAll();
        return collect();
    }

    StackDelta collect()
    {
        for (const std::uint32_t index : m_added) {
            m_delta.added.push_back(idOf(index));
            m_changed.erase(index);
            m_moved.erase(index);
            m_touched.erase(index);
        }
        for (const std::uint32_t index : m_moved) {
            m_delta.moved.push_back(idOf(index));
            m_changed.erase(index);
            m_touched.erase(index);
        }
        for (const std::uint32_t index : m_changed) {
            m_delta.changed.push_back(idOf(index));
            m_touched.erase(index);
        }
        for (const std::uint32_t index : m_touched)
            m_delta.touched.push_back(idOf(index));
        return std::move(m_delta);
    }
};

Stack::Stack() : m_d(std::make_unique<Private>()) {}
Stack::~Stack() = default;

StackDelta Stack::apply(const Batch& batch)
{
    return m_d->apply(batch);
}

StackDelta Stack::raise(const std::vector<Raise>& raises)
{
    return raises.empty() ? StackDelta{} : m_d->raise(raises);
}

void merge(StackDelta& first, const StackDelta& second)
{
    if (second.empty())
        return;
    // The lists of the second are short where it matters (an event), and long only beside a long first.
    std::unordered_set<ItemId> known;
    for (const std::vector<ItemId>* list : {&first.added, &first.moved, &first.changed})
        known.insert(list->begin(), list->end());
    std::unordered_set<ItemId> changed;
    const auto append = [&known](std::vector<ItemId>& to, const std::vector<ItemId>& from) {
        for (const ItemId id : from) {
            if (known.insert(id).second)
                to.push_back(id);
        }
    };
    append(first.added, second.added);
    append(first.moved, second.moved);
    const std::size_t before = first.changed.size();
    append(first.changed, second.changed);
    changed.insert(first.changed.begin() + static_cast<std::ptrdiff_t>(before), first.changed.end());
    if (!changed.empty())
        std::erase_if(first.touched, [&changed](ItemId id) { return changed.contains(id); });
    for (const ItemId id : second.removed)
        first.removed.push_back(id);
    first.sources.insert(first.sources.end(), second.sources.begin(), second.sources.end());
}

const Item* Stack::find(ItemId id) const
{
    const Private::Slot* s = m_d->slot(id);
    return s == nullptr ? nullptr : &s->item;
}

ItemId Stack::findKey(std::string_view key) const
{
    const std::uint32_t found = m_d->m_byKey.find(
        Private::keyHash(key), [&](std::uint32_t index) { return m_d->m_slots[index].item.key == key; });
    return found == Places::kNone ? ItemId{} : m_d->idOf(found);
}

const std::vector<ItemId>& Stack::roots(Tree tree) const
{
    return m_d->m_roots[static_cast<std::size_t>(tree)];
}

std::size_t Stack::size() const
{
    return m_d->m_bySubject.size();
}

std::size_t Stack::count(ItemKind kind) const
{
    return m_d->m_counts[static_cast<std::size_t>(kind)];
}

std::vector<ItemId> Stack::path(ItemId id) const
{
    std::vector<ItemId> out;
    const Item* item = find(id);
    if (item == nullptr)
        return out;
    const Tree tree = !item->parentIn(Tree::Stack) &&
                              (item->parentIn(Tree::Tenants) || item->kind == ItemKind::TenantCluster)
                          ? Tree::Tenants
                      : item->kind == ItemKind::Domain ? Tree::Hosts
                                                       : Tree::Stack;
    for (; item != nullptr; item = find(item->parentIn(tree)))
        out.insert(out.begin(), item->id);
    return out;
}

const SourceState* Stack::source(SourceId id) const
{
    return m_d->sourceState(id);
}

std::vector<SourceId> Stack::sources() const
{
    return m_d->m_sourceOrder;
}

ItemFacts Stack::facts(ItemId id) const
{
    ItemFacts out;
    Private::Slot* s = m_d->slot(id);
    if (s == nullptr)
        return out;
    const SourceId source = s->source;
    const std::string_view key = s->subject();
    const auto vmFacts = [&](SourceId outer, std::string_view vmKey) {
        out.vm = m_d->fact<VmFact>(outer, FactKind::Vm, vmKey);
        out.vmi = m_d->fact<VmiFact>(outer, FactKind::Vmi, vmKey);
        if (out.vmi != nullptr)
            out.launcher = m_d->launcherOf(nullptr, outer, *out.vmi);
        const Private::MachineLink link = m_d->machineOfVm(nullptr, outer, vmKey);
        out.kubevirtMachine = link.kubevirtMachine;
        out.machine = link.machine;
    };
    const auto clusterFacts = [&](SourceId outer, std::string_view ns, std::string_view name) {
        out.cluster = m_d->fact<ClusterFact>(outer, FactKind::Cluster, join(ns, name));
        if (out.cluster != nullptr)
            out.controlPlane = m_d->fact<ControlPlaneFact>(outer, FactKind::ControlPlane,
                                                           join(ns, out.cluster->controlPlaneName));
    };
    const auto warningsOf = [&](SourceId of, FactKind kind, std::string_view name) {
        m_d->gatherAbout({of, kind, std::string(name)}, FactKind::Warning, out.warnings);
    };
    const auto nameOf = [](const Meta& meta) { return join(meta.ns, meta.name); };
    switch (s->item.kind) {
    case ItemKind::Host:
        out.host = m_d->fact<HostFact>(source, FactKind::Host, key);
        break;
    case ItemKind::Domain:
        out.domain = m_d->fact<DomainFact>(source, FactKind::Domain, key);
        out.host = m_d->fact<HostFact>(source, FactKind::Host, "");
        break;
    case ItemKind::OuterNode:
        out.outerNode = m_d->fact<KubeNodeFact>(source, FactKind::KubeNode, key);
        warningsOf(source, FactKind::KubeNode, key);
        break;
    case ItemKind::Vm:
        vmFacts(source, key);
        warningsOf(source, FactKind::Vm, key);
        warningsOf(source, FactKind::Vmi, key);
        m_d->gatherAbout({source, FactKind::Vmi, std::string(key)}, FactKind::Migration, out.migrations);
        if (out.launcher != nullptr)
            warningsOf(source, FactKind::Pod, nameOf(out.launcher->meta));
        for (const SharedText& claim : Private::claimsOf(out.vm, out.vmi)) {
            const std::string at = join(s->item.ns, claim);
            warningsOf(source, FactKind::DataVolume, at);
            warningsOf(source, FactKind::Claim, at);
            if (const auto* volume = m_d->fact<ObjectFact>(source, FactKind::DataVolume, at))
                out.dataVolumes.push_back(volume);
            if (const auto* object = m_d->fact<ObjectFact>(source, FactKind::Claim, at))
                out.claims.push_back(object);
        }
        if (out.vmi != nullptr && !out.vmi->nodeName.empty())
            out.carrier = m_d->fact<KubeNodeFact>(source, FactKind::KubeNode, out.vmi->nodeName);
        clusterFacts(source, out.machine != nullptr ? out.machine->meta.ns : s->item.ns, s->item.tenant);
        break;
    case ItemKind::InnerNode: {
        out.innerNode = m_d->fact<KubeNodeFact>(source, FactKind::KubeNode, key);
        if (const Private::Slot* vm = m_d->slot(s->item.parentIn(Tree::Stack));
            vm != nullptr && vm->item.kind == ItemKind::Vm)
            vmFacts(vm->source, vm->subject());
        if (const SourceState* state = m_d->sourceState(source)) {
            const std::size_t slash = state->clusterKey.find('/');
            if (slash != std::string::npos)
                clusterFacts(state->outer, state->clusterKey.substr(0, slash),
                             state->clusterKey.substr(slash + 1));
        }
        break;
    }
    case ItemKind::Workload:
        if (const auto group = m_d->m_groups.find(Private::scoped(source, key));
            group != m_d->m_groups.end()) {
            for (const SharedText& pod : group->second.pods) {
                if (const auto* fact = m_d->fact<PodFact>(source, FactKind::Pod, pod))
                    out.pods.push_back(fact);
            }
            out.innerNode = m_d->fact<KubeNodeFact>(source, FactKind::KubeNode, group->second.node);
        }
        break;
    case ItemKind::TenantCluster:
        clusterFacts(source, s->item.ns, s->item.name);
        warningsOf(source, FactKind::Cluster, key);
        m_d->gatherAbout({source, FactKind::Cluster, std::string(key)}, FactKind::HealthCheck,
                         out.healthChecks);
        if (out.cluster != nullptr) {
            const std::string at = join(out.cluster->meta.ns, out.cluster->infrastructureName);
            out.kubevirtCluster = m_d->fact<ObjectFact>(source, FactKind::KubevirtCluster, at);
            warningsOf(source, FactKind::KubevirtCluster, at);
        }
        out.innerSource = m_d->innerSourceOf(source, key);
        break;
    case ItemKind::ControlPlane:
        out.controlPlane = m_d->fact<ControlPlaneFact>(source, FactKind::ControlPlane, key);
        warningsOf(source, FactKind::ControlPlane, key);
        if (out.controlPlane != nullptr)
            out.cluster = m_d->fact<ClusterFact>(source, FactKind::Cluster,
                                                 join(s->item.ns, out.controlPlane->clusterName));
        break;
    case ItemKind::WorkerPool:
        out.machineDeployment = m_d->fact<MachineDeploymentFact>(source, FactKind::MachineDeployment, key);
        warningsOf(source, FactKind::MachineDeployment, key);
        m_d->gatherAbout({source, FactKind::MachineDeployment, std::string(key)}, FactKind::MachineSet,
                         out.machineSets);
        if (out.machineDeployment != nullptr)
            clusterFacts(source, s->item.ns, out.machineDeployment->clusterName);
        break;
    case ItemKind::Machine: {
        out.machine = m_d->fact<MachineFact>(source, FactKind::Machine, key);
        if (out.machine == nullptr)
            break;
        warningsOf(source, FactKind::Machine, key);
        warningsOf(source, FactKind::KubevirtMachine,
                   join(out.machine->meta.ns, out.machine->infrastructureName));
        out.kubevirtMachine = m_d->fact<KubevirtMachineFact>(
            source, FactKind::KubevirtMachine, join(out.machine->meta.ns, out.machine->infrastructureName));
        const std::string vmNs = out.kubevirtMachine != nullptr && !out.kubevirtMachine->vmNamespace.empty()
                                     ? out.kubevirtMachine->vmNamespace
                                     : out.machine->meta.ns;
        out.vm = m_d->fact<VmFact>(source, FactKind::Vm, join(vmNs, out.machine->infrastructureName));
        out.vmi = m_d->fact<VmiFact>(source, FactKind::Vmi, join(vmNs, out.machine->infrastructureName));
        clusterFacts(source, s->item.ns, out.machine->clusterName);
        break;
    }
    case ItemKind::Placeholder:
        break;
    }
    if (out.warnings.size() > 1) {
        const auto last = [](const ObjectFact& warning) { // of one form, so that text compares as time
            const auto found = warning.fields.find("last");
            return found == warning.fields.end() ? std::string_view() : std::string_view(found->second);
        };
        std::sort(out.warnings.begin(), out.warnings.end(),
                  [&last](const ObjectFact* a, const ObjectFact* b) {
                      return last(*a) != last(*b) ? last(*a) > last(*b) : a->meta.name < b->meta.name;
                  });
    }
    return out;
}

ObjectRef objectRef(SourceId source, const Meta& meta, const char* resource, const char* kind)
{
    ObjectRef ref;
    ref.source = source;
    const std::size_t slash = meta.apiVersion.find('/');
    if (slash == std::string::npos) {
        ref.version = meta.apiVersion.empty() ? "v1" : meta.apiVersion;
    } else {
        ref.group = meta.apiVersion.substr(0, slash);
        ref.version = meta.apiVersion.substr(slash + 1);
    }
    ref.resource = resource;
    ref.kind = kind;
    ref.ns = meta.ns;
    ref.name = meta.name;
    ref.uid = meta.uid;
    return ref;
}

std::vector<const ObjectFact*> Stack::platform(SourceId source, FactKind kind) const
{
    std::vector<const ObjectFact*> out;
    const auto names = m_d->m_platform.find({source, kind});
    if (names == m_d->m_platform.end())
        return out;
    for (const std::string& name : names->second) {
        if (const auto* object = m_d->fact<ObjectFact>(source, kind, name))
            out.push_back(object);
    }
    return out;
}

std::vector<ObjectRef> Stack::objects(ItemId id) const
{
    std::vector<ObjectRef> out;
    const Private::Slot* s = m_d->slot(id);
    if (s == nullptr)
        return out;
    const ItemFacts f = facts(id);
    const auto push = [&out](SourceId of, const Meta& meta, const char* resource, const char* kind) {
        out.push_back(objectRef(of, meta, resource, kind));
    };
    const SourceId source = s->source;
    const SourceState* state = m_d->sourceState(source);
    const SourceId outer =
        state != nullptr && state->kind == SourceKind::InnerCluster ? state->outer : source;
    switch (s->item.kind) {
    case ItemKind::Host:
        out.push_back({source, "libvirt", {}, "capabilities", "Capabilities", {}, {}, {}});
        break;
    case ItemKind::Domain:
        if (f.domain != nullptr)
            out.push_back({source, "libvirt", {}, "domain", "Domain", {}, f.domain->uuid, f.domain->uuid});
        break;
    case ItemKind::OuterNode:
        if (f.outerNode != nullptr)
            push(source, f.outerNode->meta, "nodes", "Node");
        break;
    case ItemKind::InnerNode:
        if (f.innerNode != nullptr)
            push(source, f.innerNode->meta, "nodes", "Node");
        break;
    case ItemKind::Vm:
    case ItemKind::Machine:
        break;
    case ItemKind::Workload:
        for (const PodFact* pod : f.pods)
            push(source, pod->meta, "pods", "Pod");
        break;
    case ItemKind::TenantCluster:
        if (f.cluster != nullptr)
            push(source, f.cluster->meta, "clusters", "Cluster");
        if (f.controlPlane != nullptr)
            push(source, f.controlPlane->meta, "kubeadmcontrolplanes", "KubeadmControlPlane");
        break;
    case ItemKind::ControlPlane:
        if (f.controlPlane != nullptr)
            push(source, f.controlPlane->meta, "kubeadmcontrolplanes", "KubeadmControlPlane");
        break;
    case ItemKind::WorkerPool:
        if (f.machineDeployment != nullptr)
            push(source, f.machineDeployment->meta, "machinedeployments", "MachineDeployment");
        break;
    case ItemKind::Placeholder:
        break;
    }
    if (s->item.kind == ItemKind::Machine && f.machine != nullptr)
        push(source, f.machine->meta, "machines", "Machine");
    if (s->item.kind == ItemKind::Vm || s->item.kind == ItemKind::Machine ||
        s->item.kind == ItemKind::InnerNode) {
        if (s->item.kind == ItemKind::Machine && f.kubevirtMachine != nullptr)
            push(source, f.kubevirtMachine->meta, "kubevirtmachines", "KubevirtMachine");
        if (s->item.kind != ItemKind::InnerNode || f.vm != nullptr || f.vmi != nullptr) {
            if (f.vm != nullptr)
                push(outer, f.vm->meta, "virtualmachines", "VirtualMachine");
            if (f.vmi != nullptr)
                push(outer, f.vmi->meta, "virtualmachineinstances", "VirtualMachineInstance");
        }
        if (s->item.kind == ItemKind::Vm) {
            if (f.launcher != nullptr)
                push(source, f.launcher->meta, "pods", "Pod");
            if (f.kubevirtMachine != nullptr)
                push(source, f.kubevirtMachine->meta, "kubevirtmachines", "KubevirtMachine");
        }
        if (s->item.kind != ItemKind::Machine && f.machine != nullptr)
            push(outer, f.machine->meta, "machines", "Machine");
    }
    return out;
}

const std::vector<Condition>* Stack::conditions(ItemId id) const
{
    const Item* item = find(id);
    if (item == nullptr)
        return nullptr;
    const ItemFacts f = facts(id);
    switch (item->kind) {
    case ItemKind::OuterNode:
        return f.outerNode != nullptr ? &f.outerNode->conditions : nullptr;
    case ItemKind::InnerNode:
        return f.innerNode != nullptr ? &f.innerNode->conditions : nullptr;
    case ItemKind::Vm:
        // The instance's own conditions are the fresher ones; the VirtualMachine mirrors them.
        return f.vmi != nullptr ? &f.vmi->conditions : f.vm != nullptr ? &f.vm->conditions : nullptr;
    case ItemKind::TenantCluster:
        return f.cluster != nullptr ? &f.cluster->conditions : nullptr;
    case ItemKind::ControlPlane:
        return f.controlPlane != nullptr ? &f.controlPlane->conditions : nullptr;
    case ItemKind::WorkerPool:
        return f.machineDeployment != nullptr ? &f.machineDeployment->conditions : nullptr;
    case ItemKind::Machine:
        return f.machine != nullptr ? &f.machine->conditions : nullptr;
    case ItemKind::Host:
    case ItemKind::Domain:
    case ItemKind::Workload:
    case ItemKind::Placeholder:
        return nullptr;
    }
    return nullptr;
}

std::vector<Sample> Stack::history(ItemId id) const
{
    const Private::Slot* s = m_d->slot(id);
    return s == nullptr || s->history == nullptr
               ? std::vector<Sample>{}
               : std::vector<Sample>(s->history->begin(), s->history->end());
}

std::vector<ItemId> Stack::related(ItemId id) const
{
    std::vector<ItemId> out;
    const Private::Slot* s = m_d->slot(id);
    if (s == nullptr)
        return out;
    const auto push = [&](ItemId other) {
        if (other && other != id && find(other) != nullptr &&
            std::find(out.begin(), out.end(), other) == out.end())
            out.push_back(other);
    };
    const Item& item = s->item;
    const std::size_t bar = item.tenantKey.find('|');
    const auto cluster = [&] {
        if (bar != std::string::npos)
            push(m_d->findItem(ItemKind::TenantCluster,
                               static_cast<SourceId>(std::stoul(item.tenantKey.substr(0, bar))),
                               item.tenantKey.substr(bar + 1)));
    };
    switch (item.kind) {
    case ItemKind::Vm: {
        const Item* machine = find(item.parentIn(Tree::Tenants));
        if (machine != nullptr && machine->kind == ItemKind::Machine)
            push(machine->id);
        cluster();
        if (const auto* vmi = m_d->fact<VmiFact>(s->source, FactKind::Vmi, s->subject())) {
            for (const SourceId host : m_d->m_sourceOrder)
                push(m_d->findItem(ItemKind::Domain, host, vmi->firmwareUuid));
        }
        break;
    }
    case ItemKind::Machine:
        for (const ItemId child : item.childrenIn(Tree::Tenants))
            push(child);
        cluster();
        break;
    case ItemKind::Domain:
        m_d->eachVmOf(s->subject(), [&out](const Private::Slot& vm) { out.push_back(vm.item.id); });
        std::sort(out.begin(), out.end(), [this](ItemId a, ItemId b) {
            const auto name = [this](ItemId of) {
                const Private::Slot* vm = m_d->slot(of);
                return std::pair(vm->source, vm->subject());
            };
            return name(a) < name(b);
        });
        break;
    case ItemKind::InnerNode: {
        const Item* vm = find(item.parentIn(Tree::Stack));
        if (vm != nullptr && vm->kind == ItemKind::Vm) {
            push(vm->id);
            push(vm->parentIn(Tree::Tenants));
        }
        cluster();
        break;
    }
    case ItemKind::Workload:
    case ItemKind::ControlPlane:
    case ItemKind::WorkerPool:
        cluster();
        break;
    case ItemKind::Host:
    case ItemKind::OuterNode:
    case ItemKind::TenantCluster:
    case ItemKind::Placeholder:
        break;
    }
    return out;
}

} // namespace strata::stack
